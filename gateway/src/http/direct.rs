//! The calls that come by the thousand, without routing: a server may ask here first.

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request};
use providers::{DialectId, Operation};

use super::ingress;
use crate::Gateway;

/// An endpoint that is called frequently. The [`router`](super::router) has it too.
#[derive(Debug)]
pub struct Frequent {
    path: &'static str,
    operation: Operation,
}

static FREQUENT: [Frequent; 4] = [
    Frequent::new("/v1/chat/completions", Operation::Chat(DialectId::Chat)),
    Frequent::new("/v1/messages", Operation::Chat(DialectId::Messages)),
    Frequent::new("/v1/embeddings", Operation::Embeddings),
    Frequent::new("/v1/completions", Operation::Completions),
];

impl Frequent {
    const fn new(path: &'static str, operation: Operation) -> Self {
        Self { path, operation }
    }

    /// The endpoint that a request is for; `None` when it is for another one.
    pub fn of<B>(request: &Request<B>) -> Option<&'static Self> {
        let path = request.uri().path();
        let found = FREQUENT.iter().find(|endpoint| endpoint.path == path)?;
        (request.method() == Method::POST).then_some(found)
    }

    /// Answers a request as the router would.
    pub fn serve<B>(&self, gateway: &Gateway, request: Request<B>) -> BoxFuture<'static, Response>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let request = request.map(Body::new);
        ingress::serve(gateway.clone(), self.path, self.operation, request)
    }
}
