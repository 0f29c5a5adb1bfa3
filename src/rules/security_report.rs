//! The security report of a user (CP11, CP12): made, and mailed to whoever asks or to the user.

use std::collections::BTreeMap;

use super::context::Context;
use super::decision::Decision;
use super::effective::{EffectiveRights, GivenBy, permissions};
use super::explain::stands_against;
use super::lockouts::seen;
use super::operation::Operation;
use super::rights::{Place, Surroundings, reaches};
use crate::error::Denied;
use crate::model::security_report::{AccountChange, ChangedBy, Factors, OpenSession, PasswordFactor, SecurityReport};
use crate::model::{
    Attempt, Credential, Event, Loaded, Mail, QueuedMail, RecordKind, Right, Scope, Secret, Session, StatusKind, User,
    What,
};
use crate::store::Guard;

// The fresh id of the mail; no other rule takes one in the same act.
const MAIL: u16 = 40;

/// What a report is made of, as loaded, besides the user.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The user's credential.
    pub credential: Option<Loaded<Credential>>,
    /// Their open sessions, the newest first.
    pub sessions: Vec<Loaded<Session>>,
    /// Their newest attempts to log in, the newest first.
    pub attempts: Vec<Attempt>,
    /// The newest events about them, the newest first.
    pub events: Vec<Event>,
    /// How many API keys of theirs are usable.
    pub api_keys: u64,
}

/// To whom a report is mailed. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportTo {
    /// To whoever asks for it.
    Asking,
    /// To the user whom it is about.
    User,
}

/// Makes the report. Of somebody else it names the units in the reader's part of the tree only, and counts the others; whoever it
/// is about reads where all of their own rights lie.
///
/// # Errors
/// [`Denied::Forbidden`], [`Denied::NotFound`].
pub fn report(
    cx: &Context,
    user: Option<&Loaded<User>>,
    evidence: &Evidence,
    around: &Surroundings,
) -> Result<SecurityReport, Denied> {
    let user = seen(cx, Operation::ReadSecurityReport, user, around)?;
    let part = part_of_reader(cx, Operation::ReadSecurityReport, &user)?;
    Ok(make(cx, &user, evidence, around, &part))
}

/// Queues the report as a mail. It tells what was true when it was asked for, and goes from the queue with the user's erasure.
/// What goes to the user names all of their units, whoever asked for it; what goes to whoever asks, those that [`report`] names.
///
/// # Errors
/// [`Denied::Forbidden`]; [`Denied::NotFound`], also where it is to go to whoever asks and that is the host's own code;
/// [`Denied::WrongStatus`] where it is to go to somebody whose address nobody has shown to be theirs: set up, invited, or the
/// invitation lapsed.
pub fn send(
    cx: &Context,
    user: Option<&Loaded<User>>,
    asking: Option<&Loaded<User>>,
    to: ReportTo,
    evidence: &Evidence,
    around: &Surroundings,
) -> Result<Decision<()>, Denied> {
    let about = seen(cx, Operation::SendSecurityReport, user, around)?;
    let recipient = match to {
        ReportTo::User => {
            check_reachable(&about)?;
            about.clone()
        }
        ReportTo::Asking => {
            let asking = asking.filter(|asking| cx.user() == Some(asking.id));
            let asking = asking.ok_or(Denied::NotFound { what: RecordKind::User })?;
            asking.value.clone().as_of(cx.now)
        }
    };
    let part = match to {
        ReportTo::User => Scope::All,
        ReportTo::Asking => part_of_reader(cx, Operation::SendSecurityReport, &about)?,
    };
    let report = make(cx, &about, evidence, around, &part).to_be_mailed();
    let says = Mail::SecurityReport {
        tenant: cx.tenant.name.clone(),
        recipient: recipient.profile.display_name.clone(),
        report: Box::new(report),
    };
    let mut queued = QueuedMail::new(cx.id(MAIL), &recipient, &recipient.address, None, says, cx.now);
    // It is theirs whom it is about: it goes with them.
    queued.user = about.id;
    let mut decision = Decision::by(cx);
    decision.guard(user.map(Guard::on));
    decision.guard(around.guards());
    decision.mail.push(queued);
    let to_user = to == ReportTo::User;
    decision.event(cx, about.id, What::SecurityReportSent { to_user });
    Ok(decision)
}

fn check_reachable(user: &User) -> Result<(), Denied> {
    match user.status.kind() {
        status @ (StatusKind::SetUp | StatusKind::Invited | StatusKind::Lapsed) => Err(Denied::WrongStatus {
            verb: "send a report to",
            status,
        }),
        _ => Ok(()),
    }
}

/// Where the units lie whose names whoever asks may read.
fn part_of_reader(cx: &Context, operation: Operation, about: &User) -> Result<Scope, Denied> {
    if cx.user() == Some(about.id) {
        return Ok(Scope::All);
    }
    cx.scope(operation)
}

fn make(cx: &Context, user: &User, evidence: &Evidence, around: &Surroundings, part: &Scope) -> SecurityReport {
    let most = SecurityReport::MOST as usize;
    let role = |grant: &crate::model::Grant| match &grant.right {
        Right::Role(role) => around.roles.get(role).map(|role| role.name.clone()),
        Right::Permission(_) => None,
    };
    let grants = user.grants.iter().map(|grant| GivenBy {
        grant: grant.clone(),
        role: role(grant),
    });
    let all = user.units();
    let named = all.iter().filter_map(|id| around.units.0.get(id));
    let named = named.filter(|unit| reaches(part, Place::In(&unit.path)));
    let units: BTreeMap<_, _> = named.map(|unit| (unit.id, unit.name.clone())).collect();
    let is_live = |session: &&Loaded<Session>| user.is_active() && session.is_live(cx.policy.session_idle, cx.now);
    let open = |session: &Loaded<Session>| OpenSession {
        session: session.id,
        started_at: session.started_at,
        seen_at: session.seen_at,
        client: session.client.clone(),
    };
    SecurityReport {
        user: user.id,
        display_name: user.profile.display_name.clone(),
        user_name: user.user_name.clone(),
        made_at: cx.now,
        status: user.status.kind(),
        api_only: user.api_only,
        grants: grants.collect(),
        rights: EffectiveRights {
            permissions: permissions(user, around),
            against: stands_against(cx, user),
        },
        elsewhere: all.len() - units.len(),
        units,
        factors: factors(user, evidence),
        sessions: evidence.sessions.iter().filter(is_live).take(most).map(open).collect(),
        attempts: evidence.attempts.iter().take(most).cloned().collect(),
        changes: evidence
            .events
            .iter()
            .filter(|event| is_change(&event.what))
            .take(most)
            .map(|event| change(user, event))
            .collect(),
    }
}

fn factors(user: &User, evidence: &Evidence) -> Factors {
    let secret = evidence.credential.as_ref().map(|credential| &credential.secret);
    let password = match secret {
        Some(Secret::Password { set_at, .. }) => PasswordFactor::Set { set_at: *set_at },
        Some(Secret::OneTime { issued_at, .. }) => PasswordFactor::OneTime { issued_at: *issued_at },
        Some(Secret::None) | None => PasswordFactor::None,
    };
    Factors {
        password,
        provider: user.identity.as_ref().map(|identity| identity.provider.clone()),
        api_keys: evidence.api_keys,
    }
}

/// Logins stand among the attempts already.
fn is_change(what: &What) -> bool {
    !matches!(what, What::SignedIn { .. })
}

fn change(user: &User, event: &Event) -> AccountChange {
    let by = ChangedBy::of(&event.actor, Some(user.id));
    AccountChange {
        at: event.at,
        by,
        what: event.what.name(),
        fields: event.what.fields().into_iter().collect(),
    }
}
