//! Law 11: the feed of events.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::bench::{Bench, at, must};
use crate::id::{CommitId, UserId};
use crate::model::{Actor, Event, RecordId, Version, What};
use crate::store::{FeedEntry, FeedPosition};

async fn read(b: &Bench, after: FeedPosition, limit: u32) -> Vec<FeedEntry> {
    must("feed", b.store.feed(b.tenant, after, limit).await)
}

/// A commit of some events, each about another user.
async fn write(b: &Bench, number: usize) -> (CommitId, Vec<Event>) {
    let draft = (0..number).fold(b.draft(), |draft, _| draft.event(b.id::<UserId>(), What::PasswordSet));
    let commit = draft.commit.clone();
    draft.done().await;
    (commit.id, commit.events)
}

pub(super) async fn the_feed_has_every_event_in_order(b: &Bench) {
    let mut expected = Vec::new();
    for number in [1, 3, 0, 2, 5] {
        let (id, events) = write(b, number).await;
        expected.extend(events.into_iter().map(|event| (id, event)));
    }
    let feed = b.feed().await;
    assert!(
        feed.windows(2).all(|pair| pair[0].position < pair[1].position),
        "positions rise"
    );
    assert!(feed.iter().all(|entry| entry.position > FeedPosition::START));
    let read: Vec<_> = feed.into_iter().map(|entry| (entry.commit, entry.event)).collect();
    assert_eq!(
        read, expected,
        "every event, in the order of the commits and within them"
    );
}

pub(super) async fn the_feed_is_read_part_by_part(b: &Bench) {
    for _ in 0..5 {
        write(b, 4).await;
    }
    let whole = read(b, FeedPosition::START, 1_000).await;
    assert_eq!(whole.len(), 20);
    for limit in [1, 3, 7, 19, 20] {
        let mut parts: Vec<FeedEntry> = Vec::new();
        loop {
            let after = parts.last().map_or(FeedPosition::START, |entry| entry.position);
            let part = read(b, after, limit).await;
            assert!(
                part.len() <= limit as usize,
                "at most {limit}, and there are {}",
                part.len()
            );
            if part.is_empty() {
                break;
            }
            parts.extend(part);
            assert!(parts.len() <= 20, "an event is read twice");
        }
        assert_eq!(parts, whole, "{limit} at a time");
    }
}

pub(super) async fn events_are_kept_as_they_were_written(b: &Bench) {
    let user: UserId = b.id();
    let reason = || must("reason", crate::text::Reason::new("nightly import 😀"));
    let actors = [
        Actor::User(user),
        Actor::Subject(user),
        Actor::System(reason()),
        Actor::Schedule,
        Actor::Founder,
    ];
    let whats = [
        What::RoleRemoved {
            name: b.role("𝔘 clerk").name,
        },
        What::SupervisorChanged {
            from: None,
            to: Some(b.id()),
        },
        What::ProfileEdited {
            fields: ["display_name".to_owned()].into(),
        },
        What::InvitationSent {
            seat: true,
            expires_at: at(1).saturating_add(time::Duration::MICROSECOND),
            again: true,
        },
        What::StatusChanged {
            verb: "suspend".to_owned(),
            from: crate::model::StatusKind::Active,
            to: crate::model::StatusKind::Suspended,
            until: Some(at(9)),
            noted: true,
        },
    ];
    let event = |(actor, what)| Event {
        at: at(1).saturating_add(time::Duration::MICROSECOND),
        actor,
        subject: RecordId::User(user),
        what,
        affected: None,
        version: Some(Version::new(3)),
    };
    let mut draft = b.draft();
    draft.commit.events = actors.into_iter().zip(whats).map(event).collect();
    let events = draft.commit.events.clone();
    draft.done().await;
    let read: Vec<_> = b.feed().await.into_iter().map(|entry| entry.event).collect();
    assert_eq!(read, events);
}

pub(super) async fn events_about_a_record_come_newest_first(b: &Bench) {
    let (kate, ada): (UserId, UserId) = (b.id(), b.id());
    // A credential has its user's id, and is another record.
    let subjects = [RecordId::User(kate), RecordId::User(ada), RecordId::Credential(kate)];
    for _ in 0..4 {
        let draft = subjects.iter().fold(b.draft(), |draft, subject| {
            draft
                .event(*subject, What::PasswordSet)
                .event(*subject, What::UserErased)
        });
        draft.done().await;
    }
    let feed = b.feed().await;
    let about = async |subject, before, limit| {
        let events = b.store.events_about(b.tenant, subject, before, limit).await;
        must("events", events)
    };
    for subject in subjects {
        let mut expected: Vec<FeedEntry> = feed.iter().filter(|it| it.event.subject == subject).cloned().collect();
        expected.reverse();
        assert_eq!(expected.len(), 8);
        assert_eq!(about(subject, None, 100).await, expected);
        for limit in [1, 3, 7, 8] {
            let mut parts: Vec<FeedEntry> = Vec::new();
            loop {
                let part = about(subject, parts.last().map(|entry| entry.position), limit).await;
                assert!(part.len() <= limit as usize, "at most {limit}");
                if part.is_empty() {
                    break;
                }
                parts.extend(part);
                assert!(parts.len() <= 8, "an event is read twice");
            }
            assert_eq!(parts, expected, "{limit} at a time");
        }
    }
    assert_eq!(about(RecordId::User(b.id()), None, 100).await, []);
}

/// Reads after every commit, and misses none.
pub(super) async fn whoever_follows_the_feed_misses_nothing(b: &Bench) {
    let mut seen: Vec<Event> = Vec::new();
    let mut written = Vec::new();
    let mut after = FeedPosition::START;
    for round in 0..40 {
        written.extend(write(b, round % 3).await.1);
        for entry in read(b, after, 100).await {
            after = entry.position;
            seen.push(entry.event);
        }
        assert_eq!(seen, written, "after commit {round}");
    }
}

/// Writers race; two readers follow, from position to position, and each must see every event.
pub(super) async fn whoever_follows_while_many_write_misses_nothing(b: &Bench) {
    const WRITERS: usize = 4;
    let writing = Arc::new(AtomicUsize::new(WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let (b, writing) = (b.clone(), Arc::clone(&writing));
            tokio::spawn(async move {
                let mut subjects = Vec::new();
                for round in 0..25 {
                    let (_, events) = write(&b, 1 + (n + round) % 3).await;
                    subjects.extend(events.into_iter().map(|event| event.subject));
                    tokio::task::yield_now().await;
                }
                writing.fetch_sub(1, Ordering::SeqCst);
                subjects
            })
        })
        .collect();
    let readers: Vec<_> = [3, 100]
        .map(|limit| {
            let (b, writing) = (b.clone(), Arc::clone(&writing));
            tokio::spawn(async move {
                let (mut seen, mut after) = (Vec::new(), FeedPosition::START);
                loop {
                    let done = writing.load(Ordering::SeqCst) == 0;
                    let part = read(&b, after, limit).await;
                    if part.is_empty() && done {
                        return seen;
                    }
                    for entry in part {
                        assert!(entry.position > after, "positions rise");
                        after = entry.position;
                        seen.push(entry.event.subject);
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .into();
    let mut written: BTreeSet<RecordId> = BTreeSet::new();
    for writer in writers {
        written.extend(must("writer", writer.await));
    }
    for reader in readers {
        let seen = must("reader", reader.await);
        assert_eq!(seen.len(), written.len(), "each event is read once");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), written);
    }
}
