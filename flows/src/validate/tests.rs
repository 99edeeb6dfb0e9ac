use serde_json::{Value, json};

use super::*;
use crate::graph::{Edge, EdgeKind, End, Node, Variable};

fn graph(value: Value) -> Graph {
    let mut graph = Graph::default();
    for node in value["nodes"].as_array().into_iter().flatten() {
        let mut made = Node::new(
            node["id"].as_str().unwrap_or_default(),
            node["type"].as_str().unwrap_or_default(),
        );
        made.settings = node["settings"].as_object().cloned().unwrap_or_default();
        made.parent = node["parent"].as_str().map(Into::into);
        graph.nodes.push(made);
    }
    for edge in value["edges"].as_array().into_iter().flatten() {
        let text = edge.as_str().unwrap_or_default();
        let (from, to) = text.split_once(" > ").expect("a.b > c.d");
        let end = |text: &str| {
            let (node, port) = text.split_once('.').expect("node.port");
            End::new(node, port)
        };
        let is_control = ["in"].contains(&end(to).port.as_str());
        graph.edges.push(Edge {
            id: text.into(),
            from: end(from),
            to: end(to),
            kind: if is_control {
                EdgeKind::Control
            } else {
                EdgeKind::Data
            },
        });
    }
    graph
}

/// `code@node` of each error.
fn errors(value: Value) -> Vec<String> {
    let environment = Environment {
        slug: Some("me".to_owned()),
        variables: ["lang".to_owned()].into(),
        secrets: ["token".to_owned()].into(),
        credentials: ["smtp/main".to_owned()].into(),
        collections: Some(BTreeSet::new()),
        workflows: [
            ("other".to_owned(), [1].into()),
            ("fresh".to_owned(), BTreeSet::new()),
        ]
        .into(),
    };
    let report = validate(&graph(value), &Registry::default(), &environment);
    let wrong = report
        .problems
        .iter()
        .filter(|p| p.severity == Severity::Error);
    let words = wrong.map(|p| {
        let word = Code::ALL
            .iter()
            .find(|(code, ..)| *code == p.code)
            .map_or("", |(_, w, _)| w);
        format!("{word}@{}", p.node.as_ref().map_or("", |id| id.as_str()))
    });
    let words: Vec<String> = words.collect();
    assert_eq!(words.is_empty(), report.is_valid);
    words
}

fn text(id: &str, template: &str) -> Value {
    json!({"id": id, "type": "data.template", "settings": {"template": template}})
}

fn start() -> Value {
    json!({"id": "start", "type": "input.manual", "settings": {"fields": [{"name": "n", "type": "number"}]}})
}

#[test]
fn each_mistake_has_its_code_and_place() {
    let cases: Vec<(Value, Vec<&str>)> = vec![
        (json!({"nodes": [start()]}), vec![]),
        (json!({}), vec!["no_trigger@"]),
        (
            json!({"nodes": [start(), text("a", "{{ nodes.start.output.n }} {{ vars.lang }}")], "edges": ["start.out > a.in"]}),
            vec![],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ nodes.strat.output.n }}")], "edges": ["start.out > a.in"]}),
            vec!["unknown_name@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ nodes.start.output.m }}")], "edges": ["start.out > a.in"]}),
            vec!["unknown_name@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ nodes.start.result }}")], "edges": ["start.out > a.in"]}),
            vec!["unknown_name@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ vars.nope }}{{ secrets.nope }}{{ secrets.token }}")], "edges": ["start.out > a.in"]}),
            vec!["unknown_variable@a", "unknown_secret@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ nodes. }}")], "edges": ["start.out > a.in"]}),
            vec!["expression_syntax@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ foo }}{{ incoming.what }}{{ item }}")], "edges": ["start.out > a.in"]}),
            vec!["unknown_name@a", "unknown_name@a", "unknown_name@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "{{ nodes.b.output.text }}"), text("b", "")], "edges": ["start.out > a.in", "start.out > b.in"]}),
            vec!["not_before@a"],
        ),
        (
            json!({"nodes": [start(), text("a", ""), text("b", "")], "edges": ["start.out > a.in", "a.out > b.in", "b.out > a.in"]}),
            vec!["cycle@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "")], "edges": ["start.nope > a.in"]}),
            vec!["unknown_port@start"],
        ),
        (
            json!({"nodes": [start(), text("a", "")], "edges": ["start.out > z.in"]}),
            vec!["unknown_node@"],
        ),
        (
            json!({"nodes": [start(), text("a", "")], "edges": ["start.out > a.value"]}),
            vec!["type_mismatch@a"],
        ),
        (
            json!({"nodes": [start(), text("a", "")], "edges": ["start.n > a.value", "start.input > a.value"]}),
            vec!["port_taken@a"],
        ),
        (
            json!({"nodes": [start(), {"id": "f", "type": "logic.filter", "settings": {"condition": "item.x > vars.lang"}}], "edges": ["start.out > f.in"]}),
            vec!["missing_input@f"],
        ),
        (
            json!({"nodes": [start(), {"id": "f", "type": "logic.filter", "settings": {"items": [1]}}], "edges": ["start.out > f.in"]}),
            vec!["missing_setting@f"],
        ),
        (
            json!({"nodes": [start(), {"id": "f", "type": "data.template", "settings": {"template": "", "trin": true}}], "edges": ["start.out > f.in"]}),
            vec!["unknown_setting@f"],
        ),
        (
            json!({"nodes": [start(), {"id": "x", "type": "data.tempalte"}], "edges": ["start.out > x.in"]}),
            vec!["unknown_node_type@x"],
        ),
        (
            json!({"nodes": [start(), {"id": "c", "type": "logic.call_flow", "settings": {"workflow": "me"}}], "edges": ["start.out > c.in"]}),
            vec!["calls_itself@c"],
        ),
        (
            json!({"nodes": [start(), {"id": "c", "type": "logic.call_flow", "settings": {"workflow": "fresh"}}], "edges": ["start.out > c.in"]}),
            vec!["unpublished_workflow@c"],
        ),
        (
            json!({"nodes": [start(), {"id": "c", "type": "logic.call_flow", "settings": {"workflow": "other", "version": 2}}], "edges": ["start.out > c.in"]}),
            vec!["unpublished_workflow@c"],
        ),
        (
            json!({"nodes": [start(), {"id": "c", "type": "logic.call_flow", "settings": {"workflow": "otter"}}], "edges": ["start.out > c.in"]}),
            vec!["missing_workflow@c"],
        ),
        (
            json!({"nodes": [start(), start()]}),
            vec!["duplicate_id@start"],
        ),
        (
            json!({"nodes": [start(), text("A", "")], "edges": ["start.out > A.in"]}),
            vec!["invalid_id@A"],
        ),
    ];
    for (value, wanted) in cases {
        assert_eq!(errors(value.clone()), wanted, "{value}");
    }
}

#[test]
fn loops_see_what_is_outside_and_hide_what_is_inside() {
    let each = json!({"id": "each", "type": "logic.loop", "settings": {"items": [1, 2]}});
    let inside = |template: &str| json!({"id": "inner", "type": "data.template", "parent": "each", "settings": {"template": template}});
    for (template, after, edges, wanted) in [
        (
            "{{ item }}{{ index }}{{ nodes.start.output.n }}{{ nodes.each.output.item }}",
            "{{ nodes.each.output.results }}",
            vec![],
            vec![],
        ),
        (
            "",
            "{{ nodes.inner.output.text }}",
            vec![],
            vec!["not_before@after"],
        ),
        (
            "{{ nodes.after.output.text }}",
            "",
            vec![],
            vec!["not_before@inner"],
        ),
        (
            "",
            "",
            vec!["each.item > inner.value", "inner.text > each.result"],
            vec![],
        ),
        (
            "",
            "",
            vec!["start.n > inner.value"],
            vec!["crosses_container@"],
        ),
    ] {
        let mut all = vec!["start.out > each.in", "each.out > after.in"];
        all.extend(edges);
        let value =
            json!({"nodes": [start(), each, inside(template), text("after", after)], "edges": all});
        assert_eq!(errors(value), wanted, "{template} {after}");
    }
    let trigger = json!({"id": "t", "type": "input.manual", "parent": "each"});
    let value = json!({"nodes": [start(), each, trigger], "edges": ["start.out > each.in"]});
    assert_eq!(errors(value), ["invalid_parent@t"]);
    let nested =
        json!({"id": "each", "type": "logic.loop", "parent": "each", "settings": {"items": []}});
    let value = json!({"nodes": [start(), nested], "edges": ["start.out > each.in"]});
    assert_eq!(errors(value), ["invalid_parent@each"]);
}

#[test]
fn a_cycle_is_named_by_its_path() {
    let value = graph(json!({
        "nodes": [start(), text("a", ""), text("b", ""), text("c", "")],
        "edges": ["start.out > a.in", "a.out > b.in", "b.out > c.in", "c.out > a.in"],
    }));
    let report = validate(&value, &Registry::default(), &Environment::default());
    let cycle = report
        .problems
        .iter()
        .find(|p| p.code == Code::Cycle)
        .expect("named");
    assert!(cycle.message.contains("a → b → c → a"), "{}", cycle.message);
    assert_eq!(cycle.related.len(), 3);
}

#[test]
fn what_never_runs_is_a_warning() {
    let value = graph(json!({"nodes": [start(), text("lone", "{{ nodes.nope.output }}")]}));
    let report = validate(&value, &Registry::default(), &Environment::default());
    assert!(report.is_valid, "{report:?}");
    let codes: Vec<Code> = report.problems.iter().map(|p| p.code).collect();
    assert_eq!(codes, [Code::Unreachable, Code::UnknownName]);
    assert!(
        report
            .problems
            .iter()
            .all(|p| p.severity == Severity::Warning)
    );
}

#[test]
fn problems_in_expressions_have_line_and_column() {
    let value = graph(json!({
        "nodes": [start(), text("a", "Hello\n {{ vars.nope }}")], "edges": ["start.out > a.in"],
    }));
    let report = validate(&value, &Registry::default(), &Environment::default());
    let problem = &report.problems[0];
    assert_eq!(problem.field.as_deref(), Some("template"));
    assert_eq!((problem.line, problem.column), (Some(2), Some(5)));
}

#[test]
fn variables_of_the_flow_are_known_and_checked() {
    let mut value = graph(json!({
        "nodes": [start(), text("a", "{{ vars.page }}")], "edges": ["start.out > a.in"],
    }));
    value.variables.push(Variable {
        name: "page".to_owned(),
        kind: "number".parse().expect("a type"),
        value: json!(1),
        description: String::new(),
    });
    assert!(validate(&value, &Registry::default(), &Environment::default()).is_valid);
    value.variables[0].value = json!("one");
    assert!(!validate(&value, &Registry::default(), &Environment::default()).is_valid);
}
