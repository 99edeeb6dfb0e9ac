//! The `usage` object of OpenAI's chat completions, and the forms its imitators give it.
//!
//! Source: OpenAI's `CompletionUsage`; DeepSeek's `prompt_cache_hit_tokens`; Moonshot's and Together's
//! top-level `cached_tokens`; Groq's `x_groq.usage`; DashScope's `cache_creation_input_tokens`;
//! Mistral's `prompt_audio_seconds`; Perplexity's `num_search_queries`; read 2026-11-22.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// Reads a usage object. `None` for `null`, for anything that is not an object, and for an object
/// without a single token count: missing is not zero. An explicit zero is a report.
///
/// `json` is kept as [`Usage::raw`] (OpenRouter's `cost` and others stay readable there).
pub fn read(json: &str) -> Option<Usage> {
    let wire: Wire = serde_json::from_str(json).ok()?;
    let mut usage = wire.into_usage()?;
    usage.raw = Some(json.to_owned());
    Some(usage)
}

/// The usage object as our clients see it, ready to be serialised.
pub fn written(usage: &Usage) -> impl Serialize + use<> {
    Written {
        prompt_tokens: usage.input_tokens,
        completion_tokens: usage.output_tokens,
        total_tokens: usage.total_tokens(),
        prompt_tokens_details: WrittenPrompt {
            cached_tokens: usage.cache_read_tokens,
            audio_tokens: usage.audio_input_tokens,
            cache_write_tokens: usage.cache_write_tokens,
        },
        completion_tokens_details: WrittenCompletion {
            reasoning_tokens: usage.reasoning_tokens,
            audio_tokens: usage.audio_output_tokens,
            accepted_prediction_tokens: 0,
            rejected_prediction_tokens: 0,
        },
    }
}

#[derive(Serialize)]
struct Written {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: WrittenPrompt,
    completion_tokens_details: WrittenCompletion,
}

#[derive(Serialize)]
struct WrittenPrompt {
    cached_tokens: u64,
    audio_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct WrittenCompletion {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    prompt_tokens: Count,
    completion_tokens: Count,
    total_tokens: Count,
    prompt_tokens_details: Details,
    completion_tokens_details: Details,
    // The names of the Responses API and of image and audio endpoints.
    input_tokens: Count,
    output_tokens: Count,
    input_tokens_details: Details,
    input_token_details: Details,
    output_tokens_details: Details,
    output_token_details: Details,
    // Vendors' own.
    cached_tokens: Count,
    prompt_cache_hit_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    reasoning_tokens: Count,
    prompt_audio_seconds: Count,
    seconds: Seconds,
    num_search_queries: Count,
}

impl Wire {
    fn into_usage(self) -> Option<Usage> {
        let seconds = self.seconds.0;
        let input = self.prompt_tokens.or(self.input_tokens);
        let output = self.completion_tokens.or(self.output_tokens);
        let reported = input.0.or(output.0).or(self.total_tokens.0).is_some();
        if !reported && seconds.is_none() {
            return None;
        }
        let input_tokens = input.0.unwrap_or(0);
        let read = [
            self.prompt_tokens_details,
            self.input_tokens_details,
            self.input_token_details,
        ];
        let written = [
            self.completion_tokens_details,
            self.output_tokens_details,
            self.output_token_details,
        ];
        // xAI and Google's compatible endpoint leave reasoning out of `completion_tokens` and count
        // it in `total_tokens` only. Where the total says more than the parts, the total is right.
        let by_total = self
            .total_tokens
            .0
            .unwrap_or(0)
            .saturating_sub(input_tokens);
        let output_tokens = output.0.unwrap_or(0).max(by_total);
        let audio_ms = seconds.map_or(0, |s| (s * 1000.0) as u64);
        Some(Usage {
            input_tokens,
            output_tokens,
            cache_read_tokens: first(&read, |d| d.cached_tokens)
                .or(self.cached_tokens)
                .or(self.prompt_cache_hit_tokens)
                .or(self.cache_read_input_tokens)
                .get(),
            cache_write_tokens: first(&read, |d| d.cache_write_tokens)
                .or(first(&read, |d| d.cache_creation_input_tokens))
                .or(self.cache_creation_input_tokens)
                .get(),
            reasoning_tokens: first(&written, |d| d.reasoning_tokens)
                .or(self.reasoning_tokens)
                .get()
                .min(output_tokens),
            audio_input_tokens: first(&read, |d| d.audio_tokens).get(),
            audio_output_tokens: first(&written, |d| d.audio_tokens).get(),
            image_input_tokens: first(&read, |d| d.image_tokens).get(),
            audio_ms: audio_ms.max(self.prompt_audio_seconds.get().saturating_mul(1000)),
            web_searches: self.num_search_queries.get(),
            ..Usage::default()
        })
    }
}

fn first(details: &[Details], field: impl Fn(&Details) -> Count) -> Count {
    details
        .iter()
        .map(field)
        .find(|count| count.0.is_some())
        .unwrap_or_default()
}

/// Any of the detail objects; `null` and other types read as empty.
#[derive(Default)]
struct Details {
    cached_tokens: Count,
    cache_write_tokens: Count,
    cache_creation_input_tokens: Count,
    audio_tokens: Count,
    image_tokens: Count,
    reasoning_tokens: Count,
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DetailsVisitor)
    }
}

struct DetailsVisitor;

impl<'de> Visitor<'de> for DetailsVisitor {
    type Value = Details;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("token details")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Details, A::Error> {
        let mut details = Details::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let field = match key.as_ref() {
                "cached_tokens" => &mut details.cached_tokens,
                "cache_write_tokens" => &mut details.cache_write_tokens,
                "cache_creation_input_tokens" => &mut details.cache_creation_input_tokens,
                "audio_tokens" => &mut details.audio_tokens,
                "image_tokens" => &mut details.image_tokens,
                "reasoning_tokens" => &mut details.reasoning_tokens,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *field = map.next_value()?;
        }
        Ok(details)
    }

    fn visit_unit<E>(self) -> Result<Details, E> {
        Ok(Details::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Details, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Details::default())
    }
}

/// A count that may be absent, `null`, or written as a float. Anything else reads as absent: an odd
/// usage field must not fail an answer.
#[derive(Debug, Default, Clone, Copy)]
struct Count(Option<u64>);

impl Count {
    fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }

    fn get(self) -> u64 {
        self.0.unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = Seconds::deserialize(deserializer)?;
        Ok(Self(seconds.0.map(|n| n as u64)))
    }
}

/// As [`Count`], with a fraction.
#[derive(Debug, Default, Clone, Copy)]
struct Seconds(Option<f64>);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecondsVisitor)
    }
}

struct SecondsVisitor;

impl<'de> Visitor<'de> for SecondsVisitor {
    type Value = Seconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, n: u64) -> Result<Seconds, E> {
        Ok(Seconds(Some(n as f64)))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Seconds, E> {
        Ok(Seconds(Some(n.max(0) as f64)))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Seconds, E> {
        Ok(Seconds((n.is_finite() && n >= 0.0).then_some(n)))
    }

    fn visit_unit<E>(self) -> Result<Seconds, E> {
        Ok(Seconds(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Seconds, E> {
        Ok(Seconds(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Seconds, E> {
        Ok(Seconds(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seconds, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Seconds(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Seconds, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Seconds(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<Usage>) {
        let usage = read(json).map(|usage| Usage { raw: None, ..usage });
        assert_eq!(usage, expected, "{json}");
    }

    #[test]
    fn missing_is_not_zero_and_zero_is_not_missing() {
        check("null", None);
        check("{}", None);
        check(r#"{"prompt_tokens":null}"#, None);
        check("[]", None);
        check(
            r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
            Some(Usage::default()),
        );
    }

    #[test]
    fn details_are_parts_of_the_totals() {
        let expected = Usage {
            cache_read_tokens: 300,
            cache_write_tokens: 200,
            reasoning_tokens: 4,
            audio_output_tokens: 3,
            ..Usage::tokens(1000, 10)
        };
        check(
            r#"{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,
                "prompt_tokens_details":{"cached_tokens":300,"cache_write_tokens":200},
                "completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":3,"x":[1]}}"#,
            Some(expected),
        );
    }

    #[test]
    fn vendors_own_cache_fields_are_read() {
        let cached = |n| {
            Some(Usage {
                cache_read_tokens: n,
                ..Usage::tokens(10, 1)
            })
        };
        let head = r#""prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":null"#;
        check(
            &format!(r#"{{{head},"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}}"#),
            cached(6),
        );
        check(&format!(r#"{{{head},"cached_tokens":5}}"#), cached(5));
        check(
            &format!(r#"{{{head},"cost":0.25,"prompt_audio_seconds":{{}}}}"#),
            cached(0),
        );
    }

    #[test]
    fn reasoning_counted_only_in_the_total_is_output() {
        let expected = Usage {
            reasoning_tokens: 94,
            ..Usage::tokens(32, 103)
        };
        check(
            r#"{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,
                "completion_tokens_details":{"reasoning_tokens":94}}"#,
            Some(expected),
        );
    }

    #[test]
    fn floats_and_audio_seconds_are_read() {
        check(
            r#"{"prompt_tokens":3.0,"completion_tokens":"x"}"#,
            Some(Usage::tokens(3, 0)),
        );
        let expected = Usage {
            audio_ms: 1500,
            ..Usage::default()
        };
        check(r#"{"type":"duration","seconds":1.5}"#, Some(expected));
    }

    #[test]
    fn the_vendors_own_object_is_kept() {
        let json = r#"{"prompt_tokens": 1, "completion_tokens": 2, "cost": 0.1}"#;
        assert_eq!(read(json).and_then(|u| u.raw).as_deref(), Some(json));
    }

    #[test]
    fn what_is_written_reads_back() {
        let usage = Usage {
            cache_read_tokens: 2,
            cache_write_tokens: 1,
            reasoning_tokens: 3,
            ..Usage::tokens(7, 5)
        };
        let json = serde_json::to_string(&written(&usage)).expect("is JSON");
        check(&json, Some(usage));
    }
}
