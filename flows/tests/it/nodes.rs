use flows::graph::{Ports, is_key};
use flows::node::{Category, Outcome, Registry, Role};
use flows::testing::World;
use flows::value::convert;
use serde_json::Value;
use store::testing::for_each_db;

use crate::support::in_each_world;

#[tokio::test]
async fn each_example_of_each_node_gives_what_it_says() {
    in_each_world(|world| async move {
        for node in world.flows.registry().iter() {
            let id = node.about().id;
            for example in node.examples() {
                let outcome = world
                    .run(node, &example.settings, example.input.clone())
                    .await;
                let outcome = outcome.unwrap_or_else(|e| panic!("{id}, {}: {e}", example.title));
                let Outcome::Done(output) = outcome else {
                    panic!("{id}, {}: not done", example.title);
                };
                assert_eq!(
                    Value::Object(output.values.clone()),
                    Value::Object(example.output.clone()),
                    "{id}, {}",
                    example.title
                );
                // What a node gives goes through its ports, with their types.
                let ports = node.ports(&example.settings);
                for (name, value) in output.values {
                    let port = ports
                        .output(&name)
                        .unwrap_or_else(|| panic!("{id}: no port {name}"));
                    let converted = convert(value.clone(), &port.kind);
                    assert_eq!(converted, Ok(value), "{id}, {}: {name}", example.title);
                }
            }
        }
    })
    .await;
}

#[test]
fn each_node_type_is_complete() {
    let registry = Registry::default();
    for node in registry.iter() {
        let about = node.about();
        let id = about.id;
        let (category, name) = id.split_once('.').expect("category.name");
        assert_eq!(category, about.category.word(), "{id}");
        assert!(is_key(name), "{id}");
        for (what, text) in [
            ("title", about.title),
            ("summary", about.summary),
            ("docs", about.docs),
        ] {
            assert!(!text.trim().is_empty(), "{id} has no {what}");
        }
        assert!(
            about.summary.ends_with('.'),
            "{id}: the summary is a sentence"
        );
        let schema = node.schema();
        let properties = schema["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for (name, property) in &properties {
            let described = property.get("description").and_then(Value::as_str);
            assert!(
                described.is_some_and(|text| !text.is_empty()),
                "{id}.{name} has no description"
            );
            assert!(property.get("title").is_some(), "{id}.{name} has no title");
        }
        assert_eq!(
            schema["additionalProperties"], false,
            "{id} takes unknown settings"
        );
        check_ports(id, about.role, &node.ports(&serde_json::Map::new()));
        // Nodes that only give a plan, or wait, are shown by golden flows instead.
        let shown = !node.examples().is_empty() || about.role == Role::Container;
        let waits = ["logic.approval", "logic.call_flow"].contains(&id);
        // What reaches out of the program is shown against stand-ins, in `ai.rs` and `requests.rs`.
        let reaches_out = !node.capabilities(&serde_json::Map::new()).is_empty();
        // What needs the RAG hub is shown with one, in `knowledge.rs`.
        let reaches_out = reaches_out || about.category == Category::Knowledge;
        assert!(shown || waits || reaches_out, "{id} has no example");
    }
}

fn check_ports(id: &str, role: Role, ports: &Ports) {
    assert_eq!(ports.inputs.is_empty(), role == Role::Trigger, "{id}");
    assert_eq!(
        !ports.inner_outputs.is_empty(),
        role == Role::Container,
        "{id}"
    );
    for side in [
        &ports.inputs,
        &ports.outputs,
        &ports.inner_outputs,
        &ports.inner_inputs,
    ] {
        let mut names: Vec<&str> = side.iter().map(|port| port.name.as_str()).collect();
        assert!(names.iter().all(|name| is_key(name)), "{id}: {names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), side.len(), "{id} has a port twice");
    }
}

#[tokio::test]
async fn a_switch_has_the_outputs_of_its_cases_and_only_one_is_live() {
    for_each_db(|db| async {
        let world = World::new(db).await;
        let node = world.flows.registry().get("logic.switch").expect("there");
        let settings = serde_json::json!({"cases": [
            {"id": "small", "conditions": [{"left": "{{ incoming.value }}", "operator": "less", "right": 10}]},
            {"id": "large", "conditions": [{"left": "{{ incoming.value }}", "operator": "less", "right": 1000}]},
        ]});
        let settings = settings.as_object().expect("an object");
        let names: Vec<String> =
            node.ports(settings).outputs.into_iter().map(|port| port.name).collect();
        assert_eq!(names, ["small", "large", "otherwise", "value"]);
        for (value, live) in [(5, "small"), (50, "large"), (5000, "otherwise")] {
            let input = serde_json::json!({"value": value}).as_object().cloned().unwrap_or_default();
            let Ok(Outcome::Done(output)) = world.run(node, settings, input).await else {
                panic!("not done");
            };
            for name in &names {
                assert_eq!(output.is_live(name), name == live || name == "value", "{value} {name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn csv_goes_into_a_file_and_back() {
    in_each_world(|world| async move {
        let registry = world.flows.registry();
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let rows = serde_json::json!([{"a": "x;\"y\"\nz", "b": "007"}, {"a": "", "b": "-1"}]);
        let write = registry.get("data.csv_write").expect("there");
        let settings = object(serde_json::json!({"file_name": "t.csv", "escape_formulas": false}));
        let input = object(serde_json::json!({"rows": rows}));
        let Ok(Outcome::Done(written)) = world.run(write, &settings, input).await else {
            panic!("not written");
        };
        let read = registry.get("data.csv_read").expect("there");
        let input = object(serde_json::json!({"csv": written.values["file"]}));
        let Ok(Outcome::Done(back)) = world.run(read, &object(serde_json::json!({})), input).await
        else {
            panic!("not read");
        };
        assert_eq!(back.values["rows"], rows);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_setting_names_its_field() {
    in_each_world(|world| async move {
        let node = world.flows.registry().get("data.json").expect("there");
        let settings = serde_json::json!({"mode": "query", "path": "$.["});
        let settings = settings.as_object().expect("an object");
        let input = serde_json::json!({"value": {}})
            .as_object()
            .cloned()
            .unwrap_or_default();
        let error = world.run(node, settings, input).await.expect_err("no path");
        assert_eq!(error.field.as_deref(), Some("path"), "{error:?}");
        assert!(!error.retryable);
    })
    .await;
}
