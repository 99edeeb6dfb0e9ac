use store::{Micros, OrgId};

use super::super::StatementOf;
use super::*;
use crate::usage::report::Usd;

fn statement(lines: usize) -> Statement {
    let line = |at: usize| StatementLine {
        provider: "openai".to_owned(),
        model: format!("gpt-{at}"),
        requests: 1_234_567,
        input_tokens: 9_876_543_210,
        output_tokens: 12,
        cost_nano_usd: 1_000_000_001,
        cost_usd: Usd(1_000_000_001),
        unpriced_requests: 0,
    };
    let lines: Vec<_> = (0..lines).map(line).collect();
    let cost = 1_000_000_001 * i64::try_from(lines.len()).expect("few");
    Statement {
        month: "2026-11".to_owned(),
        from: Micros(0),
        to: Micros(1),
        is_final: true,
        organization: StatementOf {
            id: OrgId::new(),
            name: "Analytical Engines (Zürich)".to_owned(),
            slug: "engines".to_owned(),
            plan: "pro".to_owned(),
        },
        requests: 1,
        input_tokens: 2,
        output_tokens: 3,
        cost_nano_usd: cost,
        cost_usd: Usd(cost),
        lines,
    }
}

fn count(haystack: &[u8], needle: &[u8]) -> usize {
    haystack
        .windows(needle.len())
        .filter(|w| *w == needle)
        .count()
}

#[test]
fn every_line_and_the_exact_total_are_drawn() {
    let pdf = render(&statement(7));
    assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    for at in 0..7 {
        assert_eq!(count(&pdf, format!("(openai/gpt-{at})").as_bytes()), 1);
    }
    assert_eq!(count(&pdf, b"(1.000000001)"), 7);
    assert_eq!(count(&pdf, b"(7.000000007)"), 1, "the total");
    assert_eq!(count(&pdf, b"(US$ 7.000000007)"), 1, "in the box");
    assert_eq!(count(&pdf, b"Page 1 of 1"), 1);
}

#[test]
fn long_statements_go_on_over_the_page_and_lose_nothing() {
    let pdf = render(&statement(200));
    assert_eq!(count(&pdf, b"(1.000000001)"), 200);
    let pages = count(&pdf, b"/Type /Page\n") + count(&pdf, b"/Type /Page ");
    assert!(pages >= 5, "{pages} pages");
    assert_eq!(
        count(&pdf, format!("Page {pages} of {pages}").as_bytes()),
        1
    );
}

#[test]
fn a_name_that_the_font_has_not_gives_way_to_the_slug() {
    let mut statement = statement(1);
    statement.organization.name = "机器公司".to_owned();
    let pdf = render(&statement);
    assert_eq!(count(&pdf, b"engines"), 1);
    assert_eq!(count(&pdf, b"????"), 0);
}

#[test]
fn figures_are_written_for_people_and_exactly() {
    assert_eq!(grouped(0), "0");
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(1_234_567), "1,234,567");
    assert_eq!(exact(1_234_000_000_001), "1,234.000000001");
    assert_eq!(exact(5), "0.000000005");
}
