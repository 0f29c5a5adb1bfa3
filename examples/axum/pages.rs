//! The pages: HTML by hand, every text escaped.

use std::fmt::Write;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use tenure::{Denied, InvitationPreview, Principal, Problem, Session, Timestamp};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --accent: #1f4fa3 }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif }
main { box-sizing: border-box; max-width: 44rem; margin: 3rem auto; padding: 0 1.5rem }
main.narrow { max-width: 25rem }
h1 { font-size: 1.6rem; margin: 0 0 1rem }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600 }
input { box-sizing: border-box; width: 100%; padding: .6rem .7rem; font: inherit; border: 1px solid #8888; border-radius: 6px }
button { margin-top: 1.25rem; padding: .6rem 1.2rem; font: inherit; border: 0; border-radius: 6px; background: var(--accent);
  color: #fff; cursor: pointer }
button.quiet, td:first-child { white-space: nowrap }
button.quiet { background: none; color: inherit; border: 1px solid #8888 }
:focus-visible { outline: 3px solid #6ea8fe; outline-offset: 2px }
[role=alert] { padding: .7rem 1rem; border-left: 4px solid #c62828; background: #c6282818; border-radius: 0 6px 6px 0 }
[role=alert] ul { margin: 0; padding-left: 1.2rem }
.hint { color: #777; font-size: .9rem }
.table { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
header { display: flex; justify-content: space-between; align-items: start; gap: 1rem }
header button { margin: 0 }
";

pub(crate) fn sign_in(login: &str, problem: Option<&str>) -> Html<String> {
    // The cursor stands where something is to be typed.
    let (first, second) = if login.is_empty() {
        (" autofocus", "")
    } else {
        ("", " autofocus")
    };
    page(
        "Sign in",
        "narrow",
        &format!(
            r#"<h1>Sign in</h1>
{}<form method="post" action="/sign-in">
<label for="login">User name or e-mail</label>
<input id="login" name="login" value="{}" autocomplete="username" autocapitalize="none" spellcheck="false" required{first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{second}>
<button>Sign in</button>
</form>
"#,
            alert(problem.map(escape).as_deref()),
            escape(login),
        ),
    )
}

pub(crate) fn home(principal: &Principal, sessions: &[Session]) -> Html<String> {
    let mut rows = String::new();
    for session in sessions {
        let client = &session.client;
        let program = client.user_agent.as_ref().map_or("unknown", |program| program.as_str());
        let address = client.address.map(|address| address.to_string()).unwrap_or_default();
        let this = if principal.session() == Some(session.id) {
            "this one"
        } else {
            ""
        };
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{this}</td></tr>",
            minute(session.started_at),
            escape(&address),
            escape(program)
        );
    }
    page(
        "Back office",
        "",
        &format!(
            r#"<header><h1>Hello, {}</h1><form method="post" action="/sign-out"><button class="quiet">Sign out</button></form></header>
<p>You signed in on {}. Your role decides what you see: <a href="/prices">price list</a>.</p>
<h2>Where you are signed in</h2>
<div class="table"><table>
<thead><tr><th scope="col">Since</th><th scope="col">From</th><th scope="col">With</th><td></td></tr></thead>
<tbody>
{rows}</tbody>
</table></div>
<form method="post" action="/sign-out-elsewhere"><button class="quiet">Sign out everywhere else</button></form>
"#,
            escape(principal.display_name().as_str()),
            principal.signed_in_at().map(minute).unwrap_or_default(),
        ),
    )
}

pub(crate) fn prices() -> Html<String> {
    page(
        "Price list",
        "",
        "<h1>Price list</h1>\n<p>Whoever sees this may change prices.</p>\n<p><a href=\"/\">Back</a></p>\n",
    )
}

/// What an invitation offers. `token` goes along in the form, so that accepting is a POST of its own.
pub(crate) fn invitation(offer: &InvitationPreview, token: &str, denied: Option<&Denied>) -> Html<String> {
    let message = offer.message.as_ref().map(|message| {
        let message = escape(message.as_str());
        format!("<blockquote dir=\"auto\" style=\"white-space:pre-wrap\">{message}</blockquote>\n")
    });
    page(
        "Your invitation",
        "narrow",
        &format!(
            r#"<h1>Welcome, {}</h1>
<p>{} invites you to its back office. You will sign in as <strong>{}</strong>.</p>
{}{}<form method="post" action="/invitation">
<input type="hidden" name="token" value="{}">
<input type="hidden" name="login" value="{}" autocomplete="username">
<label for="password">Choose a password</label>
<input id="password" name="password" type="password" autocomplete="new-password" aria-describedby="rules" required autofocus>
<p class="hint" id="rules">At least 8 characters, with upper and lower case, a digit and a special character.</p>
<button>Accept the invitation</button>
</form>
<p class="hint">You can accept until {}.</p>
"#,
            escape(offer.profile.display_name.as_str()),
            escape(offer.tenant.as_str()),
            escape(&offer.user_name),
            message.unwrap_or_default(),
            alert(denied.map(problems).as_deref()),
            escape(token),
            escape(&offer.user_name),
            minute(offer.expires_at),
        ),
    )
}

/// A refusal as a page of its own.
pub(crate) fn refusal(why: &str, status: StatusCode) -> Response {
    let mut sentence = why.trim_end_matches('.').to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let why = escape(&format!("{sentence}."));
    let body = format!(
        "<h1>Sorry</h1>\n{}<p><a href=\"/\">Back to the start</a></p>\n",
        alert(Some(&why))
    );
    (status, page("Sorry", "narrow", &body)).into_response()
}

/// Everything that is wrong, at once.
fn problems(denied: &Denied) -> String {
    let Denied::Invalid { fields } = denied else {
        return escape(&denied.to_string());
    };
    let sentences = fields.iter().flat_map(|wrong| match &wrong.problem {
        Problem::Password(rules) => rules.iter().map(ToString::to_string).collect(),
        _ => vec![wrong.to_string()],
    });
    let items: Vec<String> = sentences
        .map(|sentence| format!("<li>{}</li>", escape(&sentence)))
        .collect();
    format!("<ul>{}</ul>", items.concat())
}

fn alert(html: Option<&str>) -> String {
    html.map(|html| format!("<div role=\"alert\">{html}</div>\n"))
        .unwrap_or_default()
}

fn page(title: &str, class: &str, body: &str) -> Html<String> {
    Html(format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Nordwind</title>
<style>{STYLE}</style>
</head>
<body>
<main class="{class}">
{body}</main>
</body>
</html>
"#
    ))
}

fn minute(at: Timestamp) -> String {
    let at = at.to_offset_date_time();
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
