//! The security report of a user (CP11, CP12).

use std::collections::BTreeSet;

use super::Users;
use crate::desk::Desk;
use crate::desk::loading::Subject;
use crate::error::Error;
use crate::id::UserId;
use crate::model::{ApiKey, Attempt, Loaded, RecordId, RecordKind, SecurityReport, Session, User};
use crate::rules::security_report::{self, Evidence, ReportTo};
use crate::rules::{Context, Operation};
use crate::store::{Filter, Query, StoreExt};

impl Users<'_> {
    /// What there is to see whether an account is in order: rights with their reasons, password and its age, open sessions, recent
    /// logins and failures, recent changes.
    ///
    /// # Errors
    /// As [`security_report::report`].
    pub async fn security_report(&self, user: UserId) -> Result<SecurityReport, Error> {
        let (desk, cx) = (self.0, self.0.context().await?);
        cx.permit(Operation::ReadSecurityReport)?;
        let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
        let loaded = subject.user.as_ref();
        // Whoever may not see them has nothing looked up.
        security_report::report(&cx, loaded, &Evidence::default(), &subject.around)?;
        let evidence = desk.evidence(&cx, user, &subject).await?;
        Ok(security_report::report(&cx, loaded, &evidence, &subject.around)?)
    }

    /// Mails the security report of a user, as it is now: to whoever asks, or to the user (CP11). Whether the mail went out,
    /// [`Invitations::mails`](crate::desk::Invitations::mails) tells, under the user whom it is about.
    ///
    /// # Errors
    /// As [`security_report::send`]; [`Denied::MailNotReady`](crate::Denied::MailNotReady).
    pub async fn send_security_report(&self, user: UserId, to: ReportTo) -> Result<(), Error> {
        let (desk, read) = (self.0, self.1);
        desk.act(|cx| async move {
            cx.permit(Operation::SendSecurityReport)?;
            let subject = desk.subject(cx.tenant_id(), user, &[], &BTreeSet::new()).await?;
            let loaded = subject.user.as_ref();
            let asking: Option<Loaded<User>> = match cx.user() {
                Some(asking) => desk.tenure.inner.store.get(cx.tenant_id(), asking).await?,
                None => None,
            };
            let nothing = Evidence::default();
            let asking = asking.as_ref();
            security_report::send(&cx, loaded, asking, to, &nothing, &subject.around).map(drop)?;
            let evidence = desk.evidence(&cx, user, &subject).await?;
            let decided = security_report::send(&cx, loaded, asking, to, &evidence, &subject.around);
            let decision = desk.about(read, loaded, decided).await?;
            desk.ask_mailer().await?;
            Ok(decision)
        })
        .await
    }
}

impl Desk {
    async fn evidence(&self, cx: &Context, user: UserId, subject: &Subject) -> Result<Evidence, Error> {
        let (store, tenant, most) = (&self.tenure.inner.store, cx.tenant_id(), SecurityReport::MOST);
        let of_user = |kind| Query::new(kind, cx.now).filter(Filter::OfUser(user)).descending();
        // Some of these are over by their idle time, and some of the events are logins.
        let idle_since = cx.now.saturating_add(-cx.policy.session_idle);
        let sessions = of_user(RecordKind::Session)
            .status(["open"])
            .filter(Filter::SeenAfter(idle_since))
            .limit(most);
        let attempts = of_user(RecordKind::Attempt).limit(most);
        let keys = of_user(RecordKind::ApiKey)
            .status(["open"])
            .limit(1)
            .count_up_to(ApiKey::MAX_OPEN);
        let events = store.events_about(tenant, RecordId::User(user), None, 5 * most).await?;
        Ok(Evidence {
            credential: subject.credential.clone(),
            sessions: store.page::<Session>(tenant, &sessions).await?.items,
            attempts: store
                .page::<Attempt>(tenant, &attempts)
                .await?
                .map(|attempt| attempt.value)
                .items,
            events: events.into_iter().map(|entry| entry.event).collect(),
            api_keys: store.page::<ApiKey>(tenant, &keys).await?.total.unwrap_or(0),
        })
    }
}
