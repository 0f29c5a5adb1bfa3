//! The register is searched, sorted, and has its supervisors changed.

use std::collections::BTreeMap;

use tenure::desk::Desk;
use tenure::id::EmployeeId;
use tenure::{Employee, Listing, SortBy};

use crate::tell::{item, say};
use crate::{Imported, Result};

/// Case and accents do not count, `*` is any run of characters, and everything else is literal.
pub(crate) async fn somebody_is_looked_for(desk: &Desk) -> Result<()> {
    let typed = "moll* h";
    let found = desk
        .employees()
        .list(Listing::new().search(typed).sort(SortBy::LastName))
        .await?;
    say(&format!("Who types “{typed}” finds:"));
    for employee in &found.items {
        item(&employee.full_name());
    }
    assert!(
        found
            .items
            .iter()
            .any(|employee| employee.full_name() == "Hauke Möllendorff")
    );
    let literal = desk.employees().list(Listing::new().search("m_llendorff")).await?;
    assert!(literal.items.is_empty(), "an underscore is an underscore");
    Ok(())
}

/// From page to page by the cursor that each gives; by last name, in which "Ä" stands near "A".
pub(crate) async fn the_register_is_sorted(desk: &Desk) -> Result<()> {
    let by_name = Listing::new().sort(SortBy::LastName).limit(100).total();
    let (mut names, mut listing): (Vec<String>, _) = (Vec::new(), by_name.clone());
    loop {
        let page = desk.employees().list(listing).await?;
        names.extend(page.items.iter().map(|employee| employee.last_name.to_string()));
        match page.next {
            Some(next) => listing = by_name.clone().after(Some(next)),
            None => break,
        }
    }
    say(&format!(
        "By last name, the {} of the register begin with {} and end with {}.",
        names.len(),
        names[..3].join(", "),
        names[names.len() - 1]
    ));
    assert_eq!(names.len(), 241, "the roster and the owner");
    Ok(())
}

/// Everyone under one reports to another, in one act; and who has the wrong one, singly.
pub(crate) async fn supervisors_change(
    desk: &Desk,
    staff: &BTreeMap<String, Imported>,
    from: &str,
    to: &str,
) -> Result<()> {
    let (from, to) = (&staff[from].employee, &staff[to].employee);
    let (before, already) = (reports(desk, from.id).await?, reports(desk, to.id).await?);
    desk.employees().move_reports(from.id, to.id).await?;
    let (left, after) = (reports(desk, from.id).await?, reports(desk, to.id).await?);
    say(&format!(
        "{} hands the team over to {}: {} people report to somebody else, in one act.",
        from.full_name(),
        to.full_name(),
        before.len()
    ));
    assert_eq!(left.len(), 0);
    assert_eq!(after.len(), already.len() + before.len());
    Ok(())
}

async fn reports(desk: &Desk, of: EmployeeId) -> Result<Vec<Employee>> {
    Ok(desk
        .employees()
        .list(Listing::new().reports_to(of).limit(1_000))
        .await?
        .items)
}
