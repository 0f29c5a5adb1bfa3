//! A statement that is made up as it is needed: values for its places.

use super::param::Param;
use crate::id::TenantId;

/// A value for a place in the statement.
type Bound = Box<dyn Param + Send>;

/// The values of a statement. The first place is the tenant's.
pub(super) struct Statement {
    tenant: TenantId,
    values: Vec<Bound>,
}

impl Statement {
    pub(super) fn of(tenant: TenantId) -> Self {
        Self {
            tenant,
            values: vec![Box::new(*tenant.as_uuid())],
        }
    }

    pub(super) fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// A place for a value.
    pub(super) fn bind(&mut self, value: impl Param + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    pub(super) fn values(&self) -> Vec<&dyn Param> {
        self.values.iter().map(|value| value.as_ref() as _).collect()
    }
}
