//! Speech to text.

use std::sync::Arc;

use axum::body::Body;
use bytes::{BufMut as _, BytesMut};
use gateway::Call;
use gateway::local::Operation;
use gateway::upload::Upload;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::model::{call_context, capability, cut, failed, send};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{File, PortValues};

pub(in crate::nodes) struct Transcribe;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The model, or an alias of one.
    #[schemars(length(min = 1), extend("x-widget" = "model", "x-operation" = "transcription"))]
    model: String,
    /// The sound, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    audio: Value,
    /// The language that is spoken, such as `de`. Empty: the model hears for itself.
    #[serde(default)]
    language: String,
    /// Names and words that occur.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    prompt: String,
    /// Write it down in English, whatever is spoken.
    #[serde(default)]
    to_english: bool,
}

impl Node for Transcribe {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "microphone",
        keywords: &["stt", "whisper", "audio", "transcription", "dictation"],
        docs: "`text` is what was said.",
        timeout_ms: 900_000,
        ..About::step(
            "ai.transcribe",
            Category::Ai,
            "Speech to text",
            "Writes down what is said.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("audio", DataType::Audio, "Sound").required()],
            [Port::new("text", DataType::String, "Text")],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let audio = take(&mut input, "audio");
        let file = File::from_value(&audio)
            .ok_or_else(|| NodeError::settings("audio", "this is no sound file"))?;
        let (endpoint, operation) = if settings.to_english {
            ("/v1/audio/translations", Operation::Translation)
        } else {
            ("/v1/audio/transcriptions", Operation::Transcription)
        };
        let mut fields = Map::new();
        fields.insert("model".to_owned(), settings.model.into());
        fields.insert("response_format".to_owned(), "json".into());
        for (name, text) in [("language", settings.language), ("prompt", settings.prompt)] {
            if !text.trim().is_empty() {
                fields.insert(name.to_owned(), text.into());
            }
        }
        let upload = upload(context, &file, &fields).await?;
        let body = Value::Object(fields).to_string();
        let call = Call::read(endpoint, operation, body.into(), call_context(context));
        let mut call = call.map_err(|error| failed(&error))?;
        call.upload = Some(Arc::new(upload));
        let bytes = send(context, call).await?;
        let answer: Value =
            serde_json::from_slice(&bytes).map_err(|error| cut(&error.to_string()))?;
        Ok(Output::one("text", answer["text"].clone()).into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        capability(settings)
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

/// The form that the gateway takes uploads in.
async fn upload(
    context: &NodeContext,
    file: &File,
    fields: &Map<String, Value>,
) -> Result<Upload, NodeError> {
    let boundary = format!("nab{}", uuid::Uuid::new_v4().simple());
    let mut form = BytesMut::new();
    for (name, value) in fields {
        let text = value.as_str().unwrap_or_default();
        let part = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        );
        form.put_slice(part.as_bytes());
    }
    let name = file.name.replace(['"', '\r', '\n'], "_");
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: {}\r\n\r\n",
        file.media_type.replace(['\r', '\n'], "")
    );
    form.put_slice(head.as_bytes());
    form.put_slice(&context.get_file(file).await?);
    form.put_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={boundary}");
    let most = context.services.gateway.defaults().max_upload_bytes;
    let read = Upload::read(&kind, Body::from(form.freeze()), most).await;
    read.map_err(|error| failed(&error))
}
