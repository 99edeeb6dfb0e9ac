//! The part of `/api/v1` that this crate owns, and what all handlers of `/api/v1` share: the error
//! form, callers and their permissions, strict bodies and cursor pages.

mod budgets;
mod caller;
mod cookie;
mod credentials;
mod error;
mod extract;
mod keys;
mod limits;
mod organizations;
mod origin;
mod permissions;
mod request_id;

use axum::middleware::from_fn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use caller::{CSRF_HEADER, Member, authenticate, presented_key};
pub use error::{ApiError, ErrorBody, ErrorDetail};
pub use extract::{Id, Paging, StrictJson};
pub use keys::CreatedKey;
pub use request_id::{RequestId, with_request_id};

use crate::Accounts;

/// Keys, limits, budgets, credentials and the current organization, each behind a permission.
///
/// The paths are complete (`/api/v1/…`): merge the router, do not nest it. The OpenAPI document must
/// define the security scheme `api_key`.
pub fn router(accounts: Accounts) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::update, keys::delete))
        .routes(routes!(limits::list, limits::create))
        .routes(routes!(limits::get, limits::update, limits::delete))
        .routes(routes!(budgets::list, budgets::create))
        .routes(routes!(budgets::get, budgets::update, budgets::delete))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(
            credentials::get,
            credentials::update,
            credentials::delete
        ))
        .routes(routes!(organizations::current, organizations::update))
        .routes(routes!(permissions::list))
        .with_state(accounts)
        .layer(from_fn(with_request_id))
}
