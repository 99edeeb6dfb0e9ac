use accounts::http::{ApiError, ErrorBody, Member, Paging, StrictJson};
use accounts::{Change, Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::path::{Ids, PageQuery, below, open};
use crate::library::{Case, CaseResult, EvaluationSettings, NewCase, Run};
use crate::rag::Rag;
use crate::{CaseId, CollectionId, RunId};

/// All questions of a collection.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Cases {
    /// Oldest first.
    data: Vec<Case>,
}

/// An evaluation to be begun.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Text only, ten results",
    "settings": {"search": {"mode": "text", "limit": 10}}}))]
pub(super) struct NewRun {
    /// Name for people.
    name: String,
    /// What is evaluated; the collection's defaults when absent.
    #[serde(default)]
    settings: EvaluationSettings,
}

/// An evaluation with what each question found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunView {
    #[serde(flatten)]
    run: Run,
    /// In the order of the questions, as far as it is.
    results: Vec<CaseResult>,
}

/// Lists the questions that a collection is evaluated by, oldest first; 1,000 at most.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/evaluation/cases", tag = "Evaluation",
    operation_id = "list_evaluation_cases",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Cases), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_cases(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
) -> Result<Json<Cases>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let data = rag.library().list_cases(place).await?;
    Ok(Json(Cases { data }))
}

/// Keeps a question with what it should find.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/evaluation/cases", tag = "Evaluation",
    operation_id = "create_evaluation_case",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = NewCase, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 201, body = Case), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create_case(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(new): StrictJson<NewCase>,
) -> Result<(StatusCode, Json<Case>), ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let case = rag.library().create_case(place, new).await?;
    note(&rag, &member, "evaluation_case.create", None, Some(&case)).await?;
    Ok((StatusCode::CREATED, Json(case)))
}

/// Says anew what a question is and what it should find.
#[utoipa::path(
    put, path = "/api/v1/collections/{id}/evaluation/cases/{case_id}", tag = "Evaluation",
    operation_id = "update_evaluation_case",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("case_id" = CaseId, Path, description = "The question's id"),
    ),
    request_body = NewCase, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = Case), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update_case(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, case)): Ids<(CollectionId, CaseId)>,
    StrictJson(new): StrictJson<NewCase>,
) -> Result<Json<Case>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let before = rag.library().get_case(place, case).await?;
    let after = rag.library().update_case(place, case, new).await?;
    let action = "evaluation_case.update";
    note(&rag, &member, action, Some(&before), Some(&after)).await?;
    Ok(Json(after))
}

/// Deletes a question.
#[utoipa::path(
    delete, path = "/api/v1/collections/{id}/evaluation/cases/{case_id}", tag = "Evaluation",
    operation_id = "delete_evaluation_case",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("case_id" = CaseId, Path, description = "The question's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete_case(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, case)): Ids<(CollectionId, CaseId)>,
) -> Result<StatusCode, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let before = rag.library().get_case(place, case).await?;
    rag.library().delete_case(place, case).await?;
    note(&rag, &member, "evaluation_case.delete", Some(&before), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists a collection's evaluations, newest first, without what each question found.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/evaluation/runs", tag = "Evaluation",
    operation_id = "list_evaluation_runs",
    params(("id" = CollectionId, Path, description = "The collection's id"), PageQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Page<Run>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_runs(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    Paging(page): Paging,
) -> Result<Json<Page<Run>>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let before = below(page, RunId::from_uuid);
    let runs = rag.library().list_runs(place, before, rows).await?;
    Ok(Json(page.page(runs, |run: &Run| run.id.uuid())))
}

/// Asks all questions of a collection under these settings, in the background: its job says how far
/// it is and can be cancelled.
///
/// Model calls are paid as those of the caller.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/evaluation/runs", tag = "Evaluation",
    operation_id = "create_evaluation_run",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = NewRun, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = Run), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create_run(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(new): StrictJson<NewRun>,
) -> Result<(StatusCode, Json<Run>), ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let run = rag.evaluate(&member.0, place, &new.name, new.settings);
    Ok((StatusCode::ACCEPTED, Json(run.await?)))
}

/// Shows one evaluation with what each question found.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/evaluation/runs/{run_id}", tag = "Evaluation",
    operation_id = "get_evaluation_run",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("run_id" = RunId, Path, description = "The evaluation's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = RunView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get_run(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, run)): Ids<(CollectionId, RunId)>,
) -> Result<Json<RunView>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let run = rag.library().get_run(place, run).await?;
    let results = rag.library().get_results(place, run.id).await?;
    Ok(Json(RunView { run, results }))
}

/// Deletes an evaluation; one under way ends.
#[utoipa::path(
    delete, path = "/api/v1/collections/{id}/evaluation/runs/{run_id}", tag = "Evaluation",
    operation_id = "delete_evaluation_run",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("run_id" = RunId, Path, description = "The evaluation's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete_run(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, run)): Ids<(CollectionId, RunId)>,
) -> Result<StatusCode, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    rag.library().delete_run(place, run).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(
    rag: &Rag,
    member: &Member,
    action: &str,
    before: Option<&Case>,
    after: Option<&Case>,
) -> Result<(), ApiError> {
    let target = before.or(after).map(|case| case.id.to_string());
    let change = Change {
        action,
        target: target.unwrap_or_default(),
        before,
        after,
    };
    let library = rag.library();
    Ok(library
        .note(rag.accounts(), &member.actor(), change)
        .await?)
}
