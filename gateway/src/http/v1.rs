//! For crates above that answer under `/v1` in OpenAI's shapes: callers, bodies, answers, errors.

use std::sync::Arc;

use accounts::Principal;
use axum::body::Body;
use axum::response::Response;
use http::HeaderMap;
use providers::{DialectId, Operation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ingress, write};
use crate::Gateway;
use crate::error::{Code, Error};

const OPERATION: Operation = Operation::Chat(DialectId::Chat);

/// Answers a request of a caller whose key may use `endpoint`. Errors are written in OpenAI's form.
pub async fn answer(
    gateway: &Gateway,
    headers: &HeaderMap,
    endpoint: &str,
    work: impl AsyncFnOnce(Arc<Principal>) -> Result<Response, Error>,
) -> Response {
    let request_id = ingress::request_id(headers);
    let outcome = match ingress::authenticate(gateway, headers).await {
        Ok(who) if !who.may_use_endpoint(endpoint) => Err(Error::new(
            Code::EndpointNotAllowed,
            format!("The key \"{}\" may not use {endpoint}.", who.key_name()),
        )),
        Ok(who) => work(who).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(mut response) => {
            write::name(&mut response, &request_id);
            response
        }
        Err(error) => write::error(OPERATION, &error, &request_id),
    }
}

/// A JSON answer.
///
/// # Errors
/// `Internal` when the value cannot be written.
pub fn json(value: &impl Serialize) -> Result<Response, Error> {
    let body = serde_json::to_vec(value).map_err(|error| {
        Error::new(Code::Internal, format!("Cannot write the answer: {error}."))
    })?;
    let mut response = Response::new(Body::from(body));
    let kind = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    Ok(response)
}

/// Reads a JSON body; none at all is an empty object.
///
/// # Errors
/// `InvalidRequest` naming the field, `PayloadTooLarge`.
pub async fn read<T: DeserializeOwned>(gateway: &Gateway, body: Body) -> Result<T, Error> {
    let body = ingress::read_body(body, gateway.defaults().max_body_bytes).await?;
    let body = match body.trim_ascii() {
        [] => b"{}",
        body => body,
    };
    serde_json::from_slice(body).map_err(|error| {
        Error::new(
            Code::InvalidRequest,
            format!("The body is not what this endpoint takes: {error}."),
        )
    })
}
