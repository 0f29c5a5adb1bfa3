//! A future that is dropped in flight leaves the state before or after, never between.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tenure::id::CommitId;
use tenure::store::Commit;
use tenure::{Error, Policy};
use uuid::Uuid;

use super::commands::{Command, SECOND, Scene, commands_on};
use crate::support::{Backing, World, YieldingStore};

async fn scene(backing: Backing) -> Scene {
    let world = World::open(backing, Policy::default());
    Scene::set(world, |store| Arc::new(YieldingStore(store))).await
}

/// Polls a command so often and drops it; its answer, if it was done by then.
async fn poll_so_often(command: Command, scene: &Scene, times: usize) -> Option<Result<(), Error>> {
    let mut future = command(scene);
    for _ in 0..times {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(answer) = polled {
            return Some(answer);
        }
        // What it waits for, a hash or a disk, goes on elsewhere meanwhile.
        tokio::time::sleep(std::time::Duration::from_micros(150)).await;
    }
    None
}

/// Waits for what was begun: a commit that was handed over is written, whether or not anybody waits for it.
async fn settle(scene: &Scene, number: usize) {
    let id = CommitId::from_uuid(Uuid::from_u128(number as u128));
    let empty = Commit {
        id,
        tenant: scene.firm.id(),
        at: scene.world.now(),
        guards: Vec::new(),
        changes: Vec::new(),
        events: Vec::new(),
        mail: Vec::new(),
    };
    scene.world.store.commit(empty).await.unwrap();
}

async fn drop_at_every_step(backing: Backing, name: &str, command: Command) {
    let reference = scene(backing).await;
    command(&reference)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let shapes = {
        let after = reference.picture().await;
        (after.shape(reference.firm.id()), after.shape(SECOND))
    };
    let mut stage = scene(backing).await;
    let mut before = stage.picture().await;
    // Every step at first, then wider ones: what takes many polls waits for a hash or a disk most of the time.
    for times in std::iter::successors(Some(1_usize), |times| Some(times + 1 + times / 8)) {
        assert!(times < 20_000, "{name} does not end");
        let answer = poll_so_often(command, &stage, times).await;
        settle(&stage, times).await;
        let after = stage.picture().await;
        if after != before {
            let shape = (after.shape(stage.firm.id()), after.shape(SECOND));
            // A login is counted as a failure first, and stays so where it comes to no end (L2).
            let counted = name == "sign_in" && shape == (before.shape(stage.firm.id()), before.shape(SECOND));
            assert!(counted || shape == shapes, "{name}, dropped after {times} polls");
        }
        if let Some(answer) = answer {
            answer.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_ne!(after, before, "{name}: done, and nothing written");
            return;
        }
        if after != before {
            stage = scene(backing).await;
            before = stage.picture().await;
        }
    }
}

async fn every(backing: Backing) {
    for (name, command) in commands_on(backing) {
        drop_at_every_step(backing, name, *command).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_dropped_command_leaves_the_state_before_or_after_in_memory() {
    every(Backing::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_dropped_command_leaves_the_state_before_or_after_in_sqlite() {
    every(Backing::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_dropped_command_leaves_the_state_before_or_after_in_postgres() {
    every(Backing::Postgres).await;
}
