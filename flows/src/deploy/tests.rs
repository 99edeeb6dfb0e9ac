use serde_json::json;

use super::speaker::{answer_of, speaker};
use crate::graph::Graph;

fn graph(returned: serde_json::Value, edges: serde_json::Value) -> Graph {
    let graph = json!({
        "nodes": [
            {"id": "chat", "type": "input.chat"},
            {"id": "write", "type": "ai.text"},
            {"id": "end", "type": "output.return", "settings": returned},
        ],
        "edges": edges,
    });
    serde_json::from_value(graph).expect("a graph")
}

#[test]
fn a_text_that_is_returned_as_it_is_can_be_passed_on_while_it_grows() {
    let by_expression = graph(json!({"value": "{{ nodes.write.output.text }}"}), json!([]));
    assert_eq!(speaker(&by_expression), Some("write".into()));
    let edge = json!([{
        "id": "e", "from": {"node": "write", "port": "text"}, "to": {"node": "end", "port": "value"},
    }]);
    assert_eq!(speaker(&graph(json!({}), edge)), Some("write".into()));
    let more = graph(
        json!({"value": "Dear, {{ nodes.write.output.text }}"}),
        json!([]),
    );
    assert_eq!(speaker(&more), None, "the answer is more than the text");
    let gone = graph(json!({"value": "{{ nodes.gone.output.text }}"}), json!([]));
    assert_eq!(speaker(&gone), None);
}

#[test]
fn an_answer_is_the_text_that_was_returned() {
    assert_eq!(answer_of(&json!("Yes.")), "Yes.");
    assert_eq!(
        answer_of(&json!({"write": {"text": "Yes.", "tokens": 3}})),
        "Yes."
    );
    assert_eq!(answer_of(&json!({"answer": "Yes.", "text": "No."})), "Yes.");
    assert_eq!(answer_of(&json!({"a": 1, "b": 2})), r#"{"a":1,"b":2}"#);
    assert_eq!(answer_of(&json!(null)), "");
}
