use tenure::model::{Loaded, RefusalReason, SessionState, TenantStatus, User, UserStatus, permissions};
use tenure::rules::login::Login;
use tenure::rules::throttle::Tally;
use tenure::rules::{Context, explain};
use tenure::{Against, Client, Denied, Grant, Obstacle, Scope, SessionsAtOnce, WhenFull};

use crate::fixture::*;
use crate::login::kates;

const NO_USER: Denied = Denied::NotFound {
    what: tenure::model::RecordKind::User,
};

fn reasons(found: &[Obstacle]) -> Vec<(RefusalReason, Option<tenure::Timestamp>)> {
    found.iter().map(|obstacle| (obstacle.reason, obstacle.until)).collect()
}

#[test]
fn bi9_everything_that_stands_against_a_login_is_told_at_once_with_its_end() {
    let mut login: Login = kates(user_with(
        UserStatus::Suspended {
            since: long_ago(),
            until: Some(at(90)),
            reason: None,
        },
        |user: &mut User| {
            user.api_only = true;
            user.allowlist = allowlist(&["10.0.0.0/8"]);
        },
    ));
    login.tenant.value.status = TenantStatus::Suspended { at: at(-1) };
    login.credential = Some(no_password());
    login.account = Tally::of_account(kate()).loaded(Some(throttle(10, Some(at(1)))));
    let around = surroundings([clerk()], [berlin()]);
    let cx = with_policy(holding(&[permissions::HISTORY_READ], [berlin()]), |policy| {
        policy.sessions_at_once = Some(SessionsAtOnce {
            most: 1,
            when_full: WhenFull::Refuse,
        });
    });
    let open = [session(SessionState::Open)];
    let explain = |client: Option<&Client>| explain::sign_in(&cx, Some(&login), client, &open, &around).unwrap();
    let expected = [
        (RefusalReason::TenantSuspended, None),
        (RefusalReason::Suspended, Some(at(90))),
        (RefusalReason::ApiOnly, None),
        (RefusalReason::NoPassword, None),
        (RefusalReason::WrongNetwork, None),
        (RefusalReason::Locked, Some(at(1))),
        (RefusalReason::TooManySessions, None),
    ];
    let client = Client::at("192.0.2.7".parse().unwrap());
    assert_eq!(reasons(&explain(Some(&client))), expected);
    let without: Vec<_> = expected
        .into_iter()
        .filter(|(reason, _)| *reason != RefusalReason::WrongNetwork)
        .collect();
    assert_eq!(reasons(&explain(None)), without, "nothing is said of networks");
    assert_eq!(
        explain::sign_in(&cx, Some(&kates(user(active()))), Some(&client), &[], &around),
        Ok(vec![])
    );
}

#[test]
fn bi2_bi9_whoever_has_a_password_at_the_api_is_told_what_stands_against_a_login_there() {
    let login = kates(user_with(active(), |user| user.api_only = true));
    let around = surroundings([clerk()], [berlin()]);
    let explain = |cx: &Context| reasons(&explain::sign_in(cx, Some(&login), None, &[], &around).unwrap());
    let reader = || holding(&[permissions::HISTORY_READ], [berlin()]);
    assert_eq!(explain(&reader()), [(RefusalReason::ApiOnly, None)]);
    let open = with_policy(reader(), |policy| policy.api_passwords = Some(time::Duration::HOUR));
    assert_eq!(explain(&open), []);
}

#[test]
fn r6_only_who_reads_the_history_of_somebody_is_told_why_they_cannot_log_in() {
    let login = kates(user(active()));
    let around = surroundings([clerk()], [berlin()]);
    let refused = |cx: &Context, login: Option<&Login>| explain::sign_in(cx, login, None, &[], &around).unwrap_err();
    let manager = holding(&[permissions::USERS_MANAGE], Scope::All);
    assert_eq!(refused(&manager, Some(&login)), Denied::Forbidden);
    let elsewhere = holding(&[permissions::HISTORY_READ], [paris()]);
    assert_eq!(refused(&elsewhere, Some(&login)), NO_USER);
    assert_eq!(refused(&admin(), None), NO_USER);
    let deleted = kates(user(UserStatus::Deleted {
        at: long_ago(),
        erase_at: at(60),
    }));
    assert_eq!(refused(&admin(), Some(&deleted)), NO_USER);
}

#[test]
fn ps3_which_grants_give_a_permission_where_and_what_stands_against_it() {
    let around = around();
    let clerk_in_berlin = Grant::role(clerk(), Scope::from([berlin()]));
    let report = |user: &Loaded<User>, permission, unit| {
        explain::permission(&admin(), Some(user), &permission, unit, &around).unwrap()
    };
    let kate = user(active());
    for unit in [berlin(), mitte()] {
        let there = report(&kate, prices(), Some(unit));
        assert!(there.may());
        assert_eq!(
            (there.given_by, there.elsewhere),
            (vec![clerk_in_berlin.clone()], vec![])
        );
    }
    for elsewhere in [Some(paris()), None] {
        let report = report(&kate, prices(), elsewhere);
        assert!(!report.may());
        assert_eq!(report.against, [Against::Elsewhere]);
        assert_eq!(
            (report.given_by, report.elsewhere),
            (vec![], vec![clerk_in_berlin.clone()])
        );
    }
    assert_eq!(report(&kate, reports(), Some(berlin())).against, [Against::NoGrant]);
    let own = user_with(UserStatus::Disabled { since: long_ago() }, |user| {
        user.grants = vec![Grant::permission(reports(), Scope::All)];
    });
    let status = own.status.kind();
    let disabled = report(&own, reports(), None);
    assert_eq!(disabled.against, [Against::NotActive(status)]);
    assert_eq!(disabled.given_by.len(), 1, "and what they would have");

    let mut suspended = admin();
    suspended.tenant.value.status = TenantStatus::Suspended { at: at(-1) };
    let report = explain::permission(&suspended, Some(&kate), &prices(), Some(berlin()), &around).unwrap();
    assert_eq!(report.against, [Against::TenantSuspended]);
    let refused = |cx: &Context, user: Option<&Loaded<User>>, unit| {
        explain::permission(cx, user, &prices(), unit, &around).unwrap_err()
    };
    assert_eq!(refused(&admin(), Some(&kate), Some(id(99))).fields(), ["unit"]);
    assert_eq!(refused(&admin(), None, None), NO_USER);
    assert_eq!(refused(&nobody(), Some(&kate), None), Denied::Forbidden);
    let elsewhere = holding(&[permissions::USERS_READ], [paris()]);
    assert_eq!(refused(&elsewhere, Some(&kate), None), NO_USER);
}
