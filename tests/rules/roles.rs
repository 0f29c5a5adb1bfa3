use tenure::Denied;
use tenure::error::{FieldError, Problem};
use tenure::model::{Grant, Loaded, PermissionSet, RecordKind, Role, Scope, User, What, permissions};
use tenure::rules::Context;
use tenure::rules::rights::Surroundings;
use tenure::rules::roles::{self, NewRole};
use tenure::store::Guard;
use tenure::text::TextError;

use crate::fixture::*;

fn new_role() -> NewRole {
    NewRole::new("Pricing").permissions(["prices.change"])
}

fn added() -> Role {
    Role {
        id: fresh(0),
        name: name("Pricing"),
        permissions: PermissionSet::from([prices()]),
        built_in: false,
        created_at: now(),
    }
}

/// May edit roles, and change prices, everywhere.
fn editor() -> Context {
    holding(&[permissions::ROLES_MANAGE, prices()], Scope::All)
}

/// May do the same in Berlin only.
fn of_berlin() -> Context {
    holding(&[permissions::ROLES_MANAGE, prices()], [berlin()])
}

#[test]
fn bi1_a_role_is_added() {
    let cx = editor();
    let what = What::RoleAdded {
        name: name("Pricing"),
        permissions: PermissionSet::from([prices()]),
    };
    assert_eq!(
        roles::add(&cx, &new_role()),
        Ok(decision(
            &cx,
            [],
            vec![insert(added())],
            vec![event(added().id, what)],
            added()
        ))
    );
}

#[test]
fn r1_nobody_puts_into_a_role_what_they_do_not_hold_everywhere() {
    let beyond = NewRole::new("Pricing").permissions(["prices.change", "reports.read"]);
    assert_eq!(roles::add(&editor(), &beyond), Err(Denied::BeyondOwnRights));
    assert_eq!(
        roles::edit(&editor(), Some(&role(clerk())), &beyond),
        Err(Denied::BeyondOwnRights)
    );
    let mut holds_more = role(clerk());
    holds_more.value.permissions = PermissionSet::from([prices(), reports()]);
    assert_eq!(
        roles::edit(&editor(), Some(&holds_more), &new_role()),
        Err(Denied::BeyondOwnRights)
    );
    assert_eq!(
        roles::remove(&editor(), Some(&holds_more)),
        Err(Denied::BeyondOwnRights)
    );
}

#[test]
fn a_role_is_edited() {
    let (cx, before) = (editor(), role(clerk()));
    let after = Role {
        name: name("Pricing"),
        ..before.value.clone()
    };
    let what = What::RoleEdited {
        from: (name("Clerk"), PermissionSet::from([prices()])),
        to: (name("Pricing"), PermissionSet::from([prices()])),
    };
    assert_eq!(
        roles::edit(&cx, Some(&before), &new_role()),
        Ok(decision(
            &cx,
            [],
            vec![update(&before, after.clone())],
            vec![event(clerk(), what)],
            after
        ))
    );
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let (cx, before) = (editor(), role(clerk()));
    let same = NewRole::new("Clerk").permissions(["prices.change", "prices.change"]);
    assert_eq!(roles::edit(&cx, Some(&before), &same), Ok(nothing(&cx, before.value)));
}

#[test]
fn r7_a_role_is_removed_unless_the_store_finds_it_in_use() {
    let (cx, before) = (editor(), role(clerk()));
    let what = What::RoleRemoved { name: name("Clerk") };
    assert_eq!(
        roles::remove(&cx, Some(&before)),
        Ok(decision(&cx, [], vec![remove(&before)], vec![event(clerk(), what)], ()))
    );
}

#[test]
fn r5_the_administrator_role_is_not_for_editing() {
    let administrator = role(administrator());
    assert_eq!(
        roles::edit(&admin(), Some(&administrator), &new_role()),
        Err(Denied::BuiltInRole)
    );
    assert_eq!(roles::remove(&admin(), Some(&administrator)), Err(Denied::BuiltInRole));
}

#[test]
fn a_role_that_is_not_there_is_not_found() {
    let not_found = Denied::NotFound { what: RecordKind::Role };
    assert_eq!(roles::edit(&admin(), None, &new_role()), Err(not_found.clone()));
    assert_eq!(roles::remove(&admin(), None), Err(not_found));
}

#[test]
fn roles_take_their_permission_everywhere() {
    let clerk = role(clerk());
    for cx in [nobody(), of_berlin(), holding(&[permissions::USERS_MANAGE], Scope::All)] {
        assert_eq!(roles::add(&cx, &new_role()), Err(Denied::Forbidden));
        assert_eq!(roles::edit(&cx, Some(&clerk), &new_role()), Err(Denied::Forbidden));
        assert_eq!(roles::remove(&cx, Some(&clerk)), Err(Denied::Forbidden));
    }
}

#[test]
fn every_wrong_field_of_a_role_is_named() {
    let wrong = NewRole::new(" ").permissions(["Prices", "prices.change"]);
    let Err(Denied::Invalid { fields }) = roles::add(&admin(), &wrong) else {
        panic!("accepted")
    };
    assert_eq!(
        fields.iter().map(|error| error.field).collect::<Vec<_>>(),
        ["name", "permissions"]
    );
    assert_eq!(fields[0], FieldError::new("name", TextError::Empty));
}

#[test]
fn a_role_holds_500_permissions_at_most() {
    let many = |count: usize| NewRole::new("Many").permissions((0..count).map(|number| format!("host.p{number}")));
    assert!(roles::add(&admin(), &many(500)).is_ok());
    assert_eq!(
        roles::add(&admin(), &many(501)),
        Err(Denied::invalid("permissions", Problem::TooMany { max: 500 }))
    );
}

/// Kate is a clerk in Berlin and everywhere, and may read reports.
fn clerk_twice() -> Loaded<User> {
    user_with(active(), |user| {
        user.grants = vec![
            Grant::role(clerk(), Scope::All),
            Grant::role(clerk(), Scope::from([berlin()])),
            Grant::permission(reports(), Scope::All),
        ];
    })
}

/// A role that allows nothing but what the clerk's does.
fn seller() -> Loaded<Role> {
    let mut seller = role(clerk());
    seller.value.id = id(22);
    seller.value.name = name("Seller");
    seller
}

fn with_seller() -> Surroundings {
    let mut around = around();
    around.roles.insert(seller().id, seller());
    around
}

#[test]
fn r7_everyone_who_has_a_role_has_another_instead_where_they_had_it() {
    let (cx, kate) = (admin(), clerk_twice());
    let (from, to) = (role(clerk()), seller());
    let mut after = kate.value.clone();
    after.grants = vec![
        Grant::role(to.id, Scope::All),
        Grant::role(to.id, Scope::from([berlin()])),
        Grant::permission(reports(), Scope::All),
    ];
    let changed = What::GrantsChanged {
        from: kate.grants.clone(),
        to: after.grants.clone(),
    };
    let moved = What::RoleMoved {
        from: from.id,
        to: to.id,
        users: 1,
    };
    let guards = [Guard::on(&from), Guard::on(&to)]
        .into_iter()
        .chain(with_seller().guards());
    let events = vec![event(kate.id, changed), event(from.id, moved)];
    let expected = decision(&cx, guards, vec![update(&kate, after)], events, 1);
    let decided = roles::move_users(&cx, Some(&from), Some(&to), &[kate], &with_seller());
    assert_eq!(decided, Ok(expected));
    // Nobody has it: nothing is written.
    let decided = roles::move_users(&cx, Some(&from), Some(&to), &[], &with_seller()).unwrap();
    assert_eq!((decided.outcome, decided.changes, decided.events), (0, vec![], vec![]));
}

#[test]
fn r1_r7_moving_a_role_takes_what_it_takes_to_change_each_of_them() {
    let to = seller();
    let moved = |cx: &Context, users: &[Loaded<User>]| {
        roles::move_users(cx, Some(&role(clerk())), Some(&to), users, &with_seller()).map(drop)
    };
    let beyond = Err(Denied::BeyondOwnRights);
    let enough = [
        permissions::ROLES_MANAGE,
        permissions::USERS_MANAGE,
        prices(),
        reports(),
    ];
    assert_eq!(moved(&holding(&enough, Scope::All), &[clerk_twice()]), Ok(()));
    assert_eq!(moved(&holding(&enough[..3], Scope::All), &[clerk_twice()]), beyond);
    let without_users = [permissions::ROLES_MANAGE, prices(), reports()];
    assert_eq!(moved(&holding(&without_users, Scope::All), &[clerk_twice()]), beyond);
    assert_eq!(moved(&holding(&enough, [berlin()]), &[]), Err(Denied::Forbidden));
    // One of them holds more than the actor: nobody is moved.
    let above = administrator_kate(active());
    let both = user_with(active(), |user| {
        user.grants.extend(above.grants.clone());
    });
    assert_eq!(moved(&holding(&enough, Scope::All), &[clerk_twice(), both]), beyond);
}

#[test]
fn r5_r7_moving_a_role_is_refused_with_the_exact_reason() {
    let (from, to) = (role(clerk()), seller());
    let moved = |from: Option<&Loaded<Role>>, to: Option<&Loaded<Role>>, users: &[Loaded<User>]| {
        roles::move_users(&admin(), from, to, users, &with_seller()).map(drop)
    };
    let not_found = Err(Denied::NotFound { what: RecordKind::Role });
    assert_eq!(moved(None, Some(&to), &[]), not_found);
    let unknown = Problem::Unknown(RecordKind::Role);
    assert_eq!(moved(Some(&from), None, &[]), Err(Denied::invalid("to", unknown)));
    assert_eq!(
        moved(Some(&from), Some(&from), &[]),
        Err(Denied::invalid("to", Problem::Repeated))
    );
    let administrators = role(administrator());
    assert_eq!(
        moved(Some(&administrators), Some(&to), &[owner_user()]),
        Err(Denied::OwnerProtected)
    );
    let held = user_with(active(), |user| {
        user.hold = Some(tenure::model::Hold {
            by: None,
            at: now(),
            until: at(1),
        });
    });
    assert_eq!(moved(Some(&from), Some(&to), &[held]), Err(Denied::OnHold));
    let many = vec![user(active()); 1_001];
    assert_eq!(
        moved(Some(&from), Some(&to), &many),
        Err(Denied::TooManyAtOnce { max: 1_000 })
    );
    let last = moved_from_administrators();
    assert_eq!(
        last.changes[0],
        self::administrators(-1),
        "the store refuses the last one"
    );
}

fn moved_from_administrators() -> tenure::rules::Decision<usize> {
    let (from, to) = (role(administrator()), seller());
    roles::move_users(
        &admin(),
        Some(&from),
        Some(&to),
        &[administrator_kate(active())],
        &with_seller(),
    )
    .unwrap()
}
