//! D5: a store that fails at any step of any command leaves the state before or after, and events and mail exist exactly if
//! the change does.

use std::sync::Arc;

use tenure::model::StatusKind;
use tenure::store::Store;
use tenure::testing::{FailingStore, Moment};
use tenure::{Error, Policy};
use time::Duration;

use super::commands::{Command, SECOND, Scene, commands_on};
use crate::support::{Backing, Picture, World};

/// What a command does when nothing fails: how many calls it makes, and what is kept afterwards.
struct Undisturbed {
    calls: usize,
    after: Picture,
}

async fn scene(backing: Backing) -> (Scene, Arc<FailingStore>) {
    let world = World::open(backing, Policy::default());
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let wrapped = failing.clone();
    let scene = Scene::set(world, move |_| wrapped).await;
    failing.clear();
    (scene, failing)
}

async fn undisturbed(backing: Backing, name: &str, command: Command) -> Undisturbed {
    let (scene, failing) = scene(backing).await;
    let before = scene.picture().await;
    command(&scene)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let after = scene.picture().await;
    assert_ne!(after, before, "{name} writes nothing");
    Undisturbed {
        calls: failing.calls().len(),
        after,
    }
}

fn same_shape(scene: &Scene, one: &Picture, other: &Picture) -> bool {
    let other_tenant = *other.tenants.keys().find(|tenant| **tenant != SECOND).unwrap();
    one.shape(scene.firm.id()) == other.shape(other_tenant) && one.shape(SECOND) == other.shape(SECOND)
}

/// Fails each call of a command in turn, before it reaches the store and after.
async fn disturb(backing: Backing, name: &str, command: Command) {
    let reference = undisturbed(backing, name, command).await;
    assert!(reference.calls > 0, "{name}: {}", reference.calls);
    let mut stage = scene(backing).await;
    for moment in [Moment::Before, Moment::After] {
        for call in 1..=reference.calls {
            let (scene, failing) = &stage;
            let before = scene.picture().await;
            failing.clear();
            failing.fail(call, moment);
            let answer = command(scene).await;
            failing.clear();
            let after = scene.picture().await;
            let case = format!("{name}, call {call}, {moment:?}: {answer:?}");
            // A login is counted as a failure first, and stays so where it comes to no end (L2).
            let counted = name == "sign_in" && same_shape(scene, &after, &before);
            if after == before || counted {
                assert!(
                    matches!(answer, Err(Error::Store(_))),
                    "nothing written, and said so: {case}"
                );
                continue;
            }
            // It settles one record after the other; what was settled before the failure stays.
            let in_parts = name == "settle_due" && matches!(answer, Err(Error::Store(_)));
            assert!(answer.is_ok() || in_parts, "written, and said so: {case}");
            assert!(same_shape(scene, &after, &reference.after), "whole: {case}");
            stage = self::scene(backing).await;
        }
    }
}

/// The answer of a commit is lost, and the store cannot be reached again: the caller is told that it is not known.
async fn lose_for_good(backing: Backing, name: &str, command: Command) {
    let reference = undisturbed(backing, name, command).await;
    let world = World::open(backing, Policy::default());
    // The outermost fails the commit after it was written; the ones below it, its repetitions.
    let mut layers = vec![Arc::new(FailingStore::new(world.store.clone()))];
    for _ in 0..3 {
        let inner: Arc<dyn Store> = layers[0].clone();
        layers.insert(0, Arc::new(FailingStore::new(inner)));
    }
    let outermost = layers[0].clone();
    let scene = Scene::set(world, move |_| outermost).await;
    let before = scene.picture().await;
    for layer in &layers {
        layer.clear();
    }
    layers[0].fail(reference.calls, Moment::After);
    for layer in &layers[1..] {
        layer.fail(reference.calls + 1, Moment::Before);
    }
    let answer = command(&scene).await;
    let after = scene.picture().await;
    assert!(matches!(answer, Err(Error::UnknownOutcome(_))), "{name}: {answer:?}");
    assert_ne!(after, before, "{name}");
    assert!(same_shape(&scene, &after, &reference.after), "{name}: whole");
}

/// A deletion is two commits with the host's checks between them: whatever fails, the user is as before, held for a quarter
/// of an hour, or deleted.
async fn disturb_deletion(backing: Backing) {
    let (scene, failing) = self::scene(backing).await;
    scene.desk.users().delete(scene.user()).await.unwrap();
    let calls = failing.calls().len();
    for moment in [Moment::Before, Moment::After] {
        for call in 1..=calls {
            let (scene, failing) = self::scene(backing).await;
            failing.fail(call, moment);
            let answer = scene.desk.users().delete(scene.user()).await;
            failing.clear();
            let picture = scene.picture().await;
            let contents = picture.contents(scene.firm.id());
            let user = contents.users().find(|user| user.id == scene.user()).unwrap().clone();
            let case = format!("call {call}, {moment:?}: {answer:?}");
            if answer.is_ok() {
                assert_eq!(user.status.kind(), StatusKind::Deleted, "{case}");
            } else {
                let later = user.as_of(scene.world.ahead(Duration::minutes(15)));
                assert!(later.is_active() && later.hold.is_none(), "{case}");
                scene.world.principal(&scene.zoe.login).await.unwrap();
            }
        }
    }
}

async fn every(backing: Backing) {
    for (name, command) in commands_on(backing) {
        disturb(backing, name, *command).await;
    }
}

async fn every_lost(backing: Backing) {
    // These ask more than once for what they write, so that the last call is not the commit.
    let commits_last = commands_on(backing).filter(|(name, _)| *name != "settle_due");
    for (name, command) in commits_last {
        lose_for_good(backing, name, *command).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_failure_at_any_step_leaves_the_state_before_or_after_in_memory() {
    every(Backing::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_failure_at_any_step_leaves_the_state_before_or_after_in_sqlite() {
    every(Backing::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_an_answer_lost_for_good_is_told_as_unknown_in_memory() {
    every_lost(Backing::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_deletion_that_fails_midway_releases_the_user_in_memory() {
    disturb_deletion(Backing::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_deletion_that_fails_midway_releases_the_user_in_sqlite() {
    disturb_deletion(Backing::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_failure_at_any_step_leaves_the_state_before_or_after_in_postgres() {
    every(Backing::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_an_answer_lost_for_good_is_told_as_unknown_in_postgres() {
    every_lost(Backing::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_deletion_that_fails_midway_releases_the_user_in_postgres() {
    disturb_deletion(Backing::Postgres).await;
}
