use std::sync::Arc;

use tenure::error::{FieldError, Problem};
use tenure::id::TenantId;
use tenure::model::{
    Actor, Credential, Employee, Employment, Grant, Loaded, PermissionSet, RecordKind, Role, Scope, SeatContract,
    Secret, StatusKind, Tenant, TenantStatus, User, UserKind, UserStatus, What, permissions,
};
use tenure::password::PasswordRule;
use tenure::rules::tenant::{self, Founding};
use tenure::rules::{Context, Decision};
use tenure::store::{Change, Counter, Guard};
use tenure::text::{TextError, UserName};
use tenure::{Denied, NewUser, Policy};

use crate::fixture::*;

fn founding() -> Founding {
    Founding::new(
        "Südwind",
        NewUser::new("Ada", "Lovelace", "ada@example.com"),
        "Zitrone-42",
    )
}

fn policy() -> Arc<Policy> {
    Arc::new(Policy::default())
}

#[test]
fn ps1_founding_makes_a_tenant_with_one_user_who_may_do_everything() {
    let (tenant_id, owner, employee, role): (TenantId, _, _, _) = (fresh(3), fresh(0), fresh(1), fresh(2));
    let founded = Tenant {
        id: tenant_id,
        name: name("Südwind"),
        owner,
        owner_released: false,
        administrator: role,
        status: TenantStatus::Active,
        units: 0,
        seats: SeatContract::default(),
        created_at: now(),
    };
    let role = Role {
        id: role,
        name: name("Administrator"),
        permissions: PermissionSet::All,
        built_in: true,
        created_at: now(),
    };
    let employee = Employee {
        id: employee,
        email: Some(address("ada@example.com")),
        unit: None,
        employment: Employment::default(),
        created_at: now(),
        ..self::employee().value
    };
    let user = User {
        id: owner,
        kind: UserKind::Internal { employee: employee.id },
        user_name: UserName::new("ada@example.com").unwrap(),
        address: address("ada@example.com"),
        profile: profile("Ada", "Lovelace"),
        grants: vec![Grant::role(role.id, Scope::All)],
        memberships: [].into(),
        api_only: false,
        start: tenure::Start::Now,
        status: UserStatus::Active {
            since: now(),
            until: None,
        },
        hold: None,
        signature: None,
        last_login_at: None,
        identity: None,
        pending_address: None,
        allowlist: tenure::text::Allowlist::any(),
        created_at: now(),
    };
    let secret = Secret::password(hash(), now());
    let (happened, contract) = (
        |subject, what| event_by(Actor::Founder, now(), subject, what),
        founded.seats,
    );
    let created = What::UserCreated {
        status: StatusKind::Active,
        grants: user.grants.clone(),
        seat: true,
        until: None,
    };
    let decided = tenant::found(&founding(), hash(), &policy(), now(), seed()).unwrap();
    assert_eq!((&decided.outcome.tenant, &decided.outcome.owner), (&founded, &user));
    assert_eq!(
        decided.with(()),
        Decision {
            guards: Vec::new(),
            changes: vec![
                insert(founded),
                insert(role),
                insert(employee.clone()),
                insert(Credential { user: owner, secret }),
                seats(1, None),
                administrators(1),
                insert(user),
            ],
            events: vec![
                happened(tenant_id.into(), What::TenantFounded { seats: contract }),
                happened(employee.id.into(), What::EmployeeAdded),
                happened(tenure::model::RecordId::User(owner), created),
            ],
            mail: Vec::new(),
            outcome: (),
        }
    );
}

#[test]
fn d1_the_founder_takes_the_first_seat_of_the_contract() {
    let seats_of = |limit| SeatContract {
        contracted: 1,
        limit: Some(limit),
    };
    let founded = tenant::found(&founding().seats(seats_of(1)), hash(), &policy(), now(), seed()).unwrap();
    assert!(founded.changes.contains(&seats(1, Some(1))));
    assert_eq!(founded.guards, [], "there is no record to guard yet");
    assert_eq!(
        founding().seats(seats_of(0)).check(&policy(), now(), seed()),
        Err(Denied::invalid("seats", Problem::BelowUse { used: 1 }))
    );
}

#[test]
fn a_host_may_choose_the_id() {
    let founded = tenant::found(&founding().id(id(77)), hash(), &policy(), now(), seed()).unwrap();
    assert_eq!(founded.outcome.tenant.id, id(77));
}

#[test]
fn every_wrong_field_of_a_founding_is_named() {
    let owner = NewUser::new("", "Lovelace", "nobody");
    assert_eq!(
        Founding::new(" ", owner, "Zitrone-gelb").check(&policy(), now(), seed()),
        Err(Denied::Invalid {
            fields: vec![
                FieldError::new("company", TextError::Empty),
                FieldError::new("first_name", TextError::Empty),
                FieldError::new("email", TextError::NotAnAddress),
                FieldError::new("password", Problem::Password(vec![PasswordRule::Digit])),
            ]
        })
    );
    let weak = Founding::new("Südwind", NewUser::new("Ada", "Lovelace", "ada@example.com"), "zitrone");
    let rules = vec![
        PasswordRule::TooShort { min: 8 },
        PasswordRule::UpperCase,
        PasswordRule::Digit,
        PasswordRule::Special,
    ];
    let denied = Denied::invalid("password", Problem::Password(rules));
    assert_eq!(weak.check(&policy(), now(), seed()), Err(denied.clone()));
    assert_eq!(
        tenant::found(&weak, hash(), &policy(), now(), seed()).map(|_| ()),
        Err(denied)
    );
}

fn manager() -> Context {
    holding(&[permissions::TENANT_MANAGE], Scope::All)
}

fn changed(cx: &Context, change: impl FnOnce(&mut Tenant), what: What) -> Decision<Tenant> {
    let mut after = cx.tenant.value.clone();
    change(&mut after);
    let happened = event_by(cx.actor.clone(), now(), tenant_id(), what);
    decision(cx, [], vec![update(&cx.tenant, after.clone())], vec![happened], after)
}

#[test]
fn a_tenant_is_renamed() {
    let cx = manager();
    let what = What::TenantRenamed {
        from: name("Nordwind"),
        to: name("Südwind"),
    };
    assert_eq!(
        tenant::rename(&cx, "Südwind"),
        Ok(changed(&cx, |tenant| tenant.name = name("Südwind"), what))
    );
    assert_eq!(
        tenant::rename(&cx, "Nordwind"),
        Ok(nothing(&cx, cx.tenant.value.clone()))
    );
    assert_eq!(tenant::rename(&cx, ""), Err(Denied::invalid("name", TextError::Empty)));
    for cx in [nobody(), holding(&[permissions::TENANT_MANAGE], [berlin()])] {
        assert_eq!(tenant::rename(&cx, "Südwind"), Err(Denied::Forbidden));
    }
}

#[test]
fn lo8_d1_a_contract_changes_within_what_is_in_use() {
    let cx = system();
    let to = |limit| SeatContract { contracted: 5, limit };
    let what = |to| What::SeatContractChanged {
        from: SeatContract::default(),
        to,
    };
    let without = changed(&cx, |tenant| tenant.seats = to(None), what(to(None)));
    assert_eq!(tenant::change_seat_contract(&cx, to(None), 4), Ok(without));
    // Nothing moves, but seats that were taken since they were counted refuse it at the commit point.
    let mut with = changed(&cx, |tenant| tenant.seats = to(Some(4)), what(to(Some(4))));
    with.changes.push(Change::Count {
        counter: Counter::Seats,
        delta: 0,
        at_least: None,
        at_most: Some(4),
    });
    assert_eq!(tenant::change_seat_contract(&cx, to(Some(4)), 4), Ok(with));
    assert_eq!(
        tenant::change_seat_contract(&cx, to(Some(3)), 4),
        Err(Denied::invalid("limit", Problem::BelowUse { used: 4 }))
    );
    assert_eq!(
        tenant::change_seat_contract(&cx, SeatContract::default(), 4),
        Ok(nothing(&cx, cx.tenant.value.clone()))
    );
    // M5: whoever is billed by it does not write it, be they administrator or owner.
    for cx in [nobody(), manager(), admin(), as_owner()] {
        assert_eq!(tenant::change_seat_contract(&cx, to(None), 4), Err(Denied::Forbidden));
    }
}

#[test]
fn lo8_the_larger_of_use_and_contract_is_billed() {
    let contract = SeatContract {
        contracted: 5,
        limit: None,
    };
    assert_eq!([4, 5, 6].map(|used| contract.billed(used)), [5, 5, 6]);
}

fn as_owner() -> Context {
    Context {
        actor: Actor::User(owner()),
        ..admin()
    }
}

#[test]
fn ps5_the_owner_hands_the_tenant_over_to_another_administrator() {
    let kate = administrator_kate(active());
    for cx in [as_owner(), system()] {
        let what = What::OwnershipHandedOver {
            from: owner(),
            to: self::kate(),
        };
        let mut expected = changed(&cx, |tenant| tenant.owner = self::kate(), what);
        expected.guards.extend([Guard::on(&kate), Guard::on(&password())]);
        assert_eq!(tenant::hand_over(&cx, Some(&kate), Some(&password())), Ok(expected));
    }
}

fn kate_until(minutes: i64) -> Loaded<User> {
    administrator_kate(UserStatus::Active {
        since: long_ago(),
        until: Some(at(minutes)),
    })
}

#[test]
fn ps5_r5_only_the_owner_hands_over_and_only_to_an_administrator_without_an_end() {
    let administrator = administrator_kate(active());
    assert_eq!(
        tenant::hand_over(&admin(), Some(&administrator), Some(&password())),
        Err(Denied::Forbidden)
    );
    assert_eq!(tenant::hand_over(&nobody(), None, None), Err(Denied::Forbidden));
    assert_eq!(
        tenant::hand_over(&as_owner(), None, None),
        Err(Denied::NotFound { what: RecordKind::User })
    );
    let mut held = administrator_kate(active());
    held.value.hold = Some(tenure::model::Hold {
        by: None,
        at: now(),
        until: at(1),
    });
    for candidate in [
        user(active()),
        administrator_kate(invited()),
        kate_until(1),
        kate_until(0),
        held.clone(),
    ] {
        assert_eq!(
            tenant::hand_over(&as_owner(), Some(&candidate), Some(&password())),
            Err(Denied::invalid("to", Problem::NotAdministrator))
        );
    }
    let api_only = User {
        api_only: true,
        ..administrator.value.clone()
    };
    assert_eq!(
        tenant::hand_over(&as_owner(), Some(&loaded(9, api_only)), Some(&password())),
        Err(Denied::invalid("to", Problem::NotAdministrator))
    );
    held.value.hold = held.hold.map(|hold| tenure::model::Hold { until: now(), ..hold });
    assert!(
        tenant::hand_over(&as_owner(), Some(&held), Some(&password())).is_ok(),
        "the hold is over"
    );
}

#[test]
fn ps5_r5_nobody_who_cannot_log_in_becomes_owner() {
    let without = |secret| loaded(9, Credential { user: kate(), secret });
    let mailed = Secret::OneTime {
        ticket: id(70),
        issued_at: now(),
    };
    let mut of_another = password();
    of_another.value.user = actor();
    let administrator = administrator_kate(active());
    for credential in [
        None,
        Some(without(Secret::None)),
        Some(without(mailed)),
        Some(of_another),
    ] {
        assert_eq!(
            tenant::hand_over(&as_owner(), Some(&administrator), credential.as_ref()),
            Err(Denied::invalid("to", Problem::CannotLogIn))
        );
    }
    // A provider signs them in.
    let mut external = administrator_kate(active());
    external.value.identity = Some(tenure::model::ExternalIdentity {
        provider: name("Entra"),
        subject: tenure::text::Subject::new("kate-1").unwrap(),
    });
    let handed = tenant::hand_over(&as_owner(), Some(&external), Some(&without(Secret::None)));
    assert_eq!(handed.unwrap().outcome.owner, kate());
}

#[test]
fn a_tenant_is_suspended_and_reinstated_by_the_hosts_own_code_only() {
    let cx = system();
    let suspended = TenantStatus::Suspended { at: now() };
    let expected = changed(&cx, |tenant| tenant.status = suspended, What::TenantSuspended);
    assert_eq!(tenant::suspend(&cx), Ok(expected));
    assert_eq!(tenant::reinstate(&cx), Ok(nothing(&cx, cx.tenant.value.clone())));

    let mut cx = system();
    cx.tenant.value.status = TenantStatus::Suspended { at: at(-9) };
    assert_eq!(tenant::suspend(&cx), Ok(nothing(&cx, cx.tenant.value.clone())));
    let expected = changed(
        &cx,
        |tenant| tenant.status = TenantStatus::Active,
        What::TenantReinstated,
    );
    assert_eq!(tenant::reinstate(&cx), Ok(expected));

    for actor in [
        Actor::User(owner()),
        Actor::Subject(owner()),
        Actor::Schedule,
        Actor::Founder,
    ] {
        let cx = Context { actor, ..admin() };
        assert_eq!(tenant::suspend(&cx), Err(Denied::Forbidden));
        assert_eq!(tenant::reinstate(&cx), Err(Denied::Forbidden));
    }
}
