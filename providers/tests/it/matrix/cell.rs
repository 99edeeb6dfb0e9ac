//! What becomes of one feature of a request between one dialect and one upstream.

use std::collections::BTreeMap;

use providers::notes::Change;
use providers::{Error, ErrorKind, Notes, Operation};
use serde_json::Value;

use super::Ingress;
use super::ask::Feature;
use super::upstreams::Upstream;

/// One cell of the matrix.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell {
    /// The dialect cannot say it.
    Unsayable,
    /// The upstream speaks the client's dialect: bytes pass.
    Native,
    /// It arrives where the upstream wants it.
    Exact,
    /// The translation report says what happened, in these words.
    Reported(String),
    /// The call is answered with an error that names this field.
    Refused(String),
}

impl Cell {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Unsayable => "–".to_owned(),
            Self::Native => "native".to_owned(),
            Self::Exact => "exact".to_owned(),
            Self::Reported(report) => format!("`{report}`"),
            Self::Refused(field) => format!("refused: `{field}`"),
        }
    }
}

/// The body that the upstream would get, and the report.
struct Sent {
    body: Value,
    notes: Vec<(Change, String)>,
    /// The client's own bytes, untouched.
    passed: bool,
}

/// Runs the maps.
///
/// # Errors
/// The promise that the maps broke.
pub(crate) fn judge(
    ingress: &Ingress,
    upstream: &Upstream,
    feature: &Feature,
) -> Result<Cell, String> {
    let Some(request) = feature.request(ingress) else {
        return Ok(Cell::Unsayable);
    };
    let without = send(ingress, upstream, feature, &feature.base(ingress))
        .map_err(|e| format!("the request without the feature is refused: {e}"))?;
    let mut sent = match send(ingress, upstream, feature, &request) {
        Ok(sent) => sent,
        Err(error) => return refusal(&error),
    };
    sent.notes.retain(|note| !without.notes.contains(note));
    if let Some((_, other)) = sent.notes.iter().find(|(_, n)| !feature.is_about(n)) {
        return Err(format!(
            "the report names `{other}` instead: {:?}",
            sent.notes
        ));
    }
    if sent.passed {
        return Ok(Cell::Native);
    }
    let is_dropped = sent.notes.iter().any(|(c, _)| *c == Change::Dropped);
    let is_native = upstream.speaks(ingress.dialect.id());
    if !is_dropped {
        arrived(feature.expected(ingress, upstream), &sent)?;
    }
    Ok(match header(&sent.notes) {
        report if !report.is_empty() => Cell::Reported(report),
        _ if is_native => Cell::Native,
        _ => Cell::Exact,
    })
}

fn refusal(error: &Error) -> Result<Cell, String> {
    let is_clear = matches!(
        error.kind,
        ErrorKind::InvalidRequest | ErrorKind::NotSupported
    );
    match &error.param {
        Some(param) if is_clear && !error.message.is_empty() => Ok(Cell::Refused(param.clone())),
        _ => Err(format!("an unclear refusal: {error:?}")),
    }
}

fn send(
    ingress: &Ingress,
    upstream: &Upstream,
    feature: &Feature,
    request: &Value,
) -> Result<Sent, Error> {
    let bytes = request.to_string().into_bytes();
    let provider = &upstream.provider;
    let mut notes = Notes::default();
    let id = ingress.dialect.id();
    let (body, passed) = if upstream.speaks(id) {
        let adapted = provider.adapt_passthrough(Operation::Chat(id), &bytes, &mut notes)?;
        let passed = adapted.is_none();
        (adapted.unwrap_or(bytes), passed)
    } else {
        let canonical = ingress.dialect.decode_request(&bytes, &mut notes)?;
        let to = upstream.target(feature.model);
        (provider.encode_chat(&to, &canonical, &mut notes)?, false)
    };
    Ok(Sent {
        body: serde_json::from_slice(&body).expect("bodies are JSON"),
        notes: notes.entries().to_vec(),
        passed,
    })
}

fn header(entries: &[(Change, String)]) -> String {
    let mut notes = Notes::default();
    for (change, field) in entries {
        match change {
            Change::Dropped => notes.dropped(field),
            Change::Changed => notes.changed(field),
            Change::Emulated => notes.emulated(field),
        }
    }
    notes.to_header()
}

/// Whether everything expected is in the body.
fn arrived(expected: Option<&BTreeMap<String, Value>>, sent: &Sent) -> Result<(), String> {
    let report = header(&sent.notes);
    let Some(expected) = expected else {
        return Err(format!(
            "lost in silence, or sent where nothing is expected; report `{report}`, body {}",
            sent.body
        ));
    };
    for (pointer, value) in expected {
        let found = sent.body.pointer(pointer);
        if !matches(value, found) {
            return Err(format!(
                "silent loss: {pointer} is {found:?} instead of {value}; report `{report}`, body {}",
                sent.body
            ));
        }
    }
    Ok(())
}

/// `{"$contains": […]}` and `{"$absent": true}` are wishes, anything else is the value itself.
fn matches(wanted: &Value, found: Option<&Value>) -> bool {
    if wanted.get("$absent").is_some() {
        return found.is_none();
    }
    let Some(found) = found else { return false };
    match wanted.get("$contains").and_then(Value::as_array) {
        Some(texts) => {
            let whole = found.to_string();
            let mut texts = texts.iter().filter_map(Value::as_str);
            texts.all(|text| whole.contains(text))
        }
        None => found == wanted,
    }
}
