//! `nocode-ai account …`: for people who are locked out.

use anyhow::Result;

use crate::app;
use crate::cli::AccountAction;
use crate::config::Config;

#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(super) async fn run(config: &Config, action: AccountAction) -> Result<()> {
    let db = app::open_db(config).await?;
    let accounts = app::open_accounts(config, db.clone()).await?;
    // The server that runs may listen elsewhere, but it is the best guess without a public URL.
    accounts.set_local_url(&format!("http://{}", config.server.listen));
    let done = match action {
        AccountAction::ResetLink { email } => {
            let link = accounts.make_reset_link(&email).await;
            link.map(|link| link.expose().to_owned())
        }
        AccountAction::ResetMfa { email } => {
            let reset = accounts.reset_second_factors(&email).await;
            reset.map(|()| format!("{email} signs in without a second factor now"))
        }
    };
    db.close().await;
    println!("{}", done?);
    Ok(())
}
