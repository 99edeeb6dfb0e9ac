//! Facts from configuration, over the built-in ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::card::{Capabilities, Capability, Mode, ModelCard};
use super::decimal;
use super::hours::OffPeakHours;
use super::nearest::nearest;
use super::price::{PriceTable, Rate, parse_price};
use super::row::OFF_PEAK_HOURS;
use super::unit::PriceKey;

const FIELDS: &[&str] = &[
    "same_as",
    "mode",
    "context_window",
    "max_output_tokens",
    "embedding_dimensions",
    "capabilities",
    "price",
    "free",
    "retires",
    "source",
    "as_of",
];

/// What the configuration says of a model. Each field replaces the built-in fact; fields left out
/// keep it.
///
/// Prices are US dollars, per million for tokens and characters and per piece for images, seconds,
/// requests and web searches; `price = { input = "2.5", batch = { input = 1.25 } }` changes these two
/// and keeps the model's other prices. Figures are decimals, best as strings; a bare number is taken
/// at the digits it was written with.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Override {
    /// The built-in model (`provider/model`) whose facts hold, for deployments under names of their
    /// own.
    pub same_as: Option<String>,
    /// What the model is for.
    pub mode: Option<Mode>,
    /// Tokens a prompt may have.
    pub context_window: Option<u64>,
    /// Tokens an answer may have.
    pub max_output_tokens: Option<u64>,
    /// Numbers in a vector.
    pub embedding_dimensions: Option<u32>,
    /// What the model can do: the whole set.
    pub capabilities: Option<Capabilities>,
    /// Prices that differ.
    pub price: PriceOverride,
    /// The model costs nothing, whatever the catalogue says.
    pub free: bool,
    /// The last day of the model.
    pub retires: Option<Date>,
    /// Where the figures come from.
    pub source: Option<String>,
    /// When the figures were read.
    pub as_of: Option<Date>,
}

/// Prices that differ from the built-in ones.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PriceOverride {
    prices: Vec<(PriceKey, Rate)>,
    off_peak_hours: Option<OffPeakHours>,
}

/// An override that cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model `{key}`: {message}")]
pub struct OverrideError {
    /// The key in the configuration.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

impl Override {
    /// The card with the configured facts in place of its own.
    pub(super) fn apply(&self, mut card: ModelCard) -> ModelCard {
        card.mode = self.mode.or(card.mode);
        card.context_window = self.context_window.or(card.context_window);
        card.max_output_tokens = self.max_output_tokens.or(card.max_output_tokens);
        card.embedding_dimensions = self.embedding_dimensions.or(card.embedding_dimensions);
        card.capabilities = self.capabilities.unwrap_or(card.capabilities);
        card.retires = self.retires.or(card.retires);
        card.source = self.source.clone().map(Into::into).or(card.source);
        card.as_of = self.as_of.or(card.as_of);
        if self.free {
            card.price = Some(PriceTable::free());
        } else if !self.price.prices.is_empty() {
            card.price = Some(self.price.over(card.price.as_ref()));
        }
        card
    }
}

impl PriceOverride {
    fn over(&self, base: Option<&PriceTable>) -> PriceTable {
        let kept = base.map(PriceTable::entries).unwrap_or_default();
        let base_hours = base.and_then(PriceTable::off_peak_hours);
        PriceTable::new(
            kept.iter().chain(&self.prices).cloned(),
            self.off_peak_hours.as_ref().or(base_hours).cloned(),
        )
    }
}

/// All overrides, ready to be found.
#[derive(Debug, Default, Clone)]
pub(super) struct Overrides(HashMap<String, OfProvider>);

#[derive(Debug, Default, Clone)]
struct OfProvider {
    exact: BTreeMap<String, Arc<ModelCard>>,
    /// Beginnings of names, longest first.
    patterns: Vec<(String, Arc<Override>)>,
}

impl Overrides {
    pub(super) fn build(
        all: BTreeMap<String, Override>,
        builtin: impl Fn(&str, &str) -> Option<ModelCard>,
    ) -> Result<Self, OverrideError> {
        let mut built = Self::default();
        for (key, one) in all {
            let fail = |message: String| OverrideError {
                key: key.clone(),
                message,
            };
            let (provider, model) = split(&key).ok_or_else(|| {
                fail("expected `provider/model` or `provider/begins-with*`".into())
            })?;
            if one.free && one.price != PriceOverride::default() {
                return Err(fail("`free` and `price` exclude each other".into()));
            }
            if one.price.prices.is_empty() && one.price.off_peak_hours.is_some() {
                return Err(fail("off-peak hours without a price".into()));
            }
            let of_provider = built.0.entry(provider.to_owned()).or_default();
            if let Some(prefix) = model.strip_suffix('*') {
                if one.same_as.is_some() {
                    return Err(fail("`same_as` needs the name of one model".into()));
                }
                of_provider
                    .patterns
                    .push((prefix.to_owned(), Arc::new(one)));
                continue;
            }
            let base = match &one.same_as {
                None => builtin(provider, model),
                Some(other) => Some(
                    split(other)
                        .and_then(|(provider, model)| builtin(provider, model))
                        .ok_or_else(|| fail(format!("`same_as`: no built-in model `{other}`")))?,
                ),
            };
            let mut card =
                base.unwrap_or_else(|| ModelCard::unknown(provider.to_owned(), model.to_owned()));
            card.provider = provider.to_owned().into();
            card.model = model.to_owned().into();
            of_provider
                .exact
                .insert(model.to_owned(), Arc::new(one.apply(card)));
        }
        for of_provider in built.0.values_mut() {
            of_provider
                .patterns
                .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        }
        Ok(built)
    }

    pub(super) fn exact(&self, provider: &str, model: &str) -> Option<Arc<ModelCard>> {
        self.0.get(provider)?.exact.get(model).cloned()
    }

    pub(super) fn pattern(&self, provider: &str, model: &str) -> Option<&Override> {
        let patterns = &self.0.get(provider)?.patterns;
        patterns
            .iter()
            .find(|(prefix, _)| model.starts_with(prefix.as_str()))
            .map(|(_, one)| &**one)
    }

    pub(super) fn providers_of(&self, model: &str) -> Vec<&str> {
        let having = |(_, of): &(&String, &OfProvider)| of.exact.contains_key(model);
        let mut providers: Vec<&str> = self
            .0
            .iter()
            .filter(having)
            .map(|(provider, _)| provider.as_str())
            .collect();
        providers.sort_unstable();
        providers
    }

    pub(super) fn models(&self, provider: &str) -> impl Iterator<Item = &str> {
        self.0
            .get(provider)
            .into_iter()
            .flat_map(|of| of.exact.keys().map(String::as_str))
    }
}

fn split(key: &str) -> Option<(&str, &str)> {
    let (provider, model) = key.split_once('/')?;
    let star_inside = model.strip_suffix('*').unwrap_or(model).contains('*');
    (!provider.is_empty() && !model.is_empty() && !star_inside).then_some((provider, model))
}

impl<'de> Deserialize<'de> for Override {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Override;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of model facts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Override, A::Error> {
                let mut one = Override::default();
                while let Some(field) = map.next_key::<String>()? {
                    read_field(&mut one, &field, &mut map)?;
                }
                Ok(one)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

fn read_field<'de, A: MapAccess<'de>>(
    one: &mut Override,
    field: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    match field {
        "same_as" => one.same_as = Some(map.next_value()?),
        "mode" => {
            let word: String = map.next_value()?;
            let known = Mode::ALL.map(Mode::word);
            let mode = Mode::from_word(&word);
            one.mode = Some(mode.ok_or_else(|| unknown("mode", &word, &known))?);
        }
        "context_window" => one.context_window = Some(map.next_value()?),
        "max_output_tokens" => one.max_output_tokens = Some(map.next_value()?),
        "embedding_dimensions" => one.embedding_dimensions = Some(map.next_value()?),
        "capabilities" => {
            let words: Vec<String> = map.next_value()?;
            one.capabilities = Some(read_capabilities(&words)?);
        }
        "price" => one.price = map.next_value()?,
        "free" => one.free = map.next_value()?,
        "retires" => one.retires = Some(read_date(&map.next_value::<String>()?)?),
        "source" => one.source = Some(map.next_value()?),
        "as_of" => one.as_of = Some(read_date(&map.next_value::<String>()?)?),
        _ => return Err(unknown("field", field, FIELDS)),
    }
    Ok(())
}

fn read_capabilities<E: serde::de::Error>(words: &[String]) -> Result<Capabilities, E> {
    let known = Capability::ALL.map(Capability::word);
    words
        .iter()
        .map(|word| Capability::from_word(word).ok_or_else(|| unknown("capability", word, &known)))
        .collect()
}

fn read_date<E: serde::de::Error>(text: &str) -> Result<Date, E> {
    text.parse()
        .map_err(|_| E::custom(format!("`{text}` is not a date such as 2026-11-22")))
}

fn unknown<E: serde::de::Error>(what: &str, word: &str, known: &[&'static str]) -> E {
    let near = nearest(word, known.iter().copied())
        .map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
    let all = known.join(", ");
    E::custom(format!("unknown {what} `{word}`{near} (known: {all})"))
}

impl<'de> Deserialize<'de> for PriceOverride {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Figure::Table(table) = Figure::deserialize(deserializer)? else {
            return Err(D::Error::custom(
                "prices are a table, such as { input = \"2.5\", output = \"10\" }",
            ));
        };
        let mut one = Self::default();
        one.read("", &table).map_err(D::Error::custom)?;
        Ok(one)
    }
}

impl PriceOverride {
    fn read(&mut self, prefix: &str, table: &[(String, Figure)]) -> Result<(), String> {
        for (name, figure) in table {
            let key = format!("{prefix}{name}");
            match figure {
                Figure::Table(inner) => self.read(&format!("{key}."), inner)?,
                Figure::Text(text) if key == OFF_PEAK_HOURS => {
                    let hours = OffPeakHours::parse(text).ok_or_else(|| {
                        format!("`{key}` must look like 1-5@00:00-08:00;6-7@00:00-24:00")
                    })?;
                    self.off_peak_hours = Some(hours);
                }
                Figure::Text(text) => self.prices.push(parse_price(&key, text)?),
            }
        }
        Ok(())
    }
}

/// A price as it stands in a configuration file: digits, or a table of such by service tier.
enum Figure {
    Text(String),
    Table(Vec<(String, Figure)>),
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Figure;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price in US dollars, such as \"2.5\"")
            }

            fn visit_str<E>(self, text: &str) -> Result<Figure, E> {
                Ok(Figure::Text(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Figure, E> {
                Ok(Figure::Text(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Figure, E> {
                Ok(Figure::Text(number.to_string()))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Figure, E> {
                decimal::text_of(number)
                    .map(Figure::Text)
                    .ok_or_else(|| E::custom(format!("price {number} must be written as a string")))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Figure, A::Error> {
                let mut table = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    table.push(entry);
                }
                Ok(Figure::Table(table))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
