use accounts::http::router;
use accounts::{Accounts, CreateKey};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{World, in_each_world, named};

struct Client {
    app: Router,
    key: String,
}

impl Client {
    fn new(accounts: &Accounts, key: &str) -> Self {
        Self {
            app: router(accounts.clone()).into(),
            key: key.to_owned(),
        }
    }

    async fn admin(world: &World) -> Self {
        let wanted = CreateKey {
            admin: true,
            ..named("admin")
        };
        Self::new(&world.accounts, world.key(wanted).await.key.expose())
    }

    async fn stranger(world: &World) -> Self {
        let wanted = CreateKey {
            admin: true,
            ..named("stranger")
        };
        let new = world
            .accounts
            .create_key(&world.stranger().await, wanted)
            .await;
        Self::new(&world.accounts, new.expect("made").key.expose())
    }

    async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", &self.key)
            .header("x-request-id", "req-7")
            .body(body.into())
            .expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        assert_eq!(response.headers()["x-request-id"], "req-7");
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("whole");
        let body = match bytes.len() {
            0 => Value::Null,
            _ => serde_json::from_slice(&bytes).expect("JSON"),
        };
        (status, body)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, Body::empty()).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body.to_string()).await
    }

    async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::PATCH, path, body.to_string()).await
    }
}

/// The collections with a body that makes an entry and one that changes it.
fn collections() -> [(&'static str, Value, Value); 4] {
    let limit = json!({"scope": "organization", "metric": "requests", "window": "hour", "max": 5});
    let budget = json!({"scope": "organization", "period": "day", "unit": "tokens", "max": 5});
    let credential = json!({"provider": "openai", "name": "main", "secret": "sk-hidden"});
    [
        ("keys", json!({"name": "k"}), json!({"name": "renamed"})),
        ("limits", limit, json!({"max": 6})),
        ("budgets", budget, json!({"max": 6})),
        ("credentials", credential, json!({"name": "renamed"})),
    ]
}

#[tokio::test]
async fn each_collection_is_made_listed_changed_and_deleted() {
    in_each_world(|world| async move {
        let client = Client::admin(&world).await;
        for (name, create, update) in collections() {
            let path = format!("/api/v1/{name}");
            let (status, made) = client.post(&path, create).await;
            assert_eq!(status, StatusCode::CREATED, "{made}");
            assert!(!made.to_string().contains("sk-hidden"));
            let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
            let (status, read) = client.get(&one).await;
            assert_eq!((status, &read["id"]), (StatusCode::OK, &made["id"]));
            let (status, changed) = client.patch(&one, update.clone()).await;
            assert_eq!(status, StatusCode::OK, "{changed}");
            for (field, value) in update.as_object().expect("an object") {
                assert_eq!(&changed[field], value);
            }
            let (_, list) = client.get(&path).await;
            assert_eq!(list["data"][0], changed);
            assert_eq!(list["next_cursor"], Value::Null);
            let (status, _) = client.send(Method::DELETE, &one, Body::empty()).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
            assert_eq!(client.get(&one).await.0, StatusCode::NOT_FOUND);
        }
    })
    .await;
}

#[tokio::test]
async fn every_route_answers_404_to_another_organization() {
    in_each_world(|world| async move {
        let (client, stranger) = (Client::admin(&world).await, Client::stranger(&world).await);
        for (name, create, update) in collections() {
            let path = format!("/api/v1/{name}");
            let (_, made) = client.post(&path, create).await;
            let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
            for (method, body) in [
                (Method::GET, Body::empty()),
                (Method::PATCH, update.to_string().into()),
                (Method::DELETE, Body::empty()),
            ] {
                let (status, body) = stranger.send(method.clone(), &one, body).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{method} {one}: {body}");
            }
            let (_, list) = stranger.get(&path).await;
            let ids = list["data"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|row| &row["id"]);
            assert!(ids.into_iter().all(|id| *id != made["id"]));
            assert_eq!(client.get(&one).await.0, StatusCode::OK, "untouched");
        }
        let (_, ours) = client.get("/api/v1/organizations/current").await;
        let (_, theirs) = stranger.get("/api/v1/organizations/current").await;
        assert_eq!(
            (&ours["slug"], &theirs["slug"]),
            (&json!("acme"), &json!("other"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_in_its_first_answer_only() {
    in_each_world(|world| async move {
        let client = Client::admin(&world).await;
        let (_, made) = client
            .post("/api/v1/keys", json!({"name": "k", "tags": ["a"]}))
            .await;
        let key = made["key"].as_str().expect("shown");
        assert!(world.accounts.authenticate(key).await.is_ok());
        assert_eq!(
            (&made["tags"], &made["revoked_at"]),
            (&json!(["a"]), &Value::Null)
        );
        let path = format!("/api/v1/keys/{}", made["id"].as_str().expect("an id"));
        let (_, read) = client.get(&path).await;
        assert!(read.get("key").is_none() && !read.to_string().contains(key));
        let (_, revoked) = client.patch(&path, json!({"revoked": true})).await;
        assert!(revoked["revoked_at"].is_string());
        assert!(world.accounts.authenticate(key).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn callers_without_an_admin_key_are_refused() {
    in_each_world(|world| async move {
        let plain = world.key(named("plain")).await;
        let narrow = CreateKey {
            admin: true,
            endpoints: vec!["/v1/*".to_owned()],
            ..named("narrow")
        };
        let narrow = world.key(narrow).await;
        let gone = world.key(named("gone")).await;
        world
            .accounts
            .revoke_key(&world.actor, gone.record.id)
            .await
            .expect("revoked");
        for (key, status, code) in [
            ("", 401, "missing_api_key"),
            ("sk-abc", 401, "invalid_api_key"),
            (gone.key.expose(), 401, "revoked_api_key"),
            (plain.key.expose(), 403, "forbidden"),
            (narrow.key.expose(), 403, "forbidden"),
        ] {
            let client = Client::new(&world.accounts, key);
            let (found, body) = client.get("/api/v1/keys").await;
            assert_eq!(
                (found.as_u16(), &body["error"]["code"]),
                (status, &json!(code))
            );
            assert_eq!(body["error"]["request_id"], "req-7");
            assert!(body["error"]["details"].is_null());
            assert!(
                !body["error"]["message"]
                    .as_str()
                    .expect("a text")
                    .is_empty()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_requests_say_what_is_wrong() {
    in_each_world(|world| async move {
        let client = Client::admin(&world).await;
        let posts = [
            (
                "keys",
                json!({"name": "k", "model": []}),
                "unknown field `model`",
            ),
            ("keys", json!({"name": ""}), "`name` must have 1 to 200"),
            ("keys", json!({}), "`name` must have 1 to 200"),
            ("keys", json!([]), "the JSON body is wrong"),
            (
                "keys",
                json!({"name": "k", "expires_at": "soon"}),
                "`soon` is not a time",
            ),
            (
                "limits",
                json!({"scope": "galaxy"}),
                "unknown variant `galaxy`",
            ),
            (
                "credentials",
                json!({"provider": "openai", "name": "n"}),
                "missing field `secret`",
            ),
        ];
        for (name, body, wanted) in posts {
            let (status, body) = client.post(&format!("/api/v1/{name}"), body).await;
            let message = body["error"]["message"].as_str().expect("a text");
            assert_eq!(status, StatusCode::BAD_REQUEST, "{message}");
            assert!(message.contains(wanted), "{message}");
        }
        for (path, wanted) in [
            ("/api/v1/keys?limit=0", "`limit` must be 1 to 500"),
            ("/api/v1/keys?cursor=x", "`cursor` is not one"),
            ("/api/v1/keys?page=2", "unknown field `page`"),
            ("/api/v1/keys/17", "`17` is not an id"),
        ] {
            let (status, body) = client.get(path).await;
            let message = body["error"]["message"].as_str().expect("a text");
            assert_eq!(status, StatusCode::BAD_REQUEST, "{message}");
            assert!(message.contains(wanted), "{message}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_are_followed_by_cursor() {
    in_each_world(|world| async move {
        let client = Client::admin(&world).await;
        for number in 0..4 {
            world.key(named(&number.to_string())).await;
        }
        let (mut names, mut path) = (Vec::new(), "/api/v1/keys?limit=2".to_owned());
        loop {
            let (_, page) = client.get(&path).await;
            for key in page["data"].as_array().expect("a list") {
                names.push(key["name"].as_str().expect("a name").to_owned());
            }
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/api/v1/keys?limit=2&cursor={cursor}");
        }
        assert_eq!(names, ["3", "2", "1", "0", "admin"]);
    })
    .await;
}

#[tokio::test]
async fn body_logging_is_switched_over_http() {
    in_each_world(|world| async move {
        let client = Client::admin(&world).await;
        let path = "/api/v1/organizations/current";
        let (status, changed) = client.patch(path, json!({"log_bodies": true})).await;
        assert_eq!(
            (status, &changed["log_bodies"]),
            (StatusCode::OK, &json!(true))
        );
        assert_eq!(client.get(path).await.1, changed);
        let (status, _) = client.patch(path, json!({"plan": "enterprise"})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn the_document_names_every_route() {
    in_each_world(|world| async move {
        let document = router(world.accounts.clone())
            .describe(utoipa::openapi::OpenApi::default())
            .expect("a document");
        let document = serde_json::to_value(&document).expect("serializes");
        let paths = document["paths"].as_object().expect("paths");
        for name in ["keys", "limits", "budgets", "credentials"] {
            for (path, methods) in [
                (format!("/api/v1/{name}"), &["get", "post"][..]),
                (
                    format!("/api/v1/{name}/{{id}}"),
                    &["get", "patch", "delete"],
                ),
            ] {
                for method in methods {
                    let operation = &paths[&path][*method];
                    assert!(operation["summary"].is_string(), "{method} {path}");
                    assert!(operation["security"].is_array(), "{method} {path}");
                }
            }
        }
        let schemas = document["components"]["schemas"]
            .as_object()
            .expect("schemas");
        for name in [
            "ApiKey",
            "CreateKey",
            "Limit",
            "Budget",
            "Credential",
            "ErrorBody",
            "KeyId",
        ] {
            assert!(schemas.contains_key(name), "{name} in {:?}", schemas.keys());
        }
        assert_eq!(schemas["KeyId"]["format"], "uuid");
        assert_eq!(schemas["Credential"]["properties"].get("secret"), None);
    })
    .await;
}
