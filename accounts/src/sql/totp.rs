use store::{Db, Micros, Result, Tx, UserId, on_reader, on_tx, row};

row! {
    /// What makes a person's codes.
    pub(crate) struct StoredTotp {
        pub(crate) user_id: UserId,
        pub(crate) encrypted_data: Vec<u8>,
        pub(crate) last_step: i64,
        pub(crate) confirmed_at: Option<Micros>,
    }
}

/// Stores a secret that is not confirmed yet, in the place of another one that is not; false when
/// there is a confirmed one.
pub(crate) async fn propose(
    tx: &mut Tx,
    user: UserId,
    encrypted_data: &[u8],
    now: Micros,
) -> Result<bool> {
    let stored = on_tx!(tx, execute => sqlx::query(
        "INSERT INTO totp_factors (user_id, encrypted_data, last_step, created_at)
         VALUES ($1, $2, 0, $3)
         ON CONFLICT (user_id) DO UPDATE SET encrypted_data = excluded.encrypted_data,
             last_step = 0, created_at = excluded.created_at
         WHERE totp_factors.confirmed_at IS NULL",
    ).bind(user).bind(encrypted_data).bind(now))?;
    Ok(stored == 1)
}

pub(crate) async fn get(db: &Db, user: UserId) -> Result<Option<StoredTotp>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT user_id, encrypted_data, last_step, confirmed_at FROM totp_factors
         WHERE user_id = $1",
    ).bind(user).fetch_optional(c).await)
}

pub(crate) async fn is_confirmed_in(tx: &mut Tx, user: UserId) -> Result<bool> {
    let found: Option<i64> = on_tx!(tx, c => sqlx::query_scalar(
        "SELECT confirmed_at FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL",
    ).bind(user).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Notes that the person has shown the code of `step`; false when the secret was exchanged or
/// confirmed meanwhile.
pub(crate) async fn confirm(
    tx: &mut Tx,
    factor: &StoredTotp,
    step: i64,
    now: Micros,
) -> Result<bool> {
    let confirmed = on_tx!(tx, execute => sqlx::query(
        "UPDATE totp_factors SET confirmed_at = $4, last_step = $3
         WHERE user_id = $1 AND encrypted_data = $2 AND confirmed_at IS NULL",
    ).bind(factor.user_id).bind(&factor.encrypted_data).bind(step).bind(now))?;
    Ok(confirmed == 1)
}

/// Uses the code of `step` up; false when it, or a later one, was used already.
pub(crate) async fn use_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool> {
    let used = on_tx!(tx, execute => sqlx::query(
        "UPDATE totp_factors SET last_step = $2
         WHERE user_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL",
    ).bind(user).bind(step))?;
    Ok(used == 1)
}

pub(crate) async fn delete(tx: &mut Tx, user: UserId) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM totp_factors WHERE user_id = $1").bind(user))
}

/// The secrets of all people, for a new master key.
pub(crate) async fn all_sealed_in(tx: &mut Tx) -> Result<Vec<StoredTotp>> {
    on_tx!(tx, c => sqlx::query_as(
        "SELECT user_id, encrypted_data, last_step, confirmed_at FROM totp_factors",
    ).fetch_all(c).await)
}

pub(crate) async fn reseal(tx: &mut Tx, user: UserId, encrypted_data: &[u8]) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE totp_factors SET encrypted_data = $2 WHERE user_id = $1",
    ).bind(user).bind(encrypted_data))?;
    Ok(())
}

pub(crate) async fn count(db: &Db) -> Result<i64> {
    on_reader!(db, c => sqlx::query_scalar("SELECT count(*) FROM totp_factors").fetch_one(c).await)
}
