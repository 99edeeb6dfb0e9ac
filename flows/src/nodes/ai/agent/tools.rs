//! What an agent can do.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::node::{Capability, NodeContext, NodeError, NodeErrorKind};
use crate::nodes::shared::code::{CodeLanguage, limits, run_code};
use crate::nodes::shared::fetch::{Wanted, fetch, header, percent_encode, with_query};
use crate::value::text_of;

/// Bytes of a web service's answer at most.
const MAX_ANSWER: usize = 2 * 1024 * 1024;

/// One tool.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Tool {
    /// Its name for the model.
    #[schemars(extend("x-widget" = "key", "x-expression" = "never"))]
    pub(super) name: String,
    /// What it does and when to use it, for the model.
    #[serde(default)]
    description: String,
    /// JSON Schema of its arguments, an object.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json-schema", "x-expression" = "never"))]
    parameters: Map<String, Value>,
    /// What is done.
    action: Action,
}

/// What a tool does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum Action {
    /// Runs a flow with the arguments as its input.
    Workflow {
        /// The flow's slug.
        #[schemars(extend("x-widget" = "workflow"))]
        workflow: String,
        /// A published version; the latest when empty.
        #[serde(default)]
        version: Option<u32>,
    },
    /// Asks a web service. `{name}` in the address is an argument; the others go into the query of GET
    /// and DELETE, else into a JSON body.
    Http {
        /// GET, POST, PUT, PATCH or DELETE.
        #[serde(default = "get")]
        method: String,
        /// The address.
        url: String,
        /// A credential `provider/name` that is sent with it.
        #[serde(default)]
        #[schemars(extend("x-widget" = "credential"))]
        credential: Option<String>,
        /// The header that takes the credential; empty: `Authorization` as a bearer token.
        #[serde(default)]
        header: String,
    },
    /// Runs code with the arguments in `input`.
    Code {
        /// What it is written in.
        #[serde(default)]
        language: CodeLanguage,
        /// The code.
        #[schemars(extend("x-widget" = "code", "x-expression" = "never"))]
        source: String,
    },
}

fn get() -> String {
    "GET".to_owned()
}

/// What a call leads to.
pub(super) enum Called {
    /// A result.
    Gave(Value),
    /// A failure that the model is told of.
    Failed(String),
    /// Another flow has to run.
    Flow {
        workflow: String,
        version: Option<u32>,
        input: Value,
    },
}

impl Tool {
    /// The tool as the model sees it.
    pub(super) fn describe(&self) -> Value {
        let mut parameters = self.parameters.clone();
        if parameters.is_empty() {
            parameters.insert("type".to_owned(), "object".into());
            parameters.insert("properties".to_owned(), json!({}));
        }
        json!({
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": parameters,
            },
        })
    }

    /// Does what the model asks for. Only what would fail for any arguments is an error of the node.
    pub(super) async fn call(
        &self,
        context: &NodeContext,
        arguments: Value,
    ) -> Result<Called, NodeError> {
        let schema = Value::Object(self.parameters.clone());
        let wrong = crate::validate::breaches(&schema, &arguments);
        if !wrong.is_empty() {
            return Ok(Called::Failed(wrong.join("; ")));
        }
        let result = match &self.action {
            Action::Workflow { workflow, version } => {
                return Ok(Called::Flow {
                    workflow: workflow.clone(),
                    version: *version,
                    input: arguments,
                });
            }
            Action::Code { language, source } => {
                let ran = run_code(context, *language, source, &arguments, limits(10_000, 128));
                ran.await.map(|ran| ran.result)
            }
            Action::Http { .. } => self.ask_service(context, arguments).await,
        };
        match result {
            Ok(value) => Ok(Called::Gave(value)),
            Err(error) if is_ours(error.kind) => Err(error),
            Err(error) => Ok(Called::Failed(error.message)),
        }
    }

    async fn ask_service(
        &self,
        context: &NodeContext,
        arguments: Value,
    ) -> Result<Value, NodeError> {
        let Action::Http {
            method,
            url,
            credential,
            header: name,
        } = &self.action
        else {
            return Ok(Value::Null);
        };
        let method: Method =
            method.trim().to_ascii_uppercase().parse().map_err(|_| {
                NodeError::settings("tools", format!("`{method}` is no HTTP method"))
            })?;
        let Value::Object(mut arguments) = arguments else {
            return Err(NodeError::input("the arguments must be an object"));
        };
        let mut target = url.clone();
        arguments.retain(|name, value| {
            let place = format!("{{{name}}}");
            if !target.contains(&place) {
                return true;
            }
            target = target.replace(&place, &percent_encode(&text_of(value)));
            false
        });
        let in_query = matches!(method, Method::GET | Method::DELETE | Method::HEAD);
        let mut wanted = Wanted {
            max_bytes: MAX_ANSWER,
            is_repeatable: false,
            ..Wanted::get(String::new())
        };
        if in_query {
            let pairs = arguments.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<_> = pairs
                .map(|(key, value)| (key.clone(), text_of(value)))
                .collect();
            target = with_query(&target, &pairs);
        } else {
            let kind = HeaderValue::from_static("application/json");
            wanted.headers.insert(CONTENT_TYPE, kind);
            wanted.body = Value::Object(arguments).to_string().into();
        }
        if let Some(credential) = credential.as_deref().filter(|name| !name.is_empty()) {
            let secret = context.credential(credential).await?;
            let (name, value) = match name.trim() {
                "" => (AUTHORIZATION, format!("Bearer {}", secret.expose())),
                name => (header("tools", name, "")?.0, secret.expose().to_owned()),
            };
            let value = HeaderValue::from_str(&value);
            let value = value
                .map_err(|_| NodeError::settings("tools", "the credential fits into no header"))?;
            wanted.headers.insert(name, value);
        }
        wanted.method = method;
        wanted.url = target;
        let got = fetch(context, wanted).await?;
        if got.status.as_u16() >= 400 {
            let shown: String = String::from_utf8_lossy(&got.body)
                .chars()
                .take(2_000)
                .collect();
            let message = format!("the service answered {}: {shown}", got.status.as_u16());
            return Err(NodeError::new(NodeErrorKind::Upstream, message));
        }
        let text = String::from_utf8_lossy(&got.body);
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| text.into()))
    }
}

/// Failures that no other arguments would avoid.
fn is_ours(kind: NodeErrorKind) -> bool {
    use NodeErrorKind as K;
    matches!(
        kind,
        K::Settings | K::Expression | K::Missing | K::Cancelled | K::Internal
    )
}

/// What a tool of a graph may touch.
pub(super) fn capabilities(tool: &Value) -> Vec<Capability> {
    let action = tool.get("action").unwrap_or(&Value::Null);
    let word = |key: &str| action.get(key).and_then(Value::as_str).unwrap_or_default();
    let open = |text: &str| {
        if text.is_empty() || crate::expression::has_expression(text) {
            "*".to_owned()
        } else {
            text.to_owned()
        }
    };
    match word("kind") {
        "workflow" => vec![Capability::Workflow {
            name: open(word("workflow")),
        }],
        "code" => vec![Capability::Code {
            language: match word("language") {
                "" => CodeLanguage::default().word().to_owned(),
                language => language.to_owned(),
            },
        }],
        "http" => {
            let host = word("url").split_once("://").map_or("", |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            let mut all = vec![Capability::Host { host: open(host) }];
            if !word("credential").is_empty() {
                all.push(Capability::Credential {
                    name: word("credential").to_owned(),
                });
            }
            all
        }
        _ => Vec::new(),
    }
}
