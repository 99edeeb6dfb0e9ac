//! Messages of visitors and their answers, as they are kept: what has become of a run is looked up when
//! somebody asks, so nothing is lost when a visitor leaves early or the server dies.

use std::time::Duration;

use accounts::http::ApiError;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};
use store::Micros;

use super::settings::PageKind;
use super::visit::Guest;
use super::{OpenPage, digest, random, unavailable};
use crate::deploy::Deployments;
use crate::deploy::speaker::answer_of;
use crate::ids::{ConversationId, RunId, TurnId};
use crate::run::Start;
use crate::sql::pages::{self, NewConversation, TurnRow};

/// How long a conversation is kept in which nothing is said.
pub(super) const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Turns that a page shows, and that a flow can be told of.
const MOST: i64 = 100;
/// A message whose run is not there so long afterwards has none.
const LOST: Duration = Duration::from_secs(60);
const MAX_CITATIONS: usize = 50;
const MAX_QUOTE: usize = 1_000;
/// The header with a conversation's secret.
const CONVERSATION: &str = "x-nab-conversation";

/// A turn as its visitor sees it.
#[derive(Debug, Serialize)]
pub(super) struct Turn {
    id: TurnId,
    message: String,
    files: Vec<String>,
    /// `running`, `waiting` (for a person or a time), `done` or `failed`.
    pub(super) state: String,
    pub(super) answer: Option<String>,
    pub(super) citations: Value,
    created_at: Micros,
}

/// A conversation, and its secret when it has just begun.
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    pub(super) secret: Option<String>,
}

/// The conversation that a request names, if it is this visitor's and this page's.
pub(super) async fn find(
    deployments: &Deployments,
    guest: &Guest,
    headers: &HeaderMap,
) -> Result<Option<ConversationId>, ApiError> {
    let secret = headers
        .get(CONVERSATION)
        .and_then(|text| text.to_str().ok());
    let Some(secret) = secret else {
        return Ok(None);
    };
    let db = deployments.flows.db();
    let found = pages::find_conversation(db, &guest.page.row, &digest(secret)).await;
    let found = found.map_err(|error| unavailable(error.into()))?;
    Ok(found.and_then(|(id, user)| (user == guest.user).then_some(id)))
}

/// A new conversation of this visitor.
pub(super) async fn begin(
    deployments: &Deployments,
    guest: &Guest,
) -> Result<Conversation, ApiError> {
    let secret = random();
    let new = NewConversation {
        id: ConversationId::new(),
        org_id: guest.page.row.org_id,
        workflow_id: guest.page.row.workflow_id,
        kind: guest.page.kind.word(),
        digest: &digest(&secret),
        user_id: guest.user,
        now: deployments.flows.now(),
    };
    let made = pages::insert_conversation(deployments.flows.db(), &new).await;
    made.map_err(|error| unavailable(error.into()))?;
    Ok(Conversation {
        id: new.id,
        secret: Some(secret),
    })
}

/// The turns of a conversation, the oldest first, with what has become of them.
pub(super) async fn all(
    deployments: &Deployments,
    page: &OpenPage,
    conversation: ConversationId,
) -> Result<Vec<TurnRow>, ApiError> {
    let db = deployments.flows.db();
    let found = pages::turns(db, page.row.org_id, conversation, MOST).await;
    let mut found = found.map_err(|error| unavailable(error.into()))?;
    found.reverse();
    for turn in &mut found {
        refresh(deployments, page, turn).await?;
    }
    Ok(found)
}

/// Writes a message down and begins its run.
pub(super) async fn start(
    deployments: &Deployments,
    page: &OpenPage,
    new: NewTurn,
) -> Result<TurnRow, ApiError> {
    let db = deployments.flows.db();
    let turn = TurnRow {
        id: TurnId::new(),
        org_id: page.row.org_id,
        conversation_id: new.conversation,
        message: new.message,
        files: store::Json(new.files),
        run_id: RunId::new(),
        state: "running".to_owned(),
        answer: None,
        citations: None,
        created_at: deployments.flows.now(),
    };
    let gone = || ApiError::not_found("there is no page at this address, or it is switched off");
    let who = deployments.publisher(page.row.org_id, &page.flow).await;
    let who = who.map_err(|error| unavailable(error.into()))?;
    let who = who.ok_or_else(gone)?;
    let written = pages::insert_turn(db, &turn).await;
    written.map_err(|error| unavailable(error.into()))?;
    let start = Start {
        flow: page.flow.clone(),
        input: new.input,
        trigger: page.kind.word().to_owned(),
        options: crate::run::Options {
            trigger_node: Some(page.trigger.id.clone()),
            ..crate::run::Options::default()
        },
        depth: 0,
    };
    let started = deployments.engine.start_as(&who, turn.run_id, start).await;
    if let Err(error) = started {
        tracing::warn!(%error, flow = %page.row.workflow_id, "the run of a page cannot begin");
        let failed = TurnRow {
            state: "failed".to_owned(),
            ..turn
        };
        let noted = pages::settle_turn(db, &failed).await;
        noted.map_err(|error| unavailable(error.into()))?;
        return Ok(failed);
    }
    Ok(turn)
}

/// What a visitor sent.
pub(super) struct NewTurn {
    pub(super) conversation: ConversationId,
    pub(super) message: String,
    pub(super) files: Vec<String>,
    pub(super) input: Value,
}

/// Looks up what has become of a turn, and notes its end.
pub(super) async fn refresh(
    deployments: &Deployments,
    page: &OpenPage,
    turn: &mut TurnRow,
) -> Result<(), ApiError> {
    if matches!(turn.state.as_str(), "done" | "failed") {
        return Ok(());
    }
    let run = deployments.engine.row(turn.org_id, turn.run_id).await;
    let run = run.map_err(|error| unavailable(error.into()))?;
    let age = deployments.flows.now().since(turn.created_at);
    let state = match run.as_ref().map(|run| run.state.as_str()) {
        None if age > LOST => "failed",
        Some("completed") => "done",
        Some("failed" | "cancelled") => "failed",
        Some("waiting" | "paused") => "waiting",
        _ => "running",
    };
    state.clone_into(&mut turn.state);
    if !matches!(state, "done" | "failed") {
        return Ok(());
    }
    if state == "done" {
        let nodes = &mut page.flow.graph.nodes.iter();
        let returns = nodes.any(|node| node.kind == "output.return" && !node.disabled);
        let output = run.and_then(|run| run.output).filter(|_| returns);
        let output = output.map(|json| json.0).unwrap_or_default();
        turn.answer = Some(answer_of(&output));
        turn.citations = citations(&output).map(store::Json);
    }
    let noted = pages::settle_turn(deployments.flows.db(), turn).await;
    noted.map_err(|error| unavailable(error.into()))
}

/// Of the citations that a flow returns, what is for its visitors: no ids.
fn citations(output: &Value) -> Option<Value> {
    let all = output
        .get("citations")?
        .as_array()?
        .iter()
        .take(MAX_CITATIONS);
    let shown = all.map(|one| {
        let quote = one.get("quote").and_then(Value::as_str).unwrap_or_default();
        json!({
            "number": one.get("number"),
            "document": one.get("document_name"),
            "page": one.get("page_start"),
            "quote": quote.chars().take(MAX_QUOTE).collect::<String>(),
        })
    });
    Some(shown.collect())
}

/// A turn as its visitor sees it.
pub(super) fn show(page: &OpenPage, row: TurnRow) -> Turn {
    let thanks = page.trigger.settings.get("thanks").and_then(Value::as_str);
    let is_form = page.kind == PageKind::Form;
    let answer = match row.answer {
        Some(text) if text.is_empty() && is_form => thanks.map(str::to_owned),
        answer => answer,
    };
    Turn {
        id: row.id,
        message: row.message,
        files: row.files.0,
        state: row.state,
        answer,
        citations: row.citations.map_or_else(|| json!([]), |json| json.0),
        created_at: row.created_at,
    }
}

/// Answers with the turns of the conversation whose secret the request has.
pub(super) async fn read(
    State(deployments): State<Deployments>,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let found = find(&deployments, &guest, &headers).await?;
    let found = found.ok_or_else(|| ApiError::not_found("this conversation does not exist"))?;
    let turns = all(&deployments, &guest.page, found).await?;
    let turns: Vec<Turn> = turns
        .into_iter()
        .map(|row| show(&guest.page, row))
        .collect();
    Ok(Json(json!({"turns": turns})))
}
