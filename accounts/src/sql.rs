//! All SQL of this crate, a file per table.
//!
//! Writing functions take the transaction, reading ones the database. Each statement on rows of a
//! tenant filters by `org_id`, except those that fill the memory of the whole process.

pub(crate) mod audit;
pub(crate) mod credentials;
pub(crate) mod idempotency;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod organizations;
pub(crate) mod revisions;
pub(crate) mod rules;
pub(crate) mod teams;
pub(crate) mod webhooks;
pub(crate) mod sessions;
