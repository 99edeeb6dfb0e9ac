//! What the relay does with single events and chunks.

use std::collections::VecDeque;

use bytes::Bytes;
use providers::chat::ChatChunk;
use providers::dialect::{Pass, Tap};
use providers::sse::Splitter;
use providers::{Error, ErrorKind, Usage};
use serde::de::IgnoredAny;

use crate::stages::meter::Delivered;

pub(super) fn look_and_pass(
    event: Bytes,
    splitter: &mut Splitter,
    tap: &mut dyn Tap,
    client_wants_usage: bool,
    out: &mut VecDeque<Bytes>,
) -> Result<(), Error> {
    splitter.push(&event)?;
    let mut pass = Pass::Forward;
    while let Some(parsed) = splitter.next()? {
        check_json(parsed.data)?;
        pass = tap.observe(&parsed, client_wants_usage);
    }
    // An error event of the vendor is told in our words, with our status and request id.
    if pass == Pass::Forward && tap.observed().error.is_none() {
        out.push_back(event);
    }
    Ok(())
}

/// Half an event must not reach the client: its parser would fail where ours can still say why.
fn check_json(data: &str) -> Result<(), Error> {
    let data = data.trim();
    if data.is_empty() || data == "[DONE]" {
        return Ok(());
    }
    serde_json::from_str::<IgnoredAny>(data)
        .map(drop)
        .map_err(|e| Error::malformed(format!("the provider sent a malformed event: {e}")))
}

pub(super) fn push_out(out: &mut VecDeque<Bytes>, bytes: Vec<u8>) {
    if !bytes.is_empty() {
        out.push_back(bytes.into());
    }
}

pub(super) fn note_chunk(
    chunk: &ChatChunk,
    delivered: &mut Delivered,
    usage: &mut Option<Usage>,
    opened: &mut bool,
) {
    if let Some(reported) = &chunk.usage {
        *usage = Some(reported.clone());
    }
    for choice in &chunk.choices {
        let delta = &choice.delta;
        let mut chars = [&delta.content, &delta.refusal, &delta.reasoning_content]
            .into_iter()
            .flatten()
            .map(|text| text.chars().count())
            .sum::<usize>();
        for call in delta.tool_calls.iter().flatten() {
            let function = call.function.as_ref();
            let arguments = function.and_then(|f| f.arguments.as_ref());
            chars += arguments.map_or(0, |a| a.chars().count());
            *opened = true;
        }
        delivered.chars += chars as u64;
        delivered.finished |= choice.finish_reason.is_some();
        *opened |= chars > 0 || choice.finish_reason.is_some() || !delta.extra.is_empty();
    }
}

pub(super) fn cut() -> Error {
    Error::new(
        ErrorKind::Malformed,
        "the provider's answer ended in the middle",
    )
}
