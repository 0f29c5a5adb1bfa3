//! Sessions.

use tenure::Denied;
use tenure::model::{Client, EndReason, Session, SessionState};
use time::Duration;

use crate::render::{Apply, machine, refused};
use crate::tickets::TOKEN;
use crate::{at, id, now};

fn session(state: SessionState) -> Session {
    Session {
        id: id(7),
        user: id(9),
        token: TOKEN,
        client: Client::unknown(),
        started_at: at(-9),
        expires_at: at(20),
        seen_at: at(-9),
        limited: None,
        state,
    }
}

fn ended(minutes: i64) -> Session {
    session(SessionState::Ended {
        at: at(minutes),
        reason: EndReason::SignedOut,
    })
}

fn sessions() -> [(&'static str, Session); 2] {
    [("open", session(SessionState::Open)), ("ended", ended(-9))]
}

#[test]
fn e1_the_whole_table_of_sessions() {
    let end = |session: Session| session.end(now(), EndReason::SignedOut);
    assert_eq!(
        sessions().map(|(_, session)| end(session)),
        [Ok(ended(0)), Err(Denied::SessionEnded)]
    );
}

#[test]
fn e2_e3_a_session_is_live_while_open_and_within_both_limits() {
    let idle = Duration::minutes(15);
    let open = session(SessionState::Open);
    let live = |minute| open.is_live(idle, at(minute));
    assert_eq!(
        [5, 6, 7].map(live),
        [true, false, false],
        "idle: at exactly the limit it is over"
    );
    let busy = Session {
        seen_at: at(19),
        ..open.clone()
    };
    let live = |minute| busy.is_live(idle, at(minute));
    assert_eq!([19, 20, 21].map(live), [true, false, false], "absolute, however busy");
    assert!(!ended(-9).is_live(idle, now()));
}

pub(crate) fn rendered() -> String {
    let apply: Apply<'_, Session> = Box::new(|session| match session.end(now(), EndReason::SignedOut) {
        Ok(_) => "ended".to_owned(),
        Err(denied) => refused(&denied),
    });
    machine(&sessions(), &[("end".to_owned(), apply)], &[("open", "log in")], &[])
}

pub(crate) const TEXT: &str = "
## Sessions

An open session is usable while it is neither idle for too long nor too old, its user is active and its tenant is active; that
is looked at with every request.
";
