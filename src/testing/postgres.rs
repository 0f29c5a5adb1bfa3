//! A PostgreSQL server for tests, started on the spot, with a database for each test.
//!
//! `initdb` and `postgres` are looked for in `TENURE_TEST_POSTGRES_BIN`, on the `PATH` and in the usual folders. The server
//! has a folder of its own among the temporary files and a Unix socket in it, and ends with the process that started it,
//! however that ends. With `TENURE_TEST_POSTGRES_URL` that server is used instead, without TLS, and with an account that may
//! create databases.

#![expect(clippy::expect_used, reason = "a test kit reports by panicking")]

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio_postgres::{Config, NoTls};

use crate::store::postgres::PostgresOptions;

const SCRIPT: &str = include_str!("postgres.sh");
/// The database that those of tests are copies of: empty tables, made once.
const TEMPLATE: &str = "tenure_template";

/// Ends what is still connected, and empties all tables. (To wait in `pg_terminate_backend` takes a tenth of a second each.)
const EMPTY: &str = "DO $$
    DECLARE
        tables text;
    BEGIN
        LOOP
            PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
            EXIT WHEN NOT FOUND;
            PERFORM pg_sleep(0.002);
            PERFORM pg_stat_clear_snapshot();
        END LOOP;
        SELECT string_agg(oid::regclass::text, ', ') INTO tables FROM pg_class
        WHERE relkind = 'r' AND relname LIKE 'tenure\\_%' AND relname <> 'tenure_schema';
        EXECUTE 'TRUNCATE ' || tables;
    END
    $$";

/// A server, with an empty database of tables to copy.
#[derive(Debug)]
pub struct PostgresServer {
    base: Config,
    own: Option<Own>,
    /// Databases that earlier tests left behind, emptied.
    free: Mutex<Vec<String>>,
}

/// What is only known of a server that was started here.
#[derive(Debug)]
struct Own {
    folder: PathBuf,
    /// The server runs while this is open.
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

/// A database of one test at a time. It is emptied, or goes, when this does.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    used_again: bool,
    server: &'static PostgresServer,
}

impl PostgresServer {
    /// The server of this process, started when it is first asked for. None where there is no PostgreSQL on this machine:
    /// then a line on the standard error output says so, and the test that asks has nothing to test.
    ///
    /// # Panics
    /// Where there is none and the environment has `CI`, which must not pass over tests; where it does not start.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<PostgresServer>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(None)).as_ref()
    }

    /// A server of one's own, to be restarted, apart from the one that all others share. It ends with the process.
    ///
    /// # Panics
    /// As [`shared`](Self::shared). It is none either where `TENURE_TEST_POSTGRES_URL` names a server: that one is not
    /// ours to restart.
    pub fn alone() -> Option<&'static Self> {
        Self::start_alone(None)
    }

    /// As [`alone`](Self::alone), and it listens on 127.0.0.1 too, at the port of its [`address`](Self::address).
    ///
    /// # Panics
    /// As [`shared`](Self::shared).
    pub fn alone_on_tcp() -> Option<&'static Self> {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        Self::start_alone(Some(free.expect("a free port").port()))
    }

    fn start_alone(port: Option<u16>) -> Option<&'static Self> {
        let server = Self::start(port)?;
        if server.own.is_none() {
            skipped("the server of TENURE_TEST_POSTGRES_URL is not ours to set up or restart");
            return None;
        }
        Some(Box::leak(Box::new(server)))
    }

    fn start(port: Option<u16>) -> Option<Self> {
        let (base, own) = if let Ok(url) = env::var("TENURE_TEST_POSTGRES_URL") {
            let base = url
                .parse()
                .expect("TENURE_TEST_POSTGRES_URL is the address of a server");
            (base, None)
        } else {
            let own = Own::start(port)?;
            let mut base = Config::new();
            if let Some(port) = port {
                base.port(port);
            }
            base.host_path(&own.folder).user("tenure").dbname("postgres");
            (base, Some(own))
        };
        let free = Mutex::default();
        let server = Self { base, own, free };
        if server.own.is_some() {
            server.run(&format!("CREATE DATABASE {TEMPLATE} TEMPLATE template0"));
            let options = PostgresOptions::new(&server.url(TEMPLATE)).expect("the address of the template");
            blocking(async move { options.migrate().await }).expect("the tables of the template");
        }
        Some(server)
    }

    /// A database with empty tables, for a test that only opens stores on it: others used it before and will again, since
    /// emptying it takes less than making one. (Of a server at `TENURE_TEST_POSTGRES_URL`: a new one without any table.)
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn database(&'static self) -> TestDatabase {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match free {
            Some(name) => self.named(name, true),
            None if self.own.is_some() => self.create(&format!("TEMPLATE {TEMPLATE}"), true),
            None => self.empty_database(),
        }
    }

    /// A new database without any table, which nobody uses afterwards.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn empty_database(&'static self) -> TestDatabase {
        self.create("TEMPLATE template0 ENCODING 'UTF8'", false)
    }

    fn create(&'static self, of: &str, used_again: bool) -> TestDatabase {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Two processes on one server must not meet.
        let name = format!("tenure_test_{}_{number}", std::process::id());
        self.run(&format!("CREATE DATABASE {name} {of}"));
        self.named(name, used_again)
    }

    fn named(&'static self, name: String, used_again: bool) -> TestDatabase {
        TestDatabase {
            name,
            used_again,
            server: self,
        }
    }

    /// The address of a database on this server.
    pub fn url(&self, database: &str) -> String {
        let (host, port) = self.address();
        let quoted = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
        let user = self.base.get_user().map(|user| format!(" user={}", quoted(user)));
        let password = self.base.get_password().map(String::from_utf8_lossy);
        let password = password.map(|password| format!(" password={}", quoted(&password)));
        let account = [user, password].into_iter().flatten().collect::<String>();
        format!("dbname={database} host={host} port={port}{account}")
    }

    /// Where the server listens: a host, or the folder of its socket, and a port.
    pub fn address(&self) -> (String, u16) {
        let host = match self.base.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(tokio_postgres::config::Host::Unix(path)) => path.to_string_lossy().into_owned(),
            None => "localhost".to_owned(),
        };
        (host, self.base.get_ports().first().copied().unwrap_or(5432))
    }

    /// Stops the server, whatever is under way, and starts it again.
    ///
    /// # Panics
    /// Where it does not come up again, or is not ours.
    pub fn restart(&self) {
        let own = self.own.as_ref().expect("a server that was started here");
        let mut pipes = own.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(pipes.0).expect("the server's script runs");
        let mut line = String::new();
        pipes.1.read_line(&mut line).expect("the server's script answers");
        assert_eq!(line, "again\n", "the server does not start again");
    }

    /// Runs statements as the owner of the server, in its database for such.
    ///
    /// # Panics
    /// Where one fails.
    pub fn run(&self, sql: &str) {
        run(self.base.clone(), sql);
    }
}

impl TestDatabase {
    /// The address, as [`PostgresOptions::new`] takes it.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements in this database as the owner of the server.
    ///
    /// # Panics
    /// Where one fails.
    pub fn run(&self, sql: &str) {
        let mut config = self.server.base.clone();
        config.dbname(&self.name);
        run(config, sql);
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.used_again && !std::thread::panicking() {
            self.run(EMPTY);
            let mut free = self.server.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.push(self.name.clone());
        } else {
            self.server.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// Past what the test harness captures: a test that is passed over must be seen.
fn skipped(why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {why}");
}

fn run(config: Config, sql: &str) {
    let sql = sql.to_owned();
    blocking(async move {
        let (client, connection) = config.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        let done = client.batch_execute(&sql).await;
        drop(client);
        let _ = connection.await;
        done
    })
    .expect("statements for tests");
}

/// Waits for a future on a thread of its own: whoever calls may be inside a runtime, which must not block.
fn blocking<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let wait = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(future)
    };
    std::thread::spawn(wait).join().expect("a thread that waits")
}

impl Own {
    fn start(port: Option<u16>) -> Option<Self> {
        let mut command = Command::new("sh");
        if let Some(port) = port {
            command.env("TENURE_TEST_POSTGRES_PORT", port.to_string());
        }
        command.args(["-c", SCRIPT]).env("TENURE_SCRIPT", SCRIPT);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        // Whoever stops the tests from a terminal stops their group; the script is to tidy up after them.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let said = command.spawn().and_then(|mut child| {
            let stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
            let mut stdout = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
            let mut line = String::new();
            stdout.read_line(&mut line)?;
            Ok((line, (stdin, stdout)))
        });
        let (line, pipes) = said.unwrap_or_else(|error| panic!("cannot start PostgreSQL: {error}"));
        match line.trim_end().split_once(' ') {
            Some(("ready", folder)) => Some(Self {
                folder: folder.into(),
                pipes: Mutex::new(pipes),
            }),
            Some((_, why)) => panic!("PostgreSQL does not start: {why}"),
            None => {
                assert!(
                    env::var_os("CI").is_none(),
                    "no PostgreSQL here, and CI must not pass over its tests"
                );
                skipped("no PostgreSQL here (initdb, postgres or TENURE_TEST_POSTGRES_URL)");
                None
            }
        }
    }
}
