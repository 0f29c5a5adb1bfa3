//! The table of operation × permission (R6): what each public operation of a desk takes.

use crate::model::{Permission, permissions as p};

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident($verb:literal) = [$($permission:ident),*]),* $(,)?) => {
        /// An operation of a desk. One row of the table each; more may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operation { $($(#[$doc])* $name),* }

        impl Operation {
            /// Every row.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The permissions of which any one suffices.
            pub fn permissions(self) -> &'static [Permission] {
                match self { $(Self::$name => { const ANY: &[Permission] = &[$(p::$permission),*]; ANY }),* }
            }

            /// The method of the desk that it is.
            pub fn verb(self) -> &'static str {
                match self { $(Self::$name => $verb),* }
            }
        }
    };
}

operations! {
    /// Add an org unit.
    AddUnit("units.add") = [UNITS_MANAGE],
    /// Rename an org unit.
    RenameUnit("units.rename") = [UNITS_MANAGE],
    /// Move an org unit.
    MoveUnit("units.move_below") = [UNITS_MANAGE],
    /// Remove an org unit.
    RemoveUnit("units.remove") = [UNITS_MANAGE],
    /// See org units.
    ReadUnits("units.list") = [UNITS_MANAGE, USERS_READ, USERS_MANAGE, EMPLOYEES_READ, EMPLOYEES_MANAGE],
    /// Add a role.
    AddRole("roles.add") = [ROLES_MANAGE],
    /// Edit a role.
    EditRole("roles.edit") = [ROLES_MANAGE],
    /// Remove a role.
    RemoveRole("roles.remove") = [ROLES_MANAGE],
    /// Have everyone who has a role have another one instead.
    MoveRole("roles.move_users") = [ROLES_MANAGE],
    /// See roles.
    ReadRoles("roles.list") = [ROLES_MANAGE, USERS_READ, USERS_MANAGE],
    /// Add an employee.
    AddEmployee("employees.add") = [EMPLOYEES_MANAGE],
    /// Edit an employee.
    EditEmployee("employees.edit") = [EMPLOYEES_MANAGE],
    /// Change whom an employee reports to.
    ChangeSupervisor("employees.change_supervisor") = [EMPLOYEES_MANAGE],
    /// Change whom everyone under somebody reports to.
    MoveReports("employees.move_reports") = [EMPLOYEES_MANAGE],
    /// Remove an employee.
    RemoveEmployee("employees.remove") = [EMPLOYEES_MANAGE],
    /// See employees.
    ReadEmployees("employees.list") = [EMPLOYEES_READ, EMPLOYEES_MANAGE],
    /// See who could be made a user.
    ReadCandidates("users.candidates") = [USERS_MANAGE],
    /// Create a user.
    CreateUser("users.create") = [USERS_MANAGE],
    /// See users.
    ReadUsers("users.list") = [USERS_READ, USERS_MANAGE],
    /// Change a user's rights.
    ChangeGrants("users.change_grants") = [USERS_MANAGE],
    /// Change a user's memberships.
    ChangeMemberships("users.change_memberships") = [USERS_MANAGE],
    /// Edit everything about a user in one act.
    EditUser("users.edit") = [USERS_MANAGE],
    /// See what a user may do, and why.
    ReadEffectiveRights("users.effective_rights") = [USERS_READ, USERS_MANAGE],
    /// See the security report of a user.
    ReadSecurityReport("users.security_report") = [HISTORY_READ],
    /// Have the security report of a user mailed.
    SendSecurityReport("users.send_security_report") = [HISTORY_READ],
    /// Edit a user's profile.
    EditProfile("users.edit_profile") = [USERS_MANAGE],
    /// Give a user another address.
    ChangeAddress("users.change_address") = [USERS_MANAGE],
    /// Call off a change of address.
    CancelAddressChange("users.cancel_address_change") = [USERS_MANAGE],
    /// Have a user log in through an external provider, or no longer.
    LinkIdentity("users.link_identity") = [USERS_MANAGE],
    /// Change a user's status: activate, deactivate, suspend, reinstate, disable, reactivate, schedule.
    ChangeStatus("users.change_status") = [USERS_MANAGE],
    /// Change from where a user may come.
    ChangeAllowlist("users.change_allowlist") = [USERS_MANAGE],
    /// See whether a user's account is locked.
    ReadLockout("users.lockout") = [USERS_READ, USERS_MANAGE],
    /// End the lock of a user's account.
    EndLockout("users.end_lockout") = [USERS_MANAGE],
    /// See why a user cannot log in.
    ExplainSignIn("users.explain_sign_in") = [HISTORY_READ],
    /// See why a user may do something, or may not.
    ExplainPermission("users.explain_permission") = [USERS_READ, USERS_MANAGE],
    /// Send a user the link to set a new password.
    SendReset("users.send_reset") = [USERS_MANAGE],
    /// Send a user a one-time password, in place of the one they have.
    SendOneTimePassword("users.send_one_time_password") = [USERS_MANAGE],
    /// See what stands against a deletion.
    ReadDeletionReport("users.deletion_report") = [USERS_READ, USERS_MANAGE],
    /// Prepare a deletion, or stop preparing it.
    HoldForDeletion("users.hold") = [USERS_MANAGE],
    /// Delete a user.
    DeleteUser("users.delete") = [USERS_MANAGE],
    /// Bring back a deleted user.
    RestoreUser("users.restore") = [USERS_MANAGE],
    /// Send an invitation, for the first time or again.
    SendInvitation("invitations.send") = [USERS_MANAGE],
    /// Cancel an invitation.
    CancelInvitation("invitations.cancel") = [USERS_MANAGE],
    /// Be handed the link of an invitation (I6).
    HandOutInvitationLink("invitations.hand_out_link") = [INVITATION_LINKS],
    /// See invitations and whether their mail went out.
    ReadInvitations("invitations.list") = [USERS_READ, USERS_MANAGE],
    /// See the sessions of others.
    ReadSessions("sessions.active") = [SESSIONS_MANAGE],
    /// End the sessions of others.
    EndSessions("sessions.end") = [SESSIONS_MANAGE],
    /// See the API keys of others.
    ReadApiKeys("api_keys.list") = [API_KEYS_MANAGE],
    /// Make an API key for somebody.
    CreateApiKey("api_keys.create") = [API_KEYS_MANAGE],
    /// Revoke API keys of others.
    RevokeApiKeys("api_keys.revoke") = [API_KEYS_MANAGE],
    /// See the login history.
    ReadAttempts("history.attempts") = [HISTORY_READ],
    /// See the event log.
    ReadEvents("history.events") = [HISTORY_READ],
    /// See the seat count.
    ReadSeats("seats.count") = [SEATS_READ, TENANT_MANAGE],
    /// Rename the tenant.
    RenameTenant("tenant.rename") = [TENANT_MANAGE],
    /// Bring in employees, users or both; each row takes what the single act takes.
    Import("bulk.import") = [EMPLOYEES_MANAGE, USERS_MANAGE],
    /// Take out employees as rows.
    ExportEmployees("bulk.export_employees") = [EMPLOYEES_READ, EMPLOYEES_MANAGE],
    /// Take out users as rows.
    ExportUsers("bulk.export_users") = [USERS_READ, USERS_MANAGE],
}
