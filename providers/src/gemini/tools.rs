//! Tools and `tool_choice` to `tools` and `toolConfig`.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::chat::{ChatRequest, FunctionDef, Tool, ToolChoice};
use crate::error::Error;
use crate::notes::Notes;
use crate::portable;

/// Google's own tools: the type a client gives, and the field Gemini has for it.
const BUILT_IN: &[(&str, &str)] = &[
    ("google_search", "googleSearch"),
    ("googleSearch", "googleSearch"),
    ("google_search_retrieval", "googleSearchRetrieval"),
    ("googleSearchRetrieval", "googleSearchRetrieval"),
    ("google_maps", "googleMaps"),
    ("googleMaps", "googleMaps"),
    ("url_context", "urlContext"),
    ("urlContext", "urlContext"),
    ("code_execution", "codeExecution"),
    ("codeExecution", "codeExecution"),
    ("computer_use", "computerUse"),
    ("computerUse", "computerUse"),
];

/// What the model is offered.
#[derive(Debug, Default)]
pub(super) struct Offered {
    pub(super) tools: Vec<Value>,
    pub(super) config: Option<Value>,
}

pub(super) fn encode(
    request: &ChatRequest,
    web_search: bool,
    notes: &mut Notes,
) -> Result<Offered, Error> {
    let mut functions = Vec::new();
    let mut others = Vec::new();
    for tool in request.tools.iter().flatten() {
        match &tool.function {
            Some(function) => {
                portable::note_tool(tool, &[], notes);
                functions.push(declaration(function, notes));
            }
            None => others.push(built_in(tool, notes)?),
        }
    }
    if web_search {
        others.push(json!({"googleSearch": {}}));
    }
    // Several ways to ask for the same search are one tool.
    let mut seen = HashSet::new();
    others.retain(|tool| seen.insert(tool.as_object().and_then(|t| t.keys().next().cloned())));
    if request.parallel_tool_calls == Some(false) {
        notes.dropped("parallel_tool_calls");
    }
    let config = match &request.tool_choice {
        Some(choice) if !functions.is_empty() => Some(calling_config(choice)?),
        // Google's own tools cannot be forced.
        Some(choice) if *choice != ToolChoice::Mode("auto".to_owned()) => {
            notes.dropped("tool_choice");
            None
        }
        _ => None,
    };
    let mut tools = Vec::new();
    if !functions.is_empty() {
        tools.push(json!({"functionDeclarations": functions}));
    }
    tools.extend(others);
    Ok(Offered { tools, config })
}

/// `parametersJsonSchema` takes JSON Schema as it is, references included, so nothing is rewritten.
fn declaration(function: &FunctionDef, notes: &mut Notes) -> Value {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(function.name));
    if let Some(description) = &function.description {
        out.insert("description".to_owned(), json!(description));
    }
    if let Some(parameters) = function.parameters.as_ref().filter(|p| has_properties(p)) {
        out.insert("parametersJsonSchema".to_owned(), parameters.clone());
    }
    if function.strict == Some(true) {
        notes.dropped("tools.strict");
    }
    Value::Object(out)
}

/// False for `{}` and for an object without properties: Gemini wants no schema at all then.
fn has_properties(schema: &Value) -> bool {
    let Some(map) = schema.as_object() else {
        return false;
    };
    let no_properties = map
        .get("properties")
        .is_none_or(|p| p.as_object().is_some_and(Map::is_empty));
    let plain = map.keys().all(|keyword| {
        matches!(
            keyword.as_str(),
            "type" | "properties" | "required" | "additionalProperties" | "$schema" | "title"
        )
    });
    !(no_properties && plain)
}

fn built_in(tool: &Tool, notes: &mut Notes) -> Result<Value, Error> {
    if tool.extra.contains_key("cache_control") {
        notes.dropped("cache_control");
    }
    if let Some((_, field)) = BUILT_IN.iter().find(|(kind, _)| *kind == tool.kind) {
        let settings = match tool.extra.get(&tool.kind) {
            Some(settings) => settings.clone(),
            None => {
                let mut settings = tool.extra.clone();
                settings.remove("cache_control");
                Value::Object(settings)
            }
        };
        let mut out = Map::new();
        out.insert((*field).to_owned(), settings);
        return Ok(Value::Object(out));
    }
    // OpenAI's and Anthropic's web search carry dates and `preview` in their types.
    if tool.kind.starts_with("web_search") {
        notes.emulated(format!("tools.{}", tool.kind));
        return Ok(json!({"googleSearch": {}}));
    }
    Err(Error::not_supported(
        "tools",
        format!("gemini has no tool of type `{}`", tool.kind),
    ))
}

fn calling_config(choice: &ToolChoice) -> Result<Value, Error> {
    let config = match choice {
        ToolChoice::Mode(mode) => match mode.as_str() {
            "auto" => json!({"mode": "AUTO"}),
            "none" => json!({"mode": "NONE"}),
            "required" | "any" => json!({"mode": "ANY"}),
            other => {
                return Err(Error::invalid(
                    "tool_choice",
                    format!("tool_choice `{other}` is not none, auto or required"),
                ));
            }
        },
        ToolChoice::Object(object) => match (choice.named(), object.get("allowed_tools")) {
            (Some(name), _) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
            (None, Some(allowed)) => allowed_tools(allowed),
            (None, None) => {
                return Err(Error::not_supported(
                    "tool_choice",
                    "gemini can be made to call a function only, not another kind of tool",
                ));
            }
        },
    };
    Ok(json!({"functionCallingConfig": config}))
}

/// OpenAI's `allowed_tools`. `VALIDATED` is `AUTO` with a list of names.
fn allowed_tools(allowed: &Value) -> Value {
    let names: Vec<&str> = allowed
        .get("tools")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tool| tool.get("function")?.get("name")?.as_str())
        .collect();
    let required = allowed.get("mode").and_then(Value::as_str) == Some("required");
    let mode = if required { "ANY" } else { "VALIDATED" };
    json!({"mode": mode, "allowedFunctionNames": names})
}
