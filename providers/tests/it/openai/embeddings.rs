//! Embeddings: counting, splitting, merging, encodings.

use proptest::prelude::*;
use providers::ErrorKind;
use providers::dialect::chat::Edit;
use providers::openai::embeddings::{Encoding, Input, from_base64, merge, parse, to_base64};
use serde_json::{Value, json};

fn body(input: &Value) -> Vec<u8> {
    json!({"model": "m", "input": input})
        .to_string()
        .into_bytes()
}

#[test]
fn all_forms_of_input_are_counted() {
    let check = |input: Value, expected: &[Input]| {
        let body = body(&input);
        let request = parse(&body).expect("is a request");
        assert_eq!(request.count(), expected.len());
        assert_eq!(request.inputs().expect("are inputs"), expected);
    };
    let text = |t: &str| Input::Text(t.to_owned());
    check(json!("a"), &[text("a")]);
    check(json!(["a", "b\""]), &[text("a"), text("b\"")]);
    check(json!([1, 2]), &[Input::Tokens(vec![1, 2])]);
    check(
        json!([[1], [2, 3]]),
        &[Input::Tokens(vec![1]), Input::Tokens(vec![2, 3])],
    );
}

#[test]
fn wrong_requests_name_the_field() {
    let check = |body: Value, param: &str| {
        let body = body.to_string();
        let error = parse(body.as_bytes()).expect_err("is wrong");
        assert_eq!(
            (error.kind, error.param.as_deref()),
            (ErrorKind::InvalidRequest, Some(param))
        );
    };
    check(json!({"input": "a"}), "model");
    check(json!({"model": "m"}), "input");
    check(json!({"model": "m", "input": []}), "input");
    check(json!({"model": "m", "input": null}), "input");
    check(json!({"model": "m", "input": ["a", [1]]}), "input");
    check(
        json!({"model": "m", "input": "a", "encoding_format": "int8"}),
        "encoding_format",
    );
    check(
        json!({"model": "m", "input": "a", "dimensions": 0}),
        "dimensions",
    );
}

#[test]
fn a_request_that_fits_keeps_its_input_to_the_byte() {
    let body = br#"{ "input" : [ "a" , "b" ], "model":"x" }"#;
    let request = parse(body).expect("is a request");
    let bodies = request.bodies(2, &[Edit::model("y")]);
    assert_eq!(bodies, [br#"{ "input" : [ "a" , "b" ], "model":"y" }"#]);
}

#[test]
fn batches_are_split_and_merged_in_order() {
    let body = body(&json!(["a", "b", "c", "d", "e"]));
    let request = parse(&body).expect("is a request");
    let bodies = request.bodies(2, &[Edit::model("vendor-model")]);
    let inputs: Vec<Value> = bodies
        .iter()
        .map(|b| serde_json::from_slice(b).expect("is JSON"))
        .inspect(|b: &Value| assert_eq!(b["model"], "vendor-model"))
        .map(|b| b["input"].clone())
        .collect();
    assert_eq!(inputs, [json!(["a", "b"]), json!(["c", "d"]), json!(["e"])]);

    // The second batch answers out of order, the third in base64.
    let answers = [
        json!({"model": "v", "data": [{"index": 0, "embedding": [0.5, 1e-7]}, {"index": 1, "embedding": [1]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}),
        json!({"model": "v", "data": [{"index": 1, "embedding": [3]}, {"index": 0, "embedding": [2]}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}),
        json!({"model": "v", "data": [{"embedding": to_base64(&[4.0])}], "usage": {"prompt_tokens": 4, "total_tokens": 4}}),
    ];
    let answers: Vec<Vec<u8>> = answers.iter().map(|a| a.to_string().into_bytes()).collect();
    let (merged, usage) = merge(&answers, &[2, 2, 1], Encoding::Float, "shown").expect("merges");
    let merged: Value = serde_json::from_slice(&merged).expect("is JSON");
    let expected = json!({
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, 1e-7]},
            {"object": "embedding", "index": 1, "embedding": [1]},
            {"object": "embedding", "index": 2, "embedding": [2]},
            {"object": "embedding", "index": 3, "embedding": [3]},
            {"object": "embedding", "index": 4, "embedding": [4.0]},
        ],
        "model": "shown",
        "usage": {"prompt_tokens": 9, "total_tokens": 9},
    });
    assert_eq!(merged, expected);
    assert_eq!((usage.input_tokens, usage.raw), (9, None));
}

#[test]
fn an_answer_with_too_few_vectors_is_refused() {
    let answer = br#"{"data":[{"index":0,"embedding":[1]}]}"#;
    let error = merge(&[answer], &[2], Encoding::Float, "").expect_err("is short");
    assert_eq!(error.kind, ErrorKind::Malformed);
}

#[test]
fn floats_become_base64_when_asked() {
    let answer = br#"{"data":[{"index":0,"embedding":[1.0,-2.5]}],"model":"v"}"#;
    let (merged, _) = merge(&[answer], &[1], Encoding::Base64, "").expect("merges");
    let merged: Value = serde_json::from_slice(&merged).expect("is JSON");
    assert_eq!(merged["data"][0]["embedding"], "AACAPwAAIMA=");
    assert!(from_base64("AACAPwA=").is_err());
    assert!(from_base64("!").is_err());
}

proptest! {
    #[test]
    fn base64_keeps_every_bit(vector in prop::collection::vec(any::<f32>(), 0..32)) {
        let back = from_base64(&to_base64(&vector)).expect("is base64");
        let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&back), bits(&vector));
    }
}
