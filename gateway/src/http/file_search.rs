//! Responses whose model may search in files: the tool runs here, whichever model answers.

use std::sync::Arc;

use accounts::Principal;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue};
use providers::DialectId;
use providers::dialect::responses::history;
use providers::dialect::{ChatEncoder, EncodeContext};
use providers::notes::Notes;
use providers::provider::Framing;
use providers::sse::Splitter;
use serde_json::{Map, Value};

use crate::call::{Body, CallContext, Reply};
use crate::dialects;
use crate::error::{Code, Error};
use crate::hosted::FileSearchRequest;
use crate::local::ChunkStream;
use crate::{Call, Gateway};

const KIND: &str = "file_search";

/// The tool, if the request has it and names vector stores of this program.
///
/// # Errors
/// `InvalidRequest` for more than one.
pub(super) fn wanted(
    gateway: &Gateway,
    request: &Map<String, Value>,
) -> Result<Option<Value>, Error> {
    let tools = request.get("tools").and_then(Value::as_array);
    let mut searches = tools.into_iter().flatten().filter(|tool| is_search(tool));
    let Some(tool) = searches.next() else {
        return Ok(None);
    };
    if !gateway
        .file_search()
        .is_some_and(|search| search.is_ours(tool))
    {
        return Ok(None);
    }
    if searches.next().is_some() {
        return Err(Error::invalid(
            "tools",
            "`tools` may have one `file_search`: name all vector stores in it.",
        ));
    }
    Ok(Some(tool.clone()))
}

fn is_search(tool: &Value) -> bool {
    tool["type"] == KIND
}

/// Answers the request; `expanded` is it with the turns before.
///
/// # Errors
/// Those of the request, the stores and the model.
pub(super) async fn answer(
    gateway: &Gateway,
    who: &Arc<Principal>,
    call: &Call,
    expanded: &Map<String, Value>,
    tool: Value,
) -> Result<Reply, Error> {
    if !who.may_use_endpoint(call.endpoint) {
        return Err(Error::new(
            Code::EndpointNotAllowed,
            format!(
                "The key \"{}\" may not use {}.",
                who.key_name(),
                call.endpoint
            ),
        ));
    }
    let search = gateway.file_search();
    let search =
        search.ok_or_else(|| Error::new(Code::Internal, "No file search is registered."))?;
    let dialect = dialects::get(DialectId::Responses);
    let body = Value::Object(without_search(expanded.clone())).to_string();
    let chat = dialect.decode_request(body.as_bytes(), &mut Notes::default())?;
    let own = call.expanded_from.as_ref().unwrap_or(&call.body);
    let encoder = dialect.encoder(EncodeContext {
        model: call.model.clone(),
        request_id: call.context.request_id.to_string(),
        created: call.context.began_us / 1_000_000,
        include_usage: call.include_usage,
        estimated_input_tokens: call.input_bound,
        request: serde_json::from_slice(own).unwrap_or_default(),
    });
    let included = expanded.get("include").and_then(Value::as_array);
    let mut included = included.into_iter().flatten();
    let request = FileSearchRequest {
        endpoint: call.endpoint,
        tool,
        shows_results: included.any(|what| what == "file_search_call.results"),
        chat,
    };
    let chunks = search.answer(who, &call.context, request).await?;
    match call.stream {
        true => Ok(stream(chunks, encoder, &call.context)),
        false => whole(chunks, encoder).await,
    }
}

/// The request as the model's own vendor can understand it.
fn without_search(mut request: Map<String, Value>) -> Map<String, Value> {
    let mut others = 0;
    if let Some(Value::Array(tools)) = request.get_mut("tools") {
        tools.retain(|tool| !is_search(tool));
        others = tools.len();
    }
    // The search is done in any case: whoever demands a tool has it.
    let choice = request.get("tool_choice");
    if others == 0 || choice.is_some_and(|choice| is_search(choice) || choice == "required") {
        request.shift_remove("tool_choice");
    }
    if others == 0 {
        request.shift_remove("tools");
    }
    request
}

fn reply(content_type: &'static str, body: Body) -> Reply {
    Reply {
        status: 200,
        content_type: HeaderValue::from_static(content_type),
        headers: HeaderMap::new(),
        body,
    }
}

/// The final response of the stream that a streaming client would see.
async fn whole(mut chunks: ChunkStream, mut encoder: Box<dyn ChatEncoder>) -> Result<Reply, Error> {
    let mut events = Vec::new();
    while let Some(chunk) = chunks.next().await {
        encoder.push(&chunk?, &mut events);
    }
    encoder.finish(&mut events);
    let mut splitter = Splitter::new(Framing::Sse);
    let cut = |_| Error::new(Code::Internal, "The answer cannot be written.");
    splitter.push(&events).map_err(cut)?;
    while let Ok(Some(event)) = splitter.next() {
        if let Some(response) = history::final_response(event.data) {
            let body = Body::Full(response.to_string().into());
            return Ok(reply("application/json", body));
        }
    }
    Err(Error::new(Code::Internal, "The answer has no end."))
}

struct Telling {
    chunks: ChunkStream,
    encoder: Box<dyn ChatEncoder>,
    request_id: Arc<str>,
    ended: bool,
}

fn stream(chunks: ChunkStream, encoder: Box<dyn ChatEncoder>, context: &CallContext) -> Reply {
    let telling = Telling {
        chunks,
        encoder,
        request_id: Arc::clone(&context.request_id),
        ended: false,
    };
    let events = futures_util::stream::unfold(telling, |mut telling| async move {
        let bytes = telling.next().await?;
        Some((Ok(bytes), telling))
    });
    reply(
        "text/event-stream; charset=utf-8",
        Body::Stream(Box::pin(events)),
    )
}

impl Telling {
    /// The next events; `None` behind the last.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        while out.is_empty() {
            if self.ended {
                return None;
            }
            match self.chunks.next().await {
                Some(Ok(chunk)) => self.encoder.push(&chunk, &mut out),
                Some(Err(error)) => {
                    self.ended = true;
                    let error = Error::from(error);
                    self.encoder.fail(&error.wire(&self.request_id), &mut out);
                }
                None => {
                    self.ended = true;
                    self.encoder.finish(&mut out);
                }
            }
        }
        Some(out.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_model_sees_the_other_tools_only() {
        let request = |value: Value| match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let only = request(json!({"model": "m", "tools": [{"type": "file_search"}],
            "tool_choice": "required"}));
        assert_eq!(without_search(only), request(json!({"model": "m"})));
        let both = request(
            json!({"tools": [{"type": "file_search"}, {"type": "function"}],
            "tool_choice": {"type": "file_search"}}),
        );
        let left = request(json!({"tools": [{"type": "function"}]}));
        assert_eq!(without_search(both), left);
    }
}
