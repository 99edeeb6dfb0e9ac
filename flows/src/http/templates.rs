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
    Complexity, Template, TemplateCategory, TemplateDetail, TemplateFilter, TemplateSummary,
    UseTemplate, UsedTemplate,
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
}

/// All of them fit on one page.
fn page<T>(data: Vec<T>) -> Json<Page<T>> {
    Json(Page {
        data,
        next_cursor: None,
    })
}

/// Lists templates, featured ones first.
#[utoipa::path(
    get, path = "/api/v1/templates", tag = "Templates", operation_id = "list_templates",
    params(TemplateQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateSummary>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    member: Member,
    Asked(query): Asked<TemplateQuery>,
) -> Result<Json<Page<TemplateSummary>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let filter = TemplateFilter {
        search: query.search,
        category: query.category,
        complexity: query.complexity,
        featured: query.featured,
    };
    Ok(page(Template::list(&filter)))
}

/// Lists the categories of templates.
#[utoipa::path(
    get, path = "/api/v1/templates/categories", tag = "Templates",
    operation_id = "list_template_categories", security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateCategory>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn categories(member: Member) -> Result<Json<Page<TemplateCategory>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    Ok(page(Template::categories()))
}

/// Lists featured templates.
#[utoipa::path(
    get, path = "/api/v1/templates/featured", tag = "Templates",
    operation_id = "list_featured_templates", security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Page<TemplateSummary>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn featured(member: Member) -> Result<Json<Page<TemplateSummary>>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let filter = TemplateFilter {
        featured: true,
        ..TemplateFilter::default()
    };
    Ok(page(Template::list(&filter)))
}

/// Shows a template with its graph and what it needs.
#[utoipa::path(
    get, path = "/api/v1/templates/{slug}", tag = "Templates", operation_id = "get_template",
    params(("slug" = String, Path, description = "The template's slug")),
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
    let found = gallery.flows.template(&gallery.gateway, who, &slug).await?;
    Ok(Json(found))
}

/// Makes a flow of a template.
///
/// `mapping` puts the organization's models, collections, credentials and flows in the place of the
/// template's. `missing` says what must be connected before the flow runs.
#[utoipa::path(
    post, path = "/api/v1/templates/{slug}/use", tag = "Templates", operation_id = "use_template",
    params(("slug" = String, Path, description = "The template's slug")), request_body = UseTemplate,
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
    let Gallery { flows, gateway } = &gallery;
    let used = flows
        .use_template(gateway, who, &member.actor(), &slug, wanted)
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
    post, path = "/api/v1/templates/{slug}/clone", tag = "Templates", operation_id = "clone_template",
    params(("slug" = String, Path, description = "The template's slug")), request_body = UseTemplate,
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
