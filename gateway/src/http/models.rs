//! What a key can use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use accounts::Principal;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use providers::Operation;
use serde_json::{Value, json};

use super::{ingress, write};
use crate::Gateway;
use crate::catalogue::{Capability, ModelCard};
use crate::error::{Code, Error};

/// List models
///
/// The models this key may use: configured names, models of the configured providers that the
/// catalogue or the configuration knows, and models inside the program.
#[utoipa::path(
    get, path = "/v1/models", operation_id = "list_models", tag = "gateway",
    responses((status = 200, description = "OpenAI's list, with our facts beside", body = serde_json::Value)),
    security(("api_key" = []))
)]
pub(super) async fn list_models(State(gateway): State<Gateway>, headers: HeaderMap) -> Response {
    answer(&gateway, &headers, |all| {
        let data: Vec<Value> = all.into_values().collect();
        Ok(json!({"object": "list", "data": data}))
    })
    .await
}

/// Get a model
#[utoipa::path(
    get, path = "/v1/models/{*model}", operation_id = "get_model", tag = "gateway",
    params(("model" = String, Path, description = "Name, slashes included")),
    responses(
        (status = 200, description = "The model", body = serde_json::Value),
        (status = 404, description = "No such model, or this key may not use it", body = serde_json::Value),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_model(
    State(gateway): State<Gateway>,
    Path(model): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&gateway, &headers, |mut all| {
        all.remove(model.as_str()).ok_or_else(|| {
            Error::new(
                Code::ModelNotFound,
                format!("The model `{model}` does not exist or your key may not see it."),
            )
        })
    })
    .await
}

async fn answer(
    gateway: &Gateway,
    headers: &HeaderMap,
    make: impl FnOnce(BTreeMap<String, Value>) -> Result<Value, Error>,
) -> Response {
    let operation = Operation::Moderation;
    let context = match ingress::context(gateway, headers, Instant::now()) {
        Ok(context) => context,
        Err(refused) => return write::error(operation, &refused.0, &refused.1),
    };
    let outcome = match ingress::authenticate(gateway, headers).await {
        Ok(who) => visible(gateway, &who).await.and_then(make),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(body) => write::json(body.to_string().into_bytes(), &context.request_id),
        Err(error) => write::error(operation, &error, &context.request_id),
    }
}

async fn visible(
    gateway: &Gateway,
    who: &Arc<Principal>,
) -> Result<BTreeMap<String, Value>, Error> {
    let table = gateway.table();
    let mut own = BTreeSet::new();
    for vendor in table.vendors.values().filter(|vendor| !vendor.configured) {
        if !gateway.key_ring(who, vendor).await?.is_empty() {
            own.insert(vendor.id.clone());
        }
    }
    let mut all = BTreeMap::new();
    for name in table.model_names() {
        all.insert(name.to_owned(), entry(name, "gateway", None));
    }
    for name in gateway.model_route_names(who.org_id()) {
        let value = entry(&name, "gateway", None);
        all.insert(name, value);
    }
    for vendor in table.vendors.values() {
        if !vendor.configured && !own.contains(&vendor.id) {
            continue;
        }
        let kind = vendor.provider.info().id;
        let listed = vendor
            .models
            .iter()
            .filter(|p| !p.is_wild())
            .map(|p| p.fill(""));
        let known = table.catalogue.models(kind).into_iter().map(str::to_owned);
        for model in listed.chain(known.filter(|m| vendor.offers(m))) {
            let card = table.catalogue.lookup(kind, &model);
            let name = format!("{}/{model}", vendor.id);
            let value = entry(&name, &vendor.id, card.as_deref());
            all.insert(name, value);
        }
    }
    for name in gateway.local_models(who).await {
        let owner = name.split('/').next().unwrap_or_default().to_owned();
        let value = entry(&name, &owner, None);
        all.insert(name, value);
    }
    all.retain(|name, _| who.may_use_model(name));
    Ok(all)
}

/// OpenAI's model object, with what the catalogue knows beside it.
fn entry(name: &str, owner: &str, card: Option<&ModelCard>) -> Value {
    let mut value = json!({"id": name, "object": "model", "created": 0, "owned_by": owner});
    let (Some(card), Some(fields)) = (card, value.as_object_mut()) else {
        return value;
    };
    if let Some(mode) = card.mode {
        fields.insert("mode".to_owned(), json!(mode.word()));
    }
    if let Some(tokens) = card.context_window {
        fields.insert("context_window".to_owned(), json!(tokens));
    }
    if let Some(tokens) = card.max_output_tokens {
        fields.insert("max_output_tokens".to_owned(), json!(tokens));
    }
    fields.insert(
        "input_modalities".to_owned(),
        json!(card.input_modalities()),
    );
    fields.insert(
        "output_modalities".to_owned(),
        json!(card.output_modalities()),
    );
    let capabilities: Vec<&str> = card.capabilities.iter().map(Capability::word).collect();
    fields.insert("capabilities".to_owned(), json!(capabilities));
    value
}
