//! Logs to standard error, traces over OTLP.

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{LogFormat, TelemetryConfig};

mod otlp;

/// Keeps traces flowing; shut it down to send the last ones.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Installs logging and, when configured, tracing for the whole process.
    ///
    /// # Errors
    /// A filter or an endpoint that cannot be read.
    pub(crate) fn install(config: &TelemetryConfig) -> Result<Self> {
        // Spans that are meant for traces would only repeat themselves in the log.
        let filter =
            EnvFilter::try_new(format!("{},{}=off", config.log, gateway::trace::TARGET))
                .with_context(|| format!("`telemetry.log` is not a filter: `{}`", config.log))?;
        let logs = fmt::layer().with_writer(std::io::stderr);
        let logs = match config.format {
            LogFormat::Pretty => logs.boxed(),
            LogFormat::Json => logs.json().flatten_event(true).boxed(),
        };
        let traces = match &config.otlp_endpoint {
            None => None,
            Some(endpoint) => Some(provider(endpoint)?),
        };
        let spans = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("nocode-ai"))
                .with_filter(EnvFilter::new(format!(
                    "off,{}=info",
                    gateway::trace::TARGET
                )))
        });
        tracing_subscriber::registry()
            .with(logs.with_filter(filter))
            .with(spans)
            .try_init()
            .context("cannot install logging")?;
        Ok(Self { traces })
    }

    /// Sends what is left.
    pub(crate) fn shut_down(&self) {
        if let Some(traces) = &self.traces
            && let Err(error) = traces.shutdown()
        {
            tracing::warn!(%error, "cannot send the last traces");
        }
    }
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(otlp::Exporter::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .build()
        .with_context(|| format!("`telemetry.otlp_endpoint` cannot be used: `{endpoint}`"))?;
    let resource = Resource::builder()
        .with_service_name("nocode-ai")
        .with_attribute(opentelemetry::KeyValue::new(
            "service.version",
            env!("CARGO_PKG_VERSION"),
        ))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}
