//! A job while a worker has it: its progress, and what ends it early.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use accounts::{Principal, Secret};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use uuid::Uuid;

use super::order::Order;
use super::stopwatch::Stopwatch;
use crate::index::Place;
use crate::library::{CollectionState, Job, JobKind, JobState, Library, Progress, Status};
use crate::rag::Rag;
use crate::search::GatewayModels;
use crate::{Error, ErrorKind, Result};

/// How long a job is a worker's without being heard of.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often a worker is heard of, and how soon it hears of a cancellation.
const BEAT: Duration = Duration::from_millis(700);
/// A job that brought the program down this often is not begun again.
const MOST_ATTEMPTS: i64 = 4;
/// Tries of a job whose database or models do not answer, and the first pause; it doubles.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(2);

/// A job in a worker's hands.
pub(super) struct Task<'a> {
    pub(super) rag: &'a Rag,
    pub(super) job: &'a Job,
    pub(super) order: Order,
    /// Refuses to write once the job is somebody else's.
    pub(super) library: Library,
    worker: Uuid,
    progress: Mutex<Progress>,
    pub(super) stopwatch: Stopwatch,
    changes: AtomicU64,
}

/// How a job ended.
enum End {
    Done,
    Failed(String),
    Cancelled,
    /// It is another worker's.
    Lost,
}

/// Carries out a job and stores how it ended.
///
/// # Errors
/// Those of the database; the job is taken up again after its lease.
pub(super) fn carry_out<'a>(rag: &'a Rag, worker: Uuid, job: &'a Job) -> BoxFuture<'a, Result<()>> {
    // Boxed: the steps' state is kilobytes, and every worker would hold it also while it waits.
    Box::pin(begin(rag, worker, job))
}

async fn begin(rag: &Rag, worker: Uuid, job: &Job) -> Result<()> {
    let mut task = Task {
        rag,
        job,
        order: Order::default(),
        library: rag.library().held_by(worker, job.id),
        worker,
        progress: Mutex::default(),
        stopwatch: Stopwatch::default(),
        changes: AtomicU64::new(0),
    };
    let end = match Order::read(job) {
        Err(error) => End::Failed(error.message),
        Ok(_) if job.attempts > MOST_ATTEMPTS => End::Failed(format!(
            "given up: the program ended {} times while it worked on this",
            job.attempts - 1
        )),
        Ok(order) => {
            task.order = order;
            let work = AssertUnwindSafe(task.work()).catch_unwind();
            tokio::select! {
                end = work => end.unwrap_or_else(|_| End::Failed(
                    "the program failed at this: a bug, which its log shows".to_owned(),
                )),
                end = task.watch() => end,
            }
        }
    };
    task.settle(end).await
}

impl Task<'_> {
    pub(super) fn place(&self) -> Place {
        Place {
            org: self.job.org_id,
            collection: self.job.collection_id,
        }
    }

    /// Who made the job, as they are now.
    pub(super) fn principal(&self) -> Result<Arc<Principal>> {
        let order = &self.order;
        let accounts = self.rag.accounts();
        let who = accounts.principal_of_run(self.job.org_id, order.user, order.key);
        who.ok_or_else(|| {
            Error::invalid(
                "who added this may not call models any more: the key was revoked, or the person is \
                 no longer a member; start it again",
            )
        })
    }

    /// The models, as who made the job may use them.
    pub(super) fn models(&self) -> Result<GatewayModels> {
        Ok(self.rag.models(&self.principal()?))
    }

    pub(super) fn password(&self) -> Option<Secret> {
        self.rag.inner.passwords.lock().get(&self.job.id).cloned()
    }

    /// Notes progress; it is stored with the next beat.
    pub(super) fn note(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress.lock());
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stage(&self, stage: &'static str) {
        self.stopwatch.begin(stage);
        self.note(|progress| stage.clone_into(&mut progress.stage));
    }

    /// What the job's model calls cost so far.
    pub(super) fn cost(&self) -> i64 {
        self.progress.lock().cost_nano_usd
    }

    /// Begins to embed: estimates go by the pace from now on.
    pub(super) fn begin_embedding(&self) {
        self.stage("embed");
        let mut since = self.rag.inner.embedding_since.lock();
        since.insert(self.job.id, Instant::now());
    }

    async fn beat(&self) -> Result<bool> {
        let progress = self.progress.lock().clone();
        self.library
            .report_progress(self.worker, self.job.id, &progress, LEASE)
            .await
    }

    async fn work(&self) -> End {
        let mut pause = PAUSE;
        for attempt in 1.. {
            let error = match self.attempt().await {
                Ok(()) => return End::Done,
                Err(error) => error,
            };
            if !error.kind.is_retryable() || attempt >= TRIES {
                return End::Failed(error.message);
            }
            tracing::warn!(%error, attempt, job.id = %self.job.id, "a job is tried again");
            tokio::time::sleep(
                error
                    .retry_after
                    .unwrap_or(pause)
                    .min(Duration::from_secs(60)),
            )
            .await;
            pause *= 2;
        }
        End::Lost
    }

    fn attempt(&self) -> BoxFuture<'_, Result<()>> {
        match self.job.kind {
            JobKind::Ingest => Box::pin(self.ingest()),
            JobKind::Reembed => Box::pin(self.reembed()),
            JobKind::Rechunk => Box::pin(self.rechunk()),
            JobKind::Reindex => Box::pin(self.reindex_text()),
            JobKind::Evaluate => Box::pin(self.evaluate()),
            JobKind::Sync => Box::pin(self.sync()),
        }
    }

    /// Says that the worker is alive, until the job has to end.
    async fn watch(&self) -> End {
        let stall = self.rag.config().stall();
        let (mut changes, mut since) = (0, Instant::now());
        loop {
            match self.beat().await {
                Ok(true) => {}
                Ok(false) => return self.why_not().await,
                // The lease is prolonged by one of the next beats, or the job is lost.
                Err(error) => tracing::warn!(%error, "cannot store the progress of a job"),
            }
            tokio::time::sleep(BEAT).await;
            let now = self.changes.load(Ordering::Relaxed);
            if now != changes {
                (changes, since) = (now, Instant::now());
            }
            if since.elapsed() > stall {
                let stage = self.progress.lock().stage.clone();
                return End::Failed(format!(
                    "no progress for {} s at the step `{stage}`",
                    stall.as_secs()
                ));
            }
        }
    }

    async fn why_not(&self) -> End {
        match self.library.get_job(self.place(), self.job.id).await {
            Ok(job) if job.cancel_requested => End::Cancelled,
            _ => End::Lost,
        }
    }

    async fn settle(&self, end: End) -> Result<()> {
        self.stopwatch.end();
        let (state, error, status) = match end {
            End::Lost => {
                self.rag.inner.embedding_since.lock().remove(&self.job.id);
                return Ok(());
            }
            End::Done => {
                // The last numbers, before the job is not this worker's any more.
                self.beat().await?;
                (JobState::Done, None, None)
            }
            End::Failed(error) => {
                tracing::info!(error, job.id = %self.job.id, "a job failed");
                (JobState::Failed, Some(error), Some(Status::Failed))
            }
            End::Cancelled => {
                let status = match self.job.document_id {
                    Some(id) => Some(self.rag.status_without_job(self.place(), id).await?),
                    None => None,
                };
                (JobState::Cancelled, None, status)
            }
        };
        if self.job.kind == JobKind::Reembed {
            let ready = CollectionState::Ready;
            self.library
                .set_collection_state(self.place(), ready)
                .await?;
        }
        let ended = self
            .library
            .end_job(self.worker, self.job, state, error.as_deref(), status)
            .await;
        self.rag.inner.passwords.lock().remove(&self.job.id);
        self.rag.inner.embedding_since.lock().remove(&self.job.id);
        match ended {
            // Deleted with its document, or taken over.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
            ended => ended,
        }
    }
}
