//! A streamed answer on its way from a target to the client.
//!
//! One state machine, polled by the client's connection: no task and no channel in between. It holds
//! back a partial event (so that no half event reaches the client), reads usage beside the bytes, and
//! ends in exactly one of: a clean end, an in-band error, or the client's hang-up (it is dropped).

mod drain;
mod events;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::Body as _;
use outbound::InBody;
use providers::chat::ChatChunk;
use providers::dialect::{ChatEncoder, Tap};
use providers::provider::{ChatDecoder, Framing};
use providers::sse::Splitter;
use providers::{Error, Usage};
use tokio::time::Sleep;

use self::drain::{Drain, Nowhere};
use self::events::{cut, look_and_pass, note_chunk, push_out};
use super::exchange;
use super::raw_events::RawEvents;
use crate::config::{OnDisconnect, Timeouts};
use crate::error::Error as GatewayError;
use crate::local::ChunkStream;
use crate::route::health::InFlight;
use crate::stages::cache::Recorder;
use crate::stages::meter::{Delivered, Meter};

/// After the clean end a vendor gets this long to close, so that its connection can be used again.
const LINGER: Duration = Duration::from_secs(1);

/// Where pieces come from.
pub(crate) enum Source {
    /// A vendor's connection.
    Vendor(InBody),
    /// A model in this program.
    Local(ChunkStream),
}

/// What is done to them.
pub(crate) enum Transform {
    /// The vendor's bytes go through; usage is read beside them.
    Pass {
        raw: RawEvents,
        splitter: Splitter,
        tap: Box<dyn Tap>,
        client_wants_usage: bool,
    },
    /// Vendor's events to chunks to the client's events.
    Translate {
        splitter: Splitter,
        decoder: Box<dyn ChatDecoder>,
        encoder: Box<dyn ChatEncoder>,
    },
    /// Chunks to the client's events.
    Encode {
        encoder: Box<dyn ChatEncoder>,
        finished: bool,
    },
    /// Bytes without events (spoken audio): they go through, and what they cost is known beforehand.
    Raw,
}

impl Transform {
    /// A pass-through without events.
    pub(crate) fn raw() -> Self {
        Self::Raw
    }

    /// A pass-through read by `tap`.
    pub(crate) fn pass(tap: Box<dyn Tap>, client_wants_usage: bool) -> Self {
        Self::Pass {
            raw: RawEvents::default(),
            splitter: Splitter::new(Framing::Sse),
            tap,
            client_wants_usage,
        }
    }
}

/// Everything the relay needs besides its source.
pub(crate) struct Setup {
    pub(crate) transform: Transform,
    /// Writes an in-band error in the client's dialect when the transform has no encoder of its own.
    pub(crate) failing: Box<dyn ChatEncoder>,
    pub(crate) request_id: Arc<str>,
    pub(crate) target: String,
    pub(crate) timeouts: Timeouts,
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) drain_max: Duration,
    pub(crate) http_status: Option<u16>,
    /// Counts the call as open at its target for as long as it streams.
    pub(crate) _in_flight: InFlight,
    pub(crate) recorder: Option<Recorder>,
}

/// A stream of framed bytes for the client.
pub(crate) struct Relay {
    source: Option<Source>,
    setup: Setup,
    out: VecDeque<Bytes>,
    chunks: Vec<ChatChunk>,
    meter: Option<Meter>,
    usage: Option<Usage>,
    delivered: Delivered,
    began: Instant,
    last_piece: Instant,
    alarm: Pin<Box<Sleep>>,
    armed_for: Instant,
    /// The clean end has been passed on and billed.
    settled: bool,
    /// Something the client can use has been seen.
    opened: bool,
    /// The client's connection is to be cut.
    aborted: bool,
}

impl Relay {
    /// A relay on a fresh answer. `meter` is handed over by [`Relay::attach`] once it has opened.
    pub(crate) fn new(source: Source, setup: Setup) -> Self {
        let now = Instant::now();
        let first = setup.timeouts.first_token_ms.min(setup.timeouts.total_ms);
        let armed_for = now + Duration::from_millis(first);
        let alarm = Box::pin(tokio::time::sleep_until(armed_for.into()));
        Self {
            source: Some(source),
            setup,
            out: VecDeque::new(),
            chunks: Vec::new(),
            meter: None,
            usage: None,
            delivered: Delivered {
                accepted: true,
                ..Delivered::default()
            },
            began: now,
            last_piece: now,
            alarm,
            armed_for,
            settled: false,
            opened: false,
            aborted: false,
        }
    }

    /// Reads until the answer has begun, so that an early failure can still be retried elsewhere.
    ///
    /// # Errors
    /// Whatever ends the answer before it has begun.
    pub(crate) async fn open(&mut self) -> Result<(), Error> {
        std::future::poll_fn(|cx| self.poll_open(cx)).await
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.opened && !self.ended() {
            ready!(self.poll_piece(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Hands over the accountant: from now on the relay bills what it delivers.
    pub(crate) fn attach(&mut self, mut meter: Meter) {
        meter.first_token();
        if let Some(delivered) = meter.delivered() {
            delivered.accepted = true;
        }
        self.meter = Some(meter);
        if self.ended() {
            self.settle_success();
        }
    }

    /// What the answer will have used, where it does not say so itself.
    pub(crate) fn usage(&mut self, usage: Option<Usage>) {
        self.usage = usage;
    }

    /// Keeps what passes, for the cache.
    pub(crate) fn record(&mut self, recorder: Recorder) {
        self.setup.recorder = Some(recorder);
    }

    /// The vendor's id of the exchange.
    pub(crate) fn upstream_id(&mut self, id: Option<String>) {
        self.delivered.upstream_id = id;
    }

    /// Whether the answer is complete.
    fn ended(&self) -> bool {
        self.source.is_none() || self.terminal_seen()
    }

    fn terminal_seen(&self) -> bool {
        match &self.setup.transform {
            Transform::Pass { tap, .. } => tap.observed().ended,
            Transform::Translate { .. } | Transform::Raw => false,
            Transform::Encode { finished, .. } => *finished,
        }
    }

    /// Takes the next piece from the source and transforms it into `out`.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let polled = match &mut self.source {
            None => return Poll::Ready(Ok(())),
            Some(Source::Vendor(body)) => match Pin::new(body).poll_frame(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(self.finish()),
                Poll::Ready(Some(Err(error))) if !self.settled => {
                    Poll::Ready(Err(exchange::broken(&error)))
                }
                Poll::Ready(Some(Err(_))) => {
                    self.source = None;
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    Poll::Ready(self.take_bytes(data))
                }
            },
            Some(Source::Local(stream)) => match stream.as_mut().poll_next(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(self.finish()),
                Poll::Ready(Some(chunk)) => Poll::Ready(chunk.and_then(|c| self.take_chunk(&c))),
            },
        };
        if polled.is_ready() {
            self.last_piece = Instant::now();
            return polled;
        }
        self.poll_alarm(cx)
    }

    /// One timer for all: it is not moved for each piece but looks back when it fires. Only an
    /// earlier deadline (the answer has begun, or has ended) moves it.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let due = self.deadline();
            if due < self.armed_for {
                self.arm(due);
            }
            ready!(self.alarm.as_mut().poll(cx));
            let now = Instant::now();
            if now < due {
                self.arm(due);
                continue;
            }
            if self.settled {
                self.source = None;
                return Poll::Ready(Ok(()));
            }
            return Poll::Ready(Err(self.too_slow(now)));
        }
    }

    fn arm(&mut self, due: Instant) {
        self.alarm.as_mut().reset(due.into());
        self.armed_for = due;
    }

    fn deadline(&self) -> Instant {
        let t = &self.setup.timeouts;
        if self.settled {
            return self.last_piece + LINGER;
        }
        let total = self.began + Duration::from_millis(t.total_ms);
        let quiet = if self.opened {
            self.last_piece + Duration::from_millis(t.stall_ms)
        } else {
            self.began + Duration::from_millis(t.first_token_ms)
        };
        total.min(quiet)
    }

    fn too_slow(&self, now: Instant) -> Error {
        let t = &self.setup.timeouts;
        if now >= self.began + Duration::from_millis(t.total_ms) {
            return exchange::timed_out(
                "did not end its answer",
                Duration::from_millis(t.total_ms),
            );
        }
        match self.opened {
            true => exchange::timed_out("stalled", Duration::from_millis(t.stall_ms)),
            false => {
                let wait = Duration::from_millis(t.first_token_ms);
                exchange::timed_out("sent no first token", wait)
            }
        }
    }

    fn take_bytes(&mut self, piece: Bytes) -> Result<(), Error> {
        if self.settled {
            return Ok(());
        }
        match &mut self.setup.transform {
            Transform::Pass {
                raw,
                splitter,
                tap,
                client_wants_usage,
            } => {
                let (out, wants) = (&mut self.out, *client_wants_usage);
                raw.push(piece, |event| {
                    look_and_pass(event, splitter, tap.as_mut(), wants, out)
                })?;
            }
            Transform::Translate {
                splitter,
                decoder,
                encoder,
            } => {
                splitter.push(&piece)?;
                let mut bytes = Vec::new();
                while let Some(event) = splitter.next()? {
                    decoder.push(&event, &mut self.chunks)?;
                }
                for chunk in self.chunks.drain(..) {
                    note_chunk(
                        &chunk,
                        &mut self.delivered,
                        &mut self.usage,
                        &mut self.opened,
                    );
                    encoder.push(&chunk, &mut bytes);
                }
                push_out(&mut self.out, bytes);
            }
            Transform::Raw => {
                self.opened |= !piece.is_empty();
                if !piece.is_empty() {
                    self.out.push_back(piece);
                }
            }
            Transform::Encode { .. } => {}
        }
        self.after_piece()
    }

    fn take_chunk(&mut self, chunk: &ChatChunk) -> Result<(), Error> {
        let Transform::Encode { encoder, .. } = &mut self.setup.transform else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        note_chunk(
            chunk,
            &mut self.delivered,
            &mut self.usage,
            &mut self.opened,
        );
        encoder.push(chunk, &mut bytes);
        push_out(&mut self.out, bytes);
        Ok(())
    }

    /// Looks at what a pass-through has learnt: errors in band, the clean end, the bill so far.
    fn after_piece(&mut self) -> Result<(), Error> {
        let Transform::Pass { tap, .. } = &self.setup.transform else {
            return Ok(());
        };
        let seen = tap.observed();
        if let Some(error) = &seen.error {
            return Err(error.clone());
        }
        self.opened |= seen.has_content || seen.ended || seen.finish_reason.is_some();
        self.delivered.chars = seen.delivered_chars;
        if seen.ended && self.meter.is_some() {
            self.settle_success();
        }
        Ok(())
    }

    /// The source has ended.
    fn finish(&mut self) -> Result<(), Error> {
        if self.settled {
            self.source = None;
            return Ok(());
        }
        let mut bytes = Vec::new();
        match &mut self.setup.transform {
            Transform::Pass {
                raw,
                splitter,
                tap,
                client_wants_usage,
            } => {
                let rest = raw.rest();
                if !rest.is_empty() {
                    // The missing blank line is added: without it the client drops the event.
                    let mut event = rest.to_vec();
                    event.extend_from_slice(b"\n\n");
                    let wants = *client_wants_usage;
                    look_and_pass(event.into(), splitter, tap.as_mut(), wants, &mut self.out)?;
                }
                self.after_piece()?;
                let Transform::Pass { tap, .. } = &self.setup.transform else {
                    return Ok(());
                };
                if !tap.is_complete() {
                    return Err(cut());
                }
            }
            Transform::Translate {
                splitter,
                decoder,
                encoder,
            } => {
                if let Some(event) = splitter.finish()? {
                    decoder.push(&event, &mut self.chunks)?;
                }
                decoder.finish(&mut self.chunks)?;
                for chunk in self.chunks.drain(..) {
                    note_chunk(
                        &chunk,
                        &mut self.delivered,
                        &mut self.usage,
                        &mut self.opened,
                    );
                    encoder.push(&chunk, &mut bytes);
                }
                encoder.finish(&mut bytes);
            }
            Transform::Encode { encoder, finished } => {
                if !self.delivered.finished {
                    return Err(cut());
                }
                encoder.finish(&mut bytes);
                *finished = true;
            }
            Transform::Raw => {}
        }
        push_out(&mut self.out, bytes);
        self.source = None;
        if self.meter.is_some() {
            self.settle_success();
        }
        Ok(())
    }

    /// Bills the complete answer. The row is in the journal before the last bytes leave.
    fn settle_success(&mut self) {
        if self.settled {
            return;
        }
        self.settled = true;
        let usage = self.latest_usage();
        if let Some(mut meter) = self.meter.take() {
            if let Some(delivered) = meter.delivered() {
                *delivered = self.delivered.clone();
            }
            meter.waited_since_first_token();
            meter.succeeded(usage.clone(), self.setup.http_status);
        }
        if let Some(recorder) = self.setup.recorder.take() {
            recorder.keep_stream(&self.out, usage.unwrap_or_default());
        }
    }

    fn latest_usage(&mut self) -> Option<Usage> {
        match &self.setup.transform {
            Transform::Pass { tap, .. } => tap.observed().usage.clone(),
            Transform::Translate { .. } | Transform::Encode { .. } | Transform::Raw => {
                self.usage.clone()
            }
        }
    }

    /// The answer broke after something had reached the client: tell it in band, never end cleanly.
    fn break_off(&mut self, error: &Error) {
        self.source = None;
        self.settled = true;
        self.setup.recorder = None;
        let usage = self.latest_usage();
        if let Some(mut meter) = self.meter.take() {
            if let Some(delivered) = meter.delivered() {
                *delivered = Delivered {
                    usage,
                    ..self.delivered.clone()
                };
            }
            meter.broke(error);
        }
        let shown = GatewayError::from(error.clone()).with_target(&self.setup.target);
        let wire = shown.wire(&self.setup.request_id);
        let mut bytes = Vec::new();
        match &mut self.setup.transform {
            Transform::Translate { encoder, .. } | Transform::Encode { encoder, .. } => {
                encoder.fail(&wire, &mut bytes);
            }
            Transform::Pass { .. } => self.setup.failing.fail(&wire, &mut bytes),
            // There is no place for an error in audio: the connection is cut, so that the client
            // cannot take half for the whole.
            Transform::Raw => self.aborted = true,
        }
        push_out(&mut self.out, bytes);
    }
}

impl Stream for Relay {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(bytes) = this.out.pop_front() {
                if let Some(recorder) = &mut this.setup.recorder {
                    recorder.push(&bytes);
                }
                return Poll::Ready(Some(Ok(bytes)));
            }
            if std::mem::take(&mut this.aborted) {
                let broken = "the provider's answer broke off";
                return Poll::Ready(Some(Err(std::io::Error::other(broken))));
            }
            if this.source.is_none() {
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(this.poll_piece(cx)) {
                this.break_off(&error);
            }
        }
    }
}

impl Drop for Relay {
    /// The client hung up (or all is done). Under `drain` a task reads on to the usage report.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the answer or at `drain_max_ms`"
    )]
    fn drop(&mut self) {
        let Some(mut meter) = self.meter.take() else {
            return;
        };
        let usage = self.latest_usage();
        if let Some(delivered) = meter.delivered() {
            *delivered = Delivered {
                usage,
                ..self.delivered.clone()
            };
        }
        let Some(source) = self.source.take() else {
            return;
        };
        if self.setup.on_disconnect == OnDisconnect::Cancel {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let transform = std::mem::replace(
            &mut self.setup.transform,
            Transform::Encode {
                encoder: Box::new(Nowhere),
                finished: false,
            },
        );
        let rest = Drain {
            source,
            transform,
            meter,
            usage: self.usage.take(),
            chunks: Vec::new(),
        };
        runtime.spawn(rest.run(self.setup.drain_max));
    }
}
