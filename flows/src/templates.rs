//! Templates: flows to begin with, inside of the program.
//!
//! # Adding a template
//!
//! A folder in `templates/catalog` with `template.json` (facts and graph) and `README.md`, one line in
//! `templates/catalog.rs`, and how it runs in `flows/tests/it/templates.rs`. What must be connected
//! before it runs is found out by its graph.

mod catalog;
mod requires;

use std::sync::Arc;

use accounts::{Actor, Principal};
use gateway::Gateway;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::graph::Graph;
use crate::ids::ProjectId;
use crate::node::{Registry, Role};
use crate::transfer::{Mapping, rename};
use crate::workflows::{CreateWorkflow, SavedWorkflow};
use crate::{Error, Flows, Result};
pub use requires::{Needed, NeededModel, TemplateNeeds};

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
    slug: &'static str,
    readme: &'static str,
    facts: Facts,
}

/// A template as the gallery lists it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateSummary {
    /// Names it.
    pub slug: String,
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
}

/// Categories with their titles, in the gallery's order.
const CATEGORIES: &[(&str, &str)] = &[
    ("customer-service", "Customer service"),
    ("knowledge", "Knowledge"),
    ("productivity", "Productivity"),
    ("marketing", "Marketing"),
    ("sales", "Sales"),
    ("data", "Data"),
    ("operations", "Operations"),
];

impl Template {
    /// All, featured ones first, then by name.
    pub fn all() -> &'static [Self] {
        catalog::all()
    }

    /// The template of this slug.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(slug: &str) -> Result<&'static Self> {
        let found = Self::all().iter().find(|template| template.slug == slug);
        found.ok_or_else(|| Error::not_found("template", slug))
    }

    /// The kinds that there are.
    pub fn categories() -> Vec<TemplateCategory> {
        let count = |slug: &str| {
            let of_kind = Self::all().iter().filter(|t| t.facts.category == slug);
            of_kind.count()
        };
        let all = CATEGORIES.iter().map(|(slug, title)| TemplateCategory {
            slug: (*slug).to_owned(),
            title: (*title).to_owned(),
            count: count(slug),
        });
        all.filter(|category| category.count > 0).collect()
    }

    /// Those that pass.
    pub fn list(filter: &TemplateFilter) -> Vec<TemplateSummary> {
        let registry = Registry::default();
        let passing = Self::all()
            .iter()
            .filter(|template| template.passes(filter));
        passing
            .map(|template| template.summary(&registry))
            .collect()
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
    }

    /// As the gallery lists it.
    pub fn summary(&self, registry: &Registry) -> TemplateSummary {
        let facts = &self.facts;
        let is_trigger = |kind: &str| {
            let kind = registry.get(kind);
            kind.is_some_and(|kind| kind.about().role == Role::Trigger)
        };
        let nodes = &facts.graph.nodes;
        let triggers = nodes.iter().filter(|node| is_trigger(&node.kind));
        TemplateSummary {
            slug: self.slug.to_owned(),
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
    pub fn readme(&self) -> &'static str {
        self.readme
    }
}

impl Flows {
    /// A template with what it needs, as this caller has it.
    ///
    /// # Errors
    /// `NotFound`, and those of the database.
    pub async fn template(
        &self,
        gateway: &Gateway,
        who: &Arc<Principal>,
        slug: &str,
    ) -> Result<TemplateDetail> {
        let template = Template::find(slug)?;
        Ok(TemplateDetail {
            summary: template.summary(self.registry()),
            readme: template.readme.to_owned(),
            graph: template.graph().clone(),
            sample_input: template.sample_input().clone(),
            requires: self.needs(gateway, who, None, template.graph()).await?,
        })
    }

    /// Makes a flow of a template.
    ///
    /// # Errors
    /// `NotFound` for the template and the project, `Invalid` for the name.
    pub async fn use_template(
        &self,
        gateway: &Gateway,
        who: &Arc<Principal>,
        actor: &Actor,
        slug: &str,
        wanted: UseTemplate,
    ) -> Result<UsedTemplate> {
        let template = Template::find(slug)?;
        let mut graph = template.graph().clone();
        rename(&mut graph, self.registry(), &wanted.mapping);
        let project = wanted.project_id;
        let wanted = CreateWorkflow {
            project_id: project,
            name: wanted.name.unwrap_or_else(|| template.facts.name.clone()),
            slug: None,
            description: template.facts.summary.clone(),
            graph,
        };
        let workflow = self.create_workflow(actor, wanted).await?;
        let graph = &workflow.workflow.graph;
        let needs = self.needs(gateway, who, Some(project), graph).await?;
        Ok(UsedTemplate {
            missing: needs.missing(),
            sample_input: template.sample_input().clone(),
            workflow,
        })
    }
}
