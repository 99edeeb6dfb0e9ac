use accounts::{Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::site::{OTHER_PASSWORD, PASSWORD, at_each_site};

const PNG: &[u8] = &[0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 1, 2, 3];

#[tokio::test]
async fn a_profile_is_changed_field_by_field() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let patch = |body: serde_json::Value| {
            let owner = owner.clone();
            async move {
                owner
                    .send(Method::PATCH, "/api/v1/auth/me", body.to_string())
                    .await
            }
        };
        let changed = patch(json!({"locale": "de"})).await;
        assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
        assert_eq!(
            (&changed.body["locale"], &changed.body["name"]),
            (&json!("de"), &json!("Olga Owner"))
        );
        for wrong in [
            json!({"locale": "xx"}),
            json!({"name": ""}),
            json!({"email": "x@y.org"}),
            json!([]),
        ] {
            assert_eq!(
                patch(wrong.clone()).await.status,
                StatusCode::BAD_REQUEST,
                "{wrong}"
            );
        }
        owner
            .post(
                "/api/v1/auth/forgot-password",
                json!({"email": "owner@example.org"}),
            )
            .await;
        let page = site
            .accounts
            .list_outbox(accounts::PageRequest::first())
            .await;
        let mail = &page.expect("listed").data[0];
        assert!(
            mail.subject.starts_with("Neues Passwort"),
            "{}",
            mail.subject
        );
    })
    .await;
}

#[tokio::test]
async fn a_picture_is_kept_for_colleagues_and_can_do_no_harm() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let colleague = site.member(Role::Viewer, "v@example.org").await;
        let id = owner.get("/api/v1/auth/me").await.body["user"]["id"].clone();
        let path = format!("/api/v1/users/{}/avatar", id.as_str().expect("an id"));
        let put = |bytes: Vec<u8>| {
            let owner = owner.clone();
            async move {
                owner
                    .send(Method::PUT, "/api/v1/auth/avatar", bytes)
                    .await
                    .status
            }
        };
        for wrong in [
            b"<svg onload=alert(1)>".to_vec(),
            Vec::new(),
            b"GIF89a".to_vec(),
        ] {
            assert_eq!(put(wrong).await, StatusCode::BAD_REQUEST);
        }
        let mut large = PNG.to_vec();
        large.resize(600_000, 0);
        assert_eq!(put(large).await, StatusCode::BAD_REQUEST);
        assert_eq!(put(vec![0; 2_000_000]).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(put(PNG.to_vec()).await, StatusCode::NO_CONTENT);
        let seen = colleague.get(&path).await;
        assert_eq!(
            (seen.status, &seen.headers["content-type"]),
            (StatusCode::OK, &"image/png".parse().expect("valid"))
        );
        assert_eq!(seen.headers["x-content-type-options"], "nosniff");
        let etag = seen.headers["etag"].to_str().expect("text").to_owned();
        let again = colleague
            .clone()
            .with("if-none-match", &etag)
            .get(&path)
            .await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);

        let stranger = json!({"email": "s@example.org", "name": "S", "password": OTHER_PASSWORD});
        site.visitor().post("/api/v1/auth/register", stranger).await;
        let (_, token) = site.mail_to("s@example.org").await.expect("a mail");
        site.visitor()
            .post("/api/v1/auth/verify-email", json!({"token": token}))
            .await;
        let stranger = site.visitor().login("s@example.org", OTHER_PASSWORD).await;
        let stranger = site.visitor().with_token(&stranger);
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);

        let removed = owner.send(Method::DELETE, "/api/v1/auth/avatar", "").await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT);
        assert_eq!(colleague.get(&path).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_account_goes_with_its_sessions_and_keys_unless_it_is_the_last_owner() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let member = site.member(Role::Editor, "m@example.org").await;
        let path = "/api/v1/auth/delete-account";
        let last = owner.post(path, json!({"password": PASSWORD})).await;
        assert_eq!(
            (last.status, last.code()),
            (StatusCode::CONFLICT, "last_owner")
        );
        let wrong = member.post(path, json!({"password": PASSWORD})).await;
        assert_eq!(
            (wrong.status, wrong.code()),
            (StatusCode::FORBIDDEN, "wrong_password")
        );
        let without = member.post(path, json!({})).await;
        assert_eq!(without.code(), "wrong_password");

        let me = member.get("/api/v1/auth/me").await.body["user"]["id"].clone();
        let key = owner
            .post("/api/v1/keys", json!({"name": "theirs", "user_id": me}))
            .await;
        assert_eq!(key.status, StatusCode::CREATED, "{:?}", key.body);
        let secret = key.body["key"].as_str().expect("a key");
        assert!(site.accounts.authenticate(secret).await.is_ok());
        let gone = member.post(path, json!({"password": OTHER_PASSWORD})).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{:?}", gone.body);
        let refused = site.accounts.authenticate(secret).await;
        assert_eq!(refused.expect_err("revoked"), accounts::AuthError::Revoked);
        assert_eq!(
            member.get("/api/v1/auth/me").await.status,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(member.get("/api/v1/keys").await.code(), "no_organization");
        let login = site.visitor().login("m@example.org", OTHER_PASSWORD).await;
        assert_eq!(login.code(), "invalid_credentials");
    })
    .await;
}

#[tokio::test]
async fn wrong_bodies_are_refused_by_name_before_anything_happens() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        for (path, good) in [
            (
                "setup",
                json!({"token": "t", "email": "a@x.org", "name": "A", "password": PASSWORD}),
            ),
            (
                "auth/register",
                json!({"email": "a@x.org", "name": "A", "password": PASSWORD}),
            ),
            ("auth/verify-email", json!({"token": "t"})),
            ("auth/resend-verification", json!({"email": "a@x.org"})),
            ("auth/forgot-password", json!({"email": "a@x.org"})),
            (
                "auth/reset-password",
                json!({"token": "t", "password": PASSWORD}),
            ),
            (
                "auth/login",
                json!({"email": "a@x.org", "password": PASSWORD}),
            ),
            ("auth/refresh", json!({"refresh_token": "t"})),
            (
                "auth/change-password",
                json!({"current_password": PASSWORD, "new_password": PASSWORD}),
            ),
            (
                "auth/switch-organization",
                json!({"organization_id": uuid()}),
            ),
            ("auth/delete-account", json!({"password": OTHER_PASSWORD})),
        ] {
            let path = format!("/api/v1/{path}");
            let mut unknown = good.clone();
            unknown["surprise"] = json!(1);
            let mut typed = good.clone();
            let field = good
                .as_object()
                .and_then(|o| o.keys().next())
                .expect("a field")
                .clone();
            typed[&field] = json!({"an": "object"});
            for wrong in [
                unknown.to_string(),
                typed.to_string(),
                "[]".to_owned(),
                "{".to_owned(),
                "null".to_owned(),
            ] {
                let answer = owner.send(Method::POST, &path, wrong.clone()).await;
                assert_eq!(
                    answer.status,
                    StatusCode::BAD_REQUEST,
                    "{path} {wrong}: {:?}",
                    answer.body
                );
                let text = answer.body.to_string();
                assert!(
                    !text.contains(PASSWORD) && !text.contains(OTHER_PASSWORD),
                    "{text}"
                );
            }
            let huge = format!("{{\"email\": \"{}\"}}", "x".repeat(2_000_000));
            let answer = owner.send(Method::POST, &path, huge).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        }
        for email in ["", "no-address", "a@b", "a b@x.org"] {
            let answer = site
                .visitor()
                .post("/api/v1/auth/forgot-password", json!({"email": email}))
                .await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{email}");
        }
    })
    .await;
}

fn uuid() -> String {
    store::OrgId::new().to_string()
}

#[tokio::test]
async fn preferences_are_kept_for_each_person() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let colleague = site.member(Role::Viewer, "v@example.org").await;
        let path = "/api/v1/auth/preferences";
        assert_eq!(owner.get(path).await.body, json!({}));
        let patch = |body: serde_json::Value| {
            let owner = owner.clone();
            async move { owner.send(Method::PATCH, path, body.to_string()).await }
        };
        let tour = json!({"editor.tour": {"state": "running", "step": 2}, "hint": true});
        assert_eq!(patch(tour.clone()).await.body, tour);
        let left = patch(json!({"editor.tour": {"state": "done"}, "hint": null})).await;
        assert_eq!(left.body, json!({"editor.tour": {"state": "done"}}));
        assert_eq!(owner.get(path).await.body, left.body);
        assert_eq!(
            colleague.get(path).await.body,
            json!({}),
            "another person's"
        );
        let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("n{n}"), json!(n))).collect();
        for (wrong, why) in [
            (json!({"": 1}), "no name"),
            (json!({"Tour": 1}), "no name"),
            (json!({"long": "x".repeat(9_000)}), "at most 8192 bytes"),
            (json!(many), "at most 100 preferences"),
            (json!([]), ""),
        ] {
            let refused = patch(wrong).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{why}");
            let said = refused.body["error"]["message"].as_str().expect("a reason");
            assert!(said.contains(why), "{said}");
        }
        assert_eq!(owner.get(path).await.body, left.body, "nothing half done");
    })
    .await;
}
