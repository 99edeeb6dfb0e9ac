use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use flows::expression::Scope;
use flows::graph::DataType;
use flows::node::{
    Budget, Cause, Level, Live, NodeContext, NodeError, NodeErrorKind, NodeResult, Outcome, Output,
    Recorder, Resume,
};
use flows::testing::World;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use store::testing::for_each_db;

use crate::standin::{Standin, world_with};

const MODEL: &str = "openai/gpt-4o-mini";

#[derive(Default)]
struct Heard {
    pieces: Mutex<Vec<(String, Value)>>,
    tokens: AtomicU64,
    nano_usd: AtomicI64,
}

impl Recorder for Heard {
    fn log(&self, _: Level, _: &str, _: Value) {}

    fn stream(&self, port: &str, piece: Value) {
        self.pieces.lock().push((port.to_owned(), piece));
    }

    fn spent(&self, tokens: u64, nano_usd: i64) {
        self.tokens.fetch_add(tokens, Ordering::SeqCst);
        self.nano_usd.fetch_add(nano_usd, Ordering::SeqCst);
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn context(world: &World, heard: &Arc<Heard>) -> NodeContext {
    world.context(Scope::default(), Arc::clone(heard) as Arc<dyn Recorder>)
}

async fn run(context: &NodeContext, kind: &str, settings: Value, input: Value) -> NodeResult {
    let registry = flows::node::Registry::default();
    let node = registry.get(kind).expect("the type is there");
    let settings = object(settings);
    let mut input = object(input);
    for port in node.ports(&settings).inputs {
        if let Some(own) = settings.get(&port.name)
            && port.kind != DataType::Control
            && !input.contains_key(&port.name)
        {
            input.insert(port.name, own.clone());
        }
    }
    node.run(context, settings, input).await
}

fn done(result: NodeResult) -> Output {
    match result.expect("the node succeeds") {
        Outcome::Done(output) => output,
        other => panic!("not done: {other:?}"),
    }
}

fn failed(result: NodeResult) -> NodeError {
    result.expect_err("the node fails")
}

async fn in_world(test: impl AsyncFn(World, Standin)) {
    for_each_db(async |db| {
        let vendor = Standin::start().await;
        test(world_with(db, &vendor).await, vendor).await;
    })
    .await;
}

#[tokio::test]
async fn a_text_streams_and_its_tokens_and_money_are_the_runs() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        vendor.say("Tea is ready.");
        let settings = json!({"model": MODEL, "system": "Be brief.", "prompt": "Tea?", "temperature": 0.5});
        let input = json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]});
        let output = done(run(&context(&world, &heard), "ai.text", settings, input).await);
        assert_eq!(output.values["text"], "Tea is ready.");
        assert_eq!(output.values["usage"]["total_tokens"], 1500);
        let pieces: String = heard.pieces.lock().iter().filter_map(|(_, p)| p.as_str().map(str::to_owned)).collect();
        assert_eq!(pieces, "Tea is ready.");
        assert!(heard.pieces.lock().len() > 1, "more than one piece");
        assert_eq!(heard.tokens.load(Ordering::SeqCst), 1500);
        // 1000 tokens at $0.15 and 500 at $0.60 a million.
        assert_eq!(heard.nano_usd.load(Ordering::SeqCst), 450_000);
        let asked = vendor.asked()[0].json();
        assert_eq!(asked["messages"], json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": "Tea?"},
        ]));
        assert_eq!(asked["temperature"], 0.5);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_the_runs_budget_cannot_pay_is_not_made() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let mut context = context(&world, &heard);
        context.budget = Arc::new(Budget::new(Some(100_000), 0));
        let settings = json!({"model": MODEL, "prompt": "Tea?", "max_tokens": 1_000});
        let error = failed(run(&context, "ai.text", settings.clone(), json!({})).await);
        assert_eq!(error.kind, NodeErrorKind::Limit, "{error}");
        assert!(!error.retryable && vendor.asked().is_empty());
        context.budget = Arc::new(Budget::new(Some(10_000_000), 0));
        for _ in 0..2 {
            // What is set aside comes back: the second call has room too.
            vendor.say("Yes.");
            done(run(&context, "ai.text", settings.clone(), json!({})).await);
        }
    })
    .await;
}

#[tokio::test]
async fn json_that_does_not_fit_is_asked_for_again_with_the_reason() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}},
            "required": ["n"], "additionalProperties": false});
        let settings =
            json!({"model": MODEL, "prompt": "A number", "format": "json", "schema": schema});
        vendor.say("{\"n\": \"many\"}");
        vendor.say("```json\n{\"n\": 7}\n```");
        let output = done(run(&context, "ai.text", settings.clone(), json!({})).await);
        assert_eq!(output.values["json"], json!({"n": 7}));
        let asked = vendor.asked();
        assert_eq!(
            asked[0].json()["response_format"]["json_schema"]["strict"],
            true
        );
        let last = asked[1].json()["messages"]
            .as_array()
            .expect("messages")
            .last()
            .cloned();
        let last = last.expect("one")["content"]
            .as_str()
            .expect("text")
            .to_owned();
        assert!(last.contains("`n`"), "{last}");
        for _ in 0..3 {
            vendor.say("I would rather not.");
        }
        let error = failed(run(&context, "ai.text", settings, json!({})).await);
        assert_eq!(error.kind, NodeErrorKind::Input, "{error}");
    })
    .await;
}

#[tokio::test]
async fn failures_of_vendors_say_whether_another_attempt_makes_sense() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let settings = json!({"model": MODEL, "prompt": "Tea?"});
        let body =
            json!({"error": {"message": "slow down", "type": "rate_limit_error"}}).to_string();
        vendor.give(
            429,
            &[("content-type", "application/json"), ("retry-after", "120")],
            &body,
        );
        let error = failed(run(&context, "ai.text", settings, json!({})).await);
        assert!(error.retryable, "{error:?}");
        assert_eq!(error.kind, NodeErrorKind::Upstream);
        let settings = json!({"model": "nobody/knows", "prompt": "Tea?"});
        let error = failed(run(&context, "ai.text", settings, json!({})).await);
        assert_eq!(
            (error.kind, error.retryable),
            (NodeErrorKind::Missing, false)
        );
        assert_eq!(error.field.as_deref(), Some("model"));
    })
    .await;
}

#[tokio::test]
async fn fields_are_extracted_and_needed_ones_must_be_there() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let mut settings = json!({"model": MODEL, "text": "Ada, 3 boxes", "fields": [
            {"name": "who", "type": "text"}, {"name": "boxes", "type": "integer"},
            {"name": "day", "type": "date"}, {"name": "size", "type": "choice", "choices": ["s", "l"]},
        ]});
        let said = "{\"who\": \"Ada\", \"boxes\": 3, \"day\": null, \"size\": null}";
        vendor.say(said);
        let output = done(run(&context, "ai.extract", settings.clone(), json!({})).await);
        assert_eq!(output.values["fields"]["boxes"], 3);
        assert_eq!(output.values["missing"], json!(["day", "size"]));
        settings["fields"][2]["required"] = true.into();
        vendor.say(said);
        let error = failed(run(&context, "ai.extract", settings, json!({})).await);
        assert!(error.message.contains("day"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_classifier_goes_the_way_of_the_class() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let settings = json!({"model": MODEL, "text": "Where is my parcel?", "classes": [
            {"id": "delivery", "label": "Delivery"}, {"id": "refund", "label": "Refund"},
        ]});
        vendor.say("{\"class\": \"delivery\", \"reason\": \"A parcel.\", \"confidence\": 0.9}");
        let output = done(run(&context(&world, &heard), "ai.classify", settings, json!({})).await);
        let Live::Only(live) = &output.live else {
            panic!("some outputs only");
        };
        assert!(live.contains(&"delivery".to_owned()) && !live.contains(&"refund".to_owned()));
        assert_eq!(output.values["confidence"], 0.9);
    })
    .await;
}

#[tokio::test]
async fn long_texts_are_summarized_in_parts_and_translated_in_order() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let text = format!("{}\n\n{}", "a ".repeat(450), "b ".repeat(450));
        let settings = json!({"model": MODEL, "text": text, "piece_chars": 1_000, "parallel": 1});
        for said in ["first", "second", "both"] {
            vendor.say(said);
        }
        let output = done(run(&context, "ai.summarize", settings, json!({})).await);
        assert_eq!(output.values["summary"], "both");
        assert_eq!(output.values["parts"], 2);
        let last = vendor.asked()[2].json()["messages"][1]["content"].clone();
        assert_eq!(last, "first\n\nsecond");
        let text = format!("{}\n\n{}\n", "a".repeat(150), "b".repeat(150));
        let settings = json!({"model": MODEL, "text": text, "to": "German", "piece_chars": 200, "parallel": 1,
            "glossary": [{"term": "BBB", "translation": "ccc"}]});
        vendor.say("eins");
        vendor.say("zwei");
        let output = done(run(&context, "ai.translate", settings, json!({})).await);
        assert_eq!(output.values["text"], "eins\n\nzwei\n");
        let asked = vendor.asked();
        let system = |at: usize| asked[at].json()["messages"][0]["content"].to_string();
        assert!(!system(3).contains("BBB") && system(4).contains("BBB: ccc"));
    })
    .await;
}

#[tokio::test]
async fn an_agent_calls_services_code_and_flows_until_it_can_answer() {
    in_world(async |world, vendor| {
        let service = Standin::start().await;
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let parameters =
            json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]});
        let settings = json!({"model": MODEL, "prompt": "Where is order 7?", "tools": [
            {"name": "order", "description": "Looks up an order", "parameters": parameters,
             "action": {"kind": "http", "url": service.url("/orders/{id}")}},
            {"name": "double", "action": {"kind": "code", "source": "return input.n * 2"}},
            {"name": "ship", "action": {"kind": "workflow", "workflow": "ship"}},
        ]});
        vendor.call_tool("order", &json!({}));
        vendor.call_tool("order", &json!({"id": "7/8"}));
        service.give_json(&json!({"state": "packed"}));
        vendor.call_tool("double", &json!({"n": 21}));
        vendor.call_tool("ship", &json!({"order": 7}));
        let outcome = run(&context, "ai.agent", settings.clone(), json!({})).await;
        let Ok(Outcome::Call(call)) = outcome else {
            panic!("a flow is called: {outcome:?}");
        };
        assert_eq!(
            (call.workflow.as_str(), &call.input),
            ("ship", &json!({"order": 7}))
        );
        assert_eq!(service.asked()[0].path, "/orders/7%2F8");
        vendor.say("It is on its way.");
        let registry = flows::node::Registry::default();
        let agent = registry.get("ai.agent").expect("there");
        let resume = Resume {
            state: call.state,
            cause: Cause::Returned {
                value: json!("shipped"),
            },
        };
        let output = done(
            agent
                .resume(&context, object(settings.clone()), resume)
                .await,
        );
        assert_eq!(output.values["text"], "It is on its way.");
        let steps = output.values["steps"].as_array().expect("steps");
        assert_eq!(steps.len(), 4, "{steps:?}");
        assert!(
            steps[0]["error"].as_str().expect("why").contains("id"),
            "{:?}",
            steps[0]
        );
        assert_eq!(steps[1]["result"]["state"], "packed");
        assert_eq!(steps[2]["result"], 42);
        assert_eq!(steps[3]["result"], "shipped");
        let told = vendor.asked().last().expect("asked").json()["messages"].clone();
        let told = told
            .as_array()
            .expect("messages")
            .last()
            .cloned()
            .expect("one");
        assert_eq!(
            (&told["role"], &told["content"]),
            (&json!("tool"), &json!("shipped"))
        );
        assert_eq!(heard.tokens.load(Ordering::SeqCst), 5 * 1500);
    })
    .await;
}

#[tokio::test]
async fn an_agent_stops_at_its_bounds() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let tools =
            json!([{"name": "double", "action": {"kind": "code", "source": "return input.n * 2"}}]);
        let settings =
            json!({"model": MODEL, "prompt": "Go on.", "max_iterations": 2, "tools": tools});
        for _ in 0..3 {
            vendor.call_tool("double", &json!({"n": 1}));
        }
        let error = failed(run(&context, "ai.agent", settings, json!({})).await);
        assert_eq!(error.kind, NodeErrorKind::Limit, "{error}");
        assert_eq!(vendor.asked().len(), 2);
        assert_eq!(vendor.asked()[1].json()["tool_choice"], "none");
        let settings =
            json!({"model": MODEL, "prompt": "Go on.", "max_cost_usd": 0.0004, "tools": tools});
        let error = failed(run(&context, "ai.agent", settings, json!({})).await);
        assert!(error.message.contains("budget"), "{error}");
        assert_eq!(vendor.asked().len(), 3, "one call was within the budget");
    })
    .await;
}

#[tokio::test]
async fn vectors_pictures_and_sounds_come_from_their_endpoints() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        vendor.give_json(&json!({"data": [
            {"index": 1, "embedding": [0.5, 1]}, {"index": 0, "embedding": [1, 0.5]},
        ], "usage": {"prompt_tokens": 4, "total_tokens": 4}}));
        let settings = json!({"model": "openai/text-embedding-3-small"});
        let output = done(run(&context, "ai.embed", settings, json!({"texts": ["a", "b"]})).await);
        assert_eq!(output.values["vectors"], json!([[1, 0.5], [0.5, 1]]));

        vendor.give_json(&json!({"data": [{"b64_json": "iVBORw=="}]}));
        let settings = json!({"model": "openai/gpt-image-1", "prompt": "Tea", "size": "1024x1024"});
        let output = done(run(&context, "ai.image", settings, json!({})).await);
        assert_eq!(output.values["image"]["media_type"], "image/png");
        assert_eq!(output.values["image"]["size_bytes"], 4);

        vendor.give(200, &[("content-type", "audio/mpeg")], "sound");
        let settings = json!({"model": "openai/tts-1", "text": "Tea is ready"});
        let output = done(run(&context, "ai.speech", settings, json!({})).await);
        let sound = output.values["audio"].clone();
        assert_eq!(sound["size_bytes"], 5);

        vendor.give_json(&json!({"text": "Tea is ready."}));
        let settings = json!({"model": "openai/whisper-1", "language": "en"});
        let output = done(run(&context, "ai.transcribe", settings, json!({"audio": sound})).await);
        assert_eq!(output.values["text"], "Tea is ready.");
        let paths: Vec<String> = vendor
            .asked()
            .iter()
            .map(|asked| asked.path.clone())
            .collect();
        assert_eq!(
            paths,
            [
                "/v1/embeddings",
                "/v1/images/generations",
                "/v1/audio/speech",
                "/v1/audio/transcriptions"
            ]
        );
        let form = String::from_utf8(vendor.asked()[3].body.clone()).expect("text");
        assert!(
            form.contains("whisper-1") && form.contains("filename=\"speech.mp3\""),
            "{form}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_guardrail_blocks_what_words_or_a_model_forbid() {
    in_world(async |world, vendor| {
        let heard = Arc::new(Heard::default());
        let context = context(&world, &heard);
        let live = |output: &Output, port: &str| output.is_live(port);
        let words = json!({"keywords": ["tea"], "patterns": [{"name": "order", "regex": "ORD-\\d+"}]});
        for (text, is_blocked) in [("Teach me", false), ("TEA, please", true), ("About ORD-77", true)] {
            let output = done(run(&context, "ai.guardrail", words.clone(), json!({"text": text})).await);
            assert_eq!(live(&output, "blocked"), is_blocked, "{text}");
            assert_eq!(live(&output, "passed"), !is_blocked, "{text}");
        }
        vendor.give_json(&json!({"results": [{"flagged": true, "categories": {"violence": true, "hate": false}}]}));
        let judged = json!({"model": "openai/omni-moderation-latest", "action": "redact"});
        let output = done(run(&context, "ai.guardrail", judged, json!({"text": "…"})).await);
        assert!(live(&output, "blocked"));
        assert_eq!(output.values["findings"], json!([{"kind": "model", "name": "violence"}]));
    })
    .await;
}
