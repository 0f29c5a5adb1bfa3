//! E7: sensitive acts take a recent login, or the current password.

use super::context::Context;
use crate::clock::Timestamp;
use crate::error::Denied;

/// E7: whether the actor logged in recently enough for a sensitive act: less than
/// [`Policy::recent_login`](crate::Policy::recent_login) ago.
///
/// Whoever has just proved themselves with the current password need not be asked. The host's own code, which has no login,
/// is not asked either; nor can this be asked of an API key, which is no login.
///
/// # Errors
/// [`Denied::LoginTooOld`]; at exactly the limit it is.
pub fn require_recent_login(cx: &Context, signed_in_at: Timestamp) -> Result<(), Denied> {
    if cx.now < signed_in_at.saturating_add(cx.policy.recent_login) {
        Ok(())
    } else {
        Err(Denied::LoginTooOld)
    }
}
