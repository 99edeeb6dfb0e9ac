//! What flows of a project keep between their runs: small values under keys, some for a time only.

use std::time::Duration;

use accounts::{Actor, Change, Page, PageRequest};
use serde_json::{Number, Value};
use store::{Db, Json, Micros, OrgId, in_tx};

use crate::ids::{ProjectId, ValueId};
use crate::sql::values::StoredValue;
use crate::{Error, Flows, Result, sql};

/// Characters of a key at most.
pub(crate) const MAX_KEY: usize = 200;
/// Bytes of a value's JSON at most.
pub(crate) const MAX_VALUE: usize = 256 * 1024;
/// Values of a project at most.
const MAX_VALUES: i64 = 100_000;

/// The values of one project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) db: &'a Db,
    pub(crate) org: OrgId,
    pub(crate) project: ProjectId,
    pub(crate) now: Micros,
}

/// A key as it is kept.
///
/// # Errors
/// `Invalid` for an empty or too long one.
pub(crate) fn check_key(key: &str) -> Result<&str> {
    let key = key.trim();
    match key.chars().count() {
        0 => Err(Error::invalid("`key` must not be empty")),
        count if count > MAX_KEY => Err(Error::invalid(format!(
            "`key` has {count} characters; {MAX_KEY} at most"
        ))),
        _ => Ok(key),
    }
}

impl Values<'_> {
    fn row(&self, key: &str, value: Value, keep: Option<Duration>) -> Result<StoredValue> {
        let bytes = value.to_string().len();
        if bytes > MAX_VALUE {
            return Err(Error::invalid(format!(
                "the value has {bytes} bytes; {MAX_VALUE} at most: keep it as a file and store its name"
            )));
        }
        Ok(StoredValue {
            id: ValueId::new(),
            key: key.to_owned(),
            value: Json(value),
            expires_at: keep.map(|keep| self.now.plus(keep)),
            updated_at: self.now,
        })
    }

    /// The value, unless it has expired.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Value>> {
        let Self {
            db,
            org,
            project,
            now,
        } = *self;
        in_tx!(db, tx: Error => {
            let found = sql::values::get(tx, org, project, key, now).await?;
            Ok(found.map(|found| found.value.0))
        })
    }

    /// Writes a value; gives the one before.
    pub(crate) async fn set(
        &self,
        key: &str,
        value: Value,
        keep: Option<Duration>,
    ) -> Result<Option<Value>> {
        let Self {
            db,
            org,
            project,
            now,
        } = *self;
        let row = self.row(key, value, keep)?;
        in_tx!(db, tx: Error => {
            let before = sql::values::get(tx, org, project, key, now).await?;
            if before.is_none() {
                check_room(sql::values::count(tx, org, project, now).await?)?;
            }
            sql::values::put(tx, org, project, &row).await?;
            Ok(before.map(|before| before.value.0))
        })
    }

    /// Writes a value if there is none; gives the one that was there. Of several at once one writes.
    pub(crate) async fn add(
        &self,
        key: &str,
        value: Value,
        keep: Option<Duration>,
    ) -> Result<Option<Value>> {
        let Self {
            db,
            org,
            project,
            now,
        } = *self;
        let row = self.row(key, value, keep)?;
        in_tx!(db, tx: Error => {
            if sql::values::put_new(tx, org, project, &row).await? {
                check_room(sql::values::count(tx, org, project, now).await? - 1)?;
                return Ok(None);
            }
            let there = sql::values::get(tx, org, project, key, now).await?;
            Ok(there.map(|there| there.value.0))
        })
    }

    /// Adds to a number, which begins at 0; gives the new one, and whether there was one. Nothing is
    /// lost when several do so at once. `keep` counts from the first.
    pub(crate) async fn increment(
        &self,
        key: &str,
        by: &Number,
        keep: Option<Duration>,
    ) -> Result<(Value, bool)> {
        let Self {
            db,
            org,
            project,
            now,
        } = *self;
        let zero = self.row(key, 0.into(), keep)?;
        in_tx!(db, tx: Error => {
            // Whether it writes or not, nobody else changes the value until this is committed.
            let is_new = sql::values::put_new(tx, org, project, &zero).await?;
            if is_new {
                check_room(sql::values::count(tx, org, project, now).await? - 1)?;
            }
            let there = sql::values::get(tx, org, project, key, now).await?;
            let mut there = there.unwrap_or_else(|| zero.clone());
            let sum = sum(&there.value.0, by).ok_or_else(|| {
                Error::invalid(format!("`{key}` holds no number to which {by} can be added"))
            })?;
            there.value = Json(sum.clone());
            there.updated_at = now;
            sql::values::put(tx, org, project, &there).await?;
            Ok((sum, !is_new))
        })
    }

    /// Whether there was one.
    pub(crate) async fn delete(&self, key: &str) -> Result<bool> {
        let Self {
            db,
            org,
            project,
            now,
        } = *self;
        in_tx!(db, tx: Error => Ok(sql::values::delete(tx, org, project, key, now).await?))
    }

    /// Values by key, those whose key begins with `prefix`.
    pub(crate) async fn list(&self, prefix: &str, limit: i64) -> Result<Vec<StoredValue>> {
        let Self {
            db,
            org,
            project,
            now,
        } = *self;
        Ok(sql::values::by_key(db, org, project, now, prefix, limit).await?)
    }
}

fn check_room(count: i64) -> Result<()> {
    if count >= MAX_VALUES {
        return Err(Error::invalid(format!(
            "the project keeps {count} values, which is the most; delete some, or let them expire"
        )));
    }
    Ok(())
}

/// Whole numbers stay whole; `None`: it is no number, or the sum none that can be written.
fn sum(value: &Value, by: &Number) -> Option<Value> {
    if let (Some(value), Some(by)) = (value.as_i64(), by.as_i64()) {
        return value.checked_add(by).map(Value::from);
    }
    let sum = value.as_f64()? + by.as_f64()?;
    Number::from_f64(sum).map(Value::Number)
}

impl Flows {
    /// What a project's flows keep, the newest key first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_values(
        &self,
        org: OrgId,
        project: ProjectId,
        page: PageRequest,
    ) -> Result<Page<StoredValue>> {
        self.get_project(org, project).await?;
        let found = sql::values::page(self.db(), org, project, self.now(), page).await?;
        Ok(page.page(found, |value| value.id.uuid()))
    }

    /// Deletes a value.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_value(&self, actor: &Actor, project: ProjectId, key: &str) -> Result<()> {
        let org = actor.org_id();
        self.get_project(org, project).await?;
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            if !sql::values::delete(tx, org, project, key, now).await? {
                return Err(Error::not_found("value", format_args!("`{key:.80}`")));
            }
            self.accounts().audit(tx, actor, Change::<()> {
                action: "project_value.delete",
                target: format!("{project}/{key}"),
                before: None,
                after: None,
            }).await?;
            Ok(())
        })
    }
}
