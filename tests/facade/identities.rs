//! External identities: who logs in through a provider, and who no longer with a password.

use tenure::model::{AttemptOutcome, ExternalIdentity, RefusalReason};
use tenure::text::{Name, Subject};
use tenure::{
    Access, Client, Denied, Error, Listing, NewUser, Policy, Provider, SignedIn, StatusChange, Suspension, TenantId,
};

use crate::support::{Firm, OWNERS, PASSWORD, World, client, denied, for_every_store};

for_every_store!(with_entra();
    if10_a_linked_user_logs_in_through_the_provider_and_with_no_password,
    if10_unlinked_they_log_in_neither_way_until_they_set_a_password,
    an_identity_is_provider_and_subject_never_the_address,
    e4_whoever_may_not_log_in_may_not_through_a_provider_either,
    l4_every_asserted_login_is_in_the_history,
    bi10_an_asserted_login_comes_from_the_networks_of_its_user_too,
    a_user_set_up_ahead_is_linked_and_activated_without_an_invitation,
);

const PLACE: &str = "https://account.example.com/password";

fn with_entra() -> Policy {
    let mut policy = Policy::default();
    for name in ["Entra", "Okta"] {
        let provider = Provider::new().password_place(PLACE);
        policy.providers.insert(Name::new(name).unwrap(), provider);
    }
    policy
}

fn identity(provider: &str, subject: &str) -> ExternalIdentity {
    ExternalIdentity {
        provider: Name::new(provider).unwrap(),
        subject: Subject::new(subject).unwrap(),
    }
}

async fn assert_who(world: &World, tenant: TenantId, provider: &str, subject: &str) -> Result<SignedIn, Error> {
    let identity = identity(provider, subject);
    world.tenure.sign_in_asserted(tenant, identity, client()).await
}

async fn outcomes(firm: &Firm) -> Vec<AttemptOutcome> {
    let attempts = firm.desk.history().all_attempts(Listing::new()).await.unwrap().items;
    attempts.into_iter().map(|attempt| attempt.outcome).collect()
}

async fn bi10_an_asserted_login_comes_from_the_networks_of_its_user_too(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    let users = firm.desk.users();
    users.link_identity(pia.user.id, "Entra", "7f3a").await.unwrap();
    users.allow(pia.user.id, "198.51.100.*".parse().unwrap()).await.unwrap();
    let refused = assert_who(&world, firm.id(), "Entra", "7f3a").await;
    assert_eq!(denied(refused), Denied::SignInRefused);
    let reason = RefusalReason::WrongNetwork;
    assert!(outcomes(&firm).await.contains(&AttemptOutcome::Refused { reason }));
    let office = Client::at([198, 51, 100, 7].into());
    let login = world
        .tenure
        .sign_in_asserted(firm.id(), identity("Entra", "7f3a"), office);
    assert_eq!(login.await.unwrap().user, pia.user.id);
}

async fn if10_a_linked_user_logs_in_through_the_provider_and_with_no_password(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    firm.desk
        .users()
        .link_identity(pia.user.id, "Entra", "7f3a")
        .await
        .unwrap();
    assert_eq!(
        denied(world.principal(&pia.login).await),
        Denied::NotSignedIn,
        "sessions end"
    );
    let with_password = world.sign_in(firm.id(), "pia@nordwind.example", PASSWORD).await;
    assert_eq!(denied(with_password), Denied::SignInRefused);
    let external = AttemptOutcome::Refused {
        reason: RefusalReason::ExternalOnly,
    };
    assert!(outcomes(&firm).await.contains(&external));

    let login = assert_who(&world, firm.id(), "Entra", "7f3a").await.unwrap();
    assert_eq!(login.user, pia.user.id);
    let principal = world.principal(&login).await.unwrap();
    assert_eq!(
        (principal.user(), principal.session()),
        (pia.user.id, Some(login.session))
    );
    // Nor does an invitation give them a password.
    let sent = firm.desk.invitations().send(pia.user.id, None).await;
    let place = Some(PLACE.to_owned());
    assert_eq!(denied(sent), Denied::PasswordElsewhere { place });
}

async fn if10_unlinked_they_log_in_neither_way_until_they_set_a_password(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    firm.desk
        .users()
        .link_identity(pia.user.id, "Entra", "7f3a")
        .await
        .unwrap();
    let login = assert_who(&world, firm.id(), "Entra", "7f3a").await.unwrap();
    firm.desk.users().unlink_identity(pia.user.id).await.unwrap();
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
    assert_eq!(
        denied(assert_who(&world, firm.id(), "Entra", "7f3a").await),
        Denied::SignInRefused
    );
    assert!(
        world
            .sign_in(firm.id(), "pia@nordwind.example", PASSWORD)
            .await
            .is_err()
    );
    assert_eq!(
        denied(firm.desk.users().unlink_identity(pia.user.id).await),
        Denied::NoIdentity
    );
}

async fn an_identity_is_provider_and_subject_never_the_address(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    let otto = world.join(&firm.desk, "Otto", Access::none()).await;
    let users = firm.desk.users();
    users
        .link_identity(pia.user.id, "Entra", "otto@nordwind.example")
        .await
        .unwrap();
    let taken = users
        .link_identity(otto.user.id, "entra", "otto@nordwind.example")
        .await;
    assert_eq!(denied(taken), Denied::IdentityTaken);
    let login = assert_who(&world, firm.id(), "ENTRA", "otto@nordwind.example")
        .await
        .unwrap();
    assert_eq!(login.user, pia.user.id, "whatever the subject looks like");
    for (provider, subject) in [
        ("Okta", "otto@nordwind.example"),
        ("Entra", "Otto@nordwind.example"),
        ("Entra", "pia@nordwind.example"),
        ("Nobody", "otto@nordwind.example"),
    ] {
        let refused = assert_who(&world, firm.id(), provider, subject).await;
        assert_eq!(denied(refused), Denied::SignInRefused, "{provider} {subject}");
    }
    users
        .link_identity(otto.user.id, "Okta", "otto@nordwind.example")
        .await
        .unwrap();
    let other = world.found().await;
    let elsewhere = assert_who(&world, other.id(), "Entra", "otto@nordwind.example").await;
    assert_eq!(denied(elsewhere), Denied::SignInRefused, "nothing crosses tenants");
    let nowhere = assert_who(&world, uuid::Uuid::nil().into(), "Entra", "otto@nordwind.example").await;
    assert_eq!(denied(nowhere), Denied::SignInRefused);
    // Who is deleted leaves the identity free.
    users.delete(pia.user.id).await.unwrap();
    users.unlink_identity(otto.user.id).await.unwrap();
    users
        .link_identity(otto.user.id, "Entra", "otto@nordwind.example")
        .await
        .unwrap();
    assert_eq!(denied(users.restore(pia.user.id).await), Denied::IdentityTaken);
}

async fn e4_whoever_may_not_log_in_may_not_through_a_provider_either(world: World) {
    let firm = world.found().await;
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    for (name, change) in [
        ("Sue", Some(StatusChange::Suspend(Suspension::open_ended()))),
        ("Dis", Some(StatusChange::Disable)),
        ("Dea", Some(StatusChange::Deactivate)),
        ("Del", None),
    ] {
        let member = world.join(&desk, name, Access::none()).await;
        desk.users().link_identity(member.user.id, "Entra", name).await.unwrap();
        let login = assert_who(&world, firm.id(), "Entra", name).await.unwrap();
        match change {
            Some(change) => drop(desk.users().change_status(member.user.id, change).await.unwrap()),
            None => desk.users().delete(member.user.id).await.unwrap(),
        }
        assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn, "{name}");
        let refused = assert_who(&world, firm.id(), "Entra", name).await;
        assert_eq!(denied(refused), Denied::SignInRefused, "{name}");
    }
    desk.users().link_identity(firm.owner.id, "Entra", "ada").await.unwrap();
    desk.tenant().suspend().await.unwrap();
    assert_eq!(
        denied(assert_who(&world, firm.id(), "Entra", "ada").await),
        Denied::SignInRefused
    );
    assert!(world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.is_err());
}

async fn l4_every_asserted_login_is_in_the_history(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    firm.desk
        .users()
        .link_identity(pia.user.id, "Entra", "7f3a")
        .await
        .unwrap();
    let hashes = world.tenure.hashes_run();
    let login = assert_who(&world, firm.id(), "Entra", "7f3a").await.unwrap();
    assert!(assert_who(&world, firm.id(), "Entra", "nobody").await.is_err());
    assert_eq!(world.tenure.hashes_run(), hashes, "there is no password to hash");
    let of_pia = firm
        .desk
        .history()
        .attempts(pia.user.id, Listing::new())
        .await
        .unwrap()
        .items;
    let success = AttemptOutcome::Success { session: login.session };
    let found = of_pia.iter().find(|attempt| attempt.outcome == success).unwrap();
    assert_eq!(found.client, client());
    let unknown = AttemptOutcome::Refused {
        reason: RefusalReason::UnknownLogin,
    };
    assert!(outcomes(&firm).await.contains(&unknown));
}

async fn a_user_set_up_ahead_is_linked_and_activated_without_an_invitation(world: World) {
    let firm = world.found().await;
    let new = NewUser::new("Pia", "Example", "pia@nordwind.example");
    let pia = firm
        .desk
        .users()
        .create(new, Access::none().without_invitation())
        .await
        .unwrap();
    firm.desk.users().link_identity(pia.id, "Entra", "7f3a").await.unwrap();
    assert!(
        assert_who(&world, firm.id(), "Entra", "7f3a").await.is_err(),
        "not active yet"
    );
    firm.desk.users().activate(pia.id).await.unwrap();
    assert_eq!(
        assert_who(&world, firm.id(), "Entra", "7f3a").await.unwrap().user,
        pia.id
    );
    let invited = NewUser::new("Otto", "Example", "otto@nordwind.example");
    let invited = firm
        .desk
        .users()
        .create(invited, Access::none().invite())
        .await
        .unwrap();
    let refused = firm.desk.users().link_identity(invited.id, "Entra", "otto").await;
    assert_eq!(denied(refused).code(), "wrong_status");
}
