use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::path::{Ids, open};
use crate::index::Place;
use crate::library::{Chunk, Collection};
use crate::rag::Rag;
use crate::search::{EmbedRequest, Models as _, TextKind, asked_dimensions};
use crate::{ChunkId, CollectionId, DocumentId, Error, SpaceId};

/// Which chunks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChunkQuery {
    /// Chunks on the page, 1 to 500; 50 when absent.
    limit: Option<u32>,
    /// The `next_cursor` of the page before: the place of the first chunk in the document.
    cursor: Option<String>,
}

/// Chunks of a document, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChunkPage {
    /// The chunks.
    data: Vec<Chunk>,
    /// Give it back as `cursor` for the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// A chunk added by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Leave is asked for three weeks before."}))]
pub(super) struct NewText {
    /// Its text.
    text: String,
    /// Headings that it stands under, the outermost first.
    #[serde(default)]
    headings: Vec<String>,
}

/// What changes of a chunk; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"enabled": false}))]
pub(super) struct PatchChunk {
    /// Its text.
    text: Option<String>,
    /// Whether it can be found.
    enabled: Option<bool>,
}

/// Lists a document's chunks, in their order.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/documents/{document_id}/chunks", tag = "Chunks",
    operation_id = "list_chunks",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
        ChunkQuery,
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = ChunkPage), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
    query: Result<Query<ChunkQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<ChunkPage>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return Err(ApiError::invalid("`limit` must be 1 to 500"));
    }
    let from = query.cursor.map_or(Ok(0), |cursor| cursor.parse::<u32>());
    let from =
        from.map_err(|_| ApiError::invalid("`cursor` is not one that this list gave out"))?;
    rag.library().get_document(place, document).await?;
    let limit = limit as usize;
    let library = rag.library();
    let mut data = library
        .list_chunks(place, document, from, limit + 1)
        .await?;
    let next = data.get(limit).map(|chunk| chunk.ordinal.to_string());
    data.truncate(limit);
    Ok(Json(ChunkPage {
        data,
        next_cursor: next,
    }))
}

/// Adds a chunk behind the others.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/documents/{document_id}/chunks", tag = "Chunks",
    operation_id = "add_chunk",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    request_body = NewText, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 201, body = Chunk), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn add(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
    StrictJson(wanted): StrictJson<NewText>,
) -> Result<(StatusCode, Json<Chunk>), ApiError> {
    let (place, collection) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    rag.library().get_document(place, document).await?;
    let new = crate::library::NewChunk {
        text: wanted.text.clone(),
        headings: wanted.headings.clone(),
        ..crate::library::NewChunk::default()
    };
    let vector = embed(&rag, &member, &collection, new.indexed_text()).await?;
    let added = crate::library::AddChunk {
        token_count: crate::chunk::count_tokens(&wanted.text),
        text: wanted.text,
        headings: wanted.headings,
        vector,
    };
    let chunk = rag.library().add_chunk(place, document, added).await?;
    let chunk = read(&rag, place, chunk).await?;
    Ok((StatusCode::CREATED, Json(chunk)))
}

/// Edits a chunk, or keeps it from being found.
#[utoipa::path(
    patch, path = "/api/v1/collections/{id}/chunks/{chunk_id}", tag = "Chunks",
    operation_id = "update_chunk",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("chunk_id" = ChunkId, Path, description = "The chunk's id"),
    ),
    request_body = PatchChunk, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = Chunk), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, chunk)): Ids<(CollectionId, ChunkId)>,
    StrictJson(wanted): StrictJson<PatchChunk>,
) -> Result<Json<Chunk>, ApiError> {
    let (place, collection) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let before = read(&rag, place, chunk).await?;
    if let Some(text) = &wanted.text {
        let indexed = crate::library::NewChunk {
            text: text.clone(),
            headings: before.headings.0.clone(),
            ..crate::library::NewChunk::default()
        };
        let vector = match before.searchable {
            true => embed(&rag, &member, &collection, indexed.indexed_text()).await?,
            false => None,
        };
        let tokens = crate::chunk::count_tokens(text);
        rag.library()
            .edit_chunk(place, chunk, text, tokens, vector)
            .await?;
    }
    if let Some(enabled) = wanted.enabled {
        rag.library()
            .set_chunk_enabled(place, chunk, enabled)
            .await?;
    }
    Ok(Json(read(&rag, place, chunk).await?))
}

async fn read(rag: &Rag, place: Place, id: ChunkId) -> Result<Chunk, ApiError> {
    let mut found = rag.library().get_chunks(place, &[id]).await?;
    let chunk = found.pop();
    Ok(chunk.ok_or_else(|| Error::not_found(format!("chunk {id}")))?)
}

/// The vector of a text in the space that answers; `None` where text search answers alone.
async fn embed(
    rag: &Rag,
    member: &Member,
    collection: &Collection,
    text: String,
) -> Result<Option<(SpaceId, Vec<f32>)>, ApiError> {
    let Some(space) = collection.space_id else {
        return Ok(None);
    };
    let space = rag.library().get_space(collection.org_id, space).await?;
    let texts = [text];
    let request = EmbedRequest {
        model: &space.model,
        dimensions: asked_dimensions(collection, &space),
        kind: TextKind::Passage,
        texts: &texts,
    };
    let embedded = rag.models(&member.0).embed(request).await?;
    let vector = embedded.vectors.into_iter().next();
    Ok(vector.map(|vector| (space.id, vector)))
}
