use tenure::error::FieldError;
use tenure::error::Problem;
use tenure::model::{Actor, Inactivity, Loaded, RecordKind, Scope, StatusKind, User, UserStatus, What, permissions};
use tenure::rules::Context;
use tenure::rules::status::{self, StatusChange, Suspension};
use tenure::store::Guard;
use tenure::text::TextError;
use tenure::{Denied, Timestamp};

use crate::fixture::*;

fn of_berlin() -> Context {
    holding(&[permissions::USERS_MANAGE, prices()], [berlin()])
}

fn needed() -> tenure::rules::rights::Surroundings {
    surroundings([clerk()], [berlin()])
}

fn changed(verb: &str, from: StatusKind, to: StatusKind, until: Option<Timestamp>) -> What {
    What::StatusChanged {
        verb: verb.to_owned(),
        from,
        to,
        until,
        noted: false,
    }
}

fn with_status(user: &Loaded<User>, status: UserStatus) -> User {
    User {
        status,
        ..user.value.clone()
    }
}

fn inactive(because: Inactivity, starts_at: Option<Timestamp>) -> UserStatus {
    UserStatus::Inactive {
        since: at(-5),
        because,
        starts_at,
    }
}

fn suspended(until: Option<Timestamp>) -> UserStatus {
    UserStatus::Suspended {
        since: at(-5),
        until,
        reason: None,
    }
}

fn active_now() -> UserStatus {
    UserStatus::Active {
        since: now(),
        until: None,
    }
}

#[test]
fn lo7_bi5_e4_t4_a_suspension_ends_access_sessions_and_links_at_once() {
    let (cx, kate) = (of_berlin(), user(active()));
    let suspension = Suspension::until(at(600)).because("leave");
    let after = with_status(
        &kate,
        UserStatus::Suspended {
            since: now(),
            until: Some(at(600)),
            reason: Some("leave".try_into().unwrap()),
        },
    );
    let what = What::StatusChanged {
        verb: "suspend".to_owned(),
        from: StatusKind::Active,
        to: StatusKind::Suspended,
        until: Some(at(600)),
        noted: true,
    };
    assert_eq!(
        status::change(&cx, Some(&kate), &StatusChange::Suspend(suspension), &needed()),
        Ok(decision(
            &cx,
            needed().guards(),
            vec![end_sessions(), end_tickets(None), update(&kate, after.clone())],
            vec![sessions_ended(0), event(kate.id, what)],
            after
        )),
        "with an end the seat is kept: time may release, never take"
    );
}

#[test]
fn e4_d1_disabling_and_deactivating_end_access_and_free_the_seat() {
    let (cx, kate) = (of_berlin(), user(active()));
    let disabled = UserStatus::Disabled { since: now() };
    let deactivated = UserStatus::Inactive {
        since: now(),
        because: Inactivity::Deactivated,
        starts_at: None,
    };
    let open_ended = UserStatus::Suspended {
        since: now(),
        until: None,
        reason: None,
    };
    for (change, verb, status) in [
        (StatusChange::Disable, "disable", disabled),
        (StatusChange::Deactivate, "deactivate", deactivated),
        (StatusChange::Suspend(Suspension::open_ended()), "suspend", open_ended),
    ] {
        let after = with_status(&kate, status);
        let what = changed(verb, StatusKind::Active, after.status.kind(), None);
        let mut changes = vec![seats(-1, None), end_sessions(), end_tickets(None)];
        let mut events = vec![sessions_ended(1)];
        // A leave comes to an end, and programs go on.
        if after.status.kind() != StatusKind::Suspended {
            changes.push(revoke_keys());
            events.push(keys_revoked(3));
        }
        changes.push(update(&kate, after.clone()));
        events.push(event(kate.id, what));
        assert_eq!(
            status::change(&cx, Some(&kate), &change, &needed()),
            Ok(decision(&cx, needed().guards(), changes, events, after))
        );
    }
}

#[test]
fn e4_e6_t4_whoever_does_not_come_back_from_a_leave_loses_keys_and_links_too() {
    let (cx, kate) = (of_berlin(), user(suspended(None)));
    for (change, status) in [
        (StatusChange::Disable, UserStatus::Disabled { since: now() }),
        (
            StatusChange::Deactivate,
            UserStatus::Inactive {
                since: now(),
                because: Inactivity::Deactivated,
                starts_at: None,
            },
        ),
    ] {
        let after = with_status(&kate, status);
        let decided = status::change(&cx, Some(&kate), &change, &needed()).unwrap();
        assert_eq!(
            decided.changes,
            [end_tickets(None), revoke_keys(), update(&kate, after)]
        );
        assert_eq!(decided.events[0], keys_revoked(1));
    }
    // Neither does anybody who was put further out of use before they ever came.
    let set_up = user(UserStatus::Inactive {
        since: long_ago(),
        because: Inactivity::NotStarted,
        starts_at: None,
    });
    let decided = status::change(&cx, Some(&set_up), &StatusChange::Disable, &needed()).unwrap();
    assert_eq!(decided.changes[0], end_tickets(None));
}

#[test]
fn lo7_bi5_d1_bringing_back_takes_a_seat_within_the_limit() {
    let cx = with_limit(of_berlin(), 5);
    for (change, verb, before) in [
        (StatusChange::Reinstate, "reinstate", suspended(None)),
        (
            StatusChange::Reactivate,
            "reactivate",
            UserStatus::Disabled { since: at(-5) },
        ),
        (
            StatusChange::Reactivate,
            "reactivate",
            inactive(Inactivity::Deactivated, None),
        ),
        (
            StatusChange::Activate,
            "activate",
            inactive(Inactivity::NotStarted, None),
        ),
        (StatusChange::Activate, "activate", set_up()),
    ] {
        let kate = user(before);
        let after = with_status(&kate, active_now());
        let what = changed(verb, kate.status.kind(), StatusKind::Active, None);
        assert_eq!(
            status::change(&cx, Some(&kate), &change, &needed()),
            Ok(decision(
                &cx,
                needed().guards().into_iter().chain([Guard::on(&cx.tenant)]),
                vec![seats(1, Some(5)), update(&kate, after.clone())],
                vec![event(kate.id, what)],
                after
            ))
        );
    }
}

#[test]
fn if4_a_start_on_a_day_takes_the_seat_when_it_is_set() {
    let (cx, kate) = (with_limit(of_berlin(), 5), user(inactive(Inactivity::NotStarted, None)));
    let after = with_status(&kate, inactive(Inactivity::NotStarted, Some(at(600))));
    let what = changed(
        "schedule start",
        StatusKind::Inactive,
        StatusKind::Inactive,
        Some(at(600)),
    );
    assert_eq!(
        status::change(&cx, Some(&kate), &StatusChange::ScheduleStart(Some(at(600))), &needed()),
        Ok(decision(
            &cx,
            needed().guards().into_iter().chain([Guard::on(&cx.tenant)]),
            vec![seats(1, Some(5)), update(&kate, after.clone())],
            vec![event(kate.id, what)],
            after.clone()
        ))
    );
    let waiting = user(after.status);
    let cleared = status::change(&cx, Some(&waiting), &StatusChange::ScheduleStart(None), &needed()).unwrap();
    assert_eq!(cleared.changes[0], seats(-1, None));
    // The day has come, though nobody wrote it down: the seat is the same.
    let begun = user(inactive(Inactivity::NotStarted, Some(now())));
    let ended = status::change(&cx, Some(&begun), &StatusChange::ScheduleEnd(Some(at(600))), &needed()).unwrap();
    assert_eq!(ended.changes.len(), 1);
    let started = changed("begin", StatusKind::Inactive, StatusKind::Active, None);
    assert_eq!(ended.events[0], event_by(Actor::Schedule, now(), kate.id, started));
}

#[test]
fn e4_access_that_ended_by_itself_is_not_revived_by_bringing_the_user_back() {
    let cx = of_berlin();
    let kate = user(UserStatus::Active {
        since: long_ago(),
        until: Some(at(-5)),
    });
    let after = with_status(&kate, active_now());
    let over = changed("end", StatusKind::Active, StatusKind::Inactive, None);
    let back = changed("reactivate", StatusKind::Inactive, StatusKind::Active, None);
    assert_eq!(
        status::change(&cx, Some(&kate), &StatusChange::Reactivate, &needed()),
        Ok(decision(
            &cx,
            needed().guards(),
            vec![
                end_sessions(),
                end_tickets(None),
                revoke_keys(),
                update(&kate, after.clone())
            ],
            vec![
                event_by(Actor::Schedule, at(-5), kate.id, over),
                sessions_ended(0),
                keys_revoked(2),
                event(kate.id, back)
            ],
            after
        ))
    );
}

#[test]
fn e4_whoever_logged_in_after_their_suspension_ran_out_loses_that_session_too() {
    let kate = user(suspended(Some(at(-5))));
    let again = StatusChange::Suspend(Suspension::open_ended());
    let decided = status::change(&of_berlin(), Some(&kate), &again, &needed()).unwrap();
    assert!(decided.changes.contains(&end_sessions()));
    assert!(decided.changes.contains(&end_tickets(None)));
}

#[test]
fn r5_the_owner_stays_and_the_last_administrator_is_left_to_the_counter() {
    let ends = [
        StatusChange::Deactivate,
        StatusChange::Disable,
        StatusChange::Suspend(Suspension::open_ended()),
        StatusChange::Suspend(Suspension::until(at(1))),
        StatusChange::ScheduleEnd(Some(at(600))),
    ];
    for change in ends {
        assert_eq!(
            status::change(&admin(), Some(&owner_user()), &change, &around()),
            Err(Denied::OwnerProtected),
            "{change:?}"
        );
        let cx = admin();
        let decided = status::change(&cx, Some(&administrator_kate(active())), &change, &around()).unwrap();
        assert!(decided.changes.contains(&administrators(-1)), "{change:?}");
        assert!(
            decided.guards.contains(&Guard::on(&cx.tenant)),
            "{change:?}: they could be made owner at the same moment"
        );
    }
}

#[test]
fn r1_r3_status_is_changed_only_by_those_who_hold_as_much() {
    let change = |cx: &Context, user: Option<&Loaded<User>>| {
        status::change(cx, user, &StatusChange::Disable, &around()).map(|_| ())
    };
    let kate = user(active());
    let not_found = Denied::NotFound { what: RecordKind::User };
    assert_eq!(change(&nobody(), Some(&kate)), Err(Denied::Forbidden));
    assert_eq!(
        change(&holding(&[permissions::USERS_READ], Scope::All), None),
        Err(Denied::Forbidden)
    );
    assert_eq!(change(&of_berlin(), None), Err(not_found.clone()));
    let of_paris = holding(&[permissions::USERS_MANAGE, prices()], [paris()]);
    assert_eq!(change(&of_paris, Some(&kate)), Err(not_found.clone()));
    let support = holding(&[permissions::USERS_MANAGE], Scope::All);
    assert_eq!(change(&support, Some(&kate)), Err(Denied::BeyondOwnRights));
    let deleted = user(UserStatus::Deleted {
        at: at(-5),
        erase_at: at(60),
    });
    assert_eq!(change(&admin(), Some(&deleted)), Err(not_found));
}

#[test]
fn i4_no_change_of_status_turns_an_invited_user_active() {
    let lapsed = inactive(Inactivity::InvitationExpired, None);
    for (before, kind) in [(invited(), StatusKind::Invited), (lapsed, StatusKind::Lapsed)] {
        for (change, verb) in [
            (StatusChange::Activate, "activate"),
            (StatusChange::Reactivate, "reactivate"),
            (StatusChange::Reinstate, "reinstate"),
            (StatusChange::ScheduleStart(Some(at(1))), "schedule start"),
        ] {
            assert_eq!(
                status::change(&admin(), Some(&user(before.clone())), &change, &around()),
                Err(Denied::WrongStatus { verb, status: kind })
            );
        }
    }
}

#[test]
fn days_lie_in_the_future_and_every_wrong_field_is_named() {
    let suspension = Suspension::until(now()).because(" ");
    assert_eq!(
        status::change(
            &admin(),
            Some(&user(active())),
            &StatusChange::Suspend(suspension),
            &around()
        ),
        Err(Denied::Invalid {
            fields: vec![
                FieldError::new("until", Problem::NotInFuture),
                FieldError::new("reason", TextError::Empty),
            ]
        })
    );
    for (change, field) in [
        (StatusChange::ScheduleStart(Some(now())), "starts_at"),
        (StatusChange::ScheduleEnd(Some(at(-1))), "until"),
    ] {
        assert_eq!(
            status::change(&admin(), Some(&user(active())), &change, &around()),
            Err(Denied::invalid(field, Problem::NotInFuture))
        );
    }
}
