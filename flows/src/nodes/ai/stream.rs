//! A streamed answer, put together from its events.

use bytes::BytesMut;
use serde_json::{Value, json};

use super::model::{Answer, cut};
use crate::node::NodeError;

/// Reads OpenAI's chunks as they come.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    rest: BytesMut,
    answer: Answer,
    is_over: bool,
}

impl Chunks {
    /// Takes bytes in; gives the new pieces of text.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, NodeError> {
        self.rest.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line = self.rest.split_to(end + 1);
            let line = String::from_utf8_lossy(&line);
            let Some(data) = line.strip_prefix("data:") else {
                continue;
            };
            match data.trim() {
                "" => {}
                "[DONE]" => self.is_over = true,
                data => pieces.extend(self.event(data)?),
            }
        }
        Ok(pieces)
    }

    fn event(&mut self, data: &str) -> Result<Option<String>, NodeError> {
        let event: Value = serde_json::from_str(data).map_err(|error| cut(&error.to_string()))?;
        if let Some(error) = event.get("error") {
            return Err(cut(error["message"].as_str().unwrap_or("no reason given")));
        }
        if let Some(model) = event["model"].as_str() {
            model.clone_into(&mut self.answer.model);
        }
        if event["usage"].is_object() {
            self.answer.usage = event["usage"].clone();
        }
        let choice = &event["choices"][0];
        if let Some(reason) = choice["finish_reason"].as_str() {
            reason.clone_into(&mut self.answer.finish_reason);
        }
        for call in choice["delta"]["tool_calls"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.tool_call(call);
        }
        let text = choice["delta"]["content"].as_str();
        let text = text.filter(|text| !text.is_empty());
        if let Some(text) = text {
            self.answer.text.push_str(text);
        }
        Ok(text.map(str::to_owned))
    }

    fn tool_call(&mut self, piece: &Value) {
        const MAX_CALLS: usize = 128;
        let calls = &mut self.answer.tool_calls;
        let index = piece["index"]
            .as_u64()
            .and_then(|index| usize::try_from(index).ok());
        let index = index.unwrap_or(calls.len());
        if index >= MAX_CALLS {
            return;
        }
        while calls.len() <= index {
            calls.push(
                json!({"id": "", "type": "function", "function": {"name": "", "arguments": ""}}),
            );
        }
        let call = &mut calls[index];
        if let Some(id) = piece["id"].as_str() {
            call["id"] = id.into();
        }
        for key in ["name", "arguments"] {
            if let Some(more) = piece["function"][key].as_str() {
                let before = call["function"][key].as_str().unwrap_or_default();
                call["function"][key] = format!("{before}{more}").into();
            }
        }
    }

    /// The whole answer, if the stream has come to its proper end.
    pub(super) fn end(self) -> Result<Answer, NodeError> {
        if self.is_over {
            return Ok(self.answer);
        }
        Err(cut("the connection ended in the middle"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"Grüß\"}}]}\n\n",
        ": a comment\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\" Gott\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":5}}\n\n",
        "data: [DONE]\n\n",
    );

    #[test]
    fn an_answer_is_the_same_however_its_bytes_are_cut() {
        for size in [1, 2, 3, 7, 50, STREAM.len()] {
            let mut chunks = Chunks::default();
            let mut pieces = String::new();
            for part in STREAM.as_bytes().chunks(size) {
                pieces.extend(chunks.push(part).expect("sound"));
            }
            let answer = chunks.end().expect("whole");
            assert_eq!(pieces, "Grüß Gott", "{size}");
            assert_eq!(answer.text, pieces);
            assert_eq!(answer.finish_reason, "tool_calls");
            assert_eq!(answer.usage["total_tokens"], 5);
            assert_eq!(answer.tool_calls[0]["function"]["arguments"], "{\"a\":1}");
        }
    }

    #[test]
    fn a_stream_without_its_end_or_with_an_error_is_a_failure() {
        let mut cut = Chunks::default();
        let half = &STREAM.as_bytes()[..STREAM.len() - 16];
        cut.push(half).expect("sound so far");
        assert!(cut.end().expect_err("cut").retryable);
        let error = b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
        let error = Chunks::default().push(error).expect_err("an error");
        assert!(error.message.contains("overloaded"), "{error}");
    }
}
