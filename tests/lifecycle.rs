//! The whole life of an account through the facade.

use std::sync::Arc;

use tenure::mail::{CourierMode, LinkBase, MemoryMailer, links};
use tenure::store::MemoryStore;
use tenure::testing::{ManualClock, SeededRandom};
use tenure::{
    Acceptance, Access, Client, Denied, Founding, Listing, NewEmployee, NewRole, NewUnit, NewUser, Policy, SignIn,
    Suspension, Tenure, Timestamp,
};

const PASSWORD: &str = "Correct-Horse-7";

#[tokio::test]
async fn a_person_goes_from_the_register_to_a_working_login_and_out_again() -> Result<(), Box<dyn std::error::Error>> {
    let mailer = Arc::new(MemoryMailer::new());
    let clock = ManualClock::at(Timestamp::from_unix_micros(1_795_253_400_000_000)?);
    let mut policy = Policy::default();
    policy.hashing = tenure::password::HashingParams::weak_for_tests();
    let tenure = Tenure::builder(Arc::new(MemoryStore::new()), mailer.clone())
        .links(LinkBase::new("https://backoffice.example.com")?)
        .courier(CourierMode::Manual)
        .policy(policy)
        .clock(Arc::new(clock.clone()))
        .random(Arc::new(SeededRandom::new(7)))
        .build()?;
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let founded = tenure.found(Founding::new("Nordwind", owner, PASSWORD)).await?;
    let tenant = founded.tenant.id;
    let client = Client::at("192.0.2.7".parse()?);
    let login = tenure
        .sign_in(SignIn::new(tenant, "ADA@example.com", PASSWORD).client(client.clone()))
        .await?;
    let admin = tenure.authenticate(login.token.expose(), &client).await?;
    let desk = tenure.desk(&admin);

    let berlin = desk.units().add(NewUnit::company("Berlin")).await?.id;
    let clerk = desk
        .roles()
        .add(NewRole::new("Clerk").permissions(["prices.change"]))
        .await?
        .id;
    let employee = desk
        .employees()
        .add(NewEmployee::new("Zoë", "Ärmel").email("zoe@example.com").unit(berlin))
        .await?;
    let user = desk
        .users()
        .create_for(employee.id, Access::role(clerk).within([berlin]))
        .await?;
    assert_eq!(tenure.courier().deliver_due().await?.sent, 1);
    let mail = mailer.last_to(&user.address).expect("a mail");
    let link = links(&mail).remove(0);
    let token = link.rsplit_once('=').expect("a token").1.to_owned();
    let preview = tenure.preview_invitation(&token).await?;
    assert_eq!(preview.user_name, "zoe@example.com");
    let accepted = tenure
        .accept_invitation(&token, Acceptance::new("Zitrone-42-gelb"))
        .await?;
    assert!(accepted.is_active());
    let theirs = tenure
        .sign_in(SignIn::new(tenant, "zoe@example.com", "Zitrone-42-gelb"))
        .await?;
    let zoe = tenure.authenticate(theirs.token.expose(), &Client::unknown()).await?;
    let refused = tenure.desk(&zoe).users().list(Listing::new()).await.unwrap_err();
    assert_eq!(refused.denied(), Some(&Denied::Forbidden));
    assert_eq!(desk.sessions().active(Listing::new()).await?.items.len(), 2);
    assert_eq!(desk.seats().count().await?.used, 2);

    desk.users()
        .suspend(user.id, Suspension::open_ended().because("leave"))
        .await?;
    let gone = tenure
        .authenticate(theirs.token.expose(), &Client::unknown())
        .await
        .unwrap_err();
    assert_eq!(gone.denied(), Some(&Denied::NotSignedIn));
    desk.users().delete(user.id).await?;
    assert_eq!(desk.users().list(Listing::new()).await?.items.len(), 1);
    assert_eq!(desk.seats().count().await?.used, 1);
    tokio::spawn(async move { tenure.settle_due(None).await }).await??;
    Ok(())
}

/// With the same address, login and employee are both taken; what is said is what one can act on.
#[tokio::test]
async fn lo1_a_second_user_for_an_employee_is_refused_as_such() -> Result<(), Box<dyn std::error::Error>> {
    let tenure = Tenure::builder(Arc::new(MemoryStore::new()), Arc::new(MemoryMailer::new()))
        .links(LinkBase::new("https://backoffice.example.com")?)
        .courier(CourierMode::Manual)
        .build()?;
    let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
    let founded = tenure.found(Founding::new("Nordwind", owner, PASSWORD)).await?;
    let desk = tenure.system(founded.tenant.id, "a test")?;
    let zoe = NewEmployee::new("Zoë", "Ärmel").email("zoe@example.com");
    let zoe = desk.employees().add(zoe).await?.id;
    desk.users().create_for(zoe, Access::none()).await?;
    let again = desk.users().create_for(zoe, Access::none()).await.unwrap_err();
    assert_eq!(again.denied(), Some(&Denied::EmployeeHasUser));
    Ok(())
}
