//! From query parameters to a question.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use providers::ErrorKind;
use store::Micros;
use uuid::Uuid;

use super::filter::{IdColumn, TextColumn};
use super::parameter::{BadParameter, Parameters, choose, clip, comma_list};
use super::{Cursor, Dimension, Filter};
use crate::catalogue::decimal;
use crate::usage::Status;

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_SPAN: Duration = Duration::from_secs(30 * 86_400);
/// Rows of a summary when nothing is asked for, and at most.
const SUMMARY_ROWS: (u64, u64) = (1_000, 10_000);
/// Rows of a page of attempts when nothing is asked for, and at most.
const PAGE_ROWS: (u64, u64) = (50, 500);
/// Values of one parameter.
const MAX_VALUES: usize = 100;

const TEXTS: [(&str, TextColumn); 10] = [
    ("model", TextColumn::Model),
    ("provider", TextColumn::Provider),
    ("endpoint", TextColumn::Endpoint),
    ("operation", TextColumn::Operation),
    ("status", TextColumn::Status),
    ("end_user", TextColumn::EndUser),
    ("requested_model", TextColumn::RequestedModel),
    ("caller", TextColumn::Caller),
    ("request_id", TextColumn::RequestId),
    ("error_kind", TextColumn::ErrorKind),
];

const IDS: [(&str, IdColumn); 3] = [
    ("key_id", IdColumn::Key),
    ("user_id", IdColumn::User),
    ("team_id", IdColumn::Team),
];

pub(crate) const SUMMARY_PARAMETERS: [&str; 17] = [
    "from",
    "to",
    "group_by",
    "format",
    "limit",
    "model",
    "provider",
    "key_id",
    "user_id",
    "team_id",
    "tag",
    "endpoint",
    "operation",
    "status",
    "end_user",
    "requested_model",
    "caller",
];

pub(crate) const ATTEMPT_PARAMETERS: [&str; 20] = [
    "from",
    "to",
    "format",
    "limit",
    "cursor",
    "model",
    "provider",
    "key_id",
    "user_id",
    "team_id",
    "tag",
    "endpoint",
    "operation",
    "status",
    "end_user",
    "requested_model",
    "caller",
    "request_id",
    "error_kind",
    "min_cost",
];

const STATUSES: [Status; 5] = [
    Status::Success,
    Status::Error,
    Status::Cancelled,
    Status::CacheHit,
    Status::Interrupted,
];

const ERROR_KINDS: [ErrorKind; 13] = [
    ErrorKind::InvalidRequest,
    ErrorKind::ContextWindow,
    ErrorKind::ContentPolicy,
    ErrorKind::NotSupported,
    ErrorKind::ModelNotFound,
    ErrorKind::Authentication,
    ErrorKind::QuotaExhausted,
    ErrorKind::RateLimited,
    ErrorKind::Overloaded,
    ErrorKind::Upstream,
    ErrorKind::Timeout,
    ErrorKind::Connection,
    ErrorKind::Malformed,
];

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object.
    Json,
    /// RFC 4180 with a header line.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// A document for people; of sums only.
    Pdf,
}

impl Format {
    const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Ndjson, Self::Pdf];
    /// Those that single attempts come in.
    const ROWS: [Self; 3] = [Self::Json, Self::Csv, Self::Ndjson];

    /// The word in queries.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Pdf => "pdf",
        }
    }
}

/// Sums by group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryQuery {
    /// Which rows.
    pub filter: Filter,
    /// By what; empty: only the total.
    pub group_by: Vec<Dimension>,
    /// Most groups in the answer.
    pub limit: u64,
    /// `format`, when given.
    pub format: Option<Format>,
}

impl SummaryQuery {
    /// Reads `?from=&to=&group_by=&limit=&format=` and filters.
    ///
    /// # Errors
    /// The first parameter that is wrong.
    pub fn parse(pairs: &[(String, String)], now: Micros) -> Result<Self, BadParameter> {
        let given = Parameters::new(pairs, &SUMMARY_PARAMETERS)?;
        let words = given.one("group_by")?.unwrap_or_default();
        let group_by = comma_list(words)
            .map(|word| choose("group_by", word, &Dimension::ALL, Dimension::word))
            .collect::<Result<_, _>>()?;
        let (rows, most) = SUMMARY_ROWS;
        Ok(Self {
            filter: filter(&given, now)?,
            group_by,
            limit: given.count("limit", most)?.unwrap_or(rows),
            format: format(&given, &Format::ALL)?,
        })
    }
}

/// Single attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptQuery {
    /// Which rows.
    pub filter: Filter,
    /// Behind which row.
    pub cursor: Option<Cursor>,
    /// How many rows, when given.
    limit: Option<u64>,
    /// `format`, when given.
    pub format: Option<Format>,
}

impl AttemptQuery {
    /// Reads `?from=&to=&cursor=&limit=&format=` and filters.
    ///
    /// # Errors
    /// The first parameter that is wrong.
    pub fn parse(pairs: &[(String, String)], now: Micros) -> Result<Self, BadParameter> {
        let given = Parameters::new(pairs, &ATTEMPT_PARAMETERS)?;
        let mut filter = filter(&given, now)?;
        filter.min_cost_nano_usd = min_cost(&given)?;
        Ok(Self {
            filter,
            cursor: cursor(&given)?,
            limit: given.count("limit", u64::MAX)?,
            format: format(&given, &Format::ROWS)?,
        })
    }

    /// Rows on a page of JSON.
    ///
    /// # Errors
    /// When more were asked for than a page has.
    pub fn page_rows(&self) -> Result<u64, BadParameter> {
        let (rows, most) = PAGE_ROWS;
        match self.limit.unwrap_or(rows) {
            limit if limit <= most => Ok(limit),
            limit => Err(BadParameter::new(
                "limit",
                format!(
                    "`limit` must be 1 to {most}, not `{limit}`; the formats csv and ndjson give \
                     any number of rows"
                ),
            )),
        }
    }

    /// Rows of an export: all, unless fewer were asked for.
    pub fn export_rows(&self) -> u64 {
        self.limit.unwrap_or(u64::MAX)
    }
}

fn filter(given: &Parameters<'_>, now: Micros) -> Result<Filter, BadParameter> {
    let (from, to) = span(given, now)?;
    let mut filter = Filter::between(from, to);
    for (name, column) in TEXTS {
        let values = values(given, name)?;
        for value in &values {
            check_word(column, name, value)?;
        }
        if !values.is_empty() {
            filter.texts.push((column, values));
        }
    }
    for (name, column) in IDS {
        let ids = values(given, name)?
            .iter()
            .map(|text| id(name, text))
            .collect::<Result<Vec<_>, _>>()?;
        if !ids.is_empty() {
            filter.ids.push((column, ids));
        }
    }
    filter.tags = values(given, "tag")?;
    Ok(filter)
}

fn values(given: &Parameters<'_>, name: &str) -> Result<Vec<String>, BadParameter> {
    // No row holds NUL, and PostgreSQL refuses to be asked for it.
    let values: Vec<_> = given
        .all(name)
        .map(|v| v.replace('\0', "\u{fffd}"))
        .collect();
    if values.len() > MAX_VALUES {
        return Err(BadParameter::new(
            name,
            format!(
                "`{name}` is given {} times; at most {MAX_VALUES}",
                values.len()
            ),
        ));
    }
    Ok(values)
}

/// Where all words of a column are known, others are refused: they would only give nothing.
fn check_word(column: TextColumn, name: &str, word: &str) -> Result<(), BadParameter> {
    match column {
        TextColumn::Status => choose(name, word, &STATUSES, Status::word).map(|_| ()),
        TextColumn::ErrorKind => choose(name, word, &ERROR_KINDS, ErrorKind::word).map(|_| ()),
        TextColumn::Caller => choose(name, word, &["http", "rag", "flow"], |w| w).map(|_| ()),
        TextColumn::Model
        | TextColumn::Provider
        | TextColumn::Endpoint
        | TextColumn::Operation
        | TextColumn::EndUser
        | TextColumn::RequestedModel
        | TextColumn::RequestId => Ok(()),
    }
}

fn id(name: &str, text: &str) -> Result<Uuid, BadParameter> {
    Uuid::try_parse(text).map_err(|_| {
        let message = format!(
            "`{name}` must be an id such as 0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11, not `{}`",
            clip(text)
        );
        BadParameter::new(name, message)
    })
}

fn span(given: &Parameters<'_>, now: Micros) -> Result<(Micros, Micros), BadParameter> {
    let to = match given.one("to")? {
        Some(text) => time("to", text, DAY)?,
        // What begins at this very moment counts.
        None => Micros(now.0.saturating_add(1)),
    };
    let from = match given.one("from")? {
        Some(text) => time("from", text, Duration::ZERO)?,
        None => to.minus(DEFAULT_SPAN),
    };
    if from >= to {
        return Err(BadParameter::new(
            "from",
            format!("`from` ({from}) must be before `to` ({to})"),
        ));
    }
    // Before 1970 there is nothing, and rounding to hours counts from there.
    Ok((from.max(Micros(0)), to.max(Micros(0))))
}

/// A moment; a date is its first one, `after_date` later.
fn time(name: &str, text: &str, after_date: Duration) -> Result<Micros, BadParameter> {
    // A `+` that was not escaped arrives as a blank.
    let text = text.replace(' ', "+");
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
        && let Ok(start) = date.to_zoned(TimeZone::UTC)
    {
        return Ok(Micros(start.timestamp().as_microsecond()).plus(after_date));
    }
    text.parse().map_err(|_| {
        let message = format!(
            "`{name}` must be a time such as 2026-11-22T19:31:00Z or a date such as 2026-11-22, \
             not `{}`",
            clip(&text)
        );
        BadParameter::new(name, message)
    })
}

fn format(given: &Parameters<'_>, known: &[Format]) -> Result<Option<Format>, BadParameter> {
    let word = given.one("format")?;
    word.map(|word| choose("format", word, known, Format::word))
        .transpose()
}

fn cursor(given: &Parameters<'_>) -> Result<Option<Cursor>, BadParameter> {
    let Some(text) = given.one("cursor")? else {
        return Ok(None);
    };
    Cursor::decode(text)
        .map(Some)
        .ok_or_else(|| BadParameter::new("cursor", "`cursor` is not one that this list gave out"))
}

fn min_cost(given: &Parameters<'_>) -> Result<Option<i64>, BadParameter> {
    let Some(text) = given.one("min_cost")? else {
        return Ok(None);
    };
    decimal::parse(text, 9).map(Some).map_err(|why| {
        let message = format!(
            "`min_cost` must be an amount in US dollars such as 0.05, not `{}`: {why}",
            clip(text)
        );
        BadParameter::new("min_cost", message)
    })
}

#[cfg(test)]
mod tests;
