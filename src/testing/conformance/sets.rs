//! Law 6: set changes.

use super::bench::{Bench, at, at_once, every, must};
use crate::id::{EmployeeId, SessionId, UserId};
use crate::model::{
    Affected, Employee, EndReason, Loaded, RecordKind, Session, SessionState, Ticket, TicketPurpose, TicketState, User,
    UserStatus, Version, What,
};
use crate::store::{Commit, CommitError, SetChange};

fn end_sessions(user: UserId, except: Option<SessionId>) -> SetChange {
    SetChange::EndSessions {
        user,
        except,
        at: at(9),
        reason: EndReason::AccessEnded,
    }
}

const ENDED: fn() -> SessionState = || SessionState::Ended {
    at: at(9),
    reason: EndReason::AccessEnded,
};

fn ended(session: &Session) -> Session {
    Session {
        state: ENDED(),
        ..session.clone()
    }
}

fn second<T>(value: T) -> Loaded<T> {
    Loaded::new(Version::new(2), value)
}

pub(super) async fn every_open_session_of_the_user_ends_but_one(b: &Bench) {
    let (user, other) = (
        b.put(b.user("kate")).await.value.id,
        b.put(b.user("other")).await.value.id,
    );
    let [one, two, kept, gone] = [0; 4].map(|_| b.session(user));
    let gone = Session {
        state: SessionState::Ended {
            at: at(1),
            reason: EndReason::SignedOut,
        },
        ..gone
    };
    let foreign = b.session(other);
    b.put_all([&one, &two, &kept, &gone, &foreign].map(Clone::clone)).await;
    let committed = b.draft().set(end_sessions(user, Some(kept.id))).done().await;
    assert_eq!(committed.touched, [2]);
    assert_eq!(b.get(one.id).await, Some(second(ended(&one))));
    assert_eq!(b.get(two.id).await, Some(second(ended(&two))));
    let first = |session: Session| Some(Loaded::new(Version::FIRST, session));
    assert_eq!(b.get(kept.id).await, first(kept.clone()), "the exception");
    assert_eq!(b.get(gone.id).await, first(gone), "one that had ended already");
    assert_eq!(b.get(foreign.id).await, first(foreign), "another user's");
    assert_eq!(b.draft().set(end_sessions(user, None)).done().await.touched, [1]);
    assert_eq!(b.get(kept.id).await, Some(second(ended(&kept))), "without an exception");
}

pub(super) async fn t4_the_open_tickets_of_the_user_end_by_purpose_or_all(b: &Bench) {
    let (user, other) = (
        b.put(b.user("kate")).await.value.id,
        b.put(b.user("other")).await.value.id,
    );
    let (reset, confirm) = (
        b.ticket(user, TicketPurpose::Reset),
        b.ticket(user, TicketPurpose::ConfirmAddress),
    );
    let foreign = b.ticket(other, TicketPurpose::Reset);
    let used = Ticket {
        state: TicketState::Consumed { at: at(1) },
        ..b.ticket(user, TicketPurpose::Reset)
    };
    b.put_all([&reset, &confirm, &foreign, &used].map(Clone::clone)).await;
    let end = |purpose| SetChange::EndTickets {
        user,
        purpose,
        at: at(9),
    };
    let ended = |ticket: &Ticket| {
        Some(second(Ticket {
            state: TicketState::Ended { at: at(9) },
            ..ticket.clone()
        }))
    };
    let first = |ticket: &Ticket| Some(Loaded::new(Version::FIRST, ticket.clone()));
    assert_eq!(b.draft().set(end(Some(TicketPurpose::Reset))).done().await.touched, [1]);
    assert_eq!(b.get(reset.id).await, ended(&reset));
    assert_eq!(b.get(confirm.id).await, first(&confirm), "another purpose");
    assert_eq!(b.draft().set(end(None)).done().await.touched, [1]);
    assert_eq!(b.get(confirm.id).await, ended(&confirm));
    assert_eq!(b.get(foreign.id).await, first(&foreign), "another user's");
    assert_eq!(b.get(used.id).await, first(&used), "a used one");
}

fn reporting(b: &Bench, supervisor: EmployeeId) -> Employee {
    Employee {
        supervisor: Some(supervisor),
        ..b.employee("Report")
    }
}

pub(super) async fn all_reports_move_but_one(b: &Bench) {
    let (from, to) = (
        b.put(b.employee("From")).await.value.id,
        b.put(b.employee("To")).await.value.id,
    );
    let reports = [0; 4].map(|_| reporting(b, from));
    let elsewhere = reporting(b, to);
    b.put_all(reports.iter().cloned()).await;
    b.put(elsewhere.clone()).await;
    let moved = SetChange::MoveReports {
        from,
        to: Some(to),
        except: Some(reports[1].id),
    };
    assert_eq!(b.draft().set(moved).done().await.touched, [3]);
    for (n, report) in reports.iter().enumerate() {
        let stored: Option<Loaded<Employee>> = b.get(report.id).await;
        let (supervisor, version) = if n == 1 { (from, 1) } else { (to, 2) };
        let stored = stored.map(|employee| (employee.supervisor, employee.version.number()));
        assert_eq!(stored, Some((Some(supervisor), version)), "report {n}");
    }
    let top = SetChange::MoveReports {
        from: to,
        to: None,
        except: None,
    };
    assert_eq!(b.draft().set(top).done().await.touched, [4]);
    let stored: Option<Loaded<Employee>> = b.get(elsewhere.id).await;
    assert_eq!(stored.map(|employee| employee.supervisor), Some(None));
}

pub(super) async fn the_log_says_how_many_a_set_change_touched(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    b.put_all([0; 3].map(|_| b.session(user.id))).await;
    let what = What::SessionsEnded {
        reason: EndReason::AccessEnded,
        except: None,
    };
    let draft = b
        .draft()
        .update(&user, user.value.clone())
        .set(end_sessions(user.id, None));
    let committed = draft
        .event(user.id, what)
        .counting(1)
        .event(user.id, What::PasswordSet)
        .done()
        .await;
    assert_eq!(committed.touched, [1, 3]);
    let logged: Vec<_> = b.feed().await.into_iter().map(|entry| entry.event.affected).collect();
    assert_eq!(logged, [Some(Affected::Records(3)), None]);
    assert_eq!(
        b.draft().set(end_sessions(user.id, None)).done().await.touched,
        [0],
        "nothing is left to end"
    );
}

pub(super) async fn d4_what_a_set_change_touched_is_stale(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let session = b.put(b.session(user)).await;
    b.draft().set(end_sessions(user, None)).done().await;
    let revived = b.draft().update(&session, session.value.clone()).send().await;
    super::bench::conflict("an update from before", &revived, session.id);
    assert_eq!(b.get(session.id).await, Some(second(ended(&session))), "it stays ended");
}

pub(super) async fn a_set_change_sees_the_changes_before_it_only(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let (before, after) = (b.session(user), b.session(user));
    let draft = b
        .draft()
        .insert(before.clone())
        .set(end_sessions(user, None))
        .insert(after.clone());
    assert_eq!(draft.done().await.touched, [1, 1, 1]);
    assert_eq!(b.get(before.id).await, Some(second(ended(&before))));
    assert_eq!(b.get(after.id).await, Some(Loaded::new(Version::FIRST, after)));
}

fn suspended(user: &User) -> User {
    User {
        status: UserStatus::Suspended {
            since: at(9),
            until: None,
            reason: None,
        },
        ..user.clone()
    }
}

async fn open_sessions(b: &Bench) -> usize {
    b.all(every(RecordKind::Session).status(["open"]).limit(1_000))
        .await
        .len()
}

pub(super) async fn e4_a_thousand_sessions_end_in_one_commit(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    b.put_all((0..1_000).map(|_| b.session(user.id))).await;
    let draft = b
        .draft()
        .update(&user, suspended(&user))
        .set(end_sessions(user.id, None));
    assert_eq!(draft.done().await.touched, [1, 1_000]);
    assert_eq!(open_sessions(b).await, 0);
}

/// New sessions guard the version of the user that may log in, so none slips in beside the suspension.
pub(super) async fn e4_no_session_that_starts_meanwhile_survives(b: &Bench) {
    for round in 0..5 {
        let user = b.put(b.user(&format!("kate{round}"))).await;
        b.put_all((0..50).map(|_| b.session(user.id))).await;
        let mut drafts: Vec<_> = (0..12)
            .map(|_| b.draft().guard(&user).insert(b.session(user.id)))
            .collect();
        drafts.insert(
            6,
            b.draft()
                .update(&user, suspended(&user))
                .set(end_sessions(user.id, None)),
        );
        let answers = at_once(drafts.into_iter().map(|draft| async move { draft.send().await })).await;
        let started = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(done) if done.touched.len() == 1))
            .count();
        let ended: u64 = answers.iter().flatten().filter_map(|done| done.touched.get(1)).sum();
        assert_eq!(
            ended,
            50 + started as u64,
            "every session that started was ended with the rest"
        );
        assert_eq!(
            open_sessions(b).await,
            0,
            "round {round}: a session outlived the suspension"
        );
        let refused = |answer: &_| matches!(answer, Err(CommitError::Conflict { .. }));
        assert!(
            answers.iter().all(|answer| answer.is_ok() || refused(answer)),
            "{answers:?}"
        );
    }
}

/// Whoever reads meanwhile sees the session open and the user active, or neither.
pub(super) async fn e4_nobody_sees_the_user_suspended_and_the_session_open(b: &Bench) {
    let role = b.put(b.role("clerk")).await.value.id;
    let owner = b.put(b.user("owner")).await.value.id;
    b.put(b.tenant_record(owner, role)).await;
    for round in 0..20 {
        let user = b.put(b.user(&format!("kate{round}"))).await;
        let session = b.put(b.session(user.id)).await;
        let commit: Commit = b
            .draft()
            .update(&user, suspended(&user))
            .set(end_sessions(user.id, None))
            .commit;
        let (writer, reader, token) = (b.clone(), b.clone(), session.token);
        let write = tokio::spawn(async move { must("suspension", writer.store.commit(commit).await) });
        for look in 0..2_000 {
            let found = must(
                "principal",
                reader.store.principal_by_session(reader.tenant, &token).await,
            );
            let Some(found) = found else {
                panic!("the session is known throughout")
            };
            let pair = (found.user.is_active(), found.pass.state == SessionState::Open);
            assert_eq!(
                pair.0, pair.1,
                "round {round}, look {look}: (user active, session open)"
            );
            if !pair.0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        must("writer", write.await);
    }
}
