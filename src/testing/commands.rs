//! Commands as data: every call of the facade and the desk, with referents chosen by number, so that random ones make sense.
//!
//! A [`Step`] says who does what in which tenant. It names nobody by id: a [`Pick`] chooses among what exists when the step is
//! carried out, so a sequence stays meaningful while a failing one is shrunk. [`World::run`](super::World::run) carries it out.
//!
//! # Another command
//!
//! A call that is new to the facade or the desk comes into the random sequences in three steps, one place each:
//!
//! 1. here, a variant in the list at the end: what it is about, and `changes` or `reads`, with `own` where it is about the actor's
//!    own account;
//! 2. in `strategies/weighted.rs`, how its arguments are drawn and how often it comes. If it seldom finds what it needs, a story in
//!    `strategies/stories.rs` prepares that;
//! 3. in `perform`, the call that it is: an arm in `perform/open.rs` where it takes no desk, or in the file of its desk. What its
//!    picks choose among, `choose` says.
//!
//! Secrets that it mints or sets go through `World::keep_secret`. The test counts every variant: one
//! that is not drawn, not carried out, or that hardly ever succeeds fails it. What must hold after it stands in
//! [`invariants`](super::invariants), also one place each.

use std::fmt;

pub use access::{KeyForm, Networks, Origin};
pub use people::{EditForm, Edited, EmployeeLine, EventsWanted, Find, ImportForm, Search, StatusVerb, UserLine, Whose};

mod access;
mod people;

/// One step of a random sequence: somebody does something in one of the tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In which tenant, counted round the tenants there are.
    pub tenant: u8,
    /// Who. Open calls, and what only the host does, have no actor and ignore it.
    pub by: Actor,
    /// What.
    pub command: Command,
}

/// Who acts, by what they are. Whoever fits when the step is carried out; where nobody does, the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The tenant's owner: every right.
    Owner,
    /// The host's own code, without a session.
    System,
    /// A user who administers users in some units only.
    UnitAdministrator,
    /// A user who edits roles everywhere without holding every permission.
    RoleAdministrator,
    /// A user who administers nothing.
    Clerk,
    /// A client's contact.
    External,
    /// Anybody who ever had a password, whatever became of them.
    Anybody(Pick),
    /// A program with an API key of somebody's.
    Program(Pick),
}

/// Chooses among what exists, by a number. The smallest ones, to which sequences shrink, choose what fits.
///
/// Of 16 numbers, 13 choose among what *fits*: what is in the right state for the command, and within the actor's reach. Two
/// choose among everything of its kind in the tenant, and one something *stray*: another tenant's, or nobody's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pick(pub u16);

/// What a [`Pick`] chooses among.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aim {
    /// What is in the right state, and within the actor's reach.
    Fitting,
    /// Everything of its kind in the tenant.
    Any,
    /// What is another tenant's, or nobody's.
    Stray,
}

impl Pick {
    /// What it chooses among.
    pub fn aim(self) -> Aim {
        match self.0 % 16 {
            0..=12 => Aim::Fitting,
            13..=14 => Aim::Any,
            _ => Aim::Stray,
        }
    }

    /// Which of `many` it chooses; none of none.
    pub fn of(self, many: usize) -> Option<usize> {
        usize::from(self.0 / 16).checked_rem(many)
    }
}

impl fmt::Debug for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}#{}", self.aim(), self.0 / 16)
    }
}

/// Minutes from now. Negative ones lie in the past.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Minutes(pub i32);

impl fmt::Debug for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}min", self.0)
    }
}

/// How the clock moves. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advance {
    /// By so many seconds.
    Seconds(u16),
    /// By so many hours.
    Hours(u8),
    /// By so many days.
    Days(u8),
    /// To one of the deadlines ahead, a microsecond before it, or one behind it.
    ToDeadline(Pick, Edge),
}

/// On which side of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// A microsecond before it.
    Before,
    /// At the very instant.
    At,
    /// A microsecond behind it.
    Behind,
}

/// A person to become a user or an employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// Given name.
    pub first: String,
    /// Family name.
    pub last: String,
    /// Address.
    pub email: String,
}

/// A right to give, in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Give {
    /// What.
    pub right: GivenRight,
    /// In which units; everywhere where none is named.
    pub within: Vec<Pick>,
}

/// What is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenRight {
    /// The built-in administrator role.
    Administrator,
    /// Some other role.
    Role(Pick),
    /// A single permission, by its number in [`PERMISSIONS`](super::strategies::PERMISSIONS).
    Permission(Pick),
}

/// What a new user gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Giving {
    /// Rights.
    pub grants: Vec<Give>,
    /// Memberships.
    pub units: Vec<Pick>,
    /// When access begins: at once where it is not said, on a day, or when an administrator says so.
    pub start: Beginning,
    /// Whether the invitation is sent in the same act; as the policy says, where it is not said.
    pub invite: Option<bool>,
}

/// When access begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Beginning {
    /// At once.
    Now,
    /// On a day.
    On(Minutes),
    /// When an administrator says so.
    WhenActivated,
}

/// An employee's record as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeForm {
    /// Given name.
    pub first: String,
    /// Family name.
    pub last: String,
    /// Address.
    pub email: Option<String>,
    /// Signature.
    pub signature: Option<String>,
    /// Where they work.
    pub unit: Option<Pick>,
    /// Whom they report to.
    pub supervisor: Option<Pick>,
}

/// How a listing is read: page by page to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reading {
    /// How many a page.
    pub page: u8,
    /// By name instead of by age.
    pub by_name: bool,
    /// The other way round.
    pub descending: bool,
    /// Only what is in or below this unit.
    pub within: Option<Pick>,
}

/// A link that was mailed, as its recipient might use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkPick {
    /// One that should work now; where there is none, the last one mailed.
    Good(Pick),
    /// Any that was ever mailed, for whatever it was.
    Mailed(Pick),
    /// One that was mailed, with a character of the secret changed.
    Forged(Pick),
    /// No link at all.
    Nonsense,
}

/// What stands against a deletion on the host's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostCheck {
    /// Nothing.
    Clear,
    /// So many open documents.
    Blocks(u8),
    /// The check itself fails.
    Fails,
}

/// How the mailer takes the mail of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailerMood {
    /// It takes everything.
    Takes,
    /// It cannot take the first message now.
    FailsOnce,
    /// It refuses the first message for good.
    RefusesOnce,
}

/// What is to be known of a command besides its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Changes,
    Reads,
    Own,
}

macro_rules! mark {
    (changes) => {
        Mark::Changes
    };
    (reads) => {
        Mark::Reads
    };
    (own) => {
        Mark::Own
    };
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $(($($type:ty),*))? : $($mark:ident)+),* $(,)?) => {
        /// What is done: one variant for each call of the facade and the desk, and for what only a host does.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command { $($(#[$doc])* $name $(($($type),*))?),* }

        impl Command {
            /// The name of every command, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The name of this one.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name)),* }
            }

            fn marks(&self) -> &'static [Mark] {
                match self { $(Self::$name { .. } => &[$(mark!($mark)),+]),* }
            }
        }
    };
}

commands! {
    /// Founds another tenant, while there are fewer than three; then under an id that is taken.
    FoundTenant(String, Somebody): changes,
    /// Logs a user in, with the right password or a wrong one.
    SignIn(Pick, bool, Origin): changes,
    /// Logs a user in, with a wrong password, so many times in a row.
    Guess(Pick, u8, Origin): reads,
    /// Logs a user in, with the last one-time password that was mailed to them.
    SignInOnce(Pick, Origin): changes,
    /// Sets a password of one's own after a login with a one-time password, one that is good enough or not.
    ReplaceOneTimePassword(Pick, bool): changes,
    /// Logs a program in at the API, with its password or a wrong one (BI2).
    SignInAtApi(Pick, bool, Origin): changes,
    /// Logs a user in whom an external provider names; or somebody whom nobody knows.
    SignInAsserted(Pick, bool, Origin): changes,
    /// Shows the token of an API key.
    AuthenticateKey(Pick, Origin): reads,
    /// Asks for a new password at the login page.
    RequestReset(Pick, Origin): changes,
    /// Looks at a link to set a new password.
    PreviewReset(LinkPick): reads,
    /// Sets a new password through a link, one that is good enough or not.
    ResetPassword(LinkPick, bool): changes,
    /// Looks at a link that confirms an address.
    PreviewConfirmation(LinkPick): reads,
    /// Confirms an address through a link.
    ConfirmAddress(LinkPick): changes,
    /// Looks at a link that stops a change of address.
    PreviewStop(LinkPick): reads,
    /// Stops a change of address through a link.
    StopAddressChange(LinkPick): changes,
    /// Shows the token of a user's session.
    Authenticate(Pick): reads,
    /// Looks at a link.
    PreviewInvitation(LinkPick): reads,
    /// Accepts through a link, with corrected names, and a password that is good enough or not.
    AcceptInvitation(LinkPick, Option<String>, bool): changes,
    /// Asks how things stand.
    Health: reads,

    /// Moves the clock.
    AdvanceClock(Advance): reads,
    /// Lets the courier work. A broken mailer works again.
    DeliverMail(MailerMood): changes,
    /// The mailer is not ready until the next [`DeliverMail`](Command::DeliverMail).
    BreakMailer: reads,
    /// Settles what is due, of the tenant or of all.
    SettleDue(bool): changes,

    /// Adds a unit below another or at the top.
    AddUnit(String, Option<Pick>): changes,
    /// Renames a unit.
    RenameUnit(Pick, String): changes,
    /// Moves a unit below another or to the top.
    MoveUnit(Pick, Option<Pick>): changes,
    /// Removes a unit.
    RemoveUnit(Pick): changes,
    /// Lists units.
    ListUnits(Reading): reads,

    /// Adds a role with permissions.
    AddRole(String, Vec<Pick>): changes,
    /// Gives a role another name and other permissions.
    EditRole(Pick, String, Vec<Pick>): changes,
    /// Removes a role.
    RemoveRole(Pick): changes,
    /// Lists roles.
    ListRoles(Reading): reads,

    /// Adds an employee.
    AddEmployee(EmployeeForm): changes,
    /// Edits an employee.
    EditEmployee(Pick, EmployeeForm): changes,
    /// Changes whom an employee reports to.
    ChangeSupervisor(Pick, Option<Pick>): changes,
    /// Moves everyone who reports to one employee to another.
    MoveReports(Pick, Pick): changes,
    /// Removes an employee.
    RemoveEmployee(Pick): changes,
    /// Shows an employee.
    GetEmployee(Pick): reads,
    /// Lists employees.
    ListEmployees(Reading): reads,

    /// Lists employees as candidates for a user; those without, or all.
    Candidates(bool, Reading): reads,
    /// Creates a user from an employee.
    CreateUserFor(Pick, Giving): changes,
    /// Creates a user with their employee.
    CreateUser(Somebody, Giving): changes,
    /// Creates a user for a client's contact.
    CreateExternal(Somebody, Pick, Giving): changes,
    /// Creates a user for a program.
    CreateProgram(Somebody, Giving): changes,
    /// Shows a user.
    GetUser(Pick): reads,
    /// Lists users; the deleted, or those that are listed by default.
    ListUsers(bool, Reading): reads,
    /// Gives a user other rights.
    ChangeGrants(Pick, Vec<Give>): changes,
    /// Changes the units of a user.
    ChangeMemberships(Pick, Vec<Pick>): changes,
    /// Gives a user another first name.
    EditProfile(Pick, String): changes,
    /// Gives a user another address.
    ChangeAddress(Pick, String): changes,
    /// Calls off a user's change of address.
    CancelAddressChange(Pick): changes,
    /// Has a user log in through an external provider.
    LinkIdentity(Pick, u8): changes,
    /// Has a user no longer log in through an external provider.
    UnlinkIdentity(Pick): changes,
    /// Changes from where a user may come.
    ChangeAllowlist(Pick, Networks): changes,
    /// Shows how a user's account is locked.
    ShowLockout(Pick): reads,
    /// Ends the lock of a user's account.
    EndLockout(Pick): changes,
    /// Asks why a user cannot log in.
    ExplainSignIn(Pick, Origin): reads,
    /// Asks why a user may do something, in a unit or everywhere.
    ExplainPermission(Pick, Pick, Option<Pick>): reads,
    /// Sends a user the link to set a new password.
    SendReset(Pick): changes,
    /// Sends a user a one-time password.
    SendOneTimePassword(Pick): changes,
    /// Brings an inactive user into use.
    Activate(Pick): changes,
    /// Sets or clears the day on which an inactive user starts.
    ScheduleStart(Pick, Option<Minutes>): changes,
    /// Takes a user out of use.
    Deactivate(Pick): changes,
    /// Sets or clears the day on which an active user ends.
    ScheduleEnd(Pick, Option<Minutes>): changes,
    /// Suspends a user, with an end or without.
    Suspend(Pick, Option<Minutes>): changes,
    /// Undoes a suspension.
    Reinstate(Pick): changes,
    /// Disables a user.
    Disable(Pick): changes,
    /// Brings back a disabled or inactive user.
    Reactivate(Pick): changes,
    /// Asks what a deletion would meet.
    DeletionReport(Pick, HostCheck): reads,
    /// Begins a deletion.
    Hold(Pick): changes,
    /// Ends the preparation of a deletion.
    Release(Pick): changes,
    /// Deletes a user.
    Delete(Pick, HostCheck): changes,
    /// Brings back a deleted user.
    Restore(Pick): changes,

    /// Sends a user the link, for the first time or again.
    SendInvitation(Pick, Option<String>): changes,
    /// Sends an invitation again, by its own id.
    ResendInvitation(Pick): changes,
    /// Shows the mail that sending would send.
    PreviewMail(Pick, Option<String>): reads,
    /// Cancels an invitation.
    CancelInvitation(Pick): changes,
    /// Lists invitations.
    ListInvitations(Reading): reads,
    /// Lists the mails of a user.
    ListMails(Pick): reads,

    /// Lists who is logged in.
    ActiveSessions(Reading): reads,
    /// Lists the sessions of a user.
    SessionsOf(Pick): reads,
    /// Ends a session.
    EndSession(Pick): changes,
    /// Ends all sessions of a user.
    EndAllSessions(Pick): changes,

    /// Makes an API key for a user.
    CreateKey(Pick, KeyForm): changes,
    /// Revokes an API key.
    RevokeKey(Pick): changes,
    /// Revokes all API keys of a user.
    RevokeKeysOf(Pick): changes,
    /// Lists API keys.
    ListKeys(Reading): reads,
    /// Lists the API keys of a user.
    KeysOf(Pick): reads,

    /// Lists the login attempts of a user.
    AttemptsOf(Pick, Reading): reads,
    /// Lists all login attempts.
    AllAttempts(Reading): reads,
    /// Looks for login attempts: a user's or all, those that failed or all.
    SearchAttempts(Option<Pick>, bool): reads,
    /// Reads the event log to its end, so many events at a time.
    ReadEvents(u8): reads,

    /// Counts the seats.
    CountSeats: reads,
    /// Shows the tenant.
    GetTenant: reads,
    /// Renames the tenant.
    RenameTenant(String): changes,
    /// Changes the seat contract: what is contracted, and how far above today's use the limit lies, if there is one.
    ChangeSeatContract(u8, Option<i8>): changes,
    /// Hands the tenant over.
    HandOver(Pick): changes,
    /// Takes the tenant out of use.
    SuspendTenant: changes,
    /// Brings the tenant back into use.
    ReinstateTenant: changes,

    /// Shows the actor's own user.
    MyUser: reads own,
    /// Gives the actor another first name.
    EditMyProfile(String): changes own,
    /// Lists the actor's own sessions.
    MySessions: reads own,
    /// Ends one of the actor's own sessions.
    EndMySession(Pick): changes own,
    /// Ends all of the actor's own sessions but this one.
    EndMyOtherSessions: changes own,
    /// Changes the actor's own password, with the right current one or a wrong one, to one that is good enough or not.
    ChangeMyPassword(bool, bool): changes own,
    /// Asks for another address of the actor's own, with the right current password, a wrong one, or none.
    ChangeMyAddress(String, Option<bool>): changes own,
    /// Calls off the actor's own change of address.
    CancelMyAddressChange: changes own,
    /// Makes an API key for the actor.
    CreateMyKey(KeyForm): changes own,
    /// Revokes one of the actor's own API keys.
    RevokeMyKey(Pick): changes own,
    /// Revokes all of the actor's own API keys.
    RevokeMyKeys: changes own,
    /// Lists the actor's own API keys.
    MyKeys: reads own,
    /// Ends the actor's session.
    SignOut: changes own,

    /// Edits a record as it is, naming its version.
    EditAsRead(Edited): changes,
    /// Edits a record as it is not any more, and is told what was missed.
    EditUnread(Edited): reads,
    /// Changes several things about a user in one act.
    EditUser(Pick, EditForm): changes,
    /// Gives a user one right more.
    GrantRight(Pick, Give): changes,
    /// Takes one right from a user: one of theirs, by its number.
    RevokeRight(Pick, Pick): changes,
    /// Gives everybody with a role another one instead.
    MoveRoleUsers(Pick, Pick): changes,
    /// Asks what an import would do.
    CheckImport(ImportForm): reads,
    /// Brings in rows, all or none.
    Import(ImportForm): changes,
    /// Changes the status of many users in one act.
    ChangeStatusOfMany(StatusVerb, Option<Minutes>, Vec<Pick>): changes,
    /// Takes out all employees as rows, so many a page.
    ExportEmployees(u8): reads,
    /// Takes out all users as rows, so many a page.
    ExportUsers(u8): reads,
    /// Searches and sorts users.
    SearchUsers(Search): reads,
    /// Searches and sorts employees.
    SearchEmployees(Search): reads,
    /// Lists who reports to somebody: all below them, or directly.
    ListReports(Pick, bool, Reading): reads,
    /// Shows the security report of a user.
    SecurityReport(Pick): reads,
    /// Mails it, to the user or to whoever asks.
    MailSecurityReport(Pick, bool): changes,
    /// Hands out the link of an invitation, which works from then on like one that was mailed.
    HandOutLink(Pick): changes,
    /// Looks for events, to the end of the log.
    SearchEvents(EventsWanted): reads,
}

impl Command {
    /// Whether it only reads. What it writes all the same is not its own: a login that it took, what was counted of logins, the
    /// last use of a session or key.
    pub fn only_reads(&self) -> bool {
        self.marks().contains(&Mark::Reads)
    }

    /// Whether it is about the actor's own account, so that it takes a session.
    pub fn is_own(&self) -> bool {
        self.marks().contains(&Mark::Own)
    }
}

/// The shortest sequence that still fails, as far as leaving steps out leads to one: first halves, then ever smaller parts.
///
/// Steps name what they are about by [`Pick`]s, so most sequences still make sense with some of their steps left out; and this
/// takes some dozens of runs where shrinking step by step takes thousands.
pub fn shortened(steps: &[Step], mut fails: impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut left = steps.to_vec();
    let mut part = left.len().div_ceil(2);
    while part > 0 {
        let mut start = 0;
        while start < left.len() {
            let mut fewer = left.clone();
            fewer.drain(start..left.len().min(start + part));
            if fails(&fewer) {
                left = fewer;
            } else {
                start += part;
            }
        }
        part = if part == 1 { 0 } else { part.div_ceil(2) };
    }
    left
}
