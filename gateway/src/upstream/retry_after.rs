//! How long a vendor asks to wait, in every form seen in the wild.
//!
//! `retry-after` in seconds (also fractional) or as an HTTP date, `retry-after-ms`,
//! `x-ms-retry-after-ms`, and the `x-ratelimit-reset-*` family: durations (`6m0s`, `20ms`), seconds
//! (`33011.38`), seconds since the epoch, milliseconds since the epoch.

use std::time::Duration;

use http::HeaderMap;

/// Anything above this many seconds is a point in time, not a span (a year).
const SPAN_MAX_S: f64 = 31_536_000.0;

/// The longest wait is a day: whatever asks for more is a mistake.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// The wait that `headers` ask for. `now_us` is UTC in microseconds. The explicit forms win; of the
/// reset headers the longest of those whose counter is used up (or unknown) counts.
pub(crate) fn parse(headers: &HeaderMap, now_us: i64) -> Option<Duration> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::trim)
    };
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
        if let Some(ms) = text(name).and_then(|t| t.parse::<f64>().ok()) {
            return span(ms / 1e3);
        }
    }
    if let Some(wait) = text("retry-after").and_then(|t| after(t, now_us)) {
        return Some(wait);
    }
    headers
        .iter()
        .filter_map(|(name, value)| {
            let what = name.as_str().strip_prefix("x-ratelimit-reset")?;
            let remaining = text(&format!("x-ratelimit-remaining{what}"));
            let exhausted =
                remaining.is_none_or(|left| left.parse::<f64>().is_ok_and(|n| n <= 0.0));
            exhausted
                .then(|| after(value.to_str().ok()?.trim(), now_us))
                .flatten()
        })
        .max()
}

fn after(text: &str, now_us: i64) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        return number_after(number, now_us);
    }
    if let Ok(at) = httpdate::parse_http_date(text) {
        let at = at.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64();
        return span(at - now_us as f64 / 1e6);
    }
    units(text)
}

fn number_after(number: f64, now_us: i64) -> Option<Duration> {
    let now = now_us as f64 / 1e6;
    match number {
        n if n < SPAN_MAX_S => span(n),
        n if n < 1e11 => span(n - now),
        n => span(n / 1e3 - now),
    }
}

/// Go's duration form: `1h2m3.5s`, `20ms`, `250us`.
fn units(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_len = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let factor = match &rest[..unit_len] {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += value * factor;
        rest = &rest[unit_len..];
    }
    (!text.is_empty()).then(|| span(total)).flatten()
}

/// Seconds to a wait; the past is no wait at all.
fn span(seconds: f64) -> Option<Duration> {
    if !seconds.is_finite() {
        return None;
    }
    Some(
        Duration::try_from_secs_f64(seconds.max(0.0))
            .unwrap_or(WAIT_MAX)
            .min(WAIT_MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T12:00:00Z.
    const NOW_US: i64 = 1_795_348_800_000_000;

    fn check(headers: &[(&'static str, &str)], expected_ms: Option<u64>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("is a header"));
        }
        let wait = parse(&map, NOW_US).map(|d| u64::try_from(d.as_millis()).expect("is short"));
        assert_eq!(wait, expected_ms, "{headers:?}");
    }

    #[test]
    fn every_form() {
        check(&[("retry-after", "2")], Some(2_000));
        check(&[("retry-after", "0.5")], Some(500));
        check(
            &[("retry-after", "Sun, 22 Nov 2026 12:00:07 GMT")],
            Some(7_000),
        );
        check(&[("retry-after", "Sun, 22 Nov 2026 11:00:00 GMT")], Some(0));
        check(&[("retry-after-ms", "1500")], Some(1_500));
        check(&[("x-ms-retry-after-ms", "20")], Some(20));
        check(&[("x-ratelimit-reset-requests", "6m0s")], Some(360_000));
        check(&[("x-ratelimit-reset-tokens", "20ms")], Some(20));
        check(
            &[("x-ratelimit-reset-requests-day", "33011.38")],
            Some(33_011_380),
        );
        check(&[("x-ratelimit-reset", "1795348809")], Some(9_000));
        check(&[("x-ratelimit-reset", "1795348809000")], Some(9_000));
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "1e999")], None);
        check(&[], None);
    }

    #[test]
    fn explicit_wait_wins_and_counters_with_room_do_not_matter() {
        check(
            &[("retry-after", "1"), ("x-ratelimit-reset-requests", "60s")],
            Some(1_000),
        );
        check(
            &[
                ("x-ratelimit-remaining-requests", "5"),
                ("x-ratelimit-reset-requests", "60s"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "2s"),
            ],
            Some(2_000),
        );
    }
}
