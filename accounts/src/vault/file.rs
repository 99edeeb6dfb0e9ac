//! The key file: made for its owner alone, never overwritten in place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::master_key::{MasterKey, VARIABLE};
use crate::{Error, ErrorKind, Result, Secret};

/// Name of the key file inside the data directory.
pub(crate) const FILE_NAME: &str = "master.key";

/// Reads the key file, or makes it when nothing is encrypted yet.
///
/// `registered` is the fingerprint in the database (0: none), by which a rotation that was killed
/// between commit and renaming is finished, and one that was killed before its commit is forgotten.
pub(super) fn load(path: &Path, registered: i64, credentials: i64) -> Result<MasterKey> {
    let staged_path = staged(path);
    let current = read(path)?;
    if let Some(new) = read(&staged_path)? {
        if new.fingerprint() == registered {
            finish(path)?;
            return Ok(new);
        }
        if current
            .as_ref()
            .is_some_and(|key| key.fingerprint() == registered)
        {
            fs::remove_file(&staged_path)
                .map_err(|error| failed("remove", &staged_path, &error))?;
        }
    }
    match current {
        Some(key) => Ok(key),
        None if credentials > 0 => Err(Error::new(
            ErrorKind::Vault,
            format!(
                "the master key file {} is missing, but the database holds {credentials} credentials \
                 encrypted with it: restore the file from a backup, or set {VARIABLE}",
                path.display()
            ),
        )),
        None => create(path),
    }
}

/// Writes the next key beside the current one.
pub(super) fn stage(path: &Path, key: &MasterKey) -> Result<()> {
    let staged = staged(path);
    match fs::remove_file(&staged) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("replace", &staged, &error));
        }
        _ => {}
    }
    write_new(&staged, key).map_err(|error| failed("write", &staged, &error))
}

/// Puts the next key in the place of the current one.
pub(super) fn finish(path: &Path) -> Result<()> {
    fs::rename(staged(path), path).map_err(|error| failed("replace", path, &error))?;
    sync_directory(path);
    Ok(())
}

fn create(path: &Path) -> Result<MasterKey> {
    let key = MasterKey::generate();
    // Written under another name and linked, so that of two processes that start together one makes
    // the file and the other reads it whole.
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    write_new(&fresh, &key).map_err(|error| failed("write", &fresh, &error))?;
    let linked = fs::hard_link(&fresh, path);
    let _ = fs::remove_file(&fresh);
    match linked {
        Ok(()) => {
            sync_directory(path);
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| failed("read", path, &error))
        }
        Err(error) => Err(failed("make", path, &error)),
    }
}

/// The key in a file; `None` when there is no file.
fn read(path: &Path) -> Result<Option<MasterKey>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path, &error)),
    };
    check_mode(path, &metadata)?;
    let text = fs::read_to_string(path).map_err(|error| failed("read", path, &error))?;
    let key = MasterKey::from_base64(&Secret::new(text)).map_err(|error| {
        Error::new(
            ErrorKind::Vault,
            format!("{}: {}", path.display(), error.message),
        )
    })?;
    Ok(Some(key))
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Vault,
        format!(
            "the master key file {} is open to other users (mode {mode:03o}): run `chmod 600` on it",
            path.display()
        ),
    ))
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

fn write_new(path: &Path, key: &MasterKey) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key.to_base64().expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Makes a rename durable. Not all systems can open a directory; there the rename is durable by
/// itself or a little later.
fn sync_directory(path: &Path) {
    if let Some(directory) = path.parent()
        && let Ok(directory) = File::open(directory)
    {
        let _ = directory.sync_all();
    }
}

fn staged(path: &Path) -> PathBuf {
    path.with_extension("key.next")
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Vault,
        format!(
            "cannot {what} the master key file {}: {error}",
            path.display()
        ),
    )
}
