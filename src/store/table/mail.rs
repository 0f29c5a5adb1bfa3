//! Mail in the queue.

use super::{Columns, Malformed, name_of};
use crate::id::TicketId;
use crate::model::QueuedMail;

pub(super) fn columns(columns: Columns, mail: &QueuedMail) -> Result<Columns, Malformed> {
    Ok(columns
        .at("created_at", mail.queued_at)
        .id("user", mail.user.as_uuid())
        .text("address", mail.to.as_str())
        .set("kind", name_of(&mail.mail, "kind")?)
        .maybe_id("ticket", mail.ticket.as_ref().map(TicketId::as_uuid))
        .maybe_at("ready_at", mail.ready_at())
        .set("attempts", i64::from(mail.attempts())))
}
