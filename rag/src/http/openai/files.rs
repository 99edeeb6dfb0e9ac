use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use gateway::Error;
use gateway::http::v1;
use serde_json::{Value, json};
use store::OrgId;

use super::lists::{ListQuery, Sizes, cursor, page};
use super::{FILES, answer, ids, may_change, may_read, refused, upload};
use crate::http::content::disposition;
use crate::library::File;
use crate::rag::Rag;
use crate::{ErrorKind, FileId};

/// The list of files shows more at once than others.
const SIZES: Sizes = Sizes {
    most: 10_000,
    usual: 10_000,
};

/// OpenAI's `File`.
fn show(file: &File) -> Value {
    let mut shown = json!({
        "id": file.id.public(),
        "object": "file",
        "bytes": file.size_bytes,
        "created_at": seconds(file.created_at),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": null,
    });
    if let Some(at) = file.expires_at {
        shown["expires_at"] = seconds(at).into();
    }
    shown
}

/// A time in seconds.
pub(super) fn seconds(at: store::Micros) -> i64 {
    at.0.div_euclid(1_000_000)
}

/// The file that `id` names.
///
/// # Errors
/// `NotFound`, in OpenAI's words.
pub(super) async fn open(rag: &Rag, org: OrgId, id: &str) -> Result<File, Error> {
    let missing = || ids::missing("File", id);
    let file = FileId::parse_public(id).ok_or_else(missing)?;
    match rag.library().get_file(org, file).await {
        Err(error) if error.kind == ErrorKind::NotFound => Err(missing()),
        found => found.map_err(refused),
    }
}

/// List files
#[utoipa::path(
    get, path = "/v1/files", operation_id = "list_files", tag = "Files", params(ListQuery),
    responses((status = 200, description = "OpenAI's list of `File`", body = Value)),
    security(("api_key" = []))
)]
pub(super) async fn list_files(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Response {
    answer(&rag, &headers, FILES, async |who| {
        may_read(&who)?;
        let id = |text: &str| FileId::parse_public(text).map(FileId::uuid);
        let after = cursor("after", query.after.as_deref(), id)?;
        let before = cursor("before", query.before.as_deref(), id)?;
        let window = query.window(&SIZES, after, before)?;
        let purpose = query.purpose.as_deref();
        let found = rag.library().list_files(who.org_id(), purpose, &window);
        v1::json(&page(&found.await.map_err(refused)?, show))
    })
    .await
}

/// Upload a file
///
/// Up to `rag.max_file_bytes`. `expires_after[anchor]=created_at` with `expires_after[seconds]` deletes
/// it by itself.
#[utoipa::path(
    post, path = "/v1/files", operation_id = "create_file", tag = "Files",
    request_body(content = Value, content_type = "multipart/form-data", description = "OpenAI's `CreateFileRequest`"),
    responses((status = 200, description = "OpenAI's `File`", body = Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&rag, &headers, FILES, async |who| {
        may_change(&who, true)?;
        let (new, stored) = upload::read(&rag, who.org_id(), &headers, request.into_body()).await?;
        let kept = rag.keep_file(who.org_id(), new, stored).await;
        v1::json(&show(&kept.map_err(refused)?))
    })
    .await
}

/// Get a file
#[utoipa::path(
    get, path = "/v1/files/{file_id}", operation_id = "get_file", tag = "Files",
    params(("file_id" = String, Path, description = "`file-…`")),
    responses(
        (status = 200, description = "OpenAI's `File`", body = Value),
        (status = 404, description = "Deleted, expired, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&rag, &headers, FILES, async |who| {
        may_read(&who)?;
        v1::json(&show(&open(&rag, who.org_id(), &id).await?))
    })
    .await
}

/// Delete a file
///
/// It leaves all vector stores too.
#[utoipa::path(
    delete, path = "/v1/files/{file_id}", operation_id = "delete_file", tag = "Files",
    params(("file_id" = String, Path, description = "`file-…`")),
    responses(
        (status = 200, description = "OpenAI's `DeleteFileResponse`", body = Value),
        (status = 404, description = "Deleted, expired, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn delete_file(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&rag, &headers, FILES, async |who| {
        may_change(&who, true)?;
        let file = open(&rag, who.org_id(), &id).await?;
        let uses = rag.library().uses_of_file(file.org_id, file.id).await;
        for (place, _) in uses.map_err(refused)? {
            let collection = rag.library().get_collection(place).await.map_err(refused)?;
            let record = rag.library().store_record(&collection).await;
            may_change(&who, record.map_err(refused)?.made_here)?;
        }
        let actor = accounts::Actor::from(who.as_ref());
        rag.delete_file(&actor, &file).await.map_err(refused)?;
        v1::json(&json!({"id": file.id.public(), "object": "file", "deleted": true}))
    })
    .await
}

/// Download a file
#[utoipa::path(
    get, path = "/v1/files/{file_id}/content", operation_id = "get_file_content", tag = "Files",
    params(("file_id" = String, Path, description = "`file-…`")),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream"),
        (status = 404, description = "Deleted, expired, or another organization's", body = Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_file_content(
    State(rag): State<Rag>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    answer(&rag, &headers, FILES, async |who| {
        may_read(&who)?;
        let file = open(&rag, who.org_id(), &id).await?;
        let opened = rag.blobs().stream(&file.blob_key).await;
        let (length, bytes) = opened.map_err(|error| refused(error.into()))?;
        let mut response = Response::new(Body::from_stream(bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        // Never shown in place: a page of a stranger's must not run as one of ours.
        let octets = HeaderValue::from_static("application/octet-stream");
        headers.insert(CONTENT_TYPE, octets);
        if let Ok(value) = HeaderValue::from_str(&disposition(&file.name)) {
            headers.insert(CONTENT_DISPOSITION, value);
        }
        Ok(response)
    })
    .await
}
