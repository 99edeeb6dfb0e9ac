//! How long a vendor asks to wait, in the forms that need no clock.
//!
//! `retry-after` as an HTTP date is left to the caller, who has a clock.

use http::HeaderMap;

/// Milliseconds from `retry-after-ms`, `x-ms-retry-after-ms`, `retry-after` in seconds, or else from
/// the `x-ratelimit-reset-*` of whichever of requests and tokens is used up.
pub(crate) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let plain = |name: &str, factor: f64| millis(text(name)?.parse().ok()?, factor);
    plain("retry-after-ms", 1.0)
        .or_else(|| plain("x-ms-retry-after-ms", 1.0))
        .or_else(|| plain("retry-after", 1000.0))
        .or_else(|| {
            let used_up = |what: &str| text(&format!("x-ratelimit-remaining-{what}")) == Some("0");
            ["requests", "tokens"]
                .into_iter()
                .filter(|what| used_up(what))
                .filter_map(|what| parse_duration(text(&format!("x-ratelimit-reset-{what}"))?))
                .max()
        })
}

fn millis(number: f64, factor: f64) -> Option<u64> {
    (number.is_finite() && number >= 0.0).then_some((number * factor).ceil() as u64)
}

/// Go's durations as OpenAI writes them: `6m0s`, `1s`, `20ms`, `1h2m3.5s`.
fn parse_duration(text: &str) -> Option<u64> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ms" => 1.0,
                "s" => 1000.0,
                "m" => 60_000.0,
                "h" => 3_600_000.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    millis(total, 1.0)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn check(headers: &[(&'static str, &'static str)], expected: Option<u64>) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect();
        assert_eq!(retry_after_ms(&headers), expected, "{headers:?}");
    }

    #[test]
    fn each_form_without_a_clock_is_read() {
        check(&[], None);
        check(&[("retry-after", "7")], Some(7000));
        check(&[("retry-after", "0.25")], Some(250));
        check(
            &[("retry-after-ms", "1200"), ("retry-after", "2")],
            Some(1200),
        );
        check(&[("x-ms-retry-after-ms", "31")], Some(31));
        check(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], None);
        check(&[("retry-after", "-3")], None);
    }

    #[test]
    fn a_used_up_limit_tells_its_reset() {
        let reset = ("x-ratelimit-reset-requests", "1h6m0.5s");
        check(
            &[("x-ratelimit-remaining-requests", "0"), reset],
            Some(3_960_500),
        );
        check(&[("x-ratelimit-remaining-requests", "1"), reset], None);
        check(
            &[
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "20ms"),
            ],
            Some(20),
        );
        check(
            &[
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "soon"),
            ],
            None,
        );
    }
}
