//! Logins: begun under a count, ended by what was compared.

use tenure::id::UserId;
use tenure::model::{
    Actor, Attempt, AttemptOutcome, Client, Credential, EndReason, Event, Inactivity, Loaded, RefusalReason, Secret,
    Session, SessionLimit, SessionState, StatusKind, TenantStatus, Throttle, Ticket, TicketPurpose, TicketState, User,
    UserStatus, Version, What,
};
use tenure::rules::Decision;
use tenure::rules::login::{self, Asserted, Begun, Check, Ending, Login};
use tenure::rules::throttle::{self, Tally};
use tenure::secret::TokenHash;
use tenure::store::{Change, Guard};
use tenure::text::Key;
use tenure::{Denied, LoginPurpose, Policy, SessionsAtOnce, Timestamp, WhenFull};

use crate::fixture::*;

pub(crate) fn client() -> Client {
    Client::at("192.0.2.7".parse().unwrap()).user_agent("Firefox")
}

fn token() -> TokenHash {
    TokenHash::from_bytes([7; 32])
}

/// One status of every kind, with the reason why it refuses a login; none where it does not.
pub(crate) fn statuses() -> Vec<(UserStatus, Option<RefusalReason>)> {
    let inactive = |because, starts_at| UserStatus::Inactive {
        since: long_ago(),
        because,
        starts_at,
    };
    let suspended = |until| UserStatus::Suspended {
        since: long_ago(),
        until,
        reason: None,
    };
    let active_until = |minutes| UserStatus::Active {
        since: long_ago(),
        until: Some(at(minutes)),
    };
    let deleted = UserStatus::Deleted {
        at: long_ago(),
        erase_at: at(60),
    };
    vec![
        (active(), None),
        (active_until(1), None),
        (active_until(0), Some(RefusalReason::Inactive)),
        (invited(), Some(RefusalReason::Invited)),
        (
            inactive(Inactivity::InvitationCancelled, None),
            Some(RefusalReason::Invited),
        ),
        (
            inactive(Inactivity::InvitationExpired, None),
            Some(RefusalReason::Invited),
        ),
        (inactive(Inactivity::SetUp, None), Some(RefusalReason::Inactive)),
        (
            inactive(Inactivity::NotStarted, Some(at(1))),
            Some(RefusalReason::Inactive),
        ),
        (inactive(Inactivity::NotStarted, Some(now())), None),
        (inactive(Inactivity::Deactivated, None), Some(RefusalReason::Inactive)),
        (inactive(Inactivity::Ended, None), Some(RefusalReason::Inactive)),
        (suspended(None), Some(RefusalReason::Suspended)),
        (suspended(Some(at(1))), Some(RefusalReason::Suspended)),
        (suspended(Some(now())), None),
        (
            UserStatus::Disabled { since: long_ago() },
            Some(RefusalReason::Disabled),
        ),
        (deleted, Some(RefusalReason::UnknownLogin)),
    ]
}

fn network() -> Tally {
    Tally::of_network(tenant_id(), "192.0.2.7".parse().unwrap())
}

/// Kate's login with her password, nothing having failed before.
pub(crate) fn kates(user: Loaded<User>) -> Login {
    Login {
        purpose: LoginPurpose::Interactive,
        tenant: tenant(),
        account: Tally::of_account(user.id),
        user: Some(user),
        credential: Some(password()),
        ticket: None,
        network: Some(network()),
    }
}

fn nobodys() -> Login {
    Login {
        purpose: LoginPurpose::Interactive,
        tenant: tenant(),
        user: None,
        credential: None,
        ticket: None,
        account: Tally::of_unknown(tenant_id(), &Key::of("nobody")),
        network: Some(network()),
    }
}

fn begin(login: Login) -> Decision<Begun> {
    begin_under(login, &Policy::default())
}

fn begin_under(login: Login, policy: &Policy) -> Decision<Begun> {
    login::begin(login, &client(), policy, now(), seed())
}

fn first_reason(login: &Login) -> Option<RefusalReason> {
    let obstacles = login::obstacles(login, Some(&client()), &Policy::default(), now());
    obstacles.first().map(|obstacle| obstacle.reason)
}

fn attempt(user: Option<UserId>, outcome: AttemptOutcome) -> Attempt {
    Attempt {
        id: fresh(1),
        at: now(),
        user,
        client: client(),
        outcome,
        keep_until: now().saturating_add(Policy::default().attempts_kept),
    }
}

fn counted(id: tenure::id::ThrottleId, user: Option<UserId>, failures: u32, forget_at: Timestamp) -> Throttle {
    Throttle {
        id,
        user,
        failures,
        locked_until: None,
        forget_at,
    }
}

fn a_day() -> Timestamp {
    at(24 * 60)
}

fn by_kate(what: What) -> Event {
    event_by(Actor::Subject(kate()), now(), kate(), what)
}

#[test]
fn l1_the_history_names_the_true_reason() {
    for (status, refused) in statuses() {
        assert_eq!(first_reason(&kates(user(status))), refused);
    }
    let kate = || kates(user(active()));
    let with = |change: &dyn Fn(&mut Login)| {
        let mut login = kate();
        change(&mut login);
        first_reason(&login)
    };
    let of_user = |change: &dyn Fn(&mut User)| with(&|login| change(&mut login.user.as_mut().unwrap().value));
    assert_eq!(first_reason(&nobodys()), Some(RefusalReason::UnknownLogin));
    assert_eq!(of_user(&|user| user.api_only = true), Some(RefusalReason::ApiOnly));
    assert_eq!(with(&|login| login.credential = None), Some(RefusalReason::NoPassword));
    assert_eq!(
        with(&|login| login.credential = Some(no_password())),
        Some(RefusalReason::NoPassword)
    );
    assert_eq!(
        with(&|login| login.tenant.value.status = TenantStatus::Suspended { at: at(-1) }),
        Some(RefusalReason::TenantSuspended)
    );
    assert_eq!(
        of_user(&|user| user.allowlist = allowlist(&["10.0.0.0/8"])),
        Some(RefusalReason::WrongNetwork)
    );
    assert_eq!(of_user(&|user| user.allowlist = allowlist(&["192.0.2.*"])), None);
    let locked = |login: &mut Login| login.account = locked_account(10);
    assert_eq!(with(&locked), Some(RefusalReason::Locked));
    let limited = |login: &mut Login| login.network = Some(locked_network());
    assert_eq!(with(&limited), Some(RefusalReason::TooManyFromNetwork));
}

#[test]
fn l1_if10_whoever_logs_in_elsewhere_has_no_password_to_log_in_with_here() {
    let mut login = kates(user_with(active(), |user| {
        user.identity = Some(tenure::model::ExternalIdentity {
            provider: name("Corporate"),
            subject: "kate".try_into().unwrap(),
        });
    }));
    let elsewhere = Some(RefusalReason::ExternalOnly);
    assert_eq!(first_reason(&login), elsewhere, "a password beside it is not looked at");
    login.credential = Some(no_password());
    assert_eq!(first_reason(&login), elsewhere);
}

fn locked_account(failures: u32) -> Tally {
    Tally::of_account(kate()).loaded(Some(throttle(failures, Some(at(1)))))
}

fn locked_network() -> Tally {
    let id = network().id();
    let locked = Throttle {
        locked_until: Some(at(2)),
        ..counted(id, None, 100, at(2))
    };
    network().loaded(Some(loaded(9, locked)))
}

#[test]
fn l2_an_attempt_is_counted_before_anything_is_compared() {
    let quarter = at(15);
    let begun = begin(kates(user(active())));
    let pending = attempt(Some(kate()), AttemptOutcome::Pending);
    assert_eq!(
        begun.changes,
        [
            insert(pending.clone()),
            insert(counted(network().id(), None, 1, quarter)),
            insert(counted(throttle::account(kate()), Some(kate()), 1, a_day())),
        ]
    );
    assert_eq!((begun.guards, begun.events, begun.mail), (vec![], vec![], vec![]));
    let begun = begun.outcome;
    assert_eq!(begun.attempt, Loaded::new(Version::FIRST, pending));
    assert_eq!((begun.check, begun.refused), (Check::Password(hash()), None));
    assert_eq!(begun.login.account.failures(now()), 1);
    // A stranger's name writes as much, in a bucket.
    let begun = begin(nobodys());
    assert_eq!(
        begun.changes,
        [
            insert(attempt(None, AttemptOutcome::Pending)),
            insert(counted(network().id(), None, 1, quarter)),
            insert(counted(nobodys().account.id(), None, 1, a_day())),
        ]
    );
    let begun = begun.outcome;
    assert_eq!(
        (begun.check, begun.refused),
        (Check::Nothing, Some(RefusalReason::UnknownLogin))
    );
    // Without an address there is no network to count for (L3).
    let unknown = Login {
        network: None,
        ..nobodys()
    };
    assert_eq!(begin(unknown).changes.len(), 2);
}

#[test]
fn l2_the_failure_that_reaches_the_limit_locks_and_is_the_last_that_is_compared() {
    let before = throttle(9, None);
    let mut login = kates(user(active()));
    login.account = Tally::of_account(kate()).loaded(Some(before.clone()));
    let begun = begin(login);
    let until = now().saturating_add(time::Duration::seconds(30));
    let after = Throttle {
        failures: 10,
        locked_until: Some(until),
        forget_at: a_day(),
        ..before.value.clone()
    };
    assert_eq!(begun.changes[2], update(&before, after));
    assert_eq!(begun.events, [by_kate(What::LockedOut { until })]);
    assert_eq!(begun.outcome.check, Check::Password(hash()));
    // From then on nothing is compared nor counted for the account, until the lock ends.
    let next = begin(begun.outcome.login);
    assert_eq!(next.changes.len(), 2, "the attempt and the network");
    assert_eq!(next.outcome.refused, Some(RefusalReason::Locked));
    assert_eq!(next.outcome.check, Check::Nothing);
    assert_eq!(next.events, []);
    // Then one more, for twice the time.
    let later = login::begin(next.outcome.login, &client(), &Policy::default(), until, seed());
    assert_eq!(later.outcome.check, Check::Password(hash()));
    let until = until.saturating_add(time::Duration::seconds(60));
    assert_eq!(later.events[0].what, What::LockedOut { until });
}

#[test]
fn l3_a_network_that_failed_too_often_is_refused_and_locks_nobody_out() {
    let mut login = kates(user(active()));
    login.network = Some(locked_network());
    let begun = begin(login);
    assert_eq!(begun.changes, [insert(attempt(Some(kate()), AttemptOutcome::Pending))]);
    assert_eq!(begun.outcome.refused, Some(RefusalReason::TooManyFromNetwork));
    assert_eq!(begun.outcome.check, Check::Nothing);

    let before = loaded(9, counted(network().id(), None, 99, at(3)));
    let mut login = kates(user(active()));
    login.network = Some(network().loaded(Some(before.clone())));
    let begun = begin(login);
    let after = Throttle {
        failures: 100,
        locked_until: Some(at(15)),
        forget_at: at(15),
        ..before.value.clone()
    };
    assert_eq!(begun.changes[1], update(&before, after));
    assert_eq!(begun.outcome.refused, None);
    // The window is over: it begins anew.
    let over = loaded(9, counted(network().id(), None, 99, now()));
    let mut login = kates(user(active()));
    login.network = Some(network().loaded(Some(over.clone())));
    let anew = counted(network().id(), None, 1, at(15));
    assert_eq!(begin(login).changes[1], update(&over, anew));
}

fn ending(begun: &Begun, matched: bool) -> Ending<'_> {
    Ending {
        begun,
        login: &begun.login,
        matched,
        sessions: &[],
        token: token(),
    }
}

fn end(ending: &Ending<'_>, policy: &Policy) -> Decision<Result<Session, Denied>> {
    login::end(ending, policy, now(), seed())
}

fn refused_as(begun: &Begun, reason: RefusalReason, told: Denied) -> Decision<Result<Session, Denied>> {
    let after = Attempt {
        outcome: AttemptOutcome::Refused { reason },
        ..begun.attempt.value.clone()
    };
    Decision {
        guards: Vec::new(),
        changes: vec![update(&begun.attempt, after)],
        events: Vec::new(),
        mail: Vec::new(),
        outcome: Err(told),
    }
}

fn new_session() -> Session {
    Session {
        id: fresh(0),
        user: kate(),
        token: token(),
        client: client(),
        started_at: now(),
        expires_at: at(12 * 60),
        seen_at: now(),
        limited: None,
        state: SessionState::Open,
    }
}

#[test]
fn l2_l4_e4_the_right_password_begins_a_session_and_takes_the_count_back() {
    let begun = begin(kates(user(active()))).outcome;
    let session = new_session();
    let success = AttemptOutcome::Success { session: session.id };
    let [account, network] = [throttle::account(kate()), network().id()];
    let counted_account = Loaded::new(Version::FIRST, counted(account, Some(kate()), 1, a_day()));
    let counted_network = Loaded::new(Version::FIRST, counted(network, None, 1, at(15)));
    let expected = Decision {
        guards: vec![Guard::on(&user(active())), Guard::on(&password())],
        changes: vec![
            insert(session.clone()),
            logged_in(kate()),
            update(&counted_account, counted(account, Some(kate()), 0, a_day())),
            update(&counted_network, counted(network, None, 0, at(15))),
            update(&begun.attempt, attempt(Some(kate()), success)),
        ],
        events: vec![by_kate(What::SignedIn { session: session.id })],
        mail: Vec::new(),
        outcome: Ok(session),
    };
    assert_eq!(end(&ending(&begun, true), &Policy::default()), expected);
}

#[test]
fn l2_the_right_password_at_the_limit_ends_the_lock_that_its_own_count_began() {
    let mut login = kates(user(active()));
    login.account = Tally::of_account(kate()).loaded(Some(throttle(9, None)));
    let begun = begin(login).outcome;
    let ended = end(&ending(&begun, true), &Policy::default());
    let what: Vec<_> = ended.events.into_iter().map(|event| event.what).collect();
    assert_eq!(what, [What::SignedIn { session: fresh(0) }, What::LockoutEnded]);
}

#[test]
fn l1_l4_a_refused_login_leaves_the_true_reason_and_nothing_else() {
    let policy = Policy::default();
    let begun = begin(kates(user(active()))).outcome;
    assert_eq!(
        end(&ending(&begun, false), &policy),
        refused_as(&begun, RefusalReason::WrongPassword, Denied::SignInRefused)
    );
    for matched in [true, false] {
        let begun = begin(nobodys()).outcome;
        assert_eq!(
            end(&ending(&begun, matched), &policy),
            refused_as(&begun, RefusalReason::UnknownLogin, Denied::SignInRefused)
        );
        for (status, reason) in statuses() {
            let Some(reason) = reason else { continue };
            let begun = begin(kates(user(status))).outcome;
            assert_eq!(begun.check, Check::Nothing);
            assert_eq!(
                end(&ending(&begun, matched), &policy),
                refused_as(&begun, reason, Denied::SignInRefused)
            );
        }
    }
}

#[test]
fn l1_what_changed_meanwhile_counts_and_a_comparison_holds_for_one_secret_only() {
    let begun = begin(kates(user(active()))).outcome;
    let refused = |login: &Login| {
        let ending = Ending {
            login,
            ..ending(&begun, true)
        };
        let decision = end(&ending, &Policy::default());
        assert_eq!(decision.outcome, Err(Denied::SignInRefused));
        match &decision.changes[..] {
            [Change::Update { entry, .. }] => match &entry.record {
                tenure::model::Record::Attempt(attempt) => attempt.outcome,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let reason = |reason| AttemptOutcome::Refused { reason };
    let disabled = Login {
        user: Some(user(UserStatus::Disabled { since: now() })),
        ..begun.login.clone()
    };
    assert_eq!(refused(&disabled), reason(RefusalReason::Disabled));
    let mut other = begun.login.clone();
    other.credential.as_mut().unwrap().value.secret = Secret::password(hash(), now());
    assert_eq!(refused(&other), reason(RefusalReason::WrongPassword));
    // The same password hashed anew by a login beside this one is the same password (P5).
    let rehash_of = |hash: &tenure::password::PasswordHash| {
        let mut login = begun.login.clone();
        login.credential.as_mut().unwrap().value.secret = Secret::Password {
            hash: crate::passwords::new_hash(),
            set_at: long_ago(),
            rehash_of: Some(hash.digest()),
        };
        login
    };
    let anew = rehash_of(&hash());
    let ending_anew = Ending {
        login: &anew,
        ..ending(&begun, true)
    };
    assert!(end(&ending_anew, &Policy::default()).outcome.is_ok());
    let of_another = rehash_of(&crate::passwords::new_hash());
    assert_eq!(refused(&of_another), reason(RefusalReason::WrongPassword));
    let mut whose = begun.login.clone();
    whose.credential.as_mut().unwrap().value.user = actor();
    assert_eq!(refused(&whose), reason(RefusalReason::WrongPassword));
    // What it was counted as, it stays: also where others locked the account meanwhile.
    let locked = Login {
        account: locked_account(12),
        ..begun.login.clone()
    };
    let ending = Ending {
        login: &locked,
        ..ending(&begun, true)
    };
    assert!(end(&ending, &Policy::default()).outcome.is_ok());
}

#[test]
fn l1_the_status_is_told_after_the_right_password_where_the_policy_says_so() {
    let policy = policy(|policy| policy.tell_status_after_password = true);
    for (status, kind, reason) in [
        (
            UserStatus::Suspended {
                since: long_ago(),
                until: None,
                reason: None,
            },
            StatusKind::Suspended,
            RefusalReason::Suspended,
        ),
        (
            UserStatus::Disabled { since: long_ago() },
            StatusKind::Disabled,
            RefusalReason::Disabled,
        ),
        (set_up(), StatusKind::SetUp, RefusalReason::Inactive),
    ] {
        let begun = begin_under(kates(user(status.clone())), &policy).outcome;
        assert_eq!(begun.check, Check::Password(hash()), "the own hash, and one only");
        let told = Denied::AccountNotActive { status: kind };
        assert_eq!(end(&ending(&begun, true), &policy), refused_as(&begun, reason, told));
        let wrong = refused_as(&begun, reason, Denied::SignInRefused);
        assert_eq!(end(&ending(&begun, false), &policy), wrong);
        // Not while anything else stands against it, a lock above all.
        let mut locked = kates(user(status));
        locked.account = locked_account(10);
        assert_eq!(begin_under(locked, &policy).outcome.check, Check::Nothing);
    }
    let invited = begin_under(kates(user(invited())), &policy).outcome;
    assert_eq!(invited.check, Check::Nothing);
}

/// Kate's login with a one-time password that was mailed twice.
fn one_time(state: TicketState, ends: Timestamp) -> Login {
    let open = Ticket {
        purpose: TicketPurpose::OneTimePassword,
        tokens: vec![typed("0123456789ABCDEFGHJKMNPR"), typed("0123456789ABCDEFGHJKMNPQ")],
        expires_at: ends,
        ..ticket(state).value
    };
    Login {
        credential: Some(loaded(
            6,
            Credential {
                user: kate(),
                secret: Secret::OneTime {
                    ticket: ticket_id(),
                    issued_at: at(-1),
                },
            },
        )),
        ticket: Some(loaded(3, open)),
        ..kates(user(active()))
    }
}

fn typed(text: &str) -> TokenHash {
    let read = tenure::secret::OneTimePassword::read(text).unwrap();
    read.hash(*tenant_id().as_uuid(), *kate().as_uuid())
}

#[test]
fn ps2_a_one_time_password_begins_a_short_session_for_setting_another_and_is_used_up() {
    let login = one_time(TicketState::Open, at(60));
    let begun = begin(login.clone()).outcome;
    assert_eq!(begun.refused, None);
    assert_eq!(begun.check.hash(), None, "a decoy is hashed");
    let is_one_time = |text: &str| begun.check.is_one_time(&tenant().value, &text.into());
    assert!(is_one_time("0123-4567-89ab-cdef-ghjk-mnpq") && is_one_time("0123456789ABCDEFGHJKMNPR"));
    for wrong in ["", "0123456789ABCDEFGHJKMNPS", "Zitrone-42-gelb"] {
        assert!(!is_one_time(wrong), "{wrong}");
    }
    for check in [Check::Nothing, Check::Password(hash())] {
        assert!(!check.is_one_time(&tenant().value, &"0123456789ABCDEFGHJKMNPQ".into()));
    }

    let decision = end(&ending(&begun, true), &Policy::default());
    let session = Session {
        limited: Some(SessionLimit::PasswordChange),
        expires_at: at(15),
        ..new_session()
    };
    assert_eq!(decision.outcome, Ok(session));
    let before = login.ticket.unwrap();
    let used = Ticket {
        state: TicketState::Consumed { at: now() },
        ..before.value.clone()
    };
    assert!(decision.changes.contains(&update(&before, used)));
    assert!(decision.guards.contains(&Guard::on(&login.credential.unwrap())));
}

/// Kate's login at the API, who may do nothing else.
fn at_the_api() -> Login {
    Login {
        purpose: LoginPurpose::Api,
        ..kates(user_with(active(), |user| user.api_only = true))
    }
}

fn taking_passwords() -> Policy {
    policy(|policy| policy.api_passwords = Some(time::Duration::minutes(20)))
}

#[test]
fn bi2_by_policy_a_password_opens_the_api_to_whoever_may_do_nothing_else() {
    let begun = begin_under(at_the_api(), &taking_passwords()).outcome;
    assert_eq!((begun.refused, begun.check.clone()), (None, Check::Password(hash())));
    let decision = end(&ending(&begun, true), &taking_passwords());
    let session = Session {
        limited: Some(SessionLimit::Api),
        expires_at: at(20),
        ..new_session()
    };
    assert_eq!(decision.outcome, Ok(session));
    // Wrong, it is counted and refused as any other.
    let decision = end(&ending(&begun, false), &taking_passwords());
    assert_eq!(
        decision,
        refused_as(&begun, RefusalReason::WrongPassword, Denied::SignInRefused)
    );
}

#[test]
fn bi2_who_may_do_what_with_a_password() {
    use LoginPurpose::{Api, Interactive};
    let reason = |purpose, api_only: bool, policy: &Policy| {
        let user = user_with(active(), |user| user.api_only = api_only);
        let login = Login { purpose, ..kates(user) };
        let begun = begin_under(login, policy).outcome;
        assert_eq!(begun.check == Check::Nothing, begun.refused.is_some());
        begun.refused
    };
    let (closed, open) = (Policy::default(), taking_passwords());
    for policy in [&closed, &open] {
        assert_eq!(reason(Interactive, false, policy), None);
        assert_eq!(reason(Interactive, true, policy), Some(RefusalReason::ApiOnly));
        assert_eq!(
            reason(Api, false, policy),
            Some(RefusalReason::NotAtApi),
            "people log in by hand"
        );
    }
    assert_eq!(reason(Api, true, &closed), Some(RefusalReason::NotAtApi));
    assert_eq!(reason(Api, true, &open), None);
    // A one-time password is good for setting another by hand, and nothing else.
    let mut one_time = one_time(TicketState::Open, at(60));
    one_time.purpose = Api;
    one_time.user = at_the_api().user;
    let begun = begin_under(one_time, &open).outcome;
    assert_eq!(
        (begun.refused, begun.check),
        (Some(RefusalReason::NoPassword), Check::Nothing)
    );
}

#[test]
fn t3_a_one_time_password_that_is_over_or_used_is_refused() {
    let over = |login: Login| {
        let begun = begin(login).outcome;
        (begun.refused, begun.check)
    };
    let expected = (Some(RefusalReason::OneTimePasswordOver), Check::Nothing);
    assert_eq!(over(one_time(TicketState::Open, now())), expected);
    assert_eq!(over(one_time(TicketState::Consumed { at: at(-1) }, at(60))), expected);
    let mut none = one_time(TicketState::Open, at(60));
    none.ticket = None;
    assert_eq!(over(none), expected);
    let mut newer = one_time(TicketState::Open, at(60));
    newer.ticket.as_mut().unwrap().value.id = id(52);
    assert_eq!(over(newer), expected);
    let mut other = one_time(TicketState::Open, at(60));
    other.ticket.as_mut().unwrap().value.purpose = TicketPurpose::Reset;
    assert_eq!(over(other), expected);
    // Used by another at the same moment: the one that comes second finds none open.
    let begun = begin(one_time(TicketState::Open, at(60))).outcome;
    let used = Login {
        ticket: None,
        ..begun.login.clone()
    };
    let second = Ending {
        login: &used,
        ..ending(&begun, true)
    };
    let decision = end(&second, &Policy::default());
    let reason = RefusalReason::OneTimePasswordOver;
    assert_eq!(decision, refused_as(&begun, reason, Denied::SignInRefused));
}

/// So many sessions of Kate's, begun a minute after another, and one that nobody used for long.
fn sessions(live: u8) -> Vec<Loaded<Session>> {
    let one = |number: u8, seen: i64| {
        let mut session = session(SessionState::Open);
        session.value.id = id(100 + u128::from(number));
        session.value.started_at = at(-60 + i64::from(number));
        session.value.seen_at = at(seen);
        session
    };
    let mut sessions: Vec<_> = (0..live).map(|number| one(number, -1)).rev().collect();
    sessions.push(one(200, -45));
    sessions
}

fn at_once(most: u32, when_full: WhenFull) -> Policy {
    policy(|policy| policy.sessions_at_once = Some(SessionsAtOnce { most, when_full }))
}

#[test]
fn e5_the_oldest_session_gives_way_to_a_new_one() {
    let begun = begin(kates(user(active()))).outcome;
    let ended = |live: u8, most: u32| {
        let sessions = sessions(live);
        let full = Ending {
            sessions: &sessions,
            ..ending(&begun, true)
        };
        let decision = end(&full, &at_once(most, WhenFull::EndOldest));
        assert!(decision.outcome.is_ok());
        let reason = EndReason::TooMany;
        let ended = |event: &Event| event.what == What::SessionEnded { user: kate(), reason };
        let subjects = decision.events.iter().filter(|event| ended(event));
        let ended: Vec<_> = subjects.map(|event| event.subject.uuid().as_u128() - 100).collect();
        let writes = |change: &&Change| matches!(change, Change::Update { entry, .. } if entry.record.kind() == tenure::model::RecordKind::Session);
        assert_eq!(decision.changes.iter().filter(writes).count(), ended.len());
        ended
    };
    assert_eq!(ended(2, 3), [0; 0]);
    assert_eq!(ended(3, 3), [0]);
    assert_eq!(ended(5, 3), [0, 1, 2], "the policy was tightened");
    assert_eq!(ended(2, 0), [0, 1], "there can always be one");
}

#[test]
fn e5_or_the_new_one_is_refused_and_whoever_gave_the_right_password_is_told() {
    let begun = begin(kates(user(active()))).outcome;
    let policy = at_once(3, WhenFull::Refuse);
    let (two, three) = (sessions(2), sessions(3));
    let with = |sessions, matched| {
        let full = Ending {
            sessions,
            ..ending(&begun, matched)
        };
        end(&full, &policy)
    };
    assert!(with(&two, true).outcome.is_ok());
    assert_eq!(with(&three, false).outcome, Err(Denied::SignInRefused));
    let full = with(&three, true);
    assert_eq!(full.outcome, Err(Denied::TooManySessions { most: 3 }));
    let reason = RefusalReason::TooManySessions;
    let after = Attempt {
        outcome: AttemptOutcome::Refused { reason },
        ..begun.attempt.value.clone()
    };
    assert_eq!(full.changes.last(), Some(&update(&begun.attempt, after)));
    assert_eq!(full.changes.len(), 3, "it was no failure: both counts are taken back");
    assert_eq!(full.events, []);
}

#[test]
fn bi7_a_login_that_another_vouches_for_takes_everything_but_the_password() {
    let (tenant, client) = (tenant(), client());
    let decide = |user: Option<&Loaded<User>>, sessions: &[Loaded<Session>], policy: &Policy| {
        let asserted = Asserted {
            tenant: &tenant,
            user,
            account: user.map(|user| Tally::of_account(user.id).loaded(Some(throttle(10, Some(at(1)))))),
            sessions,
            client: &client,
            token: token(),
        };
        login::sign_in_asserted(&asserted, policy, now(), seed())
    };
    let (kate, policy) = (user(active()), Policy::default());
    let session = new_session();
    let (success, before) = (
        AttemptOutcome::Success { session: session.id },
        throttle(10, Some(at(1))),
    );
    let expected = Decision {
        guards: vec![Guard::on(&kate)],
        changes: vec![
            insert(session.clone()),
            logged_in(kate.id),
            update(&before, before.value.clone()),
            insert(attempt(Some(kate.id), success)),
        ],
        events: vec![by_kate(What::SignedIn { session: session.id })],
        mail: Vec::new(),
        outcome: Ok(session),
    };
    assert_eq!(
        decide(Some(&kate), &[], &policy),
        expected,
        "guesses at the password do not matter"
    );

    let reason = |user: Option<&Loaded<User>>| {
        let decision = decide(user, &[], &policy);
        assert_eq!(decision.outcome, Err(Denied::SignInRefused));
        match &decision.changes[..] {
            [Change::Insert(entry)] => entry.record.clone(),
            other => panic!("{other:?}"),
        }
    };
    let refused = |user: Option<UserId>, reason| attempt(user, AttemptOutcome::Refused { reason }).into();
    assert_eq!(reason(None), refused(None, RefusalReason::UnknownLogin));
    for (status, why) in statuses() {
        let Some(why) = why else { continue };
        assert_eq!(reason(Some(&user(status))), refused(Some(kate.id), why));
    }
    let elsewhere = user_with(active(), |user| user.allowlist = allowlist(&["10.0.0.0/8"]));
    assert_eq!(
        reason(Some(&elsewhere)),
        refused(Some(kate.id), RefusalReason::WrongNetwork)
    );
    let program = user_with(active(), |user| user.api_only = true);
    assert_eq!(reason(Some(&program)), refused(Some(kate.id), RefusalReason::ApiOnly));
    // The sessions at once, and what may be told.
    let full = decide(Some(&kate), &sessions(1), &at_once(1, WhenFull::Refuse));
    assert_eq!(full.outcome, Err(Denied::TooManySessions { most: 1 }));
    let tells = crate::fixture::policy(|policy| policy.tell_status_after_password = true);
    let disabled = user(UserStatus::Disabled { since: long_ago() });
    let status = StatusKind::Disabled;
    let told = decide(Some(&disabled), &[], &tells).outcome;
    assert_eq!(told, Err(Denied::AccountNotActive { status }));
}

/// IF3: a login is noted with the user, without raising their version.
fn logged_in(user: UserId) -> Change {
    Change::Touch {
        record: user.into(),
        seen_at: now(),
    }
}
