//! Every command of the facade that writes, on a scene in which it succeeds.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tenure::desk::Desk;
use tenure::id::{ApiKeyId, EmployeeId, InvitationId, RoleId, UnitId, UserId};
use tenure::model::{ExternalIdentity, UserStatus};
use tenure::store::Store;
use tenure::text::{Name, Subject};
use tenure::{
    Acceptance, Access, ChangeAddress, EmployeeRow, Error, Founding, Grant, Import, NewApiKey, NewEmployee, NewRole,
    NewUnit, NewUser, Permission, ProfileEdit, Provider, ReportTo, Scope, SeatContract, SignIn, StatusChange,
    Suspension, TenantId, Tenure, UserEdit, UserRow,
};
use time::Duration;
use uuid::Uuid;

use crate::support::{Backing, Firm, Member, OWNERS, PASSWORD, Picture, World, client};

/// The tenant that the scene may found.
pub(crate) const SECOND: TenantId = TenantId::from_uuid(Uuid::from_u128(2));

/// A firm in which every command of the list succeeds, over a store that a test wraps as it likes.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) firm: Firm,
    /// The set-up over the wrapped store.
    pub(crate) tenure: Tenure,
    /// The owner's desk over it.
    pub(crate) desk: Desk,
    pub(crate) zoe: Member,
    zoes_desk: Desk,
    /// Quin has asked for another address.
    quin: UserId,
    quins_desk: Desk,
    confirm: String,
    stop: String,
    unit: UnitId,
    empty_unit: UnitId,
    role: RoleId,
    /// Who is suspended has it.
    moved: RoleId,
    employee: EmployeeId,
    supervisor: EmployeeId,
    administrator: UserId,
    suspended: UserId,
    disabled: UserId,
    set_up: UserId,
    held: UserId,
    linked: UserId,
    pub(crate) deleted: UserId,
    invited: UserId,
    invitation: InvitationId,
    api_key: ApiKeyId,
    pub(crate) token: String,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;
pub(crate) type Command = for<'a> fn(&'a Scene) -> Answer<'a>;

macro_rules! commands {
    ($($name:literal => |$scene:ident| $call:expr),* $(,)?) => {
        /// The commands, by name.
        pub(crate) const COMMANDS: &[(&str, Command)] = &[
            $(($name, |$scene| Box::pin(async move { $call.await.map(drop) }))),*
        ];
    };
}

commands! {
    "found" => |s| s.tenure.found(founding()),
    "sign_in" => |s| s.tenure.sign_in(SignIn::new(s.firm.id(), "zoe@nordwind.example", PASSWORD)),
    "accept_invitation" => |s| s.tenure.accept_invitation(&s.token, Acceptance::new(PASSWORD)),
    "request_reset" => |s| s.tenure.request_reset(s.firm.id(), "zoe@nordwind.example", &client()),
    "sign_in_asserted" => |s| s.tenure.sign_in_asserted(s.firm.id(), identity(), client()),
    "confirm_address" => |s| s.tenure.confirm_address(&s.confirm),
    "stop_address_change" => |s| s.tenure.stop_address_change(&s.stop),
    "settle_due" => |s| s.tenure.settle_due(Some(s.firm.id())),
    "units.add" => |s| s.desk.units().add(NewUnit::company("New")),
    "units.rename" => |s| s.desk.units().rename(s.unit, "Renamed"),
    "units.move_below" => |s| s.desk.units().move_below(s.empty_unit, Some(s.unit)),
    "units.remove" => |s| s.desk.units().remove(s.empty_unit),
    "roles.add" => |s| s.desk.roles().add(NewRole::new("New")),
    "roles.edit" => |s| s.desk.roles().edit(s.role, NewRole::new("Edited")),
    "roles.move_users" => |s| s.desk.roles().move_users(s.moved, s.role),
    "roles.remove" => |s| s.desk.roles().remove(s.role),
    "employees.add" => |s| s.desk.employees().add(NewEmployee::new("New", "Employee").supervisor(s.employee)),
    "employees.edit" => |s| s.desk.employees().edit(s.employee, NewEmployee::new("Edited", "Employee").unit(s.unit)),
    "employees.change_supervisor" => |s| s.desk.employees().change_supervisor(s.employee, None),
    "employees.move_reports" => |s| s.desk.employees().move_reports(s.supervisor, s.employee),
    "employees.remove" => |s| s.desk.employees().remove(s.employee),
    "users.create_for" => |s| s.desk.users().create_for(s.employee, Access::role(s.role).within([s.unit])),
    "users.create" => |s| s.desk.users().create(new_user(), Access::none().invite()),
    "users.create_external" => |s| s.desk.users().create_external(new_user(), s.unit, Access::none()),
    "users.create_program" => |s| s.desk.users().create_program(new_user(), Access::none()),
    "users.change_grants" => |s| s.desk.users().change_grants(s.zoe.user.id, Access::role(s.role).grants),
    "users.change_memberships" => |s| s.desk.users().change_memberships(s.zoe.user.id, [s.unit]),
    "users.change_allowlist" => |s| s.desk.users().change_allowlist(s.zoe.user.id, office()),
    "users.allow" => |s| s.desk.users().allow(s.zoe.user.id, "10.0.0.1".parse().unwrap()),
    "users.end_lockout" => |s| s.desk.users().end_lockout(s.held),
    "users.edit" => |s| s.desk.users().edit(s.zoe.user.id, UserEdit::new().user_name("zoe").api_only(true).memberships([s.unit])),
    "users.grant" => |s| s.desk.users().grant(s.zoe.user.id, Access::role(s.role).grants.remove(0)),
    "users.send_security_report" => |s| s.desk.users().send_security_report(s.zoe.user.id, ReportTo::Asking),
    "users.edit_profile" => |s| s.desk.users().edit_profile(s.zoe.user.id, ProfileEdit::new().first_name("Edited")),
    "users.change_address" => |s| s.desk.users().change_address(s.zoe.user.id, "zoe@new.example"),
    "users.cancel_address_change" => |s| s.desk.users().cancel_address_change(s.quin),
    "users.link_identity" => |s| s.desk.users().link_identity(s.zoe.user.id, "Entra", "zoe"),
    "users.unlink_identity" => |s| s.desk.users().unlink_identity(s.linked),
    "users.activate" => |s| s.desk.users().activate(s.set_up),
    "users.schedule_start" => |s| s.desk.users().schedule_start(s.set_up, Some(s.world.ahead(Duration::DAY))),
    "users.deactivate" => |s| s.desk.users().deactivate(s.zoe.user.id),
    "users.schedule_end" => |s| s.desk.users().schedule_end(s.zoe.user.id, Some(s.world.ahead(Duration::DAY))),
    "users.suspend" => |s| s.desk.users().suspend(s.zoe.user.id, Suspension::open_ended()),
    "users.reinstate" => |s| s.desk.users().reinstate(s.suspended),
    "users.disable" => |s| s.desk.users().disable(s.zoe.user.id),
    "users.reactivate" => |s| s.desk.users().reactivate(s.disabled),
    "users.send_reset" => |s| s.desk.users().send_reset(s.zoe.user.id),
    "users.send_one_time_password" => |s| s.desk.users().send_one_time_password(s.zoe.user.id),
    "users.hold" => |s| s.desk.users().hold(s.zoe.user.id),
    "users.release" => |s| s.desk.users().release(s.held),
    "users.restore" => |s| s.desk.users().restore(s.deleted),
    "bulk.import" => |s| s.desk.bulk().import(&roster()),
    "bulk.change_status" => |s| s.desk.bulk().change_status([s.zoe.user.id, s.administrator], closed()),
    "invitations.send" => |s| s.desk.invitations().send(s.set_up, Some("Welcome")),
    "invitations.send again" => |s| s.desk.invitations().send(s.invited, None),
    "invitations.resend" => |s| s.desk.invitations().resend(s.invitation),
    "invitations.hand_out_link" => |s| s.desk.invitations().hand_out_link(s.invitation),
    "invitations.cancel" => |s| s.desk.invitations().cancel(s.invitation),
    "sessions.end" => |s| s.desk.sessions().end(s.zoe.login.session),
    "sessions.end_all" => |s| s.desk.sessions().end_all(s.zoe.user.id),
    "api_keys.create" => |s| s.desk.api_keys().create(s.zoe.user.id, key()),
    "api_keys.revoke" => |s| s.desk.api_keys().revoke(s.api_key),
    "api_keys.revoke_all" => |s| s.desk.api_keys().revoke_all(s.zoe.user.id),
    "own_api_keys.create" => |s| s.zoes_desk.me().api_keys().create(key()),
    "own_api_keys.revoke" => |s| s.zoes_desk.me().api_keys().revoke(s.api_key),
    "own_api_keys.revoke_all" => |s| s.zoes_desk.me().api_keys().revoke_all(),
    "me.edit_profile" => |s| s.zoes_desk.me().edit_profile(ProfileEdit::new().last_name("Edited")),
    "me.change_address" => |s| s.zoes_desk.me().change_address(ChangeAddress::new("zoe@new.example", "zoe@new.example")),
    "me.cancel_address_change" => |s| s.quins_desk.me().cancel_address_change(),
    "me.end_session" => |s| s.zoes_desk.me().end_session(s.zoe.login.session),
    "me.end_other_sessions" => |s| s.zoes_desk.me().end_other_sessions(),
    "me.sign_out" => |s| s.zoes_desk.me().sign_out(),
    "tenant.rename" => |s| s.desk.tenant().rename("Südwind"),
    "tenant.change_seat_contract" => |s| async move {
        s.tenure.system(s.firm.id(), "new contract")?.tenant().change_seat_contract(contract()).await
    },
    "tenant.hand_over" => |s| s.desk.tenant().hand_over(s.administrator),
    "tenant.suspend" => |s| async move { s.tenure.system(s.firm.id(), "unpaid")?.tenant().suspend().await },
}

fn founding() -> Founding {
    Founding::new("Second", NewUser::new("Bo", "Second", "bo@second.example"), OWNERS).id(SECOND)
}

fn identity() -> ExternalIdentity {
    ExternalIdentity {
        provider: Name::new("Entra").unwrap(),
        subject: Subject::new("linked").unwrap(),
    }
}

fn new_user() -> NewUser {
    NewUser::new("New", "User", "new.user@example.com")
}

fn key() -> NewApiKey {
    NewApiKey::new("import").permissions(["orders.enter"])
}

fn contract() -> SeatContract {
    SeatContract {
        contracted: 20,
        limit: Some(50),
    }
}

impl Scene {
    /// The scene on this world; `wrap` is what the commands meet.
    #[expect(
        clippy::too_many_lines,
        reason = "one scene for every command, in the order of its acts"
    )]
    pub(crate) async fn set(world: World, wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let world = world.with_policy(|policy| {
            policy.one_time_passwords = true;
            policy.providers.insert(identity().provider, Provider::new());
        });
        let firm = world.found().await;
        let desk = &firm.desk;
        let unit = desk.units().add(NewUnit::company("Berlin")).await.unwrap().id;
        let empty_unit = desk.units().add(NewUnit::company("Empty")).await.unwrap().id;
        let role = desk
            .roles()
            .add(NewRole::new("Clerk").permissions(["orders.enter"]))
            .await
            .unwrap()
            .id;
        let supervisor = desk
            .employees()
            .add(NewEmployee::new("Super", "Visor"))
            .await
            .unwrap()
            .id;
        let employee = NewEmployee::new("Emp", "Loyee")
            .email("employee@example.com")
            .supervisor(supervisor);
        let employee = desk.employees().add(employee).await.unwrap().id;
        let entering = Permission::new("orders.enter").unwrap();
        let zoe = world.join(desk, "Zoe", Access::none().and_permission(entering)).await;
        let (api_key, _) = zoe.desk.me().api_keys().create(key()).await.unwrap();
        let administrator = world.administrator(&firm, "Admin").await.user.id;
        let quin = world.join(desk, "Quin", Access::none()).await;
        let readdressed = ChangeAddress::new("quin@new.example", "quin@new.example");
        quin.desk.me().change_address(readdressed).await.unwrap();
        let mut others = Vec::new();
        for name in ["suspended", "disabled", "set.up", "held", "deleted", "due", "linked"] {
            let user = NewUser::new(name, "Example", format!("{name}@example.com"));
            let user = desk
                .users()
                .create(user, Access::none().without_invitation())
                .await
                .unwrap()
                .id;
            others.push(user);
        }
        let [suspended, disabled, set_up, held, deleted, due, linked] = others[..] else {
            unreachable!("seven");
        };
        for user in [suspended, disabled, held, due, linked] {
            desk.users().activate(user).await.unwrap();
        }
        desk.users().suspend(suspended, Suspension::open_ended()).await.unwrap();
        desk.users().disable(disabled).await.unwrap();
        let moved = desk.roles().add(NewRole::new("Moved")).await.unwrap().id;
        let everywhere = Grant::role(moved, Scope::All);
        desk.users().grant(suspended, everywhere).await.unwrap();
        desk.users().hold(held).await.unwrap();
        let mistyped = world.sign_in(firm.id(), "held@example.com", "Zitrone").await;
        assert!(mistyped.is_err());
        desk.users().link_identity(linked, "Entra", "linked").await.unwrap();
        desk.users().delete(deleted).await.unwrap();
        desk.users()
            .schedule_end(due, Some(world.ahead(Duration::SECOND)))
            .await
            .unwrap();
        let invited = NewUser::new("Invited", "Guest", "guest@example.com");
        let invited = desk.users().create(invited, Access::none().invite()).await.unwrap();
        let UserStatus::Invited { invitation, .. } = invited.status else {
            panic!("{invited:?}");
        };
        world.deliver().await;
        world.advance(Duration::SECOND);
        let tenure = world.over(&wrap(world.store.clone()));
        let (owner, hers, quins) = (
            world.principal(&firm.login).await.unwrap(),
            world.principal(&zoe.login).await.unwrap(),
            world.principal(&quin.login).await.unwrap(),
        );
        Self {
            desk: tenure.desk(&owner),
            zoes_desk: tenure.desk(&hers),
            quins_desk: tenure.desk(&quins),
            quin: quin.user.id,
            confirm: world.token_to("quin@new.example"),
            stop: world.token_to("quin@nordwind.example"),
            linked,
            token: world.token_to("guest@example.com"),
            invited: invited.id,
            firm,
            tenure,
            zoe,
            unit,
            empty_unit,
            role,
            moved,
            employee,
            supervisor,
            administrator,
            suspended,
            disabled,
            set_up,
            held,
            deleted,
            invitation,
            api_key: api_key.id,
            world,
        }
    }

    /// What is kept of both tenants.
    pub(crate) async fn picture(&self) -> Picture {
        self.world.picture(&[self.firm.id(), SECOND]).await
    }

    /// Somebody active, to be deleted.
    pub(crate) fn user(&self) -> UserId {
        self.zoe.user.id
    }
}

fn office() -> tenure::text::Allowlist {
    tenure::text::Allowlist::new(["192.0.2.*".parse().unwrap()]).unwrap()
}

/// Two employees, one of whom reports to the other, and a user.
fn roster() -> Import {
    let mut kate = EmployeeRow::new("Kate", "Adler");
    kate.signature = Some("KAD".to_owned());
    kate.email = Some("kate.adler@nordwind.example".to_owned());
    let mut bob = EmployeeRow::new("Bob", "Berger");
    bob.supervisor = Some("KAD".to_owned());
    Import::new()
        .employees([bob, kate])
        .users([UserRow::of_employee("KAD")])
}

fn closed() -> StatusChange {
    StatusChange::Suspend(Suspension::open_ended())
}

#[test]
fn every_operation_that_writes_is_among_the_commands() {
    use tenure::rules::Operation;
    let commands: Vec<_> = COMMANDS.iter().map(|(name, _)| *name).collect();
    let reads = [
        "users.deletion_report",
        "users.effective_rights",
        "users.security_report",
        "users.candidates",
        "users.explain_permission",
        "users.explain_sign_in",
        "users.lockout",
        "bulk.export_employees",
        "bulk.export_users",
        "history.attempts",
        "history.events",
        "seats.count",
        "sessions.active",
    ];
    let covered = |verb: &str| match verb {
        // One command for each of its verbs.
        "users.change_status" => commands.contains(&"users.suspend"),
        // Two commits; it stands by itself in `faults`.
        "users.delete" => true,
        other => other.rsplit('.').next() == Some("list") || reads.contains(&other) || commands.contains(&other),
    };
    let missing = Operation::ALL
        .iter()
        .map(|operation| operation.verb())
        .filter(|verb| !covered(verb));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// One command of each shape of commit: founding, in no tenant yet; a touch of many records; mail; a removal; ended sessions.
const SHAPES: &[&str] = &[
    "found",
    "sign_in",
    "accept_invitation",
    "settle_due",
    "roles.remove",
    "employees.move_reports",
    "users.create",
    "users.suspend",
    "invitations.send again",
    "me.sign_out",
    "tenant.hand_over",
];

/// The commands to try at every step. On PostgreSQL, where each takes seconds, one of each shape; all of them where
/// `TENURE_TEST_EVERY_COMMAND` is set.
pub(crate) fn commands_on(backing: Backing) -> impl Iterator<Item = &'static (&'static str, Command)> {
    let all = !matches!(backing, Backing::Postgres) || std::env::var_os("TENURE_TEST_EVERY_COMMAND").is_some();
    let commands = COMMANDS.iter();
    commands.filter(move |(name, _)| all || SHAPES.contains(name))
}

#[test]
fn every_shape_has_its_command() {
    assert!(
        SHAPES
            .iter()
            .all(|shape| COMMANDS.iter().any(|(name, _)| name == shape))
    );
}
