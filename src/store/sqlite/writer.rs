//! The one thread that writes. It takes all the work that waits, up to a number, into one transaction: one wait for the
//! disk serves them all.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::failure::{Failure, kind_of};
use super::sql::run;
use crate::store::StoreErrorKind;

/// How many pieces of work share a transaction at most.
const GROUP: usize = 64;
/// How many wait in line; whoever comes then waits for a place.
const QUEUE: usize = 1_024;

/// The way to the thread. When it is dropped, the thread finishes what it was given and ends.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(conn: Connection) -> Result<Self, std::io::Error> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("tenure-sqlite".to_owned())
            .spawn(move || write_all(&conn, jobs))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Has the thread do this, whole or not at all, and waits until it is on disk. `work` may run more than once, each time
    /// after all that it did before was rolled back.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let task = Task {
            work,
            outcome: None,
            answer,
        };
        let queue = self.queue.as_ref().ok_or(Failure::WriterGone)?;
        queue.send(Box::new(task)).await.map_err(|_| Failure::WriterGone)?;
        answered.await.unwrap_or(Err(Failure::CutShort))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to finish.
            let _ = thread.join();
        }
    }
}

/// A piece of work and whoever waits for it.
trait Job: Send {
    /// Does the work. False: nothing of it may stay.
    fn run(&mut self, conn: &Connection) -> bool;

    /// Tells how it ended, now that it is known what became of the transaction.
    fn answer(self: Box<Self>, ending: &Ending);
}

/// What became of a transaction.
enum Ending {
    /// What stays of it is on disk.
    Durable,
    /// Failed, all of it.
    Failed(StoreErrorKind, Arc<rusqlite::Error>),
}

struct Task<T, F> {
    work: F,
    outcome: Option<Result<T, Failure>>,
    answer: oneshot::Sender<Result<T, Failure>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T, Failure> + Send,
{
    fn run(&mut self, conn: &Connection) -> bool {
        let outcome = (self.work)(conn);
        let stays = outcome.is_ok();
        self.outcome = Some(outcome);
        stays
    }

    fn answer(self: Box<Self>, ending: &Ending) {
        let outcome = match (ending, self.outcome) {
            (Ending::Durable, outcome) => outcome.unwrap_or(Err(Failure::CutShort)),
            // It failed by itself, with an error of its own: the cause of all.
            (Ending::Failed(..), Some(Err(failure @ Failure::Sqlite(_)))) => Err(failure),
            // It was refused on the ground of what now never happened: it left nothing behind, and may be tried again.
            (Ending::Failed(_, error), Some(Err(_))) => Err(Failure::Group(StoreErrorKind::Transient, error.clone())),
            (Ending::Failed(kind, error), _) => Err(Failure::Group(*kind, error.clone())),
        };
        // Whoever asked may have gone; the work stands all the same.
        let _ = self.answer.send(outcome);
    }
}

fn write_all(conn: &Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        write_group(conn, group);
    }
}

/// Writes a group and answers it. Where the commit breaks a rule of the tables, nobody can say which of the group did: so
/// each is then tried alone.
fn write_group(conn: &Connection, mut group: Vec<Box<dyn Job>>) {
    let ending = transact(conn, &mut group);
    match ending {
        Ending::Failed(_, error) if group.len() > 1 && breaks_a_rule(&error) => {
            for job in group {
                write_group(conn, vec![job]);
            }
        }
        ending => group.into_iter().for_each(|job| job.answer(&ending)),
    }
}

fn breaks_a_rule(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// One transaction for the group, where there are several a savepoint each.
fn transact(conn: &Connection, group: &mut [Box<dyn Job>]) -> Ending {
    // Nothing is written before COMMIT is asked for.
    let nothing_written = |error: rusqlite::Error| {
        let kind = match kind_of(&error) {
            StoreErrorKind::Other => StoreErrorKind::Transient,
            kind => kind,
        };
        Ending::Failed(kind, Arc::new(error))
    };
    roll_back(conn);
    if let Err(error) = run(conn, "BEGIN IMMEDIATE", []) {
        return Ending::Failed(kind_of(&error), Arc::new(error));
    }
    if let [only] = group {
        // A savepoint would keep a copy of every page until its end; alone, the transaction itself is one.
        if !only.run(conn) {
            roll_back(conn);
            return Ending::Durable;
        }
        return commit(conn);
    }
    for job in group {
        if let Err(error) = in_savepoint(conn, job.as_mut()) {
            roll_back(conn);
            return nothing_written(error);
        }
    }
    commit(conn)
}

fn commit(conn: &Connection) -> Ending {
    match run(conn, "COMMIT", []) {
        Ok(_) => Ending::Durable,
        Err(error) => {
            let kind = outcome_of(&error);
            roll_back(conn);
            Ending::Failed(kind, Arc::new(error))
        }
    }
}

/// Runs one piece of work. An error: the whole transaction is lost.
fn in_savepoint(conn: &Connection, job: &mut dyn Job) -> Result<(), rusqlite::Error> {
    run(conn, "SAVEPOINT job", [])?;
    if !job.run(conn) {
        // Some failures, such as a full disk, end the transaction by themselves; then this fails, as it should.
        run(conn, "ROLLBACK TO job", [])?;
    }
    run(conn, "RELEASE job", [])?;
    Ok(())
}

fn roll_back(conn: &Connection) {
    if !conn.is_autocommit() {
        // If even this fails, the next group tries again, and if need be tells of it.
        let _ = run(conn, "ROLLBACK", []);
    }
}

/// What is known after COMMIT failed. When it was turned away, nothing is written; when it failed on the way to the disk,
/// who knows.
fn outcome_of(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Transient,
        Some(ErrorCode::ConstraintViolation | ErrorCode::ReadOnly) => StoreErrorKind::Other,
        _ => StoreErrorKind::UnknownOutcome,
    }
}
