//! Touches: when sessions and API keys were last used, written off the request's path, once a minute at most (E8).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

use super::Tenure;
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{RecordId, Session};
use crate::rules::Decision;
use crate::rules::access::{self, Principal};

/// The writes under way, and what was written lately.
#[derive(Debug, Default)]
pub(super) struct Touches {
    writes: Mutex<JoinSet<()>>,
    recent: Mutex<Recent>,
}

/// Which sessions and keys this process touched within the last minute. What a request read of the store is older than what
/// a request beside it is writing just then: without this, all that come in the same instant would write.
#[derive(Debug, Default)]
struct Recent(HashMap<(TenantId, RecordId), Timestamp>);

impl Recent {
    /// How many are remembered. Of more, some are written twice a minute: no harm but the write.
    const MOST: usize = 10_000;

    /// Whether this one is to write; then no other is for a minute.
    fn claim(&mut self, place: (TenantId, RecordId), now: Timestamp) -> bool {
        let is_over = |at: Timestamp| now >= at.saturating_add(Session::TOUCHED_EVERY);
        if self.0.get(&place).is_some_and(|at| !is_over(*at)) {
            return false;
        }
        if self.0.len() >= Self::MOST {
            self.0.retain(|_, at| !is_over(*at));
        }
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        self.0.insert(place, now);
        true
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tenure {
    /// Notes that a session or key was used, if that is to be written down now, off the request's path where there is a
    /// runtime to do it on.
    pub(super) async fn note_use(&self, principal: &Principal, now: Timestamp) {
        let place = (principal.tenant(), RecordId::from(principal.pass()));
        let touches = &self.inner.touches;
        if !principal.is_touch_due(now) || !locked(&touches.recent).claim(place, now) {
            return;
        }
        let (tenure, change) = (self.clone(), access::touch(principal, now));
        let write = async move {
            let mut decision = Decision::nothing();
            decision.changes.push(change);
            let (tenant, record) = place;
            if let Err(error) = tenure.commit(tenant, now, decision).await {
                tracing::warn!(%tenant, %error, "the last use of a session or API key could not be noted");
                locked(&tenure.inner.touches.recent).0.remove(&(tenant, record));
            }
        };
        if tokio::runtime::Handle::try_current().is_err() {
            return write.await;
        }
        let mut writes = locked(&touches.writes);
        while writes.try_join_next().is_some() {}
        writes.spawn(write);
    }

    /// Waits until nothing is being written any more that no request waited for. Before a program ends, and in tests.
    pub async fn flush(&self) {
        let writes = std::mem::take(&mut *locked(&self.inner.touches.writes));
        writes.join_all().await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::id::SessionId;

    fn session(number: u128) -> (TenantId, RecordId) {
        let id = SessionId::from_uuid(uuid::Uuid::from_u128(number));
        (TenantId::SINGLE, id.into())
    }

    #[test]
    fn e8_one_of_many_writes_and_after_a_minute_another() {
        let mut recent = Recent::default();
        let minute = Timestamp::EPOCH.saturating_add(Duration::MINUTE);
        let claims: Vec<bool> = (0..3).map(|_| recent.claim(session(1), Timestamp::EPOCH)).collect();
        assert_eq!(claims, [true, false, false]);
        assert!(recent.claim(session(2), Timestamp::EPOCH), "another session");
        assert!(!recent.claim(session(1), minute.saturating_add(-Duration::MICROSECOND)));
        assert!(recent.claim(session(1), minute));
    }

    #[test]
    fn e8_so_many_are_remembered_and_no_more() {
        let mut recent = Recent::default();
        let most = u128::try_from(Recent::MOST).unwrap();
        for number in 0..3 * most {
            assert!(recent.claim(session(number), Timestamp::EPOCH));
            assert!(recent.0.len() <= Recent::MOST);
        }
        assert!(!recent.claim(session(3 * most - 1), Timestamp::EPOCH));
    }
}
