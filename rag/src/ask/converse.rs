//! The chat call through the gateway, as a stream.

use std::sync::Arc;

use accounts::Principal;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use gateway::call::{Body, ByteStream, CallContext};
use gateway::local::{DialectId, Operation};
use gateway::{Call, Code, Gateway};
use serde_json::Value;

use crate::{Error, ErrorKind, Result};

/// A piece of a chat model's answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Text to append.
    Text(String),
    /// Pieces of tool calls, in OpenAI's shape.
    ToolCalls(Value),
    /// Why it ended.
    Finish(String),
    /// Input and output tokens.
    Usage(u64, u64),
}

/// Asks a chat model.
///
/// # Errors
/// `Model` with the gateway's code; the same in the stream when it breaks.
pub(super) async fn converse(
    gateway: &Gateway,
    who: &Arc<Principal>,
    endpoint: Option<&'static str>,
    context: CallContext,
    body: &Value,
) -> Result<BoxStream<'static, Result<Piece>>> {
    let operation = Operation::Chat(DialectId::Chat);
    let body = Bytes::from(body.to_string());
    let endpoint = endpoint.unwrap_or("/v1/chat/completions");
    let call = Call::read(endpoint, operation, body, context)?;
    let reply = gateway.call(who, call).await?;
    match reply.body {
        Body::Full(bytes) => {
            let answer: Value = serde_json::from_slice(&bytes)
                .map_err(|e| Error::internal(format!("the chat model gave no JSON: {e}")))?;
            let mut pieces = Vec::new();
            read(&answer, "message", &mut pieces);
            Ok(stream::iter(pieces.into_iter().map(Ok)).boxed())
        }
        Body::Stream(bytes) => {
            let reader = Reader {
                bytes,
                buffer: Vec::new(),
                ready: Vec::new().into_iter(),
                ended: false,
            };
            Ok(stream::unfold(reader, Reader::next).boxed())
        }
    }
}

struct Reader {
    bytes: ByteStream,
    buffer: Vec<u8>,
    ready: std::vec::IntoIter<Piece>,
    ended: bool,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Piece>, Self)> {
        loop {
            if let Some(piece) = self.ready.next() {
                return Some((Ok(piece), self));
            }
            if self.ended {
                return None;
            }
            match self.bytes.next().await {
                Some(Ok(bytes)) => {
                    self.buffer.extend_from_slice(&bytes);
                    if let Err(error) = self.lines() {
                        self.ended = true;
                        return Some((Err(error), self));
                    }
                }
                Some(Err(_)) | None => {
                    self.ended = true;
                    let error = Error::new(
                        ErrorKind::Model(Code::UpstreamError),
                        "the chat model's answer was cut",
                    );
                    return Some((Err(error), self));
                }
            }
        }
    }

    /// Reads the lines that are complete. Events of this format have one line of data each.
    fn lines(&mut self) -> Result<()> {
        let Some(last) = self.buffer.iter().rposition(|b| *b == b'\n') else {
            return Ok(());
        };
        let complete: Vec<u8> = self.buffer.drain(..=last).collect();
        let mut pieces = Vec::new();
        for line in String::from_utf8_lossy(&complete).lines() {
            let Some(data) = line.strip_prefix("data:").map(str::trim) else {
                continue;
            };
            if data == "[DONE]" {
                self.ended = true;
                break;
            }
            let chunk: Value = serde_json::from_str(data)
                .map_err(|e| Error::internal(format!("the chat model gave no JSON: {e}")))?;
            if let Some(message) = chunk["error"]["message"].as_str() {
                return Err(Error::new(ErrorKind::Model(Code::UpstreamError), message));
            }
            read(&chunk, "delta", &mut pieces);
        }
        self.ready = pieces.into_iter();
        Ok(())
    }
}

/// Reads a chunk, or a whole answer, whose text stands in `part`.
fn read(answer: &Value, part: &str, pieces: &mut Vec<Piece>) {
    let choice = &answer["choices"][0];
    let said = &choice[part];
    if let Some(text) = said["content"].as_str().filter(|t| !t.is_empty()) {
        pieces.push(Piece::Text(text.to_owned()));
    }
    if let Some(text) = said["refusal"].as_str().filter(|t| !t.is_empty()) {
        pieces.push(Piece::Text(text.to_owned()));
    }
    if said["tool_calls"]
        .as_array()
        .is_some_and(|calls| !calls.is_empty())
    {
        pieces.push(Piece::ToolCalls(indexed(&said["tool_calls"])));
    }
    if let Some(reason) = choice["finish_reason"].as_str() {
        pieces.push(Piece::Finish(reason.to_owned()));
    }
    let usage = &answer["usage"];
    if let (Some(input), Some(output)) = (
        usage["prompt_tokens"].as_u64(),
        usage["completion_tokens"].as_u64(),
    ) {
        pieces.push(Piece::Usage(input, output));
    }
}

/// Calls of a whole answer have no index; pieces of a stream do.
fn indexed(calls: &Value) -> Value {
    let mut calls = calls.clone();
    for (at, call) in calls.as_array_mut().into_iter().flatten().enumerate() {
        if call["index"].is_null() {
            call["index"] = at.into();
        }
    }
    calls
}
