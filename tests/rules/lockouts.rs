use tenure::model::{Actor, Loaded, Throttle, User, What, permissions};
use tenure::rules::{Context, lockouts};
use tenure::store::Guard;
use tenure::{Denied, Lockout};

use crate::fixture::*;

const NO_USER: Denied = Denied::NotFound {
    what: tenure::model::RecordKind::User,
};

#[test]
fn l2_whoever_sees_a_user_sees_whether_they_are_locked_out() {
    let reader = holding(&[permissions::USERS_READ], [berlin()]);
    let around = surroundings([clerk()], [berlin()]);
    let kate = user(active());
    let lockout = |throttle| lockouts::lockout(&reader, Some(&kate), throttle, &around).unwrap();
    let seen = lockout(Some(throttle(11, Some(at(1))))).unwrap();
    assert_eq!((seen.failures, seen.until), (11, at(1)));
    for open in [None, Some(throttle(9, None)), Some(throttle(10, Some(now())))] {
        assert_eq!(lockout(open), None::<Lockout>);
    }
    let elsewhere = holding(&[permissions::USERS_READ], [paris()]);
    let refused = |cx: &Context, user: Option<&Loaded<User>>| lockouts::lockout(cx, user, None, &around).unwrap_err();
    assert_eq!(refused(&elsewhere, Some(&kate)), NO_USER);
    assert_eq!(refused(&nobody(), Some(&kate)), Denied::Forbidden);
    assert_eq!(refused(&reader, None), NO_USER);
}

#[test]
fn l2_an_administrator_ends_a_lock_of_those_in_their_care() {
    let (kate, before) = (user(active()), throttle(12, Some(at(1))));
    let around = surroundings([clerk()], [berlin()]);
    let cx = holding(&[permissions::USERS_MANAGE, prices()], [berlin()]);
    let after = Throttle {
        failures: 0,
        locked_until: None,
        ..before.value.clone()
    };
    let guards: Vec<Guard> = [Guard::on(&kate)].into_iter().chain(around.guards()).collect();
    assert_eq!(
        lockouts::end_lockout(&cx, Some(&kate), Some(&before), &around),
        Ok(decision(
            &cx,
            guards.clone(),
            vec![update(&before, after.clone())],
            vec![event(kate.id, What::LockoutEnded)],
            ()
        ))
    );
    // Failures that lock nothing yet are forgotten without ado; none is nothing.
    let some = throttle(3, None);
    let forgotten = lockouts::end_lockout(&cx, Some(&kate), Some(&some), &around).unwrap();
    assert_eq!(
        (forgotten.changes, forgotten.events),
        (vec![update(&some, after)], vec![])
    );
    let none = lockouts::end_lockout(&cx, Some(&kate), None, &around).unwrap();
    assert_eq!((none.changes, none.events), (vec![], vec![]));

    let weaker = holding(&[permissions::USERS_MANAGE], [berlin()]);
    let refused = |cx: &Context, user: Option<&Loaded<User>>| {
        lockouts::end_lockout(cx, user, Some(&before), &around).unwrap_err()
    };
    let herself = Context {
        actor: Actor::User(kate.id),
        ..cx.clone()
    };
    assert_eq!(refused(&herself, Some(&kate)), Denied::OwnAccount);
    assert_eq!(refused(&weaker, Some(&kate)), Denied::BeyondOwnRights);
    assert_eq!(refused(&nobody(), Some(&kate)), Denied::Forbidden);
    assert_eq!(refused(&cx, None), NO_USER);
}
