//! What stands before all handlers: security headers, cross-origin rules, and for `/api/v1` the
//! organization's rate and idempotency keys.

use std::num::NonZeroU32;
use std::sync::Arc;

use accounts::http::{ApiError, organization_of};
use anyhow::{Context as _, Result};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    IF_MATCH, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use gateway::Gateway;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::ServerConfig;
use crate::web::Framed;

/// Pages load from this server alone. Styles may be inline, because the web app's components set them
/// on elements; scripts may not.
const PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
     manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);
/// Everything else is data, and nobody shows it as a page.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Two years, as browsers' preload lists ask.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What the headers depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Headers {
    /// Whether people reach the server over TLS.
    pub(crate) tls: bool,
}

impl Headers {
    pub(crate) fn new(config: &ServerConfig) -> Self {
        let url = config.public_url.as_deref().unwrap_or_default();
        Self {
            tls: url.starts_with("https://"),
        }
    }
}

/// Middleware: puts security headers on every answer that has none of its own.
pub(crate) async fn with_headers(
    State(config): State<Headers>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    config.put(&mut response);
    response
}

impl Headers {
    /// Puts them on an answer that has none of its own.
    pub(crate) fn put(self, response: &mut Response) {
        let is_page = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let policy = if is_page { PAGES } else { DATA };
        let is_framed = response.extensions().get::<Framed>().is_some();
        let headers = response.headers_mut();
        let mut put = |name, value| {
            headers.entry(name).or_insert(value);
        };
        put(CONTENT_SECURITY_POLICY, policy);
        put(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !is_framed {
            put(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        put(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if is_page {
            let devices = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()";
            put(PERMISSIONS_POLICY, HeaderValue::from_static(devices));
            put(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        }
        if self.tls {
            put(STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}

/// Which pages of other origins may call: those configured, with keys or tokens, never with cookies.
///
/// # Errors
/// Which origin is wrong.
pub(crate) fn cors(config: &ServerConfig) -> Result<Option<CorsLayer>> {
    if config.cors_origins.is_empty() {
        return Ok(None);
    }
    let origins = config.cors_origins.iter().map(|origin| read_origin(origin));
    let origins = origins
        .collect::<Result<Vec<_>>>()
        .context("`server.cors_origins`")?;
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            ACCEPT,
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            accounts::http::IDEMPOTENCY_KEY,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("api-key"),
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("x-nab-cache-control"),
            HeaderName::from_static("x-nab-tags"),
            HeaderName::from_static("anthropic-version"),
            HeaderName::from_static("anthropic-beta"),
            HeaderName::from_static("openai-beta"),
        ])
        .expose_headers([
            ETAG,
            RETRY_AFTER,
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("x-nab-model"),
            HeaderName::from_static("x-nab-cost-usd"),
        ])
        .max_age(std::time::Duration::from_secs(600));
    Ok(Some(layer))
}

/// `https://app.example.org`: scheme and host, nothing behind. A `*` would let every page in.
fn read_origin(text: &str) -> Result<HeaderValue> {
    let named = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let fits = named.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '@', ' ']));
    anyhow::ensure!(
        fits,
        "`{text}` is no origin: write scheme and host, such as https://app.example.org"
    );
    Ok(HeaderValue::from_str(text)?)
}

/// What the rate of `/api/v1` depends on.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    pub(crate) gateway: Gateway,
    /// For organizations whose plan says nothing; 0 for any number.
    pub(crate) per_minute: u32,
}

/// Middleware: refuses requests of an organization to `/api/v1` beyond its rate.
pub(crate) async fn with_rate(
    State(rate): State<Arc<Rate>>,
    request: Request,
    next: Next,
) -> Response {
    if !is_api(&request) {
        return next.run(request).await;
    }
    let accounts = rate.gateway.accounts();
    let Some(org) = organization_of(accounts, request.headers()).await else {
        return next.run(request).await;
    };
    let facts = accounts.organization_facts(org);
    let of_plan = facts
        .as_ref()
        .and_then(|facts| facts.plan.as_ref()?.api_requests_per_minute);
    let max = of_plan.unwrap_or(rate.per_minute);
    if max == 0 {
        return next.run(request).await;
    }
    match rate.gateway.admit_api_request(org, i64::from(max)).await {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
            let message = format!(
                "the organization made more than {max} requests to /api/v1 within a minute: try again \
                 in {seconds} s"
            );
            let mut error =
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "api_rate_exceeded", message);
            error.retry_after = NonZeroU32::new(seconds);
            error.into_response()
        }
    }
}

fn is_api(request: &Request) -> bool {
    request.uri().path().starts_with("/api/v1/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_origins_are_taken() {
        for good in ["https://app.example.org", "http://localhost:5173"] {
            assert!(read_origin(good).is_ok(), "{good}");
        }
        for wrong in [
            "*",
            "https://*.example.org",
            "example.org",
            "https://x.org/",
            "https://",
        ] {
            assert!(read_origin(wrong).is_err(), "{wrong}");
        }
    }
}
