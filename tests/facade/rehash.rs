//! A password is hashed anew at the login that proves it, where the policy's parameters rose since or another program hashed it.

use tenure::Tenure;
use tenure::model::{Credential, Secret};
use tenure::password::HashingParams;
use tenure::store::StoreExt;
use tenure::{Policy, SignIn};

use crate::support::{Firm, OWNERS, World, client, denied, for_every_store};

for_every_store!(Policy::default();
    p5_the_login_after_the_parameters_rose_hashes_the_password_anew,
    p5_of_parallel_logins_that_hash_anew_none_is_refused,
    p5_a_refused_login_hashes_nothing_anew,
);

/// The same back office, whose passwords were to cost less until now.
fn raised(world: &World) -> Tenure {
    let mut policy = world.tenure.policy().clone();
    policy.hashing = HashingParams::default();
    world.set_up(policy.clone(), |builder| builder.policy(policy))
}

async fn secret(world: &World, firm: &Firm) -> Secret {
    let credential = world.store.get::<Credential>(firm.id(), firm.owner.id).await;
    credential.unwrap().unwrap().value.secret
}

async fn params(world: &World, firm: &Firm) -> Option<HashingParams> {
    match secret(world, firm).await {
        Secret::Password { hash, .. } => hash.params(),
        other => panic!("no password: {other:?}"),
    }
}

fn typed(firm: &Firm, password: &str) -> SignIn {
    SignIn::new(firm.id(), firm.owner.address.as_str(), password).client(client())
}

async fn p5_the_login_after_the_parameters_rose_hashes_the_password_anew(world: World) {
    let firm = world.found().await;
    assert_eq!(params(&world, &firm).await, Some(HashingParams::weak_for_tests()));
    let (tenure, before, log) = (
        raised(&world),
        secret(&world, &firm).await,
        world.events(firm.id()).await,
    );
    let login = tenure.sign_in(typed(&firm, OWNERS)).await.unwrap();
    assert_eq!(tenure.hashes_run(), 2, "the comparison, and the new hash");
    assert_eq!(params(&world, &firm).await, Some(HashingParams::default()));
    let after = secret(&world, &firm).await;
    assert!(after.is_still(&before) && !before.is_still(&after));
    let set_at = |secret: &Secret| match secret {
        Secret::Password { set_at, .. } => *set_at,
        other => panic!("no password: {other:?}"),
    };
    assert_eq!(set_at(&after), set_at(&before), "it is as old as it was");
    assert_eq!(
        world.events(firm.id()).await.len(),
        log.len() + 1,
        "that somebody logged in, and nothing else"
    );
    tenure.authenticate(login.token.expose(), &client()).await.unwrap();
    // Once.
    tenure.sign_in(typed(&firm, OWNERS)).await.unwrap();
    assert_eq!(tenure.hashes_run(), 3);
    assert_eq!(secret(&world, &firm).await, after);
    // A program whose policy is still the old one leaves the better hash.
    world.tenure.sign_in(typed(&firm, OWNERS)).await.unwrap();
    assert_eq!(secret(&world, &firm).await, after);
}

async fn p5_of_parallel_logins_that_hash_anew_none_is_refused(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let tenure = raised(&world);
    let logins = (0..8).map(|_| {
        let (tenure, typed) = (tenure.clone(), typed(&firm, OWNERS));
        tokio::spawn(async move { tenure.sign_in(typed).await })
    });
    for login in logins.collect::<Vec<_>>() {
        login.await.unwrap().unwrap();
    }
    assert_eq!(params(&world, &firm).await, Some(HashingParams::default()));
}

async fn p5_a_refused_login_hashes_nothing_anew(world: World) {
    let firm = world.found().await;
    let (tenure, before) = (raised(&world), secret(&world, &firm).await);
    let refused = denied(tenure.sign_in(typed(&firm, "Wrong-Horse-7")).await);
    assert_eq!(refused.code(), "sign_in_refused");
    assert_eq!(tenure.hashes_run(), 1, "L1: one, as for everybody who is refused");
    assert_eq!(secret(&world, &firm).await, before);
}
