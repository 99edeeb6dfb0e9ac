//! Kept-alive connections to one upstream, for one thread.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Idle = RefCell<Vec<SendRequest<Incoming>>>;

/// Connections to `upstream`; the one used last is used next.
pub(super) struct Pool {
    upstream: SocketAddr,
    idle: Rc<Idle>,
}

impl Pool {
    pub(super) fn new(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            idle: Rc::default(),
        }
    }

    /// Sends a request as it is; its connection comes back when the answer's body has ended.
    pub(super) async fn send(&self, request: Request<Incoming>) -> io::Result<Response<Relay>> {
        let mut sender = self.checkout().await?;
        let response = sender.send_request(request).await;
        let response = response.map_err(io::Error::other)?;
        Ok(response.map(|body| Relay {
            body,
            ended: false,
            sender: Some(sender),
            idle: self.idle.clone(),
        }))
    }

    async fn checkout(&self) -> io::Result<SendRequest<Incoming>> {
        loop {
            let Some(mut sender) = self.idle.borrow_mut().pop() else {
                return self.connect().await;
            };
            if sender.is_ready() || sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
    }

    async fn connect(&self) -> io::Result<SendRequest<Incoming>> {
        let stream = TcpStream::connect(self.upstream).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        tokio::task::spawn_local(connection);
        Ok(sender)
    }
}

/// An answer's body on its way through.
pub(super) struct Relay {
    body: Incoming,
    ended: bool,
    sender: Option<SendRequest<Incoming>>,
    idle: Rc<Idle>,
}

impl Body for Relay {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.ended |= frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // A connection with an unread body is of no more use; dropping its sender closes it.
        if let Some(sender) = self.sender.take()
            && (self.ended || self.body.is_end_stream())
        {
            self.idle.borrow_mut().push(sender);
        }
    }
}
