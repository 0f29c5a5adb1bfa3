//! Law 4: references.

use super::bench::{Bench, at, at_once, credential, in_use, missing};
use crate::id::EmployeeId;
use crate::model::{
    ApiKey, Attempt, Credential, Employee, Entry, Grant, Invitation, Kept, Loaded, OrgUnit, QueuedMail, Record,
    RecordId, RecordKind, Role, Scope, Session, Throttle, Ticket, TicketPurpose, UnitPath, User, UserKind, Version,
};
use crate::store::{Change, Counter, MailBacklog, SetChange};

/// A record, one that names it, and the kind of that one. The record named is not stored yet; all else is.
async fn restricting(b: &Bench, n: usize) -> Option<(Record, Record)> {
    let unique = format!("{}", b.id::<uuid::Uuid>().simple());
    let pair: (Record, Record) = match n {
        0 => {
            let role = b.put(b.role(&unique)).await.value.id;
            let owner = b.user(&unique);
            (owner.clone().into(), b.tenant_record(owner.id, role).into())
        }
        1 => {
            let owner = b.put(b.user(&unique)).await.value.id;
            let role = b.role(&unique);
            (role.clone().into(), b.tenant_record(owner, role.id).into())
        }
        2 => {
            let parent = b.unit("parent", None);
            (parent.clone().into(), b.unit("child", Some(&parent)).into())
        }
        3 => {
            let supervisor = b.employee("Supervisor");
            let below = below(b, supervisor.id);
            (supervisor.into(), below.into())
        }
        4 => {
            let unit = b.unit("unit", None);
            let employee = Employee {
                unit: Some(unit.id),
                ..b.employee("Smith")
            };
            (unit.into(), employee.into())
        }
        5 => {
            let role = b.role(&unique);
            (role.clone().into(), b.user_with(&unique, role.id).into())
        }
        6 => {
            let unit = b.unit("unit", None);
            (unit.clone().into(), b.user_in(&unique, [unit.id]).into())
        }
        7 => {
            let employee = b.employee("Smith");
            (employee.clone().into(), b.user_of(&unique, employee.id).into())
        }
        8 => {
            let client = b.unit("client", None);
            let user = User {
                kind: UserKind::External { client: client.id },
                ..b.user(&unique)
            };
            (client.into(), user.into())
        }
        9 => {
            let unit = b.unit("scope", None);
            let user = User {
                grants: vec![Grant::permission(
                    crate::model::permissions::USERS_READ,
                    Scope::from([unit.id]),
                )],
                ..b.user(&unique)
            };
            (unit.into(), user.into())
        }
        _ => return None,
    };
    Some(pair)
}

fn below(b: &Bench, supervisor: EmployeeId) -> Employee {
    Employee {
        supervisor: Some(supervisor),
        ..b.employee("Smith")
    }
}

fn insert(record: &Record) -> Change {
    Change::Insert(Entry::new(record.clone()))
}

fn remove(record: &Record) -> Change {
    Change::Remove {
        record: record.id(),
        expected: Version::FIRST,
    }
}

pub(super) async fn what_is_named_must_exist(b: &Bench) {
    let mut n = 0;
    while let Some((named, namer)) = restricting(b, n).await {
        let why = format!("{} names {}", namer.kind(), named.kind());
        missing(
            &why,
            &b.draft().change(insert(&namer)).send().await,
            namer.id(),
            named.id(),
        );
        b.draft().change(insert(&named)).change(insert(&namer)).done().await;
        b.draft().change(remove(&namer)).change(remove(&named)).done().await;
        missing(
            &why,
            &b.draft().change(insert(&namer)).send().await,
            namer.id(),
            named.id(),
        );
        n += 1;
    }
}

pub(super) async fn what_belongs_to_a_user_needs_the_user(b: &Bench) {
    let nobody = b.id();
    let owned: [Record; 8] = [
        b.invitation(nobody).into(),
        b.ticket(nobody, TicketPurpose::Reset).into(),
        credential(nobody).into(),
        b.session(nobody).into(),
        b.mail(nobody, 0).into(),
        b.attempt(Some(nobody)).into(),
        b.throttle(Some(nobody)).into(),
        b.api_key(nobody).into(),
    ];
    for record in owned {
        let answer = b.draft().change(insert(&record)).send().await;
        missing("of nobody", &answer, record.id(), RecordId::User(nobody));
    }
}

pub(super) async fn an_update_must_not_name_what_does_not_exist(b: &Bench) {
    let employee = b.put(b.employee("Smith")).await;
    let nobody = b.id();
    let reports = Employee {
        supervisor: Some(nobody),
        ..employee.value.clone()
    };
    let answer = b.draft().update(&employee, reports).send().await;
    missing("an update", &answer, employee.id, nobody);
}

pub(super) async fn a_set_change_must_not_name_what_does_not_exist(b: &Bench) {
    let supervisor = b.put(b.employee("Supervisor")).await.value.id;
    let report = b.put(below(b, supervisor)).await.value.id;
    let nobody = b.id();
    let moved = SetChange::MoveReports {
        from: supervisor,
        to: Some(nobody),
        except: None,
    };
    missing("a set change", &b.draft().set(moved).send().await, report, nobody);
}

pub(super) async fn r7_what_is_named_is_not_removed(b: &Bench) {
    let mut n = 0;
    while let Some((named, namer)) = restricting(b, n).await {
        let why = format!("{} names {}", namer.kind(), named.kind());
        b.draft().change(insert(&named)).change(insert(&namer)).done().await;
        let answer = b.draft().change(remove(&named)).send().await;
        in_use(&why, &answer, named.id(), namer.kind(), 1);
        let kept = b.load(&[named.id().into()]).await;
        assert_eq!(kept, [Some(Loaded::new(Version::FIRST, named.clone()))], "{why}");
        b.draft().change(remove(&namer)).done().await;
        b.draft().change(remove(&named)).done().await;
        n += 1;
    }
}

pub(super) async fn r7_the_refusal_counts_what_names_it(b: &Bench) {
    let unit = b.put(b.unit("unit", None)).await;
    let in_unit = |name: &str| Employee {
        unit: Some(unit.id),
        ..b.employee(name)
    };
    b.put_all(["a", "b", "c"].map(|name| b.user_in(name, [unit.id]))).await;
    in_use(
        "users",
        &b.draft().remove(&unit).send().await,
        unit.id,
        RecordKind::User,
        3,
    );
    b.put_all(["One", "Two"].map(in_unit)).await;
    let answer = b.draft().remove(&unit).send().await;
    in_use("of several kinds the first", &answer, unit.id, RecordKind::Employee, 2);
    let child = b.put(b.unit("child", Some(&unit))).await;
    let answer = b.draft().remove(&unit).send().await;
    in_use("a unit below", &answer, unit.id, RecordKind::Unit, 1);
    let answer = b.draft().remove(&child).remove(&unit).send().await;
    in_use("without the unit below", &answer, unit.id, RecordKind::Employee, 2);
}

pub(super) async fn a_user_who_owns_the_tenant_is_not_removed(b: &Bench) {
    let (owner, role) = (b.put(b.user("owner")).await, b.put(b.role("administrator")).await);
    let tenant = b.put(b.tenant_record(owner.id, role.id)).await;
    b.put(b.session(owner.id)).await;
    let before = b.snapshot().await;
    in_use(
        "the owner",
        &b.draft().remove(&owner).send().await,
        owner.id,
        RecordKind::Tenant,
        1,
    );
    assert_eq!(b.snapshot().await, before, "what the owner owns stays as well");
    b.draft().remove(&tenant).remove(&owner).done().await;
}

pub(super) async fn references_are_looked_at_when_the_commit_ends(b: &Bench) {
    let role = b.role("clerk");
    let user = b.user_with("kate", role.id);
    b.draft().insert(user.clone()).insert(role.clone()).done().await;
    let (user, role) = (Loaded::new(Version::FIRST, user), Loaded::new(Version::FIRST, role));
    let without = User {
        grants: Vec::new(),
        ..user.value.clone()
    };
    b.draft().remove(&role).update(&user, without).done().await;

    let unit = b.unit("unit", None);
    let child = b.unit("child", Some(&unit));
    b.draft().insert(child.clone()).insert(unit.clone()).done().await;
    let (unit, child) = (Loaded::new(Version::FIRST, unit), Loaded::new(Version::FIRST, child));
    let top = OrgUnit {
        path: UnitPath::root(child.id),
        ..child.value.clone()
    };
    b.draft().remove(&unit).update(&child, top).done().await;

    let (one, other) = (b.id(), b.id());
    let cyclic = |id, supervisor| Employee {
        id,
        ..below(b, supervisor)
    };
    b.draft()
        .insert(cyclic(one, other))
        .insert(cyclic(other, one))
        .done()
        .await;
    let late = b.role("late");
    let answer = b.draft().insert(late.clone()).insert(b.user_with("late", late.id));
    let removed = answer.remove(&Loaded::new(Version::FIRST, late.clone())).send().await;
    assert!(
        removed.is_err(),
        "what was inserted and removed again does not exist: {removed:?}"
    );
}

pub(super) async fn what_is_owned_goes_with_its_owner(b: &Bench) {
    let (user, other) = (b.put(b.user("kate")).await, b.put(b.user("other")).await);
    let stays = b.put(b.session(other.id)).await;
    let (invitation, ticket) = (b.invitation(user.id), b.ticket(user.id, TicketPurpose::Reset));
    let (credential, session, mail) = (credential(user.id), b.session(user.id), b.mail(user.id, 0));
    let attempt = b.put(b.attempt(Some(user.id))).await;
    let throttle = b.put(b.throttle(Some(user.id))).await;
    let key = b.put(b.api_key(user.id)).await;
    let nobodys = b.put(b.attempt(None)).await;
    let draft = b
        .draft()
        .insert(invitation.clone())
        .insert(ticket.clone())
        .insert(credential);
    draft.insert(session.clone()).mail(mail.clone()).done().await;

    let committed = b.draft().remove(&user).done().await;
    assert_eq!(
        committed.touched,
        [1],
        "a removal counts as one change, whatever goes with it"
    );
    assert_eq!(b.get::<Invitation>(invitation.id).await, None, "the invitation");
    assert_eq!(b.get::<Ticket>(ticket.id).await, None, "the ticket");
    assert_eq!(b.get::<Credential>(user.id).await, None, "the credential");
    assert_eq!(b.get::<Session>(session.id).await, None, "the session");
    assert_eq!(b.get::<QueuedMail>(mail.id).await, None, "the mail");
    let due = b.store.due(Some(b.tenant), at(1_000_000_000), None, 10).await;
    let due: Vec<_> = due.into_iter().flatten().map(|item| item.record).collect();
    let remaining = [RecordId::from(stays.id), nobodys.id.into()];
    assert!(
        due.len() == 2 && remaining.iter().all(|record| due.contains(record)),
        "nothing that is gone is due: {due:?}"
    );
    assert_eq!(b.store.mail_backlog().await.ok(), Some(MailBacklog::default()));
    assert_eq!(
        b.get::<Attempt>(attempt.id).await,
        None,
        "their login history, which has their addresses"
    );
    assert_eq!(b.get::<Throttle>(throttle.id).await, None, "the throttle");
    assert_eq!(b.get::<ApiKey>(key.id).await, None, "the API key");
    assert_eq!(b.get(nobodys.id).await, Some(nobodys), "the history of nobody stays");
    assert_eq!(b.get(stays.id).await, Some(stays), "what another owns stays");
}

/// One adds a user with the role while another removes the role: never both.
pub(super) async fn r7_a_role_is_not_removed_while_it_is_given(b: &Bench) {
    for round in 0..60 {
        let role = b.put(b.role(&format!("role {round}"))).await;
        let user = b.user_with(&format!("user{round}"), role.id);
        let drafts = [
            b.draft().insert(user.clone()).count(1, None, None),
            b.draft().remove(&role),
        ];
        let answers = at_once(drafts.map(|draft| async move { draft.send().await })).await;
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            1,
            "round {round}: {answers:?}"
        );
        let (user, role) = (b.get::<User>(user.id).await, b.get::<Role>(role.value.id).await);
        assert_eq!(
            user.is_some(),
            role.is_some(),
            "round {round}: a user with a role that is gone"
        );
    }
    assert!((0..=60).contains(&b.counter(Counter::Seats).await));
}

/// A record that names another may be removed together with it in any order, also by way of their owner.
pub(super) async fn namer_and_named_go_together(b: &Bench) {
    let (role, unit) = (b.put(b.role("clerk")).await, b.put(b.unit("unit", None)).await);
    let user = User {
        memberships: [unit.id].into(),
        ..b.user_with("kate", role.id)
    };
    let user = b.put(user).await;
    b.draft().remove(&role).remove(&user).remove(&unit).done().await;
    assert_eq!(User::record_id(user.id), RecordId::User(user.id));
    assert!(b.records().await.is_empty());
}
