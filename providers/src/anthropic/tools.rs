//! Tools on offer and the choice among them.
//!
//! Source: <https://platform.claude.com/docs/en/agents-and-tools/tool-use>, read 2026-11-22.

use serde_json::{Value, json};

use super::wire::ANSWER_TOOL;
use crate::chat::{ChatRequest, FunctionDef, Tool, ToolChoice};
use crate::error::Error;
use crate::notes::Notes;

/// Fields of a tool that only Anthropic knows, beside the function itself.
const NATIVE_FIELDS: &[&str] = &[
    "cache_control",
    "defer_loading",
    "allowed_callers",
    "input_examples",
    "eager_input_streaming",
];

/// `tools` and `tool_choice`.
#[derive(Debug, Default)]
pub(super) struct Offer {
    /// Tools in the client's order.
    pub(super) tools: Vec<Value>,
    /// Absent: the model's default.
    pub(super) choice: Option<Value>,
}

/// Maps the request's tools. `strict` is whether the model follows schemas natively.
///
/// # Errors
/// `NotSupported` for OpenAI's custom tools and for choices other than one function.
pub(super) fn encode(
    request: &ChatRequest,
    strict: bool,
    notes: &mut Notes,
) -> Result<Offer, Error> {
    let mut tools = Vec::new();
    for tool in request.tools.iter().flatten() {
        tools.push(encode_tool(tool, strict, notes)?);
    }
    if tools.is_empty() {
        let asks = request.tool_choice.as_ref().is_some_and(
            |choice| !matches!(choice, ToolChoice::Mode(mode) if mode == "none" || mode == "auto"),
        );
        if asks {
            notes.dropped("tool_choice");
        }
        return Ok(Offer::default());
    }
    let choice = encode_choice(request)?;
    Ok(Offer { tools, choice })
}

impl Offer {
    /// Tools for a conversation that called some and now offers none: Anthropic wants the called ones
    /// defined, and `none` keeps them from being called again.
    pub(super) fn from_history(called: &[String], notes: &mut Notes) -> Self {
        if called.is_empty() {
            return Self::default();
        }
        notes.emulated("tools");
        let tools = called
            .iter()
            .map(|name| json!({"name": name, "input_schema": {"type": "object"}}));
        Self {
            tools: tools.collect(),
            choice: Some(json!({"type": "none"})),
        }
    }

    /// Whether the choice leaves the model no way to answer without a tool.
    pub(super) fn is_forced(&self) -> bool {
        let kind = self.choice.as_ref().map(|choice| &choice["type"]);
        kind.is_some_and(|kind| kind == "any" || kind == "tool")
    }

    /// Whether the choice forbids tools.
    pub(super) fn is_none(&self) -> bool {
        let kind = self.choice.as_ref().map(|choice| &choice["type"]);
        kind.is_some_and(|kind| kind == "none")
    }

    /// Turns a forced choice into `auto`, where thinking or the model excludes it.
    pub(super) fn relax(&mut self) {
        if let Some(choice) = self.choice.as_mut().and_then(Value::as_object_mut) {
            choice.insert("type".to_owned(), json!("auto"));
            choice.remove("name");
        }
    }
}

fn encode_tool(tool: &Tool, strict: bool, notes: &mut Notes) -> Result<Value, Error> {
    if let Some(function) = &tool.function {
        return encode_function(tool, function, strict, notes);
    }
    if matches!(tool.kind.as_str(), "custom" | "function") {
        return Err(Error::not_supported(
            "tools",
            format!("anthropic has no `{}` tools of OpenAI's form", tool.kind),
        ));
    }
    // A vendor's own tool (web search, code execution, …) travels as it came.
    let mut out = json!({"type": tool.kind});
    for (name, value) in &tool.extra {
        out[name] = value.clone();
    }
    Ok(out)
}

fn encode_function(
    tool: &Tool,
    function: &FunctionDef,
    strict: bool,
    notes: &mut Notes,
) -> Result<Value, Error> {
    if function.name == ANSWER_TOOL {
        return Err(Error::invalid(
            "tools",
            format!("the tool name `{ANSWER_TOOL}` is reserved"),
        ));
    }
    let mut out = json!({"name": function.name});
    if let Some(description) = &function.description {
        out["description"] = json!(description);
    }
    out["input_schema"] = input_schema(function.parameters.as_ref());
    match function.strict {
        Some(true) if strict => out["strict"] = json!(true),
        Some(true) => notes.dropped("tools.strict"),
        _ => {}
    }
    for (name, value) in &tool.extra {
        if NATIVE_FIELDS.contains(&name.as_str()) {
            out[name] = value.clone();
        } else {
            notes.dropped(format!("tools.{name}"));
        }
    }
    Ok(out)
}

/// The schema of the arguments; Anthropic demands one, with an object at its root.
fn input_schema(parameters: Option<&Value>) -> Value {
    match parameters {
        Some(Value::Object(schema)) if schema.contains_key("type") => Value::Object(schema.clone()),
        Some(Value::Object(schema)) => {
            let mut out = json!({"type": "object"});
            for (name, value) in schema {
                out[name] = value.clone();
            }
            out
        }
        _ => json!({"type": "object", "properties": {}}),
    }
}

fn encode_choice(request: &ChatRequest) -> Result<Option<Value>, Error> {
    let alone = request.parallel_tool_calls == Some(false);
    let mut choice = match &request.tool_choice {
        None if alone => json!({"type": "auto"}),
        None => return Ok(None),
        Some(ToolChoice::Mode(mode)) => match mode.as_str() {
            "auto" => json!({"type": "auto"}),
            "none" => return Ok(Some(json!({"type": "none"}))),
            "required" => json!({"type": "any"}),
            other => {
                return Err(Error::invalid(
                    "tool_choice",
                    format!("`{other}` is not a tool choice"),
                ));
            }
        },
        Some(named) => {
            let Some(name) = named.named() else {
                return Err(Error::not_supported(
                    "tool_choice",
                    "anthropic takes auto, none, required or one function as tool choice",
                ));
            };
            json!({"type": "tool", "name": name})
        }
    };
    if alone {
        choice["disable_parallel_tool_use"] = json!(true);
    }
    Ok(Some(choice))
}
