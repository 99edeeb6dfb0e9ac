//! From usage to money, and from a request to the most it can cost.

use providers::{Operation, Usage, tokens};

use crate::call::Call;
use crate::catalogue::{self, Ceiling, PriceTable, Terms, Tier};
use crate::route::{Backend, Target};

/// Longest recording that vendors take in one call (25 MB of speech at a low bit rate): two hours.
const LONGEST_AUDIO_MS: u64 = 7_200_000;

/// A rated attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rated {
    pub(crate) nano_usd: i64,
    pub(crate) version: Option<String>,
}

impl Rated {
    /// Nothing was consumed.
    pub(crate) fn nothing() -> Self {
        Self {
            nano_usd: 0,
            version: None,
        }
    }
}

/// Whether calls cost nothing by nature: models in this program, and local servers without a price.
fn is_free(target: &Target) -> bool {
    match &target.backend {
        Backend::Local(_) => true,
        Backend::Vendor(vendor) => vendor.provider.info().key_optional,
    }
}

/// What an attempt cost; `None` when the model has no price.
pub(crate) fn rate(target: &Target, call: &Call, usage: &Usage) -> Option<Rated> {
    let Some(prices) = prices(target) else {
        return is_free(target).then(Rated::nothing);
    };
    let terms = Terms {
        tier: tier(usage.service_tier.as_deref(), call.service_tier.as_deref()),
        ..terms(call)
    };
    let cost = catalogue::rate(prices, usage, &terms)?;
    Some(Rated {
        nano_usd: cost.nano_usd,
        version: Some(prices.version().to_owned()),
    })
}

fn prices(target: &Target) -> Option<&PriceTable> {
    target.card.as_ref()?.price.as_ref()
}

/// The tier that is billed: what was served, else what was asked for. Vendors serve a `priority` or
/// `auto` request as they can, and say how.
fn tier(served: Option<&str>, asked: Option<&str>) -> Tier {
    let of = |word: Option<&str>| word.and_then(Tier::from_service_tier);
    of(served).or_else(|| of(asked)).unwrap_or_default()
}

/// What of the request changes its price.
fn terms(call: &Call) -> Terms<'_> {
    Terms {
        tier: tier(None, call.service_tier.as_deref()),
        at_us: Some(call.context.began_us),
        image_quality: call.image_quality.as_deref().unwrap_or_default(),
        image_size: call.image_size.as_deref().unwrap_or_default(),
        ..Terms::of(call.operation)
    }
}

/// Most that a call can cost at this target; `None` when it has no price.
pub(crate) fn upper_bound(
    target: &Target,
    call: &Call,
    input_tokens: u64,
    output_tokens: u64,
) -> Option<i64> {
    let Some(prices) = prices(target) else {
        return is_free(target).then_some(0);
    };
    let text = Ceiling::text(input_tokens, output_tokens);
    let ceiling = match call.operation {
        Operation::Images => Ceiling {
            images: call.n.max(1),
            media: true,
            ..text
        },
        Operation::Speech => Ceiling {
            characters: call.body.len() as u64,
            media: true,
            ..text
        },
        Operation::Transcription | Operation::Translation => Ceiling {
            audio_ms: LONGEST_AUDIO_MS,
            media: true,
            ..text
        },
        Operation::Chat(_)
        | Operation::Completions
        | Operation::Embeddings
        | Operation::Moderation
        | Operation::CountTokens => Ceiling::tokens(input_tokens, output_tokens),
    };
    Some(catalogue::upper_bound(prices, &ceiling, &terms(call)))
}

/// The prompt's tokens by tiktoken; not for the hot path.
pub(crate) fn count_input(call: &Call) -> u64 {
    match call.operation {
        Operation::Chat(dialect) => {
            let mut notes = providers::Notes::default();
            crate::dialects::get(dialect)
                .decode_request(&call.body, &mut notes)
                .map_or(call.input_bound, |r| {
                    tokens::estimate_request(&call.model, &r)
                })
        }
        _ => {
            let text = String::from_utf8_lossy(&call.body);
            tokens::count(&call.model, &text)
        }
    }
}

/// Tokens of a text of which only the length is known: OpenAI's rule of four characters a token,
/// rounded up.
pub(crate) fn tokens_of_chars(chars: u64) -> u64 {
    chars.div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_served_is_billed_and_not_what_was_asked_for() {
        assert_eq!(tier(Some("default"), Some("priority")), Tier::Standard);
        assert_eq!(tier(Some("priority"), Some("auto")), Tier::Priority);
        assert_eq!(tier(Some("flex"), None), Tier::Flex);
        assert_eq!(tier(None, Some("flex")), Tier::Flex);
        assert_eq!(tier(Some("scale"), Some("flex")), Tier::Flex);
        assert_eq!(tier(None, None), Tier::Standard);
    }
}
