//! The offer of access.

use secrecy::SecretString;

use super::date;
use super::letter::{Letter, Part};
use crate::clock::Timestamp;
use crate::text::{DisplayName, Message, Name};

/// What [`Mail::Invitation`](crate::model::Mail::Invitation) says.
pub(super) struct Invitation<'a> {
    pub(super) tenant: &'a Name,
    pub(super) recipient: &'a DisplayName,
    pub(super) user_name: &'a str,
    pub(super) message: Option<&'a Message>,
    pub(super) expires_at: Timestamp,
    pub(super) again: bool,
}

impl<'a> Invitation<'a> {
    pub(super) fn letter(&self, link: &'a SecretString) -> Letter<'a> {
        Letter::new(self.subject(), format!("Hello {},", self.recipient))
            .paragraph(format!("{} invites you to its back office.", self.tenant))
            .with(self.again.then(|| Part::Paragraph(REPLACES.to_owned())))
            .with(self.message.map(|message| Part::Quote {
                by: "The person who invites you writes:",
                text: message.as_str(),
            }))
            .paragraph("Open this link to accept the invitation and to choose your password:")
            .part(Part::Link {
                label: "Accept the invitation",
                link,
            })
            .paragraph(format!(
                "The link works once, and until {}. After that, ask for a new invitation.",
                date(self.expires_at)
            ))
            .paragraph(format!("You will log in as: {}", self.user_name))
            .paragraph(FOR_YOU_ALONE)
    }

    fn subject(&self) -> String {
        let tenant = self.tenant;
        if self.again {
            format!("Your new invitation to {tenant}")
        } else {
            format!("Your invitation to {tenant}")
        }
    }
}

/// CP8.
const REPLACES: &str = "This mail takes the place of an earlier one. The link in the earlier mail no longer works.";

const FOR_YOU_ALONE: &str = "The link is meant for you alone: whoever has it can accept in your place. If you did not \
                             expect this invitation, leave the link alone, and nothing will happen.";
