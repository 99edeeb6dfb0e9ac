//! Where runs begin.

pub(super) mod api;
pub(super) mod chat;
pub(super) mod error;
pub(super) mod fields;
pub(super) mod form;
pub(super) mod manual;
pub(super) mod schedule;
pub(super) mod sub_flow;
pub(crate) mod webhook;
