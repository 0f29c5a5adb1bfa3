//! Listings by both ways, narrow and walked: the same answers as the memory store, over names in every script, and never
//! through a whole table.

use proptest::prelude::*;
use rusqlite::Connection;

use super::plans::{plan, statements};
use super::samples::{TENANT, active, at, commit, employee, id, insert, unit};
use crate::model::{Employee, OrgUnit, Profile, RecordKind, Scope, SortBy, User, UserType};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::question::rarest;
use crate::store::{Filter, MemoryStore, Query, Store};
use crate::text::{DisplayName, EmailAddress, PersonName, SearchField, SearchPattern, Signature, UserName};

fn opened(narrow: u32) -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    store.narrow = narrow;
    (folder, store)
}

fn pattern(text: &str) -> SearchPattern {
    SearchPattern::new(text).unwrap()
}

/// Every order of a kind that shows in lists, both ways, first and later pages.
fn pages(query: &Query) -> Vec<Query> {
    let mut pages = Vec::new();
    for sort in SortBy::ALL {
        let first = query.clone().sort(*sort);
        for query in [first.clone(), first.descending()] {
            let record = match query.kind {
                RecordKind::Employee => employee(5, None, None).into(),
                _ => active(5, id(1)).into(),
            };
            let place = query.place(&record);
            pages.extend([query.clone(), query.after(Some(place))]);
        }
    }
    pages
}

fn searches(kind: RecordKind) -> Vec<Query> {
    let every = Query::new(kind, at(1));
    let text = |text: &str| Filter::Text(pattern(text));
    let field = |field, text: &str| Filter::Field(field, pattern(text));
    let mut queries = vec![every.clone()];
    for filter in [
        text("lace"),
        text("la"),
        text("lo*"),
        text("ada love*"),
        field(SearchField::LastName, "lo*"),
        field(SearchField::FirstName, "*da"),
        field(SearchField::Address, "ada"),
        Filter::Supervisor(pattern("love")),
        Filter::ReportsTo(id(1)),
        Filter::Below(id(1)),
        Filter::LevelsBelow(id(1), 2),
        Filter::HasUnit(false),
        Filter::Within(id(3)),
    ] {
        queries.push(every.clone().filter(filter));
    }
    if kind == RecordKind::User {
        queries.push(every.clone().status(["active"]));
        queries.push(every.clone().filter(Filter::WithRole(id(1))));
        queries.push(every.clone().filter(Filter::OfType([UserType::Program].into())));
    }
    let scoped = every.scope(Scope::from([id(3)]));
    queries.push(scoped.clone().filter(text("lace")));
    queries.push(scoped.filter(Filter::Supervisor(pattern("love"))));
    queries
}

fn goes_through(step: &str) -> bool {
    let table = step.starts_with("SCAN") && step.contains("tenure_") && !step.contains("USING");
    table && !step.contains("VIRTUAL TABLE")
}

/// Along the index of the order whatever is asked for: nothing is sorted, no table is gone through.
#[test]
fn if3_every_order_walks_its_index_both_ways_and_from_anywhere() {
    let (_folder, store) = opened(0);
    for kind in [RecordKind::User, RecordKind::Employee] {
        for query in searches(kind).iter().flat_map(pages) {
            let sqls = statements(&store, store.list(TENANT, &query));
            // What all records of a kind lack puts them in the order of their ids.
            let sorted = crate::store::table::sort_column(kind, query.sort).is_some();
            for sql in sqls {
                for step in plan(&store, &sql) {
                    assert!(!goes_through(&step), "{query:?}: {step}\n{sql}");
                    assert!(!sorted || !step.contains("TEMP B-TREE"), "{query:?}: {step}\n{sql}");
                }
            }
        }
    }
}

/// By the index of a filter, and then what little there is is sorted.
#[test]
fn if5_what_is_rare_is_looked_up_by_an_index() {
    let (_folder, store) = opened(u32::MAX);
    for kind in [RecordKind::User, RecordKind::Employee] {
        for query in searches(kind)
            .into_iter()
            .skip(1)
            .flat_map(|query| pages(&query.count_up_to(10)))
        {
            let walks = matches!(query.filters[0], Filter::HasUnit(_) | Filter::OfType(_))
                || matches!(&query.filters[0], Filter::Text(pattern) if pattern.as_str() == "la");
            for sql in statements(&store, store.list(TENANT, &query)) {
                for step in plan(&store, &sql) {
                    assert!(!goes_through(&step), "{query:?}: {step}\n{sql}");
                    assert!(walks || !step.ends_with("(tenant=?)"), "{query:?}: {step}\n{sql}");
                }
            }
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[abÄäåßÅ _%*]{1,6}",
        2 => "\\PC{1,5}",
        1 => "(Anna|Andersson|Müller|Lindström|O'Hara|Жуков|山田|김민준|Σίσυφος)",
    ]
}

fn people() -> impl Strategy<Value = Vec<(String, String, Option<String>)>> {
    prop::collection::vec((texts(), texts(), prop::option::of("[A-Zäé]{1,3}")), 1..12)
}

/// One of them below another.
fn units() -> [OrgUnit; 3] {
    let top = unit(51, None);
    [unit(52, Some(&top.path)), unit(53, None), top]
}

fn employees(people: &[(String, String, Option<String>)]) -> Vec<Employee> {
    let name = |text: &str| PersonName::new(text).ok();
    let made = people.iter().enumerate().filter_map(|(n, (first, last, signature))| {
        let n = u64::try_from(n).unwrap();
        Some(Employee {
            first_name: name(first)?,
            last_name: name(last)?,
            // Unique, as the store wants them.
            signature: signature
                .as_ref()
                .and_then(|text| Signature::new(format!("{text}{n}")).ok()),
            supervisor: (n > 2).then(|| id(100 + n % 3)),
            ..employee(100 + n, None, (n % 4 > 0).then(|| id(50 + n % 4)))
        })
    });
    let mut made: Vec<Employee> = made.collect();
    let ids: Vec<_> = made.iter().map(|employee| employee.id).collect();
    for employee in &mut made {
        employee.supervisor = employee.supervisor.filter(|supervisor| ids.contains(supervisor));
    }
    made
}

fn users(employees: &[Employee]) -> Vec<User> {
    let made = employees.iter().enumerate().map(|(n, employee)| {
        let user = active(200 + u64::try_from(n).unwrap(), id(1));
        User {
            kind: crate::model::UserKind::Internal { employee: employee.id },
            signature: employee.signature.clone(),
            memberships: employee.unit.into_iter().collect(),
            address: EmailAddress::new(format!("u{n}@example.org")).unwrap(),
            user_name: UserName::new(format!("u{n}")).unwrap(),
            profile: Profile {
                first_name: employee.first_name.clone(),
                last_name: employee.last_name.clone(),
                display_name: DisplayName::new(employee.full_name()).unwrap(),
                ..user.profile.clone()
            },
            ..user
        }
    });
    made.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// The memory store asks `Query::selects`, and so the one matcher, of each record.
    #[test]
    fn if5_names_in_every_script_are_found_alike(
        people in people(),
        typed in prop::collection::vec(texts(), 1..6),
        sort in prop::sample::select(SortBy::ALL),
        descending in any::<bool>(),
        scope in prop::sample::select(vec![Scope::All, Scope::from([id(51)]), Scope::from([id(52), id(53)])]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let employees = employees(&people);
        let records: Vec<_> = [insert(super::samples::role(1, "clerk"))]
            .into_iter()
            .chain(units().map(insert))
            .chain(employees.iter().cloned().map(insert))
            .chain(users(&employees).into_iter().map(insert))
            .collect();
        let memory = MemoryStore::new();
        runtime.block_on(memory.commit(commit(1, records.clone()))).unwrap();
        let (_folder, mut store) = opened(0);
        runtime.block_on(store.commit(commit(1, records))).unwrap();
        let patterns = typed.iter().filter_map(|text| SearchPattern::new(text).ok());
        // And parts of what is there, so that something is found.
        let parts = people.iter().filter_map(|(first, last, _)| {
            let part: String = last.chars().skip(1).take(3).collect();
            SearchPattern::new(format!("{} {part}*", first.chars().next()?)).ok()
        });
        for pattern in patterns.chain(parts) {
            for kind in [RecordKind::Employee, RecordKind::User] {
                let mut filters = vec![Filter::Text(pattern.clone()), Filter::Supervisor(pattern.clone())];
                filters.extend(SearchField::ALL.map(|field| Filter::Field(field, pattern.clone())));
                for filter in filters {
                    let mut query = Query::new(kind, at(1)).filter(filter).scope(scope.clone()).sort(sort).limit(3).count_up_to(100);
                    query.descending = descending;
                    let expected = runtime.block_on(memory.list(TENANT, &query)).unwrap();
                    for narrow in [0, 4, 12, 4_096] {
                        store.narrow = narrow;
                        let found = runtime.block_on(store.list(TENANT, &query)).unwrap();
                        prop_assert_eq!(&found, &expected, "{:?}, narrow up to {}", query, narrow);
                    }
                    if let Some(next) = expected.next {
                        let query = query.after(Some(next));
                        let expected = runtime.block_on(memory.list(TENANT, &query)).unwrap();
                        for narrow in [0, 4, 12, 4_096] {
                            store.narrow = narrow;
                            let found = runtime.block_on(store.list(TENANT, &query)).unwrap();
                            prop_assert_eq!(&found, &expected, "{:?}, narrow up to {}", query, narrow);
                        }
                    }
                }
            }
        }
    }
}

/// What is listed by text stands in a row beside the record's own, under a number that follows from its number.
#[test]
fn what_is_searched_and_sorted_by_follows_its_record() {
    let (_folder, store) = opened(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (person, user) = (employee(7, None, None), active(8, id(1)));
    let first = vec![
        insert(super::samples::role(1, "clerk")),
        insert(person.clone()),
        insert(user.clone()),
    ];
    runtime.block_on(store.commit(commit(1, first))).unwrap();
    let update = |entry| crate::store::Change::Update {
        expected: crate::model::Version::FIRST,
        entry,
    };
    let person = Employee {
        signature: Some(Signature::new("QX").unwrap()),
        ..person
    };
    let user = User {
        profile: Profile {
            last_name: PersonName::new("Ümlaut").unwrap(),
            ..user.profile.clone()
        },
        user_name: UserName::new("someone.else").unwrap(),
        ..user
    };
    let changes = [crate::model::Entry::new(person), crate::model::Entry::new(user)].map(update);
    runtime.block_on(store.commit(commit(2, changes.into()))).unwrap();
    let conn = Connection::open(store.path()).unwrap();
    for (table, place, columns) in [
        (
            "tenure_employee",
            3,
            "created_key, name_key, signature_key, first_name_key, address_key",
        ),
        (
            "tenure_user",
            4,
            "status, created_key, name_key, signature_key, first_name_key, display_name_key, user_name_key, address_key",
        ),
    ] {
        let read = |from: String| -> Vec<Vec<rusqlite::types::Value>> {
            let mut statement = conn.prepare(&from).unwrap();
            let width = statement.column_count();
            let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect());
            rows.unwrap().collect::<Result<_, _>>().unwrap()
        };
        let own = read(format!("SELECT rowid * 8 + {place}, id, {columns} FROM {table}"));
        let beside = read(format!(
            "SELECT doc, id, {columns} FROM tenure_search WHERE kind = '{}'",
            table.trim_start_matches("tenure_")
        ));
        assert_eq!(own.len(), 1);
        assert_eq!(own, beside);
    }
}

/// The index says what the rows say, whatever was written over what.
#[test]
fn the_index_of_trigrams_agrees_with_its_rows() {
    let (_folder, store) = opened(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let before = employee(7, None, None);
    runtime
        .block_on(store.commit(commit(1, vec![insert(before.clone())])))
        .unwrap();
    let after = Employee {
        last_name: PersonName::new("Ümlaut").unwrap(),
        ..before
    };
    let update = crate::store::Change::Update {
        expected: crate::model::Version::FIRST,
        entry: crate::model::Entry::new(after),
    };
    runtime.block_on(store.commit(commit(2, vec![update]))).unwrap();
    let conn = Connection::open(store.path()).unwrap();
    conn.execute(
        "INSERT INTO tenure_search_index (tenure_search_index, rank) VALUES ('integrity-check', 1)",
        [],
    )
    .unwrap();
    let found: i64 = conn
        .query_row(
            "SELECT count(*) FROM tenure_search_index WHERE tenure_search_index MATCH '\"mla\"'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(found, 1);
}

/// Everybody below has to be gone through for it, so that is done once: it is asked wherever somebody comes to stand lower.
#[test]
fn d2_whoever_is_so_many_levels_below_is_looked_for_once() {
    let (_folder, store) = opened(4_096);
    let query = Query::new(RecordKind::Employee, at(1))
        .filter(Filter::LevelsBelow(id(1), 2))
        .limit(1);
    let statements = statements(&store, store.list(TENANT, &query));
    let walks: usize = statements.iter().map(|sql| sql.matches("below.level < ").count()).sum();
    assert_eq!(walks, 1, "{statements:?}");
}

/// What few have is asked for alone; of what many have, one part of each word, and two of a single one.
#[test]
fn if5_the_index_is_asked_for_what_is_rarest() {
    let (_folder, store) = opened(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let many = (0..200).map(|number| {
        let last = if number == 150 { "Meierquist" } else { "Meier" };
        Employee {
            first_name: PersonName::new("Anna").unwrap(),
            last_name: PersonName::new(last).unwrap(),
            ..employee(1_000 + number, None, None)
        }
    });
    let commit = commit(1, many.map(insert).collect());
    runtime.block_on(store.commit(commit)).unwrap();
    let conn = Connection::open(store.path()).unwrap();
    for (searched, asked) in [
        ("anna", r#""ann" AND "nna""#),
        ("meierquist", r#""erq" AND "ist""#),
        ("anna quist", r#""ist""#),
        ("anna meier", r#""ann" AND "eie""#),
        ("nobody", r#""bod" AND "nob""#),
    ] {
        let question = rarest(&conn, &pattern(searched), None).unwrap();
        assert_eq!(question.as_deref(), Some(asked), "{searched}");
    }
    assert_eq!(rarest(&conn, &pattern("an"), None).unwrap(), None);
}

/// With so many that some parts of a pattern count as common and are left out, in two tenants of one file.
#[test]
fn if5_common_and_rare_are_found_as_in_memory() {
    let (_folder, mut store) = opened(0);
    let memory = MemoryStore::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let other = crate::id::TenantId::from_uuid(uuid::Uuid::from_u128(8));
    let (first, last) = (["Anna", "Åsa", "Zoë"], ["Meier", "Zimmermann", "Ander-Meier", "Quist"]);
    let people = |from: usize| {
        let person = move |n: usize| Employee {
            first_name: PersonName::new(first[n % 3]).unwrap(),
            last_name: PersonName::new(if n % 97 == 5 { "Zimmerquist" } else { last[n / 3 % 4] }).unwrap(),
            ..employee(u64::try_from(from + n).unwrap(), None, None)
        };
        (0..400).map(person).map(insert).collect()
    };
    let mut elsewhere = commit(1, people(10_000));
    elsewhere.tenant = other;
    for commit in [elsewhere, commit(2, people(20_000))] {
        runtime.block_on(store.commit(commit.clone())).unwrap();
        runtime.block_on(memory.commit(commit)).unwrap();
    }
    for searched in [
        "anna",
        "mmer",
        "zimmermann",
        "zimmerquist",
        "anna meier",
        "an*ier",
        "as* zim*",
        "*quist",
        "der-m",
        "anna nobody",
        "meier anna quist",
        "z*n",
        "quist*",
    ] {
        for field in [None, Some(SearchField::FirstName), Some(SearchField::LastName)] {
            for sort in [SortBy::Created, SortBy::Name, SortBy::FirstName] {
                let filter = match field {
                    Some(field) => Filter::Field(field, pattern(searched)),
                    None => Filter::Text(pattern(searched)),
                };
                let query = Query::new(RecordKind::Employee, at(1))
                    .filter(filter)
                    .sort(sort)
                    .limit(7);
                let query = query.count_up_to(1_000);
                let expected = runtime.block_on(memory.list(TENANT, &query)).unwrap();
                for narrow in [0, 16, 600, 4_096] {
                    store.narrow = narrow;
                    let found = runtime.block_on(store.list(TENANT, &query)).unwrap();
                    assert_eq!(found, expected, "{searched} {field:?} {sort:?} {narrow}");
                }
            }
        }
    }
}
