//! The web app inside the binary: its files, and the page for every path that only the app knows.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// A file of the web app.
#[derive(Debug, Clone, Copy)]
struct Asset {
    /// From the root, with the leading slash.
    path: &'static str,
    /// Weak, because the packed forms share it.
    etag: &'static str,
    bytes: &'static [u8],
    /// The same, packed when the app was built.
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// Sorted by path; empty in a build without the web app (`server/build.rs` says when).
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/web_assets.rs"));

/// What belongs to the API never answers with a page.
const API: [&str; 6] = ["/api", "/v1", "/v1beta", "/metrics", "/healthz", "/readyz"];
/// The page that is a published flow's chat or form.
const FLOW_PAGE: &str = "/page.html";

/// Scripts only from files of ours. Mantine sets `style` attributes, so styles may be inline.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
                      worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; \
                      form-action 'self'; frame-ancestors 'none'";

const NO_WEB: &str = "This build has no web app. Start the program with `make run`, or build it with \
                      `cargo build --release -p server`.\nThe API is at /v1 and /api/v1.\n";

/// The web app's answer, if the request is one for it: a file, or the page for a browser's navigation.
pub(crate) fn answer(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    respond(ASSETS, method, uri.path(), headers)
}

fn respond(assets: &[Asset], method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    let reads = method == Method::GET || method == Method::HEAD;
    if !reads || API.iter().any(|prefix| is_below(path, prefix)) {
        return None;
    }
    if let Some(asset) = find(assets, path) {
        return Some(serve(asset, method, headers));
    }
    if !lists(headers, header::ACCEPT, "text/html") {
        return None;
    }
    let page = match find(assets, "/index.html") {
        Some(page) => serve(page, method, headers),
        None => (StatusCode::NOT_FOUND, NO_WEB).into_response(),
    };
    Some(page)
}

/// An answer that says itself which pages may show it inside of theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framed;

/// A published flow's chat or form, which this server's own pages and those of `origins` may show inside
/// of theirs; without any, the page says that there is none.
pub(crate) fn flow_page(
    method: &Method,
    headers: &HeaderMap,
    origins: Option<&[String]>,
) -> Response {
    framed(ASSETS, method, headers, origins)
}

fn framed(
    assets: &[Asset],
    method: &Method,
    headers: &HeaderMap,
    origins: Option<&[String]>,
) -> Response {
    let Some(page) = find(assets, FLOW_PAGE) else {
        return (StatusCode::NOT_FOUND, NO_WEB).into_response();
    };
    // Always whole: a browser would go on with the status and the rules of the copy that it has.
    let mut headers = headers.clone();
    headers.remove(header::IF_NONE_MATCH);
    let mut response = serve(page, method, &headers);
    response.headers_mut().remove(header::ETAG);
    let Some(origins) = origins else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let ours = ["'self'"]
        .into_iter()
        .chain(origins.iter().map(String::as_str));
    let ancestors: Vec<&str> = ours.collect();
    let ancestors = format!("frame-ancestors {}", ancestors.join(" "));
    let policy = POLICY.replace("frame-ancestors 'none'", &ancestors);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.remove(header::X_FRAME_OPTIONS);
        response.extensions_mut().insert(Framed);
    }
    response
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn find<'a>(assets: &'a [Asset], path: &str) -> Option<&'a Asset> {
    let found = assets.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    assets.get(found)
}

fn serve(asset: &Asset, method: &Method, headers: &HeaderMap) -> Response {
    let (encoding, bytes) = choose(asset, headers);
    let known = lists(headers, header::IF_NONE_MATCH, asset.etag);
    let body = match known || method == Method::HEAD {
        true => Body::empty(),
        false => Body::from(bytes),
    };
    let mut response = Response::new(body);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, content_type(asset.path));
    set(header::ETAG, asset.etag);
    // Names of files below /assets contain a hash of what is in them.
    set(
        header::CACHE_CONTROL,
        match asset.path.starts_with("/assets/") {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        },
    );
    set(header::VARY, "Accept-Encoding");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Links from mails carry one-time tokens in their address.
    set(header::REFERRER_POLICY, "no-referrer");
    if let Some(encoding) = encoding {
        set(header::CONTENT_ENCODING, encoding);
    }
    if !known {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
    response
}

fn choose(asset: &Asset, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let packed = [("br", asset.brotli), ("gzip", asset.gzip)];
    for (encoding, bytes) in packed {
        if let Some(bytes) = bytes
            && lists(headers, header::ACCEPT_ENCODING, encoding)
        {
            return (Some(encoding), bytes);
        }
    }
    (None, asset.bytes)
}

/// Whether a header's list has a word that is not switched off by `q=0`.
fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|it| it.eq_ignore_ascii_case(word));
        let mut qualities = parts.filter_map(|part| part.strip_prefix("q="));
        is_it && qualities.all(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SITE: &[Asset] = &[
        Asset {
            path: "/assets/app-1a2b.js",
            etag: "W/\"1\"",
            bytes: b"script",
            brotli: Some(b"br"),
            gzip: Some(b"gz"),
        },
        Asset {
            path: "/index.html",
            etag: "W/\"2\"",
            bytes: b"<!doctype html>",
            brotli: None,
            gzip: None,
        },
    ];

    fn get(path: &str, pairs: &[(header::HeaderName, &'static str)]) -> Option<Response> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        respond(SITE, &Method::GET, path, &headers)
    }

    fn header_of(response: &Response, name: header::HeaderName) -> &str {
        let value = response.headers().get(name).map(|v| v.to_str());
        value.and_then(Result::ok).unwrap_or_default()
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1_000)
            .await
            .expect("a body in memory");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    const HTML: (header::HeaderName, &str) = (header::ACCEPT, "text/html,*/*;q=0.8");

    #[tokio::test]
    async fn a_navigation_to_any_path_gets_the_page() {
        for path in ["/", "/keys", "/models/openai", "/v1x", "/apis"] {
            let response = get(path, &[HTML]).expect("an answer");
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache");
            let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
            assert!(policy.contains("script-src 'self';"), "{policy}");
            assert_eq!(text(response).await, "<!doctype html>");
        }
    }

    #[test]
    fn the_api_never_answers_with_the_page() {
        for path in [
            "/api",
            "/api/v1/nothing",
            "/v1/nothing",
            "/v1beta/x",
            "/metrics",
        ] {
            assert!(get(path, &[HTML]).is_none(), "{path}");
        }
    }

    #[test]
    fn only_navigations_fall_back_to_the_page() {
        assert!(get("/assets/gone.js", &[(header::ACCEPT, "*/*")]).is_none());
        assert!(get("/keys", &[]).is_none());
        assert!(get("/keys", &[(header::ACCEPT, "text/html;q=0")]).is_none());
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(HTML.1))]);
        assert!(respond(SITE, &Method::POST, "/keys", &headers).is_none());
    }

    #[tokio::test]
    async fn a_file_goes_packed_as_the_client_takes_it() {
        for (takes, encoding, body) in [
            ("gzip, deflate, br", "br", "br"),
            ("gzip;q=1.0, br;q=0", "gzip", "gz"),
            ("identity", "", "script"),
        ] {
            let response = get("/assets/app-1a2b.js", &[(header::ACCEPT_ENCODING, takes)]);
            let response = response.expect("a file");
            assert_eq!(header_of(&response, header::CONTENT_ENCODING), encoding);
            let cached = header_of(&response, header::CACHE_CONTROL);
            assert!(cached.ends_with("immutable"), "{cached}");
            assert_eq!(text(response).await, body);
        }
    }

    #[tokio::test]
    async fn what_the_client_has_is_not_sent_again() {
        let known = (header::IF_NONE_MATCH, "W/\"9\", W/\"2\"");
        let response = get("/index.html", &[known]).expect("an answer");
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header_of(&response, header::ETAG), "W/\"2\"");
        assert!(text(response).await.is_empty());
    }

    #[tokio::test]
    async fn only_a_flows_page_may_be_shown_inside_of_others_and_only_of_those_it_names() {
        static PAGE: &[Asset] = &[Asset {
            path: FLOW_PAGE,
            etag: "W/\"3\"",
            bytes: b"<!doctype html>",
            brotli: None,
            gzip: None,
        }];
        let (get, none) = (Method::GET, HeaderMap::new());
        let origins = ["https://www.example.org".to_owned()];
        let page = framed(PAGE, &get, &none, Some(&origins));
        assert_eq!(page.status(), StatusCode::OK);
        let policy = header_of(&page, header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.ends_with("frame-ancestors 'self' https://www.example.org"),
            "{policy}"
        );
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert_eq!(header_of(&page, header::X_FRAME_OPTIONS), "");
        assert!(page.extensions().get::<Framed>().is_some());
        let alone = framed(PAGE, &get, &none, Some(&[]));
        let policy = header_of(&alone, header::CONTENT_SECURITY_POLICY);
        assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");

        let mut known = HeaderMap::new();
        known.insert(header::IF_NONE_MATCH, HeaderValue::from_static("W/\"3\""));
        let gone = framed(PAGE, &get, &known, None);
        assert_eq!(gone.status(), StatusCode::NOT_FOUND);
        assert_eq!(header_of(&gone, header::X_FRAME_OPTIONS), "DENY");
        assert_eq!(text(gone).await, "<!doctype html>");
    }

    #[tokio::test]
    async fn a_build_without_the_app_says_so() {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(HTML.1))]);
        let response = respond(&[], &Method::GET, "/", &headers).expect("an answer");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(text(response).await.contains("make run"));
    }
}
