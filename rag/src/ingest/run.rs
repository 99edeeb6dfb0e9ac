//! The workers.

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use store::Dialect;
use uuid::Uuid;

use super::task::{self, LEASE};
use crate::Result;
use crate::blob::original_key;
use crate::rag::Rag;
use crate::sql;

/// How often a worker without work looks for jobs of other processes.
const POLL: Duration = Duration::from_secs(2);
/// How often files that nobody knows are looked for, and how old they are at least.
const SWEEP: Duration = Duration::from_secs(6 * 3600);
const ORPHAN: Duration = Duration::from_secs(3600);
/// How often folders and buckets that are due, files and stores that have expired are looked for.
const SCHEDULE: Duration = Duration::from_secs(20);
/// Embeddings that nobody used this long are forgotten.
const CACHE: Duration = Duration::from_secs(90 * 24 * 3600);

impl Rag {
    /// Carries out jobs until `stopped`. Jobs under way are taken up again by the next start.
    pub async fn run(self, stopped: impl Future<Output = ()>) {
        self.recover().await;
        let workers = (0..self.config().workers.max(1)).map(|_| self.work());
        tokio::select! {
            _ = join_all(workers) => {}
            () = self.sweep() => {}
            () = self.keep_time() => {}
            () = stopped => {}
        }
    }

    /// Goes on where a killed process ended.
    async fn recover(&self) {
        // SQLite's file is one process's: whoever had a job is gone.
        if self.library().db().dialect() == Dialect::Sqlite
            && let Err(error) = self.library().release_jobs().await
        {
            tracing::warn!(%error, "jobs under way are taken up again only after their lease");
        }
        match self.library().finish_deletions().await {
            Ok(receipts) => {
                for receipt in &receipts {
                    self.delete_blobs(receipt).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot finish deletions; the next start tries again");
            }
        }
    }

    fn work(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.work_on())
    }

    async fn work_on(&self) {
        loop {
            // A name for each claim: what an earlier claim of this worker wrote late is refused too.
            let worker = Uuid::now_v7();
            let job = match self.library().claim_job(worker, LEASE).await {
                Ok(Some(job)) => job,
                Ok(None) => {
                    tokio::select! {
                        () = self.inner.queued.notified() => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot look for jobs");
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            };
            if let Err(error) = task::carry_out(self, worker, &job).await {
                tracing::warn!(%error, job.id = %job.id, "a job is taken up again later");
            }
        }
    }

    /// Queues the syncs that are due, deletes what has expired, and delivers what a vector server
    /// missed. Each process does; each sync is queued once.
    async fn keep_time(&self) {
        loop {
            match self.library().queue_due_syncs(self.library().now()).await {
                Ok(0) => {}
                Ok(_) => self.inner.queued.notify_one(),
                Err(error) => tracing::warn!(%error, "cannot look for syncs that are due"),
            }
            if let Err(error) = self.expire().await {
                tracing::warn!(%error, "cannot delete what has expired; it is tried again");
            }
            if let Err(error) = self.library().store().catch_up().await {
                tracing::warn!(%error, "cannot bring the vector server in step; it is tried again");
            }
            tokio::time::sleep(SCHEDULE).await;
        }
    }

    async fn sweep(&self) {
        loop {
            if let Err(error) = self.sweep_once().await {
                tracing::warn!(%error, "cannot look for files that no document knows");
            }
            tokio::time::sleep(SWEEP).await;
        }
    }

    async fn sweep_once(&self) -> Result<()> {
        let now = self.library().now();
        self.library().expire_cache(now.minus(CACHE)).await?;
        let keys = self.blobs().keys(now.minus(ORPHAN).0).await?;
        for keys in keys.chunks(500) {
            let originals: Vec<String> = keys.iter().map(|k| original_key(k).to_owned()).collect();
            let known = sql::documents::known_blobs(self.library().db(), &originals).await?;
            for key in keys {
                if !known.iter().any(|known| known == original_key(key)) {
                    self.blobs().delete(key).await?;
                }
            }
        }
        Ok(())
    }
}
