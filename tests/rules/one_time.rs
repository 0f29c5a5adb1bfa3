//! One-time passwords: as a welcome, sent again, and replaced after the login.

use tenure::model::{
    Actor, Client, Credential, Loaded, Mail, QueuedMail, Secret, Session, SessionLimit, SessionState, TenantStatus,
    Ticket, TicketPurpose, TicketState, User, UserKind, What,
};
use tenure::rules::Context;
use tenure::rules::one_time::{Replacement, check_replacement, replace, send};
use tenure::rules::passwords::NewPassword;
use tenure::rules::users::{Access, NewUser, create_external};
use tenure::secret::{OneTimePassword, TokenHash};
use tenure::store::{Guard, PrincipalRecords};
use tenure::{Denied, Policy, Start};
use time::Duration;

use crate::fixture::*;
use crate::passwords::{NEW, changes_with, failed, new_hash, notice, sessions_ended_by, set_now};

fn one_time(cx: Context) -> Context {
    with_policy(cx, |policy| policy.one_time_passwords = true)
}

/// A one-time password, asked for a while ago.
fn one_time_credential() -> Loaded<Credential> {
    loaded(
        3,
        Credential {
            user: kate(),
            secret: Secret::OneTime {
                ticket: ticket_id(),
                issued_at: at(-60),
            },
        },
    )
}

fn fresh_secret() -> Secret {
    Secret::OneTime {
        ticket: fresh(40),
        issued_at: now(),
    }
}

/// The ticket of a one-time password that this user is sent now: a day to mail it, and a day from then.
fn fresh_ticket(user: &User) -> Ticket {
    Ticket {
        id: fresh(40),
        purpose: TicketPurpose::OneTimePassword,
        expires_at: at(60 * 48),
        ..new_ticket(user)
    }
    .from_each_minting(Duration::DAY)
}

fn mail(user: &User, again: bool) -> QueuedMail {
    QueuedMail {
        id: fresh(41),
        ticket: Some(fresh(40)),
        mail: Mail::OneTimePassword {
            tenant: name("Nordwind"),
            recipient: user.profile.display_name.clone(),
            user_name: user.user_name.to_string(),
            again,
        },
        ..notice(user)
    }
}

#[test]
fn ps2_if9_t4_a_one_time_password_voids_the_one_before_and_ends_sessions_and_links() {
    let (cx, user) = (one_time(admin()), user(active()));
    for (credential, again) in [
        (password(), false),
        (no_password(), false),
        (one_time_credential(), true),
    ] {
        let throttle = failed(3, None);
        let decided = send(&cx, Some(&user), Some(&credential), Some(&throttle), &around()).unwrap();
        let mut changes = changes_with(&credential, fresh_secret(), None, &throttle);
        changes.push(insert(fresh_ticket(&user)));
        let events = vec![
            sessions_ended_by(Actor::User(actor()), 1, None),
            event(kate(), What::OneTimePasswordSent { again }),
        ];
        let guards = around().guards().into_iter().chain([Guard::on(&user)]);
        let mut expected = decision(&cx, guards, changes, events, user.value.clone());
        expected.mail = vec![mail(&user, again)];
        assert_eq!(decided, expected);
    }
}

#[test]
fn if9_ps6_when_none_is_sent() {
    let refused = |cx: &Context, user: Option<&Loaded<User>>, credential: &Loaded<Credential>| {
        send(cx, user, Some(credential), None, &around()).unwrap_err()
    };
    let (kate, own) = (user(active()), password());
    assert_eq!(refused(&nobody(), None, &own), Denied::Forbidden);
    assert_eq!(
        refused(&admin(), Some(&kate), &own),
        Denied::NoOneTimePasswords,
        "off by default"
    );
    let support = one_time(holding(&[tenure::permissions::USERS_MANAGE], tenure::Scope::All));
    assert_eq!(
        refused(&support, Some(&administrator_kate(active())), &own),
        Denied::BeyondOwnRights
    );
    let admin = one_time(admin());
    assert_eq!(refused(&admin, Some(&user(invited())), &own).code(), "wrong_status");
    // Point of sale: the welcome can be sent again, but a password of one's own is one's own.
    let point_of_sale = with_policy(admin.clone(), |policy| *policy = Policy::point_of_sale());
    assert_eq!(refused(&point_of_sale, Some(&kate), &own), Denied::OnlyThemselves);
    for credential in [no_password(), one_time_credential()] {
        assert!(send(&point_of_sale, Some(&kate), Some(&credential), None, &around()).is_ok());
    }
}

#[test]
fn ps2_a_new_user_is_active_at_once_and_is_sent_name_and_password() {
    let cx = with_policy(admin(), |policy| *policy = Policy::point_of_sale());
    let person = NewUser::new("Pia", "Muster", "pia@example.com");
    let decided = create_external(&cx, &person, berlin(), &Access::role(clerk()), &around()).unwrap();
    let pia = decided.outcome.clone();
    assert_eq!(
        (&pia.kind, pia.is_active()),
        (&UserKind::External { client: berlin() }, true)
    );
    let changes = vec![
        insert(Credential {
            user: pia.id,
            secret: fresh_secret(),
        }),
        seats(1, None),
        insert(pia.clone()),
        insert(fresh_ticket(&pia)),
    ];
    assert_eq!(decided.changes, changes);
    assert_eq!(decided.mail, [mail(&pia, false)]);
    let what = What::UserCreated {
        status: tenure::model::StatusKind::Active,
        grants: pia.grants.clone(),
        seat: true,
        until: None,
    };
    let sent = What::OneTimePasswordSent { again: false };
    assert_eq!(decided.events, [event(pia.id, what), event(pia.id, sent)]);
}

#[test]
fn ps2_whoever_begins_later_or_is_invited_all_the_same_gets_no_password_yet() {
    let cx = with_policy(admin(), |policy| *policy = Policy::point_of_sale());
    let person = NewUser::new("Pia", "Muster", "pia@example.com");
    let created = |access: Access| create_external(&cx, &person, berlin(), &access, &around()).unwrap();
    for access in [
        Access::none().starting(Start::At(at(60))),
        Access::none().starting(Start::WhenActivated),
        Access::none().without_invitation(),
    ] {
        let decided = created(access);
        assert!(!decided.outcome.is_active() && decided.mail.is_empty());
    }
    let invited = created(Access::none().invite());
    assert!(matches!(invited.mail[0].mail, Mail::Invitation { .. }));
}

/// What Kate's session leads to, which she began with her one-time password.
fn records() -> PrincipalRecords {
    let mut pass = session(SessionState::Open);
    pass.value.limited = Some(SessionLimit::PasswordChange);
    PrincipalRecords {
        pass,
        user: user(active()),
        tenant: tenant(),
        roles: Vec::new(),
    }
}

fn one_time_password() -> OneTimePassword {
    OneTimePassword::read("7Q2K-9XWD-0M4T-HB6S-R3NC-E8VZ").unwrap()
}

/// The ticket of that password, which the login consumed.
fn used_ticket() -> Loaded<Ticket> {
    let hash = one_time_password().hash(*tenant_id().as_uuid(), *kate().as_uuid());
    let mut ticket = ticket(TicketState::Consumed { at: at(-1) });
    ticket.value.purpose = TicketPurpose::OneTimePassword;
    ticket.value.tokens = vec![hash];
    ticket
}

fn subject() -> Context {
    Context {
        actor: Actor::Subject(kate()),
        guards: Vec::new(),
        ..nobody()
    }
}

#[test]
fn ps2_e1_the_new_password_ends_the_limited_session_and_begins_a_full_one() {
    let (cx, records, credential, ticket) = (subject(), records(), one_time_credential(), used_ticket());
    let (new, client) = (NewPassword::new(NEW).repeated(NEW), Client::at([192, 0, 2, 7].into()));
    let replacement = Replacement {
        records: &records,
        credential: &credential,
        ticket: Some(&ticket),
        client: &client,
        new: &new,
    };
    let (throttle, token) = (failed(1, None), TokenHash::from_bytes([5; 32]));
    let decided = replace(&cx, &replacement, Some(&throttle), new_hash(), token).unwrap();
    let begun = Session {
        id: fresh(42),
        user: kate(),
        token,
        client: client.clone(),
        started_at: now(),
        expires_at: at(60 * 12),
        seen_at: now(),
        limited: None,
        state: SessionState::Open,
    };
    let mut changes = changes_with(&credential, set_now(), None, &throttle);
    changes.push(insert(begun.clone()));
    let by = || Actor::Subject(kate());
    let events = vec![
        sessions_ended_by(by(), 1, None),
        event_by(by(), now(), kate(), What::PasswordSet),
        event_by(by(), now(), kate(), What::SignedIn { session: begun.id }),
    ];
    let guards = [Guard::on(&records.pass), Guard::on(&records.user)];
    let mut expected = decision(&cx, guards, changes, events, begun);
    expected.mail = vec![notice(&records.user)];
    assert_eq!(decided, expected);
}

#[test]
fn ps2_only_a_usable_limited_session_is_good_for_it() {
    let check = |change: &dyn Fn(&mut PrincipalRecords), credential: &Loaded<Credential>| {
        let (mut records, new) = (records(), NewPassword::new(NEW));
        change(&mut records);
        let replacement = Replacement {
            records: &records,
            credential,
            ticket: None,
            client: &Client::unknown(),
            new: &new,
        };
        check_replacement(&replacement, &Policy::default(), now())
    };
    let one_time = one_time_credential();
    assert_eq!(check(&|_| (), &one_time), Ok(()));
    let refusals: [&dyn Fn(&mut PrincipalRecords); 6] = [
        &|records| records.pass.value.limited = None,
        &|records| records.pass.value.seen_at = at(-30),
        &|records| {
            records.pass = session(SessionState::Ended {
                at: at(-1),
                reason: tenure::model::EndReason::SignedOut,
            });
        },
        &|records| records.user = user(set_up()),
        &|records| records.user.value.api_only = true,
        &|records| records.tenant.value.status = TenantStatus::Suspended { at: long_ago() },
    ];
    for refuse in refusals {
        assert_eq!(check(refuse, &one_time), Err(Denied::NotSignedIn));
    }
    assert_eq!(check(&|_| (), &password()), Err(Denied::NotSignedIn));
}

#[test]
fn ps2_the_one_time_password_itself_is_no_new_password() {
    let mut lax = Policy::default();
    lax.passwords = tenure::password::PasswordPolicy::nist();
    let check = |typed: &str| {
        let (records, credential, ticket) = (records(), one_time_credential(), used_ticket());
        let replacement = Replacement {
            records: &records,
            credential: &credential,
            ticket: Some(&ticket),
            client: &Client::unknown(),
            new: &NewPassword::new(typed),
        };
        check_replacement(&replacement, &lax, now())
    };
    let same = Denied::invalid("password", tenure::Problem::Unchanged);
    assert_eq!(check(one_time_password().expose()), Err(same.clone()));
    assert_eq!(check("7q2k9xwd0m4thb6sr3nce8vz"), Err(same));
    assert_eq!(check("7Q2K-9XWD-0M4T-HB6S-R3NC-E8VX"), Ok(()));
}
