//! One server per data directory.

use std::fs::{DirBuilder, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Makes the data directory, for this user alone: it holds key hashes and, where organizations want
/// it, bodies of calls. One that exists keeps its permissions.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_private(dir: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .with_context(|| format!("cannot create the data directory {}", dir.display()))
}

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
        make_private(dir)?;
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
