use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use accounts::{Page, Permission};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Gallery;
use super::query::Asked;
use super::workflows::tag;
use crate::templates::{
    Caller, Complexity, Origin, TemplateCategory, TemplateDetail, TemplateFilter, TemplateOrder,
    TemplateSummary, UseTemplate, UsedTemplate,
};

/// Which templates are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateQuery {
    /// Only those with these words in name, summary or tags.
    search: Option<String>,
    /// Only those of this category.
    category: Option<String>,
    /// Only those for people who know this much.
    complexity: Option<Complexity>,
    /// Only featured ones.
    #[serde(default)]
    featured: bool,
    /// Only those of the program (`catalog`), of the organization (`own`), of others (`shared`).
    origin: Option<Origin>,
    /// In which order.
    #[serde(default)]
    #[param(inline)]
    order: TemplateOrder,
}

/// All of them fit on one page.
pub(super) fn page<T>(data: Vec<T>) -> Json<Page<T>> {
    Json(Page {
        data,
        next_cursor: None,
    })
}

/// Lists templates: those of the program, those that the organization keeps, and those that others have
/// published on the instance.
#[utoipa::path(
    get, path = "/api/v1/templates", tag = "Templates", operation_id = "list_templates",
    params(TemplateQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateSummary>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(gallery): State<Gallery>,
    member: Member,
    Asked(query): Asked<TemplateQuery>,
) -> Result<Json<Page<TemplateSummary>>, ApiError> {
    let who = member.require(Permission::ProjectsRead)?;
    let filter = TemplateFilter {
        search: query.search,
        category: query.category,
        complexity: query.complexity,
        featured: query.featured,
        origin: query.origin,
        order: query.order,
    };
    let found = gallery
        .flows
        .list_templates(&Caller::new(who), &filter)
        .await?;
    Ok(page(found))
}

/// Lists the categories of templates.
#[utoipa::path(
    get, path = "/api/v1/templates/categories", tag = "Templates",
    operation_id = "list_template_categories", security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateCategory>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn categories(
    State(gallery): State<Gallery>,
    member: Member,
) -> Result<Json<Page<TemplateCategory>>, ApiError> {
    let who = member.require(Permission::ProjectsRead)?;
    let found = gallery.flows.template_categories(&Caller::new(who)).await?;
    Ok(page(found))
}

/// Lists featured templates.
#[utoipa::path(
    get, path = "/api/v1/templates/featured", tag = "Templates",
    operation_id = "list_featured_templates", security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateSummary>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn featured(
    State(gallery): State<Gallery>,
    member: Member,
) -> Result<Json<Page<TemplateSummary>>, ApiError> {
    let who = member.require(Permission::ProjectsRead)?;
    let filter = TemplateFilter {
        featured: true,
        ..TemplateFilter::default()
    };
    let found = gallery
        .flows
        .list_templates(&Caller::new(who), &filter)
        .await?;
    Ok(page(found))
}

/// Shows a template with its graph and what it needs.
#[utoipa::path(
    get, path = "/api/v1/templates/{id}", tag = "Templates", operation_id = "get_template",
    params(("id" = String, Path, description = "The template's slug, or its id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = TemplateDetail), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(gallery): State<Gallery>,
    member: Member,
    Path(slug): Path<String>,
) -> Result<Json<TemplateDetail>, ApiError> {
    let who = member.require(Permission::ProjectsRead)?;
    let caller = Caller::new(who);
    let found = gallery
        .flows
        .template(&gallery.gateway, &caller, &slug)
        .await?;
    Ok(Json(found))
}

/// Makes a flow of a template.
///
/// `mapping` puts the organization's models, collections, credentials and flows in the place of the
/// template's. Collections that are still missing are made of the template's sample documents unless
/// `samples` is false. `missing` says what must be connected before the flow runs.
#[utoipa::path(
    post, path = "/api/v1/templates/{id}/use", tag = "Templates", operation_id = "use_template",
    params(("id" = String, Path, description = "The template's slug, or its id")), request_body = UseTemplate,
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = UsedTemplate), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn use_template(
    State(gallery): State<Gallery>,
    member: Member,
    Path(slug): Path<String>,
    StrictJson(wanted): StrictJson<UseTemplate>,
) -> Result<Response, ApiError> {
    let who = member.require(Permission::ProjectsWrite)?;
    let Gallery {
        flows,
        gateway,
        rag,
    } = &gallery;
    let caller = Caller::new(who);
    let used = flows
        .use_template(gateway, rag.as_ref(), &caller, &slug, wanted)
        .await?;
    let tag = HeaderValue::from_str(&tag(used.workflow.workflow.revision));
    let mut response = (StatusCode::CREATED, Json(used)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Makes a flow of a template: another name of `use`.
#[utoipa::path(
    post, path = "/api/v1/templates/{id}/clone", tag = "Templates", operation_id = "clone_template",
    params(("id" = String, Path, description = "The template's slug, or its id")), request_body = UseTemplate,
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:write"))),
    responses((status = 201, body = UsedTemplate), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn clone_template(
    gallery: State<Gallery>,
    member: Member,
    slug: Path<String>,
    wanted: StrictJson<UseTemplate>,
) -> Result<Response, ApiError> {
    use_template(gallery, member, slug, wanted).await
}
