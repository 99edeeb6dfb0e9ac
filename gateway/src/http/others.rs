//! Embeddings, images, speech, moderation.

use axum::extract::{Request, State};
use axum::response::Response;
use providers::Operation;

use super::ingress;
use crate::Gateway;

/// Create embeddings
///
/// More inputs than the provider takes at once are split and merged in order.
#[utoipa::path(
    post, path = "/v1/embeddings", operation_id = "create_embeddings", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateEmbeddingRequest`",
        example = json!({"model": "openai/text-embedding-3-small", "input": ["a", "b"]})),
    responses((status = 200, description = "OpenAI's `CreateEmbeddingResponse`", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_embeddings(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    ingress::serve(gateway, "/v1/embeddings", Operation::Embeddings, request).await
}

/// Create an image
#[utoipa::path(
    post, path = "/v1/images/generations", operation_id = "create_image", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateImageRequest`",
        example = json!({"model": "openai/gpt-image-1", "prompt": "A lighthouse"})),
    responses((status = 200, description = "OpenAI's `ImagesResponse`", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_image(State(gateway): State<Gateway>, request: Request) -> Response {
    ingress::serve(
        gateway,
        "/v1/images/generations",
        Operation::Images,
        request,
    )
    .await
}

/// Create speech
///
/// The audio is passed on while it arrives.
#[utoipa::path(
    post, path = "/v1/audio/speech", operation_id = "create_speech", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateSpeechRequest`",
        example = json!({"model": "openai/tts-1", "input": "Hello", "voice": "alloy"})),
    responses((status = 200, description = "Audio bytes", content_type = "audio/mpeg")),
    security(("api_key" = []))
)]
pub(super) async fn create_speech(State(gateway): State<Gateway>, request: Request) -> Response {
    ingress::serve(gateway, "/v1/audio/speech", Operation::Speech, request).await
}

/// Classify content
#[utoipa::path(
    post, path = "/v1/moderations", operation_id = "create_moderation", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateModerationRequest`",
        example = json!({"model": "openai/omni-moderation-latest", "input": "text"})),
    responses((status = 200, description = "OpenAI's `CreateModerationResponse`", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_moderation(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    ingress::serve(gateway, "/v1/moderations", Operation::Moderation, request).await
}
