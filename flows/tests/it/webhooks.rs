use accounts::http::PeerAddress;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flows::graph::Graph;
use flows::{PutSecret, UpdateWorkflow, Workflow};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use store::testing::for_each_db;
use tower::ServiceExt as _;

use crate::deploy::Site;
use crate::standin::{Standin, world_with};
use crate::support::{edge, node};

/// A flow that gives back what came, and its address.
struct Hook {
    site: Site,
    flow: Workflow,
    path: String,
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
}

fn echo(settings: Value) -> Graph {
    Graph {
        nodes: vec![
            node("hook", "input.webhook", settings),
            node("end", "output.return", json!({"value": "{{ input }}"})),
        ],
        edges: vec![edge("hook.out", "end.in")],
        ..Graph::default()
    }
}

impl Hook {
    async fn new(db: store::Db, graph: Graph) -> Self {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let flow = site.publish("Hook", graph).await;
        let path = format!("/api/v1/workflows/{}/deployment", flow.id);
        let (_, place) = site.json("GET", &path, &Value::Null).await;
        let path = place["webhook"]["path"]
            .as_str()
            .expect("an address")
            .to_owned();
        assert!(path.len() > "/hooks/".len() + 24, "{path}");
        let (_, again) = site
            .json(
                "GET",
                &format!("/api/v1/workflows/{}/deployment", flow.id),
                &Value::Null,
            )
            .await;
        assert_eq!(again["webhook"]["path"], path.as_str(), "it stays");
        Self { site, flow, path }
    }

    async fn secret(&self, value: &str) {
        let (flows, actor) = (&self.site.world.flows, &self.site.world.actor);
        let wanted: PutSecret = serde_json::from_value(json!({"value": value})).expect("a secret");
        let put = flows
            .put_secret(actor, self.flow.project_id, "shop", wanted)
            .await;
        put.expect("kept");
    }

    async fn send(&self, method: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_to(&self.path, method, headers, body).await
    }

    async fn send_to(
        &self,
        path: &str,
        method: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).expect("valid");
        let peer = PeerAddress("192.0.2.7".parse().expect("an address"));
        request.extensions_mut().insert(peer);
        let response = self
            .site
            .app
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("whole");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status,
            headers,
            text,
        }
    }

    async fn post(&self, body: &Value) -> Answer {
        let kind = [("content-type", "application/json")];
        self.send("POST", &kind, &body.to_string()).await
    }

    async fn ledger(&self) -> Vec<Value> {
        let path = format!("/api/v1/workflows/{}/deliveries", self.flow.id);
        let (status, page) = self.site.json("GET", &path, &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["data"].as_array().expect("a list").clone()
    }

    async fn runs(&self) -> usize {
        let path = format!("/api/v1/workflows/{}/executions", self.flow.id);
        let (_, page) = self.site.json("GET", &path, &Value::Null).await;
        page["data"].as_array().expect("a list").len()
    }
}

fn mac(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn token(secret: &str, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(mac(secret, &signed));
    format!("Bearer {signed}.{signature}")
}

#[tokio::test]
async fn a_request_becomes_the_runs_input_and_is_answered_with_what_it_returns() {
    for_each_db(|db| async {
        let hook = Hook::new(db, echo(json!({"methods": ["POST", "GET"]}))).await;
        let path = format!("{}?a=1&b=2&b=3", hook.path);
        let headers = [
            ("content-type", "application/json"),
            ("cookie", "session=1"),
            ("authorization", "Bearer secret"),
            ("x-shop", "tea"),
        ];
        let answer = hook
            .send_to(&path, "POST", &headers, r#"{"order": 17}"#)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let input = answer.json();
        assert_eq!(input["body"], json!({"order": 17}));
        assert_eq!(input["query"], json!({"a": "1", "b": ["2", "3"]}));
        assert_eq!(input["headers"]["x-shop"], "tea");
        assert!(input["headers"].get("cookie").is_none(), "{input}");
        assert!(input["headers"].get("authorization").is_none(), "{input}");
        assert_eq!(input["method"], "POST");

        let form = [("content-type", "application/x-www-form-urlencoded")];
        let input = hook.send("POST", &form, "name=Ada+L&x=%26").await.json();
        assert_eq!(input["body"], json!({"name": "Ada L", "x": "&"}));
        let input = hook
            .send("POST", &[("content-type", "text/plain")], "hi")
            .await
            .json();
        assert_eq!(input["body"], "hi");
        let input = hook
            .send("POST", &[("content-type", "image/png")], "PNG")
            .await
            .json();
        assert_eq!(input["files"][0]["media_type"], "image/png", "{input}");
        let form = [("content-type", "multipart/form-data; boundary=X")];
        let body = "--X\r\nContent-Disposition: form-data; name=\"who\"\r\n\r\nAda\r\n--X\r\n\
                    Content-Disposition: form-data; name=\"doc\"; filename=\"a.txt\"\r\n\
                    Content-Type: text/plain\r\n\r\ntea\r\n--X--\r\n";
        let input = hook.send("POST", &form, body).await.json();
        assert_eq!(input["body"]["who"], "Ada", "{input}");
        assert_eq!(input["files"][0]["name"], "a.txt", "{input}");
        let input = hook.send("GET", &[], "").await.json();
        assert_eq!(
            (&input["method"], &input["body"]),
            (&json!("GET"), &Value::Null)
        );

        let kind = [("content-type", "application/json")];
        let broken = hook.send("POST", &kind, "{").await;
        assert_eq!(broken.status, StatusCode::BAD_REQUEST, "{}", broken.text);
        let ledger = hook.ledger().await;
        assert_eq!(ledger[0]["status"], "failed", "{}", ledger[0]);
        assert_eq!(ledger[1]["status"], "done", "{}", ledger[1]);
        assert_eq!(ledger[1]["response_status"], 200);
        assert_eq!(ledger.len(), 7);
        let policy = answer.headers["content-security-policy"]
            .to_str()
            .expect("text");
        assert!(policy.starts_with("sandbox"), "{policy}");
    })
    .await;
}

#[tokio::test]
async fn each_kind_of_caller_is_let_in_by_its_secret_and_by_nothing_else() {
    for_each_db(|db| async {
        let now = flows::testing::BEGIN.0 / 1_000_000;
        let hs = json!({"alg": "HS256", "typ": "JWT"});
        let claims = json!({"aud": ["shop"], "exp": now + 100});
        let good = token("s3cret", &hs, &claims);
        let late = token("s3cret", &hs, &json!({"aud": "shop", "exp": now - 100}));
        let other = token("s3cret", &hs, &json!({"aud": "bank"}));
        let none = token("s3cret", &json!({"alg": "none"}), &claims);
        let forged = token("guess", &hs, &claims);
        let hex: String = mac("s3cret", "{}")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let prefixed = format!("sha256={hex}");
        let wrong = hex.replace(['0', '1'], "2");
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let (login, bad_login) = (basic("ada:s3cret"), basic("ada:other"));
        let cases = [
            (
                json!({"kind": "basic", "user": "ada", "password": "shop"}),
                "authorization",
                vec![login.as_str()],
                vec![bad_login.as_str(), "Basic ?", ""],
            ),
            (
                json!({"kind": "header", "name": "X-Token", "secret": "shop"}),
                "x-token",
                vec!["s3cret"],
                vec!["s3cre", "s3cret2", ""],
            ),
            (
                json!({"kind": "jwt", "secret": "shop", "audience": "shop"}),
                "authorization",
                vec![good.as_str()],
                vec![late.as_str(), &other, &none, &forged, "Bearer x.y", ""],
            ),
            (
                json!({"kind": "hmac", "header": "x-signature", "secret": "shop"}),
                "x-signature",
                vec![hex.as_str(), &prefixed],
                vec![wrong.as_str(), "zz", ""],
            ),
        ];
        let hook = Hook::new(db, echo(json!({}))).await;
        hook.secret("s3cret").await;
        let mut seen = hook.flow.revision;
        for (auth, header, right, refused) in cases {
            seen = hook.republish(echo(json!({"auth": auth})), seen).await;
            let kind = ("content-type", "application/json");
            for value in right {
                let answer = hook.send("POST", &[kind, (header, value)], "{}").await;
                assert_eq!(answer.status, StatusCode::OK, "{auth}: {}", answer.text);
                let kept = &answer.json()["headers"];
                assert!(!kept.to_string().contains("s3cret"), "{kept}");
            }
            for value in refused {
                let answer = hook.send("POST", &[kind, (header, value)], "{}").await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{auth} {value}");
                assert!(answer.headers.contains_key("x-nab-delivery-id"));
            }
            let last = &hook.ledger().await[0];
            assert_eq!(
                (&last["status"], &last["response_status"]),
                (&json!("refused"), &json!(401))
            );
            assert!(last["error"].is_string(), "{last}");
        }
    })
    .await;
}

impl Hook {
    /// Publishes another graph; the new revision.
    async fn republish(&self, graph: Graph, seen: i64) -> i64 {
        let (flows, actor) = (&self.site.world.flows, &self.site.world.actor);
        let update = UpdateWorkflow {
            revision: Some(seen),
            graph: Some(graph),
            ..UpdateWorkflow::default()
        };
        let saved = flows.update_workflow(actor, self.flow.id, update).await;
        let saved = saved.expect("saved");
        assert!(saved.report.is_valid, "{:?}", saved.report);
        let wanted = flows::PublishWorkflow {
            accept_permissions: true,
            ..flows::PublishWorkflow::default()
        };
        let published = flows.publish_workflow(actor, self.flow.id, wanted).await;
        published.expect("published");
        let flow = flows.get_workflow(actor.org_id(), self.flow.id).await;
        flow.expect("there").revision
    }
}

#[tokio::test]
async fn what_the_trigger_does_not_take_is_refused() {
    for_each_db(|db| async {
        let settings = json!({"max_kilobytes": 1, "allowed_origins": ["https://shop.example.org"],
            "allowed_addresses": ["192.0.2.0/24"]});
        let hook = Hook::new(db, echo(settings)).await;
        let wrong = hook.send("PUT", &[], "").await;
        assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(wrong.headers["allow"], "POST");
        let most = hook.send("POST", &[], &"x".repeat(1024)).await;
        assert_eq!(most.status, StatusCode::OK, "{}", most.text);
        let large = hook.send("POST", &[], &"x".repeat(1025)).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        let said = hook
            .send("POST", &[("content-length", "9999999")], "x")
            .await;
        assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
        let none = hook.send_to("/hooks/none", "POST", &[], "").await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);

        let page = ("origin", "https://shop.example.org");
        let asked = ("access-control-request-method", "POST");
        let preflight = hook.send("OPTIONS", &[page, asked], "").await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT);
        assert_eq!(preflight.headers["access-control-allow-origin"], page.1);
        assert_eq!(preflight.headers["access-control-allow-methods"], "POST");
        let called = hook.send("POST", &[page], "x").await;
        assert_eq!(
            (
                called.status,
                &called.headers["access-control-allow-origin"]
            ),
            (
                StatusCode::OK,
                &preflight.headers["access-control-allow-origin"]
            )
        );
        let stranger = ("origin", "https://evil.example.org");
        for (method, headers) in [("OPTIONS", vec![stranger, asked]), ("POST", vec![stranger])] {
            let refused = hook.send(method, &headers, "").await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method}");
            assert!(!refused.headers.contains_key("access-control-allow-origin"));
        }

        let elsewhere = json!({"allowed_addresses": ["198.51.100.0/24"]});
        let seen = hook.republish(echo(elsewhere), hook.flow.revision).await;
        let refused = hook.send("POST", &[], "").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        assert_eq!(hook.ledger().await[0]["client_address"], "192.0.2.7");

        let (flows, actor) = (&hook.site.world.flows, &hook.site.world.actor);
        let off = UpdateWorkflow {
            revision: Some(seen),
            is_active: Some(false),
            ..UpdateWorkflow::default()
        };
        flows
            .update_workflow(actor, hook.flow.id, off)
            .await
            .expect("saved");
        assert_eq!(hook.post(&json!({})).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_comes_many_times_at_once_runs_once() {
    for_each_db(|db| async {
        let settings = json!({"respond": "at_once", "dedupe_header": "X-Delivery"});
        let hook = Hook::new(db, echo(settings)).await;
        let headers = [("x-delivery", "d1")];
        let calls = (0..8).map(|_| hook.send("POST", &headers, "{}"));
        let answers = futures_util::future::join_all(calls).await;
        let first: Vec<_> = answers
            .iter()
            .filter(|a| a.status == StatusCode::ACCEPTED)
            .collect();
        assert_eq!(first.len(), 1);
        let run = &first[0].json()["run_id"];
        for answer in answers.iter().filter(|a| a.status != StatusCode::ACCEPTED) {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            let told = answer.json();
            assert_eq!((&told["duplicate"], &told["run_id"]), (&json!(true), run));
        }
        let other = hook.send("POST", &[("x-delivery", "d2")], "{}").await;
        assert_eq!(other.status, StatusCode::ACCEPTED);
        let unnamed = hook.send("POST", &[], "{}").await;
        assert_eq!(unnamed.status, StatusCode::ACCEPTED);
        assert_eq!(hook.runs().await, 3);
        let ledger = hook.ledger().await;
        assert_eq!(
            ledger
                .iter()
                .filter(|one| one["status"] == "duplicate")
                .count(),
            7
        );
    })
    .await;
}

#[tokio::test]
async fn the_caller_is_answered_as_the_trigger_says() {
    for_each_db(|db| async {
        let hook = Hook::new(db, echo(json!({"respond": "at_once"}))).await;
        let at_once = hook.post(&json!({"a": 1})).await;
        assert_eq!(at_once.status, StatusCode::ACCEPTED);
        assert_eq!(
            at_once.json()["delivery_id"],
            at_once.headers["x-nab-delivery-id"].to_str().expect("text")
        );
        assert!(at_once.json()["run_id"].is_string());

        let mut by_node = echo(json!({"respond": "by_node"}));
        by_node.nodes.push(node(
            "say",
            "output.respond",
            json!({"status": 201, "body": {"ok": true},
            "headers": {"Location": "/tickets/7", "Set-Cookie": "a=1"}}),
        ));
        by_node.nodes.push(node(
            "wait",
            "logic.delay",
            json!({"amount": 1, "unit": "hours"}),
        ));
        by_node.edges = vec![
            edge("hook.out", "say.in"),
            edge("say.out", "wait.in"),
            edge("wait.out", "end.in"),
        ];
        let seen = hook.republish(by_node, hook.flow.revision).await;
        let said = hook.post(&json!({})).await;
        assert_eq!(said.status, StatusCode::CREATED, "{}", said.text);
        assert_eq!(
            (said.json(), &said.headers["location"]),
            (json!({"ok": true}), &"/tickets/7".parse().expect("a value"))
        );
        assert!(
            !said.headers.contains_key("set-cookie"),
            "the origin is shared"
        );

        let seen = hook
            .republish(echo(json!({"respond": "by_node"})), seen)
            .await;
        let silent = hook.post(&json!({"b": 2})).await;
        assert_eq!(
            (silent.status, &silent.json()["body"]),
            (StatusCode::OK, &json!({"b": 2}))
        );

        let seen = hook
            .republish(echo(json!({"respond": "stream"})), seen)
            .await;
        let streamed = hook.post(&json!({"c": 3})).await;
        assert_eq!(streamed.headers["content-type"], "text/event-stream");
        assert!(
            streamed.text.contains("event: done") && streamed.text.contains(r#""c":3"#),
            "{}",
            streamed.text
        );
        assert!(
            !streamed.text.contains("execution:progress"),
            "steps are not for the caller"
        );

        let mut failing = echo(json!({}));
        failing.nodes[1] = node(
            "end",
            "output.return",
            json!({"value": "{{ input.body.a / 0 }}"}),
        );
        hook.republish(failing, seen).await;
        let failed = hook.post(&json!({"a": 1})).await;
        assert_eq!(
            failed.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{}",
            failed.text
        );
        assert_eq!(failed.json()["error"]["code"], "flow_failed");
        assert_eq!(hook.ledger().await[0]["status"], "failed");
    })
    .await;
}

#[tokio::test]
async fn a_stored_delivery_runs_again_and_one_that_was_cut_off_runs_once() {
    for_each_db(|db| async {
        let hook = Hook::new(
            db,
            echo(json!({"dedupe_header": "x-d", "methods": ["POST", "PUT"]})),
        )
        .await;
        let sent = hook
            .send(
                "POST",
                &[("x-d", "1"), ("content-type", "application/json")],
                r#"{"n": 5}"#,
            )
            .await;
        assert_eq!(sent.status, StatusCode::OK);
        let id = sent.headers["x-nab-delivery-id"]
            .to_str()
            .expect("text")
            .to_owned();
        let path = format!("/api/v1/workflows/{}/deliveries/{id}/replay", hook.flow.id);
        let (status, replayed) = hook.site.json("POST", &path, &Value::Null).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{replayed}");
        let run = replayed["run_id"].as_str().expect("an id");
        let (_, run) = hook
            .site
            .json("GET", &format!("/api/v1/executions/{run}"), &Value::Null)
            .await;
        assert_eq!(
            (&run["input"]["body"], &run["trigger"]),
            (&json!({"n": 5}), &json!("webhook")),
            "{run}"
        );
        assert_eq!(hook.ledger().await[0]["replay_of"], id.as_str());
        let refused = hook.send("DELETE", &[], "").await;
        let id = refused.headers["x-nab-delivery-id"].to_str().expect("text");
        let path = format!("/api/v1/workflows/{}/deliveries/{id}/replay", hook.flow.id);
        let (status, _) = hook.site.json("POST", &path, &Value::Null).await;
        assert_eq!(status, StatusCode::CONFLICT);

        // As a kill leaves it: written down, the run not begun.
        let before = hook.runs().await;
        let db = hook.site.world.flows.db();
        let kill = "UPDATE workflow_deliveries SET status = 'received', due_at = received_at,
            run_id = replay_of WHERE replay_of IS NOT NULL";
        store::on_writer!(db, execute => sqlx::query(kill)).expect("written");
        let deployments = &hook.site.deployments;
        assert_eq!(deployments.take_up_deliveries().await.expect("taken"), 1);
        assert_eq!(deployments.take_up_deliveries().await.expect("looked"), 0);
        assert_eq!(hook.runs().await, before + 1);
        // Killed between the run's beginning and its note.
        let kill = "UPDATE workflow_deliveries SET status = 'received', due_at = received_at
            WHERE replay_of IS NOT NULL";
        store::on_writer!(db, execute => sqlx::query(kill)).expect("written");
        assert_eq!(deployments.take_up_deliveries().await.expect("taken"), 1);
        assert_eq!(hook.runs().await, before + 1, "it has begun");

        assert_eq!(deployments.forget_deliveries().await.expect("cleaned"), 0);
        hook.site
            .world
            .clock
            .advance(std::time::Duration::from_secs(8 * 86_400));
        assert_eq!(deployments.forget_deliveries().await.expect("cleaned"), 3);
        assert!(hook.ledger().await.is_empty());
    })
    .await;
}
