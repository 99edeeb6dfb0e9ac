//! Features of requests, as the fixtures state them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Ingress;
use super::upstreams::{Model, Upstream};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    #[serde(rename = "feature")]
    pub(crate) name: String,
    ask: BTreeMap<String, Map<String, Value>>,
    #[serde(default)]
    pub(crate) model: Model,
    #[serde(default)]
    with: Option<With>,
    notes: Option<Vec<String>>,
    carried: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum With {
    Tools,
}

/// A topic and its features: one fixture file.
pub(crate) struct Topic {
    pub(crate) title: String,
    pub(crate) features: Vec<Feature>,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/matrix")
}

pub(crate) fn topics() -> Vec<Topic> {
    let folder = fixtures().join("requests");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("is readable").path())
        .collect();
    files.sort();
    let topic = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("is readable");
        let name = path.file_stem().and_then(|s| s.to_str()).expect("is text");
        let (_, title) = name.split_once('-').expect("begins with a number");
        Topic {
            title: title.to_owned(),
            features: serde_json::from_str(&text)
                .unwrap_or_else(|e| panic!("{}: {e}", path.display())),
        }
    };
    files.into_iter().map(topic).collect()
}

impl Feature {
    /// The request that asks for the feature, `None` when the dialect cannot say it.
    pub(crate) fn request(&self, ingress: &Ingress) -> Option<Value> {
        let asked = self.ask.get(ingress.id)?;
        let mut request = self.base(ingress);
        for (name, value) in asked {
            request[name] = sealed(value);
        }
        Some(request)
    }

    /// The request without the feature.
    pub(crate) fn base(&self, ingress: &Ingress) -> Value {
        let mut base = match ingress.id {
            "responses" => json!({"model": "alias", "input": "hi"}),
            "messages" => json!({"model": "alias", "max_tokens": 1000,
                "messages": [{"role": "user", "content": "hi"}]}),
            _ => json!({"model": "alias", "messages": [{"role": "user", "content": "hi"}]}),
        };
        if self.with == Some(With::Tools) {
            base["tools"] = ["other", "mark", "one", "two"]
                .iter()
                .map(|name| tool(ingress, name))
                .collect();
        }
        base
    }

    /// Whether the report's word `note` is about this feature.
    pub(crate) fn is_about(&self, note: &str) -> bool {
        let names = match &self.notes {
            Some(names) => names.clone(),
            None => vec![self.name.clone()],
        };
        names.iter().any(|name| {
            note.strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Where the feature must stand in the upstream's body.
    pub(crate) fn expected(
        &self,
        ingress: &Ingress,
        upstream: &Upstream,
    ) -> Option<&BTreeMap<String, Value>> {
        let mut words = vec![upstream.id];
        words.extend(upstream.families);
        words.push("*");
        words.iter().find_map(|word| {
            let own = self.carried.get(&format!("{}:{word}", ingress.id));
            own.or_else(|| self.carried.get(*word))
        })
    }
}

fn tool(ingress: &Ingress, name: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    match ingress.id {
        "responses" => json!({"type": "function", "name": name, "parameters": schema}),
        "messages" => json!({"name": name, "input_schema": schema}),
        _ => json!({"type": "function", "function": {"name": name, "parameters": schema}}),
    }
}

/// `SEAL:{…}` stands for what our encoders give clients to carry.
fn sealed(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("SEAL:") {
            Some(json) => json!(format!("nab1.{}", URL_SAFE_NO_PAD.encode(json))),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(sealed).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            Value::Object(fields.map(|(k, v)| (k.clone(), sealed(v))).collect())
        }
        _ => value.clone(),
    }
}
