//! Generated conversations of features that the matrix calls exact arrive unchanged everywhere.

use proptest::prelude::*;
use providers::Notes;
use serde_json::{Value, json};

use super::neutral::{Call, Talk, Turn};
use super::readers::read;
use super::upstreams::{Model, Upstream};
use super::{INGRESSES, Ingress};

fn text() -> impl Strategy<Value = String> {
    "[a-zé🌍\"\\\\{}:,<&\n ]{0,12}[a-z]"
}

fn call() -> impl Strategy<Value = Call> {
    let arguments = prop::collection::btree_map("[a-c]", -9..99i64, 0..3);
    let result = prop_oneof![
        text().boxed(),
        (0..9i64)
            .prop_map(|n| json!({ "n": n }).to_string())
            .boxed(),
    ];
    ("[a-d]{1,3}", arguments, result).prop_map(|(name, arguments, result)| Call {
        name,
        arguments: json!(arguments),
        result,
    })
}

fn user() -> impl Strategy<Value = Turn> {
    let image = prop::option::weighted(0.2, Just("iVBORw0KGgo=".to_owned()));
    (prop::collection::vec(text(), 1..3), image)
        .prop_map(|(texts, image)| Turn::User { texts, image })
}

fn assistant() -> impl Strategy<Value = Turn> {
    let calls = prop::collection::vec(call(), 0..3);
    (prop::option::of(text()), calls).prop_map(|(text, calls)| {
        // A turn says something or calls something.
        let text = text.or_else(|| calls.is_empty().then(|| "so".to_owned()));
        Turn::Assistant {
            text: text.unwrap_or_default(),
            calls,
        }
    })
}

fn talk() -> impl Strategy<Value = Talk> {
    let rounds = prop::collection::vec((user(), assistant()), 0..4);
    let stop = prop::collection::vec("[a-z]{1,4}", 1..4);
    let temperature = prop::sample::select(vec![0.0, 0.25, 0.5, 1.0]);
    (
        prop::option::of(text()),
        rounds,
        user(),
        temperature,
        1u64..5000,
        stop,
    )
        .prop_map(|(system, rounds, last, temperature, cap, stop)| Talk {
            system,
            turns: rounds
                .into_iter()
                .flat_map(|(user, assistant)| [user, assistant])
                .chain([last])
                .collect(),
            temperature,
            cap,
            stop,
        })
}

/// The body that `upstream` gets, with the report.
fn sent(ingress: &Ingress, upstream: &Upstream, request: &Value) -> (Value, String) {
    let mut notes = Notes::default();
    let request = request.to_string();
    let canonical = ingress
        .dialect
        .decode_request(request.as_bytes(), &mut notes);
    let to = upstream.target(Model::Plain);
    let canonical = canonical.expect("decodes");
    let body = upstream.provider.encode_chat(&to, &canonical, &mut notes);
    let body = serde_json::from_slice(&body.expect("encodes")).expect("is JSON");
    (body, notes.to_header())
}

/// System prompt and turns: what a vendor's prompt cache compares from the front.
fn prompt(body: &Value) -> (Value, Vec<Value>) {
    let turns = body.get("contents").unwrap_or(&body["messages"]);
    let system = body.get("systemInstruction").unwrap_or(&body["system"]);
    (system.clone(), turns.as_array().expect("is a list").clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_longer_conversation_begins_with_the_shorter_one(talk in talk(), more in (assistant(), user())) {
        let mut longer = talk.clone();
        longer.turns.extend([more.0, more.1]);
        for upstream in Upstream::all() {
            for ingress in INGRESSES {
                let (short, _) = sent(&ingress, &upstream, &talk.request(&ingress, true));
                let (long, _) = sent(&ingress, &upstream, &longer.request(&ingress, true));
                let ((system, turns), (same, all)) = (prompt(&short), prompt(&long));
                prop_assert_eq!(system, same);
                prop_assert_eq!(&all[..turns.len()], &turns[..], "{} to {}", ingress.id, upstream.id);
            }
        }
    }

    #[test]
    fn what_the_matrix_calls_exact_survives_the_way_to_every_upstream(talk in talk()) {
        for upstream in Upstream::all() {
            // A webhook answers text, so it is offered no tools; earlier calls it sees.
            let with_tools = upstream.id != "webhook";
            let expected = talk.said(with_tools).settled();
            for ingress in INGRESSES {
                if upstream.speaks(ingress.dialect.id()) {
                    continue;
                }
                let request = talk.request(&ingress, with_tools);
                let (body, notes) = sent(&ingress, &upstream, &request);
                let route = format!("{} to {}: {body:#}", ingress.id, upstream.id);
                prop_assert_eq!(notes, "", "{}", route);
                prop_assert_eq!(&read(upstream.id, &body), &expected, "{}", route);
            }
        }
    }
}
