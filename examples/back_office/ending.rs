//! What is there after all of it: users, seats, the event log.

use tenure::Listing;
use tenure::desk::Desk;

use crate::tell::say;
use crate::{Result, report};

pub(crate) async fn who_is_there(desk: &Desk) -> Result<()> {
    say("Who is there:");
    for status in ["active", "invited", "inactive"] {
        let listing = Listing::new().status([status]).limit(3).count_up_to(1_000);
        let page = desk.users().list(listing).await?;
        let names: Vec<&str> = page
            .items
            .iter()
            .map(|user| user.profile.display_name.as_str())
            .collect();
        let more = if page.next.is_some() { ", …" } else { "" };
        let count = page.total.unwrap_or(0);
        println!("  {count:>4} {status:<9} {}{more}", names.join(", "));
    }
    Ok(())
}

pub(crate) async fn what_is_billed(desk: &Desk) -> Result<()> {
    let seats = desk.seats().count().await?;
    say(&format!(
        "Seats: {} in use by those who are active, invited, or have a day to start; {} contracted, so {} are billed.",
        seats.used, seats.contract.contracted, seats.billed
    ));
    let states = ["active", "invited", "inactive", "suspended"];
    let users = desk
        .users()
        .list(Listing::new().status(states).limit(1_000))
        .await?
        .items;
    let counted = users.iter().filter(|user| user.takes_seat(true)).count();
    assert_eq!(seats.used as usize, counted, "the counter says what counting says");
    Ok(())
}

pub(crate) async fn what_happened(desk: &Desk) -> Result<()> {
    let (events, names) = (report::events(desk).await?, report::Names::load(desk).await?);
    say(&format!(
        "What happened: {} events, each written in the commit that made it so.",
        events.len()
    ));
    let counts = report::counts(&events);
    for (kind, count) in &counts {
        println!("  {count:>4} × {kind}");
    }
    assert_eq!(counts["employee added"], 241, "the roster and the owner");
    say("The last 15 of them (UTC):");
    for entry in events.iter().rev().take(15).rev() {
        println!("  {}", names.line(&entry.event));
    }
    Ok(())
}
