//! HTTP by the guarded client: redirects within bounds, answers of bounded size, failures in words.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION, RETRY_AFTER,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt as _;
use outbound::{ErrorKind, OutBody};
use serde_json::{Map, Value, json};

use crate::node::{Capability, NodeContext, NodeError, NodeErrorKind};

/// Characters of a failed answer's body that are shown.
const SHOWN_CHARS: usize = 2_000;

/// A request to be made.
#[derive(Debug, Clone)]
pub(in crate::nodes) struct Wanted {
    pub(in crate::nodes) method: Method,
    pub(in crate::nodes) url: String,
    pub(in crate::nodes) headers: HeaderMap,
    pub(in crate::nodes) body: Bytes,
    /// Redirects that are followed at most.
    pub(in crate::nodes) redirects: u32,
    /// Bytes of the answer at most.
    pub(in crate::nodes) max_bytes: usize,
    /// The other side does the same work once, however often it is asked.
    pub(in crate::nodes) is_repeatable: bool,
}

/// What came back.
#[derive(Debug, Clone)]
pub(in crate::nodes) struct Got {
    pub(in crate::nodes) status: StatusCode,
    pub(in crate::nodes) headers: HeaderMap,
    pub(in crate::nodes) body: Bytes,
    /// Where it came from, after redirects.
    pub(in crate::nodes) url: Uri,
}

impl Wanted {
    /// A GET with the usual bounds.
    pub(in crate::nodes) fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            redirects: 5,
            max_bytes: 32 * 1024 * 1024,
            is_repeatable: true,
        }
    }

    fn may_repeat(&self) -> bool {
        self.is_repeatable || self.method.is_idempotent()
    }

    fn failure(&self, kind: NodeErrorKind, message: impl Into<String>) -> NodeError {
        let error = NodeError::new(kind, message);
        if self.may_repeat() {
            error
        } else {
            error.permanent()
        }
    }
}

/// An address that can be asked.
///
/// # Errors
/// What is wrong with it.
pub(in crate::nodes) fn parse_url(text: &str) -> Result<Uri, NodeError> {
    let wrong = |why: &str| NodeError::settings("url", format!("`{text:.200}` {why}"));
    let uri: Uri = text
        .trim()
        .parse()
        .map_err(|_| wrong("is no address; write it as https://host/path"))?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        _ => Err(wrong("must begin with http:// or https:// and a host")),
    }
}

/// The host of an address as a setting has it, for the permission sheet.
pub(in crate::nodes) fn touched_host(url: &str) -> Capability {
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let is_open = host.is_empty() || crate::expression::has_expression(host);
    Capability::Host {
        host: if is_open { "*" } else { host }.to_owned(),
    }
}

/// Asks, following redirects.
///
/// # Errors
/// `Settings` for an address that is none, `Forbidden` where the guard refuses it, `Upstream` when no
/// answer came, `Limit` for an answer that is too large. Answers with any status are no errors here.
pub(in crate::nodes) async fn fetch(
    context: &NodeContext,
    mut wanted: Wanted,
) -> Result<Got, NodeError> {
    let mut url = parse_url(&wanted.url)?;
    let mut left = wanted.redirects;
    loop {
        let got = ask(context, &wanted, &url).await?;
        let target = got.headers.get(LOCATION).and_then(|v| v.to_str().ok());
        let Some(target) = target.filter(|_| is_redirect(got.status) && left > 0) else {
            return Ok(got);
        };
        left -= 1;
        let next = parse_url(&join(&url, target))?;
        if next.scheme() != url.scheme() || next.authority() != url.authority() {
            forget_secrets(&mut wanted.headers);
        }
        let keeps = matches!(got.status.as_u16(), 307 | 308);
        if !keeps && !matches!(wanted.method, Method::GET | Method::HEAD) {
            wanted.method = Method::GET;
            wanted.body = Bytes::new();
            wanted.headers.remove(CONTENT_TYPE);
        }
        url = next;
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Another origin sees only what any server may see.
fn forget_secrets(headers: &mut HeaderMap) {
    const HARMLESS: [&str; 5] = [
        "accept",
        "accept-language",
        "content-type",
        "user-agent",
        "range",
    ];
    let names: Vec<HeaderName> = headers.keys().cloned().collect();
    for name in names {
        if !HARMLESS.contains(&name.as_str()) || name == AUTHORIZATION || name == COOKIE {
            headers.remove(name);
        }
    }
}

async fn ask(context: &NodeContext, wanted: &Wanted, url: &Uri) -> Result<Got, NodeError> {
    let mut request = Request::new(OutBody::full(wanted.body.clone()));
    *request.method_mut() = wanted.method.clone();
    *request.uri_mut() = url.clone();
    *request.headers_mut() = wanted.headers.clone();
    if let Some(host) = url.authority().map(http::uri::Authority::as_str) {
        // Credentials in addresses belong into a header, not into `host`.
        let host = host.rsplit('@').next().unwrap_or(host);
        if let Ok(host) = HeaderValue::from_str(host) {
            request.headers_mut().insert(HOST, host);
        }
    }
    let answer = context.services.outbound.send(request).await;
    let answer = answer.map_err(|error| match error.kind {
        ErrorKind::Refused => NodeError::new(NodeErrorKind::Forbidden, error.message),
        // Nothing was sent: any method may be tried again.
        ErrorKind::Connect => NodeError::new(NodeErrorKind::Upstream, error.message),
        ErrorKind::Broken => wanted.failure(NodeErrorKind::Upstream, error.message),
    })?;
    let (head, mut body) = answer.into_parts();
    let too_large = || {
        let message = format!("the answer has more than {} bytes", wanted.max_bytes);
        NodeError::new(NodeErrorKind::Limit, message).permanent()
    };
    let length = head
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok());
    let length: Option<usize> = length.and_then(|length| length.parse().ok());
    if wanted.method != Method::HEAD && length.is_some_and(|length| length > wanted.max_bytes) {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let message = format!("the answer broke off: {error}");
            wanted.failure(NodeErrorKind::Upstream, message)
        })?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > wanted.max_bytes {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(Got {
        status: head.status,
        headers: head.headers,
        body: whole.freeze(),
        url: url.clone(),
    })
}

impl Got {
    /// A failure of the node for an answer that says no.
    pub(in crate::nodes) fn failure(&self, may_repeat: bool) -> NodeError {
        let status = self.status.as_u16();
        let shown: String = String::from_utf8_lossy(&self.body)
            .chars()
            .take(SHOWN_CHARS)
            .collect();
        let reason = self.status.canonical_reason().unwrap_or("");
        let host = self.url.host().unwrap_or_default();
        let message = format!("{host} answered {status} {reason}");
        let details = json!({"status": status, "body": shown});
        let error = NodeError::new(NodeErrorKind::Upstream, message.trim()).with_details(details);
        let passes = matches!(status, 408 | 425 | 429) || status >= 500;
        if !passes || !may_repeat {
            return error.permanent();
        }
        let wait = self.headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        match wait.and_then(|seconds| seconds.trim().parse().ok()) {
            Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
            None => error,
        }
    }

    /// What kind of content it is, without parameters.
    pub(in crate::nodes) fn media_type(&self) -> String {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// Headers by lower-case name; several of a name joined by commas.
    pub(in crate::nodes) fn header_values(&self) -> Map<String, Value> {
        let mut values = Map::new();
        for (name, value) in &self.headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            match values.get_mut(name.as_str()) {
                Some(Value::String(before)) => {
                    before.push_str(", ");
                    before.push_str(&text);
                }
                _ => {
                    values.insert(name.to_string(), text.into());
                }
            }
        }
        values
    }
}

/// A header of names and values that users wrote.
///
/// # Errors
/// `Settings`, naming the field.
pub(in crate::nodes) fn header(
    field: &str,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), NodeError> {
    let wrong = |what: &str| NodeError::settings(field, format!("this is no header {what}"));
    let name = HeaderName::try_from(name.trim()).map_err(|_| wrong("name"))?;
    if matches!(
        name.as_str(),
        "host" | "content-length" | "transfer-encoding" | "connection"
    ) {
        let message = format!("`{name}` is set by the program");
        return Err(NodeError::settings(field, message));
    }
    let value = HeaderValue::from_str(value.trim()).map_err(|_| wrong("value"))?;
    Ok((name, value))
}

/// The address that `target` names as seen from `base`.
pub(in crate::nodes) fn join(base: &Uri, target: &str) -> String {
    let scheme = base.scheme_str().unwrap_or("https");
    let authority = base.authority().map_or("", http::uri::Authority::as_str);
    let target = target.split('#').next().unwrap_or_default();
    if target.contains("://") {
        target.to_owned()
    } else if let Some(rest) = target.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if target.starts_with('/') {
        format!("{scheme}://{authority}{target}")
    } else if target.starts_with('?') {
        format!("{scheme}://{authority}{}{target}", base.path())
    } else {
        let folder = base
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{target}")
    }
}

/// A value as it stands in a query or form.
pub(in crate::nodes) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The address with more query parameters.
pub(in crate::nodes) fn with_query(url: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    let url = url.split('#').next().unwrap_or_default();
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    let separator = match url.find('?') {
        None => "?",
        Some(at) if at + 1 == url.len() => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined_as_browsers_do() {
        let base: Uri = "https://a.example/x/y?q=1".parse().expect("an address");
        for (target, wanted) in [
            ("http://b.example/z", "http://b.example/z"),
            ("//b.example/z", "https://b.example/z"),
            ("/z", "https://a.example/z"),
            ("z#part", "https://a.example/x/z"),
            ("?q=2", "https://a.example/x/y?q=2"),
        ] {
            assert_eq!(join(&base, target), wanted, "{target}");
        }
    }

    #[test]
    fn queries_are_encoded_and_added() {
        let query = [("q".to_owned(), "tea & größe=1".to_owned())];
        for (url, wanted) in [
            ("http://a/x", "http://a/x?q=tea%20%26%20gr%C3%B6%C3%9Fe%3D1"),
            (
                "http://a/x?y=1#z",
                "http://a/x?y=1&q=tea%20%26%20gr%C3%B6%C3%9Fe%3D1",
            ),
        ] {
            assert_eq!(with_query(url, &query), wanted);
        }
    }

    #[test]
    fn another_origin_sees_no_secrets() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "x-api-key", "cookie", "accept"] {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_static("v"));
        }
        forget_secrets(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["accept"]);
    }
}
