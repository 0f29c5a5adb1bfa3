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

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::Poll;

    use super::*;

    fn throttle(number: u128) -> ThrottleId {
        uuid::Uuid::from_u128(number).into()
    }

    /// What has come of it without any more waiting.
    async fn so_far<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[tokio::test]
    async fn l3_what_waits_for_its_network_keeps_nobody_elses_name_waiting() {
        let lines = Lines::default();
        let (kate, flood, office) = (throttle(1), Some(throttle(10)), Some(throttle(11)));
        let first = lines.turn(throttle(2), flood).await;
        // Somebody guesses at Kate's name from the network that is full, and waits for it; Kate comes from another.
        let mut guess = pin!(lines.turn(kate, flood));
        assert!(so_far(guess.as_mut()).await.is_none());
        let herself = so_far(pin!(lines.turn(kate, office))).await;
        assert!(herself.is_some());
        // Now the guess has its network, and waits for the name.
        drop(first);
        assert!(so_far(guess.as_mut()).await.is_none());
        drop(herself);
        assert!(so_far(guess).await.is_some());
    }

    #[tokio::test]
    async fn logins_with_one_name_or_from_one_network_wait_for_each_other() {
        let lines = Lines::default();
        for (name, network) in [(1, Some(10)), (1, None), (1, Some(11)), (2, Some(10))] {
            let first = lines.turn(throttle(1), Some(throttle(10))).await;
            let mut second = pin!(lines.turn(throttle(name), network.map(throttle)));
            assert!(so_far(second.as_mut()).await.is_none(), "{name} from {network:?}");
            drop(first);
            assert!(so_far(second).await.is_some(), "{name} from {network:?}");
        }
        let _first = lines.turn(throttle(1), Some(throttle(10))).await;
        assert!(
            so_far(pin!(lines.turn(throttle(2), Some(throttle(11)))))
                .await
                .is_some()
        );
    }
}
