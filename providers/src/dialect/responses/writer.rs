//! Output items of a streamed answer: their events in order, and their final form.

use serde_json::{Value, json};

use super::events::Events;
use super::item_events::{Delta, ItemEvent, argue, close_piece, close_summary, open_piece};
use super::items::{Item, OutputText, Piece, Status, Summary, sealed_block, sealed_call};
use crate::chat::{ThinkingBlock, ToolCallDelta};

/// Writes items. At most one message or reasoning item is open at a time; calls stay open to the end,
/// because pieces of parallel calls may arrive interleaved.
#[derive(Debug)]
pub(super) struct Writer {
    seed: String,
    pub(super) events: Events,
    items: Vec<Item>,
    /// The open message or reasoning item.
    open: Option<usize>,
    calls: Vec<Call>,
    /// The item that grew last: the one that a token limit cut.
    last: Option<usize>,
    /// Annotations that came before any text.
    early_annotations: Vec<Value>,
}

/// A call of the answer.
#[derive(Debug, Clone, Copy)]
struct Call {
    /// Its index among the answer's calls.
    index: u32,
    /// Its item's place in the output.
    item: usize,
    /// What the vendor attached to it has been sent.
    is_sealed: bool,
}

impl Writer {
    pub(super) fn new(seed: String) -> Self {
        Self {
            seed,
            events: Events::default(),
            items: Vec::new(),
            open: None,
            calls: Vec::new(),
            last: None,
            early_annotations: Vec::new(),
        }
    }

    /// All items so far.
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Text of the answer.
    pub(super) fn text(&mut self, delta: &str, logprobs: Vec<Value>, out: &mut Vec<u8>) {
        let index = self.open_message(out);
        let Item::Message(message) = &mut self.items[index] else {
            return;
        };
        if !matches!(message.content.last(), Some(Piece::OutputText(_))) {
            let piece = Piece::OutputText(OutputText::default());
            open_piece(&mut self.events, message, index, piece, out);
        }
        if !delta.is_empty() || !logprobs.is_empty() {
            let body = Delta {
                item_id: &message.id,
                output_index: index,
                content_index: Some(message.content.len() - 1),
                summary_index: None,
                delta,
                logprobs: Some(&logprobs),
            };
            self.events.emit("response.output_text.delta", &body, out);
        }
        if let Some(Piece::OutputText(piece)) = message.content.last_mut() {
            piece.text.push_str(delta);
            piece.logprobs.extend(logprobs);
        }
        if !self.early_annotations.is_empty() {
            let early = std::mem::take(&mut self.early_annotations);
            self.annotate(early, out);
        }
    }

    /// A piece of a refusal.
    pub(super) fn refusal(&mut self, delta: &str, out: &mut Vec<u8>) {
        let index = self.open_message(out);
        let Item::Message(message) = &mut self.items[index] else {
            return;
        };
        if !matches!(message.content.last(), Some(Piece::Refusal { .. })) {
            let piece = Piece::Refusal {
                refusal: String::new(),
            };
            open_piece(&mut self.events, message, index, piece, out);
        }
        let body = Delta {
            item_id: &message.id,
            output_index: index,
            content_index: Some(message.content.len() - 1),
            summary_index: None,
            delta,
            logprobs: None,
        };
        self.events.emit("response.refusal.delta", &body, out);
        if let Some(Piece::Refusal { refusal }) = message.content.last_mut() {
            refusal.push_str(delta);
        }
    }

    /// Citations of the open text.
    pub(super) fn annotate(&mut self, annotations: Vec<Value>, out: &mut Vec<u8>) {
        let open = self.open.map(|index| (index, &mut self.items[index]));
        let Some((index, Item::Message(message))) = open else {
            self.early_annotations.extend(annotations);
            return;
        };
        let content_index = message.content.len().saturating_sub(1);
        let Some(Piece::OutputText(piece)) = message.content.last_mut() else {
            return;
        };
        for annotation in annotations {
            let body = json!({
                "item_id": message.id,
                "output_index": index,
                "content_index": content_index,
                "annotation_index": piece.annotations.len(),
                "annotation": annotation,
            });
            self.events
                .emit("response.output_text.annotation.added", &body, out);
            piece.annotations.push(annotation);
        }
    }

    /// A search in files, which is over: its `queries` and `results`.
    pub(super) fn file_search(&mut self, done: &Value, out: &mut Vec<u8>) {
        self.close_open(Status::Completed, out);
        let index = self.items.len();
        self.add(Item::file_search_call(&self.seed, index), out);
        let Item::FileSearchCall(call) = &mut self.items[index] else {
            return;
        };
        call.queries = done["queries"].clone();
        call.results = done["results"].clone();
        let body = json!({"item_id": call.id, "output_index": index});
        for step in ["in_progress", "searching", "completed"] {
            let kind = format!("response.file_search_call.{step}");
            self.events.emit(&kind, &body, out);
        }
        self.close(index, Status::Completed, out);
    }

    /// Readable reasoning.
    pub(super) fn reasoning(&mut self, delta: &str, out: &mut Vec<u8>) {
        let index = self.open_reasoning(out);
        let Item::Reasoning(reasoning) = &mut self.items[index] else {
            return;
        };
        if reasoning.summary.is_empty() {
            reasoning.summary.push(Summary::default());
            let body = json!({
                "item_id": reasoning.id,
                "output_index": index,
                "summary_index": 0,
                "part": Summary::default(),
            });
            self.events
                .emit("response.reasoning_summary_part.added", &body, out);
        }
        let body = Delta {
            item_id: &reasoning.id,
            output_index: index,
            content_index: None,
            summary_index: Some(0),
            delta,
            logprobs: None,
        };
        self.events
            .emit("response.reasoning_summary_text.delta", &body, out);
        if let Some(summary) = reasoning.summary.last_mut() {
            summary.text.push_str(delta);
        }
    }

    /// A block that is complete: it ends the reasoning item whose text it signs.
    pub(super) fn block(&mut self, block: &ThinkingBlock, out: &mut Vec<u8>) {
        match block {
            ThinkingBlock::Thinking { thinking, .. } => {
                // Vendors that stream no reasoning deltas give the whole text here; those that
                // stream them have said it all before.
                if !thinking.is_empty() && !self.has_told(thinking) {
                    self.reasoning(thinking, out);
                }
            }
            ThinkingBlock::RedactedThinking { .. } => self.close_open(Status::Completed, out),
        }
        self.seal(sealed_block(block), out);
    }

    /// Whether `text` has been streamed: it is open, or it ended unsigned before its block came.
    fn has_told(&self, text: &str) -> bool {
        if let Some(Item::Reasoning(open)) = self.open.map(|index| &self.items[index]) {
            return !open.summary.is_empty();
        }
        self.items.iter().any(|item| {
            let Item::Reasoning(told) = item else {
                return false;
            };
            told.encrypted_content.is_none() && told.summary.iter().any(|part| part.text == text)
        })
    }

    /// Ends the open reasoning item with `seal`, or makes one that has nothing else.
    fn seal(&mut self, seal: Option<String>, out: &mut Vec<u8>) {
        let is_reasoning = self
            .open
            .is_some_and(|index| matches!(self.items[index], Item::Reasoning(_)));
        if seal.is_none() && !is_reasoning {
            return;
        }
        let index = self.open_reasoning(out);
        if let Item::Reasoning(reasoning) = &mut self.items[index] {
            reasoning.encrypted_content = seal;
        }
        self.close_open(Status::Completed, out);
    }

    /// A piece of a call.
    pub(super) fn call(&mut self, delta: &ToolCallDelta, out: &mut Vec<u8>) {
        let at = self.calls.iter().position(|call| call.index == delta.index);
        let at = at.unwrap_or_else(|| self.open_call(delta, out));
        let Call {
            item: index,
            is_sealed,
            ..
        } = self.calls[at];
        if !is_sealed {
            self.attach(at, delta, out);
        }
        let Item::FunctionCall(call) = &mut self.items[index] else {
            return;
        };
        let function = delta.function.as_ref();
        if call.name.is_empty() {
            let name = function.and_then(|f| f.name.as_deref());
            call.name.push_str(name.unwrap_or_default());
        }
        let arguments = function.and_then(|f| f.arguments.as_deref());
        if let Some(arguments) = arguments.filter(|text| !text.is_empty()) {
            argue(&mut self.events, call, index, arguments, out);
            self.last = Some(index);
        }
    }

    fn open_call(&mut self, delta: &ToolCallDelta, out: &mut Vec<u8>) -> usize {
        self.close_open(Status::Completed, out);
        let mut call_id = delta.id.clone().unwrap_or_default();
        if call_id.is_empty() {
            call_id = format!("call_{}_{}", self.seed, delta.index);
        }
        let seal = sealed_call(&call_id, &delta.extra);
        let is_sealed = seal.is_some();
        self.seal(seal, out);
        let name = delta.function.as_ref().and_then(|f| f.name.clone());
        let index = self.items.len();
        let item = Item::function_call(&self.seed, index, call_id, name.unwrap_or_default());
        self.add(item, out);
        self.calls.push(Call {
            index: delta.index,
            item: index,
            is_sealed,
        });
        self.calls.len() - 1
    }

    /// What a vendor attaches to a call that is already under way.
    fn attach(&mut self, at: usize, delta: &ToolCallDelta, out: &mut Vec<u8>) {
        let Item::FunctionCall(call) = &self.items[self.calls[at].item] else {
            return;
        };
        if let Some(seal) = sealed_call(&call.call_id, &delta.extra) {
            self.calls[at].is_sealed = true;
            self.close_open(Status::Completed, out);
            self.seal(Some(seal), out);
        }
    }

    fn open_message(&mut self, out: &mut Vec<u8>) -> usize {
        if let Some(index) = self.open {
            if matches!(self.items[index], Item::Message(_)) {
                self.last = Some(index);
                return index;
            }
            self.close_open(Status::Completed, out);
        }
        let index = self.items.len();
        self.add(Item::message(&self.seed, index), out);
        self.open = Some(index);
        index
    }

    fn open_reasoning(&mut self, out: &mut Vec<u8>) -> usize {
        if let Some(index) = self.open {
            if matches!(self.items[index], Item::Reasoning(_)) {
                self.last = Some(index);
                return index;
            }
            self.close_open(Status::Completed, out);
        }
        let index = self.items.len();
        self.add(Item::reasoning(&self.seed, index), out);
        self.open = Some(index);
        index
    }

    fn add(&mut self, item: Item, out: &mut Vec<u8>) {
        let output_index = self.items.len();
        let body = ItemEvent {
            output_index,
            item: &item,
        };
        self.events.emit("response.output_item.added", &body, out);
        self.items.push(item);
        self.last = Some(output_index);
    }

    fn close_open(&mut self, status: Status, out: &mut Vec<u8>) {
        if let Some(index) = self.open.take() {
            self.close(index, status, out);
        }
    }

    fn close(&mut self, index: usize, status: Status, out: &mut Vec<u8>) {
        let events = &mut self.events;
        match &mut self.items[index] {
            Item::Message(message) => close_piece(events, message, index, out),
            Item::Reasoning(reasoning) => close_summary(events, reasoning, index, out),
            Item::FunctionCall(call) => {
                if call.arguments.is_empty() && status == Status::Completed {
                    argue(events, call, index, "{}", out);
                }
                let body = json!({
                    "item_id": call.id,
                    "output_index": index,
                    "name": call.name,
                    "arguments": call.arguments,
                });
                events.emit("response.function_call_arguments.done", &body, out);
            }
            // It was done in one step.
            Item::FileSearchCall(_) => {}
        }
        self.items[index].set_status(status);
        let body = ItemEvent {
            output_index: index,
            item: &self.items[index],
        };
        self.events.emit("response.output_item.done", &body, out);
    }

    /// Ends all items; the one that grew last gets the answer's own `status`.
    pub(super) fn close_all(&mut self, status: Status, out: &mut Vec<u8>) {
        self.open = None;
        for index in 0..self.items.len() {
            if self.items[index].status() == Status::InProgress {
                let was_last = self.last == Some(index);
                let own = if was_last { status } else { Status::Completed };
                self.close(index, own, out);
            }
        }
    }

    /// Marks what was never finished, without events: the answer failed.
    pub(super) fn abandon(&mut self) {
        for item in &mut self.items {
            if item.status() == Status::InProgress {
                item.set_status(Status::Incomplete);
            }
        }
    }
}
