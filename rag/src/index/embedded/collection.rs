//! The index of one collection in memory.

use std::collections::HashMap;
use std::ops::Range;

use super::mask::Mask;
use super::postings::Postings;
use super::vectors::Vectors;
use crate::index::{Found, Hit, Scope, StoreCounts, StoreQuery, TermVector, half};
use crate::sql::index::{Facts, Head, Indexed};
use crate::{ChunkId, DocumentId, Error, Result};

/// Rows of removed chunks stay until they are this share of all; then the index is loaded anew.
const DEAD_SHARE: usize = 4;
/// Fewer removed rows than this are not worth a new load.
const DEAD_ROWS: usize = 2000;

#[derive(Debug)]
pub(super) struct CollectionIndex {
    head: Head,
    vectors: Vectors,
    postings: Postings,
    /// Chunk and document by row.
    rows: Vec<(ChunkId, u32)>,
    live: Mask,
    live_rows: usize,
    documents: Vec<Entry>,
    by_id: HashMap<DocumentId, u32>,
}

/// A document and its rows. Its chunks are added together, so they are neighbours.
#[derive(Debug)]
struct Entry {
    facts: Facts,
    rows: Range<usize>,
}

impl CollectionIndex {
    pub(super) fn new(head: Head) -> Self {
        let dimensions = head.dimensions.and_then(|d| usize::try_from(d).ok());
        Self {
            head,
            vectors: Vectors::new(dimensions.unwrap_or(0)),
            postings: Postings::default(),
            rows: Vec::new(),
            live: Mask::default(),
            live_rows: 0,
            documents: Vec::new(),
            by_id: HashMap::new(),
        }
    }

    /// Whether this is what `head` says.
    pub(super) fn is_at(&self, head: &Head) -> bool {
        self.head.generation == head.generation
            && self.head.space_id == head.space_id
            && self.head.analyzer == head.analyzer
    }

    /// Whether what `head` says can be reached by reading the changed documents.
    pub(super) fn can_become(&self, head: &Head) -> bool {
        let dead = self.rows.len() - self.live_rows;
        self.head.space_id == head.space_id
            && self.head.analyzer == head.analyzer
            && !(dead > DEAD_ROWS && dead * DEAD_SHARE > self.rows.len())
    }

    pub(super) fn generation(&self) -> i64 {
        self.head.generation
    }

    pub(super) fn set_generation(&mut self, generation: i64) {
        self.head.generation = generation;
        self.vectors.settle();
    }

    /// Bytes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.vectors.bytes()
            + self.postings.bytes()
            + self.live.bytes()
            + self.rows.capacity() * size_of::<(ChunkId, u32)>()
            + self.documents.capacity() * (size_of::<Entry>() + 200)
    }

    pub(super) fn counts(&self) -> StoreCounts {
        let with_vector = |row: &usize| self.live.has(*row) && self.vectors.has(*row);
        StoreCounts {
            chunks: self.live_rows as u64,
            vectors: (0..self.rows.len()).filter(with_vector).count() as u64,
        }
    }

    /// Replaces what is known of a document.
    ///
    /// # Errors
    /// `Internal` for a text index that cannot be read.
    pub(super) fn put(&mut self, facts: Facts, chunks: &[Indexed]) -> Result<()> {
        self.forget(facts.id);
        if !facts.findable {
            return Ok(());
        }
        let first = self.rows.len();
        let document = self.documents.len() as u32;
        for chunk in chunks {
            let terms = TermVector::decode(&chunk.terms).ok_or_else(|| {
                Error::internal(format!("the text index of chunk {} is damaged", chunk.id))
            })?;
            let vector = chunk.bytes.as_deref().map(half::decode);
            self.postings.push(&terms);
            self.vectors.push(vector.as_deref());
            self.live.set(self.rows.len());
            self.rows.push((chunk.id, document));
        }
        self.live_rows += chunks.len();
        self.by_id.insert(facts.id, document);
        self.documents.push(Entry {
            facts,
            rows: first..self.rows.len(),
        });
        Ok(())
    }

    pub(super) fn forget(&mut self, document: DocumentId) {
        let Some(at) = self.by_id.remove(&document) else {
            return;
        };
        let entry = &mut self.documents[at as usize];
        for row in entry.rows.clone() {
            self.live.clear(row);
        }
        self.live_rows -= entry.rows.len();
        // Nothing of what was deleted stays readable.
        entry.rows = 0..0;
        entry.facts.attributes = Default::default();
        entry.facts.tags = Default::default();
    }

    pub(super) fn search(&self, query: &StoreQuery) -> Found {
        let narrowed = (!query.scope.is_all()).then(|| self.narrow(&query.scope));
        let allowed = narrowed.as_ref().unwrap_or(&self.live);
        let hit = |(score, row): &(f32, u32)| {
            let (chunk, document) = self.rows[*row as usize];
            Hit {
                chunk,
                document: self.documents[document as usize].facts.id,
                score: *score,
            }
        };
        let mut found = Found::default();
        if let Some(vector) = &query.vector
            && vector.len() == self.vectors.dimensions()
        {
            let (rows, spread) = self.vectors.search(vector, allowed, query.limit);
            found.dense = rows.iter().map(hit).collect();
            found.spread = spread;
        }
        if !query.terms.is_empty() {
            let rows = self.postings.search(&query.terms, allowed, query.limit);
            found.text = rows.iter().map(hit).collect();
        }
        found
    }

    /// The rows inside a scope.
    fn narrow(&self, scope: &Scope) -> Mask {
        let mut mask = Mask::default();
        let mut add = |entry: &Entry| {
            let tags = &entry.facts.tags.0;
            let passes = scope.tags.iter().all(|tag| tags.contains(tag))
                && scope
                    .filter
                    .as_ref()
                    .is_none_or(|f| f.matches(&entry.facts.attributes));
            if passes {
                entry.rows.clone().for_each(|row| mask.set(row));
            }
        };
        if scope.documents.is_empty() {
            self.by_id
                .values()
                .for_each(|at| add(&self.documents[*at as usize]));
        } else {
            let known = scope.documents.iter().filter_map(|id| self.by_id.get(id));
            known.for_each(|at| add(&self.documents[*at as usize]));
        }
        mask
    }
}
