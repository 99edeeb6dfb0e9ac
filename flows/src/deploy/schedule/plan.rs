//! Which times of a schedule begin runs.

use std::time::Duration;

use store::Micros;

use crate::calendar::Calendar;
use crate::nodes::Missed;

/// A time is late, and so was missed, when it is older than this.
const GRACE: Duration = Duration::from_secs(60);
/// Missed times that are made up for, the latest ones.
const MAX_MISSED: usize = 100;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Of the times later than `seen_until`, up to `now`: those that begin a run, in order.
pub(super) fn due(
    calendar: &Calendar,
    missed: Missed,
    seen_until: Micros,
    now: Micros,
) -> Vec<Micros> {
    let late = now.minus(GRACE);
    let is_late = || calendar.next(seen_until).is_some_and(|first| first <= late);
    match missed {
        Missed::Skip => latest(calendar, seen_until.max(late), now, MAX_MISSED),
        Missed::Once if is_late() => latest(calendar, seen_until, now, 1),
        Missed::Once | Missed::All => latest(calendar, seen_until, now, MAX_MISSED),
    }
}

/// The last `most` times later than `after`, up to `now`. Looks no further back than it must: a
/// schedule of each minute has half a million times a year.
fn latest(calendar: &Calendar, after: Micros, now: Micros, most: usize) -> Vec<Micros> {
    let times = |from| -> Vec<Micros> {
        let times = calendar.after(from);
        times.take_while(|time| *time <= now).collect()
    };
    let mut found = Vec::new();
    for reach in [HOUR, 2 * DAY, 64 * DAY, 1_000 * DAY, Duration::MAX] {
        let from = after.max(now.minus(reach));
        found = times(from);
        if found.len() >= most || from == after {
            break;
        }
    }
    found.split_off(found.len().saturating_sub(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(line: &str) -> Calendar {
        Calendar::new(&[line.to_owned()], "Europe/Berlin").expect("sound")
    }

    fn due_at(line: &str, missed: Missed, seen: &str, now: &str) -> Vec<String> {
        let (seen, now) = (seen.parse().expect("a time"), now.parse().expect("a time"));
        let due = due(&calendar(line), missed, seen, now);
        due.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_time_that_has_just_come_is_run_whatever_the_policy() {
        for missed in [Missed::Skip, Missed::Once, Missed::All] {
            let due = due_at(
                "0 9 * * *",
                missed,
                "2026-01-01T08:00:00Z",
                "2026-01-02T08:00:03Z",
            );
            assert_eq!(due, ["2026-01-02T08:00:00Z"], "{missed:?}");
        }
    }

    #[test]
    fn missed_times_are_left_out_made_up_for_or_run() {
        let (seen, now) = ("2026-01-01T08:00:00Z", "2026-01-04T09:30:00Z");
        let due = |missed| due_at("0 9 * * *", missed, seen, now);
        assert_eq!(due(Missed::Skip), Vec::<String>::new());
        assert_eq!(due(Missed::Once), ["2026-01-04T08:00:00Z"]);
        let all = [
            "2026-01-02T08:00:00Z",
            "2026-01-03T08:00:00Z",
            "2026-01-04T08:00:00Z",
        ];
        assert_eq!(due(Missed::All), all);
    }

    #[test]
    fn one_run_makes_up_for_missed_times_and_the_present_one() {
        let (seen, now) = ("2026-01-01T08:00:00Z", "2026-01-01T08:10:02Z");
        let due = |missed| due_at("* * * * *", missed, seen, now);
        assert_eq!(due(Missed::Once), ["2026-01-01T08:10:00Z"]);
        assert_eq!(due(Missed::Skip), ["2026-01-01T08:10:00Z"]);
        assert_eq!(due(Missed::All).len(), 10);
    }

    #[test]
    fn of_very_many_missed_times_the_latest_hundred_are_run() {
        let (seen, now) = ("2016-01-01T08:00:00Z", "2026-01-01T08:00:30Z");
        let due = due_at("*/5 * * * *", Missed::All, seen, now);
        assert_eq!(due.len(), 100);
        assert_eq!(due.last().map(String::as_str), Some("2026-01-01T08:00:00Z"));
        let yearly = due_at("0 9 1 1 *", Missed::All, seen, now);
        assert_eq!(yearly.len(), 10);
    }
}
