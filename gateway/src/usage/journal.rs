//! The journal on disk in front of the database.
//!
//! A row is appended twice: when its attempt begins (as [`Status::Interrupted`], with the estimate)
//! and when it ends. Appending is a plain `write`: the bytes are in the kernel before the answer
//! ends, so they survive `kill -9`. What the database already has, it ignores by the row's id, so a
//! replay can neither lose nor double a row.
//!
//! Files are segments. A segment is deleted when the last row begun or ended in it has been stored,
//! which reference counts track: every open attempt and every row that waits for the database holds
//! its segment.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use uuid::Uuid;

use super::record::UsageRecord;

const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
const SUFFIX: &str = "ndjson";

/// Appends rows to the current segment.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    active: Mutex<Active>,
    failed: AtomicBool,
}

#[derive(Debug)]
struct Active {
    segment: Arc<Segment>,
    file: File,
    bytes: u64,
    next: u64,
}

/// One file of the journal.
#[derive(Debug)]
struct Segment {
    path: PathBuf,
    /// Something in it was given up without being stored: keep the file for the next start.
    keep: AtomicBool,
}

impl Drop for Segment {
    fn drop(&mut self) {
        if !self.keep.load(Ordering::Relaxed) {
            // A file that stays behind is replayed and ignored row by row: only untidy.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A promise that a row in the journal will be stored. Dropped without [`Hold::release`], it keeps
/// the segment on disk.
#[derive(Debug)]
pub struct Hold {
    segment: Arc<Segment>,
    released: bool,
}

impl Hold {
    fn new(segment: &Arc<Segment>) -> Self {
        Self {
            segment: Arc::clone(segment),
            released: false,
        }
    }

    /// The row is in the database (or another hold took over).
    pub fn release(mut self) {
        self.released = true;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.released {
            self.segment.keep.store(true, Ordering::Relaxed);
        }
    }
}

impl Journal {
    /// Opens the journal in `dir` and gives the rows that the last process left behind, with the
    /// segments they came from.
    ///
    /// # Errors
    /// When the directory cannot be made, read or written.
    pub fn open(dir: &Path) -> io::Result<(Self, Leftovers)> {
        fs::create_dir_all(dir)?;
        let leftovers = Leftovers::read(dir)?;
        let next = leftovers.newest + 1;
        let active = Active::create(dir, next)?;
        let journal = Self {
            dir: dir.to_owned(),
            active: Mutex::new(active),
            failed: AtomicBool::new(false),
        };
        Ok((journal, leftovers))
    }

    /// Appends a row. The hold must be released when the row is stored.
    ///
    /// A full disk does not stop calls: the row still goes to the database, it only is not safe
    /// against a crash until then; [`Journal::is_healthy`] turns false.
    pub fn append(&self, row: &UsageRecord) -> Hold {
        let mut line = serde_json::to_vec(row).unwrap_or_default();
        line.push(b'\n');
        let mut active = self.active.lock();
        if active.bytes >= SEGMENT_BYTES {
            self.rotate(&mut active);
        }
        let written = active.file.write_all(&line);
        active.bytes += line.len() as u64;
        let failed = written.is_err();
        if failed != self.failed.swap(failed, Ordering::Relaxed) {
            match &written {
                Err(error) => tracing::error!(%error, "cannot write the usage journal"),
                Ok(()) => tracing::info!("the usage journal can be written again"),
            }
        }
        Hold::new(&active.segment)
    }

    /// Whether the last append reached the disk.
    pub fn is_healthy(&self) -> bool {
        !self.failed.load(Ordering::Relaxed)
    }

    fn rotate(&self, active: &mut Active) {
        match Active::create(&self.dir, active.next) {
            Ok(fresh) => *active = fresh,
            Err(error) => {
                tracing::error!(%error, "cannot begin a new segment of the usage journal")
            }
        }
    }
}

impl Active {
    fn create(dir: &Path, number: u64) -> io::Result<Self> {
        let path = dir.join(format!("{number:012}.{SUFFIX}"));
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let segment = Arc::new(Segment {
            path,
            keep: AtomicBool::new(false),
        });
        Ok(Self {
            segment,
            file,
            bytes: 0,
            next: number + 1,
        })
    }
}

/// What the last process left in the journal.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// The last state of each row.
    pub rows: Vec<UsageRecord>,
    files: Vec<PathBuf>,
    newest: u64,
}

impl Leftovers {
    fn read(dir: &Path) -> io::Result<Self> {
        let mut files: Vec<PathBuf> = fs::read_dir(dir)?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| path.extension().is_some_and(|e| e == SUFFIX))
            .collect();
        files.sort();
        let newest = files
            .last()
            .and_then(|p| p.file_stem()?.to_str()?.parse().ok())
            .unwrap_or(0);
        let mut rows: HashMap<Uuid, UsageRecord> = HashMap::new();
        for file in &files {
            for line in BufReader::new(File::open(file)?).split(b'\n') {
                // A torn last line belongs to an attempt whose beginning stands before it.
                if let Ok(row) = serde_json::from_slice::<UsageRecord>(&line?) {
                    rows.insert(row.id, row);
                }
            }
        }
        let mut rows: Vec<_> = rows.into_values().collect();
        rows.sort_by_key(|row| row.id);
        Ok(Self {
            rows,
            files,
            newest,
        })
    }

    /// Deletes the old segments; call it when all rows are stored.
    pub fn discard(&self) {
        for file in &self.files {
            if let Err(error) = fs::remove_file(file) {
                tracing::warn!(%error, file = %file.display(), "cannot remove a replayed journal");
            }
        }
    }
}
