//! Bills of the vendors' public formulas, worked out by hand.
//!
//! Figures are the list prices in the catalogue; a comment beside each case does the sum in
//! micro-dollars.

use providers::{DialectId, Operation, Usage};

use crate::catalogue::{Catalogue, Cost, PriceTable, Terms, Tier, Unit, rate};

const CHAT: Operation = Operation::Chat(DialectId::Chat);

fn prices(provider: &str, model: &str) -> PriceTable {
    Catalogue::builtin()
        .prices(provider, model)
        .expect("model has prices")
}

fn bill(provider: &str, model: &str, usage: &Usage, terms: &Terms<'_>) -> Cost {
    rate(&prices(provider, model), usage, terms).expect("cost is known")
}

/// Asserts the sum, and that nothing was left out of it.
fn check(provider: &str, model: &str, usage: &Usage, terms: &Terms<'_>, nano_usd: i64) {
    let cost = bill(provider, model, usage, terms);
    assert_eq!(cost.nano_usd, nano_usd, "{:?}", cost.parts);
    assert!(cost.is_complete(), "{:?}", cost.unpriced);
}

fn quantity(cost: &Cost, unit: Unit) -> u64 {
    let of_unit = cost.parts.iter().filter(|part| part.unit == unit);
    of_unit.map(|part| part.quantity).sum()
}

#[test]
fn openai_cached_tokens_are_a_cheaper_part_of_the_input() {
    let usage = Usage {
        cache_read_tokens: 6_000,
        ..Usage::tokens(10_000, 500)
    };
    // 4,000 × 2.50 + 6,000 × 1.25 + 500 × 10
    check("openai", "gpt-4o", &usage, &Terms::of(CHAT), 22_500_000);
}

#[test]
fn openai_reasoning_tokens_are_in_the_output_already() {
    let usage = Usage {
        reasoning_tokens: 300,
        ..Usage::tokens(0, 500)
    };
    check("openai", "gpt-4o", &usage, &Terms::of(CHAT), 5_000_000);
}

#[test]
fn anthropic_cache_reads_and_both_kinds_of_writes_have_their_prices() {
    let usage = Usage {
        cache_read_tokens: 50_000,
        cache_write_tokens: 5_000,
        cache_write_1h_tokens: 3_000,
        ..Usage::tokens(56_000, 800)
    };
    // 1,000 × 3 + 50,000 × 0.30 + 2,000 × 3.75 + 3,000 × 6 + 800 × 15
    check(
        "anthropic",
        "claude-sonnet-4-5",
        &usage,
        &Terms::of(CHAT),
        55_500_000,
    );
}

#[test]
fn gemini_bills_the_whole_call_at_the_long_context_price() {
    let usage = Usage {
        cache_read_tokens: 100_000,
        reasoning_tokens: 1_500,
        ..Usage::tokens(250_000, 2_000)
    };
    // 150,000 × 2.50 + 100,000 × 0.25 + 2,000 × 15
    check(
        "gemini",
        "gemini-2.5-pro",
        &usage,
        &Terms::of(CHAT),
        430_000_000,
    );
    // Not one token too early: 200,000 × 1.25
    let usage = Usage::tokens(200_000, 0);
    check(
        "gemini",
        "gemini-2.5-pro",
        &usage,
        &Terms::of(CHAT),
        250_000_000,
    );
    // 200,001 × 2.50
    let usage = Usage::tokens(200_001, 0);
    check(
        "gemini",
        "gemini-2.5-pro",
        &usage,
        &Terms::of(CHAT),
        500_002_500,
    );
}

#[test]
fn alibaba_has_several_lengths() {
    for (input, nano_usd) in [
        (32_000, 38_400_000),
        (32_001, 76_802_400),
        (200_000, 600_000_000),
    ] {
        let usage = Usage::tokens(input, 0);
        check("dashscope", "qwen3-max", &usage, &Terms::of(CHAT), nano_usd);
    }
}

#[test]
fn audio_among_the_input_has_its_own_price() {
    let usage = Usage {
        audio_input_tokens: 3_000,
        ..Usage::tokens(4_000, 100)
    };
    // 1,000 × 0.30 + 3,000 × 1 + 100 × 2.50
    check(
        "gemini",
        "gemini-2.5-flash",
        &usage,
        &Terms::of(CHAT),
        3_550_000,
    );
}

#[test]
fn cached_tokens_are_text_before_they_are_audio() {
    let usage = Usage {
        audio_input_tokens: 3_000,
        cache_read_tokens: 1_500,
        ..Usage::tokens(4_000, 0)
    };
    // 1,000 × 0.03 + 500 × 0.10 + 2,500 × 1
    check(
        "gemini",
        "gemini-2.5-flash",
        &usage,
        &Terms::of(CHAT),
        2_580_000,
    );
}

#[test]
fn images_are_billed_by_tokens_when_tokens_are_reported() {
    let usage = Usage {
        image_input_tokens: 1_000,
        images: 1,
        ..Usage::tokens(1_050, 4_160)
    };
    // 50 × 5 + 1,000 × 10 + 4,160 × 40
    check(
        "openai",
        "gpt-image-1",
        &usage,
        &Terms::of(Operation::Images),
        176_650_000,
    );
}

#[test]
fn images_are_billed_by_the_piece_when_no_tokens_are_reported() {
    let usage = Usage {
        images: 2,
        ..Usage::default()
    };
    let high = Terms {
        image_quality: "high",
        image_size: "1024x1024",
        ..Terms::of(Operation::Images)
    };
    check("openai", "gpt-image-1", &usage, &high, 334_000_000);
    // Left to the vendor: the dearest that it may have chosen.
    let low = Terms {
        image_quality: "low",
        ..Terms::of(Operation::Images)
    };
    check("openai", "gpt-image-1", &usage, &low, 32_000_000);
    check(
        "openai",
        "gpt-image-1",
        &usage,
        &Terms::of(Operation::Images),
        500_000_000,
    );
    // A model with one price for all.
    check("xai", "grok-imagine-image", &usage, &high, 40_000_000);
}

#[test]
fn images_in_a_chat_answer_are_billed_apart_from_its_text() {
    let usage = Usage {
        image_output_tokens: 1_290,
        images: 1,
        ..Usage::tokens(0, 1_390)
    };
    // 100 × 2.50 + 1,290 × 30
    check(
        "gemini",
        "gemini-2.5-flash-image",
        &usage,
        &Terms::of(CHAT),
        38_950_000,
    );
}

#[test]
fn transcription_is_billed_by_the_second_or_by_tokens_never_by_both() {
    let seconds = Usage {
        audio_ms: 90_500,
        ..Usage::default()
    };
    let terms = Terms::of(Operation::Transcription);
    // 90.5 × 100
    check("openai", "whisper-1", &seconds, &terms, 9_050_000);
    check("openai", "gpt-4o-transcribe", &seconds, &terms, 9_050_000);
    let both = Usage {
        audio_input_tokens: 900,
        audio_ms: 90_500,
        ..Usage::tokens(1_000, 100)
    };
    // 1,000 × 2.50 + 100 × 10
    check("openai", "gpt-4o-transcribe", &both, &terms, 3_500_000);
    // Whisper has no price per token: words that we counted ourselves cost nothing more.
    check("openai", "whisper-1", &both, &terms, 9_050_000);
}

#[test]
fn speech_is_billed_by_characters_or_by_audio_tokens() {
    let terms = Terms::of(Operation::Speech);
    let usage = Usage {
        characters: 1_200,
        ..Usage::tokens(300, 0)
    };
    check("openai", "tts-1", &usage, &terms, 18_000_000);
    let usage = Usage {
        characters: 1_200,
        ..Usage::tokens(200, 1_000)
    };
    // 200 × 0.60 + 1,000 × 12
    check("openai", "gpt-4o-mini-tts", &usage, &terms, 12_120_000);
}

#[test]
fn embeddings_moderations_and_rerankings_are_covered() {
    let usage = Usage::tokens(1_234, 0);
    let op = Operation::Embeddings;
    check(
        "openai",
        "text-embedding-3-small",
        &usage,
        &Terms::of(op),
        24_680,
    );
    let op = Operation::Moderation;
    check(
        "openai",
        "omni-moderation-latest",
        &usage,
        &Terms::of(op),
        0,
    );
    check("cohere", "rerank-v3.5", &usage, &Terms::of(CHAT), 2_000_000);
    let refused = Terms {
        requests: 0,
        ..Terms::of(CHAT)
    };
    check("cohere", "rerank-v3.5", &Usage::default(), &refused, 0);
}

#[test]
fn web_searches_are_billed_per_call() {
    let usage = Usage {
        web_searches: 3,
        ..Usage::tokens(1_000, 0)
    };
    check(
        "anthropic",
        "claude-sonnet-4-5",
        &usage,
        &Terms::of(CHAT),
        33_000_000,
    );
    let low = Terms {
        search_context: "low",
        ..Terms::of(CHAT)
    };
    check("perplexity", "sonar-pro", &usage, &low, 21_000_000);
    check(
        "perplexity",
        "sonar-pro",
        &usage,
        &Terms::of(CHAT),
        45_000_000,
    );
}

#[test]
fn service_tiers_replace_the_list_price() {
    let usage = Usage {
        cache_read_tokens: 400,
        ..Usage::tokens(1_000, 100)
    };
    let at = |tier| Terms {
        tier,
        ..Terms::of(CHAT)
    };
    // 600 × 4.25 + 400 × 2.125 + 100 × 17
    check("openai", "gpt-4o", &usage, &at(Tier::Priority), 5_100_000);
    // The batch list has no cached price, so the standard one holds:
    // 600 × 1.25 + 400 × 1.25 + 100 × 5
    check("openai", "gpt-4o", &usage, &at(Tier::Batch), 1_750_000);
    // No flex list at all: the standard one.
    let standard = bill("openai", "gpt-4o", &usage, &Terms::of(CHAT)).nano_usd;
    check("openai", "gpt-4o", &usage, &at(Tier::Flex), standard);
}

#[test]
fn a_tier_without_a_long_context_price_is_not_cheaper_than_the_list() {
    let usage = Usage::tokens(300_000, 0);
    let flex = Terms {
        tier: Tier::Flex,
        ..Terms::of(CHAT)
    };
    // Flex is listed at 0.625 for short calls only; above 200,000 the standard 2.50 is known.
    check("gemini", "gemini-2.5-pro", &usage, &flex, 750_000_000);
}

#[test]
fn deepseek_is_cheaper_off_peak() {
    let usage = Usage::tokens(1_000_000, 0);
    let at = |moment: &str| {
        let at: jiff::Timestamp = moment.parse().expect("moment");
        Terms {
            at_us: Some(at.as_microsecond()),
            ..Terms::of(CHAT)
        }
    };
    let (model, busy, quiet) = ("deepseek-v4-pro", 1_320_000_000, 660_000_000);
    check("deepseek", model, &usage, &at("2026-11-23T08:00:00Z"), busy);
    check(
        "deepseek",
        model,
        &usage,
        &at("2026-11-23T12:00:00Z"),
        quiet,
    );
    check(
        "deepseek",
        model,
        &usage,
        &at("2026-11-22T08:00:00Z"),
        quiet,
    );
    check("deepseek", model, &usage, &Terms::of(CHAT), busy);
}

#[test]
fn the_sum_is_rounded_up_once() {
    let table = PriceTable::from_written(&[("input", "0.0001"), ("output", "0.0001")]);
    let sum = |usage: &Usage| {
        rate(&table, usage, &Terms::of(CHAT))
            .expect("cost is known")
            .nano_usd
    };
    // A tenth of a nano-dollar a token.
    assert_eq!(sum(&Usage::tokens(1, 0)), 1);
    assert_eq!(sum(&Usage::tokens(5, 5)), 1);
    assert_eq!(sum(&Usage::tokens(6, 5)), 2);
    assert_eq!(sum(&Usage::tokens(0, 0)), 0);
}

#[test]
fn sums_beyond_64_bits_saturate() {
    let table = PriceTable::from_written(&[("input", "9000000000"), ("output", "9000000000")]);
    let usage = Usage::tokens(u64::MAX, u64::MAX);
    let cost = rate(&table, &usage, &Terms::of(CHAT)).expect("cost is known");
    assert_eq!(cost.nano_usd, i64::MAX);
}

/// litellm#9812: cache tokens were counted in the input and once more by themselves.
#[test]
fn cache_tokens_are_never_counted_twice() {
    let usage = Usage {
        cache_read_tokens: 9_000,
        cache_write_tokens: 900,
        ..Usage::tokens(10_000, 0)
    };
    let cost = bill("anthropic", "claude-sonnet-4-5", &usage, &Terms::of(CHAT));
    assert_eq!(quantity(&cost, Unit::Input), 100);
    assert_eq!(quantity(&cost, Unit::CachedInput), 9_000);
    assert_eq!(quantity(&cost, Unit::CacheWrite), 900);
    // 100 × 3 + 9,000 × 0.30 + 900 × 3.75
    assert_eq!(cost.nano_usd, 6_375_000);
}

/// bifrost#5354: reads were billed twice and writes at the price of reads.
#[test]
fn a_cache_read_costs_a_tenth_and_a_write_more_than_the_input() {
    let read = Usage {
        cache_read_tokens: 100_000,
        ..Usage::tokens(100_000, 0)
    };
    let written = Usage {
        cache_write_tokens: 100_000,
        ..Usage::tokens(100_000, 0)
    };
    let model = "claude-sonnet-4-5";
    check("anthropic", model, &read, &Terms::of(CHAT), 30_000_000);
    check("anthropic", model, &written, &Terms::of(CHAT), 375_000_000);
}

#[test]
fn parts_beyond_their_total_are_cut_to_it() {
    let usage = Usage {
        cache_read_tokens: 50_000,
        cache_write_tokens: 400,
        cache_write_1h_tokens: 9_000,
        reasoning_tokens: 700,
        ..Usage::tokens(1_000, 100)
    };
    // 400 × 6 + 600 × 0.30 + 100 × 15
    check(
        "anthropic",
        "claude-sonnet-4-5",
        &usage,
        &Terms::of(CHAT),
        4_080_000,
    );
}

/// litellm#37992: a reported zero was taken for a missing figure.
#[test]
fn zero_is_a_figure_in_usage_and_in_prices() {
    check("openai", "gpt-4o", &Usage::default(), &Terms::of(CHAT), 0);
    let usage = Usage::tokens(1_000, 1_000);
    check("builtin", "echo", &usage, &Terms::of(CHAT), 0);
    check("zhipu", "glm-4.7-flash", &usage, &Terms::of(CHAT), 0);
}

#[test]
fn what_has_no_price_is_unknown_and_not_free() {
    let table = PriceTable::from_written(&[("image", "0.04")]);
    let tokens = Usage::tokens(10, 10);
    assert_eq!(rate(&table, &tokens, &Terms::of(CHAT)), None);

    let table = PriceTable::from_written(&[("input", "1")]);
    let cost = rate(&table, &tokens, &Terms::of(CHAT)).expect("the input is known");
    assert_eq!(cost.nano_usd, 10_000);
    assert_eq!(cost.unpriced, [Unit::Output]);
    assert!(!cost.is_complete());
}

#[test]
fn written_tokens_without_a_price_for_writing_are_ordinary_input() {
    let usage = Usage {
        cache_write_tokens: 700,
        ..Usage::tokens(1_000, 0)
    };
    check("openai", "gpt-4o", &usage, &Terms::of(CHAT), 2_500_000);
}
