//! `openapi/openapi.json` is what the program says of itself.

use std::path::Path;
use std::process::Command;

#[test]
fn the_committed_document_is_the_one_that_the_program_prints() {
    let printed = Command::new(env!("CARGO_BIN_EXE_nocode-ai"))
        .arg("openapi")
        .output()
        .expect("the binary runs");
    assert!(
        printed.status.success(),
        "`nocode-ai openapi` failed: {}",
        String::from_utf8_lossy(&printed.stderr)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let printed = String::from_utf8(printed.stdout).expect("the document is UTF-8");
    assert!(printed.contains("\"openapi\""), "it prints a document");
    assert!(
        committed == printed,
        "openapi/openapi.json is not what the code says; `make openapi` writes it anew (first \
         difference in line {})",
        first_difference(&committed, &printed)
    );
}

fn first_difference(a: &str, b: &str) -> usize {
    let same = |(x, y): &(&str, &str)| x == y;
    a.lines().zip(b.lines()).take_while(same).count() + 1
}
