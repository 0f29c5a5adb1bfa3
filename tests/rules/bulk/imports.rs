//! Rows that become employees and users, and the reasons against those that do not.

use tenure::model::{
    Credential, Employee, Employment, RecordKind, Scope, Secret, StatusKind, UnitKind, User, UserKind, UserStatus,
    What, permissions,
};
use tenure::rules::Context;
use tenure::rules::bulk::{self, Counts, Import, Imported, Names, Part, UserRow};
use tenure::store::Guard;
use tenure::text::{Signature, TextError, UserName};
use tenure::{Denied, EmployeeRow, Grant, Problem, Start, UserField};

use super::*;

/// The `n`th id of the row with this number, counted from 0 through both parts.
fn of_row<T: From<uuid::Uuid>>(row: u32, n: u16) -> T {
    seed().part(row).id(n)
}

fn refused(cx: &Context, import: &Import) -> Vec<(Part, u32, Vec<Denied>)> {
    match bulk::import(cx, import, &known(import)) {
        Err(Denied::RowsRefused { rows }) => told(rows),
        other => panic!("{other:?}"),
    }
}

#[test]
fn d3_an_import_is_one_decision_with_an_event_for_each_row() {
    let mut boss = staff("BOS");
    (boss.unit, boss.employed_from) = (text("Berlin/Mitte"), text("2026-12-01"));
    let mut deputy = staff("DEP");
    // By what comes later, too.
    deputy.supervisor = text("bos");
    let mut kunde = contact("kunde");
    (kunde.role, kunde.role_units) = (text("Clerk"), text("Paris"));
    kunde.status = text("active");
    let import = Import::new().employees([deputy, boss]).users([kunde]);
    let cx = with_policy(admin(), |policy| policy.client_kinds.extend([UnitKind::Company]));
    let decided = bulk::import(&cx, &import, &known(&import)).unwrap();

    let person = |row, signature: &str| Employee {
        id: of_row(row, 0),
        first_name: "Kim".try_into().unwrap(),
        last_name: "Dahl".try_into().unwrap(),
        signature: Some(Signature::new(signature).unwrap()),
        email: Some(address(&format!("{}@example.com", signature.to_lowercase()))),
        supervisor: None,
        unit: None,
        employment: Employment::default(),
        created_at: now(),
    };
    let first = time::Date::from_calendar_date(2026, time::Month::December, 1).unwrap();
    let boss = Employee {
        unit: Some(mitte()),
        employment: Employment {
            from: Some(first),
            until: None,
        },
        ..person(1, "BOS")
    };
    let deputy = Employee {
        supervisor: Some(boss.id),
        ..person(0, "DEP")
    };
    let kunde = User {
        id: of_row(2, 0),
        kind: UserKind::External { client: paris() },
        user_name: UserName::new("kunde@example.com").unwrap(),
        address: address("kunde@example.com"),
        profile: profile("Kim", "Kunde"),
        grants: vec![Grant::role(clerk(), Scope::from([paris()]))],
        start: Start::Now,
        status: UserStatus::Active {
            since: now(),
            until: None,
        },
        created_at: now(),
        ..user(active()).value
    };
    let created = What::UserCreated {
        status: StatusKind::Active,
        grants: kunde.grants.clone(),
        seat: true,
        until: None,
    };
    let secret = Secret::None;
    let guards = [
        Guard::on(&unit(mitte())),
        Guard::on(&role(clerk())),
        Guard::on(&unit(paris())),
        // How many seats there may be.
        Guard::on(&tenant()),
    ];
    let expected = decision(
        &cx,
        guards,
        vec![
            seats(1, None),
            insert(deputy.clone()),
            insert(boss.clone()),
            insert(kunde.clone()),
            insert(Credential { user: kunde.id, secret }),
        ],
        vec![
            event(deputy.id, What::EmployeeAdded),
            event(boss.id, What::EmployeeAdded),
            event(kunde.id, created),
        ],
        (),
    );
    let Imported {
        employees,
        users,
        invited,
        ..
    } = decided.outcome.clone();
    assert_eq!(
        (employees, users, invited),
        (vec![deputy.id, boss.id], vec![kunde.id], 0)
    );
    assert_eq!(decided.with(()), expected);
}

#[test]
fn d3_nothing_is_an_import_of_nothing() {
    let import = Import::new();
    let decided = bulk::import(&admin(), &import, &known(&import)).unwrap();
    assert_eq!(decided, nothing(&admin(), Imported::default()));
}

#[test]
fn r1_an_import_takes_what_the_single_acts_take() {
    let (some, other) = (
        Import::new().employees([staff("A")]),
        Import::new().users([contact("b")]),
    );
    let import = |cx: &Context, import: &Import| bulk::import(cx, import, &known(import)).map(drop);
    let check = |cx: &Context, import: &Import| bulk::check(cx, import, &known(import)).map(drop);
    let forbidden = Err(Denied::Forbidden);
    for rows in [&some, &other] {
        assert_eq!(import(&nobody(), rows), forbidden);
        assert_eq!(check(&nobody(), rows), forbidden);
    }
    let of_staff = holding(&[permissions::EMPLOYEES_MANAGE], Scope::All);
    assert_eq!(import(&of_staff, &some), Ok(()));
    assert_eq!(check(&of_staff, &other), forbidden);
    let of_users = holding(&[permissions::USERS_MANAGE], Scope::All);
    assert_eq!(import(&of_users, &some), forbidden);
    // Where they are in charge, and nowhere else.
    let local = holding(&[permissions::EMPLOYEES_MANAGE], [berlin()]);
    let mut inside = staff("IN");
    inside.unit = text(mitte().to_string());
    let import = Import::new().employees([inside, staff("OUT")]);
    let beyond = vec![Denied::BeyondOwnRights];
    assert_eq!(refused(&local, &import), [(Part::Employees, 2, beyond)]);
}

#[test]
fn too_many_rows_are_refused_before_any_is_looked_at() {
    let rows = vec![UserRow::default(); Import::MAX_ROWS + 1];
    let import = Import::new().users(rows);
    let max = Import::MAX_ROWS;
    let denied = Denied::invalid("users", Problem::TooMany { max });
    assert_eq!(bulk::check(&admin(), &import, &bulk::Known::default()), Err(denied));
}

#[test]
fn d3_every_reason_against_an_employee_is_told_with_its_row() {
    let unknown = Problem::Unknown;
    let row = |change: fn(&mut EmployeeRow)| {
        let mut row = EmployeeRow::new("Kim", "Dahl");
        change(&mut row);
        row
    };
    let rows = [
        staff("ONE"),
        row(|row| row.signature = text(" one ")),
        row(|row| row.reference = text("x")),
        row(|row| row.reference = text("x")),
        row(|row| {
            row.first_name.clear();
            row.unit = text("Rome");
            row.supervisor = text("NOBODY");
            row.employed_from = text("1st of May");
        }),
        row(|row| (row.employed_from, row.employed_until) = (text("2026-05-02"), text("2026-05-01"))),
        row(|row| row.email = text("nobody")),
        row(|row| (row.reference, row.supervisor) = (text("y"), text("y"))),
    ];
    let import = Import::new().employees(rows);
    let invalid = |fields: &[(&'static str, Problem)]| vec![wrong(fields)];
    let not_an_address = tenure::text::EmailAddress::new("nobody").unwrap_err();
    let itself = Denied::SupervisorCycle {
        through: vec![of_row(7, 0)],
    };
    let expected = [
        (2, invalid(&[("signature", Problem::RepeatsRow { row: 1 })])),
        (4, invalid(&[("reference", Problem::RepeatsRow { row: 3 })])),
        (
            5,
            invalid(&[
                ("unit", unknown(RecordKind::Unit)),
                ("supervisor", unknown(RecordKind::Employee)),
                ("employed_from", Problem::NotADay),
                ("first_name", TextError::Empty.into()),
            ]),
        ),
        (6, invalid(&[("employed_until", Problem::BeforeStart)])),
        (7, invalid(&[("email", not_an_address.into())])),
        (8, vec![itself]),
    ];
    assert_eq!(
        refused(&admin(), &import),
        expected.map(|(row, reasons)| (Part::Employees, row, reasons))
    );
}

#[test]
fn d3_every_reason_against_a_user_is_told_with_its_row() {
    let change = |mut row: UserRow, change: fn(&mut UserRow)| {
        change(&mut row);
        row
    };
    let program = || change(contact("program"), |row| row.client = None);
    let rows = [
        contact("one"),
        change(contact("ONE"), |row| row.role = text("Nobody's")),
        program(),
        change(contact("two"), |row| row.employee = text("NOBODY")),
        change(contact("three"), |row| row.status = text("asleep")),
        change(contact("four"), |row| row.role_units = text("Paris")),
        change(program(), |row| {
            (row.api_only, row.email) = (text("perhaps"), text("p@example.com"));
        }),
        change(contact("five"), |row| {
            row.grants = text("permission:prices.change @ Rome");
        }),
        change(contact("six"), |row| row.allowlist = text("192.0.2.*; nowhere")),
        UserRow::of_employee("NOMAIL"),
        UserRow::of_employee("MAIL"),
        UserRow::of_employee("mail"),
    ];
    let mut no_mail = staff("NOMAIL");
    no_mail.email = None;
    let import = Import::new().employees([no_mail, staff("MAIL")]).users(rows);
    let cx = with_policy(admin(), |policy| policy.client_kinds.extend([UnitKind::Company]));
    let unknown = Problem::Unknown;
    let not_a_network = "nowhere".parse::<tenure::text::AddressPattern>().unwrap_err();
    let expected = [
        (
            2,
            vec![wrong(&[
                ("email", Problem::RepeatsRow { row: 1 }),
                ("role", unknown(RecordKind::Role)),
            ])],
        ),
        (3, vec![wrong(&[("employee", Problem::Missing)])]),
        (
            4,
            vec![wrong(&[
                ("client", Problem::Repeated),
                ("employee", unknown(RecordKind::Employee)),
            ])],
        ),
        (
            5,
            vec![wrong(&[(
                "status",
                Problem::NotOneOf {
                    allowed: "active, inactive, suspended, disabled",
                },
            )])],
        ),
        (6, vec![wrong(&[("role", Problem::Missing)])]),
        (
            7,
            vec![wrong(&[
                ("api_only", Problem::NotOneOf { allowed: "true, false" }),
                ("employee", Problem::Missing),
            ])],
        ),
        (8, vec![wrong(&[("grants", unknown(RecordKind::Unit))])]),
        (9, vec![wrong(&[("allowlist", not_a_network.into())])]),
        (10, vec![Denied::EmployeeWithoutAddress]),
        (12, vec![wrong(&[("employee", Problem::RepeatsRow { row: 11 })])]),
    ];
    assert_eq!(
        refused(&cx, &import),
        expected.map(|(row, reasons)| (Part::Users, row, reasons))
    );
}

#[test]
fn d3_of_an_unknown_employee_only_that_is_told() {
    let unknown = || ("employee", Problem::Unknown(RecordKind::Employee));
    let cx = with_policy(admin(), |policy| {
        policy.require_unit = true;
        policy.user_name_is_address = true;
        policy.required_fields = [UserField::UserName, UserField::DisplayName, UserField::Locale].into();
    });
    let told = |row: UserRow| {
        let mut refused = refused(&cx, &Import::new().users([row]));
        assert_eq!(refused.len(), 1);
        refused.remove(0).2
    };
    let nobody = || UserRow::of_employee("NOBODY");
    // Names, address and unit would have been the employee's.
    assert_eq!(told(nobody()), [wrong(&[unknown()])]);
    // What the row says itself is looked at all the same.
    let mut row = nobody();
    (row.first_name, row.last_name) = (text("Kim"), text("Da\0hl"));
    (row.email, row.role) = (text("kim"), text("Nobody's"));
    let expected = [
        ("role", Problem::Unknown(RecordKind::Role)),
        unknown(),
        ("last_name", Problem::Text(TextError::ControlCharacter)),
        ("email", Problem::Text(TextError::NotAnAddress)),
    ];
    assert_eq!(told(row), [wrong(&expected)]);
    // And where the row says all that the employee would, the employee is still not there.
    let mut row = nobody();
    (row.first_name, row.last_name) = (text("Kim"), text("Dahl"));
    (row.email, row.memberships) = (text("kim@example.com"), text("Berlin"));
    assert_eq!(told(row), [wrong(&[unknown()])]);
}

#[test]
fn d3_what_the_store_has_already_is_told_by_row() {
    let mut kept = employee();
    kept.value.signature = Some(Signature::new("AL").unwrap());
    let mut kate = user(active());
    kate.value.kind = UserKind::Internal { employee: kept.id };
    let records = [record(kept.clone()), record(kate.clone())];
    let mut named = contact("new");
    named.user_name = text("KATE");
    let import = Import::new().employees([staff("al")]).users([
        UserRow::of_employee(kept.id.to_string()),
        contact("kate"),
        named,
    ]);
    let cx = with_policy(admin(), |policy| policy.client_kinds.extend([UnitKind::Company]));
    let known = known_of(&import, &records, Counts::new(2, 2));
    let expected = [
        (Part::Employees, 1, vec![Denied::SignatureTaken]),
        (Part::Users, 1, vec![Denied::EmployeeHasUser]),
        (Part::Users, 2, vec![Denied::LoginTaken { field: "email" }]),
        (Part::Users, 3, vec![Denied::LoginTaken { field: "user_name" }]),
    ];
    let report = bulk::check(&cx, &import, &known).unwrap();
    assert_eq!(told(report.refused), expected);
    // Whoever was deleted has no name any more.
    let erase_at = at(60);
    let gone = user(UserStatus::Deleted {
        at: long_ago(),
        erase_at,
    });
    let import = Import::new().users([contact("kate")]);
    let known = known_of(&import, &[record(gone)], Counts::new(2, 2));
    assert_eq!(bulk::check(&cx, &import, &known).unwrap().refused, []);
}

#[test]
fn d1_an_import_takes_seats_row_by_row_until_none_is_left() {
    let cx = with_policy(with_limit(admin(), 4), |policy| {
        policy.client_kinds.extend([UnitKind::Company]);
    });
    let active = |name: &str| {
        let mut row = contact(name);
        row.status = text("active");
        row
    };
    let import = Import::new().users([active("a"), contact("b"), active("c"), active("d"), active("e")]);
    let none_left = vec![Denied::NoSeat { limit: 4 }];
    let expected = [(Part::Users, 4, none_left.clone()), (Part::Users, 5, none_left)];
    assert_eq!(refused(&cx, &import), expected, "two are in use, and b takes none");
    let report = bulk::check(&cx, &import, &known(&import)).unwrap();
    assert_eq!(report.seats, 2);
}

#[test]
fn a_unit_is_named_by_as_much_of_its_path_as_it_takes() {
    let mut other = unit(mitte());
    (other.value.id, other.value.path) = (id(39), tenure::model::UnitPath::root(paris()).child(id(39)));
    let names = || Names::new([unit(berlin()), unit(mitte()), unit(paris()), other.clone()], []);
    let ask = |called: &str| {
        let mut row = staff("A");
        row.unit = text(called);
        let import = Import::new().employees([row]);
        let known = bulk::Known::new(names(), Counts::default());
        match bulk::import(&admin(), &import, &known) {
            Ok(decided) => Ok(inserted(&decided.changes).0[0].unit),
            Err(Denied::RowsRefused { rows }) => Err(rows[0].reasons.clone()),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(ask("berlin / MITTE"), Ok(Some(mitte())));
    assert_eq!(ask("Paris/Mitte"), Ok(Some(other.id)));
    assert_eq!(ask(&other.id.to_string()), Ok(Some(other.id)));
    assert_eq!(ask(" "), Ok(None), "nothing is said");
    let refused = |problem: Problem| Err(vec![wrong(&[("unit", problem)])]);
    assert_eq!(ask("Mitte"), refused(Problem::Ambiguous(RecordKind::Unit)));
    for unknown in ["Rome", "Mitte/Berlin", "Berlin/", "/Berlin"] {
        assert_eq!(ask(unknown), refused(Problem::Unknown(RecordKind::Unit)), "{unknown}");
    }
}
