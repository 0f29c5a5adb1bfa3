//! Desks: one that is held for long stops the moment its user or session does; the host's own says why it acts.

use tenure::id::UserId;
use tenure::model::{Actor, What};
use tenure::store::FeedEntry;
use tenure::{Access, Denied, Listing, NewUnit, NewUser, Policy, ProfileEdit, Suspension};
use time::Duration;

use crate::support::{Firm, Member, OWNERS, World, denied, for_every_store};

for_every_store!(Policy::default();
    a_desk_that_is_held_stops_when_its_user_or_session_does,
    a_suspension_at_the_same_time_stops_what_was_not_yet_written,
    the_end_of_a_session_at_the_same_time_stops_what_was_not_yet_written,
    a_right_lost_at_the_same_time_stops_what_was_not_yet_written,
    the_desk_of_the_host_logs_its_reason,
    a_suspended_tenant_lets_nobody_in_and_only_the_host_brings_it_back,
);

async fn refuses_everything(member: &Member) {
    let desk = &member.desk;
    assert_eq!(denied(desk.users().list(Listing::new()).await), Denied::NotSignedIn);
    assert_eq!(
        denied(desk.units().add(NewUnit::company("Late")).await),
        Denied::NotSignedIn
    );
    assert_eq!(denied(desk.me().user().await), Denied::NotSignedIn);
    assert_eq!(
        denied(desk.me().edit_profile(ProfileEdit::new().first_name("Late")).await),
        Denied::NotSignedIn
    );
    assert_eq!(
        denied(desk.history().events(tenure::store::FeedPosition::START, 10).await),
        Denied::NotSignedIn
    );
    assert_eq!(denied(desk.tenant().get().await), Denied::NotSignedIn);
}

async fn a_desk_that_is_held_stops_when_its_user_or_session_does(world: World) {
    let firm = world.found().await;
    let users = firm.desk.users();
    for end in [
        "suspend",
        "disable",
        "deactivate",
        "delete",
        "end session",
        "sign out",
        "idle",
    ] {
        let name = end.replace(' ', ".");
        let member = world.administrator(&firm, &name).await;
        let id = member.user.id;
        member.desk.users().list(Listing::new()).await.unwrap();
        match end {
            "suspend" => drop(users.suspend(id, Suspension::open_ended()).await.unwrap()),
            "disable" => drop(users.disable(id).await.unwrap()),
            "deactivate" => drop(users.deactivate(id).await.unwrap()),
            "delete" => users.delete(id).await.unwrap(),
            "end session" => firm.desk.sessions().end(member.login.session).await.unwrap(),
            "sign out" => member.desk.me().sign_out().await.unwrap(),
            _ => drop(world.advance(Duration::minutes(30))),
        }
        refuses_everything(&member).await;
    }
}

/// What an actor did after a point of the log.
fn done_after(events: &[FeedEntry], actor: UserId, is_end: impl Fn(&What) -> bool) -> Vec<&FeedEntry> {
    let end = events.iter().rposition(|entry| is_end(&entry.event.what)).unwrap();
    let commit = events[end].commit;
    let later = events[end..].iter().filter(|entry| entry.commit != commit);
    later.filter(|entry| entry.event.actor == Actor::User(actor)).collect()
}

/// An administrator at work while something happens; all they are told was done stands in the log.
async fn at_work(world: &World, firm: &Firm, round: u32, happens: impl AsyncFn(&Member)) -> Member {
    let member = world.administrator(firm, &format!("Admin{round}")).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..4 {
        let desk = member.desk.clone();
        tasks.spawn(async move {
            let user = NewUser::new("New", "Example", format!("new{round}.{number}@example.com"));
            desk.users().create(user, Access::none().without_invitation()).await
        });
        let desk = member.desk.clone();
        tasks.spawn(async move {
            let edit = ProfileEdit::new().last_name(format!("Name {number}"));
            desk.me().edit_profile(edit).await
        });
    }
    for _ in 0..round {
        tokio::task::yield_now().await;
    }
    happens(&member).await;
    for answer in tasks.join_all().await {
        match answer {
            Ok(_) | Err(tenure::Error::Denied(Denied::NotSignedIn | Denied::Forbidden)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    member
}

async fn a_suspension_at_the_same_time_stops_what_was_not_yet_written(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    for round in 0..8 {
        let suspend = async |member: &Member| {
            let suspended = firm
                .desk
                .users()
                .suspend(member.user.id, Suspension::open_ended())
                .await;
            suspended.unwrap();
        };
        let member = at_work(&world, &firm, round, suspend).await;
        let events = world.events(firm.id()).await;
        let is_end = |what: &What| matches!(what, What::StatusChanged { verb, .. } if verb == "suspend");
        assert_eq!(
            done_after(&events, member.user.id, is_end),
            Vec::<&FeedEntry>::new(),
            "round {round}"
        );
    }
}

async fn the_end_of_a_session_at_the_same_time_stops_what_was_not_yet_written(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    for round in 0..8 {
        let end = async |member: &Member| firm.desk.sessions().end(member.login.session).await.unwrap();
        let member = at_work(&world, &firm, round, end).await;
        let events = world.events(firm.id()).await;
        let is_end = |what: &What| matches!(what, What::SessionEnded { .. });
        assert_eq!(
            done_after(&events, member.user.id, is_end),
            Vec::<&FeedEntry>::new(),
            "round {round}"
        );
    }
}

async fn a_right_lost_at_the_same_time_stops_what_was_not_yet_written(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    for round in 0..8 {
        let demote = async |member: &Member| {
            let demoted = firm.desk.users().change_grants(member.user.id, Vec::new()).await;
            demoted.unwrap();
        };
        let member = at_work(&world, &firm, round, demote).await;
        let events = world.events(firm.id()).await;
        let is_end = |what: &What| matches!(what, What::GrantsChanged { .. });
        let done = done_after(&events, member.user.id, is_end);
        // Their own profile is still theirs; nothing else is.
        assert!(
            done.iter()
                .all(|entry| matches!(entry.event.what, What::ProfileEdited { .. })),
            "{done:?}"
        );
    }
}

async fn the_desk_of_the_host_logs_its_reason(world: World) {
    let firm = world.found().await;
    let desk = world.tenure.system(firm.id(), "nightly import 2026-11-21").unwrap();
    let unit = desk.units().add(NewUnit::company("Imported")).await.unwrap();
    let events = world.events(firm.id()).await;
    let last = &events.last().unwrap().event;
    assert_eq!(last.subject, unit.id.into());
    assert!(matches!(&last.actor, Actor::System(reason) if reason.as_str() == "nightly import 2026-11-21"));
    // It has no account of its own.
    assert_eq!(denied(desk.me().user().await).code(), "not_found");
    assert_eq!(denied(desk.me().sign_out().await).code(), "not_found");
    // What it invites, it answers for.
    let user = NewUser::new("Zoe", "Example", "zoe@example.com");
    desk.users()
        .create(user, Access::role(firm.tenant.administrator).invite())
        .await
        .unwrap();
    assert!(world.accept("zoe@example.com").await.unwrap().is_active());
}

async fn a_suspended_tenant_lets_nobody_in_and_only_the_host_brings_it_back(world: World) {
    let (firm, other) = (world.found().await, world.found().await);
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    assert_eq!(denied(firm.desk.tenant().suspend().await), Denied::Forbidden);
    assert_eq!(denied(firm.desk.tenant().reinstate().await), Denied::Forbidden);
    let system = world.tenure.system(firm.id(), "unpaid").unwrap();
    system.tenant().suspend().await.unwrap();
    refuses_everything(&zoe).await;
    let login = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await;
    assert_eq!(denied(login), Denied::SignInRefused);
    // The host still sees to it, and the neighbours notice nothing.
    assert_eq!(system.users().list(Listing::new()).await.unwrap().items.len(), 2);
    world.principal(&other.login).await.unwrap();
    system.tenant().reinstate().await.unwrap();
    world.principal(&zoe.login).await.unwrap();
    world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
}
