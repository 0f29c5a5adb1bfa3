//! D1: seats never exceed a hard limit, in any interleaving, and the last free one can be used.

use tenure::{Access, Denied, Founding, NewUser, Policy, SeatContract, Start, Suspension, User};
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

async fn d1_the_last_free_seat_is_usable_on_every_path_and_no_path_goes_beyond(world: World) {
    let firm = firm_of(&world, 2).await;
    let users = firm.desk.users();
    let full = Denied::NoSeat { limit: 2 };
    let mut ids = Vec::new();
    for name in ["set.up", "disabled", "suspended", "deleted"] {
        let user = NewUser::new(name, "Example", format!("{name}@example.com"));
        let user = users
            .create(user, Access::none().without_invitation())
            .await
            .unwrap()
            .id;
        if name != "set.up" {
            users.activate(user).await.unwrap();
        }
        match name {
            "disabled" => drop(users.disable(user).await.unwrap()),
            "suspended" => drop(users.suspend(user, Suspension::open_ended()).await.unwrap()),
            "deleted" => users.delete(user).await.unwrap(),
            _ => {}
        }
        ids.push(user);
    }
    let [set_up, disabled, suspended, deleted] = ids[..] else {
        unreachable!("four");
    };
    // Who comes back from deletion comes back inactive, and so takes no seat.
    users.restore(deleted).await.unwrap();
    let day = Some(world.ahead(Duration::DAY));
    for path in [
        "invite",
        "send",
        "activate",
        "schedule",
        "reactivate",
        "reinstate",
        "restored",
        "until",
        "starting",
    ] {
        assert_eq!(used(&firm).await, 1, "{path}");
        // The seat is taken: this path is closed. It is free: this path is open.
        let holder = invite(&firm, "holder").await.unwrap().id;
        for open in [false, true] {
            let result = match path {
                "invite" => invite(&firm, "zoe").await,
                "send" => firm.desk.invitations().send(set_up, None).await,
                "activate" => users.activate(set_up).await,
                "schedule" => users.schedule_start(set_up, day).await,
                "reactivate" => users.reactivate(disabled).await,
                "reinstate" => users.reinstate(suspended).await,
                "restored" => users.activate(deleted).await,
                "until" => users.suspend(suspended, Suspension::until(day.unwrap())).await,
                _ => {
                    let user = NewUser::new("Late", "Example", "late@example.com");
                    let access = Access::none().without_invitation().starting(Start::At(day.unwrap()));
                    users.create(user, access).await
                }
            };
            if open {
                let user = result.unwrap_or_else(|error| panic!("{path}: {error:?}"));
                assert_eq!(used(&firm).await, 2, "{path}");
                // And back.
                match path {
                    "invite" | "starting" => users.delete(user.id).await.unwrap(),
                    "send" => {
                        let picture = world.picture(&[firm.id()]).await;
                        let invited = picture
                            .contents(firm.id())
                            .users()
                            .find(|it| it.id == user.id)
                            .unwrap()
                            .clone();
                        let tenure::UserStatus::Invited { invitation, .. } = invited.status else {
                            panic!("{invited:?}");
                        };
                        firm.desk.invitations().cancel(invitation).await.unwrap();
                        users.delete(set_up).await.unwrap();
                        users.restore(set_up).await.unwrap();
                    }
                    "schedule" => drop(users.schedule_start(user.id, None).await.unwrap()),
                    "reinstate" | "until" => {
                        let open_ended = Suspension::open_ended();
                        drop(users.suspend(user.id, open_ended).await.unwrap());
                    }
                    _ => drop(users.disable(user.id).await.unwrap()),
                }
                if matches!(path, "activate") {
                    users.delete(set_up).await.unwrap();
                    users.restore(set_up).await.unwrap();
                }
            } else {
                assert_eq!(denied(result), full, "{path}");
                assert_eq!(used(&firm).await, 2, "{path}");
                users.delete(holder).await.unwrap();
            }
        }
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
        let lowering = firm.desk.clone();
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
