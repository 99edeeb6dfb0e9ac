//! What is kept of a node's work: the checkpoint from which a run goes on.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Micros;
use utoipa::ToSchema;

use crate::graph::NodeId;
use crate::ids::RunId;
use crate::node::{Level, Live, NodeError, Plan, Suspend};
use crate::value::PortValues;

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It gave its output.
    Done,
    /// All its attempts failed; `is_handled` of the detail says whether the flow went on.
    Failed,
    /// It waits for a time, a person or an event.
    Waiting,
    /// It waits for another run.
    Calling,
    /// Its inside runs.
    Contained,
}

impl StepState {
    /// The word in the database and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Calling => "calling",
            Self::Contained => "contained",
        }
    }
}

/// What a run needs, beside the output, to go on behind a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Detail {
    Done {
        live: Live,
        #[serde(default)]
        variables: PortValues,
    },
    Failed {
        error: NodeError,
        /// The flow goes on: `continue` or `branch`.
        is_handled: bool,
        live: Live,
    },
    Waiting {
        suspend: Suspend,
        /// What has ended the wait: an answer, an event.
        #[serde(default)]
        cause: Option<crate::node::Cause>,
    },
    Calling {
        child: RunId,
        state: Value,
    },
    Contained {
        plan: Plan,
    },
}

impl Detail {
    pub(crate) const fn state(&self) -> StepState {
        match self {
            Self::Done { .. } => StepState::Done,
            Self::Failed { .. } => StepState::Failed,
            Self::Waiting { .. } => StepState::Waiting,
            Self::Calling { .. } => StepState::Calling,
            Self::Contained { .. } => StepState::Contained,
        }
    }
}

/// A line that a node wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// When.
    pub at: Micros,
    /// How much it matters.
    pub level: Level,
    /// What, secrets masked.
    pub message: String,
    /// More, or `null`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub fields: Value,
}

/// A checkpoint of one node in one iteration. Later ones of the same place replace earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) node: NodeId,
    /// `each:3/inner:0`; empty outside of loops.
    pub(crate) iteration: String,
    /// Place in the order of the run's events.
    pub(crate) seq: i64,
    pub(crate) attempt: i64,
    pub(crate) detail: Detail,
    pub(crate) input: PortValues,
    pub(crate) output: PortValues,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) tokens: i64,
    pub(crate) nano_usd: i64,
    pub(crate) started_at: Micros,
    pub(crate) ended_at: Option<Micros>,
}
