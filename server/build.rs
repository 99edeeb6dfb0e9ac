//! Puts the web app into the binary, and the list of the libraries that it is made of.
//!
//! Release builds build it with npm. Other builds leave it out, so that work on Rust never waits for
//! Node, unless `WEB_DIST` names a folder that `npm run build` has written. `SKIP_WEB=1` leaves it out
//! of a release build. What runs here is `npm ci`, only after the lock file changed, and
//! `npm run build`, only after something it reads changed.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What the build reads in `web/`. Never the folder itself: `node_modules` changes all the time.
const SOURCES: [&str; 10] = [
    "src",
    "public",
    "scripts",
    "index.html",
    "page.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "postcss.config.cjs",
    "tsconfig.json",
];

const NO_NPM: &str = "web app: npm was not found. Install Node.js 20.19 or newer, or set WEB_DIST to a \
                      folder with a built web app, or SKIP_WEB=1 to leave the web app out";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["SKIP_WEB", "WEB_DIST"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let outcome = dist().and_then(|dist| write_table(dist.as_deref()));
    if let Err(why) = outcome {
        println!("cargo::error={why}");
    }
    println!("cargo::rerun-if-changed=../Cargo.lock");
    let libraries = libraries().unwrap_or_else(|why| {
        println!("cargo::warning=the list of licences stays empty: {why}");
        String::new()
    });
    if let Err(why) = fs::write(out_dir().join("libraries.txt"), libraries) {
        println!("cargo::error=libraries.txt: {why}");
    }
}

/// Lines `name version|licence|repository` of the crates that the program is made of, without our own.
fn libraries() -> Result<String, String> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "tree",
        "--quiet",
        "--locked",
        "--offline",
        "--package",
        "server",
    ]);
    command.args(["--edges", "normal", "--prefix", "none"]);
    command.args(["--format", "{p}|{l}|{r}"]);
    if let Some(target) = variable("TARGET") {
        command.args(["--target", &target]);
    }
    let output = command.output().map_err(|e| format!("cargo tree: {e}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "cargo tree: {}",
            said.lines().next().unwrap_or_default()
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // `name v1.0.0 (proc-macro)|MIT|https://…`; ours have a path instead, and what was listed before
    // ends with a star.
    let lines = text.lines().filter_map(|line| {
        let (package, rest) = line.trim_end_matches(" (*)").split_once('|')?;
        let package = package.trim_end_matches(" (proc-macro)");
        (!package.contains('(')).then(|| format!("{package}|{rest}\n"))
    });
    Ok(lines
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder to embed, if any.
fn dist() -> Result<Option<PathBuf>, String> {
    if let Some(dist) = variable("WEB_DIST") {
        let dist = PathBuf::from(dist);
        if !dist.join("index.html").is_file() {
            return Err(format!(
                "web app: WEB_DIST is {}, which has no index.html",
                dist.display()
            ));
        }
        println!("cargo::rerun-if-changed={}", dist.display());
        return Ok(Some(dist));
    }
    let skipped = variable("SKIP_WEB").is_some_and(|value| value != "0");
    if skipped || env::var("PROFILE").as_deref() != Ok("release") {
        return Ok(None);
    }
    build().map(Some)
}

fn build() -> Result<PathBuf, String> {
    let web = Path::new("../web");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", web.join(source).display());
    }
    let out = out_dir().join("web");
    install(web)?;
    let mut command = npm(web);
    command.args(["run", "--silent", "build"]);
    command.env("WEB_OUT_DIR", &out);
    run(command, "npm run build")?;
    Ok(out)
}

/// Installs what builds the app, unless exactly that is installed.
///
/// `make test` installs the tools of its tests too and leaves the same copy of the lock file.
fn install(web: &Path) -> Result<(), String> {
    let lock = fs::read(web.join("package-lock.json")).map_err(|e| format!("web app: {e}"))?;
    let copy = web.join("node_modules/.installed-lock.json");
    if fs::read(&copy).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut command = npm(web);
    command.args(["ci", "--omit=dev", "--no-audit", "--no-fund"]);
    run(command, "npm ci")?;
    fs::write(copy, lock).map_err(|e| format!("web app: {e}"))
}

fn npm(web: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(web);
    command
}

fn run(mut command: Command, name: &str) -> Result<(), String> {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NO_NPM.to_owned()),
        Err(error) => return Err(format!("web app: cannot run {name}: {error}")),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // Cargo takes one line a message.
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        println!("cargo::error=web app: {line}");
    }
    Err(format!("web app: {name} failed ({})", output.status))
}

fn out_dir() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default())
}

/// Writes `web_assets.rs`: one static row for each file.
fn write_table(dist: Option<&Path>) -> Result<(), String> {
    let mut files = Vec::new();
    if let Some(dist) = dist {
        let dist = dist
            .canonicalize()
            .map_err(|e| format!("web app: {}: {e}", dist.display()))?;
        collect(&dist, &dist, &mut files).map_err(|e| format!("web app: {e}"))?;
    }
    files.sort();
    let mut code = String::from("&[\n");
    for (path, file) in &files {
        let bytes = fs::read(file).map_err(|e| format!("web app: {}: {e}", file.display()))?;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let hash = hasher.finish();
        let packed = |suffix: &str| {
            let packed = PathBuf::from(format!("{}.{suffix}", file.display()));
            match packed.is_file() {
                true => format!("Some(include_bytes!({packed:?}))"),
                false => "None".to_owned(),
            }
        };
        let (brotli, gzip) = (packed("br"), packed("gz"));
        let _ = writeln!(
            code,
            "Asset {{ path: {path:?}, etag: \"W/\\\"{hash:016x}\\\"\", bytes: include_bytes!({file:?}), brotli: {brotli}, gzip: {gzip} }},"
        );
    }
    code.push_str("]\n");
    fs::write(out_dir().join("web_assets.rs"), code).map_err(|e| format!("web app: {e}"))
}

/// Files below `dir` by their path under `root`, without the packed twins.
fn collect(root: &Path, dir: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        if path.extension().is_some_and(|e| e == "br" || e == "gz") {
            continue;
        }
        if let Ok(below) = path.strip_prefix(root) {
            let name = below.to_string_lossy().replace('\\', "/");
            files.push((format!("/{name}"), path));
        }
    }
    Ok(())
}
