//! What happens between a look and a commit, and beside what cannot be read.

use std::sync::Arc;

use tenure::id::CommitId;
use tenure::model::{Entry, Loaded, SessionState};
use tenure::store::{Change, Commit, Store, StoreExt};
use tenure::{Access, Denied, Listing, NewUser, Policy, SignIn, Start, User, UserStatus};
use time::Duration;

use crate::support::{Firm, HookedStore, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    l1_a_password_that_was_compared_for_one_user_lets_in_no_other,
    if4_the_first_day_is_kept_through_an_invitation_that_lapsed,
    d5_a_record_that_cannot_be_read_keeps_no_other_from_being_settled,
);

const OTHERS: &str = "Another-Word-9";

async fn loaded(world: &World, user: &User, firm: &Firm) -> Loaded<User> {
    world.store.get::<User>(firm.id(), user.id).await.unwrap().unwrap()
}

/// Two users, each with a user name and a password.
async fn two(world: &World, firm: &Firm) -> [User; 2] {
    let mut users = Vec::new();
    for (name, password) in [("zoe", PASSWORD), ("mallory", OTHERS)] {
        let address = format!("{name}@nordwind.example");
        let user = NewUser::new(name, "Example", &address).user_name(name);
        firm.desk.users().create(user, Access::none().invite()).await.unwrap();
        world.deliver().await;
        let acceptance = tenure::Acceptance::new(password);
        let token = world.token_to(&address);
        users.push(world.tenure.accept_invitation(&token, acceptance).await.unwrap());
    }
    users.try_into().unwrap()
}

/// Three updates, because no two users have one name even for a moment.
fn swap(world: &World, firm: &Firm, one: &Loaded<User>, other: &Loaded<User>) -> Commit {
    let named = |user: &Loaded<User>, name: &User| User {
        user_name: name.user_name.clone(),
        ..user.value.clone()
    };
    let aside = User {
        user_name: tenure::text::UserName::new("aside").unwrap(),
        ..one.value.clone()
    };
    let update = |expected, user| Change::Update {
        expected,
        entry: Entry::new(user),
    };
    Commit {
        id: CommitId::from_uuid(uuid::Uuid::from_u128(77)),
        tenant: firm.id(),
        at: world.now(),
        guards: Vec::new(),
        changes: vec![
            update(one.version, aside),
            update(other.version, named(other, one)),
            update(one.version.next(), named(one, other)),
        ],
        events: Vec::new(),
        mail: Vec::new(),
    }
}

/// The name means somebody else by the time the login is written, whose credential has the same version.
async fn l1_a_password_that_was_compared_for_one_user_lets_in_no_other(world: World) {
    let firm = world.found().await;
    let [zoe, mallory] = two(&world, &firm).await;
    for typed in [PASSWORD, OTHERS] {
        // Each program draws the same chance; the time makes their commits differ.
        world.advance(Duration::SECOND);
        let (one, other) = (loaded(&world, &zoe, &firm).await, loaded(&world, &mallory, &firm).await);
        let name = one.user_name.to_string();
        let hooked: Arc<dyn Store> = Arc::new(HookedStore::committing_first(
            world.store.clone(),
            Commit {
                id: CommitId::from_uuid(uuid::Uuid::from_u128(78 + typed.len() as u128)),
                ..swap(&world, &firm, &one, &other)
            },
        ));
        let login = world.over(&hooked).sign_in(SignIn::new(firm.id(), name, typed)).await;
        assert_eq!(denied(login), Denied::SignInRefused);
        for user in [&zoe, &mallory] {
            let sessions = firm
                .desk
                .sessions()
                .of(user.id, tenure::Listing::new())
                .await
                .unwrap()
                .items;
            assert!(sessions.iter().all(|session| session.state != SessionState::Open));
        }
    }
}

async fn if4_the_first_day_is_kept_through_an_invitation_that_lapsed(world: World) {
    let firm = world.found().await;
    let host = world.tenure.system(firm.id(), "a test").unwrap();
    let day = world.ahead(Duration::days(60));
    for (name, start) in [
        ("Later", Start::At(day)),
        ("Told", Start::WhenActivated),
        ("Now", Start::Now),
    ] {
        let user = NewUser::new(name, "Example", format!("{name}@nordwind.example"));
        let access = Access::none().starting(start).invite();
        let user = host.users().create(user, access).await.unwrap();
        assert_eq!(user.start, start);
        world.advance(Duration::days(21));
        if name != "Now" {
            // Written down, or not.
            world.tenure.settle_due(None).await.unwrap();
        }
        assert!(matches!(
            host.users().get(user.id).await.unwrap().status,
            UserStatus::Inactive { .. }
        ));
        host.invitations().send(user.id, None).await.unwrap();
        let accepted = world.accept(user.address.as_str()).await.unwrap();
        match (start, &accepted.status) {
            (Start::At(day), UserStatus::Inactive { starts_at, .. }) => assert_eq!(*starts_at, Some(day)),
            (Start::Now, UserStatus::Active { .. })
            | (Start::WhenActivated, UserStatus::Inactive { starts_at: None, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn d5_a_record_that_cannot_be_read_keeps_no_other_from_being_settled(world: World) {
    let firm = world.found().await;
    let host = world.tenure.system(firm.id(), "a test").unwrap();
    let mut users = Vec::new();
    for (name, seconds) in [("one", 1), ("two", 2), ("three", 3)] {
        let user = NewUser::new(name, "Example", format!("{name}@nordwind.example"));
        let user = host.users().create_program(user, Access::none()).await.unwrap();
        let end = world.ahead(Duration::seconds(seconds));
        host.users().schedule_end(user.id, Some(end)).await.unwrap();
        users.push(user);
    }
    world.advance(Duration::MINUTE);
    let damaged: Arc<dyn Store> = Arc::new(HookedStore::unreadable(world.store.clone(), users[0].id));
    assert_eq!(world.over(&damaged).settle_due(None).await.unwrap(), 2);
    let written = |user: Loaded<User>| matches!(user.value.status, UserStatus::Inactive { .. });
    let mut all = Vec::new();
    for user in &users {
        all.push(written(loaded(&world, user, &firm).await));
    }
    assert_eq!(all, [false, true, true]);
    assert_eq!(
        host.users()
            .list(Listing::new().status(["inactive"]))
            .await
            .unwrap()
            .items
            .len(),
        3
    );
}
