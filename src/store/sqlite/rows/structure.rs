//! Tenants, org units and roles.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Columns, name_of};
use crate::id::{TenantId, UnitId};
use crate::model::{OrgUnit, Role, Tenant, TenantStatus};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::sql::run;

pub(super) fn tenant(columns: Columns, tenant: &Tenant) -> Columns {
    let suspended_at = match tenant.status {
        TenantStatus::Active => None,
        TenantStatus::Suspended { at } => Some(at),
    };
    columns
        .at("created_at", tenant.created_at)
        .text("name", tenant.name.as_str())
        .id("owner", tenant.owner.as_uuid())
        .id("administrator", tenant.administrator.as_uuid())
        .maybe_at("suspended_at", suspended_at)
        .set("seats_contracted", i64::from(tenant.seats.contracted))
        .set("seat_limit", tenant.seats.limit.map(i64::from))
}

pub(super) fn unit(columns: Columns, unit: &OrgUnit) -> Result<Columns, Failure> {
    Ok(columns
        .at("created_at", unit.created_at)
        .text("name", unit.name.as_str())
        .set("kind", name_of(&unit.kind, "kind")?)
        .maybe_id("parent", unit.parent().as_ref().map(UnitId::as_uuid))
        .set("depth", i64::try_from(unit.path.depth()).unwrap_or(i64::MAX)))
}

pub(super) fn role(columns: Columns, role: &Role) -> Columns {
    columns
        .at("created_at", role.created_at)
        .text("name", role.name.as_str())
        .set("built_in", i64::from(role.built_in))
}

/// The units from the top down to a unit.
pub(super) struct Path(Vec<UnitId>);

impl Path {
    pub(super) fn of(unit: &OrgUnit) -> Self {
        Self(unit.path.iter().collect())
    }

    pub(super) fn write(&self, conn: &Connection, tenant: TenantId, unit: &Uuid) -> Result<(), Failure> {
        let tenant = tenant.as_uuid().as_bytes();
        let unit = unit.as_bytes();
        run(
            conn,
            "DELETE FROM tenure_unit_path WHERE tenant = ?1 AND unit = ?2",
            params![tenant, unit],
        )?;
        for ancestor in &self.0 {
            run(
                conn,
                "INSERT OR IGNORE INTO tenure_unit_path (tenant, unit, ancestor) VALUES (?1, ?2, ?3)",
                params![tenant, unit, ancestor.as_uuid().as_bytes()],
            )?;
        }
        Ok(())
    }
}
