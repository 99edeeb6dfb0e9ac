//! The events of single items, each with the fields its type has.

use serde::Serialize;
use serde_json::{Value, json};

use super::events::Events;
use super::items::{FunctionCall, Item, Message, Piece, Reasoning};

/// A delta event. Only the fields that its type has are set.
#[derive(Serialize)]
pub(super) struct Delta<'a> {
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary_index: Option<usize>,
    pub(super) delta: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<&'a [Value]>,
}

/// An item is there, or done.
#[derive(Serialize)]
pub(super) struct ItemEvent<'a> {
    pub(super) output_index: usize,
    pub(super) item: &'a Item,
}

/// Appends `delta` to the arguments of the call at `index`.
pub(super) fn argue(
    events: &mut Events,
    call: &mut FunctionCall,
    index: usize,
    delta: &str,
    out: &mut Vec<u8>,
) {
    let body = Delta {
        item_id: &call.id,
        output_index: index,
        content_index: None,
        summary_index: None,
        delta,
        logprobs: None,
    };
    events.emit("response.function_call_arguments.delta", &body, out);
    call.arguments.push_str(delta);
}

/// Ends the open part, if there is one, and begins `piece`.
pub(super) fn open_piece(
    events: &mut Events,
    message: &mut Message,
    index: usize,
    piece: Piece,
    out: &mut Vec<u8>,
) {
    close_piece(events, message, index, out);
    let body = json!({
        "item_id": message.id,
        "output_index": index,
        "content_index": message.content.len(),
        "part": piece,
    });
    events.emit("response.content_part.added", &body, out);
    message.content.push(piece);
}

/// Ends a message's last part.
pub(super) fn close_piece(events: &mut Events, message: &Message, index: usize, out: &mut Vec<u8>) {
    let Some(piece) = message.content.last() else {
        return;
    };
    let mut body = json!({
        "item_id": message.id,
        "output_index": index,
        "content_index": message.content.len() - 1,
    });
    let mut done = body.clone();
    let kind = match piece {
        Piece::OutputText(piece) => {
            done["text"] = json!(piece.text);
            done["logprobs"] = json!(piece.logprobs);
            "response.output_text.done"
        }
        Piece::Refusal { refusal } => {
            done["refusal"] = json!(refusal);
            "response.refusal.done"
        }
    };
    events.emit(kind, &done, out);
    body["part"] = json!(piece);
    events.emit("response.content_part.done", &body, out);
}

/// Ends a reasoning item's summary, if it has one.
pub(super) fn close_summary(
    events: &mut Events,
    reasoning: &Reasoning,
    index: usize,
    out: &mut Vec<u8>,
) {
    let Some(part) = reasoning.summary.last() else {
        return;
    };
    let mut body = json!({
        "item_id": reasoning.id,
        "output_index": index,
        "summary_index": 0,
    });
    let mut done = body.clone();
    done["text"] = json!(part.text);
    events.emit("response.reasoning_summary_text.done", &done, out);
    body["part"] = json!(part);
    events.emit("response.reasoning_summary_part.done", &body, out);
}
