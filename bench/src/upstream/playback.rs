//! The body of an answer: replays a [`Plan`], one frame a write, at the script's pace.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::plan::{End, Plan};
use super::tally::Ticket;

/// Lets a reader take what was written before the connection is reset under it.
const BEFORE_RESET: Duration = Duration::from_millis(10);

/// A body that replays a plan.
pub(super) struct Playback {
    plan: Arc<Plan>,
    next: usize,
    interval: Duration,
    /// When the paced frames began, and how many were sent since.
    pace: Option<(Instant, u32)>,
    waiting: Option<Pin<Box<Sleep>>>,
    /// The frame at `next` has been waited for.
    due: bool,
    abort: Option<Arc<AtomicBool>>,
    ticket: Option<Ticket>,
}

impl Playback {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            next: 0,
            interval: Duration::ZERO,
            pace: None,
            waiting: None,
            due: true,
            abort: None,
            ticket: None,
        }
    }

    /// Waits before the first frame, and `interval` before each paced one.
    pub(super) fn paced(mut self, first_delay: Duration, interval: Duration) -> Self {
        if !first_delay.is_zero() {
            self.waiting = Some(Box::pin(sleep(first_delay)));
            self.due = false;
        }
        self.interval = interval;
        self
    }

    /// `abort` resets the connection; `ticket` counts the request until the body ends.
    pub(super) fn accounted(mut self, abort: Arc<AtomicBool>, ticket: Ticket) -> Self {
        self.abort = Some(abort);
        self.ticket = Some(ticket);
        self
    }

    fn finish(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            ticket.finish();
        }
    }

    /// Schedules the frame at `next`: a timer, or one turn of the runtime so that the frame before
    /// it is written by itself.
    fn wait_for_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(timer) = &mut self.waiting else {
            if self.interval.is_zero() || !self.plan.paced.contains(&self.next) {
                self.due = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let (start, sent) = self.pace.unwrap_or_else(|| (Instant::now(), 0));
            self.pace = Some((start, sent + 1));
            let mut timer = Box::pin(sleep_until(start + self.interval * (sent + 1)));
            let poll = timer.as_mut().poll(cx);
            self.due = poll.is_ready();
            self.waiting = poll.is_pending().then_some(timer);
            return poll;
        };
        ready!(timer.as_mut().poll(cx));
        self.waiting = None;
        self.due = true;
        Poll::Ready(())
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.plan.end {
            End::Clean => Poll::Ready(None),
            // Only the client's hang-up ends this body, by dropping it.
            End::Hang => Poll::Pending,
            End::Reset | End::Close => {
                let timer = self
                    .waiting
                    .get_or_insert_with(|| Box::pin(sleep(BEFORE_RESET)));
                ready!(timer.as_mut().poll(cx));
                if let (End::Reset, Some(abort)) = (self.plan.end, &self.abort) {
                    abort.store(true, Ordering::Relaxed);
                }
                self.finish();
                Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))))
            }
        }
    }
}

impl Body for Playback {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        let Some(frame) = this.plan.frames.get(this.next).cloned() else {
            return this.poll_end(cx);
        };
        if !this.due {
            ready!(this.wait_for_next(cx));
        }
        this.next += 1;
        this.due = false;
        if let Some(ticket) = &this.ticket {
            ticket.sent(frame.len());
        }
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.next == self.plan.frames.len() && self.plan.end == End::Clean
    }

    fn size_hint(&self) -> SizeHint {
        match (self.plan.length, self.plan.end) {
            (Some(length), End::Clean) if self.next == 0 => SizeHint::with_exact(length as u64),
            _ => SizeHint::default(),
        }
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        // A body of known length is not polled after its last byte, so the end is read off here.
        if self.is_end_stream() {
            self.finish();
        }
    }
}

impl fmt::Debug for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playback")
            .field("next", &self.next)
            .field("frames", &self.plan.frames.len())
            .finish_non_exhaustive()
    }
}
