//! From a request as it is kept to a run's input.

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use store::OrgId;

use crate::nodes::webhook::Auth;
use crate::sql::deliveries::Request;
use crate::value::Blobs;

/// Headers that hold secrets of the caller or of the server: not kept, not given to the flow.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// The headers that are kept, by name in lower case; several of one name joined by a comma.
pub(super) fn kept_headers(headers: &HeaderMap, auth: &Auth) -> Value {
    let mut kept = Map::new();
    let own = auth.secret_header().unwrap_or_default().trim();
    for name in headers.keys() {
        let is_secret =
            SECRET_HEADERS.contains(&name.as_str()) || own.eq_ignore_ascii_case(name.as_str());
        if is_secret {
            continue;
        }
        let values = headers.get_all(name).iter();
        let texts: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        kept.insert(name.to_string(), texts.join(", ").into());
    }
    Value::Object(kept)
}

/// `{body, query, headers, method, files}`. Files go into the organization's files.
///
/// # Errors
/// What cannot be read.
pub(super) async fn input_of(blobs: &dyn Blobs, request: &Request) -> Result<Value, String> {
    let headers = request
        .headers
        .clone()
        .map(|json| json.0)
        .unwrap_or_default();
    let body = Bytes::from(request.body.clone().unwrap_or_default());
    let kind = headers.get(header::CONTENT_TYPE.as_str());
    let kind = kind.and_then(Value::as_str).unwrap_or_default();
    let (body, files) = read_body(blobs, request.org_id, kind, body).await?;
    Ok(json!({
        "body": body,
        "query": pairs(request.query.as_bytes()),
        "headers": headers,
        "method": request.method,
        "files": files,
    }))
}

async fn read_body(
    blobs: &dyn Blobs,
    org: OrgId,
    kind: &str,
    body: Bytes,
) -> Result<(Value, Vec<Value>), String> {
    if body.is_empty() {
        return Ok((Value::Null, Vec::new()));
    }
    let essence = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        let read = serde_json::from_slice(&body);
        let read = read.map_err(|error| format!("the body is no JSON: {error}"))?;
        return Ok((read, Vec::new()));
    }
    if essence == "application/x-www-form-urlencoded" {
        return Ok((pairs(&body), Vec::new()));
    }
    if essence == "multipart/form-data" {
        return read_form(blobs, org, kind, body).await;
    }
    let is_text = essence.is_empty()
        || essence.starts_with("text/")
        || essence == "application/xml"
        || essence.ends_with("+xml");
    if is_text && let Ok(text) = std::str::from_utf8(&body) {
        return Ok((text.into(), Vec::new()));
    }
    let essence = if essence.is_empty() {
        "application/octet-stream"
    } else {
        &essence
    };
    let file = blobs.put(org, "body", essence, body).await?.to_value();
    Ok((file.clone(), vec![file]))
}

/// Fields as an object, files among them.
async fn read_form(
    blobs: &dyn Blobs,
    org: OrgId,
    kind: &str,
    body: Bytes,
) -> Result<(Value, Vec<Value>), String> {
    let broken = |error: multer::Error| format!("the form cannot be read: {error}");
    let boundary = multer::parse_boundary(kind).map_err(broken)?;
    let whole = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
    let mut form = multer::Multipart::new(whole, boundary);
    let (mut fields, mut files) = (Map::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or("file").to_owned();
        let value = if let Some(called) = field.file_name().map(str::to_owned) {
            let media = field
                .content_type()
                .map(|kind| kind.essence_str().to_owned());
            let media = media.unwrap_or_else(|| "application/octet-stream".to_owned());
            let bytes = field.bytes().await.map_err(broken)?;
            let file = blobs.put(org, &called, &media, bytes).await?.to_value();
            files.push(file.clone());
            file
        } else {
            field.text().await.map_err(broken)?.into()
        };
        add(&mut fields, name, value);
    }
    Ok((fields.into(), files))
}

fn pairs(text: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(text) {
        add(&mut fields, name.into_owned(), value.into_owned().into());
    }
    fields.into()
}

/// A name that comes again makes a list.
fn add(fields: &mut Map<String, Value>, name: String, value: Value) {
    match fields.get_mut(&name) {
        Some(Value::Array(all)) => all.push(value),
        Some(one) => *one = json!([one.take(), value]),
        None => {
            fields.insert(name, value);
        }
    }
}
