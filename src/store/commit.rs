//! A commit: everything that one command writes, as data.

use std::io::{self, BufWriter};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::id::{CommitId, EmployeeId, SessionId, TenantId, UserId};
use crate::model::{
    Affected, ApiKey, ApiKeyState, Employee, EndReason, Entry, Event, Loaded, QueuedMail, Record, RecordId, RecordKind,
    Session, SessionState, Ticket, TicketPurpose, TicketState, Version,
};

/// Takes the digest of what is written to it.
struct Digesting(Sha256);

impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that one command writes: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The same id answers the same for 24 hours (law 7).
    pub id: CommitId,
    /// Whose records these are.
    pub tenant: TenantId,
    /// When the decision was made. Stores never ask for the time; this is what they measure the 24 hours by.
    pub at: Timestamp,
    /// What must still hold at the commit point.
    pub guards: Vec<Guard>,
    /// What changes, applied in this order.
    pub changes: Vec<Change>,
    /// What is written to the event log.
    pub events: Vec<Event>,
    /// What is queued to be sent, each a record of its own.
    pub mail: Vec<QueuedMail>,
}

/// A record that was read for the decision and must be the same at the commit point. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Guard {
    /// Which record.
    pub record: RecordId,
    /// The version it was read at.
    pub version: Version,
}

impl Guard {
    /// A guard on a record that was read.
    pub fn on<T: crate::model::Kept>(loaded: &Loaded<T>) -> Self {
        Self {
            record: loaded.value.clone().into().id(),
            version: loaded.version,
        }
    }
}

/// One change. Stores outside this crate refuse the variants they do not know (law 13); more may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A new record, at version 1. A record with this id must not exist.
    Insert(Entry),
    /// A record as it is from now on, if it is still at the version that the decision was made on.
    Update {
        /// That version.
        expected: Version,
        /// The record, its keys and references.
        entry: Entry,
    },
    /// A record and all that it owns go, if it is still at the version that the decision was made on.
    Remove {
        /// Which record.
        record: RecordId,
        /// That version.
        expected: Version,
    },
    /// Every record that the set names, in one operation. Raises the version of each record it touches.
    Set(SetChange),
    /// A counter moves, if it then lies within its bounds. Unversioned; a counter that was never moved is 0.
    Count {
        /// Which counter.
        counter: Counter,
        /// By how much.
        delta: i64,
        /// The least it may then be.
        at_least: Option<i64>,
        /// The most it may then be.
        at_most: Option<i64>,
    },
    /// A session or an API key was used, or a user logged in. Unversioned; only moves forward, and never touches a session or
    /// key that has ended. Of any other record nothing is touched.
    Touch {
        /// Which session, key or user.
        record: RecordId,
        /// When it was used, or they logged in.
        seen_at: Timestamp,
    },
    /// What a later release might ask for. Every store refuses it; the conformance suite asks.
    #[doc(hidden)]
    Unknown(String),
}

/// Many records in one operation. Written once here, so that a simple store has only to apply it. More may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SetChange {
    /// Ends every open session of a user but one.
    EndSessions {
        /// Whose.
        user: UserId,
        /// The one that stays.
        except: Option<SessionId>,
        /// When.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
    /// Ends every open ticket of a user, or those of one purpose.
    EndTickets {
        /// Whose.
        user: UserId,
        /// Which; all where none is named.
        purpose: Option<TicketPurpose>,
        /// When.
        at: Timestamp,
    },
    /// Revokes every API key of a user.
    RevokeApiKeys {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// Everyone who reported to one employee reports to another, but for one of them.
    MoveReports {
        /// To whom they reported.
        from: EmployeeId,
        /// To whom they report.
        to: Option<EmployeeId>,
        /// Who does not move.
        except: Option<EmployeeId>,
    },
}

impl SetChange {
    /// The kind of the records that it touches.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::EndSessions { .. } => RecordKind::Session,
            Self::EndTickets { .. } => RecordKind::Ticket,
            Self::RevokeApiKeys { .. } => RecordKind::ApiKey,
            Self::MoveReports { .. } => RecordKind::Employee,
        }
    }

    /// The record as it is afterwards; none where this change does not touch it.
    pub fn apply(&self, record: &Record) -> Option<Record> {
        match (self, record) {
            (
                Self::EndSessions {
                    user,
                    except,
                    at,
                    reason,
                },
                Record::Session(session),
            ) if session.user == *user
                && Some(session.id) != *except
                && matches!(session.state, SessionState::Open) =>
            {
                let state = SessionState::Ended {
                    at: *at,
                    reason: *reason,
                };
                Some(
                    Session {
                        state,
                        ..session.clone()
                    }
                    .into(),
                )
            }
            (Self::EndTickets { user, purpose, at }, Record::Ticket(ticket))
                if ticket.user == *user
                    && purpose.is_none_or(|purpose| ticket.purpose == purpose)
                    && matches!(ticket.state, TicketState::Open) =>
            {
                Some(
                    Ticket {
                        state: TicketState::Ended { at: *at },
                        ..ticket.clone()
                    }
                    .into(),
                )
            }
            (Self::RevokeApiKeys { user, at }, Record::ApiKey(key))
                if key.user == *user && key.state == ApiKeyState::Open =>
            {
                let state = ApiKeyState::Revoked { at: *at };
                Some(ApiKey { state, ..key.clone() }.into())
            }
            (Self::MoveReports { from, to, except }, Record::Employee(employee))
                if employee.supervisor == Some(*from) && Some(employee.id) != *except =>
            {
                Some(
                    Employee {
                        supervisor: *to,
                        ..employee.clone()
                    }
                    .into(),
                )
            }
            _ => None,
        }
    }
}

impl Record {
    /// This session or API key, open and seen later than before, or this user, logged in later than before; none where
    /// nothing is touched (law 12). For stores, in [`Change::Touch`].
    pub fn touched(&self, seen_at: Timestamp) -> Option<Self> {
        let mut touched = self.clone();
        match &mut touched {
            Self::Session(session) if session.state == SessionState::Open && session.seen_at < seen_at => {
                session.seen_at = seen_at;
            }
            Self::ApiKey(key) if key.state == ApiKeyState::Open && key.seen_at < Some(seen_at) => {
                key.seen_at = Some(seen_at);
            }
            Self::User(user) if user.last_login_at < Some(seen_at) => user.last_login_at = Some(seen_at),
            _ => return None,
        }
        Some(touched)
    }

    /// Takes over when `before`, the same record as it is stored, was last seen, if that was later (law 12). For stores, in
    /// [`Change::Update`].
    pub fn keep_touch(&mut self, before: &Self) {
        match (self, before) {
            (Self::Session(session), Self::Session(before)) => session.seen_at = session.seen_at.max(before.seen_at),
            (Self::ApiKey(key), Self::ApiKey(before)) => key.seen_at = key.seen_at.max(before.seen_at),
            (Self::User(user), Self::User(before)) => {
                user.last_login_at = user.last_login_at.max(before.last_login_at);
            }
            _ => {}
        }
    }
}

/// A number that a tenant keeps, checked against its bounds at the commit point. More may come: stores keep any
/// counter under its [`key`](Counter::key).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Counter {
    /// Seats in use.
    Seats,
    /// Active administrators without a scheduled end. Never below one.
    Administrators,
}

impl Counter {
    /// The name that it is kept under.
    pub fn key(&self) -> String {
        match self {
            Self::Seats => "seats".to_owned(),
            Self::Administrators => "administrators".to_owned(),
        }
    }
}

/// What a commit did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// For each change of the commit, how many records it touched: for a [`Change::Set`] the size of the set, which may be
    /// 0; for any other 1, whatever went with it, and for a [`Change::Touch`] whether or not anything moved.
    pub touched: Vec<u64>,
}

impl Commit {
    /// A digest of the whole commit, by which a repeated id with other content is told from a repeated commit (law 7).
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut digest = BufWriter::new(Digesting(Sha256::new()));
        // Every type of a commit has a serde form that cannot fail: string keys, finite numbers; nor does digesting. It is not
        // held as text: a commit may be large.
        let written = serde_json::to_writer(&mut digest, self);
        match (written, digest.into_inner()) {
            (Ok(()), Ok(Digesting(digest))) => digest.finalize().into(),
            _ => Sha256::digest(b"").into(),
        }
    }

    /// The events with the counts filled in, for the log.
    pub fn counted_events(&self, touched: &[u64]) -> Vec<Event> {
        let count = |event: &Event| match event.affected {
            Some(Affected::ByChange(index)) => Some(Affected::Records(touched.get(index).copied().unwrap_or(0))),
            other => other,
        };
        self.events
            .iter()
            .map(|event| Event {
                affected: count(event),
                ..event.clone()
            })
            .collect()
    }

    /// The mail as entries, to be inserted after the changes.
    pub fn mail_entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.mail.iter().cloned().map(Entry::new)
    }
}
