//! A new password by link: who gets one, how often, and what using it does.

use std::sync::Arc;

use tenure::model::{
    Actor, Credential, ExternalIdentity, Inactivity, Loaded, Mail, QueuedMail, Secret, Tenant, TenantStatus, Throttle,
    Ticket, TicketPurpose, TicketState, User, UserStatus, What, permissions,
};
use tenure::rules::link::MailedLink;
use tenure::rules::passwords::{Account, NewPassword};
use tenure::rules::request_count::{BUCKETS, RequestCount};
use tenure::rules::resets::{ResetRequest, check_reset, preview, request, reset, send};
use tenure::rules::throttle;
use tenure::rules::{Context, Decision};
use tenure::secret::TokenHash;
use tenure::store::Guard;
use tenure::text::{Key, Subject};
use tenure::{Denied, Policy, Scope};
use time::Duration;

use crate::fixture::*;
use crate::passwords::{NEW, changes_with, failed, new_hash, notice, sessions_ended_by, set_now};

fn suspended() -> UserStatus {
    UserStatus::Suspended {
        since: long_ago(),
        until: None,
        reason: None,
    }
}

fn external(user: &mut User) {
    user.identity = Some(ExternalIdentity {
        provider: name("Azure"),
        subject: Subject::new("kate-1").unwrap(),
    });
}

/// A request for this user, after so many in this hour.
fn asked_for(user: Option<Loaded<User>>, before: u32) -> ResetRequest {
    let account = match &user {
        Some(user) => RequestCount::of_account(user.id, 5),
        None => RequestCount::of_unknown(tenant_id(), &Key::of("nobody")),
    };
    let counted = (before > 0).then(|| counted(&account, user.as_ref().map(|user| user.id), before));
    ResetRequest {
        tenant: tenant(),
        user,
        name: by_name(),
        account: account.loaded(counted),
        network: None,
    }
}

/// The count of requests with the name that is asked with.
fn by_name() -> RequestCount {
    RequestCount::of_name(tenant_id(), &Key::of("nobody"))
}

/// The first of them.
fn named() -> tenure::store::Change {
    insert(Throttle {
        forget_at: at(60),
        ..counted(&by_name(), None, 1).value
    })
}

/// So many requests, the first of them half an hour ago.
fn counted(count: &RequestCount, user: Option<tenure::id::UserId>, failures: u32) -> Loaded<Throttle> {
    loaded(
        4,
        Throttle {
            id: count.id(),
            user,
            failures,
            locked_until: None,
            forget_at: at(30),
        },
    )
}

fn decide(asked: &ResetRequest) -> Decision<()> {
    request(asked, &Arc::new(Policy::default()), now(), seed())
}

fn new_reset_ticket(user: &User) -> Ticket {
    Ticket {
        purpose: TicketPurpose::Reset,
        id: fresh(30),
        expires_at: at(60 * 24),
        ..new_ticket(user)
    }
    .from_each_minting(Duration::HOUR)
}

fn mail(user: &User, by_administrator: bool) -> QueuedMail {
    QueuedMail {
        id: fresh(31),
        ticket: Some(fresh(30)),
        mail: Mail::PasswordReset {
            tenant: name("Nordwind"),
            recipient: user.profile.display_name.clone(),
            user_name: "kate".to_owned(),
            requested_by_administrator: by_administrator,
        },
        ..notice(user)
    }
}

#[test]
fn l5_t4_a_request_for_an_active_user_is_counted_and_ends_the_older_link() {
    let user = user(active());
    let asked = asked_for(Some(user.clone()), 0);
    let first = Throttle {
        forget_at: at(60),
        ..counted(&asked.account, Some(kate()), 1).value
    };
    let what = What::ResetRequested {
        by_administrator: false,
    };
    let expected = Decision {
        guards: vec![Guard::on(&user)],
        changes: vec![
            named(),
            insert(first),
            end_tickets(Some(TicketPurpose::Reset)),
            insert(new_reset_ticket(&user)),
        ],
        events: vec![event_by(Actor::Subject(kate()), now(), kate(), what)],
        mail: vec![mail(&user, false)],
        outcome: (),
    };
    assert_eq!(decide(&asked), expected);
}

#[test]
fn l5_where_nobody_has_the_name_a_bucket_is_counted_and_nothing_else_happens() {
    let asked = asked_for(None, 3);
    let before = counted(&asked.account, None, 3);
    let after = Throttle {
        failures: 4,
        ..before.value.clone()
    };
    let expected = Decision {
        changes: vec![named(), update(&before, after)],
        ..Decision::nothing()
    };
    assert_eq!(decide(&asked), expected);
}

#[test]
fn l6_whoever_is_not_active_gets_no_mail() {
    let inactive = |because, starts_at| UserStatus::Inactive {
        since: long_ago(),
        because,
        starts_at,
    };
    let ended = UserStatus::Active {
        since: long_ago(),
        until: Some(now()),
    };
    for status in [
        invited(),
        set_up(),
        inactive(Inactivity::Deactivated, None),
        inactive(Inactivity::NotStarted, Some(at(1))),
        suspended(),
        UserStatus::Disabled { since: long_ago() },
        ended,
    ] {
        let decided = decide(&asked_for(Some(user(status.clone())), 0));
        assert_eq!(decided.changes.len(), 2, "{status:?}");
        assert!(decided.mail.is_empty() && decided.events.is_empty());
    }
    let over = UserStatus::Suspended {
        since: long_ago(),
        until: Some(now()),
        reason: None,
    };
    assert_eq!(decide(&asked_for(Some(user(over)), 0)).mail.len(), 1);
    let program = user_with(active(), |user| user.api_only = true);
    assert!(decide(&asked_for(Some(program), 0)).mail.is_empty());
    let mut asked = asked_for(Some(user(active())), 0);
    asked.tenant.value.status = TenantStatus::Suspended { at: long_ago() };
    assert!(decide(&asked).mail.is_empty());
}

#[test]
fn if12_whom_a_provider_signs_in_is_pointed_there() {
    let user = user_with(active(), external);
    let place = Some("https://id.example.com".to_owned());
    let mut policy = Policy::default();
    kept_at(&mut policy, place.as_ref());
    let decided = request(&asked_for(Some(user.clone()), 0), &Arc::new(policy), now(), seed());
    let expected = QueuedMail {
        ticket: None,
        mail: Mail::SignInAtProvider {
            tenant: name("Nordwind"),
            recipient: user.profile.display_name.clone(),
            place,
        },
        ..mail(&user, false)
    };
    assert_eq!(decided.mail, [expected]);
    assert_eq!((decided.changes.len(), decided.events.len()), (2, 0), "no ticket");
}

#[test]
fn l5_beyond_five_an_hour_a_request_is_counted_and_not_heard() {
    let mails = |before: u32| decide(&asked_for(Some(user(active())), before)).mail.len();
    assert_eq!([mails(0), mails(4), mails(5), mails(u32::MAX)], [1, 1, 0, 0]);
    // The hour begins with the first; then all of it is forgotten.
    let mut asked = asked_for(Some(user(active())), 0);
    let mut full = counted(&asked.account, Some(kate()), 5);
    full.value.forget_at = now();
    asked.account = asked.account.loaded(Some(full.clone()));
    let decided = decide(&asked);
    assert_eq!(decided.mail.len(), 1);
    let anew = Throttle {
        failures: 1,
        forget_at: at(60),
        ..full.value.clone()
    };
    assert_eq!(decided.changes[1], update(&full, anew));
}

#[test]
fn l3_a_network_that_asks_too_often_is_not_heard() {
    let mails = |before: u32| {
        let network = RequestCount::of_network(tenant_id(), [192, 0, 2, 7].into(), 100);
        let full = counted(&network, None, before);
        let network = Some(network.loaded(Some(full)));
        let asked = ResetRequest {
            network,
            ..asked_for(Some(user(active())), 0)
        };
        let decided = decide(&asked);
        assert_eq!(decided.changes.len(), if decided.mail.is_empty() { 3 } else { 5 });
        decided.mail.len()
    };
    assert_eq!([mails(99), mails(100)], [1, 0]);
}

#[test]
fn l3_the_places_of_requests_are_few_and_none_of_those_of_logins() {
    let bucket = |name: &str| RequestCount::of_unknown(tenant_id(), &Key::of(name)).id();
    assert_eq!(bucket("Nobody@Example.com"), bucket("nobody@example.com"));
    let of_many: std::collections::BTreeSet<_> = (0..5_000).map(|n| bucket(&format!("name {n}"))).collect();
    assert!(of_many.len() <= BUCKETS && of_many.len() > BUCKETS / 2);
    assert_ne!(
        bucket("nobody"),
        RequestCount::of_unknown(id(2), &Key::of("nobody")).id()
    );
    assert_ne!(bucket("nobody"), throttle::unknown(tenant_id(), &Key::of("nobody")));
    // Whose place an unknown name shares, it shares whoever has it: nobody learns from that whether it is somebody's.
    let of_name = |name: &str| RequestCount::of_name(tenant_id(), &Key::of(name)).id();
    for n in 0..500 {
        let (one, other) = (format!("name {n}"), format!("name {}", n + 500));
        assert_eq!(bucket(&one) == bucket(&other), of_name(&one) == of_name(&other));
        assert_ne!(bucket(&one), of_name(&one));
    }
    let account = RequestCount::of_account(kate(), 5).id();
    assert_ne!(account, throttle::account(kate()));
    assert_ne!(account, RequestCount::of_address(kate(), 5).id());
    assert_ne!(account, RequestCount::of_api_keys(kate(), 5).id());
    assert_ne!(
        RequestCount::of_address(kate(), 5).id(),
        RequestCount::of_api_keys(kate(), 5).id()
    );
    let network = |text: &str| RequestCount::of_network(tenant_id(), text.parse().unwrap(), 1).id();
    assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
    assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
    assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
}

#[test]
fn if9_an_administrator_sends_the_link_and_the_password_stays_as_it_is() {
    let (cx, user) = (admin(), user(active()));
    let decided = send(&cx, Some(&user), &around()).unwrap();
    let changes = vec![end_tickets(Some(TicketPurpose::Reset)), insert(new_reset_ticket(&user))];
    let events = vec![event(kate(), What::ResetRequested { by_administrator: true })];
    let guards = std::iter::once(Guard::on(&user)).chain(around().guards());
    let mut expected = decision(&cx, guards, changes, events, user.value.clone());
    expected.mail = vec![mail(&user, true)];
    assert_eq!(decided, expected);
}

#[test]
fn if9_r3_what_stands_against_sending_a_link() {
    let (kate, users) = (user(active()), [permissions::USERS_MANAGE]);
    let refused = |cx: &Context, user: Option<&Loaded<User>>| send(cx, user, &around()).unwrap_err();
    assert_eq!(refused(&nobody(), None), Denied::Forbidden);
    let in_paris = holding(&users, [paris()]);
    assert_eq!(refused(&in_paris, Some(&kate)).code(), "not_found");
    // Support staff manage users, and yet do not reset whoever holds more than they do.
    let support = holding(&users, Scope::All);
    assert_eq!(
        refused(&support, Some(&administrator_kate(active()))),
        Denied::BeyondOwnRights
    );
    assert_eq!(refused(&support, Some(&kate)), Denied::BeyondOwnRights);
    let bare = user_with(active(), |user| user.grants = vec![]);
    assert!(send(&support, Some(&bare), &around()).is_ok());
    // PS6: before anything is told of the user.
    let closed = with_policy(admin(), |policy| policy.administrators_may_reset = false);
    assert_eq!(refused(&closed, Some(&kate)), Denied::OnlyThemselves);
    assert_eq!(refused(&closed, None), Denied::OnlyThemselves);
    // IF10
    let place = Some("https://id.example.com".to_owned());
    let with_place = with_policy(admin(), |policy| kept_at(policy, place.as_ref()));
    assert_eq!(
        refused(&with_place, Some(&user_with(active(), external))),
        Denied::PasswordElsewhere { place }
    );
    for status in [invited(), suspended()] {
        let expected = Denied::WrongStatus {
            verb: "send a reset link to",
            status: status.kind(),
        };
        assert_eq!(refused(&admin(), Some(&user(status))), expected);
    }
    let program = user_with(active(), |user| user.api_only = true);
    assert_eq!(refused(&admin(), Some(&program)), Denied::ApiOnly);
}

#[test]
fn bi2_where_a_password_is_good_at_the_api_its_users_get_links_to_one() {
    let program = user_with(active(), |user| user.api_only = true);
    let open = |policy: &mut Policy| policy.api_passwords = Some(time::Duration::HOUR);
    let sent = send(&with_policy(admin(), open), Some(&program), &around()).unwrap();
    assert_eq!(sent.mail, [mail(&program, true)]);
    let mut policy = Policy::default();
    let mut link = link(active(), TicketState::Open);
    link.user.value.api_only = true;
    assert_eq!(preview(&link, &policy, now()), Err(Denied::LinkEnded));
    open(&mut policy);
    assert!(preview(&link, &policy, now()).is_ok());
    let asked = request(&asked_for(Some(program.clone()), 0), &Arc::new(policy), now(), seed());
    assert_eq!(asked.mail, [mail(&program, false)]);
}

/// A link of Kate's that is good for half an hour more.
fn link(status: UserStatus, state: TicketState) -> MailedLink {
    let user = user(status);
    let ticket = Ticket {
        purpose: TicketPurpose::Reset,
        tokens: vec![TokenHash::from_bytes([9; 32])],
        expires_at: at(30),
        state,
        ..new_ticket(&user)
    };
    MailedLink {
        tenant: tenant(),
        ticket: loaded(3, ticket),
        user,
    }
}

fn subject() -> Context {
    Context {
        actor: Actor::Subject(kate()),
        guards: Vec::new(),
        ..nobody()
    }
}

fn new() -> NewPassword {
    NewPassword::new(NEW).repeated(NEW)
}

#[test]
fn l5_a_reset_sets_the_password_and_ends_everything_but_changes_no_status_and_signs_nobody_in() {
    let (cx, link) = (subject(), link(active(), TicketState::Open));
    for before in [Secret::None, password().value.secret] {
        let credential = loaded(
            2,
            Credential {
                user: kate(),
                secret: before,
            },
        );
        let throttle = failed(12, Some(at(2)));
        let account = Account {
            user: &link.user,
            credential: &credential,
            throttle: Some(&throttle),
        };
        let decided = reset(&cx, &link, &new(), new_hash(), &account).unwrap();
        let consumed = Ticket {
            state: TicketState::Consumed { at: now() },
            ..link.ticket.value.clone()
        };
        let mut changes = vec![update(&link.ticket, consumed)];
        changes.extend(changes_with(&credential, set_now(), None, &throttle));
        let by = || Actor::Subject(kate());
        let events = vec![
            sessions_ended_by(by(), 2, None),
            event_by(by(), now(), kate(), What::LockoutEnded),
            event_by(by(), now(), kate(), What::PasswordSet),
        ];
        let mut expected = decision(&cx, [Guard::on(&link.user)], changes, events, ());
        expected.mail = vec![notice(&link.user)];
        assert_eq!(decided, expected);
    }
}

#[test]
fn t2_t4_t5_a_link_that_is_not_good_any_more_says_so() {
    let ended = |link: MailedLink| preview(&link, &Policy::default(), now()).unwrap_err();
    let open = || link(active(), TicketState::Open);
    assert_eq!(
        ended(link(active(), TicketState::Consumed { at: at(-1) })),
        Denied::LinkUsed
    );
    assert_eq!(
        ended(link(active(), TicketState::Ended { at: at(-1) })),
        Denied::LinkEnded
    );
    let at_its_end = preview(&open(), &Policy::default(), at(30));
    assert_eq!(at_its_end.unwrap_err(), Denied::LinkExpired);
    let with = |change: &dyn Fn(&mut MailedLink)| {
        let mut link = open();
        change(&mut link);
        ended(link)
    };
    let foreign = with(&|link| link.ticket.value.purpose = TicketPurpose::ConfirmAddress);
    assert_eq!(foreign, Denied::LinkUnknown);
    let anothers = with(&|link| link.ticket.value.user = actor());
    assert_eq!(anothers, Denied::LinkUnknown);
    let readdressed = with(&|link| link.user.value.address = address("kate2@example.com"));
    assert_eq!(readdressed, Denied::LinkEnded);
    assert_eq!(with(&|link| external(&mut link.user.value)), Denied::LinkEnded);
    assert_eq!(with(&|link| link.user.value.api_only = true), Denied::LinkEnded);
    let out_of_use = |tenant: &mut Tenant| tenant.status = TenantStatus::Suspended { at: long_ago() };
    assert_eq!(with(&|link| out_of_use(&mut link.tenant.value)), Denied::LinkEnded);
}

#[test]
fn l6_i4_the_link_of_whoever_is_not_active_is_worthless() {
    for status in [
        invited(),
        set_up(),
        suspended(),
        UserStatus::Disabled { since: long_ago() },
    ] {
        let refused = check_reset(&link(status, TicketState::Open), &new(), &Policy::default(), now());
        assert_eq!(refused, Err(Denied::LinkEnded));
    }
}

#[test]
fn t6_a_preview_tells_the_name_and_the_rules() {
    let policy = Policy::default();
    let shown = preview(&link(active(), TicketState::Open), &policy, now()).unwrap();
    assert_eq!(
        (shown.tenant, shown.user_name.as_str(), shown.expires_at),
        (name("Nordwind"), "kate", at(30))
    );
    assert_eq!(shown.passwords, policy.passwords);
}

#[test]
fn t8_a_reset_is_good_for_an_hour_from_its_mailing_and_never_beyond_a_day_from_the_act() {
    let user = user(active());
    let with = |lifetime| {
        let mut policy = Policy::default();
        policy.reset_lifetime = lifetime;
        let decided = request(&asked_for(Some(user.clone()), 0), &Arc::new(policy), now(), seed());
        let mut tickets = decided.changes.iter().filter_map(|change| match change {
            tenure::store::Change::Insert(entry) => match &entry.record {
                tenure::model::Record::Ticket(ticket) => Some(ticket.clone()),
                _ => None,
            },
            _ => None,
        });
        let ticket = tickets.next_back().unwrap();
        let token = TokenHash::from_bytes([1; 32]);
        ticket.with_token(token, at(10)).unwrap().expires_at
    };
    assert_eq!(with(Duration::HOUR), at(70));
    assert_eq!(with(Duration::days(7)), at(60 * 24));
}
