//! Canonical request to `POST /v1/messages`.

use serde_json::{Map, Value, json};

use super::format::{self, Slots};
use super::model::{self, Traits};
use super::thinking;
use super::tools::{self, Offer};
use super::turns;
use super::wire::{DEFAULT_MAX_TOKENS, REQUEST_FIELDS};
use super::{DEFAULT_VERSION, content};
use crate::chat::ChatRequest;
use crate::error::Error;
use crate::notes::Notes;
use crate::provider::Target;

/// First `anthropic-version` that refuses sampling parameters. Versions are dates and sort as text.
const VERSION_WITHOUT_SAMPLING: &str = "2026-10-21";

/// The body. See [`crate::Provider::encode_chat`].
pub(super) fn encode(
    to: &Target<'_>,
    request: &ChatRequest,
    notes: &mut Notes,
) -> Result<Vec<u8>, Error> {
    refuse(request)?;
    let traits = model::traits(to.model);
    // Models that refuse a forced tool are all of a generation with native schemas.
    let native_schema = to.facts.structured_output || !traits.forced_tools;
    let max_tokens = max_tokens(to, request, notes);
    let plan = thinking::plan(traits, to.facts.reasoning, max_tokens, request, notes)?;
    let mut conversation = turns::encode(&request.messages, notes)?;
    let may_force = traits.forced_tools && !plan.is_active();
    let mut offer = tools::encode(request, native_schema, notes)?;
    if offer.tools.is_empty() {
        offer = Offer::from_history(&conversation.called, notes);
    }
    if offer.is_forced() && !may_force {
        offer.relax();
        notes.changed("tool_choice");
    }
    let mut output_config = own_output_config(request);
    if let Some(effort) = plan.effort {
        output_config.insert("effort".to_owned(), json!(effort));
    }
    if let Some(wanted) = &request.response_format {
        let mut slots = Slots {
            system: &mut conversation.system,
            offer: &mut offer,
            output_config: &mut output_config,
        };
        format::apply(wanted, native_schema, may_force, &mut slots, notes)?;
    }

    let (system, messages) = conversation.into_messages();
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", Some(json!(to.model)));
    put("max_tokens", Some(json!(max_tokens)));
    put(
        "system",
        (!system.is_empty()).then(|| content::compact(system)),
    );
    put("messages", Some(Value::Array(messages)));
    put(
        "tools",
        (!offer.tools.is_empty()).then_some(Value::Array(offer.tools)),
    );
    put("tool_choice", offer.choice);
    let thinks = plan.is_active();
    put("thinking", plan.thinking);
    put(
        "output_config",
        (!output_config.is_empty()).then_some(Value::Object(output_config)),
    );
    put("stop_sequences", stop_sequences(request, notes));
    put(
        "stream",
        (request.stream == Some(true)).then_some(json!(true)),
    );
    add_sampling(&mut body, to, traits, thinks, request, notes);
    add_metadata(&mut body, request, notes);
    add_extras(&mut body, request, notes);
    note_absent(request, notes);
    serde_json::to_vec(&body)
        .map_err(|e| Error::invalid("messages", format!("cannot encode the request: {e}")))
}

/// Things whose silent loss would give the client something else than it asked for.
fn refuse(request: &ChatRequest) -> Result<(), Error> {
    if request.n.is_some_and(|n| n > 1) {
        return Err(Error::not_supported(
            "n",
            "anthropic gives one answer a call",
        ));
    }
    let modalities = request.extra.get("modalities").and_then(Value::as_array);
    if modalities.is_some_and(|list| list.iter().any(|word| word != "text")) {
        return Err(Error::not_supported(
            "modalities",
            "anthropic models answer in text only",
        ));
    }
    Ok(())
}

/// Anthropic refuses stop sequences of white space alone, which OpenAI's clients like (`"\n"`).
fn stop_sequences(request: &ChatRequest, notes: &mut Notes) -> Option<Value> {
    let all = request.stop.as_ref()?.as_slice();
    let kept: Vec<&String> = all.iter().filter(|s| !s.trim().is_empty()).collect();
    if kept.len() < all.len() {
        notes.dropped("stop");
    }
    (!kept.is_empty()).then(|| json!(kept))
}

fn max_tokens(to: &Target<'_>, request: &ChatRequest, notes: &mut Notes) -> u64 {
    let limit = to.facts.max_output_tokens;
    match (request.output_cap(), limit) {
        (Some(cap), Some(limit)) if cap > limit => {
            notes.changed("max_tokens");
            limit
        }
        (Some(cap), _) => cap,
        // No cap means "as much as the model gives", which is what the catalogue's figure says.
        (None, Some(limit)) => limit,
        (None, None) => {
            notes.changed("max_tokens");
            DEFAULT_MAX_TOKENS
        }
    }
}

/// Anthropic's own `output_config` of a client that speaks it, without what canonical fields carry.
fn own_output_config(request: &ChatRequest) -> Map<String, Value> {
    let own = request
        .extra
        .get("output_config")
        .and_then(Value::as_object);
    own.cloned().unwrap_or_default()
}

fn add_sampling(
    body: &mut Map<String, Value>,
    to: &Target<'_>,
    traits: Traits,
    thinks: bool,
    request: &ChatRequest,
    notes: &mut Notes,
) {
    let version = to
        .settings
        .api_version
        .as_deref()
        .unwrap_or(DEFAULT_VERSION);
    let allowed = traits.sampling && !thinks && version < VERSION_WITHOUT_SAMPLING;
    // 1 is the default of both: leaving it out changes nothing.
    if let Some(temperature) = request.temperature {
        if !allowed {
            if temperature != 1.0 {
                notes.dropped("temperature");
            }
        } else {
            if temperature > 1.0 {
                notes.changed("temperature");
            }
            body.insert("temperature".to_owned(), json!(temperature.min(1.0)));
        }
    }
    if let Some(top_p) = request.top_p {
        let crowded = request.temperature.is_some() && !traits.both_sampling;
        if !allowed || crowded {
            if top_p != 1.0 {
                notes.dropped("top_p");
            }
        } else {
            body.insert("top_p".to_owned(), json!(top_p));
        }
    }
    if let Some(top_k) = request.top_k {
        if !allowed {
            notes.dropped("top_k");
        } else {
            body.insert("top_k".to_owned(), json!(top_k));
        }
    }
}

/// `metadata` holds one thing at Anthropic: the end user.
fn add_metadata(body: &mut Map<String, Value>, request: &ChatRequest, notes: &mut Notes) {
    let metadata = request.extra.get("metadata").and_then(Value::as_object);
    let named = metadata.and_then(|m| m.get("user_id")).cloned();
    let safety = request.extra.get("safety_identifier").cloned();
    let user = request.user.as_ref().map(|user| json!(user));
    // Clients name the end user in up to three places, and may mean several things by it.
    let mut given = [user, named, safety].into_iter().flatten();
    if let Some(user) = given.next() {
        if given.any(|other| other != user) {
            notes.changed("user");
        }
        body.insert("metadata".to_owned(), json!({"user_id": user}));
    }
    for name in metadata.into_iter().flat_map(Map::keys) {
        if name != "user_id" {
            notes.dropped(format!("metadata.{name}"));
        }
    }
}

fn add_extras(body: &mut Map<String, Value>, request: &ChatRequest, notes: &mut Notes) {
    for (name, value) in &request.extra {
        match name.as_str() {
            "output_config" | "metadata" | "safety_identifier" | "modalities" => {}
            "service_tier" => match value.as_str() {
                Some("auto" | "standard_only") => {
                    body.insert(name.clone(), value.clone());
                }
                Some("default") => {
                    body.insert(name.clone(), json!("standard_only"));
                }
                _ => notes.dropped(name),
            },
            known if REQUEST_FIELDS.contains(&known) => {
                body.insert(name.clone(), value.clone());
            }
            // `store: false` and the like ask for nothing.
            _ if matches!(value, Value::Null | Value::Bool(false)) => {}
            _ => notes.dropped(name),
        }
    }
}

fn note_absent(request: &ChatRequest, notes: &mut Notes) {
    let absent = [
        ("seed", request.seed.is_some()),
        (
            "presence_penalty",
            request.presence_penalty.is_some_and(|p| p != 0.0),
        ),
        (
            "frequency_penalty",
            request.frequency_penalty.is_some_and(|p| p != 0.0),
        ),
        ("logit_bias", request.logit_bias.is_some()),
        ("logprobs", request.logprobs == Some(true)),
        ("top_logprobs", request.top_logprobs.is_some_and(|n| n > 0)),
    ];
    for (name, _) in absent.into_iter().filter(|(_, is_set)| *is_set) {
        notes.dropped(name);
    }
}
