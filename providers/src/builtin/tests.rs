mod answers;
mod faults;

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{ChunkStream, chat};
use crate::chat::{ChatChunk, ChatRequest, FinishReason};
use crate::error::{Error, ErrorKind};

fn request(body: Value) -> ChatRequest {
    serde_json::from_value(body).expect("a chat request")
}

/// A request that says `text`, with the members of `more`.
fn saying(text: &str, more: Value) -> ChatRequest {
    let mut body = json!({"model": "builtin/x", "messages": [{"role": "user", "content": text}]});
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    request(body)
}

async fn open(model: &str, request: ChatRequest) -> ChunkStream {
    match chat(model, request).await {
        Ok(stream) => stream,
        Err(error) => panic!("{model}: {error}"),
    }
}

async fn refused(model: &str, request: ChatRequest) -> Error {
    chat(model, request).await.err().expect("an error")
}

async fn chunks(model: &str, request: ChatRequest) -> Vec<ChatChunk> {
    let stream = open(model, request).await;
    stream.map(|chunk| chunk.expect("a chunk")).collect().await
}

fn text(chunks: &[ChatChunk], index: u32) -> String {
    let choices = chunks
        .iter()
        .flat_map(|c| &c.choices)
        .filter(|c| c.index == index);
    choices.filter_map(|c| c.delta.content.as_deref()).collect()
}

fn finishes(chunks: &[ChatChunk]) -> Vec<FinishReason> {
    chunks
        .iter()
        .flat_map(|c| &c.choices)
        .filter_map(|c| c.finish_reason)
        .collect()
}
