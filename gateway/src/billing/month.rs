//! Calendar months in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use store::Micros;

/// A month, written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month that holds a moment.
    pub fn of(time: Micros) -> Self {
        let date = Timestamp::from_microsecond(time.0)
            .map(|timestamp| timestamp.to_zoned(TimeZone::UTC).date());
        Self(date.unwrap_or(Date::ZERO).first_of_month())
    }

    /// Its first moment.
    pub fn start(self) -> Micros {
        start_of(self.0)
    }

    /// The first moment after it.
    pub fn end(self) -> Micros {
        start_of(self.0.checked_add(1.month()).unwrap_or(Date::MAX))
    }

    /// The name for people: `November 2026`.
    pub fn title(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }

    /// First and last day: `2026-11-01 to 2026-11-30`.
    pub fn days(self) -> String {
        format!("{} to {}", self.0, self.0.last_of_month())
    }
}

fn start_of(date: Date) -> Micros {
    let start = date.to_zoned(TimeZone::UTC);
    Micros(start.map_or(0, |start| start.timestamp().as_microsecond()))
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a month is written like 2026-11, not `{text:.20}`");
        let well_formed = text.len() == 7 && text.as_bytes()[4] == b'-';
        if !well_formed {
            return Err(wrong());
        }
        let date = format!("{text}-01").parse::<Date>().map_err(|_| wrong())?;
        if date.year() < 1970 {
            return Err(wrong());
        }
        Ok(Self(date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_reaches_from_its_first_moment_to_the_next_ones() {
        let month: Month = "2028-02".parse().expect("a month");
        assert_eq!(month.start().to_string(), "2028-02-01T00:00:00Z");
        assert_eq!(month.end().to_string(), "2028-03-01T00:00:00Z");
        assert_eq!(month.days(), "2028-02-01 to 2028-02-29");
        assert_eq!(month.title(), "February 2028");
        assert_eq!(Month::of(Micros(month.end().0 - 1)), month);
        assert!(Month::of(month.end()) > month);
        assert_eq!(month.to_string(), "2028-02");
    }

    #[test]
    fn other_texts_are_no_months() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-1",
            "26-11-01",
            "2026/11",
            "1969-12",
            "éé-éé",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
