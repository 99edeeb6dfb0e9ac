//! Text to speech.

use gateway::local::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::{ask, capability};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Speech;

/// The form of the sound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// MP3.
    #[default]
    Mp3,
    /// Opus in Ogg.
    Opus,
    /// AAC.
    Aac,
    /// FLAC.
    Flac,
    /// WAV.
    Wav,
}

impl Format {
    const fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::Mp3 => ("mp3", "audio/mpeg"),
            Self::Opus => ("opus", "audio/ogg"),
            Self::Aac => ("aac", "audio/aac"),
            Self::Flac => ("flac", "audio/flac"),
            Self::Wav => ("wav", "audio/wav"),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The model, or an alias of one.
    #[schemars(length(min = 1), extend("x-widget" = "model", "x-operation" = "speech"))]
    model: String,
    /// What is said, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    text: Value,
    /// The model's name of the voice.
    #[serde(default = "voice")]
    voice: String,
    /// How it is said, for models that take directions.
    #[serde(default)]
    instructions: String,
    /// The form of the sound.
    #[serde(default)]
    format: Format,
    /// 1 is the usual speed.
    #[serde(default)]
    #[schemars(range(min = 0.25, max = 4.0), extend("x-advanced" = true))]
    speed: Option<f64>,
}

fn voice() -> String {
    "alloy".to_owned()
}

impl Node for Speech {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "volume",
        keywords: &["tts", "voice", "audio", "read aloud"],
        docs: "The sound is kept as a file of the run.",
        timeout_ms: 600_000,
        ..About::step(
            "ai.speech",
            Category::Ai,
            "Text to speech",
            "Says a text aloud.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("text", DataType::String, "Text").required()],
            [Port::new("audio", DataType::Audio, "Sound")],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let text = text_of(&take(&mut input, "text"));
        if text.trim().is_empty() {
            return Err(NodeError::settings("text", "there is nothing to say"));
        }
        let (ending, kind) = settings.format.facts();
        let mut body = Map::new();
        body.insert("model".to_owned(), settings.model.into());
        body.insert("input".to_owned(), text.into());
        body.insert("voice".to_owned(), settings.voice.into());
        body.insert("response_format".to_owned(), ending.into());
        if !settings.instructions.trim().is_empty() {
            body.insert("instructions".to_owned(), settings.instructions.into());
        }
        if let Some(speed) = settings.speed {
            body.insert("speed".to_owned(), speed.into());
        }
        let bytes = ask(context, "/v1/audio/speech", Operation::Speech, &body).await?;
        let name = format!("speech.{ending}");
        let file = context.put_file(&name, kind, bytes).await?;
        Ok(Output::one("audio", file.to_value()).into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        capability(settings)
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
