//! Progress as server-sent events.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member};
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::Deserialize;
use store::Micros;
use utoipa::IntoParams;

use super::jobs::JobView;
use super::path::{Ids, open};
use crate::index::Place;
use crate::library::JobState;
use crate::rag::Rag;
use crate::{CollectionId, JobId};

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Longest stream; clients connect again.
const LONGEST: u32 = 7200;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// One job alone; the stream ends with it. All of the collection when absent.
    #[param(value_type = Option<JobId>)]
    job_id: Option<JobId>,
}

struct Watched {
    rag: Rag,
    place: Place,
    only: Option<JobId>,
    since: Micros,
    /// When each job was sent last, as it was then.
    sent: HashMap<JobId, Micros>,
    looks: u32,
    ended: bool,
}

/// Streams the progress of jobs: an event `job` with the job whenever one changes.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/events", tag = "Documents",
    operation_id = "stream_ingestion_events",
    params(("id" = CollectionId, Path, description = "The collection's id"), EventQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses(
        (status = 200, description = "Events", content_type = "text/event-stream"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn events(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    query: Result<Query<EventQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let mut since = rag.library().now().minus(Duration::from_secs(60));
    if let Some(job) = query.job_id {
        rag.library().get_job(place, job).await?;
        since = Micros(0);
    }
    let watched = Watched {
        rag,
        place,
        only: query.job_id,
        since,
        sent: HashMap::new(),
        looks: 0,
        ended: false,
    };
    let batches = futures_util::stream::unfold(watched, |mut watched| async move {
        let batch = watched.next().await?;
        Some((futures_util::stream::iter(batch), watched))
    });
    let events = futures_util::StreamExt::flatten(batches);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Watched {
    /// The events of the next change; `None` when the stream is over.
    async fn next(&mut self) -> Option<Vec<Result<Event, Infallible>>> {
        loop {
            if self.ended || self.looks >= LONGEST {
                return None;
            }
            if self.looks > 0 {
                tokio::time::sleep(LOOK).await;
            }
            self.looks += 1;
            let jobs = match self
                .rag
                .library()
                .changed_jobs(self.place, self.only, self.since)
                .await
            {
                Ok(jobs) => jobs,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the progress of jobs");
                    continue;
                }
            };
            // A moment is read twice: two changes may fall into the same one.
            if let Some(last) = jobs.last() {
                self.since = last.updated_at;
            }
            let mut events = Vec::new();
            for job in jobs {
                if self.sent.insert(job.id, job.updated_at) == Some(job.updated_at) {
                    continue;
                }
                let view = JobView::new(&self.rag, job);
                let over = !matches!(view.job().state, JobState::Queued | JobState::Running);
                self.ended |= over && self.only == Some(view.job().id);
                let event = Event::default().event("job").json_data(&view);
                events.extend(event.ok().map(Ok));
            }
            if !events.is_empty() {
                return Some(events);
            }
        }
    }
}
