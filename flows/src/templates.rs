//! Templates: flows to begin with. Some come with the program, others are kept by organizations, for
//! themselves or for the whole instance.
//!
//! # Adding a template to the program
//!
//! A folder in `templates/catalog` with `template.json` (facts and graph) and `README.md`, one line in
//! `templates/catalog.rs`, and how it runs in `flows/tests/it/templates.rs`. What must be connected
//! before it runs is found out by its graph. Sample documents of its collections stand in
//! `templates/samples.rs`.

mod catalog;
mod clean;
mod edit;
mod gallery;
mod opinions;
mod requires;
mod samples;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::graph::Graph;
use crate::ids::ProjectId;
use crate::node::{Registry, Role};
pub use crate::sql::templates::TemplateVersion;
use crate::sql::variables::ProjectVariable;
use crate::transfer::Mapping;
use crate::workflows::SavedWorkflow;
use crate::{Error, Result};
pub use edit::{CreateTemplate, NewTemplateVersion, UpdateTemplate};
pub use gallery::Caller;
pub use opinions::{RateTemplate, TemplateRating};
pub use requires::{Needed, NeededModel, TemplateNeeds};
pub use samples::{FilledCollection, SampleCollection};

/// How much one has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// Nothing but one's own work.
    Beginner,
    /// What branches and loops are.
    Intermediate,
    /// What models are and how they fail.
    Advanced,
}

impl Complexity {
    /// The word in SQL and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    fn of(word: &str) -> Option<Self> {
        let all = [Self::Beginner, Self::Intermediate, Self::Advanced];
        all.into_iter().find(|one| one.word() == word)
    }
}

/// Where a template comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It came with the program.
    Catalog,
    /// The caller's organization keeps it.
    Own,
    /// Another organization keeps it, and it is published on the instance.
    Shared,
}

/// In which order templates are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateOrder {
    /// Featured ones first, then by name.
    #[default]
    Featured,
    /// Those of which most flows were made first.
    Used,
    /// Those that people like best first.
    Rated,
    /// Those that were made or changed last first.
    Newest,
}

/// What a template's file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    name: String,
    summary: String,
    icon: String,
    category: String,
    tags: Vec<String>,
    complexity: Complexity,
    setup_minutes: u32,
    author: String,
    date: String,
    is_featured: bool,
    sample_input: Value,
    graph: Graph,
}

/// A template.
#[derive(Debug, Clone)]
pub struct Template {
    slug: String,
    readme: String,
    facts: Facts,
    origin: Origin,
    /// Variables of the project that its graph names.
    variables: Vec<ProjectVariable>,
    /// Whether all organizations see it.
    is_published: bool,
    version: i64,
    revision: i64,
}

/// A template as the gallery lists it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateSummary {
    /// Names it: a word for those of the program, an id for those of organizations.
    pub slug: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether all organizations of the instance see it.
    pub is_published: bool,
    /// The newest version, 1 and up.
    pub version: i64,
    /// Flows that were made of it, on the whole instance.
    pub uses: i64,
    /// What people of the instance think of it.
    pub rating: TemplateRating,
    /// For people.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// A name of the icon set (Tabler).
    pub icon: String,
    /// A slug of the categories.
    pub category: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How much one has to know.
    pub complexity: Complexity,
    /// How long setting it up takes.
    pub setup_minutes: u32,
    /// Who made it.
    pub author: String,
    /// When it was made or changed last, a day.
    pub date: String,
    /// Shown first.
    pub is_featured: bool,
    /// Types of the nodes that a run begins at.
    pub triggers: Vec<String>,
    /// How many nodes it has.
    pub node_count: usize,
}

/// A template with all that is known of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: TemplateSummary,
    /// What it does and how it is set up, in Markdown.
    pub readme: String,
    /// What a flow made of it begins as.
    pub graph: Graph,
    /// What a first run may begin with; `null` where it takes a file.
    #[schema(value_type = Option<Object>)]
    pub sample_input: Value,
    /// What must be there for it to run, and whether it is.
    pub requires: TemplateNeeds,
    /// Collections that it brings sample documents for.
    pub samples: Vec<SampleCollection>,
    /// Names of project variables that it brings.
    pub variables: Vec<String>,
    /// Rises with each change of one that an organization keeps; give it back when saving.
    pub revision: i64,
}

/// A kind of template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TemplateCategory {
    /// Names it.
    pub slug: String,
    /// For people.
    pub title: String,
    /// Templates of this kind.
    pub count: usize,
}

/// A flow to be made of a template.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"project_id": "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11",
    "mapping": {"models": {"openai/gpt-4o-mini": "builtin/extract"}}}))]
pub struct UseTemplate {
    /// The project that the flow comes into.
    pub project_id: ProjectId,
    /// The flow's name; the template's when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Names of the organization in place of the template's.
    #[serde(default)]
    pub mapping: Mapping,
    /// Whether collections that it names and that are not there are made of its sample documents, if
    /// the caller may change collections.
    #[serde(default = "yes")]
    pub samples: bool,
}

fn yes() -> bool {
    true
}

/// A flow that was made of a template.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsedTemplate {
    /// The flow, with what is wrong with it.
    pub workflow: SavedWorkflow,
    /// What must be connected before it runs.
    pub missing: TemplateNeeds,
    /// What a first run may begin with.
    #[schema(value_type = Option<Object>)]
    pub sample_input: Value,
    /// Collections that were made of sample documents.
    pub samples: Vec<FilledCollection>,
}

/// Which templates are wanted; absent fields want all.
#[derive(Debug, Clone, Default)]
pub struct TemplateFilter {
    /// Words that occur in name, summary or tags.
    pub search: Option<String>,
    /// The category's slug.
    pub category: Option<String>,
    /// How much one has to know.
    pub complexity: Option<Complexity>,
    /// Featured ones only.
    pub featured: bool,
    /// Those from there only.
    pub origin: Option<Origin>,
    /// In which order.
    pub order: TemplateOrder,
}

/// Slugs of categories with their titles, in the gallery's order.
pub const CATEGORIES: &[(&str, &str)] = &[
    ("customer-service", "Customer service"),
    ("knowledge", "Knowledge"),
    ("productivity", "Productivity"),
    ("marketing", "Marketing"),
    ("sales", "Sales"),
    ("data", "Data"),
    ("operations", "Operations"),
];

impl Template {
    /// All of the program, featured ones first, then by name.
    pub fn all() -> &'static [Self] {
        catalog::all()
    }

    /// The program's template of this slug.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(slug: &str) -> Result<&'static Self> {
        let found = Self::all().iter().find(|template| template.slug == slug);
        found.ok_or_else(|| Error::not_found("template", slug))
    }

    fn passes(&self, filter: &TemplateFilter) -> bool {
        let facts = &self.facts;
        let words = filter.search.as_deref().unwrap_or_default().to_lowercase();
        let text = format!("{} {} {}", facts.name, facts.summary, facts.tags.join(" "));
        let text = text.to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
            && filter
                .category
                .as_ref()
                .is_none_or(|c| *c == facts.category)
            && filter.complexity.is_none_or(|c| c == facts.complexity)
            && (!filter.featured || facts.is_featured)
            && filter.origin.is_none_or(|origin| origin == self.origin)
    }

    /// As the gallery lists it, before anybody used it.
    pub fn summary(&self, registry: &Registry) -> TemplateSummary {
        let facts = &self.facts;
        let is_trigger = |kind: &str| {
            let kind = registry.get(kind);
            kind.is_some_and(|kind| kind.about().role == Role::Trigger)
        };
        let nodes = &facts.graph.nodes;
        let triggers = nodes.iter().filter(|node| is_trigger(&node.kind));
        TemplateSummary {
            slug: self.slug.clone(),
            origin: self.origin,
            is_published: self.is_published,
            version: self.version,
            uses: 0,
            rating: TemplateRating::default(),
            name: facts.name.clone(),
            summary: facts.summary.clone(),
            icon: facts.icon.clone(),
            category: facts.category.clone(),
            tags: facts.tags.clone(),
            complexity: facts.complexity,
            setup_minutes: facts.setup_minutes,
            author: facts.author.clone(),
            date: facts.date.clone(),
            is_featured: facts.is_featured,
            triggers: triggers.map(|node| node.kind.clone()).collect(),
            node_count: nodes.len(),
        }
    }

    /// What a flow made of it begins as.
    pub fn graph(&self) -> &Graph {
        &self.facts.graph
    }

    /// What a first run may begin with; `null` where it takes a file.
    pub fn sample_input(&self) -> &Value {
        &self.facts.sample_input
    }

    /// What it does and how it is set up, in Markdown.
    pub fn readme(&self) -> &str {
        &self.readme
    }
}
