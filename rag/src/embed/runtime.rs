//! The ONNX Runtime library, loaded from a path when the first local model is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ort::environment::Environment;
use parking_lot::Mutex;

use crate::{Error, ErrorKind, Result};

/// The environment variable that names the library where the configuration does not.
const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";

#[cfg(target_os = "windows")]
const NAME: &str = "onnxruntime.dll";
#[cfg(target_os = "macos")]
const NAME: &str = "libonnxruntime.dylib";
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
const NAME: &str = "libonnxruntime.so";

/// One for the process: the library can be loaded once.
static LOADED: OnceLock<Environment> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// The loaded library.
#[derive(Debug, Clone, Copy)]
pub struct Runtime(&'static Environment);

impl Runtime {
    /// Loads the library from `path`; else from the file that `ORT_DYLIB_PATH` names, else from beside
    /// the program. Later calls give the library that was loaded first.
    ///
    /// # Errors
    /// `NotConfigured`, saying where it was looked for and how to get it.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let _one = LOADING.lock();
        if let Some(environment) = LOADED.get() {
            return Ok(Self(environment));
        }
        let path = path.map_or_else(usual_place, Path::to_owned);
        if !path.is_file() {
            return Err(missing(&path, "there is no such file"));
        }
        // Loading it ourselves: without this the first use of a model would panic.
        let environment = ort::init_from(&path)
            .map_err(|error| missing(&path, &error.to_string()))?
            .with_name("nocode-ai")
            .with_telemetry(false)
            .build()
            .map_err(|error| missing(&path, &error.to_string()))?;
        Ok(Self(LOADED.get_or_init(|| environment)))
    }

    pub(super) fn environment(self) -> &'static Environment {
        self.0
    }
}

fn usual_place() -> PathBuf {
    if let Some(path) = std::env::var_os(LIBRARY_VARIABLE) {
        return path.into();
    }
    let program = std::env::current_exe().ok();
    let beside = program
        .as_deref()
        .and_then(Path::parent)
        .map(|folder| folder.join(NAME));
    beside.unwrap_or_else(|| NAME.into())
}

fn missing(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::NotConfigured,
        format!(
            "local models need the ONNX Runtime library, version 1.24 or newer, and {} cannot be \
             loaded: {why}. It is the file `capi/{NAME}*` inside the Python package `onnxruntime` \
             (`pip download onnxruntime`) or in the archives of its releases; put it beside the \
             program or name it in {LIBRARY_VARIABLE}",
            path.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_the_way_to_get_it() {
        let error = missing(Path::new("/nowhere/lib.so"), "there is no such file");
        for part in [
            "/nowhere/lib.so",
            "ONNX Runtime",
            "pip download",
            LIBRARY_VARIABLE,
        ] {
            assert!(error.message.contains(part), "{error}");
        }
    }
}
