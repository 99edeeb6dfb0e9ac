//! From the client's body to the body a target takes.

use bytes::Bytes;
use http::HeaderMap;
use providers::chat::ChatRequest;
use providers::dialect::chat::{Edit, peek};
use providers::dialect::responses::history;
use providers::{DialectId, Error, Notes, Operation};

use crate::call::Call;
use crate::dialects;
use crate::route::{Target, Vendor};

/// A body ready for one target.
pub(crate) struct Prepared {
    /// What it is on the vendor's side.
    pub(crate) operation: Operation,
    /// The bytes.
    pub(crate) body: Bytes,
    /// How the answer is to be read.
    pub(crate) reading: Reading,
    /// What translation changed.
    pub(crate) notes: Notes,
    /// The client's dialect headers, for a vendor of the same dialect.
    pub(crate) headers: HeaderMap,
}

/// How the answer is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The vendor speaks the client's dialect: its bytes go through.
    Pass,
    /// The vendor's decoder, then the client's encoder.
    Translate,
}

/// The canonical request of a call, decoded at most once.
#[derive(Default)]
pub(crate) struct Canonical {
    decoded: Option<(ChatRequest, Notes)>,
}

impl Canonical {
    /// The canonical request and what decoding it noted.
    ///
    /// # Errors
    /// What the dialect finds wrong with the client's body.
    pub(crate) fn get(&mut self, call: &Call) -> Result<&(ChatRequest, Notes), Error> {
        if self.decoded.is_none() {
            let mut notes = Notes::default();
            let dialect = dialects::of(call.operation).unwrap_or(dialects::get(DialectId::Chat));
            let request = dialect.decode_request(&call.body, &mut notes)?;
            self.decoded = Some((request, notes));
        }
        self.decoded
            .as_ref()
            .ok_or_else(|| Error::malformed("the request was not decoded"))
    }
}

/// Prepares `call` for `target`.
///
/// # Errors
/// `InvalidRequest` and `NotSupported`, naming the field.
pub(crate) fn prepare(
    call: &Call,
    canonical: &mut Canonical,
    vendor: &Vendor,
    target: &Target,
) -> Result<Prepared, Error> {
    let info = vendor.provider.info();
    match call.operation {
        Operation::Chat(dialect) if info.dialects.contains(&dialect) => pass(call, vendor, target),
        Operation::Chat(_) => translate(call, canonical, vendor, target),
        Operation::Completions if !info.passthrough.contains(&Operation::Completions) => {
            translate(call, canonical, vendor, target)
        }
        op if info.passthrough.contains(&op) => pass(call, vendor, target),
        op if info.translated.contains(&op) => {
            let mut notes = Notes::default();
            let seen = target.as_seen_by(vendor);
            let body = vendor
                .provider
                .encode_other(&seen, op, &call.body, &mut notes)?;
            Ok(Prepared {
                operation: op,
                body: body.into(),
                reading: Reading::Translate,
                notes,
                headers: HeaderMap::new(),
            })
        }
        op => Err(providers::provider::unserved(info, op)),
    }
}

/// The client's own bytes, with the model's name and the usage option spliced in where they differ.
fn pass(call: &Call, vendor: &Vendor, target: &Target) -> Result<Prepared, Error> {
    let mut notes = Notes::default();
    let mut edits = Vec::new();
    if call.model != target.model {
        edits.push(Edit::model(&target.model));
    }
    if wants_usage_injected(call) && vendor.provider.asks_for_stream_usage() {
        edits.push(Edit::IncludeUsage);
    }
    let mut body = match &call.expanded_from {
        Some(_) => for_vendor(&call.body)?,
        None => call.body.clone(),
    };
    if !edits.is_empty() {
        body = peek(&body)?.rewrite(&edits).into();
    }
    let adapted = vendor
        .provider
        .adapt_passthrough(call.operation, &body, &mut notes)?;
    Ok(Prepared {
        operation: call.operation,
        body: adapted.map_or(body, Bytes::from),
        reading: Reading::Pass,
        notes,
        headers: call.context.forward.clone(),
    })
}

/// A continued response names items that only we have stored: the vendor gets them without our ids.
fn for_vendor(expanded: &Bytes) -> Result<Bytes, Error> {
    let request = serde_json::from_slice(expanded)
        .map_err(|e| Error::malformed(format!("cannot read the continued response: {e}")))?;
    let request = serde_json::Value::Object(history::for_vendor(request));
    Ok(request.to_string().into_bytes().into())
}

/// Only OpenAI's chat and completions streams leave usage out unless asked.
fn wants_usage_injected(call: &Call) -> bool {
    let optional = matches!(
        call.operation,
        Operation::Chat(DialectId::Chat) | Operation::Completions
    );
    call.stream && optional && !call.include_usage
}

fn translate(
    call: &Call,
    canonical: &mut Canonical,
    vendor: &Vendor,
    target: &Target,
) -> Result<Prepared, Error> {
    let (request, noted) = canonical.get(call)?;
    let mut notes = noted.clone();
    let seen = target.as_seen_by(vendor);
    let body = vendor.provider.encode_chat(&seen, request, &mut notes)?;
    Ok(Prepared {
        operation: Operation::Chat(vendor.provider.chat_dialect()),
        body: body.into(),
        reading: Reading::Translate,
        notes,
        headers: HeaderMap::new(),
    })
}
