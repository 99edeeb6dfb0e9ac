//! Asking a GraphQL server.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult,
    Output, RawSettings,
};
use crate::nodes::shared::auth::{Auth, Pair, pairs, used_credential};
use crate::nodes::shared::fetch::{Got, Wanted, fetch, header, touched_host, with_query};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct GraphQl;

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The server's address.
    #[schemars(length(min = 1), extend("x-placeholder" = "https://api.example.org/graphql"))]
    url: String,
    /// The query or mutation. Values belong into the variables, not into this text.
    #[schemars(length(min = 1), extend("x-widget" = "code", "x-language" = "graphql", "x-expression" = "never",
        "x-placeholder" = "query Order($id: ID!) { order(id: $id) { total } }"))]
    query: String,
    /// The variables, an object, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    variables: Value,
    /// Which operation is meant, where the text has several.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    operation_name: String,
    /// Headers; those without a value are left out.
    #[serde(default)]
    #[schemars(length(max = 100))]
    headers: Vec<Pair>,
    /// How the program shows who it is.
    #[serde(default)]
    auth: Auth,
    /// Fail when the answer names errors. Otherwise they come at *Errors*, with what data there is.
    #[serde(default = "yes")]
    fail_on_errors: bool,
}

fn yes() -> bool {
    true
}

impl Node for GraphQl {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "brand-graphql",
        keywords: &["graphql", "api", "query", "mutation", "http"],
        docs: "Sends a POST with the query and its variables, as the GraphQL over HTTP specification \
               says, and gives `data`. Servers name errors in the answer's body whatever its status is: \
               the node fails with the first one's message, its path and code, unless *Fail on errors* \
               is off. A query is repeated by the node's retries; a mutation only when nothing was sent.",
        is_repeatable: false,
        ..About::step(
            "data.graphql",
            Category::Data,
            "GraphQL",
            "Asks a GraphQL server, reads or changes.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("variables", DataType::Object, "Variables")],
            [
                Port::new("data", DataType::Any, "Data"),
                Port::new("errors", DataType::array(DataType::Object), "Errors"),
                Port::new("extensions", DataType::Any, "Extensions"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let variables = take(&mut input, "variables");
        let is_mutation = changes(&settings.query);
        let wanted = settings.wanted(context, variables, !is_mutation).await?;
        let got = fetch(context, wanted).await?;
        let Some(mut answer) = read(&got) else {
            if got.status.as_u16() >= 400 {
                return Err(got.failure(!is_mutation));
            }
            let shown: String = String::from_utf8_lossy(&got.body)
                .chars()
                .take(500)
                .collect();
            let details = json!({"status": got.status.as_u16(), "body": shown});
            let message = "the answer is no GraphQL answer: it has neither `data` nor `errors`; is \
                           this the address of a GraphQL server?";
            let error = NodeError::new(NodeErrorKind::Upstream, message);
            return Err(error.permanent().with_details(details));
        };
        let errors = match answer["errors"].take() {
            Value::Array(errors) => errors,
            _ => Vec::new(),
        };
        if settings.fail_on_errors && !errors.is_empty() {
            return Err(failure(&got, errors, !is_mutation));
        }
        Ok(Output::one("data", answer["data"].take())
            .and("errors", errors)
            .and("extensions", answer["extensions"].take())
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let url = settings.get("url").and_then(Value::as_str);
        let mut all = vec![touched_host(url.unwrap_or_default())];
        all.extend(used_credential(settings));
        all
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

impl Settings {
    async fn wanted(
        &self,
        context: &NodeContext,
        variables: Value,
        is_repeatable: bool,
    ) -> Result<Wanted, NodeError> {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static("nocode-ai-builder"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accepted = "application/graphql-response+json, application/json;q=0.9";
        headers.insert(ACCEPT, HeaderValue::from_static(accepted));
        for (name, value) in pairs(&self.headers) {
            let (name, value) = header("headers", &name, &value)?;
            headers.insert(name, value);
        }
        let mut query = Vec::new();
        self.auth.apply(context, &mut headers, &mut query).await?;
        if let Ok(key) = HeaderValue::from_str(&context.idempotency_key()) {
            headers.entry("idempotency-key").or_insert(key);
        }
        let mut body = json!({"query": self.query});
        if !variables.is_null() {
            body["variables"] = variables;
        }
        if !self.operation_name.trim().is_empty() {
            body["operationName"] = self.operation_name.trim().into();
        }
        Ok(Wanted {
            method: Method::POST,
            headers,
            body: Bytes::from(body.to_string()),
            redirects: 0,
            max_bytes: MAX_ANSWER,
            is_repeatable,
            ..Wanted::get(with_query(&self.url, &query))
        })
    }
}

/// The answer, if it is one of GraphQL.
fn read(got: &Got) -> Option<Value> {
    let answer: Value = serde_json::from_slice(&got.body).ok()?;
    let has = |name: &str| answer.get(name).is_some_and(|value| !value.is_null());
    (answer.get("data").is_some() || has("errors")).then_some(answer)
}

fn failure(got: &Got, errors: Vec<Value>, may_repeat: bool) -> NodeError {
    let first = errors.first().cloned().unwrap_or_default();
    let said = first.get("message").and_then(Value::as_str);
    let host = got.url.host().unwrap_or_default();
    let said: String = said
        .unwrap_or("an error without a message")
        .chars()
        .take(500)
        .collect();
    let mut message = format!("{host} says: {said}");
    if let Some(path) = first.get("path").and_then(Value::as_array) {
        let path: Vec<String> = path.iter().map(crate::value::text_of).collect();
        message.push_str(&format!(" (at {})", path.join(".")));
    }
    let details = json!({"status": got.status.as_u16(), "errors": errors});
    let error = NodeError::new(NodeErrorKind::Upstream, message).with_details(details);
    let passes = matches!(got.status.as_u16(), 429 | 500..);
    if passes && may_repeat {
        error
    } else {
        error.permanent()
    }
}

/// Whether the text has a mutation: then asking twice may do twice.
fn changes(query: &str) -> bool {
    let mut depth = 0_i32;
    let mut words = String::new();
    for line in query.lines() {
        let line = line.split('#').next().unwrap_or_default();
        for sign in line.chars() {
            match sign {
                '{' | '(' => {
                    depth += 1;
                    words.push(' ');
                }
                '}' | ')' => {
                    depth -= 1;
                    words.push(' ');
                }
                sign if depth == 0 => words.push(sign),
                _ => {}
            }
        }
        words.push(' ');
    }
    words
        .split_whitespace()
        .any(|word| matches!(word, "mutation" | "subscription"))
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn only_operations_that_change_something_are_not_repeated() {
        assert!(!changes("{ order { mutation } }"));
        assert!(!changes(
            "query A($mutation: ID) { a(mutation: $mutation) }"
        ));
        assert!(!changes("# mutation\nquery A { a }"));
        assert!(changes("mutation Pay($id: ID!) { pay(id: $id) { ok } }"));
        assert!(changes("query A { a }\nmutation { b }"));
    }
}
