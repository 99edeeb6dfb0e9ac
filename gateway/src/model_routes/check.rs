//! What an organization's route may be, beyond what the configuration's may.

use std::sync::Arc;

use accounts::{Error, Principal, Result};

use crate::Gateway;
use crate::config::{ModelConfig, Retry, Timeouts};
use crate::route::pattern::Pattern;

/// Longest name.
const MAX_NAME: usize = 200;
/// Most models that one route names.
const MAX_TARGETS: usize = 32;
/// Largest weight.
const MAX_WEIGHT: u32 = 1_000_000;
/// Longest timeout.
const MAX_TIMEOUT_MS: u64 = 3_600_000;
/// Longest pause between tries.
const MAX_PAUSE_MS: u64 = 60_000;
/// Most further tries.
const MAX_RETRIES: u32 = 10;

/// Checks a route as it is going to be. `others` are the names of the organization's other routes.
///
/// # Errors
/// `Invalid`, naming the field and what would be right.
pub(super) fn check(
    gateway: &Gateway,
    who: &Arc<Principal>,
    name: &str,
    model: &ModelConfig,
    others: &[String],
) -> Result<()> {
    let prefixes = gateway.local_prefixes();
    check_name(name, &prefixes)?;
    check_figures(model)?;
    let table = gateway.table();
    for target in model.models() {
        let length = target.chars().count();
        if length == 0 || length > MAX_NAME || target.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "a target's `model` must have 1 to {MAX_NAME} characters"
            )));
        }
        let prefix = target.split_once('/').map_or("", |(prefix, _)| prefix);
        let is_model = table.vendors.contains_key(prefix) || prefixes.iter().any(|p| p == prefix);
        let is_route =
            others.iter().any(|o| o == target) || table.configured().contains_key(target);
        if !is_model && is_route {
            return Err(Error::invalid(format!(
                "target `{target}` is a route itself: routes lead to models and never to routes, so \
                 that they cannot go in circles; name the models that it leads to"
            )));
        }
    }
    table.check(model, &prefixes).map_err(Error::invalid)?;
    for target in model.models().filter(|t| !t.contains('*')) {
        if !table.is_vendor(target) && !gateway.has_local(who, target) {
            return Err(Error::invalid(format!(
                "target `{target}` does not exist; GET /v1/models lists what there is"
            )));
        }
    }
    Ok(())
}

fn check_name(name: &str, local: &[String]) -> Result<()> {
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME {
        return Err(Error::invalid(format!(
            "`name` must have 1 to {MAX_NAME} characters"
        )));
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::invalid(
            "`name` must not hold spaces or control characters",
        ));
    }
    if Pattern::new(name).fill("").contains('*') {
        return Err(Error::invalid("`name` may hold one `*`"));
    }
    match name.split_once('/') {
        Some((prefix, _)) if local.iter().any(|l| l == prefix) => Err(Error::invalid(format!(
            "names that begin with `{prefix}/` belong to models inside the program"
        ))),
        _ => Ok(()),
    }
}

fn check_figures(model: &ModelConfig) -> Result<()> {
    if model.models().count() > MAX_TARGETS {
        return Err(Error::invalid(format!(
            "a route names at most {MAX_TARGETS} models, fallbacks included"
        )));
    }
    if model.tables().iter().any(|t| t.weight > MAX_WEIGHT) {
        return Err(Error::invalid(format!(
            "`weight` must be 0 to {MAX_WEIGHT}"
        )));
    }
    let tables = model.tables();
    let idle = tables.iter().find(|one| {
        let mut group = tables.iter().filter(|other| other.group == one.group);
        group.all(|other| other.weight == 0)
    });
    if let Some(idle) = idle {
        return Err(Error::invalid(format!(
            "`weight` is 0 for all targets beside `{}`: nobody would be called; give one of them more",
            idle.model
        )));
    }
    if let Some(timeouts) = &model.timeouts {
        check_timeouts(timeouts)?;
    }
    model.retry.as_ref().map_or(Ok(()), check_retry)
}

fn check_timeouts(timeouts: &Timeouts) -> Result<()> {
    let all = [
        ("connect_ms", timeouts.connect_ms),
        ("headers_ms", timeouts.headers_ms),
        ("first_token_ms", timeouts.first_token_ms),
        ("stall_ms", timeouts.stall_ms),
        ("total_ms", timeouts.total_ms),
    ];
    for (field, value) in all {
        if !(1..=MAX_TIMEOUT_MS).contains(&value) {
            return Err(Error::invalid(format!(
                "`timeouts.{field}` must be 1 to {MAX_TIMEOUT_MS} milliseconds"
            )));
        }
    }
    Ok(())
}

fn check_retry(retry: &Retry) -> Result<()> {
    if retry.max_retries > MAX_RETRIES {
        return Err(Error::invalid(format!(
            "`retry.max_retries` must be 0 to {MAX_RETRIES}"
        )));
    }
    let pauses = [
        ("backoff_ms", retry.backoff_ms),
        ("backoff_max_ms", retry.backoff_max_ms),
        ("retry_after_max_ms", retry.retry_after_max_ms),
    ];
    for (field, value) in pauses {
        if value > MAX_PAUSE_MS {
            return Err(Error::invalid(format!(
                "`retry.{field}` must be 0 to {MAX_PAUSE_MS} milliseconds"
            )));
        }
    }
    Ok(())
}
