//! Content blocks of a Messages request to canonical pieces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::fields::take_string;
use crate::chat::{
    Content, FileRef, FunctionCall, ImageUrl, KnownPart, Message, Part, Role, ThinkingBlock,
    ToolCall,
};
use crate::dialect::sealed::Sealed;
use crate::error::Error;
use crate::notes::Notes;

/// What one block is to a canonical turn.
pub(super) enum Piece {
    /// Content.
    Part(Part),
    /// A call the assistant made.
    Call(ToolCall),
    /// A whole `tool` message.
    Result(Message),
    /// Reasoning to be replayed.
    Thinking(ThinkingBlock),
    /// What another vendor attached to a call, back from the client.
    Seal(Sealed),
}

/// `content`: a string or blocks. `path` names it in errors (`messages.0.content`).
///
/// # Errors
/// `InvalidRequest` naming the block that cannot be read.
pub(super) fn decode(path: &str, content: Value, notes: &mut Notes) -> Result<Vec<Piece>, Error> {
    match content {
        Value::String(text) => Ok(vec![Piece::Part(Part::text(text))]),
        Value::Array(blocks) => {
            let blocks = blocks.into_iter().enumerate();
            blocks
                .map(|(at, block)| decode_block(&format!("{path}.{at}"), block, notes))
                .collect()
        }
        _ => Err(Error::invalid(
            path,
            format!("`{path}` must be a string or an array of blocks"),
        )),
    }
}

/// Parts as content, a lone plain text as a string.
pub(super) fn content(mut parts: Vec<Part>) -> Option<Content> {
    if let [Part::Known(KnownPart::Text { text, extra })] = parts.as_mut_slice()
        && extra.is_empty()
    {
        return Some(Content::Text(std::mem::take(text)));
    }
    (!parts.is_empty()).then_some(Content::Parts(parts))
}

fn decode_block(path: &str, block: Value, notes: &mut Notes) -> Result<Piece, Error> {
    let Value::Object(mut object) = block else {
        return Err(Error::invalid(path, format!("`{path}` is not an object")));
    };
    let kind = object.get("type").and_then(Value::as_str).unwrap_or("");
    match kind {
        "" => Err(Error::invalid(path, format!("`{path}` has no `type`"))),
        "text" => {
            let text = need(&mut object, "text", path)?;
            Ok(text_part(text, rest(object)))
        }
        "image" => Ok(image(object)),
        "document" => document(path, object, notes),
        "thinking" => Ok(Piece::Thinking(ThinkingBlock::Thinking {
            thinking: take_string(&mut object, "thinking").unwrap_or_default(),
            signature: take_string(&mut object, "signature").filter(|s| !s.is_empty()),
        })),
        "redacted_thinking" => Ok(redacted(need(&mut object, "data", path)?)),
        "tool_use" => tool_use(path, object),
        "tool_result" => tool_result(path, object, notes),
        // Anthropic's own blocks (server tools, search results, containers) travel as they came.
        _ => Ok(Piece::Part(Part::Other(Value::Object(object)))),
    }
}

fn redacted(data: String) -> Piece {
    match Sealed::open(&data) {
        Some(Sealed::Block(block)) => Piece::Thinking(block),
        Some(call) => Piece::Seal(call),
        None => Piece::Thinking(ThinkingBlock::RedactedThinking { data }),
    }
}

fn text_part(text: String, extra: Map<String, Value>) -> Piece {
    Piece::Part(Part::Known(KnownPart::Text { text, extra }))
}

/// What is left of a block beside its content: `cache_control` and others. Null says nothing.
fn rest(mut object: Map<String, Value>) -> Map<String, Value> {
    object.shift_remove("type");
    object.retain(|_, value| !value.is_null());
    object
}

fn need(object: &mut Map<String, Value>, name: &str, path: &str) -> Result<String, Error> {
    take_string(object, name).ok_or_else(|| {
        let field = format!("{path}.{name}");
        Error::invalid(&field, format!("`{field}` must be a string"))
    })
}

/// A source as a URL: `data:` for base64, the address for `url`. `None` for sources only Anthropic
/// can read (uploaded files).
fn source_url(source: &Value) -> Option<String> {
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    match text("type")? {
        "base64" => Some(format!(
            "data:{};base64,{}",
            text("media_type")?,
            text("data")?
        )),
        "url" => text("url").map(str::to_owned),
        _ => None,
    }
}

fn image(mut object: Map<String, Value>) -> Piece {
    let Some(url) = object.get("source").and_then(source_url) else {
        return Piece::Part(Part::Other(Value::Object(object)));
    };
    object.shift_remove("source");
    Piece::Part(Part::Known(KnownPart::ImageUrl {
        image_url: ImageUrl { url, detail: None },
        extra: rest(object),
    }))
}

fn document(path: &str, mut object: Map<String, Value>, notes: &mut Notes) -> Result<Piece, Error> {
    let Some(source) = object.get("source") else {
        return Err(Error::invalid(path, format!("`{path}` has no `source`")));
    };
    let kind = source["type"].as_str().unwrap_or_default();
    let mut file = FileRef::default();
    match kind {
        "base64" => file.file_data = source_url(source),
        "url" => file.file_url = source_url(source),
        "text" => {
            // As a file, so that Anthropic gets its document back; others read base64 text.
            let text = source["data"].as_str().unwrap_or_default();
            file.file_data = Some(format!("data:text/plain;base64,{}", STANDARD.encode(text)));
        }
        "content" => {
            notes.changed("messages.content.document");
            let mut text = flatten(&source["content"]);
            object.shift_remove("source");
            if let Some(title) = take_string(&mut object, "title") {
                text = format!("{title}\n\n{text}");
            }
            return Ok(text_part(text, rest(object)));
        }
        _ => return Ok(Piece::Part(Part::Other(Value::Object(object)))),
    }
    file.filename = take_string(&mut object, "title");
    object.shift_remove("source");
    Ok(Piece::Part(Part::Known(KnownPart::File {
        file,
        extra: rest(object),
    })))
}

/// The text of a string or of text blocks.
fn flatten(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|b| b["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

fn tool_use(path: &str, mut object: Map<String, Value>) -> Result<Piece, Error> {
    let id = need(&mut object, "id", path)?;
    let name = need(&mut object, "name", path)?;
    let input = object
        .shift_remove("input")
        .filter(|input| !input.is_null());
    let arguments = input.map_or("{}".to_owned(), |input| input.to_string());
    Ok(Piece::Call(ToolCall {
        id,
        kind: "function".to_owned(),
        function: Some(FunctionCall { name, arguments }),
        extra: rest(object),
    }))
}

fn tool_result(
    path: &str,
    mut object: Map<String, Value>,
    notes: &mut Notes,
) -> Result<Piece, Error> {
    let mut message = Message::empty(Role::Tool);
    message.tool_call_id = Some(need(&mut object, "tool_use_id", path)?);
    if let Some(inner) = object.shift_remove("content").filter(|c| !c.is_null()) {
        let path = format!("{path}.content");
        let mut parts = Vec::new();
        for piece in decode(&path, inner, notes)? {
            match piece {
                Piece::Part(part) => parts.push(part),
                _ => {
                    return Err(Error::invalid(
                        &path,
                        "a tool result holds text, images and documents only",
                    ));
                }
            }
        }
        message.content = content(parts);
    }
    message.extra = rest(object);
    Ok(Piece::Result(message))
}
