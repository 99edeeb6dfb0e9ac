use std::convert::Infallible;

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::path::{Ids, open};
use crate::ask::{Answer, AskEvent, AskRequest};
use crate::rag::Rag;
use crate::{CollectionId, Error, ErrorKind};

/// Answers a question from a collection, with checked citations.
///
/// With `stream: true` the answer is a stream of events: `sources` first, then `text`, `citation` and
/// `flag` as they come, `done` last; `error` in its place when the answer breaks.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/ask", tag = "Search", operation_id = "ask_collection",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = AskRequest,
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:use"))),
    responses((status = 200, body = Answer), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn ask(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(request): StrictJson<AskRequest>,
) -> Result<Response, ApiError> {
    let who = member.require(Permission::ModelsUse)?;
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let streams = request.stream;
    let order = request.into_order(vec![place])?;
    let answer = rag.ask().run(who, None, order).await?;
    if !streams {
        return Ok(Json(Answer::collect(answer).await?).into_response());
    }
    let events = answer.map(|event| {
        let (name, body) = match event {
            Ok(event) => event_of(event),
            Err(error) => ("error", failure(&error)),
        };
        Ok::<_, Infallible>(Event::default().event(name).data(body.to_string()))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::default());
    Ok(stream.into_response())
}

fn event_of(event: AskEvent) -> (&'static str, Value) {
    match event {
        AskEvent::Sources {
            queries,
            model,
            notes,
            sources,
        } => (
            "sources",
            json!({"queries": queries, "model": model, "notes": notes, "sources": sources}),
        ),
        AskEvent::Text(text) => ("text", json!({"text": text})),
        AskEvent::Citation(citation) => ("citation", json!(citation)),
        AskEvent::Flag(flag) => ("flag", json!(flag)),
        AskEvent::ToolCalls(calls) => ("tool_calls", calls),
        AskEvent::Done {
            found,
            finish_reason,
            usage,
        } => (
            "done",
            json!({"found": found, "finish_reason": finish_reason, "usage": usage}),
        ),
    }
}

/// The error as the document's error form has it.
fn failure(error: &Error) -> Value {
    let code = match error.kind {
        ErrorKind::Model(_) => "model_failed",
        ErrorKind::Internal => "internal_error",
        _ => "temporarily_unavailable",
    };
    json!({"error": {"code": code, "message": error.message}})
}
