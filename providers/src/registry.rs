//! All vendors, in one list. Configuration, documentation and tests iterate it.

use std::sync::Arc;

use crate::Provider;

/// A fresh list of all providers, wire formats first, then the compatible vendors' rows.
pub fn all() -> Vec<Arc<dyn Provider>> {
    vec![
        Arc::new(crate::gemini::Gemini),
        Arc::new(crate::ollama::Ollama),
    ]
}

/// The provider with this id.
pub fn find(id: &str) -> Option<Arc<dyn Provider>> {
    all().into_iter().find(|p| p.info().id == id)
}
