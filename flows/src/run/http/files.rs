//! Files that runs are given, and that they give.

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Id, Member};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::{broken, not_found, refused};
use crate::ids::{RunId, WorkflowId};
use crate::run::{Engine, Wanted};
use crate::value::File;

/// How values nest at most where a file is looked for.
const MAX_DEPTH: usize = 64;

/// What is said of a file beside its bytes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Named {
    /// Its name, such as `photo.png`.
    name: String,
}

/// Keeps a file that a run of the flow is to be given.
///
/// The body is the file itself, at most 32 MiB, and `Content-Type` says what it is. The answer is put
/// into the `input` of a run as it is.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/files", tag = "Executions", operation_id = "upload_execution_file",
    params(("id" = WorkflowId, Path, description = "The flow's id"), Named),
    request_body(content = String, content_type = "application/octet-stream"),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 201, body = File), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn upload(
    State(engine): State<Engine>,
    member: Member,
    Id(id): Id<WorkflowId>,
    named: Result<Query<Named>, QueryRejection>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<File>), ApiError> {
    member.require(Permission::FlowsRun)?;
    let found = engine
        .catalogue()
        .find(member.org_id(), &Wanted::Draft(id))
        .await;
    if found.map_err(refused)?.is_none() {
        return Err(ApiError::not_found(format!("flow {id} does not exist")));
    }
    let Query(Named { name }) = named.map_err(|why| ApiError::invalid(why.body_text()))?;
    let bytes = bytes.map_err(|why| {
        if why.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = "the file is larger than 32 MiB";
            return ApiError::new(why.status(), "body_too_large", message);
        }
        ApiError::new(why.status(), "invalid_request", why.body_text())
    })?;
    if bytes.is_empty() {
        return Err(ApiError::invalid("the file is empty"));
    }
    let blobs = &engine.services().blobs;
    let kept = blobs.put(member.org_id(), &name, media_type(&headers), bytes);
    let file = kept.await.map_err(|why| {
        tracing::error!(error = %why, "a file cannot be kept");
        ApiError::internal()
    })?;
    Ok((StatusCode::CREATED, Json(file)))
}

/// What the client says the file is, where that looks like a type: it becomes a header again.
fn media_type(headers: &HeaderMap) -> &str {
    let said = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let said = said.and_then(|it| it.split(';').next()).map(str::trim);
    let fits = |c: char| c.is_ascii_alphanumeric() || "/+-.".contains(c);
    said.filter(|it| it.contains('/') && it.chars().all(fits))
        .unwrap_or("application/octet-stream")
}

/// Downloads a file that an execution was given, or that one of its nodes got or gave.
#[utoipa::path(
    get, path = "/api/v1/executions/{id}/files/{file}", tag = "Executions", operation_id = "download_execution_file",
    params(
        ("id" = RunId, Path, description = "The execution's id"),
        ("file" = String, Path, description = "What the value has as `$file`"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn download(
    State(engine): State<Engine>,
    member: Member,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let id: RunId = id
        .parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))?;
    let row = engine.row(member.org_id(), id).await.map_err(broken)?;
    let row = row.ok_or_else(|| not_found(id))?;
    let steps = engine.steps(id).await.map_err(broken)?;
    let run = crate::run::RunInfoRow::from(row);
    let ports = steps
        .iter()
        .flat_map(|step| step.output.values().chain(step.input.values()));
    let missing = || ApiError::not_found("this execution has no such file");
    let file = std::iter::once(&run.input)
        .chain(&run.output)
        .chain(ports)
        .find_map(|value| find(value, &file, 0))
        .ok_or_else(missing)?;
    let read = engine.services().blobs.get(member.org_id(), &file.blob);
    let bytes = read.await.map_err(|why| {
        tracing::error!(error = %why, "a file cannot be read");
        ApiError::internal()
    })?;
    let mut response = Response::new(Body::from(bytes.ok_or_else(missing)?));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&file.media_type);
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, kind.unwrap_or(octets));
    // Never shown as a page: what a stranger sent must not run as one of ours.
    let attachment = HeaderValue::from_static("attachment");
    headers.insert(CONTENT_DISPOSITION, attachment);
    // A file never changes under its id.
    let kept = HeaderValue::from_static("private, max-age=3600, immutable");
    headers.insert(CACHE_CONTROL, kept);
    Ok(response)
}

/// The file with this id in a value, however deep.
fn find(value: &Value, blob: &str, depth: usize) -> Option<File> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value {
        Value::Object(fields) => File::from_value(value)
            .filter(|file| file.blob == blob)
            .or_else(|| fields.values().find_map(|one| find(one, blob, depth + 1))),
        Value::Array(items) => items.iter().find_map(|one| find(one, blob, depth + 1)),
        _ => None,
    }
}
