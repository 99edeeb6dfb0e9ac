//! Content parts to Anthropic's content blocks.
//!
//! Source: <https://platform.claude.com/docs/en/api/messages> (content blocks), `…/vision` and
//! `…/pdf-support`, read 2026-11-22.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::chat::{Content, FileRef, ImageUrl, KnownPart, Part, parse_data_url};
use crate::error::Error;
use crate::notes::Notes;

/// Block types that only Anthropic knows and that clients replay as they got them.
const NATIVE_BLOCKS: &[&str] = &[
    "image",
    "document",
    "search_result",
    "server_tool_use",
    "mcp_tool_use",
    "container_upload",
    "compaction",
    "tool_reference",
];

/// Content as blocks. Empty text is left out: Anthropic refuses empty text blocks.
///
/// # Errors
/// `NotSupported` for audio and unknown parts, `InvalidRequest` for an image or file without a source.
pub(super) fn blocks(content: &Content, notes: &mut Notes) -> Result<Vec<Value>, Error> {
    match content {
        Content::Text(text) => Ok(text_block(text).into_iter().collect()),
        Content::Parts(parts) => {
            let mut out = Vec::with_capacity(parts.len());
            for part in parts {
                out.extend(block(part, notes)?);
            }
            Ok(out)
        }
    }
}

/// A text block, unless `text` is empty.
pub(super) fn text_block(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!({"type": "text", "text": text}))
}

/// A single plain text block as a bare string, anything else as blocks.
pub(super) fn compact(mut blocks: Vec<Value>) -> Value {
    if let [Value::Object(only)] = blocks.as_mut_slice()
        && only.len() == 2
        && only.get("type").is_some_and(|kind| kind == "text")
        && let Some(text) = only.remove("text")
    {
        return text;
    }
    Value::Array(blocks)
}

fn block(part: &Part, notes: &mut Notes) -> Result<Option<Value>, Error> {
    let known = match part {
        Part::Known(known) => known,
        Part::Other(value) => return native(value).map(Some),
    };
    let (block, extra) = match known {
        KnownPart::Text { text, extra } => (text_block(text), Some(extra)),
        KnownPart::Refusal { refusal } => (text_block(refusal), None),
        KnownPart::ImageUrl { image_url, extra } => (Some(image(image_url, notes)?), Some(extra)),
        KnownPart::File { file, extra } => (Some(document(file)?), Some(extra)),
        KnownPart::InputAudio { .. } => {
            return Err(Error::not_supported(
                "messages",
                "anthropic models take no audio input",
            ));
        }
    };
    let Some(mut block) = block else {
        return Ok(None);
    };
    if let Some(extra) = extra {
        extend(&mut block, extra, notes);
    }
    Ok(Some(block))
}

fn extend(block: &mut Value, extra: &Map<String, Value>, notes: &mut Notes) {
    for (name, value) in extra {
        match name.as_str() {
            "cache_control" | "citations" | "context" | "title" => block[name] = value.clone(),
            _ => notes.dropped(format!("messages.content.{name}")),
        }
    }
}

fn native(value: &Value) -> Result<Value, Error> {
    let kind = value["type"].as_str().unwrap_or_default();
    if NATIVE_BLOCKS.contains(&kind) || kind.ends_with("_tool_result") {
        return Ok(value.clone());
    }
    Err(Error::not_supported(
        "messages",
        format!("anthropic has no counterpart of a content part of type `{kind}`"),
    ))
}

fn image(image: &ImageUrl, notes: &mut Notes) -> Result<Value, Error> {
    if matches!(image.detail.as_deref(), Some("low" | "high")) {
        notes.dropped("image_url.detail");
    }
    let source = source(&image.url).ok_or_else(|| {
        Error::invalid("image_url", "an image needs an http(s) or base64 data URL")
    })?;
    Ok(json!({"type": "image", "source": source}))
}

/// A base64 or URL source.
fn source(url: &str) -> Option<Value> {
    if let Some((media_type, data)) = parse_data_url(url) {
        return Some(base64_source(media_type, data));
    }
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web.then(|| json!({"type": "url", "url": url}))
}

fn base64_source(media_type: &str, data: &str) -> Value {
    json!({"type": "base64", "media_type": media_type, "data": data})
}

fn document(file: &FileRef) -> Result<Value, Error> {
    let missing = || Error::invalid("file", "a file needs `file_data`, `file_url` or `file_id`");
    let source = if let Some(data) = &file.file_data {
        let (media_type, data) =
            parse_data_url(data).unwrap_or((media_type_of(file.filename.as_deref()), data));
        if media_type.starts_with("image/") {
            return Ok(json!({"type": "image", "source": base64_source(media_type, data)}));
        }
        if media_type.starts_with("text/") || media_type == "application/json" {
            json!({"type": "text", "media_type": "text/plain", "data": decode_text(data)?})
        } else {
            base64_source(media_type, data)
        }
    } else if let Some(url) = &file.file_url {
        source(url).ok_or_else(missing)?
    } else if let Some(id) = &file.file_id {
        // OpenAI's ids begin with `file-`, Anthropic's with `file_`.
        if id.starts_with("file-") {
            return Err(Error::not_supported(
                "file.file_id",
                "anthropic cannot read a file uploaded to another vendor; send file_data or file_url",
            ));
        }
        json!({"type": "file", "file_id": id})
    } else {
        return Err(missing());
    };
    let mut block = json!({"type": "document", "source": source});
    if let Some(name) = &file.filename {
        block["title"] = json!(name);
    }
    Ok(block)
}

fn decode_text(data: &str) -> Result<String, Error> {
    let bytes = STANDARD.decode(data).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Error::invalid("file_data", "a text file must be base64 of UTF-8 text"))
}

/// Media type of bare base64, by the file's name. PDF is what OpenAI's `file` parts mostly hold.
fn media_type_of(filename: Option<&str>) -> &'static str {
    let extension = filename.and_then(|name| name.rsplit_once('.'));
    match extension
        .map(|(_, word)| word.to_ascii_lowercase())
        .as_deref()
    {
        Some("txt" | "md" | "csv" | "html" | "json" | "xml") => "text/plain",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        _ => "application/pdf",
    }
}
