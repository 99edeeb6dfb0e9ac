//! Folders and buckets that collections are kept in step with, and what is known of their files.

use std::time::Duration;

use accounts::{Accounts, Actor, Change};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{CredentialId, Json, Micros, OrgId, in_tx};

use super::document::{found, no_document};
use super::{Document, Job, JobKind, Library, NewDocument, NewJob, Original, Status, raise};
use crate::index::Place;
use crate::source::SourceLocation;
use crate::sql::sources::Noted;
use crate::{
    CollectionId, DocumentId, Error, ErrorKind, JobId, Result, SourceFileId, SourceId, sql,
};

/// Sources of one collection.
const MOST_SOURCES: usize = 50;

store::row! {
    /// A folder or bucket that a collection is kept in step with.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct CollectionSource {
        /// Its id.
        pub id: SourceId,
        /// The tenant.
        #[serde(skip)]
        pub org_id: OrgId,
        /// Its collection.
        pub collection_id: CollectionId,
        /// Name for people.
        pub name: String,
        /// Where its files are.
        #[schema(value_type = SourceLocation)]
        pub location: Json<SourceLocation>,
        /// The bucket's secret key, in the vault.
        #[serde(skip)]
        pub credential_id: Option<CredentialId>,
        /// Globs of files to take; all when there are none.
        #[schema(value_type = Vec<String>)]
        pub include: Json<Vec<String>>,
        /// Globs of files to leave out.
        #[schema(value_type = Vec<String>)]
        pub exclude: Json<Vec<String>>,
        /// Whether documents go when their files are gone.
        pub delete_missing: bool,
        /// Minutes between two syncs; `null` while it syncs only when somebody asks.
        pub interval_minutes: Option<i64>,
        /// When it syncs next by itself.
        pub next_sync_at: Option<Micros>,
        /// In whose name it syncs by itself.
        #[serde(skip)]
        pub acts_for: Json<Value>,
        /// What the last sync found.
        #[schema(value_type = SyncCounts)]
        pub counts: Json<SyncCounts>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// A file of a source, and what became of it.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct SourceFile {
        /// Its id.
        pub id: SourceFileId,
        /// Its path below the folder or prefix.
        pub path: String,
        /// The document that was made of it.
        pub document_id: Option<DocumentId>,
        /// Where that is on its way.
        pub status: Option<Status>,
        /// Why the file was not taken, or the document failed.
        pub error: Option<String>,
        /// When it was last read.
        pub updated_at: Micros,
    }

    /// What is known of a file.
    #[derive(Debug, Clone)]
    pub(crate) struct KnownFile {
        pub(crate) id: SourceFileId,
        pub(crate) path: String,
        pub(crate) fingerprint: String,
        pub(crate) document_id: Option<DocumentId>,
        pub(crate) error: Option<String>,
    }
}

/// What a sync found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SyncCounts {
    /// Files that the globs let through.
    pub listed: u64,
    /// Files that are new.
    pub added: u64,
    /// Files whose content changed.
    pub changed: u64,
    /// Files that stayed as they were.
    pub unchanged: u64,
    /// Files that are gone, and whose documents were deleted.
    pub removed: u64,
    /// Files that could not be taken.
    pub failed: u64,
}

/// What of a source is edited.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SourceRecord {
    id: SourceId,
    name: String,
    location: SourceLocation,
    include: Vec<String>,
    exclude: Vec<String>,
    delete_missing: bool,
    interval_minutes: Option<i64>,
}

impl CollectionSource {
    /// Its collection.
    pub(crate) fn place(&self) -> Place {
        Place {
            org: self.org_id,
            collection: self.collection_id,
        }
    }

    /// What of it is edited.
    pub(crate) fn record(&self) -> SourceRecord {
        SourceRecord {
            id: self.id,
            name: self.name.clone(),
            location: self.location.0.clone(),
            include: self.include.0.clone(),
            exclude: self.exclude.0.clone(),
            delete_missing: self.delete_missing,
            interval_minutes: self.interval_minutes,
        }
    }

    /// When it is due after `now`.
    pub(crate) fn next_after(&self, now: Micros) -> Option<Micros> {
        let minutes = u64::try_from(self.interval_minutes?).ok()?;
        Some(now.plus(Duration::from_secs(minutes * 60)))
    }
}

/// A file as a sync found it.
pub(crate) struct SyncedFile<'a> {
    pub(crate) source: SourceId,
    pub(crate) job: JobId,
    pub(crate) path: &'a str,
    pub(crate) fingerprint: &'a str,
}

impl SyncedFile<'_> {
    fn noted<'a>(&'a self, document: Option<DocumentId>, error: Option<&'a str>) -> Noted<'a> {
        Noted {
            source: self.source,
            path: self.path,
            fingerprint: match error {
                // Tried again by the next sync.
                Some(_) => "",
                None => self.fingerprint,
            },
            document,
            error,
            job: self.job,
        }
    }
}

impl Library {
    /// A source.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_source(&self, place: Place, id: SourceId) -> Result<CollectionSource> {
        let found = sql::sources::get(&self.db, place, id).await?;
        found.ok_or_else(|| no_source(id))
    }

    /// Sources of a collection, newest first, from below `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_sources(
        &self,
        place: Place,
        before: Option<SourceId>,
        limit: usize,
    ) -> Result<Vec<CollectionSource>> {
        let before = before.unwrap_or(SourceId::from_uuid(uuid::Uuid::max()));
        Ok(sql::sources::list(&self.db, place, before, limit as i64).await?)
    }

    /// Files of a source, newest first, from below `before`; `failed` only those that are not well.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_source_files(
        &self,
        place: Place,
        id: SourceId,
        failed: bool,
        before: Option<SourceFileId>,
        limit: usize,
    ) -> Result<Vec<SourceFile>> {
        let before = before.unwrap_or(SourceFileId::from_uuid(uuid::Uuid::max()));
        let rows = limit as i64;
        Ok(sql::sources::files(&self.db, place, id, failed, before, rows).await?)
    }

    /// The newest job of a source.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_sync(&self, place: Place, id: SourceId) -> Result<Option<Job>> {
        Ok(sql::jobs::last_of_source(&self.db, place, id).await?)
    }

    /// Whether a collection has room for one more source.
    ///
    /// # Errors
    /// `Conflict` when it has not.
    pub(crate) async fn check_sources(&self, place: Place) -> Result<()> {
        let present = self.list_sources(place, None, MOST_SOURCES).await?.len();
        if present >= MOST_SOURCES {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("a collection has {MOST_SOURCES} sources at most"),
            ));
        }
        Ok(())
    }

    /// Adds a source on somebody's behalf.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn insert_source_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        source: &CollectionSource,
    ) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            sql::sources::insert(tx, source).await?;
            accounts.audit(tx, actor, Change {
                action: "collection_source.create",
                target: source.id.to_string(),
                before: None,
                after: Some(&source.record()),
            }).await?;
            Ok(())
        })
    }

    /// Changes a source on somebody's behalf.
    ///
    /// # Errors
    /// `NotFound` when it is gone meanwhile.
    pub(crate) async fn update_source_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        before: &CollectionSource,
        after: &CollectionSource,
    ) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            if sql::sources::update(tx, after).await? == 0 {
                return Err(no_source(after.id));
            }
            accounts.audit(tx, actor, Change {
                action: "collection_source.update",
                target: after.id.to_string(),
                before: Some(&before.record()),
                after: Some(&after.record()),
            }).await?;
            Ok(())
        })
    }

    /// Deletes a source on somebody's behalf; its sync ends, its documents stay.
    ///
    /// # Errors
    /// `NotFound` when it is gone meanwhile.
    pub(crate) async fn delete_source_as(
        &self,
        accounts: &Accounts,
        actor: &Actor,
        source: &CollectionSource,
    ) -> Result<()> {
        let (place, now) = (source.place(), self.now());
        in_tx!(self.db, tx: Error => {
            sql::jobs::cancel_of_source(tx, place, source.id, now).await?;
            if sql::sources::delete(tx, place, source.id).await? == 0 {
                return Err(no_source(source.id));
            }
            accounts.audit(tx, actor, Change {
                action: "collection_source.delete",
                target: source.id.to_string(),
                before: Some(&source.record()),
                after: None,
            }).await?;
            Ok(())
        })
    }

    /// Queues a sync; gives the one that waits or runs where there is one.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn queue_sync(
        &self,
        place: Place,
        id: SourceId,
        payload: Value,
    ) -> Result<Job> {
        let job = self.sync_job(place, id, payload);
        let queued: Result<Job> = in_tx!(self.db, tx: Error => {
            sql::sources::get_in(tx, place, id).await?.ok_or_else(|| no_source(id))?;
            if let Some(open) = sql::jobs::open_of_source(tx, place, id).await? {
                return Ok(open);
            }
            sql::jobs::insert(tx, &job).await?;
            Ok(job)
        });
        match queued {
            // Somebody else queued one at the same instant.
            Err(error) if error.kind == ErrorKind::Conflict => {
                let open = in_tx!(self.db, tx: Error => {
                    Ok(sql::jobs::open_of_source(tx, place, id).await?)
                })?;
                open.ok_or(error)
            }
            queued => queued,
        }
    }

    /// Queues the syncs that are due at `now`, each once however many processes do this.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn queue_due_syncs(&self, now: Micros) -> Result<u64> {
        let mut queued = 0;
        for source in sql::sources::due(&self.db, now, 100).await? {
            let place = source.place();
            let job = self.sync_job(place, source.id, source.acts_for.0.clone());
            let next = source.next_after(now);
            let done: Result<bool> = in_tx!(self.db, tx: Error => {
                if sql::sources::postpone(tx, &source, next).await? == 0 {
                    return Ok(false);
                }
                // The one before still runs: the next turn is the next.
                if sql::jobs::open_of_source(tx, place, source.id).await?.is_some() {
                    return Ok(false);
                }
                sql::jobs::insert(tx, &job).await?;
                Ok(true)
            });
            match done {
                Err(error) if error.kind == ErrorKind::Conflict => {}
                done => queued += u64::from(done?),
            }
        }
        Ok(queued)
    }

    fn sync_job(&self, place: Place, id: SourceId, payload: Value) -> Job {
        let new = NewJob {
            kind: JobKind::Sync,
            document: None,
            payload,
        };
        Job {
            source_id: Some(id),
            ..self.queued(place, new)
        }
    }

    pub(crate) async fn known_files(
        &self,
        place: Place,
        id: SourceId,
        paths: &[&str],
    ) -> Result<Vec<KnownFile>> {
        Ok(sql::sources::known(&self.db, place, id, paths).await?)
    }

    /// How many files of a source are in the collection.
    pub(crate) async fn count_source_files(&self, place: Place, id: SourceId) -> Result<i64> {
        Ok(sql::sources::count(&self.db, place, id).await?)
    }

    pub(crate) async fn unseen_files(
        &self,
        place: Place,
        id: SourceId,
        job: JobId,
        after: SourceFileId,
    ) -> Result<Vec<KnownFile>> {
        Ok(sql::sources::unseen(&self.db, place, id, job, after, 200).await?)
    }

    /// Notes that files are still there, as they were.
    pub(crate) async fn see_files(
        &self,
        place: Place,
        job: JobId,
        ids: &[SourceFileId],
    ) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            Ok(sql::sources::see(tx, place, job, ids).await?)
        })
    }

    /// Notes what became of a file whose document stays as it is.
    pub(crate) async fn note_file(
        &self,
        place: Place,
        file: &SyncedFile<'_>,
        error: Option<&str>,
    ) -> Result<()> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            Ok(sql::sources::note(tx, place, &file.noted(None, error), now).await?)
        })
    }

    pub(crate) async fn forget_file(&self, place: Place, id: SourceFileId) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            sql::sources::forget(tx, place, id).await?;
            Ok(())
        })
    }

    pub(crate) async fn set_sync_counts(
        &self,
        place: Place,
        id: SourceId,
        counts: SyncCounts,
    ) -> Result<()> {
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            sql::sources::set_counts(tx, place, id, &Json(counts)).await?;
            Ok(())
        })
    }

    /// Goes on only while the job is this worker's.
    pub(crate) async fn check_held(&self) -> Result<()> {
        in_tx!(self.db, tx: Error => self.check_fence(tx).await)
    }

    /// Adds the document of a new file with the job that reads it: all or nothing, so that a file never
    /// becomes two documents.
    pub(crate) async fn add_synced(
        &self,
        place: Place,
        file: &SyncedFile<'_>,
        new: NewDocument,
        payload: Value,
    ) -> Result<()> {
        let document = self.pending(place, new)?;
        let job = self.ingest_job(place, document.id, payload);
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            raise(tx, place, document.created_at).await?;
            sql::documents::insert(tx, &document).await?;
            sql::jobs::insert(tx, &job).await?;
            let noted = file.noted(Some(document.id), None);
            Ok(sql::sources::note(tx, place, &noted, document.created_at).await?)
        })
    }

    /// Gives the document of a changed file its new bytes, with the job that reads them.
    pub(crate) async fn replace_synced(
        &self,
        place: Place,
        file: &SyncedFile<'_>,
        document: &Document,
        new: &Original,
        payload: Value,
    ) -> Result<()> {
        let now = self.now();
        let job = self.ingest_job(place, document.id, payload);
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            found(sql::documents::set_original(tx, place, document.id, new, now).await?, document.id)?;
            let pending = Status::Pending;
            sql::documents::set_status(tx, place, document.id, pending, None, now).await?;
            sql::jobs::insert(tx, &job).await?;
            Ok(sql::sources::note(tx, place, &file.noted(Some(document.id), None), now).await?)
        })
    }

    fn ingest_job(&self, place: Place, document: DocumentId, payload: Value) -> Job {
        let new = NewJob {
            kind: JobKind::Ingest,
            document: Some(document),
            payload,
        };
        self.queued(place, new)
    }

    /// A document, unless it is gone or being deleted.
    pub(crate) async fn find_document(
        &self,
        place: Place,
        id: DocumentId,
    ) -> Result<Option<Document>> {
        match self.get_document(place, id).await {
            Ok(document) if document.status == Status::Deleting => Err(no_document(id)),
            found => found,
        }
        .map(Some)
        .or_else(|error| match error.kind {
            ErrorKind::NotFound => Ok(None),
            _ => Err(error),
        })
    }
}

pub(super) fn no_source(id: SourceId) -> Error {
    Error::not_found(format!("source {id}"))
}
