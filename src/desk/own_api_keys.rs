//! The own API keys.

use super::{Listed, Listing, Me};
use crate::error::Error;
use crate::id::ApiKeyId;
use crate::model::{ApiKey, Scope, User};
use crate::rules::api_keys::{self, NewApiKey};
use crate::secret::Token;
use crate::store::{Filter, StoreExt};

/// The own API keys. They take a session: a key neither makes nor revokes keys of its user. From
/// [`Me::api_keys`](super::Me::api_keys).
#[derive(Debug, Clone, Copy)]
pub struct OwnApiKeys<'a>(pub(super) Me<'a>);

impl OwnApiKeys<'_> {
    /// Makes a key, and the token that proves it. The token is shown this once and kept nowhere; a notice goes to the own address.
    ///
    /// # Errors
    /// As [`api_keys::create_own`]; [`Denied::SessionRequired`](crate::Denied::SessionRequired).
    pub async fn create(&self, key: NewApiKey) -> Result<(ApiKey, Token), Error> {
        let signed_in_at = self.0.signed_in_at()?;
        let (desk, user, input) = (self.0.0, self.0.id()?, &key);
        let token = desk.mint_key()?;
        let key = desk
            .act(|cx| {
                let hash = token.hash();
                async move {
                    let holder = desk.key_holder(&cx, user, input).await?;
                    let (shown, around) = (holder.shown(), &holder.subject.around);
                    Ok(api_keys::create_own(&cx, &shown, signed_in_at, input, hash, around)?)
                }
            })
            .await?;
        Ok((key, token))
    }

    /// The own keys on record, newest first, usable or not.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`](crate::Denied::NotSignedIn),
    /// [`Denied::SessionRequired`](crate::Denied::SessionRequired).
    pub async fn list(&self) -> Result<Listed<ApiKey>, Error> {
        self.0.session()?;
        let desk = self.0.0;
        let cx = desk.context().await?;
        let listing = Listing::new().filter(Filter::OfUser(self.0.id()?)).descending();
        desk.key_page(&cx, listing, Scope::All).await
    }

    /// Revokes one of the own keys.
    ///
    /// # Errors
    /// As [`api_keys::revoke_own`]; [`Denied::SessionRequired`](crate::Denied::SessionRequired).
    pub async fn revoke(&self, key: ApiKeyId) -> Result<(), Error> {
        self.0.session()?;
        let desk = self.0.0;
        desk.act(|cx| async move {
            let key = desk.tenure.inner.store.get::<ApiKey>(cx.tenant_id(), key).await?;
            Ok(api_keys::revoke_own(&cx, key.as_ref())?)
        })
        .await
    }

    /// Revokes all of the own keys.
    ///
    /// # Errors
    /// As [`api_keys::revoke_all_own`]; [`Denied::SessionRequired`](crate::Denied::SessionRequired).
    pub async fn revoke_all(&self) -> Result<(), Error> {
        self.0.session()?;
        let (desk, user) = (self.0.0, self.0.id()?);
        desk.act(|cx| async move {
            let user = desk.tenure.inner.store.get::<User>(cx.tenant_id(), user).await?;
            Ok(api_keys::revoke_all_own(&cx, user.as_ref())?)
        })
        .await
    }
}
