//! Templates that organizations keep: made of a flow, without its secrets, shown to whom they shall be.

use accounts::Role;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::hub::{Hub, PATIENCE};
use crate::site::{Answer, Site, at_each_site};

const TEMPLATES: &str = "/api/v1/templates";

async fn send(site: &Site, method: Method, path: &str, token: &str, body: Value) -> Answer {
    let body = (!body.is_null()).then_some(body);
    site.send(&method, path, Some(token), &[], body.as_ref())
        .await
}

async fn made(site: &Site, path: &str, token: &str, body: Value) -> Value {
    let answer = site.post(path, token, body).await;
    assert_eq!(
        answer.status,
        StatusCode::CREATED,
        "{path}: {}",
        answer.text
    );
    answer.json()
}

/// A flow that greets with a variable and a secret of its project, and asks a collection.
fn greeting(header: &str) -> Value {
    json!({
        "nodes": [
            {"id": "start", "type": "input.manual"},
            {"id": "call", "type": "data.http_request", "settings": {
                "url": "https://example.org/{{ vars.shop }}",
                "headers": [{"name": "Authorization", "value": header}]}},
            {"id": "ask", "type": "knowledge.ask", "settings": {
                "collections": ["manuals"], "question": "How?", "model": "builtin/extract"}},
        ],
        "edges": [],
    })
}

async fn flow(site: &Site, token: &str, graph: Value) -> (String, String) {
    let project = made(site, "/api/v1/projects", token, json!({"name": "Shop"})).await;
    let project = project["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/projects/{project}/variables/shop");
    let put = json!({"type": "string", "value": "tea"});
    let put = send(site, Method::PUT, &path, token, put).await;
    assert!(put.status.is_success(), "{}", put.text);
    let flow = json!({"project_id": project, "name": "Greeting", "graph": graph});
    let flow = made(site, "/api/v1/workflows", token, flow).await;
    (project, flow["id"].as_str().expect("an id").to_owned())
}

fn wanted(flow: &str) -> Value {
    json!({
        "workflow_id": flow, "name": "Our greeting", "summary": "Greets.", "category": "sales",
        "tags": [" Tea ", "tea"], "readme": "# Greeting", "sample_input": {"who": "Ada"},
    })
}

fn slugs(listed: &Value) -> Vec<&str> {
    let all = listed["data"].as_array().expect("a list").iter();
    all.map(|one| one["slug"].as_str().expect("a slug"))
        .collect()
}

#[tokio::test]
async fn a_flow_becomes_a_template_with_versions_and_flows_are_made_of_it() {
    at_each_site("", async |site| {
        site.set_up().await;
        let ours = site.organization("ours").await;
        let (editor, _) = site.person(&ours, Role::Editor, "editor").await;
        let (viewer, _) = site.person(&ours, Role::Viewer, "viewer").await;
        let (_, id) = flow(&site, &editor, greeting("{{ secrets.shop_key }}")).await;
        let refused = site.post(TEMPLATES, &viewer, wanted(&id)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        let template = made(&site, TEMPLATES, &editor, wanted(&id)).await;
        assert_eq!(template["origin"], "own");
        assert_eq!(template["author"], "ours");
        assert_eq!(template["tags"], json!(["tea"]));
        assert_eq!(template["variables"], json!(["shop"]));
        let requires = &template["requires"];
        assert_eq!(requires["collections"][0]["name"], "manuals");
        assert_eq!(requires["secrets"][0]["name"], "shop_key");

        let slug = template["slug"].as_str().expect("a slug");
        let path = format!("{TEMPLATES}/{slug}");
        let listed = site
            .get("/api/v1/templates?origin=own", &viewer)
            .await
            .json();
        assert_eq!(slugs(&listed), [slug]);
        let kinds = site
            .get("/api/v1/templates/categories", &viewer)
            .await
            .json();
        assert!(kinds.to_string().contains("sales"), "{kinds}");

        let blind = send(&site, Method::PATCH, &path, &editor, json!({"name": "New"})).await;
        assert_eq!(blind.status, StatusCode::BAD_REQUEST, "{}", blind.text);
        let change = json!({"revision": 1, "name": "New", "complexity": "advanced"});
        let changed = send(&site, Method::PATCH, &path, &editor, change.clone()).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        assert_eq!(changed.json()["name"], "New");
        let late = send(&site, Method::PATCH, &path, &editor, change).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
        assert_eq!(late.code(), "stale_revision");

        let next = json!({"workflow_id": id, "notes": "The same again"});
        let versions = format!("{path}/versions");
        let next = site.post(&versions, &editor, next).await;
        assert_eq!(next.status, StatusCode::OK, "{}", next.text);
        assert_eq!(next.json()["version"], 2);
        let all = site.get(&versions, &viewer).await.json();
        assert_eq!(all["data"][0]["notes"], "The same again");
        assert_eq!(all["data"][1]["number"], 1);

        let project = made(&site, "/api/v1/projects", &editor, json!({"name": "New"})).await;
        let used = json!({"project_id": project["id"]});
        let used = made(&site, &format!("{path}/clone"), &editor, used).await;
        assert_eq!(used["missing"]["secrets"][0]["name"], "shop_key");
        assert_eq!(used["sample_input"]["who"], "Ada");
        let variables = format!(
            "/api/v1/projects/{}/variables",
            project["id"].as_str().expect("an id")
        );
        let variables = site.get(&variables, &editor).await;
        assert!(variables.text.contains("tea"), "{}", variables.text);
        assert_eq!(site.get(&path, &editor).await.json()["uses"], 1);

        let gone = send(&site, Method::DELETE, &path, &editor, Value::Null).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
        assert_eq!(site.get(&path, &editor).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_secret_in_clear_gets_into_no_template() {
    at_each_site("", async |site| {
        let owner = site.set_up().await;
        let (project, id) = flow(&site, &owner, greeting("plain-but-ours")).await;
        let refused = site.post(TEMPLATES, &owner, wanted(&id)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert!(refused.text.contains("node `call`"), "{}", refused.text);
        assert!(!refused.text.contains("plain-but-ours"), "{}", refused.text);

        let (_, id) = flow(&site, &owner, greeting("{{ secrets.shop_key }}")).await;
        let path = format!("/api/v1/projects/{project}/secrets/shop_key");
        let put = json!({"value": "correct horse"});
        let put = send(&site, Method::PUT, &path, &owner, put).await;
        assert!(put.status.is_success(), "{}", put.text);
        let stored = json!({"provider": "openai", "name": "main", "secret": "ordinary words"});
        made(&site, "/api/v1/credentials", &owner, stored).await;
        for (field, text) in [
            ("readme", json!("Type correct horse into the box.")),
            ("readme", json!("The key is ordinary words.")),
            ("sample_input", json!({"key": "sk-proj-1234567890abcdef"})),
        ] {
            let mut body = wanted(&id);
            body[field] = text;
            let refused = site.post(TEMPLATES, &owner, body).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
            assert!(refused.text.contains(field), "{}", refused.text);
        }
        for (field, wrong) in [
            ("category", json!("none")),
            ("summary", json!(" ")),
            ("setup_minutes", json!(0)),
            ("icon", json!("<svg>")),
        ] {
            let mut body = wanted(&id);
            body[field] = wrong;
            let refused = site.post(TEMPLATES, &owner, body).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
            assert!(refused.text.contains(field), "{}", refused.text);
        }
    })
    .await;
}

#[tokio::test]
async fn only_the_instances_owner_publishes_and_others_see_use_and_rate_it() {
    at_each_site("", async |site| {
        let root = site.set_up().await;
        let theirs = site.organization("theirs").await;
        let (stranger, _) = site.person(&theirs, Role::Owner, "stranger").await;
        let (_, id) = flow(&site, &stranger, greeting("{{ secrets.key }}")).await;
        let mut body = wanted(&id);
        body["is_published"] = json!(true);
        let refused = site.post(TEMPLATES, &stranger, body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);

        let (_, id) = flow(&site, &root, greeting("{{ secrets.key }}")).await;
        let template = made(&site, TEMPLATES, &root, wanted(&id)).await;
        let slug = template["slug"].as_str().expect("a slug");
        let path = format!("{TEMPLATES}/{slug}");
        let hidden = site.get(&path, &stranger).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{}", hidden.text);
        let publish = json!({"revision": 1, "is_published": true, "is_featured": true});
        let published = send(&site, Method::PATCH, &path, &root, publish).await;
        assert_eq!(published.status, StatusCode::OK, "{}", published.text);
        let seen = site.get(&path, &stranger).await.json();
        assert_eq!(seen["origin"], "shared");
        let listed = site.get("/api/v1/templates/featured", &stranger).await;
        assert!(slugs(&listed.json()).contains(&slug), "{}", listed.text);
        for (method, rest, body) in [
            (Method::PATCH, "", json!({"revision": 2, "name": "Mine"})),
            (Method::DELETE, "", Value::Null),
            (Method::GET, "/versions", Value::Null),
        ] {
            let answer = send(&site, method, &format!("{path}{rest}"), &stranger, body).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
        }

        let project = made(&site, "/api/v1/projects", &stranger, json!({"name": "P"})).await;
        let used = json!({"project_id": project["id"]});
        made(&site, &format!("{path}/use"), &stranger, used).await;
        let rating = format!("{path}/rating");
        for stars in [2, 5] {
            let rated = send(
                &site,
                Method::PUT,
                &rating,
                &stranger,
                json!({"stars": stars}),
            )
            .await;
            assert_eq!(rated.status, StatusCode::OK, "{}", rated.text);
            assert_eq!(rated.json()["mine"], stars);
            assert_eq!(rated.json()["count"], 1);
        }
        let rated = send(&site, Method::PUT, &rating, &root, json!({"stars": 4})).await;
        assert_eq!(rated.json()["average"], 4.5, "{}", rated.text);
        let wrong = send(&site, Method::PUT, &rating, &root, json!({"stars": 6})).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.text);
        for order in ["used", "rated"] {
            let listed = site.get(&format!("{TEMPLATES}?order={order}"), &root).await;
            assert_eq!(slugs(&listed.json())[0], slug, "{order}: {}", listed.text);
        }
        let taken_back = send(&site, Method::DELETE, &rating, &root, Value::Null).await;
        assert_eq!(taken_back.json()["count"], 1, "{}", taken_back.text);
    })
    .await;
}

#[tokio::test]
async fn the_chatbot_brings_its_help_pages_and_answers_from_them_at_once() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Another"})).await;
        let resting = CancellationToken::new();
        let engine = site.app.engine.clone();
        #[expect(clippy::disallowed_methods, reason = "awaited below")]
        let runs = tokio::spawn({
            let resting = resting.clone();
            async move { engine.work(resting).await }
        });
        let project = json!({"name": "Support"});
        let project = made(&site, "/api/v1/projects", &hub.token, project).await;
        let path = "/api/v1/templates/support-chatbot";
        let template = site.get(path, &hub.token).await.json();
        assert_eq!(template["samples"][0]["collection"], "help-center");
        let model = &template["requires"]["models"][0];
        assert_eq!(model["instead"], "builtin/extract", "{template}");
        let model = model["name"].as_str().expect("a name");
        let wanted = json!({"project_id": project["id"],
            "mapping": {"models": {model: "builtin/extract"}}});
        let used = made(&site, &format!("{path}/clone"), &hub.token, wanted.clone()).await;
        let filled = json!([{"collection": "help-center", "documents": 3, "is_ready": true}]);
        assert_eq!(used["samples"], filled);
        assert_eq!(used["missing"]["collections"], json!([]));
        let id = used["workflow"]["id"].as_str().expect("an id");
        let order = json!({"draft": true, "trigger": "chat", "input": used["sample_input"]});
        let path = format!("/api/v1/workflows/{id}/execute");
        let run = tokio::time::timeout(PATIENCE, site.post(&path, &hub.token, order)).await;
        let run = run.expect("ends").json();
        assert_eq!(run["status"], "completed", "{run}");
        assert!(run["output"].to_string().contains("thirty days"), "{run}");

        // What is there already stays as it is.
        let again = "/api/v1/templates/support-chatbot/clone";
        let again = made(&site, again, &hub.token, wanted).await;
        assert_eq!(again["samples"], json!([]));
        resting.cancel();
        runs.await.expect("ends");
    })
    .await;
}
