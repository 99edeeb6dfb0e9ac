//! Trying targets until one answers.
//!
//! Until the first byte has been handed to the client any failure may lead to the next try; the
//! error's kind alone decides which. After it, the relay ends the stream with an in-band error.

use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::Principal;
use futures_util::future::BoxFuture;
use providers::{Error, ErrorKind};

use super::cache::Slot;
use super::meter::Meter;
use crate::Gateway;
use crate::attempt::{self, Attempt};
use crate::call::{Call, Reply};
use crate::config::Retry;
use crate::error::Error as GatewayError;
use crate::route::keys::{KeyRing, KeySlot};
use crate::route::target::Weighted;
use crate::route::{Backend, Route, Target, pick};
use crate::upstream::prepare::Canonical;

/// Everything a call carries while targets are tried.
pub(crate) struct CallState {
    pub(crate) gw: Gateway,
    pub(crate) who: Arc<Principal>,
    pub(crate) call: Arc<Call>,
    pub(crate) route: Arc<Route>,
    /// The cache entry to fill, when the answer may be kept.
    pub(crate) slot: Option<Slot>,
    pub(crate) meter: Meter,
}

/// Tries the route's groups in order, then gives up with the most telling error.
///
/// # Errors
/// The last target's error.
pub(crate) async fn call(mut state: CallState) -> Result<Reply, GatewayError> {
    let mut canonical = Canonical::default();
    let mut last: Option<(Error, Arc<Target>)> = None;
    let route = Arc::clone(&state.route);
    for (position, group) in route.groups.iter().enumerate() {
        if position > 0 {
            // What a fallback answers must not fill the entry of the model that was asked.
            state.slot = None;
        }
        match try_group(&mut state, &mut canonical, group).await {
            Ok(reply) => return Ok(reply),
            Err(Failure::Target(error, target)) => {
                let special = special_fallbacks(&route, error.kind);
                if !special.is_empty() {
                    state.slot = None;
                    return try_each(state, &mut canonical, special, (error, target)).await;
                }
                let hopeless = !moves_on(error.kind);
                last = Some((error, target));
                if hopeless {
                    break;
                }
            }
            Err(Failure::NoneAvailable) => {}
        }
    }
    if last.is_none()
        && let Some(target) = pick::least_bad(&route.groups)
    {
        // Every breaker is open. Sending to the one that closes first beats refusing.
        match try_target(&mut state, &mut canonical, target).await {
            Ok(reply) => return Ok(reply),
            Err(error) => last = Some((error, Arc::clone(target))),
        }
    }
    let Some((error, target)) = last else {
        return Err(GatewayError::new(
            crate::error::Code::UpstreamUnreachable,
            format!(
                "The model `{}` has no target with a weight above 0.",
                state.call.model
            ),
        ));
    };
    Err(shown(error, &target))
}

enum Failure {
    Target(Error, Arc<Target>),
    NoneAvailable,
}

/// Whether another target may do better where this one failed with `kind`.
fn moves_on(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::ContextWindow | ErrorKind::ContentPolicy => false,
        ErrorKind::NotSupported
        | ErrorKind::ModelNotFound
        | ErrorKind::Authentication
        | ErrorKind::QuotaExhausted
        | ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::Upstream
        | ErrorKind::Timeout
        | ErrorKind::Connection
        | ErrorKind::Malformed => true,
    }
}

/// Whether a failure says something about the target's health (and not about the request or a key).
fn is_sickness(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Overloaded
            | ErrorKind::Upstream
            | ErrorKind::Timeout
            | ErrorKind::Connection
            | ErrorKind::Malformed
    )
}

fn special_fallbacks(route: &Route, kind: ErrorKind) -> &[Arc<Target>] {
    match kind {
        ErrorKind::ContextWindow => &route.context_window_fallbacks,
        ErrorKind::ContentPolicy => &route.content_policy_fallbacks,
        _ => &[],
    }
}

async fn try_each(
    mut state: CallState,
    canonical: &mut Canonical,
    targets: &[Arc<Target>],
    mut last: (Error, Arc<Target>),
) -> Result<Reply, GatewayError> {
    for target in targets {
        match try_target(&mut state, canonical, target).await {
            Ok(reply) => return Ok(reply),
            Err(error) => last = (error, Arc::clone(target)),
        }
    }
    Err(shown(last.0, &last.1))
}

/// Tries each available target of a group once, then the group again after a pause, up to the
/// configured number of retries.
async fn try_group(
    state: &mut CallState,
    canonical: &mut Canonical,
    group: &[Weighted],
) -> Result<Reply, Failure> {
    let retry = state.route.retry;
    let mut tried = vec![false; group.len()];
    let mut pauses = 0;
    let mut last: Option<(Error, Arc<Target>)> = None;
    let sticky = state
        .who
        .key_id()
        .map(store::KeyId::uuid)
        .unwrap_or_default();
    loop {
        let now_us = state.gw.now_us();
        let picked = pick::pick(group, &tried, state.route.strategy, sticky, now_us);
        if let Some(at) = picked {
            tried[at] = true;
            let target = &group[at].target;
            match try_target(state, canonical, target).await {
                Ok(reply) => return Ok(reply),
                Err(error) => {
                    let stop = !moves_on(error.kind);
                    last = Some((error, Arc::clone(target)));
                    if stop {
                        break;
                    }
                }
            }
            continue;
        }
        let Some((error, _)) = &last else { break };
        let Some(pause) = pause_before_retry(error, &retry, pauses) else {
            break;
        };
        pauses += 1;
        tokio::time::sleep(pause).await;
        tried.fill(false);
    }
    match last {
        Some((error, target)) => Err(Failure::Target(error, target)),
        None => Err(Failure::NoneAvailable),
    }
}

/// How long to wait before the group is tried again; `None` when it is not.
fn pause_before_retry(error: &Error, retry: &Retry, pauses: u32) -> Option<Duration> {
    if !error.kind.is_retryable() || pauses >= retry.max_retries {
        return None;
    }
    if let Some(asked) = error.retry_after_ms {
        // A little more than asked: many callers wait for the same moment.
        let jitter = rand::random::<u64>() % (asked / 10 + 50);
        return (asked <= retry.retry_after_max_ms).then(|| Duration::from_millis(asked + jitter));
    }
    let base = retry
        .backoff_ms
        .saturating_mul(1 << pauses.min(16))
        .min(retry.backoff_max_ms);
    // Between half and all of it.
    let jittered = base / 2 + rand::random::<u64>() % (base / 2 + 1);
    Some(Duration::from_millis(jittered))
}

/// Tries one target, with another of its keys where a key is the trouble.
fn try_target<'a>(
    state: &'a mut CallState,
    canonical: &'a mut Canonical,
    target: &'a Arc<Target>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    // Boxed: three callers, and a state of kilobytes.
    Box::pin(async move {
        let mut last: Option<Error> = None;
        let ring = key_ring(state, target).await?;
        loop {
            let key = match choose_key(&state.gw, &ring, last.is_some()) {
                KeyChoice::Use(key) => key,
                KeyChoice::Exhausted => {
                    return Err(last.unwrap_or_else(|| no_key(target)));
                }
            };
            state.meter.begin(target);
            let begun = Instant::now();
            let secret = key.map(|slot| ring.secret(slot));
            let attempt = Attempt { secret, target };
            match attempt::run(state, canonical, &attempt).await {
                Ok(reply) => {
                    target.health.succeeded(begun.elapsed(), state.gw.now_us());
                    return Ok(reply);
                }
                Err(error) => {
                    state.meter.failed(&error);
                    log(&state.call, target, &error);
                    if !blame_key(&state.gw, &ring, key, &error) {
                        blame_target(&state.gw, target, &error);
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
    })
}

enum KeyChoice {
    Use(Option<KeySlot>),
    Exhausted,
}

/// The keys for a target; an empty ring where none are needed.
async fn key_ring(state: &CallState, target: &Target) -> Result<Arc<KeyRing>, Error> {
    let Backend::Vendor(vendor) = &target.backend else {
        return Ok(Arc::default());
    };
    if let Some(ring) = &state.call.context.keys {
        return Ok(Arc::clone(ring));
    }
    let ring = state.gw.key_ring(&state.who, vendor).await;
    let ring = ring.map_err(|e| Error::new(ErrorKind::Connection, e.message))?;
    if ring.is_empty() && !vendor.provider.info().key_optional {
        return Err(no_key(target));
    }
    Ok(ring)
}

fn choose_key(gw: &Gateway, ring: &KeyRing, again: bool) -> KeyChoice {
    if ring.is_empty() {
        return if again {
            KeyChoice::Exhausted
        } else {
            KeyChoice::Use(None)
        };
    }
    match ring.pick(gw.now_us()) {
        Some(slot) => KeyChoice::Use(Some(slot)),
        // All keys rest: the first try may still use the one that has rested longest.
        None if !again => KeyChoice::Use(ring.least_bad()),
        None => KeyChoice::Exhausted,
    }
}

fn no_key(target: &Target) -> Error {
    let vendor = &target.provider_id;
    let variable = match &target.backend {
        Backend::Vendor(v) => v.provider.info().key_env,
        Backend::Local(_) => "",
    };
    Error::new(
        ErrorKind::ModelNotFound,
        format!(
            "provider `{vendor}` has no API key here: set {variable} or [providers.{vendor}] on \
             the server, or store a credential (POST /api/v1/credentials)"
        ),
    )
}

/// Takes a key out of rotation when it is the trouble. True when another one should be tried at once.
fn blame_key(gw: &Gateway, ring: &KeyRing, key: Option<KeySlot>, error: &Error) -> bool {
    let Some(slot) = key else { return false };
    let now_us = gw.now_us();
    match error.kind {
        ErrorKind::Authentication | ErrorKind::QuotaExhausted => ring.retire(slot, now_us),
        ErrorKind::RateLimited => {
            let wait = error.retry_after_ms.unwrap_or(1_000);
            ring.rest(slot, Duration::from_millis(wait), now_us);
        }
        _ => return false,
    }
    ring.pick(now_us).is_some()
}

fn blame_target(gw: &Gateway, target: &Target, error: &Error) {
    let breaker = gw.breaker();
    let asked = error.retry_after_ms.map(Duration::from_millis);
    if is_sickness(error.kind) {
        target.health.failed(&breaker, asked, gw.now_us());
    } else if error.kind == ErrorKind::RateLimited && asked.is_some() {
        // All its keys are limited until a known time: other targets first until then.
        target.health.failed(&breaker, asked, gw.now_us());
    }
}

fn log(call: &Call, target: &Target, error: &Error) {
    tracing::warn!(
        request.id = %call.context.request_id,
        target = %target.name,
        error.kind = %error.kind,
        error.status = error.status,
        error = %error.message,
        "attempt failed"
    );
}

fn shown(error: Error, target: &Target) -> GatewayError {
    let from_client = matches!(
        error.kind,
        ErrorKind::InvalidRequest | ErrorKind::NotSupported | ErrorKind::ContextWindow
    );
    let message = match from_client && error.status.is_none() {
        true => error.message.clone(),
        false => format!("{}: {}", target.name, error.message),
    };
    GatewayError {
        message,
        ..GatewayError::from(error)
    }
    .with_target(&target.name)
}
