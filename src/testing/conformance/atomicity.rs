//! Law 1: all or nothing.

use super::bench::{Bench, Draft, at, at_once, must};
use crate::model::{Entry, Loaded, Role, TicketPurpose, User, Version, What};
use crate::store::{Change, Counter, FeedPosition, SetChange};

struct Scene {
    owner: Loaded<User>,
    spare: Loaded<Role>,
    old: Loaded<Role>,
}

/// A commit of every sort of change, that obeys every law.
async fn scene(b: &Bench) -> (Scene, Draft) {
    let owner = b.put(b.user("owner")).await;
    let spare = b.put(b.role("spare")).await;
    let old = b.put(b.role("old")).await;
    let session = b.put(b.session(owner.id)).await;
    b.put(b.ticket(owner.id, TicketPurpose::Reset)).await;
    let renamed = Role {
        name: b.role("renamed").name,
        ..spare.value.clone()
    };
    let draft = b
        .draft()
        .guard(&owner)
        .insert(b.role("new"))
        .update(&spare, renamed)
        .remove(&old)
        .count(3, None, None)
        .change(Change::Touch {
            record: session.id.into(),
            seen_at: at(60),
        })
        .set(SetChange::EndTickets {
            user: owner.id,
            purpose: None,
            at: at(60),
        })
        .event(owner.id, What::PasswordSet)
        .event(owner.id, What::UserRestored)
        .mail(b.mail(owner.id, 0));
    (Scene { owner, spare, old }, draft)
}

fn doomed_changes(b: &Bench, scene: &Scene) -> Vec<(&'static str, Change)> {
    let stale = Version::new(7);
    let update = |expected, entry| Change::Update { expected, entry };
    vec![
        ("an existing id", Change::Insert(Entry::new(scene.owner.value.clone()))),
        ("a taken key", Change::Insert(Entry::new(b.user("owner")))),
        ("a stale update", update(stale, Entry::new(scene.owner.value.clone()))),
        (
            "a stale removal",
            Change::Remove {
                record: scene.owner.id.into(),
                expected: stale,
            },
        ),
        (
            "a missing reference",
            Change::Insert(Entry::new(b.user_with("other", b.id()))),
        ),
        (
            "a counter out of its bounds",
            Change::Count {
                counter: Counter::Seats,
                delta: 1,
                at_least: None,
                at_most: Some(0),
            },
        ),
        ("an unknown change", Change::Unknown("later".to_owned())),
    ]
}

pub(super) async fn d5_a_failure_at_any_step_leaves_no_trace(b: &Bench) {
    let (scene, good) = scene(b).await;
    let before = b.snapshot().await;
    for (why, doomed) in doomed_changes(b, &scene) {
        for position in 0..=good.commit.changes.len() {
            let mut draft = good.clone().id(b.id());
            draft.commit.changes.insert(position, doomed.clone());
            let answer = draft.send().await;
            assert!(
                answer.is_err(),
                "{why} as change {position} must be refused: {answer:?}"
            );
            assert_eq!(b.snapshot().await, before, "{why} as change {position} left a trace");
        }
    }
    good.done().await;
}

pub(super) async fn d5_a_second_guard_that_fails_leaves_no_trace(b: &Bench) {
    let (scene, good) = scene(b).await;
    let before = b.snapshot().await;
    let stale = Loaded::new(Version::new(9), scene.spare.value.clone());
    let answer = good.clone().guard(&stale).send().await;
    super::bench::conflict("the second guard is stale", &answer, scene.spare.id);
    assert_eq!(b.snapshot().await, before);
}

pub(super) async fn d5_a_removal_in_use_found_at_the_end_leaves_no_trace(b: &Bench) {
    let (scene, good) = scene(b).await;
    b.put(b.user_with("namer", scene.old.id)).await;
    let before = b.snapshot().await;
    assert!(good.send().await.is_err(), "the role to be removed is in use");
    assert_eq!(b.snapshot().await, before);
}

pub(super) async fn d5_a_refused_mail_takes_everything_with_it(b: &Bench) {
    let (_, good) = scene(b).await;
    let before = b.snapshot().await;
    let answer = good.clone().mail(b.mail(b.id(), 0)).send().await;
    assert!(answer.is_err(), "a mail to nobody must be refused: {answer:?}");
    assert_eq!(b.snapshot().await, before, "a mail to nobody");

    let twice = good.commit.mail[0].clone();
    let answer = good.mail(twice).send().await;
    assert!(
        answer.is_err(),
        "a mail with the id of another must be refused: {answer:?}"
    );
    assert_eq!(b.snapshot().await, before, "the same mail twice");
}

pub(super) async fn d5_events_are_written_exactly_with_their_change(b: &Bench) {
    let role = b.put(b.role("clerk")).await;
    let renamed = |text| Role {
        name: b.role(text).name,
        ..role.value.clone()
    };
    let stands = b.draft().update(&role, renamed("manager"));
    let stands = stands
        .event(role.id, What::PasswordSet)
        .event(role.id, What::UserErased);
    stands.clone().done().await;
    let refused = b.draft().update(&role, renamed("director"));
    assert!(refused.event(role.id, What::UserRestored).send().await.is_err());

    let written: Vec<_> = b.feed().await.into_iter().map(|e| (e.commit, e.event)).collect();
    let due: Vec<_> = stands
        .commit
        .events
        .iter()
        .map(|e| (stands.commit.id, e.clone()))
        .collect();
    assert_eq!(
        written, due,
        "the events of the commit that stands, in their order, and no others"
    );
}

pub(super) async fn d5_mail_is_queued_exactly_with_its_change(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    let (kept, lost) = (b.mail(user.id, 0), b.mail(user.id, 0));
    b.draft()
        .update(&user, user.value.clone())
        .mail(kept.clone())
        .done()
        .await;
    let refused = b
        .draft()
        .update(&user, user.value.clone())
        .mail(lost.clone())
        .send()
        .await;
    assert!(refused.is_err());

    assert_eq!(b.get(kept.id).await, Some(Loaded::new(Version::FIRST, kept.clone())));
    assert_eq!(b.get::<crate::model::QueuedMail>(lost.id).await, None);
    let leased = must("lease", b.store.lease_mail(at(0), at(60), 10).await);
    let ids: Vec<_> = leased.iter().map(|(_, mail)| mail.id).collect();
    assert_eq!(ids, [kept.id], "only the mail of the commit that stands goes out");
}

pub(super) async fn d5_counters_move_exactly_with_their_change(b: &Bench) {
    let role = b.put(b.role("clerk")).await;
    b.draft().count(2, None, None).remove(&role).done().await;
    assert_eq!(b.counter(Counter::Seats).await, 2);
    assert!(b.draft().count(5, None, None).remove(&role).send().await.is_err());
    assert_eq!(
        b.counter(Counter::Seats).await,
        2,
        "the refused commit moved the counter"
    );
}

pub(super) async fn what_is_acknowledged_is_seen_by_everyone_at_once(b: &Bench) {
    for round in 0..20 {
        let role = b.put(b.role(&format!("role {round}"))).await;
        let draft = b.draft().update(&role, role.value.clone());
        draft.event(role.id, What::PasswordSet).done().await;
        let reader = b.clone();
        let id = role.id;
        let seen = at_once([async move {
            let role = reader.get::<Role>(id).await;
            let feed = reader.store.feed(reader.tenant, FeedPosition::START, 100).await;
            (role.map(|role| role.version.number()), must("feed", feed).len())
        }]);
        assert_eq!(seen.await, [(Some(2), round + 1)], "in round {round}");
    }
}
