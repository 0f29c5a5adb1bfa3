//! Law 7: a commit's id answers the same for a day.

use time::Duration;

use super::bench::{Bench, Draft, at, at_once, conflict, must};
use crate::model::{Actor, Role, What};
use crate::store::{CommitError, Committed, Counter, SetChange};

fn reused(why: &str, answer: &Result<Committed, CommitError>) {
    assert!(matches!(answer, Err(CommitError::IdReused)), "{why}: {answer:?}");
}

pub(super) async fn d5_a_repeated_commit_answers_the_same_and_changes_nothing(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    b.put_all([0; 3].map(|_| b.session(user.id))).await;
    let end = SetChange::EndSessions {
        user: user.id,
        except: None,
        at: at(1),
        reason: crate::model::EndReason::AccessEnded,
    };
    let draft = b
        .draft()
        .guard(&user)
        .insert(b.role("clerk"))
        .count(1, None, Some(1))
        .set(end);
    let draft = draft.event(user.id, What::PasswordSet).mail(b.mail(user.id, 0));
    let first = draft.clone().done().await;
    assert_eq!(first.touched, [1, 1, 3]);
    let stands = b.snapshot().await;
    for _ in 0..3 {
        assert_eq!(
            draft.clone().done().await,
            first,
            "the same answer, the counts included"
        );
        assert_eq!(b.snapshot().await, stands, "nothing is applied twice");
    }
}

pub(super) async fn an_id_with_other_content_is_refused(b: &Bench) {
    let (user, role) = (b.put(b.user("kate")).await, b.put(b.role("clerk")).await);
    let draft = b
        .draft()
        .guard(&user)
        .count(1, None, None)
        .event(user.id, What::PasswordSet);
    draft.clone().done().await;
    let before = b.snapshot().await;
    let same = || draft.clone();
    reused("another change", &same().count(1, None, None).send().await);
    reused("another guard", &same().guard(&role).send().await);
    reused("another event", &same().event(user.id, What::UserErased).send().await);
    reused("a mail more", &same().mail(b.mail(user.id, 0)).send().await);
    reused("another instant", &same().at(at(1)).send().await);
    let mut other = same();
    other.commit.events[0].actor = Actor::Founder;
    reused("another actor", &other.send().await);
    assert_eq!(b.snapshot().await, before, "nothing of it was written");
    same().done().await;
}

pub(super) async fn d5_the_id_is_looked_at_before_the_guards(b: &Bench) {
    let role = b.put(b.role("clerk")).await;
    let draft = b.draft().guard(&role).update(
        &role,
        Role {
            built_in: true,
            ..role.value.clone()
        },
    );
    let first = draft.clone().done().await;
    assert_eq!(
        draft.clone().done().await,
        first,
        "its own guard is stale by now, and does not matter"
    );
    reused(
        "nor does it with other content",
        &draft.count(1, None, None).send().await,
    );
}

pub(super) async fn an_id_is_kept_for_a_day(b: &Bench) {
    let day = Duration::hours(24);
    let draft = b.draft().count(1, None, None);
    draft.clone().done().await;
    let later = |by| draft.clone().at(at(0).saturating_add(by));
    reused(
        "a microsecond before the day is over",
        &later(day - Duration::MICROSECOND).send().await,
    );
    reused("before it was first used", &later(-Duration::hours(1)).send().await);
    let again = later(day);
    again.clone().done().await;
    assert_eq!(b.counter(Counter::Seats).await, 2, "after a day the id is new");
    again.done().await;
    assert_eq!(b.counter(Counter::Seats).await, 2, "and is kept for a day again");
    reused(
        "within a day of the second use",
        &later(day + Duration::HOUR).send().await,
    );
}

pub(super) async fn other_commits_do_not_push_an_id_out(b: &Bench) {
    let draft = b.draft().count(1, None, None);
    draft.clone().done().await;
    for n in 0..300 {
        b.draft().at(at(n)).count(0, None, None).done().await;
    }
    draft.done().await;
    assert_eq!(b.counter(Counter::Seats).await, 1);
}

pub(super) async fn a_refused_commit_may_be_sent_again(b: &Bench) {
    let role = b.put(b.role("clerk")).await;
    let draft = b.draft().insert(b.role("clerk"));
    assert!(draft.send().await.is_err());
    b.draft().remove(&role).done().await;
    draft.clone().done().await;
    let stale = b.draft().guard(&role).count(1, None, None);
    conflict("refused", &stale.send().await, role.id);
    stale
        .id(b.id())
        .count(0, None, None)
        .send()
        .await
        .expect_err("still refused");
}

pub(super) async fn d5_the_same_commit_many_times_at_once_stands_once(b: &Bench) {
    for round in 0..10 {
        let user = b.put(b.user(&format!("kate{round}"))).await;
        let draft: Draft = b.draft().count(1, None, None).event(user.id, What::PasswordSet);
        let draft = draft.mail(b.mail(user.id, round)).insert(b.session(user.id));
        let sends = (0..8)
            .map(|_| draft.clone())
            .map(|draft| async move { draft.send().await });
        let answers = at_once(sends).await;
        for answer in answers {
            let committed = must("each of them", answer);
            assert_eq!(committed.touched, [1, 1]);
        }
        assert_eq!(b.counter(Counter::Seats).await, round + 1, "applied once");
        assert_eq!(
            b.feed().await.len(),
            usize::try_from(round + 1).unwrap_or(0),
            "logged once"
        );
    }
}
