//! A canonical request to the body of `/api/chat`.

use serde_json::{Map, Value, json};

use crate::chat::{ChatRequest, ResponseFormat, Tool, ToolChoice};
use crate::error::Error;
use crate::notes::Notes;
use crate::portable;

use super::messages;

/// Ollama's own model options that OpenAI does not have; given at the top level of a request they are
/// moved into `options`.
const OPTIONS: &[&str] = &[
    "num_ctx",
    "num_keep",
    "num_batch",
    "num_gpu",
    "num_thread",
    "main_gpu",
    "use_mmap",
    "min_p",
    "typical_p",
    "repeat_last_n",
    "repeat_penalty",
];

pub(super) fn encode(
    model: &str,
    request: &ChatRequest,
    notes: &mut Notes,
) -> Result<Vec<u8>, Error> {
    if request.n.is_some_and(|n| n != 1) {
        return Err(Error::not_supported("n", "ollama gives one answer a call"));
    }
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", Some(json!(model)));
    put(
        "messages",
        Some(messages::encode(&request.messages, notes)?),
    );
    // Ollama streams unless told not to.
    put("stream", Some(json!(request.stream.unwrap_or(false))));
    put("tools", tools(request, notes)?);
    put("format", format(request));
    put("think", think(request, notes)?);
    if request.logprobs == Some(true) {
        put("logprobs", Some(json!(true)));
        put("top_logprobs", request.top_logprobs.map(Value::from));
    }
    let mut options = options(request);
    for (name, value) in request.extra.iter().filter(|(_, value)| !value.is_null()) {
        match (name.as_str(), value) {
            ("keep_alive", value) => put("keep_alive", Some(value.clone())),
            ("options", Value::Object(own)) => options.extend(own.clone()),
            (option, value) if OPTIONS.contains(&option) => {
                options.insert(option.to_owned(), value.clone());
            }
            _ => notes.dropped(name),
        }
    }
    if !options.is_empty() {
        put("options", Some(Value::Object(options)));
    }
    for (name, given) in [
        ("logit_bias", request.logit_bias.is_some()),
        ("user", request.user.is_some()),
        (
            "parallel_tool_calls",
            request.parallel_tool_calls == Some(false),
        ),
    ] {
        if given {
            notes.dropped(name);
        }
    }
    serde_json::to_vec(&body)
        .map_err(|e| Error::malformed(format!("cannot write the ollama request: {e}")))
}

fn options(request: &ChatRequest) -> Map<String, Value> {
    let stop = request.stop.as_ref().map(|stop| json!(stop.as_slice()));
    [
        ("temperature", request.temperature.map(Value::from)),
        ("top_p", request.top_p.map(Value::from)),
        ("top_k", request.top_k.map(Value::from)),
        ("seed", request.seed.map(Value::from)),
        ("num_predict", request.output_cap().map(Value::from)),
        ("stop", stop),
        (
            "presence_penalty",
            request.presence_penalty.map(Value::from),
        ),
        (
            "frequency_penalty",
            request.frequency_penalty.map(Value::from),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// A JSON schema goes in as it is; without one, the word `json`.
fn format(request: &ChatRequest) -> Option<Value> {
    match request.response_format.as_ref()? {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(json!("json")),
        ResponseFormat::JsonSchema { json_schema } => {
            Some(json_schema.described().unwrap_or_else(|| json!("json")))
        }
    }
}

/// `think` is a boolean or one of `low`, `medium`, `high`; models without levels read these as true.
/// Words that only some versions know are not sent: Ollama ignores or refuses them.
fn think(request: &ChatRequest, notes: &mut Notes) -> Result<Option<Value>, Error> {
    let effort = request.reasoning_effort.as_deref();
    let (level, exact) = match effort {
        None => (None, true),
        Some("none") => (Some(json!(false)), true),
        Some(word @ ("low" | "medium" | "high")) => (Some(json!(word)), true),
        Some("minimal") => (Some(json!("low")), false),
        Some("xhigh" | "max") => (Some(json!("high")), false),
        Some(other) => {
            return Err(Error::invalid(
                "reasoning_effort",
                format!("reasoning_effort `{other}` is not a known effort"),
            ));
        }
    };
    if !exact {
        notes.changed("reasoning_effort");
    }
    let Some(thinking) = &request.thinking else {
        return Ok(level);
    };
    if thinking.get("budget_tokens").is_some() {
        notes.dropped("thinking.budget_tokens");
    }
    match thinking.get("type").and_then(Value::as_str) {
        Some("disabled") => Ok(Some(json!(false))),
        Some("enabled" | "adaptive") => Ok(Some(level.unwrap_or(json!(true)))),
        kind => Err(Error::invalid(
            "thinking",
            format!("thinking.type {kind:?} is not enabled, adaptive or disabled"),
        )),
    }
}

/// Ollama has no `tool_choice`. `none` is reached by offering nothing, one named function by offering
/// nothing else; a call cannot be forced.
fn tools(request: &ChatRequest, notes: &mut Notes) -> Result<Option<Value>, Error> {
    let Some(tools) = request.tools.as_ref().filter(|tools| !tools.is_empty()) else {
        return Ok(None);
    };
    let mut only = None;
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Mode(mode)) if mode == "auto" => {}
        Some(ToolChoice::Mode(mode)) if mode == "none" => {
            notes.emulated("tool_choice");
            return Ok(None);
        }
        Some(choice) => match choice.named() {
            Some(name) => {
                notes.changed("tool_choice");
                only = Some(name);
            }
            None => notes.dropped("tool_choice"),
        },
    }
    let offered = tools
        .iter()
        .map(|tool| function(tool, notes))
        .collect::<Result<Vec<_>, _>>()?;
    let chosen: Vec<Value> = offered
        .into_iter()
        .filter(|tool| only.is_none_or(|name| tool["function"]["name"] == name))
        .collect();
    Ok((!chosen.is_empty()).then(|| Value::Array(chosen)))
}

fn function(tool: &Tool, notes: &mut Notes) -> Result<Value, Error> {
    let function = tool.function.as_ref().ok_or_else(|| {
        Error::not_supported(
            "tools",
            format!("ollama has no tool of type `{}`", tool.kind),
        )
    })?;
    portable::note_tool(tool, &[], notes);
    if function.strict == Some(true) {
        notes.dropped("tools.strict");
    }
    let parameters = function.parameters.clone();
    Ok(json!({
        "type": "function",
        "function": {
            "name": function.name,
            "description": function.description.as_deref().unwrap_or(""),
            "parameters": parameters.unwrap_or(json!({"type": "object", "properties": {}})),
        },
    }))
}
