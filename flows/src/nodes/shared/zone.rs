//! Times of day somewhere.

use jiff::tz::TimeZone;

use crate::node::NodeError;

/// The zone of this name; `UTC` for the empty one.
pub(in crate::nodes) fn zone(field: &str, name: &str) -> Result<TimeZone, NodeError> {
    crate::calendar::zone(name).map_err(|message| NodeError::settings(field, message))
}

/// Whether a zone of this name exists, or an expression will say.
pub(in crate::nodes) fn check_zone(field: &str, name: Option<&str>) -> Vec<(String, String)> {
    let name = name.unwrap_or_default();
    if crate::expression::has_expression(name) {
        return Vec::new();
    }
    match zone(field, name) {
        Ok(_) => Vec::new(),
        Err(error) => vec![(field.to_owned(), error.message)],
    }
}
