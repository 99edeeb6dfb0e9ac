//! `/hooks/{token}`: from a request to a delivery.

use std::net::IpAddr;
use std::time::Duration;

use accounts::http::{ApiError, PeerAddress, with_request_id};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::any;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use outbound::Network;
use serde_json::json;

use super::{Deployments, Hook, LEASE, answer, request, unavailable};
use crate::ids::{DeliveryId, RunId};
use crate::sql::deliveries::{self, Request};

/// Longest wait for a body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Longest value of a dedupe header.
const MAX_KEY: usize = 500;
/// Refused requests and duplicates of one flow that are written down within a minute: who floods an
/// address shall not fill the database.
const MAX_NOTED: i64 = 60;
pub(super) const DELIVERY: &str = "x-nab-delivery-id";

/// The public addresses of webhooks: they need no key, know no cookies, and answer pages of other
/// origins as their flows say. The path is complete: merge the router, outside of what is for sessions.
pub fn router(deployments: Deployments) -> Router {
    Router::new()
        .route("/hooks/{token}", any(receive))
        .with_state(deployments)
        .layer(from_fn(with_request_id))
}

async fn receive(
    State(deployments): State<Deployments>,
    Path(token): Path<String>,
    request: axum::extract::Request,
) -> Response {
    let hook = match deployments.hook(&token).await {
        Ok(Some(hook)) => hook,
        Ok(None) => {
            return ApiError::not_found(
                "there is no webhook at this address, or it is switched off",
            )
            .into_response();
        }
        Err(error) => return unavailable(error).into_response(),
    };
    let (parts, body) = request.into_parts();
    let id = DeliveryId::new();
    let origin = allowed_origin(&hook, &parts.headers);
    let is_preflight = parts.method == Method::OPTIONS
        && parts
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        preflight(&hook, &parts.headers, origin.is_some())
    } else {
        let call = Call {
            deployments: &deployments,
            hook: &hook,
            parts: &parts,
            id,
        };
        match call.take(body).await {
            Ok(response) => response,
            Err(refused) => refused,
        }
    };
    // Otherwise an error would be written again for its request's id, without these headers.
    response.extensions_mut().remove::<ApiError>();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(DELIVERY, value);
    }
    answer::guard(headers);
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(DELIVERY),
        );
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// The request's origin, if its pages may call.
fn allowed_origin(hook: &Hook, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    let mut allowed = hook.settings.allowed_origins.iter();
    let is_allowed = allowed.any(|one| {
        let one = one.trim().trim_end_matches('/');
        one == "*" || one.eq_ignore_ascii_case(text)
    });
    is_allowed.then(|| origin.clone())
}

fn preflight(hook: &Hook, asked: &HeaderMap, is_allowed: bool) -> Response {
    if !is_allowed {
        return wrong_origin().into_response();
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    if let Ok(methods) = HeaderValue::from_str(&hook.methods().join(", ")) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    response
}

fn wrong_origin() -> ApiError {
    ApiError::forbidden("pages of this origin may not call this webhook")
}

/// One request to a webhook.
struct Call<'a> {
    deployments: &'a Deployments,
    hook: &'a Hook,
    parts: &'a Parts,
    id: DeliveryId,
}

impl Call<'_> {
    async fn take(&self, body: Body) -> Result<Response, Response> {
        self.check_method().await?;
        self.check_place().await?;
        let auth = &self.hook.settings.auth;
        if !auth.reads_body() {
            self.check_caller(&[]).await?;
        }
        let body = self.read(body).await?;
        if auth.reads_body() {
            self.check_caller(&body).await?;
        }
        let (request, run) = self.request(body);
        let db = self.deployments.flows.db();
        let is_new = deliveries::insert(db, &request).await;
        if !is_new.map_err(|error| unavailable(error.into()).into_response())? {
            return self.duplicate(&request).await;
        }
        Ok(answer::run(self.deployments, self.hook, &request, run).await)
    }

    async fn check_method(&self) -> Result<(), Response> {
        let methods = self.hook.methods();
        if methods.iter().any(|one| one == self.parts.method.as_str()) {
            return Ok(());
        }
        let allow = methods.join(", ");
        let message = format!("this webhook takes {allow}");
        let error = ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        );
        let mut response = self.refuse(error, "the method is not taken").await;
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        Err(response)
    }

    /// Where the request comes from: the address, and the page's origin.
    async fn check_place(&self) -> Result<(), Response> {
        let headers = &self.parts.headers;
        if headers.contains_key(header::ORIGIN) && allowed_origin(self.hook, headers).is_none() {
            return Err(self
                .refuse(wrong_origin(), "the page's origin is not allowed")
                .await);
        }
        let allowed = &self.hook.settings.allowed_addresses;
        // What is no range lets nobody in.
        let mut ranges = allowed
            .iter()
            .filter_map(|text| text.trim().parse::<Network>().ok());
        let address = self.address();
        let is_inside = address.is_some_and(|address| ranges.any(|range| range.contains(address)));
        if allowed.is_empty() || is_inside {
            return Ok(());
        }
        let error = ApiError::forbidden("this address may not call this webhook");
        Err(self.refuse(error, "the address is not allowed").await)
    }

    fn address(&self) -> Option<IpAddr> {
        let peer = self
            .parts
            .extensions
            .get::<PeerAddress>()
            .map(|peer| peer.0);
        let accounts = self.deployments.flows.accounts();
        accounts.client_address(peer, &self.parts.headers)
    }

    async fn check_caller(&self, body: &[u8]) -> Result<(), Response> {
        let auth = &self.hook.settings.auth;
        let Some(name) = auth.secret_name() else {
            return Ok(());
        };
        let (flows, project) = (&self.deployments.flows, self.hook.flow.project_id);
        let secret = flows
            .project_secret(self.hook.org, project, name.trim())
            .await;
        let secret = secret.map_err(|error| unavailable(error).into_response())?;
        let checked: Result<(), String> = match secret {
            Some(secret) => auth
                .check(&secret, &self.parts.headers, body, flows.now())
                .map_err(str::to_owned),
            None => Err(format!("the project has no secret `{name}`")),
        };
        let Err(why) = checked else {
            return Ok(());
        };
        let message = "the caller is not known: send what the webhook's owner has told you";
        let error = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message);
        let mut response = self.refuse(error, &why).await;
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
        if let Some(challenge) = auth.challenge() {
            let value = HeaderValue::from_static(challenge);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, value);
        }
        Err(response)
    }

    /// The body, no byte more than the limit.
    async fn read(&self, body: Body) -> Result<Bytes, Response> {
        let kilobytes = self.hook.settings.max_kilobytes;
        let most = usize::try_from(kilobytes)
            .unwrap_or(usize::MAX)
            .saturating_mul(1024);
        let said = self.parts.headers.get(header::CONTENT_LENGTH);
        let said = said.and_then(|text| text.to_str().ok()?.parse::<usize>().ok());
        let too_large = || {
            let message = format!("the body has more than {kilobytes} kilobytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
        };
        if said.is_some_and(|bytes| bytes > most) {
            return Err(self.refuse(too_large(), "the body is too large").await);
        }
        let read = tokio::time::timeout(BODY_TIME, Limited::new(body, most).collect()).await;
        match read {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(self.refuse(too_large(), "the body is too large").await)
            }
            Ok(Err(_)) => {
                let error = ApiError::invalid("the body ended before its end");
                Err(self.refuse(error, "the body was cut off").await)
            }
            Err(_) => {
                let message = "the body did not come in time";
                let error = ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message);
                Err(self.refuse(error, message).await)
            }
        }
    }

    /// The row of this request, and the run that it shall begin.
    fn request(&self, body: Bytes) -> (Request, RunId) {
        let run = RunId::new();
        let headers = request::kept_headers(&self.parts.headers, &self.hook.settings.auth);
        let now = self.deployments.flows.now();
        let request = Request {
            dedupe_key: self.dedupe_key(),
            run_id: Some(run),
            due_at: Some(now.plus(LEASE)),
            body_bytes: i64::try_from(body.len()).unwrap_or(i64::MAX),
            headers: Some(store::Json(headers)),
            body: Some(body.to_vec()),
            ..self.row("received")
        };
        (request, run)
    }

    fn dedupe_key(&self) -> Option<String> {
        let name = self.hook.settings.dedupe_header.trim();
        if name.is_empty() {
            return None;
        }
        let value = self.parts.headers.get(name)?.as_bytes();
        let text: String = String::from_utf8_lossy(value)
            .chars()
            .take(MAX_KEY)
            .collect();
        Some(text).filter(|text| !text.is_empty())
    }

    /// A row without a request.
    fn row(&self, status: &str) -> Request {
        Request {
            id: self.id,
            org_id: self.hook.org,
            workflow_id: self.hook.flow.workflow_id,
            node_id: self.hook.node.to_string(),
            received_at: self.deployments.flows.now(),
            method: self.parts.method.to_string(),
            query: self.parts.uri.query().unwrap_or_default().to_owned(),
            client_address: self.address().map(|address| address.to_string()),
            status: status.to_owned(),
            dedupe_key: None,
            run_id: None,
            replay_of: None,
            due_at: None,
            response_status: None,
            error: None,
            body_bytes: 0,
            headers: None,
            body: None,
        }
    }

    /// Answers a request that begins no run, and writes it down.
    async fn refuse(&self, error: ApiError, why: &str) -> Response {
        let row = Request {
            response_status: Some(i64::from(error.status.as_u16())),
            error: Some(why.to_owned()),
            ..self.row("refused")
        };
        self.note(&row).await;
        error.into_response()
    }

    async fn duplicate(&self, request: &Request) -> Result<Response, Response> {
        let (org, flow) = (request.org_id, request.workflow_id);
        let key = request.dedupe_key.as_deref().unwrap_or_default();
        let db = self.deployments.flows.db();
        let first = deliveries::run_of_key(db, org, flow, key).await;
        let first = first.map_err(|error| unavailable(error.into()).into_response())?;
        let row = Request {
            run_id: first,
            response_status: Some(200),
            body_bytes: request.body_bytes,
            ..self.row("duplicate")
        };
        self.note(&row).await;
        let body = json!({"duplicate": true, "delivery_id": self.id, "run_id": first});
        Ok(Json(body).into_response())
    }

    async fn note(&self, row: &Request) {
        let db = self.deployments.flows.db();
        let since = row.received_at.minus(Duration::from_secs(60));
        let noted = deliveries::count_refused(db, row.org_id, row.workflow_id, since).await;
        let written = match noted {
            Ok(noted) if noted >= MAX_NOTED => return,
            Ok(_) => deliveries::insert(db, row).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a refused delivery cannot be written down");
        }
    }
}
