use tenure::Denied;
use tenure::error::{FieldError, Problem};
use tenure::model::{PermissionSet, RecordKind, Role, Scope, What, permissions};
use tenure::rules::Context;
use tenure::rules::roles::{self, NewRole};
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
