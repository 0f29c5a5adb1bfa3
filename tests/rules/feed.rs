//! Which events a search finds, and who may see them (D6).

use std::collections::BTreeMap;

use tenure::EventSearch;
use tenure::model::{Actor, EndReason, Event, Loaded, Record, RecordId, Scope, What, permissions};
use tenure::rules::Context;
use tenure::rules::feed;
use tenure::rules::rights::Units;
use tenure::store::Lookup;

use crate::fixture::*;

fn renamed() -> Event {
    let fields = ["first_name".to_owned()].into();
    event(kate(), What::ProfileEdited { fields })
}

/// About an invitation, and about whose it is.
fn cancelled() -> Event {
    let what = What::InvitationCancelled {
        user: kate(),
        seat: false,
    };
    event(invitation_id(), what)
}

fn founded() -> Event {
    let seats = tenure::SeatContract::default();
    event_by(Actor::Founder, long_ago(), tenant_id(), What::TenantFounded { seats })
}

fn found<'a>(search: &EventSearch, events: &'a [Event]) -> Vec<&'a Event> {
    events.iter().filter(|event| search.passes(event)).collect()
}

#[test]
fn d6_whatever_a_search_does_not_say_does_not_matter() {
    let events = [founded(), renamed(), cancelled()];
    assert_eq!(found(&EventSearch::new(), &events), events.iter().collect::<Vec<_>>());
}

#[test]
fn d6_events_are_found_by_whom_and_what_they_are_about() {
    let events = [founded(), renamed(), cancelled()];
    let [of_tenant, profile, invitation] = &events;
    let search = EventSearch::new;
    assert_eq!(found(&search().about(tenant_id()), &events), [of_tenant]);
    // What happens to an invitation happens to its user; and to no other.
    assert_eq!(found(&search().about(kate()), &events), [profile, invitation]);
    assert_eq!(found(&search().about(invitation_id()), &events), [invitation]);
    assert_eq!(found(&search().about(owner()), &events), Vec::<&Event>::new());
    for (what, subject) in [
        (
            What::SessionEnded {
                user: kate(),
                reason: EndReason::SignedOut,
            },
            RecordId::from(session_id()),
        ),
        (What::ApiKeyRevoked { user: kate() }, RecordId::ApiKey(id(70))),
    ] {
        let its = [event(subject, what)];
        assert_eq!(found(&search().about(kate()), &its).len(), 1);
        assert_eq!(
            found(&search().about(actor()), &its).len(),
            0,
            "who did it is asked otherwise"
        );
    }
}

#[test]
fn d6_events_are_found_by_who_did_them_however_they_came() {
    let by = |actor| Event { actor, ..renamed() };
    let events = [
        by(Actor::User(kate())),
        by(Actor::Subject(kate())),
        by(Actor::User(owner())),
        by(Actor::Schedule),
        by(Actor::System("nightly job".try_into().unwrap())),
    ];
    assert_eq!(found(&EventSearch::new().by(kate()), &events), [&events[0], &events[1]]);
    assert_eq!(found(&EventSearch::new().by(actor()), &events), Vec::<&Event>::new());
}

#[test]
fn d6_events_are_found_by_name() {
    let events = [founded(), renamed(), cancelled()];
    let [of_tenant, profile, _] = &events;
    let named = EventSearch::new().named(["profile_edited", "tenant_founded"]);
    assert_eq!(found(&named, &events), [of_tenant, profile]);
    let unknown = EventSearch::new().named(["no_such_event"]);
    assert_eq!(found(&unknown, &events), Vec::<&Event>::new());
}

#[test]
fn d6_a_period_has_its_beginning_and_not_its_end() {
    let happened = |minutes| Event {
        at: at(minutes),
        ..renamed()
    };
    let events = [happened(-1), happened(0), happened(1)];
    let search = EventSearch::new();
    assert_eq!(found(&search.clone().since(at(0)), &events), [&events[1], &events[2]]);
    assert_eq!(found(&search.clone().until(at(1)), &events), [&events[0], &events[1]]);
    assert_eq!(found(&search.clone().since(at(0)).until(at(1)), &events), [&events[1]]);
    assert_eq!(found(&search.since(at(1)).until(at(1)), &events), Vec::<&Event>::new());
}

#[test]
fn d6_what_has_to_be_seen_to_tell_where_events_lie_is_named_once() {
    let of_unit = event(berlin(), What::UnitRemoved { name: name("Berlin") });
    let of_staff = event(ada(), What::EmployeeRemoved);
    let events = [founded(), renamed(), cancelled(), of_unit, of_staff];
    let expected = [
        Lookup::Id(RecordId::User(kate())),
        Lookup::Id(RecordId::Unit(berlin())),
        Lookup::Id(RecordId::Employee(ada())),
    ];
    assert_eq!(feed::named(&events), expected.into());
}

fn records() -> BTreeMap<RecordId, Loaded<Record>> {
    let kate = user(active());
    let records: [Loaded<Record>; 3] = [
        loaded(1, Record::User(kate.value)),
        loaded(1, Record::Employee(employee().value)),
        loaded(1, Record::Unit(unit(mitte()).value)),
    ];
    records.into_iter().map(|loaded| (loaded.value.id(), loaded)).collect()
}

fn sees(cx: &Context, event: &Event) -> bool {
    let units = Units([berlin(), mitte(), paris()].map(|id| (id, unit(id))).into());
    feed::may_see(cx, event, &records(), &units)
}

#[test]
fn r4_d6_whoever_reads_a_part_sees_what_is_about_its_people_and_units() {
    let reads = |scope: tenure::id::UnitId| holding(&[permissions::HISTORY_READ], [scope]);
    let of_unit = event(
        mitte(),
        What::UnitMoved {
            from: None,
            to: None,
            units: 1,
        },
    );
    let of_staff = event(ada(), What::EmployeeAdded);
    for event in [&renamed(), &cancelled(), &of_unit, &of_staff] {
        assert!(sees(&reads(berlin()), event), "{event:?}");
        assert!(!sees(&reads(paris()), event), "{event:?}");
        assert!(!sees(&nobody(), event), "{event:?}");
    }
    assert!(sees(&reads(mitte()), &of_unit));
    assert!(!sees(&reads(mitte()), &of_staff), "who works above");
}

#[test]
fn r4_d6_what_is_about_nobody_in_particular_is_for_those_who_read_everywhere() {
    let everywhere = holding(&[permissions::HISTORY_READ], Scope::All);
    let local = holding(&[permissions::HISTORY_READ], [berlin()]);
    let of_role = event(clerk(), What::RoleRemoved { name: name("Clerk") });
    let of_nobody = event(owner(), What::UserRestored);
    let of_the_host = Event {
        actor: Actor::System("nightly job".try_into().unwrap()),
        ..renamed()
    };
    for event in [&founded(), &of_role, &of_nobody, &of_the_host] {
        assert!(sees(&everywhere, event), "{event:?}");
        assert!(!sees(&local, event), "{event:?}");
    }
}
