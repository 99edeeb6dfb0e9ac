//! Single requests of JSON, for what is prepared and not measured.

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Sends a request to the server at `url` (`http://host:port`) and gives its answer.
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
    let address = url.trim_start_matches("http://");
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address)
        .header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let body = body.map(ToString::to_string).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body)))?;
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
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}
