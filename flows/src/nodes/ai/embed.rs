//! Texts as vectors.

use gateway::local::Operation;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::model::{ask, capability, cut};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take_list;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Embed;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The model, or an alias of one.
    #[schemars(length(min = 1), extend("x-widget" = "model", "x-operation" = "embeddings"))]
    model: String,
    /// A text or a list of texts, where no edge brings them.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    texts: Value,
    /// Numbers of a vector, for models that can shorten theirs.
    #[serde(default)]
    #[schemars(range(min = 1), extend("x-advanced" = true))]
    dimensions: Option<u32>,
}

/// Texts in one call.
const BATCH: usize = 256;

impl Node for Embed {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "vector",
        keywords: &["embedding", "vector", "similarity", "semantic"],
        docs: "`vectors` come in the order of the texts; `vector` is the first. Many texts are sent in \
               batches.",
        timeout_ms: 300_000,
        ..About::step(
            "ai.embed",
            Category::Ai,
            "Embedding",
            "Turns texts into vectors.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("texts", DataType::array(DataType::String), "Texts").required()],
            [
                Port::new("vectors", DataType::array(DataType::Vector), "Vectors"),
                Port::new("vector", DataType::Vector, "First vector"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let texts: Vec<String> = take_list(&mut input, "texts").iter().map(text_of).collect();
        if texts.is_empty() {
            return Err(NodeError::settings("texts", "there are no texts"));
        }
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            vectors.extend(embed(context, &settings, batch).await?);
        }
        let first = vectors.first().cloned().unwrap_or_default();
        Ok(Output::one("vectors", vectors).and("vector", first).into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        capability(settings)
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

async fn embed(
    context: &NodeContext,
    settings: &Settings,
    texts: &[String],
) -> Result<Vec<Value>, NodeError> {
    let mut body = Map::new();
    body.insert("model".to_owned(), settings.model.clone().into());
    body.insert("input".to_owned(), json!(texts));
    body.insert("encoding_format".to_owned(), "float".into());
    if let Some(dimensions) = settings.dimensions {
        body.insert("dimensions".to_owned(), dimensions.into());
    }
    let bytes = ask(context, "/v1/embeddings", Operation::Embeddings, &body).await?;
    let mut answer: Value =
        serde_json::from_slice(&bytes).map_err(|error| cut(&error.to_string()))?;
    let mut vectors = vec![Value::Null; texts.len()];
    for entry in answer["data"].as_array_mut().into_iter().flatten() {
        let place = entry["index"]
            .as_u64()
            .and_then(|at| usize::try_from(at).ok());
        if let Some(slot) = place.and_then(|at| vectors.get_mut(at)) {
            *slot = entry["embedding"].take();
        }
    }
    if vectors.iter().any(|vector| !vector.is_array()) {
        return Err(cut("it has not a vector for each text"));
    }
    Ok(vectors)
}
