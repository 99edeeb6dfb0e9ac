//! All routes of all crates, with what the HTTP edge adds.

use std::sync::Arc;

use accounts::http::{ApiError, Routes};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use flows::deploy::Deployments;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::config::ServerConfig;
use crate::{admin, api_docs, shield, trace, web};

#[derive(Clone)]
struct Health {
    app: App,
}

/// What the configuration adds to the routes.
#[derive(Default)]
pub struct Edge {
    /// The server's settings: origins, rates, whether there is TLS.
    pub server: ServerConfig,
    /// Serve `/metrics` from this recorder.
    pub metrics: Option<PrometheusHandle>,
    /// Make a span for each request.
    pub traces: bool,
}

/// The routes of `/v1` and `/api/v1`, which can describe themselves.
pub fn api(app: &App) -> Routes {
    Routes::new()
        .merge(accounts::http::router(app.accounts.clone()))
        .merge(gateway::http::router(app.gateway.clone()))
        .merge(rag::http::router(app.rag.clone()))
        .merge(flows::http::router(app.flows.clone()))
        .merge(flows::http::gallery(
            app.flows.clone(),
            app.gateway.clone(),
            Some(app.rag.clone()),
        ))
        .merge(flows::run::http::router(app.engine.clone()))
        .merge(flows::deploy::http::router(app.deployments.clone()))
        .merge(admin::router(app))
}

/// All routes.
///
/// # Errors
/// Which setting is wrong.
pub fn build(app: &App, edge: Edge) -> anyhow::Result<Router> {
    let mut router = Router::from(api(app))
        .merge(
            Router::new()
                .route("/healthz", get(|| async { "ok" }))
                .route("/readyz", get(ready))
                .with_state(Health { app: app.clone() }),
        )
        .merge(api_docs::router())
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method);
    if let Some(handle) = edge.metrics {
        router = router.route(
            "/metrics",
            get(move || async move {
                (
                    [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
                    handle.render(),
                )
            }),
        );
    }
    if edge.traces {
        router = router.layer(axum::middleware::from_fn(trace::traced));
    }
    let rate = Arc::new(shield::Rate {
        gateway: app.gateway.clone(),
        per_minute: edge.server.api_requests_per_minute,
    });
    // From the inside out: what is added last sees a request first.
    router = router
        .layer(from_fn_with_state(
            app.accounts.clone(),
            accounts::http::idempotent,
        ))
        .layer(from_fn_with_state(rate, shield::with_rate))
        .layer(from_fn(named_api_requests));
    if let Some(cors) = shield::cors(&edge.server)? {
        router = router.layer(cors);
    }
    // Outside of what is for keys and sessions: webhooks and pages say themselves which origins may call.
    let router = router
        .merge(flows::deploy::webhook::router(app.deployments.clone()))
        .merge(flows::deploy::page::router(app.deployments.clone()))
        .merge(
            Router::new()
                .route("/chat/{token}", get(chat_page))
                .route("/form/{token}", get(form_page))
                .with_state(app.deployments.clone()),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(
            shield::Headers::new(&edge.server),
            shield::with_headers,
        ))
        // Each endpoint bounds its own body.
        .layer(DefaultBodyLimit::disable());
    Ok(router)
}

/// Gives requests to `/api/v1` their id before the layers that may refuse them. `/v1` names its own.
async fn named_api_requests(request: Request, next: Next) -> Response {
    match request.uri().path().starts_with("/api/v1/") {
        true => accounts::http::with_request_id(request, next).await,
        false => next.run(request).await,
    }
}

/// Whether calls can be served: the database answers and usage reaches the disk.
async fn ready(State(Health { app }): State<Health>) -> Response {
    let mut problems = Vec::new();
    if let Err(error) = app.db.ping().await {
        problems.push(format!("database: {error}"));
    }
    if !app.gateway.is_healthy() {
        problems.push("usage journal: cannot be written; is the disk full?".to_owned());
    }
    if problems.is_empty() {
        return Json(json!({"status": "ready"})).into_response();
    }
    let body = Json(json!({"status": "not_ready", "problems": problems}));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

async fn chat_page(
    State(deployments): State<Deployments>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    flow_page(&deployments, "chat", &token, &method, &headers).await
}

async fn form_page(
    State(deployments): State<Deployments>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    flow_page(&deployments, "form", &token, &method, &headers).await
}

async fn flow_page(
    deployments: &Deployments,
    kind: &str,
    token: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    match deployments.page_frame(kind, token).await {
        Ok(frame) => {
            let origins = frame.as_ref().map(|frame| frame.origins.as_slice());
            web::flow_page(method, headers, origins)
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn not_found(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(page) = web::answer(&method, &uri, &headers) {
        return page;
    }
    problem(
        StatusCode::NOT_FOUND,
        "not_found",
        &format!("There is nothing at {}.", uri.path()),
    )
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let message = format!("{} does not take {method}.", uri.path());
    problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        &message,
    )
}

pub(crate) fn panicked(reason: Box<dyn std::any::Any + Send>) -> Response {
    let reason = reason
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| reason.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(reason, "a handler panicked");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "The server failed; its log says why.",
    )
}

fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let kind = if status.is_server_error() {
        "api_error"
    } else {
        "invalid_request_error"
    };
    let error = json!({"message": message, "type": kind, "param": null, "code": code, "details": null, "request_id": null});
    (status, Json(json!({"error": error}))).into_response()
}
