//! Why a node failed.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What kind of failure it is; decides whether another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeErrorKind {
    /// A setting is wrong; only editing the flow helps.
    Settings,
    /// What arrived cannot be used.
    Input,
    /// An expression failed.
    Expression,
    /// A thing the node names is not there: a credential, a collection, a flow.
    Missing,
    /// It may not do this: permission, model not allowed, host refused.
    Forbidden,
    /// A limit or budget is used up.
    Limit,
    /// The other side failed or does not answer.
    Upstream,
    /// It took too long.
    Timeout,
    /// The run was stopped.
    Cancelled,
    /// The user's code failed.
    Code,
    /// The flow says so ("stop with error").
    Raised,
    /// A bug.
    Internal,
}

impl NodeErrorKind {
    /// Whether the same attempt may succeed later.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Upstream | Self::Timeout | Self::Limit)
    }
}

/// Why a node failed. `message` is shown to the flow's author and holds no secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeError {
    /// What kind.
    pub kind: NodeErrorKind,
    /// What was attempted, what was wrong, what to do.
    pub message: String,
    /// The setting at fault, as a path: `cases[1].value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Line of an expression or of code, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// More for programs: a status, a vendor's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Box<Value>>,
    /// How long the other side asks to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Whether another attempt makes sense.
    pub retryable: bool,
}

impl NodeError {
    /// An error of this kind, retryable as the kind says.
    pub fn new(kind: NodeErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            field: None,
            line: None,
            column: None,
            details: None,
            retry_after_ms: None,
            retryable: kind.is_retryable(),
        }
    }

    /// What arrived cannot be used.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(NodeErrorKind::Input, message)
    }

    /// A setting is wrong.
    pub fn settings(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(NodeErrorKind::Settings, message).at(field)
    }

    /// The same error, saying which setting is at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same error with more for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// The same error, to be retried after this time.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        self.retryable = true;
        self
    }

    /// The same error, not to be retried: the attempt may have had its effect.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.retryable = false;
        self
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "`{field}`: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for NodeError {}
