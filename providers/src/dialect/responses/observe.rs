//! Reads outcome and usage out of response objects that are passed through.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::Reported;
use super::usage;
use crate::chat::FinishReason;
use crate::dialect::Observed;
use crate::error::{Error, ErrorKind};

/// The few fields of a response object that we look at; the rest is skipped unread.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Outcome<'a> {
    id: Option<String>,
    status: Option<String>,
    service_tier: Option<String>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    incomplete_details: Option<Incomplete>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    content: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    summary: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    action: Option<Action>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Text<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Action {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads a complete answer.
pub(super) fn inspect(body: &[u8]) -> Observed {
    let mut observed = Observed::default();
    match serde_json::from_slice::<Outcome<'_>>(body) {
        Ok(outcome) => {
            observed.delivered_chars = outcome.items().iter().map(Item::chars).sum();
            observed.has_content = observed.delivered_chars > 0;
            outcome.tell(&mut observed);
        }
        Err(e) => {
            let message = format!("the vendor's answer is not a response object: {e}");
            observed.error = Some(Error::malformed(message));
        }
    }
    observed
}

impl Outcome<'_> {
    /// Writes what the object says into `observed`.
    pub(super) fn tell(self, observed: &mut Observed) {
        let items = self.items();
        let searches = items.iter().filter(|item| item.is_billed_search()).count();
        let calls = items.iter().any(Item::is_call);
        observed.has_content |= calls;
        observed.id = self.id.or(observed.id.take());
        if let Some(mut usage) = self.usage.and_then(|raw| usage::read(raw.get())) {
            usage.web_searches = searches as u64;
            usage.service_tier = self.service_tier;
            observed.usage = Some(usage);
        }
        let reason = self.incomplete_details.and_then(|details| details.reason);
        match self.status.as_deref() {
            Some("completed") => {
                observed.ended = true;
                observed.finish_reason = Some(if calls {
                    FinishReason::ToolCalls
                } else {
                    FinishReason::Stop
                });
            }
            Some("incomplete") => {
                observed.ended = true;
                observed.finish_reason = Some(match reason.as_deref() {
                    Some("content_filter") => FinishReason::ContentFilter,
                    _ => FinishReason::Length,
                });
            }
            _ => {}
        }
        observed.error = match (self.error, self.status.as_deref()) {
            (Some(error), _) => Some(Reported::read(error.get()).into_error()),
            (None, Some("failed")) => Some(Error::new(
                ErrorKind::Upstream,
                "the vendor reported a failed response without an error",
            )),
            (None, Some("cancelled")) => Some(Error::new(
                ErrorKind::Upstream,
                "the vendor reported a cancelled response",
            )),
            (None, _) => observed.error.take(),
        };
    }

    /// Read apart, so that an item of a shape we do not know costs no usage.
    fn items(&self) -> Vec<Item<'_>> {
        let output = self.output.map_or("[]", RawValue::get);
        serde_json::from_str(output).unwrap_or_default()
    }
}

impl Item<'_> {
    fn is_call(&self) -> bool {
        matches!(self.kind.as_str(), "function_call" | "custom_tool_call")
    }

    /// OpenAI bills searches, not the opening of pages that were found.
    fn is_billed_search(&self) -> bool {
        let action = self
            .action
            .as_ref()
            .and_then(|action| action.kind.as_deref());
        self.kind == "web_search_call" && matches!(action, None | Some("search"))
    }

    fn chars(&self) -> u64 {
        let parts = self.content.iter().chain(&self.summary).flatten();
        let texts = parts.flat_map(|part| [part.text, part.refusal]);
        let texts = texts.chain([self.arguments, self.input]);
        texts.flatten().map(|raw| string_chars(raw.get())).sum()
    }
}

/// Characters of the JSON string that `json` begins with, escapes counted as what they stand for.
/// Zero when it does not begin with one.
pub(super) fn string_chars(json: &str) -> u64 {
    let mut bytes = json.bytes();
    if bytes.next() != Some(b'"') {
        return 0;
    }
    let mut count = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' if bytes.next() == Some(b'u') => {
                let first = bytes.next();
                let second = bytes.next();
                // The second half of a surrogate pair, DC00 to DFFF, is no character of its own.
                let is_low = matches!(first, Some(b'd' | b'D'))
                    && matches!(second, Some(b'c'..=b'f' | b'C'..=b'F'));
                count += u64::from(!is_low);
                bytes.nth(1);
            }
            // Continuation bytes of UTF-8.
            0x80..=0xbf => {}
            _ => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn characters_are_counted_without_decoding(text in any::<String>(), rest in "[,} a\"]{0,5}") {
            let json = serde_json::to_string(&text).expect("serialises");
            let expected = text.chars().count() as u64;
            prop_assert_eq!(string_chars(&format!("{json}{rest}")), expected);
            let ascii: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(string_chars(&format!("\"{ascii}\"{rest}")), expected);
        }
    }
}
