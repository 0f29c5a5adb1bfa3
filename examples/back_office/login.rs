//! Søren logs in; what he may do then, what he may not, and who sees what of it.

use tenure::desk::Desk;
use tenure::id::UserId;
use tenure::model::{Attempt, AttemptOutcome, RefusalReason};
use tenure::{Client, Denied, Error, Listing, NewEmployee, Permission, Place, Principal, SignedIn, Tenure};

use crate::tell::{item, minute, refused, say};
use crate::{House, Result, SOREN};

/// Where the owner works.
pub(crate) fn office() -> Client {
    Client::at([192, 0, 2, 10].into()).user_agent("Firefox on Linux")
}

pub(crate) fn phone() -> Client {
    Client::at([198, 51, 100, 7].into()).user_agent("Safari on iPhone")
}

/// Somebody who should not be here.
pub(crate) fn stranger() -> Client {
    Client::at([203, 0, 113, 66].into()).user_agent("Chrome on Windows")
}

pub(crate) async fn sign_in(tenure: &Tenure, (login, password): (&str, &str)) -> Result<SignedIn, Error> {
    tenure.single_tenant().sign_in(login, password, phone()).await
}

/// What a host asks before it does something of its own.
pub(crate) fn what_he_may_do(soren: &Principal, house: &House) -> Result<()> {
    let plan = Permission::new("tours.plan")?;
    let (berlin, hamburg) = (Place::In(&house.berlin.path), Place::In(&house.hamburg.path));
    assert!(soren.may(&plan, berlin) && !soren.may(&plan, hamburg));
    say(&format!(
        "{} may plan tours in Berlin, but not in Hamburg.",
        soren.display_name()
    ));
    Ok(())
}

pub(crate) async fn what_he_may_not_do(tenure: &Tenure, soren: &Principal) -> Result<()> {
    let desk = tenure.desk(soren);
    say("Users and employees are not his business, and he is told nothing about them:");
    assert_eq!(refused(desk.users().list(Listing::new()).await)?, Denied::Forbidden);
    assert_eq!(
        refused(desk.employees().add(NewEmployee::new("Eve", "Evil")).await)?,
        Denied::Forbidden
    );
    say("To a stranger, a wrong password and an unknown name look the same:");
    let wrong = refused(sign_in(tenure, (SOREN.0, "Rødgrød-med-fløde-1")).await)?;
    let unknown = refused(sign_in(tenure, ("nobody@nordwind.example", "Rødgrød-med-fløde-1")).await)?;
    assert_eq!(wrong, unknown);
    Ok(())
}

pub(crate) async fn who_is_logged_in(desk: &Desk, expected: &[&str]) -> Result<()> {
    say("Who is logged in, since when, from where, with what:");
    let active = desk.sessions().active(Listing::new()).await?.items;
    for login in &active {
        let client = &login.session.client;
        let address = client.address.map(|address| address.to_string()).unwrap_or_default();
        let program = client.user_agent.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = login.user.profile.display_name.as_str();
        item(&format!(
            "{name:<20} {}  {address:<14} {program}",
            minute(login.session.started_at)
        ));
    }
    let names: Vec<&str> = active
        .iter()
        .map(|login| login.user.profile.display_name.as_str())
        .collect();
    assert_eq!(names, expected);
    Ok(())
}

/// He was told nothing; whoever may read the history sees the reason.
pub(crate) async fn why_not(desk: &Desk, user: UserId) -> Result<()> {
    say("The login history has the true reason, for those who may read it; its last lines:");
    let attempts = desk.history().attempts(user, Listing::new().limit(4)).await?.items;
    let outcome = |attempt: &Attempt| attempt.outcome;
    for attempt in &attempts {
        let outcome = match attempt.outcome {
            AttemptOutcome::Success { .. } => "logged in".to_owned(),
            AttemptOutcome::Pending => "not decided".to_owned(),
            AttemptOutcome::Refused { reason } => format!("refused: {reason}"),
        };
        item(&format!("{}  {outcome}", minute(attempt.at)));
    }
    let suspended = AttemptOutcome::Refused {
        reason: RefusalReason::Suspended,
    };
    assert_eq!(attempts.first().map(outcome), Some(suspended));
    Ok(())
}
