//! Runs in `/api/v1`, where their name is `executions`.

mod act;
mod events;
mod execute;
mod files;
mod read;
mod socket;

use accounts::Accounts;
use accounts::http::Routes;
use accounts::http::{ApiError, with_request_id};
use accounts::routes;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::StatusCode;
use axum::middleware::from_fn;

pub(crate) use events::Watch;
pub(crate) use execute::{Mode, answer, check_timeout};

use super::Engine;
use crate::node::{NodeError, NodeErrorKind};

/// Bytes of a body at most: a run's input.
const MAX_BODY: usize = 32 * 1024 * 1024;

impl FromRef<Engine> for Accounts {
    fn from_ref(engine: &Engine) -> Self {
        engine.accounts().clone()
    }
}

/// Starting, watching and steering runs. The paths are complete: merge the router, do not nest it.
pub fn router(engine: Engine) -> Routes {
    Routes::new()
        .routes(routes!(execute::execute))
        .routes(routes!(read::list_of_workflow))
        .routes(routes!(read::list))
        .routes(routes!(read::get))
        .routes(routes!(read::logs))
        .routes(routes!(read::approvals))
        .routes(routes!(files::upload))
        .routes(routes!(files::download))
        .routes(routes!(events::events))
        .routes(routes!(socket::socket))
        .routes(routes!(act::stop))
        .routes(routes!(act::pause))
        .routes(routes!(act::resume))
        .routes(routes!(act::retry))
        .routes(routes!(act::fork))
        .routes(routes!(act::answer))
        .with_state(engine)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(with_request_id))
}

pub(crate) fn not_found(id: impl std::fmt::Display) -> ApiError {
    ApiError::not_found(format!("execution {id} does not exist"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` gives"
)]
pub(crate) fn broken(error: store::Error) -> ApiError {
    tracing::error!(%error, "a request about runs failed");
    if error.kind.is_retryable() {
        let message = "the server cannot do this at the moment; try again";
        return ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            message,
        );
    }
    ApiError::internal()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` gives"
)]
pub(crate) fn refused(error: NodeError) -> ApiError {
    if error.kind == NodeErrorKind::Internal {
        tracing::error!(%error, "a run cannot be started");
        return ApiError::internal();
    }
    ApiError::invalid(error.to_string())
}
