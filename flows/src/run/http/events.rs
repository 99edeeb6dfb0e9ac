use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use store::OrgId;
use tokio::sync::broadcast;
use utoipa::IntoParams;

use super::{broken, not_found};
use crate::ids::RunId;
use crate::node::NodeError;
use crate::run::step::Detail;
use crate::run::{Engine, Event, EventKind};

/// How often a run that another process works on is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// From where events are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// The number of the last event that was seen; the header `last-event-id` says the same.
    #[serde(default)]
    pub(super) after: i64,
}

/// Streams what happens in an execution as server-sent events, until it ends.
///
/// Each event has a number (`id`). After a break, come back with the last one seen: nothing that was
/// stored is missed, pieces of streamed texts excepted.
#[utoipa::path(
    get, path = "/api/v1/executions/{id}/events", tag = "Executions", operation_id = "stream_execution_events",
    params(("id" = RunId, Path, description = "The execution's id"), After), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Event, content_type = "text/event-stream"), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn events(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let id: RunId = id
        .parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))?;
    let row = engine.row(member.org_id(), id).await.map_err(broken)?;
    row.ok_or_else(|| not_found(id))?;
    let seen = headers.get("last-event-id").and_then(|v| v.to_str().ok());
    let seen = seen
        .and_then(|text| text.parse().ok())
        .unwrap_or(after.after);
    Ok(stream(engine, member.org_id(), id, seen))
}

/// What happens in a run, from its beginning or behind an event, until it ends.
pub(crate) struct Watch {
    engine: Engine,
    org: OrgId,
    run: RunId,
    seq: i64,
    ready: VecDeque<Arc<Event>>,
    heard: Heard,
    /// Something may have happened that was not heard.
    must_look: bool,
    /// This process works on it, and tells of everything.
    is_live: bool,
    is_over: bool,
}

type Heard = broadcast::Receiver<(OrgId, Arc<Event>)>;

pub(super) fn stream(engine: Engine, org: OrgId, run: RunId, seq: i64) -> Response {
    let watch = Watch::new(engine, org, run, seq);
    let frames = futures_util::stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        let frame = Frame::default()
            .id(event.seq.to_string())
            .event(name(&event.kind))
            .data(serde_json::to_string(&*event).unwrap_or_default());
        Some((Ok::<_, Infallible>(frame), watch))
    });
    Sse::new(frames)
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn name(kind: &EventKind) -> String {
    let json = serde_json::to_value(kind).unwrap_or_default();
    let word = json.get("type").and_then(Value::as_str);
    word.unwrap_or_default().to_owned()
}

impl Watch {
    /// Begins behind the event `seq`.
    pub(crate) fn new(engine: Engine, org: OrgId, run: RunId, seq: i64) -> Self {
        // First the ear, then the look: what happens between is heard.
        let heard = engine.hub().subscribe();
        Self {
            must_look: true,
            seq,
            ..Self::of_new(engine, org, run, heard)
        }
    }

    /// Begins at the beginning of a run that was started after `heard`: no piece of a text is missed,
    /// however short the run.
    pub(crate) fn of_new(engine: Engine, org: OrgId, run: RunId, heard: Heard) -> Self {
        Self {
            engine,
            org,
            run,
            seq: 0,
            ready: VecDeque::new(),
            heard,
            must_look: false,
            is_live: false,
            is_over: false,
        }
    }

    /// The next event; `None` when the run has ended or is gone.
    pub(crate) async fn next(&mut self) -> Option<Arc<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                // Looked up and heard as well.
                if event.seq <= self.seq && !event.is_last() {
                    continue;
                }
                self.seq = self.seq.max(event.seq);
                self.is_over |= event.is_last();
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            if self.must_look {
                self.look().await?;
                // Only now: who waits for something else besides may have given up in between.
                self.must_look = false;
                if !self.ready.is_empty() {
                    continue;
                }
            }
            let most = if self.is_live {
                LOOK_EVERY * 5
            } else {
                LOOK_EVERY
            };
            match tokio::time::timeout(most, self.hear()).await {
                Ok(Some(event)) => self.ready.push_back(event),
                // Another process may work on it, or we fell behind.
                Ok(None) | Err(_) => self.must_look = true,
            }
        }
    }

    /// The next event that is told of; `None`: some were missed.
    async fn hear(&mut self) -> Option<Arc<Event>> {
        loop {
            let (org, event) = self.heard.recv().await.ok()?;
            if org == self.org && event.run_id == self.run && event.seq > self.seq {
                return Some(event);
            }
        }
    }

    /// Finds what has happened since the last event; `None`: the run is gone.
    async fn look(&mut self) -> Option<()> {
        let live = self.engine.live_events(self.org, self.run, self.seq);
        self.is_live = live.is_some();
        let mut found = match live {
            Some(events) if !events.is_empty() => events,
            _ => self.stored().await?,
        };
        found.sort_by_key(|event| event.seq);
        self.ready.extend(found);
        Some(())
    }

    /// Events made again of what is stored; `None`: the run is gone.
    async fn stored(&self) -> Option<Vec<Arc<Event>>> {
        let row = self.engine.row(self.org, self.run).await.ok()??;
        let steps = self.engine.steps(self.run).await.ok()?;
        let make = |seq, at, node, iteration, kind| {
            Arc::new(Event {
                seq,
                run_id: self.run,
                workflow_id: row.workflow_id,
                at,
                node,
                iteration,
                kind,
            })
        };
        let mut events = Vec::new();
        if let (0, Some(at)) = (self.seq, row.started_at) {
            events.push(make(1, at, None, None, EventKind::Started));
        }
        for step in steps.into_iter().filter(|step| step.seq > self.seq) {
            let error = match &step.detail {
                Detail::Failed { error, .. } => Some(NodeError::to_string(error)),
                _ => None,
            };
            let ended = step.ended_at.unwrap_or(step.started_at);
            let kind = EventKind::Progress {
                state: step.detail.state().word().to_owned(),
                output: Value::Object(step.output),
                error,
                duration_us: ended.0 - step.started_at.0,
            };
            let iteration = Some(step.iteration).filter(|text| !text.is_empty());
            events.push(make(step.seq, ended, Some(step.node), iteration, kind));
        }
        if let Some(at) = row.ended_at {
            let kind = match row.state.as_str() {
                "completed" => EventKind::Completed {
                    output: row.output.map(|json| json.0).unwrap_or_default(),
                },
                _ => EventKind::Error {
                    message: row
                        .error
                        .and_then(|json| json.get("message")?.as_str().map(str::to_owned))
                        .unwrap_or_else(|| "the run was stopped".to_owned()),
                },
            };
            events.push(make(row.seq.max(self.seq), at, None, None, kind));
        } else if matches!(row.state.as_str(), "waiting" | "paused") && row.seq > self.seq {
            // Who comes late learns that nothing more will come for now.
            let at = events.last().map(|event| event.at).or(row.started_at);
            let at = at.unwrap_or_else(|| self.engine.now());
            events.push(make(row.seq, at, None, None, EventKind::Waiting));
        }
        Some(events)
    }
}
