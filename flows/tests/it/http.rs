use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Client, greeting, in_each_world};

async fn make(client: &Client) -> (String, String) {
    let (status, project) = client
        .post("/api/v1/projects", json!({"name": "Shop"}))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{project}");
    let project = project["id"].as_str().expect("an id").to_owned();
    let flow =
        json!({"project_id": project, "name": "Greet", "graph": greeting("Hi {{ input.who }}")});
    let (status, flow) = client.post("/api/v1/workflows", flow).await;
    assert_eq!(status, StatusCode::CREATED, "{flow}");
    assert_eq!(flow["report"]["is_valid"], true, "{flow}");
    (project, flow["id"].as_str().expect("an id").to_owned())
}

#[tokio::test]
async fn a_flow_is_made_saved_published_and_gone_back_from() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let (_, id) = make(&client).await;
        let path = format!("/api/v1/workflows/{id}");
        let (status, headers, text) = client.raw(Method::GET, &path, &[], String::new()).await;
        let tag = headers["etag"].to_str().expect("text").to_owned();
        assert_eq!((status, tag.as_str()), (StatusCode::OK, "\"1\""), "{text}");
        let unchanged = [("if-none-match", tag.as_str())];
        let (status, ..) = client
            .raw(Method::GET, &path, &unchanged, String::new())
            .await;
        assert_eq!(status, StatusCode::NOT_MODIFIED);

        let body = json!({"name": "Greeting"}).to_string();
        let seen = [("if-match", tag.as_str())];
        let (status, headers, _) = client.raw(Method::PUT, &path, &seen, body.clone()).await;
        assert_eq!(
            (status, headers["etag"].as_bytes()),
            (StatusCode::OK, b"\"2\"".as_slice())
        );
        let (status, _, text) = client.raw(Method::PUT, &path, &seen, body).await;
        let stale: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!(stale["error"]["code"], "stale_revision");
        assert_eq!(stale["error"]["details"]["current"]["revision"], 2);
        assert_eq!(stale["error"]["details"]["yours"]["name"], "Greeting");

        let (status, version) = client
            .post(&format!("{path}/publish"), json!({"notes": "go"}))
            .await;
        assert_eq!(
            (status, &version["number"]),
            (StatusCode::CREATED, &json!(1)),
            "{version}"
        );
        let wrong = json!({"revision": 3, "graph": greeting("{{ nodes.nope.output }}")});
        let (status, saved) = client.put(&path, wrong).await;
        assert_eq!(
            (status, &saved["report"]["is_valid"]),
            (StatusCode::OK, &json!(false))
        );
        let (status, refused) = client.post(&format!("{path}/publish"), json!({})).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            refused["error"]["details"], saved["report"],
            "the same report everywhere"
        );
        let (_, report) = client.post(&format!("{path}/validate"), json!({})).await;
        assert_eq!(report, saved["report"]);
        let (_, diff) = client.get(&format!("{path}/diff?from=1&to=draft")).await;
        assert_eq!(diff["nodes"]["changed"][0]["id"], "text", "{diff}");
        let restore = format!("{path}/versions/1/restore");
        let (status, restored) = client.post(&restore, json!({"revision": 4})).await;
        assert_eq!(
            (status, &restored["report"]["is_valid"]),
            (StatusCode::OK, &json!(true))
        );
        let (_, versions) = client.get(&format!("{path}/versions")).await;
        assert_eq!(versions["data"].as_array().map(Vec::len), Some(1));
        let (status, _) = client
            .post(&format!("{path}/rollback"), json!({"version": 9}))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = client.post(&format!("{path}/unpublish"), Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        let (status, _) = client.send(Method::DELETE, &path, Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    })
    .await;
}

#[tokio::test]
async fn lists_have_pages_and_can_be_searched() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let (project, _) = make(&client).await;
        for name in ["Alpha 100%", "Beta_x", "alphabet"] {
            let flow = json!({"project_id": project, "name": name});
            let (status, _) = client.post("/api/v1/workflows", flow).await;
            assert_eq!(status, StatusCode::CREATED);
        }
        let names = |list: &Value| -> Vec<String> {
            let data = list["data"].as_array().expect("a list");
            data.iter()
                .map(|flow| flow["name"].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let (_, first) = client.get("/api/v1/workflows?limit=3").await;
        assert_eq!(names(&first), ["alphabet", "Beta_x", "Alpha 100%"]);
        let next = first["next_cursor"].as_str().expect("more");
        let (_, second) = client
            .get(&format!("/api/v1/workflows?limit=3&cursor={next}"))
            .await;
        assert_eq!(names(&second), ["Greet"]);
        let (_, found) = client.get("/api/v1/workflows?search=ALPHA").await;
        assert_eq!(names(&found), ["alphabet", "Alpha 100%"]);
        let (_, found) = client.get("/api/v1/workflows?search=0%25").await;
        assert_eq!(names(&found), ["Alpha 100%"]);
        let (_, found) = client.get("/api/v1/workflows?search=a_x").await;
        assert_eq!(names(&found), ["Beta_x"]);
        let (status, _) = client
            .post(&format!("/api/v1/projects/{project}/archive"), Value::Null)
            .await;
        assert_eq!(status, StatusCode::OK);
        let (_, open) = client.get("/api/v1/projects").await;
        let (_, archived) = client.get("/api/v1/projects?archived=true").await;
        assert_eq!((names(&open).len(), names(&archived).len()), (0, 1));
        let (status, _) = client.get("/api/v1/workflows?serach=x").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn ids_of_another_organization_are_not_found() {
    in_each_world(|world| async move {
        let owner = Client::new(&world, &world.key);
        let (project, flow) = make(&owner).await;
        let publish = format!("/api/v1/workflows/{flow}/publish");
        assert_eq!(owner.post(&publish, json!({})).await.0, StatusCode::CREATED);
        let points = format!("/api/v1/projects/{project}/save-points");
        let (_, point) = owner.post(&points, json!({"name": "s"})).await;
        let point = point["id"].as_str().expect("an id").to_owned();
        for (kind, body) in [
            ("variables", json!({"value": 1})),
            ("secrets", json!({"value": "s3cret"})),
        ] {
            let path = format!("/api/v1/projects/{project}/{kind}/x");
            assert_eq!(owner.put(&path, body).await.0, StatusCode::OK, "{kind}");
        }
        let stranger = Client::new(&world, &world.stranger().await.1);
        let document = openapi(&world);
        let mut tried = 0;
        for (path, item) in document["paths"].as_object().expect("paths") {
            if !path.contains("{id}") {
                continue;
            }
            let id = if path.contains("/projects/") {
                &project
            } else {
                &flow
            };
            let real = path
                .replace("{id}", id)
                .replace("{name}", "x")
                .replace("{number}", "1")
                .replace("{save_point_id}", &point);
            for method in item.as_object().expect("methods").keys() {
                let body = match (method.as_str(), path.as_str()) {
                    ("get" | "delete", _) => Value::Null,
                    (_, p) if p.ends_with("/rollback") => json!({"version": 1}),
                    (_, p) if p.ends_with("versions/{number}/restore") => json!({"revision": 1}),
                    (_, p) if p.ends_with("/save-points") => json!({"name": "x"}),
                    (_, p) if p.contains("/pins/") => json!({"outputs": {}}),
                    (_, p) if p.contains("variables") => json!({"value": 1}),
                    (_, p) if p.contains("secrets") => json!({"value": "x"}),
                    (_, "/api/v1/workflows/{id}") => json!({"revision": 1}),
                    _ => json!({}),
                };
                let method: Method = method.to_uppercase().parse().expect("a method");
                let (status, answer) = stranger.send(method.clone(), &real, body).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {answer}");
                tried += 1;
            }
        }
        assert!(tried >= 25, "{tried} routes were tried");
        let flow = json!({"project_id": project, "name": "Mine"});
        assert_eq!(
            stranger.post("/api/v1/workflows", flow).await.0,
            StatusCode::NOT_FOUND
        );
        let (_, list) = stranger.get("/api/v1/workflows").await;
        assert_eq!(list["data"], json!([]));
        assert_eq!(
            owner.get(&format!("/api/v1/projects/{project}")).await.0,
            StatusCode::OK
        );
    })
    .await;
}

fn openapi(world: &flows::testing::World) -> Value {
    let routes = flows::http::router(world.flows.clone());
    let document = routes
        .describe(utoipa::openapi::OpenApi::default())
        .expect("a document");
    serde_json::to_value(&document).expect("JSON")
}

#[tokio::test]
async fn the_editor_gets_node_types_ports_and_previews() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let (status, types) = client.get("/api/v1/node-types").await;
        assert_eq!(status, StatusCode::OK);
        let types = types.as_array().expect("a list");
        assert!(
            types
                .iter()
                .any(|t| t["type"] == "logic.switch" && t["has_dynamic_ports"] == true)
        );
        let settings = json!({"settings": {"cases": [{"id": "a"}, {"id": "b"}, {"id": "No"}]}});
        let (_, ports) = client
            .post("/api/v1/node-types/logic.switch/ports", settings)
            .await;
        let names: Vec<&Value> = ports["outputs"]
            .as_array()
            .expect("ports")
            .iter()
            .map(|p| &p["name"])
            .collect();
        assert_eq!(
            names,
            [
                &json!("a"),
                &json!("b"),
                &json!("otherwise"),
                &json!("value")
            ]
        );
        assert_eq!(
            client.get("/api/v1/node-types/logic.nope").await.0,
            StatusCode::NOT_FOUND
        );
        let body = json!({
            "text": "{{ nodes.a.output.nam }} {{ secrets.x }}",
            "scope": {"nodes": {"a": {"output": {"name": "Ada"}}}},
        });
        let (status, preview) = client.post("/api/v1/expressions/preview", body).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(preview["error"]["kind"], "missing", "{preview}");
        assert_eq!(
            preview["dependencies"],
            json!(["nodes.a.output.nam", "secrets.x"])
        );
        let why = preview["why_empty"][0]["message"]
            .as_str()
            .expect("a reason");
        assert!(why.contains("did you mean `name`?"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn a_project_is_exported_as_json_and_yaml_and_duplicated() {
    in_each_world(|world| async move {
        let client = Client::new(&world, &world.key);
        let (project, _) = make(&client).await;
        let path = format!("/api/v1/projects/{project}");
        let export = format!("{path}/export");
        let (status, document) = client.post(&export, Value::Null).await;
        assert_eq!(
            (status, &document["format"]),
            (StatusCode::OK, &json!("nocode-ai/project"))
        );
        let yaml = format!("{export}?format=yaml");
        let (status, headers, text) = client.raw(Method::POST, &yaml, &[], String::new()).await;
        assert_eq!(
            (status, headers["content-type"].as_bytes()),
            (StatusCode::OK, b"application/yaml".as_slice())
        );
        let (status, report) = client
            .post(
                &format!("{path}/import"),
                json!({"yaml": text, "dry_run": true}),
            )
            .await;
        assert_eq!(
            (status, &report["workflows"][0]["slug"]),
            (StatusCode::OK, &json!("greet-2")),
            "{report}"
        );
        let (status, copy) = client.post(&format!("{path}/duplicate"), json!({})).await;
        assert_eq!(
            (status, &copy["project"]["name"]),
            (StatusCode::CREATED, &json!("Shop (copy)"))
        );
    })
    .await;
}
