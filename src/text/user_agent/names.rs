//! Which browser and which system a `User-Agent` speaks of. Nearly all of them claim to be most of the others too, so the
//! tables are in order: the first row that is in the text wins.

/// Product names, and the browser that they give away.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("EdgiOS", "Edge"),
    ("Edge", "Edge"),
    ("OPR", "Opera"),
    ("OPiOS", "Opera"),
    ("OPT", "Opera"),
    ("OPX", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("YaBrowser", "Yandex Browser"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("Ddg", "DuckDuckGo"),
    ("Epiphany", "GNOME Web"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("HeadlessChrome", "Chrome"),
    ("Chrome", "Chrome"),
    ("Trident", "Internet Explorer"),
    ("MSIE", "Internet Explorer"),
    ("WindowsPowerShell", "PowerShell"),
    ("PowerShell", "PowerShell"),
];

/// Words for systems. A Windows phone says that it is Android and an iPhone; an iPhone, that it is like a Mac; Android,
/// that it is Linux.
const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("iPad", "iPadOS"),
    ("iPadOS", "iPadOS"),
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("iOS", "iOS"),
    ("Android", "Android"),
    ("Macintosh", "macOS"),
    ("macOS", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
    ("X11", "Linux"),
];

pub(super) fn system(text: &str) -> Option<&'static str> {
    first_row(SYSTEMS, text)
}

/// The browser by its name, or what a program or robot calls itself.
pub(super) fn browser(text: &str) -> Option<&str> {
    robot(text)
        .or_else(|| first_row(BROWSERS, text))
        .or_else(|| safari(text))
        .or_else(|| program(text))
}

fn first_row(rows: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    let (_, name) = rows.iter().find(|(word, _)| words(text).any(|said| said == *word))?;
    Some(name)
}

/// The words of a text, without the version behind a product.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ';', '(', ')', ','])
        .map(|word| word.split_once('/').map_or(word, |(product, _)| product))
}

/// Apple's own browser has a version beside `Safari`, which all others copied from it. Without a system of Apple's it
/// is an old browser of Android, or the engine alone.
fn safari(text: &str) -> Option<&'static str> {
    let says = |wanted: &str| words(text).any(|word| word == wanted);
    let apples = matches!(system(text), Some("macOS" | "iOS" | "iPadOS"));
    (apples && says("Safari") && says("Version")).then_some("Safari")
}

/// `(compatible; Googlebot/2.1; …)`. Old versions of Internet Explorer said `compatible` too.
fn robot(text: &str) -> Option<&str> {
    let (_, claim) = text.split_once("compatible; ")?;
    product(claim).filter(|name| *name != "MSIE")
}

/// A program's own name stands first, unless it says that it is `Mozilla`.
fn program(text: &str) -> Option<&str> {
    product(text).filter(|name| *name != "Mozilla")
}

/// The product that a text begins with: a token in the sense of RFC 9110, with or without a version.
fn product(text: &str) -> Option<&str> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let ends = rest.is_empty() || rest.starts_with(['/', ' ', ';', ')']);
    (ends && name.contains(|c: char| c.is_ascii_alphanumeric())).then_some(name)
}

#[cfg(test)]
mod tests;
