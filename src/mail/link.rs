//! Links in mails: built from the configured base and from nothing else (T7).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use secrecy::SecretString;

use crate::model::TicketPurpose;
use crate::secret::Token;

/// Where the host's pages are, such as `https://backoffice.example.com/app`. Every link in a mail begins with it; no value
/// of a request ever reaches a link (T7).
///
/// | mail | link | page of the host |
/// |---|---|---|
/// | invitation | `{base}/invitation?token=…` | preview, then accept |
/// | reset | `{base}/reset?token=…` | ask for the new password |
/// | confirmation of an address | `{base}/confirm-address?token=…` | confirm |
/// | stop of a change of address | `{base}/stop-change?token=…` | stop |
/// | one-time password | `{base}/sign-in` | log in; the password is typed |
///
/// The token is a query parameter, so that a route is one fixed path and a page can drop it from the address bar. It is
/// not in the fragment, which would need a script to be read. What it costs: the token stands in the access log of whatever
/// serves the page. A token is good for one use; still, leave the query out of that log, and serve the page with
/// `Referrer-Policy: same-origin`, so that no other site sees it. (`no-referrer` also makes browsers send `Origin: null` with
/// the page's own form, which a check against forged requests refuses.)
///
/// ```
/// # use tenure::mail::{LinkBase, LinkBaseError};
/// assert!(LinkBase::new("https://backoffice.example.com/app").is_ok());
/// assert!(LinkBase::new("http://localhost:8080").is_ok());
/// assert_eq!(LinkBase::new("http://backoffice.example.com"), Err(LinkBaseError::NotHttps));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkBase(String);

/// Why a text is not a base for links. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkBaseError {
    /// Longer than [`LinkBase::MAX_BYTES`].
    #[error("the base of links is longer than {} bytes", LinkBase::MAX_BYTES)]
    TooLong,
    /// A control character, a blank, or one beyond ASCII: write the host as `xn--…` and the path in percent encoding.
    #[error("the base of links has a character that is not allowed")]
    ForbiddenCharacter,
    /// It begins with neither `https://` nor `http://`.
    #[error("the base of links does not begin with https://")]
    NotAUrl,
    /// `http://`, and the host is not this machine.
    #[error("the base of links does not begin with https://, as it must unless the host is this machine")]
    NotHttps,
    /// It names a user (`user@host`).
    #[error("the base of links names a user")]
    UserInfo,
    /// The host is missing or is no name, IPv4 address or bracketed IPv6 address.
    #[error("the base of links has no valid host")]
    Host,
    /// The port is no number between 1 and 65535.
    #[error("the base of links has no valid port")]
    Port,
    /// The path has an empty segment, a `.` or `..`, or a character that is neither unreserved nor percent-encoded.
    #[error("the base of links has no valid path")]
    Path,
    /// It has a query (`?…`) or a fragment (`#…`).
    #[error("the base of links has a query or a fragment")]
    QueryOrFragment,
}

impl LinkBase {
    /// The limit, in bytes.
    pub const MAX_BYTES: usize = 1_000;

    /// Parses a base. A slash at its end makes no difference.
    ///
    /// `http` is allowed where the host is this machine only: `localhost`, `127.0.0.0/8` and `[::1]`.
    ///
    /// # Errors
    /// A [`LinkBaseError`] that says which rule was broken.
    pub fn new(base: impl AsRef<str>) -> Result<Self, LinkBaseError> {
        let base = base.as_ref();
        if base.len() > Self::MAX_BYTES {
            return Err(LinkBaseError::TooLong);
        }
        if !base.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(LinkBaseError::ForbiddenCharacter);
        }
        if base.contains(['?', '#']) {
            return Err(LinkBaseError::QueryOrFragment);
        }
        let (secure, rest) = scheme(base).ok_or(LinkBaseError::NotAUrl)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = Host::parse(authority)?;
        check_path(path)?;
        if secure || host.is_loopback() {
            Ok(Self(base.trim_end_matches('/').to_owned()))
        } else {
            Err(LinkBaseError::NotHttps)
        }
    }

    /// The base, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below the base of the page that takes links for this purpose. Mount the host's routes at it.
    pub const fn path(purpose: TicketPurpose) -> &'static str {
        match purpose {
            TicketPurpose::Invitation => "/invitation",
            TicketPurpose::Reset => "/reset",
            TicketPurpose::ConfirmAddress => "/confirm-address",
            TicketPurpose::StopChange => "/stop-change",
            TicketPurpose::OneTimePassword => "/sign-in",
        }
    }

    /// The link that carries `token`. It is as good as the token, so it is as secret.
    pub fn link(&self, purpose: TicketPurpose, token: &Token) -> SecretString {
        [&self.0, Self::path(purpose), "?token=", token.expose()]
            .concat()
            .into()
    }
}

impl LinkBase {
    /// The page to log in at. It carries nothing.
    pub fn sign_in(&self) -> String {
        [&self.0, Self::path(TicketPurpose::OneTimePassword)].concat()
    }
}

impl fmt::Display for LinkBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for LinkBase {
    type Err = LinkBaseError;

    fn from_str(text: &str) -> Result<Self, LinkBaseError> {
        Self::new(text)
    }
}

/// Whether it is `https`, and what follows the scheme.
fn scheme(base: &str) -> Option<(bool, &str)> {
    let secure = base.strip_prefix("https://").map(|rest| (true, rest));
    secure.or_else(|| base.strip_prefix("http://").map(|rest| (false, rest)))
}

enum Host<'a> {
    Name(&'a str),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    fn parse(authority: &'a str) -> Result<Self, LinkBaseError> {
        if authority.contains('@') {
            return Err(LinkBaseError::UserInfo);
        }
        if let Some(bracketed) = authority.strip_prefix('[') {
            let (address, port) = bracketed.split_once(']').ok_or(LinkBaseError::Host)?;
            check_port(port)?;
            return address.parse().map(Self::V6).map_err(|_| LinkBaseError::Host);
        }
        let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        check_port(port)?;
        if is_numeric(host) {
            return host.parse().map(Self::V4).map_err(|_| LinkBaseError::Host);
        }
        if host.len() <= 253 && host.split('.').all(is_label) {
            Ok(Self::Name(host))
        } else {
            Err(LinkBaseError::Host)
        }
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }
}

/// Whether browsers read it as an IPv4 address: its last label is a number (`127.1`, `0x7f.1`, `2130706433`). Only the
/// plain form is taken.
fn is_numeric(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal = last.starts_with("0x") || last.starts_with("0X");
    decimal || hexadecimal
}

fn is_label(label: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(alphanumeric)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Nothing, or a colon and a number without leading zeros.
fn check_port(text: &str) -> Result<(), LinkBaseError> {
    if text.is_empty() {
        return Ok(());
    }
    let digits = text.strip_prefix(':').ok_or(LinkBaseError::Host)?;
    match digits.parse::<u16>() {
        Ok(port) if port != 0 && port.to_string() == digits => Ok(()),
        _ => Err(LinkBaseError::Port),
    }
}

fn check_path(path: &str) -> Result<(), LinkBaseError> {
    let path = path.strip_suffix('/').unwrap_or(path);
    // The first piece is what stands before the first slash: nothing.
    if path.split('/').skip(1).all(is_segment) {
        Ok(())
    } else {
        Err(LinkBaseError::Path)
    }
}

fn is_segment(segment: &str) -> bool {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || b"-._~".contains(&byte),
        };
        if !allowed {
            return false;
        }
    }
    !matches!(segment, "" | "." | "..")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;
    use uuid::Uuid;

    use super::*;
    use crate::secret::OsRandom;

    #[test]
    fn t7_bases_are_taken_as_they_are_configured() {
        for (given, kept) in [
            ("https://backoffice.example.com", "https://backoffice.example.com"),
            ("https://backoffice.example.com/", "https://backoffice.example.com"),
            (
                "https://backoffice.example.com/app",
                "https://backoffice.example.com/app",
            ),
            (
                "https://b.example.com/a/b-c_d~e.f/%C3%BC/",
                "https://b.example.com/a/b-c_d~e.f/%C3%BC",
            ),
            ("https://b.example.com:8443/app", "https://b.example.com:8443/app"),
            ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
            ("https://intranet", "https://intranet"),
            ("https://192.0.2.7", "https://192.0.2.7"),
            ("https://[2001:db8::1]:8443/app", "https://[2001:db8::1]:8443/app"),
        ] {
            assert_eq!(LinkBase::new(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn t7_http_is_for_this_machine_only() {
        for base in [
            "http://localhost",
            "http://LOCALHOST:8080/app",
            "http://127.0.0.1:8080",
            "http://127.200.0.3",
            "http://[::1]:3000",
        ] {
            assert!(LinkBase::new(base).is_ok(), "{base}");
        }
        for base in [
            "http://backoffice.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://10.0.0.1",
            "http://[::]",
            "http://[2001:db8::1]",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert_eq!(LinkBase::new(base), Err(LinkBaseError::NotHttps), "{base}");
        }
    }

    #[test]
    fn t7_everything_else_is_refused_with_the_reason() {
        use LinkBaseError::{ForbiddenCharacter, Host, NotAUrl, Path, Port, QueryOrFragment, UserInfo};
        for (base, error) in [
            ("", NotAUrl),
            ("backoffice.example.com", NotAUrl),
            ("//backoffice.example.com", NotAUrl),
            ("ftp://backoffice.example.com", NotAUrl),
            ("javascript:alert(1)//https://x", NotAUrl),
            ("https:/backoffice.example.com", NotAUrl),
            ("https://", Host),
            ("https:///app", Host),
            ("https://:443", Host),
            ("https://a..example", Host),
            ("https://a.example.", Host),
            ("https://-a.example", Host),
            ("https://a_b.example", Host),
            ("https://a\\b.example", Host),
            ("https://127.1", Host),
            ("https://010.0.0.1", Host),
            ("https://2130706433", Host),
            ("https://0x7f.0x1", Host),
            ("https://[::1", Host),
            ("https://[::1]x", Host),
            ("https://[fe80::1%25eth0]", Host),
            ("https://user@a.example", UserInfo),
            ("https://user:secret@a.example", UserInfo),
            ("https://a.example:", Port),
            ("https://a.example:0", Port),
            ("https://a.example:080", Port),
            ("https://a.example:+80", Port),
            ("https://a.example:65536", Port),
            ("https://a.example:80:80", Port),
            ("https://a.example//app", Path),
            ("https://a.example/app//", Path),
            ("https://a.example/../app", Path),
            ("https://a.example/./app", Path),
            ("https://a.example/%2", Path),
            ("https://a.example/%zz", Path),
            ("https://a.example/\"onload=", Path),
            ("https://a.example/<b>", Path),
            ("https://a.example/a\\b", Path),
            ("https://a.example/@evil", Path),
            ("https://a.example?x", QueryOrFragment),
            ("https://a.example/#x", QueryOrFragment),
            ("https://a.example/ app", ForbiddenCharacter),
            (" https://a.example", ForbiddenCharacter),
            ("https://a.example\r\nBcc: eve@example.org", ForbiddenCharacter),
            ("https://a.example/\0", ForbiddenCharacter),
            ("https://müller.example", ForbiddenCharacter),
        ] {
            assert_eq!(LinkBase::new(base), Err(error), "{base:?}");
        }
    }

    #[test]
    fn t7_the_longest_base_has_1000_bytes() {
        let base = |path: usize| format!("https://a.example/{}", "a".repeat(path));
        assert!(LinkBase::new(base(LinkBase::MAX_BYTES - 18)).is_ok());
        assert_eq!(
            LinkBase::new(base(LinkBase::MAX_BYTES - 17)),
            Err(LinkBaseError::TooLong)
        );
    }

    #[test]
    fn t7_a_link_is_the_base_the_page_and_the_token() {
        let base = LinkBase::new("https://backoffice.example.com/app/").unwrap();
        for (purpose, page) in [
            (TicketPurpose::Invitation, "invitation"),
            (TicketPurpose::Reset, "reset"),
            (TicketPurpose::ConfirmAddress, "confirm-address"),
            (TicketPurpose::StopChange, "stop-change"),
        ] {
            let token = Token::mint(purpose.token().unwrap(), Uuid::nil(), &OsRandom).unwrap();
            let expected = format!("https://backoffice.example.com/app/{page}?token={}", token.expose());
            assert_eq!(base.link(purpose, &token).expose_secret(), expected);
            assert!(!format!("{base:?}{:?}", base.link(purpose, &token)).contains(token.expose()));
        }
        assert_eq!(base.sign_in(), "https://backoffice.example.com/app/sign-in");
    }

    proptest! {
        #[test]
        fn t7_whatever_passes_can_stand_in_text_and_markup(rest in "[a-z0-9.:/@%?#\\[\\]\"'<>& \r\n\\\\é-]{0,24}") {
            if let Ok(base) = LinkBase::new(format!("https://{rest}")) {
                let safe = |c: char| c.is_ascii_alphanumeric() || "-._~%/:[]".contains(c);
                prop_assert!(base.as_str().chars().all(safe));
                prop_assert_eq!(LinkBase::new(base.as_str()), Ok(base));
            }
        }
    }
}
