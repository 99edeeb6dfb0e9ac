//! The prompt tokens of a whole request.

use crate::chat::{ChatRequest, Content, FileRef, KnownPart, Message, Part, ThinkingBlock};
use crate::chat::{ResponseFormat, parse_data_url};

use super::media::{self, Kind};
use super::{EXACT_BYTES, Encoding, count_capped, estimate_text};

/// OpenAI's overhead of a turn, of a speaker's name, and of the answer's opening (OpenAI Cookbook,
/// "How to count tokens with tiktoken", read 2026-11-22).
const PER_MESSAGE: u64 = 3;
const PER_NAME: u64 = 1;
const REPLY: u64 = 3;
/// Measured by the same source: what the frame around a list of functions costs.
const TOOLS_FRAME: u64 = 12;

/// Prompt tokens of `request` for `model`: text, names, tool calls and replayed reasoning exactly (up
/// to [`EXACT_BYTES`] in all, above that by the upper bound of [`estimate_text`]), OpenAI's overhead
/// for each turn, tools and schemas as compact JSON. Images cost a flat 1,600 (85 at `detail: low`;
/// gpt-4o-mini's own figures), audio and files go by size.
pub fn estimate_request(model: &str, request: &ChatRequest) -> u64 {
    let mut tally = Tally {
        model,
        encoding: Encoding::of_model(model),
        exact_left: EXACT_BYTES,
        tokens: REPLY,
    };
    for message in &request.messages {
        tally.message(message);
    }
    if let Some(tools) = request.tools.as_ref().filter(|t| !t.is_empty()) {
        tally.tokens += TOOLS_FRAME;
        for tool in tools {
            tally.json(tool);
        }
    }
    if let Some(ResponseFormat::JsonSchema { json_schema }) = &request.response_format {
        tally.json(json_schema);
    }
    tally.tokens
}

struct Tally<'a> {
    model: &'a str,
    encoding: Encoding,
    exact_left: usize,
    tokens: u64,
}

impl Tally<'_> {
    fn message(&mut self, message: &Message) {
        // Each role's word is one token.
        self.tokens += PER_MESSAGE + 1;
        if let Some(name) = &message.name {
            self.tokens += PER_NAME;
            self.text(name);
        }
        match &message.content {
            Some(Content::Text(text)) => self.text(text),
            Some(Content::Parts(parts)) => parts.iter().for_each(|part| self.part(part)),
            None => {}
        }
        for call in message.tool_calls.iter().flatten() {
            self.tokens += PER_MESSAGE;
            if let Some(function) = &call.function {
                self.text(&function.name);
                self.text(&function.arguments);
            }
        }
        for block in message.thinking_blocks.iter().flatten() {
            if let ThinkingBlock::Thinking { thinking, .. } = block {
                self.text(thinking);
            }
        }
    }

    fn part(&mut self, part: &Part) {
        let known = match part {
            Part::Known(known) => known,
            Part::Other(value) => return self.json(value),
        };
        match known {
            KnownPart::Text { text, .. } => self.text(text),
            KnownPart::Refusal { refusal } => self.text(refusal),
            KnownPart::ImageUrl { image_url, .. } => {
                self.add(media::image(self.model, image_url.detail.as_deref()));
            }
            KnownPart::InputAudio { input_audio, .. } => {
                self.add(media::encoded(Kind::Audio, input_audio.data.len()));
            }
            KnownPart::File { file, .. } => self.add(file_tokens(file)),
        }
    }

    fn json(&mut self, value: &impl serde::Serialize) {
        // Our own types and JSON values always have a JSON form.
        if let Ok(text) = serde_json::to_string(value) {
            self.text(&text);
        }
    }

    fn text(&mut self, text: &str) {
        if self.exact_left == 0 {
            return self.add(estimate_text(text.as_bytes()));
        }
        self.add(count_capped(self.encoding, text, self.exact_left));
        self.exact_left = self.exact_left.saturating_sub(text.len());
    }

    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
    }
}

fn file_tokens(file: &FileRef) -> u64 {
    let Some(data) = &file.file_data else {
        return media::unknown_file();
    };
    match parse_data_url(data) {
        Some((media_type, base64)) => media::encoded(Kind::of_media_type(media_type), base64.len()),
        None => media::encoded(Kind::File, data.len()),
    }
}
