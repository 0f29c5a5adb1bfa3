//! Poolers that give a connection to another client after each transaction.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tenure::store::postgres::PostgresOptions;
use tenure::store::{Counter, PostgresStore, Store, StoreErrorKind};
use tenure::testing::conformance;
use tenure::testing::postgres::PostgresServer;

use crate::pool::call_everything;
use crate::proxy::Proxy;
use crate::{TENANT, added, adding, client, database, kind_of};

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_no_statement_has_a_name() {
    let (server, database) = database!();
    let proxy = Proxy::start(server).await;
    let options = PostgresOptions::new(&proxy.url(&database.url())).unwrap();
    let store = options.clone().behind_pooler(true).open().await.unwrap();
    call_everything(&store, 1, |_| ()).await;
    assert_eq!(proxy.named_statements(), 0);
    // And no more round trips for it: one each, and one more for each end of the transaction that leases mail.
    let before = proxy.round_trips();
    call_everything(&store, 2, |_| ()).await;
    assert_eq!(proxy.round_trips() - before, 12);

    call_everything(&options.open().await.unwrap(), 3, |_| ()).await;
    assert!(proxy.named_statements() > 5, "names are seen where there are any");
}

/// PgBouncer in transaction mode, with two connections a database.
struct PgBouncer {
    port: u16,
    /// It runs while its standard input is open.
    child: Child,
    _folder: tempfile::TempDir,
}

/// Becomes somebody else where it is root, which PgBouncer refuses to be.
const SCRIPT: &str = r#"
    if [ "$(id -u)" = 0 ]; then set -- -u nobody "$1"; fi
    pgbouncer -q "$@" >/dev/null 2>&1 </dev/null &
    read -r _
    kill "$!"
    wait
"#;

impl PgBouncer {
    /// None where it is not installed, which is said.
    fn start(server: &PostgresServer, settings: &str) -> Option<Self> {
        let wanted = std::env::var_os("TENURE_TEST_PGBOUNCER").is_some();
        let version = Command::new("pgbouncer").arg("--version").output();
        if version.is_err() && !wanted {
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: no pgbouncer here (TENURE_TEST_PGBOUNCER insists)"
            );
            return None;
        }
        assert!(
            version.is_ok(),
            "TENURE_TEST_PGBOUNCER is set, and there is no pgbouncer"
        );
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=tenure\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 1000\n{settings}",
            server.address().1
        );
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(&file).stdin(Stdio::piped());
        let child = command.spawn().unwrap();
        let bouncer = Self {
            port,
            child,
            _folder: folder,
        };
        bouncer.wait();
        Some(bouncer)
    }

    fn wait(&self) {
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("pgbouncer does not start");
    }

    fn url(&self, database: &str) -> String {
        format!("host=127.0.0.1 port={} user=tenure dbname={database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The whole suite, so that statements of many connections meet on two.
#[test]
fn through_pgbouncer_in_transaction_mode_the_laws_hold() {
    let Some(server) = PostgresServer::alone_on_tcp() else {
        return;
    };
    let Some(bouncer) = PgBouncer::start(server, "") else {
        return;
    };
    let next = AtomicUsize::new(0);
    let run = || {
        while let Some(case) = conformance::CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
            conformance::run(case.name, async || {
                let database = server.database();
                let options = PostgresOptions::new(&bouncer.url(database.name())).unwrap();
                let store: PostgresStore = options.behind_pooler(true).open().await.unwrap();
                (Arc::new(store) as Arc<dyn Store>, database)
            });
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(run)));
}

/// All connections of the pooler are taken, and it hangs up on who waits.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_pooler_breaks_off_is_lost_and_can_be_repeated() {
    let Some(server) = PostgresServer::alone_on_tcp() else {
        return;
    };
    let Some(bouncer) = PgBouncer::start(server, "query_wait_timeout = 1\n") else {
        return;
    };
    let database = server.database();
    let url = bouncer.url(database.name());
    let options = PostgresOptions::new(&url).unwrap().behind_pooler(true);
    let store = options.open().await.unwrap();
    assert_eq!(store.counter(TENANT, Counter::Seats).await.unwrap(), 0);
    let others = [client(&url).await, client(&url).await];
    for other in &others {
        other.batch_execute("BEGIN").await.unwrap();
    }
    let error = store.commit(adding(1)).await.unwrap_err();
    assert_eq!(kind_of(&error), Some(StoreErrorKind::UnknownOutcome), "{error:?}");
    let error = store.counter(TENANT, Counter::Seats).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Transient, "{error:?}");
    drop(others);
    assert_eq!(store.commit(adding(1)).await.unwrap(), added());
    assert_eq!(store.counter(TENANT, Counter::Seats).await.unwrap(), 1);
}
