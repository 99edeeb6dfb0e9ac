//! Which form of an answer a client accepts.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::usage::report::Format;

/// The first form that `Accept` names and we have; JSON for anything else.
pub(super) fn accepted(headers: &HeaderMap) -> Format {
    let lines = headers.get_all(ACCEPT).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .find_map(form)
        .unwrap_or(Format::Json)
}

fn form(range: &str) -> Option<Format> {
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    // A weight of 0 means "not this one".
    let refused = parts
        .filter_map(|p| p.strip_prefix("q="))
        .any(|q| q.parse::<f32>().is_ok_and(|q| q == 0.0));
    match kind.as_str() {
        _ if refused => None,
        "application/json" => Some(Format::Json),
        "text/csv" => Some(Format::Csv),
        "application/pdf" => Some(Format::Pdf),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Format::Ndjson),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_is_known_is_taken() {
        for (accept, wanted) in [
            ("text/csv", Format::Csv),
            ("*/*", Format::Json),
            ("application/x-ndjson, application/json", Format::Ndjson),
            ("text/html, Text/CSV;q=0.9, */*;q=0.1", Format::Csv),
            ("text/csv;q=0, application/x-ndjson", Format::Ndjson),
            ("text/html", Format::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().expect("valid"));
            assert_eq!(accepted(&headers), wanted, "{accept}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Format::Json);
    }
}
