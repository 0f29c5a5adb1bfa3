//! Law 10: counters.

use super::bench::{Bench, at_once, out_of_bounds};
use crate::store::{Change, CommitError, Counter};

pub(super) async fn a_counter_that_never_moved_is_zero(b: &Bench) {
    assert_eq!(b.counter(Counter::Seats).await, 0);
    out_of_bounds("below zero", &b.draft().count(-1, Some(0), None).send().await, -1);
    assert_eq!(b.counter(Counter::Seats).await, 0);
    b.draft().count(0, Some(0), Some(0)).done().await;
    assert_eq!(b.counter(Counter::Seats).await, 0);
}

pub(super) async fn d1_no_counter_leaves_its_bounds(b: &Bench) {
    b.draft().count(3, Some(0), Some(3)).done().await;
    out_of_bounds("above", &b.draft().count(1, Some(0), Some(3)).send().await, 4);
    assert_eq!(b.counter(Counter::Seats).await, 3, "what was refused moved nothing");
    out_of_bounds(
        "within one commit",
        &b.draft().count(-1, None, None).count(2, None, Some(3)).send().await,
        4,
    );
    assert_eq!(b.counter(Counter::Seats).await, 3);
    b.draft().count(-1, None, None).count(1, None, Some(3)).done().await;
    b.draft().count(7, None, None).done().await;
    out_of_bounds("still above", &b.draft().count(-1, None, Some(3)).send().await, 9);
    assert_eq!(
        b.counter(Counter::Seats).await,
        10,
        "bounds hold for the move that names them"
    );
}

pub(super) async fn r5_no_counter_falls_below_its_least(b: &Bench) {
    b.draft().count(2, None, None).done().await;
    b.draft().count(-1, Some(1), None).done().await;
    out_of_bounds("the last one", &b.draft().count(-1, Some(1), None).send().await, 0);
    assert_eq!(b.counter(Counter::Seats).await, 1);
    b.draft().count(-5, None, None).done().await;
    assert_eq!(b.counter(Counter::Seats).await, -4, "without bounds it may be negative");
}

pub(super) async fn counters_are_apart(b: &Bench) {
    let administrators = |delta| Change::Count {
        counter: Counter::Administrators,
        delta,
        at_least: Some(1),
        at_most: None,
    };
    b.draft().count(5, None, None).change(administrators(2)).done().await;
    assert_eq!(b.counter(Counter::Seats).await, 5);
    assert_eq!(b.counter(Counter::Administrators).await, 2);
    b.draft().change(administrators(-1)).done().await;
    assert_eq!(
        (
            b.counter(Counter::Seats).await,
            b.counter(Counter::Administrators).await
        ),
        (5, 1)
    );
}

pub(super) async fn parallel_moves_all_count(b: &Bench) {
    let drafts: Vec<_> = (0..50)
        .map(|n| b.draft().count(if n % 5 == 0 { -1 } else { 2 }, None, None))
        .collect();
    for answer in at_once(drafts.into_iter().map(|draft| async move { draft.send().await })).await {
        assert!(answer.is_ok(), "counters have no versions to conflict on: {answer:?}");
    }
    assert_eq!(b.counter(Counter::Seats).await, 70);
}

pub(super) async fn d1_of_many_who_want_the_last_seats_as_many_get_one(b: &Bench) {
    for round in 0..5 {
        let drafts: Vec<_> = (0..12)
            .map(|n| {
                b.draft()
                    .insert(b.user(&format!("user{round}x{n}")))
                    .count(1, Some(0), Some(3))
            })
            .collect();
        let answers = at_once(drafts.into_iter().map(|draft| async move { draft.send().await })).await;
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            3,
            "three seats are free"
        );
        let refused = |answer: &_| matches!(answer, Ok(_) | Err(CommitError::OutOfBounds { value: 4, .. }));
        assert!(answers.iter().all(refused), "{answers:?}");
        assert_eq!(
            b.counter(Counter::Seats).await,
            3,
            "the last seat is usable, and no more than it"
        );
        b.draft().count(-3, Some(0), Some(3)).done().await;
    }
}
