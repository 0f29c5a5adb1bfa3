//! Lines: logins that would get in each other's way at the store wait for one another here.

use tokio::sync::{Mutex, MutexGuard};

use crate::id::ThrottleId;
use crate::rules::login::Login;
use crate::rules::throttle::Tally;

/// Guesses at one account, and logins from one network, write the same record, and the store lets one of them through at a
/// time. Left to themselves, N at once would make it try N² times; in line they make it try N times. The store decides all
/// the same: other programs stand in no line of ours.
#[derive(Debug)]
pub(crate) struct Lines {
    accounts: Vec<Mutex<()>>,
    networks: Vec<Mutex<()>>,
}

/// A place at the head of both lines, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(#[expect(dead_code, reason = "held for its drop")] [Option<MutexGuard<'a, ()>>; 2]);

/// How many lines of each kind there are. Who shares one waits a little for a stranger.
const LINES: usize = 64;

impl Default for Lines {
    fn default() -> Self {
        let lines = || (0..LINES).map(|_| Mutex::default()).collect();
        Self {
            accounts: lines(),
            networks: lines(),
        }
    }
}

impl Lines {
    /// Waits for its turn: first for the account, then for the network, so that no two wait for each other.
    pub(crate) async fn turn(&self, account: ThrottleId, network: Option<ThrottleId>) -> Turn<'_> {
        let account = wait(&self.accounts, account).await;
        let network = match network {
            Some(network) => wait(&self.networks, network).await,
            None => None,
        };
        Turn([account, network])
    }

    /// The turn of a login.
    pub(crate) async fn turn_of(&self, login: &Login) -> Turn<'_> {
        let network = login.network.as_ref().map(Tally::id);
        self.turn(login.account.id(), network).await
    }
}

async fn wait(lines: &[Mutex<()>], throttle: ThrottleId) -> Option<MutexGuard<'_, ()>> {
    // The last byte is as good as chance: it is of a digest.
    let number = usize::from(throttle.as_uuid().as_bytes()[15]) % LINES;
    Some(lines.get(number)?.lock().await)
}
