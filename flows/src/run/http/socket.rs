//! What happens in a run, over a WebSocket.

use std::time::Duration;

use accounts::http::{ApiError, ErrorBody, Member, presented_key};
use accounts::{Accounts, Permission};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::events::{After, Watch};
use super::{broken, not_found};
use crate::ids::RunId;
use crate::run::{Engine, Event};

/// How often a silent connection is tried, so that no proxy takes it for dead.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a client may take to read one event.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a client's message; it has nothing to say.
const MAX_HEARD: usize = 4 * 1024;

/// Watch an execution over a WebSocket
///
/// Each message is one event as JSON text, the same as those of `/api/v1/executions/{id}/events`:
/// `execution:started`, `execution:progress`, `execution:waiting`, `execution:completed`,
/// `execution:error`, `node:started` and `node:streamed`, each with its number in `seq`. After the last
/// event the server closes with 1000. After a break, come back with `after` and the last number seen:
/// nothing that was stored is missed, pieces of streamed texts excepted. With a session in cookies, only
/// pages of this server may connect.
#[utoipa::path(
    get, path = "/api/v1/executions/{id}/socket", tag = "Executions", operation_id = "watch_execution",
    params(("id" = RunId, Path, description = "The execution's id"), After), security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses(
        (status = 101, body = Event, description = "The events, as messages of the WebSocket"),
        (status = 426, body = ErrorBody, description = "The request is no WebSocket handshake"),
        (status = "4XX", body = ErrorBody),
    ),
)]
pub(super) async fn socket(
    State(engine): State<Engine>,
    member: Member,
    Path(id): Path<String>,
    Query(after): Query<After>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    member.require(Permission::ProjectsRead)?;
    check_origin(engine.accounts(), &headers)?;
    let id: RunId = id
        .parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))?;
    let org = member.org_id();
    let row = engine.row(org, id).await.map_err(broken)?;
    row.ok_or_else(|| not_found(id))?;
    let upgrade = upgrade.map_err(|_| {
        let message = "this address speaks WebSocket only; `/events` beside it gives the same \
                       events as server-sent events";
        ApiError::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
    })?;
    let watch = Watch::new(engine, org, id, after.after);
    Ok(upgrade
        .max_message_size(MAX_HEARD)
        .on_upgrade(move |socket| tell(socket, watch)))
}

/// Browsers send cookies with WebSockets of all websites, and no header can prove that ours opened it:
/// the origin has to.
fn check_origin(accounts: &Accounts, headers: &HeaderMap) -> Result<(), ApiError> {
    if presented_key(headers).is_some() || accounts.is_our_page(headers) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "pages of other websites may not connect with this session; use an API key",
    ))
}

/// Sends events until the run ends or the client leaves.
async fn tell(mut socket: WebSocket, mut watch: Watch) {
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            event = watch.next() => match event {
                Some(event) => {
                    let text = serde_json::to_string(&*event).unwrap_or_default();
                    Message::Text(text.into())
                }
                None => Message::Close(Some(CloseFrame {
                    code: close_code::NORMAL,
                    reason: "the execution has ended".into(),
                })),
            },
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            _ = pings.tick() => Message::Ping(Vec::new().into()),
        };
        let is_last = matches!(message, Message::Close(_));
        let sent = timeout(SEND_WITHIN, socket.send(message)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}
