//! D4: edits of what somebody had read.

use std::collections::BTreeSet;

use tenure::error::Problem;
use tenure::model::{Actor, Event, Loaded, RecordId, RecordKind, Role, User, Version, What};
use tenure::rules::users::{self, ProfileEdit};
use tenure::rules::versions::{self, Stale};
use tenure::rules::{Decision, roles};
use tenure::store::Guard;
use tenure::{ChangedBy, Denied};

use crate::fixture::*;

/// What a check says of a decision about Kate, who is at version 5, to somebody who had read `read`.
fn stale_of<T>(decided: &Result<Decision<T>, Denied>, read: u64) -> Option<Stale> {
    let kate = user(active());
    versions::check(decided, Some(Version::new(read)), Some(&kate)).err()
}

fn deciding() -> Decision<User> {
    nothing(&admin(), user(active()).value)
}

fn edited(version: u64, what: What) -> Event {
    Event {
        version: Some(Version::new(version)),
        ..event(kate(), what)
    }
}

fn fields<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn d4_another_version_than_the_one_read_is_stale_older_or_newer() {
    assert_eq!(stale_of(&Ok(deciding()), 5), None);
    for read in [1, 4, 6] {
        let stale = stale_of(&Ok(deciding()), read).unwrap();
        assert_eq!(stale.record, RecordId::User(kate()));
        assert_eq!((stale.read, stale.current), (Version::new(read), Version::new(5)));
        assert_eq!(stale.missed, []);
    }
    // Whoever names no version acts on what is there.
    assert_eq!(versions::check(&Ok(deciding()), None, Some(&user(active()))), Ok(()));
    // What is not there has no version.
    assert_eq!(
        versions::check::<User, User>(&Ok(deciding()), Some(Version::FIRST), None),
        Ok(())
    );
}

#[test]
fn d4_who_may_not_learns_nothing_of_versions() {
    for refusal in [
        Denied::NotSignedIn,
        Denied::Forbidden,
        Denied::BeyondOwnRights,
        Denied::OnlyThemselves,
        Denied::NotFound { what: RecordKind::User },
    ] {
        assert_eq!(stale_of::<User>(&Err(refusal.clone()), 4), None, "{refusal:?}");
    }
    for refusal in [
        Denied::invalid("email", Problem::Missing),
        Denied::OnHold,
        Denied::LastAdministrator,
        Denied::NoSeat { limit: 1 },
    ] {
        assert!(stale_of::<User>(&Err(refusal.clone()), 4).is_some(), "{refusal:?}");
        assert_eq!(stale_of::<User>(&Err(refusal), 5), None);
    }
}

#[test]
fn d4_what_was_missed_are_the_events_of_the_versions_between() {
    let renamed = What::ProfileEdited {
        fields: fields(["last_name", "locale"]),
    };
    let granted = What::GrantsChanged {
        from: Vec::new(),
        to: Vec::new(),
    };
    let log = [
        // Newest first, as the store tells them.
        Event {
            actor: Actor::User(kate()),
            at: at(9),
            ..edited(5, granted)
        },
        event(kate(), What::PasswordSet),
        Event {
            subject: RecordId::Credential(kate()),
            ..edited(5, What::PasswordSet)
        },
        edited(4, renamed),
        edited(3, What::UserNameChanged),
    ];
    let stale = stale_of(&Ok(deciding()), 3).unwrap().told(log);
    let missed: Vec<_> = stale
        .missed
        .iter()
        .map(|missed| {
            (
                missed.at,
                missed.by,
                missed.what.as_str(),
                &missed.fields,
                missed.version.number(),
            )
        })
        .collect();
    let (by, names) = (ChangedBy::Other(actor()), fields(["last_name", "locale"]));
    let expected = [
        (now(), by, "profile_edited", &names, 4),
        (at(9), ChangedBy::Themselves, "grants_changed", &fields(["grants"]), 5),
    ];
    assert_eq!(missed, expected);
    let told = "the user was changed since it was read: grants, last_name, locale";
    assert_eq!(stale.to_string(), told);
    let untold = stale_of(&Ok(deciding()), 3).unwrap().to_string();
    assert_eq!(untold, "the user was changed since it was read");
}

#[test]
fn d4_a_decision_holds_only_while_the_record_is_as_it_was_read() {
    let kate = user(active());
    let bound = versions::bind(deciding(), Some(kate.version), Some(&kate));
    assert_eq!(bound.guards, [actor_guard(), Guard::on(&kate)]);
    let unbound = versions::bind(deciding(), None, Some(&kate));
    assert_eq!(unbound.guards, [actor_guard()]);
}

#[test]
fn d4_events_name_the_version_that_their_subject_has_since() {
    let (cx, kate) = (admin(), user(active()));
    let edit = ProfileEdit::new().locale("de");
    let decided = users::edit_profile(&cx, Some(&kate), &edit, &around()).unwrap();
    let (commit, _) = decided.into_commit(id(1), tenant_id(), now());
    let versions: Vec<_> = commit.events.iter().map(|event| event.version).collect();
    assert_eq!(versions, [Some(Version::new(6))]);
    let added = roles::add(&cx, &roles::NewRole::new("Auditor")).unwrap();
    let (commit, _) = added.into_commit(id(1), tenant_id(), now());
    assert_eq!(commit.events[0].version, Some(Version::FIRST));
    let removed = roles::remove(&cx, Some(&role(clerk()))).unwrap();
    let (commit, ()) = removed.into_commit(id(1), tenant_id(), now());
    assert_eq!(commit.events[0].version, None, "what is gone has none");
}

#[test]
fn d4_every_event_of_an_edit_names_its_fields() {
    let before: Loaded<Role> = role(clerk());
    let renamed = roles::NewRole::new("Seller").permissions(["prices.change"]);
    let decided = roles::edit(&admin(), Some(&before), &renamed).unwrap();
    assert_eq!(decided.events[0].what.fields(), fields(["name"]));
    assert_eq!(decided.events[0].what.name(), "role_edited");
    assert_eq!(What::PasswordSet.fields(), fields([]));
    let address = What::AddressChanged { user_name: true };
    assert_eq!(address.fields(), fields(["email", "user_name"]));
}
