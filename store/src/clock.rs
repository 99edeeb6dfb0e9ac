//! Time: UTC microseconds, from a clock that is passed in so that tests can turn it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: microseconds since 1970-01-01T00:00:00Z. `BIGINT` in both databases, RFC 3339 in
/// JSON (`2026-11-22T19:31:00.123456Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// The time `duration` later; the last representable time when that overflows.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(as_micros(duration)))
    }

    /// The time `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(as_micros(duration)))
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn as_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Micros {
    /// RFC 3339 in UTC; times beyond the year 9999 are written as their number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => fmt::Display::fmt(&timestamp, f),
            Err(_) => fmt::Display::fmt(&self.0, f),
        }
    }
}

/// The text is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: expected RFC 3339 such as 2026-11-22T19:31:00Z")]
pub struct ParseMicrosError(String);

impl FromStr for Micros {
    type Err = ParseMicrosError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>()
            .map(|timestamp| Self(timestamp.as_microsecond()))
            .map_err(|_| ParseMicrosError(text.chars().take(64).collect()))
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

crate::transparent_sql!(Micros: i64);

impl utoipa::PartialSchema for Micros {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::string_schema("date-time")
    }
}

impl utoipa::ToSchema for Micros {}

/// Where the current time comes from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time in UTC.
    fn now(&self) -> Micros;
}

/// A clock shared by everything in a process.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        #[expect(clippy::disallowed_methods, reason = "this is the clock itself")]
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Micros(as_micros(since))
    }
}

/// A clock for tests: stands still until it is turned. Clones share their time.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that shows `now`.
    pub fn at(now: Micros) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    /// Turns the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(as_micros(by), Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set(&self, now: Micros) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Default for TestClock {
    /// 2026-11-22T12:00:00Z.
    fn default() -> Self {
        Self::at(Micros(1_795_348_800_000_000))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_through_rfc_3339() {
        let time = TestClock::default().now();
        assert_eq!(time.to_string(), "2026-11-22T12:00:00Z");
        let precise = Micros(time.0 + 123_456);
        assert_eq!(precise.to_string(), "2026-11-22T12:00:00.123456Z");
        assert_eq!(precise.to_string().parse(), Ok(precise));
        assert_eq!("2026-11-22T13:00:00+01:00".parse(), Ok(time));
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        assert!("2026-11-22T12:00:00".parse::<Micros>().is_err());
        assert!("yesterday".parse::<Micros>().is_err());
    }

    #[test]
    fn arithmetic_never_overflows() {
        assert_eq!(Micros(i64::MAX).plus(Duration::MAX), Micros(i64::MAX));
        assert_eq!(Micros(5).since(Micros(7)), Duration::ZERO);
        assert_eq!(Micros(i64::MAX).to_string(), i64::MAX.to_string());
    }
}
