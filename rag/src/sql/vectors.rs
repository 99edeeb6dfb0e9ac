use sqlx::QueryBuilder;
use store::{Db, Micros, OrgId, Result, Tx, on_reader, on_tx};

use crate::index::Place;
use crate::{ChunkId, DocumentId, SpaceId};

pub(crate) async fn put(
    tx: &mut Tx,
    org: OrgId,
    space: SpaceId,
    chunk: ChunkId,
    bytes: &[u8],
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO vectors (space_id, chunk_id, org_id, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (space_id, chunk_id) DO UPDATE SET bytes = excluded.bytes",
    ).bind(space).bind(chunk).bind(org).bind(bytes))?;
    Ok(())
}

/// Vectors of those of `ids` that may be found now, with their document.
pub(crate) async fn findable(
    db: &Db,
    at: Place,
    space: Option<SpaceId>,
    ids: &[ChunkId],
) -> Result<Vec<(ChunkId, Option<Vec<u8>>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    on_reader!(db, c => {
        let mut q = QueryBuilder::new(
            "SELECT c.id, v.bytes FROM chunks c
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

/// Searchable chunks of the collection without a vector in `space`: their texts, oldest first.
pub(crate) async fn missing(
    db: &Db,
    at: Place,
    space: SpaceId,
    after: ChunkId,
    rows: i64,
) -> Result<Vec<(ChunkId, DocumentId, Vec<u8>, String, String)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT c.id, c.document_id, c.hash, c.headings, c.text FROM chunks c
         WHERE c.org_id = $1 AND c.collection_id = $2 AND c.searchable AND c.id > $4
           AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space_id = $3 AND v.chunk_id = c.id)
         ORDER BY c.id LIMIT $5",
    ).bind(at.org).bind(at.collection).bind(space).bind(after).bind(rows).fetch_all(c).await)
}

/// Vectors of other spaces than the two in use.
pub(crate) async fn delete_others(
    tx: &mut Tx,
    at: Place,
    active: Option<SpaceId>,
    shadow: Option<SpaceId>,
) -> Result<u64> {
    let none = SpaceId::from_uuid(uuid::Uuid::nil());
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM vectors WHERE org_id = $1 AND space_id NOT IN ($3, $4) AND chunk_id IN
             (SELECT id FROM chunks WHERE org_id = $1 AND collection_id = $2)",
    ).bind(at.org).bind(at.collection).bind(active.unwrap_or(none)).bind(shadow.unwrap_or(none)))
}

pub(crate) async fn delete_of_collection(tx: &mut Tx, at: Place) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM vectors WHERE org_id = $1 AND chunk_id IN
             (SELECT id FROM chunks WHERE org_id = $1 AND collection_id = $2)",
    ).bind(at.org).bind(at.collection))
}

/// Vectors of the document's chunks of revisions before `revision`.
pub(crate) async fn delete_before(
    tx: &mut Tx,
    at: Place,
    document: DocumentId,
    revision: i64,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM vectors WHERE org_id = $1 AND chunk_id IN
             (SELECT id FROM chunks WHERE org_id = $1 AND collection_id = $2 AND document_id = $3
                  AND revision < $4)",
    ).bind(at.org).bind(at.collection).bind(document).bind(revision))
}

/// Cached vectors of texts with these hashes.
pub(crate) async fn cached(
    db: &Db,
    org: OrgId,
    space: SpaceId,
    hashes: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    on_reader!(db, c => {
        let mut q = QueryBuilder::new("SELECT hash, bytes FROM embedding_cache WHERE org_id = ");
        q.push_bind(org).push(" AND space_id = ").push_bind(space).push(" AND hash IN (");
        let mut list = q.separated(", ");
        for hash in hashes {
            list.push_bind(hash.clone());
        }
        q.push(")");
        q.build_query_as().fetch_all(c).await
    })
}

pub(crate) async fn cache(
    tx: &mut Tx,
    org: OrgId,
    space: SpaceId,
    hash: &[u8],
    bytes: &[u8],
    now: Micros,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO embedding_cache (org_id, space_id, hash, bytes, used_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, space_id, hash) DO UPDATE SET used_at = excluded.used_at",
    ).bind(org).bind(space).bind(hash).bind(bytes).bind(now))?;
    Ok(())
}

/// Cached vectors of the texts of this document that no other document of the organization has.
pub(crate) async fn uncache_document(tx: &mut Tx, at: Place, document: DocumentId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM embedding_cache WHERE org_id = $1
           AND hash IN (SELECT hash FROM chunks
                WHERE org_id = $1 AND collection_id = $2 AND document_id = $3)
           AND NOT EXISTS (SELECT 1 FROM chunks o WHERE o.org_id = $1
                AND o.hash = embedding_cache.hash AND o.document_id <> $3)",
    ).bind(at.org).bind(at.collection).bind(document))
}

/// The same for all documents of a collection.
pub(crate) async fn uncache_collection(tx: &mut Tx, at: Place) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM embedding_cache WHERE org_id = $1
           AND hash IN (SELECT hash FROM chunks WHERE org_id = $1 AND collection_id = $2)
           AND NOT EXISTS (SELECT 1 FROM chunks o WHERE o.org_id = $1
                AND o.hash = embedding_cache.hash AND o.collection_id <> $2)",
    ).bind(at.org).bind(at.collection))
}

/// Cached vectors that nobody used since `before`.
pub(crate) async fn expire_cache(tx: &mut Tx, before: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM embedding_cache WHERE used_at < $1").bind(before))
}

/// How many searchable chunks have no vector in `space`.
pub(crate) async fn count_missing(tx: &mut Tx, at: Place, space: SpaceId) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT count(*) FROM chunks c
         WHERE c.org_id = $1 AND c.collection_id = $2 AND c.searchable
           AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space_id = $3 AND v.chunk_id = c.id)",
    ).bind(at.org).bind(at.collection).bind(space).fetch_one(c).await)
}

/// Documents whose published revision has one of these chunks.
pub(crate) async fn published_documents(
    tx: &mut Tx,
    at: Place,
    chunks: &[ChunkId],
) -> Result<Vec<DocumentId>> {
    if chunks.is_empty() {
        return Ok(Vec::new());
    }
    on_tx!(tx, c => {
        let mut q = QueryBuilder::new(
            "SELECT DISTINCT c.document_id FROM chunks c
             JOIN documents d ON d.id = c.document_id AND d.revision = c.revision WHERE c.org_id = ",
        );
        q.push_bind(at.org).push(" AND c.collection_id = ").push_bind(at.collection);
        q.push(" AND c.id IN (");
        let mut list = q.separated(", ");
        for chunk in chunks {
            list.push_bind(*chunk);
        }
        q.push(")");
        q.build_query_scalar().fetch_all(c).await
    })
}

pub(crate) async fn delete_chunk(tx: &mut Tx, at: Place, chunk: ChunkId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM vectors WHERE org_id = $1 AND chunk_id = $2")
        .bind(at.org).bind(chunk))
}
