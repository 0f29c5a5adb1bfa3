//! Invariants that cannot break hold nothing. Each of those about access is shown a picture that breaks it.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tenure::model::{
    Actor, AddressChange, AddressChangeState, ApiKey, ApiKeyState, ExternalIdentity, Loaded, PermissionSet, Record,
    RecordId, Scope, Throttle, Ticket, TicketPurpose, User, UserStatus, Version,
};
use tenure::password::HashingParams;
use tenure::secret::TokenHash;
use tenure::store::MemoryStore;
use tenure::testing::commands::{self, Command, Step};
use tenure::testing::invariants::{Changes, INVARIANTS, Observed};
use tenure::testing::{Answer, Doer, Ran, Snapshot, World};
use tenure::text::{Name, Subject};
use tenure::{Policy, TenantId};
use time::Duration;
use uuid::Uuid;

/// A furnished world's picture, before and after something went wrong.
struct Scene {
    tenant: TenantId,
    before: Snapshot,
    after: Snapshot,
    policy: Policy,
    ran: Ran,
}

impl Scene {
    async fn new() -> Self {
        let mut policy = Policy::default();
        policy.hashing = HashingParams::weak_for_tests();
        let world = World::new(Arc::new(MemoryStore::new()), 7, policy.clone())
            .await
            .unwrap();
        let before = world.snapshot(None).await.unwrap();
        let answer = Answer::Done(String::new());
        Self {
            tenant: world.tenants()[0],
            after: world.snapshot(Some(&before)).await.unwrap(),
            before,
            policy,
            ran: Ran { answer, by: Doer::Host },
        }
    }

    /// A user by their first name.
    fn user(&self, first: &str) -> User {
        let mut users = self.before.tenants[&self.tenant].users();
        users
            .find(|user| user.profile.first_name.as_str() == first)
            .unwrap()
            .clone()
    }

    fn put(&mut self, record: impl Into<Record>) {
        let record = record.into();
        let contents = self.after.tenants.get_mut(&self.tenant).unwrap();
        contents
            .records
            .insert(record.id(), Loaded::new(Version::FIRST, record));
    }

    /// What this one invariant says of it, having nothing against the picture as it was.
    fn broken(&self, name: &str) -> String {
        let invariant = INVARIANTS.iter().find(|invariant| invariant.name == name).unwrap();
        let step = Step {
            tenant: 0,
            by: commands::Actor::Owner,
            command: Command::Health,
        };
        let holds = |after: &Snapshot, ran: &Ran| {
            let changes = Changes::between(&self.before, after);
            (invariant.holds)(&Observed {
                before: &self.before,
                after,
                step: &step,
                ran,
                policy: &self.policy,
                changes: &changes,
            })
        };
        let untouched = Ran {
            answer: Answer::Done(String::new()),
            by: self.ran.by,
        };
        assert_eq!(holds(&self.before, &untouched), Ok(()));
        holds(&self.after, &self.ran).unwrap_err()
    }

    fn key(&self, user: &User) -> ApiKey {
        ApiKey {
            id: Uuid::from_u128(1).into(),
            user: user.id,
            name: Name::new("nightly import").unwrap(),
            token: TokenHash::from_bytes([7; 32]),
            permissions: PermissionSet::All,
            scope: Scope::All,
            created_by: Actor::User(user.id),
            created_at: self.before.at,
            expires_at: None,
            seen_at: None,
            state: ApiKeyState::Open,
        }
    }
}

#[tokio::test]
async fn t1_a_secret_in_a_record_or_an_answer_is_seen() {
    let mut scene = Scene::new().await;
    let secret = scene
        .before
        .secrets
        .iter()
        .find(|secret| secret.starts_with("Correct-Horse"))
        .unwrap()
        .clone();
    let unit = scene.before.tenants[&scene.tenant].units().next().unwrap().clone();
    let name = Name::new(format!("North ({secret})")).unwrap();
    scene.put(tenure::model::OrgUnit { name, ..unit });
    assert!(scene.broken("no_secret_is_stored_or_told").contains(&secret));

    let mut scene = Scene::new().await;
    scene.ran.answer = Answer::Done(format!("SignedIn {{ password: {secret:?} }}"));
    assert!(scene.broken("no_secret_is_stored_or_told").contains("answer"));
}

#[tokio::test]
async fn t4_e4_a_link_or_key_of_whoever_has_left_is_seen() {
    let mut scene = Scene::new().await;
    let clara = scene.user("Clara");
    let left = User {
        status: UserStatus::Disabled { since: scene.before.at },
        ..clara.clone()
    };
    let until = scene.before.at.saturating_add(Duration::HOUR);
    let id = Uuid::from_u128(2).into();
    scene.put(Ticket::new(id, clara.id, TicketPurpose::Reset, &clara.address, until));
    scene.put(scene.key(&clara));
    scene.put(left);
    assert!(scene.broken("no_open_ticket_of_the_inactive").contains("disabled"));
    assert!(scene.broken("no_usable_key_of_the_inactive").contains("has left"));
}

#[tokio::test]
async fn e6_r2_a_key_beyond_its_maker_is_seen() {
    let mut scene = Scene::new().await;
    let (ada, clara) = (scene.user("Ada"), scene.user("Clara"));
    // Her own, beyond herself; then the owner's, made by her.
    scene.ran.by = Doer::User(scene.tenant, clara.id);
    scene.put(scene.key(&clara));
    assert!(scene.broken("no_key_beyond_its_maker_and_holder").contains("its user"));
    scene.put(scene.key(&ada));
    assert!(scene.broken("no_key_beyond_its_maker_and_holder").contains("its maker"));
}

#[tokio::test]
async fn a1_an_address_that_somebody_waits_for_and_another_has_is_seen() {
    let mut scene = Scene::new().await;
    let (una, clara) = (scene.user("Una"), scene.user("Clara"));
    let change = AddressChange {
        to: una.address.clone(),
        user_name: None,
        requested_at: scene.before.at,
        requested_by: Actor::User(clara.id),
        not_before: scene.before.at,
        stop: Uuid::from_u128(3).into(),
        state: AddressChangeState::Requested {
            ticket: Uuid::from_u128(4).into(),
            confirm_by: scene.before.at.saturating_add(Duration::HOUR),
        },
    };
    let pending_address = Some(Box::new(change));
    scene.put(User {
        pending_address,
        ..clara
    });
    let why = scene.broken("logins_and_pending_addresses_are_unique");
    assert!(why.contains(&una.id.to_string()), "{why}");
}

#[tokio::test]
async fn if10_a_password_beside_an_identity_is_seen() {
    let mut scene = Scene::new().await;
    let identity = Some(ExternalIdentity {
        provider: Name::new("Entra").unwrap(),
        subject: Subject::new("7f3a").unwrap(),
    });
    let clara = User {
        identity,
        ..scene.user("Clara")
    };
    scene.put(clara);
    assert!(
        scene
            .broken("no_password_beside_an_identity")
            .contains("has an identity")
    );
}

#[tokio::test]
async fn l2_a_lock_without_an_end_is_seen() {
    let mut scene = Scene::new().await;
    let never = scene.before.at.saturating_add(Duration::days(400));
    let throttle = Throttle {
        id: Uuid::from_u128(5).into(),
        user: Some(scene.user("Clara").id),
        failures: 10,
        locked_until: Some(never),
        forget_at: never,
    };
    let id = RecordId::from(throttle.id);
    scene.put(throttle);
    let why = scene.broken("lockouts_end_by_themselves");
    assert!(why.contains(&id.uuid().to_string()), "{why}");
}

#[tokio::test]
async fn lo8_d6_what_the_log_does_not_say_is_seen() {
    let mut scene = Scene::new().await;
    let mut clara = scene.user("Clara");
    clara.grants.clear();
    scene.put(clara.clone());
    let why = scene.broken("the_log_says_what_is");
    assert!(why.contains(&clara.id.to_string()), "{why}");

    // A seat is billed that no contract was told of.
    let mut scene = Scene::new().await;
    let mut tenant = scene.before.tenants[&scene.tenant].tenants().next().unwrap().clone();
    tenant.seats.contracted = 90;
    scene.put(tenant);
    assert!(scene.broken("the_log_says_what_is").contains("90"));
}
