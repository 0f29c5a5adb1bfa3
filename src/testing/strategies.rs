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
use time::Duration;

use self::arguments::advances;
use self::stories::commands_of_stories;
use self::weighted::weighted_commands;
use super::commands::{Actor, Command, Pick, Step};
use crate::id::{RoleId, UnitId};
use crate::model::{Grant, Permission, PermissionSet, Right, Scope};
use crate::password::HashingParams;
use crate::policy::{AddressChangePolicy, ByAdministrator, Policy, Provider, SessionsAtOnce, WhenFull};
use crate::rules::throttle::ThrottlePolicy;
use crate::text::Name;

mod arguments;
mod people;
mod stories;
mod weighted;

/// The permissions that random roles and grants name: all of the crate's, and four such as hosts have.
pub const PERMISSIONS: [&str; 15] = [
    "prices.change",
    "users.read",
    "users.manage",
    "employees.read",
    "employees.manage",
    "roles.manage",
    "units.manage",
    "sessions.manage",
    "api_keys.manage",
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

/// The external provider that random [`policies`] know.
pub const PROVIDER: &str = "Entra";

/// Policies: the five presets, with and without seats for invitations, one-time passwords, and a limit of sessions. One external
/// provider is set up. Accounts are locked soon. Hashing is weak.
pub fn policies() -> impl Strategy<Value = Policy> {
    let presets = prop_oneof![
        8 => Just(Policy::default()),
        2 => Just(Policy::logistics()),
        2 => Just(Policy::client_portal()),
        3 => Just(Policy::invoice_flow()),
        1 => Just(Policy::point_of_sale()),
    ];
    let limits = (1_u32..4, prop_oneof![Just(WhenFull::EndOldest), Just(WhenFull::Refuse)])
        .prop_map(|(most, when_full)| SessionsAtOnce { most, when_full });
    (
        presets,
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.9),
        option::weighted(0.15, limits),
        prop::bool::weighted(0.4),
        3_u32..6,
    )
        .prop_map(
            |(preset, invitations_take_seats, one_time, sessions_at_once, delayed, failures)| Policy {
                address_change: delayed_for_others(preset.address_change.clone(), delayed),
                invitations_take_seats,
                one_time_passwords: preset.one_time_passwords || one_time,
                sessions_at_once,
                api_passwords: one_time.then_some(Duration::hours(2)),
                providers: Name::new(PROVIDER)
                    .map(|name| (name, Provider::new()))
                    .into_iter()
                    .collect(),
                throttle: ThrottlePolicy::default().failures(failures),
                hashing: HashingParams::weak_for_tests(),
                ..preset
            },
        )
}

/// Changes by administrators go the users' own way, where they would be at once.
fn delayed_for_others(mut policy: AddressChangePolicy, delayed: bool) -> AddressChangePolicy {
    if delayed && policy.by_administrator == ByAdministrator::AtOnce {
        policy.by_administrator = ByAdministrator::SameWay;
    }
    policy
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
        2 => picks().prop_map(Actor::Program),
    ]
}

/// A random sequence of some 235 steps: each command about as often as it takes to succeed in four of five sequences, and a few
/// [`stories`], shuffled.
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
const STORIES: u32 = 24;
/// How many commands a story has at most.
const MOST_TOLD: usize = 6;

/// A random step.
pub fn steps() -> impl Strategy<Value = Step> {
    step_of(commands())
}

fn step_of(command: impl Strategy<Value = Command>) -> impl Strategy<Value = Step> {
    (tenants(), actors(), command).prop_map(|(tenant, by, command)| {
        let by = who(&command, by);
        Step { tenant, by, command }
    })
}

/// Who gives a command, where not everybody can.
fn who(command: &Command, by: Actor) -> Actor {
    match (command, by) {
        // Nobody else may, and the host's code is nobody.
        (Command::SuspendTenant | Command::ReinstateTenant | Command::ChangeSeatContract(..), Actor::Owner) => {
            Actor::System
        }
        (Command::HandOver(_), Actor::UnitAdministrator) => Actor::Owner,
        (command, Actor::System) if command.is_own() => Actor::Clerk,
        (_, by) => by,
    }
}

fn tenants() -> impl Strategy<Value = u8> {
    select(vec![0, 0, 0, 0, 0, 1, 2])
}

/// A few steps that need each other, by one actor in one tenant; now and then time passes in between.
pub fn stories() -> impl Strategy<Value = Vec<Step>> {
    let by = prop_oneof![3 => Just(Actor::Owner), 3 => Just(Actor::System), 2 => Just(Actor::UnitAdministrator)];
    let pauses = vec(option::weighted(0.15, advances()), MOST_TOLD);
    let tenant = tenants();
    (tenant, by, commands_of_stories(), pauses).prop_map(|(tenant, by, commands, pauses)| {
        let by = match commands.first() {
            Some(Command::SuspendTenant) => Actor::System,
            _ => by,
        };
        let pauses = pauses.into_iter().map(|pause| pause.map(Command::AdvanceClock));
        let told = commands
            .into_iter()
            .zip(pauses)
            .flat_map(|(command, pause)| [Some(command), pause]);
        let step = |command: Command| {
            let by = who(&command, by);
            Step { tenant, by, command }
        };
        told.flatten().map(step).collect()
    })
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
