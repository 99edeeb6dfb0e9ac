//! OCR by an installed tesseract.
//!
//! It is a program of its own, so it cannot run in the sandboxed worker: whoever ran the worker
//! runs this on each page of [`super::Outcome::NeedsOcr`].

mod tsv;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Limits;
use super::boxes::Rect;
use super::document::{BlockKind, Document, Outcome};
use super::limits::Budget;
use super::page_builder::{Boxed, PageBuilder};

pub use tsv::Recognized;

/// An installed tesseract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tesseract {
    program: PathBuf,
    languages: Option<String>,
    timeout: Duration,
}

/// Why a picture was not read.
#[derive(Debug, thiserror::Error)]
pub enum OcrError {
    /// The program could not be run.
    #[error("cannot run `{program}`: {source}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It ended with an error.
    #[error("tesseract failed: {0}")]
    Failed(String),
    /// It took longer than it may.
    #[error("tesseract did not end within {0:?}")]
    Timeout(Duration),
}

/// What tesseract writes on one page at most: text with a box for each word.
const MAX_OUTPUT: u64 = 64 << 20;
/// How often a running tesseract is looked at.
const POLL: Duration = Duration::from_millis(20);

impl Tesseract {
    /// The tesseract of `path` (the value of `PATH`), if one is installed.
    pub fn find(path: &std::ffi::OsStr) -> Option<Self> {
        let mut folders = std::env::split_paths(path);
        let program = folders.find_map(|folder| {
            let program = folder.join(format!("tesseract{}", std::env::consts::EXE_SUFFIX));
            program.is_file().then_some(program)
        })?;
        Some(Self::new(program))
    }

    /// The tesseract at `program`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            languages: None,
            timeout: Duration::from_secs(120),
        }
    }

    /// Reads text in these languages, in tesseract's codes joined by `+`, such as `deu+eng`.
    #[must_use]
    pub fn with_languages(mut self, languages: impl Into<String>) -> Self {
        self.languages = Some(languages.into());
        self
    }

    /// Gives up on a page after `timeout`; two minutes by default.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Reads a picture (PNG, JPEG, TIFF, WebP, ...). Blocks until it is read: call it on a thread
    /// that may block.
    ///
    /// # Errors
    ///
    /// See [`OcrError`].
    pub fn recognize(&self, image: &[u8]) -> Result<Recognized, OcrError> {
        let mut command = Command::new(&self.program);
        command.args(["-", "-"]);
        if let Some(languages) = &self.languages {
            command.args(["-l", languages]);
        }
        command.arg("tsv");
        // One page at a time is read by one thread; the caller decides how many run.
        command.env("OMP_THREAD_LIMIT", "1");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| OcrError::Run {
            program: self.program.display().to_string(),
            source,
        })?;
        let output = self.exchange(&mut child, image);
        if output.is_err() {
            // It may have ended by itself; then there is nothing to kill.
            let _ = child.kill();
        }
        let _ = child.wait();
        output.map(|text| Recognized::parse(&text))
    }

    fn exchange(&self, child: &mut Child, image: &[u8]) -> Result<String, OcrError> {
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            scope.spawn(move || {
                // Tesseract closes its input early if it does not know the format.
                let _ = stdin.map(|mut stdin| stdin.write_all(image));
            });
            let output = scope.spawn(move || read(stdout));
            let errors = scope.spawn(move || read(stderr));
            let begun = Instant::now();
            let status = loop {
                match child.try_wait() {
                    Ok(Some(status)) => break Ok(status),
                    Ok(None) if begun.elapsed() > self.timeout => {
                        let _ = child.kill();
                        break Err(OcrError::Timeout(self.timeout));
                    }
                    Ok(None) => thread::sleep(POLL),
                    Err(error) => break Err(OcrError::Failed(error.to_string())),
                }
            };
            let (output, errors) = (output.join(), errors.join());
            let status = status?;
            if !status.success() {
                let errors = errors.unwrap_or_default();
                let line = errors.lines().next().unwrap_or("no reason given");
                return Err(OcrError::Failed(line.to_owned()));
            }
            Ok(output.unwrap_or_default())
        })
    }
}

fn read(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before an error is used.
        let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Document {
    /// Puts what was read from the picture of page `number` into the document, and takes the page
    /// off the list of those that wait. When none waits any more, the outcome is
    /// [`Outcome::Text`].
    pub fn add_recognized(&mut self, number: u32, recognized: &Recognized) {
        if let Some(page) = self.pages.iter_mut().find(|page| page.number == number) {
            let (width, height) = recognized.size;
            let (shown_width, shown_height) = page.size.unwrap_or((width, height));
            let (sx, sy) = (shown_width / width.max(1.0), shown_height / height.max(1.0));
            let scale = |rect: Rect| Rect {
                x0: rect.x0 * sx,
                y0: rect.y0 * sy,
                x1: rect.x1 * sx,
                y1: rect.y1 * sy,
            };
            let mut builder = PageBuilder::new(number);
            let mut budget = Budget::new(Limits::default());
            for paragraph in &recognized.paragraphs {
                let mut boxed = Boxed::default();
                for (word, rect) in paragraph {
                    if !boxed.text.is_empty() {
                        boxed.push(' ', None);
                    }
                    let rect = scale(*rect);
                    let count = word.chars().count().max(1) as f32;
                    let step = (rect.x1 - rect.x0) / count;
                    for (at, char) in word.chars().enumerate() {
                        let x0 = rect.x0 + step * at as f32;
                        let part = Rect {
                            x0,
                            x1: x0 + step,
                            ..rect
                        };
                        boxed.push(char, Some(part));
                    }
                }
                builder.add_boxed(BlockKind::Paragraph, &boxed, &mut budget);
            }
            builder.page_mut().size = Some((shown_width, shown_height));
            builder.page_mut().label = page.label.take();
            *page = builder.finish();
        }
        if let Outcome::NeedsOcr { pages } = &mut self.outcome {
            pages.retain(|page| page.number != number);
            if pages.is_empty() {
                self.outcome = Outcome::Text;
            }
        }
    }
}
