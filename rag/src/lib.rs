//! Documents become text, text becomes chunks that can be found and cited.
//!
//! [`parse`] turns a file into a [`parse::Document`]; [`chunk`] cuts that into pieces for an index.
//! Both are pure: bytes in, values out, no connection, no clock, no database. Files are hostile
//! until proven otherwise, so [`parse::job`] is what runs in the sandboxed worker.

pub mod chunk;
pub mod parse;
