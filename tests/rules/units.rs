use tenure::Denied;
use tenure::error::Problem;
use tenure::id::UnitId;
use tenure::model::{Loaded, OrgUnit, RecordKind, Scope, Tenant, UnitKind, UnitPath, What, permissions};
use tenure::rules::Context;
use tenure::rules::units::{self, MAX_UNITS, NewUnit};
use tenure::store::Guard;
use tenure::text::TextError;

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound { what: RecordKind::Unit };

fn of(units: impl Into<ScopeOf>) -> Context {
    holding(&[permissions::UNITS_MANAGE], units)
}

fn shaped(cx: &Context, units: u32) -> tenure::store::Change {
    update(
        &cx.tenant,
        Tenant {
            units,
            ..cx.tenant.value.clone()
        },
    )
}

/// A unit at the end of a line of this depth.
fn deep(depth: usize) -> Loaded<OrgUnit> {
    let root: UnitId = id(1_000);
    let path = (1..depth as u128).fold(UnitPath::root(root), |path, n| path.child(id(1_000 + n)));
    let mut unit = unit(path.unit().unwrap());
    unit.value.path = path;
    unit
}

#[test]
fn a_unit_is_added_at_the_top() {
    let cx = of(Scope::All);
    let rome = OrgUnit {
        id: fresh(0),
        name: name("Rome"),
        kind: UnitKind::Company,
        path: UnitPath::root(fresh(0)),
        created_at: now(),
    };
    let what = What::UnitAdded {
        name: name("Rome"),
        parent: None,
    };
    assert_eq!(
        units::add(&cx, &NewUnit::company("Rome"), None),
        Ok(decision(
            &cx,
            [],
            vec![shaped(&cx, 4), insert(rome.clone())],
            vec![event(rome.id, what)],
            rome
        ))
    );
}

#[test]
fn a_unit_is_added_below_another_that_is_in_care() {
    let (cx, mitte) = (of([berlin()]), unit(mitte()));
    let shop = OrgUnit {
        id: fresh(0),
        name: name("Shop"),
        kind: UnitKind::Department,
        path: mitte.path.child(fresh(0)),
        created_at: now(),
    };
    let what = What::UnitAdded {
        name: name("Shop"),
        parent: Some(mitte.id),
    };
    assert_eq!(
        units::add(&cx, &NewUnit::department("Shop").below(mitte.id), Some(&mitte)),
        Ok(decision(
            &cx,
            [Guard::on(&mitte)],
            vec![shaped(&cx, 4), insert(shop.clone())],
            vec![event(shop.id, what)],
            shop
        ))
    );
}

#[test]
fn units_are_added_only_where_the_actor_may() {
    let below = NewUnit::department("Shop").below(mitte());
    let add = |cx: &Context, parent| units::add(cx, &below, parent);
    let mitte = unit(mitte());
    assert_eq!(add(&nobody(), Some(&mitte)), Err(Denied::Forbidden));
    assert_eq!(add(&of([paris()]), Some(&mitte)), Err(NOT_FOUND));
    assert_eq!(
        units::add(&of([berlin()]), &NewUnit::client("Top"), None),
        Err(Denied::Forbidden)
    );
    assert_eq!(
        add(&of(Scope::All), None),
        Err(Denied::invalid("parent", Problem::Unknown(RecordKind::Unit)))
    );
}

#[test]
fn a_unit_has_a_name_and_a_tenant_so_many_units() {
    assert_eq!(
        units::add(&admin(), &NewUnit::company(" "), None),
        Err(Denied::invalid("name", TextError::Empty))
    );
    let mut cx = admin();
    cx.tenant.value.units = MAX_UNITS - 1;
    assert!(units::add(&cx, &NewUnit::company("Last"), None).is_ok());
    cx.tenant.value.units = MAX_UNITS;
    assert_eq!(
        units::add(&cx, &NewUnit::company("One more"), None),
        Err(Denied::invalid("units", Problem::TooMany { max: 10_000 }))
    );
}

#[test]
fn d2_a_tree_has_16_levels_at_most() {
    let too_deep = Denied::TooDeep {
        what: RecordKind::Unit,
        max: 16,
    };
    let below = |depth| {
        let parent = deep(depth);
        units::add(&admin(), &NewUnit::department("Deep").below(parent.id), Some(&parent)).map(|_| ())
    };
    assert_eq!(below(15), Ok(()));
    assert_eq!(below(16), Err(too_deep.clone()));
    let (berlin, mitte) = (unit(berlin()), unit(mitte()));
    let subtree = [berlin.clone(), mitte];
    let moved = |depth| units::move_below(&admin(), Some(&berlin), Some(Some(&deep(depth))), &subtree).map(|_| ());
    assert_eq!(moved(14), Ok(()));
    assert_eq!(moved(15), Err(too_deep), "what lies below it would be too deep");
}

#[test]
fn a_unit_is_renamed_and_an_equal_name_writes_nothing() {
    let (cx, mitte) = (of([berlin()]), unit(mitte()));
    let after = OrgUnit {
        name: name("Centre"),
        ..mitte.value.clone()
    };
    let what = What::UnitRenamed {
        from: name("Mitte"),
        to: name("Centre"),
    };
    assert_eq!(
        units::rename(&cx, Some(&mitte), " Centre "),
        Ok(decision(
            &cx,
            [],
            vec![update(&mitte, after.clone())],
            vec![event(mitte.id, what)],
            after
        ))
    );
    assert_eq!(units::rename(&cx, Some(&mitte), "Mitte"), Ok(nothing(&cx, mitte.value)));
}

#[test]
fn renaming_is_refused_with_the_exact_reason() {
    let mitte = unit(mitte());
    assert_eq!(units::rename(&nobody(), Some(&mitte), "Centre"), Err(Denied::Forbidden));
    assert_eq!(units::rename(&of([paris()]), Some(&mitte), "Centre"), Err(NOT_FOUND));
    assert_eq!(units::rename(&admin(), None, "Centre"), Err(NOT_FOUND));
    assert_eq!(
        units::rename(&admin(), Some(&mitte), "a\0"),
        Err(Denied::invalid("name", TextError::ControlCharacter))
    );
}

#[test]
fn a_unit_moves_with_all_that_is_below_it() {
    let (cx, berlin, mitte, paris) = (admin(), unit(berlin()), unit(mitte()), unit(paris()));
    let moved = |unit: &Loaded<OrgUnit>, path| OrgUnit {
        path,
        ..unit.value.clone()
    };
    let below_paris = paris.path.child(berlin.id);
    let after = moved(&berlin, below_paris.clone());
    let what = What::UnitMoved {
        from: None,
        to: Some(paris.id),
        units: 2,
    };
    assert_eq!(
        units::move_below(&cx, Some(&berlin), Some(Some(&paris)), &[berlin.clone(), mitte.clone()]),
        Ok(decision(
            &cx,
            [Guard::on(&paris)],
            vec![
                shaped(&cx, 3),
                update(&berlin, after.clone()),
                update(&mitte, moved(&mitte, below_paris.child(mitte.id))),
            ],
            vec![event(berlin.id, what)],
            after
        ))
    );
    let same = units::move_below(&cx, Some(&mitte), Some(Some(&berlin)), std::slice::from_ref(&mitte));
    assert_eq!(same, Ok(nothing(&cx, mitte.value.clone())));
}

#[test]
fn d2_a_unit_never_lies_below_itself() {
    let (berlin, mitte) = (unit(berlin()), unit(mitte()));
    let subtree = [berlin.clone(), mitte.clone()];
    for parent in [&berlin, &mitte] {
        assert_eq!(
            units::move_below(&admin(), Some(&berlin), Some(Some(parent)), &subtree),
            Err(Denied::UnitCycle)
        );
    }
}

#[test]
fn r3_both_the_old_and_the_new_place_must_be_the_actors() {
    let (berlin, mitte, paris) = (unit(berlin()), unit(mitte()), unit(paris()));
    let to =
        |cx: &Context, parent| units::move_below(cx, Some(&mitte), parent, std::slice::from_ref(&mitte)).map(|_| ());
    assert_eq!(to(&nobody(), Some(Some(&paris))), Err(Denied::Forbidden));
    assert_eq!(
        to(&of([paris.id]), Some(Some(&paris))),
        Err(NOT_FOUND),
        "taken from elsewhere"
    );
    assert_eq!(
        to(&of([berlin.id]), Some(Some(&paris))),
        Err(NOT_FOUND),
        "moved elsewhere"
    );
    assert_eq!(
        to(&of([mitte.id, paris.id]), Some(Some(&paris))),
        Err(Denied::Forbidden)
    );
    assert_eq!(to(&of([berlin.id]), None), Err(Denied::Forbidden), "to the top");
    assert_eq!(to(&of([berlin.id]), Some(Some(&berlin))), Ok(()), "within the own part");
    assert_eq!(
        to(&admin(), Some(None)),
        Err(Denied::invalid("parent", Problem::Unknown(RecordKind::Unit)))
    );
    assert_eq!(units::move_below(&admin(), None, None, &[]), Err(NOT_FOUND));
}

#[test]
fn r1_moving_gives_nobody_what_the_mover_could_not_give() {
    let (mitte, paris) = (unit(mitte()), unit(paris()));
    let to_paris = |cx: &Context| {
        units::move_below(cx, Some(&mitte), Some(Some(&paris)), std::slice::from_ref(&mitte)).map(|_| ())
    };
    // Whoever holds something in Paris would hold it in Mitte as well.
    assert_eq!(to_paris(&of(Scope::All)), Err(Denied::BeyondOwnRights));
    assert_eq!(to_paris(&of([berlin(), paris.id])), Err(Denied::BeyondOwnRights));
    assert_eq!(to_paris(&admin()), Ok(()));
}

#[test]
fn a_unit_is_removed_unless_the_store_finds_it_in_use() {
    let (cx, mitte) = (of([berlin()]), unit(mitte()));
    let what = What::UnitRemoved { name: name("Mitte") };
    assert_eq!(
        units::remove(&cx, Some(&mitte)),
        Ok(decision(
            &cx,
            [],
            vec![shaped(&cx, 2), remove(&mitte)],
            vec![event(mitte.id, what)],
            ()
        ))
    );
    assert_eq!(units::remove(&nobody(), Some(&mitte)), Err(Denied::Forbidden));
    assert_eq!(units::remove(&of([paris()]), Some(&mitte)), Err(NOT_FOUND));
    assert_eq!(units::remove(&admin(), None), Err(NOT_FOUND));
}
