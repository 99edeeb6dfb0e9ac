//! Where a run's checkpoints go: nowhere for a run in memory, else to the database in groups.

use std::collections::HashMap;

use super::commit::{Committer, Save};
use super::driver::RunEnd;
use super::sql::NewRun;
use super::step::Step;
use crate::ids::RunId;

/// Where a run's checkpoints go.
pub(super) enum Journal {
    Memory,
    Durable(Box<Durable>),
}

pub(super) struct Durable {
    pub(super) committer: Committer,
    pub(super) run: RunId,
    pub(super) fence: i64,
    pub(super) pending: Vec<Step>,
    pub(super) children: Vec<NewRun>,
    pub(super) parent: Option<RunId>,
    /// How called runs ended, of those that had when this run was loaded.
    pub(super) ended: HashMap<RunId, RunEnd>,
}

impl Journal {
    pub(super) const fn is_durable(&self) -> bool {
        matches!(self, Self::Durable(_))
    }

    pub(super) fn has_pending(&self) -> bool {
        match self {
            Self::Memory => false,
            Self::Durable(durable) => !durable.pending.is_empty() || !durable.children.is_empty(),
        }
    }

    pub(super) fn put(&mut self, step: Step) {
        if let Self::Durable(durable) = self {
            durable.pending.push(step);
        }
    }

    /// Notes a run that is to be called; it is stored with the next checkpoint.
    pub(super) fn call(&mut self, child: NewRun) {
        if let Self::Durable(durable) = self {
            durable.children.push(child);
        }
    }

    pub(super) fn child_end(&self, child: RunId) -> Option<RunEnd> {
        match self {
            Self::Memory => None,
            Self::Durable(durable) => durable.ended.get(&child).cloned(),
        }
    }

    /// Stores all checkpoints. `false`: another worker has the run, or the database refuses.
    pub(super) async fn flush(&mut self) -> bool {
        match self {
            Self::Memory => true,
            Self::Durable(durable) => {
                let save = durable.take();
                durable.committer.save(save).await
            }
        }
    }
}

impl Durable {
    /// Everything that waits to be stored.
    pub(super) fn take(&mut self) -> Save {
        Save {
            run: self.run,
            fence: self.fence,
            steps: std::mem::take(&mut self.pending),
            children: std::mem::take(&mut self.children),
            parent: self.parent,
            change: None,
        }
    }
}
