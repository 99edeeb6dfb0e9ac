//! Tests of the crate as its users see it: files (made here, or from `SHARED_DATA`) to chunks, and the
//! library with its search on each database and with each index.

mod ask;
mod chunks;
mod contract;
mod embed;
mod formats;
mod hostile;
mod hub;
mod jobs;
mod library;
mod ocr;
mod office;
mod pdf;
mod pdf_layout;
mod qdrant;
mod quality;
mod search;
mod support;
mod worker;
mod world;
