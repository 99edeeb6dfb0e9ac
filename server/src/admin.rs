//! What the owner of an instance sees of it: how it fares, how it is configured, what it is made of.

mod licences;
mod settings;
mod system;

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use accounts::Accounts;
use accounts::http::{ApiError, ErrorBody, InstanceOwner, Routes, with_request_id};
use accounts::routes;
use axum::Json;
use axum::extract::{FromRef, State};
use axum::middleware::from_fn;
use serde::Serialize;
use tokio::sync::OnceCell;
use utoipa::ToSchema;

pub use self::settings::Setting;
use self::system::System;
use crate::app::App;
use crate::config::Config;

/// What is known of the running program besides its parts.
#[derive(Debug)]
pub struct Instance {
    begun: Instant,
    data_dir: PathBuf,
    vectors: &'static str,
    mail: &'static str,
    settings: RwLock<Vec<Setting>>,
    /// How workers are locked in, once one was asked: it stays so.
    confinement: OnceCell<sandbox::Confinement>,
}

impl Instance {
    /// An instance that begins now.
    pub fn new(config: &Config) -> Self {
        Self {
            begun: Instant::now(),
            data_dir: config.server.data_dir.clone(),
            vectors: match config.rag.qdrant {
                Some(_) => "qdrant",
                None => "embedded",
            },
            mail: match config.email.host {
                Some(_) => "smtp",
                None => "outbox",
            },
            settings: RwLock::new(config.set.clone()),
            confinement: OnceCell::new(),
        }
    }

    /// Takes note of a configuration that was loaded while running. Only the gateway's part of it is in
    /// force before the next start.
    pub(crate) fn reloaded(&self, config: &Config) {
        let ours = |setting: &&Setting| setting.is_reloaded();
        let mut settings = self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        settings.retain(|setting| !setting.is_reloaded());
        settings.extend(config.set.iter().filter(ours).cloned());
        settings.sort_by(|a, b| a.key.cmp(&b.key));
    }

    fn settings(&self) -> Vec<Setting> {
        let settings = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        settings.clone()
    }
}

#[derive(Clone)]
struct Admin(App);

impl FromRef<Admin> for Accounts {
    fn from_ref(admin: &Admin) -> Self {
        admin.0.accounts.clone()
    }
}

/// `/api/v1/admin/…`, for owners of the instance.
pub(crate) fn router(app: &App) -> Routes {
    Routes::new()
        .routes(routes!(show_system))
        .routes(routes!(show_configuration))
        .routes(routes!(list_licences))
        .with_state(Admin(app.clone()))
        .layer(from_fn(with_request_id))
}

/// Show how the instance fares
///
/// For the owner of the instance: the version, the database, the disk, what is wrong.
#[utoipa::path(
    get, path = "/api/v1/admin/system", tag = "Administration", operation_id = "show_system",
    security(("session" = [])),
    responses((status = 200, body = System), (status = "4XX", body = ErrorBody)),
)]
async fn show_system(State(Admin(app)): State<Admin>, _: InstanceOwner) -> Json<System> {
    Json(System::look(&app).await)
}

/// The configuration in force.
#[derive(Debug, Serialize, ToSchema)]
struct Configuration {
    /// Settings that a file or the environment sets, in the order of their keys. All others have the
    /// default that the documentation names.
    data: Vec<Setting>,
}

/// Show the configuration
///
/// For the owner of the instance: what is set and where. Secrets are never shown; of a reference such as
/// `env:OPENAI_API_KEY` the reference is.
#[utoipa::path(
    get, path = "/api/v1/admin/configuration", tag = "Administration",
    operation_id = "show_configuration", security(("session" = [])),
    responses((status = 200, body = Configuration), (status = "4XX", body = ErrorBody)),
)]
async fn show_configuration(
    State(Admin(app)): State<Admin>,
    _: InstanceOwner,
) -> Json<Configuration> {
    let data = app.instance.settings();
    Json(Configuration { data })
}

/// What the program is made of.
#[derive(Debug, Serialize, ToSchema)]
struct Licences {
    /// Libraries in the order of their names.
    data: Vec<licences::Library>,
}

/// List licences
///
/// For the owner of the instance: the libraries that are part of the program, with their licences.
#[utoipa::path(
    get, path = "/api/v1/admin/licences", tag = "Administration", operation_id = "list_licences",
    security(("session" = [])),
    responses((status = 200, body = Licences), (status = "4XX", body = ErrorBody)),
)]
async fn list_licences(_: InstanceOwner) -> Result<Json<Licences>, ApiError> {
    let data = licences::all();
    Ok(Json(Licences { data }))
}
