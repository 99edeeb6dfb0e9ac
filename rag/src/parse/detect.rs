//! What a file is.
use serde::{Deserialize, Serialize};
/// Format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format { 
/// pdf
Pdf }
impl std::fmt::Display for Format { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("PDF") } }
