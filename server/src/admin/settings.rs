//! Settings for people to see, without their secrets.

use figment::value::{Dict, Num, Value};
use figment::{Figment, Profile, Provider as _};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// What stands in place of a secret.
const HIDDEN: &str = "••••••";
/// A key with one of these in its name has a secret as its value.
const SECRET_WORDS: [&str; 7] = [
    "key",
    "secret",
    "password",
    "token",
    "credential",
    "auth",
    "cookie",
];
/// Tables that are in force as soon as the file changes.
const RELOADED: [&str; 4] = ["gateway", "providers", "models", "catalogue"];

/// A setting.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Setting {
    /// Its path, `gateway.retry.max_retries`.
    pub key: String,
    /// Its value; `••••••` in place of a secret.
    #[schema(value_type = Object)]
    pub value: serde_json::Value,
    /// `file` or `environment`.
    pub source: &'static str,
}

impl Setting {
    /// Whether a change of it is in force without a new start.
    pub(super) fn is_reloaded(&self) -> bool {
        let table = self.key.split('.').next().unwrap_or_default();
        RELOADED.contains(&table)
    }

    /// Everything that is set, in the order of the keys.
    pub(crate) fn all(figment: &Figment) -> Vec<Self> {
        let mut found = Vec::new();
        if let Some(root) = figment
            .data()
            .ok()
            .and_then(|mut all| all.remove(&Profile::Default))
        {
            walk(figment, "", &root, &mut found);
        }
        found
    }
}

fn walk(figment: &Figment, path: &str, table: &Dict, found: &mut Vec<Setting>) {
    for (name, value) in table {
        let key = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        if let Value::Dict(_, inner) = value {
            walk(figment, &key, inner, found);
            continue;
        }
        let from = figment.get_metadata(value.tag());
        let from_env = from.is_some_and(|from| from.name.contains("environment"));
        found.push(Setting {
            value: shown(value, is_secret(&key)),
            source: if from_env { "environment" } else { "file" },
            key,
        });
    }
}

/// Whether texts at a path are kept to ourselves: by the last word's name, and all headers.
fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or_default().to_lowercase();
    SECRET_WORDS.iter().any(|word| last.contains(word))
        || key.split('.').any(|part| part.ends_with("headers"))
}

fn shown(value: &Value, secret: bool) -> serde_json::Value {
    match value {
        Value::String(_, text) => json!(text_shown(text, secret)),
        Value::Char(_, letter) => json!(text_shown(&letter.to_string(), secret)),
        Value::Bool(_, on) => json!(on),
        Value::Num(_, number) => match number {
            Num::F32(float) => json!(float),
            Num::F64(float) => json!(float),
            whole => json!(
                whole
                    .to_i128()
                    .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
            ),
        },
        Value::Empty(..) => serde_json::Value::Null,
        Value::Dict(_, table) => table
            .iter()
            .map(|(name, value)| (name.clone(), shown(value, secret || is_secret(name))))
            .collect(),
        Value::Array(_, values) => values.iter().map(|value| shown(value, secret)).collect(),
    }
}

fn text_shown(text: &str, secret: bool) -> String {
    let is_reference = ["env:", "file:"].iter().any(|kind| text.starts_with(kind));
    match secret && !is_reference && !text.is_empty() {
        true => HIDDEN.to_owned(),
        false => without_login(text),
    }
}

/// An address without name, password and query.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (rest, query) = rest
        .split_once('?')
        .map_or((rest, ""), |(rest, _)| (rest, "?…"));
    let host_end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{HIDDEN}@{host}{path}{query}"),
        None => format!("{scheme}://{host}{path}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format as _, Toml};

    use super::*;

    #[test]
    fn what_is_set_is_listed_without_secrets() {
        let text = r#"
            [database]
            url = "postgres://user:CANARY@db:5432/nab?password=CANARY"
            [email]
            password = "CANARY"
            [providers.openai]
            api_key = "env:OPENAI_API_KEY"
            api_keys = ["CANARY", "file:/run/key"]
            [providers.openai.headers]
            x-team = "CANARY"
            [gateway.retry]
            max_retries = 3
            [models.smart]
            targets = ["openai/gpt-5", {model = "a/b", weight = 2, token = "CANARY"}]
        "#;
        let all = Setting::all(&Figment::new().merge(Toml::string(text)));
        let written = serde_json::to_string(&all).expect("JSON");
        assert!(!written.contains("CANARY"), "{written}");
        let value = |key: &str| {
            let found = all.iter().find(|one| one.key == key);
            found.map(|one| one.value.clone()).expect(key)
        };
        assert_eq!(value("database.url"), "postgres://••••••@db:5432/nab?…");
        assert_eq!(value("email.password"), HIDDEN);
        assert_eq!(value("providers.openai.api_key"), "env:OPENAI_API_KEY");
        assert_eq!(
            value("providers.openai.api_keys"),
            json!([HIDDEN, "file:/run/key"])
        );
        assert_eq!(value("gateway.retry.max_retries"), 3);
        assert_eq!(
            value("models.smart.targets"),
            json!(["openai/gpt-5", {"model": "a/b", "weight": 2, "token": HIDDEN}])
        );
        assert!(all.iter().all(|one| one.source == "file"));
        assert!(all.is_sorted_by_key(|one| one.key.clone()));
        let reloaded = all.iter().filter(|one| one.is_reloaded()).count();
        assert_eq!(reloaded, all.len() - 2, "all but database and email");
    }
}
