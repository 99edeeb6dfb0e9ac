//! What a job's worker needs to know.

use accounts::Principal;
use serde::{Deserialize, Serialize};
use store::{KeyId, UserId};

use crate::library::Job;
use crate::{Error, Result, RunId};

/// What is stored with a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Order {
    /// Who made the job: the key if it was one, else the person.
    pub(super) key: Option<KeyId>,
    pub(super) user: Option<UserId>,
    /// Where the bytes are fetched.
    pub(super) url: Option<String>,
    /// What was read out of the document before is cut again.
    pub(super) reuse: bool,
    /// The evaluation that is carried out.
    pub(super) run: Option<RunId>,
}

impl Order {
    pub(super) fn of(who: &Principal) -> Self {
        Self {
            key: who.key_id(),
            user: who.user_id(),
            ..Self::default()
        }
    }

    pub(super) fn read(job: &Job) -> Result<Self> {
        serde_json::from_value(job.payload.0.clone())
            .map_err(|error| Error::internal(format!("the job cannot be read: {error}")))
    }

    pub(super) fn value(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| Error::internal(error.to_string()))
    }
}
