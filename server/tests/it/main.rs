//! Tests of the product as a whole, in one binary.

mod openapi;
mod sandbox;
mod tidy;
