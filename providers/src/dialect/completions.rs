//! OpenAI's legacy `/v1/completions`, for models that only chat.
//!
//! A prompt becomes one user turn. Where a vendor has the endpoint itself, bytes are passed through
//! ([`crate::Operation::Completions`]) and only [`Dialect::tap`] and [`Dialect::inspect`] are used.
//!
//! Source: OpenAI's OpenAPI document (`CreateCompletionRequest`, `CreateCompletionResponse`), read
//! 2026-11-22.

use serde::Serialize;
use serde_json::{Map, Value};

use super::chat::finish::finish_word;
use super::chat::{Chat, ChatTap, inspect, usage};
use crate::chat::{ChatChunk, ChatRequest, ChatResponse, FinishReason, Message, Role};
use crate::dialect::{ChatEncoder, Dialect, DialectId, EncodeContext, Observed, Tap, WireError};
use crate::error::Error;
use crate::notes::Notes;
use crate::usage::Usage;

/// The dialect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Completions;

/// Fields of the legacy form that a chat cannot express and that do not change what is asked.
const DROPPED: [&str; 3] = ["logprobs", "echo", "best_of"];

impl Dialect for Completions {
    fn id(&self) -> DialectId {
        DialectId::Completions
    }

    /// # Errors
    /// `NotSupported` for several prompts, token ids and `suffix`.
    fn decode_request(&self, body: &[u8], notes: &mut Notes) -> Result<ChatRequest, Error> {
        let mut fields: Map<String, Value> = serde_json::from_slice(body).map_err(|e| {
            let message = format!("the request body is not a JSON object: {e}");
            Error::new(crate::ErrorKind::InvalidRequest, message)
        })?;
        let prompt = one_prompt(fields.shift_remove("prompt"))?;
        if fields.shift_remove("suffix").is_some_and(|s| !is_empty(&s)) {
            return Err(Error::not_supported(
                "suffix",
                "`suffix` needs a model with a completions endpoint",
            ));
        }
        for name in DROPPED {
            if fields.shift_remove(name).is_some_and(|v| !is_empty(&v)) {
                notes.dropped(name);
            }
        }
        let turn = Message::text(Role::User, prompt);
        let turn = serde_json::to_value([turn])
            .map_err(|e| Error::invalid("prompt", format!("cannot read the prompt: {e}")))?;
        fields.insert("messages".to_owned(), turn);
        let body = Value::Object(fields).to_string();
        Chat.decode_request(body.as_bytes(), notes)
    }

    fn encode_response(&self, response: &ChatResponse, context: &EncodeContext) -> Vec<u8> {
        let head = Head::of(&response.id, response.created, &response.model, context);
        let texts: Vec<_> = response
            .choices
            .iter()
            .map(|c| c.message.plain_text())
            .collect();
        let choices = response
            .choices
            .iter()
            .zip(&texts)
            .map(|(choice, text)| Wire {
                text,
                index: choice.index,
                logprobs: None,
                finish_reason: Some(word(choice.finish_reason)),
            });
        let mut out = Vec::new();
        head.write(
            &choices.collect::<Vec<_>>(),
            response.usage.as_ref(),
            &mut out,
        );
        out
    }

    fn encoder(&self, context: EncodeContext) -> Box<dyn ChatEncoder> {
        Box::new(Encoder {
            context,
            head: None,
            usage: None,
        })
    }

    fn encode_error(&self, error: &WireError<'_>) -> Vec<u8> {
        Chat.encode_error(error)
    }

    fn tap(&self) -> Box<dyn Tap> {
        Box::new(ChatTap::default())
    }

    fn inspect(&self, body: &[u8]) -> Observed {
        inspect(body)
    }
}

/// The one text to complete.
fn one_prompt(prompt: Option<Value>) -> Result<String, Error> {
    match prompt {
        None | Some(Value::Null) => Err(Error::invalid("prompt", "`prompt` is required")),
        Some(Value::String(text)) => Ok(text),
        Some(Value::Array(mut items)) => match (items.pop(), items.is_empty()) {
            (Some(Value::String(text)), true) => Ok(text),
            (Some(Value::String(_)), false) => Err(Error::not_supported(
                "prompt",
                "several prompts in one call need a model with a completions endpoint",
            )),
            (Some(Value::Number(_) | Value::Array(_)), _) => Err(Error::not_supported(
                "prompt",
                "token ids need a model with a completions endpoint",
            )),
            _ => Err(Error::invalid("prompt", "`prompt` must not be empty")),
        },
        Some(_) => Err(Error::invalid("prompt", "`prompt` must be a string")),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_u64() == Some(1),
        _ => false,
    }
}

/// This form knows no tools.
const fn word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::ToolCalls | FinishReason::FunctionCall => "stop",
        other => finish_word(other),
    }
}

#[derive(Debug)]
struct Head {
    id: String,
    created: i64,
    model: String,
}

impl Head {
    fn of(id: &str, created: i64, model: &str, context: &EncodeContext) -> Self {
        let id = if id.is_empty() {
            format!("cmpl-{}", context.request_id)
        } else {
            id.to_owned()
        };
        let asked = Some(&context.model).filter(|model| !model.is_empty());
        Self {
            id,
            created: if created == 0 {
                context.created
            } else {
                created
            },
            model: asked.map_or(model, String::as_str).to_owned(),
        }
    }

    fn write(&self, choices: &[Wire<'_>], usage: Option<&Usage>, out: &mut Vec<u8>) {
        #[derive(Serialize)]
        struct Body<'a, U: Serialize> {
            id: &'a str,
            object: &'static str,
            created: i64,
            model: &'a str,
            choices: &'a [Wire<'a>],
            #[serde(skip_serializing_if = "Option::is_none")]
            usage: Option<U>,
        }
        let body = Body {
            id: &self.id,
            object: "text_completion",
            created: self.created,
            model: &self.model,
            choices,
            usage: usage.map(usage::written),
        };
        super::chat::to_json(&body, out);
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    text: &'a str,
    index: u32,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

struct Encoder {
    context: EncodeContext,
    head: Option<Head>,
    usage: Option<Usage>,
}

impl ChatEncoder for Encoder {
    fn push(&mut self, chunk: &ChatChunk, out: &mut Vec<u8>) {
        let context = &self.context;
        let head = self
            .head
            .get_or_insert_with(|| Head::of(&chunk.id, chunk.created, &chunk.model, context));
        if chunk.usage.is_some() {
            self.usage.clone_from(&chunk.usage);
        }
        let choices = chunk.choices.iter().map(|choice| Wire {
            text: choice.delta.content.as_deref().unwrap_or_default(),
            index: choice.index,
            logprobs: None,
            finish_reason: choice.finish_reason.map(word),
        });
        // A delta of reasoning or tools only says nothing in this form.
        let choices: Vec<_> = choices
            .filter(|choice| !choice.text.is_empty() || choice.finish_reason.is_some())
            .collect();
        if choices.is_empty() {
            return;
        }
        out.extend_from_slice(b"data: ");
        head.write(&choices, None, out);
        out.extend_from_slice(b"\n\n");
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if let (true, Some(head), Some(usage)) =
            (self.context.include_usage, &self.head, &self.usage)
        {
            out.extend_from_slice(b"data: ");
            head.write(&[], Some(usage), out);
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn fail(&mut self, error: &WireError<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&Chat.encode_error(error));
        out.extend_from_slice(b"\n\n");
    }
}
