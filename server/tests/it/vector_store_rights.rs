//! Who may see and change files and vector stores.

use accounts::{CreateKey, Role};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::at_each_site;
use crate::vector_stores::{Client, LEAVE, id};

#[tokio::test]
async fn other_organizations_find_nothing_and_other_callers_may_only_what_is_theirs() {
    at_each_site("", async |site| {
        site.set_up().await;
        let client = Client::of(&site, "ours", CreateKey::default()).await;
        let file = client.file("Leave.md", LEAVE).await;
        let store = client.post("vector_stores", json!({"name": "A"})).await;
        let store = id(&store);
        let batch = json!({"file_ids": [file]});
        let batch = client
            .post(&format!("vector_stores/{store}/file_batches"), batch)
            .await;
        let batch = id(&batch);

        // Every route of the document, with ids of somebody else.
        let stranger = Client::of(
            &site,
            "theirs",
            CreateKey {
                admin: true,
                ..CreateKey::default()
            },
        )
        .await;
        let mut tried = 0;
        let paths = site.document["paths"].as_object().expect("paths").clone();
        for (path, item) in &paths {
            let is_ours = path.starts_with("/v1/files") || path.starts_with("/v1/vector_stores");
            if !is_ours {
                continue;
            }
            for method in item.as_object().expect("methods").keys() {
                let body = site_example(item, method);
                let method: Method = method.to_uppercase().parse().expect("a method");
                let filled = path
                    .replace("{vector_store_id}", &store)
                    .replace("{file_id}", &file)
                    .replace("{batch_id}", &batch);
                let none = site.send(&method, &filled, None, &[], body.as_ref()).await;
                assert_eq!(none.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                let key = Some(stranger.key.as_str());
                let answer = site.send(&method, &filled, key, &[], body.as_ref()).await;
                if filled == *path {
                    assert!(!answer.text.contains(&store) && !answer.text.contains(&file));
                    continue;
                }
                assert_eq!(
                    answer.status,
                    StatusCode::NOT_FOUND,
                    "{method} {path}: {}",
                    answer.text
                );
                tried += 1;
            }
        }
        assert!(tried >= 14, "{tried} foreign calls");
        let own = stranger.post("vector_stores", json!({"name": "B"})).await;
        let foreign = json!({"file_id": file});
        let files = format!("vector_stores/{}/files", id(&own));
        stranger
            .refused(Method::POST, &files, Some(foreign), 404)
            .await;

        let tools = |id: &str| {
            json!({"model": "builtin/extract", "input": "leave?",
                "tools": [{"type": "file_search", "vector_store_ids": [id]}]})
        };
        let asked = Some(tools(&store));
        stranger
            .refused(Method::POST, "responses", asked, 404)
            .await;

        // A collection of the hub: read by keys, changed by admins.
        let actor = site.organization("third").await;
        let (owner, _) = site.person(&actor, Role::Owner, "owner").await;
        let (viewer, _) = site.person(&actor, Role::Viewer, "viewer").await;
        let made = site
            .post("/api/v1/collections", &owner, json!({"name": "Hub"}))
            .await;
        let hub = id(&made.json()).replace('-', "");
        let wanted = CreateKey {
            name: "plain".to_owned(),
            ..CreateKey::default()
        };
        let plain = site
            .app
            .accounts
            .create_key(&actor, wanted)
            .await
            .expect("made");
        let path = format!("/v1/vector_stores/vs_{hub}");
        let plain = plain.key.expose();
        assert_eq!(site.get(&path, plain).await.status, StatusCode::OK);
        let refused = site.post(&path, plain, json!({"name": "x"})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        assert_eq!(
            site.post(&path, &owner, json!({"name": "x"})).await.status,
            StatusCode::OK
        );
        let refused = site.post("/v1/vector_stores", &viewer, json!({})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        let limited = limited_to_chat();
        let limited = site
            .app
            .accounts
            .create_key(&actor, limited)
            .await
            .expect("made");
        let refused = site.get("/v1/files", limited.key.expose()).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::FORBIDDEN, "endpoint_not_allowed")
        );
        let may_search = CreateKey {
            name: "searching".to_owned(),
            endpoints: vec!["/v1/responses".to_owned()],
            ..CreateKey::default()
        };
        for (wanted, status) in [(may_search, 200), (limited_to_chat(), 403)] {
            let key = site.app.accounts.create_key(&actor, wanted).await;
            let asked = tools(&format!("vs_{hub}"));
            let key = key.expect("made").key;
            let answer = site.post("/v1/responses", key.expose(), asked).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        }
    })
    .await;
}

fn limited_to_chat() -> CreateKey {
    CreateKey {
        name: "limited".to_owned(),
        endpoints: vec!["/v1/chat/*".to_owned()],
        ..CreateKey::default()
    }
}

/// The example of an operation's body.
fn site_example(item: &Value, method: &str) -> Option<Value> {
    let body = &item[method]["requestBody"]["content"]["application/json"]["example"];
    (!body.is_null()).then(|| body.clone())
}
