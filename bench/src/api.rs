//! Single requests, for what is prepared and not measured.

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// What a request brings.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Its media type; empty for none.
    pub(crate) kind: String,
    pub(crate) bytes: Bytes,
}

impl Content {
    fn json(body: Option<&Value>) -> Self {
        Self {
            kind: "application/json".to_owned(),
            bytes: Bytes::from(body.map(ToString::to_string).unwrap_or_default()),
        }
    }

    /// A form with one file.
    pub(crate) fn file(name: &str, bytes: &[u8]) -> Self {
        const BOUNDARY: &str = "a-boundary-that-no-document-has-9f2c";
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename={name:?}\r\n\r\n"
        );
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        Self {
            kind: format!("multipart/form-data; boundary={BOUNDARY}"),
            bytes: Bytes::from([head.as_bytes(), bytes, end.as_bytes()].concat()),
        }
    }
}

/// Sends a request of JSON to the server at `url` (`http://host:port`) and gives its answer.
///
/// # Errors
/// Fails when the connection does, and on an answer that is none of success.
pub(crate) async fn exchange(
    url: &str,
    method: &Method,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> Result<Value> {
    let bytes = send(url, method, path, key, Content::json(body)).await?;
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The same for any content.
///
/// # Errors
/// As [`exchange`].
pub(crate) async fn send(
    url: &str,
    method: &Method,
    path: &str,
    key: Option<&str>,
    content: Content,
) -> Result<Bytes> {
    let address = url.trim_start_matches("http://");
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address);
    if !content.kind.is_empty() {
        request = request.header("content-type", content.kind);
    }
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Full::new(content.bytes))?;
    let exchange = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        anyhow::Ok((status, bytes))
    };
    let (status, bytes) = tokio::select! {
        biased;
        done = exchange => done?,
        broken = connection => {
            broken?;
            anyhow::bail!("{path}: the connection was closed")
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(bytes)
}
