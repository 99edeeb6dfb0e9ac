//! The upstreams of the matrix: every wire format, and compatible vendors with and without quirks.

use std::sync::Arc;

use providers::provider::{ModelFacts, Settings, Target};
use providers::{DialectId, Provider};

static SETTINGS: Settings = Settings {
    api_version: None,
    deployment_urls: false,
    organization: None,
    project: None,
    headers: Vec::new(),
};

/// Which of an upstream's models a feature is asked of.
#[derive(Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Model {
    /// Today's usual one.
    #[default]
    Plain,
    /// One that the catalogue marks as reasoning.
    Reasoning,
    /// One that does not reason and follows no schema by itself.
    Old,
}

pub(crate) struct Upstream {
    pub(crate) id: &'static str,
    /// Wire formats that the fixtures may name instead, nearest first.
    pub(crate) families: &'static [&'static str],
    pub(crate) provider: Arc<dyn Provider>,
    plain: &'static str,
    reasoning: &'static str,
    old: &'static str,
}

type Row = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
);

const LIKE_OPENAI: &[&str] = &["compatible", "openai"];

const ROWS: [Row; 10] = [
    ("openai", &[], "gpt-4.1", "gpt-5", "gpt-4.1"),
    ("azure", &["openai"], "prod", "prod-thinks", "prod"),
    (
        "anthropic",
        &[],
        "claude-sonnet-4-5",
        "claude-sonnet-4-5",
        "claude-3-5-haiku-latest",
    ),
    (
        "gemini",
        &[],
        "gemini-2.5-flash",
        "gemini-2.5-pro",
        "gemini-2.0-flash",
    ),
    ("ollama", &[], "qwen3", "qwen3", "llama3.2"),
    ("custom", LIKE_OPENAI, "house", "house-thinks", "house"),
    (
        "mistral",
        LIKE_OPENAI,
        "mistral-large-latest",
        "magistral-medium-latest",
        "mistral-large-latest",
    ),
    (
        "deepseek",
        LIKE_OPENAI,
        "deepseek-chat",
        "deepseek-reasoner",
        "deepseek-chat",
    ),
    (
        "openrouter",
        LIKE_OPENAI,
        "meta-llama/llama-3.3-70b-instruct",
        "qwen/qwq-32b",
        "meta-llama/llama-3.3-70b-instruct",
    ),
    ("webhook", &[], "hook", "hook", "hook"),
];

impl Upstream {
    pub(crate) fn all() -> Vec<Self> {
        let upstream = |&(id, families, plain, reasoning, old): &Row| Self {
            id,
            families,
            provider: crate::openai::provider(id),
            plain,
            reasoning,
            old,
        };
        ROWS.iter().map(upstream).collect()
    }

    pub(crate) fn find(id: &str) -> Self {
        let mut all = Self::all().into_iter();
        all.find(|upstream| upstream.id == id).expect("is listed")
    }

    /// Whether calls of this dialect are passed through.
    pub(crate) fn speaks(&self, dialect: DialectId) -> bool {
        self.provider.info().dialects.contains(&dialect)
    }

    pub(crate) fn target(&self, model: Model) -> Target<'static> {
        Target {
            model: match model {
                Model::Plain => self.plain,
                Model::Reasoning => self.reasoning,
                Model::Old => self.old,
            },
            base_url: "http://upstream.example",
            settings: &SETTINGS,
            facts: ModelFacts {
                context_window: None,
                max_output_tokens: Some(64000),
                reasoning: model == Model::Reasoning,
                structured_output: model != Model::Old,
            },
        }
    }
}
