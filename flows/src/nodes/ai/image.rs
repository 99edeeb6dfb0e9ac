//! Pictures by a model.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::local::Operation;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::model::{ask, capability, cut};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::fetch::{Wanted, fetch};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Image;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The model, or an alias of one.
    #[schemars(length(min = 1), extend("x-widget" = "model", "x-operation" = "images"))]
    model: String,
    /// What the picture shows, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    prompt: Value,
    /// How many pictures.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    count: u32,
    /// Width and height, such as `1024x1024`. Empty: the model's own.
    #[serde(default)]
    size: Option<String>,
    /// The model's word for its care: `low`, `high`, `hd` … Empty: its own.
    #[serde(default)]
    quality: Option<String>,
    /// The model's word for the look, where it has one.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    style: Option<String>,
}

fn one() -> u32 {
    1
}

impl Node for Image {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "photo",
        keywords: &["picture", "dall-e", "draw", "generate", "photo"],
        docs: "The pictures are kept as files of the run: `image` is the first, `images` are all.",
        timeout_ms: 600_000,
        ..About::step(
            "ai.image",
            Category::Ai,
            "Image generation",
            "Makes pictures of what a text describes.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("prompt", DataType::String, "Prompt").required()],
            [
                Port::new("image", DataType::Image, "First picture"),
                Port::new("images", DataType::array(DataType::Image), "Pictures"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let prompt = text_of(&take(&mut input, "prompt"));
        if prompt.trim().is_empty() {
            return Err(NodeError::settings("prompt", "there is nothing to draw"));
        }
        let mut body = Map::new();
        body.insert("model".to_owned(), settings.model.into());
        body.insert("prompt".to_owned(), prompt.into());
        body.insert("n".to_owned(), settings.count.into());
        let words = [
            ("size", settings.size),
            ("quality", settings.quality),
            ("style", settings.style),
        ];
        for (name, word) in words {
            if let Some(word) = word.filter(|word| !word.is_empty()) {
                body.insert(name.to_owned(), word.into());
            }
        }
        let bytes = ask(context, "/v1/images/generations", Operation::Images, &body).await?;
        let answer: Value =
            serde_json::from_slice(&bytes).map_err(|error| cut(&error.to_string()))?;
        let mut images = Vec::new();
        for (number, entry) in answer["data"].as_array().into_iter().flatten().enumerate() {
            images.push(keep(context, entry, number + 1).await?);
        }
        let Some(first) = images.first().cloned() else {
            return Err(cut("it has no picture"));
        };
        Ok(Output::one("image", first).and("images", images).into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        capability(settings)
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

/// Keeps a picture of the answer as a file.
async fn keep(context: &NodeContext, entry: &Value, number: usize) -> Result<Value, NodeError> {
    let bytes = match (entry["b64_json"].as_str(), entry["url"].as_str()) {
        (Some(text), _) => STANDARD
            .decode(text)
            .map_err(|error| cut(&error.to_string()))?
            .into(),
        (None, Some(url)) => {
            let got = fetch(context, Wanted::get(url)).await?;
            if !got.status.is_success() {
                return Err(got.failure(true));
            }
            got.body
        }
        (None, None) => return Err(cut("an entry holds neither a picture nor an address")),
    };
    let (kind, ending) = match bytes.as_ref() {
        [0xff, 0xd8, ..] => ("image/jpeg", "jpg"),
        [b'R', b'I', b'F', b'F', ..] => ("image/webp", "webp"),
        _ => ("image/png", "png"),
    };
    let name = format!("image-{number}.{ending}");
    Ok(context.put_file(&name, kind, bytes).await?.to_value())
}
