//! What is kept for the person behind the session.

use axum::Json;
use axum::extract::State;

use super::{ApiError, ErrorBody, StrictJson};
use crate::{Accounts, Preferences, SignedIn};

/// Shows what is kept for the person.
#[utoipa::path(
    get, path = "/api/v1/auth/preferences", tag = "Account", operation_id = "get_preferences",
    security(("session" = [])),
    responses((status = 200, body = Preferences), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn get(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
) -> Result<Json<Preferences>, ApiError> {
    Ok(Json(accounts.preferences(signed_in.user_id()).await?))
}

/// Changes what is kept for the person.
///
/// Those that are not named stay, `null` forgets one. Names have 1 to 64 of `a-z`, `0-9`, `.`, `_` and
/// `-`; a value at most 8 KiB, and there are at most 100.
#[utoipa::path(
    patch, path = "/api/v1/auth/preferences", tag = "Account", operation_id = "update_preferences",
    request_body(content = Preferences, example = json!({"editor.tour": {"state": "running", "step": 2}})),
    security(("session" = [])),
    responses((status = 200, body = Preferences), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn update(
    State(accounts): State<Accounts>,
    signed_in: SignedIn,
    StrictJson(change): StrictJson<Preferences>,
) -> Result<Json<Preferences>, ApiError> {
    let user = signed_in.user_id();
    Ok(Json(accounts.update_preferences(user, change).await?))
}
