//! From a document's bytes to its text: in the sandbox, then by OCR or transcription where there is
//! none.

use accounts::Secret;
use bytes::Bytes;
use sandbox::SandboxError;

use super::notes::on_pages;
use super::task::Task;
use crate::blob::{parsed_key, put};
use crate::library::Document;
use crate::parse::{self, Hints, Outcome, PageImage, ScannedPage};
use crate::rag::Rag;
use crate::{Error, ErrorKind, Result};

/// What a reading gave.
pub(super) struct Reading {
    pub(super) document: parse::Document,
    /// Things to tell people.
    pub(super) notes: Vec<String>,
}

impl Rag {
    /// Reads a text in the sandbox, as a file of this name would be.
    ///
    /// # Errors
    /// `Invalid` with the reason why it cannot be read.
    pub async fn parse_text(&self, name: &str, text: &str) -> Result<parse::Document> {
        self.parse_bytes(name, None, text.as_bytes()).await
    }

    /// Reads a file in the sandbox. Pages that are pictures have no text yet, as the outcome says.
    ///
    /// # Errors
    /// `Invalid` with the reason why it cannot be read.
    pub async fn parse_bytes(
        &self,
        name: &str,
        password: Option<Secret>,
        bytes: &[u8],
    ) -> Result<parse::Document> {
        let config = self.config();
        let hints = Hints {
            file_name: Some(name.to_owned()),
            password: password.map(|password| password.expose().to_owned()),
            limits: parse::Limits {
                time_ms: config.parse_ms,
                ..parse::Limits::default()
            },
            ..Hints::default()
        };
        let request = parse::request(bytes, &hints).map_err(Error::invalid)?;
        let answer = self
            .inner
            .parser
            .parse(&request, config.parse_limits())
            .await;
        let answer = answer.map_err(|error| refused(&error))?;
        let decoded = tokio::task::spawn_blocking(move || parse::answer(&answer)).await;
        let decoded = decoded.map_err(|_| Error::internal("the worker's answer cannot be read"))?;
        decoded.map_err(|error| Error::invalid(error.to_string()))
    }
}

impl Task<'_> {
    /// Reads a document, and keeps what was read.
    ///
    /// # Errors
    /// `Invalid` with the reason why it cannot be read.
    pub(super) async fn read(&self, document: &Document) -> Result<Reading> {
        if self.order.reuse
            && let Some(parsed) = self.rag.parsed_of(document).await?
        {
            let notes = document.notes.0.clone();
            return Ok(Reading {
                document: parsed,
                notes,
            });
        }
        let key = document.blob_key.as_deref().ok_or_else(|| {
            Error::invalid("the document has no bytes: it was not fetched; add it again")
        })?;
        self.stage("parse");
        let bytes = self.rag.blobs().read(key).await?;
        let parsed = self.parse(&document.name, &bytes).await?;
        let mut notes = parsed.notes();
        let total = u64::from(parsed.metadata.page_count);
        self.note(|progress| progress.pages_total = Some(total));
        let mut parsed = match parsed.outcome.clone() {
            Outcome::Text => parsed,
            Outcome::NeedsOcr { pages } => {
                self.recognize(parsed, pages, &bytes, &mut notes).await?
            }
            Outcome::NeedsTranscription { media_type } => {
                let text = self.transcribe(&document.name, &media_type, bytes).await?;
                let transcript = self.parse("transcript.txt", text.as_bytes()).await?;
                parse::Document {
                    format: parsed.format,
                    ..transcript
                }
            }
        };
        // Pictures that nobody could read would only be kept twice.
        parsed.outcome = Outcome::Text;
        if parsed.pages.iter().all(|page| page.text.trim().is_empty()) {
            let why = notes.join(" ");
            return Err(Error::invalid(format!("no text was found in it. {why}")));
        }
        self.note(|progress| progress.pages_done = total);
        let kept = postcard::to_stdvec(&parsed)
            .map_err(|error| Error::internal(format!("cannot keep what was read: {error}")))?;
        put(self.rag.blobs(), &parsed_key(key), kept.into()).await?;
        Ok(Reading {
            document: parsed,
            notes,
        })
    }

    async fn parse(&self, name: &str, bytes: &[u8]) -> Result<parse::Document> {
        let parsed = self.rag.parse_bytes(name, self.password(), bytes).await;
        self.note(|_| {});
        parsed
    }

    /// Reads the pages that are pictures.
    async fn recognize(
        &self,
        mut document: parse::Document,
        pages: Vec<ScannedPage>,
        file: &Bytes,
        notes: &mut Vec<String>,
    ) -> Result<parse::Document> {
        let numbers: Vec<u32> = pages.iter().map(|page| page.number).collect();
        let Some(tesseract) = self.rag.inner.ocr.clone() else {
            notes.push(format!(
                "No text on {}: pictures, which tesseract would read if it were installed.",
                on_pages(&numbers)
            ));
            return Ok(document);
        };
        self.stage("ocr");
        let is_picture = document.format == parse::Format::Image;
        let mut unread = Vec::new();
        for page in pages {
            let image = match page.image {
                Some(PageImage { bytes, .. }) => Bytes::from(bytes),
                None if is_picture => file.clone(),
                None => {
                    unread.push(page.number);
                    continue;
                }
            };
            let tesseract = tesseract.clone();
            let read = tokio::task::spawn_blocking(move || tesseract.recognize(&image)).await;
            match read {
                Ok(Ok(recognized)) => document.add_recognized(page.number, &recognized),
                Ok(Err(error)) => {
                    tracing::info!(%error, page = page.number, "a picture was not read");
                    unread.push(page.number);
                }
                Err(_) => unread.push(page.number),
            }
            self.note(|progress| progress.pages_done += 1);
        }
        if !unread.is_empty() {
            notes.push(format!(
                "No text on {}: pictures that could not be read.",
                on_pages(&unread)
            ));
        }
        Ok(document)
    }
}

/// What became of a file whose parsing ended without an answer.
fn refused(error: &SandboxError) -> Error {
    let kind = match error {
        SandboxError::Busy { .. } => ErrorKind::Unavailable,
        SandboxError::Unavailable(_) => ErrorKind::NotConfigured,
        _ => ErrorKind::Invalid,
    };
    Error::new(kind, format!("the file could not be read: {error}"))
}
