//! Sampling, output format and other settings to `generationConfig`, and Google's own fields.

use serde_json::{Map, Value, json};

use crate::chat::{ChatRequest, ResponseFormat};
use crate::error::Error;
use crate::notes::Notes;
use crate::provider::Target;

use super::{schema, thinking};

/// The API takes at most this many stop sequences.
const MAX_STOPS: usize = 5;

/// Fields outside OpenAI's request that Gemini has a place for. They are sent unchanged: Google's
/// JSON parser takes `snake_case` names as well as `camelCase` ones.
#[derive(Debug, Default)]
pub(super) struct Extras<'a> {
    pub(super) safety_settings: Option<&'a Value>,
    pub(super) cached_content: Option<&'a Value>,
    pub(super) thinking_config: Option<&'a Value>,
    pub(super) image_config: Option<&'a Value>,
    pub(super) modalities: Option<&'a Value>,
    /// `web_search_options` was given: OpenAI's way to ask for the vendor's web search.
    pub(super) web_search: bool,
}

impl<'a> Extras<'a> {
    /// Sorts the request's unknown fields; those without a counterpart are noted as dropped.
    pub(super) fn read(extra: &'a Map<String, Value>, notes: &mut Notes) -> Self {
        let mut out = Self::default();
        for (name, value) in extra.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "extra_body" => out.read_extra_body(value, notes),
                "web_search_options" => {
                    out.web_search = true;
                    notes.emulated("web_search_options");
                }
                "modalities" => out.modalities = Some(value),
                other => {
                    if !out.take(other, value) {
                        notes.dropped(other);
                    }
                }
            }
        }
        out
    }

    /// `extra_body.google.*`, as Google's OpenAI-compatible endpoint takes it.
    fn read_extra_body(&mut self, value: &'a Value, notes: &mut Notes) {
        let Some(google) = value.get("google").and_then(Value::as_object) else {
            notes.dropped("extra_body");
            return;
        };
        for (name, value) in google {
            if !self.take(name, value) {
                notes.dropped(format!("extra_body.google.{name}"));
            }
        }
    }

    fn take(&mut self, name: &str, value: &'a Value) -> bool {
        let slot = match name {
            "safetySettings" | "safety_settings" => &mut self.safety_settings,
            "cachedContent" | "cached_content" => &mut self.cached_content,
            "thinkingConfig" | "thinking_config" => &mut self.thinking_config,
            "imageConfig" | "image_config" => &mut self.image_config,
            _ => return false,
        };
        *slot = Some(value);
        true
    }
}

pub(super) fn encode(
    to: &Target<'_>,
    request: &ChatRequest,
    extras: &Extras<'_>,
    notes: &mut Notes,
) -> Result<Map<String, Value>, Error> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value);
        }
    };
    put("temperature", request.temperature.map(Value::from));
    put("topP", request.top_p.map(Value::from));
    put("topK", request.top_k.map(Value::from));
    put("maxOutputTokens", request.output_cap().map(Value::from));
    put("candidateCount", request.n.map(Value::from));
    put("stopSequences", stops(request, notes));
    put("seed", seed(request, notes));
    put("presencePenalty", request.presence_penalty.map(Value::from));
    put(
        "frequencyPenalty",
        request.frequency_penalty.map(Value::from),
    );
    if request.logprobs == Some(true) {
        put("responseLogprobs", Some(json!(true)));
        put("logprobs", request.top_logprobs.map(Value::from));
    }
    format(request, &mut put, notes);
    put("responseModalities", modalities(extras)?);
    put("imageConfig", extras.image_config.cloned());
    put("thinkingConfig", thinking(to, request, extras, notes)?);
    if request.logit_bias.is_some() {
        notes.dropped("logit_bias");
    }
    if request.user.is_some() {
        notes.dropped("user");
    }
    Ok(out)
}

fn stops(request: &ChatRequest, notes: &mut Notes) -> Option<Value> {
    let all = request.stop.as_ref()?.as_slice();
    if all.len() > MAX_STOPS {
        notes.changed("stop");
    }
    let kept = &all[..all.len().min(MAX_STOPS)];
    (!kept.is_empty()).then(|| json!(kept))
}

/// Gemini's seed is a 32-bit integer; a larger one is folded so that it still selects one sample.
fn seed(request: &ChatRequest, notes: &mut Notes) -> Option<Value> {
    let seed = request.seed?;
    if i32::try_from(seed).is_err() {
        notes.changed("seed");
    }
    Some(json!(
        i32::try_from(seed).unwrap_or((seed & 0x7fff_ffff) as i32)
    ))
}

fn format(request: &ChatRequest, put: &mut impl FnMut(&str, Option<Value>), notes: &mut Notes) {
    let schema = match &request.response_format {
        None | Some(ResponseFormat::Text) => return,
        Some(ResponseFormat::JsonObject) => None,
        Some(ResponseFormat::JsonSchema { json_schema }) => json_schema.described(),
    };
    put("responseMimeType", Some(json!("application/json")));
    let Some(schema) = schema else { return };
    let sent = schema::for_answers(&schema);
    if sent != schema {
        notes.changed("response_format.json_schema.schema");
    }
    put("responseJsonSchema", Some(sent));
}

fn modalities(extras: &Extras<'_>) -> Result<Option<Value>, Error> {
    let Some(wanted) = extras.modalities else {
        return Ok(None);
    };
    let refused = |message: String| Error::not_supported("modalities", message);
    let words = wanted
        .as_array()
        .ok_or_else(|| Error::invalid("modalities", "modalities must be an array of words"))?
        .iter()
        .map(|word| match word.as_str() {
            Some("text") => Ok("TEXT"),
            Some("image") => Ok("IMAGE"),
            Some("audio") => Err(refused(
                "gemini answers audio as raw PCM, which chat completions cannot carry".to_owned(),
            )),
            _ => Err(refused(format!(
                "gemini has no output modality {word} (text and image are translated)"
            ))),
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Text alone is the default, and models without a choice refuse the field.
    Ok((words != ["TEXT"]).then(|| json!(words)))
}

fn thinking(
    to: &Target<'_>,
    request: &ChatRequest,
    extras: &Extras<'_>,
    notes: &mut Notes,
) -> Result<Option<Value>, Error> {
    match extras.thinking_config {
        Some(own) => Ok(Some(own.clone())),
        None => thinking::encode(to, request, notes),
    }
}
