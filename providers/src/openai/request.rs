//! A canonical request to the body of `/v1/chat/completions`, for calls that arrived in another
//! dialect.

use serde_json::Value;

use super::messages::adapt_messages;
use crate::anthropic::thinking::word_of_budget;
use crate::chat::{ChatRequest, Stop, StreamOptions};
use crate::error::Error;
use crate::notes::Notes;
use crate::portable;
use crate::provider::Target;

/// Where OpenAI's format and its imitators differ.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Rules of OpenAI's own models: reasoning models take no sampling parameters.
    pub(crate) openai_models: bool,
    /// The role `developer` is known; otherwise it becomes `system`.
    pub(crate) developer_role: bool,
    /// `top_k` is known.
    pub(crate) top_k: bool,
    /// `cache_control` on parts is known.
    pub(crate) cache_control: bool,
    /// What becomes of an assistant's earlier reasoning.
    pub(crate) replay: Replay,
    /// `response_format: json_schema` is known; otherwise the schema goes into the instructions.
    pub(crate) json_schema: bool,
    /// Streamed usage comes only when `stream_options.include_usage` asks for it.
    pub(crate) asks_for_usage: bool,
    /// Highest temperature taken.
    pub(crate) max_temperature: f64,
    /// Tool call ids must be nine letters and digits (Mistral).
    pub(crate) short_call_ids: bool,
    /// `thinking: {"type": "enabled" | "disabled"}` is known (DeepSeek, Moonshot, Zhipu).
    pub(crate) thinking: bool,
    /// What a last turn of the assistant means.
    pub(crate) prefill: Prefill,
    /// Fields that the vendor does not know are answered with an error, wherever they stand.
    pub(crate) strict: bool,
    /// Top-level fields beyond the canonical ones that the vendor takes.
    pub(crate) extra: Extra,
}

/// Whether a model goes on with an answer that the client has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefill {
    /// It answers anew, or refuses; either is for the client to know.
    Unknown,
    /// It does so by itself.
    Plain,
    /// It does so when this field of the turn is true.
    Marked(&'static str),
}

/// How an assistant's earlier reasoning is sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    /// Not at all.
    Drop,
    /// On every assistant turn, under this name.
    Always(&'static str),
    /// On turns that called tools, where the vendor demands it, under this name.
    ToolTurns(&'static str),
}

/// Which further top-level fields are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extra {
    /// Only these: the vendor refuses unknown fields.
    Only(&'static [&'static str]),
    /// All but these, which belong to other dialects.
    Except(&'static [&'static str]),
}

impl Extra {
    fn takes(self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.contains(&name),
            Self::Except(names) => !names.contains(&name),
        }
    }
}

/// OpenAI's own fields of a chat request that [`ChatRequest`] has no member for.
pub(crate) const OPENAI_EXTRA: Extra = Extra::Only(&[
    "audio",
    "metadata",
    "modalities",
    "moderation",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "verbosity",
    "web_search_options",
]);

/// OpenAI's own shape.
pub(crate) const OPENAI_SHAPE: Shape = Shape {
    openai_models: true,
    developer_role: true,
    top_k: false,
    cache_control: false,
    replay: Replay::Drop,
    json_schema: true,
    asks_for_usage: true,
    max_temperature: 2.0,
    short_call_ids: false,
    thinking: false,
    prefill: Prefill::Unknown,
    strict: true,
    extra: OPENAI_EXTRA,
};

/// Writes the body.
///
/// # Errors
/// `NotSupported` naming the message part that chat completions cannot carry (a file by URL, a block
/// of another vendor's).
pub(crate) fn encode_chat(
    to: &Target<'_>,
    request: &ChatRequest,
    shape: &Shape,
    notes: &mut Notes,
) -> Result<Vec<u8>, Error> {
    let mut out = request.clone();
    out.model = to.model.to_owned();
    out.messages = adapt_messages(std::mem::take(&mut out.messages), shape, notes)?;
    adapt_tools(&mut out, shape, notes);
    adapt_sampling(&mut out, shape, notes);
    adapt_reasoning(&mut out, to, shape, notes);
    adapt_format(&mut out, shape, notes);
    adapt_stream(&mut out, shape);
    adapt_extra(&mut out, shape, notes);
    serde_json::to_vec(&out)
        .map_err(|e| Error::invalid("messages", format!("cannot encode the request: {e}")))
}

/// Whether the model is one of OpenAI's that reason: those refuse `max_tokens` and sampling.
fn is_openai_reasoning(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let o_series = name
        .strip_prefix('o')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let gpt5 = name.starts_with("gpt-5") && !name.contains("-chat");
    o_series || gpt5
}

/// Fields at the top of the request that [`ChatRequest`] has no member for.
fn adapt_extra(out: &mut ChatRequest, shape: &Shape, notes: &mut Notes) {
    if out
        .extra
        .get("service_tier")
        .is_some_and(|tier| tier == "standard_only")
    {
        // Anthropic's word; OpenAI's for the same is `default`.
        if shape.openai_models {
            out.extra
                .insert("service_tier".to_owned(), "default".into());
        } else {
            out.extra.shift_remove("service_tier");
            notes.dropped("service_tier");
        }
    }
    let stores = out.extra.get("store") == Some(&Value::Bool(true));
    out.extra.retain(|name, value| {
        // OpenAI answers metadata of what it shall not store with an error.
        let is_allowed = name != "metadata" || stores || !shape.openai_models;
        let kept = is_allowed && shape.extra.takes(name);
        if !kept && !value.is_null() {
            notes.dropped(name.as_str());
        }
        kept
    });
}

fn adapt_tools(out: &mut ChatRequest, shape: &Shape, notes: &mut Notes) {
    for tool in out.tools.iter_mut().flatten() {
        let takes = |name: &str| match name {
            "cache_control" => shape.cache_control,
            name => name == "custom",
        };
        if tool.function.is_some() || tool.kind == "custom" {
            portable::keep_only(&mut tool.extra, takes, "tools", notes);
        }
    }
    if let Some(tools) = &mut out.tools {
        tools.retain(|tool| {
            // OpenAI's format knows functions and custom tools, its imitators functions.
            let is_custom = tool.kind == "custom" && shape.openai_models;
            let kept = tool.function.is_some() || is_custom;
            if !kept {
                notes.dropped(format!("tools.{}", tool.kind));
            }
            kept
        });
    }
    if out.tools.as_ref().is_none_or(Vec::is_empty) {
        // All three are refused when there are no tools.
        out.tools = None;
        out.tool_choice = None;
        out.parallel_tool_calls = None;
    }
    let offered = |name: &str| {
        let mut functions = out
            .tools
            .iter()
            .flatten()
            .filter_map(|t| t.function.as_ref());
        functions.any(|function| function.name == name)
    };
    let named = out.tool_choice.as_ref().and_then(|choice| choice.named());
    if named.is_some_and(|name| !offered(name)) {
        out.tool_choice = None;
        notes.dropped("tool_choice");
    }
}

/// OpenAI takes at most this many stop sequences.
const MAX_STOPS: usize = 4;

fn adapt_sampling(out: &mut ChatRequest, shape: &Shape, notes: &mut Notes) {
    if !shape.top_k && out.top_k.take().is_some() {
        notes.dropped("top_k");
    }
    let too_hot = out.temperature.is_some_and(|t| t > shape.max_temperature);
    if too_hot {
        out.temperature = Some(shape.max_temperature);
        notes.changed("temperature");
    }
    if let Some(Stop::Many(stops)) = &mut out.stop
        && shape.openai_models
        && stops.len() > MAX_STOPS
    {
        stops.truncate(MAX_STOPS);
        notes.changed("stop");
    }
}

fn adapt_reasoning(out: &mut ChatRequest, to: &Target<'_>, shape: &Shape, notes: &mut Notes) {
    let by_name = shape.openai_models && is_openai_reasoning(to.model);
    let reasons = by_name || to.facts.reasoning;
    if let Some(thinking) = out.thinking.take() {
        // The Messages dialect puts the effort beside a budget that stands for it; an effort that the
        // client gave itself is another one, or the same anyway.
        if derived_effort(&thinking)
            .is_some_and(|word| out.reasoning_effort.as_deref() == Some(word))
        {
            out.reasoning_effort = None;
        }
        if shape.thinking {
            switch_thinking(out, &thinking, notes);
        } else if reasons {
            emulate_thinking(out, &thinking, to.model, shape, notes);
        } else if kind_of(&thinking) != "disabled" {
            notes.dropped("thinking");
        }
    }
    if !shape.openai_models {
        return;
    }
    if !reasons {
        if out.reasoning_effort.take().is_some() {
            notes.dropped("reasoning_effort");
        }
        return;
    }
    if let Some(cap) = out.max_tokens.take() {
        out.max_completion_tokens.get_or_insert(cap);
    }
    if out.reasoning_effort.as_deref() == Some("none") {
        return;
    }
    // 1 is the default and the only value taken.
    drop_unless(&mut out.temperature, 1.0, "temperature", notes);
    drop_unless(&mut out.top_p, 1.0, "top_p", notes);
    drop_unless(&mut out.presence_penalty, 0.0, "presence_penalty", notes);
    drop_unless(&mut out.frequency_penalty, 0.0, "frequency_penalty", notes);
    drop_some(&mut out.logprobs, "logprobs", notes);
    drop_some(&mut out.top_logprobs, "top_logprobs", notes);
    drop_some(&mut out.logit_bias, "logit_bias", notes);
    drop_some(&mut out.stop, "stop", notes);
}

fn kind_of(thinking: &Value) -> &str {
    let kind = thinking.get("type").and_then(Value::as_str);
    kind.unwrap_or_default()
}

/// The effort that stands for Anthropic's thinking budget, by the table that gateways share.
fn derived_effort(thinking: &Value) -> Option<&'static str> {
    let budget = thinking.get("budget_tokens").and_then(Value::as_u64)?;
    Some(word_of_budget(budget))
}

/// Anthropic's thinking configuration as a mere switch.
fn switch_thinking(out: &mut ChatRequest, thinking: &Value, notes: &mut Notes) {
    let off = kind_of(thinking) == "disabled";
    let switch = serde_json::json!({"type": if off { "disabled" } else { "enabled" }});
    if !off && switch != *thinking {
        notes.changed("thinking");
    }
    out.thinking = Some(switch);
}

/// Anthropic's thinking configuration as an effort. Efforts above `high` are known to few models, so
/// no budget becomes one.
fn emulate_thinking(
    out: &mut ChatRequest,
    thinking: &Value,
    model: &str,
    shape: &Shape,
    notes: &mut Notes,
) {
    let effort = match kind_of(thinking) {
        "enabled" => match derived_effort(thinking) {
            Some(word @ ("low" | "medium")) => word,
            None => "medium",
            Some(_) => "high",
        },
        "disabled" if shape.openai_models => {
            let (least, is_off) = least_effort(model);
            if !is_off {
                notes.changed("thinking");
                out.reasoning_effort.get_or_insert_with(|| least.to_owned());
                return;
            }
            least
        }
        // How much to think is the model's own choice here too.
        "adaptive" => return notes.emulated("thinking"),
        _ => return notes.dropped("thinking"),
    };
    out.reasoning_effort
        .get_or_insert_with(|| effort.to_owned());
    notes.emulated("thinking");
}

/// The least effort of one of OpenAI's models, and whether it is none at all.
fn least_effort(model: &str) -> (&'static str, bool) {
    let name = model.rsplit('/').next().unwrap_or(model);
    if name.starts_with("gpt-5.") {
        return ("none", true);
    }
    let thinks_hard = ["codex", "pro"].iter().any(|word| name.contains(word));
    if name.starts_with("gpt-5") && !thinks_hard {
        return ("minimal", false);
    }
    ("low", false)
}

fn drop_unless(field: &mut Option<f64>, default: f64, name: &str, notes: &mut Notes) {
    if field.take().is_some_and(|value| value != default) {
        notes.dropped(name);
    }
}

fn drop_some<T>(field: &mut Option<T>, name: &str, notes: &mut Notes) {
    if field.take().is_some() {
        notes.dropped(name);
    }
}

fn adapt_format(out: &mut ChatRequest, shape: &Shape, notes: &mut Notes) {
    use crate::chat::{Message, ResponseFormat, Role};
    if shape.json_schema {
        return;
    }
    let Some(ResponseFormat::JsonSchema { json_schema }) = &out.response_format else {
        return;
    };
    let schema = json_schema.described().unwrap_or_default();
    let instruction = format!(
        "Answer with one JSON object and nothing else. It must follow this JSON schema:\n{schema}"
    );
    // After the client's own instructions, so that a prompt cache keeps its prefix.
    let after_system = |m: &Message| !matches!(m.role, Role::System | Role::Developer);
    let at = out.messages.iter().position(after_system);
    let at = at.unwrap_or(out.messages.len());
    out.messages
        .insert(at, Message::text(Role::System, instruction));
    out.response_format = Some(ResponseFormat::JsonObject);
    notes.emulated("response_format");
}

/// A streamed answer always reports usage; options are only legal on streams.
fn adapt_stream(out: &mut ChatRequest, shape: &Shape) {
    if out.stream != Some(true) {
        out.stream_options = None;
        return;
    }
    if !shape.asks_for_usage {
        out.stream_options = None;
        return;
    }
    let options = out
        .stream_options
        .get_or_insert_with(StreamOptions::default);
    options.include_usage = Some(true);
}
