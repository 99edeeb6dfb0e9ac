//! One server per data directory.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Holds the data directory for this process; released when it ends, however it ends.
#[derive(Debug)]
pub(crate) struct DataDirLock {
    _file: File,
}

impl DataDirLock {
    /// Takes the directory.
    ///
    /// # Errors
    /// When another server holds it, or it cannot be made or written.
    pub(crate) fn take(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir)
            .with_context(|| format!("cannot create the data directory {}", dir.display()))?;
        let path = dir.join("server.lock");
        let file = File::create(&path)
            .with_context(|| format!("cannot write to the data directory {}", dir.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another server is using the data directory {}; stop it, or give this one its own \
                 with --data-dir",
                dir.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}
