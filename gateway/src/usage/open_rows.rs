//! Attempts under way, journalled once they last.
//!
//! A quick attempt is journalled once, when it ends; most calls to a model take longer and are
//! journalled at their beginning too, so that a kill does not lose what the vendor will bill.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use uuid::Uuid;

use super::journal::Hold;
use super::record::UsageRecord;
use super::writer::Writer;

/// Attempts older than this are journalled while they are open.
const LASTING: Duration = Duration::from_millis(100);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Rows journalled under one lock: calls wait for it.
const ROWS_PER_LOCK: usize = 16;

/// The rows of attempts that have begun and not ended.
#[derive(Debug, Clone)]
pub struct OpenRows {
    writer: Writer,
    rows: Arc<Mutex<HashMap<Uuid, Open>>>,
}

#[derive(Debug)]
struct Open {
    row: Arc<UsageRecord>,
    began: Instant,
    hold: Option<Hold>,
}

impl OpenRows {
    /// Nothing is open.
    pub fn new(writer: Writer) -> Self {
        Self {
            writer,
            rows: Arc::default(),
        }
    }

    /// An attempt begins. `row` says what is to be assumed if we are killed.
    pub fn add(&self, row: Arc<UsageRecord>) {
        let open = Open {
            began: Instant::now(),
            hold: None,
            row: Arc::clone(&row),
        };
        self.rows.lock().insert(row.id, open);
    }

    /// The attempt has ended: gives the hold on its journalled beginning, if there is one.
    pub fn take(&self, id: Uuid) -> Option<Hold> {
        self.rows.lock().remove(&id)?.hold
    }

    /// Journals lasting attempts until the program ends.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            while self.journal_some() == ROWS_PER_LOCK {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Journals up to [`ROWS_PER_LOCK`] attempts; gives how many. Under the lock, so that an
    /// attempt's end always stands behind its beginning.
    fn journal_some(&self) -> usize {
        let mut rows = self.rows.lock();
        let lasting = rows
            .values_mut()
            .filter(|o| o.hold.is_none() && o.began.elapsed() >= LASTING);
        let mut count = 0;
        for open in lasting.take(ROWS_PER_LOCK) {
            open.hold = Some(self.writer.begin(&open.row));
            count += 1;
        }
        count
    }
}
