use tenure::model::{Client, EndReason, Scope, SessionLimit, SessionState, TenantStatus, UserStatus};
use tenure::rules::access::{self, Pass};
use tenure::rules::rights::Place;
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

#[test]
fn e3_e4_only_an_active_user_has_a_usable_session() {
    for (status, refused) in crate::login::statuses() {
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
fn e3_n1_n2_a_request_comes_from_where_the_user_may_come_from() {
    let strict = Policy::default();
    let lenient = policy(|policy| policy.allowlist_on_every_request = false);
    let mut records = records();
    records.user.value.allowlist = allowlist(&["192.0.2.*", "2001:db8::/32"]);
    let from = |address: Option<&str>, policy: &Policy| {
        let client = Client {
            address: address.map(|address| address.parse().unwrap()),
            user_agent: None,
        };
        tenure::testing::principal(&records, &client, policy, now()).map(drop)
    };
    for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
        assert_eq!(from(Some(address), &strict), Ok(()), "{address}");
    }
    for address in [Some("192.0.3.7"), Some("2001:db9::1"), Some("::ffff:192.0.3.7"), None] {
        assert_eq!(from(address, &strict), Err(Denied::NotSignedIn), "{address:?}");
        assert_eq!(from(address, &lenient), Ok(()), "{address:?}");
    }
}

#[test]
fn ps2_a_session_of_a_one_time_password_is_good_for_setting_a_password_and_nothing_else() {
    let policy = Policy::default();
    let full = records();
    let mut limited = records();
    limited.pass.value.limited = Some(SessionLimit::PasswordChange);
    let proves = |records: &PrincipalRecords| tenure::testing::principal(records, &client(), &policy, now()).map(drop);
    let changes = |records: &PrincipalRecords| access::check_password_change(records, &client(), &policy, now());
    assert_eq!(proves(&limited), Err(Denied::PasswordChangeRequired));
    assert_eq!(changes(&limited), Ok(()));
    assert_eq!(changes(&full), Err(Denied::NotSignedIn));
    // Not usable is not usable: nothing is told of what it would be good for.
    limited.user.value.status = UserStatus::Disabled { since: long_ago() };
    assert_eq!(proves(&limited), Err(Denied::NotSignedIn));
    assert_eq!(changes(&limited), Err(Denied::NotSignedIn));
}

#[test]
fn bi2_the_login_of_a_program_proves_a_program_and_no_person_while_the_policy_takes_passwords() {
    let open = policy(|policy| {
        policy.api_passwords = Some(time::Duration::HOUR);
        policy.allowlist_on_every_request = false;
    });
    let proves = |change: &dyn Fn(&mut PrincipalRecords), policy: &Policy| {
        let mut records = records();
        records.pass.value.limited = Some(SessionLimit::Api);
        records.user.value.api_only = true;
        change(&mut records);
        tenure::testing::principal(&records, &client(), policy, now())
    };
    let refused = |change: &dyn Fn(&mut PrincipalRecords), policy: &Policy| proves(change, policy).map(drop);
    let program = proves(&|_| (), &open).unwrap();
    assert_eq!(program.pass(), Pass::ApiSession(session_id()));
    assert_eq!(program.pass().login(), Some(session_id()));
    // No person: nothing of the own account, and no recent login.
    assert_eq!((program.session(), program.signed_in_at()), (None, None));
    assert_eq!(program.require_session(), Err(Denied::SessionRequired));

    let over = Err(Denied::NotSignedIn);
    assert_eq!(
        refused(&|_| (), &Policy::default()),
        over,
        "the policy takes none any more"
    );
    assert_eq!(refused(&|records| records.user.value.api_only = false, &open), over);
    assert_eq!(
        refused(&|records| records.pass.value.limited = None, &open),
        over,
        "a person's session"
    );
    let elsewhere = |records: &mut PrincipalRecords| records.user.value.allowlist = allowlist(&["10.0.0.0/8"]);
    assert_eq!(refused(&elsewhere, &open), over, "asked on every request, as for keys");
    let mut records = records();
    records.pass.value.limited = Some(SessionLimit::Api);
    records.user.value.api_only = true;
    let change = access::check_password_change(&records, &client(), &open, now());
    assert_eq!(change, over, "it sets no password");
}
