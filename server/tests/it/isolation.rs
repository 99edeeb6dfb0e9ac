//! Every route of the OpenAPI document × another organization's ids, and × roles.
//!
//! Generated from the document: a new route is tested as soon as it is there, and must either name its
//! permission (`x-permission`) or stand in one of the lists below.

use std::collections::BTreeMap;

use accounts::{Actor, Role};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Answer, Operation, Site, at_each_site};

/// Vendors refuse connections at once, and nothing is tried twice.
const SETTINGS: &str = "[providers.openai]\nbase_url = \"http://127.0.0.1:1/v1\"\n\
     api_key = \"sk-nobody\"\n\
     [gateway.retry]\nmax_retries = 0\n[server]\napi_requests_per_minute = 0\n";

/// For everybody, also without a key or session.
const PUBLIC: [&str; 20] = [
    "get_setup",
    "set_up",
    "register",
    "verify_email",
    "resend_verification",
    "forgot_password",
    "reset_password",
    "login",
    "refresh_session",
    "logout",
    "list_permissions",
    "preview_invitation",
    "accept_invitation",
    "verify_mfa",
    "begin_mfa_passkey",
    "begin_passkey_login",
    "login_by_passkey",
    "list_login_providers",
    "start_provider_login",
    "finish_provider_login",
];
/// For a person about that person, whatever the role.
const PERSONAL: [&str; 29] = [
    "get_me",
    "update_me",
    "get_preferences",
    "update_preferences",
    "change_password",
    "delete_account",
    "switch_organization",
    "list_sessions",
    "revoke_other_sessions",
    "revoke_session",
    "put_avatar",
    "delete_avatar",
    "get_avatar",
    "list_organizations",
    "create_organization",
    "remove_member",
    "get_mfa",
    "enrol_totp",
    "confirm_totp",
    "disable_totp",
    "renew_recovery_codes",
    "list_passkeys",
    "begin_passkey",
    "register_passkey",
    "rename_passkey",
    "delete_passkey",
    "list_identities",
    "unlink_identity",
    "link_identity",
];
/// Answered by a stream that ends with its client.
const ENDLESS: [&str; 1] = ["stream_ingestion_events"];
/// For the owner of the instance.
const ADMINISTRATION: [&str; 5] = [
    "list_all_organizations",
    "set_organization_plan",
    "show_system",
    "show_configuration",
    "list_licences",
];

/// The ids of one organization's records, by the place where they stand in a path.
struct Records {
    actor: Actor,
    ids: BTreeMap<&'static str, String>,
}

impl Records {
    /// One of each, made through the API by an owner of the organization.
    async fn make(site: &Site, actor: Actor, owner: &str, extra: &str) -> Self {
        let org = actor.org_id().to_string();
        let mut ids = BTreeMap::from([
            ("/api/v1/organizations/{id}", org.clone()),
            ("/api/v1/admin/organizations/{id}", org),
            ("{user_id}", extra.to_owned()),
            ("/api/v1/users/{id}", extra.to_owned()),
        ]);
        let budget = json!({"scope": "organization", "period": "day", "unit": "tokens", "max": 9});
        let limit =
            json!({"scope": "organization", "metric": "requests", "window": "day", "max": 9});
        for (path, body) in [
            ("keys", json!({"name": "k"})),
            ("limits", limit),
            ("budgets", budget),
            (
                "credentials",
                json!({"provider": "openai", "name": "c", "secret": "sk-1"}),
            ),
            ("teams", json!({"name": "t"})),
            (
                "models/routes",
                json!({"name": "alias", "definition": {"targets": ["builtin/echo"]}}),
            ),
            ("projects", json!({"name": "p"})),
            (
                "invitations",
                json!({"email": "new@example.org", "role": "viewer"}),
            ),
        ] {
            let path = format!("/api/v1/{path}");
            let made = site.post(&path, owner, body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.text);
            let id = made.json()["id"].as_str().expect("an id").to_owned();
            let place: &'static str = Box::leak(format!("{path}/{{id}}").into_boxed_str());
            ids.insert(place, id);
        }
        let wanted = json!({"name": "Handbook"});
        let made = site.post("/api/v1/collections", owner, wanted).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let collection = made.json()["id"].as_str().expect("an id").to_owned();
        let wanted = json!({"name": "Leave.md", "text": "Thirty days."});
        let path = format!("/api/v1/collections/{collection}/documents/text");
        let made = site.post(&path, owner, wanted).await;
        assert_eq!(made.status, StatusCode::ACCEPTED, "{}", made.text);
        for (place, pointer) in [("{document_id}", "/document/id"), ("{job_id}", "/job/id")] {
            let made = made.json();
            let id = made.pointer(pointer).and_then(Value::as_str);
            ids.insert(place, id.expect("an id").to_owned());
        }
        for (what, place, wanted) in [
            (
                "cases",
                "{case_id}",
                json!({"question": "q", "expected": [{"document": ids["{document_id}"]}]}),
            ),
            ("runs", "{run_id}", json!({"name": "r"})),
        ] {
            let path = format!("/api/v1/collections/{collection}/evaluation/{what}");
            let made = site.post(&path, owner, wanted).await;
            assert!(made.status.is_success(), "{}", made.text);
            let id = made.json()["id"].as_str().expect("an id").to_owned();
            ids.insert(place, id);
        }
        let bucket = json!({"name": "s", "location":
            {"type": "s3", "bucket": "handbook", "endpoint": "http://127.0.0.1:1"}});
        let path = format!("/api/v1/collections/{collection}/sources");
        let made = site.post(&path, owner, bucket).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        ids.insert("{source_id}", id);
        ids.insert("/api/v1/collections/{id}", collection);
        let flow = json!({"project_id": ids["/api/v1/projects/{id}"], "name": "f",
            "graph": {"nodes": [{"id": "start", "type": "input.manual"}]}});
        let made = site.post("/api/v1/workflows", owner, flow).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let id = made.json()["id"].clone();
        let id = id.as_str().expect("an id").to_owned();
        let run = json!({"draft": true, "mode": "async"});
        let path = format!("/api/v1/workflows/{id}/execute");
        let run = site.post(&path, owner, run).await;
        assert_eq!(run.status, StatusCode::ACCEPTED, "{}", run.text);
        let run = run.json()["id"].as_str().expect("an id").to_owned();
        let delivery = deliver(site, owner, &ids["/api/v1/projects/{id}"]).await;
        ids.insert("{delivery_id}", delivery);
        let template = json!({"workflow_id": id, "name": "t", "summary": "s", "category": "data"});
        let made = site.post("/api/v1/templates", owner, template).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let template = made.json()["slug"].as_str().expect("a slug").to_owned();
        ids.insert("/api/v1/templates/{id}", template);
        ids.insert("/api/v1/workflows/{id}", id);
        ids.insert("/api/v1/executions/{id}", run);
        let team = ids["/api/v1/teams/{id}"].clone();
        let path = format!("/api/v1/teams/{team}/members/{extra}");
        let added = site.send(&Method::PUT, &path, Some(owner), &[], None).await;
        assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.text);
        let url = json!({"url": "https://hooks.example.org/x"});
        let put = site
            .send(
                &Method::PUT,
                "/api/v1/webhook",
                Some(owner),
                &[],
                Some(&url),
            )
            .await;
        assert_eq!(put.status, StatusCode::OK, "{}", put.text);
        Self { actor, ids }
    }

    /// The path with this organization's ids; `None` when it names none of an organization.
    fn fill(&self, operation: &Operation) -> Option<String> {
        let mut path = operation.path.clone();
        let mut filled = false;
        for (place, id) in &self.ids {
            let name = &place[place.rfind('{').expect("a parameter")..];
            if *place == name || path.starts_with(place) {
                filled |= path.contains(name);
                path = path.replacen(name, id, 1);
            }
        }
        filled.then_some(path)
    }
}

/// A delivery to the webhook of a flow of the project; its id.
async fn deliver(site: &Site, owner: &str, project: &str) -> String {
    let flow = json!({"project_id": project, "name": "hook",
        "graph": {"nodes": [{"id": "start", "type": "input.webhook", "settings": {"respond": "at_once"}}]}});
    let made = site.post("/api/v1/workflows", owner, flow).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id = made.json()["id"].clone();
    let path = format!("/api/v1/workflows/{}", id.as_str().expect("an id"));
    let published = site
        .post(&format!("{path}/publish"), owner, json!({}))
        .await;
    assert_eq!(published.status, StatusCode::CREATED, "{}", published.text);
    let deployment = format!("{path}/deployment");
    let place = site
        .send(&Method::GET, &deployment, Some(owner), &[], None)
        .await;
    let place = place.json()["webhook"]["path"].clone();
    let address = place.as_str().expect("an address");
    let sent = site
        .send(&Method::POST, address, None, &[], Some(&json!({"n": 1})))
        .await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.text);
    let delivery = sent.json()["delivery_id"].clone();
    delivery.as_str().expect("an id").to_owned()
}

/// The path with values for what belongs to no organization.
fn with_others(path: &str) -> String {
    path.replace("{month}", "2026-01")
        .replace("{request_id}", "req_none")
        .replace("/providers/{id}", "/providers/openai")
        .replace("{type}", "logic.if")
        .replace("{name}", "shop")
        .replace("{number}", "1")
        .replace("{kind}", "chat")
        .replace("{node}", "start")
        .replace("{file}", "none")
        .replace("{save_point_id}", "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11")
        .replace("{id}", "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11")
        .replace("{document_id}", "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b12")
        .replace("{chunk_id}", "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b13")
        .replace("{source_id}", "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b15")
        .replace("{job_id}", "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b14")
}

fn query(operation: &Operation) -> &'static str {
    match operation.id() {
        "delete_organization" => "?confirm_name=ours",
        _ => "",
    }
}

async fn call(site: &Site, operation: &Operation, path: &str, token: Option<&str>) -> Answer {
    let body = site.example(operation);
    let path = format!("{path}{}", query(operation));
    site.send(&operation.method, &path, token, &[], body.as_ref())
        .await
}

/// Reading before writing before deleting, the organization itself at the very end.
fn in_order(site: &Site) -> Vec<Operation> {
    let mut all = site.operations();
    let rank = |o: &Operation| match (o.method.as_str(), o.id()) {
        (_, "delete_organization") => 9,
        ("GET", _) => 0,
        ("DELETE", _) => 3,
        ("POST", _) => 1,
        _ => 2,
    };
    all.sort_by_key(rank);
    all
}

#[tokio::test]
async fn every_operation_is_behind_a_permission_or_known_to_need_none() {
    at_each_site(SETTINGS, async |site| {
        let mut unknown = Vec::new();
        for operation in site.operations() {
            let id = operation.id();
            let listed = PUBLIC.contains(&id) || ADMINISTRATION.contains(&id);
            let free = listed || PERSONAL.contains(&id);
            if operation.permission().is_none() && !free {
                unknown.push(format!("{} {} ({id})", operation.method, operation.path));
            }
            let answer = call(&site, &operation, &with_others(&operation.path), None).await;
            if !PUBLIC.contains(&id) {
                assert_eq!(
                    answer.status,
                    StatusCode::UNAUTHORIZED,
                    "{id}: {}",
                    answer.text
                );
            }
        }
        assert!(
            unknown.is_empty(),
            "name their `x-permission`:\n  {}",
            unknown.join("\n  ")
        );
    })
    .await;
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    at_each_site(SETTINGS, async |site| {
        site.set_up().await;
        let ours = site.organization("ours").await;
        let mut people = Vec::new();
        for role in Role::ALL {
            let person = site.person(&ours, *role, &format!("our-{role}")).await;
            people.push((*role, person.0));
        }
        let (_, extra) = site.person(&ours, Role::Viewer, "extra").await;
        let records = Records::make(&site, ours, &people[0].1, &extra).await;
        let operations = in_order(&site);
        let mut allowed = Vec::new();
        // First all that is refused, while everything is still there.
        for operation in &operations {
            let id = operation.id();
            let path = records.fill(operation);
            let path = with_others(path.as_deref().unwrap_or(&operation.path));
            for (role, token) in &people {
                let may = match operation.permission() {
                    Some(permission) => role.allows(permission),
                    None if ADMINISTRATION.contains(&id) => false,
                    None => continue,
                };
                if may {
                    allowed.push((operation, path.clone(), *role, token));
                    continue;
                }
                let answer = call(&site, operation, &path, Some(token)).await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{role} {id}: {}",
                    answer.text
                );
                assert_eq!(answer.code(), "forbidden", "{role} {id}");
            }
        }
        assert!(allowed.len() > 100, "{} allowed calls", allowed.len());
        for (operation, path, role, token) in allowed {
            if ENDLESS.contains(&operation.id()) {
                continue;
            }
            let answer = call(&site, operation, &path, Some(token)).await;
            let (id, status) = (operation.id(), answer.status);
            // Gone or taken after the role before, or for WebSockets; never refused for who it is.
            let fine = status.is_success()
                || matches!(status.as_u16(), 400 | 404 | 409 | 422 | 426)
                || answer.code() == "role_too_low";
            assert!(fine, "{role} {id}: {status} {}", answer.text);
        }
    })
    .await;
}

#[tokio::test]
async fn another_organizations_ids_are_not_found_and_its_records_are_in_no_list() {
    at_each_site(SETTINGS, async |site| {
        site.set_up().await;
        let (ours, theirs) = (
            site.organization("ours").await,
            site.organization("theirs").await,
        );
        let (owner, _) = site.person(&ours, Role::Owner, "our-owner").await;
        let (_, extra) = site.person(&ours, Role::Viewer, "extra").await;
        let records = Records::make(&site, ours, &owner, &extra).await;
        // Everything allowed there, nothing here: as a person, and with a key.
        let (stranger, _) = site.person(&theirs, Role::Owner, "stranger").await;
        let key = accounts::CreateKey {
            name: "theirs".to_owned(),
            admin: true,
            ..accounts::CreateKey::default()
        };
        let key = site
            .app
            .accounts
            .create_key(&theirs, key)
            .await
            .expect("made");
        let before = snapshot(&site, &records, &owner).await;
        let mut tried = 0;
        for operation in in_order(&site) {
            let id = operation.id();
            if operation.permission().is_none() && id != "remove_member" {
                continue;
            }
            for token in [stranger.as_str(), key.key.expose()] {
                let permission = operation.permission();
                if token != stranger && permission.is_some_and(|p| !Role::Admin.allows(p)) {
                    continue;
                }
                let filled = records.fill(&operation);
                let Some(path) = filled.map(|path| with_others(&path)) else {
                    if operation.method == Method::GET {
                        let path = with_others(&operation.path);
                        let answer = call(&site, &operation, &path, Some(token)).await;
                        for ours in records.ids.values() {
                            assert!(!answer.text.contains(ours), "{id} shows {ours}");
                        }
                    }
                    continue;
                };
                let answer = call(&site, &operation, &with_others(&path), Some(token)).await;
                assert_eq!(
                    answer.status,
                    StatusCode::NOT_FOUND,
                    "{id}: {}",
                    answer.text
                );
                tried += 1;
            }
        }
        assert!(tried > 40, "{tried} foreign calls");
        assert_eq!(snapshot(&site, &records, &owner).await, before, "untouched");
        // Ids inside of bodies are no way in either.
        let team = &records.ids["/api/v1/teams/{id}"];
        for (path, body) in [
            ("keys", json!({"name": "x", "team_id": team})),
            ("keys", json!({"name": "x", "user_id": extra})),
            (
                "limits",
                json!({"scope": "team", "scope_id": team, "metric": "concurrency", "max": 1}),
            ),
            (
                "invitations",
                json!({"email": "x@x.org", "role": "viewer", "team_id": team}),
            ),
            (
                "templates",
                json!({"workflow_id": records.ids["/api/v1/workflows/{id}"], "name": "x",
                    "summary": "x", "category": "data"}),
            ),
        ] {
            let answer = site.post(&format!("/api/v1/{path}"), &stranger, body).await;
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "{path}: {}",
                answer.text
            );
        }
    })
    .await;
}

/// What the records are now.
async fn snapshot(site: &Site, records: &Records, owner: &str) -> Vec<Value> {
    let org = records.actor.org_id();
    let mut seen = vec![
        site.get(&format!("/api/v1/organizations/{org}"), owner)
            .await
            .json(),
    ];
    for (place, id) in records
        .ids
        .iter()
        .filter(|(place, _)| place.ends_with("s/{id}"))
    {
        if place.contains("users") || place.contains("admin") {
            continue;
        }
        let read = site.get(&place.replace("{id}", id), owner).await;
        assert_eq!(read.status, StatusCode::OK, "{place}: {}", read.text);
        seen.push(read.json());
    }
    seen
}
