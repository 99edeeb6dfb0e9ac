//! A form with a file, which goes to the blob store as it comes.

use std::io;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::StreamExt;
use gateway::{Code, Error};
use multer::{Field, Multipart};
use store::OrgId;

use super::refused;
use crate::http::form::base_name;
use crate::ingest::Stored;
use crate::library::NewFile;
use crate::rag::Rag;

/// Longest text field.
const FIELD_BYTES: usize = 4096;
/// What files may be for.
const PURPOSES: [&str; 6] = [
    "assistants",
    "batch",
    "fine-tune",
    "vision",
    "user_data",
    "evals",
];
/// An hour to thirty days.
const KEPT_SECONDS: std::ops::RangeInclusive<u32> = 3_600..=2_592_000;

/// What came besides the file.
#[derive(Default)]
struct Fields {
    name: String,
    content_type: String,
    purpose: Option<String>,
    anchor: Option<String>,
    seconds: Option<String>,
}

/// Reads a form: `file` and `purpose`, and `expires_after[anchor]` with `expires_after[seconds]`.
///
/// # Errors
/// `InvalidRequest` naming the field, `PayloadTooLarge`; nothing is stored then.
pub(super) async fn read(
    rag: &Rag,
    org: OrgId,
    headers: &HeaderMap,
    body: Body,
) -> Result<(NewFile, Stored), Error> {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|_| {
        Error::new(
            Code::InvalidRequest,
            "This endpoint takes multipart/form-data with the fields `file` and `purpose`.",
        )
    })?;
    let mut form = Multipart::new(body.into_data_stream(), boundary);
    let (mut fields, mut stored) = (Fields::default(), None);
    let outcome = take(rag, org, &mut form, &mut fields, &mut stored).await;
    let outcome = outcome.and_then(|()| fields.check());
    match (outcome, stored) {
        (Ok(new), Some(stored)) if stored.size_bytes() > 0 => Ok((new, stored)),
        (outcome, stored) => {
            if let Some(stored) = &stored {
                rag.discard(stored).await;
            }
            outcome?;
            let why = match stored {
                Some(_) => "The file is empty.",
                None => "The field `file` is missing.",
            };
            Err(Error::invalid("file", why))
        }
    }
}

async fn take(
    rag: &Rag,
    org: OrgId,
    form: &mut Multipart<'_>,
    fields: &mut Fields,
    stored: &mut Option<Stored>,
) -> Result<(), Error> {
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if stored.is_some() => {
                return Err(Error::invalid("file", "Send one file only."));
            }
            "file" => {
                fields.name = base_name(field.file_name().unwrap_or("file"));
                let kind = field.content_type().map(ToString::to_string);
                fields.content_type = kind.unwrap_or_else(|| "application/octet-stream".to_owned());
                let bytes = field.map(|part| {
                    part.map_err(|error| {
                        let why = format!("the upload did not arrive whole: {error}");
                        io::Error::new(io::ErrorKind::InvalidData, why)
                    })
                });
                *stored = Some(rag.store_bytes(org, bytes).await.map_err(refused)?);
            }
            "purpose" => fields.purpose = Some(text(field, &name).await?),
            "expires_after[anchor]" => fields.anchor = Some(text(field, &name).await?),
            "expires_after[seconds]" => fields.seconds = Some(text(field, &name).await?),
            other => {
                let message = format!(
                    "Unknown field `{other}`; known are `file`, `purpose` and `expires_after`."
                );
                return Err(Error::invalid(other, message));
            }
        }
    }
    Ok(())
}

impl Fields {
    fn check(self) -> Result<NewFile, Error> {
        let purpose = self.purpose.filter(|p| PURPOSES.contains(&p.as_str()));
        let purpose = purpose.ok_or_else(|| {
            let known = PURPOSES.map(|p| format!("`{p}`")).join(", ");
            Error::invalid("purpose", format!("`purpose` must be one of {known}."))
        })?;
        let expires_seconds = match (self.anchor.as_deref(), self.seconds) {
            (None, None) => None,
            (Some("created_at"), Some(seconds)) => {
                let seconds = seconds.parse().ok().filter(|s| KEPT_SECONDS.contains(s));
                Some(seconds.ok_or_else(|| {
                    Error::invalid(
                        "expires_after[seconds]",
                        "`expires_after[seconds]` must be between 3600 and 2592000.",
                    )
                })?)
            }
            _ => {
                return Err(Error::invalid(
                    "expires_after[anchor]",
                    "`expires_after` needs the anchor `created_at` and `seconds`.",
                ));
            }
        };
        Ok(NewFile {
            name: self.name,
            purpose,
            content_type: self.content_type,
            expires_seconds,
            ..NewFile::default()
        })
    }
}

fn broken(error: multer::Error) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("The form cannot be read: {error}."),
    )
}

async fn text(mut field: Field<'_>, name: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(part) = field.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&part);
        if bytes.len() > FIELD_BYTES {
            return Err(Error::invalid(name, "A form field is larger than 4 KiB."));
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid(name, "A form field is not UTF-8."))
}
