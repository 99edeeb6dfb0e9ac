//! `POST /v1/messages`: the client's body to a canonical request.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{tools, turns};
use crate::anthropic::thinking::word_of_budget;
use crate::chat::{ChatRequest, JsonSchema, ResponseFormat, Stop};
use crate::error::Error;
use crate::notes::Notes;

/// Name of a schema that came without one; OpenAI demands a name.
const SCHEMA_NAME: &str = "answer";

/// See [`crate::Dialect::decode_request`].
pub(super) fn decode(body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
    let mut fields = Fields::parse(body)?;
    let max_tokens: u64 = fields.need("max_tokens")?;
    let mut request = decode_fields(fields, notes)?;
    request.max_tokens = Some(max_tokens);
    Ok(request)
}

/// A request without `max_tokens`, as `count_tokens` takes it.
pub(super) fn decode_uncapped(body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
    let mut fields = Fields::parse(body)?;
    let max_tokens = fields.take("max_tokens")?;
    let mut request = decode_fields(fields, notes)?;
    request.max_tokens = max_tokens;
    Ok(request)
}

fn decode_fields(mut fields: Fields, notes: &mut Notes) -> Result<ChatRequest, Error> {
    let mut request = ChatRequest {
        model: fields.need("model")?,
        stream: fields.take("stream")?,
        temperature: fields.take("temperature")?,
        top_p: fields.take("top_p")?,
        top_k: fields.take("top_k")?,
        stop: fields.take("stop_sequences")?.map(Stop::Many),
        thinking: fields
            .take::<Map<String, Value>>("thinking")?
            .map(Value::Object),
        ..ChatRequest::default()
    };
    let turns: Vec<Value> = fields.need("messages")?;
    if turns.is_empty() {
        return Err(Error::invalid("messages", "`messages` must not be empty"));
    }
    request.messages = turns::decode(fields.value("system"), turns, notes)?;
    if let Some(list) = fields.take::<Vec<Value>>("tools")? {
        request.tools = Some(tools::decode(list)?);
    }
    if let Some(choice) = fields.take("tool_choice")? {
        tools::decode_choice(&choice, &mut request)?;
    }
    decode_output(&mut fields, &mut request, notes)?;
    decode_effort(&mut request);
    decode_metadata(&mut fields, &mut request)?;
    request.extra.extend(fields.0);
    Ok(request)
}

/// `output_config` and its forerunner `output_format`.
fn decode_output(
    fields: &mut Fields,
    request: &mut ChatRequest,
    notes: &mut Notes,
) -> Result<(), Error> {
    let mut config: Map<String, Value> = fields.take("output_config")?.unwrap_or_default();
    if let Some(Value::String(effort)) = config.shift_remove("effort") {
        request.reasoning_effort = Some(effort);
    }
    let current = config.shift_remove("format").filter(|f| !f.is_null());
    let former = fields.value("output_format");
    if let Some(format) = current.or(former) {
        request.response_format = decode_format(format, notes)?;
    }
    if !config.is_empty() {
        let rest = Value::Object(config);
        request.extra.insert("output_config".to_owned(), rest);
    }
    Ok(())
}

fn decode_format(mut format: Value, notes: &mut Notes) -> Result<Option<ResponseFormat>, Error> {
    if format["type"] != "json_schema" {
        notes.dropped("output_config.format");
        return Ok(None);
    }
    let schema = format.get_mut("schema").map(Value::take);
    let Some(schema) = schema.filter(Value::is_object) else {
        return Err(Error::invalid(
            "output_config.format.schema",
            "a json_schema format needs a `schema`",
        ));
    };
    Ok(Some(ResponseFormat::JsonSchema {
        json_schema: JsonSchema {
            name: SCHEMA_NAME.to_owned(),
            description: None,
            schema: Some(schema),
            strict: Some(true),
        },
    }))
}

/// Vendors that know no budgets read the effort that stands for it.
fn decode_effort(request: &mut ChatRequest) {
    if request.reasoning_effort.is_some() {
        return;
    }
    let budget = request
        .thinking
        .as_ref()
        .filter(|thinking| thinking["type"] == "enabled")
        .and_then(|thinking| thinking["budget_tokens"].as_u64());
    request.reasoning_effort = budget.map(|budget| word_of_budget(budget).to_owned());
}

fn decode_metadata(fields: &mut Fields, request: &mut ChatRequest) -> Result<(), Error> {
    let Some(mut metadata) = fields.take::<Map<String, Value>>("metadata")? else {
        return Ok(());
    };
    if let Some(Value::String(user)) = metadata.shift_remove("user_id") {
        request.user = Some(user);
    }
    if !metadata.is_empty() {
        let rest = Value::Object(metadata);
        request.extra.insert("metadata".to_owned(), rest);
    }
    Ok(())
}
