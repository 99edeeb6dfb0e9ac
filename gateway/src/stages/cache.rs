//! Exact cache: the same question of the same organization gets the same answer.
//!
//! The organization is part of the key's type, so that no tenant can be answered with another's
//! answer. Errors and cut answers are never kept, and neither is what a fallback answered in place of
//! the model that was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use accounts::Principal;
use bytes::Bytes;
use http::HeaderValue;
use moka::sync::Cache;
use parking_lot::Mutex;
use providers::Usage;
use providers::dialect::chat::peek;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use uuid::Uuid;

use crate::call::{Body, Call, Reply};
use crate::config::CacheConfig;
use crate::route::Route;

/// Fields that do not change the answer.
const IGNORED: [&str; 8] = [
    "user",
    "metadata",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "store",
    "stream",
    "stream_options",
];

/// Identity of a question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    org: Uuid,
    question: [u8; 32],
}

/// A kept answer.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The body in the pieces it was sent in; one for complete answers.
    pieces: Vec<Bytes>,
    stream: bool,
    content_type: HeaderValue,
    /// Who answered.
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) usage: Usage,
    /// What the answer cost.
    pub(crate) nano_usd: i64,
    stored_us: i64,
    ttl_s: u64,
}

impl Entry {
    fn size(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum::<usize>() + 256
    }

    /// Age in seconds.
    pub(crate) fn age_s(&self, now_us: i64) -> u64 {
        u64::try_from((now_us - self.stored_us) / 1_000_000).unwrap_or(0)
    }

    /// The answer again: a stream as a stream.
    pub(crate) fn replay(&self) -> Reply {
        let body = if self.stream {
            Body::Stream(Box::pin(futures_util::stream::iter(
                self.pieces.clone().into_iter().map(Ok),
            )))
        } else {
            Body::Full(self.pieces.first().cloned().unwrap_or_default())
        };
        Reply {
            status: 200,
            content_type: self.content_type.clone(),
            headers: http::HeaderMap::new(),
            body,
        }
    }
}

/// All kept answers.
pub(crate) struct Answers {
    entries: Cache<Key, Arc<Entry>>,
    open: Mutex<HashMap<Key, watch::Receiver<()>>>,
}

/// What the cache says about a call.
pub(crate) enum Verdict {
    /// The call does not want a cache.
    Off,
    /// Answered.
    Hit(Arc<Entry>),
    /// Not there; the slot is to be filled.
    Miss(Slot),
}

/// The right to fill an entry. While it lives, identical calls wait.
pub(crate) struct Slot {
    answers: Arc<Answers>,
    key: Key,
    ttl_s: u64,
    max_bytes: u64,
    /// `None` when the answer must not be kept (`no-store`).
    keep: bool,
    /// Dropped when the slot is: wakes those who wait.
    _leading: Option<watch::Sender<()>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self._leading.is_some() {
            self.answers.open.lock().remove(&self.key);
        }
    }
}

impl Answers {
    pub(crate) fn new(config: &CacheConfig) -> Arc<Self> {
        let entries = Cache::builder()
            .max_capacity(config.max_bytes)
            .weigher(|_, entry: &Arc<Entry>| u32::try_from(entry.size()).unwrap_or(u32::MAX))
            .build();
        Arc::new(Self {
            entries,
            open: Mutex::new(HashMap::new()),
        })
    }

    /// Looks a call up; waits while an identical call without `stream` is under way.
    pub(crate) async fn look_up(
        self: &Arc<Self>,
        config: &CacheConfig,
        who: &Principal,
        call: &Call,
        route: &Route,
        now_us: i64,
    ) -> Verdict {
        let asked = call.context.cache;
        if !asked.enabled.unwrap_or(config.enabled) {
            return Verdict::Off;
        }
        if route.targets().any(|target| target.delegates()) {
            // What it answers from may have changed, and the calls it makes are cached themselves.
            return Verdict::Off;
        }
        let Some(key) = key_of(who, call, route) else {
            return Verdict::Off;
        };
        loop {
            if !asked.no_cache
                && let Some(entry) = self.fresh(&key, asked.max_age_s, now_us)
            {
                return Verdict::Hit(entry);
            }
            let single_flight = !call.stream && !asked.no_cache && !asked.no_store;
            if !single_flight {
                return Verdict::Miss(self.slot(key, call, config, None));
            }
            let waiting = {
                let mut open = self.open.lock();
                match open.get(&key) {
                    Some(leader) => leader.clone(),
                    None => {
                        let (leading, followers) = watch::channel(());
                        open.insert(key.clone(), followers);
                        return Verdict::Miss(self.slot(key.clone(), call, config, Some(leading)));
                    }
                }
            };
            wait_for_leader(waiting).await;
        }
    }

    fn fresh(&self, key: &Key, max_age_s: Option<u64>, now_us: i64) -> Option<Arc<Entry>> {
        let entry = self.entries.get(key)?;
        let age = entry.age_s(now_us);
        let fresh = age < entry.ttl_s && max_age_s.is_none_or(|max| age <= max);
        fresh.then_some(entry)
    }

    fn slot(
        self: &Arc<Self>,
        key: Key,
        call: &Call,
        config: &CacheConfig,
        leading: Option<watch::Sender<()>>,
    ) -> Slot {
        Slot {
            answers: Arc::clone(self),
            key,
            ttl_s: call.context.cache.ttl_s.unwrap_or(config.ttl_s),
            max_bytes: config.max_entry_bytes,
            keep: !call.context.cache.no_store,
            _leading: leading,
        }
    }
}

/// Waits until the leader's slot is gone (its sender is dropped).
async fn wait_for_leader(mut leader: watch::Receiver<()>) {
    // A leader that hangs must not hang its followers for ever.
    let _ = tokio::time::timeout(Duration::from_secs(600), async {
        while leader.changed().await.is_ok() {}
    })
    .await;
}

/// Who answered, and what it cost.
pub(crate) struct Answered {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) usage: Usage,
    pub(crate) nano_usd: i64,
    pub(crate) now_us: i64,
}

impl Slot {
    /// Keeps a complete answer.
    pub(crate) fn fill(self, body: &Bytes, content_type: &HeaderValue, by: Answered) {
        self.store(vec![body.clone()], false, content_type.clone(), by);
    }

    /// A recorder for a streamed answer.
    pub(crate) fn recorder(
        self,
        content_type: HeaderValue,
        by: Answered,
        price: impl Fn(&Usage) -> Option<i64> + Send + 'static,
    ) -> Recorder {
        Recorder {
            slot: self,
            content_type,
            by,
            price: Box::new(price),
            pieces: Vec::new(),
            bytes: 0,
        }
    }

    fn store(&self, pieces: Vec<Bytes>, stream: bool, content_type: HeaderValue, by: Answered) {
        let entry = Entry {
            pieces,
            stream,
            content_type,
            provider: by.provider,
            model: by.model,
            usage: by.usage,
            nano_usd: by.nano_usd,
            stored_us: by.now_us,
            ttl_s: self.ttl_s,
        };
        if self.keep && entry.size() as u64 <= self.max_bytes {
            self.answers
                .entries
                .insert(self.key.clone(), Arc::new(entry));
        }
    }
}

/// What an answer cost, once its usage is known.
type Price = Box<dyn Fn(&Usage) -> Option<i64> + Send>;

/// Collects a stream while it passes.
pub(crate) struct Recorder {
    slot: Slot,
    content_type: HeaderValue,
    by: Answered,
    price: Price,
    pieces: Vec<Bytes>,
    bytes: u64,
}

impl Recorder {
    /// A piece goes to the client.
    pub(crate) fn push(&mut self, piece: &Bytes) {
        self.bytes += piece.len() as u64;
        if self.bytes > self.slot.max_bytes {
            self.pieces = Vec::new();
            return;
        }
        // A copy: a slice would keep the vendor's whole read buffer alive.
        self.pieces.push(Bytes::copy_from_slice(piece));
    }

    /// The stream has ended cleanly; `pending` has not been pushed yet.
    pub(crate) fn keep_stream(mut self, pending: &VecDeque<Bytes>, usage: Usage) {
        for piece in pending {
            self.push(piece);
        }
        if self.bytes > self.slot.max_bytes {
            return;
        }
        self.by.nano_usd = (self.price)(&usage).unwrap_or(0);
        self.by.usage = usage;
        self.slot
            .store(self.pieces, true, self.content_type, self.by);
    }
}

/// Everything that changes the answer. `None` when the body is not an object.
fn key_of(who: &Principal, call: &Call, route: &Route) -> Option<Key> {
    let top = peek(&call.body).ok()?;
    let mut fields: Vec<(&str, &str)> = top
        .fields
        .iter()
        .map(|f| (f.name.as_ref(), f.json))
        .filter(|(name, _)| !IGNORED.contains(name))
        .collect();
    // Sorting is stable: of a key that stands twice, the last one still counts last.
    fields.sort_by_key(|(name, _)| *name);
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(call.endpoint);
    part(&call.model);
    part(if call.stream { "stream" } else { "whole" });
    part(if call.include_usage { "usage" } else { "" });
    for weighted in route.groups.first().into_iter().flatten() {
        part(&weighted.target.name);
    }
    for (name, json) in fields {
        part(name);
        part(json);
    }
    Some(Key {
        org: who.org_id().uuid(),
        question: hash.finalize().into(),
    })
}
