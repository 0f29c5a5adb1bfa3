//! What becomes of a mail in the courier's hands: whether it is still worth sending, and what follows from the attempt.

use time::Duration;

use crate::clock::Timestamp;
use crate::model::{MailState, QueuedMail, Ticket};
use crate::secret::TokenHash;

/// How often a mail is tried before it is given up, some four hours after the first attempt.
pub const MAX_ATTEMPTS: u32 = 10;

/// How long a mail waits after its first failure; twice as long after each further one.
pub const FIRST_PAUSE: Duration = Duration::minutes(1);

/// How long a mail waits at most.
pub const LONGEST_PAUSE: Duration = Duration::hours(1);

/// What to do with a leased mail. Closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dispatch {
    /// It is no longer ours: the lease is over, or somebody changed it. Whoever has it decides.
    Lost,
    /// Nothing is sent; the mail is kept in this form, [superseded](MailState::Superseded) or [failed](MailState::Failed).
    Close(QueuedMail),
    /// It is sent, once the ticket is kept in this form, good for the new token. The mail's version is guarded by that.
    Send {
        /// The ticket with the hash of the new token, and with the time that this token has; none where the mail carries none.
        ticket: Option<Ticket>,
    },
}

/// How an attempt to send ended. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempted {
    /// The mailer took it.
    Taken,
    /// It may work later.
    Temporary,
    /// It will never work.
    Permanent,
}

/// Decides on a leased mail. `minted` is its ticket, where there is one, and the hash of the token or one-time password just
/// minted for that.
///
/// The mail is superseded when its ticket is gone or closed or over, or is not for this user and this exact address (T4, T5),
/// or is the right to something else than the mail offers (T2).
/// A mail leased more than [`MAX_ATTEMPTS`] times, as by a courier that dies of it, has failed; so has one that offers
/// something and names no ticket.
pub fn dispatch(mail: &QueuedMail, minted: Option<(&Ticket, TokenHash)>, now: Timestamp) -> Dispatch {
    let attempts = match mail.state {
        MailState::Leased { until, attempts } if now < until => attempts,
        _ => return Dispatch::Lost,
    };
    if attempts > MAX_ATTEMPTS {
        return Dispatch::Close(closed(mail, MailState::Failed { at: now, attempts }));
    }
    let Some(purpose) = mail.mail.kind().ticket() else {
        return Dispatch::Send { ticket: None };
    };
    if mail.ticket.is_none() {
        return Dispatch::Close(closed(mail, MailState::Failed { at: now, attempts }));
    }
    let right = minted.filter(|(ticket, _)| ticket.purpose == purpose);
    match right.and_then(|(ticket, token)| renewed(mail, ticket, token, now)) {
        Some(ticket) => Dispatch::Send { ticket: Some(ticket) },
        None => Dispatch::Close(closed(mail, MailState::Superseded { at: now })),
    }
}

/// The mail after an attempt to send it.
pub fn settle(mail: &QueuedMail, attempted: Attempted, now: Timestamp) -> QueuedMail {
    let attempts = mail.attempts();
    let state = match attempted {
        Attempted::Taken => MailState::Sent { at: now, attempts },
        Attempted::Temporary if attempts < MAX_ATTEMPTS => MailState::Queued {
            ready_at: now.saturating_add(pause(attempts)),
            attempts,
        },
        Attempted::Temporary | Attempted::Permanent => MailState::Failed { at: now, attempts },
    };
    closed(mail, state)
}

/// A leased mail that was not tried, given back as if it had not been leased.
pub fn give_back(mail: &QueuedMail, now: Timestamp) -> QueuedMail {
    let attempts = mail.attempts().saturating_sub(1);
    closed(
        mail,
        MailState::Queued {
            ready_at: now,
            attempts,
        },
    )
}

/// How long a mail waits after so many failed attempts.
pub fn pause(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_PAUSE * (1_u32 << doublings)).min(LONGEST_PAUSE)
}

fn renewed(mail: &QueuedMail, ticket: &Ticket, token: TokenHash, now: Timestamp) -> Option<Ticket> {
    let is_for_this = Some(ticket.id) == mail.ticket && ticket.user == mail.user && ticket.address == mail.to;
    is_for_this
        .then(|| ticket.clone().with_token(token, now).ok())
        .flatten()
}

fn closed(mail: &QueuedMail, state: MailState) -> QueuedMail {
    QueuedMail { state, ..mail.clone() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{Mail, TicketPurpose, TicketState};
    use crate::text::{DisplayName, EmailAddress, Locale, Name, TimeZone};

    const TOKEN: TokenHash = TokenHash::from_bytes([7; 32]);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::EPOCH.saturating_add(Duration::minutes(minutes))
    }

    /// Leased from minute 0 to minute 2.
    fn mail(attempts: u32) -> QueuedMail {
        QueuedMail {
            id: Uuid::from_u128(1).into(),
            user: Uuid::from_u128(2).into(),
            to: EmailAddress::new("kate@example.org").unwrap(),
            locale: Locale::default(),
            time_zone: TimeZone::default(),
            ticket: Some(Uuid::from_u128(3).into()),
            mail: Mail::Invitation {
                tenant: Name::new("Northwind").unwrap(),
                recipient: DisplayName::new("Kate").unwrap(),
                user_name: "kate".to_owned(),
                message: None,
                expires_at: at(60),
                again: false,
            },
            queued_at: at(0),
            state: MailState::Leased { until: at(2), attempts },
        }
    }

    fn ticket() -> Ticket {
        Ticket {
            id: Uuid::from_u128(3).into(),
            user: Uuid::from_u128(2).into(),
            purpose: TicketPurpose::Invitation,
            address: EmailAddress::new("kate@example.org").unwrap(),
            tokens: vec![TokenHash::from_bytes([1; 32])],
            expires_at: at(60),
            term: None,
            state: TicketState::Open,
        }
    }

    /// A reset that can be mailed until minute 60, and is good for 30 minutes from then.
    fn reset() -> Ticket {
        let purpose = TicketPurpose::Reset;
        Ticket { purpose, ..ticket() }.from_each_minting(Duration::minutes(30))
    }

    /// Leased from one minute before to one minute after this minute.
    fn reset_mail(minute: i64) -> QueuedMail {
        QueuedMail {
            mail: Mail::PasswordReset {
                tenant: Name::new("Northwind").unwrap(),
                recipient: DisplayName::new("Kate").unwrap(),
                user_name: "kate".to_owned(),
                requested_by_administrator: false,
            },
            state: MailState::Leased {
                until: at(minute + 1),
                attempts: 1,
            },
            ..mail(1)
        }
    }

    /// The ticket of a reset after another mint at this minute.
    fn minted(ticket: &Ticket, number: u8, minute: i64) -> Option<Ticket> {
        let token = TokenHash::from_bytes([number; 32]);
        match dispatch(&reset_mail(minute), Some((ticket, token)), at(minute)) {
            Dispatch::Send { ticket } => ticket,
            Dispatch::Close(mail) => {
                assert_eq!(mail.state, MailState::Superseded { at: at(minute) });
                None
            }
            Dispatch::Lost => panic!("it is ours"),
        }
    }

    fn of(ticket: Option<&Ticket>) -> Dispatch {
        dispatch(&mail(1), ticket.map(|ticket| (ticket, TOKEN)), at(1))
    }

    fn superseded() -> Dispatch {
        let state = MailState::Superseded { at: at(1) };
        Dispatch::Close(QueuedMail { state, ..mail(1) })
    }

    #[test]
    fn t4_a_good_ticket_takes_one_more_token_and_keeps_the_others() {
        let renewed = Ticket {
            tokens: vec![TokenHash::from_bytes([1; 32]), TOKEN],
            ..ticket()
        };
        let ticket = ticket();
        assert_eq!(of(Some(&ticket)), Dispatch::Send { ticket: Some(renewed) });
    }

    #[test]
    fn t4_a_ticket_that_is_gone_or_closed_or_over_supersedes_the_mail() {
        assert_eq!(of(None), superseded());
        for state in [TicketState::Ended { at: at(0) }, TicketState::Consumed { at: at(0) }] {
            assert_eq!(of(Some(&Ticket { state, ..ticket() })), superseded());
        }
        for (expires_at, sent) in [(at(0), false), (at(1), false), (at(2), true)] {
            let of = of(Some(&Ticket { expires_at, ..ticket() }));
            assert_eq!(of != superseded(), sent, "at exactly the end it is over");
        }
    }

    #[test]
    fn t5_a_ticket_for_another_address_user_or_act_supersedes_the_mail() {
        for address in ["other@example.org", "Kate@example.org"] {
            let address = EmailAddress::new(address).unwrap();
            assert_eq!(of(Some(&Ticket { address, ..ticket() })), superseded());
        }
        let user = Uuid::from_u128(9).into();
        assert_eq!(of(Some(&Ticket { user, ..ticket() })), superseded());
        let id = Uuid::from_u128(9).into();
        assert_eq!(of(Some(&Ticket { id, ..ticket() })), superseded());
    }

    #[test]
    fn t8_the_term_of_a_reset_runs_from_its_minting_and_never_beyond_its_bound() {
        let first = minted(&reset(), 2, 20).unwrap();
        let expected = Ticket {
            tokens: vec![TokenHash::from_bytes([1; 32]), TokenHash::from_bytes([2; 32])],
            expires_at: at(50),
            ..reset()
        };
        assert_eq!(first, expected);
        let bounded = minted(&reset(), 2, 45).unwrap();
        assert_eq!(bounded.expires_at, at(60), "the bound cuts the term");
        assert!(minted(&reset(), 2, 59).is_some());
        assert_eq!(minted(&reset(), 2, 60), None, "at exactly the bound it is over");
    }

    #[test]
    fn t4_a_retry_within_the_term_shares_it_and_one_after_it_revives_no_older_link() {
        let first = minted(&reset(), 2, 1).unwrap();
        let second = minted(&first, 3, 20).unwrap();
        assert_eq!((second.expires_at, second.tokens.len()), (at(50), 3));
        let late = minted(&first, 3, 31).unwrap();
        let only = vec![TokenHash::from_bytes([3; 32])];
        assert_eq!((late.expires_at, late.tokens), (at(60), only));
        assert_eq!(
            minted(&first.end(at(2)), 3, 31),
            None,
            "one that ended is not minted again"
        );
    }

    #[test]
    fn t8_an_invitation_runs_from_the_act() {
        let Dispatch::Send { ticket: Some(renewed) } = of(Some(&ticket())) else {
            panic!("it is sent");
        };
        assert_eq!(renewed.expires_at, ticket().expires_at);
    }

    #[test]
    fn t2_a_ticket_for_something_else_than_the_mail_offers_supersedes_it() {
        assert_eq!(of(Some(&reset())), superseded());
    }

    #[test]
    fn a_notice_needs_no_ticket_and_an_offer_does() {
        let notice = QueuedMail {
            ticket: None,
            mail: Mail::PasswordChanged {
                tenant: Name::new("Northwind").unwrap(),
                recipient: DisplayName::new("Kate").unwrap(),
                at: at(0),
            },
            ..mail(1)
        };
        assert_eq!(dispatch(&notice, None, at(1)), Dispatch::Send { ticket: None });
        let offer = QueuedMail {
            ticket: None,
            ..mail(1)
        };
        let state = MailState::Failed { at: at(1), attempts: 1 };
        let failed = QueuedMail { state, ..offer.clone() };
        assert_eq!(dispatch(&offer, None, at(1)), Dispatch::Close(failed));
    }

    #[test]
    fn a_mail_that_is_not_ours_now_is_left_alone() {
        let ticket = ticket();
        let dispatch = |mail: &QueuedMail, now| dispatch(mail, Some((&ticket, TOKEN)), now);
        assert_eq!(
            dispatch(&mail(1), at(2)),
            Dispatch::Lost,
            "at exactly the end it is over"
        );
        for state in [
            MailState::Queued {
                ready_at: at(0),
                attempts: 1,
            },
            MailState::Sent { at: at(0), attempts: 1 },
            MailState::Superseded { at: at(0) },
            MailState::Failed { at: at(0), attempts: 1 },
        ] {
            let mail = QueuedMail { state, ..mail(1) };
            assert_eq!(dispatch(&mail, at(1)), Dispatch::Lost);
        }
    }

    #[test]
    fn a_mail_that_couriers_die_of_fails_in_the_end() {
        let ticket = ticket();
        let failed = MailState::Failed {
            at: at(1),
            attempts: 11,
        };
        assert_eq!(
            dispatch(&mail(11), Some((&ticket, TOKEN)), at(1)),
            Dispatch::Close(QueuedMail {
                state: failed,
                ..mail(11)
            })
        );
        let tenth = dispatch(&mail(10), Some((&ticket, TOKEN)), at(1));
        assert!(matches!(tenth, Dispatch::Send { .. }));
    }

    #[test]
    fn an_attempt_ends_in_sent_a_pause_or_failure() {
        let state = |attempts, attempted| settle(&mail(attempts), attempted, at(1)).state;
        assert_eq!(state(3, Attempted::Taken), MailState::Sent { at: at(1), attempts: 3 });
        assert_eq!(
            state(3, Attempted::Permanent),
            MailState::Failed { at: at(1), attempts: 3 }
        );
        assert_eq!(
            state(3, Attempted::Temporary),
            MailState::Queued {
                ready_at: at(5),
                attempts: 3
            }
        );
        assert_eq!(
            state(9, Attempted::Temporary),
            MailState::Queued {
                ready_at: at(61),
                attempts: 9
            }
        );
        assert_eq!(
            state(10, Attempted::Temporary),
            MailState::Failed {
                at: at(1),
                attempts: 10
            }
        );
    }

    #[test]
    fn pauses_double_from_a_minute_to_an_hour() {
        let minutes: Vec<i64> = (1..=9).map(|attempts| pause(attempts).whole_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause(0), FIRST_PAUSE);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }

    #[test]
    fn a_mail_given_back_is_as_if_it_had_not_been_leased() {
        let state = MailState::Queued {
            ready_at: at(1),
            attempts: 2,
        };
        assert_eq!(give_back(&mail(3), at(1)), QueuedMail { state, ..mail(3) });
    }
}
