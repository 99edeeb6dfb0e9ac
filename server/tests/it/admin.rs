//! What only the owner of the instance sees.

use accounts::{Actor, Role};
use axum::http::StatusCode;

use crate::site::at_each_site;

const SETTINGS: &str = "[providers.openai]\napi_key = \"env:HOME\"\napi_keys = [\"sk-hidden\"]\n\
     [gateway.retry]\nmax_retries = 1\n";
const PATHS: [&str; 3] = [
    "/api/v1/admin/system",
    "/api/v1/admin/configuration",
    "/api/v1/admin/licences",
];

#[tokio::test]
async fn the_owner_sees_how_the_instance_fares_and_nobody_else_does() {
    at_each_site(SETTINGS, async |site| {
        let owner = site.set_up().await;
        let org = site.app.accounts.default_organization().await.expect("one");
        let (admin, _) = site
            .person(&Actor::command_line(org.id), Role::Admin, "ann")
            .await;
        for path in PATHS {
            let refused = site.get(path, &admin).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            let answer = site.get(path, &owner).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            assert!(!answer.text.contains("sk-hidden"), "{}", answer.text);
        }
        let system = site.get(PATHS[0], &owner).await.json();
        assert_eq!(system["problems"], serde_json::json!([]), "{system}");
        assert_eq!(system["vectors"], "embedded");
        assert_eq!(system["mail"], "outbox");
        assert!(
            system["database"]["answer_ms"].as_f64().is_some(),
            "{system}"
        );
        let free = system["disk"]["free_bytes"].as_u64();
        assert!(free.is_some_and(|free| free > 0), "{system}");

        let settings = site.get(PATHS[1], &owner).await.json();
        let keys: Vec<_> = settings["data"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| (row["key"].as_str().expect("a key"), &row["value"]))
            .collect();
        assert_eq!(keys.len(), 3, "{settings}");
        assert_eq!(keys[0].0, "gateway.retry.max_retries");
        assert_eq!(keys[1].1, "env:HOME");
        assert_eq!(keys[2].1[0], "••••••");
    })
    .await;
}
