//! Reasoning that must come back unchanged, sealed into `encrypted_content`.
//!
//! Vendors sign their reasoning and refuse tool turns whose reasoning was altered or lost. The
//! Responses API has one opaque field that clients carry along faithfully, `encrypted_content` of
//! reasoning items, so the whole signed piece travels in it, text included: it survives clients that
//! trim summaries. The seal is an encoding, not a secret: the client is the one who paid for the text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::chat::ThinkingBlock;

/// Tells our seals from the ciphertext of other vendors.
const PREFIX: &str = "nab1.";

/// What a seal holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Sealed {
    /// A signed or encrypted block of reasoning.
    Block(ThinkingBlock),
    /// What a vendor attached to a tool call (Google's thought signature).
    Call {
        /// The call.
        call_id: String,
        /// `extra_content` of the canonical tool call.
        extra_content: Value,
    },
}

impl Sealed {
    /// A block worth sealing: unsigned reasoning is not replayed.
    pub(super) fn block(block: &ThinkingBlock) -> Option<Self> {
        match block {
            ThinkingBlock::Thinking {
                signature: None, ..
            } => None,
            _ => Some(Self::Block(block.clone())),
        }
    }

    /// As a value of `encrypted_content`.
    pub(super) fn seal(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut out = String::with_capacity(PREFIX.len() + json.len().div_ceil(3) * 4);
        out.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(json, &mut out);
        out
    }

    /// Reads a value of `encrypted_content`; `None` when it is not ours.
    pub(super) fn open(text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// Whether a reasoning item carries one of our seals, which no vendor can read.
pub(super) fn is_ours(item: &Map<String, Value>) -> bool {
    item.get("encrypted_content")
        .and_then(Value::as_str)
        .is_some_and(|text| text.starts_with(PREFIX))
}

/// The readable text of a reasoning item: its summary, or its raw content when there is no summary.
pub(super) fn readable(item: &Map<String, Value>) -> String {
    let summary = texts(item.get("summary"));
    if summary.is_empty() {
        texts(item.get("content"))
    } else {
        summary
    }
}

fn texts(list: Option<&Value>) -> String {
    let parts = list.and_then(Value::as_array).into_iter().flatten();
    let texts: Vec<&str> = parts
        .filter_map(|part| part.get("text")?.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_seal_opens_to_what_was_sealed() {
        let blocks = [
            ThinkingBlock::Thinking {
                thinking: "näh, 2 + 2".to_owned(),
                signature: Some("c2ln".to_owned()),
            },
            ThinkingBlock::RedactedThinking {
                data: "b3BhcXVl".to_owned(),
            },
        ];
        for block in &blocks {
            let sealed = Sealed::block(block).expect("is signed");
            assert_eq!(Sealed::open(&sealed.seal()), Some(sealed));
        }
        let call = Sealed::Call {
            call_id: "call_1".to_owned(),
            extra_content: json!({"google": {"thought_signature": "AA=="}}),
        };
        assert_eq!(Sealed::open(&call.seal()), Some(call));
    }

    #[test]
    fn unsigned_reasoning_is_not_sealed_and_foreign_seals_stay_shut() {
        let unsigned = ThinkingBlock::Thinking {
            thinking: "hm".to_owned(),
            signature: None,
        };
        assert_eq!(Sealed::block(&unsigned), None);
        for foreign in ["gAAAAABo", "", "nab1.!!", "nab1.e30"] {
            assert_eq!(Sealed::open(foreign), None, "{foreign}");
        }
    }
}
