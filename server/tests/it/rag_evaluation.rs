//! Evaluations as their users see them: questions of a collection, asked under two settings.

use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::hub::{Hub, PATIENCE};
use crate::site::at_each_site;

const CASES: &str = "/evaluation/cases";
const RUNS: &str = "/evaluation/runs";

/// Documents of which two have a word in common.
const TEXTS: [(&str, &str); 3] = [
    ("leave.md", "Everybody has thirty days of leave a year."),
    (
        "travel.md",
        "Trains are booked in second class. Nobody travels on days of leave.",
    ),
    ("lunch.md", "The canteen opens at eleven and closes at two."),
];

impl Hub<'_> {
    /// Adds the documents; gives their ids.
    async fn add_texts(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for (name, text) in TEXTS {
            let document = self.ingest(name, text.as_bytes(), &[]).await;
            assert_eq!(document["status"], "ready", "{document}");
            ids.push(document["id"].as_str().expect("an id").to_owned());
        }
        ids
    }

    async fn add_case(&self, question: &str, document: &str) -> Value {
        let case = json!({"question": question, "expected": [{"document": document}]});
        let made = self.post(CASES, case).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.json()
    }

    /// Begins an evaluation and gives it once it has ended.
    async fn evaluate(&self, name: &str, settings: Value) -> Value {
        let run = self
            .post(RUNS, json!({"name": name, "settings": settings}))
            .await;
        assert_eq!(run.status, StatusCode::ACCEPTED, "{}", run.text);
        let path = format!("{RUNS}/{}", run.json()["id"].as_str().expect("an id"));
        let began = Instant::now();
        loop {
            let run = self.get(&path).await.json();
            if !matches!(run["state"].as_str(), Some("queued" | "running")) {
                return run;
            }
            assert!(began.elapsed() < PATIENCE, "{run}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_collection_is_evaluated_under_two_settings() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let none = hub.post(RUNS, json!({"name": "too early"})).await;
        assert_eq!(none.status, StatusCode::CONFLICT, "{}", none.text);
        assert!(none.text.contains("no questions"), "{}", none.text);

        let documents = hub.add_texts().await;
        hub.add_case("Who has thirty days?", &documents[0]).await;
        hub.add_case("When does the canteen open?", &documents[2])
            .await;
        // The first result is another document: both words are also in a shorter one.
        let second = hub.add_case("days of leave", &documents[1]).await;

        let ten = hub
            .evaluate("ten", json!({"search": {"mode": "text", "limit": 10}}))
            .await;
        let metrics = &ten["metrics"];
        assert_eq!(
            (&ten["state"], &metrics["cases"]),
            (&json!("done"), &json!(3)),
            "{ten}"
        );
        assert_eq!(metrics["recall"], 1.0, "{ten}");
        assert!(metrics["citation_precision"].is_null(), "{ten}");
        let one = hub
            .evaluate("one", json!({"search": {"mode": "text", "limit": 1}}))
            .await;
        let recall = one["metrics"]["recall"].as_f64().expect("a number");
        assert!((recall - 2.0 / 3.0).abs() < 1e-9, "{one}");
        let missed = one["results"].as_array().expect("results").iter();
        let missed: Vec<_> = missed.filter(|r| r["metrics"]["recall"] == 0.0).collect();
        assert_eq!(missed.len(), 1, "{one}");
        assert_eq!(missed[0]["case"], second["id"]);
        assert_eq!(missed[0]["hits"][0]["expected"], false);
        assert_eq!(missed[0]["hits"][0]["document_name"], "leave.md");

        let list = hub.get(RUNS).await.json();
        let names = list["data"].as_array().expect("runs").iter();
        let names: Vec<_> = names
            .map(|run| run["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(names, ["one", "ten"]);
        let path = format!("{RUNS}/{}", ten["id"].as_str().expect("an id"));
        let gone = hub.send(Method::DELETE, &path, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
        assert_eq!(hub.get(&path).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn an_evaluation_with_answers_says_how_many_citations_are_right() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let documents = hub.add_texts().await;
        hub.add_case("How many days of leave does everybody have?", &documents[0])
            .await;
        hub.add_case("What is the capital of Mongolia?", &documents[2])
            .await;
        let settings =
            json!({"search": {"limit": 5}, "answer": {"model": "builtin/extract", "limit": 1}});
        let run = hub.evaluate("answers", settings).await;
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(run["metrics"]["answered"], 0.5, "{run}");
        assert_eq!(run["metrics"]["citation_precision"], 1.0, "{run}");
        let answer = &run["results"][0]["answer"];
        assert!(
            answer["text"]
                .as_str()
                .expect("text")
                .contains("thirty days"),
            "{run}"
        );
        assert_eq!(run["results"][1]["answer"]["found"], false, "{run}");
    })
    .await;
}

#[tokio::test]
async fn questions_that_cannot_be_asked_fail_alone_and_say_why() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let documents = hub.add_texts().await;
        hub.add_case("When does the canteen open?", &documents[2])
            .await;
        hub.add_case("Which class?", &documents[1]).await;
        let path = format!("/documents/{}", documents[1]);
        let gone = hub.send(Method::DELETE, &path, None).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
        let run = hub.evaluate("half", json!({})).await;
        let metrics = &run["metrics"];
        assert_eq!(
            (&metrics["cases"], &metrics["failed"]),
            (&json!(2), &json!(1)),
            "{run}"
        );
        assert_eq!(
            metrics["recall"], 1.0,
            "what cannot be asked counts in no mean: {run}"
        );
        let error = run["results"][1]["error"].as_str().expect("a reason");
        assert!(error.contains("does not exist"), "{error}");

        // A model that nobody has: the run ends, and each question says so.
        let settings = json!({"answer": {"model": "nobody/nothing"}});
        let run = hub.evaluate("no model", settings).await;
        assert_eq!(
            (&run["state"], &run["metrics"]["failed"]),
            (&json!("done"), &json!(2)),
            "{run}"
        );
        let error = run["results"][0]["error"].as_str().expect("a reason");
        assert!(error.contains("nobody/nothing"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn wrong_questions_and_settings_are_refused_by_name() {
    at_each_site("", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let documents = hub.add_texts().await;
        let case = hub
            .add_case("When does the canteen open?", &documents[2])
            .await;
        let nobody = "019a0000-0000-7000-8000-000000000001";
        for (body, status, why) in [
            (
                json!({"question": " ", "expected": [{"document": documents[0]}]}),
                400,
                "`question`",
            ),
            (json!({"question": "q", "expected": []}), 400, "`expected`"),
            (
                json!({"question": "q", "expected": [{"document": nobody}]}),
                404,
                nobody,
            ),
            (
                json!({"question": "q", "expected": [{"document": documents[0], "chunk": nobody}]}),
                404,
                "chunk",
            ),
        ] {
            let refused = hub.post(CASES, body).await;
            assert_eq!(refused.status.as_u16(), status, "{}", refused.text);
            assert!(refused.text.contains(why), "{}", refused.text);
        }
        for (body, why) in [
            (json!({"name": ""}), "`name`"),
            (
                json!({"name": "r", "settings": {"search": {"queries": ["x"]}}}),
                "`settings.search.queries`",
            ),
            (
                json!({"name": "r", "settings": {"search": {"limit": 51}}}),
                "`limit`",
            ),
            (
                json!({"name": "r", "settings": {"answer": {"relevance": 2}}}),
                "relevance",
            ),
            (json!({"name": "r", "settings": {"serach": {}}}), "serach"),
        ] {
            let refused = hub.post(RUNS, body).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
            assert!(refused.text.contains(why), "{}", refused.text);
        }
        let path = format!("{CASES}/{}", case["id"].as_str().expect("an id"));
        let changed =
            json!({"question": "Where?", "expected": [{"document": documents[1]}], "note": "n"});
        let changed = hub.send(Method::PUT, &path, Some(changed)).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        assert_eq!(hub.get(CASES).await.json()["data"][0]["question"], "Where?");
        let gone = hub.send(Method::DELETE, &path, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
        let none = hub.get(CASES).await.json();
        assert_eq!(none["data"], json!([]));
    })
    .await;
}
