//! Facts of Anthropic's wire format that the provider and our Messages endpoint share.

use serde_json::{Map, Value, json};

use crate::chat::FinishReason;
use crate::usage::Usage;

/// Name of the tool through which structured output is reached on models without a native form of it.
/// Its arguments are the answer; decoders turn a call of it back into content. Reserved: a client's
/// own tool of this name is refused.
pub const ANSWER_TOOL: &str = "nab_structured_answer";

/// `max_tokens` of a request that caps nothing, on a model the catalogue does not know. Every model
/// Anthropic serves today accepts it.
pub const DEFAULT_MAX_TOKENS: u64 = 8192;

/// Top-level request fields that only Anthropic knows. They travel in [`crate::chat::ChatRequest::extra`];
/// the maps of other vendors leave them out and note it.
pub const REQUEST_FIELDS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "mcp_servers",
    "output_config",
    "speed",
];

const STOP_REASONS: &[&str] = &[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
];

/// Anthropic's `stop_reason` in OpenAI's five words. Words of tomorrow read as `stop`; the vendor's
/// own word always travels beside it.
pub(crate) fn finish_reason(stop_reason: &str) -> FinishReason {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" | "compaction" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

/// The vendor's word where [`finish_reason`] loses something.
pub(crate) fn native_reason(stop_reason: &str) -> Option<String> {
    let exact = matches!(stop_reason, "end_turn" | "max_tokens" | "tool_use");
    (!exact).then(|| stop_reason.to_owned())
}

/// How an answer ended, as far as its `stop_reason` is concerned. One map for complete answers and
/// streams, so that the two cannot disagree.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ending<'a> {
    pub(crate) finish: Option<FinishReason>,
    pub(crate) native: Option<&'a str>,
    pub(crate) stop_sequence: Option<&'a str>,
    pub(crate) called_tools: bool,
    pub(crate) refused: bool,
}

impl<'a> Ending<'a> {
    /// Anthropic's word.
    pub(crate) fn stop_reason(self) -> &'a str {
        if let Some(native) = self.native.filter(|word| STOP_REASONS.contains(word)) {
            return native;
        }
        match self.finish {
            Some(FinishReason::Length) => "max_tokens",
            Some(FinishReason::ContentFilter) => "refusal",
            Some(FinishReason::ToolCalls | FinishReason::FunctionCall) => "tool_use",
            // Some vendors say `stop` after a tool call; clients would not run the tool.
            Some(FinishReason::Stop) | None if self.called_tools => "tool_use",
            Some(FinishReason::Stop) | None if self.refused => "refusal",
            Some(FinishReason::Stop) | None if self.stop_sequence.is_some() => "stop_sequence",
            Some(FinishReason::Stop) | None => "end_turn",
        }
    }
}

/// Usage as it is reported, piece by piece, in a stream: `message_start` announces it, each
/// `message_delta` replaces what it names. A field that is absent or null is not a report; an explicit
/// zero is.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct UsageTally {
    fields: Map<String, Value>,
}

impl UsageTally {
    /// Takes one usage object.
    pub(crate) fn absorb(&mut self, report: Map<String, Value>) {
        for (name, value) in report {
            if !value.is_null() {
                self.fields.insert(name, value);
            }
        }
    }

    /// All reports so far in our convention; `None` before the first. Anthropic's `input_tokens`
    /// excludes what the prompt cache served and took; ours includes both.
    pub(crate) fn usage(&self) -> Option<Usage> {
        if self.fields.is_empty() {
            return None;
        }
        let count = |name: &str| self.fields.get(name).and_then(Value::as_u64);
        let nested = |object: &str, name: &str| {
            let value = self.fields.get(object)?.get(name)?;
            value.as_u64()
        };
        let short = nested("cache_creation", "ephemeral_5m_input_tokens").unwrap_or(0);
        let hour = nested("cache_creation", "ephemeral_1h_input_tokens").unwrap_or(0);
        let written = count("cache_creation_input_tokens").unwrap_or(short.saturating_add(hour));
        let read = count("cache_read_input_tokens").unwrap_or(0);
        let fresh = count("input_tokens").unwrap_or(0);
        Some(Usage {
            input_tokens: fresh.saturating_add(read).saturating_add(written),
            output_tokens: count("output_tokens").unwrap_or(0),
            cache_read_tokens: read,
            cache_write_tokens: written,
            cache_write_1h_tokens: hour.min(written),
            reasoning_tokens: nested("output_tokens_details", "thinking_tokens").unwrap_or(0),
            web_searches: nested("server_tool_use", "web_search_requests").unwrap_or(0),
            service_tier: (self.fields.get("service_tier").and_then(Value::as_str))
                .map(str::to_owned),
            raw: serde_json::to_string(&self.fields).ok(),
            ..Usage::default()
        })
    }
}

/// Our usage as Anthropic reports it: `input_tokens` without cache reads and writes.
pub(crate) fn usage_json(usage: &Usage) -> Value {
    let cached = usage
        .cache_read_tokens
        .saturating_add(usage.cache_write_tokens);
    let hour = usage.cache_write_1h_tokens.min(usage.cache_write_tokens);
    let mut out = json!({
        "input_tokens": usage.input_tokens.saturating_sub(cached),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens - hour,
            "ephemeral_1h_input_tokens": hour,
        },
        "output_tokens": usage.output_tokens,
    });
    if usage.reasoning_tokens > 0 {
        out["output_tokens_details"] = json!({"thinking_tokens": usage.reasoning_tokens});
    }
    if usage.web_searches > 0 {
        out["server_tool_use"] = json!({"web_search_requests": usage.web_searches});
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(reports: &[Value]) -> Option<Usage> {
        let mut tally = UsageTally::default();
        for report in reports {
            tally.absorb(report.as_object().expect("is an object").clone());
        }
        tally.usage()
    }

    #[test]
    fn cache_tokens_are_part_of_the_input_and_counted_once() {
        let usage = tally(&[json!({
            "input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
            "output_tokens": 5, "server_tool_use": {"web_search_requests": 2},
        })])
        .expect("was reported");
        assert_eq!(usage.input_tokens, 240);
        assert_eq!(
            (usage.cache_read_tokens, usage.cache_write_tokens),
            (200, 30)
        );
        assert_eq!((usage.cache_write_1h_tokens, usage.web_searches), (20, 2));
        let back = usage_json(&usage);
        assert_eq!(back["input_tokens"], 10);
        assert_eq!(back["cache_creation"]["ephemeral_5m_input_tokens"], 10);
        assert_eq!(back["server_tool_use"]["web_search_requests"], 2);
    }

    #[test]
    fn later_reports_replace_and_absent_fields_do_not() {
        let usage = tally(&[
            json!({"input_tokens": 34824, "output_tokens": 0, "cache_creation_input_tokens": null}),
            json!({"input_tokens": 3883, "output_tokens": 49, "cache_read_input_tokens": 30464}),
            json!({"output_tokens": 60, "input_tokens": null}),
        ])
        .expect("was reported");
        assert_eq!(usage.input_tokens, 3883 + 30464);
        assert_eq!(usage.output_tokens, 60);
        assert!(usage.raw.expect("is kept").contains("30464"));
    }

    #[test]
    fn explicit_zero_is_a_report_and_silence_is_none() {
        let usage = tally(&[
            json!({"input_tokens": 25, "output_tokens": 1}),
            json!({"input_tokens": 0, "output_tokens": 0}),
        ])
        .expect("was reported");
        assert_eq!((usage.input_tokens, usage.output_tokens), (0, 0));
        assert_eq!(tally(&[json!({})]), None);
    }

    #[test]
    fn more_cache_than_input_does_not_wrap() {
        let usage = Usage {
            input_tokens: 5,
            cache_read_tokens: 9,
            ..Usage::default()
        };
        assert_eq!(usage_json(&usage)["input_tokens"], 0);
    }

    #[test]
    fn stop_reasons_map_to_the_documented_words_and_back() {
        use FinishReason::{ContentFilter, Length, Stop, ToolCalls};
        for (word, finish) in [
            ("end_turn", Stop),
            ("stop_sequence", Stop),
            ("max_tokens", Length),
            ("tool_use", ToolCalls),
            ("pause_turn", Stop),
            ("refusal", ContentFilter),
            ("model_context_window_exceeded", Length),
            ("compaction", Length),
        ] {
            assert_eq!(finish_reason(word), finish, "{word}");
            let native = native_reason(word);
            let ending = Ending {
                finish: Some(finish),
                native: native.as_deref(),
                ..Ending::default()
            };
            assert_eq!(ending.stop_reason(), word);
        }
        assert_eq!(finish_reason("tomorrow"), Stop);
    }
}
