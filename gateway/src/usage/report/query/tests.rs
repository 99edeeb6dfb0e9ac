use super::*;

const NOW: &str = "2026-11-22T19:31:00Z";

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').expect("name=value");
        (name.to_owned(), value.to_owned())
    };
    query
        .split('&')
        .filter(|t| !t.is_empty())
        .map(pair)
        .collect()
}

fn summary(query: &str) -> Result<SummaryQuery, BadParameter> {
    SummaryQuery::parse(&pairs(query), NOW.parse().expect("a time"))
}

fn attempts(query: &str) -> Result<AttemptQuery, BadParameter> {
    AttemptQuery::parse(&pairs(query), NOW.parse().expect("a time"))
}

fn span_of(query: &str) -> (String, String) {
    let filter = summary(query).expect("valid").filter;
    (filter.from.to_string(), filter.to.to_string())
}

#[test]
fn the_last_thirty_days_are_the_default() {
    assert_eq!(
        span_of(""),
        (
            "2026-10-23T19:31:00.000001Z".to_owned(),
            "2026-11-22T19:31:00.000001Z".to_owned()
        )
    );
    assert_eq!(span_of("to=2026-03-31").0, "2026-03-02T00:00:00Z");
}

#[test]
fn dates_are_whole_days_and_times_are_moments() {
    for (query, from, to) in [
        (
            "from=2026-11-01&to=2026-11-02",
            "2026-11-01T00:00:00Z",
            "2026-11-03T00:00:00Z",
        ),
        (
            "from=2026-11-01&to=2026-11-01",
            "2026-11-01T00:00:00Z",
            "2026-11-02T00:00:00Z",
        ),
        (
            "from=2026-11-01T10:00:00Z&to=2026-11-01T12:00:00.5Z",
            "2026-11-01T10:00:00Z",
            "2026-11-01T12:00:00.5Z",
        ),
        // An unescaped plus arrives as a blank.
        (
            "from=2026-11-01T10:00:00 02:00&to=2026-11-02",
            "2026-11-01T08:00:00Z",
            "2026-11-03T00:00:00Z",
        ),
        (
            "from=0001-01-01&to=2026-11-02",
            "1970-01-01T00:00:00Z",
            "2026-11-03T00:00:00Z",
        ),
    ] {
        assert_eq!(span_of(query), (from.to_owned(), to.to_owned()), "{query}");
    }
}

#[test]
fn groups_come_in_their_order_and_once() {
    let query = summary("group_by=day, model,day,tag").expect("valid");
    assert_eq!(
        query.group_by,
        [Dimension::Day, Dimension::Model, Dimension::Tag]
    );
    assert_eq!(summary("group_by=").expect("valid").group_by, []);
    let all: Vec<_> = Dimension::ALL.iter().map(|d| d.word()).collect();
    let query = summary(&format!("group_by={}", all.join(","))).expect("valid");
    assert_eq!(query.group_by, Dimension::ALL);
}

#[test]
fn filters_given_several_times_are_alternatives() {
    let key = Uuid::now_v7();
    let query = format!("model=a&status=error&model=b&key_id={key}&tag=x&tag=y&min_cost=0.05");
    let filter = attempts(&query).expect("valid").filter;
    let wanted = [
        (TextColumn::Model, vec!["a".to_owned(), "b".to_owned()]),
        (TextColumn::Status, vec!["error".to_owned()]),
    ];
    assert_eq!(filter.texts, wanted);
    assert_eq!(filter.ids, [(IdColumn::Key, vec![key])]);
    assert_eq!(filter.tags, ["x", "y"]);
    assert_eq!(filter.min_cost_nano_usd, Some(50_000_000));
}

#[test]
fn every_filter_is_taken_by_both_reports() {
    for (name, _) in TEXTS.iter().take(8) {
        assert!(SUMMARY_PARAMETERS.contains(name), "{name}");
    }
    let ids = IDS.iter().map(|(name, _)| name);
    for name in TEXTS.iter().map(|(name, _)| name).chain(ids) {
        assert!(ATTEMPT_PARAMETERS.contains(name), "{name}");
    }
}

#[test]
fn wrong_parameters_are_named_with_what_would_be_right() {
    for (query, name, message) in [
        (
            "group_by=modle",
            "group_by",
            "`group_by` cannot be `modle` (did you mean `model`?); the values are hour, day, model, ",
        ),
        (
            "group_by=day,qqq",
            "group_by",
            "`group_by` cannot be `qqq`; the values are hour, ",
        ),
        (
            "format=xml",
            "format",
            "`format` cannot be `xml`; the values are json, csv, ndjson",
        ),
        (
            "status=sucess",
            "status",
            "`status` cannot be `sucess` (did you mean `success`?)",
        ),
        (
            "caller=htp",
            "caller",
            "`caller` cannot be `htp` (did you mean `http`?)",
        ),
        (
            "groupby=day",
            "groupby",
            "`groupby` is not a parameter (did you mean `group_by`?)",
        ),
        (
            "from=yesterday",
            "from",
            "`from` must be a time such as 2026-11-22T19:31:00Z or a date",
        ),
        ("to=2026-02-30", "to", "`to` must be a time"),
        (
            "from=2026-11-02&to=2026-11-01",
            "from",
            "`from` (2026-11-02T00:00:00Z) must be before",
        ),
        ("limit=0", "limit", "`limit` must be 1 to 10000, not `0`"),
        ("limit=x", "limit", "`limit` must be 1 to 10000, not `x`"),
        ("limit=1&limit=2", "limit", "`limit` is given twice"),
        ("key_id=17", "key_id", "`key_id` must be an id such as"),
        ("cursor=x", "cursor", "`cursor` is not a parameter"),
    ] {
        let error = summary(query).expect_err(query);
        assert_eq!(error.name, name, "{query}");
        assert!(error.message.starts_with(message), "{query}: {error}");
    }
    for (query, name) in [
        ("cursor=x", "cursor"),
        ("error_kind=rate_limit", "error_kind"),
        ("min_cost=-1", "min_cost"),
        ("min_cost=0.0000000001", "min_cost"),
        ("group_by=day", "group_by"),
    ] {
        assert_eq!(attempts(query).expect_err(query).name, name, "{query}");
    }
    let many = vec!["tag=a"; MAX_VALUES + 1].join("&");
    assert_eq!(summary(&many).expect_err("too many").name, "tag");
}

#[test]
fn a_page_is_small_and_an_export_is_not() {
    assert_eq!(attempts("").expect("valid").page_rows(), Ok(50));
    assert_eq!(attempts("limit=500").expect("valid").page_rows(), Ok(500));
    let export = attempts("limit=2000000").expect("valid");
    assert_eq!(export.page_rows().expect_err("too many").name, "limit");
    assert_eq!(export.export_rows(), 2_000_000);
}

#[test]
fn cursors_round_trip() {
    let cursor = Cursor {
        created_at: Micros(1_790_000_000_000_001),
        id: Uuid::now_v7(),
    };
    let query = attempts(&format!("cursor={cursor}")).expect("valid");
    assert_eq!(query.cursor, Some(cursor));
}
