//! From an HTTP request to a [`Call`].

use std::sync::Arc;
use std::time::Instant;

use accounts::{AuthError, Permission, Principal};
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use providers::Operation;

use super::write;
use crate::Gateway;
use crate::call::{CacheControl, Call, CallContext, Caller, new_request_id};
use crate::error::{Code, Error};

/// Headers of a dialect that a vendor of the same dialect should see.
const FORWARDED: [&str; 3] = ["anthropic-beta", "anthropic-version", "openai-beta"];
const MAX_TAGS: usize = 20;
const MAX_TAG_CHARS: usize = 100;

/// Serves a JSON endpoint from the first byte to the last.
pub(super) fn serve(
    gateway: Gateway,
    endpoint: &'static str,
    operation: Operation,
    request: Request,
) -> BoxFuture<'static, Response> {
    // Boxed: each route's handler would repeat the code otherwise.
    Box::pin(async move {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let context = match context(&gateway, &parts.headers, began) {
            Ok(context) => context,
            Err(refused) => return write::error(operation, &refused.0, &refused.1),
        };
        let id = Arc::clone(&context.request_id);
        match answer(&gateway, endpoint, operation, &parts.headers, body, context).await {
            Ok(reply) => write::reply(reply, &id),
            Err(error) => write::error(operation, &error, &id),
        }
    })
}

async fn answer(
    gateway: &Gateway,
    endpoint: &'static str,
    operation: Operation,
    headers: &HeaderMap,
    body: Body,
    context: CallContext,
) -> Result<crate::Reply, Error> {
    // The key comes before the body: strangers do not get to send megabytes.
    let who = authenticate(gateway, headers).await?;
    let body = read_body(body, gateway.defaults().max_body_bytes).await?;
    let call = Call::read(endpoint, operation, body, context)?;
    gateway.call(&who, call).await
}

/// The caller behind the request: a key, or a person's session, which is checked in memory alone.
///
/// # Errors
/// `InvalidApiKey`, saying what is wrong with it; `PermissionDenied` for people who may not call
/// models.
pub(super) async fn authenticate(
    gateway: &Gateway,
    headers: &HeaderMap,
) -> Result<Arc<Principal>, Error> {
    let who = accounts::http::authenticate(gateway.accounts(), headers).await;
    let who = who.map_err(refused)?;
    if who.may(Permission::ModelsUse) {
        return Ok(who);
    }
    Err(Error::new(
        Code::PermissionDenied,
        format!(
            "Calling models needs the permission `{}`, which your role does not have.",
            Permission::ModelsUse
        ),
    ))
}

fn refused(error: AuthError) -> Error {
    let code = match error.status() {
        503 => Code::Internal,
        403 => Code::PermissionDenied,
        _ => Code::InvalidApiKey,
    };
    Error::new(code, error.to_string())
}

/// What travels with the call, from the headers.
///
/// # Errors
/// A cache directive that is not understood, with the request id to answer under.
pub(super) fn context(
    gateway: &Gateway,
    headers: &HeaderMap,
    began: Instant,
) -> Result<CallContext, Box<(Error, Arc<str>)>> {
    let request_id = request_id(headers);
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let cache = match text("x-nab-cache-control").map(CacheControl::parse) {
        None => CacheControl::default(),
        Some(Ok(cache)) => cache,
        Some(Err(error)) => return Err(Box::new((error, request_id))),
    };
    let tags = text("x-nab-tags").map(tags).unwrap_or_default();
    let mut forward = HeaderMap::new();
    for name in FORWARDED {
        if let Some(value) = headers.get(name) {
            forward.insert(name, value.clone());
        }
    }
    Ok(CallContext {
        request_id,
        caller: Caller::Http,
        began,
        began_us: gateway.now_us(),
        tags,
        cache,
        forward,
        keys: None,
        nested: false,
        purse: None,
    })
}

fn tags(text: &str) -> Vec<String> {
    let clean = |tag: &str| tag.trim().chars().take(MAX_TAG_CHARS).collect::<String>();
    text.split(',')
        .map(clean)
        .filter(|t| !t.is_empty())
        .take(MAX_TAGS)
        .collect()
}

/// The client's `x-request-id` when it is sane, else a new one.
pub(super) fn request_id(headers: &HeaderMap) -> Arc<str> {
    headers
        .get("x-request-id")
        .and_then(|v| v.to_str().ok())
        .filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
        .map_or_else(new_request_id, Arc::from)
}

/// Reads the body, up to `limit` bytes.
///
/// # Errors
/// `PayloadTooLarge`, or `InvalidRequest` when the client stops in the middle.
pub(super) async fn read_body(body: Body, limit: usize) -> Result<Bytes, Error> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Error::new(
            Code::PayloadTooLarge,
            format!("The request body is larger than {limit} bytes (gateway.max_body_bytes)."),
        )),
        Err(_) => Err(Error::new(
            Code::InvalidRequest,
            "The request body did not arrive whole.",
        )),
    }
}
