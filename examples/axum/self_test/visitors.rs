//! What somebody does who is not signed in.

use tenure::mail::passwords;

use super::{FIREFOX, IPHONE, World};
use crate::StartResult;
use crate::demo::{ADA, KOFI, ZOE};

pub(super) const ZOE_PASSWORD: &str = "Zitrone-42-gelb";

pub(super) fn sign_in_and_out(world: &World<'_>) -> StartResult<()> {
    let mut browser = world.browser(FIREFOX);
    for page in [
        "/",
        "/prices",
        "/sessions",
        "/password",
        "/password/changed",
        "/address",
        "/set-password",
    ] {
        browser.get(page)?.is(401).shows("<h1>Sign in</h1>");
    }
    browser.get("/nowhere")?.is(404);
    browser.get("/sign-in")?.is(200).shows("Forgotten your password?");
    let wrong = browser.sign_in((ADA.0, "wrong"))?.is(401).shows("not right");
    let unknown = browser.sign_in(("eve@nordwind.example", "wrong"))?.is(401);
    let unknown = unknown.without_date().join("\n").replace("eve@", "ada@");
    assert_eq!(wrong.without_date().join("\n"), unknown, "told apart");
    browser.sign_in((r#""><script>"#, "x"))?.is(401).hides("<script>");
    browser
        .post("/sign-in", &[("login", ADA.0)])?
        .is(422)
        .shows("what the form sends");

    browser.sign_in(ADA)?.leads_to("/");
    browser.get("/")?.is(200).shows("Hello, Ada Lovelace").shows("UTC");
    browser.get("/prices")?.is(200);
    browser.get("/set-password")?.leads_to("/");
    browser.get("/sign-out")?.is(405);

    let stolen = browser.cookie.clone();
    browser.post("/sign-out", &[])?.leads_to("/sign-in");
    assert_eq!(browser.cookie, None, "signed out");
    browser.cookie = stolen;
    browser.get("/")?.is(401).shows("<h1>Sign in</h1>");
    Ok(())
}

/// Other sites cannot act for whoever is signed in; nor can a form that does not say where it is from.
pub(super) fn foreign_forms(world: &World<'_>) -> StartResult<()> {
    let mut browser = world.signed_in(ADA)?;
    for foreign in ["https://evil.example", "null", ""] {
        foreign.clone_into(&mut browser.origin);
        for page in [
            "/sign-out",
            "/sessions/end-others",
            "/password",
            "/address",
            "/forgotten",
        ] {
            browser.post(page, &[("login", ADA.0)])?.is(403).shows("a page of ours");
        }
    }
    browser.get("/")?.is(200);
    Ok(())
}

pub(super) fn invitation(world: &World<'_>) -> StartResult<()> {
    let mut browser = world.browser(IPHONE);
    let (link, token) = world.next_link(ZOE, "Your invitation")?;
    browser.get("/invitation?token=nonsense")?.is(404).shows("not valid");
    browser.get("/invitation")?.is(404);
    browser
        .get(&link)?
        .is(200)
        .shows("Welcome, Zoë Ärmel")
        .shows("by the window");
    browser.get(&link)?.is(200).shows("At least 8 characters");
    browser
        .post("/invitation", &[("token", &token), ("password", "zoe")])?
        .is(422)
        .marks("password", "needs a digit")
        .marks("password", "at least 8 characters");
    browser
        .post("/invitation", &[("token", &token), ("password", ZOE_PASSWORD)])?
        .leads_to("/sign-in/password-set");
    browser.get("/sign-in/password-set")?.is(200).shows("Please sign in");
    browser.get(&link)?.is(410).shows("already accepted");
    browser.sign_in(("ZOE@nordwind.example", ZOE_PASSWORD))?.leads_to("/");
    browser.get("/")?.is(200).shows("Hello, Zoë Ärmel").hides("/prices");
    browser.get("/prices")?.is(403).shows("Not allowed.");
    Ok(())
}

pub(super) fn one_time_password(world: &World<'_>) -> StartResult<()> {
    let mail = world.next_mail(KOFI, "Your one-time password")?;
    let mailed = passwords(&mail).pop().ok_or("no password")?;
    let mut browser = world.browser(FIREFOX);
    browser.sign_in((KOFI, &mailed))?.leads_to("/set-password");
    let limited = browser.cookie.clone();
    for page in ["/", "/prices", "/sessions", "/password", "/address"] {
        browser.get(page)?.leads_to("/set-password");
    }
    browser.post("/sessions/end-others", &[])?.leads_to("/set-password");
    browser.get("/set-password")?.is(200).shows("Choose a password");
    let set = |one: &str, two: &str| [("password", one.to_owned()), ("repeated", two.to_owned())];
    let mut set = |one: &str, two: &str| {
        let form = set(one, two);
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.post("/set-password", &form)
    };
    set("kofi", "koffee")?
        .is(422)
        .marks("password", "needs an upper-case letter")
        .marks("repeated", "not the same");
    set(&mailed, &mailed)?.is(422);
    set("Kofi-trinkt-1-Tee", "Kofi-trinkt-1-Tee")?.leads_to("/");
    assert_ne!(browser.cookie, limited, "a full session has a token of its own");
    browser.get("/")?.is(200).shows("Hello, Kofi Mensah");
    browser.cookie = limited;
    browser.get("/")?.is(401);
    browser.sign_in((KOFI, &mailed))?.is(401);
    world.next_mail(KOFI, "was changed")?;
    Ok(())
}

pub(super) fn forgotten_password(world: &World<'_>) -> StartResult<()> {
    let mut signed_in = world.signed_in((ZOE, ZOE_PASSWORD))?;
    let mut browser = world.browser(IPHONE);
    browser.get("/forgotten")?.is(200);
    let mut ask = |login| browser.post("/forgotten", &[("login", login)]);
    let known = ask(ZOE)?.leads_to("/forgotten/asked");
    for nobody in ["nobody@nordwind.example", "", "a'b\"<c>"] {
        let unknown = ask(nobody)?;
        assert_eq!(known.without_date(), unknown.without_date(), "told apart: {nobody}");
    }
    browser
        .get("/forgotten/asked")?
        .is(200)
        .shows("60 minutes")
        .hides("zoe@");

    let (link, token) = world.next_link(ZOE, "Your new password")?;
    browser.get("/reset?token=nonsense")?.is(404);
    browser.get("/reset")?.is(404);
    browser.get(&link.replace("/reset", "/invitation"))?.is(404);
    for _ in 0..3 {
        browser.get(&link)?.is(200).shows(ZOE);
    }
    signed_in.get("/")?.is(200);
    let new = "Limette-43-grün";
    let mut set = |one, two| browser.post("/reset", &[("token", &token), ("password", one), ("repeated", two)]);
    set("zitrone", "zitronen")?
        .is(422)
        .marks("password", "needs a digit")
        .marks("password", "at least 8 characters")
        .marks("repeated", "not the same")
        .shows("autofocus");
    set(new, new)?.leads_to("/sign-in/password-set");
    set(new, new)?.is(410).shows("has been used");
    assert_eq!(browser.cookie, None, "it signs nobody in");
    browser.get(&link)?.is(410);
    signed_in.get("/")?.is(401);
    browser.sign_in((ZOE, ZOE_PASSWORD))?.is(401);
    browser.sign_in((ZOE, new))?.leads_to("/");
    world.next_mail(ZOE, "was changed")?;
    Ok(())
}
