//! Streams of upstreams, however the network cuts them.

use proptest::prelude::*;

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
