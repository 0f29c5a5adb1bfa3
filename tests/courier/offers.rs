//! Reset links, one-time passwords, confirmations and notices: what is minted for each, and how long it is good.

use tenure::clock::{Clock, Timestamp};
use tenure::mail::{Audience, DateFormat, Failure, Message, Template, Templates, Texts, links, passwords};
use tenure::model::{DoneBy, Mail, MailKind, MailState, Ticket, TicketPurpose, TicketState, UniqueKey};
use tenure::secret::TokenPurpose;
use tenure::store::StoreExt;
use tenure::text::{DisplayName, EmailAddress, Name, TimeZone};
use time::Duration;

use crate::post::{Post, Queued, address};
use crate::{counts, logs};

const TO: &str = "kate@example.org";

fn mail(kind: MailKind) -> Mail {
    let tenant = Name::new("Northwind").unwrap();
    let recipient = DisplayName::new("Kate").unwrap();
    let user_name = "kate".to_owned();
    let (at, address) = (Timestamp::EPOCH, EmailAddress::new(TO).unwrap());
    match kind {
        MailKind::PasswordReset => Mail::PasswordReset {
            tenant,
            recipient,
            user_name,
            requested_by_administrator: false,
        },
        MailKind::OneTimePassword => Mail::OneTimePassword {
            tenant,
            recipient,
            user_name,
            again: false,
        },
        MailKind::PasswordChanged => Mail::PasswordChanged { tenant, recipient, at },
        MailKind::ConfirmAddress => Mail::ConfirmAddress {
            tenant,
            recipient,
            address,
            effective_at: None,
        },
        MailKind::AddressAnnounced => Mail::AddressAnnounced {
            tenant,
            recipient,
            address,
            effective_at: at,
        },
        MailKind::AddressChangeRequested => Mail::AddressChangeRequested {
            tenant,
            recipient,
            to: address,
            effective_at: at,
        },
        MailKind::AddressChanged => Mail::AddressChanged { tenant, recipient, at },
        MailKind::SignInAtProvider => Mail::SignInAtProvider {
            tenant,
            recipient,
            place: None,
        },
        MailKind::IdentityChanged => Mail::IdentityChanged {
            tenant,
            recipient,
            provider: None,
            by: DoneBy::Tenant,
            at,
        },
        MailKind::ApiKeyCreated => Mail::ApiKeyCreated {
            key: Some(tenant.clone()),
            tenant,
            recipient,
            expires_at: Some(at),
            by: DoneBy::Recipient,
            at,
        },
        kind => panic!("invitations are in the other file: {kind:?}"),
    }
}

fn reset() -> Mail {
    mail(MailKind::PasswordReset)
}

fn one_time() -> Mail {
    mail(MailKind::OneTimePassword)
}

/// Mails that offer something, with the page that their link leads to.
const OFFERS: [(MailKind, &str); 4] = [
    (MailKind::PasswordReset, "/reset"),
    (MailKind::ConfirmAddress, "/confirm-address"),
    (MailKind::AddressChangeRequested, "/stop-change"),
    (MailKind::OneTimePassword, "/sign-in"),
];

const NOTICES: [MailKind; 6] = [
    MailKind::PasswordChanged,
    MailKind::AddressAnnounced,
    MailKind::AddressChanged,
    MailKind::SignInAtProvider,
    MailKind::IdentityChanged,
    MailKind::ApiKeyCreated,
];

/// As it stands in a mail to Vienna.
fn in_vienna(instant: Timestamp) -> String {
    let vienna = TimeZone::new("Europe/Vienna").unwrap();
    DateFormat::plain(&vienna).date_time_zone(instant)
}

fn link(message: &Message) -> (String, String) {
    let link = links(message).pop().unwrap();
    let (page, token) = link.split_once("?token=").unwrap();
    let path = page.strip_prefix("https://backoffice.example.com/app").unwrap();
    (path.to_owned(), token.to_owned())
}

fn token_purpose(kind: MailKind) -> Option<TokenPurpose> {
    kind.ticket().and_then(TicketPurpose::token)
}

impl Post {
    fn last(&self) -> Message {
        self.mailer.tried().pop().unwrap()
    }

    async fn open_ticket(&self, queued: Queued) -> Ticket {
        let ticket = self.ticket(queued).await.value;
        assert_eq!(ticket.state, TicketState::Open);
        ticket
    }
}

#[tokio::test]
async fn t2_each_offer_has_a_link_of_its_own_purpose_to_its_own_page() {
    for (kind, path) in OFFERS {
        let post = Post::new();
        let queued = post.offer(TO, mail(kind)).await;
        assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0], "{kind:?}");
        let message = post.last();
        if let Some(purpose) = token_purpose(kind) {
            let (page, token) = link(&message);
            assert_eq!(page, path);
            let found = post.ticket_for(purpose, &token).await.unwrap().value;
            assert_eq!((found.id, found.user), (queued.ticket, queued.user));
        } else {
            let page = format!("https://backoffice.example.com/app{path}");
            assert_eq!(links(&message), [page], "the page, and no token");
        }
    }
}

#[tokio::test]
async fn ps2_a_one_time_password_is_minted_for_each_attempt_and_only_hashes_are_kept() {
    let post = Post::new();
    let queued = post.offer(TO, one_time()).await;
    post.mailer.fail_next(1, Failure::Temporary);
    assert_eq!(counts(post.deliver().await), [0, 0, 1, 0, 0]);
    post.clock.advance(Duration::minutes(1));
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    let tried: Vec<String> = post.mailer.tried().iter().flat_map(passwords).collect();
    assert_eq!(tried.len(), 2);
    assert_ne!(tried[0], tried[1]);
    let ticket = post.open_ticket(queued).await;
    assert_eq!(
        (ticket.purpose, ticket.tokens.len()),
        (TicketPurpose::OneTimePassword, 2)
    );
    for hash in &ticket.tokens {
        let found = post
            .store
            .find::<Ticket>(queued.tenant, UniqueKey::ticket_token(hash))
            .await
            .unwrap();
        assert_eq!(found.unwrap().value.id, queued.ticket);
    }
}

#[tokio::test]
async fn t8_a_term_runs_from_the_minting_and_the_mail_says_when_it_ends() {
    for (kind, _) in OFFERS {
        let post = Post::new();
        let queued = post.offer(TO, mail(kind)).await;
        post.clock.advance(Duration::hours(5));
        assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
        let until = post.clock.now().saturating_add(Duration::HOUR);
        assert_eq!(post.open_ticket(queued).await.expires_at, until);
        let written = in_vienna(until);
        let message = post.last();
        assert!(
            message.text().contains(&written) && message.html().contains(&written),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn t8_late_in_its_day_a_reset_is_good_for_what_is_left_and_then_for_nothing() {
    let post = Post::new();
    let queued = post.offer(TO, reset()).await;
    let bound = post.open_ticket(queued).await.expires_at;
    post.clock.set(bound.saturating_add(Duration::minutes(-10)));
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    assert_eq!(post.open_ticket(queued).await.expires_at, bound);
    assert!(post.last().text().contains(&in_vienna(bound)));
    let post = Post::new();
    let queued = post.offer(TO, reset()).await;
    post.clock.set(bound);
    assert_eq!(counts(post.deliver().await), [0, 1, 0, 0, 0]);
    assert!(post.mailer.tried().is_empty() && post.ticket(queued).await.value.tokens.is_empty());
}

#[tokio::test]
async fn t4_a_reset_that_is_tried_for_longer_than_its_term_still_arrives_with_one_good_link() {
    let post = Post::new();
    let queued = post.offer(TO, reset()).await;
    post.mailer.fail_next(9, Failure::Temporary);
    // The last pauses are as long as the term: each attempt finds the one before it over.
    for attempt in 1..=9 {
        assert_eq!(counts(post.deliver().await), [0, 0, 1, 0, 0], "attempt {attempt}");
        post.clock.advance(Duration::HOUR);
    }
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    let tokens: Vec<String> = post.mailer.tried().iter().map(|message| link(message).1).collect();
    assert_eq!(tokens.len(), 10);
    for (n, token) in tokens.iter().enumerate() {
        let found = post.ticket_for(TokenPurpose::Reset, token).await;
        assert_eq!(found.is_some(), n == 9, "what was over stays dead: {n}");
    }
    let until = post.clock.now().saturating_add(Duration::HOUR);
    assert_eq!(post.open_ticket(queued).await.expires_at, until);
}

#[tokio::test]
async fn t4_retries_within_the_term_share_their_ticket() {
    let post = Post::new();
    let queued = post.offer(TO, reset()).await;
    post.mailer.fail_next(2, Failure::Temporary);
    for pause in [1, 2] {
        assert_eq!(counts(post.deliver().await), [0, 0, 1, 0, 0]);
        post.clock.advance(Duration::minutes(pause));
    }
    assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0]);
    for message in post.mailer.tried() {
        let found = post.ticket_for(TokenPurpose::Reset, &link(&message).1).await.unwrap();
        assert_eq!((found.value.id, message.id), (queued.ticket, queued.id));
    }
    let until = post.clock.now().saturating_add(Duration::HOUR);
    assert_eq!(post.open_ticket(queued).await.expires_at, until);
}

#[tokio::test]
async fn t4_no_offer_is_sent_once_its_ticket_ended() {
    for (kind, _) in OFFERS {
        let post = Post::new();
        let queued = post.offer(TO, mail(kind)).await;
        post.end_ticket(queued).await;
        assert_eq!(counts(post.deliver().await), [0, 1, 0, 0, 0], "{kind:?}");
        assert!(post.mailer.tried().is_empty());
        assert!(post.ticket(queued).await.value.tokens.is_empty(), "nothing came to be");
        let now = post.clock.now();
        assert_eq!(post.state(queued).await, MailState::Superseded { at: now });
    }
}

#[tokio::test]
async fn t5_no_offer_is_sent_by_a_ticket_for_another_address_or_another_act() {
    for (kind, _) in OFFERS {
        let post = Post::new();
        let elsewhere = |ticket| Ticket {
            address: address("eve@example.org"),
            ..ticket
        };
        let another_act = |ticket| Ticket {
            purpose: TicketPurpose::Invitation,
            ..ticket
        };
        post.offer_by(TO, mail(kind), elsewhere).await;
        post.offer_by(TO, mail(kind), another_act).await;
        assert_eq!(counts(post.deliver().await), [0, 2, 0, 0, 0], "{kind:?}");
        assert!(post.mailer.tried().is_empty());
    }
}

#[tokio::test]
async fn notices_are_sent_without_a_ticket_and_offer_nothing() {
    for kind in NOTICES {
        let post = Post::new();
        let queued = post.orphan(TO, mail(kind)).await;
        assert_eq!(counts(post.deliver().await), [1, 0, 0, 0, 0], "{kind:?}");
        let message = post.last();
        assert!(links(&message).is_empty() && passwords(&message).is_empty());
        let now = post.clock.now();
        assert_eq!(post.state(queued).await, MailState::Sent { at: now, attempts: 1 });
    }
}

#[tokio::test]
async fn d7_a_mail_that_cannot_be_written_fails_and_the_others_go_out() {
    let post = Post::new();
    let mut broken = Vec::new();
    for (n, (kind, _)) in OFFERS.into_iter().enumerate() {
        broken.push(post.orphan(TO, mail(kind)).await);
        post.offer(&format!("kate{n}@example.org"), mail(kind)).await;
    }
    assert_eq!(counts(post.deliver().await), [4, 0, 0, 4, 0]);
    let now = post.clock.now();
    for queued in broken {
        assert_eq!(post.state(queued).await, MailState::Failed { at: now, attempts: 1 });
    }
    assert_eq!(post.mailer.sent().len(), 4);
}

#[tokio::test]
async fn d7_a_mail_is_in_the_language_and_time_of_its_recipient() {
    let post = Post::new();
    post.offer(TO, reset()).await;
    post.deliver().await;
    let message = post.last();
    assert_eq!(message.subject, "Ihr neues Passwort für Northwind");
    assert!(message.html().contains("<html lang=\"de\">"));
}

fn template(text: &str) -> Template {
    Template::new(
        "{{ tenant }}",
        format!("{text} {{{{ link }}}}"),
        "<p>{{ recipient }} {{ link }}</p>",
    )
}

#[tokio::test]
async fn bi8_templates_are_used_and_can_be_replaced_while_the_courier_runs() {
    let (post, templates) = (Post::new(), Templates::new());
    let courier = post.new_courier().texts(Texts::new().templates(&templates));
    let everybody = Audience::everybody;
    let mut texts = Vec::new();
    for (audience, text) in [
        (None, ""),
        (Some(everybody()), "one"),
        (Some(everybody().locale("de".parse().unwrap())), "two"),
        (Some(everybody().tenant(crate::post::tenant(2))), "never"),
        (Some(everybody().tenant(crate::post::tenant(1))), "three"),
    ] {
        if let Some(audience) = audience {
            templates
                .replace(MailKind::PasswordReset, audience, &template(text))
                .unwrap();
        }
        post.offer(TO, reset()).await;
        courier.deliver_due().await.unwrap();
        texts.push(post.last().text().split(' ').next().unwrap().to_owned());
    }
    assert_eq!(texts, ["Guten", "one", "two", "two", "three"]);
    let preview = Mail::PasswordReset {
        tenant: Name::new("Northwind").unwrap(),
        recipient: DisplayName::new("Kate").unwrap(),
        user_name: "kate".to_owned(),
        requested_by_administrator: true,
    };
    let queued = post.offer(TO, preview).await;
    let waiting = post.store.get(queued.tenant, queued.id).await.unwrap().unwrap();
    let preview = courier.preview(queued.tenant, &waiting);
    assert_eq!(preview.text(), "three [persönlicher Link]");
}

#[tokio::test]
async fn bi8_t1_a_template_that_fails_gives_way_to_the_built_in_text_and_the_log_shows_no_secret() {
    let logs = logs::capture();
    let (post, templates) = (Post::new(), Templates::new());
    let courier = post.new_courier().texts(Texts::new().templates(&templates));
    let brittle = Template {
        html: "<p>{{ link }}\n{% if recipient == 'Kate' %}{{ link / 2 }}{% endif %}</p>".to_owned(),
        ..template("x")
    };
    templates
        .replace(MailKind::PasswordReset, Audience::everybody(), &brittle)
        .unwrap();
    let queued = post.offer(TO, reset()).await;
    assert_eq!(counts(courier.deliver_due().await.unwrap()), [1, 0, 0, 0, 0]);
    let message = post.last();
    let (page, token) = link(&message);
    assert_eq!(
        (message.subject.as_str(), page.as_str()),
        ("Ihr neues Passwort für Northwind", "/reset")
    );
    let log = logs.text();
    assert!(
        log.contains("a template failed") && log.contains(&queued.id.to_string()),
        "{log}"
    );
    assert!(log.contains("part=Html") && log.contains("line=Some(2)"), "{log}");
    assert!(
        !log.contains(&token[26..]) && !log.contains("token=") && !log.contains("Kate"),
        "{log}"
    );
}

#[tokio::test]
async fn t1_no_one_time_password_or_link_is_stored_committed_logged_or_shown() {
    let logs = logs::capture();
    let post = Post::new();
    post.mailer.fail_next(2, Failure::Temporary);
    for (kind, _) in OFFERS {
        post.offer(TO, mail(kind)).await;
    }
    post.deliver().await;
    post.clock.advance(Duration::minutes(1));
    post.deliver().await;
    let tried = post.mailer.tried();
    assert_eq!(tried.len(), 6);
    let traces = [
        post.everything_stored().await,
        post.store.everything_committed(),
        logs.text(),
        format!("{:?} {:?} {tried:?}", post.courier, post.mailer),
    ];
    let mut secrets: Vec<String> = tried.iter().flat_map(passwords).collect();
    assert!(!secrets.is_empty());
    let tokens = tried.iter().filter(|message| passwords(message).is_empty());
    secrets.extend(tokens.map(|message| link(message).1[26..].to_owned()));
    assert_eq!(secrets.len(), 6);
    for (n, trace) in traces.iter().enumerate() {
        for secret in &secrets {
            assert!(!trace.contains(secret), "trace {n} shows a secret");
        }
    }
    assert!(!traces[2].contains("@example.org"), "logs name no address");
}
