//! The gateway's endpoints: `/v1/*` in the vendors' own shapes.
//!
//! Handlers read the request, make a [`Call`](crate::Call) and write the reply: no rule lives here.

mod audio;
mod chat;
mod count_tokens;
mod ingress;
mod models;
mod others;
mod responses;
pub mod usage;
mod write;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Gateway;

/// All endpoints of the gateway: `/v1`, and the reports under `/api/v1`.
pub fn router(gateway: Gateway) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(chat::create_chat_completion))
        .routes(routes!(chat::create_completion))
        .routes(routes!(chat::create_message))
        .routes(routes!(count_tokens::count_message_tokens))
        .routes(routes!(responses::create_response))
        .routes(routes!(responses::get_response, responses::delete_response))
        .routes(routes!(others::create_embeddings))
        .routes(routes!(others::create_image))
        .routes(routes!(others::create_speech))
        .routes(routes!(others::create_moderation))
        .routes(routes!(audio::create_transcription))
        .routes(routes!(audio::create_translation))
        .routes(routes!(models::list_models))
        .routes(routes!(models::get_model))
        .with_state(gateway.clone())
        .merge(usage::router(gateway))
}
