//! The point-of-sale back office, as its help page “Create Back Office Users” describes it.
//!
//! In part: PS5 (in this preset a completed change of the owner's address is to release them; it does not yet).

use tenure::desk::Desk;
use tenure::mail::Failure;
use tenure::model::{MailState, What};
use tenure::{
    Access, ChangeAddress, ChangePassword, Denied, Error, Listing, NewPassword, NewRole, NewUnit, NewUser, Permission,
    PermissionSet, Place, Policy, ProfileEdit, Scope, SignedIn, Suspension, TenantId, User, UserKind,
};
use time::Duration;

use crate::support::{Firm, PASSWORD, World, client, denied, for_every_store, wrong_fields};

for_every_store!(Policy::point_of_sale();
    the_page_step_by_step,
    ps1_signing_up_founds_a_tenant_with_one_user_its_owner,
    ps2_a_new_user_gets_user_name_and_a_one_time_password_by_mail,
    ps2_credentials_can_be_sent_again_and_the_old_password_is_void,
    ps3_units_limit_what_a_permission_reaches_grant_by_grant,
    ps4_deleting_ends_access_from_that_very_moment,
    ps5_the_owner_cannot_be_deleted_until_another_owns_the_tenant,
    ps5_another_address_releases_the_owner_and_who_deletes_them_becomes_owner,
    ps5_another_address_written_down_or_not_releases_the_owner_alike,
    ps5_another_address_of_before_releases_no_new_owner,
    ps6_only_the_user_changes_the_own_password,
    ps6_an_administrators_edit_of_an_address_is_refused,
    ps7_the_own_address_changes_after_hours_told_to_both_and_stoppable,
    ps7_the_owner_changes_the_own_address_too,
    ps8_users_are_listed_added_edited_and_deleted,
);

async fn the_page_step_by_step(world: World) {
    // “By default only a single user will be created”: whoever signed up.
    let Firm {
        desk, tenant, owner, ..
    } = world.found().await;
    assert_eq!(world.names(&desk, Listing::new()).await, ["Ada"]);
    // Creating users: “+New”; address, names, role, org units; save. A mail goes to their address.
    let shop = desk.units().add(NewUnit::department("Shop A")).await.unwrap();
    let role = desk
        .roles()
        .add(NewRole::new("Cashier").permissions(["sales.enter"]))
        .await
        .unwrap()
        .id;
    let pia = NewUser::new("Pia", "Example", "pia@nordwind.example");
    let user = desk
        .users()
        .create(pia, Access::role(role).within([shop.id]))
        .await
        .unwrap();
    world.deliver().await;
    let mails = desk.invitations().mails(user.id).await.unwrap().items;
    assert!(
        matches!(mails[0].state, MailState::Sent { .. }),
        "whether it went out is visible"
    );
    let pia = replace_password(&world, tenant.id, &user, PASSWORD).await.unwrap();
    // Editing: select, “Edit”.
    desk.users()
        .edit_profile(user.id, ProfileEdit::new().last_name("Muster"))
        .await
        .unwrap();
    // Deleting: select, “Delete”; no longer able to log in from that point.
    desk.users().delete(user.id).await.unwrap();
    assert_eq!(denied(world.principal(&pia).await), Denied::NotSignedIn);
    // “The user which initially created the account cannot be deleted.”
    assert_eq!(denied(desk.users().delete(owner.id).await), Denied::OwnerProtected);
}

/// Whoever logged in with their one-time password sets one of their own.
async fn replace_password(world: &World, tenant: TenantId, user: &User, password: &str) -> Result<SignedIn, Error> {
    let limited = world.limited_session(tenant, user.id).await;
    let new = NewPassword::new(password).repeated(password);
    world
        .tenure
        .replace_one_time_password(limited.expose(), new, &client())
        .await
}

async fn ps1_signing_up_founds_a_tenant_with_one_user_its_owner(world: World) {
    let Firm {
        desk, tenant, owner, ..
    } = world.found().await;
    assert_eq!(tenant.owner, owner.id);
    assert_eq!(tenant.name.as_str(), "Nordwind");
    assert_eq!(owner.address.as_str(), "ada@nordwind.example");
    assert_eq!(owner.profile.first_name.as_str(), "Ada");
    assert!(owner.is_active());
    assert!(
        matches!(owner.kind, UserKind::Internal { .. }),
        "they stand in the register too"
    );
    let listed = desk.users().list(Listing::new()).await.unwrap().items;
    assert_eq!(listed.iter().map(|user| user.id).collect::<Vec<_>>(), [owner.id]);
    assert_eq!(desk.employees().list(Listing::new()).await.unwrap().items.len(), 1);
    let roles = desk.roles().list(Listing::new()).await.unwrap().items;
    assert_eq!(roles.len(), 1);
    assert_eq!(
        (roles[0].id, roles[0].permissions.clone()),
        (tenant.administrator, PermissionSet::All)
    );
    // Every permission, also one that a host invents.
    let login = world
        .sign_in(tenant.id, "ada@nordwind.example", crate::support::OWNERS)
        .await
        .unwrap();
    let principal = world.principal(&login).await.unwrap();
    for permission in ["users.manage", "tenant.manage", "prices.change"] {
        assert!(principal.may(&Permission::new(permission).unwrap(), Place::Everywhere));
    }
    // Another who signs up has a tenant of their own, also under the same address.
    let other = world.found().await;
    assert_ne!(other.id(), tenant.id);
    assert_eq!(other.desk.users().list(Listing::new()).await.unwrap().items.len(), 1);
}

async fn ps3_units_limit_what_a_permission_reaches_grant_by_grant(world: World) {
    let Firm { desk, .. } = world.found().await;
    let mut shops = Vec::new();
    for name in ["A", "B", "C"] {
        shops.push(desk.units().add(NewUnit::department(name)).await.unwrap());
    }
    let till = desk
        .units()
        .add(NewUnit::department("Till").below(shops[0].id))
        .await
        .unwrap();
    let (reports, prices) = (
        Permission::new("reports.read").unwrap(),
        Permission::new("prices.change").unwrap(),
    );
    let role = desk
        .roles()
        .add(NewRole::new("Reporter").permissions(["reports.read"]))
        .await
        .unwrap()
        .id;
    let access = Access::role(role).within([shops[0].id, shops[1].id]);
    let access = access.and_permission(prices.clone()).within([shops[0].id]);
    let pia = world.join(&desk, "Pia", access).await;

    let may = |principal: &tenure::Principal| {
        let places = shops.iter().chain([&till]).map(|unit| Place::In(&unit.path));
        places
            .map(|place| (principal.may(&reports, place), principal.may(&prices, place)))
            .collect::<Vec<_>>()
    };
    let principal = world.principal(&pia.login).await.unwrap();
    assert_eq!(
        may(&principal),
        [(true, true), (true, false), (false, false), (true, true)]
    );
    assert!(!principal.may(&reports, Place::Everywhere));
    assert_eq!(principal.scope_of(&prices), Some(Scope::from([shops[0].id])));
    assert_eq!(principal.scope_of(&Permission::new("sales.enter").unwrap()), None);

    // A unit that is moved takes its rights with it, from the next request on.
    desk.units().move_below(till.id, Some(shops[1].id)).await.unwrap();
    let units = desk
        .units()
        .list(Listing::new().within(shops[1].id))
        .await
        .unwrap()
        .items;
    let moved = units.iter().find(|unit| unit.id == till.id).unwrap();
    let principal = world.principal(&pia.login).await.unwrap();
    assert!(principal.may(&reports, Place::In(&moved.path)));
    assert!(!principal.may(&prices, Place::In(&moved.path)));
}

async fn ps4_deleting_ends_access_from_that_very_moment(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let pia = world.join(&desk, "Pia", Access::none()).await;
    let second = world
        .sign_in(tenant.id, "pia@nordwind.example", PASSWORD)
        .await
        .unwrap();
    let invited = NewUser::new("Quin", "Example", "quin@nordwind.example");
    let invited = desk.users().create(invited, Access::none().invite()).await.unwrap();
    world.deliver().await;
    let token = world.token_to("quin@nordwind.example");

    desk.users().delete(pia.user.id).await.unwrap();
    desk.users().delete(invited.id).await.unwrap();
    for login in [&pia.login, &second] {
        assert_eq!(denied(world.principal(login).await), Denied::NotSignedIn);
    }
    assert_eq!(denied(pia.desk.me().user().await), Denied::NotSignedIn);
    let login = world.sign_in(tenant.id, "pia@nordwind.example", PASSWORD).await;
    assert_eq!(denied(login), Denied::SignInRefused);
    let accepted = world
        .tenure
        .accept_invitation(&token, tenure::Acceptance::new(PASSWORD))
        .await;
    assert_eq!(denied(accepted).kind(), tenure::DeniedKind::Gone);
    // The old password does not come back with them.
    desk.users().restore(pia.user.id).await.unwrap();
    desk.users().activate(pia.user.id).await.unwrap();
    let login = world.sign_in(tenant.id, "pia@nordwind.example", PASSWORD).await;
    assert_eq!(denied(login), Denied::SignInRefused);
}

async fn ps5_the_owner_cannot_be_deleted_until_another_owns_the_tenant(world: World) {
    let firm = world.found().await;
    let (desk, owner) = (&firm.desk, &firm.owner);
    let bo = world.administrator(&firm, "Bo").await;
    let cleo = world.join(desk, "Cleo", Access::none()).await;
    for who in [desk, &bo.desk] {
        assert_eq!(denied(who.users().delete(owner.id).await), Denied::OwnerProtected);
        let report = who.users().deletion_report(owner.id).await.unwrap();
        assert_eq!(report.blockers.len(), 1);
        assert_eq!(report.blockers[0].code, "owner");
    }
    // Only the owner can hand over, and only to an active administrator.
    assert_eq!(denied(bo.desk.tenant().hand_over(bo.user.id).await), Denied::Forbidden);
    assert_eq!(denied(desk.tenant().hand_over(cleo.user.id).await).fields(), ["to"]);
    bo.desk
        .users()
        .suspend(cleo.user.id, Suspension::open_ended())
        .await
        .unwrap();
    let tenant = desk.tenant().hand_over(bo.user.id).await.unwrap();
    assert_eq!(tenant.owner, bo.user.id);

    // Now the founder can be deleted, and the new owner cannot.
    assert_eq!(denied(desk.users().delete(bo.user.id).await), Denied::OwnerProtected);
    bo.desk.users().delete(owner.id).await.unwrap();
    let listed = world.names(&bo.desk, Listing::new().status(["active"])).await;
    assert_eq!(listed, ["Bo"]);
    // And can be made anew under the old address.
    let anew = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    bo.desk.users().create(anew, Access::none()).await.unwrap();
}

/// Ada owns the tenant and asked for another address, which she confirmed; Bo is an administrator.
async fn readdressed(world: &World) -> Firm {
    let firm = world.found().await;
    world.administrator(&firm, "Bo").await;
    let new = "ada@new.example";
    firm.desk
        .me()
        .change_address(ChangeAddress::new(new, new))
        .await
        .unwrap();
    world.deliver().await;
    world.tenure.confirm_address(&world.token_to(new)).await.unwrap();
    firm
}

async fn bos(world: &World, firm: &Firm) -> Desk {
    let login = world
        .sign_in(firm.tenant.id, "bo@nordwind.example", PASSWORD)
        .await
        .unwrap();
    world.desk(&login).await
}

async fn ps5_another_address_releases_the_owner_and_who_deletes_them_becomes_owner(world: World) {
    let firm = readdressed(&world).await;
    let (ada, bo) = (firm.owner.id, bos(&world, &firm).await);
    world.advance(Duration::minutes(20));
    assert_eq!(
        denied(bo.users().delete(ada).await),
        Denied::OwnerProtected,
        "not completed yet"
    );
    world.advance(Duration::hours(4));
    let bo = bos(&world, &firm).await;
    // Neither by herself nor by somebody who cannot own the tenant: the host's own code hands it over first.
    let login = world
        .sign_in(firm.tenant.id, "ada@new.example", crate::support::OWNERS)
        .await
        .unwrap();
    let adas = world.desk(&login).await;
    let host = world.tenure.system(firm.tenant.id, "a job").unwrap();
    for who in [&adas, &host] {
        let report = who.users().deletion_report(ada).await.unwrap();
        assert_eq!(report.blockers[0].code, "owner");
        assert!(who.users().delete(ada).await.is_err());
    }
    assert_eq!(denied(host.users().delete(ada).await), Denied::OwnerProtected);
    // Nor are they to be put out of use otherwise: that ends in a deletion, or not at all.
    assert_eq!(denied(bo.users().disable(ada).await), Denied::OwnerProtected);
    assert!(bo.users().get(ada).await.unwrap().hold.is_none());

    assert_eq!(bo.users().deletion_report(ada).await.unwrap().blockers, []);
    bo.users().delete(ada).await.unwrap();
    let bos_id = bo.me().user().await.unwrap().id;
    let tenant = bo.tenant().get().await.unwrap();
    assert_eq!((tenant.owner, tenant.owner_released), (bos_id, false));
    assert_eq!(denied(bo.users().delete(bos_id).await), Denied::OwnerProtected);
    assert!(world.principal(&login).await.is_err());
    let events: Vec<What> = world
        .events(firm.tenant.id)
        .await
        .into_iter()
        .map(|it| it.event.what)
        .collect();
    let handed_over = What::OwnershipHandedOver { from: ada, to: bos_id };
    assert!(events.contains(&What::OwnerReleased) && events.contains(&handed_over));
    let events = world.events(firm.tenant.id).await.into_iter().map(|it| it.event);
    let released = events
        .into_iter()
        .find(|event| event.what == What::OwnerReleased)
        .unwrap();
    assert_eq!(released.actor, tenure::model::Actor::Schedule);
    // Or made anew with the old address, while she is gone or not.
    let anew = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    bo.users().create(anew, Access::none()).await.unwrap();
}

async fn ps5_another_address_written_down_or_not_releases_the_owner_alike(world: World) {
    let firm = readdressed(&world).await;
    world.advance(Duration::hours(4));
    world.tenure.settle_due(Some(firm.tenant.id)).await.unwrap();
    let bo = bos(&world, &firm).await;
    assert!(bo.tenant().get().await.unwrap().owner_released);
    let anew = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    bo.users().create(anew, Access::none()).await.unwrap();
    // Handed over and back, she is protected again.
    let bos_id = bo.me().user().await.unwrap().id;
    let host = world.tenure.system(firm.tenant.id, "a job").unwrap();
    host.tenant().hand_over(bos_id).await.unwrap();
    host.tenant().hand_over(firm.owner.id).await.unwrap();
    assert_eq!(denied(bo.users().delete(firm.owner.id).await), Denied::OwnerProtected);
    let host = host.users();
    host.change_address(firm.owner.id, "ada@third.example").await.unwrap();
    bo.users().delete(firm.owner.id).await.unwrap();
    assert_eq!(bo.tenant().get().await.unwrap().owner, bos_id);
}

async fn ps5_another_address_of_before_releases_no_new_owner(world: World) {
    let firm = world.found().await;
    let bo = world.administrator(&firm, "Bo").await;
    world.administrator(&firm, "Cleo").await;
    let new = "bo@new.example";
    bo.desk.me().change_address(ChangeAddress::new(new, new)).await.unwrap();
    world.deliver().await;
    world.tenure.confirm_address(&world.token_to(new)).await.unwrap();
    world.advance(Duration::hours(4));
    // In effect, and written down by nobody, when he comes to own the tenant.
    let host = world.tenure.system(firm.tenant.id, "a job").unwrap();
    host.tenant().hand_over(bo.user.id).await.unwrap();
    assert_eq!(world.deliver().await, 2, "both of his mailboxes are told");
    let login = world
        .sign_in(firm.tenant.id, "cleo@nordwind.example", PASSWORD)
        .await
        .unwrap();
    let cleos = world.desk(&login).await;
    for settled in [false, true] {
        let refused = cleos.users().delete(bo.user.id).await;
        assert_eq!(denied(refused), Denied::OwnerProtected, "settled: {settled}");
        world.tenure.settle_due(Some(firm.tenant.id)).await.unwrap();
    }
    let tenant = cleos.tenant().get().await.unwrap();
    assert_eq!((tenant.owner, tenant.owner_released), (bo.user.id, false));
}

async fn ps6_an_administrators_edit_of_an_address_is_refused(world: World) {
    let Firm { desk, .. } = world.found().await;
    let pia = world.join(&desk, "Pia", Access::none()).await;
    let before = desk.users().get(pia.user.id).await.unwrap();
    let edited = desk.users().change_address(pia.user.id, "pia@new.example").await;
    assert_eq!(denied(edited), Denied::OnlyThemselves);
    assert_eq!(desk.users().get(pia.user.id).await.unwrap(), before);
}

async fn ps7_the_own_address_changes_after_hours_told_to_both_and_stoppable(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let pia = world.join(&desk, "Pia", Access::none()).await;
    let (old, new) = ("pia@nordwind.example", "pia@new.example");
    // The new one twice.
    let typo = pia
        .desk
        .me()
        .change_address(ChangeAddress::new(new, "pia@mew.example"))
        .await;
    assert_eq!(denied(typo).fields(), ["repeated"]);
    pia.desk
        .me()
        .change_address(ChangeAddress::new(new, new))
        .await
        .unwrap();
    // Told to the new address, with a link to confirm; told to the old one, with a link to stop.
    assert_eq!(world.deliver().await, 2);
    let (confirm, stop) = (world.token_to(new), world.token_to(old));
    let seen = world.tenure.preview_address_confirmation(&confirm).await.unwrap();
    assert_eq!(seen.not_before, world.ahead(Duration::hours(4)));
    world.tenure.stop_address_change(&stop).await.unwrap();
    assert_eq!(denied(world.tenure.confirm_address(&confirm).await), Denied::LinkEnded);

    // Once more, and this time nobody stops it.
    pia.desk
        .me()
        .change_address(ChangeAddress::new(new, new))
        .await
        .unwrap();
    world.deliver().await;
    world.tenure.confirm_address(&world.token_to(new)).await.unwrap();
    world.sign_in(tenant.id, old, PASSWORD).await.unwrap();
    assert_eq!(
        denied(world.sign_in(tenant.id, new, PASSWORD).await),
        Denied::SignInRefused,
        "it takes effect after hours"
    );
    world.advance(Duration::hours(4));
    let login = world.sign_in(tenant.id, new, PASSWORD).await.unwrap();
    assert_eq!(login.user, pia.user.id);
    assert!(world.sign_in(tenant.id, old, PASSWORD).await.is_err());
}

async fn ps7_the_owner_changes_the_own_address_too(world: World) {
    let Firm {
        desk, tenant, owner, ..
    } = world.found().await;
    let new = "ada@new.example";
    desk.me().change_address(ChangeAddress::new(new, new)).await.unwrap();
    world.deliver().await;
    world.tenure.confirm_address(&world.token_to(new)).await.unwrap();
    world.advance(Duration::hours(4));
    let login = world.sign_in(tenant.id, new, crate::support::OWNERS).await.unwrap();
    let ada = world.desk(&login).await;
    assert_eq!(ada.me().user().await.unwrap().address.as_str(), new);
    assert_eq!(
        ada.tenant().get().await.unwrap().owner,
        owner.id,
        "and owns the tenant as before"
    );
}

async fn ps8_users_are_listed_added_edited_and_deleted(world: World) {
    let Firm { desk, .. } = world.found().await;
    let names = async || world.names(&desk, Listing::new()).await;
    assert_eq!(names().await, ["Ada"]);
    let pia = NewUser::new("Pia", "Example", "pia@nordwind.example");
    let pia = desk.users().create(pia, Access::none()).await.unwrap();
    assert_eq!(names().await, ["Ada", "Pia"]);
    desk.users()
        .edit_profile(pia.id, ProfileEdit::new().first_name("Pina"))
        .await
        .unwrap();
    let role = desk.roles().add(NewRole::new("Cashier")).await.unwrap().id;
    let grants = Access::role(role).grants;
    assert_eq!(
        desk.users().change_grants(pia.id, grants.clone()).await.unwrap().grants,
        grants
    );
    assert_eq!(names().await, ["Ada", "Pina"]);
    desk.users().delete(pia.id).await.unwrap();
    assert_eq!(names().await, ["Ada"]);
}

async fn ps2_a_new_user_gets_user_name_and_a_one_time_password_by_mail(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let shop = desk.units().add(NewUnit::department("Shop A")).await.unwrap();
    let role = desk.roles().add(NewRole::new("Cashier")).await.unwrap().id;
    // A valid address is mandatory; names, role and org units stand in the same form.
    let access = || Access::role(role).within([shop.id]);
    let without = NewUser::new("Pia", "Example", "pia");
    assert!(wrong_fields(desk.users().create(without, access()).await).contains(&"email"));
    // Without mail nothing is written: nobody would learn the password.
    let pia = || NewUser::new("Pia", "Example", "pia@nordwind.example").user_name("pia");
    world.mailer.not_ready(Some("no relay"));
    let before = world.picture(&[tenant.id]).await;
    let refused = denied(desk.users().create(pia(), access()).await);
    assert_eq!(refused.code(), "mail_not_ready");
    assert_eq!(world.picture(&[tenant.id]).await, before);
    world.mailer.not_ready(None);

    let user = desk.users().create(pia(), access()).await.unwrap();
    assert!(user.is_active());
    assert_eq!(desk.seats().count().await.unwrap().used, 2);
    world.deliver().await;
    let mail = world.mail_to("pia@nordwind.example");
    let password = world.one_time_password_to("pia@nordwind.example");
    assert!(mail.text().contains("User name: pia\n") && !mail.subject.contains(password.expose()));
    // After the login with it, a new one must be set; then the whole back office is open.
    let login = replace_password(&world, tenant.id, &user, PASSWORD).await.unwrap();
    assert_eq!(world.principal(&login).await.unwrap().user(), user.id);
    world.sign_in(tenant.id, "pia", PASSWORD).await.unwrap();
    let with_it = world.sign_in(tenant.id, "pia", password.expose()).await;
    assert_eq!(denied(with_it), Denied::SignInRefused, "good for one login");
}

async fn ps2_credentials_can_be_sent_again_and_the_old_password_is_void(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let pia = NewUser::new("Pia", "Example", "pia@nordwind.example");
    let pia = desk.users().create(pia, Access::none()).await.unwrap();
    let state = async || {
        let mails = desk.invitations().mails(pia.id).await.unwrap();
        mails.items[0].state.clone()
    };
    // Whether the mail went out is visible.
    world.mailer.fail_next(1, Failure::Permanent);
    assert!(matches!(state().await, MailState::Queued { .. }));
    world.deliver().await;
    assert!(matches!(state().await, MailState::Failed { .. }));
    world.advance(Duration::SECOND);
    desk.users().send_one_time_password(pia.id).await.unwrap();
    world.deliver().await;
    assert!(matches!(state().await, MailState::Sent { .. }));
    let first = world.one_time_password_to("pia@nordwind.example");
    // Sent again: a new password, and what the old one began ends.
    let limited = world.limited_session(tenant.id, pia.id).await;
    desk.users().send_one_time_password(pia.id).await.unwrap();
    world.deliver().await;
    let second = world.one_time_password_to("pia@nordwind.example");
    assert_ne!(first.expose(), second.expose());
    let with_old = world
        .tenure
        .replace_one_time_password(limited.expose(), NewPassword::new(PASSWORD), &client())
        .await;
    assert_eq!(denied(with_old), Denied::NotSignedIn);
    // Somebody who forgot it asks for a link, like everybody else.
    let token = world.reset_link(tenant.id, "pia@nordwind.example").await;
    world.reset(&token, PASSWORD).await.unwrap();
    world
        .sign_in(tenant.id, "pia@nordwind.example", PASSWORD)
        .await
        .unwrap();
}

async fn ps6_only_the_user_changes_the_own_password(world: World) {
    let firm = world.found().await;
    let pia = world.join(&firm.desk, "Pia", Access::none()).await;
    // An administrator's edit is refused, also the owner's.
    let users = firm.desk.users();
    let before = world.picture(&[firm.id()]).await;
    assert_eq!(denied(users.send_reset(pia.user.id).await), Denied::OnlyThemselves);
    let refused = users.send_one_time_password(pia.user.id).await;
    assert_eq!(denied(refused), Denied::OnlyThemselves);
    assert_eq!(world.picture(&[firm.id()]).await, before);
    // The current password, and the new one twice.
    let me = pia.desk.me();
    let (new, other) = ("Himbeere-17-rot", "Himbeere-18-rot");
    let wrong = ChangePassword::new("Correct-Horse-7", new, new);
    assert_eq!(wrong_fields(me.change_password(wrong).await), ["current"]);
    let differs = ChangePassword::new(PASSWORD, new, other);
    assert_eq!(wrong_fields(me.change_password(differs).await), ["repeated"]);
    me.change_password(ChangePassword::new(PASSWORD, new, new))
        .await
        .unwrap();
    world.sign_in(firm.id(), "pia@nordwind.example", new).await.unwrap();
}
