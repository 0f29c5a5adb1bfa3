//! Mail that is kept in memory: for tests, demonstrations and hosts that send nothing yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{MailError, Mailer, Message};
use crate::text::{EmailAddress, Key};

/// Keeps every message, and fails when told to.
///
/// ```
/// # use tenure::mail::{Failure, Mailer, MemoryMailer};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mailer = MemoryMailer::new();
/// assert!(mailer.ready().await.is_ok());
/// mailer.not_ready(Some("no relay is configured"));
/// assert_eq!(mailer.ready().await.unwrap_err().to_string(), "mail is not set up: no relay is configured");
/// assert!(mailer.sent().is_empty());
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryMailer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<Message>,
    tried: Vec<Message>,
    fail_next: Option<(u32, Failure)>,
    fail_for: BTreeMap<Key, Failure>,
    missing: Option<String>,
}

/// How a [`MemoryMailer`] fails. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// As [`MailError::Temporary`].
    Temporary,
    /// As [`MailError::Permanent`].
    Permanent,
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Temporary => Self::Temporary("told to fail".into()),
            Failure::Permanent => Self::Permanent("told to fail".into()),
        }
    }
}

impl MemoryMailer {
    /// One that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The messages taken so far, in order; one that came again stands there again.
    pub fn sent(&self) -> Vec<Message> {
        self.state().sent.clone()
    }

    /// The messages handed over so far, in order, those refused among them.
    pub fn tried(&self) -> Vec<Message> {
        self.state().tried.clone()
    }

    /// The latest message taken for an address, in whatever spelling.
    pub fn last_to(&self, address: &EmailAddress) -> Option<Message> {
        let key = address.key();
        let state = self.state();
        state.sent.iter().rfind(|message| message.to.key() == key).cloned()
    }

    /// Forgets the messages; what is to fail still fails.
    pub fn clear(&self) {
        let mut state = self.state();
        state.sent.clear();
        state.tried.clear();
    }

    /// Refuses the next `times` messages; 0 takes it back.
    pub fn fail_next(&self, times: u32, failure: Failure) {
        self.state().fail_next = (times > 0).then_some((times, failure));
    }

    /// Refuses every message to an address from now on; `None` takes it back.
    pub fn fail_for(&self, address: &EmailAddress, failure: impl Into<Option<Failure>>) {
        let mut state = self.state();
        match failure.into() {
            Some(failure) => state.fail_for.insert(address.key(), failure),
            None => state.fail_for.remove(&address.key()),
        };
    }

    /// Says from now on that this is missing; `None`: that it is ready.
    pub fn not_ready(&self, missing: Option<&str>) {
        self.state().missing = missing.map(str::to_owned);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each method leaves the state whole, so a panic elsewhere in a test does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ready(&self) -> Result<(), MailError> {
        self.missing
            .clone()
            .map_or(Ok(()), |missing| Err(MailError::NotReady { missing }))
    }

    fn next_failure(&mut self, to: &EmailAddress) -> Option<Failure> {
        if let Some((times, failure)) = self.fail_next.take() {
            self.fail_next = (times > 1).then_some((times - 1, failure));
            return Some(failure);
        }
        self.fail_for.get(&to.key()).copied()
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let mut state = self.state();
        state.ready()?;
        state.tried.push(message.clone());
        if let Some(failure) = state.next_failure(&message.to) {
            return Err(failure.into());
        }
        state.sent.push(message.clone());
        Ok(())
    }

    async fn ready(&self) -> Result<(), MailError> {
        self.state().ready()
    }
}

/// The links in the text of one of this crate's messages: what stands on a line of its own. A personal message is quoted
/// there, so links in it are not among them.
pub fn links(message: &Message) -> Vec<String> {
    let is_link = |line: &&str| line.starts_with("https://") || line.starts_with("http://");
    message.text().lines().filter(is_link).map(str::to_owned).collect()
}

/// The one-time passwords in the text of one of this crate's messages: groups of letters and digits, joined by `-`, on a line
/// of their own.
pub fn passwords(message: &Message) -> Vec<String> {
    let is_group = |group: &str| group.len() >= 4 && group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_password = |line: &&str| line.split('-').count() > 2 && line.split('-').all(is_group);
    message.text().lines().filter(is_password).map(str::to_owned).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn message(to: &str) -> Message {
        let to = EmailAddress::new(to).unwrap();
        let text = "Hello\n\n> https://evil.example\n\nhttps://a.example/reset?token=x\n";
        Message::new(
            Uuid::nil().into(),
            to,
            "Hello".to_owned(),
            text.to_owned(),
            String::new(),
        )
    }

    #[tokio::test]
    async fn messages_are_kept_in_order_and_found_by_address() {
        let mailer = MemoryMailer::new();
        for to in ["a@example.org", "b@example.org", "A@example.org"] {
            mailer.send(&message(to)).await.unwrap();
        }
        assert_eq!(mailer.sent().len(), 3);
        let last = mailer.last_to(&EmailAddress::new("a@example.org").unwrap()).unwrap();
        assert_eq!(last.to.as_str(), "A@example.org");
        assert_eq!(links(&last), ["https://a.example/reset?token=x"]);
        mailer.clear();
        assert!(mailer.sent().is_empty());
    }

    #[tokio::test]
    async fn it_fails_as_told_and_as_often() {
        let mailer = MemoryMailer::new();
        mailer.fail_next(2, Failure::Temporary);
        for _ in 0..2 {
            let failure = mailer.send(&message("a@example.org")).await.unwrap_err();
            assert!(matches!(failure, MailError::Temporary(_)));
        }
        mailer.send(&message("a@example.org")).await.unwrap();
        let b = EmailAddress::new("b@example.org").unwrap();
        mailer.fail_for(&b, Failure::Permanent);
        assert!(matches!(
            mailer.send(&message("B@example.org")).await,
            Err(MailError::Permanent(_))
        ));
        mailer.send(&message("a@example.org")).await.unwrap();
        mailer.fail_for(&b, None);
        mailer.send(&message("b@example.org")).await.unwrap();
        assert_eq!((mailer.sent().len(), mailer.tried().len()), (3, 6));
        mailer.not_ready(Some("a relay"));
        assert!(matches!(
            mailer.send(&message("a@example.org")).await,
            Err(MailError::NotReady { .. })
        ));
        mailer.not_ready(None);
        assert!(mailer.ready().await.is_ok());
    }
}
