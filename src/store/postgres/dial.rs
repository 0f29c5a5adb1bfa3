//! How a connection is made.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, Socket};

use super::failure::Failure;
use super::lent::Connections;
use super::link::Line;

/// How to come by a connection.
#[derive(Clone)]
pub(super) struct Dial {
    pub(super) way: Way,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) behind_pooler: bool,
}

#[derive(Clone)]
pub(super) enum Way {
    Own(Box<Address>),
    Lent(Arc<dyn Connections>),
}

/// Where the server is, and how it is talked to.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    #[cfg(feature = "postgres-tls")]
    tls: tokio_postgres_rustls::MakeRustlsConnect,
}

impl Dial {
    /// A connection that is set up.
    pub(super) async fn connect(&self) -> Result<Line, Failure> {
        let line = tokio::time::timeout(self.connect_timeout, self.open());
        line.await.map_err(|_| Failure::TimedOut)?
    }

    /// Whether connections are the host's, who has them back after each call.
    pub(super) fn lends(&self) -> bool {
        matches!(self.way, Way::Lent(_))
    }

    /// The name of the database, where it is known.
    pub(super) fn database(&self) -> Option<&str> {
        match &self.way {
            Way::Own(address) => address.config.get_dbname(),
            Way::Lent(_) => None,
        }
    }

    async fn open(&self) -> Result<Line, Failure> {
        let prepares = !self.behind_pooler;
        match &self.way {
            Way::Lent(connections) => {
                let connection = connections.get().await.map_err(Failure::NotLent)?;
                Ok(Line::lent(connection, prepares, self.statement_timeout))
            }
            Way::Own(address) => {
                let client = address.open().await?;
                if !self.behind_pooler {
                    client.batch_execute(&self.settings()).await?;
                }
                Ok(Line::own(client, prepares, self.statement_timeout))
            }
        }
    }

    /// What the statements rely on, whatever the server's own defaults. Asynchronous commit would break law 1.
    fn settings(&self) -> String {
        let timeout = self.statement_timeout.as_millis().max(1);
        format!(
            "SET statement_timeout = {timeout}; SET idle_in_transaction_session_timeout = {timeout};
             SET default_transaction_isolation = 'read committed'; SET jit = off;
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    }
}

#[cfg(feature = "postgres-tls")]
impl Address {
    pub(super) fn new(config: Config, roots: &[rustls::pki_types::CertificateDer<'static>]) -> Result<Self, Failure> {
        let tls = super::tls::connector(roots)?;
        Ok(Self { config, tls })
    }

    async fn open(&self) -> Result<Client, Failure> {
        match self.config.get_ssl_mode() {
            SslMode::Disable => connect(&self.config, NoTls).await,
            SslMode::Prefer => self.preferably_secure().await,
            _ => self.secure().await,
        }
    }

    async fn secure(&self) -> Result<Client, Failure> {
        connect(&self.config, self.tls.clone()).await
    }

    /// Through TLS where that works, and else as without the feature: whoever can show a wrong certificate can as well say
    /// that there is no TLS, so nothing is lost by it.
    async fn preferably_secure(&self) -> Result<Client, Failure> {
        match self.secure().await {
            Err(failure) if failure.is_untrusted() => {
                let mut plain = self.config.clone();
                plain.ssl_mode(SslMode::Disable);
                connect(&plain, NoTls).await
            }
            answer => answer,
        }
    }
}

#[cfg(not(feature = "postgres-tls"))]
impl Address {
    pub(super) fn new(config: Config) -> Result<Self, Failure> {
        match config.get_ssl_mode() {
            SslMode::Disable | SslMode::Prefer => Ok(Self { config }),
            _ => Err(Failure::Untrusted(
                "sslmode asks for TLS, and this program is built without the feature postgres-tls",
            )),
        }
    }

    async fn open(&self) -> Result<Client, Failure> {
        connect(&self.config, NoTls).await
    }
}

async fn connect<T>(config: &Config, tls: T) -> Result<Client, Failure>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static>,
{
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(async move {
        // Whoever waits for an answer is told of the error too.
        if let Err(error) = connection.await {
            tracing::debug!(target: "tenure::postgres", %error, "a connection ended");
        }
    });
    Ok(client)
}
