//! What must not pass.

mod personal;

use gateway::local::Operation;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use personal::Personal;

use super::model::{ask, capability, cut};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Guardrail;

/// What is done with a text in which something was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// It goes the way *Blocked*.
    #[default]
    Block,
    /// It goes on with what was found replaced. What a model judges cannot be replaced and blocks.
    Redact,
}

/// A pattern.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Pattern {
    /// Its name in the findings.
    name: String,
    /// A regular expression.
    #[schemars(extend("x-expression" = "never"))]
    regex: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The text, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    text: Value,
    /// What is done when something is found.
    #[serde(default)]
    action: Action,
    /// Words that must not occur, in any case of letters.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    keywords: Vec<String>,
    /// Patterns that must not occur.
    #[serde(default)]
    #[schemars(length(max = 100))]
    patterns: Vec<Pattern>,
    /// Personal data that must not occur.
    #[serde(default)]
    personal_data: Vec<Personal>,
    /// A moderation model that judges the text too. Empty: none does.
    #[serde(default)]
    #[schemars(extend("x-widget" = "model", "x-operation" = "moderation"))]
    model: String,
    /// What stands in the place of what was found; `{name}` is what it is.
    #[serde(default = "replacement")]
    #[schemars(extend("x-show-if" = {"field": "action", "is": ["redact"]}))]
    replacement: String,
}

fn replacement() -> String {
    "[{name}]".to_owned()
}

/// Findings that are listed, at most.
const MAX_FINDINGS: usize = 1_000;
/// Bytes that a compiled pattern may take.
const MAX_PATTERN: usize = 1024 * 1024;

/// Something that must not pass.
struct Finding {
    kind: &'static str,
    name: String,
    begin: usize,
    end: usize,
}

impl Node for Guardrail {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "shield-check",
        keywords: &[
            "moderation",
            "pii",
            "privacy",
            "filter",
            "safety",
            "profanity",
            "redact",
        ],
        docs: "*Passed* is live when nothing was found, or when it was replaced; else *Blocked* is. \
               `findings` say what was found and where (in characters), never the text itself: they may \
               be shown and logged. Card numbers and IBANs count only when their check digits are \
               right.",
        timeout_ms: 120_000,
        ..About::step(
            "ai.guardrail",
            Category::Ai,
            "Guardrail",
            "Stops or cleans texts with words, patterns or personal data.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::branches(
            [Port::new("text", DataType::String, "Text").required()],
            [
                Port::control("passed", "Passed"),
                Port::control("blocked", "Blocked"),
                Port::new("text", DataType::String, "Text"),
                Port::new("findings", DataType::array(DataType::Object), "Findings"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let text = text_of(&take(&mut input, "text"));
        let found = find(&settings, &text)?;
        let mut shown: Vec<Value> = found
            .iter()
            .take(MAX_FINDINGS)
            .map(|finding| {
                let place = |byte: usize| text[..byte].chars().count();
                json!({"kind": finding.kind, "name": finding.name,
                    "begin": place(finding.begin), "end": place(finding.end)})
            })
            .collect();
        let judged = judge(context, &settings.model, &text).await?;
        let is_judged = !judged.is_empty();
        shown.extend(judged);
        let passes = match settings.action {
            Action::Block => shown.is_empty(),
            Action::Redact => !is_judged,
        };
        let text = match settings.action {
            Action::Redact => redact(&text, &found, &settings.replacement),
            Action::Block => text,
        };
        let way = if passes { "passed" } else { "blocked" };
        Ok(Output::one("text", text)
            .and("findings", shown)
            .only([way, "text", "findings"])
            .into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let patterns = settings.get("patterns").and_then(Value::as_array);
        let patterns = patterns.into_iter().flatten().enumerate();
        patterns
            .filter_map(|(position, pattern)| {
                let error = compile(pattern.get("regex")?.as_str()?).err()?;
                Some((format!("patterns[{position}].regex"), error))
            })
            .collect()
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        match settings.get("model").and_then(Value::as_str) {
            None | Some("") => Vec::new(),
            Some(_) => capability(settings),
        }
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Personal data replaced",
            json!({"action": "redact", "personal_data": ["email", "card"], "keywords": ["secret"]}),
            json!({"text": "Secret: ada@example.org pays with 4111 1111 1111 1111."}),
            json!({
                "text": "[keyword]: [email] pays with [card].",
                "findings": [
                    {"kind": "keyword", "name": "keyword", "begin": 0, "end": 6},
                    {"kind": "personal_data", "name": "email", "begin": 8, "end": 23},
                    {"kind": "personal_data", "name": "card", "begin": 34, "end": 53},
                ],
            }),
        )]
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build();
    built.map_err(|error| format!("this is no regular expression: {error}"))
}

/// Everything that is found, in order; what overlaps an earlier one is part of it.
fn find(settings: &Settings, text: &str) -> Result<Vec<Finding>, NodeError> {
    let mut found = Vec::new();
    let words = settings.keywords.iter().map(|word| word.trim());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(|word| {
            // Whole words, where a word begins and ends with letters.
            let edge = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            let begin = if edge(word.chars().next()) { r"\b" } else { "" };
            let end = if edge(word.chars().last()) { r"\b" } else { "" };
            format!("{begin}{}{end}", regex::escape(word))
        })
        .collect();
    if !words.is_empty() {
        let built = RegexBuilder::new(&words.join("|"))
            .case_insensitive(true)
            .build();
        let words = built.map_err(|error| NodeError::settings("keywords", error.to_string()))?;
        found.extend(words.find_iter(text).map(|hit| Finding {
            kind: "keyword",
            name: "keyword".to_owned(),
            begin: hit.start(),
            end: hit.end(),
        }));
    }
    for (position, pattern) in settings.patterns.iter().enumerate() {
        let regex = compile(&pattern.regex)
            .map_err(|why| NodeError::settings(format!("patterns[{position}].regex"), why))?;
        let hits = regex.find_iter(text).filter(|hit| !hit.is_empty());
        found.extend(hits.map(|hit| Finding {
            kind: "pattern",
            name: pattern.name.clone(),
            begin: hit.start(),
            end: hit.end(),
        }));
    }
    for kind in &settings.personal_data {
        let places = kind.find(text)?;
        found.extend(places.into_iter().map(|(begin, end)| Finding {
            kind: "personal_data",
            name: kind.word().to_owned(),
            begin,
            end,
        }));
    }
    found.sort_by_key(|finding| (finding.begin, std::cmp::Reverse(finding.end)));
    let mut over = 0;
    found.retain(|finding| {
        let is_new = finding.begin >= over;
        over = over.max(finding.end);
        is_new
    });
    Ok(found)
}

fn redact(text: &str, found: &[Finding], replacement: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    for finding in found {
        clean.push_str(&text[at..finding.begin]);
        clean.push_str(&replacement.replace("{name}", &finding.name));
        at = finding.end;
    }
    clean.push_str(&text[at..]);
    clean
}

/// What a moderation model finds.
async fn judge(context: &NodeContext, model: &str, text: &str) -> Result<Vec<Value>, NodeError> {
    if model.trim().is_empty() || text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("input".to_owned(), text.into());
    let bytes = ask(context, "/v1/moderations", Operation::Moderation, &body).await?;
    let answer: Value = serde_json::from_slice(&bytes).map_err(|error| cut(&error.to_string()))?;
    let result = &answer["results"][0];
    let categories = result["categories"].as_object().into_iter().flatten();
    let mut found: Vec<Value> = categories
        .filter(|(_, is_found)| **is_found == true)
        .map(|(name, _)| json!({"kind": "model", "name": name}))
        .collect();
    if found.is_empty() && result["flagged"] == true {
        found.push(json!({"kind": "model", "name": "flagged"}));
    }
    Ok(found)
}
