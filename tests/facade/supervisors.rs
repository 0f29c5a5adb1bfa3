//! Who reports to whom, and how far down (IF6, D2).

use tenure::id::EmployeeId;
use tenure::model::{Employee, RecordKind, permissions};
use tenure::{Access, Denied, EmployeeRow, Grant, Import, Listing, NewEmployee, NewUnit, Policy, Reports, Scope};

use crate::support::{Firm, World, denied, for_every_store};

for_every_store!(Policy::default();
    d2_a_line_grows_too_long_at_neither_end,
    if6_who_reports_to_somebody_directly_or_at_all,
);

const TOO_DEEP: Denied = Denied::TooDeep {
    what: RecordKind::Employee,
    max: Employee::MAX_LEVELS,
};

/// A line of so many, from the top down.
async fn line(firm: &Firm, name: &str, levels: usize) -> Vec<EmployeeId> {
    let rows = (0..levels).map(|level| {
        let mut row = EmployeeRow::new(name, "Example");
        row.signature = Some(format!("{name}{level}"));
        row.supervisor = level.checked_sub(1).map(|above| format!("{name}{above}"));
        row
    });
    let import = Import::new().employees(rows);
    firm.desk.bulk().import(&import).await.unwrap().employees
}

async fn d2_a_line_grows_too_long_at_neither_end(world: World) {
    let firm = world.found().await;
    let (a, b) = (line(&firm, "A", 34).await, line(&firm, "B", 32).await);
    let employees = firm.desk.employees();
    let fits = Some(a[31]);
    assert_eq!(denied(employees.change_supervisor(b[0], Some(a[32])).await), TOO_DEEP);
    let too_low = NewEmployee::new("B", "Example").supervisor(a[33]);
    assert_eq!(denied(employees.edit(b[0], too_low).await), TOO_DEEP);
    assert_eq!(
        employees.change_supervisor(b[0], fits).await.unwrap().supervisor,
        fits,
        "32 and 32 are 64"
    );
    // An edit that leaves the line as it is looks at nobody below.
    let renamed = NewEmployee::new("Bea", "Example").signature("B0").supervisor(a[31]);
    employees.edit(b[0], renamed).await.unwrap();

    // All at once: 31 come to stand below the lowest of a line of 33, and then of 34.
    employees.change_supervisor(b[0], None).await.unwrap();
    assert_eq!(denied(employees.move_reports(b[0], a[33]).await), TOO_DEEP);
    employees.move_reports(b[0], a[32]).await.unwrap();
    assert_eq!(employees.get(b[1]).await.unwrap().supervisor, Some(a[32]));

    // Whoever takes the place of their supervisor puts nobody lower.
    let (lowest, before) = (b[31], b[30]);
    let beside = NewEmployee::new("C", "Example").supervisor(before);
    let beside = employees.add(beside).await.unwrap().id;
    employees.move_reports(before, lowest).await.unwrap();
    assert_eq!(employees.get(beside).await.unwrap().supervisor, Some(lowest));
    let below = NewEmployee::new("D", "Example").supervisor(beside);
    assert_eq!(denied(employees.add(below).await), TOO_DEEP);
}

async fn if6_who_reports_to_somebody_directly_or_at_all(world: World) {
    let firm = world.found().await;
    let ids = line(&firm, "A", 3).await;
    let unit = firm.desk.units().add(NewUnit::department("Berlin")).await.unwrap().id;
    let placed = NewEmployee::new("A", "Example").supervisor(ids[1]).unit(unit);
    firm.desk.employees().edit(ids[2], placed).await.unwrap();
    let listed = async |desk: &tenure::Desk, of, how_far| {
        let reports = desk.employees().reports(of, how_far, Listing::new()).await.unwrap();
        reports.items.iter().map(|employee| employee.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(&firm.desk, ids[0], Reports::Direct).await, [ids[1]]);
    assert_eq!(listed(&firm.desk, ids[0], Reports::All).await, ids[1..]);
    assert_eq!(listed(&firm.desk, ids[2], Reports::All).await, []);

    // Whoever sees a part sees those of it, and without the permission nobody.
    let access = |grants| {
        let mut access = Access::none().member_of([unit]);
        access.grants = grants;
        access
    };
    let reads = Grant::permission(permissions::EMPLOYEES_MANAGE, Scope::from([unit]));
    let local = world.join(&firm.desk, "Local", access(vec![reads])).await;
    assert_eq!(listed(&local.desk, ids[0], Reports::All).await, [ids[2]]);
    assert_eq!(listed(&local.desk, ids[0], Reports::Direct).await, []);
    let nobody = world.join(&firm.desk, "Nobody", access(vec![])).await;
    let employees = nobody.desk.employees();
    let reports = employees.reports(ids[0], Reports::All, Listing::new()).await;
    assert_eq!(denied(reports), Denied::Forbidden);
}
