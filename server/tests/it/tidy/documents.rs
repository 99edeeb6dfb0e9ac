//! Documents are complete and lead somewhere.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{extension, files, read, refuse, root};

const FIXTURES: &str = "providers/tests/it/fixtures";

/// Ids of the vendors that are rows in the table of OpenAI-compatible ones.
fn compatible() -> BTreeSet<&'static str> {
    providers::compatible::rows()
        .iter()
        .map(|row| row.id)
        .collect()
}

#[test]
fn every_provider_is_documented() {
    let text = read(Path::new("docs/providers.md"));
    let missing: Vec<String> = providers::registry::all()
        .iter()
        .map(|provider| provider.info().id.to_owned())
        .filter(|id| {
            let section = format!("\n## {id}\n");
            match compatible().contains(id.as_str()) {
                true => !text.contains(&format!("`{id}`")) && !text.contains(&section),
                false => !text.contains(&section),
            }
        })
        .collect();
    refuse("not in docs/providers.md", &missing);
}

#[test]
fn every_wire_format_has_fixtures() {
    let missing: Vec<String> = providers::registry::all()
        .iter()
        .map(|provider| provider.info().id.to_owned())
        .filter(|id| !compatible().contains(id.as_str()))
        .map(|id| format!("{FIXTURES}/{id}"))
        .filter(|folder| {
            let inside = Path::new(folder);
            !files().iter().any(|path| path.starts_with(inside))
        })
        .collect();
    refuse("wire formats without fixtures", &missing);
}

#[test]
fn the_index_of_the_documentation_leads_to_every_page() {
    let index = Path::new("docs/README.md");
    let linked: BTreeSet<PathBuf> = links(index, &read(index))
        .into_iter()
        .map(|link| link.to)
        .collect();
    let missing: Vec<String> = files()
        .iter()
        .filter(|path| path.starts_with("docs") && extension(path) == "md")
        .filter(|path| *path != index && !linked.contains(*path))
        .map(|path| path.display().to_string())
        .collect();
    refuse("not linked from docs/README.md", &missing);
}

#[test]
fn links_between_files_of_the_project_lead_somewhere() {
    let mut dead = Vec::new();
    for path in files().iter().filter(|path| extension(path) == "md") {
        for link in links(path, &read(path)) {
            let target = root().join(&link.to);
            let found = match &link.heading {
                _ if !target.exists() => false,
                Some(heading) if extension(&link.to) == "md" => {
                    headings(&read(&link.to)).contains(heading)
                }
                _ => true,
            };
            if !found {
                dead.push(format!("{}: {}", path.display(), link.written));
            }
        }
    }
    refuse("dead links", &dead);
}

/// A link in a Markdown file to another file of the project (or to a heading of itself).
struct Link {
    written: String,
    to: PathBuf,
    heading: Option<String>,
}

fn links(from: &Path, text: &str) -> Vec<Link> {
    let prose = without_code(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| {
        let end = rest.find(')')?;
        Some(rest[..end].trim().to_owned())
    });
    targets
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .map(|written| {
            let (file, heading) = match written.split_once('#') {
                Some((file, heading)) => (file, Some(heading.to_owned())),
                None => (written.as_str(), None),
            };
            let to = match file {
                "" => from.to_owned(),
                _ => normal(&from.parent().unwrap_or(Path::new("")).join(file)),
            };
            Link {
                to,
                heading,
                written,
            }
        })
        .collect()
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The text without fenced blocks and code spans, where brackets are no links.
fn without_code(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let prose: Vec<&str> = line.split('`').step_by(2).collect();
            out.push_str(&prose.join("code"));
            out.push('\n');
        }
    }
    out
}

/// Anchors of the headings, as GitHub makes them.
fn headings(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let anchor = title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c });
            found.insert(anchor.collect());
        }
    }
    found
}

#[test]
fn links_are_read_as_people_write_them() {
    let text = "See [a](../b/c.md#some-words) and [d](#here), not [e](https://x) or `[f](g.md)`.";
    let found = links(Path::new("docs/x.md"), text);
    let to: Vec<_> = found
        .iter()
        .map(|l| (l.to.to_str(), l.heading.as_deref()))
        .collect();
    assert_eq!(
        to,
        [
            (Some("b/c.md"), Some("some-words")),
            (Some("docs/x.md"), Some("here"))
        ]
    );
    assert!(headings("## Errors, and `x-nab`\n").contains("errors-and-x-nab"));
}
