//! Who is calling: organizations, people, teams, plans, API keys, limits and budgets, credentials of
//! providers.
//!
//! ```ignore
//! let accounts = Accounts::open(db, Arc::new(SystemClock), &config).await?;
//! if let Some(new) = accounts.first_start().await? {
//!     show_once(new.key.expose());
//! }
//! tokio::spawn(accounts.clone().watch(shutdown));
//! let principal = accounts.authenticate(presented_key).await?;
//! ```
//!
//! # How a key is checked
//!
//! All keys of the database are in memory by their SHA-256, with everything that applies to them, as
//! one immutable picture. A call costs a hash and a lookup. Each change raises a counter in the table
//! `revisions`; [`Accounts::watch`] reads the counters four times a second and loads what is newer, so
//! a revocation by another process is effective within a second. Changes through this handle are
//! effective when they return.
//!
//! A key that memory does not know makes the process look at the counters at once. All callers who
//! ask within 50 ms share one look, and an unknown hash is remembered for up to 0.9 s (8,192 hashes
//! twice at most), so made-up keys cannot press the database. When the database does not answer, keys
//! in memory stay good, and unknown ones get a 503 instead of a 401.
//!
//! # Invariants
//!
//! * [`Principal`] is made by authentication alone.
//! * Everything that belongs to a tenant is reached through its [`OrgId`](store::OrgId) or an
//!   [`Actor`] that carries it; a foreign id is `NotFound`.
//! * Keys are stored as hashes, secrets encrypted; neither is in logs, errors or the audit log.
//! * Each change and its audit entry are one transaction.

mod accounts;
mod actor;
mod api_key;
mod audit;
mod authenticate;
mod check;
mod credentials;
pub mod csv;
mod error;
mod etag;
mod export;
mod first_run;
pub mod http;
mod idempotency;
mod invitation;
mod invitations;
mod keys;
mod login;
mod mail;
mod members;
mod memory;
mod mfa;
mod oidc;
mod one_time_token;
mod organization_settings;
mod organizations;
mod page;
mod page_password;
mod password;
pub mod pattern;
mod permission;
mod plan;
mod preferences;
mod principal;
mod profile;
mod refresh;
mod registration;
mod rule;
mod rules;
mod secret;
mod session;
mod sessions;
mod sql;
mod teams;
mod throttle;
mod unknown;
mod vault;
mod watch;
mod webhook;
mod word;

pub use accounts::{Accounts, AccountsConfig, Change};
pub use actor::Actor;
pub use api_key::{ApiKey, CreateKey, NewKey, PREFIX, UpdateKey};
pub use audit::AuditFilter;
pub use credentials::{CreateCredential, UpdateCredential};
pub use error::{AuthError, Error, ErrorKind, Result};
pub use etag::{ETag, IfMatch};
pub use export::{ExportRows, ExportSection, ExportSource};
pub use invitation::{
    AcceptInvitation, CreateInvitation, Invitation, InvitationPreview, InvitationState,
};
pub use login::{Login, LoginMethod};
pub use mail::{EmailStatus, Locale, Mail, MailContent, OutboxEmail, Security, SmtpConfig};
pub use memory::OrganizationFacts;
pub use mfa::{FactorState, SecondFactor};
pub use oidc::config::{ProviderConfig, ProviderKind};
pub use one_time_token::TokenPurpose;
pub use organization_settings::{DEFAULT_RETENTION_DAYS, OrganizationSettings, UpdateSettings};
pub use organizations::{
    CreateOrganization, DEFAULT_SLUG, OrganizationSize, OwnOrganization, UpdateOrganization,
};
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest};
pub use permission::{Permission, Role};
pub use plan::{Plan, PlanBudget, PlanConfig, PlanLimit, Plans, UNLIMITED};
pub use preferences::Preferences;
pub use principal::Principal;
pub use profile::{MAX_AVATAR_BYTES, UpdateProfile};
pub use registration::Registration;
pub use rule::{Budget, Limit, Metric, Period, Scope, ScopeKind, Unit, Window};
pub use rules::{CreateBudget, CreateLimit, UpdateRule};
pub use secret::{MASK, Secret};
pub use session::SignedIn;
pub use sessions::{Client, NewSession, Transport};
pub use sql::audit::AuditEntry;
pub use sql::credentials::Credential;
pub use sql::identities::Identity;
pub use sql::members::Member;
pub use sql::one_time_tokens::OneTimeToken;
pub use sql::organizations::{DeletedOrganization, Organization};
pub use sql::passkeys::Passkey;
pub use sql::revisions::Revisions;
pub use sql::sessions::Session;
pub use sql::teams::{Team, TeamMember};
pub use sql::users::{Avatar, Membership, User};
pub use sql::webhooks::Webhook;
pub use vault::{MasterKey, Rotation, Source};
pub use webhook::{PutWebhook, SigningWebhook, sign_webhook};
