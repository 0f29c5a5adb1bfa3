//! E7: how long a login is recent.

use tenure::Denied;
use tenure::rules::recent::require_recent_login;
use time::Duration;

use crate::fixture::*;

#[test]
fn e7_a_login_is_recent_for_15_minutes_and_at_exactly_that_no_longer() {
    let cx = admin();
    assert_eq!(require_recent_login(&cx, cx.now), Ok(()));
    let almost = at(-15).saturating_add(Duration::microseconds(1));
    assert_eq!(require_recent_login(&cx, almost), Ok(()));
    assert_eq!(require_recent_login(&cx, at(-15)), Err(Denied::LoginTooOld));
    assert_eq!(require_recent_login(&cx, long_ago()), Err(Denied::LoginTooOld));
}

#[test]
fn e7_how_long_is_the_policys() {
    let strict = with_policy(admin(), |policy| policy.recent_login = Duration::ZERO);
    assert_eq!(require_recent_login(&strict, strict.now), Err(Denied::LoginTooOld));
    let lax = with_policy(admin(), |policy| policy.recent_login = Duration::DAY);
    assert_eq!(require_recent_login(&lax, at(-60)), Ok(()));
}
