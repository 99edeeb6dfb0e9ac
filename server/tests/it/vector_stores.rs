//! OpenAI's files and vector stores: their shapes, their rights, and that they work together.

use std::time::{Duration, Instant};

use accounts::CreateKey;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use rag::index::Place;
use rag::library::{NewFile, StoreRecord};
use serde_json::{Value, json};
use store::{Clock as _, Json, OrgId, SystemClock};
use tokio::task::JoinHandle;

use crate::hub::{BOUNDARY, PATIENCE, form};
use crate::site::{Answer, Site, at_each_site};

pub(crate) const LEAVE: &str = "# Leave\n\nEverybody has thirty days of leave a year.\n";
const TRAVEL: &str = "# Travel\n\nTrains are booked in second class.\n";

/// A client with a key of its own organization.
pub(crate) struct Client<'a> {
    site: &'a Site,
    org: OrgId,
    pub(crate) key: String,
    workers: Option<JoinHandle<()>>,
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        if let Some(workers) = self.workers.take() {
            workers.abort();
        }
    }
}

impl<'a> Client<'a> {
    pub(crate) async fn of(site: &'a Site, org: &str, wanted: CreateKey) -> Self {
        let actor = site.organization(org).await;
        let wanted = CreateKey {
            name: org.to_owned(),
            ..wanted
        };
        let key = site.app.accounts.create_key(&actor, wanted).await;
        Self {
            site,
            org: actor.org_id(),
            key: key.expect("made").key.expose().to_owned(),
            workers: None,
        }
    }

    /// With the hub's workers.
    async fn working(site: &'a Site) -> Self {
        let mut client = Self::of(site, "ours", CreateKey::default()).await;
        client.work();
        client
    }

    fn work(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "ends with the client")]
        let workers = tokio::spawn(self.site.app.rag.clone().run(std::future::pending()));
        self.workers = Some(workers);
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let path = format!("/v1/{path}");
        let key = Some(self.key.as_str());
        self.site
            .send(&method, &path, key, &[], body.as_ref())
            .await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }

    async fn delete(&self, path: &str) -> Value {
        let answer = self.call(Method::DELETE, path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }

    async fn upload(&self, name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/files")
            .header("host", "ai.test")
            .header("authorization", format!("Bearer {}", self.key))
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(Body::from(form(name, bytes, fields)))
            .expect("valid");
        self.site.exchange(request).await
    }

    pub(crate) async fn file(&self, name: &str, text: &str) -> String {
        let purpose = [("purpose", "assistants")];
        let made = self.upload(name, text.as_bytes(), &purpose).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        id(&made.json())
    }

    /// The object at `path`, once it is not in progress any more.
    async fn settled(&self, path: &str) -> Value {
        let began = Instant::now();
        loop {
            let now = self.get(path).await;
            if now["status"] != "in_progress" {
                return now;
            }
            assert!(began.elapsed() < PATIENCE, "{now}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        let answer = self.call(method, path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        let error = answer.json()["error"].clone();
        assert!(error["message"].is_string(), "{}", answer.text);
        assert!(error["type"].is_string(), "{}", answer.text);
        error
    }
}

pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

fn ids(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().expect("a list").iter();
    data.map(id).collect()
}

#[tokio::test]
async fn files_are_kept_listed_downloaded_and_deleted() {
    at_each_site("", async |site| {
        let client = Client::of(&site, "ours", CreateKey::default()).await;
        let expiring = [
            ("purpose", "user_data"),
            ("expires_after[anchor]", "created_at"),
            ("expires_after[seconds]", "3600"),
        ];
        let made = client
            .upload("../Leave.md", LEAVE.as_bytes(), &expiring)
            .await;
        let made = made.json();
        assert_eq!(made["object"], "file", "{made}");
        assert_eq!(made["filename"], "Leave.md");
        assert_eq!(made["bytes"], LEAVE.len());
        assert_eq!(made["purpose"], "user_data");
        assert_eq!(made["status"], "processed");
        let created = made["created_at"].as_i64().expect("seconds");
        assert_eq!(made["expires_at"], created + 3600);
        let first = id(&made);
        assert!(first.starts_with("file-"), "{first}");
        let second = client.file("Travel.md", TRAVEL).await;
        assert_eq!(client.get(&format!("files/{first}")).await, made);
        let content = client
            .call(Method::GET, &format!("files/{first}/content"), None)
            .await;
        assert_eq!(content.text, LEAVE);

        let page = client.get("files").await;
        assert_eq!(ids(&page), [second.clone(), first.clone()]);
        assert_eq!(page["first_id"], second);
        assert_eq!(page["has_more"], false);
        let page = client.get("files?limit=1&order=asc").await;
        assert_eq!(
            (ids(&page), &page["has_more"]),
            (vec![first.clone()], &json!(true))
        );
        let page = client.get(&format!("files?after={second}")).await;
        assert_eq!(ids(&page), [first.as_str()]);
        let page = client.get("files?purpose=assistants").await;
        assert_eq!(ids(&page), [second.as_str()]);

        let gone = client.delete(&format!("files/{first}")).await;
        assert_eq!(
            gone,
            json!({"id": first, "object": "file", "deleted": true})
        );
        let path = format!("files/{first}");
        client.refused(Method::GET, &path, None, 404).await;
        client.refused(Method::DELETE, &path, None, 404).await;
        client.delete(&format!("files/{second}")).await;
        let left = site.app.rag.blobs().keys(i64::MAX).await.expect("listed");
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn wrong_files_are_refused_and_leave_nothing() {
    at_each_site("[rag]\nmax_file_bytes = 1000\n", async |site| {
        let client = Client::of(&site, "ours", CreateKey::default()).await;
        for (bytes, fields, status, param) in [
            (&[b'a'; 2000][..], &[("purpose", "assistants")][..], 413, ""),
            (b"", &[("purpose", "assistants")], 400, "file"),
            (b"text", &[], 400, "purpose"),
            (b"text", &[("purpose", "fun")], 400, "purpose"),
            (b"text", &[("purpose", "batch"), ("x", "y")], 400, "x"),
            (
                b"text",
                &[
                    ("purpose", "batch"),
                    ("expires_after[anchor]", "created_at"),
                    ("expires_after[seconds]", "5"),
                ],
                400,
                "expires_after[seconds]",
            ),
        ] {
            let answer = client.upload("a.txt", bytes, fields).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
            let error = answer.json()["error"].clone();
            assert_eq!(error["type"], "invalid_request_error", "{error}");
            assert_eq!(
                error["param"].as_str().unwrap_or_default(),
                param,
                "{error}"
            );
        }
        let error = client
            .refused(Method::GET, "files?limit=0", None, 400)
            .await;
        assert_eq!(error["param"], "limit");
        let path = "files?after=nothing";
        client.refused(Method::GET, path, None, 400).await;
        let left = site.app.rag.blobs().keys(i64::MAX).await.expect("listed");
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn a_vector_store_is_filled_searched_and_deleted() {
    at_each_site("", async |site| {
        let client = Client::working(&site).await;
        let wanted = json!({"name": "Handbook", "metadata": {"team": "hr"},
            "expires_after": {"anchor": "last_active_at", "days": 7}});
        let store = client.post("vector_stores", wanted).await;
        assert_eq!(store["object"], "vector_store", "{store}");
        assert_eq!(store["status"], "completed");
        assert_eq!(store["metadata"], json!({"team": "hr"}));
        assert_eq!(store["file_counts"]["total"], 0);
        let active = store["last_active_at"].as_i64().expect("seconds");
        assert_eq!(store["expires_at"], active + 7 * 86_400);
        let path = format!("vector_stores/{}", id(&store));

        let leave = client.file("Leave.md", LEAVE).await;
        let wanted = json!({"file_id": leave, "attributes": {"year": 2026, "kind": "hr"},
            "chunking_strategy": {"type": "static", "static":
                {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}});
        let added = client.post(&format!("{path}/files"), wanted).await;
        assert_eq!(added["id"], leave);
        assert_eq!(added["object"], "vector_store.file");
        assert_eq!(added["vector_store_id"], store["id"]);
        let file = client.settled(&format!("{path}/files/{leave}")).await;
        assert_eq!(file["status"], "completed", "{file}");
        assert_eq!(file["last_error"], Value::Null);
        assert_eq!(file["usage_bytes"], LEAVE.len());
        assert_eq!(
            file["chunking_strategy"],
            json!({"type": "static", "static":
                {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}})
        );

        // Some at once, one of which cannot be read.
        let travel = client.file("Travel.md", TRAVEL).await;
        let broken = client.file("cut.pdf", "%PDF-1.7\n1 0 obj").await;
        let wanted = json!({"files": [
            {"file_id": travel, "attributes": {"kind": "travel"}}, {"file_id": broken}]});
        let batch = client.post(&format!("{path}/file_batches"), wanted).await;
        assert_eq!(batch["object"], "vector_store.files_batch", "{batch}");
        assert_eq!(batch["file_counts"]["total"], 2);
        let at = format!("{path}/file_batches/{}", id(&batch));
        let batch = client.settled(&at).await;
        assert_eq!(batch["status"], "completed", "{batch}");
        assert_eq!(
            batch["file_counts"],
            json!({"in_progress": 0, "completed": 1, "failed": 1, "cancelled": 0, "total": 2})
        );
        let failed = client.get(&format!("{at}/files?filter=failed")).await;
        assert_eq!(ids(&failed), [broken.as_str()]);
        assert_eq!(
            failed["data"][0]["last_error"]["code"], "invalid_file",
            "{failed}"
        );
        let all = client.get(&format!("{path}/files?order=asc&limit=2")).await;
        assert_eq!(
            (ids(&all)[0].as_str(), &all["has_more"]),
            (leave.as_str(), &json!(true))
        );
        let last = all["last_id"].as_str().expect("an id");
        let rest = client
            .get(&format!("{path}/files?order=asc&after={last}"))
            .await;
        assert_eq!((ids(&rest).len(), &rest["has_more"]), (1, &json!(false)));
        let back = client
            .get(&format!("{path}/files?order=asc&before={last}"))
            .await;
        assert_eq!(ids(&back), [leave.as_str()]);
        let counted = client.get(&path).await;
        assert_eq!(counted["file_counts"]["completed"], 2, "{counted}");
        assert_eq!(counted["usage_bytes"], LEAVE.len() + TRAVEL.len());

        // The same file again is the same file.
        let again = json!({"file_id": leave});
        let again = client.post(&format!("{path}/files"), again).await;
        assert_eq!(again["created_at"], file["created_at"]);
        let set = json!({"attributes": {"kind": "leave"}});
        let set = client.post(&format!("{path}/files/{leave}"), set).await;
        assert_eq!(set["attributes"], json!({"kind": "leave"}));

        let search = format!("{path}/search");
        let found = json!({"query": "days of leave", "max_num_results": 5,
            "ranking_options": {"ranker": "auto", "score_threshold": 0.0}});
        let found = client.post(&search, found).await;
        assert_eq!(found["object"], "vector_store.search_results.page");
        assert_eq!(found["search_query"], json!(["days of leave"]));
        let best = &found["data"][0];
        assert_eq!(
            (&best["file_id"], &best["filename"]),
            (&json!(leave), &json!("Leave.md"))
        );
        assert_eq!(best["attributes"], json!({"kind": "leave"}));
        let text = best["content"][0]["text"].as_str().expect("text");
        assert!(text.contains("thirty days"), "{found}");
        let filters = json!({"type": "eq", "key": "kind", "value": "travel"});
        let found =
            json!({"query": ["leave", "trains"], "filters": filters, "rewrite_query": true});
        let found = client.post(&search, found).await;
        let of_travel = |hit: &Value| hit["file_id"] == json!(travel);
        let hits = found["data"].as_array().expect("hits");
        assert!(!hits.is_empty() && hits.iter().all(of_travel), "{found}");

        let content = client.get(&format!("{path}/files/{leave}/content")).await;
        let text = content["data"][0]["text"].as_str().expect("text");
        assert!(text.contains("thirty days"), "{content}");
        let changed = json!({"name": "Renamed", "expires_after": null, "metadata": {}});
        let changed = client.post(&path, changed).await;
        assert_eq!(
            (&changed["name"], &changed["metadata"]),
            (&json!("Renamed"), &json!({}))
        );
        assert!(changed.get("expires_after").is_none(), "{changed}");

        // Out of the store, the file itself stays; deleted, it leaves the store too.
        let gone = client.delete(&format!("{path}/files/{leave}")).await;
        assert_eq!(
            gone,
            json!({"id": leave, "object": "vector_store.file.deleted", "deleted": true})
        );
        client.get(&format!("files/{leave}")).await;
        client.delete(&format!("files/{travel}")).await;
        let at = format!("{path}/files/{travel}");
        client.refused(Method::GET, &at, None, 404).await;
        let gone = client.delete(&path).await;
        assert_eq!(gone["object"], "vector_store.deleted");
        client.refused(Method::GET, &path, None, 404).await;
        client.delete(&format!("files/{leave}")).await;
        client.delete(&format!("files/{broken}")).await;
        let left = site.app.rag.blobs().keys(i64::MAX).await.expect("listed");
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn a_batch_can_be_cancelled_and_expired_stores_lose_their_files() {
    at_each_site("", async |site| {
        // Nobody works here: what is queued stays queued.
        let mut client = Client::of(&site, "ours", CreateKey::default()).await;
        let file = client.file("Leave.md", LEAVE).await;
        let store =
            json!({"file_ids": [], "expires_after": {"anchor": "last_active_at", "days": 1}});
        let store = client.post("vector_stores", store).await;
        let path = format!("vector_stores/{}", id(&store));
        let batch = json!({"file_ids": [file]});
        let batch = client.post(&format!("{path}/file_batches"), batch).await;
        assert_eq!(batch["status"], "in_progress");
        assert_eq!(client.get(&path).await["status"], "in_progress");
        let at = format!("{path}/file_batches/{}", id(&batch));
        let cancelled = client.post(&format!("{at}/cancel"), json!({})).await;
        assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
        assert_eq!(cancelled["file_counts"]["cancelled"], 1, "{cancelled}");
        assert_eq!(client.get(&path).await["status"], "completed");

        // As if its day had passed.
        let library = site.app.rag.library();
        let hex = id(&store).replace("vs_", "");
        let place = Place {
            org: client.org,
            collection: hex.parse().expect("a UUID"),
        };
        let yesterday = SystemClock.now().minus(Duration::from_secs(86_401));
        let record = StoreRecord {
            made_here: true,
            metadata: Json::default(),
            expires_days: Some(1),
            last_active_at: yesterday,
            expires_at: None,
            expired: false,
        };
        let record = record.used(yesterday);
        let put = library.put_store_record(place, &record).await;
        put.expect("put");
        let new = NewFile {
            name: "short.txt".to_owned(),
            expires_seconds: Some(0),
            ..NewFile::default()
        };
        let short = library.create_file(client.org, new).await.expect("made");
        assert_eq!(client.get(&path).await["status"], "expired");
        let search = format!("{path}/search");
        let question = Some(json!({"query": "leave"}));
        client.refused(Method::POST, &search, question, 400).await;
        let files = format!("{path}/files");
        let again = Some(json!({"file_id": file}));
        client.refused(Method::POST, &files, again, 400).await;
        let short = format!("files/{}", short.id.public());
        client.refused(Method::GET, &short, None, 404).await;
        client.work();
        let began = Instant::now();
        while !ids(&client.get(&files).await).is_empty() {
            assert!(began.elapsed() < PATIENCE, "its files are still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(client.get(&path).await["status"], "expired");
        client.get(&format!("files/{file}")).await;
    })
    .await;
}

#[tokio::test]
async fn wrong_stores_batches_and_searches_are_refused_with_the_field() {
    at_each_site("", async |site| {
        let client = Client::of(&site, "ours", CreateKey::default()).await;
        let store = client.post("vector_stores", json!({"name": "A"})).await;
        let path = format!("vector_stores/{}", id(&store));
        let file = client.file("Leave.md", LEAVE).await;
        let cut = |most: u32, overlap: u32| {
            json!({"file_id": file, "chunking_strategy": {"type": "static", "static":
                {"max_chunk_size_tokens": most, "chunk_overlap_tokens": overlap}}})
        };
        let files = format!("{path}/files");
        let batches = format!("{path}/file_batches");
        let search = format!("{path}/search");
        for (path, body, status, param) in [
            (
                "vector_stores",
                json!({"expires_after": {"anchor": "now", "days": 1}}),
                400,
                "expires_after.anchor",
            ),
            (
                "vector_stores",
                json!({"expires_after": {"anchor": "last_active_at", "days": 0}}),
                400,
                "expires_after.days",
            ),
            ("vector_stores", json!({"file_ids": ["file-none"]}), 404, ""),
            ("vector_stores", json!({"unknown": 1}), 400, ""),
            ("vector_stores/vs_none", json!({"name": "x"}), 404, ""),
            (
                &files,
                cut(50, 10),
                400,
                "chunking_strategy.static.max_chunk_size_tokens",
            ),
            (
                &files,
                cut(200, 150),
                400,
                "chunking_strategy.static.chunk_overlap_tokens",
            ),
            (&files, json!({"file_id": "file-none"}), 404, ""),
            (&batches, json!({}), 400, "file_ids"),
            (&batches, json!({"file_ids": []}), 400, "file_ids"),
            (
                &search,
                json!({"query": "x", "max_num_results": 51}),
                400,
                "max_num_results",
            ),
            (
                &search,
                json!({"query": "x", "filters": {"type": "like", "key": "a", "value": "b"}}),
                400,
                "",
            ),
            (&search, json!({}), 400, ""),
        ] {
            let error = client.refused(Method::POST, path, Some(body), status).await;
            assert_eq!(
                error["param"].as_str().unwrap_or_default(),
                param,
                "{path}: {error}"
            );
        }
        // Nothing was left behind by a store that could not be filled.
        assert_eq!(ids(&client.get("vector_stores").await), [id(&store)]);
        assert!(ids(&client.get(&files).await).is_empty());
    })
    .await;
}
