use std::path::Path;

use flows::node::Registry;
use flows::validate::Code;

fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_default()
}

/// `UPDATE_DOCS=1 cargo test -p flows --test it -- reference` writes the page anew.
#[test]
fn docs_nodes_md_is_what_the_node_types_say() {
    let wanted = flows::reference::markdown(&Registry::default());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nodes.md");
        std::fs::write(path, &wanted).expect("docs are writable");
    }
    assert!(
        docs("nodes.md") == wanted,
        "docs/nodes.md is old: set UPDATE_DOCS=1 and run this again"
    );
}

#[test]
fn docs_flows_md_names_every_problem_and_type() {
    let page = docs("flows.md");
    for (_, word, _) in Code::ALL {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/flows.md lacks the problem `{word}`"
        );
    }
    for (word, _) in flows::graph::DataType::SIMPLE {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/flows.md lacks the type `{word}`"
        );
    }
    for root in flows::expression::ROOTS {
        assert!(
            page.contains(&format!("`{root}")),
            "docs/flows.md lacks the name `{root}`"
        );
    }
}
