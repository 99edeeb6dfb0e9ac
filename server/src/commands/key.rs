//! `nocode-ai key create|list|revoke`. A running server notices within a second.

use accounts::{Accounts, Actor, ApiKey, CreateKey, PageRequest};
use anyhow::{Context, Result};

use crate::app;
use crate::cli::KeyAction;
use crate::config::Config;

pub(super) async fn run(config: &Config, action: KeyAction) -> Result<()> {
    let db = app::open_db(config).await?;
    let accounts = app::open_accounts(config, db.clone()).await?;
    let outcome = act(&accounts, action).await;
    db.close().await;
    outcome
}

#[expect(clippy::print_stdout, reason = "the command's answer")]
async fn act(accounts: &Accounts, action: KeyAction) -> Result<()> {
    match action {
        KeyAction::Create {
            name,
            models,
            endpoints,
            tags,
            admin,
            expires_at,
            organization,
            json,
        } => {
            // A fresh data directory gets its default organization here, and its first key.
            if let Some(first) = accounts.first_start().await? {
                eprint_first(first.key.expose());
            }
            let org = accounts.organization_by_slug(&organization).await?;
            let expires_at = expires_at
                .map(|t| t.parse())
                .transpose()
                .context("--expires-at")?;
            let wanted = CreateKey {
                name,
                admin,
                models,
                endpoints,
                tags,
                expires_at,
                ..CreateKey::default()
            };
            let new = accounts
                .create_key(&Actor::command_line(org.id), wanted)
                .await?;
            match json {
                true => println!("{}", created(new.key.expose(), &new.record)?),
                false => println!("{}", new.key.expose()),
            }
        }
        KeyAction::List { organization, json } => {
            let org = accounts.organization_by_slug(&organization).await?;
            let mut cursor = None;
            loop {
                let page = PageRequest::new(Some(200), cursor.as_deref())?;
                let page = accounts.list_keys(org.id, page).await?;
                for key in &page.data {
                    match json {
                        true => println!("{}", serde_json::to_string(key)?),
                        false => println!("{}", line(key)),
                    }
                }
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        KeyAction::Revoke { id, organization } => {
            let org = accounts.organization_by_slug(&organization).await?;
            let key = accounts
                .revoke_key(&Actor::command_line(org.id), id.parse()?)
                .await?;
            println!("revoked {}", line(&key));
        }
    }
    Ok(())
}

/// The record with the key beside its fields, as `POST /api/v1/keys` answers.
fn created(key: &str, record: &ApiKey) -> Result<serde_json::Value> {
    let mut value = serde_json::to_value(record)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("key".to_owned(), key.into());
    }
    Ok(value)
}

fn line(key: &ApiKey) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("expires {at}"),
        (None, None) => "active".to_owned(),
    };
    format!(
        "{}  {}…{}  {}  {state}",
        key.id, key.prefix, key.last_four, key.name
    )
}

#[expect(clippy::print_stderr, reason = "beside the answer, not in it")]
fn eprint_first(key: &str) {
    eprintln!("first admin key (shown once, keep it): {key}");
}
