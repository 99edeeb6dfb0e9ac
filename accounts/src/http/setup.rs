//! The first run.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, LoginBody};
use super::device::Device;
use super::{ApiError, ErrorBody, StrictJson};
use crate::first_run::FirstOwner;
use crate::{Accounts, Locale, Registration, Secret, TokenPurpose, Transport};

/// The link of the first run.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SetupQuery {
    /// The secret part of the link that was printed at the start.
    #[param(value_type = Option<String>)]
    token: Option<Secret>,
}

/// Whether the instance waits for its owner.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetupState {
    /// Whether nobody can sign in as an owner yet.
    needed: bool,
    /// Whether the link is good.
    token_is_valid: bool,
    /// Who may make an account.
    registration: Registration,
}

/// Shows whether the instance waits for its owner.
#[utoipa::path(
    get, path = "/api/v1/setup", tag = "Authentication", operation_id = "get_setup",
    params(SetupQuery),
    responses((status = 200, body = SetupState), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    query: Result<Query<SetupQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<SetupState>, ApiError> {
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let needed = accounts.needs_setup().await?;
    let token_is_valid = match query.token {
        Some(token) if needed => accounts
            .read_token(TokenPurpose::Setup, &token)
            .await
            .is_ok(),
        _ => false,
    };
    Ok(Json(SetupState {
        needed,
        token_is_valid,
        registration: accounts.inner.registration,
    }))
}

/// The first owner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "q8Ch3nVb0yL2m5X7r1sT4uW6z9AcEgIkMoQsUwYaBdE",
    "email": "ada@example.org",
    "name": "Ada Lovelace",
    "password": "lupine-orbit-mackerel-41",
    "organization": "Analytical Engines"
}))]
pub(super) struct SetupRequest {
    /// The secret part of the link that was printed at the start.
    token: Secret,
    /// The owner's address.
    #[schema(example = "ada@example.org")]
    email: String,
    /// The owner's name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// 10 to 128 characters that cannot be guessed soon.
    password: Secret,
    /// A name for the organization; `Default` when absent.
    organization: Option<String>,
    /// The language of mails; English when absent.
    locale: Option<Locale>,
    /// Where the tokens go: `bearer` (into the answer) when absent.
    transport: Option<Transport>,
}

/// Makes the owner's account and signs it in.
///
/// Works once, by the link that the program prints at its start while there is no owner. The account
/// owns the instance and the organization that the first start made, with its keys.
#[utoipa::path(
    post, path = "/api/v1/setup", tag = "Authentication", operation_id = "set_up",
    request_body = SetupRequest,
    responses((status = 200, body = LoginBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn create(
    State(accounts): State<Accounts>,
    device: Device,
    StrictJson(wanted): StrictJson<SetupRequest>,
) -> Result<Response, ApiError> {
    let owner = FirstOwner {
        email: wanted.email,
        name: wanted.name,
        password: wanted.password,
        locale: wanted.locale.unwrap_or(Locale::English),
        organization: wanted.organization,
    };
    let client = device.client(wanted.transport.unwrap_or(Transport::Bearer));
    let login = accounts.set_up(&wanted.token, owner, &client).await?;
    Ok(answer::login(login, device.secure))
}
