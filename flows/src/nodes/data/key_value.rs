//! Remembering between runs.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take;
use crate::stored::{Values, check_key};
use crate::value::{PortValues, text_of};
use crate::{Error, ErrorKind};

pub(in crate::nodes) struct KeyValue;

/// What is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operation {
    /// Reads a value.
    #[default]
    Get,
    /// Writes a value.
    Set,
    /// Writes a value if there is none yet: of several runs at once, one.
    Add,
    /// Adds to a number, which begins at 0.
    Increment,
    /// Deletes a value.
    Delete,
    /// Reads all values whose key begins so.
    List,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What is done.
    #[serde(default)]
    operation: Operation,
    /// The key, up to 200 characters, where no edge brings it; for *list* its beginning.
    #[serde(default)]
    #[schemars(extend("x-placeholder" = "seen/{{ input.order_id }}"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    key: Value,
    /// The value, up to 256 KB as JSON, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json", "x-show-if" = json!({"field": "operation", "is": ["set", "add"]})))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    value: Value,
    /// What is given when there is none.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json", "x-show-if" = json!({"field": "operation", "is": ["get"]})))]
    default: Value,
    /// How much is added; less than 0 takes away.
    #[serde(default = "one")]
    #[schemars(extend("x-show-if" = json!({"field": "operation", "is": ["increment"]})))]
    by: Number,
    /// Seconds after which it is forgotten; 0: never.
    #[serde(default)]
    #[schemars(range(max = 315_360_000), extend("x-show-if" = json!({"field": "operation", "is": ["set", "add", "increment"]})))]
    expires_s: u64,
    /// Values at most.
    #[serde(default = "most")]
    #[schemars(range(min = 1, max = 10_000), extend("x-show-if" = json!({"field": "operation", "is": ["list"]})))]
    limit: u32,
}

fn one() -> Number {
    1.into()
}

fn most() -> u32 {
    1_000
}

impl Node for KeyValue {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "database",
        keywords: &[
            "store", "state", "memory", "remember", "cache", "counter", "dedupe", "kv",
        ],
        docs: "All flows of a project share one set of keys, which lives in the product's own database. \
               *Found* says whether there was a value before. *Add* and *increment* hold when many runs \
               come at once: use *add* with an expiry to handle each order once, *increment* to count. \
               *Expires* of an increment counts from the first, so that a counter for an hour starts \
               anew. A project keeps up to 100,000 values.",
        is_repeatable: false,
        ..About::step(
            "data.key_value",
            Category::Data,
            "Key-value store",
            "Keeps values between runs.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [
                Port::new("key", DataType::String, "Key"),
                Port::new("value", DataType::Any, "Value"),
            ],
            [
                Port::new("value", DataType::Any, "Value"),
                Port::new("found", DataType::Boolean, "Found"),
                Port::new("items", DataType::array(DataType::Object), "Items"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let key = text_of(&take(&mut input, "key"));
        let value = take(&mut input, "value");
        let values = Values {
            db: context.services.gateway.db(),
            org: context.run.org_id,
            project: context.run.project_id,
            now: context.now(),
        };
        settings.act(values, &key, value).await.map_err(failure)
    }

    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "Nothing there yet",
                json!({"operation": "get", "default": []}),
                json!({"key": "last-ids"}),
                json!({"value": [], "found": false, "items": []}),
            ),
            Example::new(
                "Count",
                json!({"operation": "increment", "by": 2, "expires_s": 3600}),
                json!({"key": "visits"}),
                json!({"value": 2, "found": false, "items": []}),
            ),
        ]
    }
}

impl Settings {
    async fn act(
        &self,
        values: Values<'_>,
        key: &str,
        value: Value,
    ) -> Result<crate::node::Outcome, Error> {
        let keep = (self.expires_s > 0).then(|| Duration::from_secs(self.expires_s));
        if self.operation == Operation::List {
            let found = values.list(key.trim(), i64::from(self.limit)).await?;
            let items: Vec<Value> = found
                .into_iter()
                .map(|found| {
                    let item = Map::from_iter([
                        ("key".to_owned(), found.key.into()),
                        ("value".to_owned(), found.value.0),
                    ]);
                    Value::Object(item)
                })
                .collect();
            let first = items.first().map(|item| item["value"].clone());
            return Ok(Output::one("found", first.is_some())
                .and("value", first.unwrap_or_default())
                .and("items", items)
                .into());
        }
        let key = check_key(key)?;
        let (value, found) = match self.operation {
            Operation::Get | Operation::List => match values.get(key).await? {
                Some(value) => (value, true),
                None => (self.default.clone(), false),
            },
            Operation::Set => {
                let before = values.set(key, value.clone(), keep).await?;
                (value, before.is_some())
            }
            Operation::Add => match values.add(key, value.clone(), keep).await? {
                Some(there) => (there, true),
                None => (value, false),
            },
            Operation::Increment => {
                let (sum, found) = values.increment(key, &self.by, keep).await?;
                (sum, found)
            }
            Operation::Delete => (Value::Null, values.delete(key).await?),
        };
        Ok(Output::one("value", value)
            .and("found", found)
            .and("items", Vec::<Value>::new())
            .into())
    }
}

fn failure(error: Error) -> NodeError {
    match error.kind {
        ErrorKind::Unavailable => NodeError::new(NodeErrorKind::Upstream, error.message),
        ErrorKind::Internal => NodeError::new(NodeErrorKind::Internal, error.message),
        _ => NodeError::input(error.message),
    }
}
