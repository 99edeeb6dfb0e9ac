//! What people see and change about themselves.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{OrgId, SessionId, UserId};
use utoipa::ToSchema;

use super::device::Device;
use super::{ApiError, ErrorBody, Id, StrictJson, answer, cookie};
use crate::session::ACCESS_LIFETIME;
use crate::{
    Accounts, AuthError, Membership, Permission, Role, Secret, Session, SignedIn, UpdateProfile,
    User,
};

/// The person behind a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// The person.
    user: User,
    /// The session that asked.
    session_id: SessionId,
    /// All organizations of the person.
    organizations: Vec<Membership>,
    /// Where the session works; absent for somebody without an organization.
    current: Option<CurrentOrganization>,
    /// Whether the person administers the whole instance.
    is_instance_owner: bool,
    /// The second factor.
    mfa: MfaState,
}

/// What the person is where the session works.
#[derive(Debug, Serialize, ToSchema)]
struct CurrentOrganization {
    /// The organization.
    id: OrgId,
    /// What the person is in it.
    role: Option<Role>,
    /// What that allows.
    permissions: Vec<Permission>,
}

/// Whether a login asks for a second factor.
#[derive(Debug, Serialize, ToSchema)]
struct MfaState {
    /// Whether there is one.
    enabled: bool,
    /// Of which kinds.
    methods: Vec<String>,
    /// Whether the session's organization wants two factors and the session has shown one: `current`
    /// is absent until then.
    required: bool,
}

/// Shows the person behind the session.
#[utoipa::path(
    get, path = "/api/v1/auth/me", tag = "Authentication", operation_id = "get_me",
    security(("session" = [])),
    responses((status = 200, body = Me), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn me(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<Json<Me>, ApiError> {
    let user = person(&accounts, &signed_in).await?;
    let principal = signed_in.principal().ok();
    let current = principal.map(|principal| CurrentOrganization {
        id: principal.org_id(),
        role: principal.role(),
        permissions: Permission::ALL
            .iter()
            .copied()
            .filter(|permission| principal.may(*permission))
            .collect(),
    });
    Ok(Json(Me {
        session_id: signed_in.session_id(),
        organizations: accounts.list_memberships(user.id).await?,
        current,
        is_instance_owner: user.is_instance_owner,
        mfa: MfaState {
            enabled: !user.second_factors.0.is_empty(),
            methods: user.second_factors.0.clone(),
            required: signed_in.lacks_factor(),
        },
        user,
    }))
}

/// Changes the person's name or language.
#[utoipa::path(
    patch, path = "/api/v1/auth/me", tag = "Authentication", operation_id = "update_me",
    request_body = UpdateProfile, security(("session" = [])),
    responses((status = 200, body = User), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(update): StrictJson<UpdateProfile>,
) -> Result<Json<User>, ApiError> {
    person(&accounts, &signed_in).await?;
    Ok(Json(
        accounts.update_profile(signed_in.user_id(), update).await?,
    ))
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "current_password": "lupine-orbit-mackerel-41",
    "new_password": "granite-teapot-voyage-77"
}))]
pub(super) struct ChangePasswordRequest {
    /// The password so far; left out by those who have none.
    current_password: Option<Secret>,
    /// 10 to 128 characters that cannot be guessed soon.
    new_password: Secret,
}

/// Sets another password and ends all other sessions.
#[utoipa::path(
    post, path = "/api/v1/auth/change-password", tag = "Authentication",
    operation_id = "change_password", request_body = ChangePasswordRequest,
    security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(wanted): StrictJson<ChangePasswordRequest>,
) -> Result<StatusCode, ApiError> {
    let current = wanted.current_password.as_ref();
    accounts
        .change_password(&signed_in, current, &wanted.new_password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Proof that the person itself asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "lupine-orbit-mackerel-41"}))]
pub(super) struct DeleteAccountRequest {
    /// The password; left out by those who have none.
    password: Option<Secret>,
}

/// Deletes the person's account.
///
/// Sessions end and the person's API keys are revoked. The last owner of an organization or of the
/// instance has to hand it over first.
#[utoipa::path(
    post, path = "/api/v1/auth/delete-account", tag = "Authentication",
    operation_id = "delete_account", request_body = DeleteAccountRequest,
    security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    device: Device,
    signed_in: SignedIn,
    StrictJson(wanted): StrictJson<DeleteAccountRequest>,
) -> Result<Response, ApiError> {
    accounts
        .delete_account(signed_in.user_id(), wanted.password.as_ref())
        .await?;
    let mut headers = HeaderMap::new();
    cookie::clear(&mut headers, device.secure);
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Where to work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"organization_id": "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11"}))]
pub(super) struct SwitchRequest {
    /// One of the person's organizations.
    organization_id: OrgId,
}

/// The session in its organization.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SwitchedBody {
    /// Where the session works now.
    organization_id: OrgId,
    /// For how many seconds the access token is good.
    expires_in: u64,
    /// Programs: the access token for the organization. Browsers get it as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
}

/// Makes the session work in another of the person's organizations.
#[utoipa::path(
    post, path = "/api/v1/auth/switch-organization", tag = "Authentication",
    operation_id = "switch_organization", request_body = SwitchRequest,
    security(("session" = [])),
    responses((status = 200, body = SwitchedBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn switch(
    State(accounts): State<Accounts>,
    device: Device,
    signed_in: SignedIn,
    StrictJson(wanted): StrictJson<SwitchRequest>,
) -> Result<Response, ApiError> {
    let token = accounts
        .switch_organization(&signed_in, wanted.organization_id)
        .await?;
    let mut headers = answer::not_stored();
    if signed_in.from_cookie {
        cookie::set_access(&mut headers, token.expose(), device.secure);
    }
    let body = SwitchedBody {
        organization_id: wanted.organization_id,
        expires_in: ACCESS_LIFETIME.as_secs(),
        access_token: (!signed_in.from_cookie).then(|| token.expose().to_owned()),
    };
    Ok((headers, Json(body)).into_response())
}

/// The person's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionList {
    /// Live sessions, the last used first; at most 200.
    data: Vec<Session>,
    /// The one that asked.
    current: SessionId,
}

/// Lists the person's live sessions.
#[utoipa::path(
    get, path = "/api/v1/auth/sessions", tag = "Authentication", operation_id = "list_sessions",
    security(("session" = [])),
    responses((status = 200, body = SessionList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list_sessions(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<Json<SessionList>, ApiError> {
    Ok(Json(SessionList {
        data: accounts.list_sessions(signed_in.user_id()).await?,
        current: signed_in.session_id(),
    }))
}

/// Ends all of the person's sessions but the one that asks.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions", tag = "Authentication",
    operation_id = "revoke_other_sessions", security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn end_others(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<StatusCode, ApiError> {
    accounts.end_other_sessions(&signed_in).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the person's sessions.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions/{id}", tag = "Authentication",
    operation_id = "revoke_session", security(("session" = [])),
    params(("id" = SessionId, Path, description = "The session's id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn end_session(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, ApiError> {
    accounts.end_session(signed_in.user_id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the person's picture.
///
/// The body is the file itself: PNG, JPEG or WebP of at most 512 KiB.
#[utoipa::path(
    put, path = "/api/v1/auth/avatar", tag = "Authentication", operation_id = "put_avatar",
    request_body(content = String, content_type = "image/png", description = "The file"),
    security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn put_avatar(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    person(&accounts, &signed_in).await?;
    let image = body.to_vec();
    accounts.set_avatar(signed_in.user_id(), image).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the person's picture.
#[utoipa::path(
    delete, path = "/api/v1/auth/avatar", tag = "Authentication", operation_id = "delete_avatar",
    security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete_avatar(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<StatusCode, ApiError> {
    accounts.delete_avatar(signed_in.user_id()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows the picture of a person in the same organization.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/avatar", tag = "Authentication", operation_id = "get_avatar",
    params(("id" = UserId, Path, description = "The person's id")), security(("session" = [])),
    responses(
        (status = 200, description = "The file", content_type = "image/png", body = String),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn get_avatar(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Id(id): Id<UserId>,
) -> Result<Response, ApiError> {
    let avatar = accounts
        .get_avatar(signed_in.user_id(), signed_in.org_id(), id)
        .await?;
    let etag = format!("\"{}\"", avatar.updated_at.0);
    let same = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|v| v.as_bytes() == etag.as_bytes());
    // Somebody else's file: it must not be run, whatever it holds.
    let fixed = [
        (ETAG, etag),
        (CACHE_CONTROL, "private, no-cache".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox".to_owned(),
        ),
    ];
    if same {
        return Ok((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    Ok((fixed, [(CONTENT_TYPE, avatar.content_type)], avatar.image).into_response())
}

/// The person; a session whose account was deleted is over.
async fn person(accounts: &Accounts, signed_in: &SignedIn) -> Result<User, ApiError> {
    match accounts.get_user(signed_in.user_id()).await {
        Err(error) if error.kind == crate::ErrorKind::NotFound => {
            Err(AuthError::RevokedSession.into())
        }
        other => Ok(other?),
    }
}
