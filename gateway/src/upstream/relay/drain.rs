//! Reading on after the client has hung up, for the vendor's usage report.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use providers::chat::ChatChunk;
use providers::dialect::ChatEncoder;
use providers::{Error, Usage};

use super::events::look_and_pass;
use super::{Source, Transform};
use crate::stages::meter::Meter;

/// A hung-up answer that is read on for its usage.
pub(super) struct Drain {
    pub(super) source: Source,
    pub(super) transform: Transform,
    pub(super) meter: Meter,
    pub(super) usage: Option<Usage>,
    pub(super) chunks: Vec<ChatChunk>,
}

impl Drain {
    /// Reads to the end; dropping the meter bills what is known by then as cancelled.
    pub(super) async fn run(mut self, cap: Duration) {
        let complete = tokio::time::timeout(cap, self.read())
            .await
            .unwrap_or(false);
        let usage = match &self.transform {
            Transform::Pass { tap, .. } => tap.observed().usage.clone(),
            Transform::Translate { .. } | Transform::Encode { .. } | Transform::Raw => {
                self.usage.take()
            }
        };
        if complete && usage.is_some() {
            self.meter.cancelled_with(usage);
        }
    }

    async fn read(&mut self) -> bool {
        use futures_util::StreamExt;
        use http_body_util::BodyExt;
        loop {
            let piece = match &mut self.source {
                Source::Vendor(body) => match body.frame().await {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                },
                Source::Local(stream) => match stream.next().await {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(chunk)) => {
                        self.usage = chunk.usage.or(self.usage.take());
                        continue;
                    }
                },
            };
            if self.look(piece).is_err() {
                return false;
            }
        }
    }

    fn look(&mut self, piece: Bytes) -> Result<(), Error> {
        match &mut self.transform {
            Transform::Pass {
                raw, splitter, tap, ..
            } => {
                let mut sink = VecDeque::new();
                raw.push(piece, |e| {
                    look_and_pass(e, splitter, tap.as_mut(), true, &mut sink)
                })
            }
            Transform::Translate {
                splitter, decoder, ..
            } => {
                splitter.push(&piece)?;
                while let Some(event) = splitter.next()? {
                    decoder.push(&event, &mut self.chunks)?;
                }
                for chunk in self.chunks.drain(..) {
                    self.usage = chunk.usage.or(self.usage.take());
                }
                Ok(())
            }
            Transform::Encode { .. } | Transform::Raw => Ok(()),
        }
    }
}

/// An encoder for answers nobody reads any more.
pub(super) struct Nowhere;

impl ChatEncoder for Nowhere {
    fn push(&mut self, _: &ChatChunk, _: &mut Vec<u8>) {}
    fn finish(&mut self, _: &mut Vec<u8>) {}
    fn fail(&mut self, _: &providers::dialect::WireError<'_>, _: &mut Vec<u8>) {}
}
