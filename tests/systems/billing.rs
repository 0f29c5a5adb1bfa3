//! The billing back office, as its help page “Users Screen” describes it.
//!
//! Not covered, since it is not there, of BI7: the push itself, which the host's own code receives and carries out through its
//! desk; fields that are the provider's and read-only here, the password aside; a default role for whoever is pushed without a group;
//! provider groups that map to roles.

use tenure::desk::Desk;
use tenure::mail::{Audience, DateFormat, Template, Templates, Texts};
use tenure::model::security_report::PasswordFactor;
use tenure::model::{Actor, ExternalIdentity, MailKind, MailState};
use tenure::store::FeedEntry;
use tenure::text::{AddressPattern, Allowlist, Locale, Name, Subject};
use tenure::{
    Access, AttemptSearch, Client, Denied, Ended, Error, EventSearch, FieldError, InitialStatus, Listing, NewApiKey,
    NewRole, NewUser, Permission, Place, Policy, Problem, ProfileEdit, Provider, ReportTo, SignIn, SignedIn, SortBy,
    Start, Suspension, User, UserEdit, UserField,
};
use time::Duration;

use crate::support::{Firm, PASSWORD, World, denied, for_every_store, wrong_fields};

for_every_store!(Policy::billing();
    the_page_step_by_step,
    bi1_a_role_must_exist_first_and_decides_what_its_user_may_do,
    bi2_api_only_users_come_with_api_keys_and_never_have_a_session,
    bi2_by_policy_an_api_only_user_comes_with_a_password_and_never_has_an_interactive_session,
    bi6_the_list_shows_the_status_and_has_a_free_text_filter,
    bi3_without_mail_a_user_who_needs_a_mail_is_not_created,
    bi4_fields_are_set_at_creation_and_edited_later,
    bi4_wrong_and_missing_values_are_refused_together,
    bi4_everything_is_edited_in_one_act_with_user_name_status_and_api_only,
    bi4_the_fields_that_are_required_are_asked_and_set,
    bi5_suspended_and_disabled_refuse_login_and_can_be_undone,
    bi7_in_part_directory_users_are_known_by_provider_and_subject_and_marked_in_the_list,
    bi7_in_part_what_the_host_is_pushed_changes_the_user_at_once,
    bi8_a_reset_mail_goes_to_a_chosen_user,
    bi8_the_reset_mail_is_by_the_template_of_tenant_and_locale,
    bi9_every_attempt_stands_in_the_history_with_time_address_and_client,
    bi10_users_come_from_the_networks_on_their_list,
    bi11_dates_in_mails_follow_the_locale_and_time_zone_of_whoever_reads_them,
    bi11_dates_in_reports_are_the_readers_and_host_screens_have_the_same,
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

async fn bi6_the_list_shows_the_status_and_has_a_free_text_filter(world: World) {
    let Firm { desk, .. } = world.found().await;
    for (first, last) in [
        ("Jo", "Biller"),
        ("Joanna", "Björk"),
        ("Kim", "Jonsson"),
        ("Pat", "O'Hara"),
    ] {
        let user = NewUser::new(first, last, format!("{}@nordwind.example", first.to_lowercase()));
        desk.users().create(user, Access::none()).await.unwrap();
    }
    let shown = async |listing: Listing| {
        let page = desk.users().list(listing.sort(SortBy::LastName)).await.unwrap();
        let row = |user: &tenure::User| format!("{} {}", user.profile.last_name, user.status.kind().as_str());
        page.items.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(Listing::new().search("jo")).await,
        ["Biller invited", "Björk invited", "Jonsson invited"],
        "in first name, last name or address"
    );
    assert_eq!(shown(Listing::new().search("JO bj")).await, ["Björk invited"]);
    assert_eq!(shown(Listing::new().search("pat@nord*")).await, ["O'Hara invited"]);
    assert_eq!(shown(Listing::new().search("jo").status(["active"])).await, [""; 0]);
    assert_eq!(
        shown(Listing::new().search("lovelace").status(["active"])).await,
        ["Lovelace active"]
    );
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
        let at_the_api = async || world.tenure.authenticate_api(token.expose(), &client).await;
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
    assert!(
        desk.sessions()
            .of(pat.id, tenure::Listing::new())
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

async fn bi2_by_policy_an_api_only_user_comes_with_a_password_and_never_has_an_interactive_session(world: World) {
    let world = world.with_policy(|policy| policy.api_passwords = Some(time::Duration::HOUR));
    let Firm { desk, tenant, .. } = world.found().await;
    let role = NewRole::new("Biller").permissions(["invoices.issue"]);
    let role = desk.roles().add(role).await.unwrap().id;
    let pat = NewUser::new("Pat", "Biller", "pat@nordwind.example");
    let access = Access::role(role).api_only().invite();
    desk.users().create(pat, access).await.unwrap();
    world.accept("pat@nordwind.example").await.unwrap();
    // Not at the pages, but at the API.
    let login = tenure::SignIn::new(tenant.id, "pat@nordwind.example", PASSWORD);
    assert_eq!(denied(world.tenure.sign_in(login.clone()).await), Denied::SignInRefused);
    let token = world.tenure.sign_in(login.at_api()).await.unwrap().token;
    let client = crate::support::client();
    let program = world.tenure.authenticate_api(token.expose(), &client).await.unwrap();
    let issue = Permission::new("invoices.issue").unwrap();
    assert!(program.may(&issue, Place::Everywhere));
    assert_eq!(program.session(), None);
    let at_the_pages = world.tenure.authenticate(token.expose(), &client).await;
    assert_eq!(denied(at_the_pages), Denied::NotSignedIn);
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

async fn bi4_fields_are_set_at_creation_and_edited_later(world: World) {
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

    // The e-mail, at once; both are told, and the user name stays, since it was another.
    let edited = desk
        .users()
        .change_address(user.id, "joanna@nordwind.example")
        .await
        .unwrap();
    assert_eq!(edited.address.as_str(), "joanna@nordwind.example");
    assert_eq!(edited.user_name.as_str(), "JBiller");
    assert_eq!(world.deliver().await, 2);
    world.mail_to("jo@nordwind.example");
    world.mail_to("joanna@nordwind.example");
    for login in ["jbiller", "joanna@nordwind.example"] {
        world.sign_in(tenant.id, login, PASSWORD).await.unwrap();
    }
    assert!(world.sign_in(tenant.id, "jo@nordwind.example", PASSWORD).await.is_err());
    // Where the e-mail is the user name, both are edited.
    let kim = NewUser::new("Kim", "Biller", "kim@nordwind.example");
    let kim = desk
        .users()
        .create(kim, Access::none().without_invitation())
        .await
        .unwrap();
    let kim = desk.users().change_address(kim.id, "kim@new.example").await.unwrap();
    assert_eq!(kim.user_name.as_str(), "kim@new.example");
}

async fn bi4_wrong_and_missing_values_are_refused_together(world: World) {
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

async fn bi4_everything_is_edited_in_one_act_with_user_name_status_and_api_only(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let office = || Allowlist::new(["192.0.2.*".parse().unwrap()]).unwrap();
    // All of it at creation: API-only, allowlist, status.
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example").user_name("jbiller");
    let access = Access::none().api_only().allowlist(office());
    let access = access.status(InitialStatus::Suspended { until: None });
    let user = desk.users().create(jo, access).await.unwrap();
    assert_eq!((user.api_only, user.status.kind().as_str()), (true, "suspended"));
    assert_eq!(world.deliver().await, 0);

    // And later, in one act.
    let role = desk.roles().add(NewRole::new("Biller")).await.unwrap().id;
    let everything = UserEdit::new()
        .profile(
            ProfileEdit::new()
                .display_name("Jo B.")
                .time_zone("America/Toronto")
                .locale("en-CA"),
        )
        .user_name("jo")
        .api_only(false)
        .grants(Access::role(role).grants)
        .allowlist(Allowlist::any());
    let edited = desk.users().edit(user.id, everything).await.unwrap();
    assert_eq!(edited, desk.users().get(user.id).await.unwrap());
    assert_eq!((edited.user_name.as_str(), edited.api_only), ("jo", false));
    assert_eq!((edited.roles(), edited.allowlist), ([role].into(), Allowlist::any()));
    desk.users().reinstate(user.id).await.unwrap();
    // They get a password by the link, and log in under the new user name; the old one is free for others.
    desk.users().send_reset(user.id).await.unwrap();
    assert_eq!(world.deliver().await, 1);
    let token = world.token_to("jo@nordwind.example");
    let password = tenure::NewPassword::new(PASSWORD);
    world.tenure.reset_password(&token, password).await.unwrap();
    let login = world.sign_in(tenant.id, "jo", PASSWORD).await.unwrap();
    assert!(world.sign_in(tenant.id, "jbiller", PASSWORD).await.is_err());
    let other = NewUser::new("Jim", "Biller", "jim@nordwind.example").user_name("jbiller");
    let jim = desk.users().create(other, Access::none()).await.unwrap();
    let refused = desk.users().edit(jim.id, UserEdit::new().user_name("jo")).await;
    assert_eq!(denied(refused), Denied::LoginTaken { field: "user_name" });

    // API-only from one moment to the next: the session and the password are gone, also once they may log in again.
    desk.users()
        .edit(user.id, UserEdit::new().api_only(true))
        .await
        .unwrap();
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
    assert!(world.sign_in(tenant.id, "jo", PASSWORD).await.is_err());
    desk.users()
        .edit(user.id, UserEdit::new().api_only(false))
        .await
        .unwrap();
    assert!(world.sign_in(tenant.id, "jo", PASSWORD).await.is_err());
}

async fn bi4_the_fields_that_are_required_are_asked_and_set(world: World) {
    let world = world.with_policy(|policy| {
        policy.required_fields = [UserField::UserName, UserField::TimeZone, UserField::Grants].into();
    });
    let Firm { desk, tenant, .. } = world.found().await;
    let required: Vec<_> = world
        .tenure
        .policy()
        .required()
        .into_iter()
        .map(UserField::as_str)
        .collect();
    let asked = ["first_name", "last_name", "email", "user_name", "time_zone", "grants"];
    assert_eq!(required, asked);
    let before = world.picture(&[tenant.id]).await;
    let jo = || NewUser::new("Jo", "", "jo@nordwind.example");
    let missing = wrong_fields(desk.users().create(jo(), Access::none()).await);
    assert_eq!(missing, ["grants", "last_name", "time_zone", "user_name"]);
    assert_eq!(world.picture(&[tenant.id]).await, before);
    let role = desk.roles().add(NewRole::new("Biller")).await.unwrap().id;
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example")
        .user_name("jo")
        .time_zone("UTC");
    let jo = desk.users().create(jo, Access::role(role)).await.unwrap();
    assert_eq!(
        wrong_fields(desk.users().change_grants(jo.id, Vec::new()).await),
        ["grants"]
    );
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

async fn bi9_every_attempt_stands_in_the_history_with_time_address_and_client(world: World) {
    let firm = world.found().await;
    let jo = world.join(&firm.desk, "Jo", Access::none()).await.user;
    let at = world.advance(Duration::MINUTE);
    let client = Client::at([207, 107, 139, 17].into()).user_agent("Mozilla/5.0 Safari/605.1.15");
    let typed = |login: &str, password: &str| SignIn::new(firm.id(), login, password).client(client.clone());
    world
        .tenure
        .sign_in(typed("jo@nordwind.example", PASSWORD))
        .await
        .unwrap();
    assert!(world.tenure.sign_in(typed("jo@nordwind.example", "no")).await.is_err());
    assert!(world.tenure.sign_in(typed("jim@nordwind.example", "no")).await.is_err());
    let found = firm
        .desk
        .history()
        .search(AttemptSearch::new().from(at))
        .await
        .unwrap()
        .items;
    assert_eq!(found.len(), 3);
    for attempt in &found {
        assert_eq!((attempt.at, &attempt.client), (at, &client));
    }
    let mut whose: Vec<_> = found.iter().map(|attempt| attempt.user).collect();
    whose.sort();
    assert_eq!(whose, [None, Some(jo.id), Some(jo.id)]);
    let succeeded = AttemptSearch::new().of(jo.id).from(at).ended(Ended::Succeeded);
    assert_eq!(firm.desk.history().search(succeeded).await.unwrap().items.len(), 1);
}

async fn bi10_users_come_from_the_networks_on_their_list(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let pattern = |text: &str| text.parse::<AddressPattern>().unwrap();
    let list = Allowlist::new([pattern("207.107.139.*"), pattern("2001:db8:1::/48")]).unwrap();
    let jo = NewUser::new("Jo", "Biller", "jo@nordwind.example");
    let jo = desk
        .users()
        .create(jo, Access::none().allowlist(list).invite())
        .await
        .unwrap();
    world.accept("jo@nordwind.example").await.unwrap();
    let from = async |address: &str| {
        let client = Client::at(address.parse().unwrap());
        let sign_in = SignIn::new(tenant.id, "jo@nordwind.example", PASSWORD).client(client);
        world.tenure.sign_in(sign_in).await.is_ok()
    };
    assert!(from("207.107.139.17").await && from("2001:db8:1:2::3").await);
    assert!(!from("207.107.140.17").await && !from("2001:db8:2::1").await);
    // Entry by entry: another network, a single address, one fewer.
    desk.users().allow(jo.id, pattern("207.107.140.0/24")).await.unwrap();
    desk.users().allow(jo.id, pattern("198.51.100.1")).await.unwrap();
    assert!(from("207.107.140.17").await && from("198.51.100.1").await && !from("198.51.100.2").await);
    let jo = desk.users().disallow(jo.id, pattern("207.107.139.*")).await.unwrap();
    assert!(!from("207.107.139.17").await);
    assert_eq!(jo.allowlist.entries().len(), 3);
    // An empty list: from anywhere.
    desk.users().change_allowlist(jo.id, Allowlist::any()).await.unwrap();
    assert!(from("203.0.113.9").await);
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

async fn bi8_a_reset_mail_goes_to_a_chosen_user(world: World) {
    let firm = world.found().await;
    let jo = world.join(&firm.desk, "Jo", Access::none()).await;
    world.join(&firm.desk, "Mo", Access::none()).await;
    // “Reset password”: without a working mail set-up nothing is begun.
    world.mailer.not_ready(Some("no SMTP relay is configured"));
    let before = world.picture(&[firm.id()]).await;
    let refused = denied(firm.desk.users().send_reset(jo.user.id).await);
    assert_eq!(refused.code(), "mail_not_ready");
    assert_eq!(world.picture(&[firm.id()]).await, before);
    world.mailer.not_ready(None);
    world.mailer.clear();
    firm.desk.users().send_reset(jo.user.id).await.unwrap();
    assert_eq!(world.deliver().await, 1);
    let sent = world.mailer.sent();
    assert_eq!(sent[0].to, jo.user.address);
    assert_eq!(sent[0].subject, "Your new password for Nordwind");
    // Whether it went out is visible.
    let mails = firm.desk.invitations().mails(jo.user.id).await.unwrap().items;
    assert_eq!(mails[0].mail.kind(), MailKind::PasswordReset);
    assert!(matches!(mails[0].state, MailState::Sent { .. }));
    let token = world.token_to("jo@nordwind.example");
    world.reset(&token, "Himbeere-17-rot").await.unwrap();
    world
        .sign_in(firm.id(), "jo@nordwind.example", "Himbeere-17-rot")
        .await
        .unwrap();
}

async fn bi8_the_reset_mail_is_by_the_template_of_tenant_and_locale(world: World) {
    let templates = Templates::new();
    let world = world.with(|builder| builder.texts(Texts::new().templates(&templates)));
    let (firm, other) = (world.found().await, world.found().await);
    let french = NewUser::new("Jo", "Biller", "jo@nordwind.example").locale("fr-CA");
    let french = firm.desk.users().create(french, Access::none()).await.unwrap();
    let jo = world.enter(firm.id(), &french).await.user;
    let subject = async || {
        firm.desk.users().send_reset(jo.id).await.unwrap();
        world.deliver().await;
        world.mail_to("jo@nordwind.example").subject
    };
    assert_eq!(
        subject().await,
        "Your new password for Nordwind",
        "there is no French text"
    );
    let template = |subject: &str| {
        let text = "{{ recipient }}, until {{ until }}:\n{{ link }}\n";
        Template::new(
            subject,
            text,
            "<p>{{ recipient }}: <a href=\"{{ link }}\">{{ until }}</a></p>",
        )
    };
    let replace = |audience: Audience, subject: &str| {
        let template = template(subject);
        templates.replace(MailKind::PasswordReset, audience, &template).unwrap();
    };
    let french = || Locale::new("fr").unwrap();
    replace(Audience::everybody(), "For everybody");
    assert_eq!(subject().await, "For everybody");
    replace(Audience::everybody().locale(french()), "Pour tous");
    assert_eq!(subject().await, "Pour tous");
    replace(
        Audience::everybody().tenant(other.id()).locale(french()),
        "Pour les autres",
    );
    assert_eq!(subject().await, "Pour tous");
    replace(
        Audience::everybody().tenant(firm.id()).locale(french()),
        "{{ tenant }} : mot de passe",
    );
    assert_eq!(subject().await, "Nordwind : mot de passe");
    // And its link works.
    let token = world.token_to("jo@nordwind.example");
    world.reset(&token, "Himbeere-17-rot").await.unwrap();
}

const PASSWORD_PLACE: &str = "https://id.nordwind.example/password";

/// A tenant whose users come from two directories.
async fn with_directories(world: World) -> (World, Firm) {
    let world = world.with_policy(|policy| {
        for name in ["Okta", "Entra"] {
            let provider = Provider::new().password_place(PASSWORD_PLACE);
            policy.providers.insert(Name::new(name).unwrap(), provider);
        }
    });
    let firm = world.found().await;
    (world, firm)
}

/// Whom the host's code is pushed: in use at once, without an invitation.
async fn pushed(push: &Desk, name: &str, provider: &str, subject: &str, access: Access) -> User {
    let user = NewUser::new(name, "Biller", format!("{}@nordwind.example", name.to_lowercase()));
    let access = access.status(InitialStatus::Active);
    let user = push.users().create(user, access).await.unwrap();
    push.users().link_identity(user.id, provider, subject).await.unwrap()
}

async fn asserted(world: &World, firm: &Firm, provider: &str, subject: &str) -> Result<SignedIn, Error> {
    let identity = ExternalIdentity {
        provider: Name::new(provider).unwrap(),
        subject: Subject::new(subject).unwrap(),
    };
    let client = crate::support::client();
    world.tenure.sign_in_asserted(firm.id(), identity, client).await
}

async fn bi7_in_part_directory_users_are_known_by_provider_and_subject_and_marked_in_the_list(world: World) {
    let (world, firm) = with_directories(world).await;
    let push = world.tenure.system(firm.id(), "a push").unwrap();
    let jo = pushed(&push, "Jo", "Okta", "00u1", Access::none()).await;
    // Their subject looks like the address of somebody else, and is nobody's but theirs.
    let kim = pushed(&push, "Kim", "Okta", "jo@nordwind.example", Access::none()).await;
    // The same subject at another provider is another person.
    let pat = pushed(&push, "Pat", "Entra", "00u1", Access::none()).await;
    world.join(&firm.desk, "Len", Access::none()).await;
    for (provider, subject, user) in [
        ("Okta", "00u1", jo.id),
        ("okta", "jo@nordwind.example", kim.id),
        ("Entra", "00u1", pat.id),
    ] {
        let login = asserted(&world, &firm, provider, subject).await.unwrap();
        assert_eq!(login.user, user, "{provider} {subject}");
    }
    for (provider, subject) in [
        ("Okta", "00U1"),
        ("Okta", "kim@nordwind.example"),
        ("Entra", "jo@nordwind.example"),
        ("Entra", "len@nordwind.example"),
        ("Nobody", "00u1"),
    ] {
        let refused = denied(asserted(&world, &firm, provider, subject).await);
        assert_eq!(refused, Denied::SignInRefused, "{provider} {subject}");
    }
    let taken = push.users().link_identity(kim.id, "OKTA", "00u1").await;
    assert_eq!(denied(taken), Denied::IdentityTaken);

    // The same list as everybody, marked, and to be looked for by the mark.
    let page = firm.desk.users().list(Listing::new().sort(SortBy::FirstName)).await;
    let row = |user: &User| {
        let from = user.identity.as_ref().map(|identity| identity.provider.to_string());
        (user.profile.first_name.to_string(), from)
    };
    let from = |name: &str, provider: Option<&str>| (name.to_owned(), provider.map(str::to_owned));
    let expected = [
        from("Ada", None),
        from("Jo", Some("Okta")),
        from("Kim", Some("Okta")),
        from("Len", None),
        from("Pat", Some("Entra")),
    ];
    assert_eq!(page.unwrap().items.iter().map(row).collect::<Vec<_>>(), expected);
    let marked = async |marked| world.names(&firm.desk, Listing::new().has_identity(marked)).await;
    assert_eq!(marked(true).await, ["Jo", "Kim", "Pat"]);
    assert_eq!(marked(false).await, ["Ada", "Len"]);

    // One field is not ours to change: the password is the provider's, and there is where it is changed.
    let place = Some(PASSWORD_PLACE.to_owned());
    let elsewhere = Denied::PasswordElsewhere { place };
    assert_eq!(denied(firm.desk.users().send_reset(jo.id).await), elsewhere);
    assert_eq!(denied(firm.desk.invitations().send(jo.id, None).await), elsewhere);
    let login = world.sign_in(firm.id(), "jo@nordwind.example", PASSWORD).await;
    assert_eq!(denied(login), Denied::SignInRefused);
}

async fn bi7_in_part_what_the_host_is_pushed_changes_the_user_at_once(world: World) {
    let (world, firm) = with_directories(world).await;
    let role = async |name, permission: &str| {
        let role = NewRole::new(name).permissions([permission]);
        firm.desk.roles().add(role).await.unwrap().id
    };
    let (reader, biller) = (
        role("Reader", "invoices.read").await,
        role("Biller", "invoices.issue").await,
    );
    let push = world.tenure.system(firm.id(), "a push").unwrap();
    // Without a group: the host gives the role that reads.
    let jo = pushed(&push, "Jo", "Okta", "00u1", Access::role(reader)).await;
    let login = asserted(&world, &firm, "Okta", "00u1").await.unwrap();
    let may = async |permission: &str| {
        let principal = world.principal(&login).await.unwrap();
        principal.may(&Permission::new(permission).unwrap(), Place::Everywhere)
    };
    assert!(may("invoices.read").await && !may("invoices.issue").await);

    // A group comes, and another name: with the next request of the same session.
    let change = UserEdit::new()
        .profile(ProfileEdit::new().last_name("Miller").locale("en-CA"))
        .grants(Access::role(biller).grants);
    let changed = push.users().edit(jo.id, change).await.unwrap();
    assert_eq!(changed.profile.last_name.as_str(), "Miller");
    assert_eq!(changed.identity, jo.identity);
    assert!(!may("invoices.read").await && may("invoices.issue").await);
    // The log says that it was the host's code and no administrator.
    let about = EventSearch::new().about(jo.id);
    let events = firm.desk.history().search_events(about).await.unwrap().entries;
    let what = |entry: &FeedEntry| (entry.event.what.name(), matches!(entry.event.actor, Actor::System(_)));
    let told: Vec<(String, bool)> = events.iter().map(what).collect();
    for name in ["user_created", "identity_linked", "profile_edited", "grants_changed"] {
        assert!(told.contains(&(name.to_owned(), true)), "{name}: {told:?}");
    }
    let by_others = told.iter().filter(|(_, by_host)| !by_host);
    assert_eq!(
        by_others.map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["signed_in"]
    );

    // Gone from the directory: gone here, from that moment on, whatever the provider still asserts.
    push.users().disable(jo.id).await.unwrap();
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
    let refused = denied(asserted(&world, &firm, "Okta", "00u1").await);
    assert_eq!(refused, Denied::SignInRefused);
    let listed = world.names(&firm.desk, Listing::new().status(["disabled"])).await;
    assert_eq!(listed, ["Jo"]);
}

/// The text of the last mail, with plain blanks: some customs have narrow ones before AM and PM.
fn told(world: &World, address: &str) -> String {
    world.mail_to(address).text().replace('\u{202f}', " ")
}

/// In three countries, in the order month, day, year and day, month, year.
const READERS: [(&str, &str, &str, &str); 4] = [
    ("Amy", "en-US", "America/New_York", "until 12/13/2026, 4:30 AM GMT-5."),
    ("Bram", "nl-NL", "Europe/Amsterdam", "until 13-12-2026, 10:30 GMT+1."),
    ("Dirk", "de-DE", "Europe/Berlin", "bis 13.12.2026, 10:30 GMT+1."),
    ("Aru", "en-GB", "Asia/Almaty", "until 13/12/2026, 14:30 GMT+5."),
];

async fn bi11_dates_in_mails_follow_the_locale_and_time_zone_of_whoever_reads_them(world: World) {
    let world = world.with(|builder| builder.texts(Texts::new().localised_dates()));
    // So that the day of which the mails tell is none of the months.
    world.advance(Duration::days(1));
    let firm = world.found().await;
    let users = firm.desk.users();
    let mut created = Vec::new();
    for (name, locale, zone, _) in READERS {
        let address = format!("{}@nordwind.example", name.to_lowercase());
        let user = NewUser::new(name, "Biller", address).locale(locale).time_zone(zone);
        created.push(users.create(user, Access::none()).await.unwrap());
    }
    world.deliver().await;
    for ((name, _, _, expected), user) in READERS.into_iter().zip(&created) {
        let text = told(&world, user.address.as_str());
        assert!(text.contains(expected), "{name}: {text}");
        // A screen of the host's says the same.
        let format = DateFormat::for_profile(&user.profile.locale, &user.profile.time_zone);
        let until = format.date_time_zone(user.status.due_at().unwrap());
        assert!(text.contains(&until.replace('\u{202f}', " ")), "{name}: {until}");
    }

    // Whoever moves is written to by the clocks and customs of where they are now.
    let amy = world.enter(firm.id(), &created[0]).await.user;
    let moved = ProfileEdit::new().locale("de-DE").time_zone("Europe/Berlin");
    users.edit_profile(amy.id, moved).await.unwrap();
    users.send_reset(amy.id).await.unwrap();
    world.deliver().await;
    let text = told(&world, "amy@nordwind.example");
    assert!(text.contains("GMT+1") && !text.contains("GMT-5"), "{text}");
    assert!(text.contains(".11.2026, ") || text.contains(".12.2026, "), "{text}");
}

async fn bi11_dates_in_reports_are_the_readers_and_host_screens_have_the_same(world: World) {
    let world = world.with(|builder| builder.texts(Texts::new().localised_dates()));
    let firm = world.found().await;
    let [amy, _, dirk, _] = READERS.map(|(name, locale, zone, _)| {
        let address = format!("{}@nordwind.example", name.to_lowercase());
        NewUser::new(name, "Biller", address).locale(locale).time_zone(zone)
    });
    let users = firm.desk.users();
    let amy = users.create(amy, Access::none()).await.unwrap();
    let amy = world.enter(firm.id(), &amy).await.user;
    let auditor = Access::none().and_permission(tenure::permissions::HISTORY_READ);
    let dirk = users.create(dirk, auditor).await.unwrap();
    let dirk = world.enter(firm.id(), &dirk).await;
    // Of one account, at one instant: to Dirk by his clock, to Amy by hers.
    for to in [ReportTo::Asking, ReportTo::User] {
        dirk.desk.users().send_security_report(amy.id, to).await.unwrap();
    }
    world.deliver().await;
    let (to_dirk, to_amy) = (
        told(&world, "dirk@nordwind.example"),
        told(&world, "amy@nordwind.example"),
    );
    assert!(to_dirk.contains("21.11.2026, 10:30 GMT+1"), "{to_dirk}");
    assert!(to_amy.contains("11/21/2026, 4:30 AM GMT-5"), "{to_amy}");
    assert!(!to_dirk.contains("11/21/2026") && !to_amy.contains("21.11.2026"));
    // The data has the instants, and the host's own page writes them out for whoever looks at it.
    let report = dirk.desk.users().security_report(amy.id).await.unwrap();
    let format = |user: &User| DateFormat::for_profile(&user.profile.locale, &user.profile.time_zone);
    let PasswordFactor::Set { set_at } = report.factors.password else {
        panic!("{:?}", report.factors)
    };
    for (reader, text) in [(&dirk.user, &to_dirk), (&amy, &to_amy)] {
        let written = format(reader).date_time_zone(set_at).replace('\u{202f}', " ");
        assert!(text.contains(&written), "{written}: {text}");
    }
    assert_eq!(
        [&dirk.user, &amy].map(|reader| format(reader).date(set_at)),
        ["21.11.2026", "11/21/2026"]
    );
}
