//! Users, with the roles and units that they have to do with.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::Columns;
use crate::id::{RoleId, TenantId, UnitId};
use crate::model::{User, UserKind};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::sql::run;

pub(super) fn columns(columns: Columns, user: &User) -> Columns {
    let (kind, employee, client) = match &user.kind {
        UserKind::Internal { employee } => ("internal", Some(employee.as_uuid()), None),
        UserKind::External { client } => ("external", None, Some(client.as_uuid())),
        UserKind::Program => ("program", None, None),
    };
    columns
        .at("created_at", user.created_at)
        .text("kind", kind)
        .maybe_id("employee", employee)
        .maybe_id("client", client)
        .text("user_name", user.user_name.as_str())
        .text("address", user.address.as_str())
        .text("first_name", user.profile.first_name.as_str())
        .text("last_name", user.profile.last_name.as_str())
        .text("display_name", user.profile.display_name.as_str())
        .text("locale", user.profile.locale.as_str())
        .text("time_zone", user.profile.time_zone.as_str())
        .set("api_only", i64::from(user.api_only))
        .maybe_at("hold_until", user.hold.map(|hold| hold.until))
}

/// The roles and units of a user.
pub(super) struct Side {
    roles: BTreeSet<RoleId>,
    units: BTreeSet<UnitId>,
}

impl Side {
    pub(super) fn of(user: &User) -> Self {
        Self {
            roles: user.roles(),
            units: user.units(),
        }
    }

    /// Writes them anew. They are held, so that they cannot be removed, where the user is `linked` to them.
    pub(super) fn write(&self, conn: &Connection, tenant: TenantId, user: &Uuid, linked: bool) -> Result<(), Failure> {
        let tenant = tenant.as_uuid().as_bytes();
        let user = user.as_bytes();
        run(
            conn,
            "DELETE FROM tenure_user_role WHERE tenant = ?1 AND user = ?2",
            params![tenant, user],
        )?;
        for role in &self.roles {
            let role = role.as_uuid().as_bytes();
            run(
                conn,
                "INSERT INTO tenure_user_role (tenant, user, role, held) VALUES (?1, ?2, ?3, ?4)",
                params![tenant, user, role, linked.then_some(role)],
            )?;
        }
        run(
            conn,
            "DELETE FROM tenure_user_unit WHERE tenant = ?1 AND user = ?2",
            params![tenant, user],
        )?;
        for unit in &self.units {
            let unit = unit.as_uuid().as_bytes();
            run(
                conn,
                "INSERT INTO tenure_user_unit (tenant, user, unit, held) VALUES (?1, ?2, ?3, ?4)",
                params![tenant, user, unit, linked.then_some(unit)],
            )?;
        }
        Ok(())
    }
}
