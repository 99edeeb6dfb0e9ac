//! May this caller make this call? Scope, limits and budgets in one atomic step.

use std::sync::Arc;
use std::time::Duration;

use accounts::{Budget, Limit, Metric, Period, Principal, ScopeKind, pattern};

use crate::Gateway;
use crate::call::{Call, Purse};
use crate::error::{Code, Error};
use crate::limit::{Claim, Refused, Remaining, Shape, Ticket, Unit, period_start};
use crate::route::Route;
use crate::usage::{budget_use, rating};

/// Output tokens assumed for a model whose maximum nobody knows, when the client gives no cap.
const UNKNOWN_OUTPUT_CAP: u64 = 32_768;

/// Most that a call can use, by estimate.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Estimate {
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    /// `None` when a target has no price.
    pub(crate) nano_usd: Option<i64>,
}

/// An admitted call.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    pub(crate) ticket: Ticket,
    /// What a purse has set aside.
    pub(crate) held: Option<Held>,
    pub(crate) estimate: Estimate,
    /// `x-ratelimit-*` for the answer.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What a purse has set aside for a call; settled when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    purse: Arc<dyn Purse>,
    reserved: Option<i64>,
    tokens: i64,
    nano_usd: i64,
}

impl Held {
    fn take(purse: &Arc<dyn Purse>, estimate: Estimate) -> Option<Self> {
        let reserved = estimate.nano_usd;
        purse.reserve(reserved).then(|| Self {
            purse: Arc::clone(purse),
            reserved,
            tokens: 0,
            nano_usd: 0,
        })
    }

    /// Notes what an attempt has used.
    pub(crate) fn used(&mut self, tokens: i64, nano_usd: i64) {
        self.tokens = self.tokens.saturating_add(tokens);
        self.nano_usd = self.nano_usd.saturating_add(nano_usd);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.purse.settle(self.reserved, self.tokens, self.nano_usd);
    }
}

/// Sets aside what the call may cost where its context names a purse.
fn hold(call: &Call, route: &Route) -> Result<Option<Held>, Error> {
    let Some(purse) = &call.context.purse else {
        return Ok(None);
    };
    if route.delegates() {
        // The calls that answer it are paid by the same purse.
        return Ok(None);
    }
    let rough = estimate(call, route, call.input_bound);
    if let Some(held) = Held::take(purse, rough) {
        return Ok(Some(held));
    }
    let exact = estimate(call, route, rating::count_input(call).min(call.input_bound));
    Held::take(purse, exact).map(Some).ok_or_else(|| {
        Error::new(
            Code::BudgetExceeded,
            "What is left of the run's budget is less than this call may cost; raise the budget, or \
             lower the maximum of output tokens.",
        )
    })
}

/// Checks scope, then reserves in all limits and budgets that apply.
///
/// # Errors
/// `EndpointNotAllowed`, `ModelNotAllowed`, `RateLimitExceeded`, `BudgetExceeded`, `PriceUnknown`.
pub(crate) async fn admit(
    gw: &Gateway,
    who: &Arc<Principal>,
    call: &Call,
    route: &Route,
) -> Result<Admitted, Error> {
    check_scope(who, call, route)?;
    let held = hold(call, route)?;
    let admitted = admit_by_limits(gw, who, call, route).await?;
    Ok(Admitted { held, ..admitted })
}

async fn admit_by_limits(
    gw: &Gateway,
    who: &Arc<Principal>,
    call: &Call,
    route: &Route,
) -> Result<Admitted, Error> {
    if who.limits().is_empty() && who.budgets().is_empty() {
        let estimate = estimate(call, route, call.input_bound);
        return Ok(Admitted {
            estimate,
            ..Admitted::default()
        });
    }
    let rough = estimate(call, route, call.input_bound);
    match reserve(gw, who, call, route, rough).await {
        // The rough bound is cheap and high. Before it turns a call away, the tokens are counted.
        Err(Refusal::Full(_)) => {
            let exact = estimate(call, route, rating::count_input(call).min(call.input_bound));
            reserve(gw, who, call, route, exact)
                .await
                .map_err(Refusal::into_error)
        }
        other => other.map_err(Refusal::into_error),
    }
}

/// Checks endpoint and model against the key's scopes.
///
/// # Errors
/// `EndpointNotAllowed`, `ModelNotAllowed`.
pub(crate) fn check_scope(who: &Principal, call: &Call, route: &Route) -> Result<(), Error> {
    if !call.context.nested && !who.may_use_endpoint(call.endpoint) {
        return Err(Error::new(
            Code::EndpointNotAllowed,
            format!(
                "The key \"{}\" may not use {}.",
                who.key_name(),
                call.endpoint
            ),
        ));
    }
    // Each list for itself: a key may name an alias while its organization names what is behind it.
    let allowed = who.model_scopes().iter().all(|scope| {
        let allows = |model: &str| pattern::allows(scope, model);
        allows(&call.model) || route.targets().all(|target| allows(&target.name))
    });
    if !allowed {
        return Err(Error {
            param: Some("model".to_owned()),
            ..Error::new(
                Code::ModelNotAllowed,
                format!(
                    "The key \"{}\" may not use the model `{}`.",
                    who.key_name(),
                    call.model
                ),
            )
        });
    }
    Ok(())
}

fn estimate(call: &Call, route: &Route, input_tokens: u64) -> Estimate {
    let generates =
        call.dialect().is_some() || matches!(call.operation, providers::Operation::Completions);
    let per_answer = match call.output_cap {
        _ if !generates => 0,
        Some(cap) => cap,
        None => route
            .targets()
            .map(|t| t.facts.max_output_tokens.unwrap_or(UNKNOWN_OUTPUT_CAP))
            .max()
            .unwrap_or(UNKNOWN_OUTPUT_CAP),
    };
    let output_tokens = per_answer.saturating_mul(call.n.max(1));
    let mut highest = Some(0);
    for target in route.targets() {
        let bound = rating::upper_bound(target, call, input_tokens, output_tokens);
        highest = highest.zip(bound).map(|(a, b)| a.max(b));
    }
    Estimate {
        input_tokens,
        output_tokens,
        nano_usd: highest,
    }
}

/// Why a reservation failed.
enum Refusal {
    /// A counter has no room for it; a smaller estimate might fit.
    Full(Error),
    /// It will not do whatever the estimate.
    Final(Error),
}

impl Refusal {
    fn into_error(self) -> Error {
        match self {
            Self::Full(error) | Self::Final(error) => error,
        }
    }
}

async fn reserve(
    gw: &Gateway,
    who: &Arc<Principal>,
    call: &Call,
    route: &Route,
    estimate: Estimate,
) -> Result<Admitted, Refusal> {
    let (claims, rules) = claims(gw, who, call, route, estimate).await?;
    let now_us = gw.now_us();
    match gw.limiter().reserve(&claims, now_us).await {
        Ok(ticket) => {
            let headers = headers(&claims, &ticket.remaining);
            Ok(Admitted {
                ticket,
                estimate,
                headers,
                held: None,
            })
        }
        Err(refused) => {
            let claim = &claims[refused.claim];
            if let Rule::Budget(budget) = rules[refused.claim] {
                gw.alerts().refused(who.org_id(), budget.id);
            }
            let error = explain(who, claim, rules[refused.claim], refused, estimate);
            Err(match claim.unit {
                Unit::Tokens | Unit::NanoUsd => Refusal::Full(error),
                Unit::Requests | Unit::Concurrency => Refusal::Final(error),
            })
        }
    }
}

/// The row that a claim comes from; put into words only when it refuses.
#[derive(Clone, Copy)]
enum Rule<'a> {
    Limit(&'a Limit),
    Budget(&'a Budget),
}

impl Rule<'_> {
    fn scope(self, who: &Principal) -> String {
        let scope = match self {
            Self::Limit(limit) => limit.scope,
            Self::Budget(budget) => budget.scope,
        };
        match scope {
            ScopeKind::Key => format!("key \"{}\"", who.key_name()),
            ScopeKind::User => "user of this key".to_owned(),
            ScopeKind::Team => "team of this key".to_owned(),
            ScopeKind::Organization => "organization".to_owned(),
        }
    }

    fn per(self) -> String {
        match self {
            Self::Limit(limit) if limit.metric == Metric::Concurrency => {
                "concurrent requests".to_owned()
            }
            Self::Limit(limit) => format!("{} per {}", limit.metric, limit.window),
            Self::Budget(budget) if budget.period == Period::Total => "in total".to_owned(),
            Self::Budget(budget) => format!("per {}", budget.period),
        }
    }

    fn on(self) -> String {
        let model = match self {
            Self::Limit(limit) => limit.model.as_ref(),
            Self::Budget(budget) => budget.model.as_ref(),
        };
        model.map(|m| format!(" on `{m}`")).unwrap_or_default()
    }
}

async fn claims<'a>(
    gw: &Gateway,
    who: &'a Arc<Principal>,
    call: &Call,
    route: &Route,
    estimate: Estimate,
) -> Result<(Vec<Claim>, Vec<Rule<'a>>), Refusal> {
    let tokens = signed(estimate.input_tokens.saturating_add(estimate.output_tokens));
    let mut claims = Vec::with_capacity(who.limits().len() + who.budgets().len());
    let mut rules = Vec::with_capacity(claims.capacity());
    let counts = |covers: &dyn Fn(&str) -> bool| {
        covers(&call.model) || route.targets().any(|target| covers(&target.name))
    };
    // A call that is answered by calls is one request; its tokens and money are theirs.
    let delegates = route.delegates();
    for limit in who.limits().iter().filter(|l| counts(&|m| l.covers(m))) {
        let is_request = matches!(limit.metric, Metric::Requests | Metric::Concurrency);
        if (is_request && call.context.nested) || (!is_request && delegates) {
            continue;
        }
        let (unit, amount) = match limit.metric {
            Metric::Requests => (Unit::Requests, 1),
            Metric::Tokens => (Unit::Tokens, tokens),
            Metric::Concurrency => (Unit::Concurrency, 1),
        };
        let shape = match limit.window.seconds() {
            Some(seconds) => Shape::Window(Duration::from_secs(u64::from(seconds))),
            None => Shape::Open,
        };
        claims.push(Claim {
            counter: limit.id.uuid(),
            unit,
            shape,
            max: limit.max,
            amount,
        });
        rules.push(Rule::Limit(limit));
    }
    let budgets = who.budgets().iter().filter(|_| !delegates);
    for budget in budgets.filter(|b| counts(&|m| b.covers(m))) {
        let (unit, amount) = match budget.unit {
            accounts::Unit::Tokens => (Unit::Tokens, tokens),
            accounts::Unit::NanoUsd => (
                Unit::NanoUsd,
                estimate
                    .nano_usd
                    .ok_or_else(|| price_unknown(call, route))?,
            ),
        };
        seed(gw, budget).await.map_err(Refusal::Final)?;
        let shape = Shape::Budget(budget.period);
        claims.push(Claim {
            counter: budget.id.uuid(),
            unit,
            shape,
            max: budget.max,
            amount,
        });
        rules.push(Rule::Budget(budget));
    }
    Ok((claims, rules))
}

fn price_unknown(call: &Call, route: &Route) -> Refusal {
    let unpriced: Vec<&str> = route
        .targets()
        .filter(|t| rating::upper_bound(t, call, 1, 1).is_none())
        .map(|t| t.name.as_str())
        .collect();
    Refusal::Final(Error {
        param: Some("model".to_owned()),
        ..Error::new(
            Code::PriceUnknown,
            format!(
                "A budget in money applies to this call, but {} has no price in the catalogue. Set \
                 one in the configuration: [catalogue.\"{}\"].",
                unpriced.join(", "),
                unpriced.first().copied().unwrap_or("provider/model"),
            ),
        )
    })
}

/// Makes sure the limiter knows what the budget has spent. Reads the database once per budget and
/// period, after everything in flight to it has been stored.
async fn seed(gw: &Gateway, budget: &Budget) -> Result<(), Error> {
    let start_us = period_start(budget.period, gw.now_us());
    if gw.limiter().knows_budget(budget.id.uuid(), start_us) {
        return Ok(());
    }
    gw.writer().flush().await;
    let spent = budget_use(gw.db(), budget, start_us).await.map_err(|e| {
        tracing::error!(error = %e, budget.id = %budget.id, "cannot read what a budget has spent");
        Error::new(
            Code::Internal,
            "Cannot read what the budget has spent so far; try again.",
        )
    })?;
    gw.limiter().seed_budget(budget.id.uuid(), start_us, spent);
    Ok(())
}

fn explain(
    who: &Principal,
    claim: &Claim,
    rule: Rule<'_>,
    refused: Refused,
    estimate: Estimate,
) -> Error {
    let (scope, per, on) = (rule.scope(who), rule.per(), rule.on());
    let when = match refused.retry_after {
        Some(wait) => format!(" Try again in {:.1} s.", wait.as_secs_f64()),
        None if matches!(claim.shape, Shape::Budget(_)) => String::new(),
        None => " The call alone is larger than the limit: send less, or set a lower max_tokens."
            .to_owned(),
    };
    if let Shape::Budget(_) = claim.shape {
        let show = |n: i64| match claim.unit {
            Unit::NanoUsd => format!("${}", dollars(n)),
            _ => format!("{n} tokens"),
        };
        let message = format!(
            "The budget of the {}{on} ({} {}) does not cover this call: {} used or reserved, up to \
             {} needed ({} input and at most {} output tokens). Lower max_tokens or raise the \
             budget.{}",
            scope,
            show(claim.max),
            per,
            show(refused.used),
            show(claim.amount),
            estimate.input_tokens,
            estimate.output_tokens,
            refused.retry_after.map_or_else(String::new, |wait| {
                format!(" It starts anew in {} s.", wait.as_secs())
            }),
        );
        return Error::new(Code::BudgetExceeded, message);
    }
    let message = format!(
        "Rate limit of the {}{on} reached ({}): limit {}, used {}, requested {}.{when}",
        scope, per, claim.max, refused.used, claim.amount,
    );
    let error = Error::new(Code::RateLimitExceeded, message);
    match refused.retry_after {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

/// Nano-dollars as dollars, without trailing zeros beyond cents.
pub(crate) fn dollars(nano: i64) -> String {
    let text = format!(
        "{}.{:09}",
        nano / 1_000_000_000,
        (nano % 1_000_000_000).abs()
    );
    let keep = text.trim_end_matches('0').len().max(text.len() - 7);
    text[..keep].to_owned()
}

/// OpenAI's headers for the tightest request and token windows.
fn headers(claims: &[Claim], remaining: &[Remaining]) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let tightest = |unit: Unit| {
        claims
            .iter()
            .zip(remaining)
            .filter(|(c, _)| c.unit == unit && matches!(c.shape, Shape::Window(_)))
            .min_by_key(|(_, r)| r.left)
    };
    if let Some((claim, left)) = tightest(Unit::Requests) {
        out.push(("x-ratelimit-limit-requests", claim.max.to_string()));
        out.push(("x-ratelimit-remaining-requests", left.left.to_string()));
        out.push(("x-ratelimit-reset-requests", span(left.reset)));
    }
    if let Some((claim, left)) = tightest(Unit::Tokens) {
        out.push(("x-ratelimit-limit-tokens", claim.max.to_string()));
        out.push(("x-ratelimit-remaining-tokens", left.left.to_string()));
        out.push(("x-ratelimit-reset-tokens", span(left.reset)));
    }
    out
}

/// OpenAI's duration form: `6m0s`, `1.5s`, `20ms`.
fn span(wait: Duration) -> String {
    let ms = wait.as_millis();
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{}s", (ms as f64 / 100.0).round() / 10.0),
        _ => format!("{}m{}s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_spans_read_well() {
        assert_eq!(dollars(1_000_000_000), "1.00");
        assert_eq!(dollars(1_234_500_000), "1.2345");
        assert_eq!(dollars(12), "0.000000012");
        assert_eq!(span(Duration::from_millis(20)), "20ms");
        assert_eq!(span(Duration::from_millis(1_500)), "1.5s");
        assert_eq!(span(Duration::from_secs(360)), "6m0s");
    }
}
