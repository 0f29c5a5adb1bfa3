//! BI4, IF7: everything about a user, in one act or singly, and at creation.

use std::collections::BTreeSet;

use tenure::error::{FieldError, Problem};
use tenure::model::{
    Actor, AddressChange, AddressChangeState, Client, Credential, EndReason, Grant, Hold, Loaded, RecordKind, Scope,
    Secret, StatusKind, UnitKind, User, UserStatus, What, permissions,
};
use tenure::rules::users::{self, Access, InitialStatus, NewUser, ProfileEdit, UserEdit};
use tenure::rules::{Context, Decision};
use tenure::store::{Change, SetChange};
use tenure::text::{Allowlist, UserName};
use tenure::{AllowlistChange, Denied, Policy, Start, UserField};

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound { what: RecordKind::User };

fn office() -> Allowlist {
    Allowlist::new(["192.0.2.*".parse().unwrap()]).unwrap()
}

fn edited(cx: &Context, kate: &Loaded<User>, edit: &UserEdit) -> Result<Decision<User>, Denied> {
    users::edit(cx, Some(kate), Some(&password()), edit, &Client::unknown(), &around())
}

/// Only what it ends in.
fn after(cx: &Context, kate: &Loaded<User>, edit: &UserEdit) -> Result<User, Denied> {
    edited(cx, kate, edit).map(|decision| decision.outcome)
}

fn everything() -> UserEdit {
    UserEdit::new()
        .profile(ProfileEdit::new().last_name("Bauer").locale("de"))
        .user_name("kbauer")
        .grants([Grant::permission(reports(), Scope::from([paris()]))])
        .memberships([berlin()])
        .allowlist(office())
}

#[test]
fn bi4_if7_everything_about_a_user_is_edited_in_one_act() {
    let (cx, kate) = (admin(), user(active()));
    let mut expected = kate.value.clone();
    expected.profile.last_name = "Bauer".try_into().unwrap();
    expected.profile.locale = "de".try_into().unwrap();
    expected.user_name = UserName::new("kbauer").unwrap();
    expected.grants = vec![Grant::permission(reports(), Scope::from([paris()]))];
    expected.memberships = BTreeSet::from([berlin()]);
    expected.allowlist = office();
    let fields = ["last_name", "locale"].map(str::to_owned).into();
    let events = vec![
        event(kate.id, What::ProfileEdited { fields }),
        event(kate.id, What::UserNameChanged),
        event(
            kate.id,
            What::GrantsChanged {
                from: kate.grants.clone(),
                to: expected.grants.clone(),
            },
        ),
        event(
            kate.id,
            What::MembershipsChanged {
                from: BTreeSet::new(),
                to: expected.memberships.clone(),
            },
        ),
        event(
            kate.id,
            What::AllowlistChanged {
                entries: 1,
                forced: false,
            },
        ),
    ];
    let changes = vec![update(&kate, expected.clone())];
    let expected = decision(&cx, around().guards(), changes, events, expected);
    assert_eq!(edited(&cx, &kate, &everything()), Ok(expected));
    // What is left out stays; what is as it was is no change.
    let same = UserEdit::new()
        .user_name("kate")
        .api_only(false)
        .grants(kate.grants.clone());
    assert_eq!(edited(&cx, &kate, &same), Ok(nothing(&cx, kate.value.clone())));
}

#[test]
fn bi4_all_wrong_fields_of_an_edit_are_named_at_once() {
    let wrong = UserEdit::new()
        .profile(ProfileEdit::new().first_name("").time_zone("Europe/Atlantis"))
        .user_name("k b")
        .grants([Grant::role(id(99), Scope::from([id(98)]))])
        .memberships([id(98)]);
    let cx = with_policy(admin(), |policy| {
        policy.require_unit = true;
        policy.required_fields = BTreeSet::from([UserField::Grants, UserField::Allowlist]);
    });
    let fields = |edit: &UserEdit| edited(&cx, &user(active()), edit).unwrap_err().fields();
    let named = [
        "first_name",
        "time_zone",
        "user_name",
        "grants.scope",
        "grants.role",
        "memberships",
    ];
    assert_eq!(fields(&wrong), named);
    let emptied = UserEdit::new().grants([]).allowlist(Allowlist::any());
    assert_eq!(fields(&emptied), ["grants", "allowlist", "memberships"]);
    // What is not touched is not asked for.
    assert!(edited(&cx, &user(active()), &UserEdit::new().user_name("kb")).is_ok());
}

#[test]
fn r1_r3_an_edit_gives_nothing_beyond_the_editors_own_and_touches_nobody_above_them() {
    let of_berlin = holding(&[permissions::USERS_MANAGE, prices()], [berlin()]);
    let edit = |grant: Grant| after(&of_berlin, &user(active()), &UserEdit::new().grants([grant])).map(drop);
    let beyond = Err(Denied::BeyondOwnRights);
    assert_eq!(edit(Grant::permission(prices(), Scope::from([mitte()]))), Ok(()));
    assert_eq!(edit(Grant::permission(prices(), Scope::from([paris()]))), beyond);
    assert_eq!(edit(Grant::permission(reports(), Scope::from([berlin()]))), beyond);
    assert_eq!(edit(Grant::permission(prices(), Scope::All)), beyond);
    let moved = UserEdit::new().memberships([paris()]);
    assert_eq!(after(&of_berlin, &user(active()), &moved).map(drop), beyond);
    let name = UserEdit::new().user_name("other");
    assert_eq!(
        after(&of_berlin, &administrator_kate(active()), &name).map(drop),
        Err(NOT_FOUND)
    );
    let of_paris = holding(&[permissions::USERS_MANAGE, prices()], [paris()]);
    assert_eq!(after(&of_paris, &user(active()), &name).map(drop), Err(NOT_FOUND));
    assert_eq!(
        after(&nobody(), &user(active()), &name).map(drop),
        Err(Denied::Forbidden)
    );
}

#[test]
fn r5_only_the_owner_and_the_host_rename_the_owner() {
    let name = UserEdit::new().user_name("boss");
    let renamed = |cx: &Context| after(cx, &owner_user(), &name).map(drop);
    assert_eq!(renamed(&admin()), Err(Denied::OwnerProtected));
    assert_eq!(renamed(&system()), Ok(()));
    let owner = Context {
        actor: Actor::User(owner()),
        ..admin()
    };
    assert_eq!(renamed(&owner), Ok(()));
    // The rest of the form is everybody's who may edit them.
    let profile = UserEdit::new().profile(ProfileEdit::new().locale("sv"));
    assert!(after(&admin(), &owner_user(), &profile).is_ok());
}

#[test]
fn a_held_user_is_renamed_and_takes_on_nothing_new() {
    let held = user_with(active(), |user| {
        user.hold = Some(Hold {
            by: None,
            at: now(),
            until: at(1),
        });
    });
    let edit = |edit: UserEdit| after(&admin(), &held, &edit).map(drop);
    assert_eq!(edit(UserEdit::new().memberships([paris()])), Err(Denied::OnHold));
    assert_eq!(edit(UserEdit::new().grants([])), Err(Denied::OnHold));
    assert_eq!(edit(UserEdit::new().user_name("other")), Ok(()));
}

#[test]
fn n3_an_edit_shuts_its_editor_out_only_where_it_is_forced() {
    let mut me = administrator_kate(active());
    me.value.id = actor();
    let here = Client::at([198, 51, 100, 1].into());
    let saved = |change: AllowlistChange| {
        let edit = UserEdit::new().allowlist(change);
        users::edit(&admin(), Some(&me), None, &edit, &here, &around()).map(|decision| decision.events)
    };
    assert_eq!(saved(AllowlistChange::to(office())), Err(Denied::ShutsYouOut));
    let forced = What::AllowlistChanged {
        entries: 1,
        forced: true,
    };
    assert_eq!(
        saved(AllowlistChange::to(office()).forced()),
        Ok(vec![event(actor(), forced)])
    );
}

/// A change of Kate's address that takes her user name along.
fn pending(user_name: Option<&str>) -> Loaded<User> {
    user_with(active(), |user| {
        user.user_name = UserName::new("kate@example.com").unwrap();
        user.pending_address = Some(Box::new(AddressChange {
            to: address("kate@new.example"),
            user_name: user_name.map(|name| UserName::new(name).unwrap()),
            requested_at: now(),
            requested_by: Actor::User(kate()),
            not_before: at(10),
            stop: id(70),
            state: AddressChangeState::Confirmed {
                at: now(),
                effective_at: at(10),
            },
        }));
    })
}

#[test]
fn bi4_a_user_name_of_their_own_does_not_follow_the_address() {
    let renamed = |kate: &Loaded<User>, name: &str| {
        let kate = after(&admin(), kate, &UserEdit::new().user_name(name)).unwrap();
        kate.pending_address.unwrap().user_name.map(|name| name.to_string())
    };
    assert_eq!(renamed(&pending(Some("kate@new.example")), "kate"), None);
    // And does where it is the address again.
    let own = user_with(active(), |user| {
        user.pending_address = pending(None).value.pending_address;
    });
    assert_eq!(renamed(&own, "kate@example.com").as_deref(), Some("kate@new.example"));
}

#[test]
fn bi4_by_policy_the_user_name_is_the_address() {
    let cx = with_policy(admin(), |policy| policy.user_name_is_address = true);
    let refused = Err(Denied::invalid("user_name", Problem::NotAddress));
    let edit = |name: &str| after(&cx, &user(active()), &UserEdit::new().user_name(name)).map(drop);
    assert_eq!(edit("other"), refused);
    assert_eq!(edit("kate@example.com"), Ok(()));
    let created = |person: NewUser| {
        let access = Access::none().without_invitation();
        users::create_internal(&cx, &person, &access, &around()).map(drop)
    };
    let ada = || NewUser::new("Ada", "Lovelace", "ada@example.com");
    assert_eq!(created(ada().user_name("ada")), refused);
    assert_eq!(created(ada()), Ok(()));
}

fn api_only() -> UserEdit {
    UserEdit::new().api_only(true)
}

#[test]
fn bi2_whoever_becomes_api_only_has_no_password_no_session_and_no_link() {
    let (cx, kate) = (admin(), user(active()));
    let after = User {
        api_only: true,
        ..kate.value.clone()
    };
    let without = Credential {
        user: kate.id,
        secret: Secret::None,
    };
    let ended = What::SessionsEnded {
        reason: EndReason::AccessEnded,
        except: None,
    };
    let changes = vec![
        update(&kate, after.clone()),
        end_sessions(),
        end_tickets(None),
        update(&password(), without),
    ];
    let events = vec![
        event(kate.id, What::ApiOnlyChanged { api_only: true }),
        of_set(1, event(kate.id, ended)),
    ];
    let expected = decision(&cx, around().guards(), changes, events, after);
    assert_eq!(edited(&cx, &kate, &api_only()), Ok(expected));
    // An address that was on its way is not waited for.
    let decided = edited(&cx, &pending(None), &api_only()).unwrap();
    assert_eq!(decided.outcome.pending_address, None);
}

#[test]
fn bi2_every_state_takes_api_only_but_an_open_invitation() {
    let suspended = UserStatus::Suspended {
        since: long_ago(),
        until: None,
        reason: None,
    };
    let disabled = UserStatus::Disabled { since: long_ago() };
    for status in [set_up(), active(), suspended, disabled] {
        let decided = edited(&admin(), &user(status.clone()), &api_only()).unwrap();
        assert_eq!((decided.outcome.api_only, &decided.outcome.status), (true, &status));
        let voids = decided.changes.iter().any(
            |change| matches!(change, Change::Update { entry, .. } if entry.record.kind() == RecordKind::Credential),
        );
        assert!(voids, "{status:?}");
        let ends = |change: &Change| matches!(change, Change::Set(SetChange::EndSessions { .. }));
        assert!(decided.changes.iter().any(ends), "{status:?}");
    }
    let refused = Denied::WrongStatus {
        verb: "limit to APIs",
        status: StatusKind::Invited,
    };
    assert_eq!(edited(&admin(), &user(invited()), &api_only()), Err(refused));
    // Back again, in any state: there is no password until one is set by a link.
    for status in [invited(), active()] {
        let program = user_with(status, |user| user.api_only = true);
        let lifted = |credential: &Loaded<tenure::model::Credential>| {
            let edit = UserEdit::new().api_only(false);
            users::edit(
                &admin(),
                Some(&program),
                Some(credential),
                &edit,
                &Client::unknown(),
                &around(),
            )
            .unwrap()
        };
        let none = lifted(&no_password());
        let what = What::ApiOnlyChanged { api_only: false };
        assert_eq!(none.events, [event(kate(), what)]);
        assert_eq!(none.changes.len(), 1, "and an invitation stays open");
        assert!(none.guards.contains(&tenure::store::Guard::on(&no_password())));
        // What a program has in its files is no person's password.
        let voided = lifted(&password());
        let secret = tenure::model::Secret::None;
        let after = tenure::model::Credential { user: kate(), secret };
        assert!(voided.changes.contains(&update(&password(), after)));
        assert!(
            voided
                .changes
                .iter()
                .any(|it| matches!(it, Change::Set(SetChange::EndSessions { .. })))
        );
    }
}

#[test]
fn r5_neither_owner_nor_last_administrator_nor_oneself_becomes_api_only() {
    assert_eq!(after(&admin(), &owner_user(), &api_only()), Err(Denied::OwnerProtected));
    let mut me = administrator_kate(active());
    me.value.id = actor();
    assert_eq!(after(&admin(), &me, &api_only()), Err(Denied::OwnAccount));
    let decided = edited(&admin(), &administrator_kate(active()), &api_only()).unwrap();
    assert_eq!(decided.changes[0], administrators(-1), "the store refuses the last one");
    // And one who is API-only does not count.
    let program = user_with(active(), |user| user.api_only = true);
    let grants = [Grant::role(administrator(), Scope::All)];
    let decided = users::change_grants(&admin(), Some(&program), &grants, &around()).unwrap();
    assert_eq!(decided.changes.len(), 1);
}

#[test]
fn ps3_one_grant_is_given_and_taken_back() {
    let (cx, kate) = (admin(), user(active()));
    let grant = Grant::permission(reports(), Scope::from([paris()]));
    let whole = [kate.grants.clone(), vec![grant.clone()]].concat();
    let granted = users::grant(&cx, Some(&kate), &grant, &around());
    assert_eq!(granted, users::change_grants(&cx, Some(&kate), &whole, &around()));
    let both = loaded(6, granted.unwrap().outcome);
    let revoked = users::revoke(&cx, Some(&both), &grant, &around()).unwrap();
    assert_eq!(revoked.outcome.grants, kate.grants);
    // In another scope it is another grant.
    let elsewhere = Grant::permission(reports(), Scope::from([berlin()]));
    let nothing_to_do = users::revoke(&cx, Some(&both), &elsewhere, &around());
    assert_eq!(nothing_to_do, Ok(nothing(&cx, both.value.clone())));
    let again = users::grant(&cx, Some(&both), &grant, &around());
    assert_eq!(again, Ok(nothing(&cx, both.value.clone())));
    let of_berlin = holding(&[permissions::USERS_MANAGE, prices()], [berlin()]);
    let beyond = Err(Denied::BeyondOwnRights);
    assert_eq!(users::grant(&of_berlin, Some(&kate), &grant, &around()), beyond);
    assert_eq!(users::revoke(&of_berlin, Some(&both), &grant, &around()), beyond);
    assert_eq!(
        users::revoke(&nobody(), Some(&kate), &grant, &around()),
        Err(Denied::Forbidden)
    );
}

#[test]
fn bi4_the_fields_that_are_required_can_be_asked_and_set() {
    let default = Policy::default();
    let always = [UserField::FirstName, UserField::LastName, UserField::Email];
    assert_eq!(default.required(), always.into());
    let portal = Policy::client_portal();
    assert!(portal.required().contains(&UserField::Memberships));
    let all = [
        UserField::UserName,
        UserField::DisplayName,
        UserField::Locale,
        UserField::TimeZone,
        UserField::Grants,
        UserField::Allowlist,
    ];
    let cx = with_policy(admin(), |policy| policy.required_fields = all.into());
    let created = |person: &NewUser, access: &Access| users::create_internal(&cx, person, access, &around()).map(drop);
    let bare = NewUser::new("", "Lovelace", "ada@example.com");
    let refused = created(&bare, &Access::none()).unwrap_err();
    let missing = |field: UserField| FieldError::new(field.as_str(), Problem::Missing);
    let Denied::Invalid { fields } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(fields[0].field, "first_name");
    assert_eq!(fields[1..], all.map(missing));
    let full = NewUser::new("Ada", "Lovelace", "ada@example.com")
        .user_name("ada")
        .display_name("Ada")
        .locale("en")
        .time_zone("UTC");
    assert_eq!(created(&full, &Access::role(clerk()).allowlist(office())), Ok(()));
    // An employee's record has no more than it has; rights and networks are asked for.
    let refused = users::create_for(&cx, Some(&employee()), &Access::none(), &around()).unwrap_err();
    assert_eq!(refused.fields(), ["grants", "allowlist"]);
    let kate = user_with(active(), |user| user.allowlist = office());
    let emptied = tenure::rules::allowlists::change_allowlist(
        &cx,
        Some(&kate),
        &AllowlistChange::disallow("192.0.2.*".parse().unwrap()),
        &Client::unknown(),
        &around(),
    );
    assert_eq!(emptied, Err(Denied::invalid("allowlist", Problem::Missing)));
    let none = users::change_grants(&cx, Some(&kate), &[], &around());
    assert_eq!(none, Err(Denied::invalid("grants", Problem::Missing)));
}

fn begun(status: InitialStatus) -> Decision<User> {
    let ada = NewUser::new("Ada", "Lovelace", "ada@example.com");
    users::create_internal(&admin(), &ada, &Access::role(clerk()).status(status), &around()).unwrap()
}

#[test]
fn bi4_a_status_other_than_inactive_is_set_at_creation() {
    let active = begun(InitialStatus::Active);
    assert!(active.outcome.is_active());
    assert_eq!(active.mail, [], "whoever begins in a state is not invited");
    assert!(active.changes.contains(&seats(1, None)));
    let until = Some(at(60));
    let on_leave = begun(InitialStatus::Suspended { until });
    assert_eq!(on_leave.outcome.status.due_at(), until);
    assert!(
        on_leave.changes.contains(&seats(1, None)),
        "who is certain to come back keeps a seat"
    );
    let left = begun(InitialStatus::Disabled);
    assert_eq!(left.outcome.status, UserStatus::Disabled { since: now() });
    assert!(!left.changes.contains(&seats(1, None)));
}

#[test]
fn bi4_a_status_at_creation_goes_with_no_invitation_and_no_first_day() {
    let ada = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let access = Access::none()
        .status(InitialStatus::Suspended { until: Some(now()) })
        .invite()
        .starting(Start::WhenActivated);
    let refused = users::create_internal(&admin(), &ada, &access, &around()).unwrap_err();
    let contradicts = Problem::Contradicts("status");
    let fields = vec![
        FieldError::new("invite", contradicts.clone()),
        FieldError::new("start", contradicts),
        FieldError::new("status.until", Problem::NotInFuture),
    ];
    assert_eq!(refused, Denied::Invalid { fields });
}

#[test]
fn lo6_an_external_user_belongs_to_a_unit_that_has_users_of_its_own() {
    let ada = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let at = |cx: &Context, kind: UnitKind| {
        let mut around = around();
        around.units.0.get_mut(&berlin()).unwrap().value.kind = kind;
        users::create_external(cx, &ada, berlin(), &Access::none(), &around).map(drop)
    };
    let refused = Err(Denied::invalid("client", Problem::NotClient));
    assert_eq!(at(&admin(), UnitKind::Client), Ok(()));
    assert_eq!(at(&admin(), UnitKind::Company), Ok(()));
    assert_eq!(at(&admin(), UnitKind::Department), refused);
    let clients_only = with_policy(admin(), |policy| policy.client_kinds = [UnitKind::Client].into());
    assert_eq!(at(&clients_only, UnitKind::Company), refused);
}
