//! The first ten minutes: a company signs up, imports its 240 employees, and takes one of them from the register to a
//! working login and out again.
//!
//! ```sh
//! cargo run --example back_office
//! ```
//!
//! Nothing has to be set up: the database and the mails go to a fresh folder among the temporary files, which stays there
//! to be looked at. `main` is the story; what each step takes stands below it, in the same order. Every claim is checked:
//! where one does not hold, the example panics.

#[path = "back_office/eml.rs"]
mod eml;
#[path = "back_office/report.rs"]
mod report;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use tenure::desk::Desk;
use tenure::id::{EmployeeId, RoleId, TenantId, UnitId, UserId};
use tenure::mail::{CourierMode, FileMailer, LinkBase};
use tenure::model::{Attempt, AttemptOutcome, RefusalReason};
use tenure::store::SqliteStore;
use tenure::text::{EmailAddress, Name};
use tenure::{
    Acceptance, Access, Blocker, Client, Clock, DeletionGuard, Denied, Employee, EmployeeRow, Error, Founding, Import,
    Listing, NewEmployee, NewRole, NewUnit, NewUser, Permission, Place, Policy, Principal, Problem, SeatContract,
    SignedIn, Start, Suspension, SystemClock, Tenure, Timestamp, User, UserRow,
};
use time::{Date, Duration};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const OWNER: (&str, &str) = ("swantje.nordwind@nordwind.example", "Moin-Moin-1894");
const HAUKE: (&str, &str) = ("hauke.moellendorff@nordwind.example", "Labskaus-mit-Ei-3");
const SOREN: (&str, &str) = ("soren.kjaergaard@nordwind.example", "Smørrebrød-7-stk");

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

    heading("Søren goes on leave");
    desk.users()
        .suspend(soren, Suspension::until(in_days(60)).because("parental leave"))
        .await?;
    say("The owner suspends him for 60 days. His session is dead with the next request, and he cannot log in:");
    refused(tenure.authenticate(session.token.expose(), &phone()).await)?;
    refused(sign_in(&tenure, SOREN).await)?;
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
    Ok(Tenure::builder(Arc::new(store), Arc::new(mailer(folder)?))
        .links(LinkBase::new("https://backoffice.nordwind.example")?)
        // A server says `Spawn`, and mail goes out by itself; this story says when.
        .courier(CourierMode::Manual)
        // Creating a user and inviting them are two acts, and lists show active users unless asked for others.
        .policy(Policy::logistics())
        .deletion_guard(work.clone())
        .build()?)
}

/// Mail as files. A host that sends mail implements `Mailer`.
fn mailer(folder: &Path) -> Result<FileMailer> {
    let from = EmailAddress::new("backoffice@nordwind.example")?;
    Ok(FileMailer::new(folder.join("mail"), from).from_name(Name::new("Nordwind back office")?))
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

/// What the person does first: opens the mail.
async fn mail_to(user: UserId, desk: &Desk, folder: &Path) -> Result<String> {
    let mails = desk.invitations().mails(user).await?.items;
    let path = mailer(folder)?.path(mails.first().ok_or("no mail")?.id);
    say(&format!("The mail is in {}.", path.strip_prefix(folder)?.display()));
    eml::text(&fs::read_to_string(path)?)
}

fn show(mail: &str) {
    for line in mail.lines() {
        println!("  │ {line}");
    }
}

/// What a click on the link hands to the host's page.
fn token_in(mail: &str) -> Result<String> {
    let link = eml::link(mail).ok_or("no link")?;
    let (_, token) = link.split_once("?token=").ok_or("no token")?;
    Ok(token.to_owned())
}

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

// Søren logs in

/// Where the owner works.
fn office() -> Client {
    Client::at([192, 0, 2, 10].into()).user_agent("Firefox on Linux")
}

fn phone() -> Client {
    Client::at([198, 51, 100, 7].into()).user_agent("Safari on iPhone")
}

async fn sign_in(tenure: &Tenure, (login, password): (&str, &str)) -> Result<SignedIn, Error> {
    tenure.single_tenant().sign_in(login, password, phone()).await
}

/// What a host asks before it does something of its own.
fn what_he_may_do(soren: &Principal, house: &House) -> Result<()> {
    let plan = Permission::new("tours.plan")?;
    let (berlin, hamburg) = (Place::In(&house.berlin.path), Place::In(&house.hamburg.path));
    assert!(soren.may(&plan, berlin) && !soren.may(&plan, hamburg));
    say(&format!(
        "{} may plan tours in Berlin, but not in Hamburg.",
        soren.display_name()
    ));
    Ok(())
}

async fn what_he_may_not_do(tenure: &Tenure, soren: &Principal) -> Result<()> {
    let desk = tenure.desk(soren);
    say("Users and employees are not his business, and he is told nothing about them:");
    assert_eq!(refused(desk.users().list(Listing::new()).await)?, Denied::Forbidden);
    assert_eq!(
        refused(desk.employees().add(NewEmployee::new("Eve", "Evil")).await)?,
        Denied::Forbidden
    );
    say("To a stranger, a wrong password and an unknown name look the same:");
    let wrong = refused(sign_in(tenure, (SOREN.0, "Rødgrød-med-fløde-1")).await)?;
    let unknown = refused(sign_in(tenure, ("nobody@nordwind.example", "Rødgrød-med-fløde-1")).await)?;
    assert_eq!(wrong, unknown);
    Ok(())
}

async fn who_is_logged_in(desk: &Desk, expected: &[&str]) -> Result<()> {
    say("Who is logged in, since when, from where, with what:");
    let active = desk.sessions().active(Listing::new()).await?.items;
    for login in &active {
        let client = &login.session.client;
        let address = client.address.map(|address| address.to_string()).unwrap_or_default();
        let program = client.user_agent.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = login.user.profile.display_name.as_str();
        item(&format!(
            "{name:<20} {}  {address:<14} {program}",
            minute(login.session.started_at)
        ));
    }
    let names: Vec<&str> = active
        .iter()
        .map(|login| login.user.profile.display_name.as_str())
        .collect();
    assert_eq!(names, expected);
    Ok(())
}

// Søren goes on leave

/// He was told nothing; whoever may read the history sees the reason.
async fn why_not(desk: &Desk, user: UserId) -> Result<()> {
    say("The login history has the true reason, for those who may read it:");
    let attempts = desk.history().attempts(user, Listing::new()).await?.items;
    let outcome = |attempt: &Attempt| attempt.outcome;
    for attempt in &attempts {
        let outcome = match attempt.outcome {
            AttemptOutcome::Success { .. } => "logged in".to_owned(),
            AttemptOutcome::Pending => "not decided".to_owned(),
            AttemptOutcome::Refused { reason } => format!("refused: {}", report::words(&reason)),
        };
        item(&format!("{}  {outcome}", minute(attempt.at)));
    }
    let suspended = AttemptOutcome::Refused {
        reason: RefusalReason::Suspended,
    };
    assert_eq!(attempts.first().map(outcome), Some(suspended));
    Ok(())
}

// Søren leaves for good

/// The host's own data: what each user still has to do. A deletion asks for it.
#[derive(Debug, Default)]
struct OpenWork(Mutex<BTreeMap<(UserId, &'static str), u64>>);

impl OpenWork {
    fn take_on(&self, user: UserId, what: &'static str, count: u64) {
        self.lock().insert((user, what), count);
    }

    fn hand_over(&self, user: UserId) {
        self.lock().retain(|(whose, _), _| *whose != user);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(UserId, &'static str), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DeletionGuard for OpenWork {
    fn name(&self) -> &'static str {
        "open work"
    }

    async fn blockers(
        &self,
        _tenant: TenantId,
        user: &User,
    ) -> Result<Vec<Blocker>, Box<dyn std::error::Error + Send + Sync>> {
        let count = |what| self.lock().get(&(user.id, what)).copied().unwrap_or(0);
        Ok(vec![
            Blocker::new(
                "open_invoices",
                "invoices not final posted",
                count("invoices"),
                "post them",
            ),
            Blocker::new(
                "queue",
                "tours in the queue",
                count("queue"),
                "hand them to a colleague",
            ),
        ])
    }
}

async fn the_deletion_is_blocked(desk: &Desk, user: UserId) -> Result<()> {
    say("The host has something against it, and says all of it at once, each with a way out:");
    let report = desk.users().deletion_report(user).await?;
    let Denied::Blocked { blockers } = refused(desk.users().delete(user).await)? else {
        panic!("the deletion was not blocked")
    };
    for blocker in &blockers {
        item(&format!("{} {}: {}", blocker.count, blocker.what, blocker.way_out));
    }
    assert_eq!(blockers.len(), 2);
    assert_eq!(
        blockers, report.blockers,
        "a report, which changes nothing, says the same"
    );
    Ok(())
}

// Hauke starts later

fn in_days(days: i64) -> Timestamp {
    SystemClock.now().saturating_add(Duration::days(days))
}

// The program ends, and starts again

async fn who_is_there(desk: &Desk) -> Result<()> {
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

async fn what_is_billed(desk: &Desk) -> Result<()> {
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

async fn what_happened(desk: &Desk) -> Result<()> {
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

// A smaller company is taken over

const SMALL_ROSTER: &str = "\
signature,first_name,last_name,email,supervisor,unit,employed_from
JAS,Jasper,Asmussen,jasper.asmussen@suedwind.example,IBO,Hamburg,2026-12-01
IBO,Ingeborg,Boysen,ingeborg.boysen@suedwind.example,,Hamburg,2026-12-01
FNB,Fiete,Nissen,,IBO,Bremen,2026-12-01
";

/// All rows or none, in any order; a dry run tells of those that stand against it.
async fn a_roster_comes_in_one_act(desk: &Desk) -> Result<()> {
    let rows = csv::Reader::from_reader(SMALL_ROSTER.as_bytes()).into_deserialize();
    let rows: Vec<EmployeeRow> = rows.collect::<Result<_, _>>()?;
    let mut import = Import::new()
        .employees(rows)
        .users(["JAS", "IBO"].map(UserRow::of_employee));
    for user in &mut import.users {
        user.role = Some("dispatcher".to_owned());
        user.role_units = Some("Hamburg".to_owned());
    }
    say("Its roster has three rows, one of them about an office that there is not:");
    let report = desk.bulk().check(&import).await?;
    for refused in &report.refused {
        for reason in &refused.reasons {
            item(&format!("row {}: {reason}", refused.row));
        }
    }
    assert_eq!(report.refused.len(), 1);
    import.employees[2].unit = Some("Hamburg".to_owned());
    let imported = desk.bulk().import(&import).await?;
    assert_eq!((imported.employees.len(), imported.users.len()), (3, 2));
    say("Corrected, all three are in the register, and two of them are set up as users.");
    Ok(())
}

// How it is told

fn heading(title: &str) {
    println!("\n{title}\n{}", "─".repeat(title.chars().count()));
}

fn say(sentence: &str) {
    println!("{sentence}");
}

fn item(line: &str) {
    println!("  - {line}");
}

fn minute(at: Timestamp) -> String {
    let at = at.to_offset_date_time();
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

/// What must be refused. Anything else, success or a failing store, ends the example.
fn refused<T>(result: Result<T, Error>) -> Result<Denied> {
    match result {
        Ok(_) => Err("this should have been refused".into()),
        Err(Error::Denied(denied)) => {
            println!("  ✗ {denied}  [{}]", denied.code());
            Ok(denied)
        }
        Err(other) => Err(other.into()),
    }
}
