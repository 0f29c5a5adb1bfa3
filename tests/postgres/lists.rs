//! Listings of many: no table and no index is read whole, whatever is listed in whatever order and searched for.
//!
//! What is looked at is what the server did and not what it planned to do: how often it went through a table from one end to
//! the other, and how many rows and entries of indexes it read.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tenure::clock::Timestamp;
use tenure::id::{EmployeeId, RoleId, UnitId, UserId};
use tenure::model::{
    Employee, Employment, Entry, Kept, Profile, RecordKind, Scope, SortBy, Start, User, UserKind, UserStatus, UserType,
};
use tenure::store::{Change, Commit, Filter, MemoryStore, PostgresStore, Query, Store};
use tenure::testing::postgres::TestDatabase;
use tenure::text::{
    Allowlist, DisplayName, EmailAddress, Locale, PersonName, SearchField, SearchPattern, Signature, TimeZone, UserName,
};
use uuid::Uuid;

use super::{TENANT, client, commit, database, open};

/// So many are made by the store, and so many of each by copying rows.
const MADE: u128 = 100;
const COPIES: u128 = 200;
const PAGE: u32 = 20;
/// A page takes no more rows and entries of indexes than this. To go through 20,000 in any order reads 40,000, by the last login
/// 80,000, and asking of each who is above them 100,000 and more. (Most pages take some hundred; this much takes what lies far
/// behind in an order that has much to do with it, and two thousand who are below one.)
const READ: i64 = 39_000;

const FIRST: [&str; 10] = [
    "Anna", "Bert", "Clara", "Dora", "Emil", "Åsa", "Gus", "Hana", "Ida", "Jo",
];
const LAST: [&str; 10] = [
    "Meier", "Muller", "Smith", "Jones", "Larsson", "Novak", "Rossi", "Silva", "Kowalski", "Zimmer",
];

fn user(number: u128) -> User {
    let first = FIRST[usize::try_from(number % 10).unwrap()];
    let last = LAST[usize::try_from(number / 10).unwrap()];
    let rare = if number == 42 { "quux" } else { "" };
    User {
        id: Uuid::from_u128(1_000 + number).into(),
        kind: UserKind::Program,
        user_name: UserName::new(format!("{rare}{number}.user")).unwrap(),
        address: EmailAddress::new(format!("u{number}@example.com")).unwrap(),
        pending_address: None,
        profile: Profile {
            first_name: PersonName::new(first).unwrap(),
            last_name: PersonName::new(last).unwrap(),
            display_name: DisplayName::new(format!("{first} {last}")).unwrap(),
            locale: Locale::new("en").unwrap(),
            time_zone: TimeZone::new("UTC").unwrap(),
        },
        grants: Vec::new(),
        memberships: BTreeSet::new(),
        api_only: false,
        start: Start::Now,
        status: UserStatus::Active {
            since: Timestamp::EPOCH,
            until: None,
        },
        hold: None,
        allowlist: Allowlist::any(),
        identity: None,
        signature: Some(Signature::new(format!("S{number}")).unwrap()),
        last_login_at: Some(Timestamp::from_unix_micros(i64::try_from(number).unwrap()).unwrap()),
        created_at: Timestamp::from_unix_micros(i64::try_from(number).unwrap()).unwrap(),
    }
}

fn employee(number: u128) -> Employee {
    let user = user(number);
    Employee {
        id: Uuid::from_u128(5_000 + number).into(),
        first_name: user.profile.first_name,
        last_name: user.profile.last_name,
        signature: user.signature,
        email: Some(user.address),
        supervisor: (number > 0).then(|| Uuid::from_u128(5_000 + number % 10).into()),
        unit: None,
        employment: Employment::default(),
        created_at: user.created_at,
    }
}

fn insert<T: Kept>(record: T) -> Change {
    Change::Insert(Entry::new(record))
}

/// Copies of what stands in the tables, under ids of their own.
fn copies(kind: &str) -> String {
    format!(
        "CREATE TEMP TABLE made AS
             SELECT t.id AS old, md5(t.id::text || n)::uuid AS new, n
             FROM tenure_{kind} t, generate_series(1, {COPIES} - 1) AS n;
         INSERT INTO tenure_{kind}
             SELECT r.* FROM made JOIN tenure_{kind} t ON t.id = made.old
             CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object(
                 'id', new, 'body', replace(t.body, t.id::text, new::text))) AS r;
         INSERT INTO tenure_{kind}_listed
             SELECT r.* FROM made JOIN tenure_{kind}_listed t ON t.id = made.old
             CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object('id', new)) AS r;"
    )
}

async fn filled(database: &TestDatabase) -> PostgresStore {
    let store = open(&database.url()).await;
    let mut changes: Vec<Change> = (0..MADE).map(|number| insert(user(number))).collect();
    changes.extend((0..MADE).map(|number| insert(employee(number))));
    store.commit(commit(1, changes)).await.unwrap();
    let rare_unit = Uuid::from_u128(77);
    database.run(
        &format!(
            "SET session_replication_role = replica;
         {}
         INSERT INTO tenure_user_login
             SELECT r.* FROM made JOIN tenure_user_login t ON t.id = made.old
             CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object('id', new)) AS r;
         INSERT INTO tenure_user_role (tenant, \"user\", role)
             SELECT '{tenant}', new, CASE WHEN n = 1 THEN '{rare_unit}'::uuid ELSE '{many}'::uuid END FROM made;
         INSERT INTO tenure_user_unit (tenant, \"user\", unit)
             SELECT '{tenant}', new, CASE WHEN n = 1 THEN '{rare_unit}'::uuid ELSE '{many}'::uuid END FROM made;
         INSERT INTO tenure_unit_path (tenant, unit, ancestor) VALUES
             ('{tenant}', '{rare_unit}', '{rare_unit}'), ('{tenant}', '{many}', '{many}');
         UPDATE tenure_user_listed SET status = 'suspended' WHERE id IN (SELECT new FROM made WHERE n = 2);
         DROP TABLE made;
         {}
         UPDATE tenure_employee SET supervisor = '{boss}' WHERE id <> '{boss}' AND supervisor <> '{few}';
         UPDATE tenure_employee SET unit = '{many}';
         UPDATE tenure_employee_listed SET unit = '{many}';
         VACUUM ANALYZE",
            copies("user"),
            copies("employee"),
            tenant = TENANT.as_uuid(),
            many = Uuid::from_u128(78),
            boss = Uuid::from_u128(5_000),
            few = Uuid::from_u128(5_009),
        )
        .replace("VACUUM ANALYZE", ""),
    );
    database.run("VACUUM ANALYZE");
    store
}

/// Scans from one end to the other of the large tables, and what was read of them, since the last time.
async fn read_since(database: &TestDatabase, before: (i64, i64)) -> ((i64, i64), (i64, i64)) {
    let client = client(&database.url()).await;
    // The server notes what a connection did when it goes.
    let others = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let sql = "SELECT
            (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE n_live_tup >= 1000)::bigint,
            (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)::bigint
                + (SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) FROM pg_stat_user_tables)::bigint";
    let row = client.query_one(sql, &[]).await.unwrap();
    let now: (i64, i64) = (row.get(0), row.get(1));
    (now, (now.0 - before.0, now.1 - before.1))
}

async fn page(
    database: &TestDatabase,
    query: &Query,
) -> tenure::store::Page<tenure::model::Loaded<tenure::model::Record>> {
    let store = open(&database.url()).await;
    store.list(TENANT, query).await.unwrap()
}

/// The first page and one in the midst, of each: what the server read for each is little.
async fn reads_little(database: &TestDatabase, queries: Vec<(String, Query)>) {
    let (mut now, _) = read_since(database, (0, 0)).await;
    for (name, query) in queries {
        let first = page(database, &query).await;
        let (then, (whole, read)) = read_since(database, now).await;
        now = then;
        assert!(!first.items.is_empty(), "{name} finds nothing");
        assert!(
            whole == 0 && read < READ,
            "{name}, first page: {whole} tables read whole, {read} rows and entries"
        );
        let Some(next) = first.next else { continue };
        page(database, &query.clone().after(Some(next))).await;
        let (then, (whole, read)) = read_since(database, now).await;
        now = then;
        assert!(
            whole == 0 && read < READ,
            "{name}, next page: {whole} tables read whole, {read} rows and entries"
        );
    }
}

fn every(kind: RecordKind) -> Query {
    Query::new(kind, Timestamp::EPOCH).limit(PAGE)
}

fn pattern(text: &str) -> SearchPattern {
    SearchPattern::new(text).unwrap()
}

/// One server for all: to fill the tables takes longest.
#[tokio::test(flavor = "multi_thread")]
async fn bi6_lists_of_twenty_thousand_read_no_table_whole() {
    let (_, database) = database!();
    drop(filled(&database).await);
    let mut queries = Vec::new();
    for kind in [RecordKind::User, RecordKind::Employee] {
        for by in SortBy::ALL {
            // Which all records of a kind have alike is an order by id, and nobody shows it.
            let shown = kind == RecordKind::User
                || matches!(
                    by,
                    SortBy::Created
                        | SortBy::Name
                        | SortBy::Signature
                        | SortBy::FirstName
                        | SortBy::LastName
                        | SortBy::Address
                );
            if shown {
                queries.push((format!("{kind} by {by:?}"), every(kind).sort(*by)));
                queries.push((format!("{kind} by {by:?}, down"), every(kind).sort(*by).descending()));
            }
        }
    }
    for (text, by) in [
        ("mei*", SortBy::Created),
        ("*mmer", SortBy::LastLogin),
        ("meier", SortBy::Name),
        ("exam", SortBy::Created),
        ("quux", SortBy::Name),
        ("anna mei*", SortBy::Name),
        ("an*na", SortBy::Created),
        ("u1*@example.com", SortBy::Created),
        ("m*", SortBy::LastLogin),
    ] {
        let query = every(RecordKind::User).sort(by).filter(Filter::Text(pattern(text)));
        queries.push((format!("{text} by {by:?}"), query));
        if text != "quux" {
            queries.push((
                format!("employees {text}"),
                every(RecordKind::Employee).filter(Filter::Text(pattern(text))),
            ));
        }
    }
    let field = Filter::Field(SearchField::LastName, pattern("zim*"));
    queries.push((
        "last name zim*".to_owned(),
        every(RecordKind::User).sort(SortBy::Name).filter(field),
    ));
    for (name, id) in [("few", 77), ("many", 78)] {
        let (unit, role): (UnitId, RoleId) = (Uuid::from_u128(id).into(), Uuid::from_u128(id).into());
        for by in [SortBy::Created, SortBy::Name] {
            let users = || every(RecordKind::User).sort(by);
            queries.push((
                format!("{name} in a unit by {by:?}"),
                users().filter(Filter::Within(unit)),
            ));
            queries.push((format!("{name} in scope by {by:?}"), users().scope(Scope::from([unit]))));
            queries.push((
                format!("{name} with a role by {by:?}"),
                users().filter(Filter::WithRole(role)),
            ));
        }
    }
    for (name, number) in [("few", 5_009), ("many", 5_000)] {
        let boss: EmployeeId = Uuid::from_u128(number).into();
        let employees = || every(RecordKind::Employee).sort(SortBy::Name);
        queries.push((
            format!("{name} who report to one"),
            employees().filter(Filter::ReportsTo(boss)),
        ));
        queries.push((format!("{name} below one"), employees().filter(Filter::Below(boss))));
        let boss = if number == 5_009 { "jo meier" } else { "anna meier" };
        let supervised = employees().filter(Filter::Supervisor(pattern(boss)));
        queries.push((format!("{name} by their supervisor"), supervised.clone()));
        let unit: UnitId = Uuid::from_u128(78).into();
        queries.push((
            format!("{name} by their supervisor in scope"),
            supervised.scope(Scope::from([unit])),
        ));
    }
    queries.push((
        "suspended".to_owned(),
        every(RecordKind::User).sort(SortBy::Name).status(["suspended"]),
    ));
    queries.push((
        "active".to_owned(),
        every(RecordKind::User).sort(SortBy::Name).status(["active"]),
    ));
    let programs = Filter::OfType([UserType::Program].into());
    queries.push((
        "programs".to_owned(),
        every(RecordKind::User).sort(SortBy::Name).filter(programs),
    ));
    reads_little(&database, queries).await;
}

/// The orders by index are the orders of the contract, page by page, both ways, whichever way is taken.
#[tokio::test(flavor = "multi_thread")]
async fn every_way_through_a_list_comes_to_the_same() {
    let (_, database) = database!();
    let store = filled(&database).await;
    for text in ["zimmer", "exam", "u4*", "quux"] {
        for by in [SortBy::Created, SortBy::Name, SortBy::LastLogin] {
            for descending in [false, true] {
                let mut query = every(RecordKind::User)
                    .limit(1_000)
                    .sort(by)
                    .filter(Filter::Text(pattern(text)));
                query.descending = descending;
                let mut found: BTreeSet<UserId> = BTreeSet::new();
                let mut keys = Vec::new();
                loop {
                    let page = store.list(TENANT, &query).await.unwrap();
                    for loaded in &page.items {
                        assert!(pattern(text).matches(loaded.value.search_text().unwrap().as_str(), None));
                        keys.push(query.place(&loaded.value));
                        found.extend(match loaded.value.id() {
                            tenure::model::RecordId::User(user) => Some(user),
                            _ => None,
                        });
                    }
                    query.after = page.next;
                    if query.after.is_none() {
                        break;
                    }
                }
                let expected = match text {
                    "zimmer" => 10 * COPIES,
                    "exam" => MADE * COPIES,
                    "u4*" => 11 * COPIES,
                    _ => COPIES,
                };
                assert_eq!(found.len() as u128, expected, "{text} by {by:?}");
                let sorted = keys
                    .windows(2)
                    .all(|two| if descending { two[0] > two[1] } else { two[0] < two[1] });
                assert!(sorted, "{text} by {by:?} is in order");
                query.after = None;
                let counted = store.list(TENANT, &query.count_up_to(u64::MAX)).await.unwrap();
                assert_eq!(counted.total, u64::try_from(expected).ok());
            }
        }
    }
}

/// What happened to one record is found in the log without going through it.
#[tokio::test(flavor = "multi_thread")]
async fn events_about_one_read_little_of_the_log() {
    let (_, database) = database!();
    let store = open(&database.url()).await;
    drop(store);
    let subject = UserId::from(Uuid::from_u128(1_000));
    let body = serde_json::to_string(&super::large::added(subject)).unwrap();
    database.run(&format!(
        "INSERT INTO tenure_event (tenant, seq, commit_id, at, name, actor, subject_kind, subject, body)
             SELECT '{}', n, md5('commit')::uuid, 0, 'x', 'system', 'user',
                 ('00000000-0000-0000-0000-' || lpad(to_hex(1000 + n % 5000), 12, '0'))::uuid, '{body}'
             FROM generate_series(1, 20000) AS n",
        TENANT.as_uuid()
    ));
    database.run("VACUUM ANALYZE");
    let (before, _) = read_since(&database, (0, 0)).await;
    let store = open(&database.url()).await;
    let about = store.events_about(TENANT, subject.into(), None, 10).await.unwrap();
    assert_eq!(about.len(), 4);
    drop(store);
    let (_, (whole, read)) = read_since(&database, before).await;
    assert!(
        whole == 0 && read < 100,
        "{whole} tables read whole, {read} rows and entries"
    );
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[abÄäåßÅ _%*]{1,6}",
        2 => "\\PC{1,5}",
        1 => "(Anna|Andersson|Müller|Lindström|O'Hara|Жуков|山田|김민준|Σίσυφος)",
    ]
}

/// Some users with such names, of a tenant of their own.
fn named(people: &[(String, String)]) -> Vec<Change> {
    let named = people.iter().zip(0_u128..).filter_map(|((first, last), number)| {
        let mut user = user(number);
        user.profile.first_name = PersonName::new(first).ok()?;
        user.profile.last_name = PersonName::new(last).ok()?;
        user.profile.display_name = DisplayName::new(format!("{last}, {first}")).ok()?;
        Some(insert(user))
    });
    named.collect()
}

/// The memory store asks `Query::selects`, and so the one matcher, of each record.
#[test]
fn if5_names_in_every_script_are_found_as_the_matcher_finds_them() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some((_server, database, store)) = runtime.block_on(async {
        let server = tenure::testing::postgres::PostgresServer::shared()?;
        let database = server.database();
        let store = open(&database.url()).await;
        Some((server, database, store))
    }) else {
        return;
    };
    let tenants = std::cell::Cell::new(1_000_u128);
    let people = prop::collection::vec((texts(), texts()), 1..12);
    let cases = (people, prop::collection::vec(texts(), 1..5), any::<bool>());
    let config = ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&cases, |(people, typed, descending)| {
        tenants.set(tenants.get() + 1);
        let tenant = Uuid::from_u128(tenants.get()).into();
        let commit = Commit {
            tenant,
            ..commit(tenants.get(), named(&people))
        };
        let memory = MemoryStore::new();
        runtime.block_on(memory.commit(commit.clone())).unwrap();
        runtime.block_on(store.commit(commit)).unwrap();
        // And parts of what is there, so that something is found.
        let parts = people.iter().map(|(first, last)| {
            let part: String = last.chars().skip(1).take(3).collect();
            let begins: String = first.chars().take(2).collect();
            [format!("{begins}*"), format!("{begins} {part}")]
        });
        for text in typed.into_iter().chain(parts.flatten()) {
            let Ok(pattern) = SearchPattern::new(text) else {
                continue;
            };
            let fields = SearchField::ALL.map(|field| Filter::Field(field, pattern.clone()));
            for filter in fields.into_iter().chain([Filter::Text(pattern.clone())]) {
                for by in [SortBy::Created, SortBy::Name, SortBy::DisplayName] {
                    let mut query = every(RecordKind::User).sort(by).filter(filter.clone());
                    query = query.limit(3).count_up_to(100);
                    query.descending = descending;
                    loop {
                        let expected = runtime.block_on(memory.list(tenant, &query)).unwrap();
                        let found = runtime.block_on(store.list(tenant, &query)).unwrap();
                        prop_assert_eq!(&found, &expected, "{:?}", query);
                        query.after = expected.next;
                        if query.after.is_none() {
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    });
    drop(database);
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
