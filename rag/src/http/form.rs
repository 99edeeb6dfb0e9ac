//! Uploads: a form whose file goes to the blob store as it comes, whatever stands before or behind it.

use std::io;

use accounts::Secret;
use accounts::http::ApiError;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use futures_util::StreamExt;
use multer::{Field, Multipart};
use store::OrgId;

use crate::ingest::{Intake, Stored};
use crate::rag::Rag;

/// Longest text field.
const FIELD_BYTES: usize = 64 * 1024;

/// Reads a form: the file in `file`; `name`, `attributes` (a JSON object), `tags` (a JSON array),
/// `password` and `skip_duplicates` beside it.
///
/// # Errors
/// 400 naming the field, 413, 415; nothing is stored then.
pub(super) async fn read(
    rag: &Rag,
    org: OrgId,
    request: Request,
) -> Result<(Intake, Stored), ApiError> {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| {
        ApiError::invalid("send the file as multipart/form-data, in a field called `file`")
    })?;
    let mut form = Multipart::new(request.into_body().into_data_stream(), boundary);
    let (mut intake, mut stored) = (Intake::default(), None);
    let outcome = fields(rag, org, &mut form, &mut intake, &mut stored).await;
    match (outcome, stored) {
        (Ok(()), Some(stored)) => Ok((intake, stored)),
        (Ok(()), None) => Err(ApiError::invalid("the field `file` is missing")),
        (Err(error), stored) => {
            if let Some(stored) = &stored {
                rag.discard(stored).await;
            }
            Err(error)
        }
    }
}

async fn fields(
    rag: &Rag,
    org: OrgId,
    form: &mut Multipart<'_>,
    intake: &mut Intake,
    stored: &mut Option<Stored>,
) -> Result<(), ApiError> {
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if stored.is_some() {
                return Err(ApiError::invalid("send one file only"));
            }
            if intake.name.is_empty() {
                intake.name = base_name(field.file_name().unwrap_or_default());
            }
            let kind = field.content_type().map(ToString::to_string);
            intake.content_type = kind.unwrap_or_else(|| "application/octet-stream".to_owned());
            let bytes = field.map(|part| {
                part.map_err(|error| {
                    let why = format!("the upload did not arrive whole: {error}");
                    io::Error::new(io::ErrorKind::InvalidData, why)
                })
            });
            *stored = Some(rag.store_bytes(org, bytes).await?);
            continue;
        }
        let text = text(field).await?;
        match name.as_str() {
            "name" => intake.name = text,
            "attributes" => intake.attributes = json(&name, &text)?,
            "tags" => intake.tags = json(&name, &text)?,
            "password" if !text.is_empty() => intake.password = Some(Secret::new(text)),
            "password" => {}
            "skip_duplicates" => intake.skip_duplicates = json(&name, &text)?,
            other => {
                return Err(ApiError::invalid(format!(
                    "unknown field `{other}`; known are `file`, `name`, `attributes`, `tags`, \
                     `password` and `skip_duplicates`"
                )));
            }
        }
    }
    if intake.name.is_empty() && stored.is_some() {
        "document".clone_into(&mut intake.name);
    }
    Ok(())
}

fn broken(error: multer::Error) -> ApiError {
    ApiError::invalid(format!("the form cannot be read: {error}"))
}

fn json<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::invalid(format!("`{name}`: {error}")))
}

async fn text(mut field: Field<'_>) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(part) = field.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&part);
        if bytes.len() > FIELD_BYTES {
            return Err(ApiError::invalid(format!(
                "a field of the form has more than {FIELD_BYTES} bytes"
            )));
        }
    }
    String::from_utf8(bytes).map_err(|_| ApiError::invalid("a field of the form is not UTF-8"))
}

/// The name without the folders that some browsers send with it.
pub(super) fn base_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(200).collect()
}
