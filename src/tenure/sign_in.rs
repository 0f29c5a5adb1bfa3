//! Login: two calls to load, one commit that counts the attempt, one hash, one commit that ends it.

use super::Tenure;
use super::engine::Outcome;
use super::lines::Turn;
use crate::clock::Timestamp;
use crate::error::{Denied, Error};
use crate::id::{SessionId, TenantId, UserId};
use crate::model::{
    Client, Credential, Loaded, RecordId, RecordKind, Session, SessionLimit, TicketPurpose, UniqueKey, User,
};
use crate::password::{Password, Verified};
use crate::rules::login::{self, Begun, Ending, Login, LoginPurpose};
use crate::rules::throttle::{self, Tally};
use crate::rules::{Decision, passwords};
use crate::secret::{Token, TokenPurpose};
use crate::store::{Filter, Lookup, Query, StoreExt};
use crate::text::Key;

/// How often a login is decided anew. More than there can be guesses at one account at once, each of which changes what
/// the others read.
const LOGIN_TRIES: usize = 256;

/// The longest text that is looked up as a login name: 254 characters of four bytes each.
const MAX_LOGIN_BYTES: usize = 1_016;

/// A login: the name and the password, as they were typed. `Debug` shows neither: people type passwords into both.
#[derive(Clone)]
#[non_exhaustive]
pub struct SignIn {
    /// Into which tenant.
    pub tenant: TenantId,
    /// User name or address. Anything else is nobody's.
    pub login: String,
    /// The password.
    pub password: Password,
    /// From where and with what.
    pub client: Client,
    /// What for.
    pub purpose: LoginPurpose,
}

impl SignIn {
    /// A login from a client of which nothing is known.
    pub fn new(tenant: TenantId, login: impl Into<String>, password: impl Into<Password>) -> Self {
        Self {
            tenant,
            login: login.into(),
            password: password.into(),
            client: Client::unknown(),
            purpose: LoginPurpose::Interactive,
        }
    }

    /// The same for a program at the API, for a user who may do nothing else (BI2). It takes a policy that says how long such a
    /// login lasts, [`Policy::api_passwords`](crate::Policy::api_passwords); its token is for
    /// [`authenticate_api`](Tenure::authenticate_api) and opens nothing else.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::store::MemoryStore;
    /// use tenure::{Access, Client, Founding, NewUser, Pass, Policy, SignIn, Tenure};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut policy = Policy::billing();
    /// policy.api_passwords = Some(time::Duration::minutes(20));
    /// # let mailer = Arc::new(MemoryMailer::new());
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), mailer.clone())
    /// #     .links(LinkBase::new("https://backoffice.example.com")?).courier(CourierMode::Manual).policy(policy).build()?;
    /// # let ada = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    /// # let tenant = tenure.found(Founding::new("Nordwind", ada, "Correct-Horse-7")).await?.tenant.id;
    /// # let desk = tenure.system(tenant, "an example")?;
    /// let robot = NewUser::new("Web", "Shop", "shop@nordwind.example");
    /// let robot = desk.users().create_program(robot, Access::none()).await?;
    /// desk.users().send_reset(robot.id).await?; // the link to a password
    /// # tenure.courier().deliver_due().await?;
    /// # let link = tenure::mail::links(&mailer.last_to(&robot.address).unwrap()).remove(0);
    /// # let token = link.rsplit_once('=').unwrap().1;
    /// # tenure.reset_password(token, tenure::NewPassword::new("Zitrone-42-gelb")).await?;
    ///
    /// let typed = SignIn::new(tenant, "shop@nordwind.example", "Zitrone-42-gelb");
    /// assert!(tenure.sign_in(typed.clone()).await.is_err(), "never by hand");
    /// let login = tenure.sign_in(typed.at_api()).await?;
    /// let program = tenure.authenticate_api(login.token.expose(), &Client::unknown()).await?;
    /// assert_eq!(program.pass(), Pass::ApiSession(login.session));
    /// assert!(tenure.authenticate(login.token.expose(), &Client::unknown()).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn at_api(self) -> Self {
        let purpose = LoginPurpose::Api;
        Self { purpose, ..self }
    }

    /// The same from a client.
    pub fn client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    fn key(&self) -> Key {
        login_key(&self.login)
    }

    /// What was loaded, for what this is for.
    fn bound(&self, login: Login) -> Login {
        let purpose = self.purpose;
        Login { purpose, ..login }
    }

    /// What the token of the login is good for.
    fn token(&self) -> TokenPurpose {
        match self.purpose {
            LoginPurpose::Interactive => TokenPurpose::Session,
            LoginPurpose::Api => TokenPurpose::ApiSession,
        }
    }
}

/// The key of what was typed as a login name.
pub(super) fn login_key(login: &str) -> Key {
    // Nobody has a longer one; what stands in its place has a character that nobody's has.
    Key::of(if login.len() > MAX_LOGIN_BYTES { "\0" } else { login })
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("tenant", &self.tenant)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// A login that succeeded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedIn {
    /// What proves the session from now on: for a cookie that is `HttpOnly`, `Secure` and `SameSite`, and that of a login at the
    /// API for its program. Shown once.
    pub token: Token,
    /// The session.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// When the session is over, however busy it is.
    pub expires_at: Timestamp,
    /// Whether it is good for nothing until a password of the user's own is set: it began with a one-time password.
    pub must_change_password: bool,
}

impl SignedIn {
    /// What the caller is told of a session that just began.
    pub(crate) fn new(token: Token, session: &Session) -> Self {
        Self {
            token,
            session: session.id,
            user: session.user,
            expires_at: session.expires_at,
            must_change_password: session.limited == Some(SessionLimit::PasswordChange),
        }
    }
}

impl Tenure {
    /// Logs somebody in. Exactly one password hash is computed, whatever the outcome, and every refusal looks alike, also to
    /// the store (L1). The attempt is counted before the password is compared, so that parallel guesses compare no more
    /// often than the policy allows (L2).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
    /// # use tenure::store::MemoryStore;
    /// use tenure::{Client, Denied, Founding, NewUser, SignIn, Tenure};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
    /// #     .links(LinkBase::new("https://backoffice.example.com")?).courier(CourierMode::Manual).build()?;
    /// let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    /// let founded = tenure.found(Founding::new("Nordwind", owner, "Correct-Horse-7")).await?;
    ///
    /// let client = Client::at([192, 0, 2, 7].into());
    /// let typed = |password: &str| SignIn::new(founded.tenant.id, "ada@nordwind.example", password).client(client.clone());
    /// let login = tenure.sign_in(typed("Correct-Horse-7")).await?;
    /// assert_eq!(tenure.authenticate(login.token.expose(), &client).await?.user(), founded.owner.id);
    ///
    /// let refused = tenure.sign_in(typed("Wrong-Horse-7")).await.unwrap_err();
    /// assert_eq!(refused.denied(), Some(&Denied::SignInRefused));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Denied::SignInRefused`]. After the right password also [`Denied::TooManySessions`], and where the policy says so
    /// [`Denied::AccountNotActive`]. [`Error::Busy`] where too many logins wait; [`Error::Conflict`].
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, Error> {
        // Admitted before anything else, so that a full queue costs nothing, counts nothing and tells nothing.
        let permit = self.inner.pool.admit()?;
        let begun = self.begin_login(&sign_in).await?;
        let own = begun.as_ref().and_then(|begun| begun.check.hash().cloned());
        let verified = self.inner.pool.verify_with(permit, sign_in.password.clone(), own);
        let Verified { matches, outdated } = verified.await?;
        let Some(begun) = begun else {
            return Err(Denied::SignInRefused.into());
        };
        let one_time = begun.check.is_one_time(&begun.login.tenant, &sign_in.password);
        let signed_in = self.end_login(&sign_in, &begun, matches | one_time).await?;
        if outdated {
            self.rehash(&sign_in, &begun).await;
        }
        Ok(signed_in)
    }

    /// Hashes a password anew that was just proven (P5). The login stands whether or not that succeeds: it is tried again at the
    /// next.
    async fn rehash(&self, sign_in: &SignIn, begun: &Begun) {
        let Some(compared) = &begun.login.credential else {
            return;
        };
        let (store, tenant) = (&self.inner.store, sign_in.tenant);
        let rehashed = async {
            let hash = self.hash(sign_in.password.clone()).await?;
            self.carry_out(|| {
                let hash = hash.clone();
                async move {
                    let credential = store.get::<Credential>(tenant, compared.user).await?;
                    let rehashed = |credential| passwords::rehash(&credential, &compared.secret, hash);
                    let decision = credential.map_or_else(Decision::nothing, rehashed);
                    Ok((tenant, self.now(), decision))
                }
            })
            .await
        };
        let rehashed: Result<(), Error> = rehashed.await;
        if let Err(error) = rehashed {
            tracing::warn!(%tenant, user = %compared.user, %error, "a password could not be hashed anew");
        }
    }

    async fn turn(&self, sign_in: &SignIn) -> Turn<'_> {
        let name = throttle::unknown(sign_in.tenant, &sign_in.key());
        let network = sign_in.client.address;
        let network = network.map(|address| throttle::network(sign_in.tenant, address));
        self.inner.lines.turn(name, network).await
    }

    /// Counts the attempt. None where there is no such tenant.
    async fn begin_login(&self, sign_in: &SignIn) -> Result<Option<Begun>, Error> {
        for _ in 0..LOGIN_TRIES {
            let user = self.find_login(sign_in).await?;
            let (account, network) = tallies(sign_in, user.as_ref());
            let _turn = self.turn(sign_in).await;
            let login = self.load_login(sign_in.tenant, user, account, network).await?;
            let Some(login) = login.map(|login| sign_in.bound(login)) else {
                return Ok(None);
            };
            let now = self.now();
            let decision = login::begin(login, &sign_in.client, &self.inner.policy, now, self.seed(now)?);
            if let Outcome::Done(begun) = self.commit(sign_in.tenant, now, decision).await? {
                return Ok(Some(begun));
            }
        }
        Err(Error::Conflict)
    }

    async fn end_login(&self, sign_in: &SignIn, begun: &Begun, matched: bool) -> Result<SignedIn, Error> {
        let token = Token::mint(sign_in.token(), *sign_in.tenant.as_uuid(), &*self.inner.random)?;
        // A refusal writes nothing that others write.
        let _turn = if matched { Some(self.turn(sign_in).await) } else { None };
        let mut first = Some(begun.login.clone());
        let ended = self.carry_out_within(LOGIN_TRIES, || {
            let (first, token) = (first.take(), token.hash());
            async move {
                let login = match first {
                    Some(login) => login,
                    None => self.reload_login(sign_in).await?,
                };
                let sessions = match &login.user {
                    Some(user) if matched => self.open_sessions(sign_in.tenant, user.id).await?,
                    _ => Vec::new(),
                };
                let ending = Ending {
                    begun,
                    login: &login,
                    matched,
                    sessions: &sessions,
                    token,
                };
                let now = self.now();
                let decision = login::end(&ending, &self.inner.policy, now, self.seed(now)?);
                Ok((sign_in.tenant, now, decision))
            }
        });
        let session = ended.await??;
        Ok(SignedIn::new(token, &session))
    }

    /// Who has the login name: the first call, whether or not anybody has it (L1).
    async fn find_login(&self, sign_in: &SignIn) -> Result<Option<Loaded<User>>, Error> {
        self.find_by_login(sign_in.tenant, &sign_in.key()).await
    }

    /// Who has a login name now. Stores know a user by a new address before it is theirs, and by the old one until that was
    /// written down.
    pub(crate) async fn find_by_login(&self, tenant: TenantId, key: &Key) -> Result<Option<Loaded<User>>, Error> {
        let user = self.inner.store.find::<User>(tenant, UniqueKey::login(key)).await?;
        let now = self.now();
        Ok(user.filter(|user| user.value.clone().as_of(now).answers_to(key)))
    }

    /// The second call, which asks for as much whoever it is.
    pub(crate) async fn load_login(
        &self,
        tenant: TenantId,
        user: Option<Loaded<User>>,
        account: Tally,
        network: Option<Tally>,
    ) -> Result<Option<Login>, Error> {
        let whose = user
            .as_ref()
            .map_or(UserId::from_uuid(uuid::Uuid::nil()), |user| user.id);
        let ticket = UniqueKey::open_ticket(whose, TicketPurpose::OneTimePassword);
        let mut wanted = vec![
            Lookup::from(tenant),
            Lookup::Id(RecordId::Credential(whose)),
            Lookup::Key(ticket),
            Lookup::from(account.id()),
        ];
        wanted.extend(network.as_ref().map(|network| Lookup::from(network.id())));
        let mut found = self.inner.store.load(tenant, &wanted).await?.into_iter();
        let Some(tenant) = found.next().flatten().and_then(Loaded::cast) else {
            return Ok(None);
        };
        Ok(Some(Login {
            purpose: LoginPurpose::Interactive,
            tenant,
            user,
            credential: found.next().flatten().and_then(Loaded::cast),
            ticket: found.next().flatten().and_then(Loaded::cast),
            account: account.loaded(found.next().flatten().and_then(Loaded::cast)),
            network: network.map(|network| network.loaded(found.next().flatten().and_then(Loaded::cast))),
        }))
    }

    async fn reload_login(&self, sign_in: &SignIn) -> Result<Login, Error> {
        let user = self.find_login(sign_in).await?;
        let (account, network) = tallies(sign_in, user.as_ref());
        let login = self.load_login(sign_in.tenant, user, account, network).await?;
        Ok(sign_in.bound(login.ok_or(Denied::SignInRefused)?))
    }

    /// A user's open sessions, where the policy limits how many there are. To be loaded after the tally of the account.
    pub(crate) async fn open_sessions(&self, tenant: TenantId, user: UserId) -> Result<Vec<Loaded<Session>>, Error> {
        if self.inner.policy.sessions_at_once.is_none() {
            return Ok(Vec::new());
        }
        let query = Query::new(RecordKind::Session, self.now());
        let query = query.filter(Filter::OfUser(user)).status(["open"]);
        Ok(self.inner.store.all(tenant, query).await?)
    }
}

/// What is counted for a login: its account, or the bucket of a name that nobody has; and its network.
fn tallies(sign_in: &SignIn, user: Option<&Loaded<User>>) -> (Tally, Option<Tally>) {
    let account = match user {
        Some(user) => Tally::of_account(user.id),
        None => Tally::of_unknown(sign_in.tenant, &sign_in.key()),
    };
    let network = sign_in.client.address;
    (
        account,
        network.map(|address| Tally::of_network(sign_in.tenant, address)),
    )
}
