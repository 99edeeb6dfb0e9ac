//! Signing in by an account at another provider.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::IdentityId;
use utoipa::{IntoParams, ToSchema};

use super::device::Device;
use super::{ApiError, ErrorBody, Id, StrictJson, answer, cookie};
use crate::mfa::Proof;
use crate::oidc::{Answer, Destination};
use crate::{
    Accounts, Error, ErrorKind, Identity, Login, ProviderKind, Secret, SignedIn, Transport,
};

/// The page that says what went wrong, by the word in its query.
const LOGIN_PAGE: &str = "/login";

/// A provider on the login page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoginProvider {
    /// Its name in addresses.
    id: String,
    /// How it is spoken to.
    kind: ProviderKind,
    /// What its button says.
    title: String,
    /// Where its button leads.
    start_url: String,
}

/// The providers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoginProviderList {
    /// By name.
    data: Vec<LoginProvider>,
}

/// Lists the providers whose accounts sign people in.
#[utoipa::path(
    get, path = "/api/v1/auth/providers", tag = "Authentication", security(()),
    operation_id = "list_login_providers",
    responses((status = 200, body = LoginProviderList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn providers(State(accounts): State<Accounts>) -> Json<LoginProviderList> {
    let all = accounts.inner.oidc.list();
    let data = all.map(|provider| LoginProvider {
        id: provider.name.clone(),
        kind: provider.kind,
        title: provider.title.clone(),
        start_url: format!("/api/v1/auth/oidc/{}/start", provider.name),
    });
    Json(LoginProviderList {
        data: data.collect(),
    })
}

/// Where to go afterwards.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StartQuery {
    /// The page of this server that is shown after signing in; `/` when absent.
    return_to: Option<String>,
}

/// Sends a browser to a provider to sign in.
///
/// To be opened, not called: the answer is a redirect to the provider, which sends the browser back to
/// the callback.
#[utoipa::path(
    get, path = "/api/v1/auth/oidc/{provider}/start", tag = "Authentication", security(()),
    operation_id = "start_provider_login",
    params(("provider" = String, Path, description = "The provider's name"), StartQuery),
    responses(
        (status = 303, description = "To the provider"),
        (status = 200, description = "Never: a browser is sent on"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn start(
    State(accounts): State<Accounts>,
    device: Device,
    Path(provider): Path<String>,
    query: Result<Query<StartQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let return_to = query.return_to.as_deref();
    let begun = accounts.begin_provider_login(&provider, return_to, device.address);
    match begun.await {
        Ok(started) => {
            let mut headers = answer::not_stored();
            cookie::set_provider(&mut headers, Some(&started.browser), device.secure);
            Ok(go(headers, &started.url))
        }
        Err(error) if error.kind == ErrorKind::Unavailable => {
            Ok(report(HeaderMap::new(), &provider, &error, LOGIN_PAGE))
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes a browser that comes back from a provider.
///
/// Only providers call this, by way of a browser. It goes on to the page that was asked for, with the
/// cookies of a session; to `/login#mfa_token=…&methods=…` for a second factor; to
/// `/login?error=CODE` when it was not let in.
#[utoipa::path(
    get, path = "/api/v1/auth/oidc/{provider}/callback", tag = "Authentication", security(()),
    operation_id = "finish_provider_login",
    params(
        ("provider" = String, Path, description = "The provider's name"),
        ("code" = Option<String>, Query, description = "What the provider gave"),
        ("state" = Option<String>, Query, description = "What the provider was given"),
        ("iss" = Option<String>, Query, description = "Who answers (RFC 9207)"),
        ("error" = Option<String>, Query, description = "Why the provider refused"),
    ),
    responses(
        (status = 303, description = "To a page of this server"),
        (status = 200, description = "Never: a browser is sent on"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn callback(
    State(accounts): State<Accounts>,
    device: Device,
    Path(provider): Path<String>,
    headers: HeaderMap,
    query: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(answer) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let browser = cookie::read(&headers, cookie::PROVIDER_COOKIE);
    let client = device.client(Transport::Cookie);
    let arrived = accounts.finish_way(&provider, browser, &answer, &client);
    let arrived = arrived.await;
    let mut headers = answer::not_stored();
    cookie::set_provider(&mut headers, None, device.secure);
    match arrived {
        Ok(Destination::Linked(page)) => Ok(go(headers, &page)),
        Ok(Destination::Login(Login::SignedIn(session), page)) => {
            cookie::set(&mut headers, &session, device.secure);
            Ok(go(headers, &page))
        }
        Ok(Destination::Login(Login::SecondFactor { mfa_token, methods }, page)) => {
            // Behind the `#`: browsers send it to nobody.
            let fragment = form_urlencoded::Serializer::new(String::new())
                .append_pair("mfa_token", mfa_token.expose())
                .append_pair("methods", &methods.join(","))
                .append_pair("return_to", &page)
                .finish();
            Ok(go(headers, &format!("{LOGIN_PAGE}#{fragment}")))
        }
        Err(failed) if failed.error.kind == ErrorKind::NotFound => Err(failed.error.into()),
        Err(failed) => {
            let page = failed.page.as_deref().unwrap_or(LOGIN_PAGE);
            Ok(report(headers, &provider, &failed.error, page))
        }
    }
}

/// Sends a browser on; it asks for the next page with GET.
fn go(mut headers: HeaderMap, to: &str) -> Response {
    match HeaderValue::try_from(to) {
        Ok(mut location) => {
            location.set_sensitive(true);
            headers.insert(LOCATION, location);
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => ApiError::internal().into_response(),
    }
}

/// Says on a page of ours what went wrong; the details are for the operator.
fn report(headers: HeaderMap, provider: &str, error: &Error, page: &str) -> Response {
    tracing::warn!(provider, %error, "a login at a provider failed");
    let code = error.code.unwrap_or(match error.kind {
        ErrorKind::Unavailable => "temporarily_unavailable",
        _ => "internal_error",
    });
    let (page, heading) = match page.split_once('#') {
        Some((page, heading)) => (page, format!("#{heading}")),
        None => (page, String::new()),
    };
    let joint = if page.contains('?') { '&' } else { '?' };
    go(headers, &format!("{page}{joint}error={code}{heading}"))
}

/// Which account to link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "lupine-orbit-mackerel-41", "return_to": "/profile"}))]
pub(super) struct LinkRequest {
    /// The password. Those who have none and no second factor leave it and `code` out.
    password: Option<Secret>,
    /// A code of the app, or a recovery code.
    code: Option<Secret>,
    /// The page of this server that is shown afterwards; `/` when absent.
    return_to: Option<String>,
}

/// A way to a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WayBody {
    /// Where the browser has to go.
    url: String,
}

/// Begins to link an account at a provider to the person.
///
/// The page then opens `url`; the browser comes back to `return_to`, with `?error=CODE` when it did not
/// work.
#[utoipa::path(
    post, path = "/api/v1/auth/oidc/{provider}/link", tag = "Account",
    operation_id = "link_identity", request_body = LinkRequest, security(("session" = [])),
    params(("provider" = String, Path, description = "The provider's name")),
    responses((status = 200, body = WayBody), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn link(
    State(accounts): State<Accounts>,
    device: Device,
    signed_in: SignedIn,
    Path(provider): Path<String>,
    StrictJson(wanted): StrictJson<LinkRequest>,
) -> Result<Response, ApiError> {
    let proof = Proof {
        password: wanted.password,
        code: wanted.code,
    };
    let return_to = wanted.return_to.as_deref();
    let started = accounts
        .begin_link(&signed_in, &provider, return_to, &proof)
        .await?;
    let mut headers = answer::not_stored();
    cookie::set_provider(&mut headers, Some(&started.browser), device.secure);
    Ok((headers, Json(WayBody { url: started.url })).into_response())
}

/// The person's accounts at other providers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IdentityList {
    /// The oldest first.
    data: Vec<Identity>,
}

/// Lists the person's accounts at other providers.
#[utoipa::path(
    get, path = "/api/v1/auth/identities", tag = "Account", operation_id = "list_identities",
    security(("session" = [])),
    responses((status = 200, body = IdentityList), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn identities(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<Json<IdentityList>, ApiError> {
    let data = accounts.list_identities(signed_in.user_id()).await?;
    Ok(Json(IdentityList { data }))
}

/// Unlinks an account at another provider.
#[utoipa::path(
    delete, path = "/api/v1/auth/identities/{id}", tag = "Account",
    operation_id = "unlink_identity", security(("session" = [])),
    params(("id" = IdentityId, Path, description = "The linked account's id")),
    responses((status = 204), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn unlink(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    Id(id): Id<IdentityId>,
) -> Result<StatusCode, ApiError> {
    accounts.unlink_identity(signed_in.user_id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
