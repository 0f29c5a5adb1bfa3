//! Transactions that fail half-way.

use std::sync::mpsc;
use std::time::Duration;

use rusqlite::Connection;

use super::samples::{TENANT, commit, id, insert, role};
use crate::model::Role;
use crate::store::sqlite::commit::Plan;
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::sql::run;
use crate::store::sqlite::writer::Writer;
use crate::store::sqlite::{SqliteOptions, SqliteStore};
use crate::store::{Store, StoreError, StoreErrorKind, StoreExt};

fn plan(number: u64) -> Plan {
    Plan::new(commit(number, vec![insert(role(number, &format!("role {number}")))])).unwrap()
}

async fn has(store: &SqliteStore, number: u64) -> bool {
    store.get::<Role>(TENANT, id(number)).await.unwrap().is_some()
}

fn kind_of<T: std::fmt::Debug>(answer: Result<T, Failure>) -> StoreErrorKind {
    StoreError::from(answer.unwrap_err()).kind()
}

/// Puts work into one group: the writer is held up until all of it waits.
async fn in_one_group<T, F>(writer: &Writer, work: Vec<F>) -> Vec<Result<T, Failure>>
where
    T: Send + 'static,
    F: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
{
    let (reached, is_reached) = mpsc::channel::<()>();
    let (release, released) = mpsc::channel::<()>();
    let mut hold = Box::pin(writer.write(move |_| {
        reached.send(()).unwrap();
        released.recv_timeout(Duration::from_secs(9)).unwrap();
        Ok(())
    }));
    let mut waiting: Vec<_> = work.into_iter().map(|work| Box::pin(writer.write(work))).collect();
    std::future::poll_fn(|context| {
        assert!(hold.as_mut().poll(context).is_pending());
        is_reached.recv_timeout(Duration::from_secs(9)).unwrap();
        for write in &mut waiting {
            assert!(write.as_mut().poll(context).is_pending());
        }
        std::task::Poll::Ready(())
    })
    .await;
    release.send(()).unwrap();
    hold.await.unwrap();
    let mut answers = Vec::new();
    for write in waiting {
        answers.push(write.await);
    }
    answers
}

#[tokio::test]
async fn a_transaction_that_is_cut_off_leaves_the_state_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    SqliteOptions::new(&path)
        .open()
        .unwrap()
        .commit(commit(1, vec![insert(role(1, "one"))]))
        .await
        .unwrap();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE; SAVEPOINT job").unwrap();
    plan(2).write(&conn).unwrap();
    conn.execute_batch("RELEASE job").unwrap();
    drop(conn);
    let store = SqliteStore::open(&path).unwrap();
    assert!(has(&store, 1).await);
    assert!(!has(&store, 2).await);
}

#[tokio::test]
async fn one_that_breaks_the_rules_of_the_tables_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let writing = |number: u64| {
        let plan = plan(number);
        move |conn: &Connection| {
            if number == 2 {
                // Deferred, so that only COMMIT notices.
                run(
                    conn,
                    "INSERT INTO tenure_user_role (tenant, user, role, held)
                     SELECT tenant, id, id, id FROM tenure_user",
                    [],
                )?;
                run(
                    conn,
                    "INSERT INTO tenure_unit (tenant, id, version, linked, created_at, created_key, name_key, name,
                         kind, parent, depth, body)
                     VALUES (x'01', x'02', 1, 1, 0, x'', x'', 'x', 'x', x'03', 1, '{}')",
                    [],
                )?;
            }
            plan.write(conn)
        }
    };
    let answers = in_one_group(&store.writer, [1, 2, 3].map(writing).into()).await;
    let [first, second, third] = <[_; 3]>::try_from(answers).unwrap();
    first.unwrap();
    assert_eq!(kind_of(second), StoreErrorKind::Other);
    third.unwrap();
    assert!(has(&store, 1).await && !has(&store, 2).await && has(&store, 3).await);
}

#[tokio::test]
async fn when_the_transaction_is_lost_everybody_hears_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let writing = |number: u64| {
        let plan = plan(number);
        move |conn: &Connection| {
            let committed = plan.write(conn)?;
            if number == 2 {
                // As a full disk may do.
                run(conn, "ROLLBACK", [])?;
                run(conn, "no sql", [])?;
            }
            Ok(committed)
        }
    };
    let answers = in_one_group(&store.writer, [1, 2, 3].map(writing).into()).await;
    let kinds: Vec<_> = answers.into_iter().map(kind_of).collect();
    let again = StoreErrorKind::Transient;
    assert_eq!(
        kinds,
        [again, StoreErrorKind::Other, again],
        "who did it, and who may try again"
    );
    for number in 1..=3 {
        assert!(!has(&store, number).await);
    }
    store.commit(commit(1, vec![insert(role(1, "one"))])).await.unwrap();
    assert!(has(&store, 1).await);
}

#[tokio::test]
async fn a_full_file_refuses_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let limit = |pages: &'static str| {
        store.writer.write(move |conn| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            Ok(conn.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
        })
    };
    limit("1").await.unwrap();
    let mut refused = None;
    for number in 0..2_000 {
        if let Err(error) = store
            .commit(commit(number, vec![insert(role(number, &format!("r {number}")))]))
            .await
        {
            refused = Some((number, error));
            break;
        }
    }
    let (number, error) = refused.unwrap();
    let crate::store::CommitError::Store(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.kind(), StoreErrorKind::Other, "{error:?}");
    assert!(!has(&store, number).await);
    limit("1000000").await.unwrap();
    store
        .commit(commit(number, vec![insert(role(number, "again"))]))
        .await
        .unwrap();
}
