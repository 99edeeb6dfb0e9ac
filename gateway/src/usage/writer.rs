//! From the journal's promise to the database's row: batched, off the hot path.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::Db;
use tokio::sync::{Notify, oneshot};

use super::journal::{Hold, Journal};
use super::record::UsageRecord;
use super::refusal::store_accepted;

const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// A multiple of the largest statement's rows; the more rows a transaction has, the fewer times it
/// writes the same pages.
const FLUSH_ROWS: usize = 1_024;
const BATCH_ROWS: usize = 2_048;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A batch takes milliseconds. A connection that hangs for ever must not hold up the rows.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60);
/// Rows kept in memory while the database is away; beyond, rows stay in the journal only and are
/// stored at the next start.
const QUEUE_ROWS: usize = 100_000;

/// Takes finished rows and stores them in batches.
#[derive(Debug, Clone)]
pub struct Writer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    journal: Journal,
    queue: Mutex<Vec<Queued>>,
    queue_rows: usize,
    overflowing: AtomicBool,
    deferred: AtomicU64,
    wake: Notify,
    flushes: Mutex<Flushes>,
}

/// Who waits for everything to be stored.
#[derive(Debug, Default)]
struct Flushes {
    waiting: Vec<oneshot::Sender<()>>,
    /// Nobody stores rows any more.
    over: bool,
}

#[derive(Debug)]
struct Queued {
    row: UsageRecord,
    holds: Vec<Hold>,
}

impl Writer {
    /// A writer on an open journal. Rows are stored once [`Writer::run`] runs.
    pub fn new(journal: Journal) -> Self {
        Self::with_room(journal, QUEUE_ROWS)
    }

    /// [`Writer::new`] with room for another number of rows.
    pub(super) fn with_room(journal: Journal, queue_rows: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                journal,
                queue: Mutex::new(Vec::new()),
                queue_rows,
                overflowing: AtomicBool::new(false),
                deferred: AtomicU64::new(0),
                wake: Notify::new(),
                flushes: Mutex::default(),
            }),
        }
    }

    /// Journals the beginning of an attempt.
    pub fn begin(&self, row: &UsageRecord) -> Hold {
        self.inner.journal.append(row)
    }

    /// Journals the end of an attempt and queues its row. When this returns, the row survives a kill.
    pub fn finish(&self, row: UsageRecord, began: Option<Hold>) {
        let hold = self.inner.journal.append(&row);
        let mut queue = self.inner.queue.lock();
        if queue.len() >= self.inner.queue_rows {
            drop(queue);
            // Dropping the holds keeps both segments on disk for the next start.
            self.inner.deferred.fetch_add(1, Ordering::Relaxed);
            if !self.inner.overflowing.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    rows = self.inner.queue_rows,
                    "too many usage rows wait for the database; further ones stay in the journal \
                     and are stored at the next start"
                );
            }
            return;
        }
        queue.push(Queued {
            row,
            holds: std::iter::once(hold).chain(began).collect(),
        });
        let full = queue.len() == FLUSH_ROWS;
        drop(queue);
        if full {
            self.inner.wake.notify_one();
        }
    }

    /// Rows that wait for the database.
    pub fn backlog(&self) -> usize {
        self.inner.queue.lock().len()
    }

    /// Rows that only the next start will store: there was no room for them while the database was
    /// away, or it refuses them.
    pub fn deferred(&self) -> u64 {
        self.inner.deferred.load(Ordering::Relaxed)
    }

    /// Whether rows reach the disk.
    pub fn is_healthy(&self) -> bool {
        self.inner.journal.is_healthy()
    }

    /// Waits until everything queued so far is stored (or has failed to be). Returns at once when
    /// [`Writer::run`] has ended.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        {
            let mut flushes = self.inner.flushes.lock();
            if flushes.over {
                return;
            }
            flushes.waiting.push(done);
        }
        self.inner.wake.notify_one();
        let _ = wait.await;
    }

    /// Stores rows until the program ends. Call once, in a task of its own.
    pub async fn run(&self, db: Db) {
        self.inner.flushes.lock().over = false;
        let _running = Running(&self.inner);
        let mut pause = FLUSH_EVERY;
        loop {
            let _ = tokio::time::timeout(pause, self.inner.wake.notified()).await;
            let waiting = std::mem::take(&mut self.inner.flushes.lock().waiting);
            pause = match self.store_queue(&db).await {
                Ok(()) => FLUSH_EVERY,
                Err(error) => {
                    tracing::error!(%error, rows = self.backlog(), "cannot store usage rows; will retry");
                    (pause * 2).min(LONGEST_PAUSE)
                }
            };
            for done in waiting {
                let _ = done.send(());
            }
        }
    }

    async fn store_queue(&self, db: &Db) -> store::Result<()> {
        loop {
            let batch = {
                let mut queue = self.inner.queue.lock();
                let take = queue.len().min(BATCH_ROWS);
                queue.drain(..take).collect::<Vec<_>>()
            };
            if batch.is_empty() {
                self.inner.overflowing.store(false, Ordering::Relaxed);
                return Ok(());
            }
            self.store_batch(db, batch).await?;
        }
    }

    /// Stores a batch. When the database takes nothing, the batch goes back to the queue.
    async fn store_batch(&self, db: &Db, batch: Vec<Queued>) -> store::Result<()> {
        let (rows, mut holds): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|q| (q.row, q.holds)).unzip();
        let storing = tokio::time::timeout(BATCH_TIMEOUT, store_accepted(db, &rows));
        match storing.await.unwrap_or_else(|_| Err(hangs())) {
            Ok(refused) => {
                for one in refused {
                    one.log(&rows[one.index]);
                    self.inner.deferred.fetch_add(1, Ordering::Relaxed);
                    // Dropping the holds keeps the row's segments for the next start.
                    holds[one.index].clear();
                }
                holds.into_iter().flatten().for_each(Hold::release);
                Ok(())
            }
            Err(error) => {
                let back = rows
                    .into_iter()
                    .zip(holds)
                    .map(|(row, holds)| Queued { row, holds });
                self.inner.queue.lock().splice(0..0, back);
                Err(error)
            }
        }
    }
}

fn hangs() -> store::Error {
    store::Error::new(
        store::ErrorKind::Unavailable,
        "the database did not answer in a minute",
    )
}

/// Lets nobody wait for a task that has ended, however it did.
struct Running<'a>(&'a Inner);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut flushes = self.0.flushes.lock();
        flushes.over = true;
        flushes.waiting.clear();
    }
}
