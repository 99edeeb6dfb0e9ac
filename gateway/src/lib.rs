//! gateway

pub mod catalogue;
