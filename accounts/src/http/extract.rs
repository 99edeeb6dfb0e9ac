//! What handlers take out of a request.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, OriginalUri, Path, Query, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::ApiError;
use crate::{Accounts, Actor, AuthError, PageRequest, Principal};

/// The key a request presents: `Authorization: Bearer`, `x-api-key` or `api-key`, in this order.
pub fn presented_key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    let named = || {
        ["x-api-key", "api-key"]
            .iter()
            .find_map(|name| headers.get(*name))
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    bearer.or_else(named)
}

/// A caller with an admin key. Everything behind it is confined to [`Principal::org_id`].
#[derive(Debug, Clone)]
pub struct Admin(pub Arc<Principal>);

impl Admin {
    /// The same caller as one who makes changes.
    pub fn actor(&self) -> Actor {
        Actor::from(self.0.as_ref())
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accounts = Accounts::from_ref(state);
        let key = presented_key(&parts.headers).ok_or(AuthError::Missing)?;
        let principal = accounts.authenticate(key).await?;
        if !principal.is_admin() {
            return Err(ApiError::forbidden(
                "this API key has no admin scope; `/api/v1` needs one that has",
            ));
        }
        let path = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(parts.uri.path(), |uri| uri.path());
        if !principal.may_use_endpoint(path) {
            return Err(ApiError::forbidden(format!(
                "this API key may not use {path}"
            )));
        }
        Ok(Self(principal))
    }
}

/// A JSON body of exactly the documented fields: an unknown one is refused by name, so that a typing
/// error does not pass for a default.
#[derive(Debug, Clone, Copy)]
pub struct StrictJson<T>(pub T);

impl<S, T> FromRequest<S> for StrictJson<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
                let code = if too_large {
                    "body_too_large"
                } else {
                    "invalid_request"
                };
                ApiError::new(rejection.status(), code, rejection.body_text())
            })?;
        // serde takes an array for a struct, its fields in order; nobody means that.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(ApiError::invalid(
                "the JSON body is wrong: it must be an object",
            ));
        }
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::invalid(format!("the JSON body is wrong: {error}")))
    }
}

/// The id at the end of the path.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr<Err: Display>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
        let id = text.parse::<T>();
        id.map(Self)
            .map_err(|error| ApiError::invalid(error.to_string()))
    }
}

/// Which page of a list: `?limit=&cursor=`.
#[derive(Debug, Clone, Copy)]
pub struct Paging(pub PageRequest);

/// The query of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Rows on the page, 1 to 500; 50 when absent.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(query) = Query::<PageQuery>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
        Ok(Self(PageRequest::new(
            query.limit,
            query.cursor.as_deref(),
        )?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("valid"));
        }
        headers
    }

    #[test]
    fn keys_are_found_in_all_three_headers() {
        for (pairs, wanted) in [
            (&[][..], None),
            (&[("authorization", "Bearer nab-1")], Some("nab-1")),
            (&[("authorization", "bearer  nab-1 ")], Some("nab-1")),
            (&[("x-api-key", "nab-2")], Some("nab-2")),
            (&[("api-key", "nab-3")], Some("nab-3")),
            (
                &[("authorization", "Basic abc"), ("api-key", "nab-3")],
                Some("nab-3"),
            ),
            (
                &[("authorization", "Bearer nab-1"), ("x-api-key", "nab-2")],
                Some("nab-1"),
            ),
            (&[("authorization", "nab-1")], None),
        ] {
            assert_eq!(presented_key(&headers(pairs)), wanted, "{pairs:?}");
        }
    }
}
