//! Chunks.

use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Json, Micros, in_tx};

use super::space::normalized;
use super::{Library, raise};
use crate::index::{Place, half};
use crate::search::Analyzer;
use crate::{ChunkId, DocumentId, Error, Result, SpaceId, sql};

store::row! {
    /// A chunk of a document, as it is shown.
    #[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
    pub struct Chunk {
        /// Its id.
        pub id: ChunkId,
        /// Its document.
        pub document_id: DocumentId,
        /// Its place in the document, from 0.
        pub ordinal: i64,
        /// The larger chunk that it is a part of.
        pub parent_id: Option<ChunkId>,
        /// Parents are shown, not searched.
        pub searchable: bool,
        /// Disabled chunks are not found.
        pub enabled: bool,
        /// Its text was changed by hand.
        pub edited: bool,
        /// Its text.
        pub text: String,
        /// Headings that it stands under, the outermost first.
        #[schema(value_type = Vec<String>)]
        pub headings: Json<Vec<String>>,
        /// First page, from 1.
        pub page_start: Option<i64>,
        /// Last page.
        pub page_end: Option<i64>,
        /// Where it begins in the document's text, in characters.
        pub offset_start: Option<i64>,
        /// Where it ends.
        pub offset_end: Option<i64>,
        /// Boxes of its text on the pages.
        #[schema(value_type = Option<serde_json::Value>)]
        pub boxes: Option<Json<serde_json::Value>>,
        /// SHA-256 of what is embedded.
        #[serde(skip)]
        pub hash: Vec<u8>,
        /// Tokens of its text.
        pub token_count: i64,
    }
}

/// A chunk to be stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewChunk {
    /// Its id where others refer to it (parents); else one is made.
    pub id: Option<ChunkId>,
    /// Its place in the document, from 0.
    pub ordinal: u32,
    /// The larger chunk that it is a part of.
    pub parent: Option<ChunkId>,
    /// Whether it is itself such a larger chunk: shown, not searched.
    pub is_parent: bool,
    /// Its text.
    pub text: String,
    /// Headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// First and last page, from 1.
    pub pages: Option<(u32, u32)>,
    /// Begin and end in the document's text, in characters.
    pub offsets: Option<(u64, u64)>,
    /// Boxes of its text on the pages.
    pub boxes: Option<serde_json::Value>,
    /// Tokens of its text.
    pub token_count: u32,
    /// Its vector, where there is one already.
    pub vector: Option<Vec<f32>>,
}

/// A chunk that somebody adds by hand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddChunk {
    /// Its text.
    pub text: String,
    /// Headings that it stands under, the outermost first.
    pub headings: Vec<String>,
    /// Tokens of its text.
    pub token_count: u32,
    /// Its vector, in the space that answers.
    pub vector: Option<(SpaceId, Vec<f32>)>,
}

/// A chunk with what is indexed of it.
pub(crate) struct ChunkRow {
    pub(crate) chunk: Chunk,
    pub(crate) place: Place,
    pub(crate) revision: i64,
    pub(crate) terms: Vec<u8>,
    pub(crate) term_count: i64,
    pub(crate) now: Micros,
}

/// What is indexed and embedded of a chunk: its headings, which say what it is about, and its text.
pub(crate) fn indexed_text(headings: &[String], text: &str) -> String {
    if headings.is_empty() {
        return text.to_owned();
    }
    format!("{}\n\n{text}", headings.join(" > "))
}

impl NewChunk {
    /// What is embedded: headings and text.
    pub fn indexed_text(&self) -> String {
        indexed_text(&self.headings, &self.text)
    }

    /// The hash by which its vector is cached.
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.indexed_text())
    }
}

fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

impl Library {
    /// Adds chunks to a revision that is being written. Nobody finds them before it is published.
    ///
    /// # Errors
    /// `NotFound` for the document, `Conflict` when this revision is not being written any more.
    pub async fn add_chunks(
        &self,
        place: Place,
        document: DocumentId,
        revision: i64,
        space: Option<SpaceId>,
        chunks: Vec<NewChunk>,
    ) -> Result<Vec<ChunkId>> {
        let collection = self.get_collection(place).await?;
        let analyzer = collection.analyzer.0.check()?;
        let now = self.now();
        // Analysis is the costly part: outside of the transaction.
        let rows: Vec<(ChunkRow, Option<Vec<f32>>)> = chunks
            .into_iter()
            .map(|chunk| chunk.into_row(place, document, revision, analyzer, now))
            .collect();
        let ids = rows.iter().map(|(row, _)| row.chunk.id).collect();
        in_tx!(self.db, tx: Error => {
            self.check_fence(tx).await?;
            let at = sql::documents::revision_in(tx, place, document).await?;
            let published = at.ok_or_else(|| Error::not_found(format!("document {document}")))?;
            if published >= revision {
                return Err(Error::new(
                    crate::ErrorKind::Conflict,
                    format!("revision {revision} of document {document} is published already"),
                ));
            }
            for (row, vector) in &rows {
                sql::chunks::insert(tx, row).await?;
                if let (Some(space), Some(vector)) = (space, vector) {
                    let bytes = half::encode(&normalized(vector));
                    sql::vectors::put(tx, place.org, space, row.chunk.id, &bytes).await?;
                }
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// Chunks of a document, in their order, from `ordinal` on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_chunks(
        &self,
        place: Place,
        document: DocumentId,
        ordinal: u32,
        limit: usize,
    ) -> Result<Vec<Chunk>> {
        let first = i64::from(ordinal);
        Ok(sql::chunks::list(&self.db, place, document, first, limit as i64).await?)
    }

    /// Those of `ids` that exist in published documents.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn get_chunks(&self, place: Place, ids: &[ChunkId]) -> Result<Vec<Chunk>> {
        Ok(sql::chunks::get_many(&self.db, place, ids).await?)
    }

    /// Lets a chunk be found, or not.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn set_chunk_enabled(&self, place: Place, id: ChunkId, enabled: bool) -> Result<()> {
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, now).await?;
            let document = sql::chunks::set_enabled(tx, place, id, enabled, now).await?;
            let document = document.ok_or_else(|| Error::not_found(format!("chunk {id}")))?;
            self.changed(tx, place, document, generation).await
        })?;
        self.after_commit(place).await;
        Ok(())
    }

    /// Replaces a chunk's text, and its vector by `vector` (of `space`). Without one it is found by
    /// its text until it is embedded again.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for an empty text.
    pub async fn edit_chunk(
        &self,
        place: Place,
        id: ChunkId,
        text: &str,
        token_count: u32,
        vector: Option<(SpaceId, Vec<f32>)>,
    ) -> Result<()> {
        if text.trim().is_empty() {
            return Err(Error::invalid(
                "`text` must not be empty; disable the chunk instead",
            ));
        }
        let analyzer = self.get_collection(place).await?.analyzer.0.check()?;
        let found = sql::chunks::get_many(&self.db, place, &[id]).await?;
        let chunk = found
            .first()
            .ok_or_else(|| Error::not_found(format!("chunk {id}")))?;
        let indexed = indexed_text(&chunk.headings, text);
        let terms = analyzer.document(&indexed);
        let now = self.now();
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, now).await?;
            let new = sql::chunks::NewText {
                text,
                hash: &hash(&indexed),
                token_count: i64::from(token_count),
                terms: &terms.encode(),
                term_count: i64::from(terms.length()),
            };
            let document = sql::chunks::set_text(tx, place, id, &new, now).await?;
            let document = document.ok_or_else(|| Error::not_found(format!("chunk {id}")))?;
            sql::vectors::delete_chunk(tx, place, id).await?;
            if let Some((space, vector)) = &vector {
                let bytes = half::encode(&normalized(vector));
                sql::vectors::put(tx, place.org, *space, id, &bytes).await?;
            }
            self.changed(tx, place, document, generation).await
        })?;
        self.after_commit(place).await;
        Ok(())
    }

    /// Adds a chunk behind the others of a document that is published.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for an empty text, `Conflict` for a document that was not read yet.
    pub async fn add_chunk(
        &self,
        place: Place,
        document: DocumentId,
        new: AddChunk,
    ) -> Result<ChunkId> {
        if new.text.trim().is_empty() {
            return Err(Error::invalid("`text` must not be empty"));
        }
        let analyzer = self.get_collection(place).await?.analyzer.0.check()?;
        let now = self.now();
        let chunk = NewChunk {
            text: new.text,
            headings: new.headings,
            token_count: new.token_count,
            ..NewChunk::default()
        };
        let (mut row, _) = chunk.into_row(place, document, 0, analyzer, now);
        row.chunk.edited = true;
        let id = row.chunk.id;
        in_tx!(self.db, tx: Error => {
            let generation = raise(tx, place, now).await?;
            let at = sql::documents::revision_in(tx, place, document).await?;
            row.revision = at.ok_or_else(|| super::document::no_document(document))?;
            if row.revision == 0 {
                return Err(Error::new(
                    crate::ErrorKind::Conflict,
                    "the document was not read yet: add chunks when it is ready",
                ));
            }
            row.chunk.ordinal = sql::chunks::next_ordinal(tx, place, document, row.revision).await?;
            sql::chunks::insert(tx, &row).await?;
            if let Some((space, vector)) = &new.vector {
                let bytes = half::encode(&normalized(vector));
                sql::vectors::put(tx, place.org, *space, id, &bytes).await?;
            }
            sql::documents::recount(tx, place, document).await?;
            self.changed(tx, place, document, generation).await
        })?;
        self.after_commit(place).await;
        Ok(id)
    }

    /// Notes that what can be found of a document changed.
    pub(super) async fn changed(
        &self,
        tx: &mut store::Tx,
        place: Place,
        document: DocumentId,
        generation: i64,
    ) -> Result<()> {
        sql::documents::touch(tx, place, document, generation, self.now()).await?;
        if self.store.needs_outbox() {
            sql::outbox::add_document(tx, place, document).await?;
        }
        Ok(())
    }
}

impl NewChunk {
    fn into_row(
        self,
        place: Place,
        document: DocumentId,
        revision: i64,
        analyzer: Analyzer,
        now: Micros,
    ) -> (ChunkRow, Option<Vec<f32>>) {
        let indexed = self.indexed_text();
        let terms = analyzer.document(&indexed);
        let chunk = Chunk {
            id: self.id.unwrap_or_else(ChunkId::new),
            document_id: document,
            ordinal: i64::from(self.ordinal),
            parent_id: self.parent,
            searchable: !self.is_parent,
            enabled: true,
            edited: false,
            text: self.text,
            headings: Json(self.headings),
            page_start: self.pages.map(|(first, _)| i64::from(first)),
            page_end: self.pages.map(|(_, last)| i64::from(last)),
            offset_start: self.offsets.map(|(start, _)| start as i64),
            offset_end: self.offsets.map(|(_, end)| end as i64),
            boxes: self.boxes.map(Json),
            hash: hash(&indexed),
            token_count: i64::from(self.token_count),
        };
        let row = ChunkRow {
            chunk,
            place,
            revision,
            term_count: i64::from(terms.length()),
            terms: terms.encode(),
            now,
        };
        (row, self.vector)
    }
}
