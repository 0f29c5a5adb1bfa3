//! What mails say. One file a mail writes a letter; text and HTML are both made of that, and escaped in one place.
//!
//! The texts are English for now, whatever [`QueuedMail::locale`] asks for.

mod invitation;
mod letter;

use secrecy::SecretString;

use self::invitation::Invitation;
use super::Message;
use crate::clock::Timestamp;
use crate::model::{Mail, QueuedMail};

/// The mail tells somebody to open a link, and there is none: it names no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mail needs a link and names no ticket")]
pub struct MissingLink;

/// Writes the message of a mail. `link` is where its ticket's token is redeemed.
///
/// # Errors
/// [`MissingLink`] where the text cannot do without.
pub fn render(queued: &QueuedMail, link: Option<&SecretString>) -> Result<Message, MissingLink> {
    let letter = match &queued.mail {
        Mail::Invitation {
            tenant,
            recipient,
            user_name,
            message,
            expires_at,
            again,
        } => Invitation {
            tenant,
            recipient,
            user_name,
            message: message.as_ref(),
            expires_at: *expires_at,
            again: *again,
        }
        .letter(link.ok_or(MissingLink)?),
    };
    Ok(Message::new(
        queued.id,
        queued.to.clone(),
        letter.subject(),
        letter.text(),
        letter.html(),
    ))
}

/// Writes the message of a mail for somebody to look at before it is sent: without a working link (LO5).
pub fn render_preview(queued: &QueuedMail) -> Message {
    let placeholder = SecretString::from("[personal link]");
    match render(queued, Some(&placeholder)) {
        Ok(message) => message,
        Err(MissingLink) => unreachable!("a link was given"),
    }
}

/// An instant that reads the same everywhere: `12 December 2026, 09:30 UTC`. Seconds are cut off, so that a deadline is
/// never told too late.
fn date(instant: Timestamp) -> String {
    let instant = instant.to_offset_date_time();
    format!(
        "{} {} {}, {:02}:{:02} UTC",
        instant.day(),
        instant.month(),
        instant.year(),
        instant.hour(),
        instant.minute()
    )
}

#[cfg(test)]
mod tests;
