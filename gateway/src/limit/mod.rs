//! Limits and budgets: all scopes of a call in one atomic step.
//!
//! A call reserves by a conservative estimate before anything is sent and settles by the measured
//! usage. A reservation is all or nothing over all counters (key, user, team, organization, model),
//! so concurrency cannot overshoot any of them. When the usage stays unknown (the stream broke, the
//! vendor did not report) nothing is refunded.
//!
//! [`Local`] keeps the counters in this process. The trait is shaped so that one Redis script can
//! implement it: a flat list of claims in, one verdict out, and a settlement nobody waits for.
//!
//! Why not `governor`: it has no all-or-nothing step over several limiters and no settlement.

mod budget;
mod local;
mod window;

use std::time::Duration;

use futures_util::future::BoxFuture;
use uuid::Uuid;

pub use accounts::Period;
pub use budget::{period_end, period_start};
pub use local::Local;

/// What a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Calls.
    Requests,
    /// Input plus output tokens.
    Tokens,
    /// Calls that are open at the same time.
    Concurrency,
    /// Money.
    NanoUsd,
}

/// How a counter forgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Over any span of this length the sum stays within the maximum.
    Window(Duration),
    /// Given back when the call ends.
    Open,
    /// Per calendar period in UTC.
    Budget(Period),
}

/// One counter's part in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Identity of the counter: the id of the limit or budget row. Renaming changes nothing.
    pub counter: Uuid,
    /// What it counts.
    pub unit: Unit,
    /// How it forgets.
    pub shape: Shape,
    /// Most it may hold.
    pub max: i64,
    /// What this call needs, by estimate.
    pub amount: i64,
}

/// A granted reservation. Settle it exactly once.
#[derive(Debug, Default)]
#[must_use = "a reservation that is not settled blocks its counters"]
pub struct Ticket {
    held: Vec<Held>,
    /// What is left in each counter after this reservation, in the order of the claims.
    pub remaining: Vec<Remaining>,
}

#[derive(Debug)]
struct Held {
    counter: Uuid,
    unit: Unit,
    amount: i64,
    /// Bucket of a window, or start of a budget's period.
    slot: i64,
}

/// The state of one counter after a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// Units left.
    pub left: i64,
    /// When the counter will have room again (all of it for windows).
    pub reset: Duration,
}

/// The counter that had no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Position of the claim.
    pub claim: usize,
    /// Units in use or reserved.
    pub used: i64,
    /// When this very call could be admitted, if nothing else came; `None` when never (the call is
    /// larger than the maximum).
    pub retry_after: Option<Duration>,
}

/// What a call turned out to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// Measured: the difference to the reservation is refunded or charged.
    Exactly {
        /// Input plus output tokens.
        tokens: i64,
        /// Money.
        nano_usd: i64,
    },
    /// At least this much; the reservation stays if it is higher.
    AtLeast {
        /// Input plus output tokens.
        tokens: i64,
        /// Money.
        nano_usd: i64,
    },
    /// Nothing was consumed at the vendor (refused before it was sent, cache hit).
    Nothing,
}

/// Where counters live.
pub trait Limiter: Send + Sync {
    /// Reserves all claims or none. `now_us` is UTC in microseconds.
    fn reserve<'a>(
        &'a self,
        claims: &'a [Claim],
        now_us: i64,
    ) -> BoxFuture<'a, Result<Ticket, Refused>>;

    /// Ends a reservation. Never blocks: callers sit in destructors.
    fn settle(&self, ticket: Ticket, used: Used, now_us: i64);

    /// Tells what a budget has spent in the period that starts at `start_us`, read from stored usage.
    /// Ignored when the counter is known already.
    fn seed_budget(&self, counter: Uuid, start_us: i64, spent: i64);

    /// Whether a budget's counter for this period is known.
    fn knows_budget(&self, counter: Uuid, start_us: i64) -> bool;
}
