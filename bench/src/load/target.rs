//! What is sent, and where.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;
use serde_json::json;

/// An address with the headers that every request to it carries.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where to connect.
    pub address: SocketAddr,
    headers: HeaderMap,
}

impl Target {
    /// A target at `url` (`http://host:port`, any path is ignored), authorised by `key` when given.
    ///
    /// # Errors
    /// Fails on a URL that is not plain HTTP, a host that does not resolve, a key that no header can
    /// carry.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self> {
        let uri: Uri = url
            .parse()
            .with_context(|| format!("`{url}` is not a URL"))?;
        ensure!(
            uri.scheme_str() == Some("http"),
            "`{url}` is not plain HTTP"
        );
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(80);
        let address = (host.trim_matches(['[', ']']), port)
            .to_socket_addrs()?
            .next()
            .with_context(|| format!("`{host}` has no address"))?;
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::try_from(format!("{host}:{port}"))?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = key {
            headers.insert(
                AUTHORIZATION,
                HeaderValue::try_from(format!("Bearer {key}"))?,
            );
        }
        Ok(Self { address, headers })
    }

    /// Adds a header to every request.
    ///
    /// # Errors
    /// Fails on a name or a value that is not one.
    pub fn header(&mut self, name: &str, value: &str) -> Result<()> {
        let name = HeaderName::try_from(name)?;
        self.headers.insert(name, HeaderValue::try_from(value)?);
        Ok(())
    }

    pub(super) fn request(&self, call: &Call) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = call.path.clone();
        request.headers_mut().clone_from(&self.headers);
        request
    }
}

/// A request that is sent again and again.
#[derive(Debug, Clone)]
pub struct Call {
    /// GET or POST, say.
    pub method: Method,
    /// Path and query.
    pub path: Uri,
    /// The body, the same each time.
    pub body: Bytes,
    /// Whether the answer is a stream, which then has to end with `[DONE]`.
    pub stream: bool,
}

impl Call {
    /// A chat completion for `model` whose body is about `size` bytes.
    #[must_use]
    pub fn chat(model: &str, size: usize, stream: bool) -> Self {
        Self {
            method: Method::POST,
            path: Uri::from_static("/v1/chat/completions"),
            body: chat_body(model, size, stream),
            stream,
        }
    }

    /// A request of a path, without a body.
    ///
    /// # Errors
    /// Fails on a path that is none.
    pub fn get(path: &str) -> Result<Self> {
        Ok(Self {
            method: Method::GET,
            path: path.parse()?,
            body: Bytes::new(),
            stream: false,
        })
    }

    /// A request with a body of JSON.
    ///
    /// # Errors
    /// Fails on a path that is none.
    pub fn post(path: &str, body: &serde_json::Value) -> Result<Self> {
        Ok(Self {
            method: Method::POST,
            path: path.parse()?,
            body: Bytes::from(body.to_string()),
            stream: false,
        })
    }
}

/// The body of a chat completion of exactly `size` bytes, or as small as one can be.
#[must_use]
pub fn chat_body(model: &str, size: usize, stream: bool) -> Bytes {
    let body = |text: &str| {
        json!({
            "model": model,
            "messages": [
                {"role": "system", "content": "You answer briefly."},
                {"role": "user", "content": text},
            ],
            "max_tokens": 256,
            "stream": stream,
        })
        .to_string()
    };
    let empty = body("").len();
    let words = "The quick brown fox jumps over the lazy dog. ";
    let wanted = size.saturating_sub(empty);
    let text: String = words.chars().cycle().take(wanted).collect();
    Bytes::from(body(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_size_asked_for() {
        for size in [1 << 10, 100 << 10, 1 << 20] {
            assert_eq!(chat_body("m-1k", size, false).len(), size);
        }
    }

    #[test]
    fn a_url_without_http_is_refused() {
        assert!(Target::new("https://127.0.0.1:1", None).is_err());
        assert!(Target::new("127.0.0.1:1", None).is_err());
    }

    #[test]
    fn a_request_carries_the_key_and_the_added_headers() {
        let mut target = Target::new("http://127.0.0.1:9", Some("k")).expect("a target");
        target.header("x-extra", "1").expect("a header");
        let request = target.request(&Call::chat("m", 0, false));
        assert_eq!(request.headers()["authorization"], "Bearer k");
        assert_eq!(request.headers()["x-extra"], "1");
        assert_eq!(request.headers()["host"], "127.0.0.1:9");
    }
}
