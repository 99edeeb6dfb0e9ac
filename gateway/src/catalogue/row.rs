//! One line of a catalogue file to a [`ModelCard`].
//!
//! The notation is described for maintainers in `gateway/catalogue/README.md`.

use jiff::civil::Date;

use super::card::{Capabilities, Capability, Mode, ModelCard};
use super::hours::OffPeakHours;
use super::price::{PriceTable, parse_price};

/// Key under which a row states the off-peak hours among its prices.
pub(super) const OFF_PEAK_HOURS: &str = "off_peak.hours";

/// Reads `line` of the file of `provider`, whose lines before the first blank one are `header`.
///
/// # Errors
/// A sentence naming the part that is wrong. The built-in files are read by a test line by line.
pub(super) fn parse_row(
    provider: &'static str,
    header: &'static str,
    line: &'static str,
) -> Result<ModelCard, String> {
    let columns: Vec<&'static str> = line.split(" | ").collect();
    let &[model, mode, limits, capabilities, prices, notes] = columns.as_slice() else {
        return Err(format!("row has {} columns, not 6", columns.len()));
    };
    let mut card = ModelCard::unknown(provider, model);
    card.mode = optional(mode, "mode", Mode::from_word)?;
    parse_limits(limits, &mut card)?;
    card.capabilities = words(capabilities)
        .map(|word| {
            Capability::from_word(word).ok_or_else(|| format!("unknown capability `{word}`"))
        })
        .collect::<Result<Capabilities, String>>()?;
    card.price = parse_prices(words(prices))?;
    card.as_of = header_value(header, "@as_of ").and_then(|date| date.parse().ok());
    for note in words(notes) {
        parse_note(note, header, &mut card)?;
    }
    Ok(card)
}

fn parse_limits(text: &'static str, card: &mut ModelCard) -> Result<(), String> {
    let mut parts = text.split(' ');
    card.context_window = limit(parts.next())?;
    card.max_output_tokens = limit(parts.next())?;
    card.embedding_dimensions = match parts.next() {
        None => None,
        Some(part) => Some(
            part.strip_prefix("dims=")
                .and_then(|dims| dims.parse().ok())
                .ok_or_else(|| format!("unknown limit `{part}`"))?,
        ),
    };
    Ok(())
}

fn limit(text: Option<&str>) -> Result<Option<u64>, String> {
    let text = text.ok_or("row lacks a limit")?;
    optional(text, "limit", |tokens| tokens.parse().ok())
}

fn parse_prices(words: impl Iterator<Item = &'static str>) -> Result<Option<PriceTable>, String> {
    let mut hours = None;
    let mut prices = Vec::new();
    for word in words {
        let (key, figure) = word
            .split_once('=')
            .ok_or_else(|| format!("price `{word}` has no figure"))?;
        if key == OFF_PEAK_HOURS {
            hours = Some(OffPeakHours::parse(figure).ok_or("wrong off-peak hours")?);
        } else {
            prices.push(parse_price(key, figure)?);
        }
    }
    Ok((!prices.is_empty()).then(|| PriceTable::new(prices, hours)))
}

fn parse_note(note: &str, header: &'static str, card: &mut ModelCard) -> Result<(), String> {
    let date = |text: &str| -> Result<Option<Date>, String> {
        let date = text.parse().map_err(|_| format!("wrong date `{text}`"))?;
        Ok(Some(date))
    };
    match note.split_once('=') {
        Some(("source", number)) => {
            let url = header_value(header, &format!("@source {number} "))
                .ok_or_else(|| format!("source {number} is not in the header"))?;
            card.source = Some(url.into());
        }
        Some(("retires", text)) => card.retires = date(text)?,
        Some(("as_of", text)) => card.as_of = date(text)?,
        _ => return Err(format!("unknown note `{note}`")),
    }
    Ok(())
}

fn header_value(header: &'static str, start: &str) -> Option<&'static str> {
    header.lines().find_map(|line| line.strip_prefix(start))
}

fn optional<T>(
    text: &str,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    match text {
        "-" => Ok(None),
        _ => read(text)
            .map(Some)
            .ok_or_else(|| format!("unknown {what} `{text}`")),
    }
}

fn words(column: &'static str) -> impl Iterator<Item = &'static str> {
    column.split(' ').filter(|word| *word != "-")
}
