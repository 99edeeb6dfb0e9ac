//! What one vendor's clients send and the others do not know: turned into what every vendor reads, or
//! written into the translation report. The maps share the words of the report through this file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::chat::{
    FileRef, KnownPart, Message, Part, ThinkingBlock, Tool, ToolCall, parse_data_url,
};
use crate::error::Error;
use crate::notes::Notes;

/// Notes the fields of `extra` that the target does not take, under `prefix`. Null says nothing.
pub(crate) fn note_rest(
    extra: &Map<String, Value>,
    takes: impl Fn(&str) -> bool,
    prefix: &str,
    notes: &mut Notes,
) {
    for (name, value) in extra {
        if value.is_null() || takes(name) {
            continue;
        }
        // The same word wherever it stands: on messages, parts and tools.
        if name == "cache_control" {
            notes.dropped("cache_control");
        } else {
            notes.dropped(format!("{prefix}.{name}"));
        }
    }
}

/// As [`note_rest`], and takes the fields out.
pub(crate) fn keep_only(
    extra: &mut Map<String, Value>,
    takes: impl Fn(&str) -> bool,
    prefix: &str,
    notes: &mut Notes,
) {
    note_rest(extra, &takes, prefix, notes);
    extra.retain(|name, _| takes(name));
}

/// Notes the fields of a part that a format without them loses.
pub(crate) fn note_part(part: &KnownPart, known: &[&str], notes: &mut Notes) {
    if let Some(extra) = part.extra() {
        note_rest(
            extra,
            |name| known.contains(&name),
            "messages.content",
            notes,
        );
    }
}

/// As [`note_part`] for a call.
pub(crate) fn note_call(call: &ToolCall, known: &[&str], notes: &mut Notes) {
    let takes = |name: &str| known.contains(&name);
    note_rest(&call.extra, takes, "messages.tool_calls", notes);
}

/// As [`note_part`] for a function on offer.
pub(crate) fn note_tool(tool: &Tool, known: &[&str], notes: &mut Notes) {
    note_rest(&tool.extra, |name| known.contains(&name), "tools", notes);
}

/// A part that is none of OpenAI's, which is to say one of Anthropic's blocks, as one that all vendors
/// read. `None` for traces of what Anthropic's own tools did: the answer that followed tells what they
/// found.
///
/// # Errors
/// `NotSupported` for what only Anthropic's servers have (uploaded files) and for unknown parts.
pub(crate) fn block(block: &Value, vendor: &str, notes: &mut Notes) -> Result<Option<Part>, Error> {
    let kind = block["type"].as_str().unwrap_or("?");
    let field = format!("messages.content.{kind}");
    match kind {
        "search_result" => {
            notes.emulated(field);
            let mut lines: Vec<&str> = ["title", "source"]
                .iter()
                .filter_map(|name| block[*name].as_str())
                .collect();
            let texts = block["content"].as_array().into_iter().flatten();
            lines.extend(texts.filter_map(|text| text["text"].as_str()));
            Ok(Some(Part::text(lines.join("\n"))))
        }
        "compaction" => {
            notes.emulated(field);
            let summary = block["content"].as_str().unwrap_or_default();
            Ok(Some(Part::text(summary)))
        }
        "server_tool_use" | "mcp_tool_use" | "tool_reference" => {
            notes.dropped(field);
            Ok(None)
        }
        result if result.ends_with("_tool_result") => {
            notes.dropped(field);
            Ok(None)
        }
        "image" | "document" | "container_upload" => Err(Error::not_supported(
            "messages.content",
            format!(
                "a `{kind}` by the id of an uploaded file cannot be sent to {vendor}; send the file itself"
            ),
        )),
        _ => Err(Error::not_supported(
            "messages.content",
            format!("content part `{kind}` cannot be sent to {vendor}"),
        )),
    }
}

/// A text file as the text that it is, under its name; `None` for other files.
pub(crate) fn text_of(file: &FileRef) -> Option<String> {
    let (media_type, data) = parse_data_url(file.file_data.as_deref()?)?;
    if !media_type.starts_with("text/") && media_type != "application/json" {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(data).ok()?).ok()?;
    Some(match &file.filename {
        Some(name) => format!("{name}\n\n{text}"),
        None => text,
    })
}

/// The readable reasoning of a turn, for vendors that take it back as text, in whichever of the two
/// forms the client's dialect has. Encrypted reasoning is noted.
pub(crate) fn reasoning_text(message: &Message, notes: &mut Notes) -> Option<String> {
    let blocks = message.thinking_blocks.as_deref().unwrap_or_default();
    let mut text = String::new();
    for block in blocks {
        match block {
            ThinkingBlock::Thinking { thinking, .. } => text.push_str(thinking),
            ThinkingBlock::RedactedThinking { .. } => notes.dropped("messages.thinking_blocks"),
        }
    }
    let own = message.reasoning_content.clone();
    own.or(Some(text)).filter(|text| !text.is_empty())
}

/// Notes that a turn's earlier reasoning is left out.
pub(crate) fn note_reasoning(message: &Message, notes: &mut Notes) {
    if message.thinking_blocks.is_some() {
        notes.dropped("messages.thinking_blocks");
    } else if message.reasoning_content.is_some() {
        notes.dropped("messages.reasoning_content");
    }
}
