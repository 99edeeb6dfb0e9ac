//! `Idempotency-Key` on POST: what came twice is carried out once and answered twice.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{OriginalUri, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::ApiError;
use super::caller::{self, Caller};
use crate::idempotency::{Begun, Claim, KeptAnswer};
use crate::{Accounts, Actor};

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is a repeated one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const MAX_KEY: usize = 255;
/// Bodies of requests and answers that are handled so; larger ones are refused and not kept.
const MAX_BODY: usize = 1024 * 1024;
/// Headers of an answer that are repeated with it.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// An answer as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    headers: BTreeMap<String, String>,
    body: String,
}

/// Middleware over `/api/v1`: a POST that carries the header is carried out once, whatever becomes of
/// the connection; the same request again gets the same answer for a day.
///
/// 409 while the first one is under way, 422 when the key was used for another request. Answers that
/// a later attempt may better (401, 408, 409, 429, 5xx) and those above 1 MiB are not kept. Requests
/// without a known caller, such as a login, are not handled so.
pub async fn idempotent(
    State(accounts): State<Accounts>,
    request: Request,
    next: Next,
) -> Response {
    let Some(key) = request.headers().get(&IDEMPOTENCY_KEY) else {
        return next.run(request).await;
    };
    // `/v1` has the vendors' own shapes, and answers that are streams.
    if request.method() != Method::POST || !request.uri().path().starts_with("/api/v1/") {
        return next.run(request).await;
    }
    let Some(key) = checked(key) else {
        return ApiError::invalid(format!(
            "`Idempotency-Key` must have 1 to {MAX_KEY} visible ASCII characters"
        ))
        .into_response();
    };
    let Ok(caller) = caller::find(&accounts, request.headers(), true).await else {
        // The endpoint says what is wrong, or needs no caller.
        return next.run(request).await;
    };
    match carry_out(accounts, &caller, &key, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn carry_out(
    accounts: Accounts,
    caller: &Caller,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let principal = match caller {
        Caller::Key(principal) => Some(principal),
        Caller::Session(signed_in) => signed_in.principal().ok(),
    };
    let Some(principal) = principal else {
        return Ok(next.run(request).await);
    };
    let (org, actor) = (principal.org_id(), Actor::from(principal.as_ref()));
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| {
        ApiError::invalid(format!(
            "requests with `Idempotency-Key` have at most {MAX_BODY} bytes; this one has more, or did \
             not arrive whole"
        ))
    })?;
    let path = parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |uri| &uri.0);
    let hash = hash(&parts.method, &path.to_string(), &body);
    let begun = accounts
        .begin_idempotent(org, actor.label(), key, &hash)
        .await?;
    let claim = match begun {
        Begun::Fresh(claim) => claim,
        Begun::Done(kept) => return replay(kept),
        Begun::UnderWay => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "idempotency_key_in_use",
                "the first request with this idempotency key is still under way: try again in a moment",
            ));
        }
        Begun::Different => {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this idempotency key was used for another request: take a new key for a new request",
            ));
        }
    };
    let request = Request::from_parts(parts, Body::from(body));
    // In a task of its own: a client that hangs up must find the answer when it comes again.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the request, whose own limits bound it"
    )]
    let done = tokio::spawn(async move {
        let response = next.run(request).await;
        keep(&accounts, claim, response).await
    });
    done.await.map_err(|_| ApiError::internal())
}

async fn keep(accounts: &Accounts, claim: Claim, response: Response) -> Response {
    let may_change = match response.status() {
        StatusCode::UNAUTHORIZED
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::CONFLICT
        | StatusCode::TOO_MANY_REQUESTS => true,
        status => status.is_server_error(),
    };
    let size = axum::body::HttpBody::size_hint(response.body()).exact();
    let fits = size.is_some_and(|size| size <= MAX_BODY as u64);
    if may_change || !fits || response.headers().contains_key(SET_COOKIE) {
        end(accounts, claim, None).await;
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        end(accounts, claim, None).await;
        return ApiError::internal().into_response();
    };
    let answer = write(&parts.headers, &body).map(|bytes| (parts.status.as_u16(), bytes));
    end(accounts, claim, answer).await;
    Response::from_parts(parts, Body::from(body))
}

async fn end(accounts: &Accounts, claim: Claim, answer: Option<(u16, Vec<u8>)>) {
    if let Err(error) = accounts.end_idempotent(claim, answer).await {
        // The request was carried out. Its key stays locked for some minutes and is free then.
        tracing::error!(%error, "cannot keep an answer for its idempotency key");
    }
}

fn write(headers: &HeaderMap, body: &Bytes) -> Option<Vec<u8>> {
    let body = String::from_utf8(body.to_vec()).ok()?;
    let kept = KEPT.iter().filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let kept = Kept {
        headers: kept.collect(),
        body,
    };
    serde_json::to_vec(&kept).ok()
}

fn replay(kept: KeptAnswer) -> Result<Response, ApiError> {
    let lost = || {
        ApiError::new(
            StatusCode::CONFLICT,
            "idempotency_answer_lost",
            "the request was carried out, but its answer cannot be read any more: the master key was \
             changed since",
        )
    };
    let bytes = Zeroizing::new(kept.bytes.ok_or_else(lost)?);
    let kept_answer: Kept = serde_json::from_slice(&bytes).map_err(|_| lost())?;
    let status = StatusCode::from_u16(kept.status).map_err(|_| lost())?;
    let mut headers = HeaderMap::new();
    for (name, value) in &kept_answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok((status, headers, kept_answer.body).into_response())
}

fn checked(key: &HeaderValue) -> Option<String> {
    let key = key.to_str().ok()?.trim();
    let fits = (1..=MAX_KEY).contains(&key.len());
    let clean = key.bytes().all(|byte| byte.is_ascii_graphic());
    (fits && clean).then(|| key.to_owned())
}

fn hash(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(method.as_str());
    hash.update([0]);
    hash.update(path);
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}
