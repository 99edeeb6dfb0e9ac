//! Nodes that send something out, against stand-ins.

use std::sync::Arc;

use accounts::{CreateCredential, Secret};
use flows::node::{NodeError, NodeErrorKind, Outcome, Output};
use flows::testing::World;
use flows::value::PortValues;
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::testing::for_each_db;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::standin::{Standin, world_with};

async fn run(
    world: &World,
    kind: &str,
    settings: Value,
    input: Value,
) -> Result<Output, NodeError> {
    let object = |value: Value| -> PortValues { value.as_object().cloned().expect("an object") };
    let node = world.flows.registry().get(kind).expect("the type is there");
    match world.run(node, &object(settings), object(input)).await? {
        Outcome::Done(output) => Ok(output),
        other => panic!("not done: {other:?}"),
    }
}

async fn credential(world: &World, provider: &str, name: &str, secret: &str) {
    let wanted = CreateCredential {
        provider: provider.to_owned(),
        name: name.to_owned(),
        kind: "api_key".to_owned(),
        secret: Secret::new(secret.to_owned()),
    };
    let made = world
        .flows
        .accounts()
        .create_credential(&world.actor, wanted);
    made.await.expect("kept");
}

async fn in_world(test: impl AsyncFn(World, Standin)) {
    for_each_db(async |db| {
        let server = Standin::start().await;
        test(world_with(db, &server).await, server).await;
    })
    .await;
}

/// An SMTP server that takes letters, or answers what it is told at their end.
#[derive(Clone, Default)]
struct PostOffice {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
    refusal: Arc<Mutex<Option<&'static str>>>,
}

impl PostOffice {
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let office = Self {
            port: listener.local_addr().expect("bound").port(),
            ..Self::default()
        };
        let server = office.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(socket));
            }
        });
        office
    }

    async fn serve(self, socket: TcpStream) -> Option<()> {
        let (reading, mut writing) = socket.into_split();
        let mut lines = BufReader::new(reading).lines();
        writing.write_all(b"220 office\r\n").await.ok()?;
        let mut letter = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => "250-office\r\n250 AUTH PLAIN",
                "AUTH" if line.ends_with("AGFkYUB4Lm9yZwBwYXNz") => "235 welcome",
                "AUTH" => "535 unknown",
                "DATA" => {
                    writing.write_all(b"354 go on\r\n").await.ok()?;
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        letter.push_str(&line);
                        letter.push('\n');
                    }
                    let refusal = *self.refusal.lock();
                    if refusal.is_none() {
                        self.taken.lock().push(std::mem::take(&mut letter));
                    }
                    refusal.unwrap_or("250 taken")
                }
                "QUIT" => "221 bye",
                _ => {
                    letter.push_str(&line);
                    letter.push('\n');
                    "250 fine"
                }
            };
            let answer = format!("{answer}\r\n");
            writing.write_all(answer.as_bytes()).await.ok()?;
        }
        None
    }
}

fn letter() -> Value {
    json!({"credential": "smtp/main", "from": "Shop <shop@example.org>",
        "to": "ada@example.org, Bo <bo@example.org>", "bcc": "boss@example.org",
        "subject": "Your order\r\nBcc: evil@example.org", "body": "It is on its way."})
}

#[tokio::test]
async fn a_mail_goes_out_to_all_with_its_attachments_and_no_header_is_smuggled_in() {
    in_world(async |world, _| {
        let office = PostOffice::open().await;
        let url = format!("smtp://ada%40x.org:pass@127.0.0.1:{}?tls=none", office.port);
        credential(&world, "smtp", "main", &url).await;
        let csv = json!({"rows": [{"a": 1}]});
        let csv = run(
            &world,
            "data.csv_write",
            json!({"file_name": "order.csv"}),
            csv,
        )
        .await;
        let file = csv.expect("written").values["file"].clone();
        let sent = run(
            &world,
            "output.email",
            letter(),
            json!({"attachments": [file]}),
        )
        .await;
        let sent = sent.expect("sent").values;
        assert_eq!(
            sent["accepted"],
            json!(["ada@example.org", "bo@example.org", "boss@example.org"])
        );
        let taken = office.taken.lock().clone();
        assert_eq!(taken.len(), 1);
        let (envelope, text) = taken[0].split_once("From:").expect("headers");
        for address in ["ada@example.org", "bo@example.org", "boss@example.org"] {
            assert!(
                envelope.contains(&format!("RCPT TO:<{address}>")),
                "{envelope}"
            );
        }
        assert!(!envelope.contains("evil"), "{envelope}");
        assert!(!text.to_lowercase().contains("\nbcc:"), "{text}");
        assert!(
            text.contains("Subject: Your order Bcc: evil@example.org"),
            "{text}"
        );
        assert!(
            text.contains("filename=\"order.csv\"") && text.contains("It is on its way."),
            "{text}"
        );
        assert!(
            text.contains(sent["message_id"].as_str().expect("an id")),
            "{text}"
        );
        // HTML has a plain text beside it.
        let mut html = letter();
        html["body_is"] = "html".into();
        html["body"] = "<h1>Hello</h1><p>Tea &amp; cake</p>".into();
        run(&world, "output.email", html, json!({}))
            .await
            .expect("sent");
        let text = office.taken.lock()[1].clone();
        assert!(
            text.contains("text/plain") && text.contains("Tea & cake"),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_refuses_is_named_and_only_a_passing_refusal_is_retried() {
    in_world(async |world, _| {
        let office = PostOffice::open().await;
        let url = format!("smtp://ada%40x.org:pass@127.0.0.1:{}?tls=none", office.port);
        credential(&world, "smtp", "main", &url).await;
        for (answer, retryable) in [("451 try later", true), ("554 no spam", false)] {
            *office.refusal.lock() = Some(answer);
            let error = run(&world, "output.email", letter(), json!({})).await;
            let error = error.expect_err("refused");
            assert_eq!(
                (error.kind, error.retryable),
                (NodeErrorKind::Upstream, retryable),
                "{error}"
            );
        }
        let wrong = format!(
            "smtp://ada%40x.org:wrong@127.0.0.1:{}?tls=none",
            office.port
        );
        credential(&world, "smtp", "wrong", &wrong).await;
        let mut other = letter();
        other["credential"] = "smtp/wrong".into();
        let error = run(&world, "output.email", other.clone(), json!({})).await;
        let error = error.expect_err("unknown");
        assert_eq!(
            (error.kind, error.retryable),
            (NodeErrorKind::Forbidden, false),
            "{error}"
        );
        other["to"] = "nobody".into();
        let error = run(&world, "output.email", other, json!({})).await;
        assert_eq!(error.expect_err("no address").field.as_deref(), Some("to"));
        assert!(office.taken.lock().is_empty());
    })
    .await;
}

#[tokio::test]
async fn mail_servers_in_private_networks_are_refused() {
    for_each_db(async |db| {
        let world = World::new(db).await;
        credential(&world, "smtp", "main", "smtp://127.0.0.1:25?tls=none").await;
        let error = run(&world, "output.email", letter(), json!({})).await;
        let error = error.expect_err("refused");
        assert_eq!(error.kind, NodeErrorKind::Forbidden, "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_called_with_a_signature_that_its_receiver_can_check() {
    in_world(async |world, server| {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        credential(&world, "webhook", "shop", secret.expose()).await;
        server.give(204, &[], "");
        let settings = json!({"url": server.url("/orders"), "credential": "webhook/shop"});
        let input = json!({"payload": {"order": 7}});
        let sent = run(&world, "output.webhook", settings.clone(), input.clone()).await;
        assert_eq!(sent.expect("sent").values["status"], 204);
        let asked = &server.asked()[0];
        assert_eq!(asked.json(), json!({"order": 7}));
        let header = |name: &str| asked.headers[name].to_str().expect("text").to_owned();
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        let body = String::from_utf8(asked.body.clone()).expect("text");
        let expected = accounts::sign_webhook(&secret, &id, time.parse().expect("a number"), &body);
        assert_eq!(header("webhook-signature"), expected);
        server.give(503, &[("retry-after", "7")], "later");
        let error = run(&world, "output.webhook", settings, input)
            .await
            .expect_err("refused");
        assert_eq!(
            (error.retryable, error.retry_after_ms),
            (true, Some(7_000)),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn messages_reach_chat_programs_in_their_own_forms_and_addresses_stay_secret() {
    in_world(async |world, server| {
        let url = server.url("/hook/T0P-S3CRET");
        for provider in ["slack", "discord", "teams"] {
            credential(&world, provider, "main", &url).await;
        }
        credential(&world, "telegram", "bot", "123:T0P-S3CRET").await;
        let say = async |to: &str, name: &str, text: &str| {
            let settings = json!({"to": to, "credential": format!("{to}/{name}"), "chat_id": "42",
                "api_url": server.url("")});
            run(&world, "output.notify", settings, json!({"text": text})).await
        };
        for to in ["slack", "discord", "teams"] {
            server.give(200, &[], "ok");
            say(to, "main", "@everyone tea!").await.expect("sent");
        }
        server.give(200, &[], "{}");
        say("telegram", "bot", "tea!").await.expect("sent");
        let asked = server.asked();
        assert_eq!(asked[0].json(), json!({"text": "@everyone tea!"}));
        assert_eq!(asked[1].json()["allowed_mentions"], json!({"parse": []}));
        assert_eq!(
            asked[2].json()["attachments"][0]["content"]["body"][0]["text"],
            "@everyone tea!"
        );
        assert_eq!(asked[3].path, "/bot123:T0P-S3CRET/sendMessage");
        assert_eq!(asked[3].json(), json!({"chat_id": "42", "text": "tea!"}));
        server.give(200, &[], "ok");
        say("discord", "main", &"é".repeat(2_500))
            .await
            .expect("sent");
        let cut = server.asked()[4].json()["content"]
            .as_str()
            .map(|text| text.chars().count());
        assert_eq!(cut, Some(2_000));
        server.give(404, &[], "no_team");
        let error = say("slack", "main", "tea!").await.expect_err("refused");
        assert!(
            !error.to_string().contains("S3CRET") && !error.retryable,
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_evaluator_weighs_criteria_and_goes_two_ways() {
    in_world(async |world, server| {
        let settings = json!({"model": "openai/gpt-4o-mini", "threshold": 0.6, "criteria": [
            {"id": "true", "description": "Says only what the reference says.", "weight": 3},
            {"id": "short", "description": "Has at most one sentence."},
        ]});
        let judge = async |right: f64| {
            let judged = json!({"true": {"reason": "It is made up.", "score": right},
                "short": {"reason": "It is one sentence.", "score": 10}});
            server.say(&judged.to_string());
            let input = json!({"text": "Tea is blue.", "reference": "Tea is green."});
            run(&world, "ai.evaluate", settings.clone(), input)
                .await
                .expect("judged")
        };
        let bad = judge(2.0).await;
        assert_eq!(bad.values["score"], json!(0.4));
        assert!(bad.is_live("fail") && !bad.is_live("pass"));
        assert_eq!(bad.values["feedback"], "true: It is made up.");
        let good = judge(9.0).await;
        assert_eq!(good.values["score"], json!(0.925));
        assert!(good.is_live("pass") && !good.is_live("fail"));
        let asked = server.asked()[0].json()["messages"].to_string();
        assert!(
            asked.contains("Tea is green.") && asked.contains("at most one sentence"),
            "{asked}"
        );
    })
    .await;
}
