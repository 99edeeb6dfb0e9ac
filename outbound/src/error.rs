//! Why no answer came.

use hyper_util::client::legacy::Error as PoolError;

use crate::address::Refusal;

/// What happened to a request that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The guard forbids the address. Never retried.
    Refused,
    /// No connection came about: nothing was sent.
    Connect,
    /// The connection was lost after the request had begun to be sent.
    Broken,
}

/// A request that got no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What happened.
    pub kind: ErrorKind,
    /// For people; holds host names and causes, never header values.
    pub message: String,
}

pub(crate) fn from_pool(error: &PoolError) -> Error {
    if let Some(refusal) = find_refusal(error) {
        return Error {
            kind: ErrorKind::Refused,
            message: refusal,
        };
    }
    let kind = if error.is_connect() {
        ErrorKind::Connect
    } else {
        ErrorKind::Broken
    };
    let what = match kind {
        ErrorKind::Connect => "cannot connect",
        ErrorKind::Refused | ErrorKind::Broken => "connection lost before an answer came",
    };
    Error {
        kind,
        message: format!("{what}: {}", innermost(error)),
    }
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |e| e.source())
}

/// `io::Error` hides the error it wraps from `source`, so it is opened here.
fn find_refusal(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    causes(error).find_map(|cause| {
        let wrapped = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<Refusal>());
        cause
            .downcast_ref::<Refusal>()
            .or(wrapped)
            .map(ToString::to_string)
    })
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
