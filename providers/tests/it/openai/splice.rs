//! Edits by bytes equal edits of the parsed value, and everything else stays as it was.

use std::borrow::Cow;

use proptest::prelude::*;
use providers::dialect::chat::{Edit, developer_to_system, peek, rewrite};
use serde_json::{Map, Value, json};

fn check(body: &str, edits: &[Edit<'_>], expected: &str) {
    let written = rewrite(body.as_bytes(), edits).expect("is an object");
    assert_eq!(String::from_utf8(written).expect("is UTF-8"), expected);
}

#[test]
fn the_model_is_replaced_and_nothing_else_touched() {
    check(
        "{ \"messages\" : [{\"model\":\"x\"}],\n\t\"model\" :  \"gpt-4o\" , \"n\":1.0e0 }\n",
        &[Edit::model("o\"3")],
        "{ \"messages\" : [{\"model\":\"x\"}],\n\t\"model\" :  \"o\\\"3\" , \"n\":1.0e0 }\n",
    );
    check("{}", &[Edit::model("a")], r#"{"model":"a"}"#);
    check(" { } ", &[Edit::model("a")], r#" {"model":"a" } "#);
}

#[test]
fn all_of_equal_keys_are_edited() {
    check(
        r#"{"model":"a","x":1,"mod\u0065l":"b"}"#,
        &[Edit::model("c")],
        r#"{"model":"c","x":1,"mod\u0065l":"c"}"#,
    );
    check(r#"{"a":1,"b":2,"a":3}"#, &[Edit::Remove("a")], r#"{"b":2}"#);
}

#[test]
fn usage_is_asked_for_beside_other_options() {
    let edit = [Edit::IncludeUsage];
    check(
        r#"{"a":1}"#,
        &edit,
        r#"{"a":1,"stream_options":{"include_usage":true}}"#,
    );
    check(
        r#"{"stream_options": {"include_obfuscation":false} }"#,
        &edit,
        r#"{"stream_options": {"include_obfuscation":false,"include_usage":true} }"#,
    );
    check(
        r#"{"stream_options":{"include_usage":false}}"#,
        &edit,
        r#"{"stream_options":{"include_usage":true}}"#,
    );
    check(
        r#"{"stream_options":null}"#,
        &edit,
        r#"{"stream_options":{"include_usage":true}}"#,
    );
}

#[test]
fn fields_are_removed_and_renamed_wherever_they_stand() {
    let body = r#"{"a":1, "b":2 , "c":3}"#;
    check(body, &[Edit::Remove("a")], r#"{ "b":2 , "c":3}"#);
    check(body, &[Edit::Remove("b")], r#"{"a":1 , "c":3}"#);
    check(body, &[Edit::Remove("c")], r#"{"a":1, "b":2}"#);
    check(
        body,
        &[Edit::Remove("a"), Edit::Remove("b"), Edit::Remove("c")],
        "{}",
    );
    check(body, &[Edit::Rename("b", "z")], r#"{"a":1, "z":2 , "c":3}"#);
    check(body, &[Edit::Rename("b", "c")], r#"{"a":1, "c":2}"#);
    check(body, &[Edit::Rename("x", "c")], body);
}

#[test]
fn developer_becomes_system_in_place() {
    let body = br#"{"x":"developer","messages":[{"content":"\"developer\"","role" : "developer"},{"role":"user","content":[{"role":"developer"}]}]}"#;
    let expected = r#"{"x":"developer","messages":[{"content":"\"developer\"","role" : "system"},{"role":"user","content":[{"role":"developer"}]}]}"#;
    let written = developer_to_system(body).expect("is changed");
    assert_eq!(String::from_utf8(written).expect("is UTF-8"), expected);
    assert_eq!(
        developer_to_system(br#"{"messages":[{"role":"user","name":"developer"}]}"#),
        None
    );
    assert_eq!(developer_to_system(br#"{"messages":["developer"]}"#), None);
}

#[test]
fn a_megabyte_body_is_copied_intact() {
    let image = "A".repeat(1 << 20);
    let body = format!(r#"{{"model":"a","messages":[{{"role":"user","content":"{image}"}}]}}"#);
    let written = rewrite(body.as_bytes(), &[Edit::model("bb")]).expect("is an object");
    let expected = body.replacen("\"a\"", "\"bb\"", 1);
    assert!(written == expected.as_bytes());
}

fn json_value() -> impl Strategy<Value = Value> {
    let text = "[a-z\"\\\\{}\\[\\],:é🌍\n]{0,6}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        // Eighths: the reader of numbers is not exact in the last bit of others.
        (-1000..1000_i32).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "model|stream_options|max_tokens|seed|a|b",
        "[a-z\"\\\\é]{0,3}",
    ]
}

#[derive(Debug, Clone)]
enum Op {
    Set(String, Value),
    Remove(String),
    Rename(String, String),
    IncludeUsage,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (key(), json_value()).prop_map(|(k, v)| Op::Set(k, v)),
        key().prop_map(Op::Remove),
        (key(), key()).prop_map(|(a, b)| Op::Rename(a, b)),
        Just(Op::IncludeUsage),
    ]
}

fn apply(map: &mut Map<String, Value>, op: &Op) {
    match op {
        Op::Set(name, value) => {
            map.insert(name.clone(), value.clone());
        }
        Op::Remove(name) => {
            map.shift_remove(name);
        }
        Op::Rename(from, to) => {
            if let Some(value) = map.shift_remove(from) {
                map.insert(to.clone(), value);
            }
        }
        Op::IncludeUsage => match map.get_mut("stream_options") {
            Some(Value::Object(options)) => {
                options.insert("include_usage".to_owned(), Value::Bool(true));
            }
            _ => {
                map.insert("stream_options".to_owned(), json!({"include_usage": true}));
            }
        },
    }
}

proptest! {
    #[test]
    fn an_edit_by_bytes_is_the_edit_of_the_value(
        fields in prop::collection::vec((key(), json_value(), "[ \n\t]{0,2}", any::<bool>()), 0..6),
        ops in prop::collection::vec(op(), 0..4),
    ) {
        // Written by hand, to have duplicate keys, white space and needless escapes.
        let mut body = String::from(" {");
        for (i, (name, value, space, pretty)) in fields.iter().enumerate() {
            if i > 0 {
                body.push(',');
            }
            let key = Value::from(name.as_str()).to_string().replace('a', "\\u0061");
            let value = match pretty {
                true => serde_json::to_string_pretty(value).expect("is JSON"),
                false => value.to_string(),
            };
            // `stream`, `n` and others are read by `peek`, which may refuse odd types: not keys here.
            let value = if name == "model" { "\"m\"".to_owned() } else { value };
            let number = name == "max_tokens" || name == "n";
            let value = if number { "7".to_owned() } else { value };
            body.push_str(&format!("{space}{key}{space}:{space}{value}{space}"));
        }
        body.push_str(" }");
        let Value::Object(mut expected) = serde_json::from_str(&body).expect("is JSON") else {
            panic!("is an object");
        };
        prop_assert_eq!(peek(body.as_bytes()).expect("is an object").fields.len(), fields.len());

        let mut edits = Vec::new();
        for op in &ops {
            apply(&mut expected, op);
            edits.push(match op {
                Op::Set(name, value) => Edit::Set(name, Cow::Owned(value.to_string())),
                Op::Remove(name) => Edit::Remove(name),
                Op::Rename(from, to) => Edit::Rename(from, to),
                Op::IncludeUsage => Edit::IncludeUsage,
            });
        }
        let written = rewrite(body.as_bytes(), &edits).expect("is an object");
        let written: Value = serde_json::from_slice(&written).expect("is JSON");
        prop_assert_eq!(written, Value::Object(expected), "{}", body);
    }
}
