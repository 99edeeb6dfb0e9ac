//! What signing in answers.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::{OrgId, SessionId, UserId};
use utoipa::ToSchema;

use super::cookie;
use crate::{Login, NewSession, Transport};

/// A session. Programs get its tokens here, browsers in cookies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// Always false here.
    mfa_required: bool,
    /// The session.
    session_id: SessionId,
    /// Whose it is.
    user_id: UserId,
    /// The organization it works in.
    organization_id: Option<OrgId>,
    /// Where the tokens are.
    transport: Transport,
    /// For how many seconds the access token is good.
    expires_in: u64,
    /// Browsers: what the header `x-nab-csrf` must hold; also in the cookie `nab_csrf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// Programs: to be sent as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Programs: to be exchanged, once, for the next pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// The password was right, and a second factor is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactorBody {
    /// Always true here.
    mfa_required: bool,
    /// To be sent with the second factor; good for five minutes.
    mfa_token: String,
    /// The kinds of factor that will do.
    methods: Vec<String>,
}

/// A session, or the request for a second factor.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "describes the two answers of signing in to OpenAPI"
)]
pub(crate) enum LoginBody {
    /// Signed in.
    Session(SessionBody),
    /// Not yet.
    SecondFactor(SecondFactorBody),
}

/// Answers a login, with cookies for browsers.
pub(crate) fn login(login: Login, secure: bool) -> Response {
    match login {
        Login::SignedIn(new) => session(*new, secure),
        Login::SecondFactor { mfa_token, methods } => {
            let body = SecondFactorBody {
                mfa_required: true,
                mfa_token: mfa_token.expose().to_owned(),
                methods,
            };
            (not_stored(), Json(body)).into_response()
        }
    }
}

/// Answers with a session, with cookies for browsers.
pub(crate) fn session(new: NewSession, secure: bool) -> Response {
    let mut headers = not_stored();
    let browser = new.transport == Transport::Cookie;
    if browser {
        cookie::set(&mut headers, &new, secure);
    }
    let shown = |token: &crate::Secret| (!browser).then(|| token.expose().to_owned());
    let body = SessionBody {
        mfa_required: false,
        session_id: new.id,
        user_id: new.user_id,
        organization_id: new.org_id,
        transport: new.transport,
        expires_in: new.expires_in.as_secs(),
        access_token: shown(&new.access_token),
        refresh_token: shown(&new.refresh_token),
        csrf_token: browser.then_some(new.csrf_token),
    };
    (headers, Json(body)).into_response()
}

/// Tokens belong into no cache.
pub(crate) fn not_stored() -> HeaderMap {
    HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}
