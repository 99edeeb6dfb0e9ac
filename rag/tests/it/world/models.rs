//! Models that need no network: an embedding that knows words, a chat model with set answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use rag::search::{Completed, EmbedRequest, Embedded, Models, Prompt, Reranked};
use rag::{Error, ErrorKind, Result};

use super::DIMENSIONS;

/// Texts with common words get vectors that point the same way.
pub(crate) fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSIONS as usize];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let hash = word
            .bytes()
            .fold(17u32, |h, b| h.wrapping_mul(31) ^ u32::from(b));
        vector[hash as usize % DIMENSIONS as usize] += 1.0;
        vector[(hash >> 8) as usize % DIMENSIONS as usize] += 0.5;
    }
    let length = vector
        .iter()
        .map(|v: &f32| v * v)
        .sum::<f32>()
        .sqrt()
        .max(1e-6);
    vector.iter().map(|v| v / length).collect()
}

/// Counts its calls; answers with what was set.
#[derive(Default)]
pub(crate) struct Words {
    /// Calls and texts of the embedding model.
    pub(crate) calls: AtomicUsize,
    pub(crate) texts: AtomicUsize,
    /// How often the embedding model is busy before it answers.
    pub(crate) busy: AtomicUsize,
    /// What the chat model says next.
    pub(crate) says: Mutex<Vec<String>>,
    /// What it was asked.
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Models for Words {
    fn embed<'a>(&'a self, request: EmbedRequest<'a>) -> BoxFuture<'a, Result<Embedded>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let busy = self.busy.load(Ordering::SeqCst);
        if busy > 0 {
            self.busy.store(busy - 1, Ordering::SeqCst);
            let mut error = Error::new(
                ErrorKind::Model(gateway::Code::UpstreamRateLimited),
                "try again later",
            );
            error.retry_after = Some(Duration::from_millis(1));
            return Box::pin(std::future::ready(Err(error)));
        }
        self.texts.fetch_add(request.texts.len(), Ordering::SeqCst);
        let embedded = Embedded {
            vectors: request.texts.iter().map(|text| vector(text)).collect(),
            tokens: 1,
            cost_nano_usd: 10 * request.texts.len() as i64,
        };
        Box::pin(std::future::ready(Ok(embedded)))
    }

    fn complete<'a>(&'a self, prompt: Prompt<'a>) -> BoxFuture<'a, Result<Completed>> {
        self.asked.lock().push(prompt.user.to_owned());
        let mut says = self.says.lock();
        let text = if says.is_empty() {
            String::new()
        } else {
            says.remove(0)
        };
        let completed = Completed {
            text,
            cost_nano_usd: 1000,
        };
        Box::pin(std::future::ready(Ok(completed)))
    }

    fn rerank<'a>(
        &'a self,
        _model: &'a str,
        question: &'a str,
        passages: &'a [String],
    ) -> BoxFuture<'a, Result<Reranked>> {
        // Prefers what is long.
        self.asked.lock().push(question.to_owned());
        let longest = passages.iter().map(String::len).max().unwrap_or(1) as f32;
        let reranked = Reranked {
            scores: passages.iter().map(|p| p.len() as f32 / longest).collect(),
            cost_nano_usd: 500,
        };
        Box::pin(std::future::ready(Ok(reranked)))
    }
}
