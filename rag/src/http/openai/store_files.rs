use accounts::{Actor, Principal};
use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway::Error;
use gateway::http::v1;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chunking::{self, Strategy};
use super::files::{open as open_file, seconds};
use super::lists::{ListQuery, USUAL, page, unknown};
use super::{STORES, Store, answer, ids, refused};
use crate::library::{Collection, FileLink, Status, StoreFile};
use crate::rag::Rag;
use crate::search::Attributes;
use crate::{BatchId, FileId};

/// OpenAI's `CreateVectorStoreFileRequest`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    pub(super) file_id: String,
    #[serde(default)]
    pub(super) attributes: Option<Attributes>,
    #[serde(default)]
    pub(super) chunking_strategy: Option<Strategy>,
}

/// OpenAI's `UpdateVectorStoreFileAttributesRequest`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    attributes: Option<Attributes>,
}

/// OpenAI's `VectorStoreFileObject`.
pub(super) fn show(collection: &Collection, file: &StoreFile) -> Value {
    let cutting = file.chunking.as_ref().map(|own| &own.0);
    let usage_bytes = match file.status {
        Status::Ready => file.size_bytes,
        _ => 0,
    };
    json!({
        "id": file.public_id(),
        "object": "vector_store.file",
        "usage_bytes": usage_bytes,
        "created_at": seconds(file.created_at),
        "vector_store_id": ids::of_store(collection.id),
        "status": word(file.status),
        "last_error": last_error(file),
        "chunking_strategy": chunking::show(cutting.unwrap_or(&collection.settings.chunking)),
        "attributes": file.attributes,
    })
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pending | Status::Processing => "in_progress",
        Status::Ready => "completed",
        Status::Failed => "failed",
        Status::Cancelled | Status::Deleting => "cancelled",
    }
}

/// Why a file failed. OpenAI's codes tell whose fault it was; the message says what to do.
fn last_error(file: &StoreFile) -> Value {
    if file.status != Status::Failed {
        return Value::Null;
    }
    let message = file.error.as_deref().unwrap_or("the file was not read");
    let begins = |words: &[&str]| words.iter().any(|word| message.starts_with(word));
    let code = match () {
        () if begins(&["the file cannot be read"]) => "unsupported_file",
        () if begins(&["the file", "the password", "no text"]) => "invalid_file",
        () if message.contains("beyond the limit") => "invalid_file",
        () => "server_error",
    };
    json!({"code": code, "message": message})
}

/// The file of the store that `id` names.
async fn find(rag: &Rag, store: &Store, id: &str) -> Result<StoreFile, Error> {
    let missing = || ids::missing("File", id);
    let file = FileId::parse_public(id).ok_or_else(missing)?;
    let place = store.collection.place();
    let found = rag.library().find_store_file(place, file).await;
    found.map_err(refused)?.ok_or_else(missing)
}

/// A page of the store's files, of one batch or all.
pub(super) async fn list(
    rag: &Rag,
    store: &Store,
    batch: Option<BatchId>,
    query: &ListQuery,
) -> Result<Value, Error> {
    let states: &[Status] = match query.filter.as_deref() {
        None => &[],
        Some("in_progress") => &[Status::Pending, Status::Processing],
        Some("completed") => &[Status::Ready],
        Some("failed") => &[Status::Failed],
        Some("cancelled") => &[Status::Cancelled],
        Some(_) => {
            return Err(Error::invalid(
                "filter",
                "`filter` must be `in_progress`, `completed`, `failed` or `cancelled`.",
            ));
        }
    };
    let after = document(rag, store, "after", query.after.as_deref()).await?;
    let before = document(rag, store, "before", query.before.as_deref()).await?;
    let window = query.window(&USUAL, after, before)?;
    let place = store.collection.place();
    let found = rag.library().store_files(place, batch, states, &window);
    let found = found.await.map_err(refused)?;
    Ok(page(&found, |file| show(&store.collection, file)))
}

/// The document behind a cursor: files are listed in the order in which they came into the store.
async fn document(
    rag: &Rag,
    store: &Store,
    name: &'static str,
    id: Option<&str>,
) -> Result<Option<Uuid>, Error> {
    let Some(id) = id else {
        return Ok(None);
    };
    let file = find(rag, store, id).await.map_err(|_| unknown(name))?;
    Ok(Some(file.document_id.uuid()))
}

/// Puts a file into a store.
pub(super) async fn add(
    rag: &Rag,
    who: &Principal,
    store: &Store,
    wanted: Add,
    batch: Option<BatchId>,
) -> Result<StoreFile, Error> {
    let file = open_file(rag, who.org_id(), &wanted.file_id).await?;
    let link = FileLink {
        file: file.id,
        chunking: chunking::settings(wanted.chunking_strategy)?,
        batch,
    };
    let place = store.collection.place();
    let attached = rag.attach(who, place, &file, wanted.attributes, link).await;
    attached.map_err(refused)
}

/// List files of a vector store
#[utoipa::path(
    get, path = "/v1/vector_stores/{vector_store_id}/files",
    operation_id = "list_vector_store_files", tag = "Vector stores",
    params(("vector_store_id" = String, Path, description = "`vs_…`"), ListQuery),
    responses(
        (status = 200, description = "OpenAI's `ListVectorStoreFilesResponse`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_vector_store_files(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        v1::json(&list(&rag, &store, None, &query).await?)
    })
    .await
}

/// Put a file into a vector store
///
/// It is read by a job of the RAG hub; `status` says how far that is.
#[utoipa::path(
    post, path = "/v1/vector_stores/{vector_store_id}/files",
    operation_id = "create_vector_store_file", tag = "Vector stores",
    params(("vector_store_id" = String, Path, description = "`vs_…`")),
    request_body(content = Value, description = "OpenAI's `CreateVectorStoreFileRequest`",
        example = json!({"file_id": "file-0198c1f05a3e7c3e9d511f0a4f9d2b11", "attributes": {"year": 2026}})),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileObject`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_vector_store_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open_to_change(&rag, &who, &id).await?;
        let wanted: Add = v1::read(rag.gateway(), request.into_body()).await?;
        let store = store.used(&rag).await?;
        let added = add(&rag, &who, &store, wanted, None).await?;
        v1::json(&show(&store.collection, &added))
    })
    .await
}

/// Get a file of a vector store
#[utoipa::path(
    get, path = "/v1/vector_stores/{vector_store_id}/files/{file_id}",
    operation_id = "get_vector_store_file", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("file_id" = String, Path, description = "`file-…`"),
    ),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileObject`", body = Value),
        (status = 404, description = "Not in it, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_vector_store_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        let file = find(&rag, &store, &file).await?;
        v1::json(&show(&store.collection, &file))
    })
    .await
}

/// Set the attributes of a file of a vector store
///
/// They replace those that were there.
#[utoipa::path(
    post, path = "/v1/vector_stores/{vector_store_id}/files/{file_id}",
    operation_id = "update_vector_store_file", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("file_id" = String, Path, description = "`file-…`"),
    ),
    request_body(content = Value, description = "OpenAI's `UpdateVectorStoreFileAttributesRequest`",
        example = json!({"attributes": {"year": 2026}})),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileObject`", body = Value),
        (status = 404, description = "Not in it, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn update_vector_store_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open_to_change(&rag, &who, &id).await?;
        let there = find(&rag, &store, &file).await?;
        let wanted: Update = v1::read(rag.gateway(), request.into_body()).await?;
        let (library, place) = (rag.library(), store.collection.place());
        let attributes = wanted.attributes.unwrap_or_default();
        let document = library.get_document(place, there.document_id).await;
        let tags = document.map_err(refused)?.tags.0;
        let set = library.set_attributes(place, there.document_id, attributes, tags);
        set.await.map_err(refused)?;
        let now = find(&rag, &store, &file).await?;
        v1::json(&show(&store.collection, &now))
    })
    .await
}

/// Take a file out of a vector store
///
/// The file itself stays under `/v1/files`.
#[utoipa::path(
    delete, path = "/v1/vector_stores/{vector_store_id}/files/{file_id}",
    operation_id = "delete_vector_store_file", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("file_id" = String, Path, description = "`file-…`"),
    ),
    responses(
        (status = 200, description = "OpenAI's `DeleteVectorStoreFileResponse`", body = Value),
        (status = 404, description = "Not in it, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn delete_vector_store_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open_to_change(&rag, &who, &id).await?;
        let file = find(&rag, &store, &file).await?;
        let (actor, place) = (Actor::from(who.as_ref()), store.collection.place());
        let deleted = rag.delete_document_as(&actor, place, file.document_id);
        deleted.await.map_err(refused)?;
        let id = file.public_id();
        v1::json(&json!({"id": id, "object": "vector_store.file.deleted", "deleted": true}))
    })
    .await
}

/// Read the text of a file of a vector store
#[utoipa::path(
    get, path = "/v1/vector_stores/{vector_store_id}/files/{file_id}/content",
    operation_id = "get_vector_store_file_content", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("file_id" = String, Path, description = "`file-…`"),
    ),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileContentResponse`, an entry per page", body = Value),
        (status = 404, description = "Not in it, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_vector_store_file_content(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        let file = find(&rag, &store, &file).await?;
        let place = store.collection.place();
        let parsed = rag.parsed(place, file.document_id).await.map_err(refused)?;
        let texts = parsed.pages.iter();
        let data: Vec<Value> = texts
            .map(|page| json!({"type": "text", "text": page.text}))
            .collect();
        v1::json(&json!({
            "object": "vector_store.file_content.page",
            "data": data,
            "has_more": false,
            "next_page": null,
        }))
    })
    .await
}
