//! A model behind a web address of the user's own.
//!
//! We `POST` to the configured URL:
//!
//! ```json
//! {"model": "…", "messages": [{"role": "user", "content": "…"}], "stream": false,
//!  "parameters": {"temperature": 0.2, "max_tokens": 500}, "user": "…"}
//! ```
//!
//! `messages` are OpenAI's, `parameters` holds every other field of the request under OpenAI's name
//! and is `{}` when there is none, `user` is left out when the client names none.
//!
//! The answer is `{"text": "…"}`, with `usage` (`input_tokens` and `output_tokens`, or OpenAI's names),
//! `finish_reason` (OpenAI's words, `stop` when absent) and `id` as they are known. A streamed answer
//! is `text/event-stream`: `data: {"text": "…"}` for each piece and at the end
//! `data: {"done": true, "usage": {…}, "finish_reason": "…"}`; plain text without event framing is not
//! understood. Either form may say `{"error": "…"}`. The secret travels as `Authorization: Bearer`.

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::auth::AuthKind;
use crate::chat::{
    ChatChunk, ChatRequest, ChatResponse, Choice, ChunkChoice, Delta, FinishReason, Message, Role,
};
use crate::dialect::chat::finish::{Finish, read_finish};
use crate::dialect::chat::usage;
use crate::error::Error;
use crate::http_call::Endpoint;
use crate::notes::Notes;
use crate::openai;
use crate::provider::{ChatDecoder, Info, Operation, Provider, Target, unserved};
use crate::sse::Event;
use crate::usage::Usage;

/// The provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Webhook;

static INFO: Info = Info {
    id: "webhook",
    title: "Webhook",
    docs_url: "docs/providers.md#webhook",
    base_url: "",
    key_env: "",
    auth: AuthKind::Bearer,
    key_optional: true,
    dialects: &[],
    passthrough: &[],
    translated: &[],
    embedding_batch: 1,
};

/// Fields that a webhook's answer, being text, cannot honour.
const REFUSED: [&str; 6] = [
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "n",
    "logprobs",
    "top_logprobs",
];

#[derive(Serialize)]
struct Call<'a> {
    model: &'a str,
    messages: &'a Value,
    stream: bool,
    parameters: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
}

impl Provider for Webhook {
    fn info(&self) -> &Info {
        &INFO
    }

    fn endpoint(&self, to: &Target<'_>, op: Operation, _stream: bool) -> Result<Endpoint, Error> {
        if !matches!(op, Operation::Chat(_)) {
            return Err(unserved(&INFO, op));
        }
        let mut endpoint = Endpoint::post(to.base_url, "");
        // The address is the user's own, to the letter.
        to.base_url.clone_into(&mut endpoint.url);
        openai::extra_headers(&mut endpoint.headers, to.settings)?;
        Ok(endpoint)
    }

    fn encode_chat(
        &self,
        to: &Target<'_>,
        request: &ChatRequest,
        notes: &mut Notes,
    ) -> Result<Vec<u8>, Error> {
        let failed = |e: serde_json::Error| {
            Error::invalid("messages", format!("cannot encode the request: {e}"))
        };
        let Value::Object(mut parameters) = serde_json::to_value(request).map_err(failed)? else {
            return Err(Error::invalid("messages", "cannot encode the request"));
        };
        for name in REFUSED {
            let value = parameters.shift_remove(name);
            let harmless = name == "n" && value.as_ref().and_then(Value::as_u64) == Some(1);
            if value.is_some_and(|v| !v.is_null()) && !harmless {
                notes.dropped(name);
            }
        }
        let messages = parameters.shift_remove("messages").unwrap_or_default();
        for name in ["model", "stream", "stream_options", "user"] {
            parameters.shift_remove(name);
        }
        let call = Call {
            model: to.model,
            messages: &messages,
            stream: request.stream == Some(true),
            parameters,
            user: request.user.as_deref(),
        };
        serde_json::to_vec(&call).map_err(failed)
    }

    fn decode_chat(&self, body: &[u8]) -> Result<ChatResponse, Error> {
        let text = std::str::from_utf8(body)
            .map_err(|_| Error::malformed("the webhook's answer is not UTF-8"))?;
        let answer = Answer::read(text)?;
        let text = answer
            .text
            .ok_or_else(|| Error::malformed("the webhook's answer has no `text`"))?;
        let choice = Choice {
            index: 0,
            message: Message::text(Role::Assistant, text),
            finish_reason: answer.finish_reason.0,
            native_finish_reason: answer.finish_reason.1,
            stop_sequence: None,
            logprobs: None,
        };
        Ok(ChatResponse {
            id: answer.id,
            choices: vec![choice],
            usage: answer.usage,
            ..ChatResponse::default()
        })
    }

    fn chat_decoder(&self) -> Box<dyn ChatDecoder> {
        Box::new(Decoder::default())
    }

    fn decode_error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
        openai::decode_error(status, headers, body)
    }
}

/// A whole answer or one event.
struct Answer {
    id: String,
    text: Option<String>,
    done: bool,
    usage: Option<Usage>,
    finish_reason: (FinishReason, Option<String>),
}

impl Answer {
    fn read(json: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(default)]
            id: Option<String>,
            #[serde(default)]
            text: Option<String>,
            #[serde(default)]
            done: bool,
            #[serde(default, borrow)]
            usage: Option<&'a RawValue>,
            #[serde(default)]
            finish_reason: Option<String>,
            #[serde(default)]
            error: Option<Value>,
        }
        let wire: Wire<'_> = serde_json::from_str(json)
            .map_err(|e| Error::malformed(format!("cannot decode the webhook's answer: {e}")))?;
        if let Some(error) = wire.error.as_ref().and_then(openai::error::inline) {
            return Err(error);
        }
        let word = wire.finish_reason.unwrap_or_else(|| "stop".to_owned());
        let finish_reason = match read_finish(&word) {
            Finish::Known(reason) => (reason, None),
            Finish::Other(reason) => (reason, Some(word)),
            Finish::Failed(error) => return Err(error),
        };
        Ok(Self {
            id: wire.id.unwrap_or_default(),
            text: wire.text,
            done: wire.done,
            usage: wire.usage.and_then(|raw| usage::read(raw.get())),
            finish_reason,
        })
    }
}

/// Decodes one streamed answer.
#[derive(Debug, Default)]
struct Decoder {
    id: String,
    begun: bool,
    done: bool,
}

impl ChatDecoder for Decoder {
    fn push(&mut self, event: &Event<'_>, out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        let data = event.data.trim();
        if data.is_empty() || self.done {
            return Ok(());
        }
        let answer = if data == "[DONE]" {
            Answer::read(r#"{"done":true}"#)?
        } else {
            Answer::read(data)?
        };
        if self.id.is_empty() {
            self.id = answer.id;
        }
        if answer.text.is_none() && !answer.done {
            return Ok(());
        }
        self.done = answer.done;
        let first = !std::mem::replace(&mut self.begun, true);
        let (reason, native) = answer.finish_reason;
        let choice = ChunkChoice {
            delta: Delta {
                role: first.then_some(Role::Assistant),
                content: answer.text,
                ..Delta::default()
            },
            finish_reason: answer.done.then_some(reason),
            native_finish_reason: native.filter(|_| answer.done),
            ..ChunkChoice::default()
        };
        out.push(ChatChunk {
            id: self.id.clone(),
            choices: vec![choice],
            usage: answer.usage,
            ..ChatChunk::default()
        });
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<ChatChunk>) -> Result<(), Error> {
        if self.done {
            return Ok(());
        }
        Err(Error::malformed(
            "the webhook's stream was cut: no `done` event arrived",
        ))
    }
}
