//! As a browser would: plain HTTP over TCP, the cookie kept by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::StartResult;
use crate::guard::COOKIE_NAME;

pub(super) struct Browser {
    address: SocketAddr,
    user_agent: &'static str,
    /// Where its forms say they are from; nothing, where it is empty.
    pub(super) origin: String,
    pub(super) cookie: Option<String>,
}

impl Browser {
    pub(super) fn new(address: SocketAddr, user_agent: &'static str) -> Self {
        Self {
            address,
            user_agent,
            origin: format!("http://{address}"),
            cookie: None,
        }
    }

    pub(super) fn get(&mut self, path: &str) -> StartResult<Answer> {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    pub(super) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> StartResult<Answer> {
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let form = form.join("&");
        let origin = match self.origin.as_str() {
            "" => String::new(),
            origin => format!("Origin: {origin}\r\n"),
        };
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let head = format!("POST {path} HTTP/1.1\r\n{origin}{kind}\r\n");
        self.ask(&head, &form)
    }

    pub(super) fn sign_in(&mut self, (login, password): (&str, &str)) -> StartResult<Answer> {
        self.post("/sign-in", &[("login", login), ("password", password)])
    }

    fn ask(&mut self, head: &str, body: &str) -> StartResult<Answer> {
        let cookie = self
            .cookie
            .as_ref()
            .map(|token| format!("Cookie: a=b; {COOKIE_NAME}={token}\r\n"));
        let request = format!(
            "{head}Host: {}\r\nUser-Agent: {}\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.user_agent,
            cookie.unwrap_or_default(),
            body.len()
        );
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let answer = Answer::of(text)?;
        answer.is_hardened();
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = kept(cookie);
        }
        Ok(answer)
    }
}

/// The cookie as the browser keeps it, if it does.
fn kept(cookie: &str) -> Option<String> {
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let (pair, _) = cookie.split_once(';')?;
    let (name, token) = pair.split_once('=')?;
    assert_eq!(name, COOKIE_NAME);
    (!token.is_empty()).then(|| token.to_owned())
}

pub(super) struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    fn of(text: String) -> StartResult<Self> {
        let status = text.split(' ').nth(1).ok_or("no status")?.parse()?;
        Ok(Self { status, text })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.text.split("\r\n\r\n").next()?;
        let mut headers = headers.lines().filter_map(|line| line.split_once(": "));
        headers.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
    }

    /// What every answer says, refusals among them.
    fn is_hardened(&self) {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(self.header(name), Some(value), "{name} in {}", self.text);
        }
        let policy = self.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let inline = ["<script", " style=", " onclick=", "<img"];
        assert!(!inline.iter().any(|found| self.text.contains(found)), "{}", self.text);
    }

    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub(super) fn shows(self, what: &str) -> Self {
        assert!(self.text.contains(what), "“{what}” in {}", self.text);
        self
    }

    pub(super) fn hides(self, what: &str) -> Self {
        assert!(!self.text.contains(what), "no “{what}” in {}", self.text);
        self
    }

    /// What is wrong with a field stands beside it: in the list that the field names.
    pub(super) fn marks(self, field: &str, what: &str) -> Self {
        let list = format!("<ul class=\"wrong\" id=\"{field}-wrong\">");
        let (_, rest) = self.text.split_once(&list).unwrap_or_default();
        let (items, _) = rest.split_once("</ul>").unwrap_or_default();
        assert!(items.contains(what), "“{what}” beside {field} in {}", self.text);
        self
    }

    pub(super) fn leads_to(self, path: &str) -> Self {
        assert_eq!(
            (self.status, self.header("location")),
            (303, Some(path)),
            "{}",
            self.text
        );
        self
    }

    pub(super) fn is_locked(&self) -> bool {
        self.status == 429
    }

    /// What the answer gives away: everything but the time.
    pub(super) fn without_date(&self) -> Vec<&str> {
        self.text.lines().filter(|line| !line.starts_with("date: ")).collect()
    }

    /// The values of the fields of this name.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let start = format!("name=\"{name}\" value=\"");
        let values = self.text.split(&start).skip(1);
        values.filter_map(|rest| rest.split('"').next()).collect()
    }
}

/// Every byte but the plainest as `%41`.
fn encode(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let encode = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    value.bytes().map(encode).collect()
}
