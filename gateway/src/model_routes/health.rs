//! How the targets of routes are doing, as this process sees it.

use std::collections::BTreeSet;
use std::sync::Arc;

use accounts::Principal;
use serde::Serialize;
use store::Micros;
use utoipa::ToSchema;

use crate::Gateway;
use crate::error::Error;
use crate::route::Backend;
use crate::route::health::Availability;

/// Whether calls go to a target now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Calls go there.
    Ready,
    /// It failed too often or asked for a pause: others are tried first until then.
    CoolingDown,
    /// The pause is over: the next call decides.
    Probing,
    /// The organization has no key for its provider.
    NoKey,
    /// It leads nowhere: the provider is not configured any more, or the model was deleted.
    Missing,
}

/// One target of the organization's or the configuration's routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TargetHealth {
    /// `provider/model`.
    #[schema(example = "openai/gpt-4.1")]
    pub target: String,
    /// Whether calls go there now.
    pub state: TargetState,
    /// Until when it cools down.
    pub until: Option<Micros>,
    /// Failures in a row, of whoever called it.
    pub failures: u32,
    /// Recent peak of the time to its answers, which fades, in milliseconds; absent while none was
    /// measured.
    pub latency_ms: Option<u64>,
}

/// How the models that these names stand for are doing.
///
/// # Errors
/// When the vault cannot be read.
pub(crate) async fn health(
    gateway: &Gateway,
    who: &Arc<Principal>,
    targets: BTreeSet<String>,
) -> Result<Vec<TargetHealth>, Error> {
    let mut all = Vec::with_capacity(targets.len());
    for target in targets {
        all.push(one(gateway, who, target).await?);
    }
    Ok(all)
}

async fn one(
    gateway: &Gateway,
    who: &Arc<Principal>,
    target: String,
) -> Result<TargetHealth, Error> {
    let mut shown = TargetHealth {
        state: TargetState::Ready,
        until: None,
        failures: 0,
        latency_ms: None,
        target,
    };
    let Ok(found) = gateway.find_target(who, &shown.target) else {
        shown.state = TargetState::Missing;
        return Ok(shown);
    };
    if let Backend::Vendor(vendor) = &found.backend {
        let keyless = vendor.provider.info().key_optional;
        if !keyless && gateway.key_ring(who, vendor).await?.is_empty() {
            shown.state = TargetState::NoKey;
            return Ok(shown);
        }
    }
    let Some(health) = gateway.table().health_of(&shown.target) else {
        return Ok(shown);
    };
    let now_us = gateway.now_us();
    (shown.state, shown.until) = match health.availability(now_us) {
        Availability::Closed => (TargetState::Ready, None),
        Availability::HalfOpen => (TargetState::Probing, None),
        Availability::Open(until) => (TargetState::CoolingDown, Some(Micros(until))),
    };
    shown.failures = health.failures();
    shown.latency_ms = health.latency_ms(now_us);
    Ok(shown)
}
