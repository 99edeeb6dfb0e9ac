//! JSON by schema, JSON by description, tool arguments.

use super::super::find;
use super::*;

fn fill(text: &str, schema: &Value) -> Value {
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let messages = json!([
        {"role": "system", "content": "Extract the data. Return JSON."},
        {"role": "user", "content": text},
    ]);
    let text = say(json!({"model": "m", "messages": messages, "response_format": format}));
    serde_json::from_str(&text).expect("valid JSON")
}

fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().expect("an object").keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

const INVOICE: &str = "Invoice number: RE-2024-117\nDate: 3. März 2024\nCustomer: Anna Schmidt, \
    Lindenweg 4\nE-mail: anna@example.org\nTotal: 1.234,56 EUR\nItems: 3\nPaid: no\n";

#[test]
fn labelled_values_are_taken() {
    let schema = object(json!({
        "invoice_number": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "customer": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "total": {"type": "number"},
        "items": {"type": "integer"},
        "paid": {"type": "boolean"},
        "phone": {"type": ["string", "null"]},
    }));
    let expected = json!({
        "invoice_number": "RE-2024-117", "date": "2024-03-03", "customer": "Anna Schmidt, Lindenweg 4",
        "email": "anna@example.org", "total": 1234.56, "items": 3, "paid": false, "phone": null,
    });
    assert_eq!(fill(INVOICE, &schema), expected);
}

#[test]
fn values_are_found_in_prose() {
    let text = "Hello, my name is Anna Schmidt and I ordered 12 lamps on March 5, 2024. Two of the \
        lamps arrived broken. Please call me at +49 30 1234567 or see https://example.org/a.";
    let schema = object(json!({
        "customer_name": {"type": "string"},
        "lamps": {"type": "integer", "description": "how many were ordered"},
        "order_date": {"type": "string", "format": "date"},
        "phone": {"type": "string"},
        "link": {"type": "string", "format": "uri"},
        "broken": {"type": "boolean"},
    }));
    let expected = json!({
        "customer_name": "Anna Schmidt", "lamps": 12, "order_date": "2024-03-05",
        "phone": "+49 30 1234567", "link": "https://example.org/a", "broken": true,
    });
    assert_eq!(fill(text, &schema), expected);
}

fn chosen(text: &str, options: &[&str]) -> String {
    let schema = object(json!({"choice": {"type": "string", "enum": options}}));
    fill(text, &schema)["choice"]
        .as_str()
        .expect("a string")
        .to_owned()
}

#[test]
fn enums_are_chosen_by_what_the_text_speaks_for() {
    let feelings = ["positive", "negative", "neutral"];
    assert_eq!(
        chosen("I love it, great service, thank you!", &feelings),
        "positive"
    );
    assert_eq!(
        chosen("Terrible. It broke and I am very disappointed.", &feelings),
        "negative"
    );
    assert_eq!(
        chosen("The parcel has a weight of 2 kg.", &feelings),
        "neutral"
    );
    assert_eq!(chosen("这个产品很差，我很失望。", &feelings), "negative");
    let topics = ["technical", "billing", "other"];
    assert_eq!(
        chosen("I was charged twice on my last invoice.", &topics),
        "billing"
    );
    assert_eq!(
        chosen("The app crashes with an error.", &topics),
        "technical"
    );
    assert_eq!(
        chosen("Choose technical or billing: nothing special.", &topics),
        "other"
    );
    assert_eq!(chosen("whatever", &["red", "green"]), "red");
}

#[test]
fn arrays_come_from_lists() {
    let text = "Shopping:\n- 3 apples\n- 12 eggs\nTags: food, home";
    let item = object(json!({"name": {"type": "string"}, "amount": {"type": "integer"}}));
    let schema = object(json!({
        "tags": {"type": "array", "items": {"type": "string"}},
        "things": {"type": "array", "items": {"type": "string"}},
        "numbers": {"type": "array", "items": {"type": "integer"}, "maxItems": 1},
        "rows": {"type": "array", "items": item},
        "at_least": {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
    }));
    let filled = fill(text, &schema);
    assert_eq!(filled["tags"], json!(["food", "home"]));
    assert_eq!(filled["things"], json!(["3 apples", "12 eggs"]));
    assert_eq!(filled["numbers"], json!([3]));
    assert_eq!(filled["rows"].as_array().map(Vec::len), Some(2));
    assert_eq!(filled["rows"][1]["amount"], 12);
    assert_eq!(filled["at_least"], json!([false, false]));
}

#[test]
fn answer_fields_hold_the_quote_and_citation_fields_its_marks() {
    let schema = object(json!({
        "answer": {"type": "string"},
        "citations": {"type": "array", "items": {"type": "string"}},
        "sources": {"type": "array", "items": {"type": "integer"}},
    }));
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let messages = json!([
        {"role": "system", "content": PASSAGES},
        {"role": "user", "content": "What do students pay?"},
    ]);
    let text = say(json!({"model": "m", "messages": messages, "response_format": format}));
    let expected =
        json!({"answer": "Students pay half. [doc:3]", "citations": ["[doc:3]"], "sources": [3]});
    assert_eq!(
        serde_json::from_str::<Value>(&text).expect("JSON"),
        expected
    );
}

/// A small validator of what the filler promises.
fn is_valid(value: &Value, schema: &Value, root: &Value) -> bool {
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
        return is_valid(
            value,
            root.pointer(&pointer[1..]).expect("a definition"),
            root,
        );
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return options.contains(value);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(variants) = schema.get(word).and_then(Value::as_array) {
            return variants
                .iter()
                .any(|variant| is_valid(value, variant, root));
        }
    }
    let fits = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    };
    let kind_fits = match &schema["type"] {
        Value::String(kind) => fits(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    };
    let required = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let members_fit = value.as_object().is_none_or(|object| {
        object
            .iter()
            .all(|(name, member)| is_valid(member, &schema["properties"][name], root))
    });
    let items_fit = value.as_array().is_none_or(|items| {
        items
            .iter()
            .all(|item| is_valid(item, &schema["items"], root))
    });
    let bounds_fit = value.as_f64().is_none_or(|n| {
        schema["minimum"].as_f64().is_none_or(|least| n >= least)
            && schema["maximum"].as_f64().is_none_or(|most| n <= most)
    });
    kind_fits
        && members_fit
        && items_fit
        && bounds_fit
        && (!value.is_object() || required.into_iter().all(|name| value.get(name).is_some()))
}

#[test]
fn any_schema_is_answered_validly_whatever_the_text() {
    let address =
        object(json!({"street": {"type": "string"}, "zip": {"type": ["string", "null"]}}));
    let tree = object(
        json!({"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}),
    );
    let mut schema = object(json!({
        "id": {"type": "string", "minLength": 3, "maxLength": 8},
        "rating": {"type": "integer", "minimum": 1, "maximum": 5},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "address": {"$ref": "#/$defs/address"},
        "tree": {"$ref": "#/$defs/tree"},
        "either": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        "kind": {"enum": ["a", "b", null]},
        "list": {"type": "array", "items": {"type": "number"}, "minItems": 1},
        "deep": object(json!({"deeper": object(json!({"flag": {"type": "boolean"}}))})),
    }));
    schema["$defs"] = json!({"address": address, "tree": tree});
    for text in [
        "",
        "hi",
        INVOICE,
        PASSAGES,
        "- 7 a\n- 8 b",
        "rating: 900, share: 17, list: 1, 2, 3",
        "价格：５ 12 元",
    ] {
        let filled = fill(text, &schema);
        assert!(is_valid(&filled, &schema, &schema), "{text}: {filled}");
    }
}

#[test]
fn a_schema_that_contains_itself_without_end_is_survived() {
    let schema =
        json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]});
    assert!(fill("hi", &schema).is_object());
    let schema = json!({"$ref": "#"});
    assert!(fill("hi", &schema).is_null());
}

fn free(system: &str, user: &str) -> Value {
    let messages =
        json!([{"role": "system", "content": system}, {"role": "user", "content": user}]);
    let format = json!({"type": "json_object"});
    let text = say(json!({"model": "m", "messages": messages, "response_format": format}));
    serde_json::from_str(&text).expect("valid JSON")
}

#[test]
fn json_without_a_schema_follows_the_prompts_example_or_names() {
    let example = "Return JSON like {\"sentiment\": \"positive|negative\", \"score\": 1, \"email\": \"string\"}.";
    let filled = free(example, "I hate it. Score: 2. Write to a@b.org.");
    assert_eq!(
        filled,
        json!({"sentiment": "negative", "score": 2, "email": "a@b.org"})
    );
    let named = free(
        "Return a JSON object with the keys \"email\" and \"total\".",
        "Total: 5 EUR\nWrite to a@b.org",
    );
    assert_eq!(named, json!({"email": "a@b.org", "total": "5 EUR"}));
    let plain = free(PASSAGES, "Who designed the library? Answer as JSON.");
    assert_eq!(plain["citations"], json!(["[1]"]));
}

#[test]
fn a_forced_tool_is_called_with_arguments_from_the_text() {
    let tool = |name: &str, about: &str, properties: Value| {
        json!({"type": "function", "function":
            {"name": name, "description": about, "parameters": object(properties)}})
    };
    let tools = json!([
        tool(
            "send_mail",
            "Sends an e-mail",
            json!({"email": {"type": "string"}})
        ),
        tool(
            "get_weather",
            "Gets the weather of a city",
            json!({"city": {"type": "string"}})
        ),
    ]);
    let call = |choice: Value| {
        let messages = json!([{"role": "user", "content": "What is the weather in Berlin?"}]);
        respond(&request(
            json!({"model": "m", "messages": messages, "tools": tools, "tool_choice": choice}),
        ))
    };
    let weather = Answer::Call {
        name: "get_weather".into(),
        arguments: r#"{"city":"Berlin"}"#.into(),
    };
    assert_eq!(call(json!("required")), weather);
    assert_eq!(
        call(json!({"type": "function", "function": {"name": "get_weather"}})),
        weather
    );
    let mail = call(json!({"type": "function", "function": {"name": "send_mail"}}));
    assert_eq!(
        mail,
        Answer::Call {
            name: "send_mail".into(),
            arguments: r#"{"email":""}"#.into()
        }
    );
    assert!(matches!(call(json!("auto")), Answer::Text(_)));
    assert!(matches!(call(json!("none")), Answer::Text(_)));
}

#[test]
fn dates_and_numbers_are_read_in_their_usual_forms() {
    for text in [
        "2024-03-05",
        "am 5.3.2024",
        "3/5/2024",
        "March 5, 2024",
        "5 Mar 2024",
        "5. März 2024",
        "2024年3月5日",
        "5th of March 2024",
    ] {
        assert_eq!(find::date(text).as_deref(), Some("2024-03-05"), "{text}");
    }
    assert_eq!(find::date("31.02.2024, room 12"), None);
    let numbers = |text: &str| {
        find::numbers(text)
            .into_iter()
            .map(|n| n.1)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        numbers("1,234.56 and 1.234,56, -3, A4, 7-8, 3,400."),
        [1234.56, 1234.56, -3.0, 7.0, 8.0, 3400.0]
    );
}

#[test]
fn a_schema_that_multiplies_is_bounded_in_work() {
    let member = json!({"$ref": "#"});
    let properties: serde_json::Map<String, Value> =
        (0..10).map(|n| (format!("m{n}"), member.clone())).collect();
    assert!(fill("hi", &object(Value::Object(properties))).is_object());
    let nested = (0..6).fold(
        json!({"type": "string"}),
        |inner, _| json!({"type": "array", "minItems": 50, "items": inner}),
    );
    assert!(fill("hi", &nested).is_array());
}

#[test]
fn a_huge_schema_over_a_huge_text_is_bounded_in_work() {
    let text = "name 1:name 99.99.2000 urgent ".repeat(10_000);
    let options: Vec<String> = (0..2_000).map(|n| format!("option {n}")).collect();
    let mut properties = serde_json::Map::new();
    for n in 0..2_000 {
        properties.insert(format!("name_{n}"), json!({"type": "string"}));
        properties.insert(format!("answer_{n}"), json!({"type": "string"}));
        properties.insert(format!("choice_{n}"), json!({"enum": options}));
    }
    let filled = fill(&text, &object(Value::Object(properties)));
    assert_eq!(filled.as_object().map(serde_json::Map::len), Some(6_000));
}

#[test]
fn a_schema_in_the_prompt_is_not_quoted() {
    let schema = json!({"type": "object", "required": ["summary"], "properties": {
        "summary": {"type": "string", "description": "What is wanted, in one sentence"}}});
    let told = format!(
        "Take the wanted fields out of the text that the user sends.\n\nAnswer with one JSON value that \
         fits this JSON Schema, and with nothing else:\n{schema}"
    );
    let request: ChatRequest = serde_json::from_value(json!({
        "model": "builtin/extract",
        "messages": [
            {"role": "system", "content": told},
            {"role": "user", "content": "Order 4711: the kettle caught fire."},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
    }))
    .expect("a request");
    let Answer::Text(text) = respond(&request) else {
        panic!("a call");
    };
    assert_eq!(text, r#"{"summary":"Order 4711: the kettle caught fire."}"#);
}
