//! Conversations that another vendor's model took part in, on their way to Anthropic itself.
//!
//! A Messages client that was answered by a model of another vendor brings back reasoning that nobody
//! signed, and seals of ours. Anthropic refuses both, so that a conversation could never move to it (nor
//! a fallback reach it). Bodies without them stay the client's own bytes.

use memchr::memmem;
use serde_json::{Map, Value};

use crate::dialect::sealed::PREFIX;
use crate::error::{Error, ErrorKind};
use crate::notes::Notes;

/// The body without foreign reasoning; `None` when it holds none.
///
/// # Errors
/// `InvalidRequest` when the body is not JSON.
pub(super) fn adapt(body: &[u8], notes: &mut Notes) -> Result<Option<Vec<u8>>, Error> {
    let has = |text: &str| memmem::find(body, text.as_bytes()).is_some();
    let unsigned = || has(r#""signature":"""#) || has(r#""signature": """#);
    if !has(PREFIX) && !unsigned() {
        return Ok(None);
    }
    let mut request: Map<String, Value> = serde_json::from_slice(body).map_err(|e| {
        let message = format!("the request body is not a JSON object: {e}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let Some(Value::Array(turns)) = request.get_mut("messages") else {
        return Ok(None);
    };
    let mut found = false;
    turns.retain_mut(|turn| {
        let Some(Value::Array(blocks)) = turn.get_mut("content") else {
            return true;
        };
        let before = blocks.len();
        blocks.retain(|block| !is_foreign(block));
        let changed = blocks.len() < before;
        found |= changed;
        // A turn that held nothing else would be refused for being empty.
        !(changed && blocks.is_empty())
    });
    if !found {
        return Ok(None);
    }
    notes.dropped("messages.thinking");
    Ok(Some(Value::Object(request).to_string().into_bytes()))
}

fn is_foreign(block: &Value) -> bool {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    match text("type") {
        Some("thinking") => text("signature") == Some(""),
        Some("redacted_thinking") => text("data").is_some_and(|data| data.starts_with(PREFIX)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn adapted(turns: &Value) -> (Option<Value>, String) {
        let body = json!({"model": "m", "max_tokens": 5, "messages": turns}).to_string();
        let mut notes = Notes::default();
        let out = adapt(body.as_bytes(), &mut notes).expect("is JSON");
        let out = out.map(|bytes| {
            let request: Value = serde_json::from_slice(&bytes).expect("is JSON");
            request["messages"].clone()
        });
        (out, notes.to_header())
    }

    #[test]
    fn foreign_reasoning_is_taken_out_and_anthropics_own_stays() {
        let own = json!({"type": "thinking", "thinking": "hm", "signature": "c2ln"});
        let dark = json!({"type": "redacted_thinking", "data": "ZGFyaw=="});
        let call = json!({"type": "tool_use", "id": "a", "name": "b", "input": {}});
        let turns = json!([
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": ""}, own, dark,
                {"type": "redacted_thinking", "data": "nab1.e30"}, call]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": ""}]},
        ]);
        let (out, notes) = adapted(&turns);
        let expected = json!([
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [own, dark, call]},
        ]);
        assert_eq!(out, Some(expected));
        assert_eq!(notes, "dropped=messages.thinking");
    }

    #[test]
    fn bodies_without_foreign_reasoning_are_not_touched() {
        for text in ["hello", "nab1.e30", r#""signature":"""#] {
            let turns = json!([{"role": "user", "content": text},
                {"role": "assistant", "content": [{"type": "text", "text": text}]}]);
            assert_eq!(adapted(&turns), (None, String::new()), "{text}");
        }
    }
}
