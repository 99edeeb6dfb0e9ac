//! `nocode-ai serve`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::App;
use crate::config::Config;
use crate::lock::DataDirLock;
use crate::telemetry::Telemetry;
use crate::{edge, metrics, reload, router};

/// Runs the server until it is told to stop.
///
/// # Errors
/// What keeps it from starting.
#[expect(
    clippy::disallowed_methods,
    reason = "both tasks end with this function"
)]
pub async fn serve(config: Config, file: Option<PathBuf>, as_json: bool) -> Result<()> {
    let telemetry = Telemetry::install(&config.telemetry)?;
    let recorder = metrics::install()?;
    let _lock = DataDirLock::take(&config.server.data_dir)?;
    let app = App::build(&config).await?;
    let new_key = app.accounts.first_start().await?;
    let (router, _) = router::build(&app, config.server.metrics.then(|| recorder.clone()));
    let listener = TcpListener::bind(&config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.listen))?;
    let url = format!("http://{}", listener.local_addr()?);
    announce(&url, new_key.as_ref().map(|new| new.key.expose()), as_json);
    drop(new_key);

    let (stop, stopped) = watch::channel(false);
    let accounts = tokio::spawn(app.accounts.clone().watch(ready(stopped.clone())));
    let reloading = tokio::spawn(reload::watch(file, app.gateway.clone()));
    let upkeep = tokio::spawn(upkeep(recorder));
    edge::run(listener, router, &config.server, signalled()).await;
    stop.send_replace(true);
    reloading.abort();
    upkeep.abort();
    app.gateway.flush().await;
    let _ = accounts.await;
    app.db.close().await;
    telemetry.shut_down();
    Ok(())
}

async fn ready(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Folds the histograms' samples, which would pile up until somebody asks for them.
async fn upkeep(recorder: metrics_exporter_prometheus::PrometheusHandle) {
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(5));
    loop {
        ticks.tick().await;
        recorder.run_upkeep();
    }
}

async fn signalled() {
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping: open calls may finish");
}

#[expect(
    clippy::print_stdout,
    reason = "the one thing a person or script waits for"
)]
fn announce(url: &str, key: Option<&str>, as_json: bool) {
    if as_json {
        println!("{}", json!({"url": url, "api_key": key, "setup_url": null}));
        return;
    }
    println!("NoCode AI Builder is running at {url}");
    let Some(key) = key else { return };
    println!();
    println!("Your first API key (shown once, keep it): {key}");
    println!();
    println!("Try it:");
    println!("  curl {url}/v1/chat/completions -H 'Authorization: Bearer {key}' \\");
    println!("    -H 'Content-Type: application/json' \\");
    println!(
        "    -d '{{\"model\":\"builtin/extract\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'"
    );
}
