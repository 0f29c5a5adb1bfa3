use tenure::model::{Actor, Client, User, What, permissions};
use tenure::rules::{Context, Decision, allowlists};
use tenure::text::Allowlist;
use tenure::{AllowlistChange, Denied};

use crate::fixture::*;

fn from(address: &str) -> Client {
    Client::at(address.parse().unwrap())
}

fn change(cx: &Context, before: &[&str], change: &AllowlistChange, from: &Client) -> Result<Decision<User>, Denied> {
    let kate = user_with(active(), |user| user.allowlist = allowlist(before));
    allowlists::change_allowlist(cx, Some(&kate), change, from, &surroundings([clerk()], [berlin()]))
}

fn becomes(before: &[&str], by: &AllowlistChange) -> Allowlist {
    change(&admin(), before, by, &Client::unknown())
        .unwrap()
        .outcome
        .allowlist
}

/// Kate, who may change users.
fn as_kate() -> Context {
    Context {
        actor: Actor::User(kate()),
        ..admin()
    }
}

#[test]
fn bi10_a_list_is_replaced_or_changed_entry_by_entry() {
    let to = AllowlistChange::to(allowlist(&["10.0.0.0/8", "207.107.139.*"]));
    assert_eq!(
        becomes(&["192.0.2.1"], &to),
        allowlist(&["10.0.0.0/8", "207.107.139.*"])
    );
    let allow = AllowlistChange::allow("2001:db8::/32".parse().unwrap());
    assert_eq!(
        becomes(&["192.0.2.1"], &allow),
        allowlist(&["192.0.2.1", "2001:db8::/32"])
    );
    let disallow = AllowlistChange::disallow("192.0.2.1".parse().unwrap());
    assert_eq!(becomes(&["192.0.2.1", "10.0.0.1"], &disallow), allowlist(&["10.0.0.1"]));
    assert_eq!(becomes(&["192.0.2.1"], &disallow), Allowlist::any());
}

#[test]
fn bi10_the_whole_decision() {
    let (cx, kate) = (admin(), user(active()));
    let around = surroundings([clerk()], [berlin()]);
    let list = allowlist(&["192.0.2.*"]);
    let by = AllowlistChange::to(list.clone());
    let after = User {
        allowlist: list,
        ..kate.value.clone()
    };
    let what = What::AllowlistChanged {
        entries: 1,
        forced: false,
    };
    assert_eq!(
        allowlists::change_allowlist(&cx, Some(&kate), &by, &Client::unknown(), &around),
        Ok(decision(
            &cx,
            around.guards(),
            vec![update(&kate, after.clone())],
            vec![event(kate.id, what)],
            after
        ))
    );
    // What is so already is not written.
    let same = AllowlistChange::to(Allowlist::any());
    let unchanged = allowlists::change_allowlist(&cx, Some(&kate), &same, &Client::unknown(), &around);
    assert_eq!(unchanged, Ok(nothing(&cx, kate.value.clone())));
}

#[test]
fn bi10_r3_only_of_those_in_ones_care_and_a_hundred_entries_at_most() {
    let by = AllowlistChange::allow("192.0.2.1".parse().unwrap());
    let refused = |cx: &Context| change(cx, &[], &by, &Client::unknown()).unwrap_err();
    assert_eq!(refused(&nobody()), Denied::Forbidden);
    let weaker = holding(&[permissions::USERS_MANAGE], [berlin()]);
    assert_eq!(refused(&weaker), Denied::BeyondOwnRights);
    let elsewhere = holding(&[permissions::USERS_MANAGE], [paris()]);
    assert!(matches!(refused(&elsewhere), Denied::NotFound { .. }));
    let full: Vec<String> = (0..100).map(|number| format!("10.0.0.{number}")).collect();
    let full: Vec<&str> = full.iter().map(String::as_str).collect();
    let denied = change(&admin(), &full, &by, &Client::unknown()).unwrap_err();
    assert_eq!(denied.fields(), ["allowlist"]);
}

#[test]
fn n3_nobody_shuts_themselves_out_unless_they_mean_it() {
    let to = |entries: &[&str]| AllowlistChange::to(allowlist(entries));
    let own = |before: &[&str], by: &AllowlistChange, at: &Client| change(&as_kate(), before, by, at).map(drop);
    let here = from("192.0.2.7");
    assert_eq!(own(&[], &to(&["192.0.2.*"]), &here), Ok(()));
    assert_eq!(own(&[], &to(&["192.0.2.*"]), &from("::ffff:192.0.2.7")), Ok(()), "N2");
    assert_eq!(own(&[], &to(&["10.0.0.*"]), &here), Err(Denied::ShutsYouOut));
    assert_eq!(
        own(&[], &to(&["0.0.0.0/0"]), &Client::unknown()),
        Err(Denied::ShutsYouOut),
        "N1"
    );
    // The first entry, and the one that let them in.
    let (allow, disallow) = (AllowlistChange::allow, AllowlistChange::disallow);
    assert_eq!(
        own(&[], &allow("10.0.0.1".parse().unwrap()), &here),
        Err(Denied::ShutsYouOut)
    );
    let without = disallow("192.0.2.7".parse().unwrap());
    assert_eq!(
        own(&["192.0.2.7", "10.0.0.1"], &without, &here),
        Err(Denied::ShutsYouOut)
    );
    assert_eq!(own(&["192.0.2.7"], &without, &here), Ok(()), "from anywhere");

    let forced = change(&as_kate(), &[], &to(&["10.0.0.*"]).forced(), &here).unwrap();
    let what = What::AllowlistChanged {
        entries: 1,
        forced: true,
    };
    assert_eq!(forced.events.last().map(|event| event.what.clone()), Some(what));
    // Another's list may shut out whom it will, the editor's address included.
    assert!(change(&admin(), &[], &to(&["10.0.0.*"]), &here).is_ok());
}
