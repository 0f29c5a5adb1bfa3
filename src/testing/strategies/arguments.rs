//! How the arguments of commands are drawn.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{addresses, bad_addresses, bad_names, common_addresses, names, person_names, picks};
use crate::testing::commands::{
    Advance, Beginning, Edge, EmployeeForm, Give, GivenRight, Giving, KeyForm, LinkPick, Minutes, Networks, Origin,
    Reading, Somebody,
};

pub(super) fn good_names() -> impl Strategy<Value = String> {
    prop_oneof![20 => "[A-Z][a-z]{2,8} (Ltd|GmbH|AB)", 1 => bad_names()]
}

pub(super) fn names_or_not() -> impl Strategy<Value = String> {
    prop_oneof![24 => names(), 1 => bad_names()]
}

pub(super) fn people() -> impl Strategy<Value = Somebody> {
    (person_names(), person_names(), emails()).prop_map(|(first, last, email)| Somebody { first, last, email })
}

pub(super) fn emails() -> impl Strategy<Value = String> {
    prop_oneof![30 => addresses(), 3 => common_addresses(), 1 => bad_addresses()]
}

pub(super) fn employee_forms() -> impl Strategy<Value = EmployeeForm> {
    let signature = option::weighted(0.3, "[A-Za-z]{2,3}");
    let email = option::weighted(0.9, emails());
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

pub(super) fn given() -> impl Strategy<Value = Vec<Give>> {
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

pub(super) fn givings() -> impl Strategy<Value = Giving> {
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

pub(super) fn days() -> impl Strategy<Value = Option<Minutes>> {
    let minutes = prop_oneof![6 => 1_i32..60 * 24 * 20, 1 => -10_i32..=0];
    option::weighted(0.6, minutes.prop_map(Minutes))
}

pub(super) fn links() -> impl Strategy<Value = LinkPick> {
    prop_oneof![
        12 => picks().prop_map(LinkPick::Good),
        3 => picks().prop_map(LinkPick::Mailed),
        1 => picks().prop_map(LinkPick::Forged),
        1 => Just(LinkPick::Nonsense),
    ]
}

pub(super) fn readings() -> impl Strategy<Value = Reading> {
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

pub(super) fn advances() -> impl Strategy<Value = Advance> {
    let edges = prop_oneof![1 => Just(Edge::Before), 3 => Just(Edge::At), 2 => Just(Edge::Behind)];
    prop_oneof![
        6 => (1_u16..900).prop_map(Advance::Seconds),
        2 => (1_u8..30).prop_map(Advance::Hours),
        1 => (1_u8..40).prop_map(Advance::Days),
        5 => (picks(), edges).prop_map(|(which, edge)| Advance::ToDeadline(which, edge)),
    ]
}

pub(super) fn origins() -> impl Strategy<Value = Origin> {
    prop_oneof![8 => Just(Origin::Office), 1 => Just(Origin::Abroad), 1 => Just(Origin::Unknown)]
}

pub(super) fn networks() -> impl Strategy<Value = Networks> {
    prop_oneof![
        3 => Just(Networks::Any),
        3 => Just(Networks::Office),
        1 => Just(Networks::Abroad),
        2 => Just(Networks::AllowOffice),
        2 => Just(Networks::DisallowAbroad),
    ]
}

pub(super) fn key_forms() -> impl Strategy<Value = KeyForm> {
    let expires = option::weighted(0.4, (1_i32..60 * 24 * 20).prop_map(Minutes));
    (names_or_not(), vec(picks(), 1..3), vec(picks(), 0..3), expires).prop_map(
        |(name, permissions, within, expires)| KeyForm {
            name,
            permissions,
            within,
            expires,
        },
    )
}
