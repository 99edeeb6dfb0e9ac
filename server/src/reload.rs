//! Hot reload: on SIGHUP, and when the configuration file changes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::Signal;

use crate::app::App;
use crate::config::Config;

/// How often the file is looked at. Its content is compared, which works for files that are replaced,
/// linked or mounted alike.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The configuration file and what stood in it when it was last looked at.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    file: Option<PathBuf>,
    seen: Option<Vec<u8>>,
}

impl Watched {
    /// Looks at the file. To be called before it is loaded: a change in between is noticed then.
    pub fn new(file: Option<PathBuf>) -> Self {
        let seen = file.as_deref().and_then(content);
        Self { file, seen }
    }

    /// Watches until it is dropped.
    pub(crate) async fn run(mut self, mut hangups: Signal, app: App) {
        loop {
            let asked = tokio::select! {
                _ = hangups.recv() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let now = self.file.as_deref().and_then(content);
            if !asked && now == self.seen {
                continue;
            }
            self.seen = now;
            self.apply(&app);
        }
    }

    fn apply(&self, app: &App) {
        let loaded = Config::load(self.file.as_deref()).map_err(|e| format!("{e:#}"));
        let applied = loaded.and_then(|config| {
            app.gateway.reload(config.gateway())?;
            app.instance.reloaded(&config);
            Ok(())
        });
        match applied {
            Ok(()) => tracing::info!("configuration reloaded"),
            Err(error) => {
                tracing::error!(
                    error,
                    "the new configuration is wrong; the old one stays in force"
                );
            }
        }
    }
}

/// The file is small and local: reading it does not hold up the runtime.
fn content(file: &Path) -> Option<Vec<u8>> {
    std::fs::read(file).ok()
}
