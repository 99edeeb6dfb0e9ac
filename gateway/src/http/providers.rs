//! Providers, their models, and whether their keys work.

use std::collections::BTreeSet;
use std::sync::Arc;

use accounts::http::{ApiError, ErrorBody, Id, Member, StrictJson};
use accounts::{Permission, Principal};
use axum::Json;
use axum::extract::{Path, State};
use providers::registry;
use serde::{Deserialize, Serialize};
use store::CredentialId;
use utoipa::ToSchema;

use super::api::Api;
use crate::catalogue::{Capability, Mode, ModelCard, PriceTable};
use crate::probe::{Probe, probe};
use crate::route::Vendor;

/// A provider of models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProviderSummary {
    /// Word in model names: `openai` in `openai/gpt-…`.
    #[schema(example = "openai")]
    id: String,
    /// Its wire format, which is also the catalogue's name for it.
    kind: String,
    /// For people.
    title: String,
    /// The vendor's API reference.
    docs_url: String,
    /// Whether the server's configuration or environment names it.
    configured: bool,
    /// Whether calls of the organization can use it: it is configured with a key or needs none, or
    /// the organization has a credential for it.
    usable: bool,
    /// Whether the organization has a credential of its own for it, which goes before the configured
    /// ones.
    has_credential: bool,
    /// Whether it can be called without a key.
    key_optional: bool,
    /// How many models the catalogue and the configuration know of it.
    models: usize,
}

/// Providers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProviderList {
    /// Sorted by id.
    data: Vec<ProviderSummary>,
}

/// List providers
///
/// All providers that this server can call, and whether the organization can use them.
#[utoipa::path(
    get, path = "/api/v1/providers", tag = "Providers", operation_id = "list_providers",
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:read"))),
    responses((status = 200, body = ProviderList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_providers(
    State(api): State<Api>,
    member: Member,
) -> Result<Json<ProviderList>, ApiError> {
    let who = member.require(Permission::ModelsRead)?;
    let table = api.0.table();
    let own = own_providers(&api, who).await?;
    let mut data = Vec::with_capacity(table.vendors.len());
    for vendor in table.vendors.values() {
        let info = vendor.provider.info();
        let has_credential = own.contains(&vendor.id);
        let keyed = vendor.configured && !vendor.keys.is_empty();
        data.push(ProviderSummary {
            id: vendor.id.clone(),
            kind: info.id.to_owned(),
            title: info.title.to_owned(),
            docs_url: info.docs_url.to_owned(),
            configured: vendor.configured,
            usable: has_credential || keyed || (vendor.configured && info.key_optional),
            has_credential,
            key_optional: info.key_optional,
            models: names(&api, vendor).len(),
        });
    }
    Ok(Json(ProviderList { data }))
}

/// Providers that the organization keeps an active credential for.
async fn own_providers(api: &Api, who: &Arc<Principal>) -> Result<BTreeSet<String>, ApiError> {
    let mut own = BTreeSet::new();
    for vendor in api.0.table().vendors.values() {
        let has = api.0.has_own_key(who, &vendor.id).await;
        if has.map_err(|_| ApiError::internal())? {
            own.insert(vendor.id.clone());
        }
    }
    Ok(own)
}

/// A model of a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelSummary {
    /// Name to call it by: `openai/gpt-4o-mini`.
    id: String,
    /// What it is for: `chat`, `embedding`, …; `null` when nobody knows.
    mode: Option<&'static str>,
    /// Tokens that it reads at most.
    context_window: Option<u64>,
    /// Tokens that it writes at most.
    max_output_tokens: Option<u64>,
    /// What it can do beyond text: `tools`, `vision`, ….
    capabilities: Vec<&'static str>,
    /// Its prices in dollars, as the catalogue keeps them; `null` when nobody knows.
    prices: Option<serde_json::Value>,
}

/// Models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelList {
    /// Sorted by id.
    data: Vec<ModelSummary>,
}

/// List a provider's models
///
/// Those that the catalogue and the configuration know, with facts and prices; the provider may have
/// others, which can be called too.
#[utoipa::path(
    get, path = "/api/v1/providers/{id}/models", tag = "Providers",
    operation_id = "list_provider_models",
    params(("id" = String, Path, description = "The provider's id", example = "openai")),
    security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("models:read"))),
    responses((status = 200, body = ModelList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_provider_models(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Json<ModelList>, ApiError> {
    let who = member.require(Permission::ModelsRead)?;
    let vendor = find(&api, &id)?;
    let catalogue = &api.0.table().catalogue;
    let kind = vendor.provider.info().id;
    let models = names(&api, &vendor).into_iter().filter_map(|model| {
        let name = format!("{}/{model}", vendor.id);
        let card = catalogue.lookup(kind, &model);
        who.may_use_model(&name)
            .then(|| ModelSummary::new(name, card.as_deref()))
    });
    Ok(Json(ModelList {
        data: models.collect(),
    }))
}

fn names(api: &Api, vendor: &Vendor) -> BTreeSet<String> {
    let table = api.0.table();
    let listed = vendor.models.iter().filter(|p| !p.is_wild());
    let known = table.catalogue.models(vendor.provider.info().id);
    let offered = known.into_iter().filter(|model| vendor.offers(model));
    listed
        .map(|p| p.fill(""))
        .chain(offered.map(str::to_owned))
        .collect()
}

impl ModelSummary {
    fn new(id: String, card: Option<&ModelCard>) -> Self {
        let capabilities = card.map(|c| c.capabilities.iter().map(Capability::word).collect());
        let prices = card.and_then(|c| c.price.as_ref()).map(PriceTable::to_json);
        Self {
            id,
            mode: card.and_then(|c| c.mode).map(Mode::word),
            context_window: card.and_then(|c| c.context_window),
            max_output_tokens: card.and_then(|c| c.max_output_tokens),
            capabilities: capabilities.unwrap_or_default(),
            prices: prices.and_then(|text| serde_json::from_str(&text).ok()),
        }
    }
}

/// What to ask for a test.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"model": "gpt-4o-mini"}))]
pub(super) struct TestRequest {
    /// The provider's name of a chat model; the cheapest one that is known when absent.
    model: Option<String>,
}

/// Test a provider
///
/// One cheap real call with the keys that calls of the organization use, and a clear verdict. It
/// counts like any other call.
#[utoipa::path(
    post, path = "/api/v1/providers/{id}/test", tag = "Providers", operation_id = "test_provider",
    params(("id" = String, Path, description = "The provider's id", example = "openai")),
    request_body = TestRequest, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:write"))),
    responses((status = 200, body = Probe), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn test_provider(
    State(api): State<Api>,
    member: Member,
    Path(id): Path<String>,
    StrictJson(wanted): StrictJson<TestRequest>,
) -> Result<Json<Probe>, ApiError> {
    let who = member.require(Permission::CredentialsWrite)?;
    let vendor = find(&api, &id)?;
    let outcome = probe(&api.0, who, &vendor, None, wanted.model).await;
    outcome.map(Json).map_err(ApiError::invalid)
}

/// Test a credential
///
/// One cheap real call to the vendor with this credential alone, and a clear verdict. It counts like
/// any other call.
#[utoipa::path(
    post, path = "/api/v1/credentials/{id}/test", tag = "Credentials",
    operation_id = "test_credential",
    params(("id" = CredentialId, Path, description = "The credential's id")),
    request_body = TestRequest, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("credentials:write"))),
    responses((status = 200, body = Probe), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn test_credential(
    State(api): State<Api>,
    member: Member,
    Id(id): Id<CredentialId>,
    StrictJson(wanted): StrictJson<TestRequest>,
) -> Result<Json<Probe>, ApiError> {
    let who = member.require(Permission::CredentialsWrite)?;
    let (org, accounts) = (member.org_id(), api.accounts());
    let credential = accounts.get_credential(org, id).await?;
    let vendor = find(&api, &credential.provider).map_err(|_| {
        ApiError::invalid(format!(
            "`{}` is no provider that this server can call; known: {}",
            credential.provider,
            known(&api)
        ))
    })?;
    if !credential.is_active {
        return Err(ApiError::invalid(
            "the credential is switched off: switch it on first",
        ));
    }
    let secret = accounts.credential_secret(org, id).await?;
    let outcome = probe(&api.0, who, &vendor, Some(secret), wanted.model).await;
    outcome.map(Json).map_err(ApiError::invalid)
}

fn find(api: &Api, id: &str) -> Result<Arc<Vendor>, ApiError> {
    let table = api.0.table();
    let vendor = table.vendors.get(id).map(Arc::clone);
    vendor.ok_or_else(|| {
        let hint = match registry::find(id) {
            Some(_) => ": it is known and needs a base URL in the configuration",
            None => "",
        };
        ApiError::not_found(format!("provider {id:.50} does not exist{hint}"))
    })
}

fn known(api: &Api) -> String {
    let table = api.0.table();
    let ids: Vec<&str> = table.vendors.keys().map(String::as_str).collect();
    ids.join(", ")
}
