use std::time::Duration;

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::OrgId;
use utoipa::ToSchema;

use super::{broken, not_found, refused};
use crate::ids::WorkflowId;
use crate::run::{Engine, Options, RunInfoRow, Start, Started, Wanted};

pub(crate) fn check_timeout(timeout_ms: u64) -> Result<(), ApiError> {
    if (1..=300_000).contains(&timeout_ms) {
        return Ok(());
    }
    Err(ApiError::invalid("`timeout_ms` must be 1 to 300,000"))
}

/// How the answer comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExecutionMode)]
pub(crate) enum Mode {
    /// When the run has ended, waits, or the time is over.
    #[default]
    Sync,
    /// At once; ask for the execution later.
    Async,
    /// As events, until the run ends.
    Stream,
}

/// A run to be started.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"input": {"text": "Hello"}, "mode": "sync"}))]
pub(super) struct Execute {
    /// What it begins with: `input` in expressions.
    #[schema(value_type = Object)]
    pub input: Value,
    /// A published version; the live one when absent.
    pub version: Option<u32>,
    /// Run the draft. Pinned data, mocks, targets and other inputs need it or a version.
    pub draft: bool,
    /// How the answer comes.
    pub mode: Mode,
    /// Longest wait of a `sync` call, in milliseconds, 1 to 300,000.
    pub timeout_ms: u64,
    /// The kind of trigger to begin at.
    pub trigger: String,
    /// Limits, pinned data, mocks, a target.
    pub options: Options,
}

impl Default for Execute {
    fn default() -> Self {
        Self {
            input: json!({}),
            version: None,
            draft: false,
            mode: Mode::Sync,
            timeout_ms: 30_000,
            trigger: "manual".to_owned(),
            options: Options::default(),
        }
    }
}

/// Runs a flow.
///
/// `sync` answers 200 with the ended execution, or 202 with its present state when it waits or the time
/// is over; `async` answers 202 at once; `stream` answers with server-sent events.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/execute", tag = "Executions", operation_id = "execute_workflow",
    params(("id" = WorkflowId, Path, description = "The flow's id")),
    request_body = Execute, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("flows:run"))),
    responses((status = 200, body = RunInfoRow), (status = 202, body = RunInfoRow), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn execute(
    State(engine): State<Engine>,
    member: Member,
    Id(id): Id<WorkflowId>,
    StrictJson(wanted): StrictJson<Execute>,
) -> Result<Response, ApiError> {
    let who = member.require(Permission::FlowsRun)?;
    check_timeout(wanted.timeout_ms)?;
    let which = if wanted.draft {
        Wanted::Draft(id)
    } else {
        Wanted::Published(id, wanted.version)
    };
    let found = engine.catalogue().find(member.org_id(), &which).await;
    let flow = found.map_err(refused)?.ok_or_else(|| {
        ApiError::not_found(format!(
            "there is no flow {id} with such a published version; publish it, or run its draft"
        ))
    })?;
    let start = Start {
        flow,
        input: wanted.input,
        trigger: wanted.trigger,
        options: wanted.options,
        depth: 0,
    };
    let started = engine.start(who, start).await.map_err(refused)?;
    answer(
        engine,
        member.org_id(),
        started,
        wanted.mode,
        wanted.timeout_ms,
    )
    .await
}

/// Answers who began a run, as it wants it.
pub(crate) async fn answer(
    engine: Engine,
    org: OrgId,
    started: Started,
    mode: Mode,
    timeout_ms: u64,
) -> Result<Response, ApiError> {
    match mode {
        Mode::Stream => {
            return Ok(super::events::stream(engine, org, started.id, 0));
        }
        Mode::Async => {}
        Mode::Sync => {
            let most = Duration::from_millis(timeout_ms);
            match started.end {
                Some(end) => {
                    let _ = tokio::time::timeout(most, end).await;
                }
                None => {
                    let waited = engine.wait(org, started.id, most).await;
                    waited.map_err(broken)?;
                }
            }
        }
    }
    let row = engine.row(org, started.id).await.map_err(broken)?;
    let row = row.ok_or_else(|| not_found(started.id))?;
    let status = if row.ended_at.is_some() && mode == Mode::Sync {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(RunInfoRow::from(row))).into_response())
}
