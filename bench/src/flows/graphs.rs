//! The flows that are measured.

use serde_json::{Value, json};

/// Light steps of the long flow.
pub(super) const STEPS: usize = 40;
/// Items of the loop.
pub(super) const ITEMS: usize = 1_000;

fn node(id: &str, kind: &str, settings: &Value) -> Value {
    json!({"id": id, "type": kind, "settings": settings})
}

fn edge(from: (&str, &str), to: (&str, &str), kind: &str) -> Value {
    json!({
        "id": format!("{}-{}", from.0, to.0), "kind": kind,
        "from": {"node": from.0, "port": from.1}, "to": {"node": to.0, "port": to.1},
    })
}

/// A step that does as little as a step can.
fn set(id: &str) -> Value {
    let variables = json!({"variables": [{"name": "n", "value": 1}]});
    node(id, "data.set_variable", &variables)
}

/// So many light steps, one after another.
pub(super) fn chain(steps: usize) -> Value {
    let mut nodes = vec![node("start", "input.manual", &json!({}))];
    let mut edges = Vec::new();
    let mut last = "start".to_owned();
    for number in 0..steps {
        let id = format!("s{number}");
        nodes.push(set(&id));
        edges.push(edge((&last, "out"), (&id, "in"), "control"));
        last = id;
    }
    graph(&nodes, &edges)
}

/// A loop over [`ITEMS`] items with one light step inside.
pub(super) fn items() -> Value {
    let items: Vec<usize> = (0..ITEMS).collect();
    let mut inside = node("x", "data.template", &json!({"template": "{{ item }}"}));
    inside["parent"] = json!("each");
    let nodes = [
        node("start", "input.manual", &json!({})),
        node("each", "logic.loop", &json!({"items": items})),
        inside,
    ];
    let back = edge(("x", "text"), ("each", "result"), "data");
    let edges = [
        edge(("start", "out"), ("each", "in"), "control"),
        edge(("each", "each"), ("x", "in"), "control"),
        back,
    ];
    graph(&nodes, &edges)
}

/// Webhook, a light step, the answer.
pub(super) fn hook() -> Value {
    let nodes = [
        node("hook", "input.webhook", &json!({"respond": "by_node"})),
        set("set"),
        node("answer", "output.respond", &json!({"body": {"ok": true}})),
    ];
    let edges = [
        edge(("hook", "out"), ("set", "in"), "control"),
        edge(("set", "out"), ("answer", "in"), "control"),
    ];
    graph(&nodes, &edges)
}

/// A chat that asks the model.
pub(super) fn chat(model: &str) -> Value {
    let prompt = "{{ nodes.start.output.message }}";
    let nodes = [
        node("start", "input.chat", &json!({})),
        node("ask", "ai.text", &json!({"model": model, "prompt": prompt})),
        node("reply", "output.return", &json!({})),
    ];
    let edges = [
        edge(("start", "out"), ("ask", "in"), "control"),
        edge(("ask", "text"), ("reply", "value"), "data"),
    ];
    graph(&nodes, &edges)
}

fn graph(nodes: &[Value], edges: &[Value]) -> Value {
    let variables = json!([{"name": "n", "type": "number", "value": 0}]);
    json!({"nodes": nodes, "edges": edges, "variables": variables})
}
