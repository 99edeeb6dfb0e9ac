//! What all nodes of one run share, and what a run may use up.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::Principal;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Micros, OrgId};
use utoipa::ToSchema;

use super::events::Feed;
use crate::expression::{Secrets, Shared};
use crate::graph::{Graph, NodeId};
use crate::ids::{ProjectId, WorkflowId};
use crate::mask::Masker;
use crate::node::{Budget, NodeError, RunInfo, Services};
use crate::value::PortValues;

/// What a run may use up. Absent fields have the server's bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Steps, each iteration of each node counting one.
    pub max_steps: u64,
    /// Time from the beginning to the end, waits left out, in milliseconds.
    pub max_duration_ms: u64,
    /// Bytes of one node's output as JSON.
    pub max_payload_bytes: usize,
    /// Bytes of all outputs that are in use at once.
    pub max_memory_bytes: usize,
    /// Money, in nano-dollars; absent: what the caller's own budgets allow.
    pub max_nano_usd: Option<i64>,
    /// Nodes at work at once.
    pub max_parallel: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_steps: 1_000_000,
            max_duration_ms: 86_400_000,
            max_payload_bytes: 64 * 1024 * 1024,
            max_memory_bytes: 512 * 1024 * 1024,
            max_nano_usd: None,
            max_parallel: 32,
        }
    }
}

/// How a run differs from the usual.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// What the run may use up.
    pub limits: Limits,
    /// The trigger to begin at; absent: the one that fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_node: Option<NodeId>,
    /// Outputs by node: these nodes do not run and give this (pinned data, mocks).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub pins: BTreeMap<NodeId, PortValues>,
    /// Inputs by node, in place of what edges bring.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub inputs: BTreeMap<NodeId, PortValues>,
    /// Run no further than this node; its output is the run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<NodeId>,
    /// Run the target alone: other nodes give what is pinned, or nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_alone: bool,
}

/// Which flow is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By id: a published version, or the live one.
    Published(WorkflowId, Option<u32>),
    /// By id: the draft.
    Draft(WorkflowId),
    /// By slug: a published version, or the live one.
    Slug(String, Option<u32>),
}

/// A flow that can run.
#[derive(Debug, Clone)]
pub struct Runnable {
    /// Its project.
    pub project_id: ProjectId,
    /// Its id.
    pub workflow_id: WorkflowId,
    /// The published version; none: the draft.
    pub version: Option<u32>,
    /// What runs.
    pub graph: Arc<Graph>,
}

/// What a project gives to its runs.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Variables by name.
    pub variables: BTreeMap<String, Value>,
    /// Secrets.
    pub secrets: Secrets,
}

/// Where flows come from.
pub trait Catalogue: Send + Sync {
    /// The flow, if this organization has it.
    fn find<'a>(
        &'a self,
        org: OrgId,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Option<Runnable>, NodeError>>;

    /// What the project gives; secrets that are read become known to the masker.
    fn surroundings<'a>(
        &'a self,
        org: OrgId,
        project: ProjectId,
        masker: Arc<Masker>,
    ) -> BoxFuture<'a, Result<Surroundings, NodeError>>;
}

/// What all nodes of one run share.
pub(super) struct RunShared {
    pub(super) services: Arc<Services>,
    pub(super) principal: Arc<Principal>,
    pub(super) info: Arc<RunInfo>,
    pub(super) masker: Arc<Masker>,
    pub(super) budget: Arc<Budget>,
    pub(super) feed: Feed,
    pub(super) options: Options,
    pub(super) secrets: Arc<Secrets>,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) input: Shared,
}

impl RunShared {
    pub(super) fn now(&self) -> Micros {
        self.services.clock.now()
    }
}

/// About how many bytes a value takes as JSON.
pub(super) fn size_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(size_of).sum::<usize>() + items.len() + 2,
        Value::Object(object) => size_of_object(object),
    }
}

pub(super) fn size_of_object(object: &PortValues) -> usize {
    let parts = object
        .iter()
        .map(|(key, value)| key.len() + 4 + size_of(value));
    parts.sum::<usize>() + 2
}
