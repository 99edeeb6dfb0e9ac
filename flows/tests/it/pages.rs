use accounts::http::PeerAddress;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use flows::graph::Graph;
use flows::{UpdateWorkflow, Workflow};
use serde_json::{Value, json};
use store::testing::for_each_db;
use tower::ServiceExt as _;

use crate::deploy::{Site, bot};
use crate::standin::{Standin, world_with};
use crate::support::{edge, node};

/// A published flow with a page, and the model it speaks with.
struct Shown {
    site: Site,
    flow: Workflow,
    kind: &'static str,
    /// `/pages/{token}`.
    api: String,
    vendor: Standin,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn code(&self) -> String {
        let code = self.json()["error"]["code"].clone();
        code.as_str().unwrap_or_default().to_owned()
    }

    /// The events of a stream.
    fn events(&self) -> Vec<Value> {
        let lines = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        lines
            .map(|data| serde_json::from_str(data).expect("JSON"))
            .collect()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

const ADDRESS: &str = "192.0.2.7";

impl Shown {
    async fn new(db: store::Db, kind: &'static str, graph: Graph, page: Value) -> Self {
        let vendor = Standin::start().await;
        let site = Site::new(world_with(db, &vendor).await);
        let flow = site.publish("Help", graph).await;
        let mut shown = Self {
            site,
            flow,
            kind,
            api: String::new(),
            vendor,
        };
        let (status, put) = shown.put(page).await;
        assert_eq!(status, StatusCode::OK, "{put}");
        shown
    }

    /// Sets the page, and follows its address.
    async fn put(&mut self, page: Value) -> (StatusCode, Value) {
        let path = format!("/api/v1/workflows/{}/pages/{}", self.flow.id, self.kind);
        let (status, put) = self.site.json("PUT", &path, &page).await;
        if let Some(path) = put["path"].as_str() {
            let prefix = format!("/{}/", self.kind);
            let token = path.strip_prefix(&prefix).expect("its kind");
            assert_eq!(token.len(), 32, "192 bits");
            self.api = format!("/pages/{token}");
        }
        (status, put)
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        (headers, address): (&[(&str, &str)], &str),
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api));
        request = request.header("host", "ai.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body.is_null() {
            true => Body::empty(),
            false => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        let mut request = request.body(body).expect("valid");
        let peer = PeerAddress(address.parse().expect("an address"));
        request.extensions_mut().insert(peer);
        let app = self.site.app.clone();
        let response = app.oneshot(request).await.expect("infallible");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("whole");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status,
            headers,
            text,
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, (headers, ADDRESS), &Value::Null)
            .await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.ask("POST", path, (headers, ADDRESS), &body).await
    }

    async fn say(&self, headers: &[(&str, &str)], text: &str) -> Answer {
        self.post("/messages", headers, json!({"message": text}))
            .await
    }

    async fn runs(&self) -> Vec<Value> {
        let path = format!("/api/v1/workflows/{}/executions", self.flow.id);
        let (_, page) = self.site.json("GET", &path, &Value::Null).await;
        page["data"].as_array().expect("a list").clone()
    }
}

fn on() -> Value {
    json!({"is_on": true})
}

fn conversation_of(answer: &Answer) -> String {
    let events = answer.events();
    let secret = events[0]["conversation"].as_str();
    secret.expect("a new conversation").to_owned()
}

#[tokio::test]
async fn a_chat_answers_as_it_grows_and_remembers_its_conversation_and_no_other() {
    for_each_db(|db| async {
        let mut graph = bot();
        graph.nodes[0]
            .settings
            .insert("greeting".to_owned(), json!("Hello!"));
        let chat = Shown::new(db, "chat", graph, on()).await;
        let shown = chat.get("", &[]).await.json();
        assert_eq!(shown["title"], "Help", "{shown}");
        assert_eq!(shown["greeting"], "Hello!");
        assert_eq!(shown["is_open"], true);

        chat.vendor.say("Until six.");
        let first = chat.say(&[], "Open today?").await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        let events = first.events();
        let texts: Vec<&str> = events
            .iter()
            .filter_map(|event| event["text"].as_str())
            .collect();
        assert_eq!(texts.concat(), "Until six.", "{events:?}");
        assert!(texts.len() > 1, "it comes as it grows: {texts:?}");
        let last = events.last().expect("an end");
        assert_eq!(last["type"], "done", "{events:?}");
        assert_eq!(last["turn"]["answer"], "Until six.");

        let secret = conversation_of(&first);
        let ours = [("x-nab-conversation", secret.as_str())];
        chat.vendor.say("Closed.");
        let second = chat.say(&ours, "And on Sunday?").await;
        assert_eq!(
            second.events()[0]["conversation"],
            Value::Null,
            "it goes on"
        );
        let turns = chat.get("/conversation", &ours).await.json();
        let said: Vec<&Value> = turns["turns"]
            .as_array()
            .expect("a list")
            .iter()
            .flat_map(|turn| [&turn["message"], &turn["answer"]])
            .collect();
        assert_eq!(
            said,
            ["Open today?", "Until six.", "And on Sunday?", "Closed."]
        );
        let runs = chat.runs().await;
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0]["trigger"], "chat", "{}", runs[0]);

        let others = chat.say(&[], "Hi").await;
        assert_ne!(conversation_of(&others), secret);
        for wrong in ["", "guess", &secret.to_lowercase()] {
            let answer = chat
                .get("/conversation", &[("x-nab-conversation", wrong)])
                .await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
        }
        let none = chat.get("/conversation", &[]).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn the_flow_is_told_what_was_said_before() {
    for_each_db(|db| async {
        let count = Graph {
            nodes: vec![
                node("chat", "input.chat", json!({})),
                node(
                    "end",
                    "output.return",
                    json!({"value": "{% for m in nodes.chat.output.messages %}{{ m.role }}:{{ m.content }};{% endfor %}"}),
                ),
            ],
            edges: vec![edge("chat.out", "end.in")],
            ..Graph::default()
        };
        let chat = Shown::new(db, "chat", count, on()).await;
        let first = chat.say(&[], "one").await;
        let last = first.events().pop().expect("an end");
        assert_eq!(last["turn"]["answer"], "user:one;", "{last}");
        let secret = conversation_of(&first);
        let second = chat.say(&[("x-nab-conversation", &secret)], "two").await;
        let last = second.events().pop().expect("an end");
        assert_eq!(
            last["turn"]["answer"], "user:one;assistant:user:one;;user:two;",
            "{last}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_page_is_gone_at_once_when_it_its_flow_or_its_trigger_is() {
    for_each_db(|db| async {
        let mut chat = Shown::new(db, "chat", bot(), on()).await;
        let open = chat.get("", &[]).await;
        assert_eq!(open.status, StatusCode::OK, "{}", open.text);
        let (good, api) = (chat.api.clone(), chat.api.clone());

        chat.put(json!({"is_on": false})).await;
        assert_eq!(chat.api, good, "the address stays");
        for answer in [chat.get("", &[]).await, chat.say(&[], "Hi").await] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
        chat.put(on()).await;
        assert_eq!(chat.get("", &[]).await.status, StatusCode::OK);

        let (flows, actor) = (&chat.site.world.flows, &chat.site.world.actor);
        let now = flows.get_workflow(actor.org_id(), chat.flow.id).await;
        let off: UpdateWorkflow = serde_json::from_value(
            json!({"revision": now.expect("there").revision, "is_active": false}),
        )
        .expect("an update");
        let saved = flows
            .update_workflow(actor, chat.flow.id, off)
            .await
            .expect("saved");
        assert_eq!(chat.say(&[], "Hi").await.status, StatusCode::NOT_FOUND);
        let again: UpdateWorkflow =
            serde_json::from_value(json!({"revision": saved.workflow.revision, "is_active": true}))
                .expect("an update");
        flows
            .update_workflow(actor, chat.flow.id, again)
            .await
            .expect("saved");
        assert_eq!(chat.get("", &[]).await.status, StatusCode::OK);

        let (_, put) = chat.put(json!({"is_on": true, "new_address": true})).await;
        assert_ne!(chat.api, good, "{put}");
        assert_eq!(chat.get("", &[]).await.status, StatusCode::OK);
        for wrong in [api, "/pages/guess".to_owned(), "/pages/%00".to_owned()] {
            chat.api = wrong;
            let answer = chat.get("", &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", chat.api);
        }
        let id = chat.flow.id;
        let form = format!("/api/v1/workflows/{id}/pages/form");
        let (status, put) = chat.site.json("PUT", &form, &on()).await;
        assert_eq!(status, StatusCode::OK, "{put}");
        let token = put["path"]
            .as_str()
            .expect("a path")
            .replace("/form/", "/pages/");
        chat.api = token;
        let none = chat.get("", &[]).await;
        assert_eq!(
            none.status,
            StatusCode::NOT_FOUND,
            "the flow has no such trigger"
        );
    })
    .await;
}

#[tokio::test]
async fn a_password_opens_a_page_until_it_is_another() {
    for_each_db(|db| async {
        let page = json!({"is_on": true, "access": "password"});
        let mut chat = Shown::new(db, "chat", bot(), on()).await;
        let (status, refused) = chat.put(page.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        let with = |password: &str| {
            let mut page = page.clone();
            page["password"] = password.into();
            page
        };
        let (status, put) = chat.put(with("lupine-orbit-mackerel")).await;
        assert_eq!(status, StatusCode::OK, "{put}");
        assert_eq!(put["has_password"], true);
        assert!(!put.to_string().contains("lupine"), "{put}");
        let looks = chat.get("", &[]).await.json();
        assert_eq!(looks["is_open"], false, "{looks}");
        assert!(looks.get("greeting").is_none(), "{looks}");
        assert_eq!(chat.say(&[], "Hi").await.code(), "password_required");

        let wrong = chat
            .post("/unlock", &[], json!({"password": "guess"}))
            .await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN);
        let right = json!({"password": "lupine-orbit-mackerel"});
        let grant = chat.post("/unlock", &[], right.clone()).await.json();
        let grant = grant["grant"].as_str().expect("a grant").to_owned();
        let open = [("x-nab-page-grant", grant.as_str())];
        assert_eq!(chat.say(&open, "Hi").await.status, StatusCode::OK);
        let (end, mac) = grant.split_once('.').expect("two parts");
        let later = format!("{}.{mac}", end.parse::<i64>().expect("a time") + 1);
        for forged in [later.as_str(), "", "9999999999.", mac] {
            let answer = chat.say(&[("x-nab-page-grant", forged)], "Hi").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{forged}");
        }
        for _ in 0..8 {
            chat.post("/unlock", &[], json!({"password": "guess"}))
                .await;
        }
        let tired = chat.post("/unlock", &[], right).await;
        assert_eq!(
            tired.status,
            StatusCode::TOO_MANY_REQUESTS,
            "{}",
            tired.text
        );

        chat.put(page.clone()).await;
        assert_eq!(
            chat.say(&open, "Hi").await.status,
            StatusCode::OK,
            "it stays"
        );
        chat.put(with("another-orbit-mackerel")).await;
        assert_eq!(chat.say(&open, "Hi").await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn a_page_for_members_knows_those_of_its_organization() {
    for_each_db(|db| async {
        let page = json!({"is_on": true, "access": "members"});
        let chat = Shown::new(db, "chat", bot(), page).await;
        let nobody = chat.say(&[], "Hi").await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
        assert_eq!(nobody.code(), "sign_in_required");
        let (_, strangers) = chat.site.world.stranger().await;
        let stranger = format!("Bearer {strangers}");
        let answer = chat.say(&[("authorization", &stranger)], "Hi").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let member = format!("Bearer {}", chat.site.world.key);
        let answer = chat.say(&[("authorization", &member)], "Hi").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    })
    .await;
}

#[tokio::test]
async fn pages_of_other_sites_call_only_where_they_are_allowed() {
    for_each_db(|db| async {
        let page =
            json!({"is_on": true, "settings": {"allowed_origins": ["https://www.example.org"]}});
        let chat = Shown::new(db, "chat", bot(), page).await;
        let frame = chat
            .site
            .deployments
            .page_frame("chat", &chat.api["/pages/".len()..]);
        let frame = frame.await.expect("read").expect("a page");
        assert_eq!(frame.origins, ["https://www.example.org"]);
        for wrong in [
            "https://evil.example",
            "https://www.example.org.evil.example",
            "null",
        ] {
            let refused = chat.say(&[("origin", wrong)], "Hi").await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{wrong}");
            assert_eq!(refused.code(), "origin_not_allowed");
            assert_eq!(refused.header("access-control-allow-origin"), "");
        }
        assert!(chat.runs().await.is_empty());
        let own = chat.say(&[("origin", "https://ai.test")], "Hi").await;
        assert_eq!(own.status, StatusCode::OK, "{}", own.text);
        assert_eq!(own.header("access-control-allow-origin"), "");
        let site = [("origin", "https://www.example.org")];
        let theirs = chat.say(&site, "Hi").await;
        assert_eq!(theirs.status, StatusCode::OK, "{}", theirs.text);
        assert_eq!(theirs.header("access-control-allow-origin"), site[0].1);
        let asked = [site[0], ("access-control-request-method", "POST")];
        let asked = chat
            .ask("OPTIONS", "/messages", (&asked, ADDRESS), &Value::Null)
            .await;
        assert_eq!(asked.status, StatusCode::NO_CONTENT);
        assert!(
            asked
                .header("access-control-allow-headers")
                .contains("x-nab-conversation")
        );
        let late = chat.post("/messages", &site, json!({"message": ""})).await;
        assert_eq!(late.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            late.header("access-control-allow-origin"),
            site[0].1,
            "errors can be read"
        );
    })
    .await;
}

#[tokio::test]
async fn visitors_and_pages_have_limits_that_name_themselves() {
    for_each_db(|db| async {
        let page = json!({"is_on": true, "settings":
            {"visitor_per_minute": 2, "page_per_hour": 3, "max_message_chars": 5}});
        let chat = Shown::new(db, "chat", bot(), page).await;
        assert_eq!(chat.say(&[], "too long").await.code(), "message_too_long");
        let from = async |address: &str| {
            let said = json!({"message": "Hi"});
            chat.ask("POST", "/messages", (&[], address), &said).await
        };
        assert_eq!(from(ADDRESS).await.code_or_ok(), "");
        assert_eq!(from(ADDRESS).await.code_or_ok(), "");
        let refused = from(ADDRESS).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.code(), "visitor_rate_exceeded");
        let wait: u32 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=61).contains(&wait), "{wait}");
        let mut all = Vec::new();
        for address in ["2001:db8::1", "2001:db8:1::1"] {
            all.push(from(address).await.code_or_ok());
        }
        assert_eq!(all, ["", "page_rate_exceeded"]);
        assert_eq!(chat.runs().await.len(), 3);
        chat.site
            .world
            .clock
            .advance(std::time::Duration::from_secs(3_600));
        for address in ["2001:db8::1", "2001:db8::2"] {
            assert_eq!(from(address).await.code_or_ok(), "", "an hour later");
        }
        let neighbour = from("2001:db8::3").await;
        assert_eq!(
            neighbour.code(),
            "visitor_rate_exceeded",
            "a network is one visitor"
        );
    })
    .await;
}

impl Answer {
    fn code_or_ok(&self) -> String {
        match self.status {
            StatusCode::OK => String::new(),
            _ => self.code(),
        }
    }
}

#[tokio::test]
async fn a_run_that_waits_or_fails_says_so_without_saying_why() {
    for_each_db(|db| async {
        let waiting = Graph {
            nodes: vec![
                node("chat", "input.chat", json!({})),
                node("ask", "logic.approval", json!({"message": "Send it?"})),
                node("end", "output.return", json!({"value": "Sent."})),
            ],
            edges: vec![edge("chat.out", "ask.in"), edge("ask.approve", "end.in")],
            ..Graph::default()
        };
        let chat = Shown::new(db, "chat", waiting, on()).await;
        let first = chat.say(&[], "Send it").await;
        let kinds: Vec<Value> = first.events().iter().map(|e| e["type"].clone()).collect();
        assert_eq!(kinds, ["begun", "waiting"], "{}", first.text);
        let secret = conversation_of(&first);
        let ours = [("x-nab-conversation", secret.as_str())];
        let turns = chat.get("/conversation", &ours).await.json();
        assert_eq!(turns["turns"][0]["state"], "waiting", "{turns}");
        let run = chat.runs().await[0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let answer = json!({"node": "ask", "button": "approve"});
        let path = format!("/api/v1/executions/{run}/answer");
        let (status, answered) = chat.site.json("POST", &path, &answer).await;
        assert_eq!(status, StatusCode::OK, "{answered}");
        for _ in 0..200 {
            let turns = chat.get("/conversation", &ours).await.json();
            if turns["turns"][0]["state"] == "done" {
                assert_eq!(turns["turns"][0]["answer"], "Sent.");
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let turns = chat.get("/conversation", &ours).await.json();
        assert_eq!(turns["turns"][0]["state"], "done", "{turns}");

        let broken = Graph {
            nodes: vec![
                node("chat", "input.chat", json!({})),
                node(
                    "stop",
                    "logic.stop",
                    json!({"message": "the secret is lupine"}),
                ),
            ],
            edges: vec![edge("chat.out", "stop.in")],
            ..Graph::default()
        };
        let flow = chat.site.publish("Broken", broken).await;
        let mut chat = Shown { flow, ..chat };
        chat.put(on()).await;
        let failed = chat.say(&[], "Hi").await;
        let last = failed.events().pop().expect("an end");
        assert_eq!(last["type"], "failed", "{last}");
        assert!(!failed.text.contains("lupine"), "{}", failed.text);
    })
    .await;
}

fn survey(fields: Value) -> Graph {
    Graph {
        nodes: vec![
            node(
                "form",
                "input.form",
                json!({"title": "Lunch", "thanks": "Enjoy!", "fields": fields}),
            ),
            node(
                "end",
                "output.return",
                json!({"value": "{{ nodes.form.output.input }}"}),
            ),
        ],
        edges: vec![edge("form.out", "end.in")],
        ..Graph::default()
    }
}

#[tokio::test]
async fn a_form_is_checked_and_shows_what_the_flow_returns() {
    for_each_db(|db| async {
        let fields = json!([
            {"name": "dish", "options": ["soup", "salad"], "required": true},
            {"name": "seats", "type": "number"},
            {"name": "menu", "type": "file"},
            {"name": "more", "type": "object"},
        ]);
        let form = Shown::new(db, "form", survey(fields), on()).await;
        let shown = form.get("", &[]).await.json();
        assert_eq!(shown["title"], "Lunch", "{shown}");
        assert_eq!(shown["fields"][0]["options"], json!(["soup", "salad"]));

        let file = json!({"name": "menu.txt", "media_type": "text/plain", "data": "dGVh"});
        for (wrong, why) in [
            (json!({}), "`dish`"),
            (json!({"dish": "cake"}), "soup, salad"),
            (json!({"dish": "soup", "seats": "many"}), "`seats`"),
            (json!({"dish": "soup", "menu": "text"}), "no file"),
            (json!({"dish": "soup", "drink": "tea"}), "`drink`"),
            (
                json!({"dish": "soup", "more": {"x": [{"$file": "0198c1f05a3e7c3e9d511f0a4f9d2b11"}]}}),
                "cannot name a file",
            ),
            (
                json!({"dish": "soup", "menu": {"$file": "0198c1f05a3e7c3e9d511f0a4f9d2b11"}}),
                "no file",
            ),
        ] {
            let refused = form.post("/submissions", &[], json!({"input": wrong})).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
            assert!(refused.text.contains(why), "{}", refused.text);
        }
        assert!(form.runs().await.is_empty());

        let input = json!({"dish": "soup", "seats": 2, "menu": file});
        let sent = form.post("/submissions", &[], json!({"input": input})).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);
        let turn = sent.json()["turn"].clone();
        assert_eq!(turn["state"], "done", "{turn}");
        let returned: Value =
            serde_json::from_str(turn["answer"].as_str().expect("a text")).expect("JSON");
        assert_eq!(returned["dish"], "soup");
        assert_eq!(returned["menu"]["name"], "menu.txt", "{returned}");
        assert_eq!(returned["menu"]["size_bytes"], 3);
        let as_chat = form.say(&[], "Hi").await;
        assert_eq!(as_chat.status, StatusCode::NOT_FOUND);

        let silent = Graph {
            nodes: vec![node("form", "input.form", json!({"thanks": "Enjoy!"}))],
            ..Graph::default()
        };
        let flow = form.site.publish("Silent", silent).await;
        let mut form = Shown { flow, ..form };
        form.put(on()).await;
        let sent = form.post("/submissions", &[], json!({"input": {}})).await.json();
        assert_eq!(sent["turn"]["answer"], "Enjoy!", "{sent}");
    })
    .await;
}
