//! D1: seats never exceed a hard limit, in any interleaving, and the last free one can be used.

use tenure::id::UserId;
use tenure::{
    Access, Denied, Founding, NewUser, Policy, SeatContract, Start, StatusChange, Suspension, Timestamp, User,
};
use time::Duration;

use crate::support::{Firm, OWNERS, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    d1_parallel_creation_for_the_last_seat_gives_it_to_one,
    d1_accepting_leaves_the_count_unchanged,
    d1_the_last_free_seat_is_usable_on_every_path_and_no_path_goes_beyond,
    d1_seats_that_time_freed_are_found_by_whoever_needs_one,
    d1_a_limit_lowered_at_the_same_time_holds,
);

async fn firm_of(world: &World, limit: u32) -> Firm {
    let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    let limit = Some(limit);
    let founding = Founding::new("Nordwind", owner, OWNERS).seats(SeatContract { contracted: 0, limit });
    world.found_with(founding).await
}

async fn invite(firm: &Firm, name: &str) -> Result<User, tenure::Error> {
    let user = NewUser::new(name, "Example", format!("{name}@example.com"));
    firm.desk.users().create(user, Access::none().invite()).await
}

async fn used(firm: &Firm) -> u32 {
    firm.desk.seats().count().await.unwrap().used
}

async fn d1_parallel_creation_for_the_last_seat_gives_it_to_one(world: World) {
    let world = world.contended();
    let firm = firm_of(&world, 3).await;
    invite(&firm, "first").await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let desk = firm.desk.clone();
        tasks.spawn(async move {
            let user = NewUser::new("New", "Example", format!("new{number}@example.com"));
            desk.users().create(user, Access::none().invite()).await
        });
    }
    let (created, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(created.len(), 1);
    for refusal in refused {
        assert_eq!(denied(refusal), Denied::NoSeat { limit: 3 });
    }
    assert_eq!(used(&firm).await, 3);
}

async fn d1_accepting_leaves_the_count_unchanged(world: World) {
    let firm = firm_of(&world, 2).await;
    invite(&firm, "zoe").await.unwrap();
    assert_eq!(used(&firm).await, 2);
    assert!(world.accept("zoe@example.com").await.unwrap().is_active());
    assert_eq!(used(&firm).await, 2);
    world.sign_in(firm.id(), "zoe@example.com", PASSWORD).await.unwrap();
}

/// Every way to take a seat: who takes it is prepared, and then takes it.
const PATHS: [&str; 9] = [
    "invite",
    "send",
    "activate",
    "schedule a start",
    "create with a start",
    "reactivate",
    "reinstate",
    "suspend with an end",
    "restore and activate",
];

/// Somebody without a seat, in the state that the path begins with.
async fn prepare(firm: &Firm, path: &str) -> UserId {
    let users = firm.desk.users();
    let user = NewUser::new("Zoe", "Example", "zoe@example.com");
    let user = users
        .create(user, Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    let changes: &[StatusChange] = match path {
        "reactivate" => &[StatusChange::Activate, StatusChange::Disable],
        "reinstate" | "suspend with an end" => {
            &[StatusChange::Activate, StatusChange::Suspend(Suspension::open_ended())]
        }
        _ => &[],
    };
    for change in changes {
        users.change_status(user, change.clone()).await.unwrap();
    }
    if path == "restore and activate" {
        users.delete(user).await.unwrap();
        users.restore(user).await.unwrap();
    }
    user
}

async fn take(firm: &Firm, path: &str, user: UserId, day: Timestamp) -> Result<User, tenure::Error> {
    let users = firm.desk.users();
    match path {
        "invite" => invite(firm, "other").await,
        "send" => firm.desk.invitations().send(user, None).await,
        "schedule a start" => users.schedule_start(user, Some(day)).await,
        "create with a start" => {
            let access = Access::none().without_invitation().starting(Start::At(day));
            users
                .create(NewUser::new("Late", "Example", "late@example.com"), access)
                .await
        }
        "reactivate" => users.reactivate(user).await,
        "reinstate" => users.reinstate(user).await,
        "suspend with an end" => users.suspend(user, Suspension::until(day)).await,
        _ => users.activate(user).await,
    }
}

async fn d1_the_last_free_seat_is_usable_on_every_path_and_no_path_goes_beyond(world: World) {
    for path in PATHS {
        let firm = firm_of(&world, 2).await;
        let user = prepare(&firm, path).await;
        assert_eq!(used(&firm).await, 1, "{path}");
        let holder = invite(&firm, "holder").await.unwrap().id;
        let day = world.ahead(Duration::DAY);
        let before = world.picture(&[firm.id()]).await;
        assert_eq!(
            denied(take(&firm, path, user, day).await),
            Denied::NoSeat { limit: 2 },
            "{path}"
        );
        assert_eq!(world.picture(&[firm.id()]).await, before, "{path}");
        firm.desk.users().delete(holder).await.unwrap();
        take(&firm, path, user, day)
            .await
            .unwrap_or_else(|error| panic!("{path}: {error:?}"));
        assert_eq!(used(&firm).await, 2, "{path}");
    }
}

async fn d1_seats_that_time_freed_are_found_by_whoever_needs_one(world: World) {
    let firm = firm_of(&world, 3).await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    firm.desk
        .users()
        .schedule_end(zoe.user.id, Some(world.ahead(Duration::DAY)))
        .await
        .unwrap();
    invite(&firm, "guest").await.unwrap();
    assert_eq!(denied(invite(&firm, "late").await), Denied::NoSeat { limit: 3 });
    // Zoe's end comes: one seat. Nobody wrote it down.
    world.advance(Duration::DAY);
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    let new = |name: &str| NewUser::new(name, "Example", format!("{name}@example.com"));
    system
        .users()
        .create(new("late"), Access::none().invite())
        .await
        .unwrap();
    let refused = system.users().create(new("later"), Access::none().invite()).await;
    assert_eq!(denied(refused), Denied::NoSeat { limit: 3 });
    // Two invitations expire: two seats.
    world.advance(Duration::days(21));
    for name in ["later", "latest"] {
        system.users().create(new(name), Access::none().invite()).await.unwrap();
    }
    let refused = system.users().create(new("too.late"), Access::none().invite()).await;
    assert_eq!(denied(refused), Denied::NoSeat { limit: 3 });
    assert_eq!(system.seats().count().await.unwrap().used, 3);
}

async fn d1_a_limit_lowered_at_the_same_time_holds(world: World) {
    let world = world.contended();
    for round in 0..6 {
        let firm = firm_of(&world, 10).await;
        let lowering = world.tenure.system(firm.id(), "new contract").unwrap();
        let contract = SeatContract {
            contracted: 0,
            limit: Some(2),
        };
        let lowered = tokio::spawn(async move { lowering.tenant().change_seat_contract(contract).await });
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..3 {
            let desk = firm.desk.clone();
            tasks.spawn(async move {
                let user = NewUser::new("New", "Example", format!("new{number}@example.com"));
                desk.users().create(user, Access::none().invite()).await
            });
        }
        let created = tasks.join_all().await.iter().filter(|result| result.is_ok()).count();
        let lowered = lowered.await.unwrap();
        let used = used(&firm).await;
        assert_eq!(used as usize, created + 1);
        assert!(lowered.is_err() || used <= 2, "round {round}: {used} of 2");
    }
}
