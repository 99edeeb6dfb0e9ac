//! A span for each request, continuing the client's trace. Only where traces are exported.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Instrument;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Middleware: the request's span is the parent of the calls it makes.
pub(crate) async fn traced(request: Request, next: Next) -> Response {
    let span = tracing::info_span!(
        target: gateway::trace::TARGET,
        "http_request",
        otel.kind = "server",
        "http.request.method" = %request.method(),
        "url.path" = request.uri().path(),
        "http.response.status_code" = Empty,
    );
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "cannot continue the client's trace");
    }
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
