use accounts::http::{ApiError, ErrorBody, Member, Paging, StrictJson};
use accounts::{ETag, IfMatch, Page, Permission, Secret};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::collections::tagged;
use super::path::{Ids, PageQuery, below, open};
use super::{form, jobs};
use crate::ingest::{Accepted, Intake};
use crate::library::{Document, PatchDocument, Receipt};
use crate::rag::Rag;
use crate::search::Attributes;
use crate::{CollectionId, DocumentId};

/// A form with a file.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(super) struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Its name; that of the file when absent.
    name: Option<String>,
    /// What filters look at: a JSON object of texts, numbers and truth values.
    attributes: Option<String>,
    /// Words to find it by: a JSON array of texts.
    tags: Option<String>,
    /// Opens a locked file. It is not stored.
    #[schema(format = Password)]
    password: Option<String>,
    /// `true`: a document of the same bytes that is there already is given in place of a second one.
    skip_duplicates: Option<bool>,
}

/// A document that was taken, and the job that reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AcceptedDocument {
    /// The document.
    document: Document,
    /// The job that reads it; `null` when nothing has to be read.
    job: Option<jobs::JobView>,
    /// Documents of the collection with the same bytes, oldest first.
    duplicates: Vec<DocumentId>,
}

/// A text as a document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Leave.md", "text": "# Leave\n\nThirty days a year."}))]
pub(super) struct TextDocument {
    /// Its name; the extension says which kind of text it is (`.md`, `.html`, `.csv`).
    name: String,
    /// The text.
    text: String,
    /// What filters look at.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Attributes,
    /// Words to find it by.
    #[serde(default)]
    tags: Vec<String>,
    /// A document of the same text that is there already is given in place of a second one.
    #[serde(default)]
    skip_duplicates: bool,
}

/// What lies at an address, as a document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://example.org/handbook.pdf"}))]
pub(super) struct UrlDocument {
    /// The address, `https://` or `http://`. Addresses inside of the server's own network are
    /// refused.
    url: String,
    /// Its name; the last part of the address when absent.
    #[serde(default)]
    name: String,
    /// What filters look at.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Attributes,
    /// Words to find it by.
    #[serde(default)]
    tags: Vec<String>,
    /// Opens a locked file. It is not stored.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
}

/// How a document is read again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({}))]
pub(super) struct Reprocess {
    /// Opens a locked file. It is not stored.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
}

/// Lists a collection's documents, newest first.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/documents", tag = "Documents",
    operation_id = "list_documents",
    params(("id" = CollectionId, Path, description = "The collection's id"), PageQuery),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Page<Document>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    Paging(page): Paging,
) -> Result<Json<Page<Document>>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let before = below(page, DocumentId::from_uuid);
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let found = rag.library().list_documents(place, before, rows).await?;
    Ok(Json(page.page(found, |document| document.id.uuid())))
}

/// Uploads a file.
///
/// It is answered as soon as the file lies safe; a job reads it. What it is is found out by its
/// content.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/documents", tag = "Documents",
    operation_id = "upload_document",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = AcceptedDocument), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn upload(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    request: Request,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let (intake, stored) = form::read(&rag, place.org, request).await?;
    let accepted = rag.add_stored(&member.0, place, intake, stored).await?;
    Ok(accept(&rag, accepted))
}

/// Adds a text.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/documents/text", tag = "Documents",
    operation_id = "add_text_document",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = TextDocument, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = AcceptedDocument), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn add_text(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(wanted): StrictJson<TextDocument>,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    if wanted.text.trim().is_empty() {
        return Err(ApiError::invalid("`text` must not be empty"));
    }
    let intake = Intake {
        name: wanted.name,
        content_type: "text/plain".to_owned(),
        attributes: wanted.attributes,
        tags: wanted.tags,
        password: None,
        skip_duplicates: wanted.skip_duplicates,
        file: None,
    };
    let bytes = futures_util::stream::iter([Ok(Bytes::from(wanted.text))]);
    let stored = rag.store_bytes(place.org, bytes).await?;
    let accepted = rag.add_stored(&member.0, place, intake, stored).await?;
    Ok(accept(&rag, accepted))
}

/// Adds what lies at an address; the job fetches it.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/documents/url", tag = "Documents",
    operation_id = "add_url_document",
    params(("id" = CollectionId, Path, description = "The collection's id")),
    request_body = UrlDocument, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = AcceptedDocument), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn add_url(
    State(rag): State<Rag>,
    member: Member,
    Ids(id): Ids<CollectionId>,
    StrictJson(wanted): StrictJson<UrlDocument>,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let intake = Intake {
        name: wanted.name,
        attributes: wanted.attributes,
        tags: wanted.tags,
        password: wanted.password,
        ..Intake::default()
    };
    let accepted = rag.add_url(&member.0, place, intake, &wanted.url).await?;
    Ok(accept(&rag, accepted))
}

/// Shows one document.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/documents/{document_id}", tag = "Documents",
    operation_id = "get_document",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = Document), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    Ok(show(rag.library().get_document(place, document).await?))
}

/// Changes a document's name, attributes and tags.
#[utoipa::path(
    patch, path = "/api/v1/collections/{id}/documents/{document_id}", tag = "Documents",
    operation_id = "update_document",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    request_body = PatchDocument, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = Document), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(rag): State<Rag>,
    member: Member,
    if_match: IfMatch,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
    StrictJson(wanted): StrictJson<PatchDocument>,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let actor = member.actor().expecting(if_match);
    let changed = rag
        .library()
        .update_document_as(rag.accounts(), &actor, place, document, wanted)
        .await?;
    Ok(show(changed))
}

/// Deletes a document with everything that was made of it, and counts what was removed.
#[utoipa::path(
    delete, path = "/api/v1/collections/{id}/documents/{document_id}", tag = "Documents",
    operation_id = "delete_document",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 200, body = Receipt), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(rag): State<Rag>,
    member: Member,
    if_match: IfMatch,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
) -> Result<Json<Receipt>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let actor = member.actor().expecting(if_match);
    let receipt = rag.delete_document_as(&actor, place, document).await?;
    Ok(Json(receipt))
}

/// Reads a document again; until then it answers as before. Chunks edited by hand are made anew.
#[utoipa::path(
    post, path = "/api/v1/collections/{id}/documents/{document_id}/reprocess", tag = "Documents",
    operation_id = "reprocess_document",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    request_body = Reprocess, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses((status = 202, body = jobs::JobView), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn reprocess(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
    StrictJson(wanted): StrictJson<Reprocess>,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    let job = rag
        .reprocess(&member.0, place, document, wanted.password)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(jobs::JobView::new(&rag, job))).into_response())
}

fn show(document: Document) -> Response {
    let tag = ETag::of(&document.record());
    tagged(Json(document).into_response(), &tag)
}

/// 202 with the job, 200 when there is nothing to do.
pub(super) fn accept(rag: &Rag, accepted: Accepted) -> Response {
    let status = match accepted.job {
        Some(_) => StatusCode::ACCEPTED,
        None => StatusCode::OK,
    };
    let body = AcceptedDocument {
        document: accepted.document,
        job: accepted.job.map(|job| jobs::JobView::new(rag, job)),
        duplicates: accepted.duplicates,
    };
    (status, Json(body)).into_response()
}
