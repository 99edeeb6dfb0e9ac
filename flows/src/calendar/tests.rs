use store::Micros;

use super::next_times;

fn time(text: &str) -> Micros {
    text.parse().expect("a time")
}

fn next(lines: &[&str], zone: &str, after: &str, count: usize) -> Vec<String> {
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    let times = next_times(&lines, zone, time(after), count).expect("sound lines");
    times.iter().map(ToString::to_string).collect()
}

fn why(line: &str) -> String {
    let times = next_times(&[line.to_owned()], "UTC", time("2026-01-01T00:00:00Z"), 1);
    times.expect_err("the line is wrong")
}

#[test]
fn in_berlin_a_time_that_does_not_exist_comes_when_clocks_are_put_forward() {
    // On 29 March 2026 clocks go from 02:00 to 03:00.
    let times = next(&["30 2 * * *"], "Europe/Berlin", "2026-03-28T00:00:00Z", 3);
    let wanted = [
        "2026-03-28T01:30:00Z",
        "2026-03-29T01:00:00Z",
        "2026-03-30T00:30:00Z",
    ];
    assert_eq!(times, wanted);
    // Three times of the hour that is left out, and the one after it, are one.
    let times = next(
        &["0,20,40 2-3 * * *"],
        "Europe/Berlin",
        "2026-03-29T00:00:00Z",
        3,
    );
    let wanted = [
        "2026-03-29T01:00:00Z",
        "2026-03-29T01:20:00Z",
        "2026-03-29T01:40:00Z",
    ];
    assert_eq!(times, wanted);
}

#[test]
fn in_berlin_a_time_that_comes_twice_counts_once() {
    // On 25 October 2026 clocks go from 03:00 back to 02:00.
    let times = next(&["30 2 * * *"], "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
    assert_eq!(times, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    // Asked between its two times, it has been.
    let times = next(&["30 2 * * *"], "Europe/Berlin", "2026-10-25T01:10:00Z", 1);
    assert_eq!(times, ["2026-10-26T01:30:00Z"]);
    let times = next(&["0 * * * *"], "Europe/Berlin", "2026-10-24T23:30:00Z", 3);
    let wanted = [
        "2026-10-25T00:00:00Z",
        "2026-10-25T02:00:00Z",
        "2026-10-25T03:00:00Z",
    ];
    assert_eq!(times, wanted);
}

#[test]
fn in_new_york_clocks_change_at_their_own_times() {
    let times = next(
        &["30 2 * * *"],
        "America/New_York",
        "2026-03-07T12:00:00Z",
        2,
    );
    assert_eq!(times, ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]);
    let times = next(
        &["30 1 * * *"],
        "America/New_York",
        "2026-10-31T12:00:00Z",
        2,
    );
    assert_eq!(times, ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]);
}

#[test]
fn days_months_and_years_end_where_the_place_is() {
    let times = next(
        &["59 23 31 12 *", "0 0 1 1 *"],
        "Asia/Tokyo",
        "2026-12-31T00:00:00Z",
        3,
    );
    let wanted = [
        "2026-12-31T14:59:00Z",
        "2026-12-31T15:00:00Z",
        "2027-12-31T14:59:00Z",
    ];
    assert_eq!(times, wanted);
    let times = next(&["0 0 29 2 *"], "UTC", "2096-03-01T00:00:00Z", 1);
    assert_eq!(times, ["2104-02-29T00:00:00Z"], "2100 has no such day");
    let times = next(&["0 6 31 * *"], "UTC", "2026-01-31T06:00:00Z", 2);
    assert_eq!(times, ["2026-03-31T06:00:00Z", "2026-05-31T06:00:00Z"]);
}

#[test]
fn lists_ranges_steps_and_names_are_understood() {
    // 23 November 2026 is a Monday.
    let from = "2026-11-23T00:00:00Z";
    let times = next(&["*/25 9 * * mon-fri"], "UTC", from, 4);
    let wanted = [
        "2026-11-23T09:00:00Z",
        "2026-11-23T09:25:00Z",
        "2026-11-23T09:50:00Z",
        "2026-11-24T09:00:00Z",
    ];
    assert_eq!(times, wanted);
    let sundays = ["0 9 * * 0", "0 9 * * 7", "0 9 * NOV Sun"];
    for line in sundays {
        assert_eq!(
            next(&[line], "UTC", from, 1),
            ["2026-11-29T09:00:00Z"],
            "{line}"
        );
    }
    let times = next(&["0 0 25 * 5"], "UTC", from, 3);
    let wanted = [
        "2026-11-25T00:00:00Z",
        "2026-11-27T00:00:00Z",
        "2026-12-04T00:00:00Z",
    ];
    assert_eq!(times, wanted, "either day is enough");
    let times = next(&["50/5 0 * * *", "55 0 * * *"], "UTC", from, 3);
    let wanted = [
        "2026-11-23T00:50:00Z",
        "2026-11-23T00:55:00Z",
        "2026-11-24T00:50:00Z",
    ];
    assert_eq!(times, wanted, "a time of two lines comes once");
}

#[test]
fn words_mean_times_where_the_place_is() {
    // 23 November 2026 is a Monday.
    let times = next(
        &[
            "jeden Werktag um 9 Uhr",
            "on Saturday at 10:30",
            "0 6 29 11 *",
        ],
        "Europe/Berlin",
        "2026-11-26T09:00:00Z",
        4,
    );
    let wanted = [
        "2026-11-27T08:00:00Z",
        "2026-11-28T09:30:00Z",
        "2026-11-29T05:00:00Z",
        "2026-11-30T08:00:00Z",
    ];
    assert_eq!(times, wanted);
    let never = why("on the 30th of February at 9");
    assert!(never.contains("no month"), "{never}");
}

#[test]
fn a_wrong_line_is_told_by_its_field() {
    for (line, field) in [
        ("60 * * * *", "the minute `60`"),
        ("0 25 * * *", "the hour `25`"),
        ("0 0 0 * *", "the day of the month `0`"),
        ("0 0 * 13 *", "the month `13`"),
        ("0 0 * * 8", "the day of the week `8`"),
        ("0 0 * * fri-mon", "the day of the week `fri-mon`"),
        ("*/0 * * * *", "the minute `*/0`"),
        ("1, * * * *", "the minute `1,`"),
        ("-1 * * * *", "the minute `-1`"),
        ("+1 * * * *", "the minute `+1`"),
        ("0 0 30 2 *", "the day of the month `30`"),
        ("0 9 * *", "five fields"),
        ("@daily", "five fields"),
        ("0 0 9 * * *", "five fields"),
    ] {
        let message = why(line);
        assert!(message.contains(field), "{line}: {message}");
    }
    let zone = next_times(&["0 9 * * *".to_owned()], "Europe/Bärlin", Micros(0), 1);
    assert!(zone.expect_err("no such zone").contains("Europe/Bärlin"));
}

#[test]
fn times_rise_and_are_found_again_from_any_moment() {
    let lines = ["17 */3 * * *", "0 2 * * 0", "30 1 31 * *"];
    for zone in [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
    ] {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let begin = time("2026-01-01T00:00:00Z");
        let all = next_times(&lines, zone, begin, 4_000).expect("sound");
        assert!(all.is_sorted_by(|a, b| a < b), "{zone}");
        for pair in all.windows(2) {
            let between = Micros(pair[0].0 + (pair[1].0 - pair[0].0) / 2);
            for after in [pair[0], between, Micros(pair[1].0 - 1)] {
                let next = next_times(&lines, zone, after, 1).expect("sound");
                assert_eq!(next, [pair[1]], "{zone} after {after}");
            }
        }
    }
}
