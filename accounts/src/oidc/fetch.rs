//! Asking a provider. Its address is in the instance's configuration, and so trusted.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use outbound::{Client, OutBody};
use serde::de::DeserializeOwned;

use super::unreachable;
use crate::{Result, Secret};

/// One question with its answer.
const PATIENCE: Duration = Duration::from_secs(10);
const MAX_ANSWER_BYTES: usize = 512 * 1024;

/// Who we say we are.
#[derive(Debug)]
pub(super) enum Credentials<'a> {
    None,
    /// `client_secret_basic`.
    Basic(&'a str, &'a Secret),
    Bearer(&'a Secret),
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    body: Bytes,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| unreachable(format!("{what} is not as expected: {error}")))
    }

    /// The JSON of a successful answer.
    pub(super) fn successful<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        if self.status != StatusCode::OK {
            return Err(unreachable(format!("{what} answered {}", self.status)));
        }
        self.json(what)
    }
}

/// Asks for a document.
pub(super) async fn get(client: &Client, url: &str, who: Credentials<'_>) -> Result<Answer> {
    send(client, Method::GET, url, who, None).await
}

/// Sends a form.
pub(super) async fn post(
    client: &Client,
    url: &str,
    who: Credentials<'_>,
    form: &[(&str, &str)],
) -> Result<Answer> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    send(client, Method::POST, url, who, Some(body)).await
}

async fn send(
    client: &Client,
    method: Method,
    url: &str,
    who: Credentials<'_>,
    form: Option<String>,
) -> Result<Answer> {
    let uri: Uri = url
        .parse()
        .map_err(|_| unreachable(format!("{url} is no address")))?;
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header(ACCEPT, "application/json")
        // GitHub answers nobody without a name.
        .header(USER_AGENT, "nocode-ai");
    if let Some(value) = authorization(&who) {
        request = request.header(AUTHORIZATION, value);
    }
    if form.is_some() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let body = OutBody::full(Bytes::from(form.unwrap_or_default()));
    let request = request
        .body(body)
        .map_err(|error| unreachable(format!("{url}: {error}")))?;
    let exchange = async {
        let response = client.send(request).await;
        let response = response.map_err(|error| unreachable(format!("{url}: {error}")))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        let body = body.collect().await;
        let body = body.map_err(|error| unreachable(format!("{url}: {error}")))?;
        Ok(Answer {
            status,
            body: body.to_bytes(),
        })
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .map_err(|_| unreachable(format!("{url}: no answer in {} s", PATIENCE.as_secs())))?
}

fn authorization(who: &Credentials<'_>) -> Option<http::HeaderValue> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let text = match who {
        Credentials::None => return None,
        Credentials::Bearer(token) => format!("Bearer {}", token.expose()),
        Credentials::Basic(id, secret) => {
            // RFC 6749 §2.3.1: both are form-encoded first.
            let encode = |text: &str| -> String {
                form_urlencoded::byte_serialize(text.as_bytes()).collect()
            };
            let pair = format!("{}:{}", encode(id), encode(secret.expose()));
            format!("Basic {}", STANDARD.encode(pair))
        }
    };
    let mut value = http::HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
