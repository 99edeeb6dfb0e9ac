//! Turns what happened into usage rows, and settles the reservation.
//!
//! A [`Meter`] lives as long as its call. Every way out leads through it: success, failure, the
//! client's hang-up (it is simply dropped), even a panic.

use std::sync::Arc;
use std::time::Instant;

use accounts::Principal;
use providers::{Error, ErrorKind, Usage};
use tracing::Span;
use uuid::Uuid;

use super::admit::{Admitted, Estimate, Held};
use crate::Gateway;
use crate::call::{Call, Caller};
use crate::limit::{Ticket, Used};
use crate::route::Target;
use crate::trace;
use crate::usage::{Status, UsageRecord, UsageSource, rating};

/// Longest error message kept in a row.
const MAX_MESSAGE_CHARS: usize = 500;

/// The accountant of one call.
pub(crate) struct Meter {
    gw: Gateway,
    who: Arc<Principal>,
    call: Arc<Call>,
    ticket: Option<Ticket>,
    held: Option<Held>,
    estimate: Estimate,
    open: Option<OpenAttempt>,
    began: Instant,
    /// Time spent waiting for upstreams, in microseconds.
    upstream_us: i64,
    first_token_us: Option<i64>,
    totals: Totals,
    /// Lives as long as the call, streams included; costs nothing while traces are off.
    span: Span,
}

struct OpenAttempt {
    row: Arc<UsageRecord>,
    target: Arc<Target>,
    began: Instant,
    delivered: Delivered,
    translation: Option<String>,
    http_status: Option<u16>,
}

/// What reached the client of an answer that is not complete.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delivered {
    /// The vendor's latest report.
    pub(crate) usage: Option<Usage>,
    /// Characters of text, reasoning and arguments.
    pub(crate) chars: u64,
    /// The vendor's id.
    pub(crate) upstream_id: Option<String>,
    /// The vendor took the request: it is billed even if nothing came back.
    pub(crate) accepted: bool,
    /// A finish reason was seen.
    pub(crate) finished: bool,
}

/// Sums over the attempts of a call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) attempts: u32,
    pub(crate) tokens: i64,
    pub(crate) nano_usd: i64,
    pub(crate) unpriced: bool,
    /// Some attempt's usage is an estimate: nothing is refunded.
    pub(crate) uncertain: bool,
}

/// A finished answer, as the client's headers show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bill {
    pub(crate) nano_usd: Option<i64>,
    pub(crate) overhead_us: i64,
}

impl Meter {
    pub(crate) fn new(
        gw: &Gateway,
        who: &Arc<Principal>,
        call: &Arc<Call>,
        admitted: Admitted,
    ) -> Self {
        Self {
            gw: gw.clone(),
            who: Arc::clone(who),
            call: Arc::clone(call),
            ticket: Some(admitted.ticket),
            held: admitted.held,
            estimate: admitted.estimate,
            open: None,
            began: call.context.began,
            upstream_us: 0,
            first_token_us: None,
            totals: Totals::default(),
            span: trace::call(call),
        }
    }

    /// An attempt begins: its row is journalled with the estimate, in case we are killed.
    pub(crate) fn begin(&mut self, target: &Arc<Target>) {
        self.totals.attempts += 1;
        let row = Arc::new(UsageRecord {
            attempt: self.totals.attempts,
            created_at: self.gw.now_us(),
            usage: Usage::tokens(self.estimate.input_tokens, 0),
            usage_source: UsageSource::Estimated,
            ..row(&self.who, &self.call, &target.provider_id, &target.model)
        });
        self.gw.open_rows().add(Arc::clone(&row));
        self.open = Some(OpenAttempt {
            row,
            target: Arc::clone(target),
            began: Instant::now(),
            delivered: Delivered::default(),
            translation: None,
            http_status: None,
        });
    }

    /// What has reached the client so far, to be billed if it ends here.
    pub(crate) fn delivered(&mut self) -> Option<&mut Delivered> {
        self.open.as_mut().map(|open| &mut open.delivered)
    }

    /// Adds time spent waiting for an upstream.
    pub(crate) fn waited(&mut self, us: i64) {
        self.upstream_us += us;
    }

    /// The first piece of a stream goes out.
    pub(crate) fn first_token(&mut self) {
        if self.first_token_us.is_none() {
            self.first_token_us = Some(micros(self.began));
        }
    }

    /// Microseconds since the request arrived that were ours.
    pub(crate) fn overhead_us(&self) -> i64 {
        (micros(self.began) - self.upstream_us).max(0)
    }

    /// Notes of the translation.
    pub(crate) fn translated(&mut self, notes: &str) {
        if let Some(open) = &mut self.open
            && !notes.is_empty()
        {
            open.translation = Some(notes.to_owned());
        }
    }

    /// The attempt failed before anything reached the client. Not billed; but where the vendor may
    /// have worked all the same, the reservation is not refunded.
    pub(crate) fn failed(&mut self, error: &Error) {
        let silent = matches!(error.kind, ErrorKind::Timeout | ErrorKind::Connection);
        let accepted = self
            .open
            .as_ref()
            .is_some_and(|open| open.delivered.accepted);
        self.totals.uncertain |= silent && accepted && error.status.is_none();
        self.close(
            Status::Error,
            Some(error),
            Usage::default(),
            UsageSource::None,
        );
    }

    /// The attempt failed after something had reached the client: what was delivered is billed.
    pub(crate) fn broke(&mut self, error: &Error) {
        let (usage, source) = self.partial_usage();
        self.close(Status::Error, Some(error), usage, source);
    }

    /// The attempt answered completely. `usage` is the vendor's report; `text_chars` the basis of an
    /// estimate where there is none.
    pub(crate) fn succeeded(&mut self, usage: Option<Usage>, http_status: Option<u16>) -> Bill {
        if let Some(open) = &mut self.open {
            open.http_status = http_status;
        }
        let (usage, source) = match usage {
            Some(usage) => (usage, UsageSource::Reported),
            None => self.partial_usage(),
        };
        let nano_usd = self.close(Status::Success, None, usage, source);
        self.settle();
        Bill {
            nano_usd,
            overhead_us: self.overhead_us(),
        }
    }

    /// The client hung up and the vendor's report came all the same.
    pub(crate) fn cancelled_with(&mut self, usage: Option<Usage>) {
        let (usage, source) = match usage {
            Some(usage) => (usage, UsageSource::Reported),
            None => self.partial_usage(),
        };
        self.close(Status::Cancelled, None, usage, source);
        self.settle();
    }

    /// From the first token on, a stream waits for its upstream all the time.
    pub(crate) fn waited_since_first_token(&mut self) {
        if let Some(first) = self.first_token_us {
            self.upstream_us += (micros(self.began) - first).max(0);
        }
    }

    /// The answer came from the cache.
    pub(crate) fn cache_hit(&mut self, provider: &str, model: &str, usage: Usage, saved: i64) {
        let latency_us = micros(self.began);
        let row = UsageRecord {
            created_at: self.gw.now_us(),
            status: Status::CacheHit,
            usage,
            usage_source: UsageSource::Reported,
            cost_nano_usd: Some(0),
            saved_nano_usd: saved,
            latency_us,
            overhead_us: latency_us,
            first_token_us: self.first_token_us,
            ..row(&self.who, &self.call, provider, model)
        };
        self.gw.metrics().finished(&row);
        self.gw.writer().finish(row, None);
        if let Some(ticket) = self.ticket.take() {
            self.gw
                .limiter()
                .settle(ticket, Used::Nothing, self.gw.now_us());
        }
    }

    /// Gives the open attempt and the reservation to a meter that lives on with the stream.
    pub(crate) fn hand_over(&mut self) -> Self {
        Self {
            gw: self.gw.clone(),
            who: Arc::clone(&self.who),
            call: Arc::clone(&self.call),
            ticket: self.ticket.take(),
            held: self.held.take(),
            estimate: self.estimate,
            open: self.open.take(),
            began: self.began,
            upstream_us: self.upstream_us,
            first_token_us: self.first_token_us,
            totals: self.totals,
            span: self.span.clone(),
        }
    }

    /// Sums so far.
    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// What is known of an answer that was cut, or whose vendor reports nothing.
    fn partial_usage(&self) -> (Usage, UsageSource) {
        let Some(open) = &self.open else {
            return (Usage::default(), UsageSource::None);
        };
        if !open.delivered.accepted && open.delivered.chars == 0 {
            return (Usage::default(), UsageSource::None);
        }
        let output = rating::tokens_of_chars(open.delivered.chars);
        let mut usage = match &open.delivered.usage {
            Some(reported) => reported.clone(),
            None => Usage::tokens(rating::count_input(&self.call), 0),
        };
        // An early report (message_start) counts the output only up to itself.
        usage.output_tokens = usage.output_tokens.max(output);
        (usage, UsageSource::Estimated)
    }

    fn close(
        &mut self,
        status: Status,
        error: Option<&Error>,
        usage: Usage,
        source: UsageSource,
    ) -> Option<i64> {
        let open = self.open.take()?;
        let (usage, source) = match open.target.delegates() {
            // The calls that it made have rows of their own.
            true => (Usage::default(), UsageSource::None),
            false => (usage, source),
        };
        let hold = self.gw.open_rows().take(open.row.id);
        let mut row = Arc::unwrap_or_clone(open.row);
        row.status = status;
        row.http_status = open.http_status;
        row.translation = open.translation;
        row.latency_us = micros(if self.totals.attempts > 1 {
            open.began
        } else {
            self.began
        });
        row.overhead_us = (micros(self.began) - self.upstream_us).max(0);
        row.first_token_us = self.first_token_us;
        row.upstream_id = open.delivered.upstream_id;
        if let Some(error) = error {
            row.http_status = error.status;
            row.error_kind = Some(error.kind.word().to_owned());
            row.error_message = Some(clean(&error.message));
        }
        let rated = match source {
            UsageSource::None => Some(rating::Rated::nothing()),
            UsageSource::Reported | UsageSource::Estimated => {
                rating::rate(&open.target, &self.call, &usage)
            }
        };
        row.cost_nano_usd = rated.as_ref().map(|r| r.nano_usd);
        row.price_version = rated.and_then(|r| r.version);
        row.usage = usage;
        row.usage_source = source;
        self.totals.tokens = self
            .totals
            .tokens
            .saturating_add(signed(row.usage.total_tokens()));
        self.totals.nano_usd = self
            .totals
            .nano_usd
            .saturating_add(row.cost_nano_usd.unwrap_or(0));
        self.totals.unpriced |= row.cost_nano_usd.is_none();
        self.totals.uncertain |= source == UsageSource::Estimated;
        trace::attempt(&self.span, &row);
        let cost = row.cost_nano_usd;
        if let Some(held) = &mut self.held {
            held.used(signed(row.usage.total_tokens()), cost.unwrap_or(0));
        }
        self.gw.metrics().finished(&row);
        if row.price_version.is_some() {
            self.gw
                .remember_price(&open.target, row.price_version.as_deref());
        }
        let org = store::OrgId::from_uuid(row.org_id);
        self.gw.writer().finish(row, hold);
        self.gw.alerts().used(org);
        cost
    }

    fn settle(&mut self) {
        self.held = None;
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let Totals {
            tokens,
            nano_usd,
            uncertain,
            ..
        } = self.totals;
        let used = match uncertain {
            true => Used::AtLeast { tokens, nano_usd },
            false => Used::Exactly { tokens, nano_usd },
        };
        self.gw.limiter().settle(ticket, used, self.gw.now_us());
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.open.is_some() {
            let (usage, source) = self.partial_usage();
            self.close(Status::Cancelled, None, usage, source);
        }
        self.settle();
    }
}

/// A row that says who asked whom for what, and nothing yet of how it went.
fn row(who: &Principal, call: &Call, provider: &str, model: &str) -> UsageRecord {
    let tags = who
        .tags()
        .iter()
        .chain(&call.context.tags)
        .cloned()
        .collect();
    UsageRecord {
        id: Uuid::now_v7(),
        org_id: who.org_id().uuid(),
        request_id: call.context.request_id.to_string(),
        attempt: 1,
        key_id: who.key_id().map(store::KeyId::uuid),
        user_id: who.user_id().map(store::UserId::uuid),
        team_id: who.team_id().map(store::TeamId::uuid),
        created_at: call.context.began_us,
        operation: call.operation.word().to_owned(),
        endpoint: call.endpoint.to_owned(),
        requested_model: clean(&call.model),
        provider: provider.to_owned(),
        model: model.to_owned(),
        status: Status::Interrupted,
        http_status: None,
        error_kind: None,
        error_message: None,
        upstream_id: None,
        stream: call.stream,
        usage: Usage::default(),
        usage_source: UsageSource::None,
        cost_nano_usd: None,
        saved_nano_usd: 0,
        price_version: None,
        latency_us: 0,
        first_token_us: None,
        overhead_us: 0,
        end_user: call.end_user.as_deref().map(clean),
        tags,
        metadata: call.metadata.clone(),
        caller: call.context.caller.word().to_owned(),
        run_id: match call.context.caller {
            Caller::Flow(run) => Some(run),
            Caller::Http | Caller::Rag => None,
        },
        translation: None,
    }
}

/// A client's or vendor's text as a database can keep it: no NUL (PostgreSQL refuses it), not endless.
fn clean(text: &str) -> String {
    if text.len() <= MAX_MESSAGE_CHARS && !text.contains('\0') {
        return text.to_owned();
    }
    text.chars()
        .filter(|c| *c != '\0')
        .take(MAX_MESSAGE_CHARS)
        .collect()
}

fn micros(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX)
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
