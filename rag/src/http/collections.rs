use accounts::http::{ApiError, ErrorBody, Member, Paging, StrictJson};
use accounts::{ETag, IfMatch, Page, Permission};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::path::{Ids, PageQuery, below, open};
use crate::CollectionId;
use crate::library::{
    Collection, CollectionSettings, CreateCollection, EmbeddingSettings, Job, JobKind,
    PatchCollection, Receipt,
};
use crate::rag::Rag;

/// A collection with what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CollectionView {
    #[serde(flatten)]
    collection: Collection,
    /// Documents in it.
    document_count: i64,
    /// Chunks that can be found.
    chunk_count: i64,
    /// The embedding model that answers; `null` while text search answers alone.
    active_embedding: Option<ActiveEmbedding>,
    /// Jobs that a change began.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    jobs: Vec<Job>,
}

/// The embedding model that answers.
#[derive(Debug, Serialize, ToSchema)]
struct ActiveEmbedding {
    /// Model, as the gateway names it.
    model: String,
    /// Length of its vectors.
    dimensions: i64,
}

/// A collection to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Handbook"}))]
pub(super) struct NewCollection {
    /// Name for people.
    name: String,
    /// Name in addresses and model names (`rag/<slug>`): lower case letters, digits and `-`. Made of
    /// the name when absent.
    slug: Option<String>,
    /// What is in it.
    #[serde(default)]
    description: String,
    /// Settings. Without `embedding` the collection takes the model of the configuration, if there is
    /// one; the model `none` stands for text search alone.
    #[serde(default)]
    settings: CollectionSettings,
}

/// Lists collections, newest first.
#[utoipa::path(
    get, path = "/api/v1/collections", tag = "Collections", operation_id = "list_collections",
    params(PageQuery), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Page<CollectionView>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(rag): State<Rag>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<CollectionView>>, ApiError> {
    member.require(Permission::CollectionsRead)?;
    let before = below(page, CollectionId::from_uuid);
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let found = rag
        .library()
        .list_collections(member.org_id(), before, rows)
        .await?;
    let mut views = Vec::with_capacity(found.len());
    for collection in found {
        views.push(view(&rag, collection, Vec::new()).await?);
    }
    Ok(Json(page.page(views, |view| view.collection.id.uuid())))
}

/// Makes a collection.
#[utoipa::path(
    post, path = "/api/v1/collections", tag = "Collections", operation_id = "create_collection",
    request_body = NewCollection, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 201, body = CollectionView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(rag): State<Rag>,
    member: Member,
    StrictJson(wanted): StrictJson<NewCollection>,
) -> Result<Response, ApiError> {
    member.require(Permission::CollectionsWrite)?;
    let mut settings = wanted.settings;
    if settings.embedding.is_none() {
        let model = rag.config().default_model();
        settings.embedding = model.map(|model| EmbeddingSettings {
            model,
            dimensions: None,
        });
    }
    let new = CreateCollection {
        slug: wanted.slug.unwrap_or_else(|| slug_of(&wanted.name)),
        name: wanted.name,
        description: wanted.description,
        settings,
    };
    let made = rag
        .library()
        .create_collection_as(rag.accounts(), &member.actor(), new)
        .await?;
    Ok((StatusCode::CREATED, show(&rag, made, Vec::new()).await?).into_response())
}

/// Shows one collection.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}", tag = "Collections", operation_id = "get_collection",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = CollectionView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
) -> Result<Response, ApiError> {
    let (_, collection) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    show(&rag, collection, Vec::new()).await
}

/// Changes a collection.
///
/// Another embedding model is prepared by a job while the old one answers; another language is indexed
/// by a job. Another way to cut is for documents that come; a job of the kind `rechunk` cuts the
/// others again.
#[utoipa::path(
    patch, path = "/api/v1/collections/{id}", tag = "Collections",
    operation_id = "update_collection",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = PatchCollection, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = CollectionView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(rag): State<Rag>,
    member: Member,
    if_match: IfMatch,
    Ids(id): Ids<CollectionId>,
    StrictJson(wanted): StrictJson<PatchCollection>,
) -> Result<Response, ApiError> {
    let who = member.require(Permission::CollectionsWrite)?;
    let actor = member.actor().expecting(if_match);
    let (before, after) = rag
        .library()
        .update_collection_as(rag.accounts(), &actor, id, wanted)
        .await?;
    let mut jobs = Vec::new();
    if before.settings.embedding != after.settings.embedding {
        jobs.push(rag.reindex(who, after.place(), JobKind::Reembed).await?);
    }
    if before.settings.language != after.settings.language {
        jobs.push(rag.reindex(who, after.place(), JobKind::Reindex).await?);
    }
    show(&rag, after, jobs).await
}

/// Deletes a collection with everything in it, and counts what was removed.
#[utoipa::path(
    delete, path = "/api/v1/collections/{id}", tag = "Collections",
    operation_id = "delete_collection",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = Receipt), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(rag): State<Rag>,
    member: Member,
    if_match: IfMatch,
    Ids(id): Ids<CollectionId>,
) -> Result<Json<Receipt>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let actor = member.actor().expecting(if_match);
    Ok(Json(rag.delete_collection_as(&actor, place).await?))
}

async fn view(
    rag: &Rag,
    collection: Collection,
    jobs: Vec<Job>,
) -> Result<CollectionView, ApiError> {
    let place = collection.place();
    let (document_count, chunk_count) = rag.library().totals(place).await?;
    let active_embedding = match collection.space_id {
        None => None,
        Some(space) => {
            let space = rag.library().get_space(place.org, space).await?;
            Some(ActiveEmbedding {
                model: space.model,
                dimensions: space.dimensions,
            })
        }
    };
    Ok(CollectionView {
        collection,
        document_count,
        chunk_count,
        active_embedding,
        jobs,
    })
}

async fn show(rag: &Rag, collection: Collection, jobs: Vec<Job>) -> Result<Response, ApiError> {
    let tag = ETag::of(&collection.record());
    let response = Json(view(rag, collection, jobs).await?).into_response();
    Ok(tagged(response, &tag))
}

/// Puts a record's tag on an answer that shows more than what is edited.
pub(super) fn tagged(mut response: Response, tag: &ETag) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag.as_str()) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// A slug out of a name: its letters and digits, the rest as single dashes.
pub(super) fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'ä' => slug.push_str("ae"),
            'ö' => slug.push_str("oe"),
            'ü' => slug.push_str("ue"),
            'ß' => slug.push_str("ss"),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(48);
    let slug = slug.trim_matches('-');
    match slug.is_empty() {
        // Names in other scripts.
        true => format!(
            "c-{}",
            &CollectionId::new().uuid().simple().to_string()[20..]
        ),
        false => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_a_slug() {
        assert_eq!(slug_of(" Müller & Söhne: FAQ! "), "mueller-soehne-faq");
        assert!(slug_of("手册").starts_with("c-"));
        assert_eq!(slug_of(&"x".repeat(100)).len(), 48);
    }
}
