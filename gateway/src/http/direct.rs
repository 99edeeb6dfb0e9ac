//! The calls that come by the thousand, without routing: a server may ask here first.

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Method;
use providers::{DialectId, Operation};

use super::ingress;
use crate::Gateway;

/// The endpoints served here; the router has them too.
const ENDPOINTS: [(&str, Operation); 4] = [
    ("/v1/chat/completions", Operation::Chat(DialectId::Chat)),
    ("/v1/messages", Operation::Chat(DialectId::Messages)),
    ("/v1/embeddings", Operation::Embeddings),
    ("/v1/completions", Operation::Completions),
];

/// Answers a call as the [`router`](super::router) would.
///
/// # Errors
/// The request, when it is none of the frequent ones.
pub fn direct<B>(
    gateway: &Gateway,
    request: http::Request<B>,
) -> Result<BoxFuture<'static, Response>, http::Request<B>>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let path = request.uri().path();
    let known = ENDPOINTS.into_iter().find(|(known, _)| *known == path);
    match known.filter(|_| request.method() == Method::POST) {
        Some((endpoint, operation)) => {
            let request = request.map(Body::new);
            Ok(ingress::serve(
                gateway.clone(),
                endpoint,
                operation,
                request,
            ))
        }
        None => Err(request),
    }
}
