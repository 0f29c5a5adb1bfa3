use tenure::Denied;
use tenure::model::{
    Actor, EndReason, Event, Hold, Inactivity, InvitationState, Loaded, MailState, QueuedMail, SessionState,
    StatusKind, TicketState, User, UserStatus, What,
};
use tenure::rules::due::{DueRecord, settle};
use tenure::rules::{Context, Decision};
use time::Duration;

use crate::fixture::*;

const DAYS: i64 = 24 * 60;

fn of_user(user: &Loaded<User>) -> DueRecord {
    DueRecord::User(Box::new(user.clone()), None)
}

fn happened(minutes: i64, verb: &str, from: StatusKind, to: StatusKind) -> Event {
    let what = What::StatusChanged {
        verb: verb.to_owned(),
        from,
        to,
        until: None,
        noted: false,
    };
    event_by(Actor::Schedule, at(minutes), kate(), what)
}

fn became(user: &Loaded<User>, status: UserStatus) -> User {
    User {
        status,
        ..user.value.clone()
    }
}

#[test]
fn if4_a_day_that_has_come_makes_the_user_active_without_taking_a_seat() {
    let cx = schedule();
    let waiting = UserStatus::Inactive {
        since: long_ago(),
        because: Inactivity::NotStarted,
        starts_at: Some(at(-5)),
    };
    let suspended = UserStatus::Suspended {
        since: long_ago(),
        until: Some(at(-5)),
        reason: None,
    };
    for (before, kind) in [(waiting, StatusKind::Inactive), (suspended, StatusKind::Suspended)] {
        let kate = user(before);
        let begun = UserStatus::Active {
            since: at(-5),
            until: None,
        };
        let after = became(&kate, begun);
        assert_eq!(
            settle(&cx, &of_user(&kate)),
            Ok(decision(
                &cx,
                [],
                vec![update(&kate, after)],
                vec![happened(-5, "begin", kind, StatusKind::Active)],
                ()
            ))
        );
    }
}

#[test]
fn r5_an_administrator_who_begins_is_counted() {
    let kate = administrator_kate(UserStatus::Suspended {
        since: long_ago(),
        until: Some(at(-5)),
        reason: None,
    });
    let decided = settle(&schedule(), &of_user(&kate)).unwrap();
    assert_eq!(decided.changes[0], administrators(1));
}

#[test]
fn e4_an_end_that_has_come_ends_sessions_and_links() {
    let cx = schedule();
    let kate = user(UserStatus::Active {
        since: long_ago(),
        until: Some(at(-5)),
    });
    let after = became(
        &kate,
        UserStatus::Inactive {
            since: at(-5),
            because: Inactivity::Ended,
            starts_at: None,
        },
    );
    let by_schedule = |event| Event {
        actor: Actor::Schedule,
        ..event
    };
    assert_eq!(
        settle(&cx, &of_user(&kate)),
        Ok(decision(
            &cx,
            [],
            vec![
                seats(-1, None),
                end_sessions(),
                end_tickets(None),
                revoke_keys(),
                update(&kate, after)
            ],
            vec![
                happened(-5, "end", StatusKind::Active, StatusKind::Inactive),
                by_schedule(sessions_ended(1)),
                by_schedule(keys_revoked(3))
            ],
            ()
        ))
    );
}

fn invited_until(minutes: i64) -> (Loaded<User>, Loaded<tenure::model::Invitation>) {
    let mut invitation = pending();
    invitation.value.expires_at = at(minutes);
    let status = UserStatus::Invited {
        invitation: invitation_id(),
        expires_at: at(minutes),
        start: tenure::Start::Now,
    };
    (user(status), invitation)
}

#[test]
fn cp5_an_expired_invitation_is_written_down_from_either_side() {
    let cx = schedule();
    let (kate, invitation) = invited_until(-5);
    let from_user = settle(
        &cx,
        &DueRecord::User(Box::new(kate.clone()), Some(Box::new(invitation.clone()))),
    );
    let from_invitation = settle(
        &cx,
        &DueRecord::Invitation(Box::new(invitation), Box::new(kate.clone())),
    );
    assert_eq!(from_user, from_invitation);
    assert_eq!(from_user.unwrap().changes.len(), 4, "invitation, seat, tickets, user");
    let alone = settle(&cx, &of_user(&kate)).unwrap();
    assert_eq!(alone.changes.len(), 3, "and the user also where the invitation is gone");
}

#[test]
fn a_hold_that_ran_out_is_released() {
    let cx = schedule();
    let held = |minutes| {
        user_with(active(), |user| {
            user.hold = Some(Hold {
                by: None,
                at: long_ago(),
                until: at(minutes),
            });
        })
    };
    let kate = held(0);
    let released = event_by(Actor::Schedule, now(), kate.id, What::DeletionReleased);
    let expected = decision(&cx, [], vec![update(&kate, user(active()).value)], vec![released], ());
    assert_eq!(settle(&cx, &of_user(&kate)), Ok(expected));
    assert_eq!(settle(&cx, &of_user(&held(1))), Err(Denied::NotDue));
}

#[test]
fn d6_a_deleted_user_is_erased_when_the_time_for_recovery_is_over() {
    let cx = schedule();
    let deleted = |minutes| {
        user(UserStatus::Deleted {
            at: long_ago(),
            erase_at: at(minutes),
        })
    };
    let kate = deleted(0);
    let erased = event_by(Actor::Schedule, now(), kate.id, What::UserErased);
    let expected = decision(&cx, [], vec![remove(&kate)], vec![erased], ());
    assert_eq!(settle(&cx, &of_user(&kate)), Ok(expected));
    assert_eq!(settle(&cx, &of_user(&deleted(1))), Err(Denied::NotDue));
}

#[test]
fn nothing_is_written_before_its_time() {
    let (kate, invitation) = invited_until(1);
    let accepted = self::invitation_in(InvitationState::Accepted { at: at(-5) });
    for record in [
        of_user(&user(active())),
        of_user(&user(set_up())),
        of_user(&user(UserStatus::Disabled { since: long_ago() })),
        DueRecord::User(Box::new(kate.clone()), Some(Box::new(invitation.clone()))),
        DueRecord::Invitation(Box::new(invitation), Box::new(kate.clone())),
    ] {
        assert_eq!(settle(&schedule(), &record), Err(Denied::NotDue));
    }
    assert_eq!(
        settle(&schedule(), &DueRecord::Invitation(Box::new(accepted), Box::new(kate))),
        Err(Denied::InvitationClosed {
            state: tenure::model::invitation::InvitationStateKind::Accepted
        })
    );
}

fn invitation_in(state: InvitationState) -> Loaded<tenure::model::Invitation> {
    invitation(state)
}

/// 30 days and so many minutes after now.
fn later(minutes: i64) -> Context {
    let mut cx = schedule();
    cx.now = now().saturating_add(Duration::minutes(30 * DAYS + minutes));
    cx
}

fn removed(cx: &Context, change: tenure::store::Change) -> Decision<()> {
    decision(cx, [], vec![change], Vec::new(), ())
}

#[test]
fn sessions_tickets_and_mails_are_removed_30_days_after_their_end() {
    let reason = EndReason::SignedOut;
    let ended = session(SessionState::Ended { at: now(), reason });
    let consumed = ticket(TicketState::Consumed { at: now() });
    let superseded = TicketState::Ended { at: now() };
    let sent = loaded(
        1,
        QueuedMail {
            state: MailState::Sent { at: now(), attempts: 1 },
            ..invitation_mail(&user(invited()).value, None, false)
        },
    );
    let (early, due) = (later(-1), later(0));
    for (record, change) in [
        (DueRecord::Session(ended.clone()), remove(&ended)),
        (DueRecord::Ticket(consumed.clone()), remove(&consumed)),
        (DueRecord::Ticket(ticket(superseded)), remove(&ticket(superseded))),
        (DueRecord::Mail(sent.clone()), remove(&sent)),
    ] {
        assert_eq!(settle(&early, &record), Err(Denied::NotDue));
        assert_eq!(settle(&due, &record), Ok(removed(&due, change)));
    }
}

#[test]
fn what_is_still_open_is_removed_30_days_after_its_time() {
    let (open, link) = (session(SessionState::Open), ticket(TicketState::Open));
    let (session, ticket) = (DueRecord::Session(open.clone()), DueRecord::Ticket(link.clone()));
    assert_eq!(settle(&later(659), &session), Err(Denied::NotDue));
    assert_eq!(settle(&later(660), &session), Ok(removed(&later(660), remove(&open))));
    assert_eq!(settle(&later(59), &ticket), Err(Denied::NotDue));
    assert_eq!(settle(&later(60), &ticket), Ok(removed(&later(60), remove(&link))));
    let waiting = loaded(1, invitation_mail(&user(invited()).value, None, false));
    assert_eq!(
        settle(&later(60 * DAYS), &DueRecord::Mail(waiting)),
        Err(Denied::NotDue),
        "what was not sent is never removed"
    );
}
