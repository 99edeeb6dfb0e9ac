//! Flows as tools of the official MCP client, MCP servers as tools of agents, and events over WebSockets.

use std::sync::Arc;
use std::time::Duration;

use accounts::{CreateCredential, CreateKey, Secret};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use flows::graph::Graph;
use flows::mcp::HttpClient;
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, ContentBlock, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, RunningService, ServiceError, serve_client};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, RoleClient};
use serde_json::{Value, json};
use store::testing::for_each_db;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tower::ServiceExt as _;

use crate::deploy::Site;
use crate::standin::{Standin, world_with};
use crate::support::{edge, node};

/// A client that notes what it is told of progress.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<String>>>);

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }

    async fn on_progress(
        &self,
        told: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.0.lock().push(told.message.unwrap_or_default());
    }
}

type Connected = RunningService<RoleClient, Listener>;

/// The site on a port of its own.
#[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
async fn listen(site: &Site) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("loopback is there");
    let address = listener.local_addr().expect("bound");
    let app = site.app.clone();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address.to_string()
}

async fn connect(address: &str, key: &str) -> Result<(Connected, Listener), String> {
    let mut headers = HeaderMap::new();
    let bearer = HeaderValue::from_str(&format!("Bearer {key}")).expect("a header");
    headers.insert(header::AUTHORIZATION, bearer);
    let outbound = outbound::Client::trusted(&outbound::Settings::default());
    let http = HttpClient::new(outbound, headers);
    let url = format!("http://{address}/api/v1/mcp");
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
    let listener = Listener::default();
    let service = serve_client(listener.clone(), transport).await;
    let service = service.map_err(|error| match http.take_failure() {
        Some(failure) => failure.message,
        None => error.to_string(),
    })?;
    Ok((service, listener))
}

async fn names(client: &Connected) -> Vec<String> {
    let tools = client.list_all_tools().await.expect("listed");
    tools.iter().map(|tool| tool.name.to_string()).collect()
}

async fn call(
    client: &Connected,
    name: &str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    let arguments = arguments.as_object().cloned().expect("an object");
    let params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
    client.call_tool(params).await
}

fn text(result: &CallToolResult) -> &str {
    match result.content.first() {
        Some(ContentBlock::Text(text)) => &text.text,
        other => panic!("no text: {other:?}"),
    }
}

fn flow(middle: flows::graph::Node, gives: &str) -> Graph {
    let fields = json!({"fields": [
        {"name": "who", "type": "string", "required": true, "description": "Whom to greet"},
    ]});
    let from = format!("{}.out", middle.id.as_str());
    let edges = vec![
        edge("call.out", &from.replace(".out", ".in")),
        edge(&from, "end.in"),
    ];
    let end = json!({"value": gives});
    Graph {
        nodes: vec![
            node("call", "input.api", fields),
            middle,
            node("end", "output.return", end),
        ],
        edges,
        ..Graph::default()
    }
}

fn greeting() -> Graph {
    let template = json!({"template": "HI {{ input.who | upper }}"});
    flow(
        node("text", "data.template", template),
        "{{ nodes.text.output.text }}",
    )
}

async fn put_tool(site: &Site, flow: &flows::Workflow, body: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/workflows/{}/tool", flow.id);
    site.json("PUT", &path, &body).await
}

async fn key(site: &Site, wanted: CreateKey) -> String {
    let accounts = site.world.flows.accounts();
    let made = accounts.create_key(&site.world.actor, wanted).await;
    made.expect("made").key.expose().to_owned()
}

#[tokio::test]
async fn a_published_flow_is_a_tool_as_long_as_that_is_on() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let flow = site.publish("Greet", greeting()).await;
        let address = listen(&site).await;
        let (client, heard) = connect(&address, &site.world.key).await.expect("connected");
        assert!(
            names(&client).await.is_empty(),
            "nothing is a tool by itself"
        );
        let place = format!("/api/v1/workflows/{}/deployment", flow.id);
        let (_, shown) = site.json("GET", &place, &Value::Null).await;
        assert_eq!(shown["tool"]["is_on"], false, "{shown}");

        let on = json!({"is_on": true, "description": " Greets somebody. "});
        let (status, tool) = put_tool(&site, &flow, on).await;
        assert_eq!(status, StatusCode::OK, "{tool}");
        assert_eq!(
            (&tool["name"], &tool["path"]),
            (&json!("greet"), &json!("/api/v1/mcp"))
        );
        assert_eq!(
            (&tool["description"], &tool["timeout_ms"]),
            (&json!("Greets somebody."), &json!(60_000))
        );
        let (_, shown) = site.json("GET", &place, &Value::Null).await;
        assert_eq!(shown["tool"], tool);

        let listed = client.list_all_tools().await.expect("listed");
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].description.as_deref(), Some("Greets somebody."));
        assert_eq!(listed[0].title.as_deref(), Some("Greet"));
        let schema = json!(listed[0].input_schema);
        assert_eq!(schema["required"], json!(["who"]), "{schema}");
        assert_eq!(schema["properties"]["who"]["description"], "Whom to greet");

        let result = call(&client, "greet", json!({"who": "Ada"}))
            .await
            .expect("answered");
        assert_eq!((result.is_error, text(&result)), (Some(false), "HI ADA"));
        assert_eq!(
            *heard.0.lock(),
            ["call", "text", "end"],
            "each node is told of"
        );
        let run = result.meta.expect("named").0["execution_id"].clone();
        let run = run.as_str().expect("an id").to_owned();
        let (status, row) = site
            .json(
                "GET",
                &format!("/api/v1/flows/greet/runs/{run}"),
                &Value::Null,
            )
            .await;
        assert_eq!(
            (status, &row["output"]),
            (StatusCode::OK, &json!("HI ADA")),
            "{row}"
        );

        let wrong = call(&client, "greet", json!({})).await.expect("answered");
        assert_eq!(wrong.is_error, Some(true), "the model is told, to mend it");
        assert!(text(&wrong).contains("`who` is missing"), "{wrong:?}");
        let missing = call(&client, "none", json!({})).await;
        let Err(ServiceError::McpError(missing)) = missing else {
            panic!("a protocol error: {missing:?}");
        };
        assert!(
            missing.message.contains("there is no tool `none`"),
            "{missing:?}"
        );

        let (status, _) = put_tool(&site, &flow, json!({})).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            names(&client).await.is_empty(),
            "switching off acts at once"
        );
        assert!(call(&client, "greet", json!({"who": "Ada"})).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn tools_of_failing_slow_and_wrong_flows_say_so() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let stop = node("stop", "logic.stop", json!({"message": "no tea today"}));
        let mut graph = flow(stop, "never");
        graph.nodes.pop();
        graph.edges.pop();
        let failing = site.publish("Failing", graph).await;
        let delay = node("wait", "logic.delay", json!({"amount": 1, "unit": "hours"}));
        let slow = site.publish("Slow", flow(delay, "late")).await;
        for (flow, body) in [
            (&failing, json!({"is_on": true})),
            (&slow, json!({"is_on": true, "timeout_ms": 1000})),
        ] {
            let (status, tool) = put_tool(&site, flow, body).await;
            assert_eq!(status, StatusCode::OK, "{tool}");
        }
        let address = listen(&site).await;
        let (client, _) = connect(&address, &site.world.key).await.expect("connected");
        assert_eq!(names(&client).await, ["failing", "slow"]);
        let failed = call(&client, "failing", json!({"who": "Ada"}))
            .await
            .expect("answered");
        assert_eq!(failed.is_error, Some(true));
        assert!(text(&failed).contains("no tea today"), "{failed:?}");
        let late = call(&client, "slow", json!({"who": "Ada"}))
            .await
            .expect("answered");
        assert_eq!(late.is_error, Some(true));
        assert!(
            text(&late).contains("has not ended within 1 seconds"),
            "{late:?}"
        );

        for (body, why) in [
            (json!({"timeout_ms": 999}), "1,000 to 300,000"),
            (json!({"description": "x".repeat(4_001)}), "4000 characters"),
            (json!({"on": true}), "on"),
        ] {
            let (status, refused) = put_tool(&site, &slow, body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
            assert!(refused.to_string().contains(why), "{refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_run_that_it_waits_for() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let delay = node("wait", "logic.delay", json!({"amount": 1, "unit": "hours"}));
        let slow = site.publish("Slow", flow(delay, "late")).await;
        put_tool(&site, &slow, json!({"is_on": true})).await;
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "slow", "arguments": {"who": "Ada"}, "_meta": {"progressToken": 1}}});
        let request = Request::post("/api/v1/mcp")
            .header("host", "localhost")
            .header("authorization", format!("Bearer {}", site.world.key))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(Body::from(call.to_string()))
            .expect("valid");
        let response = site.app.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body().into_data_stream();
        let mut heard = String::new();
        while !heard.contains("notifications/progress") {
            let piece = body.next().await.expect("goes on").expect("whole");
            heard += &String::from_utf8_lossy(&piece);
        }
        drop(body);
        let path = format!("/api/v1/workflows/{}/executions", slow.id);
        let state = async || {
            let (_, runs) = site.json("GET", &path, &Value::Null).await;
            runs["data"][0]["status"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let gone = async {
            while state().await != "cancelled" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(10), gone).await;
        assert!(gone.is_ok(), "the run is still {}", state().await);
    })
    .await;
}

#[tokio::test]
async fn keys_see_the_tools_that_they_may_call_and_no_other_organizations() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        for name in ["One", "Two"] {
            let flow = site.publish(name, greeting()).await;
            put_tool(&site, &flow, json!({"is_on": true})).await;
        }
        let address = listen(&site).await;
        let (_, strangers) = site.world.stranger().await;
        let (stranger, _) = connect(&address, &strangers).await.expect("connected");
        assert!(names(&stranger).await.is_empty());
        assert!(call(&stranger, "one", json!({"who": "Ada"})).await.is_err());

        let some = CreateKey {
            name: "one flow".to_owned(),
            models: vec!["flow/one".to_owned()],
            ..CreateKey::default()
        };
        let (some, _) = connect(&address, &key(&site, some).await)
            .await
            .expect("connected");
        assert_eq!(names(&some).await, ["one"]);
        assert!(call(&some, "two", json!({"who": "Ada"})).await.is_err());
        let result = call(&some, "one", json!({"who": "Ada"}))
            .await
            .expect("answered");
        assert_eq!(text(&result), "HI ADA");

        let elsewhere = CreateKey {
            name: "no tools".to_owned(),
            endpoints: vec!["/v1/*".to_owned()],
            ..CreateKey::default()
        };
        for (key, why) in [
            (key(&site, elsewhere).await, "403"),
            ("nab-wrong".to_owned(), "401"),
        ] {
            let refused = connect(&address, &key).await.err().expect("refused");
            assert!(refused.contains(why), "{refused}");
        }
    })
    .await;
}

async fn credential(site: &Site, secret: &str) {
    let wanted = CreateCredential {
        provider: "custom".to_owned(),
        name: "mcp".to_owned(),
        kind: "api_key".to_owned(),
        secret: Secret::new(secret.to_owned()),
    };
    let accounts = site.world.flows.accounts();
    let made = accounts.create_credential(&site.world.actor, wanted);
    made.await.expect("kept");
}

#[tokio::test]
async fn an_agent_uses_the_tools_of_an_mcp_server() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        for name in ["Greet", "Hidden"] {
            let flow = site.publish(name, greeting()).await;
            put_tool(&site, &flow, json!({"is_on": true})).await;
        }
        credential(&site, &site.world.key).await;
        let url = format!("http://{}/api/v1/mcp", listen(&site).await);
        let server = |tools: Value| {
            json!({"name": "office", "url": url, "tools": tools,
            "auth": {"kind": "bearer", "credential": "custom/mcp"}})
        };
        let agent = |servers: Value| {
            let settings = json!({"model": "openai/gpt-4o-mini", "prompt": "Greet Ada.",
                "mcp_servers": servers});
            flow(
                node("agent", "ai.agent", settings),
                "{{ nodes.agent.output }}",
            )
        };
        let execute = async |name: &str, graph: Graph| {
            let flow = site.publish(name, graph).await;
            let path = format!("/api/v1/flows/{}/run", flow.slug);
            site.json("POST", &path, &json!({"input": {"who": "x"}}))
                .await
                .1
        };
        vendor.call_tool("office_greet", &json!({"who": "Ada"}));
        vendor.call_tool("office_greet", &json!({}));
        vendor.call_tool("office_hidden", &json!({"who": "Ada"}));
        vendor.say("Done.");
        let run = execute("Agent", agent(json!([server(json!(["greet"]))]))).await;
        assert_eq!(run["output"]["text"], "Done.", "{run}");
        let steps = &run["output"]["steps"];
        assert_eq!(steps[0]["tool"], "office_greet");
        assert_eq!(steps[0]["result"], "HI ADA");
        assert!(
            steps[1]["error"].to_string().contains("`who` is missing"),
            "{steps}"
        );
        assert!(
            steps[2]["error"]
                .to_string()
                .contains("no tool `office_hidden`"),
            "{steps}"
        );
        let offered = vendor.asked()[0].json()["tools"].clone();
        assert_eq!(offered.as_array().map(Vec::len), Some(1), "{offered}");
        assert_eq!(
            offered[0]["function"]["parameters"]["required"],
            json!(["who"])
        );

        let absent = execute("Absent", agent(json!([server(json!(["nothing"]))]))).await;
        let error = absent["error"].to_string();
        assert!(
            error.contains("`office` has no tool `nothing`; it has: greet, hidden"),
            "{absent}"
        );
        let mut open = server(json!([]));
        open["auth"] = json!({"kind": "none"});
        let refused = execute("Refused", agent(json!([open]))).await;
        let error = refused["error"].to_string();
        assert!(
            error.contains("cannot be used: it answered 401; check the credential"),
            "{refused}"
        );
        assert_eq!(
            vendor.asked().len(),
            4,
            "no model is asked without the tools"
        );
    })
    .await;
}

#[tokio::test]
async fn an_agent_reaches_no_mcp_server_inside_of_the_network() {
    for_each_db(|db| async {
        // The product's own client: it refuses what is not public.
        let world = flows::testing::World::new(db).await;
        let node = world.flows.registry().get("ai.agent").expect("there");
        for url in [
            "http://127.0.0.1:1/mcp",
            "http://[::ffff:10.0.0.1]/mcp",
            "http://169.254.169.254/latest",
        ] {
            let settings = json!({"model": "builtin/echo", "prompt": "Hi",
                "mcp_servers": [{"name": "inside", "url": url}]});
            let settings = settings.as_object().cloned().expect("an object");
            let error = world.run(node, &settings, Default::default()).await;
            let error = error.expect_err("refused");
            assert_eq!(error.kind, flows::node::NodeErrorKind::Forbidden, "{error}");
            assert_eq!(error.field.as_deref(), Some("mcp_servers[0]"));
        }
    })
    .await;
}

type Seen = Vec<Value>;

/// Reads events until the server closes; gives how it did.
async fn watch(
    address: &str,
    run: &str,
    after: i64,
    headers: &[(&str, &str)],
) -> Result<(Seen, Option<CloseCode>), SocketError> {
    let url = format!("ws://{address}/api/v1/executions/{run}/socket?after={after}");
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in headers {
        let name = header::HeaderName::try_from(*name).expect("a name");
        request
            .headers_mut()
            .insert(name, value.parse().expect("a value"));
    }
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let mut seen = Seen::new();
    while let Some(message) = socket.next().await {
        match message? {
            Message::Text(text) => seen.push(serde_json::from_str(&text).expect("JSON")),
            Message::Close(frame) => return Ok((seen, frame.map(|frame| frame.code))),
            _ => {}
        }
    }
    Ok((seen, None))
}

fn kinds(seen: &[Value]) -> Vec<&str> {
    seen.iter()
        .filter_map(|event| event["type"].as_str())
        .collect()
}

#[tokio::test]
async fn events_of_a_run_come_over_a_websocket_and_go_on_behind_a_number() {
    for_each_db(|db| async {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let approval = node(
            "wait",
            "logic.delay",
            json!({"amount": 1, "unit": "seconds"}),
        );
        site.publish("Wait", flow(approval, "over")).await;
        let address = listen(&site).await;
        let begun = json!({"input": {"who": "x"}, "mode": "async"});
        let (status, run) = site.json("POST", "/api/v1/flows/wait/run", &begun).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{run}");
        let run = run["id"].as_str().expect("an id").to_owned();
        let bearer = format!("Bearer {}", site.world.key);
        let ours = [("authorization", bearer.as_str())];
        site.world.clock.advance(Duration::from_secs(2));
        let (seen, closed) = watch(&address, &run, 0, &ours).await.expect("watched");
        assert_eq!(closed, Some(CloseCode::Normal));
        let all = kinds(&seen);
        assert_eq!(all.first(), Some(&"execution:started"), "{seen:?}");
        assert_eq!(all.last(), Some(&"execution:completed"), "{seen:?}");
        assert!(all.contains(&"execution:progress"), "{seen:?}");
        assert_eq!(seen.last().expect("some")["output"], "over");
        let numbers: Vec<i64> = seen.iter().filter_map(|e| e["seq"].as_i64()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");

        let middle = numbers[numbers.len() / 2];
        let (rest, _) = watch(&address, &run, middle, &ours).await.expect("watched");
        let all: Vec<i64> = rest.iter().filter_map(|e| e["seq"].as_i64()).collect();
        assert!(
            all.iter().all(|seq| *seq > middle),
            "{all:?} behind {middle}"
        );
        assert_eq!(kinds(&rest).last(), Some(&"execution:completed"));

        let (_, strangers) = site.world.stranger().await;
        let strangers = format!("Bearer {strangers}");
        for (headers, wanted) in [
            (vec![], StatusCode::UNAUTHORIZED),
            (
                vec![("authorization", strangers.as_str())],
                StatusCode::NOT_FOUND,
            ),
        ] {
            let refused = watch(&address, &run, 0, &headers).await;
            let Err(SocketError::Http(answer)) = refused else {
                panic!("refused: {refused:?}");
            };
            assert_eq!(answer.status(), wanted);
        }
        let path = format!("/api/v1/executions/{run}/socket");
        let (status, plain) = site.json("GET", &path, &Value::Null).await;
        assert_eq!(status, StatusCode::UPGRADE_REQUIRED, "{plain}");
    })
    .await;
}
