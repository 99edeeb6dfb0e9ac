use std::collections::BTreeSet;

use flows::node::Registry;
use flows::nodes;
use flows::templates::{CATEGORIES, Template, TemplateSummary, UseTemplate};
use serde_json::{Value, json};
use store::testing::for_each_db;

use crate::deploy::Site;
use crate::standin::{Standin, world_with};

fn summaries() -> Vec<TemplateSummary> {
    let registry = Registry::default();
    let all = Template::all().iter();
    all.map(|template| template.summary(&registry)).collect()
}

#[test]
fn every_template_says_what_it_is_and_is_in_a_category() {
    let categories: BTreeSet<&str> = CATEGORIES.iter().map(|(slug, _)| *slug).collect();
    let listed = summaries();
    assert!(listed.len() >= 10, "{}", listed.len());
    let mut slugs = BTreeSet::new();
    for one in &listed {
        assert!(
            slugs.insert(one.slug.clone()),
            "{} is there twice",
            one.slug
        );
        assert!(
            categories.contains(one.category.as_str()),
            "{}: {}",
            one.slug,
            one.category
        );
        assert!(
            !one.summary.is_empty() && !one.triggers.is_empty(),
            "{}",
            one.slug
        );
        let readme = Template::find(&one.slug).expect("listed").readme();
        assert!(readme.len() > 100, "{}: {readme}", one.slug);
    }
    let kinds: BTreeSet<&str> = nodes::ALL.iter().map(|node| node.about().id).collect();
    for template in Template::all() {
        for node in &template.graph().nodes {
            assert!(kinds.contains(node.kind.as_str()), "{}", node.kind);
        }
    }
}

#[tokio::test]
async fn every_template_becomes_a_flow_without_a_problem_but_what_it_says_is_missing() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let project = site.project("Gallery").await;
        for template in summaries() {
            let path = format!("/api/v1/templates/{}/use", template.slug);
            let body = json!({"project_id": project, "name": template.slug});
            let (status, used) = site.json("POST", &path, &body).await;
            assert_eq!(status, 201, "{}: {used}", template.slug);
            let missing: usize = used["missing"]
                .as_object()
                .expect("an object")
                .values()
                .filter_map(|list| list.as_array().map(Vec::len))
                .sum();
            let report = &used["workflow"]["report"];
            assert!(
                report["is_valid"] == true || missing > 0,
                "{}: {report}",
                template.slug
            );
        }
        let (status, unknown) = site
            .json("GET", "/api/v1/templates/none", &Value::Null)
            .await;
        assert_eq!(status, 404, "{unknown}");
        let (status, chats) = site
            .json("GET", "/api/v1/templates?search=CHAT", &Value::Null)
            .await;
        assert_eq!(status, 200);
        let chats = chats["data"].as_array().map_or(0, Vec::len);
        assert!(chats > 0 && chats < summaries().len(), "{chats}");
        let (status, listed) = site
            .json("GET", "/api/v1/templates?featured=true", &Value::Null)
            .await;
        assert_eq!(status, 200);
        assert!(listed["data"].as_array().is_some_and(|all| !all.is_empty()));
    })
    .await;
}

/// Templates that need a model alone, what the model says, and a word of the outcome.
const ALONE: [(&str, &[&str], &str); 2] = [
    ("guarded-chat", &["Your order is on its way."], "on its way"),
    (
        "translation-pipeline",
        // A translation and its review, for two languages at once.
        &["Unser Tee"; 4],
        "Unser Tee",
    ),
];

#[tokio::test]
async fn templates_that_need_a_model_alone_run_with_their_sample() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        for (slug, said, expected) in ALONE {
            for text in said {
                vendor.say(text);
            }
            let template = Template::find(slug).expect("there");
            let wanted = json!({"project_id": site.project(slug).await});
            let wanted: UseTemplate = serde_json::from_value(wanted).expect("sound");
            let run = site.run(wanted, template).await;
            assert_eq!(run["status"], "completed", "{slug}: {run}");
            assert!(
                run["output"].to_string().contains(expected),
                "{slug}: {run}"
            );
        }
    })
    .await;
}
