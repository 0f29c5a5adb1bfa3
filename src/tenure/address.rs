//! The links of a change of address: from the new address to confirm it, from the old one to stop it (PS7, T5, T6).

use super::Tenure;
use crate::error::{Denied, Error};
use crate::model::User;
use crate::rules::addresses::links::{self, AddressConfirmation, AddressStop};
use crate::rules::link::MailedLink;
use crate::rules::{Context, Decision};
use crate::secret::TokenPurpose;

impl Tenure {
    /// What the link to a new address confirms. Changes nothing, any number of times: mail scanners open links (T6).
    ///
    /// # Errors
    /// As [`links::preview_confirmation`].
    pub async fn preview_address_confirmation(&self, token: &str) -> Result<AddressConfirmation, Error> {
        let link = self.load_link(token, TokenPurpose::ConfirmAddress).await?;
        Ok(links::preview_confirmation(&link, self.now())?)
    }

    /// Confirms the address that this link was mailed to, and no other (T5). It takes effect now, or when the policy's delay is
    /// over; [`User::pending_address`] of the outcome tells. Signs nobody in.
    ///
    /// # Errors
    /// As [`links::confirm`].
    pub async fn confirm_address(&self, token: &str) -> Result<User, Error> {
        self.follow_address_link(token, TokenPurpose::ConfirmAddress, links::confirm)
            .await
    }

    /// What the link to an old address stops. Changes nothing, any number of times.
    ///
    /// # Errors
    /// As [`links::preview_stop`].
    pub async fn preview_address_stop(&self, token: &str) -> Result<AddressStop, Error> {
        let link = self.load_link(token, TokenPurpose::StopChange).await?;
        Ok(links::preview_stop(&link, self.now())?)
    }

    /// Stops a change of address that is not in effect yet. Signs nobody in, and ends no session: whoever did not ask for the
    /// change should set a new password besides.
    ///
    /// # Errors
    /// As [`links::stop`].
    pub async fn stop_address_change(&self, token: &str) -> Result<User, Error> {
        self.follow_address_link(token, TokenPurpose::StopChange, links::stop)
            .await
    }

    async fn follow_address_link(
        &self,
        token: &str,
        purpose: TokenPurpose,
        act: fn(&Context, &MailedLink) -> Result<Decision<User>, Denied>,
    ) -> Result<User, Error> {
        self.carry_out(|| async move {
            let link = self.load_link(token, purpose).await?;
            let now = self.now();
            let cx = Context::of_subject(link.user.id, &link.tenant, &self.inner.policy, now, self.seed(now)?);
            Ok((link.tenant.id, now, act(&cx, &link)?))
        })
        .await
    }
}
