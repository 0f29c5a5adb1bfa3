use std::collections::BTreeSet;
use std::net::IpAddr;

use tenure::ThrottlePolicy;
use tenure::id::{TenantId, ThrottleId, UserId};
use tenure::model::Throttle;
use tenure::rules::Decision;
use tenure::rules::throttle::{self, BUCKETS, Tally};
use tenure::text::Key;
use time::Duration;

use crate::fixture::{at, cx, id, kate, loaded, long_ago, now, tenant_id, throttle as kates, update};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn bucket(tenant: TenantId, login: &str) -> ThrottleId {
    throttle::unknown(tenant, &Key::of(login))
}

#[test]
fn l2_delays_begin_at_the_limit_and_double_up_to_the_longest() {
    let policy = ThrottlePolicy::default();
    let seconds = |failures| policy.delay(failures).map(Duration::whole_seconds);
    assert_eq!((0..10).map(seconds).collect::<BTreeSet<_>>(), BTreeSet::from([None]));
    let delays: Vec<_> = (10..20).map_while(seconds).collect();
    assert_eq!(delays, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    assert_eq!(seconds(u32::MAX), Some(3600), "it always ends by itself");
}

#[test]
fn l2_the_limit_cannot_be_set_above_a_hundred_nor_below_one() {
    let limit = |failures| ThrottlePolicy::default().failures(failures).limit();
    assert_eq!([0, 1, 10, 100, 101, u32::MAX].map(limit), [1, 1, 10, 100, 100, 100]);
    // Nor by way of a file.
    let mut written = serde_json::to_value(ThrottlePolicy::default()).unwrap();
    written["failures"] = 100_000.into();
    let read: ThrottlePolicy = serde_json::from_value(written).unwrap();
    assert_eq!(read.limit(), 100);
}

#[test]
fn l2_a_first_delay_beyond_the_longest_is_the_longest() {
    let policy = ThrottlePolicy::default()
        .failures(1)
        .delays(Duration::HOUR, Duration::MINUTE);
    assert_eq!(policy.delay(1), Some(Duration::MINUTE));
    let none = ThrottlePolicy::default().delays(Duration::ZERO, Duration::HOUR);
    assert_eq!(none.delay(50), Some(Duration::HOUR), "it doubles from a second on");
    assert_eq!(none.delay(10), Some(ThrottlePolicy::LEAST_DELAY));
    let none = ThrottlePolicy::default().delays(Duration::ZERO, Duration::ZERO);
    assert_eq!(none.delay(50), Some(ThrottlePolicy::LEAST_DELAY), "a lock is a lock");
}

#[test]
fn l3_each_place_has_an_id_of_its_own_that_stays_the_same() {
    let (here, there): (TenantId, TenantId) = (id(1), id(2));
    let other: UserId = id(99);
    let ids = [
        throttle::account(kate()),
        throttle::account(other),
        throttle::network(here, ip("192.0.2.7")),
        throttle::network(here, ip("192.0.2.8")),
        throttle::network(there, ip("192.0.2.7")),
        throttle::network(here, ip("2001:db8::")),
        throttle::network(here, ip("2001:db8:0:1::")),
        bucket(here, "nobody"),
        bucket(there, "nobody"),
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(ids.iter().all(|id| id.as_uuid().get_version_num() == 8));
    // Records stay where they are from release to release.
    assert_eq!(
        throttle::account(id(1)).to_string(),
        ACCOUNT_ONE,
        "worked out elsewhere (hashlib)"
    );
}

const ACCOUNT_ONE: &str = "d82ad67f-7707-8ab3-b2aa-c06903cb1923";

#[test]
fn l3_n2_a_mapped_address_is_the_address_and_a_v6_network_is_a_64() {
    let network = |text| throttle::network(tenant_id(), ip(text));
    assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
    assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
}

#[test]
fn l3_unknown_login_names_share_a_fixed_number_of_places() {
    let ids: BTreeSet<_> = (0..10_000)
        .map(|number| bucket(tenant_id(), &format!("stranger-{number}@example.com")))
        .collect();
    assert_eq!(ids.len(), BUCKETS);
    assert_eq!(
        bucket(tenant_id(), "Nobody@Example.com"),
        bucket(tenant_id(), "nobody@example.com")
    );
}

#[test]
fn l2_a_lock_and_the_count_end_at_their_instants() {
    let tally = |failures, until| Tally::of_account(kate()).loaded(Some(kates(failures, until)));
    assert_eq!(tally(10, Some(at(1))).locked_until(now()), Some(at(1)));
    assert_eq!(
        tally(10, Some(at(1))).locked_until(at(1)),
        None,
        "at exactly the instant"
    );
    assert_eq!(tally(9, None).failures(at(24 * 60 - 2)), 9);
    assert_eq!(tally(9, None).failures(at(24 * 60 - 1)), 0, "forgotten");
    let foreign = Tally::of_account(id(99)).loaded(Some(kates(10, Some(at(1)))));
    assert_eq!(
        foreign,
        Tally::of_account(id(99)),
        "the record of another place is none"
    );
}

#[test]
fn l2_clear_forgets_failures_and_says_whether_a_lock_was_in_force() {
    let clear = |before: Option<&_>| {
        let mut decision = Decision::by(&cx(tenure::Rights::default()));
        let locked = throttle::clear(&mut decision, before, now());
        (locked, decision.changes)
    };
    assert_eq!(clear(None), (false, vec![]));
    assert_eq!(clear(Some(&kates(0, None))), (false, vec![]), "nothing to forget");
    for (failures, until, locked) in [(9, None, false), (10, Some(at(1)), true), (10, Some(now()), false)] {
        let before = kates(failures, until);
        let after = Throttle {
            failures: 0,
            locked_until: None,
            ..before.value.clone()
        };
        assert_eq!(clear(Some(&before)), (locked, vec![update(&before, after)]));
    }
    let forgotten = loaded(
        1,
        Throttle {
            forget_at: long_ago(),
            ..kates(10, Some(at(1))).value
        },
    );
    assert!(!clear(Some(&forgotten)).0);
}
