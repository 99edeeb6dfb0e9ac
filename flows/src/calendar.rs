//! Times of a calendar: lines of cron or plain language, somewhere.

mod cron;
mod plain;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};
use store::Micros;

use cron::Cron;

/// The zone of this name; UTC for the empty one.
pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    if name.is_empty() || name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name)
        .map_err(|_| format!("there is no time zone `{name:.80}`: write it as Europe/Berlin"))
}

/// What is wrong with a line: which field or word, and what it may be. `None`: nothing.
pub(crate) fn wrong_line(line: &str) -> Option<String> {
    read_line(line).err()
}

/// A line of cron, or the lines that words mean.
fn read_line(line: &str) -> Result<Vec<Cron>, String> {
    if !plain::is_plain(line) {
        return Ok(vec![line.parse()?]);
    }
    let lines = plain::lines_of(line)?;
    lines.iter().map(|line| line.parse()).collect()
}

/// Lines of cron or plain language in one zone.
///
/// When clocks change, a local time that does not exist comes at the next one that does, and a local
/// time that comes twice counts the first time.
#[derive(Debug)]
pub(crate) struct Calendar {
    lines: Vec<Cron>,
    zone: TimeZone,
}

impl Calendar {
    /// Reads lines (1 to 20) and the zone's name.
    ///
    /// # Errors
    /// Which field or word of which line is wrong, or that there is no such zone.
    pub(crate) fn new(times: &[String], zone_name: &str) -> Result<Self, String> {
        if times.is_empty() || times.len() > 20 {
            return Err(format!(
                "`times` must have 1 to 20 lines, not {}",
                times.len()
            ));
        }
        let mut lines = Vec::with_capacity(times.len());
        for line in times {
            lines.extend(read_line(line)?);
        }
        let zone = zone(zone_name)?;
        Ok(Self { lines, zone })
    }

    /// The first time later than `after`.
    pub(crate) fn next(&self, after: Micros) -> Option<Micros> {
        let after = Timestamp::from_microsecond(after.0).ok()?;
        let lines = self.lines.iter();
        let next = lines
            .filter_map(|line| next_of(line, &self.zone, after))
            .min()?;
        Some(Micros(next.as_microsecond()))
    }

    /// The times later than `after`, in order, each once.
    pub(crate) fn after(&self, after: Micros) -> impl Iterator<Item = Micros> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }
}

/// The next `count` times of these lines.
///
/// # Errors
/// Which field or word of which line is wrong, or that there is no such zone.
pub(crate) fn next_times(
    times: &[String],
    zone: &str,
    after: Micros,
    count: usize,
) -> Result<Vec<Micros>, String> {
    Ok(Calendar::new(times, zone)?
        .after(after)
        .take(count)
        .collect())
}

fn next_of(line: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut local = zone.to_datetime(after);
    // In the second half of an hour that comes twice, its times have been: they lie before `after`.
    loop {
        local = line.after(local)?;
        let time = instant(zone, local)?;
        if time > after {
            return Some(time);
        }
    }
}

/// When this local time comes first; for one that does not exist, when clocks are put forward.
fn instant(zone: &TimeZone, local: jiff::civil::DateTime) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(local);
    let is_gap = matches!(found.offset(), AmbiguousOffset::Gap { .. });
    let first = found.earlier().ok()?;
    if !is_gap {
        return Some(first);
    }
    let change = zone.following(first).next()?;
    Some(change.timestamp())
}

#[cfg(test)]
mod tests;
