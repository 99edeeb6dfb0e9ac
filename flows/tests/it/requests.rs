use flows::node::{NodeErrorKind, Outcome, Output};
use flows::testing::World;
use serde_json::{Map, Value, json};
use store::testing::for_each_db;

use crate::standin::{Standin, world_with};
use crate::support::in_each_world;

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

async fn run(
    world: &World,
    kind: &str,
    settings: Value,
    input: Value,
) -> Result<Output, flows::node::NodeError> {
    let node = world.flows.registry().get(kind).expect("the type is there");
    let outcome = world.run(node, &object(settings), object(input)).await?;
    match outcome {
        Outcome::Done(output) => Ok(output),
        other => panic!("not done: {other:?}"),
    }
}

async fn in_world(test: impl AsyncFn(World, Standin)) {
    for_each_db(async |db| {
        let server = Standin::start().await;
        test(world_with(db, &server).await, server).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_sends_what_it_is_told_and_reads_what_comes() {
    in_world(async |world, server| {
        let settings = json!({
            "method": "POST", "url": server.url("/orders?x=1"),
            "query": [{"name": "q", "value": "a b"}, {"name": "none", "value": null}],
            "headers": [{"name": "X-Shop", "value": "tea"}],
            "body_kind": "json", "body": {"n": 1},
        });
        server.give(
            201,
            &[("content-type", "application/json"), ("x-id", "7")],
            "{\"ok\":true}",
        );
        let output = run(&world, "data.http_request", settings, json!({}))
            .await
            .expect("answered");
        assert_eq!(output.values["body"], json!({"ok": true}));
        assert_eq!(output.values["status"], 201);
        assert_eq!(output.values["headers"]["x-id"], "7");
        let asked = server.asked();
        assert_eq!(
            (asked[0].method.as_str(), asked[0].path.as_str()),
            ("POST", "/orders?x=1&q=a%20b")
        );
        assert_eq!(asked[0].headers["x-shop"], "tea");
        assert!(asked[0].headers.contains_key("idempotency-key"));
        assert_eq!(asked[0].json(), json!({"n": 1}));

        server.give(200, &[("content-type", "image/png")], "not really");
        let settings = json!({"url": server.url("/pictures/tea.png")});
        let output = run(&world, "data.http_request", settings, json!({}))
            .await
            .expect("answered");
        assert_eq!(output.values["file"]["name"], "tea.png");
        assert_eq!(output.values["file"]["media_type"], "image/png");
        let form = json!({"method": "POST", "url": server.url("/form"), "body_kind": "multipart"});
        server.give(200, &[], "");
        let body = json!({"body": {"note": "hi", "picture": output.values["file"]}});
        run(&world, "data.http_request", form, body)
            .await
            .expect("answered");
        let sent = String::from_utf8(server.asked()[2].body.clone()).expect("text");
        assert!(
            sent.contains("name=\"picture\"; filename=\"tea.png\"\r\ncontent-type: image/png"),
            "{sent}"
        );
        assert!(sent.contains("name=\"note\"\r\n\r\nhi\r\n"), "{sent}");
    })
    .await;
}

#[tokio::test]
async fn only_what_may_be_repeated_is_retried() {
    in_world(async |world, server| {
        for (method, any, retryable) in [
            ("GET", false, true),
            ("POST", false, false),
            ("POST", true, true),
        ] {
            server.give(503, &[("retry-after", "2")], "busy");
            let settings =
                json!({"method": method, "url": server.url("/"), "retry_any_method": any});
            let error = run(&world, "data.http_request", settings, json!({}))
                .await
                .expect_err("busy");
            assert_eq!(error.retryable, retryable, "{method} {any}");
            assert_eq!(
                error.retry_after_ms,
                retryable.then_some(2_000),
                "{method} {any}"
            );
            assert_eq!(error.details.expect("details")["body"], "busy");
        }
        server.give(404, &[], "gone");
        let settings = json!({"url": server.url("/"), "fail_on_status": false});
        let output = run(&world, "data.http_request", settings, json!({}))
            .await
            .expect("an answer");
        assert_eq!(
            (&output.values["status"], &output.values["body"]),
            (&json!(404), &json!("gone"))
        );
        server.give(200, &[], "a text that is too long");
        let settings = json!({"url": server.url("/"), "max_bytes": 5});
        let error = run(&world, "data.http_request", settings, json!({}))
            .await
            .expect_err("too long");
        assert_eq!(error.kind, NodeErrorKind::Limit);
    })
    .await;
}

#[tokio::test]
async fn redirects_are_followed_and_other_hosts_get_no_secrets() {
    in_world(async |world, server| {
        let other = Standin::start().await;
        server.give(302, &[("location", "/there")], "");
        server.give(307, &[("location", &other.url("/elsewhere"))], "");
        other.give(200, &[("content-type", "text/plain")], "found");
        let settings =
            json!({"url": server.url("/here"), "headers": [{"name": "X-Key", "value": "secret"}]});
        let output = run(&world, "data.http_request", settings, json!({}))
            .await
            .expect("answered");
        assert_eq!(output.values["body"], "found");
        assert_eq!(server.asked()[1].headers["x-key"], "secret");
        assert!(!other.asked()[0].headers.contains_key("x-key"));
    })
    .await;
}

#[tokio::test]
async fn pages_are_read_until_there_are_no_more() {
    in_world(async |world, server| {
        let kinds: [(Value, &[(&str, Value)]); 3] = [
            (
                json!({"by": "cursor", "next": "/next", "parameter": "after", "items": "/data"}),
                &[
                    ("/list", json!({"data": [1, 2], "next": "c1"})),
                    ("/list?after=c1", json!({"data": [3], "next": null})),
                ],
            ),
            (
                json!({"by": "url", "next": "/next", "items": "/data"}),
                &[
                    ("/list", json!({"data": [1], "next": "/list/2"})),
                    ("/list/2", json!({"data": [2, 3]})),
                ],
            ),
            (
                json!({"by": "number", "parameter": "page"}),
                &[
                    ("/list?page=1", json!([1, 2, 3])),
                    ("/list?page=2", json!([])),
                ],
            ),
        ];
        for (pages, script) in kinds {
            let before = server.asked().len();
            for (_, body) in script {
                server.give_json(body);
            }
            let settings = json!({"url": server.url("/list"), "pages": pages});
            let output = run(&world, "data.http_request", settings, json!({}))
                .await
                .expect("answered");
            assert_eq!(output.values["body"], json!([1, 2, 3]), "{pages}");
            let paths: Vec<String> = server.asked()[before..]
                .iter()
                .map(|a| a.path.clone())
                .collect();
            let wanted: Vec<&str> = script.iter().map(|(path, _)| *path).collect();
            assert_eq!(paths, wanted);
        }
    })
    .await;
}

#[tokio::test]
async fn private_addresses_are_refused() {
    in_each_world(|world| async move {
        for url in [
            "http://127.0.0.1:1/",
            "http://[::1]/",
            "http://169.254.169.254/",
            "http://2130706433/",
        ] {
            let result = run(&world, "data.http_request", json!({"url": url}), json!({})).await;
            let error = result.expect_err("refused");
            let is_refused = matches!(
                error.kind,
                NodeErrorKind::Forbidden | NodeErrorKind::Settings
            );
            assert!(is_refused && !error.retryable, "{url}: {error:?}");
        }
        let error = run(
            &world,
            "data.http_request",
            json!({"url": "file:///etc/passwd"}),
            json!({}),
        )
        .await;
        assert_eq!(error.expect_err("no").field.as_deref(), Some("url"));
    })
    .await;
}

#[tokio::test]
async fn code_runs_in_the_sandbox_and_fails_with_its_line() {
    in_world(async |world, _| {
        let settings = json!({"source": "console.log('hi'); return input.map(n => n * 2)"});
        let output = run(&world, "data.code", settings, json!({"input": [1, 2]}))
            .await
            .expect("runs");
        assert_eq!(output.values["result"], json!([2, 4]));
        assert_eq!(output.values["stdout"], "hi");
        let settings = json!({"source": "const a = 1\nthrow new TypeError('no tea')"});
        let error = run(&world, "data.code", settings, json!({}))
            .await
            .expect_err("throws");
        assert_eq!(
            (error.kind, error.line),
            (NodeErrorKind::Code, Some(2)),
            "{error:?}"
        );
        assert!(error.message.contains("no tea") && !error.retryable);
        let settings = json!({"source": "while (true) {}", "timeout_ms": 200});
        let error = run(&world, "data.code", settings, json!({}))
            .await
            .expect_err("endless");
        assert_eq!(error.kind, NodeErrorKind::Timeout, "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn graphql_sends_query_and_variables_and_names_the_servers_errors() {
    in_world(async |world, server| {
        let settings = json!({
            "url": server.url("/graphql"), "query": "query Order($id: ID!) { order(id: $id) { total } }",
            "operation_name": "Order", "headers": [{"name": "X-Shop", "value": "tea"}],
        });
        let input = json!({"variables": {"id": "7"}});
        let json_type = [("content-type", "application/json")];
        server.give(200, &json_type, r#"{"data": {"order": {"total": 12}}}"#);
        let output = run(&world, "data.graphql", settings.clone(), input.clone())
            .await
            .expect("answered");
        assert_eq!(output.values["data"], json!({"order": {"total": 12}}));
        assert_eq!(output.values["errors"], json!([]));
        let asked = server.asked();
        assert_eq!(asked[0].method, "POST");
        assert_eq!(asked[0].headers["x-shop"], "tea");
        assert_eq!(asked[0].json()["variables"], json!({"id": "7"}));
        assert_eq!(asked[0].json()["operationName"], "Order");

        let failed = r#"{"data": {"order": null}, "errors": [{"message": "No such order", "path": ["order", 0]}]}"#;
        server.give(200, &json_type, failed);
        let error = run(&world, "data.graphql", settings.clone(), input.clone())
            .await
            .expect_err("it says no");
        assert_eq!(error.kind, NodeErrorKind::Upstream);
        assert!(error.message.ends_with("says: No such order (at order.0)"), "{error:?}");
        assert!(!error.retryable);

        server.give(200, &json_type, failed);
        let mut lenient = settings.clone();
        lenient["fail_on_errors"] = json!(false);
        let output = run(&world, "data.graphql", lenient, input.clone())
            .await
            .expect("taken as it is");
        assert_eq!(output.values["errors"][0]["message"], "No such order");

        server.give(200, &[("content-type", "text/html")], "<p>Hello</p>");
        let error = run(&world, "data.graphql", settings.clone(), input.clone())
            .await
            .expect_err("no GraphQL");
        assert!(error.message.contains("GraphQL server"), "{error:?}");

        // A mutation may have been done although the server fails.
        server.give(503, &json_type, r#"{"errors": [{"message": "busy"}]}"#);
        let error = run(&world, "data.graphql", settings.clone(), input.clone())
            .await
            .expect_err("busy");
        assert!(error.retryable, "{error:?}");
        server.give(503, &json_type, r#"{"errors": [{"message": "busy"}]}"#);
        let mut mutation = settings;
        mutation["query"] = json!("mutation { pay }");
        let error = run(&world, "data.graphql", mutation, json!({}))
            .await
            .expect_err("busy");
        assert!(!error.retryable, "{error:?}");
    })
    .await;
}
