//! An S3-compatible service: checks each signature on its own, lists in small pages, gives objects.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const KEY_ID: &str = "AKIDHANDBOOK";
pub(crate) const SECRET: &str = "a/secret+of-the-bucket";
const REGION: &str = "eu-central-1";
const NAME: &str = "handbook";
/// Keys on a page, whatever is asked for: services may give fewer.
const PAGE: usize = 2;

/// The service.
pub(crate) struct Bucket {
    url: String,
    held: Arc<Mutex<Held>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Held {
    objects: BTreeMap<String, (Vec<u8>, String)>,
    /// Keys that nobody may read.
    forbidden: HashSet<String>,
    gets: usize,
    lists: usize,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let held = Arc::new(Mutex::new(Held::default()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&held));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "ends with the bucket")]
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, held, server }
    }

    pub(crate) fn put(&self, key: &str, text: &str) {
        let tag = hex(&Sha256::digest(text.as_bytes()))[..32].to_owned();
        self.put_tagged(key, text, &tag);
    }

    pub(crate) fn put_tagged(&self, key: &str, text: &str, tag: &str) {
        let object = (text.as_bytes().to_vec(), format!("\"{tag}\""));
        self.held.lock().objects.insert(key.to_owned(), object);
    }

    pub(crate) fn remove(&self, key: &str) {
        self.held.lock().objects.remove(key).expect("was there");
    }

    pub(crate) fn clear(&self) {
        self.held.lock().objects.clear();
    }

    pub(crate) fn forbid(&self, key: &str, forbidden: bool) {
        let mut held = self.held.lock();
        match forbidden {
            true => held.forbidden.insert(key.to_owned()),
            false => held.forbidden.remove(key),
        };
    }

    /// Objects read so far.
    pub(crate) fn gets(&self) -> usize {
        self.held.lock().gets
    }

    /// Pages listed so far.
    pub(crate) fn lists(&self) -> usize {
        self.held.lock().lists
    }

    /// The source that reads what is below `docs/`.
    pub(crate) fn source(&self) -> Value {
        json!({"name": "Handbook bucket", "exclude": ["*.tmp"], "secret_access_key": SECRET,
            "location": {"type": "s3", "endpoint": self.url, "region": REGION, "bucket": NAME,
                "prefix": "docs/", "path_style": true, "access_key_id": KEY_ID}})
    }
}

async fn answer(State(held): State<Arc<Mutex<Held>>>, request: Request) -> Response<Body> {
    let (method, uri) = (request.method(), request.uri());
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    if let Err((code, why)) = check_signature(method, path, query, request.headers()) {
        return refusal(StatusCode::FORBIDDEN, code, why);
    }
    let mut held = held.lock();
    let Some(rest) = path.strip_prefix(&format!("/{NAME}")) else {
        return refusal(StatusCode::NOT_FOUND, "NoSuchBucket", "no such bucket");
    };
    let Some(key) = rest.strip_prefix('/').filter(|key| !key.is_empty()) else {
        held.lists += 1;
        return list(&held, query);
    };
    held.gets += 1;
    let key = decoded(key);
    if held.forbidden.contains(&key) {
        return refusal(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
    }
    match held.objects.get(&key) {
        None => refusal(StatusCode::NOT_FOUND, "NoSuchKey", "no such key"),
        Some((bytes, tag)) => Response::builder()
            .header("etag", tag)
            .header("content-type", "binary/octet-stream")
            .body(Body::from(bytes.clone()))
            .expect("valid"),
    }
}

fn list(held: &Held, query: &str) -> Response<Body> {
    let query: BTreeMap<&str, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, decoded(value)))
        .collect();
    if query.get("list-type").map(String::as_str) != Some("2") {
        return refusal(StatusCode::BAD_REQUEST, "InvalidArgument", "not version 2");
    }
    let prefix = query.get("prefix").cloned().unwrap_or_default();
    let after = query.get("continuation-token");
    // Opaque: the key in reverse, so that nobody gets by with `start-after`.
    let after = after.map(|token| token.chars().rev().collect::<String>());
    let all = held.objects.iter().filter(|(key, _)| {
        key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after)
    });
    let all: Vec<_> = all.collect();
    let page = &all[..all.len().min(PAGE)];
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>handbook</Name>\
         <EncodingType>url</EncodingType>",
    );
    for (key, (bytes, tag)) in page {
        xml.push_str(&format!(
            "<Contents><Key>{}</Key><ETag>{}</ETag><Size>{}</Size></Contents>",
            encoded(key),
            tag.replace('"', "&quot;"),
            bytes.len()
        ));
    }
    let more = all.len() > page.len();
    xml.push_str(&format!("<IsTruncated>{more}</IsTruncated>"));
    if let (true, Some((last, _))) = (more, page.last()) {
        let token: String = last.chars().rev().collect();
        let token = token.replace('&', "&amp;");
        xml.push_str(&format!(
            "<NextContinuationToken>{token}</NextContinuationToken>"
        ));
    }
    xml.push_str("</ListBucketResult>");
    Response::new(Body::from(xml))
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let xml = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Response::builder()
        .status(status)
        .body(Body::from(xml))
        .expect("valid")
}

/// AWS Signature Version 4, from what was received.
fn check_signature(
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<(), (&'static str, &'static str)> {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or(("AccessDenied", "a header is missing"))
    };
    let given = header("authorization")?;
    let part = |name: &str| {
        let at = given.find(name).map(|at| at + name.len());
        let rest = at.map(|at| &given[at..]);
        rest.map(|rest| rest.split(',').next().unwrap_or_default())
            .ok_or(("AuthorizationHeaderMalformed", "a part is missing"))
    };
    let (credential, signed, signature) = (
        part("Credential=")?,
        part("SignedHeaders=")?,
        part("Signature=")?,
    );
    let time = header("x-amz-date")?;
    let day = &time[..8];
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    if credential != format!("{KEY_ID}/{scope}") {
        return Err(("InvalidAccessKeyId", "who is that"));
    }
    let names: Vec<&str> = signed.split(';').collect();
    for needed in ["host", "x-amz-content-sha256", "x-amz-date"] {
        if !names.contains(&needed) {
            return Err(("AccessDenied", "a header is not signed"));
        }
    }
    let hash = header("x-amz-content-sha256")?;
    if hash != hex(&Sha256::digest(b"")) {
        return Err(("XAmzContentSHA256Mismatch", "the body is empty"));
    }
    let mut canonical_headers = String::new();
    for name in &names {
        canonical_headers.push_str(&format!("{name}:{}\n", header(name)?.trim()));
    }
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let canonical = format!(
        "{method}\n{path}\n{}\n{canonical_headers}\n{signed}\n{hash}",
        pairs.join("&")
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in [day, REGION, "s3", "aws4_request"] {
        key = mac(&key, part);
    }
    match hex(&mac(&key, &text)) == signature {
        true => Ok(()),
        false => Err(("SignatureDoesNotMatch", "the signature is another")),
    }
}

fn mac(key: &[u8], data: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(data.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'/' | b'.' | b'-' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex: Vec<u8> = rest.by_ref().take(2).collect();
                let hex = String::from_utf8(hex).expect("hex");
                u8::from_str_radix(&hex, 16).expect("hex")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}
