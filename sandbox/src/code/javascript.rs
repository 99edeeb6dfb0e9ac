//! JavaScript by QuickJS: a fresh engine for each run, without a loader, a file or a socket.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::function::{Func, Opt};
use rquickjs::{
    CatchResultExt as _, CaughtError, Context, Ctx, Error, Function, Object, Promise, Runtime,
    Value,
};
use serde_json::value::RawValue;

use super::{CodeError, ErrorKind, Level, Log, Order, Outcome};

/// Bytes of stack before "too much recursion"; well inside that of the process.
const STACK_BYTES: usize = 768 * 1024;
/// What the user's source is called in traces.
const FILE: &str = "code.js";
/// Stands before the user's first line, in the same line, so that lines keep their numbers.
const BEFORE: &str = "(async function (input) {";
/// Stands behind it: the other ways to give a result.
const BEHIND: &str = "\n;return typeof main === 'function' ? main(input) \
    : typeof result !== 'undefined' ? result : undefined;\n})";
const PRELUDE: &str = include_str!("prelude.js");

/// What the code has said so far.
#[derive(Default)]
struct Said {
    logs: Vec<Log>,
    bytes: usize,
    truncated: bool,
}

impl Said {
    fn add(&mut self, level: &str, text: String, most: usize) {
        let level = match level {
            "info" => Level::Info,
            "debug" => Level::Debug,
            "warn" => Level::Warn,
            "error" => Level::Error,
            _ => Level::Log,
        };
        self.bytes += text.len() + 32;
        match self.bytes > most {
            true => self.truncated = true,
            false => self.logs.push(Log { level, text }),
        }
    }
}

/// Runs the code to its end or to one of its limits.
pub(super) fn run(order: &Order) -> Outcome {
    let said = Rc::new(RefCell::new(Said::default()));
    let late = Rc::new(Cell::new(false));
    let outcome = evaluate(order, &said, &late);
    let said = said.take();
    let (result, error) = match outcome {
        Ok(result) => (result, None),
        Err(_) if late.get() => (RawValue::NULL.to_owned(), Some(too_late(order))),
        Err(error) => (RawValue::NULL.to_owned(), Some(error)),
    };
    Outcome {
        result,
        logs: said.logs,
        logs_truncated: said.truncated,
        error,
    }
}

fn too_late(order: &Order) -> CodeError {
    let message = format!("stopped after {} ms, the limit", order.time_ms);
    CodeError::new(ErrorKind::Timeout, message)
}

fn out_of_memory(order: &Order) -> CodeError {
    let message = format!(
        "needed more memory than the limit of {} MiB",
        order.memory_bytes >> 20
    );
    CodeError::new(ErrorKind::Memory, message)
}

fn evaluate(
    order: &Order,
    said: &Rc<RefCell<Said>>,
    late: &Rc<Cell<bool>>,
) -> Result<Box<RawValue>, CodeError> {
    let no_engine =
        |e: Error| CodeError::new(ErrorKind::Crash, format!("the engine does not start: {e}"));
    let deadline = Instant::now() + order.time();
    let runtime = Runtime::new().map_err(no_engine)?;
    runtime.set_memory_limit(usize::try_from(order.memory_bytes).unwrap_or(usize::MAX));
    runtime.set_max_stack_size(STACK_BYTES);
    let flag = Rc::clone(late);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        flag.set(flag.get() || Instant::now() >= deadline);
        flag.get()
    })));
    let context = Context::full(&runtime).map_err(no_engine)?;
    context.with(|ctx| {
        let outcome = Run {
            order,
            deadline,
            late,
        }
        .start(&ctx, said);
        // A value left behind by an exception would outlive the engine's memory limit.
        let _ = ctx.catch();
        outcome
    })
}

struct Run<'a> {
    order: &'a Order,
    deadline: Instant,
    late: &'a Cell<bool>,
}

impl Run<'_> {
    fn start(&self, ctx: &Ctx<'_>, said: &Rc<RefCell<Said>>) -> Result<Box<RawValue>, CodeError> {
        let timers = self
            .prelude(ctx, said)
            .catch(ctx)
            .map_err(|e| self.explain(e))?;
        let input = ctx
            .json_parse(self.order.input.get())
            .catch(ctx)
            .map_err(|e| self.explain(e))?;
        let source = [BEFORE, &self.order.source, BEHIND].concat();
        if source.contains('\0') {
            let message = "the source holds a NUL character";
            return Err(CodeError::new(ErrorKind::Syntax, message));
        }
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        let main: Function = ctx
            .eval_with_options(source, options)
            .catch(ctx)
            .map_err(|e| self.explain_syntax(e))?;
        let promise: Promise = main
            .call((input,))
            .catch(ctx)
            .map_err(|e| self.explain(e))?;
        let value = self.settle(ctx, &promise, &timers)?;
        self.to_json(ctx, value)
    }

    /// Sets up `console`, timers and what else the language's users take for granted.
    fn prelude<'js>(
        &self,
        ctx: &Ctx<'js>,
        said: &Rc<RefCell<Said>>,
    ) -> rquickjs::Result<Object<'js>> {
        let (said, most) = (Rc::clone(said), self.order.log_bytes);
        let log = Func::from(move |level: String, text: String| {
            said.borrow_mut().add(&level, text, most);
        });
        let began = Instant::now();
        let now = Func::from(move |_: Opt<Value<'_>>| began.elapsed().as_secs_f64() * 1_000.0);
        let mut options = EvalOptions::default();
        options.filename = Some("prelude.js".to_owned());
        let install: Function = ctx.eval_with_options(PRELUDE, options)?;
        install.call((log, now))
    }

    /// Runs what is pending until the promise has its value, or never will.
    fn settle<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: &Promise<'js>,
        timers: &Object<'js>,
    ) -> Result<Value<'js>, CodeError> {
        loop {
            if self.late.get() || Instant::now() >= self.deadline {
                return Err(too_late(self.order));
            }
            if let Some(outcome) = promise.result::<Value<'js>>() {
                return outcome.catch(ctx).map_err(|e| self.explain(e));
            }
            if ctx.execute_pending_job() {
                continue;
            }
            self.next_timer(timers)
                .catch(ctx)
                .map_err(|e| self.explain(e))?;
        }
    }

    /// Sleeps until the next timer and fires it.
    fn next_timer(&self, timers: &Object<'_>) -> rquickjs::Result<()> {
        let wait: f64 = timers.get::<_, Function>("wait")?.call(())?;
        if wait < 0.0 {
            let ctx = timers.ctx();
            return Err(rquickjs::Exception::throw_message(
                ctx,
                "the code waits for a promise that nothing will ever resolve",
            ));
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let wait = Duration::try_from_secs_f64(wait / 1_000.0).unwrap_or(left);
        std::thread::sleep(wait.min(left));
        if wait >= left {
            self.late.set(true);
            return Ok(());
        }
        timers.get::<_, Function>("fire")?.call(())
    }

    fn to_json<'js>(&self, ctx: &Ctx<'js>, value: Value<'js>) -> Result<Box<RawValue>, CodeError> {
        let text = ctx.json_stringify(value).catch(ctx);
        let text = text.map_err(|e| {
            let error = self.explain(e);
            match error.kind {
                ErrorKind::Exception => CodeError {
                    kind: ErrorKind::Result,
                    message: format!("the result cannot be written as JSON: {}", error.message),
                    ..error
                },
                _ => error,
            }
        })?;
        // Functions and undefined have no JSON.
        let Some(text) = text else {
            return Ok(RawValue::NULL.to_owned());
        };
        let text = text.to_string().map_err(|e| match e {
            Error::Allocation => out_of_memory(self.order),
            other => CodeError::new(
                ErrorKind::Result,
                format!("the result is not Unicode text: {other}"),
            ),
        })?;
        if text.len() > self.order.output_bytes {
            let message = format!(
                "the result has {} bytes as JSON, more than the limit of {}",
                text.len(),
                self.order.output_bytes
            );
            return Err(CodeError::new(ErrorKind::Result, message));
        }
        RawValue::from_string(text)
            .map_err(|e| CodeError::new(ErrorKind::Result, format!("the result is no JSON: {e}")))
    }

    fn explain_syntax(&self, caught: CaughtError<'_>) -> CodeError {
        let error = self.explain(caught);
        match error.kind {
            ErrorKind::Exception => CodeError {
                kind: ErrorKind::Syntax,
                ..error
            },
            _ => error,
        }
    }

    fn explain(&self, caught: CaughtError<'_>) -> CodeError {
        if self.late.get() {
            return too_late(self.order);
        }
        match caught {
            CaughtError::Exception(exception) => {
                let object = exception.as_object();
                let name = object.get::<_, Option<String>>("name");
                let name = name.ok().flatten().unwrap_or_else(|| "Error".to_owned());
                let message = exception.message().unwrap_or_default();
                if name == "InternalError" && message.contains("out of memory") {
                    return out_of_memory(self.order);
                }
                let stack = exception.stack().unwrap_or_default();
                self.located(name, message, &stack)
            }
            // What is thrown when there is no memory for an error.
            CaughtError::Value(value) if value.is_null() => {
                let mut error = out_of_memory(self.order);
                error.message.push_str(" (or threw null)");
                error
            }
            CaughtError::Value(value) => {
                let ctx = value.ctx().clone();
                let text = value.as_string().and_then(|s| s.to_string().ok());
                let text = text.or_else(|| {
                    let json = ctx.json_stringify(value).ok().flatten();
                    json.and_then(|s| s.to_string().ok())
                });
                let text = text.unwrap_or_else(|| "a value that cannot be shown".to_owned());
                CodeError::new(ErrorKind::Exception, format!("threw {text}"))
            }
            CaughtError::Error(Error::Allocation) => out_of_memory(self.order),
            CaughtError::Error(error) => CodeError::new(ErrorKind::Crash, error.to_string()),
        }
    }

    fn located(&self, name: String, message: String, stack: &str) -> CodeError {
        let last = self.order.source.lines().count().max(1);
        let mut places: Vec<(u32, u32)> = stack.lines().filter_map(place).collect();
        for (line, column) in &mut places {
            if *line == 1 {
                *column = column.saturating_sub(BEFORE.len() as u32).max(1);
            }
            // What is open at the end is noticed behind it.
            *line = (*line).min(u32::try_from(last).unwrap_or(u32::MAX));
        }
        let trace = places
            .iter()
            .rev()
            .map(|(line, column)| format!("line {line}, column {column}"));
        CodeError {
            kind: ErrorKind::Exception,
            name,
            message,
            line: places.first().map(|p| p.0),
            column: places.first().map(|p| p.1),
            trace: trace.collect(),
        }
    }
}

/// Line and column of a stack frame in the user's source: `at f (code.js:3:7)`.
fn place(frame: &str) -> Option<(u32, u32)> {
    let (_, rest) = frame.split_once("code.js:")?;
    let mut numbers = rest.trim_end_matches(')').split(':');
    let line = numbers.next()?.trim().parse().ok()?;
    let column = numbers.next().and_then(|n| n.trim().parse().ok());
    Some((line, column.unwrap_or(1)))
}
