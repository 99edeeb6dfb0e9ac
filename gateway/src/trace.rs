//! Spans of model calls, under OpenTelemetry's names for generative AI.
//!
//! All have the target [`TARGET`]: the log ignores it, the trace exporter (when there is one) takes
//! nothing else. Without an exporter a span costs one comparison.

use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::call::Call;
use crate::usage::UsageRecord;

/// Target of everything that is meant for traces and not for the log.
pub const TARGET: &str = "traces";

/// The span of a call: it ends with the call, streams included.
pub(crate) fn call(call: &Call) -> Span {
    info_span!(
        target: TARGET,
        "model_call",
        otel.kind = "client",
        "gen_ai.operation.name" = call.operation.word(),
        "gen_ai.request.model" = %call.model,
        "gen_ai.system" = Empty,
        "gen_ai.response.model" = Empty,
        "gen_ai.response.id" = Empty,
        "gen_ai.usage.input_tokens" = Empty,
        "gen_ai.usage.output_tokens" = Empty,
        "error.type" = Empty,
        "nab.request_id" = %call.context.request_id,
        "nab.attempts" = Empty,
        "nab.cost_nano_usd" = Empty,
    )
}

/// What an attempt adds to its call's span; the last attempt stands.
pub(crate) fn attempt(span: &Span, row: &UsageRecord) {
    if span.is_disabled() {
        return;
    }
    span.record("gen_ai.system", row.provider.as_str());
    span.record("gen_ai.response.model", row.model.as_str());
    span.record("gen_ai.usage.input_tokens", row.usage.input_tokens);
    span.record("gen_ai.usage.output_tokens", row.usage.output_tokens);
    span.record("nab.attempts", row.attempt);
    if let Some(id) = &row.upstream_id {
        span.record("gen_ai.response.id", id.as_str());
    }
    if let Some(kind) = &row.error_kind {
        span.record("error.type", kind.as_str());
    }
    if let Some(cost) = row.cost_nano_usd {
        span.record("nab.cost_nano_usd", cost);
    }
}
