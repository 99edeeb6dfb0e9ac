//! Tests of the product as a whole, in one binary.

mod canary;
mod document;
mod hub;
mod isolation;
mod openapi;
mod rag_hub;
mod rag_jobs;
mod rag_restart;
mod sandbox;
mod shield;
mod site;
mod tidy;
