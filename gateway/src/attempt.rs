//! One attempt: a target is asked and its answer read, whole or as a stream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::Secret;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use outbound::OutBody;
use providers::collect::Collector;
use providers::dialect::{EncodeContext, Observed};
use providers::sse::Splitter;
use providers::{DialectId, Error, ErrorKind, Operation, Usage};

use crate::call::{Body, Reply};
use crate::dialects;
use crate::local::{ChunkStream, LocalModel};
use crate::operations;
use crate::route::{Backend, Target, Vendor};
use crate::stages::cache::Answered;
use crate::stages::call::CallState;
use crate::stages::meter::Bill;
use crate::upstream::exchange::{self, JSON, Outgoing};
use crate::upstream::prepare::{Canonical, Prepared, Reading, prepare};
use crate::upstream::relay::{Relay, Setup, Source, Transform};
use crate::usage::rating;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");

/// Whom to ask, and with which key.
pub(crate) struct Attempt<'t> {
    pub(crate) secret: Option<&'t Secret>,
    pub(crate) target: &'t Arc<Target>,
}

/// Makes the attempt. On success the call is billed, or (a stream) the relay bills it.
///
/// # Errors
/// Anything that goes wrong before the client has been given a byte.
pub(crate) async fn run(
    state: &mut CallState,
    canonical: &mut Canonical,
    attempt: &Attempt<'_>,
) -> Result<Reply, Error> {
    match &attempt.target.backend {
        Backend::Vendor(vendor) => {
            let vendor = Arc::clone(vendor);
            if operations::is_batched(&state.call, &vendor)? {
                let (body, usage, notes) = operations::exchange(state, &vendor, attempt).await?;
                let whole = Whole {
                    body,
                    content_type: JSON,
                    usage,
                    id: None,
                    chars: 0,
                };
                let mut reply = deliver(state, attempt.target, whole, Some(200));
                if !notes.is_empty() {
                    reply.header("x-nab-translation", &notes.to_header());
                }
                return Ok(reply);
            }
            let prepared = prepare(&state.call, canonical, &vendor, attempt.target)?;
            let notes = prepared.notes.to_header();
            state.meter.translated(&notes);
            let mut reply = ask_vendor(state, &vendor, attempt, prepared).await?;
            if !notes.is_empty() {
                reply.header("x-nab-translation", &notes);
            }
            Ok(reply)
        }
        Backend::Local(model) => {
            let model = Arc::clone(model);
            ask_local(state, canonical, &model, attempt).await
        }
    }
}

async fn ask_vendor(
    state: &mut CallState,
    vendor: &Vendor,
    attempt: &Attempt<'_>,
    prepared: Prepared,
) -> Result<Reply, Error> {
    let in_flight = attempt.target.health.begin();
    let began = Instant::now();
    let timeouts = state.route.timeouts;
    if let Some(delivered) = state.meter.delivered() {
        // From here on the vendor may work, and bill, whether or not we hear of it.
        delivered.accepted = true;
    }
    let (content_type, body) = match &state.call.upload {
        None => (JSON, OutBody::full(prepared.body)),
        Some(upload) => upload.send(&attempt.target.model).map_err(|e| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("cannot read the upload again: {e}"),
            )
        })?,
    };
    let out = Outgoing {
        operation: prepared.operation,
        stream: state.call.stream,
        content_type,
        body,
        headers: prepared.headers,
    };
    let now_us = state.gw.now_us();
    let sent = exchange::send(
        vendor,
        attempt.target,
        attempt.secret,
        out,
        &timeouts,
        now_us,
    )
    .await;
    let answer = waited(state, began, sent)?;
    let (head, body) = answer.into_parts();
    let upstream_id = exchange::upstream_id(&head.headers);
    let status = head.status.as_u16();
    if let Some(delivered) = state.meter.delivered() {
        delivered.upstream_id.clone_from(&upstream_id);
    }
    let audio = state.call.operation == Operation::Speech
        || (state.call.upload.is_some() && state.call.stream);
    let streams = audio || (state.call.stream && is_stream(&head.headers, vendor));
    let mut reply = if streams {
        let transform = transform(state, vendor, prepared.reading);
        let setup = setup(state, attempt.target, transform, Some(status), in_flight);
        let mut relay = Relay::new(Source::Vendor(body), setup);
        relay.upstream_id(upstream_id.clone());
        if audio {
            relay.usage(operations::spoken(&state.call));
        }
        let mut reply = open(state, attempt.target, relay).await?;
        if let Some(kind) = head.headers.get(CONTENT_TYPE).filter(|_| audio) {
            reply.content_type = kind.clone();
        }
        reply
    } else {
        let read_began = Instant::now();
        let read = exchange::read_answer(body, &timeouts, began).await;
        let body = waited(state, read_began, read)?;
        let content_type = head.headers.get(CONTENT_TYPE).cloned().unwrap_or(JSON);
        let answer = read_whole(state, vendor, prepared.reading, body, content_type)?;
        deliver(state, attempt.target, answer, Some(status))
    };
    if let Some(id) = upstream_id {
        reply.header("x-nab-upstream-request-id", &id);
    }
    Ok(reply)
}

/// Adds the time since `began` to what was spent waiting.
fn waited<T>(state: &mut CallState, began: Instant, result: T) -> T {
    state
        .meter
        .waited(i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX));
    result
}

/// Some vendors answer a stream request with a complete JSON body.
fn is_stream(headers: &http::HeaderMap, vendor: &Vendor) -> bool {
    use providers::provider::Framing;
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    match vendor.provider.framing() {
        Framing::Sse => !kind.starts_with("application/json"),
        Framing::Ndjson => true,
    }
}

/// A complete answer in the client's dialect.
struct Whole {
    body: Bytes,
    content_type: HeaderValue,
    usage: Option<Usage>,
    id: Option<String>,
    /// Basis of an estimate where the vendor reports no usage.
    chars: u64,
}

fn read_whole(
    state: &CallState,
    vendor: &Vendor,
    reading: Reading,
    body: Bytes,
    content_type: HeaderValue,
) -> Result<Whole, Error> {
    let Some(dialect) = dialects::of(state.call.operation) else {
        return read_other(state, reading, body, content_type);
    };
    match reading {
        Reading::Pass => {
            let seen = dialect.inspect(&body);
            if let Some(error) = seen.error {
                return Err(error);
            }
            let Observed {
                usage,
                id,
                delivered_chars,
                ..
            } = seen;
            Ok(Whole {
                body,
                content_type,
                usage,
                id,
                chars: delivered_chars,
            })
        }
        Reading::Translate => {
            let response = vendor.provider.decode_chat(&body)?;
            let context = encode_context(state);
            let body = dialect.encode_response(&response, &context).into();
            let chars = response
                .choices
                .iter()
                .map(|c| c.message.plain_text().chars().count());
            Ok(Whole {
                body,
                content_type: JSON,
                chars: chars.sum::<usize>() as u64,
                usage: response.usage,
                id: Some(response.id),
            })
        }
    }
}

fn read_other(
    state: &CallState,
    reading: Reading,
    body: Bytes,
    content_type: HeaderValue,
) -> Result<Whole, Error> {
    debug_assert_eq!(
        reading,
        Reading::Pass,
        "translated operations are exchanged in operations"
    );
    let usage = operations::usage_of(&state.call, &body)?;
    Ok(Whole {
        body,
        content_type,
        usage,
        id: None,
        chars: 0,
    })
}

/// Bills a complete answer, keeps it where it may be kept, and makes the reply.
fn deliver(
    state: &mut CallState,
    target: &Arc<Target>,
    whole: Whole,
    status: Option<u16>,
) -> Reply {
    if let Some(delivered) = state.meter.delivered() {
        delivered.accepted = true;
        delivered.chars = whole.chars;
        if delivered.upstream_id.is_none() {
            delivered.upstream_id = whole.id;
        }
    }
    let bill = state.meter.succeeded(whole.usage.clone(), status);
    let mut reply = Reply {
        status: 200,
        content_type: whole.content_type.clone(),
        headers: http::HeaderMap::with_capacity(16),
        body: Body::Full(whole.body.clone()),
    };
    if let Some(slot) = state.slot.take() {
        reply.header("x-nab-cache", "miss");
        let by = answered(
            state,
            target,
            whole.usage.unwrap_or_default(),
            bill.nano_usd,
        );
        slot.fill(&whole.body, &whole.content_type, by);
    }
    describe(&mut reply, state, target, Some(bill));
    reply
}

fn answered(state: &CallState, target: &Target, usage: Usage, cost: Option<i64>) -> Answered {
    Answered {
        provider: target.provider_id.clone(),
        model: target.model.clone(),
        usage,
        nano_usd: cost.unwrap_or(0),
        now_us: state.gw.now_us(),
    }
}

/// The headers that say what happened.
fn describe(reply: &mut Reply, state: &CallState, target: &Target, bill: Option<Bill>) {
    reply.header("x-nab-model", &target.name);
    reply.header("x-nab-provider", &target.provider_id);
    reply.header("x-nab-attempts", &state.meter.totals().attempts.to_string());
    if let Some(nano) = bill.and_then(|b| b.nano_usd) {
        reply.header("x-nab-cost-usd", &crate::stages::admit::dollars(nano));
    }
    let overhead = bill.map_or_else(|| state.meter.overhead_us(), |b| b.overhead_us);
    reply.header("x-nab-overhead-us", &overhead.to_string());
}

/// Waits for the stream to begin, then hands the accountant over to it.
async fn open(
    state: &mut CallState,
    target: &Arc<Target>,
    mut relay: Relay,
) -> Result<Reply, Error> {
    let began = Instant::now();
    let opened = relay.open().await;
    waited(state, began, opened)?;
    let mut reply = Reply {
        status: 200,
        content_type: EVENT_STREAM,
        headers: http::HeaderMap::with_capacity(16),
        body: Body::Full(Bytes::new()),
    };
    reply.header("cache-control", "no-cache");
    reply.header("x-accel-buffering", "no");
    if let Some(slot) = state.slot.take() {
        reply.header("x-nab-cache", "miss");
        let by = answered(state, target, Usage::default(), None);
        let (priced, call) = (Arc::clone(target), Arc::clone(&state.call));
        let price = move |usage: &Usage| rating::rate(&priced, &call, usage).map(|r| r.nano_usd);
        relay.record(slot.recorder(EVENT_STREAM, by, price));
    }
    describe(&mut reply, state, target, None);
    relay.attach(state.meter.hand_over());
    reply.body = Body::Stream(Box::pin(relay));
    Ok(reply)
}

fn transform(state: &CallState, vendor: &Vendor, reading: Reading) -> Transform {
    let Some(dialect) = dialects::of(state.call.operation) else {
        return Transform::raw();
    };
    match reading {
        Reading::Pass => Transform::pass(dialect.tap(), state.call.include_usage),
        Reading::Translate => Transform::Translate {
            splitter: Splitter::new(vendor.provider.framing()),
            decoder: vendor.provider.chat_decoder(),
            encoder: dialect.encoder(encode_context(state)),
        },
    }
}

fn setup(
    state: &CallState,
    target: &Target,
    transform: Transform,
    http_status: Option<u16>,
    in_flight: crate::route::health::InFlight,
) -> Setup {
    let dialect = dialects::of(state.call.operation).unwrap_or(dialects::get(DialectId::Chat));
    Setup {
        transform,
        failing: dialect.encoder(encode_context(state)),
        request_id: Arc::clone(&state.call.context.request_id),
        target: target.name.clone(),
        timeouts: state.route.timeouts,
        on_disconnect: state.route.on_disconnect,
        drain_max: Duration::from_millis(state.gw.drain_max_ms()),
        http_status,
        _in_flight: in_flight,
        recorder: None,
    }
}

fn encode_context(state: &CallState) -> EncodeContext {
    let call = &state.call;
    let needs_request = call.operation == Operation::Chat(DialectId::Responses);
    EncodeContext {
        model: call.model.clone(),
        request_id: call.context.request_id.to_string(),
        created: call.context.began_us / 1_000_000,
        include_usage: call.include_usage,
        estimated_input_tokens: call.input_bound,
        request: match needs_request {
            true => {
                let body = call.expanded_from.as_ref().unwrap_or(&call.body);
                serde_json::from_slice(body).unwrap_or_default()
            }
            false => serde_json::Map::new(),
        },
    }
}

async fn ask_local(
    state: &mut CallState,
    canonical: &mut Canonical,
    model: &Arc<dyn LocalModel>,
    attempt: &Attempt<'_>,
) -> Result<Reply, Error> {
    let Some(dialect) = dialects::of(state.call.operation) else {
        let answer = operations::ask_local(state, model).await?;
        let (body, usage) = answer;
        let whole = Whole {
            body,
            content_type: JSON,
            usage: Some(usage),
            id: None,
            chars: 0,
        };
        return Ok(deliver(state, attempt.target, whole, None));
    };
    let in_flight = attempt.target.health.begin();
    let (request, notes) = canonical.get(&state.call)?;
    let (request, notes) = (request.clone(), notes.to_header());
    state.meter.translated(&notes);
    let timeouts = state.route.timeouts;
    let wait = Duration::from_millis(timeouts.headers_ms.min(timeouts.total_ms));
    let asking = model.chat(&state.who, &state.call.context, request);
    let began = Instant::now();
    let chunks = tokio::time::timeout(wait, asking).await;
    let chunks =
        waited(state, began, chunks).map_err(|_| exchange::timed_out("did not answer", wait))??;
    if state.call.stream {
        let encoder = dialect.encoder(encode_context(state));
        let transform = Transform::Encode {
            encoder,
            finished: false,
        };
        let setup = setup(state, attempt.target, transform, None, in_flight);
        return open(
            state,
            attempt.target,
            Relay::new(Source::Local(chunks), setup),
        )
        .await;
    }
    let began = Instant::now();
    let collected = tokio::time::timeout(wait, collect(chunks)).await;
    let response = waited(state, began, collected)
        .map_err(|_| exchange::timed_out("did not end its answer", wait))??;
    let body = dialect
        .encode_response(&response, &encode_context(state))
        .into();
    let whole = Whole {
        body,
        content_type: JSON,
        usage: response.usage,
        id: Some(response.id),
        chars: 0,
    };
    Ok(deliver(state, attempt.target, whole, None))
}

async fn collect(mut chunks: ChunkStream) -> Result<providers::chat::ChatResponse, Error> {
    use futures_util::StreamExt;
    let mut collector = Collector::default();
    while let Some(chunk) = chunks.next().await {
        collector.push(&chunk?);
    }
    collector.finish()
}
