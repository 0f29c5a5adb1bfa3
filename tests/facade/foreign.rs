//! Nothing crosses tenants: another tenant's ids are answered as ids that nobody has, in every call.

use tenure::desk::Desk;
use tenure::id::{EmployeeId, InvitationId, RoleId, SessionId, UnitId, UserId};
use tenure::model::{Grant, UserStatus};
use tenure::store::Filter;
use tenure::{
    Access, Denied, Error, Founding, Listing, NewEmployee, NewRole, NewUnit, NewUser, Policy, Problem, ProfileEdit,
    ReportTo, Scope, Suspension, UserEdit,
};
use uuid::Uuid;

use crate::support::{Firm, OWNERS, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    ids_of_another_tenant_are_ids_that_nobody_has,
    ids_of_another_tenant_list_nothing,
    a_login_of_one_tenant_is_none_of_another,
    a_tenant_is_not_founded_over_another,
);

#[derive(Debug, Clone, Copy)]
struct Ids {
    unit: UnitId,
    role: RoleId,
    employee: EmployeeId,
    user: UserId,
    active: UserId,
    invitation: InvitationId,
    session: SessionId,
}

impl Ids {
    fn of_nobody() -> Self {
        let nil = Uuid::nil();
        Self {
            unit: nil.into(),
            role: nil.into(),
            employee: nil.into(),
            user: nil.into(),
            active: nil.into(),
            invitation: nil.into(),
            session: nil.into(),
        }
    }

    async fn of(world: &World, firm: &Firm) -> Self {
        let desk = &firm.desk;
        let unit = desk.units().add(NewUnit::company("Theirs")).await.unwrap().id;
        let role = desk.roles().add(NewRole::new("Theirs")).await.unwrap().id;
        let theirs = NewEmployee::new("Their", "Employee").email("their.employee@example.com");
        let employee = desk.employees().add(theirs).await.unwrap().id;
        let active = world.join(desk, "Theirs", Access::role(role).within([unit])).await;
        let invited = NewUser::new("Their", "Guest", "their.guest@example.com");
        let invited = desk.users().create(invited, Access::none().invite()).await.unwrap();
        let UserStatus::Invited { invitation, .. } = invited.status else {
            panic!("{invited:?}");
        };
        Self {
            unit,
            role,
            employee,
            user: invited.id,
            active: active.user.id,
            invitation,
            session: active.login.session,
        }
    }
}

/// Every call that takes an id, with the ids; and who it is done to where that is another one.
async fn every_call(desk: &Desk, own: UserId, own_employee: EmployeeId, ids: Ids) -> Vec<(&'static str, Denied)> {
    let mut refusals = structure_and_register(desk, own_employee, ids).await;
    refusals.extend(access(desk, own, ids).await);
    refusals
}

async fn structure_and_register(desk: &Desk, own_employee: EmployeeId, ids: Ids) -> Vec<(&'static str, Denied)> {
    let mut refusals = Vec::new();
    let mut note = |name, result: Result<(), Error>| refusals.push((name, denied(result)));
    let new_employee = || NewEmployee::new("New", "Employee");

    let units = desk.units();
    note(
        "units.add",
        units.add(NewUnit::company("X").below(ids.unit)).await.map(drop),
    );
    note("units.rename", units.rename(ids.unit, "X").await.map(drop));
    note("units.move_below", units.move_below(ids.unit, None).await.map(drop));
    note("units.remove", units.remove(ids.unit).await);
    let roles = desk.roles();
    note("roles.edit", roles.edit(ids.role, NewRole::new("X")).await.map(drop));
    note("roles.remove", roles.remove(ids.role).await);

    let employees = desk.employees();
    note(
        "employees.add unit",
        employees.add(new_employee().unit(ids.unit)).await.map(drop),
    );
    let supervised = new_employee().supervisor(ids.employee);
    note("employees.add supervisor", employees.add(supervised).await.map(drop));
    note(
        "employees.edit",
        employees.edit(ids.employee, new_employee()).await.map(drop),
    );
    let moved = new_employee().unit(ids.unit);
    note(
        "employees.edit unit",
        employees.edit(own_employee, moved).await.map(drop),
    );
    note("employees.load", employees.load(ids.employee).await.map(drop));
    note("units.load", desk.units().load(ids.unit).await.map(drop));
    note("roles.load", desk.roles().load(ids.role).await.map(drop));
    let moved = desk.roles().move_users(ids.role, ids.role).await;
    note("roles.move_users", moved.map(drop));
    note("employees.get", employees.get(ids.employee).await.map(drop));
    note(
        "employees.change_supervisor",
        employees.change_supervisor(ids.employee, None).await.map(drop),
    );
    let to = employees.change_supervisor(own_employee, Some(ids.employee)).await;
    note("employees.change_supervisor to", to.map(drop));
    note(
        "employees.move_reports from",
        employees.move_reports(ids.employee, own_employee).await,
    );
    note(
        "employees.move_reports to",
        employees.move_reports(own_employee, ids.employee).await,
    );
    note("employees.remove", employees.remove(ids.employee).await);
    refusals
}

async fn access(desk: &Desk, own: UserId, ids: Ids) -> Vec<(&'static str, Denied)> {
    let mut refusals = Vec::new();
    let mut note = |name, result: Result<(), Error>| refusals.push((name, denied(result)));
    let new_user = || NewUser::new("New", "User", "new.user@example.com");
    let users = desk.users();
    note(
        "users.create_for",
        users.create_for(ids.employee, Access::none()).await.map(drop),
    );
    note(
        "users.create role",
        users.create(new_user(), Access::role(ids.role)).await.map(drop),
    );
    let member = Access::none().member_of([ids.unit]);
    note("users.create unit", users.create(new_user(), member).await.map(drop));
    let external = users.create_external(new_user(), ids.unit, Access::none()).await;
    note("users.create_external", external.map(drop));
    note(
        "users.change_grants role",
        users
            .change_grants(own, vec![Grant::role(ids.role, Scope::All)])
            .await
            .map(drop),
    );
    note(
        "users.change_memberships to",
        users.change_memberships(own, [ids.unit]).await.map(drop),
    );
    for user in [ids.user, ids.active] {
        note("users.get", users.get(user).await.map(drop));
        note(
            "users.change_grants",
            users.change_grants(user, Vec::new()).await.map(drop),
        );
        note(
            "users.change_memberships",
            users.change_memberships(user, []).await.map(drop),
        );
        note(
            "users.edit_profile",
            users.edit_profile(user, ProfileEdit::new()).await.map(drop),
        );
        note("users.load", users.load(user).await.map(drop));
        note("users.edit", users.edit(user, UserEdit::new()).await.map(drop));
        let grant = Grant::permission(tenure::permissions::USERS_READ, Scope::All);
        note("users.grant", users.grant(user, grant.clone()).await.map(drop));
        note("users.revoke", users.revoke(user, &grant).await.map(drop));
        note("users.effective_rights", users.effective_rights(user).await.map(drop));
        note("users.security_report", users.security_report(user).await.map(drop));
        let sent = users.send_security_report(user, ReportTo::User).await;
        note("users.send_security_report", sent);
        note("users.activate", users.activate(user).await.map(drop));
        note("users.schedule_start", users.schedule_start(user, None).await.map(drop));
        note("users.deactivate", users.deactivate(user).await.map(drop));
        note("users.schedule_end", users.schedule_end(user, None).await.map(drop));
        note(
            "users.suspend",
            users.suspend(user, Suspension::open_ended()).await.map(drop),
        );
        note("users.reinstate", users.reinstate(user).await.map(drop));
        note("users.disable", users.disable(user).await.map(drop));
        note("users.reactivate", users.reactivate(user).await.map(drop));
        note("users.deletion_report", users.deletion_report(user).await.map(drop));
        note("users.hold", users.hold(user).await.map(drop));
        note("users.release", users.release(user).await.map(drop));
        note("users.delete", users.delete(user).await);
        note("users.restore", users.restore(user).await.map(drop));
        note("invitations.send", desk.invitations().send(user, None).await.map(drop));
        note(
            "invitations.preview_mail",
            desk.invitations().preview_mail(user, None).await.map(drop),
        );
        note("sessions.end_all", desk.sessions().end_all(user).await);
        note("tenant.hand_over", desk.tenant().hand_over(user).await.map(drop));
    }
    note(
        "invitations.hand_out_link",
        desk.invitations().hand_out_link(ids.invitation).await.map(drop),
    );
    note(
        "invitations.resend",
        desk.invitations().resend(ids.invitation).await.map(drop),
    );
    note(
        "invitations.cancel",
        desk.invitations().cancel(ids.invitation).await.map(drop),
    );
    note("sessions.end", desk.sessions().end(ids.session).await);
    note("me.end_session", desk.me().end_session(ids.session).await);
    refusals
}

fn tells_nothing(denied: &Denied) -> bool {
    match denied {
        Denied::NotFound { .. } => true,
        Denied::Invalid { fields } => fields.iter().all(|field| matches!(field.problem, Problem::Unknown(_))),
        _ => false,
    }
}

async fn ids_of_another_tenant_are_ids_that_nobody_has(world: World) {
    let (ours, theirs) = (world.found().await, world.found().await);
    let ids = Ids::of(&world, &theirs).await;
    let own = world.join(&ours.desk, "Own", Access::none()).await.user.id;
    let own_employee = ours
        .desk
        .employees()
        .add(NewEmployee::new("Own", "Employee"))
        .await
        .unwrap()
        .id;
    let tenants = [ours.id(), theirs.id()];
    let before = world.picture(&tenants).await;
    let foreign = every_call(&ours.desk, own, own_employee, ids).await;
    let unknown = every_call(&ours.desk, own, own_employee, Ids::of_nobody()).await;
    assert_eq!(foreign, unknown);
    for (call, refusal) in &foreign {
        assert!(tells_nothing(refusal), "{call}: {refusal:?}");
    }
    assert_eq!(world.picture(&tenants).await, before);
    // The same through the host's own desk.
    let system = world.tenure.system(ours.id(), "a test").unwrap();
    for (call, refusal) in every_call(&system, own, own_employee, ids).await {
        assert!(tells_nothing(&refusal), "{call}: {refusal:?}");
    }
    assert_eq!(world.picture(&tenants).await, before);
}

async fn ids_of_another_tenant_list_nothing(world: World) {
    let (ours, theirs) = (world.found().await, world.found().await);
    let ids = Ids::of(&world, &theirs).await;
    let desk = &ours.desk;
    let none = |count: usize| assert_eq!(count, 0);
    let all = Listing::new;
    none(desk.users().list(all().within(ids.unit)).await.unwrap().items.len());
    none(desk.users().list(all().with_role(ids.role)).await.unwrap().items.len());
    none(desk.employees().list(all().within(ids.unit)).await.unwrap().items.len());
    none(
        desk.employees()
            .list(all().reports_to(ids.employee))
            .await
            .unwrap()
            .items
            .len(),
    );
    none(
        desk.employees()
            .list(all().filter(Filter::Above(ids.employee)))
            .await
            .unwrap()
            .items
            .len(),
    );
    none(desk.units().list(all().within(ids.unit)).await.unwrap().items.len());
    for user in [ids.user, ids.active] {
        none(
            desk.invitations()
                .list(all().filter(Filter::OfUser(user)))
                .await
                .unwrap()
                .items
                .len(),
        );
        none(desk.invitations().mails(user).await.unwrap().items.len());
        none(
            desk.sessions()
                .of(user, tenure::Listing::new())
                .await
                .unwrap()
                .items
                .len(),
        );
        none(desk.history().attempts(user, all()).await.unwrap().items.len());
    }
    assert_eq!(desk.users().list(all().count_up_to(100)).await.unwrap().total, Some(1));
    assert_eq!(desk.sessions().active(all()).await.unwrap().items.len(), 1);
    assert_eq!(desk.seats().count().await.unwrap().used, 1);
    let log = serde_json::to_string(&world.events(ours.id()).await).unwrap();
    assert!(!log.contains(&ids.user.to_string()) && !log.contains(&theirs.owner.id.to_string()));
}

async fn a_login_of_one_tenant_is_none_of_another(world: World) {
    let (ours, theirs) = (world.found().await, world.found().await);
    world.join(&theirs.desk, "Theirs", Access::none()).await;
    let login = world.sign_in(ours.id(), "theirs@nordwind.example", PASSWORD).await;
    assert_eq!(denied(login), Denied::SignInRefused);
    let nowhere = world.sign_in(Uuid::nil().into(), "ada@nordwind.example", OWNERS).await;
    assert_eq!(denied(nowhere), Denied::SignInRefused);
    // The same address in both is two people.
    let one = world.sign_in(ours.id(), "ada@nordwind.example", OWNERS).await.unwrap();
    let other = world
        .sign_in(theirs.id(), "ada@nordwind.example", OWNERS)
        .await
        .unwrap();
    assert_eq!(world.principal(&one).await.unwrap().tenant(), ours.id());
    assert_eq!(world.principal(&other).await.unwrap().tenant(), theirs.id());
    let nowhere = world.tenure.system(Uuid::nil().into(), "a test").unwrap();
    assert_eq!(denied(nowhere.users().list(Listing::new()).await).code(), "not_found");
}

async fn a_tenant_is_not_founded_over_another(world: World) {
    let firm = world.found().await;
    let before = world.picture(&[firm.id()]).await;
    let eve = NewUser::new("Eve", "Evil", "eve@example.com");
    let again = world
        .tenure
        .found(Founding::new("Mine", eve, OWNERS).id(firm.id()))
        .await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(world.picture(&[firm.id()]).await, before);
    assert_eq!(
        denied(world.sign_in(firm.id(), "eve@example.com", OWNERS).await),
        Denied::SignInRefused
    );
}
