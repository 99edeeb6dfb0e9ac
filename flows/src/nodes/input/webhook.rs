//! Begins a run with a request to the flow's own address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings, Role,
};
use crate::value::PortValues;

pub(in crate::nodes) struct Webhook;

/// Methods that the address takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Who may call.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Auth {
    /// Everybody who knows the address.
    #[default]
    None,
    /// A user name and a password.
    Basic {
        /// The user name.
        user: String,
        /// The project's secret with the password.
        #[schemars(extend("x-widget" = "secret", "x-expression" = "never"))]
        password: String,
    },
    /// A header with a fixed value.
    Header {
        /// The header's name.
        name: String,
        /// The project's secret with the value.
        #[schemars(extend("x-widget" = "secret", "x-expression" = "never"))]
        secret: String,
    },
    /// A signed token (HS256) in `Authorization: Bearer`.
    Jwt {
        /// The project's secret with the key.
        #[schemars(extend("x-widget" = "secret", "x-expression" = "never"))]
        secret: String,
        /// The token's `aud`, if it must be a certain one.
        #[serde(default)]
        audience: String,
    },
    /// An HMAC-SHA-256 of the body in a header, as hexadecimal digits, with or without `sha256=` before
    /// it.
    Hmac {
        /// The header's name.
        #[serde(default = "signature")]
        header: String,
        /// The project's secret with the key.
        #[schemars(extend("x-widget" = "secret", "x-expression" = "never"))]
        secret: String,
    },
}

fn signature() -> String {
    "x-signature".to_owned()
}

/// When the caller is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Respond {
    /// As soon as the run is stored: 202 with its id.
    AtOnce,
    /// When the run is done, with what it returns.
    #[default]
    AtTheEnd,
    /// By the node "Webhook response".
    ByNode,
    /// With a stream of what the run writes.
    Stream,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Methods that the address takes; none: POST.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) methods: Vec<Method>,
    /// Who may call.
    #[serde(default)]
    pub(crate) auth: Auth,
    /// When the caller is answered.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) respond: Respond,
    /// A header whose value names the delivery: a second request with the same value begins no run.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never", "x-placeholder" = "x-delivery-id"))]
    pub(crate) dedupe_header: String,
    /// Largest body in kilobytes.
    #[serde(default = "one_megabyte")]
    #[schemars(range(min = 1, max = 65536))]
    pub(crate) max_kilobytes: u32,
    /// Origins whose pages may call, for CORS; none: no page may.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) allowed_origins: Vec<String>,
    /// Addresses and networks that may call, such as `192.0.2.0/24`; none: all.
    #[serde(default)]
    #[schemars(extend("x-expression" = "never"))]
    pub(crate) allowed_addresses: Vec<String>,
}

fn one_megabyte() -> u32 {
    1024
}

impl Node for Webhook {
    type Settings = Settings;

    const ABOUT: About = About {
        role: Role::Trigger,
        icon: "webhook",
        keywords: &["http", "callback", "request", "event"],
        docs: "Publishing gives the flow an address, `/hooks/…`, which its deployment shows. It calls the \
               live version; drafts have no address: run them from the editor with a request as \
               input.\n\nA JSON body arrives parsed, a form as an object, a text as a text, anything \
               else as a file. Each request is written to the delivery ledger before it is answered, \
               so that none is lost and each can be sent again; give a *dedupe header* and none is \
               run twice. Who calls is checked before; the headers that hold secrets are not kept and \
               do not reach the flow.",
        ..About::step(
            "input.webhook",
            Category::Input,
            "Webhook",
            "Begins a run with a request to the flow's own address.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::trigger([
            Port::new("body", DataType::Any, "Body"),
            Port::new("query", DataType::Object, "Query"),
            Port::new("headers", DataType::Object, "Headers"),
            Port::new("method", DataType::String, "Method"),
            Port::new("files", DataType::array(DataType::File), "Files"),
        ])
    }

    async fn run(_: &NodeContext, _: Settings, mut given: PortValues) -> NodeResult {
        let input = given.remove("input").unwrap_or_default();
        let part = |name: &str| input.get(name).cloned();
        Ok(Output::one("body", part("body").unwrap_or_default())
            .and("query", part("query").unwrap_or_else(|| json!({})))
            .and("headers", part("headers").unwrap_or_else(|| json!({})))
            .and("method", part("method").unwrap_or_else(|| json!("POST")))
            .and("files", part("files").unwrap_or_else(|| json!([])))
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let auth = settings.get("auth");
        let names = ["password", "secret"].into_iter();
        names
            .filter_map(|field| auth?.get(field)?.as_str())
            .map(|name| Capability::Secret {
                name: name.to_owned(),
            })
            .collect()
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A signed delivery",
            json!({"auth": {"kind": "hmac", "secret": "shop_key"}, "respond": "at_once"}),
            json!({"input": {"body": {"order": 17}, "headers": {"x-delivery-id": "d1"}, "method": "POST"}}),
            json!({
                "body": {"order": 17},
                "query": {},
                "headers": {"x-delivery-id": "d1"},
                "method": "POST",
                "files": [],
            }),
        )]
    }
}
