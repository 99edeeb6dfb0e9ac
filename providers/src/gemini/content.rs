//! Messages to `systemInstruction` and `contents`.

use serde_json::{Map, Value, json};

use crate::chat::{Content, KnownPart, Message, Part, Role, ToolCall};
use crate::error::Error;
use crate::native;
use crate::notes::Notes;
use crate::portable;

use super::{generation_of, media};

/// Gemini 3 refuses a turn whose first call has no signature. This is Google's documented stand-in
/// for calls whose signature was lost or that another vendor's model made
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>, read 2026-11-22).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Fields beside OpenAI's own that have a place in a turn.
const KNOWN: &[&str] = &["extra_content", "function_call", "images", "is_error"];

/// A conversation in Gemini's terms.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// Parts of `systemInstruction`.
    pub(super) system: Vec<Value>,
    /// `contents`.
    pub(super) contents: Vec<Value>,
}

/// Who speaks, and whether the turn answers calls: results never share a turn with other text,
/// because a text turn starts a new exchange and results continue the old one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Model,
    Tools,
}

struct Turn {
    speaker: Speaker,
    parts: Vec<Value>,
}

pub(super) fn encode(
    model: &str,
    messages: &[Message],
    notes: &mut Notes,
) -> Result<Conversation, Error> {
    let mut writer = Writer {
        signatures_required: generation_of(model).is_some_and(|(major, _)| major >= 3),
        system: Vec::new(),
        turns: Vec::new(),
        notes,
    };
    for (at, message) in messages.iter().enumerate() {
        writer.message(messages, at, message)?;
    }
    Ok(writer.finish())
}

struct Writer<'n> {
    signatures_required: bool,
    system: Vec<Value>,
    turns: Vec<Turn>,
    notes: &'n mut Notes,
}

impl Writer<'_> {
    fn message(&mut self, all: &[Message], at: usize, message: &Message) -> Result<(), Error> {
        native::note_unknown_fields(message, KNOWN, self.notes);
        let answers_call = matches!(message.role, Role::Tool | Role::Function);
        if message.name.is_some() && !answers_call {
            self.notes.dropped("messages.name");
        }
        match message.role {
            Role::System | Role::Developer => self.instruction(message),
            Role::User => {
                let parts = self.parts(message)?;
                self.add(Speaker::User, parts);
                Ok(())
            }
            Role::Assistant => self.assistant(message),
            Role::Tool | Role::Function => self.result(all, at, message),
        }
    }

    /// Instructions are merged into one place; those given mid-conversation lose their position.
    fn instruction(&mut self, message: &Message) -> Result<(), Error> {
        if !self.turns.is_empty() {
            self.notes.changed("messages.system");
        }
        for part in self.parts(message)? {
            if part.get("text").is_none() {
                return Err(Error::not_supported(
                    "messages.content",
                    "gemini takes text only in system and developer messages",
                ));
            }
            self.system.push(part);
        }
        Ok(())
    }

    fn parts(&mut self, message: &Message) -> Result<Vec<Value>, Error> {
        match &message.content {
            None => Ok(Vec::new()),
            Some(Content::Text(text)) if text.is_empty() => Ok(Vec::new()),
            Some(Content::Text(text)) => Ok(vec![json!({"text": text})]),
            Some(Content::Parts(parts)) => parts
                .iter()
                .filter_map(|part| media::part(part, self.notes).transpose())
                .collect(),
        }
    }

    fn assistant(&mut self, message: &Message) -> Result<(), Error> {
        // Gemini takes its thoughts back as signatures only.
        portable::note_reasoning(message, self.notes);
        let mut parts = self.parts(message)?;
        if let Some(refusal) = &message.refusal {
            parts.push(json!({"text": refusal}));
        }
        let own = signature(&message.extra);
        if let (Some(Value::Object(last)), Some(own)) = (parts.last_mut(), own) {
            last.insert("thoughtSignature".to_owned(), json!(own));
        }
        parts.extend(self.drawn(message)?);
        let calls = message.tool_calls.iter().flatten();
        for (i, call) in calls.enumerate() {
            parts.push(self.call(call, i == 0)?);
        }
        if let Some(legacy) = message.extra.get("function_call") {
            let name = legacy.get("name").and_then(Value::as_str);
            let arguments = legacy.get("arguments").and_then(Value::as_str);
            let call = self.function_call("", name.unwrap_or(""), arguments.unwrap_or(""));
            parts.push(json!({"functionCall": call}));
        }
        self.add(Speaker::Model, parts);
        Ok(())
    }

    /// Images that the model made in an earlier turn, so that it can go on working on them.
    fn drawn(&mut self, message: &Message) -> Result<Vec<Value>, Error> {
        let Some(images) = message.extra.get("images") else {
            return Ok(Vec::new());
        };
        let images: Vec<Part> = serde_json::from_value(images.clone())
            .map_err(|_| Error::invalid("messages.images", "images must be content parts"))?;
        let mut parts = Vec::new();
        for image in &images {
            let Some(mut part) = media::part(image, self.notes)? else {
                continue;
            };
            if let Part::Known(KnownPart::ImageUrl { extra, .. }) = image
                && let Some(own) = signature(extra)
            {
                part["thoughtSignature"] = json!(own);
            }
            parts.push(part);
        }
        Ok(parts)
    }

    fn call(&mut self, call: &ToolCall, first: bool) -> Result<Value, Error> {
        portable::note_call(call, &["custom", "extra_content"], self.notes);
        let function_call = match (&call.function, call.extra.get("custom")) {
            (Some(f), _) => self.function_call(&call.id, &f.name, &f.arguments),
            (None, Some(custom)) => {
                self.notes.emulated("messages.tool_calls.custom");
                let name = custom.get("name").and_then(Value::as_str).unwrap_or("");
                let input = json!({"input": custom.get("input")}).to_string();
                self.function_call(&call.id, name, &input)
            }
            (None, None) => {
                return Err(Error::invalid(
                    "messages.tool_calls",
                    format!("tool call `{}` has no function", call.id),
                ));
            }
        };
        let mut part = Map::new();
        part.insert("functionCall".to_owned(), function_call);
        // Of parallel calls only the first carries a signature.
        let signature = match signature(&call.extra) {
            Some(own) => Some(own),
            None if first && self.signatures_required => {
                self.notes.emulated("thought_signature");
                Some(NO_SIGNATURE)
            }
            None => None,
        };
        if let Some(signature) = signature {
            part.insert("thoughtSignature".to_owned(), json!(signature));
        }
        Ok(Value::Object(part))
    }

    fn function_call(&mut self, id: &str, name: &str, arguments: &str) -> Value {
        let (args, exact) = native::arguments_object(arguments);
        if !exact {
            self.notes.changed("messages.tool_calls.arguments");
        }
        with_id(id, json!({"name": name, "args": args}))
    }

    fn result(&mut self, all: &[Message], at: usize, message: &Message) -> Result<(), Error> {
        let id = message.tool_call_id.as_deref().unwrap_or("");
        let name = native::function_name(all, at).ok_or_else(|| {
            Error::invalid(
                "messages.tool_call_id",
                format!("no tool call before the result has the id `{id}`"),
            )
        })?;
        let failed = message.extra.get("is_error") == Some(&Value::Bool(true));
        let response = response(&message.plain_text(), failed);
        let answer = with_id(id, json!({"name": name, "response": response}));
        let mut parts = vec![json!({"functionResponse": answer})];
        // Images of a result stand beside it in the same turn.
        if let Some(Content::Parts(all)) = &message.content {
            for part in all {
                if matches!(part, Part::Known(KnownPart::Text { .. })) {
                    continue;
                }
                self.notes.changed("messages.tool.content");
                parts.extend(media::part(part, self.notes)?);
            }
        }
        self.add(Speaker::Tools, parts);
        Ok(())
    }

    /// Adds to the last turn when the same side goes on speaking.
    fn add(&mut self, speaker: Speaker, parts: Vec<Value>) {
        if parts.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(last) if last.speaker == speaker => last.parts.extend(parts),
            _ => self.turns.push(Turn { speaker, parts }),
        }
    }

    fn finish(mut self) -> Conversation {
        if let Some(last) = self.turns.last()
            && last.speaker == Speaker::Model
            && last
                .parts
                .iter()
                .all(|part| part.get("functionCall").is_none())
        {
            // Gemini takes it, and does not promise to go on with it.
            self.notes.changed("messages.prefill");
        }
        // Gemini refuses a request without contents, so instructions alone become the question.
        if self.turns.is_empty() && !self.system.is_empty() {
            self.notes.changed("messages.system");
            let parts = std::mem::take(&mut self.system);
            self.add(Speaker::User, parts);
        }
        let contents = self
            .turns
            .into_iter()
            .map(|turn| {
                let role = match turn.speaker {
                    Speaker::Model => "model",
                    Speaker::User | Speaker::Tools => "user",
                };
                json!({"role": role, "parts": turn.parts})
            })
            .collect();
        Conversation {
            system: self.system,
            contents,
        }
    }
}

fn with_id(id: &str, mut object: Value) -> Value {
    if !id.is_empty() {
        object["id"] = json!(id);
    }
    object
}

/// A result as the object Gemini wants: an object as it is, anything else under `output`, failures
/// under `error` (the names Google's reference gives them).
fn response(text: &str, failed: bool) -> Value {
    if failed {
        return json!({"error": text});
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Value::Object(map),
        Ok(Value::Array(items)) => json!({"output": items}),
        _ => json!({"output": text}),
    }
}

fn signature(extra: &Map<String, Value>) -> Option<&str> {
    extra
        .get("extra_content")?
        .get("google")?
        .get("thought_signature")?
        .as_str()
}
