//! Streams of upstreams, however the network cuts them.

use proptest::prelude::*;
use serde_json::Value;

use super::answers::{Answer, translate};
use super::upstreams::Upstream;
use super::{INGRESSES, Ingress};

/// All streams of all upstreams with what their clients get.
fn streams() -> Vec<(Ingress, Upstream, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for ingress in INGRESSES {
        for upstream in Upstream::all() {
            for answer in Answer::all(&upstream).values() {
                let bytes = answer.bytes(&upstream);
                let whole = translate(&ingress, &*upstream.provider, &[&bytes]);
                let whole = whole.expect("is a clean stream");
                all.push((ingress, Upstream::find(upstream.id), bytes, whole));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_chunking_of_any_upstreams_stream_gives_the_same_client_events(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        for (ingress, upstream, bytes, whole) in streams() {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
            let cut = translate(&ingress, &*upstream.provider, &pieces);
            let cut = cut.expect("is a clean stream");
            prop_assert!(cut == whole, "{} to {}", upstream.id, ingress.id);
        }
    }
}

#[test]
fn one_byte_at_a_time_gives_the_same_client_events() {
    for (ingress, upstream, bytes, whole) in streams() {
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        let cut = translate(&ingress, &*upstream.provider, &pieces).expect("is a clean stream");
        assert!(cut == whole, "{} to {}", upstream.id, ingress.id);
    }
}

/// The rules that clients rely on, whoever answers.
#[test]
fn translated_streams_keep_the_rules_of_their_dialect() {
    for (ingress, upstream, _, client) in streams() {
        let route = format!("{} to {}", upstream.id, ingress.id);
        match ingress.id {
            // One message_start, blocks that do not overlap, nothing after message_stop.
            "messages" => drop(crate::messages::accumulate(&client)),
            // Numbered events named by their types, items added before they grow.
            "responses" => follow_items(&crate::responses::events(&client), &route),
            _ => check_chunks(&client, &route),
        }
    }
}

fn check_chunks(client: &[u8], route: &str) {
    let text = std::str::from_utf8(client).expect("is UTF-8");
    let (chunks, rest) = text.split_once("data: [DONE]\n\n").expect("ends cleanly");
    assert_eq!(rest, "", "{route}: nothing follows the end");
    let chunks = super::seen::events(chunks.as_bytes());
    let first = &chunks[0];
    let mut begun: Vec<&Value> = Vec::new();
    for chunk in &chunks {
        for name in ["id", "created", "model", "object"] {
            assert_eq!(chunk[name], first[name], "{route}: `{name}` stays");
        }
        for choice in chunk["choices"].as_array().expect("is a list") {
            let role = &choice["delta"]["role"];
            let is_first = !begun.contains(&&choice["index"]);
            assert_eq!(
                role == "assistant",
                is_first,
                "{route}: the role comes once, first"
            );
            begun.push(&choice["index"]);
        }
    }
    let last = chunks.last().expect("has chunks");
    let has_usage = last["usage"].is_object();
    let is_alone = last["choices"].as_array().is_some_and(Vec::is_empty);
    assert_eq!(has_usage, is_alone, "{route}: usage comes alone and last");
}

fn follow_items(events: &[Value], route: &str) {
    let mut added = 0;
    for event in events {
        let kind = event["type"].as_str().expect("has a type");
        if kind == "response.output_item.added" {
            added += 1;
        } else if let Some(index) = event["output_index"].as_u64() {
            assert!(
                index < added,
                "{route}: {kind} of an item that was not added"
            );
        }
    }
    let last = events.last().expect("has events");
    let output = last["response"]["output"].as_array().map(Vec::len);
    assert_eq!(
        output,
        Some(added as usize),
        "{route}: the last event has all items"
    );
}
