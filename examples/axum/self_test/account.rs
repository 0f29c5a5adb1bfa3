//! What somebody does with their own account.

use super::{FIREFOX, IPHONE, World};
use crate::StartResult;
use crate::demo::ADA;

const NEW_PASSWORD: &str = "Analytical-Engine-9";
const NEW_ADDRESS: &str = "countess@nordwind.example";

pub(super) fn sessions(world: &World<'_>) -> StartResult<()> {
    let mut desk = world.signed_in(ADA)?;
    desk.post("/sessions/end-others", &[])?.leads_to("/sessions");
    let alone = desk
        .get("/sessions")?
        .is(200)
        .shows("this one")
        .shows(">Firefox</td><td data-label=\"System\">Linux</td>");
    assert!(
        alone.values("session").is_empty(),
        "the own session is ended by signing out"
    );
    alone.hides("everywhere else");

    let mut phone = world.browser(IPHONE);
    phone.sign_in(ADA)?.leads_to("/");
    let both = desk
        .get("/sessions")?
        .is(200)
        .shows(">Safari</td><td data-label=\"System\">iOS</td>")
        .shows("127.0.0.1");
    let others = both.values("session");
    assert_eq!(others.len(), 1);
    for _ in 0..2 {
        desk.post("/sessions/end", &[("session", others[0])])?
            .leads_to("/sessions");
    }
    phone.get("/")?.is(401);
    desk.get("/sessions")?.is(200).hides("Safari");

    phone.sign_in(ADA)?.leads_to("/");
    let nobodys = "01a2020f-b1d8-7b60-9141-2f75d5fc7f85";
    desk.post("/sessions/end", &[("session", nobodys)])?
        .is(404)
        .shows("No such session.");
    desk.post("/sessions/end", &[("session", "x")])?.is(422);
    desk.post("/sessions/end-others", &[])?.leads_to("/sessions");
    phone.get("/")?.is(401);
    desk.get("/")?.is(200);
    Ok(())
}

pub(super) fn password(world: &World<'_>) -> StartResult<()> {
    let (mut desk, mut phone) = (world.signed_in(ADA)?, world.browser(IPHONE));
    phone.sign_in(ADA)?.leads_to("/");
    desk.get("/password")?
        .is(200)
        .shows("Current password")
        .shows("At least 8 characters");
    let mut change = |current, new, repeated| {
        let form = [("current", current), ("new", new), ("repeated", repeated)];
        desk.post("/password", &form)
    };
    change(ADA.1, "lovelace", "Lovelace")?
        .is(422)
        .marks("new", "needs an upper-case letter")
        .marks("new", "needs a digit")
        .marks("new", "easily guessed")
        .marks("repeated", "not the same")
        .hides(ADA.1);
    change("wrong", NEW_PASSWORD, NEW_PASSWORD)?
        .is(422)
        .marks("current", "not your current password");
    change(ADA.1, NEW_PASSWORD, NEW_PASSWORD)?.leads_to("/password/changed");
    desk.get("/password/changed")?.is(200).shows("is changed");
    phone.get("/")?.is(401);
    world.browser(FIREFOX).sign_in(ADA)?.is(401);
    world.next_mail(ADA.0, "was changed")?;

    // Whoever found a session open guesses no more often than a stranger.
    let mut guess = || {
        desk.post(
            "/password",
            &[("current", "guess"), ("new", ADA.1), ("repeated", ADA.1)],
        )
    };
    let locked = (0..15).find_map(|_| guess().map(|answer| answer.is_locked().then_some(answer)).transpose());
    locked
        .ok_or("never locked")??
        .is(429)
        .shows("Too many attempts. Please try again at 2");
    unlock(world)
}

/// The lock ends with the password that a mailed link sets.
fn unlock(world: &World<'_>) -> StartResult<()> {
    let mut browser = world.browser(FIREFOX);
    browser.sign_in((ADA.0, NEW_PASSWORD))?.is(401).shows("not right");
    browser
        .post("/forgotten", &[("login", ADA.0)])?
        .leads_to("/forgotten/asked");
    let (_, token) = world.next_link(ADA.0, "Your new password")?;
    let form = [("token", token.as_str()), ("password", ADA.1), ("repeated", ADA.1)];
    browser.post("/reset", &form)?.leads_to("/sign-in/password-set");
    browser.sign_in(ADA)?.leads_to("/");
    world.next_mail(ADA.0, "was changed")?;
    Ok(())
}

pub(super) fn address(world: &World<'_>) -> StartResult<()> {
    let mut browser = world.signed_in(ADA)?;
    browser.get("/address")?.is(200).shows(ADA.0);
    let mut change = |email, repeated, password| {
        let form = [("email", email), ("repeated", repeated), ("current_password", password)];
        browser.post("/address", &form)
    };
    change("countess@", "countess", ADA.1)?
        .is(422)
        .marks("email", "not an e-mail address")
        .marks("repeated", "not the same");
    change(NEW_ADDRESS, NEW_ADDRESS, "wrong")?
        .is(422)
        .marks("current_password", "not your current password")
        .shows(NEW_ADDRESS);
    change("zoe@nordwind.example", "zoe@nordwind.example", ADA.1)?
        .is(409)
        .marks("email", "in use");
    change(NEW_ADDRESS, NEW_ADDRESS, ADA.1)?.leads_to("/address");
    browser.get("/address")?.is(200).shows("Call the change off");
    world.next_mail(ADA.0, "is to be changed")?;

    let mut stranger = world.browser(IPHONE);
    let (link, token) = world.next_link(NEW_ADDRESS, "confirm")?;
    stranger.get("/confirm-address?token=nonsense")?.is(404);
    stranger.get(&link)?.is(200).shows(NEW_ADDRESS);
    stranger.get(&link)?.is(200);
    browser.get("/address")?.is(200).shows(ADA.0);
    stranger
        .post("/confirm-address", &[("token", &token)])?
        .leads_to("/sign-in/address-changed");
    stranger.get("/sign-in/address-changed")?.is(200).shows("Thank you");
    stranger.post("/confirm-address", &[("token", &token)])?.is(410);
    stranger.sign_in(ADA)?.is(401);
    stranger.sign_in((NEW_ADDRESS, ADA.1))?.leads_to("/");
    world.next_mail(ADA.0, "was changed")?;
    world.next_mail(NEW_ADDRESS, "was changed")?;
    Ok(())
}

/// Back to the old address: called off once, and stopped once by whoever reads the mail there.
pub(super) fn stopped_address(world: &World<'_>) -> StartResult<()> {
    let mut browser = world.signed_in((NEW_ADDRESS, ADA.1))?;
    let form = [("email", ADA.0), ("repeated", ADA.0), ("current_password", ADA.1)];
    browser.post("/address", &form)?.leads_to("/address");
    let (off, _) = world.next_link(ADA.0, "confirm")?;
    world.next_mail(NEW_ADDRESS, "is to be changed")?;
    browser.post("/address/call-off", &[])?.leads_to("/address");
    browser.get("/address")?.is(200).hides("Call the change off");
    browser.post("/address/call-off", &[])?.is(409);
    browser.get(&off)?.is(410);

    browser.post("/address", &form)?.leads_to("/address");
    let (confirm, _) = world.next_link(ADA.0, "confirm")?;
    let (stop, token) = world.next_link(NEW_ADDRESS, "is to be changed")?;
    let mut stranger = world.browser(IPHONE);
    stranger.get("/stop-change?token=nonsense")?.is(404);
    stranger.get(&stop)?.is(200).shows(NEW_ADDRESS).hides(ADA.0);
    stranger
        .post("/stop-change", &[("token", &token)])?
        .leads_to("/sign-in/address-changed");
    stranger.get(&confirm)?.is(410);
    stranger.post("/stop-change", &[("token", &token)])?.is(410);
    browser.get("/address")?.is(200).shows(NEW_ADDRESS);
    Ok(())
}
