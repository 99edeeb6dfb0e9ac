//! An uploaded file on its way through: on disk while it waits, never whole in memory.
//!
//! The field `model` may stand behind the file (the Node SDK sends it so), and a retry needs the file
//! again: so it is spooled to an unnamed temporary file, small ones stay in memory.

use std::io::{self, Write};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::HeaderValue;
use multer::{Field, Multipart};
use outbound::OutBody;
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::error::{Code, Error};

/// Files up to this size stay in memory.
const MEMORY_BYTES: usize = 1024 * 1024;
/// Text fields are short; a longer one is refused.
const FIELD_BYTES: usize = 256 * 1024;
const READ_BYTES: usize = 64 * 1024;

/// A multipart form with one file.
#[derive(Debug)]
pub struct Upload {
    /// Text fields in the client's order.
    fields: Vec<(String, String)>,
    file: Spooled,
}

#[derive(Debug)]
struct Spooled {
    field: String,
    name: String,
    content_type: String,
    bytes: u64,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    Memory(Bytes),
    Disk(NamedTempFile),
}

impl Upload {
    /// Reads a form, spooling its file.
    ///
    /// # Errors
    /// `InvalidRequest` when it is no form, has no file or more than one; `PayloadTooLarge`.
    pub async fn read(content_type: &str, body: Body, limit: usize) -> Result<Self, Error> {
        let boundary = multer::parse_boundary(content_type).map_err(|_| {
            Error::new(
                Code::InvalidRequest,
                "This endpoint takes multipart/form-data with the fields `file` and `model`.",
            )
        })?;
        let mut form = Multipart::new(body.into_data_stream(), boundary);
        let (mut fields, mut file) = (Vec::new(), None);
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if field.file_name().is_none() && name != "file" {
                fields.push((name, text(field).await?));
                continue;
            }
            if file.is_some() {
                return Err(Error::invalid("file", "Send one file only."));
            }
            file = Some(spool(name, field, limit).await?);
        }
        let file = file.ok_or_else(|| Error::invalid("file", "The field `file` is missing."))?;
        Ok(Self { fields, file })
    }

    /// A text field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Size of the file in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.file.bytes
    }

    /// The form again, with the target's model, read from where it is spooled.
    ///
    /// # Errors
    /// When the spooled file cannot be opened again.
    pub fn send(&self, model: &str) -> io::Result<(HeaderValue, OutBody)> {
        let boundary = format!("nab{}", Uuid::new_v4().simple());
        let mut head = Vec::new();
        for (name, value) in &self.fields {
            let value = if name == "model" { model } else { value };
            let name = quoted(name);
            write!(
                head,
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )?;
        }
        let file = &self.file;
        write!(
            head,
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             content-type: {}\r\n\r\n",
            quoted(&file.field),
            quoted(&file.name),
            file.content_type
        )?;
        let tail = format!("\r\n--{boundary}--\r\n");
        let length = head.len() as u64 + file.bytes + tail.len() as u64;
        let stream = once(head)
            .chain(file.open()?)
            .chain(once(tail.into_bytes()));
        let content_type =
            HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
                .map_err(io::Error::other)?;
        Ok((content_type, OutBody::stream(stream, Some(length))))
    }
}

impl Spooled {
    fn open(&self) -> io::Result<futures_util::stream::BoxStream<'static, io::Result<Bytes>>> {
        match &self.storage {
            Storage::Memory(bytes) => Ok(once(bytes.to_vec()).boxed()),
            Storage::Disk(file) => {
                let file = tokio::fs::File::from_std(file.reopen()?);
                let chunks = futures_util::stream::try_unfold(file, |mut file| async move {
                    let mut buffer = BytesMut::with_capacity(READ_BYTES);
                    let read = file.read_buf(&mut buffer).await?;
                    Ok::<_, io::Error>((read > 0).then(|| (buffer.freeze(), file)))
                });
                Ok(chunks.boxed())
            }
        }
    }
}

fn once(bytes: Vec<u8>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures_util::stream::once(std::future::ready(Ok(Bytes::from(bytes))))
}

async fn text(mut field: Field<'_>) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > FIELD_BYTES {
            let name = field.name().unwrap_or_default();
            return Err(Error::invalid(name, "A form field is larger than 256 KiB."));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(Code::InvalidRequest, "A form field is not UTF-8."))
}

async fn spool(field_name: String, mut field: Field<'_>, limit: usize) -> Result<Spooled, Error> {
    let name = field.file_name().unwrap_or("file").to_owned();
    let content_type = field.content_type().map_or_else(
        || "application/octet-stream".to_owned(),
        ToString::to_string,
    );
    let mut memory = BytesMut::new();
    let mut disk: Option<NamedTempFile> = None;
    let mut bytes = 0u64;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        bytes += chunk.len() as u64;
        if bytes > limit as u64 {
            return Err(Error::new(
                Code::PayloadTooLarge,
                format!("The file is larger than {limit} bytes (gateway.max_upload_bytes)."),
            ));
        }
        if let Some(file) = &mut disk {
            file.write_all(&chunk).map_err(|e| full(&e))?;
            continue;
        }
        memory.extend_from_slice(&chunk);
        if memory.len() > MEMORY_BYTES {
            let mut file = NamedTempFile::new().map_err(|e| full(&e))?;
            file.write_all(&memory).map_err(|e| full(&e))?;
            memory = BytesMut::new();
            disk = Some(file);
        }
    }
    let storage = match disk {
        Some(file) => Storage::Disk(file),
        None => Storage::Memory(memory.freeze()),
    };
    Ok(Spooled {
        field: field_name,
        name,
        content_type,
        bytes,
        storage,
    })
}

fn full(error: &io::Error) -> Error {
    tracing::error!(%error, "cannot spool an upload");
    Error::new(
        Code::Internal,
        "The server cannot keep the upload; its disk may be full.",
    )
}

fn broken(error: multer::Error) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("The form cannot be read: {error}."),
    )
}

/// A name inside a quoted header value, as browsers write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace(['\r', '\n'], "%0A")
}
