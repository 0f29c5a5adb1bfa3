//! How a database is reached.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
#[cfg(feature = "postgres-tls")]
use tokio_postgres::config::SslMode;

use super::dial::{Address, Dial, Way};
use super::failure::Failure;
use super::lent::Connections;
use super::{PostgresStore, schema};
use crate::store::StoreError;

/// How to open a [`PostgresStore`].
///
/// ```no_run
/// # async fn open() -> Result<(), tenure::store::StoreError> {
/// use std::time::Duration;
/// use tenure::store::postgres::PostgresOptions;
///
/// let store = PostgresOptions::new("postgres://back_office:secret@db.example.com/back_office")?
///     .writers(8)
///     .statement_timeout(Duration::from_secs(10))
///     .open()
///     .await?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresOptions {
    source: Source,
    readers: usize,
    writers: usize,
    connect_timeout: Duration,
    statement_timeout: Duration,
    behind_pooler: bool,
    #[cfg(feature = "postgres-tls")]
    roots: Vec<rustls::pki_types::CertificateDer<'static>>,
}

#[derive(Clone)]
enum Source {
    Address(Box<Config>),
    Lent(Arc<dyn Connections>),
}

impl PostgresOptions {
    /// A database, with everything as it is by default: 2 connections for short reads, 2 for long ones and 4 for commits;
    /// 10 seconds to connect, 30 seconds for a statement. `url` is `postgres://user:password@host:port/database?…`, or
    /// `host=… user=… password=… dbname=…`; a path as host is the folder of a Unix socket.
    ///
    /// What `sslmode` says is done: `require` is TLS (feature `postgres-tls`) with a certificate that is trusted and names
    /// the host, or no connection; `prefer`, the default, is TLS where that can be had, and promises nothing; `disable` is
    /// none.
    ///
    /// # Errors
    /// [`Other`](crate::store::StoreErrorKind::Other) where it is neither.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(Failure::Postgres)?;
        if config.get_application_name().is_none() {
            config.application_name("tenure");
        }
        Ok(Self::with(Source::Address(Box::new(config))))
    }

    /// Connections of the host's own, each lent for a call at a time: of its pool, or made in ways that an address cannot
    /// say. [`Connections`] has what they must be like.
    ///
    /// How many there are, and how long the server may take over a statement, is then the host's to say:
    /// [`readers`](Self::readers) and [`writers`](Self::writers) mean nothing. An answer that takes 5 seconds longer than
    /// [`statement_timeout`](Self::statement_timeout) counts as lost all the same.
    pub fn lent(connections: impl Connections + 'static) -> Self {
        Self::with(Source::Lent(Arc::new(connections)))
    }

    fn with(source: Source) -> Self {
        Self {
            source,
            readers: 2,
            writers: 4,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            behind_pooler: false,
            #[cfg(feature = "postgres-tls")]
            roots: Vec::new(),
        }
    }

    /// How many connections serve the short reads, shared by all who read; as many again serve listings and the like. At
    /// least one. Each is made when it is first wanted.
    pub fn readers(self, readers: usize) -> Self {
        let readers = readers.max(1);
        Self { readers, ..self }
    }

    /// How many commits are under way at a time, each on a connection of its own; more wait their turn. At least one.
    pub fn writers(self, writers: usize) -> Self {
        let writers = writers.max(1);
        Self { writers, ..self }
    }

    /// How long making a connection may take, or waiting for one that is lent, in all; then the call fails as
    /// [`Transient`](crate::store::StoreErrorKind::Transient).
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// How long the server may take over a statement, waiting for locks included; then it breaks it off, nothing is
    /// written, and the call fails as [`Transient`](crate::store::StoreErrorKind::Transient). Where even that answer does
    /// not come within 5 seconds more, the line counts as lost.
    pub fn statement_timeout(self, statement_timeout: Duration) -> Self {
        Self {
            statement_timeout,
            ..self
        }
    }

    /// Whether a pooler is between that gives a connection to another client after each transaction, such as PgBouncer in
    /// transaction mode. Then nothing is asked of a connection that outlives a transaction: statements are not prepared but
    /// parsed each time, and no session is set up. What a session would be set to has to be the account's or the database's
    /// setting (`ALTER ROLE … SET statement_timeout = '30s'`); opening fails as
    /// [`Other`](crate::store::StoreErrorKind::Other) where `synchronous_commit` is off or transactions are not READ
    /// COMMITTED by default.
    pub fn behind_pooler(self, behind_pooler: bool) -> Self {
        Self { behind_pooler, ..self }
    }

    /// Certificates of authorities, as PEM, that are trusted besides the public ones. Who gives some wants TLS: `sslmode`
    /// is `require` from here on, unless it is `disable`.
    ///
    /// # Errors
    /// [`Other`](crate::store::StoreErrorKind::Other) where there is no certificate, or one cannot be read.
    #[cfg(feature = "postgres-tls")]
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, StoreError> {
        self.roots.extend(super::tls::roots(pem)?);
        if let Source::Address(config) = &mut self.source
            && config.get_ssl_mode() == SslMode::Prefer
        {
            config.ssl_mode(SslMode::Require);
        }
        Ok(self)
    }

    /// Connects, and brings the tables to the version of this release.
    ///
    /// # Errors
    /// [`Credentials`](crate::store::StoreErrorKind::Credentials) where the server does not let this account in,
    /// [`NotPermitted`](crate::store::StoreErrorKind::NotPermitted) where it may not create the tables,
    /// [`ReadOnly`](crate::store::StoreErrorKind::ReadOnly) where the server takes no writes,
    /// [`NewerSchema`](crate::store::StoreErrorKind::NewerSchema) where a newer release made the tables,
    /// [`Untrusted`](crate::store::StoreErrorKind::Untrusted) where `sslmode=require` cannot be kept,
    /// [`Transient`](crate::store::StoreErrorKind::Transient) where the server cannot be reached, and
    /// [`Other`](crate::store::StoreErrorKind::Other) for all else, such as a database that does not exist.
    pub async fn open(&self) -> Result<PostgresStore, StoreError> {
        let dial = self.dial()?;
        let line = schema::migrate(&dial).await?;
        Ok(PostgresStore::start(&dial, line, self.readers, self.writers))
    }

    /// Brings the tables to the version of this release and opens nothing: for a step of a deployment, with an account
    /// that may create tables. [`open`](Self::open) does so too.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(schema::migrate(&self.dial()?).await.map(drop)?)
    }

    #[cfg(feature = "postgres-tls")]
    fn address(&self, config: Config) -> Result<Address, Failure> {
        Address::new(config, &self.roots)
    }

    #[cfg(not(feature = "postgres-tls"))]
    #[expect(clippy::unused_self, reason = "with the feature it has root certificates")]
    fn address(&self, config: Config) -> Result<Address, Failure> {
        Address::new(config)
    }

    fn dial(&self) -> Result<Dial, Failure> {
        let way = match &self.source {
            Source::Lent(connections) => Way::Lent(Arc::clone(connections)),
            Source::Address(config) => Way::Own(Box::new(self.address(Config::clone(config))?)),
        };
        Ok(Dial {
            way,
            connect_timeout: self.connect_timeout,
            statement_timeout: self.statement_timeout,
            behind_pooler: self.behind_pooler,
        })
    }
}

impl std::fmt::Debug for PostgresOptions {
    // Of the address only what is no secret, whatever the driver shows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let config = match &self.source {
            Source::Address(config) => Some(config),
            Source::Lent(_) => None,
        };
        f.debug_struct("PostgresOptions")
            .field("user", &config.and_then(|config| config.get_user()))
            .field("database", &config.and_then(|config| config.get_dbname()))
            .field("readers", &self.readers)
            .field("writers", &self.writers)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("behind_pooler", &self.behind_pooler)
            .finish_non_exhaustive()
    }
}
