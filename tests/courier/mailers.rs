//! Mailers that behave badly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tenure::mail::{MailError, Mailer, Message};
use tokio::sync::{Mutex, Semaphore, mpsc};

/// Takes each message only when it is let through.
#[derive(Debug)]
pub(crate) struct SlowMailer {
    messages: mpsc::UnboundedSender<Message>,
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
pub(crate) struct Gate {
    messages: Mutex<mpsc::UnboundedReceiver<Message>>,
    permits: Arc<Semaphore>,
}

impl SlowMailer {
    pub(crate) fn gated() -> (Arc<dyn Mailer>, Gate) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let permits = Arc::new(Semaphore::new(0));
        let gate = Gate {
            messages: Mutex::new(receiver),
            permits: Arc::clone(&permits),
        };
        let messages = sender;
        (Arc::new(Self { messages, permits }), gate)
    }
}

impl Gate {
    /// The next message that is handed over, whether it was let through or not.
    pub(crate) async fn next_message(&self) -> Message {
        self.messages.lock().await.recv().await.unwrap()
    }

    pub(crate) fn let_through(&self, messages: usize) {
        self.permits.add_permits(messages);
    }
}

#[async_trait]
impl Mailer for SlowMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        self.messages.send(message.clone()).unwrap();
        self.permits.acquire().await.unwrap().forget();
        Ok(())
    }

    async fn ready(&self) -> Result<(), MailError> {
        Ok(())
    }
}

/// Panics at the first message.
#[derive(Debug, Default)]
pub(crate) struct PanickingMailer {
    has_panicked: AtomicBool,
}

#[async_trait]
impl Mailer for PanickingMailer {
    async fn send(&self, _: &Message) -> Result<(), MailError> {
        assert!(self.has_panicked.swap(true, Ordering::SeqCst), "told to panic");
        Ok(())
    }

    async fn ready(&self) -> Result<(), MailError> {
        Ok(())
    }
}
