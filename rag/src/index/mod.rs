//! Where chunks are found: the trait, and its two implementations.
//!
//! SQL is the truth in both: chunks, terms and vectors are committed there in one transaction.
//! [`Embedded`] derives indexes in memory from it, [`Qdrant`] a copy in a server, brought in step
//! through an outbox. What either finds is checked against SQL before anybody sees it, so neither can
//! answer with what was deleted or disabled.

mod embedded;
pub(crate) mod half;
mod moving;
mod qdrant;
mod terms;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use store::OrgId;

use crate::search::Filter;
use crate::{ChunkId, CollectionId, DocumentId, Result, SpaceId};

pub use embedded::{Embedded, EmbeddedConfig};
pub use moving::{Moved, fill};
pub use qdrant::{Qdrant, QdrantConfig};
pub use terms::TermVector;

/// A collection of an organization. Everything that is stored or found is inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The tenant.
    pub org: OrgId,
    /// Its collection.
    pub collection: CollectionId,
}

/// What a search may find.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The collection.
    pub place: Place,
    /// Only these documents; empty for all.
    pub documents: Vec<DocumentId>,
    /// Only documents with all of these tags.
    pub tags: Vec<String>,
    /// Only documents whose attributes pass.
    pub filter: Option<Filter>,
}

impl Scope {
    /// Everything in the collection.
    pub fn all(place: Place) -> Self {
        Self {
            place,
            documents: Vec::new(),
            tags: Vec::new(),
            filter: None,
        }
    }

    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        self.documents.is_empty() && self.tags.is_empty() && self.filter.is_none()
    }
}

/// A search in both halves at once.
#[derive(Debug, Clone)]
pub struct StoreQuery {
    /// What may be found.
    pub scope: Scope,
    /// The question's vector in the collection's active space, length 1.
    pub vector: Option<Vec<f32>>,
    /// Hashed terms of the question with their weights.
    pub terms: Vec<(u32, f32)>,
    /// How many to find in each half.
    pub limit: usize,
}

/// A found chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The chunk.
    pub chunk: ChunkId,
    /// Its document.
    pub document: DocumentId,
    /// Cosine (vectors) or BM25 (text); higher is better.
    pub score: f32,
}

/// How the cosines of a whole collection with one question are distributed, from a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    /// Vectors looked at.
    pub count: usize,
    /// Mean cosine.
    pub mean: f32,
    /// Standard deviation of the cosines.
    pub deviation: f32,
}

/// What both halves found, best first.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// By vector.
    pub dense: Vec<Hit>,
    /// By text.
    pub text: Vec<Hit>,
    /// What `dense` stands out from.
    pub spread: Spread,
}

/// What a store holds of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoreCounts {
    /// Chunks that can be found.
    pub chunks: u64,
    /// Those of them with a vector.
    pub vectors: u64,
}

/// An index derived from SQL.
pub trait VectorStore: Send + Sync {
    /// `embedded` or `qdrant`, for people.
    fn name(&self) -> &'static str;

    /// Whether changes have to be written into the outbox.
    fn needs_outbox(&self) -> bool;

    /// Brings the index in step with what SQL holds of the collection. Called after each commit.
    ///
    /// # Errors
    /// `NotFound` for a collection of somebody else, `Unavailable` when a part does not answer.
    fn sync(&self, place: Place) -> BoxFuture<'_, Result<()>>;

    /// Searches what is in step with SQL.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    fn search(&self, query: StoreQuery) -> BoxFuture<'_, Result<Found>>;

    /// Drops everything of these documents, at once.
    ///
    /// # Errors
    /// As [`sync`](Self::sync); the outbox then still knows of it.
    fn forget<'a>(&'a self, place: Place, documents: &'a [DocumentId])
    -> BoxFuture<'a, Result<()>>;

    /// Drops everything of the collection, at once.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    fn forget_all(&self, place: Place) -> BoxFuture<'_, Result<()>>;

    /// Makes a space ready that will answer soon, while the old one still does. Nothing to do where the
    /// index is read from SQL anyway.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    fn prepare(&self, _place: Place, _space: SpaceId) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Drops what is held of the collection in a space that does not answer any more.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    fn retire(&self, _place: Place, _space: Option<SpaceId>) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Brings all collections in step that could not be when they changed, of all organizations; gives
    /// how many. Nothing to do where the index is read from SQL anyway.
    ///
    /// # Errors
    /// The first one; the rest is tried all the same.
    fn catch_up(&self) -> BoxFuture<'_, Result<usize>> {
        Box::pin(std::future::ready(Ok(0)))
    }

    /// What the index holds, after bringing it in step.
    ///
    /// # Errors
    /// As [`sync`](Self::sync).
    fn count(&self, place: Place) -> BoxFuture<'_, Result<StoreCounts>>;
}
