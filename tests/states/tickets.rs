//! Tickets.

use tenure::Denied;
use tenure::model::{Ticket, TicketPurpose, TicketState};
use tenure::secret::TokenHash;
use tenure::text::EmailAddress;
use time::Duration;

use crate::render::{Apply, machine, refused};
use crate::{at, id, now};

pub(crate) fn ticket(state: TicketState) -> Ticket {
    Ticket {
        id: id(4),
        user: id(9),
        purpose: TicketPurpose::Invitation,
        address: EmailAddress::new("kate@example.com").unwrap(),
        tokens: vec![TokenHash::from_bytes([1; 32])],
        expires_at: at(20),
        term: None,
        state,
    }
}

/// One that is good for ten minutes from each minting, and was minted eleven minutes ago.
fn late() -> Ticket {
    Ticket {
        purpose: TicketPurpose::Reset,
        expires_at: at(-1),
        ..ticket(TicketState::Open).from_each_minting(Duration::minutes(10))
    }
}

fn tickets() -> Vec<(&'static str, Ticket)> {
    let over = Ticket {
        expires_at: now(),
        ..ticket(TicketState::Open)
    };
    vec![
        ("open", ticket(TicketState::Open)),
        ("open, time over", over),
        ("open, term over", late()),
        ("consumed", ticket(TicketState::Consumed { at: at(-9) })),
        ("ended", ticket(TicketState::Ended { at: at(-9) })),
    ]
}

pub(crate) const TOKEN: TokenHash = TokenHash::from_bytes([2; 32]);

type TicketVerb = (&'static str, fn(Ticket) -> Result<Ticket, Denied>);

const TICKET_VERBS: [TicketVerb; 3] = [
    ("consume", |ticket| ticket.consume(now())),
    ("end", |ticket| Ok(ticket.end(now()))),
    ("mail", |ticket| ticket.with_token(TOKEN, now())),
];

#[test]
fn t3_t4_the_whole_table_of_tickets() {
    let open = || ticket(TicketState::Open);
    let over = tickets()[1].1.clone();
    let consumed = Ticket {
        state: TicketState::Consumed { at: now() },
        ..open()
    };
    let ended = |ticket: Ticket| Ticket {
        state: TicketState::Ended { at: now() },
        ..ticket
    };
    let mailed = Ticket {
        tokens: vec![TokenHash::from_bytes([1; 32]), TOKEN],
        ..open()
    };
    // No older link is revived by that.
    let mailed_again = Ticket {
        tokens: vec![TOKEN],
        expires_at: at(10),
        ..late()
    };
    let same = |index: usize| Ok(tickets()[index].1.clone());
    let table = [
        [Ok(consumed), Ok(ended(open())), Ok(mailed)],
        [Err(Denied::LinkExpired), Ok(ended(over)), Err(Denied::LinkExpired)],
        [Err(Denied::LinkExpired), Ok(ended(late())), Ok(mailed_again)],
        [Err(Denied::LinkUsed), same(3), Err(Denied::LinkUsed)],
        [Err(Denied::LinkEnded), same(4), Err(Denied::LinkEnded)],
    ];
    for ((name, ticket), row) in tickets().into_iter().zip(table) {
        for ((verb, apply), expected) in TICKET_VERBS.into_iter().zip(row) {
            assert_eq!(apply(ticket.clone()), expected, "{verb} {name}");
        }
        assert_eq!(ticket.check(now()).err(), ticket.clone().consume(now()).err());
    }
}

#[test]
fn t8_at_exactly_its_end_a_ticket_is_worthless() {
    let check = |minute| ticket(TicketState::Open).check(at(minute));
    let over = Err(Denied::LinkExpired);
    assert_eq!([19, 20, 21].map(check), [Ok(()), over.clone(), over]);
}

#[test]
fn t8_a_term_runs_from_each_minting_up_to_the_bound() {
    let reset = ticket(TicketState::Open).from_each_minting(Duration::minutes(10));
    assert_eq!(
        reset.expires_at,
        at(20),
        "there is nothing to use it with until it is minted"
    );
    let minted = |minute| {
        reset
            .clone()
            .with_token(TOKEN, at(minute))
            .map(|ticket| ticket.expires_at)
    };
    assert_eq!(
        [0, 9, 10, 11, 19].map(minted),
        [10, 19, 20, 20, 20].map(|minute| Ok(at(minute)))
    );
    assert_eq!(minted(20), Err(Denied::LinkExpired), "at exactly the bound it is over");
    let again = reset
        .with_token(TOKEN, at(0))
        .and_then(|ticket| ticket.with_token(TOKEN, at(5)));
    assert_eq!(
        again.unwrap().expires_at,
        at(15),
        "all tokens share the newest one's term"
    );
    let cut = ticket(TicketState::Open).from_each_minting(Duration::milliseconds(1_999));
    assert_eq!(cut.term.unwrap().seconds, 1);
    let none = ticket(TicketState::Open).from_each_minting(Duration::seconds(-5));
    assert_eq!(none.with_token(TOKEN, now()), Err(Denied::LinkExpired));
}

#[test]
fn a_ticket_is_good_for_ten_tokens_and_the_oldest_give_way() {
    let mut ticket = ticket(TicketState::Open);
    for number in 2..=11 {
        ticket = ticket.with_token(TokenHash::from_bytes([number; 32]), now()).unwrap();
    }
    assert_eq!(ticket.tokens.len(), Ticket::MAX_TOKENS);
    assert_eq!(ticket.tokens[0], TokenHash::from_bytes([2; 32]));
    assert_eq!(ticket.tokens[9], TokenHash::from_bytes([11; 32]));
}

pub(crate) fn rendered() -> String {
    let state = |ticket: &Ticket| match ticket.state {
        TicketState::Open => "open",
        TicketState::Consumed { .. } => "consumed",
        TicketState::Ended { .. } => "ended",
    };
    let verbs = TICKET_VERBS.map(|(name, verb)| {
        let apply: Apply<'_, Ticket> = Box::new(move |ticket| match verb(ticket) {
            Ok(after) => state(&after).to_owned(),
            Err(denied) => refused(&denied),
        });
        (name.to_owned(), apply)
    });
    machine(&tickets(), &verbs, &[("open", "an act")], &[])
}

pub(crate) const TEXT: &str = "
## Tickets

The right to one act, carried by mailed links. One act makes one ticket, each attempt to mail it adds a token, and any one use
consumes it. A newer act of the same purpose, and the end of the user's access, end it. Where its time runs from the minting (resets,
one-time passwords), a mail that is late mints it anew after its *term* is over, though not after its *time*; older links stay dead.
";
