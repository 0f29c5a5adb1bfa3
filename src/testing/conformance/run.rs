//! Running a case.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{CASES, Case};
use crate::store::Store;

/// A store that does not answer for so long hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the function that opens a store gives: the store, alone or with whatever must live as long as it does.
pub trait Opened {
    /// The two apart.
    fn parts(self) -> (Arc<dyn Store>, Box<dyn Any>);
}

impl Opened for Arc<dyn Store> {
    fn parts(self) -> (Arc<dyn Store>, Box<dyn Any>) {
        (self, Box::new(()))
    }
}

impl<G: 'static> Opened for (Arc<dyn Store>, G) {
    fn parts(self) -> (Arc<dyn Store>, Box<dyn Any>) {
        (self.0, Box::new(self.1))
    }
}

/// Runs a case by its name on a store that `open` opens, on a runtime of its own.
///
/// # Panics
/// Where the store breaks the clause that the case proves, or does not answer within two minutes; where there is no such
/// case.
pub fn run<F>(name: &str, open: impl FnOnce() -> F)
where
    F: Future<Output: Opened>,
{
    let case = named(name);
    runtime().block_on(async {
        let (store, _guard) = open().await.parts();
        in_time(case, store).await;
    });
}

/// Runs a case by its name on this empty store, on a runtime of its own.
///
/// # Panics
/// As [`run`].
pub fn run_on(name: &str, store: Arc<dyn Store>) {
    runtime().block_on(in_time(named(name), store));
}

async fn in_time(case: &Case, store: Arc<dyn Store>) {
    let run = tokio::time::timeout(PATIENCE, (case.run)(store)).await;
    assert!(run.is_ok(), "{}: the store does not answer", case.name);
}

fn named(name: &str) -> &'static Case {
    match CASES.iter().find(|case| case.name == name) {
        Some(case) => case,
        None => panic!("there is no case {name}"),
    }
}

/// Two workers, so that parallel tasks meet.
fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("a runtime with two workers")
}
