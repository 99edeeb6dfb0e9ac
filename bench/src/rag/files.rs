//! How fast real files are read: everything in a folder, uploaded at once.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::Options;
use super::counts::Step;
use super::site::Site;

/// What was measured with a folder of files.
pub(crate) struct Files {
    /// Files that there are.
    pub(crate) count: usize,
    /// Those that could not be read: locked ones, say.
    pub(crate) failed: usize,
    /// Pages of the others.
    pub(crate) pages: u64,
    /// Chunks that these became.
    pub(crate) chunks: u64,
    /// From the first upload until all were read.
    pub(crate) time: Duration,
    /// Processor time of the program, its sandbox not counted.
    pub(crate) cpu: Duration,
    /// What the steps took, of all jobs together.
    pub(crate) steps: Vec<Step>,
}

/// Measures with the files of a folder, without vectors.
pub(super) async fn measure(options: &Options, folder: &Path) -> Result<Files> {
    let config = "[server]\napi_requests_per_minute = 0\n";
    let site = Site::start(&options.binary, config, None)?;
    let collection = site.collection("Files", &json!({})).await?;
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "{} has no files", folder.display());
    files.sort();
    let before = site.metrics().await?;
    let probe = site.probe();
    let begun = (Instant::now(), probe.cpu().unwrap_or_default());
    let mut jobs = Vec::new();
    for file in &files {
        jobs.push(site.upload(&collection, file).await?);
    }
    let failed = site.ended(&jobs).await?;
    let after = site.metrics().await?;
    let since = |name: &str| (after.get(name) - before.get(name)) as u64;
    Ok(Files {
        count: files.len(),
        failed,
        pages: since("nab_rag_pages_total"),
        chunks: since("nab_rag_chunks_total"),
        time: begun.0.elapsed(),
        cpu: probe.cpu().unwrap_or_default().saturating_sub(begun.1),
        steps: after.steps_since(&before),
    })
}
