//! The API keys of others. A token is shown once, by the call that makes it.

use std::collections::BTreeSet;

use super::loading::Subject;
use super::{Desk, Listed, Listing};
use crate::error::Error;
use crate::id::{ApiKeyId, TenantId, UserId};
use crate::model::{ApiKey, Loaded, RecordKind, Scope, Throttle};
use crate::rules::api_keys::{self, KeyHolder, NewApiKey};
use crate::rules::request_count::RequestCount;
use crate::rules::{Context, Operation};
use crate::secret::{Token, TokenPurpose};
use crate::store::{Filter, Query, StoreExt};

/// The API keys of others (BI2, E6).
#[derive(Debug, Clone, Copy)]
pub struct ApiKeys<'a>(pub(super) &'a Desk);

impl ApiKeys<'_> {
    /// Makes a key for a user, and the token that proves it. The token is shown this once and kept nowhere; the user is told of
    /// the key by mail.
    ///
    /// # Errors
    /// As [`api_keys::create`].
    pub async fn create(&self, user: UserId, key: NewApiKey) -> Result<(ApiKey, Token), Error> {
        let (desk, input, token) = (self.0, &key, self.0.mint_key()?);
        let key = desk
            .act(|cx| {
                let hash = token.hash();
                async move {
                    cx.permit(Operation::CreateApiKey)?;
                    let holder = desk.key_holder(&cx, user, input).await?;
                    let around = &holder.subject.around;
                    Ok(api_keys::create(&cx, &holder.shown(), input, hash, around)?)
                }
            })
            .await?;
        Ok((key, token))
    }

    /// Lists the keys of those in the actor's scope, in the states `open`, `expired`, `revoked`; all of them, if not said.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden).
    pub async fn list(&self, listing: Listing) -> Result<Listed<ApiKey>, Error> {
        let cx = self.0.context().await?;
        let scope = cx.scope(Operation::ReadApiKeys)?;
        self.0.key_page(&cx, listing, scope).await
    }

    /// The keys of one user on record, newest first, usable or not.
    ///
    /// # Errors
    /// [`Denied::Forbidden`](crate::Denied::Forbidden); an empty page for whom the actor cannot see.
    pub async fn of(&self, user: UserId) -> Result<Listed<ApiKey>, Error> {
        self.list(Listing::new().filter(Filter::OfUser(user)).descending())
            .await
    }

    /// Revokes one key.
    ///
    /// # Errors
    /// As [`api_keys::revoke`].
    pub async fn revoke(&self, key: ApiKeyId) -> Result<(), Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            cx.permit(Operation::RevokeApiKeys)?;
            let key = desk.tenure.inner.store.get::<ApiKey>(cx.tenant_id(), key).await?;
            let subject = match &key {
                Some(key) => desk.subject(cx.tenant_id(), key.user, &[], &BTreeSet::new()).await?,
                None => Subject::default(),
            };
            let user = subject.user.as_ref();
            Ok(api_keys::revoke(&cx, key.as_ref(), user, &subject.around)?)
        })
        .await
    }

    /// Revokes all keys of a user.
    ///
    /// # Errors
    /// As [`api_keys::revoke_all`].
    pub async fn revoke_all(&self, user: UserId) -> Result<(), Error> {
        let desk = self.0;
        desk.act(|cx| async move {
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            Ok(api_keys::revoke_all(&cx, subject.user.as_ref(), &subject.around)?)
        })
        .await
    }
}

/// Whoever a key is to be made for, with all that a rule about it may ask for.
#[derive(Debug)]
pub(super) struct LoadedHolder {
    pub(super) subject: Subject,
    open: u64,
    made: Option<Loaded<Throttle>>,
}

impl LoadedHolder {
    /// As rules are shown it.
    pub(super) fn shown(&self) -> KeyHolder<'_> {
        KeyHolder {
            user: self.subject.user.as_ref(),
            open: self.open,
            made: self.made.clone(),
        }
    }
}

impl Desk {
    pub(super) fn mint_key(&self) -> Result<Token, Error> {
        let tenant: TenantId = self.tenant_id();
        let random = &*self.tenure.inner.random;
        Ok(Token::mint(TokenPurpose::ApiKey, *tenant.as_uuid(), random)?)
    }

    /// The user for whom a key is to be made, and how many they have and were made lately.
    pub(super) async fn key_holder(
        &self,
        cx: &Context,
        user: UserId,
        input: &NewApiKey,
    ) -> Result<LoadedHolder, Error> {
        let store = &self.tenure.inner.store;
        let subject = self.subject(cx.tenant_id(), user, &[], &input.units()).await?;
        let query = Query::new(RecordKind::ApiKey, cx.now)
            .filter(Filter::OfUser(user))
            .status(["open"])
            .limit(1)
            .count_up_to(ApiKey::MAX_OPEN);
        let page = store.list(cx.tenant_id(), &query).await?;
        let place = RequestCount::of_api_keys(user, cx.policy.api_keys_per_hour);
        let made = store.get(cx.tenant_id(), place.id()).await?;
        Ok(LoadedHolder {
            subject,
            open: page.total.unwrap_or(0),
            made,
        })
    }

    pub(super) async fn key_page(&self, cx: &Context, listing: Listing, scope: Scope) -> Result<Listed<ApiKey>, Error> {
        let asked = listing.ask(RecordKind::ApiKey, cx, scope)?;
        let page = asked.of::<ApiKey>(&*self.tenure.inner.store, cx).await?;
        Ok(page.map(|key| key.value))
    }
}
