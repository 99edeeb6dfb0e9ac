//! Keeps secrets out of templates. What is connected by name (credentials, secrets of the project,
//! collections) stays a name. What was typed into a flow in clear is refused with its place, so that
//! nobody publishes a key without noticing.

use std::collections::BTreeSet;

use accounts::PageRequest;
use serde_json::Value;
use store::OrgId;

use crate::expression::{has_expression, paths, walk_texts};
use crate::graph::Graph;
use crate::mask::Masker;
use crate::node::Registry;
use crate::sql::templates::Kept;
use crate::sql::variables::ProjectVariable;
use crate::validate::widget;
use crate::{Error, Flows, Result, sql};

/// How keys and tokens of well-known services begin.
const BEGINNINGS: &[&str] = &[
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "pk_live_",
    "whsec_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "AKIA",
    "ASIA",
    "AIza",
    "hf_",
    "gsk_",
    "SG.",
    "npm_",
];
/// Characters after the beginning that make a key of it.
const REST: usize = 12;
/// Addresses that are a key themselves.
const ADDRESSES: &[&str] = &[
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "webhook.office.com/",
];
/// Names of fields and headers that hold secrets.
const NAMES: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "api_key",
    "apikey",
    "password",
    "passwd",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "auth_token",
];

/// Looks for secrets: those that the organization has stored, and what has the form of one.
pub(super) struct Clean {
    stored: Masker,
}

impl Flows {
    /// One that knows the credentials of the organization and the secrets of its projects.
    pub(super) async fn clean(&self, org: OrgId) -> Result<Clean> {
        let mut ids: BTreeSet<_> = sql::variables::all_secrets(self.db(), org)
            .await?
            .into_iter()
            .map(|secret| secret.credential_id)
            .collect();
        let mut cursor: Option<String> = None;
        loop {
            let page = PageRequest::new(Some(accounts::MAX_LIMIT), cursor.as_deref())?;
            let page = self.accounts().list_credentials(org, page).await?;
            ids.extend(page.data.into_iter().map(|credential| credential.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let stored = Masker::default();
        for id in ids {
            stored.add(&self.accounts().credential_secret(org, id).await?);
        }
        Ok(Clean { stored })
    }
}

impl Clean {
    /// # Errors
    /// `Invalid` with the node and the field where a secret stands.
    pub(super) fn graph(&self, graph: &Graph, registry: &Registry) -> Result<()> {
        for node in &graph.nodes {
            let place = format!("node `{}`", node.id);
            self.value(&place, &Value::Object(node.settings.clone()))?;
            let mut names = BTreeSet::new();
            if let Some(schema) = registry.schema(&node.kind) {
                walk_texts(schema, &node.settings, &mut |place, text| {
                    if matches!(widget(place), Some("secret" | "credential")) {
                        names.insert(text.to_owned());
                    }
                });
            }
            named(&place, &Value::Object(node.settings.clone()), &names)?;
        }
        // Names of nodes, variables, notes and groups, and everything else that is text.
        let whole = serde_json::to_value(graph).unwrap_or_default();
        self.value("the flow", &whole)
    }

    /// # Errors
    /// `Invalid` with the variable's name.
    pub(super) fn variables(&self, variables: &[ProjectVariable]) -> Result<()> {
        for one in variables {
            self.value(
                &format!("the project's variable `{}`", one.name),
                &one.value.0,
            )?;
        }
        Ok(())
    }

    /// What is said of the template, and its sample.
    ///
    /// # Errors
    /// `Invalid` with the field.
    pub(super) fn texts(&self, one: &Kept) -> Result<()> {
        for (field, text) in [
            ("`name`", &one.name),
            ("`summary`", &one.summary),
            ("`author`", &one.author),
            ("`readme`", &one.readme),
        ] {
            self.text(field, text)?;
        }
        self.value("`sample_input`", &one.sample_input.0)
    }

    fn value(&self, place: &str, value: &Value) -> Result<()> {
        match value {
            Value::String(text) => self.text(place, text),
            Value::Array(items) => items.iter().try_for_each(|item| self.value(place, item)),
            Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
                self.text(place, name)?;
                self.value(place, value)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn text(&self, place: &str, text: &str) -> Result<()> {
        if self.stored.text(text) != text {
            return Err(found(place, "a stored credential or secret"));
        }
        match shape(text) {
            Some(what) => Err(found(place, what)),
            None => Ok(()),
        }
    }
}

fn found(place: &str, what: &str) -> Error {
    Error::invalid(format!(
        "{place} holds {what} in clear, and templates hold none: store it as a secret of the project \
         and write `{{{{ secrets.name }}}}` in its place, or choose a stored credential"
    ))
}

/// What the text has the form of.
fn shape(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if ADDRESSES.iter().any(|address| text.contains(address)) {
        return Some("the address of a webhook");
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let words = text.split(|c: char| !is_part(c));
    for word in words {
        let is_key = BEGINNINGS.iter().any(|beginning| {
            let rest = word.strip_prefix(beginning).unwrap_or_default();
            rest.len() >= REST
                && rest
                    .chars()
                    .any(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        });
        if is_key {
            return Some("a key");
        }
        if word.starts_with("eyJ") && word.len() > 40 && word.matches('.').count() == 2 {
            return Some("a token");
        }
    }
    has_password(text).then_some("an address with a password")
}

/// Whether the text has an address such as `https://user:password@host`.
fn has_password(text: &str) -> bool {
    let after = text.split("://").skip(1);
    after.into_iter().any(|rest| {
        let end = rest.find(|c: char| c == '/' || c.is_whitespace());
        let host = &rest[..end.unwrap_or(rest.len())];
        let login = host
            .rsplit_once('@')
            .and_then(|(login, _)| login.split_once(':'));
        login.is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("{{"))
    })
}

/// Refuses what is typed in clear under a name that says it is a secret: `{"api_key": "…"}`, and pairs
/// `{"name": "Authorization", "value": "…"}` as headers are. `names` are names of secrets themselves.
fn named(place: &str, value: &Value, names: &BTreeSet<String>) -> Result<()> {
    let is_secret = |name: &str| NAMES.contains(&name.to_ascii_lowercase().as_str());
    let is_clear = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.len() >= 8 && !has_expression(text) && !names.contains(text))
    };
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| named(place, item, names)),
        Value::Object(fields) => {
            let name = fields.get("name").or_else(|| fields.get("key"));
            let pair = name.and_then(Value::as_str).filter(|name| is_secret(name));
            if let (Some(name), Some(value)) = (pair, fields.get("value"))
                && is_clear(value)
            {
                return Err(found(place, &format!("`{name}`")));
            }
            for (name, value) in fields {
                if is_secret(name) && is_clear(value) {
                    return Err(found(place, &format!("`{name}`")));
                }
                named(place, value, names)?;
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Those of the project's variables that the graph names and has not itself.
pub(super) fn variables_of(
    graph: &Graph,
    registry: &Registry,
    mut known: Vec<ProjectVariable>,
) -> Vec<ProjectVariable> {
    let mut named = BTreeSet::new();
    for node in &graph.nodes {
        let Some(schema) = registry.schema(&node.kind) else {
            continue;
        };
        walk_texts(schema, &node.settings, &mut |_, text| {
            for path in paths(text).unwrap_or_default() {
                if path.root == "vars" {
                    named.extend(path.key(0).map(str::to_owned));
                }
            }
        });
    }
    let own = |name: &str| graph.variables.iter().any(|variable| variable.name == name);
    known.retain(|one| named.contains(&one.name) && !own(&one.name));
    known
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_the_form_of_a_secret_is_found() {
        for text in [
            "Bearer sk-proj-1234567890abcdef",
            "AKIAIOSFODNN7EXAMPLE",
            "https://ada:s3cret@example.org/x",
            "https://hooks.slack.com/services/T0/B0/x",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-def",
        ] {
            assert!(shape(text).is_some(), "{text}");
        }
        for text in [
            "Ask for the sk-",
            "task-management-for-everybody",
            "https://example.org/a:b@c",
            "https://{{ secrets.login }}@example.org",
            "https://ada:{{ secrets.password }}@example.org",
            "mail ada@example.org",
        ] {
            assert!(shape(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_named_a_secret_and_stands_in_clear_is_found() {
        let names = BTreeSet::from(["shop-password".to_owned()]);
        let is_found = |value: Value| named("here", &value, &names).is_err();
        assert!(is_found(
            json!({"headers": [{"name": "Authorization", "value": "Basic abcdef"}]})
        ));
        assert!(is_found(json!({"headers": {"X-Api-Key": "abcdefgh"}})));
        assert!(!is_found(
            json!({"headers": {"X-Api-Key": "{{ secrets.key }}"}})
        ));
        assert!(!is_found(json!({"secret": "shop-password"})));
        assert!(!is_found(
            json!({"fields": [{"name": "password", "required": true}]})
        ));
    }
}
