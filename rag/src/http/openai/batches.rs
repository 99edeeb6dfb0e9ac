use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway::Error;
use gateway::http::v1;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chunking::{self, Strategy};
use super::files::{open as open_file, seconds};
use super::lists::ListQuery;
use super::store_files::{Add, add, list};
use super::stores::show_counts;
use super::{STORES, Store, answer, ids, refused};
use crate::ErrorKind;
use crate::library::Batch;
use crate::rag::Rag;
use crate::search::Attributes;

/// Files of one batch.
const MOST_FILES: usize = 2000;

/// OpenAI's `CreateVectorStoreFileBatchRequest`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Create {
    file_ids: Option<Vec<String>>,
    files: Option<Vec<Add>>,
    attributes: Option<Attributes>,
    chunking_strategy: Option<Strategy>,
}

impl Create {
    /// What is added, each with its own settings.
    fn files(self) -> Result<Vec<Add>, Error> {
        let (param, files) = match (self.file_ids, self.files) {
            (Some(ids), None) => {
                let with_common = |file_id| Add {
                    file_id,
                    attributes: self.attributes.clone(),
                    chunking_strategy: self.chunking_strategy.clone(),
                };
                ("file_ids", ids.into_iter().map(with_common).collect())
            }
            (None, Some(files)) => ("files", files),
            _ => {
                return Err(Error::invalid(
                    "file_ids",
                    "Give either `file_ids` or `files`, and not both.",
                ));
            }
        };
        let files: Vec<Add> = files;
        match (1..=MOST_FILES).contains(&files.len()) {
            true => Ok(files),
            false => Err(Error::invalid(
                param,
                format!("`{param}` must name between 1 and {MOST_FILES} files."),
            )),
        }
    }
}

/// OpenAI's `VectorStoreFileBatchObject`.
async fn show(rag: &Rag, store: &Store, batch: &Batch) -> Result<Value, Error> {
    let place = store.collection.place();
    let counts = rag.library().count_files(place, Some(batch.id)).await;
    let counts = counts.map_err(refused)?;
    let all_failed = counts.total() > 0 && counts.failed == counts.total();
    let status = match (batch.cancelled, counts.in_progress) {
        (true, _) => "cancelled",
        (false, 0) if all_failed => "failed",
        (false, 0) => "completed",
        (false, _) => "in_progress",
    };
    Ok(json!({
        "id": ids::of_batch(batch.id),
        "object": "vector_store.files_batch",
        "created_at": seconds(batch.created_at),
        "vector_store_id": ids::of_store(store.collection.id),
        "status": status,
        "file_counts": show_counts(&counts),
    }))
}

/// The batch of the store that `id` names.
async fn find(rag: &Rag, store: &Store, id: &str) -> Result<Batch, Error> {
    let missing = || ids::missing("File batch", id);
    let batch = ids::batch(id).ok_or_else(missing)?;
    match rag
        .library()
        .get_batch(store.collection.place(), batch)
        .await
    {
        Err(error) if error.kind == ErrorKind::NotFound => Err(missing()),
        found => found.map_err(refused),
    }
}

/// Put files into a vector store
#[utoipa::path(
    post, path = "/v1/vector_stores/{vector_store_id}/file_batches",
    operation_id = "create_vector_store_file_batch", tag = "Vector stores",
    params(("vector_store_id" = String, Path, description = "`vs_…`")),
    request_body(content = Value, description = "OpenAI's `CreateVectorStoreFileBatchRequest`",
        example = json!({"file_ids": ["file-0198c1f05a3e7c3e9d511f0a4f9d2b11"]})),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileBatchObject`", body = Value),
        (status = 404, description = "Deleted, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_file_batch(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open_to_change(&rag, &who, &id).await?;
        let wanted: Create = v1::read(rag.gateway(), request.into_body()).await?;
        let files = wanted.files()?;
        // All or none: what is wrong with the last one is said before the first is added.
        for file in &files {
            open_file(&rag, who.org_id(), &file.file_id).await?;
            chunking::settings(file.chunking_strategy.clone())?;
        }
        let store = store.used(&rag).await?;
        let place = store.collection.place();
        let batch = rag.library().create_batch(place).await.map_err(refused)?;
        for file in files {
            add(&rag, &who, &store, file, Some(batch.id)).await?;
        }
        v1::json(&show(&rag, &store, &batch).await?)
    })
    .await
}

/// Get a batch of files
#[utoipa::path(
    get, path = "/v1/vector_stores/{vector_store_id}/file_batches/{batch_id}",
    operation_id = "get_vector_store_file_batch", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("batch_id" = String, Path, description = "`vsfb_…`"),
    ),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileBatchObject`", body = Value),
        (status = 404, description = "Not there, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_file_batch(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, batch)): Path<(String, String)>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        let batch = find(&rag, &store, &batch).await?;
        v1::json(&show(&rag, &store, &batch).await?)
    })
    .await
}

/// Cancel a batch of files
///
/// Files that were read already stay.
#[utoipa::path(
    post, path = "/v1/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel",
    operation_id = "cancel_vector_store_file_batch", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("batch_id" = String, Path, description = "`vsfb_…`"),
    ),
    responses(
        (status = 200, description = "OpenAI's `VectorStoreFileBatchObject`", body = Value),
        (status = 404, description = "Not there, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn cancel_file_batch(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, batch)): Path<(String, String)>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open_to_change(&rag, &who, &id).await?;
        let batch = find(&rag, &store, &batch).await?;
        let place = store.collection.place();
        rag.cancel_batch(place, batch.id).await.map_err(refused)?;
        let batch = Batch {
            cancelled: true,
            ..batch
        };
        v1::json(&show(&rag, &store, &batch).await?)
    })
    .await
}

/// List files of a batch
#[utoipa::path(
    get, path = "/v1/vector_stores/{vector_store_id}/file_batches/{batch_id}/files",
    operation_id = "list_vector_store_file_batch_files", tag = "Vector stores",
    params(
        ("vector_store_id" = String, Path, description = "`vs_…`"),
        ("batch_id" = String, Path, description = "`vsfb_…`"),
        ListQuery,
    ),
    responses(
        (status = 200, description = "OpenAI's `ListVectorStoreFilesResponse`", body = Value),
        (status = 404, description = "Not there, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_file_batch_files(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path((id, batch)): Path<(String, String)>,
    Query(query): Query<ListQuery>,
) -> Response {
    answer(&rag, &headers, STORES, async |who| {
        let store = Store::open(&rag, &who, &id).await?;
        let batch = find(&rag, &store, &batch).await?;
        v1::json(&list(&rag, &store, Some(batch.id), &query).await?)
    })
    .await
}
