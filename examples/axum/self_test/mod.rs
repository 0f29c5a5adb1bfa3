//! The host visits itself: every page, with several browsers, and the ways to be refused. Panics where a page is not what it
//! should be.

mod account;
mod browser;
mod visitors;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use browser::Browser;
use tenure::mail::{Message, links};

use crate::StartResult;
use crate::demo::Terminal;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.6 Mobile/15E148 Safari/604.1";

pub(crate) fn run(address: SocketAddr, terminal: &Arc<Terminal>) -> StartResult<()> {
    let world = World {
        address,
        terminal,
        read: RefCell::default(),
    };
    visitors::sign_in_and_out(&world)?;
    visitors::foreign_forms(&world)?;
    visitors::invitation(&world)?;
    visitors::one_time_password(&world)?;
    visitors::forgotten_password(&world)?;
    account::sessions(&world)?;
    account::password(&world)?;
    account::address(&world)?;
    account::stopped_address(&world)?;
    world.no_mail_is_left();
    println!("The host has visited itself, and every page was as it should be.");
    Ok(())
}

/// The host from outside: its pages, and the mail that it sends.
struct World<'a> {
    address: SocketAddr,
    terminal: &'a Terminal,
    /// How many mails were read of each mailbox.
    read: RefCell<BTreeMap<String, usize>>,
}

impl World<'_> {
    fn browser(&self, user_agent: &'static str) -> Browser {
        Browser::new(self.address, user_agent)
    }

    /// A browser with a session.
    fn signed_in(&self, login: (&str, &str)) -> StartResult<Browser> {
        let mut browser = self.browser(FIREFOX);
        browser.sign_in(login)?.leads_to("/");
        Ok(browser)
    }

    /// The next mail to an address. It leaves in the background, so this waits a little.
    fn next_mail(&self, to: &str, subject: &str) -> StartResult<Message> {
        let read = self.read.borrow().get(to).copied().unwrap_or(0);
        for _ in 0..200 {
            let sent = self.terminal.kept.sent();
            let mut mails = sent.into_iter().filter(|mail| mail.to.as_str() == to);
            if let Some(mail) = mails.nth(read) {
                self.read.borrow_mut().insert(to.to_owned(), read + 1);
                assert!(mail.subject.contains(subject), "“{subject}” in {}", mail.subject);
                return Ok(mail);
            }
            sleep(Duration::from_millis(50));
        }
        Err(format!("no mail to {to} about {subject}").into())
    }

    /// The link in the next mail to an address, as a path of this host, and the token in it.
    fn next_link(&self, to: &str, subject: &str) -> StartResult<(String, String)> {
        let link = links(&self.next_mail(to, subject)?).pop().ok_or("no link")?;
        let path = link.strip_prefix(&format!("http://{}", self.address));
        let path = path.ok_or("a link to elsewhere")?;
        let (_, token) = path.split_once("?token=").ok_or("no token")?;
        Ok((path.to_owned(), token.to_owned()))
    }

    /// Nobody got a mail that this test does not know of.
    fn no_mail_is_left(&self) {
        let read: usize = self.read.borrow().values().sum();
        assert_eq!(self.terminal.kept.sent().len(), read, "{:?}", self.terminal.kept.sent());
    }
}
