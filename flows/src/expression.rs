//! Expressions in fields: `{{ nodes.extract.output.items[0] | upper }}`.
//!
//! The language is Jinja's (minijinja), with a bound on the work of each evaluation, without files,
//! includes or functions of the host. A field that is only one expression keeps the expression's type;
//! any other text with expressions becomes text, where lists and objects are written as JSON and `null`
//! as nothing.

mod error;
mod explain;
mod path;
mod scope;
mod settings;
mod shape;

use std::fmt;
use std::sync::OnceLock;

use minijinja::value::Value as Engine;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

pub use error::{ExpressionError, ExpressionErrorKind};
pub use explain::Reason;
pub(crate) use explain::did_you_mean;
pub use path::{Path, Step};
pub use scope::{NodeRecord, NodeStatus, ROOTS, Scope, Secrets, Shared};
pub(crate) use settings::rewrite_texts;
pub use settings::{Evaluated, Mode, Place, evaluate_settings, walk_texts};
pub use shape::has_expression;

use explain::{Found, emptiness, follow};
use scope::Reveal;
use shape::{Shape, shape};

/// Work of one evaluation: instructions, and memory beyond the usual.
const FUEL: u64 = 100_000;
const RECURSION: usize = 64;
/// Bytes of a text with expressions, at most.
pub const MAX_TEXT: usize = 256 * 1024;

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        env.set_fuel(Some(FUEL));
        env.set_recursion_limit(RECURSION);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_debug(false);
        // It would show the whole scope, secrets among it.
        env.remove_global("debug");
        env.add_filter("fromjson", from_json);
        env.set_formatter(|out, _state, value| {
            write(out, value).map_err(|_| {
                minijinja::Error::new(minijinja::ErrorKind::WriteFailure, "cannot write the text")
            })
        });
        env
    })
}

fn from_json(text: String) -> Result<Engine, minijinja::Error> {
    let parsed: Value = serde_json::from_str(&text).map_err(|error| {
        let message = format!("this is not JSON: {error}");
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, message)
    })?;
    Ok(Engine::from(minijinja::value::Serde(&parsed)))
}

fn write(out: &mut minijinja::Output<'_>, value: &Engine) -> fmt::Result {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::None => Ok(()),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            let json = serde_json::to_string(value).map_err(|_| fmt::Error)?;
            out.write_str(&json)
        }
        _ => write!(out, "{value}"),
    }
}

/// What an expression gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The value; text when the field is more than one expression.
    pub value: Value,
    /// The same with secrets as `***`, for what is kept and shown.
    pub masked: Value,
}

/// Evaluates a field's text. A text without expressions is itself.
///
/// # Errors
/// Syntax, something missing, an operation that does not go, too much work; with line and column.
pub fn evaluate(text: &str, scope: &Scope) -> Result<Given, ExpressionError> {
    if shape(text) == Shape::Literal {
        return Ok(same(Value::String(text.to_owned())));
    }
    let value = evaluate_with(text, scope, Reveal::Text)?;
    if !text.contains("secrets") {
        return Ok(same(value));
    }
    let masked = evaluate_with(text, scope, Reveal::Mask)?;
    Ok(Given { value, masked })
}

/// Evaluates a text for showing: secrets are `***`.
///
/// # Errors
/// As [`evaluate`].
pub fn preview(text: &str, scope: &Scope) -> Result<Value, ExpressionError> {
    if shape(text) == Shape::Literal {
        return Ok(Value::String(text.to_owned()));
    }
    evaluate_with(text, scope, Reveal::Mask)
}

/// Evaluates a condition: an expression with or without `{{ }}` around it. Not `null`, `false`, 0,
/// empty or undefined means yes.
///
/// # Errors
/// As [`evaluate`]; a text that is more than one expression is a syntax error.
pub fn evaluate_condition(text: &str, scope: &Scope) -> Result<bool, ExpressionError> {
    let (code, offset) = match shape(text) {
        Shape::Single(code, offset) => (code, offset),
        Shape::Literal | Shape::Template => (text, 0),
    };
    let located = |error: &minijinja::Error| ExpressionError::from_engine(error, text, offset);
    bounded(text)?;
    let compiled = environment().compile_expression_owned(code.to_owned());
    let value = compiled
        .map_err(|error| located(&error))?
        .eval(scope.context(Reveal::Text))
        .map_err(|error| located(&error))?;
    Ok(value.is_true())
}

fn same(value: Value) -> Given {
    Given {
        masked: value.clone(),
        value,
    }
}

fn bounded(text: &str) -> Result<(), ExpressionError> {
    if text.len() <= MAX_TEXT {
        return Ok(());
    }
    let message = format!("a text with expressions has at most {} KB", MAX_TEXT / 1024);
    Err(ExpressionError::at(
        ExpressionErrorKind::TooMuch,
        message,
        text,
        0,
    ))
}

fn evaluate_with(text: &str, scope: &Scope, reveal: Reveal) -> Result<Value, ExpressionError> {
    bounded(text)?;
    if let Shape::Single(code, offset) = shape(text) {
        // Most fields are a plain path: it is followed in the JSON itself, without a copy of anything
        // but the result.
        if let Some(mut path) = path::only_path(code) {
            path.at = offset + (code.len() - code.trim_start().len());
            match follow(&path, scope) {
                Found::Value(value) => return Ok(value.clone()),
                Found::Missing(reason) => return Err(absent(&path, &reason, text)),
                Found::Opaque => {}
            }
        }
        match environment().compile_expression_owned(code.to_owned()) {
            Ok(expression) => {
                let given = expression.eval(scope.context(reveal));
                let given = given.map_err(|error| located(&error, text, offset, scope))?;
                if given.is_undefined() {
                    let error = minijinja::Error::from(minijinja::ErrorKind::UndefinedError);
                    return Err(located(&error, text, offset, scope));
                }
                return to_json(&given, text, offset);
            }
            Err(error) if !code.contains("}}") && !code.contains("{%") => {
                return Err(ExpressionError::from_engine(&error, text, offset));
            }
            Err(_) => {}
        }
    }
    let template = environment().template_from_str(text);
    let template = template.map_err(|error| ExpressionError::from_engine(&error, text, 0))?;
    let written = template.render(scope.context(reveal));
    written
        .map(Value::String)
        .map_err(|error| located(&error, text, 0, scope))
}

fn to_json(value: &Engine, text: &str, offset: usize) -> Result<Value, ExpressionError> {
    serde_json::to_value(value).map_err(|error| {
        let message = format!("the result has no JSON form: {error}");
        ExpressionError::at(ExpressionErrorKind::Operation, message, text, offset)
    })
}

fn absent(path: &Path, reason: &Reason, text: &str) -> ExpressionError {
    let message = format!(
        "{}; `| default('…')` gives another value then",
        reason.message
    );
    ExpressionError::at(ExpressionErrorKind::Missing, message, text, path.at)
}

/// The engine's error; where something is missing, the path that leads nowhere instead of its words.
fn located(error: &minijinja::Error, text: &str, offset: usize, scope: &Scope) -> ExpressionError {
    let plain = ExpressionError::from_engine(error, text, offset);
    if plain.kind != ExpressionErrorKind::Missing {
        return plain;
    }
    let range = error
        .range()
        .map(|range| offset + range.start..offset + range.end);
    let paths = paths(text).unwrap_or_default();
    let hit = paths.iter().find_map(|path| {
        let near = range
            .as_ref()
            .is_none_or(|range| path.at >= range.start && path.at < range.end.max(range.start + 1));
        match follow(path, scope) {
            Found::Missing(reason) if near => Some(absent(path, &reason, text)),
            _ => None,
        }
    });
    hit.unwrap_or(plain)
}

/// Everything an expression names that it does not define itself, in order. A text without expressions
/// names nothing.
///
/// # Errors
/// `Syntax`.
pub fn paths(text: &str) -> Result<Vec<Path>, ExpressionError> {
    bounded(text)?;
    match shape(text) {
        Shape::Literal => Ok(Vec::new()),
        Shape::Single(code, offset) => {
            match environment().compile_expression_owned(code.to_owned()) {
                Ok(expression) => Ok(free(
                    path::paths_in(code, offset),
                    &expression.undeclared_variables(false),
                )),
                Err(error) if !code.contains("}}") && !code.contains("{%") => {
                    Err(ExpressionError::from_engine(&error, text, offset))
                }
                Err(_) => template_paths(text),
            }
        }
        Shape::Template => template_paths(text),
    }
}

/// [`paths`] of a condition, with or without `{{ }}`.
///
/// # Errors
/// `Syntax`.
pub fn condition_paths(text: &str) -> Result<Vec<Path>, ExpressionError> {
    if let Shape::Single(..) = shape(text) {
        return paths(text);
    }
    bounded(text)?;
    let compiled = environment().compile_expression_owned(text.to_owned());
    let expression = compiled.map_err(|error| ExpressionError::from_engine(&error, text, 0))?;
    Ok(free(
        path::paths_in(text, 0),
        &expression.undeclared_variables(false),
    ))
}

fn free(paths: Vec<Path>, undeclared: &std::collections::HashSet<String>) -> Vec<Path> {
    let is_function = |name: &str| environment().globals().any(|(global, _)| global == name);
    paths
        .into_iter()
        .filter(|path| undeclared.contains(&path.root) && !is_function(&path.root))
        .collect()
}

fn template_paths(text: &str) -> Result<Vec<Path>, ExpressionError> {
    let template = environment().template_from_str(text);
    let template = template.map_err(|error| ExpressionError::from_engine(&error, text, 0))?;
    let undeclared = template.undeclared_variables(false);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find(['{']).map(|n| at + n) {
        let (code_begin, end) = match text.get(begin..begin + 2) {
            Some("{{") => (begin + 2, "}}"),
            Some("{%") => (begin + 2, "%}"),
            Some("{#") => {
                at = text[begin..]
                    .find("#}")
                    .map_or(text.len(), |n| begin + n + 2);
                continue;
            }
            _ => {
                at = begin + 1;
                continue;
            }
        };
        let code_end = text[code_begin..]
            .find(end)
            .map_or(text.len(), |n| code_begin + n);
        found.extend(path::paths_in(&text[code_begin..code_end], code_begin));
        at = code_end;
    }
    Ok(free(found, &undeclared))
}

/// Why what an expression names gives nothing: one reason for each path that is missing or empty.
pub fn why_empty(text: &str, scope: &Scope) -> Vec<Reason> {
    let named = paths(text).unwrap_or_default();
    named
        .iter()
        .filter_map(|path| match follow(path, scope) {
            Found::Missing(reason) => Some(reason),
            Found::Value(value) => emptiness(path, value),
            Found::Opaque => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
