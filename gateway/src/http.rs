//! The gateway's endpoints: `/v1/*` in the vendors' own shapes.
//!
//! Handlers read the request, make a [`Call`](crate::Call) and write the reply: no rule lives here.

mod alerts;
mod api;
mod audio;
mod billing;
mod chat;
mod count_tokens;
mod direct;
mod file_search;
mod ingress;
mod model_routes;
mod models;
mod others;
mod providers;
mod responses;
pub mod usage;
pub mod v1;
mod write;

use accounts::http::Routes;
use accounts::http::with_request_id;
use accounts::routes;
use axum::middleware::from_fn;

pub use direct::Frequent;

use crate::Gateway;

/// All endpoints of the gateway: `/v1`, and the reports under `/api/v1`.
pub fn router(gateway: Gateway) -> Routes {
    Routes::new()
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
        .merge(usage::router(gateway.clone()))
        .merge(api(gateway))
}

/// Our own endpoints about models and money.
fn api(gateway: Gateway) -> Routes {
    Routes::new()
        .routes(routes!(billing::get_billing))
        .routes(routes!(billing::list_statements))
        .routes(routes!(billing::get_statement))
        .routes(routes!(billing::set_organization_plan))
        .routes(routes!(alerts::list_alerts))
        .routes(routes!(alerts::list_webhook_deliveries))
        .routes(routes!(alerts::test_webhook))
        .routes(routes!(
            model_routes::list_model_routes,
            model_routes::create_model_route
        ))
        .routes(routes!(
            model_routes::get_model_route,
            model_routes::update_model_route,
            model_routes::delete_model_route
        ))
        .routes(routes!(model_routes::list_target_health))
        .routes(routes!(model_routes::test))
        .routes(routes!(providers::list_providers))
        .routes(routes!(providers::list_provider_models))
        .routes(routes!(providers::test_provider))
        .routes(routes!(providers::test_credential))
        .with_state(api::Api(gateway))
        .layer(from_fn(with_request_id))
}
