use tenure::id::UserId;
use tenure::model::{Attempt, AttemptOutcome, Client, RecordKind, RefusalReason};
use tenure::store::{Page, Query};
use tenure::{AttemptSearch, Ended};

use crate::fixture::*;

fn attempt(number: u128, minute: i64, user: Option<UserId>, outcome: AttemptOutcome) -> Attempt {
    Attempt {
        id: id(number),
        at: at(minute),
        user,
        client: Client::at(format!("192.0.2.{number}").parse().unwrap()),
        outcome,
        keep_until: at(1_000),
    }
}

/// Newest first.
fn history() -> Vec<Attempt> {
    let success = AttemptOutcome::Success { session: session_id() };
    let refused = |reason| AttemptOutcome::Refused { reason };
    vec![
        attempt(5, 5, Some(kate()), success),
        attempt(4, 4, None, refused(RefusalReason::UnknownLogin)),
        attempt(3, 3, Some(kate()), refused(RefusalReason::Locked)),
        attempt(2, 2, Some(actor()), AttemptOutcome::Pending),
        attempt(1, 1, Some(kate()), refused(RefusalReason::WrongPassword)),
    ]
}

fn query() -> Query {
    Query::new(RecordKind::Attempt, now()).descending()
}

fn found(search: &AttemptSearch) -> Vec<u128> {
    let page = Page {
        items: history(),
        next: None,
        total: None,
    };
    let page = search.sift(&query(), page);
    page.items
        .iter()
        .map(|attempt| attempt.id.as_uuid().as_u128())
        .collect()
}

#[test]
fn bi9_attempts_are_found_by_user_time_outcome_and_address() {
    let search = AttemptSearch::new;
    assert_eq!(found(&search()), [5, 4, 3, 2, 1]);
    assert_eq!(found(&search().of(kate())), [5, 3, 1]);
    assert_eq!(
        found(&search().from(at(2)).to(at(4))),
        [3, 2],
        "from then on, and before then"
    );
    assert_eq!(found(&search().ended(Ended::Succeeded)), [5]);
    assert_eq!(found(&search().ended(Ended::Refused)), [4, 3, 1]);
    assert_eq!(found(&search().ended(Ended::RefusedFor(RefusalReason::Locked))), [3]);
    assert_eq!(found(&search().ended(Ended::Pending)), [2]);
    assert_eq!(found(&search().at("192.0.2.4/31".parse().unwrap())), [5, 4]);
    assert_eq!(found(&search().of(kate()).ended(Ended::Refused).from(at(2))), [3]);
}

#[test]
fn bi9_a_page_ends_where_the_next_begins() {
    let page = Page {
        items: history(),
        next: Some(query().place(&history()[4].clone().into())),
        total: None,
    };
    let two = AttemptSearch::new().of(kate()).limit(2).sift(&query(), page.clone());
    assert_eq!(two.items, [history()[0].clone(), history()[2].clone()]);
    assert_eq!(two.next, Some(query().place(&history()[2].clone().into())));
    let all = AttemptSearch::new().of(kate()).sift(&query(), page.clone());
    assert_eq!(all.next, page.next, "there may be more behind");
    let over = AttemptSearch::new().from(at(2)).sift(&query(), page);
    assert_eq!((over.items.len(), over.next), (4, None), "the rest is older");
}

#[test]
fn bi9_a_search_up_to_an_instant_begins_there() {
    let start = |search: AttemptSearch| search.start(&query());
    assert_eq!(start(AttemptSearch::new()), None);
    let from_there = start(AttemptSearch::new().to(at(3))).unwrap();
    let place = |number: usize| query().place(&history()[number].clone().into());
    assert!(
        place(2) > from_there && place(3) < from_there,
        "newest first: behind it"
    );
    let cursor = place(1);
    assert_eq!(
        start(AttemptSearch::new().to(at(3)).after(Some(cursor.clone()))),
        Some(cursor)
    );
    // Only where it has to look through more than it finds does it ask for more.
    assert_eq!(AttemptSearch::new().limit(20).looked_through(), 20);
    assert_eq!(
        AttemptSearch::new().limit(20).ended(Ended::Refused).looked_through(),
        1_000
    );
}
