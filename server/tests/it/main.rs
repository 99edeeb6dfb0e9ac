//! Tests of the product as a whole, in one binary.

mod canary;
mod document;
mod isolation;
mod openapi;
mod rag_hub;
mod sandbox;
mod shield;
mod site;
mod tidy;
