//! The exporter's HTTP, over our own client.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use opentelemetry_http::{HttpClient, HttpError};
use outbound::{Client, OutBody, Settings};
use tokio::runtime::Handle;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends batches of spans. The batch processor calls from a thread of its own, so each request is
/// carried over to the runtime.
#[derive(Debug)]
pub(super) struct Exporter {
    client: Client,
    runtime: Handle,
}

impl Exporter {
    /// An exporter on the current runtime.
    pub(super) fn new() -> Self {
        Self {
            client: Client::trusted(&Settings::default()),
            runtime: Handle::current(),
        }
    }
}

impl HttpClient for Exporter {
    #[expect(
        clippy::disallowed_methods,
        reason = "awaited below, with a time limit inside"
    )]
    fn send_bytes<'s, 'f>(
        &'s self,
        request: Request<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let answer =
                tokio::time::timeout(TIMEOUT, client.send(request.map(OutBody::full))).await??;
            let (parts, body) = answer.into_parts();
            let body = tokio::time::timeout(TIMEOUT, body.collect())
                .await??
                .to_bytes();
            Ok::<_, HttpError>(Response::from_parts(parts, body))
        });
        Box::pin(async move { sending.await? })
    }
}
