//! What stands against a deletion, in the host's own data.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tenure::desk::Desk;
use tenure::id::{TenantId, UserId};
use tenure::{Blocker, DeletionGuard, Denied, User};

use crate::Result;
use crate::tell::{item, refused, say};

/// The host's own data: what each user still has to do. A deletion asks for it.
#[derive(Debug, Default)]
pub(crate) struct OpenWork(Mutex<BTreeMap<(UserId, &'static str), u64>>);

impl OpenWork {
    pub(crate) fn take_on(&self, user: UserId, what: &'static str, count: u64) {
        self.lock().insert((user, what), count);
    }

    pub(crate) fn hand_over(&self, user: UserId) {
        self.lock().retain(|(whose, _), _| *whose != user);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(UserId, &'static str), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DeletionGuard for OpenWork {
    fn name(&self) -> &'static str {
        "open work"
    }

    async fn blockers(
        &self,
        _tenant: TenantId,
        user: &User,
    ) -> Result<Vec<Blocker>, Box<dyn std::error::Error + Send + Sync>> {
        let count = |what| self.lock().get(&(user.id, what)).copied().unwrap_or(0);
        Ok(vec![
            Blocker::new(
                "open_invoices",
                "invoices not final posted",
                count("invoices"),
                "post them",
            ),
            Blocker::new(
                "queue",
                "tours in the queue",
                count("queue"),
                "hand them to a colleague",
            ),
        ])
    }
}

pub(crate) async fn the_deletion_is_blocked(desk: &Desk, user: UserId) -> Result<()> {
    say("The host has something against it, and says all of it at once, each with a way out:");
    let report = desk.users().deletion_report(user).await?;
    let Denied::Blocked { blockers } = refused(desk.users().delete(user).await)? else {
        panic!("the deletion was not blocked")
    };
    for blocker in &blockers {
        item(&format!("{} {}: {}", blocker.count, blocker.what, blocker.way_out));
    }
    assert_eq!(blockers.len(), 2);
    assert_eq!(
        blockers, report.blockers,
        "a report, which changes nothing, says the same"
    );
    Ok(())
}
