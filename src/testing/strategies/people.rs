//! How the arguments of commands are drawn that edit as read, bring in many, and search.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::arguments::{days, employee_forms, given, names_or_not, networks, people, readings};
use super::weighted::{Weighted, row};
use super::{person_names, picks};
use crate::testing::commands::{
    Command, EditForm, Edited, EmployeeLine, EventsWanted, Find, ImportForm, Search, StatusVerb, UserLine, Whose,
};

pub(super) fn people_calls() -> Weighted {
    use Command as C;
    let give = || given().prop_filter_map("one right", |mut some| some.pop());
    vec![
        row(130, edits(), C::EditAsRead),
        row(120, edits(), C::EditUnread),
        row(170, (picks(), edit_forms()), |(user, form)| C::EditUser(user, form)),
        row(150, (picks(), give()), |(user, give)| C::GrantRight(user, give)),
        row(130, (picks(), picks()), |(user, which)| C::RevokeRight(user, which)),
        row(200, (picks(), picks()), |(from, to)| C::MoveRoleUsers(from, to)),
        row(115, imports(), C::CheckImport),
        row(250, imports(), C::Import),
        row(180, (verbs(), days(), vec(picks(), 1..4)), |(verb, day, who)| {
            C::ChangeStatusOfMany(verb, day, who)
        }),
        row(100, 1_u8..8, C::ExportEmployees),
        row(100, 1_u8..8, C::ExportUsers),
        row(110, searches(), C::SearchUsers),
        row(110, searches(), C::SearchEmployees),
        row(100, (picks(), any::<bool>(), readings()), |(who, all, how)| {
            C::ListReports(who, all, how)
        }),
        row(125, picks(), C::SecurityReport),
        row(150, (picks(), any::<bool>()), |(user, them)| {
            C::MailSecurityReport(user, them)
        }),
        row(100, picks(), C::HandOutLink),
        row(110, wanted(), C::SearchEvents),
    ]
}

fn edits() -> impl Strategy<Value = Edited> {
    prop_oneof![
        3 => (picks(), person_names()).prop_map(|(user, name)| Edited::Profile(user, name)),
        2 => (picks(), vec(picks(), 0..3)).prop_map(|(user, units)| Edited::Memberships(user, units)),
        2 => (picks(), option::weighted(0.8, picks())).prop_map(|(who, to)| Edited::Supervisor(who, to)),
        1 => (picks(), names_or_not()).prop_map(|(unit, name)| Edited::Unit(unit, name)),
        1 => (picks(), names_or_not()).prop_map(|(role, name)| Edited::Role(role, name)),
        1 => names_or_not().prop_map(Edited::Tenant),
    ]
}

fn edit_forms() -> impl Strategy<Value = EditForm> {
    let user_name = option::weighted(0.15, "[a-z]{4,8}[0-9]{1,2}");
    let api_only = option::weighted(0.1, any::<bool>());
    let units = option::weighted(0.3, vec(picks(), 0..3));
    let (first, grants) = (option::weighted(0.7, person_names()), option::weighted(0.3, given()));
    (
        first,
        user_name,
        api_only,
        grants,
        units,
        option::weighted(0.2, networks()),
    )
        .prop_map(|(first, user_name, api_only, grants, units, networks)| EditForm {
            first,
            user_name,
            api_only,
            grants,
            units,
            networks,
        })
}

/// One to eight rows, mostly few: of many, one is mostly wrong.
fn imports() -> impl Strategy<Value = ImportForm> {
    let employees = prop_oneof![
        6 => vec(employee_lines(), 1),
        2 => vec(employee_lines(), 2),
        1 => vec(employee_lines(), 3..5),
    ];
    let users = prop_oneof![
        3 => Just(Vec::new()),
        4 => vec(user_lines(), 1),
        2 => vec(user_lines(), 2),
        1 => vec(user_lines(), 3..5),
    ];
    (employees, users, prop::bool::weighted(0.4)).prop_map(|(employees, users, invite)| ImportForm {
        employees,
        users,
        invite,
    })
}

fn employee_lines() -> impl Strategy<Value = EmployeeLine> {
    (employee_forms(), option::weighted(0.15, 0_u8..3)).prop_map(|(form, above)| EmployeeLine { form, above })
}

fn user_lines() -> impl Strategy<Value = UserLine> {
    let whose = prop_oneof![
        2 => (0_u8..2).prop_map(Whose::Row),
        3 => picks().prop_map(Whose::Employee),
        4 => picks().prop_map(Whose::Client),
        2 => Just(Whose::Program),
    ];
    let known = vec!["active", "inactive", "suspended", "disabled"];
    let status = prop_oneof![15 => select(known), 1 => Just("asleep")].prop_map(str::to_owned);
    let (role, units) = (option::weighted(0.6, picks()), vec(picks(), 0..3));
    (whose, people(), role, units, option::weighted(0.4, status)).prop_map(|(whose, person, role, units, status)| {
        UserLine {
            whose,
            person,
            role,
            units,
            status,
        }
    })
}

/// Mostly those that fit many.
fn verbs() -> impl Strategy<Value = StatusVerb> {
    prop_oneof![
        2 => Just(StatusVerb::Activate),
        3 => Just(StatusVerb::ScheduleStart),
        1 => Just(StatusVerb::Deactivate),
        4 => Just(StatusVerb::ScheduleEnd),
        2 => Just(StatusVerb::Suspend),
        2 => Just(StatusVerb::Reinstate),
        1 => Just(StatusVerb::Disable),
        2 => Just(StatusVerb::Reactivate),
    ]
}

fn searches() -> impl Strategy<Value = Search> {
    (found(), any::<u8>(), any::<bool>(), prop_oneof![1_u8..6, Just(100)]).prop_map(|(find, by, descending, page)| {
        Search {
            find,
            by,
            descending,
            page,
        }
    })
}

/// What people type: parts of names and addresses, wildcards, several words; now and then nothing.
fn typed() -> impl Strategy<Value = String> {
    let typed = vec![
        "a",
        "an",
        "Kern",
        "zo*",
        "*a",
        "example",
        "müller",
        "mia empl*",
        "o'hara",
        "ada love",
        "%a%",
        "18",
        "山",
        "i*",
        "*.org",
        "strasse",
        "ярия",
        "",
    ];
    select(typed).prop_map(str::to_owned)
}

fn found() -> impl Strategy<Value = Find> {
    let states = vec!["active", "invited", "inactive", "suspended", "disabled", "deleted"];
    prop_oneof![
        2 => Just(Find::Everybody),
        6 => typed().prop_map(Find::Text),
        4 => (any::<u8>(), typed()).prop_map(|(field, text)| Find::Field(field, text)),
        2 => typed().prop_map(Find::Supervisor),
        2 => select(states).prop_map(|status| Find::Status(status.to_owned())),
        2 => picks().prop_map(Find::Within),
        1 => any::<bool>().prop_map(Find::HasUnit),
        1 => picks().prop_map(Find::WithRole),
        1 => any::<u8>().prop_map(Find::OfType),
        1 => any::<bool>().prop_map(Find::HasIdentity),
        1 => picks().prop_map(Find::ReportsTo),
        2 => picks().prop_map(Find::Below),
        1 => any::<bool>().prop_map(Find::HasUser),
        1 => any::<bool>().prop_map(Find::HasAddress),
    ]
}

fn wanted() -> impl Strategy<Value = EventsWanted> {
    let somebody = || option::weighted(0.4, picks());
    (somebody(), somebody(), any::<bool>(), any::<bool>()).prop_map(|(about, by, named, lately)| EventsWanted {
        about,
        by,
        named,
        lately,
    })
}
