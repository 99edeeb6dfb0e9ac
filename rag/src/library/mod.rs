//! Collections, documents and chunks: everything that is written, each change in one transaction.
//!
//! # How a document becomes findable
//! [`Library::add_document`] makes the row. The ingestion writes chunks under a new revision
//! ([`Library::begin_revision`], [`Library::add_chunks`]), in as many transactions as it likes; nobody
//! sees them, and a killed ingestion begins again or goes on. [`Library::publish`] makes the revision
//! the one that is found and removes the old one, in one step: until then the old one answers.
//!
//! # Invariants
//! * Nothing is found before its transaction is committed, and nothing after its deletion began.
//! * Each statement filters by the organization; what belongs to somebody else is `NotFound`.

mod chunk;
mod collection;
mod delete;
mod document;
mod edit;
mod evaluation;
mod file;
mod job;
mod source;
mod space;
mod vector_store;
mod window;

use std::sync::Arc;

use store::{Db, Micros, SharedClock};

use crate::index::{Place, VectorStore};
use crate::{Error, Result};

pub(crate) use chunk::ChunkRow;
pub use chunk::{AddChunk, Chunk, NewChunk};
pub use collection::{
    ChunkingSettings, Collection, CollectionSettings, CollectionState, CreateCollection,
    EmbeddingSettings, SearchDefaults, UpdateCollection,
};
pub use delete::Receipt;
pub use document::{Document, NewDocument, Original, PublishedFacts, Status};
pub use edit::{CollectionRecord, PatchCollection, PatchDocument};
pub use evaluation::{
    Case, CaseAnswer, CaseMetrics, CaseResult, EvaluationSettings, Expected, FoundHit, NewCase,
    Run, RunMetrics,
};
pub use file::{File, NewFile};
pub use job::{Job, JobKind, JobState, NewJob, Progress};
pub use source::{CollectionSource, SourceFile, SyncCounts};
pub(crate) use source::{KnownFile, SyncedFile};
pub(crate) use space::normalized;
pub use space::{Missing, Space, SpaceSpec};
pub use vector_store::{Batch, Counts, FileLink, Metadata, StoreFile, StoreRecord};
pub use window::{Found, Window};

/// The handle on everything that is written. Clones share it.
#[derive(Clone)]
pub struct Library {
    db: Db,
    clock: SharedClock,
    store: Arc<dyn VectorStore>,
    fence: Option<Fence>,
}

/// A job and the worker that has it.
#[derive(Debug, Clone, Copy)]
struct Fence {
    worker: uuid::Uuid,
    job: crate::JobId,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library")
            .field("store", &self.store.name())
            .finish_non_exhaustive()
    }
}

impl Library {
    /// A library in `db`, searched through `store`.
    pub fn new(db: Db, clock: SharedClock, store: Arc<dyn VectorStore>) -> Self {
        Self {
            db,
            clock,
            store,
            fence: None,
        }
    }

    /// The same library for a worker that carries out a job: what it writes of documents is refused
    /// from the moment on in which the job is somebody else's.
    #[must_use]
    pub fn held_by(&self, worker: uuid::Uuid, job: crate::JobId) -> Self {
        Self {
            fence: Some(Fence { worker, job }),
            ..self.clone()
        }
    }

    /// Goes on only while the job is this worker's.
    async fn check_fence(&self, tx: &mut store::Tx) -> Result<()> {
        let Some(Fence { worker, job }) = self.fence else {
            return Ok(());
        };
        match crate::sql::jobs::hold(tx, worker, job).await? {
            0 => Err(job::taken_over(job)),
            _ => Ok(()),
        }
    }

    /// The index.
    pub fn store(&self) -> &Arc<dyn VectorStore> {
        &self.store
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub(crate) fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Brings the index in step after a commit. The change is stored whatever happens here, and the
    /// next search tries again, so a failure is only logged.
    async fn after_commit(&self, place: Place) {
        if let Err(error) = self.store.sync(place).await {
            tracing::warn!(%error, collection.id = %place.collection, "cannot bring the index in step");
        }
    }
}

fn no_collection(place: Place) -> Error {
    Error::not_found(format!("collection {}", place.collection))
}

/// Raises the collection's generation.
async fn raise(tx: &mut store::Tx, place: Place, now: Micros) -> Result<i64> {
    crate::sql::collections::raise(tx, place.org, place.collection, now)
        .await?
        .ok_or_else(|| no_collection(place))
}
