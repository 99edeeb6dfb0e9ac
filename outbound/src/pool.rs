//! Kept-alive connections, per origin. The one used last is used next, so that the others grow old
//! and are closed.
//!
//! A connection has no task: whoever waits for its answer drives it, in the task that waits anyway.
//! While it rests nobody does, and it is looked at when it is taken again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{TrySendError, http1};
use hyper_rustls::HttpsConnector;
use parking_lot::Mutex;
use tower_service::Service as _;

use crate::connector::Connector;
use crate::{Error, OutBody, Settings, error};

/// A connection, and what moves its bytes.
struct Connection {
    sender: http1::SendRequest<OutBody>,
    driver: Driver,
}

/// What moves the bytes of a connection; `None` when it has ended.
struct Driver(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

/// The connections of a client.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    connector: HttpsConnector<Connector>,
    idle: Mutex<Idle>,
    settings: Settings,
}

#[derive(Default)]
struct Idle {
    connections: HashMap<Origin, Vec<Rested>>,
    /// A task closes those that grow old.
    is_swept: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Origin {
    https: bool,
    authority: Authority,
}

struct Rested {
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub(crate) fn new(connector: HttpsConnector<Connector>, settings: Settings) -> Self {
        Self {
            shared: Arc::new(Shared {
                connector,
                idle: Mutex::default(),
                settings,
            }),
        }
    }

    /// Sends a request on an idle connection or a new one.
    ///
    /// # Errors
    /// See [`Client::send`](crate::Client::send).
    pub(crate) async fn send(
        &self,
        mut request: Request<OutBody>,
        connect_timeout: Duration,
    ) -> Result<Response<InBody>, Error> {
        let uri = request.uri().clone();
        let origin = Origin::of(&uri)?;
        make_relative(&mut request, &uri, &origin)?;
        loop {
            let (mut connection, is_new) = match self.take(&origin) {
                Some(connection) => (connection, false),
                None => (self.connect(&uri, connect_timeout).await?, true),
            };
            match connection.exchange(request).await {
                Ok(response) => {
                    let lease = Lease {
                        connection,
                        origin,
                        pool: self.clone(),
                    };
                    return Ok(response.map(|body| InBody::new(body, lease)));
                }
                Err(mut failed) => match failed.take_message() {
                    // The server had closed the connection while it rested; nothing was sent.
                    Some(unsent) if !is_new => request = unsent,
                    _ => return Err(error::broken(&failed.into_error())),
                },
            }
        }
    }

    fn take(&self, origin: &Origin) -> Option<Connection> {
        let mut idle = self.shared.idle.lock();
        let rested = idle.connections.get_mut(origin)?;
        while let Some(mut last) = rested.pop() {
            if last.is_usable(self.shared.settings.pool_idle_timeout) {
                return Some(last.connection);
            }
        }
        None
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the crate that opens connections"
    )]
    async fn connect(&self, uri: &Uri, timeout: Duration) -> Result<Connection, Error> {
        let mut connector = self.shared.connector.clone();
        let connecting = async {
            std::future::poll_fn(|cx| connector.poll_ready(cx)).await?;
            connector.call(uri.clone()).await
        };
        let stream = tokio::time::timeout(timeout, connecting)
            .await
            .map_err(|_| error::slow_connect(timeout))?
            .map_err(|error| error::from_connect(error.as_ref()))?;
        let (sender, driver) = http1::handshake(stream)
            .await
            .map_err(|error| error::from_connect(&error))?;
        Ok(Connection {
            sender,
            driver: Driver(Some(Box::pin(driver))),
        })
    }

    /// Keeps a connection whose exchange is over.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends when the connection is free or closed"
    )]
    fn give_back(self, origin: Origin, mut connection: Connection, cx: &mut Context<'_>) {
        // Its driver has not seen the end yet.
        connection.driver.drive(cx);
        if connection.sender.is_ready() {
            return self.put(origin, connection);
        }
        if connection.driver.has_ended() {
            return;
        }
        // It still sends the request's body.
        tokio::spawn(async move {
            let is_free = std::future::poll_fn(|cx| {
                connection.driver.drive(cx);
                connection.sender.poll_ready(cx)
            });
            if is_free.await.is_ok() {
                self.put(origin, connection);
            }
        });
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "ends when no connection rests, or with the pool"
    )]
    fn put(&self, origin: Origin, connection: Connection) {
        let mut idle = self.shared.idle.lock();
        let rested = match idle.connections.entry(origin) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Vec::new()),
        };
        if rested.len() >= self.shared.settings.pool_max_idle_per_host {
            return;
        }
        let since = Instant::now();
        rested.push(Rested { connection, since });
        if !idle.is_swept {
            idle.is_swept = true;
            let every = self.shared.settings.pool_idle_timeout / 2;
            tokio::spawn(sweep(Arc::downgrade(&self.shared), every));
        }
    }
}

/// Closes connections that have rested for too long, until none rests.
async fn sweep(pool: Weak<Shared>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(shared) = pool.upgrade() else { return };
        let mut idle = shared.idle.lock();
        let timeout = shared.settings.pool_idle_timeout;
        idle.connections.retain(|_, rested| {
            rested.retain_mut(|connection| connection.is_usable(timeout));
            !rested.is_empty()
        });
        if idle.connections.is_empty() {
            idle.is_swept = false;
            return;
        }
    }
}

impl Driver {
    /// Moves what can be moved; `cx` is woken when there is more.
    fn drive(&mut self, cx: &mut Context<'_>) {
        let Some(running) = &mut self.0 else {
            return;
        };
        if let Poll::Ready(ended) = running.as_mut().poll(cx) {
            self.0 = None;
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.0.is_none()
    }
}

impl Connection {
    async fn exchange(
        &mut self,
        request: Request<OutBody>,
    ) -> Result<Response<Incoming>, TrySendError<Request<OutBody>>> {
        let mut answer = std::pin::pin!(self.sender.try_send_request(request));
        let driver = &mut self.driver;
        std::future::poll_fn(|cx| {
            driver.drive(cx);
            // Only the driver brings the answer, and it has just been asked: no second waker needed.
            answer.as_mut().poll(&mut unwoken())
        })
        .await
    }
}

/// For what changes only while the driver is driven.
fn unwoken() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl Rested {
    /// Whether it is young, and the server has not closed it meanwhile.
    fn is_usable(&mut self, timeout: Duration) -> bool {
        if self.since.elapsed() >= timeout {
            return false;
        }
        self.connection.driver.drive(&mut unwoken());
        self.connection.sender.is_ready()
    }
}

impl Origin {
    fn of(uri: &Uri) -> Result<Self, Error> {
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(error::unusable(uri, "its scheme is neither http nor https")),
        };
        let authority = uri.authority().cloned();
        let authority = authority.ok_or_else(|| error::unusable(uri, "it names no host"))?;
        Ok(Self { https, authority })
    }

    /// What stands in `Host`: without the default port, and never with a user.
    fn host(&self) -> Option<HeaderValue> {
        let host = self.authority.host();
        let default = if self.https { 443 } else { 80 };
        match self.authority.port_u16().filter(|port| *port != default) {
            None => HeaderValue::from_str(host).ok(),
            Some(port) => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        }
    }
}

/// A server is asked for a path; the host stands in a header.
fn make_relative(request: &mut Request<OutBody>, uri: &Uri, origin: &Origin) -> Result<(), Error> {
    if !request.headers().contains_key(HOST) {
        let host = origin.host();
        let host = host.ok_or_else(|| error::unusable(uri, "its host cannot stand in a header"))?;
        request.headers_mut().insert(HOST, host);
    }
    let path = uri.path_and_query().cloned();
    *request.uri_mut() = path.unwrap_or(PathAndQuery::from_static("/")).into();
    Ok(())
}

/// A connection in use.
struct Lease {
    connection: Connection,
    origin: Origin,
    pool: Pool,
}

impl Lease {
    fn end(self, cx: &mut Context<'_>) {
        self.pool.give_back(self.origin, self.connection, cx);
    }
}

/// The body of an answer. Read to its end, its connection is used again; dropped before, the
/// connection is closed, because what is left of the body stands in its way.
pub struct InBody {
    body: Incoming,
    lease: Option<Lease>,
}

impl InBody {
    fn new(body: Incoming, lease: Lease) -> Self {
        let mut this = Self {
            body,
            lease: Some(lease),
        };
        this.end_if_complete(&mut unwoken());
        this
    }

    fn end_if_complete(&mut self, cx: &mut Context<'_>) {
        if self.body.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.end(cx);
        }
    }

    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(lease) = &mut self.lease else {
            return Pin::new(&mut self.body).poll_frame(cx);
        };
        // Asking the body is what makes the driver read more of it: hence twice.
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(&mut unwoken()) {
            return Poll::Ready(frame);
        }
        lease.connection.driver.drive(cx);
        Pin::new(&mut self.body).poll_frame(&mut unwoken())
    }
}

impl std::fmt::Debug for InBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InBody")
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl Body for InBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(self.poll_body(cx));
        match &frame {
            Some(Ok(_)) => self.end_if_complete(cx),
            Some(Err(_)) => self.lease = None,
            None => {
                if let Some(lease) = self.lease.take() {
                    lease.end(cx);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
