//! Changing values.

pub(super) mod code;
pub(super) mod crypto;
pub(super) mod csv_read;
pub(super) mod csv_write;
pub(super) mod date_time;
pub(super) mod graphql;
pub(super) mod html_extract;
pub(super) mod http_request;
pub(super) mod json;
pub(super) mod key_value;
pub(super) mod object;
pub(super) mod set_variable;
pub(super) mod template;
pub(super) mod transform;
