//! `/pages/{token}`: what the pages of the web app, and pages of allowed sites, ask.

use std::net::IpAddr;
use std::sync::Arc;

use accounts::Secret;
use accounts::http::{ApiError, PeerAddress, StrictJson, with_request_id};
use axum::extract::{
    DefaultBodyLimit, FromRef as _, FromRequestParts, RawPathParams, Request, State,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use store::UserId;

use super::settings::{PageAccess, PageKind};
use super::{OpenPage, chat, digest, form, limits, turn, unavailable, upload};
use crate::deploy::Deployments;
use crate::nodes::given_fields;

/// The header that shows that the password was said.
const GRANT: &str = "x-nab-page-grant";
/// How long a password need not be said again, in seconds.
const GRANTED_S: i64 = 12 * 3_600;
const HEADERS: &str = "content-type, x-nab-page-grant, x-nab-conversation";

/// What pages ask: no key is needed where anybody may, and each page says which other sites' pages may
/// call. The paths are complete: merge the router, outside of what is for sessions.
pub fn router(deployments: Deployments) -> Router {
    Router::new()
        .route("/pages/{token}", get(describe))
        .route("/pages/{token}/unlock", post(unlock))
        .route("/pages/{token}/messages", post(chat::send))
        .route("/pages/{token}/submissions", post(form::submit))
        .route("/pages/{token}/conversation", get(turn::read))
        .with_state(deployments.clone())
        .layer(DefaultBodyLimit::max(upload::MAX_BODY))
        .layer(from_fn(with_request_id))
        .layer(from_fn_with_state(deployments, guard))
}

pub(super) fn no_page() -> ApiError {
    ApiError::not_found("there is no page at this address, or it is switched off")
}

/// Finds the page, refuses pages of other sites, and says which of them may read the answer.
async fn guard(
    State(deployments): State<Deployments>,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let token = params.iter().find(|(name, _)| *name == "token");
    let token = token.map(|(_, token)| token).unwrap_or_default();
    let page = match deployments.page(token).await {
        Ok(Some(page)) => Arc::new(page),
        Ok(None) => return no_page().into_response(),
        Err(error) => return unavailable(error).into_response(),
    };
    let accounts = deployments.flows.accounts();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let foreign = origin.filter(|_| !accounts.is_our_page(request.headers()));
    if let Some(origin) = &foreign
        && !allows(&page, origin)
    {
        let message = "pages of this origin may not use this page";
        return ApiError::new(StatusCode::FORBIDDEN, "origin_not_allowed", message).into_response();
    }
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        request.extensions_mut().insert(page);
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = foreign {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, POST"),
            ),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static(HEADERS),
            ),
            (
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("retry-after"),
            ),
        ] {
            headers.insert(name, value);
        }
    }
    response
}

fn allows(page: &OpenPage, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let mut allowed = page.settings.allowed_origins.iter();
    allowed.any(|one| one == "*" || one.eq_ignore_ascii_case(origin))
}

/// A visitor of a page.
struct Visitor {
    page: Arc<OpenPage>,
    /// Stands for the visitor where things are counted.
    digest: String,
    /// Who it is; nobody where that is not asked.
    user: Option<UserId>,
    /// Why it may not use the page; `None`: it may.
    refused: Option<ApiError>,
}

/// A visitor who may use the page.
pub(super) struct Guest {
    pub(super) page: Arc<OpenPage>,
    pub(super) visitor: String,
    pub(super) user: Option<UserId>,
}

impl FromRequestParts<Deployments> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        deployments: &Deployments,
    ) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Arc<OpenPage>>().map(Arc::clone);
        let page = found.ok_or_else(ApiError::internal)?;
        let mut user = None;
        let refused = match page.access {
            PageAccess::Public => None,
            PageAccess::Password => check_grant(deployments, &page, &parts.headers).err(),
            PageAccess::Members => match member(deployments, &page, &parts.headers).await {
                Ok(found) => {
                    user = found;
                    None
                }
                Err(refused) => Some(refused),
            },
        };
        let who = match user {
            Some(user) => user.to_string(),
            None => address(deployments, parts),
        };
        Ok(Self {
            // With the page's own token, so that nobody is known again elsewhere.
            digest: digest(&format!("{}/{who}", page.row.token)),
            page,
            user,
            refused,
        })
    }
}

impl FromRequestParts<Deployments> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        deployments: &Deployments,
    ) -> Result<Self, ApiError> {
        let visitor = Visitor::from_request_parts(parts, deployments).await?;
        match visitor.refused {
            Some(refused) => Err(refused),
            None => Ok(Self {
                page: visitor.page,
                visitor: visitor.digest,
                user: visitor.user,
            }),
        }
    }
}

/// The member of the page's organization who asks; `None` of a key that is nobody's.
async fn member(
    deployments: &Deployments,
    page: &OpenPage,
    headers: &HeaderMap,
) -> Result<Option<UserId>, ApiError> {
    let wanted = || {
        let message = "this page is for members of its organization: sign in there";
        ApiError::new(StatusCode::UNAUTHORIZED, "sign_in_required", message)
    };
    let accounts = accounts::Accounts::from_ref(deployments);
    let who = accounts::http::authenticate(&accounts, headers).await;
    let who = who.map_err(|_| wanted())?;
    if who.org_id() != page.row.org_id {
        return Err(wanted());
    }
    Ok(who.user_id())
}

/// The network that a request comes from. Who has one address of IPv6 has 2⁶⁴ of them.
fn address(deployments: &Deployments, parts: &Parts) -> String {
    let peer = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
    let accounts = deployments.flows.accounts();
    match accounts.client_address(peer, &parts.headers) {
        Some(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            format!("{:x?}", &address.segments()[..4])
        }
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

/// What shows that the password was said, good until `end`. A new password makes all of them void.
fn grant(page: &OpenPage, end: i64) -> Option<Hmac<Sha256>> {
    let key = page.row.password_hash.as_deref()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(format!("{}/{end}", page.row.token).as_bytes());
    Some(mac)
}

fn check_grant(
    deployments: &Deployments,
    page: &OpenPage,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let now = deployments.flows.now().0 / 1_000_000;
    let shown = headers.get(GRANT).and_then(|value| value.to_str().ok());
    let good = || {
        let (end, mac) = shown?.split_once('.')?;
        let end: i64 = end.parse().ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        (end > now).then_some(())?;
        // In constant time.
        grant(page, end)?.verify_slice(&mac).ok()
    };
    good().ok_or_else(|| {
        let message = "this page has a password: say it first";
        ApiError::new(StatusCode::UNAUTHORIZED, "password_required", message)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    password: Secret,
}

/// Answers the right password with what shows later that it was said.
async fn unlock(
    State(deployments): State<Deployments>,
    visitor: Visitor,
    StrictJson(key): StrictJson<Key>,
) -> Result<Json<Value>, ApiError> {
    let page = &visitor.page;
    let hash = page.row.password_hash.as_deref();
    let (PageAccess::Password, Some(hash)) = (page.access, hash) else {
        return Err(ApiError::invalid("this page has no password"));
    };
    limits::attempt(&deployments, page, &visitor.digest).await?;
    let accounts = deployments.flows.accounts();
    let is_right = accounts.check_page_password(&key.password, hash).await;
    if !is_right.map_err(ApiError::from)? {
        let message = "the password is wrong";
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "wrong_password",
            message,
        ));
    }
    let end = deployments.flows.now().0 / 1_000_000 + GRANTED_S;
    let mac = grant(page, end).ok_or_else(ApiError::internal)?;
    let mac = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Ok(Json(json!({"grant": format!("{end}.{mac}")})))
}

/// Answers with what the page shows; to those who may not use it, with its looks alone.
async fn describe(visitor: Visitor) -> Json<Value> {
    let page = &visitor.page;
    let mut shown = json!({
        "kind": page.kind,
        "title": page.title(),
        "color": page.settings.color,
        "logo": page.settings.logo,
        "access": page.access,
        "is_open": visitor.refused.is_none(),
    });
    let settings = &page.trigger.settings;
    let part = |name: &str| settings.get(name).cloned().unwrap_or_default();
    if visitor.refused.is_none() {
        shown["max_message_chars"] = page.settings.max_message_chars.into();
        match page.kind {
            PageKind::Chat => {
                for name in ["greeting", "suggestions", "allow_files"] {
                    shown[name] = part(name);
                }
            }
            PageKind::Form => {
                for name in ["description", "button"] {
                    shown[name] = part(name);
                }
                if page.settings.title.trim().is_empty()
                    && let Some(title) = part("title").as_str().filter(|text| !text.is_empty())
                {
                    shown["title"] = title.into();
                }
                shown["fields"] = json!(given_fields(settings));
            }
        }
    }
    Json(shown)
}
