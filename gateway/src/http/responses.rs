//! OpenAI's responses, kept per organization.

use std::sync::Arc;
use std::time::Instant;

use accounts::Principal;
use axum::body::Body as HttpBody;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use providers::dialect::responses::history;
use providers::provider::Framing;
use providers::sse::Splitter;
use providers::{DialectId, Operation};
use serde_json::{Map, Value, json};

use super::{file_search, ingress, write};
use crate::call::{Body, CallContext, Reply};
use crate::error::{Code, Error};
use crate::responses_store;
use crate::{Call, Gateway};

const OPERATION: Operation = Operation::Chat(DialectId::Responses);
const ENDPOINT: &str = "/v1/responses";

/// Create a response
///
/// OpenAI's responses, for every model of every provider. Kept for 30 days for this organization
/// unless `store` is false; `previous_response_id` continues a kept one.
#[utoipa::path(
    post, path = "/v1/responses", operation_id = "create_response", tag = "gateway",
    request_body(content = serde_json::Value, description = "OpenAI's `CreateResponse`",
        example = json!({"model": "builtin/extract", "input": "Hello"})),
    responses((status = 200, description = "OpenAI's `Response`, or a stream of its events", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn create_response(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let context = match ingress::context(&gateway, &parts.headers, Instant::now()) {
        Ok(context) => context,
        Err(refused) => return write::error(OPERATION, &refused.0, &refused.1),
    };
    let id = Arc::clone(&context.request_id);
    match create(&gateway, &parts.headers, body, context).await {
        Ok(reply) => write::reply(reply, &id),
        Err(error) => write::error(OPERATION, &error, &id),
    }
}

async fn create(
    gateway: &Gateway,
    headers: &HeaderMap,
    body: HttpBody,
    context: CallContext,
) -> Result<Reply, Error> {
    let who = ingress::authenticate(gateway, headers).await?;
    let body = ingress::read_body(body, gateway.defaults().max_body_bytes).await?;
    let call = Call::read(ENDPOINT, OPERATION, body, context)?;
    let mut request: Map<String, Value> = serde_json::from_slice(&call.body).map_err(|e| {
        Error::new(
            Code::InvalidRequest,
            format!("The body is not an object: {e}."),
        )
    })?;
    let keep = request.get("store") != Some(&Value::Bool(false));
    let previous = request
        .get("previous_response_id")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let call = match previous {
        None => call,
        Some(previous) => {
            request = continued(gateway, &who, request, &previous).await?;
            expanded(call, &request)?
        }
    };
    let reply = match file_search::wanted(gateway, &request)? {
        Some(tool) => file_search::answer(gateway, &who, &call, &request, tool).await?,
        None => gateway.call(&who, call).await?,
    };
    if !keep {
        return Ok(reply);
    }
    let keeper = Keeper {
        gateway: gateway.clone(),
        who,
        items: history::input_items(&request),
    };
    keeper.keep(reply).await
}

async fn continued(
    gateway: &Gateway,
    who: &Principal,
    request: Map<String, Value>,
    previous: &str,
) -> Result<Map<String, Value>, Error> {
    let stored = responses_store::get(gateway.db(), who.org_id(), previous)
        .await
        .map_err(|e| unavailable(&e))?
        .filter(|stored| stored.expires_at > gateway.now_us())
        .ok_or_else(|| {
            let message = format!("Previous response with id '{previous}' not found.");
            Error::invalid("previous_response_id", message)
        })?;
    let output = history::output_items(&stored.response);
    Ok(history::expand(request, stored.input_items, output))
}

fn expanded(call: Call, request: &Map<String, Value>) -> Result<Call, Error> {
    let body: Bytes = serde_json::to_vec(request)
        .map_err(|e| Error::new(Code::Internal, format!("Cannot write the request: {e}.")))?
        .into();
    let wide = Call::read(ENDPOINT, OPERATION, body, call.context)?;
    Ok(Call {
        expanded_from: Some(call.body),
        ..wide
    })
}

/// Keeps a finished response before its last bytes reach the client, so that the client can continue
/// it at once.
struct Keeper {
    gateway: Gateway,
    who: Arc<Principal>,
    items: Vec<Value>,
}

impl Keeper {
    async fn keep(self, mut reply: Reply) -> Result<Reply, Error> {
        match reply.body {
            Body::Full(bytes) => {
                if let Ok(response) = serde_json::from_slice(&bytes) {
                    self.store(&response).await;
                }
                reply.body = Body::Full(bytes);
            }
            Body::Stream(stream) => {
                let watch = Watch {
                    keeper: self,
                    splitter: Splitter::new(Framing::Sse),
                    collector: history::Collector::default(),
                    done: false,
                };
                let stream = futures_util::stream::unfold(
                    (stream, watch),
                    |(mut stream, mut watch)| async move {
                        let piece = stream.next().await?;
                        if let Ok(bytes) = &piece {
                            watch.look(bytes).await;
                        }
                        Some((piece, (stream, watch)))
                    },
                );
                reply.body = Body::Stream(Box::pin(stream));
            }
        }
        Ok(reply)
    }

    async fn store(&self, response: &Value) {
        let Some(id) = response.get("id").and_then(Value::as_str) else {
            return;
        };
        let stored = responses_store::put(
            self.gateway.db(),
            responses_store::NewResponse {
                org: self.who.org_id(),
                key: self.who.key_id(),
                id,
                input_items: &self.items,
                response,
                now_us: self.gateway.now_us(),
            },
        )
        .await;
        if let Err(error) = stored {
            tracing::error!(%error, response.id = id, "cannot keep a response");
        }
    }
}

/// Reads a response out of its stream.
struct Watch {
    keeper: Keeper,
    splitter: Splitter,
    collector: history::Collector,
    done: bool,
}

impl Watch {
    async fn look(&mut self, bytes: &Bytes) {
        if self.done || self.splitter.push(bytes).is_err() {
            return;
        }
        let mut ended = false;
        while let Ok(Some(event)) = self.splitter.next() {
            self.collector.observe(event.data);
            ended |= history::final_response(event.data).is_some();
        }
        if ended {
            self.done = true;
            if let Some(response) = std::mem::take(&mut self.collector).into_response() {
                self.keeper.store(&response).await;
            }
        }
    }
}

/// Get a response
#[utoipa::path(
    get, path = "/v1/responses/{response_id}", operation_id = "get_response", tag = "gateway",
    params(("response_id" = String, Path, description = "`resp_…`")),
    responses(
        (status = 200, description = "The kept response", body = serde_json::Value),
        (status = 404, description = "Not kept, expired, or another organization's", body = serde_json::Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_response(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    kept(&gateway, &headers, async |who: Arc<Principal>| {
        let stored = responses_store::get(gateway.db(), who.org_id(), &id)
            .await
            .map_err(|e| unavailable(&e))?
            .filter(|stored| stored.expires_at > gateway.now_us());
        stored.map(|s| s.response).ok_or_else(|| not_kept(&id))
    })
    .await
}

/// Delete a response
#[utoipa::path(
    delete, path = "/v1/responses/{response_id}", operation_id = "delete_response", tag = "gateway",
    params(("response_id" = String, Path, description = "`resp_…`")),
    responses(
        (status = 200, description = "Deleted", body = serde_json::Value),
        (status = 404, description = "Not kept, expired, or another organization's", body = serde_json::Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn delete_response(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    kept(&gateway, &headers, async |who: Arc<Principal>| {
        let gone = responses_store::delete(gateway.db(), who.org_id(), &id)
            .await
            .map_err(|e| unavailable(&e))?;
        match gone {
            true => Ok(json!({"id": id, "object": "response", "deleted": true})),
            false => Err(not_kept(&id)),
        }
    })
    .await
}

async fn kept(
    gateway: &Gateway,
    headers: &HeaderMap,
    work: impl AsyncFnOnce(Arc<Principal>) -> Result<Value, Error>,
) -> Response {
    let context = match ingress::context(gateway, headers, Instant::now()) {
        Ok(context) => context,
        Err(refused) => return write::error(OPERATION, &refused.0, &refused.1),
    };
    let outcome = match ingress::authenticate(gateway, headers).await {
        Ok(who) if !who.may_use_endpoint(ENDPOINT) => Err(Error::new(
            Code::EndpointNotAllowed,
            format!("The key \"{}\" may not use {ENDPOINT}.", who.key_name()),
        )),
        Ok(who) => work(who).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(body) => write::json(body.to_string().into_bytes(), &context.request_id),
        Err(error) => write::error(OPERATION, &error, &context.request_id),
    }
}

fn not_kept(id: &str) -> Error {
    Error::new(
        Code::NotFound,
        format!("Response with id '{id}' not found."),
    )
}

fn unavailable(error: &store::Error) -> Error {
    tracing::error!(%error, "cannot reach the kept responses");
    Error::new(
        Code::Internal,
        "Kept responses cannot be reached at the moment; try again.",
    )
}
