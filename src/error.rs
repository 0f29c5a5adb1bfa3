//! What can go wrong: the rules said no ([`Denied`]), or something underneath failed ([`Error`]).

use serde::Serialize;

use crate::clock::Timestamp;
use crate::id::EmployeeId;
use crate::mail::MailError;
use crate::model::RecordKind;
use crate::model::invitation::InvitationStateKind;
use crate::model::user::StatusKind;
use crate::password::{MAX_PASSWORD_BYTES, PasswordRule, PoolError};
use crate::rules::versions::Stale;
use crate::secret::RandomError;
use crate::store::StoreError;
use crate::text::TextError;

/// Why a rule said no: one variant for each reason that a caller can act on. More may come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum Denied {
    /// Some fields are wrong; all of them are listed.
    #[error("not valid: {}", field_names(fields))]
    Invalid {
        /// Each wrong field with what is wrong about it.
        fields: Vec<FieldError>,
    },
    /// There is no usable session: it is unknown, over or ended, or its user may not log in. Which one is not told.
    #[error("not signed in")]
    NotSignedIn,
    /// Login refused. To the stranger it always looks like this.
    #[error("the login name or the password is not right")]
    SignInRefused,
    /// The password was right, but the user is not active. Told only where the policy says so.
    #[error("the user is {status}")]
    AccountNotActive {
        /// What they are.
        status: StatusKind,
    },
    /// The password was right, but the user has as many sessions as there can be at once.
    #[error("there are {most} sessions already; one of them has to end first")]
    TooManySessions {
        /// How many there can be.
        most: u32,
    },
    /// The session began with a one-time password: until a password is set, it is good for nothing else.
    #[error("a password of your own has to be set first")]
    PasswordChangeRequired,
    /// The list would shut out its own editor, at the address they come from now; it can be forced.
    #[error("this list would shut you out")]
    ShutsYouOut,
    /// This takes a recent login, or the current password (E7).
    #[error("the login is too long ago for this")]
    LoginTooOld,
    /// The actor lacks the permission for this. Nothing about the target is told.
    #[error("not allowed")]
    Forbidden,
    /// It takes the session of a person: a program, whatever it may do, does not reach the account of its user.
    #[error("this takes the session of a person")]
    SessionRequired,
    /// The actor would give away, take part in, or touch more than they hold themselves (R1, R3).
    #[error("this goes beyond your own rights")]
    BeyondOwnRights,
    /// There is no such record, or none that the actor can see.
    #[error("no such {what}")]
    NotFound {
        /// What was looked for.
        what: RecordKind,
    },
    /// The login name or address is in use by another user of the tenant.
    #[error("{field} is in use by another user")]
    LoginTaken {
        /// `user_name` or `email`.
        field: &'static str,
    },
    /// Another employee has this signature.
    #[error("this signature is in use by another employee")]
    SignatureTaken,
    /// Another role has this name.
    #[error("this name is in use by another role")]
    RoleNameTaken,
    /// Another user of the tenant logs in through this account of the external provider.
    #[error("this account of the provider belongs to another user")]
    IdentityTaken,
    /// The employee has no address, and so cannot become a user (LO1).
    #[error("the employee has no e-mail address")]
    EmployeeWithoutAddress,
    /// The employee already has a user (LO1).
    #[error("the employee already has a user")]
    EmployeeHasUser,
    /// Something that is still named by others cannot be removed.
    #[error("the {what} is still in use by {count} {by}")]
    InUse {
        /// What was to be removed.
        what: RecordKind,
        /// What names it.
        by: RecordKind,
        /// How many do.
        count: u64,
    },
    /// The built-in administrator role cannot be edited or removed.
    #[error("the built-in role cannot be changed")]
    BuiltInRole,
    /// The owner cannot lose their access (R5).
    #[error("the owner cannot lose their access or rights")]
    OwnerProtected,
    /// The last active administrator cannot lose their access or rights (R5).
    #[error("the last administrator cannot lose their access or rights")]
    LastAdministrator,
    /// Every seat of the contract is taken.
    #[error("all {limit} seats are taken")]
    NoSeat {
        /// How many seats the contract allows.
        limit: u32,
    },
    /// The verb does not fit the state that the user is in.
    #[error("cannot {verb} a user who is {status}")]
    WrongStatus {
        /// What was asked for.
        verb: &'static str,
        /// The state.
        status: StatusKind,
    },
    /// The invitation is no longer open.
    #[error("the invitation is already {state}")]
    InvitationClosed {
        /// What became of it.
        state: InvitationStateKind,
    },
    /// Whoever sent the invitation may no longer give what it offers; somebody who may has to send it again (I2).
    #[error("the invitation has to be sent again by an administrator")]
    SponsorGone,
    /// Something was to be carried out before it was due.
    #[error("it is not yet time for this")]
    NotDue,
    /// The link is not one of ours.
    #[error("the link is not valid")]
    LinkUnknown,
    /// The link's time is over.
    #[error("the link has expired")]
    LinkExpired,
    /// The link was used.
    #[error("the link has been used")]
    LinkUsed,
    /// The link was replaced by a newer one, or made worthless.
    #[error("the link is no longer valid")]
    LinkEnded,
    /// No change of address is pending.
    #[error("no change of address is pending")]
    NoAddressChange,
    /// The policy leaves this to the user themselves (PS6).
    #[error("only the user themselves can change this")]
    OnlyThemselves,
    /// Nobody does this to their own account: it is done through [`Desk::me`](crate::Desk::me), or by somebody else.
    #[error("your own account cannot be changed this way")]
    OwnAccount,
    /// The user logs in through an external provider, and their password is kept there (IF10).
    #[error("the password is kept by an external provider{}", place_of(place.as_deref()))]
    PasswordElsewhere {
        /// Where it is changed, as the host words it.
        place: Option<String>,
    },
    /// The policy gives out no one-time passwords (IF9).
    #[error("one-time passwords are not in use")]
    NoOneTimePasswords,
    /// The user may call APIs only, and has no password.
    #[error("the user may call APIs only")]
    ApiOnly,
    /// The current password was given wrong too often; until then it is not compared (L2). Or what mails somebody was asked for too
    /// often: another address of one's own, an API key.
    #[error("too many attempts")]
    TooManyAttempts {
        /// When it can be tried again.
        until: Timestamp,
    },
    /// The user logs in through no external provider.
    #[error("the user logs in through no external provider")]
    NoIdentity,
    /// The API key was revoked already.
    #[error("the API key has been revoked")]
    ApiKeyRevoked,
    /// The user has as many API keys as one can have.
    #[error("the user has {max} API keys, which is the most")]
    TooManyApiKeys {
        /// How many that is.
        max: u64,
    },
    /// The session is over already.
    #[error("the session has ended")]
    SessionEnded,
    /// Somebody would report to themselves.
    #[error("the employee would report to themselves through {} others", through.len())]
    SupervisorCycle {
        /// The line from the new supervisor up to the employee.
        through: Vec<EmployeeId>,
    },
    /// A unit would lie below itself.
    #[error("the org unit would lie below itself")]
    UnitCycle,
    /// A tree or line would have too many levels.
    #[error("{what} cannot be nested more than {max} deep")]
    TooDeep {
        /// Of what.
        what: RecordKind,
        /// How many levels there can be.
        max: usize,
    },
    /// More records than one act can change.
    #[error("more than {max} at once")]
    TooManyAtOnce {
        /// How many there can be.
        max: usize,
    },
    /// The user is held for deletion and takes on nothing new.
    #[error("the user is held for deletion")]
    OnHold,
    /// The user is not held for deletion.
    #[error("the user is not held for deletion")]
    NotOnHold,
    /// Something stands against the deletion; all of it is listed.
    #[error("{} against the deletion", counted(blockers.len(), "thing stands", "things stand"))]
    Blocked {
        /// Each with a count and a way out.
        blockers: Vec<crate::rules::deletion::Blocker>,
    },
    /// The mail set-up does not work, so nothing that needs a mail is begun (BI3).
    #[error("mail is not set up: {missing}")]
    MailNotReady {
        /// What is missing, in the mailer's words.
        missing: String,
    },
    /// Some rows of a bulk act are refused, and so nothing was written; all of them are listed (D3).
    #[error("{} refused, the first of them row {}", counted(rows.len(), "row is", "rows are"), first_row(rows))]
    RowsRefused {
        /// Each row with every reason.
        rows: Vec<crate::rules::bulk::RefusedRow>,
    },
}

/// What kind of no it is. One match on it answers HTTP. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeniedKind {
    /// The input is wrong (422).
    Invalid,
    /// Nobody is signed in (401).
    Unauthenticated,
    /// The actor may not (403).
    Forbidden,
    /// There is no such thing (404).
    NotFound,
    /// The state of things stands against it (409).
    Conflict,
    /// It was there and is over (410).
    Gone,
    /// A limit is reached (429).
    Limited,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// The field's name, as in the input type; `user.email` inside another.
    pub field: &'static str,
    /// What is wrong about it.
    pub problem: Problem,
}

impl FieldError {
    /// A wrong field.
    pub fn new(field: &'static str, problem: impl Into<Problem>) -> Self {
        Self {
            field,
            problem: problem.into(),
        }
    }
}

/// What is wrong about a field. More may come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// The text does not have the form it must have.
    #[error("{0}")]
    Text(#[from] TextError),
    /// The password breaks these rules, all of which are listed (CP10, P4).
    #[error("{}", join(_0))]
    Password(Vec<PasswordRule>),
    /// It must be given.
    #[error("is required")]
    Missing,
    /// There are too many of them.
    #[error("has more than {max}")]
    TooMany {
        /// How many there can be.
        max: usize,
    },
    /// It names something that does not exist.
    #[error("names {} that does not exist", with_article(*_0))]
    Unknown(RecordKind),
    /// It is given twice.
    #[error("is given twice")]
    Repeated,
    /// It names a user who is not an active administrator of the whole tenant without a scheduled end.
    #[error("is not an active administrator")]
    NotAdministrator,
    /// It names a user who has set no password and whom no provider signs in.
    #[error("has no way to log in")]
    CannotLogIn,
    /// It is not the same as the field that it repeats.
    #[error("is not the same as before")]
    NotRepeated,
    /// It is what it was.
    #[error("is what it is already")]
    Unchanged,
    /// It is not the current password.
    #[error("is not the current password")]
    WrongPassword,
    /// It names an external provider that the policy does not.
    #[error("names a provider that is not set up")]
    UnknownProvider,
    /// The user does not hold it, so no API key of theirs can allow it.
    #[error("is more than the user may do")]
    NotHeld,
    /// It is no cursor, or was damaged on its way.
    #[error("is not a cursor")]
    NotACursor,
    /// It is a cursor of another list: with other filters, in another order, or another tenant's.
    #[error("belongs to another list")]
    OtherList,
    /// The policy wants the address here.
    #[error("is not the e-mail address")]
    NotAddress,
    /// It names a unit of a kind that has no users of its own, by the policy.
    #[error("names a unit that is no client")]
    NotClient,
    /// It does not go with another field.
    #[error("does not go with {0}")]
    Contradicts(&'static str),
    /// It has to lie in the future.
    #[error("is not in the future")]
    NotInFuture,
    /// It lies before the first day.
    #[error("lies before the first day")]
    BeforeStart,
    /// The limit lies below what is in use.
    #[error("is below the {used} in use")]
    BelowUse {
        /// How many are in use.
        used: u64,
    },
    /// It names several things by one name.
    #[error("names more than one {0}")]
    Ambiguous(RecordKind),
    /// Another row of the same act says the same, and it can be said once.
    #[error("is the same as in row {row}")]
    RepeatsRow {
        /// Which row.
        row: u32,
    },
    /// It is no day in the form 2026-11-21.
    #[error("is not a day like 2026-11-21")]
    NotADay,
    /// It is none of the words that it can be.
    #[error("is none of {allowed}")]
    NotOneOf {
        /// Those words.
        allowed: &'static str,
    },
    /// Only the host's own code can give it, with [`Tenure::system`](crate::Tenure::system).
    #[error("can be given by the host's own code only")]
    HostOnly,
    /// It is no password hash that can be taken over.
    #[error("{why}")]
    NotAHash {
        /// Why not.
        why: String,
    },
}

impl Denied {
    /// What kind of no it is.
    pub fn kind(&self) -> DeniedKind {
        match self {
            Self::Invalid { .. } | Self::RowsRefused { .. } => DeniedKind::Invalid,
            Self::NotSignedIn | Self::SignInRefused => DeniedKind::Unauthenticated,
            Self::Forbidden
            | Self::BeyondOwnRights
            | Self::AccountNotActive { .. }
            | Self::PasswordChangeRequired
            | Self::LoginTooOld
            | Self::OnlyThemselves
            | Self::OwnAccount
            | Self::SessionRequired
            | Self::NoOneTimePasswords => DeniedKind::Forbidden,
            Self::NotFound { .. } | Self::LinkUnknown => DeniedKind::NotFound,
            Self::LinkExpired
            | Self::LinkUsed
            | Self::LinkEnded
            | Self::SessionEnded
            | Self::ApiKeyRevoked
            | Self::InvitationClosed { .. } => DeniedKind::Gone,
            Self::NoSeat { .. }
            | Self::TooManySessions { .. }
            | Self::TooManyAttempts { .. }
            | Self::TooManyApiKeys { .. }
            | Self::TooManyAtOnce { .. } => DeniedKind::Limited,
            Self::LoginTaken { .. }
            | Self::SignatureTaken
            | Self::RoleNameTaken
            | Self::IdentityTaken
            | Self::EmployeeWithoutAddress
            | Self::EmployeeHasUser
            | Self::InUse { .. }
            | Self::BuiltInRole
            | Self::OwnerProtected
            | Self::LastAdministrator
            | Self::WrongStatus { .. }
            | Self::SponsorGone
            | Self::NotDue
            | Self::SupervisorCycle { .. }
            | Self::UnitCycle
            | Self::TooDeep { .. }
            | Self::OnHold
            | Self::NotOnHold
            | Self::ShutsYouOut
            | Self::PasswordElsewhere { .. }
            | Self::ApiOnly
            | Self::NoAddressChange
            | Self::NoIdentity
            | Self::Blocked { .. }
            | Self::MailNotReady { .. } => DeniedKind::Conflict,
        }
    }

    /// A name for this refusal that stays the same from release to release, for clients and translations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::NotSignedIn => "not_signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::AccountNotActive { .. } => "account_not_active",
            Self::TooManySessions { .. } => "too_many_sessions",
            Self::PasswordChangeRequired => "password_change_required",
            Self::ShutsYouOut => "shuts_you_out",
            Self::LoginTooOld => "login_too_old",
            Self::Forbidden => "forbidden",
            Self::SessionRequired => "session_required",
            Self::BeyondOwnRights => "beyond_own_rights",
            Self::NotFound { .. } => "not_found",
            Self::LoginTaken { .. } => "login_taken",
            Self::SignatureTaken => "signature_taken",
            Self::RoleNameTaken => "role_name_taken",
            Self::IdentityTaken => "identity_taken",
            Self::EmployeeWithoutAddress => "employee_without_address",
            Self::EmployeeHasUser => "employee_has_user",
            Self::InUse { .. } => "in_use",
            Self::BuiltInRole => "built_in_role",
            Self::OwnerProtected => "owner_protected",
            Self::LastAdministrator => "last_administrator",
            Self::NoSeat { .. } => "no_seat",
            Self::WrongStatus { .. } => "wrong_status",
            Self::InvitationClosed { .. } => "invitation_closed",
            Self::SponsorGone => "sponsor_gone",
            Self::NotDue => "not_due",
            Self::LinkUnknown => "link_unknown",
            Self::LinkExpired => "link_expired",
            Self::LinkUsed => "link_used",
            Self::LinkEnded => "link_ended",
            Self::OnlyThemselves => "only_themselves",
            Self::PasswordElsewhere { .. } => "password_elsewhere",
            Self::NoOneTimePasswords => "no_one_time_passwords",
            Self::ApiOnly => "api_only",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::NoAddressChange => "no_address_change",
            Self::OwnAccount => "own_account",
            Self::NoIdentity => "no_identity",
            Self::SessionEnded => "session_ended",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::TooManyApiKeys { .. } => "too_many_api_keys",
            Self::SupervisorCycle { .. } => "supervisor_cycle",
            Self::UnitCycle => "unit_cycle",
            Self::TooDeep { .. } => "too_deep",
            Self::TooManyAtOnce { .. } => "too_many_at_once",
            Self::OnHold => "on_hold",
            Self::NotOnHold => "not_on_hold",
            Self::Blocked { .. } => "blocked",
            Self::MailNotReady { .. } => "mail_not_ready",
            Self::RowsRefused { .. } => "rows_refused",
        }
    }

    /// The fields that are wrong, for forms.
    pub fn fields(&self) -> Vec<&'static str> {
        match self {
            Self::Invalid { fields } => fields.iter().map(|error| error.field).collect(),
            Self::LoginTaken { field } => vec![field],
            Self::SignatureTaken => vec!["signature"],
            Self::RoleNameTaken => vec!["name"],
            Self::IdentityTaken => vec!["subject"],
            Self::EmployeeWithoutAddress => vec!["email"],
            _ => Vec::new(),
        }
    }

    /// One wrong field.
    pub fn invalid(field: &'static str, problem: impl Into<Problem>) -> Self {
        Self::Invalid {
            fields: vec![FieldError::new(field, problem)],
        }
    }
}

fn counted(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn with_article(kind: RecordKind) -> String {
    let name = kind.as_str();
    let article = if name.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

fn first_row(rows: &[crate::rules::bulk::RefusedRow]) -> u32 {
    rows.first().map_or(0, |refused| refused.row)
}

fn place_of(place: Option<&str>) -> String {
    place.map_or_else(String::new, |place| format!(": {place}"))
}

fn field_names(fields: &[FieldError]) -> String {
    fields.iter().map(|error| error.field).collect::<Vec<_>>().join(", ")
}

fn join(rules: &[PasswordRule]) -> String {
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Why a call failed. More may come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rules said no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Others kept changing the same records; nothing was written. Trying again may help.
    #[error("others are changing the same records")]
    Conflict,
    /// The record was changed since the caller read it; nothing was written (D4).
    #[error(transparent)]
    Stale(Box<Stale>),
    /// Too many passwords are being hashed; nothing was written. Try again in a second.
    #[error("too busy to check a password now")]
    Busy,
    /// The connection was lost while the change was being written: it stands whole or not at all, but which is unknown.
    #[error("the connection was lost; whether the change was written is not known")]
    UnknownOutcome(#[source] StoreError),
    /// The store failed; nothing was written.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// The mailer failed.
    #[error("the mailer failed")]
    Mail(#[from] MailError),
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random(#[from] RandomError),
    /// A password could not be hashed: no thread could be started, or it failed.
    #[error("the password could not be hashed")]
    Hashing(#[source] PoolError),
}

impl Error {
    /// The refusal, if the rules said no.
    pub fn denied(&self) -> Option<&Denied> {
        match self {
            Self::Denied(denied) => Some(denied),
            _ => None,
        }
    }

    /// Whether the same call may succeed if it is made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict | Self::Busy => true,
            Self::Store(error) => error.is_retryable(),
            Self::Denied(_)
            | Self::Stale(_)
            | Self::UnknownOutcome(_)
            | Self::Mail(_)
            | Self::Random(_)
            | Self::Hashing(_) => false,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy => Self::Busy,
            // The policy refuses it first; this is for whoever hashes without asking it.
            PoolError::TooLong => {
                let rules = vec![PasswordRule::TooLong {
                    max_bytes: MAX_PASSWORD_BYTES,
                }];
                Denied::invalid("password", Problem::Password(rules)).into()
            }
            other => Self::Hashing(other),
        }
    }
}
