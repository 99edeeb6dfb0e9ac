//! Kinds of text.

use super::super::{Format, Hints};
use super::extension;

/// Characters at the beginning that are looked at.
const LOOK: usize = 64 << 10;

/// The kind of `text`.
pub(super) fn detect(text: &str, hints: &Hints) -> Format {
    let end = text.floor_char_boundary(LOOK.min(text.len()));
    let head = text[..end].trim_start();
    let extension = extension(hints);
    let extension = extension.as_deref().unwrap_or_default();
    if let Some(format) = markup(head, extension) {
        return format;
    }
    if is_email(head) {
        return Format::Email;
    }
    if let Some(format) = json(text.trim(), end < text.len(), extension) {
        return format;
    }
    if language_of(extension).is_some() || is_script(head) {
        return Format::Code;
    }
    let is_markdown = matches!(extension, "md" | "markdown" | "mdx") || markdown_signs(head) >= 3;
    if is_markdown && extension != "txt" {
        return Format::Markdown;
    }
    if let Some(delimiter) = super::super::tabular::delimiter(head, extension) {
        return if delimiter == b'\t' {
            Format::Tsv
        } else {
            Format::Csv
        };
    }
    Format::Text
}

fn markup(head: &str, extension: &str) -> Option<Format> {
    if !head.starts_with('<') {
        return None;
    }
    let begin = head[..head.floor_char_boundary(2048.min(head.len()))].to_lowercase();
    let is_html = begin.contains("<!doctype html") || begin.contains("<html");
    if is_html {
        return Some(Format::Html);
    }
    if begin.starts_with("<?xml") || matches!(extension, "xml" | "svg" | "rss" | "xsd") {
        return Some(Format::Xml);
    }
    let tags = [
        "<p", "<div", "<body", "<head", "<table", "<h1", "<span", "<article", "<ul", "<br",
    ];
    if tags.iter().any(|tag| begin.contains(tag)) {
        return Some(Format::Html);
    }
    let is_element = begin.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
    (is_element && head.trim_end().ends_with('>')).then_some(Format::Xml)
}

/// Two of the usual headers, and nothing before the first blank line that is not a header.
fn is_email(head: &str) -> bool {
    const USUAL: [&str; 10] = [
        "from:",
        "to:",
        "subject:",
        "date:",
        "received:",
        "message-id:",
        "mime-version:",
        "return-path:",
        "delivered-to:",
        "content-type:",
    ];
    let mut found = 0;
    for line in head.lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return false;
        }
        let name = format!("{}:", name.to_lowercase());
        found += u32::from(USUAL.contains(&name.as_str()));
    }
    found >= 3
}

fn json(text: &str, is_long: bool, extension: &str) -> Option<Format> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let is_value = |line: &str| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
    let first = lines.next().is_some_and(is_value);
    let second = lines.next().is_some_and(is_value);
    if first && second {
        return Some(Format::Jsonl);
    }
    let is_json = matches!(extension, "json" | "geojson" | "ipynb") || is_long || is_value(text);
    if first && extension == "jsonl" {
        return Some(Format::Jsonl);
    }
    (is_json && text.ends_with(['}', ']'])).then_some(Format::Json)
}

fn is_script(head: &str) -> bool {
    head.starts_with("#!/")
        || head.lines().take(40).any(|line| {
            [
                "#include <",
                "package main",
                "import java.",
                "using System;",
                "fn main()",
            ]
            .iter()
            .any(|sign| line.starts_with(sign))
        })
}

fn markdown_signs(head: &str) -> u32 {
    let mut signs = 0;
    for line in head.lines().take(400) {
        let line = line.trim_end();
        let hashes = line.bytes().take_while(|b| *b == b'#').count();
        let is_heading = (1..=6).contains(&hashes) && line[hashes..].starts_with(' ');
        let is_table = line.starts_with('|') && line.contains("---") && line.ends_with('|');
        signs += 2 * u32::from(is_heading || line.starts_with("```") || is_table);
        signs += u32::from(line.contains("](") || line.contains("**"));
    }
    signs
}

/// The language of source code by the extension of its file.
pub(crate) fn language_of(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "rs" => "rust",
        "py" | "pyi" => "python",
        "js" | "mjs" | "cjs" | "jsx" => "javascript",
        "ts" | "tsx" => "typescript",
        "java" => "java",
        "kt" | "kts" => "kotlin",
        "go" => "go",
        "c" | "h" => "c",
        "cc" | "cpp" | "cxx" | "hpp" => "cpp",
        "cs" => "csharp",
        "rb" => "ruby",
        "php" => "php",
        "swift" => "swift",
        "scala" => "scala",
        "sh" | "bash" | "zsh" => "shell",
        "ps1" => "powershell",
        "sql" => "sql",
        "r" => "r",
        "lua" => "lua",
        "pl" | "pm" => "perl",
        "css" | "scss" => "css",
        "yaml" | "yml" => "yaml",
        "toml" => "toml",
        "ini" | "conf" | "cfg" | "properties" => "ini",
        "vue" | "svelte" => "html",
        "tf" => "terraform",
        "proto" => "protobuf",
        "dockerfile" => "dockerfile",
        "ex" | "exs" => "elixir",
        "hs" => "haskell",
        "jl" => "julia",
        "dart" => "dart",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, name: &str) -> Format {
        let hints = Hints {
            file_name: Some(name.to_owned()),
            ..Hints::default()
        };
        detect(text, &hints)
    }

    #[test]
    fn content_outweighs_the_name() {
        for (text, name, format) in [
            ("<!DOCTYPE html><p>a", "a.txt", Format::Html),
            ("<?xml version='1.0'?><a/>", "a.csv", Format::Xml),
            ("{\"a\": 1}", "a.txt", Format::Json),
            ("{\"a\": 1}\n{\"a\": 2}\n", "a.json", Format::Jsonl),
            (
                "From: a@b\nTo: c@d\nSubject: x\n\nhi",
                "a.md",
                Format::Email,
            ),
            ("a,b,c\n1,2,3\n4,5,6\n", "a", Format::Csv),
            ("a\tb\n1\t2\n3\t4\n", "a", Format::Tsv),
            ("# T\n\ntext\n\n## U\n", "a", Format::Markdown),
            (
                "Well, this is a letter.\nNothing, really, to see.",
                "a",
                Format::Text,
            ),
            ("fn main() {}\n", "a", Format::Code),
            ("x = 1", "a.py", Format::Code),
        ] {
            assert_eq!(of(text, name), format, "{text} as {name}");
        }
    }
}
