//! Changes of address.

use std::collections::BTreeSet;

use tenure::Denied;
use tenure::model::{Actor, AddressChange, AddressChangeStage, AddressChangeState, AddressChangeVerb};
use tenure::text::EmailAddress;

use crate::render::{Apply, machine, refused};
use crate::{at, id, now};

fn change(state: AddressChangeState) -> AddressChange {
    AddressChange {
        to: EmailAddress::new("kate@new.example").unwrap(),
        user_name: None,
        requested_at: at(-9),
        requested_by: Actor::User(id(9)),
        not_before: at(10),
        stop: id(5),
        state,
    }
}

fn requested(confirm_by: i64) -> AddressChange {
    change(AddressChangeState::Requested {
        ticket: id(4),
        confirm_by: at(confirm_by),
    })
}

fn confirmed(confirmed_at: i64, effective_at: i64) -> AddressChange {
    change(AddressChangeState::Confirmed {
        at: at(confirmed_at),
        effective_at: at(effective_at),
    })
}

/// Every state, and those that nobody has written down yet.
fn changes() -> [(&'static str, AddressChange); 4] {
    [
        ("requested", requested(20)),
        ("requested, time over", requested(0)),
        ("confirmed", confirmed(-9, 10)),
        ("confirmed, in effect", confirmed(-9, 0)),
    ]
}

const VERBS: [AddressChangeVerb; 2] = [AddressChangeVerb::Confirm, AddressChangeVerb::Stop];

#[test]
fn ps7_the_whole_table_of_changes_of_address() {
    let table = [
        [Ok(Some(confirmed(0, 10))), Ok(None)],
        [Err(Denied::LinkExpired), Err(Denied::LinkExpired)],
        [Err(Denied::LinkUsed), Ok(None)],
        [Err(Denied::NoAddressChange), Err(Denied::NoAddressChange)],
    ];
    for ((name, change), row) in changes().into_iter().zip(table) {
        for (verb, expected) in VERBS.into_iter().zip(row) {
            assert_eq!(change.clone().apply(verb, now()), expected, "{} {name}", verb.name());
        }
    }
    let stages: BTreeSet<_> = changes().iter().map(|(_, change)| change.stage(now())).collect();
    assert_eq!(stages.len(), 4);
}

#[test]
fn ps7_what_is_confirmed_late_takes_effect_when_it_is_confirmed() {
    let confirm = |minute| requested(20).apply(AddressChangeVerb::Confirm, at(minute));
    for (minute, effective_at) in [(9, 10), (10, 10), (11, 11)] {
        assert_eq!(confirm(minute), Ok(Some(confirmed(minute, effective_at))));
    }
}

#[test]
fn ps7_at_exactly_its_instant_a_change_is_in_effect_or_has_lapsed() {
    use AddressChangeStage as S;
    let stages = |change: &AddressChange| [9, 10, 11].map(|minute| change.stage(at(minute)));
    assert_eq!(stages(&confirmed(0, 10)), [S::Confirmed, S::Effective, S::Effective]);
    assert_eq!(stages(&requested(10)), [S::Requested, S::Lapsed, S::Lapsed]);
}

pub(crate) fn rendered() -> String {
    let verbs = VERBS.map(|verb| {
        let apply: Apply<'_, AddressChange> = Box::new(move |change| match change.apply(verb, now()) {
            Ok(Some(after)) => after.stage(now()).to_string(),
            Ok(None) => "stopped".to_owned(),
            Err(denied) => refused(&denied),
        });
        (verb.name().to_owned(), apply)
    });
    machine(
        &changes(),
        &verbs,
        &[("requested", "ask"), ("confirmed", "ask, where nothing is confirmed")],
        &[("requested", "lapsed"), ("confirmed", "effective")],
    )
}

pub(crate) const TEXT: &str = "
## Changes of address

Until a change is in effect, the old address is good and the new one is kept for the user. *Lapsed*, *effective* and *stopped* are
final: nothing is left of the change then but events. A newer change takes the place of one that is pending; the end of the user's
access, and another way to log in, end it. What is confirmed after its time takes effect at once.
";
