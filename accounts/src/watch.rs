//! The task that follows changes by other processes and writes down when keys were used.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use store::{KeyId, Micros, in_tx};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

use crate::{Accounts, Error, Result, sql};

/// How often the counters of the database are read. A revocation by another process is effective
/// after this and one query.
const POLL: Duration = Duration::from_millis(250);
/// How often `last_used_at` is written.
const FLUSH: Duration = Duration::from_secs(30);
/// Keys written by one statement.
const BATCH: usize = 500;

impl Accounts {
    /// Runs until `stop` is ready: reads changes by other processes four times a second, writes
    /// `last_used_at` every half minute and at the end. To be spawned once per process.
    ///
    /// While the database does not answer, the last known keys and limits stay in force.
    pub async fn watch(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut flush = interval_at(Instant::now() + FLUSH, FLUSH);
        flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reachable = true;
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = poll.tick() => {
                    let answered = self.refresh().await;
                    log_transition(reachable, answered);
                    reachable = answered;
                }
                _ = flush.tick() => {
                    self.flush_or_log().await;
                    if let Err(error) = self.sweep_idempotency().await {
                        tracing::debug!(%error, "cannot forget old answers; it will be tried again");
                    }
                }
            }
        }
        self.flush_or_log().await;
    }

    /// Writes down when keys were last used, those used since the last time only. [`watch`](Self::watch)
    /// does this by itself.
    ///
    /// # Errors
    /// Those of the database; the uses are kept for the next time.
    pub async fn flush_last_used(&self) -> Result<()> {
        let marks = self.inner.memory.load().used();
        for batch in marks.chunks(BATCH) {
            let used: Vec<(KeyId, Micros)> = batch.iter().map(|mark| (mark.id, mark.at)).collect();
            let written: Result<()> = in_tx!(self.db(), tx: Error => {
                Ok(sql::keys::mark_used(tx, &used).await?)
            });
            written?;
            for mark in batch {
                mark.flushed();
            }
        }
        Ok(())
    }

    async fn flush_or_log(&self) {
        if let Err(error) = self.flush_last_used().await {
            tracing::warn!(%error, "cannot write when keys were last used; it will be tried again");
        }
    }
}

/// One line when the database goes and one when it comes back, not four a second.
fn log_transition(before: bool, now: bool) {
    match (before, now) {
        (true, false) => tracing::warn!(
            "the database does not answer; the last known keys and limits stay in force"
        ),
        (false, true) => tracing::info!("the database answers again"),
        (true, true) | (false, false) => {}
    }
}
