//! The billing back office, as its help page “Users Screen” describes it.
//!
//! Not yet covered:
//! - BI6: the free-text filter. (Status is shown and filtered by; see IF2.)
//! - BI7: directory users and the identity provider's push.
//! - BI8: reset mail; templates by tenant and locale.
//! - BI9: the login history. (Attempts are recorded and listed, see `l4_…` in `tests/facade/sign_in.rs`; API calls are not.)
//! - BI10: IP allowlists.
//! - BI11: dates by locale and time zone.
//!
//! In part: BI4. User name, display name, first and last name, e-mail, role, time zone and locale are set at creation, wrong
//! ones are named together, names, time zone and locale can be edited. To come: API-only, allowlist, status other than
//! inactive at creation, editing user name and e-mail, fields that are required by policy.

use tenure::{
    Access, Denied, FieldError, Listing, NewApiKey, NewRole, NewUser, Permission, Place, Policy, Problem, ProfileEdit,
    Start, Suspension,
};
use time::Duration;

use crate::support::{Firm, PASSWORD, World, denied, for_every_store, wrong_fields};

for_every_store!(Policy::billing();
    the_page_step_by_step,
    bi1_a_role_must_exist_first_and_decides_what_its_user_may_do,
    bi2_api_only_users_come_with_api_keys_and_never_have_a_session,
    bi3_without_mail_a_user_who_needs_a_mail_is_not_created,
    bi4_in_part_fields_are_set_at_creation_and_edited_later,
    bi4_in_part_wrong_and_missing_values_are_refused_together,
    bi5_suspended_and_disabled_refuse_login_and_can_be_undone,
    bi12_saving_a_new_user_sends_the_welcome_mail,
);

async fn the_page_step_by_step(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    // “Roles must be setup before users can be added.”
    let role = desk
        .roles()
        .add(NewRole::new("Biller").permissions(["invoices.issue"]))
        .await
        .unwrap();
    // “SMTP settings must be setup in order to send a welcome email.”
    assert!(world.tenure.health().await.unwrap().mail.is_ok());
    // Adding users 1, 2: the icon, the details.
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example")
        .user_name("jbiller")
        .display_name("Jo B.")
        .time_zone("America/Toronto")
        .locale("en-CA");
    // 3: (IP restrictions: BI10.) 4: save. The welcome mail is sent with it.
    let user = desk.users().create(jo, Access::role(role.id)).await.unwrap();
    assert_eq!(world.deliver().await, 1);
    // The user configures their password.
    let jo = world.enter(tenant.id, &user).await;
    assert_eq!(jo.user.user_name.as_str(), "jbiller");

    // Editing users 1–4: select, modify, save.
    let edit = ProfileEdit::new().display_name("Jo Biller").locale("fr-CA");
    let edited = desk.users().edit_profile(user.id, edit).await.unwrap();
    assert_eq!(edited.profile.display_name.as_str(), "Jo Biller");

    // User status: on leave, “Suspended”; left, “Disabled”.
    desk.users()
        .suspend(user.id, Suspension::open_ended().because("parental leave"))
        .await
        .unwrap();
    assert!(world.sign_in(tenant.id, "jbiller", PASSWORD).await.is_err());
    desk.users().disable(user.id).await.unwrap();
    let listed = world.names(&desk, Listing::new().status(["disabled"])).await;
    assert_eq!(listed, ["Jo"], "the panel shows the status of each user");
}

async fn bi1_a_role_must_exist_first_and_decides_what_its_user_may_do(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let jo = || NewUser::new("Jo", "Biller", "jo@nordwind.example");
    let missing = tenure::id::RoleId::from_uuid(uuid::Uuid::nil());
    let before = world.picture(&[tenant.id]).await;
    let refused = denied(desk.users().create(jo(), Access::role(missing)).await);
    let unknown = Problem::Unknown(tenure::model::RecordKind::Role);
    let fields = vec![FieldError::new("grants.role", unknown)];
    assert_eq!(refused, Denied::Invalid { fields });
    assert_eq!(world.picture(&[tenant.id]).await, before);

    let role = desk
        .roles()
        .add(NewRole::new("Biller").permissions(["invoices.issue"]))
        .await
        .unwrap();
    let user = desk.users().create(jo(), Access::role(role.id)).await.unwrap();
    let jo = world.enter(tenant.id, &user).await;
    let may = async |permission: &str| {
        let permission = Permission::new(permission).unwrap();
        world
            .principal(&jo.login)
            .await
            .unwrap()
            .may(&permission, Place::Everywhere)
    };
    assert!(may("invoices.issue").await);
    assert!(!may("invoices.cancel").await);
    // The role is edited: their rights are others with the next request.
    let to = NewRole::new("Biller").permissions(["invoices.cancel"]);
    desk.roles().edit(role.id, to).await.unwrap();
    assert!(!may("invoices.issue").await);
    assert!(may("invoices.cancel").await);
}

async fn bi2_api_only_users_come_with_api_keys_and_never_have_a_session(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let issue = Permission::new("invoices.issue").unwrap();
    let role = desk
        .roles()
        .add(NewRole::new("Biller").permissions(["invoices.issue"]))
        .await
        .unwrap()
        .id;
    // “API Only”: a program, or a person who is to call APIs only. Nobody has to accept anything, and no mail goes out.
    let shop = NewUser::new("Web", "Shop", "shop@nordwind.example").user_name("webshop");
    let shop = desk.users().create_program(shop, Access::role(role)).await.unwrap();
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example");
    let jo = desk.users().create(jo, Access::role(role).api_only()).await.unwrap();
    assert_eq!(world.deliver().await, 0);
    for user in [&shop, &jo] {
        assert!(user.api_only && user.is_active() && user.takes_seat(true));
        // At the API with a key.
        let key = NewApiKey::new("issuing").permissions(["invoices.issue"]);
        let (_, token) = desk.api_keys().create(user.id, key).await.unwrap();
        let client = crate::support::client();
        let at_the_api = async || world.tenure.authenticate_api_key(token.expose(), &client).await;
        let program = at_the_api().await.unwrap();
        assert!(program.may(&issue, Place::Everywhere));
        assert_eq!((program.user(), program.session()), (user.id, None));
        // Suspended and disabled refuse it.
        desk.users().suspend(user.id, Suspension::open_ended()).await.unwrap();
        assert_eq!(denied(at_the_api().await), Denied::NotSignedIn);
        desk.users().reinstate(user.id).await.unwrap();
        at_the_api().await.unwrap();
        // Never an interactive session: neither without a password nor with one.
        let login = user.user_name.as_str();
        let refused = world.sign_in(tenant.id, login, PASSWORD).await;
        assert_eq!(denied(refused), Denied::SignInRefused);
        desk.users().disable(user.id).await.unwrap();
        assert_eq!(denied(at_the_api().await), Denied::NotSignedIn);
    }
    // With a password as well: an invitation that was asked for is accepted, and the login refused all the same.
    let pat = NewUser::new("Pat", "Biller", "pat@nordwind.example");
    let pat = desk
        .users()
        .create(pat, Access::role(role).api_only().invite())
        .await
        .unwrap();
    world.accept(pat.address.as_str()).await.unwrap();
    let refused = world.sign_in(tenant.id, "pat@nordwind.example", PASSWORD).await;
    assert_eq!(denied(refused), Denied::SignInRefused);
    let attempts = desk.history().attempts(pat.id, Listing::new()).await.unwrap().items;
    let reason = tenure::model::RefusalReason::ApiOnly;
    assert_eq!(attempts[0].outcome, tenure::model::AttemptOutcome::Refused { reason });
    assert_eq!(reason.to_string(), "the user is for APIs only");
    assert!(desk.sessions().of(pat.id).await.unwrap().items.is_empty());
}

async fn bi3_without_mail_a_user_who_needs_a_mail_is_not_created(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    world.mailer.not_ready(Some("no SMTP relay is configured"));
    let before = world.picture(&[tenant.id]).await;
    let jo = || NewUser::new("Jo", "Biller", "jo@nordwind.example");
    let refused = denied(desk.users().create(jo(), Access::none()).await);
    let missing = "no SMTP relay is configured".to_owned();
    assert_eq!(refused, Denied::MailNotReady { missing });
    assert_eq!(world.picture(&[tenant.id]).await, before);
    let health = world.tenure.health().await.unwrap();
    assert!(
        health
            .mail
            .unwrap_err()
            .to_string()
            .contains("no SMTP relay is configured")
    );

    // Who needs no mail can be created all the same, but not be sent one.
    let user = desk
        .users()
        .create(jo(), Access::none().without_invitation())
        .await
        .unwrap();
    assert_eq!(
        denied(desk.invitations().send(user.id, None).await).code(),
        "mail_not_ready"
    );
    world.mailer.not_ready(None);
    desk.invitations().send(user.id, None).await.unwrap();
    assert_eq!(world.tenure.health().await.unwrap().mail_waiting, 1);
    world.deliver().await;
    assert_eq!(world.tenure.health().await.unwrap().oldest_mail_queued_at, None);
}

async fn bi4_in_part_fields_are_set_at_creation_and_edited_later(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let role = desk.roles().add(NewRole::new("Biller")).await.unwrap();
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example")
        .user_name("JBiller")
        .display_name("Jo B.")
        .time_zone("America/Toronto")
        .locale("en-CA");
    let user = desk.users().create(jo, Access::role(role.id)).await.unwrap();
    let profile = &user.profile;
    assert_eq!(user.user_name.as_str(), "JBiller");
    assert_eq!(user.address.as_str(), "jo@nordwind.example");
    assert_eq!(profile.first_name.as_str(), "Jo");
    assert_eq!(profile.last_name.as_str(), "Biller");
    assert_eq!(profile.display_name.as_str(), "Jo B.");
    assert_eq!(profile.time_zone.as_str(), "America/Toronto");
    assert_eq!(profile.locale.as_str(), "en-CA");
    assert_eq!(user.roles(), [role.id].into());

    // The user name is the login and need not be the e-mail; mail goes to the e-mail.
    world.enter(tenant.id, &user).await;
    world.sign_in(tenant.id, "jbiller", PASSWORD).await.unwrap();

    let edit = ProfileEdit::new()
        .first_name("Joanna")
        .last_name("Miller")
        .display_name("J. Miller")
        .time_zone("Europe/Berlin")
        .locale("de");
    desk.users().edit_profile(user.id, edit).await.unwrap();
    let edited = desk.users().get(user.id).await.unwrap().profile;
    assert_eq!(edited.first_name.as_str(), "Joanna");
    assert_eq!(edited.last_name.as_str(), "Miller");
    assert_eq!(edited.display_name.as_str(), "J. Miller");
    assert_eq!(edited.time_zone.as_str(), "Europe/Berlin");
    assert_eq!(edited.locale.as_str(), "de");
}

async fn bi4_in_part_wrong_and_missing_values_are_refused_together(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let before = world.picture(&[tenant.id]).await;
    let wrong = NewUser::new("", " ", "jo@@nordwind")
        .user_name("j b")
        .display_name("\u{7}")
        .time_zone("Europe/Atlantis")
        .locale("e n");
    let access = Access::role(tenure::id::RoleId::from_uuid(uuid::Uuid::nil()))
        .member_of([tenure::id::UnitId::from_uuid(uuid::Uuid::nil())])
        .starting(Start::At(world.now()))
        .message("");
    let fields = wrong_fields(desk.users().create(wrong, access).await);
    let all = [
        "display_name",
        "email",
        "first_name",
        "grants.role",
        "last_name",
        "locale",
        "memberships",
        "message",
        "start",
        "time_zone",
        "user_name",
    ];
    assert_eq!(fields, all);
    assert_eq!(world.picture(&[tenant.id]).await, before);
}

async fn bi5_suspended_and_disabled_refuse_login_and_can_be_undone(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let jo = world.join(&desk, "Jo", Access::none()).await;
    let can_sign_in = async || world.sign_in(tenant.id, "jo@nordwind.example", PASSWORD).await.is_ok();

    // Leave without an end: an administrator undoes it.
    desk.users()
        .suspend(jo.user.id, Suspension::open_ended().because("leave"))
        .await
        .unwrap();
    assert!(!can_sign_in().await);
    assert_eq!(denied(world.principal(&jo.login).await), Denied::NotSignedIn);
    desk.users().reinstate(jo.user.id).await.unwrap();
    assert!(can_sign_in().await);

    // Leave with an end: until one microsecond before it; then time undoes it.
    let end = world.ahead(Duration::days(14));
    desk.users().suspend(jo.user.id, Suspension::until(end)).await.unwrap();
    world.clock.set(end.saturating_add(-Duration::MICROSECOND));
    assert!(!can_sign_in().await);
    world.clock.set(end);
    assert!(can_sign_in().await);

    // Left the company; an administrator can bring them back.
    let desk = world
        .desk(
            &world
                .sign_in(tenant.id, "ada@nordwind.example", crate::support::OWNERS)
                .await
                .unwrap(),
        )
        .await;
    let login = world.sign_in(tenant.id, "jo@nordwind.example", PASSWORD).await.unwrap();
    desk.users().disable(jo.user.id).await.unwrap();
    assert!(!can_sign_in().await);
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
    desk.users().reactivate(jo.user.id).await.unwrap();
    assert!(can_sign_in().await);
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
}

async fn bi12_saving_a_new_user_sends_the_welcome_mail(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example").user_name("jbiller");
    let user = desk.users().create(jo, Access::none()).await.unwrap();
    // One commit: whoever sees the user sees the mail.
    let events = world.events(tenant.id).await;
    let commits: std::collections::BTreeSet<_> = events
        .iter()
        .filter(|entry| entry.event.subject == user.id.into())
        .map(|entry| entry.commit)
        .collect();
    assert_eq!(commits.len(), 1);
    assert_eq!(world.deliver().await, 1);
    let mail = world.mail_to("jo@nordwind.example");
    assert!(mail.text().contains("You will log in as: jbiller"));
    world.enter(tenant.id, &user).await;
}
