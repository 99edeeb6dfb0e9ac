//! What handlers take out of a path and a query.

use accounts::http::{ApiError, Member};
use accounts::{PageRequest, Permission};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::CollectionId;
use crate::index::Place;
use crate::library::Collection;
use crate::rag::Rag;

/// The ids in the path, in their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids<T>(pub(super) T);

impl<S, T> FromRequestParts<S> for Ids<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let ids = Path::<T>::from_request_parts(parts, state).await;
        ids.map(|Path(ids)| Self(ids))
            .map_err(|rejection| ApiError::invalid(rejection.body_text()))
    }
}

/// The query of a list, for the document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Paging` reads")]
pub(super) struct PageQuery {
    /// Rows on the page, 1 to 500; 50 when absent.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The id of the last row on the page before.
pub(super) fn below<T>(page: PageRequest, id: impl Fn(uuid::Uuid) -> T) -> Option<T> {
    Some(id(page.below()))
}

/// Goes on only if the caller may do this and the collection is of the caller's organization.
///
/// # Errors
/// 403, 404.
pub(super) async fn open(
    rag: &Rag,
    member: &Member,
    permission: Permission,
    id: CollectionId,
) -> Result<(Place, Collection), ApiError> {
    member.require(permission)?;
    let place = Place {
        org: member.org_id(),
        collection: id,
    };
    Ok((place, rag.library().get_collection(place).await?))
}
