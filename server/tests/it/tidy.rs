//! The house rules that no compiler knows: sizes, places, names, links.
//!
//! Each rule is one test that lists every breach it finds. The repository is read as it lies on the
//! disk, without version control, so that the tests also run in an unpacked archive.

mod arrows;
mod documents;
mod drift;
mod source;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use source::{Source, is_test_file};

/// Code lines that no file may exceed.
const MAX_CODE_LINES: usize = 600;
/// Bytes that no file may exceed.
const MAX_BYTES: u64 = 1024 * 1024;
/// Folders that are made by tools, wherever they lie.
const MADE: [&str; 6] = [
    "target",
    "node_modules",
    "__pycache__",
    ".venv",
    ".cache",
    ".git",
];

/// The same, by their path: where `make run` keeps its database, and what the web app's build writes.
const MADE_AT: [&str; 4] = ["data", "web/dist", "web/types", "e2e/web/results"];

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files of the project, relative to the root, sorted.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root(), Path::new(""), &mut found);
    found.sort();
    assert!(found.len() > 100, "the repository is at {:?}", root());
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root.join(folder)).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name();
        let path = folder.join(&name);
        let made = MADE.iter().any(|made| name == *made)
            || MADE_AT.iter().any(|made| path == Path::new(made));
        if made {
            continue;
        }
        let kind = entry.file_type().expect("the file has a type");
        if kind.is_dir() {
            collect(root, &path, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|e| e.to_str()).unwrap_or("")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn rust_sources() -> Vec<Source> {
    files()
        .into_iter()
        .filter(|path| extension(path) == "rs")
        .map(|path| {
            let text = read(&path);
            Source::new(path, &text)
        })
        .collect()
}

/// Fails with all breaches, one a line.
fn refuse(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

#[test]
fn no_file_is_longer_than_one_head_can_hold() {
    let mut sizes: Vec<(usize, PathBuf)> = Vec::new();
    for path in files() {
        let lines = match extension(&path) {
            "rs" => Source::new(path.clone(), &read(&path)).code_lines(),
            "py" | "sh" => source::plain_lines(&read(&path), "#"),
            "js" | "mjs" | "ts" => source::plain_lines(&read(&path), "//"),
            "sql" => source::plain_lines(&read(&path), "--"),
            _ => continue,
        };
        sizes.push((lines, path));
    }
    sizes.sort();
    let (median, p90) = (sizes[sizes.len() / 2].0, sizes[sizes.len() * 9 / 10].0);
    let largest = sizes.last().expect("there are files");
    let _ = writeln!(
        std::io::stderr(),
        "code lines a file: median {median}, p90 {p90}, most {} ({}), {} files",
        largest.0,
        largest.1.display(),
        sizes.len()
    );
    let too_long: Vec<String> = sizes
        .iter()
        .filter(|(lines, _)| *lines > MAX_CODE_LINES)
        .map(|(lines, path)| format!("{}: {lines} code lines", path.display()))
        .collect();
    refuse("split these by topic", &too_long);
    assert!(median <= 150, "the median of code lines is {median}");
}

#[test]
fn no_file_is_larger_than_a_megabyte() {
    let size = |path: &PathBuf| std::fs::metadata(root().join(path)).map_or(0, |m| m.len());
    let large: Vec<String> = files()
        .iter()
        .filter(|path| size(path) > MAX_BYTES)
        .map(|path| format!("{}: {} bytes", path.display(), size(path)))
        .collect();
    refuse("too large for a repository", &large);
}

#[test]
fn sql_stands_only_where_sql_belongs() {
    let belongs = |path: &Path| {
        let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).collect();
        parts[0] == "store"
            || parts[0] == "migrations"
            || parts.contains(&"sql")
            || parts.last() == Some(&"sql.rs")
            || is_test_file(path)
    };
    let breaches: Vec<String> = rust_sources()
        .iter()
        .filter(|source| !belongs(source.path()))
        .flat_map(|source| {
            source
                .product_strings()
                .filter(|(_, text)| source::looks_like_sql(text))
                .map(|(line, text)| format!("{}:{line}: {text:.60}", source.path().display()))
                .collect::<Vec<_>>()
        })
        .collect();
    refuse(
        "SQL outside sql.rs, sql/, store/ and migrations/",
        &breaches,
    );
}

#[test]
fn nothing_is_left_to_do_and_nothing_panics_lightly() {
    let mut breaches = Vec::new();
    for source in rust_sources() {
        let anywhere = ["todo!", "unimplemented!", "dbg!"];
        for (line, what) in source.find(&anywhere) {
            breaches.push(format!("{}:{line}: {what}", source.path().display()));
        }
        if !is_test_file(source.path()) {
            for (line, what) in source.find_in_product(&[".unwrap()"]) {
                breaches.push(format!("{}:{line}: {what}", source.path().display()));
            }
        }
    }
    refuse("unfinished or careless code", &breaches);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |dialect: &str| -> BTreeSet<String> {
        std::fs::read_dir(root().join("migrations").join(dialect))
            .expect("the folder exists")
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert!(!sqlite.is_empty(), "there are migrations");
    assert_eq!(
        sqlite, postgres,
        "migrations/sqlite and migrations/postgres hold the same names (that they end in the same \
         schema is tested in store/tests/it/schema.rs)"
    );
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    // Put together here, so that this file does not find itself.
    let places: Vec<String> = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
    ]
    .iter()
    .map(|parts| parts.concat())
    .collect();
    let mut breaches = Vec::new();
    for path in files() {
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place.as_str())) {
                breaches.push(format!("{}:{}: {line:.100}", path.display(), number + 1));
            }
        }
    }
    refuse("paths of one machine", &breaches);
}
