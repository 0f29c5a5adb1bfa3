//! Loading, and who a session belongs to.

use super::bench::{Bench, at, must};
use crate::model::{
    EndReason, Grant, Loaded, Record, Role, Scope, Session, SessionState, UniqueKey, User, permissions,
};
use crate::secret::TokenHash;
use crate::store::{Change, Lookup, PrincipalRecords};

pub(super) async fn records_are_loaded_in_the_order_asked_for(b: &Bench) {
    let (role, user) = (b.put(b.role("clerk")).await, b.put(b.user("kate")).await);
    let none = Lookup::Id(b.id::<crate::id::RoleId>().into());
    let key = Lookup::Key(UniqueKey::login(&user.user_name.key()));
    let other_kind = Lookup::Id(crate::model::RecordId::Session((*role.id.as_uuid()).into()));
    let role = Some(Loaded::new(role.version, Record::from(role.value)));
    let user = Some(Loaded::new(user.version, Record::from(user.value)));
    let role_id = Lookup::Id(role.as_ref().map_or_else(|| b.tenant.into(), |role| role.value.id()));
    let wanted = [
        none.clone(),
        key.clone(),
        role_id.clone(),
        none.clone(),
        key,
        role_id,
        other_kind,
    ];
    let expected = [None, user.clone(), role.clone(), None, user, role, None];
    assert_eq!(
        b.load(&wanted).await,
        expected,
        "one answer a place, also for what is asked for twice"
    );
    assert!(b.load(&[]).await.is_empty());
}

pub(super) async fn many_records_are_loaded_at_once(b: &Bench) {
    let attempts: Vec<_> = (0..3_000).map(|_| b.attempt(None)).collect();
    b.put_all(attempts.iter().cloned()).await;
    let wanted: Vec<_> = attempts
        .iter()
        .rev()
        .map(|attempt| Lookup::Id(attempt.id.into()))
        .collect();
    let loaded = b
        .load(&wanted)
        .await
        .into_iter()
        .map(|found| found.map(|found| found.value));
    let expected = attempts.into_iter().rev().map(|attempt| Some(Record::from(attempt)));
    assert!(loaded.eq(expected), "every one of 3,000, in its place");
}

struct SignedIn {
    roles: Vec<Loaded<Role>>,
    user: Loaded<User>,
    tenant: Loaded<crate::model::Tenant>,
    session: Loaded<Session>,
}

async fn signed_in(b: &Bench) -> SignedIn {
    let unit = b.put(b.unit("unit", None)).await.value.id;
    let mut roles = vec![b.put(b.role("clerk")).await, b.put(b.role("manager")).await];
    let unused = b.put(b.role("unused")).await;
    let user = User {
        grants: vec![
            Grant::role(roles[1].id, Scope::All),
            Grant::role(roles[0].id, Scope::from([unit])),
            Grant::role(roles[1].id, Scope::from([unit])),
            Grant::permission(permissions::UNITS_MANAGE, Scope::All),
        ],
        ..b.user("kate")
    };
    let user = b.put(user).await;
    let tenant = b.put(b.tenant_record(user.id, unused.id)).await;
    let session = b.put(b.session(user.id)).await;
    b.put(b.session(user.id)).await;
    roles.sort_by_key(|role| role.id);
    SignedIn {
        roles,
        user,
        tenant,
        session,
    }
}

async fn principal(b: &Bench, token: &TokenHash) -> Option<PrincipalRecords> {
    must("principal", b.store.principal_by_session(b.tenant, token).await)
}

pub(super) async fn a_session_is_found_with_all_that_its_rights_depend_on(b: &Bench) {
    let signed = signed_in(b).await;
    let found = principal(b, &signed.session.token).await;
    let expected = PrincipalRecords {
        pass: signed.session.clone(),
        user: signed.user.clone(),
        tenant: signed.tenant,
        roles: signed.roles,
    };
    assert_eq!(
        found,
        Some(expected),
        "session, user, tenant, and each role once, by id"
    );
    let bare = b.put(b.user("bare")).await.value.id;
    let session = b.put(b.session(bare)).await;
    let found = principal(b, &session.token).await;
    assert_eq!(
        found.map(|found| found.roles),
        Some(Vec::new()),
        "a user without a role has none"
    );
}

pub(super) async fn e1_an_unknown_token_finds_nothing(b: &Bench) {
    let signed = signed_in(b).await;
    let mut bytes = *signed.session.token.as_bytes();
    bytes[31] ^= 1;
    for token in [b.token(), TokenHash::from_bytes(bytes), TokenHash::from_bytes([0; 32])] {
        assert_eq!(principal(b, &token).await, None);
    }
    let ticket = b
        .put(b.ticket(signed.user.id, crate::model::TicketPurpose::Reset))
        .await;
    assert_eq!(principal(b, &ticket.tokens[0]).await, None, "a ticket is no session");
}

pub(super) async fn an_ended_session_is_still_found(b: &Bench) {
    let signed = signed_in(b).await;
    let ended = must("end", signed.session.value.clone().end(at(9), EndReason::SignedOut));
    let ended = b.change(&signed.session, ended).await;
    let found = principal(b, &signed.session.token).await;
    assert_eq!(
        found.map(|found| found.pass),
        Some(ended),
        "the rules decide what it is worth"
    );
}

/// Nothing of it is remembered from an earlier look.
pub(super) async fn e3_a_session_is_found_as_things_stand_now(b: &Bench) {
    let signed = signed_in(b).await;
    let token = signed.session.token;
    assert!(principal(b, &token).await.is_some());
    let role = Role {
        built_in: true,
        ..signed.roles[0].value.clone()
    };
    let role = b.change(&signed.roles[0], role).await;
    let fewer = User {
        grants: vec![Grant::role(role.id, Scope::All)],
        ..signed.user.value.clone()
    };
    let user = b.change(&signed.user, fewer).await;
    let touch = Change::Touch {
        record: signed.session.id.into(),
        seen_at: at(60),
    };
    b.draft().change(touch).done().await;
    let Some(found) = principal(b, &token).await else {
        panic!("the session is known")
    };
    assert_eq!(found.user, user);
    assert_eq!(found.roles, [role]);
    assert_eq!(
        (found.pass.seen_at, found.pass.version),
        (at(60), signed.session.version)
    );
    assert_eq!(found.pass.state, SessionState::Open);
    b.draft().remove(&signed.session).done().await;
    assert_eq!(principal(b, &token).await, None, "a removed session");
}
