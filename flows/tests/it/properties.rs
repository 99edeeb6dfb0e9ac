use std::time::Instant;

use flows::expression::{Scope, evaluate, paths, why_empty};
use flows::graph::{DataType, Edge, EdgeKind, End, Graph, Layout, Node, Place, Variable};
use flows::node::Registry;
use flows::validate::{Environment, validate};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..12_u8).prop_map(|n| format!("n{n}")),
        1 => "\\PC{0,12}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // serde_json reads extreme floats with an error in the last digit.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 1_000.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "cases",
        "conditions",
        "fields",
        "name",
        "id",
        "items",
        "steps",
        "do",
        "value",
        "template",
        "condition",
        "buttons",
        "workflow",
        "path",
        "mode",
        "left",
        "operator",
    ];
    prop_oneof![3 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

fn text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        " nodes.n1.output.text ",
        "nodes.",
        "vars['x",
        "]",
        "[0]",
        "| upper",
        "| nope",
        "for x in ",
        "endfor",
        "if",
        "(",
        ")",
        "\"",
        "'",
        "..",
        "-",
        "9e999",
        "secrets.k",
        "item",
        "input",
        "\\",
        "ä",
        "\n",
        "range(99999999)",
        "{{ '{{' }}",
    ];
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(PIECES), 0..10)
            .prop_map(|pieces| pieces.concat()),
        "\\PC{0,40}",
    ]
}

fn kind() -> impl Strategy<Value = String> {
    let kinds: Vec<String> = Registry::default()
        .iter()
        .map(|node| node.about().id.to_owned())
        .collect();
    prop_oneof![9 => proptest::sample::select(kinds), 1 => "\\PC{0,10}"]
}

fn node() -> impl Strategy<Value = Node> {
    let settings = proptest::collection::vec((key(), json_value()), 0..4);
    (
        id(),
        kind(),
        settings,
        proptest::option::of(id()),
        any::<bool>(),
        0..4_u32,
    )
        .prop_map(|(id, kind, settings, parent, disabled, version)| {
            let mut node = Node::new(id, kind);
            node.settings = settings.into_iter().collect();
            node.parent = parent.map(Into::into);
            node.disabled = disabled;
            node.version = version;
            node
        })
}

fn port() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "in", "out", "value", "text", "items", "then", "else", "item", "result", "error",
    ];
    prop_oneof![6 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

fn graph() -> impl Strategy<Value = Graph> {
    let edge =
        (id(), id(), port(), id(), port(), any::<bool>()).prop_map(|(id, a, out, b, inp, data)| {
            Edge {
                id: id.into(),
                from: End::new(a, out),
                to: End::new(b, inp),
                kind: if data {
                    EdgeKind::Data
                } else {
                    EdgeKind::Control
                },
            }
        });
    let variable = (id(), json_value()).prop_map(|(name, value)| Variable {
        name,
        kind: DataType::Number,
        value,
        description: String::new(),
    });
    (
        proptest::collection::vec(node(), 0..14),
        proptest::collection::vec(edge, 0..30),
        proptest::collection::vec(variable, 0..3),
        proptest::collection::btree_map(id(), (-9.0..9.0_f64, -9.0..9.0_f64), 0..4),
    )
        .prop_map(|(nodes, edges, variables, places)| Graph {
            nodes,
            edges,
            variables,
            layout: Layout {
                nodes: places
                    .into_iter()
                    .map(|(id, (x, y))| {
                        (
                            id.into(),
                            Place {
                                x,
                                y,
                                ..Place::default()
                            },
                        )
                    })
                    .collect(),
                ..Layout::default()
            },
            ..Graph::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_graph_is_the_same_after_its_json_and_normalizing_is_stable(graph in graph()) {
        let mut graph = graph;
        graph.normalize();
        let text = serde_json::to_string(&graph).expect("graphs are JSON");
        let mut back: Graph = serde_json::from_str(&text).expect("JSON of a graph is a graph");
        prop_assert_eq!(&back, &graph);
        back.normalize();
        prop_assert_eq!(serde_json::to_string(&back).expect("graphs are JSON"), text);
    }

    #[test]
    fn validation_of_anything_ends_and_does_not_panic(graph in graph()) {
        let registry = Registry::default();
        let report = validate(&graph, &registry, &Environment::default());
        // The same graph in another order has the same problems.
        let mut turned = graph.clone();
        turned.edges.reverse();
        let again = validate(&turned, &registry, &Environment::default());
        prop_assert_eq!(report.is_valid, again.is_valid);
        let mut upgraded = graph;
        registry.upgrade(&mut upgraded);
    }

    #[test]
    fn expressions_of_anything_end_and_do_not_panic(text in text(), data in json_value()) {
        let mut sample = Map::new();
        sample.insert("input".to_owned(), data.clone());
        sample.insert("nodes".to_owned(), json!({"n1": {"output": {"text": data}}}));
        let scope = Scope::sample(&sample);
        let begun = Instant::now();
        let _ = evaluate(&text, &scope);
        let _ = paths(&text);
        let _ = why_empty(&text, &scope);
        prop_assert!(begun.elapsed().as_secs() < 5, "{text}");
    }
}

#[test]
fn a_thousand_nodes_are_judged_in_time() {
    let registry = Registry::default();
    let mut graph = Graph::default();
    graph.nodes.push(Node::new("start", "input.manual"));
    for number in 0..999 {
        let mut node = Node::new(format!("n{number}"), "data.template");
        let before = if number == 0 {
            "start.output.input".to_owned()
        } else {
            format!("n{}.output.text", number - 1)
        };
        node.settings.insert(
            "template".to_owned(),
            format!("{{{{ nodes.{before} }}}}").into(),
        );
        graph.nodes.push(node);
        let from = if number == 0 {
            "start".to_owned()
        } else {
            format!("n{}", number - 1)
        };
        graph.edges.push(Edge {
            id: format!("e{number}").as_str().into(),
            from: End::new(from, "out"),
            to: End::new(format!("n{number}"), "in"),
            kind: EdgeKind::Control,
        });
    }
    let begun = Instant::now();
    let report = validate(&graph, &registry, &Environment::default());
    assert!(report.is_valid, "{:?}", report.problems.first());
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    graph.nodes.push(Node::new("more", "data.template"));
    assert!(!validate(&graph, &registry, &Environment::default()).is_valid);
}
