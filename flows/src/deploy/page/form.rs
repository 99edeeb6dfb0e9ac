//! A form that was filled in.

use std::time::Duration;

use accounts::http::{ApiError, StrictJson};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::chat::check_length;
use super::settings::PageKind;
use super::turn::{self, NewTurn};
use super::upload::{self, Upload};
use super::visit::{Guest, no_page};
use super::{OpenPage, limits};
use crate::deploy::Deployments;
use crate::graph::DataType;
use crate::nodes::{check_given, given_fields};

/// Longest wait for what the flow returns; the page asks again afterwards.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was filled in, by the names of the fields; files as `{"name", "media_type", "data"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filled {
    #[serde(default)]
    input: Map<String, Value>,
}

/// Begins a run with what was filled in, and answers with what it returns, if that comes soon.
pub(super) async fn submit(
    State(deployments): State<Deployments>,
    guest: Guest,
    StrictJson(filled): StrictJson<Filled>,
) -> Result<Json<Value>, ApiError> {
    let page = &guest.page;
    if page.kind != PageKind::Form {
        return Err(no_page());
    }
    let (mut input, uploads) = read(page, filled.input)?;
    check_given(&page.trigger.settings, &stand_in(&input, &uploads))
        .map_err(|error| ApiError::invalid(error.to_string()))?;
    let mut sent = Vec::new();
    for (name, is_list, files) in uploads {
        sent.push((
            name,
            is_list,
            upload::read(files).map_err(ApiError::invalid)?,
        ));
    }
    limits::message(&deployments, page, &guest.visitor).await?;
    let blobs = &deployments.engine.services().blobs;
    for (name, is_list, files) in sent {
        let kept = files.keep(&**blobs, page.row.org_id).await;
        let mut kept = kept.map_err(|error| {
            tracing::error!(%error, "a visitor's files cannot be kept");
            ApiError::internal()
        })?;
        let value = match is_list {
            true => Value::Array(kept),
            false => kept.pop().unwrap_or_default(),
        };
        input.insert(name, value);
    }
    let conversation = turn::begin(&deployments, &guest).await?;
    let new = NewTurn {
        conversation: conversation.id,
        message: String::new(),
        files: Vec::new(),
        input: Value::Object(input),
    };
    let mut row = turn::start(&deployments, page, new).await?;
    let engine = &deployments.engine;
    if row.state == "running"
        && let Err(error) = engine.wait(row.org_id, row.run_id, PATIENCE).await
    {
        tracing::warn!(%error, "cannot wait for the run of a form");
    }
    turn::refresh(&deployments, page, &mut row).await?;
    let turn = turn::show(page, row);
    Ok(Json(
        json!({"conversation": conversation.secret, "turn": turn}),
    ))
}

/// A field's name, whether it takes several files, and what was sent.
type Sent = (String, bool, Vec<Upload>);

/// What belongs to the fields: values, and files.
fn read(
    page: &OpenPage,
    mut given: Map<String, Value>,
) -> Result<(Map<String, Value>, Vec<Sent>), ApiError> {
    let (mut input, mut uploads) = (Map::new(), Vec::new());
    for field in given_fields(&page.trigger.settings) {
        let Some(value) = given.remove(&field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        let is_list = matches!(&field.kind, DataType::Array(of) if is_file(of));
        if is_list || is_file(&field.kind) {
            let value = match is_list {
                true => value,
                false => json!([value]),
            };
            let files: Vec<Upload> = serde_json::from_value(value)
                .map_err(|_| ApiError::invalid(format!("the input `{}` is no file", field.name)))?;
            uploads.push((field.name, is_list, files));
            continue;
        }
        if upload::names_file(&value) {
            let message = format!("the input `{}` cannot name a file", field.name);
            return Err(ApiError::invalid(message));
        }
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        check_length(page, &text)?;
        input.insert(field.name, value);
    }
    if let Some(name) = given.keys().next() {
        let message = format!("this form has no field `{name:.80}`");
        return Err(ApiError::invalid(message));
    }
    let count: usize = uploads.iter().map(|(.., files)| files.len()).sum();
    if count > upload::MAX_FILES {
        let message = format!("at most {} files can be sent at once", upload::MAX_FILES);
        return Err(ApiError::invalid(message));
    }
    Ok((input, uploads))
}

/// The input as it will be, for the check before anything is kept.
fn stand_in(input: &Map<String, Value>, uploads: &[Sent]) -> Value {
    let mut input = input.clone();
    let file =
        json!({"$file": "", "name": "", "media_type": "application/octet-stream", "size_bytes": 0});
    for (name, is_list, files) in uploads {
        let value = match is_list {
            true => Value::Array(vec![file.clone(); files.len()]),
            false => file.clone(),
        };
        input.insert(name.clone(), value);
    }
    Value::Object(input)
}

/// Whether a field of this type is an upload.
fn is_file(kind: &DataType) -> bool {
    matches!(kind, DataType::File | DataType::Image | DataType::Audio)
}
