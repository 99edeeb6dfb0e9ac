//! Flows: graphs of nodes that users draw, their expressions, validation, projects and versions.
//!
//! ```ignore
//! let flows = Flows::new(accounts);
//! let saved = flows.update_workflow(&actor, id, update).await?; // saved.report says what is wrong
//! let version = flows.publish_workflow(&actor, id, PublishWorkflow::default()).await?;
//! ```
//!
//! # Invariants
//!
//! * One [`validate`](validate::validate) serves the editor, saving and publishing.
//! * Every model call of a node goes through [`gateway::Gateway`] with the run's principal.
//! * Secrets are resolved only while a node runs, and masked in everything that is kept ([`mask`]).
//! * Published versions are immutable; a draft changes only for who has seen its latest state.
//! * Graphs name credentials, collections and other flows; they hold no ids and no secrets.
//!
//! # Adding a node type
//!
//! See [`node`].

mod blobs;
mod calendar;
pub mod deploy;
pub mod diff;
mod error;
pub mod expression;
mod flows;
pub mod graph;
pub mod http;
pub mod ids;
pub mod mask;
pub mod mcp;
pub mod node;
pub mod nodes;
mod permissions;
mod pins;
mod projects;
pub mod reference;
pub mod run;
mod sql;
mod stored;
pub mod templates;
pub mod testing;
pub mod transfer;
pub mod validate;
pub mod value;
mod variables;
mod versions;
mod workflows;

pub use blobs::StoredFiles;
pub use error::{Error, ErrorKind, Result};
pub use flows::Flows;
pub use permissions::WorkflowPermission;
pub use pins::Pins;
pub use projects::{CreateProject, UpdateProject};
pub use sql::projects::Project;
pub use sql::save_points::SavePoint;
pub use sql::values::StoredValue;
pub use sql::variables::{ProjectSecret, ProjectVariable};
pub use sql::versions::{Version, VersionSummary};
pub use sql::workflows::{Workflow, WorkflowSummary};
pub use variables::{PutSecret, PutVariable};
pub use versions::{PublishWorkflow, Side, Snapshot};
pub use workflows::{CreateWorkflow, SavedWorkflow, UpdateWorkflow};
