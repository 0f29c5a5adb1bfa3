//! Changes of address: whole decisions.

use tenure::model::{
    Actor, AddressChange, AddressChangeState, Event, Hold, Inactivity, KeySpace, Loaded, Mail, MailState, QueuedMail,
    Record, RecordKind, Secret, Throttle, Ticket, TicketPurpose, TicketState, UniqueKey, User, UserStatus, What,
};
use tenure::rules::addresses::links;
use tenure::rules::addresses::{self, CheckedPassword, Proof};
use tenure::rules::due::{DueRecord, settle};
use tenure::rules::link::MailedLink;
use tenure::rules::request_count::RequestCount;
use tenure::rules::{Context, Decision};
use tenure::text::{EmailAddress, Key, UserName};
use tenure::{AddressChangePolicy, ByAdministrator, ChangeAddress, Denied, Permission, Policy, Scope, permissions};
use time::Duration;

use crate::fixture::*;

const NEW: &str = "kate@new.example";
const EIGHT_HOURS: i64 = 8 * 60;

/// The policy: minutes of delay, whether to confirm, what administrators may.
fn by(cx: Context, delay: i64, confirm: bool, by_administrator: ByAdministrator) -> Context {
    with_policy(cx, |policy| {
        let change = &mut policy.address_change;
        change.delay = Duration::minutes(delay);
        change.confirm = confirm;
        change.by_administrator = by_administrator;
    })
}

/// Kate at her own desk, with 10 minutes of delay and a confirmation.
fn kates() -> Context {
    let own = Context {
        actor: Actor::User(kate()),
        ..nobody()
    };
    by(own, 10, true, ByAdministrator::SameWay)
}

/// Whoever follows a link.
fn following(minutes: i64) -> Context {
    Context {
        actor: Actor::Subject(kate()),
        guards: Vec::new(),
        now: at(minutes),
        ..kates()
    }
}

/// The count of Kate's requests within this hour.
fn asked(times: u32) -> RequestCount {
    let asked = RequestCount::of_address(kate(), 5);
    let counted = Throttle {
        id: asked.id(),
        user: Some(kate()),
        failures: times,
        locked_until: None,
        forget_at: at(60),
    };
    asked.loaded((times > 0).then(|| loaded(3, counted)))
}

/// The first of them.
fn counted() -> tenure::store::Change {
    insert(Throttle {
        id: asked(0).id(),
        user: Some(kate()),
        failures: 1,
        locked_until: None,
        forget_at: at(60),
    })
}

fn recent() -> Proof {
    Proof {
        signed_in_at: at(-14),
        credential: password(),
        password: None,
        asked: asked(0),
    }
}

fn new_address() -> ChangeAddress {
    ChangeAddress::new(NEW, NEW)
}

/// Kate, active, whose user name is apart from her address.
fn kate_now() -> Loaded<User> {
    user(active())
}

/// What [`new_address`] makes of Kate under the policy of [`kates`].
fn requested() -> AddressChange {
    AddressChange {
        to: address(NEW),
        user_name: None,
        requested_at: now(),
        requested_by: Actor::User(kate()),
        not_before: at(10),
        stop: fresh(21),
        state: AddressChangeState::Requested {
            ticket: fresh(20),
            confirm_by: at(EIGHT_HOURS),
        },
    }
}

fn confirmed(confirmed_at: i64, effective_at: i64) -> AddressChange {
    AddressChange {
        state: AddressChangeState::Confirmed {
            at: at(confirmed_at),
            effective_at: at(effective_at),
        },
        ..requested()
    }
}

fn with_pending(change: AddressChange) -> Loaded<User> {
    user_with(active(), |user| user.pending_address = Some(Box::new(change)))
}

fn mail_to(n: u16, to: &str, ticket: Option<u16>, queued_at: i64, mail: Mail) -> QueuedMail {
    let kate = kate_now();
    QueuedMail {
        id: fresh(n),
        user: kate.id,
        to: address(to),
        locale: kate.profile.locale.clone(),
        time_zone: kate.profile.time_zone.clone(),
        ticket: ticket.map(fresh),
        mail,
        queued_at: at(queued_at),
        state: MailState::Queued {
            ready_at: at(queued_at),
            attempts: 0,
        },
    }
}

fn ticket_to(n: u16, purpose: TicketPurpose, to: &str, until: i64) -> Ticket {
    Ticket {
        id: fresh(n),
        user: kate(),
        purpose,
        address: address(to),
        tokens: Vec::new(),
        expires_at: at(until),
        term: None,
        state: TicketState::Open,
    }
}

/// The notices that an address is another one.
fn notices(first: u16, changed_at: i64, written_at: i64) -> Vec<QueuedMail> {
    let notice = || Mail::AddressChanged {
        tenant: name("Nordwind"),
        recipient: kate_now().profile.display_name.clone(),
        at: at(changed_at),
    };
    vec![
        mail_to(first, "kate@example.com", None, written_at, notice()),
        mail_to(first + 1, NEW, None, written_at, notice()),
    ]
}

fn stop_mail() -> QueuedMail {
    let mail = Mail::AddressChangeRequested {
        tenant: name("Nordwind"),
        recipient: kate_now().profile.display_name.clone(),
        to: address(NEW),
        effective_at: at(10),
    };
    mail_to(23, "kate@example.com", Some(21), 0, mail)
}

fn of_kate(minutes: i64, actor: Actor, what: What) -> Event {
    event_by(actor, at(minutes), kate(), what)
}

fn end_tickets_at(minutes: i64, purpose: Option<TicketPurpose>) -> tenure::store::Change {
    tenure::store::Change::Set(tenure::store::SetChange::EndTickets {
        user: kate(),
        purpose,
        at: at(minutes),
    })
}

fn end_both_links(minutes: i64) -> Vec<tenure::store::Change> {
    [TicketPurpose::ConfirmAddress, TicketPurpose::StopChange]
        .map(|purpose| end_tickets_at(minutes, Some(purpose)))
        .into()
}

fn ask(cx: &Context, kate: &Loaded<User>) -> Result<Decision<User>, Denied> {
    addresses::change_own(cx, Some(kate), &new_address(), &recent())
}

#[test]
fn ps7_asking_keeps_the_new_address_and_mails_a_link_to_each() {
    let (cx, kate) = (kates(), kate_now());
    let after = with_pending(requested()).value;
    let confirm = Mail::ConfirmAddress {
        tenant: name("Nordwind"),
        recipient: kate.profile.display_name.clone(),
        address: address(NEW),
        effective_at: Some(at(10)),
    };
    let asked = What::AddressChangeRequested {
        not_before: at(10),
        confirm_by: Some(at(EIGHT_HOURS)),
    };
    let changes = vec![
        counted(),
        update(&kate, after.clone()),
        insert(ticket_to(20, TicketPurpose::ConfirmAddress, NEW, EIGHT_HOURS)),
        insert(ticket_to(
            21,
            TicketPurpose::StopChange,
            "kate@example.com",
            EIGHT_HOURS,
        )),
    ];
    let expected = Decision {
        mail: vec![mail_to(22, NEW, Some(20), 0, confirm), stop_mail()],
        ..decision(&cx, [], changes, vec![of_kate(0, cx.actor.clone(), asked)], after)
    };
    assert_eq!(ask(&cx, &kate), Ok(expected));
}

#[test]
fn if8_without_a_confirmation_the_new_address_is_told_when_it_works() {
    let cx = by(kates(), 10, false, ByAdministrator::SameWay);
    let decided = ask(&cx, &kate_now()).unwrap();
    assert_eq!(decided.outcome.pending_address, Some(Box::new(confirmed(0, 10))));
    let announced = Mail::AddressAnnounced {
        tenant: name("Nordwind"),
        recipient: kate_now().profile.display_name.clone(),
        address: address(NEW),
        effective_at: at(10),
    };
    assert_eq!(decided.mail, [mail_to(22, NEW, None, 0, announced), stop_mail()]);
    let stop = insert(ticket_to(21, TicketPurpose::StopChange, "kate@example.com", 10));
    assert_eq!(decided.changes[2..], [stop], "good until the change takes effect");
}

#[test]
fn without_delay_and_confirmation_an_address_changes_at_once() {
    let cx = by(kates(), 0, false, ByAdministrator::SameWay);
    let kate = kate_now();
    let after = User {
        address: address(NEW),
        ..kate.value.clone()
    };
    let changes = vec![counted(), end_tickets(None), update(&kate, after.clone())];
    let event = of_kate(0, cx.actor.clone(), What::AddressChanged { user_name: false });
    let expected = Decision {
        mail: notices(26, 0, 0),
        ..decision(&cx, [], changes, vec![event], after)
    };
    assert_eq!(ask(&cx, &kate), Ok(expected));
}

#[test]
fn a_change_without_delay_waits_for_the_confirmation_only() {
    let cx = by(kates(), 0, true, ByAdministrator::SameWay);
    let decided = ask(&cx, &kate_now()).unwrap();
    assert_eq!(decided.outcome.address, address("kate@example.com"));
    assert!(
        decided
            .mail
            .iter()
            .any(|mail| matches!(mail.mail, Mail::ConfirmAddress { effective_at: None, .. })),
        "no instant is told where there is none"
    );
}

#[test]
fn where_the_address_is_the_user_name_both_change() {
    let kate = user_with(active(), |user| {
        user.user_name = UserName::new("Kate@Example.com").unwrap();
    });
    let decided = ask(&kates(), &kate).unwrap();
    let pending = decided.outcome.pending_address.clone().unwrap();
    assert_eq!(pending.user_name, Some(UserName::new(NEW).unwrap()));
    let at_once = by(kates(), 0, false, ByAdministrator::SameWay);
    let after = ask(&at_once, &kate).unwrap();
    assert_eq!(after.outcome.user_name.as_str(), NEW);
    assert_eq!(after.events[0].what, What::AddressChanged { user_name: true });
}

#[test]
fn ps7_the_new_address_is_given_twice_and_every_wrong_field_is_named() {
    let refused = |email: &str, repeated: &str| {
        let change = ChangeAddress::new(email, repeated);
        addresses::change_own(&kates(), Some(&kate_now()), &change, &recent()).map_err(|denied| denied.fields())
    };
    assert_eq!(refused(NEW, "kate@mew.example"), Err(vec!["repeated"]));
    assert_eq!(refused("kate", "kat"), Err(vec!["email", "repeated"]));
    assert_eq!(refused("kate@example.com", "kate@example.com"), Err(vec!["email"]));
    assert!(
        refused("Kate@example.com", "Kate@example.com").is_ok(),
        "another spelling is another address"
    );
    let stranger = Context {
        actor: Actor::User(owner()),
        ..kates()
    };
    let not_found = Err(Denied::NotFound {
        what: tenure::model::RecordKind::User,
    });
    assert_eq!(ask(&stranger, &kate_now()), not_found);
    let held = user_with(active(), |user| {
        user.hold = Some(Hold {
            by: None,
            at: now(),
            until: at(1),
        });
    });
    assert_eq!(ask(&kates(), &held), Err(Denied::OnHold));
}

#[test]
fn e7_it_takes_a_recent_login_or_the_current_password() {
    let with = |minutes, password: Option<CheckedPassword>| {
        let signed_in_at = at(minutes);
        let proof = Proof {
            signed_in_at,
            credential: self::password(),
            password,
            asked: asked(0),
        };
        addresses::change_own(&kates(), Some(&kate_now()), &new_address(), &proof)
    };
    let checked = |matches| {
        let credential = password().value;
        Some(CheckedPassword { credential, matches })
    };
    assert!(with(-14, None).is_ok());
    assert_eq!(with(-15, None), Err(Denied::LoginTooOld));
    let decided = with(-15, checked(true)).unwrap();
    let compared = tenure::store::Guard::on(&password());
    assert!(decided.guards.contains(&compared), "only while that is the password");
    let wrong = with(-1, checked(false)).unwrap_err();
    assert_eq!(
        wrong.fields(),
        ["current_password"],
        "a wrong one is wrong, however recent the login"
    );
    let of_another = checked(true).map(|mut checked| {
        checked.credential.user = owner();
        checked
    });
    assert_eq!(with(-1, of_another).unwrap_err().fields(), ["current_password"]);
    let replaced_since = checked(true).map(|mut checked| {
        checked.credential.secret = Secret::None;
        checked
    });
    assert_eq!(with(-1, replaced_since).unwrap_err().fields(), ["current_password"]);
}

#[test]
fn beyond_five_an_hour_no_other_address_is_asked_for() {
    let after = |times| {
        let proof = Proof {
            asked: asked(times),
            ..recent()
        };
        addresses::change_own(&kates(), Some(&kate_now()), &new_address(), &proof).map(drop)
    };
    assert_eq!([after(0), after(4)], [Ok(()), Ok(())]);
    assert_eq!(after(5), Err(Denied::TooManyAttempts { until: at(60) }));
}

#[test]
fn l2_what_is_wrong_with_the_input_is_told_before_a_comparison_is_counted() {
    let check = |cx: &Context, kate: &Loaded<User>, change| addresses::check_own(cx, Some(kate), &change);
    assert_eq!(check(&kates(), &kate_now(), new_address()), Ok(()));
    let wrong = check(&kates(), &kate_now(), ChangeAddress::new("kate@", "kate@new")).unwrap_err();
    assert_eq!(wrong.fields(), ["email", "repeated"]);
    let stranger = Context {
        actor: Actor::User(owner()),
        ..kates()
    };
    let not_found = Err(Denied::NotFound { what: RecordKind::User });
    assert_eq!(check(&stranger, &kate_now(), new_address()), not_found);
    let held = user_with(active(), |user| {
        user.hold = Some(Hold {
            by: None,
            at: now(),
            until: at(1),
        });
    });
    assert_eq!(check(&kates(), &held, new_address()), Err(Denied::OnHold));
}

#[test]
fn t4_a_newer_change_ends_the_links_of_the_one_before() {
    let before = AddressChange {
        to: address("kate@older.example"),
        stop: id(77),
        ..requested()
    };
    let decided = ask(&kates(), &with_pending(before)).unwrap();
    assert_eq!(decided.changes[1..3], end_both_links(0)[..]);
    assert_eq!(decided.outcome.pending_address, Some(Box::new(requested())));
    assert_eq!(
        decided.events.len(),
        1,
        "that another was asked for says that the first is no more"
    );
}

fn link(kate: &Loaded<User>, ticket: Ticket) -> MailedLink {
    MailedLink {
        tenant: tenant(),
        ticket: loaded(3, ticket),
        user: kate.clone(),
    }
}

fn confirmation(kate: &Loaded<User>) -> MailedLink {
    link(kate, ticket_to(20, TicketPurpose::ConfirmAddress, NEW, EIGHT_HOURS))
}

fn stopping(kate: &Loaded<User>) -> MailedLink {
    link(
        kate,
        ticket_to(21, TicketPurpose::StopChange, "kate@example.com", EIGHT_HOURS),
    )
}

fn consumed(link: &MailedLink, minutes: i64) -> tenure::store::Change {
    let state = TicketState::Consumed { at: at(minutes) };
    update(
        &link.ticket,
        Ticket {
            state,
            ..link.ticket.value.clone()
        },
    )
}

#[test]
fn ps7_a_confirmed_address_waits_for_its_time() {
    let (cx, kate) = (following(5), with_pending(requested()));
    let link = confirmation(&kate);
    let after = with_pending(confirmed(5, 10)).value;
    let what = What::AddressChangeConfirmed { effective_at: at(10) };
    let changes = vec![consumed(&link, 5), update(&kate, after.clone())];
    let expected = decision(&cx, [], changes, vec![of_kate(5, cx.actor.clone(), what)], after);
    assert_eq!(links::confirm(&cx, &link), Ok(expected));
}

#[test]
fn ps7_an_address_that_is_confirmed_after_its_time_is_in_effect_at_once() {
    for minutes in [10, 30] {
        let (cx, kate) = (following(minutes), with_pending(requested()));
        let link = confirmation(&kate);
        let after = User {
            address: address(NEW),
            ..kate_now().value
        };
        let confirmed = What::AddressChangeConfirmed {
            effective_at: at(minutes),
        };
        let events = vec![
            of_kate(minutes, cx.actor.clone(), confirmed),
            of_kate(minutes, cx.actor.clone(), What::AddressChanged { user_name: false }),
        ];
        let changes = vec![
            consumed(&link, minutes),
            end_tickets_at(minutes, None),
            update(&kate, after.clone()),
        ];
        let expected = Decision {
            mail: notices(26, minutes, minutes),
            ..decision(&cx, [], changes, events, after)
        };
        assert_eq!(links::confirm(&cx, &link), Ok(expected));
    }
}

#[test]
fn ps7_a_change_is_stopped_from_the_old_address_until_it_is_in_effect() {
    for (change, minutes) in [(requested(), 5), (requested(), 30), (confirmed(5, 10), 9)] {
        let (cx, kate) = (following(minutes), with_pending(change));
        let link = stopping(&kate);
        let mut changes = vec![consumed(&link, minutes)];
        changes.extend(end_both_links(minutes));
        changes.push(update(&kate, kate_now().value));
        let stopped = of_kate(minutes, cx.actor.clone(), What::AddressChangeStopped);
        let expected = decision(&cx, [], changes, vec![stopped], kate_now().value);
        assert_eq!(links::stop(&cx, &link), Ok(expected));
    }
    let in_effect = with_pending(confirmed(5, 10));
    for minutes in [10, 11] {
        let refused = links::stop(&following(minutes), &stopping(&in_effect));
        assert_eq!(refused, Err(Denied::LinkEnded));
    }
}

#[test]
fn t5_a_link_is_for_this_change_of_this_user_to_this_address() {
    let kate = with_pending(requested());
    let confirm = |link: MailedLink| {
        let looked = links::preview_confirmation(&link, at(5)).map(|_| ());
        let used = links::confirm(&following(5), &link).map(|_| ());
        assert_eq!(looked, used, "looking tells what the act would");
        used
    };
    let changed = |change: fn(&mut Ticket)| {
        let mut link = confirmation(&kate);
        change(&mut link.ticket.value);
        confirm(link)
    };
    assert_eq!(confirm(confirmation(&kate)), Ok(()));
    assert_eq!(
        changed(|ticket| ticket.address = address("kate@other.example")),
        Err(Denied::LinkEnded)
    );
    assert_eq!(
        changed(|ticket| ticket.address = address("Kate@new.example")),
        Err(Denied::LinkEnded),
        "to the letter"
    );
    assert_eq!(changed(|ticket| ticket.id = id(99)), Err(Denied::LinkEnded));
    assert_eq!(changed(|ticket| ticket.user = owner()), Err(Denied::LinkUnknown));
    assert_eq!(
        changed(|ticket| ticket.purpose = TicketPurpose::StopChange),
        Err(Denied::LinkUnknown)
    );
    assert_eq!(
        confirm(stopping(&kate)),
        Err(Denied::LinkUnknown),
        "who stops does not confirm"
    );
    let of_none = confirmation(&kate_now());
    assert_eq!(confirm(of_none), Err(Denied::LinkEnded));
    let twice = confirmation(&with_pending(confirmed(4, 10)));
    assert_eq!(confirm(twice), Err(Denied::LinkUsed));
    let mut asleep = confirmation(&kate);
    asleep.tenant.value.status = tenure::model::TenantStatus::Suspended { at: now() };
    assert_eq!(confirm(asleep), Err(Denied::LinkEnded));
    // The link that stops goes to the old address, which must still be theirs.
    let mut elsewhere = stopping(&kate);
    elsewhere.ticket.value.address = address(NEW);
    assert_eq!(links::stop(&following(5), &elsewhere), Err(Denied::LinkEnded));
    assert_eq!(
        links::stop(&following(5), &confirmation(&kate)),
        Err(Denied::LinkUnknown)
    );
}

#[test]
fn t6_looking_at_a_link_tells_what_it_does() {
    let kate = with_pending(requested());
    let seen = links::preview_confirmation(&confirmation(&kate), at(5)).unwrap();
    assert_eq!(
        (seen.address, seen.not_before, seen.confirm_by),
        (address(NEW), at(10), at(EIGHT_HOURS))
    );
    let seen = links::preview_stop(&stopping(&kate), at(5)).unwrap();
    assert_eq!(
        (seen.address, seen.requested_at, seen.not_before),
        (address("kate@example.com"), now(), at(10))
    );
}

#[test]
fn t8_after_8_hours_nothing_is_confirmed_any_more() {
    let kate = with_pending(requested());
    let at_minute = |minute| links::confirm(&following(minute), &confirmation(&kate)).map(|_| ());
    assert_eq!(at_minute(EIGHT_HOURS - 1), Ok(()));
    assert_eq!(at_minute(EIGHT_HOURS), Err(Denied::LinkExpired));
}

fn settled(cx: &Context, kate: &Loaded<User>) -> Result<Decision<()>, Denied> {
    settle(cx, &DueRecord::User(Box::new(kate.clone()), None))
}

fn schedule_at(minutes: i64) -> Context {
    Context {
        now: at(minutes),
        ..schedule()
    }
}

#[test]
fn if8_what_took_effect_is_written_down_with_its_instant_and_told_to_both() {
    let kate = with_pending(confirmed(5, 10));
    assert_eq!(settled(&schedule_at(9), &kate), Err(Denied::NotDue));
    for minutes in [10, 25] {
        let cx = schedule_at(minutes);
        let after = User {
            address: address(NEW),
            ..kate_now().value
        };
        let event = of_kate(10, Actor::Schedule, What::AddressChanged { user_name: false });
        // Only the links of the change: others may have been mailed to the new address since.
        let mut changes = end_both_links(minutes);
        changes.push(update(&kate, after));
        let expected = Decision {
            mail: notices(24, 10, minutes),
            ..decision(&cx, [], changes, vec![event], ())
        };
        assert_eq!(settled(&cx, &kate), Ok(expected));
    }
}

#[test]
fn what_was_not_confirmed_in_time_is_as_if_it_had_not_been_asked_for() {
    let (cx, kate) = (schedule_at(EIGHT_HOURS), with_pending(requested()));
    let lapsed = of_kate(EIGHT_HOURS, Actor::Schedule, What::AddressChangeLapsed);
    let mut changes = end_both_links(EIGHT_HOURS);
    changes.push(update(&kate, kate_now().value));
    assert_eq!(settled(&cx, &kate), Ok(decision(&cx, [], changes, vec![lapsed], ())));
    assert_eq!(settled(&schedule_at(EIGHT_HOURS - 1), &kate), Err(Denied::NotDue));
}

#[test]
fn if8_a_new_address_is_theirs_from_exactly_its_instant_on() {
    let kate = with_pending(confirmed(5, 10)).value;
    let (old, new) = (Key::of("kate@example.com"), Key::of(NEW));
    let answers = |minutes| {
        let kate = kate.clone().as_of(at(minutes));
        [&old, &new].map(|key| kate.answers_to(key))
    };
    assert_eq!([9, 10, 11].map(answers), [[true, false], [false, true], [false, true]]);
    assert!(kate.answers_to(&Key::of("KATE")), "the user name is apart");
    assert_eq!(kate.due_at(), Some(at(10)));
    let keys: Vec<UniqueKey> = [&new, &old, &Key::of("kate")].map(UniqueKey::login).into();
    let mut kept = Record::User(kate.clone()).keys();
    kept.retain(|key| key.space == KeySpace::Login);
    assert!(
        keys.iter().all(|key| kept.contains(key)) && kept.len() == 3,
        "both are kept: {kept:?}"
    );
    let later = Record::User(kate.as_of(at(10))).keys();
    assert!(!later.contains(&UniqueKey::login(&old)), "and the old one is free then");
}

#[test]
fn e4_whoever_loses_access_loses_a_pending_change() {
    for until in [5, 10] {
        let kate = user_with(
            UserStatus::Active {
                since: long_ago(),
                until: Some(at(until)),
            },
            |user| user.pending_address = Some(Box::new(confirmed(0, 10))),
        );
        let after = kate.value.clone().as_of(at(20));
        assert_eq!(
            (after.address, after.pending_address),
            (address("kate@example.com"), None)
        );
        let decided = settled(&schedule_at(20), &kate).unwrap();
        let stopped = of_kate(until, Actor::Schedule, What::AddressChangeStopped);
        assert!(decided.events.contains(&stopped), "{:?}", decided.events);
        assert!(decided.mail.is_empty());
    }
    let later = user_with(
        UserStatus::Active {
            since: long_ago(),
            until: Some(at(11)),
        },
        |user| user.pending_address = Some(Box::new(confirmed(0, 10))),
    );
    let after = later.value.clone().as_of(at(20));
    assert_eq!(after.address, address(NEW), "it was in effect before");
    assert!(matches!(
        after.status,
        UserStatus::Inactive {
            because: Inactivity::Ended,
            ..
        }
    ));
}

#[test]
fn e4_suspending_disabling_and_deactivating_end_a_pending_change() {
    use tenure::{StatusChange, Suspension};
    let kate = with_pending(requested());
    for change in [
        StatusChange::Suspend(Suspension::open_ended()),
        StatusChange::Disable,
        StatusChange::Deactivate,
    ] {
        let decided = tenure::rules::status::change(&admin(), Some(&kate), &change, &around()).unwrap();
        assert_eq!(decided.outcome.pending_address, None);
        let stopped = event(kate.id, What::AddressChangeStopped);
        assert!(decided.events.contains(&stopped));
        let ended = decided.changes.iter().filter(|change| **change == end_tickets(None));
        assert_eq!(ended.count(), 1, "all links, once");
    }
}

#[test]
fn a_password_set_meanwhile_can_end_a_pending_change() {
    let kate = with_pending(requested());
    let after = addresses::end_pending(kate.value.clone());
    let mut decision = Decision::by(&admin());
    decision.update_user(&admin(), &kate, after).unwrap();
    assert_eq!(decision.events, [event(kate.id, What::AddressChangeStopped)]);
    assert_eq!(decision.changes[..2], end_both_links(0)[..]);
}

#[test]
fn a_change_is_called_off_by_the_user_or_by_whoever_administers_them() {
    let kate = with_pending(requested());
    let own = addresses::cancel_own(&kates(), Some(&kate)).unwrap();
    assert_eq!(own.outcome, kate_now().value);
    assert_eq!(
        own.events,
        [of_kate(0, Actor::User(tests_kate()), What::AddressChangeStopped)]
    );
    let refused = by(admin(), 10, true, ByAdministrator::Refused);
    let theirs = addresses::cancel(&refused, Some(&kate), &around()).unwrap();
    assert_eq!(theirs.outcome, kate_now().value);
    let none = addresses::cancel_own(&kates(), Some(&kate_now()));
    assert_eq!(none, Err(Denied::NoAddressChange));
    assert_eq!(
        addresses::cancel(&admin(), Some(&kate_now()), &around()),
        Err(Denied::NoAddressChange)
    );
    let in_effect = with_pending(confirmed(-20, 0));
    assert_eq!(
        addresses::cancel_own(&kates(), Some(&in_effect)),
        Err(Denied::NoAddressChange),
        "at exactly its instant it is too late"
    );
    assert_eq!(
        addresses::cancel(&nobody(), Some(&kate), &around()),
        Err(Denied::Forbidden)
    );
}

fn tests_kate() -> tenure::id::UserId {
    kate()
}

#[test]
fn ps6_what_administrators_may_is_the_policys() {
    use ByAdministrator::{AtOnce, Refused, SameWay};
    let give = |way| addresses::change(&by(admin(), 10, true, way), Some(&kate_now()), NEW, &around());
    assert_eq!(give(Refused), Err(Denied::OnlyThemselves));
    let same = give(SameWay).unwrap().outcome;
    assert_eq!(same.address, address("kate@example.com"));
    assert_eq!(same.pending_address.unwrap().requested_by, Actor::User(actor()));
    let at_once = give(AtOnce).unwrap();
    assert_eq!(at_once.outcome.address, address(NEW));
    assert_eq!(at_once.mail, notices(26, 0, 0), "both are told");
    assert_eq!(
        at_once.changes[0],
        end_tickets(None),
        "T4: what was mailed to the old address is worthless"
    );
    for way in [Refused, SameWay, AtOnce] {
        let by_host = addresses::change(&by(system(), 10, true, way), Some(&kate_now()), NEW, &around());
        assert_eq!(by_host.unwrap().outcome.address, address(NEW), "{way:?}");
    }
}

#[test]
fn whoever_is_not_active_has_another_address_at_once_or_none() {
    use ByAdministrator::{AtOnce, SameWay};
    let disabled = || UserStatus::Disabled { since: long_ago() };
    for (status, way) in [(set_up(), SameWay), (invited(), SameWay), (disabled(), AtOnce)] {
        let was_used = matches!(status, UserStatus::Disabled { .. });
        let cx = by(admin(), 10, true, way);
        let decided = addresses::change(&cx, Some(&user(status)), NEW, &around()).unwrap();
        assert_eq!(
            (decided.outcome.address, decided.outcome.pending_address),
            (address(NEW), None)
        );
        assert_eq!(
            decided.mail.is_empty(),
            !was_used,
            "nobody is told of an account that they never had"
        );
        assert_eq!(decided.changes[0], end_tickets(None));
    }
    // Brought back after a deletion, they are set up anew, but it was theirs.
    let back = user_with(set_up(), |user| user.last_login_at = Some(long_ago()));
    let decided = addresses::change(&by(admin(), 10, true, AtOnce), Some(&back), NEW, &around()).unwrap();
    assert_eq!(decided.mail.len(), 2, "both mailboxes are told");
    // Whoever could not have it at once does not get round that by suspending them first.
    let inactive = UserStatus::Inactive {
        since: long_ago(),
        because: Inactivity::Deactivated,
        starts_at: None,
    };
    let suspended = UserStatus::Suspended {
        since: long_ago(),
        until: None,
        reason: None,
    };
    for status in [suspended, inactive, disabled()] {
        let cx = by(admin(), 10, true, SameWay);
        let refused = addresses::change(&cx, Some(&user(status.clone())), NEW, &around()).unwrap_err();
        let verb = "give another address to";
        let status = status.kind();
        assert_eq!(refused, Denied::WrongStatus { verb, status });
    }
}

#[test]
fn an_address_given_at_once_takes_the_place_of_a_pending_change() {
    let kate = with_pending(requested());
    let cx = by(admin(), 10, true, ByAdministrator::AtOnce);
    let decided = addresses::change(&cx, Some(&kate), "kate@third.example", &around()).unwrap();
    assert_eq!(decided.outcome.pending_address, None);
    assert_eq!(
        decided.events,
        [event(kate.id, What::AddressChanged { user_name: false })]
    );
    // And where that one was in effect already, both are told of.
    let kate = with_pending(confirmed(-20, -10));
    let decided = addresses::change(&cx, Some(&kate), "kate@third.example", &around()).unwrap();
    let what = || What::AddressChanged { user_name: false };
    assert_eq!(
        decided.events,
        [of_kate(-10, Actor::Schedule, what()), event(kate.id, what())]
    );
    let to: Vec<&EmailAddress> = decided.mail.iter().map(|mail| &mail.to).collect();
    let third = address("kate@third.example");
    assert_eq!(to, [&address("kate@example.com"), &address(NEW), &address(NEW), &third]);
}

#[test]
fn r3_support_staff_cannot_readdress_an_administrator_nor_anybody_themselves_or_the_owner() {
    let give = |cx: &Context, user: &Loaded<User>| addresses::change(cx, Some(user), NEW, &around()).map(|_| ());
    let staff = holding(&[permissions::USERS_MANAGE, prices()], Scope::All);
    assert_eq!(give(&staff, &kate_now()), Ok(()));
    assert_eq!(
        give(&staff, &administrator_kate(active())),
        Err(Denied::BeyondOwnRights)
    );
    let reader = holding(&[permissions::USERS_READ], Scope::All);
    assert_eq!(give(&reader, &kate_now()), Err(Denied::Forbidden));
    let elsewhere = holding(&[permissions::USERS_MANAGE, prices()], [paris()]);
    assert!(matches!(give(&elsewhere, &kate_now()), Err(Denied::NotFound { .. })));
    let on_herself = Context {
        actor: Actor::User(kate()),
        ..admin()
    };
    assert_eq!(
        give(&on_herself, &administrator_kate(active())),
        Err(Denied::OwnAccount)
    );
    assert_eq!(give(&admin(), &owner_user()), Err(Denied::OwnerProtected));
    assert_eq!(give(&system(), &owner_user()), Ok(()));
    // Permission is asked before the policy tells anything.
    let refused = by(reader, 10, true, ByAdministrator::Refused);
    assert_eq!(give(&refused, &kate_now()), Err(Denied::Forbidden));
    let none: [Permission; 0] = [];
    assert_eq!(give(&holding(&none, Scope::All), &kate_now()), Err(Denied::Forbidden));
}

#[test]
fn the_presets_say_how_long_it_takes_and_who_may() {
    let of = |policy: Policy| policy.address_change;
    let default = AddressChangePolicy::default();
    assert_eq!(
        (default.delay, default.confirm_within),
        (Duration::ZERO, Duration::hours(8))
    );
    assert_eq!(of(Policy::default()), default);
    assert_eq!(of(Policy::billing()).by_administrator, ByAdministrator::AtOnce);
    let flow = of(Policy::invoice_flow());
    assert_eq!((flow.delay, flow.confirm), (Duration::minutes(10), false));
    let point = of(Policy::point_of_sale());
    assert_eq!(
        (point.delay, point.confirm, point.by_administrator),
        (Duration::hours(4), true, ByAdministrator::Refused)
    );
}
