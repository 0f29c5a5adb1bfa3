//! Changes of address: when which address is good, whose links do what, and who wins where two act at once.

use tenure::model::{Actor, MailKind, What};
use tenure::{
    Access, AddressConfirmation, ChangeAddress, ChangePassword, Client, Denied, DeniedKind, Error, NewPassword,
    NewUser, Policy, StatusChange, Suspension, Timestamp, User,
};
use time::Duration;

use crate::support::{Firm, Member, PASSWORD, World, denied, for_every_store, wrong_fields};

for_every_store!(slowly();
    if8_the_new_address_is_good_from_exactly_its_instant_on_settled_or_not,
    if8_the_old_address_is_free_for_others_once_it_is_nobodys,
    ps7_a_new_address_is_kept_while_the_change_waits_and_free_when_it_lapses,
    ps7_both_addresses_are_told,
    t2_a_link_is_good_for_its_own_purpose_and_tenant_only,
    t3_of_parallel_confirmations_exactly_one_succeeds,
    t4_a_newer_change_ends_the_links_of_the_older,
    t4_an_address_that_takes_effect_ends_every_other_link,
    t5_confirming_one_address_never_confirms_another,
    t6_looking_at_a_link_of_an_address_changes_nothing,
    confirming_and_stopping_at_once_one_wins,
    two_users_who_want_one_address_at_once_one_gets_it,
    e4_whoever_loses_access_loses_the_change_and_the_new_address_is_free,
    t4_a_new_password_ends_a_change_that_is_pending,
    l2_the_current_password_is_guessed_no_more_often_than_at_login,
    l2_an_address_that_is_typed_wrong_locks_nobody_out,
    l2_the_right_password_locks_nobody_out_where_the_address_is_taken,
    e7_the_own_address_takes_a_recent_login_or_the_password,
    bi3_without_mail_no_change_is_begun,
    a_change_is_called_off_by_the_user_or_an_administrator,
    an_invitation_is_sent_again_to_a_corrected_address,
    the_hosts_own_code_has_no_address,
);

const OLD: &str = "pia@nordwind.example";
const NEW: &str = "pia@new.example";
const ANOTHER: &str = "Himbeere-17-rot";
const EFFECT: &str = "address_changed";

/// An hour of delay, and a confirmation.
fn slowly() -> Policy {
    let mut policy = Policy::default();
    policy.address_change.delay = Duration::HOUR;
    policy
}

async fn ask(member: &Member, to: &str) -> Result<User, Error> {
    member.desk.me().change_address(ChangeAddress::new(to, to)).await
}

/// Pia, who has asked for another address: the tokens that confirm and stop it.
async fn asked(world: &World, firm: &Firm) -> (Member, String, String) {
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    ask(&pia, NEW).await.unwrap();
    world.deliver().await;
    let (confirm, stop) = (world.token_to(NEW), world.token_to(OLD));
    (pia, confirm, stop)
}

async fn logs_in(world: &World, firm: &Firm, login: &str) -> bool {
    world.sign_in(firm.id(), login, PASSWORD).await.is_ok()
}

fn name_of(what: &What) -> String {
    let value = serde_json::to_value(what).unwrap();
    value["event"].as_str().unwrap().to_owned()
}

/// When this happened, and by whom.
async fn happened(world: &World, firm: &Firm, name: &str) -> Vec<(Timestamp, Actor)> {
    let events = world.events(firm.id()).await.into_iter().map(|entry| entry.event);
    let these = events.filter(|event| name_of(&event.what) == name);
    these.map(|event| (event.at, event.actor)).collect()
}

async fn if8_the_new_address_is_good_from_exactly_its_instant_on_settled_or_not(world: World) {
    let firm = world.found().await;
    let (pia, confirm, _) = asked(&world, &firm).await;
    let effective_at = world.ahead(Duration::HOUR);
    let after = world.tenure.confirm_address(&confirm).await.unwrap();
    assert_eq!(after.pending_address.unwrap().due_at(), effective_at);
    world.advance(Duration::HOUR - Duration::MICROSECOND);
    world.tenure.settle_due(Some(firm.id())).await.unwrap();
    assert!(happened(&world, &firm, EFFECT).await.is_empty());
    assert!(logs_in(&world, &firm, OLD).await);
    assert!(!logs_in(&world, &firm, NEW).await);

    world.advance(Duration::MICROSECOND);
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    for settled in [false, true] {
        assert!(!logs_in(&world, &firm, OLD).await, "settled: {settled}");
        assert!(logs_in(&world, &firm, NEW).await, "settled: {settled}");
        let user = desk.users().get(pia.user.id).await.unwrap();
        assert_eq!((user.address.as_str(), user.user_name.as_str()), (NEW, NEW));
        assert_eq!(user.pending_address, None);
        let listed = desk.users().list(tenure::Listing::new()).await.unwrap().items;
        assert!(listed.iter().any(|user| user.address.as_str() == NEW));
        let written = usize::from(settled);
        assert_eq!(happened(&world, &firm, EFFECT).await.len(), written);
        assert_eq!(world.tenure.settle_due(Some(firm.id())).await.unwrap() > 0, !settled);
    }
    assert_eq!(happened(&world, &firm, EFFECT).await, [(effective_at, Actor::Schedule)]);
}

async fn if8_the_old_address_is_free_for_others_once_it_is_nobodys(world: World) {
    let firm = world.found().await;
    let (pia, confirm, _) = asked(&world, &firm).await;
    world.tenure.confirm_address(&confirm).await.unwrap();
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let another = || NewUser::new("Otto", "Example", OLD);
    let taken = Denied::LoginTaken { field: "email" };
    assert_eq!(denied(desk.users().create(another(), Access::none()).await), taken);
    let effective_at = world.advance(Duration::HOUR);
    // Nobody has written down that Pia's address is another one.
    let otto = desk.users().create(another(), Access::none()).await.unwrap();
    assert_eq!(happened(&world, &firm, EFFECT).await, [(effective_at, Actor::Schedule)]);
    assert!(logs_in(&world, &firm, NEW).await);
    assert_eq!(desk.users().get(pia.user.id).await.unwrap().address.as_str(), NEW);
    // After the notice to Pia at what was her address, so that his invitation is the last mail there.
    world.deliver().await;
    world.advance(Duration::SECOND);
    desk.invitations().send(otto.id, None).await.unwrap();
    let otto = world.enter(firm.id(), &otto).await;
    assert_eq!(otto.login.user, otto.user.id, "and Otto logs in with it");
}

async fn ps7_a_new_address_is_kept_while_the_change_waits_and_free_when_it_lapses(world: World) {
    let firm = world.found().await;
    let (pia, confirm, stop) = asked(&world, &firm).await;
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let another = || NewUser::new("Otto", "Example", "PIA@new.example");
    let taken = Denied::LoginTaken { field: "email" };
    assert_eq!(denied(desk.users().create(another(), Access::none()).await), taken);
    assert!(!logs_in(&world, &firm, NEW).await, "kept, but not yet good");
    world.advance(Duration::hours(8));
    desk.users().create(another(), Access::none()).await.unwrap();
    assert_eq!(
        denied(world.tenure.confirm_address(&confirm).await).kind(),
        DeniedKind::Gone
    );
    assert_eq!(
        denied(world.tenure.stop_address_change(&stop).await).kind(),
        DeniedKind::Gone
    );
    assert_eq!(happened(&world, &firm, "address_change_lapsed").await.len(), 1);
    assert!(logs_in(&world, &firm, OLD).await);
    let user = desk.users().get(pia.user.id).await.unwrap();
    assert_eq!((user.address.as_str(), user.pending_address), (OLD, None));
}

async fn ps7_both_addresses_are_told(world: World) {
    let firm = world.found().await;
    let (pia, confirm, _) = asked(&world, &firm).await;
    let kinds = async |to: &str| {
        let desk = world.tenure.system(firm.id(), "a test").unwrap();
        let mails = desk.invitations().mails(pia.user.id).await.unwrap().items;
        let mails = mails.into_iter().filter(|mail| mail.to.as_str() == to);
        mails.map(|mail| mail.mail.kind()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(NEW).await, [MailKind::ConfirmAddress]);
    assert!(kinds(OLD).await.contains(&MailKind::AddressChangeRequested));
    let warned = world.mail_to(OLD);
    assert!(
        !warned.text().contains(NEW),
        "who reads the old mailbox need not be the user any more"
    );
    world.tenure.confirm_address(&confirm).await.unwrap();
    world.advance(Duration::HOUR);
    assert!(!kinds(NEW).await.contains(&MailKind::AddressChanged));
    world.tenure.settle_due(None).await.unwrap();
    assert_eq!(world.deliver().await, 2);
    for to in [OLD, NEW] {
        let notices = kinds(to)
            .await
            .into_iter()
            .filter(|kind| *kind == MailKind::AddressChanged);
        assert_eq!(notices.count(), 1, "{to}");
    }
}

async fn t2_a_link_is_good_for_its_own_purpose_and_tenant_only(world: World) {
    let firm = world.found().await;
    let (_, confirm, stop) = asked(&world, &firm).await;
    let session = firm.login.token.expose().to_owned();
    let before = world.picture(&[firm.id()]).await;
    let as_confirmation = |token: &str| format!("{}{}", &confirm[..4], &token[4..]);
    let nobodys = [
        String::new(),
        "\0".to_owned(),
        confirm[..20].to_owned(),
        as_confirmation(&session),
    ];
    for token in nobodys.iter().chain([&stop, &as_confirmation(&stop), &session]) {
        for looked in [
            world.tenure.preview_address_confirmation(token).await.map(|_| ()),
            world.tenure.confirm_address(token).await.map(|_| ()),
        ] {
            assert_eq!(denied(looked), Denied::LinkUnknown, "{token}");
        }
    }
    for token in nobodys.iter().chain([&confirm, &session]) {
        for looked in [
            world.tenure.preview_address_stop(token).await.map(|_| ()),
            world.tenure.stop_address_change(token).await.map(|_| ()),
        ] {
            assert_eq!(denied(looked), Denied::LinkUnknown, "{token}");
        }
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn t3_of_parallel_confirmations_exactly_one_succeeds(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let (_, confirm, _) = asked(&world, &firm).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (tenure, token) = (world.tenure.clone(), confirm.clone());
        tasks.spawn(async move { tenure.confirm_address(&token).await });
    }
    let (confirmed, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(confirmed.len(), 1, "{refused:?}");
    for refusal in refused {
        assert_eq!(denied(refusal), Denied::LinkUsed);
    }
    assert_eq!(happened(&world, &firm, "address_change_confirmed").await.len(), 1);
}

async fn t4_a_newer_change_ends_the_links_of_the_older(world: World) {
    let firm = world.found().await;
    let (pia, confirm, stop) = asked(&world, &firm).await;
    ask(&pia, "pia@newer.example").await.unwrap();
    for refused in [
        world.tenure.preview_address_confirmation(&confirm).await.map(|_| ()),
        world.tenure.confirm_address(&confirm).await.map(|_| ()),
        world.tenure.preview_address_stop(&stop).await.map(|_| ()),
        world.tenure.stop_address_change(&stop).await.map(|_| ()),
    ] {
        assert_eq!(denied(refused), Denied::LinkEnded);
    }
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let otto = NewUser::new("Otto", "Example", NEW);
    desk.users().create(otto, Access::none()).await.unwrap();
    // A mail that is still waiting when its change is called off is not sent.
    pia.desk.me().cancel_address_change().await.unwrap();
    let delivered = world.tenure.courier().deliver_due().await.unwrap();
    assert_eq!(delivered.superseded, 2, "{delivered:?}");
}

async fn t4_an_address_that_takes_effect_ends_every_other_link(world: World) {
    let firm = world.found().await;
    let (_, confirm, stop) = asked(&world, &firm).await;
    world.tenure.confirm_address(&confirm).await.unwrap();
    world.tenure.preview_address_stop(&stop).await.unwrap();
    world.advance(Duration::HOUR);
    for settled in [false, true] {
        let refused = world.tenure.stop_address_change(&stop).await;
        assert_eq!(denied(refused), Denied::LinkEnded, "settled: {settled}");
        world.tenure.settle_due(None).await.unwrap();
    }
    assert!(logs_in(&world, &firm, NEW).await);
}

async fn t5_confirming_one_address_never_confirms_another(world: World) {
    let firm = world.found().await;
    let (pia, confirm, _) = asked(&world, &firm).await;
    ask(&pia, "pia@newer.example").await.unwrap();
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
    // Nor the same address, asked for anew.
    ask(&pia, NEW).await.unwrap();
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
    world.deliver().await;
    let newer = world.token_to(NEW);
    assert_ne!(newer, confirm);
    world.advance(Duration::HOUR);
    let after = world.tenure.confirm_address(&newer).await.unwrap();
    assert_eq!((after.address.as_str(), after.pending_address), (NEW, None));
}

async fn t6_looking_at_a_link_of_an_address_changes_nothing(world: World) {
    let firm = world.found().await;
    let (_, confirm, stop) = asked(&world, &firm).await;
    let before = world.picture(&[firm.id()]).await;
    let first: AddressConfirmation = world.tenure.preview_address_confirmation(&confirm).await.unwrap();
    assert_eq!(first.address.as_str(), NEW);
    assert_eq!(first.not_before, world.ahead(Duration::HOUR));
    for _ in 0..20 {
        assert_eq!(
            world.tenure.preview_address_confirmation(&confirm).await.unwrap(),
            first
        );
        let seen = world.tenure.preview_address_stop(&stop).await.unwrap();
        assert_eq!(seen.address.as_str(), OLD);
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
    world.tenure.stop_address_change(&stop).await.unwrap();
    assert_eq!(denied(world.tenure.stop_address_change(&stop).await), Denied::LinkUsed);
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
    assert!(logs_in(&world, &firm, OLD).await);
    assert_eq!(happened(&world, &firm, "address_change_stopped").await.len(), 1);
}

async fn confirming_and_stopping_at_once_one_wins(world: World) {
    // Without a delay, what is confirmed is in effect and cannot be stopped any more.
    let world = world
        .with_policy(|policy| policy.address_change.delay = Duration::ZERO)
        .contended();
    let firm = world.found().await;
    let (pia, confirm, stop) = asked(&world, &firm).await;
    let (one, other) = (world.tenure.clone(), world.tenure.clone());
    let confirming = tokio::spawn(async move { one.confirm_address(&confirm).await });
    let stopping = tokio::spawn(async move { other.stop_address_change(&stop).await });
    let (confirmed, stopped) = (confirming.await.unwrap(), stopping.await.unwrap());
    assert_ne!(confirmed.is_ok(), stopped.is_ok(), "{confirmed:?} {stopped:?}");
    let expected = if confirmed.is_ok() { NEW } else { OLD };
    let lost = if confirmed.is_ok() { stopped } else { confirmed };
    assert_eq!(denied(lost).kind(), DeniedKind::Gone);
    let user = firm.desk.users().get(pia.user.id).await.unwrap();
    assert_eq!((user.address.as_str(), user.pending_address), (expected, None));
    assert!(logs_in(&world, &firm, expected).await);
    let ends = [EFFECT, "address_change_stopped"];
    let mut told = 0;
    for name in ends {
        told += happened(&world, &firm, name).await.len();
    }
    assert_eq!(told, 1, "one of both is in the log");
}

async fn two_users_who_want_one_address_at_once_one_gets_it(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let mut tasks = tokio::task::JoinSet::new();
    for name in ["Pia", "Otto", "Zoe"] {
        let member = world.join(&firm.desk, name, Access::none()).await;
        tasks.spawn(async move { ask(&member, "shared@new.example").await });
    }
    let (given, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(given.len(), 1, "{refused:?}");
    for refusal in refused {
        assert_eq!(denied(refusal), Denied::LoginTaken { field: "email" });
    }
}

async fn e4_whoever_loses_access_loses_the_change_and_the_new_address_is_free(world: World) {
    let firm = world.found().await;
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    for (name, change) in [
        ("Sue", Some(StatusChange::Suspend(Suspension::open_ended()))),
        ("Dis", Some(StatusChange::Disable)),
        ("Dea", Some(StatusChange::Deactivate)),
        ("Del", None),
    ] {
        let member = world.join(&desk, name, Access::none()).await;
        let to = format!("{name}@new.example");
        ask(&member, &to).await.unwrap();
        world.deliver().await;
        let confirm = world.token_to(&to);
        match change {
            Some(change) => drop(desk.users().change_status(member.user.id, change).await.unwrap()),
            None => desk.users().delete(member.user.id).await.unwrap(),
        }
        assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
        let another = NewUser::new("Another", "Example", to);
        desk.users().create(another, Access::none()).await.unwrap();
    }
    assert_eq!(happened(&world, &firm, "address_change_stopped").await.len(), 4);
}

/// Whoever changes the password may do so because somebody else asked for that address.
async fn t4_a_new_password_ends_a_change_that_is_pending(world: World) {
    let firm = world.found().await;
    let (pia, confirm, stop) = asked(&world, &firm).await;
    let change = ChangePassword::new(PASSWORD, ANOTHER, ANOTHER);
    pia.desk.me().change_password(change).await.unwrap();
    assert_eq!(pia.desk.me().user().await.unwrap().pending_address, None);
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
    assert_eq!(denied(world.tenure.stop_address_change(&stop).await), Denied::LinkEnded);
    assert_eq!(happened(&world, &firm, "address_change_stopped").await.len(), 1);

    // The same by a link.
    world.advance(Duration::MINUTE);
    ask(&pia, NEW).await.unwrap();
    let unknown = Client::unknown();
    world.tenure.request_reset(firm.id(), OLD, &unknown).await.unwrap();
    world.deliver().await;
    let confirm = world.token_to(NEW);
    world.advance(Duration::MINUTE);
    world.tenure.request_reset(firm.id(), OLD, &unknown).await.unwrap();
    world.deliver().await;
    let reset = world.token_to(OLD);
    world
        .tenure
        .reset_password(&reset, NewPassword::new(PASSWORD))
        .await
        .unwrap();
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let user = desk.users().get(pia.user.id).await.unwrap();
    assert_eq!((user.address.as_str(), user.pending_address), (OLD, None));
    assert_eq!(happened(&world, &firm, "address_change_stopped").await.len(), 2);
}

/// Whoever has somebody's session can guess at their password here no more often than a stranger.
async fn l2_the_current_password_is_guessed_no_more_often_than_at_login(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    let with = |password: &str| ChangeAddress::new(NEW, NEW).current_password(password);
    for _ in 0..10 {
        let wrong = pia.desk.me().change_address(with("Wrong-Password-1")).await;
        assert_eq!(wrong_fields(wrong), ["current_password"]);
    }
    let hashes = world.tenure.hashes_run();
    let locked = denied(pia.desk.me().change_address(with(PASSWORD)).await);
    assert_eq!(
        (locked.code(), locked.kind()),
        ("too_many_attempts", DeniedKind::Limited)
    );
    assert!(!logs_in(&world, &firm, OLD).await, "the same lock as at login");
    assert_eq!(world.tenure.hashes_run(), hashes + 1, "the decoy of that login");
    world.advance(Duration::seconds(30));
    pia.desk.me().change_address(with(PASSWORD)).await.unwrap();
    assert!(
        logs_in(&world, &firm, OLD).await,
        "the right one takes the failures back"
    );
}

/// The right password takes back what was counted, whatever becomes of the change.
async fn l2_the_right_password_locks_nobody_out_where_the_address_is_taken(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    let owners = firm.owner.address.as_str();
    for _ in 0..12 {
        let taken = ChangeAddress::new(owners, owners).current_password(PASSWORD);
        let refused = denied(pia.desk.me().change_address(taken).await);
        assert_eq!(refused, Denied::LoginTaken { field: "email" });
    }
    assert!(logs_in(&world, &firm, OLD).await);
}

/// Nothing is compared, and nothing counted, for an address that could not be had anyway.
async fn l2_an_address_that_is_typed_wrong_locks_nobody_out(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    let hashes = world.tenure.hashes_run();
    for _ in 0..12 {
        let typo = ChangeAddress::new(NEW, "pia@mew.example").current_password(PASSWORD);
        assert_eq!(wrong_fields(pia.desk.me().change_address(typo).await), ["repeated"]);
    }
    assert_eq!(world.tenure.hashes_run(), hashes);
    assert!(logs_in(&world, &firm, OLD).await);
}

async fn e7_the_own_address_takes_a_recent_login_or_the_password(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    world.advance(Duration::minutes(15));
    let hashes = world.tenure.hashes_run();
    assert_eq!(denied(ask(&pia, NEW).await), Denied::LoginTooOld);
    assert_eq!(world.tenure.hashes_run(), hashes);
    let with = |password: &str| ChangeAddress::new(NEW, NEW).current_password(password);
    let before = pia.desk.me().user().await.unwrap();
    let wrong = pia.desk.me().change_address(with("Wrong-Password-1")).await;
    assert_eq!(wrong_fields(wrong), ["current_password"]);
    assert_eq!(pia.desk.me().user().await.unwrap(), before);
    let user = pia.desk.me().change_address(with(PASSWORD)).await.unwrap();
    assert_eq!(user.pending_address.unwrap().to.as_str(), NEW);
    // Nobody hashes for somebody who is no longer signed in.
    pia.desk.me().sign_out().await.unwrap();
    let hashes = world.tenure.hashes_run();
    let refused = pia.desk.me().change_address(with(PASSWORD)).await;
    assert_eq!(denied(refused), Denied::NotSignedIn);
    assert_eq!(world.tenure.hashes_run(), hashes);
}

async fn bi3_without_mail_no_change_is_begun(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    world.mailer.not_ready(Some("no SMTP relay is configured"));
    let before = world.picture(&[firm.id()]).await;
    assert_eq!(denied(ask(&pia, NEW).await).code(), "mail_not_ready");
    assert_eq!(world.picture(&[firm.id()]).await, before);
    // A notice is not worth a refusal.
    let user = firm.desk.users().change_address(pia.user.id, NEW).await.unwrap();
    assert_eq!(user.address.as_str(), NEW);
}

async fn a_change_is_called_off_by_the_user_or_an_administrator(world: World) {
    let firm = world.found().await;
    let (pia, confirm, _) = asked(&world, &firm).await;
    let user = pia.desk.me().cancel_address_change().await.unwrap();
    let last_login_at = user.last_login_at;
    let before = User {
        last_login_at,
        ..pia.user.clone()
    };
    assert_eq!(user, before);
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);
    assert_eq!(
        denied(pia.desk.me().cancel_address_change().await),
        Denied::NoAddressChange
    );
    ask(&pia, NEW).await.unwrap();
    let theirs = firm.desk.users().cancel_address_change(pia.user.id).await.unwrap();
    assert_eq!((theirs.address, theirs.pending_address), (pia.user.address, None));
    let by = happened(&world, &firm, "address_change_stopped").await;
    let by: Vec<Actor> = by.into_iter().map(|(_, actor)| actor).collect();
    assert_eq!(by, [Actor::User(pia.user.id), Actor::User(firm.owner.id)]);
}

async fn an_invitation_is_sent_again_to_a_corrected_address(world: World) {
    let firm = world.found().await;
    let typo = NewUser::new("Pia", "Example", "pai@nordwind.example");
    let user = firm.desk.users().create(typo, Access::none().invite()).await.unwrap();
    world.deliver().await;
    let token = world.token_to("pai@nordwind.example");
    let user = firm.desk.users().change_address(user.id, OLD).await.unwrap();
    assert_eq!(denied(world.tenure.preview_invitation(&token).await), Denied::LinkEnded);
    assert_eq!(
        world.deliver().await,
        0,
        "nobody is told of an account that they never had"
    );
    firm.desk.invitations().send(user.id, None).await.unwrap();
    let pia = world.enter(firm.id(), &user).await;
    assert_eq!(pia.user.address.as_str(), OLD);
}

async fn the_hosts_own_code_has_no_address(world: World) {
    let firm = world.found().await;
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let asked = desk.me().change_address(ChangeAddress::new(NEW, NEW)).await;
    assert_eq!(denied(asked).kind(), DeniedKind::NotFound);
    assert_eq!(
        denied(desk.me().cancel_address_change().await).kind(),
        DeniedKind::NotFound
    );
}
