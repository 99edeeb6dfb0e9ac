//! What one call cost, to the nano-dollar.

use providers::{Operation, Usage};

use super::price::{PriceTable, Rate};
use super::unit::{Tier, Unit};

/// What a bill depends on besides the usage.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What was asked for.
    pub op: Operation,
    /// The tier the vendor says it served ([`Tier::from_service_tier`]).
    pub tier: Tier,
    /// When the answer ended, microseconds since 1970 in UTC; without it off-peak prices are not
    /// applied.
    pub at_us: Option<i64>,
    /// Quality of the images asked for; empty when the request leaves it to the vendor.
    pub image_quality: &'a str,
    /// Size of the images asked for, `1024x1024`; empty when left to the vendor.
    pub image_size: &'a str,
    /// Context size of web searches (`low`, `medium`, `high`); when empty the dearest is billed.
    pub search_context: &'a str,
    /// Calls billed at a flat price each: 1, or 0 for a call that the vendor refused.
    pub requests: u64,
}

impl Terms<'_> {
    /// One answered call at the list price.
    pub const fn of(op: Operation) -> Self {
        Self {
            op,
            tier: Tier::Standard,
            at_us: None,
            image_quality: "",
            image_size: "",
            search_context: "",
            requests: 1,
        }
    }
}

/// What a call cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The sum, rounded up once.
    pub nano_usd: i64,
    /// What it consists of, without the units that were not consumed.
    pub parts: Vec<CostPart>,
    /// Units that were consumed but have no price: the sum is a lower bound when there are any.
    pub unpriced: Vec<Unit>,
}

impl Cost {
    /// Whether everything that was consumed is in the sum.
    pub fn is_complete(&self) -> bool {
        self.unpriced.is_empty()
    }
}

/// One position of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostPart {
    /// What was consumed.
    pub unit: Unit,
    /// How much of it; for [`Unit::Second`] in milliseconds.
    pub quantity: u64,
    /// The price of one.
    pub rate: Rate,
}

impl CostPart {
    /// Exact amount in 10⁻⁹ nano-dollars.
    fn exact(&self) -> i128 {
        exact(self.unit, self.quantity, self.rate)
    }
}

/// Rates one call.
///
/// Parts of a total (cached, written, audio, image, reasoning tokens) are billed apart from its rest,
/// so that nothing is counted twice; parts that exceed their total are cut to it. Cached and written
/// tokens are taken to be text first, then images, then audio, because vendors do not break them
/// down. The length band is chosen by all input tokens and holds for the whole call, as Google,
/// Anthropic, OpenAI, xAI and Alibaba bill it. Where a model is priced by alternatives (an audio
/// minute or its tokens, an image or its tokens), the tokens are billed when they were reported and
/// the flat price otherwise.
///
/// `None` when something was consumed and none of it has a price: the cost is unknown, not zero.
pub fn rate(prices: &PriceTable, usage: &Usage, terms: &Terms<'_>) -> Option<Cost> {
    let bill = Bill::of(prices, usage, terms);
    if bill.parts.is_empty() && !bill.unpriced.is_empty() {
        return None;
    }
    let exact = bill
        .parts
        .iter()
        .fold(0_i128, |sum, part| sum.saturating_add(part.exact()));
    Some(Cost {
        nano_usd: round_up(exact),
        parts: bill.parts,
        unpriced: bill.unpriced,
    })
}

pub(super) fn exact(unit: Unit, quantity: u64, rate: Rate) -> i128 {
    // Both are below 2^64 and 2^63, so the product and a thousandfold of it fit.
    let product = i128::from(quantity) * i128::from(rate.nano_usd_per_million());
    match unit {
        // Milliseconds: the thousand is in the quantity.
        Unit::Second => product,
        _ => product.saturating_mul(1_000),
    }
}

pub(super) fn round_up(exact: i128) -> i64 {
    const SCALE: i128 = 1_000_000_000;
    let whole = exact / SCALE + i128::from(exact % SCALE > 0);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

struct Bill<'a> {
    prices: &'a PriceTable,
    tier: Tier,
    input_tokens: u64,
    parts: Vec<CostPart>,
    unpriced: Vec<Unit>,
}

impl<'a> Bill<'a> {
    fn of(prices: &'a PriceTable, usage: &Usage, terms: &Terms<'_>) -> Self {
        let mut bill = Self {
            prices,
            tier: effective_tier(prices, terms),
            input_tokens: usage.input_tokens,
            parts: Vec::with_capacity(4),
            unpriced: Vec::new(),
        };
        bill.input(usage);
        bill.output(usage, terms);
        bill.images(usage, terms);
        bill.audio(usage, terms);
        bill.characters(usage);
        bill.searches(usage, terms);
        if let Some(rate) = bill.flat(Unit::Request) {
            bill.push(Unit::Request, terms.requests, Some(rate));
        }
        bill.forgive_tokens();
        bill
    }

    fn input(&mut self, usage: &Usage) {
        let prices = self.prices;
        let total = usage.input_tokens;
        let audio = usage.audio_input_tokens.min(total);
        let image = usage.image_input_tokens.min(total - audio);
        let mut fresh = [
            (Unit::Input, Unit::CachedInput, total - audio - image),
            (Unit::ImageInput, Unit::CachedImageInput, image),
            (Unit::AudioInput, Unit::CachedAudioInput, audio),
        ];
        let written = usage.cache_write_tokens.min(total);
        let written_1h = usage.cache_write_1h_tokens.min(written);
        // Without a price for writing, written tokens are ordinary input of their own kind.
        if prices.has(Unit::CacheWrite) || prices.has(Unit::CacheWrite1h) {
            let five_minutes = written - written_1h;
            for (unit, count) in [
                (Unit::CacheWrite1h, written_1h),
                (Unit::CacheWrite, five_minutes),
            ] {
                take(&mut fresh, count);
                self.tokens(unit, count);
            }
        }
        let mut read = usage.cache_read_tokens.min(total - written);
        for (unit, cached, available) in fresh {
            let from_cache = read.min(available);
            read -= from_cache;
            self.tokens(cached, from_cache);
            self.tokens(unit, available - from_cache);
        }
    }

    fn output(&mut self, usage: &Usage, terms: &Terms<'_>) {
        let prices = self.prices;
        let total = usage.output_tokens;
        // Vendors of pure image and speech models do not break their output down.
        let all_of_it = |wanted: bool, part: u64, unit| {
            if wanted && part == 0 && prices.has(unit) {
                total
            } else {
                part
            }
        };
        let draws = matches!(terms.op, Operation::Images);
        let speaks = matches!(terms.op, Operation::Speech);
        let image = all_of_it(draws, usage.image_output_tokens, Unit::ImageOutput).min(total);
        let audio = all_of_it(speaks, usage.audio_output_tokens, Unit::AudioOutput);
        let audio = audio.min(total - image);
        let reasoning = usage.reasoning_tokens.min(total - image - audio);
        let text = total - image - audio - reasoning;
        self.tokens(Unit::Output, text);
        self.tokens(Unit::Reasoning, reasoning);
        self.tokens(Unit::AudioOutput, audio);
        if !self.draws_by_image() {
            self.tokens(Unit::ImageOutput, image);
        }
    }

    /// Whether generated images are billed by the piece and their tokens are not.
    fn draws_by_image(&self) -> bool {
        self.prices.has(Unit::Image) && !self.prices.has(Unit::ImageOutput)
    }

    fn images(&mut self, usage: &Usage, terms: &Terms<'_>) {
        let by_tokens = usage.output_tokens > 0
            && !self.draws_by_image()
            && self.token_rate(Unit::ImageOutput).is_some();
        if usage.images == 0 || by_tokens {
            return;
        }
        let exact = format!("{}:{}", terms.image_quality, terms.image_size);
        let rate = self
            .prices
            .variant(Unit::Image, self.tier, &exact, |variant| {
                fits(variant, terms.image_quality, terms.image_size)
            });
        self.push(Unit::Image, usage.images, rate);
    }

    fn audio(&mut self, usage: &Usage, terms: &Terms<'_>) {
        let (tokens, unit) = match terms.op {
            Operation::Speech => (usage.output_tokens, Unit::AudioOutput),
            _ => (usage.input_tokens, Unit::AudioInput),
        };
        let by_tokens = tokens > 0 && self.token_rate(unit).is_some();
        if !by_tokens {
            self.push(Unit::Second, usage.audio_ms, self.flat(Unit::Second));
        }
    }

    fn characters(&mut self, usage: &Usage) {
        let rate = self.flat(Unit::Character);
        let by_tokens = usage.input_tokens > 0 && self.token_rate(Unit::Input).is_some();
        if rate.is_some() || !by_tokens {
            self.push(Unit::Character, usage.characters, rate);
        }
    }

    fn searches(&mut self, usage: &Usage, terms: &Terms<'_>) {
        let rate = self
            .prices
            .variant(Unit::WebSearch, self.tier, terms.search_context, |_| true);
        self.push(Unit::WebSearch, usage.web_searches, rate);
    }

    /// A model without any price per token that was billed by something else does not bill tokens.
    fn forgive_tokens(&mut self) {
        let has_token_price = self
            .prices
            .entries()
            .iter()
            .any(|(key, _)| is_token(key.unit));
        if !has_token_price && !self.parts.is_empty() {
            self.unpriced.retain(|unit| !is_token(*unit));
        }
    }

    fn tokens(&mut self, unit: Unit, quantity: u64) {
        if quantity > 0 {
            self.push(unit, quantity, self.token_rate(unit));
        }
    }

    fn token_rate(&self, unit: Unit) -> Option<Rate> {
        self.prices.rate_of(unit, self.tier, self.input_tokens)
    }

    fn flat(&self, unit: Unit) -> Option<Rate> {
        self.token_rate(unit)
    }

    fn push(&mut self, unit: Unit, quantity: u64, rate: Option<Rate>) {
        match rate {
            _ if quantity == 0 => {}
            Some(rate) => self.parts.push(CostPart {
                unit,
                quantity,
                rate,
            }),
            None => self.unpriced.push(unit),
        }
    }
}

/// Takes `count` tokens out of the kinds, in their order.
fn take(kinds: &mut [(Unit, Unit, u64); 3], mut count: u64) {
    for (_, _, available) in kinds {
        let taken = count.min(*available);
        *available -= taken;
        count -= taken;
    }
}

/// Whether `[quality:]size` is what was asked for, as far as that was said.
fn fits(variant: &str, quality: &str, size: &str) -> bool {
    let (of_quality, of_size) = variant.split_once(':').unwrap_or(("", variant));
    let agrees = |asked: &str, offered: &str| asked.is_empty() || asked == offered;
    agrees(quality, of_quality) && agrees(size, of_size)
}

fn is_token(unit: Unit) -> bool {
    !unit.is_priced_each() && unit != Unit::Character
}

fn effective_tier(prices: &PriceTable, terms: &Terms<'_>) -> Tier {
    let off_peak = prices.off_peak_hours().zip(terms.at_us);
    match off_peak {
        Some((hours, at_us)) if terms.tier == Tier::Standard && hours.contains(at_us) => {
            Tier::OffPeak
        }
        _ => terms.tier,
    }
}
