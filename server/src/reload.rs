//! Hot reload: on SIGHUP, and when the configuration file changes.

use std::path::PathBuf;
use std::time::Duration;

use gateway::Gateway;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;

/// How often the file is looked at. Its content is compared, which works for files that are replaced,
/// linked or mounted alike.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Watches until it is dropped.
pub(crate) async fn watch(file: Option<PathBuf>, gateway: Gateway) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return;
    };
    let mut seen = content(&file).await;
    loop {
        let asked = tokio::select! {
            _ = hangups.recv() => true,
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        let now = content(&file).await;
        if !asked && now == seen {
            continue;
        }
        seen = now;
        apply(&file, &gateway);
    }
}

async fn content(file: &Option<PathBuf>) -> Option<Vec<u8>> {
    tokio::fs::read(file.as_ref()?).await.ok()
}

fn apply(file: &Option<PathBuf>, gateway: &Gateway) {
    let loaded = Config::load(file.as_deref()).map_err(|e| format!("{e:#}"));
    match loaded.and_then(|config| gateway.reload(config.gateway())) {
        Ok(()) => tracing::info!("configuration reloaded"),
        Err(error) => {
            tracing::error!(
                error,
                "the new configuration is wrong; the old one stays in force"
            );
        }
    }
}
