//! Outputs that nodes of a draft have in tests, whatever they would do.
//!
//! They belong to the draft and stand beside it: versions, exports and copies do not have them, and only
//! the editor's own runs are given them.

use std::collections::{BTreeMap, HashSet};

use accounts::Actor;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Json, OrgId, in_tx};
use utoipa::ToSchema;

use crate::graph::is_key;
use crate::ids::WorkflowId;
use crate::sql::pins::{self, PinRow};
use crate::{Error, Flows, Result};

/// Bytes of one node's pinned output, as JSON.
const MAX_PIN: usize = 256 * 1024;
/// Bytes of all pinned outputs of a flow.
const MAX_BYTES: i64 = 4 * 1024 * 1024;
/// Pinned nodes of a flow.
const MAX_COUNT: i64 = 1_000;

/// Pinned outputs of a draft's nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Pins {
    /// By node, then by port.
    #[schema(value_type = Object)]
    pub pins: BTreeMap<String, Map<String, Value>>,
}

impl Flows {
    /// The pinned outputs of a draft.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn pins(&self, org: OrgId, id: WorkflowId) -> Result<Pins> {
        self.get_workflow(org, id).await?;
        let rows = pins::list(self.db(), org, id).await?;
        let pins = rows.into_iter().map(|row| (row.node_id, row.outputs.0));
        Ok(Pins {
            pins: pins.collect(),
        })
    }

    /// Pins the output of a node. The node may be new: the draft that has it may not be saved yet.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`: no key of a node, or more data than a flow can have.
    pub async fn put_pin(
        &self,
        actor: &Actor,
        id: WorkflowId,
        node: &str,
        outputs: Map<String, Value>,
    ) -> Result<()> {
        let org = actor.org_id();
        let flow = self.get_workflow(org, id).await?;
        if !is_key(node) {
            return Err(Error::invalid(format!("`{node:.80}` is no key of a node")));
        }
        let size = serde_json::to_vec(&outputs).map_or(usize::MAX, |json| json.len());
        if size > MAX_PIN {
            return Err(Error::invalid(format!(
                "the data of `{node}` has {} KiB, and at most {} KiB can be pinned: pin a smaller example",
                size.div_ceil(1024),
                MAX_PIN / 1024
            )));
        }
        let bytes = i64::try_from(size).unwrap_or(i64::MAX);
        let pin = PinRow {
            node_id: node.to_owned(),
            outputs: Json(outputs),
        };
        let known: HashSet<&str> = flow.graph.nodes.iter().map(|one| one.id.as_str()).collect();
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            let mut taken = pins::taken(tx, org, id, node).await?;
            if taken.pins >= MAX_COUNT || taken.bytes.saturating_add(bytes) > MAX_BYTES {
                // Those of nodes that were deleted long ago go first.
                for old in pins::nodes(tx, org, id).await? {
                    if !known.contains(old.as_str()) {
                        pins::delete(tx, org, id, &old).await?;
                    }
                }
                taken = pins::taken(tx, org, id, node).await?;
            }
            if taken.pins >= MAX_COUNT || taken.bytes.saturating_add(bytes) > MAX_BYTES {
                return Err(Error::invalid(format!(
                    "the pinned data of a flow must have at most {} MiB and {MAX_COUNT} nodes: take \
                     pins off that are not needed",
                    MAX_BYTES / 1024 / 1024
                )));
            }
            pins::put(tx, org, id, &pin, bytes, now).await?;
            Ok(())
        })
    }

    /// Takes the pin of a node off; none there is fine, too.
    ///
    /// # Errors
    /// `NotFound` (the flow).
    pub async fn delete_pin(&self, actor: &Actor, id: WorkflowId, node: &str) -> Result<()> {
        let org = actor.org_id();
        self.get_workflow(org, id).await?;
        in_tx!(self.db(), tx: Error => Ok(pins::delete(tx, org, id, node).await?))
    }
}
