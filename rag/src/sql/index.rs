use store::{Db, Json, Result, on_reader, row};

use crate::index::Place;
use crate::search::{Analyzer, Attributes};
use crate::{ChunkId, DocumentId, SpaceId};

row! {
    /// Which index a collection has.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Head {
        pub(crate) generation: i64,
        pub(crate) space_id: Option<SpaceId>,
        pub(crate) dimensions: Option<i64>,
        pub(crate) analyzer: Json<Analyzer>,
    }

    /// What filters look at.
    #[derive(Debug, Clone)]
    pub(crate) struct Facts {
        pub(crate) id: DocumentId,
        pub(crate) findable: bool,
        pub(crate) attributes: Json<Attributes>,
        pub(crate) tags: Json<Vec<String>>,
    }

    /// What is indexed of a chunk.
    #[derive(Debug, Clone)]
    pub(crate) struct Indexed {
        pub(crate) id: ChunkId,
        pub(crate) terms: Vec<u8>,
        pub(crate) bytes: Option<Vec<u8>>,
    }
}

pub(crate) async fn head(db: &Db, at: Place) -> Result<Option<Head>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT c.generation, c.space_id, s.dimensions, c.analyzer FROM collections c
         LEFT JOIN embedding_spaces s ON s.id = c.space_id
         WHERE c.id = $1 AND c.org_id = $2",
    ).bind(at.collection).bind(at.org).fetch_optional(c).await)
}

/// Documents that changed after `generation`.
pub(crate) async fn changed(db: &Db, at: Place, generation: i64) -> Result<Vec<Facts>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, revision > 0 AND status <> 'deleting' AS findable, attributes, tags
         FROM documents WHERE collection_id = $1 AND org_id = $2 AND generation > $3 ORDER BY id",
    ).bind(at.collection).bind(at.org).bind(generation).fetch_all(c).await)
}

/// What is indexed of a document.
pub(crate) async fn chunks(
    db: &Db,
    at: Place,
    document: DocumentId,
    space: Option<SpaceId>,
) -> Result<Vec<Indexed>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT c.id, c.terms, v.bytes FROM documents d
         JOIN chunks c ON c.document_id = d.id AND c.revision = d.revision
         LEFT JOIN vectors v ON v.chunk_id = c.id AND v.space_id = $4
         WHERE d.id = $1 AND d.org_id = $2 AND d.collection_id = $3 AND d.status <> 'deleting'
           AND c.enabled AND c.searchable
         ORDER BY c.ordinal",
    ).bind(document).bind(at.org).bind(at.collection).bind(space).fetch_all(c).await)
}

/// Chunks of the collection that can be found.
pub(crate) async fn count(db: &Db, at: Place) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT count(*) FROM documents d
         JOIN chunks c ON c.document_id = d.id AND c.revision = d.revision
         WHERE d.org_id = $1 AND d.collection_id = $2 AND d.status <> 'deleting'
           AND c.enabled AND c.searchable",
    ).bind(at.org).bind(at.collection).fetch_one(c).await)
}

/// Some vectors of the collection, by the hashes of their texts: as good as by chance, and the same
/// each time.
pub(crate) async fn sample(db: &Db, at: Place, space: SpaceId, rows: i64) -> Result<Vec<Vec<u8>>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT v.bytes FROM chunks c JOIN vectors v ON v.chunk_id = c.id AND v.space_id = $3
         WHERE c.org_id = $1 AND c.collection_id = $2 ORDER BY c.hash LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(space).bind(rows).fetch_all(c).await)
}
