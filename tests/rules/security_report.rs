//! CP11, CP12: the security report, made and mailed.

use tenure::model::security_report::{ChangedBy, PasswordFactor};
use tenure::model::{
    Actor, Attempt, AttemptOutcome, Client, Event, Grant, Loaded, Mail, MailState, QueuedMail, RecordKind, Scope,
    Secret, SecurityReport, SessionState, StatusKind, User, What, permissions,
};
use tenure::rules::security_report::{Evidence, ReportTo, report, send};
use tenure::rules::{Context, Decision};
use tenure::store::Guard;
use tenure::{Denied, UserStatus};

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound { what: RecordKind::User };

fn attempt(minutes: i64, outcome: AttemptOutcome) -> Attempt {
    Attempt {
        id: id(80),
        at: at(minutes),
        user: Some(kate()),
        client: Client::at([192, 0, 2, 7].into()),
        outcome,
        keep_until: at(9_000),
    }
}

fn evidence() -> Evidence {
    let session = session_id();
    Evidence {
        credential: Some(password()),
        sessions: vec![session_of(SessionState::Open)],
        attempts: vec![attempt(-60, AttemptOutcome::Success { session })],
        events: vec![
            event(kate(), What::UserNameChanged),
            event_by(Actor::Subject(kate()), at(-5), kate(), What::SignedIn { session }),
            event_by(Actor::User(kate()), at(-6), kate(), What::PasswordSet),
            event_by(Actor::Schedule, at(-7), kate(), What::DeletionReleased),
            event_by(system().actor, at(-8), kate(), What::LockoutEnded),
        ],
        api_keys: 2,
    }
}

fn session_of(state: SessionState) -> Loaded<tenure::Session> {
    session(state)
}

fn made(cx: &Context, kate: &Loaded<User>, evidence: &Evidence) -> SecurityReport {
    report(cx, Some(kate), evidence, &around()).unwrap()
}

#[test]
fn cp12_the_report_tells_rights_factors_sessions_logins_and_changes() {
    let report = made(&admin(), &user(active()), &evidence());
    assert_eq!((report.user, report.made_at), (kate(), now()));
    assert_eq!((report.status, report.api_only), (StatusKind::Active, false));
    assert_eq!(report.grants[0].grant, Grant::role(clerk(), Scope::from([berlin()])));
    assert_eq!(report.grants[0].role, Some(name("Clerk")));
    assert_eq!(report.rights.permissions[0].permission, Some(prices()));
    assert_eq!(report.units, [(berlin(), name("Berlin"))].into());
    let set_at = long_ago();
    assert_eq!(report.factors.password, PasswordFactor::Set { set_at });
    assert_eq!((report.factors.provider, report.factors.api_keys), (None, 2));
    assert_eq!(report.sessions.len(), 1);
    assert_eq!(
        (report.sessions[0].started_at, report.sessions[0].seen_at),
        (at(-60), at(-1))
    );
    assert_eq!(report.attempts, evidence().attempts);
    let changes: Vec<_> = report.changes.iter().map(|it| (it.what.as_str(), it.by)).collect();
    let expected = [
        ("user_name_changed", ChangedBy::Other(actor())),
        ("password_set", ChangedBy::Themselves),
        ("deletion_released", ChangedBy::Time),
        ("lockout_ended", ChangedBy::Host),
    ];
    assert_eq!(changes, expected, "a login is no change");
    assert_eq!(report.changes[0].fields, ["user_name"]);
}

#[test]
fn cp12_factors_are_told_with_their_age() {
    let factor = |secret: Option<Secret>| {
        let mut evidence = evidence();
        evidence.credential = secret.map(|secret| loaded(1, tenure::model::Credential { user: kate(), secret }));
        made(&admin(), &user(active()), &evidence).factors.password
    };
    assert_eq!(factor(None), PasswordFactor::None);
    assert_eq!(factor(Some(Secret::None)), PasswordFactor::None);
    let one_time = Secret::OneTime {
        ticket: ticket_id(),
        issued_at: at(-3),
    };
    assert_eq!(factor(Some(one_time)), PasswordFactor::OneTime { issued_at: at(-3) });
}

#[test]
fn e3_only_usable_sessions_are_told() {
    let sessions = |kate: &Loaded<User>, session: Loaded<tenure::Session>| {
        let mut evidence = evidence();
        evidence.sessions = vec![session];
        made(&admin(), kate, &evidence).sessions.len()
    };
    let kate = user(active());
    assert_eq!(sessions(&kate, session(SessionState::Open)), 1);
    let mut idle = session(SessionState::Open);
    idle.value.seen_at = at(-30);
    assert_eq!(sessions(&kate, idle), 0);
    let suspended = user(UserStatus::Suspended {
        since: at(-9),
        until: None,
        reason: None,
    });
    assert_eq!(sessions(&suspended, session(SessionState::Open)), 0);
}

#[test]
fn cp12_lists_are_of_the_newest() {
    let mut evidence = evidence();
    evidence.attempts = (0..50).map(|n| attempt(-n, AttemptOutcome::Pending)).collect();
    evidence.events = (0..50)
        .map(|n| event_by(Actor::Schedule, at(-n), kate(), What::PasswordSet))
        .collect();
    let report = made(&admin(), &user(active()), &evidence);
    assert_eq!((report.attempts.len(), report.changes.len()), (20, 20));
    assert_eq!((report.attempts[19].at, report.changes[19].at), (at(-19), at(-19)));
}

fn asking() -> Loaded<User> {
    let mut user = administrator_kate(active());
    user.value.id = actor();
    user.value.address = address("actor@example.com");
    user.value.profile = profile("Ann", "Actor");
    user
}

fn mailed(cx: &Context, recipient: &User, about: &Loaded<User>) -> QueuedMail {
    QueuedMail {
        id: fresh(40),
        user: kate(),
        to: recipient.address.clone(),
        locale: recipient.profile.locale.clone(),
        time_zone: recipient.profile.time_zone.clone(),
        ticket: None,
        mail: Mail::SecurityReport {
            tenant: name("Nordwind"),
            recipient: recipient.profile.display_name.clone(),
            report: Box::new(made(cx, about, &evidence())),
        },
        queued_at: now(),
        state: MailState::Queued {
            ready_at: now(),
            attempts: 0,
        },
    }
}

#[test]
fn cp11_the_report_goes_to_whoever_asks_or_to_the_user_and_stands_in_the_log() {
    let (cx, kate, asking) = (admin(), user(active()), asking());
    for (to, recipient) in [(ReportTo::Asking, &asking.value), (ReportTo::User, &kate.value)] {
        let to_user = to == ReportTo::User;
        let events: Vec<Event> = vec![event(kate.id, What::SecurityReportSent { to_user })];
        let guards = [Guard::on(&kate)].into_iter().chain(around().guards());
        let expected = Decision {
            mail: vec![mailed(&cx, recipient, &kate)],
            ..decision(&cx, guards, Vec::new(), events, ())
        };
        let sent = send(&cx, Some(&kate), Some(&asking), to, &evidence(), &around());
        assert_eq!(sent, Ok(expected), "{to:?}");
    }
}

#[test]
fn cp11_the_report_is_refused_with_the_exact_reason() {
    let sent = |cx: &Context, kate: Option<&Loaded<User>>, asking: Option<&Loaded<User>>, to| {
        send(cx, kate, asking, to, &evidence(), &around()).map(drop)
    };
    let (kate, asking) = (user(active()), asking());
    let (there, asks) = (Some(&kate), Some(&asking));
    // Who may see the user, and not the history, is not told.
    let reads_users = holding(&[permissions::USERS_READ, permissions::USERS_MANAGE], Scope::All);
    assert_eq!(sent(&reads_users, there, asks, ReportTo::User), Err(Denied::Forbidden));
    assert_eq!(
        report(&reads_users, there, &evidence(), &around()),
        Err(Denied::Forbidden)
    );
    let of_paris = holding(&[permissions::HISTORY_READ], [paris()]);
    assert_eq!(sent(&of_paris, there, asks, ReportTo::User), Err(NOT_FOUND));
    assert_eq!(report(&of_paris, there, &evidence(), &around()), Err(NOT_FOUND));
    let of_berlin = holding(&[permissions::HISTORY_READ], [berlin()]);
    assert_eq!(sent(&of_berlin, there, asks, ReportTo::Asking), Ok(()));
    assert_eq!(sent(&admin(), None, asks, ReportTo::User), Err(NOT_FOUND));
    // The host's own code has no mailbox, nor has somebody who is not the actor.
    assert_eq!(sent(&system(), there, None, ReportTo::Asking), Err(NOT_FOUND));
    assert_eq!(sent(&admin(), there, there, ReportTo::Asking), Err(NOT_FOUND));
    assert_eq!(sent(&system(), there, None, ReportTo::User), Ok(()));
    for (status, kind) in [(set_up(), StatusKind::SetUp), (invited(), StatusKind::Invited)] {
        let refused = Denied::WrongStatus {
            verb: "send a report to",
            status: kind,
        };
        let new = user(status);
        assert_eq!(sent(&admin(), Some(&new), asks, ReportTo::User), Err(refused));
        assert_eq!(sent(&admin(), Some(&new), asks, ReportTo::Asking), Ok(()));
    }
}

/// Kate is a clerk in Berlin and in Paris, and belongs to Mitte.
fn kate_of_two_cities() -> Loaded<User> {
    let mut kate = user(active());
    kate.value.grants = vec![Grant::role(clerk(), Scope::from([berlin(), paris()]))];
    kate.value.memberships = [mitte()].into();
    kate
}

fn units_of(report: &SecurityReport) -> (Vec<tenure::id::UnitId>, usize) {
    (report.units.keys().copied().collect(), report.elsewhere)
}

#[test]
fn r4_units_outside_the_part_of_whoever_reads_are_counted_and_not_named() {
    let kate = kate_of_two_cities();
    let read_by = |cx: &Context| units_of(&made(cx, &kate, &evidence()));
    let of = |unit| holding(&[permissions::HISTORY_READ], [unit]);
    let all = (vec![berlin(), mitte(), paris()], 0);
    assert_eq!(read_by(&admin()), all);
    assert_eq!(read_by(&system()), all);
    assert_eq!(read_by(&of(berlin())), (vec![berlin(), mitte()], 1));
    assert_eq!(read_by(&of(mitte())), (vec![mitte()], 2));
    assert_eq!(read_by(&of(paris())), (vec![paris()], 2));
    // Where their own rights lie is theirs to read.
    let herself = Context {
        actor: Actor::User(kate.id),
        ..of(berlin())
    };
    assert_eq!(read_by(&herself), all);
}

#[test]
fn r4_the_mail_to_the_user_names_all_their_units_and_no_other_reader_of_a_part_sees_them() {
    let (kate, asking) = (kate_of_two_cities(), asking());
    let of_berlin = holding(&[permissions::HISTORY_READ], [berlin()]);
    let mail = |to| {
        let sent = send(&of_berlin, Some(&kate), Some(&asking), to, &evidence(), &around());
        sent.unwrap().mail.remove(0)
    };
    let units = |mail: QueuedMail| match mail.mail {
        Mail::SecurityReport { report, .. } => units_of(&report),
        other => panic!("{other:?}"),
    };
    let all = vec![berlin(), mitte(), paris()];
    assert_eq!(units(mail(ReportTo::Asking)), (vec![berlin(), mitte()], 1));
    assert_eq!(units(mail(ReportTo::User)), (all, 0));
    // The list of her mails is read by others.
    for to in [ReportTo::Asking, ReportTo::User] {
        assert_eq!(units(mail(to).outline()), (vec![], 3));
    }
}

#[test]
fn r4_a_list_of_mails_shows_nothing_of_logins_and_changes() {
    let outlined = mailed(&admin(), &asking().value, &user(active())).outline();
    let Mail::SecurityReport { report, .. } = outlined.mail else {
        panic!("it is a report")
    };
    assert!(report.sessions.is_empty() && report.attempts.is_empty() && report.changes.is_empty());
    assert_eq!(report.grants.len(), 1);
}
