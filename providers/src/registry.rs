//! All vendors, in one list. Configuration, documentation and tests iterate it.

use std::sync::Arc;

use crate::Provider;

/// A fresh list of all providers, wire formats first, then the compatible vendors' rows.
pub fn all() -> Vec<Arc<dyn Provider>> {
    let mut all: Vec<Arc<dyn Provider>> = vec![
        Arc::new(crate::openai::OpenAi),
        Arc::new(crate::anthropic::Anthropic),
        Arc::new(crate::gemini::Gemini),
        Arc::new(crate::azure::Azure),
        Arc::new(crate::ollama::Ollama),
        Arc::new(crate::webhook::Webhook),
    ];
    let rows = crate::compatible::all();
    all.extend(rows.map(|vendor| Arc::new(vendor) as Arc<dyn Provider>));
    all
}

/// The provider with this id.
pub fn find(id: &str) -> Option<Arc<dyn Provider>> {
    all().into_iter().find(|p| p.info().id == id)
}
