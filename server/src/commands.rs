//! What `nocode-ai` does besides serving.

mod account;
mod doctor;
mod key;
mod vault;
mod vectors;
pub mod worker;

use std::process::ExitCode;

use anyhow::{Result, anyhow};

use crate::cli::{Cli, Command, Place};
use crate::config::Config;
use crate::reload::Watched;
use crate::{app, openapi, router, serve};

/// Runs a command.
///
/// # Errors
/// What went wrong, for the person at the terminal.
#[expect(clippy::print_stdout, reason = "commands answer on standard output")]
pub async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve {
            place,
            listen,
            json,
        } => {
            let watched = Watched::new(place.config.clone());
            let mut config = load(&place)?;
            if let Some(listen) = listen {
                config.server.listen = listen;
            }
            serve::serve(config, watched, json).await?;
        }
        Command::Key { place, action } => key::run(&load(&place)?, action).await?,
        Command::Check { place } => {
            let config = load(&place)?;
            gateway::check(&config.gateway()).map_err(|why| anyhow!(why))?;
            println!("the configuration is fine");
        }
        Command::Doctor { place, offline } => return doctor::run(&load(&place)?, offline).await,
        Command::Migrate { place } => {
            let db = app::open_db(&load(&place)?).await?;
            println!("the database has the schema of this program");
            db.close().await;
        }
        Command::Account { place, action } => account::run(&load(&place)?, action).await?,
        Command::Vault { place, action } => vault::run(&load(&place)?, action).await?,
        Command::Vectors { place, action } => vectors::run(&load(&place)?, action).await?,
        Command::Openapi => print!("{}", document().await?),
        // Runs without this runtime: `main` has seen to it.
        Command::Worker { .. } => return Err(anyhow!("a worker is started by the server only")),
    }
    Ok(ExitCode::SUCCESS)
}

fn load(place: &Place) -> Result<Config> {
    let mut config = Config::load(place.config.as_deref())?;
    if let Some(dir) = &place.data_dir {
        config.server.data_dir.clone_from(dir);
    }
    Ok(config)
}

/// The OpenAPI document, from the routes themselves.
///
/// # Errors
/// When the routers cannot be built in a temporary directory.
pub async fn document() -> Result<String> {
    let dir = tempfile::tempdir()?;
    let mut config = Config::default();
    config.server.data_dir = dir.path().to_owned();
    let app = app::App::build(&config).await?;
    let document = openapi::complete(
        router::api(&app)
            .describe(openapi::frame())
            .map_err(anyhow::Error::msg)?,
    );
    app.db.close().await;
    openapi::render(&document)
}
