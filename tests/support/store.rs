//! The shipped stores: every test is generated for each.

use std::sync::Arc;

use tenure::store::{MemoryStore, Store};

/// On what a test runs.
#[derive(Debug, Clone, Copy)]
pub enum Backing {
    Memory,
}

impl Backing {
    /// A new store, with the folder that it is in, if it is in one.
    pub fn open(self) -> (Arc<dyn Store>, Option<tempfile::TempDir>) {
        match self {
            Self::Memory => (Arc::new(MemoryStore::new()), None),
        }
    }
}

/// Makes of each named function one test a store: `memory::name`. Each gets a fresh world under the policy.
macro_rules! for_every_store {
    ($policy:expr; $($name:ident),+ $(,)?) => {
        $crate::support::for_every_store!(@ memory Memory, $policy; $($name),+);
    };
    (@ $module:ident $backing:ident, $policy:expr; $($name:ident),+) => {
        mod $module {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::support::World::open($crate::support::Backing::$backing, $policy)).await;
                }
            )+
        }
    };
}

pub(crate) use for_every_store;
