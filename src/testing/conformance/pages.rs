//! Law 9: order, cursors, limits and counts of listings.

use super::bench::{Bench, at, every, must, person_name};
use crate::model::{Employee, Loaded, Record, RecordId, RecordKind, Role, SortBy};
use crate::store::{Counter, Query, StoreExt};

fn ids(records: &[Record]) -> Vec<RecordId> {
    records.iter().map(Record::id).collect()
}

/// Thirty roles in no order, five at each instant.
async fn ties(b: &Bench) -> Vec<Role> {
    let created = |n: i64| Role {
        created_at: at((n * 7) % 6),
        ..b.role(&format!("role {n}"))
    };
    let mut roles: Vec<Role> = (0..30).map(created).collect();
    roles.reverse();
    b.put_all(roles.iter().cloned()).await;
    roles.sort_by_key(|role| (role.created_at, role.id));
    roles
}

pub(super) async fn the_order_is_total_both_ways(b: &Bench) {
    let mut roles: Vec<Record> = ties(b).await.into_iter().map(Record::from).collect();
    for limit in [1, 4, 5, 1_000] {
        let up = b.all(every(RecordKind::Role).limit(limit)).await;
        assert_eq!(ids(&up), ids(&roles), "by instant, then by id, {limit} a page");
    }
    roles.reverse();
    for limit in [1, 4, 5, 1_000] {
        let down = b.all(every(RecordKind::Role).descending().limit(limit)).await;
        assert_eq!(ids(&down), ids(&roles), "the other way round, {limit} a page");
    }
}

pub(super) async fn names_are_ordered_by_their_sort_keys(b: &Bench) {
    let names = [
        "Zimmer",
        "Ångström",
        "angstrom",
        "Öz",
        "O'Hara",
        "ohara",
        "van Dyk",
        "Ábel",
        "Straße",
        "Strasse",
    ];
    let employees: Vec<Employee> = (names.iter().cycle().take(30).enumerate())
        .map(|(n, last)| Employee {
            first_name: person_name(["Zoë", "Kate", "Åke"][n % 3]),
            created_at: at(30 - i64::try_from(n).unwrap_or(0)),
            ..b.employee(last)
        })
        .collect();
    b.put_all(employees.iter().cloned()).await;
    let mut expected: Vec<Record> = employees.into_iter().map(Record::from).collect();
    expected.sort_by_key(|employee| (employee.sort_key(SortBy::Name), employee.id()));
    let by_name = every(RecordKind::Employee).sort(SortBy::Name).limit(7);
    assert_eq!(ids(&b.all(by_name.clone()).await), ids(&expected));
    expected.reverse();
    assert_eq!(ids(&b.all(by_name.descending()).await), ids(&expected));
}

pub(super) async fn a_record_moves_when_its_sort_key_changes(b: &Bench) {
    let (first, last) = (b.put(b.role("alpha")).await, b.put(b.role("beta")).await);
    let renamed = Role {
        name: b.role("omega").name,
        ..first.value.clone()
    };
    b.change(&first, renamed).await;
    let listed = b.all(every(RecordKind::Role).sort(SortBy::Name)).await;
    assert_eq!(ids(&listed), [last.value.id.into(), first.value.id.into()]);
}

/// What stood throughout is shown exactly once, whatever came and went beside it.
pub(super) async fn pages_hold_while_records_come_and_go(b: &Bench) {
    for descending in [false, true] {
        let stays = ties(b).await;
        let mut query = every(RecordKind::Role).limit(4);
        query.descending = descending;
        let mut seen: Vec<Record> = Vec::new();
        let mut passing: Option<Loaded<Role>> = None;
        loop {
            let page = b.list(&query).await;
            seen.extend(page.items.into_iter().map(|loaded| loaded.value));
            let Some(next) = page.next else { break };
            query = query.after(Some(next));
            // One more at each end, and the last that came goes: numbers of places would shift.
            let unique = b.id::<uuid::Uuid>().simple().to_string();
            let early = Role {
                created_at: at(-9),
                ..b.role(&format!("early {unique}"))
            };
            let late = Role {
                created_at: at(9),
                ..b.role(&format!("late {unique}"))
            };
            if let Some(gone) = passing {
                b.draft().remove(&gone).done().await;
            }
            b.put(if descending { early.clone() } else { late.clone() }).await;
            passing = Some(b.put(if descending { late } else { early }).await);
            assert!(seen.len() < 1_000, "the listing does not end");
        }
        let mut shown: Vec<_> = ids(&seen);
        shown.retain(|id| stays.iter().any(|role| RecordId::from(role.id) == *id));
        let mut expected: Vec<RecordId> = stays.iter().map(|role| role.id.into()).collect();
        if descending {
            expected.reverse();
        }
        assert_eq!(shown, expected, "descending: {descending}");
        let all = b.store.all::<Role>(b.tenant, every(RecordKind::Role)).await;
        let draft = must("all", all).iter().fold(b.draft(), super::bench::Draft::remove);
        draft.done().await;
    }
}

pub(super) async fn the_place_of_a_removed_record_is_still_a_place(b: &Bench) {
    let roles = ties(b).await;
    let page = b.list(&every(RecordKind::Role).limit(8)).await;
    let last: Option<Loaded<Role>> = b.get(roles[7].id).await;
    b.draft().remove(&must("eighth", last.ok_or("missing"))).done().await;
    let rest = b.all(every(RecordKind::Role).after(page.next)).await;
    let expected: Vec<RecordId> = roles[8..].iter().map(|role| role.id.into()).collect();
    assert_eq!(ids(&rest), expected);
}

pub(super) async fn a_page_has_at_most_its_limit(b: &Bench) {
    let roles = ties(b).await;
    for limit in [1, 7, 29, 30, 31] {
        let page = b.list(&every(RecordKind::Role).limit(limit)).await;
        assert_eq!(
            page.items.len(),
            roles.len().min(limit as usize),
            "of 30, {limit} a page"
        );
        assert_eq!(page.next.is_some(), limit < 30, "of 30, {limit} a page: is there more?");
    }
    let nothing = b.list(&every(RecordKind::Unit)).await;
    assert_eq!((nothing.items.len(), nothing.next), (0, None), "an empty listing");
}

pub(super) async fn more_than_a_thousand_can_be_reached(b: &Bench) {
    b.put_all((0..1_050).map(|_| b.attempt(None))).await;
    for limit in [Query::MAX_LIMIT, 400] {
        let all = b.all(every(RecordKind::Attempt).limit(limit)).await;
        assert_eq!(all.len(), 1_050, "{limit} a page");
    }
    let first = b.list(&every(RecordKind::Attempt).limit(Query::MAX_LIMIT)).await;
    assert_eq!(first.items.len(), 1_000, "a page as large as was asked for");
}

pub(super) async fn matches_are_counted_up_to_a_number(b: &Bench) {
    let roles = ties(b).await;
    let query = every(RecordKind::Role).limit(5);
    let total = |query: Query| async move { b.list(&query).await.total };
    assert_eq!(total(query.clone()).await, None, "not asked for");
    assert_eq!(
        total(query.clone().count_up_to(100)).await,
        Some(30),
        "all that match, not a page of them"
    );
    assert_eq!(total(query.clone().count_up_to(30)).await, Some(30));
    assert_eq!(
        total(query.clone().count_up_to(12)).await,
        Some(12),
        "no more than was asked for"
    );
    let later = query
        .clone()
        .after(Some(query.place(&roles[25].clone().into())))
        .count_up_to(100);
    assert_eq!(total(later).await, Some(30), "the same on a later page");
    b.put_all([0; 3].map(|_| b.attempt(None))).await;
    let kate = b.put(b.user("kate")).await.value.id;
    b.put(b.attempt(Some(kate))).await;
    let filtered = every(RecordKind::Attempt)
        .filter(crate::store::Filter::OfUser(kate))
        .count_up_to(100);
    assert_eq!(total(filtered).await, Some(1), "only what the filters let pass");
    assert_eq!(b.counter(Counter::Seats).await, 0);
}
