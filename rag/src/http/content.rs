//! A document's own bytes, and what was read out of them.

use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::path::{Ids, open};
use super::{documents, form};
use crate::rag::Rag;
use crate::{CollectionId, DocumentId};

/// The text of a page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageText {
    /// Its number, from 1.
    number: u32,
    /// Pages of the document.
    page_count: u32,
    /// Name of a sheet or chapter, label of a page where it differs from the number.
    label: Option<String>,
    /// The text; spans of chunks are characters of it.
    text: String,
    /// Width in points; `null` for formats without a layout.
    width: Option<f32>,
    /// Height in points.
    height: Option<f32>,
}

/// Downloads the original.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/documents/{document_id}/content", tag = "Documents",
    operation_id = "download_document",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn download(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let document = rag.library().get_document(place, document).await?;
    let missing = || ApiError::not_found("this document has no original");
    let key = document.blob_key.as_deref().ok_or_else(missing)?;
    let (length, bytes) = match rag.blobs().stream(key).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        opened => opened.map_err(crate::Error::from)?,
    };
    let mut response = Response::new(Body::from_stream(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    let kind = HeaderValue::from_str(&document.content_type);
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, kind.unwrap_or(octets));
    // Never shown in place: a page of a stranger's must not run as one of ours.
    if let Ok(value) = HeaderValue::from_str(&disposition(&document.name)) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Gives a document a new version of its file.
///
/// The version before answers until the new one is read; chunks that did not change are not embedded
/// again. The same bytes change nothing.
#[utoipa::path(
    put, path = "/api/v1/collections/{id}/documents/{document_id}/content", tag = "Documents",
    operation_id = "replace_document",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
    ),
    request_body(content = documents::UploadForm, content_type = "multipart/form-data"),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:write"))),
    responses(
        (status = 202, body = documents::AcceptedDocument),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn replace(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document)): Ids<(CollectionId, DocumentId)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsWrite, id).await?;
    rag.library().get_document(place, document).await?;
    let (intake, stored) = form::read(&rag, place.org, request).await?;
    let accepted = rag
        .replace_stored(&member.0, place, document, intake, stored)
        .await?;
    Ok(documents::accept(&rag, accepted))
}

/// Shows the text of a page as it was read.
#[utoipa::path(
    get, path = "/api/v1/collections/{id}/documents/{document_id}/pages/{number}",
    tag = "Documents", operation_id = "get_document_page",
    params(
        ("id" = CollectionId, Path, description = "The collection's id"),
        ("document_id" = DocumentId, Path, description = "The document's id"),
        ("number" = u32, Path, description = "The page's number, from 1"),
    ),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("collections:read"))),
    responses((status = 200, body = PageText), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn page(
    State(rag): State<Rag>,
    member: Member,
    Ids((id, document, number)): Ids<(CollectionId, DocumentId, u32)>,
) -> Result<Json<PageText>, ApiError> {
    let (place, _) = open(&rag, &member, Permission::CollectionsRead, id).await?;
    let parsed = rag.parsed(place, document).await?;
    let page_count = parsed.metadata.page_count;
    let page = parsed.pages.into_iter().find(|page| page.number == number);
    let page = page.ok_or_else(|| {
        ApiError::not_found(format!(
            "page {number} is not there: the document has {page_count}"
        ))
    })?;
    Ok(Json(PageText {
        number,
        page_count,
        label: page.label,
        text: page.text,
        width: page.size.map(|size| size.0),
        height: page.size.map(|size| size.1),
    }))
}

/// The file's name for the browser, in ASCII and in full.
pub(super) fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' => '_',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '_',
        })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' => {
                full.push(char::from(byte));
            }
            byte => full.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_their_header() {
        assert_eq!(
            disposition("a\"b\r\nü.pdf"),
            "attachment; filename=\"a_b___.pdf\"; filename*=UTF-8''a%22b%0D%0A%C3%BC.pdf"
        );
    }
}
