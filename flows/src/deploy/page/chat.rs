//! A message to a chat page, and its answer while it grows.

use std::convert::Infallible;
use std::time::Duration;

use accounts::http::{ApiError, StrictJson};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::settings::PageKind;
use super::turn::{self, Conversation, NewTurn};
use super::upload::{self, Upload};
use super::visit::{Guest, no_page};
use super::{OpenPage, limits};
use crate::deploy::Deployments;
use crate::deploy::speaker::{PORT, speaker};
use crate::graph::{Graph, NodeId};
use crate::run::EventKind;
use crate::run::http::Watch;
use crate::sql::pages::TurnRow;

/// How long an answer's stream stays open while its run waits for a person or a time.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a visitor says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    message: String,
    #[serde(default)]
    files: Vec<Upload>,
}

/// Takes a message and streams its answer: `begun`, `text`, `waiting`, and `done` or `failed`.
pub(super) async fn send(
    State(deployments): State<Deployments>,
    guest: Guest,
    headers: HeaderMap,
    StrictJson(said): StrictJson<Said>,
) -> Result<Response, ApiError> {
    let page = &guest.page;
    if page.kind != PageKind::Chat {
        return Err(no_page());
    }
    let takes_files = page.trigger.settings.get("allow_files") == Some(&Value::Bool(true));
    if !said.files.is_empty() && !takes_files {
        return Err(ApiError::invalid("this chat takes no files"));
    }
    let message = said.message.trim().to_owned();
    if message.is_empty() {
        return Err(ApiError::invalid("the message is empty"));
    }
    check_length(page, &message)?;
    let files = upload::read(said.files).map_err(ApiError::invalid)?;
    limits::message(&deployments, page, &guest.visitor).await?;
    let conversation = match turn::find(&deployments, &guest, &headers).await? {
        Some(id) => Conversation { id, secret: None },
        None => turn::begin(&deployments, &guest).await?,
    };
    let before = match conversation.secret {
        None => turn::all(&deployments, page, conversation.id).await?,
        Some(_) => Vec::new(),
    };
    let names = files.names();
    let blobs = &deployments.engine.services().blobs;
    let files = files.keep(&**blobs, page.row.org_id).await;
    let files = files.map_err(|error| {
        tracing::error!(%error, "a visitor's files cannot be kept");
        ApiError::internal()
    })?;
    let new = NewTurn {
        conversation: conversation.id,
        input: json!({
            "message": message,
            "messages": messages(before),
            "files": files,
            "conversation_id": conversation.id,
        }),
        message,
        files: names,
    };
    // First the ear, then the run: nothing is missed.
    let heard = deployments.engine.hub().subscribe();
    let row = turn::start(&deployments, page, new).await?;
    let engine = deployments.engine.clone();
    let answer = Answering {
        begun: Some(json!({"type": "begun", "conversation": conversation.secret, "turn": row.id})),
        watch: Watch::of_new(engine, row.org_id, row.run_id, heard),
        voice: voice(&page.flow.graph),
        row,
        deployments: deployments.clone(),
        guest,
        until: None,
        is_over: false,
    };
    let frames = futures_util::stream::unfold(answer, |mut answer| async move {
        let data = answer.next().await?;
        let frame = Frame::default().data(data.to_string());
        Some((Ok::<_, Infallible>(frame), answer))
    });
    Ok(Sse::new(frames)
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// Refuses texts that are longer than the page takes.
pub(super) fn check_length(page: &OpenPage, text: &str) -> Result<(), ApiError> {
    let most = page.settings.max_message_chars;
    if text.chars().count() <= usize::try_from(most).unwrap_or(usize::MAX) {
        return Ok(());
    }
    let message = format!("a text has more than {most} characters: shorten it");
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "message_too_long",
        message,
    ))
}

/// What was said and answered before.
fn messages(before: Vec<TurnRow>) -> Vec<Value> {
    let mut messages = Vec::new();
    for turn in before.into_iter().filter(|turn| turn.state == "done") {
        messages.push(json!({"role": "user", "content": turn.message}));
        messages.push(json!({"role": "assistant", "content": turn.answer}));
    }
    messages
}

/// The node, and its output, whose growing text is the answer: as of any flow, and here, where the whole
/// text comes at the end once more, the answer from documents as well, whose marks may still change.
fn voice(graph: &Graph) -> Option<(NodeId, &'static str)> {
    const ANSWER: &str = "answer";
    if let Some(node) = speaker(graph) {
        return Some((node, PORT));
    }
    let active = || graph.nodes.iter().filter(|node| !node.disabled);
    let mut returns = active().filter(|node| node.kind == "output.return");
    let (Some(last), None) = (returns.next(), returns.next()) else {
        return None;
    };
    let mut asks = active().filter(|node| node.kind == "knowledge.ask" && node.parent.is_none());
    let (Some(ask), None) = (asks.next(), asks.next()) else {
        return None;
    };
    let mut edges = graph.edges.iter();
    let by_edge = edges.any(|edge| {
        edge.to.node == last.id && edge.from.node == ask.id && edge.from.port == ANSWER
    });
    let text = last.settings.get("value").and_then(Value::as_str);
    let text = text.unwrap_or_default().replace(' ', "");
    let whole = format!("{{{{nodes.{}.output}}}}", ask.id);
    let part = format!("{{{{nodes.{}.output.answer}}}}", ask.id);
    (by_edge || text == whole || text == part).then(|| (ask.id.clone(), ANSWER))
}

/// An answer on its way to a visitor. When the visitor leaves, the run goes on: its answer is there when
/// the visitor comes back.
struct Answering {
    begun: Option<Value>,
    watch: Watch,
    voice: Option<(NodeId, &'static str)>,
    row: TurnRow,
    deployments: Deployments,
    guest: Guest,
    /// While the run waits: when the stream ends without an answer.
    until: Option<Instant>,
    is_over: bool,
}

impl Answering {
    async fn next(&mut self) -> Option<Value> {
        if let Some(begun) = self.begun.take() {
            return Some(begun);
        }
        if self.is_over {
            return None;
        }
        if self.row.state == "failed" {
            return Some(self.end().await);
        }
        loop {
            let event = match self.until {
                None => self.watch.next().await,
                Some(until) => tokio::time::timeout_at(until, self.watch.next())
                    .await
                    .ok()?,
            };
            let Some(event) = event else {
                return Some(self.end().await);
            };
            match &event.kind {
                EventKind::NodeStreamed { port, piece } => {
                    let voice = self.voice.as_ref();
                    let is_answer = voice
                        .is_some_and(|(node, of)| event.node.as_ref() == Some(node) && port == of);
                    let text = piece.as_str().unwrap_or_default();
                    if is_answer && !text.is_empty() {
                        return Some(json!({"type": "text", "text": text}));
                    }
                }
                EventKind::Waiting if self.until.is_none() => {
                    self.until = Some(Instant::now() + PATIENCE);
                    return Some(json!({"type": "waiting"}));
                }
                EventKind::Started => self.until = None,
                EventKind::Completed { .. } | EventKind::Error { .. } => {
                    return Some(self.end().await);
                }
                _ => {}
            }
        }
    }

    /// The whole answer, or that there is none: why is not for visitors, the flow's runs say it.
    async fn end(&mut self) -> Value {
        self.is_over = true;
        let page = &self.guest.page;
        if let Err(error) = turn::refresh(&self.deployments, page, &mut self.row).await {
            tracing::warn!(?error, "an answer cannot be read");
        }
        let turn = turn::show(page, self.row.clone());
        let kind = if turn.state == "done" {
            "done"
        } else {
            "failed"
        };
        json!({"type": kind, "turn": turn})
    }
}
