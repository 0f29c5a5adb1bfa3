use std::collections::BTreeSet;

use tenure::error::{FieldError, Problem};
use tenure::id::UnitId;
use tenure::model::{
    Credential, Employee, Employment, Grant, Hold, Inactivity, Loaded, RecordId, RecordKind, Scope, Secret, Start,
    StatusKind, User, UserKind, UserStatus, What, permissions,
};
use tenure::rules::rights::Surroundings;
use tenure::rules::users::{self, Access, NewUser, ProfileEdit};
use tenure::rules::{Context, Decision};
use tenure::store::Guard;
use tenure::text::{DisplayName, Locale, Message, TextError, TimeZone, UserName};
use tenure::{Denied, Policy};

use crate::fixture::*;

const NOT_FOUND: Denied = Denied::NotFound { what: RecordKind::User };

/// May manage users and change prices in Berlin.
fn of_berlin() -> Context {
    holding(&[permissions::USERS_MANAGE, prices()], [berlin()])
}

/// A clerk in Berlin, without an invitation.
fn clerk_in_berlin() -> Access {
    Access::role(clerk()).within([berlin()]).without_invitation()
}

/// What those are made of.
fn needed() -> Surroundings {
    surroundings([clerk()], [berlin()])
}

fn setting_up(starts_at: Option<tenure::Timestamp>) -> UserStatus {
    UserStatus::Inactive {
        since: now(),
        because: Inactivity::SetUp,
        starts_at,
    }
}

/// Ada as a clerk in Berlin, made now.
fn made(kind: UserKind, status: UserStatus) -> User {
    User {
        id: fresh(0),
        kind,
        user_name: UserName::new("ada@example.com").unwrap(),
        address: address("ada@example.com"),
        profile: profile("Ada", "Lovelace"),
        grants: vec![Grant::role(clerk(), Scope::from([berlin()]))],
        memberships: BTreeSet::new(),
        api_only: false,
        start: tenure::Start::Now,
        status,
        hold: None,
        signature: None,
        last_login_at: None,
        identity: None,
        pending_address: None,
        allowlist: tenure::text::Allowlist::any(),
        created_at: now(),
    }
}

fn created(user: &User) -> tenure::model::Event {
    let what = What::UserCreated {
        status: user.status.kind(),
        grants: user.grants.clone(),
        seat: user.takes_seat(true),
        until: user.status.due_at(),
    };
    event(user.id, what)
}

fn credential(user: &User) -> tenure::store::Change {
    insert(Credential {
        user: user.id,
        secret: Secret::None,
    })
}

#[test]
fn lo1_lo4_a_user_is_made_from_an_employee_whose_address_is_the_user_name() {
    let (cx, ada) = (of_berlin(), employee());
    let mut user = made(UserKind::Internal { employee: ada.id }, setting_up(None));
    user.memberships = BTreeSet::from([berlin()]);
    // Written as it is: whoever edits the employee at the same moment has to see the user.
    let changes = vec![update(&ada, ada.value.clone()), credential(&user), insert(user.clone())];
    let guards = needed().guards();
    let expected = decision(&cx, guards, changes, vec![created(&user)], user);
    assert_eq!(
        users::create_for(&cx, Some(&ada), &clerk_in_berlin(), &needed()),
        Ok(expected)
    );
}

#[test]
fn bi12_saving_a_user_sends_the_invitation_in_the_same_act() {
    let (cx, ada) = (of_berlin(), employee());
    let status = UserStatus::Invited {
        invitation: fresh(10),
        expires_at: term(),
        start: Start::At(at(600)),
    };
    let mut user = made(UserKind::Internal { employee: ada.id }, status);
    user.start = Start::At(at(600));
    user.memberships = BTreeSet::from([berlin()]);
    let access = Access::role(clerk())
        .within([berlin()])
        .message("Welcome!")
        .starting(Start::At(at(600)));
    let sent = What::InvitationSent {
        seat: true,
        expires_at: term(),
        again: false,
    };
    let guards = needed().guards().into_iter().chain([Guard::on(&cx.tenant)]);
    let expected = Decision {
        mail: vec![invitation_mail(&user, Some("Welcome!"), false)],
        ..decision(
            &cx,
            guards,
            vec![
                update(&ada, ada.value.clone()),
                credential(&user),
                seats(1, None),
                insert(user.clone()),
                insert(new_invitation(&user, Some("Welcome!"))),
                insert(new_ticket(&user)),
            ],
            vec![created(&user), event(user.id, sent)],
            user,
        )
    };
    assert_eq!(users::create_for(&cx, Some(&ada), &access, &needed()), Ok(expected));
}

#[test]
fn lo5_by_the_logistics_policy_saving_and_sending_are_two_acts() {
    let policy = |policy: &mut Policy| *policy = Policy::logistics();
    let cx = with_policy(of_berlin(), policy);
    let access = Access::role(clerk()).within([berlin()]);
    let decided = users::create_for(&cx, Some(&employee()), &access, &needed()).unwrap();
    assert_eq!((decided.mail.len(), decided.outcome.status), (0, setting_up(None)));
    let decided = users::create_for(&cx, Some(&employee()), &access.invite(), &needed()).unwrap();
    assert_eq!(
        (decided.mail.len(), decided.outcome.status.kind()),
        (1, StatusKind::Invited)
    );
}

#[test]
fn d1_an_invited_user_takes_a_seat_within_the_limit_by_policy() {
    let access = Access::role(clerk()).within([berlin()]).invite();
    let counted = |cx: &Context| {
        let decided = users::create_for(cx, Some(&employee()), &access, &needed()).unwrap();
        let guarded = decided.guards.contains(&Guard::on(&cx.tenant));
        let count = decided
            .changes
            .iter()
            .find(|change| matches!(change, tenure::store::Change::Count { .. }));
        (count.cloned(), guarded)
    };
    let cx = of_berlin();
    assert_eq!(
        counted(&cx),
        (Some(seats(1, None)), true),
        "a limit could be contracted now"
    );
    assert_eq!(counted(&with_limit(cx.clone(), 5)), (Some(seats(1, Some(5))), true));
    let cx = with_policy(cx, |policy| policy.invitations_take_seats = false);
    assert_eq!(counted(&with_limit(cx, 5)), (None, false));
}

#[test]
fn if4_a_user_who_starts_on_a_day_keeps_a_seat_from_now_on() {
    let (cx, ada) = (with_limit(of_berlin(), 5), employee());
    let access = clerk_in_berlin().starting(Start::At(at(600)));
    let decided = users::create_for(&cx, Some(&ada), &access, &needed()).unwrap();
    assert_eq!(decided.outcome.status, setting_up(Some(at(600))));
    assert!(decided.changes.contains(&seats(1, Some(5))));
    let when_told = clerk_in_berlin().starting(Start::WhenActivated);
    let decided = users::create_for(&cx, Some(&ada), &when_told, &needed()).unwrap();
    assert_eq!(decided.outcome.status, setting_up(None));
}

#[test]
fn lo1_an_employee_without_an_address_cannot_become_a_user() {
    let mut ada = employee();
    ada.value.email = None;
    let create = |cx: &Context, ada| users::create_for(cx, ada, &clerk_in_berlin(), &needed()).map(|_| ());
    assert_eq!(create(&of_berlin(), Some(&ada)), Err(Denied::EmployeeWithoutAddress));
}

#[test]
fn r3_an_employee_out_of_scope_is_not_found() {
    let not_found = Denied::NotFound {
        what: RecordKind::Employee,
    };
    let create = |cx: &Context, ada: Option<&Loaded<Employee>>| {
        users::create_for(cx, ada, &clerk_in_berlin(), &around()).map(|_| ())
    };
    let mut in_paris = employee();
    in_paris.value.unit = Some(paris());
    let mut nowhere = employee();
    nowhere.value.unit = None;
    assert_eq!(create(&of_berlin(), Some(&employee())), Ok(()));
    assert_eq!(create(&of_berlin(), Some(&in_paris)), Err(not_found.clone()));
    assert_eq!(create(&of_berlin(), Some(&nowhere)), Err(not_found.clone()));
    assert_eq!(create(&of_berlin(), None), Err(not_found));
    assert_eq!(create(&admin(), Some(&nowhere)), Ok(()));
    assert_eq!(create(&nobody(), None), Err(Denied::Forbidden), "and told nothing");
}

#[test]
fn an_internal_user_is_made_together_with_the_employee() {
    let cx = of_berlin();
    let employee = Employee {
        id: fresh(1),
        employment: Employment::default(),
        created_at: now(),
        ..employee().value
    };
    let mut user = made(UserKind::Internal { employee: employee.id }, setting_up(None));
    user.memberships = BTreeSet::from([berlin()]);
    let input = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let expected = decision(
        &cx,
        needed().guards(),
        vec![insert(employee.clone()), credential(&user), insert(user.clone())],
        vec![event(employee.id, What::EmployeeAdded), created(&user)],
        user,
    );
    let access = clerk_in_berlin().member_of([berlin()]);
    assert_eq!(users::create_internal(&cx, &input, &access, &needed()), Ok(expected));
}

#[test]
fn lo6_an_external_user_belongs_to_a_client_and_is_no_employee() {
    let cx = of_berlin();
    let mut user = made(UserKind::External { client: berlin() }, setting_up(None));
    user.grants = Vec::new();
    let input = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let access = Access::none().without_invitation();
    let around = surroundings([], [berlin()]);
    let changes = vec![credential(&user), insert(user.clone())];
    let expected = decision(&cx, around.guards(), changes, vec![created(&user)], user);
    assert_eq!(
        users::create_external(&cx, &input, berlin(), &access, &around),
        Ok(expected)
    );
    assert_eq!(
        users::create_external(&cx, &input, paris(), &access, &around),
        Err(Denied::invalid("client", Problem::Unknown(RecordKind::Unit)))
    );
    assert_eq!(
        users::create_external(&cx, &input, paris(), &access, &self::around()),
        Err(Denied::BeyondOwnRights)
    );
    assert_eq!(
        users::create_external(&nobody(), &input, berlin(), &access, &around),
        Err(Denied::Forbidden)
    );
}

#[test]
fn bi4_everything_that_is_entered_is_kept() {
    let input = NewUser::new("Ada", "Lovelace", "Ada@Example.com")
        .user_name("ada")
        .display_name("Countess Ada")
        .locale("de-CH")
        .time_zone("Europe/Zurich");
    let user = users::create_internal(&admin(), &input, &Access::none(), &Surroundings::default())
        .unwrap()
        .outcome;
    assert_eq!(user.user_name, UserName::new("ada").unwrap());
    assert_eq!(user.address, address("Ada@Example.com"));
    assert_eq!(user.profile.display_name, DisplayName::new("Countess Ada").unwrap());
    assert_eq!(user.profile.locale, Locale::new("de-CH").unwrap());
    assert_eq!(user.profile.time_zone, TimeZone::new("Europe/Zurich").unwrap());
}

#[test]
fn bi4_every_wrong_field_of_a_new_user_is_named_at_once() {
    let input = NewUser::new("", "Lovelace", "ada")
        .user_name("a b")
        .display_name("a\0")
        .locale("?")
        .time_zone("Europe/Nowhere");
    let access = Access::role(id(98))
        .member_of([id(99)])
        .message(" ")
        .starting(Start::At(now()));
    let Err(Denied::Invalid { fields }) =
        users::create_external(&admin(), &input, id(99), &access, &Surroundings::default())
    else {
        panic!("accepted")
    };
    let names: Vec<&str> = fields.iter().map(|error| error.field).collect();
    assert_eq!(
        names,
        [
            "first_name",
            "email",
            "user_name",
            "display_name",
            "locale",
            "time_zone",
            "grants.role",
            "memberships",
            "client",
            "message",
            "start"
        ]
    );
    assert_eq!(fields[8].problem, Problem::Unknown(RecordKind::Unit));
    assert_eq!(fields[9].problem, TextError::Empty.into());
    assert_eq!(fields[10].problem, Problem::NotInFuture, "at exactly now it is over");
    let long = "x".repeat(Message::MAX_CHARS + 1);
    let Err(denied) = users::create_for(&admin(), Some(&employee()), &Access::none().message(long), &around()) else {
        panic!("accepted")
    };
    assert_eq!(denied.fields(), ["message"]);
}

#[test]
fn cp4_by_policy_every_user_is_assigned_to_a_unit() {
    let cx = with_policy(admin(), |policy| *policy = Policy::client_portal());
    let input = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let missing = Err(Denied::invalid("memberships", Problem::Missing));
    let create = |access| users::create_internal(&cx, &input, &access, &around()).map(|_| ());
    assert_eq!(create(Access::role(clerk())), missing);
    assert_eq!(create(Access::role(clerk()).within([berlin()])), Ok(()));
    assert_eq!(create(Access::role(clerk()).member_of([berlin()])), Ok(()));
    let kate = user(active());
    let everywhere = [Grant::role(clerk(), Scope::All)];
    assert_eq!(
        users::change_grants(&cx, Some(&kate), &everywhere, &around()).map(|_| ()),
        missing
    );
    let homeless = user_with(active(), |user| {
        user.grants.clear();
        user.memberships = BTreeSet::from([berlin()]);
    });
    let none = BTreeSet::new();
    assert_eq!(
        users::change_memberships(&cx, Some(&homeless), &none, &around()).map(|_| ()),
        missing
    );
}

#[test]
fn r1_nobody_creates_a_user_with_more_than_they_hold() {
    let input = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let create = |cx: &Context, access: &Access| users::create_internal(cx, &input, access, &around()).map(|_| ());
    let beyond = Err(Denied::BeyondOwnRights);
    let cx = of_berlin();
    assert_eq!(create(&cx, &clerk_in_berlin()), Ok(()));
    assert_eq!(create(&cx, &Access::role(clerk()).within([mitte()])), Ok(()));
    assert_eq!(create(&cx, &Access::role(clerk()).within([paris()])), beyond);
    assert_eq!(create(&cx, &Access::role(clerk())), beyond);
    assert_eq!(create(&cx, &Access::role(administrator()).within([berlin()])), beyond);
    assert_eq!(
        create(&cx, &clerk_in_berlin().and_permission(reports()).within([berlin()])),
        beyond
    );
    assert_eq!(create(&cx, &clerk_in_berlin().member_of([paris()])), beyond);
    assert_eq!(
        create(&cx, &Access::none()),
        beyond,
        "in no unit: for those with all of them"
    );
    assert_eq!(create(&nobody(), &Access::none()), Err(Denied::Forbidden));
}

fn reports_in_berlin() -> Vec<Grant> {
    vec![Grant::permission(reports(), Scope::from([berlin()]))]
}

#[test]
fn cp3_a_users_rights_change() {
    let (cx, kate) = (admin(), user(active()));
    let after = User {
        grants: reports_in_berlin(),
        ..kate.value.clone()
    };
    let what = What::GrantsChanged {
        from: kate.grants.clone(),
        to: reports_in_berlin(),
    };
    let expected = decision(
        &cx,
        needed().guards(),
        vec![update(&kate, after.clone())],
        vec![event(kate.id, what)],
        after,
    );
    let twice = [reports_in_berlin(), reports_in_berlin()].concat();
    assert_eq!(users::change_grants(&cx, Some(&kate), &twice, &needed()), Ok(expected));
    assert_eq!(
        users::change_grants(&cx, Some(&kate), &kate.grants, &needed()),
        Ok(nothing(&cx, kate.value.clone()))
    );
}

#[test]
fn r5_administrators_are_counted_when_rights_change() {
    let cx = admin();
    let kate = administrator_kate(active());
    let decided = users::change_grants(&cx, Some(&kate), &[], &around()).unwrap();
    assert_eq!(decided.changes[0], administrators(-1), "the store refuses the last one");
    assert!(
        decided.guards.contains(&Guard::on(&cx.tenant)),
        "nor may they become owner meanwhile"
    );
    let everything = [Grant::role(administrator(), Scope::All)];
    let decided = users::change_grants(&cx, Some(&user(active())), &everything, &around()).unwrap();
    assert_eq!(decided.changes[0], administrators(1));
    for status in [invited(), set_up()] {
        let decided = users::change_grants(&cx, Some(&user(status)), &everything, &around()).unwrap();
        assert_eq!(decided.changes.len(), 1, "those who are not active do not count");
    }
}

#[test]
fn r5_the_owner_keeps_every_right() {
    let owner = owner_user();
    let in_berlin = [Grant::role(administrator(), Scope::from([berlin()]))];
    for grants in [[].as_slice(), in_berlin.as_slice()] {
        assert_eq!(
            users::change_grants(&admin(), Some(&owner), grants, &around()),
            Err(Denied::OwnerProtected)
        );
    }
    let more = [owner.grants.clone(), reports_in_berlin()].concat();
    assert!(users::change_grants(&admin(), Some(&owner), &more, &around()).is_ok());
}

#[test]
fn r1_r3_rights_change_only_within_those_of_whoever_changes_them() {
    let cx = of_berlin();
    let change =
        |user: &Loaded<User>, grants: &[Grant]| users::change_grants(&cx, Some(user), grants, &around()).map(|_| ());
    let beyond = Err(Denied::BeyondOwnRights);
    let in_mitte = [Grant::role(clerk(), Scope::from([mitte()]))];
    assert_eq!(change(&user(active()), &in_mitte), Ok(()));
    assert_eq!(change(&user(active()), &reports_in_berlin()), beyond);
    assert_eq!(
        change(&user(active()), &[Grant::role(clerk(), Scope::from([paris()]))]),
        beyond
    );
    assert_eq!(change(&user(active()), &[]), beyond, "out of the actor's scope");
    let strong = user_with(active(), |user| user.grants.extend(reports_in_berlin()));
    assert_eq!(change(&strong, &in_mitte), beyond);
    assert_eq!(change(&administrator_kate(active()), &in_mitte), Err(NOT_FOUND));
    // Nobody raises themselves.
    let mut oneself = user(active());
    oneself.value.id = actor();
    assert_eq!(change(&oneself, &reports_in_berlin()), beyond);
    assert_eq!(
        users::change_grants(&nobody(), Some(&oneself), &[], &around()),
        Err(Denied::Forbidden)
    );
    assert_eq!(users::change_grants(&cx, None, &[], &around()), Err(NOT_FOUND));
    assert_eq!(
        users::change_grants(&admin(), Some(&oneself), &[Grant::role(id(98), Scope::All)], &around()),
        Err(Denied::invalid("grants.role", Problem::Unknown(RecordKind::Role)))
    );
}

fn deleted() -> Loaded<User> {
    user(UserStatus::Deleted {
        at: at(-5),
        erase_at: at(600),
    })
}

fn held(user: Loaded<User>, until: tenure::Timestamp) -> Loaded<User> {
    let hold = Some(Hold {
        by: None,
        at: at(-5),
        until,
    });
    user.map(|user| User { hold, ..user })
}

#[test]
fn the_deleted_are_not_found_and_the_held_take_on_nothing_new() {
    let (cx, paris) = (admin(), BTreeSet::from([paris()]));
    let grants = reports_in_berlin();
    assert_eq!(
        users::change_grants(&cx, Some(&deleted()), &grants, &around()),
        Err(NOT_FOUND)
    );
    assert_eq!(
        users::change_memberships(&cx, Some(&deleted()), &paris, &around()),
        Err(NOT_FOUND)
    );
    let edit = ProfileEdit::new().first_name("Cate");
    assert_eq!(
        users::edit_profile(&cx, Some(&deleted()), &edit, &around()),
        Err(NOT_FOUND)
    );
    let kate = held(user(active()), at(1));
    assert_eq!(
        users::change_grants(&cx, Some(&kate), &grants, &around()),
        Err(Denied::OnHold)
    );
    assert_eq!(
        users::change_memberships(&cx, Some(&kate), &paris, &around()),
        Err(Denied::OnHold)
    );
    let kate = held(user(active()), now());
    assert!(
        users::change_grants(&cx, Some(&kate), &grants, &around()).is_ok(),
        "the hold is over"
    );
}

#[test]
fn a_hold_that_ran_out_is_logged_when_it_is_written_down() {
    let cx = admin();
    let kate = held(user(active()), at(-1));
    let decided = users::change_grants(&cx, Some(&kate), &reports_in_berlin(), &around()).unwrap();
    assert_eq!(decided.outcome.hold, None);
    let released = event_by(tenure::model::Actor::Schedule, at(-1), kate.id, What::DeletionReleased);
    assert!(decided.events.contains(&released));
}

#[test]
fn if7_a_users_units_change() {
    let (cx, kate) = (admin(), user(active()));
    let memberships: BTreeSet<UnitId> = BTreeSet::from([paris()]);
    let after = User {
        memberships: memberships.clone(),
        ..kate.value.clone()
    };
    let what = What::MembershipsChanged {
        from: BTreeSet::new(),
        to: memberships.clone(),
    };
    let around = surroundings([clerk()], [berlin(), paris()]);
    let expected = decision(
        &cx,
        around.guards(),
        vec![update(&kate, after.clone())],
        vec![event(kate.id, what)],
        after,
    );
    assert_eq!(
        users::change_memberships(&cx, Some(&kate), &memberships, &around),
        Ok(expected)
    );
    assert_eq!(
        users::change_memberships(&cx, Some(&kate), &BTreeSet::new(), &around),
        Ok(nothing(&cx, kate.value.clone()))
    );
    assert_eq!(
        users::change_memberships(&of_berlin(), Some(&kate), &memberships, &around),
        Err(Denied::BeyondOwnRights),
        "R3: before and after a move"
    );
    assert_eq!(
        users::change_memberships(&cx, Some(&kate), &BTreeSet::from([id(99)]), &around),
        Err(Denied::invalid("memberships", Problem::Unknown(RecordKind::Unit)))
    );
    assert_eq!(
        users::change_memberships(&nobody(), Some(&kate), &memberships, &around),
        Err(Denied::Forbidden)
    );
    assert_eq!(
        users::change_memberships(&cx, None, &memberships, &around),
        Err(NOT_FOUND)
    );
}

fn to_cate() -> ProfileEdit {
    ProfileEdit::new()
        .first_name("Cate")
        .last_name("Adler")
        .display_name("Cate Adler")
        .locale("de")
        .time_zone("UTC")
}

fn cate(cx: &Context, kate: &Loaded<User>, actor: tenure::model::Actor, guards: Vec<Guard>) -> Decision<User> {
    let mut after = kate.value.clone();
    after.profile = profile("Cate", "Adler");
    after.profile.locale = Locale::new("de").unwrap();
    let fields = ["first_name", "display_name", "locale"].map(str::to_owned).into();
    let happened = event_by(actor, now(), kate.id, What::ProfileEdited { fields });
    decision(cx, guards, vec![update(kate, after.clone())], vec![happened], after)
}

#[test]
fn cp11_a_profile_is_edited_and_the_log_names_the_fields_only() {
    let (cx, kate) = (of_berlin(), user(active()));
    let expected = cate(&cx, &kate, cx.actor.clone(), needed().guards());
    assert_eq!(
        users::edit_profile(&cx, Some(&kate), &to_cate(), &needed()),
        Ok(expected)
    );
    let unchanged = decision(&cx, needed().guards(), Vec::new(), Vec::new(), kate.value.clone());
    assert_eq!(
        users::edit_profile(&cx, Some(&kate), &ProfileEdit::new(), &needed()),
        Ok(unchanged)
    );
}

#[test]
fn r3_a_profile_is_edited_only_by_those_with_more() {
    let edit =
        |cx: &Context, user: Option<&Loaded<User>>| users::edit_profile(cx, user, &to_cate(), &around()).map(|_| ());
    let support = holding(&[permissions::USERS_MANAGE], Scope::All);
    assert_eq!(
        edit(&support, Some(&administrator_kate(active()))),
        Err(Denied::BeyondOwnRights)
    );
    assert_eq!(
        edit(&holding(&[permissions::USERS_READ], Scope::All), None),
        Err(Denied::Forbidden)
    );
    assert_eq!(edit(&support, None), Err(NOT_FOUND));
}

#[test]
fn everybody_edits_their_own_profile() {
    let kate = user(active());
    let cx = Context {
        actor: tenure::model::Actor::User(kate.id),
        ..nobody()
    };
    let expected = cate(&cx, &kate, cx.actor.clone(), Vec::new());
    assert_eq!(users::edit_own_profile(&cx, Some(&kate), &to_cate()), Ok(expected));
    assert_eq!(
        users::edit_own_profile(&nobody(), Some(&kate), &to_cate()),
        Err(NOT_FOUND)
    );
    assert_eq!(
        users::edit_own_profile(&system(), Some(&kate), &to_cate()),
        Err(NOT_FOUND)
    );
    assert_eq!(users::edit_own_profile(&cx, None, &to_cate()), Err(NOT_FOUND));
    let wrong = ProfileEdit::new().first_name(" ").time_zone("Mars");
    assert_eq!(
        users::edit_own_profile(&cx, Some(&kate), &wrong),
        Err(Denied::Invalid {
            fields: vec![
                FieldError::new("first_name", TextError::Empty),
                FieldError::new("time_zone", TextError::NotATimeZone),
            ]
        })
    );
}

#[test]
fn what_rules_have_to_be_shown_is_all_that_is_named() {
    let kate = user_with(active(), |user| user.memberships = BTreeSet::from([paris()]));
    let grants = [Grant::role(administrator(), Scope::from([mitte()]))];
    let (roles, units) = users::named(&grants, [&kate.value]);
    assert_eq!(roles, BTreeSet::from([administrator(), clerk()]));
    assert_eq!(units, BTreeSet::from([berlin(), mitte(), paris()]));
    assert_eq!(RecordId::from(kate.id), RecordId::User(kate.id));
}
