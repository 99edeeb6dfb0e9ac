//! What the upstream saw: counts per model name and key, and the last request word for word.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::plan::{Plan, Shape};
use super::script::{Script, UnknownFault};

/// All counts of one upstream.
#[derive(Debug, Default)]
pub(super) struct Tally {
    total: Counts,
    connections: AtomicU64,
    invalid: AtomicU64,
    models: Mutex<HashMap<String, Arc<Model>>>,
}

/// One model name's script, rendered answers and counts.
#[derive(Debug)]
pub(super) struct Model {
    /// The script that the name stands for.
    pub(super) script: Result<Script, UnknownFault>,
    counts: Counts,
    keys: Mutex<BTreeMap<String, u64>>,
    last: Mutex<Option<Seen>>,
    plans: Mutex<Vec<(Shape, bool, Arc<Plan>)>>,
}

/// A request as it arrived.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    in_flight: AtomicU64,
    peak: AtomicU64,
    cancelled: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

/// A request in flight. Dropped before [`Ticket::finish`], it counts as cancelled by the client.
#[derive(Debug)]
pub(super) struct Ticket {
    tally: Arc<Tally>,
    model: Arc<Model>,
    finished: bool,
}

/// The counts of an upstream, as `GET /_stats` answers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Connections accepted.
    pub connections: u64,
    /// Requests whose body was not the JSON that their path wants.
    pub invalid: u64,
    /// All models together.
    #[serde(flatten)]
    pub total: Figures,
    /// By model name, exactly as it was asked for.
    pub models: BTreeMap<String, ModelSnapshot>,
}

/// Counts of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Requests that named a model, faulty answers included.
    pub requests: u64,
    /// Requests being answered now.
    pub in_flight: u64,
    /// The most requests that were being answered at once.
    pub peak: u64,
    /// Requests whose client hung up before the end of the answer.
    pub cancelled: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of answer bodies.
    pub bytes_out: u64,
}

/// What one model name saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelSnapshot {
    /// Counts.
    #[serde(flatten)]
    pub figures: Figures,
    /// Requests by the key they carried (`""` for none).
    pub keys: BTreeMap<String, u64>,
    /// Path and query of the last request.
    pub last_path: String,
    /// Headers of the last request; names in lower case, repeated ones joined by `, `.
    pub last_headers: BTreeMap<String, String>,
    /// Body of the last request.
    pub last_body: String,
}

impl Tally {
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn invalid(&self) {
        self.invalid.fetch_add(1, Relaxed);
    }

    /// The model of this name, made at its first request.
    pub(super) fn model(&self, name: &str) -> Arc<Model> {
        let mut models = lock(&self.models);
        if let Some(model) = models.get(name) {
            return model.clone();
        }
        let model = Arc::new(Model {
            script: Script::parse(name),
            counts: Counts::default(),
            keys: Mutex::default(),
            last: Mutex::default(),
            plans: Mutex::default(),
        });
        models.insert(name.to_owned(), model.clone());
        model
    }

    /// Counts a request; returns its number at this model (from 0) and its ticket.
    pub(super) fn begin(self: &Arc<Self>, model: &Arc<Model>, seen: Seen) -> (u64, Ticket) {
        let bytes = seen.body.len() as u64;
        self.total.begin(bytes);
        let number = model.counts.begin(bytes);
        model.count_key(key_of(&seen.headers, &seen.path));
        *lock(&model.last) = Some(seen);
        let ticket = Ticket {
            tally: self.clone(),
            model: model.clone(),
            finished: false,
        };
        (number, ticket)
    }

    /// Forgets all counts and all `f-once` and `f-flaky` counters. Requests in flight finish into the
    /// counts of before.
    pub(super) fn reset(&self) {
        lock(&self.models).clear();
        self.total.reset();
        self.connections.store(0, Relaxed);
        self.invalid.store(0, Relaxed);
    }

    pub(super) fn figures(&self) -> Figures {
        self.total.figures()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let models = lock(&self.models)
            .iter()
            .map(|(name, model)| (name.clone(), model.snapshot()))
            .collect();
        Snapshot {
            connections: self.connections.load(Relaxed),
            invalid: self.invalid.load(Relaxed),
            total: self.total.figures(),
            models,
        }
    }
}

impl Model {
    /// The rendered answer of this shape; `faulty` tells an answer with the fault from one without.
    pub(super) fn plan(
        &self,
        shape: Shape,
        faulty: bool,
        render: impl FnOnce() -> Plan,
    ) -> Arc<Plan> {
        let mut plans = lock(&self.plans);
        let known = plans.iter().find(|(s, f, _)| *s == shape && *f == faulty);
        if let Some((_, _, plan)) = known {
            return plan.clone();
        }
        let plan = Arc::new(render());
        plans.push((shape, faulty, plan.clone()));
        plan
    }

    fn count_key(&self, key: &str) {
        let mut keys = lock(&self.keys);
        match keys.get_mut(key) {
            Some(count) => *count += 1,
            None => {
                keys.insert(key.to_owned(), 1);
            }
        }
    }

    fn snapshot(&self) -> ModelSnapshot {
        let mut snapshot = ModelSnapshot {
            figures: self.counts.figures(),
            keys: lock(&self.keys).clone(),
            ..ModelSnapshot::default()
        };
        if let Some(seen) = &*lock(&self.last) {
            snapshot.last_path.clone_from(&seen.path);
            snapshot.last_body = String::from_utf8_lossy(&seen.body).into_owned();
            for (name, value) in &seen.headers {
                let value = String::from_utf8_lossy(value.as_bytes());
                snapshot
                    .last_headers
                    .entry(name.as_str().to_owned())
                    .and_modify(|all| {
                        all.push_str(", ");
                        all.push_str(&value);
                    })
                    .or_insert_with(|| value.into_owned());
            }
        }
        snapshot
    }
}

impl Counts {
    fn begin(&self, bytes: u64) -> u64 {
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.peak.fetch_max(now, Relaxed);
        self.bytes_in.fetch_add(bytes, Relaxed);
        self.requests.fetch_add(1, Relaxed)
    }

    fn end(&self, finished: bool) {
        // A reset may have forgotten this request.
        let _ = self
            .in_flight
            .fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1));
        if !finished {
            self.cancelled.fetch_add(1, Relaxed);
        }
    }

    fn reset(&self) {
        for counter in [
            &self.requests,
            &self.cancelled,
            &self.bytes_in,
            &self.bytes_out,
        ] {
            counter.store(0, Relaxed);
        }
        self.peak.store(self.in_flight.load(Relaxed), Relaxed);
    }

    fn figures(&self) -> Figures {
        Figures {
            requests: self.requests.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            peak: self.peak.load(Relaxed),
            cancelled: self.cancelled.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
        }
    }
}

impl Ticket {
    pub(super) fn sent(&self, bytes: usize) {
        self.tally.total.bytes_out.fetch_add(bytes as u64, Relaxed);
        self.model.counts.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    /// The answer is complete, or as complete as its script wants it.
    pub(super) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.tally.total.end(self.finished);
        self.model.counts.end(self.finished);
    }
}

/// The key of a request, from wherever its dialect puts it.
fn key_of<'a>(headers: &'a HeaderMap, path: &'a str) -> &'a str {
    let header = |name| {
        headers
            .get(name)
            .and_then(|v: &http::HeaderValue| v.to_str().ok())
    };
    if let Some(value) = header("authorization") {
        return value.strip_prefix("Bearer ").unwrap_or(value);
    }
    for name in ["x-api-key", "api-key", "x-goog-api-key"] {
        if let Some(value) = header(name) {
            return value;
        }
    }
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("key="))
        .unwrap_or("")
}

/// Locks; a poisoned lock still holds good counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(headers: &[(&'static str, &str)], path: &str) -> Seen {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        Seen {
            path: path.to_owned(),
            headers: map,
            body: Bytes::from_static(b"{}"),
        }
    }

    #[test]
    fn a_ticket_dropped_early_counts_as_cancelled() {
        let tally = Arc::new(Tally::default());
        let model = tally.model("m");
        let (first, kept) = tally.begin(&model, seen(&[], "/"));
        let (second, dropped) = tally.begin(&model, seen(&[], "/"));
        assert_eq!((first, second), (0, 1));
        kept.finish();
        drop(dropped);
        let figures = tally.snapshot().models["m"].figures;
        assert_eq!((figures.requests, figures.cancelled), (2, 1));
        assert_eq!((figures.peak, figures.in_flight), (2, 0));
    }

    #[test]
    fn keys_are_counted_wherever_they_stand() {
        let tally = Arc::new(Tally::default());
        let model = tally.model("m");
        for (headers, path) in [
            (vec![("authorization", "Bearer k1")], "/"),
            (vec![("x-api-key", "k1")], "/"),
            (vec![("api-key", "k2")], "/"),
            (vec![], "/x?alt=sse&key=k3"),
            (vec![], "/"),
        ] {
            tally.begin(&model, seen(&headers, path)).1.finish();
        }
        let keys = &tally.snapshot().models["m"].keys;
        let expected = [("", 1), ("k1", 2), ("k2", 1), ("k3", 1)];
        assert_eq!(keys.len(), 4);
        for (key, count) in expected {
            assert_eq!(keys[key], count, "{key}");
        }
    }

    #[test]
    fn a_reset_forgets_requests_but_not_the_ones_in_flight() {
        let tally = Arc::new(Tally::default());
        let model = tally.model("m");
        let (_, ticket) = tally.begin(&model, seen(&[], "/"));
        tally.reset();
        assert_eq!(tally.snapshot().total.requests, 0);
        assert_eq!(tally.snapshot().total.in_flight, 1);
        ticket.finish();
        assert_eq!(tally.snapshot().total.in_flight, 0);
    }
}
