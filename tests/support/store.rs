//! The shipped stores: every test is generated for each.

use std::sync::Arc;

use tenure::store::sqlite::{SqliteOptions, Synchronous};
use tenure::store::{MemoryStore, PostgresStore, Store};
use tenure::testing::postgres::{PostgresServer, TestDatabase};

/// On what a test runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Backing {
    Memory,
    Sqlite,
    Postgres,
}

/// Where a store keeps its records. It goes when this does.
#[expect(dead_code, reason = "held, and not looked at")]
#[derive(Debug)]
pub(crate) enum Place {
    Folder(tempfile::TempDir),
    Database(TestDatabase),
}

impl Backing {
    /// A new store, with the place that it is in, if it is in one.
    pub(crate) fn open(self) -> (Arc<dyn Store>, Option<Place>) {
        match self {
            Self::Memory => (Arc::new(MemoryStore::new()), None),
            Self::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                // What a power cut would do is not asked here.
                let options = SqliteOptions::new(folder.path().join("tenure.db")).synchronous(Synchronous::Normal);
                (Arc::new(options.open().unwrap()), Some(Place::Folder(folder)))
            }
            Self::Postgres => {
                let Some(server) = PostgresServer::shared() else {
                    // Said to be skipped; the test still wants a store.
                    return Self::Memory.open();
                };
                let database = server.database();
                let url = database.url();
                let connect = || tokio::runtime::Handle::current().block_on(PostgresStore::connect(&url));
                let store = tokio::task::block_in_place(connect).unwrap();
                (Arc::new(store), Some(Place::Database(database)))
            }
        }
    }
}

/// Makes of each named function one test a store: `memory::name`. Each gets a fresh world under the policy.
macro_rules! for_every_store {
    ($policy:expr; $($name:ident),+ $(,)?) => {
        $crate::support::for_every_store!(@ memory Memory, $policy; $($name),+);
        $crate::support::for_every_store!(@ sqlite Sqlite, $policy; $($name),+);
        $crate::support::for_every_store!(@ postgres Postgres, $policy; $($name),+);
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
