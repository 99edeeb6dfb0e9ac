//! What the web app keeps for a person, on every device: which hints were seen, how far a tour went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Json, UserId, in_tx};
use utoipa::ToSchema;

use crate::{Accounts, Error, Result, sql};

/// Preferences of one person.
const MAX_COUNT: i64 = 100;
/// Bytes of one value, as JSON.
const MAX_VALUE: usize = 8 * 1024;
/// Bytes of a name.
const MAX_NAME: usize = 64;

/// A person's preferences by name. In a change, `null` forgets one, and those not named stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = Object)]
pub struct Preferences(pub BTreeMap<String, Value>);

impl Accounts {
    /// What is kept for a person.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn preferences(&self, user: UserId) -> Result<Preferences> {
        let rows = sql::preferences::list(self.db(), user).await?;
        let pairs = rows.into_iter().map(|row| (row.name, row.value.0));
        Ok(Preferences(pairs.collect()))
    }

    /// Changes what is kept for a person; all of it afterwards.
    ///
    /// # Errors
    /// `Invalid`: a wrong name, a value that is too large, or too many of them.
    pub async fn update_preferences(
        &self,
        user: UserId,
        change: Preferences,
    ) -> Result<Preferences> {
        let Preferences(change) = change;
        for (name, value) in &change {
            check(name, value)?;
        }
        let now = self.now();
        let changed: Result<()> = in_tx!(self.db(), tx: Error => {
            for (name, value) in change {
                if value.is_null() {
                    sql::preferences::delete(tx, user, &name).await?;
                } else {
                    sql::preferences::put(tx, user, &name, &Json(value), now).await?;
                }
            }
            if sql::preferences::count(tx, user).await? > MAX_COUNT {
                let message = format!(
                    "a person can have at most {MAX_COUNT} preferences: forget some, by giving them null"
                );
                return Err(Error::invalid(message));
            }
            Ok(())
        });
        changed?;
        self.preferences(user).await
    }
}

fn check(name: &str, value: &Value) -> Result<()> {
    let is_word =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_word) {
        return Err(Error::invalid(format!(
            "`{name:.80}` is no name of a preference: use 1 to {MAX_NAME} of a-z, 0-9, `.`, `_` and `-`"
        )));
    }
    if value.to_string().len() > MAX_VALUE {
        return Err(Error::invalid(format!(
            "`{name}` must have at most {MAX_VALUE} bytes as JSON"
        )));
    }
    Ok(())
}
