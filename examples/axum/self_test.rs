//! The host visits itself, as a browser would: plain HTTP over TCP, the cookie kept by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::{COOKIE_NAME, LOGIN, StartResult};

/// Walks through the host. Panics where a page is not what it should be.
pub(crate) fn run(address: SocketAddr, invitation: &str) -> StartResult<()> {
    let mut browser = Browser::new(address);
    let path = invitation
        .strip_prefix(&browser.origin)
        .ok_or("a link to elsewhere")?
        .to_owned();

    browser.get("/")?.is(401).shows("<h1>Sign in</h1>");
    browser
        .post("/sign-in", &[("login", LOGIN.0), ("password", "wrong")])?
        .is(401)
        .shows("not right");
    browser
        .post("/sign-in", &[("login", LOGIN.0), ("password", LOGIN.1)])?
        .is(303);
    assert!(browser.cookie.is_some(), "signed in");
    browser.get("/")?.is(200).shows("Hello, Ada Lovelace").shows("this one");
    browser.get("/prices")?.is(200);

    // Another site's form, and one that does not say where it is from.
    let ours = std::mem::replace(&mut browser.origin, "https://evil.example".to_owned());
    browser.post("/sign-out", &[])?.is(403);
    browser.origin = ours;
    browser.get("/")?.is(200);

    let stolen = browser.cookie.clone();
    browser.post("/sign-out", &[])?.is(303);
    assert_eq!(browser.cookie, None, "signed out");
    browser.cookie = stolen;
    browser.get("/")?.is(401).shows("<h1>Sign in</h1>");
    browser.cookie = None;

    let (_, token) = path.split_once("token=").ok_or("no token")?;
    browser.get("/invitation?token=nonsense")?.is(404);
    browser.get(&path)?.is(200).shows("Welcome, Zoë Ärmel");
    browser.get(&path)?.is(200);
    browser
        .post("/invitation", &[("token", token), ("password", "zoe")])?
        .is(422)
        .shows("needs a digit");
    browser
        .post("/invitation", &[("token", token), ("password", "Zitrone-42-gelb")])?
        .is(303);
    browser.get(&path)?.is(410).shows("already accepted");
    browser
        .post(
            "/sign-in",
            &[("login", "ZOE@nordwind.example"), ("password", "Zitrone-42-gelb")],
        )?
        .is(303);
    browser.get("/")?.is(200).shows("Hello, Zoë Ärmel");
    browser.get("/prices")?.is(403).shows("Not allowed.");
    println!("The host has visited itself, and every page was as it should be.");
    Ok(())
}

struct Browser {
    address: SocketAddr,
    origin: String,
    cookie: Option<String>,
}

impl Browser {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            origin: format!("http://{address}"),
            cookie: None,
        }
    }

    fn get(&mut self, path: &str) -> StartResult<Answer> {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) -> StartResult<Answer> {
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let form = form.join("&");
        let head = format!(
            "POST {path} HTTP/1.1\r\nOrigin: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            self.origin
        );
        self.ask(&head, &form)
    }

    fn ask(&mut self, head: &str, body: &str) -> StartResult<Answer> {
        let cookie = self
            .cookie
            .as_ref()
            .map(|token| format!("Cookie: a=b; {COOKIE_NAME}={token}\r\n"));
        let request = format!(
            "{head}Host: {}\r\nUser-Agent: self-test\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.address,
            cookie.unwrap_or_default(),
            body.len()
        );
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let answer = Answer::of(text)?;
        if let Some(cookie) = answer.header("set-cookie") {
            for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(cookie.contains(part), "{part} in {cookie}");
            }
            let token = cookie
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
                .map(|(_, token)| token);
            self.cookie = token.filter(|token| !token.is_empty()).map(str::to_owned);
        }
        Ok(answer)
    }
}

struct Answer {
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

    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    fn shows(self, what: &str) -> Self {
        assert!(self.text.contains(what), "“{what}” in {}", self.text);
        self
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
