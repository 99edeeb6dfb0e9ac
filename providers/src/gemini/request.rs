//! A canonical request to the body of `generateContent`.

use serde_json::{Map, Value, json};

use crate::chat::ChatRequest;
use crate::error::Error;
use crate::notes::Notes;
use crate::provider::Target;

use super::generation::Extras;
use super::{content, generation, tools};

pub(super) fn encode(
    to: &Target<'_>,
    request: &ChatRequest,
    notes: &mut Notes,
) -> Result<Vec<u8>, Error> {
    let extras = Extras::read(&request.extra, notes);
    let conversation = content::encode(to.model, &request.messages, notes)?;
    let mut body = Map::new();
    if !conversation.system.is_empty() {
        body.insert(
            "systemInstruction".to_owned(),
            json!({"parts": conversation.system}),
        );
    }
    body.insert("contents".to_owned(), Value::Array(conversation.contents));
    let offered = tools::encode(request, extras.web_search, notes)?;
    if !offered.tools.is_empty() {
        body.insert("tools".to_owned(), Value::Array(offered.tools));
    }
    if let Some(config) = offered.config {
        body.insert("toolConfig".to_owned(), config);
    }
    let settings = generation::encode(to, request, &extras, notes)?;
    if !settings.is_empty() {
        body.insert("generationConfig".to_owned(), Value::Object(settings));
    }
    if let Some(safety) = extras.safety_settings {
        body.insert("safetySettings".to_owned(), safety.clone());
    }
    if let Some(cached) = extras.cached_content {
        body.insert("cachedContent".to_owned(), cached.clone());
    }
    serde_json::to_vec(&body)
        .map_err(|e| Error::malformed(format!("cannot write the gemini request: {e}")))
}
