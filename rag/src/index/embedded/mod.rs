//! The index in this process: everything in memory, derived from SQL, loaded when it is first asked
//! for, dropped when nobody asks any more.
//!
//! # How it stays in step
//! Each change of what can be found raises the collection's generation and writes it on the changed
//! documents. [`sync`](VectorStore::sync) compares generations and reads the changed documents, no
//! others. A search calls it first: one statement when nothing changed.
//!
//! So several processes on one PostgreSQL agree, each with the whole index in its own memory; where
//! that is too much, the index is a Qdrant server.

mod collection;
mod mask;
mod postings;
mod scan;
mod sketch;
mod top;
mod vectors;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::{Mutex, RwLock};
use store::{Db, Micros, SharedClock};

use super::{Found, Place, StoreCounts, StoreQuery, VectorStore};
use crate::sql;
use crate::{DocumentId, Error, Result};
use collection::CollectionIndex;

/// Limits of the indexes in memory.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedConfig {
    /// Bytes of all indexes together; the one unused for longest goes first. One collection alone may
    /// be larger.
    pub memory_bytes: usize,
    /// An index that nobody asks for this long is dropped.
    pub idle: Duration,
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            idle: Duration::from_secs(30 * 60),
        }
    }
}

/// The index in this process.
#[derive(Clone)]
pub struct Embedded {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: SharedClock,
    config: EmbeddedConfig,
    slots: Mutex<HashMap<Place, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    index: RwLock<Option<CollectionIndex>>,
    /// One reader of changes at a time.
    syncing: tokio::sync::Mutex<()>,
    used_at: AtomicI64,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// Indexes of what `db` holds.
    pub fn new(db: Db, clock: SharedClock, config: EmbeddedConfig) -> Self {
        let inner = Inner {
            db,
            clock,
            config,
            slots: Mutex::new(HashMap::new()),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Drops the indexes that nobody asked for in a while, and the oldest while there is too much.
    /// Also done by each load.
    pub fn evict(&self) {
        self.inner.evict(None);
    }

    /// Bytes of all indexes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        let slots: Vec<_> = self.inner.slots.lock().values().cloned().collect();
        slots.iter().map(|slot| slot.bytes()).sum()
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        self.index.read().as_ref().map_or(0, CollectionIndex::bytes)
    }
}

impl Inner {
    fn slot(&self, place: Place) -> Arc<Slot> {
        let slot = Arc::clone(self.slots.lock().entry(place).or_default());
        slot.used_at.store(self.clock.now().0, Ordering::Relaxed);
        slot
    }

    fn evict(&self, keep: Option<Place>) {
        let now = self.clock.now();
        let mut slots: Vec<_> = {
            let mut all = self.slots.lock();
            all.retain(|place, slot| {
                let used_at = Micros(slot.used_at.load(Ordering::Relaxed));
                Some(*place) == keep || now.since(used_at) < self.config.idle
            });
            all.iter()
                .map(|(place, slot)| (*place, Arc::clone(slot)))
                .collect()
        };
        slots.sort_by_key(|(_, slot)| slot.used_at.load(Ordering::Relaxed));
        let mut total: usize = slots.iter().map(|(_, slot)| slot.bytes()).sum();
        for (place, slot) in slots {
            if total <= self.config.memory_bytes {
                return;
            }
            if Some(place) != keep {
                total = total.saturating_sub(slot.bytes());
                self.slots.lock().remove(&place);
            }
        }
    }

    /// Brings the collection's index in step, loading it where it is not in memory.
    async fn sync(&self, place: Place) -> Result<Arc<Slot>> {
        let slot = self.slot(place);
        let head = self.head(place).await?;
        if slot.index.read().as_ref().is_some_and(|i| i.is_at(&head)) {
            return Ok(slot);
        }
        let _only = slot.syncing.lock().await;
        // Somebody else may have read the changes while this one waited.
        let head = self.head(place).await?;
        let from = {
            let index = slot.index.read();
            match index.as_ref() {
                Some(index) if index.is_at(&head) => return Ok(Arc::clone(&slot)),
                Some(index) if index.can_become(&head) => Some(index.generation()),
                _ => None,
            }
        };
        match from {
            Some(generation) => self.read_changes(place, &slot, &head, generation).await?,
            None => {
                let mut index = CollectionIndex::new(head);
                for facts in sql::index::changed(&self.db, place, -1).await? {
                    let chunks =
                        sql::index::chunks(&self.db, place, facts.id, head.space_id).await?;
                    index.put(facts, &chunks)?;
                }
                index.set_generation(head.generation);
                *slot.index.write() = Some(index);
                self.evict(Some(place));
            }
        }
        Ok(Arc::clone(&slot))
    }

    async fn head(&self, place: Place) -> Result<sql::index::Head> {
        let head = sql::index::head(&self.db, place).await?;
        let head =
            head.ok_or_else(|| Error::not_found(format!("collection {}", place.collection)))?;
        head.analyzer.check()?;
        Ok(head)
    }

    async fn read_changes(
        &self,
        place: Place,
        slot: &Slot,
        head: &sql::index::Head,
        generation: i64,
    ) -> Result<()> {
        for facts in sql::index::changed(&self.db, place, generation).await? {
            let chunks = sql::index::chunks(&self.db, place, facts.id, head.space_id).await?;
            if let Some(index) = slot.index.write().as_mut() {
                index.put(facts, &chunks)?;
            }
        }
        if let Some(index) = slot.index.write().as_mut() {
            index.set_generation(head.generation);
        }
        Ok(())
    }
}

impl VectorStore for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn needs_outbox(&self) -> bool {
        false
    }

    fn sync(&self, place: Place) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            // What is not in memory is read by whoever asks first.
            let loaded = self.inner.slots.lock().get(&place).cloned();
            if loaded.is_some_and(|slot| slot.index.read().is_some()) {
                self.inner.sync(place).await?;
            }
            Ok(())
        })
    }

    fn search(&self, query: StoreQuery) -> BoxFuture<'_, Result<Found>> {
        Box::pin(async move {
            let slot = self.inner.sync(query.scope.place).await?;
            let found = tokio::task::spawn_blocking(move || {
                let index = slot.index.read();
                index
                    .as_ref()
                    .map(|index| index.search(&query))
                    .unwrap_or_default()
            });
            found
                .await
                .map_err(|_| Error::internal("the search was interrupted"))
        })
    }

    fn forget<'a>(
        &'a self,
        place: Place,
        documents: &'a [DocumentId],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let slot = self.inner.slots.lock().get(&place).cloned();
            let Some(slot) = slot else {
                return Ok(());
            };
            if let Some(index) = slot.index.write().as_mut() {
                documents
                    .iter()
                    .for_each(|document| index.forget(*document));
            }
            Ok(())
        })
    }

    fn forget_all(&self, place: Place) -> BoxFuture<'_, Result<()>> {
        self.inner.slots.lock().remove(&place);
        Box::pin(std::future::ready(Ok(())))
    }

    fn count(&self, place: Place) -> BoxFuture<'_, Result<StoreCounts>> {
        Box::pin(async move {
            let slot = self.inner.sync(place).await?;
            let index = slot.index.read();
            Ok(index
                .as_ref()
                .map(CollectionIndex::counts)
                .unwrap_or_default())
        })
    }
}
