//! A client of MCP servers whose connections `outbound` opens, so that its guard judges each address.
//!
//! The protocol is the official SDK's; this is its way to the network.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::{BoxStream, StreamExt as _};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use outbound::{ErrorKind, InBody, OutBody};
use parking_lot::Mutex;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::http_header::{
    EVENT_STREAM_MIME_TYPE, HEADER_LAST_EVENT_ID, HEADER_SESSION_ID, JSON_MIME_TYPE,
};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};

/// Bytes of an answer, and of all events of one stream.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// Characters of a refusal that are shown.
const SHOWN_CHARS: usize = 300;

/// Why a server could not be asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct HttpFailure {
    /// Whether the guard forbids the address: asking again is useless.
    pub is_forbidden: bool,
    /// What happened, without secrets.
    pub message: String,
}

type Failure = StreamableHttpError<HttpFailure>;

/// The HTTP half of an MCP client.
#[derive(Clone)]
pub struct HttpClient {
    outbound: outbound::Client,
    /// Sent with each request; never given to the SDK, which might log them.
    headers: HeaderMap,
    /// The last failure: the SDK hands it on as text only.
    last: Arc<Mutex<Option<HttpFailure>>>,
}

impl HttpClient {
    /// Sends `headers` (those that show who asks) with each request.
    pub fn new(outbound: outbound::Client, headers: HeaderMap) -> Self {
        Self {
            outbound,
            headers,
            last: Arc::default(),
        }
    }

    /// Takes why the last message could not be sent, if that was so.
    pub fn take_failure(&self) -> Option<HttpFailure> {
        self.last.lock().take()
    }

    async fn send(
        &self,
        method: Method,
        uri: &str,
        special: &[(&'static str, Option<&str>)],
        custom: HashMap<HeaderName, HeaderValue>,
        body: Bytes,
    ) -> Result<Response<InBody>, HttpFailure> {
        let wrong = |why: String| HttpFailure {
            is_forbidden: true,
            message: why,
        };
        let target: Uri = uri
            .parse()
            .map_err(|_| wrong(format!("`{uri:.200}` is no address")))?;
        let mut request = Request::new(OutBody::full(body));
        *request.method_mut() = method;
        let headers = request.headers_mut();
        headers.extend(custom);
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON_MIME_TYPE));
        for (name, value) in special {
            let Some(value) = value else { continue };
            let value = HeaderValue::from_str(value)
                .map_err(|_| wrong("the server named itself with letters no header has".into()))?;
            headers.insert(
                HeaderName::try_from(*name).map_err(|_| wrong((*name).into()))?,
                value,
            );
        }
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(host) = target.authority().map(http::uri::Authority::as_str) {
            let host = host.rsplit('@').next().unwrap_or(host);
            if let Ok(host) = HeaderValue::from_str(host) {
                headers.insert(HOST, host);
            }
        }
        *request.uri_mut() = target;
        self.outbound
            .send(request)
            .await
            .map_err(|error| HttpFailure {
                is_forbidden: error.kind == ErrorKind::Refused,
                message: error.message,
            })
    }

    async fn post(
        &self,
        uri: &str,
        message: &ClientJsonRpcMessage,
        session: Option<&str>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let body = serde_json::to_vec(message)?;
        let special = [(HEADER_SESSION_ID, session)];
        let answer = self.send(Method::POST, uri, &special, custom, body.into());
        let answer = answer.await.map_err(Failure::Client)?;
        let status = answer.status();
        if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(Failure::SessionExpired);
        }
        let kind = media_type(&answer);
        let named = answer.headers().get(HEADER_SESSION_ID);
        let named = named.and_then(|id| id.to_str().ok()).map(str::to_owned);
        if status.is_success() && kind == EVENT_STREAM_MIME_TYPE {
            return Ok(StreamableHttpPostResponse::Sse(events(answer), named));
        }
        let whole = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let whole = whole.map_err(|error| Failure::Io(io::Error::other(error)))?;
        let whole = whole.to_bytes();
        let read = serde_json::from_slice::<ServerJsonRpcMessage>(&whole);
        let is_asked = matches!(message, ClientJsonRpcMessage::Request(_));
        match read {
            Ok(read) if status.is_success() => Ok(StreamableHttpPostResponse::Json(read, named)),
            Ok(read @ JsonRpcMessage::Error(_)) if !is_refusal(status) => {
                Ok(StreamableHttpPostResponse::Json(read, named))
            }
            _ if status.is_success() && !is_asked => Ok(StreamableHttpPostResponse::Accepted),
            _ if status.is_success() => Err(Failure::UnexpectedServerResponse(Cow::Borrowed(
                "the answer is no message of MCP",
            ))),
            _ => Err(Failure::Client(refusal(status, &whole))),
        }
    }
}

fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// What a server says that does not serve.
fn refusal(status: StatusCode, body: &[u8]) -> HttpFailure {
    let shown: String = String::from_utf8_lossy(body)
        .trim()
        .chars()
        .take(SHOWN_CHARS)
        .collect();
    let hint = match status.as_u16() {
        401 | 403 => "; check the credential",
        300..=399 => "; write the address that it redirects to",
        404 | 405 => "; check the address",
        _ => "",
    };
    let separator = if shown.is_empty() { "" } else { ": " };
    HttpFailure {
        is_forbidden: false,
        message: format!("it answered {}{hint}{separator}{shown}", status.as_u16()),
    }
}

fn media_type(answer: &Response<InBody>) -> String {
    let kind = answer.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

fn events(answer: Response<InBody>) -> BoxStream<'static, Result<Sse, SseError>> {
    let body = Limited::new(answer.into_body(), MAX_ANSWER);
    let bytes = body.into_data_stream().map_err(io::Error::other);
    SseStream::from_bytes_stream(bytes).boxed()
}

impl StreamableHttpClient for HttpClient {
    type Error = HttpFailure;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let session = session_id.as_deref();
        let answer = self.post(&uri, &message, session, custom_headers).await;
        match &answer {
            Ok(_) | Err(Failure::SessionExpired) => {}
            Err(Failure::Client(failure)) => *self.last.lock() = Some(failure.clone()),
            Err(other) => {
                *self.last.lock() = Some(HttpFailure {
                    is_forbidden: false,
                    message: other.to_string(),
                });
            }
        }
        answer
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failure> {
        let special = [(HEADER_SESSION_ID, Some(session_id.as_ref()))];
        let sent = self.send(Method::DELETE, &uri, &special, custom_headers, Bytes::new());
        sent.await.map(drop).map_err(Failure::Client)
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        let special = [
            (HEADER_SESSION_ID, session_id.as_deref()),
            (HEADER_LAST_EVENT_ID, last_event_id.as_deref()),
        ];
        let sent = self.send(Method::GET, &uri, &special, custom_headers, Bytes::new());
        let answer = sent.await.map_err(Failure::Client)?;
        match answer.status() {
            StatusCode::METHOD_NOT_ALLOWED => Err(Failure::ServerDoesNotSupportSse),
            status if !status.is_success() => Err(Failure::Client(refusal(status, &[]))),
            _ if media_type(&answer) == EVENT_STREAM_MIME_TYPE => Ok(events(answer)),
            _ => Err(Failure::UnexpectedContentType(Some(media_type(&answer)))),
        }
    }
}
