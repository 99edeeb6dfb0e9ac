//! All SQL of this crate, a file per table.
//!
//! Writing functions take the transaction, reading ones the database. Each statement on rows of a
//! tenant filters by `org_id`, except those that fill the memory of the whole process, and those on
//! what belongs to a person and not to a tenant (users, sessions, mails).

pub(crate) mod audit;
pub(crate) mod credentials;
pub(crate) mod emails;
pub(crate) mod idempotency;
pub(crate) mod identities;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod login_attempts;
pub(crate) mod members;
pub(crate) mod one_time_tokens;
pub(crate) mod organizations;
pub(crate) mod passkeys;
pub(crate) mod preferences;
pub(crate) mod recovery_codes;
pub(crate) mod revisions;
pub(crate) mod rules;
pub(crate) mod sessions;
pub(crate) mod teams;
pub(crate) mod totp;
pub(crate) mod users;
pub(crate) mod webhooks;
