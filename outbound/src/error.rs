//! Why no answer came.

use std::time::Duration;

use http::Uri;

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

/// No connection came about.
pub(crate) fn from_connect(error: &(dyn std::error::Error + 'static)) -> Error {
    match find_refusal(error) {
        Some(message) => Error {
            kind: ErrorKind::Refused,
            message,
        },
        None => cannot_connect(&innermost(error)),
    }
}

/// No connection came about in time.
pub(crate) fn slow_connect(timeout: Duration) -> Error {
    cannot_connect(&format!("no connection within {} ms", timeout.as_millis()))
}

/// There is no connecting to this address.
pub(crate) fn unusable(uri: &Uri, why: &str) -> Error {
    let host = uri.host().unwrap_or_default();
    cannot_connect(&format!("the address of `{host}` cannot be used: {why}"))
}

/// The connection was lost.
pub(crate) fn broken(error: &hyper::Error) -> Error {
    Error {
        kind: ErrorKind::Broken,
        message: format!(
            "connection lost before an answer came: {}",
            innermost(error)
        ),
    }
}

fn cannot_connect(why: &str) -> Error {
    Error {
        kind: ErrorKind::Connect,
        message: format!("cannot connect: {why}"),
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
