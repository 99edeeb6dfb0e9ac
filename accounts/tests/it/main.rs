//! The crate's behaviour on real databases, as the gateway and the server use it.

mod authenticate;
mod credentials;
mod http;
mod keys;
mod members;
mod rules;
mod support;
