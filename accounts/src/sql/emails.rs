use store::{Db, EmailId, Micros, OrgId, Result, Tx, on_reader, on_tx, row};

use crate::PageRequest;

row! {
    /// A mail as it is stored, its texts encrypted.
    #[derive(Debug, Clone)]
    pub(crate) struct StoredEmail {
        pub(crate) id: EmailId,
        pub(crate) org_id: Option<OrgId>,
        pub(crate) kind: String,
        pub(crate) recipient: String,
        pub(crate) subject: String,
        pub(crate) body: Option<Vec<u8>>,
        pub(crate) attempts: i64,
        pub(crate) next_attempt_at: Option<Micros>,
        pub(crate) sent_at: Option<Micros>,
        pub(crate) last_error: Option<String>,
        pub(crate) created_at: Micros,
        pub(crate) expires_at: Micros,
    }

    /// Encrypted texts of a mail.
    pub(crate) struct SealedEmail {
        pub(crate) id: EmailId,
        pub(crate) body: Vec<u8>,
    }
}

pub(crate) async fn insert(tx: &mut Tx, mail: &StoredEmail) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "INSERT INTO emails (id, org_id, kind, recipient, subject, body, attempts,
             next_attempt_at, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(mail.id)
    .bind(mail.org_id)
    .bind(&mail.kind)
    .bind(&mail.recipient)
    .bind(&mail.subject)
    .bind(&mail.body)
    .bind(mail.attempts)
    .bind(mail.next_attempt_at)
    .bind(mail.created_at)
    .bind(mail.expires_at))?;
    Ok(())
}

/// Mails of the whole instance, newest first.
pub(crate) async fn list(db: &Db, page: PageRequest) -> Result<Vec<StoredEmail>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, kind, recipient, subject, body, attempts, next_attempt_at, sent_at,
             last_error, created_at, expires_at
         FROM emails WHERE id < $1 ORDER BY id DESC LIMIT $2",
    ).bind(page.below()).bind(page.rows()).fetch_all(c).await)
}

/// Mails that are due, the longest waiting first.
pub(crate) async fn due(db: &Db, now: Micros, rows: i64) -> Result<Vec<StoredEmail>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, org_id, kind, recipient, subject, body, attempts, next_attempt_at, sent_at,
             last_error, created_at, expires_at
         FROM emails WHERE next_attempt_at <= $1 AND expires_at > $1
         ORDER BY next_attempt_at LIMIT $2",
    ).bind(now).bind(rows).fetch_all(c).await)
}

/// Takes a due mail for sending, until `lease`; false when another instance did so first.
pub(crate) async fn claim(tx: &mut Tx, id: EmailId, now: Micros, lease: Micros) -> Result<bool> {
    let claimed = on_tx!(tx, execute => sqlx::query(
        "UPDATE emails SET next_attempt_at = $3, attempts = attempts + 1
         WHERE id = $1 AND next_attempt_at <= $2",
    ).bind(id).bind(now).bind(lease))?;
    Ok(claimed == 1)
}

/// Notes that a mail is out and forgets its texts.
pub(crate) async fn sent(tx: &mut Tx, id: EmailId, now: Micros) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE emails SET sent_at = $2, next_attempt_at = NULL, body = NULL, last_error = NULL
         WHERE id = $1",
    ).bind(id).bind(now))?;
    Ok(())
}

/// Notes why a mail did not go out, and when it is tried again.
pub(crate) async fn failed(
    tx: &mut Tx,
    id: EmailId,
    error: &str,
    next: Option<Micros>,
) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(
        "UPDATE emails SET last_error = $2, next_attempt_at = $3 WHERE id = $1",
    ).bind(id).bind(error).bind(next))?;
    Ok(())
}

pub(crate) async fn all_sealed_in(tx: &mut Tx) -> Result<Vec<SealedEmail>> {
    on_tx!(tx, c => sqlx::query_as("SELECT id, body FROM emails WHERE body IS NOT NULL")
        .fetch_all(c).await)
}

pub(crate) async fn reseal(tx: &mut Tx, id: EmailId, body: &[u8]) -> Result<()> {
    on_tx!(tx, execute => sqlx::query("UPDATE emails SET body = $2 WHERE id = $1")
        .bind(id).bind(body))?;
    Ok(())
}

pub(crate) async fn delete_old(tx: &mut Tx, now: Micros) -> Result<u64> {
    on_tx!(tx, execute => sqlx::query("DELETE FROM emails WHERE expires_at < $1").bind(now))
}
