//! The hours of a week in which a vendor is cheaper.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Off-peak windows in UTC, as `1-5@00:00-01:00,10:00-24:00;6-7@00:00-24:00`: ISO weekdays (Monday
/// is 1), then hours, start included and end excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffPeakHours {
    text: Box<str>,
    windows: Box<[Window]>,
}

/// One span of minutes on a range of weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    first_day: i8,
    last_day: i8,
    from_minute: u16,
    to_minute: u16,
}

impl OffPeakHours {
    /// Reads the notation; `None` when it is not that.
    pub fn parse(text: &str) -> Option<Self> {
        let mut windows = Vec::new();
        for part in text.split(';') {
            let (days, spans) = part.split_once('@')?;
            let (first, last) = days.split_once('-')?;
            let (first_day, last_day) = (parse_day(first)?, parse_day(last)?);
            for span in spans.split(',') {
                let (from, to) = span.split_once('-')?;
                let window = Window {
                    first_day,
                    last_day,
                    from_minute: parse_minute(from)?,
                    to_minute: parse_minute(to)?,
                };
                if window.from_minute >= window.to_minute || first_day > last_day {
                    return None;
                }
                windows.push(window);
            }
        }
        Some(Self {
            text: text.into(),
            windows: windows.into(),
        })
    }

    /// The notation it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the moment (microseconds since 1970, UTC) is off-peak.
    pub fn contains(&self, at_us: i64) -> bool {
        let Ok(at) = Timestamp::from_microsecond(at_us) else {
            return false;
        };
        let at = at.to_zoned(TimeZone::UTC);
        let day = at.weekday().to_monday_one_offset();
        let minute =
            u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
        self.windows.iter().any(|window| {
            (window.first_day..=window.last_day).contains(&day)
                && (window.from_minute..window.to_minute).contains(&minute)
        })
    }
}

fn parse_day(text: &str) -> Option<i8> {
    text.parse().ok().filter(|day| (1..=7).contains(day))
}

fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60)
        .then_some(hour * 60 + minute)
        .filter(|minutes| hour <= 24 && *minutes <= 24 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHTS: &str = "1-5@00:00-01:00,10:00-24:00;6-7@00:00-24:00";

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect(text).as_microsecond()
    }

    #[test]
    fn windows_include_their_start_and_exclude_their_end() {
        let hours = OffPeakHours::parse(NIGHTS).expect("notation");
        // 23 November 2026 is a Monday.
        assert!(hours.contains(at("2026-11-23T00:00:00Z")));
        assert!(!hours.contains(at("2026-11-23T01:00:00Z")));
        assert!(!hours.contains(at("2026-11-23T09:59:59Z")));
        assert!(hours.contains(at("2026-11-23T10:00:00Z")));
        assert!(hours.contains(at("2026-11-27T23:59:59Z")));
        assert!(hours.contains(at("2026-11-28T05:00:00Z")));
    }

    #[test]
    fn nonsense_is_no_window() {
        for text in [
            "",
            "1-5",
            "0-5@00:00-01:00",
            "5-1@00:00-01:00",
            "1-5@02:00-01:00",
            "1-5@0-1",
        ] {
            assert_eq!(OffPeakHours::parse(text), None, "{text:?}");
        }
    }
}
