//! The catalogue files as a whole.

use std::path::PathBuf;

use crate::catalogue::builtin::{FILES, id_of};
use crate::catalogue::row::parse_row;
use crate::catalogue::{Catalogue, Mode, PriceKey, PriceTable, Tier, Unit};

#[test]
fn every_row_is_read() {
    for file in FILES {
        for row in file.rows() {
            let card = parse_row(file.provider, file.header(), row)
                .unwrap_or_else(|error| panic!("{}: {error}: {row}", file.provider));
            assert!(card.as_of.is_some(), "{row}");
            assert!(card.mode.is_some() || id_of(row) == "*", "{row}");
            assert!(
                card.source
                    .as_ref()
                    .is_none_or(|url| url.starts_with("https://")),
                "{row}"
            );
        }
    }
}

#[test]
fn each_vendor_we_have_facts_of_is_there() {
    let catalogue = Catalogue::builtin();
    for (provider, at_least) in [
        ("openai", 100),
        ("anthropic", 20),
        ("gemini", 40),
        ("azure", 150),
        ("mistral", 50),
        ("groq", 8),
        ("deepseek", 8),
        ("xai", 40),
        ("together", 60),
        ("fireworks", 200),
        ("perplexity", 40),
        ("cerebras", 5),
        ("nvidia", 1),
        ("deepinfra", 100),
        ("sambanova", 5),
        ("moonshot", 8),
        ("zhipu", 12),
        ("dashscope", 40),
        ("novita", 100),
        ("cohere", 15),
    ] {
        let models = catalogue.models(provider).len();
        assert!(models >= at_least, "{provider}: {models}");
    }
}

#[test]
fn free_is_claimed_of_few() {
    let catalogue = Catalogue::builtin();
    for file in FILES.iter().filter(|file| file.provider != "ollama") {
        for card in catalogue.list(file.provider) {
            let is_free = card.price.as_ref().is_some_and(PriceTable::is_free);
            let has_page = card
                .source
                .as_ref()
                .is_some_and(|url| url.contains("pricing"));
            assert!(
                !is_free || has_page || card.mode == Some(Mode::Moderation),
                "{}/{}",
                card.provider,
                card.model
            );
        }
    }
}

/// The figures against the list they come from, read by another way than the script's.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn figures_agree_with_the_list_they_come_from() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SHARED_DATA").map_or(root, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("model-prices.json")) else {
        eprintln!("skipped: no price list beside the workspace (set SHARED_DATA)");
        return;
    };
    let list: serde_json::Value = serde_json::from_str(&text).expect("the list is JSON");
    let names = [
        ("anthropic", "", "anthropic"),
        ("openai", "", "openai"),
        ("gemini", "gemini/", "gemini"),
        ("deepinfra", "deepinfra/", "deepinfra"),
        ("novita", "novita/", "novita"),
        ("azure", "azure/", "azure"),
    ];
    let fields = [
        ("input_cost_per_token", Tier::Standard, 0, Unit::Input),
        ("output_cost_per_token", Tier::Standard, 0, Unit::Output),
        (
            "cache_read_input_token_cost",
            Tier::Standard,
            0,
            Unit::CachedInput,
        ),
        (
            "cache_creation_input_token_cost_above_1hr",
            Tier::Standard,
            0,
            Unit::CacheWrite1h,
        ),
        (
            "input_cost_per_token_above_200k_tokens",
            Tier::Standard,
            200_000,
            Unit::Input,
        ),
        (
            "output_cost_per_token_priority",
            Tier::Priority,
            0,
            Unit::Output,
        ),
    ];
    let catalogue = Catalogue::builtin();
    let mut compared = 0;
    for (provider, prefix, of_list) in names {
        for card in catalogue.list(provider) {
            let entry = &list[format!("{prefix}{}", card.model)];
            let Some(price) = card.price.as_ref().filter(|_| entry["provider"] == of_list) else {
                continue;
            };
            for (field, tier, above, unit) in fields {
                let key = PriceKey {
                    tier,
                    above,
                    unit,
                    variant: Box::default(),
                };
                let found = price.entries().iter().find(|(k, _)| *k == key);
                let listed = entry[field].as_f64().filter(|usd| *usd > 0.0);
                let ours = found.map(|(_, rate)| rate.nano_usd_per_million() as f64 / 1e15);
                let agrees = match (listed, ours) {
                    (Some(listed), Some(ours)) => (listed - ours).abs() <= listed * 1e-9,
                    (None, ours) => ours.is_none_or(|usd| usd == 0.0),
                    (Some(_), None) => false,
                };
                assert!(
                    agrees,
                    "{provider}/{} {key}: {listed:?} {ours:?}",
                    card.model
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 2_000, "{compared}");
}
