//! Facts from configuration.

use std::collections::BTreeMap;

use providers::{DialectId, Operation, Usage};

use crate::catalogue::{Capability, Catalogue, Override, Terms};

const CHAT: Operation = Operation::Chat(DialectId::Chat);

fn read(text: &str) -> Result<BTreeMap<String, Override>, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

fn catalogue(text: &str) -> Catalogue {
    Catalogue::with_overrides(read(text).expect("configuration")).expect("catalogue")
}

fn cost(catalogue: &Catalogue, provider: &str, model: &str, usage: &Usage) -> Option<i64> {
    let card = catalogue.lookup(provider, model)?;
    Some(card.cost(usage, &Terms::of(CHAT))?.nano_usd)
}

#[test]
fn an_override_changes_what_it_names_and_keeps_the_rest() {
    let catalogue = catalogue(
        r#"
        ["openai/gpt-4o"]
        context_window = 64000
        price = { input = "2.000000001", batch = { output = 4 } }
        "#,
    );
    let card = catalogue.lookup("openai", "gpt-4o").expect("card");
    assert_eq!(card.context_window, Some(64_000));
    assert_eq!(card.max_output_tokens, Some(16_384));
    let price = card.price.as_ref().expect("prices").to_json();
    assert!(price.contains(r#""input":2000000001"#), "{price}");
    assert!(price.contains(r#""batch.output":4000000000"#), "{price}");
    assert!(price.contains(r#""cached_input":1250000000"#), "{price}");
    // Found by its other writings as well, but not for a snapshot that has facts of its own.
    let usage = Usage::tokens(1, 0);
    assert_eq!(
        cost(&catalogue, "openai", "gpt-4o-latest", &usage),
        Some(2_001)
    );
    assert_eq!(
        cost(&catalogue, "openai", "gpt-4o-2024-08-06", &usage),
        Some(2_500)
    );
}

#[test]
fn figures_are_exact_as_strings_and_as_numbers() {
    let catalogue = catalogue(
        r#"
        ["mine/a"]
        price = { input = 0.1, output = "0.30", image = 0.011 }
        ["mine/b"]
        price = { input = 3, "input>200000" = "6", priority.input = 5.25 }
        "#,
    );
    let a = catalogue.prices("mine", "a").expect("prices").to_json();
    assert!(
        a.contains(r#"{"input":100000000,"output":300000000,"image":11000000000000}"#),
        "{a}"
    );
    let b = catalogue.prices("mine", "b").expect("prices").to_json();
    for part in [
        r#""input>200000":6000000000"#,
        r#""priority.input":5250000000"#,
    ] {
        assert!(b.contains(part), "{b}");
    }
}

#[test]
fn unknown_models_are_added_and_deployments_named_after_known_ones() {
    let catalogue = catalogue(
        r#"
        ["azure/our-deployment"]
        same_as = "azure/eu/gpt-5.1"
        ["mine/new"]
        mode = "chat"
        capabilities = ["tools", "vision"]
        retires = "2027-01-31"
        ["mine/unpriced"]
        "#,
    );
    let ours = catalogue.lookup("azure", "our-deployment").expect("card");
    let theirs = catalogue.lookup("azure", "eu/gpt-5.1").expect("card");
    assert_eq!(ours.price, theirs.price);
    assert_eq!(ours.model, "our-deployment");
    let new = catalogue.lookup("mine", "new").expect("card");
    assert!(new.can(Capability::Vision) && !new.can(Capability::AudioIn));
    assert_eq!(new.retires, Some(jiff::civil::date(2027, 1, 31)));
    assert_eq!(
        cost(&catalogue, "mine", "unpriced", &Usage::tokens(1, 1)),
        None
    );
    assert_eq!(catalogue.providers_of("new"), ["mine"]);
    assert_eq!(catalogue.models("mine"), ["new", "unpriced"]);
    assert_eq!(catalogue.list("mine").len(), 2);
}

#[test]
fn patterns_apply_longest_first_and_after_exact_names() {
    let catalogue = catalogue(
        r#"
        ["local/*"]
        free = true
        ["local/big-*"]
        price = { input = 1, output = 1 }
        ["local/big-one"]
        price = { input = 2, output = 2 }
        ["openai/gpt-4o*"]
        price = { input = 1 }
        "#,
    );
    let usage = Usage::tokens(1_000, 0);
    assert_eq!(cost(&catalogue, "local", "small", &usage), Some(0));
    assert_eq!(
        cost(&catalogue, "local", "big-two", &usage),
        Some(1_000_000)
    );
    assert_eq!(
        cost(&catalogue, "local", "big-one", &usage),
        Some(2_000_000)
    );
    assert_eq!(
        cost(&catalogue, "openai", "gpt-4o-2024-08-06", &usage),
        Some(1_000_000)
    );
    assert_eq!(catalogue.models("local"), ["big-one"]);
}

#[test]
fn unknown_words_name_the_nearest_known_one() {
    for (text, expected) in [
        (
            "[\"a/b\"]\ncontext_windw = 1",
            "did you mean `context_window`?",
        ),
        ("[\"a/b\"]\nprice = { imput = 1 }", "did you mean `input`?"),
        (
            "[\"a/b\"]\nprice = { prioritty = { input = 1 } }",
            "did you mean `priority`?",
        ),
        ("[\"a/b\"]\nmode = \"chatt\"", "did you mean `chat`?"),
        (
            "[\"a/b\"]\ncapabilities = [\"tool\"]",
            "did you mean `tools`?",
        ),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_figures_are_refused() {
    for (figure, expected) in [
        ("\"-1\"", "without sign"),
        ("-1", "without sign"),
        ("-0.5", "as a string"),
        ("\"1e3\"", "without sign or exponent"),
        ("nan", "as a string"),
        ("0.12345678901234567", "as a string"),
        ("\"0.0000000001\"", "too many decimals"),
        ("true", "a price in US dollars"),
    ] {
        let text = format!("[\"a/b\"]\nprice = {{ input = {figure} }}");
        let error = read(&text).expect_err(figure);
        assert!(error.contains(expected), "{figure}: {error}");
    }
    let error = read("[\"a/b\"]\nprice = 2").expect_err("not a table");
    assert!(error.contains("prices are a table"), "{error}");
    let error = read("[\"a/b\"]\nretires = \"soon\"").expect_err("not a date");
    assert!(error.contains("not a date"), "{error}");
}

#[test]
fn overrides_that_cannot_hold_are_refused() {
    for (text, expected) in [
        (
            "[\"gpt-4o\"]\nfree = true",
            "`gpt-4o`: expected `provider/model`",
        ),
        ("[\"a/b*c\"]\nfree = true", "expected `provider/model`"),
        (
            "[\"a/b\"]\nfree = true\nprice = { input = 1 }",
            "exclude each other",
        ),
        (
            "[\"a/b\"]\nsame_as = \"openai/nothing\"",
            "no built-in model `openai/nothing`",
        ),
        (
            "[\"a/*\"]\nsame_as = \"openai/gpt-4o\"",
            "needs the name of one model",
        ),
        (
            "[\"a/b\"]\nprice.off_peak.hours = \"1-5@00:00-08:00\"",
            "without a price",
        ),
    ] {
        let error = Catalogue::with_overrides(read(text).expect("syntax")).expect_err(text);
        assert!(error.to_string().contains(expected), "{error}");
    }
}
