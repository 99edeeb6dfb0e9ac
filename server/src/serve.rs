//! `nocode-ai serve`.

use accounts::Secret;
use anyhow::{Context, Result};
use flows::deploy::{FailureWatch, Scheduler};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::lock::DataDirLock;
use crate::reload::Watched;
use crate::telemetry::Telemetry;
use crate::{edge, metrics, router, shield};

/// Runs the server until it is told to stop.
///
/// # Errors
/// What keeps it from starting.
#[expect(
    clippy::disallowed_methods,
    reason = "the tasks end with this function"
)]
pub async fn serve(config: Config, watched: Watched, as_json: bool) -> Result<()> {
    let telemetry = Telemetry::install(&config.telemetry)?;
    let recorder = metrics::install()?;
    let _lock = DataDirLock::take(&config.server.data_dir)?;
    let app = App::build(&config).await?;
    let new_key = app.accounts.first_start().await?;
    let router = router::build(
        &app,
        router::Edge {
            server: config.server.clone(),
            metrics: config.server.metrics.then(|| recorder.clone()),
            traces: config.telemetry.otlp_endpoint.is_some(),
        },
    )?;
    let listener = TcpListener::bind(&config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.listen))?;
    let url = format!("http://{}", listener.local_addr()?);
    // Before anybody knows that we run: a signal right after the first line must find its handler.
    let stopping = Stopping::listen()?;
    let hangups = signal(SignalKind::hangup())?;
    app.accounts.set_local_url(&url);
    let setup_url = app.accounts.setup_token().await?.map(|token| {
        let base = app.accounts.base_url();
        Secret::new(format!("{base}/setup?token={}", token.expose()))
    });
    announce(
        &url,
        new_key.as_ref().map(|new| new.key.expose()),
        setup_url.as_ref().map(Secret::expose),
        as_json,
    );
    drop((new_key, setup_url));

    let (stop, stopped) = watch::channel(false);
    let accounts = tokio::spawn(app.accounts.clone().watch(ready(stopped.clone())));
    let mail = tokio::spawn(app.accounts.clone().deliver_mail(ready(stopped.clone())));
    let documents = tokio::spawn(app.rag.clone().run(ready(stopped.clone())));
    let reloading = tokio::spawn(watched.run(hangups, app.clone()));
    let upkeep = tokio::spawn(upkeep(recorder));
    let is_plain =
        config.telemetry.otlp_endpoint.is_none() && config.server.cors_origins.is_empty();
    let direct = is_plain.then(|| (app.gateway.clone(), shield::Headers::new(&config.server)));
    let routes = edge::Routes { router, direct };
    let resting = CancellationToken::new();
    let engine = app.engine.clone();
    let runs = tokio::spawn({
        let resting = resting.clone();
        async move { engine.work(resting).await }
    });
    let scheduler = Scheduler::new(app.deployments.clone());
    let schedules = tokio::spawn({
        let resting = resting.clone();
        async move { scheduler.work(resting).await }
    });
    let failures = FailureWatch::new(app.deployments.clone());
    let failures = tokio::spawn({
        let resting = resting.clone();
        async move { failures.work(resting).await }
    });
    let deliveries = tokio::spawn({
        let (deployments, resting) = (app.deployments.clone(), resting.clone());
        async move { deployments.keep_deliveries(resting).await }
    });
    edge::run(listener, routes, &config.server, stopping.signalled()).await;
    stop.send_replace(true);
    reloading.abort();
    upkeep.abort();
    resting.cancel();
    let _ = (
        runs.await,
        schedules.await,
        failures.await,
        deliveries.await,
    );
    app.gateway.flush().await;
    let _ = (accounts.await, documents.await);
    // A mail under way is sent again by the next start, after its lease.
    mail.abort();
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

/// The signals that end the program in good order.
struct Stopping {
    terminate: Signal,
    interrupt: Signal,
}

impl Stopping {
    fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn signalled(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tracing::info!("stopping: open calls may finish");
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the one thing a person or script waits for"
)]
fn announce(url: &str, key: Option<&str>, setup_url: Option<&str>, as_json: bool) {
    if as_json {
        println!(
            "{}",
            json!({"url": url, "api_key": key, "setup_url": setup_url})
        );
        return;
    }
    println!("NoCode AI Builder is running at {url}");
    if let Some(setup_url) = setup_url {
        println!();
        println!("Make the owner's account (the link works once): {setup_url}");
    }
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
