//! `docs/translation.md`: the matrix as people read it, kept equal to what the maps do.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::ask::topics;
use super::cell::judge;
use super::upstreams::Upstream;
use super::{INGRESSES, Ingress, answers};

const BEGIN: &str = "<!-- generated: from here -->\n";
const END: &str = "<!-- generated: to here -->\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/translation.md")
}

fn head_row(first: &str, columns: &[&str]) -> String {
    let mut out = format!("| {first} |");
    for column in columns {
        let _ = write!(out, " {column} |");
    }
    out.push_str("\n| --- |");
    out.push_str(&" --- |".repeat(columns.len()));
    out.push('\n');
    out
}

/// One dialect's part, and the promises that were broken on the way.
fn section(ingress: &Ingress, broken: &mut Vec<String>) -> String {
    let upstreams = Upstream::all();
    let columns: Vec<&str> = upstreams.iter().map(|upstream| upstream.id).collect();
    let mut out = format!("## {} clients\n", ingress.title);
    for topic in topics() {
        let mut rows = String::new();
        for feature in &topic.features {
            if feature.request(ingress).is_none() {
                continue;
            }
            let _ = write!(rows, "| {} |", feature.name);
            for upstream in &upstreams {
                let text = match judge(ingress, upstream, feature) {
                    Ok(cell) => cell.text(),
                    Err(why) => {
                        let (from, to) = (ingress.id, upstream.id);
                        broken.push(format!("{} ({from} to {to}): {why}", feature.name));
                        "BROKEN".to_owned()
                    }
                };
                let _ = write!(rows, " {text} |");
            }
            rows.push('\n');
        }
        let _ = write!(
            out,
            "\n### {}: {}\n\n{}{rows}",
            ingress.title,
            topic.title,
            head_row("Asked for", &columns)
        );
    }
    let rows = answers::table(ingress, &upstreams, broken);
    let _ = write!(
        out,
        "\n### {}: answers\n\n{}{rows}",
        ingress.title,
        head_row("Answered", &columns)
    );
    out
}

#[test]
fn the_documented_matrix_is_what_the_maps_do() {
    let mut broken = Vec::new();
    let sections: Vec<String> = INGRESSES
        .iter()
        .map(|ingress| section(ingress, &mut broken))
        .collect();
    assert!(
        broken.is_empty(),
        "{} broken promises:\n{}",
        broken.len(),
        broken.join("\n")
    );
    let generated = sections.join("\n");

    let text = std::fs::read_to_string(path()).expect("the document exists");
    let (head, rest) = text.split_once(BEGIN).expect("has a generated part");
    let (old, tail) = rest.split_once(END).expect("its generated part ends");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        let new = format!("{head}{BEGIN}\n{generated}\n{END}{tail}");
        std::fs::write(path(), new).expect("is writable");
        return;
    }
    let (old, generated) = (old.trim(), generated.trim());
    let differences: Vec<String> = differences(old, generated);
    assert!(
        differences.is_empty() && old == generated,
        "docs/translation.md says otherwise than the maps do:\n{}\n\
         Read the differences; where they are wanted, write them down with\n\
         UPDATE_FIXTURES=1 cargo test -p providers matrix",
        differences.join("\n")
    );
}

/// Lines that are in one text only.
fn differences(old: &str, new: &str) -> Vec<String> {
    let only = |these: &str, those: &str, sign: char| -> Vec<String> {
        let known: std::collections::HashSet<&str> = those.lines().collect();
        let lines = these.lines().filter(|line| !known.contains(line));
        lines.map(|line| format!("{sign} {line}")).collect()
    };
    let mut out = only(old, new, '-');
    out.extend(only(new, old, '+'));
    out
}
