//! `/api/docs`: the OpenAPI document for people, from files of our own that need no network.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

const PAGE: &str = include_str!("../assets/docs/index.html");
const SCRIPT: &str = include_str!("../assets/docs/docs.js");
const STYLE: &str = include_str!("../assets/docs/docs.css");
/// A test compares it with what the routes say of themselves.
const DOCUMENT: &str = include_str!("../../openapi/openapi.json");

/// A file that is served from memory.
#[derive(Clone)]
struct File {
    kind: &'static str,
    body: &'static str,
    tag: Arc<OnceLock<HeaderValue>>,
}

impl File {
    fn new(kind: &'static str, body: &'static str) -> Self {
        let tag = Arc::default();
        Self { kind, body, tag }
    }

    /// Its hash, made when it is first asked for.
    fn tag(&self) -> &HeaderValue {
        self.tag.get_or_init(|| {
            let tag = accounts::ETag::of(&self.body);
            HeaderValue::from_str(tag.as_str()).unwrap_or(HeaderValue::from_static("\"\""))
        })
    }
}

/// `/api/docs` and `/api/openapi.json`.
pub(crate) fn router() -> Router {
    let file = |path: &str, file: File| Router::new().route(path, get(serve).with_state(file));
    Router::new()
        .merge(file(
            "/api/docs",
            File::new("text/html; charset=utf-8", PAGE),
        ))
        .merge(file(
            "/api/docs/docs.js",
            File::new("text/javascript; charset=utf-8", SCRIPT),
        ))
        .merge(file(
            "/api/docs/docs.css",
            File::new("text/css; charset=utf-8", STYLE),
        ))
        .merge(file(
            "/api/openapi.json",
            File::new("application/json", DOCUMENT),
        ))
        .route(
            "/api/docs/",
            get(|| async { Redirect::permanent("/api/docs") }),
        )
}

async fn serve(State(file): State<File>, headers: HeaderMap) -> Response {
    let fixed: [(HeaderName, HeaderValue); 3] = [
        (CONTENT_TYPE, HeaderValue::from_static(file.kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (ETAG, file.tag().clone()),
    ];
    if headers.get(IF_NONE_MATCH) == Some(file.tag()) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    (fixed, file.body).into_response()
}
