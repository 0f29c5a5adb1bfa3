//! Networks: from where a user may come (N1–N3).

use tenure::model::RefusalReason;
use tenure::text::{AddressPattern, Allowlist};
use tenure::{Access, AllowlistChange, Client, Denied, Error, Policy, SignIn, SignedIn};

use crate::support::{Firm, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    n1_an_unknown_address_is_refused_where_there_is_a_list,
    n2_a_mapped_address_is_the_address_at_login_and_on_every_request,
    n3_a_list_that_shuts_out_its_editor_is_refused_unless_forced,
    e3_a_session_is_usable_only_from_where_its_user_may_come,
);

fn pattern(text: &str) -> AddressPattern {
    AddressPattern::new(text).unwrap()
}

fn list(entries: &[&str]) -> Allowlist {
    Allowlist::new(entries.iter().map(|entry| pattern(entry))).unwrap()
}

/// A client at an address, exactly as a host might hand it over.
fn at(address: &str) -> Client {
    Client {
        address: Some(address.parse().unwrap()),
        user_agent: None,
    }
}

async fn login(world: &World, firm: &Firm, client: Client) -> Result<SignedIn, Error> {
    let sign_in = SignIn::new(firm.id(), "zoe@nordwind.example", PASSWORD).client(client);
    world.tenure.sign_in(sign_in).await
}

async fn n1_an_unknown_address_is_refused_where_there_is_a_list(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    login(&world, &firm, Client::unknown()).await.unwrap();
    firm.desk
        .users()
        .allow(zoe.user.id, pattern("0.0.0.0/0"))
        .await
        .unwrap();
    let compared = world.tenure.comparisons_run();
    let refused = login(&world, &firm, Client::unknown()).await;
    assert_eq!(denied(refused), Denied::SignInRefused);
    assert_eq!(world.tenure.comparisons_run(), compared, "a decoy");
    let session = login(&world, &firm, at("192.0.2.7")).await.unwrap();
    let unknown = world
        .tenure
        .authenticate(session.token.expose(), &Client::unknown())
        .await;
    assert_eq!(denied(unknown), Denied::NotSignedIn);
}

async fn n2_a_mapped_address_is_the_address_at_login_and_on_every_request(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    firm.desk
        .users()
        .change_allowlist(zoe.user.id, list(&["192.0.2.*"]))
        .await
        .unwrap();
    let session = login(&world, &firm, at("::ffff:192.0.2.9")).await.unwrap();
    for address in ["192.0.2.1", "::ffff:192.0.2.1"] {
        world
            .tenure
            .authenticate(session.token.expose(), &at(address))
            .await
            .unwrap();
    }
    let refused = world
        .tenure
        .authenticate(session.token.expose(), &at("::192.0.2.1"))
        .await;
    assert_eq!(denied(refused), Denied::NotSignedIn);
}

async fn n3_a_list_that_shuts_out_its_editor_is_refused_unless_forced(world: World) {
    // The owner works from 192.0.2.7.
    let firm = world.found().await;
    let (users, owner) = (firm.desk.users(), firm.owner.id);
    let before = world.picture(&[firm.id()]).await;
    let elsewhere = users.change_allowlist(owner, list(&["10.0.0.0/8"])).await;
    assert_eq!(denied(elsewhere), Denied::ShutsYouOut);
    assert_eq!(
        denied(users.allow(owner, pattern("10.0.0.1")).await),
        Denied::ShutsYouOut
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);
    users
        .change_allowlist(owner, list(&["10.0.0.0/8", "192.0.2.*"]))
        .await
        .unwrap();
    let last = users.disallow(owner, pattern("192.0.2.0/24")).await;
    assert_eq!(denied(last), Denied::ShutsYouOut);
    let forced = AllowlistChange::disallow(pattern("192.0.2.*")).forced();
    let saved = users.change_allowlist(owner, forced).await.unwrap();
    assert_eq!(saved.allowlist, list(&["10.0.0.0/8"]));
    assert_eq!(denied(users.get(owner).await), Denied::NotSignedIn, "they meant it");
    // The host's own code, which comes from nowhere, can help.
    let system = world.tenure.system(firm.id(), "locked out").unwrap();
    system.users().change_allowlist(owner, Allowlist::any()).await.unwrap();
    assert_eq!(users.get(owner).await.unwrap().allowlist, Allowlist::any());
}

async fn e3_a_session_is_usable_only_from_where_its_user_may_come(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    firm.desk
        .users()
        .change_allowlist(zoe.user.id, list(&["10.0.0.0/8"]))
        .await
        .unwrap();
    // The session that began before, and the desk that is held.
    assert_eq!(denied(world.principal(&zoe.login).await), Denied::NotSignedIn);
    assert_eq!(denied(zoe.desk.me().user().await), Denied::NotSignedIn);
    assert_eq!(
        denied(login(&world, &firm, at("192.0.2.7")).await),
        Denied::SignInRefused
    );
    let why = firm
        .desk
        .users()
        .explain_sign_in(zoe.user.id, Some(at("192.0.2.7")))
        .await
        .unwrap();
    assert_eq!(
        why.iter().map(|found| found.reason).collect::<Vec<_>>(),
        [RefusalReason::WrongNetwork]
    );
    // Where the policy asks at login only, a session goes along.
    let session = login(&world, &firm, at("10.1.2.3")).await.unwrap();
    let lenient = world.with_policy(|policy| policy.allowlist_on_every_request = false);
    lenient.principal(&session).await.unwrap();
    assert_eq!(
        denied(login(&lenient, &firm, at("192.0.2.7")).await),
        Denied::SignInRefused
    );
}
