//! Reasoning effort and Anthropic's `thinking` object to `thinkingConfig`.
//!
//! Gemini 2.5 takes a token budget, Gemini 3 a level; older models do not think. Source:
//! <https://ai.google.dev/gemini-api/docs/thinking>, read 2026-11-22.

use serde_json::{Value, json};

use crate::chat::ChatRequest;
use crate::error::Error;
use crate::notes::Notes;
use crate::provider::Target;

use super::generation_of;

/// What the client asked for, whichever of the two fields it used.
enum Wish {
    Off,
    Dynamic,
    Effort(Effort),
    Budget(u64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl Effort {
    const fn budget(self) -> u64 {
        match self {
            Self::Minimal | Self::Low => 1024,
            Self::Medium => 2048,
            Self::High => 4096,
            Self::Xhigh => 8192,
            Self::Max => 16384,
        }
    }

    const fn of_budget(tokens: u64) -> Self {
        match tokens {
            0..=1024 => Self::Low,
            1025..=2048 => Self::Medium,
            _ => Self::High,
        }
    }
}

pub(super) fn encode(
    to: &Target<'_>,
    request: &ChatRequest,
    notes: &mut Notes,
) -> Result<Option<Value>, Error> {
    let Some((field, wish)) = wish(request)? else {
        return Ok(None);
    };
    Ok(match generation_of(to.model) {
        Some((3.., _)) => Some(level(to.model, field, &wish, notes)),
        Some(old) if old < (2, 5) && !to.facts.reasoning => {
            if !matches!(wish, Wish::Off) {
                notes.dropped(field);
            }
            None
        }
        // Names without a generation may be either kind: a budget is taken by both.
        _ => Some(budget(to.model, field, &wish, notes)),
    })
}

/// `thinking` wins over `reasoning_effort`, as the canonical type says; an effort beside a `thinking`
/// object without a budget sets how hard.
fn wish(request: &ChatRequest) -> Result<Option<(&'static str, Wish)>, Error> {
    let effort = request
        .reasoning_effort
        .as_deref()
        .map(effort)
        .transpose()?;
    let Some(thinking) = &request.thinking else {
        return Ok(effort.map(|wish| ("reasoning_effort", wish)));
    };
    let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
    let wish = match (thinking.get("type").and_then(Value::as_str), budget) {
        (Some("disabled"), _) => Wish::Off,
        (Some("enabled"), Some(tokens)) => Wish::Budget(tokens),
        (Some("enabled" | "adaptive"), _) => effort.unwrap_or(Wish::Dynamic),
        (kind, _) => {
            return Err(Error::invalid(
                "thinking",
                format!("thinking.type {kind:?} is not enabled, adaptive or disabled"),
            ));
        }
    };
    Ok(Some(("thinking", wish)))
}

fn effort(word: &str) -> Result<Wish, Error> {
    Ok(Wish::Effort(match word {
        "none" => return Ok(Wish::Off),
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::Xhigh,
        "max" => Effort::Max,
        _ => {
            return Err(Error::invalid(
                "reasoning_effort",
                format!("reasoning_effort `{word}` is not a known effort"),
            ));
        }
    }))
}

/// The smallest and the largest budget of a model; thinking of the Pro models cannot be switched off.
fn limits(model: &str) -> (u64, u64) {
    if model.contains("flash-lite") {
        (512, 24576)
    } else if model.contains("flash") {
        (1, 24576)
    } else {
        (128, 32768)
    }
}

fn budget(model: &str, field: &str, wish: &Wish, notes: &mut Notes) -> Value {
    let wanted = match wish {
        Wish::Off if model.contains("pro") => {
            notes.changed(field);
            return json!({"thinkingBudget": limits(model).0, "includeThoughts": false});
        }
        Wish::Off => return json!({"thinkingBudget": 0, "includeThoughts": false}),
        // -1 lets the model decide.
        Wish::Dynamic => return json!({"thinkingBudget": -1, "includeThoughts": true}),
        Wish::Effort(effort) => effort.budget(),
        Wish::Budget(tokens) => *tokens,
    };
    let (least, most) = limits(model);
    let sent = wanted.clamp(least, most);
    if sent != wanted {
        notes.changed(field);
    }
    json!({"thinkingBudget": sent, "includeThoughts": true})
}

fn level(model: &str, field: &str, wish: &Wish, notes: &mut Notes) -> Value {
    let least = if model.contains("flash") {
        "minimal"
    } else {
        "low"
    };
    let (word, exact) = match wish {
        Wish::Dynamic => return json!({"includeThoughts": true}),
        // Gemini 3 always thinks: the least there is comes closest.
        Wish::Off => {
            notes.changed(field);
            return json!({"thinkingLevel": least, "includeThoughts": false});
        }
        Wish::Effort(Effort::Minimal) => (least, least == "minimal"),
        Wish::Effort(Effort::Low) => ("low", true),
        Wish::Effort(Effort::Medium) => ("medium", true),
        Wish::Effort(Effort::High) => ("high", true),
        Wish::Effort(Effort::Xhigh | Effort::Max) => ("high", false),
        Wish::Budget(tokens) => match Effort::of_budget(*tokens) {
            Effort::Low => ("low", false),
            Effort::Medium => ("medium", false),
            _ => ("high", false),
        },
    };
    if !exact {
        notes.changed(field);
    }
    json!({"thinkingLevel": word, "includeThoughts": true})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{ModelFacts, Settings};

    fn check(model: &str, request: Value, expected: Value, header: &str) {
        let mut request = request;
        request["model"] = json!("x");
        request["messages"] = json!([]);
        let request: ChatRequest = serde_json::from_value(request).expect("is a request");
        let to = Target {
            model,
            base_url: "",
            settings: &Settings::default(),
            facts: ModelFacts::default(),
        };
        let mut notes = Notes::default();
        let sent = encode(&to, &request, &mut notes).expect("is valid");
        assert_eq!(sent.unwrap_or(Value::Null), expected, "{model}");
        assert_eq!(notes.to_header(), header, "{model}");
    }

    fn budget_of(tokens: i64) -> Value {
        json!({"thinkingBudget": tokens, "includeThoughts": tokens != 0})
    }

    fn level_of(word: &str) -> Value {
        json!({"thinkingLevel": word, "includeThoughts": true})
    }

    #[test]
    fn effort_becomes_a_budget_for_gemini_2_5() {
        for (word, tokens) in [
            ("none", 0),
            ("minimal", 1024),
            ("low", 1024),
            ("medium", 2048),
            ("high", 4096),
            ("xhigh", 8192),
            ("max", 16384),
        ] {
            let request = json!({"reasoning_effort": word});
            check("gemini-2.5-flash", request, budget_of(tokens), "");
        }
    }

    #[test]
    fn effort_becomes_a_level_for_gemini_3() {
        for (word, level) in [
            ("minimal", "minimal"),
            ("low", "low"),
            ("medium", "medium"),
            ("high", "high"),
        ] {
            let request = json!({"reasoning_effort": word});
            check("gemini-3-flash-preview", request, level_of(level), "");
        }
        let changed = "changed=reasoning_effort";
        for (word, level) in [("minimal", "low"), ("xhigh", "high"), ("max", "high")] {
            let request = json!({"reasoning_effort": word});
            check("gemini-3.1-pro", request, level_of(level), changed);
        }
    }

    #[test]
    fn models_that_cannot_stop_thinking_think_least() {
        let off = || json!({"reasoning_effort": "none"});
        let changed = "changed=reasoning_effort";
        let least = |mut v: Value| {
            v["includeThoughts"] = json!(false);
            v
        };
        check("gemini-2.5-pro", off(), least(budget_of(128)), changed);
        check("gemini-3-pro", off(), least(level_of("low")), changed);
        check("gemini-3-flash", off(), least(level_of("minimal")), changed);
    }

    #[test]
    fn thinking_object_wins_and_its_budget_is_kept_in_bounds() {
        let with = |thinking: Value| json!({"thinking": thinking, "reasoning_effort": "low"});
        let exact = with(json!({"type": "enabled", "budget_tokens": 5000}));
        check("gemini-2.5-pro", exact, budget_of(5000), "");
        let high = with(json!({"type": "enabled", "budget_tokens": 99999}));
        check(
            "gemini-2.5-pro",
            high.clone(),
            budget_of(32768),
            "changed=thinking",
        );
        check("gemini-3-pro", high, level_of("high"), "changed=thinking");
        let adaptive = with(json!({"type": "adaptive"}));
        check("gemini-2.5-flash", adaptive.clone(), budget_of(1024), "");
        check("gemini-3-flash", adaptive, level_of("low"), "");
        let dynamic = json!({"thinking": {"type": "adaptive"}});
        check("gemini-2.5-flash", dynamic, budget_of(-1), "");
        let off = with(json!({"type": "disabled"}));
        check("gemini-flash-latest", off, budget_of(0), "");
    }

    #[test]
    fn models_that_do_not_think_are_not_asked_to() {
        let request = json!({"reasoning_effort": "high"});
        check(
            "gemini-2.0-flash",
            request,
            Value::Null,
            "dropped=reasoning_effort",
        );
        let off = json!({"reasoning_effort": "none"});
        check("gemini-2.0-flash", off, Value::Null, "");
        check("gemini-2.5-flash", json!({}), Value::Null, "");
    }

    #[test]
    fn unknown_words_are_refused() {
        for request in [
            json!({"model": "x", "messages": [], "reasoning_effort": "huge"}),
            json!({"model": "x", "messages": [], "thinking": {"type": "deep"}}),
        ] {
            let request: ChatRequest = serde_json::from_value(request).expect("is a request");
            assert!(wish(&request).is_err());
        }
    }
}
