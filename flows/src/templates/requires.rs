//! What must be there for a graph to run, and whether it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::Principal;
use gateway::Gateway;
use serde::Serialize;
use utoipa::ToSchema;

use crate::expression::{has_expression, walk_texts};
use crate::graph::Graph;
use crate::ids::ProjectId;
use crate::node::Registry;
use crate::transfer::{Requires, requires};
use crate::validate::widget;
use crate::{Flows, Result};

/// Answers without a key: it quotes.
const STAND_IN: &str = "builtin/extract";

/// A model that a graph asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NeededModel {
    /// Its name in the graph.
    pub name: String,
    /// What it is asked for: `chat`, `embeddings`, `images`, `transcription`, `speech`, `moderation`.
    pub operation: String,
    /// The caller's calls of it have somewhere to go.
    pub is_available: bool,
    /// A built-in model that can stand in for it where it is not there.
    pub instead: Option<String>,
}

/// A thing that a graph names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Needed {
    /// Its name in the graph.
    pub name: String,
    /// The organization (for secrets: the project) has it.
    pub is_available: bool,
}

/// What must be there for a graph to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TemplateNeeds {
    /// Models.
    pub models: Vec<NeededModel>,
    /// Collections, by their slugs.
    pub collections: Vec<Needed>,
    /// Stored credentials, `provider/name`.
    pub credentials: Vec<Needed>,
    /// Secrets of the project.
    pub secrets: Vec<Needed>,
    /// Other flows, by their slugs.
    pub workflows: Vec<Needed>,
}

impl TemplateNeeds {
    /// What is not there.
    #[must_use]
    pub fn missing(mut self) -> Self {
        self.models.retain(|one| !one.is_available);
        for list in [
            &mut self.collections,
            &mut self.credentials,
            &mut self.secrets,
            &mut self.workflows,
        ] {
            list.retain(|one| !one.is_available);
        }
        self
    }
}

/// The models that a graph names, with what they are asked for.
fn models(graph: &Graph, registry: &Registry) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for node in &graph.nodes {
        let Some(schema) = registry.schema(&node.kind) else {
            continue;
        };
        walk_texts(schema, &node.settings, &mut |place, text| {
            if widget(place) != Some("model") || text.is_empty() || has_expression(text) {
                return;
            }
            let operation = place
                .schemas
                .iter()
                .find_map(|schema| schema.get("x-operation")?.as_str());
            found.insert(text.to_owned(), operation.unwrap_or("chat").to_owned());
        });
    }
    found
}

impl Flows {
    pub(super) async fn needs(
        &self,
        gateway: &Gateway,
        who: &Arc<Principal>,
        project: Option<ProjectId>,
        graph: &Graph,
    ) -> Result<TemplateNeeds> {
        let org = who.org_id();
        // Without a project there are no secrets; nobody has a project of this id.
        let project = project.unwrap_or_else(ProjectId::new);
        let around = self.environment(org, project, None).await?;
        let mut named = Requires::default();
        requires(graph, self.registry(), &mut named);
        let mut needed_models = Vec::new();
        for (name, operation) in models(graph, self.registry()) {
            let is_available = gateway.can_call(who, &name).await;
            let can_stand_in =
                !is_available && operation == "chat" && gateway.can_call(who, STAND_IN).await;
            needed_models.push(NeededModel {
                is_available,
                name,
                operation,
                instead: can_stand_in.then(|| STAND_IN.to_owned()),
            });
        }
        let list = |names: std::collections::BTreeSet<String>, is_there: &dyn Fn(&str) -> bool| {
            let needed = names.into_iter().map(|name| Needed {
                is_available: is_there(&name),
                name,
            });
            needed.collect::<Vec<_>>()
        };
        let collections = around.collections.as_ref();
        Ok(TemplateNeeds {
            models: needed_models,
            collections: list(named.collections, &|name| {
                collections.is_none_or(|known| known.contains(name))
            }),
            credentials: list(named.credentials, &|name| around.credentials.contains(name)),
            secrets: list(named.secrets, &|name| around.secrets.contains(name)),
            workflows: list(named.workflows, &|name| around.workflows.contains_key(name)),
        })
    }
}
