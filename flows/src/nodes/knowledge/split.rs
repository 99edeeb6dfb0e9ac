//! Texts into pieces.

use rag::chunk::{Chunk, ChunkKind, ChunkSettings, Strategy, chunk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::hub::{failed, hub};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::take_list;
use crate::value::{Document, PortValues, text_of};

pub(in crate::nodes) struct Split;

/// What decides where a piece ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    /// Headings, paragraphs, lists and tables of Markdown.
    #[default]
    Structure,
    /// Size alone.
    Size,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// A text, a document or a list of them, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    text: Value,
    /// What decides where a piece ends.
    #[serde(default)]
    by: By,
    /// Tokens of a piece at most.
    #[serde(default = "pieces")]
    #[schemars(range(min = 100, max = 4096))]
    max_tokens: u32,
    /// Tokens that a piece repeats of the one before it; at most half of a piece.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2048))]
    overlap_tokens: u32,
}

fn pieces() -> u32 {
    512
}

impl Node for Split {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "scissors",
        keywords: &["chunk", "chunks", "split", "text splitter", "tokens", "rag"],
        docs: "Cuts between sentences, never inside of a word; by structure no piece goes over a heading, \
               and a table is cut between its rows and repeats its head. `chunks` are documents with the \
               origin of what they were cut from, and their headings as metadata; `texts` are their \
               texts alone. Collections cut their documents by themselves: this is for other uses, such \
               as a loop over a long text.",
        timeout_ms: 120_000,
        ..About::step(
            "knowledge.split",
            Category::Knowledge,
            "Split text",
            "Cuts long texts into pieces of a size.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("text", DataType::Any, "Text").required()],
            [
                Port::new("chunks", DataType::array(DataType::Document), "Pieces"),
                Port::new("texts", DataType::array(DataType::String), "Texts"),
                Port::new("count", DataType::Number, "Count"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let cut = ChunkSettings {
            strategy: match settings.by {
                By::Structure => Strategy::Structure,
                By::Size => Strategy::Static,
            },
            max_tokens: settings.max_tokens,
            overlap_tokens: settings.overlap_tokens,
            ..ChunkSettings::default()
        };
        cut.check()
            .map_err(|error| NodeError::settings("max_tokens", error.to_string()))?;
        let hub = hub(context)?;
        let mut chunks = Vec::new();
        for value in take_list(&mut input, "text") {
            let from = origin(value);
            if from.text.trim().is_empty() {
                continue;
            }
            let parsed = hub.parse_text("text.md", &from.text).await;
            let parsed = parsed.map_err(|error| failed(&error))?;
            let all = chunk(&parsed, &cut).into_iter();
            let pieces = all.filter(|piece| piece.kind != ChunkKind::Parent);
            chunks.extend(pieces.map(|piece| piece_of(&from, piece)));
        }
        let texts: Vec<&str> = chunks.iter().map(|piece| piece.text.as_str()).collect();
        Ok(Output::one("texts", json!(texts))
            .and("count", chunks.len())
            .and("chunks", json!(chunks))
            .into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let number =
            |name: &str, absent| settings.get(name).and_then(Value::as_u64).unwrap_or(absent);
        let mut problems = Vec::new();
        if number("overlap_tokens", 0) > number("max_tokens", u64::from(pieces())) / 2 {
            let why = "must be at most half of a piece's tokens";
            problems.push(("overlap_tokens".to_owned(), why.to_owned()));
        }
        problems
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

/// What is cut: a document as it is, anything else as a text without origin.
fn origin(value: Value) -> Document {
    let text = text_of(&value);
    let known = serde_json::from_value::<Document>(value).ok();
    known.unwrap_or_else(|| Document {
        text,
        title: String::new(),
        source: String::new(),
        metadata: serde_json::Map::new(),
    })
}

fn piece_of(from: &Document, piece: Chunk) -> Document {
    let mut metadata = from.metadata.clone();
    metadata.insert("chunk".to_owned(), piece.index.into());
    metadata.insert("tokens".to_owned(), piece.tokens.into());
    metadata.insert("headings".to_owned(), json!(piece.headings));
    Document {
        text: piece.text,
        title: from.title.clone(),
        source: from.source.clone(),
        metadata,
    }
}
