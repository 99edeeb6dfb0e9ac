//! The Gemini API.

use std::collections::HashSet;

use bytes::Bytes;
use providers::chat::FinishReason;
use providers::gemini::Gemini;
use providers::provider::{Operation, Provider, Settings};
use providers::{DialectId, Error, ErrorKind, Notes, Usage};
use serde_json::{Value, json};

use crate::native::{self, Fixtures};

const FIXTURES: Fixtures = Fixtures {
    provider: &Gemini,
    folder: "gemini",
};

#[test]
fn requests_become_the_bodies_beside_them() {
    FIXTURES.check_requests();
}

#[test]
fn answers_become_the_canonical_ones_beside_them() {
    FIXTURES.check_answers();
}

#[test]
fn streams_become_the_chunks_beside_them_wherever_they_are_split() {
    FIXTURES.check_streams();
}

#[test]
fn cut_streams_are_never_a_success() {
    FIXTURES.check_cuts(|head| head.contains("\"finishReason\"") || head.contains("blockReason"));
}

#[test]
fn addresses_follow_the_operation() {
    let settings = Settings::default();
    let url = |model: &str, op, stream| {
        let endpoint = Gemini.endpoint(&native::target(model, &settings), op, stream);
        endpoint.map(|e| e.url.replace("http://upstream.example/base/", ""))
    };
    let chat = Operation::Chat(DialectId::Native);
    for (model, op, stream, expected) in [
        ("m", chat, false, "models/m:generateContent"),
        ("m", chat, true, "models/m:streamGenerateContent?alt=sse"),
        (
            "m",
            Operation::Embeddings,
            false,
            "models/m:batchEmbedContents",
        ),
        ("m", Operation::Images, false, "models/m:generateContent"),
        (
            "imagen-4",
            Operation::Images,
            false,
            "models/imagen-4:predict",
        ),
    ] {
        assert_eq!(url(model, op, stream).expect("is served"), expected);
    }
    let refused = url("m", Operation::Speech, false).expect_err("is not served");
    assert_eq!(refused.kind, ErrorKind::NotSupported);
    for model in ["../models/x", "a/b", "a?key=b", "a#b", ""] {
        let refused = url(model, chat, false).expect_err("is unsafe");
        assert_eq!(refused.param.as_deref(), Some("model"), "{model}");
    }
}

/// What Gemini demands of every conversation, checked on requests that are not ours.
#[test]
fn requests_of_real_clients_become_valid_conversations() {
    let Some(folder) = native::shapes() else {
        return;
    };
    for (name, request) in native::chat_requests(&folder) {
        let (body, notes) = native::encode(&Gemini, "gemini-2.5-pro", request.clone())
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let contents = body["contents"].as_array().expect("is an array");
        assert!(!contents.is_empty(), "{name}");
        let mut calls = Vec::new();
        for content in contents {
            let parts = content["parts"].as_array().expect("is an array");
            assert!(!parts.is_empty(), "{name}: empty turn");
            let results = parts.iter().filter(|p| p.get("functionResponse").is_some());
            for (result, call) in results.zip(&calls) {
                let result = &result["functionResponse"];
                assert_eq!([&result["id"], &result["name"]], *call, "{name}");
                assert!(result["response"].is_object(), "{name}");
            }
            calls = parts
                .iter()
                .filter_map(|p| p.get("functionCall"))
                .map(|call| [&call["id"], &call["name"]])
                .collect();
        }
        let known = [
            "functions",
            "function_call",
            "user",
            "logit_bias",
            "messages.reasoning_content",
            "messages.reasoning_signature",
        ];
        for (change, field) in notes.entries() {
            let expected = known.contains(&field.as_str())
                || request["messages"].to_string().contains("\"name\"")
                || field == "response_format.json_schema.schema"
                || field == "reasoning_effort";
            assert!(expected, "{name}: {change:?} {field}");
        }
    }
}

#[test]
fn shapes_of_requests_keep_their_meaning() {
    let Some(folder) = native::shapes() else {
        return;
    };
    let encode = |name: &str, model: &str| {
        let request = native::shape(&folder, &format!("requests/completions/{name}.json"));
        native::encode(&Gemini, model, request).expect("is valid").0
    };
    let parallel = encode("parallel-tool-call", "gemini-2.5-pro");
    let results = parallel["contents"][2]["parts"].as_array();
    assert_eq!(results.map(Vec::len), Some(2), "both results in one turn");
    assert_eq!(parallel["contents"].as_array().map(Vec::len), Some(3));

    let empty = encode("tool-call", "gemini-2.5-pro");
    let args = &empty["contents"][1]["parts"][1]["functionCall"]["args"];
    assert_eq!(args, &json!({}), "empty arguments are an empty object");

    let schema = encode("structured-output", "gemini-2.5-pro");
    let config = &schema["generationConfig"];
    assert_eq!(config["responseMimeType"], "application/json");
    let person = &config["responseJsonSchema"]["properties"]["person"];
    assert_eq!(person["properties"]["name"]["type"], "string");

    let settings = encode("generation-config", "gemini-2.5-pro");
    let calling = &settings["toolConfig"]["functionCallingConfig"];
    assert_eq!(calling["mode"], "ANY");
    assert_eq!(calling["allowedFunctionNames"], json!(["get_weather"]));
    assert_eq!(settings["generationConfig"]["candidateCount"], 3);

    let image = encode("image-file", "gemini-2.5-pro");
    let file = &image["contents"][0]["parts"][1]["fileData"];
    assert_eq!(file["fileUri"], "gs://my-bucket/photo.png");
    assert_eq!(file["mimeType"], "image/png");

    let reasoning = encode("reasoning", "gemini-2.5-flash");
    let thinking = &reasoning["generationConfig"]["thinkingConfig"];
    assert_eq!(thinking["thinkingBudget"], 2048);
    let reasoning = encode("reasoning", "gemini-3-flash");
    let thinking = &reasoning["generationConfig"]["thinkingConfig"];
    assert_eq!(thinking["thinkingLevel"], "medium");
}

#[test]
fn shapes_of_answers_are_read() {
    let Some(folder) = native::shapes() else {
        return;
    };
    let decode = |name: &str| {
        let body = native::shape(&folder, &format!("response/vertex-gemini/{name}.json"));
        Gemini
            .decode_chat(body.to_string().as_bytes())
            .expect("is an answer")
    };
    let basic = decode("basic");
    assert_eq!(
        basic.choices[0].message.plain_text(),
        "The provider is Gemini."
    );
    assert_eq!(basic.choices[0].finish_reason, FinishReason::Stop);
    assert_eq!(
        basic.usage.map(|u| (u.input_tokens, u.output_tokens)),
        Some((8, 6))
    );

    let blocked = decode("blocked");
    assert_eq!(
        blocked.choices[0].finish_reason,
        FinishReason::ContentFilter
    );
    assert_eq!(
        blocked.choices[0].native_finish_reason.as_deref(),
        Some("SAFETY")
    );
    assert_eq!(
        blocked.usage.map(|u| (u.input_tokens, u.output_tokens)),
        Some((12, 0))
    );

    let reasoning = decode("reasoning");
    let message = &reasoning.choices[0].message;
    assert_eq!(
        message.reasoning_content.as_deref(),
        Some("Let me think about the weather.")
    );
    assert_eq!(message.plain_text(), "It is sunny.");
    let usage = reasoning.usage.expect("is reported");
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (17, 5));
    assert_eq!(usage.total_tokens(), 27, "as Google's own total says");

    let tool = decode("tool");
    assert_eq!(tool.choices[0].finish_reason, FinishReason::ToolCalls);
    let calls = tool.choices[0]
        .message
        .tool_calls
        .as_ref()
        .expect("has calls");
    assert_eq!(calls[0].id, "fc_get_weather_1");

    let bytes = std::fs::read(folder.join("response/vertex-gemini/stream_tool.json"));
    let bytes = bytes.expect("is readable");
    for at in 0..=bytes.len() {
        let (chunks, end) = native::stream(&Gemini, &[&bytes[..at], &bytes[at..]]);
        end.expect("is complete");
        let calls = chunks[0].choices[0]
            .delta
            .tool_calls
            .as_ref()
            .expect("has calls");
        assert_eq!(calls[0].id.as_deref(), Some("fc_native"));
        let last = &chunks.last().expect("has chunks").choices[0];
        assert_eq!(last.finish_reason, Some(FinishReason::ToolCalls));
    }
}

// Regression tests for reports of other gateways' users.

/// BerriAI/litellm#22599, #22578: parallel calls lost; Portkey#1275: wrong indexes.
#[test]
fn parallel_calls_keep_distinct_ids_and_gapless_indexes() {
    let events = [
        json!({"responseId": "r", "candidates": [{"content": {"parts": [
            {"functionCall": {"name": "f", "args": {"a": 1}}},
            {"text": "between"},
            {"functionCall": {"name": "f", "args": {"a": 1}}}]}}]}),
        json!({"responseId": "r", "candidates": [{"content": {"parts": [
            {"functionCall": {"name": "f", "args": {"a": 1}}}]}, "finishReason": "STOP"}]}),
    ];
    let text: String = events.iter().map(|e| format!("data: {e}\n\n")).collect();
    let (chunks, end) = native::stream(&Gemini, &[text.as_bytes()]);
    end.expect("is complete");
    let calls: Vec<_> = chunks
        .iter()
        .flat_map(|c| &c.choices)
        .flat_map(|c| c.delta.tool_calls.iter().flatten())
        .collect();
    let indexes: Vec<_> = calls.iter().map(|c| c.index).collect();
    assert_eq!(indexes, [0, 1, 2]);
    let ids: HashSet<_> = calls.iter().map(|c| c.id.as_deref()).collect();
    assert_eq!(ids.len(), 3);
}

/// The ids that a stream mints are those of the complete answer with the same response id.
#[test]
fn minted_ids_are_the_same_streamed_and_whole() {
    let answer = json!({"responseId": "r", "candidates": [{"content": {"parts": [
        {"functionCall": {"name": "f"}}, {"functionCall": {"name": "g"}}]}, "finishReason": "STOP"}]});
    let whole = Gemini
        .decode_chat(answer.to_string().as_bytes())
        .expect("is an answer");
    let calls = whole.choices[0]
        .message
        .tool_calls
        .clone()
        .expect("has calls");
    let ids: Vec<_> = calls.iter().map(|c| c.id.clone()).collect();
    let (chunks, _) = native::stream(&Gemini, &[format!("data: {answer}\n\n").as_bytes()]);
    let streamed = chunks[0].choices[0]
        .delta
        .tool_calls
        .as_ref()
        .expect("has calls");
    let streamed: Vec<_> = streamed
        .iter()
        .map(|c| c.id.clone().expect("has an id"))
        .collect();
    assert_eq!(streamed, ids);
}

/// BerriAI/litellm#37992: an explicit zero was taken for missing and estimated again.
#[test]
fn zero_usage_is_reported_usage() {
    let answer = json!({"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 0, "totalTokenCount": 3}});
    let usage = Gemini
        .decode_chat(answer.to_string().as_bytes())
        .expect("is an answer")
        .usage
        .expect("is reported");
    assert_eq!((usage.input_tokens, usage.output_tokens), (3, 0));
    assert!(usage.raw.is_some());
}

/// A cut stream whose events counted the prompt only must not report an output of zero.
#[test]
fn unknown_output_of_a_cut_stream_is_not_reported_as_none() {
    let event = json!({"candidates": [{"content": {"parts": [{"text": "long text"}]}}],
        "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}});
    let (chunks, end) = native::stream(&Gemini, &[format!("data: {event}\n\n").as_bytes()]);
    assert_eq!(end.expect_err("is cut").kind, ErrorKind::Malformed);
    assert!(chunks.iter().all(|c| c.usage.is_none()));
}

/// BerriAI/litellm#9812, #31282: cached tokens were added to a prompt that includes them.
#[test]
fn cached_tokens_are_not_counted_twice() {
    let answer = json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 1000, "cachedContentTokenCount": 990,
            "candidatesTokenCount": 1, "totalTokenCount": 1001}});
    let usage = Gemini
        .decode_chat(answer.to_string().as_bytes())
        .expect("is an answer")
        .usage
        .expect("is reported");
    assert_eq!(usage.input_tokens, 1000);
    assert_eq!(usage.cache_read_tokens, 990);
}

/// Signatures lost between turns: Gemini 3 answers 400. They must survive a client that sends the
/// assistant's turn back as it came.
#[test]
fn signatures_come_back_where_they_were() {
    let parts = json!([
        {"text": "Looking.", "thoughtSignature": "dGV4dA=="},
        {"inlineData": {"mimeType": "image/png", "data": "QQ=="}, "thoughtSignature": "aW1n"},
        {"functionCall": {"id": "a", "name": "f", "args": {"x": 1}}, "thoughtSignature": "c2lnLWE="},
        {"functionCall": {"id": "b", "name": "f", "args": {}}}
    ]);
    let answer = json!({"responseId": "r",
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]});
    let answer = Gemini
        .decode_chat(answer.to_string().as_bytes())
        .expect("is an answer");
    let turn = serde_json::to_value(&answer.choices[0].message).expect("is JSON");
    let request = json!({"messages": [{"role": "user", "content": "?"}, turn,
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"}]});
    let (body, notes) = native::encode(&Gemini, "gemini-3-pro", request).expect("is valid");
    assert_eq!(body["contents"][1]["parts"], parts);
    assert!(notes.is_empty(), "{}", notes.to_header());
}

/// The stream's pieces add up to the complete answer.
#[test]
fn streamed_signatures_and_text_equal_the_whole_answer() {
    let answer = json!({"responseId": "r", "modelVersion": "gemini-3-pro", "candidates": [{
        "content": {"parts": [{"text": "t", "thought": true}, {"text": "x", "thoughtSignature": "cw=="}]},
        "finishReason": "STOP"}]});
    let whole = Gemini
        .decode_chat(answer.to_string().as_bytes())
        .expect("is an answer");
    let (chunks, _) = native::stream(&Gemini, &[format!("data: {answer}\n\n").as_bytes()]);
    let delta = &chunks[0].choices[0].delta;
    let message = &whole.choices[0].message;
    assert_eq!(delta.extra, message.extra);
    assert_eq!(delta.reasoning_content, message.reasoning_content);
    assert_eq!(delta.content.as_deref(), Some("x"));
    assert_eq!(message.plain_text(), "x");
}

fn other(op: Operation, model: &str, body: Value) -> Result<(Value, String), Error> {
    let settings = Settings::default();
    let to = native::target(model, &settings);
    let mut notes = Notes::default();
    let body = Gemini.encode_other(&to, op, body.to_string().as_bytes(), &mut notes)?;
    let body = serde_json::from_slice(&body).expect("is JSON");
    Ok((body, notes.to_header()))
}

fn answer(op: Operation, body: Value) -> Result<(Value, Usage), Error> {
    let (body, usage): (Bytes, Usage) = Gemini.decode_other(op, body.to_string().as_bytes())?;
    Ok((serde_json::from_slice(&body).expect("is JSON"), usage))
}

#[test]
fn embeddings_are_batched_and_answered_in_openais_shape() {
    let request = json!({"model": "x", "input": ["a", "b"], "dimensions": 256,
        "encoding_format": "base64", "user": "u", "task_type": "RETRIEVAL_QUERY"});
    let (body, notes) =
        other(Operation::Embeddings, "gemini-embedding-001", request).expect("is valid");
    assert_eq!(
        body["requests"][1],
        json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "b"}]},
            "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 256})
    );
    assert_eq!(notes, "dropped=user");

    let (one, _) = other(Operation::Embeddings, "m", json!({"input": "a"})).expect("is valid");
    assert_eq!(one["requests"].as_array().map(Vec::len), Some(1));

    let (list, usage) = answer(
        Operation::Embeddings,
        json!({"embeddings": [{"values": [0.1, -2e-7]}, {"values": [3]}],
            "usageMetadata": {"promptTokenCount": 4}}),
    )
    .expect("is an answer");
    assert_eq!(
        list,
        json!({"object": "list", "data": [
            {"object": "embedding", "index": 0, "embedding": [0.1, -2e-7]},
            {"object": "embedding", "index": 1, "embedding": [3]}],
            "model": "", "usage": {"prompt_tokens": 4, "total_tokens": 4}})
    );
    assert_eq!(usage.input_tokens, 4);
    let (_, unknown) = answer(
        Operation::Embeddings,
        json!({"embeddings": [{"values": [1]}]}),
    )
    .expect("is an answer");
    assert_eq!(unknown, Usage::default());
}

#[test]
fn token_arrays_are_refused_with_a_clear_message() {
    for input in [json!([1, 2, 3]), json!([[1, 2], [3]])] {
        let error =
            other(Operation::Embeddings, "m", json!({"input": input})).expect_err("is refused");
        assert_eq!(error.kind, ErrorKind::NotSupported);
        assert_eq!(error.param.as_deref(), Some("input"));
        assert!(error.message.contains("token arrays"));
    }
    let empty = other(Operation::Embeddings, "m", json!({"input": []})).expect_err("is refused");
    assert_eq!(empty.kind, ErrorKind::InvalidRequest);
}

#[test]
fn images_are_made_by_imagen_and_by_gemini() {
    let request = json!({"prompt": "a cat", "n": 2, "size": "1536x1024", "quality": "high"});
    let (body, notes) =
        other(Operation::Images, "imagen-4.0-generate-001", request).expect("is valid");
    assert_eq!(
        body,
        json!({"instances": [{"prompt": "a cat"}],
            "parameters": {"sampleCount": 2, "aspectRatio": "4:3"}})
    );
    assert_eq!(notes, "dropped=quality; changed=size");

    let request = json!({"prompt": "a cat", "size": "1024x1024", "response_format": "b64_json"});
    let (body, notes) =
        other(Operation::Images, "gemini-2.5-flash-image", request).expect("is valid");
    assert_eq!(
        body,
        json!({"contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
            "generationConfig": {"responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": "1:1"}}})
    );
    assert_eq!(notes, "");

    let request = json!({"prompt": "a cat", "size": "4096x2304"});
    let (body, _) = other(Operation::Images, "gemini-3-pro-image", request).expect("is valid");
    let config = &body["generationConfig"]["imageConfig"];
    assert_eq!(config, &json!({"aspectRatio": "16:9", "imageSize": "4K"}));

    for (model, request, param) in [
        (
            "gemini-2.5-flash-image",
            json!({"prompt": "x", "n": 2}),
            "n",
        ),
        ("imagen-4", json!({"prompt": "x", "n": 5}), "n"),
        ("imagen-4", json!({"prompt": "x", "size": "big"}), "size"),
        (
            "imagen-4",
            json!({"prompt": "x", "response_format": "url"}),
            "response_format",
        ),
        ("imagen-4", json!({}), "prompt"),
    ] {
        let error = other(Operation::Images, model, request).expect_err("is refused");
        assert_eq!(error.param.as_deref(), Some(param));
    }
}

#[test]
fn images_are_counted_and_refusals_are_errors() {
    let (imagen, usage) = answer(
        Operation::Images,
        json!({"predictions": [{"mimeType": "image/jpeg", "bytesBase64Encoded": "QQ=="},
            {"raiFilteredReason": "no"}, {"bytesBase64Encoded": "Qg=="}]}),
    )
    .expect("is an answer");
    assert_eq!(
        imagen,
        json!({"created": 0, "output_format": "jpeg",
            "data": [{"b64_json": "QQ=="}, {"b64_json": "Qg=="}]})
    );
    assert_eq!(usage.images, 2);

    let (gemini, usage) = answer(
        Operation::Images,
        json!({"candidates": [{"content": {"parts": [{"text": "Here"},
                {"inlineData": {"mimeType": "image/png", "data": "QQ=="}}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 1290,
                "totalTokenCount": 1295}}),
    )
    .expect("is an answer");
    assert_eq!(gemini["data"], json!([{"b64_json": "QQ=="}]));
    assert_eq!(gemini["usage"]["total_tokens"], 1295);
    assert_eq!((usage.images, usage.output_tokens), (1, 1290));

    for (refusal, reason) in [
        (json!({}), "no image came"),
        (
            json!({"predictions": [{"raiFilteredReason": "unsafe"}]}),
            "unsafe",
        ),
        (
            json!({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}),
            "IMAGE_SAFETY",
        ),
        (
            json!({"promptFeedback": {"blockReason": "SAFETY"}}),
            "SAFETY",
        ),
    ] {
        let error = answer(Operation::Images, refusal).expect_err("is refused");
        assert_eq!(error.kind, ErrorKind::ContentPolicy);
        assert!(error.message.contains(reason), "{}", error.message);
    }
}

#[test]
fn the_provider_is_registered() {
    let found = providers::registry::find("gemini").expect("is registered");
    assert_eq!(found.info().key_env, "GEMINI_API_KEY");
    assert_eq!(found.chat_dialect(), DialectId::Native);
}
