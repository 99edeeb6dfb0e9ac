//! One kept-alive connection, and one call over it, timed.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::target::{Call, Target};

/// The longest that one call may take before it counts as failed.
const CALL_LIMIT: Duration = Duration::from_secs(60);

/// A kept-alive connection to a target; reconnects when it was closed.
pub(super) struct Connection {
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What one call measured.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// From the start that counts to the last byte.
    pub(super) total: Duration,
    /// To the answer's headers.
    pub(super) first_byte: Duration,
    /// To the first complete event of a stream.
    pub(super) first_event: Option<Duration>,
    /// Between the events of a stream, as they arrived.
    pub(super) gaps: Vec<u64>,
    /// Events of a stream.
    pub(super) events: u64,
    /// Bytes of the body.
    pub(super) bytes: u64,
}

impl Connection {
    pub(super) fn new() -> Self {
        Self { sender: None }
    }

    /// Makes one call and reads its answer to the end. Times count from `start`.
    pub(super) async fn call(
        &mut self,
        target: &Target,
        call: &Call,
        start: Instant,
    ) -> Result<Timing, String> {
        let result = tokio::time::timeout(CALL_LIMIT, self.attempt(target, call, start)).await;
        let result = result.unwrap_or_else(|_| Err("timed out".to_owned()));
        if result.is_err() {
            self.sender = None;
        }
        result
    }

    async fn attempt(
        &mut self,
        target: &Target,
        call: &Call,
        start: Instant,
    ) -> Result<Timing, String> {
        let sender = self.ready(target).await?;
        let response = sender
            .send_request(target.request(call))
            .await
            .map_err(|error| format!("no answer: {error}"))?;
        let mut timing = Timing {
            first_byte: start.elapsed(),
            ..Timing::default()
        };
        let status = response.status();
        let mut body = response.into_body();
        let mut events = EventCounter::default();
        let mut last_event: Option<Instant> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| format!("the answer broke off: {error}"))?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            timing.bytes += data.len() as u64;
            if !call.stream {
                continue;
            }
            let arrived = events.push(data);
            if arrived == 0 {
                continue;
            }
            let now = Instant::now();
            match last_event.replace(now) {
                None => timing.first_event = Some(now - start),
                Some(last) => timing.gaps.push((now - last).as_nanos() as u64),
            }
        }
        timing.total = start.elapsed();
        timing.events = events.count;
        if !status.is_success() {
            return Err(format!("HTTP {}", status.as_u16()));
        }
        if call.stream && !events.done() {
            return Err("the stream ended without [DONE]".to_owned());
        }
        Ok(timing)
    }

    async fn ready(&mut self, target: &Target) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        let open = match &mut self.sender {
            Some(sender) => sender.is_ready() || sender.ready().await.is_ok(),
            None => false,
        };
        if !open {
            self.sender = Some(connect(target).await.map_err(|e| format!("connect: {e}"))?);
        }
        self.sender
            .as_mut()
            .ok_or_else(|| "no connection".to_owned())
    }
}

async fn connect(target: &Target) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(connection);
    Ok(sender)
}

/// Counts the blank lines that end events, over any split of the bytes, and keeps the stream's tail.
#[derive(Debug, Default)]
struct EventCounter {
    count: u64,
    newlines: u8,
    tail: Vec<u8>,
}

impl EventCounter {
    /// How many events ended within `data`.
    fn push(&mut self, data: &[u8]) -> u64 {
        let before = self.count;
        for byte in data {
            match byte {
                b'\n' => {
                    self.newlines += 1;
                    if self.newlines == 2 {
                        self.count += 1;
                        self.newlines = 0;
                    }
                }
                b'\r' => {}
                _ => self.newlines = 0,
            }
        }
        let keep = data.len().saturating_sub(16);
        self.tail.extend_from_slice(&data[keep..]);
        let excess = self.tail.len().saturating_sub(16);
        self.tail.drain(..excess);
        self.count - before
    }

    fn done(&self) -> bool {
        self.tail.windows(6).any(|window| window == b"[DONE]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_over_any_split() {
        let stream = b"data: a\n\ndata: b\r\n\r\n: note\n\ndata: [DONE]\n\n";
        for size in 1..stream.len() {
            let mut counter = EventCounter::default();
            let counted: u64 = stream.chunks(size).map(|part| counter.push(part)).sum();
            assert_eq!((counted, counter.count), (4, 4), "split at {size}");
            assert!(counter.done(), "split at {size}");
        }
    }

    #[test]
    fn a_stream_without_its_mark_is_not_done() {
        let mut counter = EventCounter::default();
        counter.push(b"data: [DONE] is only a word here, and the text goes on\n\n");
        assert!(!counter.done());
    }
}
