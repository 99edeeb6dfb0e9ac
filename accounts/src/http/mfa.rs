//! Second factors: setting them up, and the second step of a login.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{self, SessionBody};
use super::cookie;
use super::device::Device;
use super::passkeys::{OptionsBody, PresentedBody, relying_party};
use super::{ApiError, ErrorBody, StrictJson};
use crate::mfa::{Factor, Proof, Strengthened};
use crate::session::ACCESS_LIFETIME;
use crate::{Accounts, FactorState, Secret, SignedIn, Transport};

/// Shows which second factors the person has.
#[utoipa::path(
    get, path = "/api/v1/auth/mfa", tag = "Account", operation_id = "get_mfa",
    security(("session" = [])),
    responses((status = 200, body = FactorState), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<Json<FactorState>, ApiError> {
    Ok(Json(accounts.second_factors(signed_in.user_id()).await?))
}

/// What an app needs; the only time it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnrolmentBody {
    /// The secret, to be typed into an app without a camera.
    secret: String,
    /// The same as an address that apps open.
    otpauth_url: String,
    /// The address as a picture (SVG), to be shown by the page itself.
    qr_svg: String,
}

/// Makes a secret for an app that shows codes.
///
/// It counts from its first code on: `POST /api/v1/auth/mfa/totp/confirm`.
#[utoipa::path(
    post, path = "/api/v1/auth/mfa/totp/enrol", tag = "Account", operation_id = "enrol_totp",
    request_body = Proof, security(("session" = [])),
    responses((status = 200, body = EnrolmentBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn enrol(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(proof): StrictJson<Proof>,
) -> Result<Response, ApiError> {
    let enrolment = accounts.enrol_totp(&signed_in, &proof).await?;
    let body = EnrolmentBody {
        secret: enrolment.secret.expose().to_owned(),
        otpauth_url: enrolment.address.expose().to_owned(),
        qr_svg: enrolment.picture.expose().to_owned(),
    };
    Ok((answer::not_stored(), Json(body)).into_response())
}

/// The first code of an app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "492039"}))]
pub(super) struct CodeRequest {
    /// What the app shows.
    code: Secret,
}

/// The session after a factor was added.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StrengthenedBody {
    /// Fresh recovery codes for those who had none; the only time they are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// For how many seconds the access token is good.
    expires_in: u64,
    /// Programs: the access token of a session with two factors. Browsers get it as a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
}

impl StrengthenedBody {
    /// The body, and the headers that go with it.
    pub(super) fn of(
        session: Strengthened,
        signed_in: &SignedIn,
        device: &Device,
    ) -> (axum::http::HeaderMap, Self) {
        let mut headers = answer::not_stored();
        let token = session.access_token.expose();
        if signed_in.from_cookie {
            cookie::set_access(&mut headers, token, device.secure);
        }
        let body = Self {
            expires_in: ACCESS_LIFETIME.as_secs(),
            access_token: (!signed_in.from_cookie).then(|| token.to_owned()),
            recovery_codes: session.recovery_codes,
        };
        (headers, body)
    }
}

/// Turns the app's codes on, by the first of them.
///
/// From then on logins ask for a code. The session that asks counts as one with two factors.
#[utoipa::path(
    post, path = "/api/v1/auth/mfa/totp/confirm", tag = "Account", operation_id = "confirm_totp",
    request_body = CodeRequest, security(("session" = [])),
    responses((status = 200, body = StrengthenedBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn confirm(
    State(accounts): State<Accounts>,
    device: Device,
    signed_in: SignedIn,
    StrictJson(wanted): StrictJson<CodeRequest>,
) -> Result<Response, ApiError> {
    let session = accounts.confirm_totp(&signed_in, &wanted.code).await?;
    let (headers, body) = StrengthenedBody::of(session, &signed_in, &device);
    Ok((headers, Json(body)).into_response())
}

/// Turns the app's codes off.
#[utoipa::path(
    post, path = "/api/v1/auth/mfa/totp/disable", tag = "Account", operation_id = "disable_totp",
    request_body = Proof, security(("session" = [])),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn disable(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(proof): StrictJson<Proof>,
) -> Result<StatusCode, ApiError> {
    accounts.disable_totp(&signed_in, &proof).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Recovery codes; the only time they are shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecoveryCodesBody {
    /// Each stands in for a second factor, once.
    recovery_codes: Vec<String>,
}

/// Makes new recovery codes; all old ones stop working.
#[utoipa::path(
    post, path = "/api/v1/auth/mfa/recovery-codes", tag = "Account",
    operation_id = "renew_recovery_codes", request_body = Proof, security(("session" = [])),
    responses((status = 200, body = RecoveryCodesBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn recovery_codes(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(proof): StrictJson<Proof>,
) -> Result<Response, ApiError> {
    let recovery_codes = accounts.renew_recovery_codes(&signed_in, &proof).await?;
    let body = RecoveryCodesBody { recovery_codes };
    Ok((answer::not_stored(), Json(body)).into_response())
}

/// The second factor: a code or a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "mfa_token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE", "code": "492039"
}))]
pub(super) struct VerifyRequest {
    /// What the first step answered.
    mfa_token: Secret,
    /// A code of the app, or a recovery code.
    code: Option<Secret>,
    /// What the browser answered to the options of `POST /api/v1/auth/mfa/passkey-options`.
    passkey: Option<PresentedBody>,
    /// Where the tokens go: `bearer` (into the answer) when absent.
    transport: Option<Transport>,
}

/// Takes the second step of a login.
///
/// A code works once, also a recovery code.
#[utoipa::path(
    post, path = "/api/v1/auth/mfa/verify", tag = "Authentication", operation_id = "verify_mfa", security(()),
    request_body = VerifyRequest,
    responses((status = 200, body = SessionBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn verify(
    State(accounts): State<Accounts>,
    device: Device,
    headers: axum::http::HeaderMap,
    StrictJson(wanted): StrictJson<VerifyRequest>,
) -> Result<Response, ApiError> {
    let client = device.client(wanted.transport.unwrap_or(Transport::Bearer));
    let rp;
    let factor = match (&wanted.code, wanted.passkey) {
        (Some(code), None) => Factor::Code(code),
        (None, Some(presented)) => {
            rp = relying_party(&accounts, &headers)?;
            Factor::Passkey(&rp, presented.read()?)
        }
        _ => return Err(ApiError::invalid("give either `code` or `passkey`")),
    };
    let session = accounts
        .second_step(&wanted.mfa_token, factor, &client)
        .await?;
    Ok(answer::session(session, device.secure))
}

/// Who takes the second step.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mfa_token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE"}))]
pub(super) struct StepRequest {
    /// What the first step answered.
    mfa_token: Secret,
}

/// Asks for the options with which a browser takes the second step by a passkey.
#[utoipa::path(
    post, path = "/api/v1/auth/mfa/passkey-options", tag = "Authentication",
    operation_id = "begin_mfa_passkey", security(()), request_body = StepRequest,
    responses((status = 200, body = OptionsBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn passkey_options(
    State(accounts): State<Accounts>,
    device: Device,
    headers: axum::http::HeaderMap,
    StrictJson(wanted): StrictJson<StepRequest>,
) -> Result<Response, ApiError> {
    let rp = relying_party(&accounts, &headers)?;
    let options = accounts
        .begin_passkey_step(&rp, &wanted.mfa_token, device.address)
        .await?;
    Ok(OptionsBody::of(options))
}
