//! One request in, one scripted answer out.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;

use super::dialect::{self, Dialect, EmbeddingInput};
use super::plan::{Plan, Shape};
use super::playback::Playback;
use super::request::{Peek, model_in_path, script_in_query};
use super::script::{DEFAULT_INPUT_TOKENS, Fault, RetryAfter, Script, UnknownFault};
use super::tally::{Seen, Tally};

/// The header that scripts an answer where the model's name cannot.
const SCRIPT_HEADER: &str = "x-bench-script";

/// Answers one request. `abort` belongs to its connection: set, it resets the connection.
pub(super) async fn answer(
    tally: Arc<Tally>,
    abort: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Response<Playback>, Infallible> {
    let (parts, body) = request.into_parts();
    match parts.uri.path() {
        "/_stats" => {
            let stats = serde_json::to_vec_pretty(&tally.snapshot()).unwrap_or_default();
            return Ok(respond(StatusCode::OK, json_plan(stats)));
        }
        "/_reset" => {
            tally.reset();
            return Ok(respond(StatusCode::OK, json_plan("{}")));
        }
        _ => {}
    }
    let Some(dialect) = Dialect::of(parts.uri.path(), parts.uri.query()) else {
        let error = json!({"error": {"message": "nothing is served here", "type": "bench"}});
        return Ok(respond(StatusCode::NOT_FOUND, json_plan(error.to_string())));
    };
    let Ok(body) = body.collect().await else {
        // The client hung up while it sent the request; nobody reads this answer.
        return Ok(respond(StatusCode::BAD_REQUEST, json_plan("{}")));
    };
    let body = body.to_bytes();
    let peek = match serde_json::from_slice::<Peek>(&body) {
        Ok(peek) => peek,
        Err(_) if dialect == Dialect::Models => Peek::default(),
        Err(error) => {
            tally.invalid();
            return Ok(invalid(&format!(
                "the request body is not the JSON wanted: {error}"
            )));
        }
    };
    let model_name = match &*peek.model {
        "" => model_in_path(parts.uri.path()).unwrap_or(""),
        name => name,
    };
    let shape = Shape {
        dialect,
        stream: dialect.streams(peek.stream),
        include_usage: peek.include_usage(),
    };
    let model = tally.model(model_name);
    let over = script_over(&parts.headers, parts.uri.query());
    let script = match &over {
        Some(script) => script,
        None => &model.script,
    };
    let script = match script {
        Ok(script) => script,
        Err(unknown) => {
            tally.invalid();
            return Ok(invalid(&format!("no fault is called `{}`", unknown.0)));
        }
    };
    let seen = Seen {
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: body.clone(),
    };
    let (number, ticket) = tally.begin(&model, seen);
    let fault = script.fault_at(number);
    if fault == Fault::Hang {
        // The ticket is dropped, and the request counted as cancelled, when the client gives up.
        std::future::pending::<()>().await;
    }
    if !script.delay.is_zero() {
        tokio::time::sleep(script.delay).await;
    }
    if let Fault::Refuse(refusal) = &fault {
        let plan = json_plan(dialect::error_body(dialect, refusal).to_string());
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = respond(status, plan).map(|playback| playback.accounted(abort, ticket));
        if let Some((name, value)) = refusal.retry.as_ref().and_then(retry_header) {
            response.headers_mut().insert(name, value);
        }
        return Ok(identified(response, number));
    }
    let plan = match dialect {
        Dialect::Embeddings | Dialect::OllamaEmbed => {
            Arc::new(embeddings(model_name, script, &peek, dialect))
        }
        _ if over.is_some() => Arc::new(Plan::render(model_name, script, &fault, shape)),
        _ => model.plan(shape, fault != Fault::None, || {
            Plan::render(model_name, script, &fault, shape)
        }),
    };
    let response = respond(StatusCode::OK, plan).map(|playback| {
        playback
            .paced(script.first_delay, script.interval)
            .accounted(abort, ticket)
    });
    Ok(identified(response, number))
}

fn script_over(headers: &HeaderMap, query: Option<&str>) -> Option<Result<Script, UnknownFault>> {
    let header = headers.get(SCRIPT_HEADER).and_then(|v| v.to_str().ok());
    header.or_else(|| script_in_query(query)).map(Script::parse)
}

fn embeddings(model: &str, script: &Script, peek: &Peek, dialect: Dialect) -> Plan {
    let input = EmbeddingInput::read(
        peek.input,
        peek.dimensions,
        peek.encoding_format.as_deref(),
        script.words,
    );
    let tokens = script
        .usage
        .map_or(DEFAULT_INPUT_TOKENS, |usage| usage.input);
    let answer = match dialect {
        Dialect::OllamaEmbed => dialect::ollama_embeddings(model, &input, tokens),
        _ => dialect::embeddings(model, &input, tokens),
    };
    Plan::whole("application/json", answer.to_string())
}

fn json_plan(body: impl Into<Bytes>) -> Arc<Plan> {
    Arc::new(Plan::whole("application/json", body))
}

fn respond(status: StatusCode, plan: Arc<Plan>) -> Response<Playback> {
    let content_type = HeaderValue::from_static(plan.content_type);
    let length = plan.length;
    let mut response = Response::new(Playback::new(plan));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

fn invalid(message: &str) -> Response<Playback> {
    let error = json!({
        "error": {"message": message, "type": "invalid_request_error", "param": null, "code": "bench"},
    });
    respond(StatusCode::BAD_REQUEST, json_plan(error.to_string()))
}

/// Adds the vendor's own request id, under both names that vendors use.
fn identified(mut response: Response<Playback>, number: u64) -> Response<Playback> {
    let Ok(id) = HeaderValue::try_from(format!("req_bench_{number}")) else {
        return response;
    };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("request-id"), id.clone());
    headers.insert(HeaderName::from_static("x-request-id"), id);
    response
}

fn retry_header(retry: &RetryAfter) -> Option<(HeaderName, HeaderValue)> {
    let ahead = |seconds: u64| SystemTime::now() + Duration::from_secs(seconds);
    let (name, value) = match retry {
        RetryAfter::Seconds(seconds) => ("retry-after", seconds.to_string()),
        RetryAfter::Date(seconds) => ("retry-after", httpdate::fmt_http_date(ahead(*seconds))),
        RetryAfter::Millis(millis) => ("retry-after-ms", millis.to_string()),
        RetryAfter::XMillis(millis) => ("x-ms-retry-after-ms", millis.to_string()),
        RetryAfter::ResetRequests(value) => ("x-ratelimit-reset-requests", value.clone()),
        RetryAfter::ResetTokens(value) => ("x-ratelimit-reset-tokens", value.clone()),
        RetryAfter::Epoch(seconds) => {
            let since = ahead(*seconds).duration_since(UNIX_EPOCH).ok()?;
            ("x-ratelimit-reset", since.as_secs().to_string())
        }
    };
    Some((
        HeaderName::from_static(name),
        HeaderValue::try_from(value).ok()?,
    ))
}
