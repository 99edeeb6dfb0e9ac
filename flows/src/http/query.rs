//! What these handlers take out of paths and queries.

use accounts::PageRequest;
use accounts::http::ApiError;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::ids::ProjectId;

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

impl PageQuery {
    pub(super) fn page(&self) -> Result<PageRequest, ApiError> {
        Ok(PageRequest::new(self.limit, self.cursor.as_deref())?)
    }
}

/// The query of a list that can be searched.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Rows on the page, 1 to 500; 50 when absent.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those whose name or description holds this text.
    pub(super) search: Option<String>,
    /// Those that were put aside, instead of the others.
    #[serde(default)]
    pub(super) archived: bool,
    /// Only those of this project (flows only).
    pub(super) project_id: Option<ProjectId>,
}

impl ListQuery {
    pub(super) fn page(&self) -> Result<PageRequest, ApiError> {
        Ok(PageRequest::new(self.limit, self.cursor.as_deref())?)
    }

    pub(super) fn search(&self) -> Option<&str> {
        self.search
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }
}

/// A query, refused in the form of `/api/v1`.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        let Query(query) = query.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
        Ok(Self(query))
    }
}

/// Two parts of the path.
pub(super) struct Pair<A, B>(pub(super) A, pub(super) B);

impl<S, A, B> FromRequestParts<S> for Pair<A, B>
where
    S: Send + Sync,
    A: DeserializeOwned + Send,
    B: DeserializeOwned + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(A, B)>::from_request_parts(parts, state).await;
        let Path((a, b)) = path.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
        Ok(Self(a, b))
    }
}
