//! Statements whose conditions depend on the request.

use sqlx::{Database, QueryBuilder};

/// Writes `WHERE` before the first condition and `AND` before each further one.
///
/// ```ignore
/// let rows: Vec<Row> = on_reader!(db, c => {
///     let mut q = sqlx::QueryBuilder::new("SELECT id, name FROM teams");
///     let mut and = Conditions::new();
///     and.next(&mut q).push("org_id = ").push_bind(org);
///     if let Some(after) = after {
///         and.next(&mut q).push("id < ").push_bind(after);
///     }
///     q.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
///     q.build_query_as().fetch_all(c).await
/// })?;
/// ```
///
/// `push_bind` writes each driver's own placeholder, so the text stays one for both.
#[derive(Debug, Default)]
pub struct Conditions {
    begun: bool,
}

impl Conditions {
    /// No condition yet.
    pub const fn new() -> Self {
        Self { begun: false }
    }

    /// Writes the joining word and returns the builder for the condition itself.
    pub fn next<'q, DB: Database>(
        &mut self,
        query: &'q mut QueryBuilder<DB>,
    ) -> &'q mut QueryBuilder<DB> {
        let word = if self.begun { " AND " } else { " WHERE " };
        self.begun = true;
        query.push(word)
    }
}
