//! Bulk acts: imports, exports and status changes of many, all or nothing (D3).

use std::collections::BTreeSet;

use tenure::Listed;
use tenure::desk::Desk;
use tenure::model::{RecordKind, What, permissions};
use tenure::store::{Query, StoreExt};
use tenure::text::{SearchField, TextError as T};
use tenure::{
    Access, Denied, Employee, EmployeeRow, Error, FieldError, Founding, Grant, Import, Listing, NewEmployee, NewRole,
    NewUnit, NewUser, Part, Policy, Problem, RefusedRow, Role, Scope, SeatContract, SortBy, StatusChange, Suspension,
    User, UserKind, UserRow,
};
use time::Duration;

use crate::support::{Firm, OWNERS, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    d3_an_import_brings_in_what_the_single_acts_would,
    d3_every_row_that_is_refused_is_told_with_every_reason_and_nothing_is_written,
    d3_a_file_is_read_by_the_names_that_it_has_for_units_roles_and_people,
    d2_no_line_of_supervisors_of_an_import_comes_back_or_grows_too_long,
    r1_an_import_gives_nothing_beyond_the_rights_of_whoever_imports,
    d1_an_import_takes_the_last_free_seat_and_no_more,
    a1_case_variants_collide_in_an_import,
    d3_of_imports_at_once_one_is_written_whole_and_the_others_not_at_all,
    d3_a_large_import_is_one_act,
    lo6_an_import_invites_where_it_is_asked_to,
    d3_what_is_exported_can_be_imported_elsewhere,
    d3_a_status_is_changed_for_all_or_for_none,
    d1_many_are_activated_while_there_are_seats,
);

/// More than PostgreSQL is sent at once.
const ROWS: usize = 2_500;

/// `password`, with the weakest parameters.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBzYWx0eSBieQ$UUSHcYvX5y9PoUJyjOP8DYMwTLsbjacmr26EdYs0qGw";

#[expect(clippy::unnecessary_wraps, reason = "the fields of rows may be left out")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn employee(signature: &str, supervisor: &str) -> EmployeeRow {
    let mut row = EmployeeRow::new(format!("First{signature}"), "Example");
    row.signature = text(signature);
    row.email = Some(format!("{}@nordwind.example", signature.to_lowercase()));
    row.supervisor = Some(supervisor.to_owned()).filter(|it| !it.is_empty());
    row
}

/// Nordwind with Berlin below it, Südwind with its own Berlin, a client, and a role.
struct House {
    firm: Firm,
    role: Role,
    berlin: tenure::OrgUnit,
    kiosk: tenure::OrgUnit,
}

async fn house(world: &World) -> House {
    let firm = world.found().await;
    let (units, roles) = (firm.desk.units(), firm.desk.roles());
    let nordwind = units.add(NewUnit::company("Nordwind")).await.unwrap();
    let berlin = units
        .add(NewUnit::department("Berlin").below(nordwind.id))
        .await
        .unwrap();
    let suedwind = units.add(NewUnit::company("Südwind")).await.unwrap();
    units
        .add(NewUnit::department("Berlin").below(suedwind.id))
        .await
        .unwrap();
    let kiosk = units.add(NewUnit::client("Kiosk")).await.unwrap();
    let role = roles
        .add(NewRole::new("Clerk").permissions(["orders.read"]))
        .await
        .unwrap();
    House {
        firm,
        role,
        berlin,
        kiosk,
    }
}

fn refused(result: Result<impl std::fmt::Debug, Error>) -> Vec<RefusedRow> {
    match denied(result) {
        Denied::RowsRefused { rows } => rows,
        other => panic!("{other:?}"),
    }
}

/// The reasons against each row that there are any against.
fn reasons(rows: Vec<RefusedRow>) -> Vec<(Part, u32, Vec<Denied>)> {
    rows.into_iter().map(|row| (row.part, row.row, row.reasons)).collect()
}

fn wrong(fields: &[(&'static str, Problem)]) -> Denied {
    let fields = fields
        .iter()
        .map(|(field, problem)| FieldError::new(field, problem.clone()));
    Denied::Invalid {
        fields: fields.collect(),
    }
}

async fn all<T: tenure::model::Kept + Send>(world: &World, firm: &Firm, kind: RecordKind) -> Vec<T> {
    let all = world.store.all::<T>(firm.id(), Query::new(kind, world.now())).await;
    all.unwrap().into_iter().map(|loaded| loaded.value).collect()
}

async fn d3_an_import_brings_in_what_the_single_acts_would(world: World) {
    let House {
        firm,
        role,
        berlin,
        kiosk,
    } = house(&world).await;
    let kept = NewEmployee::new("Kept", "Example")
        .signature("KEP")
        .email("kep@nordwind.example");
    let kept = firm.desk.employees().add(kept).await.unwrap();
    let before = world.events(firm.id()).await.len();

    let mut one = employee("ONE", "two");
    one.unit = text("Nordwind/Berlin");
    one.employed_from = text("2026-01-02");
    one.employed_until = text("2027-01-02");
    let mut of_one = UserRow::of_employee("one");
    of_one.role = text("clerk");
    of_one.role_units = text("Nordwind/Berlin");
    of_one.password_hash = text(HASH);
    of_one.status = text("active");
    of_one.locale = text("de-DE");
    of_one.time_zone = text("Europe/Berlin");
    of_one.display_name = text("Eins");
    of_one.allowlist = text("192.0.2.0/24; 2001:db8::1");
    let external = UserRow::external("Kiosk", "Kim", "Kunde", "kim@kiosk.example");
    let mut program = UserRow::default();
    program.api_only = text("true");
    program.first_name = text("Till");
    program.last_name = text("Robot");
    program.email = text("till@nordwind.example");
    let import = Import::new().employees([one, employee("TWO", "KEP")]).users([
        of_one,
        UserRow::of_employee("KEP"),
        external,
        program,
    ]);

    // With a password, which the host's own code alone can bring.
    let host = world.tenure.system(firm.id(), "from the old system").unwrap();
    let report = host.bulk().check(&import).await.unwrap();
    assert_eq!(
        (report.employees, report.users, report.invited, report.seats),
        (2, 4, 0, 2)
    );
    assert_eq!(report.refused, []);
    assert_eq!(world.events(firm.id()).await.len(), before, "a dry run writes nothing");
    let imported = host.bulk().import(&import).await.unwrap();

    let employees = firm.desk.employees();
    let one = employees.get(imported.employees[0]).await.unwrap();
    let two = employees.get(imported.employees[1]).await.unwrap();
    assert_eq!(
        (one.supervisor, two.supervisor),
        (Some(two.id), Some(kept.id)),
        "in any order"
    );
    assert_eq!(one.unit, Some(berlin.id));
    assert_eq!(one.employment.from.unwrap().to_string(), "2026-01-02");
    let users = firm.desk.users();
    let user = users.get(imported.users[0]).await.unwrap();
    assert_eq!(user.kind, UserKind::Internal { employee: one.id });
    assert_eq!(user.grants, [Grant::role(role.id, Scope::from([berlin.id]))]);
    assert_eq!(user.memberships, [berlin.id].into(), "where the employee works");
    assert_eq!(
        (user.profile.display_name.as_str(), user.profile.locale.as_str()),
        ("Eins", "de-DE")
    );
    assert_eq!(user.allowlist.entries().len(), 2);
    assert!(user.is_active());
    world
        .sign_in(firm.id(), "one@nordwind.example", "password")
        .await
        .unwrap();
    let of_kept = users.get(imported.users[1]).await.unwrap();
    assert_eq!(of_kept.kind, UserKind::Internal { employee: kept.id });
    assert_eq!(of_kept.status.kind(), tenure::model::StatusKind::SetUp);
    let external = users.get(imported.users[2]).await.unwrap();
    assert_eq!(external.kind, UserKind::External { client: kiosk.id });
    let program = users.get(imported.users[3]).await.unwrap();
    assert!(program.kind == UserKind::Program && program.api_only && program.is_active());
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 3, "the owner's, and two");

    let events = world.events(firm.id()).await.split_off(before);
    let of_rows = events
        .iter()
        .filter(|it| matches!(it.event.what, What::EmployeeAdded | What::UserCreated { .. }));
    let subjects: Vec<_> = of_rows.map(|it| *it.event.subject.uuid()).collect();
    let rows = imported
        .employees
        .iter()
        .map(|id| *id.as_uuid())
        .chain(imported.users.iter().map(|id| *id.as_uuid()));
    assert_eq!(subjects, rows.collect::<Vec<_>>(), "one event a row, in their order");
    assert!(events[..7].iter().all(|it| it.commit == events[0].commit), "in one act");
    assert_eq!(world.deliver().await, 0, "no mail");
}

#[expect(
    clippy::too_many_lines,
    reason = "a file with everything wrong, and all that is said of it"
)]
async fn d3_every_row_that_is_refused_is_told_with_every_reason_and_nothing_is_written(world: World) {
    let House { firm, .. } = house(&world).await;
    let kept = NewEmployee::new("Kept", "Example")
        .signature("KEP")
        .email("kep@nordwind.example");
    let kept = firm.desk.employees().add(kept).await.unwrap();
    firm.desk
        .users()
        .create_for(kept.id, Access::none().without_invitation())
        .await
        .unwrap();
    let bare = firm
        .desk
        .employees()
        .add(NewEmployee::new("No", "Address").signature("BARE"))
        .await
        .unwrap();
    assert_eq!(bare.email, None);

    let mut bad = EmployeeRow::new("", "Ex\0ample");
    bad.email = text("nobody");
    bad.unit = text("Atlantis");
    bad.supervisor = text("GHO");
    bad.employed_from = text("yesterday");
    let mut of_ghost = UserRow::of_employee("GHO");
    of_ghost.role = text("Chief");
    of_ghost.status = text("asleep");
    of_ghost.locale = text("no locale");
    of_ghost.password_hash = text("d41d8cd98f00b204e9800998ecf8427e");
    let mut both = UserRow::external("Kiosk", "Kim", "Kunde", "kep@nordwind.example");
    both.employee = text("NEW");
    let mut neither = UserRow::external("Kiosk", "", "Kunde", "kim@kiosk.example");
    neither.client = None;
    let import = Import::new()
        .employees([bad, employee("kep", ""), employee("NEW", ""), employee("new", "")])
        .users([
            of_ghost,
            UserRow::of_employee("KEP"),
            UserRow::of_employee("BARE"),
            UserRow::of_employee("NEW"),
            both,
            neither,
        ]);
    let before = world.picture(&[firm.id()]).await;
    let rows = refused(firm.desk.bulk().import(&import).await);
    assert_eq!(
        firm.desk.bulk().check(&import).await.unwrap().refused,
        rows,
        "a dry run says the same"
    );
    assert!(world.picture(&[firm.id()]).await == before, "nothing is written");

    let no_hash = tenure::password::PasswordHashError::Unusable.to_string();
    let (staff, users) = (Part::Employees, Part::Users);
    let expected = vec![
        (
            staff,
            1,
            vec![wrong(&[
                ("unit", Problem::Unknown(RecordKind::Unit)),
                ("supervisor", Problem::Unknown(RecordKind::Employee)),
                ("employed_from", Problem::NotADay),
                ("first_name", Problem::Text(T::Empty)),
                ("last_name", Problem::Text(T::ControlCharacter)),
                ("email", Problem::Text(T::NotAnAddress)),
            ])],
        ),
        (staff, 2, vec![Denied::SignatureTaken]),
        (staff, 4, vec![wrong(&[("signature", Problem::RepeatsRow { row: 3 })])]),
        (
            users,
            1,
            vec![wrong(&[
                ("role", Problem::Unknown(RecordKind::Role)),
                ("password_hash", Problem::HostOnly),
                ("password_hash", Problem::NotAHash { why: no_hash }),
                (
                    "status",
                    Problem::NotOneOf {
                        allowed: "active, inactive, suspended, disabled",
                    },
                ),
                ("employee", Problem::Unknown(RecordKind::Employee)),
                ("locale", Problem::Text(T::NotALocale)),
            ])],
        ),
        // `kep` is the row of this import that is refused, and the register's own is not looked for; its address is taken.
        (users, 2, vec![Denied::LoginTaken { field: "email" }]),
        (users, 3, vec![Denied::EmployeeWithoutAddress]),
        (
            users,
            5,
            vec![wrong(&[
                ("employee", Problem::RepeatsRow { row: 4 }),
                ("client", Problem::Repeated),
            ])],
        ),
        (
            users,
            6,
            vec![wrong(&[
                ("employee", Problem::Missing),
                ("first_name", Problem::Text(T::Empty)),
            ])],
        ),
    ];
    assert_eq!(reasons(rows), expected);

    let of_kept = Import::new().users([UserRow::of_employee("KEP"), UserRow::of_employee(kept.id.to_string())]);
    let rows = refused(firm.desk.bulk().import(&of_kept).await);
    let taken = || vec![Denied::EmployeeHasUser];
    assert_eq!(reasons(rows), [(users, 1, taken()), (users, 2, taken())]);
}

async fn d3_a_file_is_read_by_the_names_that_it_has_for_units_roles_and_people(world: World) {
    let House { firm, role, berlin, .. } = house(&world).await;
    let file = "\
signature,first_name,last_name,email,supervisor,unit
BOB,Bob,Builder,bob@nordwind.example,,nordwind / BERLIN
AMY,Amy,Adams,amy@nordwind.example,bob,Berlin
";
    let rows = csv::Reader::from_reader(file.as_bytes()).into_deserialize();
    let rows: Vec<EmployeeRow> = rows.collect::<Result<_, _>>().unwrap();
    let users = "\
employee,role,role_units,grants
BOB,Clerk,,permission:prices.change @ Nordwind/Berlin; clerk @ Kiosk
";
    let users = csv::Reader::from_reader(users.as_bytes()).into_deserialize();
    let users: Vec<UserRow> = users.collect::<Result<_, _>>().unwrap();
    let import = Import::new().employees(rows).users(users);
    let rows = refused(firm.desk.bulk().import(&import).await);
    let ambiguous = wrong(&[("unit", Problem::Ambiguous(RecordKind::Unit))]);
    assert_eq!(
        reasons(rows),
        [(Part::Employees, 2, vec![ambiguous])],
        "there are two of that name"
    );

    let mut import = import;
    import.employees[1].unit = Some(berlin.id.to_string());
    let imported = firm.desk.bulk().import(&import).await.unwrap();
    let amy = firm.desk.employees().get(imported.employees[1]).await.unwrap();
    assert_eq!(
        (amy.unit, amy.supervisor),
        (Some(berlin.id), Some(imported.employees[0]))
    );
    let bob = firm.desk.users().get(imported.users[0]).await.unwrap();
    let prices = tenure::Permission::new("prices.change").unwrap();
    assert!(bob.grants.contains(&Grant::role(role.id, Scope::All)));
    assert!(
        bob.grants
            .contains(&Grant::permission(prices, Scope::from([berlin.id])))
    );
    assert_eq!(bob.grants.len(), 3);
}

async fn d2_no_line_of_supervisors_of_an_import_comes_back_or_grows_too_long(world: World) {
    let firm = world.found().await;
    let ring = ["A", "B", "C"].map(|name| employee(name, if name == "C" { "A" } else { "C" }));
    let import = Import::new()
        .employees(ring)
        .employees([employee("SELF", "self"), employee("OK", "B")]);
    let rows = refused(firm.desk.bulk().import(&import).await);
    let lines: Vec<_> = rows
        .iter()
        .map(|row| match row.reasons.as_slice() {
            [Denied::SupervisorCycle { through }] => (row.row, through.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        lines,
        [(1, 2), (3, 2), (4, 1)],
        "B leads into the ring, and is not of it"
    );

    // Each reports to the one before, on top of a line that is there.
    let top = firm
        .desk
        .employees()
        .add(NewEmployee::new("Top", "Example").signature("TOP"))
        .await
        .unwrap();
    let line = |levels: usize| {
        let above = |number: usize| {
            if number == 0 {
                "TOP".to_owned()
            } else {
                format!("E{}", number - 1)
            }
        };
        Import::new().employees((0..levels).map(move |number| employee(&format!("E{number}"), &above(number))))
    };
    let max = Employee::MAX_LEVELS;
    let rows = refused(firm.desk.bulk().import(&line(max)).await);
    let what = RecordKind::Employee;
    let last = u32::try_from(max).unwrap();
    assert_eq!(
        reasons(rows),
        [(Part::Employees, last, vec![Denied::TooDeep { what, max }])]
    );
    let imported = firm.desk.bulk().import(&line(max - 1)).await.unwrap();
    let first = firm.desk.employees().get(imported.employees[0]).await.unwrap();
    assert_eq!(first.supervisor, Some(top.id));
}

async fn r1_an_import_gives_nothing_beyond_the_rights_of_whoever_imports(world: World) {
    // Here an office has contacts of its own.
    let world = world.with_policy(|policy| policy.client_kinds.extend([tenure::model::UnitKind::Department]));
    let House {
        firm,
        role,
        berlin,
        kiosk,
    } = house(&world).await;
    let manages = |permission: tenure::Permission| Grant::permission(permission, Scope::from([berlin.id]));
    let mut access = Access::none().member_of([berlin.id]);
    access.grants = vec![
        manages(permissions::USERS_MANAGE),
        manages(permissions::EMPLOYEES_MANAGE),
    ];
    let local = world.join(&firm.desk, "Local", access).await;
    let external = |email: &str| UserRow::external(berlin.id.to_string(), "Kim", "Kunde", email);
    let mut administrator = external("a@nordwind.example");
    administrator.role = Some(firm.tenant.administrator.to_string());
    let mut clerk = external("b@nordwind.example");
    clerk.role = text("Clerk");
    clerk.role_units = text("Berlin");
    let mut elsewhere = external("c@nordwind.example");
    elsewhere.client = text("Kiosk");
    let fits = external("d@nordwind.example");
    let mut works = employee("WORKS", "");
    works.unit = text("berlin");
    let import =
        Import::new()
            .employees([employee("NOWHERE", ""), works])
            .users([administrator, clerk, elsewhere, fits]);
    let rows = refused(local.desk.bulk().import(&import).await);
    let beyond = || vec![Denied::BeyondOwnRights];
    let unknown = wrong(&[("client", Problem::Unknown(RecordKind::Unit))]);
    let expected = [
        (Part::Employees, 1, beyond()),
        (Part::Users, 1, beyond()),
        (Part::Users, 2, beyond()),
        // What lies outside of the own part cannot be named: not even that it exists is told.
        (Part::Users, 3, vec![unknown]),
    ];
    assert_eq!(reasons(rows), expected);
    assert!(
        firm.desk
            .units()
            .list(tenure::Listing::new())
            .await
            .unwrap()
            .items
            .iter()
            .any(|unit| unit.id == kiosk.id)
    );

    let import = Import::new()
        .employees(import.employees[1..].to_vec())
        .users(import.users[3..].to_vec());
    local.desk.bulk().import(&import).await.unwrap();
    // Whoever may only read is told nothing; and each part takes its own permission.
    let reader = Access::none()
        .and_permission(permissions::USERS_READ)
        .and_permission(permissions::EMPLOYEES_READ);
    let reader = world.join(&firm.desk, "Reader", reader).await;
    assert_eq!(denied(reader.desk.bulk().check(&import).await), Denied::Forbidden);
    assert_eq!(
        denied(reader.desk.bulk().import(&Import::new()).await),
        Denied::Forbidden
    );
    let personnel = Access::none().and_permission(permissions::EMPLOYEES_MANAGE);
    let personnel = world.join(&firm.desk, "Personnel", personnel).await;
    assert_eq!(denied(personnel.desk.bulk().import(&import).await), Denied::Forbidden);
    let import = Import::new().employees([employee("MORE", "")]);
    personnel.desk.bulk().import(&import).await.unwrap();
    assert_eq!(
        denied(personnel.desk.bulk().export_users(None, 10).await),
        Denied::Forbidden
    );
    assert_eq!(role.name.as_str(), "Clerk");
}

async fn firm_of(world: &World, limit: u32) -> Firm {
    let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    let limit = Some(limit);
    let founding = Founding::new("Nordwind", owner, OWNERS).seats(SeatContract { contracted: 0, limit });
    world.found_with(founding).await
}

fn clients(names: impl IntoIterator<Item = usize>, status: &str) -> Import {
    let of = |number: usize| {
        let mut row = UserRow::external("Kiosk", "Kim", "Kunde", format!("kim{number}@kiosk.example"));
        row.status = text(status);
        row
    };
    Import::new().users(names.into_iter().map(of))
}

async fn d1_an_import_takes_the_last_free_seat_and_no_more(world: World) {
    let firm = firm_of(&world, 4).await;
    firm.desk.units().add(NewUnit::client("Kiosk")).await.unwrap();
    let invited = NewUser::new("Zoe", "Example", "zoe@example.com");
    firm.desk
        .users()
        .create(invited, Access::none().invite())
        .await
        .unwrap();
    let rows = refused(firm.desk.bulk().import(&clients(0..3, "active")).await);
    assert_eq!(reasons(rows), [(Part::Users, 3, vec![Denied::NoSeat { limit: 4 }])]);
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 2);
    // Inactive users take none; and what time has freed is found.
    firm.desk.bulk().import(&clients(10..20, "inactive")).await.unwrap();
    world.advance(Duration::days(30));
    let login = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    let desk = world.desk(&login).await;
    desk.bulk().import(&clients(0..3, "active")).await.unwrap();
    assert_eq!(desk.seats().count().await.unwrap().used, 4);
}

async fn a1_case_variants_collide_in_an_import(world: World) {
    let House { firm, .. } = house(&world).await;
    let kept = NewUser::new("Zoë", "Example", "ZOE@example.com").user_name("Straße");
    firm.desk
        .users()
        .create(kept, Access::none().without_invitation())
        .await
        .unwrap();
    let row = |email: &str, name: Option<&str>| {
        let mut row = UserRow::external("Kiosk", "Kim", "Kunde", email);
        row.user_name = name.map(str::to_owned);
        row
    };
    let import = Import::new().users([
        row("zoe@EXAMPLE.com", None),
        row("a@kiosk.example", Some("STRASSE")),
        row("B@kiosk.example", Some("Bee")),
        row("b@kiosk.example", Some("bEE")),
        row("c@kiosk.example", Some("b@kiosk.example")),
    ]);
    let rows = refused(firm.desk.bulk().import(&import).await);
    let repeats = |field| (field, Problem::RepeatsRow { row: 3 });
    let expected = [
        (Part::Users, 1, vec![Denied::LoginTaken { field: "email" }]),
        (Part::Users, 2, vec![Denied::LoginTaken { field: "user_name" }]),
        (Part::Users, 4, vec![wrong(&[repeats("email"), repeats("user_name")])]),
        (Part::Users, 5, vec![wrong(&[repeats("user_name")])]),
    ];
    assert_eq!(reasons(rows), expected, "one space of names and addresses");

    // A name whose invitation has lapsed is free, whether or not that was written down.
    let invited = NewUser::new("Old", "Example", "old@example.com");
    firm.desk
        .users()
        .create(invited, Access::none().invite())
        .await
        .unwrap();
    let import = Import::new().users([row("old@example.com", None)]);
    let rows = refused(firm.desk.bulk().import(&import).await);
    assert_eq!(
        reasons(rows),
        [(Part::Users, 1, vec![Denied::LoginTaken { field: "email" }])]
    );
    world.advance(Duration::days(30));
    let system = world.tenure.system(firm.id(), "a test").unwrap();
    assert_eq!(system.bulk().check(&import).await.unwrap().refused, []);
    system.bulk().import(&import).await.unwrap();
}

async fn d3_of_imports_at_once_one_is_written_whole_and_the_others_not_at_all(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..6 {
        let desk = firm.desk.clone();
        // Each has a row that all have, and rows of its own.
        let own = (0..20).map(move |row| employee(&format!("E{number}-{row}"), "BOSS"));
        let import = Import::new().employees(own).employees([employee("BOSS", "")]);
        let import = import.users([UserRow::of_employee("BOSS")]);
        tasks.spawn(async move { desk.bulk().import(&import).await });
    }
    let (written, others): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(written.len(), 1);
    for other in others {
        let expected = [
            (Part::Employees, 21, vec![Denied::SignatureTaken]),
            (Part::Users, 1, vec![Denied::LoginTaken { field: "email" }]),
        ];
        assert_eq!(reasons(refused(other)), expected);
    }
    assert_eq!(
        all::<Employee>(&world, &firm, RecordKind::Employee).await.len(),
        22,
        "the owner, and one import"
    );
    assert_eq!(all::<User>(&world, &firm, RecordKind::User).await.len(), 2);
}

async fn d3_a_large_import_is_one_act(world: World) {
    let House { firm, .. } = house(&world).await;
    let rows = |begin: usize| {
        let staff =
            (begin..begin + ROWS).map(|number| employee(&format!("E{number}"), if number == 0 { "" } else { "E0" }));
        let users = (begin..begin + ROWS).map(|number| UserRow::of_employee(format!("e{number}")));
        Import::new().employees(staff).users(users)
    };
    let imported = firm.desk.bulk().import(&rows(0)).await.unwrap();
    assert_eq!((imported.employees.len(), imported.users.len()), (ROWS, ROWS));
    assert_eq!(all::<User>(&world, &firm, RecordKind::User).await.len(), ROWS + 1);
    let events = world.events(firm.id()).await;
    let of_it: Vec<_> = events
        .iter()
        .filter(|it| it.commit == events[events.len() - 1].commit)
        .collect();
    assert_eq!(of_it.len(), 2 * ROWS, "one event a row");
    they_are_found_and_sorted(&firm.desk).await;
    let order: Vec<_> = imported.employees.iter().map(|id| *id.as_uuid()).collect();
    assert!(order.is_sorted(), "what came later has a later id");
    // One row of many is refused: none is written.
    let mut again = rows(ROWS);
    again.employees[ROWS - 1].signature = text("E7");
    let before = world.events(firm.id()).await.len();
    let rows = refused(firm.desk.bulk().import(&again).await);
    assert_eq!(
        rows.len(),
        2,
        "the row, and the user of an employee whom nobody is called any more: {rows:?}"
    );
    assert_eq!(world.events(firm.id()).await.len(), before);
}

/// Whoever came with many others is in every list.
async fn they_are_found_and_sorted(desk: &Desk) {
    let (users, employees) = (desk.users(), desk.employees());
    for sort in SortBy::ALL {
        let list = || Listing::new().sort(*sort).limit(1_000).total();
        let mut seen = BTreeSet::new();
        let (mut after, mut total) = (None, None);
        loop {
            let page = users.list(list().after(after)).await.unwrap();
            total = page.total.or(total);
            seen.extend(page.items.into_iter().map(|user| user.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), total), (ROWS + 1, Some(ROWS as u64 + 1)), "{sort:?}");
    }
    let by_signature = Listing::new()
        .search_in(SearchField::Signature, "e249*")
        .sort(SortBy::Signature);
    let told = |page: Listed<Employee>| -> Vec<String> {
        let signatures = page.items.into_iter().filter_map(|it| it.signature);
        signatures.map(|signature| signature.to_string()).collect()
    };
    let found = told(employees.list(by_signature.clone()).await.unwrap());
    assert_eq!(
        (found.len(), found[0].as_str(), found[10].as_str()),
        (11, "E249", "E2499")
    );
    let same: Vec<String> = users
        .list(by_signature)
        .await
        .unwrap()
        .items
        .into_iter()
        .filter_map(|user| user.signature)
        .map(|it| it.to_string())
        .collect();
    assert_eq!(same, found, "users have the signatures of their employees");
    let one = users.list(Listing::new().search("firste2042 exam*")).await.unwrap();
    assert_eq!(one.items.len(), 1);
}

async fn lo6_an_import_invites_where_it_is_asked_to(world: World) {
    let House { firm, .. } = house(&world).await;
    let mut import = clients(0..3, "").inviting();
    import.users[2].status = text("active");
    assert_eq!(firm.desk.bulk().check(&import).await.unwrap().invited, 2);
    let imported = firm.desk.bulk().import(&import).await.unwrap();
    assert_eq!((imported.invited, world.deliver().await), (2, 2));
    let token = world.token_to("kim0@kiosk.example");
    let user = world
        .tenure
        .accept_invitation(&token, tenure::Acceptance::new(PASSWORD))
        .await
        .unwrap();
    assert_eq!(user.id, imported.users[0]);
    world.sign_in(firm.id(), "kim0@kiosk.example", PASSWORD).await.unwrap();
    world.mailer.not_ready(Some("no sender"));
    let import = clients(5..6, "").inviting();
    let missing = "no sender".to_owned();
    assert_eq!(
        denied(firm.desk.bulk().import(&import).await),
        Denied::MailNotReady { missing }
    );
    firm.desk.bulk().import(&clients(5..6, "")).await.unwrap();
}

async fn exported(desk: &Desk) -> Import {
    let mut import = Import::new();
    let mut after = None;
    loop {
        let Listed { items, next, .. } = desk.bulk().export_employees(after, 2).await.unwrap();
        import = import.employees(items);
        after = next;
        if after.is_none() {
            break;
        }
    }
    loop {
        let Listed { items, next, .. } = desk.bulk().export_users(after, 2).await.unwrap();
        import = import.users(items);
        after = next;
        if after.is_none() {
            return import;
        }
    }
}

async fn d3_what_is_exported_can_be_imported_elsewhere(world: World) {
    let House {
        firm,
        role,
        berlin,
        kiosk,
    } = house(&world).await;
    let desk = &firm.desk;
    let (employees, users) = (desk.employees(), desk.users());
    let boss = employees
        .add(NewEmployee::new("Bo", "Boss").email("bo@nordwind.example"))
        .await
        .unwrap();
    let kate = NewEmployee::new("Kate", "O'Hara; \"KOH\"")
        .signature("KOH")
        .email("kate@nordwind.example");
    let kate = employees.add(kate.supervisor(boss.id).unit(berlin.id)).await.unwrap();
    let scoped = Access::role(role.id).within([berlin.id, kiosk.id]);
    let prices = tenure::Permission::new("prices.change").unwrap();
    let scoped = scoped.and_permission(prices).within([berlin.id]).without_invitation();
    let user = users.create_for(kate.id, scoped).await.unwrap();
    users.activate(user.id).await.unwrap();
    users
        .edit_profile(user.id, tenure::ProfileEdit::new().locale("sv").display_name("Katja"))
        .await
        .unwrap();
    let left = users
        .create_for(boss.id, Access::none().without_invitation())
        .await
        .unwrap();
    users.activate(left.id).await.unwrap();
    users.disable(left.id).await.unwrap();
    let named = NewUser::new("Kim", "Kunde", "kim@kiosk.example")
        .user_name("kimk")
        .time_zone("Europe/Paris");
    users
        .create_external(named, kiosk.id, Access::none().without_invitation())
        .await
        .unwrap();
    let robot = NewUser::new("Till", "Robot", "till@nordwind.example");
    users.create_program(robot, Access::role(role.id)).await.unwrap();

    let rows = exported(desk).await;
    assert_eq!((rows.employees.len(), rows.users.len()), (3, 5));
    let secrets = serde_json::to_string(&(&rows.employees, &rows.users)).unwrap();
    assert!(!secrets.contains("$argon2"), "no hash leaves the house");

    // Another tenant with the same units and roles; its owner is there already.
    let other = World::open(crate::support::Backing::Memory, Policy::default());
    let there = house(&other).await;
    let mut import = rows.clone();
    import.employees.retain(|row| row.first_name != "Ada");
    import.users.retain(|row| row.first_name.as_deref() != Some("Ada"));
    there.firm.desk.bulk().import(&import).await.unwrap();
    let again = exported(&there.firm.desk).await;
    let by_name = |rows: &Import| {
        let mut rows = rows.clone();
        rows.employees.retain(|row| row.first_name != "Ada");
        rows.users.retain(|row| row.first_name.as_deref() != Some("Ada"));
        // Who has no signature is called by an id, which is another one there.
        let called: Vec<_> = rows.employees.iter().filter_map(|row| row.reference.clone()).collect();
        let rename = |name: &mut Option<String>| {
            if let Some(at) = called.iter().position(|it| Some(it) == name.as_ref()) {
                *name = Some(format!("#{at}"));
            }
        };
        for row in &mut rows.employees {
            rename(&mut row.reference);
            rename(&mut row.supervisor);
        }
        for row in &mut rows.users {
            rename(&mut row.employee);
        }
        rows.users.sort_by_key(|row| row.email.clone());
        (rows.employees, rows.users)
    };
    assert_eq!(by_name(&again), by_name(&rows));

    // A part of the tree is all that its administrator takes out.
    let reads = |permission| Grant::permission(permission, Scope::from([kiosk.id]));
    let mut access = Access::none().member_of([kiosk.id]);
    access.grants = vec![reads(permissions::USERS_READ), reads(permissions::EMPLOYEES_READ)];
    let local = world.join(&firm.desk, "Local", access).await;
    let part = exported(&local.desk).await;
    assert_eq!(
        part.employees
            .iter()
            .map(|row| row.first_name.as_str())
            .collect::<Vec<_>>(),
        ["Local"]
    );
    let mut shown: Vec<_> = part.users.iter().map(|row| row.first_name.clone().unwrap()).collect();
    shown.sort();
    assert_eq!(shown, ["Kate", "Kim", "Local"], "whoever has to do with the unit");
}

async fn d3_a_status_is_changed_for_all_or_for_none(world: World) {
    let House { firm, .. } = house(&world).await;
    let desk = &firm.desk;
    let many = desk.bulk().import(&clients(0..400, "active")).await.unwrap().users;
    let set_up = desk.bulk().import(&clients(400..401, "inactive")).await.unwrap().users[0];
    let before = world.picture(&[firm.id()]).await;
    let stranger = tenure::id::UserId::from_uuid(*firm.id().as_uuid());
    let list = [many[0], set_up, firm.owner.id, stranger, many[0]];
    let rows = refused(desk.bulk().change_status(list, StatusChange::Deactivate).await);
    let wrong_status = Denied::WrongStatus {
        verb: "deactivate",
        status: tenure::model::StatusKind::SetUp,
    };
    let not_found = Denied::NotFound { what: RecordKind::User };
    let expected = [
        (Part::Users, 2, vec![wrong_status]),
        (Part::Users, 3, vec![Denied::OwnerProtected]),
        (Part::Users, 4, vec![not_found]),
        (Part::Users, 5, vec![wrong(&[("user", Problem::RepeatsRow { row: 1 })])]),
    ];
    assert_eq!(reasons(rows), expected);
    assert!(world.picture(&[firm.id()]).await == before);

    let events = world.events(firm.id()).await.len();
    let suspension = Suspension::open_ended().because("a closed shop");
    let changed = desk
        .bulk()
        .change_status(many.clone(), StatusChange::Suspend(suspension))
        .await
        .unwrap();
    assert_eq!(changed.len(), 400);
    assert_eq!(desk.seats().count().await.unwrap().used, 1);
    let told = world.events(firm.id()).await.split_off(events);
    let suspended = told
        .iter()
        .filter(|it| matches!(&it.event.what, What::StatusChanged { verb, .. } if verb == "suspend"));
    assert_eq!(suspended.count(), 400, "one event each");
    let counts = told.iter().filter_map(|it| it.event.affected);
    assert!(
        counts.into_iter().all(|it| it == tenure::model::Affected::Records(0)),
        "nobody had a session"
    );
    desk.bulk().change_status(many, StatusChange::Reinstate).await.unwrap();
    assert_eq!(desk.seats().count().await.unwrap().used, 401);

    // Those beside the owner who administer can all go, but not the last.
    let other = world.administrator(&firm, "Otto").await;
    let reader = world
        .join(desk, "Reader", Access::none().and_permission(permissions::USERS_READ))
        .await;
    let change = reader
        .desk
        .bulk()
        .change_status([other.user.id], StatusChange::Disable)
        .await;
    assert_eq!(denied(change), Denied::Forbidden);
    let list = [other.user.id, reader.user.id];
    desk.bulk().change_status(list, StatusChange::Disable).await.unwrap();
    let ended = world.principal(&other.login).await;
    assert_eq!(denied(ended), Denied::NotSignedIn, "E4: their sessions are over");
}

async fn d1_many_are_activated_while_there_are_seats(world: World) {
    let firm = firm_of(&world, 3).await;
    firm.desk.units().add(NewUnit::client("Kiosk")).await.unwrap();
    let users = firm.desk.bulk().import(&clients(0..4, "inactive")).await.unwrap().users;
    let rows = refused(
        firm.desk
            .bulk()
            .change_status(users.clone(), StatusChange::Activate)
            .await,
    );
    let none = || vec![Denied::NoSeat { limit: 3 }];
    assert_eq!(reasons(rows), [(Part::Users, 3, none()), (Part::Users, 4, none())]);
    firm.desk
        .bulk()
        .change_status(users[..2].to_vec(), StatusChange::Activate)
        .await
        .unwrap();
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 3);
}
