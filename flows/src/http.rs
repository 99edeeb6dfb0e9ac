//! This crate's part of `/api/v1`. Until roles are there, an admin key may do everything here.

mod expressions;
mod node_types;
mod own_templates;
mod pins;
mod projects;
mod query;
mod save_points;
mod templates;
mod values;
mod variables;
mod versions;
mod workflows;

use accounts::Accounts;
use accounts::http::Routes;
use accounts::http::with_request_id;
use accounts::routes;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::from_fn;
use gateway::Gateway;
use rag::Rag;

use crate::Flows;

/// Bytes of a body at most: a project's document.
const MAX_BODY: usize = 32 * 1024 * 1024;

impl FromRef<Flows> for Accounts {
    fn from_ref(flows: &Flows) -> Self {
        flows.accounts().clone()
    }
}

/// What the gallery needs: its flows, which models can be called, and the hub that sample documents go
/// to, where there is one.
#[derive(Clone)]
struct Gallery {
    flows: Flows,
    gateway: Gateway,
    rag: Option<Rag>,
}

impl FromRef<Gallery> for Accounts {
    fn from_ref(gallery: &Gallery) -> Self {
        gallery.flows.accounts().clone()
    }
}

/// The gallery of templates. The paths are complete: merge the router, do not nest it.
pub fn gallery(flows: Flows, gateway: Gateway, rag: Option<Rag>) -> Routes {
    Routes::new()
        .routes(routes!(templates::list, own_templates::create))
        .routes(routes!(templates::categories))
        .routes(routes!(templates::featured))
        .routes(routes!(
            templates::get,
            own_templates::update,
            own_templates::delete
        ))
        .routes(routes!(own_templates::versions, own_templates::add_version))
        .routes(routes!(own_templates::rate, own_templates::unrate))
        .routes(routes!(templates::use_template))
        .routes(routes!(templates::clone_template))
        .with_state(Gallery {
            flows,
            gateway,
            rag,
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(with_request_id))
}

/// Projects, flows (`workflows`), versions, node types and expressions. The paths are complete: merge
/// the router, do not nest it.
pub fn router(flows: Flows) -> Routes {
    Routes::new()
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::get, projects::update, projects::delete))
        .routes(routes!(projects::duplicate))
        .routes(routes!(projects::archive))
        .routes(routes!(projects::unarchive))
        .routes(routes!(projects::export))
        .routes(routes!(projects::import))
        .routes(routes!(save_points::list, save_points::create))
        .routes(routes!(save_points::delete))
        .routes(routes!(save_points::restore))
        .routes(routes!(values::list))
        .routes(routes!(values::delete))
        .routes(routes!(variables::list))
        .routes(routes!(variables::put, variables::delete))
        .routes(routes!(variables::list_secrets))
        .routes(routes!(variables::put_secret, variables::delete_secret))
        .routes(routes!(workflows::list, workflows::create))
        .routes(routes!(
            workflows::get,
            workflows::update,
            workflows::delete
        ))
        .routes(routes!(workflows::duplicate))
        .routes(routes!(workflows::validate))
        .routes(routes!(workflows::permissions))
        .routes(routes!(pins::get))
        .routes(routes!(pins::put, pins::delete))
        .routes(routes!(versions::publish))
        .routes(routes!(versions::unpublish))
        .routes(routes!(versions::rollback))
        .routes(routes!(versions::list))
        .routes(routes!(versions::get))
        .routes(routes!(versions::restore))
        .routes(routes!(versions::diff))
        .routes(routes!(node_types::list))
        .routes(routes!(node_types::get))
        .routes(routes!(node_types::ports))
        .routes(routes!(expressions::preview))
        .with_state(flows)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(with_request_id))
}
