//! Strategies for `proptest`: texts, permissions, grants, policies, and whole random [`Step`]s.
//!
//! ```
//! use proptest::prelude::*;
//! use tenure::testing::strategies;
//! use tenure::text::{EmailAddress, PersonName};
//!
//! proptest!(|(address in strategies::addresses(), name in strategies::person_names())| {
//!     prop_assert!(EmailAddress::new(&address).is_ok());
//!     prop_assert!(PersonName::new(&name).is_ok());
//! });
//! ```

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::commands::{
    Actor, Advance, Beginning, Command, Edge, EmployeeForm, Give, GivenRight, Giving, HostCheck, LinkPick, MailerMood,
    Minutes, Pick, Reading, Somebody, Step,
};
use crate::id::{RoleId, UnitId};
use crate::model::{Grant, Permission, PermissionSet, Right, Scope};
use crate::password::HashingParams;
use crate::policy::Policy;

/// The permissions that random roles and grants name: all of the crate's, and four such as hosts have.
pub const PERMISSIONS: [&str; 14] = [
    "prices.change",
    "users.read",
    "users.manage",
    "employees.read",
    "employees.manage",
    "roles.manage",
    "units.manage",
    "sessions.manage",
    "history.read",
    "seats.read",
    "tenant.manage",
    "reports.read",
    "invoices.approve",
    "invoices.post",
];

/// Addresses of many people: Latin and other letters, tags, dots, capitals.
pub fn addresses() -> impl Strategy<Value = String> {
    let local = prop_oneof![
        4 => "[a-z]{2,8}[0-9]{1,3}",
        1 => "[A-Z][a-z]{1,6}\\.[A-Z][a-z]{1,8}",
        1 => "[a-z]{1,6}\\+[a-z0-9]{1,4}",
        1 => select(vec!["zoë", "łukasz", "мария", "josé", "Ὀδυσσεύς", "花子"]).prop_map(str::to_owned),
    ];
    let domain = select(vec!["example.com", "example.org", "müller.example", "shop.example.net"]);
    (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

/// A handful of addresses in several spellings each, so that some are taken.
pub fn common_addresses() -> impl Strategy<Value = String> {
    let spelt = vec![
        "mike@example.com",
        "MIKE@example.com",
        "anna.b@example.org",
        "Anna.B@EXAMPLE.org",
        "straße@example.com",
        "STRASSE@example.com",
        "una@example.com",
        "clara@example.com",
    ];
    select(spelt).prop_map(str::to_owned)
}

/// Texts that are no address.
pub fn bad_addresses() -> impl Strategy<Value = String> {
    let bad = vec![
        "",
        "nobody",
        "a@b",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a\0@example.com",
        "\"a b\"@example.com",
        "a@example.com ",
    ];
    select(bad).prop_map(str::to_owned)
}

/// Names of persons in many scripts.
pub fn person_names() -> impl Strategy<Value = String> {
    let known = vec![
        "Zoë",
        "O'Hara",
        "van der Berg",
        "Łukasz",
        "Nguyễn",
        "Ærø",
        "Ωμέγα",
        "محمد",
        "علی\u{200c}رضا",
        "山田",
        "İpek",
        "Straße",
        "Ann-Kathrin",
        "D\u{2019}Arcy",
    ];
    prop_oneof![3 => "[A-Z][a-z]{1,10}", 2 => select(known).prop_map(str::to_owned)]
}

/// Names of units, roles and companies. Those of roles must differ, so there are many.
pub fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[A-Z][a-z]{2,8} [0-9]{1,3}",
        1 => "(Lager|Büro|Склад|支店) [0-9]{1,2}",
        1 => select(vec!["Administrator", "ADMINISTRATOR", "Clerk", "clerk"]).prop_map(str::to_owned),
    ]
}

/// Texts that are no name: empty, blank, too long, with control characters or hidden ones.
pub fn bad_names() -> impl Strategy<Value = String> {
    let bad = vec![
        String::new(),
        " \u{3000}".to_owned(),
        "A\0B".to_owned(),
        "A\nB".to_owned(),
        "A\u{202e}B".to_owned(),
        "x".repeat(201),
    ];
    select(bad)
}

/// One of [`PERMISSIONS`].
pub fn permissions() -> impl Strategy<Value = Permission> {
    let parsed: Vec<Permission> = PERMISSIONS
        .iter()
        .filter_map(|name| Permission::new(name).ok())
        .collect();
    select(parsed)
}

/// Sets of some of [`PERMISSIONS`].
pub fn permission_sets() -> impl Strategy<Value = PermissionSet> {
    vec(permissions(), 0..6).prop_map(|some| PermissionSet::Only(some.into_iter().collect::<BTreeSet<_>>()))
}

/// Grants of these roles and of single permissions, everywhere or in some of these units.
pub fn grants(roles: Vec<RoleId>, units: Vec<UnitId>) -> impl Strategy<Value = Vec<Grant>> {
    let single = permissions().prop_map(Right::Permission).boxed();
    let right = if roles.is_empty() {
        single
    } else {
        prop_oneof![select(roles).prop_map(Right::Role), single].boxed()
    };
    let everywhere = Just(Scope::All).boxed();
    let scope = if units.is_empty() {
        everywhere
    } else {
        prop_oneof![everywhere, vec(select(units), 1..3).prop_map(Scope::from)].boxed()
    };
    vec((right, scope).prop_map(|(right, scope)| Grant { right, scope }), 0..4)
}

/// Policies: the five presets, with and without seats for invitations. Hashing is weak.
pub fn policies() -> impl Strategy<Value = Policy> {
    let presets = prop_oneof![
        4 => Just(Policy::default()),
        1 => Just(Policy::logistics()),
        1 => Just(Policy::client_portal()),
        1 => Just(Policy::invoice_flow()),
    ];
    (presets, prop::bool::weighted(0.8)).prop_map(|(preset, invitations_take_seats)| Policy {
        invitations_take_seats,
        hashing: HashingParams::weak_for_tests(),
        ..preset
    })
}

/// A [`Pick`].
pub fn picks() -> impl Strategy<Value = Pick> {
    (0_u16..1024).prop_map(Pick)
}

/// Who acts: mostly somebody who may.
pub fn actors() -> impl Strategy<Value = Actor> {
    prop_oneof![
        9 => Just(Actor::Owner),
        6 => Just(Actor::System),
        6 => Just(Actor::UnitAdministrator),
        3 => Just(Actor::RoleAdministrator),
        1 => Just(Actor::Clerk),
        1 => Just(Actor::External),
        2 => picks().prop_map(Actor::Anybody),
    ]
}

/// A random sequence of some 150 steps: each command about as often as it takes to succeed once and a quarter in a sequence,
/// and a few [`stories`], shuffled.
pub fn sequences() -> impl Strategy<Value = Vec<Step>> {
    let (copies, all): (Vec<u32>, Vec<_>) = weighted_commands().into_iter().unzip();
    let parts = move |chances: Vec<u32>| {
        let often = copies
            .iter()
            .zip(chances)
            .map(|(copies, chance)| copies / 100 + u32::from(chance < copies % 100));
        let singles = often.zip(&all).flat_map(|(often, command)| {
            let single = step_of(command.clone()).prop_map(|step| vec![step]).boxed();
            (0..often).map(move |_| single.clone())
        });
        let stories = (0..STORIES).map(|_| stories().boxed());
        singles.chain(stories).collect::<Vec<_>>()
    };
    let chances = vec(0_u32..100, weighted_commands().len());
    let parts = chances.prop_flat_map(move |chances| Just(parts(chances)).prop_shuffle());
    parts.prop_flat_map(|parts| parts).prop_map(|parts| parts.concat())
}

/// How many stories a sequence tells.
const STORIES: u32 = 10;

/// A random step.
pub fn steps() -> impl Strategy<Value = Step> {
    step_of(commands())
}

fn step_of(command: impl Strategy<Value = Command>) -> impl Strategy<Value = Step> {
    (tenants(), actors(), command).prop_map(|(tenant, by, command)| {
        let by = match (&command, by) {
            // Nobody else may, and the host's code is nobody.
            (Command::SuspendTenant | Command::ReinstateTenant, Actor::Owner) => Actor::System,
            (Command::HandOver(_), Actor::UnitAdministrator) => Actor::Owner,
            (
                Command::MyUser
                | Command::EditMyProfile(_)
                | Command::MySessions
                | Command::EndMySession(_)
                | Command::EndMyOtherSessions
                | Command::SignOut,
                Actor::System,
            ) => Actor::Clerk,
            (_, by) => by,
        };
        Step { tenant, by, command }
    })
}

fn tenants() -> impl Strategy<Value = u8> {
    select(vec![0, 0, 0, 0, 0, 1, 2])
}

/// A few steps that need each other, by one actor in one tenant; now and then time passes in between.
pub fn stories() -> impl Strategy<Value = Vec<Step>> {
    let by = prop_oneof![3 => Just(Actor::Owner), 3 => Just(Actor::System), 2 => Just(Actor::UnitAdministrator)];
    let pauses = vec(option::weighted(0.15, advances()), 4);
    let tenant = tenants();
    (tenant, by, commands_of_stories(), pauses).prop_map(|(tenant, by, commands, pauses)| {
        let by = if matches!(commands.first(), Some(Command::SuspendTenant)) {
            Actor::System
        } else {
            by
        };
        let pauses = pauses.into_iter().map(|pause| pause.map(Command::AdvanceClock));
        let told = commands
            .into_iter()
            .zip(pauses)
            .flat_map(|(command, pause)| [Some(command), pause]);
        told.flatten().map(|command| Step { tenant, by, command }).collect()
    })
}

fn commands_of_stories() -> impl Strategy<Value = Vec<Command>> {
    use Command as C;
    let new = |invite: bool| {
        (people(), givings()).prop_map(move |(who, giving)| {
            let invite = Some(invite);
            C::CreateUser(who, Giving { invite, ..giving })
        })
    };
    let pick = || (0_u16..11).prop_map(Pick);
    let last = || Pick(16 * 1_000);
    let accept = move || C::AcceptInvitation(LinkPick::Good(last()), None, true);
    let deliver = || C::DeliverMail(MailerMood::Takes);
    prop_oneof![
        2 => (picks(), days(), pick()).prop_map(|(who, until, which)| vec![C::Suspend(who, until), C::Reinstate(which)]),
        2 => (picks(), pick()).prop_map(|(who, which)| vec![C::Hold(who), C::Release(which)]),
        3 => (picks(), pick()).prop_map(|(who, which)| vec![C::Delete(who, HostCheck::Clear), C::Restore(which)]),
        1 => (picks(), pick()).prop_map(|(who, which)| vec![C::Disable(who), C::Reactivate(which)]),
        1 => (picks(), pick()).prop_map(|(who, which)| vec![C::Deactivate(who), C::Activate(which)]),
        1 => (picks(), days(), pick(), advances()).prop_map(|(who, day, which, time)| {
            vec![C::ScheduleEnd(who, day), C::AdvanceClock(time), C::Reactivate(which)]
        }),
        1 => (new(false), picks(), days()).prop_map(|(new, which, day)| vec![new, C::ScheduleStart(which, day)]),
        1 => (new(false), pick()).prop_map(|(new, which)| vec![new, C::Activate(which)]),
        1 => (new(false), pick(), picks()).prop_map(|(new, which, mail)| {
            vec![new, C::PreviewMail(mail, None), C::SendInvitation(which, None)]
        }),
        3 => (new(true), pick(), picks()).prop_map(|(new, which, again)| {
            vec![new, C::CancelInvitation(which), C::ResendInvitation(again)]
        }),
        3 => new(true).prop_map(move |new| vec![new, deliver(), C::PreviewInvitation(LinkPick::Good(last())), accept()]),
        1 => (new(true), picks()).prop_map(move |(new, again)| {
            vec![new, deliver(), C::ResendInvitation(again), accept()]
        }),
        2 => commands().prop_map(|other| vec![C::SuspendTenant, other, C::ReinstateTenant]),
        1 => (good_names(), picks()).prop_map(|(name, which)| vec![C::AddRole(name, Vec::new()), C::RemoveRole(which)]),
        1 => (good_names(), picks(), picks()).prop_map(|(name, below, which)| {
            vec![C::AddUnit(name, Some(below)), C::RemoveUnit(which)]
        }),
    ]
}

/// A random command. Those that seldom find what they need come more often.
pub fn commands() -> impl Strategy<Value = Command> {
    let all = weighted_commands();
    let total = all.iter().map(|(weight, _)| weight).sum();
    // Not a union: that prepares every alternative before the chosen one for shrinking, for each command anew.
    (0..total).prop_flat_map(move |mut number| {
        let chosen = all.iter().find(|(weight, _)| {
            let found = number < *weight;
            number = number.saturating_sub(*weight);
            found
        });
        chosen.map_or_else(|| Just(Command::Health).boxed(), |(_, command)| command.clone())
    })
}

/// Every command, with how often it comes in a hundred [`sequences`], those in [`stories`] aside.
fn weighted_commands() -> Weighted {
    let parts = [
        open_calls(),
        host_calls(),
        unit_and_role_calls(),
        employee_calls(),
        user_calls(),
        status_calls(),
        invitation_calls(),
        session_calls(),
        tenant_calls(),
    ];
    parts.into_iter().flatten().collect()
}

type Weighted = Vec<(u32, BoxedStrategy<Command>)>;

fn open_calls() -> Weighted {
    use Command as C;
    vec![
        (
            135,
            (good_names(), people())
                .prop_map(|(name, owner)| C::FoundTenant(name, owner))
                .boxed(),
        ),
        (
            225,
            (picks(), prop::bool::weighted(0.8))
                .prop_map(|(user, right)| C::SignIn(user, right))
                .boxed(),
        ),
        (185, picks().prop_map(C::Authenticate).boxed()),
        (400, links().prop_map(C::PreviewInvitation).boxed()),
        (
            360,
            (
                links(),
                option::weighted(0.2, person_names()),
                prop::bool::weighted(0.9),
            )
                .prop_map(|(link, name, good)| C::AcceptInvitation(link, name, good))
                .boxed(),
        ),
        (125, Just(C::Health).boxed()),
    ]
}

fn host_calls() -> Weighted {
    use Command as C;
    let moods = prop_oneof![
        8 => Just(MailerMood::Takes),
        1 => Just(MailerMood::FailsOnce),
        1 => Just(MailerMood::RefusesOnce),
    ];
    vec![
        (800, advances().prop_map(C::AdvanceClock).boxed()),
        (15, moods.prop_map(C::DeliverMail).boxed()),
        (115, Just(C::BreakMailer).boxed()),
        (120, any::<bool>().prop_map(C::SettleDue).boxed()),
    ]
}

fn unit_and_role_calls() -> Weighted {
    use Command as C;
    let permissions = || vec(picks(), 0..4);
    vec![
        (
            110,
            (names_or_not(), option::weighted(0.8, picks()))
                .prop_map(|(name, below)| C::AddUnit(name, below))
                .boxed(),
        ),
        (
            170,
            (picks(), names_or_not())
                .prop_map(|(unit, name)| C::RenameUnit(unit, name))
                .boxed(),
        ),
        (
            220,
            (picks(), option::weighted(0.8, picks()))
                .prop_map(|(unit, below)| C::MoveUnit(unit, below))
                .boxed(),
        ),
        (400, picks().prop_map(C::RemoveUnit).boxed()),
        (145, readings().prop_map(C::ListUnits).boxed()),
        (
            150,
            (names_or_not(), permissions())
                .prop_map(|(name, may)| C::AddRole(name, may))
                .boxed(),
        ),
        (
            220,
            (picks(), names_or_not(), permissions())
                .prop_map(|(role, name, may)| C::EditRole(role, name, may))
                .boxed(),
        ),
        (400, picks().prop_map(C::RemoveRole).boxed()),
        (155, readings().prop_map(C::ListRoles).boxed()),
    ]
}

fn employee_calls() -> Weighted {
    use Command as C;
    vec![
        (185, employee_forms().prop_map(C::AddEmployee).boxed()),
        (
            240,
            (picks(), employee_forms())
                .prop_map(|(who, form)| C::EditEmployee(who, form))
                .boxed(),
        ),
        (
            240,
            (picks(), option::weighted(0.8, picks()))
                .prop_map(|(who, to)| C::ChangeSupervisor(who, to))
                .boxed(),
        ),
        (
            315,
            (picks(), picks())
                .prop_map(|(from, to)| C::MoveReports(from, to))
                .boxed(),
        ),
        (210, picks().prop_map(C::RemoveEmployee).boxed()),
        (185, picks().prop_map(C::GetEmployee).boxed()),
        (160, readings().prop_map(C::ListEmployees).boxed()),
        (
            150,
            (any::<bool>(), readings())
                .prop_map(|(without, how)| C::Candidates(without, how))
                .boxed(),
        ),
    ]
}

fn user_calls() -> Weighted {
    use Command as C;
    vec![
        (
            385,
            (picks(), givings())
                .prop_map(|(employee, giving)| C::CreateUserFor(employee, giving))
                .boxed(),
        ),
        (
            15,
            (people(), givings())
                .prop_map(|(who, giving)| C::CreateUser(who, giving))
                .boxed(),
        ),
        (
            340,
            (people(), picks(), givings())
                .prop_map(|(who, client, giving)| C::CreateExternal(who, client, giving))
                .boxed(),
        ),
        (145, picks().prop_map(C::GetUser).boxed()),
        (
            140,
            (prop::bool::weighted(0.2), readings())
                .prop_map(|(gone, how)| C::ListUsers(gone, how))
                .boxed(),
        ),
        (
            230,
            (picks(), given())
                .prop_map(|(user, grants)| C::ChangeGrants(user, grants))
                .boxed(),
        ),
        (
            190,
            (picks(), vec(picks(), 0..3))
                .prop_map(|(user, units)| C::ChangeMemberships(user, units))
                .boxed(),
        ),
        (
            180,
            (picks(), person_names())
                .prop_map(|(user, name)| C::EditProfile(user, name))
                .boxed(),
        ),
    ]
}

fn status_calls() -> Weighted {
    use Command as C;
    let checks = || {
        prop_oneof![
            6 => Just(HostCheck::Clear),
            1 => (0_u8..3).prop_map(HostCheck::Blocks),
            1 => Just(HostCheck::Fails),
        ]
    };
    vec![
        (155, picks().prop_map(C::Activate).boxed()),
        (
            370,
            (picks(), days())
                .prop_map(|(user, day)| C::ScheduleStart(user, day))
                .boxed(),
        ),
        (140, picks().prop_map(C::Deactivate).boxed()),
        (
            145,
            (picks(), days())
                .prop_map(|(user, day)| C::ScheduleEnd(user, day))
                .boxed(),
        ),
        (
            105,
            (picks(), days())
                .prop_map(|(user, until)| C::Suspend(user, until))
                .boxed(),
        ),
        (400, picks().prop_map(C::Reinstate).boxed()),
        (185, picks().prop_map(C::Disable).boxed()),
        (290, picks().prop_map(C::Reactivate).boxed()),
        (
            160,
            (picks(), checks())
                .prop_map(|(user, check)| C::DeletionReport(user, check))
                .boxed(),
        ),
        (80, picks().prop_map(C::Hold).boxed()),
        (400, picks().prop_map(C::Release).boxed()),
        (
            45,
            (picks(), checks())
                .prop_map(|(user, check)| C::Delete(user, check))
                .boxed(),
        ),
        (250, picks().prop_map(C::Restore).boxed()),
    ]
}

fn invitation_calls() -> Weighted {
    use Command as C;
    let messages = || {
        option::weighted(
            0.2,
            prop_oneof![Just("Welcome!\nSee you".to_owned()), Just("\0".to_owned())],
        )
    };
    vec![
        (
            400,
            (picks(), messages())
                .prop_map(|(user, message)| C::SendInvitation(user, message))
                .boxed(),
        ),
        (210, picks().prop_map(C::ResendInvitation).boxed()),
        (
            265,
            (picks(), messages())
                .prop_map(|(user, message)| C::PreviewMail(user, message))
                .boxed(),
        ),
        (235, picks().prop_map(C::CancelInvitation).boxed()),
        (135, readings().prop_map(C::ListInvitations).boxed()),
        (125, picks().prop_map(C::ListMails).boxed()),
    ]
}

fn session_calls() -> Weighted {
    use Command as C;
    vec![
        (145, readings().prop_map(C::ActiveSessions).boxed()),
        (150, picks().prop_map(C::SessionsOf).boxed()),
        (165, picks().prop_map(C::EndSession).boxed()),
        (175, picks().prop_map(C::EndAllSessions).boxed()),
        (
            155,
            (picks(), readings())
                .prop_map(|(user, how)| C::AttemptsOf(user, how))
                .boxed(),
        ),
        (185, readings().prop_map(C::AllAttempts).boxed()),
        (160, (1_u8..40).prop_map(C::ReadEvents).boxed()),
        (170, Just(C::MyUser).boxed()),
        (165, person_names().prop_map(C::EditMyProfile).boxed()),
        (150, Just(C::MySessions).boxed()),
        (195, picks().prop_map(C::EndMySession).boxed()),
        (145, Just(C::EndMyOtherSessions).boxed()),
        (160, Just(C::SignOut).boxed()),
    ]
}

fn tenant_calls() -> Weighted {
    use Command as C;
    vec![
        (170, Just(C::CountSeats).boxed()),
        (125, Just(C::GetTenant).boxed()),
        (180, names_or_not().prop_map(C::RenameTenant).boxed()),
        (
            320,
            (0_u8..20, option::weighted(0.4, -1_i8..6))
                .prop_map(|(contracted, above)| C::ChangeSeatContract(contracted, above))
                .boxed(),
        ),
        (200, picks().prop_map(C::HandOver).boxed()),
        (55, Just(C::SuspendTenant).boxed()),
        (60, Just(C::ReinstateTenant).boxed()),
    ]
}

fn good_names() -> impl Strategy<Value = String> {
    prop_oneof![20 => "[A-Z][a-z]{2,8} (Ltd|GmbH|AB)", 1 => bad_names()]
}

fn names_or_not() -> impl Strategy<Value = String> {
    prop_oneof![24 => names(), 1 => bad_names()]
}

fn people() -> impl Strategy<Value = Somebody> {
    let email = prop_oneof![30 => addresses(), 3 => common_addresses(), 1 => bad_addresses()];
    (person_names(), person_names(), email).prop_map(|(first, last, email)| Somebody { first, last, email })
}

fn employee_forms() -> impl Strategy<Value = EmployeeForm> {
    let signature = option::weighted(0.3, "[A-Za-z]{2,3}");
    let email = option::weighted(
        0.9,
        prop_oneof![30 => addresses(), 3 => common_addresses(), 1 => bad_addresses()],
    );
    let unit = option::weighted(0.7, picks());
    let supervisor = option::weighted(0.5, picks());
    (person_names(), person_names(), email, signature, unit, supervisor).prop_map(
        |(first, last, email, signature, unit, supervisor)| EmployeeForm {
            first,
            last,
            email,
            signature,
            unit,
            supervisor,
        },
    )
}

fn given() -> impl Strategy<Value = Vec<Give>> {
    let right = prop_oneof![
        1 => Just(GivenRight::Administrator),
        6 => picks().prop_map(GivenRight::Role),
        3 => picks().prop_map(GivenRight::Permission),
    ];
    vec(
        (right, vec(picks(), 0..3)).prop_map(|(right, within)| Give { right, within }),
        0..3,
    )
}

fn givings() -> impl Strategy<Value = Giving> {
    let start = prop_oneof![
        6 => Just(Beginning::Now),
        1 => (-1_440_i32..60 * 24 * 30).prop_map(|minutes| Beginning::On(Minutes(minutes))),
        1 => Just(Beginning::WhenActivated),
    ];
    (
        given(),
        vec(picks(), 0..3),
        start,
        option::of(prop::bool::weighted(0.7)),
    )
        .prop_map(|(grants, units, start, invite)| Giving {
            grants,
            units,
            start,
            invite,
        })
}

fn days() -> impl Strategy<Value = Option<Minutes>> {
    let minutes = prop_oneof![6 => 1_i32..60 * 24 * 20, 1 => -10_i32..=0];
    option::weighted(0.6, minutes.prop_map(Minutes))
}

fn links() -> impl Strategy<Value = LinkPick> {
    prop_oneof![
        12 => picks().prop_map(LinkPick::Good),
        3 => picks().prop_map(LinkPick::Mailed),
        1 => picks().prop_map(LinkPick::Forged),
        1 => Just(LinkPick::Nonsense),
    ]
}

fn readings() -> impl Strategy<Value = Reading> {
    let page = prop_oneof![1_u8..6, Just(100)];
    (page, any::<bool>(), any::<bool>(), option::weighted(0.2, picks())).prop_map(
        |(page, by_name, descending, within)| Reading {
            page,
            by_name,
            descending,
            within,
        },
    )
}

fn advances() -> impl Strategy<Value = Advance> {
    let edges = prop_oneof![1 => Just(Edge::Before), 3 => Just(Edge::At), 2 => Just(Edge::Behind)];
    prop_oneof![
        6 => (1_u16..900).prop_map(Advance::Seconds),
        2 => (1_u8..30).prop_map(Advance::Hours),
        1 => (1_u8..40).prop_map(Advance::Days),
        5 => (picks(), edges).prop_map(|(which, edge)| Advance::ToDeadline(which, edge)),
    ]
}
