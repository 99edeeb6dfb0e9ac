//! `docs/nodes.md`, made of what node types say of themselves.

use std::fmt::Write as _;

use serde_json::Value;

use crate::graph::Port;
use crate::node::{AnyNode, Category, NodeTypeInfo, Registry};

/// The reference of all node types, in Markdown.
pub fn markdown(registry: &Registry) -> String {
    let mut text = String::from(
        "# Nodes\n\nThis page is made of the program's own node types (`UPDATE_DOCS=1 cargo test -p flows --test it -- reference`); a test compares \
         the two.\nHow nodes play together is in [flows](flows.md).\n",
    );
    for category in Category::ALL {
        let mut nodes: Vec<_> = registry
            .iter()
            .filter(|node| node.about().category == category)
            .collect();
        if nodes.is_empty() {
            continue;
        }
        nodes.sort_by_key(|node| node.about().title);
        let _ = write!(text, "\n## {}\n", heading(category));
        for node in nodes {
            write_node(&mut text, node);
        }
    }
    text
}

fn heading(category: Category) -> &'static str {
    match category {
        Category::Input => "Input",
        Category::Ai => "AI",
        Category::Knowledge => "Knowledge",
        Category::Logic => "Logic",
        Category::Data => "Data",
        Category::Output => "Output",
    }
}

fn write_node(text: &mut String, node: &dyn AnyNode) {
    let info = NodeTypeInfo::of(node);
    let _ = write!(
        text,
        "\n### {}\n\n`{}`: {}\n",
        info.title, info.kind, info.summary
    );
    if !info.docs.is_empty() {
        let _ = write!(text, "\n{}\n", info.docs);
    }
    write_settings(text, &info.settings_schema);
    let ports = [
        ("Inputs", &info.ports.inputs),
        ("Outputs", &info.ports.outputs),
        ("Outputs into its inside", &info.ports.inner_outputs),
        ("Inputs from its inside", &info.ports.inner_inputs),
    ];
    for (title, ports) in ports {
        if !ports.is_empty() {
            let list: Vec<String> = ports.iter().map(port).collect();
            let _ = write!(text, "\n{title}: {}.\n", list.join(", "));
        }
    }
    for example in &info.examples {
        let shown = serde_json::json!({
            "settings": example.settings, "input": example.input, "output": example.output,
        });
        let json = serde_json::to_string_pretty(&shown).unwrap_or_default();
        let _ = write!(text, "\n{}:\n\n```json\n{json}\n```\n", example.title);
    }
}

fn port(port: &Port) -> String {
    let mut text = format!("`{}` ({}", port.name, port.kind);
    if port.required {
        text.push_str(", needed");
    }
    if port.many {
        text.push_str(", several edges");
    }
    text.push(')');
    text
}

fn write_settings(text: &mut String, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    if properties.is_empty() {
        return;
    }
    text.push_str("\n| Setting | Meaning | Default |\n| --- | --- | --- |\n");
    let required = schema.get("required").and_then(Value::as_array);
    for (name, property) in properties {
        let word = |key: &str| {
            property
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let is_needed = required.is_some_and(|names| names.iter().any(|n| n == name));
        let default = match property.get("default") {
            _ if is_needed => "needed".to_owned(),
            None | Some(Value::Null) => String::new(),
            Some(value) => format!("`{}`", value.to_string().replace('|', "\\|")),
        };
        let meaning = word("description").replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(text, "| `{name}` | {meaning} | {default} |");
    }
}
