use store::{Db, Result, Tx, on_reader, on_tx};

/// Counters that rise with each change to what instances keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revisions {
    /// Changes to single keys; each key row carries the value of its last change.
    pub keys: i64,
    /// Deletions of keys, after which all are read again.
    pub keys_all: i64,
    /// Changes to limits and budgets.
    pub limits: i64,
    /// Changes to organizations.
    pub organizations: i64,
    /// Changes to provider credentials.
    pub credentials: i64,
    /// Changes to memberships and to what is kept in memory of users.
    pub members: i64,
    /// Revocations of sessions.
    pub sessions: i64,
    /// Changes to organizations' routes of models; each organization has the value of its last one.
    pub model_routes: i64,
    /// The version of the master key; 0 before the first start.
    pub vault: i64,
    /// A short hash of the master key; 0 before the first start.
    pub vault_fingerprint: i64,
}

/// The counter of one kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    Keys,
    KeysAll,
    Limits,
    Organizations,
    Credentials,
    Members,
    Sessions,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::KeysAll => "keys_all",
            Self::Limits => "limits",
            Self::Organizations => "organizations",
            Self::Credentials => "credentials",
            Self::Members => "members",
            Self::Sessions => "sessions",
        }
    }
}

/// Raises a counter and returns its new value.
///
/// The row stays locked until the transaction ends, so values become visible in ascending order: who
/// has seen 7 will never miss a 6 that commits later.
pub(crate) async fn bump(tx: &mut Tx, counter: Counter) -> Result<i64> {
    on_tx!(tx, c => sqlx::query_scalar(
        "UPDATE revisions SET value = value + 1 WHERE name = $1 RETURNING value",
    )
    .bind(counter.name())
    .fetch_one(c)
    .await)
}

pub(crate) async fn read(db: &Db) -> Result<Revisions> {
    let rows: Vec<(String, i64)> = on_reader!(db, c => sqlx::query_as(
        "SELECT name, value FROM revisions",
    ).fetch_all(c).await)?;
    let mut revisions = Revisions::default();
    for (name, value) in rows {
        let field = match name.as_str() {
            "keys" => &mut revisions.keys,
            "keys_all" => &mut revisions.keys_all,
            "limits" => &mut revisions.limits,
            "organizations" => &mut revisions.organizations,
            "credentials" => &mut revisions.credentials,
            "members" => &mut revisions.members,
            "sessions" => &mut revisions.sessions,
            "model_routes" => &mut revisions.model_routes,
            "vault" => &mut revisions.vault,
            "vault_fingerprint" => &mut revisions.vault_fingerprint,
            // Counters of other crates.
            _ => continue,
        };
        *field = value;
    }
    Ok(revisions)
}

/// Registers a master key where `expected` is registered now; false when another one is.
///
/// The row stays locked until the transaction ends.
pub(crate) async fn replace_fingerprint(
    tx: &mut Tx,
    expected: i64,
    fingerprint: i64,
    version: i64,
) -> Result<bool> {
    let changed = on_tx!(tx, execute => sqlx::query(
        "UPDATE revisions SET value = $2 WHERE name = 'vault_fingerprint' AND value = $1",
    )
    .bind(expected)
    .bind(fingerprint))?;
    if changed == 0 {
        return Ok(false);
    }
    on_tx!(tx, execute => sqlx::query("UPDATE revisions SET value = $1 WHERE name = 'vault'")
        .bind(version))?;
    Ok(true)
}
