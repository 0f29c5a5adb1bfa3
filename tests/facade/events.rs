//! The event log: one event an effect, searched, written out as JSON Lines, and enough to rebuild statuses, rights and seats.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tenure::id::UserId;
use tenure::model::{Event, RecordId, RecordKind, StatusKind, What, permissions};
use tenure::store::{Commit, FeedEntry, FeedPosition, Query, Store, StoreExt};
use tenure::testing::strategies;
use tenure::{
    Access, Denied, EventSearch, Grant, NewUnit, NewUser, Policy, Replay, Scope, Start, StatusChange, Suspension,
    TenantId, Timestamp, User,
};
use time::Duration;

use crate::support::{World, denied, for_every_store};

for_every_store!(Policy::default();
    lo8_statuses_rights_and_seats_can_be_rebuilt_from_the_log,
    lo8_the_seats_of_a_period_are_those_of_each_instant,
    d6_the_log_is_searched_by_subject_actor_name_and_time,
    r4_whoever_reads_a_part_sees_the_events_of_that_part,
    d6_a_line_of_json_is_read_back_as_the_entry,
    d6_the_log_is_read_and_searched_so_many_events_at_a_time,
);

/// The whole log, page by page.
async fn log(store: &dyn Store, tenant: TenantId) -> Vec<FeedEntry> {
    let (mut log, mut after) = (Vec::new(), FeedPosition::START);
    loop {
        let page = store.feed(tenant, after, 500).await.unwrap();
        let Some(last) = page.last() else { return log };
        after = last.position;
        log.extend(page);
    }
}

async fn users(store: &dyn Store, tenant: TenantId, now: Timestamp) -> Vec<User> {
    let states = StatusKind::ALL.map(StatusKind::as_str);
    let query = Query::new(RecordKind::User, now).status(states);
    let users = store.all::<User>(tenant, query).await.unwrap();
    users.into_iter().map(|user| user.value.as_of(now)).collect()
}

/// What is folded from the log is what is kept.
async fn check_rebuilt(store: &dyn Store, tenant: TenantId, now: Timestamp, policy: &Policy, when: &str) -> usize {
    let log = log(store, tenant).await;
    let replay = Replay::of(log.iter().map(|entry| &entry.event));
    let rebuilt = replay.users(now);
    let kept = users(store, tenant, now).await;
    assert_eq!(rebuilt.len(), kept.len(), "{when}");
    let mut seats = 0;
    for user in &kept {
        let log_says = &rebuilt[&user.id];
        let seat = user.takes_seat(policy.invitations_take_seats);
        seats += u32::from(seat);
        let kind = user.status.kind();
        assert_eq!((log_says.status, log_says.seat), (kind, seat), "{when}: {user:?}");
        assert_eq!(log_says.grants, user.grants, "{when}: {user:?}");
        if kind != StatusKind::Deleted {
            assert_eq!(log_says.until, user.status.due_at(), "{when}: {user:?}");
        }
    }
    assert_eq!(replay.seats_at(now).used, seats, "{when}");
    one_event_an_effect(&log);
    log.len()
}

/// No commit tells the same of the same record twice.
fn one_event_an_effect(log: &[FeedEntry]) {
    let mut told = BTreeSet::new();
    for entry in log {
        let said = serde_json::to_string(&(entry.commit, &entry.event)).unwrap();
        assert!(told.insert(said), "{entry:?}");
    }
}

async fn lo8_statuses_rights_and_seats_can_be_rebuilt_from_the_log(world: World) {
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let mut told = 0;
    for walk in 0..4_u64 {
        // Each walk is about tenants of its own; one store has them all.
        let steps = strategies::sequences().new_tree(&mut runner).unwrap().current();
        let policy = strategies::policies().new_tree(&mut runner).unwrap().current();
        let store = world.store.clone();
        let mut random = tenure::testing::World::new(store.clone(), walk, policy.clone())
            .await
            .unwrap();
        let mut before = random.snapshot(None).await.unwrap();
        for step in &steps {
            random.run(step, &before).await;
            before = random.snapshot(Some(&before)).await.unwrap();
        }
        for tenant in random.tenants().to_vec() {
            let when = format!("walk {walk} of {} steps", steps.len());
            told += check_rebuilt(&*store, tenant, before.at, &policy, &when).await;
            // Written down or not: what is due stands in the log already.
            let later = before.at.saturating_add(Duration::days(400));
            check_rebuilt(&*store, tenant, later, &policy, "much later").await;
        }
        random.tenure().settle_due(None).await.unwrap();
        for tenant in random.tenants().to_vec() {
            check_rebuilt(&*store, tenant, before.at, &policy, "settled").await;
        }
    }
    assert!(told > 300, "{told} events were folded");
}

async fn lo8_the_seats_of_a_period_are_those_of_each_instant(world: World) {
    let firm = world.found().await;
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let begin = world.now();
    let mut counted = vec![(world.now(), 1)];
    let mut count = |at: Timestamp, used: u32| counted.push((at, used));
    let new = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    // By hand, hour by hour: who takes a seat, and who gives one back, also by time alone.
    let zoe = {
        let at = world.advance(Duration::hours(1));
        count(at, 2);
        desk.users().create(new("zoe"), Access::none().invite()).await.unwrap()
    };
    let at = world.advance(Duration::hours(1));
    count(at, 3);
    let starts = world.ahead(Duration::hours(10));
    let kim = desk
        .users()
        .create(
            new("kim"),
            Access::none().without_invitation().starting(Start::At(starts)),
        )
        .await
        .unwrap();
    let at = world.advance(Duration::hours(1));
    count(at, 2);
    desk.users()
        .change_status(kim.id, StatusChange::ScheduleStart(None))
        .await
        .unwrap();
    let at = world.advance(Duration::hours(1));
    count(at, 3);
    desk.users().activate(kim.id).await.unwrap();
    let ends = world.ahead(Duration::hours(5));
    desk.users().schedule_end(kim.id, Some(ends)).await.unwrap();
    count(ends, 2);
    // The invitation expires, and nobody writes either down before the next act.
    let expires = zoe.status.due_at().unwrap();
    count(expires, 1);
    let at = world.advance(Duration::days(40));
    desk.users().activate(kim.id).await.unwrap();
    count(at, 2);
    let leave = world.ahead(Duration::days(2));
    let at = world.advance(Duration::hours(1));
    desk.users().suspend(kim.id, Suspension::until(leave)).await.unwrap();
    let at_open = world.ahead(Duration::hours(1));
    world.advance(Duration::hours(1));
    desk.users().suspend(kim.id, Suspension::open_ended()).await.unwrap();
    count(at_open, 1);
    assert!(at < at_open);

    let end = world.advance(Duration::days(1));
    let replay = Replay::of(log(&*world.store, firm.id()).await.iter().map(|entry| &entry.event));
    let over = replay.seats_over(begin, end);
    assert_eq!(over.iter().map(|it| (it.since, it.used)).collect::<Vec<_>>(), counted);
    for (since, used) in &counted {
        assert_eq!(replay.seats_at(*since).used, *used);
        let part = replay.seats_over(*since, end);
        assert_eq!(
            (part[0].since, part[0].used),
            (*since, *used),
            "any period begins with what there is"
        );
    }
    world.tenure.settle_due(None).await.unwrap();
    assert_eq!(desk.seats().count().await.unwrap().used, replay.seats_at(end).used);
    let settled = Replay::of(log(&*world.store, firm.id()).await.iter().map(|entry| &entry.event));
    assert_eq!(
        settled.seats_over(begin, end),
        over,
        "what was written down late changes nothing"
    );
}

async fn d6_the_log_is_searched_by_subject_actor_name_and_time(world: World) {
    let firm = world.found().await;
    let zoe = world
        .join(
            &firm.desk,
            "Zoe",
            Access::none().and_permission(permissions::HISTORY_READ),
        )
        .await;
    let before = world.now();
    world.advance(Duration::minutes(5));
    let kim = NewUser::new("Kim", "Example", "kim@nordwind.example");
    let kim = firm
        .desk
        .users()
        .create(kim, Access::none().without_invitation())
        .await
        .unwrap();
    world
        .tenure
        .system(firm.id(), "a job")
        .unwrap()
        .users()
        .activate(kim.id)
        .await
        .unwrap();
    let history = zoe.desk.history();
    let names = async |search: EventSearch| {
        let page = history.search_events(search).await.unwrap();
        page.entries
            .iter()
            .map(|entry| entry.event.what.name())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(EventSearch::new().about(kim.id)).await,
        ["user_created", "status_changed"]
    );
    assert_eq!(
        names(EventSearch::new().about(kim.id).by(firm.owner.id)).await,
        ["user_created"]
    );
    assert_eq!(
        names(EventSearch::new().named(["status_changed"])).await,
        ["status_changed"]
    );
    let of_zoe = names(EventSearch::new().about(zoe.user.id)).await;
    let expected = [
        "user_created",
        "invitation_sent",
        "invitation_accepted",
        "password_set",
        "signed_in",
    ];
    assert_eq!(of_zoe, expected, "the invitation's events are hers as well");
    let since = world.now();
    let late = names(EventSearch::new().since(since)).await;
    assert_eq!(late, ["employee_added", "user_created", "status_changed"]);
    assert_eq!(names(EventSearch::new().since(since).until(since)).await, [""; 0]);
    assert!(!names(EventSearch::new().until(since)).await.is_empty() && before < since);

    let all = history.search_events(EventSearch::new()).await.unwrap();
    assert!(!all.more);
    let next = history
        .search_events(EventSearch::new().after(all.position))
        .await
        .unwrap();
    assert_eq!(
        (next.entries.len(), next.position),
        (0, all.position),
        "who reads on misses nothing, and sees nothing twice"
    );
    world
        .tenure
        .system(firm.id(), "a job")
        .unwrap()
        .users()
        .deactivate(kim.id)
        .await
        .unwrap();
    let next = history
        .search_events(EventSearch::new().after(all.position))
        .await
        .unwrap();
    assert!(
        next.entries
            .iter()
            .any(|entry| matches!(entry.event.what, What::StatusChanged { .. }))
    );
    let nobody = world.join(&firm.desk, "Nobody", Access::none()).await;
    assert_eq!(
        denied(nobody.desk.history().search_events(EventSearch::new()).await),
        Denied::Forbidden
    );
}

async fn r4_whoever_reads_a_part_sees_the_events_of_that_part(world: World) {
    let firm = world.found().await;
    let berlin = firm.desk.units().add(NewUnit::department("Berlin")).await.unwrap();
    let paris = firm.desk.units().add(NewUnit::department("Paris")).await.unwrap();
    let reads = Grant::permission(permissions::HISTORY_READ, Scope::from([berlin.id]));
    let mut access = Access::none().member_of([berlin.id]);
    access.grants = vec![reads];
    let reader = world.join(&firm.desk, "Reader", access).await;
    let new = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    let users = firm.desk.users();
    let there = users
        .create(new("there"), Access::none().member_of([berlin.id]).invite())
        .await
        .unwrap();
    let away = users
        .create(new("away"), Access::none().member_of([paris.id]).invite())
        .await
        .unwrap();
    let job = world.tenure.system(firm.id(), "about somebody").unwrap();
    job.users().schedule_start(there.id, None).await.unwrap_err();

    let seen = reader
        .desk
        .history()
        .search_events(EventSearch::new())
        .await
        .unwrap()
        .entries;
    let subjects: BTreeSet<RecordId> = seen.iter().map(|entry| entry.event.subject).collect();
    assert!(subjects.contains(&there.id.into()) && subjects.contains(&berlin.id.into()));
    assert!(!subjects.contains(&away.id.into()) && !subjects.contains(&paris.id.into()));
    assert!(
        !subjects.contains(&firm.id().into()),
        "what is about the whole is not of a part"
    );
    assert!(
        seen.iter()
            .any(|entry| matches!(entry.event.what, What::InvitationAccepted { user, .. } if user == reader.user.id))
    );
    // What the host's own code did may name anything.
    job.users().change_grants(there.id, vec![]).await.unwrap();
    job.users().change_memberships(there.id, []).await.unwrap();
    let seen = reader
        .desk
        .history()
        .search_events(EventSearch::new())
        .await
        .unwrap()
        .entries;
    assert!(
        seen.iter().all(|entry| entry.event.subject != RecordId::User(there.id)),
        "they have left the part"
    );
    let everything = reader.desk.history().events(FeedPosition::START, 10).await;
    assert_eq!(denied(everything), Denied::Forbidden);
}

async fn d6_a_line_of_json_is_read_back_as_the_entry(world: World) {
    let firm = world.found().await;
    let member = world
        .join(&firm.desk, "Zoe", Access::role(firm.tenant.administrator))
        .await;
    firm.desk.tenant().rename("A \\n & \"quotes\"").await.unwrap();
    let log = log(&*world.store, firm.id()).await;
    let lines: Vec<String> = log.iter().map(FeedEntry::to_json_line).collect();
    for (line, entry) in lines.iter().zip(&log) {
        assert!(!line.contains(['\n', '\r']));
        assert_eq!(FeedEntry::from_json_line(line).unwrap(), *entry);
        assert!(
            !line.contains("@nordwind.example") && !line.contains("Example"),
            "no personal data: {line}"
        );
    }
    assert!(lines.iter().any(|line| line.contains(&member.user.id.to_string())));
    assert!(FeedEntry::from_json_line("{}").is_err());
    // The log can be rebuilt elsewhere from the lines alone.
    let read: Vec<Event> = lines
        .iter()
        .map(|line| FeedEntry::from_json_line(line).unwrap().event)
        .collect();
    let rebuilt = Replay::of(&read).users(world.now());
    assert_eq!(
        rebuilt.keys().copied().collect::<BTreeSet<UserId>>(),
        [firm.owner.id, member.user.id].into()
    );
}

/// A log with more events in it than one call gives. They are written in one commit: no store of ours is slow at that.
async fn d6_the_log_is_read_and_searched_so_many_events_at_a_time(world: World) {
    let firm = world.found().await;
    let history = firm.desk.history();
    let begin = history.events(FeedPosition::START, u32::MAX).await.unwrap();
    let before = begin.last().unwrap();
    let more = EventSearch::MOST_READ as usize + 7;
    let event = Event {
        version: None,
        ..before.event.clone()
    };
    let commit = Commit {
        id: uuid::Uuid::from_u128(7).into(),
        tenant: firm.id(),
        at: world.now(),
        guards: Vec::new(),
        changes: Vec::new(),
        events: vec![event; more],
        mail: Vec::new(),
    };
    world.store.commit(commit).await.unwrap();

    for (limit, read) in [(0, 0), (1, 1), (10_000, 10_000), (10_001, 10_000), (u32::MAX, 10_000)] {
        let page = history.events(before.position, limit).await.unwrap();
        assert_eq!(page.len(), read, "{limit}");
    }
    let page = history.events(before.position, u32::MAX).await.unwrap();
    let rest = history.events(page.last().unwrap().position, u32::MAX).await.unwrap();
    assert_eq!(rest.len(), 7, "whoever reads on misses nothing");
    let positions = page.iter().chain(&rest).map(|entry| entry.position);
    assert_eq!(positions.collect::<BTreeSet<_>>().len(), more);

    // A search looks through fewer, and says that there are more.
    let search = EventSearch::new().after(before.position);
    let found = history.search_events(search).await.unwrap();
    assert_eq!((found.entries.len(), found.more), (1_000, true));
    assert_eq!(found.position, page[999].position);
    let last = EventSearch::new().after(page[9_500].position);
    let found = history.search_events(last).await.unwrap();
    assert_eq!((found.entries.len(), found.more), (506, false));
}
