//! T1, D7: after a whole lifecycle, no password and no token stands in any record, event, queued mail, error, log or `Debug`.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, Once};

use tenure::mail::links;
use tenure::{
    Acceptance, Access, Error, Founding, Listing, NewUser, Policy, ProfileEdit, SignIn, Suspension, UserStatus,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{OWNERS, PASSWORD, World, client, for_every_store};

for_every_store!(Policy::default();
    t1_no_secret_stands_anywhere_after_a_whole_lifecycle,
);

const OTHERS: [&str; 3] = ["Wrong-Guess-99", "T00-weak", "My-Login-As-Passw0rd"];

/// Everything that is logged while it listens.
struct Log;

static LISTENING: AtomicBool = AtomicBool::new(false);
static LOGGED: Mutex<String> = Mutex::new(String::new());
static SPANS: AtomicU64 = AtomicU64::new(1);
static ONCE: Once = Once::new();

fn listen() {
    ONCE.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    LISTENING.store(true, Ordering::SeqCst);
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        LISTENING.load(Ordering::SeqCst)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line(&mut LOGGED.lock().unwrap()));
        Id::from_u64(SPANS.fetch_add(1, Ordering::SeqCst))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut LOGGED.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut log = LOGGED.lock().unwrap();
        let _ = write!(log, "{}", event.metadata().target());
        event.record(&mut Line(&mut log));
        log.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// All that a program might print on the way.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    tokens: Vec<String>,
}

impl Seen {
    fn debug(&mut self, value: &impl Debug) {
        let _ = writeln!(self.text, "{value:?}\n{value:#?}");
    }

    fn error<T: Debug>(&mut self, result: Result<T, Error>) {
        let error = result.unwrap_err();
        self.debug(&error);
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = source {
            let _ = writeln!(self.text, "{error}");
            source = error.source();
        }
        if let Some(denied) = error.denied() {
            let _ = writeln!(self.text, "{}", serde_json::to_string(denied).unwrap());
        }
    }
}

async fn t1_no_secret_stands_anywhere_after_a_whole_lifecycle(world: World) {
    listen();
    let mut seen = Seen::default();
    let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    let founding = Founding::new("Nordwind", owner, OWNERS);
    seen.debug(&founding);
    let firm = world.found_with(founding).await;
    seen.debug(&firm);
    seen.tokens.push(firm.login.token.expose().to_owned());
    let desk = &firm.desk;

    // Invited, delivered twice, sent again, looked at, accepted at the second go.
    let zoe = NewUser::new("Zoe", "Example", "zoe@nordwind.example");
    let user = desk
        .users()
        .create(zoe, Access::role(firm.tenant.administrator))
        .await
        .unwrap();
    world.mailer.fail_next(1, tenure::mail::Failure::Temporary);
    world.deliver().await;
    world.advance(time::Duration::minutes(2));
    world.deliver().await;
    desk.invitations().send(user.id, Some("Welcome")).await.unwrap();
    seen.debug(&desk.invitations().preview_mail(user.id, None).await.unwrap());
    world.deliver().await;
    for message in world.mailer.tried() {
        seen.debug(&message);
        let link = links(&message).remove(0);
        seen.tokens.push(link.rsplit_once('=').unwrap().1.to_owned());
    }
    let token = world.token_to("zoe@nordwind.example");
    seen.debug(&world.tenure.preview_invitation(&token).await.unwrap());
    let weak = Acceptance::new(OTHERS[1]).profile(ProfileEdit::new().first_name(""));
    seen.debug(&weak);
    seen.error(world.tenure.accept_invitation(&token, weak).await);
    let acceptance = Acceptance::new(PASSWORD);
    seen.debug(&acceptance);
    seen.debug(&world.tenure.accept_invitation(&token, acceptance).await.unwrap());
    for token in seen.tokens.clone() {
        seen.error(world.tenure.preview_invitation(&token).await);
        let again = world.tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await;
        seen.error(again);
    }

    // Logged in, mistyped, suspended, ended, deleted, restored.
    let sign_in = SignIn::new(firm.id(), "zoe@nordwind.example", PASSWORD).client(client());
    seen.debug(&sign_in);
    let login = world.tenure.sign_in(sign_in).await.unwrap();
    seen.tokens.push(login.token.expose().to_owned());
    seen.debug(&login);
    let principal = world.principal(&login).await.unwrap();
    seen.debug(&principal);
    seen.debug(&world.tenure.desk(&principal));
    seen.error(world.sign_in(firm.id(), "zoe@nordwind.example", OTHERS[0]).await);
    seen.error(world.sign_in(firm.id(), OTHERS[2], OTHERS[2]).await);
    seen.debug(&desk.history().all_attempts(Listing::new()).await.unwrap());
    seen.debug(&desk.sessions().active(Listing::new()).await.unwrap());
    desk.users()
        .suspend(user.id, Suspension::open_ended().because("leave"))
        .await
        .unwrap();
    seen.error(world.principal(&login).await);
    desk.users().reinstate(user.id).await.unwrap();
    let guest = NewUser::new("Guest", "Example", "guest@nordwind.example");
    let guest = desk.users().create(guest, Access::none()).await.unwrap();
    world.deliver().await;
    seen.tokens.push(world.token_to("guest@nordwind.example"));
    assert!(matches!(guest.status, UserStatus::Invited { .. }));
    let kept = world.picture(&[firm.id()]).await;
    desk.users().delete(user.id).await.unwrap();
    desk.users().restore(user.id).await.unwrap();
    seen.debug(&desk.invitations().mails(user.id).await.unwrap());
    seen.debug(&world.tenure);
    seen.debug(&world.store);
    seen.debug(&world.mailer);
    seen.debug(&world.tenure.health().await.unwrap());
    seen.text += &kept.text();
    seen.text += &world.picture(&[firm.id()]).await.text();
    seen.text += &LOGGED.lock().unwrap();

    assert!(seen.text.contains("zoe@nordwind.example"), "it was looked at");
    assert!(seen.tokens.len() >= 5);
    let passwords = [OWNERS, PASSWORD].into_iter().chain(OTHERS).map(str::to_owned);
    for secret in seen.tokens.iter().cloned().chain(passwords) {
        let at = seen.text.find(&secret);
        let around = at.map(|at| seen.text[at.saturating_sub(200)..at].to_owned());
        assert_eq!(around, None, "a secret stands behind this");
        // Nor without what says that it is a token.
        let body = secret.strip_prefix("tni_").or_else(|| secret.strip_prefix("tns_"));
        assert!(body.is_none_or(|body| !seen.text.contains(body)));
    }
}
