//! Having users log in through an external provider (IF10, BI7).

use super::Users;
use crate::error::Error;
use crate::id::UserId;
use crate::model::User;
use crate::rules::identity;

impl Users<'_> {
    /// Has a user log in through an external provider from now on, by [`Tenure::sign_in_asserted`](crate::Tenure). Their
    /// password is gone; sessions and links end; a notice goes to their address. `provider` is one that the policy names; `subject` is who they are there, in
    /// the provider's words, and never their address.
    ///
    /// # Errors
    /// As [`identity::link`].
    pub async fn link_identity(&self, user: UserId, provider: &str, subject: &str) -> Result<User, Error> {
        self.on(user, |cx, loaded| {
            let (user, credential) = (loaded.user.as_ref(), loaded.credential.as_ref());
            identity::link(cx, user, credential, provider, subject, &loaded.around)
        })
        .await
    }

    /// Has a user no longer log in through an external provider. They have no password until they set one; a
    /// notice goes to their address.
    ///
    /// # Errors
    /// As [`identity::unlink`].
    pub async fn unlink_identity(&self, user: UserId) -> Result<User, Error> {
        self.on(user, |cx, subject| {
            identity::unlink(cx, subject.user.as_ref(), &subject.around)
        })
        .await
    }
}
