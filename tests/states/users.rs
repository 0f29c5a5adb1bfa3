//! Users.

use std::collections::BTreeSet;

use tenure::Denied;
use tenure::Timestamp;
use tenure::model::{Hold, Inactivity, Profile, RecordKind, Start, StatusKind, User, UserKind, UserStatus, UserVerb};
use tenure::text::{DisplayName, EmailAddress, Locale, PersonName, TimeZone, UserName};

use crate::render::{diagram, push, table, word};
use crate::{at, id, now};

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
#[rustfmt::skip]
const USERS: &[(&str, &str, &str)] = &[
    ("invited by 1 until +20", "invite", "invited by 2 until +60"),
    ("invited by 1 until +20", "accept", "active since +0"),
    ("invited by 1 until +20", "cancel", "inactive since +0: invitation cancelled"),
    ("invited by 1 until +20", "expire", "inactive since +0: invitation expired"),
    ("invited by 1 until +20", "delete", "deleted +0, erased +90"),
    ("invited by 1 until +20, starts +30", "invite", "invited by 2 until +60"),
    ("invited by 1 until +20, starts +30", "accept", "inactive since +0: not started, starts +30"),
    ("invited by 1 until +20, starts +30", "cancel", "inactive since +0: invitation cancelled"),
    ("invited by 1 until +20, starts +30", "expire", "inactive since +0: invitation expired"),
    ("invited by 1 until +20, starts +30", "delete", "deleted +0, erased +90"),
    ("invited by 1 until +20, starts when told", "invite", "invited by 2 until +60"),
    ("invited by 1 until +20, starts when told", "accept", "inactive since +0: not started"),
    ("invited by 1 until +20, starts when told", "cancel", "inactive since +0: invitation cancelled"),
    ("invited by 1 until +20, starts when told", "expire", "inactive since +0: invitation expired"),
    ("invited by 1 until +20, starts when told", "delete", "deleted +0, erased +90"),
    ("inactive since -9: set up", "invite", "invited by 2 until +60"),
    ("inactive since -9: set up", "activate", "active since +0"),
    ("inactive since -9: set up", "schedule start", "inactive since -9: set up, starts +30"),
    ("inactive since -9: set up", "delete", "deleted +0, erased +90"),
    ("inactive since -9: invitation cancelled", "invite", "invited by 2 until +60"),
    ("inactive since -9: invitation cancelled", "delete", "deleted +0, erased +90"),
    ("inactive since -9: invitation expired", "invite", "invited by 2 until +60"),
    ("inactive since -9: invitation expired", "delete", "deleted +0, erased +90"),
    ("inactive since -9: not started", "activate", "active since +0"),
    ("inactive since -9: not started", "schedule start", "inactive since -9: not started, starts +30"),
    ("inactive since -9: not started", "disable", "disabled since +0"),
    ("inactive since -9: not started", "reactivate", "active since +0"),
    ("inactive since -9: not started", "delete", "deleted +0, erased +90"),
    ("inactive since -9: deactivated", "activate", "active since +0"),
    ("inactive since -9: deactivated", "schedule start", "inactive since -9: deactivated, starts +30"),
    ("inactive since -9: deactivated", "disable", "disabled since +0"),
    ("inactive since -9: deactivated", "reactivate", "active since +0"),
    ("inactive since -9: deactivated", "delete", "deleted +0, erased +90"),
    ("inactive since -9: ended", "activate", "active since +0"),
    ("inactive since -9: ended", "schedule start", "inactive since -9: ended, starts +30"),
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
    ("deleted -9, erased +90", "restore", "inactive since +0: set up"),
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
        start: tenure::Start::Now,
        status,
        hold: None,
        signature: None,
        last_login_at: None,
        identity: None,
        pending_address: None,
        allowlist: tenure::text::Allowlist::any(),
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

pub(crate) fn rendered() -> String {
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

pub(crate) const TEXT: &str = "
## Users

Only *active* users can log in, call an API or hold a session. *Inactive* is three rows, because what is allowed differs; in
lists, filters and columns it is one word. A dash is the refusal `wrong_status`; whoever is deleted is not found, but by those
who restore. On top of this table, the owner and the last administrator cannot be made anything but active.

Whoever leaves *active* loses all sessions and open links in the same commit. Lapsed and deleted users hold no login name, no
address and no seat; the owner of a name may be another by the time they are invited again or restored.
";
