//! Notices: whoever can be logged in as by others than before, or acted for, is told in the commit that makes it so.

use std::sync::Arc;

use tenure::id::UserId;
use tenure::mail::{links, passwords};
use tenure::model::{DoneBy, Mail, MailKind, QueuedMail, Record};
use tenure::store::Store;
use tenure::testing::{FailingStore, Moment};
use tenure::text::Name;
use tenure::{Access, Error, NewUser, Policy, Provider};
use time::Duration;

use crate::support::{Firm, Picture, World, denied, for_every_store};

for_every_store!(with_providers();
    if10_whose_login_is_linked_changed_or_unlinked_is_told_by_whom,
    if10_who_has_no_account_yet_is_told_nothing,
    d5_a_link_that_fails_half_way_tells_nobody_and_one_that_is_made_tells_once,
);

fn with_providers() -> Policy {
    let mut policy = Policy::default();
    for name in ["Entra", "Okta"] {
        policy.providers.insert(Name::new(name).unwrap(), Provider::new());
    }
    policy
}

/// The mails of a kind that are queued for a user, oldest first.
fn queued(picture: &Picture, firm: &Firm, user: UserId, kind: MailKind) -> Vec<QueuedMail> {
    let records = picture.contents(firm.id()).records.values();
    let mails = records.filter_map(|record| match &record.value {
        Record::Mail(mail) if mail.user == user && mail.mail.kind() == kind => Some(mail.clone()),
        _ => None,
    });
    let mut mails: Vec<_> = mails.collect();
    mails.sort_by_key(|mail| mail.queued_at);
    mails
}

impl World {
    async fn told(&self, firm: &Firm, user: UserId, kind: MailKind) -> Vec<QueuedMail> {
        queued(&self.picture(&[firm.id()]).await, firm, user, kind)
    }
}

async fn if10_whose_login_is_linked_changed_or_unlinked_is_told_by_whom(world: World) {
    let firm = world.found().await;
    let bo = world.administrator(&firm, "Bo").await;
    let zoe = world.administrator(&firm, "Zoe").await.user;
    let host = world.tenure.system(firm.id(), "directory 42").unwrap();
    for (desk, identity) in [
        (&bo.desk, Some(("Entra", "7f3a"))),
        (&host, Some(("Okta", "zoe"))),
        (&bo.desk, Some(("Okta", "eve"))),
        (&bo.desk, Some(("Okta", "eve"))),
        (&bo.desk, None),
    ] {
        match identity {
            Some((provider, subject)) => desk.users().link_identity(zoe.id, provider, subject).await.unwrap(),
            None => desk.users().unlink_identity(zoe.id).await.unwrap(),
        };
        world.advance(Duration::SECOND);
    }
    let told = world.told(&firm, zoe.id, MailKind::IdentityChanged).await;
    assert!(told.iter().all(|mail| mail.to == zoe.address && mail.ticket.is_none()));
    let facts: Vec<_> = told
        .iter()
        .map(|mail| match &mail.mail {
            Mail::IdentityChanged { provider, by, .. } => (provider.as_ref().map(Name::as_str), by.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let by_bo = || DoneBy::Other {
        name: bo.user.profile.display_name.clone(),
    };
    let expected = [
        (Some("Entra"), by_bo()),
        (Some("Okta"), DoneBy::Tenant),
        (Some("Okta"), by_bo()),
        (None, by_bo()),
    ];
    assert_eq!(facts, expected, "each change once, and what changes nothing not at all");

    assert_eq!(world.deliver().await, 4);
    for mail in &told {
        let sent = world.mailer.sent();
        let sent = sent.iter().find(|sent| sent.id == mail.id).unwrap();
        assert!(links(sent).is_empty() && passwords(sent).is_empty());
        assert!(!sent.subject.contains("Bo"), "{}", sent.subject);
        for hidden in ["7f3a", "eve", "directory 42"] {
            assert!(!sent.text().contains(hidden), "{}", sent.text());
        }
    }
    // Where nothing is done, nobody is told: neither whoever may not, nor those whom it would have been done to.
    let refused = zoe_by(&world, &firm).await;
    assert_eq!(denied(refused).code(), "forbidden");
    assert_eq!(world.told(&firm, firm.owner.id, MailKind::IdentityChanged).await, []);
}

/// Somebody without rights links the owner.
async fn zoe_by(world: &World, firm: &Firm) -> Result<tenure::User, Error> {
    let nobody = world.join(&firm.desk, "Nobody", Access::none()).await;
    nobody.desk.users().link_identity(firm.owner.id, "Entra", "eve").await
}

async fn if10_who_has_no_account_yet_is_told_nothing(world: World) {
    let firm = world.found().await;
    let users = firm.desk.users();
    let new = NewUser::new("Pia", "Example", "pia@nordwind.example");
    let pia = users.create(new, Access::none().without_invitation()).await.unwrap().id;
    users.link_identity(pia, "Entra", "7f3a").await.unwrap();
    assert_eq!(world.told(&firm, pia, MailKind::IdentityChanged).await, []);
    users.activate(pia).await.unwrap();
    users.link_identity(pia, "Okta", "pia").await.unwrap();
    assert_eq!(world.told(&firm, pia, MailKind::IdentityChanged).await.len(), 1);
    // Out of use, and still theirs.
    users.disable(pia).await.unwrap();
    users.unlink_identity(pia).await.unwrap();
    assert_eq!(world.told(&firm, pia, MailKind::IdentityChanged).await.len(), 2);
}

async fn d5_a_link_that_fails_half_way_tells_nobody_and_one_that_is_made_tells_once(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await.user.id;
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(failing.clone() as Arc<dyn Store>));
    let users_desk = tenure.system(firm.id(), "directory").unwrap();
    let before = world.picture(&[firm.id()]).await;
    let mut step = 1;
    loop {
        failing.clear();
        failing.fail(step, Moment::Before);
        match users_desk.users().link_identity(zoe, "Entra", "7f3a").await {
            Ok(_) => break,
            Err(Error::Store(_)) => assert_eq!(world.picture(&[firm.id()]).await, before),
            Err(other) => panic!("{other:?}"),
        }
        step += 1;
    }
    assert!(step > 3, "{step}");
    assert_eq!(world.told(&firm, zoe, MailKind::IdentityChanged).await.len(), 1);
}
