//! The first ten minutes: a company signs up, imports its 240 employees, and takes one of them from the register to a
//! working login, through a lockout and a forgotten password, and out again.
//!
//! ```sh
//! cargo run --example back_office
//! ```
//!
//! Nothing has to be set up: the database and the mails go to a fresh folder among the temporary files, which stays there
//! to be looked at. `main` is the story; what the first steps take stands below it, in the same order, and the later ones in
//! `back_office/`. Every claim is checked: where one does not hold, the example panics.

#[path = "back_office/eml.rs"]
mod eml;
#[path = "back_office/ending.rs"]
mod ending;
#[path = "back_office/forgotten.rs"]
mod forgotten;
#[path = "back_office/guesses.rs"]
mod guesses;
#[path = "back_office/login.rs"]
mod login;
#[path = "back_office/mailbox.rs"]
mod mailbox;
#[path = "back_office/register.rs"]
mod register;
#[path = "back_office/report.rs"]
mod report;
#[path = "back_office/takeover.rs"]
mod takeover;
#[path = "back_office/tell.rs"]
mod tell;
#[path = "back_office/work.rs"]
mod work;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ending::{what_happened, what_is_billed, who_is_there};
use forgotten::{he_asks_for_a_new_one, he_sets_a_new_one};
use guesses::{the_account_locks, the_lock_ends_by_itself, the_owner_ends_a_lock};
use login::{office, phone, sign_in, what_he_may_do, what_he_may_not_do, who_is_logged_in, why_not};
use mailbox::{mail_to, mailer, show, token_in};
use register::{somebody_is_looked_for, supervisors_change, the_register_is_sorted};
use serde::Deserialize;
use takeover::a_roster_comes_in_one_act;
use tell::{heading, item, refused, say};
use tenure::desk::Desk;
use tenure::id::{EmployeeId, RoleId, UnitId};
use tenure::mail::{CourierMode, LinkBase};
use tenure::store::SqliteStore;
use tenure::{
    Acceptance, Access, Clock, Denied, Employee, Founding, Listing, NewEmployee, NewRole, NewUnit, NewUser, Policy,
    Problem, SeatContract, SignedIn, Start, Suspension, SystemClock, Tenure, Timestamp, User,
};
use time::{Date, Duration};
use work::{OpenWork, the_deletion_is_blocked};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const OWNER: (&str, &str) = ("swantje.nordwind@nordwind.example", "Moin-Moin-1894");
const HAUKE: (&str, &str) = ("hauke.moellendorff@nordwind.example", "Labskaus-mit-Ei-3");
const SOREN: (&str, &str) = ("soren.kjaergaard@nordwind.example", "Smørrebrød-7-stk");
const NEW_PASSWORD: &str = "Koldskål-med-8-jordbær";

#[tokio::main]
async fn main() -> Result<()> {
    let folder = fresh_folder()?;
    let work = Arc::new(OpenWork::default());

    heading("A company signs up");
    let tenure = open(&folder, &work)?;
    let owner = found(&tenure).await?;
    let desk = tenure.desk(&tenure.authenticate(owner.token.expose(), &office()).await?);
    let house = furnish(&desk).await?;

    heading("The employee register");
    let staff = import(&desk, &house).await?;
    some_rows_are_refused(&desk).await?;
    who_has_no_address(&desk).await?;
    somebody_is_looked_for(&desk).await?;
    the_register_is_sorted(&desk).await?;
    supervisors_change(&desk, &staff, "FSU", "JAR").await?;

    heading("Employees become users");
    let users = give_access(&desk, &staff).await?;
    let (soren, hauke) = (users["SKJ"].id, users["HMOE"].id);
    invite_a_team(&tenure, &desk, &staff["WWO"], &users).await?;

    heading("Søren accepts");
    let mail = mail_to(soren, &desk, &folder).await?;
    show(&mail);
    let token = token_in(&mail)?;
    preview(&tenure, &token).await?;
    bad_passwords_are_explained(&tenure, &token).await?;
    tenure.accept_invitation(&token, Acceptance::new(SOREN.1)).await?;
    say("He sets a good one, and is active. The link is used up:");
    refused(tenure.accept_invitation(&token, Acceptance::new(SOREN.1)).await)?;

    heading("Søren logs in");
    let session = sign_in(&tenure, SOREN).await?;
    let principal = tenure.authenticate(session.token.expose(), &phone()).await?;
    what_he_may_do(&principal, &house)?;
    what_he_may_not_do(&tenure, &principal).await?;
    who_is_logged_in(&desk, &["Swantje Nordwind", "Søren Kjærgaard"]).await?;

    heading("Somebody guesses his password");
    let lockout = the_account_locks(&tenure, &desk, soren).await?;
    the_lock_ends_by_itself(&tenure, lockout).await?;
    the_owner_ends_a_lock(&tenure, &desk, soren).await?;

    heading("Søren forgets his password");
    he_asks_for_a_new_one(&tenure).await?;
    he_sets_a_new_one(&tenure, &desk, soren, &folder, &session).await?;
    let session = sign_in(&tenure, (SOREN.0, NEW_PASSWORD)).await?;

    heading("Søren goes on leave");
    desk.users()
        .suspend(soren, Suspension::until(in_days(60)).because("parental leave"))
        .await?;
    say("The owner suspends him for 60 days. His session is dead with the next request, and he cannot log in:");
    refused(tenure.authenticate(session.token.expose(), &phone()).await)?;
    refused(sign_in(&tenure, (SOREN.0, NEW_PASSWORD)).await)?;
    why_not(&desk, soren).await?;

    heading("Søren leaves for good");
    work.take_on(soren, "invoices", 3);
    work.take_on(soren, "queue", 12);
    the_deletion_is_blocked(&desk, soren).await?;
    work.hand_over(soren);
    desk.users().delete(soren).await?;
    say("His work is handed over, and now he can be deleted. He is in no list any more:");
    refused(desk.users().get(soren).await)?;

    heading("Hauke starts later");
    desk.users().schedule_start(hauke, Some(in_days(30))).await?;
    desk.invitations().send(hauke, None).await?;
    tenure.courier().deliver_due().await?;
    let token = token_in(&mail_to(hauke, &desk, &folder).await?)?;
    let user = tenure.accept_invitation(&token, Acceptance::new(HAUKE.1)).await?;
    assert!(!user.is_active());
    say("He has accepted, and is active by himself in 30 days. Until then:");
    refused(sign_in(&tenure, HAUKE).await)?;

    heading("The program ends, and starts again");
    tenure.flush().await;
    drop((desk, tenure));
    let tenure = open(&folder, &work)?;
    let principal = tenure.authenticate(owner.token.expose(), &office()).await?;
    say("All of it was in the file; the owner need not even log in again.");
    let desk = tenure.desk(&principal);
    who_is_there(&desk).await?;
    who_is_logged_in(&desk, &["Swantje Nordwind"]).await?;
    what_is_billed(&desk).await?;
    what_happened(&desk).await?;

    heading("A smaller company is taken over");
    a_roster_comes_in_one_act(&desk).await?;
    println!(
        "\nDatabase and mails are still there to be looked at:\n  {}",
        folder.display()
    );
    Ok(())
}

// A company signs up

/// A folder that nobody else can read: what is in it are hashes of passwords, and mails with links.
fn fresh_folder() -> Result<PathBuf> {
    let mut folder = tempfile::Builder::new();
    #[cfg(unix)]
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let folder = folder.prefix("tenure-back-office-").tempdir()?.keep();
    fs::create_dir(folder.join("mail"))?;
    println!("Everything goes to {}", folder.display());
    Ok(folder)
}

/// What a host does once, when it starts.
fn open(folder: &Path, work: &Arc<OpenWork>) -> Result<Tenure> {
    let store = SqliteStore::open(folder.join("back_office.db"))?;
    // Creating a user and inviting them are two acts, and lists show active users unless asked for others.
    let mut policy = Policy::logistics();
    policy.throttle = guesses::strict();
    Ok(Tenure::builder(Arc::new(store), Arc::new(mailer(folder)?))
        .links(LinkBase::new("https://backoffice.nordwind.example")?)
        // A server says `Spawn`, and mail goes out by itself; this story says when.
        .courier(CourierMode::Manual)
        .policy(policy)
        .deletion_guard(work.clone())
        .build()?)
}

/// The tenant and its owner, who is then logged in.
async fn found(tenure: &Tenure) -> Result<SignedIn> {
    let owner = NewUser::new("Swantje", "Nordwind", OWNER.0).time_zone("Europe/Berlin");
    let seats = SeatContract {
        contracted: 20,
        limit: Some(250),
    };
    let founding = Founding::new("Nordwind Logistik", owner, OWNER.1).seats(seats);
    let founded = tenure.single_tenant().found(founding).await?;
    say(&format!(
        "{} is founded; its owner may do everything.",
        founded.tenant.name
    ));
    Ok(tenure.single_tenant().sign_in(OWNER.0, OWNER.1, office()).await?)
}

/// Where people work, and what they may do.
struct House {
    units: BTreeMap<String, UnitId>,
    roles: BTreeMap<String, RoleId>,
    berlin: tenure::OrgUnit,
    hamburg: tenure::OrgUnit,
}

async fn furnish(desk: &Desk) -> Result<House> {
    let company = desk.units().add(NewUnit::company("Nordwind Logistik GmbH")).await?;
    let berlin = desk
        .units()
        .add(NewUnit::department("Berlin").below(company.id))
        .await?;
    let hamburg = desk
        .units()
        .add(NewUnit::department("Hamburg").below(company.id))
        .await?;
    // Permissions are names that the host makes up; those of the crate itself are in `tenure::permissions`.
    let mut roles = BTreeMap::new();
    for (name, permissions) in [
        ("clerk", &["orders.read"][..]),
        ("dispatcher", &["orders.read", "tours.plan"]),
        ("accountant", &["orders.read", "invoices.review"]),
        (
            "team lead",
            &["orders.read", "tours.plan", "users.read", "employees.read"],
        ),
    ] {
        let role = NewRole::new(name).permissions(permissions.iter().copied());
        roles.insert(name.to_owned(), desk.roles().add(role).await?.id);
    }
    say("It has offices in Berlin and Hamburg, and four roles.");
    let units = [&berlin, &hamburg].map(|unit| (unit.name.to_string(), unit.id)).into();
    Ok(House {
        units,
        roles,
        berlin,
        hamburg,
    })
}

// The employee register

const ROSTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/roster.csv");

/// A row of the roster, as the personnel department keeps it.
#[derive(Debug, Deserialize)]
struct Row {
    signature: String,
    first_name: String,
    last_name: String,
    email: Option<String>,
    supervisor: Option<String>,
    unit: String,
    role: String,
    employed_from: Option<Date>,
    employed_until: Option<Date>,
}

/// An employee, with the role that the roster has for them.
struct Imported {
    employee: Employee,
    role: RoleId,
    unit: UnitId,
}

/// Row by row. Supervisors come before those who report to them, so their ids are known.
async fn import(desk: &Desk, house: &House) -> Result<BTreeMap<String, Imported>> {
    let mut staff: BTreeMap<String, Imported> = BTreeMap::new();
    for row in csv::Reader::from_path(ROSTER)?.deserialize() {
        let row: Row = row?;
        let signature = row.signature.clone();
        let (role, unit) = (house.roles[&row.role], house.units[&row.unit]);
        let supervisor = row.supervisor.as_ref().map(|signature| staff[signature].employee.id);
        let employee = desk.employees().add(row.into_employee(unit, supervisor)).await?;
        staff.insert(signature, Imported { employee, role, unit });
    }
    say(&format!("{} employees are imported from roster.csv.", staff.len()));
    assert_eq!(staff.len(), 240);
    Ok(staff)
}

impl Row {
    fn into_employee(self, unit: UnitId, supervisor: Option<EmployeeId>) -> NewEmployee {
        let mut employee = NewEmployee::new(self.first_name, self.last_name)
            .signature(self.signature)
            .unit(unit);
        // What a row leaves out stays out.
        employee.email = self.email;
        employee.supervisor = supervisor;
        employee.employed_from = self.employed_from;
        employee.employed_until = self.employed_until;
        employee
    }
}

async fn some_rows_are_refused(desk: &Desk) -> Result<()> {
    say("A row that comes twice is refused, and so is a bad one, with all that is wrong about it:");
    refused(
        desk.employees()
            .add(NewEmployee::new("Søren", "Kjærgaard").signature("skj"))
            .await,
    )?;
    let bad = NewEmployee::new("", "Meyer\0Landrut")
        .email("grit.meyer@nordwind")
        .signature("X".repeat(21));
    match refused(desk.employees().add(bad).await)? {
        Denied::Invalid { fields } => {
            for wrong in &fields {
                item(&wrong.to_string());
            }
            assert_eq!(fields.len(), 4, "both names, signature, address");
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

async fn who_has_no_address(desk: &Desk) -> Result<()> {
    let without = Listing::new()
        .has_address(false)
        .sort(tenure::SortBy::Name)
        .limit(1_000);
    let without = desk.employees().list(without).await?.items;
    let names: Vec<String> = without.iter().take(4).map(Employee::full_name).collect();
    say(&format!(
        "{} of them have no address ({}, …), and cannot become users:",
        without.len(),
        names.join(", ")
    ));
    let first = without.first().ok_or("nobody")?;
    let denied = refused(desk.users().create_for(first.id, Access::none()).await)?;
    assert_eq!(denied, Denied::EmployeeWithoutAddress);
    Ok(())
}

// Employees become users

/// Everybody with an address gets access: their role, in their own office only.
async fn give_access(desk: &Desk, staff: &BTreeMap<String, Imported>) -> Result<BTreeMap<String, User>> {
    let mut users = BTreeMap::new();
    for (signature, imported) in staff {
        let Imported { employee, role, unit } = imported;
        if employee.email.is_some() {
            let access = Access::role(*role).within([*unit]).starting(start(employee));
            users.insert(signature.clone(), desk.users().create_for(employee.id, access).await?);
        }
    }
    let later = users.values().filter(|user| user.takes_seat(false)).count();
    say(&format!(
        "{} get access, each with their role in their own office; {later} of them from their first day on.",
        users.len()
    ));
    say("Nobody can have two users, and two people cannot log in with one address:");
    let soren = &staff["SKJ"].employee;
    refused(desk.users().create_for(soren.id, Access::none()).await)?;
    let namesake = NewUser::new("Sören", "Kjärgaard", "SOREN.Kjaergaard@nordwind.example");
    refused(desk.users().create(namesake, Access::none()).await)?;
    Ok(users)
}

/// Whoever is not employed yet starts on their first day.
fn start(employee: &Employee) -> Start {
    match employee
        .employment
        .from
        .map(|day| Timestamp::from(day.midnight().assume_utc()))
    {
        Some(day) if day > SystemClock.now() => Start::At(day),
        _ => Start::Now,
    }
}

/// Creating a user sent nothing; this does. The mails are queued in the same commits, and leave when the courier goes round.
async fn invite_a_team(tenure: &Tenure, desk: &Desk, lead: &Imported, users: &BTreeMap<String, User>) -> Result<()> {
    let team = Listing::new().reports_to(lead.employee.id).has_address(true);
    let team = desk.employees().list(team).await?.items;
    for member in &team {
        let signature = member.signature.as_ref().ok_or("no signature")?;
        let message = format!(
            "Welcome to my team, {}!\nYour desk is by the window.",
            member.first_name
        );
        desk.invitations()
            .send(users[signature.as_str()].id, Some(&message))
            .await?;
    }
    let health = tenure.health().await?;
    assert!(health.mail.is_ok());
    let delivered = tenure.courier().deliver_due().await?;
    assert_eq!(
        (health.mail_waiting, delivered.sent),
        (team.len() as u64, team.len() as u64)
    );
    say(&format!(
        "The {} of {}'s team are invited.",
        team.len(),
        lead.employee.full_name()
    ));
    Ok(())
}

// Søren accepts

/// Mail scanners open links, too: looking changes nothing, however often.
async fn preview(tenure: &Tenure, token: &str) -> Result<()> {
    let offer = tenure.preview_invitation(token).await?;
    assert_eq!(tenure.preview_invitation(token).await?, offer);
    say(&format!(
        "The link shows what it offers: {} invites {}, who will log in as {}.",
        offer.tenant, offer.profile.display_name, offer.user_name
    ));
    Ok(())
}

async fn bad_passwords_are_explained(tenure: &Tenure, token: &str) -> Result<()> {
    say("His first password breaks some rules; all of them are listed at once:");
    let denied = refused(tenure.accept_invitation(token, Acceptance::new("soren")).await)?;
    let Denied::Invalid { fields } = denied else {
        panic!("{denied:?}")
    };
    let Problem::Password(rules) = &fields[0].problem else {
        panic!("{fields:?}")
    };
    for rule in rules {
        item(&rule.to_string());
    }
    assert!(
        rules.len() >= 4,
        "too short, no upper-case letter, no digit, no special character"
    );
    Ok(())
}

// Hauke starts later

fn in_days(days: i64) -> Timestamp {
    SystemClock.now().saturating_add(Duration::days(days))
}
