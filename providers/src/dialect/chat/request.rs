//! A client's chat completion request to a canonical one.

use serde_json::Value;

use crate::chat::{ChatRequest, Content, Part};
use crate::error::Error;
use crate::notes::Notes;

/// Part types of [`crate::chat::KnownPart`]: one that could not be read is the client's mistake, not
/// an unknown part to be kept.
const KNOWN_PARTS: [&str; 5] = ["text", "image_url", "input_audio", "file", "refusal"];

/// Reads the body.
///
/// # Errors
/// `InvalidRequest` whose `param` is the path of the wrong field (`messages[2].role`);
/// `NotSupported` for the legacy `functions` without `tools`: their answers have another shape.
pub(super) fn decode_request(body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut request: ChatRequest =
        serde_path_to_error::deserialize(&mut reader).map_err(explain)?;
    reader.end().map_err(|e| not_json(&e))?;
    drop_null(&mut request, "functions");
    drop_null(&mut request, "function_call");
    check(&request)?;
    for name in ["functions", "function_call"] {
        if request.extra.shift_remove(name).is_some() {
            notes.dropped(name);
        }
    }
    Ok(request)
}

fn drop_null(request: &mut ChatRequest, name: &str) {
    if request.extra.get(name).is_some_and(Value::is_null) {
        request.extra.shift_remove(name);
    }
}

fn check(request: &ChatRequest) -> Result<(), Error> {
    if request.model.is_empty() {
        return Err(Error::invalid("model", "`model` must not be empty"));
    }
    if request.messages.is_empty() {
        return Err(Error::invalid(
            "messages",
            "`messages` must hold at least one message",
        ));
    }
    let has_tools = request
        .tools
        .as_ref()
        .is_some_and(|tools| !tools.is_empty());
    if !has_tools && request.extra.contains_key("functions") {
        return Err(Error::not_supported(
            "functions",
            "`functions` cannot be translated for this model: use `tools`",
        ));
    }
    for (i, message) in request.messages.iter().enumerate() {
        let Some(Content::Parts(parts)) = &message.content else {
            continue;
        };
        for (j, part) in parts.iter().enumerate() {
            check_part(part, || format!("messages[{i}].content[{j}]"))?;
        }
    }
    Ok(())
}

fn check_part(part: &Part, path: impl Fn() -> String) -> Result<(), Error> {
    let Part::Other(value) = part else {
        return Ok(());
    };
    let Some(kind) = value.get("type").and_then(Value::as_str) else {
        let path = path();
        return Err(Error::invalid(
            &path,
            format!("`{path}` must be an object with a `type`"),
        ));
    };
    if !KNOWN_PARTS.contains(&kind) {
        return Ok(());
    }
    let path = path();
    let needed = match kind {
        "image_url" => "`image_url` with a `url`",
        "input_audio" => "`input_audio` with `data` and `format`",
        "file" => "a `file` object",
        "refusal" => "a `refusal` string",
        _ => "a `text` string",
    };
    Err(Error::invalid(
        &path,
        format!("`{path}` of type `{kind}` must have {needed}"),
    ))
}

/// Names the field that is wrong, in the client's terms.
fn explain(error: serde_path_to_error::Error<serde_json::Error>) -> Error {
    let path = error.path().to_string();
    let inner = error.into_inner();
    if !inner.is_data() {
        return not_json(&inner);
    }
    let message = inner.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let root = path == "." || path.is_empty();
    if let Some(field) = message
        .strip_prefix("missing field `")
        .and_then(|m| m.strip_suffix('`'))
    {
        let param = if root {
            field.to_owned()
        } else {
            format!("{path}.{field}")
        };
        return Error::invalid(&param, format!("`{param}` is required"));
    }
    if root {
        return Error::new(
            crate::ErrorKind::InvalidRequest,
            format!("the request body must be a JSON object: {message}"),
        );
    }
    let message = match message.rsplit_once("untagged enum ") {
        Some((_, "Content")) => "must be a string or an array of parts",
        Some((_, "Stop")) => "must be a string or an array of strings",
        Some((_, "ToolChoice")) => "must be a string or an object",
        _ => message,
    };
    Error::invalid(&path, format!("`{path}`: {message}"))
}

fn not_json(error: &serde_json::Error) -> Error {
    Error::new(
        crate::ErrorKind::InvalidRequest,
        format!("the request body is not JSON: {error}"),
    )
}
