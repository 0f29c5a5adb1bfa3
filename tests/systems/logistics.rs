//! The logistics back office, as its help page “Create user” describes it.

use std::collections::BTreeSet;

use tenure::desk::Desk;
use tenure::mail::links;
use tenure::model::{RecordId, RecordKind, StatusKind, UserKind, What};
use tenure::store::FeedEntry;
use tenure::{
    Acceptance, Access, Denied, Founding, Listing, NewEmployee, NewRole, NewUnit, NewUser, Policy, SeatContract,
    SortBy, Start, Suspension, TenantId, Timestamp, UserStatus, permissions,
};
use time::Duration;

use crate::support::{Firm, OWNERS, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::logistics();
    the_page_step_by_step,
    lo1_a_user_is_made_from_an_employee_with_an_address_once,
    lo2_users_and_employees_take_permissions_of_their_own_and_others_learn_nothing,
    lo3_every_employee_is_a_candidate_with_what_stands_against_them,
    lo4_the_address_becomes_the_user_name_and_must_be_free,
    lo5_the_mail_is_an_act_of_its_own_previewed_and_changed_before,
    lo6_external_users_belong_to_a_client_and_are_no_employees,
    lo7_locking_ends_access_at_once_and_lists_show_active_users,
    lo8_billed_is_the_larger_of_used_and_contracted_at_any_time,
    lo8_seats_over_a_period_are_counted_from_the_log_alone,
    lo9_active_sessions_say_who_since_when_from_where_with_what,
);

async fn clerk(desk: &Desk) -> Access {
    let role = desk
        .roles()
        .add(NewRole::new("Clerk").permissions(["orders.enter"]))
        .await;
    Access::role(role.unwrap().id)
}

async fn the_page_step_by_step(world: World) {
    let Firm { tenant, desk, .. } = world.found().await;

    // Create user 1, 2: “Employees > Employees”, with an e-mail address.
    let zoe = NewEmployee::new("Zoë", "Ärmel").email("zoe@nordwind.example");
    let zoe = desk.employees().add(zoe).await.unwrap();
    // 3, 4: “System > Users”, “New”: an administrator's menu.
    let access = clerk(&desk).await;
    // 5: all employees stand in the “Person” drop-down.
    let candidates = desk.users().candidates(Listing::new().has_user(false)).await.unwrap();
    assert_eq!(candidates.items.len(), 1);
    assert_eq!(candidates.items[0].employee, zoe);
    // 6, 7: the address is the user name; save. No mail goes out by that.
    let user = desk.users().create_for(zoe.id, access).await.unwrap();
    assert_eq!(user.user_name.as_str(), "zoe@nordwind.example");
    assert_eq!(world.deliver().await, 0);
    // 8: “File > Email User Information”; a pop-up with the mail opens; “Send Message”.
    let shown = desk
        .invitations()
        .preview_mail(user.id, Some("Welcome!"))
        .await
        .unwrap();
    assert!(shown.text().contains("Welcome!"));
    desk.invitations().send(user.id, Some("Welcome!")).await.unwrap();
    assert_eq!(world.deliver().await, 1);
    // 9: the link in the mail leads to the password; then they can log in.
    let token = world.token_to("zoe@nordwind.example");
    let accepted = world.tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await;
    assert!(accepted.unwrap().is_active());
    let login = world
        .sign_in(tenant.id, "zoe@nordwind.example", PASSWORD)
        .await
        .unwrap();

    // Active sessions 1, 2: who is logged in, with which browser.
    let active = desk.sessions().active(Listing::new()).await.unwrap();
    let theirs = active.items.iter().find(|active| active.user.id == user.id).unwrap();
    assert!(
        theirs
            .session
            .client
            .user_agent
            .as_ref()
            .unwrap()
            .as_str()
            .contains("Firefox")
    );

    // Block or disable users 1–3: “Account locked”, save.
    desk.users().suspend(user.id, Suspension::open_ended()).await.unwrap();
    // 4: they can no longer log in, are gone from the table, and are shown where the filter says “Inactive”.
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
    assert_eq!(world.names(&desk, Listing::new()).await, ["Ada"]);
    let inactive = Listing::new().status(["suspended", "disabled", "inactive"]);
    assert_eq!(world.names(&desk, inactive).await, ["Zoë"]);

    // Billing of users: the active ones count.
    assert_eq!(desk.seats().count().await.unwrap().billed, 1);
}

async fn lo1_a_user_is_made_from_an_employee_with_an_address_once(world: World) {
    let Firm { desk, .. } = world.found().await;
    let access = clerk(&desk).await;
    let without = desk.employees().add(NewEmployee::new("Ole", "Ohne")).await.unwrap();
    let refused = denied(desk.users().create_for(without.id, access.clone()).await);
    assert_eq!(refused, Denied::EmployeeWithoutAddress);
    assert_eq!(refused.fields(), ["email"]);

    // With an address they can be one.
    let with = NewEmployee::new("Ole", "Ohne").email("ole@nordwind.example");
    desk.employees().edit(without.id, with).await.unwrap();
    let user = desk.users().create_for(without.id, access.clone()).await.unwrap();
    assert_eq!(user.kind, UserKind::Internal { employee: without.id });

    // Not twice: neither under the same address nor under another.
    let again = desk.users().create_for(without.id, access.clone()).await;
    assert_eq!(denied(again), Denied::EmployeeHasUser);
    let moved = NewEmployee::new("Ole", "Ohne").email("ole.ohne@nordwind.example");
    desk.employees().edit(without.id, moved).await.unwrap();
    assert_eq!(
        denied(desk.users().create_for(without.id, access).await),
        Denied::EmployeeHasUser
    );
}

async fn lo2_users_and_employees_take_permissions_of_their_own_and_others_learn_nothing(world: World) {
    let Firm { desk, owner, .. } = world.found().await;
    let register = Access::none().and_permission(permissions::EMPLOYEES_MANAGE);
    let registrar = world.join(&desk, "Rita", register).await.desk;
    let administer = Access::none().and_permission(permissions::USERS_MANAGE);
    let user_admin = world.join(&desk, "Uwe", administer).await.desk;
    let neither = world.join(&desk, "Nele", Access::none()).await.desk;

    let zoe = NewEmployee::new("Zoë", "Ärmel").email("zoe@nordwind.example");
    let zoe = registrar.employees().add(zoe).await.unwrap().id;
    assert_eq!(
        denied(user_admin.employees().add(NewEmployee::new("A", "B")).await),
        Denied::Forbidden
    );
    assert_eq!(
        denied(registrar.users().create_for(zoe, Access::none()).await),
        Denied::Forbidden
    );
    user_admin.users().create_for(zoe, Access::none()).await.unwrap();

    // Whoever has neither is told the same of what exists and of what does not.
    let nobody = tenure::id::UserId::from_uuid(uuid::Uuid::nil());
    let no_employee = tenure::id::EmployeeId::from_uuid(uuid::Uuid::nil());
    for user in [owner.id, nobody] {
        assert_eq!(denied(neither.users().get(user).await), Denied::Forbidden);
        assert_eq!(denied(neither.users().disable(user).await), Denied::Forbidden);
        assert_eq!(denied(neither.invitations().send(user, None).await), Denied::Forbidden);
        assert_eq!(denied(neither.users().deletion_report(user).await), Denied::Forbidden);
    }
    for employee in [zoe, no_employee] {
        assert_eq!(denied(neither.employees().get(employee).await), Denied::Forbidden);
        assert_eq!(denied(neither.employees().remove(employee).await), Denied::Forbidden);
        assert_eq!(
            denied(neither.users().create_for(employee, Access::none()).await),
            Denied::Forbidden
        );
    }
    assert_eq!(denied(neither.users().list(Listing::new()).await), Denied::Forbidden);
    assert_eq!(
        denied(neither.users().candidates(Listing::new()).await),
        Denied::Forbidden
    );
    assert_eq!(
        denied(neither.employees().list(Listing::new()).await),
        Denied::Forbidden
    );
}

async fn lo3_every_employee_is_a_candidate_with_what_stands_against_them(world: World) {
    let Firm { desk, .. } = world.found().await;
    let access = clerk(&desk).await;
    let zoe = NewEmployee::new("Zoë", "Ärmel").email("zoe@nordwind.example");
    world.advance(time::Duration::SECOND);
    let zoe = desk.employees().add(zoe).await.unwrap();
    world.advance(time::Duration::SECOND);
    desk.employees().add(NewEmployee::new("Ole", "Ohne")).await.unwrap();
    let candidates = async |listing| {
        let page = desk.users().candidates(listing).await.unwrap();
        let rows = page.items.into_iter();
        rows.map(|row| (row.employee.first_name.to_string(), row.has_address, row.has_access))
            .collect::<Vec<_>>()
    };
    let row = |name: &str, has_address, has_access| (name.to_owned(), has_address, has_access);

    let all = [
        row("Ada", true, true),
        row("Zoë", true, false),
        row("Ole", false, false),
    ];
    assert_eq!(candidates(Listing::new()).await, all);
    assert_eq!(candidates(Listing::new().has_user(false)).await, all[1..]);
    assert_eq!(
        candidates(Listing::new().has_user(false).has_address(true)).await,
        all[1..2]
    );

    let found = Listing::new().has_user(false).search("zo*").sort(SortBy::LastName);
    assert_eq!(candidates(found).await, all[1..2]);

    desk.users().create_for(zoe.id, access).await.unwrap();
    assert_eq!(candidates(Listing::new().has_user(false)).await, all[2..]);
}

async fn lo4_the_address_becomes_the_user_name_and_must_be_free(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let zoe = NewEmployee::new("Zoë", "Ärmel").email("Zoe@Nordwind.example");
    let zoe = desk.employees().add(zoe).await.unwrap();
    let twin = NewEmployee::new("Zoë", "Zwilling").email("zoe@nordwind.EXAMPLE");
    let twin = desk.employees().add(twin).await.unwrap();
    let user = desk.users().create_for(zoe.id, Access::none()).await.unwrap();
    assert_eq!(user.user_name.as_str(), "Zoe@Nordwind.example");
    assert_eq!(user.address.as_str(), "Zoe@Nordwind.example");
    let before = world.picture(&[tenant.id]).await;
    let refused = denied(desk.users().create_for(twin.id, Access::none()).await);
    assert_eq!(refused, Denied::LoginTaken { field: "email" });
    assert_eq!(world.picture(&[tenant.id]).await, before);
}

async fn lo5_the_mail_is_an_act_of_its_own_previewed_and_changed_before(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let zoe = NewEmployee::new("Zoë", "Ärmel").email("zoe@nordwind.example");
    let zoe = desk.employees().add(zoe).await.unwrap();
    let user = desk.users().create_for(zoe.id, clerk(&desk).await).await.unwrap();
    assert_eq!(world.deliver().await, 0);

    // Looked at as often as one likes, with this text and with that; nothing is written and no link works.
    let before = world.picture(&[tenant.id]).await;
    let plain = desk.invitations().preview_mail(user.id, None).await.unwrap();
    let changed = desk
        .invitations()
        .preview_mail(user.id, Some("See you on <Monday>!"))
        .await
        .unwrap();
    assert_eq!(world.picture(&[tenant.id]).await, before);
    assert!(!plain.text().contains("Monday"));
    assert!(changed.text().contains("See you on <Monday>!"));
    assert!(changed.html().contains("See you on &lt;Monday&gt;!"));
    assert!(!plain.text().contains("tni_") && !plain.html().contains("tni_"));

    // What was previewed is what is sent, but for the link.
    desk.invitations()
        .send(user.id, Some("See you on <Monday>!"))
        .await
        .unwrap();
    assert_eq!(world.deliver().await, 1);
    let sent = world.mail_to("zoe@nordwind.example");
    assert_eq!(sent.subject, changed.subject);
    assert!(sent.text().contains("See you on <Monday>!"));
    assert_eq!(links(&sent).len(), 1);

    assert!(
        world
            .sign_in(tenant.id, "zoe@nordwind.example", PASSWORD)
            .await
            .is_err()
    );
    let member = world.enter(tenant.id, &user).await;
    assert_eq!(member.user.id, user.id);
}

async fn lo6_external_users_belong_to_a_client_and_are_no_employees(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let client = desk.units().add(NewUnit::client("Möbelhaus Krüger")).await.unwrap().id;
    let contact = NewUser::new("Kim", "Krüger", "kim@krueger.example");
    let access = clerk(&desk).await.within([client]).invite();
    let user = desk.users().create_external(contact, client, access).await.unwrap();
    assert_eq!(user.kind, UserKind::External { client });
    let employees = desk.employees().list(Listing::new()).await.unwrap();
    assert_eq!(employees.items.len(), 1, "the owner alone");
    world.enter(tenant.id, &user).await;
    let theirs = world.names(&desk, Listing::new().within(client)).await;
    assert_eq!(theirs, ["Kim"]);
    // A client that external users belong to stays.
    let in_use = Denied::InUse {
        what: RecordKind::Unit,
        by: RecordKind::User,
        count: 1,
    };
    assert_eq!(denied(desk.units().remove(client).await), in_use);
}

async fn lo7_locking_ends_access_at_once_and_lists_show_active_users(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let zoe = world.join(&desk, "Zoe", clerk(&desk).await).await;
    let second = world
        .sign_in(tenant.id, "zoe@nordwind.example", PASSWORD)
        .await
        .unwrap();
    assert_eq!(world.names(&desk, Listing::new()).await, ["Ada", "Zoe"]);

    desk.users()
        .suspend(zoe.user.id, Suspension::open_ended())
        .await
        .unwrap();
    for login in [&zoe.login, &second] {
        assert_eq!(denied(world.principal(login).await), Denied::NotSignedIn);
    }
    let refused = world.sign_in(tenant.id, "zoe@nordwind.example", PASSWORD).await;
    assert_eq!(denied(refused), Denied::SignInRefused);
    assert_eq!(world.names(&desk, Listing::new()).await, ["Ada"]);
    assert_eq!(world.names(&desk, Listing::new().status(["suspended"])).await, ["Zoe"]);

    assert_eq!(
        world.names(&desk, Listing::new().search("zoe")).await,
        [""; 0],
        "nor are they found"
    );
    let suspended = Listing::new().search("zoe").status(["suspended"]);
    assert_eq!(world.names(&desk, suspended).await, ["Zoe"]);

    desk.users().reinstate(zoe.user.id).await.unwrap();
    // The old sessions stay over; a new login works.
    assert_eq!(denied(world.principal(&zoe.login).await), Denied::NotSignedIn);
    world
        .sign_in(tenant.id, "zoe@nordwind.example", PASSWORD)
        .await
        .unwrap();
    assert_eq!(world.names(&desk, Listing::new()).await, ["Ada", "Zoe"]);
}

async fn lo8_billed_is_the_larger_of_used_and_contracted_at_any_time(world: World) {
    let contract = SeatContract {
        contracted: 2,
        limit: None,
    };
    let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    let founding = Founding::new("Nordwind", owner, OWNERS).seats(contract);
    let Firm { desk, .. } = world.found_with(founding).await;
    let counts = async || {
        let count = desk.seats().count().await.unwrap();
        (count.used, count.billed)
    };
    assert_eq!(counts().await, (1, 2));
    let zoe = world.join(&desk, "Zoe", Access::none()).await.user.id;
    let kim = world.join(&desk, "Kim", Access::none()).await.user.id;
    assert_eq!(counts().await, (3, 3));
    desk.users().suspend(kim, Suspension::open_ended()).await.unwrap();
    assert_eq!(counts().await, (2, 2));
    desk.users().disable(zoe).await.unwrap();
    assert_eq!(counts().await, (1, 2));
    desk.users().reactivate(zoe).await.unwrap();
    desk.users().reinstate(kim).await.unwrap();
    assert_eq!(counts().await, (3, 3));
    desk.users().delete(kim).await.unwrap();
    assert_eq!(counts().await, (2, 2));
}

/// After each event of the log: when, and how many seats are kept.
fn seats_in(log: &[FeedEntry]) -> Vec<(Timestamp, usize)> {
    let mut seated = BTreeSet::new();
    let mut counts = Vec::new();
    for FeedEntry { event, .. } in log {
        let subject = match event.subject {
            RecordId::User(user) => Some(user),
            _ => None,
        };
        let (user, seat) = match &event.what {
            What::UserCreated { seat, .. } | What::InvitationSent { seat, .. } => (subject, *seat),
            What::InvitationAccepted { user, seat, .. }
            | What::InvitationCancelled { user, seat }
            | What::InvitationExpired { user, seat } => (Some(*user), *seat),
            What::StatusChanged { to, until, .. } => match to {
                StatusKind::Active => (subject, true),
                StatusKind::Disabled => (subject, false),
                // Out of use, but certain to be in use again on a day.
                _ => (subject, until.is_some()),
            },
            What::UserDeleted { .. } => (subject, false),
            _ => continue,
        };
        match (user, seat) {
            (Some(user), true) => drop(seated.insert(user)),
            (Some(user), false) => drop(seated.remove(&user)),
            (None, _) => panic!("{event:?}"),
        }
        counts.push((event.at, seated.len()));
    }
    counts
}

async fn lo8_seats_over_a_period_are_counted_from_the_log_alone(world: World) {
    for invitations_count in [true, false] {
        let mut policy = Policy::logistics();
        policy.invitations_take_seats = invitations_count;
        let tenure = world.set_up(policy, |builder| builder);
        let id = TenantId::from_uuid(uuid::Uuid::from_u128(u128::from(invitations_count) + 5));
        let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
        tenure
            .found(Founding::new("Nordwind", owner, OWNERS).id(id))
            .await
            .unwrap();
        let desk = tenure.system(id, "a test").unwrap();
        let users = desk.users();
        let new = |name: &str| NewUser::new(name, "Example", format!("{name}@nordwind.example"));
        let mut most = 0;
        let mut check = async |step: &str| {
            let log = world.events(id).await;
            let used = desk.seats().count().await.unwrap().used as usize;
            assert_eq!(seats_in(&log).last().map(|(_, seats)| *seats), Some(used), "{step}");
            most = most.max(used);
        };
        check("founded").await;
        let zoe = users.create(new("zoe"), Access::none().invite()).await.unwrap();
        check("invited").await;
        tenure.courier().deliver_due().await.unwrap();
        let token = world.token_to("zoe@nordwind.example");
        tenure
            .accept_invitation(&token, Acceptance::new(PASSWORD))
            .await
            .unwrap();
        check("accepted").await;
        let kim = users.create(new("kim"), Access::none().invite()).await.unwrap();
        let waiting = Access::none().starting(Start::WhenActivated).invite();
        let pat = users.create(new("pat"), waiting).await.unwrap();
        check("two invited").await;
        let UserStatus::Invited { invitation, .. } = kim.status else {
            panic!("{kim:?}")
        };
        desk.invitations().cancel(invitation).await.unwrap();
        check("cancelled").await;
        tenure.courier().deliver_due().await.unwrap();
        let token = world.token_to("pat@nordwind.example");
        tenure
            .accept_invitation(&token, Acceptance::new(PASSWORD))
            .await
            .unwrap();
        check("accepted, for later").await;
        users
            .schedule_start(pat.id, Some(world.ahead(Duration::DAY)))
            .await
            .unwrap();
        check("scheduled").await;
        world.advance(Duration::DAY);
        tenure.settle_due(Some(id)).await.unwrap();
        check("begun").await;
        users.suspend(zoe.id, Suspension::open_ended()).await.unwrap();
        check("suspended").await;
        users.reinstate(zoe.id).await.unwrap();
        users
            .suspend(zoe.id, Suspension::until(world.ahead(Duration::DAY)))
            .await
            .unwrap();
        check("suspended for a while").await;
        users
            .schedule_end(pat.id, Some(world.ahead(Duration::DAY)))
            .await
            .unwrap();
        desk.invitations().send(kim.id, None).await.unwrap();
        check("invited again").await;
        world.advance(Duration::days(22));
        tenure.settle_due(Some(id)).await.unwrap();
        check("all of it ended or expired").await;
        let robot = users.create_program(new("robot"), Access::none()).await.unwrap();
        let day = Start::At(world.ahead(Duration::DAY));
        let later = Access::none().starting(day).without_invitation();
        users.create(new("later"), later).await.unwrap();
        check("made for a day").await;
        users.disable(robot.id).await.unwrap();
        users.delete(zoe.id).await.unwrap();
        check("disabled, deleted").await;
        users.reactivate(robot.id).await.unwrap();
        users.restore(zoe.id).await.unwrap();
        check("back").await;
        users.delete(zoe.id).await.unwrap();
        world.advance(Duration::days(31));
        tenure.settle_due(Some(id)).await.unwrap();
        check("erased").await;
        // The peak of a period is in the log as well.
        let peak = seats_in(&world.events(id).await)
            .into_iter()
            .map(|(_, seats)| seats)
            .max();
        assert_eq!(peak, Some(most), "every step was looked at");
    }
}

async fn lo9_active_sessions_say_who_since_when_from_where_with_what(world: World) {
    let Firm {
        desk, tenant, owner, ..
    } = world.found().await;
    world.advance(time::Duration::minutes(1));
    let zoe = world.join(&desk, "Zoe", Access::none()).await;
    let active = desk.sessions().active(Listing::new()).await.unwrap().items;
    let users: Vec<_> = active.iter().map(|active| active.user.id).collect();
    assert_eq!(users, [owner.id, zoe.user.id]);
    let theirs = &active[1].session;
    assert_eq!(theirs.id, zoe.login.session);
    assert_eq!(theirs.started_at, world.now());
    assert_eq!(theirs.client.address, Some([192, 0, 2, 7].into()));
    let agent = theirs.client.user_agent.as_ref().unwrap().as_str();
    assert!(agent.contains("Linux") && agent.contains("Firefox"));

    // Signed out, idle for too long, or ended: no longer logged in.
    zoe.desk.me().sign_out().await.unwrap();
    assert_eq!(desk.sessions().active(Listing::new()).await.unwrap().items.len(), 1);
    world
        .sign_in(tenant.id, "zoe@nordwind.example", PASSWORD)
        .await
        .unwrap();
    world.advance(time::Duration::minutes(28));
    let desk = world
        .desk(&world.sign_in(tenant.id, "ada@nordwind.example", OWNERS).await.unwrap())
        .await;
    assert_eq!(desk.sessions().active(Listing::new()).await.unwrap().items.len(), 3);
    world.advance(time::Duration::minutes(2));
    let active = desk.sessions().active(Listing::new()).await.unwrap().items;
    assert_eq!(active.len(), 1, "the owner's second login alone");
}
