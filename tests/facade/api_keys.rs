//! API keys: made and shown once, never worth more than their user is at this moment, revoked for good.

use std::sync::Arc;

use tenure::model::{ApiKeyState, AttemptOutcome, RefusalReason, SessionLimit, SessionState, What};
use tenure::secret::TokenPurpose;
use tenure::store::Store;
use tenure::testing::FailingStore;
use tenure::{
    Access, Client, Denied, Listing, LoginPurpose, NewApiKey, NewPassword, NewRole, NewUnit, NewUser, Pass, Permission,
    Place, Policy, ProfileEdit, Scope, SignIn, Suspension, Token, UserEdit, permissions,
};
use time::Duration;

use crate::support::{Firm, PASSWORD, World, client, denied, for_every_store, wrong_fields};

for_every_store!(Policy::default();
    e6_a_key_is_made_shown_once_used_and_revoked,
    e6_a_key_allows_what_it_and_its_user_both_may_now,
    e6_a_key_follows_the_tree_of_units,
    e3_a_key_is_usable_while_its_user_and_tenant_are,
    e4_when_access_ends_for_good_keys_are_revoked_and_on_leave_they_wait,
    e6_a_desk_works_for_a_key_and_stops_with_it,
    e6_what_takes_a_session_is_refused_for_keys,
    e6_keys_of_others_take_the_permission_and_no_less_rights,
    e6_fifty_keys_a_user_however_many_are_made_at_once,
    e6_a_leaked_key_is_recognised_without_a_store,
    e8_last_use_of_a_key_is_written_once_a_minute_at_most,
    t1_the_token_of_a_key_stands_nowhere,
    t2_nothing_but_its_own_token_opens_a_key,
    bi2_a_program_logs_in_with_its_password_where_the_policy_says_so,
    bi2_e4_what_ends_the_login_of_a_program,
    bi2_r3_no_program_lets_itself_in_by_hand,
);

fn reading() -> NewApiKey {
    NewApiKey::new("import").permissions([permissions::USERS_READ.as_str()])
}

/// A program with the permission to read users, and its key.
async fn program(firm: &Firm) -> (tenure::User, tenure::ApiKey, Token) {
    let access = Access::none()
        .and_permission(permissions::USERS_READ)
        .and_permission(permissions::EMPLOYEES_READ);
    let robot = NewUser::new("Nightly", "Import", "robot@nordwind.example");
    let robot = firm.desk.users().create_program(robot, access).await.unwrap();
    let (key, token) = firm.desk.api_keys().create(robot.id, reading()).await.unwrap();
    (robot, key, token)
}

async fn is_usable(world: &World, token: &Token) -> bool {
    let proved = world.tenure.authenticate_api(token.expose(), &client()).await;
    world.tenure.flush().await;
    match proved {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.denied(), Some(&Denied::NotSignedIn), "whatever the reason");
            false
        }
    }
}

async fn e6_a_key_is_made_shown_once_used_and_revoked(world: World) {
    let firm = world.found().await;
    let (robot, key, token) = program(&firm).await;
    assert_eq!((key.user, key.seen_at), (robot.id, None));
    assert_eq!(key.created_by, tenure::model::Actor::User(firm.owner.id));
    assert!(token.expose().starts_with("tnk_"));
    let principal = world.tenure.authenticate_api(token.expose(), &client()).await.unwrap();
    world.tenure.flush().await;
    assert_eq!(principal.pass(), Pass::ApiKey(key.id));
    assert_eq!((principal.user(), principal.session()), (robot.id, None));
    assert!(principal.may(&permissions::USERS_READ, Place::Everywhere));
    assert!(
        !principal.may(&permissions::EMPLOYEES_READ, Place::Everywhere),
        "not the key's"
    );

    let listed = firm.desk.api_keys().of(robot.id).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].seen_at), (1, Some(world.now())));
    firm.desk.api_keys().revoke(key.id).await.unwrap();
    assert!(!is_usable(&world, &token).await);
    assert_eq!(denied(firm.desk.api_keys().revoke(key.id).await), Denied::ApiKeyRevoked);
    let open = firm
        .desk
        .api_keys()
        .list(Listing::new().status(["open"]))
        .await
        .unwrap();
    assert!(open.items.is_empty());
    let events = world.events(firm.id()).await;
    let of_keys: Vec<&What> = events
        .iter()
        .filter(|entry| entry.event.subject == key.id.into())
        .map(|entry| &entry.event.what)
        .collect();
    let created = What::ApiKeyCreated {
        user: robot.id,
        permissions: key.permissions.clone(),
        scope: Scope::All,
        expires_at: None,
    };
    assert_eq!(of_keys, [&created, &What::ApiKeyRevoked { user: robot.id }]);

    // All at once, and those that end by themselves.
    let end = world.ahead(Duration::HOUR);
    let (_, one) = firm.desk.api_keys().create(robot.id, reading()).await.unwrap();
    let (_, two) = firm
        .desk
        .api_keys()
        .create(robot.id, reading().expires_at(end))
        .await
        .unwrap();
    assert!(is_usable(&world, &one).await && is_usable(&world, &two).await);
    world.clock.set(end.saturating_add(-Duration::MICROSECOND));
    assert!(is_usable(&world, &two).await);
    world.clock.set(end);
    assert!(!is_usable(&world, &two).await && is_usable(&world, &one).await);
    let desk = world.tenure.system(firm.id(), "leak").unwrap();
    desk.api_keys().revoke_all(robot.id).await.unwrap();
    assert!(!is_usable(&world, &one).await);
    // What was over for 30 days is removed.
    world.advance(tenure::ApiKey::KEPT_AFTER_END);
    world.tenure.settle_due(None).await.unwrap();
    assert!(desk.api_keys().of(robot.id).await.unwrap().items.is_empty());
}

async fn e6_a_key_allows_what_it_and_its_user_both_may_now(world: World) {
    let firm = world.found().await;
    let role = NewRole::new("Clerk").permissions(["orders.enter", "orders.cancel"]);
    let role = firm.desk.roles().add(role).await.unwrap().id;
    let zoe = world.join(&firm.desk, "Zoe", Access::role(role)).await;
    let both = NewApiKey::new("shop").permissions(["orders.enter", "orders.cancel"]);
    let (_, token) = zoe.desk.me().api_keys().create(both).await.unwrap();
    let may = async |permission: &str| {
        let principal = world.tenure.authenticate_api(token.expose(), &client()).await.unwrap();
        principal.may(&Permission::new(permission).unwrap(), Place::Everywhere)
    };
    assert!(may("orders.enter").await && may("orders.cancel").await);
    // What the role loses, the key loses with the next request; what it gains, the key does not.
    let edited = NewRole::new("Clerk").permissions(["orders.enter", "orders.ship"]);
    firm.desk.roles().edit(role, edited).await.unwrap();
    assert!(may("orders.enter").await && !may("orders.cancel").await && !may("orders.ship").await);
    firm.desk.users().change_grants(zoe.user.id, Vec::new()).await.unwrap();
    assert!(!may("orders.enter").await);
    // Nobody makes a key for what they do not hold.
    let more = NewApiKey::new("more").permissions(["orders.enter"]);
    assert_eq!(
        denied(zoe.desk.me().api_keys().create(more.clone()).await).fields(),
        ["permissions"]
    );
    let refused = firm.desk.api_keys().create(zoe.user.id, more).await;
    assert_eq!(wrong_fields(refused), ["permissions"]);
}

async fn e6_a_key_follows_the_tree_of_units(world: World) {
    let firm = world.found().await;
    let units = firm.desk.units();
    let germany = units.add(NewUnit::company("Germany")).await.unwrap().id;
    let france = units.add(NewUnit::company("France")).await.unwrap().id;
    let berlin = units.add(NewUnit::department("Berlin").below(germany)).await.unwrap();
    let enter = Permission::new("orders.enter").unwrap();
    let access = Access::none().and_permission(enter.clone()).within([germany]);
    let zoe = world.join(&firm.desk, "Zoe", access).await;
    let key = NewApiKey::new("shop").permissions(["orders.enter"]).scope([berlin.id]);
    let (_, token) = zoe.desk.me().api_keys().create(key).await.unwrap();
    let whole = NewApiKey::new("all").permissions(["orders.enter"]);
    let (whole, _) = zoe.desk.me().api_keys().create(whole).await.unwrap();
    assert_eq!(whole.scope, Scope::from([germany]), "wherever she may, if not said");
    let elsewhere = NewApiKey::new("no").permissions(["orders.enter"]).scope([france]);
    assert_eq!(
        denied(zoe.desk.me().api_keys().create(elsewhere).await),
        Denied::BeyondOwnRights
    );

    let reach = async || {
        let principal = world.tenure.authenticate_api(token.expose(), &client()).await;
        principal.unwrap().scope_of(&enter)
    };
    assert_eq!(reach().await, Some(Scope::from([berlin.id])), "below what she may");
    firm.desk.units().move_below(berlin.id, Some(france)).await.unwrap();
    assert_eq!(reach().await, None, "not below it any more");
    firm.desk.units().move_below(berlin.id, Some(germany)).await.unwrap();
    assert_eq!(reach().await, Some(Scope::from([berlin.id])));
}

async fn e3_a_key_is_usable_while_its_user_and_tenant_are(world: World) {
    let firm = world.found().await;
    let (robot, _, token) = program(&firm).await;
    let system = world.tenure.system(firm.id(), "unpaid").unwrap();
    assert!(is_usable(&world, &token).await);
    system.tenant().suspend().await.unwrap();
    assert!(!is_usable(&world, &token).await);
    system.tenant().reinstate().await.unwrap();
    assert!(is_usable(&world, &token).await);
    let end = world.ahead(Duration::MINUTE);
    system.users().schedule_end(robot.id, Some(end)).await.unwrap();
    world.clock.set(end.saturating_add(-Duration::MICROSECOND));
    assert!(is_usable(&world, &token).await);
    world.clock.set(end);
    assert!(
        !is_usable(&world, &token).await,
        "the end has come, written down or not"
    );
    world.tenure.settle_due(None).await.unwrap();
    assert!(!is_usable(&world, &token).await);
    system.users().reactivate(robot.id).await.unwrap();
    assert!(!is_usable(&world, &token).await, "that end was for good");
}

async fn e4_when_access_ends_for_good_keys_are_revoked_and_on_leave_they_wait(world: World) {
    let firm = world.found().await;
    let (users, keys) = (firm.desk.users(), firm.desk.api_keys());
    let (robot, key, token) = program(&firm).await;
    users.suspend(robot.id, Suspension::open_ended()).await.unwrap();
    assert!(!is_usable(&world, &token).await, "not from this moment on");
    assert_eq!(keys.of(robot.id).await.unwrap().items[0].state, ApiKeyState::Open);
    users.reinstate(robot.id).await.unwrap();
    assert!(is_usable(&world, &token).await, "programs go on after a leave");
    for end in ["disable", "deactivate", "delete"] {
        world.advance(Duration::SECOND);
        let mut tokens = Vec::new();
        for _ in 0..5 {
            tokens.push(keys.create(robot.id, reading()).await.unwrap().1);
        }
        match end {
            "disable" => drop(users.disable(robot.id).await.unwrap()),
            "deactivate" => drop(users.deactivate(robot.id).await.unwrap()),
            _ => users.delete(robot.id).await.unwrap(),
        }
        for token in &tokens {
            assert!(!is_usable(&world, token).await, "{end}");
        }
        if end == "delete" {
            users.restore(robot.id).await.unwrap();
            users.activate(robot.id).await.unwrap();
        } else {
            users.reactivate(robot.id).await.unwrap();
        }
        for token in &tokens {
            assert!(!is_usable(&world, token).await, "nor afterwards: {end}");
        }
    }
    let all = keys.of(robot.id).await.unwrap().items;
    assert!(all.iter().all(|key| matches!(key.state, ApiKeyState::Revoked { .. })));
    assert_eq!(
        (all.len(), all.last().map(|last| last.id)),
        (16, Some(key.id)),
        "newest first"
    );
    // Nobody has a key made while they are away.
    users.suspend(robot.id, Suspension::open_ended()).await.unwrap();
    assert_eq!(denied(keys.create(robot.id, reading()).await).code(), "wrong_status");
}

async fn e6_a_desk_works_for_a_key_and_stops_with_it(world: World) {
    let firm = world.found().await;
    let manage = Access::none()
        .and_permission(permissions::UNITS_MANAGE)
        .and_permission(permissions::USERS_READ);
    let robot = NewUser::new("Nightly", "Import", "robot@nordwind.example");
    let robot = firm.desk.users().create_program(robot, manage).await.unwrap();
    let key = NewApiKey::new("import").permissions([permissions::UNITS_MANAGE.as_str()]);
    let (key, token) = firm.desk.api_keys().create(robot.id, key).await.unwrap();
    let principal = world.tenure.authenticate_api(token.expose(), &client()).await.unwrap();
    let desk = world.tenure.desk(&principal);
    let unit = desk.units().add(NewUnit::company("Berlin")).await.unwrap();
    let events = world.events(firm.id()).await;
    let added = events
        .iter()
        .find(|entry| entry.event.subject == unit.id.into())
        .unwrap();
    assert_eq!(added.event.actor, tenure::model::Actor::User(robot.id));
    assert_eq!(
        denied(desk.users().list(Listing::new()).await),
        Denied::Forbidden,
        "not the key's"
    );
    assert_eq!(desk.me().user().await.unwrap().id, robot.id);
    firm.desk.api_keys().revoke(key.id).await.unwrap();
    assert_eq!(denied(desk.units().rename(unit.id, "Late").await), Denied::NotSignedIn);
    assert_eq!(denied(desk.me().user().await), Denied::NotSignedIn);
}

async fn e6_what_takes_a_session_is_refused_for_keys(world: World) {
    let firm = world.found().await;
    let admin = world.administrator(&firm, "Admin").await;
    let all = NewApiKey::new("all").permissions(permissions::ALL.map(|permission| permission.to_string()));
    // The owner's own key, with all that can be named.
    let (key, token) = firm.desk.me().api_keys().create(all).await.unwrap();
    let principal = world.tenure.authenticate_api(token.expose(), &client()).await.unwrap();
    let desk = world.tenure.desk(&principal);
    let me = desk.me();
    world.tenure.flush().await;
    let before = world.picture(&[firm.id()]).await;
    let refused = [
        denied(me.edit_profile(ProfileEdit::new().first_name("Key")).await),
        denied(me.sessions(Listing::new()).await),
        denied(me.end_session(firm.login.session).await),
        denied(me.end_other_sessions().await),
        denied(me.sign_out().await),
        denied(me.api_keys().create(reading()).await),
        denied(me.api_keys().list().await),
        denied(me.api_keys().revoke(key.id).await),
        denied(me.api_keys().revoke_all().await),
        denied(desk.tenant().hand_over(admin.user.id).await),
    ];
    for refused in refused {
        assert_eq!(refused, Denied::SessionRequired);
        assert_eq!(refused.code(), "session_required");
    }
    world.tenure.flush().await;
    assert_eq!(world.picture(&[firm.id()]).await, before);
    // Nor is a key that holds every permission there is by name as good as an administrator.
    let refused = desk.users().change_grants(admin.user.id, Vec::new()).await;
    assert_eq!(denied(refused), Denied::BeyondOwnRights);
}

async fn e6_keys_of_others_take_the_permission_and_no_less_rights(world: World) {
    let firm = world.found().await;
    let (robot, key, token) = program(&firm).await;
    let manage = || Access::none().and_permission(permissions::API_KEYS_MANAGE);
    let nobody = world.join(&firm.desk, "Nobody", Access::none()).await;
    let less = world.join(&firm.desk, "Less", manage()).await;
    let enough = manage()
        .and_permission(permissions::USERS_READ)
        .and_permission(permissions::EMPLOYEES_READ);
    let enough = world.join(&firm.desk, "Enough", enough).await;
    for (who, expected) in [(&nobody, Denied::Forbidden), (&less, Denied::BeyondOwnRights)] {
        let keys = who.desk.api_keys();
        assert_eq!(denied(keys.create(robot.id, reading()).await), expected);
        assert_eq!(denied(keys.revoke(key.id).await), expected);
        assert_eq!(denied(keys.revoke_all(robot.id).await), expected);
    }
    assert_eq!(
        denied(nobody.desk.api_keys().list(Listing::new()).await),
        Denied::Forbidden
    );
    assert_eq!(denied(nobody.desk.api_keys().of(robot.id).await), Denied::Forbidden);
    assert!(is_usable(&world, &token).await);
    let (made, _) = enough.desk.api_keys().create(robot.id, reading()).await.unwrap();
    enough.desk.api_keys().revoke(made.id).await.unwrap();
    // Another's key is not there for one who asks as its user.
    let own = firm.desk.me().api_keys().revoke(key.id).await;
    assert_eq!(denied(own).code(), "not_found");
    let pat = Access::none().and_permission(permissions::USERS_READ);
    let pat = world.join(&firm.desk, "Pat", pat).await;
    let (theirs, _) = pat.desk.me().api_keys().create(reading()).await.unwrap();
    let own = pat.desk.me().api_keys().list().await.unwrap().items;
    assert_eq!(own.iter().map(|key| key.id).collect::<Vec<_>>(), [theirs.id]);
}

async fn e6_fifty_keys_a_user_however_many_are_made_at_once(world: World) {
    let world = world.with_policy(|policy| policy.api_keys_per_hour = 100).contended();
    let firm = world.found().await;
    let desk = world.tenure.system(firm.id(), "set-up").unwrap();
    let (robot, ..) = program(&firm).await;
    for _ in 0..46 {
        desk.api_keys().create(robot.id, reading()).await.unwrap();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (desk, user) = (desk.clone(), robot.id);
        tasks.spawn(async move { desk.api_keys().create(user, reading()).await });
    }
    let answers = tasks.join_all().await;
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(
            refused.denied(),
            Some(&Denied::TooManyApiKeys { max: 50 }),
            "{refused:?}"
        );
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    // One that is over makes room.
    let keys = desk.api_keys().of(robot.id).await.unwrap().items;
    desk.api_keys().revoke(keys[0].id).await.unwrap();
    desk.api_keys().create(robot.id, reading()).await.unwrap();
    assert_eq!(
        denied(desk.api_keys().create(robot.id, reading()).await).code(),
        "too_many_api_keys"
    );
}

async fn e6_a_leaked_key_is_recognised_without_a_store(world: World) {
    let firm = world.found().await;
    let (.., token) = program(&firm).await;
    let text = token.expose();
    assert_eq!(Token::looks_like(text), Some(TokenPurpose::ApiKey));
    for place in [5, 40, text.len() - 1] {
        let mut other = text.to_owned();
        let swapped = if &text[place..=place] == "A" { "B" } else { "A" };
        other.replace_range(place..=place, swapped);
        assert_eq!(Token::looks_like(&other), None, "{place}");
    }
}

async fn e8_last_use_of_a_key_is_written_once_a_minute_at_most(world: World) {
    let firm = world.found().await;
    let (robot, _, token) = program(&firm).await;
    let counting = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(counting.clone() as Arc<dyn Store>));
    let writes = async || {
        counting.clear();
        for _ in 0..5 {
            tenure.authenticate_api(token.expose(), &client()).await.unwrap();
        }
        tenure.flush().await;
        let calls = counting.calls();
        assert_eq!(calls.iter().filter(|call| **call == "principal_by_api_key").count(), 5);
        calls.len() - 5
    };
    assert_eq!(writes().await, 1, "its first use; and one call a request else");
    world.advance(Duration::MINUTE - Duration::MICROSECOND);
    assert_eq!(writes().await, 0);
    world.advance(Duration::MICROSECOND);
    assert_eq!(writes().await, 1);
    let seen = firm.desk.api_keys().of(robot.id).await.unwrap().items[0].seen_at;
    assert_eq!(seen, Some(world.now()));
}

async fn t1_the_token_of_a_key_stands_nowhere(world: World) {
    let firm = world.found().await;
    let (_, key, token) = program(&firm).await;
    let principal = world.tenure.authenticate_api(token.expose(), &client()).await.unwrap();
    world.tenure.flush().await;
    let seen = format!(
        "{token:?} {key:?} {principal:?} {:?}",
        world.picture(&[firm.id()]).await
    );
    assert!(!seen.contains(token.expose()) && !seen.contains(&token.expose()[30..60]));
    let events = serde_json::to_string(&world.events(firm.id()).await).unwrap();
    let hash = serde_json::to_string(&key.token).unwrap();
    assert!(!events.contains(hash.trim_matches('"')), "nor its hash in the log");
}

async fn t2_nothing_but_its_own_token_opens_a_key(world: World) {
    let firm = world.found().await;
    let (_, key, token) = program(&firm).await;
    let other = tenure::TenantId::from_uuid(uuid::Uuid::from_u128(9));
    let random = tenure::testing::SeededRandom::new(99);
    let minted = |tenant: tenure::TenantId| Token::mint(TokenPurpose::ApiKey, *tenant.as_uuid(), &random).unwrap();
    let (never, foreign) = (minted(firm.id()), minted(other));
    let texts = [
        "",
        " ",
        &token.expose()[..73],
        &format!(" {}", token.expose()),
        &key.id.to_string(),
        firm.login.token.expose(),
        never.expose(),
        foreign.expose(),
    ];
    for text in texts {
        let refused = world.tenure.authenticate_api(text, &Client::unknown()).await;
        assert_eq!(denied(refused), Denied::NotSignedIn);
    }
    let as_session = world.tenure.authenticate(token.expose(), &client()).await;
    assert_eq!(denied(as_session), Denied::NotSignedIn, "a key is no session");
}

/// A program with a password, that it was sent the link to.
async fn with_password(world: World) -> (World, Firm, tenure::User) {
    let world = world.with_policy(|policy| policy.api_passwords = Some(Duration::minutes(20)));
    let firm = world.found().await;
    let (robot, _, _) = program(&firm).await;
    // The notice of its key goes out before the link.
    world.deliver().await;
    firm.desk.users().send_reset(robot.id).await.unwrap();
    world.deliver().await;
    let link = world.token_to("robot@nordwind.example");
    world
        .tenure
        .reset_password(&link, NewPassword::new(PASSWORD))
        .await
        .unwrap();
    (world, firm, robot)
}

fn at_the_api(firm: &Firm) -> SignIn {
    SignIn::new(firm.id(), "robot@nordwind.example", PASSWORD)
        .client(client())
        .at_api()
}

async fn bi2_a_program_logs_in_with_its_password_where_the_policy_says_so(world: World) {
    let (world, firm, robot) = with_password(world).await;
    let login = world.tenure.sign_in(at_the_api(&firm)).await.unwrap();
    assert!(login.token.expose().starts_with("tnp_"));
    assert_eq!((login.user, login.must_change_password), (robot.id, false));
    assert_eq!(login.expires_at, world.ahead(Duration::minutes(20)));
    let principal = world
        .tenure
        .authenticate_api(login.token.expose(), &client())
        .await
        .unwrap();
    assert_eq!(principal.pass(), Pass::ApiSession(login.session));
    // All that its user may, and nothing of the own account.
    assert!(principal.may(&permissions::EMPLOYEES_READ, Place::Everywhere));
    let desk = world.tenure.desk(&principal);
    desk.users().list(Listing::new()).await.unwrap();
    let refused = desk.me().edit_profile(ProfileEdit::new().first_name("Nightly")).await;
    assert_eq!(denied(refused), Denied::SessionRequired);
    assert_eq!(
        denied(desk.me().api_keys().create(reading()).await),
        Denied::SessionRequired
    );
    // Never an interactive session, neither with this token nor by a login by hand.
    let refused = world.tenure.authenticate(login.token.expose(), &client()).await;
    assert_eq!(denied(refused), Denied::NotSignedIn);
    let mut by_hand = at_the_api(&firm);
    by_hand.purpose = LoginPurpose::Interactive;
    assert_eq!(denied(world.tenure.sign_in(by_hand).await), Denied::SignInRefused);
    // People log in by hand: their password opens no API, and is told apart from a wrong one in the history only.
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let by_hand = SignIn::new(firm.id(), zoe.user.user_name.to_string(), PASSWORD).client(client());
    assert_eq!(
        denied(world.tenure.sign_in(by_hand.clone().at_api()).await),
        Denied::SignInRefused
    );
    let attempts = firm.desk.history().attempts(zoe.user.id, Listing::new()).await.unwrap();
    // At one instant, so in any order.
    let reason = RefusalReason::NotAtApi;
    let refused = AttemptOutcome::Refused { reason };
    assert!(attempts.items.iter().any(|attempt| attempt.outcome == refused));
    let person = world.tenure.sign_in(by_hand).await.unwrap();
    let refused = world.tenure.authenticate_api(person.token.expose(), &client()).await;
    assert_eq!(denied(refused), Denied::NotSignedIn);
    // Its login is among the active ones, and in the history; it ends when the program says so.
    let active = firm
        .desk
        .sessions()
        .of(robot.id, tenure::Listing::new())
        .await
        .unwrap()
        .items;
    assert_eq!(active[0].limited, Some(SessionLimit::Api));
    desk.me().sign_out().await.unwrap();
    let refused = world.tenure.authenticate_api(login.token.expose(), &client()).await;
    assert_eq!(denied(refused), Denied::NotSignedIn);
    // Where the policy says nothing, as in all presets.
    let world = world.with_policy(|policy| policy.api_passwords = None);
    assert_eq!(
        denied(world.tenure.sign_in(at_the_api(&firm)).await),
        Denied::SignInRefused
    );
}

async fn bi2_e4_what_ends_the_login_of_a_program(world: World) {
    let (world, firm, robot) = with_password(world).await;
    let users = firm.desk.users();
    let log_in = async || world.tenure.sign_in(at_the_api(&firm)).await.unwrap().token;
    let token = log_in().await;
    users.suspend(robot.id, Suspension::open_ended()).await.unwrap();
    assert!(!is_usable(&world, &token).await);
    users.reinstate(robot.id).await.unwrap();
    assert!(!is_usable(&world, &token).await, "for good");
    // At exactly the end of its time.
    let token = log_in().await;
    world.advance(Duration::minutes(20) - Duration::MICROSECOND);
    assert!(is_usable(&world, &token).await);
    world.advance(Duration::MICROSECOND);
    assert!(!is_usable(&world, &token).await);
    // Once they work by hand, what stood in a program's files is no person's password; and no program lets itself in.
    let token = log_in().await;
    let edit = || UserEdit::new().api_only(false);
    users.edit(robot.id, edit()).await.unwrap();
    assert!(!is_usable(&world, &token).await);
    let by_hand = SignIn::new(firm.id(), "robot@nordwind.example", PASSWORD);
    assert_eq!(denied(world.tenure.sign_in(by_hand).await), Denied::SignInRefused);
    let open = firm
        .desk
        .sessions()
        .of(robot.id, tenure::Listing::new())
        .await
        .unwrap()
        .items;
    assert!(open.iter().all(|session| session.state != SessionState::Open));
    assert_eq!(
        denied(world.tenure.sign_in(at_the_api(&firm)).await),
        Denied::SignInRefused
    );
    // And back: there is no password, and a wrong one locks as at any login.
    users.edit(robot.id, UserEdit::new().api_only(true)).await.unwrap();
    assert_eq!(
        denied(world.tenure.sign_in(at_the_api(&firm)).await),
        Denied::SignInRefused
    );
    for _ in 0..10 {
        assert_eq!(
            denied(world.tenure.sign_in(at_the_api(&firm)).await),
            Denied::SignInRefused
        );
    }
    assert!(users.lockout(robot.id).await.unwrap().is_some());
}

async fn bi2_r3_no_program_lets_itself_in_by_hand(world: World) {
    let (world, firm, robot) = with_password(world).await;
    let grants = [
        permissions::USERS_READ,
        permissions::EMPLOYEES_READ,
        permissions::USERS_MANAGE,
    ];
    let grants = grants.map(|permission| tenure::Grant::permission(permission, Scope::All));
    firm.desk
        .users()
        .change_grants(robot.id, grants.to_vec())
        .await
        .unwrap();
    let login = world.tenure.sign_in(at_the_api(&firm)).await.unwrap();
    let program = world
        .tenure
        .authenticate_api(login.token.expose(), &client())
        .await
        .unwrap();
    let desk = world.tenure.desk(&program);
    let other = UserEdit::new().api_only(false);
    assert_eq!(denied(desk.users().edit(robot.id, other).await), Denied::OwnAccount);
    assert!(desk.users().get(robot.id).await.unwrap().api_only);
}
