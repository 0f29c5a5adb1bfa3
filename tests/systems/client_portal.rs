//! The client portal, as its help page “How do I create users?” describes it.

use tenure::id::InvitationId;
use tenure::model::invitation::InvitationStateKind;
use tenure::model::security_report::{ChangedBy, PasswordFactor};
use tenure::model::{AttemptOutcome, Inactivity, UserStatus, What};
use tenure::password::PasswordRule;
use tenure::{
    Acceptance, Access, Denied, FieldError, Grant, Listing, NewRole, NewUnit, NewUser, Permission, Place, Policy,
    Problem, ProfileEdit, ReportTo, Scope, SortBy, User,
};
use time::Duration;

use crate::support::{Firm, PASSWORD, World, denied, for_every_store, wrong_fields};

for_every_store!(Policy::client_portal();
    the_page_step_by_step,
    cp1_invitations_start_in_the_user_list_or_at_a_client,
    cp2_mandatory_fields_and_a_personal_message_that_is_never_markup,
    cp3_a_role_and_additional_permissions_for_this_user_alone,
    cp4_at_least_one_unit_must_be_assigned_and_several_may,
    cp5_the_link_is_valid_for_21_days,
    cp6_the_invited_person_is_listed_at_once_with_their_state,
    cp7_cancelling_is_possible_until_acceptance_and_ends_the_link_at_once,
    cp8_resending_makes_a_new_link_with_a_new_term_and_ends_the_old,
    cp9_accepting_shows_and_corrects_personal_data_and_sets_a_password,
    cp10_every_broken_password_rule_is_listed_at_once,
    cp11_edit_deactivate_reactivate_delete_from_the_list,
    cp11_reset_a_password_from_the_list,
    cp11_a_security_report_goes_to_the_asking_administrator_or_to_the_user,
    cp12_the_security_report_has_all_there_is_to_know_of_an_account,
    cp3_rights_are_edited_and_told_with_their_reasons,
);

fn kim() -> NewUser {
    NewUser::new("Kim", "Krüger", "kim@krueger.example")
}

/// Invites Kim at a new client.
async fn invite_kim(firm: &Firm) -> User {
    let client = firm
        .desk
        .units()
        .add(NewUnit::client("Möbelhaus Krüger"))
        .await
        .unwrap()
        .id;
    let user = firm.desk.users().create_external(kim(), client, Access::none()).await;
    user.unwrap()
}

fn invitation_of(user: &User) -> InvitationId {
    match user.status {
        UserStatus::Invited { invitation, .. } => invitation,
        ref other => panic!("{other:?}"),
    }
}

fn closed(state: InvitationStateKind) -> Denied {
    Denied::InvitationClosed { state }
}

async fn the_page_step_by_step(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let client = desk.units().add(NewUnit::client("Möbelhaus Krüger")).await.unwrap().id;
    let viewer = desk
        .roles()
        .add(NewRole::new("Viewer").permissions(["reports.read"]))
        .await
        .unwrap()
        .id;
    // Invitation via the client screen: “Users” tab, “Invite user”; the data, a personal text, a role, further permissions;
    // the client is already assigned. “Invite user” at the bottom right.
    let export = Permission::new("reports.export").unwrap();
    let access = Access::role(viewer).within([client]);
    let access = access.and_permission(export).within([client]).message("Welcome aboard");
    let user = desk.users().create_external(kim(), client, access).await.unwrap();
    assert_eq!(world.deliver().await, 1);
    // Check status: “Invited”.
    assert_eq!(world.names(&desk, Listing::new().status(["invited"])).await, ["Kim"]);
    // “Resend invitation”.
    desk.invitations().resend(invitation_of(&user)).await.unwrap();
    world.deliver().await;
    // Accept invitation: check and adjust the personal data, set a password.
    let token = world.token_to("kim@krueger.example");
    let preview = world.tenure.preview_invitation(&token).await.unwrap();
    assert_eq!(preview.profile.first_name.as_str(), "Kim");
    let acceptance = Acceptance::new(PASSWORD).profile(ProfileEdit::new().first_name("Kimberly"));
    world.tenure.accept_invitation(&token, acceptance).await.unwrap();
    // “Invite accepted”.
    let listed = world
        .names(&desk, Listing::new().status(["active"]).within(client))
        .await;
    assert_eq!(listed, ["Kimberly"]);
    world.sign_in(tenant.id, "kim@krueger.example", PASSWORD).await.unwrap();
    // “Deactivated.”
    desk.users().deactivate(user.id).await.unwrap();
    assert!(world.sign_in(tenant.id, "kim@krueger.example", PASSWORD).await.is_err());
}

async fn cp1_invitations_start_in_the_user_list_or_at_a_client(world: World) {
    let Firm { desk, .. } = world.found().await;
    let krueger = desk.units().add(NewUnit::client("Möbelhaus Krüger")).await.unwrap().id;
    let depot = desk
        .units()
        .add(NewUnit::department("Depot").below(krueger))
        .await
        .unwrap()
        .id;
    let other = desk.units().add(NewUnit::client("Other")).await.unwrap().id;
    // From the user administration: the unit is chosen.
    let internal = NewUser::new("Ole", "Example", "ole@nordwind.example");
    desk.users()
        .create(internal, Access::none().member_of([depot]))
        .await
        .unwrap();
    // From the client's page: it is assigned already.
    let user = desk
        .users()
        .create_external(kim(), krueger, Access::none())
        .await
        .unwrap();
    assert_eq!(user.units(), [krueger].into());
    let lena = NewUser::new("Lena", "Other", "lena@other.example");
    desk.users().create_external(lena, other, Access::none()).await.unwrap();
    assert_eq!(world.deliver().await, 3);
    assert_eq!(world.names(&desk, Listing::new().within(krueger)).await, ["Kim", "Ole"]);
    assert_eq!(world.names(&desk, Listing::new().within(other)).await, ["Lena"]);
}

async fn cp2_mandatory_fields_and_a_personal_message_that_is_never_markup(world: World) {
    let firm = world.found().await;
    let client = firm.desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    let before = world.picture(&[firm.id()]).await;
    let empty = NewUser::new("", "", "");
    let refused = firm.desk.users().create_external(empty, client, Access::none()).await;
    assert_eq!(wrong_fields(refused), ["email", "first_name", "last_name"]);
    assert_eq!(world.picture(&[firm.id()]).await, before);

    let message = "Hello <b>Kim</b>,\nsee https://evil.example/?a=1&b=2 \"now\"";
    let access = Access::none().message(message);
    firm.desk.users().create_external(kim(), client, access).await.unwrap();
    assert_eq!(world.deliver().await, 1, "the link goes out in the same act");
    let mail = world.mail_to("kim@krueger.example");
    assert!(!mail.html().contains("<b>Kim</b>"));
    assert!(mail.html().contains("&lt;b&gt;Kim&lt;/b&gt;"));
    assert!(!mail.html().contains("href=\"https://evil.example"));
    assert!(mail.text().contains("Hello <b>Kim</b>,"));
    assert!(!mail.subject.contains("Kim"), "never in the subject");
    assert_eq!(tenure::mail::links(&mail).len(), 1);
}

async fn cp3_a_role_and_additional_permissions_for_this_user_alone(world: World) {
    let Firm { desk, tenant, .. } = world.found().await;
    let client = desk.units().add(NewUnit::client("Krüger")).await.unwrap();
    let role = desk
        .roles()
        .add(NewRole::new("Viewer").permissions(["reports.read"]))
        .await
        .unwrap()
        .id;
    let export = Permission::new("reports.export").unwrap();
    let with_role = || Access::role(role).within([client.id]);
    let more = with_role().and_permission(export.clone()).within([client.id]);
    let user = desk.users().create_external(kim(), client.id, more).await.unwrap();
    let kim = world.enter(tenant.id, &user).await;
    let lena = NewUser::new("Lena", "Krüger", "lena@krueger.example");
    let user = desk
        .users()
        .create_external(lena, client.id, with_role())
        .await
        .unwrap();
    let lena = world.enter(tenant.id, &user).await;

    let read = Permission::new("reports.read").unwrap();
    let here = Place::In(&client.path);
    let (kim, lena) = (
        world.principal(&kim.login).await.unwrap(),
        world.principal(&lena.login).await.unwrap(),
    );
    assert!(kim.may(&read, here) && kim.may(&export, here));
    assert!(lena.may(&read, here) && !lena.may(&export, here));
    assert!(!kim.may(&export, Place::Everywhere));
}

async fn cp4_at_least_one_unit_must_be_assigned_and_several_may(world: World) {
    let Firm { desk, .. } = world.found().await;
    let missing = vec![FieldError::new("memberships", Problem::Missing)];
    let refused = denied(desk.users().create(kim(), Access::none()).await);
    assert_eq!(
        refused,
        Denied::Invalid {
            fields: missing.clone()
        }
    );

    let north = desk.units().add(NewUnit::company("North")).await.unwrap().id;
    let south = desk.units().add(NewUnit::company("South")).await.unwrap().id;
    let user = desk
        .users()
        .create(kim(), Access::none().member_of([north, south]))
        .await
        .unwrap();
    assert_eq!(user.units(), [north, south].into());
    // Nor can the last one be taken away later.
    let refused = denied(desk.users().change_memberships(user.id, []).await);
    assert_eq!(refused, Denied::Invalid { fields: missing });
    let user = desk.users().change_memberships(user.id, [south]).await.unwrap();
    assert_eq!(user.units(), [south].into());
}

async fn cp5_the_link_is_valid_for_21_days(world: World) {
    let firm = world.found().await;
    invite_kim(&firm).await;
    let sent_at = world.now();
    // The term runs from the act of sending, however late the mail goes out.
    world.advance(Duration::days(1));
    world.deliver().await;
    let token = world.token_to("kim@krueger.example");
    let preview = world.tenure.preview_invitation(&token).await.unwrap();
    assert_eq!(preview.expires_at.since(sent_at), Duration::days(21));

    world
        .clock
        .set(preview.expires_at.saturating_add(-Duration::MICROSECOND));
    world.tenure.preview_invitation(&token).await.unwrap();
    world.clock.set(preview.expires_at);
    let expired = closed(InvitationStateKind::Expired);
    assert_eq!(denied(world.tenure.preview_invitation(&token).await), expired);
    let accepted = world.tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await;
    assert_eq!(denied(accepted), expired);
    // The same after it was written down.
    world.tenure.settle_due(None).await.unwrap();
    assert_eq!(denied(world.tenure.preview_invitation(&token).await), expired);
}

async fn cp6_the_invited_person_is_listed_at_once_with_their_state(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let client = desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    for name in ["Anna", "Bo", "Cora", "Dora"] {
        world.advance(Duration::SECOND);
        let user = NewUser::new(name, "Krüger", format!("{name}@krueger.example"));
        desk.users()
            .create_external(user, client, Access::none())
            .await
            .unwrap();
    }
    let listed = world.names_in_order(desk, Listing::new().status(["invited"])).await;
    assert_eq!(listed, ["Anna", "Bo", "Cora", "Dora"], "before any mail went out");

    world.accept("Anna@krueger.example").await.unwrap();
    let invitations = desk
        .invitations()
        .list(Listing::new().status(["pending"]))
        .await
        .unwrap()
        .items;
    desk.invitations().cancel(invitations[0].id).await.unwrap();
    let anna = desk
        .users()
        .list(Listing::new().status(["active"]).within(client))
        .await
        .unwrap()
        .items
        .remove(0);
    desk.users().deactivate(anna.id).await.unwrap();
    world.advance(Duration::days(20));
    let ada = world
        .sign_in(firm.id(), "ada@nordwind.example", crate::support::OWNERS)
        .await
        .unwrap();
    let desk = world.desk(&ada).await;
    desk.invitations().resend(invitations[2].id).await.unwrap();
    world.advance(Duration::days(1));
    let ada = world
        .sign_in(firm.id(), "ada@nordwind.example", crate::support::OWNERS)
        .await
        .unwrap();
    let desk = world.desk(&ada).await;

    // Anna accepted and was deactivated, Bo's was cancelled, Cora's expired, Dora's was sent again.
    let shown = async || {
        let users = desk.users().list(Listing::new().within(client)).await.unwrap().items;
        let because = users.iter().map(|user| match user.status {
            UserStatus::Inactive { because, .. } => Some(because),
            _ => None,
        });
        because.collect::<Vec<_>>()
    };
    let states = [
        Some(Inactivity::Deactivated),
        Some(Inactivity::InvitationCancelled),
        Some(Inactivity::InvitationExpired),
        None,
    ];
    assert_eq!(shown().await, states);
    for (state, count) in [("accepted", 1), ("cancelled", 1), ("expired", 1), ("pending", 1)] {
        let page = desk.invitations().list(Listing::new().status([state])).await.unwrap();
        assert_eq!(page.items.len(), count, "{state}");
    }
    // Written down or not, it is the same.
    world.tenure.settle_due(None).await.unwrap();
    assert_eq!(shown().await, states);
    // And found by name, in the order of names.
    let by_name = Listing::new().search("kruger").sort(SortBy::FirstName).descending();
    assert_eq!(
        world.names_in_order(&desk, by_name).await,
        ["Dora", "Cora", "Bo", "Anna"]
    );
}

async fn cp7_cancelling_is_possible_until_acceptance_and_ends_the_link_at_once(world: World) {
    let firm = world.found().await;
    let user = invite_kim(&firm).await;
    world.deliver().await;
    let token = world.token_to("kim@krueger.example");
    let cancelled = firm.desk.invitations().cancel(invitation_of(&user)).await.unwrap();
    assert!(!cancelled.is_active());
    let worthless = closed(InvitationStateKind::Cancelled);
    assert_eq!(denied(world.tenure.preview_invitation(&token).await), worthless);
    let accepted = world.tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await;
    assert_eq!(denied(accepted), worthless);
    assert_eq!(
        denied(firm.desk.invitations().cancel(invitation_of(&user)).await),
        worthless
    );

    // Once accepted, it cannot be cancelled.
    firm.desk.invitations().send(user.id, None).await.unwrap();
    let again = firm.desk.users().get(user.id).await.unwrap();
    world.accept("kim@krueger.example").await.unwrap();
    let refused = denied(firm.desk.invitations().cancel(invitation_of(&again)).await);
    assert_eq!(refused, closed(InvitationStateKind::Accepted));
}

async fn cp8_resending_makes_a_new_link_with_a_new_term_and_ends_the_old(world: World) {
    let firm = world.found().await;
    let desk = || async {
        let ada = world
            .sign_in(firm.id(), "ada@nordwind.example", crate::support::OWNERS)
            .await
            .unwrap();
        world.desk(&ada).await
    };
    let user = invite_kim(&firm).await;
    world.deliver().await;
    let mut old = vec![world.token_to("kim@krueger.example")];
    assert!(!world.mail_to("kim@krueger.example").text().contains("earlier mail"));

    // While it is open, after it expired, and after it was cancelled.
    for round in 0..3 {
        match round {
            1 => drop(world.advance(Duration::days(22))),
            2 => {
                let open = desk().await.users().get(user.id).await.unwrap();
                desk().await.invitations().cancel(invitation_of(&open)).await.unwrap();
            }
            _ => drop(world.advance(Duration::days(1))),
        }
        desk().await.invitations().resend(invitation_of(&user)).await.unwrap();
        assert_eq!(world.deliver().await, 1);
        let mail = world.mail_to("kim@krueger.example");
        assert!(
            mail.text().contains("The link in the earlier mail no longer works."),
            "round {round}"
        );
        let new = world.token_to("kim@krueger.example");
        let term = world.tenure.preview_invitation(&new).await.unwrap().expires_at;
        assert_eq!(term.since(world.now()), Duration::days(21));
        for token in &old {
            assert_eq!(denied(world.tenure.preview_invitation(token).await), Denied::LinkEnded);
            let accepted = world.tenure.accept_invitation(token, Acceptance::new(PASSWORD)).await;
            assert_eq!(denied(accepted), Denied::LinkEnded);
        }
        old.push(new);
    }
    let newest = old.pop().unwrap();
    world
        .tenure
        .accept_invitation(&newest, Acceptance::new(PASSWORD))
        .await
        .unwrap();
    let refused = denied(desk().await.invitations().resend(invitation_of(&user)).await);
    assert_eq!(refused.code(), "wrong_status", "whoever is active needs no invitation");
}

async fn cp9_accepting_shows_and_corrects_personal_data_and_sets_a_password(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let client = desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    let role = desk.roles().add(NewRole::new("Viewer")).await.unwrap().id;
    let person = kim().locale("de-DE").time_zone("Europe/Berlin");
    let access = Access::role(role).within([client]).message("Hello");
    let user = desk.users().create_external(person, client, access).await.unwrap();
    world.deliver().await;
    let token = world.token_to("kim@krueger.example");

    let preview = world.tenure.preview_invitation(&token).await.unwrap();
    assert_eq!(preview.tenant.as_str(), "Nordwind");
    assert_eq!(preview.user_name, "kim@krueger.example");
    assert_eq!(preview.address.as_str(), "kim@krueger.example");
    assert_eq!(preview.profile, user.profile);
    assert_eq!(preview.message.unwrap().as_str(), "Hello");

    let corrections = ProfileEdit::new()
        .last_name("Krüger-Maß")
        .display_name("Kim K.")
        .locale("en-GB");
    let acceptance = Acceptance::new(PASSWORD).profile(corrections);
    let accepted = world.tenure.accept_invitation(&token, acceptance).await.unwrap();
    assert!(accepted.is_active());
    assert_eq!(accepted.profile.first_name.as_str(), "Kim");
    assert_eq!(accepted.profile.last_name.as_str(), "Krüger-Maß");
    assert_eq!(accepted.profile.display_name.as_str(), "Kim K.");
    assert_eq!(accepted.profile.locale.as_str(), "en-GB");
    assert_eq!(accepted.profile.time_zone.as_str(), "Europe/Berlin");
    // Nothing else is theirs to change; the type of a correction has no such field.
    assert_eq!(
        (&accepted.grants, &accepted.address, accepted.kind),
        (&user.grants, &user.address, user.kind)
    );
    world.sign_in(firm.id(), "kim@krueger.example", PASSWORD).await.unwrap();
}

async fn cp10_every_broken_password_rule_is_listed_at_once(world: World) {
    let firm = world.found().await;
    invite_kim(&firm).await;
    world.deliver().await;
    let token = world.token_to("kim@krueger.example");
    let before = world.picture(&[firm.id()]).await;
    let broken = async |password: &str| {
        let accepted = world.tenure.accept_invitation(&token, Acceptance::new(password)).await;
        match denied(accepted) {
            Denied::Invalid { fields } => match fields.as_slice() {
                [
                    FieldError {
                        field: "password",
                        problem: Problem::Password(rules),
                    },
                ] => rules.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let too_short = PasswordRule::TooShort { min: 8 };
    assert_eq!(broken("").await.len(), 5);
    let rules = broken("abc").await;
    assert_eq!(rules.len(), 4);
    assert!(rules.contains(&too_short));
    assert_eq!(broken("Zx9!zx9").await, [too_short]);
    assert_eq!(broken("zx9!zx9!").await, [PasswordRule::UpperCase]);
    assert_eq!(broken("ZX9!ZX9!").await, [PasswordRule::LowerCase]);
    assert_eq!(broken("Zxx!zxx!").await, [PasswordRule::Digit]);
    assert_eq!(broken("Zx99zx99").await, [PasswordRule::Special]);
    assert_eq!(world.picture(&[firm.id()]).await, before);
    world
        .tenure
        .accept_invitation(&token, Acceptance::new("Zx9!zx9!"))
        .await
        .unwrap();
}

async fn cp11_edit_deactivate_reactivate_delete_from_the_list(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let user = invite_kim(&firm).await;
    let kim = world.enter(firm.id(), &user).await;
    let edited = desk
        .users()
        .edit_profile(user.id, ProfileEdit::new().first_name("Kimberly"))
        .await
        .unwrap();
    assert_eq!(edited.profile.first_name.as_str(), "Kimberly");

    // Access and sessions end; they stay listed as deactivated.
    desk.users().deactivate(user.id).await.unwrap();
    assert_eq!(denied(world.principal(&kim.login).await), Denied::NotSignedIn);
    assert!(world.sign_in(firm.id(), "kim@krueger.example", PASSWORD).await.is_err());
    assert_eq!(
        world.names(desk, Listing::new().status(["inactive"])).await,
        ["Kimberly"]
    );

    desk.users().reactivate(user.id).await.unwrap();
    assert_eq!(denied(world.principal(&kim.login).await), Denied::NotSignedIn);
    world.sign_in(firm.id(), "kim@krueger.example", PASSWORD).await.unwrap();

    desk.users().delete(user.id).await.unwrap();
    assert!(world.sign_in(firm.id(), "kim@krueger.example", PASSWORD).await.is_err());
    assert_eq!(world.names(desk, Listing::new()).await, ["Ada"]);
    assert_eq!(denied(desk.users().get(user.id).await).code(), "not_found");
}

async fn cp11_reset_a_password_from_the_list(world: World) {
    let firm = world.found().await;
    let user = invite_kim(&firm).await;
    // Whoever has not accepted has no password to reset: the invitation is sent again instead.
    let refused = denied(firm.desk.users().send_reset(user.id).await);
    assert_eq!(refused.code(), "wrong_status");
    let kim = world.enter(firm.id(), &user).await;
    firm.desk.users().send_reset(user.id).await.unwrap();
    world.deliver().await;
    assert!(
        world
            .mail_to("kim@krueger.example")
            .text()
            .contains("An administrator of Nordwind")
    );
    let token = world.token_to("kim@krueger.example");
    // Nothing has changed until the link is used.
    world.principal(&kim.login).await.unwrap();
    let preview = world.tenure.preview_reset(&token).await.unwrap();
    assert_eq!(preview.user_name, "kim@krueger.example");
    world.reset(&token, "Himbeere-17-rot").await.unwrap();
    assert_eq!(denied(world.principal(&kim.login).await), Denied::NotSignedIn);
    world
        .sign_in(firm.id(), "kim@krueger.example", "Himbeere-17-rot")
        .await
        .unwrap();
    // A deactivated user gets none.
    firm.desk.users().deactivate(user.id).await.unwrap();
    let refused = denied(firm.desk.users().send_reset(user.id).await);
    assert_eq!(refused.code(), "wrong_status");
}

async fn cp3_rights_are_edited_and_told_with_their_reasons(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let client = desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    let role = NewRole::new("Viewer").permissions(["reports.read"]);
    let role = desk.roles().add(role).await.unwrap().id;
    let access = Access::role(role).within([client]);
    let user = desk.users().create_external(kim(), client, access).await.unwrap();
    let kim = world.enter(firm.id(), &user).await;
    // One permission more, for this user alone; and away again.
    let export = Permission::new("reports.export").unwrap();
    let extra = Grant::permission(export.clone(), Scope::from([client]));
    desk.users().grant(user.id, extra.clone()).await.unwrap();
    let principal = world.principal(&kim.login).await.unwrap();
    assert_eq!(principal.scope_of(&export), Some(Scope::from([client])));

    let rights = desk.users().effective_rights(user.id).await.unwrap();
    let told: Vec<_> = rights
        .permissions
        .iter()
        .map(|held| {
            let by = &held.given_by[0];
            let name = held.permission.as_ref().map(ToString::to_string);
            (
                name.unwrap(),
                by.role.as_ref().map(ToString::to_string),
                by.grant.scope.clone(),
            )
        })
        .collect();
    let here = || Scope::from([client]);
    let expected = [
        ("reports.export".to_owned(), None, here()),
        ("reports.read".to_owned(), Some("Viewer".to_owned()), here()),
    ];
    assert_eq!(told, expected);
    assert!(rights.against.is_empty());
    // The same as the one question about one permission.
    let one = desk
        .users()
        .explain_permission(user.id, &export, Some(client))
        .await
        .unwrap();
    assert_eq!(one.given_by, std::slice::from_ref(&extra));

    desk.users().revoke(user.id, &extra).await.unwrap();
    let principal = world.principal(&kim.login).await.unwrap();
    assert_eq!(principal.scope_of(&export), None);
}

async fn cp11_a_security_report_goes_to_the_asking_administrator_or_to_the_user(world: World) {
    let firm = world.found().await;
    let users = firm.desk.users();
    let user = invite_kim(&firm).await;
    // Nobody has shown yet that the address is Kim's.
    let refused = denied(users.send_security_report(user.id, ReportTo::User).await);
    assert_eq!(refused.code(), "wrong_status");
    let kim = world.enter(firm.id(), &user).await;
    users.send_security_report(user.id, ReportTo::Asking).await.unwrap();
    users.send_security_report(user.id, ReportTo::User).await.unwrap();
    assert_eq!(world.deliver().await, 2);
    for address in ["ada@nordwind.example", "kim@krueger.example"] {
        let mail = world.mail_to(address);
        assert_eq!(mail.subject, "Security report for Nordwind");
        for text in [mail.text(), mail.html()] {
            assert!(text.contains("Kim Krüger") && text.contains("192.0.2.7"), "{text}");
            assert!(text.contains("password_set") && text.contains("Firefox"), "{text}");
        }
    }
    // Rights checked: Kim may not ask for anybody's, nor whoever administers users and may not read the history.
    let refused = kim.desk.users().send_security_report(user.id, ReportTo::Asking).await;
    assert_eq!(denied(refused), Denied::Forbidden);
    let manages = Access::none().and_permission(tenure::permissions::USERS_MANAGE);
    let unit = firm.desk.units().add(NewUnit::client("Other")).await.unwrap().id;
    let bo = world.join(&firm.desk, "Bo", manages.member_of([unit])).await;
    let refused = bo.desk.users().send_security_report(user.id, ReportTo::Asking).await;
    assert_eq!(denied(refused), Denied::Forbidden);
    // Asked for twice, sent to whom, by whom: it stands in the log.
    let events = world.events(firm.id()).await;
    let sent: Vec<bool> = events
        .iter()
        .filter_map(|entry| match entry.event.what {
            What::SecurityReportSent { to_user } => Some(to_user),
            _ => None,
        })
        .collect();
    assert_eq!(sent, [false, true]);
}

async fn cp12_the_security_report_has_all_there_is_to_know_of_an_account(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let client = desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    let role = NewRole::new("Viewer").permissions(["reports.read"]);
    let role = desk.roles().add(role).await.unwrap().id;
    let access = Access::role(role).within([client]);
    let user = desk.users().create_external(kim(), client, access).await.unwrap();
    let kim = world.enter(firm.id(), &user).await;
    let set_at = world.now();
    world.advance(Duration::minutes(5));
    assert!(
        world
            .sign_in(firm.id(), "kim@krueger.example", "Wrong-Guess-1")
            .await
            .is_err()
    );
    desk.users()
        .edit_profile(user.id, ProfileEdit::new().first_name("Kimberly"))
        .await
        .unwrap();

    let report = desk.users().security_report(user.id).await.unwrap();
    // Role, permissions, scope.
    assert_eq!(report.grants[0].role.as_ref().unwrap().as_str(), "Viewer");
    assert_eq!(report.rights.permissions.len(), 1);
    assert_eq!(report.units[&client].as_str(), "Krüger");
    // Factors and their age.
    assert_eq!(report.factors.password, PasswordFactor::Set { set_at });
    // Open sessions.
    let sessions: Vec<_> = report.sessions.iter().map(|session| session.session).collect();
    assert_eq!(sessions, [kim.login.session]);
    // Recent logins and failures, the newest first.
    let ended: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
    let session = kim.login.session;
    let reason = tenure::model::RefusalReason::WrongPassword;
    let expected = [AttemptOutcome::Refused { reason }, AttemptOutcome::Success { session }];
    assert_eq!(ended, expected);
    // Recent changes to the account, by whom.
    let changes: Vec<_> = report
        .changes
        .iter()
        .map(|change| (change.what.as_str(), change.by))
        .collect();
    let by_owner = ChangedBy::Other(firm.owner.id);
    assert_eq!(changes[0], ("profile_edited", by_owner));
    assert!(
        changes.contains(&("password_set", ChangedBy::Themselves)),
        "{changes:?}"
    );
    assert_eq!(changes.last(), Some(&("user_created", by_owner)));
    // It is data, and holds no secret.
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("argon2") && !text.contains("token"), "{text}");
    desk.users().deactivate(user.id).await.unwrap();
    let report = desk.users().security_report(user.id).await.unwrap();
    assert_eq!((report.sessions, report.rights.against.len()), (vec![], 1));
}
