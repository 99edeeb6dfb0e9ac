//! Why an expression fails.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::node::{NodeError, NodeErrorKind};

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpressionErrorKind {
    /// It cannot be read.
    Syntax,
    /// It names something that is not there.
    Missing,
    /// A filter, test or function of this name does not exist.
    UnknownFunction,
    /// An operation does not go with these values.
    Operation,
    /// It does too much work, or nests too deeply.
    TooMuch,
}

/// Why an expression fails, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpressionError {
    /// What kind.
    pub kind: ExpressionErrorKind,
    /// For the flow's author.
    pub message: String,
    /// Line in the field's text, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExpressionError {}

impl ExpressionError {
    /// An error at a byte of `text`.
    pub(crate) fn at(
        kind: ExpressionErrorKind,
        message: impl Into<String>,
        text: &str,
        byte: usize,
    ) -> Self {
        let (line, column) = place(text, byte);
        Self {
            kind,
            message: message.into(),
            line,
            column,
        }
    }

    /// From the engine's error; `text` is the whole field, `offset` where the compiled part begins.
    pub(crate) fn from_engine(error: &minijinja::Error, text: &str, offset: usize) -> Self {
        use minijinja::ErrorKind as Engine;
        let kind = match error.kind() {
            Engine::SyntaxError => ExpressionErrorKind::Syntax,
            Engine::UndefinedError => ExpressionErrorKind::Missing,
            Engine::UnknownFilter
            | Engine::UnknownTest
            | Engine::UnknownFunction
            | Engine::UnknownMethod => ExpressionErrorKind::UnknownFunction,
            Engine::OutOfFuel => ExpressionErrorKind::TooMuch,
            _ if deepest(error).contains("recursion limit") => ExpressionErrorKind::TooMuch,
            _ => ExpressionErrorKind::Operation,
        };
        let begin = error.range().map(|range| offset + range.start);
        let line = error.line().and_then(|line| u32::try_from(line).ok());
        let message = match kind {
            ExpressionErrorKind::TooMuch => {
                "this does too much work for an expression: use a code node".to_owned()
            }
            ExpressionErrorKind::Missing => {
                "this is not there; `| default('…')` gives another value then".to_owned()
            }
            _ => error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
        };
        match begin {
            Some(byte) => Self::at(kind, message, text, byte),
            None => Self {
                kind,
                message,
                line: line.unwrap_or(1),
                column: 1,
            },
        }
    }

    /// As the failure of a node, in the field at `path`.
    pub fn in_field(&self, path: &str) -> NodeError {
        let mut error = NodeError::new(NodeErrorKind::Expression, self.message.clone()).at(path);
        error.line = Some(self.line);
        error.column = Some(self.column);
        error
    }
}

fn deepest(error: &minijinja::Error) -> String {
    error.detail().unwrap_or_default().to_owned()
}

/// Line and column of a byte, both from 1.
fn place(text: &str, byte: usize) -> (u32, u32) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (small(line), small(column))
}
