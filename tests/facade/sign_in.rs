//! Login: one answer to the stranger, one hash, one shape of store calls, and the true reason in the history.

use std::sync::Arc;

use tenure::id::UserId;
use tenure::model::{AttemptOutcome, RefusalReason};
use tenure::store::Store;
use tenure::testing::FailingStore;
use tenure::{
    Access, AttemptSearch, Client, Denied, Ended, Listing, NewUnit, NewUser, Policy, SignIn, Suspension, Tenure,
    permissions,
};
use time::Duration;

use crate::support::{Firm, OWNERS, PASSWORD, World, client, denied, for_every_store};

for_every_store!(Policy::default();
    l1_every_refusal_looks_alike_and_costs_one_hash,
    l4_every_attempt_is_recorded_with_its_true_reason,
    l4_the_history_is_kept_for_as_long_as_the_policy_says,
    bi9_the_history_is_searched_by_who_when_how_and_from_where,
    l4_what_was_typed_as_an_unknown_login_name_is_stored_nowhere,
    p2_an_overlong_password_costs_the_same_for_everybody,
    p7_without_a_password_nobody_logs_in,
    a_password_that_changes_state_meanwhile_does_not_log_in,
);

/// Logins that must be refused, with what is typed and why.
async fn refused(world: &World, firm: &Firm) -> Vec<(&'static str, &'static str, Option<UserId>, RefusalReason)> {
    let desk = &firm.desk;
    let mut ids = Vec::new();
    for name in ["Wrong", "Suspended", "Disabled", "Inactive", "Deleted"] {
        ids.push(world.join(desk, name, Access::none()).await.user.id);
    }
    let [wrong, suspended, disabled, inactive, deleted] = ids[..] else {
        unreachable!("five");
    };
    desk.users().suspend(suspended, Suspension::open_ended()).await.unwrap();
    desk.users().disable(disabled).await.unwrap();
    desk.users().deactivate(inactive).await.unwrap();
    desk.users().delete(deleted).await.unwrap();
    let new = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    let invited = desk
        .users()
        .create(new("invited"), Access::none().invite())
        .await
        .unwrap()
        .id;
    let set_up = desk
        .users()
        .create(new("setup"), Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    let bare = desk
        .users()
        .create(new("bare"), Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    desk.users().activate(bare).await.unwrap();
    vec![
        ("nobody@nordwind.example", PASSWORD, None, RefusalReason::UnknownLogin),
        ("", "", None, RefusalReason::UnknownLogin),
        ("\0", "\0", None, RefusalReason::UnknownLogin),
        (
            "wrong@nordwind.example",
            "Wrong-Password-1",
            Some(wrong),
            RefusalReason::WrongPassword,
        ),
        ("wrong@nordwind.example", "", Some(wrong), RefusalReason::WrongPassword),
        (
            "suspended@nordwind.example",
            PASSWORD,
            Some(suspended),
            RefusalReason::Suspended,
        ),
        (
            "suspended@nordwind.example",
            "Wrong-Password-1",
            Some(suspended),
            RefusalReason::Suspended,
        ),
        (
            "disabled@nordwind.example",
            PASSWORD,
            Some(disabled),
            RefusalReason::Disabled,
        ),
        (
            "inactive@nordwind.example",
            PASSWORD,
            Some(inactive),
            RefusalReason::Inactive,
        ),
        ("deleted@nordwind.example", PASSWORD, None, RefusalReason::UnknownLogin),
        (
            "invited@nordwind.example",
            PASSWORD,
            Some(invited),
            RefusalReason::Invited,
        ),
        (
            "setup@nordwind.example",
            PASSWORD,
            Some(set_up),
            RefusalReason::Inactive,
        ),
        ("bare@nordwind.example", "", Some(bare), RefusalReason::NoPassword),
        ("bare@nordwind.example", PASSWORD, Some(bare), RefusalReason::NoPassword),
    ]
}

/// A set-up over the world's store whose calls are counted.
fn counted(world: &World) -> (Tenure, Arc<FailingStore>) {
    let counting = Arc::new(FailingStore::new(world.store.clone()));
    (world.over(&(counting.clone() as Arc<dyn Store>)), counting)
}

async fn l1_every_refusal_looks_alike_and_costs_one_hash(world: World) {
    let firm = world.found().await;
    let logins = refused(&world, &firm).await;
    let (tenure, counting) = counted(&world);
    let attempt = async |login: &str, password: &str| {
        counting.clear();
        let hashes = tenure.hashes_run();
        let sign_in = SignIn::new(firm.id(), login, password).client(client());
        let answer = tenure.sign_in(sign_in).await;
        (answer, tenure.hashes_run() - hashes, counting.calls())
    };
    let (answer, hashes, calls) = attempt("wrong@nordwind.example", PASSWORD).await;
    answer.unwrap();
    assert_eq!(hashes, 1);
    for (login, password, _, reason) in &logins {
        let (answer, hashes, same_calls) = attempt(login, password).await;
        let error = answer.unwrap_err();
        assert_eq!(error.denied(), Some(&Denied::SignInRefused), "{reason:?}");
        assert_eq!(
            format!("{error} {error:?}"),
            "the login name or the password is not right Denied(SignInRefused)"
        );
        assert_eq!(hashes, 1, "{reason:?}");
        assert_eq!(same_calls, calls, "{reason:?}");
    }
    // The whole tenant out of use: the same again, also for those who could log in before.
    world
        .tenure
        .system(firm.id(), "unpaid")
        .unwrap()
        .tenant()
        .suspend()
        .await
        .unwrap();
    for login in ["wrong@nordwind.example", "nobody@nordwind.example"] {
        let (answer, hashes, same_calls) = attempt(login, PASSWORD).await;
        assert_eq!(denied(answer), Denied::SignInRefused);
        assert_eq!((hashes, same_calls), (1, calls.clone()));
    }
}

async fn l4_every_attempt_is_recorded_with_its_true_reason(world: World) {
    let firm = world.found().await;
    let logins = refused(&world, &firm).await;
    let mut expected = Vec::new();
    for (login, password, user, reason) in logins {
        world.advance(Duration::SECOND);
        assert!(world.sign_in(firm.id(), login, password).await.is_err());
        expected.push((world.now(), user, AttemptOutcome::Refused { reason }));
    }
    world.advance(Duration::SECOND);
    let login = world
        .sign_in(firm.id(), "wrong@nordwind.example", PASSWORD)
        .await
        .unwrap();
    let success = AttemptOutcome::Success { session: login.session };
    expected.push((world.now(), Some(login.user), success));

    let history = firm.desk.history().all_attempts(Listing::new()).await.unwrap().items;
    let newest = history.iter().take(expected.len()).rev();
    let recorded: Vec<_> = newest
        .map(|attempt| (attempt.at, attempt.user, attempt.outcome))
        .collect();
    assert_eq!(recorded, expected);
    assert!(history.iter().all(|attempt| attempt.client == client()));
    let theirs = firm
        .desk
        .history()
        .attempts(login.user, Listing::new())
        .await
        .unwrap()
        .items;
    assert!(theirs.iter().all(|attempt| attempt.user == Some(login.user)));
    assert_eq!(theirs[0].outcome, success);
}

async fn l4_the_history_is_kept_for_as_long_as_the_policy_says(world: World) {
    let world = world.with_policy(|policy| policy.attempts_kept = Duration::days(30));
    let firm = world.found().await;
    assert!(
        world
            .sign_in(firm.id(), "nobody@nordwind.example", PASSWORD)
            .await
            .is_err()
    );
    let kept = async || {
        let picture = world.picture(&[firm.id()]).await;
        let records = picture.contents(firm.id()).records.keys();
        records
            .filter(|id| matches!(id, tenure::model::RecordId::Attempt(_)))
            .count()
    };
    assert_eq!(kept().await, 2, "the owner's, and nobody's");
    world.advance(Duration::days(30) - Duration::MICROSECOND);
    world.tenure.settle_due(None).await.unwrap();
    assert_eq!(kept().await, 2);
    world.advance(Duration::MICROSECOND);
    world.tenure.settle_due(None).await.unwrap();
    assert_eq!(kept().await, 0);
}

async fn bi9_the_history_is_searched_by_who_when_how_and_from_where(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await.user.id;
    let begin = world.advance(Duration::MINUTE);
    let from = async |address: [u8; 4], login: &str, password: &str| {
        world.advance(Duration::MINUTE);
        let sign_in = SignIn::new(firm.id(), login, password).client(Client::at(address.into()));
        world.tenure.sign_in(sign_in).await.is_ok()
    };
    for number in 0..3 {
        assert!(!from([198, 51, 100, number], "zoe@nordwind.example", "Wrong-Password-1").await);
        assert!(!from([203, 0, 113, number], "nobody@nordwind.example", "Wrong-Password-1").await);
    }
    assert!(from([198, 51, 100, 9], "zoe@nordwind.example", PASSWORD).await);
    let history = firm.desk.history();
    let all = AttemptSearch::new().from(begin);
    // Minutes since then, newest first.
    let found = async |search: AttemptSearch| {
        let page = history.search(search).await.unwrap();
        page.items
            .iter()
            .map(|attempt| attempt.at.since(begin).whole_minutes())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(all.clone()).await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(found(all.clone().of(zoe)).await, [7, 5, 3, 1]);
    let minute = |minutes| begin.saturating_add(Duration::minutes(minutes));
    assert_eq!(found(all.clone().from(minute(2)).to(minute(5))).await, [4, 3, 2]);
    assert_eq!(found(all.clone().ended(Ended::Succeeded)).await, [7]);
    let unknown = Ended::RefusedFor(RefusalReason::UnknownLogin);
    assert_eq!(found(all.clone().ended(unknown)).await, [6, 4, 2]);
    assert_eq!(
        found(all.clone().at("203.0.113.*".parse().unwrap()).to(minute(6))).await,
        [4, 2]
    );
    // Page by page, whatever is looked for.
    for search in [all.clone().of(zoe), all.clone().at("198.51.100.0/24".parse().unwrap())] {
        let (mut pages, mut next) = (Vec::new(), None);
        loop {
            let page = history.search(search.clone().limit(2).after(next)).await.unwrap();
            pages.extend(page.items.iter().map(|attempt| attempt.at.since(begin).whole_minutes()));
            assert!(page.items.len() <= 2);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(pages, [7, 5, 3, 1]);
    }
    // Those who read the history of some see no more than theirs, and nobody's under names that nobody has.
    let bo = world.join(&firm.desk, "Bo", Access::none()).await;
    assert_eq!(denied(bo.desk.history().search(all.clone()).await), Denied::Forbidden);
    let unit = firm.desk.units().add(NewUnit::company("Berlin")).await.unwrap().id;
    firm.desk.users().change_memberships(zoe, [unit]).await.unwrap();
    let reader = Access::none().and_permission(permissions::HISTORY_READ).within([unit]);
    let eve = world.join(&firm.desk, "Eve", reader).await;
    let seen = eve.desk.history().search(all).await.unwrap().items;
    assert_eq!(seen.iter().filter(|attempt| attempt.user == Some(zoe)).count(), 4);
    assert_eq!(seen.len(), 5, "and her own");
}

async fn l4_what_was_typed_as_an_unknown_login_name_is_stored_nowhere(world: World) {
    let firm = world.found().await;
    for typed in ["My-Secret-Passw0rd", "half@typed-Passw0rd"] {
        assert!(world.sign_in(firm.id(), typed, typed).await.is_err());
    }
    let kept = world.picture(&[firm.id()]).await.text();
    assert!(kept.contains("unknown_login"));
    assert!(!kept.to_lowercase().contains("passw0rd"));
}

async fn p2_an_overlong_password_costs_the_same_for_everybody(world: World) {
    let firm = world.found().await;
    let overlong = "x".repeat(1_025);
    let (tenure, counting) = counted(&world);
    let mut costs = Vec::new();
    for login in ["ada@nordwind.example", "nobody@nordwind.example"] {
        counting.clear();
        let hashes = tenure.hashes_run();
        let answer = tenure.sign_in(SignIn::new(firm.id(), login, overlong.as_str())).await;
        costs.push((denied(answer), tenure.hashes_run() - hashes, counting.calls()));
    }
    assert_eq!(costs[0], costs[1]);
}

async fn p7_without_a_password_nobody_logs_in(world: World) {
    let firm = world.found().await;
    let user = NewUser::new("Bare", "Example", "bare@nordwind.example");
    let bare = firm
        .desk
        .users()
        .create(user, Access::none().without_invitation())
        .await
        .unwrap();
    firm.desk.users().activate(bare.id).await.unwrap();
    for password in ["", " ", "none", "null", PASSWORD, OWNERS] {
        let login = world.sign_in(firm.id(), "bare@nordwind.example", password).await;
        assert_eq!(denied(login), Denied::SignInRefused);
    }
}

/// A login that runs while its user is suspended ends without a usable session, whichever comes first.
async fn a_password_that_changes_state_meanwhile_does_not_log_in(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    for _ in 0..20 {
        let users = firm.desk.users();
        let (login, suspended) = tokio::join!(
            world.sign_in(firm.id(), "zoe@nordwind.example", PASSWORD),
            users.suspend(zoe.user.id, Suspension::open_ended()),
        );
        suspended.unwrap();
        let usable = async || match &login {
            Ok(login) => world.principal(login).await.is_ok(),
            Err(_) => false,
        };
        assert!(!usable().await);
        firm.desk.users().reinstate(zoe.user.id).await.unwrap();
        assert!(!usable().await, "nor once they are back");
    }
}
