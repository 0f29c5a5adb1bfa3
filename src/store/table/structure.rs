//! Tenants, org units and roles.

use super::{Columns, Malformed, name_of};
use crate::id::UnitId;
use crate::model::{OrgUnit, Role, Tenant, TenantStatus};

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

pub(super) fn unit(columns: Columns, unit: &OrgUnit) -> Result<Columns, Malformed> {
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
