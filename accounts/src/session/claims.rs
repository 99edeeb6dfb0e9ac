use serde::{Deserialize, Serialize};
use store::{OrgId, SessionId, UserId};

/// What an access token says, by the registered names where there are some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    #[serde(rename = "sid")]
    pub(crate) session_id: SessionId,
    #[serde(rename = "sub")]
    pub(crate) user_id: UserId,
    #[serde(rename = "org")]
    pub(crate) org_id: Option<OrgId>,
    /// What a browser has to send beside the cookie.
    #[serde(rename = "csrf")]
    pub(crate) csrf_token: String,
    /// Whether the person has shown two factors.
    #[serde(rename = "mfa", default)]
    pub(crate) is_strong: bool,
    /// Seconds since 1970.
    #[serde(rename = "iat")]
    pub(crate) issued_at: i64,
    /// Seconds since 1970; refused from then on.
    #[serde(rename = "exp")]
    pub(crate) expires_at: i64,
}
