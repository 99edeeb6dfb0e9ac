//! Documents and search as their callers see them, on each database and with each index.

mod contract;
mod embed;
mod jobs;
mod library;
mod qdrant;
mod search;
mod support;
