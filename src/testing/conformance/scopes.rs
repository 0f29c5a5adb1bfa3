//! Law 9: the scope is part of the query (R4).

use std::collections::BTreeSet;

use super::bench::{Bench, credential, every, must};
use super::filters::lists;
use crate::id::UnitId;
use crate::model::{Employee, Grant, OrgUnit, RecordKind, Scope, TicketPurpose, UnitPath, User, UserKind, permissions};
use crate::store::{Filter, Query};
use crate::text::SearchPattern;

/// Two trees: north with a branch and a shop in it, and south; someone in each.
struct Land {
    north: OrgUnit,
    branch: OrgUnit,
    shop: OrgUnit,
    south: OrgUnit,
}

async fn land(b: &Bench) -> Land {
    let north = b.unit("north", None);
    let branch = b.unit("branch", Some(&north));
    let shop = b.unit("shop", Some(&branch));
    let south = b.unit("south", None);
    b.put_all([&north, &branch, &shop, &south].map(Clone::clone)).await;
    for unit in [Some(&north), Some(&branch), Some(&shop), Some(&south), None] {
        let name = unit.map_or("nowhere", |unit| unit.name.as_str());
        let user = b.put(b.user_in(name, unit.map(|unit| unit.id))).await.value.id;
        let employee = Employee {
            unit: unit.map(|unit| unit.id),
            ..b.employee(name)
        };
        let draft = b
            .draft()
            .insert(employee)
            .insert(b.invitation(user))
            .insert(credential(user));
        let draft = draft
            .insert(b.ticket(user, TicketPurpose::Reset))
            .insert(b.session(user));
        draft.insert(b.attempt(Some(user))).mail(b.mail(user, 0)).done().await;
    }
    b.put(b.attempt(None)).await;
    Land {
        north,
        branch,
        shop,
        south,
    }
}

const IN_UNITS: [RecordKind; 9] = [
    RecordKind::Unit,
    RecordKind::Employee,
    RecordKind::User,
    RecordKind::Invitation,
    RecordKind::Ticket,
    RecordKind::Credential,
    RecordKind::Session,
    RecordKind::Attempt,
    RecordKind::Mail,
];

async fn number(b: &Bench, query: Query) -> usize {
    let listed = b.all(query.clone().limit(2)).await.len();
    let total = b.list(&query.limit(1).count_up_to(1_000)).await.total;
    assert_eq!(total, Some(listed as u64), "the count is of the scope");
    listed
}

pub(super) async fn r4_a_scope_holds_for_every_kind(b: &Bench) {
    let land = land(b).await;
    let rows: [(&str, BTreeSet<UnitId>, usize); 6] = [
        ("north", [land.north.id].into(), 3),
        ("branch", [land.branch.id].into(), 2),
        ("shop", [land.shop.id].into(), 1),
        ("south", [land.south.id].into(), 1),
        ("shop and south", [land.shop.id, land.south.id].into(), 2),
        ("nowhere", BTreeSet::new(), 0),
    ];
    for kind in IN_UNITS {
        for (name, units, expected) in &rows {
            let query = every(kind).scope(Scope::Units(units.clone()));
            assert_eq!(number(b, query).await, *expected, "{kind}s in {name}");
        }
        let everywhere = number(b, every(kind)).await;
        let outside = match kind {
            RecordKind::Unit => 0,
            RecordKind::Attempt => 2,
            _ => 1,
        };
        assert_eq!(everywhere, 4 + outside, "{kind}s everywhere");
    }
}

pub(super) async fn r4_a_user_is_in_scope_through_any_of_their_units(b: &Bench) {
    let land = land(b).await;
    let client = User {
        kind: UserKind::External { client: land.shop.id },
        ..b.user("client")
    };
    let granted = User {
        grants: vec![Grant::permission(
            permissions::USERS_READ,
            Scope::from([land.south.id, land.shop.id]),
        )],
        ..b.user("granted")
    };
    b.put_all([client, granted]).await;
    let within = |units: &[UnitId]| every(RecordKind::User).scope(Scope::from(units.iter().copied()));
    assert_eq!(number(b, within(&[land.branch.id])).await, 4);
    assert_eq!(number(b, within(&[land.south.id])).await, 2);
    assert_eq!(
        number(b, within(&[land.north.id, land.south.id])).await,
        6,
        "each once, however many units match"
    );
}

pub(super) async fn r4_pages_are_full_within_the_scope(b: &Bench) {
    let (inside, outside) = (
        b.put(b.unit("in", None)).await.value.id,
        b.put(b.unit("out", None)).await.value.id,
    );
    let unit = |n: usize| if n.is_multiple_of(5) { inside } else { outside };
    b.put_all((0..50).map(|n| b.user_in(&format!("user{n}"), [unit(n)])))
        .await;
    let page = b
        .list(&every(RecordKind::User).scope(Scope::from([inside])).limit(8))
        .await;
    assert_eq!(
        page.items.len(),
        8,
        "a page holds what is in scope, not what is left of one"
    );
    assert!(page.next.is_some(), "two more are in scope");
    let page = b
        .list(&every(RecordKind::User).scope(Scope::from([inside])).limit(10))
        .await;
    assert_eq!((page.items.len(), page.next), (10, None), "nothing more is in scope");
}

pub(super) async fn r4_the_scope_follows_the_tree(b: &Bench) {
    let land = land(b).await;
    let within = |unit: UnitId| every(RecordKind::User).scope(Scope::from([unit]));
    let moved = |unit: &OrgUnit| OrgUnit {
        path: unit
            .path
            .rebased(land.branch.id, &land.south.path.child(land.branch.id)),
        ..unit.clone()
    };
    let first = |unit: &OrgUnit| crate::model::Loaded::new(crate::model::Version::FIRST, unit.clone());
    let draft = b.draft().update(&first(&land.branch), moved(&land.branch));
    draft.update(&first(&land.shop), moved(&land.shop)).done().await;
    assert_eq!(number(b, within(land.north.id)).await, 1);
    assert_eq!(number(b, within(land.south.id)).await, 3);
    let path = UnitPath::root(land.south.id).child(land.branch.id).child(land.shop.id);
    assert_eq!(moved(&land.shop).path, path);
}

pub(super) async fn what_belongs_to_no_unit_is_in_every_scope(b: &Bench) {
    let unit = b.put(b.unit("unit", None)).await.value.id;
    let (role, owner) = (
        b.put(b.role("clerk")).await.value.id,
        b.put(b.user("owner")).await.value.id,
    );
    b.put(b.tenant_record(owner, role)).await;
    for kind in [RecordKind::Role, RecordKind::Tenant] {
        assert_eq!(number(b, every(kind).scope(Scope::from([unit]))).await, 1, "{kind}");
    }
}

/// Whoever could list by a supervisor elsewhere would learn their name, letter by letter.
pub(super) async fn r4_a_supervisor_outside_the_scope_finds_nobody(b: &Bench) {
    let land = land(b).await;
    let (branch, south) = (Some(land.branch.id), Some(land.south.id));
    let person = |last: &str, unit, supervisor| Employee {
        supervisor,
        unit,
        ..b.employee(last)
    };
    let (near, far) = (person("Boss", branch, None), person("Boss", south, None));
    let nowhere = person("Boss", None, None);
    let one = person("One", Some(land.shop.id), Some(near.id));
    let two = person("Two", Some(land.shop.id), Some(far.id));
    let three = person("Three", Some(land.shop.id), Some(nowhere.id));
    b.put_all([&near, &far, &nowhere, &one, &two, &three].map(Clone::clone))
        .await;
    let user = |name, employee: &Employee| User {
        memberships: employee.unit.into_iter().collect(),
        ..b.user_of(name, employee.id)
    };
    let users = [user("one", &one), user("two", &two), user("three", &three)];
    b.put_all(users.clone()).await;
    let rows: [(Scope, &[usize]); 5] = [
        (Scope::All, &[0, 1, 2]),
        (Scope::from([land.branch.id]), &[0]),
        (Scope::from([land.north.id]), &[0]),
        (Scope::from([land.shop.id]), &[]),
        (Scope::from([land.shop.id, land.south.id]), &[1]),
    ];
    let employees = [one.id, two.id, three.id];
    for typed in ["boss", "bo*ss", "b", "*"] {
        for (scope, found) in &rows {
            let by = |kind| {
                let pattern = must("pattern", SearchPattern::new(typed));
                every(kind).filter(Filter::Supervisor(pattern)).scope(scope.clone())
            };
            let why = format!("{typed} in {scope:?}");
            let expected = found.iter().map(|place| employees[*place].into());
            lists(b, &why, by(RecordKind::Employee), expected).await;
            let expected = found.iter().map(|place| users[*place].id.into());
            lists(b, &why, by(RecordKind::User), expected).await;
        }
    }
}

pub(super) async fn a_filter_by_unit_takes_what_is_below(b: &Bench) {
    let land = land(b).await;
    for kind in [RecordKind::Unit, RecordKind::Employee, RecordKind::User] {
        let within = |unit| every(kind).filter(Filter::Within(unit));
        assert_eq!(number(b, within(land.north.id)).await, 3, "{kind}s in north");
        assert_eq!(number(b, within(land.shop.id)).await, 1, "{kind}s in shop");
        let cut = within(land.branch.id).scope(Scope::from([land.shop.id]));
        assert_eq!(number(b, cut).await, 1, "{kind}s in both the filter and the scope");
        let apart = within(land.branch.id).scope(Scope::from([land.south.id]));
        assert_eq!(
            number(b, apart).await,
            0,
            "{kind}s: the filter does not widen the scope"
        );
    }
}
