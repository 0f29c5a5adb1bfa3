use tenure::id::ApiKeyId;
use tenure::model::{
    Actor, ApiKey, ApiKeyState, DoneBy, Grant, Hold, Loaded, Mail, PermissionSet, QueuedMail, RecordKind, Scope,
    StatusKind, TenantStatus, Throttle, User, UserKind, UserStatus, What, permissions,
};
use tenure::rules::access::Pass;
use tenure::rules::api_keys::{self, KeyHolder, NewApiKey};
use tenure::rules::request_count::RequestCount;
use tenure::rules::rights::Units;
use tenure::rules::{Context, Decision};
use tenure::secret::TokenHash;
use tenure::store::{Change, Guard, PrincipalRecords, SetChange};
use tenure::text::{AddressPattern, Allowlist};
use tenure::{Client, Denied, FieldError, Place, Policy, Problem, Rights, Timestamp};

use crate::fixture::*;

const NO_KEY: Denied = Denied::NotFound {
    what: RecordKind::ApiKey,
};

fn key_id() -> ApiKeyId {
    id(61)
}

fn token() -> TokenHash {
    TokenHash::from_bytes([7; 32])
}

/// Kate's key to change prices in Berlin, used a minute ago.
fn key() -> Loaded<ApiKey> {
    loaded(
        1,
        ApiKey {
            id: key_id(),
            user: kate(),
            name: name("import"),
            token: token(),
            permissions: PermissionSet::from([prices()]),
            scope: Scope::from([berlin()]),
            created_by: Actor::User(kate()),
            created_at: at(-60),
            expires_at: None,
            seen_at: Some(at(-1)),
            state: ApiKeyState::Open,
        },
    )
}

fn new_key() -> NewApiKey {
    NewApiKey::new("import").permissions([prices().as_str()])
}

/// Whoever may make keys, with all that Kate holds.
fn manager() -> Context {
    holding(&[permissions::API_KEYS_MANAGE, prices()], [berlin()])
}

/// Kate, through her session.
fn as_kate() -> Context {
    Context {
        actor: Actor::User(kate()),
        ..holding(&[prices()], [berlin()])
    }
}

/// Shown this user with so many usable keys, none of them made lately.
fn holder(user: Option<&Loaded<User>>, open: u64) -> KeyHolder<'_> {
    KeyHolder { user, open, made: None }
}

fn create(cx: &Context, user: Option<&Loaded<User>>, input: &NewApiKey, open: u64) -> Result<Decision<ApiKey>, Denied> {
    api_keys::create(cx, &holder(user, open), input, token(), &around())
}

fn create_own(
    cx: &Context,
    user: Option<&Loaded<User>>,
    signed_in_at: Timestamp,
    input: &NewApiKey,
    open: u64,
) -> Result<Decision<ApiKey>, Denied> {
    api_keys::create_own(cx, &holder(user, open), signed_in_at, input, token(), &around())
}

/// That so many keys were made for Kate within the hour that began ten minutes ago.
fn made(times: u32) -> Throttle {
    Throttle {
        id: RequestCount::of_api_keys(kate(), 20).id(),
        user: Some(kate()),
        failures: times,
        locked_until: None,
        forget_at: at(50),
    }
}

/// What Kate is told of a key.
fn told(user: &User, key: &ApiKey, by: DoneBy) -> QueuedMail {
    let mail = Mail::ApiKeyCreated {
        tenant: name("Nordwind"),
        recipient: user.profile.display_name.clone(),
        key: Some(name("import")),
        expires_at: key.expires_at,
        by,
        at: now(),
    };
    notice_to(user, 29, mail)
}

fn by(cx: &Context) -> DoneBy {
    if cx.user() == Some(kate()) {
        return DoneBy::Recipient;
    }
    DoneBy::Other { name: actor_name() }
}

fn created(cx: &Context, kate: &Loaded<User>, scope: Scope, expires_at: Option<Timestamp>) -> Decision<ApiKey> {
    let key = ApiKey {
        id: fresh(0),
        scope: scope.clone(),
        created_by: cx.actor.clone(),
        created_at: now(),
        expires_at,
        seen_at: None,
        ..key().value
    };
    let what = What::ApiKeyCreated {
        user: kate.id,
        permissions: PermissionSet::from([prices()]),
        scope,
        expires_at,
    };
    let happened = event_by(cx.actor.clone(), now(), key.id, what);
    let counted = Throttle {
        forget_at: at(60),
        ..made(1)
    };
    let changes = vec![update(kate, kate.value.clone()), insert(key.clone()), insert(counted)];
    let mail = vec![told(kate, &key, by(cx))];
    Decision {
        mail,
        ..decision(cx, around().guards(), changes, vec![happened], key)
    }
}

#[test]
fn e6_a_key_is_made_with_what_is_asked_for_and_no_more() {
    let (cx, kate) = (manager(), user(active()));
    let wherever = created(&cx, &kate, Scope::from([berlin()]), None);
    let decided = create(&cx, Some(&kate), &new_key(), 0);
    assert_eq!(decided, Ok(wherever), "wherever Kate may, if not said");

    let narrow = new_key().scope([mitte()]).expires_at(at(1));
    let expected = created(&cx, &kate, Scope::from([mitte()]), Some(at(1)));
    assert_eq!(create(&cx, Some(&kate), &narrow, 49), Ok(expected));

    let own = created(&as_kate(), &kate, Scope::from([mitte()]), Some(at(1)));
    let decided = create_own(&as_kate(), Some(&kate), at(-14), &narrow, 0);
    assert_eq!(decided, Ok(own), "and nobody needs a permission for their own");
    let everywhere = administrator_kate(active());
    let decided = create(&admin(), Some(&everywhere), &new_key(), 0);
    assert_eq!(decided, Ok(created(&admin(), &everywhere, Scope::All, None)));
}

#[test]
fn e6_whoever_a_key_acts_for_is_told_by_whom_it_was_made() {
    let program = user_with(active(), |user| {
        user.kind = UserKind::Program;
        user.api_only = true;
    });
    let mail = |cx: &Context, user: &Loaded<User>| {
        let decided = create(cx, Some(user), &new_key().expires_at(at(1)), 0).unwrap();
        (decided.mail, decided.outcome)
    };
    for (cx, by) in [
        (manager(), DoneBy::Other { name: actor_name() }),
        (system(), DoneBy::Tenant),
    ] {
        let (mails, key) = mail(&cx, &program);
        assert_eq!(mails, [told(&program, &key, by)], "somebody looks after a program");
    }
}

#[test]
fn e6_no_more_keys_are_made_within_an_hour_than_anybody_should_be_told_of() {
    let kate = user(active());
    let create = |count: Option<Throttle>, open, own: bool| {
        let holder = KeyHolder {
            made: count.map(|count| loaded(3, count)),
            ..holder(Some(&kate), open)
        };
        if own {
            api_keys::create_own(&as_kate(), &holder, at(-14), &new_key(), token(), &around())
        } else {
            api_keys::create(&manager(), &holder, &new_key(), token(), &around())
        }
    };
    let before = loaded(3, made(19));
    for own in [false, true] {
        let last = create(Some(made(19)), 0, own).unwrap();
        assert_eq!(
            last.changes[2],
            update(&before, made(20)),
            "the hour began with the first"
        );
        let full = create(Some(made(20)), 0, own).map(drop);
        assert_eq!(full, Err(Denied::TooManyAttempts { until: at(50) }));
        assert_eq!(
            create(Some(made(20)), 50, own).map(drop),
            Err(Denied::TooManyApiKeys { max: 50 }),
            "what no time mends is told first"
        );
        let over = Throttle {
            forget_at: now(),
            ..made(20)
        };
        assert!(create(Some(over), 0, own).is_ok(), "at exactly its end");
        let of_another = Throttle {
            id: RequestCount::of_api_keys(admin().user().unwrap(), 20).id(),
            ..made(20)
        };
        assert!(create(Some(of_another), 0, own).is_ok(), "what was counted for another");
    }
    // The host's own code is counted and not refused.
    let full = KeyHolder {
        made: Some(loaded(3, made(20))),
        ..holder(Some(&kate), 0)
    };
    let by_host = api_keys::create(&system(), &full, &new_key(), token(), &around()).unwrap();
    assert_eq!(by_host.changes[2], update(&loaded(3, made(20)), made(21)));
    // Whoever may not, or asks for what nobody gives, is told that.
    let holder = KeyHolder {
        made: Some(loaded(3, made(20))),
        ..holder(Some(&kate), 0)
    };
    let refused = |cx: &Context, input: &NewApiKey| {
        api_keys::create(cx, &holder, input, token(), &around()).map_err(|denied| denied.code())
    };
    assert_eq!(refused(&nobody(), &new_key()).map(drop), Err("forbidden"));
    assert_eq!(refused(&manager(), &NewApiKey::new(" ")).map(drop), Err("invalid"));
}

/// Whoever sets the number to none wants none.
#[test]
fn e6_where_no_key_may_be_made_none_is() {
    let kate = user(active());
    let cx = crate::fixture::with_policy(manager(), |policy| policy.api_keys_per_hour = 0);
    let refused = create(&cx, Some(&kate), &new_key(), 0).map(drop);
    assert_eq!(refused, Err(Denied::TooManyAttempts { until: at(60) }));
}

/// Lists of mails are read by more than those who may see keys, or the user who made one.
#[test]
fn r4_a_list_of_mails_shows_of_notices_neither_key_nor_doer() {
    let kate = user(active());
    let decided = create(&manager(), Some(&kate), &new_key().expires_at(at(1)), 0).unwrap();
    let [notice] = decided.mail.try_into().unwrap();
    let QueuedMail { mail, .. } = notice.outline();
    let Mail::ApiKeyCreated {
        key,
        expires_at,
        by,
        at: told_at,
        ..
    } = mail
    else {
        panic!("{mail:?}")
    };
    assert_eq!((key, expires_at, by, told_at), (None, None, DoneBy::Untold, now()));
}

#[test]
fn e7_a_key_of_ones_own_takes_a_recent_login() {
    let kate = user(active());
    let own = |minutes| {
        let decided = create_own(&as_kate(), Some(&kate), at(minutes), &new_key(), 0);
        decided.map(drop)
    };
    assert_eq!([own(-14), own(-15)], [Ok(()), Err(Denied::LoginTooOld)]);
}

/// With a session nobody needs to; with a key it would make its own successor.
#[test]
fn e6_nobody_administers_their_own_keys() {
    let cx = Context {
        actor: Actor::User(crate::fixture::kate()),
        ..manager()
    };
    let (kate, key) = (user(active()), key());
    let own = Err(Denied::OwnAccount);
    assert_eq!(create(&cx, Some(&kate), &new_key(), 0).map(drop), own);
    assert_eq!(api_keys::revoke(&cx, Some(&key), Some(&kate), &around()).map(drop), own);
    assert_eq!(api_keys::revoke_all(&cx, Some(&kate), &around()).map(drop), own);
}

#[test]
fn r1_no_key_allows_more_than_its_maker_or_its_user_holds() {
    let kate = user(active());
    let create = |cx: &Context, key: &NewApiKey| create(cx, Some(&kate), key, 0).map(|decision| decision.outcome.scope);
    let not_held = Denied::Invalid {
        fields: vec![FieldError::new("permissions", Problem::NotHeld)],
    };
    // What Kate does not hold: elsewhere, everywhere, or at all.
    assert_eq!(create(&admin(), &new_key().scope([paris()])), Err(not_held.clone()));
    assert_eq!(create(&admin(), &new_key().scope(Scope::All)), Err(not_held.clone()));
    assert_eq!(
        create(&admin(), &new_key().permissions(["reports.read"])),
        Err(not_held.clone())
    );
    assert_eq!(create(&admin(), &new_key()), Ok(Scope::from([berlin()])));
    // What the maker does not hold, even of what Kate does.
    let other = holding(&[permissions::API_KEYS_MANAGE], [berlin()]);
    assert_eq!(create(&other, &new_key()), Err(Denied::BeyondOwnRights));
    assert_eq!(create(&nobody(), &new_key()), Err(Denied::Forbidden));
    let in_paris = holding(&[permissions::API_KEYS_MANAGE, prices()], [paris()]);
    assert_eq!(
        create(&in_paris, &new_key()),
        Err(Denied::NotFound { what: RecordKind::User })
    );
    // Kate herself, with less than her grants say, such as through a key.
    let less = Context {
        actor: Actor::User(crate::fixture::kate()),
        ..holding(&[reports()], [berlin()])
    };
    let own = create_own(&less, Some(&kate), at(-14), &new_key(), 0);
    assert_eq!(own, Err(Denied::BeyondOwnRights));
    let of_another = create_own(&admin(), Some(&kate), at(-14), &new_key(), 0);
    assert_eq!(of_another, Err(Denied::NotFound { what: RecordKind::User }));
}

#[test]
fn e6_of_several_grants_a_key_reaches_where_all_of_its_permissions_do() {
    let kate = user_with(active(), |user| {
        user.grants = vec![
            Grant::permission(prices(), Scope::from([mitte(), paris()])),
            Grant::permission(reports(), Scope::from([berlin()])),
        ];
    });
    let made = |key: NewApiKey| create(&admin(), Some(&kate), &key, 0).map(|decision| decision.outcome.scope);
    assert_eq!(made(new_key()), Ok(Scope::from([mitte(), paris()])));
    assert_eq!(
        made(new_key().permissions([reports().as_str()])),
        Ok(Scope::from([mitte()]))
    );
}

#[test]
fn e6_wrong_fields_are_named_together() {
    let fields = |key: &NewApiKey| match create(&manager(), Some(&user(active())), key, 0) {
        Err(denied @ Denied::Invalid { .. }) => denied.fields(),
        other => panic!("{other:?}"),
    };
    let wrong = NewApiKey::new(" ").scope([id(99)]).expires_at(now());
    assert_eq!(fields(&wrong), ["name", "permissions", "scope", "expires_at"]);
    assert_eq!(fields(&new_key().permissions(["No Dots"])), ["permissions"]);
    assert_eq!(fields(&new_key().scope([])), ["scope"]);
    let many = (0..=PermissionSet::MAX).map(|n| format!("prices.n{n}"));
    assert_eq!(fields(&new_key().permissions(many)), ["permissions"]);
}

#[test]
fn e6_only_the_active_have_keys_made_and_fifty_at_most() {
    let create = |user: &Loaded<User>, open| {
        let decided = create(&manager(), Some(user), &new_key(), open);
        decided.map(|_| ())
    };
    assert_eq!(create(&user(active()), 49), Ok(()));
    assert_eq!(create(&user(active()), 50), Err(Denied::TooManyApiKeys { max: 50 }));
    for (status, kind) in [
        (set_up(), StatusKind::SetUp),
        (invited(), StatusKind::Invited),
        (UserStatus::Disabled { since: at(-5) }, StatusKind::Disabled),
    ] {
        let verb = "make an API key for";
        assert_eq!(
            create(&user(status), 0),
            Err(Denied::WrongStatus { verb, status: kind })
        );
    }
    let held = user_with(active(), |user| {
        user.hold = Some(Hold {
            by: Some(actor()),
            at: at(-5),
            until: at(5),
        });
    });
    assert_eq!(create(&held, 0), Err(Denied::OnHold));
}

fn revoked(cx: &Context, guards: Vec<Guard>) -> Decision<()> {
    let after = ApiKey {
        state: ApiKeyState::Revoked { at: now() },
        ..key().value
    };
    let happened = event_by(cx.actor.clone(), now(), key_id(), What::ApiKeyRevoked { user: kate() });
    decision(cx, guards, vec![update(&key(), after)], vec![happened], ())
}

#[test]
fn e6_a_key_is_revoked_once_by_its_user_or_by_those_who_may() {
    let (cx, kate) = (manager(), user(active()));
    let mut guards = vec![Guard::on(&kate)];
    guards.extend(around().guards());
    let revoke = |cx: &Context, key: &Loaded<ApiKey>| api_keys::revoke(cx, Some(key), Some(&kate), &around());
    assert_eq!(revoke(&cx, &key()), Ok(revoked(&cx, guards)));
    let done = loaded(
        2,
        ApiKey {
            state: ApiKeyState::Revoked { at: at(-1) },
            ..key().value
        },
    );
    assert_eq!(revoke(&cx, &done), Err(Denied::ApiKeyRevoked));
    assert_eq!(revoke(&nobody(), &key()), Err(Denied::Forbidden));
    assert_eq!(
        api_keys::revoke(&nobody(), None, None, &around()),
        Err(Denied::Forbidden)
    );
    assert_eq!(api_keys::revoke(&cx, None, None, &around()), Err(NO_KEY));
    let in_paris = holding(&[permissions::API_KEYS_MANAGE, prices()], [paris()]);
    assert_eq!(revoke(&in_paris, &key()), Err(NO_KEY), "as if it were not there");
    let less = holding(&[permissions::API_KEYS_MANAGE], [berlin()]);
    assert_eq!(revoke(&less, &key()), Err(Denied::BeyondOwnRights));

    let own = as_kate();
    assert_eq!(api_keys::revoke_own(&own, Some(&key())), Ok(revoked(&own, Vec::new())));
    assert_eq!(api_keys::revoke_own(&admin(), Some(&key())), Err(NO_KEY), "another's");
    assert_eq!(api_keys::revoke_own(&own, None), Err(NO_KEY));
}

#[test]
fn e6_all_keys_of_a_user_are_revoked_in_one_change() {
    let kate = user(active());
    let revoked = |cx: &Context, guards: Vec<Guard>| {
        let change = SetChange::RevokeApiKeys {
            user: kate.id,
            at: now(),
        };
        let happened = of_set(0, event_by(cx.actor.clone(), now(), kate.id, What::ApiKeysRevoked));
        decision(cx, guards, vec![Change::Set(change)], vec![happened], ())
    };
    let (cx, own) = (manager(), as_kate());
    let mut guards = vec![Guard::on(&kate)];
    guards.extend(around().guards());
    assert_eq!(
        api_keys::revoke_all(&cx, Some(&kate), &around()),
        Ok(revoked(&cx, guards))
    );
    assert_eq!(
        api_keys::revoke_all(&nobody(), Some(&kate), &around()),
        Err(Denied::Forbidden)
    );
    assert_eq!(
        api_keys::revoke_all_own(&own, Some(&kate)),
        Ok(revoked(&own, Vec::new()))
    );
    let no_user = Denied::NotFound { what: RecordKind::User };
    assert_eq!(api_keys::revoke_all_own(&admin(), Some(&kate)), Err(no_user));
}

fn records() -> PrincipalRecords<ApiKey> {
    PrincipalRecords {
        pass: key(),
        user: user(active()),
        tenant: tenant(),
        roles: vec![role(clerk())],
    }
}

fn proves(change: impl FnOnce(&mut PrincipalRecords<ApiKey>)) -> bool {
    let mut records = records();
    change(&mut records);
    let client = Client::at([192, 0, 2, 7].into());
    let proved = tenure::testing::principal_of_key(&records, &Units::default(), &client, &Policy::default(), now());
    assert!(
        matches!(proved, Ok(_) | Err(Denied::NotSignedIn)),
        "whatever the reason"
    );
    proved.is_ok()
}

#[test]
fn e6_a_key_proves_for_whom_it_acts_and_is_no_login() {
    let client = Client::unknown();
    let principal =
        tenure::testing::principal_of_key(&records(), &Units::default(), &client, &Policy::default(), now()).unwrap();
    assert_eq!((principal.tenant(), principal.user()), (tenant_id(), kate()));
    assert_eq!(principal.pass(), Pass::ApiKey(key_id()));
    assert_eq!((principal.session(), principal.signed_in_at()), (None, None));
    assert_eq!(principal.require_session(), Err(Denied::SessionRequired));
    assert_eq!(principal.rights(), &rights(&[prices()], [berlin()]));
    let (just, minute) = (at(0), at(-1));
    assert!(principal.is_touch_due(just) && !principal.is_touch_due(minute));
}

#[test]
fn e3_a_key_is_usable_while_it_its_user_and_its_tenant_are() {
    assert!(proves(|_| ()));
    assert!(
        proves(|records| records.user.value.api_only = true),
        "what API-only users come with"
    );
    assert!(proves(|records| records.pass.value.expires_at = Some(at(1))));
    assert!(
        !proves(|records| records.pass.value.expires_at = Some(now())),
        "at exactly its end"
    );
    assert!(!proves(
        |records| records.pass.value.state = ApiKeyState::Revoked { at: at(-1) }
    ));
    assert!(!proves(
        |records| records.tenant.value.status = TenantStatus::Suspended { at: at(-1) }
    ));
    let suspended = |until| UserStatus::Suspended {
        since: at(-5),
        until,
        reason: None,
    };
    assert!(!proves(|records| records.user.value.status = suspended(None)));
    assert!(!proves(|records| records.user.value.status = suspended(Some(at(1)))));
    assert!(
        proves(|records| records.user.value.status = suspended(Some(at(0)))),
        "the leave is over"
    );
    let ending = |until| UserStatus::Active {
        since: at(-5),
        until: Some(until),
    };
    assert!(!proves(|records| records.user.value.status = ending(now())));
    let list = |pattern: &str| Allowlist::new([AddressPattern::new(pattern).unwrap()]).unwrap();
    assert!(proves(|records| records.user.value.allowlist = list("192.0.2.*")));
    assert!(!proves(|records| records.user.value.allowlist = list("198.51.100.0/24")));
}

/// What a key of these permissions and scope carries of rights: nothing that either lacks.
#[test]
fn e6_a_key_carries_what_both_its_user_and_it_allow() {
    let carried = |held: &Rights, permissions: PermissionSet, scope: Scope| {
        held.limited_to(&permissions, &scope, &around().units)
    };
    let both = || PermissionSet::from([prices(), reports()]);
    let held = rights(&[prices(), permissions::USERS_READ], [berlin()]);
    assert_eq!(carried(&held, both(), Scope::All), rights(&[prices()], [berlin()]));
    assert_eq!(
        carried(&held, both(), Scope::from([mitte()])),
        rights(&[prices()], [mitte()])
    );
    assert_eq!(carried(&held, both(), Scope::from([paris()])), Rights::default());
    assert_eq!(
        carried(&held, both(), Scope::from([paris(), mitte()])),
        rights(&[prices()], [mitte()])
    );
    let below = rights(&[prices()], [mitte()]);
    assert_eq!(
        carried(&below, both(), Scope::from([berlin()])),
        below,
        "the user's is the narrower one"
    );
    assert_eq!(
        carried(&Rights::everything(), both(), Scope::from([paris()])),
        Rights::in_scope(both(), Scope::from([paris()]))
    );
    // Without the tree, a unit is known to lie in itself only.
    let unknown = held.limited_to(&both(), &Scope::from([mitte(), berlin()]), &Units::default());
    assert_eq!(unknown, rights(&[prices()], [berlin()]));
    assert!(!carried(&held, both(), Scope::from([mitte()])).may(&prices(), Place::In(&unit(berlin()).path)));
}

#[test]
fn e6_units_are_asked_for_only_where_both_sides_name_some() {
    let asked = |grant: Scope, scope: Scope| {
        let mut records = records();
        records.user.value.grants = vec![Grant::role(clerk(), grant)];
        records.pass.value.scope = scope;
        api_keys::named(&records)
    };
    assert_eq!(asked(Scope::All, Scope::from([mitte()])), [].into());
    assert_eq!(asked(Scope::from([berlin()]), Scope::All), [].into());
    assert_eq!(asked(Scope::from([berlin()]), Scope::from([berlin()])), [].into());
    assert_eq!(
        asked(Scope::from([berlin()]), Scope::from([mitte()])),
        [berlin(), mitte()].into()
    );
}
