//! Conversations in OpenAI's and Anthropic's shapes.

use axum::extract::{Request, State};
use axum::response::Response;
use providers::{DialectId, Operation};

use super::ingress;
use crate::Gateway;

/// Create a chat completion
///
/// OpenAI's chat completions, for every model of every provider. `model` is a configured name or
/// `provider/model`. With `stream: true` the answer is a stream of server-sent events that ends with
/// `data: [DONE]` only when the answer is complete.
#[utoipa::path(
    post, path = "/v1/chat/completions", operation_id = "create_chat_completion", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateChatCompletionRequest`; unknown fields are kept",
        example = json!({"model": "builtin/extract", "messages": [{"role": "user", "content": "Hello"}]})),
    responses(
        (status = 200, description = "OpenAI's `CreateChatCompletionResponse`, or a stream of its chunks", body = serde_json::Value),
        (status = 400, description = "The request is wrong", body = serde_json::Value),
        (status = 401, description = "No valid API key", body = serde_json::Value),
        (status = 402, description = "A budget does not cover the call", body = serde_json::Value),
        (status = 403, description = "The key may not use the model or the endpoint", body = serde_json::Value),
        (status = 404, description = "No such model", body = serde_json::Value),
        (status = 429, description = "A limit of ours or of the provider is reached", body = serde_json::Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_chat_completion(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    let operation = Operation::Chat(DialectId::Chat);
    ingress::serve(gateway, "/v1/chat/completions", operation, request).await
}

/// Create a completion
///
/// OpenAI's legacy completions. For models that only chat the prompt becomes one user turn.
#[utoipa::path(
    post, path = "/v1/completions", operation_id = "create_completion", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateCompletionRequest`",
        example = json!({"model": "builtin/echo", "prompt": "Say this"})),
    responses((status = 200, description = "OpenAI's `CreateCompletionResponse`", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_completion(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    ingress::serve(gateway, "/v1/completions", Operation::Completions, request).await
}

/// Create a message
///
/// Anthropic's messages, for every model of every provider.
#[utoipa::path(
    post, path = "/v1/messages", operation_id = "create_message", tag = "gateway",
    request_body(content = serde_json::Value, description = "Anthropic's message request",
        example = json!({"model": "builtin/extract", "max_tokens": 256, "messages": [{"role": "user", "content": "Hello"}]})),
    responses((status = 200, description = "Anthropic's message, or a stream of its events", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_message(State(gateway): State<Gateway>, request: Request) -> Response {
    let operation = Operation::Chat(DialectId::Messages);
    ingress::serve(gateway, "/v1/messages", operation, request).await
}
