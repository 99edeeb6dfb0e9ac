//! All prices of one model, exact and with a version.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::decimal;
use super::hours::OffPeakHours;
use super::unit::{PriceKey, Tier, Unit};

/// A price of one unit, as nano-dollars per **million** units.
///
/// One step is a femto-dollar (10⁻¹⁵ USD) a unit, so that $0.13 per million tokens (0.13
/// nano-dollars a token) and $0.0001 a second are both whole numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(i64);

impl Rate {
    /// A price of so many nano-dollars per million units; negative figures are taken as 0.
    pub const fn from_nano_usd_per_million(figure: i64) -> Self {
        Self(if figure < 0 { 0 } else { figure })
    }

    /// Nano-dollars per million units, never negative.
    pub const fn nano_usd_per_million(self) -> i64 {
        self.0
    }
}

/// The stored form of a price table is damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read price snapshot: {0}")]
pub struct SnapshotError(String);

/// What one model costs, in all service tiers and lengths.
///
/// # What is absent
///
/// A figure that a vendor does not publish is not invented. A call that consumes the unit is rated
/// by the nearest published figure:
///
/// * a tier without a figure for a unit: the standard tier's;
/// * a length band without one: the next lower band's. Where a tier lacks a band that the standard
///   tier has, the dearer of the tier's own lower band and the standard tier's band;
/// * a unit without one at all: its parent's. Cached, written, audio and image input are input;
///   reasoning, audio and image output are output; an hour's cache write is a cache write; cached
///   audio is audio where audio has a price of its own, else cached input (images alike).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTable {
    entries: Box<[(PriceKey, Rate)]>,
    off_peak_hours: Option<OffPeakHours>,
    version: Box<str>,
}

impl PriceTable {
    /// A table of these prices; of two with the same key the later stands.
    pub fn new(
        prices: impl IntoIterator<Item = (PriceKey, Rate)>,
        off_peak_hours: Option<OffPeakHours>,
    ) -> Self {
        let entries: BTreeMap<PriceKey, Rate> = prices.into_iter().collect();
        let entries: Box<[_]> = entries.into_iter().collect();
        let version = version_of(&entries, off_peak_hours.as_ref());
        Self {
            entries,
            off_peak_hours,
            version,
        }
    }

    /// A model that costs nothing per token, by decision and not for want of a figure.
    pub fn free() -> Self {
        let zero = |unit| {
            let key = PriceKey {
                tier: Tier::Standard,
                above: 0,
                unit,
                variant: Box::default(),
            };
            (key, Rate::default())
        };
        Self::new([zero(Unit::Input), zero(Unit::Output)], None)
    }

    /// Twelve hexadecimal digits that change when, and only when, a price changes. A usage row keeps
    /// them, and `price_versions` keeps [`PriceTable::to_json`] under them.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All prices, in the order of their keys.
    pub fn entries(&self) -> &[(PriceKey, Rate)] {
        &self.entries
    }

    /// The hours in which the off-peak tier replaces the standard one.
    pub fn off_peak_hours(&self) -> Option<&OffPeakHours> {
        self.off_peak_hours.as_ref()
    }

    /// Whether every price is an explicit zero.
    pub fn is_free(&self) -> bool {
        self.entries.iter().all(|(_, rate)| rate.0 == 0)
    }

    /// The table as JSON text, for storage: `{"version", "unit": "nano_usd_per_million", "prices":
    /// {key: integer}, "off_peak_hours"?}`.
    pub fn to_json(&self) -> String {
        let prices: Map<String, Value> = self
            .entries
            .iter()
            .map(|(key, rate)| (key.to_string(), Value::from(rate.0)))
            .collect();
        let mut snapshot = json!({
            "version": &*self.version,
            "unit": "nano_usd_per_million",
            "prices": prices,
        });
        if let Some(hours) = &self.off_peak_hours {
            snapshot["off_peak_hours"] = Value::from(hours.as_str());
        }
        snapshot.to_string()
    }

    /// Reads what [`PriceTable::to_json`] wrote, so that a past usage row can be rated again.
    ///
    /// # Errors
    /// [`SnapshotError`] when the text is not such a snapshot or its version does not fit its prices.
    pub fn from_json(text: &str) -> Result<Self, SnapshotError> {
        let fail = |reason: String| SnapshotError(reason);
        let snapshot: Value = serde_json::from_str(text).map_err(|e| fail(e.to_string()))?;
        let prices = snapshot["prices"]
            .as_object()
            .ok_or_else(|| fail("no `prices`".to_owned()))?;
        let entries = prices
            .iter()
            .map(|(key, rate)| {
                let rate = rate
                    .as_i64()
                    .filter(|rate| *rate >= 0)
                    .ok_or_else(|| fail(format!("price `{key}` is not a whole number")))?;
                Ok((PriceKey::parse(key).map_err(fail)?, Rate(rate)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let hours = match snapshot["off_peak_hours"].as_str() {
            None => None,
            Some(text) => Some(
                OffPeakHours::parse(text).ok_or_else(|| fail("wrong off-peak hours".to_owned()))?,
            ),
        };
        let table = Self::new(entries, hours);
        match snapshot["version"].as_str() {
            Some(version) if version == table.version() => Ok(table),
            _ => Err(fail(format!("prices are version {}", table.version()))),
        }
    }

    /// Price of `unit` in a call of `tier` with `input_tokens`, following the fallbacks above;
    /// `None` when neither the unit nor a parent has a price.
    pub fn rate_of(&self, unit: Unit, tier: Tier, input_tokens: u64) -> Option<Rate> {
        self.own(unit, tier, input_tokens)
            .or_else(|| self.rate_of(self.parent(unit)?, tier, input_tokens))
    }

    /// Whether the unit has a price that is not its parent's.
    pub(super) fn has(&self, unit: Unit) -> bool {
        self.entries.iter().any(|(key, _)| key.unit == unit)
    }

    /// Price of the variant `exact`; else the dearest of the price without a variant and those
    /// variants that `fits` lets through; else the dearest of all.
    pub(super) fn variant(
        &self,
        unit: Unit,
        tier: Tier,
        exact: &str,
        fits: impl Fn(&str) -> bool,
    ) -> Option<Rate> {
        let dearest = |tier, accept: &dyn Fn(&str) -> bool| {
            self.entries
                .iter()
                .filter(|(key, _)| key.unit == unit && key.tier == tier && accept(&key.variant))
                .map(|(_, rate)| *rate)
                .max()
        };
        let of_tier = |tier| {
            dearest(tier, &|variant| variant == exact && !exact.is_empty())
                .or_else(|| dearest(tier, &|variant| variant.is_empty() || fits(variant)))
                .or_else(|| dearest(tier, &|_| true))
        };
        of_tier(tier).or_else(|| of_tier(Tier::Standard))
    }

    /// The dearest price of `unit` in a tier or in the standard one, whatever the variant.
    pub(super) fn dearest(&self, unit: Unit, tiers: &[Tier]) -> Rate {
        self.entries
            .iter()
            .filter(|(key, _)| key.unit == unit && tiers.contains(&key.tier))
            .map(|(_, rate)| *rate)
            .max()
            .unwrap_or_default()
    }

    /// Thresholds of the length bands, ascending.
    pub(super) fn bands(&self) -> Vec<u64> {
        let mut bands: Vec<u64> = self.entries.iter().map(|(key, _)| key.above).collect();
        bands.sort_unstable();
        bands.dedup();
        bands
    }

    fn own(&self, unit: Unit, tier: Tier, input_tokens: u64) -> Option<Rate> {
        let own = self.banded(unit, tier, input_tokens);
        if tier == Tier::Standard {
            return own.map(|(_, rate)| rate);
        }
        match (own, self.banded(unit, Tier::Standard, input_tokens)) {
            (Some((band, rate)), Some((standard_band, standard))) if standard_band > band => {
                Some(rate.max(standard))
            }
            (Some((_, rate)), _) | (None, Some((_, rate))) => Some(rate),
            (None, None) => None,
        }
    }

    /// The entry of the highest band that the call reaches.
    fn banded(&self, unit: Unit, tier: Tier, input_tokens: u64) -> Option<(u64, Rate)> {
        self.entries
            .iter()
            .filter(|(key, _)| {
                key.unit == unit
                    && key.tier == tier
                    && key.variant.is_empty()
                    && (key.above == 0 || input_tokens > key.above)
            })
            .map(|(key, rate)| (key.above, *rate))
            .max_by_key(|(above, _)| *above)
    }

    fn parent(&self, unit: Unit) -> Option<Unit> {
        match unit {
            Unit::CachedInput | Unit::CacheWrite | Unit::AudioInput | Unit::ImageInput => {
                Some(Unit::Input)
            }
            Unit::CacheWrite1h => Some(Unit::CacheWrite),
            Unit::CachedAudioInput if self.has(Unit::AudioInput) => Some(Unit::AudioInput),
            Unit::CachedImageInput if self.has(Unit::ImageInput) => Some(Unit::ImageInput),
            Unit::CachedAudioInput | Unit::CachedImageInput => Some(Unit::CachedInput),
            Unit::Reasoning | Unit::AudioOutput | Unit::ImageOutput => Some(Unit::Output),
            Unit::Input
            | Unit::Output
            | Unit::Character
            | Unit::Image
            | Unit::Second
            | Unit::Request
            | Unit::WebSearch => None,
        }
    }
}

/// Reads one written price: key and decimal, as in a catalogue row or a configuration.
pub(super) fn parse_price(key: &str, figure: &str) -> Result<(PriceKey, Rate), String> {
    let key = PriceKey::parse(key)?;
    let rate = decimal::parse(figure, key.unit.scale())
        .map_err(|error| format!("price `{key}` = `{figure}` {error}"))?;
    Ok((key, Rate(rate)))
}

fn version_of(entries: &[(PriceKey, Rate)], hours: Option<&OffPeakHours>) -> Box<str> {
    let mut hash = Sha256::new();
    for (key, rate) in entries {
        hash.update(format!("{key}={}\n", rate.0));
    }
    if let Some(hours) = hours {
        hash.update(hours.as_str());
    }
    let digest = hash.finalize();
    Hex(&digest[..6]).to_string().into()
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
impl PriceTable {
    /// A table from written prices.
    pub(super) fn from_written<K: AsRef<str>, F: AsRef<str>>(prices: &[(K, F)]) -> Self {
        let read = |(key, figure): &(K, F)| {
            parse_price(key.as_ref(), figure.as_ref()).expect("a written price")
        };
        Self::new(prices.iter().map(read), None)
    }

    /// The same prices with off-peak hours around the clock.
    pub(super) fn always_off_peak(self) -> Self {
        Self::new(self.entries, OffPeakHours::parse("1-7@00:00-24:00"))
    }
}
