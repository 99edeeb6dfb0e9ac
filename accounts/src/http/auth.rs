//! Signing in and out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, LoginBody, SessionBody};
use super::caller::{CSRF_HEADER, session_of};
use super::cookie::{self, REFRESH_COOKIE};
use super::device::Device;
use super::extract::strict_json;
use super::{ApiError, ErrorBody, StrictJson};
use crate::registration::NewAccount;
use crate::sessions::Presented;
use crate::{Accounts, AuthError, Locale, Secret, Transport};

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "ada@example.org",
    "name": "Ada Lovelace",
    "password": "lupine-orbit-mackerel-41"
}))]
pub(super) struct RegisterRequest {
    /// The address; a mail is sent there.
    #[schema(example = "ada@example.org")]
    email: String,
    /// For people.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// 10 to 128 characters that cannot be guessed soon.
    password: Secret,
    /// The language of mails; English when absent.
    locale: Option<Locale>,
    /// The secret part of an invitation's link, for those who were invited.
    invitation_token: Option<Secret>,
}

/// Makes an account.
///
/// The answer is the same whether or not the address has an account already; its mail says which. The
/// address has to be confirmed before the first login, except with an invitation.
#[utoipa::path(
    post, path = "/api/v1/auth/register", tag = "Authentication", operation_id = "register",
    request_body = RegisterRequest,
    responses((status = 202, description = "A mail is on its way"), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn register(
    State(accounts): State<Accounts>,
    device: Device,
    StrictJson(wanted): StrictJson<RegisterRequest>,
) -> Result<StatusCode, ApiError> {
    let new = NewAccount {
        email: wanted.email,
        name: wanted.name,
        password: wanted.password,
        locale: wanted.locale.unwrap_or(Locale::English),
        invitation: wanted.invitation_token,
    };
    accounts.register(new, device.address).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The secret part of a link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE"}))]
pub(super) struct TokenRequest {
    /// The link's `token`.
    token: Secret,
}

/// Confirms an address.
#[utoipa::path(
    post, path = "/api/v1/auth/verify-email", tag = "Authentication", operation_id = "verify_email",
    request_body = TokenRequest,
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn verify_email(
    State(accounts): State<Accounts>,
    _: Device,
    StrictJson(wanted): StrictJson<TokenRequest>,
) -> Result<StatusCode, ApiError> {
    accounts.verify_email(&wanted.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ada@example.org"}))]
pub(super) struct EmailRequest {
    /// The account's address.
    #[schema(example = "ada@example.org")]
    email: String,
}

/// Sends the link for confirming an address again.
///
/// The answer is the same whether or not there is such an account.
#[utoipa::path(
    post, path = "/api/v1/auth/resend-verification", tag = "Authentication",
    operation_id = "resend_verification", request_body = EmailRequest,
    responses((status = 202), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn resend_verification(
    State(accounts): State<Accounts>,
    device: Device,
    StrictJson(wanted): StrictJson<EmailRequest>,
) -> Result<StatusCode, ApiError> {
    accounts
        .resend_verification(&wanted.email, device.address)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sends a link for setting a new password.
///
/// The answer is the same whether or not there is such an account.
#[utoipa::path(
    post, path = "/api/v1/auth/forgot-password", tag = "Authentication",
    operation_id = "forgot_password", request_body = EmailRequest,
    responses((status = 202), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn forgot_password(
    State(accounts): State<Accounts>,
    device: Device,
    StrictJson(wanted): StrictJson<EmailRequest>,
) -> Result<StatusCode, ApiError> {
    accounts
        .forgot_password(&wanted.email, device.address)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE",
    "password": "lupine-orbit-mackerel-41"
}))]
pub(super) struct ResetRequest {
    /// The link's `token`.
    token: Secret,
    /// 10 to 128 characters that cannot be guessed soon.
    password: Secret,
}

/// Sets a new password by a link from a mail.
///
/// All sessions of the account end.
#[utoipa::path(
    post, path = "/api/v1/auth/reset-password", tag = "Authentication",
    operation_id = "reset_password", request_body = ResetRequest,
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn reset_password(
    State(accounts): State<Accounts>,
    _: Device,
    StrictJson(wanted): StrictJson<ResetRequest>,
) -> Result<StatusCode, ApiError> {
    accounts
        .reset_password(&wanted.token, &wanted.password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who wants in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ada@example.org", "password": "lupine-orbit-mackerel-41"}))]
pub(super) struct LoginRequest {
    /// The account's address.
    #[schema(example = "ada@example.org")]
    email: String,
    /// Its password.
    password: Secret,
    /// Where the tokens go: `bearer` (into the answer) when absent.
    transport: Option<Transport>,
}

/// Signs in.
///
/// The answer is a session, or the request for a second factor. A wrong password and an unknown
/// address are answered alike.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "Authentication", operation_id = "login",
    request_body = LoginRequest,
    responses((status = 200, body = LoginBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn login(
    State(accounts): State<Accounts>,
    device: Device,
    StrictJson(wanted): StrictJson<LoginRequest>,
) -> Result<Response, ApiError> {
    let client = device.client(wanted.transport.unwrap_or(Transport::Bearer));
    let login = accounts
        .login(&wanted.email, &wanted.password, &client)
        .await?;
    Ok(answer::login(login, device.secure))
}

/// The next pair of tokens.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"refresh_token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE"}))]
pub(super) struct RefreshRequest {
    /// Programs: the refresh token. Browsers leave it out and send the cookie and the header
    /// `x-nab-csrf`.
    refresh_token: Option<Secret>,
}

/// Exchanges the refresh token for the next pair of tokens.
///
/// Each refresh token works once; one that is shown again ends the session. Within ten seconds after
/// its use it is answered with 409 instead, so that tabs of one browser may refresh at the same time:
/// go on with the newer cookies.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "Authentication", operation_id = "refresh_session",
    request_body = RefreshRequest,
    responses((status = 200, body = SessionBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn refresh(
    State(accounts): State<Accounts>,
    device: Device,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let wanted: RefreshRequest = match body.trim_ascii().is_empty() {
        true => RefreshRequest::default(),
        false => strict_json(&body)?,
    };
    if let Some(token) = wanted.refresh_token {
        let new = accounts.refresh_session(&token, Presented::Body).await?;
        return Ok(answer::session(new, device.secure));
    }
    let token = cookie::read(&headers, REFRESH_COOKIE).ok_or(AuthError::Missing)?;
    let csrf = headers.get(CSRF_HEADER).map_or(&[][..], |v| v.as_bytes());
    let presented = Presented::Cookie { csrf };
    let new = accounts
        .refresh_session(&Secret::new(token), presented)
        .await?;
    Ok(answer::session(new, device.secure))
}

/// Signs out: ends the session and takes its cookies away.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "Authentication", operation_id = "logout",
    security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn logout(
    State(accounts): State<Accounts>,
    device: Device,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // The access token may be over by now; the refresh token names the session as well.
    if let Some(signed_in) = session_of(&accounts, &headers) {
        match accounts
            .end_session(signed_in.user_id(), signed_in.session_id())
            .await
        {
            Err(error) if error.kind != crate::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    } else if let Some(token) = cookie::read(&headers, REFRESH_COOKIE) {
        accounts.end_session_of(&Secret::new(token)).await?;
    }
    let mut gone = answer::not_stored();
    cookie::clear(&mut gone, device.secure);
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}
