//! `nocode-ai vault rotate`.

use accounts::MasterKey;
use anyhow::{Context, Result};
use gateway::Secrets;

use crate::app;
use crate::cli::VaultAction;
use crate::config::Config;

#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(super) async fn run(config: &Config, action: VaultAction) -> Result<()> {
    let VaultAction::Rotate { new_key_env } = action;
    let db = app::open_db(config).await?;
    let accounts = app::open_accounts(config, db.clone()).await?;
    let new = match new_key_env {
        None => None,
        Some(name) => {
            let text = Secrets::read(&format!("env:{name}")).map_err(|why| anyhow::anyhow!(why))?;
            Some(MasterKey::from_base64(&text).context("--new-key-env")?)
        }
    };
    let rotation = accounts.rotate_master_key(new).await?;
    println!("{rotation:?}");
    db.close().await;
    Ok(())
}
