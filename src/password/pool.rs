use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::hasher::{HashFailure, Hasher, Ran};
use super::{HashingParams, MAX_PASSWORD_BYTES, Password, PasswordHash, Verified};

/// How many jobs may wait for each thread. At 14 to 30 ms a hash the last of them waits one to two seconds.
const QUEUE_PER_THREAD: usize = 64;

/// What a thread does with its memory. It carries its own way to answer.
type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

/// Hashes and verifies passwords on a few threads of its own.
///
/// A hash takes some 14 to 30 ms of a core and 19 MiB on purpose. Run on the async runtime, or on as many blocking
/// threads as there are sign-ins, it would stop everything else; so a fixed number of threads hash, a bounded number of
/// jobs wait, and further ones are turned away with [`PoolError::Busy`] at once.
///
/// * **Threads** start with the first job: by default one fewer than there are cores, at least one. Each keeps its
///   memory from one hash to the next. They end after the pool is dropped.
/// * **Queue**: by default 64 places a thread. A job has its place from its admission ([`admit`](Self::admit)) until a
///   thread takes it up.
/// * **Cancellation**: when a caller drops its future, a job that has not started is skipped without hashing; one that
///   runs ends unheard.
/// * A job that panics answers [`PoolError::Failed`] and harms no other.
///
/// It needs no particular runtime. Share it in an [`Arc`].
pub struct HashPool {
    params: HashingParams,
    threads: usize,
    queue: usize,
    places: Arc<Semaphore>,
    ran: Arc<Ran>,
    /// `None` until the first job. Dropping it is what ends the threads.
    jobs: Mutex<Option<Sender<Job>>>,
}

impl HashPool {
    /// A pool of the default size for this machine.
    pub fn new(params: HashingParams) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = NonZeroUsize::new(cores - 1).unwrap_or(NonZeroUsize::MIN);
        let queue = threads.saturating_mul(NonZeroUsize::MIN.saturating_add(QUEUE_PER_THREAD - 1));
        Self::sized(params, threads, queue)
    }

    /// A pool of so many threads, and of so many places in the queue before them.
    ///
    /// It takes `threads` times the parameters' memory at most, and a little more while it verifies costlier imported
    /// hashes.
    pub fn sized(params: HashingParams, threads: NonZeroUsize, queue: NonZeroUsize) -> Self {
        let queue = queue.get().min(Semaphore::MAX_PERMITS);
        Self {
            params,
            threads: threads.get(),
            queue,
            places: Arc::new(Semaphore::new(queue)),
            ran: Arc::default(),
            jobs: Mutex::new(None),
        }
    }

    /// What new hashes are made with.
    pub fn params(&self) -> HashingParams {
        self.params
    }

    /// How many hashes ran to their end so far, decoys included. Tests count with it that each sign-in costs exactly
    /// one.
    pub fn hashes_run(&self) -> u64 {
        self.ran.hashes.load(Ordering::Relaxed)
    }

    /// How many of them compared a password with somebody's own hash, and not with a decoy. Tests count with it that
    /// nobody is guessed at more often than is allowed.
    pub fn comparisons_run(&self) -> u64 {
        self.ran.comparisons.load(Ordering::Relaxed)
    }

    /// Takes a place in the queue before anything else is done, so that a sign-in that would not be hashed is turned
    /// away before its attempt is counted. The place is given back when the permit is dropped.
    ///
    /// # Errors
    /// [`PoolError::Busy`] when every place is taken. It never waits.
    pub fn admit(&self) -> Result<Permit, PoolError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map(Permit).map_err(|_| PoolError::Busy)
    }

    /// Hashes a new password with the pool's parameters. `salt` is 16 bytes of the random source, never used before.
    ///
    /// # Errors
    /// [`PoolError::Busy`], [`PoolError::TooLong`] (before any hashing), [`PoolError::Unavailable`],
    /// [`PoolError::Failed`].
    pub async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<PasswordHash, PoolError> {
        self.hash_with(self.admit()?, password, salt).await
    }

    /// The same as [`hash`](Self::hash), in the place that an earlier [`admit`](Self::admit) took.
    ///
    /// # Errors
    /// As [`hash`](Self::hash), but never [`PoolError::Busy`].
    pub async fn hash_with(
        &self,
        permit: Permit,
        password: Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, PoolError> {
        let job = move |hasher: &mut Hasher| hasher.hash(&password, salt);
        Ok(self.run(permit, job).await??)
    }

    /// Verifies a password. `None` stands for "no such user" and "no password": a decoy with the pool's parameters is
    /// hashed then, and the answer is always a mismatch. So it is for a password of more than 1,024 bytes. Exactly one
    /// hash runs in each case.
    ///
    /// # Errors
    /// [`PoolError::Busy`], [`PoolError::Unavailable`], [`PoolError::Failed`]. A wrong password is no error.
    pub async fn verify(&self, password: Password, against: Option<PasswordHash>) -> Result<Verified, PoolError> {
        self.verify_with(self.admit()?, password, against).await
    }

    /// The same as [`verify`](Self::verify), in the place that an earlier [`admit`](Self::admit) took.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), but never [`PoolError::Busy`].
    pub async fn verify_with(
        &self,
        permit: Permit,
        password: Password,
        against: Option<PasswordHash>,
    ) -> Result<Verified, PoolError> {
        let job = move |hasher: &mut Hasher| hasher.verify(&password, against.as_ref());
        Ok(self.run(permit, job).await??)
    }

    async fn run<T: Send + 'static>(
        &self,
        permit: Permit,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, answer) = oneshot::channel();
        let job = move |hasher: &mut Hasher| {
            drop(permit);
            if !reply.is_closed() {
                // The caller may have gone meanwhile; then nobody wants the answer.
                let _ = reply.send(work(hasher));
            }
        };
        // The sender is dropped unused when the job panics, which is how the caller learns of it.
        self.jobs()?.send(Box::new(job)).map_err(|_| PoolError::Failed)?;
        answer.await.map_err(|_| PoolError::Failed)
    }

    /// The way to the threads, which are started if this is the first job.
    fn jobs(&self) -> Result<Sender<Job>, PoolError> {
        let mut jobs = lock(&self.jobs);
        if let Some(running) = &*jobs {
            return Ok(running.clone());
        }
        let started = self.start().map_err(PoolError::Unavailable)?;
        Ok(jobs.insert(started).clone())
    }

    /// Fewer threads than asked for are slower but safe; none is an error, and the next job tries again.
    fn start(&self) -> io::Result<Sender<Job>> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..self.threads {
            let hasher = Hasher::new(self.params, Arc::clone(&self.ran));
            let receiver = Arc::clone(&receiver);
            let started = thread::Builder::new()
                .name(format!("tenure-hash-{number}"))
                .spawn(move || work_off(&receiver, hasher));
            match started {
                Err(error) if number == 0 => return Err(error),
                Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(sender)
    }
}

impl Default for HashPool {
    /// [`new`](Self::new) with the default [`HashingParams`].
    fn default() -> Self {
        Self::new(HashingParams::default())
    }
}

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashPool")
            .field("params", &self.params)
            .field("threads", &self.threads)
            .field("queue", &self.queue)
            .field("free_places", &self.places.available_permits())
            .field("hashes_run", &self.hashes_run())
            .finish_non_exhaustive()
    }
}

/// A thread's life: one job after the other, until the pool is gone.
fn work_off(jobs: &Mutex<Receiver<Job>>, mut hasher: Hasher) {
    loop {
        // The lock is held while waiting, and given back before the job runs.
        let next = lock(jobs).recv();
        let Ok(job) = next else { return };
        // The hasher is safe to go on with: every hash overwrites the memory that it reads.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut hasher)));
    }
}

/// Nothing is left half done under these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the queue of a [`HashPool`], given back on drop. Use it with the pool that gave it.
#[derive(Debug)]
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// Why a hash did not run. Closed on purpose: callers answer each of these.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Every place in the queue is taken. Trying again a second later may help.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The password to hash is longer than [`MAX_PASSWORD_BYTES`] in NFC; a policy refuses it before.
    #[error("the password has more than {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The operating system gave no thread to hash on. The next job tries again.
    #[error("no thread for hashing could be started")]
    Unavailable(#[source] io::Error),
    /// The hash did not come to its end, most likely for want of memory.
    #[error("the password could not be hashed")]
    Failed,
}

impl PoolError {
    /// Whether the same call may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

impl From<HashFailure> for PoolError {
    fn from(failure: HashFailure) -> Self {
        match failure {
            HashFailure::TooLong => Self::TooLong,
            HashFailure::Failed => Self::Failed,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn pool(threads: usize, queue: usize) -> HashPool {
        HashPool::sized(
            HashingParams::weak_for_tests(),
            NonZeroUsize::new(threads).unwrap(),
            NonZeroUsize::new(queue).unwrap(),
        )
    }

    fn password() -> Password {
        Password::from("correct horse")
    }

    /// Occupies one thread until the returned sender is dropped or used.
    async fn occupy(pool: &Arc<HashPool>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
        let (go_on, wait) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let permit = pool.admit().unwrap();
        let pool = Arc::clone(pool);
        let task = tokio::spawn(async move {
            let block = move |_: &mut Hasher| {
                started.send(()).unwrap();
                let _ = wait.recv();
            };
            pool.run(permit, block).await.unwrap();
        });
        has_started.await.unwrap();
        (go_on, task)
    }

    async fn eventually(condition: impl Fn() -> bool) {
        for _ in 0..1_000 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not happen within five seconds");
    }

    #[tokio::test]
    async fn p5_what_is_hashed_verifies_and_nothing_else_does() {
        let pool = pool(2, 8);
        let kept = pool.hash(password(), [1; 16]).await.unwrap();
        let verified = pool.verify(password(), Some(kept.clone())).await.unwrap();
        assert_eq!((verified.matches, verified.outdated), (true, false));
        let wrong = Password::from("correct horsf");
        assert!(!pool.verify(wrong, Some(kept)).await.unwrap().matches);
    }

    #[tokio::test]
    async fn p6_threads_start_with_the_first_job_and_end_with_the_pool() {
        let pool = pool(3, 8);
        assert_eq!(Arc::strong_count(&pool.ran), 1);
        pool.verify(password(), None).await.unwrap();
        let alive = Arc::downgrade(&pool.ran);
        assert_eq!(alive.strong_count(), 1 + 3);
        drop(pool);
        eventually(|| alive.strong_count() == 0).await;
    }

    #[tokio::test]
    async fn p6_a_full_queue_answers_busy_at_once_and_a_dropped_permit_frees_its_place() {
        let pool = pool(1, 2);
        let first = pool.admit().unwrap();
        let second = pool.admit().unwrap();
        assert!(matches!(pool.admit(), Err(PoolError::Busy)));
        let refused = pool.verify(password(), None).await;
        assert!(matches!(&refused, Err(error @ PoolError::Busy) if error.is_retryable()));
        assert!(matches!(pool.hash(password(), [1; 16]).await, Err(PoolError::Busy)));
        assert_eq!(pool.hashes_run(), 0);
        drop(first);
        pool.verify(password(), None).await.unwrap();
        pool.verify_with(second, password(), None).await.unwrap();
        assert_eq!(pool.places.available_permits(), 2);
    }

    #[tokio::test]
    async fn p6_a_place_is_taken_until_a_thread_takes_the_job_up() {
        let pool = Arc::new(pool(1, 2));
        let (go_on, busy) = occupy(&pool).await;
        assert_eq!(pool.places.available_permits(), 2, "the running job has none");
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let permit = pool.admit().unwrap();
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.verify_with(permit, password(), None).await })
            })
            .collect();
        assert!(matches!(pool.admit(), Err(PoolError::Busy)));
        drop(go_on);
        busy.await.unwrap();
        for job in waiting {
            assert!(!job.await.unwrap().unwrap().matches);
        }
        assert_eq!(pool.places.available_permits(), 2);
    }

    #[tokio::test]
    async fn p6_the_runtime_goes_on_while_every_thread_hashes() {
        // This runtime has one thread: were it blocked, the spawned task could not free the pool.
        let pool = Arc::new(pool(1, 4));
        let (go_on, busy) = occupy(&pool).await;
        let verify = pool.verify(password(), None);
        let free = async { drop(go_on) };
        let (verified, ()) = tokio::join!(verify, free);
        assert!(!verified.unwrap().matches);
        busy.await.unwrap();
    }

    #[tokio::test]
    async fn p6_never_more_hashes_at_once_than_threads() {
        let pool = Arc::new(pool(2, 32));
        let now = Arc::new(AtomicU64::new(0));
        let most = Arc::new(AtomicU64::new(0));
        let jobs: Vec<_> = (0..20)
            .map(|_| {
                let (pool, now, most) = (Arc::clone(&pool), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    let permit = pool.admit().unwrap();
                    let work = move |_: &mut Hasher| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(2));
                        now.fetch_sub(1, Ordering::SeqCst);
                    };
                    pool.run(permit, work).await.unwrap();
                })
            })
            .collect();
        for job in jobs {
            job.await.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[tokio::test]
    async fn p6_a_job_whose_caller_left_is_skipped_unhashed_and_gives_its_place_back() {
        let pool = Arc::new(pool(1, 4));
        let (go_on, busy) = occupy(&pool).await;
        let left = {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.verify(password(), None).await })
        };
        eventually(|| pool.places.available_permits() == 3).await;
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        drop(go_on);
        busy.await.unwrap();
        pool.verify(password(), None).await.unwrap();
        assert_eq!(pool.hashes_run(), 1);
        assert_eq!(pool.places.available_permits(), 4);
    }

    #[tokio::test]
    async fn p6_a_panicking_job_fails_alone() {
        let pool = pool(1, 4);
        for _ in 0..3 {
            let permit = pool.admit().unwrap();
            let work = |_: &mut Hasher| std::panic::resume_unwind(Box::new("on purpose"));
            let failed = pool.run::<()>(permit, work).await;
            assert!(matches!(failed, Err(PoolError::Failed)));
        }
        let kept = pool.hash(password(), [1; 16]).await.unwrap();
        assert!(pool.verify(password(), Some(kept)).await.unwrap().matches);
        assert_eq!(pool.places.available_permits(), 4);
    }

    #[tokio::test]
    async fn p6_many_at_once_each_get_their_own_answer() {
        let pool = Arc::new(pool(2, 128));
        let jobs: Vec<_> = (0..100_u8)
            .map(|number| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move {
                    let mine = Password::from(format!("password {number}"));
                    let kept = pool.hash(mine.clone(), [number; 16]).await.unwrap();
                    pool.verify(mine, Some(kept)).await.unwrap().matches
                })
            })
            .collect();
        for job in jobs {
            assert!(job.await.unwrap());
        }
        assert_eq!(pool.hashes_run(), 200);
    }

    #[tokio::test]
    async fn p7_every_verification_costs_exactly_one_hash() {
        let pool = pool(1, 4);
        let kept = pool.hash(password(), [1; 16]).await.unwrap();
        let wrong = Password::from("wrong");
        let long = Password::from("x".repeat(2_000));
        let cases = [
            (password(), Some(kept.clone()), true),
            (wrong, Some(kept.clone()), false),
            (password(), None, false),
            (long.clone(), Some(kept), false),
            (long, None, false),
        ];
        for (password, against, expected) in cases {
            let before = pool.hashes_run();
            let verified = pool.verify(password, against).await.unwrap();
            assert_eq!(verified.matches, expected);
            assert_eq!(pool.hashes_run(), before + 1);
        }
    }

    #[tokio::test]
    async fn p2_hashing_over_1024_bytes_is_refused_unhashed() {
        let pool = pool(1, 4);
        let refused = pool.hash(Password::from("x".repeat(1_025)), [1; 16]).await;
        assert!(matches!(refused, Err(PoolError::TooLong)));
        assert_eq!(pool.hashes_run(), 0);
    }

    #[test]
    fn the_default_pool_leaves_a_core_and_has_64_places_a_thread() {
        let pool = HashPool::default();
        let cores = thread::available_parallelism().unwrap().get();
        assert_eq!(pool.threads, (cores - 1).max(1));
        assert_eq!(pool.queue, 64 * pool.threads);
        assert_eq!(pool.params(), HashingParams::default());
        let shown = format!("{pool:?}");
        assert!(shown.contains("hashes_run: 0"), "{shown}");
    }

    #[test]
    fn a_pool_works_outside_of_any_runtime_and_can_be_shared() {
        fn shared<T: Send + Sync>(_: &T) {}
        let pool = pool(1, 1);
        shared(&pool);
        let mut future = std::pin::pin!(pool.verify(password(), None));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(verified) = future.as_mut().poll(&mut context) {
                assert!(!verified.unwrap().matches);
                return;
            }
            thread::yield_now();
        }
    }
}
