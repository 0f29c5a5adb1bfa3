//! Notices: whoever can be logged in as by others than before, or acted for, is told in the commit that makes it so.

use std::sync::Arc;

use tenure::id::UserId;
use tenure::mail::{links, passwords};
use tenure::model::{DoneBy, Mail, MailKind, QueuedMail, Record};
use tenure::store::Store;
use tenure::testing::{FailingStore, Moment};
use tenure::text::Name;
use tenure::{Access, Denied, Error, NewApiKey, NewUser, Policy, Provider, User, permissions};
use time::Duration;

use crate::support::{Firm, Picture, World, denied, for_every_store};

for_every_store!(with_providers();
    if10_whose_login_is_linked_changed_or_unlinked_is_told_by_whom,
    if10_who_has_no_account_yet_is_told_nothing,
    d5_what_fails_half_way_tells_nobody_and_what_is_done_tells_once,
    e6_who_a_key_is_made_for_is_told_its_name_its_end_and_its_maker,
    t1_the_notice_of_a_key_holds_nothing_of_the_key,
    e6_nobody_is_told_of_more_keys_than_the_policy_says,
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
async fn zoe_by(world: &World, firm: &Firm) -> Result<User, Error> {
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

async fn d5_what_fails_half_way_tells_nobody_and_what_is_done_tells_once(world: World) {
    let firm = world.found().await;
    let zoe = world.administrator(&firm, "Zoe").await.user.id;
    let failing = Arc::new(FailingStore::new(world.store.clone()));
    let tenure = world.over(&(failing.clone() as Arc<dyn Store>));
    let desk = tenure.system(firm.id(), "directory").unwrap();
    for kind in [MailKind::ApiKeyCreated, MailKind::IdentityChanged] {
        let before = world.picture(&[firm.id()]).await;
        let mut step = 1;
        loop {
            failing.clear();
            failing.fail(step, Moment::Before);
            let done = if kind == MailKind::ApiKeyCreated {
                desk.api_keys().create(zoe, reading()).await.map(drop)
            } else {
                desk.users().link_identity(zoe, "Entra", "7f3a").await.map(drop)
            };
            match done {
                Ok(()) => break,
                Err(Error::Store(_)) => assert_eq!(world.picture(&[firm.id()]).await, before),
                Err(other) => panic!("{other:?}"),
            }
            step += 1;
        }
        assert!(step > 3, "{kind:?}: {step}");
        assert_eq!(world.told(&firm, zoe, kind).await.len(), 1);
    }
}

fn reading() -> NewApiKey {
    NewApiKey::new("nightly import").permissions([permissions::USERS_READ.as_str()])
}

async fn e6_who_a_key_is_made_for_is_told_its_name_its_end_and_its_maker(world: World) {
    let firm = world.found().await;
    let zoe = world.administrator(&firm, "Zoe").await;
    let host = world.tenure.system(firm.id(), "job 42").unwrap();
    let robot = NewUser::new("Nightly", "Import", "robot@nordwind.example");
    let access = Access::none().and_permission(permissions::USERS_READ);
    let robot = firm.desk.users().create_program(robot, access).await.unwrap();
    let end = world.ahead(Duration::DAY);
    let own = zoe.desk.me().api_keys().create(reading()).await;
    own.unwrap();
    world.advance(Duration::SECOND);
    let by_ada = firm
        .desk
        .api_keys()
        .create(zoe.user.id, reading().expires_at(end))
        .await;
    by_ada.unwrap();
    host.api_keys().create(robot.id, reading()).await.unwrap();

    let told = async |user: &User| {
        let told = world.told(&firm, user.id, MailKind::ApiKeyCreated).await;
        assert!(told.iter().all(|mail| mail.to == user.address && mail.ticket.is_none()));
        let facts = told.into_iter().map(|mail| match mail.mail {
            Mail::ApiKeyCreated {
                key, expires_at, by, ..
            } => (key.unwrap().to_string(), expires_at, by),
            other => panic!("{other:?}"),
        });
        facts.collect::<Vec<_>>()
    };
    let name = || "nightly import".to_owned();
    let ada = DoneBy::Other {
        name: firm.owner.profile.display_name.clone(),
    };
    let expected = [(name(), None, DoneBy::Recipient), (name(), Some(end), ada)];
    assert_eq!(told(&zoe.user).await, expected);
    assert_eq!(told(&robot).await, [(name(), None, DoneBy::Tenant)], "also a program");

    // Refused, nobody is told.
    let nobody = world.join(&firm.desk, "Nobody", Access::none()).await;
    let refused = nobody.desk.api_keys().create(zoe.user.id, reading()).await;
    assert_eq!(denied(refused), Denied::Forbidden);
    assert_eq!(told(&zoe.user).await.len(), 2);
}

async fn t1_the_notice_of_a_key_holds_nothing_of_the_key(world: World) {
    let firm = world.found().await;
    let (key, token) = firm.desk.me().api_keys().create(reading()).await.unwrap();
    let [queued]: [QueuedMail; 1] = world
        .told(&firm, firm.owner.id, MailKind::ApiKeyCreated)
        .await
        .try_into()
        .unwrap();
    assert_eq!(world.deliver().await, 1);
    let sent = world.mail_to(firm.owner.address.as_str());
    assert_eq!(sent.id, queued.id);
    assert!(sent.text().contains("nightly import") && !sent.subject.contains("nightly"));
    assert!(links(&sent).is_empty() && passwords(&sent).is_empty());
    let (_, secret) = token.expose().split_once('_').unwrap();
    let hash = format!("{:?}", key.token);
    let stored = serde_json::to_string(&queued).unwrap();
    for text in [&stored, sent.text(), sent.html(), &format!("{queued:?}")] {
        for hidden in ["tnk_", secret, &secret[..16], &hash] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

async fn e6_nobody_is_told_of_more_keys_than_the_policy_says(world: World) {
    let world = world.with_policy(|policy| policy.api_keys_per_hour = 2);
    let firm = world.found().await;
    let zoe = world.administrator(&firm, "Zoe").await;
    let (own, of_others) = (zoe.desk.me(), firm.desk.api_keys());
    // Made and revoked, over and over: it is the mails that are counted, whoever makes the keys.
    own.api_keys().create(reading()).await.unwrap();
    own.api_keys().revoke_all().await.unwrap();
    of_others.create(zoe.user.id, reading()).await.unwrap();
    of_others.revoke_all(zoe.user.id).await.unwrap();
    let until = world.ahead(Duration::HOUR);
    let before = world.picture(&[firm.id()]).await;
    for refused in [
        denied(own.api_keys().create(reading()).await),
        denied(of_others.create(zoe.user.id, reading()).await),
    ] {
        assert_eq!(refused, Denied::TooManyAttempts { until });
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
    firm.desk.me().api_keys().create(reading()).await.unwrap();
    // The host's own code is not refused.
    let host = world.tenure.system(firm.id(), "set-up").unwrap();
    host.api_keys().create(zoe.user.id, reading()).await.unwrap();
    assert_eq!(world.told(&firm, zoe.user.id, MailKind::ApiKeyCreated).await.len(), 3);
    // Lists tell that there were such mails, and nothing of what they tell.
    let listed = firm.desk.invitations().mails(zoe.user.id).await.unwrap().items;
    let notices = listed.into_iter().filter_map(|mail| match mail.mail {
        Mail::ApiKeyCreated { key, by, .. } => Some((key, by)),
        _ => None,
    });
    assert_eq!(notices.collect::<Vec<_>>(), vec![(None, DoneBy::Untold); 3]);
}
