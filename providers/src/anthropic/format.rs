//! Structured output: native where the model has it, a forced tool or an instruction elsewhere.

use serde_json::{Map, Value, json};

use super::schema;
use super::tools::Offer;
use super::wire::ANSWER_TOOL;
use crate::chat::{JsonSchema, ResponseFormat};
use crate::error::Error;
use crate::notes::Notes;

const JSON_INSTRUCTION: &str = "Answer with a single valid JSON object and nothing else: \
                                no prose before or after it and no code fences.";

/// Where the pieces of a structured answer go.
pub(super) struct Slots<'a> {
    /// Blocks of `system`.
    pub(super) system: &'a mut Vec<Value>,
    /// Tools and choice.
    pub(super) offer: &'a mut Offer,
    /// `output_config`.
    pub(super) output_config: &'a mut Map<String, Value>,
}

/// Writes `format` into the request. `native` is whether the model follows a schema by itself,
/// `may_force` whether a tool may be forced on it now.
///
/// # Errors
/// `NotSupported` for a schema whose root is not an object, where a tool has to carry it.
pub(super) fn apply(
    format: &ResponseFormat,
    native: bool,
    may_force: bool,
    slots: &mut Slots<'_>,
    notes: &mut Notes,
) -> Result<(), Error> {
    match format {
        ResponseFormat::Text => Ok(()),
        ResponseFormat::JsonObject => {
            notes.emulated("response_format");
            instruct(slots.system, JSON_INSTRUCTION);
            Ok(())
        }
        ResponseFormat::JsonSchema { json_schema } if native => {
            let mut shape = json_schema.described().unwrap_or(json!({}));
            if schema::adapt(&mut shape) {
                notes.changed("response_format");
            }
            let format = json!({"type": "json_schema", "schema": shape});
            slots.output_config.insert("format".to_owned(), format);
            Ok(())
        }
        ResponseFormat::JsonSchema { json_schema } => {
            notes.emulated("response_format");
            add_answer_tool(json_schema, slots.offer)?;
            if !may_force {
                slots.offer.relax();
                let order = format!(
                    "Give your final answer only by calling the tool `{ANSWER_TOOL}`, never as text."
                );
                instruct(slots.system, &order);
            }
            Ok(())
        }
    }
}

fn instruct(system: &mut Vec<Value>, text: &str) {
    // Last, so that the client's cached prefix stays byte for byte what it was.
    system.push(json!({"type": "text", "text": text}));
}

fn add_answer_tool(wanted: &JsonSchema, offer: &mut Offer) -> Result<(), Error> {
    let shape = wanted.schema.clone().unwrap_or(json!({"type": "object"}));
    if shape["type"] != "object" {
        return Err(Error::not_supported(
            "response_format",
            "the schema's root must be of type object for this model",
        ));
    }
    // A client that forces one of its own tools wants that call now and the answer in a later turn.
    let forced_by_client = offer.is_forced();
    let only_answer = offer.tools.is_empty() || offer.is_none();
    let description = wanted
        .description
        .as_deref()
        .unwrap_or("Gives the final answer. Its arguments are the answer.");
    offer.tools.push(json!({
        "name": ANSWER_TOOL, "description": description, "input_schema": shape,
    }));
    if forced_by_client {
        return Ok(());
    }
    let mut choice = if only_answer {
        json!({"type": "tool", "name": ANSWER_TOOL})
    } else {
        json!({"type": "any"})
    };
    choice["disable_parallel_tool_use"] = json!(true);
    offer.choice = Some(choice);
    Ok(())
}
