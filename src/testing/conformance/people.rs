//! Law 9: what else people and logins are listed by.

use std::net::IpAddr;

use super::bench::{Bench, at, every, must, name};
use super::filters::lists;
use crate::model::{
    Attempt, AttemptOutcome, Client, Employee, Ended, ExternalIdentity, RecordKind, RefusalReason, Session, User,
    UserKind, UserType,
};
use crate::store::Filter;
use crate::text::{AddressPattern, Subject};

pub(super) async fn users_are_listed_by_kind_and_provider(b: &Bench) {
    let (employee, client) = (b.employee("Smith"), b.unit("client", None));
    b.draft().insert(employee.clone()).insert(client.clone()).done().await;
    let internal = b.user_of("internal", employee.id);
    let program = b.user("program");
    let identity = ExternalIdentity {
        provider: name("directory"),
        subject: must("subject", Subject::new("kate")),
    };
    let external = User {
        kind: UserKind::External { client: client.id },
        identity: Some(identity),
        ..b.user("external")
    };
    b.put_all([&internal, &program, &external].map(Clone::clone)).await;
    let of = |types: &[UserType]| every(RecordKind::User).filter(Filter::OfType(types.iter().copied().collect()));
    lists(b, "internal", of(&[UserType::Internal]), [internal.id.into()]).await;
    lists(b, "external", of(&[UserType::External]), [external.id.into()]).await;
    let both = [internal.id.into(), program.id.into()];
    lists(b, "two kinds", of(&[UserType::Internal, UserType::Program]), both).await;
    lists(b, "no kind", of(&[]), []).await;
    let linked = |has| every(RecordKind::User).filter(Filter::HasIdentity(has));
    lists(b, "at a provider", linked(true), [external.id.into()]).await;
    lists(b, "at none", linked(false), both).await;
}

pub(super) async fn if1_those_without_a_unit_are_listed(b: &Bench) {
    let unit = b.put(b.unit("north", None)).await.value.id;
    let (inside, outside) = (b.user_in("inside", [unit]), b.user("outside"));
    b.put_all([&inside, &outside].map(Clone::clone)).await;
    let placed = Employee {
        unit: Some(unit),
        ..b.employee("Placed")
    };
    let lost = b.employee("Lost");
    b.put_all([&placed, &lost].map(Clone::clone)).await;
    let query = |kind, has| every(kind).filter(Filter::HasUnit(has));
    lists(b, "users in one", query(RecordKind::User, true), [inside.id.into()]).await;
    lists(b, "users in none", query(RecordKind::User, false), [outside.id.into()]).await;
    lists(
        b,
        "employees in one",
        query(RecordKind::Employee, true),
        [placed.id.into()],
    )
    .await;
    lists(
        b,
        "employees in none",
        query(RecordKind::Employee, false),
        [lost.id.into()],
    )
    .await;
}

pub(super) async fn if6_employees_and_users_are_listed_by_all_above_them(b: &Bench) {
    let below = |name, supervisor| Employee {
        supervisor: Some(supervisor),
        ..b.employee(name)
    };
    let top = b.employee("Top");
    let middle = below("Middle", top.id);
    let (low, aside) = (below("Low", middle.id), b.employee("Aside"));
    b.put_all([&top, &middle, &low, &aside].map(Clone::clone)).await;
    let users = [("middle", middle.id), ("low", low.id), ("aside", aside.id)].map(|(name, id)| b.user_of(name, id));
    b.put_all(users.clone()).await;
    let [middle_user, low_user, _] = users.map(|user| user.id);
    let query = |kind, filter: Filter| every(kind).filter(filter);
    for (filter, employees, users) in [
        (
            Filter::Below(top.id),
            vec![middle.id.into(), low.id.into()],
            vec![middle_user.into(), low_user.into()],
        ),
        (Filter::Below(middle.id), vec![low.id.into()], vec![low_user.into()]),
        (Filter::Below(low.id), vec![], vec![]),
        (
            Filter::ReportsTo(top.id),
            vec![middle.id.into()],
            vec![middle_user.into()],
        ),
        (Filter::ReportsTo(low.id), vec![], vec![]),
        (Filter::LevelsBelow(top.id, 0), vec![], vec![]),
        (
            Filter::LevelsBelow(top.id, 1),
            vec![middle.id.into()],
            vec![middle_user.into()],
        ),
        (
            Filter::LevelsBelow(top.id, 2),
            vec![low.id.into()],
            vec![low_user.into()],
        ),
        (Filter::LevelsBelow(top.id, 3), vec![], vec![]),
        (Filter::LevelsBelow(b.id(), 1), vec![], vec![]),
    ] {
        lists(
            b,
            &format!("{filter:?}"),
            query(RecordKind::Employee, filter.clone()),
            employees,
        )
        .await;
        lists(b, &format!("users: {filter:?}"), query(RecordKind::User, filter), users).await;
    }
}

pub(super) async fn bi9_attempts_are_listed_by_outcome_address_and_time(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let from = |address: &str| Client {
        address: Some(must("address", address.parse::<IpAddr>())),
        ..Client::unknown()
    };
    let attempt = |seconds, client: Client, outcome| Attempt {
        at: at(seconds),
        client,
        outcome,
        ..b.attempt(Some(user))
    };
    let wrong = AttemptOutcome::Refused {
        reason: RefusalReason::WrongPassword,
    };
    let locked = AttemptOutcome::Refused {
        reason: RefusalReason::Locked,
    };
    let session = b.session(user);
    let success = AttemptOutcome::Success { session: session.id };
    let first = attempt(1, from("192.0.2.7"), wrong);
    let second = attempt(2, from("192.0.2.200"), locked);
    let third = attempt(3, from("::ffff:192.0.3.1"), success);
    let last = attempt(4, from("2001:db8::7"), AttemptOutcome::Pending);
    let nowhere = attempt(5, Client::unknown(), wrong);
    b.put_all([&first, &second, &third, &last, &nowhere].map(Clone::clone))
        .await;
    let ended = |ends: &[Ended]| Filter::Ended(ends.iter().copied().collect());
    let net = |text: &str| Filter::From(must("pattern", AddressPattern::new(text)));
    let ids = |attempts: &[&Attempt]| attempts.iter().map(|attempt| attempt.id.into()).collect::<Vec<_>>();
    for (filter, expected) in [
        (ended(&[Ended::Refused]), vec![&first, &second, &nowhere]),
        (ended(&[Ended::RefusedFor(RefusalReason::Locked)]), vec![&second]),
        (ended(&[Ended::Succeeded, Ended::Pending]), vec![&third, &last]),
        (ended(&[]), vec![]),
        (net("192.0.2.*"), vec![&first, &second]),
        (net("192.0.2.7"), vec![&first]),
        (net("192.0.0.0/16"), vec![&first, &second, &third]),
        (net("2001:db8::/32"), vec![&last]),
        (net("::/0"), vec![&last]),
        (Filter::Since(at(4)), vec![&last, &nowhere]),
        (Filter::Before(at(2)), vec![&first]),
    ] {
        let query = every(RecordKind::Attempt).filter(filter.clone());
        lists(b, &format!("{filter:?}"), query, ids(&expected)).await;
    }
    let session = Session {
        client: from("192.0.2.9"),
        ..session
    };
    b.put(session.clone()).await;
    for (network, found) in [("192.0.2.0/24", true), ("192.0.3.*", false)] {
        let query = every(RecordKind::Session).filter(net(network));
        lists(b, network, query, found.then_some(session.id.into())).await;
    }
}
