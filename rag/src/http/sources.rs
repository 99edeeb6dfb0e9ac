use accounts::http::{ApiError, ErrorBody, Member, Paging, StrictJson};
use accounts::{Page, PageRequest, Permission};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::jobs::JobView;
use super::path::{Ids, PageQuery, below, open};
use crate::index::Place;
use crate::ingest::SourceTrial;
use crate::library::{CollectionSource, SourceFile};
use crate::rag::Rag;
use crate::source::NewSource;
use crate::{CollectionId, SourceFileId, SourceId};

/// A source with how its last sync went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceView {
    #[serde(flatten)]
    source: CollectionSource,
    /// Whether a secret key is stored for it.
    has_secret: bool,
    /// Its newest sync; `null` before the first.
    last_job: Option<JobView>,
}

impl SourceView {
    async fn of(rag: &Rag, place: Place, source: CollectionSource) -> Result<Self, ApiError> {
        let job = rag.library().last_sync(place, source.id).await?;
        Ok(Self {
            has_secret: source.credential_id.is_some(),
            last_job: job.map(|job| JobView::new(rag, job)),
            source,
        })
    }
}

/// A source to be tried.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct TestQuery {
    /// The source whose stored secret is used where the body has none.
    source_id: Option<SourceId>,
}

/// Which files of a source.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FilesQuery {
    /// Only files that could not be taken, and documents that failed.
    #[serde(default)]
    failed: bool,
    /// Rows on the page, 1 to 500; 50 when absent.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the folders and buckets that a collection is kept in step with, newest first.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/sources", tag = "Sources",
    operation_id = "list_collection_sources",
    params(("id" = CollectionId, Path, description = "The collection's id"), PageQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Page<SourceView>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    Paging(page): Paging,
) -> Result<Json<Page<SourceView>>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let before = below(page, SourceId::from_uuid);
    let mut views = Vec::new();
    for source in rag.library().list_sources(place, before, rows).await? {
        views.push(SourceView::of(&rag, place, source).await?);
    }
    Ok(Json(
        page.page(views, |view: &SourceView| view.source.id.uuid()),
    ))
}

/// Keeps a collection in step with a folder of the server or an S3-compatible bucket.
///
/// Nothing is read before the first sync: begin it, or wait for `interval_minutes`.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/sources", tag = "Sources",
    operation_id = "create_collection_source",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = NewSource, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 201, body = SourceView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(new): StrictJson<NewSource>,
) -> Result<(StatusCode, Json<SourceView>), ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let source = rag
        .create_source(&member.0, &member.actor(), place, new)
        .await?;
    let view = SourceView::of(&rag, place, source).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Tries a source without keeping it: lists what it would give and opens one file.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/sources/test", tag = "Sources",
    operation_id = "test_collection_source",
    params(("id" = CollectionId, Path, description = "The collection's id"), TestQuery),
    request_body = NewSource, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = SourceTrial), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn test(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    query: Result<Query<TestQuery>, QueryRejection>,
    StrictJson(new): StrictJson<NewSource>,
) -> Result<Json<SourceTrial>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    Ok(Json(rag.try_source(place, new, query.source_id).await?))
}

/// Shows one source.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/sources/{source_id}", tag = "Sources",
    operation_id = "get_collection_source",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("source_id" = SourceId, Path, description = "The source's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = SourceView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, source)): Ids<(CollectionId, SourceId)>,
) -> Result<Json<SourceView>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let source = rag.library().get_source(place, source).await?;
    Ok(Json(SourceView::of(&rag, place, source).await?))
}

/// Replaces what a source is; its secret stays where the body has none.
#[utoipa::path(
    put, path = "/api/v1/collections/{id}/sources/{source_id}", tag = "Sources",
    operation_id = "update_collection_source",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("source_id" = SourceId, Path, description = "The source's id"),
    ),
    request_body = NewSource, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = SourceView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, source)): Ids<(CollectionId, SourceId)>,
    StrictJson(new): StrictJson<NewSource>,
) -> Result<Json<SourceView>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let source = rag
        .update_source(&member.0, &member.actor(), place, source, new)
        .await?;
    Ok(Json(SourceView::of(&rag, place, source).await?))
}

/// Deletes a source with its secret; its documents stay.
#[utoipa::path(
    delete, path = "/api/v1/collections/{id}/sources/{source_id}", tag = "Sources",
    operation_id = "delete_collection_source",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("source_id" = SourceId, Path, description = "The source's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, source)): Ids<(CollectionId, SourceId)>,
) -> Result<StatusCode, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    rag.delete_source(&member.actor(), place, source).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins a sync; gives the one that waits or runs already where there is one.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/sources/{source_id}/sync", tag = "Sources",
    operation_id = "sync_collection_source",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("source_id" = SourceId, Path, description = "The source's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = JobView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn sync(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, source)): Ids<(CollectionId, SourceId)>,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let job = rag.sync_source(&member.0, place, source).await?;
    Ok((StatusCode::ACCEPTED, Json(JobView::new(&rag, job))))
}

/// Lists a source's files with what became of each, newest first.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/sources/{source_id}/files", tag = "Sources",
    operation_id = "list_collection_source_files",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("source_id" = SourceId, Path, description = "The source's id"),
        FilesQuery,
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Page<SourceFile>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn files(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, source)): Ids<(CollectionId, SourceId)>,
    query: Result<Query<FilesQuery>, QueryRejection>,
) -> Result<Json<Page<SourceFile>>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let page = PageRequest::new(query.limit, query.cursor.as_deref())?;
    let source = rag.library().get_source(place, source).await?;
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let before = below(page, SourceFileId::from_uuid);
    let found = rag
        .library()
        .list_source_files(place, source.id, query.failed, before, rows)
        .await?;
    Ok(Json(page.page(found, |file: &SourceFile| file.id.uuid())))
}
