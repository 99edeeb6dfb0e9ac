//! From the journal's promise to the database's row: batched, off the hot path.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use store::Db;
use tokio::sync::{Notify, oneshot};

use super::journal::{Hold, Journal};
use super::record::UsageRecord;
use super::sql;

const FLUSH_EVERY: Duration = Duration::from_millis(250);
const FLUSH_ROWS: usize = 200;
const BATCH_ROWS: usize = 2_000;
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
    wake: Notify,
    flushes: Mutex<Vec<oneshot::Sender<()>>>,
}

#[derive(Debug)]
struct Queued {
    row: UsageRecord,
    holds: Vec<Hold>,
}

impl Writer {
    /// A writer on an open journal. Rows are stored once [`Writer::run`] runs.
    pub fn new(journal: Journal) -> Self {
        Self {
            inner: Arc::new(Inner {
                journal,
                queue: Mutex::new(Vec::new()),
                wake: Notify::new(),
                flushes: Mutex::new(Vec::new()),
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
        if queue.len() >= QUEUE_ROWS {
            // Dropping the holds keeps both segments on disk for the next start.
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

    /// Whether rows reach the disk.
    pub fn is_healthy(&self) -> bool {
        self.inner.journal.is_healthy()
    }

    /// Waits until everything queued so far is stored (or has failed to be).
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        self.inner.flushes.lock().push(done);
        self.inner.wake.notify_one();
        let _ = wait.await;
    }

    /// Stores rows until the program ends. Call once, in a task of its own.
    pub async fn run(&self, db: Db) {
        let mut pause = FLUSH_EVERY;
        loop {
            let _ = tokio::time::timeout(pause, self.inner.wake.notified()).await;
            let waiting = std::mem::take(&mut *self.inner.flushes.lock());
            pause = match self.store_queue(&db).await {
                Ok(()) => FLUSH_EVERY,
                Err(error) => {
                    tracing::error!(%error, rows = self.backlog(), "cannot store usage rows; will retry");
                    (pause * 2).min(Duration::from_secs(5))
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
                return Ok(());
            }
            let (rows, holds): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|q| (q.row, q.holds)).unzip();
            if let Err(error) = sql::insert_records(db, &rows).await {
                let back = rows
                    .into_iter()
                    .zip(holds)
                    .map(|(row, holds)| Queued { row, holds });
                self.inner.queue.lock().splice(0..0, back);
                return Err(error);
            }
            holds.into_iter().flatten().for_each(Hold::release);
        }
    }
}
