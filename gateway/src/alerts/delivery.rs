//! Sending messages to webhooks, with retries.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Method, Request};
use outbound::OutBody;
use serde::Serialize;
use store::{DeliveryId, Micros, OrgId, in_tx};
use utoipa::ToSchema;

use super::{message, sql};
use crate::Gateway;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A message taken by an instance that died is sent by another one after this time.
const LEASE: Duration = Duration::from_secs(60);
/// Pauses after failed attempts; after the last one the message is given up.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(1_800),
    Duration::from_secs(7_200),
    Duration::from_secs(21_600),
    Duration::from_secs(43_200),
];
/// How often the queue is looked at when nobody rings.
const LOOK: Duration = Duration::from_secs(10);
const BATCH: i64 = 50;
const MAX_ERROR: usize = 500;

/// What became of sending a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcome {
    /// Whether the receiver took it: a status of 200 to 299.
    pub delivered: bool,
    /// The status of the receiver's answer; `null` when there was none.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub error: Option<String>,
}

/// Runs until the program ends.
pub(crate) async fn run(gateway: Gateway) {
    loop {
        let rung = gateway.alerts().0.queued.notified();
        // Either way the queue is looked at: other instances queue without ringing here.
        let _ = tokio::time::timeout(LOOK, rung).await;
        if let Err(error) = send_due(&gateway).await {
            tracing::warn!(%error, "cannot send messages to webhooks; will try again");
        }
    }
}

/// Sends every message that is due.
pub(crate) async fn send_due(gateway: &Gateway) -> accounts::Result<()> {
    let now = Micros(gateway.now_us());
    for due in sql::due(gateway.db(), now, BATCH).await? {
        let lease = now.plus(LEASE);
        if !sql::claim(gateway.db(), due.org_id, due.id, now, lease).await? {
            continue;
        }
        let outcome = send(gateway, due.org_id, due.id, due.payload).await?;
        note(gateway, due.org_id, due.id, due.attempts, &outcome).await?;
    }
    Ok(())
}

/// Sends a test message now and says what became of it.
pub(crate) async fn test(gateway: &Gateway, org: OrgId) -> accounts::Result<Outcome> {
    let now = Micros(gateway.now_us());
    let (id, payload) = (DeliveryId::new(), message::test(now));
    let queued: accounts::Result<()> = in_tx!(gateway.db(), tx: accounts::Error => {
        Ok(sql::queue(tx, id, org, message::TEST, &payload, now).await?)
    });
    queued?;
    // Taken at once, so that the task does not send it too; a test is not repeated.
    sql::claim(gateway.db(), org, id, now, now.plus(LEASE)).await?;
    let outcome = send(gateway, org, id, payload).await?;
    let last = i64::try_from(PAUSES.len()).unwrap_or(i64::MAX);
    note(gateway, org, id, last, &outcome).await?;
    Ok(outcome)
}

async fn send(
    gateway: &Gateway,
    org: OrgId,
    id: DeliveryId,
    payload: String,
) -> accounts::Result<Outcome> {
    let Some(webhook) = gateway.accounts().signing_webhook(org).await? else {
        return Ok(Outcome::failed(
            None,
            "the organization has no webhook any more",
        ));
    };
    let (id, seconds) = (id.to_string(), gateway.now_us() / 1_000_000);
    let request = Request::builder()
        .method(Method::POST)
        .uri(&webhook.url)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("nocode-ai/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &id)
        .header("webhook-timestamp", seconds.to_string())
        .header(
            "webhook-signature",
            webhook.signature(&id, seconds, &payload),
        )
        .body(OutBody::full(Bytes::from(payload)));
    let Ok(request) = request else {
        return Ok(Outcome::failed(
            None,
            "the webhook's address cannot be called",
        ));
    };
    let client = gateway.webhook_client();
    Ok(
        match tokio::time::timeout(PATIENCE, client.send(request)).await {
            Err(_) => Outcome::failed(None, "no answer within 10 seconds"),
            Ok(Err(error)) => Outcome::failed(None, &error.message),
            Ok(Ok(response)) if response.status().is_success() => Outcome {
                delivered: true,
                status: Some(response.status().as_u16()),
                error: None,
            },
            Ok(Ok(response)) => {
                let status = response.status();
                Outcome::failed(
                    Some(status.as_u16()),
                    &format!("the receiver answered {status}"),
                )
            }
        },
    )
}

async fn note(
    gateway: &Gateway,
    org: OrgId,
    id: DeliveryId,
    attempts_before: i64,
    outcome: &Outcome,
) -> accounts::Result<()> {
    let now = Micros(gateway.now_us());
    let pause = usize::try_from(attempts_before)
        .ok()
        .and_then(|before| PAUSES.get(before));
    let again = (!outcome.delivered).then_some(pause).flatten();
    if !outcome.delivered {
        let error = outcome.error.as_deref().unwrap_or_default();
        tracing::info!(org.id = %org, webhook.id = %id, error, "a webhook did not take a message");
    }
    let attempted = sql::Attempted {
        delivered_at: outcome.delivered.then_some(now),
        next_attempt_at: again.map(|pause| now.plus(*pause)),
        status: outcome.status,
        error: outcome.error.as_deref(),
    };
    sql::attempted(gateway.db(), org, id, &attempted).await?;
    Ok(())
}

impl Outcome {
    fn failed(status: Option<u16>, error: &str) -> Self {
        Self {
            delivered: false,
            status,
            error: Some(error.chars().take(MAX_ERROR).collect()),
        }
    }
}
