//! The own password: what it takes, what it ends, and how often it can be guessed.

use tenure::id::SessionId;
use tenure::model::{
    Affected, Credential, EndReason, Event, ExternalIdentity, Loaded, Mail, QueuedMail, Secret, Throttle, User, What,
};
use tenure::password::{PasswordHash, PasswordRule};
use tenure::rules::passwords::{
    Account, ChangePassword, NewPassword, change, check_change, check_new, prove, rehash, reserve,
};
use tenure::rules::throttle::{self, Tally};
use tenure::store::{Change, Guard, SetChange};
use tenure::text::Subject;
use tenure::{Denied, Problem, ThrottlePolicy};
use time::Duration;

use crate::fixture::*;

pub(crate) const NEW: &str = "Zitrone-42-gelb";

/// Kate herself, at her desk.
fn herself() -> tenure::rules::Context {
    let mut cx = nobody();
    cx.actor = tenure::model::Actor::User(kate());
    cx
}

fn asked() -> ChangePassword {
    ChangePassword::new("Correct-Horse-7", NEW, NEW)
}

pub(crate) fn new_hash() -> PasswordHash {
    PasswordHash::parse("$argon2id$v=19$m=65536,t=2,p=1$YW5vdGhlcnNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
        .unwrap()
}

pub(crate) fn set_now() -> Secret {
    Secret::password(new_hash(), now())
}

/// Kate's account after so many failed logins.
pub(crate) fn failed(failures: u32, locked_until: Option<tenure::Timestamp>) -> Loaded<Throttle> {
    loaded(
        4,
        Throttle {
            id: throttle::account(kate()),
            user: Some(kate()),
            failures,
            locked_until,
            forget_at: at(60),
        },
    )
}

/// All that a new password of Kate's changes, but perhaps not for one session.
pub(crate) fn changes_with(
    credential: &Loaded<Credential>,
    secret: Secret,
    except: Option<SessionId>,
    throttle: &Loaded<Throttle>,
) -> Vec<Change> {
    let cleared = Throttle {
        failures: 0,
        locked_until: None,
        ..throttle.value.clone()
    };
    vec![
        update(credential, Credential { user: kate(), secret }),
        Change::Set(SetChange::EndSessions {
            user: kate(),
            except,
            at: now(),
            reason: EndReason::PasswordChanged,
        }),
        end_tickets(None),
        update(throttle, cleared),
    ]
}

pub(crate) fn sessions_ended_by(actor: tenure::model::Actor, index: usize, except: Option<SessionId>) -> Event {
    let reason = EndReason::PasswordChanged;
    Event {
        affected: Some(Affected::ByChange(index)),
        ..event_by(actor, now(), kate(), What::SessionsEnded { reason, except })
    }
}

/// The notice to Kate that her password is another one now.
pub(crate) fn notice(user: &User) -> QueuedMail {
    let mail = Mail::PasswordChanged {
        tenant: name("Nordwind"),
        recipient: user.profile.display_name.clone(),
        at: now(),
    };
    notice_to(user, 20, mail)
}

#[test]
fn p8_e4_t4_the_own_password_ends_all_other_sessions_all_links_and_the_lock() {
    let (cx, user, credential) = (herself(), user(active()), password());
    let throttle = failed(12, Some(at(2)));
    let account = Account {
        user: &user,
        credential: &credential,
        throttle: Some(&throttle),
    };
    let current = Some(session_id());
    let decided = change(&cx, &account, &asked(), &credential.secret, new_hash(), session_id()).unwrap();
    let by = || tenure::model::Actor::User(kate());
    let events = vec![
        sessions_ended_by(by(), 1, current),
        event_by(by(), now(), kate(), What::LockoutEnded),
        event_by(by(), now(), kate(), What::PasswordSet),
    ];
    let changes = changes_with(&credential, set_now(), current, &throttle);
    let mut expected = decision(&cx, [Guard::on(&user)], changes, events, ());
    expected.mail = vec![notice(&user)];
    assert_eq!(decided, expected);
}

#[test]
fn p8_without_the_right_current_password_nothing_changes() {
    let (cx, user, credential) = (herself(), user(active()), password());
    let account = Account {
        user: &user,
        credential: &credential,
        throttle: None,
    };
    let wrong = Denied::invalid("current", Problem::WrongPassword);
    assert_eq!(prove(true, set_now()), Ok(set_now()));
    assert_eq!(prove(false, set_now()), Err(wrong.clone()));
    // Proven against one that is not hers any more.
    for proven in [set_now(), Secret::None] {
        let refused = change(&cx, &account, &asked(), &proven, new_hash(), session_id());
        assert_eq!(refused.unwrap_err(), wrong);
    }
}

#[test]
fn p4_ps6_everything_wrong_with_the_new_one_is_told_at_once() {
    let (cx, user) = (herself(), user(active()));
    let change = ChangePassword::new("Correct-Horse-7", "kate", "Kate");
    let Err(Denied::Invalid { fields }) = check_change(&cx, &user, &change) else {
        panic!("it is wrong");
    };
    let fields: Vec<_> = fields.iter().map(|error| (error.field, &error.problem)).collect();
    let broken = Problem::Password(vec![
        PasswordRule::TooShort { min: 8 },
        PasswordRule::UpperCase,
        PasswordRule::Digit,
        PasswordRule::Special,
        PasswordRule::Common,
        PasswordRule::ContextWord,
    ]);
    assert_eq!(fields, [("new", &broken), ("repeated", &Problem::NotRepeated)]);
    assert_eq!(check_change(&cx, &user, &asked()), Ok(()));
}

#[test]
fn p2_a_password_that_is_repeated_in_another_unicode_form_is_the_same() {
    let (cx, user) = (herself(), user(active()));
    let typed = |again: &str| {
        let new = NewPassword::new("Zitrön-42-gelb").repeated(again);
        check_new(&cx.policy.passwords, &new, &user, &cx.tenant)
    };
    assert_eq!(typed("Zitro\u{308}n-42-gelb"), Ok(()));
    assert_eq!(typed("Zitrön-42-gelb ").unwrap_err().fields(), ["repeated"]);
    let once = NewPassword::new(NEW);
    assert_eq!(check_new(&cx.policy.passwords, &once, &user, &cx.tenant), Ok(()));
}

#[test]
fn ps6_only_of_the_actor_and_only_where_the_password_is_kept_here() {
    let elsewhere = |user: &mut User| {
        user.identity = Some(ExternalIdentity {
            provider: name("Azure"),
            subject: Subject::new("kate-1").unwrap(),
        });
    };
    let place = Some("https://id.example.com".to_owned());
    let mut cx = with_policy(herself(), |policy| kept_at(policy, place.as_ref()));
    assert_eq!(
        check_change(&cx, &user_with(active(), elsewhere), &asked()),
        Err(Denied::PasswordElsewhere { place })
    );
    let program = user_with(active(), |user| user.api_only = true);
    assert_eq!(check_change(&cx, &program, &asked()), Err(Denied::ApiOnly));
    cx.actor = tenure::model::Actor::User(actor());
    let refused = check_change(&cx, &user(active()), &asked());
    assert_eq!(refused.unwrap_err().code(), "not_found");
    assert_eq!(
        check_change(&system(), &user(active()), &asked()).unwrap_err().code(),
        "not_found"
    );
}

fn by_herself(event: Event) -> Event {
    let actor = tenure::model::Actor::User(kate());
    Event { actor, ..event }
}

#[test]
fn l2_each_comparison_is_counted_before_it_is_made_and_a_locked_account_makes_none() {
    let cx = with_policy(herself(), |policy| {
        policy.throttle = ThrottlePolicy::default().failures(2);
    });
    let account = || Tally::of_account(kate());
    let first = reserve(&cx, &mut account()).unwrap();
    let counted = |failures, locked_until| Throttle {
        forget_at: at(60 * 24),
        ..failed(failures, locked_until).value
    };
    assert_eq!(first.changes, [insert(counted(1, None))]);
    let before = failed(1, None);
    let second = reserve(&cx, &mut account().loaded(Some(before.clone()))).unwrap();
    let lock = now().saturating_add(Duration::seconds(30));
    assert_eq!(second.changes, [update(&before, counted(2, Some(lock)))]);
    assert_eq!(first.events, []);
    assert_eq!(
        second.events,
        [event(kate(), What::LockedOut { until: lock })].map(by_herself)
    );
    let locked = failed(2, Some(at(1)));
    let refused = reserve(&cx, &mut account().loaded(Some(locked)));
    assert_eq!(refused.unwrap_err(), Denied::TooManyAttempts { until: at(1) });
    let over = failed(2, Some(now()));
    assert!(
        reserve(&cx, &mut account().loaded(Some(over))).is_ok(),
        "at exactly the end it is over"
    );
}

#[test]
fn p5_a_password_is_hashed_anew_while_it_is_the_one_that_was_compared() {
    let kates = password();
    let Secret::Password { hash: old, set_at, .. } = kates.secret.clone() else {
        panic!("no password");
    };
    let anew = Secret::Password {
        hash: new_hash(),
        set_at,
        rehash_of: Some(old.digest()),
    };
    assert!(anew.is_still(&kates.secret) && !kates.secret.is_still(&anew));
    assert!(!Secret::password(new_hash(), set_at).is_still(&kates.secret));
    let mut expected = tenure::rules::Decision::nothing();
    let secret = anew.clone();
    expected.update(&kates, Credential { user: kate(), secret });
    assert_eq!(rehash(&kates, &kates.secret, new_hash()), expected);
    for compared in [set_now(), Secret::None, anew] {
        let decided = rehash(&kates, &compared, new_hash());
        assert_eq!(decided, tenure::rules::Decision::nothing(), "{compared:?}");
    }
    let none = loaded(
        2,
        Credential {
            user: kate(),
            secret: Secret::None,
        },
    );
    assert_eq!(
        rehash(&none, &Secret::None, new_hash()),
        tenure::rules::Decision::nothing()
    );
}
