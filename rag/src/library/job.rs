//! Jobs of the ingestion: leased, with progress, cancellable, taken up again after a crash.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::{Json, Micros, OrgId, in_tx};
use uuid::Uuid;

use super::{Library, Status};
use crate::index::Place;
use crate::{CollectionId, DocumentId, Error, ErrorKind, JobId, Result, SourceId, sql};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Reads one document.
    Ingest,
    /// Embeds the collection for a new embedding space.
    Reembed,
    /// Cuts all documents of the collection again.
    Rechunk,
    /// Brings the collection in step with a folder or bucket.
    Sync,
    /// Indexes all texts again, for another language.
    Reindex,
    /// Asks all questions of an evaluation.
    Evaluate,
}

crate::word::sql_word!(JobKind {
    Ingest = "ingest",
    Reembed = "reembed",
    Rechunk = "rechunk",
    Sync = "sync",
    Reindex = "reindex",
    Evaluate = "evaluate",
});

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// Done.
    Done,
    /// Failed; `error` says why.
    Failed,
    /// Was cancelled.
    Cancelled,
}

crate::word::sql_word!(JobState {
    Queued = "queued",
    Running = "running",
    Done = "done",
    Failed = "failed",
    Cancelled = "cancelled",
});

store::row! {
    /// A job.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct Job {
        /// Its id.
        pub id: JobId,
        /// The tenant.
        #[serde(skip)]
        pub org_id: OrgId,
        /// Its collection.
        pub collection_id: CollectionId,
        /// Its document, for those of one.
        pub document_id: Option<DocumentId>,
        /// Its folder or bucket, for a sync.
        pub source_id: Option<SourceId>,
        /// What it does.
        pub kind: JobKind,
        /// What its worker needs to know.
        #[serde(skip)]
        pub payload: Json<serde_json::Value>,
        /// Where it is.
        pub state: JobState,
        /// The step it is in, for people.
        pub stage: String,
        /// Pages read; of an evaluation, questions asked; of a sync, files looked at.
        pub pages_done: i64,
        /// Pages (or questions, or files) in all, once known.
        pub pages_total: Option<i64>,
        /// Chunks embedded.
        pub chunks_done: i64,
        /// Chunks in all, once known.
        pub chunks_total: Option<i64>,
        /// What its model calls cost so far, in nano-dollars.
        pub cost_nano_usd: i64,
        /// How often it was begun.
        pub attempts: i64,
        /// Why it failed.
        pub error: Option<String>,
        /// Somebody wants it to end.
        pub cancel_requested: bool,
        /// When it last got on.
        pub progressed_at: Micros,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

/// A job to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What it does.
    pub kind: JobKind,
    /// Its document, for those of one.
    pub document: Option<DocumentId>,
    /// What its worker needs to know.
    pub payload: serde_json::Value,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The step it is in.
    pub stage: String,
    /// Pages read.
    pub pages_done: u64,
    /// Pages in all.
    pub pages_total: Option<u64>,
    /// Chunks embedded.
    pub chunks_done: u64,
    /// Chunks in all.
    pub chunks_total: Option<u64>,
    /// What its model calls cost so far.
    pub cost_nano_usd: i64,
}

impl Library {
    /// Queues a job.
    ///
    /// # Errors
    /// `Conflict` for a collection that does not exist (any more).
    pub async fn create_job(&self, place: Place, new: NewJob) -> Result<Job> {
        self.get_collection(place).await?;
        let job = self.queued(place, new);
        in_tx!(self.db, tx: Error => Ok(sql::jobs::insert(tx, &job).await?))?;
        Ok(job)
    }

    pub(super) fn queued(&self, place: Place, new: NewJob) -> Job {
        let now = self.now();
        Job {
            id: JobId::new(),
            org_id: place.org,
            collection_id: place.collection,
            document_id: new.document,
            source_id: None,
            kind: new.kind,
            payload: Json(new.payload),
            state: JobState::Queued,
            stage: "queued".to_owned(),
            pages_done: 0,
            pages_total: None,
            chunks_done: 0,
            chunks_total: None,
            cost_nano_usd: 0,
            attempts: 0,
            error: None,
            cancel_requested: false,
            progressed_at: now,
            created_at: now,
            updated_at: now,
        }
    }

    /// Takes the oldest job that waits, or whose worker has not been heard of, for `lease`.
    /// Of any organization.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn claim_job(&self, worker: Uuid, lease: Duration) -> Result<Option<Job>> {
        let now = self.now();
        let claimed: Result<Option<Job>> = in_tx!(self.db, tx: Error => {
            Ok(sql::jobs::claim(tx, worker, now, now.plus(lease)).await?)
        });
        match claimed {
            // Another worker began a job of this document at the same instant. This one waits for it.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(None),
            claimed => claimed,
        }
    }

    /// Stores a job's progress and prolongs its lease. `false` asks the worker to stop: somebody
    /// cancelled the job, or it belongs to another worker now. Progress never goes back.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn report_progress(
        &self,
        worker: Uuid,
        id: JobId,
        progress: &Progress,
        lease: Duration,
    ) -> Result<bool> {
        let now = self.now();
        let cancelled = in_tx!(self.db, tx: Error => {
            Ok(sql::jobs::progress(tx, worker, id, progress, now, now.plus(lease)).await?)
        })?;
        Ok(cancelled == Some(false))
    }

    /// Ends a job. `Conflict` when it belongs to another worker now.
    ///
    /// # Errors
    /// `Conflict`, and those of the database.
    pub async fn finish_job(
        &self,
        worker: Uuid,
        id: JobId,
        state: JobState,
        error: Option<&str>,
    ) -> Result<()> {
        let now = self.now();
        let changed = in_tx!(self.db, tx: Error => {
            Ok(sql::jobs::finish(tx, worker, id, state, error, now).await?)
        })?;
        if changed == 0 {
            return Err(taken_over(id));
        }
        Ok(())
    }

    /// Asks for the end of a job: one that waits is cancelled at once, one that runs at its next
    /// report.
    ///
    /// # Errors
    /// `NotFound` for a job that is not there or has ended.
    pub async fn cancel_job(&self, place: Place, id: JobId) -> Result<()> {
        let now = self.now();
        let changed =
            in_tx!(self.db, tx: Error => Ok(sql::jobs::cancel(tx, place, id, now).await?))?;
        if changed == 0 {
            return Err(Error::not_found(format!("a job {id} that waits or runs")));
        }
        Ok(())
    }

    /// A job.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_job(&self, place: Place, id: JobId) -> Result<Job> {
        let found = sql::jobs::get(&self.db, place, id).await?;
        found.ok_or_else(|| Error::not_found(format!("job {id}")))
    }

    /// Jobs of a collection, newest first, from below `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_jobs(
        &self,
        place: Place,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<Job>> {
        let before = before.unwrap_or(JobId::from_uuid(Uuid::max()));
        Ok(sql::jobs::list(&self.db, place, before, limit as i64).await?)
    }

    /// Ends a job, and says in the same step what became of its document.
    ///
    /// # Errors
    /// `Conflict` when it belongs to another worker now.
    pub async fn end_job(
        &self,
        worker: Uuid,
        job: &Job,
        state: JobState,
        error: Option<&str>,
        document: Option<Status>,
    ) -> Result<()> {
        let place = Place {
            org: job.org_id,
            collection: job.collection_id,
        };
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            if sql::jobs::finish(tx, worker, job.id, state, error, now).await? == 0 {
                return Err(taken_over(job.id));
            }
            if let (Some(id), Some(status)) = (job.document_id, document) {
                sql::documents::set_status(tx, place, id, status, error, now).await?;
            }
            Ok(())
        })
    }

    /// Gives jobs back whose workers ended with their process. Only where no other process works on
    /// this database.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn release_jobs(&self) -> Result<u64> {
        in_tx!(self.db, tx: Error => Ok(sql::jobs::release(tx).await?))
    }

    /// Jobs of a collection that were changed since `since`, oldest first; `job` for one alone.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn changed_jobs(
        &self,
        place: Place,
        job: Option<JobId>,
        since: Micros,
    ) -> Result<Vec<Job>> {
        Ok(sql::jobs::changed(&self.db, place, job, since).await?)
    }

    /// Asks all jobs of a kind of the collection to end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cancel_jobs(&self, place: Place, kind: JobKind) -> Result<u64> {
        let now = self.now();
        in_tx!(self.db, tx: Error => Ok(sql::jobs::cancel_kind(tx, place, kind, now).await?))
    }
}

pub(super) fn taken_over(id: JobId) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("job {id} was taken over by another worker"),
    )
}
