//! `usageMetadata` to our convention.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::usage::Usage;

/// Google's JSON leaves zeros out, so a missing part of a present object is a zero, while a missing
/// object is unknown. `totalTokenCount` and `promptTokenCount` tell the two apart.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct UsageMetadata {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    total_token_count: Option<u64>,
    prompt_tokens_details: Vec<ModalityCount>,
    candidates_tokens_details: Vec<ModalityCount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ModalityCount {
    modality: String,
    token_count: u64,
}

/// A report of usage.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) usage: Usage,
    /// Output was counted, not only the prompt. Events in mid-stream may count the prompt alone.
    pub(super) counts_output: bool,
}

/// Reads `usageMetadata`; `None` when it says nothing.
///
/// Gemini's `promptTokenCount` includes cached tokens, its candidates exclude thoughts, and tokens
/// that built-in tools put into the prompt are counted apart.
pub(super) fn read(raw: &RawValue) -> Option<Report> {
    let wire: UsageMetadata = serde_json::from_str(raw.get()).ok()?;
    if wire.prompt_token_count.is_none() && wire.total_token_count.is_none() {
        return None;
    }
    let tool_use = wire.tool_use_prompt_token_count.unwrap_or(0);
    let thoughts = wire.thoughts_token_count.unwrap_or(0);
    let total = wire.total_token_count.unwrap_or(0);
    let prompt = wire.prompt_token_count.unwrap_or_else(|| {
        let rest = tool_use + thoughts + wire.candidates_token_count.unwrap_or(0);
        total.saturating_sub(rest)
    });
    let candidates = wire
        .candidates_token_count
        .unwrap_or_else(|| total.saturating_sub(prompt + tool_use + thoughts));
    let usage = Usage {
        input_tokens: prompt + tool_use,
        output_tokens: candidates + thoughts,
        cache_read_tokens: wire.cached_content_token_count.unwrap_or(0),
        reasoning_tokens: thoughts,
        audio_input_tokens: count(&wire.prompt_tokens_details, "AUDIO"),
        audio_output_tokens: count(&wire.candidates_tokens_details, "AUDIO"),
        image_input_tokens: count(&wire.prompt_tokens_details, "IMAGE"),
        raw: Some(raw.get().to_owned()),
        ..Usage::default()
    };
    Some(Report {
        counts_output: wire.candidates_token_count.is_some() || thoughts > 0,
        usage,
    })
}

fn count(details: &[ModalityCount], modality: &str) -> u64 {
    details
        .iter()
        .filter(|d| d.modality == modality)
        .map(|d| d.token_count)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Option<Report> {
        let raw = RawValue::from_string(json.to_owned()).expect("is JSON");
        read(&raw)
    }

    #[test]
    fn cached_tokens_are_part_of_the_prompt_and_counted_once() {
        let report = of(r#"{"promptTokenCount":1000,"cachedContentTokenCount":900,
            "candidatesTokenCount":10,"totalTokenCount":1010}"#)
        .expect("is known");
        assert_eq!(report.usage.input_tokens, 1000);
        assert_eq!(report.usage.cache_read_tokens, 900);
        assert_eq!(report.usage.total_tokens(), 1010);
    }

    #[test]
    fn thoughts_and_tool_prompts_are_added() {
        let report = of(r#"{"promptTokenCount":100,"candidatesTokenCount":20,
            "thoughtsTokenCount":30,"toolUsePromptTokenCount":7,"totalTokenCount":157,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":60},
                {"modality":"AUDIO","tokenCount":25},{"modality":"IMAGE","tokenCount":15}]}"#)
        .expect("is known");
        assert_eq!(report.usage.input_tokens, 107);
        assert_eq!(report.usage.output_tokens, 50);
        assert_eq!(report.usage.reasoning_tokens, 30);
        assert_eq!(report.usage.audio_input_tokens, 25);
        assert_eq!(report.usage.image_input_tokens, 15);
        assert_eq!(report.usage.total_tokens(), 157);
    }

    #[test]
    fn zero_is_reported_and_missing_is_unknown() {
        let zero = of(r#"{"promptTokenCount":0,"candidatesTokenCount":0}"#).expect("is known");
        assert_eq!(zero.usage.total_tokens(), 0);
        let blocked = of(r#"{"promptTokenCount":12,"totalTokenCount":12}"#).expect("is known");
        assert_eq!(
            (blocked.usage.input_tokens, blocked.usage.output_tokens),
            (12, 0)
        );
        assert!(of("{}").is_none());
        assert!(of(r#"{"trafficType":"ON_DEMAND"}"#).is_none());
    }
}
