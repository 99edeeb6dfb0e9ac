//! Bodies we send: bytes in memory, or a stream that is never collected.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body, Frame, SizeHint};

type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// A request body.
pub struct OutBody(Inner);

enum Inner {
    Full(Option<Bytes>),
    Stream {
        stream: ByteStream,
        length: Option<u64>,
    },
}

impl OutBody {
    /// Bytes in memory; may be sent again by a retry.
    pub fn full(bytes: Bytes) -> Self {
        Self(Inner::Full((!bytes.is_empty()).then_some(bytes)))
    }

    /// A stream (an upload on its way through). `length` when it is known beforehand.
    pub fn stream(
        stream: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self(Inner::Stream {
            stream: Box::pin(stream),
            length,
        })
    }
}

impl Body for OutBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match &mut self.0 {
            Inner::Full(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Inner::Stream { stream, .. } => stream
                .as_mut()
                .poll_next(cx)
                .map(|next| next.map(|r| r.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64))
            }
            Inner::Stream {
                length: Some(length),
                ..
            } => SizeHint::with_exact(*length),
            Inner::Stream { length: None, .. } => SizeHint::default(),
        }
    }
}
