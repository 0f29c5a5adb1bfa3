//! API keys at the door, and desks that ask anew who stands at them.

use super::Tenure;
use crate::clock::Timestamp;
use crate::error::{Denied, Error};
use crate::id::{TenantId, UnitId};
use crate::model::{ApiKey, Client, Loaded, OrgUnit, Tenant};
use crate::rules::access::{self, Pass, Principal};
use crate::rules::api_keys;
use crate::rules::rights::Units;
use crate::secret::{Token, TokenHash, TokenPurpose};
use crate::store::{Guard, Lookup, PrincipalRecords};

/// A principal, with what it was read from.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) principal: Principal,
    pub(crate) guards: Vec<Guard>,
    pub(crate) tenant: Loaded<Tenant>,
}

impl Tenure {
    /// Whom a program acts for. `token` is what it came with: an API key, which allows what both the key and its user's rights
    /// allow at this moment; or that of a login [at the API](crate::SignIn::at_api) with a password, which allows what the user's
    /// rights do. `client` is where this request came from; the user's allowlist is asked on every one.
    ///
    /// One query, but where both a key and the rights are limited to org units, and not to the same ones: then a second
    /// one reads where those lie.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`], whatever the reason.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::store::MemoryStore;
    /// use tenure::{Client, Denied, Founding, NewApiKey, NewUser, Place, SignIn, Tenure, permissions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
    /// #     .links(LinkBase::new("https://backoffice.example.com")?).courier(CourierMode::Manual).build()?;
    /// # let ada = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    /// # let founded = tenure.found(Founding::new("Nordwind", ada, "Correct-Horse-7")).await?;
    /// # let login = SignIn::new(founded.tenant.id, "ada@nordwind.example", "Correct-Horse-7");
    /// # let login = tenure.sign_in(login).await?;
    /// # let client = Client::unknown();
    /// # let admin = tenure.desk(&tenure.authenticate(login.token.expose(), &client).await?);
    /// let nightly = NewApiKey::new("nightly import").permissions(["users.read"]);
    /// let (key, token) = admin.me().api_keys().create(nightly).await?;
    ///
    /// // The token is shown this once. The program sends it with each request.
    /// let program = tenure.authenticate_api(token.expose(), &client).await?;
    /// assert!(program.may(&permissions::USERS_READ, Place::Everywhere));
    /// assert!(!program.may(&permissions::USERS_MANAGE, Place::Everywhere));
    ///
    /// admin.me().api_keys().revoke(key.id).await?;
    /// let refused = tenure.authenticate_api(token.expose(), &client).await.unwrap_err();
    /// assert_eq!(refused.denied(), Some(&Denied::NotSignedIn));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn authenticate_api(&self, token: &str, client: &Client) -> Result<Principal, Error> {
        let parse = |purpose| Token::parse(purpose, token);
        let token = parse(TokenPurpose::ApiKey).or_else(|_| parse(TokenPurpose::ApiSession));
        let (token, now) = (token.map_err(|_| Denied::NotSignedIn)?, self.now());
        let principal = if token.purpose() == TokenPurpose::ApiSession {
            self.principal_of_session(&token, client, now).await?
        } else {
            let tenant = TenantId::from_uuid(token.tenant());
            self.prove_key(tenant, &token.hash(), client, now).await?.principal
        };
        self.note_use(&principal, now).await;
        Ok(principal)
    }

    /// Whom the pass of a principal proves now.
    pub(crate) async fn prove_again(&self, principal: &Principal, now: Timestamp) -> Result<Proven, Error> {
        let (tenant, token, client) = (principal.tenant(), principal.token(), principal.client());
        match principal.pass() {
            Pass::Session(_) | Pass::ApiSession(_) => {
                let records = self.inner.store.principal_by_session(tenant, token).await?;
                let records = records.ok_or(Denied::NotSignedIn)?;
                let principal = access::principal(&records, &Units::default(), client, &self.inner.policy, now)?;
                Ok(Proven {
                    principal,
                    guards: access::principal_guards(&records),
                    tenant: records.tenant,
                })
            }
            Pass::ApiKey(_) => self.prove_key(tenant, token, client, now).await,
        }
    }

    /// Whom the token of a session proves: the hot path of every request.
    pub(crate) async fn principal_of_session(
        &self,
        token: &Token,
        client: &Client,
        now: Timestamp,
    ) -> Result<Principal, Error> {
        let tenant = TenantId::from_uuid(token.tenant());
        let records = self.inner.store.principal_by_session(tenant, &token.hash()).await?;
        let records = records.ok_or(Denied::NotSignedIn)?;
        Ok(access::principal(
            &records,
            &Units::default(),
            client,
            &self.inner.policy,
            now,
        )?)
    }

    async fn prove_key(
        &self,
        tenant: TenantId,
        token: &TokenHash,
        client: &Client,
        now: Timestamp,
    ) -> Result<Proven, Error> {
        let records = self.inner.store.principal_by_api_key(tenant, token).await?;
        let records = records.ok_or(Denied::NotSignedIn)?;
        let units = self.units_of_key(tenant, &records).await?;
        let principal = access::principal(&records, &units, client, &self.inner.policy, now)?;
        let mut guards = access::principal_guards(&records);
        guards.extend(units.0.values().map(Guard::on));
        Ok(Proven {
            principal,
            guards,
            tenant: records.tenant,
        })
    }

    async fn units_of_key(&self, tenant: TenantId, records: &PrincipalRecords<ApiKey>) -> Result<Units, Error> {
        let wanted: Vec<Lookup> = api_keys::named(records).into_iter().map(Lookup::from).collect();
        if wanted.is_empty() {
            return Ok(Units::default());
        }
        let found = self.inner.store.load(tenant, &wanted).await?;
        let units = found.into_iter().flatten().filter_map(Loaded::cast::<OrgUnit>);
        Ok(Units(
            units
                .map(|unit| (unit.id, unit))
                .collect::<std::collections::BTreeMap<UnitId, _>>(),
        ))
    }
}
