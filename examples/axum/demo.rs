//! The company that the example shows, and its mail, which goes to the terminal.

use std::sync::Arc;

use async_trait::async_trait;
use tenure::mail::{CourierMode, LinkBase, MailError, Mailer, MemoryMailer, Message};
use tenure::store::MemoryStore;
use tenure::{Access, Founding, NewEmployee, NewRole, NewUser, Policy, Tenure};

use crate::StartResult;

/// The owner, who may do everything.
pub(crate) const ADA: (&str, &str) = ("ada@nordwind.example", "Correct-Horse-7");
/// A clerk, who is invited.
pub(crate) const ZOE: &str = "zoe@nordwind.example";
/// Another, who gets a password that is good for one login.
pub(crate) const KOFI: &str = "kofi@nordwind.example";

/// Opens a company with an owner and two clerks. A real host opens a `SqliteStore` or `PostgresStore`, and founds its tenant
/// when somebody signs up.
pub(crate) async fn open(origin: &str, terminal: Arc<Terminal>) -> StartResult<Tenure> {
    let mut policy = Policy::default();
    policy.one_time_passwords = true;
    let tenure = Tenure::builder(Arc::new(MemoryStore::new()), terminal)
        // The pages that mails lead to are below it: see `LinkBase` for their paths.
        .links(LinkBase::new(origin)?)
        // Mail is queued with what it tells of, and leaves in the background: no request waits for it, and nobody can tell
        // from how long an answer takes whether there was anything to send.
        .courier(CourierMode::Spawn)
        .policy(policy)
        .build()?;
    let owner = NewUser::new("Ada", "Lovelace", ADA.0).time_zone("Europe/London");
    let company = tenure.single_tenant();
    company.found(Founding::new("Nordwind", owner, ADA.1)).await?;
    hire(&tenure).await?;
    Ok(tenure)
}

async fn hire(tenure: &Tenure) -> StartResult<()> {
    let desk = tenure.single_tenant().system("the demonstration")?;
    let clerk = NewRole::new("Clerk").permissions(["orders.read"]);
    let clerk = Access::role(desk.roles().add(clerk).await?.id);

    let zoe = NewEmployee::new("Zoë", "Ärmel").email(ZOE);
    let zoe = desk.employees().add(zoe).await?;
    let message = "Welcome to the team!\nYour desk is by the window.";
    desk.users()
        .create_for(zoe.id, clerk.clone().invite().message(message))
        .await?;

    let kofi = NewUser::new("Kofi", "Mensah", KOFI);
    let kofi = desk.users().create(kofi, clerk.without_invitation()).await?;
    desk.users().activate(kofi.id).await?;
    desk.users().send_one_time_password(kofi.id).await?;
    Ok(())
}

/// A mailer that prints what it is given. This is all there is to one: a real one hands the message to a mail server, and
/// says whether that took it.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    quiet: bool,
    /// For the self test.
    pub(crate) kept: MemoryMailer,
}

impl Terminal {
    /// One that prints nothing.
    pub(crate) fn quiet(quiet: bool) -> Arc<Self> {
        Arc::new(Self {
            quiet,
            ..Self::default()
        })
    }
}

#[async_trait]
impl Mailer for Terminal {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        self.kept.send(message).await?;
        if !self.quiet {
            println!("\n┌ Mail to {}: {}", message.to, message.subject);
            for line in message.text().lines() {
                println!("│ {line}");
            }
        }
        Ok(())
    }

    async fn ready(&self) -> Result<(), MailError> {
        Ok(())
    }
}
