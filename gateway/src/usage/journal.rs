//! The journal on disk in front of the database.
//!
//! A row is appended when its attempt ends, and once before, as [`Status::Interrupted`] with the
//! estimate, when the attempt lasts (see [`super::open_rows`]). Appending is a plain `write`: the
//! bytes are in the kernel before the answer ends, so they survive `kill -9`. What the database
//! already has, it ignores by the row's id, so a replay can neither lose nor double a row.
//!
//! Files are segments. A segment is deleted when the last row begun or ended in it has been stored,
//! which reference counts track: every open attempt and every row that waits for the database holds
//! its segment.
//!
//! Several processes may share the directory (a second instance, `doctor` beside a running server):
//! each locks its own segments, and a start leaves alone what another living process has locked.
//! The lock goes with the process, however it ends.
//!
//! [`Status::Interrupted`]: super::record::Status::Interrupted

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use uuid::Uuid;

use super::leftovers::Leftovers;
use super::record::UsageRecord;

const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
/// Room for a usual row.
const LINE_BYTES: usize = 1_536;
/// What a segment's name ends with.
pub(super) const SUFFIX: &str = "ndjson";
/// The same while a segment is made and not locked yet.
const UNNAMED_SUFFIX: &str = "new";

/// Appends rows to the current segment.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    active: Mutex<Active>,
    failed: AtomicBool,
    segment_bytes: u64,
}

#[derive(Debug)]
struct Active {
    segment: Arc<Segment>,
    bytes: u64,
    next: u64,
    /// The last line may lack its end: a full disk takes a part of a line.
    torn: bool,
    rotation_failed: bool,
}

/// One file of the journal, locked while it is open.
#[derive(Debug)]
struct Segment {
    path: PathBuf,
    file: File,
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
    /// Opens the journal in `dir` and finds the segments that dead processes left behind.
    ///
    /// # Errors
    /// When the directory cannot be made, read or written.
    pub fn open(dir: &Path) -> io::Result<(Self, Leftovers)> {
        Self::open_with(dir, SEGMENT_BYTES)
    }

    /// [`Journal::open`] with another size of segments.
    pub(super) fn open_with(dir: &Path, segment_bytes: u64) -> io::Result<(Self, Leftovers)> {
        fs::create_dir_all(dir)?;
        let leftovers = Leftovers::find(dir)?;
        let active = Active::create(dir, leftovers.newest() + 1)?;
        let journal = Self {
            dir: dir.to_owned(),
            active: Mutex::new(active),
            failed: AtomicBool::new(false),
            segment_bytes,
        };
        Ok((journal, leftovers))
    }

    /// Appends a row. The hold must be released when the row is stored.
    ///
    /// A full disk does not stop calls: the row still goes to the database, it only is not safe
    /// against a crash until then; [`Journal::is_healthy`] turns false.
    pub fn append(&self, row: &UsageRecord) -> Hold {
        let mut line = Vec::with_capacity(LINE_BYTES);
        // Writing a row to memory does not fail; a line without content would be skipped by a replay.
        let _ = serde_json::to_writer(&mut line, row);
        line.push(b'\n');
        self.write(&line).0
    }

    /// Takes over a line that cannot be stored, for the next start. False when the disk refuses it.
    pub(super) fn keep(&self, line: &[u8]) -> bool {
        let mut line = line.to_vec();
        line.push(b'\n');
        let (hold, written) = self.write(&line);
        drop(hold);
        written
    }

    /// Whether the last append reached the disk.
    pub fn is_healthy(&self) -> bool {
        !self.failed.load(Ordering::Relaxed)
    }

    fn write(&self, line: &[u8]) -> (Hold, bool) {
        let mut active = self.active.lock();
        if active.bytes >= self.segment_bytes {
            self.rotate(&mut active);
        }
        let written = active.write(line);
        let failed = written.is_err();
        if failed != self.failed.swap(failed, Ordering::Relaxed) {
            match &written {
                Err(error) => tracing::error!(%error, "cannot write the usage journal"),
                Ok(()) => tracing::info!("the usage journal can be written again"),
            }
        }
        (Hold::new(&active.segment), !failed)
    }

    fn rotate(&self, active: &mut Active) {
        match Active::create(&self.dir, active.next) {
            Ok(fresh) => *active = fresh,
            Err(error) => {
                if !active.rotation_failed {
                    tracing::error!(%error, "cannot begin a new segment of the usage journal");
                }
                active.rotation_failed = true;
            }
        }
    }
}

impl Active {
    /// Makes a segment. It gets its name only when it is locked, so that a process that starts at
    /// this moment does not take it for a dead one's.
    fn create(dir: &Path, number: u64) -> io::Result<Self> {
        let name = format!("{number:012}-{}", Uuid::new_v4().simple());
        let unnamed = dir.join(format!("{name}.{UNNAMED_SUFFIX}"));
        let path = dir.join(format!("{name}.{SUFFIX}"));
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(&unnamed)?;
        if let Err(TryLockError::Error(error)) = file.try_lock() {
            // Some network file systems know no locks; then only one process may use the directory.
            tracing::debug!(%error, "cannot lock a segment of the usage journal");
        }
        fs::rename(&unnamed, &path)?;
        Ok(Self {
            segment: Arc::new(Segment {
                path,
                file,
                keep: AtomicBool::new(false),
            }),
            bytes: 0,
            next: number + 1,
            torn: false,
            rotation_failed: false,
        })
    }

    /// Writes a line that ends with its line feed.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let mut file = &self.segment.file;
        let written = match self.torn {
            false => file.write_all(line),
            // The rest of a torn line must not swallow this one.
            true => file.write_all(&[b"\n", line].concat()),
        };
        self.bytes += line.len() as u64;
        self.torn = written.is_err();
        written
    }
}

#[cfg(test)]
mod tests {
    use store::testing::TempDir;

    use super::*;

    #[test]
    fn a_line_behind_a_failed_write_begins_on_its_own() {
        let dir = TempDir::new();
        let mut active = Active::create(dir.path(), 1).expect("made");
        let good = active.segment.file.try_clone().expect("cloned");
        let path = active.segment.path.clone();
        active.write(b"first\n").expect("written");
        // A file that cannot be written plays the full disk.
        let with = |file| {
            Arc::new(Segment {
                path: path.clone(),
                file,
                keep: AtomicBool::new(true),
            })
        };
        active.segment.keep.store(true, Ordering::Relaxed);
        active.segment = with(File::open(&path).expect("opens"));
        active.write(b"lost\n").expect_err("read-only");
        active.segment = with(good);
        active.write(b"second\n").expect("written");
        active.write(b"third\n").expect("written");
        let text = fs::read_to_string(&path).expect("read");
        assert_eq!(text, "first\n\nsecond\nthird\n");
    }
}
