//! Somebody guesses Søren's password: his account locks. The lock ends by itself, or the owner ends it.

use tenure::desk::Desk;
use tenure::id::UserId;
use tenure::{Clock, Error, Lockout, SystemClock, Tenure, ThrottlePolicy};
use time::Duration;

use crate::login::{phone, sign_in, stranger};
use crate::tell::{item, refused, say, second};
use crate::{Result, SOREN};

const GUESSES: u32 = 5;

/// The default is 10 failures in a row, then 30 seconds, which double up to an hour. This story does not wait as long.
pub(crate) fn strict() -> ThrottlePolicy {
    ThrottlePolicy::default()
        .failures(GUESSES)
        .delays(Duration::seconds(3), Duration::HOUR)
}

pub(crate) async fn the_account_locks(tenure: &Tenure, desk: &Desk, soren: UserId) -> Result<Lockout> {
    // A login takes back what failed before it: the one wrong password of the chapter before.
    sign_in(tenure, SOREN).await?;
    let compared = tenure.comparisons_run();
    guess(tenure).await?;
    let lockout = desk.users().lockout(soren).await?.ok_or("not locked")?;
    say(&format!(
        "A stranger tries {} passwords of his. Now his account is locked, and even the right one is refused:",
        lockout.failures
    ));
    refused(sign_in(tenure, SOREN).await)?;
    let compared = tenure.comparisons_run() - compared;
    assert_eq!(compared, u64::from(GUESSES), "the last one was compared with nothing");
    say("To him it looks like any other refusal. Who may look after users is told more:");
    for obstacle in desk.users().explain_sign_in(soren, Some(phone())).await? {
        let until = obstacle.until.map(|at| format!(", until {}", second(at)));
        item(&format!("{}{}", obstacle.reason, until.unwrap_or_default()));
    }
    Ok(lockout)
}

pub(crate) async fn the_lock_ends_by_itself(tenure: &Tenure, lockout: Lockout) -> Result<()> {
    let left = lockout.until.since(SystemClock.now()).max(Duration::ZERO);
    tokio::time::sleep(left.unsigned_abs()).await;
    sign_in(tenure, SOREN).await?;
    say("It lasts 3 seconds here, 30 if the policy says nothing else, and ends by itself: he logs in.");
    Ok(())
}

pub(crate) async fn the_owner_ends_a_lock(tenure: &Tenure, desk: &Desk, soren: UserId) -> Result<()> {
    guess(tenure).await?;
    assert!(desk.users().lockout(soren).await?.is_some());
    desk.users().end_lockout(soren).await?;
    assert_eq!(desk.users().lockout(soren).await?, None);
    sign_in(tenure, SOREN).await?;
    say("The stranger locks it once more. This time he calls the owner, who ends the lock, and he need not wait.");
    Ok(())
}

/// One wrong password after the other.
async fn guess(tenure: &Tenure) -> Result<()> {
    for guess in 0..GUESSES {
        let password = format!("Søren-{}", 1990 + guess);
        let tried = tenure.single_tenant().sign_in(SOREN.0, password, stranger()).await;
        if !matches!(tried, Err(Error::Denied(_))) {
            return Err("guessed".into());
        }
    }
    Ok(())
}
