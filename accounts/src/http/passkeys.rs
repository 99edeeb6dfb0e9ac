//! Passkeys: making, listing, removing, and signing in with one.

use axum::Json;
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::PasskeyId;
use utoipa::ToSchema;

use super::answer::{self, SessionBody};
use super::device::Device;
use super::mfa::StrengthenedBody;
use super::{ApiError, ErrorBody, Id, StrictJson};
use crate::mfa::webauthn::RelyingParty;
use crate::mfa::{Presented, Proof, Registration};
use crate::{Accounts, Passkey, SignedIn, Transport};

/// Options for a browser.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptionsBody {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    #[schema(value_type = Object)]
    public_key: Value,
}

impl OptionsBody {
    pub(super) fn of(public_key: Value) -> Response {
        (answer::not_stored(), Json(Self { public_key })).into_response()
    }
}

/// A passkey that a browser used: its `toJSON()`. Further fields are not read.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PresentedBody {
    /// The id, base64url.
    id: String,
    /// What the authenticator answered.
    response: AssertionBody,
}

/// An authenticator's answer to a login, base64url.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AssertionBody {
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    /// What the authenticator says.
    authenticator_data: String,
    /// That it said so.
    signature: String,
    /// Whose it is.
    user_handle: Option<String>,
}

/// A passkey that a browser made: its `toJSON()`. Further fields are not read.
#[derive(Debug, Deserialize, ToSchema)]
struct CreatedBody {
    /// The id, base64url.
    id: String,
    /// What the authenticator answered.
    response: AttestationBody,
}

/// An authenticator's answer to a registration, base64url.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttestationBody {
    /// What the browser says.
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    /// The new key.
    attestation_object: String,
    /// Ways to reach the authenticator.
    #[serde(default)]
    transports: Vec<String>,
}

impl PresentedBody {
    pub(super) fn read(self) -> Result<Presented, ApiError> {
        let answer = self.response;
        let handle = answer.user_handle.as_deref();
        Ok(Presented {
            id: bytes("id", &self.id)?,
            client_data: bytes("clientDataJSON", &answer.client_data_json)?,
            authenticator_data: bytes("authenticatorData", &answer.authenticator_data)?,
            signature: bytes("signature", &answer.signature)?,
            user_handle: handle.map(|text| bytes("userHandle", text)).transpose()?,
        })
    }
}

fn bytes(field: &str, text: &str) -> Result<Vec<u8>, ApiError> {
    let decoded = URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| ApiError::invalid(format!("the passkey's `{field}` must be base64url")))
}

/// The site that passkeys belong to: the public address, or this machine's own name.
pub(super) fn relying_party(
    accounts: &Accounts,
    headers: &HeaderMap,
) -> Result<RelyingParty, ApiError> {
    let found = match &accounts.inner.public_url {
        Some(url) => RelyingParty::at(url),
        None => {
            // Without a public address only `localhost` is safe to take from the request: no other
            // site goes by this name.
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            host.and_then(|host| RelyingParty::at(&format!("http://{host}")))
        }
    };
    found.ok_or_else(|| {
        ApiError::new(
            StatusCode::CONFLICT,
            "passkeys_unavailable",
            "browsers offer passkeys at https addresses with a name only: set `server.public_url`, or \
             open `http://localhost` on this machine",
        )
    })
}

/// The person's passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PasskeyList {
    /// The oldest first; at most 20.
    data: Vec<Passkey>,
}

/// Lists the person's passkeys.
#[utoipa::path(
    get, path = "/api/v1/auth/passkeys", tag = "Account", operation_id = "list_passkeys",
    security(("session" = [])),
    responses((status = 200, body = PasskeyList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<Json<PasskeyList>, ApiError> {
    let data = accounts.list_passkeys(signed_in.user_id()).await?;
    Ok(Json(PasskeyList { data }))
}

/// Asks for the options with which a browser makes a passkey.
#[utoipa::path(
    post, path = "/api/v1/auth/passkeys/options", tag = "Account", operation_id = "begin_passkey",
    request_body = Proof, security(("session" = [])),
    responses((status = 200, body = OptionsBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn begin(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    headers: HeaderMap,
    StrictJson(proof): StrictJson<Proof>,
) -> Result<Response, ApiError> {
    let rp = relying_party(&accounts, &headers)?;
    let options = accounts.begin_passkey(&signed_in, &rp, &proof).await?;
    Ok(OptionsBody::of(options))
}

/// A passkey that the browser made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Laptop",
    "credential": {"id": "AQIDBA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}
}))]
pub(super) struct RegisterPasskeyRequest {
    /// For people.
    name: String,
    /// What the browser answered to the options.
    credential: CreatedBody,
}

/// A new passkey, and the session after it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RegisteredBody {
    /// The passkey.
    passkey: Passkey,
    /// The session, which counts as one with two factors now.
    #[serde(flatten)]
    session: StrengthenedBody,
}

/// Stores a passkey that the browser made.
///
/// From then on logins by password ask for a second factor, and the passkey signs in by itself where
/// it verifies its person (PIN, finger or face).
#[utoipa::path(
    post, path = "/api/v1/auth/passkeys", tag = "Account", operation_id = "register_passkey",
    request_body = RegisterPasskeyRequest, security(("session" = [])),
    responses((status = 201, body = RegisteredBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn register(
    State(accounts): State<Accounts>,
    device: Device,
    signed_in: SignedIn,
    headers: HeaderMap,
    StrictJson(wanted): StrictJson<RegisterPasskeyRequest>,
) -> Result<Response, ApiError> {
    let rp = relying_party(&accounts, &headers)?;
    let answer = wanted.credential.response;
    let registration = Registration {
        name: wanted.name,
        id: bytes("id", &wanted.credential.id)?,
        client_data: bytes("clientDataJSON", &answer.client_data_json)?,
        attestation: bytes("attestationObject", &answer.attestation_object)?,
        transports: answer.transports,
    };
    let registered = accounts
        .register_passkey(&signed_in, &rp, registration)
        .await?;
    let (headers, session) = StrengthenedBody::of(registered.session, &signed_in, &device);
    let body = RegisteredBody {
        passkey: registered.passkey,
        session,
    };
    Ok((StatusCode::CREATED, headers, Json(body)).into_response())
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Phone"}))]
pub(super) struct RenamePasskeyRequest {
    /// For people.
    name: String,
}

/// Renames a passkey.
#[utoipa::path(
    patch, path = "/api/v1/auth/passkeys/{id}", tag = "Account", operation_id = "rename_passkey",
    request_body = RenamePasskeyRequest, security(("session" = [])),
    params(("id" = PasskeyId, Path, description = "The passkey's id")),
    responses((status = 200, body = Passkey), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn rename(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    Id(id): Id<PasskeyId>,
    StrictJson(wanted): StrictJson<RenamePasskeyRequest>,
) -> Result<Json<Passkey>, ApiError> {
    let user = signed_in.user_id();
    Ok(Json(accounts.rename_passkey(user, id, &wanted.name).await?))
}

/// Removes a passkey.
#[utoipa::path(
    post, path = "/api/v1/auth/passkeys/{id}/delete", tag = "Account",
    operation_id = "delete_passkey", request_body = Proof, security(("session" = [])),
    params(("id" = PasskeyId, Path, description = "The passkey's id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn delete(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    Id(id): Id<PasskeyId>,
    StrictJson(proof): StrictJson<Proof>,
) -> Result<StatusCode, ApiError> {
    accounts.delete_passkey(&signed_in, id, &proof).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for the options with which a browser signs in by a passkey alone.
#[utoipa::path(
    post, path = "/api/v1/auth/passkeys/login/options", tag = "Authentication",
    operation_id = "begin_passkey_login", security(()),
    responses((status = 200, body = OptionsBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn begin_login(
    State(accounts): State<Accounts>,
    device: Device,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let rp = relying_party(&accounts, &headers)?;
    let options = accounts.begin_passkey_login(&rp, device.address).await?;
    Ok(OptionsBody::of(options))
}

/// Who wants in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "credential": {
        "id": "AQIDBA",
        "response": {
            "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA",
            "userHandle": "AA"
        }
    }
}))]
pub(super) struct PasskeyLoginRequest {
    /// What the browser answered to the options.
    credential: PresentedBody,
    /// Where the tokens go: `bearer` (into the answer) when absent.
    transport: Option<Transport>,
}

/// Signs in by a passkey alone.
#[utoipa::path(
    post, path = "/api/v1/auth/passkeys/login", tag = "Authentication",
    operation_id = "login_by_passkey", security(()), request_body = PasskeyLoginRequest,
    responses((status = 200, body = SessionBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn login(
    State(accounts): State<Accounts>,
    device: Device,
    headers: HeaderMap,
    StrictJson(wanted): StrictJson<PasskeyLoginRequest>,
) -> Result<Response, ApiError> {
    let rp = relying_party(&accounts, &headers)?;
    let client = device.client(wanted.transport.unwrap_or(Transport::Bearer));
    let presented = wanted.credential.read()?;
    let session = accounts.login_by_passkey(&rp, &presented, &client).await?;
    Ok(answer::session(session, device.secure))
}
