//! R6: what each public operation takes, and that none is without a row.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tenure::Denied;
use tenure::model::{Permission, Scope, permissions};
use tenure::rules::Operation::{self, *};
use tenure::rules::rights::Place;

use crate::documents;
use crate::fixture::*;

/// The rooms of the desk, as they are written.
const ROOMS: [(&str, &str); 14] = [
    ("api_keys", include_str!("../../src/desk/api_keys.rs")),
    ("bulk", include_str!("../../src/desk/bulk.rs")),
    ("employees", include_str!("../../src/desk/employees.rs")),
    ("history", include_str!("../../src/desk/history.rs")),
    ("invitations", include_str!("../../src/desk/invitations.rs")),
    ("me", include_str!("../../src/desk/me.rs")),
    ("own_api_keys", include_str!("../../src/desk/own_api_keys.rs")),
    ("roles", include_str!("../../src/desk/roles.rs")),
    ("seats", include_str!("../../src/desk/seats.rs")),
    ("sessions", include_str!("../../src/desk/sessions.rs")),
    ("tenant", include_str!("../../src/desk/tenant.rs")),
    ("units", include_str!("../../src/desk/units.rs")),
    ("users", include_str!("../../src/desk/users.rs")),
    ("users", include_str!("../../src/desk/logins.rs")),
];

/// What rooms offer besides, in files of their own.
const ANNEXES: [(&str, &str); 4] = [
    ("me", include_str!("../../src/desk/me/address.rs")),
    ("users", include_str!("../../src/desk/users/address.rs")),
    ("users", include_str!("../../src/desk/users/identity.rs")),
    ("users", include_str!("../../src/desk/users/report.rs")),
];

/// Parts of the desk that are no rooms.
const OTHERS: [&str; 5] = ["attempt_search", "listing", "loading", "logins", "page"];

/// Every method of a desk that takes a permission, with the row that says which.
const METHODS: [(&str, Operation); 93] = [
    ("api_keys.create", CreateApiKey),
    ("api_keys.list", ReadApiKeys),
    ("api_keys.of", ReadApiKeys),
    ("api_keys.revoke", RevokeApiKeys),
    ("api_keys.revoke_all", RevokeApiKeys),
    ("bulk.change_status", ChangeStatus),
    ("bulk.check", Import),
    ("bulk.export_employees", ExportEmployees),
    ("bulk.export_users", ExportUsers),
    ("bulk.import", Import),
    ("employees.add", AddEmployee),
    ("employees.change_supervisor", ChangeSupervisor),
    ("employees.edit", EditEmployee),
    ("employees.get", ReadEmployees),
    ("employees.list", ReadEmployees),
    ("employees.load", ReadEmployees),
    ("employees.move_reports", MoveReports),
    ("employees.remove", RemoveEmployee),
    ("employees.reports", ReadEmployees),
    ("history.all_attempts", ReadAttempts),
    ("history.attempts", ReadAttempts),
    ("history.events", ReadEvents),
    ("history.search", ReadAttempts),
    ("history.search_events", ReadEvents),
    ("invitations.cancel", CancelInvitation),
    ("invitations.hand_out_link", HandOutInvitationLink),
    ("invitations.list", ReadInvitations),
    ("invitations.mails", ReadInvitations),
    ("invitations.preview_mail", SendInvitation),
    ("invitations.resend", SendInvitation),
    ("invitations.send", SendInvitation),
    ("roles.add", AddRole),
    ("roles.edit", EditRole),
    ("roles.list", ReadRoles),
    ("roles.load", ReadRoles),
    ("roles.move_users", MoveRole),
    ("roles.remove", RemoveRole),
    ("seats.count", ReadSeats),
    ("sessions.active", ReadSessions),
    ("sessions.end", EndSessions),
    ("sessions.end_all", EndSessions),
    ("sessions.of", ReadSessions),
    ("tenant.rename", RenameTenant),
    ("units.add", AddUnit),
    ("units.list", ReadUnits),
    ("units.load", ReadUnits),
    ("units.move_below", MoveUnit),
    ("units.remove", RemoveUnit),
    ("units.rename", RenameUnit),
    ("users.activate", ChangeStatus),
    ("users.allow", ChangeAllowlist),
    ("users.cancel_address_change", CancelAddressChange),
    ("users.candidates", ReadCandidates),
    ("users.change_address", ChangeAddress),
    ("users.change_allowlist", ChangeAllowlist),
    ("users.change_grants", ChangeGrants),
    ("users.change_memberships", ChangeMemberships),
    ("users.change_status", ChangeStatus),
    ("users.create", CreateUser),
    ("users.create_external", CreateUser),
    ("users.create_for", CreateUser),
    ("users.create_program", CreateUser),
    ("users.deactivate", ChangeStatus),
    ("users.delete", DeleteUser),
    ("users.deletion_report", ReadDeletionReport),
    ("users.disable", ChangeStatus),
    ("users.disallow", ChangeAllowlist),
    ("users.edit", EditUser),
    ("users.edit_profile", EditProfile),
    ("users.effective_rights", ReadEffectiveRights),
    ("users.end_lockout", EndLockout),
    ("users.explain_permission", ExplainPermission),
    ("users.explain_sign_in", ExplainSignIn),
    ("users.get", ReadUsers),
    ("users.grant", ChangeGrants),
    ("users.hold", HoldForDeletion),
    ("users.link_identity", LinkIdentity),
    ("users.list", ReadUsers),
    ("users.load", ReadUsers),
    ("users.lockout", ReadLockout),
    ("users.reactivate", ChangeStatus),
    ("users.reinstate", ChangeStatus),
    ("users.release", HoldForDeletion),
    ("users.restore", RestoreUser),
    ("users.revoke", ChangeGrants),
    ("users.schedule_end", ChangeStatus),
    ("users.schedule_start", ChangeStatus),
    ("users.send_one_time_password", SendOneTimePassword),
    ("users.security_report", ReadSecurityReport),
    ("users.send_reset", SendReset),
    ("users.send_security_report", SendSecurityReport),
    ("users.suspend", ChangeStatus),
    ("users.unlink_identity", LinkIdentity),
];

/// Every method that takes none, and why that is right.
const WITHOUT_PERMISSION: [(&str, &str); 20] = [
    ("me.cancel_address_change", "the own account"),
    ("me.change_address", "the own account"),
    ("me.change_password", "the own account"),
    ("me.edit_profile", "the own account"),
    ("me.end_other_sessions", "the own account"),
    ("me.end_session", "the own account"),
    ("me.load", "the own account"),
    ("me.sessions", "the own account"),
    ("me.sign_out", "the own account"),
    ("me.user", "the own account"),
    (
        "own_api_keys.create",
        "the own account (`me().api_keys()`), no more than one holds",
    ),
    ("own_api_keys.list", "the own account (`me().api_keys()`)"),
    ("own_api_keys.revoke", "the own account (`me().api_keys()`)"),
    ("own_api_keys.revoke_all", "the own account (`me().api_keys()`)"),
    ("tenant.change_seat_contract", "the host's own code"),
    ("tenant.get", "whoever is signed in"),
    ("tenant.hand_over", "the owner, or the host's own code"),
    ("tenant.load", "whoever is signed in"),
    ("tenant.reinstate", "the host's own code"),
    ("tenant.suspend", "the host's own code"),
];

/// The methods that a room offers.
fn methods_of((room, source): (&str, &str)) -> Vec<String> {
    let names = source.lines().filter_map(|line| line.strip_prefix("    pub async fn "));
    names
        .map(|rest| rest.split(['(', '<']).next().unwrap_or_default())
        .map(|name| format!("{room}.{name}"))
        .collect()
}

#[test]
fn r6_every_method_of_a_desk_has_a_row_or_a_reason_to_have_none() {
    let written: BTreeSet<String> = ROOMS.into_iter().chain(ANNEXES).flat_map(methods_of).collect();
    let with = METHODS.iter().map(|(method, _)| *method);
    let without = WITHOUT_PERMISSION.iter().map(|(method, _)| *method);
    let listed: BTreeSet<String> = with.chain(without).map(str::to_owned).collect();
    assert_eq!(written, listed);
    assert_eq!(
        listed.len(),
        METHODS.len() + WITHOUT_PERMISSION.len(),
        "none is listed twice"
    );
}

#[test]
fn r6_every_room_of_the_desk_is_looked_at() {
    let desk = include_str!("../../src/desk/mod.rs");
    let modules = desk
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let known = ROOMS.iter().map(|(room, _)| *room).chain(OTHERS);
    assert_eq!(modules.collect::<BTreeSet<_>>(), known.collect::<BTreeSet<_>>());
    assert_eq!(
        methods_of(("desk", desk)),
        [""; 0],
        "what a desk offers is in its rooms"
    );
}

#[test]
fn r6_every_row_is_a_method_and_is_asked_for_by_a_rule_or_a_room() {
    let sources = [
        include_str!("../../src/rules/addresses.rs"),
        include_str!("../../src/rules/allowlists.rs"),
        include_str!("../../src/rules/api_keys.rs"),
        include_str!("../../src/rules/deletion.rs"),
        include_str!("../../src/rules/employees.rs"),
        include_str!("../../src/rules/identity.rs"),
        include_str!("../../src/rules/invitations.rs"),
        include_str!("../../src/rules/lockouts.rs"),
        include_str!("../../src/rules/one_time.rs"),
        include_str!("../../src/rules/resets.rs"),
        include_str!("../../src/rules/roles.rs"),
        include_str!("../../src/rules/sessions.rs"),
        include_str!("../../src/rules/status.rs"),
        include_str!("../../src/rules/tenant.rs"),
        include_str!("../../src/rules/units.rs"),
        include_str!("../../src/rules/effective.rs"),
        include_str!("../../src/rules/security_report.rs"),
        include_str!("../../src/rules/users.rs"),
        include_str!("../../src/rules/users/create.rs"),
        include_str!("../../src/rules/users/edit.rs"),
        include_str!("../../src/rules/users/grants.rs"),
        include_str!("../../src/rules/users/profile.rs"),
    ];
    let sources = sources.into_iter().chain(ROOMS.map(|(_, source)| source));
    let sources: Vec<&str> = sources.collect();
    for operation in Operation::ALL {
        let rows: Vec<_> = METHODS.iter().filter(|(_, row)| row == operation).collect();
        assert!(!rows.is_empty(), "{operation:?}");
        let own = rows.iter().any(|(method, _)| *method == operation.verb());
        assert!(
            own || *operation == ChangeStatus,
            "{operation:?} is {}",
            operation.verb()
        );
        let name = format!("Operation::{operation:?}");
        let asks = |source: &&str| {
            source
                .match_indices(&name)
                .any(|(at, _)| ends_there(source, at + name.len()))
        };
        assert!(sources.iter().any(asks), "{name} is asked for nowhere");
    }
}

fn ends_there(source: &str, end: usize) -> bool {
    source[end..].chars().next().is_none_or(|next| !next.is_alphanumeric())
}

/// Every permission of the crate's own, and one of a host's.
fn every_permission() -> impl Iterator<Item = Permission> {
    permissions::ALL.into_iter().chain([prices()])
}

#[test]
fn r6_the_listed_permissions_suffice_and_no_other_does() {
    for operation in Operation::ALL {
        for permission in every_permission() {
            let listed = operation.permissions().contains(&permission);
            let expected = if listed { Ok(()) } else { Err(Denied::Forbidden) };
            let everywhere = holding(std::slice::from_ref(&permission), Scope::All);
            assert_eq!(
                everywhere.permit(*operation),
                expected,
                "{operation:?} with {permission}"
            );
            assert_eq!(
                everywhere.permit_everywhere(*operation),
                expected,
                "{operation:?} with {permission}"
            );
            assert_eq!(everywhere.may(*operation, Place::Everywhere), listed);

            let in_berlin = holding(std::slice::from_ref(&permission), [berlin()]);
            assert_eq!(
                in_berlin.permit(*operation),
                expected,
                "{operation:?} with {permission}"
            );
            assert_eq!(in_berlin.permit_everywhere(*operation), Err(Denied::Forbidden));
            assert_eq!(in_berlin.may(*operation, Place::In(&unit(berlin()).path)), listed);
            assert!(!in_berlin.may(*operation, Place::In(&unit(paris()).path)));
        }
        assert_eq!(nobody().permit(*operation), Err(Denied::Forbidden));
        assert_eq!(admin().permit_everywhere(*operation), Ok(()));
        assert!(!operation.permissions().is_empty(), "{operation:?}");
    }
}

#[test]
fn r6_several_permissions_reach_wherever_one_of_them_does() {
    let grants = [
        tenure::Grant::permission(permissions::USERS_READ, Scope::from([berlin()])),
        tenure::Grant::permission(permissions::USERS_MANAGE, Scope::from([paris()])),
    ];
    let both = cx(tenure::Rights::of(&grants, |_| None));
    assert_eq!(both.scope(ReadUsers), Ok(Scope::from([berlin(), paris()])));
    assert_eq!(both.scope(ChangeStatus), Ok(Scope::from([paris()])));
}

fn rendered() -> String {
    let mut text = String::from(
        "# Operation × permission\n\n\
         What each method of a desk takes. Any one of the permissions suffices, in the scope in which it is held: whoever has\n\
         it in some org units acts and sees there, and below. On top of it, nobody acts on somebody who holds more than they do,\n\
         nor gives what they do not hold.\n\n\
         This file is rendered from the code; a test keeps it true (`UPDATE_DOCS=1 cargo test` writes it anew).\n\n\
         | method | any of |\n|---|---|\n",
    );
    let all = METHODS.iter().map(|(method, operation)| {
        let names = operation
            .permissions()
            .iter()
            .map(|permission| format!("`{permission}`"));
        (*method, names.collect::<Vec<_>>().join(", "))
    });
    let none = WITHOUT_PERMISSION
        .iter()
        .map(|(method, why)| (*method, format!("no permission: {why}")));
    let rows: std::collections::BTreeMap<&str, String> = all.chain(none).collect();
    for (method, takes) in rows {
        writeln!(text, "| `{method}` | {takes} |").unwrap();
    }
    text.push_str("\nThe host's own code (`Tenure::system`) may do everything but what only a person has: `me`.\n\n\
         An API key does what its permissions and scope and the rights of its user both allow. What takes no permission takes a\n\
         session, but for `me.user`, `me.load`, `tenant.get` and `tenant.load`.\n");
    text
}

#[test]
fn r6_the_published_table_is_true() {
    documents::check("permissions.md", &rendered());
}
