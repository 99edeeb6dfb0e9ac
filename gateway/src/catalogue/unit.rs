//! What is counted and under which terms: the words of a price.

use std::fmt;

use super::nearest::nearest;

/// A kind of unit that a vendor bills.
///
/// Token units follow [`providers::Usage`]: the parts of a total are billed apart from the rest of
/// it, never on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Input tokens that are nothing more special.
    Input,
    /// Input tokens read from the vendor's prompt cache.
    CachedInput,
    /// Input tokens written to the prompt cache (five minutes, or the vendor's only lifetime).
    CacheWrite,
    /// Input tokens written to the prompt cache for an hour.
    CacheWrite1h,
    /// Output tokens that are nothing more special.
    Output,
    /// Output tokens spent on reasoning.
    Reasoning,
    /// Audio among the input tokens.
    AudioInput,
    /// Audio among the cached input tokens.
    CachedAudioInput,
    /// Audio among the output tokens.
    AudioOutput,
    /// Images among the input tokens.
    ImageInput,
    /// Images among the cached input tokens.
    CachedImageInput,
    /// Images among the output tokens.
    ImageOutput,
    /// Characters spoken.
    Character,
    /// One generated image.
    Image,
    /// One second of audio.
    Second,
    /// One call.
    Request,
    /// One web search that the vendor ran.
    WebSearch,
}

impl Unit {
    /// All units, in the order of the notation.
    pub const ALL: [Self; 17] = [
        Self::Input,
        Self::CachedInput,
        Self::CacheWrite,
        Self::CacheWrite1h,
        Self::Output,
        Self::Reasoning,
        Self::AudioInput,
        Self::CachedAudioInput,
        Self::AudioOutput,
        Self::ImageInput,
        Self::CachedImageInput,
        Self::ImageOutput,
        Self::Character,
        Self::Image,
        Self::Second,
        Self::Request,
        Self::WebSearch,
    ];

    /// Word in catalogue files, configuration and stored price snapshots.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached_input",
            Self::CacheWrite => "cache_write",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioInput => "audio_input",
            Self::CachedAudioInput => "cached_audio_input",
            Self::AudioOutput => "audio_output",
            Self::ImageInput => "image_input",
            Self::CachedImageInput => "cached_image_input",
            Self::ImageOutput => "image_output",
            Self::Character => "character",
            Self::Image => "image",
            Self::Second => "second",
            Self::Request => "request",
            Self::WebSearch => "web_search",
        }
    }

    /// Whether the price is written in dollars for one unit, not for a million.
    pub const fn is_priced_each(self) -> bool {
        matches!(
            self,
            Self::Image | Self::Second | Self::Request | Self::WebSearch
        )
    }

    /// Decimals between the written price and nano-dollars per million units.
    pub(super) const fn scale(self) -> u32 {
        if self.is_priced_each() { 15 } else { 9 }
    }

    /// Whether variants (`image:high:1024x1024`, `web_search:low`) exist.
    const fn has_variants(self) -> bool {
        matches!(self, Self::Image | Self::WebSearch)
    }
}

/// The service tier that a call was billed under.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// The list price.
    #[default]
    Standard,
    /// Asynchronous batch.
    Batch,
    /// Cheaper and slower.
    Flex,
    /// Dearer and faster.
    Priority,
    /// Dearer and faster still.
    Ultrafast,
    /// The list price outside the vendor's busy hours. Chosen by the clock, not by the caller.
    OffPeak,
}

impl Tier {
    const ALL: [Self; 6] = [
        Self::Standard,
        Self::Batch,
        Self::Flex,
        Self::Priority,
        Self::Ultrafast,
        Self::OffPeak,
    ];

    /// Word before the point of a price key; empty for the standard tier.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Ultrafast => "ultrafast",
            Self::OffPeak => "off_peak",
        }
    }

    /// The tier that a vendor's `service_tier` names; `None` for words without a price of their own
    /// in any catalogue row.
    ///
    /// Use the word of the *answer*: a vendor may serve a `priority` request at the standard tier,
    /// and says so.
    pub fn from_service_tier(word: &str) -> Option<Self> {
        match word {
            "" | "auto" | "default" | "standard" | "standard_only" | "on_demand" => {
                Some(Self::Standard)
            }
            "batch" => Some(Self::Batch),
            "flex" => Some(Self::Flex),
            "priority" => Some(Self::Priority),
            "ultrafast" => Some(Self::Ultrafast),
            _ => None,
        }
    }
}

/// Which price: `[tier.]unit[:variant][>above]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey {
    /// Service tier.
    pub tier: Tier,
    /// The price holds for calls with more input tokens than this; 0 for all.
    pub above: u64,
    /// Unit.
    pub unit: Unit,
    /// `[quality:]size` of an image, context size of a web search; empty for any.
    pub variant: Box<str>,
}

impl fmt::Display for PriceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tier != Tier::Standard {
            write!(f, "{}.", self.tier.word())?;
        }
        f.write_str(self.unit.word())?;
        if !self.variant.is_empty() {
            write!(f, ":{}", self.variant)?;
        }
        if self.above > 0 {
            write!(f, ">{}", self.above)?;
        }
        Ok(())
    }
}

impl PriceKey {
    /// Reads the notation.
    ///
    /// # Errors
    /// A sentence that names the part that is wrong and the nearest known word.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (tier, rest) = match text.split_once('.') {
            None => (Tier::Standard, text),
            Some((word, rest)) => (parse_tier(word)?, rest),
        };
        let (rest, above) = match rest.split_once('>') {
            None => (rest, 0),
            Some((rest, tokens)) => (rest, parse_band(text, tokens)?),
        };
        let (word, variant) = rest.split_once(':').unwrap_or((rest, ""));
        let unit = Unit::ALL
            .into_iter()
            .find(|unit| unit.word() == word)
            .ok_or_else(|| unknown("price unit", word, Unit::ALL.map(Unit::word)))?;
        if rest.contains(':') && (variant.is_empty() || !unit.has_variants()) {
            return Err(format!(
                "price `{text}` cannot have the variant `:{variant}`"
            ));
        }
        Ok(Self {
            tier,
            above,
            unit,
            variant: variant.into(),
        })
    }
}

fn parse_tier(word: &str) -> Result<Tier, String> {
    let known = Tier::ALL.into_iter().skip(1);
    known
        .clone()
        .find(|tier| tier.word() == word)
        .ok_or_else(|| unknown("service tier", word, known.map(Tier::word)))
}

fn parse_band(text: &str, tokens: &str) -> Result<u64, String> {
    match tokens.parse() {
        Ok(tokens) if tokens > 0 => Ok(tokens),
        _ => Err(format!(
            "price `{text}` must name a number of input tokens after `>`"
        )),
    }
}

fn unknown(what: &str, word: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    match nearest(word, known) {
        Some(near) => format!("unknown {what} `{word}`, did you mean `{near}`?"),
        None => format!("unknown {what} `{word}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_alike() {
        for text in [
            "input",
            "cache_write_1h>200000",
            "priority.cached_input>272000",
            "image:high:1024x1536",
            "off_peak.output",
            "web_search:low",
        ] {
            let key = PriceKey::parse(text).expect(text);
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn wrong_keys_name_the_nearest_word() {
        let error = |text| PriceKey::parse(text).expect_err(text);
        assert!(error("imput").contains("did you mean `input`"));
        assert!(error("batches.input").contains("did you mean `batch`"));
        assert!(error("input>many").contains("number of input tokens"));
        assert!(error("input>0").contains("number of input tokens"));
        assert!(error("input:high").contains("cannot have the variant"));
        assert!(error("image:").contains("cannot have the variant"));
    }

    #[test]
    fn service_tiers_of_answers_are_understood() {
        assert_eq!(Tier::from_service_tier("default"), Some(Tier::Standard));
        assert_eq!(Tier::from_service_tier("priority"), Some(Tier::Priority));
        assert_eq!(Tier::from_service_tier("scale"), None);
        assert_eq!(Tier::from_service_tier("off_peak"), None);
    }
}
