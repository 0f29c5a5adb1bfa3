//! Links to a new password, one-time passwords, and what stands in a store without a command of its own here.

use std::sync::atomic::{AtomicU64, Ordering};

use tenure::id::{CommitId, SessionId, UserId};
use tenure::model::{
    Entry, ExternalIdentity, Kept, Loaded, Record, Session, SessionLimit, SessionState, Throttle, UniqueKey, User,
};
use tenure::secret::{OneTimePassword, Token, TokenPurpose};
use tenure::store::{Change, Commit, StoreExt};
use tenure::testing::SeededRandom;
use tenure::text::{Key, Name, Subject};
use tenure::{Error, NewPassword, TenantId};
use time::Duration;
use uuid::Uuid;

use super::{World, client};

impl World {
    /// Asks for a new password at the login page.
    pub(crate) async fn forget(&self, tenant: TenantId, login: &str) {
        self.tenure.request_reset(tenant, login, &client()).await.unwrap();
    }

    /// Asks for a new password, and reads the mail.
    pub(crate) async fn reset_link(&self, tenant: TenantId, address: &str) -> String {
        self.forget(tenant, address).await;
        assert_eq!(self.deliver().await, 1);
        self.token_to(address)
    }

    /// Sets a password by link.
    pub(crate) async fn reset(&self, token: &str, password: &str) -> Result<(), Error> {
        let new = NewPassword::new(password).repeated(password);
        self.tenure.reset_password(token, new).await
    }

    /// The one-time password in the last mail to an address.
    pub(crate) fn one_time_password_to(&self, address: &str) -> OneTimePassword {
        let mail = self.mail_to(address);
        let words = mail.text().split_whitespace().filter(|word| word.len() == 29);
        let mut passwords = words.filter_map(OneTimePassword::read);
        passwords.next().expect("a one-time password")
    }

    /// What a login with a one-time password begins: a session that is good for a new password only.
    pub(crate) async fn limited_session(&self, tenant: TenantId, user: UserId) -> Token {
        static NUMBER: AtomicU64 = AtomicU64::new(4_711);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let token = Token::mint(TokenPurpose::Session, *tenant.as_uuid(), &SeededRandom::new(number)).unwrap();
        let session = Session {
            id: SessionId::from_uuid(Uuid::from_u128(user.as_uuid().as_u128() ^ u128::from(number))),
            user,
            token: token.hash(),
            client: client(),
            started_at: self.now(),
            expires_at: self.ahead(Duration::minutes(15)),
            seen_at: self.now(),
            limited: Some(SessionLimit::PasswordChange),
            state: SessionState::Open,
        };
        self.write(tenant, Change::Insert(Entry::new(session))).await;
        token
    }

    /// From now on, an external provider signs this user in.
    pub(crate) async fn sign_in_elsewhere(&self, tenant: TenantId, login: &str) {
        let key = UniqueKey::login(&Key::of(login));
        let user = self.store.find::<User>(tenant, key).await.unwrap().unwrap();
        let identity = ExternalIdentity {
            provider: Name::new("Corporate directory").unwrap(),
            subject: Subject::new(login).unwrap(),
        };
        let after = User {
            identity: Some(identity),
            ..user.value.clone()
        };
        self.replace(tenant, &user, after).await;
    }

    /// Writes a record in another form.
    pub(crate) async fn replace<R: Kept>(&self, tenant: TenantId, before: &Loaded<R>, after: R) {
        let entry = Entry::new(after);
        let expected = before.version;
        self.write(tenant, Change::Update { expected, entry }).await;
    }

    async fn write(&self, tenant: TenantId, change: Change) {
        let digest = serde_json::to_string(&change).unwrap();
        let id = digest.bytes().fold(0_u128, |sum, byte| {
            sum.wrapping_mul(1_000_003).wrapping_add(u128::from(byte))
        });
        let commit = Commit {
            id: CommitId::from_uuid(Uuid::from_u128(id)),
            tenant,
            at: self.now(),
            guards: Vec::new(),
            changes: vec![change],
            events: Vec::new(),
            mail: Vec::new(),
        };
        self.store.commit(commit).await.unwrap();
    }

    /// Every throttle on record.
    pub(crate) async fn throttles(&self, tenant: TenantId) -> Vec<Throttle> {
        let picture = self.picture(&[tenant]).await;
        let records = picture.contents(tenant).records.values();
        let throttles = records.filter_map(|record| match &record.value {
            Record::Throttle(throttle) => Some(throttle.clone()),
            _ => None,
        });
        throttles.collect()
    }
}
