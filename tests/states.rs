//! The state machines: every state × every verb against one literal table each, time at, before and after each deadline,
//! and `docs/states.md`, which is rendered from the code.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use tenure::id::Seed;
use tenure::model::invitation::InvitationStateKind;
use tenure::model::{
    Actor, Client, EndReason, Hold, Inactivity, Invitation, InvitationState, InvitationVerb, Mail, MailState, Profile,
    QueuedMail, RecordKind, Session, SessionState, Start, StatusKind, Tenant, TenantStatus, Ticket, TicketPurpose,
    TicketState, User, UserKind, UserStatus, UserVerb, Version,
};
use tenure::rules::courier::{self, Attempted, Dispatch};
use tenure::rules::{Context, tenant};
use tenure::secret::TokenHash;
use tenure::text::{DisplayName, EmailAddress, Locale, Name, PersonName, TimeZone, UserName};
use tenure::{Denied, Policy, Rights, Timestamp};
use time::Duration;
use uuid::Uuid;

#[path = "support/documents.rs"]
mod documents;

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// Minutes after the instant of every verb here.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_795_253_400_000_000)
        .unwrap()
        .saturating_add(Duration::minutes(minutes))
}

fn now() -> Timestamp {
    at(0)
}

// Users.

/// One verb of each kind; a new one does not compile without a row here.
fn user_verbs() -> Vec<UserVerb> {
    let verbs = vec![
        UserVerb::Invite {
            invitation: id(2),
            expires_at: at(60),
            start: Start::Now,
        },
        UserVerb::Accept,
        UserVerb::Cancel,
        UserVerb::Expire,
        UserVerb::Activate,
        UserVerb::ScheduleStart(Some(at(30))),
        UserVerb::Deactivate,
        UserVerb::ScheduleEnd(Some(at(30))),
        UserVerb::Suspend {
            until: Some(at(30)),
            reason: None,
        },
        UserVerb::Reinstate,
        UserVerb::Disable,
        UserVerb::Reactivate,
        UserVerb::Delete { erase_at: at(90) },
        UserVerb::Restore,
    ];
    let known = |verb: &UserVerb| match verb {
        UserVerb::Invite { .. }
        | UserVerb::Accept
        | UserVerb::Cancel
        | UserVerb::Expire
        | UserVerb::Activate
        | UserVerb::ScheduleStart(_)
        | UserVerb::Deactivate
        | UserVerb::ScheduleEnd(_)
        | UserVerb::Suspend { .. }
        | UserVerb::Reinstate
        | UserVerb::Disable
        | UserVerb::Reactivate
        | UserVerb::Delete { .. }
        | UserVerb::Restore => true,
    };
    assert!(verbs.iter().all(known));
    assert_eq!(verbs.iter().map(UserVerb::name).collect::<BTreeSet<_>>().len(), 14);
    verbs
}

fn invited(start: Start) -> UserStatus {
    UserStatus::Invited {
        invitation: id(1),
        expires_at: at(20),
        start,
    }
}

fn inactive(because: Inactivity) -> UserStatus {
    UserStatus::Inactive {
        since: at(-9),
        because,
        starts_at: None,
    }
}

/// Every status that makes a difference to a verb, all since nine minutes ago.
fn statuses() -> Vec<UserStatus> {
    vec![
        invited(Start::Now),
        invited(Start::At(at(30))),
        invited(Start::WhenActivated),
        inactive(Inactivity::SetUp),
        inactive(Inactivity::InvitationCancelled),
        inactive(Inactivity::InvitationExpired),
        inactive(Inactivity::NotStarted),
        inactive(Inactivity::Deactivated),
        inactive(Inactivity::Ended),
        UserStatus::Active {
            since: at(-9),
            until: None,
        },
        UserStatus::Suspended {
            since: at(-9),
            until: None,
            reason: None,
        },
        UserStatus::Disabled { since: at(-9) },
        UserStatus::Deleted {
            at: at(-9),
            erase_at: at(90),
        },
    ]
}

/// An instant, in minutes from now.
fn minutes(instant: Timestamp) -> i64 {
    instant.since(now()).whole_minutes()
}

fn on(word: &str, day: Option<Timestamp>) -> String {
    day.map_or(String::new(), |day| format!(", {word} {:+}", minutes(day)))
}

/// A status with all its evidence, in a line.
fn told(status: &UserStatus) -> String {
    match status {
        UserStatus::Invited {
            invitation,
            expires_at,
            start,
        } => {
            let start = match start {
                Start::Now => String::new(),
                Start::At(day) => on("starts", Some(*day)),
                Start::WhenActivated => ", starts when told".to_owned(),
            };
            let number = invitation.as_uuid().as_u128();
            format!("invited by {number} until {:+}{start}", minutes(*expires_at))
        }
        UserStatus::Inactive {
            since,
            because,
            starts_at,
        } => {
            let because = serde_json::to_value(because).unwrap();
            let because = because.as_str().unwrap().replace('_', " ");
            format!(
                "inactive since {:+}: {because}{}",
                minutes(*since),
                on("starts", *starts_at)
            )
        }
        UserStatus::Active { since, until } => format!("active since {:+}{}", minutes(*since), on("until", *until)),
        UserStatus::Suspended { since, until, .. } => {
            format!("suspended since {:+}{}", minutes(*since), on("until", *until))
        }
        UserStatus::Disabled { since } => format!("disabled since {:+}", minutes(*since)),
        UserStatus::Deleted { at, erase_at } => format!("deleted {:+}, erased {:+}", minutes(*at), minutes(*erase_at)),
    }
}

/// What verbs make of a status. Whatever is not here is refused.
const USERS: &[(&str, &str, &str)] = &[
    ("invited by 1 until +20", "invite", "invited by 2 until +60"),
    ("invited by 1 until +20", "accept", "active since +0"),
    (
        "invited by 1 until +20",
        "cancel",
        "inactive since +0: invitation cancelled",
    ),
    (
        "invited by 1 until +20",
        "expire",
        "inactive since +0: invitation expired",
    ),
    ("invited by 1 until +20", "delete", "deleted +0, erased +90"),
    ("invited by 1 until +20, starts +30", "invite", "invited by 2 until +60"),
    (
        "invited by 1 until +20, starts +30",
        "accept",
        "inactive since +0: not started, starts +30",
    ),
    (
        "invited by 1 until +20, starts +30",
        "cancel",
        "inactive since +0: invitation cancelled",
    ),
    (
        "invited by 1 until +20, starts +30",
        "expire",
        "inactive since +0: invitation expired",
    ),
    ("invited by 1 until +20, starts +30", "delete", "deleted +0, erased +90"),
    (
        "invited by 1 until +20, starts when told",
        "invite",
        "invited by 2 until +60",
    ),
    (
        "invited by 1 until +20, starts when told",
        "accept",
        "inactive since +0: not started",
    ),
    (
        "invited by 1 until +20, starts when told",
        "cancel",
        "inactive since +0: invitation cancelled",
    ),
    (
        "invited by 1 until +20, starts when told",
        "expire",
        "inactive since +0: invitation expired",
    ),
    (
        "invited by 1 until +20, starts when told",
        "delete",
        "deleted +0, erased +90",
    ),
    ("inactive since -9: set up", "invite", "invited by 2 until +60"),
    ("inactive since -9: set up", "activate", "active since +0"),
    (
        "inactive since -9: set up",
        "schedule start",
        "inactive since -9: set up, starts +30",
    ),
    ("inactive since -9: set up", "delete", "deleted +0, erased +90"),
    (
        "inactive since -9: invitation cancelled",
        "invite",
        "invited by 2 until +60",
    ),
    (
        "inactive since -9: invitation cancelled",
        "delete",
        "deleted +0, erased +90",
    ),
    (
        "inactive since -9: invitation expired",
        "invite",
        "invited by 2 until +60",
    ),
    (
        "inactive since -9: invitation expired",
        "delete",
        "deleted +0, erased +90",
    ),
    ("inactive since -9: not started", "activate", "active since +0"),
    (
        "inactive since -9: not started",
        "schedule start",
        "inactive since -9: not started, starts +30",
    ),
    ("inactive since -9: not started", "disable", "disabled since +0"),
    ("inactive since -9: not started", "reactivate", "active since +0"),
    ("inactive since -9: not started", "delete", "deleted +0, erased +90"),
    ("inactive since -9: deactivated", "activate", "active since +0"),
    (
        "inactive since -9: deactivated",
        "schedule start",
        "inactive since -9: deactivated, starts +30",
    ),
    ("inactive since -9: deactivated", "disable", "disabled since +0"),
    ("inactive since -9: deactivated", "reactivate", "active since +0"),
    ("inactive since -9: deactivated", "delete", "deleted +0, erased +90"),
    ("inactive since -9: ended", "activate", "active since +0"),
    (
        "inactive since -9: ended",
        "schedule start",
        "inactive since -9: ended, starts +30",
    ),
    ("inactive since -9: ended", "disable", "disabled since +0"),
    ("inactive since -9: ended", "reactivate", "active since +0"),
    ("inactive since -9: ended", "delete", "deleted +0, erased +90"),
    ("active since -9", "deactivate", "inactive since +0: deactivated"),
    ("active since -9", "schedule end", "active since -9, until +30"),
    ("active since -9", "suspend", "suspended since +0, until +30"),
    ("active since -9", "disable", "disabled since +0"),
    ("active since -9", "delete", "deleted +0, erased +90"),
    ("suspended since -9", "deactivate", "inactive since +0: deactivated"),
    ("suspended since -9", "suspend", "suspended since +0, until +30"),
    ("suspended since -9", "reinstate", "active since +0"),
    ("suspended since -9", "disable", "disabled since +0"),
    ("suspended since -9", "delete", "deleted +0, erased +90"),
    ("disabled since -9", "reactivate", "active since +0"),
    ("disabled since -9", "delete", "deleted +0, erased +90"),
    ("deleted -9, erased +90", "restore", "inactive since +0: deactivated"),
];

fn user_refusal(kind: StatusKind, verb: &UserVerb) -> Denied {
    match kind {
        StatusKind::Deleted => Denied::NotFound { what: RecordKind::User },
        status => Denied::WrongStatus {
            verb: verb.name(),
            status,
        },
    }
}

#[test]
fn i4_bi5_the_whole_table_of_user_states() {
    let mut allowed: Vec<(String, &str, String)> = Vec::new();
    for status in statuses() {
        for verb in user_verbs() {
            match status.clone().apply(&verb, now()) {
                Ok(after) => allowed.push((told(&status), verb.name(), told(&after))),
                Err(denied) => assert_eq!(denied, user_refusal(status.kind(), &verb), "{status:?}"),
            }
        }
    }
    let expected = USERS
        .iter()
        .map(|(from, verb, to)| ((*from).to_owned(), *verb, (*to).to_owned()));
    assert_eq!(allowed, expected.collect::<Vec<_>>());
    let kinds: BTreeSet<StatusKind> = statuses().iter().map(UserStatus::kind).collect();
    assert_eq!(kinds, StatusKind::ALL.into(), "every row is looked at");
}

#[test]
fn the_day_of_a_start_is_looked_at_when_the_invitation_is_accepted() {
    let accepted = |day| told(&invited(Start::At(at(day))).apply(&UserVerb::Accept, now()).unwrap());
    assert_eq!(accepted(1), "inactive since +0: not started, starts +1");
    assert_eq!([0, -1].map(accepted), ["active since +0", "active since +0"]);
}

#[test]
fn days_can_be_cleared_and_reasons_are_kept() {
    let scheduled = UserStatus::Inactive {
        since: at(-9),
        because: Inactivity::NotStarted,
        starts_at: Some(at(30)),
    };
    let cleared = scheduled.apply(&UserVerb::ScheduleStart(None), now()).unwrap();
    assert_eq!(told(&cleared), "inactive since -9: not started");
    let ending = UserStatus::Active {
        since: at(-9),
        until: Some(at(30)),
    };
    let cleared = ending.apply(&UserVerb::ScheduleEnd(None), now()).unwrap();
    assert_eq!(told(&cleared), "active since -9");
    let reason = Some("leave".try_into().unwrap());
    let suspend = UserVerb::Suspend {
        until: None,
        reason: reason.clone(),
    };
    let suspended = UserStatus::Suspended {
        since: now(),
        until: None,
        reason,
    };
    assert_eq!(cleared.apply(&suspend, now()), Ok(suspended));
}

/// Statuses whose time comes now, what they are then, and what the row is called in the documentation.
fn due() -> Vec<(UserStatus, &'static str)> {
    let waiting = |because| UserStatus::Inactive {
        since: at(-9),
        because,
        starts_at: Some(now()),
    };
    let mut invited = invited(Start::Now);
    if let UserStatus::Invited { expires_at, .. } = &mut invited {
        *expires_at = now();
    }
    vec![
        (invited, "inactive since +0: invitation expired"),
        (waiting(Inactivity::SetUp), "active since +0"),
        (waiting(Inactivity::NotStarted), "active since +0"),
        (waiting(Inactivity::Deactivated), "active since +0"),
        (
            UserStatus::Active {
                since: at(-9),
                until: Some(now()),
            },
            "inactive since +0: ended",
        ),
        (
            UserStatus::Suspended {
                since: at(-9),
                until: Some(now()),
                reason: Some("leave".try_into().unwrap()),
            },
            "active since +0",
        ),
    ]
}

#[test]
fn at_exactly_its_time_a_status_is_over_and_never_before() {
    for (status, after) in due() {
        assert_eq!(status.due_at(), Some(now()));
        assert_eq!(status.clone().as_of(at(-1)), status, "before");
        for minute in [0, 1, 600] {
            assert_eq!(told(&status.clone().as_of(at(minute))), after, "{minute} minutes later");
        }
        assert_eq!(told(&status.clone().after_due(now())), after);
        let settled = status.as_of(now());
        assert_eq!(settled.clone().as_of(at(600)), settled, "and stays what it then is");
    }
}

#[test]
fn statuses_without_a_time_stay_and_an_erasure_is_no_status() {
    for status in statuses() {
        let stays = !matches!(status.kind(), StatusKind::Invited);
        assert_eq!(status.clone().as_of(at(600)) == status, stays, "{status:?}");
    }
}

fn user(status: UserStatus) -> User {
    User {
        id: id(9),
        kind: UserKind::Program,
        user_name: UserName::new("kate").unwrap(),
        address: EmailAddress::new("kate@example.com").unwrap(),
        profile: Profile {
            first_name: PersonName::new("Kate").unwrap(),
            last_name: PersonName::new("Adler").unwrap(),
            display_name: DisplayName::new("Kate Adler").unwrap(),
            locale: Locale::default(),
            time_zone: TimeZone::default(),
        },
        grants: Vec::new(),
        memberships: BTreeSet::new(),
        api_only: true,
        status,
        hold: None,
        created_at: at(-9),
    }
}

#[test]
fn a_hold_is_over_at_exactly_its_end() {
    let held = User {
        hold: Some(Hold {
            by: None,
            at: at(-9),
            until: now(),
        }),
        ..user(UserStatus::Active {
            since: at(-9),
            until: Some(at(5)),
        })
    };
    assert_eq!(held.due_at(), Some(now()));
    assert_eq!(held.clone().as_of(at(-1)), held);
    let released = held.as_of(now());
    assert_eq!((released.hold, released.due_at()), (None, Some(at(5))));
}

/// What a status means for seats, keys and login: with open invitations counted, and without.
#[test]
fn d1_bi5_what_each_state_holds() {
    let table = statuses()
        .into_iter()
        .chain(due().into_iter().map(|(status, _)| status))
        .map(|status| {
            let user = user(status);
            let seats = [true, false].map(|invited| user.takes_seat(invited));
            (told(&user.status), user.is_active(), seats, user.status.holds_keys())
        });
    let row = |told: &str, active, seats, keys| (told.to_owned(), active, seats, keys);
    assert_eq!(
        table.collect::<Vec<_>>(),
        [
            row("invited by 1 until +20", false, [true, false], true),
            row("invited by 1 until +20, starts +30", false, [true, false], true),
            row("invited by 1 until +20, starts when told", false, [true, false], true),
            row("inactive since -9: set up", false, [false; 2], true),
            row("inactive since -9: invitation cancelled", false, [false; 2], false),
            row("inactive since -9: invitation expired", false, [false; 2], false),
            row("inactive since -9: not started", false, [false; 2], true),
            row("inactive since -9: deactivated", false, [false; 2], true),
            row("inactive since -9: ended", false, [false; 2], true),
            row("active since -9", true, [true; 2], true),
            row("suspended since -9", false, [false; 2], true),
            row("disabled since -9", false, [false; 2], true),
            row("deleted -9, erased +90", false, [false; 2], false),
            // Time may release a seat, never take one: whoever comes back by themselves keeps it.
            row("invited by 1 until +0", false, [true, false], true),
            row("inactive since -9: set up, starts +0", false, [true; 2], true),
            row("inactive since -9: not started, starts +0", false, [true; 2], true),
            row("inactive since -9: deactivated, starts +0", false, [true; 2], true),
            row("active since -9, until +0", true, [true; 2], true),
            row("suspended since -9, until +0", false, [true; 2], true),
        ]
    );
}

#[test]
fn d1_no_seat_is_taken_by_time() {
    for (status, _) in due() {
        for invited in [true, false] {
            let (before, after) = (user(status.clone()), user(status.clone().as_of(now())));
            assert!(before.takes_seat(invited) || !after.takes_seat(invited), "{status:?}");
        }
    }
}

// Invitations.

fn invitation(state: InvitationState) -> Invitation {
    Invitation {
        id: id(1),
        user: id(9),
        address: EmailAddress::new("kate@example.com").unwrap(),
        message: None,
        sponsor: Actor::User(id(3)),
        ticket: id(4),
        expires_at: at(20),
        state,
        created_at: at(-9),
    }
}

/// Every state, and the one that nobody has written down yet.
fn invitations() -> Vec<(&'static str, Invitation)> {
    let by = Actor::User(id(3));
    let unnoticed = Invitation {
        expires_at: now(),
        ..invitation(InvitationState::Pending)
    };
    vec![
        ("pending", invitation(InvitationState::Pending)),
        ("pending, time over", unnoticed),
        ("accepted", invitation(InvitationState::Accepted { at: at(-9) })),
        ("cancelled", invitation(InvitationState::Cancelled { at: at(-9), by })),
        ("expired", invitation(InvitationState::Expired { at: at(-9) })),
    ]
}

fn invitation_verbs() -> [InvitationVerb; 4] {
    let by = Actor::User(id(5));
    let verbs = [
        InvitationVerb::Accept,
        InvitationVerb::Cancel { by: by.clone() },
        InvitationVerb::Expire,
        InvitationVerb::Resend {
            ticket: id(6),
            expires_at: at(60),
            by,
        },
    ];
    for verb in &verbs {
        match verb {
            InvitationVerb::Accept
            | InvitationVerb::Cancel { .. }
            | InvitationVerb::Expire
            | InvitationVerb::Resend { .. } => {}
        }
    }
    verbs
}

#[test]
fn i1_the_whole_table_of_invitations() {
    use InvitationStateKind as K;
    let pending = || invitation(InvitationState::Pending);
    let closed = |state| Err(Denied::InvitationClosed { state });
    let accepted = Invitation {
        state: InvitationState::Accepted { at: now() },
        ..pending()
    };
    let cancelled = InvitationState::Cancelled {
        at: now(),
        by: Actor::User(id(5)),
    };
    let cancelled = Invitation {
        state: cancelled,
        ..pending()
    };
    let resent = Invitation {
        ticket: id(6),
        expires_at: at(60),
        sponsor: Actor::User(id(5)),
        ..pending()
    };
    let expired_now = Invitation {
        expires_at: now(),
        state: InvitationState::Expired { at: now() },
        ..pending()
    };
    let expired = invitation(InvitationState::Expired { at: at(-9) });
    // Verbs: accept, cancel, expire, resend.
    let table = [
        [Ok(accepted), Ok(cancelled), Err(Denied::NotDue), Ok(resent)],
        [
            closed(K::Expired),
            closed(K::Expired),
            Ok(expired_now),
            closed(K::Expired),
        ],
        [
            closed(K::Accepted),
            closed(K::Accepted),
            closed(K::Accepted),
            closed(K::Accepted),
        ],
        [
            closed(K::Cancelled),
            closed(K::Cancelled),
            closed(K::Cancelled),
            closed(K::Cancelled),
        ],
        [closed(K::Expired), closed(K::Expired), Ok(expired), closed(K::Expired)],
    ];
    for ((name, invitation), row) in invitations().into_iter().zip(table) {
        for (verb, expected) in invitation_verbs().into_iter().zip(row) {
            assert_eq!(
                invitation.clone().apply(&verb, now()),
                expected,
                "{} {name}",
                verb.name()
            );
        }
    }
    let kinds: BTreeSet<_> = invitations()
        .iter()
        .map(|(_, invitation)| invitation.state.kind())
        .collect();
    assert_eq!(kinds, InvitationStateKind::ALL.into());
}

#[test]
fn cp5_at_exactly_its_end_an_invitation_has_expired() {
    let pending = invitation(InvitationState::Pending);
    let state = |minute| pending.clone().as_of(at(minute)).state;
    let over = InvitationState::Expired { at: at(20) };
    assert_eq!([19, 20, 21].map(state), [InvitationState::Pending, over.clone(), over]);
    for (_, closed) in invitations().into_iter().skip(2) {
        assert_eq!(closed.clone().as_of(at(600)), closed);
    }
}

// Tickets.

fn ticket(state: TicketState) -> Ticket {
    Ticket {
        id: id(4),
        user: id(9),
        purpose: TicketPurpose::Invitation,
        address: EmailAddress::new("kate@example.com").unwrap(),
        tokens: vec![TokenHash::from_bytes([1; 32])],
        expires_at: at(20),
        state,
    }
}

fn tickets() -> Vec<(&'static str, Ticket)> {
    let over = Ticket {
        expires_at: now(),
        ..ticket(TicketState::Open)
    };
    vec![
        ("open", ticket(TicketState::Open)),
        ("open, time over", over),
        ("consumed", ticket(TicketState::Consumed { at: at(-9) })),
        ("ended", ticket(TicketState::Ended { at: at(-9) })),
    ]
}

const TOKEN: TokenHash = TokenHash::from_bytes([2; 32]);

type TicketVerb = (&'static str, fn(Ticket) -> Result<Ticket, Denied>);

const TICKET_VERBS: [TicketVerb; 3] = [
    ("consume", |ticket| ticket.consume(now())),
    ("end", |ticket| Ok(ticket.end(now()))),
    ("mail", |ticket| ticket.with_token(TOKEN, now())),
];

#[test]
fn t3_t4_the_whole_table_of_tickets() {
    let open = || ticket(TicketState::Open);
    let over = tickets()[1].1.clone();
    let consumed = Ticket {
        state: TicketState::Consumed { at: now() },
        ..open()
    };
    let ended = |ticket: Ticket| Ticket {
        state: TicketState::Ended { at: now() },
        ..ticket
    };
    let mailed = Ticket {
        tokens: vec![TokenHash::from_bytes([1; 32]), TOKEN],
        ..open()
    };
    let same = |index: usize| Ok(tickets()[index].1.clone());
    let table = [
        [Ok(consumed), Ok(ended(open())), Ok(mailed)],
        [Err(Denied::LinkExpired), Ok(ended(over)), Err(Denied::LinkExpired)],
        [Err(Denied::LinkUsed), same(2), Err(Denied::LinkUsed)],
        [Err(Denied::LinkEnded), same(3), Err(Denied::LinkEnded)],
    ];
    for ((name, ticket), row) in tickets().into_iter().zip(table) {
        for ((verb, apply), expected) in TICKET_VERBS.into_iter().zip(row) {
            assert_eq!(apply(ticket.clone()), expected, "{verb} {name}");
        }
        assert_eq!(ticket.check(now()).err(), ticket.clone().consume(now()).err());
    }
}

#[test]
fn t8_at_exactly_its_end_a_ticket_is_worthless() {
    let check = |minute| ticket(TicketState::Open).check(at(minute));
    let over = Err(Denied::LinkExpired);
    assert_eq!([19, 20, 21].map(check), [Ok(()), over.clone(), over]);
}

#[test]
fn a_ticket_is_good_for_eight_tokens_and_the_oldest_give_way() {
    let mut ticket = ticket(TicketState::Open);
    for number in 2..=9 {
        ticket = ticket.with_token(TokenHash::from_bytes([number; 32]), now()).unwrap();
    }
    assert_eq!(ticket.tokens.len(), Ticket::MAX_TOKENS);
    assert_eq!(ticket.tokens[0], TokenHash::from_bytes([2; 32]));
    assert_eq!(ticket.tokens[7], TokenHash::from_bytes([9; 32]));
}

// Sessions.

fn session(state: SessionState) -> Session {
    Session {
        id: id(7),
        user: id(9),
        token: TOKEN,
        client: Client::unknown(),
        started_at: at(-9),
        expires_at: at(20),
        seen_at: at(-9),
        state,
    }
}

fn ended(minutes: i64) -> Session {
    session(SessionState::Ended {
        at: at(minutes),
        reason: EndReason::SignedOut,
    })
}

fn sessions() -> [(&'static str, Session); 2] {
    [("open", session(SessionState::Open)), ("ended", ended(-9))]
}

#[test]
fn e1_the_whole_table_of_sessions() {
    let end = |session: Session| session.end(now(), EndReason::SignedOut);
    assert_eq!(
        sessions().map(|(_, session)| end(session)),
        [Ok(ended(0)), Err(Denied::SessionEnded)]
    );
}

#[test]
fn e2_e3_a_session_is_live_while_open_and_within_both_limits() {
    let idle = Duration::minutes(15);
    let open = session(SessionState::Open);
    let live = |minute| open.is_live(idle, at(minute));
    assert_eq!(
        [5, 6, 7].map(live),
        [true, false, false],
        "idle: at exactly the limit it is over"
    );
    let busy = Session {
        seen_at: at(19),
        ..open.clone()
    };
    let live = |minute| busy.is_live(idle, at(minute));
    assert_eq!([19, 20, 21].map(live), [true, false, false], "absolute, however busy");
    assert!(!ended(-9).is_live(idle, now()));
}

// Tenants.

fn context(status: TenantStatus) -> Context {
    let tenant = Tenant {
        id: id(10),
        name: Name::new("Nordwind").unwrap(),
        owner: id(9),
        administrator: id(11),
        status,
        units: 0,
        seats: tenure::SeatContract::default(),
        created_at: at(-9),
    };
    Context {
        actor: Actor::System("nightly job".try_into().unwrap()),
        rights: Rights::everything(),
        guards: Vec::new(),
        tenant: tenure::model::Loaded::new(Version::FIRST, tenant),
        policy: Arc::new(Policy::default()),
        now: now(),
        seed: Seed {
            at: now(),
            random: [0; 10],
        },
    }
}

fn tenants() -> [(&'static str, TenantStatus); 2] {
    let suspended = TenantStatus::Suspended { at: at(-9) };
    [("active", TenantStatus::Active), ("suspended", suspended)]
}

type TenantVerb = (&'static str, fn(TenantStatus) -> TenantStatus);

const TENANT_VERBS: [TenantVerb; 2] = [
    ("suspend", |status| {
        tenant::suspend(&context(status)).unwrap().outcome.status
    }),
    ("reinstate", |status| {
        tenant::reinstate(&context(status)).unwrap().outcome.status
    }),
];

#[test]
fn the_whole_table_of_tenants() {
    let suspended = |minutes| TenantStatus::Suspended { at: at(minutes) };
    let table = [
        [suspended(0), TenantStatus::Active],
        [suspended(-9), TenantStatus::Active],
    ];
    for ((name, status), row) in tenants().into_iter().zip(table) {
        for ((verb, apply), expected) in TENANT_VERBS.into_iter().zip(row) {
            assert_eq!(apply(status), expected, "{verb} {name}");
        }
    }
}

// Mail.

fn mail(state: MailState) -> QueuedMail {
    QueuedMail {
        id: id(12),
        user: id(9),
        to: EmailAddress::new("kate@example.com").unwrap(),
        locale: Locale::default(),
        ticket: Some(id(4)),
        mail: Mail::Invitation {
            tenant: Name::new("Nordwind").unwrap(),
            recipient: DisplayName::new("Kate Adler").unwrap(),
            user_name: "kate".to_owned(),
            message: None,
            expires_at: at(20),
            again: false,
        },
        queued_at: at(-9),
        state,
    }
}

fn mails() -> Vec<(&'static str, QueuedMail)> {
    let attempts = 1;
    let states = vec![
        (
            "queued",
            MailState::Queued {
                ready_at: at(-9),
                attempts,
            },
        ),
        ("leased", MailState::Leased { until: at(2), attempts }),
        ("sent", MailState::Sent { at: at(-9), attempts }),
        ("superseded", MailState::Superseded { at: at(-9) }),
        ("failed", MailState::Failed { at: at(-9), attempts }),
    ];
    states.into_iter().map(|(name, state)| (name, mail(state))).collect()
}

/// What a courier does. None where it leaves the mail alone.
type MailVerb = (&'static str, fn(QueuedMail) -> Option<QueuedMail>);

const MAIL_VERBS: [MailVerb; 7] = [
    ("lease", |mail| mail.ready_at().map(|_| mail.leased(at(2)))),
    ("prepare, with an open ticket", |mail| prepare(mail, TicketState::Open)),
    ("prepare, with a closed ticket", |mail| {
        prepare(mail, TicketState::Ended { at: at(-9) })
    }),
    ("sent", |mail| settle(mail, Attempted::Taken)),
    ("failed for now", |mail| settle(mail, Attempted::Temporary)),
    ("failed for good", |mail| settle(mail, Attempted::Permanent)),
    ("give back", |mail| {
        in_hand(&mail).then(|| courier::give_back(&mail, now()))
    }),
];

fn in_hand(mail: &QueuedMail) -> bool {
    matches!(mail.state, MailState::Leased { .. })
}

fn settle(mail: QueuedMail, attempted: Attempted) -> Option<QueuedMail> {
    in_hand(&mail).then(|| courier::settle(&mail, attempted, now()))
}

fn prepare(mail: QueuedMail, state: TicketState) -> Option<QueuedMail> {
    let ticket = ticket(state);
    match courier::dispatch(&mail, Some((&ticket, TOKEN)), now()) {
        Dispatch::Lost => None,
        Dispatch::Close(closed) => Some(closed),
        Dispatch::Send { .. } => Some(mail),
    }
}

#[test]
fn d7_the_whole_table_of_mail() {
    let leased = |attempts| MailState::Leased { until: at(2), attempts };
    let queued = |minutes, attempts| MailState::Queued {
        ready_at: at(minutes),
        attempts,
    };
    let none = || [const { None }; 7];
    let table = [
        [Some(leased(2)), None, None, None, None, None, None],
        [
            // When its lease has run out; stores look at `ready_at`.
            Some(leased(2)),
            Some(leased(1)),
            Some(MailState::Superseded { at: now() }),
            Some(MailState::Sent { at: now(), attempts: 1 }),
            Some(queued(1, 1)),
            Some(MailState::Failed { at: now(), attempts: 1 }),
            Some(queued(0, 0)),
        ],
        none(),
        none(),
        none(),
    ];
    for ((name, before), row) in mails().into_iter().zip(table) {
        for ((verb, apply), expected) in MAIL_VERBS.into_iter().zip(row) {
            let expected = expected.map(|state| mail(state));
            assert_eq!(apply(before.clone()), expected, "{verb} {name}");
        }
    }
}

// The document.

/// An edge of a diagram: from, verb, to.
type Edge = (String, String, String);

fn word(kind: StatusKind) -> String {
    serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned()
}

fn diagram(states: &[(String, String)], edges: &[Edge], begins: &[(&str, &str)], ends: &[(&str, &str)]) -> String {
    let mut text = "```mermaid\nstateDiagram-v2\n".to_owned();
    for (id, label) in states {
        if id != label {
            writeln!(text, "    state \"{label}\" as {id}").unwrap();
        }
    }
    for (state, verb) in begins {
        writeln!(text, "    [*] --> {state}: {verb}").unwrap();
    }
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (from, _, to) in edges {
        if !pairs.contains(&(from, to)) {
            pairs.push((from, to));
        }
    }
    for (from, to) in pairs {
        let verbs = edges.iter().filter(|edge| edge.0 == from && edge.2 == to);
        let verbs: Vec<&str> = verbs.map(|edge| edge.1.as_str()).collect();
        writeln!(text, "    {from} --> {to}: {}", verbs.join(" / ")).unwrap();
    }
    for (state, verb) in ends {
        writeln!(text, "    {state} --> [*]: {verb}").unwrap();
    }
    text.push_str("```\n");
    text
}

/// A table with a row for each verb and a column for each state.
fn table(states: &[String], rows: &[(String, Vec<String>)]) -> String {
    let mut text = format!(
        "| verb | {} |\n|---|{}\n",
        states.join(" | "),
        "---|".repeat(states.len())
    );
    for (verb, cells) in rows {
        writeln!(text, "| {verb} | {} |", cells.join(" | ")).unwrap();
    }
    text
}

fn push(edges: &mut Vec<Edge>, from: &str, verb: &str, to: &str) {
    let edge = (from.to_owned(), verb.to_owned(), to.to_owned());
    if !edges.contains(&edge) {
        edges.push(edge);
    }
}

fn users_rendered() -> String {
    let mut edges = Vec::new();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for verb in user_verbs() {
        let mut cells = Vec::new();
        for kind in StatusKind::ALL {
            let mut outcomes: Vec<String> = Vec::new();
            for status in statuses().into_iter().filter(|status| status.kind() == kind) {
                let outcome = match status.apply(&verb, now()) {
                    Ok(after) => {
                        push(&mut edges, &word(kind), verb.name(), &word(after.kind()));
                        after.kind().to_string()
                    }
                    Err(Denied::NotFound { .. }) => "not found".to_owned(),
                    Err(_) => "–".to_owned(),
                };
                if !outcomes.contains(&outcome) {
                    outcomes.push(outcome);
                }
            }
            cells.push(outcomes.join(" or "));
        }
        rows.push((verb.name().to_owned(), cells));
    }
    let mut cells = vec![String::from("–"); StatusKind::ALL.len()];
    for (status, _) in due() {
        let (from, to) = (status.kind(), status.as_of(now()).kind());
        push(&mut edges, &word(from), "time", &word(to));
        let column = StatusKind::ALL.iter().position(|kind| *kind == from).unwrap();
        cells[column] = to.to_string();
    }
    let last = cells.len() - 1;
    "removed for good".clone_into(&mut cells[last]);
    rows.push(("*time*".to_owned(), cells));
    let states: Vec<(String, String)> = StatusKind::ALL.map(|kind| (word(kind), kind.to_string())).to_vec();
    let begins = [
        ("set_up", "create"),
        ("invited", "create and invite"),
        ("active", "found a tenant"),
    ];
    let names: Vec<String> = states.iter().map(|(_, label)| label.clone()).collect();
    format!(
        "{}\n{}",
        diagram(&states, &edges, &begins, &[("deleted", "time")]),
        table(&names, &rows)
    )
}

/// Machines whose states are told by a name.
fn rendered<S: Clone>(
    states: &[(&str, S)],
    verbs: &[(String, Box<dyn Fn(S) -> String + '_>)],
    begins: &[(&str, &str)],
    time: &[(&str, &str)],
) -> String {
    // What nobody has written down yet is no state of its own in a diagram.
    let drawn = |name: &str| !name.contains(',');
    let (mut edges, mut rows) = (Vec::new(), Vec::new());
    for (verb, apply) in verbs {
        let cells = states.iter().map(|(name, state)| {
            let outcome = apply(state.clone());
            if drawn(name) && states.iter().any(|(other, _)| *other == outcome) {
                push(&mut edges, name, verb, &outcome);
            }
            outcome
        });
        let cells = cells.collect();
        rows.push((verb.clone(), cells));
    }
    for (from, to) in time {
        push(&mut edges, from, "time", to);
    }
    let drawn: Vec<(String, String)> = states
        .iter()
        .filter(|(name, _)| drawn(name))
        .map(|(name, _)| ((*name).to_owned(), (*name).to_owned()))
        .collect();
    let names: Vec<String> = states.iter().map(|(name, _)| (*name).to_owned()).collect();
    format!("{}\n{}", diagram(&drawn, &edges, begins, &[]), table(&names, &rows))
}

fn refused(denied: &Denied) -> String {
    format!("`{}`", denied.code())
}

type Apply<'a, S> = Box<dyn Fn(S) -> String + 'a>;

fn invitations_rendered() -> String {
    let verbs = invitation_verbs().map(|verb| {
        let name = verb.name().to_owned();
        let apply: Apply<'_, Invitation> = Box::new(move |invitation| match invitation.apply(&verb, now()) {
            Ok(after) => after.state.kind().to_string(),
            Err(denied) => refused(&denied),
        });
        (name, apply)
    });
    rendered(
        &invitations(),
        &verbs,
        &[("pending", "invite")],
        &[("pending", "expired")],
    )
}

fn tickets_rendered() -> String {
    let state = |ticket: &Ticket| match ticket.state {
        TicketState::Open => "open",
        TicketState::Consumed { .. } => "consumed",
        TicketState::Ended { .. } => "ended",
    };
    let verbs = TICKET_VERBS.map(|(name, verb)| {
        let apply: Apply<'_, Ticket> = Box::new(move |ticket| match verb(ticket) {
            Ok(after) => state(&after).to_owned(),
            Err(denied) => refused(&denied),
        });
        (name.to_owned(), apply)
    });
    rendered(&tickets(), &verbs, &[("open", "an act")], &[])
}

fn sessions_rendered() -> String {
    let apply: Apply<'_, Session> = Box::new(|session| match session.end(now(), EndReason::SignedOut) {
        Ok(_) => "ended".to_owned(),
        Err(denied) => refused(&denied),
    });
    rendered(&sessions(), &[("end".to_owned(), apply)], &[("open", "log in")], &[])
}

fn tenants_rendered() -> String {
    let verbs = TENANT_VERBS.map(|(name, verb)| {
        let apply: Apply<'_, TenantStatus> = Box::new(move |status| match verb(status) {
            TenantStatus::Active => "active".to_owned(),
            TenantStatus::Suspended { .. } => "suspended".to_owned(),
        });
        (name.to_owned(), apply)
    });
    rendered(&tenants(), &verbs, &[("active", "found")], &[])
}

fn mails_rendered() -> String {
    let verbs = MAIL_VERBS.map(|(name, verb)| {
        let apply: Apply<'_, QueuedMail> = Box::new(move |mail| {
            verb(mail).map_or("–".to_owned(), |after| {
                let state = serde_json::to_value(&after.state).unwrap();
                state["state"].as_str().unwrap().to_owned()
            })
        });
        (name.to_owned(), apply)
    });
    rendered(&mails(), &verbs, &[("queued", "an act")], &[])
}

fn document() -> String {
    let sections = [
        (USERS_TEXT, users_rendered()),
        (INVITATIONS_TEXT, invitations_rendered()),
        (TICKETS_TEXT, tickets_rendered()),
        (SESSIONS_TEXT, sessions_rendered()),
        (MAIL_TEXT, mails_rendered()),
        (TENANTS_TEXT, tenants_rendered()),
    ];
    let sections = sections.map(|(text, rendered)| format!("{}\n{rendered}", text.trim_start()));
    format!(
        "{}\n{}\n{}",
        INTRODUCTION.trim_start(),
        sections.join("\n"),
        WORDS.trim_start()
    )
}

#[test]
fn the_published_diagrams_and_tables_are_true() {
    documents::check("states.md", &document());
}

const INTRODUCTION: &str = "
# States

What can be in which state, and what each verb makes of it. The diagrams and tables are rendered by calling the code; a test
keeps them true (`UPDATE_DOCS=1 cargo test --test states` writes this file anew).

In the tables, a cell is the state that the verb leads to, or a refusal: a dash where the verb does not fit the state. *Time*
is what happens by itself. It is true from its instant on, in every rule and listing, whether or not anybody has written it
down yet; at exactly a deadline it is over. Verbs act on what is true by then.
";

const USERS_TEXT: &str = "
## Users

Only *active* users can log in, call an API or hold a session. *Inactive* is three rows, because what is allowed differs; in
lists, filters and columns it is one word. A dash is the refusal `wrong_status`; whoever is deleted is not found, but by those
who restore. On top of this table, the owner and the last administrator cannot be made anything but active.

Whoever leaves *active* loses all sessions and open links in the same commit. Lapsed and deleted users hold no login name, no
address and no seat; the owner of a name may be another by the time they are invited again or restored.
";

const INVITATIONS_TEXT: &str = "
## Invitations

*Accepted*, *cancelled* and *expired* are final: whoever is invited again gets a new invitation. Sending an open one again keeps
it open, with a new link, a new term, and whoever sent it now answering for what it offers.
";

const TICKETS_TEXT: &str = "
## Tickets

The right to one act, carried by mailed links. One act makes one ticket, each attempt to mail it adds a token, and any one use
consumes it. A newer act of the same purpose, and the end of the user's access, end it.
";

const SESSIONS_TEXT: &str = "
## Sessions

An open session is usable while it is neither idle for too long nor too old, its user is active and its tenant is active; that
is looked at with every request.
";

const MAIL_TEXT: &str = "
## Mail

A courier leases a mail, prepares it (mints the token of its link) and hands it to the mailer. A dash means that the mail is
left alone. Whoever takes a leased mail waits until the lease has run out. After the tenth attempt, *failed for now* is for good.
";

const TENANTS_TEXT: &str = "
## Tenants

Only the host's own code suspends a tenant. Nobody can log in to a suspended one, and no session is usable, until it is
reinstated; nothing else changes.
";

const WORDS: &str = "
## How five back offices speak of status

| back office | its word | ours | by |
|---|---|---|---|
| logistics | active | active | |
| logistics | locked | suspended, without an end | suspend; unlocked by reinstate |
| logistics | inactive | every state but active: a filter of the list, which shows active users unless asked | |
| billing | active | active | |
| billing | suspended (for a while: leave) | suspended, perhaps with an end | suspend, reinstate |
| billing | disabled (left the company) | disabled | disable, reactivate |
| client portal | invited | invited | invite |
| client portal | accepted | active; inactive until the first day, where one was set | accept |
| client portal | deactivated | inactive | deactivate, reactivate |
| client portal | cancelled, expired (of the invitation) | inactive (invitation lapsed) | cancel, or time; invited again by invite |
| group invoice flow | active | active | activate |
| group invoice flow | inactive | inactive, before the first day or after the last, perhaps with a start | deactivate, schedule start |
| point of sale | (it has none: who is listed may log in) | active; invited until the person has set a password | |
| point of sale | deleted | deleted; can be restored for a while, then gone | delete, restore |
";
