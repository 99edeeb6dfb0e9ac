//! A canary in every secret field of the API is in no answer, log, export or dump of the database.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use accounts::Role;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Db, Pools};
use tracing_subscriber::fmt::MakeWriter;

use crate::site::{Site, at_each_site};

const CANARY: &str = "canary-Zk81-gorgon-violet-harbour";
const SETTINGS: &str = "[providers.openai]\nbase_url = \"http://127.0.0.1:1/v1\"\n\
     api_key = \"canary-Zk81-gorgon-violet-harbour-of-the-configuration\"\n\
     [gateway.retry]\nmax_retries = 0\n\
     [email]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\nfrom = \"ai@example.org\"\n\
     username = \"u\"\npassword = \"canary-Zk81-gorgon-violet-harbour-of-the-mail\"\n\
     [accounts]\nregistration = \"open\"\n";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
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

/// Puts the canary into each field whose format is `password`; whether there was one.
fn plant(site: &Site, schema: &Value, body: &mut Value) -> bool {
    let mut planted = false;
    let properties = site.resolve(schema)["properties"].as_object();
    for (name, property) in properties.into_iter().flatten() {
        if holds_secret(site, property) {
            body[name] = json!(CANARY);
            planted = true;
        }
    }
    planted
}

fn holds_secret(site: &Site, schema: &Value) -> bool {
    let own = site.resolve(schema);
    let choices = own["oneOf"].as_array().or_else(|| own["anyOf"].as_array());
    own["format"] == "password"
        || choices.is_some_and(|all| all.iter().any(|one| holds_secret(site, one)))
}

/// All that the database holds, as far as it can be read as text.
async fn dump(db: &Db) -> String {
    match db.pools() {
        Pools::Sqlite { writer, .. } => {
            sqlx::query("PRAGMA wal_checkpoint(FULL)")
                .execute(writer)
                .await
                .expect("folded");
            let mut text = String::new();
            for file in std::fs::read_dir(&db.config().data_dir).expect("a folder") {
                let path = file.expect("a file").path();
                // The file of the master key is a secret by itself.
                if path.is_file() && path.extension().is_none_or(|e| e != "key") {
                    let bytes = std::fs::read(&path).expect("readable");
                    text.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
            text
        }
        Pools::Postgres(pool) => {
            let tables: Vec<(String,)> =
                sqlx::query_as("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
                    .fetch_all(pool)
                    .await
                    .expect("listed");
            let mut text = String::new();
            for (table,) in tables {
                let rows: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
                    "SELECT row_to_json(t)::text FROM {table} t"
                )))
                .fetch_all(pool)
                .await
                .expect("read");
                text.extend(rows.into_iter().map(|(row,)| row));
            }
            // Bytes are shown in hexadecimal: what is not encrypted would show there.
            let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
            text.replace(&hex, CANARY)
        }
    }
}

#[tokio::test]
async fn no_secret_leaves_where_it_was_put() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    // For the whole process: with one for this thread alone, places that another test's thread
    // comes to first are taken for silent.
    tracing::subscriber::set_global_default(subscriber).expect("no other test sets one");
    at_each_site(SETTINGS, async |site| {
        let root = site.set_up().await;
        let actor = site.organization("ours").await;
        let (owner, _) = site.person(&actor, Role::Owner, "owner").await;
        let mut secrets = vec![CANARY.to_owned()];
        let mut shown_once = Vec::new();
        let mut planted = 0;
        // What makes records first: the changes find something to change.
        let mut operations = site.operations();
        operations.sort_by_key(|o| o.method != Method::POST);
        let mut ids: Vec<String> = Vec::new();
        for operation in &operations {
            let Some(schema) = site.body_schema(operation) else {
                continue;
            };
            let mut body = site.example(operation).unwrap_or_else(|| json!({}));
            if !plant(&site, schema, &mut body) {
                continue;
            }
            planted += 1;
            let paths: Vec<String> = match operation.path.contains("{id}") {
                true => ids
                    .iter()
                    .map(|id| operation.path.replace("{id}", id))
                    .collect(),
                false => vec![operation.path.clone()],
            };
            for path in paths {
                let key = [("idempotency-key", operation.id())];
                let answer = site
                    .send(&operation.method, &path, Some(&owner), &key, Some(&body))
                    .await;
                assert!(
                    !answer.text.contains(CANARY),
                    "{}: {}",
                    operation.id(),
                    answer.text
                );
                if let Some(id) = answer.json()["id"].as_str()
                    && !ids.iter().any(|known| known == id)
                {
                    ids.push(id.to_owned());
                }
            }
        }
        let made = json!({"name": "c"});
        let made = site.post("/api/v1/collections", &owner, made).await;
        let collection = made.json()["id"].as_str().expect("an id").to_owned();
        let bucket = json!({"name": "b", "secret_access_key": CANARY, "location": {"type": "s3",
            "bucket": "handbook", "endpoint": "http://127.0.0.1:1", "access_key_id": "k"}});
        let sources = format!("/api/v1/collections/{collection}/sources");
        for path in [sources.clone(), format!("{sources}/test")] {
            let answer = site.post(&path, &owner, bucket.clone()).await;
            let shown = &answer.text;
            let is_kept = answer.status == StatusCode::CREATED;
            assert_eq!(is_kept, path == sources, "{shown}");
            assert!(!shown.contains(CANARY), "{shown}");
        }
        let shown = site.get(&sources, &owner).await;
        assert_eq!(
            shown.json()["data"][0]["has_secret"],
            true,
            "{}",
            shown.text
        );
        assert!(!shown.text.contains(CANARY), "{}", shown.text);
        assert!(planted >= 12, "{planted} operations with secrets");
        assert_eq!(ids.len(), 1, "a credential was stored: {ids:?}");
        // Secrets that the server makes are in one answer each.
        let key = [("idempotency-key", "once")];
        let made = json!({"name": "k"});
        let made = site
            .send(
                &Method::POST,
                "/api/v1/keys",
                Some(&owner),
                &key,
                Some(&made),
            )
            .await;
        shown_once.push(made.json()["key"].as_str().expect("shown").to_owned());
        let url = json!({"url": "https://hooks.example.org/x"});
        let put = site
            .send(
                &Method::PUT,
                "/api/v1/webhook",
                Some(&owner),
                &[],
                Some(&url),
            )
            .await;
        shown_once.push(put.json()["secret"].as_str().expect("shown").to_owned());
        secrets.extend(shown_once);
        let test = json!({});
        let test = site
            .post(
                &format!("/api/v1/credentials/{}/test", ids[0]),
                &owner,
                test,
            )
            .await;
        assert_eq!(test.status, StatusCode::OK, "{}", test.text);

        let mut seen = String::new();
        for token in [&owner, &root] {
            for operation in site.operations().iter().filter(|o| o.method == Method::GET) {
                let path = operation
                    .path
                    .replace("{id}", &ids[0])
                    .replace("{month}", "2026-01");
                seen.push_str(&site.get(&path, token).await.text);
            }
        }
        let export = format!("/api/v1/organizations/{}/export", actor.org_id());
        let export = site.post(&export, &owner, json!({})).await;
        assert_eq!(export.status, StatusCode::OK);
        seen.push_str(&export.text);
        site.app.gateway.flush().await;
        let places = [
            ("an answer", seen),
            ("the log", log.text()),
            ("the database", dump(&site.app.db).await),
        ];
        for (place, text) in places {
            assert!(text.len() > 1_000, "{place} was read");
            for secret in &secrets {
                let at = text.find(secret.as_str());
                let around = at.map(|at| text[at.saturating_sub(200)..at].to_owned());
                assert!(at.is_none(), "{place} holds a secret after: {around:?}");
            }
        }
    })
    .await;
}
