use tenure::model::{
    Actor, Credential, Grant, Hold, Inactivity, Invitation, InvitationState, Loaded, RecordKind, Scope, Secret,
    StatusKind, User, UserKind, UserStatus, What, permissions,
};
use tenure::rules::Context;
use tenure::rules::deletion::{self, Belongings, Blocker};
use tenure::rules::rights::Surroundings;
use tenure::store::Guard;
use tenure::{Denied, Timestamp, is_assignable};
use time::Duration;

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound { what: RecordKind::User };

fn of_berlin() -> Context {
    holding(&[permissions::USERS_MANAGE, prices()], [berlin()])
}

fn needed() -> Surroundings {
    surroundings([clerk()], [berlin()])
}

fn held(user: Loaded<User>, until: Timestamp) -> Loaded<User> {
    let hold = Some(Hold {
        by: Some(actor()),
        at: at(-5),
        until,
    });
    user.map(|user| User { hold, ..user })
}

fn invoices() -> Blocker {
    Blocker::new("open_invoices", "invoices are not final posted", 3, "post them")
}

#[test]
fn if11_the_report_lists_every_blocker_ours_and_the_hosts() {
    let cx = admin();
    let report = |user: &Loaded<User>, administrators| {
        let report = deletion::report(&cx, Some(user), vec![invoices()], administrators, &around()).unwrap();
        assert_eq!(report.user, user.value);
        report
            .blockers
            .into_iter()
            .map(|blocker| (blocker.code, blocker.count))
            .collect::<Vec<_>>()
    };
    let (hosts, own) = (("open_invoices".to_owned(), 3), |code: &str| (code.to_owned(), 1));
    assert_eq!(report(&user(active()), 1), std::slice::from_ref(&hosts));
    assert_eq!(report(&owner_user(), 2), [own("owner"), hosts.clone()]);
    let kate = administrator_kate(active());
    assert_eq!(report(&kate, 1), [own("last_administrator"), hosts.clone()]);
    assert_eq!(report(&kate, 2), [hosts]);
}

#[test]
fn if11_a_check_that_failed_stands_against_the_deletion() {
    let failed = Blocker::check_failed("open invoices");
    assert_eq!((failed.code.as_str(), failed.count), ("check_failed", 1));
    assert!(failed.what.contains("open invoices") && !failed.way_out.is_empty());
}

#[test]
fn a_report_is_for_those_who_may_see_the_user() {
    let report =
        |cx: &Context, user: Option<&Loaded<User>>| deletion::report(cx, user, Vec::new(), 1, &around()).map(|_| ());
    let kate = user(active());
    assert_eq!(
        report(&holding(&[permissions::USERS_READ], [berlin()]), Some(&kate)),
        Ok(())
    );
    assert_eq!(
        report(&holding(&[permissions::USERS_READ], [paris()]), Some(&kate)),
        Err(NOT_FOUND)
    );
    assert_eq!(report(&nobody(), Some(&kate)), Err(Denied::Forbidden));
    assert_eq!(report(&admin(), None), Err(NOT_FOUND));
    assert_eq!(report(&admin(), Some(&deleted(at(60)))), Err(NOT_FOUND));
}

#[test]
fn if11_a_held_user_keeps_their_access_but_takes_on_nothing_new() {
    let (cx, kate) = (of_berlin(), user(active()));
    let hold = Hold {
        by: Some(actor()),
        at: now(),
        until: at(15),
    };
    let after = User {
        hold: Some(hold),
        ..kate.value.clone()
    };
    assert!(is_assignable(&kate.value) && !is_assignable(&after) && after.is_active());
    assert!(!is_assignable(&user(invited()).value));
    assert_eq!(
        deletion::hold(&cx, Some(&kate), &needed()),
        Ok(decision(
            &cx,
            [Guard::on(&cx.tenant)].into_iter().chain(needed().guards()),
            vec![update(&kate, after.clone())],
            vec![event(kate.id, What::DeletionHeld { until: at(15) })],
            after
        ))
    );
    let renewed = deletion::hold(&cx, Some(&held(kate, at(1))), &needed()).unwrap();
    assert_eq!(renewed.outcome.hold, Some(hold));
}

#[test]
fn ps5_the_owner_cannot_be_held_nor_deleted() {
    let owner = owner_user();
    assert_eq!(
        deletion::hold(&admin(), Some(&owner), &around()),
        Err(Denied::OwnerProtected)
    );
    let held = held(owner, at(1));
    assert_eq!(
        deletion::delete(&admin(), Some(&held), Vec::new(), &Belongings::default(), &around()),
        Err(Denied::OwnerProtected)
    );
}

#[test]
fn ps5_an_owner_with_another_address_is_released_where_the_policy_says_so() {
    let mut owner = held(owner_user(), at(1));
    owner.value.hold = None;
    let releases = |released: bool, by_policy: bool| {
        let mut cx = with_policy(admin(), |policy| policy.address_change.releases_owner = by_policy);
        cx.tenant.value.owner_released = released;
        deletion::hold(&cx, Some(&owner), &around()).map(drop)
    };
    assert_eq!(releases(true, true), Ok(()));
    for (released, by_policy) in [(true, false), (false, true), (false, false)] {
        assert_eq!(releases(released, by_policy), Err(Denied::OwnerProtected));
    }
}

#[test]
fn a_released_user_is_as_before() {
    let (cx, kate) = (of_berlin(), held(user(active()), at(1)));
    let after = user(active()).value;
    assert_eq!(
        deletion::release(&cx, Some(&kate), &needed()),
        Ok(decision(
            &cx,
            needed().guards(),
            vec![update(&kate, after.clone())],
            vec![event(kate.id, What::DeletionReleased)],
            after
        ))
    );
    for over in [user(active()), held(user(active()), now())] {
        assert_eq!(deletion::release(&cx, Some(&over), &needed()), Err(Denied::NotOnHold));
    }
}

#[test]
fn r3_deletion_is_for_those_who_hold_as_much() {
    let kate = held(user(active()), at(1));
    let check = |cx: &Context, user: Option<&Loaded<User>>, denied: &Denied| {
        let none = Belongings::default();
        assert_eq!(deletion::hold(cx, user, &around()).as_ref(), Err(denied));
        assert_eq!(deletion::release(cx, user, &around()).as_ref(), Err(denied));
        assert_eq!(
            deletion::delete(cx, user, Vec::new(), &none, &around()).as_ref(),
            Err(denied)
        );
    };
    check(&nobody(), Some(&kate), &Denied::Forbidden);
    check(
        &holding(&[permissions::USERS_READ], Scope::All),
        Some(&kate),
        &Denied::Forbidden,
    );
    check(&of_berlin(), None, &NOT_FOUND);
    check(
        &holding(&[permissions::USERS_MANAGE, prices()], [paris()]),
        Some(&kate),
        &NOT_FOUND,
    );
    check(
        &holding(&[permissions::USERS_MANAGE], Scope::All),
        Some(&kate),
        &Denied::BeyondOwnRights,
    );
    check(&admin(), Some(&deleted(at(60))), &NOT_FOUND);
}

fn recovery_ends() -> Timestamp {
    now().saturating_add(Duration::days(30))
}

/// Kate, deleted just now.
fn gone(kate: &Loaded<User>) -> User {
    let status = UserStatus::Deleted {
        at: now(),
        erase_at: recovery_ends(),
    };
    User {
        status,
        hold: None,
        ..kate.value.clone()
    }
}

#[test]
fn ps4_e4_t4_deleting_ends_access_from_that_very_moment() {
    let (cx, kate, credential) = (of_berlin(), held(user(active()), at(1)), password());
    let belongings = Belongings {
        heir: None,
        credential: Some(credential.clone()),
        invitation: None,
    };
    let after = gone(&kate);
    let entry = tenure::model::Entry::new(after.clone());
    assert!(
        entry.keys.is_empty() && entry.references.is_empty(),
        "all names are free for others"
    );
    let what = What::UserDeleted {
        erase_at: recovery_ends(),
    };
    assert_eq!(
        deletion::delete(&cx, Some(&kate), Vec::new(), &belongings, &needed()),
        Ok(decision(
            &cx,
            needed().guards(),
            vec![
                seats(-1, None),
                end_sessions(),
                end_tickets(None),
                revoke_keys(),
                update(&kate, after.clone()),
                remove(&credential)
            ],
            vec![sessions_ended(1), keys_revoked(3), event(kate.id, what)],
            after
        ))
    );
}

#[test]
fn i1_t4_deleting_an_invited_user_closes_the_invitation() {
    let (cx, kate) = (of_berlin(), held(user(invited()), at(1)));
    let delete = |invitation: Loaded<Invitation>| {
        let belongings = Belongings {
            heir: None,
            credential: None,
            invitation: Some(invitation),
        };
        deletion::delete(&cx, Some(&kate), Vec::new(), &belongings, &needed()).unwrap()
    };
    let what = What::UserDeleted {
        erase_at: recovery_ends(),
    };
    let expected = |before: &Loaded<Invitation>, state, closed| {
        let after = Invitation {
            state,
            ..before.value.clone()
        };
        decision(
            &cx,
            needed().guards(),
            vec![
                update(before, after),
                seats(-1, None),
                end_tickets(None),
                update(&kate, gone(&kate)),
            ],
            vec![closed, event(kate.id, what.clone())],
            gone(&kate),
        )
    };
    let cancelled = InvitationState::Cancelled {
        at: now(),
        by: Actor::User(actor()),
    };
    let closed = event(
        invitation_id(),
        What::InvitationCancelled {
            user: kate.id,
            seat: false,
        },
    );
    assert_eq!(delete(pending()), expected(&pending(), cancelled, closed));
    let mut over = pending();
    over.value.expires_at = at(-5);
    let closed = event_by(
        Actor::Schedule,
        at(-5),
        invitation_id(),
        What::InvitationExpired {
            user: kate.id,
            seat: false,
        },
    );
    assert_eq!(
        delete(over.clone()),
        expected(&over, InvitationState::Expired { at: at(-5) }, closed)
    );
}

#[test]
fn if11_a_deletion_needs_a_hold_and_no_blocker() {
    let delete = |user: &Loaded<User>, blockers| {
        deletion::delete(&of_berlin(), Some(user), blockers, &Belongings::default(), &needed()).map(|_| ())
    };
    assert_eq!(delete(&user(active()), Vec::new()), Err(Denied::NotOnHold));
    assert_eq!(delete(&held(user(active()), now()), Vec::new()), Err(Denied::NotOnHold));
    let blockers = vec![invoices(), Blocker::check_failed("queue")];
    assert_eq!(
        delete(&held(user(active()), at(1)), blockers.clone()),
        Err(Denied::Blocked { blockers })
    );
}

#[test]
fn r5_deleting_an_administrator_is_left_to_the_counter() {
    let cx = admin();
    let kate = held(administrator_kate(active()), at(1));
    let decided = deletion::delete(&cx, Some(&kate), Vec::new(), &Belongings::default(), &around()).unwrap();
    assert!(decided.changes.contains(&administrators(-1)));
    assert!(decided.guards.contains(&Guard::on(&cx.tenant)));
}

fn deleted(erase_at: Timestamp) -> Loaded<User> {
    user(UserStatus::Deleted { at: at(-5), erase_at })
}

#[test]
fn a_deleted_user_is_brought_back_without_a_password_to_be_invited_again() {
    let (cx, kate) = (of_berlin(), deleted(at(1)));
    let status = UserStatus::Inactive {
        since: now(),
        because: Inactivity::SetUp,
        starts_at: None,
    };
    let after = User {
        status,
        ..kate.value.clone()
    };
    let credential = Credential {
        user: kate.id,
        secret: Secret::None,
    };
    assert_eq!(after.status.kind(), StatusKind::SetUp);
    assert_eq!(
        deletion::restore(&cx, Some(&kate), &needed()),
        Ok(decision(
            &cx,
            needed().guards(),
            vec![insert(credential), update(&kate, after.clone())],
            vec![event(kate.id, What::UserRestored)],
            after
        ))
    );
}

#[test]
fn restoring_is_refused_with_the_exact_reason() {
    let restore = |cx: &Context, user: Option<&Loaded<User>>, around: &Surroundings| {
        deletion::restore(cx, user, around).map(|_| ())
    };
    let kate = deleted(at(1));
    assert_eq!(restore(&nobody(), Some(&kate), &needed()), Err(Denied::Forbidden));
    assert_eq!(restore(&admin(), None, &needed()), Err(NOT_FOUND));
    assert_eq!(restore(&admin(), Some(&user(active())), &needed()), Err(NOT_FOUND));
    assert_eq!(
        restore(&admin(), Some(&deleted(now())), &needed()),
        Err(NOT_FOUND),
        "at exactly the end it is over"
    );
    let of_paris = holding(&[permissions::USERS_MANAGE, prices()], [paris()]);
    assert_eq!(restore(&of_paris, Some(&kate), &needed()), Err(NOT_FOUND));
    // R1: whoever brings somebody back gives them their rights again.
    let support = holding(&[permissions::USERS_MANAGE], Scope::All);
    assert_eq!(restore(&support, Some(&kate), &needed()), Err(Denied::BeyondOwnRights));
}

#[test]
fn what_a_restored_user_had_must_still_be_there() {
    let fields = |change: &dyn Fn(&mut User), around: &Surroundings| {
        let mut kate = deleted(at(1));
        change(&mut kate.value);
        deletion::restore(&admin(), Some(&kate), around).unwrap_err().fields()
    };
    assert_eq!(fields(&|_| (), &surroundings([], [berlin()])), ["grants.role"]);
    assert_eq!(fields(&|_| (), &surroundings([clerk()], [])), ["grants.scope"]);
    let member = |user: &mut User| user.memberships = [paris()].into();
    assert_eq!(fields(&member, &needed()), ["memberships"]);
    let external = |user: &mut User| {
        user.kind = UserKind::External { client: paris() };
        user.grants = vec![Grant::role(clerk(), Scope::from([berlin()]))];
    };
    assert_eq!(fields(&external, &needed()), ["memberships"]);
}
