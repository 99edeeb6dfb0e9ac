//! Dates and times.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Unit as Precision, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::take;
use crate::nodes::shared::zone::{check_zone, zone};
use crate::value::{PortValues, number_of, text_of};

pub(in crate::nodes) struct DateTime;

/// Units of a calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Seconds,
    Minutes,
    Hours,
    #[default]
    Days,
    Weeks,
    Months,
    Years,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// A time, where no edge brings it: RFC 3339, a date, seconds since 1970; empty: now.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    time: Value,
    /// How the text is written, such as `%d.%m.%Y %H:%M`; empty: found out.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true))]
    read_as: String,
    /// Where times without a zone are meant, and in which the result is written.
    #[serde(default)]
    #[schemars(extend("x-widget" = "timezone"))]
    timezone: String,
    /// Added to the time; negative: subtracted.
    #[serde(default)]
    add: i64,
    /// In what.
    #[serde(default)]
    unit: Unit,
    /// Another time, to count from this one to it.
    #[serde(default)]
    compare_with: Value,
    /// How the text is written, such as `%A, %-d %B %Y`; empty: RFC 3339.
    #[serde(default)]
    write_as: String,
}

impl Node for DateTime {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "calendar",
        keywords: &["date", "time", "format", "timezone", "now", "difference"],
        docs: "Reads a time, adds to it, converts its zone and writes it. Adding months and years follows \
               the calendar: a month after 31 January is 28 February. Days are days of the zone's \
               calendar, also when clocks change.\n\nWith *Compare with*, `difference` counts the days \
               or other units from this time to that one.",
        ..About::step(
            "data.date_time",
            Category::Data,
            "Date and time",
            "Reads, changes, compares and writes times.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("time", DataType::Any, "Time")],
            [
                Port::new("text", DataType::String, "Text"),
                Port::new("timestamp", DataType::String, "RFC 3339 in UTC"),
                Port::new("seconds", DataType::Number, "Seconds since 1970"),
                Port::new("parts", DataType::Object, "Parts"),
                Port::new("difference", DataType::Number, "Difference"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let zone = zone("timezone", &settings.timezone)?;
        let given = take(&mut input, "time");
        let now = Timestamp::from_microsecond(context.now().0);
        let now = now.map_err(|_| NodeError::input("the server's clock is wrong"))?;
        let start = if given.is_null() || given == "" {
            now.to_zoned(zone.clone())
        } else {
            read(&given, &settings.read_as, &zone)?
        };
        let time = start
            .checked_add(span(settings.add, settings.unit)?)
            .map_err(|_| NodeError::settings("add", "the result lies outside of the calendar"))?;
        let text = if settings.write_as.is_empty() {
            time.timestamp()
                .display_with_offset(time.offset())
                .to_string()
        } else {
            jiff::fmt::strtime::format(&settings.write_as, &time)
                .map_err(|error| NodeError::settings("write_as", error.to_string()))?
        };
        let parts = json!({
            "year": time.year(), "month": time.month(), "day": time.day(), "hour": time.hour(),
            "minute": time.minute(), "second": time.second(),
            "weekday": time.weekday().to_monday_one_offset(), "day_of_year": time.day_of_year(),
        });
        let difference = match &settings.compare_with {
            Value::Null => Value::Null,
            Value::String(text) if text.is_empty() => Value::Null,
            other => difference(
                &time,
                &read(other, &settings.read_as, &zone)?,
                settings.unit,
            )?,
        };
        Ok(Output::one("text", text)
            .and("timestamp", time.timestamp().to_string())
            .and("seconds", time.timestamp().as_second())
            .and("parts", parts)
            .and("difference", difference)
            .into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        check_zone("timezone", settings.get("timezone").and_then(Value::as_str))
    }

    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A month later, in Berlin",
                json!({"timezone": "Europe/Berlin", "add": 1, "unit": "months", "write_as": "%d.%m.%Y %H:%M"}),
                json!({"time": "2026-01-31T11:00:00Z"}),
                json!({
                    "text": "28.02.2026 12:00",
                    "timestamp": "2026-02-28T11:00:00Z",
                    "seconds": 1_772_276_400,
                    "parts": {"year": 2026, "month": 2, "day": 28, "hour": 12, "minute": 0, "second": 0, "weekday": 6, "day_of_year": 59},
                    "difference": null,
                }),
            ),
            Example::new(
                "Days until Christmas",
                json!({"compare_with": "2026-12-24", "unit": "days"}),
                json!({"time": "2026-12-01"}),
                json!({
                    "text": "2026-12-01T00:00:00+00:00",
                    "timestamp": "2026-12-01T00:00:00Z",
                    "seconds": 1_796_083_200,
                    "parts": {"year": 2026, "month": 12, "day": 1, "hour": 0, "minute": 0, "second": 0, "weekday": 2, "day_of_year": 335},
                    "difference": 23.0,
                }),
            ),
        ]
    }
}

fn span(amount: i64, unit: Unit) -> Result<Span, NodeError> {
    let span = Span::new();
    let span = match unit {
        Unit::Seconds => span.try_seconds(amount),
        Unit::Minutes => span.try_minutes(amount),
        Unit::Hours => span.try_hours(amount),
        Unit::Days => span.try_days(amount),
        Unit::Weeks => span.try_weeks(amount),
        Unit::Months => span.try_months(amount),
        Unit::Years => span.try_years(amount),
    };
    span.map_err(|_| NodeError::settings("add", "this is too much"))
}

/// Numbers are seconds, or milliseconds when they are so large that they must be.
fn read(value: &Value, format: &str, zone: &TimeZone) -> Result<Zoned, NodeError> {
    let wrong = || {
        let text: String = text_of(value).chars().take(80).collect();
        NodeError::input(format!(
            "`{text}` is not a time: write it as 2026-12-24T18:00 or say how it is written"
        ))
    };
    if format.is_empty()
        && let Some(number) = number_of(value)
    {
        let seconds = if number.abs() >= 1e11 {
            number / 1_000.0
        } else {
            number
        };
        let since = SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
        let at = Timestamp::from_duration(since).map_err(|_| wrong())?;
        return Ok(at.to_zoned(zone.clone()));
    }
    let text = text_of(value);
    let text = text.trim();
    if !format.is_empty() {
        let parsed = jiff::fmt::strtime::parse(format, text).map_err(|_| wrong())?;
        if let Ok(at) = parsed.to_timestamp() {
            return Ok(at.to_zoned(zone.clone()));
        }
        let civil = parsed
            .to_datetime()
            .or_else(|_| parsed.to_date().map(|d| d.at(0, 0, 0, 0)));
        return civil
            .map_err(|_| wrong())?
            .to_zoned(zone.clone())
            .map_err(|_| wrong());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.to_zoned(zone.clone()));
    }
    if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
        return Ok(at.with_time_zone(zone.clone()));
    }
    let civil: civil::DateTime = text.parse().map_err(|_| wrong())?;
    civil.to_zoned(zone.clone()).map_err(|_| wrong())
}

fn difference(from: &Zoned, to: &Zoned, unit: Unit) -> Result<Value, NodeError> {
    let unit = match unit {
        Unit::Seconds => Precision::Second,
        Unit::Minutes => Precision::Minute,
        Unit::Hours => Precision::Hour,
        Unit::Days => Precision::Day,
        Unit::Weeks => Precision::Week,
        Unit::Months => Precision::Month,
        Unit::Years => Precision::Year,
    };
    let far = |_| NodeError::input("the times are too far apart");
    let span = from.until((unit, to)).map_err(far)?;
    Ok(span.total((unit, from)).map_err(far)?.into())
}
