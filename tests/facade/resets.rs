//! A new password by link: one answer to the stranger, one shape of store calls, no mail for whoever may not log in, one use,
//! and everything ended that the old password opened.

use std::sync::Arc;

use tenure::model::{Actor, MailKind, What};
use tenure::store::Store;
use tenure::testing::FailingStore;
use tenure::text::EmailAddress;
use tenure::{
    Access, Client, Denied, Error, NewPassword, NewUser, Policy, StatusChange, Suspension, TenantId, User, UserStatus,
};
use time::Duration;

use crate::support::{Firm, PASSWORD, World, client, denied, for_every_store, wrong_fields};

for_every_store!(Policy::default();
    l5_a_request_looks_alike_whoever_has_the_name,
    l5_a_failing_mailer_shows_nothing,
    l5_no_more_mails_than_five_an_hour_go_to_one_account,
    l5_a_reset_ends_all_sessions_signs_nobody_in_and_leaves_the_status,
    l6_who_may_not_log_in_gets_no_mail_and_is_not_revived,
    l3_strangers_cannot_make_the_store_grow,
    l3_a_network_that_asks_too_often_is_not_heard,
    e4_a_link_dies_with_the_access_and_stays_dead,
    p4_every_broken_rule_is_told_at_once_and_the_link_stays_good,
    t2_what_is_no_token_of_this_purpose_matches_nothing,
    t3_of_parallel_resets_exactly_one_succeeds,
    t4_a_newer_request_and_a_new_password_end_the_older_link,
    t6_looking_at_a_reset_changes_nothing,
    t8_a_link_is_good_for_an_hour_from_its_mailing,
    d5_a_reset_that_fails_half_way_is_as_before_or_done,
);

const NEW: &str = "Himbeere-17-rot";
const ZOE: &str = "zoe@nordwind.example";

async fn new_user(firm: &Firm, name: &str) -> User {
    let user = NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    let access = Access::none().without_invitation();
    firm.desk.users().create(user, access).await.unwrap()
}

/// Login names of people who are out of use in every way, and of nobody.
async fn out_of_use(world: &World, firm: &Firm) -> Vec<String> {
    let users = firm.desk.users();
    for (name, change) in [
        ("suspended", StatusChange::Suspend(Suspension::open_ended())),
        ("disabled", StatusChange::Disable),
        ("deactivated", StatusChange::Deactivate),
    ] {
        let user = new_user(firm, name).await;
        users.activate(user.id).await.unwrap();
        users.change_status(user.id, change).await.unwrap();
    }
    new_user(firm, "setup").await;
    let deleted = new_user(firm, "deleted").await;
    users.delete(deleted.id).await.unwrap();
    let invited = NewUser::new("invited", "Example", "invited@nordwind.example");
    users.create(invited, Access::none().invite()).await.unwrap();
    world.deliver().await;
    world.mailer.clear();
    let names = [
        "suspended",
        "disabled",
        "deactivated",
        "setup",
        "deleted",
        "invited",
        "nobody",
    ];
    let names = names.map(|name| format!("{name}@nordwind.example"));
    let odd = ["", " ", "\0", "%", "zoe", "zoe@nordwind.example "].map(str::to_owned);
    names.into_iter().chain(odd).chain(["x".repeat(100_000)]).collect()
}

async fn l5_a_request_looks_alike_whoever_has_the_name(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    world.join(&firm.desk, "Elsewhere", Access::none()).await;
    world.sign_in_elsewhere(firm.id(), "elsewhere@nordwind.example").await;
    let mut names = out_of_use(&world, &firm).await;
    names.extend([ZOE, "ZOE@NORDWIND.example", "elsewhere@nordwind.example"].map(str::to_owned));
    let counting = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(counting.clone() as Arc<dyn Store>));
    let hashes = tenure.hashes_run();
    // For the first time, again, and from where nothing is known of.
    for client in [client(), client(), Client::unknown()] {
        for name in &names {
            counting.clear();
            tenure.request_reset(firm.id(), name, &client).await.unwrap();
            assert_eq!(counting.calls(), ["load", "load", "commit"], "{name:.40}");
        }
    }
    assert_eq!(tenure.hashes_run(), hashes, "no hash");
    assert!(world.mailer.tried().is_empty(), "no mail on the request path");
    // Nor does a tenant that is not there look otherwise, but in what is written.
    let nowhere = TenantId::from_uuid(uuid::Uuid::from_u128(9));
    tenure.request_reset(nowhere, ZOE, &client()).await.unwrap();
    world.deliver().await;
    let to: std::collections::BTreeSet<_> = world.mailer.sent().iter().map(|mail| mail.to.to_string()).collect();
    assert_eq!(to.into_iter().collect::<Vec<_>>(), ["elsewhere@nordwind.example", ZOE]);
}

async fn l5_a_failing_mailer_shows_nothing(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    world.mailer.not_ready(Some("no relay"));
    for name in [ZOE, "nobody@nordwind.example"] {
        world.forget(firm.id(), name).await;
    }
    world.mailer.not_ready(None);
    assert_eq!(world.deliver().await, 1, "it goes out when it can");
}

async fn l5_no_more_mails_than_five_an_hour_go_to_one_account(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    world.join(&firm.desk, "Bo", Access::none()).await;
    let asks = async |times: usize| {
        let mut sent = 0;
        for _ in 0..times {
            world.forget(firm.id(), ZOE).await;
            sent += world.deliver().await;
        }
        sent
    };
    assert_eq!(asks(8).await, 5);
    let last = world.token_to(ZOE);
    world.advance(Duration::minutes(59));
    assert_eq!(asks(1).await, 0);
    world.advance(Duration::minutes(1));
    assert_eq!(asks(1).await, 1, "the hour begins with the first");
    assert_eq!(denied(world.reset(&last, NEW).await), Denied::LinkEnded);
    // Others are not in it.
    world.forget(firm.id(), "bo@nordwind.example").await;
    assert_eq!(world.deliver().await, 1);
}

async fn l5_a_reset_ends_all_sessions_signs_nobody_in_and_leaves_the_status(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let mut logins = vec![zoe.login.clone()];
    for _ in 0..3 {
        logins.push(world.sign_in(firm.id(), ZOE, PASSWORD).await.unwrap());
    }
    let before = firm.desk.users().get(zoe.user.id).await.unwrap();
    let token = world.reset_link(firm.id(), ZOE).await;
    // Until then nothing has ended.
    world.principal(&logins[0]).await.unwrap();
    let open = |world: &World| {
        let login = logins.clone();
        let world = world.tenure.clone();
        async move {
            let mut open = 0;
            for login in &login {
                open += usize::from(world.authenticate(login.token.expose(), &client()).await.is_ok());
            }
            open
        }
    };
    assert_eq!(open(&world).await, 4);
    world.reset(&token, NEW).await.unwrap();
    assert_eq!(open(&world).await, 0);
    let sessions = world.picture(&[firm.id()]).await;
    let live = sessions
        .contents(firm.id())
        .records
        .values()
        .filter(|record| match &record.value {
            tenure::model::Record::Session(session) => {
                session.user == zoe.user.id && session.state == tenure::model::SessionState::Open
            }
            _ => false,
        });
    assert_eq!(live.count(), 0, "signs nobody in");
    assert_eq!(firm.desk.users().get(zoe.user.id).await.unwrap(), before);
    assert_eq!(
        denied(world.sign_in(firm.id(), ZOE, PASSWORD).await),
        Denied::SignInRefused
    );
    world.sign_in(firm.id(), ZOE, NEW).await.unwrap();
    // It is in the log, and she is told.
    let events = world.events(firm.id()).await;
    let by_herself = |what: &What| {
        let is = |entry: &&tenure::store::FeedEntry| {
            entry.event.what == *what && entry.event.actor == Actor::Subject(zoe.user.id)
        };
        events.iter().filter(is).count()
    };
    let requested = What::ResetRequested {
        by_administrator: false,
    };
    assert_eq!([by_herself(&requested), by_herself(&What::PasswordSet)], [1, 2]);
    world.deliver().await;
    assert!(world.mail_to(ZOE).subject.contains("was changed"));
}

async fn l6_who_may_not_log_in_gets_no_mail_and_is_not_revived(world: World) {
    let firm = world.found().await;
    let names = out_of_use(&world, &firm).await;
    let before = world.picture(&[firm.id()]).await;
    for name in &names {
        world.forget(firm.id(), name).await;
    }
    assert_eq!(world.deliver().await, 0);
    assert!(world.mailer.tried().is_empty());
    let after = world.picture(&[firm.id()]).await;
    let users = |picture: &crate::support::Picture| picture.contents(firm.id()).users().cloned().collect::<Vec<_>>();
    assert_eq!(users(&after), users(&before));
    assert_eq!(after.contents(firm.id()).feed, before.contents(firm.id()).feed);
}

async fn l3_strangers_cannot_make_the_store_grow(world: World) {
    let firm = world.found().await;
    let before = world.throttles(firm.id()).await.len();
    for number in 0..400 {
        let name = format!("stranger {number}");
        let client = Client::unknown();
        world.tenure.request_reset(firm.id(), &name, &client).await.unwrap();
    }
    let throttles = world.throttles(firm.id()).await.len() - before;
    // 256 by name, whoever has it, and as many of names that nobody has.
    assert!((200..=512).contains(&throttles), "{throttles}");
    // And all of it goes.
    world.advance(Duration::hours(2));
    world.tenure.settle_due(None).await.unwrap();
    assert!(world.throttles(firm.id()).await.len() <= before);
}

async fn l3_a_network_that_asks_too_often_is_not_heard(world: World) {
    let world = world.with_policy(|policy| policy.reset_requests_per_network = 2);
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    for name in ["nobody", "noone"] {
        world.forget(firm.id(), name).await;
    }
    world.forget(firm.id(), ZOE).await;
    assert_eq!(world.deliver().await, 0);
    let elsewhere = Client::at([192, 0, 2, 8].into());
    world.tenure.request_reset(firm.id(), ZOE, &elsewhere).await.unwrap();
    assert_eq!(world.deliver().await, 1);
}

async fn e4_a_link_dies_with_the_access_and_stays_dead(world: World) {
    let firm = world.found().await;
    let users = firm.desk.users();
    for (name, end, back) in [
        (
            "Sue",
            StatusChange::Suspend(Suspension::open_ended()),
            StatusChange::Reinstate,
        ),
        ("Dan", StatusChange::Disable, StatusChange::Reactivate),
        ("Ina", StatusChange::Deactivate, StatusChange::Reactivate),
    ] {
        let user = world.join(&firm.desk, name, Access::none()).await.user;
        let token = world.reset_link(firm.id(), user.address.as_str()).await;
        world.tenure.preview_reset(&token).await.unwrap();
        users.change_status(user.id, end).await.unwrap();
        assert_eq!(denied(world.tenure.preview_reset(&token).await), Denied::LinkEnded);
        users.change_status(user.id, back).await.unwrap();
        assert_eq!(denied(world.reset(&token, NEW).await), Denied::LinkEnded, "{name}");
        world.sign_in(firm.id(), user.address.as_str(), PASSWORD).await.unwrap();
    }
    // A mail that was still waiting does not go out, and a leave that runs out brings no link back.
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await.user;
    let token = world.reset_link(firm.id(), ZOE).await;
    world.forget(firm.id(), ZOE).await;
    let leave = Suspension::until(world.ahead(Duration::minutes(5)));
    users.suspend(zoe.id, leave).await.unwrap();
    assert_eq!(world.deliver().await, 0);
    world.advance(Duration::minutes(5));
    assert_eq!(denied(world.reset(&token, NEW).await), Denied::LinkEnded);
    world.reset_link(firm.id(), ZOE).await;
}

async fn p4_every_broken_rule_is_told_at_once_and_the_link_stays_good(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    let token = world.reset_link(firm.id(), ZOE).await;
    let hashes = world.tenure.hashes_run();
    let before = world.picture(&[firm.id()]).await;
    let new = NewPassword::new("zoe").repeated("Zoe");
    let refused = world.tenure.reset_password(&token, new).await;
    let Denied::Invalid { fields } = denied(refused) else {
        panic!("it is wrong");
    };
    let rules = match &fields[0].problem {
        tenure::Problem::Password(rules) => rules.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((rules, fields.len()), (5, 2), "{fields:?}");
    assert_eq!(
        wrong_fields::<()>(Err(Denied::Invalid { fields }.into())),
        ["password", "repeated"]
    );
    assert_eq!(world.tenure.hashes_run(), hashes);
    assert_eq!(world.picture(&[firm.id()]).await, before);
    world.reset(&token, NEW).await.unwrap();
}

async fn t2_what_is_no_token_of_this_purpose_matches_nothing(world: World) {
    let (firm, other) = (world.found().await, world.found().await);
    world.join(&firm.desk, "Zoe", Access::none()).await;
    let invited = NewUser::new("Ivy", "Example", "ivy@nordwind.example");
    firm.desk
        .users()
        .create(invited, Access::none().invite())
        .await
        .unwrap();
    world.deliver().await;
    let invitation = world.token_to("ivy@nordwind.example");
    let token = world.reset_link(firm.id(), ZOE).await;
    let foreign = world.reset_link(other.id(), "ada@nordwind.example").await;
    let mut wrong: Vec<String> = ["", " ", "\0", "tnr_", "null", "%"].map(str::to_owned).into();
    wrong.extend((0..token.len()).step_by(9).map(|length| token[..length].to_owned()));
    wrong.extend([
        format!("{token} "),
        format!("{token}A"),
        token.to_uppercase(),
        invitation.clone(),
        format!("tnr_{}", &invitation[4..]),
        format!("tnr_{}", &firm.login.token.expose()[4..]),
        // The one tenant's name with the other's secret.
        format!("{}{}", &token[..26], &foreign[26..]),
    ]);
    let before = world.picture(&[firm.id(), other.id()]).await;
    let hashes = world.tenure.hashes_run();
    for text in &wrong {
        assert_eq!(
            denied(world.tenure.preview_reset(text).await),
            Denied::LinkUnknown,
            "{text:?}"
        );
        assert_eq!(denied(world.reset(text, NEW).await), Denied::LinkUnknown, "{text:?}");
    }
    let accepted = world
        .tenure
        .accept_invitation(&format!("tni_{}", &token[4..]), tenure::Acceptance::new(NEW))
        .await;
    assert_eq!(denied(accepted), Denied::LinkUnknown);
    assert_eq!(world.tenure.hashes_run(), hashes, "and costs no hash");
    assert_eq!(world.picture(&[firm.id(), other.id()]).await, before);
    world.reset(&token, NEW).await.unwrap();
}

async fn t3_of_parallel_resets_exactly_one_succeeds(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    let token = world.reset_link(firm.id(), ZOE).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (tenure, token) = (world.tenure.clone(), token.clone());
        let password = format!("Himbeere-17-rot-{number}");
        tasks.spawn(async move {
            let set = tenure.reset_password(&token, NewPassword::new(password.as_str())).await;
            (password, set)
        });
    }
    let (set, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(|(_, set)| set.is_ok());
    assert_eq!(set.len(), 1, "{refused:?}");
    for (password, refusal) in refused {
        assert_eq!(denied(refusal), Denied::LinkUsed);
        assert!(world.sign_in(firm.id(), ZOE, &password).await.is_err());
    }
    world.sign_in(firm.id(), ZOE, &set[0].0).await.unwrap();
}

async fn t4_a_newer_request_and_a_new_password_end_the_older_link(world: World) {
    let world = world.with_policy(|policy| policy.one_time_passwords = true);
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let older = world.reset_link(firm.id(), ZOE).await;
    let newer = world.reset_link(firm.id(), ZOE).await;
    assert_eq!(denied(world.tenure.preview_reset(&older).await), Denied::LinkEnded);
    world.tenure.preview_reset(&newer).await.unwrap();
    // A mail that was overtaken while it waited is not sent.
    world.forget(firm.id(), ZOE).await;
    firm.desk.users().send_reset(zoe.user.id).await.unwrap();
    let delivered = world.tenure.courier().deliver_due().await.unwrap();
    assert_eq!((delivered.sent, delivered.superseded), (1, 1));
    let administrators = world.token_to(ZOE);
    assert_eq!(denied(world.reset(&newer, NEW).await), Denied::LinkEnded);
    // A new password ends what is open, whoever asked for it.
    let change = tenure::ChangePassword::new(PASSWORD, NEW, NEW);
    zoe.desk.me().change_password(change).await.unwrap();
    assert_eq!(
        denied(world.reset(&administrators, "Zitrone-43-gelb").await),
        Denied::LinkEnded
    );
    world.deliver().await;
    let link = world.reset_link(firm.id(), ZOE).await;
    firm.desk.users().send_one_time_password(zoe.user.id).await.unwrap();
    assert_eq!(denied(world.tenure.preview_reset(&link).await), Denied::LinkEnded);
}

async fn t6_looking_at_a_reset_changes_nothing(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    let token = world.reset_link(firm.id(), ZOE).await;
    let before = world.picture(&[firm.id()]).await;
    let first = world.tenure.preview_reset(&token).await.unwrap();
    assert_eq!(first.user_name, ZOE);
    assert_eq!(first.passwords, world.tenure.policy().passwords);
    for _ in 0..20 {
        assert_eq!(world.tenure.preview_reset(&token).await.unwrap(), first);
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
    world.reset(&token, NEW).await.unwrap();
}

async fn t8_a_link_is_good_for_an_hour_from_its_mailing(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    world.forget(firm.id(), ZOE).await;
    world.advance(Duration::hours(3));
    world.deliver().await;
    let token = world.token_to(ZOE);
    let preview = world.tenure.preview_reset(&token).await.unwrap();
    assert_eq!(preview.expires_at, world.ahead(Duration::HOUR));
    world.advance(Duration::HOUR - Duration::microseconds(1));
    world.tenure.preview_reset(&token).await.unwrap();
    world.advance(Duration::microseconds(1));
    assert_eq!(denied(world.reset(&token, NEW).await), Denied::LinkExpired);
    // After a day, nothing is mailed any more.
    world.forget(firm.id(), ZOE).await;
    world.advance(Duration::DAY);
    assert_eq!(world.deliver().await, 0);
}

async fn d5_a_reset_that_fails_half_way_is_as_before_or_done(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    let token = world.reset_link(firm.id(), ZOE).await;
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(failing.clone() as Arc<dyn Store>));
    let before = world.picture(&[firm.id()]).await;
    let mut step = 1;
    let steps = loop {
        failing.clear();
        failing.fail(step, tenure::testing::Moment::Before);
        match tenure.reset_password(&token, NewPassword::new(NEW)).await {
            Ok(()) => break step - 1,
            Err(Error::Store(_)) => assert_eq!(world.picture(&[firm.id()]).await, before),
            Err(other) => panic!("{other:?}"),
        }
        step += 1;
    };
    assert_eq!(steps, 6, "each call failed once");
    let to = EmailAddress::new(ZOE).unwrap();
    let picture = world.picture(&[firm.id()]).await;
    let notices = picture
        .contents(firm.id())
        .records
        .values()
        .filter(|record| match &record.value {
            tenure::model::Record::Mail(mail) => mail.mail.kind() == MailKind::PasswordChanged && mail.to == to,
            _ => false,
        });
    assert_eq!(notices.count(), 1);
    let status = |user: &User| matches!(user.status, UserStatus::Active { .. });
    assert!(picture.contents(firm.id()).users().all(status));
}
