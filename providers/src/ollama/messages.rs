//! Messages to Ollama's: text in `content`, images beside it, tool arguments as objects.

use serde_json::{Map, Value, json};

use crate::chat::{Content, KnownPart, Message, Part, Role, ToolCall, parse_data_url};
use crate::error::Error;
use crate::native;
use crate::notes::Notes;
use crate::portable;

pub(super) fn encode(messages: &[Message], notes: &mut Notes) -> Result<Value, Error> {
    (0..messages.len())
        .map(|at| message(messages, at, notes))
        .collect()
}

fn message(all: &[Message], at: usize, notes: &mut Notes) -> Result<Value, Error> {
    let message = &all[at];
    let role = match message.role {
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool | Role::Function => "tool",
    };
    let (text, images) = content(message, notes)?;
    let mut out = Map::new();
    out.insert("role".to_owned(), json!(role));
    out.insert("content".to_owned(), json!(text));
    if !images.is_empty() {
        out.insert("images".to_owned(), json!(images));
    }
    if role == "tool" {
        if let Some(name) = native::function_name(all, at) {
            out.insert("tool_name".to_owned(), json!(name));
        }
        if let Some(id) = &message.tool_call_id {
            out.insert("tool_call_id".to_owned(), json!(id));
        }
    } else if message.name.is_some() {
        notes.dropped("messages.name");
    }
    native::note_unknown_fields(message, &[], notes);
    if let Some(thoughts) = portable::reasoning_text(message, notes) {
        out.insert("thinking".to_owned(), json!(thoughts));
    }
    if let Some(calls) = message.tool_calls.as_ref().filter(|c| !c.is_empty()) {
        let calls = calls
            .iter()
            .map(|call| self::call(call, notes))
            .collect::<Result<Vec<_>, _>>()?;
        out.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    Ok(Value::Object(out))
}

fn call(call: &ToolCall, notes: &mut Notes) -> Result<Value, Error> {
    portable::note_call(call, &[], notes);
    let function = call.function.as_ref().ok_or_else(|| {
        Error::not_supported(
            "messages.tool_calls",
            format!("ollama cannot express a tool call of type `{}`", call.kind),
        )
    })?;
    let (arguments, exact) = native::arguments_object(&function.arguments);
    if !exact {
        notes.changed("messages.tool_calls.arguments");
    }
    Ok(json!({
        "id": call.id,
        "function": {"name": function.name, "arguments": arguments},
    }))
}

/// Text, and images as bare base64.
fn content<'a>(message: &'a Message, notes: &mut Notes) -> Result<(String, Vec<&'a str>), Error> {
    let mut text = String::new();
    let mut images = Vec::new();
    match &message.content {
        None => {}
        Some(Content::Text(all)) => text.push_str(all),
        Some(Content::Parts(parts)) => {
            for part in parts {
                add(part, &mut text, &mut images, notes)?;
            }
        }
    }
    text.push_str(message.refusal.as_deref().unwrap_or_default());
    Ok((text, images))
}

fn add<'a>(
    part: &'a Part,
    text: &mut String,
    images: &mut Vec<&'a str>,
    notes: &mut Notes,
) -> Result<(), Error> {
    let known = match part {
        Part::Known(known) => known,
        Part::Other(other) => {
            let readable = portable::block(other, "ollama", notes)?;
            text.push_str(
                readable
                    .as_ref()
                    .and_then(Part::as_text)
                    .unwrap_or_default(),
            );
            return Ok(());
        }
    };
    portable::note_part(known, &[], notes);
    match known {
        KnownPart::Text { text: more, .. } => text.push_str(more),
        KnownPart::Refusal { refusal } => text.push_str(refusal),
        KnownPart::ImageUrl { image_url, .. } => {
            if matches!(image_url.detail.as_deref(), Some(detail) if detail != "auto") {
                notes.dropped("image_url.detail");
            }
            let (_, data) = parse_data_url(&image_url.url).ok_or_else(|| {
                Error::not_supported(
                    "image_url",
                    "ollama takes images inline only; send a base64 data URL",
                )
            })?;
            images.push(data);
        }
        KnownPart::InputAudio { .. } => return Err(refused("input_audio")),
        KnownPart::File { file, .. } => {
            let more = portable::text_of(file).ok_or_else(|| refused("file"))?;
            notes.emulated("file");
            text.push_str(&more);
        }
    }
    Ok(())
}

fn refused(kind: &str) -> Error {
    Error::not_supported(
        "messages.content",
        format!("content part `{kind}` cannot be sent to ollama (text and images can)"),
    )
}
