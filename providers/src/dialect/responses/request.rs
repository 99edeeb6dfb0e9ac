//! The client's request to a canonical one.

use serde_json::{Map, Value};

use super::fields::{object, take, take_text, typed};
use super::{input, tools};
use crate::chat::{ChatRequest, JsonSchema, Message, ResponseFormat, Role, StreamOptions};
use crate::error::{Error, ErrorKind};
use crate::notes::Notes;

/// Chat's words for what this dialect calls differently. OpenAI refuses them here, and so do we: a
/// limit or a format that is silently ignored costs more than an error.
const MOVED: [(&str, &str); 6] = [
    ("messages", "input"),
    ("response_format", "text.format"),
    ("max_tokens", "max_output_tokens"),
    ("max_completion_tokens", "max_output_tokens"),
    ("reasoning_effort", "reasoning.effort"),
    ("functions", "tools"),
];

/// Decodes a complete request body.
///
/// # Errors
/// `InvalidRequest` naming the field; `NotSupported` for what needs OpenAI's own servers.
pub(super) fn decode(body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|e| {
        let message = format!("the body is not a JSON object: {e}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let mut draft = Draft::default();
    for (key, value) in fields {
        if !value.is_null() {
            draft.field(key, value, notes)?;
        }
    }
    draft.into_request(notes)
}

/// A request whose fields have been read one by one, in the client's order.
#[derive(Debug, Default)]
struct Draft {
    model: Option<String>,
    input: Option<Value>,
    instructions: Option<String>,
    tools: Vec<crate::chat::Tool>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    stream: bool,
    logprobs: bool,
    top_logprobs: Option<u64>,
    max_output_tokens: Option<u64>,
    response_format: Option<ResponseFormat>,
    reasoning_effort: Option<String>,
    /// Fields with the same name and meaning in chat, and unknown ones.
    same: Map<String, Value>,
}

impl Draft {
    fn field(&mut self, key: String, value: Value, notes: &mut Notes) -> Result<(), Error> {
        match key.as_str() {
            "model" => self.model = Some(typed(value, key)?),
            "input" => self.input = Some(value),
            "instructions" => self.instructions = Some(typed(value, key)?),
            "tools" => self.tools = tools::decode(value, notes)?,
            "tool_choice" => self.tool_choice = Some(value),
            "parallel_tool_calls" => self.parallel_tool_calls = Some(typed(value, key)?),
            "stream" => self.stream = typed(value, key)?,
            "top_logprobs" => self.top_logprobs = Some(typed(value, key)?),
            "max_output_tokens" => self.max_output_tokens = Some(typed(value, key)?),
            "text" => self.text(value, notes)?,
            "reasoning" => self.reasoning(value, notes)?,
            "include" => self.include(value, notes)?,
            "stream_options" => stream_options(value, notes)?,
            // Kept, answered and repeated by the gateway; no vendor needs to know.
            "store" | "metadata" => {}
            "truncation" if value == "disabled" => {}
            "background" if value == false => {}
            "max_tool_calls" | "truncation" | "context_management" | "moderation" => {
                notes.dropped(key);
            }
            "previous_response_id" => {
                return Err(Error::not_supported(
                    &key,
                    "`previous_response_id` names a response that is not stored here; send its \
                     items as `input`",
                ));
            }
            "conversation" | "prompt" | "background" => {
                let message = format!(
                    "`{key}` needs OpenAI's own servers and cannot be translated for this model"
                );
                return Err(Error::not_supported(&key, message));
            }
            _ => return self.other(key, value),
        }
        Ok(())
    }

    fn other(&mut self, key: String, value: Value) -> Result<(), Error> {
        if let Some((_, here)) = MOVED.iter().find(|(chat, _)| *chat == key) {
            let message =
                format!("`{key}` belongs to chat completions; the Responses API calls it `{here}`");
            return Err(Error::invalid(&key, message).with_code("unsupported_parameter"));
        }
        if key == "n" && value != 1 {
            return Err(Error::invalid(
                "n",
                "the Responses API gives one answer only",
            ));
        }
        self.same.insert(key, value);
        Ok(())
    }

    fn text(&mut self, value: Value, notes: &mut Notes) -> Result<(), Error> {
        let mut text = object(value, "text")?;
        if let Some(format) = take(&mut text, "format") {
            self.response_format = decode_format(object(format, "text.format")?)?;
        }
        if let Some(verbosity) = take(&mut text, "verbosity") {
            self.same.insert("verbosity".to_owned(), verbosity);
        }
        note_rest("text", text, notes);
        Ok(())
    }

    fn reasoning(&mut self, value: Value, notes: &mut Notes) -> Result<(), Error> {
        let mut reasoning = object(value, "reasoning")?;
        self.reasoning_effort = take_text(&mut reasoning, "effort", "reasoning")?;
        for summary in ["summary", "generate_summary"] {
            // Vendors that show their reasoning show it anyway: it is what the summary carries.
            if take(&mut reasoning, summary).is_some() {
                notes.emulated("reasoning.summary");
            }
        }
        note_rest("reasoning", reasoning, notes);
        Ok(())
    }

    fn include(&mut self, value: Value, notes: &mut Notes) -> Result<(), Error> {
        let include: Vec<String> = typed(value, "include")?;
        for what in include {
            match what.as_str() {
                "message.output_text.logprobs" => self.logprobs = true,
                // Always there when the vendor signs its reasoning.
                "reasoning.encrypted_content" => {}
                _ => notes.dropped(format!("include.{what}")),
            }
        }
        Ok(())
    }

    fn into_request(mut self, notes: &mut Notes) -> Result<ChatRequest, Error> {
        let model = self
            .model
            .ok_or_else(|| Error::invalid("model", "`model` is required"))?;
        let input = self
            .input
            .ok_or_else(|| Error::invalid("input", "`input` is required"))?;
        let mut messages = Vec::new();
        messages.extend(
            self.instructions
                .map(|text| Message::text(Role::System, text)),
        );
        messages.append(&mut input::decode(input, notes)?);
        if messages.is_empty() {
            return Err(Error::invalid("input", "`input` holds nothing to answer"));
        }
        let tool_choice = match self.tool_choice {
            Some(choice) => tools::choose(choice, &mut self.tools, notes)?,
            None => None,
        };
        let has_tools = !self.tools.is_empty();
        if !self.logprobs && self.top_logprobs.is_some_and(|top| top > 0) {
            notes.dropped("top_logprobs");
        }

        // Fields that chat knows under the same name are read by chat's own type.
        self.same.insert("model".to_owned(), Value::String(model));
        self.same
            .insert("messages".to_owned(), Value::Array(Vec::new()));
        let same: ChatRequest = serde_json::from_value(Value::Object(self.same)).map_err(|e| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("a field has the wrong type: {e}"),
            )
        })?;
        Ok(ChatRequest {
            messages,
            stream: self.stream.then_some(true),
            // This dialect always reports usage.
            stream_options: self.stream.then(|| StreamOptions {
                include_usage: Some(true),
                ..StreamOptions::default()
            }),
            max_completion_tokens: self.max_output_tokens,
            logprobs: self.logprobs.then_some(true),
            top_logprobs: self.top_logprobs.filter(|_| self.logprobs),
            response_format: self.response_format,
            tools: has_tools.then_some(self.tools),
            tool_choice,
            parallel_tool_calls: self.parallel_tool_calls.filter(|_| has_tools),
            reasoning_effort: self.reasoning_effort,
            ..same
        })
    }
}

fn decode_format(mut format: Map<String, Value>) -> Result<Option<ResponseFormat>, Error> {
    match super::fields::need_text(&mut format, "type", "text.format")?.as_str() {
        "text" => Ok(None),
        "json_object" => Ok(Some(ResponseFormat::JsonObject)),
        "json_schema" => {
            let json_schema: JsonSchema = typed(Value::Object(format), "text.format")?;
            Ok(Some(ResponseFormat::JsonSchema { json_schema }))
        }
        other => Err(Error::not_supported(
            "text.format",
            format!("text format `{other}` cannot be translated for this model"),
        )),
    }
}

fn stream_options(value: Value, notes: &mut Notes) -> Result<(), Error> {
    let mut options = object(value, "stream_options")?;
    // Padding is only ever missing, never wrong, when it was declined.
    options.retain(|key, value| !(key == "include_obfuscation" && *value == false));
    // Accepted from clients that know it from chat: usage is always reported here.
    options.shift_remove("include_usage");
    note_rest("stream_options", options, notes);
    Ok(())
}

fn note_rest(parent: &str, rest: Map<String, Value>, notes: &mut Notes) {
    for (key, value) in rest {
        if !value.is_null() {
            notes.dropped(format!("{parent}.{key}"));
        }
    }
}
