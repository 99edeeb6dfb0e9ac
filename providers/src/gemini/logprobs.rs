//! `logprobsResult` to OpenAI's `logprobs`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::native;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogprobsResult {
    #[serde(default)]
    chosen_candidates: Vec<Token>,
    #[serde(default)]
    top_candidates: Vec<TopTokens>,
}

#[derive(Debug, Deserialize)]
struct TopTokens {
    #[serde(default)]
    candidates: Vec<Token>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    #[serde(default)]
    token: String,
    #[serde(default)]
    log_probability: f64,
}

/// OpenAI's `{content: [...], refusal: null}`, one entry a chosen token with its alternatives.
pub(super) fn to_openai(result: &LogprobsResult) -> Value {
    let content: Vec<Value> = result
        .chosen_candidates
        .iter()
        .enumerate()
        .map(|(at, chosen)| {
            let top: Vec<_> = result
                .top_candidates
                .get(at)
                .into_iter()
                .flat_map(|top| &top.candidates)
                .map(|t| native::token_logprob(&t.token, t.log_probability))
                .collect();
            let mut entry = native::token_logprob(&chosen.token, chosen.log_probability);
            entry.insert("top_logprobs".to_owned(), json!(top));
            Value::Object(entry)
        })
        .collect();
    json!({"content": content, "refusal": null})
}
