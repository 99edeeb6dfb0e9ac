//! The response object around the output: identity, outcome, and the request's own fields repeated.
//!
//! Source: OpenAI's OpenAPI document, `Response` and its defaults, read 2026-11-22.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::events::write_json;
use super::items::{Item, Status, response_id};
use super::usage::WireUsage;
use crate::dialect::EncodeContext;

/// Fields that are repeated as they came, with what OpenAI shows when they were not sent.
/// `service_tier` is missing: the answer says what was used, not what was asked for.
fn defaults() -> [(&'static str, Value); 17] {
    [
        ("background", json!(false)),
        ("instructions", Value::Null),
        ("max_output_tokens", Value::Null),
        ("max_tool_calls", Value::Null),
        ("metadata", json!({})),
        ("parallel_tool_calls", json!(true)),
        ("previous_response_id", Value::Null),
        ("prompt_cache_key", Value::Null),
        ("safety_identifier", Value::Null),
        ("store", json!(true)),
        ("temperature", json!(1.0)),
        ("tool_choice", json!("auto")),
        ("top_logprobs", json!(0)),
        ("top_p", json!(1.0)),
        ("truncation", json!("disabled")),
        ("user", Value::Null),
        ("prompt_cache_retention", Value::Null),
    ]
}

/// What all response objects of one answer have in common.
#[derive(Debug)]
pub(super) struct Skeleton {
    id: String,
    model: String,
    created_at: i64,
    /// The repeated fields as JSON text, without the braces.
    echo: String,
}

/// What differs among them.
#[derive(Debug)]
pub(super) struct Body<'a> {
    pub(super) status: Status,
    pub(super) output: &'a [Item],
    pub(super) usage: Option<WireUsage>,
    pub(super) error: Option<Failure<'a>>,
    pub(super) incomplete: Option<&'static str>,
    pub(super) service_tier: Option<&'a Value>,
}

/// `error` of a failed response.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Failure<'a> {
    pub(super) code: &'a str,
    pub(super) message: &'a str,
}

impl Skeleton {
    pub(super) fn new(context: &EncodeContext) -> Self {
        let echo = Value::Object(echo(&context.request)).to_string();
        Self {
            id: response_id(&context.request_id),
            model: context.model.clone(),
            created_at: context.created,
            echo: echo[1..echo.len() - 1].to_owned(),
        }
    }

    /// Takes over the vendor's time of the answer, if it gave one.
    pub(super) fn created_at(&mut self, vendor: i64) {
        if vendor != 0 {
            self.created_at = vendor;
        }
    }

    /// Appends the response object.
    pub(super) fn write(&self, body: Body<'_>, out: &mut Vec<u8>) {
        #[derive(Serialize)]
        struct Head<'a> {
            id: &'a str,
            object: &'static str,
            created_at: i64,
            status: Status,
            error: Option<Failure<'a>>,
            incomplete_details: Option<Incomplete>,
            model: &'a str,
            output: &'a [Item],
            usage: Option<WireUsage>,
            service_tier: Option<&'a Value>,
        }
        #[derive(Serialize)]
        struct Incomplete {
            reason: &'static str,
        }

        let head = Head {
            id: &self.id,
            object: "response",
            created_at: self.created_at,
            status: body.status,
            error: body.error,
            incomplete_details: body.incomplete.map(|reason| Incomplete { reason }),
            model: &self.model,
            output: body.output,
            usage: body.usage,
            service_tier: body.service_tier,
        };
        write_json(&head, out);
        // The closing brace makes room for the repeated fields, which are never empty.
        out.pop();
        out.push(b',');
        out.extend_from_slice(self.echo.as_bytes());
        out.push(b'}');
    }
}

/// The request's fields as the answer repeats them.
fn echo(request: &Map<String, Value>) -> Map<String, Value> {
    let sent = |key: &str| request.get(key).filter(|value| !value.is_null()).cloned();
    let mut echo = Map::new();
    for (key, default) in defaults() {
        echo.insert(key.to_owned(), sent(key).unwrap_or(default));
    }
    echo.insert(
        "reasoning".to_owned(),
        over(json!({"effort": null, "summary": null}), sent("reasoning")),
    );
    echo.insert(
        "text".to_owned(),
        over(
            json!({"format": {"type": "text"}, "verbosity": "medium"}),
            sent("text"),
        ),
    );
    let mut tools = sent("tools").unwrap_or_else(|| json!([]));
    for tool in tools.as_array_mut().into_iter().flatten() {
        complete_tool(tool);
    }
    echo.insert("tools".to_owned(), tools);
    echo
}

/// `sent` laid over `default`, field by field.
fn over(default: Value, sent: Option<Value>) -> Value {
    match (default, sent) {
        (Value::Object(mut fields), Some(Value::Object(sent))) => {
            fields.extend(sent.into_iter().filter(|(_, value)| !value.is_null()));
            Value::Object(fields)
        }
        (default, _) => default,
    }
}

/// The document demands these two of functions, `null` allowed.
fn complete_tool(tool: &mut Value) {
    let Some(tool) = tool.as_object_mut() else {
        return;
    };
    if tool.get("type").and_then(Value::as_str) == Some("function") {
        for key in ["parameters", "strict"] {
            tool.entry(key).or_insert(Value::Null);
        }
    }
}
