//! Deleting, so that nothing is left.

use serde::Serialize;
use store::in_tx;

use super::document::no_document;
use super::{CollectionState, Library, no_collection, raise};
use crate::index::Place;
use crate::{DocumentId, Error, Result, sql};

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// Documents.
    pub documents: u64,
    /// Chunks with their texts and their part of the text index.
    pub chunks: u64,
    /// Vectors, of all embedding spaces.
    pub vectors: u64,
    /// Cached embeddings that no other document needs.
    pub cached_embeddings: u64,
    /// Files, each an original with what was read out of it.
    pub files: u64,
    /// Where they are, for the caller, who now has to remove them.
    #[serde(skip)]
    pub blob_keys: Vec<String>,
}

impl Library {
    /// Deletes a document: text, text index, vectors, cached embeddings. From the first of the two
    /// steps on no search gives it; a process killed between them goes on with
    /// [`finish_deletions`](Self::finish_deletions).
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` when the vector server does not answer: the document is hidden then
    /// and the outbox removes it there later.
    pub async fn delete_document(&self, place: Place, id: DocumentId) -> Result<Receipt> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, now).await?;
            if self.store.needs_outbox() {
                sql::outbox::add_document(tx, place, id).await?;
            }
            match sql::documents::hide(tx, place, id, generation, now).await? {
                0 => Err(no_document(id)),
                _ => Ok(()),
            }
        })?;
        self.store.forget(place, &[id]).await?;
        self.remove_hidden(place, id).await
    }

    /// The second step.
    async fn remove_hidden(&self, place: Place, id: DocumentId) -> Result<Receipt> {
        let document = self.get_document(place, id).await?;
        let receipt = in_tx!(self.db, tx: Error => {
            let cached_embeddings = sql::vectors::uncache_document(tx, place, id).await?;
            let vectors = sql::vectors::delete_before(tx, place, id, i64::MAX).await?;
            let chunks = sql::chunks::delete_before(tx, place, id, i64::MAX).await?;
            sql::jobs::delete_of_document(tx, place, id).await?;
            let documents = sql::documents::delete(tx, place, id).await?;
            Ok(Receipt {
                documents,
                chunks,
                vectors,
                cached_embeddings,
                files: u64::from(document.blob_key.is_some()),
                blob_keys: document.blob_key.into_iter().collect(),
            })
        })?;
        // A search that began before may have loaded it again.
        self.store.forget(place, &[id]).await?;
        self.after_commit(place).await;
        Ok(receipt)
    }

    /// Finishes deletions that a killed process began. Called at the start of the program.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn finish_deletions(&self) -> Result<Vec<Receipt>> {
        let mut receipts = Vec::new();
        for (org, collection) in sql::collections::half_deleted(&self.db).await? {
            receipts.push(self.delete_collection(Place { org, collection }).await?);
        }
        for document in sql::documents::half_deleted(&self.db).await? {
            let place = Place {
                org: document.org_id,
                collection: document.collection_id,
            };
            receipts.push(self.remove_hidden(place, document.id).await?);
        }
        Ok(receipts)
    }

    /// Deletes a collection with everything in it.
    ///
    /// # Errors
    /// `NotFound`; `Unavailable` when the vector server does not answer: nothing is deleted then, but
    /// the collection does not answer any more.
    pub async fn delete_collection(&self, place: Place) -> Result<Receipt> {
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, self.clock.now()).await?;
            let state = CollectionState::Deleting;
            sql::collections::set_state(tx, place.org, place.collection, state).await?;
            sql::documents::hide_all(tx, place, generation).await?;
            Ok(())
        })?;
        self.store.forget_all(place).await?;
        let receipt = in_tx!(self.db, tx: Error => {
            let blob_keys = sql::documents::blob_keys(tx, place).await?;
            let cached_embeddings = sql::vectors::uncache_collection(tx, place).await?;
            let vectors = sql::vectors::delete_of_collection(tx, place).await?;
            let chunks = sql::chunks::delete_of_collection(tx, place).await?;
            sql::outbox::delete_of_collection(tx, place).await?;
            let documents = sql::documents::ids(tx, place).await?.len() as u64;
            match sql::collections::delete(tx, place.org, place.collection).await? {
                0 => Err(no_collection(place)),
                _ => Ok(Receipt {
                    documents,
                    chunks,
                    vectors,
                    cached_embeddings,
                    files: blob_keys.len() as u64,
                    blob_keys,
                }),
            }
        })?;
        self.store.forget_all(place).await?;
        Ok(receipt)
    }
}
