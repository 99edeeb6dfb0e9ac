//! Reasoning: OpenAI's `reasoning_effort` to Anthropic's budgets or adaptive thinking.
//!
//! Source: <https://platform.claude.com/docs/en/build-with-claude/extended-thinking>,
//! `…/adaptive-thinking` and `…/effort`, read 2026-11-22.

use serde_json::{Value, json};

use super::model::{Silence, Traits};
use crate::chat::ChatRequest;
use crate::error::Error;
use crate::notes::Notes;

/// Smallest budget Anthropic takes.
const MIN_BUDGET: u64 = 1024;

/// Effort words in rising order, with the budget that stands for each on models without effort.
const EFFORTS: [(&str, u64); 6] = [
    ("minimal", 1024),
    ("low", 1024),
    ("medium", 2048),
    ("high", 4096),
    ("xhigh", 8192),
    ("max", 16384),
];

/// The reasoning part of a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// `thinking`.
    pub(super) thinking: Option<Value>,
    /// `output_config.effort`.
    pub(super) effort: Option<&'static str>,
}

impl Plan {
    /// Thinking was asked for: sampling parameters and a forced tool are excluded.
    pub(super) fn is_active(&self) -> bool {
        let kind = self.thinking.as_ref().map(|t| &t["type"]);
        kind.is_some_and(|kind| kind == "enabled" || kind == "adaptive")
    }
}

/// Decides on `thinking` and effort. `reasons` is the catalogue's word for models the table of
/// generations does not know.
///
/// # Errors
/// `InvalidRequest` for an effort word that is none of OpenAI's.
pub(super) fn plan(
    traits: Traits,
    reasons: bool,
    max_tokens: u64,
    request: &ChatRequest,
    notes: &mut Notes,
) -> Result<Plan, Error> {
    let effort = request.reasoning_effort.as_deref();
    if let Some(word) = effort
        && word != "none"
        && !EFFORTS.iter().any(|(known, _)| *known == word)
    {
        return Err(Error::invalid(
            "reasoning_effort",
            format!("`{word}` is not a reasoning effort"),
        ));
    }
    if let Some(thinking) = &request.thinking {
        return Ok(keep(traits, max_tokens, thinking, effort, notes));
    }
    Ok(match effort {
        None => Plan::default(),
        Some("none") => silence(traits, "reasoning_effort", notes),
        Some(word) if traits.adaptive => Plan {
            thinking: Some(adaptive(traits)),
            effort: Some(effort_word(traits, word, notes)),
        },
        Some(word) if traits.reasons || (!traits.known && reasons) => {
            with_budget(budget_of(word), max_tokens, "reasoning_effort", notes)
        }
        Some(_) => {
            notes.dropped("reasoning_effort");
            Plan::default()
        }
    })
}

/// The client's own `thinking`: unchanged, unless the model's generation is known to refuse its form.
fn keep(
    traits: Traits,
    max_tokens: u64,
    thinking: &Value,
    effort: Option<&str>,
    notes: &mut Notes,
) -> Plan {
    let unchanged = |effort| Plan {
        thinking: Some(thinking.clone()),
        effort,
    };
    match thinking["type"].as_str() {
        Some("adaptive") if traits.adaptive || !traits.known => {
            let word = effort.filter(|word| *word != "none");
            unchanged(word.map(|word| effort_word(traits, word, notes)))
        }
        Some("adaptive") if traits.reasons => {
            notes.changed("thinking");
            let budget = budget_of(effort.unwrap_or("high"));
            with_budget(budget, max_tokens, "thinking", notes)
        }
        Some("enabled") if traits.known && !traits.budgets && traits.adaptive => {
            notes.changed("thinking");
            let budget = thinking["budget_tokens"].as_u64().unwrap_or(MIN_BUDGET);
            Plan {
                thinking: Some(adaptive(traits)),
                effort: Some(effort_word(traits, word_of_budget(budget), notes)),
            }
        }
        Some("enabled" | "adaptive") if traits.known && !traits.reasons => {
            notes.dropped("thinking");
            Plan::default()
        }
        Some("disabled") if matches!(traits.silence, Silence::BetweenTools | Silence::Never) => {
            silence(traits, "thinking", notes)
        }
        _ => unchanged(None),
    }
}

fn silence(traits: Traits, field: &str, notes: &mut Notes) -> Plan {
    match traits.silence {
        Silence::Omit => Plan::default(),
        Silence::Disabled => Plan {
            thinking: Some(json!({"type": "disabled"})),
            effort: None,
        },
        Silence::BetweenTools => Plan {
            thinking: Some(json!({"type": "between_tools"})),
            effort: None,
        },
        Silence::Never => {
            notes.changed(field);
            Plan {
                thinking: None,
                effort: Some("low"),
            }
        }
    }
}

fn adaptive(traits: Traits) -> Value {
    if traits.hides_thinking {
        // Without it these models sign empty thinking, and clients that asked for reasoning see none.
        return json!({"type": "adaptive", "display": "summarized"});
    }
    json!({"type": "adaptive"})
}

fn effort_word(traits: Traits, word: &str, notes: &mut Notes) -> &'static str {
    match word {
        "minimal" => {
            notes.changed("reasoning_effort");
            "low"
        }
        "low" => "low",
        "medium" => "medium",
        "xhigh" if traits.xhigh || !traits.known => "xhigh",
        "xhigh" => {
            notes.changed("reasoning_effort");
            "high"
        }
        "max" => "max",
        _ => "high",
    }
}

/// A budget that fits under `max_tokens`. With a cap that leaves no room for the smallest budget the
/// answer matters more than the thinking.
fn with_budget(budget: u64, max_tokens: u64, field: &str, notes: &mut Notes) -> Plan {
    if max_tokens <= MIN_BUDGET {
        notes.dropped(field);
        return Plan::default();
    }
    let fitting = if budget < max_tokens {
        budget
    } else {
        notes.changed(field);
        MIN_BUDGET.max(max_tokens / 2)
    };
    Plan {
        thinking: Some(json!({"type": "enabled", "budget_tokens": fitting})),
        effort: None,
    }
}

fn budget_of(word: &str) -> u64 {
    let found = EFFORTS.iter().find(|(known, _)| *known == word);
    found.map_or(MIN_BUDGET, |(_, budget)| *budget)
}

/// The effort that stands for a thinking budget: the largest whose own budget it covers.
pub(crate) fn word_of_budget(budget: u64) -> &'static str {
    let covered = EFFORTS[1..]
        .iter()
        .rev()
        .find(|(_, tokens)| budget >= *tokens);
    covered.map_or("low", |(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use super::super::model::traits;
    use super::*;

    fn planned(model: &str, cap: u64, request: Value) -> (Plan, String) {
        let mut whole = json!({"model": "m", "messages": []});
        for (name, value) in request.as_object().expect("is an object") {
            whole[name] = value.clone();
        }
        let request = serde_json::from_value(whole).expect("is a request");
        let mut notes = Notes::default();
        let plan = plan(traits(model), false, cap, &request, &mut notes).expect("is valid");
        (plan, notes.to_header())
    }

    fn check(model: &str, cap: u64, request: Value, thinking: Value, effort: &str, header: &str) {
        let (plan, notes) = planned(model, cap, request);
        assert_eq!(plan.thinking.unwrap_or(Value::Null), thinking, "{model}");
        assert_eq!(plan.effort.unwrap_or(""), effort, "{model}");
        assert_eq!(notes, header, "{model}");
    }

    #[test]
    fn effort_becomes_a_budget_on_older_models() {
        let model = "claude-sonnet-4-5";
        for (word, budget) in EFFORTS {
            let thinking = json!({"type": "enabled", "budget_tokens": budget});
            check(
                model,
                64000,
                json!({"reasoning_effort": word}),
                thinking,
                "",
                "",
            );
        }
        check(
            model,
            64000,
            json!({"reasoning_effort": "none"}),
            Value::Null,
            "",
            "",
        );
    }

    #[test]
    fn budgets_stay_under_the_cap_or_are_given_up() {
        let model = "claude-sonnet-4-5";
        let high = json!({"reasoning_effort": "high"});
        let fitted = json!({"type": "enabled", "budget_tokens": 1500});
        check(
            model,
            3000,
            high.clone(),
            fitted,
            "",
            "changed=reasoning_effort",
        );
        let least = json!({"type": "enabled", "budget_tokens": 1024});
        check(
            model,
            1025,
            high.clone(),
            least,
            "",
            "changed=reasoning_effort",
        );
        check(
            model,
            1024,
            high,
            Value::Null,
            "",
            "dropped=reasoning_effort",
        );
    }

    #[test]
    fn effort_is_native_on_newer_models() {
        let plain = json!({"type": "adaptive"});
        let shown = json!({"type": "adaptive", "display": "summarized"});
        let effort = |word: &str| json!({"reasoning_effort": word});
        check(
            "claude-opus-4-6",
            64,
            effort("high"),
            plain.clone(),
            "high",
            "",
        );
        check(
            "claude-opus-4-6",
            64,
            effort("xhigh"),
            plain,
            "high",
            "changed=reasoning_effort",
        );
        check(
            "claude-sonnet-5",
            64,
            effort("xhigh"),
            shown.clone(),
            "xhigh",
            "",
        );
        check(
            "claude-opus-4-8",
            64,
            effort("minimal"),
            shown,
            "low",
            "changed=reasoning_effort",
        );
        let off = json!({"type": "disabled"});
        check("claude-sonnet-5", 64, effort("none"), off, "", "");
        check(
            "claude-opus-5-5",
            64,
            effort("none"),
            Value::Null,
            "low",
            "changed=reasoning_effort",
        );
    }

    #[test]
    fn thinking_is_unchanged_where_the_model_takes_its_form() {
        let budget = json!({"type": "enabled", "budget_tokens": 5000});
        check(
            "claude-sonnet-4-5",
            9000,
            json!({"thinking": budget, "reasoning_effort": "low"}),
            budget.clone(),
            "",
            "",
        );
        check(
            "glm-5.2",
            9000,
            json!({"thinking": budget}),
            budget.clone(),
            "",
            "",
        );
        let shown = json!({"type": "adaptive", "display": "summarized"});
        check(
            "claude-opus-4-7",
            9000,
            json!({"thinking": budget}),
            shown,
            "high",
            "changed=thinking",
        );
        let adaptive = json!({"type": "adaptive"});
        check(
            "claude-sonnet-4-5",
            9000,
            json!({"thinking": adaptive, "reasoning_effort": "medium"}),
            json!({"type": "enabled", "budget_tokens": 2048}),
            "",
            "changed=thinking",
        );
        check(
            "claude-3-5-haiku-latest",
            9000,
            json!({"thinking": adaptive}),
            Value::Null,
            "",
            "dropped=thinking",
        );
    }

    #[test]
    fn models_that_do_not_reason_drop_the_effort() {
        check(
            "claude-3-5-haiku-latest",
            9000,
            json!({"reasoning_effort": "low"}),
            Value::Null,
            "",
            "dropped=reasoning_effort",
        );
    }

    #[test]
    fn budgets_read_back_as_efforts() {
        for (budget, word) in [
            (0, "low"),
            (1024, "low"),
            (2047, "low"),
            (2048, "medium"),
            (10000, "xhigh"),
            (32000, "max"),
        ] {
            assert_eq!(word_of_budget(budget), word, "{budget}");
        }
    }
}
