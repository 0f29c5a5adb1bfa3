//! Bulk acts are no way around what the single ones promise, and no way to bring the program down.

use tenure::desk::Desk;
use tenure::model::{RecordKind, StatusKind, What, permissions};
use tenure::rules::bulk::MOST_CHANGED;
use tenure::{
    Access, ChangeAddress, Denied, EmployeeRow, Error, EventSearch, FieldError, Grant, Import, InitialStatus, Listing,
    NewEmployee, NewRole, NewUnit, NewUser, OrgUnit, Part, Policy, Problem, ProfileEdit, RefusedRow, Scope,
    SeatContract, SortBy, StatusChange, Suspension, User, UserRow,
};
use time::Duration;

use crate::support::{Firm, Member, World, denied, for_every_store};

for_every_store!(Policy::default();
    p8_i6_only_the_hosts_own_code_brings_passwords,
    r4_an_import_tells_nothing_of_people_in_others_care,
    r4_whom_the_actor_does_not_see_an_export_calls_by_id,
    bi4_the_user_name_of_an_imported_employee_is_what_the_policy_wants,
    d2_a_ring_of_many_rows_is_told_in_few_words,
    d3_no_act_is_of_more_than_can_be_held,
    if8_many_whose_addresses_changed_by_time_are_changed_in_one_act,
    d1_what_time_has_freed_is_free_for_many_too,
    a4_names_that_grow_when_they_are_folded_end_no_list,
);

/// `password`, with the weakest parameters.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBzYWx0eSBieQ$UUSHcYvX5y9PoUJyjOP8DYMwTLsbjacmr26EdYs0qGw";

fn rows(result: Result<impl std::fmt::Debug, Error>) -> Vec<(Part, u32, Vec<Denied>)> {
    let Denied::RowsRefused { rows } = denied(result) else {
        panic!("other than rows")
    };
    told(rows)
}

fn told(rows: Vec<RefusedRow>) -> Vec<(Part, u32, Vec<Denied>)> {
    rows.into_iter().map(|row| (row.part, row.row, row.reasons)).collect()
}

fn wrong(field: &'static str, problem: Problem) -> Denied {
    Denied::Invalid {
        fields: vec![FieldError::new(field, problem)],
    }
}

/// Berlin, and somebody who manages employees and users there and nowhere else.
async fn local(world: &World, firm: &Firm) -> (OrgUnit, Member) {
    let berlin = firm.desk.units().add(NewUnit::company("Berlin")).await.unwrap();
    let manages = |permission: tenure::Permission| Grant::permission(permission, Scope::from([berlin.id]));
    let mut access = Access::none().member_of([berlin.id]);
    access.grants = vec![
        manages(permissions::USERS_MANAGE),
        manages(permissions::EMPLOYEES_MANAGE),
    ];
    let member = world.join(&firm.desk, "Local", access).await;
    (berlin, member)
}

async fn user(desk: &Desk, name: &str, status: InitialStatus) -> User {
    let new = NewUser::new(name, "Example", format!("{}@nordwind.example", name.to_lowercase()));
    let access = Access::none().status(status).without_invitation();
    desk.users().create(new, access).await.unwrap()
}

async fn p8_i6_only_the_hosts_own_code_brings_passwords(world: World) {
    let firm = world.found().await;
    let mut row = UserRow::of_employee("KAT");
    row.password_hash = Some(HASH.to_owned());
    row.status = Some("active".to_owned());
    let mut kate = EmployeeRow::new("Kate", "Adler");
    kate.signature = Some("KAT".to_owned());
    kate.email = Some("kate@nordwind.example".to_owned());
    let import = Import::new().employees([kate]).users([row]);
    // The owner may do everything but know somebody's password.
    let before = world.picture(&[firm.id()]).await;
    let host_only = (Part::Users, 1, vec![wrong("password_hash", Problem::HostOnly)]);
    assert_eq!(
        rows(firm.desk.bulk().import(&import).await),
        std::slice::from_ref(&host_only)
    );
    let report = firm.desk.bulk().check(&import).await.unwrap();
    assert_eq!(told(report.refused), [host_only]);
    assert_eq!(world.picture(&[firm.id()]).await, before);
    // The host's own code takes over what another program kept, and the log says so.
    let host = world.tenure.system(firm.id(), "from the old system").unwrap();
    let kate = host.bulk().import(&import).await.unwrap().users[0];
    world
        .sign_in(firm.id(), "kate@nordwind.example", "password")
        .await
        .unwrap();
    let log = firm.desk.history().search_events(EventSearch::new().about(kate)).await;
    let log: Vec<What> = log.unwrap().entries.into_iter().map(|entry| entry.event.what).collect();
    assert!(matches!(log[0], What::UserCreated { .. }));
    assert_eq!(log[1], What::PasswordSet);
}

async fn r4_an_import_tells_nothing_of_people_in_others_care(world: World) {
    let firm = world.found().await;
    let (_, local) = local(&world, &firm).await;
    let paris = firm.desk.units().add(NewUnit::company("Paris")).await.unwrap();
    for (signature, has_access) in [("CEO", true), ("CFO", false)] {
        let new = NewEmployee::new(signature, "Example")
            .signature(signature)
            .unit(paris.id);
        let new = new.email(format!("{signature}@nordwind.example"));
        let employee = firm.desk.employees().add(new).await.unwrap();
        if has_access {
            let access = Access::none().without_invitation();
            firm.desk.users().create_for(employee.id, access).await.unwrap();
        }
    }
    let import = Import::new().users(["CEO", "CFO", "NOBODY"].map(UserRow::of_employee));
    let told = rows(local.desk.bulk().import(&import).await);
    // With access, without, and not there at all: the same answer, but for the number of the row.
    assert_eq!(told.len(), 3, "{told:?}");
    let unknown = FieldError::new("employee", Problem::Unknown(RecordKind::Employee));
    let same = |(part, _, reasons): &(Part, u32, Vec<Denied>)| (*part, reasons.clone());
    assert!(told.iter().all(|row| same(row) == same(&told[0])), "{told:?}");
    let [Denied::Invalid { fields }] = told[0].2.as_slice() else {
        panic!("{told:?}")
    };
    assert!(fields.contains(&unknown), "{fields:?}");
}

async fn r4_whom_the_actor_does_not_see_an_export_calls_by_id(world: World) {
    let firm = world.found().await;
    let (berlin, local) = local(&world, &firm).await;
    let add = async |new: NewEmployee| firm.desk.employees().add(new).await.unwrap();
    let chief = add(NewEmployee::new("Carla", "Chief").signature("CEO")).await;
    let lead = NewEmployee::new("Lea", "Lead").signature("LEA").unit(berlin.id);
    let lead = add(lead.supervisor(chief.id)).await;
    let clerk = NewEmployee::new("Kai", "Clerk").signature("KAI").unit(berlin.id);
    add(clerk.supervisor(lead.id)).await;
    let above = async |desk: &Desk, signature: &str| {
        let page = desk.bulk().export_employees(None, 100).await.unwrap();
        let row = page
            .items
            .into_iter()
            .find(|row| row.signature.as_deref() == Some(signature));
        row.and_then(|row| row.supervisor).unwrap()
    };
    assert_eq!(above(&firm.desk, "LEA").await, "CEO");
    assert_eq!(above(&local.desk, "LEA").await, chief.id.to_string());
    assert_eq!(above(&local.desk, "KAI").await, "LEA");
}

async fn bi4_the_user_name_of_an_imported_employee_is_what_the_policy_wants(world: World) {
    let world = world.with_policy(|policy| policy.user_name_is_address = true);
    let firm = world.found().await;
    let kate = NewEmployee::new("Kate", "Adler").signature("KAT");
    let kate = kate.email("kate@nordwind.example");
    firm.desk.employees().add(kate).await.unwrap();
    let mut row = UserRow::of_employee("KAT");
    row.user_name = Some("kate".to_owned());
    let refused = rows(firm.desk.bulk().import(&Import::new().users([row.clone()])).await);
    let not_address = vec![wrong("user_name", Problem::NotAddress)];
    assert_eq!(refused, [(Part::Users, 1, not_address)]);
    row.user_name = Some("Kate@nordwind.example".to_owned());
    firm.desk.bulk().import(&Import::new().users([row])).await.unwrap();
}

async fn d2_a_ring_of_many_rows_is_told_in_few_words(world: World) {
    let firm = world.found().await;
    let ring = 3_000;
    let row = |n: usize| {
        let mut row = EmployeeRow::new("Ring", "Example");
        row.signature = Some(format!("R{n}"));
        row.supervisor = Some(format!("R{}", (n + 1) % ring));
        row
    };
    let import = Import::new().employees((0..ring).map(row));
    let report = firm.desk.bulk().check(&import).await.unwrap();
    assert_eq!(report.refused.len(), ring, "every row is told of");
    for row in report.refused {
        let Denied::SupervisorCycle { through } = &row.reasons[0] else {
            panic!("{row:?}")
        };
        assert_eq!(through.len(), tenure::Employee::MAX_LEVELS);
    }
}

async fn d3_no_act_is_of_more_than_can_be_held(world: World) {
    let firm = world.found().await;
    let bulk = firm.desk.bulk();
    let everybody = (0..=MOST_CHANGED).map(|_| firm.owner.id);
    let refused = bulk.change_status(everybody, StatusChange::Disable).await;
    assert_eq!(denied(refused), Denied::TooManyAtOnce { max: MOST_CHANGED });
    // A hundred thousand times the same one: told a row, and in no time.
    let nobody = tenure::id::UserId::from_uuid(uuid::Uuid::from_u128(1));
    let same = (0..MOST_CHANGED).map(|_| nobody);
    let refused = rows(bulk.change_status(same, StatusChange::Disable).await);
    assert_eq!(refused.len(), MOST_CHANGED);
    let repeats = vec![wrong("user", Problem::RepeatsRow { row: 1 })];
    assert_eq!(refused[MOST_CHANGED - 1], (Part::Users, 100_000, repeats));
    // Rows beyond what one act takes are refused before anything that they name is looked up.
    let too_many = Import::new().employees((0..=Import::MAX_ROWS).map(|_| EmployeeRow::new("A", "B")));
    let max = Import::MAX_ROWS;
    let refused = denied(bulk.import(&too_many).await);
    assert_eq!(refused, wrong("employees", Problem::TooMany { max }));
    // A row with no end of rights in it.
    let mut row = UserRow::external("nowhere", "Kim", "Kunde", "kim@kiosk.example");
    row.grants = Some("x;".repeat(50_000));
    let refused = rows(bulk.import(&Import::new().users([row])).await);
    let Denied::Invalid { fields } = &refused[0].2[0] else {
        panic!("{refused:?}")
    };
    assert!(fields.len() <= Grant::MAX + 2, "{}", fields.len());
}

/// Users whose changes of address came into effect, which nobody wrote down.
async fn readdressed(world: &World, firm: &Firm, names: [&str; 2], access: &Access) -> Vec<tenure::id::UserId> {
    let mut users = Vec::new();
    for name in names {
        let member = world.join(&firm.desk, name, access.clone()).await;
        let new = format!("{name}@new.example");
        let change = ChangeAddress::new(&new, &new);
        member.desk.me().change_address(change).await.unwrap();
        users.push(member.user.id);
    }
    world.deliver().await;
    world.advance(Duration::minutes(10));
    users
}

async fn if8_many_whose_addresses_changed_by_time_are_changed_in_one_act(world: World) {
    let world = world.with_policy(|policy| {
        policy.address_change.delay = Duration::minutes(10);
        policy.address_change.confirm = false;
    });
    let firm = world.found().await;
    let role = firm.desk.roles().add(NewRole::new("Clerk")).await.unwrap();
    let to = firm.desk.roles().add(NewRole::new("Writer")).await.unwrap();
    let both = readdressed(&world, &firm, ["Pia", "Kai"], &Access::role(role.id)).await;
    // In effect, and not written down yet: each act does that for both, with a notice to each of their mailboxes.
    firm.desk.roles().move_users(role.id, to.id).await.unwrap();
    assert_eq!(world.deliver().await, 4);
    for (user, name) in both.iter().zip(["Pia", "Kai"]) {
        let moved = firm.desk.users().get(*user).await.unwrap();
        assert_eq!(
            (moved.roles(), moved.address.as_str()),
            ([to.id].into(), format!("{name}@new.example").as_str())
        );
    }
    let both = readdressed(&world, &firm, ["Ute", "Ida"], &Access::none()).await;
    let suspend = StatusChange::Suspend(Suspension::open_ended());
    let suspended = firm.desk.bulk().change_status(both, suspend).await.unwrap();
    assert!(suspended.iter().all(|user| user.status.kind() == StatusKind::Suspended));
    assert_eq!(world.deliver().await, 4);
}

async fn d1_what_time_has_freed_is_free_for_many_too(world: World) {
    let firm = world.found().await;
    let host = world.tenure.system(firm.id(), "contract").unwrap();
    let seats = SeatContract {
        contracted: 3,
        limit: Some(3),
    };
    host.tenant().change_seat_contract(seats).await.unwrap();
    let invited = NewUser::new("Ivy", "Example", "ivy@nordwind.example");
    firm.desk.users().create(invited, Access::none()).await.unwrap();
    user(&firm.desk, "Active", InitialStatus::Active).await;
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 3);
    let waiting = NewUser::new("Will", "Wait", "will@nordwind.example");
    let waiting = firm
        .desk
        .users()
        .create(waiting, Access::none().without_invitation())
        .await
        .unwrap();
    let activate = async || host.bulk().change_status([waiting.id], StatusChange::Activate).await;
    let no_seat = vec![Denied::NoSeat { limit: 3 }];
    assert_eq!(rows(activate().await), [(Part::Users, 1, no_seat)]);
    // The invitation is over, and nobody wrote that down.
    world.advance(Duration::days(22));
    let activated = activate().await.unwrap();
    assert!(activated[0].is_active());
}

async fn a4_names_that_grow_when_they_are_folded_end_no_list(world: World) {
    let firm = world.found().await;
    // One character of these is eighteen when it is folded.
    let long = "\u{fdfa}".repeat(100);
    for (first, email) in [("A", "a@nordwind.example"), ("B", "b@nordwind.example")] {
        let new = NewUser::new(first, &long, email);
        firm.desk
            .users()
            .create(new, Access::none().without_invitation())
            .await
            .unwrap();
    }
    let me = ProfileEdit::new().last_name(&long);
    firm.desk.me().edit_profile(me).await.unwrap();
    let listing = || Listing::new().sort(SortBy::LastName).limit(1);
    let (mut seen, mut after) = (0, None);
    loop {
        let page = firm.desk.users().list(listing().after(after)).await.unwrap();
        seen += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, 3);
}
