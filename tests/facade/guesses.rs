//! Guessing: counted before it is compared, whoever asks, however many at once, and over in the end (L2, L3).

use std::sync::Arc;

use tenure::model::{AttemptOutcome, RefusalReason, What};
use tenure::store::Store;
use tenure::testing::{FailingStore, Moment};
use tenure::{Access, Client, Denied, Error, Listing, Policy, SignIn, SignedIn, TenantId, Tenure, ThrottlePolicy};
use time::Duration;
use tokio::task::JoinSet;

use crate::support::{Firm, PASSWORD, World, client, denied, for_every_store};

for_every_store!(Policy::default();
    l1_two_worlds_differ_in_nothing_but_whether_the_address_exists,
    l2_parallel_guesses_compare_no_more_often_than_is_allowed,
    l2_the_right_password_many_times_at_once_is_right_each_time,
    l2_a_lock_ends_by_itself_and_each_failure_after_it_doubles_the_next,
    l2_a_lock_survives_a_restart,
    l2_success_resets_the_account_and_not_the_network,
    l2_a_crash_between_count_and_outcome_is_a_failure,
    l2_a_lock_is_seen_and_ended,
    l3_a_network_that_fails_too_often_is_refused_for_a_while,
    l3_without_an_address_there_are_account_limits_only,
    l3_strangers_names_do_not_grow_the_store,
);

const ZOE: &str = "zoe@nordwind.example";

async fn with_zoe(world: &World) -> Firm {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    firm
}

async fn typed(tenure: &Tenure, tenant: TenantId, password: &str) -> Result<SignedIn, Error> {
    tenure
        .sign_in(SignIn::new(tenant, ZOE, password).client(client()))
        .await
}

async fn l1_two_worlds_differ_in_nothing_but_whether_the_address_exists(world: World) {
    let with = with_zoe(&world).await;
    let without = world.found().await;
    let counting = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(counting.clone() as Arc<dyn Store>));
    // Beyond the limit, through a lock and out of it.
    for attempt in 0..14 {
        if attempt == 12 {
            world.advance(Duration::HOUR);
        }
        let mut seen = Vec::new();
        for tenant in [with.id(), without.id()] {
            counting.clear();
            let hashes = tenure.hashes_run();
            let answer = format!("{:?}", typed(&tenure, tenant, "Wrong-Password-1").await.unwrap_err());
            seen.push((answer, tenure.hashes_run() - hashes, counting.calls()));
        }
        assert_eq!(seen[0], seen[1], "attempt {attempt}");
        assert_eq!(seen[0].1, 1);
        assert_eq!(seen[0].2, ["load", "load", "commit", "commit"]);
    }
}

async fn at_once(
    programs: &[Tenure; 2],
    tenant: TenantId,
    times: usize,
    password: &'static str,
) -> Vec<Result<SignedIn, Error>> {
    let mut logins = JoinSet::new();
    for number in 0..times {
        let tenure = programs[number % 2].clone();
        logins.spawn(async move { typed(&tenure, tenant, password).await });
    }
    logins.join_all().await
}

async fn l2_parallel_guesses_compare_no_more_often_than_is_allowed(world: World) {
    let firm = with_zoe(&world).await;
    let programs = world.two_programs();
    let answers = at_once(&programs, firm.id(), 64, "Wrong-Password-1").await;
    assert_eq!(answers.len(), 64);
    for answer in answers {
        assert_eq!(denied(answer), Denied::SignInRefused);
    }
    let compared: u64 = programs.iter().map(Tenure::comparisons_run).sum();
    assert_eq!(compared, 10, "the limit, exactly");
    let hashes: u64 = programs.iter().map(Tenure::hashes_run).sum();
    assert_eq!(hashes, 64, "and a decoy for each of the others");
    let history = firm
        .desk
        .history()
        .all_attempts(Listing::new().limit(100))
        .await
        .unwrap();
    let why = |wanted| {
        let refused = AttemptOutcome::Refused { reason: wanted };
        history
            .items
            .iter()
            .filter(|attempt| attempt.outcome == refused)
            .count()
    };
    assert_eq!(
        (why(RefusalReason::WrongPassword), why(RefusalReason::Locked)),
        (10, 54)
    );
    assert_eq!(
        denied(typed(&programs[0], firm.id(), PASSWORD).await),
        Denied::SignInRefused
    );
}

async fn l2_the_right_password_many_times_at_once_is_right_each_time(world: World) {
    let world = world.with_policy(|policy| policy.throttle = ThrottlePolicy::default().failures(100));
    let firm = with_zoe(&world).await;
    let programs = world.two_programs();
    for answer in at_once(&programs, firm.id(), 24, PASSWORD).await {
        answer.unwrap();
    }
    let kept = world.picture(&[firm.id()]).await;
    let throttles = kept
        .contents(firm.id())
        .records
        .values()
        .filter_map(|record| match &record.value {
            tenure::model::Record::Throttle(throttle) => Some(throttle.failures),
            _ => None,
        });
    assert_eq!(
        throttles.collect::<Vec<_>>(),
        [0, 0, 0],
        "owner, Zoe and the network: all taken back"
    );
}

async fn l2_a_lock_ends_by_itself_and_each_failure_after_it_doubles_the_next(world: World) {
    let firm = with_zoe(&world).await;
    let attempt = async |password: &str| world.sign_in(firm.id(), ZOE, password).await.is_ok();
    for _ in 0..10 {
        assert!(!attempt("Wrong-Password-1").await);
    }
    for seconds in [30, 60, 120] {
        assert!(!attempt(PASSWORD).await, "the right one neither");
        world.advance(Duration::seconds(seconds) - Duration::MICROSECOND);
        assert!(!attempt(PASSWORD).await);
        world.advance(Duration::MICROSECOND);
        assert!(!attempt("Wrong-Password-1").await, "compared, and locked again");
    }
    world.advance(Duration::seconds(240));
    assert!(attempt(PASSWORD).await);
    for _ in 0..9 {
        assert!(!attempt("Wrong-Password-1").await);
    }
    assert!(attempt(PASSWORD).await, "counted from the start");
    for _ in 0..9 {
        assert!(!attempt("Wrong-Password-1").await);
    }
    world.advance(Duration::DAY);
    assert!(!attempt("Wrong-Password-1").await);
    assert!(attempt(PASSWORD).await, "forgotten after a day");
}

async fn l2_a_lock_survives_a_restart(world: World) {
    let firm = with_zoe(&world).await;
    for _ in 0..10 {
        assert!(world.sign_in(firm.id(), ZOE, "Wrong-Password-1").await.is_err());
    }
    let restarted = world.set_up(world.tenure.policy().clone(), |builder| builder);
    assert_eq!(
        denied(typed(&restarted, firm.id(), PASSWORD).await),
        Denied::SignInRefused
    );
    assert_eq!(restarted.comparisons_run(), 0);
    world.advance(Duration::seconds(30));
    typed(&restarted, firm.id(), PASSWORD).await.unwrap();
}

async fn l2_success_resets_the_account_and_not_the_network(world: World) {
    let throttle = ThrottlePolicy::default().failures(3).network(6, Duration::minutes(15));
    let world = world.with_policy(|policy| policy.throttle = throttle);
    let firm = with_zoe(&world).await;
    let attempt = async |password: &str| world.sign_in(firm.id(), ZOE, password).await.is_ok();
    for right in [false, false, true, false, false, true] {
        let password = if right { PASSWORD } else { "Wrong-Password-1" };
        assert_eq!(attempt(password).await, right);
    }
    // Four failures of the network stand, whoever logged in from there in between.
    assert!(!attempt("Wrong-Password-1").await && !attempt("Wrong-Password-1").await);
    assert!(!attempt(PASSWORD).await);
    let elsewhere = Client::at([198, 51, 100, 1].into());
    let sign_in = SignIn::new(firm.id(), ZOE, PASSWORD).client(elsewhere);
    world.tenure.sign_in(sign_in).await.unwrap();
}

async fn l2_a_crash_between_count_and_outcome_is_a_failure(world: World) {
    let firm = with_zoe(&world).await;
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(failing.clone() as Arc<dyn Store>));
    for _ in 0..10 {
        failing.fail(4, Moment::Before);
        let crashed = typed(&tenure, firm.id(), PASSWORD).await;
        assert!(matches!(crashed, Err(Error::Store(_))), "{crashed:?}");
    }
    failing.clear();
    assert_eq!(denied(typed(&tenure, firm.id(), PASSWORD).await), Denied::SignInRefused);
    let history = firm
        .desk
        .history()
        .all_attempts(Listing::new().limit(50))
        .await
        .unwrap()
        .items;
    let pending = history
        .iter()
        .filter(|attempt| attempt.outcome == AttemptOutcome::Pending);
    assert_eq!(pending.count(), 10);
}

async fn l2_a_lock_is_seen_and_ended(world: World) {
    let firm = with_zoe(&world).await;
    let zoe = world.sign_in(firm.id(), ZOE, PASSWORD).await.unwrap().user;
    let users = firm.desk.users();
    assert_eq!(users.lockout(zoe).await.unwrap(), None);
    let before = world.events(firm.id()).await.len();
    for _ in 0..10 {
        assert!(world.sign_in(firm.id(), ZOE, "Wrong-Password-1").await.is_err());
    }
    let lockout = users.lockout(zoe).await.unwrap().unwrap();
    let until = world.ahead(Duration::seconds(30));
    assert_eq!((lockout.failures, lockout.until), (10, until));
    let explained = users.explain_sign_in(zoe, Some(client())).await.unwrap();
    let explained: Vec<_> = explained.into_iter().map(|found| (found.reason, found.until)).collect();
    assert_eq!(explained, [(RefusalReason::Locked, Some(until))]);
    users.end_lockout(zoe).await.unwrap();
    assert_eq!(users.lockout(zoe).await.unwrap(), None);
    assert_eq!(users.explain_sign_in(zoe, Some(client())).await.unwrap(), []);
    world.sign_in(firm.id(), ZOE, PASSWORD).await.unwrap();
    let events = world.events(firm.id()).await.split_off(before);
    let what: Vec<_> = events.into_iter().map(|entry| entry.event.what).collect();
    assert_eq!(what[..2], [What::LockedOut { until }, What::LockoutEnded]);
    assert!(matches!(what[2..], [What::SignedIn { .. }]));
    // Not for everybody to see or to end.
    let other = world.join(&firm.desk, "Bo", Access::none()).await;
    assert_eq!(denied(other.desk.users().lockout(zoe).await), Denied::Forbidden);
    assert_eq!(denied(other.desk.users().end_lockout(zoe).await), Denied::Forbidden);
    assert_eq!(
        denied(other.desk.users().explain_sign_in(zoe, None).await),
        Denied::Forbidden
    );
}

async fn l3_a_network_that_fails_too_often_is_refused_for_a_while(world: World) {
    let throttle = ThrottlePolicy::default().network(5, Duration::minutes(15));
    let world = world.with_policy(|policy| policy.throttle = throttle);
    let firm = with_zoe(&world).await;
    let from = async |address: &str, login: &str, password: &str| {
        let sign_in = SignIn::new(firm.id(), login, password).client(Client::at(address.parse().unwrap()));
        world.tenure.sign_in(sign_in).await.is_ok()
    };
    for number in 0..5 {
        assert!(
            !from(
                "2001:db8:0:7::1",
                &format!("user{number}@nordwind.example"),
                "Zitrone-1"
            )
            .await
        );
    }
    let compared = world.tenure.comparisons_run();
    assert!(!from("2001:db8:0:7:ffff::9", ZOE, PASSWORD).await, "the whole /64");
    assert_eq!(world.tenure.comparisons_run(), compared);
    assert!(from("2001:db8:0:8::1", ZOE, PASSWORD).await, "and nobody else");
    world.advance(Duration::minutes(15) - Duration::MICROSECOND);
    assert!(!from("2001:db8:0:7::1", ZOE, PASSWORD).await);
    world.advance(Duration::MICROSECOND);
    assert!(from("2001:db8:0:7::1", ZOE, PASSWORD).await);
}

async fn l3_without_an_address_there_are_account_limits_only(world: World) {
    let throttle = ThrottlePolicy::default().failures(3).network(1, Duration::HOUR);
    let world = world.with_policy(|policy| policy.throttle = throttle);
    let firm = with_zoe(&world).await;
    let attempt =
        async |login: &str, password: &str| world.tenure.sign_in(SignIn::new(firm.id(), login, password)).await;
    for number in 0..5 {
        let nobody = attempt(&format!("nobody{number}@nordwind.example"), "Zitrone-1").await;
        assert!(nobody.is_err());
    }
    attempt(ZOE, PASSWORD).await.unwrap();
    for _ in 0..3 {
        assert!(attempt(ZOE, "Wrong-Password-1").await.is_err());
    }
    assert!(attempt(ZOE, PASSWORD).await.is_err());
}

async fn l3_strangers_names_do_not_grow_the_store(world: World) {
    let firm = world.found().await;
    for number in 0..300 {
        let login = format!("stranger{number}@nordwind.example");
        assert!(world.tenure.sign_in(SignIn::new(firm.id(), login, "x")).await.is_err());
    }
    let kept = world.picture(&[firm.id()]).await;
    let records = kept.contents(firm.id()).records.keys();
    let throttles = records
        .filter(|id| matches!(id, tenure::model::RecordId::Throttle(_)))
        .count();
    assert!((100..=258).contains(&throttles), "{throttles}");
    // What is forgotten goes.
    world.advance(Duration::days(2));
    world.tenure.settle_due(None).await.unwrap();
    let kept = world.picture(&[firm.id()]).await;
    let mut records = kept.contents(firm.id()).records.keys();
    assert!(!records.any(|id| matches!(id, tenure::model::RecordId::Throttle(_))));
}
