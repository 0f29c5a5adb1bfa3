//! Mail as files, and how people read it.

use std::fs;
use std::path::Path;

use tenure::desk::Desk;
use tenure::id::UserId;
use tenure::mail::FileMailer;
use tenure::text::{EmailAddress, Name};

use crate::tell::say;
use crate::{Result, eml};

/// Mail as files. A host that sends mail implements `Mailer`.
pub(crate) fn mailer(folder: &Path) -> Result<FileMailer> {
    let from = EmailAddress::new("backoffice@nordwind.example")?;
    Ok(FileMailer::new(folder.join("mail"), from).from_name(Name::new("Nordwind back office")?))
}

/// What the person does first: opens the mail.
pub(crate) async fn mail_to(user: UserId, desk: &Desk, folder: &Path) -> Result<String> {
    let mails = desk.invitations().mails(user).await?.items;
    let path = mailer(folder)?.path(mails.first().ok_or("no mail")?.id);
    say(&format!("The mail is in {}.", path.strip_prefix(folder)?.display()));
    eml::text(&fs::read_to_string(path)?)
}

pub(crate) fn show(mail: &str) {
    for line in mail.lines() {
        println!("  │ {line}");
    }
}

/// What a click on the link hands to the host's page.
pub(crate) fn token_in(mail: &str) -> Result<String> {
    let link = eml::link(mail).ok_or("no link")?;
    let (_, token) = link.split_once("?token=").ok_or("no token")?;
    Ok(token.to_owned())
}
