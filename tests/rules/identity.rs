//! External identities: whole decisions.

use std::sync::Arc;

use tenure::model::{
    Actor, AddressChange, AddressChangeState, Credential, DoneBy, EndReason, ExternalIdentity, Loaded, Mail, MailKind,
    QueuedMail, Secret, StatusKind, User, UserStatus, What,
};
use tenure::rules::identity;
use tenure::rules::{Context, Decision};
use tenure::store::{Change, SetChange};
use tenure::text::Subject;
use tenure::{Denied, Policy, Provider};

use crate::fixture::*;

fn knowing(cx: Context) -> Context {
    let mut policy = Policy::default();
    let entra = Provider::new().password_place("https://account.example.com");
    policy.providers.insert(name("Entra"), entra);
    policy.providers.insert(name("Okta"), Provider::new());
    Context {
        policy: Arc::new(policy),
        ..cx
    }
}

fn at_entra() -> ExternalIdentity {
    ExternalIdentity {
        provider: name("Entra"),
        subject: Subject::new("7f3a").unwrap(),
    }
}

fn linked(status: UserStatus) -> Loaded<User> {
    user_with(status, |user| user.identity = Some(at_entra()))
}

fn link(cx: &Context, user: &Loaded<User>) -> Result<Decision<User>, Denied> {
    identity::link(cx, Some(user), Some(&password()), "entra", "7f3a", &around())
}

/// What Kate is told: of the provider that she logs in through now, if there is one.
fn told(user: &User, provider: Option<&str>, by: DoneBy) -> QueuedMail {
    let mail = Mail::IdentityChanged {
        tenant: name("Nordwind"),
        recipient: user.profile.display_name.clone(),
        provider: provider.map(name),
        by,
        at: now(),
    };
    notice_to(user, 28, mail)
}

fn by_grace() -> DoneBy {
    DoneBy::Other { name: actor_name() }
}

fn everything_ends() -> [Change; 2] {
    let sessions = SetChange::EndSessions {
        user: kate(),
        except: None,
        at: now(),
        reason: EndReason::EndedByAdministrator,
    };
    [Change::Set(sessions), end_tickets(None)]
}

fn sessions_ended_at(index: usize) -> tenure::model::Event {
    let what = What::SessionsEnded {
        reason: EndReason::EndedByAdministrator,
        except: None,
    };
    of_set(index, event(kate(), what))
}

#[test]
fn if10_linking_voids_the_password_and_all_that_was_begun_with_it() {
    let (cx, kate) = (knowing(admin()), user(active()));
    let after = linked(active()).value;
    let [sessions, tickets] = everything_ends();
    let without = Credential {
        secret: Secret::None,
        ..password().value
    };
    let changes = vec![
        update(&kate, after.clone()),
        sessions,
        tickets,
        update(&password(), without),
    ];
    let what = What::IdentityLinked {
        provider: name("Entra"),
    };
    let events = vec![event(kate.id, what), sessions_ended_at(1)];
    let expected = Decision {
        mail: vec![told(&after, Some("Entra"), by_grace())],
        ..decision(&cx, around().guards(), changes, events, after)
    };
    assert_eq!(link(&cx, &kate), Ok(expected));
    let again = link(&cx, &linked(active())).unwrap();
    assert_eq!(
        (again.changes, again.events, again.mail),
        (Vec::new(), Vec::new(), Vec::new()),
        "nothing is new"
    );
}

#[test]
fn if10_unlinking_leaves_them_without_a_password_and_without_a_session() {
    let (cx, kate) = (knowing(admin()), linked(active()));
    let after = user(active()).value;
    let [sessions, tickets] = everything_ends();
    let what = What::IdentityUnlinked {
        provider: name("Entra"),
    };
    let events = vec![event(kate.id, what), sessions_ended_at(1)];
    let changes = vec![update(&kate, after.clone()), sessions, tickets];
    let expected = Decision {
        mail: vec![told(&after, None, by_grace())],
        ..decision(&cx, around().guards(), changes, events, after)
    };
    assert_eq!(identity::unlink(&cx, Some(&kate), &around()), Ok(expected));
    assert_eq!(
        identity::unlink(&cx, Some(&user(active())), &around()),
        Err(Denied::NoIdentity)
    );
}

#[test]
fn r3_nobody_links_the_owner_or_themselves_or_whoever_holds_more() {
    let cx = knowing(admin());
    let staff = knowing(holding(&[tenure::permissions::USERS_MANAGE], tenure::Scope::All));
    assert_eq!(
        link(&staff, &administrator_kate(active())),
        Err(Denied::BeyondOwnRights)
    );
    assert_eq!(link(&knowing(nobody()), &user(active())), Err(Denied::Forbidden));
    assert_eq!(link(&cx, &owner_user()), Err(Denied::OwnerProtected));
    let herself = Context {
        actor: Actor::User(kate()),
        ..cx.clone()
    };
    assert_eq!(link(&herself, &user(active())), Err(Denied::OwnAccount));
    let only_themselves = |cx: Context| {
        let mut policy = (*cx.policy).clone();
        policy.administrators_may_reset = false;
        let policy = Arc::new(policy);
        Context { policy, ..cx }
    };
    assert_eq!(
        link(&only_themselves(cx.clone()), &user(active())),
        Err(Denied::OnlyThemselves),
        "PS6: nor another way to log in"
    );
    assert!(link(&only_themselves(knowing(system())), &owner_user()).is_ok());
    assert!(link(&knowing(system()), &owner_user()).is_ok());
    for (status, kind) in [(invited(), StatusKind::Invited), (lapsed(), StatusKind::Lapsed)] {
        let denied = Denied::WrongStatus {
            verb: "link",
            status: kind,
        };
        assert_eq!(link(&cx, &user(status)), Err(denied));
    }
    assert!(
        link(&cx, &user(set_up())).is_ok(),
        "set up ahead, to log in through the provider"
    );
}

fn lapsed() -> UserStatus {
    UserStatus::Inactive {
        since: long_ago(),
        because: tenure::model::Inactivity::InvitationExpired,
        starts_at: None,
    }
}

#[test]
fn if10_whose_login_it_is_is_told_of_each_change_and_who_did_it() {
    let mail = |cx: Context, user: &Loaded<User>, provider: &str, subject: &str| {
        let decided = identity::link(
            &knowing(cx),
            Some(user),
            Some(&password()),
            provider,
            subject,
            &around(),
        );
        decided.unwrap().mail
    };
    let kate = linked(active());
    assert_eq!(
        mail(admin(), &kate, "Okta", "7f3a"),
        [told(&kate, Some("Okta"), by_grace())]
    );
    assert_eq!(
        mail(admin(), &kate, "Entra", "eve"),
        [told(&kate, Some("Entra"), by_grace())],
        "another account at the same provider"
    );
    assert_eq!(
        mail(system(), &kate, "Okta", "7f3a"),
        [told(&kate, Some("Okta"), DoneBy::Tenant)],
        "and not for what reason"
    );
    let program = user_with(active(), |user| user.api_only = true);
    assert_eq!(
        mail(admin(), &program, "Entra", "7f3a"),
        [told(&program, Some("Entra"), by_grace())],
        "somebody looks after it"
    );
}

#[test]
fn if10_who_has_or_had_an_account_is_told_and_nobody_else() {
    let told_in = |status: UserStatus, logged_in: bool| {
        let user = user_with(status, |user| user.last_login_at = logged_in.then(|| at(-60)));
        let linked = link(&knowing(admin()), &user).unwrap().mail;
        assert!(linked.iter().all(|mail| mail.to == user.address));
        linked.len()
    };
    let suspended = || UserStatus::Suspended {
        since: at(-5),
        until: None,
        reason: None,
    };
    let disabled = || UserStatus::Disabled { since: at(-5) };
    for status in [active(), suspended(), disabled()] {
        assert_eq!([told_in(status.clone(), true), told_in(status, false)], [1, 1]);
    }
    // Set up ahead, also by a directory or an import: there is no account yet that anybody could miss.
    assert_eq!(told_in(set_up(), false), 0);
    assert_eq!(told_in(set_up(), true), 1, "deleted, and brought back");
    // What time did to the address before: the mail goes to the one that is theirs.
    let moved = user_with(active(), |user| {
        user.pending_address = Some(Box::new(confirmed("kate.new@example.com", -5)));
    });
    let mail = link(&knowing(admin()), &moved).unwrap().mail;
    let to = |mail: &QueuedMail| (mail.mail.kind(), mail.to.to_string());
    assert_eq!(
        mail.iter().map(to).collect::<Vec<_>>(),
        [
            (MailKind::AddressChanged, "kate@example.com".to_owned()),
            (MailKind::AddressChanged, "kate.new@example.com".to_owned()),
            (MailKind::IdentityChanged, "kate.new@example.com".to_owned()),
        ]
    );
}

/// A change of address that took effect so many minutes from now.
fn confirmed(to: &str, minutes: i64) -> AddressChange {
    AddressChange {
        to: address(to),
        user_name: None,
        requested_at: at(minutes - 10),
        requested_by: Actor::User(kate()),
        not_before: at(minutes),
        stop: fresh(21),
        state: AddressChangeState::Confirmed {
            at: at(minutes - 10),
            effective_at: at(minutes),
        },
    }
}

#[test]
fn every_wrong_field_of_an_identity_is_named() {
    let refused = |provider: &str, subject: &str| {
        let (cx, kate) = (knowing(admin()), user(active()));
        identity::link(&cx, Some(&kate), None, provider, subject, &around()).map_err(|denied| denied.fields())
    };
    assert_eq!(refused("Google", "7f3a"), Err(vec!["provider"]));
    assert_eq!(refused("", ""), Err(vec!["provider", "subject"]));
    assert_eq!(refused("Entra", "7f 3a"), Err(vec!["subject"]));
    assert!(
        refused("ENTRA", "7F3A").is_ok(),
        "the provider's name has no letter case"
    );
}

#[test]
fn if10_a_password_kept_elsewhere_is_not_set_here_and_the_place_is_told() {
    let cx = knowing(admin());
    let place = Some("https://account.example.com".to_owned());
    let check = |user: &User| identity::check_password_here(&cx.policy, user);
    assert_eq!(check(&user(active())), Ok(()));
    assert_eq!(
        check(&linked(active())),
        Err(Denied::PasswordElsewhere { place: place.clone() })
    );
    let at_okta = user_with(active(), |user| {
        let provider = name("okta");
        user.identity = Some(ExternalIdentity { provider, ..at_entra() });
    });
    assert_eq!(check(&at_okta), Err(Denied::PasswordElsewhere { place: None }));
    // An invitation leads to a password, too.
    let sent = tenure::rules::invitations::send(&cx, Some(&linked(set_up())), None, None, &around());
    assert_eq!(sent, Err(Denied::PasswordElsewhere { place }));
}
