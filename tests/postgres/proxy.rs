//! A proxy in front of the server that reads along: it counts answers, and cuts the line at a given message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use tenure::testing::postgres::PostgresServer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

pub(crate) struct Proxy {
    port: u16,
    watch: Arc<Watch>,
}

#[derive(Default)]
struct Watch {
    /// "Ready for the next" from the server, which ends each round trip.
    ready: AtomicU64,
    /// Statements that were prepared under a name.
    named: AtomicU64,
    /// How many more messages pass, both ways taken together; below zero: all.
    left: AtomicI64,
    /// Whether a line is left open and silent rather than cut.
    holds: AtomicBool,
}

impl Proxy {
    pub(crate) async fn start(server: &PostgresServer) -> Self {
        let (host, server_port) = server.address();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let watch = Arc::new(Watch::default());
        watch.left.store(-1, Ordering::SeqCst);
        let watching = Arc::clone(&watch);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let watch = Arc::clone(&watching);
                if host.starts_with('/') {
                    let server = UnixStream::connect(format!("{host}/.s.PGSQL.{server_port}"))
                        .await
                        .unwrap();
                    tokio::spawn(carry(client, server, watch));
                } else {
                    let server = TcpStream::connect((host.as_str(), server_port)).await.unwrap();
                    tokio::spawn(carry(client, server, watch));
                }
            }
        });
        Self { port, watch }
    }

    /// The address of a database through this proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        // The last of two settings of one name counts; hosts and ports add up.
        let others = url
            .split(' ')
            .filter(|part| !part.starts_with("host=") && !part.starts_with("port="));
        let others: Vec<&str> = others.collect();
        format!("{} host=127.0.0.1 port={} sslmode=disable", others.join(" "), self.port)
    }

    /// How many round trips there were so far.
    pub(crate) fn round_trips(&self) -> u64 {
        self.watch.ready.load(Ordering::SeqCst)
    }

    /// How many statements were given a name so far.
    pub(crate) fn named_statements(&self) -> u64 {
        self.watch.named.load(Ordering::SeqCst)
    }

    /// Lets so many more messages pass, then cuts every line on which another one comes.
    pub(crate) fn cut_after(&self, messages: i64) {
        self.watch.left.store(messages, Ordering::SeqCst);
    }

    /// Lets so many more messages pass, then lets nothing pass on lines on which another one comes, and closes none.
    pub(crate) fn hold_after(&self, messages: i64) {
        self.watch.holds.store(true, Ordering::SeqCst);
        self.cut_after(messages);
    }

    /// Lets everything pass, but on lines that are held for good.
    pub(crate) fn mend(&self) {
        self.watch.holds.store(false, Ordering::SeqCst);
        self.watch.left.store(-1, Ordering::SeqCst);
    }
}

impl Watch {
    fn lets_pass(&self) -> bool {
        let one_less = |left: i64| match left {
            0 => None,
            left if left < 0 => Some(left),
            left => Some(left - 1),
        };
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
    }
}

/// Carries messages both ways until one side ends or the line is cut.
async fn carry<S>(client: TcpStream, server: S, watch: Arc<Watch>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let up = pass(from_client, to_server, false, Arc::clone(&watch));
    let down = pass(from_server, to_client, true, watch);
    // Whichever ends first drops the other, and so closes both sides.
    tokio::select! { _ = up => {}, _ = down => {} }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    from_server: bool,
    watch: Arc<Watch>,
) -> std::io::Result<()> {
    // The first message of a client alone has no letter that says what it is.
    let mut has_letter = from_server;
    loop {
        let mut message = vec![0; if has_letter { 5 } else { 4 }];
        from.read_exact(&mut message).await?;
        let length = message
            .last_chunk::<4>()
            .map_or(4, |length| u32::from_be_bytes(*length));
        let head = message.len();
        message.resize(head + length as usize - 4, 0);
        from.read_exact(&mut message[head..]).await?;
        has_letter = true;
        if !watch.lets_pass() {
            if watch.holds.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            return Ok(());
        }
        to.write_all(&message).await?;
        to.flush().await?;
        match (from_server, message.first()) {
            (true, Some(b'Z')) => _ = watch.ready.fetch_add(1, Ordering::SeqCst),
            // "Parse": what follows the length is the name, empty or not.
            (false, Some(b'P')) if message.get(5) != Some(&0) => _ = watch.named.fetch_add(1, Ordering::SeqCst),
            _ => {}
        }
    }
}
