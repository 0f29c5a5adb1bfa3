//! A link that was mailed, as loaded: what its token leads to.

use crate::model::{Loaded, Tenant, Ticket, User};

/// What the token of a mailed link leads to. Whether it is still good, the rule of the act says.
#[derive(Debug, Clone)]
pub struct MailedLink {
    /// The tenant.
    pub tenant: Loaded<Tenant>,
    /// The ticket that the token belongs to.
    pub ticket: Loaded<Ticket>,
    /// The ticket's user.
    pub user: Loaded<User>,
}
