use accounts::http::{ApiError, ErrorBody, Member, Paging, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::path::{Ids, PageQuery, below, open};
use crate::library::{Job, JobKind};
use crate::rag::Rag;
use crate::{CollectionId, JobId};

/// A job, with what its numbers say.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct JobView {
    #[serde(flatten)]
    job: Job,
    /// How far it is, 0 to 100; `null` while nobody knows.
    percent: Option<i64>,
    /// Seconds that it will take still, by its pace so far; `null` while nobody knows.
    seconds_left: Option<u64>,
}

impl JobView {
    pub(super) fn new(rag: &Rag, job: Job) -> Self {
        let part = |done: i64, total: Option<i64>| {
            let total = total.filter(|total| *total > 0)?;
            Some((done * 100 / total).clamp(0, 100))
        };
        let percent = match job.state {
            crate::library::JobState::Done => Some(100),
            _ => part(job.chunks_done, job.chunks_total)
                .or_else(|| part(job.pages_done, job.pages_total)),
        };
        Self {
            seconds_left: rag.time_left(&job).map(|left| left.as_secs()),
            job,
            percent,
        }
    }

    pub(super) fn job(&self) -> &Job {
        &self.job
    }
}

/// Work on a whole collection.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// Cuts all documents again, by the settings of the collection.
    Rechunk,
    /// Embeds all chunks again, by the model of the settings.
    Reembed,
    /// Indexes all texts again, for the language of the settings.
    Reindex,
}

/// Work on a whole collection, to be queued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "rechunk"}))]
pub(super) struct NewWork {
    /// What is to be done.
    kind: Work,
}

/// Lists a collection's jobs, newest first.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/jobs", tag = "Documents",
    operation_id = "list_ingestion_jobs",
    params(("id" = CollectionId, Path, description = "The collection's id"), PageQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Page<JobView>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    Paging(page): Paging,
) -> Result<Json<Page<JobView>>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let before = below(page, JobId::from_uuid);
    let found = rag.library().list_jobs(place, before, rows).await?;
    let view = |job| JobView::new(&rag, job);
    let views = found.into_iter().map(view).collect();
    Ok(Json(page.page(views, |view: &JobView| view.job.id.uuid())))
}

/// Queues work on a whole collection: it answers as before until that is done.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/jobs", tag = "Documents",
    operation_id = "create_ingestion_job",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = NewWork, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = JobView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(wanted): StrictJson<NewWork>,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let kind = match wanted.kind {
        Work::Rechunk => JobKind::Rechunk,
        Work::Reembed => JobKind::Reembed,
        Work::Reindex => JobKind::Reindex,
    };
    let job = rag.reindex(&member.0, place, kind).await?;
    Ok((StatusCode::ACCEPTED, Json(JobView::new(&rag, job))))
}

/// Shows one job.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/jobs/{job_id}", tag = "Documents",
    operation_id = "get_ingestion_job",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("job_id" = JobId, Path, description = "The job's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = JobView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, job)): Ids<(CollectionId, JobId)>,
) -> Result<Json<JobView>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let job = rag.library().get_job(place, job).await?;
    Ok(Json(JobView::new(&rag, job)))
}

/// Cancels a job that waits or runs; a running one ends within two seconds.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/jobs/{job_id}/cancel", tag = "Documents",
    operation_id = "cancel_ingestion_job",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("job_id" = JobId, Path, description = "The job's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = JobView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn cancel(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, job)): Ids<(CollectionId, JobId)>,
) -> Result<Json<JobView>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let job = rag.cancel(place, job).await?;
    Ok(Json(JobView::new(&rag, job)))
}
