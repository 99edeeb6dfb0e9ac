//! The answer to a webhook's caller, given by the flow itself.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::fetch::header;
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct Respond;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The status: 200 is success, 400 a wrong request, 404 not found.
    #[serde(default = "ok")]
    #[schemars(range(min = 200, max = 599))]
    status: u16,
    /// What is answered, where no edge brings it: a text as it is, a file as a file, anything else as
    /// JSON.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    body: Value,
    /// The body's media type; empty: by the body.
    #[serde(default)]
    #[schemars(extend("x-placeholder" = "text/html"))]
    content_type: String,
    /// More headers.
    #[serde(default)]
    #[schemars(length(max = 50), extend("x-advanced" = true))]
    headers: Map<String, Value>,
}

fn ok() -> u16 {
    200
}

impl Node for Respond {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "arrow-back-up",
        keywords: &["webhook", "response", "http", "answer", "status", "reply"],
        docs: "Answers the caller of the flow's webhook, whose trigger must say *Respond by node*. The \
               flow goes on afterwards: what takes long can stand behind this node. The first answer \
               counts. In runs that no webhook began it has no effect.",
        ..About::step(
            "output.respond",
            Category::Output,
            "Webhook response",
            "Answers who called the webhook, and goes on.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("body", DataType::Any, "Body")],
            [Port::new("response", DataType::Object, "Response")],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        if !(200..=599).contains(&settings.status) {
            let message = "a status is a number from 200 to 599";
            return Err(NodeError::settings("status", message));
        }
        let body = take(&mut input, "body");
        let mut headers = Map::new();
        for (name, value) in &settings.headers {
            let text = crate::value::text_of(value);
            let (name, _) = header("headers", name, &text)?;
            headers.insert(name.to_string(), text.into());
        }
        let kind = settings.content_type.trim();
        if !kind.is_empty() {
            let (name, _) = header("content_type", "content-type", kind)?;
            headers.insert(name.to_string(), kind.into());
        } else if !headers.contains_key("content-type") {
            headers.insert("content-type".to_owned(), kind_of(&body).into());
        }
        let response = json!({"status": settings.status, "headers": headers, "body": body});
        Ok(Output::one("response", response).into())
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A ticket was made",
            json!({"status": 201, "headers": {"Location": "/tickets/7"}}),
            json!({"body": {"id": 7}}),
            json!({"response": {
                "status": 201,
                "headers": {"location": "/tickets/7", "content-type": "application/json"},
                "body": {"id": 7},
            }}),
        )]
    }
}

fn kind_of(body: &Value) -> String {
    match (crate::value::File::from_value(body), body) {
        (Some(file), _) => file.media_type,
        (None, Value::String(_)) => "text/plain; charset=utf-8".to_owned(),
        (None, _) => "application/json".to_owned(),
    }
}
