//! Bad input to every public input type: the field is named, all wrong fields at once, and nothing is written.

use tenure::id::{RoleId, UnitId};
use tenure::model::{Grant, RecordKind};
use tenure::text::TextError;
use tenure::{
    Acceptance, Access, Client, Denied, FieldError, Founding, Listing, NewEmployee, NewRole, NewUnit, NewUser,
    Permission, Policy, Problem, ProfileEdit, Scope, SeatContract, SignIn, Start, StatusChange, Suspension,
};
use time::{Date, Duration, Month};
use uuid::Uuid;

use crate::support::{OWNERS, PASSWORD, World, denied, for_every_store, wrong_fields};

for_every_store!(Policy::default();
    a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_a_founding,
    a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_a_new_user,
    a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_an_employee,
    a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_profiles,
    a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_names,
    a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_messages_and_reasons,
    a3_only_one_plain_address_is_an_address,
    all_wrong_fields_are_named_at_once,
    a1_case_variants_collide_at_creation_invitation_and_import,
    a2_look_alikes_neither_collide_with_nor_take_over_an_account,
    a1_user_names_and_addresses_share_one_space,
    unknown_ids_too_many_and_empty_scopes_are_refused_by_field,
    cycles_and_depth_are_refused,
    dates_and_limits_are_checked,
    names_of_full_length_are_taken,
    what_a_client_says_it_is_is_cleaned_and_cut,
    listings_have_limits_and_know_no_unknown_states,
);

const CONTROLS: [&str; 5] = ["a\0b", "a\nb", "a\r\nb", "a\u{7}b", "\u{9b}a"];
const NOT_ADDRESSES: [&str; 14] = [
    "",
    " ",
    "zoe",
    "zoe@",
    "@example.com",
    "zoe@example@com",
    "zoe@example.com,ole@example.com",
    "zoe@example.com;ole@example.com",
    "zoe@example.com\r\nBcc: ole@example.com",
    "zoe@exa\0mple.com",
    "zoe ole@example.com",
    "\"zoe ole\"@example.com",
    "Zoe <zoe@example.com>",
    "zoe@[127.0.0.1]",
];

fn nil<T: From<Uuid>>() -> T {
    Uuid::nil().into()
}

/// Texts that are no name of at most `max` characters.
fn not_names(max: usize) -> Vec<String> {
    let mut texts: Vec<String> = CONTROLS.map(str::to_owned).into();
    texts.extend(["", "   ", "\u{200b}", "a\u{202e}b"].map(str::to_owned));
    texts.push("x".repeat(max + 1));
    texts
}

fn zoe() -> NewUser {
    NewUser::new("Zoë", "Ärmel", "zoe@example.com")
}

async fn a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_a_founding(world: World) {
    let found = async |founding: Founding| wrong_fields(world.tenure.found(founding).await);
    for bad in not_names(200) {
        assert_eq!(
            found(Founding::new(&bad, zoe(), PASSWORD)).await,
            ["company"],
            "{bad:?}"
        );
    }
    for bad in not_names(100) {
        let owner = NewUser::new(&bad, "Ärmel", "zoe@example.com");
        assert_eq!(
            found(Founding::new("Nordwind", owner, PASSWORD)).await,
            ["first_name"],
            "{bad:?}"
        );
    }
    for bad in NOT_ADDRESSES {
        let owner = NewUser::new("Zoë", "Ärmel", bad);
        assert_eq!(
            found(Founding::new("Nordwind", owner, PASSWORD)).await,
            ["email"],
            "{bad:?}"
        );
    }
    for bad in ["", "short", "alllowercase-1", "Nordwind", &"Xx1-".repeat(300)] {
        assert_eq!(
            found(Founding::new("Nordwind", zoe(), bad)).await,
            ["password"],
            "{bad:?}"
        );
    }
    let nobody = NewUser::new("", "\0", "@")
        .user_name(" ")
        .display_name("")
        .locale("?")
        .time_zone("Mars");
    let seats = SeatContract {
        contracted: 0,
        limit: Some(0),
    };
    let all = [
        "company",
        "display_name",
        "email",
        "first_name",
        "last_name",
        "locale",
        "password",
        "seats",
        "time_zone",
        "user_name",
    ];
    assert_eq!(found(Founding::new("\n", nobody, "x").seats(seats)).await, all);
    assert_eq!(world.tenure.hashes_run(), 0, "refused before anything is hashed");
    assert_eq!(world.tenure.settle_due(None).await.unwrap(), 0);
}

async fn a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_a_new_user(world: World) {
    let firm = world.found().await;
    let client = firm.desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    let before = world.picture(&[firm.id()]).await;
    let create = async |user: NewUser, field: &str| {
        let internal = firm.desk.users().create(user.clone(), Access::none()).await;
        assert_eq!(wrong_fields(internal), [field], "{user:?}");
        let external = firm
            .desk
            .users()
            .create_external(user.clone(), client, Access::none())
            .await;
        assert_eq!(wrong_fields(external), [field], "{user:?}");
    };
    for bad in not_names(100) {
        create(NewUser::new(&bad, "Ärmel", "zoe@example.com"), "first_name").await;
        create(NewUser::new("Zoë", &bad, "zoe@example.com"), "last_name").await;
    }
    for bad in not_names(200) {
        create(zoe().display_name(&bad), "display_name").await;
    }
    for bad in ["", " ", "zoe ärmel", "zoe\0", "\u{202e}eoz", &"x".repeat(300)] {
        create(zoe().user_name(bad), "user_name").await;
    }
    for bad in ["", "d e", "de_DE!", "x", "de\0"] {
        create(zoe().locale(bad), "locale").await;
    }
    for bad in ["", "Europe/Atlantis", "CET+1", "Europe/Berlin\0", "../../etc/passwd"] {
        create(zoe().time_zone(bad), "time_zone").await;
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_an_employee(world: World) {
    let firm = world.found().await;
    let ole = firm
        .desk
        .employees()
        .add(NewEmployee::new("Ole", "Ohne"))
        .await
        .unwrap()
        .id;
    let before = world.picture(&[firm.id()]).await;
    let refuse = async |employee: NewEmployee, field: &str| {
        assert_eq!(
            wrong_fields(firm.desk.employees().add(employee.clone()).await),
            [field],
            "{employee:?}"
        );
        assert_eq!(
            wrong_fields(firm.desk.employees().edit(ole, employee.clone()).await),
            [field],
            "{employee:?}"
        );
    };
    for bad in not_names(100) {
        refuse(NewEmployee::new(&bad, "Ohne"), "first_name").await;
        refuse(NewEmployee::new("Ole", &bad), "last_name").await;
    }
    for bad in not_names(20) {
        refuse(NewEmployee::new("Ole", "Ohne").signature(&bad), "signature").await;
    }
    refuse(NewEmployee::new("Ole", "Ohne").signature("O O"), "signature").await;
    for bad in NOT_ADDRESSES {
        refuse(NewEmployee::new("Ole", "Ohne").email(bad), "email").await;
    }
    refuse(NewEmployee::new("Ole", "Ohne").unit(nil()), "unit").await;
    refuse(NewEmployee::new("Ole", "Ohne").supervisor(nil()), "supervisor").await;
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_profiles(world: World) {
    let firm = world.found().await;
    firm.desk.users().create(zoe(), Access::none().invite()).await.unwrap();
    world.deliver().await;
    let token = world.token_to("zoe@example.com");
    let before = world.picture(&[firm.id()]).await;
    let refuse = async |edit: ProfileEdit, field: &str| {
        assert_eq!(
            wrong_fields(firm.desk.me().edit_profile(edit.clone()).await),
            [field],
            "{edit:?}"
        );
        let edited = firm.desk.users().edit_profile(firm.owner.id, edit.clone()).await;
        assert_eq!(wrong_fields(edited), [field], "{edit:?}");
        let acceptance = Acceptance::new(PASSWORD).profile(edit.clone());
        let accepted = world.tenure.accept_invitation(&token, acceptance).await;
        assert_eq!(wrong_fields(accepted), [field], "{edit:?}");
    };
    for bad in not_names(100) {
        refuse(ProfileEdit::new().first_name(&bad), "first_name").await;
        refuse(ProfileEdit::new().last_name(&bad), "last_name").await;
    }
    for bad in not_names(200) {
        refuse(ProfileEdit::new().display_name(&bad), "display_name").await;
    }
    refuse(ProfileEdit::new().locale("\0"), "locale").await;
    refuse(ProfileEdit::new().time_zone("\0"), "time_zone").await;
    let hashes = world.tenure.hashes_run();
    let all = ProfileEdit::new()
        .first_name("")
        .last_name("")
        .display_name("")
        .locale("")
        .time_zone("");
    let accepted = world
        .tenure
        .accept_invitation(&token, Acceptance::new("x").profile(all))
        .await;
    let fields = [
        "display_name",
        "first_name",
        "last_name",
        "locale",
        "password",
        "time_zone",
    ];
    assert_eq!(wrong_fields(accepted), fields);
    assert_eq!(world.tenure.hashes_run(), hashes, "refused before anything is hashed");
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_names(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let unit = desk.units().add(NewUnit::company("Nord")).await.unwrap().id;
    let role = desk.roles().add(NewRole::new("Clerk")).await.unwrap().id;
    let before = world.picture(&[firm.id()]).await;
    for bad in not_names(200) {
        assert_eq!(
            wrong_fields(desk.units().add(NewUnit::company(&bad)).await),
            ["name"],
            "{bad:?}"
        );
        assert_eq!(wrong_fields(desk.units().rename(unit, &bad).await), ["name"], "{bad:?}");
        assert_eq!(
            wrong_fields(desk.roles().add(NewRole::new(&bad)).await),
            ["name"],
            "{bad:?}"
        );
        assert_eq!(
            wrong_fields(desk.roles().edit(role, NewRole::new(&bad)).await),
            ["name"],
            "{bad:?}"
        );
        assert_eq!(wrong_fields(desk.tenant().rename(&bad).await), ["name"], "{bad:?}");
    }
    for bad in [
        "",
        " ",
        "prices",
        "Prices.Change",
        "prices..change",
        ".prices",
        "prices.change\0",
        "a b.c",
    ] {
        if Permission::new(bad).is_ok() {
            continue;
        }
        let new = || NewRole::new("New").permissions(["prices.change", bad]);
        assert_eq!(wrong_fields(desk.roles().add(new()).await), ["permissions"], "{bad:?}");
        assert_eq!(
            wrong_fields(desk.roles().edit(role, new()).await),
            ["permissions"],
            "{bad:?}"
        );
    }
    let many = (0..501).map(|number| format!("host.p{number}"));
    let refused = denied(desk.roles().add(NewRole::new("Many").permissions(many)).await);
    assert_eq!(refused, Denied::invalid("permissions", Problem::TooMany { max: 500 }));
    assert_eq!(
        wrong_fields(desk.roles().add(NewRole::new("").permissions([""])).await),
        ["name", "permissions"]
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a5_control_characters_and_empty_and_overlong_text_are_refused_by_field_in_messages_and_reasons(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let user = desk
        .users()
        .create(zoe(), Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    desk.users().activate(user).await.unwrap();
    let invited = NewUser::new("Ole", "Ohne", "ole@example.com");
    let invited = desk
        .users()
        .create(invited, Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    let before = world.picture(&[firm.id()]).await;
    let long = "x".repeat(2_001);
    for bad in ["", " \n ", "a\0b", "a\u{7}b", "a\u{202e}b", &long] {
        assert_eq!(
            wrong_fields(desk.invitations().send(invited, Some(bad)).await),
            ["message"],
            "{bad:?}"
        );
        assert_eq!(
            wrong_fields(desk.invitations().preview_mail(invited, Some(bad)).await),
            ["message"],
            "{bad:?}"
        );
        let new = NewUser::new("New", "New", "new@example.com");
        let created = desk.users().create(new, Access::none().invite().message(bad)).await;
        assert_eq!(wrong_fields(created), ["message"], "{bad:?}");
    }
    let long = "x".repeat(501);
    for bad in ["", "  ", "a\0b", "a\nb", &long] {
        let suspended = desk.users().suspend(user, Suspension::open_ended().because(bad)).await;
        assert_eq!(wrong_fields(suspended), ["reason"], "{bad:?}");
        let desk = world.tenure.system(firm.id(), bad);
        assert_eq!(wrong_fields(desk.map(|_| ())), ["reason"], "{bad:?}");
    }
    let both = Suspension::until(world.now()).because("\0");
    assert_eq!(
        wrong_fields(desk.users().suspend(user, both).await),
        ["reason", "until"]
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a3_only_one_plain_address_is_an_address(world: World) {
    let firm = world.found().await;
    let before = world.picture(&[firm.id()]).await;
    let create = async |address: &str| {
        let user = NewUser::new("Zoë", "Ärmel", address);
        firm.desk
            .users()
            .create(user, Access::none().without_invitation())
            .await
    };
    for bad in NOT_ADDRESSES {
        assert_eq!(wrong_fields(create(bad).await), ["email"], "{bad:?}");
    }
    let domain = format!("{}.example", vec!["d".repeat(60); 3].join("."));
    let long = |length: usize| format!("{}@{domain}", "x".repeat(length - domain.len() - 1));
    assert_eq!(wrong_fields(create(&long(255)).await), ["email"]);
    assert_eq!(world.picture(&[firm.id()]).await, before);
    assert_eq!(world.deliver().await, 0);
}

async fn all_wrong_fields_are_named_at_once(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let before = world.picture(&[firm.id()]).await;
    let nobody = NewUser::new("", "", "")
        .user_name("")
        .display_name("")
        .locale("")
        .time_zone("");
    let access = Access::role(nil())
        .within([nil()])
        .member_of([nil()])
        .message("")
        .starting(Start::At(world.now()));
    let fields = [
        "client",
        "display_name",
        "email",
        "first_name",
        "grants.role",
        "grants.scope",
        "last_name",
        "locale",
        "memberships",
        "message",
        "start",
        "time_zone",
        "user_name",
    ];
    let external = desk
        .users()
        .create_external(nobody.clone(), nil(), access.clone())
        .await;
    assert_eq!(wrong_fields(external), fields);
    assert_eq!(wrong_fields(desk.users().create(nobody, access).await), fields[1..]);

    let day = |day| Date::from_calendar_date(2026, Month::March, day).unwrap();
    let employee = NewEmployee::new("", "")
        .signature("")
        .email("")
        .unit(nil())
        .supervisor(nil())
        .employed_from(day(2))
        .employed_until(day(1));
    let fields = [
        "email",
        "employed_until",
        "first_name",
        "last_name",
        "signature",
        "supervisor",
        "unit",
    ];
    assert_eq!(wrong_fields(desk.employees().add(employee).await), fields);
    assert_eq!(
        wrong_fields(desk.units().add(NewUnit::company("").below(nil())).await),
        ["name", "parent"]
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a1_case_variants_collide_at_creation_invitation_and_import(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    desk.users()
        .create(zoe(), Access::none().without_invitation())
        .await
        .unwrap();
    let import = NewEmployee::new("Zoë", "Ärmel")
        .email("ZOE@EXAMPLE.COM")
        .signature("ZÄ");
    let imported = desk.employees().add(import).await.unwrap();
    let client = desk.units().add(NewUnit::client("Krüger")).await.unwrap().id;
    desk.roles().add(NewRole::new("Straße")).await.unwrap();
    let before = world.picture(&[firm.id()]).await;

    let taken = Denied::LoginTaken { field: "email" };
    let variant = || NewUser::new("Z", "Ä", "Zoe@Example.COM");
    assert_eq!(
        denied(
            desk.users()
                .create(variant(), Access::none().without_invitation())
                .await
        ),
        taken
    );
    assert_eq!(
        denied(desk.users().create(variant(), Access::none().invite()).await),
        taken
    );
    assert_eq!(
        denied(desk.users().create_external(variant(), client, Access::none()).await),
        taken
    );
    assert_eq!(
        denied(desk.users().create_for(imported.id, Access::none()).await),
        taken
    );
    let name = NewUser::new("Z", "Ä", "other@example.com").user_name("ZOE@example.com");
    assert_eq!(
        denied(desk.users().create(name, Access::none()).await),
        Denied::LoginTaken { field: "user_name" }
    );
    let sign = NewEmployee::new("Z", "Ä").signature("zä");
    assert_eq!(denied(desk.employees().add(sign).await), Denied::SignatureTaken);
    assert_eq!(
        denied(desk.roles().add(NewRole::new("STRASSE")).await),
        Denied::RoleNameTaken
    );
    assert_eq!(
        denied(desk.roles().add(NewRole::new("administrator")).await),
        Denied::RoleNameTaken
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn a2_look_alikes_neither_collide_with_nor_take_over_an_account(world: World) {
    let firm = world.found().await;
    let mike = NewUser::new("Mike", "Example", "mike@example.com");
    firm.desk.users().create(mike, Access::none().invite()).await.unwrap();
    world.accept("mike@example.com").await.unwrap();
    // A dotless i is another letter; the Kelvin sign is a K and full width is a width.
    for login in ["mıke@example.com", "m\u{130}ke@example.com", "mike@examp1e.com"] {
        assert_eq!(
            denied(world.sign_in(firm.id(), login, PASSWORD).await),
            Denied::SignInRefused,
            "{login}"
        );
    }
    for login in ["MIKE@EXAMPLE.COM", "mi\u{212a}e@example.com", "ｍｉｋｅ@example.com"] {
        let known = world.sign_in(firm.id(), login, PASSWORD).await.is_ok();
        // Whether such a spelling is the same account or nobody's, it can be nobody else's.
        let user = NewUser::new("Eve", "Evil", login);
        let created = firm
            .desk
            .users()
            .create(user, Access::none().without_invitation())
            .await;
        assert!(created.is_err() || !known, "{login}");
        world.deliver().await;
    }
    let sent = world.mailer.sent();
    assert!(
        sent.iter().all(|message| message.to.as_str() == "mike@example.com"),
        "mail goes to the stored address only"
    );
}

async fn a1_user_names_and_addresses_share_one_space(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let ole = NewUser::new("Ole", "Ohne", "ole@example.com").user_name("Ole");
    desk.users()
        .create(ole, Access::none().without_invitation())
        .await
        .unwrap();
    let create = async |user: NewUser| denied(desk.users().create(user, Access::none()).await);
    // Nobody's user name can be another's address.
    let name = zoe().user_name("OLE@example.com");
    assert_eq!(create(name).await, Denied::LoginTaken { field: "user_name" });
    let address = NewUser::new("O", "O", "ole@EXAMPLE.com").user_name("ole2");
    assert_eq!(create(address).await, Denied::LoginTaken { field: "email" });
    assert_eq!(
        create(zoe().user_name("oLE")).await,
        Denied::LoginTaken { field: "user_name" }
    );
}

async fn unknown_ids_too_many_and_empty_scopes_are_refused_by_field(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let user = desk
        .users()
        .create(zoe(), Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    let before = world.picture(&[firm.id()]).await;
    let change = async |grants: Vec<Grant>| denied(desk.users().change_grants(user, grants).await);
    let unknown = |field, kind| Denied::invalid(field, Problem::Unknown(kind));
    let role: RoleId = nil();
    let unit: UnitId = nil();
    let permission = || Permission::new("prices.change").unwrap();
    assert_eq!(
        change(vec![Grant::role(role, Scope::All)]).await,
        unknown("grants.role", RecordKind::Role)
    );
    let scoped = vec![Grant::permission(permission(), Scope::from([unit]))];
    assert_eq!(change(scoped).await, unknown("grants.scope", RecordKind::Unit));
    let empty = vec![Grant::permission(permission(), Scope::from([]))];
    assert_eq!(change(empty).await, Denied::invalid("grants.scope", Problem::Missing));
    let many = (0..101).map(|number| Permission::new(format!("host.p{number}")).unwrap());
    let many = many
        .map(|permission| Grant::permission(permission, Scope::All))
        .collect();
    assert_eq!(
        change(many).await,
        Denied::invalid("grants", Problem::TooMany { max: 100 })
    );
    let both = vec![Grant::role(role, Scope::from([unit]))];
    assert_eq!(change(both).await.fields(), ["grants.scope", "grants.role"]);

    let member = desk.users().change_memberships(user, [unit]).await;
    assert_eq!(denied(member), unknown("memberships", RecordKind::Unit));
    let members = (0..101).map(|number| UnitId::from_uuid(Uuid::from_u128(number)));
    let refused = denied(desk.users().change_memberships(user, members).await);
    assert!(matches!(refused, Denied::Invalid { ref fields } if fields[0].problem == Problem::TooMany { max: 100 }));
    assert_eq!(world.picture(&[firm.id()]).await, before);
}

async fn cycles_and_depth_are_refused(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let mut line = vec![desk.units().add(NewUnit::company("Top")).await.unwrap().id];
    for level in 2..=16 {
        let unit = NewUnit::department(format!("Level {level}")).below(*line.last().unwrap());
        line.push(desk.units().add(unit).await.unwrap().id);
    }
    let other = desk.units().add(NewUnit::company("Other")).await.unwrap().id;
    let before = world.picture(&[firm.id()]).await;
    let too_deep = Denied::TooDeep {
        what: RecordKind::Unit,
        max: 16,
    };
    assert_eq!(
        denied(desk.units().add(NewUnit::department("17").below(line[15])).await),
        too_deep
    );
    assert_eq!(denied(desk.units().move_below(other, Some(line[15])).await), too_deep);
    assert_eq!(
        denied(desk.units().move_below(line[0], Some(other)).await),
        too_deep,
        "with all below it"
    );
    for below in [0, 1, 15] {
        assert_eq!(
            denied(desk.units().move_below(line[0], Some(line[below])).await),
            Denied::UnitCycle
        );
    }
    assert_eq!(
        wrong_fields(desk.units().move_below(other, Some(nil())).await),
        ["parent"]
    );
    assert_eq!(world.picture(&[firm.id()]).await, before);

    let mut above = desk.employees().add(NewEmployee::new("1", "X")).await.unwrap().id;
    for level in 2..=64 {
        let employee = NewEmployee::new(level.to_string(), "X").supervisor(above);
        above = desk.employees().add(employee).await.unwrap().id;
    }
    let too_long = desk
        .employees()
        .add(NewEmployee::new("65", "X").supervisor(above))
        .await;
    let max = 64;
    assert_eq!(
        denied(too_long),
        Denied::TooDeep {
            what: RecordKind::Employee,
            max
        }
    );
}

async fn dates_and_limits_are_checked(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let user = desk
        .users()
        .create(zoe(), Access::none().without_invitation())
        .await
        .unwrap()
        .id;
    let past = world.ahead(-Duration::MICROSECOND);
    let before = world.picture(&[firm.id()]).await;
    for day in [past, world.now()] {
        let start = desk
            .users()
            .change_status(user, StatusChange::ScheduleStart(Some(day)))
            .await;
        assert_eq!(denied(start), Denied::invalid("starts_at", Problem::NotInFuture));
        let end = desk.users().schedule_end(user, Some(day)).await;
        assert_eq!(denied(end), Denied::invalid("until", Problem::NotInFuture));
        let suspended = desk.users().suspend(user, Suspension::until(day)).await;
        assert_eq!(denied(suspended), Denied::invalid("until", Problem::NotInFuture));
        let new = NewUser::new("New", "New", "new@example.com");
        let created = desk.users().create(new, Access::none().starting(Start::At(day))).await;
        assert_eq!(denied(created), Denied::invalid("start", Problem::NotInFuture));
    }
    world.join(desk, "Ole", Access::none()).await;
    let before_limit = world.picture(&[firm.id()]).await;
    assert_ne!(before_limit, before);
    let seats = SeatContract {
        contracted: 0,
        limit: Some(1),
    };
    let host = world.tenure.system(firm.id(), "new contract").unwrap();
    let refused = denied(host.tenant().change_seat_contract(seats).await);
    assert_eq!(refused, Denied::invalid("limit", Problem::BelowUse { used: 2 }));
    assert_eq!(world.picture(&[firm.id()]).await, before_limit);
}

async fn names_of_full_length_are_taken(world: World) {
    let owner = NewUser::new("ä".repeat(100), "ö".repeat(100), "zoe@example.com");
    let founded = world
        .tenure
        .found(Founding::new("ü".repeat(200), owner, OWNERS))
        .await
        .unwrap();
    let profile = founded.owner.profile;
    assert_eq!(profile.first_name.as_str().chars().count(), 100);
    // Both and a space are one character too many for what is shown; the last one gives way.
    assert_eq!(profile.display_name.as_str().chars().count(), 200);
    assert_eq!(founded.tenant.name.as_str().chars().count(), 200);
    let too_long = vec![FieldError::new("name", TextError::TooLong { max: 200 })];
    let desk = world.tenure.system(founded.tenant.id, "a test").unwrap();
    assert_eq!(
        denied(desk.tenant().rename(&"ü".repeat(201)).await),
        Denied::Invalid { fields: too_long }
    );
}

async fn what_a_client_says_it_is_is_cleaned_and_cut(world: World) {
    let firm = world.found().await;
    let says = format!("Fire\0fox\r\nX-Admin: 1\u{202e}{}", "x".repeat(2_000));
    let client = Client::at("::ffff:192.0.2.7".parse().unwrap()).user_agent(&says);
    let sign_in = SignIn::new(firm.id(), "ada@nordwind.example", OWNERS).client(client);
    let login = world.tenure.sign_in(sign_in).await.unwrap();
    let sessions = firm.desk.me().sessions(tenure::Listing::new()).await.unwrap().items;
    let kept = &sessions
        .iter()
        .find(|session| session.id == login.session)
        .unwrap()
        .client;
    assert_eq!(kept.address, Some([192, 0, 2, 7].into()));
    let agent = kept.user_agent.as_ref().unwrap().as_str();
    assert_eq!(agent.chars().count(), 512);
    assert!(agent.starts_with("Fire\u{fffd}fox\u{fffd}\u{fffd}X-Admin: 1\u{fffd}x"));
}

async fn listings_have_limits_and_know_no_unknown_states(world: World) {
    let firm = world.found().await;
    world.join(&firm.desk, "Zoe", Access::none()).await;
    let list = async |listing| firm.desk.users().list(listing).await.unwrap();
    assert_eq!(list(Listing::new().limit(0)).await.items.len(), 1, "one is the least");
    assert_eq!(list(Listing::new().limit(u32::MAX)).await.items.len(), 2);
    for state in ["", "Active", "act%", "active\0", "' OR 1=1 --", "deleted"] {
        assert_eq!(list(Listing::new().status([state])).await.items.len(), 0, "{state:?}");
    }
    let page = list(Listing::new().limit(1)).await;
    let rest = list(Listing::new().limit(1).after(page.next)).await;
    assert_ne!(page.items[0].id, rest.items[0].id);
    assert_eq!(rest.next, None);
}
