//! Answers that are JSON of a wanted form: asked for, checked, and asked for again when they are not.

use serde_json::{Map, Value, json};

use super::model::{Answer, chat};
use crate::node::{NodeContext, NodeError, NodeErrorKind};
use crate::validate::breaches;

/// Times that a model is told what is wrong with its answer.
const REPAIRS: usize = 2;
/// Things that are said to be wrong, at most.
const MAX_NAMED: usize = 10;

/// Asks for JSON that fits a schema. `body` is a chat request without a response format.
///
/// # Errors
/// Those of the call; `Input` when the model does not give such JSON though it is told what is wrong.
pub(super) async fn chat_json(
    context: &NodeContext,
    mut body: Map<String, Value>,
    schema: &Value,
    stream_to: Option<&str>,
) -> Result<(Value, Answer), NodeError> {
    tell(&mut body, schema);
    let format = json!({
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": is_strict(schema)},
    });
    body.insert("response_format".to_owned(), format);
    let mut repairs = 0;
    loop {
        let answer = match chat(context, body.clone(), stream_to).await {
            Err(error) if says_not_supported(&error) && body.contains_key("response_format") => {
                context.warn("the model knows no response format; it is only told the schema");
                body.remove("response_format");
                continue;
            }
            other => other?,
        };
        let problem = match parse(&answer.text) {
            None => "it is no JSON".to_owned(),
            Some(value) => match named(&breaches(schema, &value)) {
                None => return Ok((value, answer)),
                Some(problems) => problems,
            },
        };
        if answer.finish_reason == "length" {
            let message = "the answer was cut at the maximum of tokens; raise `max_tokens`";
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        if repairs == REPAIRS {
            let message = format!("the model's answer does not fit the schema: {problem}");
            let details = json!({"answer": answer.text});
            return Err(NodeError::input(message).with_details(details));
        }
        repairs += 1;
        context.warn(&format!("the answer does not fit the schema: {problem}"));
        let Some(Value::Array(messages)) = body.get_mut("messages") else {
            return Err(NodeError::input("there are no messages"));
        };
        messages.push(answer.message());
        let again = format!(
            "That does not fit: {problem}. Answer again, with the corrected JSON and nothing else."
        );
        messages.push(json!({"role": "user", "content": again}));
    }
}

/// Puts the schema into the system text: what vendors without response formats go by.
fn tell(body: &mut Map<String, Value>, schema: &Value) {
    let told = format!(
        "Answer with one JSON value that fits this JSON Schema, and with nothing else:\n{schema}"
    );
    let Some(Value::Array(messages)) = body.get_mut("messages") else {
        return;
    };
    match messages.first_mut() {
        Some(first) if first["role"] == "system" && first["content"].is_string() => {
            let before = first["content"].as_str().unwrap_or_default();
            first["content"] = format!("{before}\n\n{told}").into();
        }
        _ => messages.insert(0, json!({"role": "system", "content": told})),
    }
}

/// OpenAI's strict mode takes only schemas whose objects name all their properties as required and
/// forbid others.
fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Array(parts) => parts.iter().all(is_strict),
        Value::Object(object) => {
            let closed = match object.get("properties").and_then(Value::as_object) {
                None => object.get("type") != Some(&json!("object")),
                Some(properties) => {
                    let required = object.get("required").and_then(Value::as_array);
                    object.get("additionalProperties") == Some(&json!(false))
                        && properties.keys().all(|name| {
                            required.is_some_and(|names| names.iter().any(|one| one == name))
                        })
                }
            };
            closed && object.values().all(is_strict)
        }
        _ => true,
    }
}

fn says_not_supported(error: &NodeError) -> bool {
    let code = error.details.as_deref().map(|details| &details["code"]);
    let is_refused = code == Some(&json!("invalid_request")) && {
        let message = error.message.to_lowercase();
        message.contains("response_format") || message.contains("json_schema")
    };
    is_refused || code == Some(&json!("not_supported"))
}

fn named(breaches: &[String]) -> Option<String> {
    let first: Vec<&str> = breaches
        .iter()
        .take(MAX_NAMED)
        .map(String::as_str)
        .collect();
    (!first.is_empty()).then(|| first.join("; "))
}

/// The JSON in a text, also between the fences and phrases that models put around it.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let inside = text.split("```").nth(1);
    let inside = inside.map(|part| part.strip_prefix("json").unwrap_or(part).trim());
    if let Some(value) = inside.and_then(|inside| serde_json::from_str(inside).ok()) {
        return Some(value);
    }
    let begin = text.find(['{', '['])?;
    let mut values = serde_json::Deserializer::from_str(&text[begin..]).into_iter();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_in_what_models_write_around_it() {
        for text in [
            "{\"a\": 1}",
            "```json\n{\"a\": 1}\n```",
            "Here it is:\n```\n{\"a\": 1}\n```\nAnything else?",
            "Sure! {\"a\": 1} That is all.",
        ] {
            assert_eq!(parse(text), Some(json!({"a": 1})), "{text}");
        }
        assert_eq!(parse("I cannot say."), None);
    }

    #[test]
    fn strict_is_asked_for_where_the_schema_allows_it() {
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}},
            "required": ["a"], "additionalProperties": false});
        assert!(is_strict(&closed));
        let mut open = closed.clone();
        open["required"] = json!([]);
        assert!(!is_strict(&open));
        assert!(!is_strict(
            &json!({"type": "array", "items": {"type": "object"}})
        ));
    }
}
