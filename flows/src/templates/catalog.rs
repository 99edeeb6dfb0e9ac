//! The templates that come with the program, one line each.

use std::sync::LazyLock;

use super::{Origin, Template};

struct Source {
    slug: &'static str,
    json: &'static str,
    readme: &'static str,
}

macro_rules! sources {
    ($($slug:literal,)+) => {
        &[$(Source {
            slug: $slug,
            json: include_str!(concat!("../../../templates/catalog/", $slug, "/template.json")),
            readme: include_str!(concat!("../../../templates/catalog/", $slug, "/README.md")),
        },)+]
    };
}

const SOURCES: &[Source] = sources! {
    "support-chatbot",
    "content-generator",
    "email-processor",
    "data-extractor",
    "image-analyzer",
    "meeting-summarizer",
    "social-media-scheduler",
    "document-qa",
    "lead-scorer",
    "translation-pipeline",
    "model-comparison",
    "guarded-chat",
    "ticket-triage",
    "website-to-knowledge",
    "error-watch",
};

/// Read at the first look into the gallery.
static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let mut all: Vec<Template> = SOURCES.iter().map(read).collect();
    all.sort_by_key(|template| (!template.facts.is_featured, template.facts.name.clone()));
    all
});

pub(super) fn all() -> &'static [Template] {
    &ALL
}

fn read(source: &Source) -> Template {
    let facts = serde_json::from_str(source.json);
    Template {
        slug: source.slug.to_owned(),
        readme: source.readme.to_owned(),
        origin: Origin::Catalog,
        variables: Vec::new(),
        is_published: true,
        version: 1,
        revision: 1,
        // A part of the program, which a test reads.
        facts: facts.unwrap_or_else(|error| panic!("template `{}`: {error}", source.slug)),
    }
}
