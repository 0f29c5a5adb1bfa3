//! Mail in the queue.

use tenure::model::{Mail, MailState, QueuedMail, TicketState};
use tenure::rules::courier::{self, Attempted, Dispatch};
use tenure::text::{DisplayName, EmailAddress, Locale, Name, TimeZone};

use crate::render::{Apply, machine};
use crate::tickets::{TOKEN, ticket};
use crate::{at, id, now};

fn mail(state: MailState) -> QueuedMail {
    QueuedMail {
        id: id(12),
        user: id(9),
        to: EmailAddress::new("kate@example.com").unwrap(),
        locale: Locale::default(),
        time_zone: TimeZone::default(),
        ticket: Some(id(4)),
        mail: Mail::Invitation {
            tenant: Name::new("Nordwind").unwrap(),
            recipient: DisplayName::new("Kate Adler").unwrap(),
            user_name: "kate".to_owned(),
            message: None,
            expires_at: at(20),
            again: false,
        },
        queued_at: at(-9),
        state,
    }
}

fn mails() -> Vec<(&'static str, QueuedMail)> {
    let attempts = 1;
    let states = vec![
        (
            "queued",
            MailState::Queued {
                ready_at: at(-9),
                attempts,
            },
        ),
        ("leased", MailState::Leased { until: at(2), attempts }),
        ("sent", MailState::Sent { at: at(-9), attempts }),
        ("superseded", MailState::Superseded { at: at(-9) }),
        ("failed", MailState::Failed { at: at(-9), attempts }),
    ];
    states.into_iter().map(|(name, state)| (name, mail(state))).collect()
}

/// What a courier does. None where it leaves the mail alone.
type MailVerb = (&'static str, fn(QueuedMail) -> Option<QueuedMail>);

const MAIL_VERBS: [MailVerb; 7] = [
    ("lease", |mail| mail.ready_at().map(|_| mail.leased(at(2)))),
    ("prepare, with an open ticket", |mail| prepare(mail, TicketState::Open)),
    ("prepare, with a closed ticket", |mail| {
        prepare(mail, TicketState::Ended { at: at(-9) })
    }),
    ("sent", |mail| settle(&mail, Attempted::Taken)),
    ("failed for now", |mail| settle(&mail, Attempted::Temporary)),
    ("failed for good", |mail| settle(&mail, Attempted::Permanent)),
    ("give back", |mail| {
        in_hand(&mail).then(|| courier::give_back(&mail, now()))
    }),
];

fn in_hand(mail: &QueuedMail) -> bool {
    matches!(mail.state, MailState::Leased { .. })
}

fn settle(mail: &QueuedMail, attempted: Attempted) -> Option<QueuedMail> {
    in_hand(mail).then(|| courier::settle(mail, attempted, now()))
}

fn prepare(mail: QueuedMail, state: TicketState) -> Option<QueuedMail> {
    let ticket = ticket(state);
    match courier::dispatch(&mail, Some((&ticket, TOKEN)), now()) {
        Dispatch::Lost => None,
        Dispatch::Close(closed) => Some(closed),
        Dispatch::Send { .. } => Some(mail),
    }
}

#[test]
fn d7_the_whole_table_of_mail() {
    let leased = |attempts| MailState::Leased { until: at(2), attempts };
    let queued = |minutes, attempts| MailState::Queued {
        ready_at: at(minutes),
        attempts,
    };
    let none = || [const { None }; 7];
    let table = [
        [Some(leased(2)), None, None, None, None, None, None],
        [
            // When its lease has run out; stores look at `ready_at`.
            Some(leased(2)),
            Some(leased(1)),
            Some(MailState::Superseded { at: now() }),
            Some(MailState::Sent { at: now(), attempts: 1 }),
            Some(queued(1, 1)),
            Some(MailState::Failed { at: now(), attempts: 1 }),
            Some(queued(0, 0)),
        ],
        none(),
        none(),
        none(),
    ];
    for ((name, before), row) in mails().into_iter().zip(table) {
        for ((verb, apply), expected) in MAIL_VERBS.into_iter().zip(row) {
            let expected = expected.map(mail);
            assert_eq!(apply(before.clone()), expected, "{verb} {name}");
        }
    }
}

pub(crate) fn rendered() -> String {
    let verbs = MAIL_VERBS.map(|(name, verb)| {
        let apply: Apply<'_, QueuedMail> = Box::new(move |mail| {
            verb(mail).map_or("–".to_owned(), |after| {
                let state = serde_json::to_value(&after.state).unwrap();
                state["state"].as_str().unwrap().to_owned()
            })
        });
        (name.to_owned(), apply)
    });
    machine(&mails(), &verbs, &[("queued", "an act")], &[])
}

pub(crate) const TEXT: &str = "
## Mail

A courier leases a mail, prepares it (mints the token of its link) and hands it to the mailer. A dash means that the mail is
left alone. Whoever takes a leased mail waits until the lease has run out. After the tenth attempt, *failed for now* is for good.
";
