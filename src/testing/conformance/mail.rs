//! The queue of mail.

use std::collections::BTreeSet;

use super::bench::{Bench, at, at_once, must};
use crate::id::{MailId, TenantId};
use crate::model::{Loaded, MailState, QueuedMail, Version};
use crate::store::MailBacklog;

async fn lease(b: &Bench, now: i64, until: i64, limit: u32) -> Vec<(TenantId, Loaded<QueuedMail>)> {
    must("lease", b.store.lease_mail(at(now), at(until), limit).await)
}

fn ids(leased: &[(TenantId, Loaded<QueuedMail>)]) -> Vec<MailId> {
    leased.iter().map(|(_, mail)| mail.id).collect()
}

/// Mails ready at these seconds.
async fn queue<const N: usize>(b: &Bench, ready: [i64; N]) -> [QueuedMail; N] {
    let user = b
        .put(b.user(&format!("kate{}", b.id::<uuid::Uuid>().simple())))
        .await
        .value
        .id;
    let mails = ready.map(|ready| b.mail(user, ready));
    mails
        .iter()
        .cloned()
        .fold(b.draft(), super::bench::Draft::mail)
        .done()
        .await;
    mails
}

pub(super) async fn mail_is_leased_from_when_it_is_ready_oldest_first(b: &Bench) {
    let [late, early, middle, future] = queue(b, [30, 10, 20, 41]).await;
    assert!(lease(b, 9, 99, 10).await.is_empty(), "none is ready yet");
    assert_eq!(
        ids(&lease(b, 10, 99, 10).await),
        [early.id],
        "ready at exactly this instant"
    );
    assert_eq!(ids(&lease(b, 40, 99, 10).await), [middle.id, late.id], "oldest first");
    assert_eq!(ids(&lease(b, 41, 99, 10).await), [future.id]);
}

pub(super) async fn a_lease_is_a_new_version_that_says_until_when(b: &Bench) {
    let [mail] = queue(b, [0]).await;
    let state = |until, attempts| MailState::Leased {
        until: at(until),
        attempts,
    };
    for (now, until, attempts) in [(0, 60, 1), (60, 120, 2), (500, 501, 3)] {
        let leased = lease(b, now, until, 10).await;
        let value = QueuedMail {
            state: state(until, attempts),
            ..mail.clone()
        };
        let expected = Loaded::new(Version::new(u64::from(attempts) + 1), value);
        assert_eq!(leased, [(b.tenant, expected.clone())], "leased at {now}");
        assert_eq!(b.get(mail.id).await, Some(expected), "and so it stands in the store");
    }
    let stale = Loaded::new(Version::FIRST, mail.clone());
    let sent = QueuedMail {
        state: MailState::Sent { at: at(1), attempts: 1 },
        ..mail.clone()
    };
    let answer = b.draft().update(&stale, sent).send().await;
    super::bench::conflict("whoever held it before the lease", &answer, mail.id);
}

pub(super) async fn d7_no_mail_is_leased_twice_at_a_time(b: &Bench) {
    let mails = queue(b, [0, 1, 2]).await;
    assert_eq!(lease(b, 5, 60, 10).await.len(), 3);
    assert!(lease(b, 5, 60, 10).await.is_empty(), "all are on their way");
    assert!(lease(b, 59, 120, 10).await.is_empty(), "until the lease runs out");
    assert_eq!(
        lease(b, 60, 120, 10).await.len(),
        mails.len(),
        "at exactly its end another may have them"
    );
}

pub(super) async fn mail_that_is_done_is_never_leased(b: &Bench) {
    let mails = queue(b, [0, 0, 0, 0]).await;
    let states = [
        MailState::Sent { at: at(1), attempts: 1 },
        MailState::Superseded { at: at(1) },
        MailState::Failed { at: at(1), attempts: 1 },
        MailState::Queued {
            ready_at: at(500),
            attempts: 1,
        },
    ];
    for (_, leased) in lease(b, 0, 60, 10).await {
        let n = mails.iter().position(|mail| mail.id == leased.id).unwrap_or(0);
        b.change(
            &leased,
            QueuedMail {
                state: states[n].clone(),
                ..leased.value.clone()
            },
        )
        .await;
    }
    assert!(lease(b, 499, 600, 10).await.is_empty());
    assert_eq!(
        ids(&lease(b, 500, 600, 10).await),
        [mails[3].id],
        "to be tried again later"
    );
}

pub(super) async fn no_more_mail_is_leased_than_asked_for(b: &Bench) {
    let mails = queue(b, [3, 1, 4, 2, 5]).await;
    assert_eq!(ids(&lease(b, 9, 99, 2).await), [mails[1].id, mails[3].id]);
    assert_eq!(ids(&lease(b, 9, 99, 2).await), [mails[0].id, mails[2].id]);
    assert_eq!(ids(&lease(b, 9, 99, 2).await), [mails[4].id]);
}

pub(super) async fn mail_of_all_tenants_is_leased(b: &Bench) {
    let other = b.neighbour();
    let [one] = queue(b, [2]).await;
    let [two, three] = queue(&other, [1, 3]).await;
    let leased = lease(b, 9, 99, 10).await;
    let expected = [(other.tenant, two.id), (b.tenant, one.id), (other.tenant, three.id)];
    let leased: Vec<_> = leased
        .into_iter()
        .map(|(tenant, mail)| (tenant, mail.value.id))
        .collect();
    assert_eq!(leased, expected, "each with its tenant, oldest first");
}

pub(super) async fn d7_parallel_couriers_never_share_a_mail(b: &Bench) {
    for round in 0..5 {
        let from = round * 1_000;
        let ready: [i64; 30] = std::array::from_fn(|n| from + i64::try_from(n).unwrap_or(0));
        queue(b, ready).await;
        let couriers = (0..4).map(|_| b.clone()).map(|b| async move {
            let mut mine = Vec::new();
            loop {
                let part = lease(&b, from + 100, from + 999_999, 3).await;
                if part.is_empty() {
                    return mine;
                }
                mine.extend(ids(&part));
                assert!(mine.len() <= 30, "a courier is given mail without end");
            }
        });
        let all: Vec<MailId> = at_once(couriers).await.concat();
        assert_eq!(all.len(), 30, "round {round}: each mail once");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 30, "round {round}");
    }
}

pub(super) async fn the_backlog_counts_what_has_not_left(b: &Bench) {
    let backlog = || async { must("backlog", b.store.mail_backlog().await) };
    let of = |waiting, oldest: Option<i64>| MailBacklog {
        waiting,
        oldest_queued_at: oldest.map(at),
    };
    assert_eq!(backlog().await, of(0, None));
    queue(b, [20, 30]).await;
    queue(&b.neighbour(), [10]).await;
    assert_eq!(backlog().await, of(3, Some(10)), "of all tenants");
    let leased = lease(b, 25, 99, 10).await;
    assert_eq!(backlog().await, of(3, Some(10)), "mail on its way has not left");
    for (tenant, mail) in leased {
        let at_home = if tenant == b.tenant { b.clone() } else { b.neighbour() };
        let sent = QueuedMail {
            state: MailState::Sent {
                at: at(26),
                attempts: 1,
            },
            ..mail.value.clone()
        };
        at_home.change(&mail, sent).await;
    }
    assert_eq!(backlog().await, of(1, Some(30)));
}
