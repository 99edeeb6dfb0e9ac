//! Processes that the suite starts: pinned to a core, announced by a JSON line, killed when dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

/// How long a process may take to announce itself.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// A running process. Its standard input is held open; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    log: PathBuf,
    /// What it announced.
    pub(crate) ready: Ready,
}

/// The JSON line that a server prints when it listens.
#[derive(Debug, Deserialize)]
pub(crate) struct Ready {
    /// `http://host:port`.
    pub(crate) url: String,
    /// The key of the first start.
    #[serde(default)]
    pub(crate) api_key: Option<String>,
    /// Where the first owner's account is made.
    #[serde(default)]
    pub(crate) setup_url: Option<String>,
}

impl Child {
    /// Starts `binary` on `core` and waits for its JSON line. What it prints to standard error goes
    /// to the file `log`.
    pub(crate) fn start(
        binary: &Path,
        arguments: &[String],
        core: Option<u32>,
        log: &Path,
    ) -> Result<Self> {
        let pin = core.map_or_else(String::new, |core| format!("taskset -c {core} "));
        // 500 streams hold two sockets each, which some systems' soft limit does not allow.
        let script = format!("ulimit -S -n $(ulimit -H -n) 2>/dev/null; exec {pin}\"$0\" \"$@\"");
        let mut process = Command::new("sh")
            .args(["-c", &script])
            .arg(binary)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let ready = announcement(&mut process);
        let mut child = Self {
            process,
            log: log.to_owned(),
            ready: Ready {
                url: String::new(),
                api_key: None,
                setup_url: None,
            },
        };
        child.ready = ready.with_context(|| {
            let name = binary.display();
            format!("{name} printed no JSON line with a `url`\n{}", child.log())
        })?;
        child.ready.url = child.ready.url.trim_end_matches('/').to_owned();
        Ok(child)
    }

    /// `sh` and `taskset` replace themselves, so this is the server's own id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The end of what it printed to standard error.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let skip = text.lines().count().saturating_sub(20);
        text.lines().skip(skip).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for the announcement, then keeps reading so that the process never blocks on its output.
fn announcement(process: &mut process::Child) -> Result<Ready> {
    let output = process.stdout.take().context("no standard output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Ok(ready) = serde_json::from_str::<Ready>(&line) {
                let _ = sender.send(ready);
            }
        }
    });
    Ok(receiver.recv_timeout(READY_LIMIT)?)
}

/// Pins this process, all its threads, to `core`. Returns whether that worked: it does not on a
/// machine with one core or without `taskset`, where nothing is pinned.
pub(crate) fn pin_this_process(core: u32) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        return false;
    }
    let pinned = Command::new("taskset")
        .args([
            "-a",
            "-c",
            "-p",
            &core.to_string(),
            &process::id().to_string(),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    pinned.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Result<Child> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("log");
        let arguments = ["-c".to_owned(), script.to_owned()];
        Child::start(Path::new("/bin/sh"), &arguments, None, &log)
    }

    #[test]
    fn a_process_is_known_by_its_json_line_and_gone_when_dropped() {
        let child = start(r#"echo noise; echo '{"url":"http://h:1/","api_key":"k"}'; cat"#)
            .expect("the process announces itself");
        assert_eq!(child.ready.url, "http://h:1");
        assert_eq!(child.ready.api_key.as_deref(), Some("k"));
        let proc = PathBuf::from(format!("/proc/{}", child.pid()));
        assert!(proc.exists());
        drop(child);
        assert!(!proc.exists());
    }

    #[test]
    fn a_process_that_ends_without_a_json_line_shows_its_last_words() {
        let error = start("echo trouble >&2").expect_err("it announced nothing");
        assert!(format!("{error:#}").contains("trouble"));
    }
}
