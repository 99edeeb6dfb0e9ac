//! Taking fields out of a JSON object, with errors that name them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;

/// A request object whose fields are taken one by one; what is left over is unknown to us.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// Reads the body.
    ///
    /// # Errors
    /// `InvalidRequest` when it is not a JSON object.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|e| Error::invalid("body", format!("the body is not a JSON object: {e}")))
    }

    /// The field's value; null counts as absent.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name).filter(|value| !value.is_null())
    }

    /// The field as a `T`.
    ///
    /// # Errors
    /// `InvalidRequest` when it has another type.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        serde_json::from_value(value)
            .map(Some)
            .map_err(|e| Error::invalid(name, format!("`{name}` is not valid: {e}")))
    }

    /// As [`Fields::take`] for a field that must be there.
    ///
    /// # Errors
    /// `InvalidRequest` when it is absent or has another type.
    pub(super) fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        self.take(name)?
            .ok_or_else(|| Error::invalid(name, format!("`{name}` is required")))
    }
}

/// The string `name` of `object`, moved out.
pub(super) fn take_string(object: &mut Map<String, Value>, name: &str) -> Option<String> {
    match object.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
