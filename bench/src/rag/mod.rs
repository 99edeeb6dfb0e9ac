//! The RAG hub: how fast documents come in, how fast they are found, and how well.

mod corpus;
mod counts;
mod files;
mod quality;
mod recall;
mod report;
mod site;
mod speed;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

pub use report::Report;

/// The longest that everything may take.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What is measured with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program.
    pub binary: PathBuf,
    /// A folder with real files.
    pub documents: Option<PathBuf>,
    /// A folder with retrieval sets (`*/corpus.jsonl`, `queries.jsonl`, `qrels.tsv`).
    pub retrieval: Option<PathBuf>,
    /// A directory with an embedding model (`model.onnx`, `tokenizer.json`, …).
    pub model: Option<PathBuf>,
    /// The ONNX Runtime library that runs it.
    pub onnx_runtime: Option<PathBuf>,
    /// Ten thousand chunks alone, and fewer questions.
    pub quick: bool,
}

/// Measures a binary, started on empty SQLite databases.
///
/// # Errors
/// Fails when it does not start, refuses what is prepared, or time runs out.
pub fn run(options: &Options) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let all = tokio::time::timeout(LIMIT, measure(options)).await;
        all.context("it took too long")?
    })
}

async fn measure(options: &Options) -> Result<Report> {
    let sizes: &[usize] = if options.quick {
        &[10_000]
    } else {
        &[10_000, 100_000]
    };
    let mut report = Report::default();
    for size in sizes {
        report.speeds.push(speed::measure(options, *size).await?);
    }
    if let Some(folder) = &options.documents {
        report.files = Some(files::measure(options, folder).await?);
    }
    let Some(retrieval) = &options.retrieval else {
        return Ok(report);
    };
    for set in sets(retrieval)? {
        report
            .qualities
            .extend(quality::measure(options, &set).await?);
    }
    Ok(report)
}

/// The folders that hold a set, by name.
fn sets(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut sets = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join("qrels.tsv").is_file() {
            sets.push(path);
        }
    }
    sets.sort();
    Ok(sets)
}
