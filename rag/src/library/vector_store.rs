//! Collections as OpenAI's vector stores: what they have besides.

use std::collections::BTreeMap;
use std::time::Duration;

use store::{Json, Micros, OrgId, in_tx};

use super::{ChunkingSettings, Collection, Found, Library, Status, Window};
use crate::index::Place;
use crate::search::Attributes;
use crate::{BatchId, CollectionId, DocumentId, Error, FileId, Result, sql};

/// Uses closer together than this are one.
const NOTED: Duration = Duration::from_secs(30);

/// Texts that clients keep with a store.
pub type Metadata = BTreeMap<String, String>;

store::row! {
    /// What a store has besides its collection.
    #[derive(Debug, Clone, PartialEq)]
    pub struct StoreRecord {
        /// It was made as a vector store: keys without admin scope may change it.
        pub made_here: bool,
        /// Texts that clients keep with it.
        pub metadata: Json<Metadata>,
        /// How long after its last use it expires, in days.
        pub expires_days: Option<i64>,
        /// When it was last used.
        pub last_active_at: Micros,
        /// When it expires.
        pub expires_at: Option<Micros>,
        /// It expired; its documents are gone.
        pub expired: bool,
    }

    /// A document as a file of a store.
    #[derive(Debug, Clone, PartialEq)]
    pub struct StoreFile {
        /// The document.
        pub document_id: DocumentId,
        /// The file that it was made of; for a document of the hub's own there is none.
        pub file_id: Option<FileId>,
        /// Its name.
        pub name: String,
        /// Bytes of the original.
        pub size_bytes: i64,
        /// Where it is on its way.
        pub status: Status,
        /// Why it failed.
        pub error: Option<String>,
        /// What filters look at.
        pub attributes: Json<Attributes>,
        /// How it is cut, where it says so itself.
        pub chunking: Option<Json<ChunkingSettings>>,
        /// When it was put into the store.
        pub created_at: Micros,
    }

    /// Files that were put into a store together.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Batch {
        /// Its id.
        pub id: BatchId,
        /// Somebody cancelled it.
        pub cancelled: bool,
        /// When it was made.
        pub created_at: Micros,
    }
}

/// The file that a document is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLink {
    /// The file.
    pub file: FileId,
    /// How the document is cut; as its collection does when absent.
    pub chunking: Option<ChunkingSettings>,
    /// The batch that it comes with.
    pub batch: Option<BatchId>,
}

/// How many files are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Wait or are read.
    pub in_progress: i64,
    /// Can be found.
    pub completed: i64,
    /// Could not be read.
    pub failed: i64,
    /// Were cancelled.
    pub cancelled: i64,
    /// Bytes of those that can be found.
    pub usage_bytes: i64,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> i64 {
        self.in_progress + self.completed + self.failed + self.cancelled
    }
}

impl StoreRecord {
    /// What a collection is as a store as long as nothing was set.
    pub fn of(collection: &Collection) -> Self {
        Self {
            made_here: false,
            metadata: Json(Metadata::new()),
            expires_days: None,
            last_active_at: collection.updated_at,
            expires_at: None,
            expired: false,
        }
    }

    /// The same, used at `now`.
    #[must_use]
    pub fn used(self, now: Micros) -> Self {
        let day = Duration::from_secs(86_400);
        let days = self.expires_days.and_then(|days| u32::try_from(days).ok());
        Self {
            last_active_at: now,
            expires_at: days.map(|days| now.plus(day * days)),
            ..self
        }
    }

    /// Whether it has expired.
    pub fn is_expired(&self, now: Micros) -> bool {
        self.expired || self.expires_at.is_some_and(|at| at <= now)
    }
}

impl StoreFile {
    /// Its id as clients see it.
    pub fn public_id(&self) -> String {
        let own = FileId::from_uuid(self.document_id.uuid());
        self.file_id.unwrap_or(own).public()
    }
}

impl Library {
    /// Collections as stores.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_stores(&self, org: OrgId, window: &Window) -> Result<Found<Collection>> {
        let rows = sql::vector_stores::list(&self.db, org, window).await?;
        Ok(window.show(rows))
    }

    /// What a collection has besides as a store.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn store_record(&self, collection: &Collection) -> Result<StoreRecord> {
        let found = sql::vector_stores::record(&self.db, collection.place()).await?;
        Ok(found.unwrap_or_else(|| StoreRecord::of(collection)))
    }

    /// Sets what a collection has besides as a store.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_store_record(&self, place: Place, record: &StoreRecord) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            sql::vector_stores::put(tx, place, record).await?;
            Ok(())
        })
    }

    /// Notes that a store was used.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn touch_store(&self, place: Place) -> Result<()> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            sql::vector_stores::touch(tx, place, now, now.minus(NOTED)).await?;
            Ok(())
        })
    }

    /// Stores that have to lose their documents, of all organizations.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn due_stores(&self) -> Result<Vec<(OrgId, CollectionId)>> {
        Ok(sql::vector_stores::due(&self.db, self.now()).await?)
    }

    /// Says that a store has expired and lost its documents.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn expire_store(&self, place: Place) -> Result<()> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            sql::vector_stores::set_expired(tx, place, now).await?;
            Ok(())
        })
    }

    /// Files of a store, of one batch or all, in these states or any.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn store_files(
        &self,
        place: Place,
        batch: Option<BatchId>,
        states: &[Status],
        window: &Window,
    ) -> Result<Found<StoreFile>> {
        let rows = sql::vector_stores::files(&self.db, place, batch, states, window).await?;
        Ok(window.show(rows))
    }

    /// A file of a store; `None` when it is not in it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find_store_file(&self, place: Place, file: FileId) -> Result<Option<StoreFile>> {
        Ok(sql::vector_stores::file(&self.db, place, file).await?)
    }

    /// Where documents were made of a file.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn uses_of_file(&self, org: OrgId, file: FileId) -> Result<Vec<(Place, DocumentId)>> {
        let uses = sql::vector_stores::uses(&self.db, org, file).await?;
        let placed = |(collection, document)| (Place { org, collection }, document);
        Ok(uses.into_iter().map(placed).collect())
    }

    /// How a document is cut, where it says so itself.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn chunking_of(
        &self,
        place: Place,
        document: DocumentId,
    ) -> Result<Option<ChunkingSettings>> {
        let own = sql::vector_stores::chunking(&self.db, place, document).await?;
        Ok(own.map(|own| own.0))
    }

    /// How many files of a store, or of one of its batches, are in which state.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_files(&self, place: Place, batch: Option<BatchId>) -> Result<Counts> {
        let mut counts = Counts::default();
        for (status, files, bytes) in sql::vector_stores::counts(&self.db, place, batch).await? {
            match status {
                Status::Pending | Status::Processing => counts.in_progress += files,
                Status::Ready => {
                    counts.completed += files;
                    counts.usage_bytes += bytes;
                }
                Status::Failed => counts.failed += files,
                Status::Cancelled => counts.cancelled += files,
                Status::Deleting => {}
            }
        }
        Ok(counts)
    }

    /// Makes a batch without files.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn create_batch(&self, place: Place) -> Result<Batch> {
        let batch = Batch {
            id: BatchId::new(),
            cancelled: false,
            created_at: self.now(),
        };
        in_tx!(self.db, tx: Error => {
            sql::vector_stores::insert_batch(tx, place, &batch).await?;
            Ok(())
        })?;
        Ok(batch)
    }

    /// Says with which batch a document came last.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn set_batch(
        &self,
        place: Place,
        document: DocumentId,
        batch: BatchId,
    ) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            sql::vector_stores::set_batch(tx, place, document, batch).await?;
            Ok(())
        })
    }

    /// A batch.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_batch(&self, place: Place, id: BatchId) -> Result<Batch> {
        let found = sql::vector_stores::batch(&self.db, place, id).await?;
        found.ok_or_else(|| Error::not_found("this file batch"))
    }

    /// Marks a batch as cancelled, and gives its jobs that wait or run.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn cancel_batch(
        &self,
        place: Place,
        id: BatchId,
    ) -> Result<Vec<crate::JobId>> {
        in_tx!(self.db, tx: Error => {
            sql::vector_stores::cancel_batch(tx, place, id).await?;
            Ok(())
        })?;
        Ok(sql::vector_stores::jobs_of_batch(&self.db, place, id).await?)
    }
}
