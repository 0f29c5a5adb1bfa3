//! Lines: logins that would get in each other's way at the store wait for one another here.

use tokio::sync::{Mutex, MutexGuard};

use crate::id::ThrottleId;

/// Guesses with one name, and logins from one network, write the same record, and the store lets one of them through at a
/// time. Left to themselves, N at once would make it try N² times; in line they make it try N times. The store decides all
/// the same: other programs stand in no line of ours.
///
/// The lines are by the name that was typed, whoever has it: were they by the account, a flood of names that nobody has would
/// delay those of the same bucket, and by that tell them from those that somebody has (L1).
#[derive(Debug)]
pub(crate) struct Lines {
    names: Vec<Mutex<()>>,
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
            names: lines(),
            networks: lines(),
        }
    }
}

impl Lines {
    /// Waits for its turn: first for the network, then for the name. So no two wait for each other, and what waits for its
    /// network, however much of it, keeps nobody else's name waiting.
    pub(crate) async fn turn(&self, name: ThrottleId, network: Option<ThrottleId>) -> Turn<'_> {
        let network = match network {
            Some(network) => wait(&self.networks, network).await,
            None => None,
        };
        let name = wait(&self.names, name).await;
        Turn([network, name])
    }
}

async fn wait(lines: &[Mutex<()>], throttle: ThrottleId) -> Option<MutexGuard<'_, ()>> {
    // The last byte is as good as chance: it is of a digest.
    let number = usize::from(throttle.as_uuid().as_bytes()[15]) % LINES;
    Some(lines.get(number)?.lock().await)
}
