use std::collections::BTreeSet;

use proptest::prelude::*;
use tenure::Denied;
use tenure::error::{FieldError, Problem};
use tenure::id::{RoleId, UnitId};
use tenure::model::{
    Grant, Loaded, OrgUnit, Permission, PermissionSet, Record, RecordKind, Role, Scope, UnitKind, UnitPath, User,
    Version, permissions,
};
use tenure::rules::rights::{Place, Rights, Surroundings, Units, may_act_on, may_give, may_see};
use tenure::rules::roles::{self, NewRole};
use tenure::rules::users::{self, Access, NewUser};
use tenure::rules::{Context, Decision, Operation};
use tenure::store::{Change, Guard};

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound { what: RecordKind::User };

fn manages(units: impl Into<ScopeOf>) -> Context {
    holding(&[permissions::USERS_MANAGE, prices()], units)
}

#[test]
fn ps3_a_scope_covers_its_units_and_all_below_them() {
    let rights = rights(&[prices()], [berlin()]);
    let (berlin, mitte, paris) = (unit(berlin()), unit(mitte()), unit(paris()));
    assert!(rights.may(&prices(), Place::In(&berlin.path)));
    assert!(rights.may(&prices(), Place::In(&mitte.path)));
    assert!(!rights.may(&prices(), Place::In(&paris.path)));
    assert!(!rights.may(&prices(), Place::Everywhere));
    assert!(!rights.may(&reports(), Place::In(&berlin.path)));
    assert_eq!(rights.scope_of(&prices()), Some(Scope::from([berlin.id])));
    assert_eq!(rights.scope_of(&reports()), None);
}

#[test]
fn ps3_the_sum_of_grants_reaches_wherever_one_of_them_does() {
    let grants = [
        Grant::permission(reports(), Scope::from([berlin()])),
        Grant::permission(reports(), Scope::from([paris()])),
        Grant::role(clerk(), Scope::from([berlin()])),
    ];
    let clerk_role = role(clerk());
    let rights = Rights::of(&grants, |id| (id == clerk()).then_some(&clerk_role.value));
    assert_eq!(rights.scope_of(&reports()), Some(Scope::from([berlin(), paris()])));
    assert_eq!(rights.scope_of(&prices()), Some(Scope::from([berlin()])));
    assert_eq!(Rights::either(Scope::All, Scope::from([berlin()])), Scope::All);
}

#[test]
fn a_role_that_is_not_known_gives_nothing() {
    let rights = Rights::of(&[Grant::role(clerk(), Scope::All)], |_| None);
    assert_eq!(rights, Rights::default());
}

#[test]
fn r1_every_permission_is_covered_only_by_every_permission() {
    let all_of_ours = rights(&permissions::ALL, Scope::All);
    assert!(!all_of_ours.cover_everywhere(&PermissionSet::All));
    assert!(Rights::everything().cover_everywhere(&PermissionSet::All));
    assert!(all_of_ours.cover_everywhere(&PermissionSet::from(permissions::ALL)));
    let path = UnitPath::root(berlin());
    assert!(Rights::everything().are_all_at(Place::In(&path)));
    assert!(!all_of_ours.are_all_at(Place::In(&path)));
}

#[test]
fn r1_a_unit_that_is_not_known_is_covered_by_nobody() {
    let held = rights(&[prices()], [paris()]);
    assert!(Rights::everything().cover(&held, &around().units));
    assert!(!Rights::everything().cover(&held, &Units::default()));
}

#[test]
fn r1_nobody_gives_what_they_do_not_hold_nor_where_they_do_not() {
    let kate = user(active());
    assert_eq!(may_give(&manages([berlin()]), &kate, &around()), Ok(()));
    assert_eq!(may_give(&manages(Scope::All), &kate, &around()), Ok(()));
    for actor in [
        manages([mitte()]),
        manages([paris()]),
        holding(&[permissions::USERS_MANAGE], [berlin()]),
        holding(&[prices()], [berlin()]),
        nobody(),
    ] {
        assert_eq!(may_give(&actor, &kate, &around()), Err(Denied::BeyondOwnRights));
    }
}

#[test]
fn r1_rights_that_were_not_loaded_are_never_given() {
    let kate = user(active());
    let without_role = surroundings([], [berlin()]);
    assert_eq!(may_give(&admin(), &kate, &without_role), Err(Denied::BeyondOwnRights));
    let without_unit = surroundings([clerk()], []);
    assert_eq!(may_give(&admin(), &kate, &without_unit), Err(Denied::BeyondOwnRights));
}

#[test]
fn r3_whoever_holds_more_is_out_of_reach() {
    let kate = administrator_kate(active());
    let support = holding(&[permissions::USERS_MANAGE, permissions::SESSIONS_MANAGE], Scope::All);
    for operation in [
        Operation::ChangeStatus,
        Operation::EditProfile,
        Operation::DeleteUser,
        Operation::EndSessions,
    ] {
        assert_eq!(
            may_act_on(&support, operation, &kate, &around()),
            Err(Denied::BeyondOwnRights)
        );
        assert_eq!(may_act_on(&admin(), operation, &kate, &around()), Ok(()));
    }
}

#[test]
fn r3_all_units_of_the_other_must_be_in_care() {
    let both = user_with(active(), |user| user.memberships = BTreeSet::from([paris()]));
    let act = |cx: &Context| may_act_on(cx, Operation::ChangeStatus, &both, &around());
    assert_eq!(act(&manages([berlin(), paris()])), Ok(()));
    assert_eq!(act(&manages([berlin()])), Err(Denied::BeyondOwnRights));
    assert_eq!(act(&manages([paris()])), Err(Denied::BeyondOwnRights));
    assert_eq!(act(&manages([mitte()])), Err(NOT_FOUND));
    assert_eq!(act(&nobody()), Err(Denied::Forbidden));
}

#[test]
fn r3_who_belongs_nowhere_is_in_the_care_of_those_with_everything() {
    let nowhere = user_with(active(), |user| user.grants.clear());
    let act = |cx: &Context| may_act_on(cx, Operation::ChangeStatus, &nowhere, &around());
    assert_eq!(act(&manages(Scope::All)), Ok(()));
    assert_eq!(act(&manages([berlin(), paris()])), Err(NOT_FOUND));
    let everywhere = user_with(active(), |user| {
        user.grants.push(Grant::permission(prices(), Scope::All));
    });
    assert_eq!(
        may_act_on(
            &manages([berlin(), paris()]),
            Operation::ChangeStatus,
            &everywhere,
            &around()
        ),
        Err(Denied::BeyondOwnRights)
    );
}

#[test]
fn r4_a_user_is_seen_by_whoever_has_one_of_their_units() {
    let both = user_with(active(), |user| user.memberships = BTreeSet::from([paris()]));
    for (scope, seen) in [([berlin()], true), ([paris()], true), ([mitte()], false)] {
        let reader = holding(&[permissions::USERS_READ], scope);
        let expected = if seen { Ok(()) } else { Err(NOT_FOUND) };
        assert_eq!(may_see(&reader, Operation::ReadUsers, &both, &around()), expected);
    }
    assert_eq!(
        may_see(&nobody(), Operation::ReadUsers, &both, &around()),
        Err(Denied::Forbidden)
    );
}

#[test]
fn a_decision_about_rights_guards_each_role_and_unit() {
    let at = |record: tenure::model::RecordId, version| Guard {
        record,
        version: Version::new(version),
    };
    assert_eq!(
        surroundings([clerk()], [berlin(), paris()]).guards(),
        [at(clerk().into(), 8), at(berlin().into(), 4), at(paris().into(), 6)]
    );
}

#[test]
fn all_that_grants_and_memberships_name_must_exist() {
    let gone: (RoleId, UnitId) = (id(98), id(99));
    let grants = [
        Grant::role(gone.0, Scope::All),
        Grant::permission(prices(), Scope::from([gone.1])),
        Grant::permission(prices(), Scope::from([])),
    ];
    let wrong = |field, problem: Problem| FieldError::new(field, problem);
    assert_eq!(
        around().check_exist(&grants, &BTreeSet::from([gone.1])),
        Err(Denied::Invalid {
            fields: vec![
                wrong("grants.role", Problem::Unknown(RecordKind::Role)),
                wrong("grants.scope", Problem::Unknown(RecordKind::Unit)),
                wrong("grants.scope", Problem::Missing),
                wrong("memberships", Problem::Unknown(RecordKind::Unit)),
            ]
        })
    );
    assert_eq!(around().check_exist(&[], &BTreeSet::new()), Ok(()));
}

#[test]
fn grants_scopes_and_memberships_have_a_limit() {
    let units: Vec<UnitId> = (1_000..1_101).map(id).collect();
    let known = Surroundings {
        units: Units(units.iter().map(|id| (*id, unit(*id))).collect()),
        ..around()
    };
    let check =
        |grants: &[Grant], memberships: &[UnitId]| known.check_exist(grants, &memberships.iter().copied().collect());
    let too_many = |field| Err(Denied::invalid(field, Problem::TooMany { max: 100 }));
    let grant = |units: &[UnitId]| Grant::permission(prices(), Scope::from(units.iter().copied()));
    let grants: Vec<Grant> = units.iter().map(|unit| grant(&[*unit])).collect();
    assert_eq!(check(&grants[..100], &units[..100]), Ok(()));
    assert_eq!(check(&grants, &[]), too_many("grants"));
    assert_eq!(check(&[grant(&units[..100])], &[]), Ok(()));
    assert_eq!(check(&[grant(&units)], &[]), too_many("grants.scope"));
    assert_eq!(check(&[], &units), too_many("memberships"));
}

// A tenant of seven units in two trees, three roles, and everything that can be granted there.

const PARENTS: [Option<usize>; 7] = [None, Some(0), Some(0), Some(1), None, Some(4), Some(5)];

fn nth_unit(index: usize) -> UnitId {
    id(100 + index as u128)
}

fn path_of(index: usize) -> UnitPath {
    PARENTS[index].map_or_else(
        || UnitPath::root(nth_unit(index)),
        |parent| path_of(parent).child(nth_unit(index)),
    )
}

fn nth_role(index: usize) -> RoleId {
    id(200 + index as u128)
}

fn world() -> Surroundings {
    let unit = |index| OrgUnit {
        id: nth_unit(index),
        name: name("a unit"),
        kind: UnitKind::Department,
        path: path_of(index),
        created_at: long_ago(),
    };
    let sets = [
        PermissionSet::All,
        PermissionSet::from([prices()]),
        PermissionSet::from([prices(), reports(), permissions::USERS_MANAGE]),
    ];
    let role = |(index, permissions)| Role {
        id: nth_role(index),
        name: name("a role"),
        permissions,
        built_in: index == 0,
        created_at: long_ago(),
    };
    Surroundings {
        roles: sets
            .into_iter()
            .enumerate()
            .map(role)
            .map(|role| (role.id, loaded(1, role)))
            .collect(),
        units: Units(
            (0..PARENTS.len())
                .map(|index| (nth_unit(index), loaded(1, unit(index))))
                .collect(),
        ),
        employee: None,
    }
}

fn scope() -> impl Strategy<Value = Scope> {
    let units = prop::collection::btree_set((0..PARENTS.len()).prop_map(nth_unit), 1..4);
    prop_oneof![1 => Just(Scope::All), 4 => units.prop_map(Scope::Units)]
}

fn permission() -> impl Strategy<Value = Permission> {
    prop::sample::select(vec![
        prices(),
        reports(),
        permissions::USERS_MANAGE,
        permissions::ROLES_MANAGE,
    ])
}

fn grant() -> impl Strategy<Value = Grant> {
    let of_role = ((0..3_usize).prop_map(nth_role), scope()).prop_map(|(role, scope)| Grant::role(role, scope));
    let of_permission = (permission(), scope()).prop_map(|(permission, scope)| Grant::permission(permission, scope));
    prop_oneof![1 => of_role, 2 => of_permission]
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    prop::collection::vec(grant(), 0..5)
}

/// Grants to an actor that let them do something at all.
fn managing_grants() -> impl Strategy<Value = Vec<Grant>> {
    (grants(), scope()).prop_map(|(mut grants, scope)| {
        grants.push(Grant::permission(permissions::USERS_MANAGE, scope));
        grants
    })
}

/// Every place of the tenant.
fn places() -> Vec<Option<UnitPath>> {
    (0..PARENTS.len()).map(path_of).map(Some).chain([None]).collect()
}

fn place(path: Option<&UnitPath>) -> Place<'_> {
    path.map_or(Place::Everywhere, Place::In)
}

fn probes() -> [Permission; 5] {
    [
        prices(),
        reports(),
        permissions::USERS_MANAGE,
        permissions::ROLES_MANAGE,
        Permission::new("of.the.host").unwrap(),
    ]
}

/// Whether `after` allows anything anywhere that neither `before` nor `giver` did: looked up one by one, not by `cover`.
fn gained_beyond(before: &Rights, after: &Rights, giver: &Rights) -> bool {
    places().iter().any(|path| {
        probes().iter().any(|permission| {
            let place = place(path.as_ref());
            after.may(permission, place) && !before.may(permission, place) && !giver.may(permission, place)
        })
    })
}

fn users_written<T>(decision: &Decision<T>) -> Vec<User> {
    let user = |change: &Change| match change {
        Change::Insert(entry) | Change::Update { entry, .. } => match &entry.record {
            Record::User(user) => Some(user.clone()),
            _ => None,
        },
        _ => None,
    };
    decision.changes.iter().filter_map(user).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r1_cover_is_reflexive_and_grows_with_more_grants(one in grants(), more in grants()) {
        let world = world();
        let (rights, units) = (world.rights(&one), &world.units);
        prop_assert!(rights.cover(&rights, units));
        prop_assert!(rights.cover(&Rights::default(), units));
        let both = world.rights(&[one, more.clone()].concat());
        prop_assert!(both.cover(&rights, units) && both.cover(&world.rights(&more), units));
    }

    #[test]
    fn r1_cover_is_transitive(one in grants(), two in grants(), three in grants()) {
        let world = world();
        let (one, two, three) = (world.rights(&one), world.rights(&two), world.rights(&three));
        if one.cover(&two, &world.units) && two.cover(&three, &world.units) {
            prop_assert!(one.cover(&three, &world.units));
        }
    }

    #[test]
    fn r1_what_is_covered_may_be_done_wherever_the_other_may(one in grants(), two in grants()) {
        let world = world();
        let (one, two) = (world.rights(&one), world.rights(&two));
        if one.cover(&two, &world.units) {
            prop_assert!(!gained_beyond(&Rights::default(), &two, &one));
        }
    }

    #[test]
    fn scope_of_and_may_tell_the_same(grants in grants(), permission in permission()) {
        let rights = world().rights(&grants);
        for path in places() {
            let reached = match (rights.scope_of(&permission), &path) {
                (None, _) | (Some(Scope::Units(_)), None) => false,
                (Some(Scope::All), _) => true,
                (Some(Scope::Units(units)), Some(path)) => path.iter().any(|unit| units.contains(&unit)),
            };
            prop_assert_eq!(rights.may(&permission, place(path.as_ref())), reached);
        }
    }

    #[test]
    fn r2_a_created_user_holds_nothing_beyond_their_maker(
        held in managing_grants(),
        given in grants(),
        members in prop::collection::btree_set((0..PARENTS.len()).prop_map(nth_unit), 0..3),
    ) {
        let world = world();
        let cx = cx(world.rights(&held));
        let mut access = Access::none().member_of(members);
        access.grants = given;
        if let Ok(decision) = users::create_internal(&cx, &NewUser::new("Eve", "Adams", "eve@example.com"), &access, &world) {
            for user in users_written(&decision) {
                prop_assert!(!gained_beyond(&Rights::default(), &world.rights(&user.grants), &cx.rights));
                let in_care = |unit: &UnitId| {
                    let path = &world.units.0[unit].path;
                    cx.rights.may(&permissions::USERS_MANAGE, Place::In(path))
                };
                prop_assert!(user.units().iter().all(in_care));
            }
        }
    }

    #[test]
    fn r2_r3_changed_rights_stay_within_those_of_whoever_changes_them(
        held in managing_grants(),
        before in grants(),
        after in grants(),
    ) {
        let world = world();
        let cx = cx(world.rights(&held));
        let kate = user_with(active(), |user| user.grants.clone_from(&before));
        if let Ok(decision) = users::change_grants(&cx, Some(&kate), &after, &world) {
            let (before, after) = (world.rights(&before), world.rights(&decision.outcome.grants));
            prop_assert!(!gained_beyond(&Rights::default(), &before, &cx.rights), "acted on somebody with more");
            prop_assert!(!gained_beyond(&Rights::default(), &after, &cx.rights));
        }
    }

    #[test]
    fn r2_an_edited_role_gives_nobody_anything_beyond_the_editor(
        held in grants(),
        theirs in grants(),
        permissions in prop::collection::btree_set(permission(), 0..4),
    ) {
        let mut world = world();
        let mut rights = held;
        rights.push(Grant::permission(permissions::ROLES_MANAGE, Scope::All));
        let cx = cx(world.rights(&rights));
        let before = world.rights(&theirs);
        let input = NewRole::new("Edited").permissions(permissions.iter().map(Permission::as_str));
        let edited: Loaded<Role> = world.roles[&nth_role(1)].clone();
        if let Ok(decision) = roles::edit(&cx, Some(&edited), &input) {
            world.roles.insert(edited.id, loaded(2, decision.outcome));
            prop_assert!(!gained_beyond(&before, &world.rights(&theirs), &cx.rights));
        }
    }

    #[test]
    fn d2_a_moved_path_is_the_new_place_and_what_was_below(above in 0..4_u128, below in 0..4_u128, place in 0..4_u128) {
        let line = |from: u128, count: u128| (from..from + count).map(id::<UnitId>).collect::<Vec<_>>();
        let path = |units: Vec<UnitId>| {
            let mut units = units.into_iter();
            let root = UnitPath::root(units.next().unwrap());
            units.fold(root, |path, unit| path.child(unit))
        };
        let moved: UnitId = id(500);
        let (old, new, tail) = (line(1, above), line(100, place), line(600, below));
        let before = path([old, vec![moved], tail.clone()].concat());
        let to = path([new.clone(), vec![moved]].concat());
        let after = before.rebased(moved, &to);
        prop_assert_eq!(&after, &path([new, vec![moved], tail].concat()));
        prop_assert_eq!(after.unit(), before.unit());
        prop_assert!(after.is_within(moved));
        prop_assert_eq!(after.rebased(moved, &to), after, "moving to where it is changes nothing");
    }
}

#[test]
fn the_random_tenant_is_sometimes_given_something() {
    let world = world();
    let cx = cx(world.rights(&[Grant::role(nth_role(2), Scope::from([nth_unit(0)]))]));
    let access = Access::none().and_permission(reports()).within([nth_unit(3)]);
    let made = users::create_internal(&cx, &NewUser::new("Eve", "Adams", "eve@example.com"), &access, &world);
    assert_eq!(users_written(&made.unwrap()).len(), 1);
}
