//! Messages to chat programs.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::fetch::{Wanted, fetch};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct Notify;

/// Where the message goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum To {
    /// Slack, or Mattermost, by an incoming webhook.
    #[default]
    Slack,
    /// Discord, by a channel's webhook.
    Discord,
    /// Microsoft Teams, by a workflow's webhook.
    Teams,
    /// Telegram, by a bot.
    Telegram,
}

impl To {
    const fn word(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Teams => "teams",
            Self::Telegram => "telegram",
        }
    }

    /// Characters of a message at most, by the makers' documents (read 2026-11-23).
    const fn longest(self) -> usize {
        match self {
            Self::Slack => 40_000,
            Self::Discord => 2_000,
            Self::Teams => 20_000,
            Self::Telegram => 4_096,
        }
    }

    fn body(self, text: &str, chat_id: &str) -> Value {
        match self {
            Self::Slack => json!({"text": text}),
            // Whoever wrote the text must not wake everybody.
            Self::Discord => json!({"content": text, "allowed_mentions": {"parse": []}}),
            Self::Teams => json!({"type": "message", "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard", "version": "1.4",
                    "body": [{"type": "TextBlock", "text": text, "wrap": true}],
                },
            }]}),
            Self::Telegram => json!({"chat_id": chat_id, "text": text}),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Which program.
    #[serde(default)]
    to: To,
    /// The credential whose secret is the webhook's address, or for Telegram the bot's token.
    #[schemars(length(min = 1), extend("x-widget" = "credential",
        "x-providers" = ["slack", "discord", "teams", "telegram"]))]
    credential: String,
    /// What is said, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    text: Value,
    /// The chat's id.
    #[serde(default)]
    #[schemars(extend("x-show-if" = {"field": "to", "is": ["telegram"]}))]
    chat_id: String,
    /// Where Telegram's interface is, for those who run their own.
    #[serde(default = "telegram")]
    #[schemars(extend("x-advanced" = true, "x-show-if" = {"field": "to", "is": ["telegram"]}))]
    api_url: String,
}

fn telegram() -> String {
    "https://api.telegram.org".to_owned()
}

impl Node for Notify {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "bell-ringing",
        keywords: &[
            "slack",
            "discord",
            "teams",
            "telegram",
            "mattermost",
            "message",
            "chat",
            "alert",
        ],
        docs: "Make an incoming webhook in Slack, Mattermost, Discord or Teams (there: a workflow that \
               posts to a channel), or a bot of Telegram, and keep its address or token as a credential. \
               A text that is longer than the program takes is cut, and says so. Nobody is mentioned by \
               the text on Discord.",
        is_repeatable: false,
        ..About::step(
            "output.notify",
            Category::Output,
            "Chat notification",
            "Writes to Slack, Discord, Teams or Telegram.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("text", DataType::String, "Text").required()],
            [Port::new("status", DataType::Number, "Status")],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let text = text_of(&take(&mut input, "text"));
        if text.trim().is_empty() {
            return Err(NodeError::input("there is nothing to say").at("text"));
        }
        let text = cut(context, &text, settings.to.longest());
        let secret = context.credential(settings.credential.trim()).await?;
        let url = match settings.to {
            To::Telegram => {
                let base = settings.api_url.trim().trim_end_matches('/');
                format!("{base}/bot{}/sendMessage", secret.expose().trim())
            }
            To::Slack | To::Discord | To::Teams => secret.expose().trim().to_owned(),
        };
        let body = settings.to.body(&text, settings.chat_id.trim()).to_string();
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let wanted = Wanted {
            method: Method::POST,
            headers,
            body: Bytes::from(body),
            redirects: 0,
            is_repeatable: false,
            ..Wanted::get(url)
        };
        // The address is the secret: what fails must not show it.
        let got = fetch(context, wanted).await.map_err(|error| NodeError {
            message: context.masker.text(&error.message),
            ..error
        })?;
        if !got.status.is_success() {
            // 429 and 5xx: nothing was posted.
            return Err(got.failure(true));
        }
        Ok(Output::one("status", got.status.as_u16()).into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let text = |name: &str| settings.get(name).and_then(Value::as_str).unwrap_or("");
        if text("to") == To::Telegram.word() && text("chat_id").trim().is_empty() {
            return vec![(
                "chat_id".to_owned(),
                "Telegram needs the chat's id".to_owned(),
            )];
        }
        Vec::new()
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let text = |name: &str| settings.get(name).and_then(Value::as_str).unwrap_or("");
        let channel = match text("to") {
            "" => To::default().word(),
            named => named,
        };
        vec![
            Capability::Notify {
                channel: channel.to_owned(),
            },
            Capability::Credential {
                name: text("credential").to_owned(),
            },
        ]
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

fn cut(context: &NodeContext, text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    context.warn(&format!("the text was cut to {longest} characters"));
    let kept: String = text.chars().take(longest - 1).collect();
    format!("{kept}…")
}
