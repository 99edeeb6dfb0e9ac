//! Parsing behind bytes, for the sandboxed worker.
//!
//! A request is the length of the hints (four bytes, little-endian), the hints, the file as it is.
//! Hints and answer are in postcard, which is compact and safe to decode from a worker that was
//! taken over.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Document, Hints, ParseError, parse};

/// The name under which workers know [`job`].
pub const JOB: &str = "parse";

/// The input of [`job`] for a file.
///
/// # Errors
///
/// A text that says which part could not be written: only hints beyond 4 GB.
pub fn request(bytes: &[u8], hints: &Hints) -> Result<Vec<u8>, String> {
    let hints =
        postcard::to_stdvec(hints).map_err(|error| format!("cannot write hints: {error}"))?;
    let length = u32::try_from(hints.len()).map_err(|_| "hints are too long".to_owned())?;
    let mut request = Vec::with_capacity(4 + hints.len() + bytes.len());
    request.extend(length.to_le_bytes());
    request.extend(hints);
    request.extend(bytes);
    Ok(request)
}

/// The worker's entry: reads the file of a [`request`] and gives what [`answer`] reads.
///
/// # Errors
///
/// A text for the log if the request is malformed. That a file cannot be read is no error here but
/// part of the answer; so is a panic of a reader.
pub fn job(request: &[u8]) -> Result<Vec<u8>, String> {
    let malformed = || "malformed parse request".to_owned();
    let (length, rest) = request.split_first_chunk::<4>().ok_or_else(malformed)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (hints, bytes) = rest.split_at_checked(length).ok_or_else(malformed)?;
    let hints: Hints = postcard::from_bytes(hints).map_err(|_| malformed())?;
    let outcome = catch_unwind(AssertUnwindSafe(|| parse(bytes, &hints)));
    let outcome = outcome.unwrap_or_else(|_| {
        Err(ParseError::Broken {
            detail: "its reader stopped at something that it did not expect".into(),
        })
    });
    postcard::to_stdvec(&outcome).map_err(|error| format!("cannot write the document: {error}"))
}

/// What [`job`] found.
///
/// # Errors
///
/// What [`parse`] returns; [`ParseError::Broken`] if `answer` was not written by [`job`].
pub fn answer(answer: &[u8]) -> Result<Document, ParseError> {
    let outcome: Result<Result<Document, ParseError>, _> = postcard::from_bytes(answer);
    outcome.unwrap_or_else(|error| {
        Err(ParseError::Broken {
            detail: format!("the worker's answer cannot be read: {error}"),
        })
    })
}
