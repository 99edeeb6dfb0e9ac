use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::path::{Ids, open};
use crate::ingest::{Span, cut};
use crate::library::{ChunkingSettings, NewChunk};
use crate::rag::Rag;
use crate::search::{SearchAnswer, SearchRequest};
use crate::{ChunkId, CollectionId, DocumentId, Error};

/// Chunks that a preview shows at most.
const SHOWN: usize = 200;

/// What would be cut how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "# Leave\n\nThirty days a year."}))]
pub(super) struct Preview {
    /// A document of the collection that was read.
    document_id: Option<DocumentId>,
    /// A text (Markdown or plain), in place of a document.
    text: Option<String>,
    /// How it is cut; as the collection does when absent.
    chunking: Option<ChunkingSettings>,
}

/// How it would be cut.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Previewed {
    /// The first chunks, 200 at most.
    data: Vec<PreviewedChunk>,
    /// Chunks in all.
    total: usize,
    /// Tokens of all chunks that would be found.
    token_count: u64,
}

/// A chunk as it would be.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewedChunk {
    /// Its id within this answer.
    id: Option<ChunkId>,
    /// The larger chunk that it is a part of.
    parent_id: Option<ChunkId>,
    /// Whether it is such a larger chunk, which is shown and not searched.
    is_parent: bool,
    /// Its text.
    text: String,
    /// Headings that it stands under, the outermost first.
    headings: Vec<String>,
    /// First page.
    page_start: Option<u32>,
    /// Last page.
    page_end: Option<u32>,
    /// Tokens of its text.
    token_count: u32,
    /// Where it stands.
    #[schema(value_type = Vec<Span>)]
    boxes: Option<serde_json::Value>,
}

/// Searches a collection.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/search", tag = "Search",
    operation_id = "search_collection",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = SearchRequest, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = SearchAnswer), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn search(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(request): StrictJson<SearchRequest>,
) -> Result<Json<SearchAnswer>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let models = rag.models(&member.0);
    Ok(Json(rag.search().run(&models, place, request).await?))
}

/// Shows how a document or text would be cut, and stores nothing.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/chunk-preview", tag = "Chunks",
    operation_id = "preview_chunks",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = Preview, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Previewed), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn preview(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(wanted): StrictJson<Preview>,
) -> Result<Json<Previewed>, ApiError> {
    let (place, collection) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let chunking = wanted.chunking.unwrap_or(collection.settings.0.chunking);
    let settings = chunking.to_chunker()?;
    let document = match (wanted.document_id, wanted.text) {
        (Some(document), None) => rag.parsed(place, document).await?,
        (None, Some(text)) => rag.parse_text("preview.md", &text).await?,
        _ => return Err(ApiError::invalid("give either `document_id` or `text`")),
    };
    let cutting = tokio::task::spawn_blocking(move || cut(&document, &settings)).await;
    let chunks = cutting.map_err(|_| Error::internal("the chunker failed at this: a bug"))?;
    let searched = chunks.iter().filter(|chunk| !chunk.is_parent);
    Ok(Json(Previewed {
        total: chunks.len(),
        token_count: searched.map(|chunk| u64::from(chunk.token_count)).sum(),
        data: chunks.into_iter().take(SHOWN).map(show).collect(),
    }))
}

fn show(chunk: NewChunk) -> PreviewedChunk {
    PreviewedChunk {
        id: chunk.id,
        parent_id: chunk.parent,
        is_parent: chunk.is_parent,
        text: chunk.text,
        headings: chunk.headings,
        page_start: chunk.pages.map(|(first, _)| first),
        page_end: chunk.pages.map(|(_, last)| last),
        token_count: chunk.token_count,
        boxes: chunk.boxes,
    }
}
