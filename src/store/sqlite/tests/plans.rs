//! Which statements are run, and that none of them goes through a table.

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rusqlite::Connection;

use super::samples::{TENANT, active, api_key, at, commit, employee, id, insert, role, session, tenant, token};
use crate::clock::Timestamp;
use crate::model::{EndReason, RecordId, RecordKind, UniqueKey};
use crate::secret::TokenHash;
use crate::store::sqlite::SqliteStore;
use crate::store::{Counter, Filter, Lookup, Query, SetChange, Store};

thread_local! {
    static STATEMENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note(sql: &str) {
    STATEMENTS.with_borrow_mut(|statements| statements.push(sql.to_owned()));
}

/// Without a runtime everything is read on this thread, where the statements are noted.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a read had to wait"),
    }
}

/// What SQLite itself was given to do, the statements of transactions aside.
#[allow(
    deprecated,
    reason = "what came in its place is not in the oldest rusqlite that goes"
)]
pub(super) fn statements<T>(store: &SqliteStore, read: impl Future<Output = T>) -> Vec<String> {
    let trace = |conn: &mut Connection| conn.trace(Some(note));
    store.readers.each(trace);
    store.long_readers.each(trace);
    STATEMENTS.with_borrow_mut(Vec::clear);
    now(read);
    let is_work = |sql: &String| !sql.starts_with("BEGIN") && !sql.starts_with("COMMIT") && !of_the_index(sql);
    STATEMENTS
        .with_borrow_mut(std::mem::take)
        .into_iter()
        .filter(is_work)
        .collect()
}

/// What the index of trigrams asks its own tables.
fn of_the_index(sql: &str) -> bool {
    sql.starts_with("--") || sql.contains("'tenure_search_index_")
}

pub(super) fn plan(store: &SqliteStore, sql: &str) -> Vec<String> {
    let conn = Connection::open(store.path()).unwrap();
    // So that the plan shows what is looked up for the foreign keys.
    conn.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    crate::store::sqlite::search::register(&conn).unwrap();
    crate::store::sqlite::sets::register(&conn).unwrap();
    let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = plan.query_map([], |row| row.get(3)).unwrap();
    steps.collect::<Result<_, _>>().unwrap()
}

/// No step may go through all that a tenant has.
fn assert_narrow(store: &SqliteStore, what: &str, sqls: &[String]) {
    assert_indexed(store, what, sqls);
    for sql in sqls {
        for step in plan(store, sql) {
            assert!(!step.ends_with("(tenant=?)"), "{what}: {step}\n{sql}");
        }
    }
}

fn assert_indexed(store: &SqliteStore, what: &str, sqls: &[String]) {
    assert!(!sqls.is_empty(), "{what}");
    for sql in sqls {
        for step in plan(store, sql) {
            // A list that was just made, and an index made for the question, are no tables.
            let goes_through = step.starts_with("SCAN") && step.contains("tenure_") && !step.contains("USING");
            assert!(!goes_through, "{what}: {step}\n{sql}");
            assert!(!step.contains("AUTOMATIC"), "{what}: {step}\n{sql}");
        }
    }
}

fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let records = vec![
        insert(role(1, "clerk")),
        insert(active(2, id(1))),
        insert(tenant(id(2), id(1))),
        insert(session(3, id(2))),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.commit(commit(1, records))).unwrap();
    (folder, store)
}

#[test]
fn a_principal_is_one_statement_by_index() {
    let (_folder, store) = store();
    let token = token(3);
    let sqls = statements(&store, store.principal_by_session(TENANT, &token));
    assert_eq!(sqls.len(), 1, "{sqls:#?}");
    assert_narrow(&store, "a principal", &sqls);
    for step in plan(&store, &sqls[0]) {
        assert!(!step.starts_with("SCAN"), "{step}");
    }
    let found = now(store.principal_by_session(TENANT, &token)).unwrap().unwrap();
    assert_eq!(found.pass.value, session(3, id(2)));
    assert_eq!(found.user.value, active(2, id(1)));
    assert_eq!(found.tenant.value, tenant(id(2), id(1)));
    assert_eq!(
        found.roles.iter().map(|role| role.value.clone()).collect::<Vec<_>>(),
        [role(1, "clerk")]
    );
    assert_eq!(now(store.principal_by_session(id(9), &token)).unwrap(), None);
    let other = TokenHash::from_bytes([0; 32]);
    assert_eq!(now(store.principal_by_session(TENANT, &other)).unwrap(), None);
}

#[test]
fn e6_the_principal_of_an_api_key_is_one_statement_by_index() {
    let (_folder, store) = store();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let key = insert(api_key(4, id(2)));
    runtime.block_on(store.commit(commit(2, vec![key]))).unwrap();
    let token = token(4);
    let sqls = statements(&store, store.principal_by_api_key(TENANT, &token));
    assert_eq!(sqls.len(), 1, "{sqls:#?}");
    assert_narrow(&store, "a principal", &sqls);
    for step in plan(&store, &sqls[0]) {
        assert!(!step.starts_with("SCAN"), "{step}");
    }
    let found = now(store.principal_by_api_key(TENANT, &token)).unwrap().unwrap();
    assert_eq!(found.pass.value, api_key(4, id(2)));
    assert_eq!(found.user.value, active(2, id(1)));
    assert_eq!(found.tenant.value, tenant(id(2), id(1)));
    assert_eq!(found.roles[0].value, role(1, "clerk"));
    assert_eq!(now(store.principal_by_api_key(id(9), &token)).unwrap(), None);
}

#[test]
fn look_ups_are_by_index() {
    let (_folder, store) = store();
    for kind in RecordKind::ALL {
        let wanted = [Lookup::Id(RecordId::new(*kind, id(1)))];
        let sqls = statements(&store, store.load(TENANT, &wanted));
        assert_eq!(sqls.len(), 1, "{sqls:#?}");
        assert_narrow(&store, kind.as_str(), &sqls);
    }
    for key in [
        UniqueKey::session_token(&token(3)),
        UniqueKey::api_key_token(&token(3)),
        UniqueKey::ticket_token(&token(3)),
        UniqueKey::role_name(&role(1, "Clerk").name.key()),
    ] {
        let wanted = [Lookup::Key(key)];
        let sqls = statements(&store, store.load(TENANT, &wanted));
        assert_narrow(&store, "a key", &sqls);
    }
    assert_indexed(
        &store,
        "a counter",
        &statements(&store, store.counter(TENANT, Counter::Seats)),
    );
}

#[test]
fn listings_and_queues_are_by_index_and_in_its_order() {
    let (_folder, store) = store();
    let all = |kind| Query::new(kind, at(1));
    let mut queries: Vec<Query> = RecordKind::ALL.iter().map(|kind| all(*kind)).collect();
    queries.push(all(RecordKind::User).sort(crate::model::SortBy::Name).descending());
    queries.push(all(RecordKind::Session).filter(Filter::OfUser(id(2))));
    queries.push(all(RecordKind::Attempt).filter(Filter::OfUser(id(2))));
    queries.push(all(RecordKind::User).filter(Filter::Within(id(7))).count_up_to(9));
    queries.push(all(RecordKind::User).filter(Filter::WithRole(id(1))).status(["active"]));
    queries.push(all(RecordKind::Employee).filter(Filter::ReportsTo(id(1))));
    queries.push(all(RecordKind::Employee).filter(Filter::Above(id(1))));
    queries.push(all(RecordKind::Employee).filter(Filter::HasUser(false)));
    let (_other_folder, mut walking) = self::store();
    walking.narrow = 0;
    for query in queries {
        let store = &walking;
        let sqls = statements(store, store.list(TENANT, &query));
        assert_indexed(store, &format!("{query:?}"), &sqls);
        let sorted_apart = plan(store, &sqls[sqls.len() - 1 - usize::from(query.count_up_to.is_some())])
            .iter()
            .any(|step| step.contains("TEMP B-TREE"));
        let few = matches!(
            query.kind,
            RecordKind::Tenant | RecordKind::Ticket | RecordKind::Credential
        ) || matches!(query.filters.first(), Some(Filter::Above(_)));
        assert!(few || !sorted_apart, "{query:?}: {sqls:#?}");
    }
    for tenant in [None, Some(TENANT)] {
        let due = store.due(tenant, at(9), None, 10);
        assert_narrow(&store, "due", &statements(&store, due));
    }
    let feed = store.feed(TENANT, crate::store::FeedPosition::START, 10);
    assert_narrow(&store, "the feed", &statements(&store, feed));
    for before in [None, Some(crate::store::FeedPosition::START)] {
        let about = statements(&store, store.events_about(TENANT, RecordId::User(id(2)), before, 10));
        assert_narrow(&store, "events about one", &about);
        for step in about.iter().flat_map(|sql| plan(&store, sql)) {
            assert!(!step.contains("TEMP B-TREE"), "events about one are sorted: {step}");
        }
    }
    assert_indexed(&store, "the backlog", &statements(&store, store.mail_backlog()));
}

#[test]
fn a_removal_goes_through_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    let mut conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    crate::store::sqlite::sets::register(&conn).unwrap();
    #[allow(deprecated, reason = "as above")]
    conn.trace(Some(note));
    STATEMENTS.with_borrow_mut(Vec::clear);
    let records = vec![
        insert(role(1, "clerk")),
        insert(active(2, id(1))),
        insert(employee(3, None, None)),
    ];
    let write = |plan| {
        crate::store::sqlite::commit::Plan::new(plan)
            .unwrap()
            .write(&conn)
            .unwrap()
    };
    write(commit(1, records));
    let remove = |record| crate::store::Change::Remove {
        record,
        expected: crate::model::Version::FIRST,
    };
    write(commit(
        2,
        vec![
            remove(RecordId::User(id(2))),
            remove(RecordId::Role(id(1))),
            remove(RecordId::Employee(id(3))),
            crate::store::Change::Set(SetChange::EndTickets {
                user: id(2),
                purpose: None,
                at: Timestamp::EPOCH,
            }),
            crate::store::Change::Set(SetChange::EndSessions {
                user: id(2),
                except: None,
                at: Timestamp::EPOCH,
                reason: EndReason::AccessEnded,
            }),
            crate::store::Change::Set(SetChange::RevokeApiKeys {
                user: id(2),
                at: Timestamp::EPOCH,
            }),
            crate::store::Change::Set(SetChange::MoveReports {
                from: id(3),
                to: None,
                except: None,
            }),
        ],
    ));
    let sqls = STATEMENTS.with_borrow_mut(std::mem::take);
    let is_ours = |sql: &String| !of_the_index(sql);
    let sqls: Vec<String> = sqls.into_iter().filter(is_ours).collect();
    assert_narrow(&store, "writing", &sqls);
}
