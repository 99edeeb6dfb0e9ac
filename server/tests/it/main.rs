//! Tests of the product as a whole, in one binary.

mod admin;
mod bucket;
mod canary;
mod document;
mod hub;
mod isolation;
mod openapi;
mod own_templates;
mod rag_evaluation;
mod rag_hard_files;
mod rag_hub;
mod rag_jobs;
mod rag_restart;
mod rag_sources;
mod sandbox;
mod shield;
mod site;
mod templates;
mod tidy;
mod vector_store_rights;
mod vector_stores;
