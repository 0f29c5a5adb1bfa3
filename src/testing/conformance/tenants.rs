//! Law 5: tenants never meet.

use super::bench::{Bench, at, conflict, every, missing, must};
use crate::model::{
    Employee, EndReason, Loaded, RecordKind, Role, Session, SessionState, Ticket, TicketPurpose, UniqueKey, User,
    Version, What,
};
use crate::store::{Change, Counter, FeedPosition, Lookup, SetChange};

/// A small tenant: the same ids and keys for twins.
struct Small {
    role: Loaded<Role>,
    user: Loaded<User>,
    session: Loaded<Session>,
    ticket: Loaded<Ticket>,
    spare: Loaded<Ticket>,
    supervisor: Loaded<Employee>,
}

async fn small(b: &Bench) -> Small {
    let role = b.put(b.role("clerk")).await;
    let user = b.put(b.user_with("kate", role.id)).await;
    b.put(b.tenant_record(user.id, role.id)).await;
    let supervisor = b.put(b.employee("Supervisor")).await;
    let report = Employee {
        supervisor: Some(supervisor.id),
        ..b.employee("Report")
    };
    b.put(report).await;
    let session = b.put(b.session(user.id)).await;
    let ticket = b.put(b.ticket(user.id, TicketPurpose::Reset)).await;
    let spare = b.put(b.ticket(user.id, TicketPurpose::Invitation)).await;
    b.put(b.mail(user.id, 0)).await;
    b.draft()
        .count(7, None, None)
        .event(user.id, What::PasswordSet)
        .done()
        .await;
    Small {
        role,
        user,
        session,
        ticket,
        spare,
        supervisor,
    }
}

/// One of every change, each at the first version of what it changes.
fn changes(small: &Small) -> Vec<(&'static str, Change)> {
    let user = small.user.id;
    vec![
        (
            "touch",
            Change::Touch {
                record: small.session.id.into(),
                seen_at: at(99),
            },
        ),
        (
            "remove",
            Change::Remove {
                record: small.spare.id.into(),
                expected: Version::FIRST,
            },
        ),
        (
            "update",
            Change::Update {
                expected: Version::FIRST,
                entry: crate::model::Entry::new(User {
                    api_only: true,
                    ..small.user.value.clone()
                }),
            },
        ),
        (
            "end sessions",
            Change::Set(SetChange::EndSessions {
                user,
                except: None,
                at: at(9),
                reason: EndReason::AccessEnded,
            }),
        ),
        (
            "end tickets",
            Change::Set(SetChange::EndTickets {
                user,
                purpose: None,
                at: at(9),
            }),
        ),
        (
            "move reports",
            Change::Set(SetChange::MoveReports {
                from: small.supervisor.id,
                to: None,
                except: None,
            }),
        ),
        (
            "count",
            Change::Count {
                counter: Counter::Seats,
                delta: 1,
                at_least: None,
                at_most: None,
            },
        ),
    ]
}

pub(super) async fn ids_and_keys_of_two_tenants_never_meet(b: &Bench) {
    let twin = b.twin();
    let (one, other) = (small(b).await, small(&twin).await);
    assert_eq!(one.user, other.user, "the same ids and keys stand in both");
    assert_eq!(one.session.token, other.session.token);
    let before = twin.snapshot().await;
    b.draft().remove(&one.ticket).remove(&one.session).done().await;
    assert_eq!(twin.snapshot().await, before, "a removal reached the other tenant");
    assert_eq!(twin.get(other.ticket.id).await, Some(other.ticket));
}

pub(super) async fn a_change_reaches_its_own_tenant_only(b: &Bench) {
    let twin = b.twin();
    let one = small(b).await;
    small(&twin).await;
    for (why, change) in changes(&one) {
        let (own, others) = (b.snapshot().await, twin.snapshot().await);
        b.draft().change(change).done().await;
        assert_ne!(b.snapshot().await, own, "{why} changed nothing in its own tenant");
        assert_eq!(twin.snapshot().await, others, "{why} reached the other tenant");
    }
}

pub(super) async fn no_write_finds_a_record_of_another_tenant(b: &Bench) {
    let (stranger, one) = (b.neighbour(), small(b).await);
    let before = b.snapshot().await;
    let user = one.user.value.clone();
    conflict(
        "update",
        &stranger.draft().update(&one.user, user).send().await,
        one.user.id,
    );
    conflict(
        "remove",
        &stranger.draft().remove(&one.session).send().await,
        one.session.id,
    );
    conflict("guard", &stranger.draft().guard(&one.role).send().await, one.role.id);
    let session = b.session(one.user.id);
    let answer = stranger.draft().insert(session.clone()).send().await;
    missing("a session of their user", &answer, session.id, one.user.id);
    let user = b.user_with("other", one.role.id);
    missing(
        "their role",
        &stranger.draft().insert(user.clone()).send().await,
        user.id,
        one.role.id,
    );
    for (why, change) in changes(&one) {
        let answer = stranger.draft().change(change).send().await;
        let nothing = answer.as_ref().is_ok_and(|committed| committed.touched == [0]);
        let own = matches!(why, "count" | "touch");
        assert!(answer.is_err() || nothing || own, "{why} touched something: {answer:?}");
        assert_eq!(b.snapshot().await, before, "{why} reached the other tenant");
    }
}

pub(super) async fn t2_no_read_by_id_or_key_leaves_its_tenant(b: &Bench) {
    let (stranger, one) = (b.neighbour(), small(b).await);
    let wanted = [
        Lookup::Id(one.user.id.into()),
        Lookup::Id(b.tenant.into()),
        Lookup::Key(UniqueKey::session_token(&one.session.token)),
        Lookup::Key(UniqueKey::ticket_token(&one.ticket.tokens[0])),
        Lookup::Key(UniqueKey::login(&one.user.user_name.key())),
    ];
    assert!(b.load(&wanted).await.iter().all(Option::is_some));
    assert!(
        stranger.load(&wanted).await.iter().all(Option::is_none),
        "a stranger loads their records"
    );
}

pub(super) async fn t2_no_session_is_found_for_another_tenant(b: &Bench) {
    let (stranger, one) = (b.neighbour(), small(b).await);
    let token = one.session.token;
    let found = |b: Bench| async move {
        let found = b.store.principal_by_session(b.tenant, &token).await;
        must("principal", found).map(|found| found.pass.value.id)
    };
    assert_eq!(found(b.clone()).await, Some(one.session.id));
    assert_eq!(found(stranger.clone()).await, None, "in a tenant without records");
    let role = stranger.put(stranger.role("clerk")).await.value.id;
    let user = stranger.put(stranger.user("kate")).await.value.id;
    stranger.put(stranger.tenant_record(user, role)).await;
    assert_eq!(found(stranger).await, None, "in a tenant of its own");
}

pub(super) async fn no_listing_leaves_its_tenant(b: &Bench) {
    let stranger = b.neighbour();
    small(b).await;
    for kind in RecordKind::ALL {
        let page = stranger.list(&every(*kind).count_up_to(10)).await;
        assert!(page.items.is_empty(), "a stranger lists their {kind}s");
        assert_eq!((page.next, page.total), (None, Some(0)), "{kind}");
    }
}

pub(super) async fn no_counter_leaves_its_tenant(b: &Bench) {
    let stranger = b.neighbour();
    small(b).await;
    assert_eq!(stranger.counter(Counter::Seats).await, 0, "a stranger's counter");
    stranger.draft().count(1, None, Some(1)).done().await;
    assert_eq!(
        (b.counter(Counter::Seats).await, stranger.counter(Counter::Seats).await),
        (7, 1)
    );
}

pub(super) async fn no_event_leaves_its_tenant(b: &Bench) {
    let stranger = b.neighbour();
    small(b).await;
    assert!(stranger.feed().await.is_empty(), "a stranger reads their events");
    for _ in 0..3 {
        let subject = stranger.id::<crate::id::UserId>();
        stranger.draft().event(subject, What::UserErased).done().await;
        b.draft().event(subject, What::PasswordSet).done().await;
    }
    let theirs = stranger.feed().await;
    assert!(theirs.iter().all(|entry| entry.event.what == What::UserErased) && theirs.len() == 3);
    let own = must("feed", b.store.feed(b.tenant, FeedPosition::START, 100).await);
    assert!(own.iter().all(|entry| entry.event.what == What::PasswordSet) && own.len() == 4);
    for entry in own.into_iter().skip(1) {
        let subject = entry.event.subject;
        let about = must("events", b.store.events_about(b.tenant, subject, None, 100).await);
        assert_eq!(about, [entry], "nothing of a stranger's about {subject}");
    }
}

pub(super) async fn a_commit_id_belongs_to_its_tenant(b: &Bench) {
    let stranger = b.neighbour();
    let id = b.id();
    b.draft().id(id).count(1, None, None).done().await;
    stranger.draft().id(id).count(5, None, None).done().await;
    b.draft().id(id).count(1, None, None).done().await;
    assert_eq!(
        (b.counter(Counter::Seats).await, stranger.counter(Counter::Seats).await),
        (1, 5)
    );
}

pub(super) async fn a_session_is_touched_in_its_own_tenant_only(b: &Bench) {
    let twin = b.twin();
    let (one, other) = (small(b).await, small(&twin).await);
    b.draft()
        .change(Change::Touch {
            record: one.session.id.into(),
            seen_at: at(50),
        })
        .done()
        .await;
    let seen = |session: Option<Loaded<Session>>| session.map(|s| (s.value.seen_at, s.value.state));
    let (own, others) = (b.get(one.session.id).await, twin.get(other.session.id).await);
    assert_eq!(seen(own), Some((at(50), SessionState::Open)));
    assert_eq!(seen(others), Some((at(0), SessionState::Open)));
}
