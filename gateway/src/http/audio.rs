//! Speech to text: multipart uploads.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use providers::Operation;
use serde_json::Value;

use super::{ingress, write};
use crate::Gateway;
use crate::call::{Call, CallContext, Reply};
use crate::error::Error;
use crate::upload::Upload;

/// Transcribe audio
#[utoipa::path(
    post, path = "/v1/audio/transcriptions", operation_id = "create_transcription", tag = "gateway",
    request_body(content = serde_json::Value, content_type = "multipart/form-data",
        description = "OpenAI's `CreateTranscriptionRequest`: `file`, `model` and others"),
    responses((status = 200, description = "The transcript in the asked format", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_transcription(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    serve(
        gateway,
        "/v1/audio/transcriptions",
        Operation::Transcription,
        request,
    )
    .await
}

/// Translate audio to English
#[utoipa::path(
    post, path = "/v1/audio/translations", operation_id = "create_translation", tag = "gateway",
    request_body(content = serde_json::Value, content_type = "multipart/form-data",
        description = "OpenAI's `CreateTranslationRequest`: `file`, `model` and others"),
    responses((status = 200, description = "The English text in the asked format", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_translation(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    serve(
        gateway,
        "/v1/audio/translations",
        Operation::Translation,
        request,
    )
    .await
}

async fn serve(
    gateway: Gateway,
    endpoint: &'static str,
    operation: Operation,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let context = match ingress::context(&gateway, &parts.headers, Instant::now()) {
        Ok(context) => context,
        Err(refused) => return write::error(operation, &refused.0, &refused.1),
    };
    let id = Arc::clone(&context.request_id);
    match answer(&gateway, endpoint, operation, &parts.headers, body, context).await {
        Ok(reply) => write::reply(reply, &id),
        Err(error) => write::error(operation, &error, &id),
    }
}

async fn answer(
    gateway: &Gateway,
    endpoint: &'static str,
    operation: Operation,
    headers: &HeaderMap,
    body: axum::body::Body,
    context: CallContext,
) -> Result<Reply, Error> {
    let who = ingress::authenticate(gateway, headers).await?;
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let upload = Upload::read(kind, body, gateway.defaults().max_upload_bytes).await?;
    // The call's body is the form's text fields: what routing and the usage row look at.
    let fields: serde_json::Map<String, Value> = ["model", "response_format", "language", "prompt"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), Value::from(upload.field(name)?))))
        .collect();
    let fields = Value::Object(fields).to_string().into_bytes();
    let mut call = Call::read(endpoint, operation, fields.into(), context)?;
    call.stream = upload.field("stream") == Some("true");
    call.upload = Some(Arc::new(upload));
    gateway.call(&who, call).await
}
