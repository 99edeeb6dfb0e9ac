//! Readers for fields of a client's JSON, with errors that name the field.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;

/// `value` as `T`.
///
/// # Errors
/// `InvalidRequest` naming `param`.
pub(super) fn typed<T: DeserializeOwned>(value: Value, param: impl Display) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|e| Error::invalid(&param.to_string(), format!("`{param}` cannot be read: {e}")))
}

/// `value` as an object.
///
/// # Errors
/// `InvalidRequest` naming `param`.
pub(super) fn object(value: Value, param: impl Display) -> Result<Map<String, Value>, Error> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(Error::invalid(
            &param.to_string(),
            format!("`{param}` must be an object"),
        )),
    }
}

/// Takes `key` out of `map`; `null` counts as absent.
pub(super) fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
    map.shift_remove(key).filter(|value| !value.is_null())
}

/// Takes the string `key` out of the object at `at`.
///
/// # Errors
/// `InvalidRequest` when it is not a string.
pub(super) fn take_text(
    map: &mut Map<String, Value>,
    key: &str,
    at: impl Display,
) -> Result<Option<String>, Error> {
    match take(map, key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid(
            &format!("{at}.{key}"),
            format!("`{at}.{key}` must be a string"),
        )),
    }
}

/// As [`take_text`], for a field that must be there.
///
/// # Errors
/// `InvalidRequest` when it is absent or not a string.
pub(super) fn need_text(
    map: &mut Map<String, Value>,
    key: &str,
    at: impl Display,
) -> Result<String, Error> {
    take_text(map, key, &at)?
        .ok_or_else(|| Error::invalid(&format!("{at}.{key}"), format!("`{at}.{key}` is required")))
}
