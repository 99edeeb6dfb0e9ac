use axum::Json;
use axum::extract::State;

use super::extract::PageQuery;
use super::{ApiError, ErrorBody, Member, Paging};
use crate::{Accounts, OutboxEmail, Page, Permission};

/// Lists mails of the whole instance, newest first.
///
/// For the instance's owner. Texts and links are shown while a mail is not sent, so that an instance
/// without an SMTP server can pass them on by hand.
#[utoipa::path(
    get, path = "/api/v1/outbox", tag = "Administration", operation_id = "list_outbox",
    params(PageQuery), security(("session" = [])),
    extensions(("x-permission" = json!("outbox:read"))),
    responses((status = 200, body = Page<OutboxEmail>), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn list(
    State(accounts): State<Accounts>,
    member: Member,
    Paging(page): Paging,
) -> Result<Json<Page<OutboxEmail>>, ApiError> {
    member.require(Permission::OutboxRead)?;
    Ok(Json(accounts.list_outbox(page).await?))
}
