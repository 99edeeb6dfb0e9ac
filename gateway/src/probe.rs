//! One cheap real call to a vendor, to see whether a key works.
//!
//! A chat of one word, answered with a few tokens, by the cheapest model that the catalogue has a price
//! for. It goes through the pipeline like any other call, so limits and budgets count it and it leaves
//! a usage row; only the key may be a given one.

use std::sync::Arc;
use std::time::Instant;

use accounts::{Principal, Secret};
use bytes::Bytes;
use providers::{DialectId, Operation, Usage};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Gateway;
use crate::call::{CacheControl, Call, CallContext, Caller, Reply};
use crate::catalogue::{Catalogue, Mode, ModelCard, Terms};
use crate::error::{Code, Error};
use crate::route::Vendor;
use crate::route::keys::KeyRing;

/// Tokens of the answer at most. Some vendors take no smaller number.
const ANSWER_TOKENS: u32 = 16;

/// What a test of a key or provider found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Probe {
    /// Whether the vendor answered.
    pub ok: bool,
    /// What it means.
    pub verdict: Verdict,
    /// The same for people, with what to do.
    pub message: String,
    /// The model that was asked, as `provider/model`.
    pub model: String,
    /// Time to the answer or failure, in milliseconds.
    pub latency_ms: u64,
    /// What it cost in dollars, where that is known.
    pub cost_usd: Option<String>,
}

/// What a test means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It works.
    Works,
    /// The vendor refuses the key.
    WrongKey,
    /// There is no key.
    NoKey,
    /// The key is good, and the account has no money or quota left.
    NoCredit,
    /// The key is good, and the vendor limits its rate at the moment.
    RateLimited,
    /// The vendor knows the key and not the model, or the key may not use it.
    ModelUnavailable,
    /// The vendor cannot be reached.
    Unreachable,
    /// The vendor failed or is overloaded.
    VendorFailed,
    /// A limit, budget or permission of this gateway is in the way.
    RefusedHere,
}

/// Tests a provider with a given key, or with the keys that calls use.
///
/// # Errors
/// A sentence: there is no model to ask.
pub(crate) async fn probe(
    gateway: &Gateway,
    who: &Arc<Principal>,
    vendor: &Vendor,
    key: Option<Secret>,
    model: Option<String>,
) -> Result<Probe, String> {
    let catalogue = &gateway.table().catalogue;
    let model = match model.or_else(|| cheapest(catalogue, vendor)) {
        Some(model) => format!("{}/{model}", vendor.id),
        None => {
            return Err(format!(
                "no chat model of `{}` is known: name one as `model`",
                vendor.id
            ));
        }
    };
    let began = Instant::now();
    let kind = vendor.provider.info().id;
    let (_, outcome) = ask(gateway, who, kind, key, &model).await;
    let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (verdict, message, cost_usd) = match &outcome {
        Ok(reply) => {
            let cost = reply.headers.get("x-nab-cost-usd");
            let cost = cost.and_then(|cost| cost.to_str().ok()).map(str::to_owned);
            (Verdict::Works, "the vendor answered".to_owned(), cost)
        }
        Err(error) => (verdict(error), error.message.clone(), None),
    };
    Ok(Probe {
        ok: verdict == Verdict::Works,
        verdict,
        message,
        model,
        latency_ms,
        cost_usd,
    })
}

/// What a test of a model by its name found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelTest {
    /// Whether it answered.
    pub ok: bool,
    /// What it means.
    pub verdict: Verdict,
    /// The same for people, with what to do.
    pub message: String,
    /// The target that answered, as `provider/model`; `null` when none did.
    pub target: Option<String>,
    /// Tries at targets, the last one included.
    pub attempts: Option<u32>,
    /// Time to the answer or failure, in milliseconds.
    pub latency_ms: u64,
    /// What it cost in dollars, where that is known.
    pub cost_usd: Option<String>,
    /// The request's id, by which it is found in the request log.
    pub request_id: String,
}

/// Tests a model by the name that clients use, with its retries and fallbacks.
pub(crate) async fn test_model(gateway: &Gateway, who: &Arc<Principal>, model: &str) -> ModelTest {
    let began = Instant::now();
    let (request_id, outcome) = ask(gateway, who, "", None, model).await;
    let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(reply) => {
            let header = |name: &str| {
                let value = reply
                    .headers
                    .get(name)
                    .and_then(|value| value.to_str().ok());
                value.map(str::to_owned)
            };
            let target = header("x-nab-model");
            let message = match &target {
                Some(target) => format!("`{target}` answered"),
                None => "it answered".to_owned(),
            };
            ModelTest {
                ok: true,
                verdict: Verdict::Works,
                message,
                target,
                attempts: header("x-nab-attempts").and_then(|count| count.parse().ok()),
                latency_ms,
                cost_usd: header("x-nab-cost-usd"),
                request_id,
            }
        }
        Err(error) => ModelTest {
            ok: false,
            verdict: verdict(&error),
            message: error.message,
            target: None,
            attempts: None,
            latency_ms,
            cost_usd: None,
            request_id,
        },
    }
}

async fn ask(
    gateway: &Gateway,
    who: &Arc<Principal>,
    kind: &str,
    key: Option<Secret>,
    model: &str,
) -> (String, Result<Reply, Error>) {
    let limit = match kind {
        // Newer models of OpenAI refuse the old name.
        "openai" | "azure" => "max_completion_tokens",
        _ => "max_tokens",
    };
    let body = json!({
        "model": model,
        "messages": [{"role": "user", "content": "Hi"}],
        limit: ANSWER_TOKENS,
    });
    let context = CallContext {
        cache: CacheControl {
            enabled: Some(false),
            ..CacheControl::default()
        },
        tags: vec!["test".to_owned()],
        keys: key.map(|key| Arc::new(KeyRing::new(vec![key]))),
        ..CallContext::internal(Caller::Http, gateway.now_us())
    };
    let request_id = context.request_id.to_string();
    let operation = Operation::Chat(DialectId::Chat);
    let body = Bytes::from(body.to_string());
    let outcome = match Call::read("/v1/chat/completions", operation, body, context) {
        Ok(call) => gateway.call(who, call).await,
        Err(error) => Err(error),
    };
    (request_id, outcome)
}

fn verdict(error: &Error) -> Verdict {
    match error.code {
        Code::UpstreamAuthentication => Verdict::WrongKey,
        Code::UpstreamQuota => Verdict::NoCredit,
        Code::UpstreamRateLimited => Verdict::RateLimited,
        // Without a target nothing was asked: no key was found for it.
        Code::ModelNotFound if error.message.contains("has no API key") => Verdict::NoKey,
        Code::ModelNotFound
        | Code::InvalidRequest
        | Code::NotSupported
        | Code::ContextLengthExceeded
        | Code::ContentFilter
        | Code::NotFound
        | Code::PayloadTooLarge => Verdict::ModelUnavailable,
        Code::UpstreamUnreachable | Code::UpstreamTimeout => Verdict::Unreachable,
        Code::UpstreamOverloaded | Code::UpstreamError | Code::Internal => Verdict::VendorFailed,
        Code::InvalidApiKey
        | Code::PermissionDenied
        | Code::ModelNotAllowed
        | Code::EndpointNotAllowed
        | Code::RateLimitExceeded
        | Code::BudgetExceeded
        | Code::PriceUnknown => Verdict::RefusedHere,
    }
}

/// The chat model whose short answer costs least; of those without a price the first.
fn cheapest(catalogue: &Catalogue, vendor: &Vendor) -> Option<String> {
    let named: Vec<String> = vendor
        .models
        .iter()
        .filter(|pattern| !pattern.is_wild())
        .map(|pattern| pattern.fill(""))
        .collect();
    let usage = Usage {
        input_tokens: 10,
        output_tokens: u64::from(ANSWER_TOKENS),
        ..Usage::default()
    };
    let terms = Terms::of(Operation::Chat(DialectId::Chat));
    let kind = vendor.provider.info().id;
    let cost = |card: &ModelCard| {
        let cost = card.cost(&usage, &terms)?;
        cost.is_complete().then_some(cost.nano_usd)
    };
    let chats = catalogue
        .models(kind)
        .into_iter()
        .filter(|model| vendor.offers(model))
        .filter_map(|model| Some((model.to_owned(), catalogue.lookup(kind, model)?)))
        .filter(|(_, card)| card.mode == Some(Mode::Chat))
        // A price of nothing is that of a trial with a queue of its own.
        .filter_map(|(model, card)| Some((cost(&card).filter(|cost| *cost > 0)?, model)));
    let cheapest = chats.min().map(|(_, model)| model);
    cheapest.or_else(|| named.into_iter().next()).or_else(|| {
        let models = catalogue.models(kind);
        let first = models.into_iter().find(|model| vendor.offers(model));
        first.map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_a_vendor_has_its_verdict() {
        for (code, wanted) in [
            (Code::UpstreamAuthentication, Verdict::WrongKey),
            (Code::UpstreamQuota, Verdict::NoCredit),
            (Code::UpstreamRateLimited, Verdict::RateLimited),
            (Code::UpstreamUnreachable, Verdict::Unreachable),
            (Code::UpstreamOverloaded, Verdict::VendorFailed),
            (Code::BudgetExceeded, Verdict::RefusedHere),
            (Code::ModelNotFound, Verdict::ModelUnavailable),
        ] {
            assert_eq!(verdict(&Error::new(code, "why")), wanted, "{code:?}");
        }
        let none = Error::new(Code::ModelNotFound, "provider `x` has no API key here");
        assert_eq!(verdict(&none), Verdict::NoKey);
    }
}
