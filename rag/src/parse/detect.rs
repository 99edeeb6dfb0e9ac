//! What a file is, by its content. A name only decides between kinds of plain text that look the
//! same: a CSV file may be called `.pdf`, and a PDF `.txt`.

mod binary;
mod textual;

use serde::{Deserialize, Serialize};

use super::limits::Budget;
use super::{Hints, ParseError};

/// Kinds of files. JSON form: the short name that [`std::fmt::Display`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// PDF.
    Pdf,
    /// Word.
    Docx,
    /// PowerPoint.
    Pptx,
    /// Excel since 2007.
    Xlsx,
    /// Excel before 2007.
    Xls,
    /// OpenDocument spreadsheet.
    Ods,
    /// OpenDocument text.
    Odt,
    /// OpenDocument presentation.
    Odp,
    /// HTML and XHTML.
    Html,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// Values separated by commas or semicolons.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// JSON.
    Json,
    /// A JSON value a line.
    Jsonl,
    /// XML of any other kind.
    Xml,
    /// An electronic book.
    Epub,
    /// A mail message.
    Email,
    /// Rich Text Format.
    Rtf,
    /// Source code.
    Code,
    /// A picture.
    Image,
    /// Speech or music, also in a video's container.
    Audio,
}

impl Format {
    /// The short name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Pptx => "pptx",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Odt => "odt",
            Self::Odp => "odp",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Xml => "xml",
            Self::Epub => "epub",
            Self::Email => "email",
            Self::Rtf => "rtf",
            Self::Code => "code",
            Self::Image => "image",
            Self::Audio => "audio",
        }
    }

    /// The media type; `None` for kinds that have many.
    pub const fn media_type(self) -> Option<&'static str> {
        Some(match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xls => "application/vnd.ms-excel",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
            Self::Html => "text/html",
            Self::Markdown => "text/markdown",
            Self::Text | Self::Code => "text/plain",
            Self::Csv => "text/csv",
            Self::Tsv => "text/tab-separated-values",
            Self::Json => "application/json",
            Self::Jsonl => "application/jsonl",
            Self::Xml => "application/xml",
            Self::Epub => "application/epub+zip",
            Self::Email => "message/rfc822",
            Self::Rtf => "application/rtf",
            Self::Image | Self::Audio => return None,
        })
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was found: the format, and the text where it is one.
pub(super) enum Detected {
    Binary(Format, &'static str),
    Text(Format, super::text::Decoded),
}

/// Looks at the content.
///
/// # Errors
///
/// [`ParseError::Unsupported`] for kinds that cannot be read, [`ParseError::PasswordNeeded`] for
/// locked Office files.
pub(super) fn detect(
    bytes: &[u8],
    hints: &Hints,
    budget: &mut Budget,
) -> Result<Detected, ParseError> {
    if let Some((format, media_type)) = binary::detect(bytes, budget)? {
        return Ok(Detected::Binary(format, media_type));
    }
    let decoded = super::text::decode(bytes)?;
    let format = textual::detect(&decoded.text, hints);
    Ok(Detected::Text(format, decoded))
}

/// The extension of the hinted name, in lower case.
pub(super) fn extension(hints: &Hints) -> Option<String> {
    let name = hints.file_name.as_deref()?;
    let (_, extension) = name.rsplit_once('.')?;
    Some(extension.to_lowercase())
}

pub(super) use textual::language_of;
