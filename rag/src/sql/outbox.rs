use sqlx::QueryBuilder;
use store::{Db, Json, Result, Tx, on_reader, on_tx, row};
use uuid::Uuid;

use crate::index::Place;
use crate::search::Attributes;
use crate::{ChunkId, CollectionId, DocumentId};

row! {
    /// A chunk whose copy in the vector server may be old.
    #[derive(Debug, Clone)]
    pub(crate) struct Entry {
        pub(crate) chunk_id: ChunkId,
        pub(crate) version: Uuid,
    }

    /// What the vector server should hold of a chunk.
    #[derive(Debug, Clone)]
    pub(crate) struct Delivered {
        pub(crate) id: ChunkId,
        pub(crate) document_id: DocumentId,
        pub(crate) terms: Vec<u8>,
        pub(crate) bytes: Option<Vec<u8>>,
        pub(crate) attributes: Json<Attributes>,
        pub(crate) tags: Json<Vec<String>>,
    }
}

/// Notes all chunks of a document, of any revision.
pub(crate) async fn add_document(tx: &mut Tx, at: Place, document: DocumentId) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO vector_outbox (chunk_id, org_id, collection_id, version)
         SELECT id, org_id, collection_id, $4 FROM chunks
         WHERE org_id = $1 AND collection_id = $2 AND document_id = $3 AND searchable
         ON CONFLICT (chunk_id) DO UPDATE SET version = excluded.version",
    ).bind(at.org).bind(at.collection).bind(document).bind(Uuid::now_v7()))?;
    Ok(())
}

/// Notes all chunks of a collection.
pub(crate) async fn add_collection(tx: &mut Tx, at: Place) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO vector_outbox (chunk_id, org_id, collection_id, version)
         SELECT id, org_id, collection_id, $3 FROM chunks
         WHERE org_id = $1 AND collection_id = $2 AND searchable
         ON CONFLICT (chunk_id) DO UPDATE SET version = excluded.version",
    ).bind(at.org).bind(at.collection).bind(Uuid::now_v7()))
}

/// The next entries of a collection.
pub(crate) async fn next(db: &Db, at: Place, rows: i64) -> Result<Vec<Entry>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT chunk_id, version FROM vector_outbox WHERE org_id = $1 AND collection_id = $2
         ORDER BY chunk_id LIMIT $3",
    ).bind(at.org).bind(at.collection).bind(rows).fetch_all(c).await)
}

/// What of these chunks can be found now; the others are gone.
pub(crate) async fn read(
    db: &Db,
    at: Place,
    space: Option<crate::SpaceId>,
    ids: &[ChunkId],
) -> Result<Vec<Delivered>> {
    on_reader!(db, c => {
        let mut q = QueryBuilder::new(
            "SELECT c.id, c.document_id, c.terms, v.bytes, d.attributes, d.tags FROM chunks c
             JOIN documents d ON d.id = c.document_id AND d.revision = c.revision
             LEFT JOIN vectors v ON v.chunk_id = c.id AND v.space_id = ",
        );
        q.push_bind(space).push(" WHERE c.org_id = ").push_bind(at.org);
        q.push(" AND c.collection_id = ").push_bind(at.collection);
        q.push(" AND c.enabled AND c.searchable AND d.status <> 'deleting' AND c.id IN (");
        let mut list = q.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        q.push(")");
        q.build_query_as().fetch_all(c).await
    })
}

/// Removes an entry, unless it was written again since it was read.
pub(crate) async fn done(tx: &mut Tx, at: Place, entry: &Entry) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM vector_outbox
         WHERE chunk_id = $1 AND version = $2 AND org_id = $3 AND collection_id = $4",
    ).bind(entry.chunk_id).bind(entry.version).bind(at.org).bind(at.collection))
}

/// Collections with entries, of all organizations.
pub(crate) async fn waiting(db: &Db) -> Result<Vec<(store::OrgId, CollectionId)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT DISTINCT org_id, collection_id FROM vector_outbox",
    ).fetch_all(c).await)
}

/// How many wait.
pub(crate) async fn count(db: &Db, at: Place) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT count(*) FROM vector_outbox WHERE org_id = $1 AND collection_id = $2",
    ).bind(at.org).bind(at.collection).fetch_one(c).await)
}

pub(crate) async fn delete_of_collection(tx: &mut Tx, at: Place) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM vector_outbox WHERE org_id = $1 AND collection_id = $2",
    ).bind(at.org).bind(at.collection))
}

/// Chunks of the collection after `after`, in the order of ids.
pub(crate) async fn chunk_ids(
    db: &Db,
    at: Place,
    after: ChunkId,
    rows: i64,
) -> Result<Vec<ChunkId>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT id FROM chunks WHERE org_id = $1 AND collection_id = $2 AND searchable AND id > $3
         ORDER BY id LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(after).bind(rows).fetch_all(c).await)
}
