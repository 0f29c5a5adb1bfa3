//! Changing the addresses of others (BI4, IF8).

use super::Users;
use crate::error::Error;
use crate::id::UserId;
use crate::model::User;
use crate::rules::{Decision, addresses};

impl Users<'_> {
    /// Gives a user another address, as the policy lets administrators
    /// ([`ByAdministrator`](crate::ByAdministrator)): not at all, in the way in which the user would do it, or at once.
    ///
    /// # Errors
    /// As [`addresses::change`]; [`Denied::MailNotReady`](crate::Denied::MailNotReady) where a link is mailed.
    pub async fn change_address(&self, user: UserId, email: &str) -> Result<User, Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            let subject = desk
                .subject(cx.tenant_id(), user, &[], &std::collections::BTreeSet::new())
                .await?;
            let decided = addresses::change(&cx, subject.user.as_ref(), email, &subject.around);
            let decision = desk.about(read, subject.user.as_ref(), decided).await?;
            desk.ask_mailer_for(&decision).await?;
            Ok(decision)
        })
        .await
    }

    /// Calls off a change of a user's address.
    ///
    /// # Errors
    /// As [`addresses::cancel`].
    pub async fn cancel_address_change(&self, user: UserId) -> Result<User, Error> {
        self.on(user, |cx, subject| {
            addresses::cancel(cx, subject.user.as_ref(), &subject.around)
        })
        .await
    }
}

impl super::Desk {
    /// BI3: what mails a link is not begun while none can be sent. A notice is not worth a refusal.
    pub(in crate::desk) async fn ask_mailer_for<T>(&self, decision: &Decision<T>) -> Result<(), Error> {
        if decision.mail.iter().any(|mail| mail.ticket.is_some()) {
            self.ask_mailer().await?;
        }
        Ok(())
    }
}
