//! TLS: what `sslmode` says is done, and whom the server has to be.

use std::fmt::Write as _;
use std::io::Write as _;

use rcgen::CertifiedKey;
use tenure::store::postgres::PostgresOptions;
use tenure::store::{Store, StoreErrorKind};
use tenure::testing::postgres::{PostgresServer, TestDatabase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{TENANT, client, fails};

/// A server with a certificate that names `localhost`, signed by itself, and an account `kate` that needs a password.
struct Secured {
    server: &'static PostgresServer,
    database: TestDatabase,
    root: String,
}

impl Secured {
    async fn start() -> Option<Self> {
        let server = PostgresServer::alone_on_tcp()?;
        let host = client(&server.url("postgres")).await;
        let library: String = host.query_one("SHOW ssl_library", &[]).await.unwrap().get(0);
        if library.is_empty() {
            assert!(std::env::var_os("CI").is_none(), "this PostgreSQL is built without TLS");
            let _ = writeln!(std::io::stderr(), "SKIPPED: this PostgreSQL is built without TLS");
            return None;
        }
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
        let root = cert.pem();
        write(server, "server.crt", &root);
        write(server, "server.key", &signing_key.serialize_pem());
        write(
            server,
            "pg_hba.conf",
            "host all kate all scram-sha-256\nhost all all all trust\nlocal all all trust",
        );
        server.run("ALTER SYSTEM SET ssl = on");
        server.restart();
        server.run("CREATE ROLE kate SUPERUSER LOGIN PASSWORD 'secret'");
        let database = server.database();
        Some(Self { server, database, root })
    }

    fn url(&self, host: &str, more: &str) -> String {
        let (name, port) = (self.database.name(), self.server.address().1);
        format!("host={host} port={port} dbname={name} user=tenure {more}")
    }

    fn options(&self, host: &str, more: &str) -> PostgresOptions {
        let options = PostgresOptions::new(&self.url(host, more)).unwrap();
        options.root_certificates(self.root.as_bytes()).unwrap()
    }

    async fn version(&self) -> i32 {
        let host = client(&self.database.url()).await;
        let sql = "SELECT current_setting('server_version_num')::int / 10000";
        host.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Opens a store and asks the server which of its connections are encrypted.
    async fn encrypted(&self, options: &PostgresOptions) -> Vec<bool> {
        let store = options.open().await.unwrap();
        store.load(TENANT, &[]).await.unwrap();
        let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
            WHERE application_name = 'tenure' AND datname = current_database()";
        let host = client(&self.database.url()).await;
        let encrypted = host.query(sql, &[]).await.unwrap();
        encrypted.iter().map(|row| row.get(0)).collect()
    }
}

/// Writes a file among the server's own, for the server's eyes only.
fn write(server: &PostgresServer, file: &str, text: &str) {
    let mut lines = String::new();
    for line in text.lines() {
        write!(lines, "('{line}'),").unwrap();
    }
    let lines = lines.trim_end_matches(',');
    server.run(&format!("COPY (VALUES {lines}) TO PROGRAM 'umask 077; cat > {file}'"));
}

/// How opening a store so fails.
async fn refused(options: &PostgresOptions) -> StoreErrorKind {
    options.open().await.unwrap_err().kind()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_has_to_prove_who_it_is() {
    let Some(secured) = Secured::start().await else { return };
    assert_eq!(secured.encrypted(&secured.options("localhost", "")).await, [true]);
    let untrusted = StoreErrorKind::Untrusted;
    assert_eq!(fails(&secured.url("localhost", "sslmode=require")).await, untrusted);
    assert_eq!(
        refused(&secured.options("127.0.0.1", "")).await,
        untrusted,
        "another name"
    );

    // Who does not insist gets what can be had.
    let url = secured.url("localhost", "sslmode=prefer");
    let prefers = PostgresOptions::new(&url).unwrap();
    assert_eq!(secured.encrypted(&prefers).await, [false]);
    let disabled = secured.options("localhost", "sslmode=disable");
    assert_eq!(secured.encrypted(&disabled).await, [false]);

    // TLS from the first byte.
    let direct = secured.options("localhost", "sslnegotiation=direct sslmode=require");
    if secured.version().await >= 17 {
        assert_eq!(secured.encrypted(&direct).await, [true]);
    } else {
        direct.open().await.unwrap_err();
    }

    let kate = |password: &str| format!("user=kate channel_binding=require {password}");
    let bound = secured.options("localhost", &kate("password=secret"));
    assert_eq!(secured.encrypted(&bound).await, [true]);
    for wrong in ["password=guess", ""] {
        let wrong = secured.options("localhost", &kate(wrong));
        assert_eq!(refused(&wrong).await, StoreErrorKind::Credentials);
    }
}

#[tokio::test]
async fn without_tls_to_be_had_nothing_is_sent_in_the_clear() {
    // A Unix socket has none.
    let (_, database) = crate::database!();
    let url = format!("{} sslmode=require", database.url());
    assert_eq!(fails(&url).await, StoreErrorKind::Untrusted);
}

#[tokio::test]
async fn a_line_that_breaks_while_it_is_being_secured_may_hold_later() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            line.read_exact(&mut [0; 8]).await.unwrap();
            line.write_all(b"S").await.unwrap();
            line.read_exact(&mut [0; 8]).await.unwrap();
        }
    });
    let url = format!("host=127.0.0.1 port={port} user=tenure sslmode=require");
    assert_eq!(fails(&url).await, StoreErrorKind::Transient);
}

#[test]
fn what_is_no_certificate_is_refused() {
    for wrong in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let options = PostgresOptions::new("host=localhost").unwrap();
        let error = options.root_certificates(wrong.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Other, "{wrong}");
    }
}
