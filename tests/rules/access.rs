use tenure::model::{
    Actor, Attempt, AttemptOutcome, Client, Credential, EndReason, Event, Inactivity, Loaded, RefusalReason, Scope,
    Session, SessionState, Tenant, TenantStatus, User, UserStatus, What,
};
use tenure::rules::Decision;
use tenure::rules::access::{self, Login, Pass};
use tenure::rules::rights::Place;
use tenure::secret::TokenHash;
use tenure::store::{Change, Guard, PrincipalRecords};
use tenure::{Denied, Policy};

use crate::fixture::*;

fn client() -> Client {
    Client::at("192.0.2.7".parse().unwrap()).user_agent("Firefox")
}

fn records() -> PrincipalRecords {
    PrincipalRecords {
        pass: session(SessionState::Open),
        user: user(active()),
        tenant: tenant(),
        roles: vec![role(clerk())],
    }
}

fn proves(change: impl FnOnce(&mut PrincipalRecords)) -> bool {
    let mut records = records();
    change(&mut records);
    match tenure::testing::principal(&records, &client(), &Policy::default(), now()) {
        Ok(_) => true,
        Err(denied) => {
            assert_eq!(denied, Denied::NotSignedIn, "whatever the reason");
            false
        }
    }
}

#[test]
fn a_session_proves_who_acts_where_and_with_which_rights() {
    let principal = tenure::testing::principal(&records(), &client(), &Policy::default(), now()).unwrap();
    assert_eq!(
        (principal.tenant(), principal.user(), principal.session()),
        (tenant_id(), kate(), Some(session_id()))
    );
    assert_eq!(principal.pass(), Pass::Session(session_id()));
    assert_eq!(principal.require_session(), Ok(session_id()));
    assert_eq!(principal.display_name().as_str(), "Kate Adler");
    assert_eq!(principal.signed_in_at(), Some(at(-60)));
    assert_eq!(principal.client(), &client());
    assert_eq!(principal.rights(), &rights(&[prices()], [berlin()]));
    assert_eq!(principal.scope_of(&prices()), Some(Scope::from([berlin()])));
    assert!(principal.may(&prices(), Place::In(&unit(mitte()).path)));
    assert!(!principal.may(&prices(), Place::In(&unit(paris()).path)));
}

#[test]
fn e3_a_session_is_usable_while_it_its_user_and_its_tenant_are() {
    assert!(proves(|_| ()));
    assert!(!proves(|records| {
        records.pass.value.state = SessionState::Ended {
            at: at(-1),
            reason: EndReason::SignedOut,
        };
    }));
    assert!(!proves(|records| {
        records.tenant.value.status = TenantStatus::Suspended { at: at(-1) };
    }));
    assert!(!proves(|records| records.user.value.api_only = true));
}

#[test]
fn e2_e3_at_exactly_the_limit_a_session_is_over() {
    let idle_since = |minutes| proves(|records| records.pass.value.seen_at = at(minutes));
    assert_eq!([-29, -30, -31].map(idle_since), [true, false, false]);
    let expires = |minutes| proves(|records| records.pass.value.expires_at = at(minutes));
    assert_eq!([1, 0, -1].map(expires), [true, false, false]);
}

/// One status of every kind, with the reason why it refuses a login; none where it does not.
fn statuses() -> Vec<(UserStatus, Option<RefusalReason>)> {
    let inactive = |because, starts_at| UserStatus::Inactive {
        since: long_ago(),
        because,
        starts_at,
    };
    let suspended = |until| UserStatus::Suspended {
        since: long_ago(),
        until,
        reason: None,
    };
    let active_until = |minutes| UserStatus::Active {
        since: long_ago(),
        until: Some(at(minutes)),
    };
    let deleted = UserStatus::Deleted {
        at: long_ago(),
        erase_at: at(60),
    };
    vec![
        (active(), None),
        (active_until(1), None),
        (active_until(0), Some(RefusalReason::Inactive)),
        (invited(), Some(RefusalReason::Invited)),
        (
            inactive(Inactivity::InvitationCancelled, None),
            Some(RefusalReason::Invited),
        ),
        (
            inactive(Inactivity::InvitationExpired, None),
            Some(RefusalReason::Invited),
        ),
        (inactive(Inactivity::SetUp, None), Some(RefusalReason::Inactive)),
        (
            inactive(Inactivity::NotStarted, Some(at(1))),
            Some(RefusalReason::Inactive),
        ),
        (inactive(Inactivity::NotStarted, Some(now())), None),
        (inactive(Inactivity::Deactivated, None), Some(RefusalReason::Inactive)),
        (inactive(Inactivity::Ended, None), Some(RefusalReason::Inactive)),
        (suspended(None), Some(RefusalReason::Suspended)),
        (suspended(Some(at(1))), Some(RefusalReason::Suspended)),
        (suspended(Some(now())), None),
        (
            UserStatus::Disabled { since: long_ago() },
            Some(RefusalReason::Disabled),
        ),
        (deleted, Some(RefusalReason::UnknownLogin)),
    ]
}

#[test]
fn e3_e4_only_an_active_user_has_a_usable_session() {
    for (status, refused) in statuses() {
        let usable = proves(|records| records.user.value.status = status.clone());
        assert_eq!(usable, refused.is_none(), "{status:?}");
    }
}

#[test]
fn a_principal_guards_session_user_and_roles() {
    let records = records();
    assert_eq!(
        access::principal_guards(&records),
        [
            Guard::on(&records.pass),
            Guard::on(&records.user),
            Guard::on(&records.roles[0])
        ]
    );
}

#[test]
fn e8_the_last_use_is_written_at_most_once_a_minute() {
    let touched = |minutes| {
        let mut records = records();
        records.pass.value.seen_at = at(minutes);
        tenure::testing::principal(&records, &client(), &Policy::default(), now())
            .unwrap()
            .is_touch_due(now())
    };
    assert_eq!([0, -1, -2].map(touched), [false, true, true]);
    let principal = tenure::testing::principal(&records(), &client(), &Policy::default(), now()).unwrap();
    assert_eq!(
        access::touch(&principal, now()),
        Change::Touch {
            record: session_id().into(),
            seen_at: now()
        }
    );
}

#[test]
fn l1_a_password_is_looked_at_only_where_a_login_could_follow() {
    let tenant = tenant().value;
    let credential = password().value;
    let check = |tenant: &Tenant, user: Option<&User>, credential: Option<&Credential>| {
        access::check_login(tenant, user, credential, now()).cloned()
    };
    for (status, refused) in statuses() {
        let expected = refused.map_or(Ok(hash()), Err);
        assert_eq!(check(&tenant, Some(&user(status)), Some(&credential)), expected);
    }
    let kate = user(active()).value;
    let program = User {
        api_only: true,
        ..kate.clone()
    };
    assert_eq!(
        check(&tenant, Some(&program), Some(&credential)),
        Err(RefusalReason::ApiOnly)
    );
    assert_eq!(check(&tenant, None, None), Err(RefusalReason::UnknownLogin));
    assert_eq!(check(&tenant, Some(&kate), None), Err(RefusalReason::NoPassword));
    assert_eq!(
        check(&tenant, Some(&kate), Some(&no_password().value)),
        Err(RefusalReason::NoPassword)
    );
    let suspended = Tenant {
        status: TenantStatus::Suspended { at: at(-1) },
        ..tenant
    };
    assert_eq!(
        check(&suspended, Some(&kate), Some(&credential)),
        Err(RefusalReason::TenantSuspended)
    );
}

fn sign_in(
    tenant: &Loaded<Tenant>,
    user: Option<&Loaded<User>>,
    matched: bool,
) -> Decision<Result<Session, RefusalReason>> {
    let credential = password();
    let (client, token) = (client(), TokenHash::from_bytes([7; 32]));
    let login = Login {
        tenant,
        user,
        credential: user.map(|_| &credential),
        client: &client,
        token,
        matched,
    };
    access::sign_in(&login, &Policy::default(), now(), seed())
}

fn attempt(user: Option<tenure::id::UserId>, outcome: AttemptOutcome) -> Attempt {
    Attempt {
        id: fresh(1),
        at: now(),
        user,
        client: client(),
        outcome,
        keep_until: now().saturating_add(Policy::default().attempts_kept),
    }
}

#[test]
fn l4_e4_a_login_begins_a_session_under_guards_and_stands_in_the_history() {
    let session = Session {
        id: fresh(0),
        user: kate(),
        token: TokenHash::from_bytes([7; 32]),
        client: client(),
        started_at: now(),
        expires_at: at(12 * 60),
        seen_at: now(),
        limited: None,
        state: SessionState::Open,
    };
    let success = AttemptOutcome::Success { session: session.id };
    let kate = user(active());
    let expected = Decision {
        guards: vec![Guard::on(&kate), Guard::on(&password())],
        changes: vec![insert(session.clone()), insert(attempt(Some(kate.id), success))],
        events: vec![Event {
            actor: Actor::Subject(kate.id),
            ..event(kate.id, What::SignedIn { session: session.id })
        }],
        mail: Vec::new(),
        outcome: Ok(session),
    };
    assert_eq!(sign_in(&tenant(), Some(&kate), true), expected);
}

#[test]
fn l1_l4_a_refused_login_leaves_the_true_reason_and_nothing_else() {
    let refused = |user: Option<&Loaded<User>>, reason| Decision {
        guards: Vec::new(),
        changes: vec![insert(attempt(
            user.map(|user| user.id),
            AttemptOutcome::Refused { reason },
        ))],
        events: Vec::new(),
        mail: Vec::new(),
        outcome: Err(reason),
    };
    let tenant = tenant();
    let kate = user(active());
    assert_eq!(
        sign_in(&tenant, Some(&kate), false),
        refused(Some(&kate), RefusalReason::WrongPassword)
    );
    for matched in [true, false] {
        assert_eq!(
            sign_in(&tenant, None, matched),
            refused(None, RefusalReason::UnknownLogin)
        );
        for (status, reason) in statuses() {
            let (kate, Some(reason)) = (user(status), reason) else {
                continue;
            };
            assert_eq!(sign_in(&tenant, Some(&kate), matched), refused(Some(&kate), reason));
        }
    }
}
