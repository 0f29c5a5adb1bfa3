//! What is due.

use super::bench::{Bench, at, must};
use crate::id::TenantId;
use crate::model::{
    ApiKey, Attempt, Entry, Loaded, Record, RecordId, Session, Throttle, TicketPurpose, User, UserStatus, Version,
};
use crate::store::DueItem;

async fn due(b: &Bench, tenant: Option<TenantId>, as_of: i64, after: Option<DueItem>, limit: u32) -> Vec<DueItem> {
    must("due", b.store.due(tenant, at(as_of), after, limit).await)
}

/// An active user whose access ends after so many seconds.
fn leaving(b: &Bench, name: &str, seconds: i64) -> User {
    User {
        status: UserStatus::Active {
            since: at(0),
            until: Some(at(seconds)),
        },
        ..b.user(name)
    }
}

fn item(b: &Bench, seconds: i64, record: impl Into<RecordId>) -> DueItem {
    DueItem {
        at: at(seconds),
        tenant: b.tenant,
        record: record.into(),
    }
}

pub(super) async fn what_is_due_comes_in_the_order_of_time(b: &Bench) {
    let users = [30, 10, 20, 10].map(|seconds| leaving(b, &format!("user{}", b.id::<uuid::Uuid>().simple()), seconds));
    b.put_all(users.iter().cloned()).await;
    let mut expected: Vec<_> = [30, 10, 20, 10]
        .iter()
        .zip(&users)
        .map(|(s, user)| item(b, *s, user.id))
        .collect();
    expected.sort();
    assert_eq!(due(b, Some(b.tenant), 99, None, 10).await, expected);
    assert_eq!(due(b, None, 99, None, 10).await, expected);
}

pub(super) async fn nothing_is_due_before_its_time(b: &Bench) {
    let user = b.put(leaving(b, "kate", 10)).await;
    assert!(due(b, Some(b.tenant), 9, None, 10).await.is_empty());
    assert_eq!(
        due(b, Some(b.tenant), 10, None, 10).await,
        [item(b, 10, user.id)],
        "at exactly its time"
    );
}

pub(super) async fn what_is_due_is_read_part_by_part(b: &Bench) {
    let other = b.neighbour();
    for seconds in [10, 10, 20] {
        for bench in [b, &other] {
            bench
                .put(leaving(
                    bench,
                    &format!("user{}", b.id::<uuid::Uuid>().simple()),
                    seconds,
                ))
                .await;
        }
    }
    let whole = due(b, None, 99, None, 100).await;
    assert_eq!(whole.len(), 6);
    for limit in [1, 2, 4] {
        let mut parts: Vec<DueItem> = Vec::new();
        loop {
            let part = due(b, None, 99, parts.last().copied(), limit).await;
            assert!(part.len() <= limit as usize, "at most {limit}");
            if part.is_empty() {
                break;
            }
            parts.extend(part);
            assert!(parts.len() <= 6, "something is due twice");
        }
        assert_eq!(parts, whole, "{limit} at a time, across equal instants and tenants");
    }
}

pub(super) async fn what_is_due_can_be_asked_of_one_tenant(b: &Bench) {
    let other = b.neighbour();
    let (own, foreign) = (
        b.put(leaving(b, "kate", 10)).await,
        other.put(leaving(&other, "kate", 5)).await,
    );
    assert_eq!(due(b, Some(b.tenant), 99, None, 10).await, [item(b, 10, own.id)]);
    assert_eq!(
        due(b, Some(other.tenant), 99, None, 10).await,
        [item(&other, 5, foreign.id)]
    );
    assert_eq!(
        due(b, None, 99, None, 10).await,
        [item(&other, 5, foreign.id), item(b, 10, own.id)]
    );
}

pub(super) async fn what_is_done_is_due_no_more(b: &Bench) {
    let user = b.put(leaving(b, "kate", 10)).await;
    let later = b
        .change(
            &user,
            User {
                id: user.id,
                ..leaving(b, "kate", 50)
            },
        )
        .await;
    assert_eq!(due(b, None, 99, None, 10).await, [item(b, 50, user.id)], "put off");
    let stays = User {
        id: user.id,
        ..b.user("kate")
    };
    let stays = b.change(&later, stays).await;
    assert!(due(b, None, 99, None, 10).await.is_empty(), "settled");
    let again = b
        .change(
            &stays,
            User {
                id: user.id,
                ..leaving(b, "kate", 10)
            },
        )
        .await;
    b.draft().remove(&again).done().await;
    assert!(due(b, None, 99, None, 10).await.is_empty(), "removed");
}

/// Whatever the record says; also what set changes and touches write.
pub(super) async fn every_record_is_due_when_its_entry_says(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let session = Session {
        expires_at: at(60),
        ..b.session(user)
    };
    b.put_all([session.clone()]).await;
    let ticket = b.put(b.ticket(user, TicketPurpose::Reset)).await.value;
    let invitation = b.put(b.invitation(user)).await.value;
    let far = 1_000_000_000;
    let expected = |records: [Record; 3]| {
        let mut items: Vec<_> = records
            .into_iter()
            .filter_map(|record| {
                let entry = Entry::new(record);
                Some(DueItem {
                    at: entry.due_at?,
                    tenant: b.tenant,
                    record: entry.record.id(),
                })
            })
            .collect();
        items.sort();
        items
    };
    let open = expected([session.clone().into(), ticket.clone().into(), invitation.clone().into()]);
    assert_eq!(due(b, None, far, None, 10).await, open);
    let sessions = crate::store::SetChange::EndSessions {
        user,
        except: None,
        at: at(5),
        reason: crate::model::EndReason::AccessEnded,
    };
    let tickets = crate::store::SetChange::EndTickets {
        user,
        purpose: None,
        at: at(6),
    };
    b.draft().set(sessions).set(tickets).done().await;
    let (session, ticket): (Option<Loaded<Session>>, Option<Loaded<crate::model::Ticket>>) =
        (b.get(session.id).await, b.get(ticket.id).await);
    let (Some(session), Some(ticket)) = (session, ticket) else {
        panic!("both are kept")
    };
    assert_eq!((session.version, ticket.version), (Version::new(2), Version::new(2)));
    let closed = expected([session.value.into(), ticket.value.into(), invitation.into()]);
    assert_eq!(
        due(b, None, far, None, 10).await,
        closed,
        "what ends early is removed early"
    );
    assert_ne!(open, closed);
}

pub(super) async fn attempts_throttles_and_api_keys_are_due_when_they_say(b: &Bench) {
    let user = b.put(b.user("robot")).await.value.id;
    let attempt = Attempt {
        keep_until: at(50),
        ..b.attempt(Some(user))
    };
    let throttle = Throttle {
        forget_at: at(20),
        ..b.throttle(None)
    };
    let ending = ApiKey {
        expires_at: Some(at(30)),
        ..b.api_key(user)
    };
    let (attempt, throttle) = (b.put(attempt).await, b.put(throttle).await);
    let (endless, ending) = (b.put(b.api_key(user)).await, b.put(ending).await);
    let (kept, far) = (ApiKey::KEPT_AFTER_END.whole_seconds(), 1_000_000_000);
    let forgotten = Throttle::KEPT_AFTER.whole_seconds();
    let all = [
        item(b, 50, attempt.id),
        item(b, 20 + forgotten, throttle.id),
        item(b, 30 + kept, ending.id),
    ];
    assert_eq!(
        due(b, None, far, None, 10).await,
        all,
        "a key without an end is never due"
    );
    assert_eq!(due(b, None, 50, None, 10).await, all[..1], "at exactly its time");

    let again = Throttle {
        forget_at: at(90),
        ..throttle.value.clone()
    };
    b.change(&throttle, again).await;
    b.draft().remove(&attempt).done().await;
    let revoke = crate::store::SetChange::RevokeApiKeys { user, at: at(10) };
    b.draft().set(revoke).done().await;
    let mut revoked = [item(b, 10 + kept, ending.id), item(b, 10 + kept, endless.id)];
    revoked.sort();
    let later = [&[item(b, 90 + forgotten, throttle.id)], revoked.as_slice()].concat();
    assert_eq!(due(b, None, far, None, 10).await, later, "put off, removed, revoked");
}
