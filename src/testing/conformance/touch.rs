//! Law 12: touches.

use super::bench::{Bench, at, every};
use crate::clock::Timestamp;
use crate::id::SessionId;
use crate::model::{Client, EndReason, Loaded, Session, SessionState, User, Version};
use crate::store::Change;

async fn open(b: &Bench) -> Loaded<Session> {
    let user = b.put(b.user("kate")).await.value.id;
    b.put(b.session(user)).await
}

async fn touch(b: &Bench, session: SessionId, seen_at: Timestamp) -> Vec<u64> {
    b.draft()
        .change(Change::Touch {
            record: session.into(),
            seen_at,
        })
        .done()
        .await
        .touched
}

async fn stored(b: &Bench, session: SessionId) -> Session {
    let Some(stored) = b.get::<Session>(session).await else {
        panic!("the session is there")
    };
    stored.value
}

pub(super) async fn a_touch_only_moves_forward(b: &Bench) {
    let session = open(b).await;
    for (seconds, expected) in [(60, 60), (30, 60), (60, 60), (61, 61)] {
        assert_eq!(
            touch(b, session.id, at(seconds)).await,
            [1],
            "a touch counts as one, moved or not"
        );
        let stored = stored(b, session.id).await;
        assert_eq!(
            stored,
            Session {
                seen_at: at(expected),
                ..session.value.clone()
            },
            "touched at {seconds}"
        );
    }
}

pub(super) async fn a_touch_raises_no_version(b: &Bench) {
    let session = open(b).await;
    touch(b, session.id, at(60)).await;
    let stored: Option<Loaded<Session>> = b.get(session.id).await;
    assert_eq!(stored.map(|session| session.version), Some(Version::FIRST));
    let user: Option<Loaded<crate::model::User>> = b.get(session.user).await;
    assert_eq!(
        user.map(|user| user.version),
        Some(Version::FIRST),
        "nor that of the user"
    );
    let ended = session.value.clone().end(at(70), EndReason::SignedOut);
    b.change(&session, super::bench::must("end", ended)).await;
}

pub(super) async fn e3_a_touch_never_revives_what_has_ended(b: &Bench) {
    let session = open(b).await;
    let ended = super::bench::must("end", session.value.clone().end(at(50), EndReason::SignedOut));
    b.change(&session, ended.clone()).await;
    assert_eq!(touch(b, session.id, at(60)).await, [1]);
    assert_eq!(
        stored(b, session.id).await,
        ended,
        "neither its state nor when it was seen"
    );
    let open = every(crate::model::RecordKind::Session).status(["open"]);
    assert!(b.all(open).await.is_empty());
}

pub(super) async fn an_update_keeps_the_later_touch(b: &Bench) {
    let session = open(b).await;
    touch(b, session.id, at(60)).await;
    let ended = super::bench::must("end", session.value.clone().end(at(70), EndReason::SignedOut));
    let earlier = Session {
        seen_at: at(5),
        ..ended.clone()
    };
    b.change(&session, earlier).await;
    let expected = Session {
        seen_at: at(60),
        ..ended
    };
    assert_eq!(
        stored(b, session.id).await,
        expected,
        "decided before the touch, committed after it"
    );

    let other = b
        .put(Session {
            client: Client::unknown(),
            ..b.session(session.user)
        })
        .await;
    let later = Session {
        seen_at: at(99),
        ..other.value.clone()
    };
    b.change(&other, later.clone()).await;
    assert_eq!(stored(b, other.id).await, later, "a later one stands");
}

pub(super) async fn a_touch_of_nothing_does_nothing(b: &Bench) {
    let before = b.snapshot().await;
    assert_eq!(
        touch(b, b.id(), at(60)).await,
        [1],
        "a removed session may still be touched"
    );
    assert_eq!(b.snapshot().await, before);
}

pub(super) async fn a_touch_keeps_everything_else(b: &Bench) {
    let session = open(b).await;
    let end = crate::store::SetChange::EndSessions {
        user: session.user,
        except: None,
        at: at(80),
        reason: EndReason::AccessEnded,
    };
    touch(b, session.id, at(60)).await;
    b.draft().set(end).done().await;
    let state = SessionState::Ended {
        at: at(80),
        reason: EndReason::AccessEnded,
    };
    let expected = Session {
        seen_at: at(60),
        limited: None,
        state,
        ..session.value.clone()
    };
    let found = b.find(crate::model::UniqueKey::session_token(&session.token)).await;
    assert_eq!(found, Some(Loaded::new(Version::new(2), expected)));
}

pub(super) async fn a_login_only_moves_forward_and_raises_no_version(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    for (seconds, expected) in [(60, 60), (30, 60), (61, 61)] {
        let touch = Change::Touch {
            record: user.id.into(),
            seen_at: at(seconds),
        };
        assert_eq!(b.draft().change(touch).done().await.touched, [1]);
        let expected = User {
            last_login_at: Some(at(expected)),
            ..user.value.clone()
        };
        assert_eq!(
            b.get(user.id).await,
            Some(Loaded::new(Version::FIRST, expected)),
            "at {seconds}"
        );
    }
}

pub(super) async fn an_update_of_a_user_keeps_the_later_login(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    let touch = Change::Touch {
        record: user.id.into(),
        seen_at: at(60),
    };
    b.draft().change(touch).done().await;
    let edited = User {
        api_only: true,
        ..user.value.clone()
    };
    b.change(&user, edited.clone()).await;
    let expected = User {
        last_login_at: Some(at(60)),
        ..edited
    };
    assert_eq!(
        b.get(user.id).await,
        Some(Loaded::new(Version::new(2), expected.clone())),
        "decided before the login, committed after it"
    );
    let by_login = every(crate::model::RecordKind::User).sort(crate::model::SortBy::LastLogin);
    assert_eq!(b.all(by_login).await, [expected.into()]);
}
