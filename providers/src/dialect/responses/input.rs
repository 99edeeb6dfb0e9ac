//! Input items to a canonical conversation.

use serde_json::{Map, Value, json};

use super::at::At;
use super::fields::{need_text, object, take, take_text, typed};
use super::parts::{self, Decoded};
use super::reasoning::readable;
use super::turn::{OnlyReasoning, Turn};
use crate::chat::{FunctionCall, Message, Role, ToolCall};
use crate::dialect::sealed::{Sealed, restore_calls};
use crate::error::Error;
use crate::notes::Notes;

/// What a vendor's own tools did in earlier turns. The answer that followed tells what they found, so
/// a conversation makes sense without them.
const FINISHED_BY_VENDOR: [&str; 6] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_call",
];

/// `input` as messages, oldest first.
///
/// # Errors
/// `InvalidRequest` for wrong shapes, `NotSupported` for items that no chat format has.
pub(super) fn decode(input: Value, notes: &mut Notes) -> Result<Vec<Message>, Error> {
    let items = match input {
        Value::String(text) => return Ok(vec![Message::text(Role::User, text)]),
        Value::Array(items) => items,
        _ => {
            return Err(Error::invalid(
                "input",
                "`input` must be a string or a list of items",
            ));
        }
    };
    let mut conversation = Conversation::default();
    for (index, item) in items.into_iter().enumerate() {
        let at = At::item(index);
        conversation.item(object(item, at)?, at, notes)?;
    }
    conversation.end_turn(notes);
    restore_calls(&mut conversation.messages, conversation.seals);
    Ok(conversation.messages)
}

#[derive(Debug, Default)]
struct Conversation {
    messages: Vec<Message>,
    turn: Option<Turn>,
    seals: Vec<Sealed>,
}

impl Conversation {
    fn item(
        &mut self,
        mut item: Map<String, Value>,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let kind = kind_of(&mut item, at)?;
        match kind.as_str() {
            "message" => self.message(item, at, notes),
            "function_call" => self.function_call(item, at, notes),
            "custom_tool_call" => self.custom_call(item, at, notes),
            "function_call_output" | "custom_tool_call_output" => self.output(item, at, notes),
            "reasoning" => {
                self.reasoning(&item, notes);
                Ok(())
            }
            "item_reference" => Err(Error::not_supported(
                &at.to_string(),
                "`item_reference` points to items stored elsewhere; send the items themselves, or \
                 `previous_response_id`",
            )),
            finished if FINISHED_BY_VENDOR.contains(&finished) => {
                notes.dropped(format!("input.{finished}"));
                Ok(())
            }
            other => Err(Error::not_supported(
                &at.to_string(),
                format!("input item `{other}` cannot be translated for this model"),
            )),
        }
    }

    fn message(
        &mut self,
        mut item: Map<String, Value>,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let role = take(&mut item, "role").unwrap_or_default();
        let role = match role.as_str() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            Some("developer") => Role::Developer,
            _ => {
                let param = format!("{at}.role");
                let message =
                    format!("`{param}` must be `user`, `assistant`, `system` or `developer`");
                return Err(Error::invalid(&param, message));
            }
        };
        let content = item.shift_remove("content").unwrap_or_default();
        let content = parts::decode(content, at, "content", notes)?;
        let name = take_text(&mut item, "name", at)?;
        let extra = kept(item, notes);
        if role == Role::Assistant {
            self.say(content, extra, notes);
            return Ok(());
        }
        self.end_turn(notes);
        self.messages.push(Message {
            content: content.into_content(),
            name,
            extra,
            ..Message::empty(role)
        });
        Ok(())
    }

    fn say(&mut self, content: Decoded, extra: Map<String, Value>, notes: &mut Notes) {
        if self.turn.as_ref().is_some_and(Turn::is_said) {
            self.end_turn(notes);
        }
        self.turn.get_or_insert_default().say(content, extra);
    }

    fn function_call(
        &mut self,
        mut item: Map<String, Value>,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let id = call_id(&mut item, at)?;
        let name = need_text(&mut item, "name", at)?;
        let arguments = match take(&mut item, "arguments") {
            // Some clients send the object itself.
            Some(Value::Object(arguments)) => Value::Object(arguments).to_string(),
            Some(arguments) => typed(arguments, format_args!("{at}.arguments"))?,
            None => String::new(),
        };
        self.call(id, name, arguments, kept(item, notes));
        Ok(())
    }

    /// Chat formats other than OpenAI's have no calls with free text: it becomes one argument.
    fn custom_call(
        &mut self,
        mut item: Map<String, Value>,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let id = call_id(&mut item, at)?;
        let name = need_text(&mut item, "name", at)?;
        let input = need_text(&mut item, "input", at)?;
        notes.emulated("input.custom_tool_call");
        let arguments = json!({ "input": input }).to_string();
        self.call(id, name, arguments, kept(item, notes));
        Ok(())
    }

    fn call(&mut self, id: String, name: String, arguments: String, extra: Map<String, Value>) {
        let arguments = if arguments.is_empty() {
            "{}".to_owned()
        } else {
            arguments
        };
        self.turn.get_or_insert_default().call(ToolCall {
            id,
            kind: "function".to_owned(),
            function: Some(FunctionCall { name, arguments }),
            extra,
        });
    }

    fn output(
        &mut self,
        mut item: Map<String, Value>,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let call_id = need_text(&mut item, "call_id", at)?;
        let output = item.shift_remove("output").unwrap_or_default();
        let output = parts::decode(output, at, "output", notes)?;
        // The call says the name; a result repeats it at most.
        item.shift_remove("name");
        self.end_turn(notes);
        self.messages.push(Message {
            content: output
                .into_content()
                .or_else(|| Some(crate::chat::Content::Text(String::new()))),
            tool_call_id: Some(call_id),
            extra: kept(item, notes),
            ..Message::empty(Role::Tool)
        });
        Ok(())
    }

    fn reasoning(&mut self, item: &Map<String, Value>, notes: &mut Notes) {
        let block = match item.get("encrypted_content").and_then(Value::as_str) {
            None => None,
            Some(text) => match Sealed::open(text) {
                Some(Sealed::Block(block)) => Some(block),
                Some(call) => {
                    self.seals.push(call);
                    return;
                }
                None => {
                    notes.dropped("input.reasoning.encrypted_content");
                    None
                }
            },
        };
        if self.turn.as_ref().is_some_and(Turn::is_said) {
            self.end_turn(notes);
        }
        self.turn
            .get_or_insert_default()
            .reason(&readable(item), block);
    }

    fn end_turn(&mut self, notes: &mut Notes) {
        match self.turn.take().map(Turn::into_message) {
            Some(Ok(message)) => self.messages.push(message),
            Some(Err(OnlyReasoning(true))) => notes.dropped("input.reasoning"),
            Some(Err(OnlyReasoning(false))) | None => {}
        }
    }
}

/// The item's type; easy messages and easy references leave it out.
fn kind_of(item: &mut Map<String, Value>, at: At) -> Result<String, Error> {
    if let Some(kind) = take_text(item, "type", at)? {
        return Ok(kind);
    }
    let kind = if item.contains_key("role") {
        "message"
    } else if item.contains_key("id") {
        "item_reference"
    } else {
        let param = format!("{at}.type");
        return Err(Error::invalid(&param, format!("`{param}` is required")));
    };
    Ok(kind.to_owned())
}

fn call_id(item: &mut Map<String, Value>, at: At) -> Result<String, Error> {
    match take_text(item, "call_id", at)? {
        Some(id) => Ok(id),
        None => need_text(item, "id", at),
    }
}

/// What of an item's remaining fields the canonical form keeps. Names and states of stored items mean
/// nothing to a vendor who did not store them.
fn kept(item: Map<String, Value>, notes: &mut Notes) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in item {
        match key.as_str() {
            "cache_control" | "extra_content" => {
                kept.insert(key, value);
            }
            "id" | "status" | "created_by" => {}
            _ if value.is_null() => {}
            _ => notes.dropped(format!("input.{key}")),
        }
    }
    kept
}
