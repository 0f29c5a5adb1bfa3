//! After a login with a one-time password: a password of one's own (PS2).

use super::{SignedIn, Tenure};
use crate::error::{Denied, Error};
use crate::id::TenantId;
use crate::model::{Client, Credential, Loaded, Secret, Throttle, Ticket};
use crate::rules::Context;
use crate::rules::one_time::{self, Replacement};
use crate::rules::passwords::NewPassword;
use crate::secret::{Token, TokenPurpose};
use crate::store::{PrincipalRecords, StoreExt};

/// What a new password in place of a one-time password is decided on.
#[derive(Debug)]
struct LimitedLogin {
    records: PrincipalRecords,
    credential: Loaded<Credential>,
    ticket: Option<Loaded<Ticket>>,
    throttle: Option<Loaded<Throttle>>,
}

impl LimitedLogin {
    fn replacement<'a>(&'a self, new: &'a NewPassword, client: &'a Client) -> Replacement<'a> {
        Replacement {
            records: &self.records,
            credential: &self.credential,
            ticket: self.ticket.as_ref(),
            client,
            new,
        }
    }
}

impl Tenure {
    /// Sets a password in place of the one-time password that `session_token`'s session began with (PS2). That session ends,
    /// and with the new password a full one begins, under a new token.
    ///
    /// # Errors
    /// [`Denied::NotSignedIn`] without such a session, whatever the reason; [`Denied::Invalid`] naming `password` with every
    /// broken rule, or because it is the one-time password itself, and `repeated`; [`Error::Busy`].
    pub async fn replace_one_time_password(
        &self,
        session_token: &str,
        new: NewPassword,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let session_token = Token::parse(TokenPurpose::Session, session_token).map_err(|_| Denied::NotSignedIn)?;
        let tenant = TenantId::from_uuid(session_token.tenant());
        let login = self.load_limited(tenant, &session_token).await?;
        one_time::check_replacement(&login.replacement(&new, client), &self.inner.policy, self.now())?;
        let hash = self.hash(new.password.clone()).await?;
        let token = Token::mint(TokenPurpose::Session, *tenant.as_uuid(), &*self.inner.random)?;
        let session = self
            .carry_out(|| {
                let (new, hash, token, session_token) = (&new, hash.clone(), token.hash(), &session_token);
                async move {
                    let login = self.load_limited(tenant, session_token).await?;
                    let now = self.now();
                    let (user, seed) = (login.records.user.id, self.seed(now)?);
                    let cx = Context::of_subject(user, &login.records.tenant, &self.inner.policy, now, seed);
                    let replacement = login.replacement(new, client);
                    let decision = one_time::replace(&cx, &replacement, login.throttle.as_ref(), hash, token)?;
                    Ok((tenant, now, decision))
                }
            })
            .await?;
        Ok(SignedIn::new(token, &session))
    }

    async fn load_limited(&self, tenant: TenantId, token: &Token) -> Result<LimitedLogin, Error> {
        let store = &self.inner.store;
        let records = store.principal_by_session(tenant, &token.hash()).await?;
        let records = records.ok_or(Denied::NotSignedIn)?;
        let (credential, throttle) = self.load_secret(tenant, &records.user).await?;
        let credential = credential.ok_or(Denied::NotSignedIn)?;
        let ticket = match credential.secret {
            Secret::OneTime { ticket, .. } => store.get::<Ticket>(tenant, ticket).await?,
            _ => None,
        };
        Ok(LimitedLogin {
            records,
            credential,
            ticket,
            throttle,
        })
    }
}
