//! Tools and the choice among them.

use serde_json::{Map, Value};

use super::fields::{need_text, object, take, take_text, typed};
use crate::chat::{FunctionDef, Tool, ToolChoice};
use crate::error::Error;
use crate::notes::Notes;

/// `tools`: functions, flat here and nested in the canonical form.
///
/// # Errors
/// `InvalidRequest` for wrong shapes; `NotSupported` naming a tool that only its vendor can run.
pub(super) fn decode(value: Value, notes: &mut Notes) -> Result<Vec<Tool>, Error> {
    let tools: Vec<Value> = typed(value, "tools")?;
    let decode_one = |(index, tool)| decode_tool(tool, &format!("tools[{index}]"), notes);
    tools.into_iter().enumerate().map(decode_one).collect()
}

fn decode_tool(value: Value, at: &str, notes: &mut Notes) -> Result<Tool, Error> {
    let mut tool = object(value, at)?;
    let kind = need_text(&mut tool, "type", at)?;
    if kind != "function" {
        return Err(not_ours(at, &kind));
    }
    // The chat form, which clients mix up with this one.
    if let Some(Value::Object(nested)) = tool.shift_remove("function") {
        tool.extend(nested);
    }
    let function = FunctionDef {
        name: need_text(&mut tool, "name", at)?,
        description: take_text(&mut tool, "description", at)?,
        parameters: take(&mut tool, "parameters"),
        strict: take(&mut tool, "strict")
            .map(|strict| typed(strict, format_args!("{at}.strict")))
            .transpose()?,
    };
    let mut extra = Map::new();
    for (key, value) in tool {
        match key.as_str() {
            "cache_control" => {
                extra.insert(key, value);
            }
            _ if value.is_null() || value == Value::Bool(false) => {}
            _ => notes.dropped(format!("tools.{key}")),
        }
    }
    Ok(Tool {
        kind,
        function: Some(function),
        extra,
    })
}

fn not_ours(at: &str, kind: &str) -> Error {
    let message = format!(
        "tool `{kind}` runs at OpenAI only and cannot be translated for this model; use `function` tools"
    );
    Error::not_supported(at, message)
}

/// Applies `tool_choice` to `tools`.
///
/// # Errors
/// `InvalidRequest` for wrong shapes and for a choice among no tools; `NotSupported` for the choice of
/// a vendor's tool.
pub(super) fn choose(
    value: Value,
    tools: &mut Vec<Tool>,
    notes: &mut Notes,
) -> Result<Option<ToolChoice>, Error> {
    let choice = match value {
        Value::String(mode) => decode_mode(mode)?,
        value => decode_choice(object(value, "tool_choice")?, tools, notes)?,
    };
    if !tools.is_empty() {
        return Ok(Some(choice));
    }
    match &choice {
        ToolChoice::Mode(mode) if mode != "required" => Ok(None),
        _ => Err(Error::invalid(
            "tool_choice",
            "`tool_choice` demands a tool, and `tools` has none",
        )),
    }
}

fn decode_mode(mode: String) -> Result<ToolChoice, Error> {
    if matches!(mode.as_str(), "none" | "auto" | "required") {
        return Ok(ToolChoice::Mode(mode));
    }
    Err(Error::invalid(
        "tool_choice",
        "`tool_choice` must be `none`, `auto`, `required` or an object",
    ))
}

fn decode_choice(
    mut choice: Map<String, Value>,
    tools: &mut Vec<Tool>,
    notes: &mut Notes,
) -> Result<ToolChoice, Error> {
    let kind = need_text(&mut choice, "type", "tool_choice")?;
    match kind.as_str() {
        "function" => {
            // The chat form nests the name.
            if let Some(Value::Object(nested)) = choice.shift_remove("function") {
                choice.extend(nested);
            }
            let name = need_text(&mut choice, "name", "tool_choice")?;
            Ok(ToolChoice::function(&name))
        }
        "allowed_tools" => {
            let mode = need_text(&mut choice, "mode", "tool_choice")?;
            let allowed: Vec<Value> = typed(
                choice.shift_remove("tools").unwrap_or_default(),
                "tool_choice.tools",
            )?;
            keep_allowed(tools, &allowed)?;
            notes.emulated("tool_choice.allowed_tools");
            decode_mode(mode)
        }
        other => Err(not_ours("tool_choice", other)),
    }
}

/// Only OpenAI can forbid a tool that it shows; for the others the forbidden ones are not shown.
fn keep_allowed(tools: &mut Vec<Tool>, allowed: &[Value]) -> Result<(), Error> {
    let mut names = Vec::with_capacity(allowed.len());
    for tool in allowed {
        match (tool["type"].as_str(), tool["name"].as_str()) {
            (Some("function"), Some(name)) => names.push(name),
            (Some(kind), _) if kind != "function" => {
                return Err(not_ours("tool_choice.tools", kind));
            }
            _ => {
                return Err(Error::invalid(
                    "tool_choice.tools",
                    "`tool_choice.tools` must name functions",
                ));
            }
        }
    }
    tools.retain(|tool| {
        let name = tool
            .function
            .as_ref()
            .map(|function| function.name.as_str());
        name.is_some_and(|name| names.contains(&name))
    });
    if tools.is_empty() {
        return Err(Error::invalid(
            "tool_choice.tools",
            "`tool_choice.tools` names no function of `tools`",
        ));
    }
    Ok(())
}
