//! Law 2: compare and set.

use super::bench::{Bench, at, at_once, conflict, must};
use crate::model::{Actor, Employee, Invitation, InvitationState, InvitationVerb, Loaded, Role, Throttle, Ticket};
use crate::model::{TicketPurpose, UniqueKey, Version};
use crate::store::{CommitError, Counter};

fn renamed(b: &Bench, role: &Role, name: &str) -> Role {
    Role {
        name: b.role(name).name,
        ..role.clone()
    }
}

pub(super) async fn versions_count_from_one(b: &Bench) {
    let mut role = b.put(b.role("clerk")).await;
    for number in 1..=5 {
        let stored = b.get::<Role>(role.value.id).await;
        assert_eq!(stored.map(|role| role.version), Some(Version::new(number)));
        role = b.change(&role, role.value.clone()).await;
    }
}

pub(super) async fn an_id_is_inserted_once(b: &Bench) {
    let role = b.put(b.role("clerk")).await;
    let again = renamed(b, &role, "another name");
    conflict("inserted again", &b.draft().insert(again.clone()).send().await, role.id);
    assert_eq!(b.get(role.id).await, Some(role.clone()), "the first one stands");
    let twice = b.draft().remove(&role).insert(again.clone()).insert(again).send().await;
    conflict("inserted twice in one commit", &twice, role.id);
}

pub(super) async fn d4_an_update_of_another_version_is_refused(b: &Bench) {
    let first = b.put(b.role("clerk")).await;
    let second = b.change(&first, renamed(b, &first, "manager")).await;
    let draft = |loaded: &Loaded<Role>| b.draft().update(loaded, renamed(b, &first, "director"));
    conflict("an old version", &draft(&first).send().await, first.id);
    let ahead = Loaded::new(Version::new(3), first.value.clone());
    conflict("a version to come", &draft(&ahead).send().await, first.id);
    assert_eq!(b.get(first.id).await, Some(second.clone()), "nothing was written");

    let never = Loaded::new(Version::FIRST, b.role("nobody"));
    conflict(
        "never there",
        &b.draft().update(&never, never.value.clone()).send().await,
        never.id,
    );
    b.draft().remove(&second).done().await;
    conflict("removed", &draft(&second).send().await, first.id);
    assert_eq!(
        b.get::<Role>(first.id).await,
        None,
        "an update revived a removed record"
    );
}

pub(super) async fn d4_a_removal_of_another_version_is_refused(b: &Bench) {
    let first = b.put(b.role("clerk")).await;
    let second = b.change(&first, renamed(b, &first, "manager")).await;
    conflict("an old version", &b.draft().remove(&first).send().await, first.id);
    assert_eq!(b.get(first.id).await, Some(second.clone()));
    b.draft().remove(&second).done().await;
    conflict("removed already", &b.draft().remove(&second).send().await, first.id);
}

pub(super) async fn d4_a_guard_on_another_version_refuses(b: &Bench) {
    let first = b.put(b.role("clerk")).await;
    b.draft().guard(&first).count(1, None, None).done().await;
    let second = b.change(&first, renamed(b, &first, "manager")).await;
    let guarded = |loaded: &Loaded<Role>| b.draft().guard(loaded).count(1, None, None);
    conflict("an old version", &guarded(&first).send().await, first.id);
    guarded(&second).done().await;
    b.draft().remove(&second).done().await;
    conflict("removed", &guarded(&second).send().await, first.id);
    let never = Loaded::new(Version::FIRST, b.role("nobody"));
    conflict("never there", &guarded(&never).send().await, never.id);
    assert_eq!(b.counter(Counter::Seats).await, 2);
}

pub(super) async fn guards_are_looked_at_before_changes(b: &Bench) {
    let role = b.put(b.role("clerk")).await;
    let newer = b.change(&role, role.value.clone()).await;
    let taken = b.draft().guard(&role).insert(b.role("clerk")).send().await;
    conflict("the guard comes before the duplicate", &taken, role.id);
    let fresh = Loaded::new(Version::FIRST, b.role("fresh"));
    let own = b.draft().guard(&fresh).insert(fresh.value.clone()).send().await;
    conflict("what the commit inserts is not there for its guards", &own, fresh.id);
    b.draft().guard(&newer).update(&newer, newer.value.clone()).done().await;
}

pub(super) async fn changes_build_on_one_another_in_their_order(b: &Bench) {
    let role = Loaded::new(Version::FIRST, b.role("clerk"));
    let manager = renamed(b, &role, "manager");
    b.draft()
        .insert(role.value.clone())
        .update(&role, manager.clone())
        .done()
        .await;
    let second = Loaded::new(Version::new(2), manager);
    assert_eq!(b.get(role.id).await, Some(second.clone()));
    b.draft().remove(&second).insert(role.value.clone()).done().await;
    assert_eq!(
        b.get(role.id).await,
        Some(role),
        "removed and inserted: it counts from one again"
    );
}

/// Write skew: each commit reads what the other writes.
pub(super) async fn d2_two_that_guard_each_other_never_both_win(b: &Bench) {
    for round in 0..100 {
        let (one, other) = (b.employee("One"), b.employee("Other"));
        b.put_all([one.clone(), other.clone()]).await;
        let reports = |who: &Employee, to: &Employee| {
            let (who, to) = (
                Loaded::new(Version::FIRST, who.clone()),
                Loaded::new(Version::FIRST, to.clone()),
            );
            let below = Employee {
                supervisor: Some(to.id),
                ..who.value.clone()
            };
            b.draft().guard(&to).update(&who, below)
        };
        let drafts = [reports(&one, &other), reports(&other, &one)];
        let answers = at_once(drafts.map(|draft| async move { draft.send().await })).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(won < 2, "in round {round} both won: the two report to each other");
        let refused = |answer: &&Result<_, CommitError>| matches!(answer, Err(CommitError::Conflict { .. }));
        assert!(
            answers.iter().filter(refused).count() >= 1,
            "in round {round}: {answers:?}"
        );
    }
}

pub(super) async fn i1_of_accepting_cancelling_and_resending_at_once_one_wins(b: &Bench) {
    for _ in 0..10 {
        let user = b.put(b.user(&format!("kate{}", b.id::<uuid::Uuid>().simple()))).await;
        let invitation = b.put(b.invitation(user.id)).await;
        let verbs = (0..8).map(|n| match n % 3 {
            0 => InvitationVerb::Accept,
            1 => InvitationVerb::Cancel {
                by: Actor::User(user.id),
            },
            _ => InvitationVerb::Resend {
                ticket: b.id(),
                expires_at: at(90_000 + n),
                by: Actor::User(user.id),
            },
        });
        let outcomes = verbs.map(|verb| must("verb", invitation.value.clone().apply(&verb, at(5))));
        let attempts: Vec<_> = outcomes
            .map(|outcome| (b.draft().update(&invitation, outcome.clone()), outcome))
            .collect();
        let answers = at_once(
            attempts
                .into_iter()
                .map(|(draft, outcome)| async move { (draft.send().await, outcome) }),
        );
        let (winners, losers): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(|(answer, _)| answer.is_ok());
        assert_eq!(winners.len(), 1, "one of eight wins");
        for (answer, _) in &losers {
            conflict("too late", answer, invitation.id);
        }
        let stored: Option<Loaded<Invitation>> = b.get(invitation.id).await;
        assert_eq!(stored, Some(Loaded::new(Version::new(2), winners[0].1.clone())));
        assert!(!matches!(invitation.state, InvitationState::Accepted { .. }));
    }
}

pub(super) async fn t3_a_ticket_found_by_any_of_its_tokens_is_used_once(b: &Bench) {
    for _ in 0..10 {
        let user = b.put(b.user(&format!("kate{}", b.id::<uuid::Uuid>().simple()))).await;
        let mut ticket = b.ticket(user.id, TicketPurpose::Reset);
        ticket.tokens.push(b.token());
        let ticket = b.put(ticket).await;
        let seats = b.counter(Counter::Seats).await;
        let uses = (0..8).map(|n| {
            let (b, token) = (b.clone(), ticket.tokens[n % 2]);
            async move {
                let found = b.find::<Ticket>(UniqueKey::ticket_token(&token)).await;
                let Some(found) = found else {
                    panic!("a ticket is found by each of its tokens")
                };
                let Ok(consumed) = found.value.clone().consume(at(60)) else {
                    return None;
                };
                Some(b.draft().update(&found, consumed).count(1, None, None).send().await)
            }
        });
        let answers = at_once(uses).await;
        assert_eq!(
            answers.iter().flatten().filter(|answer| answer.is_ok()).count(),
            1,
            "one use"
        );
        for answer in answers.iter().flatten().filter(|answer| answer.is_err()) {
            conflict("a later use", answer, ticket.id);
        }
        assert_eq!(
            b.counter(Counter::Seats).await,
            seats + 1,
            "what goes with a use happens once"
        );
    }
}

/// Each of many loads it, adds one, and tries again while others were faster: none is lost.
pub(super) async fn l2_a_throttle_that_many_move_at_once_counts_each_once(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    for owner in [Some(user), None] {
        let throttle = b.put(b.throttle(owner)).await;
        let moves = (0..8).map(|_| {
            let (b, id) = (b.clone(), throttle.id);
            async move {
                for _ in 0..100 {
                    let Some(before) = b.get::<Throttle>(id).await else {
                        panic!("the throttle is there")
                    };
                    // So that others come between, also on a store that never waits.
                    tokio::task::yield_now().await;
                    let after = Throttle {
                        failures: before.failures + 1,
                        ..before.value.clone()
                    };
                    match b.draft().update(&before, after).send().await {
                        Ok(_) => return before.failures,
                        refused => conflict("others were faster", &refused, id),
                    }
                }
                panic!("a hundred times others were faster")
            }
        });
        let mut seen = at_once(moves).await;
        seen.sort_unstable();
        assert_eq!(seen, (2..10).collect::<Vec<u32>>(), "each one saw another count");
        let stored: Option<Loaded<Throttle>> = b.get(throttle.id).await;
        let stored = stored.map(|throttle| (throttle.failures, throttle.version));
        assert_eq!(stored, Some((10, Version::new(9))));
    }
}
