//! What a webhook's caller is answered, and when.

use std::convert::Infallible;
use std::time::Duration;

use accounts::http::ApiError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Json, Response};
use serde_json::{Value, json};
use store::OrgId;
use tokio::time::Instant;

use super::{Deployments, Hook, Refusal};
use crate::deploy::speaker::{PORT, speaker};
use crate::graph::NodeId;
use crate::ids::RunId;
use crate::nodes::webhook::Respond;
use crate::run::http::Watch;
use crate::run::{EventKind, RunEnd};
use crate::sql::deliveries::{self, Request};
use crate::value::File;

/// Longest wait for an answer; 202 afterwards.
const MOST: Duration = Duration::from_secs(30);
/// How often an answer that is too large for an event is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Pages that flows answer with share the server's origin with the web app: they load and run nothing,
/// and read nothing of it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox allow-forms allow-popups; default-src 'none'; style-src 'unsafe-inline'; \
     img-src data: https:; frame-ancestors 'none'",
);
/// Headers that a flow may not set: those of the connection, and those that say something about the
/// whole origin, which it shares with others.
const OURS: [&str; 11] = [
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "keep-alive",
    "set-cookie",
    "clear-site-data",
    "content-security-policy",
    "service-worker-allowed",
    "strict-transport-security",
    "alt-svc",
];

/// Puts on what every answer of a webhook has.
pub(super) fn guard(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Begins the run of a delivery that is written down, and answers as the trigger says.
pub(super) async fn run(
    deployments: &Deployments,
    hook: &Hook,
    request: &Request,
    run: RunId,
) -> Response {
    let engine = deployments.engine.clone();
    // First the ear, then the run: nothing is missed.
    let heard = engine.hub().subscribe();
    let accepted = || {
        let body = json!({"delivery_id": request.id, "run_id": run});
        (StatusCode::ACCEPTED, Json(body)).into_response()
    };
    let response = match deployments.begin(hook, None, request, run).await {
        Err(Refusal::Request(why)) => ApiError::invalid(why).into_response(),
        Err(Refusal::Flow(_)) => failed(request, run),
        Err(Refusal::Later(_)) => accepted(),
        Ok(_) => {
            let waiting = Waiting {
                deployments,
                request,
                org: hook.org,
                run,
            };
            let watch = Watch::of_new(engine, hook.org, run, heard);
            let answered = match hook.settings.respond {
                Respond::AtOnce => None,
                Respond::AtTheEnd => waiting.end(Instant::now() + MOST).await,
                Respond::ByNode => waiting.node(hook, watch).await,
                Respond::Stream => Some(stream(deployments, hook, run, watch)),
            };
            answered.unwrap_or_else(accepted)
        }
    };
    let status = response.status().as_u16();
    let noted = deliveries::answered(deployments.flows.db(), hook.org, request.id, status).await;
    if let Err(error) = noted {
        tracing::warn!(%error, delivery = %request.id, "cannot note the answer to a delivery");
    }
    response
}

/// Why it failed is for those who may read the flow, not for who calls it.
fn failed(request: &Request, run: RunId) -> Response {
    let message = "the flow failed; its delivery ledger says why";
    let mut error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "flow_failed", message);
    error.details = Some(json!({"delivery_id": request.id, "run_id": run}));
    error.into_response()
}

/// A caller that waits for its answer.
struct Waiting<'a> {
    deployments: &'a Deployments,
    request: &'a Request,
    org: OrgId,
    run: RunId,
}

impl Waiting<'_> {
    /// What the run returns; `None`: not by then.
    async fn end(&self, until: Instant) -> Option<Response> {
        let most = until.saturating_duration_since(Instant::now());
        let engine = &self.deployments.engine;
        match engine.wait(self.org, self.run, most).await {
            Ok(Some(RunEnd::Completed(value))) => {
                Some(self.write(StatusCode::OK, HeaderMap::new(), value).await)
            }
            Ok(Some(RunEnd::Failed { .. } | RunEnd::Cancelled)) => {
                Some(failed(self.request, self.run))
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, run = %self.run, "cannot wait for the run of a webhook");
                None
            }
        }
    }

    /// What the first "Webhook response" says; as at the end, when the run comes there without one.
    async fn node(&self, hook: &Hook, mut watch: Watch) -> Option<Response> {
        let until = Instant::now() + MOST;
        let is_response = |id: &NodeId| {
            let mut nodes = hook.flow.graph.nodes.iter();
            nodes.any(|node| node.id == *id && node.kind == "output.respond")
        };
        while let Some(event) = tokio::time::timeout_at(until, watch.next()).await.ok()? {
            let EventKind::Progress { state, output, .. } = &event.kind else {
                if event.is_last() {
                    break;
                }
                continue;
            };
            let Some(node) = event
                .node
                .as_ref()
                .filter(|id| state == "done" && is_response(id))
            else {
                continue;
            };
            let response = match output.get("response") {
                Some(response) => response.clone(),
                None => self.stored(node, until).await?,
            };
            return Some(self.respond(response).await);
        }
        self.end(until).await
    }

    /// The response of a node, once it is stored; `None`: not by then.
    async fn stored(&self, node: &NodeId, until: Instant) -> Option<Value> {
        loop {
            let output = self
                .deployments
                .engine
                .output_of(self.run, node)
                .await
                .ok()?;
            if let Some(mut output) = output {
                return output.remove("response");
            }
            tokio::time::timeout_at(until, tokio::time::sleep(LOOK_EVERY))
                .await
                .ok()?;
        }
    }

    /// `{"status", "headers", "body"}` as an answer.
    async fn respond(&self, mut response: Value) -> Response {
        let status = response.get("status").and_then(Value::as_u64);
        let status =
            status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
        let mut headers = HeaderMap::new();
        let given = response.get("headers").and_then(Value::as_object);
        for (name, value) in given.into_iter().flatten() {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::try_from(value.as_str().unwrap_or_default());
            if let (Ok(name), Ok(value)) = (name, value)
                && !OURS.contains(&name.as_str())
            {
                headers.insert(name, value);
            }
        }
        let body = response.get_mut("body").map(Value::take);
        let status = status.unwrap_or(StatusCode::OK);
        self.write(status, headers, body.unwrap_or_default()).await
    }

    /// A text as it is, a file as a file, anything else as JSON.
    async fn write(&self, status: StatusCode, headers: HeaderMap, value: Value) -> Response {
        let (kind, body) = if let Some(file) = File::from_value(&value) {
            let blobs = &self.deployments.engine.services().blobs;
            match blobs.get(self.org, &file.blob).await {
                Ok(Some(bytes)) => (file.media_type, Body::from(bytes)),
                _ => return failed(self.request, self.run),
            }
        } else if let Value::String(text) = value {
            ("text/plain; charset=utf-8".to_owned(), Body::from(text))
        } else {
            ("application/json".to_owned(), Body::from(value.to_string()))
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if let Ok(kind) = HeaderValue::try_from(kind) {
            response
                .headers_mut()
                .entry(header::CONTENT_TYPE)
                .or_insert(kind);
        }
        response
    }
}

/// The text that the flow returns while it grows, and what it returns in the end: not the steps between,
/// which are not for the caller.
fn stream(deployments: &Deployments, hook: &Hook, run: RunId, watch: Watch) -> Response {
    struct State {
        watch: Watch,
        speaker: Option<NodeId>,
        deployments: Deployments,
        org: OrgId,
        run: RunId,
    }
    let state = State {
        watch,
        speaker: speaker(&hook.flow.graph),
        deployments: deployments.clone(),
        org: hook.org,
        run,
    };
    let frames = futures_util::stream::unfold(state, |mut state| async move {
        loop {
            let event = state.watch.next().await?;
            let (name, data) = match &event.kind {
                EventKind::NodeStreamed { port, piece }
                    if port == PORT && event.node.is_some() && event.node == state.speaker =>
                {
                    ("text", json!({"text": piece}))
                }
                EventKind::Completed { .. } => {
                    // Of the event large ones are left out.
                    let row = state.deployments.engine.row(state.org, state.run).await;
                    let output = row.ok().flatten().and_then(|row| row.output);
                    let output = output.map(|json| json.0);
                    ("done", json!({"run_id": state.run, "output": output}))
                }
                EventKind::Error { .. } => {
                    let message = "the flow failed; its delivery ledger says why";
                    ("error", json!({"run_id": state.run, "message": message}))
                }
                _ => continue,
            };
            let frame = Frame::default().event(name).data(data.to_string());
            return Some((Ok::<_, Infallible>(frame), state));
        }
    });
    Sse::new(frames)
        .keep_alive(KeepAlive::default())
        .into_response()
}
