//! What the API tells of schedules.

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Micros;
use utoipa::ToSchema;

use super::schedules_of;
use crate::calendar::next_times;
use crate::deploy::Deployments;
use crate::graph::Graph;
use crate::ids::RunId;
use crate::nodes::Missed;
use crate::sql::workflows::Workflow;
use crate::{Result, sql};

/// Coming times that a deployment shows.
const SHOWN: usize = 5;
/// Coming times that a preview gives at most.
const MAX_COUNT: usize = 20;

/// A schedule of a live version.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::deploy) struct DeployedSchedule {
    /// The trigger.
    node_id: String,
    /// Lines in plain words or of cron with five fields.
    times: Vec<String>,
    /// Where these times are meant.
    timezone: String,
    /// What happens to times that came while no server ran.
    missed: Missed,
    /// The next five times, as long as the flow is active.
    next: Vec<Micros>,
    /// The last time that came within a week; `null`: none.
    last: Option<LastTick>,
}

/// A time that came.
#[derive(Debug, Serialize, ToSchema)]
struct LastTick {
    /// The time.
    scheduled_at: Micros,
    /// The run it began; `null`: none.
    run_id: Option<RunId>,
    /// Why it began no run.
    error: Option<String>,
}

/// The schedules of a flow's live version.
pub(in crate::deploy) async fn schedules(
    deployments: &Deployments,
    flow: &Workflow,
    graph: &Graph,
) -> Result<Vec<DeployedSchedule>> {
    let found = schedules_of(graph);
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let flows = &deployments.flows;
    let now = flows.now();
    let mut ticks = sql::schedules::last(flows.db(), flow.org_id, flow.id).await?;
    let shown = found.into_iter().map(|schedule| {
        let node_id = schedule.node_id.to_string();
        let tick = ticks.iter().position(|tick| tick.node_id == node_id);
        let last = tick.map(|at| ticks.swap_remove(at)).map(|tick| LastTick {
            scheduled_at: tick.scheduled_at,
            run_id: (tick.done_at.is_some() && tick.error.is_none()).then_some(tick.run_id),
            error: tick.error,
        });
        DeployedSchedule {
            node_id,
            next: schedule.calendar.after(now).take(SHOWN).collect(),
            times: schedule.settings.times,
            timezone: schedule.settings.timezone,
            missed: schedule.settings.missed,
            last,
        }
    });
    Ok(shown.collect())
}

/// Times to look at before they are saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"times": ["0 9 * * 1-5"], "timezone": "Europe/Berlin", "count": 5}))]
pub(in crate::deploy) struct PreviewSchedule {
    /// Lines in plain words or of cron with five fields, 1 to 20.
    times: Vec<String>,
    /// Where these times are meant.
    #[serde(default)]
    timezone: String,
    /// How many times, 1 to 20.
    #[serde(default = "shown")]
    count: usize,
}

const fn shown() -> usize {
    SHOWN
}

/// Coming times.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::deploy) struct SchedulePreview {
    /// In order.
    next: Vec<Micros>,
}

/// Show the next times of a schedule
///
/// What lines of cron or in plain words mean somewhere, from now on. A wrong line is refused with the field or word that is wrong.
#[utoipa::path(
    post, path = "/api/v1/schedules/preview", tag = "Deployments", operation_id = "preview_schedule",
    request_body = PreviewSchedule, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = SchedulePreview), (status = "4XX", body = ErrorBody)),
)]
pub(in crate::deploy) async fn preview(
    State(deployments): State<Deployments>,
    member: Member,
    StrictJson(wanted): StrictJson<PreviewSchedule>,
) -> Result<Json<SchedulePreview>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let PreviewSchedule {
        times,
        timezone,
        count,
    } = wanted;
    if !(1..=MAX_COUNT).contains(&count) {
        let message = format!("`count` must be 1 to {MAX_COUNT}, not {count}");
        return Err(ApiError::invalid(message));
    }
    let now = deployments.flows.now();
    let next = next_times(&times, &timezone, now, count).map_err(ApiError::invalid)?;
    Ok(Json(SchedulePreview { next }))
}
