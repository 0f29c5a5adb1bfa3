//! Law 3: uniqueness.

use super::bench::{Bench, address, at, at_once, duplicate, must};
use crate::model::{
    ApiKey, Employee, Entry, ExternalIdentity, Inactivity, Kept, KeySpace, Loaded, Role, Session, SessionState, Ticket,
    TicketPurpose, UniqueKey, User, UserStatus,
};
use crate::secret::TokenHash;
use crate::store::{CommitError, SetChange};
use crate::text::{Name, Signature, Subject, UserName};

fn signed(b: &Bench, signature: &str) -> Employee {
    Employee {
        signature: Some(must("signature", Signature::new(signature))),
        ..b.employee("Smith")
    }
}

/// Inserts the first record; the second, which has `key` as well, must be refused, and accepted once the first is gone.
async fn only_one<T: Kept, U: Kept>(b: &Bench, first: T, second: U, key: UniqueKey) {
    let first = b.put(first).await;
    let answer = b.draft().insert(second.clone()).send().await;
    duplicate("inserted beside the first", &answer, &key);
    b.draft().remove(&first).done().await;
    b.put(second).await;
}

fn login_key(text: &str) -> UniqueKey {
    UniqueKey::login(&must("user name", UserName::new(text)).key())
}

pub(super) async fn a1_user_names_and_addresses_share_one_space(b: &Bench) {
    let with = |name: &str, mail: &str| User {
        user_name: must("user name", UserName::new(name)),
        address: address(mail),
        ..b.user("x")
    };
    let name = (with("kate", "a@example.com"), with("Kate", "b@example.com"), "kate");
    let mail = (
        with("a", "kate@example.com"),
        with("b", "KATE@example.com"),
        "kate@example.com",
    );
    let name_then_mail = (
        with("c@example.com", "d@example.com"),
        with("e", "c@example.com"),
        "c@example.com",
    );
    let mail_then_name = (
        with("f", "g@example.com"),
        with("g@example.com", "h@example.com"),
        "g@example.com",
    );
    for (first, second, key) in [name, mail, name_then_mail, mail_then_name] {
        only_one(b, first.clone(), second.clone(), login_key(key)).await;
        let loaded: Option<Loaded<User>> = b.get(second.id).await;
        b.draft().remove(&must("second", loaded.ok_or("missing"))).done().await;
    }
}

pub(super) async fn an_employee_has_one_user(b: &Bench) {
    let employee = b.put(b.employee("Smith")).await.value.id;
    let (first, second) = (b.user_of("one", employee), b.user_of("two", employee));
    only_one(b, first, second, UniqueKey::employee_user(employee)).await;
}

pub(super) async fn a_signature_is_had_once(b: &Bench) {
    let key = UniqueKey::signature(&must("signature", Signature::new("JDO")).key());
    only_one(b, signed(b, "JDO"), signed(b, "jdo"), key).await;
}

pub(super) async fn a_role_name_is_had_once(b: &Bench) {
    let key = UniqueKey::role_name(&b.role("Clerk").name.key());
    only_one(b, b.role("Clerk"), b.role("CLERK"), key).await;
}

pub(super) async fn t4_a_user_has_one_open_ticket_a_purpose(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let ticket = || b.ticket(user, TicketPurpose::Reset);
    b.put(b.ticket(user, TicketPurpose::Invitation)).await;
    only_one(
        b,
        ticket(),
        ticket(),
        UniqueKey::open_ticket(user, TicketPurpose::Reset),
    )
    .await;
}

pub(super) async fn a_ticket_token_is_had_once(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let first = b.ticket(user, TicketPurpose::Reset);
    let mut second = b.ticket(user, TicketPurpose::Invitation);
    second.tokens.push(first.tokens[0]);
    let key = UniqueKey::ticket_token(&first.tokens[0]);
    only_one(b, first, second, key).await;
}

pub(super) async fn a_session_token_is_had_once(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let first = b.session(user);
    let second = Session {
        token: first.token,
        ..b.session(user)
    };
    let key = UniqueKey::session_token(&first.token);
    only_one(b, first, second, key).await;
}

pub(super) async fn e6_an_api_key_token_is_had_once(b: &Bench) {
    let user = b.put(b.user("robot")).await.value.id;
    let first = b.api_key(user);
    let second = ApiKey {
        token: first.token,
        ..b.api_key(user)
    };
    let key = UniqueKey::api_key_token(&first.token);
    only_one(b, first, second, key).await;
}

/// The pair is: another subject of the provider, and the subject at another provider, are somebody else.
pub(super) async fn bi7_an_identity_is_had_once(b: &Bench) {
    let identity = |provider: &str, subject: &str| ExternalIdentity {
        provider: must("provider", Name::new(provider)),
        subject: must("subject", Subject::new(subject)),
    };
    let with = |name: &str, identity: &ExternalIdentity| User {
        identity: Some(identity.clone()),
        ..b.user(name)
    };
    let taken = identity("Directory", "S-1");
    for (name, other) in [("a", ("Directory", "s-1")), ("b", ("Elsewhere", "S-1"))] {
        b.put(with(name, &identity(other.0, other.1))).await;
    }
    only_one(b, with("one", &taken), with("two", &taken), UniqueKey::identity(&taken)).await;
}

pub(super) async fn keys_are_compared_byte_by_byte(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let mut padded = [b'A'; 32];
    padded[31] = 0;
    let mut spaced = padded;
    spaced[31] = b' ';
    let tokens = [[b'A'; 32], [b'a'; 32], padded, spaced, [0; 32], [0xff; 32], [0xfe; 32]].map(TokenHash::from_bytes);
    let sessions = tokens.map(|token| Session {
        token,
        ..b.session(user)
    });
    for session in &sessions {
        b.put(session.clone()).await;
    }
    for session in sessions {
        let found = b.find::<Session>(UniqueKey::session_token(&session.token)).await;
        assert_eq!(
            found.map(|found| found.value.id),
            Some(session.id),
            "{:?}",
            session.token
        );
    }
}

pub(super) async fn key_spaces_do_not_meet(b: &Bench) {
    let (employee, role, user) = (signed(b, "same"), b.role("same"), b.user("same"));
    b.put(employee.clone()).await;
    b.put(role.clone()).await;
    b.put(user.clone()).await;
    let key = |space| UniqueKey {
        space,
        bytes: b"same".to_vec(),
    };
    let wanted = [
        KeySpace::Signature,
        KeySpace::RoleName,
        KeySpace::Login,
        KeySpace::EmployeeUser,
    ];
    let loaded = b.load(&wanted.map(|space| key(space).into())).await;
    let found: Vec<_> = loaded
        .into_iter()
        .map(|record| record.map(|record| record.value.id()))
        .collect();
    assert_eq!(
        found,
        [
            Some(employee.id.into()),
            Some(role.id.into()),
            Some(user.id.into()),
            None
        ]
    );
}

pub(super) async fn a_record_is_found_by_each_of_its_keys_and_no_other(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    for key in ["kate", "kate@example.com"] {
        assert_eq!(b.find(login_key(key)).await, Some(user.clone()), "by {key}");
    }
    let renamed = User {
        user_name: must("user name", UserName::new("cate")),
        ..user.value.clone()
    };
    let user = b.change(&user, renamed).await;
    assert_eq!(b.find(login_key("cate")).await, Some(user.clone()));
    assert_eq!(
        b.find(login_key("kate@example.com")).await,
        Some(user.clone()),
        "a key that stayed"
    );
    assert_eq!(b.find::<User>(login_key("kate")).await, None, "a key that was given up");
    b.draft().remove(&user).done().await;
    assert_eq!(
        b.find::<User>(login_key("cate")).await,
        None,
        "a key of a removed record"
    );
}

pub(super) async fn an_update_gives_up_the_keys_that_it_does_not_name(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    let lapsed = User {
        status: UserStatus::Inactive {
            since: at(0),
            because: Inactivity::InvitationExpired,
            starts_at: None,
        },
        ..user.value.clone()
    };
    let lapsed = b.change(&user, lapsed).await;
    let other = b.put(b.user("kate")).await;
    let back = b.draft().update(&lapsed, user.value.clone()).send().await;
    duplicate("another has the name by now", &back, &login_key("kate"));
    b.draft().remove(&other).update(&lapsed, user.value).done().await;
}

pub(super) async fn what_goes_with_its_owner_gives_up_its_keys(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    let session = b.put(b.session(user.id)).await.value;
    b.draft().remove(&user).done().await;
    let other = b.put(b.user("kate")).await.value.id;
    b.put(Session {
        token: session.token,
        ..b.session(other)
    })
    .await;
}

pub(super) async fn t4_a_set_change_gives_up_keys(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let ticket = b.put(b.ticket(user, TicketPurpose::Reset)).await.value;
    let end = SetChange::EndTickets {
        user,
        purpose: Some(TicketPurpose::Reset),
        at: at(1),
    };
    b.draft()
        .set(end)
        .insert(b.ticket(user, TicketPurpose::Reset))
        .done()
        .await;
    let found = b.find::<Ticket>(UniqueKey::ticket_token(&ticket.tokens[0])).await;
    assert_eq!(
        found.map(|found| found.value.id),
        Some(ticket.id),
        "an ended ticket keeps its tokens"
    );
}

pub(super) async fn keys_are_taken_and_given_up_in_the_order_of_the_changes(b: &Bench) {
    let (one, two) = (b.put(b.role("one")).await, b.put(b.role("two")).await);
    let named = |role: &Loaded<Role>, name: &str| Role {
        name: b.role(name).name,
        ..role.value.clone()
    };
    let at_second = |role: &Loaded<Role>| Loaded::new(role.version.next(), role.value.clone());
    let straight = b
        .draft()
        .update(&one, named(&one, "two"))
        .update(&two, named(&two, "one"));
    duplicate(
        "taken before it is given up",
        &straight.send().await,
        &UniqueKey::role_name(&two.name.key()),
    );

    let swap = b
        .draft()
        .update(&one, named(&one, "aside"))
        .update(&two, named(&two, "one"));
    swap.update(&at_second(&one), named(&one, "two")).done().await;
    let holder = b.find::<Role>(UniqueKey::role_name(&one.name.key())).await;
    assert_eq!(
        holder.map(|role| role.value.id),
        Some(two.id),
        "they have swapped names"
    );

    let three = b.put(b.role("three")).await;
    let early = b.draft().insert(b.role("three")).remove(&three).send().await;
    duplicate(
        "inserted before the removal",
        &early,
        &UniqueKey::role_name(&three.name.key()),
    );
    b.draft().remove(&three).insert(b.role("three")).done().await;
    let within = b.draft().insert(b.role("four")).insert(b.role("four")).send().await;
    duplicate(
        "twice in one commit",
        &within,
        &UniqueKey::role_name(&b.role("four").name.key()),
    );
}

/// SQL stores rewrite a record's keys; a key that stays must not collide with itself.
pub(super) async fn a_record_never_collides_with_itself(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    let user = b.change(&user, user.value.clone()).await;
    let entry = Entry::new(User {
        address: address("cate@example.com"),
        ..user.value.clone()
    });
    let moved = crate::store::Change::Update {
        expected: user.version,
        entry,
    };
    b.draft().change(moved).done().await;
}

pub(super) async fn t3_of_many_who_take_one_login_at_once_one_gets_it(b: &Bench) {
    for round in 0..10 {
        let login = format!("kate{round}");
        let drafts: Vec<_> = (0..8)
            .map(|_| b.draft().insert(b.user(&login)).count(1, None, None))
            .collect();
        let answers = at_once(drafts.into_iter().map(|draft| async move { draft.send().await })).await;
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            1,
            "one of eight gets it"
        );
        for answer in answers.iter().filter(|answer| answer.is_err()) {
            let space = answer.as_ref().err().and_then(CommitError::duplicate);
            assert_eq!(space, Some(KeySpace::Login), "{answer:?}");
        }
        let found = b.find::<User>(login_key(&login)).await;
        assert!(matches!(found, Some(user) if user.status.holds_keys()));
        assert_eq!(b.counter(crate::store::Counter::Seats).await, round + 1);
    }
}

pub(super) async fn closed_sessions_keep_their_token(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let session = b.put(b.session(user)).await;
    let ended = Session {
        state: SessionState::Ended {
            at: at(1),
            reason: crate::model::EndReason::SignedOut,
        },
        ..session.value.clone()
    };
    b.change(&session, ended).await;
    let again = Session {
        token: session.token,
        ..b.session(user)
    };
    let answer = b.draft().insert(again).send().await;
    duplicate(
        "the token of an ended session",
        &answer,
        &UniqueKey::session_token(&session.token),
    );
}
