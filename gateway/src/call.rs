//! A call on its way through the gateway, and its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use providers::dialect::chat::{TopLevel, peek};
use providers::{DialectId, Operation, tokens};
use uuid::Uuid;

use crate::error::Error;
use crate::route::keys::KeyRing;

/// Who in this program makes the call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Caller {
    /// A client over HTTP.
    #[default]
    Http,
    /// The RAG hub.
    Rag,
    /// A flow run; the id is the run's.
    Flow(Uuid),
}

impl Caller {
    /// The word in usage rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Rag => "rag",
            Self::Flow(_) => "flow",
        }
    }
}

/// Who pays for calls made inside of this program, besides keys and organizations: a flow run's budget.
pub trait Purse: Send + Sync + std::fmt::Debug {
    /// Sets aside the most that a call may cost (`None`: nobody knows), in nano-dollars; `false`: there
    /// is not so much left.
    fn reserve(&self, nano_usd: Option<i64>) -> bool;

    /// Gives back what was set aside and takes what was used instead. Called once for each `reserve`
    /// that said yes, when the call is over.
    fn settle(&self, reserved: Option<i64>, tokens: i64, nano_usd: i64);
}

/// What travels with a call besides its body.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// `x-request-id`: the client's if it sent a sane one, else ours.
    pub request_id: Arc<str>,
    /// Who calls.
    pub caller: Caller,
    /// When the request arrived.
    pub began: Instant,
    /// The same in UTC microseconds.
    pub began_us: i64,
    /// Tags of this request.
    pub tags: Vec<String>,
    /// What the client asks of the cache.
    pub cache: CacheControl,
    /// Headers of the client's dialect that a vendor of the same dialect should see
    /// (`anthropic-beta`, `openai-beta`).
    pub forward: HeaderMap,
    /// The vendor's keys to use in place of the usual ones, to test them.
    pub keys: Option<Arc<KeyRing>>,
    /// Who pays, besides key and organization.
    pub purse: Option<Arc<dyn Purse>>,
    /// The call is part of one that a model in this program answers: its request was counted there.
    pub nested: bool,
}

/// A purse that sums up what calls cost, in nano-dollars, as they end. Another one pays, or nobody.
#[derive(Debug, Default)]
pub struct Spent {
    sum: AtomicI64,
    payer: Option<Arc<dyn Purse>>,
}

impl Spent {
    /// The sum of what this purse pays.
    pub fn paid_by(payer: Option<Arc<dyn Purse>>) -> Arc<Self> {
        let sum = AtomicI64::default();
        Arc::new(Self { sum, payer })
    }

    /// The sum so far.
    pub fn nano_usd(&self) -> i64 {
        self.sum.load(Ordering::Relaxed)
    }
}

impl Purse for Spent {
    fn reserve(&self, nano_usd: Option<i64>) -> bool {
        let payer = self.payer.as_ref();
        payer.is_none_or(|payer| payer.reserve(nano_usd))
    }

    fn settle(&self, reserved: Option<i64>, tokens: i64, nano_usd: i64) {
        self.sum.fetch_add(nano_usd, Ordering::Relaxed);
        if let Some(payer) = &self.payer {
            payer.settle(reserved, tokens, nano_usd);
        }
    }
}

impl CallContext {
    /// A context for a call made by this program itself.
    pub fn internal(caller: Caller, began_us: i64) -> Self {
        Self {
            request_id: new_request_id(),
            caller,
            began: Instant::now(),
            began_us,
            tags: Vec::new(),
            cache: CacheControl::default(),
            forward: HeaderMap::new(),
            keys: None,
            purse: None,
            nested: false,
        }
    }

    /// A context for one more call of whom this one belongs to: under the same tags, paid by the same
    /// purse.
    #[must_use]
    pub fn again(&self, began_us: i64) -> Self {
        Self {
            tags: self.tags.clone(),
            purse: self.purse.clone(),
            nested: self.nested,
            ..Self::internal(self.caller, began_us)
        }
    }

    /// A context for a call that a model in this program makes to answer the call of this context:
    /// under the same tags, paid by the same purse, and not counted as another request.
    #[must_use]
    pub fn within(&self, caller: Caller, began_us: i64) -> Self {
        Self {
            caller: match self.caller {
                Caller::Flow(run) => Caller::Flow(run),
                Caller::Http | Caller::Rag => caller,
            },
            nested: true,
            ..self.again(began_us)
        }
    }
}

/// A fresh request id: `req_` and 32 hexadecimal digits.
pub fn new_request_id() -> Arc<str> {
    format!("req_{}", Uuid::now_v7().simple()).into()
}

/// `x-nab-cache-control` of a request, in the words of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheControl {
    /// `on` or `off`; the configuration decides when absent.
    pub enabled: Option<bool>,
    /// `no-cache`: do not answer from the cache.
    pub no_cache: bool,
    /// `no-store`: do not keep the answer.
    pub no_store: bool,
    /// `max-age`: accept entries up to this age, in seconds.
    pub max_age_s: Option<u64>,
    /// `ttl`: keep the answer this long, in seconds.
    pub ttl_s: Option<u64>,
}

impl CacheControl {
    /// Reads the header's directives.
    ///
    /// # Errors
    /// Names a directive that is not understood.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut control = Self::default();
        for directive in text.split(',').map(str::trim).filter(|d| !d.is_empty()) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match (name, value.parse::<u64>()) {
                ("on", _) => control.enabled = Some(true),
                ("off", _) => control.enabled = Some(false),
                ("no-cache", _) => control.no_cache = true,
                ("no-store", _) => control.no_store = true,
                ("max-age", Ok(seconds)) => control.max_age_s = Some(seconds),
                ("ttl", Ok(seconds)) => control.ttl_s = Some(seconds),
                _ => {
                    return Err(Error::invalid(
                        "x-nab-cache-control",
                        format!(
                            "`{directive}` is not a cache directive; use on, off, no-cache, \
                             no-store, max-age=SECONDS or ttl=SECONDS"
                        ),
                    ));
                }
            }
        }
        Ok(control)
    }
}

/// One model call.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked, in the client's dialect.
    pub operation: Operation,
    /// Path of the endpoint, for usage rows.
    pub endpoint: &'static str,
    /// The client's JSON.
    pub body: Bytes,
    /// Model as the client named it.
    pub model: String,
    /// The client wants a stream.
    pub stream: bool,
    /// `stream_options.include_usage` was asked for by the client.
    pub include_usage: bool,
    /// Cap on output tokens, if the client gave one.
    pub output_cap: Option<u64>,
    /// Number of answers asked for.
    pub n: u64,
    /// The client's name for its end user.
    pub end_user: Option<String>,
    /// The request's `metadata`, JSON text.
    pub metadata: Option<String>,
    /// `service_tier`, which vendors price.
    pub service_tier: Option<String>,
    /// `quality` of an image request.
    pub image_quality: Option<String>,
    /// `size` of an image request.
    pub image_size: Option<String>,
    /// The client's own body, where `body` is an expansion of it (a continued response).
    pub expanded_from: Option<Bytes>,
    /// The uploaded file, for audio.
    pub upload: Option<Arc<crate::upload::Upload>>,
    /// Tokens of the prompt, at most.
    pub input_bound: u64,
    /// Everything else.
    pub context: CallContext,
}

impl Call {
    /// Reads what the gateway must know of the body; everything else stays bytes.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the field.
    pub fn read(
        endpoint: &'static str,
        operation: Operation,
        body: Bytes,
        context: CallContext,
    ) -> Result<Self, Error> {
        let top = peek(&body)?;
        if top.model.is_empty() {
            return Err(Error::invalid(
                "model",
                "`model` is missing: name the model to use.",
            ));
        }
        let text = |name: &str| {
            top.get(name)
                .and_then(|json| serde_json::from_str(json).ok())
        };
        let streams = matches!(operation, Operation::Chat(_) | Operation::Completions);
        let images = operation == Operation::Images;
        Ok(Self {
            operation,
            endpoint,
            model: top.model.to_string(),
            stream: top.stream && streams,
            include_usage: top.include_usage,
            output_cap: top.output_cap(),
            n: top.n,
            end_user: end_user(&top, operation),
            metadata: top
                .get("metadata")
                .filter(|m| *m != "null")
                .map(str::to_owned),
            service_tier: text("service_tier"),
            image_quality: images.then(|| text("quality")).flatten(),
            image_size: images.then(|| text("size")).flatten(),
            expanded_from: None,
            upload: None,
            input_bound: tokens::estimate_body_fast(&body),
            body: body.clone(),
            context,
        })
    }

    /// The client's chat dialect; `None` for other operations.
    pub fn dialect(&self) -> Option<DialectId> {
        match self.operation {
            Operation::Chat(dialect) => Some(dialect),
            _ => None,
        }
    }
}

/// `user`, the newer `safety_identifier`, or Anthropic's `metadata.user_id`.
fn end_user(top: &TopLevel<'_>, operation: Operation) -> Option<String> {
    if let Some(user) = &top.user {
        return Some(user.to_string());
    }
    if let Some(id) = top.get("safety_identifier") {
        return serde_json::from_str(id).ok();
    }
    if operation != Operation::Chat(DialectId::Messages) {
        return None;
    }
    let metadata: serde_json::Value = serde_json::from_str(top.get("metadata")?).ok()?;
    metadata.get("user_id")?.as_str().map(str::to_owned)
}

/// A stream of framed bytes for the client.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// The body of an answer.
pub enum Body {
    /// Complete.
    Full(Bytes),
    /// Piece by piece. Dropping it means that the client hung up.
    Stream(ByteStream),
}

/// An answer on its way to the client.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: HeaderValue,
    /// `x-nab-*`, rate limit and upstream headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

impl Reply {
    /// Adds a header; values that no header can carry are left out.
    pub fn header(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
