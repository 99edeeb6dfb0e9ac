//! Embedding spaces, and the change from one to another.

use serde::Serialize;
use store::{Micros, OrgId, in_tx};

use super::{Library, no_collection, raise};
use crate::index::{Place, half};
use crate::{ChunkId, DocumentId, Error, Result, SpaceId, sql};

/// What makes vectors comparable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpaceSpec {
    /// Model, as the gateway names it.
    pub model: String,
    /// Length of its vectors.
    pub dimensions: u32,
    /// SHA-256 of a local model's file, in hexadecimal; empty for models of vendors.
    pub file_hash: String,
}

store::row! {
    /// An embedding space of an organization.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
    pub struct Space {
        /// Its id.
        pub id: SpaceId,
        /// The tenant.
        pub org_id: OrgId,
        /// Model, as the gateway names it.
        pub model: String,
        /// Length of its vectors.
        pub dimensions: i64,
        /// SHA-256 of a local model's file; empty for models of vendors.
        pub file_hash: String,
        /// When it was first used.
        pub created_at: Micros,
    }
}

/// A chunk that has no vector yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The chunk.
    pub chunk: ChunkId,
    /// Its document.
    pub document: DocumentId,
    /// Hash of what is embedded.
    pub hash: Vec<u8>,
    /// What is embedded: headings and text.
    pub text: String,
}

impl Library {
    /// The organization's space with these properties, made where it is new.
    ///
    /// # Errors
    /// `Invalid` for a length that no index takes; those of the database.
    pub async fn space(&self, org: OrgId, spec: &SpaceSpec) -> Result<Space> {
        if spec.dimensions == 0 || spec.dimensions > 8192 {
            return Err(Error::invalid(format!(
                "`{}` gives vectors of {} dimensions; 1 to 8192 can be indexed",
                spec.model, spec.dimensions
            )));
        }
        let space = Space {
            id: SpaceId::new(),
            org_id: org,
            model: spec.model.clone(),
            dimensions: i64::from(spec.dimensions),
            file_hash: spec.file_hash.clone(),
            created_at: self.now(),
        };
        in_tx!(self.db, tx => {
            sql::collections::insert_space(tx, &space).await?;
            Ok(sql::collections::find_space(tx, &space).await?)
        })
    }

    /// A space by its id.
    ///
    /// # Errors
    /// `NotFound`, and those of the database.
    pub async fn get_space(&self, org: OrgId, id: SpaceId) -> Result<Space> {
        let space = sql::collections::get_space(&self.db, org, id).await?;
        space.ok_or_else(|| Error::not_found(format!("embedding space {id}")))
    }

    /// Begins to move the collection to another space. The old one answers until
    /// [`flip_space`](Self::flip_space); a collection without any uses the new one at once.
    ///
    /// # Errors
    /// `NotFound` for the collection or space.
    pub async fn begin_space(&self, place: Place, space: SpaceId) -> Result<()> {
        self.get_space(place.org, space).await?;
        let first = in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, self.clock.now()).await?;
            let now = sql::collections::get_in(tx, place.org, place.collection).await?;
            let collection = now.ok_or_else(|| no_collection(place))?;
            let first = collection.space_id.is_none();
            let (active, shadow) = match collection.space_id {
                None => (Some(space), None),
                Some(active) if active == space => (Some(active), None),
                Some(active) => (Some(active), Some(space)),
            };
            sql::collections::set_spaces(tx, place.org, place.collection, active, shadow).await?;
            if first {
                sql::documents::touch_all(tx, place, generation).await?;
                if self.store.needs_outbox() {
                    sql::outbox::add_collection(tx, place).await?;
                }
            }
            Ok(first)
        })?;
        self.after_commit(place).await;
        if first {
            self.retire(place, None).await;
        }
        Ok(())
    }

    /// Makes the space that was filled the one that answers, in one step, and removes the vectors of
    /// the old one.
    ///
    /// # Errors
    /// `Conflict` while a chunk lacks its vector or when no move was begun; `Unavailable` when the
    /// vector server does not answer: the old one answers on then.
    pub async fn flip_space(&self, place: Place) -> Result<()> {
        let before = self.get_collection(place).await?;
        let shadow = before.shadow_space_id.ok_or_else(|| {
            Error::new(
                crate::ErrorKind::Conflict,
                "no other embedding model is being prepared for this collection",
            )
        })?;
        self.store.prepare(place, shadow).await?;
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, self.clock.now()).await?;
            let lacking = sql::vectors::count_missing(tx, place, shadow).await?;
            if lacking > 0 {
                return Err(Error::new(
                    crate::ErrorKind::Conflict,
                    format!("{lacking} chunks have no vector of the new embedding model yet"),
                ));
            }
            sql::collections::set_spaces(tx, place.org, place.collection, Some(shadow), None).await?;
            sql::vectors::delete_others(tx, place, Some(shadow), None).await?;
            sql::documents::touch_all(tx, place, generation).await?;
            if self.store.needs_outbox() {
                // Also what changed while the new space was being made ready.
                sql::outbox::add_collection(tx, place).await?;
            }
            Ok(())
        })?;
        self.after_commit(place).await;
        self.retire(place, before.space_id).await;
        Ok(())
    }

    /// Lets text search answer alone: removes all vectors of the collection.
    ///
    /// # Errors
    /// `NotFound`, and those of the database.
    pub async fn end_spaces(&self, place: Place) -> Result<()> {
        let before = self.get_collection(place).await?;
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            let generation = raise(tx, place, self.clock.now()).await?;
            sql::collections::set_spaces(tx, place.org, place.collection, None, None).await?;
            sql::vectors::delete_others(tx, place, None, None).await?;
            sql::documents::touch_all(tx, place, generation).await?;
            if self.store.needs_outbox() {
                sql::outbox::add_collection(tx, place).await?;
            }
            Ok(())
        })?;
        self.after_commit(place).await;
        self.retire(place, before.space_id).await;
        Ok(())
    }

    /// Left-overs of a space that does not answer any more harm nobody, so a failure is only logged.
    async fn retire(&self, place: Place, space: Option<SpaceId>) {
        if let Err(error) = self.store.retire(place, space).await {
            tracing::warn!(%error, collection.id = %place.collection, "cannot remove an old index");
        }
    }

    /// Chunks without a vector in `space`, after `after`, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn missing_vectors(
        &self,
        place: Place,
        space: SpaceId,
        after: Option<ChunkId>,
        limit: usize,
    ) -> Result<Vec<Missing>> {
        let after = after.unwrap_or(ChunkId::from_uuid(uuid::Uuid::nil()));
        let rows = sql::vectors::missing(&self.db, place, space, after, limit as i64).await?;
        let missing = rows
            .into_iter()
            .map(|(chunk, document, hash, headings, text)| {
                let headings: Vec<String> = serde_json::from_str(&headings).unwrap_or_default();
                Missing {
                    chunk,
                    document,
                    hash,
                    text: super::chunk::indexed_text(&headings, &text),
                }
            });
        Ok(missing.collect())
    }

    /// Stores vectors of chunks. They count at the next [`publish`](Self::publish) or
    /// [`flip_space`](Self::flip_space); for chunks that are published already, at once.
    ///
    /// # Errors
    /// `Invalid` for a vector of another length than the space's.
    pub async fn put_vectors(
        &self,
        place: Place,
        space: &Space,
        vectors: &[(ChunkId, Vec<f32>)],
    ) -> Result<()> {
        check_lengths(space, vectors.iter().map(|(_, v)| v.len()))?;
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            let generation = raise(tx, place, self.clock.now()).await?;
            for (chunk, vector) in vectors {
                let bytes = half::encode(&normalized(vector));
                sql::vectors::put(tx, place.org, space.id, *chunk, &bytes).await?;
            }
            let now = sql::collections::get_in(tx, place.org, place.collection).await?;
            let collection = now.ok_or_else(|| no_collection(place))?;
            if collection.space_id != Some(space.id) {
                // Nothing that answers has changed, so no index has to read anything again.
                return Ok(());
            }
            let chunks: Vec<ChunkId> = vectors.iter().map(|(chunk, _)| *chunk).collect();
            let changed = sql::vectors::published_documents(tx, place, &chunks).await?;
            for document in changed {
                self.changed(tx, place, document, generation).await?;
            }
            Ok(())
        })?;
        self.after_commit(place).await;
        Ok(())
    }

    /// How many chunks have no vector in `space`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_missing_vectors(&self, place: Place, space: SpaceId) -> Result<u64> {
        let missing = in_tx!(self.db, tx: Error => {
            Ok(sql::vectors::count_missing(tx, place, space).await?)
        })?;
        Ok(u64::try_from(missing).unwrap_or(0))
    }

    /// Vectors of texts that were embedded before, by the texts' hashes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cached_vectors(
        &self,
        org: OrgId,
        space: SpaceId,
        hashes: &[Vec<u8>],
    ) -> Result<std::collections::HashMap<Vec<u8>, Vec<f32>>> {
        let mut cached = std::collections::HashMap::new();
        // SQLite takes a bounded number of binds.
        for hashes in hashes.chunks(500) {
            let rows = sql::vectors::cached(&self.db, org, space, hashes).await?;
            cached.extend(
                rows.into_iter()
                    .map(|(hash, bytes)| (hash, half::decode(&bytes))),
            );
        }
        Ok(cached)
    }

    /// Keeps vectors of texts by the texts' hashes.
    ///
    /// # Errors
    /// `Invalid` for a vector of another length than the space's.
    pub async fn cache_vectors(
        &self,
        space: &Space,
        vectors: &[(Vec<u8>, Vec<f32>)],
    ) -> Result<()> {
        check_lengths(space, vectors.iter().map(|(_, v)| v.len()))?;
        let now = self.now();
        in_tx!(self.db, tx => {
            for (hash, vector) in vectors {
                let bytes = half::encode(&normalized(vector));
                sql::vectors::cache(tx, space.org_id, space.id, hash, &bytes, now).await?;
            }
            Ok(())
        })
    }

    /// Removes cached vectors that nobody used since `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn expire_cache(&self, before: Micros) -> Result<u64> {
        in_tx!(self.db, tx => Ok(sql::vectors::expire_cache(tx, before).await?))
    }
}

fn check_lengths(space: &Space, mut lengths: impl Iterator<Item = usize>) -> Result<()> {
    match lengths.find(|length| *length as i64 != space.dimensions) {
        None => Ok(()),
        Some(length) => Err(Error::invalid(format!(
            "the embedding model `{}` gave a vector of {length} dimensions where {} were agreed; \
             begin a new embedding space",
            space.model, space.dimensions
        ))),
    }
}

/// The vector with length 1; a vector of zeros stays one.
pub(crate) fn normalized(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length == 0.0 || !length.is_finite() {
        return vec![0.0; vector.len()];
    }
    vector.iter().map(|v| v / length).collect()
}
