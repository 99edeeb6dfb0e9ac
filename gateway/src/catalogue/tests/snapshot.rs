//! Prices that past usage rows keep.

use crate::catalogue::{Catalogue, PriceTable};

#[test]
fn a_snapshot_gives_back_the_table() {
    let catalogue = Catalogue::builtin();
    for (provider, model) in [
        ("openai", "gpt-image-1"),
        ("gemini", "gemini-2.5-pro"),
        ("deepseek", "deepseek-v4-pro"),
    ] {
        let table = catalogue.prices(provider, model).expect("prices");
        assert_eq!(PriceTable::from_json(&table.to_json()), Ok(table));
    }
}

#[test]
fn the_version_follows_the_prices_and_nothing_else() {
    let one = PriceTable::from_written(&[("input", "1"), ("output", "2")]);
    let same = PriceTable::from_written(&[("output", "2.0"), ("input", "1")]);
    let other = PriceTable::from_written(&[("input", "1"), ("output", "2.000000001")]);
    assert_eq!(one.version(), same.version());
    assert_ne!(one.version(), other.version());
    assert_ne!(one.version(), one.clone().always_off_peak().version());
    assert_eq!(one.version().len(), 12);
    // Stored in usage rows: the way it is computed must not change.
    assert_eq!(one.version(), "70849664e638");
    assert_eq!(
        one.to_json(),
        r#"{"version":"70849664e638","unit":"nano_usd_per_million","prices":{"input":1000000000,"output":2000000000}}"#
    );
}

#[test]
fn damaged_snapshots_are_refused() {
    let good = PriceTable::from_written(&[("input", "1")]).to_json();
    let tampered = good.replace("1000000000", "1000000001");
    for text in [
        "",
        "{}",
        "{\"prices\":{\"input\":1.5}}",
        "{\"prices\":{\"x\":1}}",
        &tampered,
    ] {
        assert!(PriceTable::from_json(text).is_err(), "{text}");
    }
}
