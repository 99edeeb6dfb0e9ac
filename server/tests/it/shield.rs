//! Security headers, cross-origin rules, the rate of the API, and the viewer of its document.

use accounts::Role;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::site::{Answer, Site, at_each_site};

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let value = answer
        .headers
        .get(name)
        .map(|value| value.to_str().expect("text"));
    value.unwrap_or_default()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let settings = "[server]\npublic_url = \"https://ai.example.org\"\n";
    at_each_site(settings, async |site: Site| {
        for path in [
            "/api/docs",
            "/api/openapi.json",
            "/healthz",
            "/v1/models",
            "/api/v1/keys",
            "/nowhere",
        ] {
            let answer = site.get(path, "nab-wrong").await;
            assert_eq!(
                header(&answer, "x-content-type-options"),
                "nosniff",
                "{path}"
            );
            assert_eq!(header(&answer, "x-frame-options"), "DENY", "{path}");
            assert_eq!(header(&answer, "referrer-policy"), "same-origin", "{path}");
            assert!(
                header(&answer, "strict-transport-security").starts_with("max-age="),
                "{path}"
            );
            let policy = header(&answer, "content-security-policy");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert!(
                !policy.contains("script-src 'self' 'unsafe-inline'"),
                "{path}: {policy}"
            );
        }
    })
    .await;
    at_each_site("", async |site: Site| {
        let answer = site.get("/healthz", "").await;
        assert_eq!(
            header(&answer, "strict-transport-security"),
            "",
            "without TLS"
        );
    })
    .await;
}

#[tokio::test]
async fn only_configured_origins_may_call_from_a_browser() {
    let settings = "[server]\ncors_origins = [\"https://app.example.org\"]\n";
    at_each_site(settings, async |site: Site| {
        let ask = async |origin: &str| {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", "PATCH"),
                ("access-control-request-headers", "authorization,if-match"),
            ];
            site.send(&Method::OPTIONS, "/api/v1/keys", None, &headers, None)
                .await
        };
        let ours = ask("https://app.example.org").await;
        assert_eq!(
            header(&ours, "access-control-allow-origin"),
            "https://app.example.org"
        );
        assert_eq!(
            header(&ours, "access-control-allow-credentials"),
            "",
            "no cookies"
        );
        assert!(header(&ours, "access-control-allow-methods").contains("PATCH"));
        for origin in [
            "https://evil.example.org",
            "https://app.example.org.evil.org",
            "null",
        ] {
            let theirs = ask(origin).await;
            assert_eq!(
                header(&theirs, "access-control-allow-origin"),
                "",
                "{origin}"
            );
        }
    })
    .await;
    at_each_site("", async |site: Site| {
        let headers = [("origin", "https://app.example.org")];
        let answer = site
            .send(&Method::GET, "/v1/models", None, &headers, None)
            .await;
        assert_eq!(
            header(&answer, "access-control-allow-origin"),
            "",
            "nobody is configured"
        );
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_asks_too_often_waits_and_others_do_not() {
    let settings = "[server]\napi_requests_per_minute = 5\n";
    at_each_site(settings, async |site: Site| {
        let (ours, theirs) = (
            site.organization("ours").await,
            site.organization("theirs").await,
        );
        let (us, _) = site.person(&ours, Role::Owner, "us").await;
        let (them, _) = site.person(&theirs, Role::Owner, "them").await;
        for _ in 0..5 {
            assert_eq!(site.get("/api/v1/keys", &us).await.status, StatusCode::OK);
        }
        let refused = site.get("/api/v1/keys", &us).await;
        assert_eq!(
            refused.status,
            StatusCode::TOO_MANY_REQUESTS,
            "{}",
            refused.text
        );
        assert_eq!(refused.code(), "api_rate_exceeded");
        assert!(
            header(&refused, "retry-after")
                .parse::<u64>()
                .expect("seconds")
                > 0
        );
        assert!(!header(&refused, "x-request-id").is_empty());
        assert_eq!(
            refused.json()["error"]["request_id"],
            header(&refused, "x-request-id")
        );
        assert_eq!(site.get("/api/v1/keys", &them).await.status, StatusCode::OK);
        // The plan of an organization goes before the setting.
        site.app
            .accounts
            .set_plan(&ours, "pro")
            .await
            .expect("changed");
        assert_eq!(site.get("/api/v1/keys", &us).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_viewer_of_the_document_needs_nothing_from_elsewhere() {
    at_each_site("", async |site: Site| {
        let document = site.get("/api/openapi.json", "").await;
        let document: Value = serde_json::from_str(&document.text).expect("JSON");
        assert_eq!(document["paths"], site.document["paths"]);
        for (path, kind) in [
            ("/api/docs", "text/html"),
            ("/api/docs/docs.js", "text/javascript"),
            ("/api/docs/docs.css", "text/css"),
        ] {
            let file = site.get(path, "").await;
            assert_eq!(file.status, StatusCode::OK);
            assert!(header(&file, "content-type").starts_with(kind), "{path}");
            for foreign in ["https://", "http://", "//cdn", "@import"] {
                assert!(!file.text.contains(foreign), "{path} loads {foreign}");
            }
            assert!(
                !file.text.contains(" style=\"") && !file.text.contains(" onclick=\""),
                "{path}"
            );
            let tag = header(&file, "etag").to_owned();
            let again = [("if-none-match", tag.as_str())];
            let again = site.send(&Method::GET, path, None, &again, None).await;
            assert_eq!(
                (again.status, again.text.len()),
                (StatusCode::NOT_MODIFIED, 0),
                "{path}"
            );
        }
    })
    .await;
}
