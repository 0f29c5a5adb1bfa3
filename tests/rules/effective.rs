//! What a user may do in all, and why.

use tenure::model::{Grant, RecordKind, Right, Scope, permissions};
use tenure::rules::effective::{EffectivePermission, effective_rights};
use tenure::rules::rights::Surroundings;
use tenure::{Against, Denied};

use crate::fixture::*;

/// A permission, where, and by which grants: roles by name.
type Told = (Option<String>, Scope, Vec<(Option<String>, Scope)>);

fn told(permission: &EffectivePermission) -> Told {
    let given_by = permission.given_by.iter().map(|by| {
        assert_eq!(by.role.is_some(), matches!(by.grant.right, Right::Role(_)));
        (by.role.as_ref().map(ToString::to_string), by.grant.scope.clone())
    });
    let name = permission.permission.as_ref().map(ToString::to_string);
    (name, permission.scope.clone(), given_by.collect())
}

#[test]
fn cp3_ps3_each_permission_comes_with_the_grants_that_give_it() {
    let kate = user_with(active(), |user| {
        user.grants = vec![
            Grant::role(clerk(), Scope::from([berlin()])),
            Grant::permission(prices(), Scope::from([paris()])),
            Grant::permission(reports(), Scope::All),
        ];
    });
    let rights = effective_rights(&admin(), Some(&kate), &around()).unwrap();
    assert_eq!(rights.against, []);
    let told: Vec<_> = rights.permissions.iter().map(told).collect();
    let clerk = Some("Clerk".to_owned());
    let expected = [
        (
            Some("prices.change".to_owned()),
            Scope::from([berlin(), paris()]),
            vec![(clerk, Scope::from([berlin()])), (None, Scope::from([paris()]))],
        ),
        (Some("reports.read".to_owned()), Scope::All, vec![(None, Scope::All)]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn r1_an_administrator_has_every_permission_there_is() {
    let rights = effective_rights(&admin(), Some(&administrator_kate(active())), &around()).unwrap();
    let told: Vec<_> = rights.permissions.iter().map(told).collect();
    let by = vec![(Some("Administrator".to_owned()), Scope::All)];
    assert_eq!(told, [(None, Scope::All, by)]);
}

#[test]
fn rights_that_cannot_be_used_now_are_told_with_what_stands_against_it() {
    let rights = effective_rights(&admin(), Some(&user(invited())), &around()).unwrap();
    assert_eq!(rights.permissions.len(), 1);
    assert_eq!(rights.against, [Against::NotActive(tenure::model::StatusKind::Invited)]);
    // A role that is not there gives nothing.
    let unknown = effective_rights(&admin(), Some(&user(active())), &Surroundings::default()).unwrap();
    assert_eq!(unknown.permissions, []);
}

#[test]
fn r3_r4_they_are_told_to_those_who_see_the_user() {
    let kate = user(active());
    let ask = |cx: &tenure::rules::Context| effective_rights(cx, Some(&kate), &around()).map(drop);
    let not_found = Err(Denied::NotFound { what: RecordKind::User });
    assert_eq!(ask(&holding(&[permissions::USERS_READ], [berlin()])), Ok(()));
    assert_eq!(ask(&holding(&[permissions::USERS_READ], [paris()])), not_found);
    assert_eq!(ask(&nobody()), Err(Denied::Forbidden));
    assert_eq!(effective_rights(&admin(), None, &around()).map(drop), not_found);
}
