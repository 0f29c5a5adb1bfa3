//! Law 9: what filters, and the instant, let pass.

use super::bench::{Bench, address, at, credential, every, must};
use crate::clock::Timestamp;
use crate::model::{
    ApiKey, ApiKeyState, Employee, Ended, Inactivity, Invitation, InvitationState, Record, RecordId, RecordKind,
    Session, SessionState, Start, StatusKind, Ticket, TicketPurpose, TicketState, User, UserStatus, UserType,
};
use crate::store::{Filter, Query};
use crate::text::{AddressPattern, SearchPattern};

/// The listing's ids must be these, in any order; so must its count.
pub(super) async fn lists(b: &Bench, why: &str, query: Query, expected: impl IntoIterator<Item = RecordId>) {
    let mut expected: Vec<_> = expected.into_iter().collect();
    expected.sort();
    let mut listed: Vec<_> = b.all(query.clone()).await.iter().map(Record::id).collect();
    listed.sort();
    assert_eq!(listed, expected, "{why}");
    let total = b.list(&query.count_up_to(1_000)).await.total;
    assert_eq!(total, Some(expected.len() as u64), "{why}: the count");
}

fn with_status(b: &Bench, name: &str, status: UserStatus) -> User {
    User { status, ..b.user(name) }
}

/// A user in each state, and what each is at 0 and from 10 on.
fn users(b: &Bench) -> Vec<(User, &'static str, &'static str)> {
    let (since, due) = (at(-9), Some(at(10)));
    let inactive = |because, starts_at| UserStatus::Inactive {
        since,
        because,
        starts_at,
    };
    let invited = UserStatus::Invited {
        invitation: b.id(),
        expires_at: at(10),
        start: Start::Now,
    };
    let suspended = |until| UserStatus::Suspended {
        since,
        until,
        reason: None,
    };
    let rows = [
        (invited, "invited", "inactive"),
        (inactive(Inactivity::SetUp, None), "inactive", "inactive"),
        (inactive(Inactivity::NotStarted, due), "inactive", "active"),
        (UserStatus::Active { since, until: None }, "active", "active"),
        (UserStatus::Active { since, until: due }, "active", "inactive"),
        (suspended(None), "suspended", "suspended"),
        (suspended(due), "suspended", "active"),
        (UserStatus::Disabled { since }, "disabled", "disabled"),
        (
            UserStatus::Deleted {
                at: since,
                erase_at: at(10),
            },
            "deleted",
            "deleted",
        ),
    ];
    let user = |(n, (status, now, then))| (with_status(b, &format!("user{n}"), status), now, then);
    rows.into_iter().enumerate().map(user).collect()
}

pub(super) async fn users_are_listed_by_the_state_that_is_due(b: &Bench) {
    let users = users(b);
    b.put_all(users.iter().map(|(user, ..)| user.clone())).await;
    let microsecond_before = at(10).saturating_add(-time::Duration::MICROSECOND);
    for (as_of, is_due) in [
        (at(0), false),
        (microsecond_before, false),
        (at(10), true),
        (at(99), true),
    ] {
        for kind in StatusKind::ALL {
            let state = kind.as_str();
            let query = Query::new(RecordKind::User, as_of).status([state]);
            let expected = users
                .iter()
                .filter(|(_, now, then)| if is_due { *then == state } else { *now == state });
            lists(
                b,
                &format!("{state} at {as_of}"),
                query,
                expected.map(|(user, ..)| user.id.into()),
            )
            .await;
        }
    }
    let either = every(RecordKind::User).status(["active", "disabled"]);
    let expected = users.iter().filter(|(_, now, _)| ["active", "disabled"].contains(now));
    lists(b, "either of two", either, expected.map(|(user, ..)| user.id.into())).await;
}

pub(super) async fn deleted_users_are_listed_only_where_they_are_asked_for(b: &Bench) {
    let users = users(b);
    b.put_all(users.iter().map(|(user, ..)| user.clone())).await;
    let visible = users.iter().filter(|(_, now, _)| *now != "deleted");
    lists(
        b,
        "not asked for",
        every(RecordKind::User),
        visible.map(|(user, ..)| user.id.into()),
    )
    .await;
    let states = StatusKind::ALL.map(StatusKind::as_str);
    let all = users.iter().map(|(user, ..)| user.id.into());
    lists(b, "asked for", every(RecordKind::User).status(states), all).await;
}

pub(super) async fn invitations_are_listed_by_the_state_that_is_due(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let with = |state| Invitation {
        state,
        expires_at: at(10),
        ..b.invitation(user)
    };
    let pending = with(InvitationState::Pending);
    let accepted = with(InvitationState::Accepted { at: at(1) });
    let cancelled = with(InvitationState::Cancelled {
        at: at(1),
        by: crate::model::Actor::Founder,
    });
    let expired = with(InvitationState::Expired { at: at(1) });
    b.put_all([&pending, &accepted, &cancelled, &expired].map(Clone::clone))
        .await;
    let query = |state, as_of| Query::new(RecordKind::Invitation, as_of).status([state]);
    for (state, as_of, expected) in [
        ("pending", at(9), vec![&pending]),
        ("pending", at(10), vec![]),
        ("expired", at(9), vec![&expired]),
        ("expired", at(10), vec![&pending, &expired]),
        ("accepted", at(10), vec![&accepted]),
        ("cancelled", at(10), vec![&cancelled]),
    ] {
        let expected = expected.into_iter().map(|invitation| invitation.id.into());
        lists(b, &format!("{state} at {as_of}"), query(state, as_of), expected).await;
    }
}

pub(super) async fn sessions_and_tickets_are_listed_by_the_state_that_is_due(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let open = Session {
        expires_at: at(10),
        ..b.session(user)
    };
    let reason = crate::model::EndReason::SignedOut;
    let ended = Session {
        state: SessionState::Ended { at: at(1), reason },
        ..b.session(user)
    };
    b.put_all([open.clone(), ended.clone()]).await;
    let live = Ticket {
        expires_at: at(10),
        ..b.ticket(user, TicketPurpose::Reset)
    };
    let with = |state| Ticket {
        state,
        ..b.ticket(user, TicketPurpose::Reset)
    };
    let (used, stopped) = (
        with(TicketState::Consumed { at: at(1) }),
        with(TicketState::Ended { at: at(1) }),
    );
    b.put_all([live.clone(), used.clone(), stopped.clone()]).await;
    let rows: [(RecordKind, &str, Timestamp, Vec<RecordId>); 9] = [
        (RecordKind::Session, "open", at(9), vec![open.id.into()]),
        (RecordKind::Session, "open", at(10), vec![]),
        (RecordKind::Session, "expired", at(10), vec![open.id.into()]),
        (RecordKind::Session, "ended", at(10), vec![ended.id.into()]),
        (RecordKind::Ticket, "open", at(9), vec![live.id.into()]),
        (RecordKind::Ticket, "open", at(10), vec![]),
        (RecordKind::Ticket, "expired", at(10), vec![live.id.into()]),
        (RecordKind::Ticket, "consumed", at(10), vec![used.id.into()]),
        (RecordKind::Ticket, "ended", at(10), vec![stopped.id.into()]),
    ];
    for (kind, state, as_of, expected) in rows {
        let query = Query::new(kind, as_of).status([state]);
        lists(b, &format!("{state} {kind} at {as_of}"), query, expected).await;
    }
}

pub(super) async fn api_keys_are_listed_by_the_state_that_is_due(b: &Bench) {
    let user = b.put(b.user("robot")).await.value.id;
    let ending = ApiKey {
        expires_at: Some(at(10)),
        ..b.api_key(user)
    };
    let revoked = ApiKey {
        state: ApiKeyState::Revoked { at: at(1) },
        ..ending.clone()
    };
    let (endless, revoked) = (
        b.api_key(user),
        ApiKey {
            id: b.id(),
            token: b.token(),
            ..revoked
        },
    );
    b.put_all([ending.clone(), endless.clone(), revoked.clone()]).await;
    for (state, as_of, expected) in [
        ("open", at(9), vec![ending.id, endless.id]),
        ("open", at(10), vec![endless.id]),
        ("expired", at(9), vec![]),
        ("expired", at(10), vec![ending.id]),
        ("revoked", at(10), vec![revoked.id]),
    ] {
        let query = Query::new(RecordKind::ApiKey, as_of).status([state]);
        let expected = expected.into_iter().map(RecordId::from);
        lists(b, &format!("{state} at {as_of}"), query, expected).await;
    }
}

pub(super) async fn mail_is_listed_by_its_state(b: &Bench) {
    use crate::model::{MailState as S, QueuedMail};
    let user = b.put(b.user("kate")).await.value.id;
    let rows = [
        (
            "queued",
            S::Queued {
                ready_at: at(1),
                attempts: 0,
            },
        ),
        (
            "leased",
            S::Leased {
                until: at(1),
                attempts: 1,
            },
        ),
        ("sent", S::Sent { at: at(1), attempts: 1 }),
        ("superseded", S::Superseded { at: at(1) }),
        ("failed", S::Failed { at: at(1), attempts: 1 }),
    ];
    let mails = rows.map(|(name, state)| {
        (
            name,
            QueuedMail {
                state,
                ..b.mail(user, 0)
            },
        )
    });
    b.put_all(mails.iter().map(|(_, mail)| mail.clone())).await;
    for (state, mail) in mails {
        lists(b, state, every(RecordKind::Mail).status([state]), [mail.id.into()]).await;
    }
}

pub(super) async fn what_belongs_to_a_user_is_listed_by_user(b: &Bench) {
    let (one, other) = (
        b.put(b.user("one")).await.value.id,
        b.put(b.user("other")).await.value.id,
    );
    for user in [one, other] {
        let draft = b
            .draft()
            .insert(b.invitation(user))
            .insert(b.ticket(user, TicketPurpose::Reset));
        let draft = draft
            .insert(credential(user))
            .insert(b.session(user))
            .insert(b.session(user));
        draft
            .insert(b.attempt(Some(user)))
            .insert(b.attempt(None))
            .mail(b.mail(user, 0))
            .done()
            .await;
    }
    let of = |kind| every(kind).filter(Filter::OfUser(one));
    for (kind, number) in [
        (RecordKind::Invitation, 1),
        (RecordKind::Ticket, 1),
        (RecordKind::Credential, 1),
        (RecordKind::Session, 2),
        (RecordKind::Mail, 1),
    ] {
        let listed = b.all(of(kind)).await;
        assert_eq!(listed.len(), number, "{kind}");
        assert!(
            listed.iter().all(|record| record.owner() == Some(one)),
            "{kind}: another user's"
        );
    }
    assert_eq!(b.all(of(RecordKind::Attempt)).await.len(), 1, "attempts");
    lists(b, "a user belongs to nobody", of(RecordKind::User), []).await;
}

pub(super) async fn users_are_listed_by_role(b: &Bench) {
    let (clerk, manager) = (
        b.put(b.role("clerk")).await.value.id,
        b.put(b.role("manager")).await.value.id,
    );
    let one = b.put(b.user_with("one", clerk)).await;
    let both = User {
        grants: vec![
            b.user_with("x", clerk).grants.remove(0),
            b.user_with("x", manager).grants.remove(0),
        ],
        ..b.user("both")
    };
    let both = b.put(both).await.value.id;
    b.put(b.user("none")).await;
    let query = |role| every(RecordKind::User).filter(Filter::WithRole(role));
    lists(b, "clerks", query(clerk), [one.id.into(), both.into()]).await;
    lists(b, "managers", query(manager), [both.into()]).await;
    b.change(
        &one,
        User {
            grants: Vec::new(),
            ..one.value.clone()
        },
    )
    .await;
    lists(b, "clerks, when one is none any more", query(clerk), [both.into()]).await;
}

pub(super) async fn employees_are_listed_by_who_they_report_to(b: &Bench) {
    let below = |name, supervisor| Employee {
        supervisor: Some(supervisor),
        ..b.employee(name)
    };
    let top = b.employee("Top");
    let middle = below("Middle", top.id);
    let (low, aside) = (below("Low", middle.id), below("Aside", top.id));
    b.put_all([&top, &middle, &low, &aside].map(Clone::clone)).await;
    let query = |filter| every(RecordKind::Employee).filter(filter);
    lists(
        b,
        "below the top",
        query(Filter::ReportsTo(top.id)),
        [middle.id.into(), aside.id.into()],
    )
    .await;
    lists(b, "below the lowest", query(Filter::ReportsTo(low.id)), []).await;
    lists(
        b,
        "above the lowest",
        query(Filter::Above(low.id)),
        [middle.id.into(), top.id.into()],
    )
    .await;
    lists(b, "above the top", query(Filter::Above(top.id)), []).await;
    lists(b, "above nobody", query(Filter::Above(b.id())), []).await;
}

pub(super) async fn employees_are_listed_by_what_they_have(b: &Bench) {
    let mailed = Employee {
        email: Some(address("smith@example.com")),
        ..b.employee("Mailed")
    };
    let (with_user, neither) = (b.employee("User"), b.employee("Neither"));
    b.put_all([&mailed, &with_user, &neither].map(Clone::clone)).await;
    let user = b.put(b.user_of("kate", with_user.id)).await;
    let query = |filter| every(RecordKind::Employee).filter(filter);
    lists(b, "with address", query(Filter::HasAddress(true)), [mailed.id.into()]).await;
    lists(
        b,
        "without",
        query(Filter::HasAddress(false)),
        [with_user.id.into(), neither.id.into()],
    )
    .await;
    lists(b, "with user", query(Filter::HasUser(true)), [with_user.id.into()]).await;
    lists(
        b,
        "without",
        query(Filter::HasUser(false)),
        [mailed.id.into(), neither.id.into()],
    )
    .await;
    let both = query(Filter::HasUser(false)).filter(Filter::HasAddress(false));
    lists(b, "with neither: all filters must hold", both, [neither.id.into()]).await;
    let deleted = UserStatus::Deleted {
        at: at(0),
        erase_at: at(9),
    };
    b.change(
        &user,
        User {
            status: deleted,
            ..user.value.clone()
        },
    )
    .await;
    lists(b, "a deleted user is none", query(Filter::HasUser(true)), []).await;
}

pub(super) async fn sessions_are_listed_by_when_they_were_seen(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let seen = |seconds| Session {
        seen_at: at(seconds),
        ..b.session(user)
    };
    let (early, late) = (seen(10), seen(20));
    b.put_all([early.clone(), late.clone()]).await;
    let query = |seconds| every(RecordKind::Session).filter(Filter::SeenAfter(at(seconds)));
    lists(b, "after 9", query(9), [early.id.into(), late.id.into()]).await;
    lists(b, "after 10", query(10), [late.id.into()]).await;
    lists(b, "after 20", query(20), []).await;
    let touch = crate::store::Change::Touch {
        record: early.id.into(),
        seen_at: at(30),
    };
    b.draft().change(touch).done().await;
    lists(b, "after a touch", query(20), [early.id.into()]).await;
}

/// What a filter does not fit is not listed by it.
pub(super) async fn a_filter_that_does_not_fit_lets_nothing_pass(b: &Bench) {
    let role = b.put(b.role("clerk")).await.value.id;
    b.put(b.employee("Smith")).await;
    let misfits = [
        (RecordKind::Role, Filter::WithRole(role)),
        (RecordKind::Role, Filter::Status(["active".to_owned()].into())),
        (RecordKind::Employee, Filter::SeenAfter(at(-9))),
        (RecordKind::Role, Filter::HasAddress(false)),
        (RecordKind::Role, Filter::HasUser(false)),
        (RecordKind::Role, Filter::HasUnit(false)),
        (RecordKind::Employee, Filter::HasIdentity(false)),
        (RecordKind::Employee, Filter::Ended([Ended::Refused].into())),
        (
            RecordKind::Employee,
            Filter::From(must("network", AddressPattern::new("::/0"))),
        ),
        (
            RecordKind::Employee,
            Filter::OfType([UserType::Internal, UserType::External, UserType::Program].into()),
        ),
        (RecordKind::Role, Filter::ReportsTo(b.id())),
        (RecordKind::Role, Filter::Below(b.id())),
        (RecordKind::Role, Filter::LevelsBelow(b.id(), 1)),
        (
            RecordKind::Role,
            Filter::Supervisor(must("pattern", SearchPattern::new("*"))),
        ),
    ];
    for (kind, filter) in misfits {
        lists(b, &format!("{kind} by {filter:?}"), every(kind).filter(filter), []).await;
    }
}
