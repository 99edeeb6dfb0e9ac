//! Counters in this process, behind one lock.
//!
//! One lock on purpose: a reservation over several counters must be atomic, takes some hundred
//! nanoseconds, and never waits for anything while it holds the lock.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use parking_lot::Mutex;
use uuid::Uuid;

use super::budget::{period_rest_us, period_start};
use super::window::Window;
use super::{Claim, Held, Limiter, Period, Refused, Remaining, Shape, Ticket, Unit, Used};

/// [`Limiter`] in memory. Windows start empty after a restart; budgets are seeded from stored usage.
#[derive(Debug, Default)]
pub struct Local {
    counters: Mutex<HashMap<Uuid, Counter>>,
}

#[derive(Debug)]
enum Counter {
    Window(Window),
    Open(i64),
    Budget(Spending),
}

#[derive(Debug, Default, Clone, Copy)]
struct Spending {
    start_us: i64,
    spent: i64,
    reserved: i64,
}

impl Counter {
    fn new(shape: Shape) -> Self {
        match shape {
            Shape::Window(length) => Self::Window(Window::new(micros(length))),
            Shape::Open => Self::Open(0),
            Shape::Budget(_) => Self::Budget(Spending {
                start_us: i64::MIN,
                ..Default::default()
            }),
        }
    }

    fn fits(&self, shape: Shape) -> bool {
        matches!(
            (self, shape),
            (Self::Window(_), Shape::Window(_))
                | (Self::Open(_), Shape::Open)
                | (Self::Budget(_), Shape::Budget(_))
        )
    }

    fn used(&mut self, claim: &Claim, now_us: i64) -> i64 {
        match self {
            Self::Window(window) => window.used(now_us),
            Self::Open(open) => *open,
            Self::Budget(spending) => {
                let Shape::Budget(period) = claim.shape else {
                    return claim.max;
                };
                let start_us = period_start(period, now_us);
                if start_us > spending.start_us {
                    *spending = Spending {
                        start_us,
                        ..Default::default()
                    };
                }
                spending.spent.saturating_add(spending.reserved)
            }
        }
    }

    fn take(&mut self, amount: i64, now_us: i64) -> i64 {
        match self {
            Self::Window(window) => window.add(now_us, amount),
            Self::Open(open) => {
                *open += amount;
                0
            }
            Self::Budget(spending) => {
                spending.reserved += amount;
                spending.start_us
            }
        }
    }

    fn settle(&mut self, held: &Held, actual: i64) {
        match self {
            Self::Window(window) => window.adjust(held.slot, actual - held.amount),
            Self::Open(open) => *open -= held.amount,
            Self::Budget(spending) if spending.start_us == held.slot => {
                spending.reserved -= held.amount;
                spending.spent = spending.spent.saturating_add(actual);
            }
            // The period ended while the call was open: it belongs to the period it began in.
            Self::Budget(_) => {}
        }
    }

    /// Time until `missing` more units fit.
    fn frees_in(&self, claim: &Claim, missing: i64, now_us: i64) -> Option<i64> {
        match (self, claim.shape) {
            (Self::Window(window), _) => window.frees_in(now_us, missing),
            (Self::Open(_), _) => Some(1_000_000),
            (Self::Budget(_), Shape::Budget(period)) => period_rest_us(period, now_us),
            (Self::Budget(_), _) => None,
        }
    }
}

impl Local {
    /// Empty counters.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step itself; [`Limiter::reserve`] without the future.
    ///
    /// # Errors
    /// The first claim without room.
    pub fn try_reserve(&self, claims: &[Claim], now_us: i64) -> Result<Ticket, Refused> {
        let mut counters = self.counters.lock();
        for (position, claim) in claims.iter().enumerate() {
            let counter = counters
                .entry(claim.counter)
                .and_modify(|c| {
                    if !c.fits(claim.shape) {
                        *c = Counter::new(claim.shape);
                    }
                })
                .or_insert_with(|| Counter::new(claim.shape));
            let used = counter.used(claim, now_us);
            if used.saturating_add(claim.amount) > claim.max {
                return Err(refusal(position, claim, counter, used, now_us));
            }
        }
        let mut ticket = Ticket::default();
        for claim in claims {
            let Some(counter) = counters.get_mut(&claim.counter) else {
                continue;
            };
            let slot = counter.take(claim.amount, now_us);
            let used = counter.used(claim, now_us);
            let reset = counter.frees_in(claim, used, now_us).unwrap_or(0);
            ticket.remaining.push(Remaining {
                left: claim.max - used,
                reset: duration(reset),
            });
            ticket.held.push(Held {
                counter: claim.counter,
                unit: claim.unit,
                amount: claim.amount,
                slot,
            });
        }
        Ok(ticket)
    }
}

fn refusal(claim_at: usize, claim: &Claim, counter: &Counter, used: i64, now_us: i64) -> Refused {
    let fits_ever = claim.amount <= claim.max;
    let missing = used + claim.amount - claim.max;
    let wait = fits_ever
        .then(|| counter.frees_in(claim, missing, now_us))
        .flatten();
    Refused {
        claim: claim_at,
        used,
        retry_after: wait.map(duration),
    }
}

impl Limiter for Local {
    fn reserve<'a>(
        &'a self,
        claims: &'a [Claim],
        now_us: i64,
    ) -> BoxFuture<'a, Result<Ticket, Refused>> {
        ready(self.try_reserve(claims, now_us)).boxed()
    }

    fn settle(&self, ticket: Ticket, used: Used, _now_us: i64) {
        if ticket.held.is_empty() {
            return;
        }
        let mut counters = self.counters.lock();
        for held in &ticket.held {
            if let Some(counter) = counters.get_mut(&held.counter) {
                counter.settle(held, actual(held, used));
            }
        }
    }

    fn seed_budget(&self, counter: Uuid, start_us: i64, spent: i64) {
        let mut counters = self.counters.lock();
        let entry = counters
            .entry(counter)
            .or_insert(Counter::new(Shape::Budget(Period::Total)));
        if let Counter::Budget(spending) = entry
            && spending.start_us < start_us
        {
            *spending = Spending {
                start_us,
                spent,
                reserved: 0,
            };
        }
    }

    fn knows_budget(&self, counter: Uuid, start_us: i64) -> bool {
        match self.counters.lock().get(&counter) {
            Some(Counter::Budget(spending)) => spending.start_us >= start_us,
            _ => false,
        }
    }
}

/// What a held amount becomes when the call has ended.
fn actual(held: &Held, used: Used) -> i64 {
    let pick = |tokens: i64, nano_usd: i64| match held.unit {
        Unit::Requests | Unit::Concurrency => held.amount,
        Unit::Tokens => tokens,
        Unit::NanoUsd => nano_usd,
    };
    match used {
        Used::Exactly { tokens, nano_usd } => pick(tokens, nano_usd),
        Used::AtLeast { tokens, nano_usd } => pick(tokens, nano_usd).max(held.amount),
        Used::Nothing => pick(0, 0),
    }
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

fn duration(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn claim(id: u128, unit: Unit, shape: Shape, max: i64, amount: i64) -> Claim {
        Claim {
            counter: Uuid::from_u128(id),
            unit,
            shape,
            max,
            amount,
        }
    }

    fn requests(max: i64) -> Claim {
        claim(1, Unit::Requests, Shape::Window(MINUTE), max, 1)
    }

    #[test]
    fn all_scopes_or_none() {
        let local = Local::new();
        let claims = [
            requests(10),
            claim(2, Unit::Tokens, Shape::Window(MINUTE), 5, 6),
        ];
        let refused = local
            .try_reserve(&claims, 0)
            .expect_err("tokens do not fit");
        assert_eq!((refused.claim, refused.retry_after), (1, None));
        let ticket = local
            .try_reserve(&[requests(10)], 0)
            .expect("nothing was taken");
        assert_eq!(ticket.remaining[0].left, 9);
    }

    #[test]
    fn refunds_by_measured_usage_and_keeps_the_estimate_when_unknown() {
        let local = Local::new();
        let tokens = |amount| claim(2, Unit::Tokens, Shape::Window(MINUTE), 100, amount);
        let a = local.try_reserve(&[tokens(60)], 0).expect("fits");
        let b = local.try_reserve(&[tokens(40)], 0).expect("fits");
        assert!(local.try_reserve(&[tokens(1)], 0).is_err());
        local.settle(
            a,
            Used::Exactly {
                tokens: 10,
                nano_usd: 0,
            },
            0,
        );
        local.settle(
            b,
            Used::AtLeast {
                tokens: 5,
                nano_usd: 0,
            },
            0,
        );
        let c = local
            .try_reserve(&[tokens(50)], 0)
            .expect("10 + 40 + 50 = 100");
        assert!(local.try_reserve(&[tokens(1)], 0).is_err());
        local.settle(c, Used::Nothing, 0);
        assert!(local.try_reserve(&[tokens(50)], 0).is_ok());
    }

    #[test]
    fn concurrency_is_given_back() {
        let local = Local::new();
        let open = claim(3, Unit::Concurrency, Shape::Open, 1, 1);
        let ticket = local
            .try_reserve(std::slice::from_ref(&open), 0)
            .expect("first");
        assert!(local.try_reserve(std::slice::from_ref(&open), 0).is_err());
        local.settle(
            ticket,
            Used::AtLeast {
                tokens: 0,
                nano_usd: 0,
            },
            0,
        );
        assert!(local.try_reserve(&[open], 0).is_ok());
    }

    #[test]
    fn budgets_start_anew_with_their_period_and_remember_what_was_stored() {
        let local = Local::new();
        let day = 86_400_000_000;
        let money = |amount| claim(4, Unit::NanoUsd, Shape::Budget(Period::Day), 100, amount);
        local.seed_budget(Uuid::from_u128(4), 10 * day, 95);
        assert!(local.try_reserve(&[money(6)], 10 * day + 5).is_err());
        let ticket = local
            .try_reserve(&[money(5)], 10 * day + 5)
            .expect("95 + 5");
        let next = local
            .try_reserve(&[money(100)], 11 * day)
            .expect("a new day");
        local.settle(
            ticket,
            Used::Exactly {
                tokens: 0,
                nano_usd: 5,
            },
            11 * day,
        );
        assert!(local.try_reserve(&[money(1)], 11 * day).is_err());
        local.settle(
            next,
            Used::Exactly {
                tokens: 0,
                nano_usd: 1,
            },
            11 * day,
        );
        assert!(local.try_reserve(&[money(99)], 11 * day).is_ok());
    }

    #[test]
    fn refusal_says_when_there_is_room_again() {
        let local = Local::new();
        let _first = local.try_reserve(&[requests(1)], 0).expect("first");
        let refused = local
            .try_reserve(&[requests(1)], 30_000_000)
            .expect_err("full");
        let wait = refused.retry_after.expect("room comes");
        assert!(
            local
                .try_reserve(&[requests(1)], 30_000_000 + micros(wait) - 1)
                .is_err()
        );
        let ok = local.try_reserve(&[requests(1)], 30_000_000 + micros(wait));
        assert!(ok.is_ok(), "the promised time must hold");
    }

    proptest! {
        #[test]
        fn never_more_than_the_maximum_in_any_window(
            max in 1i64..50,
            steps in prop::collection::vec((0i64..5_000_000, 1i64..20, 0u8..4), 1..200),
        ) {
            let local = Local::new();
            let (mut now, mut admitted) = (0, Vec::new());
            for (pause, amount, how) in steps {
                now += pause;
                let tokens = claim(2, Unit::Tokens, Shape::Window(MINUTE), max, amount);
                let Ok(ticket) = local.try_reserve(&[tokens], now) else { continue };
                let used = amount * i64::from(how) / 3;
                let (used, outcome) = match how {
                    3 => (amount, Used::AtLeast { tokens: 0, nano_usd: 0 }),
                    _ => (used, Used::Exactly { tokens: used, nano_usd: 0 }),
                };
                local.settle(ticket, outcome, now);
                admitted.push((now, used));
            }
            for &(start, _) in &admitted {
                let sum: i64 = admitted.iter()
                    .filter(|(at, _)| (start..start + 60_000_000).contains(at))
                    .map(|(_, used)| used)
                    .sum();
                prop_assert!(sum <= max, "{sum} > {max} from {start}");
            }
        }

        #[test]
        fn budgets_hold_under_any_interleaving(
            amounts in prop::collection::vec((1i64..40, 0i64..40, any::<bool>()), 1..100),
        ) {
            let local = Local::new();
            let (mut open, mut spent) = (Vec::new(), 0);
            for (reserve, used, close) in amounts {
                let money = claim(4, Unit::NanoUsd, Shape::Budget(Period::Total), 100, reserve);
                if let Ok(ticket) = local.try_reserve(&[money], 1) {
                    open.push((ticket, used.min(reserve)));
                }
                if close && let Some((ticket, used)) = open.pop() {
                    spent += used;
                    local.settle(ticket, Used::Exactly { tokens: 0, nano_usd: used }, 1);
                }
                prop_assert!(spent <= 100);
            }
        }
    }
}
