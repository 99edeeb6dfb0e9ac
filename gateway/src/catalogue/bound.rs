//! The most that a call can cost, before it is made.

use super::price::PriceTable;
use super::rate::{Terms, exact, round_up};
use super::unit::{Tier, Unit};

/// The most that a call may consume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// All input tokens.
    pub input_tokens: u64,
    /// All output tokens.
    pub output_tokens: u64,
    /// Images generated.
    pub images: u64,
    /// Milliseconds of audio.
    pub audio_ms: u64,
    /// Characters spoken.
    pub characters: u64,
    /// Web searches by the vendor.
    pub web_searches: u64,
    /// Whether audio or images may be among the tokens.
    pub media: bool,
    /// Whether tokens may be written to the prompt cache, which some vendors price above input.
    pub cache_writes: bool,
}

impl Ceiling {
    /// A text conversation that may write to the prompt cache.
    pub const fn text(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            output_tokens,
            images: 0,
            audio_ms: 0,
            characters: 0,
            web_searches: 0,
            media: false,
            cache_writes: true,
        }
    }

    /// A call of which only the token counts are known: anything may be among them.
    pub const fn tokens(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            media: true,
            ..Self::text(input_tokens, output_tokens)
        }
    }
}

/// Nano-dollars to reserve for a call: never below what [`rate`](super::rate::rate) gives for one
/// that stays within `ceiling`, whether the vendor serves the tier of `terms` or the standard one,
/// in busy hours or not, and whatever part of the input is cached, written or media.
///
/// Units without a price add nothing, as they add nothing to the bill.
pub fn upper_bound(prices: &PriceTable, ceiling: &Ceiling, terms: &Terms<'_>) -> i64 {
    let mut tiers = vec![Tier::Standard, terms.tier];
    if prices.off_peak_hours().is_some() {
        tiers.push(Tier::OffPeak);
    }
    let dearest = |units: &[Unit], quantity: u64| {
        let lengths = prices
            .bands()
            .into_iter()
            .filter(|above| *above == 0 || *above < ceiling.input_tokens)
            .map(|above| if above == 0 { 0 } else { above + 1 });
        lengths
            .flat_map(|length| tiers.iter().map(move |tier| (*tier, length)))
            .flat_map(|(tier, length)| {
                units
                    .iter()
                    .filter_map(move |unit| prices.rate_of(*unit, tier, length))
            })
            .max()
            .map_or(0, |rate| exact(Unit::Input, quantity, rate))
    };
    let mut sum = dearest(&input_units(ceiling), ceiling.input_tokens).saturating_add(dearest(
        &output_units(ceiling, terms),
        ceiling.output_tokens,
    ));
    for (unit, quantity) in [
        (Unit::Image, ceiling.images),
        (Unit::Second, ceiling.audio_ms),
        (Unit::Character, ceiling.characters),
        (Unit::WebSearch, ceiling.web_searches),
        (Unit::Request, terms.requests),
    ] {
        sum = sum.saturating_add(exact(unit, quantity, prices.dearest(unit, &tiers)));
    }
    round_up(sum)
}

fn input_units(ceiling: &Ceiling) -> Vec<Unit> {
    let mut units = vec![Unit::Input, Unit::CachedInput];
    if ceiling.cache_writes {
        units.extend([Unit::CacheWrite, Unit::CacheWrite1h]);
    }
    if ceiling.media {
        units.extend([
            Unit::AudioInput,
            Unit::CachedAudioInput,
            Unit::ImageInput,
            Unit::CachedImageInput,
        ]);
    }
    units
}

fn output_units(ceiling: &Ceiling, terms: &Terms<'_>) -> Vec<Unit> {
    let mut units = vec![Unit::Output, Unit::Reasoning];
    let makes_media = matches!(
        terms.op,
        providers::Operation::Images | providers::Operation::Speech
    );
    if ceiling.media || makes_media {
        units.extend([Unit::AudioOutput, Unit::ImageOutput]);
    }
    units
}
