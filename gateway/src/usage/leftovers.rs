//! What dead processes left in the journal, and how it gets into the database.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use store::Db;
use uuid::Uuid;

use super::journal::{Journal, SUFFIX};
use super::record::UsageRecord;
use super::refusal::store_accepted;

const BATCH_ROWS: usize = 2_000;

/// Segments without a living owner, oldest first. They are locked while this lives.
#[derive(Debug, Default)]
pub struct Leftovers {
    segments: Vec<Leftover>,
    newest: u64,
}

#[derive(Debug)]
struct Leftover {
    path: PathBuf,
    file: File,
}

/// What a segment says.
#[derive(Debug, Default)]
struct Contents {
    /// The last state of each row, in the order of their ids.
    rows: Vec<UsageRecord>,
    /// Complete lines that are no rows: another version's, or damaged.
    unreadable: Vec<Vec<u8>>,
}

impl Leftovers {
    /// Finds and locks the segments in `dir`.
    ///
    /// # Errors
    /// When the directory or a segment cannot be read.
    pub(super) fn find(dir: &Path) -> io::Result<Self> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == SUFFIX) {
                paths.push(path);
            }
        }
        paths.sort();
        let newest = paths.iter().filter_map(|p| number(p)).max().unwrap_or(0);
        let mut segments = Vec::new();
        for path in paths {
            segments.extend(Leftover::lock(path)?);
        }
        Ok(Self { segments, newest })
    }

    /// The highest number among all segments, those of living processes included.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether nothing was left.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Stores all rows and removes the segments; gives how many rows were read.
    ///
    /// The newest segment goes first: an attempt's end never stands in an older one than its
    /// beginning, and the database keeps the row that comes first. So one segment at a time is in
    /// memory, and a kill in the middle does no harm.
    ///
    /// What the database refuses for good, and what is no row, moves into `journal`, where the next
    /// start (of a newer version, perhaps) tries it again.
    ///
    /// # Errors
    /// A sentence saying which segment cannot be read, or why the database takes no rows at all.
    /// The segments stay then.
    pub async fn replay(self, db: &Db, journal: &Journal) -> Result<u64, String> {
        let mut count = 0;
        let mut refused = HashSet::new();
        for segment in self.segments.into_iter().rev() {
            let path = segment.path.display().to_string();
            let mut contents = segment
                .read()
                .map_err(|e| format!("cannot read the usage journal {path}: {e}"))?;
            // The beginning of a row whose end was refused must not take its place.
            contents.rows.retain(|row| !refused.contains(&row.id));
            count += contents.rows.len() as u64;
            let saved = store_rows(db, journal, &contents.rows, &mut refused)
                .await
                .map_err(|e| format!("cannot store the usage journal {path}: {e}"))?;
            if saved && keep_unreadable(journal, &path, &contents.unreadable) {
                segment.remove();
            }
        }
        Ok(count)
    }
}

async fn store_rows(
    db: &Db,
    journal: &Journal,
    rows: &[UsageRecord],
    refused: &mut HashSet<Uuid>,
) -> store::Result<bool> {
    let mut saved = true;
    for rows in rows.chunks(BATCH_ROWS) {
        for one in store_accepted(db, rows).await? {
            let row = &rows[one.index];
            one.log(row);
            refused.insert(row.id);
            saved &= journal.keep(&serde_json::to_vec(row).unwrap_or_default());
        }
    }
    Ok(saved)
}

fn keep_unreadable(journal: &Journal, path: &str, lines: &[Vec<u8>]) -> bool {
    if !lines.is_empty() {
        tracing::error!(
            file = path,
            lines = lines.len(),
            "the usage journal has lines that this version cannot read; they stay in it"
        );
    }
    lines.iter().all(|line| journal.keep(line))
}

impl Leftover {
    /// `None` when the segment belongs to a living process or is gone.
    fn lock(path: PathBuf) -> io::Result<Option<Self>> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(Self { path, file })),
        }
    }

    fn read(&self) -> io::Result<Contents> {
        let mut bytes = Vec::new();
        (&self.file).read_to_end(&mut bytes)?;
        Ok(Contents::parse(&bytes))
    }

    fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, file = %self.path.display(), "cannot remove a replayed journal");
        }
    }
}

impl Contents {
    fn parse(bytes: &[u8]) -> Self {
        let mut rows: HashMap<Uuid, UsageRecord> = HashMap::new();
        let mut unreadable = Vec::new();
        // A line without an end is torn. The attempt's beginning stands before it, or it is the
        // beginning and nothing was sent yet.
        let whole = bytes.iter().rposition(|b| *b == b'\n').unwrap_or(0);
        let lines = bytes[..whole].split(|b| *b == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            match serde_json::from_slice::<UsageRecord>(line) {
                Ok(row) => {
                    rows.insert(row.id, row);
                }
                Err(_) => unreadable.push(line.to_vec()),
            }
        }
        let mut rows: Vec<_> = rows.into_values().collect();
        rows.sort_by_key(|row| row.id);
        Self { rows, unreadable }
    }
}

fn number(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    stem.split('-').next()?.parse().ok()
}
