//! The own password, one-time passwords, and what administrators may not see.

use tenure::model::{MailState, SessionState, What};
use tenure::{
    Access, ChangePassword, Denied, DeniedKind, Listing, NewPassword, NewRole, Policy, Problem, ThrottlePolicy,
    permissions,
};
use time::Duration;

use crate::support::{OWNERS, PASSWORD, World, client, denied, for_every_store, wrong_fields};

for_every_store!(Policy::point_of_sale();
    p8_the_own_password_takes_the_current_one_and_ends_all_other_sessions,
    p8_an_administrator_neither_sets_nor_sees_a_password,
    p8_t8_a_one_time_password_ends_within_its_term,
    p2_the_own_password_is_taken_as_received,
    l2_the_current_password_is_guessed_no_more_often_than_at_login,
    l2_no_interleaving_of_guesses_compares_more_often_than_is_allowed,
    l2_a_reset_ends_the_lock,
    e1_a_one_time_password_is_replaced_once_and_under_a_new_token,
    r3_support_staff_reset_no_administrator,
);

const NEW: &str = "Himbeere-17-rot";
const ZOE: &str = "zoe@nordwind.example";

fn change(current: &str) -> ChangePassword {
    ChangePassword::new(current, NEW, NEW)
}

async fn p8_the_own_password_takes_the_current_one_and_ends_all_other_sessions(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let second = world.sign_in(firm.id(), ZOE, PASSWORD).await.unwrap();
    let me = zoe.desk.me();
    let (before, counted) = (world.tenure.hashes_run(), world.throttles(firm.id()).await);
    // All that is wrong with the new one, before anything is compared or counted.
    let weak = ChangePassword::new(PASSWORD, "zoe", "Zoe");
    assert_eq!(wrong_fields(me.change_password(weak).await), ["new", "repeated"]);
    assert_eq!(world.tenure.hashes_run(), before);
    assert_eq!(world.throttles(firm.id()).await, counted);
    for wrong in ["", OWNERS, NEW, "zitrone-42-gelb"] {
        let refused = denied(me.change_password(change(wrong)).await);
        assert_eq!(refused, Denied::invalid("current", Problem::WrongPassword));
    }
    world.principal(&second).await.unwrap();

    me.change_password(change(PASSWORD)).await.unwrap();
    world.principal(&zoe.login).await.unwrap();
    assert_eq!(denied(world.principal(&second).await), Denied::NotSignedIn);
    assert!(world.sign_in(firm.id(), ZOE, PASSWORD).await.is_err());
    world.sign_in(firm.id(), ZOE, NEW).await.unwrap();
    world.deliver().await;
    assert!(world.mail_to(ZOE).subject.contains("was changed"));
    // The host's own code has no password.
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    let refused = denied(system.me().change_password(change(PASSWORD)).await);
    assert_eq!(refused.kind(), DeniedKind::NotFound);
}

async fn p8_an_administrator_neither_sets_nor_sees_a_password(world: World) {
    let world = world.with_policy(|policy| policy.administrators_may_reset = true);
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let users = firm.desk.users();
    let mut seen = vec![format!("{:?}", users.send_reset(zoe.user.id).await.unwrap())];
    world.deliver().await;
    let token = world.token_to(ZOE);
    seen.push(format!(
        "{:?}",
        users.send_one_time_password(zoe.user.id).await.unwrap()
    ));
    world.deliver().await;
    let password = world.one_time_password_to(ZOE);
    // All that they can ask for.
    seen.push(format!("{:?}", users.get(zoe.user.id).await.unwrap()));
    let mails = firm.desk.invitations().mails(zoe.user.id).await.unwrap();
    seen.push(serde_json::to_string(&mails.items).unwrap());
    let events = firm
        .desk
        .history()
        .events(tenure::store::FeedPosition::START, 1_000)
        .await;
    seen.push(format!("{:?}", events.unwrap()));
    seen.push(world.picture(&[firm.id()]).await.text());
    let seen = seen.concat();
    for secret in [&token[4..], password.expose(), &password.expose().replace('-', "")] {
        assert!(!seen.contains(secret));
    }
    assert_eq!(mails.items.len(), 3, "the invitation, the link, the password");
    assert!(
        mails
            .items
            .iter()
            .all(|mail| matches!(mail.state, MailState::Sent { .. }))
    );
    // What they had is void from that moment on.
    assert!(world.sign_in(firm.id(), ZOE, PASSWORD).await.is_err());
    assert_eq!(denied(world.principal(&zoe.login).await), Denied::NotSignedIn);
}

async fn p8_t8_a_one_time_password_ends_within_its_term(world: World) {
    let firm = world.found().await;
    let user = tenure::NewUser::new("Pia", "Example", "pia@nordwind.example");
    let pia = firm.desk.users().create(user, Access::none()).await.unwrap();
    assert!(pia.is_active());
    let ticket = async |world: &World| {
        let picture = world.picture(&[firm.id()]).await;
        let records = picture.contents(firm.id()).records.values();
        let mut tickets = records.filter_map(|record| match &record.value {
            tenure::model::Record::Ticket(ticket) if ticket.user == pia.id => Some(ticket.clone()),
            _ => None,
        });
        tickets.find(|ticket| ticket.state == tenure::model::TicketState::Open)
    };
    assert!(
        ticket(&world).await.unwrap().tokens.is_empty(),
        "nothing to log in with yet"
    );
    world.advance(Duration::hours(2));
    world.deliver().await;
    let minted = ticket(&world).await.unwrap();
    let hash = |world: &World| {
        let password = world.one_time_password_to("pia@nordwind.example");
        password.hash(*firm.id().as_uuid(), *pia.id.as_uuid())
    };
    assert_eq!(minted.tokens, [hash(&world)]);
    assert_eq!(
        minted.expires_at,
        world.ahead(Duration::DAY),
        "24 hours from the mailing"
    );
    // Sent again: another password, and the old one is void.
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    desk.users().send_one_time_password(pia.id).await.unwrap();
    world.deliver().await;
    let again = ticket(&world).await.unwrap();
    assert_ne!(again.id, minted.id);
    assert_eq!(again.tokens, [hash(&world)]);
    assert!(world.mail_to("pia@nordwind.example").text().contains("no longer works"));
}

async fn p2_the_own_password_is_taken_as_received(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let long = format!("Ä1-{}x", "a".repeat(80));
    let longer = format!("Ä1-{}y", "a".repeat(80));
    let to = ChangePassword::new(PASSWORD, long.as_str(), long.replace('Ä', "A\u{308}").as_str());
    zoe.desk.me().change_password(to).await.unwrap();
    assert!(world.sign_in(firm.id(), ZOE, &longer).await.is_err());
    assert!(world.sign_in(firm.id(), ZOE, &format!("{long} ")).await.is_err());
    world.sign_in(firm.id(), ZOE, &long).await.unwrap();
    let overlong = "Aa1-".repeat(300);
    let refused = ChangePassword::new(overlong.as_str(), overlong.as_str(), overlong.as_str());
    assert_eq!(wrong_fields(zoe.desk.me().change_password(refused).await), ["new"]);
}

async fn l2_the_current_password_is_guessed_no_more_often_than_at_login(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let me = zoe.desk.me();
    for _ in 0..10 {
        assert_eq!(
            denied(me.change_password(change("Wrong-Guess-1")).await).fields(),
            ["current"]
        );
    }
    let hashes = world.tenure.hashes_run();
    let until = world.ahead(Duration::seconds(30));
    for password in ["Wrong-Guess-1", PASSWORD] {
        let refused = denied(me.change_password(change(password)).await);
        assert_eq!(refused, Denied::TooManyAttempts { until });
    }
    assert_eq!(world.tenure.hashes_run(), hashes, "nothing is compared");
    world.advance(Duration::seconds(30));
    me.change_password(change(PASSWORD)).await.unwrap();
    assert!(
        world
            .throttles(firm.id())
            .await
            .iter()
            .all(|throttle| throttle.failures == 0)
    );
}

async fn l2_no_interleaving_of_guesses_compares_more_often_than_is_allowed(world: World) {
    let world = world
        .with_policy(|policy| policy.throttle = ThrottlePolicy::default().failures(3))
        .contended();
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let before = world.tenure.hashes_run();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12 {
        let desk = zoe.desk.clone();
        tasks.spawn(async move {
            let guess = format!("Wrong-Guess-{number}");
            desk.me().change_password(change(&guess)).await
        });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(Result::is_err));
    let compared = world.tenure.hashes_run() - before;
    assert_eq!(compared, 3, "{answers:?}");
}

async fn l2_a_reset_ends_the_lock(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    for _ in 0..12 {
        let refused = zoe.desk.me().change_password(change("Wrong-Guess-1")).await;
        assert!(refused.is_err());
    }
    let account = tenure::rules::throttle::account(zoe.user.id);
    let failures = async || {
        let throttles = world.throttles(firm.id()).await;
        let account = throttles.into_iter().find(|throttle| throttle.id == account).unwrap();
        (account.failures, account.locked_until.is_some())
    };
    assert_eq!(failures().await, (10, true));
    // To ask for a reset neither locks nor unlocks.
    let token = world.reset_link(firm.id(), ZOE).await;
    assert_eq!(failures().await, (10, true));
    world.reset(&token, NEW).await.unwrap();
    assert_eq!(failures().await, (0, false));
}

async fn e1_a_one_time_password_is_replaced_once_and_under_a_new_token(world: World) {
    let firm = world.found().await;
    let user = tenure::NewUser::new("Pia", "Example", "pia@nordwind.example");
    let pia = firm.desk.users().create(user, Access::none()).await.unwrap();
    world.deliver().await;
    let limited = world.limited_session(firm.id(), pia.id).await;
    let replace = |token: &str, new: &str| {
        let (tenure, token, new) = (
            world.tenure.clone(),
            token.to_owned(),
            NewPassword::new(new).repeated(new),
        );
        async move { tenure.replace_one_time_password(&token, new, &client()).await }
    };
    // Neither a full session nor nonsense is good for it.
    for token in ["", "tns_", firm.login.token.expose()] {
        assert_eq!(denied(replace(token, NEW).await), Denied::NotSignedIn);
    }
    assert_eq!(wrong_fields(replace(limited.expose(), "pia").await), ["password"]);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        tasks.spawn(replace(limited.expose(), NEW));
    }
    let (begun, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(begun.len(), 1, "{refused:?}");
    assert!(
        refused
            .into_iter()
            .all(|refusal| denied(refusal) == Denied::NotSignedIn)
    );
    let login = begun.into_iter().next().unwrap().unwrap();
    assert_ne!(login.token.expose(), limited.expose());
    assert_eq!(login.expires_at, world.ahead(Duration::hours(12)));
    world.principal(&login).await.unwrap();
    let sessions = world
        .desk(&login)
        .await
        .me()
        .sessions(tenure::Listing::new())
        .await
        .unwrap()
        .items;
    let open: Vec<_> = sessions
        .iter()
        .filter(|session| session.state == SessionState::Open)
        .collect();
    assert_eq!((open.len(), open[0].id, open[0].limited), (1, login.session, None));
    world.sign_in(firm.id(), "pia@nordwind.example", NEW).await.unwrap();
    let events = world.events(firm.id()).await;
    let set = events.iter().filter(|entry| entry.event.what == What::PasswordSet);
    assert_eq!(set.count(), 1);
}

async fn r3_support_staff_reset_no_administrator(world: World) {
    let world = world.with_policy(|policy| policy.administrators_may_reset = true);
    let firm = world.found().await;
    let support = Access::none().and_permission(permissions::USERS_MANAGE);
    let support = world.join(&firm.desk, "Support", support).await;
    let clerk = firm
        .desk
        .roles()
        .add(NewRole::new("Clerk").permissions(["users.manage"]))
        .await
        .unwrap();
    let clerk = world.join(&firm.desk, "Clerk", Access::role(clerk.id)).await;
    let before = world.picture(&[firm.id()]).await;
    for above in [firm.owner.id, world.administrator(&firm, "Admin").await.user.id] {
        let before = world.picture(&[firm.id()]).await;
        let users = support.desk.users();
        assert_eq!(denied(users.send_reset(above).await), Denied::BeyondOwnRights);
        assert_eq!(
            denied(users.send_one_time_password(above).await),
            Denied::BeyondOwnRights
        );
        assert_eq!(world.picture(&[firm.id()]).await, before);
    }
    assert_ne!(
        world.picture(&[firm.id()]).await,
        before,
        "there is one more administrator"
    );
    support.desk.users().send_reset(clerk.user.id).await.unwrap();
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    assert_eq!(
        denied(zoe.desk.users().send_reset(clerk.user.id).await),
        Denied::Forbidden
    );
    let listed = firm.desk.users().list(Listing::new()).await.unwrap().items;
    assert!(listed.iter().all(tenure::User::is_active));
}
