//! Anthropic's token counting.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::Response;
use providers::dialect::messages::{Messages, encode_count_tokens};
use providers::{Notes, Operation, tokens};

use super::{ingress, write};
use crate::Gateway;
use crate::call::{Body, Call, CallContext, Reply};
use crate::error::Error;
use crate::route::Backend;

/// Count the tokens of a message
///
/// Exact where the model's provider counts (Anthropic); by tiktoken for all others.
#[utoipa::path(
    post, path = "/v1/messages/count_tokens", operation_id = "count_message_tokens", tag = "gateway",
    request_body(content = serde_json::Value, description = "Anthropic's count request",
        example = json!({"model": "builtin/extract", "messages": [{"role": "user", "content": "Hello"}]})),
    responses((status = 200, description = "`{\"input_tokens\": n}`", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn count_message_tokens(
    State(gateway): State<Gateway>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let context = match ingress::context(&gateway, &parts.headers, Instant::now()) {
        Ok(context) => context,
        Err(refused) => return write::error(Operation::CountTokens, &refused.0, &refused.1),
    };
    let id = Arc::clone(&context.request_id);
    match count(&gateway, &parts.headers, body, context).await {
        Ok(reply) => write::reply(reply, &id),
        Err(error) => write::error(Operation::CountTokens, &error, &id),
    }
}

async fn count(
    gateway: &Gateway,
    headers: &http::HeaderMap,
    body: axum::body::Body,
    context: CallContext,
) -> Result<Reply, Error> {
    let who = ingress::authenticate(gateway, headers).await?;
    let body = ingress::read_body(body, gateway.defaults().max_body_bytes).await?;
    let call = Call::read(
        "/v1/messages/count_tokens",
        Operation::CountTokens,
        body,
        context,
    )?;
    let route = gateway.resolve(&who, &call.model)?;
    let native = route
        .groups
        .iter()
        .flatten()
        .next()
        .is_some_and(|w| match &w.target.backend {
            Backend::Vendor(v) => v
                .provider
                .info()
                .passthrough
                .contains(&Operation::CountTokens),
            Backend::Local(_) => false,
        });
    if native {
        return gateway.call(&who, call).await;
    }
    crate::stages::admit::check_scope(&who, &call, &route)?;
    Ok(counted(&call)?)
}

/// Counts here. Nothing is sent, so nothing is metered.
fn counted(call: &Call) -> Result<Reply, providers::Error> {
    let request = Messages.decode_count_tokens(&call.body, &mut Notes::default())?;
    let count = tokens::estimate_request(&call.model, &request);
    let mut reply = Reply {
        status: 200,
        content_type: crate::upstream::exchange::JSON,
        headers: http::HeaderMap::new(),
        body: Body::Full(encode_count_tokens(count).into()),
    };
    reply.header("x-nab-translation", "emulated=count_tokens");
    Ok(reply)
}
