//! Asking a web server.

mod body;
mod pages;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use body::BodyKind;
use pages::Pages;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::auth::{Auth, Pair, pairs, used_credential};
use crate::nodes::shared::fetch::{Got, Wanted, fetch, header, touched_host, with_query};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct HttpRequest;

/// How the request is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Verb {
    /// Reads.
    #[default]
    Get,
    /// Sends.
    Post,
    /// Puts in the place of what is there.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
    /// Reads the head only.
    Head,
    /// Asks what is possible.
    Options,
}

impl Verb {
    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
            Self::Head => Method::HEAD,
            Self::Options => Method::OPTIONS,
        }
    }
}

/// What is made of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Read {
    /// What its content type says.
    #[default]
    Auto,
    /// JSON, whatever it says.
    Json,
    /// Text.
    Text,
    /// A file.
    File,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// How the request is made.
    #[serde(default)]
    method: Verb,
    /// The address.
    #[schemars(length(min = 1), extend("x-placeholder" = "https://api.example.org/orders"))]
    url: String,
    /// Query parameters; those without a value are left out.
    #[serde(default)]
    #[schemars(length(max = 200))]
    query: Vec<Pair>,
    /// Headers; those without a value are left out.
    #[serde(default)]
    #[schemars(length(max = 100))]
    headers: Vec<Pair>,
    /// How the program shows who it is.
    #[serde(default)]
    auth: Auth,
    /// In which form the body goes.
    #[serde(default)]
    body_kind: BodyKind,
    /// The body, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    body: Value,
    /// What is made of the answer.
    #[serde(default)]
    response: Read,
    /// Fail when the status is 400 or more.
    #[serde(default = "yes")]
    fail_on_status: bool,
    /// Redirects that are followed.
    #[serde(default = "redirects")]
    #[schemars(range(max = 20), extend("x-advanced" = true))]
    max_redirects: u32,
    /// Bytes of the answer at most.
    #[serde(default = "bytes")]
    #[schemars(range(min = 1, max = 209_715_200), extend("x-advanced" = true))]
    max_bytes: usize,
    /// Repeat POST and PATCH too when the node is retried. Each attempt carries the same
    /// `Idempotency-Key`.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    retry_any_method: bool,
    /// How further pages are asked for.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    pages: Pages,
}

fn yes() -> bool {
    true
}

fn redirects() -> u32 {
    5
}

fn bytes() -> usize {
    32 * 1024 * 1024
}

impl Node for HttpRequest {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "world-www",
        keywords: &[
            "rest", "api", "fetch", "curl", "get", "post", "webhook", "url",
        ],
        docs: "JSON answers become values, other texts a text, everything else a file at `file`. Private \
               and local addresses are refused. After a redirect to another host, credentials and own \
               headers are left out.\n\nRetries of the node repeat only what may be repeated (GET, PUT, \
               DELETE …) unless *Repeat any method* is on. `Retry-After` is obeyed. With pages, `body` is \
               the list of all pages' items.",
        is_repeatable: false,
        ..About::step(
            "data.http_request",
            Category::Data,
            "HTTP request",
            "Asks a web server, reads or sends.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("body", DataType::Any, "Body")],
            [
                Port::new("body", DataType::Any, "Body"),
                Port::new("status", DataType::Number, "Status"),
                Port::new("headers", DataType::Object, "Headers"),
                Port::new("file", DataType::File, "File"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let given = take(&mut input, "body");
        let wanted = settings.wanted(context, given).await?;
        let may_repeat = settings.retry_any_method || wanted.method.is_idempotent();
        let mut pages = settings.pages.begin(&wanted.url);
        let mut items = Vec::new();
        loop {
            let page = Wanted {
                url: pages.url().to_owned(),
                ..wanted.clone()
            };
            let got = fetch(context, page).await?;
            if settings.fail_on_status && got.status.as_u16() >= 400 {
                return Err(got.failure(may_repeat));
            }
            let (body, file) = settings.read(context, &got).await?;
            if pages.is_single() {
                return Ok(output(&got, body, file).into());
            }
            let more = pages.next(&got, &body)?;
            items.extend(pages.items(body)?);
            if !more {
                return Ok(output(&got, items.into(), Value::Null).into());
            }
        }
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let url = settings
            .get("url")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut all = vec![touched_host(url)];
        all.extend(used_credential(settings));
        all
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

fn output(got: &Got, body: Value, file: Value) -> Output {
    Output::one("body", body)
        .and("status", got.status.as_u16())
        .and("headers", got.header_values())
        .and("file", file)
}

impl Settings {
    async fn wanted(&self, context: &NodeContext, given: Value) -> Result<Wanted, NodeError> {
        let mut query = pairs(&self.query);
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static("nocode-ai-builder"));
        let (kind, body) = body::encode(context, self.body_kind, given).await?;
        if let Some(kind) = kind {
            let kind = HeaderValue::from_str(&kind);
            let kind = kind.map_err(|error| NodeError::input(error.to_string()))?;
            headers.insert(CONTENT_TYPE, kind);
        }
        for (name, value) in pairs(&self.headers) {
            let (name, value) = header("headers", &name, &value)?;
            headers.insert(name, value);
        }
        self.auth.apply(context, &mut headers, &mut query).await?;
        let method = self.method.method();
        if !method.is_idempotent() && !headers.contains_key("idempotency-key") {
            let key = HeaderValue::from_str(&context.idempotency_key());
            headers.extend(
                key.ok()
                    .map(|key| (http::HeaderName::from_static("idempotency-key"), key)),
            );
        }
        Ok(Wanted {
            method,
            url: with_query(&self.url, &query),
            headers,
            body,
            redirects: self.max_redirects,
            max_bytes: self.max_bytes,
            is_repeatable: self.retry_any_method,
        })
    }

    /// The answer as a value, or as a file.
    async fn read(&self, context: &NodeContext, got: &Got) -> Result<(Value, Value), NodeError> {
        let kind = got.media_type();
        let is_json = kind == "application/json" || kind.ends_with("+json");
        let is_text = kind.is_empty()
            || kind.starts_with("text/")
            || ["xml", "javascript", "x-www-form-urlencoded"]
                .iter()
                .any(|word| kind.contains(word));
        let read = match self.response {
            Read::Auto if got.body.is_empty() => return Ok((Value::Null, Value::Null)),
            Read::Auto if is_json => Read::Json,
            Read::Auto if is_text => Read::Text,
            Read::Auto => Read::File,
            other => other,
        };
        match read {
            Read::Json if got.body.is_empty() => Ok((Value::Null, Value::Null)),
            Read::Json => match serde_json::from_slice(&got.body) {
                Ok(value) => Ok((value, Value::Null)),
                Err(error) => {
                    let message = format!("the answer is no JSON: {error}");
                    let shown: String = String::from_utf8_lossy(&got.body)
                        .chars()
                        .take(500)
                        .collect();
                    let details = json!({"status": got.status.as_u16(), "body": shown});
                    Err(NodeError::input(message).with_details(details))
                }
            },
            Read::Auto | Read::Text => Ok((String::from_utf8_lossy(&got.body).into(), Value::Null)),
            Read::File => {
                let name = file_name(got);
                let kind = if kind.is_empty() {
                    "application/octet-stream"
                } else {
                    &kind
                };
                let file = context.put_file(&name, kind, got.body.clone()).await?;
                Ok((Value::Null, file.to_value()))
            }
        }
    }
}

/// The name that the answer gives its file, else the last part of the address.
fn file_name(got: &Got) -> String {
    let says = got.headers.get("content-disposition");
    let says = says
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let named = says
        .split(';')
        .find_map(|part| part.trim().strip_prefix("filename="));
    let named = named.map(|name| name.trim_matches('"').to_owned());
    let last = || {
        got.url
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let name = named.filter(|name| !name.is_empty()).unwrap_or_else(last);
    if name.is_empty() {
        "answer".to_owned()
    } else {
        name
    }
}
