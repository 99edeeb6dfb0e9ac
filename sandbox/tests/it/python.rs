//! How Python code is run: results, errors, logs.

use sandbox::code::{ErrorKind, Language, Level};
use serde_json::json;

use crate::{Code, block_on, pool_with};

/// None, with a message, on a machine without an interpreter.
pub(crate) fn code() -> Option<Code> {
    let code = Code::new(Language::Python);
    match block_on(async { code.pool.python().await.map(|found| found.version.clone()) }) {
        Ok(_) => Some(Code::new(Language::Python)),
        Err(error) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "skipped: {error}");
            None
        }
    }
}

#[test]
fn results_come_by_return_main_or_result() {
    let Some(code) = code() else { return };
    block_on(async {
        for source in [
            "return [x * 2 for x in input]",
            "def main(input):\n    return [x * 2 for x in input]",
            "async def main(input):\n    return [x * 2 for x in input]",
            "result = [x * 2 for x in input]",
            "if input:\n    return [x * 2 for x in input]\nreturn None",
            "for n in range(9):\n    try:\n        if n == 3: return [x * 2 for x in input]\n    finally:\n        pass",
            "import asyncio\nasync def f(x):\n    await asyncio.sleep(0.01)\n    return x * 2\nreturn await asyncio.gather(*map(f, input))",
        ] {
            assert_eq!(
                code.result(source, "[1,2,3]").await,
                json!([2, 4, 6]),
                "{source}"
            );
        }
        assert_eq!(code.result("x = 1", "null").await, json!(null));
        assert_eq!(
            code.result("return input['a']['b']", r#"{"a":{"b":"ü€😀"}}"#)
                .await,
            "ü€😀"
        );
        let big = format!("\"{}\"", "x".repeat(900_000));
        assert_eq!(code.result("return len(input)", &big).await, 900_000);
        let big = code.result("return 'é' * 400_000", "null").await;
        assert_eq!(big.as_str().map(|s| s.chars().count()), Some(400_000));
    });
}

#[test]
fn errors_name_the_line_of_the_source() {
    let Some(code) = code() else { return };
    block_on(async {
        let source = "def f(x):\n    return 1 / x\n\nf(0)";
        let error = code.fails_as(ErrorKind::Exception, source).await;
        assert_eq!(
            (error.name.as_str(), error.line),
            ("ZeroDivisionError", Some(2))
        );
        assert_eq!(error.trace, ["line 4, in <module>", "line 2, in f"]);
        let error = code.fails_as(ErrorKind::Syntax, "x = 1\ny = = 2\n").await;
        assert_eq!((error.name.as_str(), error.line), ("SyntaxError", Some(2)));
        assert_eq!(error.column, Some(5));
        let error = code.fails_as(ErrorKind::Syntax, "if True:\nx = 1").await;
        assert_eq!(
            (error.name.as_str(), error.line),
            ("IndentationError", Some(2))
        );
        let error = code.fails_as(ErrorKind::Exception, "input['a']").await;
        assert_eq!(error.name, "TypeError");
        let error = code.fails_as(ErrorKind::Exception, "{}['price']").await;
        assert_eq!(
            (error.name.as_str(), error.message.as_str()),
            ("KeyError", "key 'price' does not exist")
        );
        let error = code.fails_as(ErrorKind::Exception, "import numpy").await;
        assert_eq!(
            (error.name.as_str(), error.line),
            ("ModuleNotFoundError", Some(1))
        );
        let error = code
            .fails_as(
                ErrorKind::Exception,
                "class Mine(Exception): pass\nraise Mine('why')",
            )
            .await;
        assert_eq!(
            (error.name.as_str(), error.message.as_str(), error.line),
            ("Mine", "why", Some(2))
        );
        let error = code
            .fails_as(ErrorKind::Exception, "import sys\nsys.exit(3)")
            .await;
        assert_eq!(error.name, "SystemExit");
    });
}

#[test]
fn what_is_printed_is_kept_in_order() {
    let Some(code) = code() else { return };
    block_on(async {
        let source = "import sys, logging\nprint('a', 1)\nprint('b', end='')\nprint('c')\n\
                      print('oops', file=sys.stderr)\nlogging.warning('watch')\nprint('x\\ny', end='')";
        let outcome = code.run(source, "null").await;
        let lines: Vec<(Level, &str)> = outcome
            .logs
            .iter()
            .map(|log| (log.level, log.text.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (Level::Print, "a 1"),
                (Level::Print, "bc"),
                (Level::Error, "oops"),
                (Level::Error, "WARNING:root:watch"),
                (Level::Print, "x"),
                (Level::Print, "y"),
            ]
        );
        assert_eq!(outcome.stdout(), "a 1\nbc\nx\ny");
    });
}

#[test]
fn results_become_json_or_say_why_not() {
    let Some(code) = code() else { return };
    block_on(async {
        let source = "\
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from collections import OrderedDict, Counter, deque, namedtuple
import uuid, pathlib
class Color(Enum):
    RED = 'red'
@dataclass
class Point:
    x: int
    when: date
return [Point(1, date(2024, 2, 29)), {1, 1}, (1, 2), Decimal('2.50'), Decimal('3'), Color.RED,
        datetime(2024, 1, 2, 3, 4), timedelta(minutes=1), Counter('aab'), deque([1]),
        namedtuple('P', 'a b')(1, 2), {1: 'one', None: 2}, range(3), (x for x in 'ab'),
        {'a': 1}.keys(), uuid.UUID(int=1), pathlib.PurePosixPath('/a')]";
        let expected = json!([
            {"x": 1, "when": "2024-02-29"}, [1], [1, 2], 2.5, 3, "red", "2024-01-02T03:04:00", 60.0,
            {"a": 2, "b": 1}, [1], [1, 2], {"1": "one", "null": 2}, [0, 1, 2], ["a", "b"], ["a"],
            "00000000-0000-0000-0000-000000000001", "/a"
        ]);
        assert_eq!(code.result(source, "null").await, expected);
        for source in [
            "return float('nan')",
            "return b'bytes'",
            "return object()",
            "a = []\na.append(a)\nreturn a",
            "return {(1, 2): 3}",
            "return 'x' * 2_000_000",
        ] {
            code.fails_as(ErrorKind::Result, source).await;
        }
    });
}

#[test]
fn an_interpreter_serves_many_runs_and_keeps_nothing_of_them() {
    let Some(code) = code() else { return };
    block_on(async {
        code.result(
            "import builtins, json\nbuiltins.secret = 1\njson.dumps = None\nreturn 1",
            "null",
        )
        .await;
        let source = "import builtins, json\nreturn [hasattr(builtins, 'secret'), json.dumps([1])]";
        assert_eq!(code.result(source, "null").await, json!([false, "[1]"]));
        let numbers = "import random, uuid\nreturn [random.random(), str(uuid.uuid4())]";
        let (first, second) = (
            code.result(numbers, "null").await,
            code.result(numbers, "null").await,
        );
        assert_ne!(first, second);
        assert_eq!(code.pool.idle_workers().get("python"), Some(&1));
    });
}

#[test]
fn without_an_interpreter_the_error_says_what_to_do() {
    block_on(async {
        for (setting, expected) in [
            ("off", "switched off"),
            ("/no/such/python3", "/no/such/python3"),
            ("/bin/true", "ended or hung"),
        ] {
            let pool = pool_with(|config| setting.clone_into(&mut config.python));
            let why = pool.python().await.expect_err("there is none").to_string();
            assert!(why.contains(expected), "{why}");
        }
    });
}
