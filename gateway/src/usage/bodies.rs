//! Bodies of calls, kept only for organizations that switched it on.
//!
//! ```ignore
//! let mut answer = Capture::new();
//! answer.push(&piece);                       // for each piece that goes to the client
//! gateway.bodies().log(&who, &request_id, began_us, &call.body, answer);
//! ```
//!
//! Logging is best effort and off the hot path: entries go through a bounded queue to one task, and
//! are dropped (counted, logged once) when the database is too slow. Usage rows never are.

mod sql;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use accounts::Principal;
use serde::Serialize;
use store::{Db, Micros, OrgId};
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;

/// Most bytes kept of one body.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Most bytes that wait for the database.
const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;
const MAX_WAITING: usize = 1_024;
const BATCH: usize = 32;

/// A body, or its beginning, as it passes.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    head: Vec<u8>,
    total: u64,
}

impl Capture {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            head: Vec::new(),
            total: 0,
        }
    }

    /// A complete body.
    pub fn of(body: &[u8]) -> Self {
        let mut capture = Self::new();
        capture.push(body);
        capture
    }

    /// The next piece. What goes beyond [`MAX_BODY_BYTES`] is only counted.
    pub fn push(&mut self, piece: &[u8]) {
        let room = MAX_BODY_BYTES - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
        self.total += piece.len() as u64;
    }

    /// As text that both databases can keep: cut at a character, with a mark that says of how much;
    /// binary bodies are only named.
    fn into_text(self) -> String {
        let cut = self.total > self.head.len() as u64;
        let kept = match String::from_utf8(self.head) {
            Ok(text) => text,
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let mut head = error.into_bytes();
                // A character that the cut tore apart, and nothing worse.
                let torn = cut && head.len() - good < 4;
                if !torn {
                    return format!("[{} bytes that are not text]", self.total);
                }
                head.truncate(good);
                String::from_utf8(head).unwrap_or_default()
            }
        };
        let mut text = kept.replace('\0', "\u{fffd}");
        if cut {
            text.push_str(&format!(
                "\n[truncated: the first {} of {} bytes]",
                kept.len(),
                self.total
            ));
        }
        text
    }
}

store::row! {
    /// What went in and out of a call.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct LoggedBodies {
        /// When the call arrived.
        pub created_at: Micros,
        /// The client's body; at most 256 KB of it, with a mark where it was cut.
        pub request: String,
        /// The body that the client got (for a stream: its bytes), cut likewise.
        pub response: String,
    }
}

/// Takes bodies and stores them in the background. Clones share everything.
#[derive(Debug, Clone)]
pub struct Bodies {
    queue: mpsc::Sender<Message>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    dropped: AtomicU64,
    dropping: AtomicBool,
}

#[derive(Debug)]
enum Message {
    Log(Entry),
    Flush(oneshot::Sender<()>),
}

#[derive(Debug)]
struct Entry {
    org: OrgId,
    request_id: String,
    created_at: Micros,
    request: Capture,
    response: Capture,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.request.head.len() + self.response.head.len()
    }
}

/// An entry as text.
#[derive(Debug)]
struct Row {
    org: OrgId,
    request_id: String,
    bodies: LoggedBodies,
}

impl Bodies {
    /// Begins to store bodies; ends when all clones are gone.
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the last handle, and what it holds is best effort"
    )]
    pub fn start(db: Db) -> Self {
        let (queue, inbox) = mpsc::channel(MAX_WAITING);
        let waiting = Arc::new(Waiting::default());
        tokio::spawn(run(db, inbox, Arc::clone(&waiting)));
        Self { queue, waiting }
    }

    /// Keeps the bodies of a call, if the caller's organization wants that. Never waits.
    ///
    /// A later call with the same request id replaces the bodies of the earlier one.
    pub fn log(
        &self,
        who: &Principal,
        request_id: &str,
        began_us: i64,
        request: &[u8],
        response: Capture,
    ) {
        if who.log_bodies() {
            self.push(Entry {
                org: who.org_id(),
                request_id: request_id.to_owned(),
                created_at: Micros(began_us),
                request: Capture::of(request),
                response,
            });
        }
    }

    /// Calls whose bodies were not kept because too many waited.
    pub fn dropped(&self) -> u64 {
        self.waiting.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything so far is stored (or has failed to be).
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    fn push(&self, entry: Entry) {
        let bytes = entry.bytes();
        let before = self.waiting.bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = before + bytes <= MAX_WAITING_BYTES;
        if fits && self.queue.try_send(Message::Log(entry)).is_ok() {
            self.waiting.dropping.store(false, Ordering::Relaxed);
            return;
        }
        self.waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.waiting.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.waiting.dropping.swap(true, Ordering::Relaxed) {
            tracing::warn!("bodies of calls are not kept: too many wait for the database");
        }
    }
}

/// The bodies of one call of this organization.
///
/// # Errors
/// Those of the database.
pub async fn get(db: &Db, org: OrgId, request_id: &str) -> store::Result<Option<LoggedBodies>> {
    sql::get(db, org, request_id).await
}

/// Forgets the bodies of calls before `time`, of all organizations; gives how many.
///
/// # Errors
/// Those of the database.
pub async fn delete_before(db: &Db, time: Micros) -> store::Result<u64> {
    let mut all = 0;
    loop {
        // In pieces, so that the one writer of SQLite is not held for long.
        let gone = sql::delete_some_before(db, time).await?;
        all += gone;
        if gone == 0 {
            return Ok(all);
        }
    }
}

/// Forgets the bodies of an organization's calls before `time`; gives how many.
///
/// # Errors
/// Those of the database.
pub async fn delete_of_before(db: &Db, org: OrgId, time: Micros) -> store::Result<u64> {
    let mut all = 0;
    loop {
        let gone = sql::delete_some_of_before(db, org, time).await?;
        all += gone;
        if gone == 0 {
            return Ok(all);
        }
    }
}

async fn run(db: Db, mut inbox: mpsc::Receiver<Message>, waiting: Arc<Waiting>) {
    let mut messages = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut messages, BATCH).await > 0 {
        let mut flushes = Vec::new();
        let mut bytes = 0;
        // Of two calls with the same id the later counts; one statement cannot write a row twice.
        let mut rows: HashMap<(OrgId, String), Row> = HashMap::new();
        for message in messages.drain(..) {
            match message {
                Message::Flush(done) => flushes.push(done),
                Message::Log(entry) => {
                    bytes += entry.bytes();
                    let row = Row::from(entry);
                    rows.insert((row.org, row.request_id.clone()), row);
                }
            }
        }
        let rows: Vec<Row> = rows.into_values().collect();
        if !rows.is_empty()
            && let Err(error) = sql::put(&db, &rows).await
        {
            tracing::warn!(%error, calls = rows.len(), "cannot keep the bodies of calls");
        }
        waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
        for done in flushes {
            let _ = done.send(());
        }
    }
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        Self {
            org: entry.org,
            request_id: entry.request_id.replace('\0', ""),
            bodies: LoggedBodies {
                created_at: entry.created_at,
                request: entry.request.into_text(),
                response: entry.response.into_text(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
