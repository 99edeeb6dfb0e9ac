//! Files that runs are given and give.

use axum::http::StatusCode;
use flows::graph::Graph;
use serde_json::{Value, json};
use store::testing::for_each_db;

use crate::deploy::Site;
use crate::support::{edge, node};

fn echo() -> Graph {
    Graph {
        nodes: vec![
            node(
                "start",
                "input.manual",
                json!({"fields": [{"name": "photo", "type": "file"}]}),
            ),
            node("end", "output.return", json!({})),
        ],
        edges: vec![edge("start.photo", "end.value")],
        ..Graph::default()
    }
}

#[tokio::test]
async fn a_file_is_given_to_a_run_and_read_back_from_it() {
    for_each_db(|db| async {
        let site = Site::new(flows::testing::World::new(db).await);
        let flow = site.publish("Echo", echo()).await.id;
        let files = format!("/api/v1/workflows/{flow}/files");
        let named = format!("{files}?name=tea.json");
        let (status, file) = site.json("POST", &named, &json!("tea")).await;
        assert_eq!(status, StatusCode::CREATED, "{file}");
        assert_eq!(file["name"], "tea.json");
        assert_eq!(file["media_type"], "application/json");
        assert_eq!(file["size_bytes"], 5);

        let execute = format!("/api/v1/workflows/{flow}/execute");
        let given = json!({"input": {"photo": file}, "draft": true});
        let (status, run) = site.json("POST", &execute, &given).await;
        assert_eq!(status, StatusCode::OK, "{run}");
        assert_eq!(run["status"], "completed", "{run}");
        let at = |run: &Value| {
            format!(
                "/api/v1/executions/{}/files",
                run["id"].as_str().expect("id")
            )
        };
        let blob = file["$file"].as_str().expect("an id");
        let (status, bytes) = site
            .json("GET", &format!("{}/{blob}", at(&run)), &Value::Null)
            .await;
        assert_eq!((status, bytes), (StatusCode::OK, json!("tea")));

        // Only by way of a run that has it.
        let (_, other) = site.json("POST", &execute, &json!({"draft": true})).await;
        let (status, refused) = site
            .json("GET", &format!("{}/{blob}", at(&other)), &Value::Null)
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{refused}");

        let (status, refused) = site.json("POST", &files, &json!("tea")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        let message = refused["error"]["message"].as_str().expect("a reason");
        assert!(message.contains("name"), "{message}");
        let nowhere = format!(
            "/api/v1/workflows/{}/files?name=a",
            run["id"].as_str().expect("id")
        );
        let (status, _) = site.json("POST", &nowhere, &json!("tea")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    })
    .await;
}
