//! Calendar periods of budgets, in UTC.

use accounts::Period;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use parking_lot::Mutex;

/// Bounds of the current day, week and month, kept because every call under a budget asks for them
/// and calendar arithmetic costs a microsecond.
static BOUNDS: [Bounds; 3] = [Bounds::new(), Bounds::new(), Bounds::new()];

struct Bounds(Mutex<(i64, i64)>);

impl Bounds {
    const fn new() -> Self {
        Self(Mutex::new((0, 0)))
    }

    fn at(&self, period: Period, now_us: i64) -> Option<(i64, i64)> {
        let mut kept = self.0.lock();
        if (kept.0..kept.1).contains(&now_us) {
            return Some(*kept);
        }
        *kept = compute(period, now_us)?;
        Some(*kept)
    }
}

fn bounds(period: Period, now_us: i64) -> Option<(i64, i64)> {
    match period {
        Period::Day => BOUNDS[0].at(period, now_us),
        Period::Week => BOUNDS[1].at(period, now_us),
        Period::Month => BOUNDS[2].at(period, now_us),
        Period::Total => None,
    }
}

/// Start of the period that holds `now_us`, in UTC microseconds; 0 for [`Period::Total`].
pub fn period_start(period: Period, now_us: i64) -> i64 {
    bounds(period, now_us).map_or(0, |(start, _)| start)
}

/// First moment after the period that holds `now_us`; `None` for [`Period::Total`].
pub fn period_end(period: Period, now_us: i64) -> Option<i64> {
    bounds(period, now_us).map(|(_, end)| end)
}

/// Time until the period ends; `None` for [`Period::Total`].
pub(super) fn period_rest_us(period: Period, now_us: i64) -> Option<i64> {
    bounds(period, now_us).map(|(_, end)| (end - now_us).max(1))
}

fn compute(period: Period, now_us: i64) -> Option<(i64, i64)> {
    let start = start_of(period, now_us)?;
    let span = match period {
        Period::Day => 1.day(),
        Period::Week => 1.week(),
        Period::Month => 1.month(),
        Period::Total => return None,
    };
    let end = start.checked_add(span).ok()?;
    Some((
        start.timestamp().as_microsecond(),
        end.timestamp().as_microsecond(),
    ))
}

fn start_of(period: Period, now_us: i64) -> Option<Zoned> {
    let now = Timestamp::from_microsecond(now_us)
        .ok()?
        .to_zoned(TimeZone::UTC);
    let day = now.start_of_day().ok()?;
    match period {
        Period::Day => Some(day),
        Period::Week => {
            let since_monday = i64::from(day.weekday().since(Weekday::Monday));
            day.checked_sub(since_monday.days()).ok()
        }
        Period::Month => day.first_of_month().ok(),
        Period::Total => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>()
            .expect("is a time")
            .as_microsecond()
    }

    #[test]
    fn periods_start_where_people_expect() {
        let now = at("2026-11-22T19:45:00.5Z"); // a Sunday
        assert_eq!(period_start(Period::Day, now), at("2026-11-22T00:00:00Z"));
        assert_eq!(period_start(Period::Week, now), at("2026-11-16T00:00:00Z"));
        assert_eq!(period_start(Period::Month, now), at("2026-11-01T00:00:00Z"));
        assert_eq!(period_start(Period::Total, now), 0);
        let rest = period_rest_us(Period::Month, now).expect("months end");
        assert_eq!(now + rest, at("2026-12-01T00:00:00Z"));
    }
}
