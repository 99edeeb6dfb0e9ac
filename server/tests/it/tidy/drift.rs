//! The guides name what the code has: settings, error codes, headers, metrics.

use std::collections::BTreeSet;
use std::path::Path;

use super::{files, read, refuse, rust_sources};

/// Product strings of the sources under `folder`.
fn strings_under(folders: &[&str]) -> BTreeSet<String> {
    rust_sources()
        .iter()
        .filter(|source| {
            folders
                .iter()
                .any(|folder| source.path().starts_with(Path::new(folder).join("src")))
        })
        .flat_map(|source| {
            let texts = source.product_strings();
            texts.map(|(_, text)| text.to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_error_code_is_documented_with_its_status() {
    let table = read(Path::new("gateway/src/error.rs"));
    let rows: Vec<(String, String)> = table.split("=> ").skip(1).filter_map(row).collect();
    assert!(rows.len() > 15, "the table of codes was found: {rows:?}");
    let guide = read(Path::new("docs/gateway.md"));
    let missing: Vec<String> = rows
        .iter()
        .map(|(status, code)| format!("| `{code}` | {status} |"))
        .filter(|row| !guide.contains(row.as_str()))
        .collect();
    refuse("error codes that docs/gateway.md lacks", &missing);
}

/// Status and word out of `(400, "invalid_request_error", "invalid_request")`.
fn row(after_arrow: &str) -> Option<(String, String)> {
    let inside = after_arrow
        .trim_start_matches('{')
        .trim_start()
        .strip_prefix('(')?;
    let mut parts = inside[..inside.find(')')?].split(',').map(str::trim);
    let (status, _, word) = (parts.next()?, parts.next()?, parts.next()?);
    let word = word.strip_prefix('"')?.strip_suffix('"')?;
    Some((status.to_owned(), word.to_owned()))
}

#[test]
fn every_header_of_ours_is_documented() {
    let guide = ["docs/gateway.md", "docs/usage.md"].map(|page| read(Path::new(page)));
    let guide = guide.join("\n");
    let missing: Vec<String> = strings_under(&["gateway", "server"])
        .into_iter()
        .filter(|text| text.starts_with("x-nab-") && text.len() > "x-nab-".len())
        .filter(|text| text.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        .filter(|header| !guide.contains(&format!("`{header}`")))
        .collect();
    refuse(
        "headers that docs/gateway.md and docs/usage.md lack",
        &missing,
    );
}

#[test]
fn every_setting_is_documented() {
    let guide = read(Path::new("docs/configuration.md"));
    let configs = files().into_iter().filter(|path| {
        let in_config = path
            .iter()
            .any(|part| part == "config" || part == "config.rs");
        in_config && path.iter().any(|part| part == "src") && !path.starts_with("bench")
    });
    let mut missing = Vec::new();
    for path in configs {
        for field in fields_of_read_structs(&read(&path)) {
            let forms = [
                format!("`{field}`"),
                format!(".{field}`"),
                format!("\n## {field}\n"),
                format!(".{field}\n"),
            ];
            if !forms.iter().any(|form| guide.contains(form.as_str())) {
                missing.push(format!("{field} ({})", path.display()));
            }
        }
    }
    refuse("settings that docs/configuration.md lacks", &missing);
}

#[test]
fn every_example_of_a_configuration_is_understood() {
    let mut wrong = Vec::new();
    let mut examples = 0;
    for path in files() {
        if super::extension(&path) != "md" {
            continue;
        }
        for block in read(&path).split("```toml\n").skip(1) {
            let example = block.split("\n```").next().unwrap_or_default();
            examples += 1;
            if let Err(error) = server::config::Config::parse(example) {
                wrong.push(format!("{}: {error}", path.display()));
            }
        }
    }
    assert!(examples > 5, "the examples were found");
    refuse("examples that are no configuration", &wrong);
}

/// Public fields of the structs that derive `Deserialize`.
fn fields_of_read_structs(text: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let (mut read, mut inside) = (false, false);
    let mut before = "";
    for line in text.lines() {
        let is_ours = std::mem::replace(&mut before, line).trim() == "#[serde(skip)]";
        if line.starts_with("#[derive(") {
            read = line.contains("Deserialize");
        }
        if line.starts_with("pub struct") || line.starts_with("pub(crate) struct") {
            inside = read && line.ends_with('{');
        }
        if line.starts_with('}') {
            (inside, read) = (false, false);
        }
        let field = line
            .trim_start()
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub ");
        let is_field = inside && !is_ours && line.starts_with("    pub");
        if let (true, Some((name, _))) = (is_field, field.split_once(':')) {
            fields.push(name.to_owned());
        }
    }
    fields
}

#[test]
fn every_metric_is_documented() {
    let guide = read(Path::new("docs/gateway.md"));
    let ours = |text: &String| {
        let named = ["nab_", "gen_ai_client_", "gen_ai_server_"];
        let is_name = text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_name && text.len() > 8 && named.iter().any(|start| text.starts_with(start))
    };
    let missing: Vec<String> = strings_under(&["gateway", "server"])
        .into_iter()
        .filter(ours)
        .filter(|name| !guide.contains(&format!("`{name}`")))
        .collect();
    refuse("metrics that docs/gateway.md lacks", &missing);
}
