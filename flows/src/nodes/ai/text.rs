//! Text by a model.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::model::{Answer, capability, chat, conversation, request};
use super::structured::chat_json;
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult,
    Output, RawSettings,
};
use crate::nodes::shared::{take, take_list};
use crate::value::{File, Message, PortValues, text_of};

pub(in crate::nodes) struct Text;

/// What is wanted of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// Any text.
    #[default]
    Text,
    /// JSON that fits a schema.
    Json,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The model, or an alias of one.
    #[schemars(length(min = 1), extend("x-widget" = "model", "x-operation" = "chat"))]
    model: String,
    /// Who the model is, what it must and must not do.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    system: String,
    /// What is asked, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    prompt: Value,
    /// What is wanted: text, or JSON that fits a schema.
    #[serde(default)]
    format: Format,
    /// JSON Schema of the answer.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json-schema", "x-expression" = "never",
        "x-show-if" = {"field": "format", "is": ["json"]}))]
    schema: Map<String, Value>,
    /// How varied answers are: 0 hardly, 2 wildly. Empty: the model's own.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 2.0))]
    temperature: Option<f64>,
    /// Tokens of the answer at most.
    #[serde(default)]
    #[schemars(range(min = 1))]
    max_tokens: Option<u64>,
    /// Texts at which the model stops.
    #[serde(default)]
    #[schemars(length(max = 4), extend("x-advanced" = true))]
    stop: Vec<String>,
    /// The same number gives the same answer, as far as the model can.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    seed: Option<i64>,
    /// How long a reasoning model thinks: `minimal`, `low`, `medium` or `high`.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    reasoning_effort: Option<String>,
    /// Show the text while it is written.
    #[serde(default = "yes")]
    #[schemars(extend("x-advanced" = true))]
    stream: bool,
}

fn yes() -> bool {
    true
}

/// Bytes of all pictures of one question, at most.
const MAX_IMAGES: u64 = 20 * 1024 * 1024;

impl Node for Text {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "sparkles",
        keywords: &[
            "llm",
            "chat",
            "gpt",
            "claude",
            "gemini",
            "prompt",
            "completion",
            "vision",
        ],
        docs: "`prompt` is asked after the conversation that arrives at `messages`, if one does; a chat \
               trigger's conversation already ends with the question, so leave `prompt` empty then. \
               Pictures at `images` are shown with the prompt.\n\nWith the format *JSON* the answer is \
               checked against the schema, and the model is told what is wrong up to twice; `json` is \
               then the value. The text goes out as it is written: chat pages and event streams show \
               it at once.\n\nKeys, limits, budgets, fallback and cache are the gateway's; tokens and \
               money stand in the run.",
        timeout_ms: 600_000,
        ..About::step(
            "ai.text",
            Category::Ai,
            "Text generation",
            "Asks a model for text or for JSON.",
        )
    };

    fn ports(settings: &RawSettings) -> Ports {
        let mut outputs = vec![Port::new("text", DataType::String, "Text")];
        if settings.get("format").and_then(Value::as_str) == Some("json") {
            outputs.push(Port::new("json", DataType::Any, "JSON"));
        }
        outputs.extend([
            Port::new("message", DataType::Message, "Message"),
            Port::new("usage", DataType::Object, "Usage"),
            Port::new("finish_reason", DataType::String, "Why it ended"),
            Port::new("model", DataType::String, "Model"),
        ]);
        Ports::step(
            [
                Port::new("prompt", DataType::String, "Prompt"),
                Port::new(
                    "messages",
                    DataType::array(DataType::Message),
                    "Conversation",
                ),
                Port::new("images", DataType::array(DataType::Image), "Pictures"),
            ],
            outputs,
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let prompt = text_of(&take(&mut input, "prompt"));
        let history = messages(take_list(&mut input, "messages"))?;
        let images = take_list(&mut input, "images");
        let prompt = if images.is_empty() {
            Value::String(prompt)
        } else {
            with_images(context, &prompt, &images).await?
        };
        let messages = conversation(&settings.system, &history, prompt);
        if messages.is_empty() || messages.iter().all(|message| message["role"] == "system") {
            return Err(NodeError::settings("prompt", "there is nothing to ask"));
        }
        let mut body = request(
            &settings.model,
            messages,
            settings.temperature,
            settings.max_tokens,
        );
        if !settings.stop.is_empty() {
            body.insert("stop".to_owned(), json!(settings.stop));
        }
        if let Some(seed) = settings.seed {
            body.insert("seed".to_owned(), seed.into());
        }
        if let Some(effort) = settings.reasoning_effort {
            body.insert("reasoning_effort".to_owned(), effort.into());
        }
        let stream = settings.stream.then_some("text");
        match settings.format {
            Format::Text => {
                let answer = chat(context, body, stream).await?;
                Ok(output(answer).into())
            }
            Format::Json => {
                let schema = Value::Object(settings.schema);
                let (value, answer) = chat_json(context, body, &schema, stream).await?;
                Ok(output(answer).and("json", value).into())
            }
        }
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let wants_json = settings.get("format").and_then(Value::as_str) == Some("json");
        let schema = settings.get("schema").and_then(Value::as_object);
        if wants_json && schema.is_none_or(Map::is_empty) {
            return vec![("schema".to_owned(), "say what JSON is wanted".to_owned())];
        }
        Vec::new()
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        capability(settings)
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

fn output(answer: Answer) -> Output {
    let message = answer.message();
    Output::one("text", answer.text)
        .and("message", message)
        .and("usage", answer.usage)
        .and("finish_reason", answer.finish_reason)
        .and("model", answer.model)
}

/// The conversation that arrived.
pub(super) fn messages(values: Vec<Value>) -> Result<Vec<Message>, NodeError> {
    let read = values.into_iter().map(serde_json::from_value);
    read.collect::<Result<_, _>>()
        .map_err(|error| NodeError::input(format!("`messages` holds no conversation: {error}")))
}

/// The prompt with pictures beside it.
async fn with_images(
    context: &NodeContext,
    prompt: &str,
    images: &[Value],
) -> Result<Value, NodeError> {
    let mut parts = Vec::new();
    if !prompt.trim().is_empty() {
        parts.push(json!({"type": "text", "text": prompt}));
    }
    let mut total = 0;
    for image in images {
        let file = File::from_value(image)
            .ok_or_else(|| NodeError::input("`images` holds something that is no picture"))?;
        total += file.size_bytes;
        if total > MAX_IMAGES {
            let message = format!(
                "the pictures have more than {} MB",
                MAX_IMAGES / 1024 / 1024
            );
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        let bytes = context.get_file(&file).await?;
        let url = format!(
            "data:{};base64,{}",
            file.media_type,
            STANDARD.encode(&bytes)
        );
        parts.push(json!({"type": "image_url", "image_url": {"url": url}}));
    }
    Ok(parts.into())
}
