use tenure::Denied;
use tenure::id::SessionId;
use tenure::model::{
    Actor, EndReason, Loaded, RecordKind, Scope, Session, SessionState, User, UserStatus, What, permissions,
};
use tenure::rules::rights::Surroundings;
use tenure::rules::{Context, Decision, sessions};
use tenure::store::{Change, SetChange};

use crate::fixture::*;

const NO_SESSION: Denied = Denied::NotFound {
    what: RecordKind::Session,
};
const NO_USER: Denied = Denied::NotFound { what: RecordKind::User };

fn open() -> Loaded<Session> {
    session(SessionState::Open)
}

fn ended_before() -> Loaded<Session> {
    session(SessionState::Ended {
        at: at(-5),
        reason: EndReason::SignedOut,
    })
}

/// Kate, through her session.
fn as_kate() -> Context {
    Context {
        actor: Actor::User(kate()),
        ..nobody()
    }
}

fn supervisor() -> Context {
    holding(&[permissions::SESSIONS_MANAGE, prices()], [berlin()])
}

fn needed() -> Surroundings {
    surroundings([clerk()], [berlin()])
}

fn ended(cx: &Context, guards: Vec<tenure::store::Guard>, reason: EndReason) -> Decision<()> {
    let after = Session {
        state: SessionState::Ended { at: now(), reason },
        ..open().value
    };
    let what = What::SessionEnded { user: kate(), reason };
    let happened = event_by(cx.actor.clone(), now(), session_id(), what);
    decision(cx, guards, vec![update(&open(), after)], vec![happened], ())
}

fn all_ended(
    cx: &Context,
    guards: Vec<tenure::store::Guard>,
    reason: EndReason,
    except: Option<SessionId>,
) -> Decision<()> {
    let change = SetChange::EndSessions {
        user: kate(),
        except,
        at: now(),
        reason,
    };
    let what = What::SessionsEnded { reason, except };
    let happened = of_set(0, event_by(cx.actor.clone(), now(), kate(), what));
    decision(cx, guards, vec![Change::Set(change)], vec![happened], ())
}

#[test]
fn a_user_signs_out() {
    let cx = as_kate();
    assert_eq!(
        sessions::sign_out(&cx, &open()),
        Ok(ended(&cx, Vec::new(), EndReason::SignedOut))
    );
    assert_eq!(sessions::sign_out(&cx, &ended_before()), Err(Denied::SessionEnded));
}

#[test]
fn e5_users_end_their_own_sessions_and_no_others() {
    let cx = as_kate();
    assert_eq!(
        sessions::end_own(&cx, Some(&open())),
        Ok(ended(&cx, Vec::new(), EndReason::EndedByUser))
    );
    assert_eq!(sessions::end_own(&cx, Some(&ended_before())), Err(Denied::SessionEnded));
    assert_eq!(sessions::end_own(&cx, None), Err(NO_SESSION));
    assert_eq!(sessions::end_own(&admin(), Some(&open())), Err(NO_SESSION));
    assert_eq!(sessions::end_own(&system(), Some(&open())), Err(NO_SESSION));
}

#[test]
fn e5_users_end_all_of_their_sessions_but_one() {
    let cx = as_kate();
    let expected = all_ended(&cx, Vec::new(), EndReason::EndedByUser, Some(session_id()));
    assert_eq!(sessions::end_own_others(&cx, session_id()), Ok(expected));
    assert_eq!(sessions::end_own_others(&system(), session_id()), Err(NO_USER));
}

#[test]
fn lo9_e5_administrators_end_one_session() {
    let (cx, kate) = (supervisor(), user(active()));
    let expected = ended(&cx, needed().guards(), EndReason::EndedByAdministrator);
    assert_eq!(
        sessions::end_one(&cx, Some(&open()), Some(&kate), &needed()),
        Ok(expected)
    );
    let end = |cx: &Context, session: Option<&Loaded<Session>>, user: Option<&Loaded<User>>| {
        sessions::end_one(cx, session, user, &around()).map(|_| ())
    };
    assert_eq!(end(&nobody(), Some(&open()), Some(&kate)), Err(Denied::Forbidden));
    assert_eq!(end(&cx, None, None), Err(NO_SESSION));
    assert_eq!(end(&cx, Some(&open()), None), Err(NO_SESSION));
    assert_eq!(end(&cx, Some(&ended_before()), Some(&kate)), Err(Denied::SessionEnded));
    let of_paris = holding(&[permissions::SESSIONS_MANAGE, prices()], [paris()]);
    assert_eq!(end(&of_paris, Some(&open()), Some(&kate)), Err(NO_SESSION));
    let support = holding(&[permissions::SESSIONS_MANAGE], Scope::All);
    assert_eq!(end(&support, Some(&open()), Some(&kate)), Err(Denied::BeyondOwnRights));
    let mut others = open();
    others.value.user = owner();
    assert_eq!(
        end(&cx, Some(&others), Some(&kate)),
        Err(NO_SESSION),
        "shown with the wrong user"
    );
}

#[test]
fn e5_administrators_end_all_sessions() {
    let (cx, kate) = (supervisor(), user(active()));
    let expected = all_ended(&cx, needed().guards(), EndReason::EndedByAdministrator, None);
    assert_eq!(sessions::end_all(&cx, Some(&kate), &needed()), Ok(expected));
    let end = |cx: &Context, user: Option<&Loaded<User>>| sessions::end_all(cx, user, &around()).map(|_| ());
    assert_eq!(end(&nobody(), Some(&kate)), Err(Denied::Forbidden));
    assert_eq!(
        end(&holding(&[permissions::USERS_MANAGE], Scope::All), Some(&kate)),
        Err(Denied::Forbidden)
    );
    assert_eq!(end(&cx, None), Err(NO_USER));
    assert_eq!(
        end(&cx, Some(&administrator_kate(active()))),
        Err(NO_USER),
        "R3: an administrator is in no unit"
    );
    let everywhere = holding(&[permissions::SESSIONS_MANAGE, prices()], Scope::All);
    assert_eq!(
        end(&everywhere, Some(&administrator_kate(active()))),
        Err(Denied::BeyondOwnRights)
    );
    let deleted = user(UserStatus::Deleted {
        at: at(-5),
        erase_at: at(60),
    });
    assert_eq!(end(&everywhere, Some(&deleted)), Err(NO_USER));
}
