//! Letters by an organization's own SMTP server.

mod server;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Mailboxes, MultiPart, SinglePart};
use lettre::{Address, Message};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::{take, take_list};
use crate::value::{File, PortValues, text_of};
use server::Server;

pub(in crate::nodes) struct Email;

/// What the text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum BodyIs {
    /// Plain text.
    #[default]
    Text,
    /// HTML; a plain text is made of it for those who want one.
    Html,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The mail server, a credential `smtp/<name>`: `smtps://user:password@host` (TLS, port 465) or
    /// `smtp://user:password@host` (STARTTLS, port 587), with `%40` for an `@` in the user's name.
    #[schemars(length(min = 1), extend("x-widget" = "credential", "x-providers" = ["smtp"]))]
    credential: String,
    /// Who sends: `Shop <shop@example.org>`.
    #[schemars(length(min = 1), extend("x-placeholder" = "Shop <shop@example.org>"))]
    from: String,
    /// Who gets it; several with commas.
    #[schemars(length(min = 1), extend("x-placeholder" = "ada@example.org, Bo <bo@example.org>"))]
    to: String,
    /// Who gets a copy that all see.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    cc: String,
    /// Who gets a copy that nobody sees.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    bcc: String,
    /// Where answers go, if not to who sends.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    reply_to: String,
    /// The subject, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    subject: Value,
    /// The text, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    body: Value,
    /// What the text is.
    #[serde(default)]
    body_is: BodyIs,
}

/// Who gets one mail at most.
const MOST_RECIPIENTS: usize = 100;
/// Bytes of all attachments at most; few servers take more.
const MOST_BYTES: usize = 25 * 1024 * 1024;

impl Node for Email {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "mail-forward",
        keywords: &[
            "smtp", "mail", "e-mail", "send", "letter", "message", "notify",
        ],
        docs: "Keep your mail server as a credential of the provider `smtp`, its secret an address such \
               as `smtps://user:password@mail.example.org`. Connections are always encrypted unless the \
               address ends with `?tls=none`, for a relay. Servers in private networks are refused like \
               all private addresses.\n\nA mail is sent once: when the server did not clearly refuse it, \
               the node's retries do not send it again. Each mail of a step has the same `Message-ID`.",
        is_repeatable: false,
        timeout_ms: 120_000,
        ..About::step(
            "output.email",
            Category::Output,
            "Send e-mail",
            "Sends a mail by your own mail server.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [
                Port::new("subject", DataType::String, "Subject").required(),
                Port::new("body", DataType::String, "Text").required(),
                Port::new(
                    "attachments",
                    DataType::array(DataType::File),
                    "Attachments",
                ),
            ],
            [
                Port::new("message_id", DataType::String, "Message id"),
                Port::new(
                    "accepted",
                    DataType::array(DataType::String),
                    "Accepted for",
                ),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let subject = text_of(&take(&mut input, "subject"));
        let body = text_of(&take(&mut input, "body"));
        let mut files = Vec::new();
        let mut bytes = 0;
        for value in take_list(&mut input, "attachments") {
            let file = File::from_value(&value)
                .ok_or_else(|| NodeError::input("this is no file").at("attachments"))?;
            let content = context.get_file(&file).await?;
            bytes += content.len();
            if bytes > MOST_BYTES {
                let message = format!("attachments have more than {MOST_BYTES} bytes together");
                return Err(NodeError::input(message).at("attachments"));
            }
            files.push((file, content));
        }
        let id = message_id(context, &settings.from);
        let message = letter(&settings, &id, &subject, body, files)?;
        let accepted: Vec<String> = message
            .envelope()
            .to()
            .iter()
            .map(Address::to_string)
            .collect();
        let secret = context.credential(settings.credential.trim()).await?;
        let server = Server::parse(secret.expose()).map_err(|why| {
            NodeError::settings("credential", format!("`{}`: {why}", settings.credential))
        })?;
        server.send(&context.services.outbound, &message).await?;
        Ok(Output::one("message_id", id)
            .and("accepted", accepted)
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let credential = settings.get("credential").and_then(Value::as_str);
        vec![
            Capability::Notify {
                channel: "email".to_owned(),
            },
            Capability::Credential {
                name: credential.unwrap_or("*").to_owned(),
            },
        ]
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

/// The same for each attempt of the same step: receivers see that it is the same mail.
fn message_id(context: &NodeContext, from: &str) -> String {
    let digest = Sha256::digest(context.idempotency_key().as_bytes());
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let domain = from.rsplit('@').next().unwrap_or_default();
    let domain: String = domain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .collect();
    format!("<{hex}@{domain}>")
}

fn people(field: &str, text: &str) -> Result<Mailboxes, NodeError> {
    text.trim().trim_end_matches(',').parse().map_err(|error| {
        let message = format!("`{text:.200}` is no list of addresses: {error}");
        NodeError::settings(field, message)
    })
}

fn letter(
    settings: &Settings,
    id: &str,
    subject: &str,
    body: String,
    files: Vec<(File, bytes::Bytes)>,
) -> Result<Message, NodeError> {
    let from: Mailbox = settings.from.trim().parse().map_err(|error| {
        let message = format!("`{:.200}` is no sender: {error}", settings.from);
        NodeError::settings("from", message)
    })?;
    // A line break in a subject would begin another header.
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut builder = Message::builder()
        .from(from)
        .subject(subject)
        .message_id(Some(id.to_owned()));
    let mut count = 0;
    for mailbox in people("to", &settings.to)? {
        builder = builder.to(mailbox);
        count += 1;
    }
    if !settings.cc.trim().is_empty() {
        for mailbox in people("cc", &settings.cc)? {
            builder = builder.cc(mailbox);
            count += 1;
        }
    }
    if !settings.bcc.trim().is_empty() {
        for mailbox in people("bcc", &settings.bcc)? {
            builder = builder.bcc(mailbox);
            count += 1;
        }
    }
    if !settings.reply_to.trim().is_empty() {
        for mailbox in people("reply_to", &settings.reply_to)? {
            builder = builder.reply_to(mailbox);
        }
    }
    if count == 0 || count > MOST_RECIPIENTS {
        let message = format!("a mail has 1 to {MOST_RECIPIENTS} recipients");
        return Err(NodeError::settings("to", message));
    }
    let wrong =
        |error: lettre::error::Error| NodeError::input(format!("no mail can be made: {error}"));
    let text = match settings.body_is {
        BodyIs::Text => None,
        BodyIs::Html => Some(MultiPart::alternative_plain_html(
            plain(&body),
            body.clone(),
        )),
    };
    if files.is_empty() {
        return match text {
            None => builder.singlepart(SinglePart::plain(body)).map_err(wrong),
            Some(parts) => builder.multipart(parts).map_err(wrong),
        };
    }
    let mut parts = match text {
        None => MultiPart::mixed().singlepart(SinglePart::plain(body)),
        Some(text) => MultiPart::mixed().multipart(text),
    };
    for (file, content) in files {
        let kind = ContentType::parse(&file.media_type);
        let kind = kind.unwrap_or(ContentType::TEXT_PLAIN);
        parts = parts.singlepart(Attachment::new(file.name).body(content.to_vec(), kind));
    }
    builder.multipart(parts).map_err(wrong)
}

/// What stands in an HTML text.
fn plain(html: &str) -> String {
    let page = scraper::Html::parse_document(html);
    let texts = page.root_element().text().map(str::trim);
    let lines: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    lines.join("\n")
}
