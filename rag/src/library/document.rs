//! Documents.

use serde::{Deserialize, Serialize};
use store::{Json, Micros, OrgId, in_tx};

use super::{FileLink, Job, JobKind, Library, NewJob, raise};
use crate::index::Place;
use crate::search::Attributes;
use crate::{CollectionId, DocumentId, Error, ErrorKind, Result, sql};

/// Where a document is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits to be read.
    Pending,
    /// Is being read. An older revision may still answer.
    Processing,
    /// Can be found.
    Ready,
    /// Could not be read; `error` says why.
    Failed,
    /// Was cancelled.
    Cancelled,
    /// Is being deleted and is not found any more.
    Deleting,
}

crate::word::sql_word!(Status {
    Pending = "pending",
    Processing = "processing",
    Ready = "ready",
    Failed = "failed",
    Cancelled = "cancelled",
    Deleting = "deleting",
});

store::row! {
    /// A document.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct Document {
        /// Its id.
        pub id: DocumentId,
        /// The tenant.
        #[serde(skip)]
        pub org_id: OrgId,
        /// Its collection.
        pub collection_id: CollectionId,
        /// Its name, as uploaded.
        pub name: String,
        /// Its media type, by its content.
        pub content_type: String,
        /// Bytes of the original.
        pub size_bytes: i64,
        /// Where the original is stored.
        #[serde(skip)]
        pub blob_key: Option<String>,
        /// SHA-256 of the original.
        #[serde(skip)]
        pub content_hash: Vec<u8>,
        /// Where it came from: an address, a path.
        pub source: Option<String>,
        /// Where it is on its way.
        pub status: Status,
        /// Why it failed.
        pub error: Option<String>,
        /// Poor text, parts that were left out, and other things to tell.
        #[schema(value_type = Vec<String>)]
        pub notes: Json<Vec<String>>,
        /// What filters look at.
        #[schema(value_type = Object)]
        pub attributes: Json<Attributes>,
        /// Words to find it by.
        #[schema(value_type = Vec<String>)]
        pub tags: Json<Vec<String>>,
        /// Language of its text, an ISO 639-1 code.
        pub language: Option<String>,
        /// Pages.
        pub page_count: i64,
        /// Chunks that can be found.
        pub chunk_count: i64,
        /// Tokens of those.
        pub token_count: i64,
        /// The revision that is found; 0 while there is none.
        pub revision: i64,
        /// The collection's generation at its last change.
        #[serde(skip)]
        pub generation: i64,
        /// When it was added.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

/// A document to be added.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewDocument {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Bytes of the original.
    pub size_bytes: u64,
    /// Where the original is stored.
    pub blob_key: Option<String>,
    /// SHA-256 of the original.
    pub content_hash: Vec<u8>,
    /// Where it came from.
    pub source: Option<String>,
    /// What filters look at.
    pub attributes: Attributes,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The file of `/v1/files` that it is made of.
    pub file: Option<FileLink>,
}

/// What the reading of a document found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublishedFacts {
    /// Pages.
    pub page_count: u32,
    /// Language of its text.
    pub language: Option<String>,
    /// Things to tell.
    pub notes: Vec<String>,
    /// Its media type by its content, where that is known now.
    pub content_type: Option<String>,
}

/// A document's bytes, once they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Original {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Where they are stored.
    pub blob_key: String,
    /// SHA-256 of them.
    pub content_hash: Vec<u8>,
}

impl Library {
    /// Adds a document. It is found once it is published.
    ///
    /// # Errors
    /// `NotFound` for the collection, `Invalid` for attributes that are too many or too long.
    pub async fn add_document(&self, place: Place, new: NewDocument) -> Result<Document> {
        let document = self.pending(place, new)?;
        in_tx!(self.db, tx: Error => {
            raise(tx, place, document.created_at).await?;
            Ok(sql::documents::insert(tx, &document).await?)
        })?;
        Ok(document)
    }

    /// Adds a document and the job that reads it, both or neither.
    ///
    /// # Errors
    /// As [`add_document`](Self::add_document).
    pub async fn add_document_with_job(
        &self,
        place: Place,
        new: NewDocument,
        payload: serde_json::Value,
    ) -> Result<(Document, Job)> {
        super::collection::check_name(&new.name)?;
        let link = new.file.clone();
        let document = self.pending(place, new)?;
        let job = self.queued(
            place,
            NewJob {
                kind: JobKind::Ingest,
                document: Some(document.id),
                payload,
            },
        );
        in_tx!(self.db, tx: Error => {
            raise(tx, place, document.created_at).await?;
            sql::documents::insert(tx, &document).await?;
            if let Some(link) = &link {
                sql::vector_stores::link(tx, place, document.id, link).await?;
            }
            Ok(sql::jobs::insert(tx, &job).await?)
        })?;
        Ok((document, job))
    }

    pub(super) fn pending(&self, place: Place, new: NewDocument) -> Result<Document> {
        check_attributes(&new.attributes, &new.tags)?;
        let now = self.now();
        Ok(Document {
            id: DocumentId::new(),
            org_id: place.org,
            collection_id: place.collection,
            name: new.name,
            content_type: new.content_type,
            size_bytes: i64::try_from(new.size_bytes).unwrap_or(i64::MAX),
            blob_key: new.blob_key,
            content_hash: new.content_hash,
            source: new.source,
            status: Status::Pending,
            error: None,
            notes: Json(Vec::new()),
            attributes: Json(new.attributes),
            tags: Json(new.tags),
            language: None,
            page_count: 0,
            chunk_count: 0,
            token_count: 0,
            revision: 0,
            generation: 0,
            created_at: now,
            updated_at: now,
        })
    }

    /// A document.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_document(&self, place: Place, id: DocumentId) -> Result<Document> {
        let found = sql::documents::get(&self.db, place, id).await?;
        found.ok_or_else(|| no_document(id))
    }

    /// Documents, newest first, from below `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_documents(
        &self,
        place: Place,
        before: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<Document>> {
        let before = before.unwrap_or(DocumentId::from_uuid(uuid::Uuid::max()));
        Ok(sql::documents::list(&self.db, place, before, limit as i64).await?)
    }

    /// Documents of the collection with the same bytes, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn duplicates(&self, place: Place, content_hash: &[u8]) -> Result<Vec<DocumentId>> {
        Ok(sql::documents::with_hash(&self.db, place, content_hash).await?)
    }

    /// Says where a document is on its way. `error` is kept for `Failed`.
    ///
    /// # Errors
    /// `NotFound`, also when it is being deleted.
    pub async fn set_status(
        &self,
        place: Place,
        id: DocumentId,
        status: Status,
        error: Option<&str>,
    ) -> Result<()> {
        let now = self.now();
        let changed = in_tx!(self.db, tx: Error => {
            Ok(sql::documents::set_status(tx, place, id, status, error, now).await?)
        })?;
        found(changed, id)
    }

    /// Replaces a document's attributes and tags.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn set_attributes(
        &self,
        place: Place,
        id: DocumentId,
        attributes: Attributes,
        tags: Vec<String>,
    ) -> Result<()> {
        check_attributes(&attributes, &tags)?;
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, now).await?;
            let (attributes, tags) = (Json(attributes), Json(tags));
            let changed = sql::documents::set_attributes(
                tx, place, id, &attributes, &tags, generation, now,
            ).await?;
            found(changed, id)?;
            self.changed(tx, place, id, generation).await
        })?;
        self.after_commit(place).await;
        Ok(())
    }

    /// Says where a document's bytes are: after they were fetched, or with a new version of them.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn set_original(&self, place: Place, id: DocumentId, new: &Original) -> Result<()> {
        let now = self.now();
        let changed = in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            Ok(sql::documents::set_original(tx, place, id, new, now).await?)
        })?;
        found(changed, id)
    }

    /// Begins a new revision and gives its number; removes what a killed ingestion left of it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn begin_revision(&self, place: Place, id: DocumentId) -> Result<i64> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            let at = sql::documents::revision_in(tx, place, id).await?;
            let revision = at.ok_or_else(|| no_document(id))? + 1;
            sql::chunks::delete_revision(tx, place, id, revision).await?;
            sql::documents::set_status(tx, place, id, Status::Processing, None, now).await?;
            Ok(revision)
        })
    }

    /// Makes a revision the one that is found and removes older ones, in one step.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when that revision or a later one is published already.
    pub async fn publish(
        &self,
        place: Place,
        id: DocumentId,
        revision: i64,
        facts: &PublishedFacts,
    ) -> Result<Document> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            let generation = raise(tx, place, now).await?;
            let at = sql::documents::revision_in(tx, place, id).await?.ok_or_else(|| no_document(id))?;
            if at >= revision {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("revision {at} of document {id} is published already"),
                ));
            }
            if self.store.needs_outbox() {
                // Before the old chunks go: their copies have to go too.
                sql::outbox::add_document(tx, place, id).await?;
            }
            let notes = Json(facts.notes.clone());
            let new = sql::documents::Published {
                revision,
                generation,
                page_count: i64::from(facts.page_count),
                language: facts.language.as_deref(),
                notes: &notes,
                content_type: facts.content_type.as_deref(),
            };
            sql::documents::publish(tx, place, id, &new, now).await?;
            sql::vectors::delete_before(tx, place, id, revision).await?;
            sql::chunks::delete_before(tx, place, id, revision).await?;
            Ok(())
        })?;
        self.after_commit(place).await;
        self.get_document(place, id).await
    }
}

pub(super) fn no_document(id: DocumentId) -> Error {
    Error::not_found(format!("document {id}"))
}

pub(super) fn found(changed: u64, id: DocumentId) -> Result<()> {
    if changed == 0 {
        return Err(no_document(id));
    }
    Ok(())
}

/// OpenAI's limits: 16 pairs, keys of 64 and texts of 512 letters.
pub(super) fn check_attributes(attributes: &Attributes, tags: &[String]) -> Result<()> {
    if attributes.len() > 16 {
        return Err(Error::invalid("`attributes` may have 16 keys at most"));
    }
    for (key, value) in attributes {
        if key.is_empty() || key.chars().count() > 64 {
            return Err(Error::invalid(format!(
                "`attributes`: the key `{key}` must have 1 to 64 letters"
            )));
        }
        if let crate::search::AttributeValue::Text(text) = value
            && text.chars().count() > 512
        {
            return Err(Error::invalid(format!(
                "`attributes.{key}` may have 512 letters at most"
            )));
        }
    }
    if tags.len() > 64 || tags.iter().any(|t| t.is_empty() || t.chars().count() > 64) {
        return Err(Error::invalid("`tags` may be 64 words of 1 to 64 letters"));
    }
    Ok(())
}
