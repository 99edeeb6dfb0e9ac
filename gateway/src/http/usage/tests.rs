//! The endpoints as clients see them.

use std::future::Future;
use std::sync::Arc;

use accounts::{Accounts, AccountsConfig, Actor, CreateKey, Organization, UpdateOrganization};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use store::testing::{TempDir, for_each_db};
use store::{Db, Micros, TestClock};
use tower::ServiceExt as _;

use super::router;
use crate::usage::UsageRecord;
use crate::usage::bodies::Capture;
use crate::usage::sql::insert_records;
use crate::usage::tests::rows::{HOUR, TODAY, row};
use crate::{Gateway, GatewayConfig, Parts};

struct World {
    gateway: Gateway,
    accounts: Accounts,
    org: Organization,
    stranger: Organization,
    app: Router,
    _dir: TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn kind(&self) -> &str {
        self.headers["content-type"].to_str().expect("text")
    }
}

impl World {
    async fn new(db: Db) -> Self {
        let dir = TempDir::new();
        let clock = Arc::new(TestClock::at(Micros(TODAY + 12 * HOUR)));
        let config = AccountsConfig {
            data_dir: dir.path().to_owned(),
            ..AccountsConfig::default()
        };
        let accounts = Accounts::open(db.clone(), clock.clone(), &config)
            .await
            .expect("opens");
        let org = accounts.create_organization("Acme", "acme").await;
        let stranger = accounts.create_organization("Other", "other").await;
        let parts = Parts {
            db,
            clock,
            accounts: accounts.clone(),
            journal_dir: dir.path().join("journal"),
            config: GatewayConfig::default(),
        };
        let gateway = Gateway::start(parts).await.expect("starts");
        Self {
            app: router(gateway.clone()).into(),
            gateway,
            accounts,
            org: org.expect("made"),
            stranger: stranger.expect("made"),
            _dir: dir,
        }
    }

    fn row(&self) -> UsageRecord {
        row(self.org.id.uuid())
    }

    async fn insert(&self, rows: &[UsageRecord]) {
        insert_records(self.gateway.db(), rows)
            .await
            .expect("stored");
    }

    async fn key(&self, org: &Organization, admin: bool) -> String {
        let wanted = CreateKey {
            name: "key".to_owned(),
            admin,
            ..CreateKey::default()
        };
        let actor = Actor::command_line(org.id);
        let made = self.accounts.create_key(&actor, wanted).await;
        made.expect("made").key.expose().to_owned()
    }

    async fn ask(&self, key: &str, path: &str, accept: &str) -> Answer {
        let request = Request::get(path)
            .header("x-api-key", key)
            .header("accept", accept)
            .body(Body::empty())
            .expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("whole");
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let key = self.key(&self.org, true).await;
        self.ask(&key, path, "*/*").await
    }
}

async fn in_each_world<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db).await).await }).await;
}

#[tokio::test]
async fn only_admin_keys_of_the_organization_see_its_usage() {
    in_each_world(|world| async move {
        let mut ours = world.row();
        ours.request_id = "req/1".to_owned();
        world.insert(&[ours]).await;
        let plain = world.key(&world.org, false).await;
        let foreign = world.key(&world.stranger, true).await;
        for path in [
            "/api/v1/usage",
            "/api/v1/usage/requests",
            "/api/v1/usage/requests/req%2F1",
        ] {
            assert_eq!(world.get(path).await.status, StatusCode::OK, "{path}");
            let nobody = world.ask("", path, "*/*").await;
            assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{path}");
            let refused = world.ask(&plain, path, "*/*").await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            assert!(refused.headers.contains_key("x-request-id"));
        }
        let usage = world.ask(&foreign, "/api/v1/usage", "*/*").await.json();
        assert_eq!(usage["total"]["requests"], 0);
        let list = world
            .ask(&foreign, "/api/v1/usage/requests", "*/*")
            .await
            .json();
        assert_eq!(list, json!({"data": [], "next_cursor": null}));
        let call = world
            .ask(&foreign, "/api/v1/usage/requests/req%2F1", "*/*")
            .await;
        assert_eq!(call.status, StatusCode::NOT_FOUND);
        assert_eq!(call.json()["error"]["code"], "not_found");
    })
    .await;
}

#[tokio::test]
async fn a_summary_is_json_csv_or_lines() {
    in_each_world(|world| async move {
        let mut odd = world.row();
        odd.model = "=cmd,\"x\"".to_owned();
        world.insert(&[world.row(), odd]).await;
        let path = "/api/v1/usage?group_by=day,model&from=2026-11-22&to=2026-11-22";
        let json = world.get(path).await.json();
        assert_eq!(json["from"], "2026-11-22T00:00:00Z");
        assert_eq!(json["to"], "2026-11-23T00:00:00Z");
        assert_eq!(json["group_by"], json!(["day", "model"]));
        assert_eq!(json["total"]["cost_usd"], "0.000002");
        assert_eq!(json["truncated"], false);
        let rows = json["data"].as_array().expect("rows");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["day"], "2026-11-22");
        assert_eq!(rows[0]["input_tokens"], 100);
        assert_eq!(rows[0]["latency_p50_ms"], 500.0);

        let pdf = world.get(&format!("{path}&format=pdf")).await;
        assert_eq!(pdf.kind(), "application/pdf");
        assert!(pdf.text.starts_with("%PDF-"), "{}", pdf.text);
        for drawn in ["2026-11-22 to 2026-11-22", "gpt-5)", "(0.000002000)"] {
            assert!(pdf.text.contains(drawn), "{drawn}: {}", pdf.text);
        }
        let listed = world.get("/api/v1/usage/requests?format=pdf").await;
        assert_eq!(
            listed.status,
            StatusCode::BAD_REQUEST,
            "rows are no document"
        );
        let csv = world.get(&format!("{path}&format=csv&limit=1")).await;
        assert_eq!(csv.kind(), "text/csv; charset=utf-8; header=present");
        assert_eq!(csv.headers["x-nab-truncated"], "true");
        let csv = world.get(&format!("{path}&format=csv")).await;
        assert_eq!(csv.headers["x-nab-truncated"], "false");
        let lines: Vec<_> = csv.text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].starts_with("day,model,requests,calls,errors,"),
            "{}",
            lines[0]
        );
        assert!(
            lines[1].starts_with("2026-11-22,\"'=cmd,\"\"x\"\"\",1,1,0,"),
            "{}",
            lines[1]
        );
        assert!(
            lines[2].starts_with("2026-11-22,gpt-5,1,1,0,"),
            "{}",
            lines[2]
        );

        let key = world.key(&world.org, true).await;
        let lines = world.ask(&key, path, "application/x-ndjson").await;
        assert_eq!(lines.kind(), "application/x-ndjson");
        let rows_again: Vec<Value> = lines
            .text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(&rows_again, rows);
    })
    .await;
}

#[tokio::test]
async fn attempts_come_in_pages_or_as_one_export() {
    in_each_world(|world| async move {
        let rows: Vec<_> = (0..1_205)
            .map(|n| UsageRecord {
                created_at: TODAY + n,
                ..world.row()
            })
            .collect();
        world.insert(&rows).await;
        let first = world.get("/api/v1/usage/requests?limit=500").await.json();
        let cursor = first["next_cursor"].as_str().expect("more");
        let path = format!("/api/v1/usage/requests?limit=500&cursor={cursor}");
        let second = world.get(&path).await.json();
        let id = |page: &Value, n: usize| page["data"][n]["id"].clone();
        assert_eq!(id(&first, 0), rows[1_204].id.to_string());
        assert_eq!(id(&second, 0), rows[704].id.to_string());

        let csv = world.get("/api/v1/usage/requests?format=csv").await;
        assert_eq!(
            csv.headers["content-disposition"],
            "attachment; filename=\"usage.csv\""
        );
        let lines: Vec<_> = csv.text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1_206);
        assert!(lines[0].starts_with("id,request_id,attempt,created_at,"));
        let first = rows[1_204].id.to_string();
        assert!(lines[1].starts_with(&first) && lines[1].contains(",openai,gpt-5,success,200,,"));

        let lines = world
            .get("/api/v1/usage/requests?format=ndjson&limit=777")
            .await;
        assert_eq!(lines.text.lines().count(), 777);
        let none = world
            .get("/api/v1/usage/requests?format=csv&model=nothing")
            .await;
        assert_eq!(none.text.matches("\r\n").count(), 1, "the header stays");
    })
    .await;
}

#[tokio::test]
async fn wrong_parameters_are_refused_by_name() {
    in_each_world(|world| async move {
        for (path, parameter, message) in [
            (
                "/api/v1/usage?group_by=modle",
                "group_by",
                "did you mean `model`?",
            ),
            ("/api/v1/usage?form=csv", "form", "did you mean `format`?"),
            (
                "/api/v1/usage/requests?status=sucess",
                "status",
                "did you mean `success`?",
            ),
            ("/api/v1/usage/requests?limit=501", "limit", "1 to 500"),
            (
                "/api/v1/usage/requests?cursor=AAAA",
                "cursor",
                "not one that this list gave out",
            ),
            (
                "/api/v1/usage?from=2026-13-01",
                "from",
                "must be a time such as",
            ),
        ] {
            let answer = world.get(path).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
            let error = &answer.json()["error"];
            assert_eq!(error["code"], "invalid_request");
            assert_eq!(error["details"]["parameter"], parameter, "{path}");
            let text = error["message"].as_str().expect("text");
            assert!(text.contains(message), "{path}: {text}");
        }
        let odd = world.get("/api/v1/usage?model=%00&end_user=%FF").await;
        assert_eq!(odd.status, StatusCode::OK, "{}", odd.text);
    })
    .await;
}

#[tokio::test]
async fn a_call_shows_its_attempts_and_its_bodies_when_they_are_logged() {
    in_each_world(|world| async move {
        let attempt = |attempt| UsageRecord {
            request_id: "req_1".to_owned(),
            attempt,
            ..world.row()
        };
        world.insert(&[attempt(2), attempt(1)]).await;
        let key = world.key(&world.org, true).await;
        let log = async |request: &[u8]| {
            let who = world.accounts.authenticate(&key).await.expect("known");
            let mut response = Capture::new();
            response.push(b"data: {}\n\n");
            response.push(b"data: [DONE]\n\n");
            world
                .gateway
                .bodies()
                .log(&who, "req_1", TODAY, request, response);
            world.gateway.flush().await;
            world.get("/api/v1/usage/requests/req_1").await.json()
        };
        let call = log(b"{\"secret\":1}").await;
        assert_eq!(call["bodies"], Value::Null, "nobody asked for it");
        assert_eq!(call["attempts"][0]["attempt"], 1);
        assert_eq!(call["attempts"][1]["attempt"], 2);
        assert_eq!(call["cost_nano_usd"], 2_000);
        assert_eq!(call["cost_usd"], "0.000002");

        let switch_on = UpdateOrganization {
            log_bodies: Some(true),
            ..UpdateOrganization::default()
        };
        let actor = Actor::command_line(world.org.id);
        world
            .accounts
            .update_organization(&actor, switch_on)
            .await
            .expect("changed");
        let call = log(b"{\"model\":\"m\"}").await;
        let wanted = json!({
            "created_at": "2026-11-22T00:00:00Z",
            "request": "{\"model\":\"m\"}",
            "response": "data: {}\n\ndata: [DONE]\n\n",
        });
        assert_eq!(call["bodies"], wanted);
    })
    .await;
}

#[test]
fn the_document_names_every_parameter_and_form() {
    let documented = |path: &str, openapi: &Value| -> Vec<String> {
        let parameters = openapi["paths"][path]["get"]["parameters"].as_array();
        let names = parameters.expect("parameters").iter();
        names
            .map(|p| p["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    let openapi = accounts::http::Routes::<super::Reports>::new()
        .routes(accounts::routes!(super::summarize_usage))
        .routes(accounts::routes!(super::list_usage_requests))
        .routes(accounts::routes!(super::get_usage_request))
        .describe(utoipa::openapi::OpenApi::default())
        .expect("a document");
    let openapi = serde_json::to_value(&openapi).expect("serializes");
    let mut summary = documented("/api/v1/usage", &openapi);
    let mut list = documented("/api/v1/usage/requests", &openapi);
    summary.sort();
    list.sort();
    let sorted = |names: &[&str]| {
        let mut names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(summary, sorted(&crate::usage::report::SUMMARY_PARAMETERS));
    assert_eq!(list, sorted(&crate::usage::report::ATTEMPT_PARAMETERS));
    let forms = &openapi["paths"]["/api/v1/usage"]["get"]["responses"]["200"]["content"];
    for form in ["application/json", "text/csv", "application/x-ndjson"] {
        assert!(forms.get(form).is_some(), "{form}");
    }
    let row = openapi["components"]["schemas"]["SummaryRow"].to_string();
    assert!(
        row.contains("GroupFields") && row.contains("Figures"),
        "{row}"
    );
}
