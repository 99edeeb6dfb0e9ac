//! What vendors want back unchanged and a client's dialect has no place for, sealed into a text that
//! clients carry along.
//!
//! Vendors sign their reasoning and refuse tool turns whose reasoning was altered or lost. Responses
//! clients carry `encrypted_content` of reasoning items, Messages clients carry `data` of redacted
//! thinking. The seal is an encoding, not a secret: the client is the one who paid for the text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::chat::{Message, ThinkingBlock};

/// Tells our seals from the ciphertext of other vendors.
pub(crate) const PREFIX: &str = "nab1.";

/// What a seal holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Sealed {
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
    pub(crate) fn block(block: &ThinkingBlock) -> Option<Self> {
        match block {
            ThinkingBlock::Thinking {
                signature: None, ..
            } => None,
            _ => Some(Self::Block(block.clone())),
        }
    }

    /// What a vendor attached to the call `call_id`, if it did.
    pub(crate) fn call(call_id: &str, extra: &Map<String, Value>) -> Option<Self> {
        Some(Self::Call {
            call_id: call_id.to_owned(),
            extra_content: extra.get("extra_content")?.clone(),
        })
    }

    /// As a text for the client to carry.
    pub(crate) fn seal(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut out = String::with_capacity(PREFIX.len() + json.len().div_ceil(3) * 4);
        out.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(json, &mut out);
        out
    }

    /// Reads what [`Sealed::seal`] wrote; `None` when it is not ours.
    pub(crate) fn open(text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// Puts what was sealed for tool calls back onto them.
pub(crate) fn restore_calls(messages: &mut [Message], seals: Vec<Sealed>) {
    for sealed in seals {
        let Sealed::Call {
            call_id,
            extra_content,
        } = sealed
        else {
            continue;
        };
        let calls = messages.iter_mut().filter_map(|m| m.tool_calls.as_mut());
        if let Some(call) = calls.flatten().find(|call| call.id == call_id) {
            call.extra.insert("extra_content".to_owned(), extra_content);
        }
    }
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
