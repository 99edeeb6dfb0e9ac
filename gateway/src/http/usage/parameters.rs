use accounts::http::ApiError;
use axum::extract::{FromRequestParts, Query};
use http::request::Parts;

/// All query parameters, in their order; names may repeat.
#[derive(Debug)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
        Ok(Self(pairs))
    }
}
