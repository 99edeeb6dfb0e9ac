//! The OpenAPI document is complete: examples, security, answers, and nothing unexplained.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use crate::site::at_each_site;

#[tokio::test]
async fn every_operation_says_what_it_does_takes_and_answers() {
    at_each_site("", async |site| {
        let tags: BTreeSet<&str> = site.document["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .filter_map(|tag| tag["name"].as_str())
            .collect();
        let (mut missing, mut ids) = (Vec::new(), BTreeSet::new());
        for operation in site.operations() {
            let (id, value) = (operation.id(), &operation.value);
            let mut must = |what: &str, there: bool| {
                if !there {
                    missing.push(format!("{id}: {what}"));
                }
            };
            must("another id", ids.insert(id.to_owned()));
            must(
                "a summary",
                value["summary"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
            );
            let tag = value["tags"][0].as_str().unwrap_or_default();
            must(
                &format!("a description of the tag `{tag}`"),
                tags.contains(tag),
            );
            must("its security", value["security"].is_array());
            let answers = value["responses"].as_object().expect("answers");
            must(
                "a success",
                answers.keys().any(|s| s.starts_with('2') || s == "101"),
            );
            let bare = matches!(id, "list_permissions");
            must("its errors", bare || answers.contains_key("4XX"));
            if value.get("requestBody").is_some() && site.body_schema(&operation).is_some() {
                must("an example of its body", site.example(&operation).is_some());
            }
            if operation.method == Method::PATCH {
                must("If-Match", has_parameter(value, "If-Match"));
            }
            for parameter in value["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default();
                let described = parameter["description"]
                    .as_str()
                    .is_some_and(|d| !d.is_empty());
                must(&format!("what `{name}` is"), described);
            }
        }
        assert!(
            missing.is_empty(),
            "the document lacks:\n  {}",
            missing.join("\n  ")
        );
        let schemes = &site.document["components"]["securitySchemes"];
        for scheme in ["api_key", "session", "session_cookie"] {
            assert!(schemes[scheme].is_object(), "{scheme}");
        }
    })
    .await;
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|one| one["name"] == name))
}
