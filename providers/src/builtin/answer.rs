//! From a text to a stream: stop sequences, the token cap, pieces, usage.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{Stream, stream};
use serde_json::Map;

use super::PREFIX;
use crate::chat::{
    ChatChunk, ChatRequest, ChunkChoice, Delta, FinishReason, FunctionDelta, Role, ToolCallDelta,
};
use crate::error::Error;
use crate::tokens;
use crate::usage::Usage;

/// What a built-in model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Text.
    Text(String),
    /// One call of a tool; `arguments` is JSON text.
    Call {
        /// The tool's name.
        name: String,
        /// JSON text.
        arguments: String,
    },
}

/// An answer cut to the request's limits, ready to be streamed.
#[derive(Debug)]
pub(super) struct Script {
    id: String,
    model: String,
    choices: u32,
    /// The called tool, if the answer is a call.
    tool: Option<String>,
    pieces: Vec<String>,
    finish: FinishReason,
    stop_sequence: Option<String>,
    usage: Usage,
}

/// Numbers the answers of this process, so that two answers to the same request differ in their id.
static ANSWERS: AtomicU64 = AtomicU64::new(1);

impl Script {
    /// Applies `stop`, the token cap and `n` of `request` to `answer`.
    pub(super) fn new(request: &ChatRequest, answer: Answer) -> Self {
        let (tool, text, done) = match answer {
            Answer::Text(text) => (None, text, FinishReason::Stop),
            Answer::Call { name, arguments } => (Some(name), arguments, FinishReason::ToolCalls),
        };
        let stops = match (&request.stop, &tool) {
            (Some(stop), None) => stop.as_slice(),
            _ => &[],
        };
        let (mut kept, stop_sequence) = until_stop(&text, stops);
        let mut finish = done;
        if let Some(cap) = request.output_cap() {
            let within = tokens::prefix(PREFIX, kept, cap);
            if within.len() < kept.len() {
                (kept, finish) = (within, FinishReason::Length);
            }
        }
        let stop_sequence = stop_sequence.filter(|_| finish == FinishReason::Stop);
        // The request's `n` was checked to be small.
        let choices = request.n.and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
        let tool_tokens = tool.as_deref().map_or(0, |t| tokens::count(PREFIX, t));
        let one = tokens::count(PREFIX, kept) + tool_tokens;
        Self {
            id: format!(
                "chatcmpl-builtin-{}",
                ANSWERS.fetch_add(1, Ordering::Relaxed)
            ),
            model: request.model.clone(),
            choices,
            tool,
            pieces: pieces(kept),
            finish,
            stop_sequence,
            usage: Usage::tokens(
                tokens::estimate_request(PREFIX, request),
                one * u64::from(choices),
            ),
        }
    }

    /// The whole answer.
    pub(super) fn stream(self) -> impl Stream<Item = Result<ChatChunk, Error>> + Send + use<> {
        stream::iter(self.into_chunks().map(Ok))
    }

    /// The opening chunks and those with the first `pieces` pieces, without an end.
    pub(super) fn opening(
        mut self,
        pieces: usize,
    ) -> impl Iterator<Item = ChatChunk> + Send + use<> {
        self.pieces.truncate(pieces);
        let chunks = (self.pieces.len() + 1) * self.choices as usize;
        self.into_chunks().take(chunks)
    }

    /// For each choice its opening, its pieces in turn, its end; then usage.
    fn into_chunks(mut self) -> impl Iterator<Item = ChatChunk> + Send + use<> {
        let pieces = std::mem::take(&mut self.pieces);
        let choices = self.choices;
        let last = pieces.len() + 1;
        (0..=last)
            .flat_map(move |step| (0..choices).map(move |index| (step, index)))
            .map(Some)
            .chain(std::iter::once(None))
            .map(move |position| match position {
                Some((0, index)) => self.open(index),
                Some((step, index)) if step == last => self.close(index),
                Some((step, index)) => self.piece(index, &pieces[step - 1]),
                None => ChatChunk {
                    usage: Some(self.usage.clone()),
                    ..self.chunk(None)
                },
            })
    }

    fn open(&self, index: u32) -> ChatChunk {
        let mut delta = Delta {
            role: Some(Role::Assistant),
            ..Delta::default()
        };
        match &self.tool {
            None => delta.content = Some(String::new()),
            Some(name) => {
                delta.tool_calls = Some(vec![ToolCallDelta {
                    index: 0,
                    id: Some(format!("call_{}_{index}", self.id)),
                    kind: Some("function".to_owned()),
                    function: Some(FunctionDelta {
                        name: Some(name.clone()),
                        arguments: Some(String::new()),
                    }),
                    extra: Map::new(),
                }]);
            }
        }
        self.delta(index, delta)
    }

    fn piece(&self, index: u32, text: &str) -> ChatChunk {
        let mut delta = Delta::default();
        if self.tool.is_none() {
            delta.content = Some(text.to_owned());
        } else {
            delta.tool_calls = Some(vec![ToolCallDelta {
                function: Some(FunctionDelta {
                    name: None,
                    arguments: Some(text.to_owned()),
                }),
                ..ToolCallDelta::default()
            }]);
        }
        self.delta(index, delta)
    }

    fn close(&self, index: u32) -> ChatChunk {
        self.chunk(Some(ChunkChoice {
            index,
            finish_reason: Some(self.finish),
            stop_sequence: self.stop_sequence.clone(),
            ..ChunkChoice::default()
        }))
    }

    fn delta(&self, index: u32, delta: Delta) -> ChatChunk {
        self.chunk(Some(ChunkChoice {
            index,
            delta,
            ..ChunkChoice::default()
        }))
    }

    fn chunk(&self, choice: Option<ChunkChoice>) -> ChatChunk {
        ChatChunk {
            id: self.id.clone(),
            model: self.model.clone(),
            choices: choice.into_iter().collect(),
            ..ChatChunk::default()
        }
    }
}

/// The text in front of the first stop sequence, and that sequence.
fn until_stop<'a>(text: &'a str, stops: &[String]) -> (&'a str, Option<String>) {
    let first = stops
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| Some((text.find(stop.as_str())?, stop)))
        .min_by_key(|(at, _)| *at);
    match first {
        Some((at, stop)) => (&text[..at], Some(stop.clone())),
        None => (text, None),
    }
}

/// More pieces than this only cost: long texts get longer pieces.
const MOST_PIECES: usize = 2_000;

/// Words with the white space in front of them; single characters of scripts without spaces.
fn pieces(text: &str) -> Vec<String> {
    let least = text.len() / MOST_PIECES;
    let mut pieces = Vec::new();
    let (mut start, mut before) = (0, ' ');
    for (at, c) in text.char_indices() {
        let word_ends = c.is_whitespace() && !before.is_whitespace();
        let stands_alone = c >= '\u{2e80}' || before >= '\u{2e80}';
        if at > start + least && (word_ends || stands_alone) {
            pieces.push(text[start..at].to_owned());
            start = at;
        }
        before = c;
    }
    if start < text.len() {
        pieces.push(text[start..].to_owned());
    }
    pieces
}
