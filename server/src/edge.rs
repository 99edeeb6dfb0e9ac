//! Connections: accepting, limits against slow clients, graceful end.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Duration;

use accounts::http::PeerAddress;
use axum::Router;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Either};
use gateway::Gateway;
use gateway::http::Frequent;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use crate::config::ServerConfig;
use crate::{router, shield};

/// Serves until `stop` is ready, then lets open calls finish within the grace time.
pub(crate) async fn run(
    listener: TcpListener,
    routes: Routes,
    config: &ServerConfig,
    stop: impl Future<Output = ()>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(config.header_timeout_ms))
        .max_buf_size(config.max_header_bytes.max(8_192))
        .keep_alive(true)
        .pipeline_flush(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_header_list_size(u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Usually out of file descriptors: wait for some to be closed instead of spinning.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        prepare(&socket, config);
        let service = TowerToHyperService::new(FromPeer {
            routes: routes.clone(),
            peer: PeerAddress(peer.ip()),
        });
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(socket), service)
            .into_owned();
        let connection = graceful.watch(connection);
        spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
    drop(listener);
    let grace = Duration::from_millis(config.shutdown_grace_ms);
    if tokio::time::timeout(grace, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            grace_ms = config.shutdown_grace_ms,
            "calls were still open at the end"
        );
    }
}

/// What answers requests.
#[derive(Clone)]
pub(crate) struct Routes {
    /// All routes with all that stands before them.
    pub(crate) router: Router,
    /// Answers frequent calls without routing, where nothing but the security headers would be added to
    /// them: no spans, no rules for other origins.
    pub(crate) direct: Option<(Gateway, shield::Headers)>,
}

/// The routes, with the other end's address put into each request.
#[derive(Clone)]
struct FromPeer {
    routes: Routes,
    peer: PeerAddress,
}

impl Service<Request<Incoming>> for FromPeer {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<BoxFuture<'static, Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Incoming>>::poll_ready(&mut self.routes.router, cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        if let Some((gateway, headers)) = &self.routes.direct
            && let Some(endpoint) = Frequent::of(&request)
        {
            let answer = endpoint.serve(gateway, request);
            return Either::Left(Box::pin(shielded(answer, *headers)));
        }
        request.extensions_mut().insert(self.peer);
        Either::Right(self.routes.router.call(request))
    }
}

async fn shielded(
    answer: BoxFuture<'static, Response>,
    headers: shield::Headers,
) -> Result<Response, Infallible> {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let mut answer = answer.unwrap_or_else(router::panicked);
    headers.put(&mut answer);
    Ok(answer)
}

fn prepare(socket: &TcpStream, config: &ServerConfig) {
    // Nagle beside delayed acknowledgements would cost 40 ms on small answers.
    let _ = socket.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let timeout = Duration::from_millis(config.write_timeout_ms);
        let _ = socket2::SockRef::from(socket).set_tcp_user_timeout(Some(timeout));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = config;
}

#[expect(
    clippy::disallowed_methods,
    reason = "connections are awaited by the graceful shutdown"
)]
fn spawn(connection: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(connection);
}
