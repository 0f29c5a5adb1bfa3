//! The group invoice flow, as its help page “View/edit/delete users” describes it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenure::id::EmployeeId;
use tenure::model::{ExternalIdentity, What};
use tenure::text::{Name, Subject};
use tenure::{
    Access, Blocker, ChangeAddress, DeletionGuard, Denied, Error, Grant, Listing, NewEmployee, NewRole, NewUnit,
    NewUser, Permission, Policy, ProfileEdit, Provider, Scope, SortBy, Start, TenantId, User, UserEdit, is_assignable,
};
use time::Duration;

use crate::support::{Firm, OWNERS, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::invoice_flow();
    the_page_step_by_step,
    if1_in_part_users_belong_to_the_tenant_whatever_company_they_work_for,
    if2_lists_by_company_and_by_state,
    if1_those_connected_to_no_company_are_listed,
    if3_lists_are_sorted_by_any_shown_column_both_ways,
    if5_search_by_signature_names_and_supervisor_with_wildcards,
    if4_a_user_set_up_ahead_becomes_active_by_hand_or_on_the_day,
    if4_a_user_who_accepted_waits_for_the_first_day,
    if1_by_policy_a_user_is_connected_to_a_company,
    if7_a_user_is_edited_with_their_companies_and_what_is_kept_per_company,
    if7_concurrent_edits_never_overwrite_each_other_silently,
    if6_everyone_under_one_supervisor_moves_to_another_in_one_act,
    if6_a_single_supervisor_is_changed_and_cycles_are_named,
    if8_the_new_login_address_works_after_10_minutes_and_the_old_one_until_then,
    if8_who_has_the_old_mailbox_can_stop_it_within_the_10_minutes,
    if10_in_part_a_user_of_an_external_provider_gets_no_password_here,
    if11_deleting_names_all_blockers_at_once_each_with_a_count_and_a_way_out,
    if11_deleting_removes_the_user_and_all_company_connections,
    if11_a_check_that_fails_stands_against_the_deletion,
    if11_while_the_checks_run_the_user_takes_on_nothing_new,
    if9_an_administrator_sends_a_link_to_a_new_password,
    if9_an_administrator_has_a_one_time_password_sent_where_the_policy_says_so,
    if10_the_password_of_whom_a_provider_signs_in_is_changed_there,
    if12_anybody_may_ask_for_a_new_password_at_the_login_page,
);

/// The host's checks: queue, references and flow templates, invoices in the flow.
#[derive(Debug, Default)]
struct Invoices {
    blockers: Mutex<Vec<Blocker>>,
    fails: Mutex<bool>,
    asked_about: Mutex<Vec<User>>,
}

impl Invoices {
    fn say(&self, blockers: impl Into<Vec<Blocker>>) {
        *self.blockers.lock().unwrap() = blockers.into();
    }
}

#[async_trait]
impl DeletionGuard for Invoices {
    fn name(&self) -> &'static str {
        "invoices"
    }

    async fn blockers(
        &self,
        _: TenantId,
        user: &User,
    ) -> Result<Vec<Blocker>, Box<dyn std::error::Error + Send + Sync>> {
        self.asked_about.lock().unwrap().push(user.clone());
        if *self.fails.lock().unwrap() {
            return Err("the invoice archive cannot be reached".into());
        }
        Ok(self.blockers.lock().unwrap().clone())
    }
}

fn blockers() -> [Blocker; 3] {
    [
        Blocker::new("queue", "invoices in the personal queue", 4, "empty the queue"),
        Blocker::new(
            "references",
            "references and flow templates",
            2,
            "link them to somebody else",
        ),
        Blocker::new("active_invoices", "reviewed or attested invoices", 7, "final post them"),
    ]
}

fn with_checks(world: World) -> (World, Arc<Invoices>) {
    let invoices = Arc::new(Invoices::default());
    let guard = invoices.clone();
    (world.with(|builder| builder.deletion_guard(guard)), invoices)
}

async fn employee(world: &Firm, name: &str, supervisor: Option<EmployeeId>) -> EmployeeId {
    let mut new = NewEmployee::new(name, "Karlsson");
    new.supervisor = supervisor;
    world.desk.employees().add(new).await.unwrap().id
}

async fn supervisor_of(firm: &Firm, employee: EmployeeId) -> Option<EmployeeId> {
    firm.desk.employees().get(employee).await.unwrap().supervisor
}

async fn the_page_step_by_step(world: World) {
    let (world, invoices) = with_checks(world);
    let firm = world.found().await;
    let desk = &firm.desk;
    // Users and companies: administered per installation; connected to their companies.
    let north = desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    let south = desk.units().add(NewUnit::company("Syd AB")).await.unwrap().id;
    let anna = world
        .join(desk, "Anna", Access::none().member_of([north, south]))
        .await
        .user;
    let bertil = NewUser::new("Bertil", "Example", "bertil@nordwind.example");
    // Inactive users: set up well in advance of the employment.
    let bertil = desk
        .users()
        .create(bertil, Access::none().member_of([south]))
        .await
        .unwrap();

    // View users: the company, the state, “View”.
    assert_eq!(world.names(desk, Listing::new()).await, ["Ada", "Anna", "Bertil"]);
    assert_eq!(world.names(desk, Listing::new().within(north)).await, ["Anna"]);
    assert_eq!(
        world.names(desk, Listing::new().status(["active"]).within(south)).await,
        ["Anna"]
    );
    assert_eq!(
        world
            .names(desk, Listing::new().status(["inactive"]).within(south))
            .await,
        ["Bertil"]
    );

    // Change supervisor: Anders Karlsson is replaced by Jonas Johansson.
    let anders = employee(&firm, "Anders", None).await;
    let jonas = employee(&firm, "Jonas", None).await;
    let carl = employee(&firm, "Carl", Some(anders)).await;
    desk.employees().move_reports(anders, jonas).await.unwrap();
    assert_eq!(supervisor_of(&firm, carl).await, Some(jonas));

    // Edit an existing user: the companies.
    desk.users().change_memberships(bertil.id, [north]).await.unwrap();
    assert_eq!(
        world.names(desk, Listing::new().within(north)).await,
        ["Anna", "Bertil"]
    );

    // Delete an existing user: refused while anything is open; then confirmed.
    invoices.say(blockers());
    assert_eq!(denied(desk.users().delete(anna.id).await).code(), "blocked");
    invoices.say([]);
    assert_eq!(desk.users().deletion_report(anna.id).await.unwrap().blockers, []);
    desk.users().delete(anna.id).await.unwrap();
    assert_eq!(world.names(desk, Listing::new().within(north)).await, ["Bertil"]);
}

async fn if1_in_part_users_belong_to_the_tenant_whatever_company_they_work_for(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let north = desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    let south = desk.units().add(NewUnit::company("Syd AB")).await.unwrap().id;
    let person = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    for (name, companies) in [
        ("Anna", vec![north]),
        ("Bo", vec![south]),
        ("Cia", vec![north, south]),
        ("Dan", vec![]),
    ] {
        desk.users()
            .create(person(name), Access::none().member_of(companies))
            .await
            .unwrap();
    }
    // All are listed and edited without a company being chosen, also those connected to none.
    let all = desk.users().list(Listing::new()).await.unwrap().items;
    assert_eq!(all.len(), 5);
    for user in all.iter().filter(|user| user.id != firm.owner.id) {
        desk.users().activate(user.id).await.unwrap();
    }
    let dan = all
        .iter()
        .find(|user| user.profile.first_name.as_str() == "Dan")
        .unwrap();
    assert_eq!(dan.units(), [].into());
    let dan = desk.users().change_memberships(dan.id, [south]).await.unwrap();
    assert_eq!(dan.units(), [south].into());
}

async fn if2_lists_by_company_and_by_state(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let group = desk.units().add(NewUnit::company("Group")).await.unwrap().id;
    let north = desk
        .units()
        .add(NewUnit::company("Nord AB").below(group))
        .await
        .unwrap()
        .id;
    let south = desk
        .units()
        .add(NewUnit::company("Syd AB").below(group))
        .await
        .unwrap()
        .id;
    for (name, company, active) in [
        ("Anna", north, true),
        ("Bo", north, false),
        ("Cia", south, true),
        ("Dan", south, false),
    ] {
        world.advance(Duration::SECOND);
        let person = NewUser::new(name, "Example", format!("{name}@nordwind.example"));
        let user = desk
            .users()
            .create(person, Access::none().member_of([company]))
            .await
            .unwrap();
        if active {
            desk.users().activate(user.id).await.unwrap();
        }
    }
    let list = async |listing| world.names_in_order(desk, listing).await;
    let all = Listing::new;
    assert_eq!(list(all()).await, ["Ada", "Anna", "Bo", "Cia", "Dan"]);
    assert_eq!(list(all().status(["active"])).await, ["Ada", "Anna", "Cia"]);
    assert_eq!(list(all().status(["inactive"])).await, ["Bo", "Dan"]);
    assert_eq!(
        list(all().status(["active", "inactive"])).await,
        ["Ada", "Anna", "Bo", "Cia", "Dan"]
    );
    assert_eq!(list(all().within(north)).await, ["Anna", "Bo"]);
    assert_eq!(list(all().within(south).status(["inactive"])).await, ["Dan"]);
    assert_eq!(list(all().within(group)).await, ["Anna", "Bo", "Cia", "Dan"]);
    assert_eq!(
        list(all().within(group).descending()).await,
        ["Dan", "Cia", "Bo", "Anna"]
    );

    // Page by page, with the count of all.
    let page = desk
        .users()
        .list(all().within(group).limit(3).count_up_to(100))
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.total), (3, Some(4)));
    let rest = desk
        .users()
        .list(all().within(group).limit(3).after(page.next))
        .await
        .unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

async fn if1_those_connected_to_no_company_are_listed(world: World) {
    let firm = world.found().await;
    let north = firm.desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    world.join(&firm.desk, "Anna", Access::none().member_of([north])).await;
    let bo = world.join(&firm.desk, "Bo", Access::none()).await.user;
    let names = async |has| world.names(&firm.desk, Listing::new().has_unit(has)).await;
    assert_eq!(names(false).await, ["Ada", "Bo"]);
    assert_eq!(names(true).await, ["Anna"]);
    firm.desk.users().change_memberships(bo.id, [north]).await.unwrap();
    assert_eq!(names(false).await, ["Ada"]);
}

/// Employees with their users, as the list shows them: signature, first name, last name, and whom they report to.
async fn staff(firm: &Firm) {
    let desk = &firm.desk;
    let mut supervisor = None;
    for (signature, first, last) in [
        ("KAN", "Karin", "Ångström"),
        ("BER", "Bertil", "Andersson"),
        ("ÄLM", "Anna", "Älmeby"),
        ("ZOR", "Örjan", "von Essen"),
    ] {
        let address = format!(
            "{}@nordwind.example",
            last.to_lowercase().replace(['å', 'ä', 'ö', ' '], "x")
        );
        let employee = NewEmployee::new(first, last).email(address).signature(signature);
        let employee = match supervisor {
            Some(supervisor) => employee.supervisor(supervisor),
            None => employee,
        };
        let employee = desk.employees().add(employee).await.unwrap();
        supervisor = supervisor.or(Some(employee.id));
        desk.users().create_for(employee.id, Access::none()).await.unwrap();
    }
}

async fn if3_lists_are_sorted_by_any_shown_column_both_ways(world: World) {
    let firm = world.found().await;
    staff(&firm).await;
    // Ada, who founded the tenant, has no signature and was the only one to log in.
    for (column, expected) in [
        (SortBy::Signature, ["Ada", "Anna", "Bertil", "Karin", "Örjan"]),
        (SortBy::FirstName, ["Ada", "Anna", "Bertil", "Karin", "Örjan"]),
        (SortBy::LastName, ["Anna", "Bertil", "Karin", "Ada", "Örjan"]),
        (SortBy::DisplayName, ["Ada", "Anna", "Bertil", "Karin", "Örjan"]),
        (SortBy::UserName, ["Ada", "Bertil", "Örjan", "Anna", "Karin"]),
        (SortBy::Address, ["Ada", "Bertil", "Örjan", "Anna", "Karin"]),
    ] {
        let mut expected = expected.map(str::to_owned).to_vec();
        let list = async |listing: Listing| world.names_in_order(&firm.desk, listing.sort(column)).await;
        assert_eq!(list(Listing::new()).await, expected, "{column:?}");
        expected.reverse();
        assert_eq!(
            list(Listing::new().descending()).await,
            expected,
            "{column:?}, the other way round"
        );
    }
    let by_status = Listing::new().sort(SortBy::Status);
    assert_eq!(
        world.names_in_order(&firm.desk, by_status).await[0],
        "Ada",
        "active before inactive"
    );
    let by_login = Listing::new().sort(SortBy::LastLogin).descending();
    assert_eq!(world.names_in_order(&firm.desk, by_login).await[0], "Ada");
}

async fn if5_search_by_signature_names_and_supervisor_with_wildcards(world: World) {
    use tenure::text::SearchField::{FirstName, LastName, Signature};
    let firm = world.found().await;
    staff(&firm).await;
    let found = async |listing: Listing| world.names(&firm.desk, listing).await;
    let all = Listing::new;
    assert_eq!(found(all().search_in(Signature, "b*")).await, ["Bertil"]);
    assert_eq!(found(all().search_in(Signature, "%r")).await, ["Bertil", "Örjan"]);
    assert_eq!(
        found(all().search_in(FirstName, "*a*n*")).await,
        ["Anna", "Karin", "Örjan"]
    );
    assert_eq!(found(all().search_in(LastName, "an*n")).await, ["Bertil"]);
    assert_eq!(found(all().search_in(LastName, "ång%m")).await, ["Karin"]);
    assert_eq!(
        found(all().search_in(LastName, "a_*")).await,
        [""; 0],
        "an underscore is one"
    );
    assert_eq!(found(all().search_in(LastName, "von e")).await, ["Örjan"]);
    assert_eq!(found(all().supervisor("kan")).await, ["Anna", "Bertil", "Örjan"]);
    assert_eq!(
        found(all().supervisor("karin å*").search_in(LastName, "*son")).await,
        ["Bertil"]
    );
    assert_eq!(found(all().supervisor("bertil")).await, [""; 0]);
    let page = firm
        .desk
        .employees()
        .list(all().supervisor("kan").total())
        .await
        .unwrap();
    assert_eq!(page.total, Some(3));
    let page = firm.desk.employees().list(all().search("älm* anna")).await.unwrap();
    assert_eq!(page.items.len(), 1);
}

async fn if4_a_user_set_up_ahead_becomes_active_by_hand_or_on_the_day(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let person = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    let (first_day, access) = (world.ahead(Duration::days(10)), Access::none());
    let by_hand = desk.users().create(person("Anna"), access.clone()).await.unwrap();
    let on_the_day = desk
        .users()
        .create(person("Bo"), access.starting(Start::At(first_day)))
        .await
        .unwrap();
    assert!(!by_hand.is_active() && !on_the_day.is_active());
    // A set day keeps a seat from when it is set, so that it can come.
    assert_eq!(desk.seats().count().await.unwrap().used, 2);

    // Made active and inactive by an administrator at any time.
    for _ in 0..2 {
        assert!(desk.users().activate(by_hand.id).await.unwrap().is_active());
        assert!(!desk.users().deactivate(by_hand.id).await.unwrap().is_active());
    }

    // The day can be put off and cleared; it comes by itself, to the microsecond.
    let later = world.ahead(Duration::days(12));
    desk.users().schedule_start(on_the_day.id, None).await.unwrap();
    assert_eq!(desk.seats().count().await.unwrap().used, 1);
    desk.users().schedule_start(on_the_day.id, Some(later)).await.unwrap();
    let active = async || {
        let ada = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
        world
            .names(&world.desk(&ada).await, Listing::new().status(["active"]))
            .await
    };
    world.clock.set(later.saturating_add(-Duration::MICROSECOND));
    assert_eq!(active().await, ["Ada"]);
    world.clock.set(later);
    assert_eq!(active().await, ["Ada", "Bo"]);
    assert_eq!(world.tenure.settle_due(Some(firm.id())).await.unwrap(), 1);
    assert_eq!(active().await, ["Ada", "Bo"]);
}

async fn if4_a_user_who_accepted_waits_for_the_first_day(world: World) {
    let firm = world.found().await;
    let person = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
    let first_day = world.ahead(Duration::days(10));
    let on_the_day = Access::none().starting(Start::At(first_day)).invite();
    firm.desk.users().create(person("Bo"), on_the_day).await.unwrap();
    let until_trained = Access::none().starting(Start::WhenActivated).invite();
    let cia = firm.desk.users().create(person("Cia"), until_trained).await.unwrap();
    let can_sign_in = async |name: &str| {
        let login = format!("{name}@nordwind.example");
        world.sign_in(firm.id(), &login, PASSWORD).await.is_ok()
    };
    // Both set their password now, and cannot log in before the day or the training.
    for name in ["Bo", "Cia"] {
        let accepted = world.accept(&format!("{name}@nordwind.example")).await.unwrap();
        assert!(!accepted.is_active());
        assert!(!can_sign_in(name).await);
    }
    firm.desk.users().activate(cia.id).await.unwrap();
    assert!(can_sign_in("Cia").await);
    world.clock.set(first_day.saturating_add(-Duration::MICROSECOND));
    assert!(!can_sign_in("Bo").await);
    world.clock.set(first_day);
    assert!(can_sign_in("Bo").await);
}

async fn if6_everyone_under_one_supervisor_moves_to_another_in_one_act(world: World) {
    let firm = world.found().await;
    let boss = employee(&firm, "Boss", None).await;
    let anders = employee(&firm, "Anders", Some(boss)).await;
    let jonas = employee(&firm, "Jonas", Some(anders)).await;
    let mut team = Vec::new();
    for number in 0..5 {
        team.push(employee(&firm, &format!("Member {number}"), Some(anders)).await);
    }
    // Jonas reports to Anders himself, so he takes Anders' supervisor.
    firm.desk.employees().move_reports(anders, jonas).await.unwrap();
    assert_eq!(supervisor_of(&firm, jonas).await, Some(boss));
    for member in &team {
        assert_eq!(supervisor_of(&firm, *member).await, Some(jonas));
    }
    assert_eq!(
        supervisor_of(&firm, anders).await,
        Some(boss),
        "Anders stays where he is"
    );

    // One act: one commit, one event with the count.
    let events = world.events(firm.id()).await;
    let moved: Vec<_> = events
        .iter()
        .filter(|entry| matches!(entry.event.what, What::ReportsMoved { .. }))
        .collect();
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].event.affected, Some(tenure::model::Affected::Records(5)));
    let listed = firm
        .desk
        .employees()
        .list(Listing::new().reports_to(jonas))
        .await
        .unwrap();
    assert_eq!(listed.items.len(), 5);

    // To somebody far below: a cycle, which is named; nothing is written.
    let below = employee(&firm, "Below", Some(team[0])).await;
    let before = world.picture(&[firm.id()]).await;
    let refused = denied(firm.desk.employees().move_reports(jonas, below).await);
    let through = vec![below, team[0], jonas];
    assert_eq!(refused, Denied::SupervisorCycle { through });
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn if6_a_single_supervisor_is_changed_and_cycles_are_named(world: World) {
    let firm = world.found().await;
    let a = employee(&firm, "A", None).await;
    let b = employee(&firm, "B", Some(a)).await;
    let c = employee(&firm, "C", Some(b)).await;
    let change = async |employee, supervisor| firm.desk.employees().change_supervisor(employee, supervisor).await;
    assert_eq!(
        denied(change(a, Some(c)).await),
        Denied::SupervisorCycle { through: vec![c, b, a] }
    );
    assert_eq!(
        denied(change(a, Some(a)).await),
        Denied::SupervisorCycle { through: vec![a] }
    );
    change(c, Some(a)).await.unwrap();
    assert_eq!(supervisor_of(&firm, c).await, Some(a));
    change(b, Some(c)).await.unwrap();
    change(c, None).await.unwrap();
    assert_eq!(supervisor_of(&firm, c).await, None);
}

async fn if8_the_new_login_address_works_after_10_minutes_and_the_old_one_until_then(world: World) {
    let firm = world.found().await;
    let (old, new) = ("anna@nordwind.example", "anna@nord.example");
    for by_administrator in [true, false] {
        let (old, new) = if by_administrator { (old, new) } else { (new, old) };
        let anna = if by_administrator {
            world.join(&firm.desk, "Anna", Access::none()).await.user
        } else {
            let login = world.sign_in(firm.id(), old, PASSWORD).await.unwrap();
            let desk = world.desk(&login).await;
            desk.me().change_address(ChangeAddress::new(new, new)).await.unwrap()
        };
        if by_administrator {
            let administrator = world.sign_in(firm.id(), "ada@nordwind.example", OWNERS).await.unwrap();
            let desk = world.desk(&administrator).await;
            desk.users().change_address(anna.id, new).await.unwrap();
        }
        world.deliver().await;
        world.advance(Duration::minutes(10) - Duration::MICROSECOND);
        world.sign_in(firm.id(), old, PASSWORD).await.unwrap();
        assert!(world.sign_in(firm.id(), new, PASSWORD).await.is_err());
        world.advance(Duration::MICROSECOND);
        let login = world.sign_in(firm.id(), new, PASSWORD).await.unwrap();
        assert_eq!(login.user, anna.id);
        assert!(world.sign_in(firm.id(), old, PASSWORD).await.is_err());
    }
}

async fn if8_who_has_the_old_mailbox_can_stop_it_within_the_10_minutes(world: World) {
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await;
    let new = "anna@nord.example";
    firm.desk.users().change_address(anna.user.id, new).await.unwrap();
    world.deliver().await;
    let stop = world.token_to("anna@nordwind.example");
    world.advance(Duration::minutes(9));
    world.tenure.stop_address_change(&stop).await.unwrap();
    world.advance(Duration::minutes(5));
    assert!(world.sign_in(firm.id(), new, PASSWORD).await.is_err());
    world
        .sign_in(firm.id(), "anna@nordwind.example", PASSWORD)
        .await
        .unwrap();
}

async fn if10_in_part_a_user_of_an_external_provider_gets_no_password_here(world: World) {
    let place = "https://account.example.com/password";
    let world = world.with_policy(|policy| {
        let entra = Provider::new().password_place(place);
        policy.providers.insert(Name::new("Entra").unwrap(), entra);
    });
    let firm = world.found().await;
    let users = firm.desk.users();
    let anna = NewUser::new("Anna", "Example", "anna@nordwind.example");
    let anna = users.create(anna, Access::none()).await.unwrap();
    users.link_identity(anna.id, "Entra", "anna-7f3a").await.unwrap();
    users.activate(anna.id).await.unwrap();
    let elsewhere = Denied::PasswordElsewhere {
        place: Some(place.to_owned()),
    };
    assert!(elsewhere.to_string().contains(place));
    assert_eq!(denied(firm.desk.invitations().send(anna.id, None).await), elsewhere);
    let identity = ExternalIdentity {
        provider: Name::new("Entra").unwrap(),
        subject: Subject::new("anna-7f3a").unwrap(),
    };
    let login = world
        .tenure
        .sign_in_asserted(firm.id(), identity, crate::support::client())
        .await;
    assert_eq!(login.unwrap().user, anna.id);
}

async fn if11_deleting_names_all_blockers_at_once_each_with_a_count_and_a_way_out(world: World) {
    let (world, invoices) = with_checks(world);
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await;
    invoices.say(blockers());
    let report = firm.desk.users().deletion_report(anna.user.id).await.unwrap();
    assert_eq!(report.blockers, blockers());
    let refused = denied(firm.desk.users().delete(anna.user.id).await);
    let blocked = Denied::Blocked {
        blockers: blockers().to_vec(),
    };
    assert_eq!(refused, blocked);
    // Nothing is left of the attempt: they work on as before, and are not held.
    let after = firm.desk.users().get(anna.user.id).await.unwrap();
    assert_eq!((after.is_active(), after.hold), (true, None));
    world.principal(&anna.login).await.unwrap();

    // One after the other is cleared; what counts nothing blocks nothing.
    invoices.say([Blocker::new(
        "queue",
        "invoices in the personal queue",
        0,
        "empty the queue",
    )]);
    assert_eq!(
        firm.desk.users().deletion_report(anna.user.id).await.unwrap().blockers,
        []
    );
    firm.desk.users().delete(anna.user.id).await.unwrap();
}

async fn if11_deleting_removes_the_user_and_all_company_connections(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let north = desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    let role = desk.roles().add(NewRole::new("Reviewer")).await.unwrap().id;
    let anna = world.join(desk, "Anna", Access::role(role).within([north])).await;
    let in_use = |result| denied::<()>(result).code();
    assert_eq!(in_use(desk.units().remove(north).await), "in_use");
    assert_eq!(in_use(desk.roles().remove(role).await), "in_use");

    desk.users().delete(anna.user.id).await.unwrap();
    assert_eq!(denied(world.principal(&anna.login).await), Denied::NotSignedIn);
    assert_eq!(world.names(desk, Listing::new()).await, ["Ada"]);
    assert_eq!(world.names(desk, Listing::new().within(north)).await, [""; 0]);
    // Nothing holds the company, the role or the address any more; the employee stays in the register.
    desk.units().remove(north).await.unwrap();
    desk.roles().remove(role).await.unwrap();
    let again = NewUser::new("Anna", "Nova", "anna@nordwind.example");
    desk.users().create(again, Access::none()).await.unwrap();
    assert_eq!(desk.employees().list(Listing::new()).await.unwrap().items.len(), 3);
}

async fn if11_a_check_that_fails_stands_against_the_deletion(world: World) {
    let (world, invoices) = with_checks(world);
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await.user;
    *invoices.fails.lock().unwrap() = true;
    let failed = vec![Blocker::check_failed("invoices")];
    assert_eq!(
        firm.desk.users().deletion_report(anna.id).await.unwrap().blockers,
        failed
    );
    let refused = denied(firm.desk.users().delete(anna.id).await);
    assert_eq!(refused, Denied::Blocked { blockers: failed });
    *invoices.fails.lock().unwrap() = false;
    firm.desk.users().delete(anna.id).await.unwrap();
}

async fn if11_while_the_checks_run_the_user_takes_on_nothing_new(world: World) {
    let (world, invoices) = with_checks(world);
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await;
    assert!(is_assignable(&anna.user));
    // The host prepares the deletion itself: the user still signs in to empty the queue.
    let held = firm.desk.users().hold(anna.user.id).await.unwrap();
    assert!(!is_assignable(&held) && held.is_active());
    world
        .sign_in(firm.id(), "anna@nordwind.example", PASSWORD)
        .await
        .unwrap();
    let north = firm.desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    let more = firm.desk.users().change_memberships(anna.user.id, [north]).await;
    assert_eq!(denied(more), Denied::OnHold);
    firm.desk.users().release(anna.user.id).await.unwrap();

    // A deletion holds them before it asks.
    invoices.asked_about.lock().unwrap().clear();
    firm.desk.users().delete(anna.user.id).await.unwrap();
    let asked = invoices.asked_about.lock().unwrap().clone();
    assert!(!asked.is_empty() && asked.iter().all(|user| !is_assignable(user)));

    // A hold that nobody ends is off by itself.
    let bo = world.join(&firm.desk, "Bo", Access::none()).await.user;
    firm.desk.users().hold(bo.id).await.unwrap();
    world.advance(Duration::minutes(15));
    assert!(is_assignable(&firm.desk.users().get(bo.id).await.unwrap()));
}

async fn if9_an_administrator_sends_a_link_to_a_new_password(world: World) {
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await;
    firm.desk.users().send_reset(anna.user.id).await.unwrap();
    world.deliver().await;
    // The old one is good until the link is used.
    world
        .sign_in(firm.id(), "anna@nordwind.example", PASSWORD)
        .await
        .unwrap();
    let token = world.token_to("anna@nordwind.example");
    world.reset(&token, "Himbeere-17-rot").await.unwrap();
    let old = world.sign_in(firm.id(), "anna@nordwind.example", PASSWORD).await;
    assert_eq!(denied(old), Denied::SignInRefused);
    world
        .sign_in(firm.id(), "anna@nordwind.example", "Himbeere-17-rot")
        .await
        .unwrap();
    // Whoever may not administer users may not, nor for themselves.
    let refused = anna.desk.users().send_reset(anna.user.id).await;
    assert_eq!(
        denied(refused),
        Denied::NotSignedIn,
        "their sessions ended with the old password"
    );
    let nora = world.join(&firm.desk, "Nora", Access::none()).await;
    assert_eq!(
        denied(nora.desk.users().send_reset(anna.user.id).await),
        Denied::Forbidden
    );
}

async fn if9_an_administrator_has_a_one_time_password_sent_where_the_policy_says_so(world: World) {
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await;
    let refused = denied(firm.desk.users().send_one_time_password(anna.user.id).await);
    assert_eq!(refused, Denied::NoOneTimePasswords, "off by default");
    let world = world.with_policy(|policy| policy.one_time_passwords = true);
    let desk = world.desk(&firm.login).await;
    desk.users().send_one_time_password(anna.user.id).await.unwrap();
    world.deliver().await;
    let old = world.sign_in(firm.id(), "anna@nordwind.example", PASSWORD).await;
    assert_eq!(denied(old), Denied::SignInRefused);
    // It must be replaced at the next login.
    let one_time = world.one_time_password_to("anna@nordwind.example");
    let limited = world.limited_session(firm.id(), anna.user.id).await;
    let replace = |password: &str| {
        let new = tenure::NewPassword::new(password);
        let tenure = world.tenure.clone();
        let token = limited.expose().to_owned();
        async move {
            tenure
                .replace_one_time_password(&token, new, &crate::support::client())
                .await
        }
    };
    assert_eq!(denied(replace(one_time.expose()).await).fields(), ["password"]);
    let login = replace("Himbeere-17-rot").await.unwrap();
    world.principal(&login).await.unwrap();
}

async fn if10_the_password_of_whom_a_provider_signs_in_is_changed_there(world: World) {
    let place = Some("https://id.nordwind.example/password".to_owned());
    let world = world.with_policy(|policy| {
        let provider = Provider::new().password_place(place.clone().unwrap());
        policy
            .providers
            .insert(Name::new("Corporate directory").unwrap(), provider);
        policy.one_time_passwords = true;
    });
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await;
    world.sign_in_elsewhere(firm.id(), "anna@nordwind.example").await;
    let before = world.picture(&[firm.id()]).await;
    let elsewhere = Denied::PasswordElsewhere { place };
    let users = firm.desk.users();
    assert_eq!(denied(users.send_reset(anna.user.id).await), elsewhere);
    assert_eq!(denied(users.send_one_time_password(anna.user.id).await), elsewhere);
    let change = tenure::ChangePassword::new(PASSWORD, "Himbeere-17-rot", "Himbeere-17-rot");
    assert_eq!(denied(anna.desk.me().change_password(change).await), elsewhere);
    assert!(elsewhere.to_string().contains("https://id.nordwind.example/password"));
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn if12_anybody_may_ask_for_a_new_password_at_the_login_page(world: World) {
    let place = "https://id.nordwind.example/password";
    let provider = Provider::new().password_place(place);
    let world = world.with_policy(|policy| {
        policy
            .providers
            .insert(Name::new("Corporate directory").unwrap(), provider);
    });
    let firm = world.found().await;
    for name in ["Anna", "Berta"] {
        world.join(&firm.desk, name, Access::none()).await;
    }
    world.sign_in_elsewhere(firm.id(), "berta@nordwind.example").await;
    world.mailer.clear();
    // The same answer, whether or not there is such a user.
    for name in [
        "anna@nordwind.example",
        "berta@nordwind.example",
        "nobody@nordwind.example",
    ] {
        world.forget(firm.id(), name).await;
    }
    assert_eq!(world.deliver().await, 2);
    let token = world.token_to("anna@nordwind.example");
    world.reset(&token, "Himbeere-17-rot").await.unwrap();
    world
        .sign_in(firm.id(), "anna@nordwind.example", "Himbeere-17-rot")
        .await
        .unwrap();
    // For users of an external provider it points there, and has no link of ours.
    let mail = world.mail_to("berta@nordwind.example");
    assert!(mail.text().contains(place) && !mail.text().contains("token"));
}

async fn if1_by_policy_a_user_is_connected_to_a_company(world: World) {
    let world = world.with_policy(|policy| policy.require_unit = true);
    let firm = world.found().await;
    let users = firm.desk.users();
    let north = firm.desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    let anna = || NewUser::new("Anna", "Example", "anna@nordwind.example");
    let unconnected = users.create(anna(), Access::none()).await;
    assert_eq!(denied(unconnected).fields(), ["memberships"]);
    let anna = users
        .create(anna(), Access::none().member_of([north]))
        .await
        .unwrap()
        .id;
    // Nor by an edit.
    let emptied = users.edit(anna, UserEdit::new().memberships([])).await;
    assert_eq!(denied(emptied).fields(), ["memberships"]);
}

async fn if7_a_user_is_edited_with_their_companies_and_what_is_kept_per_company(world: World) {
    let firm = world.found().await;
    let (desk, users) = (&firm.desk, firm.desk.users());
    let north = desk.units().add(NewUnit::company("Nord AB")).await.unwrap().id;
    let south = desk.units().add(NewUnit::company("Syd AB")).await.unwrap().id;
    let reviewer = NewRole::new("Reviewer").permissions(["invoices.review"]);
    let reviewer = desk.roles().add(reviewer).await.unwrap().id;
    let in_north = Access::role(reviewer).within([north]).member_of([north]);
    let anna = world.join(desk, "Anna", in_north).await;
    // The form has names, companies, and the rights in each: one save.
    let opened = users.load(anna.user.id).await.unwrap();
    let attest = Permission::new("invoices.attest").unwrap();
    let edit = UserEdit::new()
        .profile(ProfileEdit::new().last_name("Nord"))
        .memberships([north, south])
        .grants([
            Grant::role(reviewer, Scope::from([north])),
            Grant::permission(attest.clone(), Scope::from([south])),
        ]);
    let edited = users
        .if_unchanged(opened.version)
        .edit(anna.user.id, edit)
        .await
        .unwrap();
    assert_eq!(edited.memberships, [north, south].into());
    let principal = world.principal(&anna.login).await.unwrap();
    assert_eq!(principal.scope_of(&attest), Some(Scope::from([south])));
    // One commit, with an event for each thing that changed.
    let events = world.events(firm.id()).await;
    let of_edit: Vec<_> = events
        .iter()
        .rev()
        .take(3)
        .map(|entry| (entry.commit, entry.event.what.name()))
        .collect();
    let names: Vec<_> = of_edit.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["memberships_changed", "grants_changed", "profile_edited"]);
    assert!(of_edit.iter().all(|(commit, _)| *commit == of_edit[0].0));
    let listed = world.names(desk, Listing::new().within(south)).await;
    assert_eq!(listed, ["Anna"]);
}

async fn if7_concurrent_edits_never_overwrite_each_other_silently(world: World) {
    let firm = world.found().await;
    let anna = world.join(&firm.desk, "Anna", Access::none()).await.user.id;
    let bo = world.administrator(&firm, "Bo").await;
    // Both open the form.
    let [ours, theirs] = [&firm.desk, &bo.desk];
    let (opened, same) = (
        ours.users().load(anna).await.unwrap(),
        theirs.users().load(anna).await.unwrap(),
    );
    let name = |name: &str| UserEdit::new().profile(ProfileEdit::new().last_name(name));
    theirs
        .users()
        .if_unchanged(same.version)
        .edit(anna, name("Berg"))
        .await
        .unwrap();
    let refused = ours
        .users()
        .if_unchanged(opened.version)
        .edit(anna, name("Dal"))
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "the user was changed since it was read: last_name");
    assert!(!refused.is_retryable(), "a person has to look");
    let Error::Stale(stale) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(stale.missed[0].by, tenure::ChangedBy::Other(bo.user.id));
    assert_eq!(ours.users().get(anna).await.unwrap().profile.last_name.as_str(), "Berg");
    // Having looked, we save ours.
    ours.users()
        .if_unchanged(stale.current)
        .edit(anna, name("Dal"))
        .await
        .unwrap();
}
