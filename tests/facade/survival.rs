//! R5: the owner and the last administrator survive every path, also two at once.

use tenure::desk::Desk;
use tenure::id::UserId;
use tenure::{Access, Denied, DeniedKind, Error, Listing, NewRole, NewUnit, NewUser, Policy, StatusChange, Suspension};
use time::Duration;

use crate::support::{Firm, World, denied, for_every_store};

for_every_store!(Policy::default();
    r5_the_owner_keeps_access_and_rights_on_every_path,
    r5_the_built_in_role_cannot_be_edited_or_removed,
    r5_handing_over_while_the_new_owner_loses_access_leaves_an_active_owner,
    r5_administrators_who_remove_each_other_at_once_leave_an_administrator,
    r5_time_takes_no_administrator,
);

/// Every way to take access or rights from somebody.
async fn every_path(desk: &Desk, user: UserId, now: tenure::Timestamp) -> Vec<(&'static str, Result<(), Error>)> {
    let later = Some(now.saturating_add(Duration::HOUR));
    let users = desk.users();
    let suspension = Suspension::until(now.saturating_add(Duration::HOUR));
    vec![
        ("suspend", users.suspend(user, Suspension::open_ended()).await.map(drop)),
        ("suspend for a while", users.suspend(user, suspension).await.map(drop)),
        ("disable", users.disable(user).await.map(drop)),
        ("deactivate", users.deactivate(user).await.map(drop)),
        (
            "schedule_end",
            users
                .change_status(user, StatusChange::ScheduleEnd(later))
                .await
                .map(drop),
        ),
        ("demote", users.change_grants(user, Vec::new()).await.map(drop)),
        ("hold", users.hold(user).await.map(drop)),
        ("delete", users.delete(user).await),
    ]
}

async fn r5_the_owner_keeps_access_and_rights_on_every_path(world: World) {
    let firm = world.found().await;
    let other = world.administrator(&firm, "Bo").await;
    let unit = firm.desk.units().add(NewUnit::company("Berlin")).await.unwrap().id;
    let role = firm.desk.roles().add(NewRole::new("Clerk")).await.unwrap().id;
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    let before = world.picture(&[firm.id()]).await;
    for desk in [&firm.desk, &other.desk, &system] {
        for (path, result) in every_path(desk, firm.owner.id, world.now()).await {
            assert_eq!(denied(result), Denied::OwnerProtected, "{path}");
        }
        // Demoted to another role, or to one place.
        for access in [
            Access::role(role),
            Access::role(firm.tenant.administrator).within([unit]),
        ] {
            let demoted = desk.users().change_grants(firm.owner.id, access.grants).await;
            assert_eq!(denied(demoted), Denied::OwnerProtected);
        }
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
    world.principal(&firm.login).await.unwrap();
}

async fn r5_the_built_in_role_cannot_be_edited_or_removed(world: World) {
    let firm = world.found().await;
    let administrator = firm.tenant.administrator;
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    let before = world.picture(&[firm.id()]).await;
    for desk in [&firm.desk, &system] {
        let edited = desk.roles().edit(administrator, NewRole::new("Nobody")).await;
        assert_eq!(denied(edited), Denied::BuiltInRole);
        assert_eq!(denied(desk.roles().remove(administrator).await), Denied::BuiltInRole);
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

/// The owner is active and an administrator, and the counter says what a full count does.
async fn check(world: &World, firm: &Firm) {
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    let tenant = system.tenant().get().await.unwrap();
    let owner = system.users().get(tenant.owner).await.unwrap();
    assert!(owner.counts_as_administrator(tenant.administrator), "{owner:?}");
    let picture = world.picture(&[firm.id()]).await;
    let contents = picture.contents(firm.id());
    let counted = contents
        .users()
        .filter(|user| user.counts_as_administrator(tenant.administrator));
    assert_eq!(counted.count(), usize::try_from(contents.administrators).unwrap());
    let seats = contents.users().filter(|user| user.takes_seat(true)).count();
    assert_eq!(seats, usize::try_from(contents.seats).unwrap());
}

async fn r5_handing_over_while_the_new_owner_loses_access_leaves_an_active_owner(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let (bo, cleo) = (
        world.administrator(&firm, "Bo").await,
        world.administrator(&firm, "Cleo").await,
    );
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    for round in 0..12 {
        let (giving, taking) = (system.clone(), cleo.desk.clone());
        let user = bo.user.id;
        let handing = tokio::spawn(async move { giving.tenant().hand_over(user).await });
        let suspending = tokio::spawn(async move {
            match round % 3 {
                0 => taking.users().suspend(user, Suspension::open_ended()).await,
                1 => taking.users().change_grants(user, Vec::new()).await,
                _ => taking.users().disable(user).await,
            }
        });
        let (handed, suspended) = (handing.await.unwrap(), suspending.await.unwrap());
        assert!(
            handed.is_ok() != suspended.is_ok(),
            "one of the two: {handed:?} {suspended:?}"
        );
        check(&world, &firm).await;
        // Back to the beginning.
        system.tenant().hand_over(firm.owner.id).await.unwrap();
        let status = system.users().get(bo.user.id).await.unwrap();
        let administrator = Access::role(firm.tenant.administrator).grants;
        system.users().change_grants(bo.user.id, administrator).await.unwrap();
        match status.status.kind() {
            tenure::model::StatusKind::Suspended => drop(system.users().reinstate(bo.user.id).await.unwrap()),
            tenure::model::StatusKind::Disabled => drop(system.users().reactivate(bo.user.id).await.unwrap()),
            _ => {}
        }
    }
}

async fn r5_administrators_who_remove_each_other_at_once_leave_an_administrator(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let mut administrators = vec![(firm.owner.id, firm.desk.clone())];
    for name in ["Bo", "Cleo", "Dan"] {
        let member = world.administrator(&firm, name).await;
        administrators.push((member.user.id, member.desk));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (actor, (_, desk)) in administrators.iter().enumerate() {
        for (target, (user, _)) in administrators.iter().enumerate() {
            let (desk, user) = (desk.clone(), *user);
            tasks.spawn(async move {
                match (actor + target) % 3 {
                    0 => desk.users().suspend(user, Suspension::open_ended()).await.map(drop),
                    1 => desk.users().change_grants(user, Vec::new()).await.map(drop),
                    _ => desk.users().delete(user).await,
                }
            });
        }
    }
    for refused in tasks.join_all().await.into_iter().filter(Result::is_err) {
        match refused {
            Err(Error::Denied(denied)) => assert_ne!(denied.kind(), DeniedKind::Invalid, "{denied:?}"),
            Err(Error::Conflict) => {}
            other => panic!("{other:?}"),
        }
    }
    check(&world, &firm).await;
    world.principal(&firm.login).await.unwrap();
    firm.desk.users().list(Listing::new()).await.unwrap();
}

async fn r5_time_takes_no_administrator(world: World) {
    let firm = world.found().await;
    let bo = world.administrator(&firm, "Bo").await;
    firm.desk.tenant().hand_over(bo.user.id).await.unwrap();
    // The former owner gets an end; the owner gets none. Time passes, and somebody is left.
    let end = Some(world.ahead(Duration::HOUR));
    bo.desk.users().schedule_end(firm.owner.id, end).await.unwrap();
    assert_eq!(
        denied(bo.desk.users().schedule_end(bo.user.id, end).await),
        Denied::OwnerProtected
    );
    let guest = NewUser::new("Guest", "Example", "guest@example.com");
    let admin = Access::role(firm.tenant.administrator).invite();
    bo.desk.users().create(guest, admin).await.unwrap();
    world.advance(Duration::days(40));
    world.tenure.settle_due(None).await.unwrap();
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    let tenant = system.tenant().get().await.unwrap();
    assert_eq!(tenant.owner, bo.user.id);
    assert!(
        system
            .users()
            .get(bo.user.id)
            .await
            .unwrap()
            .counts_as_administrator(tenant.administrator)
    );
    assert!(!system.users().get(firm.owner.id).await.unwrap().is_active());
    let picture = world.picture(&[firm.id()]).await;
    assert_eq!(picture.contents(firm.id()).administrators, 1);
}
