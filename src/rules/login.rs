//! Login: how somebody comes to a session.
//!
//! A login with a password is two decisions, with one hash between them: [`begin`] counts it as a failure and says what the
//! password is to be compared with, and [`end`] says how it ended. A login that another has vouched for is one decision,
//! [`sign_in_asserted`].

use subtle::{Choice, ConstantTimeEq};

use super::decision::Decision;
use super::throttle::Tally;
use crate::clock::Timestamp;
use crate::error::Denied;
use crate::id::{Seed, SessionId, TicketId, UserId};
use crate::model::{
    Actor, Attempt, AttemptOutcome, Client, Credential, EndReason, Event, Inactivity, Kept, Loaded, RefusalReason,
    Secret, Session, SessionLimit, SessionState, StatusKind, Tenant, TenantStatus, Ticket, TicketPurpose, User,
    UserStatus, Version, What,
};
use crate::password::{Password, PasswordHash};
use crate::policy::{Policy, WhenFull};
use crate::secret::TokenHash;
use crate::store::Guard;

/// What a login is for. Closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginPurpose {
    /// A person is to work by hand.
    #[default]
    Interactive,
    /// A program is to call APIs for a user who may do nothing else (BI2).
    Api,
}

impl LoginPurpose {
    /// What a user logs in for, if for anything.
    pub(super) fn usual(user: &User, policy: &Policy) -> Self {
        if user.api_only && policy.takes_password(user.api_only) {
            Self::Api
        } else {
            Self::Interactive
        }
    }

    /// What tells a user that they have come the wrong way.
    fn obstacle(self, user: &User, policy: &Policy) -> Option<RefusalReason> {
        match (self, user.api_only) {
            (Self::Interactive, false) => None,
            (Self::Interactive, true) => Some(RefusalReason::ApiOnly),
            (Self::Api, true) if policy.takes_password(user.api_only) => None,
            (Self::Api, _) => Some(RefusalReason::NotAtApi),
        }
    }
}

/// What a login is decided on, as it was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// What for.
    pub purpose: LoginPurpose,
    /// The tenant.
    pub tenant: Loaded<Tenant>,
    /// Who has the login name, if anybody.
    pub user: Option<Loaded<User>>,
    /// Their credential.
    pub credential: Option<Loaded<Credential>>,
    /// Their open ticket for a one-time password.
    pub ticket: Option<Loaded<Ticket>>,
    /// What failed for this account, or for login names that nobody has.
    pub account: Tally,
    /// What failed from this network; none where the address is not known.
    pub network: Option<Tally>,
}

/// One thing that stands against a login, and until when it does, if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Obstacle {
    /// What.
    pub reason: RefusalReason,
    /// When it will be over by itself.
    pub until: Option<Timestamp>,
}

impl From<RefusalReason> for Obstacle {
    fn from(reason: RefusalReason) -> Self {
        Self { reason, until: None }
    }
}

/// Everything that stands against a login with the right password, the first being what the history names. Where the
/// client is none, nothing is said of addresses.
pub fn obstacles(login: &Login, client: Option<&Client>, policy: &Policy, now: Timestamp) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if login.tenant.status != TenantStatus::Active {
        obstacles.push(RefusalReason::TenantSuspended.into());
    }
    match login.user.as_ref().map(|user| user.value.clone().as_of(now)) {
        None => obstacles.push(RefusalReason::UnknownLogin.into()),
        Some(user) => {
            obstacles.extend(status_obstacle(&user));
            obstacles.extend(login.purpose.obstacle(&user, policy).map(Obstacle::from));
            obstacles.extend(secret(login, &user, now).err().map(Obstacle::from));
            if client.is_some_and(|client| !user.allowlist.allows(client.address)) {
                obstacles.push(RefusalReason::WrongNetwork.into());
            }
        }
    }
    let locked = |tally: &Tally, reason| {
        let until = tally.locked_until(now)?;
        Some(Obstacle {
            reason,
            until: Some(until),
        })
    };
    obstacles.extend(locked(&login.account, RefusalReason::Locked));
    let network = login.network.as_ref().filter(|_| client.is_some());
    obstacles.extend(network.and_then(|network| locked(network, RefusalReason::TooManyFromNetwork)));
    obstacles
}

fn status_obstacle(user: &User) -> Option<Obstacle> {
    let reason = match user.status {
        UserStatus::Active { .. } => return None,
        UserStatus::Invited { .. }
        | UserStatus::Inactive {
            because: Inactivity::InvitationCancelled | Inactivity::InvitationExpired,
            ..
        } => return Some(RefusalReason::Invited.into()),
        UserStatus::Inactive { .. } => RefusalReason::Inactive,
        UserStatus::Suspended { .. } => RefusalReason::Suspended,
        UserStatus::Disabled { .. } => RefusalReason::Disabled,
        UserStatus::Deleted { .. } => return Some(RefusalReason::UnknownLogin.into()),
    };
    let until = user.status.due_at();
    Some(Obstacle { reason, until })
}

/// What a password is compared with. Closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// With nothing: a decoy is hashed, and the answer is no.
    Nothing,
    /// With the user's password.
    Password(PasswordHash),
    /// With the one-time passwords of a ticket; a decoy is hashed all the same.
    OneTime {
        /// The ticket.
        ticket: TicketId,
        /// Whose.
        user: UserId,
        /// The digests of those that were mailed.
        digests: Vec<TokenHash>,
    },
}

impl Check {
    /// The hash that the password is verified against; none: a decoy.
    pub fn hash(&self) -> Option<&PasswordHash> {
        match self {
            Self::Password(hash) => Some(hash),
            Self::Nothing | Self::OneTime { .. } => None,
        }
    }

    /// Whether what was typed is one of the one-time passwords. The same work whatever is compared.
    pub fn is_one_time(&self, tenant: &Tenant, typed: &Password) -> bool {
        let (user, digests) = match self {
            Self::OneTime { user, digests, .. } => (*user, digests.as_slice()),
            Self::Nothing | Self::Password(_) => (UserId::from_uuid(uuid::Uuid::nil()), [].as_slice()),
        };
        let Some(typed) = typed.as_one_time() else {
            return false;
        };
        let typed = typed.hash(*tenant.id.as_uuid(), *user.as_uuid());
        let equal = |digest: &TokenHash| digest.as_bytes().ct_eq(typed.as_bytes());
        let any = digests.iter().map(equal).fold(Choice::from(0), |any, one| any | one);
        any.into()
    }
}

/// What the user could prove themselves with.
fn secret(login: &Login, user: &User, now: Timestamp) -> Result<Check, RefusalReason> {
    if user.identity.is_some() {
        return Err(RefusalReason::ExternalOnly);
    }
    match login.credential.as_ref().map(|credential| &credential.secret) {
        Some(Secret::Password { hash, .. }) => Ok(Check::Password(hash.clone())),
        // It is good for setting another, which takes a person.
        Some(Secret::OneTime { .. }) if login.purpose == LoginPurpose::Api => Err(RefusalReason::NoPassword),
        Some(Secret::OneTime { ticket, .. }) => {
            let good = |open: &&Loaded<Ticket>| {
                (open.id, open.user, open.purpose) == (*ticket, user.id, TicketPurpose::OneTimePassword)
                    // Mailed to an address that is no longer theirs, it is nobody's (T5).
                    && open.address == user.address
                    && open.check(now).is_ok()
            };
            let open = login.ticket.as_ref().filter(good);
            let open = open.ok_or(RefusalReason::OneTimePasswordOver)?;
            Ok(Check::OneTime {
                ticket: open.id,
                user: user.id,
                digests: open.tokens.clone(),
            })
        }
        Some(Secret::None) | None => Err(RefusalReason::NoPassword),
    }
}

/// A login that was counted and is not decided yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// What it is decided on, as it stands after the count.
    pub login: Login,
    /// The attempt, as it was written.
    pub attempt: Loaded<Attempt>,
    /// What the password is to be compared with.
    pub check: Check,
    /// Why it will be refused, whatever the password is.
    pub refused: Option<RefusalReason>,
}

/// Begins a login: writes the attempt, counts it as a failure where it is not refused for too many already, and says what
/// the password is to be compared with.
pub fn begin(mut login: Login, client: &Client, policy: &Policy, now: Timestamp, seed: Seed) -> Decision<Begun> {
    let refused = obstacles(&login, Some(client), policy, now)
        .first()
        .map(|obstacle| obstacle.reason);
    let check = check(&login, refused, policy, client, now);
    let attempt = attempt(login.user.as_ref(), client, AttemptOutcome::Pending, policy, now, seed);
    let mut decision = Decision::nothing();
    decision.insert(attempt.clone());
    count(&mut decision, &mut login, policy, now);
    decision.with(Begun {
        login,
        attempt: Loaded::new(Version::FIRST, attempt),
        check,
        refused,
    })
}

/// The account's own secret where the login can succeed, or where its owner may be told why it cannot. Never while the
/// account or the network is locked: each comparison was counted.
fn check(login: &Login, refused: Option<RefusalReason>, policy: &Policy, client: &Client, now: Timestamp) -> Check {
    let Some(user) = &login.user else {
        return Check::Nothing;
    };
    let told = match refused {
        None => return secret(login, &user.value, now).unwrap_or(Check::Nothing),
        Some(RefusalReason::Suspended | RefusalReason::Inactive | RefusalReason::Disabled) => {
            // Nothing else may stand against it.
            policy.tell_status_after_password && obstacles(login, Some(client), policy, now).len() == 1
        }
        Some(_) => false,
    };
    match secret(login, &user.value, now) {
        Ok(own @ Check::Password(_)) if told => own,
        _ => Check::Nothing,
    }
}

/// A network that is refused counts no further, and what comes from it counts for no account: it cannot be used to lock
/// others out. Nor does an account that is locked.
fn count(decision: &mut Decision<()>, login: &mut Login, policy: &Policy, now: Timestamp) {
    if let Some(network) = &mut login.network {
        if network.locked_until(now).is_some() {
            return;
        }
        network.count(decision, &policy.throttle, now);
    }
    if login.account.locked_until(now).is_some() {
        return;
    }
    let locked = login.account.count(decision, &policy.throttle, now);
    if let (Some(until), Some(user)) = (locked, &login.user) {
        decision
            .events
            .push(by_subject(user.id, now, What::LockedOut { until }));
    }
}

/// What a login came to: what was compared, and what the session would be.
#[derive(Debug, Clone)]
pub struct Ending<'a> {
    /// The login as it began.
    pub begun: &'a Begun,
    /// What is loaded now; at first [`Begun::login`].
    pub login: &'a Login,
    /// Whether the password was what [`Begun::check`] said. It holds for that one user and secret, and for no other.
    pub matched: bool,
    /// The user's open sessions, loaded after [`login`](Ending::login). Needed where the policy limits them.
    pub sessions: &'a [Loaded<Session>],
    /// The hash of the token that the session would have.
    pub token: TokenHash,
}

/// Ends a login: a session, or the refusal in the words that the stranger may hear; the attempt in the history says the
/// true reason (L4).
pub fn end(ending: &Ending<'_>, policy: &Policy, now: Timestamp, seed: Seed) -> Decision<Result<Session, Denied>> {
    let (begun, login) = (ending.begun, ending.login);
    let client = &begun.attempt.client;
    let proven = ending.matched && is_same_secret(&begun.login, login);
    // The count of this attempt may itself have locked the account.
    let standing = |obstacle: &&Obstacle| {
        !matches!(
            obstacle.reason,
            RefusalReason::Locked | RefusalReason::TooManyFromNetwork
        )
    };
    let obstacles = obstacles(login, Some(client), policy, now);
    let refused = begun
        .refused
        .or_else(|| obstacles.iter().find(standing).map(|obstacle| obstacle.reason));
    let mut decision = Decision::nothing();
    let outcome = match (refused, &login.user) {
        (None, Some(user)) if proven => {
            let session = new_session(
                seed.id(0),
                user.id,
                client,
                ending.token,
                limit(login.purpose, &begun.check),
                policy,
                now,
            );
            open(&mut decision, user, session, ending.sessions, policy, now)
        }
        (None, _) => Err(RefusalReason::WrongPassword),
        (Some(reason), _) => Err(reason),
    };
    // Whoever only finds no room gave the right password nevertheless.
    if matches!(outcome, Ok(_) | Err(RefusalReason::TooManySessions)) {
        settle(&mut decision, login, policy, now);
    }
    if let (Ok(session), Some(ticket)) = (&outcome, &login.ticket)
        && session.limited == Some(SessionLimit::PasswordChange)
        && let Ok(used) = ticket.value.clone().consume(now)
    {
        decision.update(ticket, used);
    }
    let after = Attempt {
        outcome: recorded(&outcome),
        ..begun.attempt.value.clone()
    };
    decision.update(&begun.attempt, after);
    let told = |reason| tell(reason, proven, login.user.as_ref(), policy, now);
    decision.with(outcome.map_err(told))
}

/// The comparison was made with one secret of one user. Not its version: that of another user, or of one who was deleted
/// and restored, may be the same.
fn is_same_secret(one: &Login, other: &Login) -> bool {
    match (&one.credential, &other.credential) {
        (Some(compared), Some(now)) => now.user == compared.user && now.secret.is_still(&compared.secret),
        (None, None) => true,
        _ => false,
    }
}

fn limit(purpose: LoginPurpose, check: &Check) -> Option<SessionLimit> {
    match (purpose, check) {
        (LoginPurpose::Api, _) => Some(SessionLimit::Api),
        (LoginPurpose::Interactive, Check::OneTime { .. }) => Some(SessionLimit::PasswordChange),
        (LoginPurpose::Interactive, Check::Password(_) | Check::Nothing) => None,
    }
}

/// What the right password leaves: no failures of the account, one fewer of the network.
fn settle(decision: &mut Decision<()>, login: &Login, policy: &Policy, now: Timestamp) {
    decision.guard(login.credential.as_ref().map(Guard::on));
    let (mut account, network) = (login.account.clone(), login.network.clone());
    if let (Some(_), Some(user)) = (account.locked_until(now), &login.user) {
        decision.events.push(by_subject(user.id, now, What::LockoutEnded));
    }
    account.reset(decision, &policy.throttle, now);
    if let Some(mut network) = network {
        network.give_back(decision, &policy.throttle, now);
    }
}

/// A login for which another vouches: an external identity provider. Everything but the password is asked as always.
#[derive(Debug, Clone)]
pub struct Asserted<'a> {
    /// The tenant.
    pub tenant: &'a Loaded<Tenant>,
    /// Whom the assertion names, if that is a user.
    pub user: Option<&'a Loaded<User>>,
    /// The tally [`Tally::of_account`] of that user, with the record as loaded. Guesses at the password do not keep them
    /// out; it is written so that two logins at once see each other's session.
    pub account: Option<Tally>,
    /// The user's open sessions, loaded after the tally. Needed where the policy limits them.
    pub sessions: &'a [Loaded<Session>],
    /// From where.
    pub client: &'a Client,
    /// The hash of the token that the session would have.
    pub token: TokenHash,
}

/// Decides a login for which another vouches, in one decision: the session, or the refusal in the words that the stranger
/// may hear; the attempt in the history either way.
pub fn sign_in_asserted(
    asserted: &Asserted<'_>,
    policy: &Policy,
    now: Timestamp,
    seed: Seed,
) -> Decision<Result<Session, Denied>> {
    let client = asserted.client;
    let mut decision = Decision::nothing();
    let outcome = match (refusal_without_secret(asserted, policy, now), asserted.user) {
        (None, Some(user)) => {
            let session = new_session(seed.id(0), user.id, client, asserted.token, None, policy, now);
            open(&mut decision, user, session, asserted.sessions, policy, now)
        }
        (reason, _) => Err(reason.unwrap_or(RefusalReason::UnknownLogin)),
    };
    if let (Ok(_), Some(mut account)) = (&outcome, asserted.account.clone()) {
        account.keep(&mut decision, &policy.throttle, now);
    }
    decision.insert(attempt(asserted.user, client, recorded(&outcome), policy, now, seed));
    let told = |reason| tell(reason, true, asserted.user, policy, now);
    decision.with(outcome.map_err(told))
}

fn refusal_without_secret(asserted: &Asserted<'_>, policy: &Policy, now: Timestamp) -> Option<RefusalReason> {
    if asserted.tenant.status != TenantStatus::Active {
        return Some(RefusalReason::TenantSuspended);
    }
    let Some(user) = asserted.user.map(|user| user.value.clone().as_of(now)) else {
        return Some(RefusalReason::UnknownLogin);
    };
    let status = status_obstacle(&user).map(|obstacle| obstacle.reason);
    let program = LoginPurpose::Interactive.obstacle(&user, policy);
    let network = !user.allowlist.allows(asserted.client.address);
    status.or(program).or(network.then_some(RefusalReason::WrongNetwork))
}

/// Begins a session, and ends the oldest where the policy says so (E5).
fn open(
    decision: &mut Decision<()>,
    user: &Loaded<User>,
    session: Session,
    sessions: &[Loaded<Session>],
    policy: &Policy,
    now: Timestamp,
) -> Result<Session, RefusalReason> {
    let too_many = surplus(sessions, policy, now);
    let refuses = policy
        .sessions_at_once
        .is_some_and(|at_once| at_once.when_full == WhenFull::Refuse);
    if refuses && !too_many.is_empty() {
        return Err(RefusalReason::TooManySessions);
    }
    let reason = EndReason::TooMany;
    for oldest in too_many {
        let state = SessionState::Ended { at: now, reason };
        let ended = Session {
            state,
            ..oldest.value.clone()
        };
        decision.update(oldest, ended);
        let what = What::SessionEnded { user: user.id, reason };
        decision.event_by(Actor::Subject(user.id), now, oldest.id, what);
    }
    // A session must not begin for a user who is suspended, or whose password changes, at the same moment (E4).
    decision.guard([Guard::on(user)]);
    decision
        .events
        .push(by_subject(user.id, now, What::SignedIn { session: session.id }));
    decision.insert(session.clone());
    decision.touch(user.id, now);
    Ok(session)
}

/// The oldest of a user's usable sessions that leave no room for one more.
pub(super) fn surplus<'a>(
    sessions: &'a [Loaded<Session>],
    policy: &Policy,
    now: Timestamp,
) -> Vec<&'a Loaded<Session>> {
    let Some(at_once) = policy.sessions_at_once else {
        return Vec::new();
    };
    let live = |session: &&Loaded<Session>| session.is_live(policy.session_idle, now);
    let mut live: Vec<_> = sessions.iter().filter(live).collect();
    live.sort_by_key(|session| (session.started_at, session.id));
    let room = usize::try_from(at_once.most.max(1)).unwrap_or(usize::MAX);
    let surplus = (live.len() + 1).saturating_sub(room);
    live.truncate(surplus);
    live
}

/// L1: one answer to the stranger. Who gave the right password is none: they may be told what to ask an administrator for.
fn tell(reason: RefusalReason, proven: bool, user: Option<&Loaded<User>>, policy: &Policy, now: Timestamp) -> Denied {
    match (reason, user) {
        (RefusalReason::TooManySessions, _) => Denied::TooManySessions {
            most: policy.sessions_at_once.map_or(1, |at_once| at_once.most.max(1)),
        },
        (RefusalReason::Suspended | RefusalReason::Inactive | RefusalReason::Disabled, Some(user))
            if proven && policy.tell_status_after_password =>
        {
            let status: StatusKind = user.value.clone().as_of(now).status.kind();
            Denied::AccountNotActive { status }
        }
        _ => Denied::SignInRefused,
    }
}

fn recorded(outcome: &Result<Session, RefusalReason>) -> AttemptOutcome {
    match outcome {
        Ok(session) => AttemptOutcome::Success { session: session.id },
        Err(reason) => AttemptOutcome::Refused { reason: *reason },
    }
}

fn attempt(
    user: Option<&Loaded<User>>,
    client: &Client,
    outcome: AttemptOutcome,
    policy: &Policy,
    now: Timestamp,
    seed: Seed,
) -> Attempt {
    Attempt {
        id: seed.id(1),
        at: now,
        user: user.map(|user| user.id),
        client: client.clone(),
        outcome,
        keep_until: now.saturating_add(policy.attempts_kept),
    }
}

pub(super) fn new_session(
    id: SessionId,
    user: UserId,
    client: &Client,
    token: TokenHash,
    limited: Option<SessionLimit>,
    policy: &Policy,
    now: Timestamp,
) -> Session {
    let lasts = match limited {
        Some(SessionLimit::PasswordChange) => policy.one_time_session,
        Some(SessionLimit::Api) => policy.api_passwords.unwrap_or_default(),
        None => policy.session_absolute,
    };
    Session {
        id,
        user,
        token,
        client: client.clone(),
        started_at: now,
        expires_at: now.saturating_add(lasts),
        seen_at: now,
        limited,
        state: SessionState::Open,
    }
}

fn by_subject(user: UserId, at: Timestamp, what: What) -> Event {
    Event {
        at,
        actor: Actor::Subject(user),
        subject: User::record_id(user),
        what,
        affected: None,
        version: None,
    }
}
