//! How a world's people come in: by password, through a provider, with an API key; and what is remembered of it.

use super::{Doer, Login, World};
use crate::desk::Desk;
use crate::error::{Denied, Error};
use crate::id::{ApiKeyId, SessionId, TenantId, UserId};
use crate::model::{Client, ExternalIdentity};
use crate::rules::access::Principal;
use crate::rules::passwords::NewPassword;
use crate::secret::Token;
use crate::tenure::{SignIn, SignedIn};
use crate::testing::choose::Chooser;
use crate::testing::commands::Origin;

/// Where a request comes from.
pub(in crate::testing) fn client(from: Origin) -> Client {
    match from {
        Origin::Office => Client::at([192, 0, 2, 7].into()),
        Origin::Abroad => Client::at([198, 51, 100, 9].into()),
        Origin::Unknown => Client::unknown(),
    }
}

impl World {
    /// The desk of whoever acts: with the session they have, or a new one, or else with one that is over; or with their API key.
    pub(in crate::testing) async fn desk(&mut self, by: Doer, chooser: &Chooser<'_>) -> Result<Desk, Error> {
        match by {
            Doer::User(tenant, user) => {
                let principal = self.principal(tenant, user, chooser).await?;
                Ok(self.tenure.desk(&principal))
            }
            Doer::Program(_, _, key) => {
                let principal = self.authenticate_key(key, Origin::Office).await?;
                Ok(self.tenure.desk(&principal))
            }
            Doer::System(tenant) => self.tenure.system(tenant, "a random test"),
            Doer::Stranger | Doer::Invited | Doer::Host => Err(Denied::NotSignedIn.into()),
        }
    }

    async fn principal(&mut self, tenant: TenantId, user: UserId, chooser: &Chooser<'_>) -> Result<Principal, Error> {
        if let Ok(principal) = self.authenticate(user).await {
            return Ok(principal);
        }
        // Where this is refused, the desk of the session before is the better test.
        if self.come_back(tenant, user, chooser).await.is_ok() {
            return self.authenticate(user).await;
        }
        let over = self.logins.get(&user).ok_or(Denied::NotSignedIn)?;
        Ok(over.principal.clone())
    }

    async fn come_back(&mut self, tenant: TenantId, user: UserId, chooser: &Chooser<'_>) -> Result<SessionId, Error> {
        let now = chooser.as_of_now(user).ok_or(Denied::NotSignedIn)?;
        match (self.passwords.get(&user).cloned(), now.identity) {
            (_, Some(identity)) => self.sign_in_asserted(tenant, identity, Origin::Office).await,
            (Some(password), None) => {
                self.sign_in(tenant, now.user_name.as_str(), password, Origin::Office)
                    .await
            }
            (None, None) => Err(Denied::NotSignedIn.into()),
        }
    }

    /// Shows the token of a user's last session.
    pub(in crate::testing) async fn authenticate(&mut self, user: UserId) -> Result<Principal, Error> {
        let login = self.logins.get_mut(&user).ok_or(Denied::NotSignedIn)?;
        let client = Client::at([192, 0, 2, 8].into());
        let principal = self.tenure.authenticate(login.token.expose(), &client).await;
        // What was spawned is waited for, so that both worlds draw their random bytes in one order.
        self.tenure.flush().await;
        login.principal = principal?;
        Ok(login.principal.clone())
    }

    /// Shows the token of an API key.
    pub(in crate::testing) async fn authenticate_key(&self, key: ApiKeyId, from: Origin) -> Result<Principal, Error> {
        let token = self.keys.get(&key).map_or("tnk_of_nobody", String::as_str);
        let principal = self.tenure.authenticate_api(token, &client(from)).await;
        self.tenure.flush().await;
        principal
    }

    /// Logs somebody in, and remembers the session where that works.
    pub(in crate::testing) async fn sign_in(
        &mut self,
        tenant: TenantId,
        login: &str,
        password: String,
        from: Origin,
    ) -> Result<SessionId, Error> {
        let client = client(from).user_agent("tenure's own test/1.0");
        let sign_in = SignIn::new(tenant, login, password).client(client);
        let signed_in = self.tenure.sign_in(sign_in).await?;
        self.begun(signed_in, from).await
    }

    /// Logs a program in at the API, and shows its token there.
    pub(in crate::testing) async fn sign_in_at_api(
        &mut self,
        tenant: TenantId,
        login: &str,
        password: String,
        from: Origin,
    ) -> Result<SessionId, Error> {
        let sign_in = SignIn::new(tenant, login, password).client(client(from)).at_api();
        let signed_in = self.tenure.sign_in(sign_in).await?;
        self.keep_secret(signed_in.token.expose());
        let (token, from_there) = (signed_in.token.expose(), client(from));
        self.tenure.authenticate_api(token, &from_there).await?;
        self.tenure.flush().await;
        Ok(signed_in.session)
    }

    /// The same for somebody for whom a provider vouches.
    pub(in crate::testing) async fn sign_in_asserted(
        &mut self,
        tenant: TenantId,
        identity: ExternalIdentity,
        from: Origin,
    ) -> Result<SessionId, Error> {
        let signed_in = self.tenure.sign_in_asserted(tenant, identity, client(from)).await?;
        self.begun(signed_in, from).await
    }

    /// Sets a password in place of the one-time password that somebody logged in with.
    pub(in crate::testing) async fn replace_one_time(
        &mut self,
        user: UserId,
        password: String,
    ) -> Result<SessionId, Error> {
        let token = self
            .limited
            .get(&user)
            .map_or(String::new(), |(_, token)| token.clone());
        let (new, from) = (NewPassword::new(password.as_str()), Origin::Office);
        let from_there = client(from);
        let signed_in = self.tenure.replace_one_time_password(&token, new, &from_there).await?;
        self.limited.remove(&user);
        self.passwords.insert(user, password);
        self.begun(signed_in, from).await
    }

    /// Remembers a session that began.
    async fn begun(&mut self, signed_in: SignedIn, from: Origin) -> Result<SessionId, Error> {
        let SignedIn {
            token, session, user, ..
        } = signed_in;
        self.keep_secret(token.expose());
        if signed_in.must_change_password {
            self.limited.insert(user, (session, token.expose().to_owned()));
            return Ok(session);
        }
        let principal = self.tenure.authenticate(token.expose(), &client(from)).await?;
        self.tenure.flush().await;
        self.logins.insert(user, Login { token, principal });
        Ok(session)
    }

    /// Remembers the token of an API key.
    pub(in crate::testing) fn keep_key(&mut self, key: ApiKeyId, token: &Token) {
        self.keep_secret(token.expose());
        self.keys.insert(key, token.expose().to_owned());
    }
}
