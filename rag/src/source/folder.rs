//! A folder of this server. Nothing outside of the roots that the configuration allows is ever read,
//! whatever links say and however fast they are changed.

use std::collections::HashSet;
use std::fs::{DirEntry, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::BytesMut;
use futures_util::{StreamExt, TryStreamExt, stream};
use store::OrgId;
use tokio::io::AsyncReadExt;

use super::reader::MOST_FILES;
use super::{Entry, FolderLocation, Globs, Listed, Opened};
use crate::{Error, ErrorKind, Result};

/// Longest path, in bytes: what a bucket's keys may have too.
const LONGEST_PATH: usize = 1024;
const PART: usize = 64 * 1024;

/// A folder below an allowed root.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    base: PathBuf,
    root: PathBuf,
}

impl Folder {
    /// Waits for the disk.
    ///
    /// # Errors
    /// `NotConfigured` where no root is allowed, `Invalid` for a folder that is not below one or is not
    /// there: the same answer, so that nobody learns what lies elsewhere.
    pub(crate) fn open(location: &FolderLocation, roots: &[String], org: OrgId) -> Result<Self> {
        if roots.is_empty() {
            return Err(Error::new(
                ErrorKind::NotConfigured,
                "this server keeps no folders in step: its operator names those that are allowed in \
                 `rag.sync_roots`",
            ));
        }
        let base = Path::new(&location.path).canonicalize().ok();
        let of_org = |root: &String| root.replace("{org_id}", &org.to_string());
        for root in roots.iter().map(of_org) {
            let Ok(root) = Path::new(&root).canonicalize() else {
                continue;
            };
            if let Some(base) = base
                .as_ref()
                .filter(|base| base.starts_with(&root) && base.is_dir())
            {
                let base = base.clone();
                return Ok(Self { base, root });
            }
        }
        Err(Error::invalid(format!(
            "`location.path`: there is no folder `{}` below those that `rag.sync_roots` allows",
            location.path
        )))
    }

    /// All files in it and below. Waits for the disk.
    ///
    /// # Errors
    /// `Unavailable` when the folder itself cannot be listed, `Invalid` for too many files.
    pub(crate) fn list(&self, globs: &Globs) -> Result<Listed> {
        let mut walk = Walk {
            folder: self,
            globs,
            listed: Listed::default(),
            seen: HashSet::new(),
            linked: Vec::new(),
        };
        let base = std::fs::read_dir(&self.base).map(drop);
        base.map_err(|error| {
            let why = format!("the folder cannot be listed: {error}");
            Error::new(ErrorKind::Unavailable, why)
        })?;
        walk.below(self.base.clone(), String::new())?;
        // Behind everything else, so that a file is known by its own path where it has one.
        while let Some((place, path)) = walk.linked.pop() {
            walk.below(place, path)?;
        }
        walk.listed.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(walk.listed)
    }

    /// Opens a file of the list.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub(crate) async fn read(self: &Arc<Self>, path: &str) -> Result<Opened, String> {
        let (folder, wanted) = (Arc::clone(self), path.to_owned());
        let opened = tokio::task::spawn_blocking(move || folder.open_file(&wanted)).await;
        let (file, metadata) = opened.map_err(|error| error.to_string())??;
        let parts = stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
            let mut part = BytesMut::with_capacity(PART);
            let count = file.read_buf(&mut part).await?;
            Ok::<_, io::Error>((count > 0).then(|| (part.freeze(), file)))
        });
        let broken = |error: io::Error| io::Error::new(io::ErrorKind::InvalidData, words(&error));
        Ok(Opened {
            fingerprint: fingerprint(&metadata),
            content_type: None,
            bytes: parts.map_err(broken).boxed(),
        })
    }

    fn open_file(&self, path: &str) -> Result<(std::fs::File, Metadata), String> {
        let place = self.base.join(path);
        // Whatever is put there meanwhile: opening it waits for nobody.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&place)
            .map_err(|error| words(&error))?;
        // Where the opened file really is: a link that was changed after the list leads nowhere.
        let real = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
            .or_else(|_| place.canonicalize())
            .map_err(|error| words(&error))?;
        if !real.starts_with(&self.root) {
            return Err(OUTSIDE.to_owned());
        }
        let metadata = file.metadata().map_err(|error| words(&error))?;
        if !metadata.is_file() {
            return Err("it is no file any more".to_owned());
        }
        Ok((file, metadata))
    }
}

const OUTSIDE: &str = "a link that leads out of the allowed folder";

struct Walk<'a> {
    folder: &'a Folder,
    globs: &'a Globs,
    listed: Listed,
    /// Folders that were listed, as they really are called: links may go in circles.
    seen: HashSet<PathBuf>,
    /// Folders behind links.
    linked: Vec<(PathBuf, String)>,
}

impl Walk<'_> {
    fn below(&mut self, place: PathBuf, path: String) -> Result<()> {
        let mut open = vec![(place, path)];
        while let Some((place, path)) = open.pop() {
            let entries = place.canonicalize().and_then(|real| {
                let new = self.seen.insert(real);
                new.then(|| std::fs::read_dir(&place)?.collect::<io::Result<Vec<_>>>())
                    .transpose()
            });
            match entries {
                Ok(None) => {}
                Ok(Some(entries)) => {
                    for entry in entries {
                        self.entry(&entry, &path, &mut open)?;
                    }
                }
                Err(error) => {
                    self.problem(format!("{path}/"), words(&error));
                    self.listed.unread.push(format!("{path}/"));
                }
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entry: &DirEntry,
        folder: &str,
        open: &mut Vec<(PathBuf, String)>,
    ) -> Result<()> {
        let name = entry.file_name();
        let path = match folder {
            "" => name.to_string_lossy().into_owned(),
            folder => format!("{folder}/{}", name.to_string_lossy()),
        };
        let place = entry.path();
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                self.problem(path, words(&error));
                return Ok(());
            }
        };
        if kind.is_dir() {
            open.push((place, path));
            return Ok(());
        }
        if !kind.is_symlink() && !kind.is_file() {
            return Ok(());
        }
        let metadata = match kind.is_symlink() {
            false => entry.metadata().map_err(|error| words(&error)),
            true => self.behind(&place),
        };
        match metadata {
            Ok(metadata) if metadata.is_dir() => self.linked.push((place, path)),
            Ok(metadata) if metadata.is_file() => self.file(name.to_str(), path, &metadata)?,
            Ok(_) => {}
            Err(why) => self.problem(path, why),
        }
        Ok(())
    }

    /// What a link leads to, if that is allowed.
    fn behind(&self, link: &Path) -> Result<Metadata, String> {
        let real = link.canonicalize().map_err(|error| words(&error))?;
        if !real.starts_with(&self.folder.root) {
            return Err(OUTSIDE.to_owned());
        }
        real.metadata().map_err(|error| words(&error))
    }

    fn file(&mut self, name: Option<&str>, path: String, metadata: &Metadata) -> Result<()> {
        if !self.globs.take(&path) {
            return Ok(());
        }
        if name.is_none() || path.contains('\u{fffd}') {
            self.problem(path, "its name is not UTF-8: rename it".to_owned());
            return Ok(());
        }
        if path.len() > LONGEST_PATH {
            let why = format!("its path has more than {LONGEST_PATH} bytes");
            self.problem(path, why);
            return Ok(());
        }
        if self.listed.entries.len() >= MOST_FILES {
            return Err(Error::invalid(format!(
                "the folder has more than {MOST_FILES} files: make several sources of it"
            )));
        }
        self.listed.entries.push(Entry {
            fingerprint: fingerprint(metadata),
            size_bytes: metadata.len(),
            path,
        });
        Ok(())
    }

    fn problem(&mut self, path: String, why: String) {
        if self.globs.take(path.trim_end_matches('/')) && self.listed.problems.len() < 10_000 {
            let path = path.chars().take(LONGEST_PATH / 4).collect();
            self.listed.problems.push((path, why));
        }
    }
}

/// Time and size: what changes with the content.
fn fingerprint(metadata: &Metadata) -> String {
    let changed = metadata.modified().ok();
    let changed = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    format!(
        "{}-{}",
        changed.unwrap_or_default().as_nanos(),
        metadata.len()
    )
}

/// What went wrong, without the number of the operating system.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "this server may not read it".to_owned(),
        io::ErrorKind::NotFound => "it is not there (any more)".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use store::testing::TempDir;

    use super::*;

    fn folder(path: &Path, roots: &[&Path]) -> Result<Folder> {
        let location = FolderLocation {
            path: path.display().to_string(),
        };
        let roots: Vec<String> = roots
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        Folder::open(&location, &roots, OrgId::new())
    }

    fn all() -> Globs {
        Globs::new(&[], &[]).expect("globs")
    }

    #[test]
    fn only_folders_below_an_allowed_root_are_opened() {
        let (dir, other) = (TempDir::new(), TempDir::new());
        fs::create_dir(dir.path().join("docs")).expect("made");
        symlink(other.path(), dir.path().join("out")).expect("linked");
        assert!(folder(&dir.path().join("docs"), &[dir.path()]).is_ok());
        let unset = folder(dir.path(), &[]).expect_err("no roots");
        assert_eq!(unset.kind, ErrorKind::NotConfigured);
        for path in [
            other.path().to_owned(),
            dir.path().join("out"),
            dir.path().join("none"),
        ] {
            let refused = folder(&path, &[dir.path()]).expect_err("is refused");
            assert_eq!(refused.kind, ErrorKind::Invalid);
            assert!(refused.message.contains("there is no folder"), "{refused}");
        }
    }

    #[test]
    fn a_root_may_be_each_organizations_own() {
        let dir = TempDir::new();
        let (ours, theirs) = (OrgId::new(), OrgId::new());
        let place = dir.path().join(ours.to_string());
        fs::create_dir(&place).expect("made");
        let location = FolderLocation {
            path: place.display().to_string(),
        };
        let roots = [format!("{}/{{org_id}}", dir.path().display())];
        assert!(Folder::open(&location, &roots, ours).is_ok());
        assert!(Folder::open(&location, &roots, theirs).is_err());
    }

    #[tokio::test]
    async fn links_out_of_the_root_are_refused_also_when_they_change_after_the_list() {
        let (dir, other) = (TempDir::new(), TempDir::new());
        fs::write(other.path().join("secret"), "secret").expect("written");
        fs::write(dir.path().join("a.md"), "a").expect("written");
        fs::write(dir.path().join("b.md"), "b").expect("written");
        symlink(other.path().join("secret"), dir.path().join("link.md")).expect("linked");
        symlink(dir.path().join("a.md"), dir.path().join("inside.md")).expect("linked");
        // In circles.
        symlink(dir.path(), dir.path().join("again")).expect("linked");
        let folder = Arc::new(folder(dir.path(), &[dir.path()]).expect("opens"));
        let listed = folder.list(&all()).expect("lists");
        let paths: Vec<&str> = listed.entries.iter().map(|entry| &*entry.path).collect();
        assert_eq!(paths, ["a.md", "b.md", "inside.md"]);
        assert_eq!(
            listed.problems,
            [("link.md".to_owned(), OUTSIDE.to_owned())]
        );

        fs::remove_file(dir.path().join("b.md")).expect("removed");
        symlink(other.path().join("secret"), dir.path().join("b.md")).expect("linked");
        let refused = folder.read("b.md").await.map(|_| ());
        assert_eq!(refused, Err(OUTSIDE.to_owned()));
        let opened = folder.read("a.md").await.expect("opens");
        let parts: Vec<_> = opened.bytes.try_collect().await.expect("reads");
        assert_eq!(parts.concat(), b"a");
    }

    #[test]
    fn names_that_are_not_utf_8_and_long_paths_are_told_and_the_rest_is_listed() {
        use std::os::unix::ffi::OsStrExt;
        let dir = TempDir::new();
        let bad = std::ffi::OsStr::from_bytes(b"bad\xff.md");
        fs::write(dir.path().join(bad), "x").expect("written");
        fs::write(dir.path().join("größe 報告.md"), "x").expect("written");
        let deep = dir.path().join(vec!["d".repeat(200); 6].join("/"));
        fs::create_dir_all(&deep).expect("made");
        fs::write(deep.join("x.md"), "x").expect("written");
        let folder = folder(dir.path(), &[dir.path()]).expect("opens");
        let listed = folder.list(&all()).expect("lists");
        assert_eq!(listed.entries.len(), 1, "{listed:?}");
        assert_eq!(listed.entries[0].path, "größe 報告.md");
        assert_eq!(listed.problems.len(), 2, "{:?}", listed.problems);
    }
}
