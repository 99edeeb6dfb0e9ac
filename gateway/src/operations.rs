//! Operations that are not conversations: embeddings, images, speech, moderation.

use bytes::Bytes;
use outbound::OutBody;
use providers::dialect::chat::{Edit, peek};
use providers::openai::{embeddings, media};
use providers::{Error, ErrorKind, Notes, Operation, Usage, tokens};

use crate::attempt::Attempt;
use crate::call::Call;
use crate::local::LocalModel;
use crate::route::Vendor;
use crate::stages::call::CallState;
use crate::upstream::exchange::{self, JSON, Outgoing};

/// Whether the call needs more than one plain exchange: translated operations, and embeddings of
/// more inputs than the vendor takes at once.
///
/// # Errors
/// What is wrong with an embeddings request.
pub(crate) fn is_batched(call: &Call, vendor: &Vendor) -> Result<bool, Error> {
    let info = vendor.provider.info();
    if info.translated.contains(&call.operation) {
        return Ok(true);
    }
    if call.operation != Operation::Embeddings {
        return Ok(false);
    }
    Ok(embeddings::parse(&call.body)?.count() > info.embedding_batch)
}

/// Exchanges a batched or translated operation. Gives OpenAI's answer, usage and notes.
///
/// # Errors
/// As a plain exchange; nothing of a batch is kept when one part of it fails.
pub(crate) async fn exchange(
    state: &mut CallState,
    vendor: &Vendor,
    attempt: &Attempt<'_>,
) -> Result<(Bytes, Option<Usage>, Notes), Error> {
    let call = std::sync::Arc::clone(&state.call);
    let mut notes = Notes::default();
    if call.operation != Operation::Embeddings {
        let body = one(state, vendor, attempt, &call.body, &mut notes).await?;
        let (body, usage) = vendor.provider.decode_other(call.operation, &body)?;
        return Ok((body, Some(usage), notes));
    }
    let request = embeddings::parse(&call.body)?;
    let limit = vendor.provider.info().embedding_batch.max(1);
    let native = vendor
        .provider
        .info()
        .passthrough
        .contains(&Operation::Embeddings);
    let (mut answers, mut counts) = (Vec::new(), Vec::new());
    let mut left = request.count();
    let mut reported = true;
    for body in request.bodies(limit, &[Edit::model(&attempt.target.model)]) {
        let answer = one(state, vendor, attempt, &body, &mut notes).await?;
        let answer = if native {
            answer
        } else {
            let (shaped, usage) = vendor
                .provider
                .decode_other(Operation::Embeddings, &answer)?;
            reported &= usage.raw.is_some();
            shaped
        };
        counts.push(left.min(limit));
        left = left.saturating_sub(limit);
        answers.push(answer);
    }
    let (body, usage) =
        embeddings::merge(&answers, &counts, request.encoding, &attempt.target.model)?;
    Ok((body.into(), reported.then_some(usage), notes))
}

async fn one(
    state: &mut CallState,
    vendor: &Vendor,
    attempt: &Attempt<'_>,
    body: &[u8],
    notes: &mut Notes,
) -> Result<Bytes, Error> {
    let operation = state.call.operation;
    let target = attempt.target;
    let body = if vendor.provider.info().translated.contains(&operation) {
        vendor
            .provider
            .encode_other(&target.as_seen_by(vendor), operation, body, notes)?
    } else {
        body.to_vec()
    };
    let timeouts = state.route.timeouts;
    let out = Outgoing {
        operation,
        stream: false,
        content_type: JSON,
        body: OutBody::full(body.into()),
        headers: http::HeaderMap::new(),
    };
    let began = std::time::Instant::now();
    let now_us = state.gw.now_us();
    let answer = exchange::send(vendor, target, attempt.secret, out, &timeouts, now_us).await;
    let body = match answer {
        Ok(answer) => exchange::read_answer(answer.into_body(), &timeouts, began).await,
        Err(error) => Err(error),
    };
    state
        .meter
        .waited(i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX));
    body
}

/// Usage of a passed-through answer; `None` when the vendor reports nothing and it must be estimated.
///
/// # Errors
/// The error that a 2xx body carries.
pub(crate) fn usage_of(call: &Call, body: &Bytes) -> Result<Option<Usage>, Error> {
    match call.operation {
        Operation::Embeddings => Ok(embeddings::usage_of(body)),
        // Classification and counting cost nothing at any vendor.
        Operation::Moderation | Operation::CountTokens => Ok(Some(Usage::default())),
        Operation::Speech => Ok(spoken(call)),
        Operation::Images
        | Operation::Transcription
        | Operation::Translation
        | Operation::Chat(_)
        | Operation::Completions => media::inspect(body),
    }
}

/// Speech is priced by the characters of its input, or by its tokens.
pub(crate) fn spoken(call: &Call) -> Option<Usage> {
    let top = peek(&call.body).ok()?;
    let text: String = serde_json::from_str(top.get("input")?).ok()?;
    Some(Usage {
        characters: text.chars().count() as u64,
        input_tokens: tokens::count(&call.model, &text),
        ..Usage::default()
    })
}

/// Asks a model in this program for something other than a conversation.
///
/// # Errors
/// `NotSupported` for anything but embeddings of texts.
pub(crate) async fn ask_local(
    state: &CallState,
    model: &std::sync::Arc<dyn LocalModel>,
) -> Result<(Bytes, Usage), Error> {
    let call = &state.call;
    if call.operation != Operation::Embeddings || !model.serves(Operation::Embeddings) {
        let message = format!(
            "the model `{}` has no {} endpoint",
            call.model,
            call.operation.word()
        );
        return Err(Error::new(ErrorKind::NotSupported, message));
    }
    let request = embeddings::parse(&call.body)?;
    let mut texts = Vec::with_capacity(request.count());
    for input in request.inputs()? {
        match input {
            embeddings::Input::Text(text) => texts.push(text),
            embeddings::Input::Tokens(_) => {
                let message = "models inside this program embed texts, not token ids";
                return Err(Error::not_supported("input", message));
            }
        }
    }
    let used = texts.iter().map(|t| tokens::count(&call.model, t)).sum();
    let vectors = model.embed(&state.who, texts).await?;
    let count = vectors.len();
    let items: Vec<_> = vectors
        .into_iter()
        .enumerate()
        .map(
            |(index, v)| serde_json::json!({"object": "embedding", "index": index, "embedding": v}),
        )
        .collect();
    let usage = Usage::tokens(used, 0);
    let body = serde_json::json!({
        "object": "list",
        "data": items,
        "model": call.model,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    });
    let body = body.to_string().into_bytes();
    let (body, _) = embeddings::merge(&[body], &[count], request.encoding, &call.model)?;
    Ok((body.into(), usage))
}
