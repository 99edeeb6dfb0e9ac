//! Lists with `after`, `before`, `order` and `limit`.

use gateway::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::library::{Found, Window};

/// The query of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct ListQuery {
    /// Objects on the page, 1 to 100; 20 when absent.
    limit: Option<String>,
    /// `asc` or `desc` by the time when they were made; `desc` when absent.
    order: Option<String>,
    /// The id behind which the page begins.
    pub(super) after: Option<String>,
    /// The id in front of which the page ends.
    pub(super) before: Option<String>,
    /// Only files in this state: `in_progress`, `completed`, `failed` or `cancelled`.
    pub(super) filter: Option<String>,
    /// Only files of this purpose.
    pub(super) purpose: Option<String>,
}

/// How much of a list is shown.
pub(super) struct Sizes {
    pub(super) most: usize,
    pub(super) usual: usize,
}

/// As all lists but that of files.
pub(super) const USUAL: Sizes = Sizes {
    most: 100,
    usual: 20,
};

impl ListQuery {
    /// The window, with `after` and `before` already found.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field.
    pub(super) fn window(
        &self,
        sizes: &Sizes,
        after: Option<Uuid>,
        before: Option<Uuid>,
    ) -> Result<Window, Error> {
        let most = sizes.most;
        let rows = match self.limit.as_deref().map(str::parse::<usize>) {
            None => sizes.usual,
            Some(Ok(rows)) if (1..=most).contains(&rows) => rows,
            Some(_) => {
                let message = format!("`limit` must be between 1 and {most}.");
                return Err(Error::invalid("limit", message));
            }
        };
        let ascending = match self.order.as_deref() {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(_) => return Err(Error::invalid("order", "`order` must be `asc` or `desc`.")),
        };
        Ok(Window {
            ascending,
            after,
            before,
            rows,
        })
    }
}

/// A cursor by a function from ids to what rows are ordered by.
///
/// # Errors
/// `InvalidRequest` naming the field.
pub(super) fn cursor(
    name: &'static str,
    id: Option<&str>,
    read: impl FnOnce(&str) -> Option<Uuid>,
) -> Result<Option<Uuid>, Error> {
    let Some(id) = id else {
        return Ok(None);
    };
    let found = read(id).ok_or_else(|| unknown(name))?;
    Ok(Some(found))
}

/// A cursor that names nothing.
pub(super) fn unknown(name: &'static str) -> Error {
    Error::invalid(
        name,
        format!("`{name}` must be the id of an object of this list."),
    )
}

/// The page.
pub(super) fn page<T>(found: &Found<T>, show: impl Fn(&T) -> Value) -> Value {
    let data: Vec<Value> = found.rows.iter().map(show).collect();
    let id = |object: Option<&Value>| object.map_or(Value::Null, |object| object["id"].clone());
    json!({
        "object": "list",
        "first_id": id(data.first()),
        "last_id": id(data.last()),
        "data": data,
        "has_more": found.has_more,
    })
}
