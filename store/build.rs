//! Embeds `../migrations/{sqlite,postgres}/NNNN_name.sql` into the crate, checking their names.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("..")
        .join("migrations");
    let mut code = String::new();
    for (dialect, constant) in [("sqlite", "SQLITE"), ("postgres", "POSTGRES")] {
        let folder = root.join(dialect);
        println!("cargo::rerun-if-changed={}", folder.display());
        write_list(&mut code, constant, &folder);
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("migrations.rs");
    fs::write(out, code).expect("the output folder is writable");
}

/// Writes `const NAME: &[Migration] = &[…];` for one folder.
fn write_list(code: &mut String, constant: &str, folder: &Path) {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be listed").file_name())
        .map(|name| name.into_string().expect("migration names are UTF-8"))
        .filter(|name| name.ends_with(".sql"))
        .collect();
    names.sort();
    writeln!(code, "const {constant}: &[Migration] = &[").expect("strings take all");
    for (position, file) in names.iter().enumerate() {
        let version = i64::try_from(position).expect("few migrations") + 1;
        let stem = file.trim_end_matches(".sql");
        let (number, name) = stem.split_once('_').unwrap_or_else(|| {
            panic!("migration {file} must be named NNNN_name.sql");
        });
        assert!(
            number.len() == 4 && number.parse() == Ok(version),
            "{file}: migrations are numbered 0001, 0002, … without gaps; expected {version:04}"
        );
        let path = folder.join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        writeln!(
            code,
            "    Migration {{ version: {version}, name: {name:?}, sql: include_str!({:?}) }},",
            path.display().to_string()
        )
        .expect("strings take all");
    }
    code.push_str("];\n");
}
