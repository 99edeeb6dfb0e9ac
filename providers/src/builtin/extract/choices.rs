//! Which of a list of options a text is about.

use serde_json::Value;

use super::sentences;
use super::source::Source;
use super::values::is_negated;

/// Words that speak for an option whose own word the text need not contain.
const SIGNS: [(&str, &[&str]); 16] = [
    (
        "positive",
        &[
            "good",
            "great",
            "excellent",
            "love",
            "happy",
            "perfect",
            "thank",
            "wonderful",
            "best",
            "amazing",
            "satisfied",
            "recommend",
            "gut",
            "toll",
            "super",
            "zufrieden",
            "danke",
            "好",
            "喜欢",
            "满意",
            "优秀",
            "棒",
            "推荐",
        ],
    ),
    (
        "negative",
        &[
            "bad",
            "poor",
            "terrible",
            "awful",
            "hate",
            "angry",
            "disappoint",
            "worst",
            "broken",
            "slow",
            "unacceptable",
            "useless",
            "problem",
            "schlecht",
            "enttäusch",
            "kaputt",
            "ärger",
            "差",
            "糟",
            "失望",
            "坏",
            "讨厌",
            "慢",
        ],
    ),
    (
        "urgent",
        &[
            "asap",
            "immediately",
            "emergency",
            "right now",
            "dringend",
            "sofort",
            "紧急",
            "立即",
        ],
    ),
    (
        "critical",
        &[
            "outage",
            "down for",
            "data loss",
            "security breach",
            "emergency",
            "ausfall",
            "崩溃",
        ],
    ),
    (
        "high",
        &[
            "urgent",
            "asap",
            "immediately",
            "critical",
            "blocked",
            "dringend",
            "sofort",
            "紧急",
        ],
    ),
    (
        "low",
        &[
            "whenever",
            "no rush",
            "minor",
            "someday",
            "nice to have",
            "keine eile",
            "不急",
        ],
    ),
    (
        "billing",
        &[
            "invoice",
            "payment",
            "refund",
            "charge",
            "bill",
            "credit card",
            "subscription",
            "rechnung",
            "zahlung",
            "erstattung",
            "发票",
            "付款",
            "退款",
            "扣款",
        ],
    ),
    (
        "technical",
        &[
            "error",
            "bug",
            "crash",
            "not work",
            "doesn't work",
            "broken",
            "fehler",
            "absturz",
            "install",
            "timeout",
            "错误",
            "崩溃",
            "故障",
        ],
    ),
    (
        "bug",
        &[
            "error", "crash", "broken", "not work", "fehler", "崩溃", "错误",
        ],
    ),
    (
        "feature",
        &[
            "would be nice",
            "please add",
            "wish",
            "suggest",
            "could you add",
            "wunsch",
            "建议",
        ],
    ),
    (
        "account",
        &[
            "login", "log in", "password", "sign in", "username", "passwort", "konto", "密码",
            "登录",
        ],
    ),
    (
        "shipping",
        &[
            "deliver",
            "parcel",
            "package",
            "tracking",
            "arrive",
            "lieferung",
            "paket",
            "快递",
            "物流",
        ],
    ),
    (
        "sales",
        &[
            "price", "quote", "buy", "demo", "purchase", "pricing", "preis", "angebot", "报价",
            "购买",
        ],
    ),
    (
        "complaint",
        &["disappoint", "unacceptable", "angry", "beschwerde", "投诉"],
    ),
    ("question", &["?", "？", "how do", "how can"]),
    (
        "spam",
        &["winner", "lottery", "casino", "prize", "click here", "中奖"],
    ),
];
const NEUTRAL: [&str; 12] = [
    "other",
    "neutral",
    "unknown",
    "none",
    "general",
    "misc",
    "medium",
    "normal",
    "sonstiges",
    "其他",
    "中性",
    "中",
];

/// Options that are looked for; an enum of more is a list of everything.
const MOST_OPTIONS: usize = 300;

/// How often the text is read to choose among `options`.
pub(super) fn searches(options: &[Value]) -> usize {
    options.len().min(MOST_OPTIONS)
}

/// The option the text speaks for most, and whether it does at all: without a sign the neutral one,
/// without a neutral one the first.
pub(super) fn choose<'v>(options: &'v [Value], source: &Source<'_>) -> (&'v Value, bool) {
    let looked_for = &options[..searches(options)];
    let points: Vec<u32> = looked_for
        .iter()
        .map(|option| support(option, looked_for, source))
        .collect();
    let most = points.iter().copied().max().unwrap_or_default();
    if most > 0 {
        let at = points.iter().position(|p| *p == most).unwrap_or_default();
        return (&options[at], true);
    }
    let neutral = options
        .iter()
        .find(|option| NEUTRAL.contains(&word_of(option).as_str()));
    (neutral.unwrap_or(&options[0]), false)
}

/// All options that the text speaks for, in the schema's order.
pub(super) fn mentioned<'v>(options: &'v [Value], source: &Source<'_>) -> Vec<&'v Value> {
    let looked_for = &options[..searches(options)];
    looked_for
        .iter()
        .filter(|option| support(option, looked_for, source) > 0)
        .collect()
}

fn word_of(option: &Value) -> String {
    match option {
        Value::String(text) => text.replace(['_', '-'], " ").to_lowercase(),
        other => other.to_string(),
    }
}

/// How often the text speaks for `option`. A sentence that names two options lists them and says
/// nothing; a denied sign ("not good") speaks for nobody.
fn support(option: &Value, options: &[Value], source: &Source<'_>) -> u32 {
    const NAMED: u32 = 3;
    if source.text.is_empty() {
        return 0;
    }
    let word = word_of(option);
    let signs = SIGNS
        .iter()
        .find(|(name, _)| word.split(' ').any(|w| w == *name))
        .map_or(&[][..], |(_, s)| s);
    let others: Vec<String> = options
        .iter()
        .map(word_of)
        .filter(|other| *other != word)
        .collect();
    let mut points = 0;
    for sentence in sentences::split(&source.text) {
        let lower = sentence.to_lowercase();
        if has_word(&lower, &word) {
            if others.iter().any(|other| has_word(&lower, other)) {
                continue;
            }
            points += NAMED;
        }
        let seen = signs.iter().filter(|sign| lower.contains(**sign)).count();
        if seen > 0
            && (!is_negated(&lower) || signs.iter().any(|s| s.contains(' ') && lower.contains(*s)))
        {
            points += u32::try_from(seen).unwrap_or(u32::MAX);
        }
    }
    points
}

/// Whether `word` stands in `text` on its own (Chinese words need no gap).
fn has_word(text: &str, word: &str) -> bool {
    if word.is_empty() {
        return false;
    }
    text.match_indices(word).any(|(at, _)| {
        let joins = |c: char| c.is_alphanumeric() && c.is_ascii();
        let before = text[..at].chars().next_back().is_some_and(joins);
        let after = text[at + word.len()..].chars().next().is_some_and(joins);
        !before && !after
    })
}
