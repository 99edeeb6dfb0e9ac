//! Telling another system, signed.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult,
    Output, RawSettings,
};
use crate::nodes::shared::fetch::{Wanted, fetch, touched_host};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct Webhook;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Where to.
    #[schemars(length(min = 1), extend("x-placeholder" = "https://hooks.example.org/orders"))]
    url: String,
    /// What is sent as JSON, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    payload: Value,
    /// The credential `webhook/<name>` that signs: a secret of the form `whsec_…`. Empty: unsigned.
    #[serde(default)]
    #[schemars(extend("x-widget" = "credential", "x-providers" = ["webhook"]))]
    credential: String,
}

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 1024 * 1024;

impl Node for Webhook {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "webhook",
        keywords: &[
            "post",
            "notify",
            "event",
            "http",
            "signature",
            "hmac",
            "send",
        ],
        docs: "Sends a POST with a JSON body and the headers of Standard Webhooks: `webhook-id` (the same \
               at each attempt, so that the receiver can leave out what it has), `webhook-timestamp`, and \
               with a credential `webhook-signature`: `v1,` and the base64 of an HMAC-SHA256 over \
               `<id>.<timestamp>.<body>`. An answer of 400 or more is a failure; 429 and 5xx are tried \
               again as the node's retries say.",
        ..About::step(
            "output.webhook",
            Category::Output,
            "Call a webhook",
            "Tells another system by a signed request.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("payload", DataType::Any, "Payload")],
            [
                Port::new("status", DataType::Number, "Status"),
                Port::new("delivery_id", DataType::String, "Delivery"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let body = take(&mut input, "payload").to_string();
        let id = context.idempotency_key();
        let seconds = context.now().0 / 1_000_000;
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let mut set = |name: &'static str, text: &str| match HeaderValue::from_str(text) {
            Ok(value) => {
                headers.insert(HeaderName::from_static(name), value);
                Ok(())
            }
            Err(_) => {
                let message = format!("`{name}` cannot be written");
                Err(NodeError::new(NodeErrorKind::Internal, message))
            }
        };
        set("webhook-id", &id)?;
        set("webhook-timestamp", &seconds.to_string())?;
        if !settings.credential.trim().is_empty() {
            let secret = context.credential(settings.credential.trim()).await?;
            let signature = accounts::sign_webhook(&secret, &id, seconds, &body);
            set("webhook-signature", &signature)?;
        }
        let wanted = Wanted {
            method: Method::POST,
            headers,
            body: Bytes::from(body),
            redirects: 0,
            max_bytes: MAX_ANSWER,
            ..Wanted::get(settings.url)
        };
        let got = fetch(context, wanted).await?;
        if !got.status.is_success() {
            return Err(got.failure(true));
        }
        Ok(Output::one("status", got.status.as_u16())
            .and("delivery_id", id)
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let url = settings.get("url").and_then(Value::as_str);
        let mut touched = vec![touched_host(url.unwrap_or_default())];
        let credential = settings.get("credential").and_then(Value::as_str);
        if let Some(name) = credential.filter(|name| !name.trim().is_empty()) {
            touched.push(Capability::Credential {
                name: name.to_owned(),
            });
        }
        touched
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
