//! Mail as files: for development, and for hosts whose mail leaves by way of a folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::{MailError, Mailer, Message};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::id::MailId;
use crate::text::{EmailAddress, Name};

/// Writes each message as `<mail id>.eml` into a folder, which any mail program opens.
///
/// A file is written under another name first and then renamed, so that whoever watches the folder sees whole messages
/// only. A message that comes again replaces its file. On Unix the files are readable for their owner only: they carry
/// links that are as good as keys.
///
/// Addresses beyond ASCII are written as they are, in UTF-8 (RFC 6532); everything else in the headers is encoded.
///
/// ```no_run
/// # use tenure::mail::FileMailer;
/// # use tenure::text::{EmailAddress, Name};
/// let from = EmailAddress::new("backoffice@example.com")?;
/// let mailer = FileMailer::new("/var/spool/backoffice", from).from_name(Name::new("Back office")?);
/// # Ok::<(), tenure::text::TextError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileMailer {
    folder: PathBuf,
    from: EmailAddress,
    from_name: Option<Name>,
    clock: Arc<dyn Clock>,
}

impl FileMailer {
    /// One that writes into `folder`, which must exist, mail sent from `from`.
    pub fn new(folder: impl Into<PathBuf>, from: EmailAddress) -> Self {
        Self {
            folder: folder.into(),
            from,
            from_name: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// With the name that mail programs show for the sender.
    pub fn from_name(self, name: Name) -> Self {
        Self {
            from_name: Some(name),
            ..self
        }
    }

    /// With the clock that the `Date` header is read from.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The file of a mail, whether it has been written or not.
    pub fn path(&self, mail: MailId) -> PathBuf {
        self.folder.join(format!("{mail}.eml"))
    }

    /// Message ids are ASCII.
    fn id_domain(&self) -> &str {
        let domain = self.from.domain();
        if domain.is_ascii() { domain } else { "tenure.invalid" }
    }

    fn compose(&self, message: &Message) -> Result<Vec<u8>, MailError> {
        let from = address(&self.from);
        let to = address(&message.to);
        // Given apart, because lettre would read it back from the headers with a parser stricter than ours.
        let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).map_err(permanent)?;
        let name = self.from_name.as_ref().map(ToString::to_string);
        let bodies = MultiPart::alternative()
            .boundary(format!("tenure-{}", message.id))
            .singlepart(SinglePart::plain(message.text().to_owned()))
            .singlepart(SinglePart::html(message.html().to_owned()));
        let composed = lettre::Message::builder()
            .envelope(envelope)
            .from(Mailbox::new(name, from))
            .to(Mailbox::new(None, to))
            .subject(message.subject.clone())
            .message_id(Some(format!("<{}@{}>", message.id, self.id_domain())))
            .date(system_time(self.clock.now()))
            .multipart(bodies)
            .map_err(permanent)?;
        Ok(composed.formatted())
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let (bytes, path) = (self.compose(message)?, self.path(message.id));
        blocking(move || write_whole(&path, &bytes))
            .await
            .map_err(|error| MailError::Temporary(error.into()))
    }

    async fn ready(&self) -> Result<(), MailError> {
        let folder = self.folder.clone();
        blocking(move || try_writing(&folder)).await.map_err(|error| {
            let folder = self.folder.display();
            let missing = format!("the folder {folder} cannot be written to ({error})");
            MailError::NotReady { missing }
        })
    }
}

/// Our address is stricter than lettre's but for the letters of all scripts, which lettre's refuses in part.
fn address(address: &EmailAddress) -> Address {
    let local = address.as_str().rsplit_once('@').map_or("", |(local, _)| local);
    Address::new_dangerous(local, address.domain())
}

fn permanent(error: lettre::error::Error) -> MailError {
    MailError::Permanent(error.into())
}

/// The `Date` header knows no time before 1970.
fn system_time(instant: Timestamp) -> SystemTime {
    let micros = u64::try_from(instant.unix_micros()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path);
    let written = write_synced(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // What matters is the first error; without the file there is nothing to remove.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn try_writing(folder: &Path) -> io::Result<()> {
    let probe = unfinished(&folder.join("probe"));
    private().open(&probe)?;
    fs::remove_file(probe)
}

/// A hidden name beside `path` that no other write uses at the same time.
fn unfinished(path: &Path) -> PathBuf {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (process, write) = (std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
    path.with_file_name(format!(".{name}.{process}-{write}.tmp"))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
