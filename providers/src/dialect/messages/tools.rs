//! Tools and tool choice of a Messages request.

use serde_json::{Map, Value};

use super::fields::take_string;
use crate::chat::{ChatRequest, FunctionDef, Tool, ToolChoice};
use crate::error::Error;

/// Client tools become functions; the vendor's own tools (a `type` other than `custom`) stay as they are.
///
/// # Errors
/// `InvalidRequest` for a tool without a name.
pub(super) fn decode(list: Vec<Value>) -> Result<Vec<Tool>, Error> {
    let tools = list.into_iter().enumerate();
    tools.map(|(at, tool)| decode_tool(at, tool)).collect()
}

fn decode_tool(at: usize, tool: Value) -> Result<Tool, Error> {
    let Value::Object(mut tool) = tool else {
        return Err(Error::invalid(
            "tools",
            format!("`tools.{at}` is not an object"),
        ));
    };
    let kind = take_string(&mut tool, "type");
    match kind.filter(|kind| kind != "custom") {
        Some(kind) => Ok(Tool {
            kind,
            function: None,
            extra: tool,
        }),
        None => decode_function(at, tool),
    }
}

fn decode_function(at: usize, mut tool: Map<String, Value>) -> Result<Tool, Error> {
    let Some(name) = take_string(&mut tool, "name") else {
        return Err(Error::invalid(
            &format!("tools.{at}.name"),
            "a tool needs a `name`",
        ));
    };
    let function = FunctionDef {
        name,
        description: take_string(&mut tool, "description"),
        parameters: tool.shift_remove("input_schema"),
        strict: tool.shift_remove("strict").and_then(|v| v.as_bool()),
    };
    Ok(Tool {
        kind: "function".to_owned(),
        function: Some(function),
        extra: tool,
    })
}

/// `auto`, `any`, `tool` and `none`, with `disable_parallel_tool_use`.
///
/// # Errors
/// `InvalidRequest` for any other choice.
pub(super) fn decode_choice(
    choice: &Map<String, Value>,
    request: &mut ChatRequest,
) -> Result<(), Error> {
    let text = |name: &str| choice.get(name).and_then(Value::as_str);
    let mode = |word: &str| ToolChoice::Mode(word.to_owned());
    let decoded = match (text("type"), text("name")) {
        (Some("auto"), _) => mode("auto"),
        (Some("none"), _) => mode("none"),
        (Some("any"), _) => mode("required"),
        (Some("tool"), Some(name)) => ToolChoice::function(name),
        (Some("tool"), None) => {
            return Err(Error::invalid(
                "tool_choice.name",
                "a tool choice of type tool needs a `name`",
            ));
        }
        _ => {
            return Err(Error::invalid(
                "tool_choice.type",
                "`tool_choice.type` must be auto, any, tool or none",
            ));
        }
    };
    request.tool_choice = Some(decoded);
    let alone = choice.get("disable_parallel_tool_use");
    if alone.and_then(Value::as_bool) == Some(true) {
        request.parallel_tool_calls = Some(false);
    }
    Ok(())
}
