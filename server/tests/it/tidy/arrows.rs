//! Which crate may use which: the arrows of ARCHITECTURE.md.

use std::path::Path;

use super::{read, refuse};

/// A crate, and the crates of this workspace that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("outbound", &[]),
    ("sandbox", &[]),
    ("providers", &[]),
    ("accounts", &["store", "outbound"]),
    ("gateway", &["store", "outbound", "providers", "accounts"]),
    (
        "rag",
        &["store", "outbound", "sandbox", "accounts", "gateway"],
    ),
    (
        "flows",
        &["store", "outbound", "sandbox", "accounts", "gateway", "rag"],
    ),
    (
        "server",
        &[
            "store",
            "outbound",
            "providers",
            "accounts",
            "gateway",
            "flows",
            "sandbox",
            "rag",
        ],
    ),
    ("bench", &[]),
];

/// Crates that any other may use in its tests.
const FOR_TESTS: &[&str] = &["bench"];

fn manifest(path: &str) -> toml::Table {
    read(Path::new(path))
        .parse()
        .unwrap_or_else(|error| panic!("{path} is not TOML: {error}"))
}

fn members() -> Vec<String> {
    let workspace = manifest("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array();
    let members = members.expect("the workspace has members").iter();
    members
        .map(|m| m.as_str().expect("a member is a name").to_owned())
        .collect()
}

/// Names in a section of dependencies, also under `[target.….dependencies]`.
fn dependencies(manifest: &toml::Table, section: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut take = |table: Option<&toml::Value>| {
        let table = table.and_then(toml::Value::as_table);
        names.extend(table.into_iter().flatten().map(|(name, _)| name.clone()));
    };
    take(manifest.get(section));
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for (_, target) in targets.into_iter().flatten() {
        take(target.get(section));
    }
    names
}

#[test]
fn no_arrow_between_crates_points_back() {
    let members = members();
    let mut breaches = Vec::new();
    for member in &members {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| name == member) else {
            breaches.push(format!("{member}: say here what it may use"));
            continue;
        };
        let manifest = manifest(&format!("{member}/Cargo.toml"));
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for used in dependencies(&manifest, section) {
                let ours = members.contains(&used);
                let in_tests = section == "dev-dependencies" && FOR_TESTS.contains(&used.as_str());
                if ours && !in_tests && !allowed.contains(&used.as_str()) {
                    breaches.push(format!("{member} may not use {used} ([{section}])"));
                }
            }
        }
    }
    refuse("arrows that point back", &breaches);
}

#[test]
fn every_crate_has_the_lints_of_the_workspace_and_no_features() {
    let mut breaches = Vec::new();
    for member in members() {
        let manifest = manifest(&format!("{member}/Cargo.toml"));
        let lints = manifest.get("lints").and_then(|l| l.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            breaches.push(format!(
                "{member}/Cargo.toml lacks `[lints] workspace = true`"
            ));
        }
        if manifest.contains_key("features") {
            breaches.push(format!("{member}/Cargo.toml has features"));
        }
    }
    refuse("manifests", &breaches);
}

#[test]
fn one_tls_library_and_one_crypto_library() {
    let lock: toml::Table = read(Path::new("Cargo.lock")).parse().expect("is TOML");
    let packages = lock["package"].as_array().expect("has packages");
    let versions = |name: &str| {
        let named = |p: &&toml::Value| p["name"].as_str() == Some(name);
        packages.iter().filter(named).count()
    };
    for banned in [
        "openssl",
        "openssl-sys",
        "native-tls",
        "aws-lc-rs",
        "aws-lc-sys",
    ] {
        assert_eq!(versions(banned), 0, "{banned} is in the tree");
    }
    for single in ["rustls", "http", "hyper", "ring", "tokio", "axum"] {
        assert_eq!(
            versions(single),
            1,
            "{single} is in the tree more than once"
        );
    }
}
