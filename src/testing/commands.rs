//! Commands as data: every call of the facade and the desk, with referents chosen by number, so that random ones make sense.
//!
//! A [`Step`] says who does what in which tenant. It names nobody by id: a [`Pick`] chooses among what exists when the step is
//! carried out, so a sequence stays meaningful while a failing one is shrunk. [`World::run`](super::World::run) carries it out.

use std::fmt;

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

/// A link of an invitation, as its recipient might use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkPick {
    /// One that should work now; where there is none, the last one mailed.
    Good(Pick),
    /// Any that was ever mailed.
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

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $(($($type:ty),*))?),* $(,)?) => {
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
        }
    };
}

commands! {
    /// Founds another tenant, while there are fewer than three; then under an id that is taken.
    FoundTenant(String, Somebody),
    /// Logs a user in, with the right password or a wrong one.
    SignIn(Pick, bool),
    /// Shows the token of a user's session.
    Authenticate(Pick),
    /// Looks at a link.
    PreviewInvitation(LinkPick),
    /// Accepts through a link, with corrected names, and a password that is good enough or not.
    AcceptInvitation(LinkPick, Option<String>, bool),
    /// Asks how things stand.
    Health,

    /// Moves the clock.
    AdvanceClock(Advance),
    /// Lets the courier work. A broken mailer works again.
    DeliverMail(MailerMood),
    /// The mailer is not ready until the next [`DeliverMail`](Command::DeliverMail).
    BreakMailer,
    /// Settles what is due, of the tenant or of all.
    SettleDue(bool),

    /// Adds a unit below another or at the top.
    AddUnit(String, Option<Pick>),
    /// Renames a unit.
    RenameUnit(Pick, String),
    /// Moves a unit below another or to the top.
    MoveUnit(Pick, Option<Pick>),
    /// Removes a unit.
    RemoveUnit(Pick),
    /// Lists units.
    ListUnits(Reading),

    /// Adds a role with permissions.
    AddRole(String, Vec<Pick>),
    /// Gives a role another name and other permissions.
    EditRole(Pick, String, Vec<Pick>),
    /// Removes a role.
    RemoveRole(Pick),
    /// Lists roles.
    ListRoles(Reading),

    /// Adds an employee.
    AddEmployee(EmployeeForm),
    /// Edits an employee.
    EditEmployee(Pick, EmployeeForm),
    /// Changes whom an employee reports to.
    ChangeSupervisor(Pick, Option<Pick>),
    /// Moves everyone who reports to one employee to another.
    MoveReports(Pick, Pick),
    /// Removes an employee.
    RemoveEmployee(Pick),
    /// Shows an employee.
    GetEmployee(Pick),
    /// Lists employees.
    ListEmployees(Reading),

    /// Lists employees as candidates for a user; those without, or all.
    Candidates(bool, Reading),
    /// Creates a user from an employee.
    CreateUserFor(Pick, Giving),
    /// Creates a user with their employee.
    CreateUser(Somebody, Giving),
    /// Creates a user for a client's contact.
    CreateExternal(Somebody, Pick, Giving),
    /// Shows a user.
    GetUser(Pick),
    /// Lists users; the deleted, or those that are listed by default.
    ListUsers(bool, Reading),
    /// Gives a user other rights.
    ChangeGrants(Pick, Vec<Give>),
    /// Changes the units of a user.
    ChangeMemberships(Pick, Vec<Pick>),
    /// Gives a user another first name.
    EditProfile(Pick, String),
    /// Brings an inactive user into use.
    Activate(Pick),
    /// Sets or clears the day on which an inactive user starts.
    ScheduleStart(Pick, Option<Minutes>),
    /// Takes a user out of use.
    Deactivate(Pick),
    /// Sets or clears the day on which an active user ends.
    ScheduleEnd(Pick, Option<Minutes>),
    /// Suspends a user, with an end or without.
    Suspend(Pick, Option<Minutes>),
    /// Undoes a suspension.
    Reinstate(Pick),
    /// Disables a user.
    Disable(Pick),
    /// Brings back a disabled or inactive user.
    Reactivate(Pick),
    /// Asks what a deletion would meet.
    DeletionReport(Pick, HostCheck),
    /// Begins a deletion.
    Hold(Pick),
    /// Ends the preparation of a deletion.
    Release(Pick),
    /// Deletes a user.
    Delete(Pick, HostCheck),
    /// Brings back a deleted user.
    Restore(Pick),

    /// Sends a user the link, for the first time or again.
    SendInvitation(Pick, Option<String>),
    /// Sends an invitation again, by its own id.
    ResendInvitation(Pick),
    /// Shows the mail that sending would send.
    PreviewMail(Pick, Option<String>),
    /// Cancels an invitation.
    CancelInvitation(Pick),
    /// Lists invitations.
    ListInvitations(Reading),
    /// Lists the mails of a user.
    ListMails(Pick),

    /// Lists who is logged in.
    ActiveSessions(Reading),
    /// Lists the sessions of a user.
    SessionsOf(Pick),
    /// Ends a session.
    EndSession(Pick),
    /// Ends all sessions of a user.
    EndAllSessions(Pick),

    /// Lists the login attempts of a user.
    AttemptsOf(Pick, Reading),
    /// Lists all login attempts.
    AllAttempts(Reading),
    /// Reads the event log to its end, so many events at a time.
    ReadEvents(u8),

    /// Counts the seats.
    CountSeats,
    /// Shows the tenant.
    GetTenant,
    /// Renames the tenant.
    RenameTenant(String),
    /// Changes the seat contract: what is contracted, and how far above today's use the limit lies, if there is one.
    ChangeSeatContract(u8, Option<i8>),
    /// Hands the tenant over.
    HandOver(Pick),
    /// Takes the tenant out of use.
    SuspendTenant,
    /// Brings the tenant back into use.
    ReinstateTenant,

    /// Shows the actor's own user.
    MyUser,
    /// Gives the actor another first name.
    EditMyProfile(String),
    /// Lists the actor's own sessions.
    MySessions,
    /// Ends one of the actor's own sessions.
    EndMySession(Pick),
    /// Ends all of the actor's own sessions but this one.
    EndMyOtherSessions,
    /// Ends the actor's session.
    SignOut,
}

impl Command {
    /// Whether it only reads. What it writes all the same is not its own: a login that it took, the last use of a session.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::Authenticate(_)
                | Self::PreviewInvitation(_)
                | Self::Health
                | Self::AdvanceClock(_)
                | Self::BreakMailer
                | Self::ListUnits(_)
                | Self::ListRoles(_)
                | Self::GetEmployee(_)
                | Self::ListEmployees(_)
                | Self::Candidates(..)
                | Self::GetUser(_)
                | Self::ListUsers(..)
                | Self::DeletionReport(..)
                | Self::PreviewMail(..)
                | Self::ListInvitations(_)
                | Self::ListMails(_)
                | Self::ActiveSessions(_)
                | Self::SessionsOf(_)
                | Self::AttemptsOf(..)
                | Self::AllAttempts(_)
                | Self::ReadEvents(_)
                | Self::CountSeats
                | Self::GetTenant
                | Self::MyUser
                | Self::MySessions
        )
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
