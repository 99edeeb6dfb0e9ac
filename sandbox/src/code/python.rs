//! Python by an interpreter of the machine: found, locked in, and driven by `python.py`.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the interpreter runs.
const BOOTSTRAP: &str = include_str!("python.py");

/// Names an interpreter may have; the newest first.
const NAMES: [&str; 8] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python3.9",
    "python",
];

/// Folders to look in beside those of the search path.
const FOLDERS: [&str; 4] = [
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/opt/python/bin",
];

/// What to say when there is nothing to try.
pub(crate) fn none_found(setting: &str) -> String {
    match setting {
        "off" => "Python code is switched off on this server (sandbox.python = \"off\")".to_owned(),
        "auto" => {
            "Python code needs CPython 3.9 or later on the server: install it (apt-get install \
            python3, apk add python3) or set sandbox.python to the path of an interpreter"
                .to_owned()
        }
        path => format!("sandbox.python names {path}, which is no interpreter that can be run"),
    }
}

/// Interpreters to try, best first.
pub(crate) fn candidates(setting: &str) -> Vec<PathBuf> {
    match setting {
        "off" => Vec::new(),
        "auto" => on_this_machine(),
        path => program(Path::new(path)).into_iter().collect(),
    }
}

fn on_this_machine() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(FOLDERS.iter().map(PathBuf::from))
        .collect();
    let mut found = Vec::new();
    for name in NAMES {
        for folder in &folders {
            if let Some(path) = program(&folder.join(name))
                && !found.contains(&path)
            {
                found.push(path);
            }
        }
    }
    found
}

/// The file behind a name, when it is a program. Scripts that choose an interpreter (pyenv's, say) are
/// none: they could not run where nothing else may be started.
fn program(path: &Path) -> Option<PathBuf> {
    use std::io::Read as _;
    if !path.is_absolute() {
        return None;
    }
    let path = path.canonicalize().ok()?;
    let mode = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut begin = [0; 2];
    let mut file = std::fs::File::open(&path).ok()?;
    file.read_exact(&mut begin).ok()?;
    let runs = mode.permissions().mode() & 0o111 != 0;
    (runs && &begin != b"#!").then_some(path)
}

/// Replaces this process by the interpreter; returns why it could not.
pub(crate) fn become_interpreter(path: &Path, filter: &[u8], landlock: &str) -> std::io::Error {
    let filter: String = filter.iter().map(|byte| format!("{byte:02x}")).collect();
    // Isolated, without site-packages and the user's folders, without writing bytecode.
    Command::new(path)
        .args(["-I", "-S", "-B", "-X", "utf8", "-c", BOOTSTRAP])
        .args([filter.as_str(), landlock])
        .exec()
}
