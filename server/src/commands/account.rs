//! `nocode-ai account reset-link`: for people who are locked out of an instance without mail.

use anyhow::Result;

use crate::app;
use crate::cli::AccountAction;
use crate::config::Config;

#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(super) async fn run(config: &Config, action: AccountAction) -> Result<()> {
    let AccountAction::ResetLink { email } = action;
    let db = app::open_db(config).await?;
    let accounts = app::open_accounts(config, db.clone()).await?;
    // The server that runs may listen elsewhere, but it is the best guess without a public URL.
    accounts.set_local_url(&format!("http://{}", config.server.listen));
    let link = accounts.make_reset_link(&email).await;
    db.close().await;
    println!("{}", link?.expose());
    Ok(())
}
