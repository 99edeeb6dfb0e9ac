//! JavaScript: everyday code, and code that means harm.

use std::time::{Duration, Instant};

use sandbox::Limits;
use sandbox::code::{ErrorKind, Language, Level};
use serde_json::json;

use crate::{Code, block_on};

fn code() -> Code {
    Code::new(Language::JavaScript)
}

#[test]
fn results_come_by_return_main_or_result() {
    block_on(async {
        let code = code();
        let twice = "[1,2,3]";
        for source in [
            "return input.map(x => x * 2)",
            "function main(input) { return input.map(x => x * 2) }",
            "async function main(input) { return input.map(x => x * 2) }",
            "const main = (input) => input.map(x => x * 2)",
            "let result = input.map(x => x * 2)",
            "result = []; for (const x of input) result.push(x * 2)",
            "return await Promise.all(input.map(async x => { await null; return x * 2 }))",
            "return new Promise(done => setTimeout(() => done(input.map(x => x * 2)), 20)) // end",
        ] {
            assert_eq!(
                code.result(source, twice).await,
                json!([2, 4, 6]),
                "{source}"
            );
        }
        assert_eq!(code.result("const x = 1", "null").await, json!(null));
        assert_eq!(
            code.result("return input.a.b", r#"{"a":{"b":"ü€😀"}}"#)
                .await,
            "ü€😀"
        );
    });
}

#[test]
fn everyday_code_runs() {
    block_on(async {
        let code = code();
        for (source, expected) in [
            (
                "class A { #x = 1; get x() { return this.#x } static of() { return new this() } } return A.of().x",
                json!(1),
            ),
            (
                "function* g() { yield* [1, 2]; yield 3 } return [...g()]",
                json!([1, 2, 3]),
            ),
            (
                "const { a, ...rest } = { a: 1, b: 2 }; return { rest, n: null ?? 5, o: undefined?.x }",
                json!({"rest": {"b": 2}, "n": 5}),
            ),
            (
                "return 'a-b-c'.replaceAll('-', '+').match(/(?<first>\\w)\\+/).groups.first",
                json!("a"),
            ),
            (
                "return Object.groupBy([1, 2, 3], x => x % 2 ? 'odd' : 'even')",
                json!({"odd": [1, 3], "even": [2]}),
            ),
            ("return [3, 1, 2].toSorted().at(-1)", json!(3)),
            (
                "return [...new Set([1, 1, 2])].length + new Map([[1, 2]]).get(1)",
                json!(4),
            ),
            (
                "return JSON.parse('{\"a\": [1, 2.5, true]}').a",
                json!([1, 2.5, true]),
            ),
            (
                "return new Date(0).toISOString()",
                json!("1970-01-01T00:00:00.000Z"),
            ),
            ("return new Date(2024, 0, 31).getTimezoneOffset()", json!(0)),
            ("return btoa('héllo') + atob('aGk=')", json!("aOlsbG8=hi")),
            (
                "const a = { d: new Date(5), s: new Set([1]) }; a.self = a; const b = structuredClone(a); return [b !== a, b.self === b, b.d.getTime(), b.s.has(1)]",
                json!([true, true, 5, true]),
            ),
            (
                "return encodeURIComponent('a b&c') + parseInt('42px') + Math.max(...[1, 9, 3])",
                json!("a%20b%26c429"),
            ),
            (
                "return Array.from({ length: 3 }, (_, i) => i ** 2).reduce((a, b) => a + b)",
                json!(5),
            ),
            (
                "try { null.x } catch (e) { return e instanceof TypeError }",
                json!(true),
            ),
            (
                "label: for (const x of [1, 2]) { for (;;) { continue label } } return 'ok'",
                json!("ok"),
            ),
            ("return [1n + 2n].map(String)", json!(["3"])),
            (
                "let n = 0; const t = setInterval(() => { n++ }, 1); await new Promise(r => setTimeout(r, 30)); clearInterval(t); return n > 2",
                json!(true),
            ),
            ("x = 5; return x", json!(5)),
            ("return (await (async () => 7)()) + `${1 + 1}`", json!("72")),
        ] {
            assert_eq!(code.result(source, "null").await, expected, "{source}");
        }
    });
}

#[test]
fn what_is_logged_is_kept_in_order() {
    block_on(async {
        assert_eq!(
            code().run("console.log('a\\ud800')", "null").await.stdout(),
            "a\u{fffd}"
        );
        let source = "console.log('a', 1, { b: [2] }); console.warn(new Map([['k', 3n]]));\n\
                      console.error(null, undefined); const o = {}; o.o = o; console.info(o); throw 5";
        let outcome = code().run(source, "null").await;
        let lines: Vec<(Level, &str)> = outcome
            .logs
            .iter()
            .map(|log| (log.level, log.text.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (Level::Log, "a 1 {\"b\":[2]}"),
                (Level::Warn, "{\"k\":\"3n\"}"),
                (Level::Error, "null undefined"),
                (Level::Info, "{\"o\":\"[circular]\"}"),
            ]
        );
        assert_eq!(outcome.stdout(), "a 1 {\"b\":[2]}\n{\"o\":\"[circular]\"}");
        let error = outcome.error.expect("it threw");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Exception, "threw 5")
        );
    });
}

#[test]
fn errors_name_the_line_of_the_source() {
    block_on(async {
        let code = code();
        let error = code.fails_as(ErrorKind::Exception, "null.x").await;
        assert_eq!((error.name.as_str(), error.line), ("TypeError", Some(1)));
        assert!(error.column.is_some_and(|c| c <= 7), "{error:?}");
        let source = "const f = () => {\n  return missing + 1\n}\n\nf()";
        let error = code.fails_as(ErrorKind::Exception, source).await;
        assert_eq!(
            (error.name.as_str(), error.line),
            ("ReferenceError", Some(2))
        );
        assert_eq!(error.trace.len(), 2, "{error:?}");
        assert!(error.trace[0].starts_with("line 5"), "{error:?}");
        let error = code
            .fails_as(ErrorKind::Syntax, "let a = 1;\nlet b = = 2;\n")
            .await;
        assert_eq!(
            (error.name.as_str(), error.line),
            ("SyntaxError", Some(2)),
            "{error:?}"
        );
        let error = code
            .fails_as(ErrorKind::Syntax, "if (true) {\n  return 1")
            .await;
        assert_eq!(error.line, Some(2));
        code.fails_as(ErrorKind::Syntax, "import fs from 'fs'")
            .await;
        let error = code
            .fails_as(
                ErrorKind::Exception,
                "class Mine extends Error { name = 'Mine' }; throw new Mine('why')",
            )
            .await;
        assert_eq!(
            (error.name.as_str(), error.message.as_str()),
            ("Mine", "why")
        );
        let error = code
            .fails_as(
                ErrorKind::Exception,
                "await Promise.reject(new RangeError('r'))",
            )
            .await;
        assert_eq!(error.name, "RangeError");
        let error = code
            .fails_as(ErrorKind::Exception, "await new Promise(() => {})")
            .await;
        assert!(
            error.message.contains("nothing will ever resolve"),
            "{error:?}"
        );
    });
}

#[test]
fn results_that_are_no_json_say_so() {
    block_on(async {
        let code = code();
        code.fails_as(ErrorKind::Result, "const a = {}; a.a = a; return a")
            .await;
        code.fails_as(ErrorKind::Result, "return 1n").await;
        code.fails_as(ErrorKind::Result, "return 'x'.repeat(2_000_000)")
            .await;
        code.fails_as(
            ErrorKind::Result,
            "return { toJSON() { throw new Error('no') } }",
        )
        .await;
        assert_eq!(code.result("return () => 1", "null").await, json!(null));
        assert_eq!(
            code.result("return [NaN, undefined]", "null").await,
            json!([null, null])
        );
    });
}

#[test]
fn there_is_nothing_to_reach() {
    block_on(async {
        let code = code();
        for name in [
            "require",
            "process",
            "fetch",
            "Deno",
            "std",
            "os",
            "XMLHttpRequest",
            "WebSocket",
            "module",
        ] {
            let source = format!("return typeof {name}");
            assert_eq!(code.result(&source, "null").await, "undefined", "{name}");
        }
        for source in [
            "await import('fs')",
            "await import('/etc/passwd')",
            "require('child_process')",
            "process.env.PATH",
            "new Function('return process')().exit()",
            "fetch('http://169.254.169.254/')",
            "globalThis.constructor.constructor('return process')().mainModule",
        ] {
            code.fails_as(ErrorKind::Exception, source).await;
        }
    });
}

#[test]
fn endless_code_is_stopped_at_its_deadline() {
    block_on(async {
        let mut code = code();
        code.limits.time = Duration::from_millis(300);
        for source in [
            "while (true) {}",
            "for (;;) { try { while (true) {} } catch {} finally { continue } }",
            "[1].map(() => { while (true) {} })",
            "[3, 2, 1].sort(() => { while (true) {} })",
            "JSON.stringify({ get x() { while (true) {} } })",
            "return { get x() { while (true) {} } }",
            "return { toJSON() { while (true) {} } }",
            "'a'.replace(/a/, () => { while (true) {} })",
            "async function f() { await null; return f() } await f()",
            "const f = () => Promise.resolve().then(f); await f()",
            "setInterval(() => {}, 1); await new Promise(() => {})",
            "await new Promise(r => setTimeout(r, 1e9))",
            "await new Promise(r => setTimeout(r, Infinity))",
            "/^(a+)+$/.test('a'.repeat(40) + 'b')",
            "let n = 3n; for (;;) n = n ** 3n",
            "return (9n ** 9999999n).toString().length",
            "new Array(1e9).fill(0).sort()",
            "class A { static { while (true) {} } }",
            "console.log({ toString() { while (true) {} }, toJSON() { while (true) {} } })",
            "input = { then(r) { while (true) {} } }; await input",
            "new Proxy({}, { get() { while (true) {} } }).x",
            "eval('while (true) {}')",
        ] {
            let began = Instant::now();
            let error = code.error(source).await;
            let stopped = matches!(
                error.kind,
                ErrorKind::Timeout | ErrorKind::Memory | ErrorKind::Exception
            );
            assert!(stopped, "{source}: {error:?}");
            assert!(began.elapsed() < Duration::from_secs(8), "{source}");
        }
        for source in [
            "while (true) {}",
            "/^(a+)+$/.test('a'.repeat(40) + 'b')",
            "await new Promise(r => setTimeout(r, 1e9))",
        ] {
            code.fails_as(ErrorKind::Timeout, source).await;
        }
    });
}

#[test]
fn memory_stack_and_output_are_bounded() {
    block_on(async {
        let mut code = code();
        code.limits = Limits {
            time: Duration::from_secs(4),
            memory: 32 << 20,
            output: 1 << 16,
        };
        for source in [
            "const a = []; for (;;) a.push(new Array(1000).fill(1))",
            "let s = 'x'; for (;;) s += s",
            "return 'x'.repeat(2 ** 29)",
            "new ArrayBuffer(2 ** 31 - 1)",
            "return new Array(1e8).fill(1.5)",
            "const a = []; for (;;) { try { a.push('x'.repeat(1e6) + a.length) } catch (e) { throw e } }",
        ] {
            let error = code.error(source).await;
            let bounded = matches!(
                error.kind,
                ErrorKind::Memory | ErrorKind::Exception | ErrorKind::Timeout
            );
            assert!(bounded, "{source}: {error:?}");
        }
        code.fails_as(
            ErrorKind::Memory,
            "const a = []; for (;;) a.push(new Array(1000).fill(1))",
        )
        .await;
        for source in [
            "const f = () => f() + 1; f()",
            "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a",
            "JSON.parse('['.repeat(1e5))",
            "eval('('.repeat(1e5))",
            "const o = { toString() { return String(o) } }; String(o)",
        ] {
            let error = code.error(source).await;
            assert!(
                !matches!(error.kind, ErrorKind::Timeout | ErrorKind::Crash),
                "{source}: {error:?}"
            );
        }
        let outcome = code
            .run(
                "for (let i = 0; i < 1e5; i++) console.log('x'.repeat(100)); return 1",
                "null",
            )
            .await;
        assert!(
            outcome.logs_truncated && outcome.error.is_none(),
            "{:?}",
            outcome.error
        );
        assert!(outcome.stdout().len() < 300_000);
    });
}

#[test]
fn one_run_leaves_nothing_for_the_next() {
    block_on(async {
        let code = code();
        code.result("globalThis.secret = 1; Array.prototype.map = () => 'mine'; JSON.stringify = () => 'x'; return 1", "null").await;
        assert_eq!(
            code.result("return [typeof secret, [1].map(x => x)]", "null")
                .await,
            json!(["undefined", [1]])
        );
    });
}
