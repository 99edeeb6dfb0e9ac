//! One line of cron: minute, hour, day of the month, month, day of the week.

use std::str::FromStr;

use jiff::civil::{Date, DateTime};

/// What one of the five fields may hold.
struct Field {
    name: &'static str,
    low: u8,
    high: u8,
    /// Names in place of numbers, the first for `low`.
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        low: 0,
        high: 59,
        names: &[],
    },
    Field {
        name: "hour",
        low: 0,
        high: 23,
        names: &[],
    },
    Field {
        name: "day of the month",
        low: 1,
        high: 31,
        names: &[],
    },
    Field {
        name: "month",
        low: 1,
        high: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    // Seven is Sunday, too.
    Field {
        name: "day of the week",
        low: 0,
        high: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// Days of each month at most.
const LENGTHS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Days until 29 February at most: eight years around a century without it, and some.
const MAX_DAYS: u32 = 9 * 366;

/// A line of cron, each field as a set of bits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// The day of the month and that of the week are both named: either is enough.
    is_either_day: bool,
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let texts: Vec<&str> = line.split_whitespace().collect();
        let Ok(texts) = <[&str; 5]>::try_from(texts) else {
            return Err(format!(
                "`{line:.80}` must have five fields: minute, hour, day of the month, month, day of the \
                 week, such as `0 9 * * 1-5`"
            ));
        };
        let mut sets = [0; 5];
        for ((set, field), text) in sets.iter_mut().zip(&FIELDS).zip(texts) {
            *set = field.parse(text).map_err(|why| {
                let name = field.name;
                format!("the {name} `{text:.40}` of `{line:.80}` is wrong: {why}")
            })?;
        }
        let [minutes, hours, days, months, weekdays] = sets;
        let is_named = |text: &str| !text.starts_with(['*', '?']);
        let cron = Self {
            minutes,
            hours,
            days,
            months,
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            is_either_day: is_named(texts[2]) && is_named(texts[4]),
        };
        if !cron.comes() {
            return Err(format!(
                "the day of the month `{:.40}` of `{line:.80}` is wrong: no month `{:.40}` has it",
                texts[2], texts[3]
            ));
        }
        Ok(cron)
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<u64, String> {
        let mut parts = text.split(',').map(|part| self.part(part));
        parts.try_fold(0, |set, part| Ok(set | part?))
    }

    /// `*`, `5`, `1-5`, each with `/2` behind it or not.
    fn part(&self, text: &str) -> Result<u64, String> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        // Of the two Sundays only one is meant where the end is left open.
        let end = if self.high == 7 { 6 } else { self.high };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.low, end),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            None if step.is_some() => (self.value(range)?, end),
            None => (self.value(range)?, self.value(range)?),
        };
        if first > last {
            return Err(format!("`{range}` goes backwards"));
        }
        let step = match step {
            Some(step) => self.step(step)?,
            None => 1,
        };
        let values = (first..=last).step_by(step);
        Ok(values.fold(0, |set, value| set | 1 << value))
    }

    fn step(&self, text: &str) -> Result<usize, String> {
        let step = text.parse().ok().filter(|step| (1..=59).contains(step));
        step.ok_or_else(|| format!("the step `{text}` must be a number from 1 to 59"))
    }

    fn value(&self, text: &str) -> Result<u8, String> {
        let named = self.names.iter().zip(self.low..);
        let named = named
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, value)) = named {
            return Ok(value);
        }
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = text.parse().ok().filter(|_| is_number);
        let value = value.filter(|value| (self.low..=self.high).contains(value));
        value.ok_or_else(|| {
            let (low, high) = (self.low, self.high);
            let names = match (self.names.first(), self.names.last()) {
                (Some(first), Some(last)) => format!(" or {first} to {last}"),
                _ => String::new(),
            };
            format!("it must be {low} to {high}{names}, `*`, a list `1,3`, a range `1-3` or a step `*/2`")
        })
    }
}

impl Cron {
    /// Whether its day is ever there: 30 February is not.
    fn comes(&self) -> bool {
        let months = (1_u8..).zip(LENGTHS);
        let mut long = months.filter(|(month, _)| has(self.months, *month));
        self.is_either_day
            || long.any(|(_, length)| self.days.trailing_zeros() <= u32::from(length))
    }

    /// The first local minute later than `local` that it names.
    pub(super) fn after(&self, local: DateTime) -> Option<DateTime> {
        let (hour, minute) = (bit(local.hour()), bit(local.minute()));
        let mut date = local.date();
        if self.has_day(date) {
            let rest = above(self.minutes, minute);
            if let (true, Some(minute)) = (has(self.hours, hour), first(rest)) {
                return Some(date.at(local.hour(), minute, 0, 0));
            }
            if let Some(hour) = first(above(self.hours, hour)) {
                return Some(date.at(hour, first(self.minutes)?, 0, 0));
            }
        }
        for _ in 0..MAX_DAYS {
            if !has(self.months, bit(date.month())) {
                date = date.last_of_month();
            }
            date = date.tomorrow().ok()?;
            if self.has_day(date) {
                return Some(date.at(first(self.hours)?, first(self.minutes)?, 0, 0));
            }
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let day = has(self.days, bit(date.day()));
        let weekday = has(self.weekdays, bit(date.weekday().to_sunday_zero_offset()));
        let is_day = if self.is_either_day {
            day || weekday
        } else {
            day && weekday
        };
        is_day && has(self.months, bit(date.month()))
    }
}

/// A part of a date or time as the number of a bit; none is negative.
fn bit(part: i8) -> u8 {
    part.unsigned_abs()
}

fn has(set: u64, value: u8) -> bool {
    set >> value & 1 == 1
}

/// What of the set lies above `value`, which is less than 63.
fn above(set: u64, value: u8) -> u64 {
    set & !((1 << (value + 1)) - 1)
}

fn first(set: u64) -> Option<i8> {
    i8::try_from(set.trailing_zeros()).ok().filter(|_| set != 0)
}
