//! What all pages share: the frame, the style sheet, and the escaping of every text.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use tenure::mail::DateFormat;
use tenure::text::TimeZone;
use tenure::{Permission, Place, Principal, Timestamp};

/// Within each page, so that no page makes the browser ask for anything else: such a request would say from which page it
/// comes, and the address of some has a token in it.
const STYLE: &str = include_str!("style.css");

/// What the content security policy names it by, so that no other style is taken.
pub(crate) fn style_hash() -> String {
    format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(STYLE)))
}

/// A page for whoever is not signed in.
pub(crate) fn visitor_page(title: &str, body: &str) -> Html<String> {
    page(
        title,
        "",
        &format!("<main class=\"narrow\"><section>\n{body}</section></main>"),
    )
}

/// Where the pages of the account are.
const ACCOUNT: [(&str, &str); 4] = [
    ("/", "Start"),
    ("/sessions", "Sessions"),
    ("/password", "Password"),
    ("/address", "Address"),
];

/// A page for whoever is signed in, at `path`: links to what they may see, and the way out.
pub(crate) fn account_page(principal: &Principal, path: &str, title: &str, body: &str) -> Html<String> {
    let prices = may_change_prices(principal).then_some(("/prices", "Prices"));
    let link = |(target, label)| {
        let current = if target == path { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{target}\"{current}>{label}</a>\n")
    };
    let links: String = ACCOUNT.into_iter().chain(prices).map(link).collect();
    let header = format!(
        "<header><div><strong>Nordwind</strong>\n{links}<form method=\"post\" action=\"/sign-out\">\
         <button class=\"quiet\">Sign out</button></form></div></header>\n"
    );
    page(title, &header, &format!("<main>\n{body}</main>"))
}

/// A permission of the host's own.
pub(crate) fn may_change_prices(principal: &Principal) -> bool {
    let change = Permission::new("prices.change");
    change.is_ok_and(|change| principal.may(&change, Place::Everywhere))
}

/// A refusal as a page of its own.
pub(crate) fn refusal(why: &str, status: StatusCode) -> Response {
    let body = format!(
        "<h1>Sorry</h1>\n{}<p><a href=\"/\">Back to the start</a></p>\n",
        alert(&sentence(why))
    );
    (status, visitor_page("Sorry", &body)).into_response()
}

/// What went wrong, told at once by programs that read pages aloud.
pub(crate) fn alert(text: &str) -> String {
    format!("<p role=\"alert\">{}</p>\n", escape(text))
}

/// What went well.
pub(crate) fn notice(text: &str) -> String {
    format!("<p role=\"status\">{}</p>\n", escape(text))
}

fn page(title: &str, header: &str, main: &str) -> Html<String> {
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
{header}{main}
</body>
</html>
"#
    ))
}

/// An instant by the clocks of a reader.
pub(crate) fn instant(at: Timestamp, zone: &TimeZone) -> String {
    DateFormat::plain(zone).date_time_zone(at)
}

/// What the library says in the middle of a line, as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}

pub(crate) fn escape(text: &str) -> String {
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
