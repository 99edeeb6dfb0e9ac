//! What a vendor signed comes back to it through the client, whole and streamed, in every dialect.

use providers::collect::Collector;
use providers::{Dialect, Notes};
use serde_json::{Value, json};

use super::answers::{Answer, translate};
use super::upstreams::{Model, Upstream};
use super::{INGRESSES, Ingress, context, seen};

/// The answer as the client keeps it: a list of what it sends back as the assistant's turn.
fn kept(ingress: &Ingress, body: &[u8]) -> Vec<Value> {
    let body: Value = serde_json::from_slice(body).expect("is JSON");
    match ingress.id {
        "chat" => vec![body["choices"][0]["message"].clone()],
        "messages" => vec![json!({"role": "assistant", "content": body["content"]})],
        _ => body["output"].as_array().expect("has output").clone(),
    }
}

fn kept_of_stream(ingress: &Ingress, bytes: &[u8]) -> Vec<Value> {
    match ingress.id {
        "chat" => {
            let decoder = Box::new(providers::openai::Decoder::default());
            let chunks = crate::openai::decode(decoder, &[bytes]).expect("is a clean stream");
            let mut collector = Collector::default();
            chunks.iter().for_each(|chunk| collector.push(chunk));
            let answer = collector.finish().expect("is complete");
            vec![json!(answer.choices[0].message)]
        }
        "messages" => {
            let message = crate::messages::accumulate(bytes);
            vec![json!({"role": "assistant", "content": message["content"]})]
        }
        _ => {
            let last = seen::events(bytes).pop().expect("has events");
            let output = last["response"]["output"].as_array();
            output.expect("has output").clone()
        }
    }
}

/// The request that goes on from the answer, with a result for each of its calls.
fn next(ingress: &Ingress, turn: Vec<Value>) -> Value {
    let mut items = vec![json!({"role": "user", "content": "a"})];
    let mut results = Vec::new();
    for item in &turn {
        for call in item["tool_calls"].as_array().into_iter().flatten() {
            results.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "ok"}));
        }
        let blocks = item["content"].as_array().into_iter().flatten();
        for call in blocks.filter(|block| block["type"] == "tool_use") {
            results.push(json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": call["id"], "content": "ok"}]}));
        }
        if item["type"] == "function_call" {
            results.push(
                json!({"type": "function_call_output", "call_id": item["call_id"],
                "output": "ok"}),
            );
        }
    }
    items.extend(turn);
    items.extend(results);
    items.push(json!({"role": "user", "content": "go on"}));
    match ingress.id {
        "responses" => json!({"model": "m", "input": items}),
        _ => json!({"model": "m", "max_tokens": 9, "messages": items}),
    }
}

fn sent_back(dialect: &dyn Dialect, upstream: &Upstream, request: &Value) -> Value {
    let mut notes = Notes::default();
    let canonical = dialect
        .decode_request(request.to_string().as_bytes(), &mut notes)
        .unwrap_or_else(|e| panic!("{e}: {request:#}"));
    let to = upstream.target(Model::Reasoning);
    let body = upstream.provider.encode_chat(&to, &canonical, &mut notes);
    let body = body.unwrap_or_else(|e| panic!("{e}: {request:#}"));
    serde_json::from_slice(&body).expect("is JSON")
}

fn check(upstream: &str, answer: &str, pointer: &str, expected: &Value) {
    let upstream = Upstream::find(upstream);
    let answers = Answer::all(&upstream);
    let answer = answers.get(answer).expect("is a fixture");
    let provider = &*upstream.provider;
    let canonical = provider.decode_chat(&answer.body()).expect("decodes");
    for ingress in INGRESSES {
        let whole = ingress.dialect.encode_response(&canonical, &context());
        let stream = translate(&ingress, provider, &[&answer.bytes(&upstream)]);
        let stream = stream.expect("is a clean stream");
        for turn in [kept(&ingress, &whole), kept_of_stream(&ingress, &stream)] {
            let request = next(&ingress, turn);
            let body = sent_back(ingress.dialect, &upstream, &request);
            assert_eq!(
                body.pointer(pointer),
                Some(expected),
                "{} clients of {}: {request:#}\n{body:#}",
                ingress.id,
                upstream.id
            );
        }
    }
}

#[test]
fn signed_thinking_comes_back_to_anthropic_from_every_dialect() {
    let block = json!({"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"});
    check("anthropic", "reasoning", "/messages/1/content/0", &block);
    let block = json!({"type": "redacted_thinking", "data": "ZGFyaw=="});
    check(
        "anthropic",
        "redacted reasoning",
        "/messages/1/content/0",
        &block,
    );
}

#[test]
fn thought_signatures_come_back_to_gemini_from_every_dialect() {
    let signature = json!("c2lnbmVk");
    let pointer = "/contents/1/parts/0/thoughtSignature";
    check("gemini", "one call", pointer, &signature);
    check("gemini", "parallel calls", pointer, &signature);
}

#[test]
fn reasoning_comes_back_to_vendors_that_demand_it_from_every_dialect() {
    let thought = json!("Let me think.");
    check(
        "deepseek",
        "reasoning",
        "/messages/1/reasoning_content",
        &thought,
    );
    check("ollama", "reasoning", "/messages/1/thinking", &thought);
}
