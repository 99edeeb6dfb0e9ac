//! What a flow may touch, and that publishing more asks first; pinned outputs beside the draft.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Client, in_each_world};

/// By hand -> a request to this host.
fn fetching(host: &str) -> Value {
    json!({
        "nodes": [
            {"id": "start", "type": "input.manual"},
            {"id": "fetch", "type": "data.http_request", "settings": {"url": format!("https://{host}/x")}},
        ],
        "edges": [{"id": "e1", "from": {"node": "start", "port": "out"},
            "to": {"node": "fetch", "port": "in"}, "kind": "control"}],
    })
}

/// The path of a flow with this draft.
async fn make(client: &Client, graph: Value) -> String {
    let project = json!({"name": "Shop"});
    let (status, project) = client.post("/api/v1/projects", project).await;
    assert_eq!(status, StatusCode::CREATED, "{project}");
    let flow = json!({"project_id": project["id"], "name": "Fetch", "graph": graph});
    let (status, flow) = client.post("/api/v1/workflows", flow).await;
    assert_eq!(status, StatusCode::CREATED, "{flow}");
    format!("/api/v1/workflows/{}", flow["id"].as_str().expect("an id"))
}

async fn draft(client: &Client, path: &str, graph: Value) {
    let (_, flow) = client.get(path).await;
    let change = json!({"revision": flow["revision"], "graph": graph});
    let (status, saved) = client.put(path, change).await;
    assert_eq!(status, StatusCode::OK, "{saved}");
}

#[tokio::test]
async fn publishing_more_than_before_asks_first() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let path = make(&client, fetching("one.example")).await;
        let publish = format!("{path}/publish");
        let permissions = format!("{path}/permissions");
        let host =
            |host: &str, is_new: bool| json!({"kind": "host", "host": host, "is_new": is_new});

        let (_, lines) = client.get(&permissions).await;
        assert_eq!(lines, json!([host("one.example", false)]), "nothing grew");
        let (status, first) = client.post(&publish, json!({})).await;
        assert_eq!(status, StatusCode::CREATED, "a first version: {first}");

        draft(&client, &path, fetching("two.example")).await;
        let (_, lines) = client.get(&permissions).await;
        assert_eq!(lines, json!([host("two.example", true)]));
        let (status, refused) = client.post(&publish, json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT, "{refused}");
        let error = &refused["error"];
        assert_eq!(error["code"], "permissions_grew");
        let message = error["message"].as_str().expect("a reason");
        assert!(message.contains("host two.example"), "{message}");
        assert!(message.contains("accept_permissions"), "{message}");
        let added = json!([{"kind": "host", "host": "two.example"}]);
        assert_eq!(error["details"]["added"], added);

        // Taking the flow off does not make it a new one.
        let (status, _) = client.post(&format!("{path}/unpublish"), Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            client.post(&publish, json!({})).await.0,
            StatusCode::CONFLICT
        );

        let accepted = json!({"accept_permissions": true});
        let (status, second) = client.post(&publish, accepted).await;
        assert_eq!(status, StatusCode::CREATED, "{second}");
        let mut less = fetching("two.example");
        less["nodes"][1]["disabled"] = json!(true);
        draft(&client, &path, less).await;
        let (status, third) = client.post(&publish, json!({})).await;
        assert_eq!(status, StatusCode::CREATED, "less needs nothing: {third}");
        draft(&client, &path, fetching("two.example")).await;
        let (status, again) = client.post(&publish, json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT, "switched on again: {again}");
    })
    .await;
}

#[tokio::test]
async fn pins_stand_beside_the_draft() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let path = make(&client, fetching("one.example")).await;
        let pins = format!("{path}/pins");
        let fetch = format!("{pins}/fetch");
        assert_eq!(client.get(&pins).await.1, json!({"pins": {}}));
        let outputs = json!({"outputs": {"body": {"n": 1}, "status": 200}});
        let (status, _) = client.put(&fetch, outputs.clone()).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (_, kept) = client.get(&pins).await;
        assert_eq!(kept["pins"], json!({"fetch": outputs["outputs"]}));

        // Neither a version nor a copy has them.
        client.post(&format!("{path}/publish"), json!({})).await;
        let (_, version) = client.get(&format!("{path}/versions/1")).await;
        assert!(version["graph"].is_object(), "{version}");
        assert!(!version.to_string().contains("\"n\":1"), "{version}");
        let (_, copy) = client.post(&format!("{path}/duplicate"), json!({})).await;
        let copy = format!(
            "/api/v1/workflows/{}/pins",
            copy["id"].as_str().expect("an id")
        );
        assert_eq!(client.get(&copy).await.1, json!({"pins": {}}));

        for (node, outputs, why) in [
            (
                "fetch",
                json!({"body": "x".repeat(300 * 1024)}),
                "at most 256 KiB",
            ),
            ("Fetch!", json!({}), "no key of a node"),
        ] {
            let (status, refused) = client
                .put(&format!("{pins}/{node}"), json!({"outputs": outputs}))
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            let said = refused["error"]["message"].as_str().expect("a reason");
            assert!(said.contains(why), "{said}");
        }

        let (status, _) = client.send(Method::DELETE, &fetch, Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(client.get(&pins).await.1, json!({"pins": {}}));
        let (status, _) = client.send(Method::DELETE, &fetch, Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "none there is fine");
    })
    .await;
}

#[tokio::test]
async fn a_flow_has_room_for_pins_of_nodes_that_are_there() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let path = make(&client, fetching("one.example")).await;
        let large = json!({"outputs": {"body": "x".repeat(250 * 1024)}});
        for n in 0..16 {
            let pin = format!("{path}/pins/gone_{n}");
            let (status, said) = client.put(&pin, large.clone()).await;
            assert_eq!(status, StatusCode::NO_CONTENT, "{n}: {said}");
        }
        let (status, said) = client
            .put(&format!("{path}/pins/start"), large.clone())
            .await;
        assert_eq!(
            status,
            StatusCode::NO_CONTENT,
            "the old ones make room: {said}"
        );
        let (_, kept) = client.get(&format!("{path}/pins")).await;
        let kept: Vec<&String> = kept["pins"].as_object().expect("pins").keys().collect();
        assert_eq!(kept, ["start"]);
    })
    .await;
}
