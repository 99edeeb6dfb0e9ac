//! What a flow gives back and sends out.

pub(super) mod email;
pub(super) mod notify;
pub(super) mod respond;
pub(super) mod return_value;
pub(super) mod webhook;
