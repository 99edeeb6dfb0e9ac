//! Jobs, workers and languages, through real worker processes.

mod javascript;
mod pool;
mod protocol;
mod python;
mod python_escapes;
mod python_everyday;

use std::time::Duration;

use sandbox::code::{CodeError, ErrorKind, Language, Outcome, Request};
use sandbox::{Limits, Pool, Program, SandboxConfig};
use serde_json::Value;
use serde_json::value::RawValue;

/// The organization whose jobs most tests run.
const OWNER: u128 = 1;

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_sandbox-test-worker"), [] as [&str; 0])
}

fn pool_with(change: impl FnOnce(&mut SandboxConfig)) -> Pool {
    let mut config = SandboxConfig {
        workers: 2,
        ..SandboxConfig::default()
    };
    change(&mut config);
    Pool::new(config, program())
}

fn pool() -> Pool {
    pool_with(|_| ())
}

fn limits(time_ms: u64) -> Limits {
    Limits {
        time: Duration::from_millis(time_ms),
        ..Limits::default()
    }
}

/// A runtime per test: a worker belongs to the one that started it.
fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(test)
}

/// A pool and a language to run code in.
struct Code {
    pool: Pool,
    language: Language,
    limits: Limits,
}

impl Code {
    fn new(language: Language) -> Self {
        Self {
            pool: pool(),
            language,
            limits: Limits {
                time: Duration::from_secs(5),
                memory: 96 << 20,
                output: 1 << 20,
            },
        }
    }

    async fn run(&self, source: &str, input: &str) -> Outcome {
        let request = Request {
            language: self.language,
            source: source.to_owned(),
            input: RawValue::from_string(input.to_owned()).expect("the input is JSON"),
            limits: self.limits,
        };
        let outcome = sandbox::code::run(&self.pool, OWNER, &request).await;
        outcome.expect("the sandbox works")
    }

    /// The result of code that must succeed.
    async fn result(&self, source: &str, input: &str) -> Value {
        let outcome = self.run(source, input).await;
        assert_eq!(outcome.error, None, "{source}\nlogs: {:?}", outcome.logs);
        serde_json::from_str(outcome.result.get()).expect("the result is JSON")
    }

    /// The error of code that must fail; the next job must be served as if nothing had been.
    async fn error(&self, source: &str) -> CodeError {
        let outcome = self.run(source, "null").await;
        let text = outcome.result.get();
        let error = outcome
            .error
            .unwrap_or_else(|| panic!("it worked: {source}\n{text}"));
        assert!(
            !error.message.is_empty(),
            "an error says something: {source}"
        );
        assert_eq!(
            self.result("return 1 + 1", "null").await,
            2,
            "the next job after {source}"
        );
        error
    }

    async fn fails_as(&self, kind: ErrorKind, source: &str) -> CodeError {
        let error = self.error(source).await;
        assert_eq!(error.kind, kind, "{source}\n{error:?}");
        error
    }
}
