//! The courier on the memory store: what leaves, what does not, and what is left behind.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

mod logs;
mod mailers;
mod offers;
mod post;
mod store;

use std::sync::Arc;
use std::time::Duration as Wait;

use mailers::{PanickingMailer, SlowMailer};
use post::Post;
use store::Fault;
use tenure::clock::Clock;
use tenure::error::Error;
use tenure::mail::{Courier, Delivered, Failure, MailError, Message, links};
use tenure::model::{MailState, TicketState};
use tenure::secret::{Token, TokenPurpose};
use tenure::store::{Store, StoreExt};
use time::Duration;

/// What was delivered, as numbers: sent, superseded, retried, failed, left.
fn counts(delivered: Delivered) -> [u64; 5] {
    [
        delivered.sent,
        delivered.superseded,
        delivered.retried,
        delivered.failed,
        delivered.left,
    ]
}

fn token(message: &Message) -> String {
    let link = links(message).pop().unwrap();
    let (page, token) = link.split_once("?token=").unwrap();
    assert_eq!(page, "https://backoffice.example.com/app/invitation");
    token.to_owned()
}

#[tokio::test]
async fn a_mail_is_sent_once_with_a_link_that_finds_its_ticket() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    assert_eq!(counts(post.deliver().await), [0; 5]);
    let sent = post.mailer.sent();
    assert_eq!(
        (sent.len(), sent[0].id, sent[0].to.as_str()),
        (1, mail.id, "kate@example.org")
    );
    assert_eq!(post.ticket_of(&token(&sent[0])).await.unwrap().value.id, mail.ticket);
    let now = post.clock.now();
    assert_eq!(post.state(mail).await, MailState::Sent { at: now, attempts: 1 });
}

#[tokio::test]
async fn mail_of_all_tenants_is_delivered() {
    let (post, other) = (Post::new(), post::tenant(2));
    post.invite("kate@example.org").await;
    let mail = post.invite_in(other, "kate@example.org").await;
    assert_eq!(counts(post.deliver().await), [2, 0, 0, 0, 0]);
    let tokens: Vec<String> = post.mailer.sent().iter().map(token).collect();
    let parsed = tokens
        .iter()
        .map(|text| Token::parse(TokenPurpose::Invitation, text).unwrap());
    assert_eq!(
        parsed.filter(|token| token.tenant() == *mail.tenant.as_uuid()).count(),
        1
    );
}

#[tokio::test]
async fn t1_the_hash_is_committed_before_the_message_is_handed_over() {
    let (mailer, gate) = SlowMailer::gated();
    let post = Post::with_mailer(mailer);
    post.invite("kate@example.org").await;
    let courier = Arc::clone(&post.courier);
    let delivery = tokio::spawn(async move { courier.deliver_due().await.unwrap() });
    let message = gate.next_message().await;
    let ticket = post
        .ticket_of(&token(&message))
        .await
        .expect("the hash is there while the mailer is at work");
    assert_eq!(ticket.value.state, TicketState::Open);
    gate.let_through(1);
    assert_eq!(counts(delivery.await.unwrap()), [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn t1_no_record_event_commit_log_or_debug_shows_a_token() {
    let logs = logs::capture();
    let post = Post::new();
    post.mailer.fail_next(1, Failure::Temporary);
    let failing = post.invite("kate@example.org").await;
    post.invite("jane@example.org").await;
    post.deliver().await;
    post.clock.advance(Duration::minutes(1));
    post.mailer.fail_next(1, Failure::Permanent);
    post.deliver().await;
    post.store
        .fail_next_commits([Fault::LostAnswer, Fault::None, Fault::Refuse]);
    post.invite("june@example.org").await;
    post.deliver().await;
    let tried = post.mailer.tried();
    assert_eq!(tried.len(), 4);
    let traces = [
        post.everything_stored().await,
        post.store.everything_committed(),
        logs.text(),
        format!("{:?} {:?} {:?}", post.courier, post.mailer, tried),
    ];
    assert!(traces[1].contains("\"tokens\":[\""), "the hashes are there");
    assert!(traces[2].contains(&failing.id.to_string()), "the logs name mails");
    for token in tried.iter().map(token) {
        let secret = &token[TokenPurpose::Invitation.prefix().len() + 22..];
        for (n, trace) in traces.iter().enumerate() {
            assert!(!trace.contains(secret), "trace {n} shows a token");
            assert!(!trace.contains("?token="), "trace {n} shows a link");
        }
    }
    assert!(!traces[2].contains("@example.org"), "logs name no address");
}

#[tokio::test]
async fn t4_a_ticket_that_ended_before_the_sending_supersedes_its_mail() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.end_ticket(mail).await;
    assert_eq!(counts(post.deliver().await), [0, 1, 0, 0, 0]);
    assert!(post.mailer.tried().is_empty());
    assert!(post.ticket(mail).await.value.tokens.is_empty(), "no token came to be");
    let now = post.clock.now();
    assert_eq!(post.state(mail).await, MailState::Superseded { at: now });
}

#[tokio::test]
async fn t4_a_ticket_that_ends_while_it_is_decided_supersedes_its_mail() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.store.fail_next_commits([Fault::EndTicketFirst]);
    assert_eq!(counts(post.deliver().await), [0, 1, 0, 0, 0]);
    assert!(post.mailer.tried().is_empty());
    assert!(matches!(post.ticket(mail).await.value.state, TicketState::Ended { .. }));
}

#[tokio::test]
async fn a_mail_that_another_courier_takes_meanwhile_is_left_to_it() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.store.fail_next_commits([Fault::LeaseMailFirst]);
    assert_eq!(counts(post.deliver().await), [0, 0, 0, 0, 1]);
    assert!(post.mailer.tried().is_empty());
    assert!(post.ticket(mail).await.value.tokens.is_empty(), "no token came to be");
}

#[tokio::test]
async fn t4_a_ticket_that_is_over_supersedes_its_mail() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.clock.set(post.ticket(mail).await.value.expires_at);
    assert_eq!(counts(post.deliver().await), [0, 1, 0, 0, 0]);
    assert!(post.mailer.tried().is_empty());
}

#[tokio::test]
async fn t5_a_mail_to_another_address_than_its_tickets_is_superseded() {
    let post = Post::new();
    post.queue("kate@example.org", "eve@example.org").await;
    post.queue("jane@example.org", "Jane@example.org").await;
    assert_eq!(counts(post.deliver().await), [0, 2, 0, 0, 0]);
    assert!(post.mailer.tried().is_empty());
}

#[tokio::test]
async fn t4_retried_mail_keeps_its_id_and_ticket_and_all_its_links_are_good() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.mailer.fail_next(3, Failure::Temporary);
    for pause in [1, 2, 4] {
        assert_eq!(counts(post.deliver().await), [0, 0, 1, 0, 0]);
        let ready_at = post.clock.now().saturating_add(Duration::minutes(pause));
        assert!(matches!(post.state(mail).await, MailState::Queued { ready_at: at, .. } if at == ready_at));
        post.clock.advance(Duration::minutes(pause) - Duration::MICROSECOND);
        assert_eq!(counts(post.deliver().await), [0; 5], "not a microsecond too early");
        post.clock.advance(Duration::MICROSECOND);
    }
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    let tried = post.mailer.tried();
    assert!(tried.len() == 4 && tried.iter().all(|message| message.id == mail.id));
    let tokens: std::collections::BTreeSet<String> = tried.iter().map(token).collect();
    assert_eq!(tokens.len(), 4, "each attempt has a token of its own");
    for token in &tokens {
        let ticket = post.ticket_of(token).await.unwrap().value;
        assert_eq!((ticket.id, ticket.state), (mail.ticket, TicketState::Open));
    }
}

#[tokio::test]
async fn a_mail_is_given_up_after_ten_attempts() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.mailer.fail_next(u32::MAX, Failure::Temporary);
    let mut retried = 0;
    while post.deliver().await.retried == 1 {
        retried += 1;
        post.clock.advance(Duration::hours(1));
    }
    let now = post.clock.now();
    assert_eq!((retried, post.mailer.tried().len()), (9, 10));
    assert_eq!(post.state(mail).await, MailState::Failed { at: now, attempts: 10 });
    post.clock.advance(Duration::days(1));
    assert_eq!(counts(post.deliver().await), [0; 5]);
}

#[tokio::test]
async fn a_mail_refused_for_good_has_failed() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.mailer.fail_next(1, Failure::Permanent);
    assert_eq!(counts(post.deliver().await), [0, 0, 0, 1, 0]);
    let now = post.clock.now();
    assert_eq!(post.state(mail).await, MailState::Failed { at: now, attempts: 1 });
}

#[tokio::test]
async fn d7_one_failing_mail_neither_undoes_nor_blocks_the_others() {
    let post = Post::new();
    let mut mails = Vec::new();
    for n in 0..45 {
        mails.push(post.invite(&format!("kate{n}@example.org")).await);
    }
    post.mailer
        .fail_for(&post::address("kate3@example.org"), Failure::Temporary);
    post.mailer
        .fail_for(&post::address("kate7@example.org"), Failure::Permanent);
    post.end_ticket(mails[11]).await;
    assert_eq!(counts(post.deliver().await), [42, 1, 1, 1, 0]);
    assert_eq!(post.mailer.sent().len(), 42);
}

#[tokio::test]
async fn d7_a_mailer_that_panics_delays_that_mail_only() {
    let post = Post::with_mailer(Arc::new(PanickingMailer::default()));
    for to in ["kate@example.org", "jane@example.org"] {
        post.invite(to).await;
    }
    assert_eq!(counts(post.deliver().await), [1, 0, 1, 0, 0]);
}

#[tokio::test]
async fn a_mailer_that_is_not_ready_is_reported_and_nothing_is_leased() {
    let post = Post::new();
    post.mailer.not_ready(Some("no relay"));
    assert_eq!(
        counts(post.deliver().await),
        [0; 5],
        "nothing waits, so nothing is missing"
    );
    let mail = post.invite("kate@example.org").await;
    let error = post.courier.deliver_due().await.unwrap_err();
    assert!(matches!(error, Error::Mail(MailError::NotReady { missing }) if missing == "no relay"));
    assert!(matches!(post.state(mail).await, MailState::Queued { attempts: 0, .. }));
    post.mailer.not_ready(None);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn d7_a_mail_whose_courier_died_is_sent_when_the_lease_runs_out() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    let now = post.clock.now();
    let leased = post
        .store
        .lease_mail(now, now.saturating_add(Courier::LEASE), 1)
        .await
        .unwrap();
    assert_eq!(leased.len(), 1);
    post.clock.advance(Courier::LEASE - Duration::MICROSECOND);
    assert_eq!(counts(post.deliver().await), [0; 5]);
    post.clock.advance(Duration::MICROSECOND);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    let now = post.clock.now();
    assert_eq!(post.state(mail).await, MailState::Sent { at: now, attempts: 2 });
}

#[tokio::test]
async fn d7_a_courier_that_dies_while_sending_leads_to_a_second_message_with_the_same_id() {
    let (mailer, gate) = SlowMailer::gated();
    let post = Post::with_mailer(mailer);
    post.invite("kate@example.org").await;
    let courier = Arc::clone(&post.courier);
    let dying = tokio::spawn(async move { courier.deliver_due().await });
    let first = gate.next_message().await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    gate.let_through(1);
    post.clock.advance(Courier::LEASE);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    let second = gate.next_message().await;
    assert_eq!(first.id, second.id);
    assert_ne!(token(&first), token(&second));
    for message in [first, second] {
        assert_eq!(
            post.ticket_of(&token(&message)).await.unwrap().value.state,
            TicketState::Open
        );
    }
}

#[tokio::test]
async fn d7_a_mail_sent_whose_outcome_cannot_be_written_counts_as_sent_and_comes_again() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.store.fail_next_commits([Fault::None, Fault::Refuse]);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    assert!(matches!(post.state(mail).await, MailState::Leased { .. }));
    post.clock.advance(Courier::LEASE);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    assert_eq!(post.mailer.sent().len(), 2);
}

#[tokio::test]
async fn lost_answers_of_the_store_are_resolved_without_a_second_message() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.store
        .fail_next_commits([Fault::LostAnswer, Fault::Busy, Fault::None, Fault::LostAnswer]);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    assert_eq!(post.mailer.tried().len(), 1);
    assert_eq!(post.ticket(mail).await.value.tokens.len(), 1);
    assert!(matches!(post.state(mail).await, MailState::Sent { .. }));
}

#[tokio::test]
async fn a_mail_that_the_store_fails_on_is_left_to_its_lease_and_the_others_go_out() {
    let post = Post::new();
    post.invite("kate@example.org").await;
    post.invite("jane@example.org").await;
    post.store.fail_next_commits([Fault::Refuse]);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 1]);
    post.clock.advance(Courier::LEASE);
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    assert_eq!(post.mailer.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d7_couriers_in_parallel_never_send_a_mail_twice() {
    let post = Post::new();
    for n in 0..200 {
        post.invite(&format!("kate{n}@example.org")).await;
    }
    let couriers: Vec<_> = (0..4)
        .map(|_| {
            let courier = post.new_courier();
            tokio::spawn(async move { courier.deliver_due().await.unwrap() })
        })
        .collect();
    let mut sent = 0;
    for courier in couriers {
        sent += courier.await.unwrap().sent;
    }
    let ids: std::collections::BTreeSet<_> = post.mailer.sent().iter().map(|message| message.id).collect();
    assert_eq!((sent, post.mailer.sent().len(), ids.len()), (200, 200, 200));
}

/// Far longer than a test takes.
const NEVER: Wait = Wait::from_secs(3_600);

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Wait::from_millis(5)).await;
    }
    panic!("it did not come about in 10 seconds");
}

#[tokio::test]
async fn a_spawned_courier_delivers_when_woken_and_ends_when_stopped() {
    let post = Post::new();
    let task = Arc::new(post.new_courier().poll_interval(NEVER));
    let running = task.spawn().unwrap();
    tokio::task::yield_now().await;
    for expected in 1..=3 {
        post.invite(&format!("kate{expected}@example.org")).await;
        task.wake();
        eventually(async || post.mailer.sent().len() == expected).await;
    }
    assert!(running.is_running());
    running.stop().await;
    post.invite("late@example.org").await;
    task.wake();
    tokio::time::sleep(Wait::from_millis(30)).await;
    assert_eq!(post.mailer.sent().len(), 3);
}

#[tokio::test]
async fn a_spawned_courier_looks_for_mail_by_itself_and_survives_bad_rounds() {
    let post = Post::new();
    post.mailer.not_ready(Some("no relay"));
    let mail = post.invite("kate@example.org").await;
    let running = Arc::new(post.new_courier().poll_interval(Wait::from_millis(10)))
        .spawn()
        .unwrap();
    tokio::time::sleep(Wait::from_millis(50)).await;
    assert!(post.mailer.tried().is_empty() && running.is_running());
    post.mailer.not_ready(None);
    eventually(async || matches!(post.state(mail).await, MailState::Sent { .. })).await;
}

#[tokio::test]
async fn a_stopped_courier_finishes_the_mail_in_hand_and_gives_the_rest_back() {
    let (mailer, gate) = SlowMailer::gated();
    let post = Post::with_mailer(mailer);
    let mut mails = Vec::new();
    for n in 0..3 {
        mails.push(post.invite(&format!("kate{n}@example.org")).await);
    }
    let running = Arc::clone(&post.courier).spawn().unwrap();
    let in_hand = gate.next_message().await;
    let stopping = tokio::spawn(running.stop());
    tokio::task::yield_now().await;
    gate.let_through(1);
    stopping.await.unwrap();
    for mail in mails {
        let state = post.state(mail).await;
        if mail.id == in_hand.id {
            assert!(matches!(state, MailState::Sent { .. }));
        } else {
            let ready_at = post.clock.now();
            assert_eq!(state, MailState::Queued { ready_at, attempts: 0 });
        }
    }
}

#[tokio::test]
async fn a_dropped_task_stops_the_courier() {
    let post = Post::new();
    let courier = Arc::new(post.new_courier().poll_interval(Wait::from_millis(10)));
    drop(courier.spawn().unwrap());
    eventually(async || Arc::strong_count(&courier) == 1).await;
}

#[test]
fn a_courier_cannot_be_spawned_without_a_runtime() {
    assert!(Post::new().courier.spawn().is_err());
}

#[tokio::test]
async fn a_mail_removed_with_its_user_is_not_sent() {
    let post = Post::new();
    let mail = post.invite("kate@example.org").await;
    post.remove_user(mail).await;
    assert_eq!(counts(post.deliver().await), [0; 5]);
    assert!(
        post.store
            .get::<tenure::model::QueuedMail>(mail.tenant, mail.id)
            .await
            .unwrap()
            .is_none()
    );
}
