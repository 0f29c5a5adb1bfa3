//! API keys: found like sessions, and touched and revoked like them (laws 6 and 12), but apart from them.

use super::bench::{Bench, at, at_once, conflict, duplicate, must};
use crate::clock::Timestamp;
use crate::id::ApiKeyId;
use crate::model::{
    ApiKey, ApiKeyState, Grant, Loaded, PermissionSet, Role, Scope, Tenant, TicketPurpose, UniqueKey, User, UserStatus,
    Version, permissions,
};
use crate::secret::TokenHash;
use crate::store::{Change, CommitError, PrincipalRecords, SetChange};

/// A program with two roles and a key, in a tenant.
struct Program {
    roles: Vec<Loaded<Role>>,
    user: Loaded<User>,
    tenant: Loaded<Tenant>,
    key: Loaded<ApiKey>,
}

async fn program(b: &Bench) -> Program {
    let unit = b.put(b.unit("unit", None)).await.value.id;
    let mut roles = vec![b.put(b.role("clerk")).await, b.put(b.role("manager")).await];
    let unused = b.put(b.role("unused")).await;
    let user = User {
        api_only: true,
        grants: vec![
            Grant::role(roles[1].id, Scope::All),
            Grant::role(roles[0].id, Scope::from([unit])),
            Grant::permission(permissions::UNITS_MANAGE, Scope::All),
        ],
        ..b.user("robot")
    };
    let user = b.put(user).await;
    let tenant = b.put(b.tenant_record(user.id, unused.id)).await;
    let key = ApiKey {
        permissions: PermissionSet::from([permissions::USERS_READ]),
        scope: Scope::from([unit]),
        ..b.api_key(user.id)
    };
    let key = b.put(key).await;
    b.put(b.api_key(user.id)).await;
    roles.sort_by_key(|role| role.id);
    Program {
        roles,
        user,
        tenant,
        key,
    }
}

async fn principal(b: &Bench, token: &TokenHash) -> Option<PrincipalRecords<ApiKey>> {
    must("principal", b.store.principal_by_api_key(b.tenant, token).await)
}

async fn stored(b: &Bench, key: ApiKeyId) -> Loaded<ApiKey> {
    let Some(stored) = b.get::<ApiKey>(key).await else {
        panic!("the key is there")
    };
    stored
}

async fn touch(b: &Bench, key: ApiKeyId, seen_at: Timestamp) {
    let record = key.into();
    let committed = b.draft().change(Change::Touch { record, seen_at }).done().await;
    assert_eq!(committed.touched, [1], "a touch counts as one, moved or not");
}

fn revoked(key: &ApiKey, at: Timestamp) -> ApiKey {
    ApiKey {
        state: ApiKeyState::Revoked { at },
        ..key.clone()
    }
}

pub(super) async fn e6_an_api_key_is_found_with_all_that_its_rights_depend_on(b: &Bench) {
    let program = program(b).await;
    let expected = PrincipalRecords {
        pass: program.key.clone(),
        user: program.user,
        tenant: program.tenant,
        roles: program.roles,
    };
    let found = principal(b, &program.key.token).await;
    assert_eq!(found, Some(expected), "key, user, tenant, and each role once, by id");
    let bare = b.put(b.user("bare")).await.value.id;
    let key = b.put(b.api_key(bare)).await;
    let found = principal(b, &key.token).await;
    assert_eq!(
        found.map(|found| found.roles),
        Some(Vec::new()),
        "a user without a role"
    );
}

/// Nor does a key's token find a session.
pub(super) async fn e6_no_other_token_finds_an_api_key(b: &Bench) {
    let program = program(b).await;
    let session = b.put(b.session(program.user.id)).await;
    let ticket = b.put(b.ticket(program.user.id, TicketPurpose::Reset)).await;
    let mut near = *program.key.token.as_bytes();
    near[31] ^= 1;
    let nobodys = [b.token(), TokenHash::from_bytes(near), TokenHash::from_bytes([0; 32])];
    for token in nobodys.into_iter().chain([session.token, ticket.tokens[0]]) {
        assert_eq!(principal(b, &token).await, None, "{token:?}");
    }
    let session = b.store.principal_by_session(b.tenant, &program.key.token).await;
    assert_eq!(must("principal", session), None, "a key is no session");
}

pub(super) async fn t2_no_api_key_is_found_for_another_tenant(b: &Bench) {
    let (stranger, program) = (b.neighbour(), program(b).await);
    let token = program.key.token;
    assert!(principal(b, &token).await.is_some());
    assert_eq!(principal(&stranger, &token).await, None, "in a tenant without records");
    let role = stranger.put(stranger.role("clerk")).await.value.id;
    let user = stranger.put(stranger.user("kate")).await.value.id;
    stranger.put(stranger.tenant_record(user, role)).await;
    assert_eq!(principal(&stranger, &token).await, None, "in a tenant of its own");
}

pub(super) async fn a_revoked_api_key_is_still_found(b: &Bench) {
    let program = program(b).await;
    let revoked = b.change(&program.key, revoked(&program.key, at(9))).await;
    let found = principal(b, &program.key.token).await;
    assert_eq!(
        found.map(|found| found.pass),
        Some(revoked),
        "the rules decide what it is worth"
    );
}

/// Nothing of it is remembered from an earlier look.
pub(super) async fn e6_an_api_key_is_found_as_things_stand_now(b: &Bench) {
    let program = program(b).await;
    let token = program.key.token;
    assert!(principal(b, &token).await.is_some());
    let role = Role {
        built_in: true,
        ..program.roles[0].value.clone()
    };
    let role = b.change(&program.roles[0], role).await;
    let fewer = User {
        grants: vec![Grant::role(role.id, Scope::All)],
        ..program.user.value.clone()
    };
    let user = b.change(&program.user, fewer).await;
    touch(b, program.key.id, at(60)).await;
    let Some(found) = principal(b, &token).await else {
        panic!("the key is known")
    };
    assert_eq!((found.user, found.roles), (user, vec![role]));
    assert_eq!(
        (found.pass.seen_at, found.pass.version),
        (Some(at(60)), program.key.version)
    );
    b.draft().remove(&program.key).done().await;
    assert_eq!(principal(b, &token).await, None, "a removed key");
}

pub(super) async fn e8_a_touch_of_an_api_key_only_moves_forward(b: &Bench) {
    let key = program(b).await.key;
    for (seconds, expected) in [(60, 60), (30, 60), (60, 60), (61, 61)] {
        touch(b, key.id, at(seconds)).await;
        let expected = ApiKey {
            seen_at: Some(at(expected)),
            ..key.value.clone()
        };
        assert_eq!(stored(b, key.id).await.value, expected, "touched at {seconds}");
    }
}

pub(super) async fn a_touch_of_an_api_key_raises_no_version(b: &Bench) {
    let program = program(b).await;
    touch(b, program.key.id, at(60)).await;
    assert_eq!(stored(b, program.key.id).await.version, Version::FIRST);
    let user: Option<Loaded<User>> = b.get(program.user.id).await;
    assert_eq!(user, Some(program.user), "nor that of the user");
    b.change(&program.key, revoked(&program.key, at(70))).await;
}

pub(super) async fn e6_a_touch_never_revives_a_revoked_api_key(b: &Bench) {
    let program = program(b).await;
    let revoked = b.change(&program.key, revoked(&program.key, at(50))).await;
    touch(b, program.key.id, at(60)).await;
    assert_eq!(
        stored(b, program.key.id).await,
        revoked,
        "neither its state nor its last use"
    );
}

pub(super) async fn an_update_of_an_api_key_keeps_the_later_touch(b: &Bench) {
    let key = program(b).await.key;
    touch(b, key.id, at(60)).await;
    let renamed = |seen_at| ApiKey {
        expires_at: Some(at(9_000)),
        seen_at,
        ..key.value.clone()
    };
    let once = b.change(&key, renamed(None)).await;
    assert_eq!(
        stored(b, key.id).await.value,
        renamed(Some(at(60))),
        "decided before its first use"
    );
    let twice = b.change(&once, renamed(Some(at(5)))).await;
    assert_eq!(
        stored(b, key.id).await.value,
        renamed(Some(at(60))),
        "decided before the touch"
    );
    b.change(&twice, renamed(Some(at(99)))).await;
    assert_eq!(
        stored(b, key.id).await.value,
        renamed(Some(at(99))),
        "a later one stands"
    );
}

/// Whoever is touched without being a session or a key stays as they are, version and all.
pub(super) async fn a_touch_of_another_kind_does_nothing(b: &Bench) {
    let program = program(b).await;
    let ticket = b.put(b.ticket(program.user.id, TicketPurpose::Reset)).await;
    let before = b.snapshot().await;
    for record in [crate::model::RecordId::from(program.roles[0].id), ticket.id.into()] {
        let committed = b.draft().change(Change::Touch {
            record,
            seen_at: at(60),
        });
        assert_eq!(committed.done().await.touched, [1], "{record}");
    }
    assert_eq!(b.snapshot().await, before);
}

pub(super) async fn an_api_key_is_touched_in_its_own_tenant_only(b: &Bench) {
    let twin = b.twin();
    let (one, other) = (program(b).await.key, program(&twin).await.key);
    assert_eq!(one.id, other.id);
    touch(b, one.id, at(50)).await;
    assert_eq!(stored(b, one.id).await.seen_at, Some(at(50)));
    assert_eq!(stored(&twin, other.id).await.seen_at, None);
}

pub(super) async fn e6_every_open_api_key_of_the_user_is_revoked(b: &Bench) {
    let (user, other) = (
        b.put(b.user("robot")).await.value.id,
        b.put(b.user("other")).await.value.id,
    );
    let [one, two, gone] = [0; 3].map(|_| b.api_key(user));
    let (gone, foreign) = (revoked(&gone, at(1)), b.api_key(other));
    b.put_all([&one, &two, &gone, &foreign].map(Clone::clone)).await;
    touch(b, two.id, at(5)).await;
    let two = ApiKey {
        seen_at: Some(at(5)),
        ..two
    };
    let revoke = SetChange::RevokeApiKeys { user, at: at(9) };
    assert_eq!(b.draft().set(revoke.clone()).done().await.touched, [2]);
    let second = |key: &ApiKey| Loaded::new(Version::new(2), revoked(key, at(9)));
    assert_eq!(stored(b, one.id).await, second(&one));
    assert_eq!(stored(b, two.id).await, second(&two), "its last use stays");
    let first = |key: ApiKey| Loaded::new(Version::FIRST, key);
    assert_eq!(stored(b, gone.id).await, first(gone), "one that was revoked before");
    assert_eq!(stored(b, foreign.id).await, first(foreign), "another user's");
    assert_eq!(b.draft().set(revoke).done().await.touched, [0], "nothing is left");
    let answer = b.draft().update(&first(one.clone()), one.clone()).send().await;
    conflict("an update from before", &answer, one.id);
}

/// New keys guard the version of the user that may have them, so none slips in beside the end of access.
pub(super) async fn e4_no_api_key_that_is_made_meanwhile_survives(b: &Bench) {
    for round in 0..5 {
        let user = b.put(b.user(&format!("robot{round}"))).await;
        b.put_all((0..10).map(|_| b.api_key(user.id))).await;
        let disabled = User {
            status: UserStatus::Disabled { since: at(9) },
            ..user.value.clone()
        };
        let revoke = SetChange::RevokeApiKeys {
            user: user.id,
            at: at(9),
        };
        let mut drafts: Vec<_> = (0..12)
            .map(|_| b.draft().guard(&user).insert(b.api_key(user.id)))
            .collect();
        drafts.insert(6, b.draft().update(&user, disabled).set(revoke));
        let answers = at_once(drafts.into_iter().map(|draft| async move { draft.send().await })).await;
        let made = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(done) if done.touched.len() == 1));
        let made = made.count() as u64;
        let ended: u64 = answers.iter().flatten().filter_map(|done| done.touched.get(1)).sum();
        assert_eq!(ended, 10 + made, "round {round}: a key outlived the end of access");
        let refused = |answer: &_| matches!(answer, Err(CommitError::Conflict { .. }));
        let all_told = answers.iter().all(|answer| answer.is_ok() || refused(answer));
        assert!(all_told, "{answers:?}");
    }
}

pub(super) async fn revoked_api_keys_keep_their_token(b: &Bench) {
    let program = program(b).await;
    b.change(&program.key, revoked(&program.key, at(1))).await;
    let again = ApiKey {
        token: program.key.token,
        ..b.api_key(program.user.id)
    };
    let answer = b.draft().insert(again).send().await;
    let key = UniqueKey::api_key_token(&program.key.token);
    duplicate("the token of a revoked key", &answer, &key);
}
