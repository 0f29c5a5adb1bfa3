//! The queue of mail, where rows of it cannot be read.

use std::sync::Arc;

use tenure::mail::{CourierMode, LinkBase, MemoryMailer};
use tenure::password::HashingParams;
use tenure::testing::ManualClock;
use tenure::{Access, Founding, NewUser, Policy, Tenure};
use time::Duration;

use crate::{client, open};

#[tokio::test(flavor = "multi_thread")]
async fn d7_a_mail_that_cannot_be_read_keeps_no_other_from_leaving() {
    let (_, database) = crate::database!();
    let (mailer, clock) = (Arc::new(MemoryMailer::new()), ManualClock::default());
    let mut policy = Policy::default();
    policy.hashing = HashingParams::weak_for_tests();
    let tenure = Tenure::builder(Arc::new(open(&database.url()).await), mailer.clone())
        .links(LinkBase::new("https://backoffice.example.com").unwrap())
        .courier(CourierMode::Manual)
        .clock(Arc::new(clock.clone()))
        .policy(policy)
        .build()
        .unwrap();
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let tenant = tenure
        .found(Founding::new("Nordwind", owner, "Correct-Horse-7"))
        .await
        .unwrap()
        .tenant;
    let desk = tenure.system(tenant.id, "a test").unwrap();
    for name in ["a", "b", "c"] {
        let user = NewUser::new(name, "Example", format!("{name}@example.com"));
        desk.users().create(user, Access::none().invite()).await.unwrap();
    }
    let host = client(&database.url()).await;
    let damage = "UPDATE tenure_mail SET body = '{\"later\":' || body || '}' WHERE address IN ('a@example.com', 'b@example.com')";
    assert_eq!(host.execute(damage, &[]).await.unwrap(), 2);
    assert_eq!(tenure.courier().deliver_due().await.unwrap().sent, 1);
    assert_eq!(mailer.sent().len(), 1, "c's, though it waited behind the two");
    assert_eq!(
        tenure.courier().deliver_due().await.unwrap().sent,
        0,
        "they are put off"
    );
    // Who can read it sends it when its turn comes again: a newer release, or whoever mended it.
    let mend = "UPDATE tenure_mail SET body = (body::jsonb->'later')::text WHERE address = 'a@example.com'";
    assert_eq!(host.execute(mend, &[]).await.unwrap(), 1);
    clock.advance(Duration::hours(1));
    assert_eq!(tenure.courier().deliver_due().await.unwrap().sent, 1);
    assert_eq!(mailer.sent().len(), 2);
}
