use store::{Micros, Result, Tx, on_tx, row};
use uuid::Uuid;

use crate::api_key::Hash;

row! {
    /// How many attempts there were, and when the first of them.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Attempts {
        pub(crate) number: i64,
        pub(crate) first: Option<Micros>,
    }
}

pub(crate) async fn insert(
    tx: &mut Tx,
    account: &Hash,
    address: &str,
    now: Micros,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO login_attempts (id, account_hash, address, created_at)
         VALUES ($1, $2, $3, $4)",
    ).bind(id).bind(account.as_slice()).bind(address).bind(now))?;
    Ok(id)
}

pub(crate) async fn of_account(tx: &mut Tx, account: &Hash, since: Micros) -> Result<Attempts> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT count(*) AS number, min(created_at) AS first FROM login_attempts
         WHERE account_hash = $1 AND created_at > $2",
    ).bind(account.as_slice()).bind(since).fetch_one(c).await)
}

pub(crate) async fn of_address(tx: &mut Tx, address: &str, since: Micros) -> Result<Attempts> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT count(*) AS number, min(created_at) AS first FROM login_attempts
         WHERE address = $1 AND created_at > $2",
    ).bind(address).bind(since).fetch_one(c).await)
}

pub(crate) async fn of_both(
    tx: &mut Tx,
    account: &Hash,
    address: &str,
    since: Micros,
) -> Result<Attempts> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT count(*) AS number, min(created_at) AS first FROM login_attempts
         WHERE account_hash = $1 AND address = $2 AND created_at > $3",
    ).bind(account.as_slice()).bind(address).bind(since).fetch_one(c).await)
}

/// Forgets an account's attempts from an address: somebody there knew the password.
pub(crate) async fn forgive(tx: &mut Tx, account: &Hash, address: &str) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "DELETE FROM login_attempts WHERE account_hash = $1 AND address = $2",
    ).bind(account.as_slice()).bind(address))?;
    Ok(())
}

pub(crate) async fn delete_old(tx: &mut Tx, before: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM login_attempts WHERE created_at < $1")
        .bind(before))
}
