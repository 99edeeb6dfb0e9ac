//! Names of models.

use std::sync::Arc;

use crate::catalogue::{Capability, Catalogue, Mode};

fn found(provider: &str, model: &str) -> Option<String> {
    let card = Catalogue::builtin().lookup(provider, model)?;
    Some(card.model.to_string())
}

#[test]
fn a_card_has_the_facts_of_its_row() {
    let catalogue = Catalogue::builtin();
    let card = catalogue.lookup("openai", "gpt-4o").expect("card");
    assert_eq!(card.mode, Some(Mode::Chat));
    assert_eq!(card.context_window, Some(128_000));
    assert_eq!(card.max_output_tokens, Some(16_384));
    assert!(card.can(Capability::Vision) && !card.can(Capability::Reasoning));
    assert_eq!(card.input_modalities(), ["text", "image", "pdf"]);
    assert_eq!(card.output_modalities(), ["text"]);
    assert!(
        card.source
            .as_ref()
            .is_some_and(|url| url.contains("openai.com"))
    );
    assert_eq!(card.as_of, Some(jiff::civil::date(2026, 11, 22)));
    let facts = card.facts();
    assert_eq!(facts.max_output_tokens, Some(16_384));
    assert!(facts.structured_output && !facts.reasoning);
    let retiring = catalogue.lookup("openai", "whisper-1").expect("card");
    assert_eq!(retiring.retires, Some(jiff::civil::date(2027, 2, 26)));
    let vectors = catalogue
        .lookup("openai", "text-embedding-3-small")
        .expect("card");
    assert_eq!(vectors.embedding_dimensions, Some(1_536));
}

#[test]
fn a_card_is_made_once() {
    let catalogue = Catalogue::builtin();
    let first = catalogue.lookup("openai", "gpt-4o").expect("card");
    let second = catalogue.lookup("openai", "gpt-4o").expect("card");
    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn the_exact_name_goes_before_any_rule() {
    assert_eq!(
        found("openai", "gpt-4o-2024-05-13").as_deref(),
        Some("gpt-4o-2024-05-13")
    );
    assert_eq!(
        found("xai", "grok-4.5-latest").as_deref(),
        Some("grok-4.5-latest")
    );
}

#[test]
fn other_writings_of_a_name_are_resolved() {
    for (provider, asked, expected) in [
        ("openai", "gpt-4o-2031-01-31", "gpt-4o"),
        ("anthropic", "claude-opus-5-20260801", "claude-opus-5"),
        ("anthropic", "claude-sonnet-4-5-latest", "claude-sonnet-4-5"),
        ("gemini", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini", "gemini-2.5-pro-002", "gemini-2.5-pro"),
        (
            "fireworks",
            "deepseek-v3",
            "accounts/fireworks/models/deepseek-v3",
        ),
        ("mistral", "codestral-mamba", "codestral-mamba-latest"),
        (
            "openai",
            "ft:gpt-3.5-turbo-1106:acme::x1",
            "ft:gpt-3.5-turbo-1106",
        ),
        ("builtin", "fault-429", "*"),
        ("ollama", "a-model-of-tomorrow:7b", "*"),
    ] {
        assert_eq!(
            found(provider, asked).as_deref(),
            Some(expected),
            "{provider}/{asked}"
        );
    }
}

#[test]
fn families_are_never_guessed() {
    for (provider, asked) in [
        ("openai", "gpt-4o-super"),
        ("openai", "gpt-4o-0613"),
        ("openai", "gpt"),
        ("openai", ""),
        ("openai", "*"),
        ("openai", "GPT-4O"),
        ("openai", "claude-opus-5"),
        ("openai", "ft:gpt-unheard-of:acme::x1"),
        ("anthropic", "claude-latest"),
        ("anthropic", "claude"),
        ("openrouter", "openai/gpt-4o:free"),
        ("nowhere", "gpt-4o"),
    ] {
        assert_eq!(found(provider, asked), None, "{provider}/{asked}");
    }
}

#[test]
fn a_bare_name_belongs_to_its_maker_first() {
    let catalogue = Catalogue::builtin();
    assert_eq!(catalogue.providers_of("claude-sonnet-5"), ["anthropic"]);
    assert_eq!(catalogue.providers_of("gpt-4o"), ["openai", "azure"]);
    assert_eq!(catalogue.providers_of("no-such-model"), [""; 0]);
}

#[test]
fn models_are_listed_without_patterns() {
    let catalogue = Catalogue::builtin();
    assert!(catalogue.models("builtin").is_empty());
    let models = catalogue.models("anthropic");
    assert!(models.contains(&"claude-opus-5") && models.is_sorted());
    assert_eq!(catalogue.list("anthropic").len(), models.len());
}
