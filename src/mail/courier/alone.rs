//! Calls to the mailer, which is not ours: they can hang and panic.

use std::future::Future;

use time::Duration;
use tokio::task::JoinSet;
use tracing::Instrument;

/// No answer came from code that is not ours.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    #[error("it panicked")]
    Panicked,
    #[error("it did not answer in time")]
    TimedOut,
}

/// Runs a call in a task of its own, so that it can neither hang nor panic here. Dropping this ends the call.
pub(super) async fn alone<T: Send + 'static>(
    patience: Duration,
    call: impl Future<Output = T> + Send + 'static,
) -> Result<T, Silence> {
    let mut tasks = JoinSet::new();
    tasks.spawn(call.in_current_span());
    let answer = tokio::time::timeout(patience.unsigned_abs(), tasks.join_next()).await;
    match answer.map_err(|_| Silence::TimedOut)? {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(_)) | None => Err(Silence::Panicked),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn d7_a_call_that_hangs_or_panics_is_told_from_one_that_answers() {
        assert_eq!(alone(Duration::minutes(1), async { 7 }).await.unwrap(), 7);
        let hanging = alone(Duration::milliseconds(10), std::future::pending::<()>()).await;
        assert!(matches!(hanging, Err(Silence::TimedOut)));
        let panicking = alone(Duration::minutes(1), async { panic!("told to") }).await;
        assert!(matches!(panicking, Err::<(), _>(Silence::Panicked)));
    }

    #[tokio::test]
    async fn a_call_ends_when_nobody_waits_for_it_any_more() {
        let (held, mut released) = tokio::sync::oneshot::channel::<()>();
        let call = alone(Duration::milliseconds(10), async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        assert!(call.await.is_err());
        assert!((&mut released).await.is_err(), "its sender was dropped");
    }
}
