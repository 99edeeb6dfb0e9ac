//! Passwords, tokens and hashes are neither in the log nor in answers that are not meant to show them.

use std::io::Write;
use std::sync::Arc;

use accounts::{Registration, Role};
use axum::http::Method;
use parking_lot::Mutex;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::site::{OTHER_PASSWORD, PASSWORD, at_each_site};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_shown() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    // For the whole process: with one for this thread alone, places that another test's thread
    // comes to first are taken for silent.
    tracing::subscriber::set_global_default(subscriber).expect("no other test sets one");
    tracing::info!("the log is being read");
    at_each_site(Registration::Open, |site| {
        let log = log.clone();
        async move {
            let mut secrets = vec![
                PASSWORD.to_owned(),
                OTHER_PASSWORD.to_owned(),
                "$argon2".to_owned(),
            ];
            let mut answers = Vec::new();
            let setup = site.set_up().await;
            let browser = site
                .visitor()
                .login_in_browser("owner@example.org", PASSWORD)
                .await;
            for name in ["nab_access", "nab_refresh"] {
                secrets.push(browser.cookie(name).expect("a cookie").0);
            }
            answers.push(browser.body.clone());
            for name in ["access_token", "refresh_token"] {
                secrets.push(setup.body[name].as_str().expect("a token").to_owned());
            }
            let owner = site.visitor().with_token(&setup);
            site.member(Role::Editor, "e@example.org").await;
            let visitor = site.visitor();
            visitor
                .post(
                    "/api/v1/auth/forgot-password",
                    json!({"email": "owner@example.org"}),
                )
                .await;
            let (_, token) = site.mail_to("owner@example.org").await.expect("a mail");
            secrets.push(token);
            for path in [
                "auth/me",
                "auth/sessions",
                "keys",
                "organizations/current",
                "setup",
                "permissions",
            ] {
                answers.push(owner.get(&format!("/api/v1/{path}")).await.body);
            }
            answers.push(
                visitor
                    .login("owner@example.org", OTHER_PASSWORD)
                    .await
                    .body,
            );
            answers.push(
                visitor
                    .post(
                        "/api/v1/auth/login",
                        json!({"email": PASSWORD, "password": 7}),
                    )
                    .await
                    .body,
            );
            answers.push(
                visitor
                    .post(
                        "/api/v1/auth/reset-password",
                        json!({"token": &secrets[3], "password": PASSWORD}),
                    )
                    .await
                    .body,
            );
            // A stolen token, which is logged.
            let first = json!({"refresh_token": setup.body["refresh_token"]});
            let second = visitor.post("/api/v1/auth/refresh", first.clone()).await;
            secrets.push(
                second.body["refresh_token"]
                    .as_str()
                    .expect("a token")
                    .to_owned(),
            );
            site.clock.advance(std::time::Duration::from_secs(60));
            answers.push(visitor.post("/api/v1/auth/refresh", first).await.body);
            answers.push(
                owner
                    .send(Method::PATCH, "/api/v1/auth/me", "{}")
                    .await
                    .body,
            );

            let org = site
                .accounts
                .default_organization()
                .await
                .expect("there")
                .id;
            let audit = site
                .accounts
                .list_audit(
                    org,
                    &accounts::AuditFilter::default(),
                    accounts::PageRequest::first(),
                )
                .await;
            answers.push(serde_json::to_value(audit.expect("listed").data).expect("JSON"));
            let log = String::from_utf8_lossy(&log.0.lock()).into_owned();
            for secret in &secrets {
                assert!(!log.contains(secret.as_str()), "{secret} is in the log");
                for answer in &answers {
                    assert!(
                        !answer.to_string().contains(secret.as_str()),
                        "{secret} in {answer}"
                    );
                }
            }
            assert!(
                log.contains("was shown a second time"),
                "the theft is logged"
            );
            assert!(log.contains("the log is being read"));
        }
    })
    .await;
}
