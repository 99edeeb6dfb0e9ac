//! One attempt at one target: the request out, the answer in.

pub(crate) mod exchange;
pub(crate) mod prepare;
pub(crate) mod raw_events;
pub(crate) mod relay;
pub(crate) mod retry_after;
