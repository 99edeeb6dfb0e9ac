//! Reservations hold whatever the vendor reports within the ceiling.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use providers::{DialectId, Operation, Usage};

use crate::catalogue::{Catalogue, Ceiling, PriceTable, Terms, Tier, Unit, rate, upper_bound};

const CHAT: Operation = Operation::Chat(DialectId::Chat);

/// Any table: random units in random tiers and bands.
fn tables() -> impl Strategy<Value = PriceTable> {
    let tier = prop::sample::select(vec!["", "batch.", "priority.", "off_peak."]);
    let band = prop::sample::select(vec!["", ">1000", ">200000"]);
    let price = (
        tier,
        prop::sample::select(Unit::ALL.to_vec()),
        band,
        0..50_000_u32,
    );
    (prop::collection::vec(price, 1..25), any::<bool>()).prop_map(|(prices, has_hours)| {
        let written: Vec<(String, String)> = prices
            .into_iter()
            .map(|(tier, unit, band, figure)| {
                let key = match unit.is_priced_each() {
                    true => format!("{tier}{}", unit.word()),
                    false => format!("{tier}{}{band}", unit.word()),
                };
                (key, format!("{}.{:03}", figure / 1_000, figure % 1_000))
            })
            .collect();
        let table = PriceTable::from_written(&written);
        if has_hours {
            table.always_off_peak()
        } else {
            table
        }
    })
}

fn real_tables() -> Vec<PriceTable> {
    let catalogue = Catalogue::builtin();
    let of = |provider| catalogue.list(provider);
    [
        "openai",
        "anthropic",
        "gemini",
        "deepseek",
        "dashscope",
        "perplexity",
        "cohere",
    ]
    .into_iter()
    .flat_map(of)
    .filter_map(|card| card.price.clone())
    .collect()
}

/// Any usage, consistent or not: a decoder's mistake must not break a budget.
fn usages() -> impl Strategy<Value = Usage> {
    let tokens = || 0..400_000_u64;
    let input = (tokens(), tokens(), tokens(), tokens(), tokens(), tokens());
    let output = (tokens(), tokens(), tokens(), tokens());
    let others = (0..4_u64, 0..90_000_u64, 0..5_000_u64, 0..4_u64);
    (input, output, others).prop_map(|(input, output, others)| Usage {
        input_tokens: input.0,
        cache_read_tokens: input.1,
        cache_write_tokens: input.2,
        cache_write_1h_tokens: input.3,
        audio_input_tokens: input.4,
        image_input_tokens: input.5,
        output_tokens: output.0,
        reasoning_tokens: output.1,
        audio_output_tokens: output.2,
        image_output_tokens: output.3,
        images: others.0,
        audio_ms: others.1,
        characters: others.2,
        web_searches: others.3,
        service_tier: None,
        raw: None,
    })
}

fn terms() -> impl Strategy<Value = Terms<'static>> {
    let op = prop::sample::select(vec![
        CHAT,
        Operation::Images,
        Operation::Speech,
        Operation::Transcription,
        Operation::Embeddings,
    ]);
    let tier = prop::sample::select(vec![Tier::Standard, Tier::Batch, Tier::Priority]);
    let size = prop::sample::select(vec!["", "1024x1024", "9x9"]);
    (op, tier, size, prop::option::of(0..i64::MAX / 1_000_000)).prop_map(
        |(op, tier, image_size, at_us)| Terms {
            tier,
            image_size,
            at_us,
            ..Terms::of(op)
        },
    )
}

/// The tightest ceiling over a usage, with some room in the tokens.
fn ceiling(usage: &Usage, room: u64) -> Ceiling {
    Ceiling {
        images: usage.images,
        audio_ms: usage.audio_ms,
        characters: usage.characters,
        web_searches: usage.web_searches,
        ..Ceiling::tokens(usage.input_tokens + room, usage.output_tokens + room)
    }
}

fn holds(table: &PriceTable, usage: &Usage, asked: &Terms<'_>, room: u64) {
    let bound = upper_bound(table, &ceiling(usage, room), asked);
    for tier in [Tier::Standard, asked.tier] {
        let served = Terms { tier, ..*asked };
        let cost = rate(table, usage, &served).map_or(0, |cost| cost.nano_usd);
        assert!(
            cost <= bound,
            "{cost} > {bound}: {table:?} {usage:?} {served:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bill_exceeds_its_reservation(
        table in tables(), usage in usages(), terms in terms(), room in 0..200_000_u64,
    ) {
        holds(&table, &usage, &terms, room);
    }

    #[test]
    fn a_text_reservation_holds_for_text(
        table in tables(), usage in usages(), terms in terms(),
    ) {
        let usage = Usage {
            audio_input_tokens: 0,
            image_input_tokens: 0,
            audio_output_tokens: 0,
            image_output_tokens: 0,
            cache_write_tokens: 0,
            ..usage
        };
        let ceiling = Ceiling { media: false, cache_writes: false, ..ceiling(&usage, 0) };
        let cost = rate(&table, &usage, &terms).map_or(0, |cost| cost.nano_usd);
        prop_assert!(cost <= upper_bound(&table, &ceiling, &terms));
    }

    #[test]
    fn parts_of_a_bill_add_up_to_the_usage(usage in usages()) {
        let table = PriceTable::from_written(&[("input", "1"), ("cached_input", "1"),
            ("cache_write", "1"), ("cache_write_1h", "1"), ("audio_input", "1"),
            ("image_input", "1"), ("output", "1"), ("reasoning", "1"), ("audio_output", "1")]);
        let cost = rate(&table, &usage, &Terms::of(CHAT)).expect("all is priced");
        let tokens: u64 = cost.parts.iter().map(|part| part.quantity).sum();
        prop_assert_eq!(tokens, usage.input_tokens + usage.output_tokens);
    }
}

#[test]
fn no_bill_of_a_real_model_exceeds_its_reservation() {
    let tables = real_tables();
    assert!(tables.len() > 300, "{}", tables.len());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for table in &tables {
        for _ in 0..20 {
            let mut draw = |strategy: BoxedStrategy<(Usage, Terms<'static>)>| {
                strategy
                    .new_tree(&mut runner)
                    .expect("a case is drawn")
                    .current()
            };
            let (usage, terms) = draw((usages(), terms()).boxed());
            holds(table, &usage, &terms, 0);
        }
    }
}

#[test]
fn a_plain_reservation_is_the_plain_price() {
    let catalogue = Catalogue::builtin();
    let prices = catalogue.prices("openai", "gpt-4o").expect("prices");
    let terms = Terms::of(CHAT);
    // 1,000 × 2.50 + 500 × 10
    assert_eq!(
        upper_bound(&prices, &Ceiling::text(1_000, 500), &terms),
        7_500_000
    );
    let prices = catalogue
        .prices("anthropic", "claude-sonnet-4-5")
        .expect("prices");
    // 1,000 × 6, the hour's write, or × 3 when the request marks nothing for the cache.
    assert_eq!(
        upper_bound(&prices, &Ceiling::text(1_000, 0), &terms),
        6_000_000
    );
    let uncached = Ceiling {
        cache_writes: false,
        ..Ceiling::text(1_000, 0)
    };
    assert_eq!(upper_bound(&prices, &uncached, &terms), 3_000_000);
    assert_eq!(
        upper_bound(&PriceTable::free(), &Ceiling::tokens(9, 9), &terms),
        0
    );
}
