use sqlx::QueryBuilder;
use store::{Db, Micros, Result, Tx, on_reader, on_tx};

use crate::index::Place;
use crate::library::{Chunk, ChunkRow};
use crate::{ChunkId, DocumentId};

pub(crate) async fn insert(tx: &mut Tx, c: &ChunkRow) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO chunks (id, org_id, collection_id, document_id, revision, ordinal, parent_id,
             searchable, enabled, edited, text, headings, page_start, page_end, offset_start,
             offset_end, boxes, hash, token_count, terms, term_count, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20, $21, $22, $23)",
    )
    .bind(c.chunk.id)
    .bind(c.place.org)
    .bind(c.place.collection)
    .bind(c.chunk.document_id)
    .bind(c.revision)
    .bind(c.chunk.ordinal)
    .bind(c.chunk.parent_id)
    .bind(c.chunk.searchable)
    .bind(c.chunk.enabled)
    .bind(c.chunk.edited)
    .bind(&c.chunk.text)
    .bind(&c.chunk.headings)
    .bind(c.chunk.page_start)
    .bind(c.chunk.page_end)
    .bind(c.chunk.offset_start)
    .bind(c.chunk.offset_end)
    .bind(&c.chunk.boxes)
    .bind(&c.chunk.hash)
    .bind(c.chunk.token_count)
    .bind(&c.terms)
    .bind(c.term_count)
    .bind(c.now)
    .bind(c.now))?;
    Ok(())
}

/// Chunks of the published revision, in their order, from `ordinal` on.
pub(crate) async fn list(
    db: &Db,
    at: Place,
    document: DocumentId,
    ordinal: i64,
    rows: i64,
) -> Result<Vec<Chunk>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT c.id, c.document_id, c.ordinal, c.parent_id, c.searchable, c.enabled, c.edited,
             c.text, c.headings, c.page_start, c.page_end, c.offset_start, c.offset_end, c.boxes,
             c.hash, c.token_count
         FROM chunks c JOIN documents d ON d.id = c.document_id AND d.revision = c.revision
         WHERE c.org_id = $1 AND c.collection_id = $2 AND c.document_id = $3 AND c.ordinal >= $4
         ORDER BY c.ordinal LIMIT $5",
    ).bind(at.org).bind(at.collection).bind(document).bind(ordinal).bind(rows).fetch_all(c).await)
}

/// Those of `ids` that may be shown now: of the published revision of a document that is not being
/// deleted. Disabled ones and parents are among them.
pub(crate) async fn get_many(db: &Db, at: Place, ids: &[ChunkId]) -> Result<Vec<Chunk>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    on_reader!(db, c => {
        let mut q = QueryBuilder::new(
            "SELECT c.id, c.document_id, c.ordinal, c.parent_id, c.searchable, c.enabled, c.edited,
                 c.text, c.headings, c.page_start, c.page_end, c.offset_start, c.offset_end, c.boxes,
                 c.hash, c.token_count
             FROM chunks c JOIN documents d ON d.id = c.document_id AND d.revision = c.revision
             WHERE c.org_id = ",
        );
        q.push_bind(at.org).push(" AND c.collection_id = ").push_bind(at.collection);
        q.push(" AND c.id IN (");
        let mut list = q.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        q.push(")");
        q.build_query_as().fetch_all(c).await
    })
}

pub(crate) async fn delete_before(
    tx: &mut Tx,
    at: Place,
    document: DocumentId,
    revision: i64,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM chunks
         WHERE org_id = $1 AND collection_id = $2 AND document_id = $3 AND revision < $4",
    ).bind(at.org).bind(at.collection).bind(document).bind(revision))
}

/// Removes what an earlier try of the same revision left.
pub(crate) async fn delete_revision(
    tx: &mut Tx,
    at: Place,
    document: DocumentId,
    revision: i64,
) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM chunks
         WHERE org_id = $1 AND collection_id = $2 AND document_id = $3 AND revision = $4",
    ).bind(at.org).bind(at.collection).bind(document).bind(revision))
}

pub(crate) async fn delete_of_collection(tx: &mut Tx, at: Place) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM chunks WHERE org_id = $1 AND collection_id = $2")
        .bind(at.org).bind(at.collection))
}

pub(crate) async fn set_enabled(
    tx: &mut Tx,
    at: Place,
    id: ChunkId,
    enabled: bool,
    now: Micros,
) -> Result<Option<DocumentId>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "UPDATE chunks SET enabled = $4, updated_at = $5
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 RETURNING document_id",
    ).bind(id).bind(at.org).bind(at.collection).bind(enabled).bind(now).fetch_optional(c).await)
}

pub(crate) struct NewText<'a> {
    pub(crate) text: &'a str,
    pub(crate) hash: &'a [u8],
    pub(crate) token_count: i64,
    pub(crate) terms: &'a [u8],
    pub(crate) term_count: i64,
}

pub(crate) async fn set_text(
    tx: &mut Tx,
    at: Place,
    id: ChunkId,
    new: &NewText<'_>,
    now: Micros,
) -> Result<Option<DocumentId>> {
    on_tx!(tx, c => sqlx::query_scalar(
        "UPDATE chunks SET text = $4, hash = $5, token_count = $6, terms = $7, term_count = $8,
             edited = TRUE, updated_at = $9
         WHERE id = $1 AND org_id = $2 AND collection_id = $3 RETURNING document_id",
    )
    .bind(id)
    .bind(at.org)
    .bind(at.collection)
    .bind(new.text)
    .bind(new.hash)
    .bind(new.token_count)
    .bind(new.terms)
    .bind(new.term_count)
    .bind(now)
    .fetch_optional(c).await)
}

/// Texts of a collection, for indexing them again: after `after`, in the order of ids.
pub(crate) async fn texts_after(
    tx: &mut Tx,
    at: Place,
    after: ChunkId,
    rows: i64,
) -> Result<Vec<(ChunkId, String, String)>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT id, headings, text FROM chunks
         WHERE org_id = $1 AND collection_id = $2 AND id > $3 ORDER BY id LIMIT $4",
    ).bind(at.org).bind(at.collection).bind(after).bind(rows).fetch_all(c).await)
}

pub(crate) async fn set_terms(
    tx: &mut Tx,
    at: Place,
    id: ChunkId,
    terms: &[u8],
    term_count: i64,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE chunks SET terms = $4, term_count = $5
         WHERE id = $1 AND org_id = $2 AND collection_id = $3",
    ).bind(id).bind(at.org).bind(at.collection).bind(terms).bind(term_count))?;
    Ok(())
}

/// The place behind the last chunk of a revision.
pub(crate) async fn next_ordinal(
    tx: &mut Tx,
    at: Place,
    document: DocumentId,
    revision: i64,
) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "SELECT COALESCE(max(ordinal) + 1, 0) FROM chunks
         WHERE org_id = $1 AND collection_id = $2 AND document_id = $3 AND revision = $4",
    ).bind(at.org).bind(at.collection).bind(document).bind(revision).fetch_one(c).await)
}
