//! Edits that know what they edit, requests that may come twice, and the audit log that saw them.

use accounts::http::{idempotent, router};
use accounts::{Accounts, Registration, Role};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use axum::middleware::from_fn_with_state;

use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::site::{Site, Visitor, at_each_site};

struct Seen {
    status: StatusCode,
    replayed: bool,
    body: Value,
}

/// The API with its idempotency keys, called with a bearer token.
#[derive(Clone)]
struct Client {
    app: Router,
    authorization: String,
}

impl Client {
    fn new(accounts: &Accounts, visitor: &Visitor) -> Self {
        let app: Router = router(accounts.clone()).into();
        let layer = from_fn_with_state(accounts.clone(), idempotent);
        let header = visitor
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        Self {
            app: app.layer(layer),
            authorization: header.expect("signed in").1.clone(),
        }
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Seen {
        let request = Request::post(path)
            .header("authorization", &self.authorization)
            .header("idempotency-key", key)
            .body(Body::from(body.to_string()))
            .expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("whole");
        Seen {
            status: parts.status,
            replayed: parts.headers.contains_key("idempotent-replayed"),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }
}

async fn keys(visitor: &Visitor) -> usize {
    let list = visitor.get("/api/v1/keys").await;
    list.body["data"].as_array().expect("a list").len()
}

#[tokio::test]
async fn a_request_sent_twice_is_carried_out_once_and_answered_alike() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let client = Client::new(&site.accounts, &owner);
        let before = keys(&owner).await;
        let body = json!({"name": "once"});
        let first = client.post("/api/v1/keys", "a-1", body.clone()).await;
        assert_eq!((first.status, first.replayed), (StatusCode::CREATED, false));
        // Another process answers the same.
        let other = Client::new(&site.other_process().await, &owner);
        let second = other.post("/api/v1/keys", "a-1", body.clone()).await;
        assert_eq!(
            (second.status, second.replayed),
            (StatusCode::CREATED, true)
        );
        assert_eq!(
            first.body, second.body,
            "with the key, which is shown once only"
        );
        assert_eq!(keys(&owner).await, before + 1);

        let different = client
            .post("/api/v1/keys", "a-1", json!({"name": "other"}))
            .await;
        assert_eq!(different.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(different.body["error"]["code"], "idempotency_key_reused");
        let elsewhere = client.post("/api/v1/teams", "a-1", body.clone()).await;
        assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Somebody else's key of the same name is another key.
        let admin = site.member(Role::Admin, "admin@example.org").await;
        let admin = Client::new(&site.accounts, &admin);
        let theirs = admin.post("/api/v1/keys", "a-1", body.clone()).await;
        assert_eq!(
            (theirs.status, theirs.replayed),
            (StatusCode::CREATED, false)
        );
        assert_ne!(theirs.body["key"], first.body["key"]);
        // After a day the name is free again.
        site.clock.advance(std::time::Duration::from_secs(86_401));
        assert!(site.accounts.sweep_idempotency().await.expect("swept") >= 2);
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_is_carried_out() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let client = Client::new(&site.accounts, &owner);
        let before = keys(&owner).await;
        let tries = (0..8).map(|_| {
            let client = client.clone();
            async move {
                client
                    .post("/api/v1/keys", "burst", json!({"name": "burst"}))
                    .await
            }
        });
        for seen in futures_util::future::join_all(tries).await {
            let fine = matches!(seen.status, StatusCode::CREATED | StatusCode::CONFLICT);
            assert!(fine, "{} {}", seen.status, seen.body);
        }
        assert_eq!(keys(&owner).await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again_and_the_others_are_kept() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let client = Client::new(&site.accounts, &owner);
        let team = json!({"name": "Team"});
        let made = client.post("/api/v1/teams", "t-1", team.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let taken = client.post("/api/v1/teams", "t-2", team.clone()).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        let id = made.body["id"].as_str().expect("an id");
        let gone = owner
            .send(Method::DELETE, &format!("/api/v1/teams/{id}"), "")
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        let again = client.post("/api/v1/teams", "t-2", team).await;
        assert_eq!((again.status, again.replayed), (StatusCode::CREATED, false));
        let wrong = client
            .post("/api/v1/teams", "t-3", json!({"name": ""}))
            .await;
        assert_eq!(
            (wrong.status, wrong.replayed),
            (StatusCode::BAD_REQUEST, false)
        );
        let wrong = client
            .post("/api/v1/teams", "t-3", json!({"name": ""}))
            .await;
        assert_eq!(
            (wrong.status, wrong.replayed),
            (StatusCode::BAD_REQUEST, true)
        );
        for bad in ["", "with blank", &"x".repeat(256)] {
            let seen = client
                .post("/api/v1/teams", bad, json!({"name": "x"}))
                .await;
            assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{bad:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_a_new_master_key_hides_is_not_given_and_nothing_is_done_twice() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let client = Client::new(&site.accounts, &owner);
        let login = || async {
            let answer = site
                .visitor()
                .login("owner@example.org", crate::site::PASSWORD)
                .await;
            Client::new(&site.accounts, &site.visitor().with_token(&answer))
        };
        let body = json!({"name": "once"});
        assert_eq!(
            client.post("/api/v1/keys", "r", body.clone()).await.status,
            StatusCode::CREATED
        );
        site.accounts
            .rotate_master_key(None)
            .await
            .expect("rotated");
        let lost = login().await.post("/api/v1/keys", "r", body).await;
        assert_eq!(lost.status, StatusCode::CONFLICT);
        assert_eq!(lost.body["error"]["code"], "idempotency_answer_lost");
    })
    .await;
}

async fn edit(visitor: &Visitor, path: &str, tag: &str, body: Value) -> crate::site::Answer {
    let visitor = visitor.clone().with("if-match", tag);
    visitor.send(Method::PATCH, path, body.to_string()).await
}

fn tag(answer: &crate::site::Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn of_two_who_edit_the_same_record_the_slower_one_sees_what_it_is_now() {
    at_each_site(Registration::Open, |site: Site| async move {
        let owner = site.owner().await;
        let org = crate::organizations::current(&owner).await;
        let made = async |path: &str, body: Value| {
            let made = owner.post(&format!("/api/v1/{path}"), body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
            let id = made.body["id"].as_str().expect("an id");
            (format!("/api/v1/{path}/{id}"), tag(&made))
        };
        let limit =
            json!({"scope": "organization", "metric": "requests", "window": "hour", "max": 1});
        let credential = json!({"provider": "openai", "name": "main", "secret": "sk-1"});
        let organization = format!("/api/v1/organizations/{org}");
        let read = tag(&owner.get(&organization).await);
        let mut records = vec![(organization, read, json!({"name": "Renamed"}))];
        for (path, body, change) in [
            ("keys", json!({"name": "a"}), json!({"name": "b"})),
            ("teams", json!({"name": "a"}), json!({"name": "b"})),
            ("limits", limit, json!({"max": 2})),
            ("credentials", credential, json!({"name": "b"})),
        ] {
            let (path, tag) = made(path, body).await;
            records.push((path, tag, change));
        }
        for (path, first, change) in records {
            site.clock.advance(std::time::Duration::from_secs(1));
            assert_eq!(
                tag(&owner.get(&path).await),
                first,
                "{path}: the same until it changes"
            );
            let changed = edit(&owner, &path, &first, change.clone()).await;
            assert_eq!(changed.status, StatusCode::OK, "{path}: {:?}", changed.body);
            let late = edit(&owner, &path, &first, change).await;
            assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{path}");
            assert_eq!(late.code(), "precondition_failed");
            let details = &late.body["error"]["details"];
            assert_eq!(details["etag"], tag(&changed), "{path}");
            assert_eq!(details["current"]["id"], changed.body["id"]);
            let visitor = owner.clone().with("if-match", &first);
            let path = match path.contains("organizations") {
                true => format!("{path}?confirm_name=Renamed"),
                false => path,
            };
            let late = visitor.send(Method::DELETE, &path, "").await;
            assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_is_filtered_paged_and_exported() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        for name in ["a", "b", "=1+1"] {
            let made = owner.post("/api/v1/teams", json!({"name": name})).await;
            assert_eq!(made.status, StatusCode::CREATED);
            site.clock.advance(std::time::Duration::from_secs(60));
        }
        let rows = async |query: &str| {
            let seen = owner.get(&format!("/api/v1/audit?{query}")).await;
            assert_eq!(seen.status, StatusCode::OK, "{query}: {:?}", seen.body);
            seen.body["data"].as_array().expect("a list").clone()
        };
        let teams = rows("action=team.create").await;
        assert_eq!(teams.len(), 3);
        let (actor, target) = (teams[0]["actor"].as_str(), teams[0]["target"].as_str());
        assert!(actor.expect("text").starts_with("user:"));
        assert_eq!(
            rows(&format!("target={}", target.expect("text")))
                .await
                .len(),
            1
        );
        assert_eq!(
            rows(&format!("action=team.&actor={}", actor.expect("text")))
                .await
                .len(),
            3
        );
        assert_eq!(
            rows("action=team").await.len(),
            0,
            "an action is a whole word"
        );
        let middle = teams[1]["created_at"].as_str().expect("text");
        assert_eq!(rows(&format!("action=team.&from={middle}")).await.len(), 2);
        assert_eq!(rows(&format!("action=team.&to={middle}")).await.len(), 1);
        let first = owner.get("/api/v1/audit?action=team.&limit=2").await;
        let cursor = first.body["next_cursor"].as_str().expect("more");
        assert_eq!(
            rows(&format!("action=team.&limit=2&cursor={cursor}"))
                .await
                .len(),
            1
        );
        for wrong in ["from=yesterday", "format=xml", "who=me", "limit=0"] {
            let seen = owner.get(&format!("/api/v1/audit?{wrong}")).await;
            assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        let viewer = site.member(Role::Viewer, "viewer@example.org").await;
        assert_eq!(
            viewer.get("/api/v1/audit").await.status,
            StatusCode::FORBIDDEN
        );
    })
    .await;
}
