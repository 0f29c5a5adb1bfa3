//! The courier as a task.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::Courier;
use crate::error::Error;

impl Courier {
    /// Says that mail was queued, so that a running courier looks for it now. Called after each commit that queued some; a
    /// call that comes while the courier is at work is not lost.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Delivers, and waits to be woken or for the poll interval, in turns, until `stop` holds true or its sender is gone. The
    /// mail in hand is finished first; those only leased are given back.
    ///
    /// A failing round is logged, and the next one comes with the next interval.
    ///
    /// # Panics
    /// Outside a tokio runtime with its timer enabled.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !is_stopped(&stop) {
            Arc::clone(&self).round(stop.clone()).await;
            self.rest(&mut stop).await;
        }
    }

    /// Runs it in a task of the current runtime.
    ///
    /// # Errors
    /// [`NoRuntime`] outside a tokio runtime.
    pub fn spawn(self: &Arc<Self>) -> Result<CourierTask, NoRuntime> {
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?;
        let (stop, stopping) = watch::channel(false);
        let task = runtime.spawn(Arc::clone(self).run(stopping));
        Ok(CourierTask { stop, task })
    }

    /// One delivery, in a task of its own: a store that panics does not end the courier.
    async fn round(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { self.deliver_unless(&|| is_stopped(&stop)).await });
        match tasks.join_next().await {
            Some(Ok(Ok(delivered))) => tracing::debug!(?delivered, "the courier has been round"),
            Some(Ok(Err(error))) => log(&error),
            Some(Err(_)) | None => tracing::error!("the courier's round panicked"),
        }
    }

    async fn rest(&self, stop: &mut watch::Receiver<bool>) {
        let mut woken = pin!(self.woken.notified());
        let mut stopped = pin!(stop.changed());
        let mut rested = pin!(tokio::time::sleep(self.poll_interval));
        poll_fn(|context| {
            let over = stopped.as_mut().poll(context).is_ready()
                || woken.as_mut().poll(context).is_ready()
                || rested.as_mut().poll(context).is_ready();
            if over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

fn is_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

fn log(error: &Error) {
    match error {
        Error::Mail(error) => tracing::warn!(%error, "the mailer is not ready"),
        error => tracing::warn!(%error, "the courier could not lease mail"),
    }
}

/// A running courier. Dropping it stops the courier after the mail in hand, without waiting for that.
#[derive(Debug)]
pub struct CourierTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl CourierTask {
    /// Stops the courier and waits until it has finished the mail in hand.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // The task ends early only with the runtime.
        let _ = self.task.await;
    }

    /// Whether the courier still runs. It ends by itself only with its runtime.
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }
}

/// A courier was to be spawned outside a tokio runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a courier can only be spawned in a tokio runtime")]
pub struct NoRuntime;
