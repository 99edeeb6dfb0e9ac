use store::{Db, Json, Micros, Result, Tx, on_reader, on_tx};

use crate::DocumentId;
use crate::index::Place;
use crate::library::{Document, Status};
use crate::search::Attributes;

pub(crate) async fn insert(tx: &mut Tx, d: &Document) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO documents (id, org_id, collection_id, name, content_type, size_bytes, blob_key,
             content_hash, source, status, error, notes, attributes, tags, language, page_count,
             chunk_count, token_count, revision, generation, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20, $21, $22)",
    )
    .bind(d.id)
    .bind(d.org_id)
    .bind(d.collection_id)
    .bind(&d.name)
    .bind(&d.content_type)
    .bind(d.size_bytes)
    .bind(&d.blob_key)
    .bind(&d.content_hash)
    .bind(&d.source)
    .bind(d.status)
    .bind(&d.error)
    .bind(&d.notes)
    .bind(&d.attributes)
    .bind(&d.tags)
    .bind(&d.language)
    .bind(d.page_count)
    .bind(d.chunk_count)
    .bind(d.token_count)
    .bind(d.revision)
    .bind(d.generation)
    .bind(d.created_at)
    .bind(d.updated_at))?;
    Ok(())
}

pub(crate) async fn get(db: &Db, at: Place, id: DocumentId) -> Result<Option<Document>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, content_type, size_bytes, blob_key, content_hash,
             source, status, error, notes, attributes, tags, language, page_count, chunk_count,
             token_count, revision, generation, created_at, updated_at
         FROM documents WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

/// Newest first, from below `before`.
pub(crate) async fn list(
    db: &Db,
    at: Place,
    before: DocumentId,
    rows: i64,
) -> Result<Vec<Document>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, content_type, size_bytes, blob_key, content_hash,
             source, status, error, notes, attributes, tags, language, page_count, chunk_count,
             token_count, revision, generation, created_at, updated_at
         FROM documents WHERE org_id = $1 AND collection_id = $2 AND id < $3
         ORDER BY id DESC LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(before).bind(rows).fetch_all(c).await)
}

/// Documents with the same bytes, oldest first.
pub(crate) async fn with_hash(db: &Db, at: Place, hash: &[u8]) -> Result<Vec<DocumentId>> {
    on_reader!(db, c => sqlx::query_scalar(
        "SELECT id FROM documents WHERE collection_id = $1 AND org_id = $2 AND content_hash = $3
             AND status <> 'deleting' ORDER BY id",
    ).bind(at.collection).bind(at.org).bind(hash).fetch_all(c).await)
}

pub(crate) async fn set_status(
    tx: &mut Tx,
    at: Place,
    id: DocumentId,
    status: Status,
    error: Option<&str>,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET status = $4, error = $5, updated_at = $6
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    ).bind(id).bind(at.org).bind(at.collection).bind(status).bind(error).bind(now))
}

/// Takes the document out of every search. Gives 0 when it is not there.
pub(crate) async fn hide(
    tx: &mut Tx,
    at: Place,
    id: DocumentId,
    generation: i64,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET status = 'deleting', revision = 0, generation = $4, updated_at = $5
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).bind(generation).bind(now))
}

pub(crate) struct Published<'a> {
    pub(crate) revision: i64,
    pub(crate) generation: i64,
    pub(crate) page_count: i64,
    pub(crate) language: Option<&'a str>,
    pub(crate) notes: &'a Json<Vec<String>>,
    pub(crate) content_type: Option<&'a str>,
}

/// Makes a revision the one that is found, and counts its chunks.
pub(crate) async fn publish(
    tx: &mut Tx,
    at: Place,
    id: DocumentId,
    new: &Published<'_>,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET revision = $4, generation = $5, status = 'ready', error = NULL,
             page_count = $6, language = $7, notes = $8, updated_at = $9,
             content_type = COALESCE($10, content_type),
             chunk_count = (SELECT count(*) FROM chunks c
                 WHERE c.document_id = $1 AND c.revision = $4 AND c.searchable),
             token_count = (SELECT CAST(COALESCE(sum(c.token_count), 0) AS BIGINT) FROM chunks c
                 WHERE c.document_id = $1 AND c.revision = $4 AND c.searchable)
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    )
    .bind(id)
    .bind(at.org)
    .bind(at.collection)
    .bind(new.revision)
    .bind(new.generation)
    .bind(new.page_count)
    .bind(new.language)
    .bind(new.notes)
    .bind(now)
    .bind(new.content_type))
}

pub(crate) async fn set_attributes(
    tx: &mut Tx,
    at: Place,
    id: DocumentId,
    attributes: &Json<Attributes>,
    tags: &Json<Vec<String>>,
    generation: i64,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET attributes = $4, tags = $5, generation = $6, updated_at = $7
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    )
    .bind(id)
    .bind(at.org)
    .bind(at.collection)
    .bind(attributes)
    .bind(tags)
    .bind(generation)
    .bind(now))
}

/// Marks the document as changed, so that indexes read it again.
pub(crate) async fn touch(
    tx: &mut Tx,
    at: Place,
    id: DocumentId,
    generation: i64,
    now: Micros,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET generation = $4, updated_at = $5
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    ).bind(id).bind(at.org).bind(at.collection).bind(generation).bind(now))
}

/// Marks all documents as changed.
pub(crate) async fn touch_all(tx: &mut Tx, at: Place, generation: i64) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET generation = $3 WHERE org_id = $1 AND collection_id = $2",
    ).bind(at.org).bind(at.collection).bind(generation))
}

pub(crate) async fn delete(tx: &mut Tx, at: Place, id: DocumentId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM documents WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

/// Blobs of the collection, for the one who deletes it.
pub(crate) async fn blob_keys(tx: &mut Tx, at: Place) -> Result<Vec<String>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT blob_key FROM documents
         WHERE org_id = $1 AND collection_id = $2 AND blob_key IS NOT NULL",
    ).bind(at.org).bind(at.collection).fetch_all(c).await)
}

pub(crate) async fn ids(tx: &mut Tx, at: Place) -> Result<Vec<DocumentId>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT id FROM documents WHERE org_id = $1 AND collection_id = $2 ORDER BY id",
    ).bind(at.org).bind(at.collection).fetch_all(c).await)
}

/// Documents whose deletion was begun and not finished, of all organizations.
pub(crate) async fn half_deleted(db: &Db) -> Result<Vec<Document>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, content_type, size_bytes, blob_key, content_hash,
             source, status, error, notes, attributes, tags, language, page_count, chunk_count,
             token_count, revision, generation, created_at, updated_at
         FROM documents WHERE status = 'deleting' ORDER BY id",
    ).fetch_all(c).await)
}

/// The published revision; `None` where the document is not there or is being deleted.
pub(crate) async fn revision_in(tx: &mut Tx, at: Place, id: DocumentId) -> Result<Option<i64>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT revision FROM documents
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

/// Those of `ids` that exist.
pub(crate) async fn existing(db: &Db, at: Place, ids: &[DocumentId]) -> Result<Vec<DocumentId>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new("SELECT id FROM documents WHERE org_id = ");
        q.push_bind(at.org).push(" AND collection_id = ").push_bind(at.collection);
        q.push(" AND status <> 'deleting' AND id IN (");
        let mut list = q.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        q.push(")");
        q.build_query_scalar().fetch_all(c).await
    })
}

/// When documents were made, and their names.
pub(crate) async fn titles(
    db: &Db,
    at: Place,
    ids: &[DocumentId],
) -> Result<Vec<(DocumentId, String, Json<Attributes>, Micros)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new(
            "SELECT id, name, attributes, created_at FROM documents WHERE org_id = ",
        );
        q.push_bind(at.org).push(" AND collection_id = ").push_bind(at.collection);
        q.push(" AND id IN (");
        let mut list = q.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        q.push(")");
        q.build_query_as().fetch_all(c).await
    })
}

/// Takes all documents out of every search.
pub(crate) async fn hide_all(tx: &mut Tx, at: Place, generation: i64) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET status = 'deleting', revision = 0, generation = $3
         WHERE org_id = $1 AND collection_id = $2",
    ).bind(at.org).bind(at.collection).bind(generation))
}

/// Blobs that documents or files know, of those in `keys`.
pub(crate) async fn known_blobs(db: &Db, keys: &[String]) -> Result<Vec<String>> {
    on_reader!(db, c => {
        let mut q = sqlx::QueryBuilder::new("SELECT blob_key FROM documents WHERE blob_key IN (");
        let mut list = q.separated(", ");
        for key in keys {
            list.push_bind(key.clone());
        }
        q.push(") UNION SELECT blob_key FROM files WHERE blob_key IN (");
        let mut list = q.separated(", ");
        for key in keys {
            list.push_bind(key.clone());
        }
        q.push(")");
        q.build_query_scalar().fetch_all(c).await
    })
}

/// Where the original lies, once it is there.
pub(crate) async fn set_original(
    tx: &mut Tx,
    at: Place,
    id: DocumentId,
    new: &crate::library::Original,
    now: Micros,
) -> Result<u64> {
    let size = i64::try_from(new.size_bytes).unwrap_or(i64::MAX);
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET name = $4, content_type = $5, size_bytes = $6, blob_key = $7,
             content_hash = $8, updated_at = $9
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    )
    .bind(id)
    .bind(at.org)
    .bind(at.collection)
    .bind(&new.name)
    .bind(&new.content_type)
    .bind(size)
    .bind(&new.blob_key)
    .bind(&new.content_hash)
    .bind(now))
}

/// Counts the chunks and tokens of the published revision again.
pub(crate) async fn recount(tx: &mut Tx, at: Place, id: DocumentId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET
             chunk_count = (SELECT count(*) FROM chunks c
                 WHERE c.document_id = $1 AND c.revision = documents.revision AND c.searchable),
             token_count = (SELECT CAST(COALESCE(sum(c.token_count), 0) AS BIGINT) FROM chunks c
                 WHERE c.document_id = $1 AND c.revision = documents.revision AND c.searchable)
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection))
}

/// How many documents and chunks a collection shows.
pub(crate) async fn totals(db: &Db, at: Place) -> Result<(i64, i64)> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT count(*), CAST(COALESCE(sum(chunk_count), 0) AS BIGINT) FROM documents
         WHERE org_id = $1 AND collection_id = $2 AND status <> 'deleting'",
    ).bind(at.org).bind(at.collection).fetch_one(c).await)
}

pub(crate) async fn get_in(tx: &mut Tx, at: Place, id: DocumentId) -> Result<Option<Document>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, org_id, collection_id, name, content_type, size_bytes, blob_key, content_hash,
             source, status, error, notes, attributes, tags, language, page_count, chunk_count,
             token_count, revision, generation, created_at, updated_at
         FROM documents
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 AND status <> 'deleting'",
    ).bind(id).bind(at.org).bind(at.collection).fetch_optional(c).await)
}

pub(crate) async fn set_name(tx: &mut Tx, at: Place, id: DocumentId, name: &str) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE documents SET name = $4 WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).bind(name))
}
