//! What happens to each feature on its way from each client dialect to each upstream and back, found
//! out by running the maps, and written down in `docs/translation.md`.
//!
//! A feature of a request is one entry in `fixtures/matrix/requests/*.json`:
//!
//! * `ask`: the fields that express it in each client dialect; a dialect that cannot say it is missing.
//! * `with`: `tools` puts four tools into the request beside it.
//! * `model`: `reasoning` or `old`, for features that depend on the model.
//! * `carried`: where it must arrive in the upstream's body, by JSON pointer. Looked up by upstream, then
//!   by the wire format it belongs to; `messages:gemini` is for one dialect only.
//! * `notes`: names under which the translation report may mention it; the feature's own when absent.
//!
//! What neither arrives nor is mentioned is lost in silence, and fails the test.

mod answers;
mod ask;
mod cell;
mod document;
mod encoders;
mod neutral;
mod readers;
mod replay;
mod roundtrip;
mod seen;
mod streams;
mod upstreams;

use providers::Dialect;
use providers::dialect::EncodeContext;
use providers::dialect::chat::Chat;
use providers::dialect::messages::Messages;
use providers::dialect::responses::Responses;

/// A client's dialect.
#[derive(Clone, Copy)]
pub(crate) struct Ingress {
    /// Key in the fixtures.
    pub(crate) id: &'static str,
    /// Name for people.
    pub(crate) title: &'static str,
    pub(crate) dialect: &'static dyn Dialect,
}

pub(crate) static INGRESSES: [Ingress; 3] = [
    Ingress {
        id: "chat",
        title: "Chat completions",
        dialect: &Chat,
    },
    Ingress {
        id: "responses",
        title: "Responses",
        dialect: &Responses,
    },
    Ingress {
        id: "messages",
        title: "Messages",
        dialect: &Messages,
    },
];

/// What the gateway tells an encoder about a call.
pub(crate) fn context() -> EncodeContext {
    EncodeContext {
        model: "alias".to_owned(),
        request_id: "req_0199".to_owned(),
        created: 1_763_800_000,
        include_usage: true,
        estimated_input_tokens: 5,
        request: serde_json::Map::new(),
    }
}
