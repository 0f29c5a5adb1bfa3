//! D4, R3: what administrators edit: with the version that they had read, at once, and within the part that is theirs.

use std::collections::BTreeSet;
use std::sync::Arc;

use tenure::desk::Desk;
use tenure::id::{EmployeeId, RoleId, UnitId, UserId};
use tenure::model::{RecordId, RecordKind, Version, permissions};
use tenure::{
    Access, ChangeAddress, ChangedBy, Denied, Error, Grant, NewEmployee, NewRole, NewUnit, NewUser, Permission, Policy,
    ProfileEdit, ReportTo, Scope, SeatContract, Stale, Suspension, UserEdit,
};
use tokio::task::JoinSet;

use crate::support::{Firm, Member, World, denied, for_every_store};

for_every_store!(Policy::default();
    d4_a_form_that_was_open_is_refused_with_what_was_changed_since,
    d4_every_kind_of_record_is_edited_by_version,
    d4_of_two_edits_of_one_version_exactly_one_stands,
    d4_who_may_not_edit_learns_nothing_of_versions,
    d4_the_own_profile_and_address_are_edited_by_version,
    d4_of_two_edits_of_the_own_profile_exactly_one_stands,
    d4_a_deletion_is_of_the_version_that_was_read,
    d2_bulk_and_single_changes_at_once_leave_no_cycle,
    r3_an_administrator_of_one_unit_administers_that_unit,
    r7_a_role_in_use_is_moved_with_its_count_and_then_removed,
    cp11_the_report_waits_as_its_readers_may_read_it_and_goes_with_the_user,
    r4_the_report_names_no_unit_outside_the_readers_part,
);

fn stale<T: std::fmt::Debug>(result: Result<T, Error>) -> Stale {
    match result {
        Err(Error::Stale(stale)) => *stale,
        other => panic!("not stale: {other:?}"),
    }
}

fn fields<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn renamed(name: &str) -> ProfileEdit {
    ProfileEdit::new().last_name(name)
}

async fn d4_a_form_that_was_open_is_refused_with_what_was_changed_since(world: World) {
    let firm = world.found().await;
    let bo = world.administrator(&firm, "Bo").await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await.user.id;
    let users = firm.desk.users();
    let opened = users.load(zoe).await.unwrap();
    assert_eq!(opened.value, users.get(zoe).await.unwrap());

    // Meanwhile Bo saves twice; a login, and a session that is used, change nothing of the form.
    let edit = UserEdit::new()
        .profile(renamed("Zett").first_name("Zo"))
        .user_name("zoe");
    bo.desk.users().edit(zoe, edit).await.unwrap();
    world.advance(time::Duration::MINUTE);
    bo.desk.users().suspend(zoe, Suspension::open_ended()).await.unwrap();

    let before = world.picture(&[firm.id()]).await;
    let refused = stale(
        users
            .if_unchanged(opened.version)
            .edit_profile(zoe, renamed("Ypsilon"))
            .await,
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);
    let now = users.load(zoe).await.unwrap();
    assert_eq!(refused.record, RecordId::User(zoe));
    assert_eq!((refused.read, refused.current), (opened.version, now.version));
    let missed: Vec<_> = refused
        .missed
        .iter()
        .map(|missed| (missed.what.as_str(), missed.fields.clone(), missed.by))
        .collect();
    let by = || ChangedBy::Other(bo.user.id);
    let expected = [
        ("profile_edited", fields(["first_name", "last_name"]), by()),
        ("user_name_changed", fields(["user_name"]), by()),
        // In the order of the log, in which a status is told after what it ended.
        ("sessions_ended", fields([]), by()),
        ("status_changed", fields(["status"]), by()),
    ];
    assert_eq!(missed, expected);
    assert_eq!(refused.missed[3].at, world.now());

    // Whoever reads again saves; whoever names no version acts on what is there.
    let saved = users
        .if_unchanged(now.version)
        .edit_profile(zoe, renamed("Ypsilon"))
        .await;
    assert_eq!(saved.unwrap().profile.last_name.as_str(), "Ypsilon");
    users.edit_profile(zoe, renamed("Zett")).await.unwrap();
    // Saving what is there already is no edit, but of an old form it is refused all the same.
    let same = users
        .if_unchanged(opened.version)
        .edit_profile(zoe, renamed("Zett"))
        .await;
    stale(same);
}

/// One of each kind that is edited.
#[derive(Debug, Clone, Copy)]
struct Edited {
    user: UserId,
    employee: EmployeeId,
    role: RoleId,
    unit: UnitId,
}

const KINDS: [RecordKind; 5] = [
    RecordKind::User,
    RecordKind::Employee,
    RecordKind::Role,
    RecordKind::Unit,
    RecordKind::Tenant,
];

impl Edited {
    async fn set(firm: &Firm) -> Self {
        let desk = &firm.desk;
        let person = NewUser::new("Ed", "Example", "ed@example.com");
        let access = Access::none().without_invitation();
        Self {
            user: desk.users().create(person, access).await.unwrap().id,
            employee: desk.employees().add(NewEmployee::new("Em", "Ployee")).await.unwrap().id,
            role: desk.roles().add(NewRole::new("Role")).await.unwrap().id,
            unit: desk.units().add(NewUnit::company("Unit")).await.unwrap().id,
        }
    }

    async fn version(self, desk: &Desk, kind: RecordKind) -> Version {
        match kind {
            RecordKind::User => desk.users().load(self.user).await.unwrap().version,
            RecordKind::Employee => desk.employees().load(self.employee).await.unwrap().version,
            RecordKind::Role => desk.roles().load(self.role).await.unwrap().version,
            RecordKind::Unit => desk.units().load(self.unit).await.unwrap().version,
            _ => desk.tenant().load().await.unwrap().version,
        }
    }

    /// Renames it, as whoever had read this version.
    async fn rename(self, desk: &Desk, kind: RecordKind, read: Version, name: &str) -> Result<(), Error> {
        match kind {
            RecordKind::User => {
                let users = desk.users().if_unchanged(read);
                users.edit_profile(self.user, renamed(name)).await.map(drop)
            }
            RecordKind::Employee => {
                let employees = desk.employees().if_unchanged(read);
                employees
                    .edit(self.employee, NewEmployee::new(name, "Ployee"))
                    .await
                    .map(drop)
            }
            RecordKind::Role => {
                let roles = desk.roles().if_unchanged(read);
                roles.edit(self.role, NewRole::new(name)).await.map(drop)
            }
            RecordKind::Unit => desk.units().if_unchanged(read).rename(self.unit, name).await.map(drop),
            _ => desk.tenant().if_unchanged(read).rename(name).await.map(drop),
        }
    }
}

async fn d4_every_kind_of_record_is_edited_by_version(world: World) {
    let firm = world.found().await;
    let edited = Edited::set(&firm).await;
    for kind in KINDS {
        let read = edited.version(&firm.desk, kind).await;
        edited.rename(&firm.desk, kind, read, "First").await.unwrap();
        let refused = stale(edited.rename(&firm.desk, kind, read, "Second").await);
        assert_eq!((refused.record.kind(), refused.current), (kind, read.next()));
        let told: Vec<_> = refused.missed.iter().map(|missed| missed.fields.len()).collect();
        assert_eq!(told, [1], "{kind}");
        let read = edited.version(&firm.desk, kind).await;
        assert_eq!(read, refused.current);
        edited.rename(&firm.desk, kind, read, "Second").await.unwrap();
    }
}

async fn d4_of_two_edits_of_one_version_exactly_one_stands(world: World) {
    let firm = world.found().await;
    let edited = Edited::set(&firm).await;
    let owner = world.principal(&firm.login).await.unwrap();
    let desks = world.two_programs().map(|program| Arc::new(program.desk(&owner)));
    for kind in KINDS {
        let read = edited.version(&firm.desk, kind).await;
        let mut edits = JoinSet::new();
        for number in 0..6 {
            let desk = Arc::clone(&desks[number % 2]);
            edits.spawn(async move { edited.rename(&desk, kind, read, &format!("Name {number}")).await });
        }
        let ended = edits.join_all().await;
        let (stand, refused): (Vec<_>, Vec<_>) = ended.into_iter().partition(Result::is_ok);
        assert_eq!((stand.len(), refused.len()), (1, 5), "{kind}");
        for refused in refused {
            assert_eq!(stale(refused).current, read.next(), "{kind}");
        }
        assert_eq!(edited.version(&firm.desk, kind).await, read.next(), "{kind}");
    }
}

async fn d4_who_may_not_edit_learns_nothing_of_versions(world: World) {
    let firm = world.found().await;
    let [here, there] = two_units(&firm).await;
    let manages = Access::none().and_permission(permissions::USERS_MANAGE);
    let ann = world.join(&firm.desk, "Ann", manages.within([here])).await;
    let none = world.join(&firm.desk, "None", Access::none()).await;
    let zoe = world
        .join(&firm.desk, "Zoe", Access::none().member_of([there]))
        .await
        .user
        .id;
    let old = Version::FIRST;
    let edit = async |desk: &Desk, user| {
        let users = desk.users().if_unchanged(old);
        denied(users.edit_profile(user, renamed("X")).await)
    };
    let not_found = Denied::NotFound { what: RecordKind::User };
    assert_eq!(edit(&ann.desk, zoe).await, not_found);
    assert_eq!(edit(&ann.desk, firm.owner.id).await, not_found);
    assert_eq!(edit(&none.desk, zoe).await, Denied::Forbidden);
    let unknown = UserId::from_uuid(uuid::Uuid::nil());
    assert_eq!(edit(&firm.desk, unknown).await, not_found);
}

async fn d4_the_own_profile_and_address_are_edited_by_version(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let me = zoe.desk.me();
    let opened = me.load().await.unwrap();
    assert_eq!(opened.value, me.user().await.unwrap());
    // Meanwhile an administrator edits her, and then she does herself, in another window.
    firm.desk
        .users()
        .edit_profile(zoe.user.id, renamed("Zett"))
        .await
        .unwrap();
    me.edit_profile(ProfileEdit::new().locale("de")).await.unwrap();

    let before = world.picture(&[firm.id()]).await;
    let as_opened = me.if_unchanged(opened.version);
    let edit = || as_opened.edit_profile(renamed("Ypsilon"));
    let refused = stale(edit().await);
    let now = me.load().await.unwrap();
    assert_eq!(refused.record, RecordId::User(zoe.user.id));
    assert_eq!((refused.read, refused.current), (opened.version, now.version));
    let missed = refused.missed.iter();
    let missed: Vec<_> = missed.map(|missed| (missed.fields.clone(), missed.by)).collect();
    let expected = [
        (fields(["last_name"]), ChangedBy::Another),
        (fields(["locale"]), ChangedBy::Themselves),
    ];
    assert_eq!(missed, expected);
    let new = || ChangeAddress::new("zoe@new.example", "zoe@new.example");
    stale(as_opened.change_address(new()).await);
    assert_eq!(
        world.picture(&[firm.id()]).await,
        before,
        "no mail, and no request is counted"
    );

    // With the version that there is, each is done, and each makes another.
    let me_now = me.if_unchanged(now.version);
    let saved = me_now.edit_profile(renamed("Ypsilon")).await.unwrap();
    assert_eq!(saved.profile.last_name.as_str(), "Ypsilon");
    stale(me_now.change_address(new()).await);
    let read = me.load().await.unwrap().version;
    me.if_unchanged(read).change_address(new()).await.unwrap();
    stale(me.if_unchanged(read).cancel_address_change().await);
    let read = me.load().await.unwrap().version;
    me.if_unchanged(read).cancel_address_change().await.unwrap();
    // Whoever names no version acts on what is there; who is no longer logged in learns nothing of versions.
    me.edit_profile(renamed("Zett")).await.unwrap();
    firm.desk.sessions().end_all(zoe.user.id).await.unwrap();
    assert_eq!(denied(edit().await), Denied::NotSignedIn);
}

async fn d4_of_two_edits_of_the_own_profile_exactly_one_stands(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let principal = world.principal(&zoe.login).await.unwrap();
    let desks = world.two_programs().map(|program| Arc::new(program.desk(&principal)));
    let read = zoe.desk.me().load().await.unwrap().version;
    let mut edits = JoinSet::new();
    for number in 0..6 {
        let desk = Arc::clone(&desks[number % 2]);
        edits.spawn(async move {
            let me = desk.me().if_unchanged(read);
            me.edit_profile(renamed(&format!("Name {number}"))).await
        });
    }
    let ended = edits.join_all().await;
    let (stand, refused): (Vec<_>, Vec<_>) = ended.into_iter().partition(Result::is_ok);
    assert_eq!((stand.len(), refused.len()), (1, 5));
    for refused in refused {
        assert_eq!(stale(refused).current, read.next());
    }
}

async fn d4_a_deletion_is_of_the_version_that_was_read(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await.user.id;
    let users = firm.desk.users();
    let read = users.load(zoe).await.unwrap().version;
    users.edit_profile(zoe, renamed("Zett")).await.unwrap();
    let before = world.picture(&[firm.id()]).await;
    stale(users.if_unchanged(read).delete(zoe).await);
    assert_eq!(world.picture(&[firm.id()]).await, before, "nobody is held");
    let read = users.load(zoe).await.unwrap().version;
    users.if_unchanged(read).delete(zoe).await.unwrap();
}

/// Two programs change supervisors at once, singly and in bulk, each in its own way round.
async fn d2_bulk_and_single_changes_at_once_leave_no_cycle(world: World) {
    const PEOPLE: usize = 6;
    let firm = world.found().await;
    let mut people: Vec<EmployeeId> = Vec::new();
    for number in 0..PEOPLE {
        let employee = NewEmployee::new(format!("Person {number}"), "Example");
        let employee = match people.last() {
            Some(above) if number % 2 == 1 => employee.supervisor(*above),
            _ => employee,
        };
        people.push(firm.desk.employees().add(employee).await.unwrap().id);
    }
    let owner = world.principal(&firm.login).await.unwrap();
    let desks = world.two_programs().map(|program| Arc::new(program.desk(&owner)));
    let mut written = 0;
    for round in 0..4 {
        let mut changes = JoinSet::new();
        for number in 0..PEOPLE {
            let desk = Arc::clone(&desks[number % 2]);
            let [one, other] = [people[number], people[(number + round + 1) % PEOPLE]];
            changes.spawn(async move {
                if number % 3 == 0 {
                    desk.employees().move_reports(one, other).await
                } else {
                    desk.employees().change_supervisor(one, Some(other)).await.map(drop)
                }
            });
        }
        for changed in changes.join_all().await {
            match changed {
                Ok(()) => written += 1,
                Err(Error::Conflict) => {}
                Err(error) => {
                    let refused = denied(Err::<(), _>(error));
                    assert!(
                        matches!(refused, Denied::SupervisorCycle { .. } | Denied::Invalid { .. }),
                        "{refused:?}"
                    );
                }
            }
        }
        for start in &people {
            let (mut seen, mut next) = (BTreeSet::new(), Some(*start));
            while let Some(employee) = next {
                assert!(seen.insert(employee), "a cycle above {start}");
                next = firm.desk.employees().get(employee).await.unwrap().supervisor;
            }
        }
    }
    assert!(written > 0);
}

async fn two_units(firm: &Firm) -> [UnitId; 2] {
    let units = firm.desk.units();
    [
        units.add(NewUnit::company("Here")).await.unwrap().id,
        units.add(NewUnit::company("There")).await.unwrap().id,
    ]
}

/// Ann manages users and enters orders in one unit.
async fn of_one_unit(world: &World, firm: &Firm, unit: UnitId) -> Member {
    let role = NewRole::new("Unit administrator").permissions(["users.manage", "units.manage", "orders.enter"]);
    let role = firm.desk.roles().add(role).await.unwrap().id;
    world.join(&firm.desk, "Ann", Access::role(role).within([unit])).await
}

async fn r3_an_administrator_of_one_unit_administers_that_unit(world: World) {
    let firm = world.found().await;
    let [here, there] = two_units(&firm).await;
    let ann = of_one_unit(&world, &firm, here).await;
    let orders = Permission::new("orders.enter").unwrap();
    let enter = |units: &[UnitId]| Grant::permission(orders.clone(), Scope::from(units.iter().copied()));
    let users = ann.desk.users();

    // Within: created, edited, granted, suspended, in a unit of their own making too.
    let below = ann
        .desk
        .units()
        .add(NewUnit::department("Desk").below(here))
        .await
        .unwrap()
        .id;
    let new = NewUser::new("Zoe", "Example", "zoe@example.com");
    let access = Access::none().member_of([here]).without_invitation();
    let zoe = users.create(new, access).await.unwrap().id;
    users.grant(zoe, enter(&[below])).await.unwrap();
    users
        .edit(zoe, UserEdit::new().profile(renamed("Zett")).memberships([below]))
        .await
        .unwrap();
    let rights = users.effective_rights(zoe).await.unwrap();
    assert_eq!(rights.permissions[0].scope, Scope::from([below]));
    users.activate(zoe).await.unwrap();

    // Not without: no right and no unit elsewhere, no right that is not theirs, nobody of another unit.
    assert_eq!(denied(users.grant(zoe, enter(&[there])).await), Denied::BeyondOwnRights);
    let everywhere = Grant::permission(orders.clone(), Scope::All);
    assert_eq!(denied(users.grant(zoe, everywhere).await), Denied::BeyondOwnRights);
    let prices = Grant::permission(Permission::new("prices.change").unwrap(), Scope::from([here]));
    assert_eq!(denied(users.grant(zoe, prices).await), Denied::BeyondOwnRights);
    assert_eq!(
        denied(users.change_memberships(zoe, [there]).await),
        Denied::BeyondOwnRights
    );
    let other = world
        .join(&firm.desk, "Other", Access::none().member_of([there]))
        .await
        .user
        .id;
    let not_found = Denied::NotFound { what: RecordKind::User };
    for hidden in [other, firm.owner.id] {
        assert_eq!(denied(users.load(hidden).await), not_found);
        assert_eq!(
            denied(users.edit(hidden, UserEdit::new().api_only(true)).await),
            not_found
        );
        assert_eq!(denied(users.effective_rights(hidden).await), not_found);
    }
    // Somebody of both units is seen, and is not theirs to edit.
    let both = world
        .join(&firm.desk, "Both", Access::none().member_of([here, there]))
        .await
        .user
        .id;
    users.load(both).await.unwrap();
    assert_eq!(
        denied(users.edit_profile(both, renamed("X")).await),
        Denied::BeyondOwnRights
    );
    // Roles are everybody's: they take a permission everywhere.
    assert_eq!(
        denied(ann.desk.roles().add(NewRole::new("Own")).await),
        Denied::Forbidden
    );
    let role = firm.desk.roles().add(NewRole::new("Other role")).await.unwrap().id;
    assert_eq!(denied(ann.desk.roles().move_users(role, role).await), Denied::Forbidden);
    // Nor is the unit itself moved below another.
    assert_eq!(
        denied(ann.desk.units().move_below(here, Some(there)).await).code(),
        "not_found"
    );
    assert_eq!(denied(users.security_report(zoe).await), Denied::Forbidden);
}

async fn r7_a_role_in_use_is_moved_with_its_count_and_then_removed(world: World) {
    let firm = world.found().await;
    let (desk, roles) = (&firm.desk, firm.desk.roles());
    let [here, _] = two_units(&firm).await;
    let old = roles
        .add(NewRole::new("Clerk").permissions(["orders.enter"]))
        .await
        .unwrap()
        .id;
    let new = roles
        .add(NewRole::new("Seller").permissions(["prices.change"]))
        .await
        .unwrap()
        .id;
    let zoe = world.join(desk, "Zoe", Access::role(old).within([here])).await;
    for name in ["one", "two"] {
        let user = NewUser::new(name, "Example", format!("{name}@example.com"));
        desk.users().create(user, Access::role(old)).await.unwrap();
    }
    let in_use = Denied::InUse {
        what: RecordKind::Role,
        by: RecordKind::User,
        count: 3,
    };
    assert_eq!(denied(roles.remove(old).await), in_use);
    let read = roles.load(old).await.unwrap();
    assert_eq!(roles.if_unchanged(read.version).move_users(old, new).await.unwrap(), 3);
    assert_eq!(roles.move_users(old, new).await.unwrap(), 0);
    let zoes = desk.users().get(zoe.user.id).await.unwrap();
    assert_eq!(zoes.grants, [Grant::role(new, Scope::from([here]))]);
    // With the next request.
    let principal = world.principal(&zoe.login).await.unwrap();
    assert_eq!(
        principal.scope_of(&Permission::new("prices.change").unwrap()),
        Some(Scope::from([here]))
    );
    assert_eq!(principal.scope_of(&Permission::new("orders.enter").unwrap()), None);
    roles.remove(old).await.unwrap();
    // The owner keeps the administrator role by this path too (R5).
    let lost = roles.move_users(firm.tenant.administrator, new).await;
    assert_eq!(denied(lost), Denied::OwnerProtected);
    let system = world.tenure.system(firm.id(), "contract").unwrap();
    let contract = SeatContract {
        contracted: 5,
        limit: None,
    };
    let read = system.tenant().load().await.unwrap().version;
    system
        .tenant()
        .if_unchanged(read)
        .change_seat_contract(contract)
        .await
        .unwrap();
    stale(system.tenant().if_unchanged(read).suspend().await);
}

async fn r4_the_report_names_no_unit_outside_the_readers_part(world: World) {
    let firm = world.found().await;
    let unit = async |name| firm.desk.units().add(NewUnit::company(name)).await.unwrap().id;
    let (here, there) = (unit("Berlin").await, unit("Paris").await);
    let role = NewRole::new("Clerk").permissions(["orders.enter"]);
    let role = firm.desk.roles().add(role).await.unwrap().id;
    let zoe = Access::role(role).within([here, there]);
    let zoe = world.join(&firm.desk, "Zoe", zoe).await.user;
    let auditor = NewRole::new("Auditor").permissions(["history.read", "users.read"]);
    let auditor = firm.desk.roles().add(auditor).await.unwrap().id;
    let ann = world
        .join(&firm.desk, "Ann", Access::role(auditor).within([here]))
        .await;
    let report = ann.desk.users().security_report(zoe.id).await.unwrap();
    assert_eq!(report.units.keys().copied().collect::<Vec<_>>(), [here]);
    assert_eq!(report.elsewhere, 1);
    for to in [ReportTo::Asking, ReportTo::User] {
        ann.desk.users().send_security_report(zoe.id, to).await.unwrap();
    }
    // Whoever lists her mails reads no name that went to her.
    let mails = ann.desk.invitations().mails(zoe.id).await.unwrap().items;
    assert!(!format!("{mails:?}").contains("Paris"), "{mails:?}");
    world.deliver().await;
    let mails = ["ann", "zoe"].map(|name| world.mail_to(&format!("{name}@nordwind.example")));
    let [to_ann, to_zoe] = mails.each_ref().map(tenure::mail::Message::text);
    assert!(
        to_ann.contains("orders.enter (Berlin, elsewhere)") && !to_ann.contains("Paris"),
        "{to_ann}"
    );
    assert!(to_zoe.contains("Berlin") && to_zoe.contains("Paris"), "{to_zoe}");
    assert!(!to_zoe.contains("elsewhere"), "{to_zoe}");
}

async fn cp11_the_report_waits_as_its_readers_may_read_it_and_goes_with_the_user(world: World) {
    let firm = world.found().await;
    let reader = Access::none().and_permission(permissions::USERS_READ);
    let reader = world.join(&firm.desk, "Reader", reader).await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await.user;
    let users = firm.desk.users();
    users.send_security_report(zoe.id, ReportTo::Asking).await.unwrap();
    // Whoever lists her mails sees that there is a report, and nothing of logins.
    let mails = reader.desk.invitations().mails(zoe.id).await.unwrap().items;
    let tenure::model::Mail::SecurityReport { report, .. } = &mails[0].mail else {
        panic!("{mails:?}")
    };
    assert!(report.attempts.is_empty() && report.changes.is_empty() && report.sessions.is_empty());
    assert_eq!(
        denied(reader.desk.users().security_report(zoe.id).await),
        Denied::Forbidden
    );
    let sent = reader.desk.users().send_security_report(zoe.id, ReportTo::User).await;
    assert_eq!(denied(sent), Denied::Forbidden);

    // It is hers: erased with her, whoever it went to.
    let kept = async || format!("{:?}", world.picture(&[firm.id()]).await).contains("SecurityReport {");
    assert!(kept().await);
    users.delete(zoe.id).await.unwrap();
    world.advance(world.tenure.policy().deletion_recovery);
    world.tenure.settle_due(None).await.unwrap();
    let system = world.tenure.system(firm.id(), "a look at the queue").unwrap();
    let left = system.invitations().mails(zoe.id).await.unwrap();
    assert_eq!(left.items, []);
    assert!(!kept().await);
}
