//! Invitations as they are stored and shown.

use serde::{Deserialize, Serialize};
use store::{InvitationId, Micros, OrgId, TeamId};
use utoipa::ToSchema;

use crate::word::word;
use crate::{Role, Secret};

/// Days that an invitation is good for unless it says otherwise, and at most.
pub(crate) const DAYS: (u32, u32) = (7, 30);

word! {
    /// How far an invitation has come.
    pub enum InvitationState {
        /// It can be accepted.
        Open = "open",
        /// Somebody accepted it.
        Accepted = "accepted",
        /// It was taken back.
        Revoked = "revoked",
        /// Its time is over; it may be sent again.
        Expired = "expired",
    }
}

store::row! {
    /// An invitation.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Invitation {
        /// Id.
        pub id: InvitationId,
        /// Into which organization.
        pub org_id: OrgId,
        /// Who may accept it; lowercased.
        pub email: String,
        /// What the person becomes.
        pub role: Role,
        /// The team that the person joins too.
        pub team_id: Option<TeamId>,
        /// Who sent it: `user:<id>`, `key:<id>` or `command_line`.
        pub invited_by: String,
        /// When the newest mail was sent.
        pub sent_at: Micros,
        /// From when on it is refused.
        pub expires_at: Micros,
        /// When it was accepted.
        pub accepted_at: Option<Micros>,
        /// When it was taken back.
        pub revoked_at: Option<Micros>,
        /// When it was made.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

impl Invitation {
    /// How far it has come.
    pub fn state(&self, now: Micros) -> InvitationState {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => InvitationState::Accepted,
            (None, Some(_)) => InvitationState::Revoked,
            (None, None) if self.expires_at <= now => InvitationState::Expired,
            (None, None) => InvitationState::Open,
        }
    }
}

/// Somebody to be invited.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "grace@example.org", "role": "editor"}))]
pub struct CreateInvitation {
    /// Where the mail goes; only the person with this address can accept.
    pub email: String,
    /// What the person becomes; at most what the inviting one is.
    pub role: Role,
    /// A team that the person joins too.
    pub team_id: Option<TeamId>,
    /// Days that it is good for, 1 to 30; 7 when absent.
    pub expires_in_days: Option<u32>,
}

/// What accepting an invitation needs.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE",
    "name": "Grace Hopper",
    "password": "correct horse battery staple"
}))]
pub struct AcceptInvitation {
    /// From the link in the mail.
    pub token: Secret,
    /// The person's name; needed by who is new here.
    pub name: Option<String>,
    /// The person's password; needed by who is new here.
    pub password: Option<Secret>,
}

/// What an invitation says to who holds its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvitationPreview {
    /// The name of the organization.
    pub organization: String,
    /// Who may accept it.
    pub email: String,
    /// What the person becomes.
    pub role: Role,
    /// From when on it is refused.
    pub expires_at: Micros,
    /// Whether the person has an account here; who has none sets a password.
    pub has_account: bool,
}
