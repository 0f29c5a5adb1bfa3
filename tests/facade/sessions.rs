//! Sessions: new at every login, over in time, usable only while user and tenant are, ended by those who may.

use std::sync::Arc;

use tenure::model::EndReason;
use tenure::store::Store;
use tenure::testing::{FailingStore, Moment};
use tenure::{
    Access, Denied, DeniedKind, Listing, NewRole, Permission, Place, Policy, SignedIn, Suspension, TenantId, Token,
    permissions,
};
use time::Duration;

use crate::support::{Firm, Member, OWNERS, PASSWORD, World, client, denied, for_every_store};

for_every_store!(Policy::default();
    e1_every_login_has_a_new_session_and_unknown_ones_are_not_adopted,
    e2_idle_and_absolute_limits_hold_and_activity_moves_idle_only,
    e3_usable_is_asked_on_every_request,
    e3_rights_change_with_the_next_request,
    e4_nothing_is_usable_once_access_ends_with_many_sessions_too,
    e4_logins_that_run_while_access_ends_leave_nothing_usable,
    e5_users_see_and_end_their_own_and_administrators_any,
    e8_last_use_is_written_once_a_minute_at_most,
    e8_a_use_that_cannot_be_written_down_harms_no_request,
    e8_uses_at_the_same_instant_are_written_down_once,
    lo9_the_total_of_active_sessions_counts_those_that_are,
);

async fn zoe(world: &World, firm: &Firm) -> Member {
    world.join(&firm.desk, "Zoe", Access::none()).await
}

async fn sign_in_zoe(world: &World, tenant: TenantId) -> SignedIn {
    world.sign_in(tenant, "zoe@nordwind.example", PASSWORD).await.unwrap()
}

async fn is_usable(world: &World, login: &SignedIn) -> bool {
    let usable = world.principal(login).await;
    world.tenure.flush().await;
    usable.is_ok()
}

async fn e1_every_login_has_a_new_session_and_unknown_ones_are_not_adopted(world: World) {
    let firm = world.found().await;
    let first = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    let second = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    assert_ne!(first.session, second.session);
    assert_ne!(first.token.expose(), second.token.expose());
    let before = world.picture(&[firm.id()]).await;
    let minted = Token::mint(
        tenure::secret::TokenPurpose::Session,
        *firm.id().as_uuid(),
        &tenure::testing::SeededRandom::new(99),
    );
    let never = world.tenure.authenticate(minted.unwrap().expose(), &client()).await;
    assert_eq!(denied(never), Denied::NotSignedIn);
    let by_id = world.tenure.authenticate(&first.session.to_string(), &client()).await;
    assert_eq!(denied(by_id), Denied::NotSignedIn);
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn e2_idle_and_absolute_limits_hold_and_activity_moves_idle_only(world: World) {
    let firm = world.found().await;
    let micro = Duration::MICROSECOND;
    // Unused: to the microsecond before 30 minutes.
    let unused = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    let started = world.now();
    let in_time = started.saturating_add(Duration::minutes(30) - micro);
    world.clock.set(in_time);
    let records = world.picture(&[firm.id()]).await;
    assert!(is_usable(&world, &unused).await);
    assert_ne!(world.picture(&[firm.id()]).await, records, "that was a use");
    let unused = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    world.advance(Duration::minutes(30));
    assert!(!is_usable(&world, &unused).await);
    world.advance(-micro);
    assert!(is_usable(&world, &unused).await, "looking at it was no use");

    // Used all the time: to the microsecond before 12 hours.
    let busy = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    let end = world.ahead(Duration::hours(12));
    assert_eq!(busy.expires_at, end);
    while world.now() < end.saturating_add(-Duration::minutes(20)) {
        world.advance(Duration::minutes(20));
        assert!(is_usable(&world, &busy).await || world.now() >= end, "{}", world.now());
    }
    world.clock.set(end.saturating_add(-micro));
    assert!(is_usable(&world, &busy).await);
    world.clock.set(end);
    assert!(!is_usable(&world, &busy).await);
}

async fn e3_usable_is_asked_on_every_request(world: World) {
    let firm = world.found().await;
    let zoe = zoe(&world, &firm).await;
    let system = world.tenure.system(firm.id(), "unpaid").unwrap();
    assert!(is_usable(&world, &zoe.login).await);
    // The tenant, the user, the session: any of them.
    system.tenant().suspend().await.unwrap();
    assert!(!is_usable(&world, &zoe.login).await);
    assert!(!is_usable(&world, &firm.login).await);
    assert_eq!(denied(zoe.desk.me().user().await), Denied::NotSignedIn);
    assert_eq!(
        denied(firm.desk.users().list(Listing::new()).await),
        Denied::NotSignedIn
    );
    system.tenant().reinstate().await.unwrap();
    assert!(is_usable(&world, &zoe.login).await);

    firm.desk
        .users()
        .schedule_end(zoe.user.id, Some(world.ahead(Duration::MINUTE)))
        .await
        .unwrap();
    assert!(is_usable(&world, &zoe.login).await);
    world.advance(Duration::MINUTE);
    assert!(
        !is_usable(&world, &zoe.login).await,
        "the end has come, written down or not"
    );
    world.tenure.settle_due(None).await.unwrap();
    assert!(!is_usable(&world, &zoe.login).await);
}

async fn e3_rights_change_with_the_next_request(world: World) {
    let firm = world.found().await;
    let role = NewRole::new("Clerk").permissions(["orders.enter"]);
    let role = firm.desk.roles().add(role).await.unwrap().id;
    let zoe = zoe(&world, &firm).await;
    let enter = Permission::new("orders.enter").unwrap();
    let may = async || {
        world
            .principal(&zoe.login)
            .await
            .unwrap()
            .may(&enter, Place::Everywhere)
    };
    assert!(!may().await);
    let users = firm.desk.users();
    users
        .change_grants(zoe.user.id, Access::role(role).grants)
        .await
        .unwrap();
    assert!(may().await);
    firm.desk.roles().edit(role, NewRole::new("Clerk")).await.unwrap();
    assert!(!may().await);
    // A desk that is held asks anew as well.
    let manage = Access::none().and_permission(permissions::USERS_MANAGE);
    users.change_grants(zoe.user.id, manage.grants).await.unwrap();
    zoe.desk.users().list(Listing::new()).await.unwrap();
    users.change_grants(zoe.user.id, Vec::new()).await.unwrap();
    assert_eq!(denied(zoe.desk.users().list(Listing::new()).await), Denied::Forbidden);
}

/// A hundred for each ending; the conformance suite ends a thousand at once on each store.
async fn e4_nothing_is_usable_once_access_ends_with_many_sessions_too(world: World) {
    let firm = world.found().await;
    let zoe = zoe(&world, &firm).await;
    let users = firm.desk.users();
    for end in ["suspend", "disable", "deactivate", "delete"] {
        let mut logins = Vec::new();
        for _ in 0..100 {
            logins.push(sign_in_zoe(&world, firm.id()).await);
        }
        match end {
            "suspend" => drop(users.suspend(zoe.user.id, Suspension::open_ended()).await.unwrap()),
            "disable" => drop(users.disable(zoe.user.id).await.unwrap()),
            "deactivate" => drop(users.deactivate(zoe.user.id).await.unwrap()),
            _ => users.delete(zoe.user.id).await.unwrap(),
        }
        for login in &logins {
            assert!(!is_usable(&world, login).await, "{end}");
        }
        if end != "delete" {
            match end {
                "suspend" => drop(users.reinstate(zoe.user.id).await.unwrap()),
                _ => drop(users.reactivate(zoe.user.id).await.unwrap()),
            }
            for login in &logins {
                assert!(!is_usable(&world, login).await, "nor afterwards: {end}");
            }
        }
    }
    assert_eq!(
        firm.desk.sessions().active(Listing::new()).await.unwrap().items.len(),
        1
    );
}

async fn e4_logins_that_run_while_access_ends_leave_nothing_usable(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let zoe = zoe(&world, &firm).await;
    for _ in 0..6 {
        let mut logins = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (tenure, tenant) = (world.tenure.clone(), firm.id());
            let sign_in = tenure::SignIn::new(tenant, "zoe@nordwind.example", PASSWORD);
            logins.spawn(async move { tenure.sign_in(sign_in).await });
        }
        firm.desk
            .users()
            .suspend(zoe.user.id, Suspension::open_ended())
            .await
            .unwrap();
        let mut begun = Vec::new();
        for login in logins.join_all().await {
            match login {
                Ok(login) => begun.push(login),
                Err(error) => assert_eq!(error.denied(), Some(&Denied::SignInRefused), "{error:?}"),
            }
        }
        for login in &begun {
            assert!(!is_usable(&world, login).await);
        }
        firm.desk.users().reinstate(zoe.user.id).await.unwrap();
        for login in &begun {
            assert!(!is_usable(&world, login).await, "nor once they are back");
        }
    }
}

async fn e5_users_see_and_end_their_own_and_administrators_any(world: World) {
    let firm = world.found().await;
    let zoe = zoe(&world, &firm).await;
    world.advance(Duration::SECOND);
    let second = sign_in_zoe(&world, firm.id()).await;
    let third = sign_in_zoe(&world, firm.id()).await;
    let ids = |sessions: Vec<tenure::Session>| sessions.into_iter().map(|session| session.id).collect::<Vec<_>>();
    let own = ids(zoe.desk.me().sessions(tenure::Listing::new()).await.unwrap().items);
    assert_eq!(own.len(), 3);
    assert_eq!(own[2], zoe.login.session, "newest first");
    // Their own only; another's is as if it were not there.
    let owners = zoe.desk.me().end_session(firm.login.session).await;
    assert_eq!(denied(owners).kind(), DeniedKind::NotFound);
    zoe.desk.me().end_session(second.session).await.unwrap();
    assert_eq!(
        denied(zoe.desk.me().end_session(second.session).await),
        Denied::SessionEnded
    );
    // However many there were before, the open ones are found.
    let listing = tenure::Listing::new().status(["open"]);
    let open = zoe.desk.me().sessions(listing.clone()).await.unwrap().items;
    assert_eq!(ids(open), [third.session, zoe.login.session]);
    let seen = firm.desk.sessions().of(zoe.user.id, listing.limit(1)).await.unwrap();
    assert_eq!(ids(seen.items), [third.session]);
    assert!(!is_usable(&world, &second).await);
    assert!(is_usable(&world, &third).await && is_usable(&world, &zoe.login).await);
    zoe.desk.me().end_other_sessions().await.unwrap();
    assert!(!is_usable(&world, &third).await && is_usable(&world, &zoe.login).await);

    // Administrators: one, or all of somebody's.
    assert_eq!(
        denied(zoe.desk.sessions().end(firm.login.session).await),
        Denied::Forbidden
    );
    assert_eq!(
        denied(zoe.desk.sessions().end_all(firm.owner.id).await),
        Denied::Forbidden
    );
    let fourth = sign_in_zoe(&world, firm.id()).await;
    firm.desk.sessions().end(fourth.session).await.unwrap();
    assert!(!is_usable(&world, &fourth).await && is_usable(&world, &zoe.login).await);
    let fifth = sign_in_zoe(&world, firm.id()).await;
    firm.desk.sessions().end_all(zoe.user.id).await.unwrap();
    assert!(!is_usable(&world, &fifth).await && !is_usable(&world, &zoe.login).await);
    assert!(is_usable(&world, &firm.login).await);
    // How each ended is on record.
    let reasons = firm
        .desk
        .sessions()
        .of(zoe.user.id, tenure::Listing::new())
        .await
        .unwrap()
        .items
        .into_iter();
    let mut reasons: Vec<_> = reasons
        .map(|session| match session.state {
            tenure::model::SessionState::Ended { reason, .. } => reason,
            tenure::model::SessionState::Open => panic!("{session:?}"),
        })
        .collect();
    reasons.sort();
    let (own, theirs) = (EndReason::EndedByUser, EndReason::EndedByAdministrator);
    assert_eq!(reasons, [own, own, theirs, theirs, theirs]);
    // Signing out ends this one alone.
    firm.desk.me().sign_out().await.unwrap();
    assert_eq!(denied(firm.desk.me().sign_out().await), Denied::NotSignedIn);
}

async fn e8_last_use_is_written_once_a_minute_at_most(world: World) {
    let firm = world.found().await;
    let counting = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(counting.clone() as Arc<dyn Store>));
    let writes = async || {
        counting.clear();
        for _ in 0..5 {
            tenure.authenticate(firm.login.token.expose(), &client()).await.unwrap();
            tenure.flush().await;
        }
        counting.calls().into_iter().filter(|call| *call == "commit").count()
    };
    assert_eq!(writes().await, 0, "the login was a use");
    world.advance(Duration::seconds(60) - Duration::MICROSECOND);
    assert_eq!(writes().await, 0);
    world.advance(Duration::MICROSECOND);
    assert_eq!(writes().await, 1);
    world.advance(Duration::seconds(59));
    assert_eq!(writes().await, 0);
    world.advance(Duration::SECOND);
    assert_eq!(writes().await, 1);
    // One query for the request itself.
    assert_eq!(
        counting
            .calls()
            .iter()
            .filter(|call| **call == "principal_by_session")
            .count(),
        5
    );
    assert_eq!(counting.calls().len(), 6);
    let seen = firm.desk.me().sessions(tenure::Listing::new()).await.unwrap().items[0].seen_at;
    assert_eq!(seen, world.now());
}

async fn e8_a_use_that_cannot_be_written_down_harms_no_request(world: World) {
    let firm = world.found().await;
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(failing.clone() as Arc<dyn Store>));
    world.advance(Duration::minutes(5));
    failing.fail(2, Moment::Before);
    tenure.authenticate(firm.login.token.expose(), &client()).await.unwrap();
    tenure.flush().await;
    assert_eq!(failing.calls(), ["principal_by_session", "commit"]);
    // The next request tries again.
    tenure.authenticate(firm.login.token.expose(), &client()).await.unwrap();
    tenure.flush().await;
    assert_eq!(
        firm.desk.me().sessions(tenure::Listing::new()).await.unwrap().items[0].seen_at,
        world.now()
    );
}

async fn e8_uses_at_the_same_instant_are_written_down_once(world: World) {
    let firm = world.found().await;
    let counting = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(counting.clone() as Arc<dyn Store>));
    let at_once = async || {
        counting.clear();
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (tenure, token) = (tenure.clone(), firm.login.token.expose().to_owned());
            requests.spawn(async move { tenure.authenticate(&token, &client()).await.map(drop) });
        }
        assert!(requests.join_all().await.into_iter().all(|answer| answer.is_ok()));
        tenure.flush().await;
        counting.calls().into_iter().filter(|call| *call == "commit").count()
    };
    world.advance(Duration::minutes(5));
    assert_eq!(at_once().await, 1);
    world.advance(Duration::seconds(59));
    assert_eq!(at_once().await, 0);
    world.advance(Duration::SECOND);
    assert_eq!(at_once().await, 1);
    assert_eq!(
        firm.desk.me().sessions(tenure::Listing::new()).await.unwrap().items[0].seen_at,
        world.now()
    );
}

async fn lo9_the_total_of_active_sessions_counts_those_that_are(world: World) {
    let firm = world.found().await;
    let zoe = zoe(&world, &firm).await;
    let counted = async || {
        let page = firm
            .desk
            .sessions()
            .active(Listing::new().count_up_to(100))
            .await
            .unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        page.items.len()
    };
    assert_eq!(counted().await, 2);
    // One that ended, one that nobody used for long, one whose user's last day has come unwritten.
    zoe.desk.me().sign_out().await.unwrap();
    let idle = sign_in_zoe(&world, firm.id()).await;
    assert_eq!(counted().await, 2);
    world.advance(Duration::minutes(29));
    assert!(is_usable(&world, &firm.login).await);
    world.advance(Duration::minutes(1));
    assert_eq!(counted().await, 1, "all but the one that was used");
    assert!(!is_usable(&world, &idle).await);
    sign_in_zoe(&world, firm.id()).await;
    assert_eq!(counted().await, 2);
    let end = world.ahead(Duration::SECOND);
    firm.desk.users().schedule_end(zoe.user.id, Some(end)).await.unwrap();
    world.clock.set(end);
    assert_eq!(counted().await, 1);
    let capped = firm
        .desk
        .sessions()
        .active(Listing::new().count_up_to(1))
        .await
        .unwrap();
    assert_eq!(capped.total, Some(1));
}
