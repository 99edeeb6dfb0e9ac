//! Workers of the product's own binary, with its allocator and its size.

use std::time::Duration;

use sandbox::code::{ErrorKind, Language, Outcome, Request};
use sandbox::{Limits, Pool, Program, SandboxConfig};
use serde_json::value::RawValue;

async fn run(pool: &Pool, language: Language, source: &str) -> Outcome {
    let request = Request {
        language,
        source: source.to_owned(),
        input: RawValue::from_string("[1,2,3]".to_owned()).expect("is JSON"),
        limits: Limits {
            time: Duration::from_secs(10),
            memory: 64 << 20,
            output: 1 << 20,
        },
    };
    let outcome = sandbox::code::run(pool, 1, &request).await;
    outcome.expect("the sandbox works")
}

#[tokio::test]
async fn the_binary_is_its_own_worker() {
    let program = Program::new(env!("CARGO_BIN_EXE_nocode-ai"), ["worker"]);
    let pool = Pool::new(SandboxConfig::default(), program);
    let confinement = pool.check().await.expect("it starts");
    assert_eq!(confinement.seccomp, cfg!(target_os = "linux"));
    let sum = "return input.reduce((a, b) => a + b)";
    let outcome = run(&pool, Language::JavaScript, sum).await;
    assert_eq!((outcome.result.get(), outcome.error), ("6", None));
    let bomb = "const a = []; for (;;) a.push(new Array(1000).fill(1))";
    let outcome = run(&pool, Language::JavaScript, bomb).await;
    assert_eq!(outcome.error.map(|e| e.kind), Some(ErrorKind::Memory));
    if pool.python().await.is_ok() {
        let outcome = run(&pool, Language::Python, "return sum(input)").await;
        assert_eq!((outcome.result.get(), outcome.error), ("6", None));
    }
}
