use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::Secret;
use serde_json::{Map, json};

use super::*;
use crate::mask::Masker;

fn scope() -> Scope {
    let data = json!({
        "input": {"question": "Hi", "n": 3},
        "vars": {"lang": "de"},
        "nodes": {
            "extract": {"output": {"items": ["a", {"name": "Ada"}], "text": "Hello", "none": null}},
            "other": {"status": "skipped"},
        },
    });
    let mut scope = Scope::sample(data.as_object().expect("an object"));
    let secrets = BTreeMap::from([("token".to_owned(), Secret::new("canary-7f3"))]);
    scope.secrets = Arc::new(Secrets::new(secrets, Arc::new(Masker::default())));
    scope
}

#[test]
fn one_expression_keeps_its_type_and_a_text_becomes_text() {
    for (text, wanted) in [
        ("plain { text }", json!("plain { text }")),
        (
            "{{ nodes.extract.output.items }}",
            json!(["a", {"name": "Ada"}]),
        ),
        ("  {{ nodes.extract.output.items[0] | upper }} ", json!("A")),
        ("{{ input.n + 1 }}", json!(4)),
        ("{{ input.n > 2 }}", json!(true)),
        ("{{ input.n }}{{ input.n }}", json!("33")),
        ("{{ input.n }} and {{ vars.lang }}", json!("3 and de")),
        ("{{ \"}}\" }}", json!("}}")),
        ("{{ nodes.extract.output.none }}", json!(null)),
        ("<{{ nodes.extract.output.none }}>", json!("<>")),
        (
            "{{ nodes.extract.output.items }}.",
            json!("[\"a\",{\"name\":\"Ada\"}]."),
        ),
        (
            "{% for i in nodes.extract.output.items[:1] %}{{ i }}{% endfor %}",
            json!("a"),
        ),
        ("{{ nodes.other.output.text or 'dead' }}", json!("dead")),
        ("{{ nodes.other.status }}", json!("skipped")),
        ("{{ nodes['extract']['output']['text'] }}", json!("Hello")),
        ("{{ '{\"a\": [1]}' | fromjson }}", json!({"a": [1]})),
    ] {
        let given = evaluate(text, &scope()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(given.value, wanted, "{text}");
    }
}

#[test]
fn errors_name_the_place_and_the_way_out() {
    for (text, kind, line, column, part) in [
        ("a\n {{ input. }}", ExpressionErrorKind::Syntax, 2, 12, ""),
        (
            "{{ nodes.extract.output.txt }}",
            ExpressionErrorKind::Missing,
            1,
            4,
            "did you mean `text`?",
        ),
        (
            "{{ nodes.extrakt.output.text }}",
            ExpressionErrorKind::Missing,
            1,
            4,
            "did you mean `extract`?",
        ),
        (
            "{{ nodes.extract.output.items.name }}",
            ExpressionErrorKind::Missing,
            1,
            4,
            "[0].name",
        ),
        (
            "x {{ nodes.other.output.text }}",
            ExpressionErrorKind::Missing,
            1,
            6,
            "passed over",
        ),
        (
            "{{ input.n | nope }}",
            ExpressionErrorKind::UnknownFunction,
            1,
            14,
            "nope",
        ),
        (
            "{{ range(100000) | list | length }}",
            ExpressionErrorKind::TooMuch,
            1,
            4,
            "code node",
        ),
        (
            "{{ item.x }}",
            ExpressionErrorKind::Missing,
            1,
            4,
            "inside of loops",
        ),
    ] {
        let error = evaluate(text, &scope()).expect_err(text);
        assert_eq!(error.kind, kind, "{text}: {error:?}");
        assert!(error.message.contains(part), "{text}: {error:?}");
        assert_eq!(error.line, line, "{text}: {error:?}");
        if kind != ExpressionErrorKind::TooMuch && kind != ExpressionErrorKind::Syntax {
            assert_eq!(error.column, column, "{text}: {error:?}");
        }
    }
}

#[test]
fn nothing_of_the_host_can_be_reached() {
    for text in [
        "{{ debug() }}",
        "{% include '/etc/passwd' %}",
        "{{ ''.__class__ }}",
        "{{ secrets | list }}",
        "{{ secrets | items }}",
        "{% import 'x' as y %}",
    ] {
        assert!(evaluate(text, &scope()).is_err(), "{text}");
    }
}

#[test]
fn secrets_are_given_to_the_node_and_masked_for_everyone_else() {
    let scope = scope();
    let given = evaluate("Bearer {{ secrets.token }}", &scope).expect("there");
    assert_eq!(given.value, json!("Bearer canary-7f3"));
    assert_eq!(given.masked, json!("Bearer ***"));
    let given = evaluate("{{ secrets['token'] | upper }}", &scope).expect("there");
    assert_eq!(given.value, json!("CANARY-7F3"));
    assert_eq!(given.masked, json!("***"));
    for text in ["{{ secrets }}", "{{ secrets | tojson }}", "{{ [secrets] }}"] {
        let shown = evaluate(text, &scope)
            .map(|g| g.value.to_string())
            .unwrap_or_default();
        assert!(!shown.contains("canary"), "{text}: {shown}");
    }
    assert_eq!(preview("{{ secrets.token }}", &scope), Ok(json!("***")));
    assert!(evaluate("{{ secrets.nope }}", &scope).is_err());
}

#[test]
fn dependencies_are_found_without_running_anything() {
    let named = |text: &str| -> Vec<String> {
        let paths = paths(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        paths.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        named("{% for x in nodes.a.output.items %}{{ x.name ~ vars.y }}{% endfor %} nodes.c"),
        ["nodes.a.output.items", "vars.y"]
    );
    assert_eq!(
        named("{{ nodes['b'].output[0] is defined }}"),
        ["nodes.b.output[0]"]
    );
    assert_eq!(named("{{ range(3) | join(input.s) }}"), ["input.s"]);
    assert_eq!(named("{# nodes.a #} x"), Vec::<String>::new());
    assert!(paths("{{ nodes. }}").is_err());
    assert_eq!(condition_paths("index < vars.n").map(|p| p.len()), Ok(2));
}

#[test]
fn an_empty_value_is_explained() {
    let why = |text: &str| -> Vec<String> {
        why_empty(text, &scope())
            .into_iter()
            .map(|r| r.message)
            .collect()
    };
    assert_eq!(
        why("{{ nodes.extract.output.none }}"),
        ["`nodes.extract.output.none` is null"]
    );
    assert_eq!(
        why("{{ nodes.other.output.text or vars.nope }}"),
        [
            "the node `other` was passed over: it was passed over in the run this sample is of",
            "there is no variable `nope`"
        ]
    );
    assert_eq!(
        why("{{ nodes.extract.output.items[9] }}"),
        ["`nodes.extract.output.items` has no entry 9: it has 2"]
    );
    assert!(why("{{ input.question }}").is_empty());
}

#[test]
fn conditions_may_stand_without_braces() {
    let scope = scope();
    assert_eq!(evaluate_condition("input.n > 2", &scope), Ok(true));
    assert_eq!(
        evaluate_condition("{{ nodes.extract.output.none }}", &scope),
        Ok(false)
    );
    assert!(evaluate_condition("input.n >", &scope).is_err());
}

#[test]
fn settings_are_evaluated_as_their_schema_says() {
    let schema = json!({
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "max": {"type": ["integer", "null"]},
            "code": {"type": "string", "x-expression": "never"},
            "while": {"type": "string", "x-expression": "deferred"},
            "cases": {"type": "array", "items": {"$ref": "#/$defs/Case"}},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "any": true,
        },
        "$defs": {"Case": {"anyOf": [{"type": "null"}, {"properties": {"is": {"type": "number"}}}]}},
    });
    let settings = json!({
        "prompt": "{{ input.n }}",
        "max": "{{ input.n / 1 }}",
        "code": "{{ raw }}",
        "while": "{{ index < 3 }}",
        "cases": [{"is": "{{ '4' }}"}],
        "headers": {"a.b": "Bearer {{ secrets.token }}"},
        "any": {"deep": ["{{ nodes.extract.output.items }}"]},
    });
    let settings = settings.as_object().expect("an object");
    let given = evaluate_settings(&schema, settings, &scope()).expect("evaluates");
    assert_eq!(
        serde_json::Value::Object(given.settings),
        json!({
            "prompt": "3",
            "max": 3,
            "code": "{{ raw }}",
            "while": "{{ index < 3 }}",
            "cases": [{"is": 4}],
            "headers": {"a.b": "Bearer canary-7f3"},
            "any": {"deep": [["a", {"name": "Ada"}]]},
        })
    );
    let masked = serde_json::Value::Object(given.masked);
    assert_eq!(masked["headers"]["a.b"], "Bearer ***");
    assert_eq!(masked["max"], 3);
    let wrong = json!({"cases": [{}, {"is": "{{ input.nope }}"}]});
    let error = evaluate_settings(&schema, wrong.as_object().expect("an object"), &scope());
    let error = error.expect_err("missing");
    assert_eq!(error.field.as_deref(), Some("cases[1].is"));
    assert_eq!((error.line, error.column), (Some(1), Some(4)));
    let empty = evaluate_settings(&schema, &Map::new(), &scope()).expect("nothing to do");
    assert!(empty.settings.is_empty());
}
